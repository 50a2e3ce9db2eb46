"""How what was found is spread over the values of a property, and what is left of it by some.

https://learn.microsoft.com/graph/search-concept-aggregation
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.operations import Thing

Hit = tuple[str, Thing]
Read = Callable[[Record], Any]
_MARK = "ǂǂ"
_TOKEN = re.compile(rf'"*{_MARK}([0-9a-f]+)"*')
_ANY = re.compile(r"or\((.*)\)")
_RANGE = re.compile(r'range\(([^,]+), *([^,)]+)(?:, *to="le")?\)')
_NAMED = re.compile(r"(\w+):(.*)", re.DOTALL)


def _ending(record: Record) -> str | None:
    name = str(record.get("name") or record.get("@name") or "")
    return name.rpartition(".")[2].lower() if "." in name else None


def _by(record: Record) -> str | None:
    found = ((record.get("createdBy") or {}).get("user") or {}).get("displayName")
    return None if found is None else str(found)


def _class(record: Record) -> str:
    of_files = "file" in record or "folder" in record or "@name" in record
    return f"STS_ListItem_{'DocumentLibrary' if of_files else 'GenericList'}"


def _named(*names: str) -> Read:
    return lambda record: next((record[each] for each in names if each in record), None)


_FIELDS: Mapping[str, Read] = {
    "filetype": _ending,
    "fileextension": _ending,
    "author": _by,
    "createdby": _by,
    "contentclass": _class,
    "size": _named("size", "@size"),
    "created": _named("createdDateTime"),
    "lastmodifiedtime": _named("lastModifiedDateTime"),
}
_OF_FILES = frozenset({"driveItem", "listItem"})


def _read(kinds: Iterable[str], name: str) -> Read:
    """What a property is of what was found. Raises GraphError: 400, 501."""
    if {*kinds} == {"externalItem"}:
        return lambda record: (record.get("properties") or {}).get(name)
    if not _OF_FILES.issuperset(kinds):
        why = "Aggregations are of driveItem, listItem and externalItem."
        raise bad_request(f"SearchRequest Invalid ({why})", "requests/aggregations")
    found = _FIELDS.get(name.casefold())
    if found is None:
        message = f"fakegraph aggregates by {', '.join(sorted(_FIELDS))}, and not by '{name}'."
        raise GraphError(501, "NotImplemented", message, "requests/aggregations/field")
    return found


# What is left ---------------------------------------------------------------------------------


def filtered(found: list[Hit], kinds: Sequence[str], filters: Iterable[str]) -> list[Hit]:
    """What was found with the values that filters name. Raises GraphError (400)."""
    for text in filters:
        named = _NAMED.fullmatch(text)
        test = None if named is None else _test(named[2])
        if named is None or test is None:
            why = f"'{text}' is no filter: it is a field, a colon and a bucket's token."
            raise bad_request(f"SearchRequest Invalid ({why})", "requests/aggregationFilters")
        read = _read(kinds, named[1])
        found = [hit for hit in found if any(map(test, _values(read(hit[1].record))))]
    return found


def _values(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _test(token: str) -> Callable[[Any], bool] | None:
    """What the token of a bucket means; None for what is none."""
    between = _RANGE.fullmatch(token.strip())
    if between is not None:
        low, high = (None if each in ("min", "max") else each for each in between.groups())
        return lambda value: _within(value, low, high)
    several = _ANY.fullmatch(token.strip())
    texts = (several[1] if several else token).split(",")
    read = [_TOKEN.fullmatch(each.strip()) for each in texts]
    wanted: set[str] = set()
    for each in read:
        if each is None:
            return None
        try:
            wanted.add(bytes.fromhex(each[1]).decode().casefold())
        except ValueError:
            return None
    return lambda value: str(value).casefold() in wanted


def _within(value: Any, low: str | None, high: str | None) -> bool:
    at, first, last = (_number(each) for each in (value, low, high))
    return at is not None and (first is None or at >= first) and (last is None or at < last)


def _number(value: Any) -> float | None:
    """A number, or a moment as one."""
    if value is None or isinstance(value, bool):
        return None
    with suppress(ValueError):
        return float(value)
    with suppress(ValueError):
        return float(instant(str(value)))
    return None


# How it is spread -----------------------------------------------------------------------------


def aggregated(
    found: list[Hit], kinds: Sequence[str], options: Iterable[Mapping[str, Any]]
) -> list[Record]:
    """The buckets of some properties. Raises GraphError: 400, 501."""
    told = []
    for option in options:
        name = str(option.get("field") or "")
        read, how = _read(kinds, name), option.get("bucketDefinition") or {}
        values = [each for hit in found for each in _values(read(hit[1].record))]
        ranges = how.get("ranges") or []
        buckets = _ranged(values, ranges) if ranges else _counted(values, how, option.get("size"))
        least = how.get("minimumCount") or 0
        shown = [each for each in buckets if each["count"] >= least]
        told.append({"field": name, "buckets": shown})
    return told


def _counted(values: Iterable[Any], how: Mapping[str, Any], size: int | None) -> list[Record]:
    counts = Counter(map(str, values))
    start = str(how.get("prefixFilter") or "").casefold()
    buckets = [
        {"key": key, "count": count, "aggregationFilterToken": f'"{_MARK}{key.encode().hex()}"'}
        for key, count in sorted(counts.items())
        if key.casefold().startswith(start)
    ]
    by = how.get("sortBy") or "count"
    keys: Mapping[str, Callable[[Record], Any]] = {
        "count": lambda each: each["count"],
        "keyAsString": lambda each: each["key"],
        "keyAsNumber": lambda each: _number(each["key"]) or 0.0,
    }
    if by not in keys:
        why = f"'{by}' is none of {', '.join(keys)}."
        raise bad_request(f"SearchRequest Invalid ({why})", "requests/aggregations/sortBy")
    buckets.sort(key=keys[by], reverse=bool(how.get("isDescending")))
    return buckets if size is None else buckets[:size]


def _ranged(values: list[Any], ranges: Iterable[Mapping[str, Any]]) -> list[Record]:
    told: list[Record] = []
    for each in ranges:
        low, high = each.get("from"), each.get("to")
        if (low is None and high is None) or any(
            end is not None and _number(end) is None for end in (low, high)
        ):
            why = "A range goes from or to a number or a moment."
            raise bad_request(f"SearchRequest Invalid ({why})", "requests/aggregations/ranges")
        count = sum(_within(value, low, high) for value in values)
        key, token = _said(low, high)
        told.append({"key": key, "count": count, "aggregationFilterToken": token})
    return told


def _said(low: str | None, high: str | None) -> tuple[str, str]:
    """What a range is called, and its token: of numbers in other words than of moments."""
    is_number = str(low or high).replace(".", "").lstrip("-").isdigit()
    if low is None:
        return f"{'Less than' if is_number else 'Before'} {high}", f"range(min, {high})"
    if high is None:
        last = f'range({low}, max, to="le")'
        return f"{low} {'and up' if is_number else 'or later'}", last
    named = f"{low} up to {high}"
    return named if is_number else f"From {named}", f"range({low}, {high})"
