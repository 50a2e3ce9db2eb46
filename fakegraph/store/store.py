"""``Store``: the records of one tenant, and ``Template``: what a new one starts as."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fakegraph.store.collection import Collection, Index, Record
from fakegraph.store.names import check_tenant_name

Snapshot = Mapping[str, Collection]


class Template:
    """The records that every new tenant starts with, by entity set, and the sets' indexes."""

    def __init__(
        self,
        records: Mapping[str, Sequence[Record]],
        indexes: Mapping[str, Iterable[Index]] | None = None,
    ) -> None:
        declared = indexes or {}
        self.collections = {
            name: Collection(declared.get(name, ())) for name in {**records, **declared}
        }
        for name, items in records.items():
            self.collections[name].insert(items)


class Store:
    """The records of one tenant, by entity set."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._lock = threading.RLock()
        self._collections: dict[str, Collection] = {}
        self.restore(template.collections)

    @classmethod
    def open(
        cls,
        template: Template,
        tenant: str,
        folder: str | Path | None = None,
        durability: str = "flush",
    ) -> Store:
        """A tenant's records. Raises TenantNameError."""
        check_tenant_name(tenant)
        if folder is not None:
            raise NotImplementedError("records on disk come with the next slice")
        return cls(template)

    def collection(self, name: str) -> Collection:
        """The records of one set. Raises KeyError for a set that the template does not have."""
        return self._collections[name]

    def names(self) -> list[str]:
        """The entity sets."""
        return list(self._collections)

    def insert_many(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Store records in several sets: all of them or, raising KeyTaken, none."""
        with self._lock:
            for name, items in records.items():
                self.collection(name).check_free(items)
            for name, items in records.items():
                self.collection(name).insert(items)

    def snapshot(self) -> Snapshot:
        """What is stored now, to be given to ``restore``."""
        with self._lock:
            return {name: found.fork(self._lock) for name, found in self._collections.items()}

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        with self._lock:
            self._collections = {name: c.fork(self._lock) for name, c in snapshot.items()}

    def reset(self) -> None:
        """Go back to the template."""
        self.restore(self._template.collections)

    def close(self) -> None:
        """Let go of everything."""
