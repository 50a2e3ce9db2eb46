"""What ``/delta`` tells of: the things of a place, and what has become of each since a write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import field
from hashlib import blake2s
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import bad_request
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.collections import Only, Part
from fakegraph.graph.whole.finding import Unprovided
from fakegraph.graph.whole.leading import Leading
from fakegraph.graph.whole.locate import locate
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.narrowing import in_order
from fakegraph.graph.whole.places import Many, One, Place, Rows
from fakegraph.graph.whole.records import value_at
from fakegraph.graph.whole.unfolding import unfolded
from fakegraph.odata import engine
from fakegraph.odata.query import Filter
from fakegraph.store import Key, Record, Row
from fakegraph.store.change import (
    CREATED,
    DELETED,
    HIDDEN,
    LINKED,
    MOVED,
    PURGED,
    RESTORED,
    UPDATED,
    Change,
)
from fakegraph.store.names import links_table
from fakegraph.store.since import At, Since
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import Test, short

_THERE = frozenset({UPDATED, MOVED, HIDDEN, DELETED})  # what happens to what is there
_FATES = frozenset({CREATED, RESTORED, HIDDEN, DELETED, PURGED})


def place_of(asked: Asked) -> Place:
    """What stands before ``/delta``. Raises GraphError (404)."""
    while True:
        lookup = InStore(asked.tenant.store)
        try:
            return locate(asked.world, lookup, asked.segments[:-1], asked.me).place
        except Unprovided as missing:
            asked.provide(missing)


@dataclass(slots=True)
class Story:
    """What became of one thing, and of its links.

    ``at`` is when that began. ``fates`` are its comings and goings, in order; ``old`` the values
    that changed properties had at the start, ``left`` what is known of it otherwise; ``ids`` are
    those that it had. ``links``: by relation and target, whether there was one at the start.
    ``unsure``: something became of it while the last round was told, so that the client may know it
    as it was before or as it was later. ``size``: how many changes that is.
    """

    key: Key
    at: At
    ids: list[str] = field(default_factory=list)
    owner: Key = 0
    first: str = ""
    unsure: bool = False
    fates: list[str] = field(default_factory=list)
    old: Record = field(default_factory=dict)
    left: Record = field(default_factory=dict)
    links: dict[str, dict[Key, bool]] = field(default_factory=dict)
    size: int = 0

    @property
    def id(self) -> str:
        """The one that it had at the start."""
        return self.ids[0]

    @property
    def was_there(self) -> bool:
        """Whether it was there at the start, for all to see."""
        return not self.first or self.first in _THERE

    @property
    def was_hidden(self) -> bool:
        """Whether it was there at the start, deleted softly."""
        return self.first in (RESTORED, PURGED)

    def note(self, change: Change) -> None:
        """Take in what became of the thing itself."""
        if not self.first:
            self.first, self.owner = change.kind, change.owner
        if change.id not in self.ids:
            self.ids.append(change.id)
        if change.kind in _FATES:
            self.fates.append(change.kind)
        self.left = {**self.left, **change.left}
        self.old = {**change.old, **self.old}

    def note_link(self, change: Change, *, was: bool) -> None:
        """Take in what became of one of its links; ``was``: whether there was one before."""
        self.links.setdefault(change.container, {}).setdefault(change.target, was)

    def record(self, now: Row | None) -> Record:
        """What is known of how it was at the start."""
        known = self.left if now is None else now.record
        return {**known, **self.old, "id": self.id} if self.first else known


def _previewed(asked: Asked, said: Navigation) -> tuple[frozenset[str] | None, list[Test]]:
    """What is shown of a thing where one version shows less, and the tests of what it tells of.

    Raises GraphError (400) in another version, which tells nothing of it.
    """
    preview, others = said.preview, asked.options.others
    if preview is None:
        return None, []
    if asked.root.rpartition("/")[2] != preview.version:
        raise asked.words.untracked(short(asked.type.name), preview.version)
    return preview.shows, [test(others[n]) for n, test in preview.takes.items() if n in others]


class Scope:
    """Whose changes are told: those of the things in a collection, or of all in a drive.

    ``relations``: by name, the property whose links are told too. ``shows``: what is told of a
    thing, None for all.
    """

    def __init__(self, asked: Asked, place: Place, select: tuple[str, ...] | None) -> None:
        """``select``: what is selected, None for what is told anyway. Raises GraphError."""
        self._asked = asked
        self._store = asked.tenant.store
        self.is_tree = isinstance(place, One)
        self.top = ""  # the id of the folder whose items they are, where that is not the root
        self._many = place.place if isinstance(place, One) else place
        if isinstance(place, One):
            place.check()
            self.top = "" if "root" in place.record else str(place.record["id"])
        elif not _is_tracked(place):
            raise asked.words.untracked(short(place.type.name))
        self.containers = self._many.containers
        self._above = place if isinstance(place, One) else place.owner
        self.owner = self._owner(place)
        self.leading = Leading(asked)
        said = self._many.said
        self.shows, self._tests = _previewed(asked, said)
        if said.asked is not None:
            self._tests.append(said.asked(asked.options.others))
        self._goes_by = frozenset() if self.is_tree else self._many.goes_by
        self._shows: Callable[[Row], bool] = self._many.lists
        if self.is_tree:
            self._shows = self._is_below if self.top else _always
        elif said.tracked == "all":
            self._shows = self._many.has
        self.relations = dict(self._relations(select))
        self._tables = (*self.containers, *map(links_table, self.relations))
        text = asked.options.get("filter") or ""
        self._kinds = _types(asked, text) if KINDS.fullmatch(text) else ()

    def _owner(self, place: Place) -> Key | None:
        """The key of what contains the things; None where nothing does, -1 for what has no row."""
        if isinstance(place, One):
            return -1 if place.row is None else place.row.owner
        return None if place.owner is None else place.owner.stored or -1

    @property
    def name(self) -> str:
        """What tells this place from all others, also when the data is read again."""
        above = "" if self._above is None else self._above.record.get("id")
        seen = self._many.beneath.record.get("id") if self._many.beneath is not None else ""
        asked = "" if self._many.question is None else self._many.question.mark
        about = f"{self._many.type} {self._many.said.name} {self.containers} {above} {seen}{asked}"
        return blake2s(about.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def _relations(self, select: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
        for container in self.containers:
            type_ = self._asked.world.type_in(container)
            for each in (type_, *type_.descendants):
                for name, unasked in self._asked.world.rules(each).tracked.items():
                    member = each.member(name)
                    if isinstance(member, NavigationProperty) and (
                        unasked if select is None else name in select
                    ):
                        yield f"{short(member.owner)}/{member.name}", member.name

    # What is there ----------------------------------------------------------------------------

    def rows(self) -> Rows:
        """All that is there."""
        if self._many.said.tracked == "all":
            rows: Rows = self._store.container(self.containers[0]).of(self.owner or 0)
            return Part(rows, self._in_place)
        rows = self._many.rows()
        if self._many.said.traced is not None:
            return in_order(self._traces(rows))
        return Part(rows, self._passes) if self._tests or self._kinds else rows

    @property
    def unfolds(self) -> bool:
        """Whether what is there is worked out of what is stored."""
        return self._many.said.traced is not None

    def traces(self, row: Row) -> list[Row | str]:
        """What is to be told by a row that has changed: things, and ids of what is gone."""
        return self._traces(Only(self._many.rows(), row))

    def _traces(self, rows: Rows) -> list[Row | str]:
        trace = self._many.said.traced
        assert trace is not None
        seer = self._asked.seer
        return unfolded(
            self._many, rows, self._asked.options.others, trace, seer.store, seer.around
        )

    def tree(self, top: Row | None = None) -> list[tuple[int, int, Row]]:
        """The items of a drive, or of a folder, each after the folder that it lies in: how deep
        that is, the position and the item.
        """
        if top is None and self.top:
            top = self._store.container(self.containers[0]).get(self.top, self.owner)
        rows = self._store.container(self.containers[0]).of(self.owner or 0).scan()
        below: dict[Any, list[Row]] = {}
        for row in rows:
            below.setdefault(None if "root" in row.record else _folder(row.record), []).append(row)
        first = [top] if top is not None else below.pop(None, ())
        found = [(0, row.position, row) for row in first]
        for depth, _, row in found:  # which grows meanwhile
            items = below.pop(row.record["id"], ())
            found += [(depth + 1, item.position, item) for item in items]
        return sorted(found, key=lambda each: each[:2])

    def is_top(self, row: Row) -> bool:
        """Whether it is the folder that all the others lie in."""
        return row.record.get("id") == self.top if self.top else "root" in row.record

    def _is_below(self, row: Row) -> bool:
        """Whether an item lies in the folder, or is it. What lay in one that is gone may have."""
        at, seen = row, 0
        container = self._store.container(self.containers[0])
        while not self.is_top(at) and seen < _DEEPEST:
            if "root" in at.record:
                return False
            above = container.get(str(_folder(at.record)), self.owner)
            if above is None:
                return True
            at, seen = above, seen + 1
        return self.is_top(at)

    def ancestors(self, row: Row) -> list[Row]:
        """The folders that an item lies in, the root first."""
        found: list[Row] = []
        container = self._store.container(self.containers[0])
        at: Row | None = row
        while at is not None and not self.is_top(at) and len(found) < _DEEPEST:
            at = container.get(str(_folder(at.record)), self.owner)
            if at is not None:
                found.insert(0, at)
        return found

    def now(self, story: Story) -> Row | None:
        """The thing as it is now, where it is still in this place."""
        row = self._store.row(story.key)
        return row if row is not None and self._in_place(row) else None

    def _in_place(self, row: Row) -> bool:
        if self.owner is not None and row.owner != self.owner:
            return False
        return self._shows(row) and self._passes(row)

    def _passes(self, row: Row) -> bool:
        """Whether a thing is one that the parameters ask about."""
        if not all(test(row.record) for test in self._tests):
            return False
        if not self._kinds:
            return True
        type_ = self._asked.seer.type_of(row)
        return any(type_.is_heir_of(each) for each in self._kinds)

    def had(self, story: Story, condition: Filter | None) -> bool:
        """Whether the client may know the thing as one in this place, as far as can be told."""
        if self.owner is not None and story.first and story.owner != self.owner:
            return False
        if story.unsure or not story.was_there:
            return story.unsure
        row = self._store.row(story.key)
        record = story.record(row)
        before = Row.of(story.key, record, story.owner if story.first else getattr(row, "owner", 0))
        unknown = row is None and bool(self._goes_by - record.keys())
        if not unknown and not self._shows(before):
            return False
        if not self._passes(before):
            return False
        return self.fits(before, condition, certain=row is not None)

    def is_taken(self, story: Story, id_: str) -> bool:
        """Whether an id that a thing had is now that of another one in this place."""
        lookup = InStore(self._store)
        for container in self.containers:
            row = lookup.find(container, "id", id_, self.owner)
            if row is not None and row.key != story.key and self._in_place(row):
                return True
        return False

    def fits(self, row: Row, condition: Filter | None, *, certain: bool = True) -> bool:
        """Whether a thing is what the client asks about. Not ``certain``: all that is not known of
        it may be so.
        """
        if condition is None:
            return True
        if not certain:
            words = re.findall(r"\w+", self._asked.options.get("filter") or "")
            named = {name for name in self._many.type.properties if name in words}
            if named - row.record.keys():
                return True
        now = self._asked.tenant.instant()
        seen = self.leading.seen(row) if condition.about else row
        return any(True for _ in engine.satisfying([seen], condition, now))

    # What became of it ------------------------------------------------------------------------

    def stories(
        self, since: Since, after: At | None, until: int, seen: int
    ) -> Iterator[tuple[At, Story | None]]:
        """Where something is changed that is told of, behind a place and up to a write: with what
        became of the thing, where that begins there. What was done up to ``seen`` the client may
        know already.
        """
        begins: dict[Key, At | None] = {}
        for at, key in since.places(self._tables, after):
            if at[0] > until:
                return
            if key not in begins:
                begins[key] = next((place for place, _ in self._noted(since, key)), None)
            yield at, self._story(since, key, at, seen) if begins[key] == at else None

    def _story(self, since: Since, key: Key, at: At, seen: int) -> Story:
        story = Story(key, at)
        for _, change in self._noted(since, key):
            story.size += 1
            if change.source:
                is_back = since.restores(change.sequence, change.target)
                may_be = is_back or change.sequence <= seen
                story.note_link(change, was=may_be or change.kind != LINKED)
            else:
                story.note(change)
                story.unsure |= change.sequence <= seen
        return story

    def _noted(self, since: Since, key: Key) -> Iterator[tuple[At, Change]]:
        """What is told of a thing, with the places of that."""
        if self._store.container_of(key) not in self.containers:
            return
        for at, change in since.of(key, self._tables):
            # A link that is out of sight with one of its ends is still there.
            if not change.source or not since.hides(change.sequence, change.source, change.target):
                yield at, change


def _always(row: Row) -> bool:
    return True


_DEEPEST = 1_000
_KIND = re.compile(r"isof\(\s*'([\w.]+)'\s*\)", re.I)
KINDS = re.compile(rf"\s*{_KIND.pattern}(?:\s+or\s+{_KIND.pattern})*\s*", re.I)


def _types(asked: Asked, text: str) -> tuple[PublishedType, ...]:
    """The types that a ``$filter`` asks for. Raises GraphError (400) for what is none."""
    found = []
    for name in _KIND.findall(text):
        type_ = asked.world.model.type_named(name)
        if not isinstance(type_, PublishedType):
            raise bad_request(f"Invalid filter clause: there is no type '{name}'.", "$filter")
        found.append(type_)
    return tuple(found)


def _folder(record: Record) -> Any:
    return value_at(record, "parentReference/id")


def _is_tracked(many: Many) -> bool:
    return many.relation is None and not many.computed and many.said.tracked != "nothing"
