"""Equal values of records as one object: a good part of what records weigh."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import not_
from typing import Any

_SAMPLE = 1_000
_SHORT = 100  # characters
_POOL_SIZE = 10_000
_NOTHING: list[Any] = []
_NONE: dict[type, Any] = {list: _NOTHING, dict: {}}
_FEW = 4  # members of an object that may be shared: a person, a flag

_pool: dict[Any, Any] = {}
_ALWAYS = frozenset(map(id, (None, True, False, _NOTHING, _NONE[dict])))
_ids = set(_ALWAYS)
"""Which objects are shared already. One that is here wrongly, as another had its place in memory,
is not shared and takes more room, which is all.
"""


def share_strings(records: Sequence[dict[str, Any]]) -> None:
    """Share the values of properties that repeat them, among many records that came together."""
    sample = records[:_SAMPLE]
    for name in {name for record in sample for name in record}:
        found = [value for record in sample if type(value := record.get(name)) is str]
        if len(set(found)) * 2 <= len(found):
            pool: dict[str, str] = {}
            for record in records:
                value = record.get(name)
                if type(value) is str:
                    record[name] = pool.setdefault(value, value)


class Common(list[Any]):
    """Items that many records have as they are, and nobody changes: shared without a look."""


def compact(value: Any) -> Any:
    """The same value, sharing short texts and small objects with those made so before."""
    if len(_pool) >= _POOL_SIZE:
        _pool.clear()
        _ids.intersection_update(_ALWAYS)
    return _shared(value)


def _pooled(key: Any, value: Any) -> Any:
    found = _pool.setdefault(key, value)
    _ids.add(id(found))
    return found


def _shared(value: Any) -> Any:
    kind = type(value)
    if kind is str and len(value) <= _SHORT:
        return _pooled(value, value)
    if kind is dict:
        key = _key(value) if len(value) <= _FEW else None
        known = None if key is None else _pool.get(key)
        if known is not None:
            return known
        found = dict(value)
        news = map(not_, map(_ids.__contains__, map(id, value.values())))
        for name, inner in compress(value.items(), news):
            kind = type(inner)
            if kind is str:  # most are
                if len(inner) <= _SHORT:
                    found[name] = _pooled(inner, inner)
            elif kind is dict or kind is list:
                found[name] = _shared(inner) if inner else _NONE[kind]
        return found if key is None else _pooled(key, found)
    if kind is list:
        return [_shared(inner) for inner in value] if value else _NOTHING
    return value


def _key(value: dict[str, Any]) -> tuple[Any, ...] | None:
    """What of a small object is the same of all equal ones; None where it has more than texts."""
    found: list[Any] = []
    for name, inner in value.items():
        kind = type(inner)
        if kind is dict and len(inner) <= _FEW:
            inner = _key(inner)
        elif kind is not str or len(inner) > _SHORT:
            return None
        if inner is None:
            return None
        found.append((name, inner))
    return tuple(found)
