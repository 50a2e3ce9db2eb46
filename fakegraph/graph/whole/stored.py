"""What is stored in a tenant, by path without version: as tests look at it and change it.

What only the wire forbids is allowed: ids, what is read-only, and to leave out what is required.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from fakegraph.edm.model import EntitySet
from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import InvalidEntity
from fakegraph.edm.typed import schema_of
from fakegraph.edm.types import Property
from fakegraph.edm.values import Instant, instant
from fakegraph.errors import MAX_PROBLEMS, GraphError, Problem, bad_request, refused
from fakegraph.fixtures.reading import declared_set
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.versions import Versions
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.answer import world_of
from fakegraph.graph.whole.exported import Exported, Exporter
from fakegraph.graph.whole.finding import Me
from fakegraph.graph.whole.locate import Located, locate, rows_in
from fakegraph.graph.whole.lookup import InStore, Lookup
from fakegraph.graph.whole.places import Many, One
from fakegraph.graph.whole.rest import REST, read_rest, written
from fakegraph.graph.whole.seeding import (
    Note,
    Numbered,
    Planter,
    Seed,
    place_of,
    read_seed,
)
from fakegraph.graph.whole.tenancy import Tenancy, somebody
from fakegraph.graph.whole.turning import catch_up, is_due
from fakegraph.graph.whole.world import World
from fakegraph.store import Key, Record, Row, Store, Stores, Template, Transaction
from fakegraph.tenants import NewId, Tenant
from fakegraph.workloads.outlook import told_once

T = TypeVar("T")


class _Again:
    """A tenant of the same name, at no time that anything else is of, whose ids are its own."""

    def __init__(self, tenancy: Tenancy) -> None:
        self.id, self.guid, self.me = tenancy.id, tenancy.guid, tenancy.me
        numbers = count(1)
        self.new_id: NewId = lambda: str(uuid5(NAMESPACE_URL, f"again {next(numbers)}"))
        self.instant: Callable[[], Instant] = lambda: _AGAIN


_AGAIN = instant("2000-01-01T00:00:00.1234567Z")


class Things:
    """The things that paths without version lead to, of one server."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    @property
    def world(self) -> World:
        """What is known of types and containers."""
        return world_of(self._versions, self._versions.main)

    @property
    def walk(self) -> Walk:
        """Reads paths."""
        return self._versions.walk(self._versions.main)

    def read(
        self,
        path: str,
        records: Numbered,
        note: Note,
        *,
        many: bool,
        short: bool = False,
        trusted: bool = False,
    ) -> Seed | None:
        """See ``seeding.read_seed``; and ``rest.read_rest``."""
        if path == REST:
            self._versions.widen()
            if not many:
                note(None, Problem("It takes an array of lines."))
            return Seed(path, (), read_rest(self.world, records, note))
        self._widen_for(path)
        return read_seed(self.walk, path, records, note, many=many, short=short, trusted=trusted)

    def knows(self, path: str) -> bool:
        """Whether a version has what a path begins with, or it is said of the rest."""
        if path == REST:
            return True
        first = path.strip("/").partition("/")[0].partition("(")[0]
        known = self.world.model.root(first) is not None
        return known or (self._versions.widen() and self.knows(path))

    def follow(self, path: str) -> ResourcePath:
        """What a path means, in whichever version has it. Raises GraphError (400)."""
        text = path if path.startswith("/") else f"/{path}"
        try:
            return self.walk(text)
        except GraphError:
            if not self._versions.widen():
                raise
            return self.walk(text)

    def _widen_for(self, path: str) -> None:
        """Have paths be read by what knows this one; what is wrong with it is said later."""
        with suppress(GraphError):
            self.follow(path)

    def properties(self, path: str) -> Mapping[str, Property]:
        """Those of what a path leads to; none where that is nothing. Raises GraphError."""
        found = self.follow(path)
        return found.type.properties if isinstance(found.type, PublishedType) else {}

    def is_told_once(self, name: str) -> bool:
        """Whether a file of that name tells once what several mailboxes have."""
        return name in told_once.KINDS

    def told(
        self,
        name: str,
        records: Numbered,
        people: Callable[[str], Iterable[Any]],
        note: Note,
        moved: timedelta,
    ) -> Iterable[tuple[str, Any]]:
        """What each has of what is told once, with the path that it is put at."""
        company = told_once.Company(people("users"), people("groups"))
        return told_once.expand(name, records, company, note, moved)

    def planter(
        self, tenancy: Tenancy, transaction: Transaction, *, fills: NewId | None = None
    ) -> Planter:
        """Puts seeds in their places, in one write; ``fills``: with what they leave out, and these
        ids.
        """
        return Planter(self.world, self.walk, tenancy, transaction, fills=fills)

    def exporter(self, tenancy: Tenancy, store: Store, sets: Mapping[str, EntitySet]) -> Exporter:
        """Writes out what a store has, of whichever version."""
        self._versions.widen()

        def always() -> Store:
            layouts = self.world.layout
            first = Stores(Template({}, others=layouts)).open("always")
            first.transact(lambda transaction: self.planter(tenancy, transaction).begin())
            return first

        return Exporter(self.world, store, sets, always, self.entities)

    def exported(
        self,
        tenancy: Tenancy,
        store: Store,
        sets: Mapping[str, EntitySet],
        paths: Sequence[str] = (),
    ) -> Iterator[Exported]:
        """All that a store has, or what is at some paths: by path, and then what of it records at
        paths do not make again. Raises GraphError for what is no path to things.
        """
        exporter, me = self.exporter(tenancy, store, sets), self.signed_in(tenancy, store)
        begun = not paths and not is_due(self.world.declared, store)
        told: dict[str, tuple[list[Record], bool]] = {}
        for path, records, many in (
            (exporter.at(path, me) for path in paths) if paths else exporter.whole()
        ):
            told[path] = list(records), many
            yield path, iter(told[path][0]), many
        made = Stores(Template({}, others=self.world.layout)).open("again")
        unmade = made.transact(
            lambda transaction: self._made_again(
                self.planter(_Again(tenancy), transaction), told, sets, begun=begun
            )
        )
        part = exporter.roots if paths else None
        rest = list(written(self.world, store, made, unmade, begun=begun, part=part))
        if rest:
            yield REST, iter(rest), True

    def _made_again(
        self,
        planter: Planter,
        told: Mapping[str, tuple[list[Record], bool]],
        sets: Mapping[str, EntitySet],
        *,
        begun: bool,
    ) -> Mapping[str, Sequence[str]]:
        """Make what records say; gives the ids of those, by path, that cannot be made whole."""
        seeds = []
        for path, (records, many) in told.items():
            entity_set = declared_set(path, sets)
            if entity_set is not None:
                for each in records:
                    planter.transaction.insert(entity_set.collection, each)
                continue
            given = enumerate(records, 1) if many else ((None, each) for each in records)
            seed = self.read(path, given, lambda _, __: None, many=many)
            seeds += [] if seed is None else [seed]
        unmade = planter.plant_what_can_be(seeds)
        if begun:
            planter.begin()
        return unmade

    def signed_in(self, tenancy: Tenancy, store: Store) -> Me:
        """Who ``me`` is in a store."""
        return lambda: somebody(tenancy, InStore(store))

    def entities(self, path: str) -> ResourcePath:
        """What a path to things means. Raises GraphError (400) for a path to anything else."""
        found = self.follow(path)
        kinds = ("collection", "item", "single")
        if found.kind not in kinds or not isinstance(found.type, PublishedType):
            raise bad_request(f"'{path}' is no collection of things, and no thing.")
        return found

    def at(self, tenant: Tenant, path: str) -> Stored:
        """What a path leads to in a tenant. Raises GraphError for what is no path to entities."""
        begin = lambda transaction: self.planter(tenant, transaction).begin()  # noqa: E731
        catch_up(self.world.declared, tenant, begin)
        return Stored(self, tenant, path)


class Stored:
    """What a path leads to in a tenant. What is asked of it raises GraphError."""

    def __init__(self, things: Things, tenant: Tenant, path: str) -> None:
        self._things = things
        self._tenant = tenant
        self._path = path
        found = things.entities(path)
        assert isinstance(found.type, PublishedType)
        self._type = found.type
        self._many = found.many
        self._is_item = found.kind == "item"
        self._segments = found.segments()

    def _located(self, lookup: Lookup) -> Located:
        """What the path leads to, as far as it is stored."""
        me = lambda: somebody(self._tenant, lookup)  # noqa: E731
        return locate(self._things.world, lookup, self._segments, me, lambda _, __: None)

    def rows(self, id_: str | None = None) -> Iterable[Row]:
        """What is there, or of a collection the one with that id."""
        place = self._located(InStore(self._tenant.store)).place
        if isinstance(place, One):
            return () if place.row is None else (place.row,)
        if id_ is None:
            return place.rows().scan()
        row = place.get({place.type.key or "id": id_})
        return () if row is None else (row,)

    def create(self, body: object) -> Row:
        """Put one record there; what is required and was left out gets realistic values."""
        return self._create([(None, body)])[0]

    def create_all(self, bodies: Sequence[object]) -> list[Row]:
        """Put several records there, all or none."""
        if not self._many:
            raise bad_request(f"'{self._path}' is one thing: send one record, an object.")
        return self._create(list(enumerate(bodies, 1)))

    def _create(self, records: Sequence[tuple[int | None, object]]) -> list[Row]:
        if self._is_item:
            above = self._path.rpartition("/")[0]
            raise bad_request(f"A record is made in a collection: POST to '{above}'.")
        problems: list[Problem] = []

        def note(number: int | None, problem: Problem) -> None:
            place = problem.target if number is None else place_of("", number, problem.target)
            problems.append(Problem(problem.message, place))

        seed = self._things.read(self._path, records, note, many=self._many, short=True)
        if problems or seed is None:
            raise refused(problems[:MAX_PROBLEMS])

        def work(planter: Planter) -> list[Row]:
            planter.plant([seed])
            return [planter.transaction.row(row.key) or row for row in planter.rows]

        return self._write(work, fills=True)

    def update(self, body: object) -> Row:
        """Have the properties that are sent replace the stored ones."""
        one = self._one(InStore(self._tenant.store))
        reader = schema_of(one.type).reader(partial=True, future_members=True, related=None)
        try:
            changes = reader.read(body)
        except InvalidEntity as error:
            raise refused(error.problems) from error
        key = one.type.key or "id"
        if changes.get(key, one.record[key]) != one.record[key]:
            message = f"A record keeps its {key}, and this one's is '{one.record[key]}'."
            raise bad_request(message, key)

        def work(planter: Planter) -> Row:
            return planter.put_alone(self._one(planter.lookup), changes)

        return self._write(work)

    def delete(self) -> None:
        """Take a thing away with all that it contains; of what is only linked, the link."""

        def work(planter: Planter) -> None:
            one = self._one(planter.lookup)
            if one.row is None:
                raise one.missing()
            _take_away(planter, one.place, [one.row.key])
            planter.settle()

        self._write(work)

    def clear(self) -> None:
        """Take all of a collection away."""
        if not self._many:
            message = f"'{self._path}' is one thing: only a collection can be cleared."
            raise GraphError(404, "ResourceNotFound", message, "path")

        def work(planter: Planter) -> None:
            many = self._located(planter.lookup).many
            _take_away(planter, many, [row.key for row in rows_in(planter.lookup, many)])
            planter.settle()

        self._write(work)

    def _one(self, lookup: Lookup) -> One:
        if self._many:
            message = f"'{self._path}' is a collection: one of its records is '{self._path}/ID'."
            raise GraphError(404, "ResourceNotFound", message)
        one = self._located(lookup).one
        one.check()
        return one

    def _write(self, work: Callable[[Planter], T], *, fills: bool = False) -> T:
        things, tenant = self._things, self._tenant
        return tenant.store.transact(
            lambda transaction: work(
                things.planter(tenant, transaction, fills=tenant.built_ids() if fills else None)
            )
        )


def _take_away(planter: Planter, many: Many, keys: Sequence[Key]) -> None:
    if many.computed:
        raise bad_request("What is here is worked out from other links: take those away.")
    if many.relation is None:
        planter.transaction.delete(*keys)
        return
    for key in keys:
        planter.unlink(many, key)
