"""Cells: what stands in them, as the workbook API says and takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any, TypeGuard

from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.datetime import to_excel

from fakegraph.workloads.files.excel.errors import bad_argument, unreadable

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
MOST_CELLS = 250_000  # that one request is about
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_COLUMN, _ROW = r"\$?[A-Za-z]{1,3}", r"\$?[1-9]\d{0,6}"
_CELL = f"{_COLUMN}{_ROW}"
_NAME = re.compile(r"[^\W\d][\w.]{0,254}")
_CELL_NAME = re.compile(r"[A-Za-z]{1,3}[1-9]\d{0,6}|[RrCc]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ADDRESS = re.compile(f"{_CELL}(:{_CELL})?|{_COLUMN}:{_COLUMN}|{_ROW}:{_ROW}")
_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
_DECIMALS = re.compile(r"(#,##)?0(?:\.(0+))?(%?)")

_EXACT = 1 << 53  # whole numbers up to which a float has each

Box = tuple[int, int, int, int]
"""The first and the last row and column of cells, from 1: (row, column, row, column)."""


def bounded(row: int, column: int, last_row: int, last_column: int) -> Box:
    """A box of cells. Raises GraphError (400) where there are no such cells, or too many."""
    fits = 1 <= row <= last_row <= MOST_ROWS and 1 <= column <= last_column <= MOST_COLUMNS
    if not fits or (last_row - row + 1) * (last_column - column + 1) > MOST_CELLS:
        raise bad_argument("address")
    return row, column, last_row, last_column


def read_address(address: str) -> tuple[str, Box]:
    """The sheet that an address names, empty for none, and its cells. Raises GraphError (400)."""
    sheet, _, cells = address.lstrip("=").rpartition("!")
    name = sheet[1:-1].replace("''", "'") if sheet[:1] == "'" else sheet
    if not _ADDRESS.fullmatch(cells):
        raise bad_argument("address")
    try:
        column, row, last_column, last_row = range_boundaries(cells.replace("$", "").upper())
    except (ValueError, TypeError):
        raise bad_argument("address") from None
    rows = row or 1, last_row or MOST_ROWS
    columns = column or 1, last_column or MOST_COLUMNS
    if not (row and column):  # whole columns, or rows: as far as a sheet may be asked for
        return name, (rows[0], columns[0], rows[1], columns[1])
    return name, bounded(rows[0], columns[0], rows[1], columns[1])


def is_name(text: Any) -> TypeGuard[str]:
    """Whether a text can be the name of a table or a range: a word, and not that of a cell."""
    return isinstance(text, str) and bool(_NAME.fullmatch(text)) and not _CELL_NAME.fullmatch(text)


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have a cell in common."""
    rows = one[0] <= other[2] and other[0] <= one[2]
    return rows and one[1] <= other[3] and other[1] <= one[3]


def written(box: Box) -> str:
    """A box as an address without its sheet."""
    row, column, last_row, last_column = box
    if (row, last_row) == (1, MOST_ROWS):
        return f"{get_column_letter(column)}:{get_column_letter(last_column)}"
    if (column, last_column) == (1, MOST_COLUMNS):
        return f"{row}:{last_row}"
    first = f"{get_column_letter(column)}{row}"
    last = f"{get_column_letter(last_column)}{last_row}"
    return first if first == last else f"{first}:{last}"


def quoted(sheet: str) -> str:
    """The name of a sheet as it stands in addresses."""
    if re.fullmatch(r"[^\W\d]\w*", sheet):
        return sheet
    doubled = sheet.replace("'", "''")
    return f"'{doubled}'"


def places(box: Box) -> Iterator[Iterator[tuple[int, int]]]:
    """The cells of a box, row by row."""
    row, column, last_row, last_column = box
    for at in range(row, last_row + 1):
        yield ((at, each) for each in range(column, last_column + 1))


def shown_value(value: Any) -> Any:
    """What stands in a cell, as JSON has it: of dates the number that Excel has for them."""
    if value is None:
        return ""
    if isinstance(value, datetime | date | time | timedelta):
        return to_excel(value)
    if isinstance(value, int | float):
        return _stored(value)
    return value if isinstance(value, str) else str(value)


def _stored(number: float) -> float:
    """A number of a file, as exact as Excel has it. Raises GraphError (400) for too large a one."""
    try:
        return as_number(number)
    except OverflowError:
        raise unreadable() from None


def as_number(number: float) -> float:
    """A number as exact as Excel has it. Raises OverflowError for too large a one."""
    if isinstance(number, int) and abs(number) <= _EXACT:
        return number
    found = float(number)
    if not isfinite(found):
        raise OverflowError
    return found


def type_of(value: Any) -> str:
    """What kind of value a shown one is."""
    if value == "" or value is None:
        return "Empty"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, str):
        return "Error" if value in _ERRORS else "String"
    return "Double"


def text_of(value: Any, form: str) -> str:
    """A value as it looks, as far as its format is one of numbers of digits."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str) or value is None:
        return value or ""
    found = _DECIMALS.fullmatch(form)
    if found is None:
        return f"{value:.10g}"
    grouped, digits, percent = "," if found[1] else "", len(found[2] or ""), found[3]
    return f"{value * (100 if percent else 1):{grouped}.{digits}f}{percent}"


def read_value(value: Any) -> Any:
    """What is put into a cell, taken as if somebody typed it. Raises GraphError (400)."""
    if isinstance(value, str):
        if len(value) > 32_767 or _CONTROL.search(value):
            raise bad_argument("values")
        if value[:1] == "'":
            return value[1:]
        if _NUMBER.fullmatch(value) and isfinite(float(value)):
            is_whole = not re.search(r"[.eE]", value) and abs(float(value)) <= _EXACT
            return int(value) if is_whole else float(value)
        if value.upper() in ("TRUE", "FALSE"):
            return value.upper() == "TRUE"
        return value or None
    if isinstance(value, int | float):
        with suppress(OverflowError):
            return as_number(value)
    raise bad_argument("values")


def grid(values: Any, box: Box, name: str) -> list[list[Any]]:
    """Values for each cell of a box: rows of them, or one for all. Raises GraphError (400)."""
    row, column, last_row, last_column = box
    height, width = last_row - row + 1, last_column - column + 1
    if not isinstance(values, list):
        return [[values] * width for _ in range(height)]
    fits = len(values) == height and all(
        isinstance(each, list) and len(each) == width for each in values
    )
    if not fits:
        raise bad_argument(name)
    return values
