"""Fixtures and records for tenants, from bodies of the control API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fakegraph.control.records import unknown_set
from fakegraph.edm.fields import shown
from fakegraph.edm.model import EntitySet
from fakegraph.edm.schema import Record
from fakegraph.edm.values import TICKS_PER_DAY
from fakegraph.errors import MAX_PROBLEMS, GraphError, Problem, bad_request, refused
from fakegraph.fixtures import (
    MAX_BYTES,
    FixtureError,
    FixtureProblem,
    builtin_names,
    check_records,
    is_builtin,
    load_fixture,
)
from fakegraph.graph.versions import Versions
from fakegraph.store import KeyTaken, Template
from fakegraph.tenants import NewId, Tenant
from fakegraph.tenants.clock import Clock
from fakegraph.tenants.directory import Directory

Start = tuple[Template, Directory]
"""What a tenant starts as: its records, and who may sign in."""


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

    def set_named(self, name: str) -> EntitySet:
        """The entity set of that name or path. Raises GraphError (404)."""
        found = self.entity_sets.get(name.rpartition("/")[2])
        if found is None or name not in {found.name, found.path}:
            raise unknown_set(name, self.entity_sets)
        return found

    def add(self, tenant: Tenant, body: object, *, trusted: bool) -> dict[str, int]:
        """Add a fixture, or records by entity set, all or nothing; how many were added by set.

        Raises GraphError: 400 with every problem, 403, 409 for a taken id.
        """
        if not isinstance(body, dict):
            raise bad_request(
                "Send a JSON object: a fixture's name as fixture, or records by entity set."
            )
        if "fixture" not in body and not all(name in self._names for name in body):
            return self._by_path(tenant, body)
        records = self._fixture(body, trusted) if "fixture" in body else self._records(body)
        by_collection: dict[str, list[Record]] = {}
        for name, added in records.items():
            by_collection.setdefault(self.entity_sets[name].collection, []).extend(added)
        try:
            tenant.store.insert_many(by_collection)
        except KeyTaken as error:
            raise GraphError(409, "Conflict", f"The id '{error.value}' is taken.", "id") from error
        return {name: len(added) for name, added in records.items()}

    @property
    def _names(self) -> set[str]:
        """What the declared sets are called."""
        sets = self.entity_sets.values()
        return {each.name for each in sets} | {each.path for each in sets}

    def _by_path(self, tenant: Tenant, body: Mapping[str, Any]) -> dict[str, int]:
        """Records by path of the published model, and by declared set beside them."""
        from fakegraph.graph.whole.answer import seed_by_path

        return seed_by_path(self._published, self._published.main, tenant, body)

    def _fixture(self, body: Mapping[str, Any], trusted: bool) -> dict[str, list[Record]]:
        name = body["fixture"]
        if len(body) > 1 or not isinstance(name, str) or not name or "\0" in name:
            raise bad_request("fixture is a name or a path, and stands alone.", "fixture")
        self._check_name(name, trusted)
        try:
            return load_fixture(name, self.entity_sets, self._new_id, self._clock(), _most(trusted))
        except FixtureError as error:
            raise _refused(error) from error

    def _records(self, body: Mapping[str, Any]) -> dict[str, list[Record]]:
        problems: list[Problem] = []
        found: dict[str, list[Record]] = {}
        for name, records in body.items():
            if len(problems) >= MAX_PROBLEMS:
                break
            try:
                entity_set = self.set_named(name)
            except GraphError as error:
                problems.append(Problem(error.message, name))
                continue
            if not isinstance(records, list):
                problems.append(Problem(f"'{name}' takes an array of records.", name))
                continue
            try:
                found[entity_set.name] = check_records(entity_set, records, self._new_id)
            except FixtureError as error:
                problems.extend(_problems(error))
        if problems:
            raise refused(problems)
        return found


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
