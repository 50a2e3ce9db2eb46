"""``Draft``: what one write means to change in one table, before it is made."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Generic

from fakegraph.store.errors import KeyTaken
from fakegraph.store.layouts import Index
from fakegraph.store.records import Change, Records
from fakegraph.store.rows import E

_FEW = 100  # of so many rows the JSON is kept, as an answer is likely to show it


class Unseen(Generic[E]):
    """What writes that still wait for the disk have made of a table, and nobody sees yet."""

    def __init__(self) -> None:
        self.entries: dict[int, E | None] = {}
        self.found: dict[tuple[int, Hashable], E | None] = {}
        """By the number of a unique key and a value of it; None where nothing has it now."""

    def add(self, draft: Draft[E]) -> None:
        """Take in one more write."""
        self.entries.update(draft.entries())
        self.found.update(draft.found)


_ALL_SEEN: Unseen[Any] = Unseen()


class Draft(Generic[E]):
    """Changes to a table, worked out under the write lock: the table itself is not touched.

    It sees what is stored, what is still on its way to the disk, and its own changes.
    """

    __slots__ = ("_changes", "_unseen", "found", "next_position", "records")

    def __init__(self, records: Records[E], unseen: Unseen[E] | None = None) -> None:
        self.records = records
        self._unseen: Unseen[E] = _ALL_SEEN if unseen is None else unseen
        self._changes: dict[int, Change[E]] = {}
        self.next_position = records.next_position
        self.found: dict[tuple[int, Hashable], E | None] = {}

    def entries(self) -> dict[int, E | None]:
        """What it puts at each position that it changes."""
        return {position: new for position, (_, new) in self._changes.items()}

    def at(self, position: int) -> E | None:
        """What is at a position, hidden or not."""
        if position in self._changes:
            return self._changes[position][1]
        if position in self._unseen.entries:
            return self._unseen.entries[position]
        found, hidden = self.records.at(position), self.records.hidden
        return found if found is not None or hidden is None else hidden.at(position)

    def get(self, key: Hashable, which: int = 0) -> E | None:
        """What is not hidden and has that key, by the layout's key of that number."""
        place = (which, key)
        if place in self.found:
            return self.found[place]
        if place in self._unseen.found:
            return self._unseen.found[place]
        found: E | None = self.records.keys[which].get(key)
        return found

    def select(self, index: Index, keys: Iterable[Any], *, hidden: bool = False) -> list[E]:
        """What is hidden, or what is not, and has one of the keys, in order."""
        wanted = set(keys)
        changed = {**self._unseen.entries, **self.entries()}
        part = self.records.hidden if hidden else self.records
        found: list[E] = []
        if part is not None and index.name in part.indexes:
            found += part.equal(index.name, wanted, -1)
        if not changed:
            return found
        found = [entry for entry in found if entry.position not in changed]
        found += [
            entry
            for entry in changed.values()
            if entry is not None and bool(entry.root) == hidden and index.place_of(entry) in wanted
        ]
        return sorted(found, key=lambda entry: entry.position)

    def check(self, entry: E) -> None:
        """Raise KeyTaken where another row has one of its keys."""
        self._free_keys(entry)

    def _free_keys(self, entry: E) -> list[tuple[int, Hashable]]:
        """Its keys, which no other row has. Raises KeyTaken."""
        keys = self._keys_of(entry)
        for which, key in keys:
            holder = self.get(key, which)
            if holder is not None and holder.position != entry.position:
                name = self.records.layout.keys[which].name
                raise KeyTaken(name, entry.record[name])  # type: ignore[attr-defined]
        return keys

    def change(self, old: E | None, new: E | None) -> None:
        """Put one in the place of another, or where nothing is. Raises KeyTaken."""
        keys = [] if new is None else self._free_keys(new)
        if old is not None:
            self.found.update(dict.fromkeys(self._keys_of(old)))
        for place in keys:
            self.found[place] = new
        entry = new or old
        assert entry is not None
        position = entry.position
        first = self._changes.get(position)
        self._changes[position] = (old if first is None else first[0], new)
        if position >= self.next_position:
            self.next_position = position + 1

    def _keys_of(self, entry: E) -> list[tuple[int, Hashable]]:
        """By what it is found: the number of each key, and what that compares."""
        found: list[tuple[int, Hashable]] = []
        if not entry.root:
            for which, unique in enumerate(self.records.layout.keys):
                key = unique.key_of(entry)
                if key is not None:
                    found.append((which, key))
        return found

    def changes(self) -> list[Change[E]]:
        """All changes. Raises TypeError for a value that is not JSON."""
        few = len(self._changes) <= _FEW
        found: list[Change[E]] = []
        for old, new in self._changes.values():
            if new is not None:
                new.check(few=few)  # before anything is made
                if old is not None and old.alike(new):
                    continue
            elif old is None:
                continue
            found.append((old, new))
        return found
