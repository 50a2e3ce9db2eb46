"""Arithmetic on keys: which operand types each operator takes, and what it gives.

OData 4.01 Part 2 section 5.1.1.2. Numbers are promoted to the wider of the two types: whole ones
are worked out in 64 bits, floating ones in the precision of a double. What cannot be computed (a
division by zero, a result out of range) raises ArithmeticError when it is met.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fakegraph.edm import types
from fakegraph.edm.types import FLOATS, INTEGERS, NUMBERS, Type
from fakegraph.edm.values import INT64_RANGE, MAX_INSTANT, Instant
from fakegraph.odata.functions import Function

_DT, _D, _DUR = types.DATE_TIME_OFFSET, types.DATE, types.DURATION


def _int64(number: int) -> int:
    if number not in INT64_RANGE:
        raise OverflowError("Arithmetic operation resulted in an overflow.")
    return number


def _instant(ticks: int, offset: int) -> Instant:
    if not 0 <= ticks <= MAX_INSTANT:
        raise OverflowError("The resulting date is outside the years 0001 to 9999.")
    return Instant.at(ticks, offset)


def _truncated(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, int):
        return left - right * _truncated(left, right)
    return left % right if isinstance(left, Decimal) else _float_remainder(left, right)


def _float_remainder(left: float, right: float) -> float:
    import math

    return math.fmod(left, right) if right and math.isfinite(left) else math.nan


def _float_division(left: float, right: float) -> float:
    if right:
        return left / right
    return float("nan") if not left or left != left else float("inf") * left


def _divide(left: Any, right: Any) -> Any:
    if isinstance(left, int):
        return _truncated(left, right)
    return left / right if isinstance(left, Decimal) else _float_division(left, right)


_NUMERIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": _divide,
    "divby": _divide,
    "mod": _remainder,
}

_TEMPORAL: dict[tuple[str, Type, Type], tuple[Type, Callable[[Any, Any], Any]]] = {
    ("add", _DT, _DUR): (_DT, lambda left, right: _instant(int(left) + right, left.offset)),
    ("sub", _DT, _DUR): (_DT, lambda left, right: _instant(int(left) - right, left.offset)),
    ("sub", _DT, _DT): (_DUR, lambda left, right: int(left) - int(right)),
    ("add", _DUR, _DUR): (_DUR, lambda left, right: _int64(left + right)),
    ("sub", _DUR, _DUR): (_DUR, lambda left, right: _int64(left - right)),
    ("add", _D, _DUR): (_D, lambda left, right: _day(left, right)),
    ("sub", _D, _DUR): (_D, lambda left, right: _day(left, -right)),
    ("sub", _D, _D): (_DUR, lambda left, right: (left - right) * 864_000_000_000),
}


def _day(day: int, ticks: int) -> int:
    return int(_instant(day * 864_000_000_000 + ticks, 0)) // 864_000_000_000


def _ticks(result: Any) -> int:
    return _int64(int(result))


_DURATION_BY_NUMBER: dict[str, Callable[[int, Any], int]] = {
    "mul": lambda ticks, number: _ticks(Decimal(ticks) * Decimal(str(number))),
    "div": lambda ticks, number: _ticks(Decimal(ticks) / Decimal(str(number))),
    "divby": lambda ticks, number: _ticks(Decimal(ticks) / Decimal(str(number))),
}

_CONVERSIONS: dict[Type, Callable[[Any], Any]] = {
    types.DOUBLE: float,
    types.DECIMAL: lambda number: number if isinstance(number, Decimal) else Decimal(str(number)),
}


def arithmetic(op: str, left: Type | None, right: Type | None) -> Function | None:
    """The function for an operator on two types, or None where there is none."""
    if left is None or right is None:
        return Function(op, (types.DOUBLE, types.DOUBLE), types.DOUBLE, _NUMERIC[op])
    if left in NUMBERS and right in NUMBERS:
        return _on_numbers(op, left, right)
    if (op, left, right) in _TEMPORAL:
        result, apply = _TEMPORAL[op, left, right]
        return Function(op, (left, right), result, apply)
    if left == _DUR and right in NUMBERS and op in _DURATION_BY_NUMBER:
        return Function(op, (left, right), _DUR, _DURATION_BY_NUMBER[op])
    if op == "mul" and left in NUMBERS and right == _DUR:
        by_number = _DURATION_BY_NUMBER["mul"]
        return Function(op, (left, right), _DUR, lambda number, ticks: by_number(ticks, number))
    return None


def _on_numbers(op: str, left: Type, right: Type) -> Function:
    apply = _NUMERIC[op]
    if left in INTEGERS and right in INTEGERS and op != "divby":
        return Function(
            op, (left, right), types.INT64, lambda one, other: _int64(apply(one, other))
        )
    result = types.DOUBLE if left in FLOATS or right in FLOATS else types.DECIMAL
    convert = _CONVERSIONS[result]
    return Function(
        op, (left, right), result, lambda one, other: apply(convert(one), convert(other))
    )


def negation(type_: Type | None) -> Function | None:
    """Unary minus on a type, or None where it has none."""
    if type_ is None or type_ in NUMBERS or type_ == _DUR:
        operand = type_ or types.INT64
        result = types.INT16 if operand == types.BYTE else operand
        return Function("-", (operand,), result, operator.neg)
    return None


def failure_reason(error: Exception) -> str:
    """Why an evaluation raised ArithmeticError or ValueError, as words for a client."""
    if isinstance(error, OverflowError | ValueError):
        return str(error).rstrip(".")
    return "Attempted to divide by zero, or the result is too large"
