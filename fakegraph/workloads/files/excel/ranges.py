"""Ranges: cells of a sheet.

https://learn.microsoft.com/graph/api/resources/range
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openpyxl.cell.cell import MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.cells import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    Box,
    bounded,
    grid,
    overlap,
    places,
    quoted,
    read_address,
    read_value,
    shown_value,
    text_of,
    type_of,
    written,
)
from fakegraph.workloads.files.excel.errors import bad_argument, merged, missing
from fakegraph.workloads.files.excel.formats import (
    Format,
    check_cells,
    check_sheet,
    hidden_columns,
    hidden_rows,
    hide_columns,
)
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node, Several, Whole

_LONGEST_FORM = 255


def range_of(book: Whole, address: str, sheet: Worksheet | None = None) -> Range:
    """The range of an address. Raises GraphError: 400, 404."""
    name, box = read_address(address)
    found = book.sheet(name) if name else sheet or book.book.worksheets[0]
    return Range(book, found, box)


def used(book: Whole, sheet: Worksheet, *, values: bool) -> Range:
    """The cells of a sheet that have something: with ``values`` a value, else a format too."""
    found = [
        (cell.row, cell.column)
        for cell in sheet._cells.values()  # which makes none
        if cell.value is not None or (not values and cell.has_style)
    ]
    rows, columns = [at for at, _ in found] or [1], [at for _, at in found] or [1]
    return Range(book, sheet, (min(rows), min(columns), max(rows), max(columns)))


def cell_at(first: tuple[int, int], arguments: Arguments) -> Box:
    """The cell at a row and a column, counted from 0 from a first one."""
    row, column = arguments.get("row"), arguments.get("column")
    if not isinstance(row, int) or not isinstance(column, int):
        raise bad_argument("row")
    at = first[0] + row, first[1] + column
    return bounded(*at, *at)


def _whole(argument: Any, name: str) -> int:
    """A whole number that was given as an argument. Raises GraphError (400)."""
    if not isinstance(argument, int) or isinstance(argument, bool):
        raise bad_argument(name)
    return argument


def _beside(box: Box, arguments: Arguments, first: int, last: int, *, after: bool) -> Box:
    """As many rows or columns beside a box as ``count`` says, or of its edge where it is negative.

    ``first`` and ``last``: which numbers of a box say from where to where it has them.
    """
    count = _whole(arguments.get("count", 1), "count")
    if count == 0 or -count > box[last] - box[first] + 1:
        raise bad_argument("count")
    if after:
        low, high = sorted((box[last] + (1 if count > 0 else 0), box[last] + count + (count < 0)))
    else:
        low, high = sorted((box[first] - (1 if count > 0 else 0), box[first] - count - (count < 0)))
    found = [*box]
    found[first], found[last] = low, high
    return bounded(found[0], found[1], found[2], found[3])


def _offset(box: Box, arguments: Arguments) -> Box:
    rows = _whole(arguments.get("rowOffset"), "rowOffset")
    columns = _whole(arguments.get("columnOffset"), "columnOffset")
    return bounded(box[0] + rows, box[1] + columns, box[2] + rows, box[3] + columns)


def _resized(box: Box, arguments: Arguments) -> Box:
    rows = _whole(arguments.get("deltaRows"), "deltaRows")
    columns = _whole(arguments.get("deltaColumns"), "deltaColumns")
    return bounded(box[0], box[1], box[2] + rows, box[3] + columns)


_LED: Mapping[str, Callable[[Box, Arguments], Box]] = {
    "lastRow": lambda box, _: (box[2], box[1], box[2], box[3]),
    "lastColumn": lambda box, _: (box[0], box[3], box[2], box[3]),
    "lastCell": lambda box, _: (box[2], box[3], box[2], box[3]),
    "entireRow": lambda box, _: (box[0], 1, box[2], MOST_COLUMNS),
    "entireColumn": lambda box, _: (1, box[1], MOST_ROWS, box[3]),
    "offsetRange": _offset,
    "resizedRange": _resized,
    "rowsAbove": lambda box, said: _beside(box, said, 0, 2, after=False),
    "rowsBelow": lambda box, said: _beside(box, said, 0, 2, after=True),
    "columnsBefore": lambda box, said: _beside(box, said, 1, 3, after=False),
    "columnsAfter": lambda box, said: _beside(box, said, 1, 3, after=True),
}
"""Which cells a function of a range leads to.

https://learn.microsoft.com/graph/api/resources/workbookrange
"""


class Range(Node):
    """Cells of a sheet."""

    kind = "workbookRange"
    takes = frozenset({"columnHidden", "formulas", "numberFormat", "rowHidden", "values"})

    def __init__(self, book: Whole, sheet: Worksheet, box: Box) -> None:
        self.book = book
        self.sheet = sheet
        self.box = box

    def step(self, name: str, arguments: Arguments) -> Node | None:
        row, column, last_row, last_column = self.box
        if name == "worksheet":
            return self.book.seen(self.sheet)
        if name == "cell":
            return Range(self.book, self.sheet, cell_at((row, column), arguments))
        if name in ("row", "column"):
            number = arguments.get(name)
            if not isinstance(number, int) or number < 0:
                raise bad_argument(name)
            at = (row + number, column, row + number, last_column)
            down = (row, column + number, last_row, column + number)
            return Range(self.book, self.sheet, bounded(*(at if name == "row" else down)))
        if name == "usedRange":
            return self._used(values=bool(arguments.get("valuesOnly")))
        if name in _LED:
            return Range(self.book, self.sheet, _LED[name](self.box, arguments))
        if name in ("boundingRect", "intersection"):
            return self._with(self._other(arguments), together=name == "boundingRect")
        if name == "visibleView":
            return View(self)
        if name == "format":
            return Format(self)
        return RangeSort(self) if name == "sort" else None

    def check(self, name: str) -> None:
        if name in ("", "clear"):
            check_cells(self)
        else:
            check_sheet(self.sheet)

    def _other(self, arguments: Arguments) -> Box:
        """The other range that a function is about. Raises GraphError (400): of another sheet."""
        name, box = read_address(str(arguments.get("anotherRange") or ""))
        if name and name.casefold() != self.sheet.title.casefold():
            raise bad_argument("anotherRange")
        return box

    def _with(self, box: Box, *, together: bool) -> Range:
        """The least range that has both, or what both have. Raises GraphError (404) for nothing."""
        own = self.box
        if not together and not overlap(own, box):
            raise missing()
        low, high = (min, max) if together else (max, min)
        found = low(own[0], box[0]), low(own[1], box[1]), high(own[2], box[2]), high(own[3], box[3])
        return Range(self.book, self.sheet, found)

    def _used(self, *, values: bool) -> Range:
        """What of it has something in it."""
        whole = used(self.book, self.sheet, values=values).box
        row, column = max(self.box[0], whole[0]), max(self.box[1], whole[1])
        last = max(row, min(self.box[2], whole[2])), max(column, min(self.box[3], whole[3]))
        return Range(self.book, self.sheet, (row, column, *last))

    def show(self) -> Any:
        row, column, last_row, last_column = self.box
        height, width = last_row - row + 1, last_column - column + 1
        address = f"{quoted(self.sheet.title)}!{written(self.box)}"
        shown = {
            "address": address,
            "addressLocal": address,
            "cellCount": height * width if height * width < 1 << 31 else -1,
            "columnCount": width,
            "columnIndex": column - 1,
            "rowCount": height,
            "rowIndex": row - 1,
            **self._hidden(),
        }
        if height * width > MOST_CELLS or height == MOST_ROWS or width == MOST_COLUMNS:
            return {**shown, "values": None, "text": None, "formulas": None}  # unbounded: no cells
        return {**shown, **self._contents()}

    def _hidden(self) -> dict[str, bool | None]:
        """Whether all of its columns and rows are hidden; None where only some are."""
        row, column, last_row, last_column = self.box
        columns = len(hidden_columns(self.sheet, column, last_column)), last_column - column + 1
        rows = len(hidden_rows(self.sheet, row, last_row)), last_row - row + 1
        found = {
            name: True if hidden == there else None if hidden else False
            for name, (hidden, there) in (("columnHidden", columns), ("rowHidden", rows))
        }
        whole = True in found.values()
        return {**found, "hidden": whole or (None if None in found.values() else False)}

    def _hide(self, body: Arguments) -> None:
        row, column, last_row, last_column = self.box
        for name in ("columnHidden", "rowHidden"):
            if name in body and not isinstance(body[name], bool):
                raise bad_argument(name)
        if "columnHidden" in body:
            hide_columns(self.sheet, column, last_column, hidden=body["columnHidden"])
        if "rowHidden" in body:
            bounded(row, 1, last_row, 1)
            for at in range(row, last_row + 1):
                self.sheet.row_dimensions[at].hidden = body["rowHidden"]

    def _contents(self) -> Any:
        formulas = [[self._at(*at) for at in each] for each in places(self.box)]
        forms = [[self._form(*at) for at in each] for each in places(self.box)]
        values = self.values()
        return {
            "formulas": formulas,
            "formulasLocal": formulas,
            "numberFormat": forms,
            "text": _each(text_of, values, forms),
            "values": values,
            "valueTypes": [
                [_type(value, formula) for value, formula in zip(*both, strict=True)]
                for both in zip(values, formulas, strict=True)
            ],
        }

    def values(self) -> list[list[Any]]:
        """What stands in the cells: of a formula what Excel has worked out, else nothing."""
        return [[self._value(*at) for at in each] for each in places(self.box)]

    def formulas(self) -> list[list[bool]]:
        """Which of the cells have a formula."""
        return [[_is_formula(self._at(*at)) for at in each] for each in places(self.box)]

    def _at(self, row: int, column: int) -> Any:
        cell = self.sheet._cells.get((row, column))  # which makes none
        value = None if cell is None else cell.value
        return shown_value(getattr(value, "text", value))  # of an array formula its text

    def _form(self, row: int, column: int) -> str:
        cell = self.sheet._cells.get((row, column))
        return "General" if cell is None else str(cell.number_format)

    def _value(self, row: int, column: int) -> Any:
        value = self._at(row, column)
        if not _is_formula(value):
            return value
        computed = self.book.computed()
        if computed is None or self.sheet.title not in computed.sheetnames:
            return ""
        return shown_value(computed[self.sheet.title].cell(row, column).value)

    def change(self, body: Arguments) -> Any:
        self._hide(body)
        if body.keys() <= {"columnHidden", "rowHidden"} and body:
            return self.show()  # which may be of whole columns
        bounded(*self.box)
        for name in ("values", "formulas"):
            if body.get(name) is not None:
                self.put(grid(body[name], self.box, name), put_value)
        if body.get("numberFormat") is not None:
            forms = grid(body["numberFormat"], self.box, "numberFormat")
            self.put(forms, _put_form)
        return self.show()

    def put(self, rows: list[list[Any]], into: Callable[[Any, Any], None]) -> None:
        """Put values into the cells; null leaves one as it is."""
        for values, cells in zip(rows, places(self.box), strict=True):
            for value, at in zip(values, cells, strict=True):
                if value is not None:
                    into(self.sheet.cell(*at), value)

    def act(self, name: str, body: Arguments) -> Found | None:
        if name == "clear":
            return self._clear(str(body.get("applyTo") or "All"))
        if name in ("insert", "delete"):
            return self._shift(name, str(body.get("shift") or ""))
        if name == "merge":
            return self._merge(by_rows=bool(body.get("across")))
        return self._unmerge() if name == "unmerge" else None

    def _merge(self, *, by_rows: bool) -> Found:
        """Make one cell of them, or one of each row; the first keeps its value."""
        row, column, last_row, last_column = bounded(*self.box)
        check_unmerged(self.sheet, self.box)
        rows = range(row, last_row + 1) if by_rows else (row,)
        for first in rows:
            last = first if by_rows else last_row
            if (first, column) != (last, last_column):
                self.sheet.merge_cells(None, first, column, last, last_column)
        return 204, None

    def _unmerge(self) -> Found:
        """Take what is merged of them apart again."""
        for each in list(self.sheet.merged_cells.ranges):
            if overlap((each.min_row, each.min_col, each.max_row, each.max_col), self.box):
                self.sheet.unmerge_cells(each.coord)
        return 204, None

    def _clear(self, what: str) -> Found:
        if what not in ("All", "Contents", "Formats"):
            raise bad_argument("applyTo")
        if what != "Contents":
            check_unmerged(self.sheet, self.box)
        for at, cell in list(self.sheet._cells.items()):
            if _is_inside(at, self.box):
                if what != "Formats":
                    set_value(cell, None)
                if what != "Contents":
                    cell.style = "Normal"
        return 204, None

    def _shift(self, name: str, shift: str) -> Found:
        """Make room for as many cells as there are, or let what is behind them take their place."""
        row, column, last_row, last_column = self.box
        ways = ("Down", "Right") if name == "insert" else ("Up", "Left")
        if shift not in ways:
            raise bad_argument("shift")
        bounded(*self.box)
        upright = shift in ("Down", "Up")
        rows, columns = (last_row - row + 1, 0) if upright else (0, last_column - column + 1)
        if name == "insert":
            behind = self.box
        else:
            self._clear("All")
            behind = (row + rows, column + columns, last_row + rows, last_column + columns)
        move(self.sheet, behind, rows, columns, back=name == "delete")
        return (200, Range(self.book, self.sheet, self.box)) if name == "insert" else (204, None)


class View(Node):
    """What of a range is seen: the cells of rows and columns that are not hidden.

    https://learn.microsoft.com/graph/api/resources/workbookrangeview
    """

    kind = "workbookRangeView"

    def __init__(self, of: Range, index: int = 0) -> None:
        self.of = of
        self.index = index

    def rows(self) -> list[int]:
        """The rows that are seen."""
        row, _, last_row, _ = bounded(*self.of.box)
        hidden = hidden_rows(self.of.sheet, row, last_row)
        return [at for at in range(row, last_row + 1) if at not in hidden]

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name == "rows":
            return ViewRows(self)
        return self.of if name == "range" else None

    def show(self) -> Any:
        row, column, _, last_column = bounded(*self.of.box)
        hidden = hidden_columns(self.of.sheet, column, last_column)
        columns = [at for at in range(column, last_column + 1) if at not in hidden]
        rows, whole, sheet = self.rows(), self.of.show(), quoted(self.of.sheet.title)
        seen = {
            name: [[whole[name][at - row][each - column] for each in columns] for at in rows]
            for name in (
                "formulas",
                "formulasLocal",
                "numberFormat",
                "text",
                "values",
                "valueTypes",
            )
        }
        return {
            "cellAddresses": [
                [f"{sheet}!{written((at, each, at, each))}" for each in columns] for at in rows
            ],
            "columnCount": len(columns),
            "index": self.index,
            "rowCount": len(rows),
            **seen,
        }


class ViewRows(Several):
    """The rows of what is seen, each a view of its own."""

    kind = "workbookRangeView"

    def __init__(self, of: View) -> None:
        self.of = of

    def nodes(self) -> list[Node]:
        range_ = self.of.of
        _, column, _, last_column = range_.box
        boxes = ((at, column, at, last_column) for at in self.of.rows())
        return [
            View(Range(range_.book, range_.sheet, box), index) for index, box in enumerate(boxes)
        ]


def check_unmerged(sheet: Worksheet, box: Box) -> None:
    """Raise GraphError (501) where cells of a box are merged with others."""
    for each in sheet.merged_cells.ranges:
        if overlap((each.min_row, each.min_col, each.max_row, each.max_col), box):
            raise merged()


def set_value(cell: Any, value: Any) -> None:
    """Give a cell a value. Raises GraphError (501): of merged cells only the first has one."""
    if not isinstance(cell, MergedCell):
        cell.value = value
    elif value is not None:
        raise merged()


def put_value(cell: Any, value: Any) -> None:
    """Give a cell a value as if somebody typed it. Raises GraphError: 400, 501."""
    set_value(cell, read_value(value))


def move(sheet: Worksheet, box: Box, rows: int, columns: int, *, back: bool) -> None:
    """Move a box, and all that is behind it in the direction of the move, by rows or columns."""
    whole = (*box[:2], MOST_ROWS, box[3]) if rows else (*box[:3], MOST_COLUMNS)
    check_unmerged(sheet, whole)
    sign = -1 if back else 1
    found = sorted(at for at in sheet._cells if _is_inside(at, whole))
    for row, column in found if back else reversed(found):
        if row + sign * rows > MOST_ROWS or column + sign * columns > MOST_COLUMNS:
            raise bad_argument("shift")
        sheet._move_cell(row, column, sign * rows, sign * columns)


def _is_formula(value: Any) -> bool:
    return isinstance(value, str) and value[:1] == "=" and len(value) > 1


def _type(value: Any, formula: Any) -> str:
    """What kind of value is there; of a formula that nobody has worked out it is not known."""
    return "Unknown" if value == "" and _is_formula(formula) else type_of(value)


def _is_inside(at: tuple[int, int], box: Box) -> bool:
    return box[0] <= at[0] <= box[2] and box[1] <= at[1] <= box[3]


def _put_form(cell: Any, form: Any) -> None:
    if not isinstance(form, str) or len(form) > _LONGEST_FORM:
        raise bad_argument("numberFormat")
    cell.number_format = form or "General"


def _each(make: Callable[[Any, str], str], rows: Any, others: Any) -> list[list[str]]:
    return [
        [make(value, other) for value, other in zip(row, more, strict=True)]
        for row, more in zip(rows, others, strict=True)
    ]


class RangeSort(Node):
    """The order of the rows of a range."""

    kind = "workbookRangeSort"

    def __init__(self, of: Range) -> None:
        self.of = of

    def show(self) -> Any:
        return {}

    def check(self, name: str) -> None:
        if self.of.sheet.protection.sort:
            check_sheet(self.of.sheet)
        check_cells(self.of)

    def act(self, name: str, body: Arguments) -> Found | None:
        if name != "apply":
            return None
        box = self.of.box
        first = box[0] + (1 if body.get("hasHeaders") else 0)
        if first <= box[2]:
            sort_rows(self.of, (first, *box[1:]), body)
        return 204, None


def sort_rows(of: Range, box: Box, body: Arguments) -> None:
    """Put the rows of a box in order, as ``fields`` say. Raises GraphError (400)."""
    fields, width = body.get("fields"), box[3] - box[1] + 1
    if not isinstance(fields, list) or not fields:
        raise bad_argument("fields")
    bounded(*box)
    check_unmerged(of.sheet, box)
    rows = [[of._at(*at) for at in each] for each in places(box)]
    case = bool(body.get("matchCase"))
    for field in reversed(fields):
        key = field.get("key") if isinstance(field, dict) else None
        if not isinstance(key, int) or not 0 <= key < width:
            raise bad_argument("fields")
        for name, usual in _SORTED_BY.items():
            if field.get(name) not in (None, usual):
                message = f"fakegraph orders rows by their values alone, and not by '{name}'."
                raise GraphError(501, "NotImplemented", message, name)
        _order(rows, key, ascending=field.get("ascending", True) is not False, case=case)
    for values, cells in zip(rows, places(box), strict=True):
        for value, at in zip(values, cells, strict=True):
            of.sheet.cell(*at).value = None if value == "" else value


#: By what rows are put in order: no colors, no icons, no texts as numbers.
_SORTED_BY = {"sortOn": "Value", "dataOption": "Normal", "color": None, "icon": None}
_RANKS = {"Double": 0, "String": 1, "Boolean": 2, "Error": 3}


def _order(rows: list[list[Any]], key: int, *, ascending: bool, case: bool) -> None:
    """Sort rows by a column: numbers, texts, booleans; what is empty always comes last."""

    def by(row: list[Any]) -> tuple[int, Any]:
        value, rank = row[key], _RANKS[type_of(row[key])]
        return rank, value if rank != 1 or case else value.casefold()

    full = sorted((row for row in rows if row[key] != ""), key=by, reverse=not ascending)
    rows[:] = [*full, *(row for row in rows if row[key] == "")]
