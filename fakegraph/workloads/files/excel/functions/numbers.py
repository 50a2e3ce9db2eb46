"""Functions of numbers: arithmetic, rounding, trigonometry, other bases, and sums.

https://support.microsoft.com/office/math-and-trigonometry-functions-reference
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from fakegraph.workloads.files.excel.functions.faults import DIV, NUM, VALUE, Fault
from fakegraph.workloads.files.excel.functions.values import (
    Area,
    Built,
    is_number,
    numbers,
    real_of,
    sound,
)

_LARGEST = 2**48  # of what bits are counted
_FARTHEST = 2**27  # of what has a sine
_MOST = 10_000  # of what is gone through one by one


def _near(call: Callable[[float], float]) -> Callable[[float], float]:
    """A function of an angle, which is not too large a one."""

    def near(angle: float) -> float:
        if abs(angle) >= _FARTHEST:
            raise Fault(NUM)
        return call(angle)

    return real_of(near)


# Rounding ----------------------------------------------------------------------------------------


def rounded(value: float, digits: int, way: str = ROUND_HALF_UP) -> float:
    """A number of so many digits behind its point, or, if negative, before it; a half goes away
    from 0.
    """
    if not math.isfinite(value):
        raise Fault(NUM)
    if not -400 < digits < 400:
        return value if digits > 0 else 0
    exact = Decimal(f"{value:.15g}")
    if digits >= 0 and -exact.as_tuple().exponent <= digits:  # type: ignore[operator]  # finite
        return value
    with_ = exact.scaleb(digits).to_integral_value(way).scaleb(-digits)
    found = float(with_)
    return int(found) if found.is_integer() else found


def _to_multiple(
    value: float, significance: float, turned: Callable[[float], int], *, apart: bool = False
) -> float:
    """The multiple of something that is next to a number; ``apart``: below 0 the other way."""
    step = abs(significance)
    if not step or not value:
        return 0
    quotient = float(f"{value / step:.15g}")
    if apart and value < 0:
        return -turned(-quotient) * step
    return turned(quotient) * step


def _mround(value: float, multiple: float) -> float:
    if value * multiple < 0:
        raise Fault(NUM)
    if not multiple:
        return 0
    return rounded(value / multiple, 0) * multiple


def _to_parity(value: float, odd: int) -> int:
    whole = math.ceil(abs(value))
    whole += whole % 2 != odd
    return -whole if value < 0 else whole


def _quotient(numerator: float, denominator: float) -> int:
    return math.trunc(numerator / denominator)


def _mod(value: float, divisor: float) -> float:
    if isinstance(value, int) and isinstance(divisor, int):
        return value % divisor
    return value - divisor * math.floor(value / divisor)


# Whole numbers -----------------------------------------------------------------------------------


def _whole(values: Sequence[Any]) -> list[int]:
    """Whole numbers that are not negative."""
    found = [math.trunc(each) for each in numbers(values)]
    if not found or any(each < 0 or each >= 2**53 for each in found):
        raise Fault(NUM)
    return found


def _least_multiple(values: Sequence[Any]) -> int:
    found = 1
    for each in _whole(values):
        found = math.lcm(found, each)
        if found >= 2**53:
            raise Fault(NUM)
    return found


def _factorial(value: float) -> float:
    if not 0 <= value < 171:
        raise Fault(NUM)
    return math.factorial(math.trunc(value))


def _double_factorial(value: float) -> float:
    if not -1 <= value < 301:
        raise Fault(NUM)
    return math.prod(range(math.trunc(value), 0, -2))


def _chosen(call: Callable[[int, int], int], least: int = 0) -> Callable[[float, float], float]:
    def chosen(value: float, of: float) -> float:
        n, k = math.trunc(value), math.trunc(of)
        if n < least or k < 0 or n > _MOST or k > _MOST:
            raise Fault(NUM)
        return float(call(n, k))

    return real_of(chosen)


def _combinations(n: int, k: int) -> int:
    if k > n:
        raise Fault(NUM)
    return math.comb(n, k)


def _permutations(n: int, k: int) -> int:
    if k > n:
        raise Fault(NUM)
    return math.perm(n, k)


def _repeated(n: int, k: int) -> int:
    return 1 if k == 0 else math.comb(n + k - 1, k)


def _multinomial(values: Sequence[Any]) -> float:
    found = _whole(values)
    if sum(found) > 170:
        raise Fault(NUM)
    return math.factorial(sum(found)) // math.prod(map(math.factorial, found))


def _bits(call: Callable[[int, int], int]) -> Callable[[float, float], int]:
    def of_bits(one: float, other: float) -> int:
        if any(each != int(each) or not 0 <= each < _LARGEST for each in (one, other)):
            raise Fault(NUM)
        return call(int(one), int(other))

    return of_bits


def _shifted(value: float, by: float) -> int:
    if value != int(value) or not 0 <= value < _LARGEST or abs(by) > 53:
        raise Fault(NUM)
    found = int(value) << int(by) if by >= 0 else int(value) >> -int(by)
    if found >= _LARGEST:
        raise Fault(NUM)
    return found


# Other bases -------------------------------------------------------------------------------------

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASES = {"Bin": 2, "Oct": 8, "Hex": 16}
_WIDTH = 10  # digits that a number of another base has, the first of which may mean a sign


def _in_base(value: int, radix: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, radix)
        digits = _LETTERS[digit] + digits
    return digits or "0"


def _base(value: int, radix: int, least: int) -> str:
    if not 0 <= value < 2**53 or not 2 <= radix <= 36 or not 0 <= least <= 255:
        raise Fault(NUM)
    return _in_base(value, radix).rjust(least, "0")


def _decimal(said: str, radix: int) -> int:
    digits = said.strip().upper()
    if not 2 <= radix <= 36 or len(digits) > 255 or not re.fullmatch("[0-9A-Z]*", digits):
        raise Fault(NUM)
    return real_of(lambda: int(digits or "0", radix))()  # type: ignore[return-value]  # a whole one


def _read_base(said: str, radix: int) -> int:
    """The number that digits mean; the first of ten may say that it is negative."""
    if len(said) > _WIDTH or (said and not re.fullmatch("[0-9A-Fa-f]+", said)):
        raise Fault(NUM)
    found = int(real_of(lambda: int(said or "0", radix))())
    whole = radix**_WIDTH
    return found - whole if len(said) == _WIDTH and found >= whole // 2 else found


def _write_base(value: int, radix: int, places: int | None) -> str:
    whole = radix**_WIDTH
    if not -whole // 2 <= value < whole // 2 or (places is not None and not 0 < places <= _WIDTH):
        raise Fault(NUM)
    if value < 0:
        return _in_base(value + whole, radix)
    digits = _in_base(value, radix)
    if places is not None and len(digits) > places:
        raise Fault(NUM)
    return digits.rjust(places or 0, "0")


def _between(from_: int, to: int) -> Callable[..., str]:
    return lambda said, places=None: _write_base(_read_base(said, from_), to, places)


def _of_bases() -> Mapping[str, Built]:
    found: dict[str, Built] = {}
    for name, radix in _BASES.items():
        low = name.lower()
        found[f"{low}2Dec"] = Built(lambda said, radix=radix: _read_base(said, radix), "number:t")
        found[f"dec2{name}"] = Built(
            lambda value, places, radix=radix: _write_base(value, radix, places),
            "number:i places:i?",
        )
        for other, to in _BASES.items():
            if other != name:
                found[f"{low}2{other}"] = Built(_between(radix, to), "number:t places:i?")
    return found


_ROMAN = {
    "M": 1000,
    "CM": 900,
    "D": 500,
    "CD": 400,
    "C": 100,
    "XC": 90,
    "L": 50,
    "XL": 40,
    "X": 10,
    "IX": 9,
    "V": 5,
    "IV": 4,
    "I": 1,
}


def _arabic(said: str) -> int:
    letters = said.strip().upper()
    sign, letters = (-1, letters[1:]) if letters.startswith("-") else (1, letters)
    if len(letters) > 255 or not re.fullmatch("[MDCLXVI]*", letters):
        raise Fault(VALUE)
    values = [_ROMAN[each] for each in letters]
    less = [a < b for a, b in zip(values, [*values[1:], 0], strict=True)]
    return sign * sum(-value if low else value for value, low in zip(values, less, strict=True))


# Sums --------------------------------------------------------------------------------------------


def _product(values: Sequence[Any]) -> float:
    found = numbers(values)
    return math.prod(found) if found else 0


def _series(x: float, n: float, m: float, coefficients: Area) -> float:
    cells = [sound(each) for each in coefficients.cells()]
    if not all(map(is_number, cells)):
        raise Fault(VALUE)
    return math.fsum(each * math.pow(x, n + at * m) for at, each in enumerate(cells))


def total(values: Sequence[float]) -> float:
    """A sum, whole if all are."""
    if all(isinstance(each, int) for each in values):
        return sum(values)
    return float(f"{math.fsum(values):.15g}")


def _random_between(bottom: float, top: float) -> int:
    low, high = math.ceil(bottom), math.floor(top)
    if low > high:
        raise Fault(NUM)
    return random.randint(low, high)  # as a cell has it


def _atan2(x: float, y: float) -> float:
    if not x and not y:
        raise Fault(DIV)
    return math.atan2(y, x)


def _acot(value: float) -> float:
    return math.pi / 2 - math.atan(value)


def _log(value: float, base: float) -> float:
    if base == 10:
        return math.log10(value)
    return float(f"{math.log(value) / math.log(base):.15g}")


def _power(value: float, power: float) -> float:
    if not value and not power:
        raise Fault(NUM)
    if not value and power < 0:
        raise Fault(DIV)
    return math.pow(value, power)


_WAVES: Mapping[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "cot": lambda angle: 1 / math.tan(angle),
    "sec": lambda angle: 1 / math.cos(angle),
    "csc": lambda angle: 1 / math.sin(angle),
}
_CURVES: Mapping[str, Callable[[float], float]] = {
    "acos": math.acos,
    "acosh": math.acosh,
    "acot": _acot,
    "acoth": lambda value: math.atanh(1 / value),
    "asin": math.asin,
    "asinh": math.asinh,
    "atan": math.atan,
    "atanh": math.atanh,
    "cosh": math.cosh,
    "sinh": math.sinh,
    "tanh": math.tanh,
    "coth": lambda value: 1 / math.tanh(value),
    "sech": lambda value: 1 / math.cosh(value),
    "csch": lambda value: 1 / math.sinh(value),
    "exp": math.exp,
    "ln": math.log,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "sqrtPi": lambda value: math.sqrt(value * math.pi),
}

FUNCTIONS: Mapping[str, Built] = {
    **{name: Built(_near(call), "number") for name, call in _WAVES.items()},
    **{name: Built(real_of(call), "number") for name, call in _CURVES.items()},
    **_of_bases(),
    "abs": Built(abs, "number"),
    "arabic": Built(_arabic, "text:t"),
    "atan2": Built(_atan2, "xNum yNum"),
    "base": Built(_base, "number:i radix:i minLength:i=0"),
    "bitand": Built(_bits(int.__and__), "number1 number2"),
    "bitlshift": Built(_shifted, "number shiftAmount:i"),
    "bitor": Built(_bits(int.__or__), "number1 number2"),
    "bitrshift": Built(lambda value, by: _shifted(value, -by), "number shiftAmount:i"),
    "bitxor": Built(_bits(int.__xor__), "number1 number2"),
    "ceiling_Math": Built(
        lambda value, step, mode: _to_multiple(value, step, math.ceil, apart=bool(mode)),
        "number significance=1 mode=0",
    ),
    **{
        name: Built(lambda v, step: _to_multiple(v, step, math.ceil), "number significance=1")
        for name in ("ceiling_Precise", "ecma_Ceiling", "iso_Ceiling")
    },
    "combin": Built(_chosen(_combinations), "number numberChosen"),
    "combina": Built(_chosen(_repeated), "number numberChosen"),
    "decimal": Built(_decimal, "number:t radix:i"),
    "degrees": Built(math.degrees, "angle"),
    "even": Built(lambda value: _to_parity(value, 0), "number"),
    "fact": Built(_factorial, "number"),
    "factDouble": Built(_double_factorial, "number"),
    "floor_Math": Built(
        lambda value, step, mode: _to_multiple(value, step, math.floor, apart=bool(mode)),
        "number significance=1 mode=0",
    ),
    "floor_Precise": Built(
        lambda value, step: _to_multiple(value, step, math.floor), "number significance=1"
    ),
    "gcd": Built(lambda values: math.gcd(*_whole(values)), "values*"),
    "int": Built(math.floor, "number"),
    "lcm": Built(_least_multiple, "values*"),
    "log": Built(real_of(_log), "number base=10"),
    "mod": Built(real_of(_mod), "number divisor"),
    "mround": Built(_mround, "number multiple"),
    "multiNomial": Built(_multinomial, "values*"),
    "odd": Built(lambda value: _to_parity(value, 1), "number"),
    "permut": Built(_chosen(_permutations), "number numberChosen"),
    "permutationa": Built(_chosen(lambda n, k: n**k), "number numberChosen"),
    "pi": Built(lambda: math.pi),
    "power": Built(real_of(_power), "number power"),
    "product": Built(_product, "values*"),
    "quotient": Built(real_of(_quotient), "numerator denominator"),
    "radians": Built(math.radians, "angle"),
    "rand": Built(random.random),
    "randBetween": Built(_random_between, "bottom top"),
    "round": Built(rounded, "number numDigits:i"),
    "roundDown": Built(lambda v, digits: rounded(v, digits, ROUND_DOWN), "number numDigits:i"),
    "roundUp": Built(lambda v, digits: rounded(v, digits, ROUND_UP), "number numDigits:i"),
    "seriesSum": Built(real_of(_series), "x n m coefficients:r"),
    "sign": Built(lambda value: (value > 0) - (value < 0), "number"),
    "sum": Built(lambda values: total(numbers(values)), "values*"),
    "sumSq": Built(lambda values: total([each * each for each in numbers(values)]), "values*"),
    "trunc": Built(lambda v, digits: rounded(v, digits, ROUND_DOWN), "number numDigits:i=0"),
    "delta": Built(lambda one, other: int(one == other), "number1 number2=0"),
    "geStep": Built(lambda value, step: int(value >= step), "number step=0"),
}
