"""Workbooks: what is asked of them is read from, and written to, the bytes of a real ``.xlsx``.

The files are read and written by openpyxl, the extra ``workbook`` of a clone.

https://learn.microsoft.com/graph/api/resources/excel
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.errors import bad_argument, unreadable
from fakegraph.workloads.handed import Opened, Part, Shown

if TYPE_CHECKING:
    from fakegraph.workloads.files.excel.nodes import Node


def answer(opened: Opened) -> Shown | None:
    """What a request to a workbook gives; None for what is not built. Raises GraphError."""
    try:
        from openpyxl import load_workbook

        from fakegraph.workloads.files.excel.drawn import read_names
        from fakegraph.workloads.files.excel.packed import check_file
        from fakegraph.workloads.files.excel.sheets import FUNCTIONS, Book, blank
        from fakegraph.workloads.files.excel.threads import Threads, read_threads
    except ImportError:
        raise GraphError(
            501,
            "NotImplemented",
            "Workbooks are read by openpyxl, which is not there: pip install openpyxl.",
        ) from None
    if opened.data:
        check_file(opened.data)

    def load(*, values: bool) -> tuple[Any, Threads]:
        if not opened.data:
            return blank(), Threads({}, b"")
        try:
            loaded = load_workbook(io.BytesIO(opened.data), data_only=values)
            read_names(opened.data, loaded)
            return loaded, read_threads(opened.data, loaded)
        except Exception:  # openpyxl raises whatever a part of a file makes it stumble over
            raise unreadable() from None

    @cache
    def computed() -> Any:
        reads = opened.method == "GET" or opened.parts[0].name == FUNCTIONS
        return load(values=True)[0] if reads else None  # openpyxl writes none

    loaded, threads = load(values=False)
    book = Book(loaded, computed, opened.seconds, threads)
    node: Node | None = book
    *steps, last = opened.parts
    for part in steps:
        node = _led(node, part)
    return _done(opened, book, node, last)


def _led(node: Node | None, part: Part) -> Node | None:
    """What a segment leads to, with its key."""
    if node is None:
        return None
    found = node.step(part.name, part.arguments)
    if found is None or part.key is None:
        return found
    return found.key(part.key)


def _done(opened: Opened, book: Any, node: Node | None, last: Part) -> Shown | None:
    """What the last segment does."""
    if node is None:
        return None
    if last.acts:
        node.check(last.name)
        found = node.act(last.name, opened.body)
        if found is None:
            return None
        return _made(book, found, saves=node.saves)
    reached = _led(node, last)
    if reached is None:
        return None
    if opened.method == "GET":
        value = reached.show()
        return None if value is None else Shown(200, value, reached.kind, None)
    reached.check("")
    if opened.method == "PATCH":
        reached.check_taken(opened.body)
        value = reached.change(opened.body)
        return None if value is None else Shown(200, value, reached.kind, _saved(book))
    if opened.method == "DELETE":
        return Shown(204, None, "", _saved(book)) if reached.remove() else None
    found = reached.act("", opened.body) if opened.method == "POST" else None
    return None if found is None else _made(book, found)


def _made(book: Any, found: tuple[int, Node | None], *, saves: bool = True) -> Shown:
    status, node = found
    value, kind = (None, "") if node is None else (node.show(), node.kind)
    return Shown(status, value, kind, _saved(book) if saves else None)


def _saved(book: Any) -> bytes:
    target = io.BytesIO()
    try:
        book.book.save(target)
    except (TypeError, ValueError):  # of what no file can have, as openpyxl says only here
        raise bad_argument() from None
    from fakegraph.workloads.files.excel.drawn import write_names
    from fakegraph.workloads.files.excel.threads import write_threads

    return write_threads(write_names(target.getvalue(), book.book), book.book, book.threads)
