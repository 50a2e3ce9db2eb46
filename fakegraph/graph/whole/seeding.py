"""Records put to where a path leads, by those who may do more than the wire allows.

``seed`` makes what is on the way, takes what a body over the wire may not have, and sets links.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import InvalidEntity, Record
from fakegraph.edm.typed import schema_of
from fakegraph.edm.types import STREAM
from fakegraph.errors import GraphError, Problem, bad_request, refused
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.shapes import Step
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.locate import Me
from fakegraph.graph.whole.making import Maker, type_said
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.records import has_values, put_at
from fakegraph.graph.whole.references import References
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Row, Transaction
from fakegraph.tenants import Tenant

Seeds = Mapping[str, Any]
"""Records by path without version: an array for a collection, an object for a single thing."""


def seed(world: World, walk: Walk, tenant: Tenant, me: Me, seeds: Seeds) -> dict[str, int]:
    """Put records where paths lead, all or nothing; how many there are by path.

    Raises GraphError with every problem.
    """
    planned, problems = [], []
    for path, records in seeds.items():
        try:
            segments = walk(path).segments()
            planned.append((path, segments, _read(segments, records)))
        except GraphError as error:
            problems.append(Problem(f"{path}: {error.message}", error.target or path))
            problems += error.details
    if problems:
        raise refused(problems)

    def work(transaction: Transaction) -> dict[str, int]:
        planter = _Planter(world, tenant, transaction, References(world, walk, me), me)
        return {path: planter.plant(segments, records) for path, segments, records in planned}

    return tenant.store.transact(work)


def _read(segments: Sequence[Segment], records: Any) -> list[Record]:
    """The records, checked by their types."""
    last = segments[-1].shape
    type_ = last.type
    if not isinstance(type_, PublishedType) or not type_.is_entity or last.step is Step.OPERATION:
        raise bad_request("Records are put where a path leads to entities.")
    if last.many is not isinstance(records, list):
        raise bad_request(
            "It takes an array of records." if last.many else "It takes one record, an object."
        )
    reader = schema_of(type_).reader(future_members=True, related=None)
    found, problems = [], []
    for number, record in enumerate(records if last.many else [records]):
        try:
            contents = _contents(type_, record)
            rest = {name: record[name] for name in record if name not in contents}
            found.append({**reader.read(rest if contents else record), _CONTENTS: contents})
        except InvalidEntity as error:
            problems += [
                Problem(each.message, f"[{number}]/{each.target or ''}") for each in error.problems
            ]
    if problems:
        raise refused(problems)
    return found


_CONTENTS = "@contents"


def _contents(type_: PublishedType, record: Any) -> dict[str, str]:
    """What of a record is the text that a stream is to have."""
    if not isinstance(record, dict):
        return {}
    streams = (name for name, prop in type_.properties.items() if prop.type == STREAM)
    return {name: record[name] for name in streams if isinstance(record.get(name), str)}


class _Planter(Maker):
    """Puts records in their places in one write, and makes what is on the way there."""

    def plant(self, segments: Sequence[Segment], records: Sequence[Record]) -> int:
        way = self.way(segments)
        place: Place | None = None
        cast: PublishedType | None = None
        for number, segment in enumerate(segments):
            if isinstance(place, One) and segment.shape.step is not Step.CAST:
                self._make(place, _heir(segment) or _wanted(segments, number))
            place = way.step(place, segment)
            cast = segment.shape.type if segment.shape.step is Step.CAST else None  # type: ignore[assignment]
        for record in records:
            if cast is not None:
                record.setdefault(TYPE, f"#{cast.name}")
            assert place is not None
            contents = record.pop(_CONTENTS)
            row = self.put(place, record)
            for name, text in contents.items():
                row = self.fill(row, name, text.encode(), "text/plain")
        return len(records)

    def _make(self, one: One, type_: PublishedType | None) -> None:
        """Make a thing that is on the way, as little of it as may be."""
        if one.row is not None:
            return
        record: Record = {} if one.start is None else dict(one.start)
        record |= {path: value for path, value in one.keys.items() if "/" not in path}
        actual = _concrete(type_ or one.type)
        if actual is not one.place.type:
            record[TYPE] = f"#{actual.name}"
        one.row = super().add(one.place, record)
        one.type = actual

    def put(self, place: Place, record: Record) -> Row:
        """Put a record at a place: a new thing, or one that is there, which then has it too."""
        if isinstance(place, One) and place.row is None:
            keys = {path: value for path, value in place.keys.items() if "/" not in path}
            return self.add(place.place, {**(place.start or {}), **keys, **record})
        return super().put(place, record)

    def add(self, many: Many, record: Record) -> Row:
        """Make a thing, or link and change the one that is there with that key."""
        key = type_said(self.world, record, many.type).key or "id"
        known = self._known(many, key, record[key]) if record.get(key) else None
        if known is None:
            known, record = self._meant(many, record)
        if known is None:
            return super().add(many, record)
        row = self.put(self.way(()).place_of(known), put_at(record, self._fixed(many)))
        self.link(many, row.key)
        return row

    def _meant(self, many: Many, record: Record) -> tuple[Row | None, Record]:
        """What is there from the start, and a record means by a word or by what it is known by."""
        sought = many.said.words.get(str(record.get("id")).lower())
        name = many.said.known_by
        if sought is not None:
            record = {name: value for name, value in record.items() if name != "id"}
        elif name is not None and record.get(name) is not None:
            sought = {name: record[name]}
        if sought is None or many.owner is None:
            return None, record
        owner = self.stored(many.owner)
        self._provide(owner, many.containers[0])
        rows = self.transaction.rows_of(many.containers[0], [owner])
        return next((row for row in rows if has_values(row.record, sought)), None), record

    def _known(self, many: Many, key: str, id_: str) -> Row | None:
        """The thing of that id that is there, and where it is to be linked, maybe not yet."""
        known = many.get({key: id_})
        if known is not None or many.relation is None:
            return known
        for container in many.containers:
            name = self.world.layout(container).keys[0].name
            known = known or self.transaction.find(container, name, id_)
        return known


def _heir(segment: Segment) -> PublishedType | None:
    """The derived type that alone has what a segment names."""
    return segment.shape.heir


def _wanted(segments: Sequence[Segment], number: int) -> PublishedType | None:
    """The type that the cast before a segment says."""
    before = segments[number - 1].shape
    cast = before.type if before.step is Step.CAST else None
    return cast if isinstance(cast, PublishedType) else None


def _concrete(type_: PublishedType) -> PublishedType:
    """A type that things can have: itself, or where it is abstract the nearest heir."""
    if not type_.abstract:
        return type_
    return next((heir for heir in type_.descendants if not heir.abstract), type_)
