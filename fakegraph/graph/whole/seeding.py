"""Records put to where a path leads, by those who may do more than the wire allows.

``read_seed`` reads what is to be put at one path, and says all that is wrong with it; ``Planter``
puts it there in one write, makes what is on the way, and sets links.
"""

from __future__ import annotations

import dataclasses
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from mimetypes import guess_type
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import InvalidEntity, Record
from fakegraph.edm.typed import BIND, schema_of
from fakegraph.edm.types import STREAM
from fakegraph.errors import MAX_PROBLEMS, GraphError, Problem, bad_request
from fakegraph.generate.shorthand import spelt_out
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.shapes import Step
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.bodies import without_empty_id
from fakegraph.graph.whole.guessing import Filler
from fakegraph.graph.whole.lookup import InTransaction
from fakegraph.graph.whole.making import Maker, type_said
from fakegraph.graph.whole.places import Many, One, Place
from fakegraph.graph.whole.records import STORED, has_values, is_noted, put_at
from fakegraph.graph.whole.references import References
from fakegraph.graph.whole.rest import REST, Rest
from fakegraph.graph.whole.tenancy import Tenancy, somebody
from fakegraph.graph.whole.unmaking import DELETED
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Key, Row, Transaction
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import Acting, Word
from fakegraph.workloads.registry import declared

Note = Callable[[int | None, Problem], object]
"""Takes what is wrong with the record of that number, or with all of them."""

Numbered = Iterable[tuple[int | None, Any]]

_CONTENTS, _WELL = "@contents", "@well"
_ENTITIES = frozenset({"collection", "item", "single"})


@dataclass(frozen=True, slots=True)
class Seed:
    """What is to be put where a path leads: records, each with its number among those given."""

    path: str
    segments: Sequence[Segment]
    records: Sequence[tuple[int | None, Record]]


At = tuple[Seed | None, int | None]
"""A record of a seed."""


class Unplanted(GraphError):
    """What went wrong when seeds were planted; ``found`` says it by record."""

    def __init__(self, found: Sequence[tuple[At, GraphError]]) -> None:
        self.found = found
        places = [
            error.target if seed is None else place_of(seed.path, number, error.target)
            for (seed, number), error in found
        ]
        first = found[0][1]
        same = all(error.status == first.status for _, error in found)
        details = [
            Problem(error.message, place, error.code)
            for place, (_, error) in zip(places, found, strict=True)
        ]
        super().__init__(
            first.status if same else 400,
            first.code,
            first.message,
            places[0],
            details[:MAX_PROBLEMS],
        )


def numbered(records: Any) -> Numbered:
    """An array's records from 1, or the one that stands alone."""
    return enumerate(records, 1) if isinstance(records, list) else [(None, records)]


def read_seed(
    walk: Walk,
    path: str,
    records: Numbered,
    note: Note,
    *,
    many: bool,
    short: bool = False,
    trusted: bool = False,
) -> Seed | None:
    """Read what is to be put at a path without version: an array's records, or one alone.

    ``note`` is told of what is wrong; there is no seed where that is the path. ``short``: records
    may have texts in the place of things and objects (``fakegraph/generate/shorthand.py``).
    ``trusted``: they are known to be what reading makes of them.
    """
    try:
        segments = walk(path if path.startswith("/") else f"/{path}").segments()
        if not segments:
            raise bad_request("An empty path leads to nothing.")
        type_ = _type_at(segments, many=many)
    except GraphError as error:
        note(None, Problem(error.message, error.target))
        return None
    read = _copied if trusted else schema_of(type_).reader(future_members=True, related=None).read
    found = []
    for number, given in records:
        body = spelt_out(type_, given) if short and isinstance(given, Mapping) else given
        try:
            plain, apart = _parted(type_, body)
            found.append((number, _together(read(plain), apart)))
        except InvalidEntity as error:
            for problem in error.problems:
                note(number, problem)
    return Seed(path, segments, found)


def _copied(value: Any) -> Any:
    """A value of JSON of one's own."""
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


@dataclass(slots=True)
class _Apart:
    """What of a record no schema reads: its own, and that of what it has of other things."""

    own: Record
    inner: dict[str, list[_Apart]]

    def __bool__(self) -> bool:
        return bool(self.own or self.inner)


def _parted(type_: PublishedType, body: Any) -> tuple[Any, _Apart]:
    """A record without what only seeds may say, and that. Raises InvalidEntity."""
    apart = _Apart({}, {})
    if not isinstance(body, dict):
        return body, apart
    actual = next((t for t in type_.descendants if f"#{t.name}" == body.get(TYPE)), type_)
    contents, seeded = _contents(actual, body), _seeded(actual, body)
    taken = {*contents, *seeded, STORED}
    apart.own = {**seeded, **_stored(body), **({_CONTENTS: contents} if contents else {})}
    plain = {name: value for name, value in body.items() if name not in taken}
    for name in plain.keys() & actual.navigation.keys():
        inner = actual.navigation[name].type
        if isinstance(inner, PublishedType) and isinstance(plain[name], list | dict):
            many = isinstance(plain[name], list)
            parts = [_parted(inner, each) for each in (plain[name] if many else [plain[name]])]
            rest = [without_empty_id(each) for each, _ in parts]
            plain[name] = rest if many else rest[0]
            if any(part for _, part in parts):
                apart.inner[name] = [part for _, part in parts]
    return plain, apart


def _together(record: Record, apart: _Apart) -> Record:
    """A record that was read with what was taken apart before."""
    for name, parts in apart.inner.items():
        value = record[name]
        each = value if isinstance(value, list) else [value]
        for inner, part in zip(each, parts, strict=True):
            _together(inner, part)
    for path, value in apart.own.items():
        *names, last = path.split("/")
        at: Any = record
        for step in names:
            at = at.get(step) if isinstance(at, dict) else None
        if isinstance(at, dict):
            at[last] = value
    return record


def _stored(body: Record) -> Record:
    """What an export has noted of what only the server knows of a thing."""
    found = body.get(STORED, {})
    if not isinstance(found, dict) or not all(is_noted(name) for name in found):
        message = f"'{STORED}' has what an export has noted, by names that begin with @."
        raise InvalidEntity([Problem(message, STORED)])
    return found


def _contents(type_: PublishedType, record: Any) -> dict[str, tuple[bytes, str]]:
    """The bytes that streams of a record are to have, each with its media type: those of a text, or
    in base64, as an export has them.
    """
    if not isinstance(record, dict):
        return {}
    streams = [name for name, prop in type_.properties.items() if prop.type == STREAM]
    named = [*streams, _VALUE] if type_.has_stream else streams
    found = {name: _content(name, record[name]) for name in named if name in record}
    return {name: each for name, each in found.items() if each is not None}


_VALUE = "$value"


def _content(name: str, given: Any) -> tuple[bytes, str] | None:
    if isinstance(given, str):
        return given.encode(), "text/plain"
    if isinstance(given, dict) and isinstance(given.get("contentBytes"), str):
        try:
            data = b64decode(given["contentBytes"], validate=True)
        except ValueError as error:
            message = f"'{name}' has bytes in base64 as contentBytes: {error}."
            raise InvalidEntity([Problem(message, name)]) from error
        return data, str(given.get("contentType") or "application/octet-stream")
    if isinstance(given, tuple):
        data, file = given
        return data, guess_type(file)[0] or "application/octet-stream"
    return None


def _seeded(type_: PublishedType, record: Any) -> Record:
    """What of a record only seeds may say. Raises InvalidEntity."""
    known = declared().type(type_).seeded
    if not known or not isinstance(record, dict):
        return {}
    found = {name: record[name] for name in known if name in record}
    wrong = [
        Problem(f"'{name}' cannot be {value!r}.", name)
        for name, value in found.items()
        if not known[name](value)
    ]
    if wrong:
        raise InvalidEntity(wrong)
    return found


def _type_at(segments: Sequence[Segment], *, many: bool) -> PublishedType:
    last = segments[-1].shape
    type_ = last.type
    if not isinstance(type_, PublishedType) or not type_.is_entity or last.kind not in _ENTITIES:
        raise bad_request("Records are put where a path leads to entities.")
    if last.many is not many:
        raise bad_request(
            "It takes an array of records." if last.many else "It takes one record, an object."
        )
    return type_


@dataclass(frozen=True)
class _Later:
    """Links of a row, which are set when all rows are there."""

    at: At
    key: Key
    related: Mapping[str, Any]


class Planter(Maker):
    """Puts seeds in their places, in one write.

    What paths lead over is made where it is not there. Short paths come before longer ones, and
    links last of all, so that they find what the same seeds make.
    """

    plants = True

    def __init__(
        self,
        world: World,
        walk: Walk,
        tenancy: Tenancy,
        transaction: Transaction,
        *,
        fills: Callable[[], str] | None = None,
    ) -> None:
        """``fills``: what is missing of what is made gets realistic values, and ids by this."""
        lookup = InTransaction(transaction)

        def me() -> Mapping[str, str]:
            return somebody(tenancy, lookup)

        super().__init__(world, tenancy, transaction, References(world, walk, me), me)
        self._walk = walk
        self.new_id = fills or self.new_id
        self._filler = Filler(self) if fills else None
        self.rows: list[Row] = []
        """What was put there, in order."""
        self._at: At = (None, None)
        self._made: set[Key] = set()  # by the way, for other records to say more of
        self._said: set[Key] = set()  # by records
        self._coming = False  # whether what is made now comes of something else
        self._later: list[_Later] = []
        self._referring: list[tuple[At, Key]] = []
        self._problems: list[tuple[At, GraphError]] = []

    def plant(self, seeds: Sequence[Seed]) -> dict[str, int]:
        """Put all of it there; how many records by path. Raises GraphError with every problem."""
        by_path = [seed for seed in seeds if seed.path != REST]
        for each in sorted(by_path, key=lambda seed: len(seed.segments)):
            self._try((each, None), lambda: self._plant(each))  # noqa: B023  # called at once
        self._finish([seed for seed in seeds if seed.path == REST])
        counts: dict[str, int] = {}
        for each in seeds:
            counts[each.path] = counts.get(each.path, 0) + len(each.records)
        return counts

    def put_alone(self, place: Place, record: Record) -> Row:
        """Put one record at a place, with all that it has. Raises GraphError."""
        row = self.put(place, record)
        self._finish()
        return self._row(row.key)

    def plant_what_can_be(self, seeds: Sequence[Seed]) -> dict[str, list[str]]:
        """Put there what can be; gives the ids of the records, by path, of which something cannot.
        Raises GraphError for what is of no record.
        """
        try:
            self.plant(seeds)
        except Unplanted as error:
            found: dict[str, dict[str, None]] = {}
            for (seed, number), _ in error.found:
                if seed is None:
                    raise
                found.setdefault(seed.path, {})[self._id_said(seed, number)] = None
            self.settle()
            return {path: list(ids) for path, ids in found.items()}
        return {}

    @staticmethod
    def _id_said(seed: Seed, number: int | None) -> str:
        """The id of a record of a seed, as a line of the rest names it; empty where it has none."""
        record = dict(seed.records).get(number, {})
        return str(record.get("id", ""))

    def _finish(self, rests: Sequence[Seed] = ()) -> None:
        """Set the links that wait, and raise GraphError where anything went wrong. ``rests``: lines
        of what no path leads to.
        """
        while self._later:
            later = self._later.pop(0)
            self._try(later.at, lambda: self._link(later))  # noqa: B023
        for at, key in self._referring:
            self._at = at
            self._try(at, lambda: self._check_references(key))  # noqa: B023
        self._referring.clear()
        lines = [(seed, Rest(self.world, self.transaction, seed.records)) for seed in rests]
        self._problems = [
            (at, error)
            for at, error in self._problems
            if at[0] is None or not any(self._forgives(rest, *at) for _, rest in lines)
        ]
        if self._problems:
            raise Unplanted(self._problems)
        self.settle()
        if any(rest.has_begun for _, rest in lines):
            self.begin()
        for seed, rest in lines:
            rest.put(
                self._said,
                lambda number, error: self._problems.append(((seed, number), error)),  # noqa: B023
            )
        if self._problems:
            raise Unplanted(self._problems)

    def _forgives(self, rest: Rest, seed: Seed | None, number: int | None) -> bool:
        assert seed is not None
        return rest.forgives(seed.path, self._id_said(seed, number))

    def _link(self, later: _Later) -> None:
        super().relate(self._row(later.key), later.related)

    def _try(self, at: At, work: Callable[[], object]) -> None:
        self._at = at
        try:
            work()
        except GraphError as error:
            self._problems.append((at, error))

    def _plant(self, seed: Seed) -> None:
        place, cast = self.place(seed.segments)
        for number, record in seed.records:
            if cast is not None:
                record.setdefault(TYPE, f"#{cast.name}")
            self._try((seed, number), lambda: self.rows.append(self.put(place, record)))  # noqa: B023

    def _row(self, key: Key) -> Row:
        row = self.transaction.row(key)
        assert row is not None  # nothing is taken away here
        return row

    def place(self, segments: Sequence[Segment]) -> tuple[Place, PublishedType | None]:
        """What the segments of a path lead to, with the type that a cast at its end says; what is
        on the way is made.
        """
        way = self.way(segments)
        place: Place | None = None
        cast: PublishedType | None = None
        for number, segment in enumerate(segments):
            is_cast = segment.shape.step is Step.CAST
            if isinstance(place, One) and not is_cast:
                self._make(place, segment.shape.heir or _wanted(segments, number))
            place = way.step(place, segment)
            said = segment.shape.type
            cast = said if is_cast and isinstance(said, PublishedType) else None
        assert place is not None
        return place, cast

    def bring(self, row: Row, type_: PublishedType) -> None:
        """Nothing: what seeds do not say is not there."""

    def note(self, *what: Any, **more: Any) -> None:
        """Nothing: logs tell of what is done over the wire."""

    def provide(self, owner: One | None, container: str) -> None:
        """Nothing at the top: it is not read there, and seeds say what there is."""
        if owner is not None:
            super().provide(owner, container)

    def stored(self, one: One) -> Key:
        """The key of a thing; of what was only there anyway nothing is filled in."""
        filler, self._filler = self._filler, None
        try:
            return super().stored(one)
        finally:
            self._filler = filler

    def place_at(self, path: str) -> Place:
        """What a path without version leads to."""
        return self.place(self._walk(f"/{path}").segments())[0]

    def _make(self, one: One, type_: PublishedType | None) -> None:
        """Make a thing that is on the way, as little of it as may be."""
        if one.row is not None:
            return
        actual = _concrete(type_ or one.type)
        record: Record = {**(one.start or {}), **self._keys(one, actual)}
        if actual is not one.place.type:
            record[TYPE] = f"#{actual.name}"
        one.row = super().add(one.place, record)
        one.type = actual
        self._made.add(one.row.key)

    def _keys(self, one: One, type_: PublishedType) -> Record:
        """What of a record its key in a path is: the id, or a name that is none."""
        keys = {path: value for path, value in one.keys.items() if "/" not in path}
        value = keys.get(type_.key or "id")
        also = self.world.rules(type_).also_by
        return {also[0]: value} if also and isinstance(value, str) and "@" in value else keys

    def put(self, place: Place, record: Record) -> Row:
        """Put a record at a place: a new thing, or one that is there, which then has it too."""
        contents = record.pop(_CONTENTS, {})
        names = set(record)
        row = self._put(place, record)
        said = {name: row.record[name] for name in names & row.record.keys()}
        for name, (data, media_type) in contents.items():
            with self._by_the_way():
                row = self.fill(row, name, data, media_type)
        if contents and not has_values(row.record, said):  # what a record says itself stays
            row = self.transaction.replace(row.key, {**row.record, **said})
        return row

    def _put(self, place: Place, record: Record) -> Row:
        if isinstance(place, Many):
            return self.add(place, record)
        if place.row is not None and self._is_meant(place, record):
            return super().put(place, record)
        if place.row is not None:
            self.unlink(place.place, place.row.key)
        keys = self._keys(place, type_said(self.world, record, place.type))
        return self.add(place.place, {**(place.start or {}), **keys, **record})

    def _is_meant(self, one: One, record: Record) -> bool:
        """Whether a record is of the thing that is there; of what is linked, it may be another."""
        given = record.get(one.type.key or "id")
        return (
            one.place.relation is None
            or given is None
            or one.record.get(one.type.key or "id") == given
        )

    def add(self, many: Many, record: Record) -> Row:
        """Make a thing, or link and change the one that is there and meant."""
        if many.said.deleted:
            return self._add_deleted(many, record)
        if many.computed:
            raise bad_request("What is here is worked out from other links: put it there.")
        type_ = type_said(self.world, record, many.type)
        known = self._known(many, type_, record)
        by_id = many.said.known_by == (type_.key or "id")
        meant = self._meant(many, record) if known is None or by_id else None
        if meant is not None and self._may_be(type_, meant, record):
            return self._completed_by(meant, put_at(record, many.fixed))
        if known is None:
            whole = self._placed(many, type_, record)
            if self._filler is not None:
                whole = self._filler.filled(many, whole)
            row = super().add(many, self._referred(many, type_, whole))
            if any(record.get(name) is not None for name in self.world.rules(type_).refers):
                self._referring.append((self._at, row.key))
            if many.relation is not None:
                self._made.add(row.key)
            if not self._coming:
                self._said.add(row.key)
            return row
        if many.relation is None and not self._is_by_the_way(known):
            key = type_.key or "id"
            raise GraphError(409, "Conflict", f"The {key} '{known.record[key]}' is taken.", key)
        if many.relation is None:
            self._made.discard(known.key)
            self._said.add(known.key)
        row = self._completed_by(known, put_at(record, many.fixed))
        self.link(many, row.key)
        return row

    def come(self, made: Callable[[Acting, Row], object], row: Row) -> None:
        """Do what comes of a thing; records may say more of it."""
        with self._by_the_way():
            super().come(made, row)

    @contextmanager
    def _by_the_way(self) -> Iterator[None]:
        """Take what is made for what comes of something else."""
        before, self._coming = self._coming, True
        try:
            yield
        finally:
            self._coming = before

    def _is_by_the_way(self, known: Row) -> bool:
        """Whether something was made by the way: for a path, or by what comes of other records; or
        whether it is there from the start.
        """
        if known.key in self._made or known.key in self._said:
            return known.key in self._made
        container = self.transaction.container_of(known.key)
        made = self.transaction.changed(container)
        if any(old is None and new is not None and new.key == known.key for old, new in made):
            return True
        said = self.world.declared.navigation(container)
        owner = self.transaction.row(known.owner) if known.owner else None
        records = said.provisioned if known.owner else said.given
        given = records(owner.record if owner else {}) if callable(records) else records
        return any(each.get("id") == known.record["id"] for each in given)

    def _referred(self, many: Many, type_: PublishedType, record: Record) -> Record:
        """A record with the ids of what it refers to by words."""
        found = dict(record)
        for name, container in self.world.rules(type_).refers.items():
            word = str(record.get(name)).lower()
            if many.owner is not None and word in self.world.declared.navigation(container).words:
                found[name] = self.id_of(Word(container, word), self.stored(many.owner))
        return found

    def _check_references(self, key: Key) -> None:
        """Raise GraphError for a row that refers by a word to what is not there.

        An id may be of what was not recorded: saved answers name folders that nobody saved.
        """
        row = self._row(key)
        rules = self.world.rules(self.world.type_of(row.record, self.transaction.container_of(key)))
        for name, container in rules.refers.items():
            value = row.record.get(name)
            is_word = str(value).replace("-", "").isalpha()
            if is_word and self.lookup.find(container, "id", value, row.owner) is None:
                words = ", ".join(self.world.declared.navigation(container).words)
                message = f"'{value}' is nothing in {container}: neither an id nor one of {words}."
                raise bad_request(message, name)

    def _add_deleted(self, many: Many, record: Record) -> Row:
        """Make a thing that was deleted softly, with what it had: links wait for nothing here."""
        later, referring = len(self._later), len(self._referring)
        home = dataclasses.replace(many, said=Navigation(""), containers=many.said.deleted)
        row = super().add(
            home, self._placed(home, type_said(self.world, record, many.type), record)
        )
        for _, key in self._referring[referring:]:
            self._check_references(key)
        del self._later[later:], self._referring[referring:]
        return self._hidden(row)

    def _hidden(self, row: Row) -> Row:
        """A thing that was deleted softly, out of sight; it says when, if nobody has said."""
        if row.record.get(DELETED) is None:
            rules = self.world.rules(self.way(()).place_of(row).type)
            when = rules.written.get(DELETED, str)(self._now)
            row = self.transaction.replace(row.key, {**row.record, DELETED: when})
        self.transaction.hide(row.key)
        return row

    def _placed(self, many: Many, type_: PublishedType, record: Record) -> Record:
        """A record of what may have several places, with the type that it is then of: where it is
        of none that has a place of its own, that of the first place, a user for a directory object.
        """
        if len(many.containers) == 1:
            return record
        lives = [self.world.type_in(container) for container in many.containers]
        if any(type_.is_heir_of(each) for each in lives) or not lives[0].is_heir_of(type_):
            return record
        return {**record, TYPE: f"#{lives[0].name}"}

    def _completed_by(self, row: Row, record: Record) -> Row:
        """A thing with what else is said of it; where that is nothing, nothing is changed."""
        if all(row.record.get(name) == value for name, value in record.items() if name != TYPE):
            return row
        return super().put(self.way(()).place_of(row), record)

    def _meant(self, many: Many, record: Record) -> Row | None:
        """What is there from the start, and a record means by a word or by what it is known by."""
        sought = many.said.words.get(str(record.get("id")).lower())
        name = many.said.known_by
        if sought is not None:
            if "id" not in sought:  # a word that is no id
                del record["id"]
        elif record.get(_WELL) is not None:
            sought = {_WELL: record[_WELL]}
        elif name is not None and record.get(name) is not None:
            sought = {name: record[name]}
        if sought is None or many.owner is None:
            return None
        rows = self.transaction.rows_of(many.containers[0], [self.stored(many.owner)])
        return next((row for row in rows if has_values(row.record, sought)), None)

    def _may_be(self, type_: PublishedType, meant: Row, record: Record) -> bool:
        """Whether a record says more of what it means: of what keeps its id that is only so with
        what is there from the start, and by that id.
        """
        key = type_.key or "id"
        if key not in self.world.rules(type_).immutable:
            return True
        return record.get(key) in (None, meant.record[key]) and self._is_by_the_way(meant)

    def _known(self, many: Many, type_: PublishedType, record: Record) -> Row | None:
        """What is there of that id; where it is to be linked, also by another unique value."""
        key = type_.key or "id"
        if record.get(key):
            found = many.get({key: record[key]})
            if found is not None or many.relation is None:
                return found
        containers = many.containers if many.relation is not None else ()
        owner = None if many.owner is None else many.owner.stored
        rows = (self._named_in(container, owner, type_, record) for container in containers)
        return next((row for row in rows if row is not None), None)

    def _named_in(
        self, container: str, owner: Key | None, type_: PublishedType, record: Record
    ) -> Row | None:
        """What of a container has the id of a record, or is of its type and has another value of
        it that is unique.
        """
        identity, *others = self.world.layout(container).keys
        if record.get(identity.name):
            return self.lookup.find(container, identity.name, record[identity.name], owner)
        for unique in others:
            value = record.get(unique.name)
            row = self.lookup.find(container, unique.name, value, owner) if value else None
            if row is not None and self.world.type_of(row.record, container).is_heir_of(type_):
                return row
        return None

    def _put_inline(self, place: Place, record: Record, navigation: str) -> None:
        """Put what a record has of another thing, which need not be there."""
        self.put(place, record)

    def relate(self, row: Row, related: Mapping[str, Any]) -> None:
        """Give a thing what a record has of other things; links are set later."""
        contained: dict[str, Any] = {}
        links: dict[str, Any] = {}
        for name, value in related.items():
            place = self.way(()).member_of(row, name.partition(BIND)[0])
            many = place if isinstance(place, Many) else place.place
            (contained if many.relation is None else links)[name] = value
        super().relate(row, contained)
        if links:
            self._later.append(_Later(self._at, row.key, links))


def place_of(path: str, number: int | None, target: str | None) -> str:
    """Where in what was given a problem is."""
    place = path if number is None else f"{path}[{number}]"
    return f"{place}/{target}" if target else place


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
