"""Pivot tables of a sheet: which there are, and whether they are as their source is.

https://learn.microsoft.com/graph/api/resources/workbookpivottable
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openpyxl.pivot.fields import Index, Missing
from openpyxl.worksheet.worksheet import Worksheet

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.cells import shown_value
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node, Several, Whole
from fakegraph.workloads.files.excel.ranges import range_of
from fakegraph.workloads.files.ids import guid_of


class Pivots(Several):
    """The pivot tables of a sheet."""

    kind = "workbookPivotTable"

    def __init__(self, book: Whole, sheet: Worksheet) -> None:
        self.book = book
        self.sheet = sheet

    def nodes(self) -> list[Node]:
        return [Pivot(self, each) for each in self.sheet._pivots]

    def key(self, key: str) -> Node:
        return self.named(key, "id", "name")

    def act(self, name: str, body: Arguments) -> Found | None:
        if name != "refreshAll":
            return None
        for each in self.sheet._pivots:
            _check_fresh(self.book, each)
        return 204, None


class Pivot(Node):
    """One pivot table."""

    kind = "workbookPivotTable"

    def __init__(self, pivots: Pivots, table: Any) -> None:
        self.pivots = pivots
        self.table = table

    def show(self) -> Any:
        sheet = self.pivots.sheet
        id_ = guid_of("pivot", sheet.sheet_properties.codeName or sheet.title, self.table.name)
        return {"id": f"{{{str(id_).upper()}}}", "name": self.table.name}

    def step(self, name: str, arguments: Arguments) -> Node | None:
        return self.pivots.book.seen(self.pivots.sheet) if name == "worksheet" else None

    def act(self, name: str, body: Arguments) -> Found | None:
        if name != "refresh":
            return None
        _check_fresh(self.pivots.book, self.table)
        return 204, None


def _check_fresh(book: Whole, table: Any) -> None:
    """Raise GraphError (501) where a pivot table would be another one: it is not worked out."""
    source = table.cache.cacheSource.worksheetSource
    if source is None or source.ref is None or source.sheet is None:
        raise _not_built("its source is no range of a sheet")
    _, *rows = range_of(book, f"'{source.sheet}'!{source.ref}").values()
    if rows != list(_cached(table.cache)):
        raise _not_built("its source is another than when Excel worked it out")


def _cached(cache: Any) -> Iterator[list[Any]]:
    """The rows that a pivot table was worked out of."""
    shared = [each.sharedItems._fields if each.sharedItems else () for each in cache.cacheFields]
    for record in cache.records.r:
        yield [
            _value(items[each.v] if isinstance(each, Index) else each)
            for each, items in zip(record._fields, shared, strict=False)
        ]


def _value(item: Any) -> Any:
    return "" if isinstance(item, Missing) else shown_value(item.v)


def _not_built(why: str) -> GraphError:
    message = f"fakegraph works no pivot tables out: this one cannot be refreshed, {why}."
    return GraphError(501, "NotImplemented", message)
