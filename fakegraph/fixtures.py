"""Fixtures: files of records, read whole and checked as requests are.

A fixture is a file named ``<entitySet>.json``, ``.jsonl`` or ``.csv``, a folder of them, or the
name of a built-in folder. JSON may be an array or a saved answer of the service, ``{"value": []}``;
a page that has an ``@odata.nextLink`` is taken for what it holds. ``directory.json`` among them
has no records, but those who may sign in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from fakegraph import strict_json
from fakegraph.directory import Directory, read_directory
from fakegraph.edm import types
from fakegraph.edm.fields import shown
from fakegraph.edm.model import EntitySet
from fakegraph.edm.schema import InvalidEntity, Record
from fakegraph.edm.types import Type

FORMATS = (".json", ".jsonl", ".csv")
DIRECTORY = "directory.json"
MAX_PROBLEMS = 1_000
_BOM = b"\xef\xbb\xbf"  # editors and spreadsheets put one there; a file, unlike a body, may
_IGNORED = ("readme", "license", "__init__.py")

NewId = Callable[[], str]
Numbered = Iterator[tuple[int, Any]]


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


def load_fixture(
    name_or_path: str, entity_sets: Mapping[str, EntitySet], new_id: NewId
) -> dict[str, list[Record]]:
    """Records by entity set. ``new_id`` gives one to a record that has none.

    Raises FixtureError with every problem of every file.
    """
    problems: list[FixtureProblem] = []
    found: dict[str, list[Record]] = {}
    ids: dict[str, set[str]] = {}
    for path in _files(name_or_path, problems):
        if path.name == DIRECTORY:
            _read_directory(path, problems)
            continue
        entity_set = _entity_set(path, entity_sets, problems)
        if entity_set is None:
            continue
        records = found.setdefault(entity_set.name, [])
        taken = ids.setdefault(entity_set.collection, set())
        checker = _Checker(str(path), entity_set, new_id, taken, problems)
        records.extend(checker.check(_read(path, entity_set, problems)))
    if problems:
        raise FixtureError(problems[:MAX_PROBLEMS])
    return found


def load_directories(names_or_paths: Sequence[str]) -> Directory:
    """Who may sign in, as the fixtures together say. Raises FixtureError with every problem."""
    problems: list[FixtureProblem] = []
    whole = Directory()
    for name in names_or_paths:
        for path in _files(name, problems):
            if path.name != DIRECTORY:
                continue
            found = _read_directory(path, problems)
            for kind in ("apps", "people", "domains"):
                for key in getattr(whole, kind).keys() & getattr(found, kind).keys():
                    message = f"another of the fixtures has '{key}' too"
                    problems.append(FixtureProblem(str(path), None, kind, message))
            whole |= found
    if problems:
        raise FixtureError(problems[:MAX_PROBLEMS])
    return whole


def _read_directory(path: Path, problems: list[FixtureProblem]) -> Directory:
    """What a ``directory.json`` says; nothing where there are problems with it."""
    try:
        return read_directory(_loads(path.read_bytes().removeprefix(_BOM)))
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


def _files(name_or_path: str, problems: list[FixtureProblem]) -> list[Path]:
    path = Path(name_or_path)
    try:
        if path.name == name_or_path and not path.suffix:
            builtin = builtin_folder() / name_or_path
            path = builtin if builtin.is_dir() else path
        if path.is_dir():
            return sorted(p for p in path.iterdir() if not _is_ignored(p))
        if path.is_file():
            return [path]
    except (OSError, ValueError) as error:  # it is too long, say, or may not be looked at
        message = (isinstance(error, OSError) and error.strerror) or str(error)
        problems.append(FixtureProblem(shown(name_or_path), None, None, message))
        return []
    known = sorted(p.name for p in builtin_folder().iterdir() if p.is_dir() and not _is_ignored(p))
    message = f"there is no such file or folder, and no such built-in fixture: {', '.join(known)}"
    problems.append(FixtureProblem(str(name_or_path), None, None, message))
    return []


def _is_ignored(path: Path) -> bool:
    return path.name.startswith((".", "__pycache__")) or path.name.casefold().startswith(_IGNORED)


def _entity_set(
    path: Path, entity_sets: Mapping[str, EntitySet], problems: list[FixtureProblem]
) -> EntitySet | None:
    found = entity_sets.get(path.stem)
    if path.suffix not in FORMATS:
        message = f"a fixture file ends in {', '.join(FORMATS)}"
    elif found is None:
        message = f"there is no entity set '{path.stem}': there is {', '.join(entity_sets)}"
    else:
        return found
    problems.append(FixtureProblem(str(path), None, None, message))
    return None


def _read(path: Path, entity_set: EntitySet, problems: list[FixtureProblem]) -> Numbered:
    try:
        data = path.read_bytes().removeprefix(_BOM)
        yield from _READERS[path.suffix](data, entity_set)
    except OSError as error:
        problems.append(FixtureProblem(str(path), None, None, error.strerror or str(error)))
    except _Unreadable as error:
        problems.append(FixtureProblem(str(path), error.record, None, str(error)))


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


def _read_json(data: bytes, entity_set: EntitySet) -> Numbered:
    value = _loads(data)
    if isinstance(value, dict) and isinstance(value.get("value"), list):
        value = value["value"]
    if not isinstance(value, list):
        raise _Unreadable('it must be an array of records, or an object with one: {"value": [...]}')
    yield from enumerate(value, 1)


def _read_jsonl(data: bytes, entity_set: EntitySet) -> Numbered:
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            yield number, _loads(line, number)


def _read_csv(data: bytes, entity_set: EntitySet) -> Numbered:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Unreadable(f"byte {error.start} is not UTF-8") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows, None)
        if header is None:
            raise _Unreadable("it is empty: the first line names the properties")
        if len(set(header)) != len(header):
            raise _Unreadable("two columns have the same name", 1)
        for row in rows:
            if row:
                yield rows.line_num, _csv_record(header, row, rows.line_num, entity_set)
    except csv.Error as error:
        raise _Unreadable(f"not CSV: {error}", rows.line_num) from error


def _csv_record(
    header: list[str], row: list[str], line: int, entity_set: EntitySet
) -> dict[str, Any]:
    if len(row) != len(header):
        raise _Unreadable(f"it has {len(row)} cells, and the header {len(header)}", line)
    properties = entity_set.type.properties
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
    if type_ in _JSON_IN_CELLS or not isinstance(type_, types.PrimitiveType | types.EnumType):
        try:
            return strict_json.loads(cell.encode())
        except strict_json.JsonError:
            return cell
    return cell


_JSON_IN_CELLS = (types.INT32, types.INT64, types.DOUBLE, types.DECIMAL)

_READERS: dict[str, Callable[[bytes, EntitySet], Numbered]] = {
    ".json": _read_json,
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
}


def encoded(records: Iterable[Record], entity_set: EntitySet, form: str) -> Iterator[bytes]:
    """The bytes of a fixture file, piece by piece; ``form`` is json, jsonl or csv.

    What is read back is what was written; a cell that looks like a formula stays as it is.
    """
    if form == "csv":
        yield from _encoded_csv(records, list(entity_set.type.properties))
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
