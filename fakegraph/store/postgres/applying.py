"""What the log says of a write, made in tables that others read meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.store.documents import Documents
from fakegraph.store.layouts import LINKS, layout_in
from fakegraph.store.names import is_links
from fakegraph.store.records import Change, Records
from fakegraph.store.tables import Snapshot, Tables

Changes = dict[str, list[Change[Any]]]
"""What goes and what comes, by table."""


def read_write(tables: Tables, write: Mapping[str, Any]) -> Changes:
    """What a write changes in tables that are as it found them; containers that it has made get
    their numbers. Raises KeyError, TypeError, ValueError where it does not fit.
    """
    for name, number in write.get("numbers", {}).items():
        tables.give_number(name, number)
    documents, found = Documents(tables.numbers), Changes()
    for name, positions in write.get("del", {}).items():
        records = tables.of(name)
        found[name] = [(_there(records, position), None) for position in positions]
    for name, rows in write.get("set", {}).items():
        records, changes = tables.of(name), found.setdefault(name, [])
        for text, document in rows.items():
            position = int(text)
            new = documents.entry(name, position, document)
            changes.append((records.any_at(position), new))
    return found


def _there(records: Records[Any], position: int) -> Any:
    found = records.any_at(position)
    if found is None:
        raise KeyError(position)
    return found


def show(tables: Tables, changes: Changes, following: Mapping[str, int]) -> list[str]:
    """Make changes; gives the names of bytes that no row names any more. ``following``: the next
    positions, where it says them.
    """
    gone: list[str] = []
    for name, found in changes.items():
        records = tables.own(name)
        news = [new for _, new in found if new is not None]
        records.next_position = max([records.next_position, *(new.position + 1 for new in news)])
        tables.reach.learn(name, news)
        records.apply(found)
        if not is_links(name):
            gone += tables.named.count(found)
    for name, position in following.items():
        tables.own(name).next_position = position
    return gone


def gone_back(tables: Tables, write: Mapping[str, Any]) -> Snapshot:
    """What there is after a write that goes back, and tells what is another one then than now."""
    then = Tables({})
    then.layouts = tables.layouts
    if not write.get("anew"):
        then.restore(tables.snapshot())
    numbers = write.get("numbers")
    if numbers is not None:
        then.restore(Snapshot(then.records, numbers, then.reach, then.named))
    for name in write.get("set", {}):
        if is_links(name) and name not in then.records:
            then.records[name] = Records(LINKS)
    show(then, read_write(then, {**write, "numbers": {}}), write.get("next", {}))
    for name in then.layouts:
        if name in then.numbers:
            then.records.setdefault(name, Records(layout_in(then.layouts, name)))
    return then.snapshot()
