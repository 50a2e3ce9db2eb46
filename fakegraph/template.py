"""What tenants start as, by their fixtures, and how data files are laid out and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from fakegraph.dataclass import dataclass
from fakegraph.edm.model import EntitySet, all_entity_sets, stored_checks
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.fixtures.fixture import Fixture
from fakegraph.fixtures.folders import MAX_BYTES, is_builtin
from fakegraph.fixtures.problems import FixtureError, FixtureProblem
from fakegraph.fixtures.reading import read_fixture, unplanted
from fakegraph.graph.versions import Versions
from fakegraph.odata.plan import index_key
from fakegraph.store import (
    Index,
    KeyTaken,
    Layout,
    Template,
    Transaction,
    read_store,
)
from fakegraph.store.checking import Check, Checks
from fakegraph.tenants import NewId, random_id
from fakegraph.tenants.clock import system_clock
from fakegraph.workloads.reports import build_models

if TYPE_CHECKING:
    from fakegraph.edm.schema import Record
    from fakegraph.graph.whole.exported import Exported
    from fakegraph.graph.whole.stored import Things
    from fakegraph.graph.whole.world import World


@dataclass(frozen=True)
class _Start:
    """What there is of a tenant when a template is made."""

    me: str
    new_id: NewId
    instant: Callable[[], Instant]
    id: str = ""
    guid: str = ""


def template(
    fixtures: Sequence[str],
    sets: Mapping[str, EntitySet],
    new_id: NewId,
    now: Instant,
    most: int = MAX_BYTES,
    published: Versions | None = None,
    me: str = "",
) -> Template:
    """What a tenant with these fixtures starts as; each may have ``most`` bytes.

    ``me`` is who is signed in, where fixtures have something of theirs. Raises FixtureError.
    """
    stored = {name: each for name, each in sets.items() if each.view_of is None}
    records: dict[str, list[Record]] = {name: [] for name in stored}
    whole = Fixture()
    reader = None if published is None else lambda: things_of(published)
    for fixture in fixtures:
        whole.add(read_fixture(fixture, sets, new_id, now, most, reader, trusted=True))
    for name, loaded in whole.records.items():
        records[sets[name].collection].extend(loaded)

    builtin = bool(fixtures) and all(map(is_builtin, fixtures))
    if whole.seeds:
        whole.read_on()  # what is of one's own may be about what is built in

    def seed(transaction: Transaction) -> None:
        assert published is not None
        whole.read_on()
        new_ids = counted_ids(fixtures) if builtin else new_id  # the same on every machine
        try:
            start = _Start(me, new_ids, lambda: now if whole.day is None else whole.day)
            things_of(published).planter(start, transaction).plant(whole.seeds)
        except GraphError as error:
            raise unplanted(error, whole) from error

    try:
        return Template(
            records,
            {name: indexes(entity_set) for name, entity_set in stored.items()},
            file_checks(sets, published),
            seed if whole.seeds else None,
            others=_layouts(published),
            later=seed if whole.later else None,
        )
    except KeyTaken as error:
        message = f"two of the fixtures have a record with the id '{error.value}'"
        raise FixtureError([FixtureProblem(", ".join(fixtures), None, "id", message)]) from error


def counted_ids(of: object) -> NewId:
    """Ids that are the same for the same, one after the other, on every server."""
    numbers = count(1)
    return lambda: str(uuid5(NAMESPACE_URL, f"{of} {next(numbers)}"))


def things_of(published: Versions) -> Things:
    """What paths of the published model lead to; loaded when there is something there."""
    from fakegraph.graph.whole.stored import Things

    return Things(published)


def exported_of(data_file: Path, paths: Sequence[str]) -> Iterator[Exported]:
    """Write out what a data file has: all of it, or what is at some paths. Raises DataFileError,
    GraphError.
    """
    models = build_models()
    sets, published = all_entity_sets(models), Versions(models)
    now = system_clock()
    store = read_store(data_file, laid_out())
    tenancy = _Start("", random_id, lambda: now)
    yield from things_of(published).exported(tenancy, store, sets, paths)


def laid_out() -> Template:
    """A template of nothing, which knows how everything is laid out and checked."""
    models = build_models()
    about = random_id, system_clock()
    return template((), all_entity_sets(models), *about, published=Versions(models))


def _layouts(published: Versions | None) -> Callable[[str], Layout] | None:
    """How the rows of containers are found that no set is declared for, when it first matters."""
    if published is None:
        return None

    def layout(container: str) -> Layout:
        return _world_with(published, container).layout(container)

    return layout


def _world_with(published: Versions, container: str) -> World:
    """The world that says how what is in a container is kept."""
    from fakegraph.graph.whole.answer import world_of

    for version in published.keepers:
        world = world_of(published, version)
        with suppress(KeyError):
            world.type_in(container)
            return world
    return world_of(published, published.main)


def file_checks(sets: Mapping[str, EntitySet], published: Versions | None) -> Checks:
    """What looks over the records of a data file, in containers that no set is declared for too."""

    def check(container: str) -> Check:
        from fakegraph.graph.whole.edited import check_of

        if published is None:
            raise KeyError(container)
        return check_of(_world_with(published, container), container)

    return Checks(stored_checks(sets), check)


def indexes(entity_set: EntitySet) -> list[Index]:
    """The indexes that a resource declares, with the keys that queries compare by."""
    return [
        Index(name, index_key(field.type, field.ignore_case), ordered=field.index == "order")
        for name, field in entity_set.schema.edm_fields().items()
        if field.index is not None
    ]
