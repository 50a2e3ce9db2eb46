"""The file that a workbook is, before openpyxl opens it: a package of XML that is not too large.

https://learn.microsoft.com/openspecs/office_standards/ms-xlsx
"""

from __future__ import annotations

import io
import zipfile
import zlib
from contextlib import suppress
from xml.parsers import expat

from openpyxl.utils import range_boundaries

from fakegraph.workloads.files.excel.cells import MOST_COLUMNS, MOST_ROWS
from fakegraph.workloads.files.excel.errors import unreadable

_MOST_BYTES = 30_000_000  # of all that is packed in a file
_MOST_SPREAD = 500_000  # cells that are made for what a file says of ranges
_SPREAD = frozenset({"mergeCell", "hyperlink", "comment"})
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError)


def check_file(data: bytes) -> None:
    """Raise GraphError for bytes that are no workbook, or that are much more once unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            whole = sum(each.file_size for each in packed.infolist())
            if "[Content_Types].xml" not in packed.namelist() or whole > _MOST_BYTES:
                raise unreadable()
            if sum(_spread(packed.read(each)) for each in packed.infolist()) > _MOST_SPREAD:
                raise unreadable()
    except _DAMAGED:
        raise unreadable() from None


def _spread(part: bytes) -> int:
    """How many cells openpyxl makes for the ranges of a part. Raises ValueError for none."""
    cells = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal cells
        if name.rpartition(" ")[2] in _SPREAD and ":" in attributes.get("ref", ""):
            column, row, last_column, last_row = range_boundaries(attributes["ref"])
            rows = (last_row or MOST_ROWS) - (row or 1) + 1
            cells += rows * ((last_column or MOST_COLUMNS) - (column or 1) + 1)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begin
    with suppress(expat.ExpatError):  # a picture, say; openpyxl says so of what it reads
        parser.Parse(part, True)
    return cells
