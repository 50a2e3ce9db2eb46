"""Rows that are read for somebody: no longer than there is somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.odata.collection import Collection
from fakegraph.store import Row

FEW_ROWS = 1_000  # they are read before anybody could leave
_LOOK = 256  # rows between two looks at the client


class Watched:
    """A collection as ``odata.engine`` reads it. Reading raises GraphError (499) once ``gone``."""

    def __init__(self, rows: Collection, gone: Callable[[], bool]) -> None:
        self._rows = rows
        self._gone = gone

    @property
    def indexed(self) -> Mapping[str, bool]:
        return self._rows.indexed

    def __len__(self) -> int:
        return len(self._rows)

    def scan(self, after: int = -1) -> Iterator[Row]:
        return self._while_there(self._rows.scan(after))

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        return self._while_there(self._rows.equal(index, keys, after))

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        return self._rows.count_equal(index, keys)

    def walk(self, *arguments: Any, **named: Any) -> Iterator[Row]:
        return self._while_there(self._rows.walk(*arguments, **named))

    def _while_there(self, rows: Iterator[Row]) -> Iterator[Row]:
        for number, row in enumerate(rows):
            if number % _LOOK == 0 and self._gone():
                raise GraphError(499, "ClientClosedRequest", "The client left before the answer.")
            yield row
