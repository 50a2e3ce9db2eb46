"""``SharedPlace``: where tenants are in a database, and the templates that they began as."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from hashlib import blake2s, sha256
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import orjson

from fakegraph.store.changes import ChangeLog
from fakegraph.store.datafile import blocks, parse_data
from fakegraph.store.errors import (
    DataFileError,
    StoreClosed,
    TenantNameError,
    TenantTaken,
)
from fakegraph.store.folder import Durability
from fakegraph.store.layouts import Layout
from fakegraph.store.loading import Loaded, Problems
from fakegraph.store.names import check_tenant_name
from fakegraph.store.postgres.bases import READ, in_parts, read_base, write_base
from fakegraph.store.postgres.contents import SharedBytes
from fakegraph.store.postgres.opened import Mark, Opened
from fakegraph.store.postgres.pool import Pool
from fakegraph.store.postgres.schema import SERVER, TENANT_TABLES, prepare, require
from fakegraph.store.postgres.shared import Found, SharedStorage
from fakegraph.store.postgres.wire import LONG, SOON, Rows, Statement, Wire
from fakegraph.store.records import without_gc
from fakegraph.store.storage import new_generation
from fakegraph.store.template import Template
from fakegraph.store.templates import contents_of, digest_of, kept_of

CONTENTS = 4
"""Connections for contents alone: who keeps one while it writes has another connection already."""

_ROW = """SELECT name, made, generation, template, given, base, marks,
    EXISTS (SELECT 1 FROM fakegraph_bytes b WHERE b.tenant = t.tenant) FROM fakegraph_tenants t
    WHERE tenant = $1"""
_LINES = """SELECT seq, line FROM fakegraph_writes WHERE tenant = $1
    AND seq > (SELECT base FROM fakegraph_tenants WHERE tenant = $1) ORDER BY seq"""
_NEW = """INSERT INTO fakegraph_tenants
    (tenant, name, made, generation, template, given, seq, base, marks)
    VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '{}') ON CONFLICT (tenant) DO NOTHING"""
_MOVED = """UPDATE fakegraph_tenants SET seq = $3, base = $3
    WHERE tenant = $1 AND made = $2 RETURNING tenant"""
_NAMES = "SELECT name FROM fakegraph_tenants WHERE tenant <> '' ORDER BY name"
_IS_THERE = "SELECT name FROM fakegraph_tenants WHERE tenant = $1"
_STATES = """SELECT kind, id, value FROM fakegraph_states
    WHERE tenant = $1 AND value IS NOT NULL"""
_TEMPLATE = "SELECT data FROM fakegraph_templates WHERE digest = $1 ORDER BY part"
_KEPT = "SELECT 1 FROM fakegraph_templates WHERE digest = $1 AND part = 0"
_KEEP = "INSERT INTO fakegraph_templates VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"

_TRUE = ("t", "true")
_BEGIN: Statement = ("BEGIN ISOLATION LEVEL REPEATABLE READ",)
_COMMIT: Statement = ("COMMIT",)

log = logging.getLogger("fakegraph.store")


def key_of(tenant: str) -> str:
    """What a tenant is called in the database."""
    return tenant.lower()


class _Read:
    """A tenant as it was read, at one moment."""

    def __init__(self, found: tuple[Any, ...], lines: Rows, parts: Rows) -> None:
        self.name, self.made, self.generation, self.digest = found[:4]
        self.given = found[4] in _TRUE
        self.begins = int(found[5])
        self.marks = orjson.loads(found[6])
        self.has_contents = found[7] in _TRUE
        self.lines = lines
        self.parts = parts


def _read(wire: Wire, key: str, *new: Statement) -> _Read:
    """Read a tenant, in two round trips where it has a base; ``new`` makes it where it is not
    there. Raises StoreClosed where it is not.
    """
    *_, rows, lines = wire.ask(_BEGIN, *new, (_ROW, key), (_LINES, key), patience=LONG)
    parts: Rows = []
    if rows and int(rows[0][5]):
        [parts] = wire.ask((READ, key, int(rows[0][5])), patience=LONG)
    wire.ask(_COMMIT)
    if not rows:
        raise StoreClosed
    return _Read(rows[0], lines, parts)


class SharedPlace:
    """The tenants in a database. Any number of servers may have them open."""

    def __init__(self, url: str, template: Template, *, reads: bool = False) -> None:
        """Make the tables where they are not there, unless who asks only ``reads``. Raises
        StoreError.
        """
        self.pool = Pool(url)
        self._contents = Pool(url, CONTENTS)
        (require if reads else prepare)(self.pool)
        self._lock = threading.Lock()
        self._digests: WeakKeyDictionary[Template, str] = WeakKeyDictionary()
        self._wholes: WeakKeyDictionary[Template, Template] = WeakKeyDictionary()
        self._read: WeakValueDictionary[str, Template] = WeakValueDictionary()
        self._kept: set[str] = set()  # templates that are known to be in the database
        self._template = self.whole(template)

    # Templates

    def whole(self, template: Template) -> Template:
        """A template with what it makes later: no tenant here gets more of it afterwards."""
        with self._lock:
            found = self._wholes.get(template)
            if found is None:
                template.complete()
                found = Template.of(template.tables, template.bytes)
                found.checks = template.checks
                self._wholes[template] = found
            return found

    def _digest(self, template: Template) -> str:
        found = self._digests.get(template)
        if found is None:
            found = self._digests[template] = digest_of(template)
            self._read[found] = template
        return found

    def keep(self, template: Template) -> str:
        """Have the database keep a template; gives its digest. Raises StorageFailure."""
        with self._lock:
            digest = self._digest(template)
            if digest not in self._kept:
                [rows] = self.pool.ask((_KEPT, digest))
                if not rows:
                    self._keep(digest, template)
                self._kept.add(digest)
            return digest

    def _keep(self, digest: str, template: Template) -> None:
        kept = SharedBytes(self._contents, _of_template(digest))
        for each in kept_of(template):
            kept.take(each)
        parts = enumerate(in_parts(blocks(*contents_of(template))))
        self.pool.ask(*[(_KEEP, digest, part, data) for part, data in parts])

    def template(self, digest: str) -> Template:
        """The template of that digest. Raises DataFileError, StorageFailure."""
        with self._lock:
            found = self._read.get(digest)
            if found is None:
                found = self._load(digest)
                self._read[digest], self._digests[found] = found, digest
                self._kept.add(digest)
            return found

    def _load(self, digest: str) -> Template:
        [rows] = self.pool.ask((_TEMPLATE, digest))
        data = "".join(data for (data,) in rows).encode()
        if sha256(data).hexdigest() != digest:
            raise DataFileError(f"the database has no template {digest}, or it is damaged")
        with without_gc():
            place = f"template {digest}"
            loaded, problems = Loaded(parse_data(place, data), None), Problems(place)
            loaded.take(parse_data(place, data), problems)
            problems.refuse()
            kept = SharedBytes(self._contents, _of_template(digest))
            found = Template.of(loaded.finish(self._template.layouts), kept)
        found.checks = self._template.checks
        return found

    # Tenants

    def __contains__(self, tenant: str) -> bool:
        """Whether there is a tenant of exactly that name."""
        [rows] = self.pool.ask((_IS_THERE, key_of(tenant)), patience=SOON)
        return bool(rows) and rows[0][0] == tenant

    def tenants(self) -> list[str]:
        """The tenants that are there."""
        [rows] = self.pool.ask((_NAMES,), patience=SOON)
        return sorted(name for (name,) in rows)

    def check_name(self, tenant: str) -> None:
        """Raise TenantNameError for a name that cannot be one, or not beside those here."""
        check_tenant_name(tenant)
        [rows] = self.pool.ask((_IS_THERE, key_of(tenant)), patience=SOON)
        if rows:
            _check_spelling(tenant, rows[0][0])

    @property
    def is_quick(self) -> bool:
        """Whether a tenant that is open can be asked for without waiting."""
        return self.pool.is_quick

    def unmade_generation(self, tenant: str) -> str:
        """The generation of a tenant that nobody has made: the same on every server."""
        told = f"{self._digest(self._template)}/{key_of(tenant)}"
        return blake2s(told.encode(), digest_size=16).hexdigest()

    def open(
        self,
        tenant: str,
        template: Template,
        durability: Durability,
        new_id: Callable[[], str],
        generation: str | None = None,
        *,
        new: bool = False,
    ) -> SharedStorage:
        """A tenant's records; a new one's are the template's, at once for all servers.

        Raises TenantNameError, TenantTaken where it had to be ``new``, DataFileError,
        StorageFailure.
        """
        check_tenant_name(tenant)
        key, template = key_of(tenant), self.whole(template)
        digest, given = self.keep(template), template is not self._template
        made = new_id()
        insert = (_NEW, key, tenant, made, generation or new_generation(), digest, str(given))
        read = self.pool.run(lambda wire: _read(wire, key, insert))
        _check_spelling(tenant, read.name)
        if new and read.made != made:
            raise TenantTaken(tenant)
        own = self.template(read.digest) if read.given else template
        bases = [each.bytes for each in dict.fromkeys([self.template(read.digest), own])]
        kept = SharedBytes(self._contents, key, bases)
        storage = SharedStorage(self, key, read.made, self._found(key, read), kept, own)
        if read.has_contents:
            storage.sweep()
        return storage

    def opened(self, tenant: str) -> SharedStorage:
        """A tenant that is there, as it is now. Raises StoreError."""
        key = key_of(tenant)
        read = self.pool.run(lambda wire: _read(wire, key))
        kept = SharedBytes(self._contents, key, [self.template(read.digest).bytes])
        return SharedStorage(self, key, read.made, self._found(key, read), kept, self._template)

    def states(self, tenant: str) -> Rows:
        """What servers share of a tenant beside its records: kinds, ids, and JSON."""
        [rows] = self.pool.ask((_STATES, key_of(tenant)))
        return rows

    def contents(self, key: str) -> SharedBytes:
        """The contents of a tenant itself."""
        return SharedBytes(self._contents, key)

    def put(self, tenant: str, now: Opened, began: Template) -> None:
        """Make a tenant of what there is; its contents are there already. Raises TenantNameError,
        TenantTaken, StorageFailure.
        """
        self.check_name(tenant)
        key, digest, made = key_of(tenant), self.keep(began), new_generation()
        write_base(self.pool, key, now.sequence, now.tables.snapshot(), now, began, digest)
        insert = (_NEW, key, tenant, made, now.generation, digest, str(False))
        move = (_MOVED, key, made, now.sequence)
        if self.pool.run(lambda wire: wire.ask(insert, move))[1] == []:
            raise TenantTaken(tenant)

    def found(self, key: str, made: str) -> Found:
        """A tenant as the database has it now. Raises StoreClosed where it is not there, or another
        one is; DataFileError, StorageFailure.
        """
        read = self.pool.run(lambda wire: _read(wire, key))
        if read.made != made:
            raise StoreClosed
        return self._found(key, read)

    def _found(self, key: str, read: _Read) -> Found:
        began = self.template(read.digest)
        size = sum(len(data) for (data,) in read.parts)
        if read.begins and not read.parts:
            raise DataFileError(
                f"the base of {key}: its log begins after write {read.begins}, and what there was "
                "then is not in fakegraph_bases; it can be restored from a backup, or the tenant "
                "removed"
            )
        if size:
            opened = read_base(key, read.parts, self)
        else:
            opened = Opened(began.fork(), ChangeLog(read.begins), read.generation, read.begins)
        marks = {n: Mark(*each) for n, each in read.marks.items() if each[0] <= read.begins}
        return Found(opened, read.lines, began, marks, size)

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """What is declared of containers now."""
        return self._template.layouts

    def remove(self, tenant: str) -> None:
        """Remove a tenant from all tables. Raises StorageFailure."""
        key = key_of(tenant)
        statements = [(f"DELETE FROM {table} WHERE tenant = $1", key) for table in _IN_ORDER]
        self.pool.ask(*statements, patience=LONG)

    def check(self) -> None:
        """Raise StorageFailure where no request would be answered: where the database does not
        answer soon, takes no writes, or does not let its user read or write the tables.
        """
        self.pool.ask(*_TRIED, patience=_AT_ONCE)

    def close(self) -> None:
        """Let go of the connections."""
        self.pool.close()
        self._contents.close()


_IN_ORDER = ("fakegraph_tenants", *(each for each in TENANT_TABLES if each != "fakegraph_tenants"))


# What requests do, of no tenant and no row: who may not do it is refused all the same.
_TRIED: tuple[Statement, ...] = (
    *((f"SELECT 1 FROM {each} WHERE tenant = $1 LIMIT 1", SERVER) for each in TENANT_TABLES),
    ("UPDATE fakegraph_tenants SET seq = seq WHERE FALSE",),
    *((f"INSERT INTO {each} SELECT * FROM {each} WHERE FALSE",) for each in TENANT_TABLES),
)
_AT_ONCE = 2.0  # seconds in which a database answers that is well


def _check_spelling(tenant: str, spelt: str) -> None:
    if spelt != tenant:
        raise TenantNameError(
            f"The tenant name {tenant!r} does not do: there is a tenant {spelt!r}, and no two "
            "may differ by case alone."
        )


def _of_template(digest: str) -> str:
    """Whose the bytes of a template are; no tenant can be called so."""
    return f"template:{digest}"
