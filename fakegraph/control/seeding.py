"""Fixtures and records for tenants, from bodies of the control API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakegraph.control.records import completed, unknown_set
from fakegraph.edm.fields import shown
from fakegraph.edm.model import EntitySet
from fakegraph.edm.values import TICKS_PER_DAY
from fakegraph.errors import MAX_PROBLEMS, GraphError, Problem, bad_request, refused
from fakegraph.fixtures.checking import check_records
from fakegraph.fixtures.fixture import Fixture
from fakegraph.fixtures.folders import MAX_BYTES, builtin_names, is_builtin
from fakegraph.fixtures.problems import FixtureError, FixtureProblem
from fakegraph.fixtures.reading import declared_set, read_fixture
from fakegraph.graph.versions import Versions
from fakegraph.store import KeyTaken, Template, Transaction
from fakegraph.tenants import NewId, Tenant
from fakegraph.tenants.clock import Clock
from fakegraph.tenants.directory import Directory

if TYPE_CHECKING:
    from fakegraph.graph.whole.stored import Things

Start = tuple[Template, Directory]
"""What a tenant starts as: its records, and who may sign in."""


_OPTIONS = ("fixture", "defaults")  # what of a seed is no path
MAX_BYTES_ASKED = (
    64 << 20
)  # of a fixture that is asked for over HTTP, by whoever reaches the server


class Seeds:
    """Gives tenants their records. ``make`` makes the start of a tenant of some fixtures, of so
    many bytes at most.

    ``clock`` says to which day the dates of a built-in fixture are moved. ``named``: the files and
    folders that were named at the start. Over HTTP only these, what is below them, and built-in
    fixtures can be asked for; who is ``trusted``, for a key or for being in this process, may name
    any.
    """

    def __init__(
        self,
        entity_sets: Mapping[str, EntitySet],
        new_id: NewId,
        make: Callable[[Sequence[str], int], Start],
        clock: Clock,
        published: Versions,
        named: Sequence[str] = (),
    ) -> None:
        self.entity_sets = entity_sets
        self._new_id = new_id
        self._make = make
        self._clock = clock
        self._published = published
        self._named = [Path(name).resolve() for name in named if not is_builtin(name)]
        self._starts: dict[tuple[str, ...], tuple[object, Start]] = {}

    def start(self, fixtures: tuple[str, ...], *, trusted: bool) -> Start:
        """What a tenant with these fixtures starts as; made once a day, and when a file changes.

        Raises GraphError: 400 with every problem of the fixtures, 403.
        """
        for name in fixtures:
            self._check_name(name, trusted)
        stamp = [self._clock() // TICKS_PER_DAY, *(_stamp(Path(name)) for name in fixtures)]
        known = self._starts.get(fixtures)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            made = self._make(fixtures, _most(trusted))
        except FixtureError as error:
            raise _refused(error) from error
        self._starts[fixtures] = (stamp, made)
        return made

    def _check_name(self, name: str, trusted: bool) -> None:
        if trusted or is_builtin(name):
            return
        path = Path(name).resolve()
        if any(path == named or named in path.parents for named in self._named):
            return
        known = ", ".join(builtin_names())
        if Path(name).name == name != ".." and not path.suffix:
            raise bad_request(
                f"There is no built-in fixture '{shown(name)}': there is {known}.", name
            )
        places = ", ".join(map(str, self._named)) or "none was"
        raise GraphError(
            403,
            "Forbidden",
            f"The fixture '{shown(name)}' cannot be asked for over HTTP. Built-in ones can "
            f"({known}), and what was named at the start, with all below it: {places}. "
            "--fixtures-from DIR names a folder more; with --control-key, any file can.",
            "fixture",
        )

    def add(self, tenant: Tenant, body: object, *, trusted: bool) -> dict[str, int]:
        """Add fixtures, and records by declared set or path, all or nothing; how many by each.

        Raises GraphError: 400 with every problem, 403, 409 for a taken id.
        """
        if not isinstance(body, dict):
            raise bad_request(
                "Send a JSON object: a fixture's name as fixture, or records by path."
            )
        whole = self._fixtures(body["fixture"], trusted) if "fixture" in body else Fixture()
        fills = body.get("defaults", False)
        if not isinstance(fills, bool):
            raise bad_request("defaults is true or false.", "defaults")
        records = {name: each for name, each in body.items() if name not in _OPTIONS}
        ids = tenant.built_ids() if fills else None
        self._read(records, whole, None if ids is None else (tenant, ids))

        def work(transaction: Transaction) -> None:
            for name, records in whole.records.items():
                for record in records:
                    transaction.insert(self.entity_sets[name].collection, record)
            if whole.seeds:
                self._things.planter(tenant, transaction, fills=ids).plant(whole.seeds)

        try:
            tenant.store.transact(work)
            tenant.note_guid()
        except KeyTaken as error:
            raise GraphError(409, "Conflict", f"The id '{error.value}' is taken.", "id") from error
        counts = {name: len(records) for name, records in whole.records.items()}
        for seed in whole.seeds:
            counts[seed.path] = counts.get(seed.path, 0) + len(seed.records)
        return counts

    @cached_property
    def _things(self) -> Things:
        from fakegraph.graph.whole.stored import Things

        return Things(self._published)

    def _fixtures(self, names: object, trusted: bool) -> Fixture:
        given = [names] if isinstance(names, str) else names
        if not isinstance(given, list) or not all(
            isinstance(name, str) and name and "\0" not in name for name in given
        ):
            raise bad_request("fixture is a name or a path, or an array of these.", "fixture")
        whole = Fixture()
        for name in given:
            self._check_name(name, trusted)
            try:
                whole.add(
                    read_fixture(
                        name,
                        self.entity_sets,
                        self._new_id,
                        self._clock(),
                        _most(trusted),
                        lambda: self._things,
                    )
                )
            except FixtureError as error:
                raise _refused(error) from error
        return whole

    def _read(
        self, body: Mapping[str, Any], whole: Fixture, filled: tuple[Tenant, NewId] | None
    ) -> None:
        """Read records by set or path; of the tenant, and with the ids, where they are filled.
        Raises GraphError with every problem.
        """
        from fakegraph.graph.whole.rest import REST

        new_id = self._new_id if filled is None else filled[1]
        problems: list[Problem] = []
        for name, records in sorted(body.items(), key=lambda each: each[0] != REST):
            if len(problems) >= MAX_PROBLEMS:
                break
            entity_set = declared_set(name.strip("/"), self.entity_sets)
            try:
                if entity_set is None:
                    self._read_seed(name, records, whole, problems, short=filled is not None)
                elif isinstance(records, list):
                    if filled is not None:
                        records = _filled(filled[0], entity_set, records)
                    checked = check_records(entity_set, records, new_id)
                    whole.records.setdefault(entity_set.name, []).extend(checked)
                else:
                    problems.append(Problem(f"'{name}' takes an array of records.", name))
            except FixtureError as error:
                problems.extend(_problems(error))
        if problems:
            raise refused(problems)

    def _read_seed(
        self, path: str, records: Any, whole: Fixture, problems: list[Problem], *, short: bool
    ) -> None:
        from fakegraph.graph.whole.seeding import numbered, place_of

        def note(number: int | None, problem: Problem) -> None:
            problems.append(Problem(problem.message, place_of(path, number, problem.target)))

        if not self._things.knows(path):
            why = "it has nothing that begins so."
            message = unknown_set(path, self.entity_sets, why).message
            problems.append(Problem(message, path))
            return
        many = isinstance(records, list)
        seed = self._things.read(path, numbered(records), note, many=many, short=short)
        if seed is not None:
            whole.seeds.append(seed)


def _filled(tenant: Tenant, entity_set: EntitySet, records: list[Any]) -> list[Any]:
    """Records of a declared set, with what they leave out."""
    there, now = len(tenant.store.container(entity_set.collection)), tenant.instant()
    return [
        completed(entity_set, each, there + number, now) if isinstance(each, dict) else each
        for number, each in enumerate(records)
    ]


def _most(trusted: bool) -> int:
    return MAX_BYTES if trusted else MAX_BYTES_ASKED


def _stamp(path: Path) -> object:
    """Tells a file or folder of files from what it was before; None for what is neither."""
    try:
        files = [path, *(path.iterdir() if path.is_dir() else ())]
        return sorted((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    except OSError:
        return None


def _refused(error: FixtureError) -> GraphError:
    return refused(_problems(error))


def _problems(error: FixtureError) -> list[Problem]:
    return [Problem(problem.message, _place(problem)) for problem in error.problems]


def _place(problem: FixtureProblem) -> str:
    if problem.record is None:
        return problem.file
    return f"{problem.file}[{problem.record}]" + (
        f"/{problem.property}" if problem.property else ""
    )
