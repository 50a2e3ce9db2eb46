"""How cells look, and whether they are locked: fonts, fills, borders, alignment, sizes.

What all cells of a range do not have alike is shown as null.

https://learn.microsoft.com/graph/api/resources/rangeformat
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any, Protocol

from openpyxl.styles import PatternFill, Side
from openpyxl.styles.colors import Color
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.dimensions import ColumnDimension
from openpyxl.worksheet.worksheet import Worksheet

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.cells import MOST_CELLS, Box, shown_value, text_of
from fakegraph.workloads.files.excel.errors import bad_argument
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node, Several

_POINTS = 5.25  # of a column that is one wide, as files say it: seven pixels
_USUAL_WIDTH = 64 / 7  # which Excel shows as 8.43
_USUAL_HEIGHT = 15.0
_MOST_POINTS = {"columnWidth": 255 * _POINTS, "rowHeight": 409.0}
_PIXELS = 7  # of a digit
_COLOR = re.compile(r"#?([0-9A-Fa-f]{6})")
_BLACK, _WHITE = "#000000", "#FFFFFF"
_THEME = {0: _WHITE, 1: _BLACK}

_ACROSS: Mapping[str, str] = {
    "General": "general",
    "Left": "left",
    "Center": "center",
    "Right": "right",
    "Fill": "fill",
    "Justify": "justify",
    "CenterAcrossSelection": "centerContinuous",
    "Distributed": "distributed",
}
_UPRIGHT = {name: name.lower() for name in ("Top", "Center", "Bottom", "Justify", "Distributed")}
_UNDERLINES: Mapping[str, str | None] = {
    "None": None,
    "Single": "single",
    "Double": "double",
    "SingleAccountant": "singleAccounting",
    "DoubleAccountant": "doubleAccounting",
}


class Cells(Protocol):
    """The cells of a range."""

    sheet: Worksheet
    box: Box


Read = Callable[[Any], Any]
"""What a cell has; of None what one has that nobody has touched."""


def _inside(of: Cells) -> list[Any]:
    """The cells that are there of a range."""
    row, column, last_row, last_column = of.box
    return [
        cell
        for at, cell in of.sheet._cells.items()
        if row <= at[0] <= last_row and column <= at[1] <= last_column
    ]


def _size(of: Cells) -> int:
    row, column, last_row, last_column = of.box
    return (last_row - row + 1) * (last_column - column + 1)


def _alike(of: Cells, read: Read, usual: Any) -> Any:
    """What all cells have; None where they do not have the same."""
    there = _inside(of)
    found = {read(cell) for cell in there} | ({usual} if len(there) < _size(of) else set())
    return found.pop() if len(found) == 1 else None


def _each(of: Cells) -> Iterator[Any]:
    """Every cell, which is made. Raises GraphError (501) for more than a request is about."""
    if _size(of) > MOST_CELLS:
        message = "Formats of whole rows and columns are not built, but for how large these are."
        raise GraphError(501, "NotImplemented", message)
    row, column, last_row, last_column = of.box
    for at in range(row, last_row + 1):
        for number in range(column, last_column + 1):
            yield of.sheet.cell(at, number)


def _named(values: Mapping[Any, Any], value: Any) -> Any:
    return next((name for name, each in values.items() if each == value), None)


def one_of(values: Mapping[str, Any], body: Arguments, name: str) -> Any:
    """What a word of a body stands for. Raises GraphError (400)."""
    word = body[name]
    if not isinstance(word, str) or word not in values:
        raise bad_argument(name)
    return values[word]


def flag(body: Arguments, name: str) -> bool:
    """A yes or no of a body. Raises GraphError (400)."""
    value = body[name]
    if not isinstance(value, bool):
        raise bad_argument(name)
    return value


def color_of(body: Arguments, name: str = "color") -> str:
    """A color as files have it. Raises GraphError (400)."""
    found = _COLOR.fullmatch(str(body[name]))
    if found is None:
        raise bad_argument(name)
    return f"FF{found[1].upper()}"


def _shown_color(color: Any, usual: str) -> str | None:
    if color is None:
        return usual
    if color.type == "rgb" and isinstance(color.rgb, str):
        return f"#{color.rgb[-6:].upper()}"
    return _THEME.get(color.theme) if color.type == "theme" else usual


class Part(Node):
    """Something of how cells look, in properties that are read and set one by one."""

    #: What cells have, and what one has that nobody has touched.
    reads: Mapping[str, tuple[Read, Any]] = {}
    #: What a value of a body does to a cell, and what of one is about no cell.
    writes: Mapping[str, Callable[[Any, Arguments], object]] = {}
    sizes: frozenset[str] = frozenset()

    def __init_subclass__(cls) -> None:
        cls.takes = cls.sizes | frozenset(cls.writes)

    def __init__(self, of: Cells) -> None:
        self.of = of

    def check(self, name: str) -> None:
        check_formats(self.of)

    def show(self) -> Any:
        return {name: _alike(self.of, *how) for name, how in self.reads.items()}

    def change(self, body: Arguments) -> Any:
        names = [name for name in self.writes if body.get(name) is not None]
        for cell in _each(self.of) if names else ():
            for name in names:
                self.writes[name](cell, body)
        return self.show()


def _with(name: str, value: Callable[[Arguments], Mapping[str, Any]]) -> Any:
    """Give a cell another style of some kind, with some properties changed."""

    def write(cell: Any, body: Arguments) -> None:
        style = copy(getattr(cell, name))
        for key, each in value(body).items():
            setattr(style, key, each)
        setattr(cell, name, style)

    return write


def font_size(body: Arguments) -> float:
    """The size of letters, in points. Raises GraphError (400)."""
    size = body["size"]
    if not isinstance(size, int | float) or isinstance(size, bool) or not 1 <= size <= 409:
        raise bad_argument("size")
    return float(size)


def font_name(body: Arguments) -> str:
    """What letters are called. Raises GraphError (400)."""
    name = body["name"]
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) < 32:
        raise bad_argument("name")
    return name


class Font(Part):
    """The letters of cells."""

    kind = "workbookRangeFont"
    reads = {
        "bold": (lambda cell: bool(cell.font.b), False),
        "color": (lambda cell: _shown_color(cell.font.color, _BLACK), _BLACK),
        "italic": (lambda cell: bool(cell.font.i), False),
        "name": (lambda cell: cell.font.name, "Calibri"),
        "size": (lambda cell: cell.font.sz, 11.0),
        "underline": (lambda cell: _named(_UNDERLINES, cell.font.u), "None"),
    }
    writes = {
        "bold": _with("font", lambda body: {"b": flag(body, "bold")}),
        "color": _with("font", lambda body: {"color": Color(rgb=color_of(body))}),
        "italic": _with("font", lambda body: {"i": flag(body, "italic")}),
        "name": _with("font", lambda body: {"name": font_name(body), "scheme": None}),
        "size": _with("font", lambda body: {"sz": font_size(body)}),
        "underline": _with("font", lambda body: {"u": one_of(_UNDERLINES, body, "underline")}),
    }


def _filled(cell: Any) -> str | None:
    return _WHITE if cell.fill.fill_type is None else _shown_color(cell.fill.fgColor, _WHITE)


def _fill(cell: Any, body: Arguments) -> None:
    cell.fill = PatternFill("solid", fgColor=color_of(body))


class Fill(Part):
    """What is behind the letters."""

    kind = "workbookRangeFill"
    reads = {"color": (_filled, _WHITE)}
    writes = {"color": _fill}

    def act(self, name: str, body: Arguments) -> Found | None:
        if name != "clear":
            return None
        for cell in _inside(self.of):
            cell.fill = PatternFill()
        return 204, None


class Locks(Part):
    """Whether cells are locked once their sheet is protected."""

    kind = "workbookFormatProtection"
    reads = {
        "formulaHidden": (lambda cell: bool(cell.protection.hidden), False),
        "locked": (lambda cell: bool(cell.protection.locked), True),
    }
    writes = {
        "formulaHidden": _with("protection", lambda body: {"hidden": flag(body, "formulaHidden")}),
        "locked": _with("protection", lambda body: {"locked": flag(body, "locked")}),
    }


class Format(Part):
    """How cells look."""

    kind = "workbookRangeFormat"
    sizes = frozenset(_MOST_POINTS)
    reads = {
        "horizontalAlignment": (
            lambda cell: _named(_ACROSS, cell.alignment.horizontal or "general"),
            "General",
        ),
        "verticalAlignment": (
            lambda cell: _named(_UPRIGHT, cell.alignment.vertical or "bottom"),
            "Bottom",
        ),
        "wrapText": (lambda cell: bool(cell.alignment.wrap_text), False),
    }
    writes = {
        "horizontalAlignment": _with(
            "alignment",
            lambda body: {"horizontal": one_of(_ACROSS, body, "horizontalAlignment")},
        ),
        "verticalAlignment": _with(
            "alignment", lambda body: {"vertical": one_of(_UPRIGHT, body, "verticalAlignment")}
        ),
        "wrapText": _with("alignment", lambda body: {"wrap_text": flag(body, "wrapText")}),
    }

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name == "borders":
            return Borders(self.of)
        part = {"font": Font, "fill": Fill, "protection": Locks}.get(name)
        return None if part is None else part(self.of)

    def show(self) -> Any:
        widths = {width for _, _, width in _widths(self.of)}
        heights = _heights(self.of)
        return {
            "columnWidth": round(widths.pop() * _POINTS, 2) if len(widths) == 1 else None,
            "rowHeight": heights.pop() if len(heights) == 1 else None,
            **super().show(),
        }

    def change(self, body: Arguments) -> Any:
        if body.get("columnWidth") is not None:
            self._widen(_points(body, "columnWidth") / _POINTS)
        if body.get("rowHeight") is not None:
            height = _points(body, "rowHeight")
            for at in self._rows():
                self.of.sheet.row_dimensions[at].height = height
        return super().change(body)

    def _rows(self) -> range:
        row, _, last_row, _ = self.of.box
        if last_row - row >= MOST_CELLS:
            message = "Heights of all rows of a sheet at once are not built."
            raise GraphError(501, "NotImplemented", message)
        return range(row, last_row + 1)

    def _widen(self, width: float, column: int | None = None) -> None:
        _, first, _, last = self.of.box
        if column is not None:
            first = last = column
        _cut(self.of.sheet, first, last)
        there = self.of.sheet.column_dimensions
        letter = get_column_letter(first)
        there[letter] = ColumnDimension(
            self.of.sheet, index=letter, width=width, customWidth=True, min=first, max=last
        )

    def act(self, name: str, body: Arguments) -> Found | None:
        if name == "autofitRows":
            for at in self._rows():
                self.of.sheet.row_dimensions[at].height = None  # Excel finds it out
            return 204, None
        if name != "autofitColumns":
            return None
        longest: dict[int, int] = {}
        for cell in _inside(self.of):
            text = text_of(shown_value(cell.value), str(cell.number_format))
            most = max(map(len, text.split("\n")))
            longest[cell.column] = max(longest.get(cell.column, 0), most)
        for column, letters in longest.items():
            if letters:
                self._widen((letters * _PIXELS + 5) / _PIXELS, column)
        return 204, None


def _points(body: Arguments, name: str) -> float:
    value = body[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _MOST_POINTS[name]:
        raise bad_argument(name)
    return float(value)


def _widths(of: Cells) -> Iterator[tuple[int, int, float]]:
    """The columns of a range, from one to another, with how wide these are."""
    _, first, _, last = of.box
    at = first
    for low, high, each in sorted(_dimensions(of.sheet), key=lambda each: each[0]):
        if high < at or low > last:
            continue
        if low > at:
            yield at, low - 1, _USUAL_WIDTH
        yield max(low, at), min(high, last), each.width if each.customWidth else _USUAL_WIDTH
        at = high + 1
    if at <= last:
        yield at, last, _USUAL_WIDTH


def _dimensions(sheet: Worksheet) -> list[tuple[int, int, Any]]:
    """What a file says of columns, several of which may be as one."""
    found = []
    for each in sheet.column_dimensions.values():
        each.reindex()
        found.append((each.min, each.max, each))
    return found


def _cut(sheet: Worksheet, first: int, last: int) -> None:
    """Let nothing be said of some columns; of those beside them the same as before."""
    for low, high, each in _dimensions(sheet):
        if high < first or low > last:
            continue
        del sheet.column_dimensions[get_column_letter(low)]
        for begin, end in ((low, first - 1), (last + 1, high)):
            if begin <= end:
                part = copy(each)
                part.index, part.min, part.max = get_column_letter(begin), begin, end
                sheet.column_dimensions[part.index] = part


def hidden_columns(sheet: Worksheet, first: int, last: int) -> set[int]:
    """Which of some columns are hidden."""
    return {
        at
        for low, high, each in _dimensions(sheet)
        if each.hidden
        for at in range(max(low, first), min(high, last) + 1)
    }


def hide_columns(sheet: Worksheet, first: int, last: int, *, hidden: bool) -> None:
    """Hide columns, or show them, as wide as they are."""
    there = [each for each in _dimensions(sheet) if each[0] <= last and each[1] >= first]
    _cut(sheet, first, last)
    at = first
    for low, high, each in [*sorted(there, key=lambda one: one[0]), (last + 1, last + 1, None)]:
        if at < low:
            _dimension(sheet, at, low - 1, hidden=hidden)
        if each is not None:
            begin, end = max(low, first), min(high, last)
            _dimension(sheet, begin, end, hidden=hidden, width=each.width, custom=each.customWidth)
            at = end + 1


def _dimension(
    sheet: Worksheet,
    first: int,
    last: int,
    *,
    hidden: bool,
    width: float = 13,
    custom: bool = False,
) -> None:
    letter = get_column_letter(first)
    sheet.column_dimensions[letter] = ColumnDimension(
        sheet, letter, width=width, customWidth=custom, min=first, max=last, hidden=hidden
    )


def hidden_rows(sheet: Worksheet, first: int, last: int) -> set[int]:
    """Which of some rows are hidden."""
    there = sheet.row_dimensions.items()
    return {at for at, each in there if each.hidden and first <= at <= last}


def _heights(of: Cells) -> set[float]:
    row, _, last_row, _ = of.box
    usual = of.sheet.sheet_format.defaultRowHeight or _USUAL_HEIGHT
    there = {at: each for at, each in of.sheet.row_dimensions.items() if row <= at <= last_row}
    found = {usual if each.height is None else float(each.height) for each in there.values()}
    return found | ({usual} if len(there) < last_row - row + 1 else set())


# Borders ----------------------------------------------------------------------------------------

_LINES: Mapping[tuple[str, str], str] = {
    ("Continuous", "Hairline"): "hair",
    ("Continuous", "Thin"): "thin",
    ("Continuous", "Medium"): "medium",
    ("Continuous", "Thick"): "thick",
    ("Dash", "Thin"): "dashed",
    ("Dash", "Medium"): "mediumDashed",
    ("DashDot", "Thin"): "dashDot",
    ("DashDot", "Medium"): "mediumDashDot",
    ("DashDotDot", "Thin"): "dashDotDot",
    ("DashDotDot", "Medium"): "mediumDashDotDot",
    ("Dot", "Thin"): "dotted",
    ("Double", "Thick"): "double",
    ("SlantDashDot", "Medium"): "slantDashDot",
}
_STYLES = ("None", *dict.fromkeys(style for style, _ in _LINES))
_WEIGHTS = tuple(dict.fromkeys(weight for _, weight in _LINES))


def _first_row(box: Box) -> Box:
    return box[0], box[1], box[0], box[3]


def _last_row(box: Box) -> Box:
    return box[2], box[1], box[2], box[3]


#: Of each border, of which cells of a range it is, and which side of these.
_SIDES: Mapping[str, tuple[str, Callable[[Box], Box]]] = {
    "EdgeTop": ("top", _first_row),
    "EdgeBottom": ("bottom", _last_row),
    "EdgeLeft": ("left", lambda box: (box[0], box[1], box[2], box[1])),
    "EdgeRight": ("right", lambda box: (box[0], box[3], box[2], box[3])),
    "InsideVertical": ("right", lambda box: (box[0], box[1], box[2], box[3] - 1)),
    "InsideHorizontal": ("bottom", lambda box: (box[0], box[1], box[2] - 1, box[3])),
    "DiagonalDown": ("diagonal", lambda box: box),
    "DiagonalUp": ("diagonal", lambda box: box),
}
_DIAGONALS = {"DiagonalDown": "diagonalDown", "DiagonalUp": "diagonalUp"}


class _Some:
    """Some cells of a sheet."""

    def __init__(self, sheet: Worksheet, box: Box) -> None:
        self.sheet = sheet
        self.box = box


class Borders(Several):
    """The lines around cells, and between them."""

    kind = "workbookRangeBorder"

    def __init__(self, of: Cells) -> None:
        self.of = of

    def check(self, name: str) -> None:
        check_formats(self.of)

    def nodes(self) -> list[Node]:
        return [Border(self.of, name) for name in _SIDES]

    def key(self, key: str) -> Node:
        return self.named(key, "id")

    def act(self, name: str, body: Arguments) -> Found | None:
        if name:
            return None
        side = body.get("sideIndex") or body.get("id")
        if side not in _SIDES:
            raise bad_argument("sideIndex")
        made = Border(self.of, str(side))
        made.change(body)
        return 201, made


class Border(Node):
    """One of them."""

    kind = "workbookRangeBorder"
    takes = frozenset({"color", "sideIndex", "style", "weight"})

    def __init__(self, of: Cells, name: str) -> None:
        self.of = of
        self.name = name

    def check(self, name: str) -> None:
        check_formats(self.of)

    @property
    def _cells(self) -> _Some | None:
        """The cells that have it; None where there is nothing between any."""
        box = _SIDES[self.name][1](self.of.box)
        return None if box[2] < box[0] or box[3] < box[1] else _Some(self.of.sheet, box)

    def _line(self, cell: Any) -> tuple[str | None, str]:
        """How a cell has it drawn, and in which color."""
        side = getattr(cell.border, _SIDES[self.name][0])
        diagonal = _DIAGONALS.get(self.name)
        if side is None or side.style is None or (diagonal and not getattr(cell.border, diagonal)):
            return None, _BLACK
        return side.style, _shown_color(side.color, _BLACK) or _BLACK

    def show(self) -> Any:
        usual = (None, _BLACK)
        found = usual if self._cells is None else _alike(self._cells, self._line, usual)
        drawn = None if found is None else _named(_LINES, found[0]) or ("None", "Thin")
        style, weight = drawn or (None, None)
        named = {"id": self.name, "sideIndex": self.name}
        return {**named, "color": found and found[1], "style": style, "weight": weight}

    def change(self, body: Arguments) -> Any:
        said, cells = self.show(), self._cells
        if body.get("sideIndex") not in (None, self.name):
            raise bad_argument("sideIndex")
        style = body.get("style") or said["style"] or "Continuous"
        if style == "None" and body.get("style") is None and {"color", "weight"} & body.keys():
            style = "Continuous"  # who gives a line a color draws it
        weight = body.get("weight") or said["weight"] or "Thin"
        if style not in _STYLES or weight not in _WEIGHTS:
            raise bad_argument("style" if style not in _STYLES else "weight")
        color = color_of(body) if body.get("color") is not None else (said["color"] or _BLACK)
        if cells is not None:
            self._draw(cells, _line_of(style, weight), f"FF{color.lstrip('#')[-6:]}")
        return self.show()

    def _draw(self, cells: _Some, line: str | None, color: str) -> None:
        side = Side(style=line, color=Color(rgb=color)) if line else Side()
        name, diagonal = _SIDES[self.name][0], _DIAGONALS.get(self.name)
        for cell in _each(cells):
            border = copy(cell.border)
            setattr(border, name, side)
            if diagonal:
                setattr(border, diagonal, line is not None)
            cell.border = border


def _line_of(style: str, weight: str) -> str | None:
    """The line that is like that; of a style that has no such weight, its own."""
    if style == "None":
        return None
    own = next(line for (name, _), line in _LINES.items() if name == style)
    return _LINES.get((style, weight), own)


# Protection -------------------------------------------------------------------------------------

#: What is allowed of a protected sheet, as files say that it is not.
_ALLOWED: Mapping[str, str] = {
    "allowAutoFilter": "autoFilter",
    "allowDeleteColumns": "deleteColumns",
    "allowDeleteRows": "deleteRows",
    "allowFormatCells": "formatCells",
    "allowFormatColumns": "formatColumns",
    "allowFormatRows": "formatRows",
    "allowInsertColumns": "insertColumns",
    "allowInsertHyperlinks": "insertHyperlinks",
    "allowInsertRows": "insertRows",
    "allowPivotTables": "pivotTables",
    "allowSort": "sort",
}


class Protection(Node):
    """Whether a sheet is protected, and what may be done to it then."""

    kind = "workbookWorksheetProtection"

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet

    def show(self) -> Any:
        there = self.sheet.protection
        options = {name: not getattr(there, each) for name, each in _ALLOWED.items()}
        return {"options": options if there.sheet else None, "protected": bool(there.sheet)}

    def act(self, name: str, body: Arguments) -> Found | None:
        there = self.sheet.protection
        if name == "unprotect":
            if there.password:
                raise denied()  # nobody says the password here
            there.sheet = False
            return 204, None
        if name != "protect":
            return None
        if there.sheet:
            raise denied()
        options = body.get("options") or {}
        if not isinstance(options, dict) or not options.keys() <= _ALLOWED.keys():
            raise bad_argument("options")
        for each, of_file in _ALLOWED.items():
            allowed = options.get(each)
            setattr(there, of_file, not (allowed is not None and flag(options, each)))
        there.sheet = True
        return 204, None


def denied() -> GraphError:
    """The sheet is protected."""
    message = "You cannot perform the requested operation."
    return GraphError(403, "AccessDenied", message)


def check_cells(of: Cells) -> None:
    """Raise GraphError (403) where cells of a protected sheet are locked."""
    if not of.sheet.protection.sheet:
        return
    there = _inside(of)
    if len(there) < _size(of) or any(cell.protection.locked for cell in there):
        raise denied()


def check_formats(of: Cells) -> None:
    """Raise GraphError (403) where a protected sheet lets nobody change how cells look."""
    there = of.sheet.protection
    if there.sheet and there.formatCells:
        raise denied()


def check_sheet(sheet: Worksheet) -> None:
    """Raise GraphError (403) for a protected sheet, which gets no tables and no more cells."""
    if sheet.protection.sheet:
        raise denied()


def corner(sheet: Worksheet, row: int, column: int) -> tuple[float, float]:
    """How far a cell is from the left and from the top of its sheet, in points."""
    left = 0.0
    if column > 1:
        widths = _widths(_Some(sheet, (1, 1, 1, column - 1)))
        left = sum((high - low + 1) * width for low, high, width in widths) * _POINTS
    usual = sheet.sheet_format.defaultRowHeight or _USUAL_HEIGHT
    above = (each.height for at, each in sheet.row_dimensions.items() if at < row)
    more = sum(height - usual for height in above if height is not None)
    return left, (row - 1) * usual + more
