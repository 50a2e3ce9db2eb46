"""``Draft``: what one write means to change in one table, before it is made."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Generic

from fakegraph.store.errors import KeyTaken
from fakegraph.store.layouts import OWNER, Index
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
        for found in (self.found, self._unseen.found):
            if (which, key) in found:
                return found[which, key]
        return self.records.get(key, which)

    def select(self, index: Index, keys: Iterable[Any], *, hidden: bool = False) -> list[E]:
        """What is hidden, or what is not, and has one of the keys, in order."""
        wanted = set(keys)
        changed = {**self._unseen.entries, **self.entries()}
        part = self.records.hidden if hidden else self.records
        found: list[E] = []
        if part is not None and index.name in part.indexes:
            found += part.equal(index.name, wanted, -1)
        elif part is not None and index is OWNER and 0 in wanted:
            found += part.scan(-1)  # as nothing of it is owned, it has no such index
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
        for which, key in self._keys_of(entry):
            holder = self.get(key, which)
            if holder is not None and holder.position != entry.position:
                name = self.records.layout.keys[which].name
                raise KeyTaken(name, entry.record[name])  # type: ignore[attr-defined]

    def change(self, old: E | None, new: E | None) -> None:
        """Put one in the place of another, or where nothing is. Raises KeyTaken."""
        if new is not None:
            self.check(new)
        entry = new or old
        assert entry is not None
        first = self._changes.get(entry.position)
        self._changes[entry.position] = (old if first is None else first[0], new)
        self.found.update(dict.fromkeys(self._keys_of(old)))
        self.found.update(dict.fromkeys(self._keys_of(new), new))
        self.next_position = max(self.next_position, entry.position + 1)

    def _keys_of(self, entry: E | None) -> list[tuple[int, Hashable]]:
        """By what it is found: the number of each key, and what that compares."""
        if entry is None or entry.root:
            return []
        keys = [unique.key_of(entry) for unique in self.records.layout.keys]
        return [(which, key) for which, key in enumerate(keys) if key is not None]

    def changes(self) -> list[Change[E]]:
        """All changes. Raises TypeError for a value that is not JSON."""
        changes = self._changes.values()
        found = [(old, new) for old, new in changes if old is not new]
        for _, new in found:
            if new is not None:  # where a value is not JSON, this shows it before anything is made
                new.check(few=len(found) <= _FEW)
        return [(old, new) for old, new in found if not (old and new and old.alike(new))]
