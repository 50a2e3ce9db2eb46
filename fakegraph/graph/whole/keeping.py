"""JSON of what things lead to, kept from one answer to the next while nobody writes.

Who reads a page again, or reads on to where things lead that were shown before, is given what was
put together then. All tenants have room together; what was not asked for longest goes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping

from fakegraph.store import Key

Stamp = tuple[str, int]
"""What a store held: ``Store.stamp``, which no other store has."""

MOST_BYTES = 16 * 1024 * 1024
_OF_EACH = 200  # bytes that one text weighs beside what is in it
_OF_PLACE = 2_000  # the same of a place


class _Place:
    """What is kept of one way to show what things lead to."""

    __slots__ = ("size", "stamp", "texts")

    def __init__(self, stamp: Stamp) -> None:
        self.stamp = stamp
        self.texts: dict[Key, bytes] = {}
        self.size = _OF_PLACE


class Kept:
    """What is kept, by the way in which it is shown, and by the key of what leads there."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0
        """How many bytes all of it has, about."""

    def of(self, stamp: Stamp, way: Hashable) -> Mapping[Key, bytes] | None:
        """What is kept of a store, to be handed to ``keep`` too. None where nobody has asked since
        something was written: what is asked once is not worth its room.
        """
        place = (stamp[0], way)
        with self._lock:
            found = self._places.get(place)
            if found is not None and found.stamp == stamp:
                self._places.move_to_end(place)
                return found.texts
            self._drop(place)
            self._places[place] = _Place(stamp)
            self._grow(_OF_PLACE)
            return None

    def keep(self, stamp: Stamp, way: Hashable, more: Mapping[Key, bytes]) -> None:
        """Keep more of what a store held, unless it has been written to meanwhile."""
        place = (stamp[0], way)
        with self._lock:
            found = self._places.get(place)
            if found is None or found.stamp != stamp:
                return
            new = {key: text for key, text in more.items() if key not in found.texts}
            found.texts.update(new)
            size = sum(map(len, new.values())) + _OF_EACH * len(new)
            found.size += size
            self._grow(size)

    def _grow(self, size: int) -> None:
        self.size += size
        while self.size > self._most:
            self._drop(next(iter(self._places)))

    def _drop(self, place: Hashable) -> None:
        gone = self._places.pop(place, None)
        if gone is not None:
            self.size -= gone.size


KEPT = Kept()
