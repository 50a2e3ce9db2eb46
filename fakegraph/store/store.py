"""``Store``: the records of one tenant; ``Stores``: those of all tenants of a server."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import is_
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from fakegraph.store.bytes import Bytes, MemoryBytes
from fakegraph.store.change import Change
from fakegraph.store.changes import ChangeLog
from fakegraph.store.container import Container, Hidden
from fakegraph.store.database import Database
from fakegraph.store.errors import KeyTaken, StorageFailure, StoreError, TenantNameError
from fakegraph.store.files import Files
from fakegraph.store.folder import DataFolder, Durability
from fakegraph.store.links import Links
from fakegraph.store.names import check_tenant_name, is_links, relation_of
from fakegraph.store.rows import MOST_CONTAINERS, Key, Link, Record, Row
from fakegraph.store.storage import RecordStorage, States
from fakegraph.store.tables import Snapshot, Tables
from fakegraph.store.template import Template
from fakegraph.store.transaction import Transaction

if TYPE_CHECKING:
    from fakegraph.store.postgres.place import SharedPlace
    from fakegraph.store.postgres.pool import Pool

T = TypeVar("T")


class Store:
    """The records of one tenant, by entity set. ``Stores.open`` makes one.

    Writes raise StorageFailure when they cannot be kept, and then nothing has changed.
    """

    def __init__(
        self, storage: RecordStorage, template: Template, on_close: Callable[[], object]
    ) -> None:
        self._storage = storage
        self._template = template
        self._on_close = on_close
        self._containers: dict[str, Container] = {}
        self._made: dict[object, tuple[list[object], Any]] = {}

    def container(self, name: str) -> Container:
        """The rows of a container. One that was never written to is empty."""
        if name not in self._template.layouts:
            self._complete()
        found = self._containers.get(name)
        if found is None:
            found = self._containers[name] = Container(self._storage, name)
        return found

    def made_of(self, containers: Sequence[str], work: Callable[[Store], T]) -> T:
        """What ``work`` gives of what is in some containers, and of nothing else: it is only called
        where one of them was changed since. It is always the same function for the same.
        """
        records, known = self._storage.tables.records, self._made.get(work)
        marks = [records[name].mark if name in records else None for name in containers]
        if known is None or not all(map(is_, known[0], marks)):
            known = self._made[work] = marks, work(self)
        found: T = known[1]
        return found

    def _complete(self) -> None:
        """Have what the template makes later: before anything that may be about it."""
        self._template.complete(self._storage.tables)

    def hidden(self, container: str) -> Hidden:
        """The rows of a container that were deleted softly, without what went along with others."""
        self._complete()
        return Hidden(self._storage.tables, container, 0)

    def links(self, relation: str) -> Links:
        """The links of a relation."""
        self._complete()
        return Links(self._storage.tables, relation)

    def row(self, key: Key) -> Row | None:
        """The row with that key."""
        return self._storage.tables.row(key)

    def rows(self, keys: Sequence[Key]) -> list[Row | None]:
        """The row of each key; None where there is none."""
        return self._storage.tables.rows(keys)

    def container_of(self, key: Key) -> str:
        """The name of the container that a row with that key is in. Raises KeyError."""
        name = self._storage.tables.names.get(key & MOST_CONTAINERS)
        if name is None:
            raise KeyError(key)
        return name

    def names(self) -> Iterable[str]:
        """The containers that are declared, or were written to."""
        self._complete()
        return self._storage.tables.containers()

    def relations(self) -> list[str]:
        """The relations that links were made of."""
        self._complete()
        return [relation_of(name) for name in list(self._storage.tables.records) if is_links(name)]

    def every(self) -> Iterator[tuple[str, list[Row] | list[Link]]]:
        """All rows and all links by table, those that are hidden too, in order."""
        self._complete()
        for name, records in list(self._storage.tables.records.items()):
            yield name, list(records.every())

    def names_so_far(self) -> Iterable[str]:
        """As ``names``, but for what the template makes later, which is not made for this."""
        return self._storage.tables.containers()

    @property
    def is_whole(self) -> bool:
        """Whether what the template makes later has been made."""
        return self._template.is_complete(self._storage.tables)

    @property
    def sequence(self) -> int:
        """The number of the last write."""
        return self._storage.sequence

    @property
    def generation(self) -> str:
        """A text that is another one after each reset and restore: what was told of positions,
        keys and changes before does not go for what is there now.
        """
        return self._storage.generation

    @property
    def stamp(self) -> tuple[str, int]:
        """What is another one after everything that changes what readers see. What is worked out
        of what is stored goes for as long as it is the one that it was before that.
        """
        return self._storage.generation, self._storage.changes.ends

    @property
    def changes(self) -> ChangeLog:
        """What became of rows and links, as far back as it is kept."""
        return self._storage.changes

    def catch_up(self) -> None:
        """Have what other servers have written, where others may. Raises StoreClosed where the
        tenant is no longer there; StorageFailure.
        """
        self._storage.catch_up()

    def share(self, states: States) -> None:
        """Have what others change of the tenant beside its records told with these."""
        self._storage.states = states

    def listen(self, heard: Callable[[Collection[str]], object] | None) -> None:
        """Have the names of the tables told of each write from now on; it must not take long."""
        self._storage.heard = heard

    @property
    def bytes(self) -> Bytes:
        """Contents that records name, by the SHA-256 of what they are."""
        return self._storage.bytes

    @property
    def tinydb(self) -> Database:
        """The same records for code that knows TinyDB: a table for each set."""
        self._complete()
        return Database(self._storage)

    @property
    def writes_wait(self) -> bool:
        """Whether a write would now have to wait: for the disk, or for another one to end."""
        return self._storage.writes_wait

    def transact(self, work: Callable[[Transaction], T], *, again: bool = False) -> T:
        """Make one write, all of it or, where ``work`` raises, nothing. ``work`` runs alone; once,
        unless it may be done ``again`` where another server was quicker: that saves waiting.

        Raises StorageFailure when it cannot be kept, TypeError for what is not JSON.
        """
        self._complete()
        return self._storage.transact(work, again=again)

    def insert_many(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Store records in several containers, all of them or none. Raises KeyTaken."""

        def work(transaction: Transaction) -> None:
            for name, items in records.items():
                for record in items:
                    transaction.insert(name, record)

        self.transact(work)

    def clear(self, names: Iterable[str]) -> None:
        """Take all rows of several containers away with all that hangs on them, or none."""

        def work(transaction: Transaction) -> None:
            tables = self._storage.tables
            transaction.delete(*[row.key for name in names for row in tables.of(name).fork()])

        self._storage.exclusively(work)

    def snapshot(self) -> Snapshot:
        """What is stored now, for ``restore``; it costs microseconds, whatever its size."""
        return self._storage.snapshot()

    def mark(self, id_: str) -> Snapshot:
        """The same, kept under that id; where other servers share the store, for these as well.

        Raises SnapshotTaken.
        """
        self._complete()
        return self._storage.mark(id_)

    def unmark(self, id_: str) -> None:
        """Keep a snapshot no longer. Raises StorageFailure."""
        self._storage.unmark(id_)

    def marked(self, id_: str) -> Snapshot | None:
        """The snapshot that is kept under an id. Raises StoreError."""
        return self._storage.marked(id_)

    def marks(self) -> list[str]:
        """The ids of the snapshots that are kept, in the order in which they came."""
        return self._storage.marks()

    def differences(self, since: Snapshot | None = None) -> list[Change]:
        """What is another one now than in a snapshot, or than at the start: a change for each row
        and link, by table, whatever came between.
        """
        self._complete()
        start = self._template.snapshot
        return self._storage.differences(start if since is None else since, start)

    def frozen(self) -> Store:
        """The same as it is now, with its change log, to be read for as long as anybody likes; it
        costs next to nothing, and nobody waits for it.
        """
        self._complete()
        storage = self._storage.frozen(self._template.layouts)
        return Store(storage, self._template, lambda: None)

    def as_if_restored(self, key: Key) -> Store | None:
        """The same as ``frozen``, but with what was hidden with that row; None where something has
        its unique values meanwhile.
        """
        self._complete()
        tables = Tables(self._template.layouts)
        tables.restore(self._storage.tables.snapshot())
        storage = RecordStorage(tables, self._storage.bytes)
        try:
            storage.transact(lambda transaction: transaction.restore(key))
        except KeyTaken:
            return None
        storage.close()
        return Store(storage, self._template, lambda: None)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this store."""
        self._storage.restore(snapshot)

    @property
    def as_begun(self) -> bool:
        """Whether the template that it goes back to is the one that it began as; another server
        may have made it of another one.
        """
        return self._storage.as_begun

    def reset(self) -> None:
        """Go back to the template."""
        self.restore(self._template.snapshot)

    def close(self) -> None:
        """Take no more writes; on disk, the data file alone then has everything."""
        self._storage.close()
        self._on_close()

    def discard(self) -> None:
        """As ``close``, for records that nobody wants any more: nothing is written out."""
        self._storage.close(keep=False)
        self._on_close()


class Stores:
    """The stores of a server's tenants: in memory, or in a folder of data files.

    ``durability`` says what a write that has returned survives: ``"flush"`` the end of this
    process, ``kill -9`` included; ``"fsync"`` the end of the machine too.
    """

    def __init__(
        self,
        template: Template,
        folder: str | Path | None = None,
        durability: Durability = "flush",
        *,
        files: Files | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        url: str | None = None,
    ) -> None:
        """Take the folder, which is made if need be. Raises ValueError, FolderError, FolderInUse.

        With ``url`` they are in a PostgreSQL database instead; that raises StoreError.
        ``new_id`` names data files, so that a log is never read with another file than its own.
        """
        if durability not in get_args(Durability):
            raise ValueError(f"durability is 'flush' or 'fsync', not {durability!r}")
        self.template = template
        self._durability = durability
        self._new_id = new_id
        self._folder: DataFolder | SharedPlace | None = None
        self.shared = url is not None
        """Whether other servers may have the same stores open."""
        if url is not None:
            self._folder = _place(url, template)
        elif folder is not None:
            self._folder = DataFolder(folder, files or Files())
        self._open: dict[str, Store] = {}
        self._spelt: dict[str, str] = {}  # the open ones' names by their lower case
        self._lock = threading.Lock()

    def open(
        self,
        tenant: str,
        template: Template | None = None,
        generation: str | None = None,
        *,
        new: bool = False,
    ) -> Store:
        """A tenant's records: the template's for a new one, else as they were left.

        ``template``: what it starts as, and goes back to, in place of the one of all tenants.
        ``generation``: of the unmade store that a new one takes the place of. ``new``: it must not
        be there, TenantTaken; other servers may make one of its name at the same time.

        A new tenant's file is written here, not at its first write: what has been read from a
        tenant, ids that were made up included, is then there after a crash too.
        Raises TenantNameError, also for one that differs from another's only by case, and where
        the tenant is open already; DataFileError; StorageFailure.
        """
        with self._lock:
            self._check_name(tenant)
            template = template or self.template
            storage = self._storage(tenant, template, generation, new=new)
            store = Store(storage, storage.start(template), lambda: self._forget(tenant))
            self._open[tenant] = store
            self._spelt[tenant.lower()] = tenant
            return store

    def _check_name(self, tenant: str) -> None:
        check_tenant_name(tenant)
        if tenant.lower() in self._spelt:
            name = self._spelt[tenant.lower()]
            raise TenantNameError(
                f"The tenant name {tenant!r} does not do: the tenant {name!r} is open."
            )
        if self._folder is not None:
            self._folder.check_name(tenant)

    def unmade(self, tenant: str) -> Store:
        """What ``open`` would give for a new tenant, to read from: nothing is made or kept.

        Raises TenantNameError.
        """
        with self._lock:
            self._check_name(tenant)
        generation = self._folder.unmade_generation(tenant) if self._folder else None
        storage = self._in_memory(self.template, generation)
        storage.close()
        return Store(storage, self.template, lambda: None)

    def _forget(self, tenant: str) -> None:
        with self._lock:
            self._open.pop(tenant, None)
            self._spelt.pop(tenant.lower(), None)

    def __contains__(self, tenant: str) -> bool:
        """Whether a tenant is open or on disk."""
        if self._folder is None or (tenant in self._open and not self.shared):
            return tenant in self._open
        return tenant in self._folder

    def _storage(
        self, tenant: str, template: Template, generation: str | None, *, new: bool
    ) -> RecordStorage:
        if self._folder is None:
            return self._in_memory(template, generation)
        template.complete()
        about = self._durability, self._new_id, generation
        return self._folder.open(tenant, template, *about, new=new)

    def _in_memory(self, template: Template, generation: str | None = None) -> RecordStorage:
        return RecordStorage(template.fork(), MemoryBytes(template.bytes), generation)

    @property
    def pool(self) -> Pool | None:
        """The connections to the database that others share; None where there is none."""
        folder = self._folder
        return None if folder is None or isinstance(folder, DataFolder) else folder.pool

    @property
    def is_quick(self) -> bool:
        """Whether a tenant that is open can be asked for without waiting."""
        return self._folder is None or self._folder.is_quick

    @property
    def on_disk(self) -> bool:
        """Whether records outlive the process."""
        return self._folder is not None

    def tenants(self) -> list[str]:
        """The tenants that are open or on disk."""
        with self._lock:
            on_disk = self._folder.tenants() if self._folder else []
            return sorted({*([] if self.shared else self._open), *on_disk})

    def remove(self, tenant: str) -> None:
        """Close a tenant's store and remove its files, if there are any.

        Raises TenantNameError for what cannot be a tenant, StorageFailure.
        """
        check_tenant_name(tenant)
        self.check()
        store = self._open.get(tenant)
        if store is not None:
            store.discard()
        if self._folder is not None:
            self._folder.remove(tenant)

    def check(self) -> None:
        """Raise StorageFailure when nothing could be kept, as the folder is not there any more."""
        if self._folder is not None:
            try:
                self._folder.check()
            except OSError as error:
                raise StorageFailure("the data folder cannot be written", error) from error

    def close(self) -> None:
        """Close every store and let others have the folder."""
        while self._open:
            _, store = self._open.popitem()
            store.close()
        if self._folder is not None:
            self._folder.close()
            self._folder = None


def _place(url: str, template: Template) -> SharedPlace:
    try:
        from fakegraph.store.postgres.place import SharedPlace
    except ImportError as error:
        if error.name is None or not error.name.startswith("psycopg"):
            raise
        raise StoreError(
            "a store in PostgreSQL needs psycopg: pip install 'fakegraph[postgres]'"
        ) from error
    return SharedPlace(url, template)
