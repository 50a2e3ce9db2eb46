"""Sorted lines of text as a table: a line is found by bisection, and the others are not read.

A line is columns with tabs between them; the first is its key. Keys are compared without regard to
the case of ASCII letters, and so are the lines sorted. A column after the first is a word that
names it, and what it holds: ``key id``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from types import TracebackType

# What a model file begins with.
MAGIC, FORMAT = "!fakegraph-model", "1"
# Of a line that is laid over another of its key: it takes that away, or changes some columns of it.
GONE, CHANGED = "gone", "changed"
# What is said of a type that was read off an SDK, which does not say all.
UNSURE = "unsure"

_NEWLINE, _TAB = b"\n", b"\t"


class DamagedLineError(ValueError):
    """A line that does not say what it should; the text names the line."""


class Lines:
    """The lines of one text, which must end with a newline, laid over those of another.

    A line stands for the one of its key in ``below``, takes it away, where it says ``gone``, or
    changes it: ``changed  heirs+ .a .b  properties- c`` adds words to columns, takes those of some
    names away, and writes the other columns that it has anew. With ``keeps`` nothing is taken
    away, and members that are there stay as they are.
    """

    def __init__(self, data: bytes, below: Lines | None = None, *, keeps: bool = False) -> None:
        self.data = data
        self.below = below
        self._keeps = keeps

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
        own = self._own(prefix)
        if self.below is None:
            return own
        return _laid_over(own, self.below.starting(prefix), keeps=self._keeps)

    def _own(self, prefix: str) -> Iterator[list[str]]:
        data, wanted = self.data, prefix.lower().encode()
        start = self._first_at_least(wanted)
        while start < len(data) and data[start : start + len(wanted)].lower() == wanted:
            end = data.find(_NEWLINE, start)
            yield self._columns(start, end)
            start = end + 1

    def reading(self, key: str) -> Reading:
        """Around what reads the line of that key: whatever goes wrong is told with the line."""
        return Reading(self, key)

    def damaged(self, key: str, why: object) -> DamagedLineError:
        """The line of that key does not say what it should."""
        if self.below is not None and next(self._own(key), None) is None:
            return self.below.damaged(key, why)
        number = self.data.count(_NEWLINE, 0, self._first_at_least(key.lower().encode())) + 1
        return DamagedLineError(f"line {number}, '{key}', is damaged: {why}")

    def check_order(self) -> None:
        """Raise DamagedLineError where a line stands before one that it should follow, or twice.

        Such a line is not found, and others are not because of it.
        """
        last = b""
        for number, line in enumerate(self.data.split(_NEWLINE)[:-1], 1):
            key = line.partition(_TAB)[0]
            if key.lower() < last.lower():
                raise DamagedLineError(f"line {number} is out of order: lines are sorted by key")
            if key == last:
                raise DamagedLineError(f"line {number} has the key of the line before it")
            last = key
        if not self.data.endswith(_NEWLINE):
            raise DamagedLineError("the last line does not end")

    def _columns(self, start: int, end: int) -> list[str]:
        line = self.data[start:end]
        try:
            return line.decode().split("\t")
        except UnicodeDecodeError as error:
            key = line.partition(_TAB)[0].decode(errors="replace")
            raise self.damaged(key, "it is not UTF-8") from error

    def _first_at_least(self, wanted: bytes) -> int:
        """Where the first line begins whose key is not less."""
        data = self.data
        low, high = 0, len(data)
        while low < high:
            middle = data.rfind(_NEWLINE, low, (low + high) // 2) + 1 or low
            end = data.find(_NEWLINE, middle)
            if data[middle:end].partition(_TAB)[0].lower() < wanted:
                low = end + 1
            else:
                high = middle
        return low


class Reading:
    """What is raised inside, by code that takes a line for well-formed, is told with the line."""

    def __init__(self, lines: Lines, key: str) -> None:
        self._lines, self._key = lines, key

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        match error:
            case DamagedLineError():
                return
            case KeyError():
                raise self._lines.damaged(self._key, f"there is no '{error.args[0]}'") from error
            case IndexError():
                raise self._lines.damaged(self._key, "it is too short") from error
            case RecursionError():
                raise self._lines.damaged(self._key, "it leads back to itself") from error
            case ValueError():
                raise self._lines.damaged(self._key, error) from error


def _laid_over(
    above: Iterator[list[str]], below: Iterator[list[str]], *, keeps: bool
) -> Iterator[list[str]]:
    """Both in order; of two of one key the one above, and none that is gone."""
    for _, group in groupby(merge(below, above, key=_folded), _folded):
        found: dict[str, list[str]] = {}
        for columns in group:
            key, *said = columns
            if said == [GONE] and keeps:
                continue
            changes = said[:1] == [CHANGED] and key in found
            found[key] = _changed(found[key], columns, keeps=keeps) if changes else columns
        yield from (columns for columns in found.values() if columns[1:] != [GONE])


def _changed(below: list[str], above: list[str], *, keeps: bool) -> list[str]:
    parts = named(below[1:])
    for column, said in named(above[2:]).items():
        name = column.rstrip("+-")
        words, new = parts.get(name, "").split(), said.split()
        known = set(map(_member, words))
        if column.endswith("+") or (keeps and name == "members"):
            words += [word for word in new if _member(word) not in known]
        elif column.endswith("-") and not keeps:
            words = [word for word in words if _member(word) not in new]
        elif name == column and not (keeps and words):
            words = new
        parts[name] = " ".join(words)
    kind = next(iter(parts))
    written = (name for name in parts if parts[name] or name == kind)
    return [below[0], *(f"{name} {parts[name]}".rstrip() for name in written)]


def _member(word: str) -> str:
    """What a word of a column names: ``mail:String``, ``high=2``."""
    return word.partition(":")[0].partition("=")[0]


def _folded(columns: list[str]) -> bytes:
    return columns[0].encode().lower()


def text_of(lines: Iterable[Iterable[str]]) -> str:
    """Lines of columns as one sorted text."""
    return "".join("\t".join(columns) + "\n" for columns in sorted(map(tuple, lines), key=_order))


def _order(columns: tuple[str, ...]) -> tuple[bytes, tuple[str, ...]]:
    return columns[0].encode().lower(), columns


def named(columns: Iterable[str]) -> dict[str, str]:
    """Columns after the first by the words that name them."""
    return {word: rest for word, _, rest in (column.partition(" ") for column in columns)}
