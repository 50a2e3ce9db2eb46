"""``cast``: from one type's keys to another's (OData 4.01 Part 2 section 5.1.1.10.1).

A value that has no counterpart in the target type becomes null, as the standard says.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fakegraph.edm import types, values
from fakegraph.edm.types import INTEGERS, NUMBERS, EnumType, Type
from fakegraph.edm.values import MAX_SINGLE, TICKS_PER_DAY, TICKS_PER_SECOND
from fakegraph.odata.functions import Function


def _day_text(day: int) -> str:
    return values.format_instant(values.Instant(day * TICKS_PER_DAY))[:10]


def _time_text(ticks: int) -> str:
    return values.format_instant(values.Instant(ticks))[11:-1]


def _duration_text(ticks: int) -> str:
    seconds, fraction = divmod(abs(ticks), TICKS_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    digits = f".{fraction:07d}".rstrip("0") if fraction else ""
    sign = "-" if ticks < 0 else ""
    return f"{sign}P{days}DT{hours}H{minutes}M{seconds}{digits}S"


def _double_text(number: float) -> str:
    return {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(repr(number), repr(number))


_TO_TEXT: dict[Type, Callable[[Any], str]] = {
    types.BINARY: lambda data: base64.urlsafe_b64encode(data).decode(),
    types.BOOLEAN: lambda value: "true" if value else "false",
    types.DATE: _day_text,
    types.DATE_TIME_OFFSET: values.format_instant,
    types.DECIMAL: str,
    types.DOUBLE: _double_text,
    types.DURATION: _duration_text,
    types.GUID: str,
    types.SINGLE: _double_text,
    types.TIME_OF_DAY: _time_text,
    **dict.fromkeys(INTEGERS, str),
}


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _integer(allowed: range) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if isinstance(value, str) and len(value) > 20:
            raise ValueError(value)
        number = int(value)
        if number not in allowed:
            raise ValueError(value)
        return number

    return convert


def _single(value: Any) -> float:
    number = float(value)
    if MAX_SINGLE < abs(number) < float("inf"):
        raise ValueError(value)
    return number


_INTEGERS: dict[Type, Callable[[Any], int]] = {
    types.BYTE: _integer(values.BYTE_RANGE),
    types.SBYTE: _integer(values.SBYTE_RANGE),
    types.INT16: _integer(values.INT16_RANGE),
    types.INT32: _integer(values.INT32_RANGE),
    types.INT64: _integer(values.INT64_RANGE),
}

_FROM_TEXT: dict[Type, Callable[[str], Any]] = {
    types.BINARY: values.binary,
    types.BOOLEAN: _boolean,
    types.DATE: values.day,
    types.DATE_TIME_OFFSET: values.instant,
    types.DECIMAL: values.decimal,
    types.DOUBLE: float,
    types.DURATION: values.duration,
    types.GUID: values.guid,
    types.SINGLE: _single,
    types.TIME_OF_DAY: values.time_of_day,
    **_INTEGERS,
}

_BETWEEN_NUMBERS: dict[Type, Callable[[Any], Any]] = {
    types.DECIMAL: lambda number: Decimal(str(number)),
    types.DOUBLE: float,
    types.SINGLE: _single,
    **_INTEGERS,
}

_OTHERS: dict[tuple[Type, Type], Callable[[Any], Any]] = {
    (types.DATE_TIME_OFFSET, types.DATE): lambda moment: moment.local // TICKS_PER_DAY,
    (types.DATE_TIME_OFFSET, types.TIME_OF_DAY): lambda moment: moment.local % TICKS_PER_DAY,
    (types.DATE, types.DATE_TIME_OFFSET): lambda day: values.Instant(day * TICKS_PER_DAY),
}


def cast_function(source: Type | None, target: Type) -> Function | None:
    """The conversion from one type to another, or None where the standard has none."""
    if source is None:
        return None
    convert = _conversion(source, target)
    if convert is None:
        return None

    def or_null(key: Any) -> Any:
        try:
            return convert(key)
        except (ValueError, ArithmeticError, KeyError):
            return None

    return Function("cast", (source,), target, or_null)


def _conversion(source: Type, target: Type) -> Callable[[Any], Any] | None:
    if target == types.STRING:
        return _member_name(source) if isinstance(source, EnumType) else _TO_TEXT.get(source)
    if source == types.STRING:
        return values.enum_key(target) if isinstance(target, EnumType) else _FROM_TEXT.get(target)
    if source in NUMBERS and target in NUMBERS:
        return _BETWEEN_NUMBERS[target]
    return _OTHERS.get((source, target))


def _member_name(type_: EnumType) -> Callable[[int], str]:
    names = {value: name for name, value in type_.members.items()}

    def name_of(key: int) -> str:
        if key in names:
            return names[key]
        return ",".join(name for value, name in names.items() if value and value & key == value)

    return name_of
