"""Fixtures: files of records, read whole and checked as requests are.

A fixture is a file named ``<entitySet>.json``, ``.jsonl`` or ``.csv``, a folder of them, or the
name of a built-in folder. Files and folders follow the path of what they hold:
``users/ada@contoso.com/messages.jsonl``; what a file system cannot bear is percent-encoded. JSON
may be an array or a saved answer of the service, ``{"value": []}``, or one object for a single
thing; a page that has an ``@odata.nextLink`` is taken for what it holds.

Some names in a folder mean something else: ``directory.json`` has those who may sign in;
``paths.json``, and each file in ``paths/``, has records by path, as the control API's seed takes
them; ``mail.jsonl`` and ``meetings.jsonl`` tell once what several mailboxes have. ``files/`` has
bytes of any kind, for ``"content@file": "plan.docx"`` to mean.

The dates of a built-in fixture are moved to today; with ``@fixed`` behind its name they are not.
"""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import orjson

from fakegraph import strict_json
from fakegraph.dataclass import dataclass
from fakegraph.edm import types
from fakegraph.edm.fields import shown
from fakegraph.edm.model import EntitySet
from fakegraph.edm.schema import InvalidEntity, Record
from fakegraph.edm.types import Property, Type
from fakegraph.edm.values import TICKS_PER_DAY, Instant, instant
from fakegraph.errors import GraphError, Problem
from fakegraph.regular import TooLarge, read_regular
from fakegraph.tenants.directory import Directory, read_directory

FORMATS = (".json", ".jsonl", ".csv")
DIRECTORY = "directory.json"
PATHS = "paths"  # a file, or a folder of files, of records by path
FILES = "files"  # a folder of bytes that records name
FIXED = "@fixed"  # behind the name of a built-in fixture: its dates are as they were written
MAX_PROBLEMS = 1_000
MAX_FILES = 1_000  # in a folder
MAX_BYTES = 1 << 30  # of a fixture's files together
_BOM = b"\xef\xbb\xbf"  # editors and spreadsheets put one there; a file, unlike a body, may
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # what its files begin with
_HEAD = 1_000
_IGNORED = ("readme", "license", "__init__.py")

NewId = Callable[[], str]
Numbered = Iterator[tuple[int | None, Any]]
Properties = Mapping[str, Property]


class SeedReader(Protocol):
    """Reads records of the published model for the paths that they are to be put at."""

    def knows(self, path: str) -> bool:
        """Whether there is what a path begins with."""

    def properties(self, path: str) -> Properties:
        """Those of what a path leads to. Raises GraphError."""

    def is_told_once(self, name: str) -> bool:
        """Whether a file of that name tells once what several have."""

    def told(
        self,
        name: str,
        records: Iterable[tuple[int | None, Any]],
        people: Callable[[str], Iterable[Any]],
        note: Callable[[int | None, Problem], object],
        moved: timedelta,
    ) -> Iterable[tuple[str, Any]]:
        """What each has of what is told once, with the path that it is put at. ``people`` gives the
        records of users and groups; all dates were ``moved`` by so much.
        """

    def read(
        self,
        path: str,
        records: Iterable[tuple[int | None, Any]],
        note: Callable[[int | None, Problem], object],
        *,
        many: bool,
        trusted: bool = False,
    ) -> Any:
        """What is to be put there, for ``note`` to be told of what is wrong with it. ``trusted``:
        it is known to be good, and to be what reading makes of it.
        """


@dataclass
class Fixture:
    """What a fixture holds: records by declared entity set, and seeds for the paths of others.

    ``files`` are those that each of the seeds was read from. ``later`` reads what of it was left
    for when it is first needed. ``day``: of a built-in one, when its last day begins.
    """

    records: dict[str, list[Record]] = field(default_factory=dict)
    seeds: list[Any] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    later: list[Callable[[], Fixture]] = field(default_factory=list)
    day: Instant | None = None

    def read_on(self) -> None:
        """Read what was left. Where that fails it is still left. Raises FixtureError."""
        while self.later:
            read = self.later[0]()
            del self.later[0]
            self.add(read)

    def add(self, other: Fixture) -> None:
        """Take in what another one holds."""
        for name, records in other.records.items():
            self.records.setdefault(name, []).extend(records)
        self.seeds += other.seeds
        self.files += other.files
        self.later += other.later
        self.day = other.day if self.day is None else self.day


@dataclass(frozen=True)
class FixtureProblem:
    """One thing wrong in a fixture. ``record`` counts from 1; in JSONL and CSV it is the line."""

    file: str
    record: int | None
    property: str | None
    message: str

    def __str__(self) -> str:
        parts = (self.file, "" if self.record is None else str(self.record))
        place = ":".join(part for part in parts if part)
        return ": ".join(part for part in (place, self.property, self.message) if part)


class FixtureError(ValueError):
    """A fixture that cannot be loaded; nothing of it was. ``problems`` has every reason."""

    def __init__(self, problems: list[FixtureProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def builtin_folder() -> Path:
    """Where the built-in fixtures are: inside an installed package, or at the top of a checkout."""
    installed = Path(__file__).parent / "_fixtures"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "fixtures"


def read_fixture(
    name_or_path: str,
    entity_sets: Mapping[str, EntitySet],
    new_id: NewId,
    now: Instant | None = None,
    most: int = MAX_BYTES,
    reader: Callable[[], SeedReader] | None = None,
    *,
    trusted: bool = False,
) -> Fixture:
    """What a fixture holds. ``new_id`` gives an id to a record that has none.

    ``now``: the dates of a built-in fixture are moved, by whole days, so that its last day is this
    one. ``most``: how many bytes its files may have together. ``reader`` is asked for when there
    is something for one; without it there are records of the declared sets alone. ``trusted``: a
    built-in one is known to be good; its records are not checked, and those that are of no
    declared set are left for later. Raises FixtureError with every problem of every file.
    """
    problems: list[FixtureProblem] = []
    budget = _Budget(most)
    found = Fixture()
    ids: dict[str, set[str]] = {}
    by_path: list[tuple[Path, str]] = []
    builtin = is_builtin(name_or_path)
    for path, place in _files(name_or_path, problems):
        entity_set = declared_set(place, entity_sets)
        if _is_directory(path, place):
            _read_directory(path, problems, budget)
        elif path.suffix not in FORMATS:
            message = f"a fixture file ends in {', '.join(FORMATS)}"
            problems.append(FixtureProblem(str(path), None, None, message))
        elif entity_set is None:
            by_path.append((path, place))
        else:
            taken = ids.setdefault(entity_set.collection, set())
            checker = _Checker(str(path), entity_set, new_id, taken, problems)
            if trusted and builtin and path.suffix == ".jsonl":
                lines = enumerate(budget.read(path).splitlines(), 1)
                records = checker.trusted((number, orjson.loads(line)) for number, line in lines)
            else:
                read = _read(path, entity_set.type.properties, problems, budget)
                records = checker.trusted(read) if trusted and builtin else checker.check(read)
            found.records.setdefault(entity_set.name, []).extend(records)
    moved = timedelta()
    if builtin and not problems:
        last = _last_day(found.records, entity_sets)
        if now is not None and not name_or_path.endswith(FIXED):
            moved = timedelta(now // TICKS_PER_DAY - last)
            _move(found.records, entity_sets, moved)
        found.day = Instant((last + moved.days) * TICKS_PER_DAY)

    def read_others() -> Fixture:
        others = Fixture()
        if reader is None:
            problems.extend(_no_set(path, place, entity_sets) for path, place in by_path)
        elif by_path:
            known = trusted and builtin
            seeds = _Seeds(entity_sets, reader(), problems, budget, moved, trusted=known)
            seeds.read(by_path, _folder_of(name_or_path) / FILES)
            others = seeds.found
        if problems:
            raise FixtureError(problems[:MAX_PROBLEMS])
        return others

    found.later.append(read_others)
    if not (trusted and builtin and reader is not None):
        found.read_on()
    return found


def declared_set(place: str, entity_sets: Mapping[str, EntitySet]) -> EntitySet | None:
    """The declared set of that name or path."""
    found = entity_sets.get(place)
    paths = (each for each in entity_sets.values() if each.path == place)
    return next(paths, None) if found is None else found


def unplanted(error: GraphError, fixture: Fixture) -> FixtureError:
    """What went wrong when what a fixture has was put into a store."""
    files = {id(seed): file for seed, file in zip(fixture.seeds, fixture.files, strict=True)}
    return FixtureError(
        [
            FixtureProblem(files.get(id(seed), ""), number, each.target, each.message)
            for (seed, number), each in getattr(error, "found", [((None, None), error)])
        ]
    )


def _no_set(path: Path, place: str, entity_sets: Mapping[str, EntitySet]) -> FixtureProblem:
    known = ", ".join(entity_sets)
    message = (
        f"there is no entity set '{place}': there is {known}, and what Graph has at its paths "
        "(users.json, say); records by path, as `seed` takes them, are in a file paths.json"
    )
    return FixtureProblem(str(path), None, None, message)


class _Seeds:
    """Reads the files of what the published model has at paths."""

    def __init__(
        self,
        entity_sets: Mapping[str, EntitySet],
        reader: SeedReader,
        problems: list[FixtureProblem],
        budget: _Budget,
        moved: timedelta,
        *,
        trusted: bool,
    ) -> None:
        self._entity_sets, self._reader, self._problems = entity_sets, reader, problems
        self._trusted = trusted
        self._budget, self._moved = budget, moved
        self._bytes: dict[str, bytes] = {}
        self._people: dict[str, list[Any]] = {}
        self.found = Fixture()

    def read(self, files: Sequence[tuple[Path, str]], bytes_in: Path) -> None:
        """Read files, each for its place; what they have of bytes is in a folder."""
        self._folder = bytes_in
        self._places = {place: path for path, place in files}
        # What has a file of its own comes first: the others are about it.
        for path, place in sorted(files, key=lambda each: each[1].partition("/")[0] == PATHS):
            if place.partition("/")[0] == PATHS:
                self._read_paths(path)
            elif self._reader.is_told_once(place):
                self._read_told(path, place)
            elif not self._reader.knows(place):
                self._problems.append(_no_set(path, place, self._entity_sets))
            else:
                self._read_place(path, place)

    def _read_place(self, path: Path, place: str) -> None:
        properties: Properties = {}
        if path.suffix == ".csv":
            try:
                properties = self._reader.properties(place)
            except GraphError as error:
                self._note(path, None, Problem(error.message))
                return
        self._put(path, place, self._records(path, properties))

    def _records(self, path: Path, properties: Properties) -> list[tuple[int | None, Any]]:
        """The records of a file as they are now; none of one with problems."""
        bad = len(self._problems)
        records = list(_read(path, properties, self._problems, self._budget, alone=True))
        if len(self._problems) > bad:
            return []
        found = []
        for number, body in records:
            try:
                whole = self._filled(later_by(body, self._moved) if self._moved else body)
            except _Unreadable as error:
                self._note(path, number, Problem(str(error)))
                continue
            found.append((number, whole))
        return found

    def _read_paths(self, path: Path) -> None:
        """Records by path, each an array or one record."""
        for number, body in self._records(path, {}):
            if number is not None or not isinstance(body, dict):
                self._note(path, number, Problem("It has an object: what is put there, by path."))
                return
            for place, given in body.items():
                if not self._reader.knows(place):
                    self._problems.append(_no_set(path, place, self._entity_sets))
                    continue
                many = isinstance(given, list)
                records: list[tuple[int | None, Any]] = (
                    [*enumerate(given, 1)] if many else [(None, given)]
                )
                self._put(path, place, records, named=True)

    def _read_told(self, path: Path, name: str) -> None:
        """What several have, told once."""
        by_place: dict[str, list[tuple[int | None, Any]]] = {}
        records = self._records(path, {})

        def note(number: int | None, problem: Problem) -> None:
            self._note(path, number, problem)

        for place, record in self._reader.told(name, records, self._those, note, self._moved):
            kept = by_place.setdefault(place, [])
            kept.append((len(kept) + 1, record))
        for place, found in by_place.items():
            self._put(path, place, found, named=True)

    def _those(self, place: str) -> Iterable[Any]:
        """The records of a set that are in a file of the same fixture."""
        if place not in self._people:
            path = self._places.get(place)
            self._people[place] = [
                record
                for _, record in ([] if path is None else self._records(path, {}))
                if isinstance(record, dict)
            ]
        return self._people[place]

    def _put(
        self, path: Path, place: str, records: list[tuple[int | None, Any]], *, named: bool = False
    ) -> None:
        def note(number: int | None, problem: Problem) -> None:
            if named:
                at = place if number is None else f"{place}[{number}]"
                target = f"{at}/{problem.target}" if problem.target else at
                number, problem = None, Problem(problem.message, target)
            self._note(path, number, problem)

        many = not any(number is None for number, _ in records)
        if not records and self._problems:
            return
        seed = self._reader.read(place, records, note, many=many, trusted=self._trusted)
        if seed is not None:
            self.found.seeds.append(seed)
            self.found.files.append(str(path))

    def _note(self, path: Path, number: int | None, problem: Problem) -> None:
        self._problems.append(FixtureProblem(str(path), number, problem.target, problem.message))

    def _filled(self, value: Any, depth: int = 0) -> Any:
        """A value with the bytes that it names: those of a thing itself, or in base64."""
        if isinstance(value, list):
            return [self._filled(each, depth + 1) for each in value]
        if not isinstance(value, dict):
            return value
        found: dict[str, Any] = {}
        for name, each in value.items():
            plain = name.removesuffix(_AT_FILE)
            if plain == name:
                found[name] = self._filled(each, depth + 1)
                continue
            data = self._bytes_of(each)
            is_whole = plain in _WHOLE
            found[plain] = (data, each) if is_whole else b64encode(data).decode()
        return found

    def _bytes_of(self, name: Any) -> bytes:
        """What a file has that a record names. Raises _Unreadable."""
        parts = name.split("/") if isinstance(name, str) else []
        if not parts or not all(part.strip(".") and "\0" not in part for part in parts):
            raise _Unreadable(f"{name!r} is no file below '{FILES}'.")
        if name not in self._bytes:
            path = self._folder.joinpath(*parts)
            try:
                # A link may stay inside: what else it leads to is not for who asks the server.
                if not path.resolve().is_relative_to(self._folder.parent.resolve()):
                    raise _Unreadable(f"'{FILES}/{name}': it leads out of the fixture's folder.")
                self._bytes[name] = self._budget.read(path)
            except OSError as error:
                why = error.strerror or str(error)
                raise _Unreadable(f"'{FILES}/{name}': {why}") from error
        return self._bytes[name]


_AT_FILE = "@file"
_WHOLE = frozenset({"content", "$value"})  # what is a stream of the thing


_DATED = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")


def later_by(value: Any, days: timedelta) -> Any:
    """A value of JSON whose dates are so much later, at any depth."""
    if isinstance(value, dict):
        return {name: later_by(each, days) for name, each in value.items()}
    if isinstance(value, list):
        return [later_by(each, days) for each in value]
    if isinstance(value, str) and _DATED.fullmatch(value):
        return f"{date.fromisoformat(value[:10]) + days}{value[10:]}"
    return value


def _last_day(found: Mapping[str, list[Record]], entity_sets: Mapping[str, EntitySet]) -> int:
    """The last day that any of these records tells of, counted from the year 1."""
    dated = [(record[name], type_) for record, name, type_ in _dated(found, entity_sets)]
    if not dated:
        return 0
    latest = date.fromisoformat(max(written for written, _ in dated)[:10])
    late = f"{latest - timedelta(days=2)}"  # no offset is longer: what is before cannot be last
    return max(_day(written, type_) for written, type_ in dated if written >= late)


def _move(
    found: Mapping[str, list[Record]], entity_sets: Mapping[str, EntitySet], days: timedelta
) -> None:
    """Move all dates of these records; their times of day and offsets stay as they are."""
    for record, name, _ in _dated(found, entity_sets):
        written = record[name]
        record[name] = f"{date.fromisoformat(written[:10]) + days}{written[10:]}"


def _dated(
    found: Mapping[str, list[Record]], entity_sets: Mapping[str, EntitySet]
) -> list[tuple[Record, str, Type]]:
    return [
        (record, name, type_)
        for set_name, records in found.items()
        for name, type_ in _dates(entity_sets[set_name])
        for record in records
        if record.get(name) is not None
    ]


def _dates(entity_set: EntitySet) -> list[tuple[str, Type]]:
    return [
        (name, each.type)
        for name, each in entity_set.type.properties.items()
        if each.type in (types.DATE_TIME_OFFSET, types.DATE)
    ]


def _day(written: str, type_: Type) -> int:
    """The day that this is on, by UTC, counted from the year 1."""
    return instant(written if type_ == types.DATE_TIME_OFFSET else f"{written}T00:00:00Z") // (
        TICKS_PER_DAY
    )


def read_records(
    data: bytes, entity_set: EntitySet, form: str, new_id: NewId, name: str = "-"
) -> list[Record]:
    """The records of what was read from elsewhere; ``form`` is json, jsonl or csv.

    Raises FixtureError with every problem, in which it is called ``name``.
    """
    problems: list[FixtureProblem] = []
    checker = _Checker(name, entity_set, new_id, set(), problems)
    read = decoded(name, data, entity_set.type.properties, f".{form}", problems)
    records = list(checker.check(read))
    if problems:
        raise FixtureError(problems[:MAX_PROBLEMS])
    return records


def load_directories(names_or_paths: Sequence[str], most: int = MAX_BYTES) -> Directory:
    """Who may sign in, as the fixtures together say. Raises FixtureError with every problem."""
    problems: list[FixtureProblem] = []
    whole = Directory()
    budget = _Budget(most)
    for name in names_or_paths:
        for path, place in _files(name, problems):
            if not _is_directory(path, place):
                continue
            found = _read_directory(path, problems, budget)
            for kind in ("apps", "people", "domains"):
                for key in getattr(whole, kind).keys() & getattr(found, kind).keys():
                    message = f"another of the fixtures has '{key}' too"
                    problems.append(FixtureProblem(str(path), None, kind, message))
            whole |= found
    if problems:
        raise FixtureError(problems[:MAX_PROBLEMS])
    return whole


class _Budget:
    """How many bytes may still be read."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def read(self, path: Path) -> bytes:
        """What a file holds. Raises OSError."""
        try:
            data = read_regular(path, self._left)
        except TooLarge as error:
            words = f"it is too large: a fixture may have {self._most} bytes in all"
            raise TooLarge(words) from error
        self._left -= len(data)
        return data


def first_names(data: bytes, form: str) -> set[str]:
    """The names of the first record's properties, as far as they can be read."""
    text = data.removeprefix(_BOM)
    try:
        if form == "csv":
            return set(next(csv.reader(io.StringIO(text.decode())), ()))
        value = strict_json.loads(text if form == "json" else text.lstrip().partition(b"\n")[0])
    except (ValueError, csv.Error):
        return set()
    if isinstance(value, dict) and form == "json":
        value = value.get("value")
    if isinstance(value, list):
        value = value[0] if value else None
    return set(value) if isinstance(value, dict) else set()


def _is_directory(path: Path, place: str) -> bool:
    return path.name == DIRECTORY and "/" not in place


def _read_directory(path: Path, problems: list[FixtureProblem], budget: _Budget) -> Directory:
    """What a ``directory.json`` says; nothing where there are problems with it."""
    try:
        return read_directory(_loads(_text_of(budget.read(path))))
    except InvalidEntity as error:
        problems.extend(
            FixtureProblem(str(path), None, problem.target, problem.message)
            for problem in error.problems
        )
    except (OSError, _Unreadable) as error:
        problems.append(FixtureProblem(str(path), None, None, str(error)))
    return Directory()


def check_records(
    entity_set: EntitySet, records: Iterable[Mapping[str, Any]], new_id: NewId
) -> list[Record]:
    """Check records that are at hand. Raises FixtureError with every problem."""
    problems: list[FixtureProblem] = []
    checker = _Checker(entity_set.name, entity_set, new_id, set(), problems)
    checked = list(checker.check(enumerate(records, 1)))
    if problems:
        raise FixtureError(problems[:MAX_PROBLEMS])
    return checked


@dataclass(frozen=True)
class _Checker:
    """Checks the records of one file, noting what is wrong with them."""

    file: str
    entity_set: EntitySet
    new_id: NewId
    taken: set[str]
    problems: list[FixtureProblem]

    def check(self, records: Numbered) -> Iterator[Record]:
        schema = self.entity_set.schema.reader(future_members=True)
        for number, body in records:
            if len(self.problems) >= MAX_PROBLEMS:
                return
            try:
                record = schema.read(dict(body) if isinstance(body, Mapping) else body)
            except InvalidEntity as error:
                self.problems.extend(
                    FixtureProblem(self.file, number, problem.target, problem.message)
                    for problem in error.problems
                )
                continue
            key = record.pop("id", None) or self.new_id()
            if key in self.taken:
                message = f"'{key}' is the id of another record"
                self.problems.append(FixtureProblem(self.file, number, "id", message))
                continue
            self.taken.add(key)
            yield {"id": key, **record}

    def trusted(self, records: Numbered) -> Iterator[Record]:
        """The records as they are, of which each has an id."""
        return (record for _, record in records)


def _files(name_or_path: str, problems: list[FixtureProblem]) -> list[tuple[Path, str]]:
    """The files of a fixture, each with the path of what it holds."""
    path = Path(name_or_path)
    if is_builtin(name_or_path):
        path = builtin_folder() / name_or_path.removesuffix(FIXED)
    try:
        if path.is_dir():
            return _files_in(path, problems)
        if path.exists():
            return [(path, path.stem)]
    except (OSError, ValueError) as error:  # it is too long, say, or may not be looked at
        message = (isinstance(error, OSError) and error.strerror) or str(error)
        problems.append(FixtureProblem(shown(name_or_path), None, None, message))
        return []
    known = ", ".join(f"{name}, {name}{FIXED}" for name in builtin_names())
    message = f"there is no such file or folder, and no such built-in fixture: {known}"
    if name_or_path == "-":
        message = "only fakegraph check reads from standard input"
    problems.append(FixtureProblem(str(name_or_path), None, None, message))
    return []


def _folder_of(name_or_path: str) -> Path:
    """The folder that the files of a fixture are in."""
    if is_builtin(name_or_path):
        return builtin_folder() / name_or_path.removesuffix(FIXED)
    path = Path(name_or_path)
    return path if path.is_dir() else path.parent


def _files_in(folder: Path, problems: list[FixtureProblem]) -> list[tuple[Path, str]]:
    found = list(islice(_walk(folder, ""), MAX_FILES + 1))
    if len(found) > MAX_FILES:
        message = f"it has more than {MAX_FILES} files, the limit"
        problems.append(FixtureProblem(str(folder), None, None, message))
        return []
    return sorted(found)


def _walk(folder: Path, place: str) -> Iterator[tuple[Path, str]]:
    """The files below a folder that is for a path."""
    for path in folder.iterdir():
        if _is_ignored(path):
            continue
        if path.is_dir() and path.suffix not in FORMATS:
            if place or path.name != FILES:
                yield from _walk(path, f"{place}{path.name}/")
        else:
            yield path, f"{place}{path.stem}"


def builtin_names() -> list[str]:
    """What the built-in fixtures are called."""
    folders = builtin_folder().iterdir()
    return sorted(path.name for path in folders if path.is_dir() and not _is_ignored(path))


def is_builtin(name_or_path: str) -> bool:
    """Whether it is the name of a built-in fixture, its dates moved or as they were written."""
    path, name = Path(name_or_path), name_or_path.removesuffix(FIXED)
    return path.name == name_or_path and not path.suffix and name in builtin_names()


def organisation_of(builtin: str) -> str:
    """The id of the organisation that a built-in fixture has; the rest of it is not read."""
    file = builtin_folder() / builtin.removesuffix(FIXED) / "organization.json"
    return str(orjson.loads(file.read_bytes())[0]["id"])


def _is_ignored(path: Path) -> bool:
    return path.name.startswith((".", "__pycache__")) or path.name.casefold().startswith(_IGNORED)


def _read(
    path: Path,
    properties: Properties,
    problems: list[FixtureProblem],
    budget: _Budget,
    *,
    alone: bool = False,
) -> Numbered:
    """The records of a file. ``alone``: JSON may be one record, which then has no number."""
    try:
        data = budget.read(path)
    except OSError as error:
        problems.append(FixtureProblem(str(path), None, None, error.strerror or str(error)))
        return
    yield from decoded(str(path), data, properties, path.suffix, problems, alone=alone)


def decoded(
    name: str,
    data: bytes,
    properties: Properties,
    suffix: str,
    problems: list[FixtureProblem],
    *,
    alone: bool = False,
) -> Numbered:
    """The records that bytes have. ``alone``: JSON may be one record, which then has no number."""
    try:
        text = _text_of(data)
        if suffix == ".json":
            yield from _read_json(text, alone=alone)
        else:
            yield from _READERS[suffix](text, properties)
    except _Unreadable as error:
        problems.append(FixtureProblem(name, error.record, None, str(error)))


def _text_of(data: bytes) -> bytes:
    """A file without the mark that some editors put before a text. Raises _Unreadable."""
    if data.startswith(_UTF_16) or b"\0" in data[:_HEAD]:
        raise _Unreadable("it is UTF-16, or no text at all: save it as UTF-8")
    return data.removeprefix(_BOM)


class _Unreadable(Exception):
    """A file that cannot be read on; ``record`` is where, if that is known."""

    def __init__(self, message: str, record: int | None = None) -> None:
        super().__init__(message)
        self.record = record


def _loads(data: bytes, record: int | None = None) -> Any:
    try:
        return strict_json.loads(data)
    except strict_json.JsonError as error:
        raise _Unreadable(f"not JSON: {error}", record) from error


def _read_json(data: bytes, *, alone: bool) -> Numbered:
    value: Any
    try:
        value = _loads(data)
    except _Unreadable as error:
        if _is_object(data.partition(b"\n")[0]):
            raise _Unreadable(f"{error} With a record on each line it is a .jsonl file.") from error
        raise
    if isinstance(value, dict) and isinstance(value.get("value"), list):
        value = value["value"]
    if alone and isinstance(value, dict):
        yield None, value
        return
    if not isinstance(value, list):
        raise _Unreadable('it must be an array of records, or an object with one: {"value": [...]}')
    yield from enumerate(value, 1)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(strict_json.loads(line), dict)
    except strict_json.JsonError:
        return False


def _read_jsonl(data: bytes, properties: Properties) -> Numbered:
    if data.lstrip().startswith(b"["):
        raise _Unreadable(
            "a .jsonl file has a record on each line: with an array it is a .json file"
        )
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            yield number, _loads(line, number)


def _read_csv(data: bytes, properties: Properties) -> Numbered:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Unreadable(
            f"byte {error.start} is not UTF-8: save it as UTF-8, which spreadsheets call CSV UTF-8"
        ) from error
    first = text.partition("\n")[0].rstrip("\r")
    separator = _SEPARATOR_LINE.fullmatch(first)
    if separator is not None:
        raise _Unreadable(_about_separator(separator[1]), 1)
    _check_delimiter(first, properties)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, None)
        if header is None:
            raise _Unreadable("it is empty: the first line names the properties")
        _check_header(header)
        for row in rows:
            if row:
                yield rows.line_num, _csv_record(header, row, rows.line_num, properties)
    except csv.Error as error:
        raise _Unreadable(f"not CSV: {error}", rows.line_num) from error


# What stands between the columns of files that are called CSV.
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", ",": "commas"}
_OTHERS = {delimiter: name for delimiter, name in _DELIMITERS.items() if delimiter != ","}
_SEPARATOR_LINE = re.compile(r'"?sep=(.?)"?', re.IGNORECASE)


def _about_separator(sign: str) -> str:
    """What to do about a line by which spreadsheets say what stands between the columns."""
    words = (
        "its first line is for spreadsheets: leave it out, as the first one names the properties"
    )
    if sign in {",", ""}:
        return words
    name = _DELIMITERS.get(sign, repr(sign))
    return f"{words}; and save the file with commas between the columns, not {name}"


def _check_delimiter(line: str, properties: Properties) -> None:
    """Raise _Unreadable for a first line whose names have something else than commas between."""
    by_commas = line.split(",")
    for delimiter, name in _OTHERS.items():
        parts = line.split(delimiter)
        if len(parts) > len(by_commas) and _known(parts, properties) >= _known(
            by_commas, properties
        ):
            raise _Unreadable(
                f"{name} stand between its columns; here these are commas: save the file as CSV "
                "with commas",
                1,
            )


def _check_header(header: list[str]) -> None:
    if "" in header:
        raise _Unreadable(f"column {header.index('') + 1} has no name", 1)
    if len(set(header)) != len(header):
        raise _Unreadable("two columns have the same name", 1)


def _known(names: list[str], properties: Properties) -> int:
    return sum(name.strip(' "') in properties for name in names)


def _csv_record(
    header: list[str], row: list[str], line: int, properties: Properties
) -> dict[str, Any]:
    if len(row) != len(header):
        text = ",".join(row)
        others = [name for sign, name in _OTHERS.items() if len(text.split(sign)) == len(header)]
        hint = f": {others[0]} stand between them, not commas" if others else ""
        raise _Unreadable(f"it has {len(row)} cells, and the header {len(header)}{hint}", line)
    record: dict[str, Any] = {}
    for name, cell in zip(header, row, strict=True):
        type_ = properties[name].type if name in properties else types.STRING
        if cell or (type_ == types.STRING and name != "id"):
            record[name] = _csv_value(cell, type_)
    return record


def _csv_value(cell: str, type_: Type) -> Any:
    """A cell as JSON would have it; what does not fit stays text, for the schema to refuse."""
    if type_ == types.BOOLEAN:
        return {"true": True, "false": False}.get(cell.lower(), cell)
    if type_ in types.NUMBERS or not isinstance(type_, types.PrimitiveType | types.EnumType):
        try:
            return strict_json.loads(cell.encode())
        except strict_json.JsonError:
            return cell
    return cell


_READERS: dict[str, Callable[[bytes, Properties], Numbered]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
}


def encoded(records: Iterable[Record], entity_set: EntitySet, form: str) -> Iterator[bytes]:
    """The bytes of a fixture file of a declared set; see ``encoded_records``."""
    return encoded_records(records, list(entity_set.type.properties), form)


def encoded_records(records: Iterable[Record], names: list[str], form: str) -> Iterator[bytes]:
    """The bytes of a fixture file, piece by piece; ``form`` is json, jsonl or csv, which has the
    properties of those names.

    What is read back is what was written; a cell that looks like a formula stays as it is.
    """
    if form == "csv":
        yield from _encoded_csv(records, names)
        return
    before, between, after = (b"[", b",\n ", b"]\n") if form == "json" else (b"", b"\n", b"\n")
    first = True
    for record in records:
        yield (before if first else between) + orjson.dumps(record)
        first = False
    if not first:
        yield after
    elif form == "json":
        yield before + after


def _encoded_csv(records: Iterable[Record], names: list[str]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(names)
    for record in records:
        writer.writerow([_cell(record.get(name)) for name in names])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return orjson.dumps(value).decode()
