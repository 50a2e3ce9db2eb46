"""Workbooks, as far as they are data: sheets, tables, charts and names.

https://learn.microsoft.com/graph/api/resources/excel
"""

from __future__ import annotations

from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making, Opened, Shown


def _sheet_id(making: Making) -> str:
    return f"{{{making.new_id().upper()}}}"


def _position(making: Making) -> int:
    return sum(1 for _ in making.beside())


def _number(making: Making) -> str:
    return str(_position(making) + 1)


TYPES = (
    Type(
        "workbookWorksheet",
        generated={"id": _sheet_id, "position": _position},
        defaults={"visibility": "Visible"},
        unique=("name",),
        also_by=("name",),
    ),
    Type("workbookTable", generated={"id": _number}, unique=("name",), also_by=("name",)),
    Type("workbookNamedItem", unique=("name",), also_by=("name",)),
    Type("workbookChart", also_by=("name",), unique=("name",)),
    Type("workbookTableRow", generated={"index": _position}),
    Type(
        "workbookTableColumn", generated={"index": _position}, also_by=("name",), unique=("name",)
    ),
)


def _open(opened: Opened) -> Shown | None:
    from fakegraph.workloads.files.excel.asked import (
        answer,  # which takes a library that may be missing
    )

    return answer(opened)


_OPENED = "users/{id}/drive/items/{id}/workbook/createSession"

NAVIGATION = (Navigation("driveItem/workbook", document=_open, needs=_OPENED),)
