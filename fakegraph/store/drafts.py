"""``Draft``: what one write means to change in one table, before it is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any, Generic

from fakegraph.store.errors import KeyTaken
from fakegraph.store.layouts import OWNER, Index, OwnIndex
from fakegraph.store.records import Change, Records
from fakegraph.store.rows import E, Key

_FEW = 100  # of so many rows the JSON is kept, as an answer is likely to show it


class Unseen(Generic[E]):
    """What writes that still wait for the disk have made of a table, and nobody sees yet."""

    def __init__(self) -> None:
        self.entries: dict[int, E | None] = {}
        self.found: dict[tuple[int, Hashable], int] = {}
        """Where those are, or were, that took a value last: by the number of a unique key, and the
        value, as far as these have changed.
        """

    def add(self, draft: Draft[E]) -> None:
        """Take in one more write."""
        self.entries.update(draft.entries())
        self.found.update(draft.found)


_ALL_SEEN: Unseen[Any] = Unseen()


class Draft(Generic[E]):
    """Changes to a table, worked out under the write lock: the table itself is not touched.

    It sees what is stored, what is still on its way to the disk, and its own changes.
    """

    __slots__ = ("_changes", "_keys", "_own", "_unseen", "found", "next_position", "records")

    def __init__(self, records: Records[E], unseen: Unseen[E] | None = None) -> None:
        self.records = records
        self._keys = records.layout.keys
        self._unseen: Unseen[E] = _ALL_SEEN if unseen is None else unseen
        self._changes: dict[int, Change[E]] = {}
        self.next_position = records.next_position
        self.found: dict[tuple[int, Hashable], int] = {}
        self._own: dict[OwnIndex, dict[Any, dict[int, None]]] = {}

    @property
    def is_changed(self) -> bool:
        """Whether it changes anything."""
        return bool(self._changes)

    @property
    def _sees_all(self) -> bool:
        """Whether it has changed nothing yet of what readers see."""
        return not (self._changes or self._unseen.entries)

    def entries(self) -> dict[int, E | None]:
        """What it puts at each position that it changes."""
        return {position: new for position, (_, new) in self._changes.items()}

    def so_far(self) -> list[Change[E]]:
        """What it changes, each as it was and as it will be."""
        return list(self._changes.values())

    def _has_changed(self, entry: E) -> bool:
        """Whether readers do not see yet what is in its position."""
        return entry.position in self._changes or entry.position in self._unseen.entries

    def _changed(self) -> dict[int, E | None]:
        """What readers do not see yet, by position; None where nothing is any more."""
        if not (self._changes or self._unseen.entries):  # nearly always
            return {}
        return {**self._unseen.entries, **self.entries()}

    def _among(self, index: Index, places: Collection[Any]) -> list[E]:
        """What readers do not see yet and an index has at one of these places, hidden or not."""
        if isinstance(index, OwnIndex) and not self._unseen.entries:
            own = self._own_of(index)
            found = {position: None for place in places for position in own.get(place, ())}
            changed: Iterable[E | None] = (self._changes[position][1] for position in found)
        else:
            changed = self._changed().values()
        is_there = index.has_at(places)
        return [each for each in changed if each is not None and is_there(each)]

    def _own_of(self, index: OwnIndex) -> dict[Any, dict[int, None]]:
        """Where its changes have put anything, by its place in an index of the store's own: a write
        of many rows looks for what it has made itself.
        """
        own = self._own.get(index)
        if own is None:
            own = self._own[index] = {}
            for position, (_, new) in self._changes.items():
                if new is not None:
                    own.setdefault(index.key(new), {})[position] = None
        return own

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
        entry: E | None = self.records.keys[which].get(key)
        if not (self._changes or self._unseen.entries):  # nearly always
            return entry
        place = (which, key)
        position = self.found.get(place, self._unseen.found.get(place))
        if position is None and entry is not None:
            position = entry.position
        now = None if position is None else self.at(position)
        has_it = now is not None and not now.root and self.records.finders[which](now) == key
        return now if has_it else None

    def select(
        self, index: Index, keys: Iterable[Any], owner: Key | None = None, *, hidden: bool = False
    ) -> list[E]:
        """What is hidden, or what is not, and has one of the keys, in order; of an index that
        goes by owner, what that one has.
        """
        wanted = set(keys)
        part = self.records.hidden if hidden else self.records
        found: list[E] = []
        if part is not None and (index.name in part.indexes or (index.late and not hidden)):
            found += part.equal(index.name, wanted, -1, owner)
        elif part is not None and index is OWNER and 0 in wanted:
            found += part.scan(-1)  # as nothing of it is owned, it has no such index
        if not (self._changes or self._unseen.entries):  # nearly always
            return found
        found = [entry for entry in found if not self._has_changed(entry)]
        places = wanted if owner is None else {index.place(owner, key) for key in wanted}
        found += [each for each in self._among(index, places) if bool(each.root) == hidden]
        return sorted(found, key=lambda entry: entry.position)

    def first(self, index: Index, key: Any, test: Callable[[E], bool]) -> E | None:
        """The first of what ``select`` gives for a key that passes a test: the rest is not read."""
        kept: Iterable[E] = ()
        if index.name in self.records.indexes:
            kept = self.records.equal(index.name, {key}, -1, None)
        elif index is OWNER and not key:
            kept = self.records.scan(-1)
        if not (self._changes or self._unseen.entries):  # nearly always
            return next(filter(test, kept), None)
        found = (each for each in kept if not self._has_changed(each) and test(each))
        ours = (each for each in self._among(index, {key}) if not each.root and test(each))
        both = [each for each in (next(found, None), *ours) if each is not None]
        return min(both, key=lambda entry: entry.position, default=None)

    def everything(self) -> list[E]:
        """All that is not hidden, in order."""
        changed = self._changed()
        if not changed:
            return list(self.records.scan(-1))
        found = [entry for entry in self.records.scan(-1) if entry.position not in changed]
        found += [entry for entry in changed.values() if entry is not None and not entry.root]
        return sorted(found, key=lambda entry: entry.position)

    def check(self, entry: E) -> None:
        """Raise KeyTaken where another row has one of its keys."""
        self._taken(None, entry)

    def change(self, old: E | None, new: E | None) -> None:
        """Put one in the place of another, or where nothing is. Raises KeyTaken."""
        taken = self._taken(old, new)
        entry = new or old
        assert entry is not None
        position = entry.position
        first = self._changes.get(position)
        self._changes[position] = (old if first is None else first[0], new)
        if new is not None:
            for index, own in self._own.items():
                own.setdefault(index.key(new), {})[position] = None
        self.found.update(taken)
        if position >= self.next_position:
            self.next_position = position + 1

    def _taken(self, old: E | None, new: E | None) -> dict[tuple[int, Hashable], int]:
        """What the new one is found by and the old one was not, as ``found`` has it. Raises
        KeyTaken.
        """
        taken: dict[tuple[int, Hashable], int] = {}
        if new is None or new.root:
            return taken
        was = None if old is None or old.root else old
        get = self.records.get if self._sees_all else self.get
        for which, key_of in enumerate(self.records.finders):
            if was is not None and not self._keys[which].differs(was, new):
                continue
            key = key_of(new)
            if key is None:
                continue
            other = get(key, which)
            if other is not None and other.position != new.position:
                holder = str(other.record.get(self._keys[0].name))
                name = self._keys[which].name
                raise KeyTaken(name, new.record[name], holder)
            taken[which, key] = new.position
        return taken

    def changes(self) -> list[Change[E]]:
        """All changes. Raises TypeError for a value that is not JSON."""
        few = len(self._changes) <= _FEW
        found: list[Change[E]] = []
        for old, new in self._changes.values():
            if new is not None:
                new.settle(few=few)
                if old is not None and old.alike(new):
                    continue
            elif old is None:
                continue
            found.append((old, new))
        return found
