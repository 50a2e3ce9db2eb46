"""The tables in the database, made and brought up to date by whichever server comes first.

All are keyed by the tenant first, so that they can be spread by it: its name in lower case, so that
no two differ by case alone. ``''`` stands for what belongs to no tenant.
"""

from __future__ import annotations

import time

from fakegraph.store.errors import StoreError
from fakegraph.store.postgres.pool import Pool
from fakegraph.store.postgres.wire import Lost, Refused, Wire

VERSION = 1

SERVER = ""
"""The tenant of what belongs to none."""

TABLES = (
    """CREATE TABLE IF NOT EXISTS fakegraph_tenants (
        tenant TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        made TEXT NOT NULL,
        generation TEXT NOT NULL,
        template TEXT NOT NULL,
        given BOOLEAN NOT NULL,
        seq BIGINT NOT NULL,
        base BIGINT NOT NULL,
        marks TEXT NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS fakegraph_writes (
        tenant TEXT NOT NULL, seq BIGINT NOT NULL, id TEXT NOT NULL, line TEXT NOT NULL,
        PRIMARY KEY (tenant, seq)
    )""",
    """CREATE TABLE IF NOT EXISTS fakegraph_bases (
        tenant TEXT NOT NULL, seq BIGINT NOT NULL, part BIGINT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (tenant, seq, part)
    )""",
    """CREATE TABLE IF NOT EXISTS fakegraph_bytes (
        tenant TEXT NOT NULL, name TEXT NOT NULL, part BIGINT NOT NULL, data BYTEA NOT NULL,
        PRIMARY KEY (tenant, name, part)
    )""",
    """CREATE TABLE IF NOT EXISTS fakegraph_templates (
        digest TEXT NOT NULL, part BIGINT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (digest, part)
    )""",
    """CREATE TABLE IF NOT EXISTS fakegraph_states (
        tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
        version BIGINT NOT NULL, value TEXT,
        PRIMARY KEY (tenant, kind, id)
    )""",
    """CREATE INDEX IF NOT EXISTS fakegraph_states_version
        ON fakegraph_states (tenant, version)""",
    """CREATE TABLE IF NOT EXISTS fakegraph_turns (
        tenant TEXT NOT NULL, kind TEXT NOT NULL, number BIGINT NOT NULL,
        PRIMARY KEY (tenant, kind)
    )""",
    """CREATE TABLE IF NOT EXISTS fakegraph_notes (
        tenant TEXT NOT NULL, kind TEXT NOT NULL, number BIGINT NOT NULL,
        id TEXT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (tenant, kind, number)
    )""",
    f"""INSERT INTO fakegraph_tenants
        (tenant, name, made, generation, template, given, seq, base, marks)
        VALUES ('{SERVER}', '', '', '', '', FALSE, 0, 0, '{{}}') ON CONFLICT DO NOTHING""",
)
"""What makes the tables; each does nothing where it was done."""

TENANT_TABLES = (
    "fakegraph_writes",
    "fakegraph_bases",
    "fakegraph_bytes",
    "fakegraph_states",
    "fakegraph_turns",
    "fakegraph_notes",
    "fakegraph_tenants",
)
"""The tables whose rows of a tenant go with it."""

_KEEPS = (
    "CREATE TABLE IF NOT EXISTS fakegraph_schema (id TEXT PRIMARY KEY, version BIGINT NOT NULL)"
)
# Two that make the same at once: the later one finds it made when it tries again.
_RACES = frozenset({"23505", "42P07", "42P06", "42710", "40001", "40P01", "XX000"})
_DENIED = frozenset({"42501"})
_ATTEMPTS = 20


class SchemaError(StoreError):
    """A database that cannot be used as a store: no rights, or tables of a later version."""


def prepare(pool: Pool) -> None:
    """Make what is not there. Raises SchemaError, StorageFailure."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with pool.lent() as wire:
                _prepare(wire)
            return
        except Refused as error:
            if error.state in _DENIED:
                raise SchemaError(
                    f"the database does not let its user make tables: {error}. GRANT CREATE ON "
                    "SCHEMA public does, or a database of the user's own"
                ) from error
            if error.state not in _RACES or attempt == _ATTEMPTS:
                raise SchemaError(f"the database is of no use as a store: {error}") from error
        except Lost as error:
            if attempt == _ATTEMPTS:
                raise SchemaError(f"the database was lost at the start: {error}") from error
        time.sleep(0.02 * attempt)


def require(pool: Pool) -> None:
    """Change nothing, and raise SchemaError where the tables are not there, or not to be used;
    StorageFailure.
    """
    try:
        with pool.lent() as wire:
            found = _version(wire)
    except Refused as error:
        raise SchemaError(f"the database is of no use as a store: {error}") from error
    except Lost as error:
        raise SchemaError(f"the database was lost at the start: {error}") from error
    if found is None:
        raise SchemaError("the database has no tables of fakegraph: there is nothing in it to copy")
    _check(found)


def _prepare(wire: Wire) -> None:
    found = _version(wire)
    if found == VERSION:
        return
    if found is not None:
        _check(found)
    wire.ask((_KEEPS,))
    for statement in TABLES:
        wire.ask((statement,))
    keep = "INSERT INTO fakegraph_schema VALUES ('version', $1) ON CONFLICT (id) DO NOTHING"
    wire.ask((keep, VERSION))


def _check(found: int) -> None:
    if found > VERSION:
        raise SchemaError(
            f"the database's tables are of version {found}, and this version of fakegraph knows "
            f"{VERSION}: use the fakegraph that made them, or another database"
        )


def _version(wire: Wire) -> int | None:
    try:
        [rows] = wire.ask(("SELECT version FROM fakegraph_schema WHERE id = 'version'",))
    except Refused as error:
        if error.state == "42P01":  # there is no such table yet
            return None
        if error.state in _DENIED:
            raise SchemaError(
                f"the database does not let its user read the tables that are there: {error}. "
                "GRANT SELECT on those whose names begin with fakegraph_ does to copy from them; a "
                "server needs INSERT, UPDATE and DELETE too"
            ) from error
        raise
    return int(rows[0][0]) if rows else None
