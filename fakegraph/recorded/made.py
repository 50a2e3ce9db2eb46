"""Records that exchanges say, as a tenant of their own: to be written out as any tenant is."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson

from fakegraph.edm.model import all_entity_sets
from fakegraph.edm.values import Instant
from fakegraph.errors import Problem
from fakegraph.fixtures.checking import check_records
from fakegraph.fixtures.problems import FixtureError
from fakegraph.fixtures.reading import declared_set
from fakegraph.generate.people import guid
from fakegraph.graph.versions import Versions
from fakegraph.graph.whole.exported import Exported
from fakegraph.graph.whole.rest import REST
from fakegraph.graph.whole.seeding import Unplanted
from fakegraph.graph.whole.stored import Things
from fakegraph.recorded.exchanges import Note
from fakegraph.store import Record, Store, Stores, Transaction
from fakegraph.template import template
from fakegraph.workloads.reports import build_models


class Workshop:
    """Makes a tenant of records. What is made up is the same each time."""

    def __init__(self, now: Instant) -> None:
        models = build_models()
        self._sets = all_entity_sets(models)
        self._published = Versions(models)
        self._chance = random.Random()
        self._now = now
        self.things = Things(self._published)

    # What a write asks of a tenant

    id = guid = me = ""

    @property
    def new_id(self) -> Callable[[], str]:
        return lambda: guid(self._chance)

    @property
    def instant(self) -> Callable[[], Instant]:
        return lambda: self._now

    @property
    def declared(self) -> frozenset[str]:
        """The names and paths of what the published model does not have."""
        return frozenset(self._sets) | {each.path for each in self._sets.values()}

    def exported(self, seeds: dict[str, Any], note: Note) -> Iterator[Exported]:
        """Write out what a tenant has of these records. What cannot be in one tenant is taken out
        of them, and told. Raises GraphError.
        """
        while True:
            try:
                return self.things.exported(self, self._planted(seeds, note), self._sets)
            except (Unplanted, FixtureError) as error:
                if not _leave_out(seeds, self._found(error, seeds), note):
                    raise

    def _found(self, error: Unplanted | FixtureError, seeds: Iterable[str]) -> list[Found]:
        if isinstance(error, Unplanted):
            return [
                (seed.path, number, each.target or "", each.message)
                for (seed, number), each in error.found
                if seed is not None
            ]
        sets = ((path, declared_set(path, self._sets)) for path in seeds)
        paths = {each.name: path for path, each in sets if each is not None}
        return [(paths[p.file], p.record, p.property or "", p.message) for p in error.problems]

    def _planted(self, seeds: dict[str, Any], note: Note) -> Store:
        """A store with these records. Raises GraphError."""
        # Of other records other ids: what an import made up may be among these.
        self._chance = random.Random(sha256(orjson.dumps(seeds)).digest())
        start = template((), self._sets, self.new_id, self._now, published=self._published)
        store = Stores(start).open("recorded")
        read = []
        for path, records in seeds.items():
            entity_set = declared_set(path, self._sets)
            if entity_set is not None:
                store.container(entity_set.collection).insert(
                    check_records(entity_set, records, self.new_id)
                )
                continue
            many = isinstance(records, list)
            numbered = [*enumerate(records, 1)] if many else [(None, records)]
            seed = self.things.read(path, numbered, _noting(path, note), many=many)
            read += [] if seed is None else [seed]

        def work(transaction: Transaction) -> None:
            self.things.planter(self, transaction).plant(read)

        store.transact(work)
        return store


def _noting(path: str, note: Note) -> Callable[[int | None, Problem], object]:
    """Takes what is wrong with lines of the rest; of records it is known before."""
    if path != REST:
        return lambda _, __: None
    return lambda number, each: note(f"{REST}[{number}]", each.message)


_TAKEN = re.compile(r"same value for property (\w+)")  # what refuses these names it nowhere else

Found = tuple[str, int | None, str, str]
"""What is wrong: the path, the number there, the property, and why."""


def _leave_out(seeds: dict[str, Any], found: Iterable[Found], note: Note) -> bool:
    """Take what is wrong out of the records, and say so; whether anything was.

    Of several that cannot be together, such as users with one name to sign in with of whom all but
    the last were deleted, the last one stays. Else it is the property that is wrong, or all of it.
    """
    gone: dict[str, list[Any]] = {}
    bare: list[tuple[Record, str]] = []
    for path, number, target, why in found:
        taken = _TAKEN.search(why)
        target = target or (taken[1] if taken else "")
        records, name = seeds.get(path), target.partition("/")[0].partition("[")[0]
        if path == REST and isinstance(records, list) and number is not None:
            gone.setdefault(path, []).append(records[number - 1])
            note(f"{REST}[{number}]", why)
            continue
        if not isinstance(records, list) or number is None:
            gone[path] = []
            note(path, why)
            continue
        record = records[number - 1]
        before = [each for each in records[: number - 1] if _are_alike(each, record, name)]
        if not before and name != "id" and name in record:
            bare.append((record, name))
            note(f"{path}/{record.get('id', number)}", f"{target}: {why}")
            continue
        for each in before or [record]:
            if not any(each is other for other in gone.setdefault(path, [])):
                gone[path].append(each)
                note(f"{path}/{each.get('id', number)}", f"{target}: {why}")
    for record, name in bare:
        record.pop(name, None)
    for path, records in gone.items():
        all_ = seeds.pop(path)
        if records:
            seeds[path] = [each for each in all_ if not any(each is other for other in records)]
            kept = {each.get("id") for each in seeds[path]}
            for id_ in {each.get("id") for each in records} - kept - {None}:
                _forget(seeds, path, id_, note)
    return bool(gone or bare)


def _are_alike(one: Record, other: Record, name: str) -> bool:
    """Whether two records have a value in common."""
    return bool(_words(one.get(name)) & _words(other.get(name)))


def _words(value: Any) -> set[str]:
    values = value if isinstance(value, list) else [value]
    return {each.casefold() for each in values if isinstance(each, str) and each}


def _forget(seeds: dict[str, Any], path: str, id_: str, note: Note) -> None:
    """Take out what is in a thing that is not there, and what links to it."""
    for each in [*seeds]:
        if each.startswith(f"{path}/{quote(id_, safe='@:!$*,;~-._=')}/"):
            del seeds[each]
            note(each, "what it is in was left out")
    for each in [*seeds]:
        seeds[each] = _without(seeds[each], id_)


def _without(value: Any, id_: str) -> Any:
    """A value without links to something."""
    if isinstance(value, list):
        return [_without(each, id_) for each in value if not _is_link(each, id_)]
    if isinstance(value, dict):
        return {
            name: _without(each, id_) for name, each in value.items() if not _is_link(each, id_)
        }
    return value


def _is_link(value: Any, id_: str) -> bool:
    is_id = isinstance(value, dict) and value.get("id") == id_
    return is_id and value.keys() <= {"id", "@odata.type"}
