"""``Watch``: what one subscription is told of, found in what the change log has of a write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from fakegraph.edm.published import PublishedType
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.asking import computed_in
from fakegraph.graph.whole.extended import Added
from fakegraph.graph.whole.finding import Me
from fakegraph.graph.whole.locate import locate
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.queries import queried_as
from fakegraph.graph.whole.seeing import Seer
from fakegraph.graph.whole.shape import tag_of
from fakegraph.graph.whole.tracked import Story
from fakegraph.graph.whole.world import World
from fakegraph.odata import engine
from fakegraph.odata.query import Filter, Source
from fakegraph.odata.query_string import Options, split_options
from fakegraph.odata.reading import read_query
from fakegraph.store import Key, Record, Row, Store
from fakegraph.store.change import (
    CREATED,
    DELETED,
    HIDDEN,
    LINKED,
    MOVED,
    PURGED,
    RESTORED,
    UNLINKED,
    UPDATED,
    Change,
    Written,
)
from fakegraph.workloads.handed import short
from fakegraph.workloads.subscriptions import resources
from fakegraph.workloads.subscriptions.resources import Watched

_COMINGS = frozenset({CREATED, RESTORED})
_CHANGES = frozenset({UPDATED, MOVED})
_DEEPEST = 8
_BEFORE = {(False, False): 0, (True, False): 1, (False, True): 2}
"""How many segments of a path say what of a thing is meant, and lead nowhere."""


class Told(NamedTuple):
    """One change of one thing: its type, what the notification calls it, and what it says of it.

    ``row`` is the thing itself; None where it is gone or is not told.
    """

    change: str
    resource: str
    data: Record | None
    row: Row | None = None


class Resource(NamedTuple):
    """What ``resource`` of a subscription says: the path as written and as read, its query, and
    what it is. ``asked`` is the path whose permissions count; ``secured``: the container of what
    says who may see things, where that is told too.
    """

    text: str
    path: ResourcePath
    asked: ResourcePath
    options: Options
    watched: Watched
    secured: str = ""


def read_resource(record: Record, walk: Walk) -> Resource | None:
    """What a subscription is about; None for what cannot be subscribed to.

    Raises GraphError (400, 404) for a path or a query that is none.
    """
    path, _, query = str(record.get("resource") or "").lstrip("/").partition("?")
    watched = resources.watched_at(path)
    if watched is None:
        return None
    query = "&".join(filter(None, (query, record.get("notificationQueryOptions"))))
    read = walk(f"/{path.rsplit('/', _BEFORE[watched.within, bool(watched.installed)])[0]}")
    asked = walk(f"/{watched.asks or path}")
    secured = watched.secured if record.get(resources.SECURED) else ""
    return Resource(path, read, asked, split_options(query), watched, secured)


class Watch:
    """Which changes of a store a subscription is about. Raises GraphError for what is not there."""

    def __init__(
        self,
        world: World,
        store: Store,
        resource: Resource,
        me: Me,
        instant: Callable[[], Any],
    ) -> None:
        self._world, self._store, self._instant = world, store, instant
        self._resource, self.watched, self._me = resource, resource.watched, me
        self._owner: Key | None = None
        self._key: Key | None = None
        self._relation: str | None = None
        self._filter: Filter | None = None
        self._lists: Callable[[Row], bool] | None = None
        self._asking = ""  # the container of what asks for the things, whose changes change that
        self.containers: Sequence[str] = self.watched.everywhere
        self._is_in: Callable[[Row], bool] | None = None
        self._find()
        self._check_options()
        self._filter = self._condition()
        text = self._resource.options.get("filter") or ""
        self._computed = computed_in(world, self._type, text) if text else {}

    def _find(self) -> None:
        """Find out what it is about, as things are now. Raises GraphError."""
        path, watched = self._resource.path, self.watched
        if watched.of:
            self._be_of(path.segments({}, {})[-2].keys)
        elif watched.installed:
            self._be_installed(self._place(path, self._me), *watched.installed)
        elif watched.within:
            self._be_within(self._place(path, self._me))
        elif watched.listed:
            self._be_listed(self._place(path, self._me))
        elif not watched.everywhere:
            self._be_at(self._place(path, self._me))

    def _place(self, path: ResourcePath, me: Me) -> Place:
        segments = path.segments({}, {})
        return locate(self._world, InStore(self._store), segments, me, _as_stored).place

    def _be_at(self, place: Place) -> None:
        if isinstance(place, One):
            place.check()
            self._be_one(place)
            return
        self.containers = place.containers
        if place.relation is not None:
            assert place.source is not None
            self._relation, self._key = place.relation, place.source.stored
            return
        self._owner = None if place.owner is None else place.owner.stored
        self._lists = place.lists
        if place.question is not None and place.beneath is not None:
            self._asking = self._store.container_of(place.beneath.stored)

    def _be_listed(self, place: Place) -> None:
        """Be about what is found in a collection."""
        assert isinstance(place, Many)
        self.containers = place.containers
        self._is_in = lambda row: place.get({"id": row.record["id"]}) is not None

    def _be_within(self, place: Place) -> None:
        """Be about what those have who are in a collection."""
        assert isinstance(place, Many)

        def is_in(row: Row) -> bool:
            above = self._store.row(row.owner)
            return above is not None and place.get({"id": above.record["id"]}) is not None

        self._is_in = is_in

    def _be_installed(self, place: Place, container: str, relation: str) -> None:
        """Be about what those have in which a thing is installed. Raises GraphError (404)."""
        assert isinstance(place, One)
        place.check()
        store, app = self._store, place.stored

        def is_in(row: Row) -> bool:
            installed = store.container(container).of(row.owner).scan()
            return any(store.links(relation).has(each.key, app) for each in installed)

        self._is_in = is_in

    def _be_of(self, keys: Mapping[str, Any]) -> None:
        """Be about what the thing with a key has. Raises GraphError (404)."""
        key = keys["id"]
        rows = (row for name in self.watched.of for row in self._store.container(name).scan())
        row = next((row for row in rows if row.record["id"] == key), None)
        if row is None:
            raise GraphError(404, "NotFound", "Not Found")
        self._owner = row.key

    def _be_one(self, place: One) -> None:
        if self.watched.named:
            self.containers, self._key = place.place.containers, place.stored
        elif "root" in place.record:
            self.containers, self._owner = place.place.containers, _owner_of(place)
        else:
            self.containers, self._owner = ("list/items",), place.stored

    def _condition(self) -> Filter | None:
        """What things have to be to be told. Raises GraphError (400)."""
        text = self._resource.options.get("filter")
        if text is None:
            return None
        world, type_, options = self._world, self._type, Options({"filter": text}, {})
        words = world.declared.workload([type_]).words
        added = Added(type_, world.rules(type_).extended, self._store, words).named_in(options)
        return read_query(options, Source(world.model, queried_as(world, type_, added))).filter

    def _check_options(self) -> None:
        """Raise GraphError (400) for what of a query says nothing about what is told."""
        options, watched = self._resource.options, self.watched
        takes = {"filter"} if self._is_many else set()
        takes |= {"select"} if watched.rich else set()
        for name in options.values:
            if name not in takes:
                said = "The query parameter '${}' is not supported in this resource of a {}."
                raise bad_request(said.format(name, "subscription"), f"${name}")
        pattern = watched.filters
        if pattern is not None and not pattern.fullmatch(options.get("filter") or ""):
            raise bad_request(
                f"'{self._resource.text}' has to have a $filter like id in ('a','b'), of 650 ids "
                "at most.",
                "$filter",
            )

    @property
    def _is_many(self) -> bool:
        """Whether it is about more than one thing, and these are told."""
        return bool(self.watched.named) and self._key is None

    @property
    def _type(self) -> PublishedType:
        return self._world.type_in(self.containers[0])

    @property
    def tables(self) -> frozenset[str]:
        """The containers and relations whose changes may be told."""
        relations = (self._relation,) if self._relation else self.watched.links
        secured = (self._resource.secured,) if self._resource.secured else ()
        more = filter(None, (self.watched.answers, self._asking))
        return frozenset((*self.containers, *more, *relations, *secured))

    @property
    def outlook(self) -> bool:
        """Whether it is told when deliveries are given up."""
        return self.watched.outlook

    # What a write did ---------------------------------------------------------------------------

    def told(self, written: Sequence[Written], organization: str) -> Iterator[Told]:
        """What a subscription of all types of changes is told of one write."""
        by = self._asking
        is_other = bool(by) and any(each.change.container == by for each in written)
        if is_other or 0 in (self._owner, self._key):  # or nothing was stored yet of what has them
            with suppress(GraphError):
                self._find()
        if self.watched.named:
            yield from self._of_links([each.change for each in written], organization)
            yield from self._of_rows(written, organization)
        elif any(self._is_about(each.change) or self._secures(each.change) for each in written):
            yield Told(UPDATED, self._resource.text, {"@odata.type": self.watched.type})

    def _secures(self, change: Change) -> bool:
        """Whether a change is of who may see one of the things that are watched."""
        if change.container != self._resource.secured:
            return False
        above = self._store.row(change.owner)
        return above is not None and above.owner == self._owner

    def _is_about(self, change: Change) -> bool:
        """Whether a change is of a row that is watched."""
        container = change.container
        if not change.key or container not in (*self.containers, self.watched.answers):
            return False
        if change.kind == UPDATED and not self._is_told(change.old):
            return False
        if self._key is not None:
            return change.key == self._key
        if self._owner is None or self._holder(container, change.owner) == self._owner:
            return True
        row = self._store.row(change.key)
        return row is not None and self._holder(container, row.owner) == self._owner

    def _is_told(self, changed: Iterable[str]) -> bool:
        return any(name[:1] != "@" and name not in self.watched.sharing for name in changed)

    def _holder(self, container: str, owner: Key) -> Key:
        """The key of what has the thing, or has what the thing answers."""
        if container != self.watched.answers:
            return owner
        above = self._store.row(owner)
        return -1 if above is None else above.owner

    def _of_rows(self, written: Sequence[Written], organization: str) -> Iterator[Told]:
        if self._relation is not None:
            return
        seen: dict[Key, list[Written]] = {}
        for each in written:
            if self._is_about(each.change):
                seen.setdefault(each.change.key, []).append(each)
        for those in seen.values():
            yield from self._of_row(those, organization)

    def _of_row(self, written: list[Written], organization: str) -> Iterator[Told]:
        """What became of one row."""
        first = written[0].change
        kinds = {each.change.kind for each in written}
        if written[0].exact:
            now = written[-1].after
            before = written[0].before or now
            assert before is not None
        else:
            now = self._store.row(first.key)
            before = _as_it_was([each.change for each in written], now)
        for change, row in self._fates(kinds, before, now, first.container):
            yield self._item(change, row, first, organization)

    def _fates(
        self, kinds: set[str], before: Row, now: Row | None, container: str
    ) -> Iterator[tuple[str, Row]]:
        """The types of changes that a row had, each with the row as it is told of."""
        if self.watched.directory:
            gone = PURGED in kinds or DELETED in kinds
            yield resources.DELETED if gone else resources.UPDATED, now or before
            return
        was = not kinds & _COMINGS and self._has(before, container)
        is_ = bool(kinds & (_COMINGS | _CHANGES)) and now is not None and self._has(now, container)
        if kinds & {HIDDEN, DELETED} or self._ends(before, now):
            is_ = False
        renamed = now is not None and now.record.get("id") != before.record.get("id")
        if was and (not is_ or renamed):
            yield resources.DELETED, before
        if is_ and now is not None and self._fits(now):
            is_new = not (was or self.watched.provided) or renamed
            yield (resources.CREATED if is_new else resources.UPDATED), now

    def _ends(self, before: Row, now: Row | None) -> bool:
        """Whether a thing that stays says now that it is deleted."""
        name = self.watched.ends
        if not name or now is None:
            return False
        return before.record.get(name) is None and now.record.get(name) is not None

    def _has(self, row: Row, container: str) -> bool:
        """Whether a row is one of the collection."""
        if self._owner is not None and self._holder(container, row.owner) != self._owner:
            return False
        if self._is_in is not None and not self._is_in(row):
            return False
        return self._lists is None or self._lists(row)

    def _fits(self, row: Row) -> bool:
        if self._filter is None:
            return True
        if self._computed:
            row = Seer(self._world, self._store, "", self._instant).seen(row, self._computed)
        return any(True for _ in engine.satisfying([row], self._filter, self._instant()))

    def _of_links(self, changes: Sequence[Change], organization: str) -> Iterator[Told]:
        """What became of links, of each thing that they begin at."""
        relations = (self._relation,) if self._relation else self.watched.links
        seen: dict[Key, list[Change]] = {}
        for each in changes:
            is_link = each.kind in (LINKED, UNLINKED) and each.container in relations
            if is_link and self._key in (None, each.source):
                seen.setdefault(each.source, []).append(each)
        for key, links in seen.items():
            row = self._store.row(key)
            if row is None:
                continue
            item = self._item(resources.UPDATED, row, links[0], organization)
            data = dict(item.data or {})
            for link in links:
                name = f"{link.container.rpartition('/')[2]}@delta"
                data.setdefault(name, []).append(self._end(link))
            yield item._replace(data=data)

    def _end(self, link: Change) -> Record:
        row = self._store.row(link.target)
        known: Record = {"id": "" if row is None else row.record["id"]}
        return known if link.kind == LINKED else {**known, "@removed": "deleted"}

    def _item(self, change: str, row: Row, said: Change, organization: str) -> Told:
        container = said.container if said.key else self._store.container_of(row.key)
        names = self._names(row, container)
        type_ = self._world.type_of(row.record, container)
        answers = container == self.watched.answers
        named = self.watched.answer if answers else self.watched.named
        resource = named.format(*self._above(row), **names)
        data: Record = {
            "@odata.type": self.watched.type.format(type=short(type_.name)),
            "@odata.id": resource,
        }
        rules = self._world.rules(type_)
        if rules.etag and rules.etag in row.record:
            data["@odata.etag"] = tag_of(row.record, rules)
        data["id"] = row.record["id"]
        if self.watched.directory:
            data |= {"organizationId": organization, "sequenceNumber": said.sequence}
        return Told(change, resource, data, None if change == resources.DELETED else row)

    def _names(self, row: Row, container: str) -> Mapping[str, str]:
        type_ = self._world.type_of(row.record, container)
        return {
            "id": str(row.record["id"]),
            "name": container.rpartition("/")[2],
            "type": short(type_.name),
        }

    def _above(self, row: Row) -> list[str]:
        """The ids of what contains a row, the nearest first; empty texts where there is nothing."""
        found: list[str] = []
        at = row.owner
        while at and len(found) < _DEEPEST:
            above = self._store.row(at)
            if above is None:
                break
            found.append(str(above.record.get("id", "")))
            at = above.owner
        return [*found, "", "", ""]


def _as_it_was(changes: Sequence[Change], now: Row | None) -> Row:
    """A row before some changes, as far as they tell."""
    first = changes[0]
    story = Story(first.key, (first.sequence, 0))
    for each in changes:
        story.note(each)
    return Row.of(first.key, story.record(now), first.owner)


def _as_stored(owner: One | None, container: str) -> None:
    """What nobody has made yet need not be made to be watched."""


def _owner_of(place: One) -> Key:
    assert place.row is not None
    return place.row.owner
