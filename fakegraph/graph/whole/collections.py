"""Collections that are not one table: parts of one, several together, what links lead to.

Each is what ``odata/engine.py`` goes over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from heapq import nlargest
from operator import attrgetter
from typing import Any

from fakegraph.odata.collection import Collection
from fakegraph.odata.engine import Page
from fakegraph.store import END, Owned, Row
from fakegraph.store.rows import LinkedRow

Test = Callable[[Row], bool]

_POSITION_BITS = 48


class Unindexed:
    """What has no index: all is found by going through the rows."""

    indexed: Mapping[str, bool] = {}

    def scan(self, after: int = -1) -> Iterator[Row]:
        """Rows in order, from the first whose position is above ``after``."""
        raise NotImplementedError

    def __len__(self) -> int:
        return sum(1 for _ in self.scan())

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        raise KeyError(index)

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        raise KeyError(index)

    def walk(self, *arguments: Any, **named: Any) -> Iterator[Row]:
        raise KeyError(arguments)


class Nothing(Unindexed):
    """No rows at all."""

    def scan(self, after: int = -1) -> Iterator[Row]:
        return iter(())


class Several(Unindexed):
    """Rows as they are listed; ``put`` gives a row at a position."""

    def __init__(self, rows: Sequence[Row], put: Callable[[int, Row], Row] = LinkedRow) -> None:
        self._rows = [put(place, row) for place, row in enumerate(rows, start=1)]

    def scan(self, after: int = -1) -> Iterator[Row]:
        return (row for row in self._rows if row.position > after)


class Only(Unindexed):
    """Of a collection one row, whose indexes still find all of them."""

    def __init__(self, whole: Any, row: Row) -> None:
        self._whole = whole
        self._row = row

    def scan(self, after: int = -1) -> Iterator[Row]:
        return iter((self._row,))

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        found: Iterator[Row] = self._whole.equal(index, keys, after)
        return found


class Part(Unindexed):
    """Of a collection, the rows that pass a test; its indexes do for them too."""

    def __init__(self, whole: Collection, test: Test) -> None:
        self._whole = whole
        self._test = test
        self.indexed = whole.indexed

    def scan(self, after: int = -1) -> Iterator[Row]:
        return filter(self._test, self._whole.scan(after))

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        return filter(self._test, self._whole.equal(index, keys, after))

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        return sum(1 for _ in self.equal(index, keys))

    def walk(self, *arguments: Any, **named: Any) -> Iterator[Row]:
        return filter(self._test, self._whole.walk(*arguments, **named))


class Chosen(Unindexed):
    """Of a collection, so many rows at most: those with the greatest texts of a property."""

    def __init__(self, whole: Collection | Unindexed, name: str, most: int) -> None:
        self._whole = whole
        self._name = name
        self._most = most

    @cached_property
    def _rows(self) -> Sequence[Row]:
        def text(row: Row) -> str:
            return str(row.record.get(self._name) or "")

        return sorted(nlargest(self._most, self._whole.scan(), text), key=attrgetter("position"))

    def __len__(self) -> int:
        return len(self._rows)

    def scan(self, after: int = -1) -> Iterator[Row]:
        return (row for row in self._rows if row.position > after)


Groups = Mapping[str, Mapping[str, str]]
"""By what rows are grouped, and by what each group can be sorted, with the index for that."""


class Group(Unindexed):
    """Of what one row contains, the rows with a certain value of an indexed property."""

    def __init__(self, owned: Owned, name: str, value: Any, groups: Groups) -> None:
        self._owned = owned
        self._name = name
        self._value = value
        self._groups = groups
        self._ordered = groups[name]
        self.indexed = dict.fromkeys(self._ordered, True)

    def __len__(self) -> int:
        return self._owned.count_equal(self._name, (self._value,))

    def scan(self, after: int = -1) -> Iterator[Row]:
        return self._owned.equal(self._name, (self._value,), after)

    def having(self, name: str, value: Any) -> Group | None:
        """Those of them that have a value of another property, where that is a group as well."""
        found = _group_named(f"{self._name}&{name}", value, self._groups)
        values = (*(self._value if "&" in self._name else (self._value,)), value)
        return None if found is None else Walked(self._owned, found, values, self._groups)

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        return self._owned.equal(self._ordered[index], map(self._key, keys), after)

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        return self._owned.count_equal(self._ordered[index], map(self._key, keys))

    def walk(
        self,
        index: str,
        low: Any = None,
        low_inclusive: bool = True,
        high: Any = None,
        high_inclusive: bool = True,
        descending: bool = False,
        after: tuple[Any, int] | None = None,
        backwards: bool = False,
    ) -> Iterator[Row]:
        bounded = low is not None or high is not None
        lowest = self._key(None) if low is None else (self._value, low)
        return self._owned.walk(
            self._ordered[index],
            low=lowest,
            low_inclusive=low_inclusive if low is not None else not bounded,
            high=(self._value, END if high is None else high),
            high_inclusive=high_inclusive,
            descending=descending,
            after=None if after is None else (self._key(after[0]), after[1]),
            backwards=backwards,
        )

    def _key(self, key: Any) -> tuple[Any, ...]:
        return (self._value,) if key is None else (self._value, key)


class Walked(Group):
    """A group that nothing but its order finds: it is gone through by that."""

    def __init__(self, owned: Owned, name: str, value: Any, groups: Groups) -> None:
        super().__init__(owned, name, value, groups)
        self._by = next(iter(self._ordered))

    def __len__(self) -> int:
        return self._owned.count_group(self._ordered[self._by], self._value)

    def scan(self, after: int = -1) -> Iterator[Row]:
        found = sorted(self.walk(self._by), key=attrgetter("position"))
        return (row for row in found if row.position > after)


def group_of(owned: Owned, name: str, value: Any, groups: Groups) -> Group | None:
    """Of what one row contains, the rows with a value of a property; None where it is no group."""
    found = _group_named(name, value, groups)
    if found is None:
        return None
    return (Group if found in owned.indexed else Walked)(owned, found, value, groups)


def _group_named(name: str, value: Any, groups: Groups) -> str | None:
    """The group that the rows with a value of a property are, as it is declared."""
    names = (name, f"{name}={json.dumps(value)}")
    return next((each for each in names if each in groups), None)


class Each(Unindexed):
    """The rows of a collection, each as something else with the same position: for conditions."""

    def __init__(self, whole: Collection, change: Callable[[Row], Row]) -> None:
        self._whole = whole
        self._change = change

    def __len__(self) -> int:
        return len(self._whole)

    def scan(self, after: int = -1) -> Iterator[Row]:
        return map(self._changed, self._whole.scan(after))

    def _changed(self, row: Row) -> LinkedRow:
        return Changed(row, self._change(row))


class Instead(Each):
    """The rows of a collection, in the stead of each another one, which is shown too."""

    def _changed(self, row: Row) -> LinkedRow:
        return LinkedRow(row.position, self._change(row))


class Beheld(Each):
    """The same, where what the indexes are of stays as it is."""

    def __init__(self, whole: Collection, change: Callable[[Row], Row]) -> None:
        super().__init__(whole, change)
        self.indexed = whole.indexed

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        return map(self._changed, self._whole.equal(index, keys, after))

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        return self._whole.count_equal(index, keys)

    def walk(self, *arguments: Any, **named: Any) -> Iterator[Row]:
        return map(self._changed, self._whole.walk(*arguments, **named))


class Showing(Beheld):
    """The same, where the other one is shown too."""

    def _changed(self, row: Row) -> LinkedRow:
        return LinkedRow(row.position, self._change(row))


class Changed(LinkedRow):
    """A row as something else, with what it was."""

    __slots__ = ("original",)

    def __init__(self, original: Row, row: Row) -> None:
        super().__init__(original.position, row)
        self.original = original


def original(row: Row) -> Row:
    """A row as it was before it was something else."""
    while isinstance(row, Changed):
        row = row.original
    return row


def originals(page: Page) -> Page:
    """A page of rows as they were before; mostly they are."""
    if Changed not in {*map(type, page.rows)}:
        return page
    return replace(page, rows=[original(row) for row in page.rows])


class Together(Unindexed):
    """Several collections, one after the other."""

    def __init__(self, parts: Sequence[Collection]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def scan(self, after: int = -1) -> Iterator[Row]:
        first = max(after, 0) >> _POSITION_BITS
        for number, part in enumerate(self._parts[first:], start=first):
            offset = number << _POSITION_BITS
            for row in part.scan(max(after - offset, -1) if number == first else -1):
                yield LinkedRow(offset | row.position, row)
