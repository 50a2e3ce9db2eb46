"""What follows from a write to drives, whoever makes it: versions, and full drives."""

from __future__ import annotations

from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.workloads.files import fields, libraries, selected, shares, totals
from fakegraph.workloads.files.granted import LISTED, PERMISSIONS
from fakegraph.workloads.files.items import TIMED
from fakegraph.workloads.files.totals import USUAL_TOTAL
from fakegraph.workloads.files.versions import next_version

_ITEMS, _VERSIONS = "drive/items", "driveItem/versions"
_SESSIONS = "@sessions"
SETTLED_BY = frozenset({_ITEMS, _SESSIONS, PERMISSIONS, LISTED, selected.FIELDS})
_TOLD = ("lastModifiedBy", "lastModifiedDateTime", "size", "@bytes", "@media")


def settle(transaction: Transaction, now: Instant) -> None:
    """Make a version of each file that is another than before. Raises GraphError (507)
    for what is more than a drive holds that says how much that is.
    """
    totals.settle(transaction)
    shares.settle(transaction)
    libraries.settle(transaction)
    fields.settle(transaction)
    changed = transaction.changed(_ITEMS)
    for old, new in changed:
        if new is not None and _size(new) > _size(old):
            _check_room(transaction, new.owner)
    for old, new in transaction.changed(_SESSIONS):
        if new is not None and old is None:
            _check_room(transaction, new.owner, _size(new), usual=USUAL_TOTAL)
    for old, new in changed:
        if new is not None and "file" in new.record and _is_other(transaction, old, new):
            _keep_version(transaction, new, is_new=old is None)


def _check_room(
    transaction: Transaction, key: Key, more: int = 0, *, usual: int | None = None
) -> None:
    """Raise GraphError (507) where a drive has no room for what it has, and more. ``usual``: how
    much one holds that does not say; None is not looked at, as nobody brings so many bytes.
    """
    drive = transaction.row(key)
    total = usual if drive is None else (drive.record.get("quota") or {}).get("total") or usual
    if drive is None or total is None:
        return
    id_ = totals.total_id(drive.record["id"], totals.WHOLE)
    used = transaction.find(totals.TOTALS, "id", id_, key)
    if _size(used) + more > int(total):
        raise GraphError(507, "quotaLimitReached", "The user has reached their quota limit.")


def _size(item: Row | None) -> int:
    return 0 if item is None else int(item.record.get("size") or 0)


_TELLS = ("description", TIMED)


def _is_other(transaction: Transaction, old: Row | None, new: Row) -> bool:
    """Whether a file is another version: by its content, and in a library by what it says of it."""
    if old is None or old.record.get("cTag") != new.record.get("cTag"):
        return True
    if all(old.record.get(name) == new.record.get(name) for name in _TELLS):
        return False
    drive = transaction.row(new.owner)
    return drive is not None and drive.record.get("driveType") != "personal"


def _keep_version(transaction: Transaction, item: Row, *, is_new: bool) -> None:
    """Keep what a file is now as its newest version, unless it has brought versions along."""
    there = [each.record for each in transaction.rows_of(_VERSIONS, [item.key])]
    if is_new and there:
        return
    record = item.record
    told: Record = {name: record[name] for name in _TOLD if record.get(name) is not None}
    transaction.insert(_VERSIONS, {"id": next_version(there), **told}, item.key)
