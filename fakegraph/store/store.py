"""``Store``: the records of one tenant; ``Stores``: those of all tenants of a server."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import get_args

from fakegraph.store.collection import Collection
from fakegraph.store.database import Database
from fakegraph.store.errors import StorageFailure, TenantNameError
from fakegraph.store.files import Files
from fakegraph.store.folder import DataFolder, Durability
from fakegraph.store.names import check_tenant_name
from fakegraph.store.rows import Record
from fakegraph.store.storage import Drafts, RecordStorage, Snapshot
from fakegraph.store.template import Template


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
        self._collections = {name: Collection(storage, name) for name in storage.records}

    def collection(self, name: str) -> Collection:
        """The records of one set. Raises KeyError where there is no such set."""
        return self._collections[name]

    def names(self) -> Iterable[str]:
        """The sets: those of the template, and those that the data file has beyond them."""
        return self._collections.keys()

    @property
    def tinydb(self) -> Database:
        """The same records for code that knows TinyDB: a table for each set."""
        return Database(self._storage)

    @property
    def writes_wait(self) -> bool:
        """Whether a write would now have to wait: for the disk, or for another one to end."""
        return self._storage.writes_wait

    def insert_many(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Store records in several sets, all of them or none. Raises KeyError, KeyTaken."""
        for name in records:
            self.collection(name)

        def work(drafts: Drafts) -> None:
            for name, items in records.items():
                for record in items:
                    drafts[name].insert(record)

        self._storage.transact(work)

    def clear(self, names: Iterable[str]) -> None:
        """Take all records of several sets away, all of them or none. Raises KeyError."""

        def work(drafts: Drafts) -> None:
            for name in names:
                self.collection(name)
                for row in self._storage.records_of(name).fork():
                    drafts[name].remove(row)

        self._storage.exclusively(work)

    def snapshot(self) -> Snapshot:
        """What is stored now, for ``restore``; it costs microseconds, whatever its size."""
        return self._storage.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this store."""
        self._storage.restore(snapshot)

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
    ) -> None:
        """Take the folder, which is made if need be. Raises ValueError, FolderError, FolderInUse.

        ``new_id`` names data files, so that a log is never read with another file than its own.
        """
        if durability not in get_args(Durability):
            raise ValueError(f"durability is 'flush' or 'fsync', not {durability!r}")
        self.template = template
        self._durability = durability
        self._new_id = new_id
        self._folder = None if folder is None else DataFolder(folder, files or Files())
        self._open: dict[str, Store] = {}
        self._spelt: dict[str, str] = {}  # the open ones' names by their lower case
        self._lock = threading.Lock()

    def open(self, tenant: str, template: Template | None = None) -> Store:
        """A tenant's records: the template's for a new one, else as they were left.

        ``template``: what it starts as, and goes back to, in place of the one of all tenants.

        A new tenant's file is written here, not at its first write: what has been read from a
        tenant, ids that were made up included, is then there after a crash too.
        Raises TenantNameError, also for one that differs from another's only by case, and where
        the tenant is open already; DataFileError; StorageFailure.
        """
        with self._lock:
            self._check_name(tenant)
            template = template or self.template
            storage = self._storage(tenant, template)
            store = Store(storage, template, lambda: self._forget(tenant))
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
        storage = RecordStorage(self.template.fork())
        storage.close()
        return Store(storage, self.template, lambda: None)

    def _forget(self, tenant: str) -> None:
        with self._lock:
            self._open.pop(tenant, None)
            self._spelt.pop(tenant.lower(), None)

    def __contains__(self, tenant: str) -> bool:
        """Whether a tenant is open or on disk."""
        return tenant in self._open or (self._folder is not None and tenant in self._folder)

    def _storage(self, tenant: str, template: Template) -> RecordStorage:
        if self._folder is None:
            return RecordStorage(template.fork())
        return self._folder.open(tenant, template, self._durability, self._new_id)

    @property
    def on_disk(self) -> bool:
        """Whether records outlive the process."""
        return self._folder is not None

    def tenants(self) -> list[str]:
        """The tenants that are open or on disk."""
        with self._lock:
            on_disk = self._folder.tenants() if self._folder else []
            return sorted({*self._open, *on_disk})

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
