"""The file that a workbook is, before openpyxl opens it: a package of XML that is not too large.

https://learn.microsoft.com/openspecs/office_standards/ms-xlsx
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from contextlib import suppress
from xml.parsers import expat

from openpyxl.utils import range_boundaries

from fakegraph.workloads.files.excel.cells import MOST_COLUMNS, MOST_ROWS
from fakegraph.workloads.files.excel.errors import unreadable

_MOST_BYTES = 30_000_000  # of all that is packed in a file
_MOST_CELLS = 500_000  # that a file has, or that are made for what it says of ranges
_MOST_ELEMENTS = 3_000_000  # of all XML in a file: each is an object once it is read
_MOST_SHEETS = 1_000
_SPREAD = frozenset({"mergeCell", "hyperlink", "comment"})
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError)


def check_file(data: bytes) -> None:
    """Raise GraphError for bytes that are no workbook, or that are much more once unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            whole = sum(each.file_size for each in packed.infolist())
            if "[Content_Types].xml" not in packed.namelist() or whole > _MOST_BYTES:
                raise unreadable()
            weight = _Weight()
            for each in packed.infolist():
                weight.take(each.filename, packed.read(each))
            weight.check_sheets()
    except _DAMAGED:
        raise unreadable() from None


class _Weight:
    """What openpyxl makes of the parts of a file. Each method raises ValueError for too much."""

    def __init__(self) -> None:
        self._cells = self._elements = 0
        self._part = ""
        self._sheets: list[tuple[str, str]] = []  # the part that names it, and by which id
        self._targets: dict[tuple[str, str], str] = {}  # of the relationships, by part and id

    def take(self, name: str, part: bytes) -> None:
        """Count what is in a part."""
        self._part = name
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._begin
        with suppress(expat.ExpatError):  # a picture, say; openpyxl says so of what it reads
            parser.Parse(part, True)

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        kind = name.rpartition(" ")[2]
        if kind == "c":
            self._cells += 1
        elif kind in _SPREAD and ":" in attributes.get("ref", ""):
            column, row, last_column, last_row = range_boundaries(attributes["ref"])
            rows = (last_row or MOST_ROWS) - (row or 1) + 1
            self._cells += rows * ((last_column or MOST_COLUMNS) - (column or 1) + 1)
        elif kind == "sheet":
            found = next((each for at, each in attributes.items() if at.endswith(" id")), "")
            self._sheets.append((self._part, found))
        elif kind == "Relationship":
            self._relate(attributes.get("Id", ""), attributes.get("Target", ""))
        if self._cells > _MOST_CELLS or self._elements > _MOST_ELEMENTS:
            raise ValueError("more than there is room for")
        if len(self._sheets) > _MOST_SHEETS:
            raise ValueError("too many sheets")

    def _relate(self, id_: str, target: str) -> None:
        folder, _, name = self._part.rpartition("_rels/")
        whole = target[1:] if target[:1] == "/" else posixpath.join(folder, target)
        owner = f"{folder}{name.removesuffix('.rels')}"
        self._targets[owner, id_] = posixpath.normpath(whole)

    def check_sheets(self) -> None:
        """Raise ValueError for sheets that share a part: it would be read for each of them."""
        parts = [self._targets[each] for each in self._sheets if each in self._targets]
        if len(set(parts)) < len(parts):
            raise ValueError("a part is the sheet of one")
