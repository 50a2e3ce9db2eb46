"""Calls of operations that workloads have written: what they are handed, and what they give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from fakegraph.edm.values import format_instant
from fakegraph.graph.whole.downloads import content_of
from fakegraph.graph.whole.locate import Way, rows_in
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.monitors import monitor_url
from fakegraph.graph.whole.names import REPLACE
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.records import BYTES, MEDIA, has_values
from fakegraph.graph.whole.reports import report_url
from fakegraph.graph.whole.sessions import begin as begin_session
from fakegraph.graph.whole.sessions import keep as keep_session
from fakegraph.graph.whole.tenancy import Tenancy
from fakegraph.graph.whole.uploads import begin, upload_url
from fakegraph.store import Record, Row, Store
from fakegraph.workloads.handed import Reading, Word, short
from fakegraph.workloads.operations import NOTES, SENT, Ending, Thing
from fakegraph.workloads.words import Words


class About(NamedTuple):
    """What a call may know of its request; ``store`` is where bytes are, and ``person`` the
    id of whom a token names, where tokens are checked. ``preferences`` are what the client prefers.
    """

    root: str = ""
    conflict: str = "fail"
    store: Store | None = None
    person: str = ""
    preferences: Mapping[str, str] = {}
    format: str = ""


class Calling:
    """One call: ``workloads.operations.Call``, over what is stored or a write that is under way.

    ``maker`` is None for a call that only reads. ``thing`` is a place that is there.
    """

    def __init__(
        self,
        tenant: Tenancy,
        way: Way,
        place: Place,
        arguments: Mapping[str, Any],
        words: Words,
        maker: Maker | None = None,
        about: About | None = None,
    ) -> None:
        self.arguments = arguments
        self._about = about or About()
        self.root = self._about.root
        self.conflict = self._about.conflict
        self.person = self._about.person
        self.preferences = self._about.preferences
        self.format = self._about.format
        self.words = words
        self.now = format_instant(tenant.instant())
        self.new_id = tenant.new_id
        self._way = way
        self._place = place
        self._given_maker = maker
        self._instant = tenant.instant

    @property
    def _maker(self) -> Maker:
        if self._given_maker is None:
            raise TypeError("an operation that only reads cannot change anything")
        return self._given_maker

    @property
    def by(self) -> Mapping[str, Any]:
        return self._maker.caller

    # What is there ----------------------------------------------------------------------------

    @property
    def thing(self) -> Thing:
        assert isinstance(self._place, One)
        if self._place.row is None and self._given_maker is not None:
            self._given_maker.stored(self._place)
        return self._of(self._place)

    def things(self) -> Iterable[Thing]:
        assert isinstance(self._place, Many)
        return map(self._thing, self._rows(self._place))

    @property
    def holder(self) -> Thing:
        many = self._place.place if isinstance(self._place, One) else self._place
        above = many.owner or many.source  # what is linked to something is contained elsewhere
        assert above is not None
        if above.row is None and self._given_maker is not None:
            self._given_maker.stored(above)
        return self._of(above)

    @property
    def record(self) -> Record:
        assert isinstance(self._place, One)
        return self._place.record

    def caller(self) -> Thing | None:
        known = self._way.me()
        return next(
            filter(None, (self.find("users", value, name) for name, value in known.items())), None
        )

    def find(self, container: str, value: object, name: str = "id") -> Thing | None:
        for each in self._way.world.union(container):
            row = self._way.lookup.find(each, name, value, None)
            if row is not None:
                return self._thing(row)
        return None

    def having(self, container: str, index: str, key: object) -> list[Thing]:
        return [self._thing(row) for row in self._way.lookup.equal(container, index, key)]

    def beside(self, thing: Thing, container: str, id_: str) -> Thing | None:
        row = self._row(thing)
        found = self._way.lookup.find(container, "id", id_, row.owner)
        return None if found is None else self._thing(found)

    def among(self, thing: Thing, container: str, index: str, key: object) -> list[Thing]:
        rows = self._way.lookup.equal(container, index, key, thing.key) if thing.key else ()
        return [self._thing(row) for row in rows]

    def held(self, thing: Thing, container: str, id_: str) -> Thing | None:
        found = self._way.held(container, id_, thing.key)
        if found is None:
            return self._derived(thing, container, id_)
        return self._thing(found)

    def _derived(self, thing: Thing, container: str, id_: str) -> Thing | None:
        """What is worked out of another thing, which is stored where something is written."""
        if (
            not thing.key
            or self._way.world.rules(self._way.world.type_in(container)).derived is None
        ):
            return None
        many = self._way.member_of(self._row(thing), container.rpartition("/")[2])
        one = self._way.derived(many, id_) if isinstance(many, Many) else None
        if one is not None and self._given_maker is not None:
            self._given_maker.stored(one)
        return None if one is None else self._of(one)

    def inside(self, thing: Thing | None, container: str) -> list[Thing]:
        owner = 0 if thing is None else thing.key
        return [self._thing(row) for row in self._way.lookup.owned(container, owner)]

    def owner(self, thing: Thing) -> Thing | None:
        row = self._way.lookup.row(self._row(thing).owner)
        return None if row is None else self._thing(row)

    def is_new(self, thing: Thing) -> bool:
        return self._maker.touched.get(thing.key, thing.record) is None

    def leads_to(self, thing: Thing, navigation: str) -> list[Thing]:
        row = self._way.lookup.row(thing.key)
        if row is None:  # it is there although nobody made it, as who is signed in may be
            return []
        place = self._way.member_of(row, navigation)
        if isinstance(place, One):
            return [self._of(place)] if place.there else []
        return [self._thing(row) for row in self._rows(place)]

    def id_of(self, thing: Thing, word: Word) -> str | None:
        sought = self._way.world.declared.navigation(word.navigation).words.get(word.word)
        if sought is None:
            return None
        if self._given_maker is not None:
            return self._given_maker.id_of(word, thing.key)
        rows = self._way.lookup.owned(word.navigation, thing.key)
        return next((row.record["id"] for row in rows if has_values(row.record, sought)), None)

    # What becomes of it -----------------------------------------------------------------------

    def add(self, thing: Thing, navigation: str, record: Record) -> Thing:
        place = self._way.member_of(self._row(thing), navigation)
        return self._thing(self._maker.put(place, record))

    def mine(self, path: str) -> Thing:
        place = self._maker.way(()).elsewhere(path)
        assert isinstance(place, One)
        row = self._maker.transaction.row(self._maker.stored(place))
        assert row is not None
        return self._thing(row)

    def make(self, container: str, record: Record) -> Thing:
        return self._thing(self._maker.put(self._way.set_of(container), record))

    def change(self, thing: Thing, changes: Record) -> Thing:
        return self._thing(self._maker.change(self._one(thing), changes))

    def renew(self, thing: Thing, changes: Record) -> Thing:
        return self._thing(self._maker.renew(self._one(thing), changes))

    def copy(
        self, thing: Thing, changes: Record, owner: Thing | None = None, *, alone: bool = False
    ) -> Thing:
        into = None if owner is None else owner.key
        return self._thing(self._maker.copy(self._row(thing), changes, into, alone=alone))

    def note(self, container: str, record: Record, parts: Iterable[Record] = ()) -> None:
        assert container in NOTES or container == SENT  # else no seed takes what an export says
        transaction = self._maker.transaction
        row = transaction.insert(container, {**record, "id": self.new_id()})
        for part in parts:
            transaction.insert(f"{container}/parts", {**part, "id": self.new_id()}, row.key)

    def begin_upload(self, thing: Thing, record: Record, size: int, stream: str) -> Record:
        id_, transaction = self.new_id(), self._maker.transaction
        told = begin(transaction, id_, self._instant(), thing.key, record, size, stream)
        return {"uploadUrl": upload_url(self.root, id_), **told}

    def begin_storage(self, thing: Thing) -> Record:
        from fakegraph.graph.whole.storage import begin as give

        now = self._instant()
        return give(self._maker.transaction, self.new_id(), now, self.root, thing.key)

    def begin_session(
        self,
        record: Record,
        size: int | None,
        *,
        deferred: bool = False,
        stream: str = "",
        media: str = "",
    ) -> Record:
        assert isinstance(self._place, One)
        rest = {name: value for name, value in record.items() if name != "name"}
        what = REPLACE if stream else self.conflict
        about = (self._place, record.get("name"), what, self.words)
        session = begin_session(self._maker, self._instant(), *about)
        session |= {"record": rest, "size": size, "deferred": deferred}
        session |= {"stream": stream, "media": media} if stream else {}
        return keep_session(self._maker.transaction, session, self.root, self.new_id())

    def around(self, thing: Thing) -> Reading:
        assert self._way.around is not None, "only what is read is seen"
        return self._way.around(self._row(thing))

    def content(self, thing: Thing, stream: str) -> bytes | None:
        if stream not in thing.record.get(BYTES, {}):
            return None
        lookup = self._way.lookup
        store = lookup.store if isinstance(lookup, InStore) else self._about.store
        assert store is not None
        return content_of(store, thing.record, stream)

    def fill(self, thing: Thing, stream: str, data: bytes, media: str = "") -> Thing:
        media = media or thing.record.get(MEDIA, {}).get(stream, "application/octet-stream")
        return self._thing(self._maker.fill(self._row(thing), stream, data, media))

    def fill_as(self, thing: Thing, stream: str, other: Thing, of: str = "") -> Thing:
        source = of or stream
        name = other.record.get(BYTES, {}).get(source)
        content = self._maker.transaction.content(name) if name else self._maker.kept(b"")
        media = other.record.get(MEDIA, {}).get(source, "application/octet-stream")
        return self._thing(self._maker.fill_with(self._row(thing), stream, content, media))

    def link(self, thing: Thing, navigation: str, other: Thing) -> None:
        place = self._way.member_of(self._row(thing), navigation)
        self._maker.put_link(place, self._one(other))

    def unlink(self, thing: Thing, navigation: str, other: Thing) -> bool:
        place = self._way.member_of(self._row(thing), navigation)
        many = place.place if isinstance(place, One) else place
        return self._maker.unlink(many, other.key)

    def delete(self, thing: Thing) -> None:
        self._maker.delete(self._one(thing))

    def erase(self, thing: Thing) -> None:
        kept = self._way.world.rules(thing.type).kept
        if any(thing.record.get(name) == value for name, value in kept.items()):
            raise self.words.kept(short(thing.type.name), thing.id)
        self._maker.erase(self._one(thing))

    def buried(self) -> tuple[Thing, Thing] | None:
        assert isinstance(self._place, One)
        many, id_ = self._place.place, self._place.keys.get("id")
        assert many.owner is not None
        for row in self._way.lookup.hidden(many.containers[0]):
            if row.owner == many.owner.stored and row.record["id"] == id_:
                thing = Thing(many.type, row.record, row.key, many.containers[0])
                return thing, self._of(many.owner)
        return None

    def restore(self, thing: Thing, changes: Record) -> Thing:
        return self._thing(self._maker.restore(thing.type, thing.key, changes))

    def monitor_url(self, thing: Thing | None, ending: Ending) -> str:
        key = None if thing is None else thing.key
        assert self._about.store is not None
        return monitor_url(self._about.store.generation, self.root, key, ending)

    @property
    def stored(self) -> InStore:
        assert self._about.store is not None
        return InStore(self._about.store)

    def report_url(self, name: str, said: Mapping[str, str]) -> str:
        assert self._about.store is not None
        return report_url(self._about.store.generation, self.root, self.now, name, said)

    # Between rows and things ------------------------------------------------------------------

    def _row(self, thing: Thing) -> Row:
        row = self._way.lookup.row(thing.key)
        assert row is not None
        return row

    def _one(self, thing: Thing) -> One:
        return self._way.place_of(self._row(thing))

    def _of(self, one: One) -> Thing:
        if one.row is not None:
            return self._thing(one.row)
        return Thing(one.type, one.record, 0, one.place.containers[0])

    def _thing(self, row: Row) -> Thing:
        row = self._way.lookup.row(row.key) or row  # not as the end of a link; or it is hidden
        container = self._way.lookup.container_of(row.key)
        type_ = self._way.world.type_of(row.record, container)
        return Thing(type_, row.record, row.key, container)

    def _rows(self, many: Many) -> Iterable[Row]:
        if many.relation is None and many.computed:
            return many.rows().scan()
        return rows_in(self._way.lookup, many)
