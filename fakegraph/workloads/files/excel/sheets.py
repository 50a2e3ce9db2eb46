"""Workbooks, their sheets, and the names that they have for ranges.

https://learn.microsoft.com/graph/api/resources/worksheet
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.cells import (
    MOST_COLUMNS,
    MOST_ROWS,
    is_name,
    quoted,
    written,
)
from fakegraph.workloads.files.excel.charts import Charts
from fakegraph.workloads.files.excel.errors import bad_argument, missing, taken
from fakegraph.workloads.files.excel.formats import Protection
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node, Several
from fakegraph.workloads.files.excel.pivots import Pivots
from fakegraph.workloads.files.excel.ranges import Range, cell_at, range_of, used
from fakegraph.workloads.files.excel.tables import Tables
from fakegraph.workloads.files.excel.threads import Comments, Threads
from fakegraph.workloads.files.ids import guid_of

_BAD_NAME = re.compile(r"[\[\]:*?/\\]|^'|'$|^$")
_MOST_LETTERS = 31
_VISIBLE = {"Visible": "visible", "Hidden": "hidden", "VeryHidden": "veryHidden"}
FUNCTIONS = "functions"
_FIRST = "Sheet_1"  # the code name of the sheet that a new workbook has


def blank() -> Workbook:
    """A new workbook, which a file without a byte is. The id of its sheet is known to clients."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title, sheet.sheet_properties.codeName = "Sheet1", _FIRST
    return book


def _functions(book: Book) -> Node:
    """The functions of a workbook, which are many, and loaded where one is called."""
    from fakegraph.workloads.files.excel.functions.called import Functions

    return Functions(book, book.seconds)


class Book(Node):
    """A workbook. ``computed`` gives it with the values that Excel has worked out, None if none;
    ``seconds`` is the tenant's time; ``threads`` what is said in it.
    """

    kind = "workbook"

    def __init__(
        self,
        book: Workbook,
        computed: Callable[[], Workbook | None],
        seconds: float,
        threads: Threads,
    ) -> None:
        self.book = book
        self.computed = computed
        self.seconds = seconds
        self.threads = threads

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name == "worksheets":
            return Sheets(self)
        if name == "tables":
            return Tables(self, None)
        if name == "application":
            return Application(self)
        if name == FUNCTIONS:
            return _functions(self)
        if name == "comments":
            return Comments(self.threads)
        return Names(self) if name == "names" else None

    def show(self) -> Any:
        return {}

    def sheet(self, name: str) -> Worksheet:
        """The sheet of a name. Raises GraphError (404)."""
        for each in self.book.worksheets:
            if each.title.casefold() == name.casefold():
                return each
        raise missing()

    def seen(self, sheet: Worksheet) -> Node:
        """What a path to a sheet leads to."""
        return Sheet(self, sheet)


_MODES = {"auto": "Automatic", "autoNoTable": "AutomaticExceptTables", "manual": "Manual"}
_KINDS_OF_WORK = ("Recalculate", "Full", "FullRebuild")


class Application(Node):
    """What works a workbook out. Formulas are not worked out here: without one there is nothing to
    do.
    """

    kind = "workbookApplication"

    def __init__(self, book: Book) -> None:
        self.book = book

    def show(self) -> Any:
        said = self.book.book.calculation
        return {"calculationMode": _MODES[(said and said.calcMode) or "auto"]}

    def act(self, name: str, body: Arguments) -> Found | None:
        if name != "calculate":
            return None
        if body.get("calculationType") not in _KINDS_OF_WORK:
            raise bad_argument("calculationType")
        cells = (each for sheet in self.book.book.worksheets for each in sheet._cells.values())
        if any(each.data_type == "f" for each in cells):
            message = "fakegraph works no formulas out, and this workbook has some."
            raise GraphError(501, "NotImplemented", message)
        return 204, None


class Sheets(Several):
    """The sheets of a workbook."""

    kind = "workbookWorksheet"

    def __init__(self, book: Book) -> None:
        self.book = book

    def nodes(self) -> list[Node]:
        return [Sheet(self.book, each) for each in self.book.book.worksheets]

    def key(self, key: str) -> Node:
        return self.named(key, "id", "name")

    def act(self, name: str, body: Arguments) -> Found | None:
        if name not in ("add", ""):
            return None
        title = body.get("name")
        if title is None:
            taken = {each.title.casefold() for each in self.book.book.worksheets}
            title = next(
                f"Sheet{number}"
                for number in range(len(taken) + 1, 2 * len(taken) + 2)
                if f"sheet{number}" not in taken
            )
        _check_title(self.book, title, None)
        sheet = self.book.book.create_sheet(title)
        sheet.sheet_properties.codeName = f"Sheet_{secrets.token_hex(8)}"
        return 201, Sheet(self.book, sheet)


def _check_title(book: Book, title: Any, sheet: Worksheet | None) -> None:
    """Raise GraphError for a name that no sheet can have, or that another one has."""
    if not isinstance(title, str) or _BAD_NAME.search(title) or len(title) > _MOST_LETTERS:
        raise bad_argument("name")
    for each in book.book.worksheets:
        if each is not sheet and each.title.casefold() == title.casefold():
            raise taken()


class Sheet(Node):
    """One sheet."""

    kind = "workbookWorksheet"
    takes = frozenset({"name", "position", "visibility"})

    def __init__(self, book: Book, sheet: Worksheet) -> None:
        self.book = book
        self.sheet = sheet

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name == "tables":
            return Tables(self.book, self.sheet)
        if name == "names":
            return Names(self.book, self.sheet)
        if name == "range":
            address = arguments.get("address")
            if address is None:
                return Range(self.book, self.sheet, (1, 1, MOST_ROWS, MOST_COLUMNS))
            return range_of(self.book, str(address), self.sheet)
        if name == "cell":
            return Range(self.book, self.sheet, cell_at((1, 1), arguments))
        if name == "charts":
            return Charts(self.book, self.sheet)
        if name == "pivotTables":
            return Pivots(self.book, self.sheet)
        if name == "protection":
            return Protection(self.sheet)
        if name == "usedRange":
            return used(self.book, self.sheet, values=bool(arguments.get("valuesOnly")))
        return None

    def show(self) -> Any:
        visibility = {value: name for name, value in _VISIBLE.items()}[self.sheet.sheet_state]
        return {
            "id": self._id(),
            "name": self.sheet.title,
            "position": self.book.book.worksheets.index(self.sheet),
            "visibility": visibility,
        }

    def _id(self) -> str:
        code = self.sheet.sheet_properties.codeName
        if code == _FIRST:
            return "{00000000-0001-0000-0000-000000000000}"
        return f"{{{str(guid_of('sheet', code or self.sheet.title)).upper()}}}"

    def change(self, body: Arguments) -> Any:
        sheet, book = self.sheet, self.book.book
        if "name" in body:
            _check_title(self.book, body["name"], sheet)
            if sheet.title in self.book.threads.by_sheet:
                said = self.book.threads.by_sheet.pop(sheet.title)
                self.book.threads.by_sheet[body["name"]] = said
            if sheet.sheet_properties.codeName is None:  # by which it keeps its id
                sheet.sheet_properties.codeName = sheet.title
            sheet.title = body["name"]
        if "visibility" in body:
            if not isinstance(body["visibility"], str) or body["visibility"] not in _VISIBLE:
                raise bad_argument("visibility")
            self._check_seen(hides=body["visibility"] != "Visible")
            sheet.sheet_state = _VISIBLE[body["visibility"]]
        if "position" in body:
            at, last = body["position"], len(book.worksheets) - 1
            if not isinstance(at, int) or not 0 <= at <= last:
                raise bad_argument("position")
            book.move_sheet(sheet, at - book.worksheets.index(sheet))
        return self.show()

    def remove(self) -> bool:
        self._check_seen(hides=True)
        self.book.book.remove(self.sheet)
        self.book.threads.by_sheet.pop(self.sheet.title, None)
        return True

    def _check_seen(self, *, hides: bool) -> None:
        """Raise GraphError (400) for what would leave a workbook without a sheet to be seen."""
        others = (each for each in self.book.book.worksheets if each is not self.sheet)
        if hides and not any(each.sheet_state == "visible" for each in others):
            message = "A workbook must contain at least one visible worksheet."
            raise GraphError(400, "InvalidOperation", message)


class Names(Several):
    """The names that a workbook, or a sheet, has for ranges."""

    kind = "workbookNamedItem"

    def __init__(self, book: Book, sheet: Worksheet | None = None) -> None:
        self.book = book
        self.sheet = sheet

    @property
    def there(self) -> Any:
        """The names, as openpyxl has them."""
        return (self.book.book if self.sheet is None else self.sheet).defined_names

    def nodes(self) -> list[Node]:
        return [Name(self, each) for each in self.there.values()]

    def key(self, key: str) -> Node:
        return self.named(key, "name")

    def act(self, name: str, body: Arguments) -> Found | None:
        if name != "add":
            return None
        title, reference = body.get("name"), body.get("reference")
        if not is_name(title):
            raise bad_argument("name")
        if any(each.casefold() == title.casefold() for each in self.there):
            raise taken()
        of = range_of(self.book, str(reference), self.sheet)
        dollars = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", written(of.box))
        text = f"{quoted(of.sheet.title)}!{dollars}"
        made = DefinedName(title, attr_text=text, comment=_comment(body))
        self.there[title] = made
        return 201, Name(self, made)


def _comment(body: Arguments) -> str | None:
    """What is said of a name. Raises GraphError (400)."""
    said = body.get("comment")
    if said is not None and not (isinstance(said, str) and len(said) < 256 and said.isprintable()):
        raise bad_argument("comment")
    return said


class Name(Node):
    """One name."""

    kind = "workbookNamedItem"
    takes = frozenset({"comment", "visible"})

    def __init__(self, names: Names, name: DefinedName) -> None:
        self.names = names
        self.name = name

    def show(self) -> Any:
        return {
            "comment": self.name.comment or "",
            "name": self.name.name,
            "scope": "Workbook" if self.names.sheet is None else "Worksheet",
            "type": "Range",
            "value": f"={self.name.attr_text}".replace("==", "="),
            "visible": not self.name.hidden,
        }

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name != "range":
            return None
        return range_of(self.names.book, str(self.name.attr_text), self.names.sheet)

    def change(self, body: Arguments) -> Any:
        if "comment" in body:
            self.name.comment = _comment(body)
        if "visible" in body:
            self.name.hidden = not body["visible"]
        return self.show()

    def remove(self) -> bool:
        del self.names.there[self.name.name]
        return True
