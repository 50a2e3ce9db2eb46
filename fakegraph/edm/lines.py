"""Sorted lines of text as a table: a line is found by bisection, and the others are not read.

A line is columns with tabs between them; the first is its key. Keys are compared without regard to
the case of ASCII letters, and so are the lines sorted. A column after the first is a word that
names it, and what it holds: ``key id``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_NEWLINE, _TAB = b"\n", b"\t"


class Lines:
    """The lines of one text, which must end with a newline."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def find(self, key: str) -> list[str] | None:
        """The columns of the line of that key, or None.

        Where keys differ in nothing but case, the one that is spelt so is preferred.
        """
        found = None
        for columns in self.starting(key):
            if len(columns[0]) != len(key):
                break
            if columns[0] == key:
                return columns
            found = found or columns
        return found

    def starting(self, prefix: str = "") -> Iterator[list[str]]:
        """The columns of each line whose key begins with that, in order."""
        data, wanted = self._data, prefix.lower().encode()
        start = self._first_at_least(wanted)
        while start < len(data) and data[start : start + len(wanted)].lower() == wanted:
            end = data.find(_NEWLINE, start)
            yield data[start:end].decode().split("\t")
            start = end + 1

    def _first_at_least(self, wanted: bytes) -> int:
        """Where the first line begins whose key is not less."""
        data = self._data
        low, high = 0, len(data)
        while low < high:
            middle = data.rfind(_NEWLINE, low, (low + high) // 2) + 1 or low
            end = data.find(_NEWLINE, middle)
            if data[middle:end].partition(_TAB)[0].lower() < wanted:
                low = end + 1
            else:
                high = middle
        return low


def text_of(lines: Iterable[Iterable[str]]) -> str:
    """Lines of columns as one sorted text."""
    return "".join("\t".join(columns) + "\n" for columns in sorted(map(tuple, lines), key=_order))


def _order(columns: tuple[str, ...]) -> tuple[bytes, tuple[str, ...]]:
    return columns[0].encode().lower(), columns


def named(columns: Iterable[str]) -> dict[str, str]:
    """Columns after the first by the words that name them."""
    return {word: rest for word, _, rest in (column.partition(" ") for column in columns)}
