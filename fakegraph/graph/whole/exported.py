"""``Exporter``: what a tenant stores, as records by path that make the same tenant again.

What a thing contains, and whom it is linked to, is inside its record, so a path has whole things.
What only the server knows (keys that records get again, which bytes are kept where) is left out.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any

from fakegraph.edm.model import EntitySet
from fakegraph.edm.published import PublishedType
from fakegraph.edm.typed import BIND, likeliest
from fakegraph.edm.types import CollectionType, Type
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.whole.addresses import address, is_many
from fakegraph.graph.whole.finding import Me
from fakegraph.graph.whole.locate import locate
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.records import BYTES, MEDIA, STORED, is_noted
from fakegraph.graph.whole.world import CREATED, MODIFIED, TYPE, World, is_aside
from fakegraph.store import Key, Record, Row, Store
from fakegraph.workloads.handed import short

_MADE_AGAIN = ("user/photos", "group/photos")  # of the photo itself, when that is read
# What of these is not told shows a drive and its items, or is what a group's calendar is in.
_MIRRORS = ("site/lists", "list/items", "user/calendarGroups")
DELETED = "directory/deletedItems"

Exported = tuple[str, Iterator[Record], bool]
"""A path, what is there, and whether that is many."""


class Exporter:
    """Writes out what one store has, as far as records at paths can say it; ``rest.py`` has the
    rest. ``roots``: the rows at the paths that were asked for.
    """

    def __init__(
        self,
        world: World,
        store: Store,
        sets: Mapping[str, EntitySet],
        always: Callable[[], Store],
        entities: Callable[[str], ResourcePath],
    ) -> None:
        """``always``: gives what is in each tenant from the start, which is not told again.
        ``entities``: reads paths to things.
        """
        self._world = world
        self._store = store
        self._lookup = InStore(store)
        self._always = cache(always)
        self._entities = entities
        self._sets = {each.collection: each for each in sets.values() if each.view_of is None}
        self._containers = [name for name in sorted(store.names()) if self._is_told(name)]
        self._inside: dict[str, list[str]] = {}
        self._relations: dict[str, list[str]] = {}
        for name in self._containers:
            self._inside.setdefault(name.rpartition("/")[0], []).append(name)
        for name in sorted(store.relations()):
            self._relations.setdefault(name.rpartition("/")[0], []).append(name)
        self._told: set[Key] = set()
        self._homes = cache(self._homes_of)
        self.roots: set[Key] = set()

    def _is_told(self, name: str) -> bool:
        return name not in (*self._sets, *_MADE_AGAIN) and not is_aside(name)

    def whole(self) -> Iterator[Exported]:
        """All that there is, by the paths at the top, in an order that hangs on nothing else."""
        for collection, entity_set in sorted(self._sets.items()):
            if len(self._store.container(collection)):
                records = (row.record for row in self._store.container(collection).scan())
                yield entity_set.name, records, True
        for name in self._containers:
            rows = self._store.container(name).of(0)
            if not len(rows):
                continue
            if "/" in name:
                yield from self._of_nobody(name, rows.scan())
            elif is_many(self._world, name):
                own = filter(None, map(self._own, rows.scan()))
                for first in own:
                    yield name, chain([first], own), True
            else:
                yield from self._single(name, next(iter(rows.scan())))
        yield from self._deleted()

    def at(self, path: str, me: Me) -> Exported:
        """What is at a path without version. Raises GraphError: 400 for what is no path to things,
        404 for a thing that is not there.
        """
        entity_set = self._set_at(path)
        if entity_set is not None:
            rows = self._store.container(entity_set.collection).scan()
            return entity_set.name, (self._root(row).record for row in rows), True
        segments = self._entities(path).segments()
        place = locate(self._world, self._lookup, segments, me, lambda _, __: None).place
        if isinstance(place, One):
            place.check()
            rows = filter(None, [place.row])
            return path, (self._record(self._root(row)) for row in rows), False
        return path, (self._record(self._root(row)) for row in place.rows().scan()), True

    def _root(self, row: Row) -> Row:
        self.roots.add(row.key)
        return row

    def _own(self, row: Row) -> Record | None:
        """A thing at the top; None for what is there anyway, as it is."""
        record = self._record(row)
        container = self._store.container_of(row.key)
        if container not in self._world.declared.given:
            return record
        type_ = self._type(row)
        first = self._always().container(container).get(str(record.get(type_.key or "id")))
        if first is None:
            return record
        plain = self._in_order(type_, self._plain(first, container))
        return None if _timeless(plain) == _timeless(record) else record

    def _set_at(self, path: str) -> EntitySet | None:
        return next((each for each in self._sets.values() if path in (each.name, each.path)), None)

    def _of_nobody(self, name: str, rows: Iterable[Row]) -> Iterator[Exported]:
        """What is in something that is always there, and of which nothing is stored."""
        way = self._world.way_to(name)
        if way:  # else it is told where it is linked
            path = "/".join((*way, name.rpartition("/")[2]))
            yield path, map(self._record, rows), is_many(self._world, name)

    def _single(self, path: str, row: Row) -> Iterator[Exported]:
        """A single thing at the top: itself where it says something, and what it has beneath."""
        yield from self._parts(path, self._record(row), self._type(row))

    def _parts(self, path: str, record: Record, type_: PublishedType) -> Iterator[Exported]:
        inner = [name for name in record if name.partition("@")[0] in type_.navigation]
        lists = [name for name in inner if isinstance(record[name], list) and "@" not in name]
        ones = [name for name in inner if isinstance(record[name], dict)]
        plain = {name: record[name] for name in record if name not in {*lists, *ones}}
        if plain.keys() - {type_.key or "id", TYPE}:
            yield path, iter([plain]), False
        for name in lists:
            yield f"{path}/{name}", iter(record[name]), True
        for name in ones:
            member = type_.navigation[name]
            assert isinstance(member.type, PublishedType)
            if self._world.is_linked(member):
                yield f"{path}/{name}", iter([record[name]]), False
            else:
                yield from self._parts(f"{path}/{name}", record[name], member.type)

    def _deleted(self) -> Iterator[Exported]:
        """What of the directory was deleted, and can be restored."""
        found: list[Record] = []
        kind = self._world.type_in(DELETED)  # not of chats, which have a place of their own
        for name in self._containers:
            type_ = self._world.type_in(name)
            rows = [row for row in self._store.hidden(name).scan() if row.root == row.key]
            is_there = kind in type_.chain and self._world.rules(type_).soft_deleted
            if rows and "/" not in name and is_there:
                found += (
                    self._in_order(type_, {TYPE: f"#{type_.name}", **self._gone(row, name)})
                    for row in rows
                )
        if found:
            yield DELETED, iter(found), True

    def _gone(self, row: Row, container: str) -> Record:
        """What was deleted, with all that went along with it; whom it was linked to nobody says."""
        store = self._store.as_if_restored(row.key)
        there = None if store is None else store.row(row.key)
        if store is None or there is None:
            return self._plain(row, container)
        inner = Exporter(self._world, store, {}, self._always, self._entities)
        inner._relations.clear()
        return inner._record(there)

    def _type(self, row: Row, container: str | None = None) -> PublishedType:
        return self._world.type_of(row.record, container or self._store.container_of(row.key))

    def _homes_of(self, type_: PublishedType) -> Mapping[str, str]:
        """Of containers of others that have things of things of a type, what leads to them."""
        found: dict[str, str] = {}
        own = {short(base.name) for base in type_.chain}
        for name, member in sorted(type_.navigation.items(), key=lambda each: not each[1].many):
            said = self._world.navigation(type_, member)
            if said.home is None or said.linked or said.home.rpartition("/")[0] in own:
                continue
            has_all = said.view is None and not (said.where or said.within or said.parameters)
            if has_all or not member.many:
                found.setdefault(said.home, name)
        return found

    def _record(self, row: Row) -> Record:
        """A thing with all that it has."""
        record, type_ = self._plain(row), self._type(row)
        for home, name in self._homes(type_).items():
            owned = list(self._store.container(home).of(row.key).scan())
            if owned and type_.navigation[name].many:
                record[name] = list(map(self._record, owned))
            elif owned:  # what there is besides is in the rest
                record[name] = self._record(owned[0])
        for name, beside in self._beside(row, type_):
            told = self._record(beside)
            if self._says_more(told, self._type(beside)):
                record[name] = told
        for base in type_.chain:
            name = short(base.name)
            for container in self._inside.get(name, ()):
                rows = list(self._store.container(container).of(row.key).scan())
                if rows:
                    inner = list(map(self._record, rows))
                    is_one = not is_many(self._world, container)
                    record[container.rpartition("/")[2]] = inner[0] if is_one else inner
            for relation in self._relations.get(name, ()):
                self._link(record, type_, relation, row.key)
        return self._in_order(type_, record)

    def _beside(self, row: Row, type_: PublishedType) -> Iterator[tuple[str, Row]]:
        """What a thing shows of what the same owner has, where the owner itself does not tell it:
        the list that a drive is.
        """
        owner = self._store.row(row.owner) if row.owner else None
        if owner is None:
            return
        above = self._type(owner)
        own = {short(base.name) for base in above.chain}
        for home, name in self._homes(type_).items():
            said = self._world.navigation(type_, type_.navigation[name])
            if said.view and home not in self._homes(above) and home.rpartition("/")[0] not in own:
                view = said.view.items()
                for each in self._store.container(home).of(owner.key).scan():
                    if all(each.record.get(at) == row.record.get(of) for at, of in view):
                        yield name, each

    def _says_more(self, told: Record, type_: PublishedType) -> bool:
        """Whether what shows something else has more than that: columns, or fields of items."""
        inner = told.keys() & type_.navigation.keys()
        mirrors = {name for name in inner if f"{short(type_.name)}/{name}" in _MIRRORS}
        return inner != mirrors or any(
            each.keys() & kind.navigation.keys()
            for name in mirrors
            for each in told[name]
            if isinstance(kind := type_.navigation[name].type, PublishedType)
        )

    @staticmethod
    def _in_order(type_: PublishedType, record: Record) -> Record:
        """A record with the key first, then its properties as the model has them, then the rest."""
        known = [TYPE, type_.key or "id", *type_.properties]
        names = [name for name in dict.fromkeys(known) if name in record]
        return {name: record[name] for name in [*names, *sorted(record.keys() - {*names})]}

    def _address(self, row: Row) -> str:
        """Where something is that lies inside of other things."""
        container, path = self._store.container_of(row.key), address(self._world, self._lookup, row)
        at = row
        while at.owner:
            at = self._store.row(at.owner) or at
            container = self._store.container_of(at.key)
        return "/".join((*self._world.way_to(container), path))

    def _link(self, record: Record, type_: PublishedType, relation: str, key: Key) -> None:
        """Have a record say whom a relation leads to: by ids, and by URLs where things lie inside
        of others.
        """
        name = relation.rpartition("/")[2]
        member = type_.navigation.get(name)
        rows = list(self._store.links(relation).targets(key).scan())
        if not rows:
            return
        if member is None:
            return
        plain, bound = [], []
        for each in rows:
            row = self._store.row(each.key) or each
            container = self._store.container_of(row.key)
            if "/" in container and not row.owner and not self._world.way_to(container):
                plain.append(self._once(row))
                continue
            if "/" in container:
                bound.append(self._address(row))
                continue
            target = self._type(row)
            said = {} if target is member.type else {TYPE: f"#{target.name}"}
            key_name = target.key or "id"
            plain.append({**said, key_name: row.record[key_name]})
        if plain:
            record[name] = plain if member.many else plain[0]
        if bound:
            record[f"{name}{BIND}"] = bound if member.many else bound[0]

    def _once(self, row: Row) -> Record:
        """What lives nowhere but where it is linked: in full where that is told first."""
        if row.key in self._told:
            key = self._type(row).key or "id"
            return {key: row.record[key]}
        self._told.add(row.key)
        return self._record(row)

    def _plain(self, row: Row, container: str | None = None) -> Record:
        """What a thing says itself, and its bytes."""
        type_ = self._type(row, container)
        rules, streams = self._world.rules(type_), row.record.get(BYTES) or {}
        record = {
            name: value
            for name, value in row.record.items()
            if name == TYPE or name in rules.seeded or not name.startswith("@")
        }
        props = type_.properties
        record = {
            name: _sorted(value, props[name].type if name in props else None)
            for name, value in record.items()
        }
        meaning = rules.defaults.keys() | rules.generated.keys()  # null is not left out there
        record = {n: value for n, value in record.items() if value is not None or n in meaning}
        known = rules.seeded.keys() | rules.changed.keys()  # what each change sets anew is new then
        noted = {
            name: value
            for name, value in _marks(row.record)
            if is_noted(name) and name not in known and value is not None
        }
        if noted:
            record[STORED] = dict(sorted(noted.items()))
        media: Mapping[str, str] = row.record.get(MEDIA) or {}
        for stream, content in streams.items():
            data = self._store.bytes.get(content) or b""
            record[stream] = self._bytes(type_, stream, data, media.get(stream))
        return record

    def _bytes(self, type_: PublishedType, stream: str, data: bytes, media: str | None) -> Any:
        text = b64encode(data).decode()
        if stream in self._world.rules(type_).aside:
            return text
        return {"contentBytes": text, **({} if media is None else {"contentType": media})}


def _marks(value: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    """What a record has that no property says, by paths of names."""
    for name, each in value.items():
        if name.startswith("@"):
            yield f"{at}{name}", each
        elif isinstance(each, dict):
            yield from _marks(each, f"{at}{name}/")


def _sorted(value: Any, type_: Type | None) -> Any:
    """A value with the properties of its objects in order, without what is worked out of these.

    An object that has what only one derived type has is said to be of that, as when it is read.
    """
    if isinstance(value, list):
        item = type_.item if isinstance(type_, CollectionType) else None
        return [_sorted(each, item) for each in value]
    if not isinstance(value, dict):
        return value
    names = sorted(name for name in value if name == TYPE or not name.startswith("@"))
    known = type_ if isinstance(type_, PublishedType) else None
    said: dict[str, Any] = {}
    if known is not None and TYPE not in value:
        heir = likeliest(known, value)
        if heir is not known:
            said = {TYPE: f"#{heir.name}"}
            known = heir
    members = known.properties if known is not None else {}
    return said | {
        name: _sorted(value[name], members[name].type if name in members else None)
        for name in names
    }


def _timeless(record: Record) -> Record:
    """A record without when it was made: that is when it was first asked for."""
    return {name: value for name, value in record.items() if name not in (CREATED, MODIFIED)}
