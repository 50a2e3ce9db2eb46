"""JSON as RFC 8259 has it, read from bytes: nothing that two readers would take differently.

Refused: what is not UTF-8, a byte-order mark, NaN and Infinity, a name twice in one object, half of
a surrogate pair, deep nesting, numbers that no type here can hold, and anything after the value.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import orjson

MAX_DEPTH = 64


class JsonError(ValueError):
    """What is wrong, in words that say where."""


def loads(data: bytes) -> Any:
    """The value that the bytes stand for. Raises JsonError."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonError(f"Byte {error.start} is not UTF-8.") from error
    if text.startswith("\ufeff"):
        raise JsonError("It begins with a byte-order mark.")
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    except JsonError:
        raise
    except ValueError as error:  # int() refuses thousands of digits
        raise JsonError("It has a number that is too long.") from error
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value)
    if "\\" in text:
        _check_surrogates(value)
    return value


def _check_depth(value: Any) -> None:
    """Refuse deep nesting, level by level: whoever handles the value later may recurse into it."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _containers(outer)]
        if not level:
            return
    raise _too_deep()


def _containers(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in inside if isinstance(inner, dict | list)]


def _too_deep() -> JsonError:
    return JsonError(f"It is nested deeper than {MAX_DEPTH} levels.")


def _check_surrogates(value: Any) -> None:
    try:
        orjson.dumps(value)
    except TypeError:  # also for whole numbers over 64 bits, which are well-formed
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise JsonError("It has half of a surrogate pair.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # add() gives None, which goes on
        raise JsonError(f"The property '{twice[:80]}' is there twice in one object.")
    return found


def _no_constant(word: str) -> NoReturn:
    raise JsonError(f"{word} is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise JsonError(f"The number {text[:40]} is too large.")
    return number


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_float
)
