"""Fixture folders as commands write them: whole, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

Records = Iterable[dict[str, Any]]
Told = Iterable[tuple[str, Records, bool]]
"""What a fixture is to have, by path, and whether that is many."""

_SAFE = "@-_.~!$'(),;=+ &"
_FORMATS = (".json", ".jsonl", ".csv")
_PASSED_OVER = (".", "__pycache__", "readme", "license", "__init__.py")
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}


@contextmanager
def new_folder(output: str) -> Iterator[Path]:
    """A folder that appears when all of it is written. Raises ClickException where one is there
    that has something.
    """
    path = Path(output)
    if path.is_symlink() or (path.exists() and not _is_empty(path)):
        raise click.ClickException(f"{path} is there already: give a new folder, or an empty one")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            path.rmdir()
        temporary.replace(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def write_fixture(folder: Path, told: Told) -> None:
    """Write what is told into a folder: many records as lines, one alone as an object."""
    for path, records, many in told:
        if many:
            write_records(file_for(folder, path, ".jsonl"), records)
        else:
            for record in records:
                write_record(file_for(folder, path, ".json"), record)


def file_for(folder: Path, path: str, suffix: str) -> Path:
    """The file of a path without version in a fixture folder; the folders above it are made."""
    *above, name = (_file_name(each) for each in path.strip("/").split("/"))
    place = folder.joinpath(*above)
    place.mkdir(parents=True, exist_ok=True)
    return place / f"{name}{suffix}"


def _file_name(segment: str) -> str:
    """What a segment of a path is called among files: what these cannot bear is percent-encoded."""
    name = quote(segment, safe=_SAFE + "%")
    stem = name.partition(".")[0].casefold()
    if name.casefold().startswith(_PASSED_OVER) or stem in _DEVICES:
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if name.endswith((*_FORMATS, ".", " ")):
        start, dot, end = name.rpartition(name[-1] if name[-1] in ". " else ".")
        name = f"{start}%{ord(dot):02X}{end}"
    return name


def write_records(file: Path, records: Records) -> None:
    """Write records, one a line."""
    import orjson

    with file.open("wb") as stream:
        for record in records:
            stream.write(orjson.dumps(record))
            stream.write(b"\n")


def write_record(file: Path, record: dict[str, Any]) -> None:
    """Write one record."""
    import orjson

    file.write_bytes(orjson.dumps(record) + b"\n")
