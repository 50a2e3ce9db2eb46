"""Whose turn it is to change something of a tenant: one thread's, or one replica's of many.

What changes beside records is a *room*: it tells each of its rows as JSON, and takes in rows that
others have changed. It does what it does in its turn; where the tenant is in this process alone,
that is a lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Room(Protocol):
    """Something of a tenant that changes. ``kind`` is its name among those of the tenant."""

    @property
    def kind(self) -> str: ...

    def ids(self) -> Iterable[str]:
        """Its rows, as far as they are not as at the start."""

    def row(self, id_: str) -> Any:
        """A row as JSON; None where there is none."""

    def hear(self, id_: str, value: Any) -> None:
        """Take in a row as it is now; None where there is none any more."""


class Turn:
    """The turns of one room, in this process."""

    shared = False
    """Whether there are other replicas, which functions of this process cannot reach."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, which changes the room while nobody else does. Where it raises, it
        has changed nothing; it may be run again. Raises StoreError.
        """
        with self._lock:
            return work()

    def look(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, which only reads what is known here."""
        with self._lock:
            return work()

    def note(self, id_: str = "") -> None:
        """Say in a turn that a row is another one now."""


Turns = Callable[[Room], Turn]
"""Gives a room its turns."""


def alone(room: Room) -> Turn:
    """The turns of a room that only this process has."""
    return Turn()
