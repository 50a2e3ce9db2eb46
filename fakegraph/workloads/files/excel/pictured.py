"""Pictures of charts, drawn of the values that they show: simple ones, and true to these.

https://learn.microsoft.com/graph/api/chart-image
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from fakegraph.errors import GraphError

_COLOURS = ("#4472C4", "#ED7D31", "#A5A5A5", "#FFC000", "#5B9BD5", "#70AD47", "#264478", "#9E480E")
_MARGIN, _HEAD, _FOOT, _LINE = 0.06, 0.12, 0.1, "#D9D9D9"
#: How many pixels a picture has at most in each direction.
MOST = 4000


class Shown(NamedTuple):
    """What a chart shows: its kind as openpyxl has it, how its bars lie, its title, and of each
    series the values, with None where there is none.
    """

    kind: str
    lying: bool
    stacked: str
    title: str
    series: Sequence[Sequence[float | None]]


Size = tuple[int, int]


def sized(own: Size, width: int, height: int, mode: str) -> tuple[Size, Size]:
    """How large a picture is, and the chart in it, by what is asked for (0 is nothing)."""
    if not width and not height:
        return own, own
    scale = min(side / mine for side, mine in zip((width, height), own, strict=True) if side)
    fitted = (max(1, round(own[0] * scale)), max(1, round(own[1] * scale)))
    if not width or not height:
        return fitted, fitted
    if mode == "Fill":
        return (width, height), (width, height)
    return ((width, height) if mode == "FitAndCenter" else fitted), fitted


def png(shown: Shown, whole: Size, inner: Size) -> str:
    """The picture, as base64. Raises GraphError (501) without Pillow."""
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        message = "Pictures are drawn by Pillow, which is not there: pip install pillow."
        raise GraphError(501, "NotImplemented", message) from None
    drawn = Image.new("RGB", inner, "white")
    _Drawing(ImageDraw.Draw(drawn), inner, shown).draw()
    picture = drawn
    if whole != inner:
        picture = Image.new("RGB", whole, "white")
        picture.paste(drawn, ((whole[0] - inner[0]) // 2, (whole[1] - inner[1]) // 2))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


class _Drawing:
    """Draws one chart."""

    def __init__(self, pen: Any, size: Size, shown: Shown) -> None:
        self.pen = pen
        self.shown = shown
        width, height = size
        self.left, self.right = width * _MARGIN, width * (1 - _MARGIN)
        self.top, self.bottom = height * _HEAD, height * (1 - _FOOT)
        self.middle = width / 2, height * _HEAD / 2
        self.places = max(map(len, shown.series), default=0)
        self.layers = list(map(list, self._layered()))
        values = [end for layer in self.layers for pair in layer for end in pair]
        low, high = min([0.0, *values]), max([0.0, *values])
        self.low, self.high = (low, high) if high > low else (0.0, 1.0)

    def draw(self) -> None:
        """All of it."""
        if self.shown.title:
            self.pen.text(self.middle, self.shown.title, fill="#595959", anchor="mm")
        if not self.places:
            return
        kind = self.shown.kind
        if kind in ("PieChart", "DoughnutChart"):
            self._pie(hole=kind == "DoughnutChart")
        elif kind == "RadarChart":
            self._radar()
        else:
            self._grid()
            {"BarChart": self._bars, "AreaChart": self._areas}.get(kind, self._lines)()

    # Scales ---------------------------------------------------------------------------------

    def _layered(self) -> list[list[tuple[float, float]]]:
        """Of each series, from where to where each of its values goes: stacked, on those before."""
        below = [0.0] * self.places
        sums = [
            sum(abs(line[at] or 0) for line in self.shown.series if at < len(line)) or 1
            for at in range(self.places)
        ]
        found = []
        for line in self.shown.series:
            layer = []
            for at in range(self.places):
                value = (line[at] if at < len(line) else None) or 0
                if self.shown.stacked == "percentStacked":
                    value = value / sums[at]
                start = below[at] if self.shown.stacked else 0
                layer.append((start, start + value))
                below[at] = start + value
            found.append(layer)
        return found

    def _along(self, value: float, *, across: bool = False) -> float:
        """Where a value is: from below, or from the left."""
        part = (value - self.low) / (self.high - self.low)
        if across:
            return self.left + part * (self.right - self.left)
        return self.bottom - part * (self.bottom - self.top)

    def _grid(self) -> None:
        for step in range(5):
            value = self.low + (self.high - self.low) * step / 4
            at = self._along(value, across=self.shown.lying)
            ends = (
                [(at, self.top), (at, self.bottom)]
                if self.shown.lying
                else [(self.left, at), (self.right, at)]
            )
            self.pen.line(ends, fill=_LINE)

    # Kinds ----------------------------------------------------------------------------------

    def _bars(self) -> None:
        start, end = (self.top, self.bottom) if self.shown.lying else (self.left, self.right)
        room = (end - start) / self.places
        each = room * 0.7 / (1 if self.shown.stacked else len(self.layers))
        for number, layer in enumerate(self.layers):
            for at, (low, high) in enumerate(layer):
                side = start + at * room + room * 0.15
                side += 0 if self.shown.stacked else number * each
                ends = sorted(self._along(v, across=self.shown.lying) for v in (low, high))
                box = (side, ends[0], side + each, ends[1])
                if self.shown.lying:
                    box = (ends[0], side, ends[1], side + each)
                self.pen.rectangle(box, fill=_colour(number))

    def _points(self, layer: Sequence[tuple[float, float]], end: int) -> list[tuple[float, float]]:
        room = (self.right - self.left) / self.places
        return [
            (self.left + (at + 0.5) * room, self._along(pair[end])) for at, pair in enumerate(layer)
        ]

    def _lines(self) -> None:
        for number, layer in enumerate(self.layers):
            points = self._points(layer, 1)
            if len(points) > 1:
                self.pen.line(points, fill=_colour(number), width=2)
            for x, y in points:
                self.pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=_colour(number))

    def _areas(self) -> None:
        for number, layer in enumerate(self.layers):
            outline = self._points(layer, 1) + self._points(layer, 0)[::-1]
            if len(outline) > 2:
                self.pen.polygon(outline, fill=_colour(number))

    def _circle(self) -> tuple[float, float, float]:
        size = min(self.right - self.left, self.bottom - self.top) / 2
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2, size

    def _pie(self, *, hole: bool) -> None:
        x, y, size = self._circle()
        parts = [max(each or 0, 0) for each in self.shown.series[0]]
        whole, angle = sum(parts), -90.0
        for number, part in enumerate(parts if whole else ()):
            more = 360 * part / whole
            box = (x - size, y - size, x + size, y + size)
            if part:
                self.pen.pieslice(box, angle, angle + more, fill=_colour(number))
            angle += more
        if hole:
            inner = size / 2
            self.pen.ellipse((x - inner, y - inner, x + inner, y + inner), fill="white")

    def _radar(self) -> None:
        x, y, size = self._circle()
        for number, line in enumerate(self.shown.series):
            points = []
            for at in range(self.places):
                value = (line[at] if at < len(line) else None) or 0
                angle = 2 * math.pi * at / self.places
                far = size * (value - self.low) / (self.high - self.low)
                points.append((x + far * math.sin(angle), y - far * math.cos(angle)))
            if len(points) > 1:
                self.pen.line([*points, points[0]], fill=_colour(number), width=2)


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]
