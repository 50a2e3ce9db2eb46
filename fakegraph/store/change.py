"""``Change``: what one write made of one row, or of one link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from fakegraph.store.names import is_links, relation_of
from fakegraph.store.rows import Key, Link, Record, Row

CREATED, UPDATED, MOVED, DELETED = "created", "updated", "moved", "deleted"
HIDDEN, RESTORED, PURGED = "hidden", "restored", "purged"
LINKED, UNLINKED = "linked", "unlinked"


class Change(NamedTuple):
    """What one write made of one row, or of one link.

    ``container`` is the relation's name for a link, and ``source`` and ``target`` are its ends.
    ``owner`` and ``id`` are a row's as they were before. ``old``: of what was updated, the values
    that the changed properties had (None where there was none). ``left``: of what another row
    contained and is gone from there, the short texts and objects that it had: they tell where it
    was. A link is purged when it was hidden with a row, and is gone with that.
    """

    sequence: int
    kind: str
    container: str
    key: Key = 0
    owner: Key = 0
    id: str = ""
    old: Record = {}
    source: Key = 0
    target: Key = 0
    left: Record = {}


class Written(NamedTuple):
    """A change with the row as it was before it and as it was after it, None for none.

    What a file tells is not ``exact``: then there are no rows. Of a link there are none, either.
    """

    change: Change
    before: Row | None = None
    after: Row | None = None
    exact: bool = False


Entry = tuple[int, Callable[[int, Any], Change], Any] | tuple[int, str, Any, Any]
"""The number of a write, and what a file tells of a change with what reads that; or a table, what
went and what came.
"""


def said(entry: Entry) -> Iterable[Change]:
    """The changes that an entry tells of."""
    if len(entry) == 3:
        return (entry[1](entry[0], entry[2]),)
    sequence, table, old, new = entry
    if is_links(table):
        return _said_of_link(sequence, relation_of(table), old, new)
    return _said_of_row(sequence, table, old, new)


def written(entry: Entry) -> Iterator[Written]:
    """The same, with the rows."""
    for change in said(entry):
        if len(entry) == 3 or change.source:
            yield Written(change)
        else:
            yield Written(change, entry[2], entry[3], exact=True)


def kinds(table: str, old: Any, new: Any) -> Sequence[str]:
    """The kinds of the changes that an entry of a table tells of."""
    if is_links(table):
        return _kinds_of_link(old, new)
    both = old is not None and new is not None
    changed = both and bool(_old_values(old.record, new.record))
    return list(_kinds(old, new, changed=changed))


def _kinds_of_link(old: Link | None, new: Link | None) -> Sequence[str]:
    was, now = old is not None and not old.root, new is not None and not new.root
    if was == now and new is not None:
        return ()
    return (LINKED if now else UNLINKED if was else PURGED,)


def _said_of_link(
    sequence: int, relation: str, old: Link | None, new: Link | None
) -> Iterator[Change]:
    link = old or new
    assert link is not None
    for kind in _kinds_of_link(old, new):
        yield Change(sequence, kind, relation, source=link.source, target=link.target)


def _said_of_row(
    sequence: int, container: str, old: Row | None, new: Row | None
) -> Iterator[Change]:
    row = old or new
    assert row is not None
    values = {} if old is None or new is None else _old_values(old.record, new.record)
    for kind in _kinds(old, new, changed=bool(values)):
        said = values if kind == UPDATED else {}
        left = _short(row.record) if kind in _GONE and row.owner else {}
        identity = str(row.record.get("id", ""))
        yield Change(sequence, kind, container, row.key, row.owner, identity, said, left=left)


def _kinds(old: Row | None, new: Row | None, *, changed: bool) -> Iterator[str]:
    if old is None:
        yield CREATED
    if new is None:
        yield PURGED if old is not None and old.root else DELETED
        return
    root = 0 if old is None else old.root
    if new.root != root:
        yield HIDDEN if new.root else RESTORED
    if changed:
        yield UPDATED
    if old is not None and new.owner != old.owner:
        yield MOVED


_GONE = frozenset({HIDDEN, DELETED, PURGED})
_SHORT = 256  # bytes of JSON


def _short(record: Record) -> Record:
    """The texts and objects of a record that do not weigh much."""
    return {
        name: value
        for name, value in record.items()
        if isinstance(value, str | dict) and name != "id" and len(orjson.dumps(value)) <= _SHORT
    }


def _old_values(old: Record, new: Record) -> Record:
    """The values that the properties had which have others now."""
    names = {**old, **new}
    return {name: old.get(name) for name in names if not _same(old.get(name), new.get(name))}


def _same(old: Any, new: Any) -> bool:
    """Whether two values are the same JSON; Python alone takes 1 for true and 1.0."""
    return old is new or (old == new and orjson.dumps(old) == orjson.dumps(new))
