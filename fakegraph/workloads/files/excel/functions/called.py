"""``workbook/functions``: what is called by name, with values and cells, and gives one value.

https://learn.microsoft.com/graph/excel-use-functions
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from openpyxl.utils.datetime import to_excel

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.cells import MOST_CELLS, bounded
from fakegraph.workloads.files.excel.errors import bad_argument
from fakegraph.workloads.files.excel.functions import (
    complexes,
    finding,
    moments,
    money,
    numbers,
    statistics,
    texts,
)
from fakegraph.workloads.files.excel.functions.faults import DIV, NUM, Fault
from fakegraph.workloads.files.excel.functions.values import Area, Built, Place, Takes
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node, Whole
from fakegraph.workloads.files.excel.ranges import range_of

_PARTS = (complexes, finding, moments, money, numbers, statistics, texts)
_MOST_WHOLE = 1e15


@cache
def table() -> Mapping[str, Built]:
    """All that is built, by the names of the model."""
    return {name: built for part in _PARTS for name, built in part.FUNCTIONS.items()}


class Functions(Node):
    """The functions of a workbook. ``seconds``: the tenant's time."""

    kind = "workbookFunctions"
    saves = False

    def __init__(self, book: Whole, seconds: float) -> None:
        self.book = book
        self._cells_read = 0
        self.now = datetime(1, 1, 1) + timedelta(seconds=seconds)  # UTC: Excel knows no zones

    def show(self) -> Any:
        return {}

    def act(self, name: str, body: Arguments) -> Found | None:
        if name in _CLOCK:
            return 200, Result(_CLOCK[name](self.now), None)
        built = table().get(name)
        if built is None:
            message = f"The function '{name}' of Excel is not built in fakegraph."
            raise GraphError(501, "NotImplemented", message, name)
        try:
            arguments = [self._argument(each, body) for each in built.takes]
            return 200, Result(_given(built.call(*arguments)), None)
        except Fault as fault:
            return 200, Result(None, fault.code)
        except ZeroDivisionError:
            return 200, Result(None, DIV)
        except (ArithmeticError, ValueError):  # of numbers beyond what a cell has
            return 200, Result(None, NUM)

    def _argument(self, takes: Takes, body: Arguments) -> Any:
        """What a body says of an argument, read. Raises Fault, and GraphError (400)."""
        sent = body.get(takes.name)
        if sent is None:
            if takes.default is ...:
                raise bad_argument(takes.name)
            return takes.default
        return takes.read(self._sent(sent, takes.name))

    def _sent(self, sent: Any, name: str) -> Any:
        """A value, with the cells of each address in it. Raises GraphError: 400, 404, 501."""
        if isinstance(sent, dict):
            return self._cells(sent, name)
        if not isinstance(sent, list):
            return sent
        if sent and all(isinstance(each, list) for each in sent):
            return _grid(sent, name)
        return [self._sent(each, name) for each in sent]

    def _cells(self, sent: Mapping[str, Any], name: str) -> Area:
        said = {each.casefold(): value for each, value in sent.items()}
        if said.keys() - {"address", "@odata.type"} or not isinstance(said.get("address"), str):
            raise bad_argument(name)
        range_ = range_of(self.book, said["address"])
        bounded(*range_.box)
        formulas = range_.formulas()
        self._cells_read += len(formulas) * len(formulas[0])
        if self._cells_read > MOST_CELLS:
            raise bad_argument(name)
        rows = [[None if each == "" else each for each in line] for line in range_.values()]
        for values, lines in zip(rows, formulas, strict=True):
            if any(v is None and f for v, f in zip(values, lines, strict=True)):
                message = (
                    f"A cell of {said['address']} has a formula that nobody has worked out since "
                    "it was written: fakegraph works none out."
                )
                raise GraphError(501, "NotImplemented", message, name)
        sheet = self.book.book.worksheets.index(range_.sheet) + 1
        return Area(rows, Place(sheet, has_formula=formulas[0][0]))


def _grid(sent: list[list[Any]], name: str) -> Area:
    width = len(sent[0])
    plain = all(not isinstance(each, dict | list) for row in sent for each in row)
    if not width or not plain or any(len(row) != width for row in sent):
        raise bad_argument(name)
    return Area(sent)


class Result(Node):
    """What comes of a function: a value or an error."""

    kind = "workbookFunctionResult"

    def __init__(self, value: Any, error: str | None) -> None:
        self.value = value
        self.error = error

    def show(self) -> Any:
        return {"error": self.error, "value": self.value}


def _given(value: Any) -> Any:
    """A value as JSON has it: a whole number without a point. Raises Fault for what is none."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if not math.isfinite(value):
        raise Fault(NUM)
    return int(value) if float(value).is_integer() and abs(value) < _MOST_WHOLE else float(value)


_CLOCK: Mapping[str, Callable[[datetime], float]] = {
    "now": lambda now: float(to_excel(now)),
    "today": lambda now: math.floor(to_excel(now)),
}
