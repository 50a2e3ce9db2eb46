"""Charts of a sheet: which there are, what they show, and where they are.

They are as openpyxl reads and writes them, and called as ``drawn.py`` finds in the file.

https://learn.microsoft.com/graph/api/resources/chart
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import openpyxl.chart as kinds
from openpyxl.chart import Reference, Series
from openpyxl.chart.data_source import AxDataSource, StrRef
from openpyxl.chart.legend import Legend as OfChart
from openpyxl.chart.series import SeriesLabel
from openpyxl.drawing.spreadsheet_drawing import AbsoluteAnchor
from openpyxl.drawing.xdr import XDRPoint2D, XDRPositiveSize2D
from openpyxl.worksheet.worksheet import Worksheet

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.axes import Axes, DataLabels, text_of, title_format, titled
from fakegraph.workloads.files.excel.cells import Box, bounded
from fakegraph.workloads.files.excel.drawn import drawn
from fakegraph.workloads.files.excel.errors import bad_argument, missing, taken
from fakegraph.workloads.files.excel.formats import check_sheet, corner, flag, one_of
from fakegraph.workloads.files.excel.looks import ChartFill, ChartFont, ChartLine, Format
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node, Several, Whole
from fakegraph.workloads.files.excel.pictured import MOST, Shown, png, sized
from fakegraph.workloads.files.excel.ranges import range_of
from fakegraph.workloads.files.ids import guid_of

_EMU = 12_700  # of which a point has so many
_USUAL = (360.0, 216.0)  # points: how wide and high a new chart is
_MOST_POINTS = 100_000.0
_MOST_SERIES = 255
_LONGEST = 255
_PIXELS = 96 / 72  # of which a point has so many


class Kind(NamedTuple):
    """How openpyxl has a type of chart."""

    name: str
    options: Mapping[str, Any] = {}


def _stacked(name: str, stem: str, **more: Any) -> dict[str, Kind]:
    """A type of chart whose series are stacked, and the one where they are parts of a whole."""
    more |= {"overlap": 100} if name == "BarChart" else {}
    return {
        f"{stem}Stacked": Kind(name, {"grouping": "stacked", **more}),
        f"{stem}Stacked100": Kind(name, {"grouping": "percentStacked", **more}),
    }


_KINDS: Mapping[str, Kind] = {
    "ColumnClustered": Kind("BarChart", {"type": "col", "grouping": "clustered"}),
    **_stacked("BarChart", "Column", type="col"),
    "BarClustered": Kind("BarChart", {"type": "bar", "grouping": "clustered"}),
    **_stacked("BarChart", "Bar", type="bar"),
    "Line": Kind("LineChart", {"grouping": "standard"}),
    **_stacked("LineChart", "Line"),
    "Area": Kind("AreaChart", {"grouping": "standard"}),
    **_stacked("AreaChart", "Area"),
    "Pie": Kind("PieChart"),
    "Doughnut": Kind("DoughnutChart"),
    "Radar": Kind("RadarChart", {"type": "standard"}),
    "RadarFilled": Kind("RadarChart", {"type": "filled"}),
}
_PLACES = {"Top": "t", "Bottom": "b", "Left": "l", "Right": "r", "Corner": "tr"}


class Charts(Several):
    """The charts of a sheet."""

    kind = "workbookChart"

    def __init__(self, book: Whole, sheet: Worksheet) -> None:
        self.book = book
        self.sheet = sheet

    def check(self, name: str) -> None:
        check_sheet(self.sheet)

    def nodes(self) -> list[Node]:
        return [Chart(self, number) for number in range(len(self.sheet._charts))]

    def key(self, key: str) -> Node:
        return self.named(key, "id", "name")

    def act(self, name: str, body: Arguments) -> Found | None:
        if name != "add":
            return None
        kind = _KINDS.get(str(body.get("type")))
        if kind is None:
            message = f"fakegraph makes charts of these types: {', '.join(_KINDS)}."
            raise GraphError(501, "NotImplemented", message, "type")
        chart = getattr(kinds, kind.name)()
        for option, value in kind.options.items():
            setattr(chart, option, value)
        self.draw(chart, body)
        for axis in filter(None, (getattr(chart, name, None) for name in ("x_axis", "y_axis"))):
            axis.delete = False  # openpyxl hides what does not say so
        last = max((column for _, column in self.sheet._cells), default=0)
        _put(chart, (*corner(self.sheet, 2, last + 2), *_USUAL))
        self.sheet.add_chart(chart)
        return 201, Chart(self, len(self.sheet._charts) - 1)

    def draw(self, chart: Any, body: Arguments) -> None:
        """Let a chart show a range. Raises GraphError: 400, 404."""
        source, by = body.get("sourceData"), body.get("seriesBy") or "Auto"
        if not isinstance(source, str):
            raise bad_argument("sourceData")
        if by not in ("Auto", "Columns", "Rows"):
            raise bad_argument("seriesBy")
        of = range_of(self.book, source, self.sheet)
        box = bounded(*of.box)
        height, width = box[2] - box[0] + 1, box[3] - box[1] + 1
        upright = height >= width if by == "Auto" else by == "Columns"
        if (width if upright else height) > _MOST_SERIES:
            raise bad_argument("sourceData")
        chart.series = list(_series(of.sheet, box, upright=upright))


def _series(sheet: Worksheet, box: Box, *, upright: bool) -> Iterator[Any]:
    """The series of a range, by columns or by rows; texts at its edges name them, and what their
    values are of.
    """
    row, column, last_row, last_column = box
    top = int(row < last_row and _says(sheet, row, last_column))
    left = int(column < last_column and _says(sheet, last_row, column))
    if upright:
        names = Reference(sheet, column, row + top, column, last_row) if left else None
        lines = [
            Reference(sheet, at, row, at, last_row) for at in range(column + left, last_column + 1)
        ]
    else:
        names = Reference(sheet, column + left, row, last_column, row) if top else None
        lines = [
            Reference(sheet, column, at, last_column, at) for at in range(row + top, last_row + 1)
        ]
    for values in lines:
        made = Series(values, title_from_data=bool(top if upright else left))
        if names is not None:
            made.cat = AxDataSource(strRef=StrRef(f=str(names)))
        yield made


def is_number(value: Any) -> bool:
    """Whether a cell has a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _says(sheet: Worksheet, row: int, column: int) -> bool:
    """Whether a cell has a text."""
    cell = sheet._cells.get((row, column))
    return cell is not None and isinstance(cell.value, str) and cell.value[:1] != "="


# Where one is -----------------------------------------------------------------------------------

_Place = tuple[float, float, float, float]
"""From the left, from the top, width and height, in points."""


def _put(chart: Any, place: _Place) -> None:
    left, top, width, height = (round(each * _EMU) for each in place)
    size = XDRPositiveSize2D(width, height)
    chart.anchor = AbsoluteAnchor(pos=XDRPoint2D(left, top), ext=size)


def _place(sheet: Worksheet, chart: Any) -> _Place:
    anchor = chart.anchor
    if isinstance(anchor, AbsoluteAnchor):
        pos = anchor.pos
        return (pos.x / _EMU, pos.y / _EMU, anchor.ext.width / _EMU, anchor.ext.height / _EMU)
    left, top = _marked(sheet, anchor._from)
    if hasattr(anchor, "to"):
        right, bottom = _marked(sheet, anchor.to)
        return left, top, right - left, bottom - top
    return left, top, anchor.ext.width / _EMU, anchor.ext.height / _EMU


def _marked(sheet: Worksheet, marker: Any) -> tuple[float, float]:
    left, top = corner(sheet, marker.row + 1, marker.col + 1)
    return left + marker.colOff / _EMU, top + marker.rowOff / _EMU


class Chart(Node):
    """One chart, by its number from 0."""

    kind = "workbookChart"
    takes = frozenset({"height", "left", "name", "top", "width"})

    def __init__(self, charts: Charts, number: int) -> None:
        self.charts = charts
        self.number = number

    def check(self, name: str) -> None:
        self.charts.check(name)

    @property
    def chart(self) -> Any:
        """It, as openpyxl has it."""
        return self.charts.sheet._charts[self.number]

    def show(self) -> Any:
        left, top, width, height = (
            round(each, 2) for each in _place(self.charts.sheet, self.chart)
        )
        sheet = self.charts.sheet
        said = drawn(sheet)[self.number]
        id_ = guid_of("chart", sheet.sheet_properties.codeName or sheet.title, str(said.number))
        named = {"id": f"{{{str(id_).upper()}}}", "name": said.name}
        return {**named, "height": height, "left": left, "top": top, "width": width}

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name == "worksheet":
            return self.charts.book.seen(self.charts.sheet)
        part = {"title": Title, "legend": Legend, "series": AllSeries}.get(name)
        if part is not None:
            return part(self)
        if name == "image":
            return Picture(self, arguments)
        if name == "format":
            look, kind = {"fill": (ChartFill, "graphical_properties")}, "workbookChartAreaFormat"
            return Format(kind, self.chart, self.check, **look)
        drawn = {"axes": Axes, "dataLabels": DataLabels}.get(name)
        return None if drawn is None else drawn(self.chart, self.check)

    def change(self, body: Arguments) -> Any:
        there = self.show()
        wanted = [body.get(name, there[name]) for name in ("left", "top", "width", "height")]
        for name, value in zip(("left", "top", "width", "height"), wanted, strict=True):
            if not is_number(value) or not 0 <= value <= _MOST_POINTS:
                raise bad_argument(name)
        if "name" in body:
            self._rename(body["name"])
        left, top, width, height = map(float, wanted)
        _put(self.chart, (left, top, width, height))
        return self.show()

    def _rename(self, name: Any) -> None:
        """Call it so. Raises GraphError: 400, 409 where another chart of the sheet is called so."""
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST or not name.isprintable():
            raise bad_argument("name")
        there = drawn(self.charts.sheet)
        others = (each.name.casefold() for at, each in enumerate(there) if at != self.number)
        if name.casefold() in others:
            raise taken()
        self.chart.drawn = there[self.number]._replace(name=name)

    def remove(self) -> bool:
        drawn(self.charts.sheet)  # the others keep their names
        del self.charts.sheet._charts[self.number]
        return True

    def act(self, name: str, body: Arguments) -> Found | None:
        if name == "setData":
            self.charts.draw(self.chart, body)
            return 204, None
        if name != "setPosition":
            return None
        sheet = self.charts.sheet
        first = self._cells(body.get("startCell"))
        left, top = corner(sheet, first[0], first[1])
        _, _, width, height = _place(sheet, self.chart)
        if body.get("endCell") is not None:
            last = self._cells(body["endCell"])
            right, bottom = corner(sheet, last[2] + 1, last[3] + 1)
            width, height = right - left, bottom - top
        if width < 0 or height < 0:
            raise bad_argument("endCell")
        _put(self.chart, (left, top, width, height))
        return 204, None

    def _cells(self, address: Any) -> Box:
        if not isinstance(address, str):
            raise bad_argument("startCell")
        return bounded(*range_of(self.charts.book, address, self.charts.sheet).box)

    def pictured(self) -> Shown:
        """What a picture of it shows."""
        chart = self.chart
        series = [OneSeries(self, number).values() for number in range(len(chart.series))]
        grouping = getattr(chart, "grouping", None)
        return Shown(
            type(chart).__name__.removesuffix("3D"),
            getattr(chart, "type", None) == "bar",
            grouping if grouping in ("stacked", "percentStacked") else "",
            text_of(chart.title) or "",
            [[each if is_number(each) else None for each in line] for line in series],
        )


class Picture(Node):
    """A picture of a chart, as large as is asked for."""

    kind = "Edm.String"

    def __init__(self, of: Chart, arguments: Arguments) -> None:
        self.of = of
        self.arguments = arguments

    def show(self) -> Any:
        said = self.arguments
        mode = said.get("fittingMode", "Fit")
        wanted = {name: said.get(name, 0) for name in ("width", "height")}
        for name, value in wanted.items():
            if not 0 <= value <= MOST:
                raise bad_argument(name)
        modes = {each.casefold(): each for each in ("Fit", "FitAndCenter", "Fill")}
        if str(mode).casefold() not in modes:
            raise bad_argument("fittingMode")
        own = self.of.show()
        pixels = [min(MOST, max(1, round(own[name] * _PIXELS))) for name in wanted]
        width, height = wanted.values()
        sizes = sized((pixels[0], pixels[1]), width, height, modes[str(mode).casefold()])
        return png(self.of.pictured(), *sizes)


class _Part(Node):
    """Something of a chart: who may change that may change it."""

    def __init__(self, of: Chart) -> None:
        self.of = of

    def check(self, name: str) -> None:
        self.of.check(name)


class Title(_Part):
    """What a chart is called."""

    kind = "workbookChartTitle"
    takes = frozenset({"overlay", "text", "visible"})

    def show(self) -> Any:
        title = self.of.chart.title
        return {
            "overlay": bool(title is not None and title.overlay),
            "text": text_of(title) or None,
            "visible": title is not None,
        }

    def change(self, body: Arguments) -> Any:
        overlay = flag(body, "overlay") if "overlay" in body else self.show()["overlay"]
        title = titled(body, self.of.chart.title, "Chart Title")
        if title is not None:
            title.overlay = overlay
        self.of.chart.title = title
        return self.show()

    def step(self, name: str, arguments: Arguments) -> Node | None:
        return title_format("workbookChartTitleFormat", self.of.chart.title, self.check, name)


class Legend(_Part):
    """What says which series is which."""

    kind = "workbookChartLegend"
    takes = frozenset({"overlay", "position", "visible"})

    def show(self) -> Any:
        legend = self.of.chart.legend
        place = "r" if legend is None else legend.position
        return {
            "overlay": bool(legend is not None and legend.overlay),
            "position": next(name for name, each in _PLACES.items() if each == place),
            "visible": legend is not None,
        }

    def change(self, body: Arguments) -> Any:
        said = {**self.show(), **{name: body[name] for name in self.takes if name in body}}
        for name in ("overlay", "visible"):
            if not isinstance(said[name], bool):
                raise bad_argument(name)
        place = one_of(_PLACES, said, "position")
        legend = self.of.chart.legend or OfChart()
        legend.position, legend.overlay = place, said["overlay"]
        self.of.chart.legend = legend if said["visible"] else None
        return self.show()

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name != "format":
            return None
        if self.of.chart.legend is None:
            raise missing()
        looks = {"fill": (ChartFill, "spPr"), "font": (ChartFont, "txPr")}
        return Format("workbookChartLegendFormat", self.of.chart.legend, self.check, **looks)


class AllSeries(Several):
    """What a chart shows."""

    kind = "workbookChartSeries"

    def __init__(self, of: Chart) -> None:
        self.of = of

    def nodes(self) -> list[Node]:
        return [OneSeries(self.of, number) for number in range(len(self.of.chart.series))]


class OneSeries(Node):
    """One series: the cell that names it says how, or a text of its own."""

    kind = "workbookChartSeries"
    takes = frozenset({"name"})

    def __init__(self, of: Chart, number: int) -> None:
        self.of = of
        self.number = number

    def check(self, name: str) -> None:
        self.of.check(name)

    def change(self, body: Arguments) -> Any:
        name = body.get("name", "")
        if not isinstance(name, str) or not name.isprintable() or len(name) > _LONGEST:
            raise bad_argument("name")
        if name:
            self.of.chart.series[self.number].tx = SeriesLabel(v=name)
        return self.show()

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name == "points":
            return Points(self)
        looks = {"fill": (ChartFill, "spPr"), "line": (ChartLine, "spPr")}
        one, kind = self.of.chart.series[self.number], "workbookChartSeriesFormat"
        return Format(kind, one, self.check, **looks) if name == "format" else None

    def show(self) -> Any:
        title = self.of.chart.series[self.number].tx
        name = None if title is None else title.v
        if title is not None and title.strRef is not None:
            charts = self.of.charts
            values = range_of(charts.book, str(title.strRef.f), charts.sheet).values()
            name = str(values[0][0])
        return {"name": name or f"Series{self.number + 1}"}

    def values(self) -> list[Any]:
        """The values of the cells that it shows; of what has no cells those that are kept."""
        series = self.of.chart.series[self.number]
        source = getattr(series, "val", None) or getattr(series, "yVal", None)
        found = None if source is None else source.numRef or source.numLit
        if found is None:
            return []
        if getattr(found, "f", None):
            charts = self.of.charts
            cells = range_of(charts.book, str(found.f), charts.sheet)
            bounded(*cells.box)
            return [each for row in cells.values() for each in row]
        return [float(each.v) for each in found.pt]


class Points(Several):
    """The points of a series."""

    kind = "workbookChartPoint"

    def __init__(self, of: OneSeries) -> None:
        self.of = of

    def nodes(self) -> list[Node]:
        return [Point(each) for each in self.of.values()]


class Point(Node):
    """One point: the value of a cell."""

    kind = "workbookChartPoint"

    def __init__(self, value: Any) -> None:
        self.value = value

    def show(self) -> Any:
        return {"value": self.value}
