"""What functions of workbooks take: values as Excel reads them, and how a row declares them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.functions.dates import read_moment
from fakegraph.workloads.files.excel.functions.faults import DIV, ERRORS, NUM, VALUE, Fault

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_DIGITS, _SMALLEST = 15, 1e-9  # what a number is shown with, and what is not shown by an exponent


class Area(NamedTuple):
    """The values of cells, by rows; what is empty is None. ``place``: of what sheet, from 0, and
    which cells have formulas; None of values that a body has itself.
    """

    rows: Sequence[Sequence[Any]]
    place: Place | None = None

    def cells(self) -> Iterator[Any]:
        """All of them, row by row."""
        for row in self.rows:
            yield from row

    def columns(self) -> list[tuple[Any, ...]]:
        """The same by columns."""
        return list(zip(*self.rows, strict=True))


class Place(NamedTuple):
    """Where cells are: the number of the sheet from 1, and whether the first has a formula."""

    sheet: int
    has_formula: bool


_MOST = 2_000_000


def check_size(steps: int) -> None:
    """Raise GraphError (501) for what would hold the server up."""
    if steps > _MOST:
        message = f"fakegraph works functions out in {_MOST:,} steps at most, this one takes more."
        raise GraphError(501, "NotImplemented", message)


# Values ------------------------------------------------------------------------------------------


def is_error(value: Any) -> bool:
    """Whether a value is an error of a cell."""
    return isinstance(value, str) and value in ERRORS


def is_number(value: Any) -> bool:
    """Whether a value is a number, and no truth."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def scalar(value: Any) -> Any:
    """One value. Raises Fault for cells that are not one."""
    if isinstance(value, list):  # values, which are no cells
        raise Fault(VALUE)
    if not isinstance(value, Area):
        return value
    if len(value.rows) != 1 or len(value.rows[0]) != 1:
        raise Fault(VALUE)
    return value.rows[0][0]


def sound(value: Any) -> Any:
    """One value, which is no error. Raises Fault."""
    found = scalar(value)
    if is_error(found):
        raise Fault(found)
    return found


def number(value: Any) -> float:
    """A number: of a truth 1 or 0, of a text what it says, of nothing 0. Raises Fault."""
    found = sound(value)
    if found is None:
        return 0
    if isinstance(found, str):
        return read_number(found)
    return int(found) if isinstance(found, bool) else found


def read_number(text: str) -> float:
    """The number that a text says, or the date. Raises Fault."""
    said = text.strip().removeprefix("$")
    body, per = (said[:-1].rstrip(), 100) if said.endswith("%") else (said, 1)
    if _THOUSANDS.fullmatch(body):
        body = body.replace(",", "")
    if _PLAIN.fullmatch(body):
        read = float(body) / per
        return _checked(int(read) if read.is_integer() and abs(read) < 1e15 else read)
    return read_moment(text)


def _checked(value: float) -> float:
    if not math.isfinite(value):
        raise Fault(NUM)
    return value


def integer(value: Any) -> int:
    """A number without what is behind its point. Raises Fault."""
    return int(number(value))


def text(value: Any) -> str:
    """A text: of a number what it is written as. Raises Fault."""
    found = sound(value)
    if found is None:
        return ""
    if isinstance(found, bool):
        return str(found).upper()
    return found if isinstance(found, str) else written(found)


def written(value: float) -> str:
    """A number as it is written without a format."""
    if isinstance(value, int) and abs(value) < 10**_DIGITS:
        return str(value)
    found = f"{value:.{_DIGITS}g}"
    if "e-" in found and abs(value) >= _SMALLEST:
        found = f"{Decimal(found):f}"
    mantissa, _, exponent = found.partition("e")
    return f"{mantissa}E{exponent}" if exponent else mantissa


def truth(value: Any) -> bool:
    """Whether something is so. Raises Fault for a text that says neither."""
    found = sound(value)
    if isinstance(found, str):
        if found.upper() not in ("TRUE", "FALSE"):
            raise Fault(VALUE)
        return found.upper() == "TRUE"
    return bool(found)


def area(value: Any) -> Area:
    """Cells; one value is one cell, a list of some a row. Raises Fault."""
    if isinstance(value, list):
        if not value or any(isinstance(each, Area | list) for each in value):
            raise Fault(VALUE)
        return Area((value,))
    return value if isinstance(value, Area) else Area(((value,),))


def numbers(values: Iterable[Any]) -> list[float]:
    """The numbers among values: of cells those that are some, of others each. Raises Fault."""
    found: list[float] = []
    for each in values:
        if isinstance(each, Area):
            found += [sound(cell) for cell in each.cells() if is_error(cell) or is_number(cell)]
        else:
            found.append(number(each))
    return found


def all_numbers(values: Iterable[Any]) -> list[float]:
    """The same, in which texts of cells are 0 and truths 1 or 0. Raises Fault."""
    found: list[float] = []
    for each in values:
        if isinstance(each, Area):
            there = (sound(cell) for cell in each.cells() if cell is not None)
            found += [
                0 if isinstance(cell, str) else int(cell) if cell is True else cell
                for cell in there
            ]
        else:
            found.append(number(each))
    return [int(each) if isinstance(each, bool) else each for each in found]


def flat(values: Iterable[Any]) -> Iterator[Any]:
    """All values, cell by cell."""
    for each in values:
        if isinstance(each, Area):
            yield from each.cells()
        else:
            yield each


def real_of(call: Callable[..., float]) -> Callable[..., float]:
    """The same, which has no value where there is no finite one."""

    def real(*arguments: Any) -> float:
        try:
            found = call(*arguments)
        except ZeroDivisionError:
            raise Fault(DIV) from None
        except (ValueError, OverflowError):
            raise Fault(NUM) from None
        if isinstance(found, complex) or not math.isfinite(found):
            raise Fault(NUM)
        return found

    return real


# Declarations ------------------------------------------------------------------------------------

_READ: Mapping[str, Callable[[Any], Any]] = {
    "n": number,
    "i": integer,
    "t": text,
    "b": truth,
    "v": scalar,
    "s": sound,
    "r": area,
    "x": lambda value: value,
}


class Takes(NamedTuple):
    """An argument: its name, how it is read, and what it is where nobody says it (... for one that
    somebody has to).
    """

    name: str
    read: Callable[[Any], Any]
    default: Any


class Built:
    """A function that is built.

    ``takes`` has its arguments in order, each ``name:kind=default``. The kind is a letter: ``n`` a
    number (which stands for none), ``i`` a whole one, ``t`` a text, ``b`` a truth, ``s`` a value,
    ``v`` one that may be an error, ``r`` cells, ``x`` whatever was sent. A ``?`` in place of the
    default is none; a ``*`` in place of all is any number of values, cells among them.
    """

    def __init__(self, call: Callable[..., Any], takes: str = "") -> None:
        self.call = call
        self.takes = tuple(map(_taken, takes.split()))


def _taken(said: str) -> Takes:
    if said.endswith("*"):
        return Takes(said[:-1], lambda value: value if isinstance(value, list) else [value], ...)
    head, _, default = said.partition("=")
    name, _, kind = head.rstrip("?").partition(":")
    usual: Any = None if head.endswith("?") else ... if not default else _usual(default)
    return Takes(name, _READ[kind or "n"], usual)


def _usual(default: str) -> Any:
    if default in ("true", "false"):
        return default == "true"
    try:
        found = float(default)
    except ValueError:
        return default
    return int(found) if found.is_integer() else found
