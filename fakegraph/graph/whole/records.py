"""Records as trees: what stands at a path of names, and what several properties say together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.store import Record, value_at

__all__ = [
    "BYTES",
    "MEDIA",
    "STORED",
    "blended",
    "is_noted",
    "joined",
    "name_of",
    "put_at",
    "value_at",
]

#: Where a record has the names of its bytes, and their media types, by the names of streams.
BYTES, MEDIA = "@bytes", "@media"

#: Where an exported record has what only the server knows of a thing.
STORED = "@stored"


def is_noted(name: str) -> bool:
    """Whether an export notes what a record has by that name, as no property says it."""
    own = name.rpartition("/")[2]
    is_mark = own.startswith("@") and "+" not in own and not own.startswith("@odata.")
    return is_mark and name not in (BYTES, MEDIA, STORED, "@contents")


def put_at(record: Mapping[str, Any], values: Mapping[str, Any]) -> Record:
    """A record with values at paths of names."""
    whole = dict(record)
    for path, value in values.items():
        at = whole
        *names, last = path.split("/")
        for name in names:
            at[name] = dict(at.get(name) or {})
            at = at[name]
        at[last] = value
    return whole


def name_of(together: tuple[str, ...]) -> str:
    """The name under which a record has what properties say together; nobody is shown it."""
    return f"@{'+'.join(together)}"


def said_of(name: str, value: Any) -> tuple[str, Any]:
    """A unique property and its value as a client knows them, who may have said them together."""
    if not name.startswith("@"):
        return name, value
    together = name[1:].split("+")
    said = str(value).split("\n", len(together) - 1)  # the last may have lines itself
    shown = [each for each in zip(together, said, strict=True) if not each[0].startswith("@")]
    return " and ".join(own for own, _ in shown), ", ".join(own for _, own in shown)


def joined(together: tuple[str, ...], values: Mapping[str, Any]) -> str | None:
    """What they say together, by path, in small letters; None where one of them says nothing."""
    found = [values.get(path) for path in together]
    return None if None in found else "\n".join(map(str, found)).casefold()


def with_keys(record: Record, combinations: tuple[tuple[str, ...], ...]) -> Record:
    """A record with what its properties say together."""
    for together in combinations:
        key = joined(together, {path: value_at(record, path) for path in together})
        if key is None:
            record.pop(name_of(together), None)
        else:
            record[name_of(together)] = key
    return record


def has_values(record: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a record has all of these values."""
    for name, value in values.items():  # noqa: SIM110  # ``all`` takes thrice as long
        if record.get(name) != value:
            return False
    return True


def blended(old: Any, new: Any, merged: frozenset[str], path: str) -> Any:
    """What becomes of a value by a change, which of what is merged leaves alone what it has not."""
    if path not in merged or not isinstance(new, dict) or not isinstance(old, dict):
        return new
    below = f"{path}/*"
    said = {name: blended(old.get(name), new[name], merged, below) for name in new}
    return {**old, **said}
