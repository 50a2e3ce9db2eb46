"""The kinds of stores that keep one contract: in memory, on disk, and the oracle.

All begin with the same template: users with messages and folders, groups with members.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

from fakegraph.store import Index, Key, Layout, Record, Stores, Template, UniqueKey
from fakegraph.store.names import links_table

from .oracle import OracleStores, OracleTemplate

POSTGRES = bool(os.environ.get("STORE_POSTGRES"))
"""Whether it is PostgreSQL's turn: `make test-postgres` says so."""

STORES = ["postgres"] if POSTGRES else ["memory", "flush", "fsync"]
"""The kinds of stores of one server; ``replicas`` are two over one database, asked in turn."""

SHARED = ["replicas"] if POSTGRES else []
KINDS = [*STORES, "oracle"]
LASTING = [kind for kind in KINDS if kind != "memory"]

MEMBERS, MANAGER = "group/members", "user/manager"


def same(value: Any) -> Any:
    return value


LAYOUTS = {
    "users": Layout(
        keys=(UniqueKey("id", str.casefold), UniqueKey("upn", str.casefold)),
        indexes=(Index("age", same, ordered=True), Index("city", str.casefold)),
    ),
    "groups": Layout(),
    "user/folders": Layout(keys=(UniqueKey("id"), UniqueKey("name", str.casefold, True))),
    "user/messages": Layout(
        indexes=(
            Index("received", same, ordered=True, by_owner=True),
            Index("read", same),
            Index("from", str.casefold, by_owner=True, late=True),
        ),
    ),
}

RECORDS: dict[str, list[Record]] = {
    "users": [
        {"id": "ada", "upn": "ada@contoso.com", "age": 36, "city": "London"},
        {"id": "bo", "upn": "bo@contoso.com", "age": None, "city": "Oslo"},
    ],
    "groups": [{"id": "staff"}],
}


def seed(transaction: Any) -> None:
    """What the template has besides RECORDS: Ada's things and the staff's members."""
    ada, bo = (transaction.find("users", "id", each).key for each in ("ada", "bo"))
    staff = transaction.find("groups", "id", "staff").key
    inbox = transaction.insert("user/folders", {"id": "f1", "name": "Inbox"}, ada)
    transaction.insert("user/messages", {"id": "m1", "received": 1, "read": True}, ada)
    transaction.insert("user/folders", {"id": "f2", "name": "Bills"}, inbox.key)
    for user in (bo, ada):
        transaction.link(MEMBERS, staff, user)


@cache
def _database() -> Any:
    """A server of databases for the tests of this process."""
    from tests.postgres.database import Database

    found = Database("-c", "fsync=off")
    atexit.register(found.stop)
    return found


_DATABASES: dict[str, tuple[str, Path]] = {}  # by kind of store, with the folder it stands for


def _url(kind: str, folder: Path) -> str:
    """The database that stands for a folder: what another one had is taken from it."""
    url, stands_for = _DATABASES.get(kind) or (_database().create(), folder)
    if stands_for != folder:
        stores = Stores(Template({}), url=url)
        for tenant in stores.tenants():
            stores.remove(tenant)
        stores.close()
    _DATABASES[kind] = url, folder
    return str(url)


def place_of(kind: str, folder: Path) -> Path | str:
    """The folder, or the URL of the database that stands for it."""
    return folder if kind in ("flush", "fsync") else _url(kind, folder)


def stores_of(kind: str, template: Template, folder: Path) -> Any:
    """Stores of one kind; what was in the same folder before is there."""
    if kind == "memory":
        return Stores(template)
    if kind == "postgres":
        return Stores(template, url=_url(kind, folder))
    if kind == "replicas":
        return InTurn([Stores(template, url=_url(kind, folder)) for _ in range(2)])
    return Stores(template, folder, kind)  # type: ignore[arg-type]  # its durability


def cut_logs(monkeypatch: Any) -> None:
    """Have logs outgrow what they begin after soon, so that they are cut as well."""
    monkeypatch.setattr("fakegraph.store.logged.LEAST_LOG", 100_000)
    if POSTGRES:
        monkeypatch.setattr("fakegraph.store.postgres.shared.LEAST_LOG", 100_000)


class InTurn:
    """The stores of several servers over one database, of which another one answers each time."""

    def __init__(self, servers: list[Stores]) -> None:
        self.servers = servers

    def open(self, tenant: str) -> Any:
        return OneOf([each.open(tenant) for each in self.servers])

    def remove(self, tenant: str) -> None:
        for each in self.servers:  # the others have it in memory
            each.remove(tenant)

    def close(self) -> None:
        for each in self.servers:
            each.close()


class OneOf:
    """A tenant at several servers: whatever is asked of it, another one of them answers."""

    def __init__(self, stores: list[Any]) -> None:
        self.turns = cycle(stores)

    def __getattr__(self, name: str) -> Any:
        store = next(self.turns)
        store.catch_up()
        return getattr(store, name)


class World:
    """Stores of one kind, which can be closed, or killed, and opened again."""

    def __init__(self, kind: str, folder: Path, more: Mapping[str, Layout] | None = None) -> None:
        """``more``: layouts of containers beside those of LAYOUTS."""
        self.kind = kind
        self.folder = folder
        self.layouts = {**LAYOUTS, **(more or {})}
        self.stores = self._stores()

    def _stores(self) -> Any:
        if self.kind == "oracle":
            return OracleStores(OracleTemplate(RECORDS, self.layouts, seed))
        return stores_of(self.kind, Template(RECORDS, self.layouts, seed=seed), self.folder)

    @property
    def lasts(self) -> bool:
        """Whether records outlive the stores."""
        return self.kind != "memory"

    def open(self, tenant: str = "contoso") -> Any:
        return self.stores.open(tenant)

    def close(self) -> None:
        self.stores.close()

    def open_again(self, tenant: str = "contoso") -> Any:
        """Close everything, and open a tenant anew."""
        self.begin_anew()
        return self.open(tenant)

    def begin_anew(self) -> None:
        """Close everything, as a server that stops, and begin as one that starts."""
        self.stores.close()
        if self.kind != "oracle":
            self.stores = self._stores()

    def kill(self) -> None:
        """Leave everything as ``kill -9`` does, and begin anew."""
        if self.kind == "oracle":
            return
        for each in getattr(self.stores, "servers", [self.stores]):
            each._folder.close()  # the system would give the lock back, and end connections
        self.stores = self._stores()


def insert(store: Any, container: str, id: str, owner: Key = 0, **properties: Any) -> Any:
    """Insert one record; gives its row."""
    record = {"id": id, **properties}
    return store.transact(lambda transaction: transaction.insert(container, record, owner))


def do(store: Any, name: str, *arguments: Any) -> Any:
    """One transaction of one step."""
    return store.transact(lambda transaction: getattr(transaction, name)(*arguments))


def key(store: Any, container: str, id: str) -> Key:
    """The key of a row that is there."""
    found: Key = store.container(container).get(id).key
    return found


def ids(rows: Iterable[Any]) -> list[str]:
    return [row.record["id"] for row in rows]


def positions(rows: Iterable[Any]) -> list[int]:
    return [row.position for row in rows]


CONTAINERS = ["users", "groups", "user/folders", "user/messages"]
RELATIONS = [MEMBERS, MANAGER]


def counted(rows: Any) -> list[Any]:
    """All of some rows; there are as many as it says."""
    found = list(rows.scan())
    assert len(rows) == len(found)
    return found


def dump(store: Any) -> dict[str, Any]:
    """All that can be read of a store, in words that are the same for each kind of it."""
    rows = {name: counted(store.container(name)) for name in CONTAINERS}
    found: dict[str, Any] = {
        name: [(row.position, name_of(store, row.owner), row.record) for row in rows[name]]
        for name in CONTAINERS
    }
    for name in CONTAINERS:
        hidden = counted(store.hidden(name))
        found[f"hidden {name}"] = [(row.position, row.record) for row in hidden]
    keys = [row.key for each in rows.values() for row in each]
    for relation in RELATIONS:
        links = store.links(relation)
        found[relation] = _ends(store, links.targets, keys)
        found[f"{relation} back"] = _ends(store, links.sources, keys)
    return found


def _ends(store: Any, ends_of: Callable[[Key], Any], keys: list[Key]) -> dict[str, Any]:
    found = {
        name_of(store, each): [
            (row.position, name_of(store, row.key)) for row in counted(ends_of(each))
        ]
        for each in keys
    }
    return {name: ends for name, ends in found.items() if ends}


def name_of(store: Any, row_key: Key) -> str:
    """A key in words: container and position."""
    return f"{store.container_of(row_key)}/{row_key >> 12}" if row_key else ""


def said(store: Any, after: int) -> list[set[str]]:
    """What the change log has after a sequence, in words: a set for each transaction."""
    told: dict[int, list[str]] = {}
    changes = store.changes.after(after, 1000)
    if hasattr(store.changes, "since"):
        _check_found(store.changes.since(after), changes)
    for change in changes:
        told.setdefault(change.sequence, []).append(_in_words(store, change))
    assert all(len(set(each)) == len(each) for each in told.values()), "each is told once"
    assert list(told) == sorted(told)
    return [set(each) for each in told.values()]


def _check_found(since: Any, changes: list[Any]) -> None:
    """What is found by table and by row is what there is, from each place on."""
    tables = {links_table(each.container) if each.source else each.container for each in changes}
    places = list(since.places(tables))
    found = [each for key in {key for _, key in places} for each in since.of(key, tables)]
    found.sort(key=lambda each: each[0])
    assert [change for _, change in found] == changes
    last: tuple[int, int] = (0, -1)
    for at, _ in found:
        assert at == ((at[0], last[1] + 1) if at[0] == last[0] else (at[0], 0))
        last = at
    for number, (at, _) in enumerate(places, start=1):
        assert list(since.places(tables, at)) == places[number:]
    for each in changes:
        assert since.hides(each.sequence, each.key, 0) == (
            "hidden" in {one.kind for one in changes if _of_same(one, each)}
        )
        assert since.restores(each.sequence, each.key) == (
            "restored" in {one.kind for one in changes if _of_same(one, each)}
        )


def _of_same(one: Any, other: Any) -> bool:
    return (one.sequence, one.key) == (other.sequence, other.key)


def _in_words(store: Any, change: Any) -> str:
    if change.source:
        ends = name_of(store, change.source), name_of(store, change.target)
        return f"{change.kind} {change.container} {' '.join(ends)}"
    owner = f" of {name_of(store, change.owner)}" if change.owner else ""
    old = " ".join(f"{name}={value!r}" for name, value in sorted((change.old or {}).items()))
    was = f", was {old}" if old else ""
    return f"{change.kind} {name_of(store, change.key)} {change.id}{owner}{was}"
