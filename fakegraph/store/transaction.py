"""``Transaction``: one write to a store, while it is being worked out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from fakegraph.chunks import Spooled
from fakegraph.store.bytes import PROPERTY as BYTES
from fakegraph.store.bytes import Content, is_naming, names_in
from fakegraph.store.documents import DELETED as DELETED_MARK
from fakegraph.store.documents import OWNER as OWNER_MARK
from fakegraph.store.drafts import Draft, Unseen
from fakegraph.store.errors import NoSuchRow
from fakegraph.store.layouts import FROM, OWN_ROOT, OWNER, ROOT, TO
from fakegraph.store.names import check_container_name, links_table
from fakegraph.store.records import Change
from fakegraph.store.rows import (
    MOST_CONTAINERS,
    NUMBER_BITS,
    HiddenLink,
    HiddenRow,
    Key,
    Link,
    LinkedRow,
    Record,
    Row,
)
from fakegraph.store.tables import Tables

T = TypeVar("T")

Parts = dict[str, tuple[Draft[Any], list[Change[Any]]]]
"""The changes of one write, by table."""


class Keeper(Protocol):
    """Who keeps bytes for a write. It gives their names, and raises StorageFailure."""

    def keep(self, data: bytes | Spooled) -> str: ...
    def join(self, names: Sequence[str]) -> str: ...
    def has_bytes(self, name: str) -> bool: ...
    def content(self, name: str, data: bytes | None = None) -> Content: ...


class Transaction:
    """A write under way: all of it is made, or nothing. It sees its own changes; nobody else does.

    Rows and records that it gives must not be changed. It must not be used after its end.
    """

    __slots__ = ("_drafts", "_keeper", "_made", "_tables", "_unseen", "numbers")

    def __init__(
        self,
        tables: Tables,
        unseen: Callable[[str], Unseen[Any] | None],
        keeper: Keeper,
    ) -> None:
        """``unseen`` gives what still waits for the disk, by table."""
        self._tables = tables
        self._unseen = unseen
        self._keeper = keeper
        self._drafts: dict[str, Draft[Any]] = {}
        self.numbers: dict[str, int] = {}
        self._made: dict[int, str] = {}  # the same by number
        """Of the containers that it makes."""

    # What is there

    def row(self, key: Key) -> Row | None:
        """The row with that key."""
        found = self._at(key)
        return None if found is None or found.root else found

    def get(self, container: str, key: Hashable) -> Row | None:
        """The row with that identity, as ``UniqueKey.key`` gives it."""
        found: Row | None = self.draft(container).get(key)
        return found

    def find(
        self, container: str, key_name: str, value: Any, owner: Key | None = None
    ) -> Row | None:
        """The row whose key of that name has this value. Raises KeyError where there is no such
        key.
        """
        draft = self.draft(container)
        which, unique = draft.records.layout.key_named(key_name)
        key = None if value is None else unique.key(value, owner)
        found: Row | None = None if key is None else draft.get(key, which)
        return found if found is None or owner is None or found.owner == owner else None

    def rows_of(self, container: str, owners: Iterable[Key]) -> list[Row]:
        """The rows of a container that one of the owners contains, in order."""
        return self.draft(container).select(OWNER, owners)

    def first_of(self, container: str, owner: Key, test: Callable[[Row], bool]) -> Row | None:
        """The first row of a container that an owner contains, and that passes a test: what comes
        behind it is not looked at.
        """
        found: Row | None = self.draft(container).first(OWNER, owner, test)
        return found

    def remembered(self, container: str, mark: Hashable, work: Callable[[], T]) -> T:
        """What ``work`` gives of what is in a container, and of nothing else: it is only called
        where that is another one than when it was called last. ``mark`` tells it from all else
        that is remembered of the container.
        """
        draft = self._drafts.get(container)
        if (draft is not None and draft.is_changed) or self._unseen(container) is not None:
            return work()
        return self._tables.of(container).remembered(mark, work)

    def all_of(self, container: str) -> list[Row]:
        """The rows of a container, whoever contains them, in order."""
        return self.draft(container).everything()

    def equal(self, container: str, index: str, value: Any, owner: Key | None = None) -> list[Row]:
        """The rows whose key in an index is that value, in order: of one owner where the index goes
        by owner. Raises KeyError where there is no such index.
        """
        draft = self.draft(container)
        return draft.select(draft.records.layout.index_named(index), [value], owner)

    def changed(self, container: str) -> list[tuple[Row | None, Row | None]]:
        """The rows that it has made, changed, hidden or taken away so far: each as it was before,
        and as it is now; None where it was or is not there, or hidden.
        """
        found: list[tuple[Row | None, Row | None]] = []
        for old, new in self._changed(container):
            was = None if old is None or old.root else old
            now = None if new is None or new.root else new
            if was is not None or now is not None:
                found.append((was, now))
        return found

    def relinked(self, relation: str) -> list[tuple[Key, Key, bool]]:
        """The links that it has made or taken away so far: from where, to where, and whether it is
        new: neither of one that was hidden.
        """
        return [
            (link.source, link.target, old is None)
            for old, new in self._changed(links_table(relation))
            for link in (new or old,)
            if link is not None
        ]

    def touches(self, names: frozenset[str]) -> bool:
        """Whether it has made, changed or taken away anything so far in one of some containers and
        relations.
        """
        for table in self._drafts.keys() & _tables_of(names):
            if self._drafts[table].is_changed:
                return True
        return False

    def has_changed(self, container: str) -> bool:
        """Whether it has made, changed or taken away anything so far in a container."""
        draft = self._drafts.get(container)
        return draft is not None and draft.is_changed

    def _changed(self, table: str) -> list[Change[Any]]:
        draft = self._drafts.get(table)
        return [] if draft is None else draft.so_far()

    def hidden(self, container: str) -> list[Row]:
        """The rows of a container that were hidden themselves, in order."""
        return self.draft(container).select(OWN_ROOT, [0], hidden=True)

    def targets(self, relation: str, source: Key) -> list[Row]:
        """The rows that a row is linked to, in order of the links, whose positions they have."""
        return self._ends(self.draft(links_table(relation)).select(FROM, [source]), "target")

    def sources(self, relation: str, target: Key) -> list[Row]:
        """The rows that are linked to a row."""
        return self._ends(self.draft(links_table(relation)).select(TO, [target]), "source")

    def has(self, relation: str, source: Key, target: Key) -> bool:
        """Whether one row is linked to the other."""
        return self.draft(links_table(relation)).get((source, target)) is not None

    def container_of(self, key: Key) -> str:
        """The name of the container that a row with that key is in. Raises KeyError."""
        number = key & MOST_CONTAINERS
        name = self._tables.names.get(number) or self._made.get(number)
        if name is None:
            raise KeyError(key)
        return name

    def _ends(self, links: Iterable[Link], end: str) -> list[Row]:
        found = [(link.position, self.row(getattr(link, end))) for link in links]
        return [LinkedRow(position, row) for position, row in found if row is not None]

    def _at(self, key: Key) -> Row | None:
        """What has that key, hidden or not."""
        number = key & MOST_CONTAINERS
        name = self._tables.names.get(number) or self._made.get(number)
        if name is None:
            return None
        draft = self._drafts.get(name) or self.draft(name)
        found: Row | None = draft.at(key >> NUMBER_BITS)
        return found

    def _live(self, key: Key) -> Row:
        row = self.row(key)
        if row is None:
            raise NoSuchRow(key)
        return row

    def draft(self, table: str) -> Draft[Any]:
        """The changes to one table."""
        found = self._drafts.get(table)
        if found is None:
            found = self._drafts[table] = Draft(self._tables.of(table), self._unseen(table))
        return found

    # Rows

    def insert(
        self, container: str, record: Record, owner: Key = 0, position: int | None = None
    ) -> Row:
        """Add a record at the end, or at a position that is free. Raises KeyTaken, NoSuchRow."""
        if owner:
            self._live(owner)
        number = self._tables.numbers.get(container) or self._new_number(container)
        draft = self.draft(container)
        place = draft.next_position if position is None else position
        return self._put(draft, container, None, Row(place, dict(record), number, owner))

    def replace(self, key: Key, record: Record) -> Row:
        """Put another record in the place of a row's, which may have another id and other keys.

        Raises KeyTaken, NoSuchRow.
        """
        old = self._live(key)
        return self.put(self._container(old), old, dict(record))

    def put(self, container: str, old: Row, record: Record) -> Row:
        """As ``replace``, for a row of that container that this transaction gave, and with a record
        that is its own from now.
        """
        new = Row(old.position, record, old.number, old.owner)
        return self._put(self.draft(container), container, old, new)

    def move(self, key: Key, owner: Key) -> Row:
        """Let another row contain this one, or none (0). Raises KeyTaken, NoSuchRow, and ValueError
        for one that this row contains.
        """
        old = self._live(key)
        above = owner
        while above:
            if above == key:
                raise ValueError("a row cannot be moved into what it contains")
            above = self._live(above).owner
        container = self._container(old)
        new = Row(old.position, old.record, old.number, owner)
        return self._put(self.draft(container), container, old, new)

    def delete(self, *keys: Key) -> None:
        """Take rows away with all that they contain, at any depth, what of it is hidden as well,
        and with all links to any of it. Raises NoSuchRow.
        """
        self.end([self._live(key) for key in keys])

    def _put(self, draft: Draft[Any], container: str, old: Row | None, new: Row) -> Row:
        name = draft.records.layout.keys[0].name
        value = new.record.get(name)
        if not isinstance(value, str):
            raise TypeError(f"a record's {name} must be a string, not {value!r}")
        if OWNER_MARK in new.record or DELETED_MARK in new.record or BYTES in new.record:
            self._check_marks(new.record)
        draft.change(old, new)
        if new.owner:
            self._tables.reach.learn_owner(container, new.owner)
        return new

    def _check_marks(self, record: Record) -> None:
        """Raise ValueError where a record could not be read again as it is."""
        for mark in (OWNER_MARK, DELETED_MARK):
            if mark in record:
                raise ValueError(f"a record cannot have {mark}: it is what data files say of rows")
        if BYTES not in record:
            return
        if not is_naming(record[BYTES]):
            raise ValueError(f"{BYTES} must have the SHA-256 of bytes by property")
        for name in names_in(record):
            if not self._keeper.has_bytes(name):
                raise ValueError(f"{BYTES}: the bytes {name} are not there")

    def _container(self, row: Row) -> str:
        return self._tables.names.get(row.number) or self._made[row.number]

    def _new_number(self, container: str) -> int:
        """The number of a container that is made with this write."""
        if container not in self.numbers:
            check_container_name(container)
            number = 1 + max([0, *self._tables.numbers.values(), *self.numbers.values()])
            if number > MOST_CONTAINERS:
                raise ValueError(f"a store has {MOST_CONTAINERS} containers at most")
            self.numbers[container] = number
            self._made[number] = container
        return self.numbers[container]

    # Soft deletion

    def hide(self, key: Key) -> None:
        """Take a row out of sight, with all that it contains and all links to any of it, until it
        is restored or purged. Its unique values are free meanwhile. Raises NoSuchRow.
        """
        tree = self._tree([self._live(key)], (False,))
        for draft, link in self._links(tree, (False,)):
            draft.change(link, HiddenLink(link, key))
        for row in tree.values():
            self.draft(self._container(row)).change(row, HiddenRow(row, key))

    def restore(self, key: Key, record: Record | None = None) -> None:
        """Bring back exactly what was hidden with this row; a link whose other end is hidden by now
        comes back with that. ``record`` is what the row itself has from then on, where that is not
        what it had. Raises KeyTaken, and NoSuchRow, for its owner too.
        """
        root = self._hidden_root(key)
        if root.owner:
            self._live(root.owner)
        tree = self._tree([root], (True,), key)
        shown = [(self.draft(self._container(row)), row, row.shown()) for row in tree.values()]
        for draft, hidden, row in shown:
            if record is not None and hidden.key == key:
                row.record = dict(record)
            draft.check(row)
        for draft, hidden, row in shown:
            draft.change(hidden, row)
        for table in self._tables.reach.linked(tree):
            draft = self.draft(table)
            for link in draft.select(ROOT, [key], hidden=True):
                other = self._root_of(link.source) or self._root_of(link.target)
                draft.change(link, HiddenLink(link, other) if other else link.shown())

    def purge(self, key: Key) -> None:
        """End what was hidden with this row, and all links to any of it. Raises NoSuchRow."""
        self.end([self._hidden_root(key)])

    def _hidden_root(self, key: Key) -> Row:
        row = self._at(key)
        if row is None or row.root != key:
            raise NoSuchRow(key)
        return row

    def _root_of(self, key: Key) -> Key:
        row = self._at(key)
        return 0 if row is None else row.root

    def end(self, rows: Iterable[Row]) -> None:
        """As ``delete``, for rows that this transaction gave."""
        tree = self._tree(rows, (False, True))
        for draft, link in self._links(tree, (False, True)):
            draft.change(link, None)
        for row in tree.values():
            self.draft(self._container(row)).change(row, None)

    def _tree(
        self, rows: Iterable[Row], hidden: Collection[bool], root: Key | None = None
    ) -> dict[Key, Any]:
        """Rows and what they contain, level by level: of what is hidden, of what is not, or both;
        with ``root``, only what was hidden with it.
        """
        found = {row.key: row for row in rows}
        level: Collection[Key] = found
        while containers := self._tables.reach.contained(level):
            below = {
                row.key: row
                for container in containers
                for each in hidden
                for row in self.draft(container).select(OWNER, level, hidden=each)
                if row.key not in found and root in (None, row.root)
            }
            found.update(below)
            level = below
        return found

    def _links(
        self, keys: Collection[Key], hidden: Collection[bool]
    ) -> Iterable[tuple[Draft[Any], Any]]:
        """The links that begin or end at one of these, each once, with the draft of its table."""
        found: dict[tuple[str, int], tuple[Draft[Any], Any]] = {}
        for table in self._tables.reach.linked(keys):
            draft = self.draft(table)
            for each in hidden:
                for index in (FROM, TO):
                    for link in draft.select(index, keys, hidden=each):
                        found[table, link.position] = (draft, link)
        return found.values()

    # What is put down as it was stored elsewhere

    def any_row(self, key: Key) -> Row | None:
        """The row with that key, hidden or not."""
        return self._at(key)

    def owned(self, container: str, owner: Key, *, hidden: bool) -> list[Row]:
        """The rows of a container that an owner contains: those that are hidden, or the others."""
        return self.draft(container).select(OWNER, [owner], hidden=hidden)

    def lay(
        self, container: str, record: Record, owner: Key = 0, root: Key = 0, old: Row | None = None
    ) -> Row:
        """Put a record at the end, or in the place of an old row: hidden with the row ``root``, or
        as that itself (-1). Raises KeyTaken.
        """
        number = self._tables.numbers.get(container) or self._new_number(container)
        draft = self.draft(container)
        row = Row(draft.next_position if old is None else old.position, record, number, owner)
        if root:
            row = HiddenRow(row, row.key if root == -1 else root)
        return self._put(draft, container, old, row)

    def reorder(self, container: str, keys: Sequence[Key]) -> None:
        """Have rows of a container come in this order: they take each other's positions, and with
        these other keys. What they contain and are linked to goes along. Raises NoSuchRow.
        """
        rows = [self._live(key) for key in keys]
        places = sorted(row.position for row in rows)
        new = {
            row.key: Row(place, row.record, row.number, row.owner)
            for row, place in zip(rows, places, strict=True)
            if row.position != place
        }
        inner = self._directly_in(new)
        links = list(self._links(new, (False, True)))
        draft = self.draft(container)
        for row in rows:
            if row.key in new:
                draft.change(row, None)
        for each in new.values():
            self._put(draft, container, None, each)
        keyed = {old: row.key for old, row in new.items()}
        for name, row in inner:
            moved = Row(row.position, row.record, row.number, keyed[row.owner])
            self._put(
                self.draft(name), name, row, HiddenRow(moved, row.root) if row.root else moved
            )
        for its_draft, link in links:
            its_draft.change(link, None)
        for its_draft, link in links:
            ends = (keyed.get(end, end) for end in (link.source, link.target))
            again = Link(link.position, *ends)
            its_draft.change(None, HiddenLink(again, link.root) if link.root else again)
        for relation in self._tables.reach.linked(new):
            for key in keyed.values():
                self._tables.reach.learn_end(relation, key)

    def _directly_in(self, owners: Collection[Key]) -> list[tuple[str, Row]]:
        """The rows that these contain, hidden or not, each with its container."""
        return [
            (container, row)
            for container in self._tables.reach.contained(owners)
            for hidden in (False, True)
            for row in self.draft(container).select(OWNER, owners, hidden=hidden)
        ]

    def lay_links(self, relation: str, source: Key, targets: Sequence[tuple[Key, Key]]) -> None:
        """Have a row be linked to these alone: each with the row that the link is hidden with."""
        table = links_table(relation)
        draft = self.draft(table)
        for hidden in (False, True):
            for link in draft.select(FROM, [source], hidden=hidden):
                draft.change(link, None)
        self._tables.reach.learn_end(table, source)
        for target, root in targets:
            link = Link(draft.next_position, source, target)
            draft.change(None, HiddenLink(link, root) if root else link)
            self._tables.reach.learn_end(table, target)

    # Links and bytes

    def link(self, relation: str, source: Key, target: Key, position: int | None = None) -> bool:
        """Link one row to another, at the end or at a position that is free; False where it is
        already. Raises NoSuchRow.
        """
        self._live(source)
        self._live(target)
        table = links_table(relation)
        draft = self.draft(table)
        if draft.get((source, target)) is not None:
            return False
        place = draft.next_position if position is None else position
        draft.change(None, Link(place, source, target))
        self._tables.reach.learn_end(table, source)
        self._tables.reach.learn_end(table, target)
        return True

    def unlink(self, relation: str, source: Key, target: Key) -> bool:
        """Take a link away; False where there is none."""
        draft = self.draft(links_table(relation))
        link = draft.get((source, target))
        if link is not None:
            draft.change(link, None)
        return link is not None

    def keep(self, data: bytes | Spooled) -> str:
        """Keep bytes and give their name, for a record to have: ``"@bytes": {PROPERTY: NAME}``.
        What no record names in the end is dropped again. Raises StorageFailure.
        """
        return self._keeper.keep(data)

    def join(self, names: Sequence[str]) -> str:
        """Keep what bytes are one after the other, none of which is read whole; else as ``keep``.
        Raises DataFileError too, for what is damaged or gone.
        """
        return self._keeper.join(names)

    def content(self, name: str, data: bytes | None = None) -> Content:
        """The bytes of that name: ``data``, where they are at hand. Raises DataFileError."""
        return self._keeper.content(name, data)

    def parts(self) -> Parts:
        """All that it changes. Raises TypeError for a value that is not JSON."""
        found: Parts = {}
        for table, draft in self._drafts.items():
            changes = draft.changes()
            if changes:
                found[table] = (draft, changes)
        return found


@lru_cache(maxsize=64)
def _tables_of(names: frozenset[str]) -> frozenset[str]:
    """The tables of containers and of relations of some names."""
    return names.union(map(links_table, names))
