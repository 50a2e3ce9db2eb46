"""The functions of the query language, one row each.

OData 4.01 Part 2 URL Conventions, section 5.1.1.5 to 5.1.1.14. To add a function, add a row to
``FUNCTIONS``. A function works on keys (see ``edm/values.py``); it is not called when an argument
is null: the result is then null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import accumulate
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm import types, values
from fakegraph.edm.types import CollectionType, PrimitiveType, Type
from fakegraph.edm.values import TICKS_PER_DAY, TICKS_PER_SECOND, Instant

ANY_COLLECTION = CollectionType(PrimitiveType("any"))
MAX_PATTERN = 1_000

_S, _I, _C = types.STRING, types.INT32, ANY_COLLECTION
_DT, _D, _T = types.DATE_TIME_OFFSET, types.DATE, types.TIME_OF_DAY


class PatternError(ValueError):
    """A regular expression that ``matchesPattern`` cannot take."""


@dataclass(frozen=True)
class Function:
    """One signature: argument types, result type, and what it does to the arguments' keys.

    ``folds``: its text comparison disregards case on properties for which the service does.
    ``gives_place``: it gives a place in its first argument. ``cost``: from the arguments, the work
    it is beside being called, where that may be much.
    ``check``: raises ValueError for a last argument, written out in the query, that cannot do.
    """

    name: str
    arguments: tuple[Type, ...]
    result: Type
    apply: Callable[..., Any]
    folds: bool = False
    gives_place: bool = False
    check: Callable[[Any], object] | None = None
    cost: Callable[[Any, Any], int] | None = None

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.arguments))})"


def _substring(text: Sequence[Any], start: int, length: int | None = None) -> Sequence[Any]:
    start = max(start, 0)
    return text[start:] if length is None else text[start : start + max(length, 0)]


def _index_of(whole: Sequence[Any], part: Sequence[Any]) -> int:
    if isinstance(whole, str):
        return whole.find(str(part))
    width = len(part)
    places = range(len(whole) - width + 1)
    return next((i for i in places if whole[i : i + width] == part), -1)


def folded(function: Function) -> Function:
    """The function without regard to case. Folding may lengthen a text: places are of the text."""

    def apply(*arguments: str) -> Any:
        result = function.apply(*(argument.casefold() for argument in arguments))
        return _unfolded(arguments[0], result) if function.gives_place else result

    return replace(function, apply=apply)


def _unfolded(text: str, place: int) -> int:
    """The character of a text that is at a place of its folded form."""
    if place < 1 or text.isascii():
        return place
    ends = accumulate(len(character.casefold()) for character in text)
    return next(index for index, end in enumerate(ends) if end > place)


def _one_by_one(change: Callable[[str], str]) -> Callable[[str], str]:
    """A change of case that keeps what would become several characters, as the service does."""

    def apply(text: str) -> str:
        if text.isascii():
            return change(text)
        changed = ((character, change(character)) for character in text)
        return "".join(new if len(new) == 1 else old for old, new in changed)

    return apply


def _joining(left: Sequence[Any], right: Sequence[Any]) -> int:
    """What is joined with itself again and again fills the memory."""
    return (len(left) + len(right)) // 16


def _comparing(whole: Sequence[Any], part: Sequence[Any]) -> int:
    """Each item may be compared with each."""
    return len(whole) * len(part)


def _starts(whole: list[Any], part: list[Any]) -> bool:
    return whole[: len(part)] == part


def _ends(whole: list[Any], part: list[Any]) -> bool:
    return not part or whole[-len(part) :] == part


def _has_subset(whole: list[Any], part: list[Any]) -> bool:
    rest = list(whole)
    for item in part:
        if item not in rest:
            return False
        rest.remove(item)
    return True


def _has_subsequence(whole: list[Any], part: list[Any]) -> bool:
    items = iter(whole)
    return all(item in items for item in part)


def _re2_words(error: Exception) -> str:
    words = error.args[0] if error.args else ""
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


@lru_cache(maxsize=256)
def compiled(source: str) -> Callable[[str], Any]:
    """What searches texts for a regular expression, in linear time. Raises PatternError."""
    import re2  # heavy, and few filters need it

    if len(source) > MAX_PATTERN:
        raise PatternError(f"a pattern is at most {MAX_PATTERN} characters long")
    options = re2.Options()
    options.log_errors = False
    try:
        search: Callable[[str], Any] = re2.compile(source, options).search
    except re2.error as error:
        raise PatternError(
            f"fakegraph cannot match the pattern '{source}' ({_re2_words(error)}); it has no "
            "look-around and no back-references"
        ) from error
    return search


def _matches_pattern(text: str, pattern: str) -> bool:
    return compiled(pattern)(text) is not None


def _round(number: Any) -> Any:
    if isinstance(number, Decimal):
        return number.quantize(Decimal(1), ROUND_HALF_UP)
    if not math.isfinite(number):
        return number
    return math.copysign(math.floor(abs(number) + 0.5), number)


def _whole(rounding: Callable[[Any], int]) -> Callable[[Any], Any]:
    def apply(number: Any) -> Any:
        if isinstance(number, float):
            return float(rounding(number)) if math.isfinite(number) else number
        return Decimal(rounding(number))

    return apply


def _calendar(ordinal: int) -> Any:
    from datetime import date

    return date.fromordinal(ordinal + 1)


def _local_day(moment: Instant) -> int:
    return moment.local // TICKS_PER_DAY


def _local_time(moment: Instant) -> int:
    return moment.local % TICKS_PER_DAY


def _clock(name: str, unit: int, size: int) -> list[Function]:
    def part(ticks: int) -> int:
        return ticks // unit % size

    return [
        Function(name, (_DT,), _I, lambda moment: part(_local_time(moment))),
        Function(name, (_T,), _I, part),
    ]


def _day_part(name: str) -> list[Function]:
    def part(ordinal: int) -> int:
        value: int = getattr(_calendar(ordinal), name)
        return value

    return [
        Function(name, (_DT,), _I, lambda moment: part(_local_day(moment))),
        Function(name, (_D,), _I, part),
    ]


def _fraction(ticks: int) -> Decimal:
    return Decimal(ticks % TICKS_PER_SECOND) / TICKS_PER_SECOND


_ROWS = [
    Function("concat", (_S, _S), _S, lambda left, right: left + right, cost=_joining),
    Function("concat", (_C, _C), _C, lambda left, right: left + right, cost=_joining),
    Function("contains", (_S, _S), types.BOOLEAN, lambda text, part: part in text, folds=True),
    Function(
        "contains",
        (_C, _C),
        types.BOOLEAN,
        lambda whole, part: _index_of(whole, part) >= 0,
        cost=_comparing,
    ),
    Function("endswith", (_S, _S), types.BOOLEAN, str.endswith, folds=True),
    Function("endswith", (_C, _C), types.BOOLEAN, _ends),
    Function("startswith", (_S, _S), types.BOOLEAN, str.startswith, folds=True),
    Function("startswith", (_C, _C), types.BOOLEAN, _starts),
    Function("indexof", (_S, _S), _I, _index_of, folds=True, gives_place=True),
    Function("indexof", (_C, _C), _I, _index_of, cost=_comparing),
    Function("length", (_S,), _I, len),
    Function("length", (_C,), _I, len),
    Function("substring", (_S, _I), _S, _substring),
    Function("substring", (_S, _I, _I), _S, _substring),
    Function("substring", (_C, _I), _C, _substring),
    Function("substring", (_C, _I, _I), _C, _substring),
    Function("matchespattern", (_S, _S), types.BOOLEAN, _matches_pattern, check=compiled),
    Function("tolower", (_S,), _S, _one_by_one(str.lower)),
    Function("toupper", (_S,), _S, _one_by_one(str.upper)),
    Function("trim", (_S,), _S, str.strip),
    Function("hassubset", (_C, _C), types.BOOLEAN, _has_subset, cost=_comparing),
    Function("hassubsequence", (_C, _C), types.BOOLEAN, _has_subsequence),
    *_day_part("year"),
    *_day_part("month"),
    *_day_part("day"),
    *_clock("hour", values.TICKS_PER_HOUR, 24),
    *_clock("minute", values.TICKS_PER_MINUTE, 60),
    *_clock("second", TICKS_PER_SECOND, 60),
    Function("fractionalseconds", (_DT,), types.DECIMAL, _fraction),
    Function("fractionalseconds", (_T,), types.DECIMAL, _fraction),
    Function("date", (_DT,), _D, _local_day),
    Function("time", (_DT,), _T, _local_time),
    Function("totaloffsetminutes", (_DT,), _I, lambda moment: moment.offset),
    Function(
        "totalseconds",
        (types.DURATION,),
        types.DECIMAL,
        lambda ticks: Decimal(ticks) / TICKS_PER_SECOND,
    ),
    Function("mindatetime", (), _DT, lambda: Instant(0)),
    Function("maxdatetime", (), _DT, lambda: values.MAX_INSTANT),
    Function("ceiling", (types.DOUBLE,), types.DOUBLE, _whole(math.ceil)),
    Function("ceiling", (types.DECIMAL,), types.DECIMAL, _whole(math.ceil)),
    Function("floor", (types.DOUBLE,), types.DOUBLE, _whole(math.floor)),
    Function("floor", (types.DECIMAL,), types.DECIMAL, _whole(math.floor)),
    Function("round", (types.DOUBLE,), types.DOUBLE, _round),
    Function("round", (types.DECIMAL,), types.DECIMAL, _round),
]

FUNCTIONS: dict[str, list[Function]] = {}
for _row in _ROWS:
    FUNCTIONS.setdefault(_row.name, []).append(_row)


def no_signature(name: str) -> str:
    """What the service says of a call with arguments that the function does not take."""
    message = (
        f"No function signature for the function with name '{name}' matches the specified "
        "arguments."
    )
    known = "; ".join(map(str, FUNCTIONS.get(name.casefold(), ())))
    return f"{message} The function signatures considered are: {known}." if known else message


# Bound by the binder itself, since their meaning depends on types or on the tenant's clock.
SPECIAL = ("case", "cast", "isof", "now")
KNOWN = tuple(sorted({*FUNCTIONS, *SPECIAL}))
