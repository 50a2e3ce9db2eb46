"""Things as a data file has them that somebody edited: they are read as what clients send is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fakegraph.edm.schema import InvalidEntity
from fakegraph.edm.typed import TypedSchema, schema_of
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Record
from fakegraph.store.checking import Check


def check_of(world: World, container: str) -> Check:
    """What looks over the things of a container. Raises KeyError for one that the model has not."""
    type_ = world.type_in(container)
    reader = schema_of(type_).reader(future_members=True, related=None)
    # The store knows every row by an id, those of a type that has none as well.
    unshown = frozenset[str]() if type_.find("id") else frozenset({"id"})

    def check(stored: Sequence[Any]) -> Iterator[Record | list[str]]:
        for record in stored:
            yield _problems(reader, record, unshown) or record

    return check


def _problems(reader: TypedSchema, record: Any, unshown: frozenset[str]) -> list[str]:
    """What is wrong with a record. What it has for the server alone is not looked at."""
    if isinstance(record, dict):
        record = {
            name: shown_of(value)
            for name, value in record.items()
            if name not in unshown and (name == TYPE or not name.startswith("@"))
        }
    try:
        reader.read(record)
    except InvalidEntity as error:
        return [
            f"{problem.target}: {problem.message}" if problem.target else problem.message
            for problem in error.problems
        ]
    return []


def shown_of(value: Any) -> Any:
    """A value without what it has inside for the server alone, as ``@floating``."""
    if isinstance(value, list):
        return list(map(shown_of, value))
    if not isinstance(value, dict):
        return value
    shown = (name for name in value if name[:1] != "@" or "." in name)
    return {name: shown_of(value[name]) for name in shown}
