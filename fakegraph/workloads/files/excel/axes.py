"""The axes of charts, their titles and grids, and what is written at each value.

https://learn.microsoft.com/graph/api/resources/chartaxes
"""

from __future__ import annotations

from typing import Any

from openpyxl.chart.axis import ChartLines
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.title import title_maker

from fakegraph.workloads.files.excel.errors import bad_argument, missing
from fakegraph.workloads.files.excel.formats import flag, one_of
from fakegraph.workloads.files.excel.looks import (
    ChartFill,
    ChartFont,
    ChartLine,
    Check,
    Format,
    Look,
)
from fakegraph.workloads.files.excel.nodes import Arguments, Node

_AXES = {"categoryAxis": "x_axis", "valueAxis": "y_axis", "seriesAxis": "z_axis"}
_GRIDS = ("majorGridlines", "minorGridlines")
_AUTOMATIC = ""  # what Excel finds itself


class Drawn(Node):
    """A part of a chart, ``part`` as openpyxl has it; who may change the chart may change it."""

    def __init__(self, part: Any, check: Check) -> None:
        self.part = part
        self.check_chart = check

    def check(self, name: str) -> None:
        self.check_chart(name)

    def show(self) -> Any:
        return {}


class Axes(Drawn):
    """The axes of a chart, as far as its kind has them."""

    kind = "workbookChartAxes"

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name not in _AXES:
            return None
        axis = getattr(self.part, _AXES[name], None)
        if axis is None:
            raise missing()
        return Axis(axis, self.check_chart)


class Axis(Drawn):
    """One axis. What is a number of it is of one that shows numbers."""

    kind = "workbookChartAxis"
    takes = frozenset({"majorUnit", "maximum", "minimum", "minorUnit"})

    def _place(self, name: str) -> tuple[Any, str] | None:
        """Where the file has a number of it; None where no axis of its kind has one."""
        if not hasattr(self.part, "majorUnit"):
            return None
        scale = {"maximum": "max", "minimum": "min"}
        return (self.part.scaling, scale[name]) if name in scale else (self.part, name)

    def show(self) -> Any:
        places = {name: self._place(name) for name in sorted(self.takes)}
        found = {name: place and getattr(*place) for name, place in places.items()}
        return {name: _AUTOMATIC if value is None else value for name, value in found.items()}

    def change(self, body: Arguments) -> Any:
        wanted = {**self.show(), **{name: body[name] for name in self.takes if name in body}}
        for name, value in wanted.items():
            place, is_automatic = self._place(name), value in (_AUTOMATIC, None)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_automatic and (place is None or not is_number):
                raise bad_argument(name)
            if name.endswith("Unit") and is_number and value <= 0:
                raise bad_argument(name)
            if place is not None:
                setattr(*place, None if is_automatic else float(value))
        low, high = wanted["minimum"], wanted["maximum"]
        if _AUTOMATIC not in (low, high) and None not in (low, high) and low >= high:
            raise bad_argument("minimum")
        return self.show()

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name == "title":
            return AxisTitle(self.part, self.check_chart)
        if name in _GRIDS:
            return Gridlines(self.part, self.check_chart, name)
        looks = {"font": (ChartFont, "txPr"), "line": (ChartLine, "spPr")}
        kind = "workbookChartAxisFormat"
        return Format(kind, self.part, self.check_chart, **looks) if name == "format" else None


class Gridlines(Drawn):
    """The lines across a chart at the values of an axis."""

    kind = "workbookChartGridlines"
    takes = frozenset({"visible"})

    def __init__(self, axis: Any, check: Check, name: str) -> None:
        super().__init__(axis, check)
        self.name = name

    def show(self) -> Any:
        return {"visible": getattr(self.part, self.name) is not None}

    def change(self, body: Arguments) -> Any:
        if "visible" in body:
            there = getattr(self.part, self.name) or ChartLines()
            setattr(self.part, self.name, there if flag(body, "visible") else None)
        return self.show()

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name != "format":
            return None
        lines = getattr(self.part, self.name)
        if lines is None:
            raise missing()
        look, kind = {"line": (ChartLine, "spPr")}, "workbookChartGridlinesFormat"
        return Format(kind, lines, self.check_chart, **look)


class AxisTitle(Drawn):
    """What an axis is called."""

    kind = "workbookChartAxisTitle"
    takes = frozenset({"text", "visible"})

    def show(self) -> Any:
        title = self.part.title
        return {"text": text_of(title) or None, "visible": title is not None}

    def change(self, body: Arguments) -> Any:
        self.part.title = titled(body, self.part.title, "Axis Title")
        return self.show()

    def step(self, name: str, arguments: Arguments) -> Node | None:
        return title_format("workbookChartAxisTitleFormat", self.part.title, self.check_chart, name)


def title_format(kind: str, title: Any, check: Check, name: str) -> Node | None:
    """How a title looks. Raises GraphError (404) where there is none."""
    if name != "format":
        return None
    if title is None:
        raise missing()
    looks: dict[str, tuple[type[Look], str]] = {"font": (ChartFont, "tx")}
    if kind == "workbookChartTitleFormat":
        looks["fill"] = (ChartFill, "spPr")
    return Format(kind, title, check, **looks)


def text_of(title: Any) -> str:
    """The text of a title; empty for one that is not there, or is a cell's."""
    rich = title.tx.rich if title is not None and title.tx is not None else None
    runs = (run for each in (rich.p if rich else ()) for run in (each.r or ()))
    return "".join(run.t for run in runs)


_LONGEST = 255


def titled(body: Arguments, there: Any, usual: str) -> Any:
    """The title that a body makes of one, or of none. Raises GraphError (400)."""
    text = body.get("text") or text_of(there) or None
    if text is not None and not (isinstance(text, str) and text.isprintable()):
        raise bad_argument("text")
    if text is not None and len(text) > _LONGEST:
        raise bad_argument("text")
    visible = flag(body, "visible") if "visible" in body else there is not None or "text" in body
    if not visible:
        return None
    return there if there is not None and text == text_of(there) else title_maker(text or usual)


_SHOWN = {
    "showBubbleSize": "showBubbleSize",
    "showCategoryName": "showCatName",
    "showLegendKey": "showLegendKey",
    "showPercentage": "showPercent",
    "showSeriesName": "showSerName",
    "showValue": "showVal",
}
_WHERE = {
    "None": None,
    "Center": "ctr",
    "InsideEnd": "inEnd",
    "InsideBase": "inBase",
    "OutsideEnd": "outEnd",
    "Left": "l",
    "Right": "r",
    "Top": "t",
    "Bottom": "b",
    "BestFit": "bestFit",
}


class DataLabels(Drawn):
    """What is written at each value of a chart."""

    kind = "workbookChartDataLabels"
    takes = frozenset({"position", "separator", *_SHOWN})

    def show(self) -> Any:
        labels = self.part.dataLabels
        where = None if labels is None else labels.position
        found: dict[str, Any] = {
            "position": next(name for name, each in _WHERE.items() if each == where),
            "separator": (labels.separator if labels is not None else None) or ",",
        }
        shows = {name: bool(getattr(labels, own, False)) for name, own in _SHOWN.items()}
        return found | shows

    def change(self, body: Arguments) -> Any:
        labels = self.part.dataLabels or DataLabelList(**dict.fromkeys(_SHOWN.values(), False))
        for name, own in _SHOWN.items():
            if name in body:
                setattr(labels, own, flag(body, name))
        if "position" in body:
            labels.position = one_of(_WHERE, body, "position")
        if "separator" in body:
            labels.separator = _separator(body["separator"])
        self.part.dataLabels = labels
        return self.show()


def _separator(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) < 32:
        raise bad_argument("separator")
    return value
