"""Functions of complex numbers, which are texts: ``3+4i``.

https://support.microsoft.com/office/engineering-functions-reference
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fakegraph.workloads.files.excel.functions.faults import NUM, VALUE, Fault
from fakegraph.workloads.files.excel.functions.values import Built, flat, sound, written

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_FORM = re.compile(
    rf"(?P<real>[+-]?{_NUMBER}(?![\dij.eE]))?(?:(?P<imaginary>[+-]?(?:{_NUMBER})?)(?P<unit>[ij]))?"
)


def _read(value: Any) -> tuple[complex, str]:
    """A number, and the letter that it is written with. Raises Fault."""
    found = sound(value)
    if isinstance(found, bool):
        raise Fault(VALUE)
    if found is None or isinstance(found, int | float):
        return complex(found or 0), ""
    match = _FORM.fullmatch(found)
    if match is None or not found:
        raise Fault(NUM)
    real, imaginary = float(match["real"] or 0), match["imaginary"]
    if match["unit"] is None:
        return complex(real), ""
    if match["real"] and imaginary[:1] not in ("+", "-"):
        raise Fault(NUM)
    part = float(f"{imaginary}1" if imaginary in ("", "+", "-") else imaginary)
    return complex(real, part), match["unit"]


def _shown(value: complex, unit: str) -> str:
    real, imaginary = (float(f"{part:.15g}") for part in (value.real, value.imag))
    if not math.isfinite(real) or not math.isfinite(imaginary):
        raise Fault(NUM)
    if not imaginary:
        return written(real)
    size = "" if abs(imaginary) == 1 else written(abs(imaginary))
    sign = "-" if imaginary < 0 else "+" if real else ""
    return f"{written(real) if real else ''}{sign}{size}{unit or 'i'}"


def _complex(real: float, imaginary: float, unit: str) -> str:
    if unit not in ("i", "j"):
        raise Fault(VALUE)
    return _shown(complex(real, imaginary), unit)


def _counted(call: Callable[..., complex], *values: complex) -> complex:
    try:
        return call(*values)
    except (ZeroDivisionError, ValueError, OverflowError):
        raise Fault(NUM) from None


def _of_one(call: Callable[[complex], complex]) -> Built:
    def one(value: Any) -> str:
        number, unit = _read(value)
        return _shown(_counted(call, number), unit)

    return Built(one, "inumber:v")


def _of_two(call: Callable[[complex, complex], complex]) -> Built:
    def two(first: Any, second: Any) -> str:
        return _over([first, second], call)

    return Built(two, "inumber1:v inumber2:v")


def _of_many(call: Callable[[complex, complex], complex]) -> Built:
    return Built(lambda values: _over(list(flat(values)), call), "values*")


def _over(values: Sequence[Any], call: Callable[[complex, complex], complex]) -> str:
    read = [_read(each) for each in values if each is not None]
    units = {unit for _, unit in read if unit}
    if not read or len(units) > 1:
        raise Fault(VALUE)
    found, *rest = (number for number, _ in read)
    for each in rest:
        found = _counted(call, found, each)
    return _shown(found, next(iter(units), ""))


def _part(call: Callable[[complex], float]) -> Built:
    return Built(lambda value: call(_read(value)[0]), "inumber:v")


def _angle(value: complex) -> float:
    if not value:
        raise Fault("#DIV/0!")
    return cmath.phase(value)


def _power(value: Any, power: float) -> str:
    number, unit = _read(value)
    return _shown(_counted(lambda each: each**power, number), unit)


_CURVES: Mapping[str, Callable[[complex], complex]] = {
    "imConjugate": complex.conjugate,
    "imCos": cmath.cos,
    "imCosh": cmath.cosh,
    "imCot": lambda value: 1 / cmath.tan(value),
    "imCsc": lambda value: 1 / cmath.sin(value),
    "imCsch": lambda value: 1 / cmath.sinh(value),
    "imExp": cmath.exp,
    "imLn": cmath.log,
    "imLog10": cmath.log10,
    "imLog2": lambda value: cmath.log(value) / math.log(2),
    "imSec": lambda value: 1 / cmath.cos(value),
    "imSech": lambda value: 1 / cmath.cosh(value),
    "imSin": cmath.sin,
    "imSinh": cmath.sinh,
    "imSqrt": cmath.sqrt,
    "imTan": cmath.tan,
}

FUNCTIONS: Mapping[str, Built] = {
    **{name: _of_one(call) for name, call in _CURVES.items()},
    "complex": Built(_complex, "realNum iNum suffix:t=i"),
    "imAbs": _part(abs),
    "imaginary": _part(lambda value: value.imag),
    "imArgument": _part(_angle),
    "imDiv": _of_two(lambda one, other: one / other),
    "imPower": Built(_power, "inumber:v number"),
    "imProduct": _of_many(lambda one, other: one * other),
    "imReal": _part(lambda value: value.real),
    "imSub": _of_two(lambda one, other: one - other),
    "imSum": _of_many(lambda one, other: one + other),
}
