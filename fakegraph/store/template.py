"""``Template``: what every new tenant starts as, and goes back to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fakegraph.store.datafile import Check
from fakegraph.store.errors import KeyTaken
from fakegraph.store.indexes import Index
from fakegraph.store.records import Records, without_gc
from fakegraph.store.rows import Record, Row
from fakegraph.store.storage import Snapshot


class Template:
    """Records by entity set, with the sets' indexes; made once and never changed.

    A copy of it costs microseconds, whatever its size: tenants share what they do not write to.
    """

    def __init__(
        self,
        records: Mapping[str, Sequence[Record]],
        indexes: Mapping[str, Iterable[Index]] | None = None,
        checks: Mapping[str, Check] | None = None,
    ) -> None:
        """Take the records over; they must not be changed from now. Raises KeyTaken.

        ``checks``: what looks over the records that a data file has, by set.
        """
        self.checks = checks or {}
        declared = indexes or {}
        self.indexes = {name: tuple(declared.get(name, ())) for name in {**records, **declared}}
        self.snapshot = Snapshot({name: Records(found) for name, found in self.indexes.items()})
        with without_gc():
            for name, items in records.items():
                _check_keys(items)
                rows = [Row(position, record) for position, record in enumerate(items, start=1)]
                self.snapshot.records[name].fill(rows)

    def fork(self) -> dict[str, Records]:
        """Copies of the records, to be changed."""
        return {name: records.fork() for name, records in self.snapshot.records.items()}


def _check_keys(records: Iterable[Record]) -> None:
    seen: set[str] = set()
    for record in records:
        if record["id"] in seen:
            raise KeyTaken(record["id"])
        seen.add(record["id"])
