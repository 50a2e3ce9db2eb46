"""What a query goes over, and what it reads of it, for those who want to know why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from fakegraph.dataclass import dataclass
from fakegraph.store import Row


class Collection(Protocol):
    """What a query goes over; ``store.Container`` says what each of these promises."""

    @property
    def indexed(self) -> Mapping[str, bool]: ...

    def __len__(self) -> int: ...

    def scan(self, after: int = -1) -> Iterator[Row]: ...

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]: ...

    def count_equal(self, index: str, keys: Iterable[Any]) -> int: ...

    @property
    def walk(self) -> Callable[..., Iterator[Row]]: ...


Observer = Callable[[Collection], Collection]

OBSERVER: ContextVar[Observer | None] = ContextVar("observer", default=None)
"""What the engine has look on at each collection that a query goes over; None for nobody."""


@dataclass
class Reading:
    """How a collection was read: ``by`` which index ("" for from its beginning), of how many
    records, and how many came.
    """

    by: str
    records: int
    read: int = 0


@contextmanager
def observed() -> Iterator[list[Reading]]:
    """What is read by the queries that run in this context, in the order in which they begin."""
    readings: list[Reading] = []
    token = OBSERVER.set(lambda rows: _Observed(rows, readings))
    try:
        yield readings
    finally:
        OBSERVER.reset(token)


class Relayed:
    """A collection as ``odata.engine`` reads it, whose rows pass through ``_passing``."""

    def __init__(self, rows: Collection) -> None:
        self._rows = rows

    @property
    def indexed(self) -> Mapping[str, bool]:
        return self._rows.indexed

    def __len__(self) -> int:
        return len(self._rows)

    def scan(self, after: int = -1) -> Iterator[Row]:
        return self._passing("", self._rows.scan(after))

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        return self._passing(index, self._rows.equal(index, keys, after))

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        return self._rows.count_equal(index, keys)

    def walk(self, name: str, **named: Any) -> Iterator[Row]:
        return self._passing(name, self._rows.walk(name, **named))

    def _passing(self, by: str, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows, found by that index, or by none."""
        raise NotImplementedError


class _Observed(Relayed):
    """A collection that notes how it was read."""

    def __init__(self, rows: Collection, readings: list[Reading]) -> None:
        super().__init__(rows)
        self._readings = readings

    def _passing(self, by: str, rows: Iterator[Row]) -> Iterator[Row]:
        reading = Reading(by, len(self._rows))
        self._readings.append(reading)
        for row in rows:
            reading.read += 1
            yield row
