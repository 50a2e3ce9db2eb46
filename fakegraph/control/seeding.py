"""Fixtures and records for tenants, from bodies of the control face."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fakegraph.control.records import unknown_set
from fakegraph.directory import Directory
from fakegraph.edm.model import EntitySet
from fakegraph.edm.schema import Record
from fakegraph.errors import MAX_PROBLEMS, GraphError, Problem, bad_request, refused
from fakegraph.fixtures import FixtureError, FixtureProblem, check_records, load_fixture
from fakegraph.store import KeyTaken, Template
from fakegraph.tenants import NewId, Tenant

Start = tuple[Template, Directory]
"""What a tenant starts as: its records, and who may sign in."""


class Seeds:
    """Gives tenants their records. ``make`` makes the start of a tenant of some fixtures."""

    def __init__(
        self,
        entity_sets: Mapping[str, EntitySet],
        new_id: NewId,
        make: Callable[[Sequence[str]], Start],
    ) -> None:
        self.entity_sets = entity_sets
        self._new_id = new_id
        self._make = make
        self._starts: dict[tuple[str, ...], tuple[object, Start]] = {}

    def start(self, fixtures: tuple[str, ...]) -> Start:
        """What a tenant with these fixtures starts as; made once, as long as no file changes.

        Raises GraphError (400) with every problem of the fixtures.
        """
        stamp = [_stamp(Path(name)) for name in fixtures]
        known = self._starts.get(fixtures)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            made = self._make(fixtures)
        except FixtureError as error:
            raise _refused(error) from error
        self._starts[fixtures] = (stamp, made)
        return made

    def set_named(self, name: str) -> EntitySet:
        """The entity set of that name or path. Raises GraphError (404)."""
        found = self.entity_sets.get(name.rpartition("/")[2])
        if found is None or name not in {found.name, found.path}:
            raise unknown_set(name, self.entity_sets)
        return found

    def add(self, tenant: Tenant, body: object) -> dict[str, int]:
        """Add a fixture, or records by entity set, all or nothing; how many were added by set.

        Raises GraphError: 400 with every problem, 409 for a taken id.
        """
        if not isinstance(body, dict):
            raise bad_request(
                "Send a JSON object: a fixture's name as fixture, or records by entity set."
            )
        records = self._fixture(body) if "fixture" in body else self._records(body)
        by_collection: dict[str, list[Record]] = {}
        for name, added in records.items():
            by_collection.setdefault(self.entity_sets[name].collection, []).extend(added)
        try:
            tenant.store.insert_many(by_collection)
        except KeyTaken as error:
            raise GraphError(409, "Conflict", f"The id '{error.key}' is taken.", "id") from error
        return {name: len(added) for name, added in records.items()}

    def _fixture(self, body: Mapping[str, Any]) -> dict[str, list[Record]]:
        name = body["fixture"]
        if len(body) > 1 or not isinstance(name, str) or not name or "\0" in name:
            raise bad_request("fixture is a name or a path, and stands alone.", "fixture")
        try:
            return load_fixture(name, self.entity_sets, self._new_id)
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
