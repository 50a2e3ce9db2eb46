"""Rows that are read for somebody: no longer than there is somebody, or than others may wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

from fakegraph.errors import GraphError
from fakegraph.odata.collection import Collection, Relayed
from fakegraph.store import Row

FEW_ROWS = 1_000  # they are read before anybody could leave
GLANCED = 1_000  # rows that are read while others wait, for what may end as soon
_LOOK = 256  # rows between two looks at the client


class Watched(Relayed):
    """A collection that is read while there is a client: GraphError (499) once ``gone``."""

    def __init__(self, rows: Collection, gone: Callable[[], bool]) -> None:
        super().__init__(rows)
        self._gone = gone

    def _passing(self, by: str, rows: Iterator[Row]) -> Iterator[Row]:
        return chain.from_iterable(self._looks(rows))

    def _looks(self, rows: Iterator[Row]) -> Iterator[Iterator[Row]]:
        """So many rows at a time, which pass without a call for each of them."""
        for row in rows:
            if self._gone():
                raise GraphError(499, "ClientClosedRequest", "The client left before the answer.")
            yield chain((row,), islice(rows, _LOOK - 1))


class TooLong(Exception):
    """What was thought to end soon has not: it is to be done where nobody waits for it."""


class Glanced(Relayed):
    """A collection of which few rows are read: TooLong for more."""

    def _passing(self, by: str, rows: Iterator[Row]) -> Iterator[Row]:
        return chain(islice(rows, GLANCED), _none_of(rows))


def _none_of(rows: Iterator[Row]) -> Iterator[Row]:
    """No rows. Raises TooLong where there are any."""
    for _ in rows:
        raise TooLong
    return
    yield  # what makes it ask for the first of them only when it is asked itself
