"""What charts are called in the file: openpyxl reads no names of them, and writes ones of its own.

https://learn.microsoft.com/openspecs/office_standards/ms-oe376
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.reader.excel import ExcelReader
from openpyxl.workbook import Workbook
from openpyxl.xml.functions import fromstring

_FRAME = re.compile(rb'<((?:\w+:)?cNvPr) id="(\d+)" name="Chart \d+"')


class Drawn(NamedTuple):
    """What a chart is called, and the number that it keeps among those of its sheet."""

    number: int
    name: str


def drawn(sheet: Any) -> list[Drawn]:
    """What the charts of a sheet are called; one that is new has the next number."""
    found: list[Drawn] = []
    for chart in sheet._charts:
        there = getattr(chart, "drawn", None)
        if there is None:
            known = {each.number for each in (*found, *_known(sheet))}
            number = next(at for at in count(1 if not known else max(known) + 1))
            there = chart.drawn = Drawn(number, f"Chart {number}")
        found.append(there)
    return found


def _known(sheet: Any) -> Iterator[Drawn]:
    for chart in sheet._charts:
        there = getattr(chart, "drawn", None)
        if there is not None:
            yield there


def read_names(data: bytes, book: Workbook) -> None:
    """Let the charts of a workbook be called as its file says."""
    if not any(sheet._charts for sheet in book.worksheets):
        return
    reader = ExcelReader(io.BytesIO(data))
    reader.read_manifest()
    reader.read_workbook()
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for sheet, rel in reader.parser.find_sheets():
            charts = book[sheet.name]._charts if sheet.name in book.sheetnames else []
            names = _names(packed, rel.target) if charts else []
            numbers = {each.number for each in names}
            if len(names) == len(charts) == len(numbers):
                for chart, each in zip(charts, names, strict=True):
                    chart.drawn = each


def _names(packed: zipfile.ZipFile, part: str) -> list[Drawn]:
    """Of the charts of a sheet, in the order that openpyxl has them in."""
    path = get_rels_path(part)
    found: list[Drawn] = []
    if path not in packed.namelist():
        return found
    for rel in get_dependents(packed, path).find(SpreadsheetDrawing._rel_type):
        drawing = SpreadsheetDrawing.from_tree(fromstring(packed.read(rel.target)))
        for anchor in (*drawing.absoluteAnchor, *drawing.oneCellAnchor, *drawing.twoCellAnchor):
            frame = anchor.graphicFrame
            if frame is not None and frame.graphic.graphicData.chart is not None:
                said = frame.nvGraphicFramePr.cNvPr
                found.append(Drawn(int(said.id), str(said.name)))
    return found


def write_names(data: bytes, book: Workbook) -> bytes:
    """A file as openpyxl has saved a workbook, in which charts are called as they are."""
    parts = {
        sheet._drawing.path.lstrip("/"): drawn(sheet) for sheet in book.worksheets if sheet._charts
    }
    if not parts:
        return data
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for each in source.infolist():
            part = source.read(each)
            names = parts.get(each.filename)
            made.writestr(each, part if names is None else _named(part, names))
    return target.getvalue()


def _named(part: bytes, names: list[Drawn]) -> bytes:
    def named(found: re.Match[bytes]) -> bytes:
        each = names[int(found[2]) - 1]
        return b'<%b id="%d" name=%b' % (found[1], each.number, quoteattr(each.name).encode())

    return _FRAME.sub(named, part)
