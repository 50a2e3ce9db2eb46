"""What follows from a write to drives, whoever makes it: versions of files."""

from __future__ import annotations

from collections.abc import Iterable

from fakegraph.store import Record, Row, Transaction

_ITEMS, _VERSIONS = "drive/items", "driveItem/versions"
_TOLD = ("lastModifiedBy", "lastModifiedDateTime", "size", "@bytes", "@media")


def settle(transaction: Transaction) -> None:
    """Make a version of each file that has another content than before."""
    for old, new in transaction.changed(_ITEMS):
        if new is not None and "file" in new.record and _is_other(old, new):
            _keep_version(transaction, new, is_new=old is None)


def _is_other(old: Row | None, new: Row) -> bool:
    return old is None or old.record.get("cTag") != new.record.get("cTag")


def _keep_version(transaction: Transaction, item: Row, *, is_new: bool) -> None:
    """Keep what a file is now as its newest version, unless it has brought versions along."""
    there = [each.record for each in transaction.rows_of(_VERSIONS, [item.key])]
    if is_new and there:
        return
    record = item.record
    told: Record = {name: record[name] for name in _TOLD if record.get(name) is not None}
    transaction.insert(_VERSIONS, {"id": next_version(there), **told}, item.key)


def next_version(versions: Iterable[Record]) -> str:
    """The number of the version that comes after some."""
    wholes = (str(each["id"]).partition(".")[0] for each in versions)
    return f"{max((int(each) for each in wholes if each.isdigit()), default=0) + 1}.0"
