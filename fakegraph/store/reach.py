"""``Reach``: where to look for what a row contains and what is linked to it."""

from __future__ import annotations

from collections.abc import Iterable

from fakegraph.store.rows import MOST_CONTAINERS, Entry, Key, Link, Row


class Reach:
    """Which tables have rows that those of a container own, and links that lead to or from them.

    It is learnt as rows and links come, and never forgotten: it may name a table too many, and
    never one too few. So deleting a row asks few tables.
    """

    __slots__ = ("_contained", "_linked")

    def __init__(self) -> None:
        self._contained: dict[int, frozenset[str]] = {}
        self._linked: dict[int, frozenset[str]] = {}

    def copy(self) -> Reach:
        """The same, learning on its own from now."""
        copy = Reach()
        copy._contained, copy._linked = self._contained.copy(), self._linked.copy()
        return copy

    def add(self, other: Reach) -> None:
        """Learn what another one knows."""
        for own, known in ((self._contained, other._contained), (self._linked, other._linked)):
            for number, tables in known.items():
                own[number] = own.get(number, frozenset()) | tables

    def contained(self, keys: Iterable[Key]) -> list[str]:
        """The containers that may have rows of these owners."""
        return _tables(self._contained, keys)

    def linked(self, keys: Iterable[Key]) -> list[str]:
        """The tables of links that may have one of these as an end."""
        return _tables(self._linked, keys)

    def learn_owner(self, table: str, owner: Key) -> None:
        """Say that a container has a row of that owner."""
        _learn(self._contained, table, owner)

    def learn_end(self, table: str, end: Key) -> None:
        """Say that a table has a link that begins or ends there."""
        _learn(self._linked, table, end)

    def learn(self, table: str, entries: Iterable[Entry]) -> None:
        """Say what a table has."""
        for entry in entries:
            if isinstance(entry, Row) and entry.owner:
                _learn(self._contained, table, entry.owner)
            elif isinstance(entry, Link):
                _learn(self._linked, table, entry.source)
                _learn(self._linked, table, entry.target)


def _learn(known: dict[int, frozenset[str]], table: str, key: Key) -> None:
    number = key & MOST_CONTAINERS
    tables = known.get(number, frozenset())
    if table not in tables:
        known[number] = tables | {table}


def _tables(known: dict[int, frozenset[str]], keys: Iterable[Key]) -> list[str]:
    found: set[str] = set()
    for number in {key & MOST_CONTAINERS for key in keys} if known else ():
        found.update(known.get(number, ()))
    return sorted(found)
