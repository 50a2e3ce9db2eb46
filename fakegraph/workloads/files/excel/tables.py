"""Tables of a workbook, with their rows and columns.

https://learn.microsoft.com/graph/api/resources/table
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from openpyxl.worksheet.filters import AutoFilter, FilterColumn, SortCondition, SortState
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.cells import (
    Box,
    bounded,
    is_name,
    overlap,
    read_address,
    shown_value,
    text_of,
    written,
)
from fakegraph.workloads.files.excel.errors import bad_argument, missing, taken
from fakegraph.workloads.files.excel.filtering import applied, leaves, shown
from fakegraph.workloads.files.excel.formats import check_cells, check_sheet
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node, Several, Whole
from fakegraph.workloads.files.excel.ranges import (
    Range,
    check_unmerged,
    move,
    put_value,
    range_of,
    set_value,
    sort_rows,
)

_STYLE = "TableStyleMedium2"
_BUILT_IN = re.compile(
    r"TableStyle(Light([1-9]|1\d|2[01])|Medium([1-9]|1\d|2[0-8])|Dark([1-9]|1[01]))"
)
_SHOWN = frozenset({"showFilterButton", "showHeaders", "showTotals"})
_STYLES = {
    "highlightFirstColumn": "showFirstColumn",
    "highlightLastColumn": "showLastColumn",
    "showBandedColumns": "showColumnStripes",
    "showBandedRows": "showRowStripes",
}
_FILTERING = frozenset({"clearFilters", "reapplyFilters"})


class Tables(Several):
    """The tables of a workbook, or of a sheet."""

    kind = "workbookTable"

    def __init__(self, book: Whole, sheet: Worksheet | None) -> None:
        self.book = book
        self.sheet = sheet

    def nodes(self) -> list[Node]:
        sheets = self.book.book.worksheets if self.sheet is None else [self.sheet]
        return [OneTable(self.book, each, table) for each in sheets for table in _of(each)]

    def key(self, key: str) -> Node:
        return self.named(key, "id", "name")

    def check(self, name: str) -> None:
        if self.sheet is not None:
            check_sheet(self.sheet)

    def act(self, name: str, body: Arguments) -> Found | None:
        if name not in ("add", ""):
            return None
        address, headers = body.get("address"), body.get("hasHeaders", False)
        if not isinstance(address, str) or not isinstance(headers, bool):
            raise bad_argument("address")
        of = range_of(self.book, address, self.sheet)
        check_sheet(of.sheet)
        bounded(*of.box)
        if any(overlap(read_address(each.ref)[1], of.box) for each in _of(of.sheet)):
            raise bad_argument("address")
        return 201, _added(self.book, of, headers=headers)


def _of(sheet: Worksheet) -> list[Table]:
    return list(sheet.tables.values())


def _all(book: Whole) -> list[Table]:
    return [table for sheet in book.book.worksheets for table in _of(sheet)]


def _added(book: Whole, of: Range, *, headers: bool) -> OneTable:
    """A new table over a range; one without headers gets a row of them above."""
    row, column, last_row, last_column = of.box
    if not headers:
        move(of.sheet, of.box, 1, 0, back=False)
        for number, at in enumerate(range(column, last_column + 1), 1):
            of.sheet.cell(row, at).value = f"Column{number}"
        last_row += 1
    if last_row == row:
        last_row += 1  # a table has one row at least
    names = {each.displayName.casefold() for each in _all(book)}
    numbers = range(1, len(names) + 2)
    name = next(f"Table{number}" for number in numbers if f"table{number}" not in names)
    box = row, column, last_row, last_column
    check_unmerged(of.sheet, box)
    table = Table(displayName=name, name=name, ref=written(box))
    table.id = max((each.id for each in _all(book)), default=0) + 1
    table.tableStyleInfo = TableStyleInfo(name=_STYLE, showRowStripes=True)
    table.autoFilter = AutoFilter(ref=table.ref)
    made = OneTable(book, of.sheet, table)
    made.name_columns()
    of.sheet.add_table(table)
    return made


class OneTable(Node):
    """One table."""

    kind = "workbookTable"
    takes = frozenset({"name", "style", *_SHOWN, *_STYLES})

    def __init__(self, book: Whole, sheet: Worksheet, table: Table) -> None:
        self.book = book
        self.sheet = sheet
        self.table = table

    @property
    def box(self) -> Box:
        """All of its cells."""
        return read_address(self.table.ref)[1]

    @property
    def body(self) -> Box:
        """Its cells without headers and totals."""
        row, column, last_row, last_column = self.box
        return row + self._heads, column, last_row - self._totals, last_column

    @property
    def _heads(self) -> int:
        return 1 if self.table.headerRowCount is None else int(self.table.headerRowCount)

    @property
    def _totals(self) -> int:
        return int(self.table.totalsRowCount or 0)

    def name_columns(self) -> None:
        """Give each column the name that its header has, and each header one that is its own."""
        row, column, _, last_column = self.box
        if not self._heads:
            return
        taken: set[str] = set()
        columns = []
        for number, at in enumerate(range(column, last_column + 1), 1):
            cell = self.sheet.cell(row, at)
            name = text_of(shown_value(cell.value), "General") or f"Column{number}"
            while name.casefold() in taken:
                name = f"{name}{number}"
            taken.add(name.casefold())
            set_value(cell, name)
            columns.append(TableColumn(id=number, name=name))
        self.table.tableColumns = columns

    def resize(self, box: Box) -> None:
        """Let it be over other cells."""
        self.table.ref = written(box)
        if self.table.autoFilter is not None:
            self.table.autoFilter.ref = self._filtered_cells()

    def _filtered_cells(self) -> str:
        """Its cells without totals."""
        row, column, last_row, last_column = self.box
        return written((row, column, last_row - self._totals, last_column))

    def range(self, box: Box) -> Range:
        """Some of its cells."""
        return Range(self.book, self.sheet, box)

    def step(self, name: str, arguments: Arguments) -> Node | None:
        row, column, last_row, last_column = self.box
        if name in _PARTS:
            return _PARTS[name](self)
        if name == "range":
            return self.range(self.box)
        if name == "dataBodyRange":
            return self.range(self.body)
        if name == "worksheet":
            return self.book.seen(self.sheet)
        if name == "headerRowRange":
            return self._line((row, column, row, last_column), there=self._heads)
        if name == "totalRowRange":
            return self._line((last_row, column, last_row, last_column), there=self._totals)
        return None

    def check(self, name: str) -> None:
        if name not in _FILTERING or self.sheet.protection.autoFilter:
            check_sheet(self.sheet)

    def _line(self, box: Box, *, there: int) -> Range:
        if not there:
            raise missing()
        return self.range(box)

    def show(self) -> Any:
        style = self.table.tableStyleInfo
        return {
            "highlightFirstColumn": bool(style and style.showFirstColumn),
            "highlightLastColumn": bool(style and style.showLastColumn),
            "id": str(self.table.id),
            "legacyId": str(self.table.id),
            "name": self.table.displayName,
            "showBandedColumns": bool(style and style.showColumnStripes),
            "showBandedRows": bool(style and style.showRowStripes),
            "showFilterButton": self.table.autoFilter is not None,
            "showHeaders": bool(self._heads),
            "showTotals": bool(self._totals),
            "style": style.name if style else "",
        }

    def change(self, body: Arguments) -> Any:
        for name in _SHOWN & body.keys():
            if not isinstance(body[name], bool):
                raise bad_argument(name)
        if body.get("showHeaders", self._heads) != self._heads:
            message = "fakegraph takes no headers away from tables, and gives them none."
            raise GraphError(501, "NotImplemented", message, "showHeaders")
        if body.get("showTotals", self._totals) != self._totals:
            self._total(shown=body["showTotals"])
        if "showFilterButton" in body:
            ref = self._filtered_cells()
            self.table.autoFilter = AutoFilter(ref=ref) if body["showFilterButton"] else None
        if "name" in body:
            self._rename(body["name"])
        style = self.table.tableStyleInfo or TableStyleInfo(name=_STYLE)
        for name in body.keys() & _STYLES.keys():
            setattr(style, _STYLES[name], bool(body[name]))
        if "style" in body:
            if not isinstance(body["style"], str) or not self._is_style(body["style"]):
                raise bad_argument("style")
            style.name = body["style"]
        self.table.tableStyleInfo = style
        return self.show()

    def _is_style(self, name: str) -> bool:
        """Whether Excel has a style of that name, or the table has it already."""
        style = self.table.tableStyleInfo
        return _BUILT_IN.fullmatch(name) is not None or (style is not None and style.name == name)

    def _total(self, *, shown: bool) -> None:
        """Give it a row of totals below, or take that away. Raises GraphError (501) where cells
        that are there would have to make room.
        """
        row, column, last_row, last_column = self.box
        below = (last_row + 1, column, last_row + 1, last_column)
        bounded(*below)
        used = (self.sheet._cells.get((below[0], at)) for at in range(column, last_column + 1))
        if any(cell is not None and cell.value is not None for cell in used):
            message = "fakegraph moves no cells for the totals of a table: those below it are used."
            raise GraphError(501, "NotImplemented", message, "showTotals")
        if not shown:
            self.range((last_row, column, last_row, last_column)).act("clear", {})
            self.table.totalsRowCount = None
            self.resize((row, column, last_row - 1, last_column))
            return
        body, last = self.body, self.table.tableColumns[-1]
        values = [self._text_or_number(at, last_column) for at in range(body[0], body[2] + 1)]
        numbers = all(isinstance(each, int | float) for each in values if each != "")
        self.table.totalsRowCount = 1
        self.resize((row, column, last_row + 1, last_column))
        if column < last_column:
            self.table.tableColumns[0].totalsRowLabel = "Total"
            self.sheet.cell(below[0], column).value = "Total"
        last.totalsRowFunction = "sum" if numbers else "count"
        formula = f"=SUBTOTAL({109 if numbers else 103},{self.table.name}[{last.name}])"
        self.sheet.cell(below[0], last_column).value = formula

    def _text_or_number(self, row: int, column: int) -> Any:
        return shown_value(self.sheet.cell(row, column).value)

    def _rename(self, name: Any) -> None:
        if not is_name(name):
            raise bad_argument("name")
        others = (each for each in _all(self.book) if each is not self.table)
        if any(each.displayName.casefold() == name.casefold() for each in others):
            raise taken()
        old = self.table.name
        del self.sheet.tables[old]
        self.table.name = self.table.displayName = name
        self.sheet.tables[name] = self.table
        _, column, last_row, last_column = self.box
        for at in range(column, last_column + 1) if self._totals else ():
            cell = self.sheet.cell(last_row, at)
            if cell.data_type == "f":
                cell.value = str(cell.value).replace(f",{old}[", f",{name}[")

    def remove(self) -> bool:
        self.range(self.box).act("clear", {})
        del self.sheet.tables[self.table.name]
        return True

    def act(self, name: str, body: Arguments) -> Found | None:
        if name == "convertToRange":
            del self.sheet.tables[self.table.name]
            return 200, self.range(self.box)
        if name in _FILTERING:
            self.filter({} if name == "clearFilters" else self.filtered())
            return 204, None
        return None

    def filter(self, columns: Mapping[int, FilterColumn]) -> None:
        """Show only the rows that filters of columns leave; all of them without any."""
        filters = self.table.autoFilter or AutoFilter(ref=self._filtered_cells())
        filters.filterColumn = [columns[at] for at in sorted(columns)]
        self.table.autoFilter = filters
        row, column, last_row, _ = self.body
        tests = []
        for at, each in columns.items():
            box = (row, column + at, last_row, column + at)
            values = [line[0] for line in self.range(box).values()]
            texts = [self._text(place, column + at) for place in range(row, last_row + 1)]
            tests.append(leaves(each, values, texts))
        for number, place in enumerate(range(row, last_row + 1)):
            hidden = not all(test(number) for test in tests)
            self.sheet.row_dimensions[place].hidden = hidden

    def filtered(self) -> dict[int, FilterColumn]:
        """What columns are filtered by."""
        filters = self.table.autoFilter
        found = filters.filterColumn if filters is not None else ()
        return {each.colId: each for each in found if shown(each) is not None}

    def _text(self, row: int, column: int) -> str:
        cell = self.sheet.cell(row, column)
        return text_of(shown_value(cell.value), str(cell.number_format))


class Rows(Several):
    """The rows of a table."""

    kind = "workbookTableRow"

    def __init__(self, table: OneTable) -> None:
        self.table = table

    def check(self, name: str) -> None:
        self.table.check(name)

    def nodes(self) -> list[Node]:
        row, _, last_row, _ = self.table.body
        return [OneRow(self.table, index) for index in range(last_row - row + 1)]

    def key(self, key: str) -> Node:
        raise GraphError(
            400,
            "ApiNotFound",
            "The API you are trying to use could not be found. It may be available in a newer "
            "version of Excel. Rows are found by rows/itemAt(index=0).",
        )

    def act(self, name: str, body: Arguments) -> Found | None:
        if name not in ("add", ""):
            return None
        table, index, values = self.table, body.get("index"), body.get("values")
        row, column, last_row, last_column = table.body
        count = last_row - row + 1
        if not isinstance(values, list) or not values:
            raise bad_argument("values")
        if not isinstance(values[0], list):
            values = [values]
        at = count if index is None else index
        if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at <= count:
            raise bad_argument("index")
        first, size = row + at, len(values)
        box = bounded(first, column, first + size - 1, last_column)
        rows = _checked(values, last_column - column + 1)
        move(table.sheet, (first, column, first, last_column), size, 0, back=False)
        table.range(box).put(rows, put_value)
        whole = table.box
        table.resize((whole[0], column, whole[2] + size, last_column))
        return 201, OneRow(table, at)


def _checked(values: list[Any], width: int) -> list[list[Any]]:
    """Rows of a table's width. Raises GraphError (400)."""
    if not all(isinstance(each, list) and len(each) == width for each in values):
        raise bad_argument("values")
    return values


class OneRow(Node):
    """One row of a table, by its number from 0."""

    kind = "workbookTableRow"
    takes = frozenset({"values"})

    def __init__(self, table: OneTable, index: int) -> None:
        self.table = table
        self.index = index

    def check(self, name: str) -> None:
        self.table.check(name)

    @property
    def _range(self) -> Range:
        row, column, _, last_column = self.table.body
        at = row + self.index
        return self.table.range((at, column, at, last_column))

    def step(self, name: str, arguments: Arguments) -> Node | None:
        return self._range if name == "range" else None

    def show(self) -> Any:
        return {"index": self.index, "values": self._range.values()}

    def change(self, body: Arguments) -> Any:
        self._range.change({"values": body.get("values")})
        return self.show()

    def remove(self) -> bool:
        row, column, last_row, last_column = self.table.box
        if self.table.body[2] <= self.table.body[0]:  # a table keeps one, which is empty
            self._range.act("clear", {"applyTo": "Contents"})
            return True
        self._range.act("delete", {"shift": "Up"})
        self.table.resize((row, column, last_row - 1, last_column))
        return True


class Columns(Several):
    """The columns of a table."""

    kind = "workbookTableColumn"

    def __init__(self, table: OneTable) -> None:
        self.table = table

    def check(self, name: str) -> None:
        self.table.check(name)

    def nodes(self) -> list[Node]:
        _, column, _, last_column = self.table.box
        return [OneColumn(self.table, index) for index in range(last_column - column + 1)]

    def key(self, key: str) -> Node:
        return self.named(key, "id", "name")

    def act(self, name: str, body: Arguments) -> Found | None:
        if name not in ("add", ""):
            return None
        table = self.table
        row, column, last_row, last_column = table.box
        count, index = last_column - column + 1, body.get("index")
        at = count if index is None else index
        if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at <= count:
            raise bad_argument("index")
        place = column + at
        bounded(row, column, last_row, last_column + 1)
        move(table.sheet, (row, place, last_row, place), 0, 1, back=False)
        table.resize((row, column, last_row, last_column + 1))
        made = OneColumn(table, at)
        if body.get("values") is not None:
            made.range(table.box).change({"values": body["values"]})
        if body.get("name") is not None:
            table.sheet.cell(row, place).value = _header(body["name"])
        table.name_columns()
        return 201, made


def _header(name: Any) -> str:
    """The name of a column. Raises GraphError (400)."""
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) < 256:
        raise bad_argument("name")
    return name


class OneColumn(Node):
    """One column of a table, by its number from 0."""

    kind = "workbookTableColumn"
    takes = frozenset({"name", "values"})

    def __init__(self, table: OneTable, index: int) -> None:
        self.table = table
        self.index = index

    def check(self, name: str) -> None:
        self.table.check(name)

    def range(self, box: Box) -> Range:
        """Of some of the table's cells those in it."""
        at = box[1] + self.index
        return self.table.range((box[0], at, box[2], at))

    def step(self, name: str, arguments: Arguments) -> Node | None:
        row, column, _, last_column = self.table.box
        if name == "range":
            return self.range(self.table.box)
        if name == "dataBodyRange":
            return self.range(self.table.body)
        if name == "headerRowRange":
            return self.range((row, column, row, last_column))
        return Filter(self) if name == "filter" else None

    def called(self) -> Any:
        columns = self.table.table.tableColumns
        row, column, _, last_column = self.table.box
        number = columns[self.index].id if self.index < len(columns) else self.index + 1
        name = self.range((row, column, row, last_column)).values()[0][0]
        return {"id": str(number), "index": self.index, "name": str(name)}

    def show(self) -> Any:
        return {**self.called(), "values": self.range(self.table.box).values()}

    def change(self, body: Arguments) -> Any:
        if body.get("values") is not None:
            self.range(self.table.box).change({"values": body["values"]})
        if body.get("name") is not None:
            row, column, *_ = self.table.box
            header = self.table.sheet.cell(row, column + self.index)
            set_value(header, _header(body["name"]))
        self.table.name_columns()
        return self.show()

    def remove(self) -> bool:
        row, column, last_row, last_column = self.table.box
        if last_column == column:
            return self.table.remove()
        self.range(self.table.box).act("delete", {"shift": "Left"})
        self.table.resize((row, column, last_row, last_column - 1))
        self.table.name_columns()
        return True


class Filter(Node):
    """What rows a column leaves to be seen."""

    kind = "workbookFilter"

    def __init__(self, column: OneColumn) -> None:
        self.column = column

    def check(self, name: str) -> None:
        self.column.table.check("clearFilters")

    def show(self) -> Any:
        found = shown(self.column.table.filtered().get(self.column.index))
        return {"criteria": found}

    def act(self, name: str, body: Arguments) -> Found | None:
        table, index = self.column.table, self.column.index
        rest = {at: each for at, each in table.filtered().items() if at != index}
        if name == "clear":
            table.filter(rest)
            return 204, None
        wanted = applied(name, body, index)
        if wanted is None:
            return None
        table.filter({**rest, index: wanted})
        return 204, None


class Sort(Node):
    """The order of the rows of a table."""

    kind = "workbookTableSort"

    def __init__(self, table: OneTable) -> None:
        self.table = table

    def check(self, name: str) -> None:
        if self.table.sheet.protection.sort:
            check_sheet(self.table.sheet)
        check_cells(self.table.range(self.table.body))

    def show(self) -> Any:
        state = self.table.table.sortState
        first = self.table.body[1]
        conditions = () if state is None else state.sortCondition
        keys = ((read_address(each.ref)[1][1] - first, each.descending) for each in conditions)
        usual = {"dataOption": "Normal", "sortOn": "Value"}
        return {
            "fields": [{"ascending": not down, "key": key, **usual} for key, down in keys],
            "matchCase": bool(state is not None and state.caseSensitive),
            "method": "PinYin",
        }

    def act(self, name: str, body: Arguments) -> Found | None:
        if name == "clear":
            self.table.table.sortState = None  # the rows stay where they are
            return 204, None
        if name not in ("apply", "reapply"):
            return None
        said = body if name == "apply" else self.show()
        if said.get("fields") or name == "apply":
            sort_rows(self.table.range(self.table.body), self.table.body, said)
            self.table.table.sortState = self._state(said)
        return 204, None

    def _state(self, said: Arguments) -> SortState:
        """The order as files have it."""
        row, column, last_row, _ = self.table.body

        def condition(field: Arguments) -> SortCondition:
            at = column + field["key"]
            down = field.get("ascending", True) is False
            return SortCondition(ref=written((row, at, last_row, at)), descending=down)

        conditions = [condition(each) for each in said["fields"]]
        ref, case = written(self.table.body), bool(said.get("matchCase"))
        return SortState(ref=ref, caseSensitive=case or None, sortCondition=conditions)


_PARTS: Mapping[str, Callable[[OneTable], Node]] = {"rows": Rows, "columns": Columns, "sort": Sort}
