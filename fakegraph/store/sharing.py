"""Equal values of records as one object: a good part of what records weigh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_SAMPLE = 1_000
_SHORT = 100  # characters
_POOL_SIZE = 10_000
_NOTHING: list[Any] = []
_MADE_OF_MORE = frozenset({str, dict, list})

_pool: dict[str, str] = {}


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


def compact(value: Any) -> Any:
    """The same value, sharing short texts with those that were made so before."""
    if len(_pool) >= _POOL_SIZE:
        _pool.clear()
    return _shared(value)


def _shared(value: Any) -> Any:
    kind = type(value)
    if kind is str and len(value) <= _SHORT:
        return _pool.setdefault(value, value)
    if kind is dict:
        return {
            name: _shared(inner) if type(inner) in _MADE_OF_MORE else inner
            for name, inner in value.items()
        }
    if kind is list:
        return [_shared(inner) for inner in value] if value else _NOTHING
    return value
