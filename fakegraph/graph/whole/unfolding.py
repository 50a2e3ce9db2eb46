"""What collections have by what is stored of them, and is stored nowhere itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.places import Many, UnstoredRow, worked_out
from fakegraph.store import Row, Store
from fakegraph.workloads.handed import Reading, Unfold, Unfolding


def unfolded(
    many: Many,
    rows: Any,
    parameters: Mapping[str, str],
    unfold: Unfold,
    store: Store,
    look_around: Callable[[Row], Reading],
    person: str = "",
    selected: tuple[str, ...] = (),
) -> list[Row | str]:
    """What a collection has by what is stored of it, and ids of what it has no more."""
    owner = {} if many.owner is None else many.owner.record
    beneath = {} if many.beneath is None else many.beneath.record
    row = None if many.owner is None else many.owner.row
    around = None if row is None else look_around(row)
    stored = InStore(store)
    found = unfold(Unfolding(rows, parameters, owner, beneath, around, person, selected, stored))
    key = many.type.key or "id"
    return [
        UnstoredRow(worked_out(many, each, key)) if isinstance(each, dict) else each
        for each in found
    ]
