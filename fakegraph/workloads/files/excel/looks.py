"""How parts of charts look: their letters, what is behind them, and their lines.

https://learn.microsoft.com/graph/api/resources/chartfont
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.fill import ColorChoice
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.drawing.text import Font as Letters

from fakegraph.workloads.files.excel.formats import color_of, flag, font_name, font_size, one_of
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node

_UNDERLINES = {"None": "none", "Single": "sng"}
_USUAL = {"bold": False, "color": "#000000", "italic": False, "name": "Calibri", "size": 10.0}
_POINT = 100  # sizes of letters are in parts of a point

Check = Callable[[str], object]


class Look(Node):
    """Something of how a part of a chart looks. ``part`` is that, as openpyxl has it; ``check``
    raises GraphError for who may not change it, ``attribute`` is where it keeps its look.
    """

    def __init__(self, part: Any, check: Check, attribute: str) -> None:
        self.part = part
        self.check_chart = check
        self.attribute = attribute

    def check(self, name: str) -> None:
        self.check_chart(name)


class Format(Look):
    """The parts of a look: ``looks`` by name, each with what it is kept in."""

    def __init__(self, kind: str, part: Any, check: Check, **looks: tuple[type[Look], str]) -> None:
        super().__init__(part, check, "")
        self.kind = kind
        self.looks = looks

    def show(self) -> Any:
        return {}

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name not in self.looks:
            return None
        look, attribute = self.looks[name]
        return look(self.part, self.check_chart, attribute)


class ChartFont(Look):
    """The letters of a part."""

    kind = "workbookChartFont"
    takes = frozenset({"bold", "color", "italic", "name", "size", "underline"})

    def show(self) -> Any:
        letters = next(self._all(), None)
        if letters is None:
            return {**_USUAL, "underline": "None"}
        names = {mark: name for name, mark in _UNDERLINES.items()}
        return {
            "bold": bool(letters.b),
            "color": shown_color(letters.solidFill) or _USUAL["color"],
            "italic": bool(letters.i),
            "name": letters.latin.typeface if letters.latin else _USUAL["name"],
            "size": letters.sz / _POINT if letters.sz else _USUAL["size"],
            "underline": names.get(letters.u or "none", "Single"),
        }

    def change(self, body: Arguments) -> Any:
        said = [name for name in self.takes if body.get(name) is not None]
        values = {name: _WRITES[name][1](body) for name in said}
        self._begin()
        for letters in self._all():
            for name, value in values.items():
                setattr(letters, _WRITES[name][0], value)
        return self.show()

    def _text(self) -> Any:
        found = getattr(self.part, self.attribute)
        return found.rich if self.attribute == "tx" and found is not None else found

    def _all(self) -> Iterator[Any]:
        """What says it in the file: of each paragraph, and of what is written in it."""
        text = self._text()
        for each in (text.p or ()) if text is not None else ():
            if each.pPr is not None and each.pPr.defRPr is not None:
                yield each.pPr.defRPr
            yield from (run.rPr for run in each.r or () if run.rPr is not None)

    def _begin(self) -> None:
        text = self._text()
        if text is None:
            text = RichText(p=[Paragraph()])
            setattr(self.part, self.attribute, text)
        for each in text.p:
            each.pPr = each.pPr or ParagraphProperties()
            each.pPr.defRPr = each.pPr.defRPr or CharacterProperties()
            for run in each.r or ():
                run.rPr = run.rPr or CharacterProperties()


_WRITES: dict[str, tuple[str, Callable[[Arguments], Any]]] = {
    "bold": ("b", lambda body: flag(body, "bold")),
    "color": ("solidFill", lambda body: colored(body)),
    "italic": ("i", lambda body: flag(body, "italic")),
    "name": ("latin", lambda body: Letters(typeface=font_name(body))),
    "size": ("sz", lambda body: round(font_size(body) * _POINT)),
    "underline": ("u", lambda body: one_of(_UNDERLINES, body, "underline")),
}


def colored(body: Arguments) -> ColorChoice:
    """The color of a body, as drawings have it. Raises GraphError (400)."""
    return ColorChoice(srgbClr=color_of({"color": body.get("color")})[-6:])


def shown_color(fill: Any) -> str | None:
    """A color of a drawing; None for one of another kind, and for none."""
    choice = getattr(fill, "srgbClr", None)
    return f"#{getattr(choice, 'val', choice)}" if choice is not None else None


class ChartFill(Look):
    """What is behind a part."""

    kind = "workbookChartFill"

    def show(self) -> Any:
        return {}

    def act(self, name: str, body: Arguments) -> Found | None:
        if name not in ("setSolidColor", "clear"):
            return None
        fill = None if name == "clear" else colored(body)
        drawn = getattr(self.part, self.attribute) or GraphicalProperties()
        drawn.noFill, drawn.solidFill = (True, None) if fill is None else (None, fill)
        setattr(self.part, self.attribute, drawn)
        return 204, None


class ChartLine(Look):
    """The line of a part."""

    kind = "workbookChartLineFormat"
    takes = frozenset({"color"})

    def show(self) -> Any:
        line = getattr(getattr(self.part, self.attribute), "ln", None)
        return {"color": shown_color(line.solidFill if line is not None else None) or "#000000"}

    def change(self, body: Arguments) -> Any:
        if body.get("color") is not None:
            self._draw(LineProperties(solidFill=colored(body)))
        return self.show()

    def act(self, name: str, body: Arguments) -> Found | None:
        if name != "clear":
            return None
        self._draw(LineProperties(noFill=True))
        return 204, None

    def _draw(self, line: LineProperties) -> None:
        drawn = getattr(self.part, self.attribute) or GraphicalProperties()
        drawn.ln = line
        setattr(self.part, self.attribute, drawn)
