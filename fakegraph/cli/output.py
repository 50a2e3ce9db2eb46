"""What commands write records to, and which sets those are of."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fakegraph.edm.model import EntitySet

FORMATS = ("json", "jsonl", "csv")
DEFAULT_SET = "userCredentialUsageDetails"


def entity_sets() -> dict[str, EntitySet]:
    from fakegraph.edm.model import all_entity_sets
    from fakegraph.workloads.reports import build_models

    return all_entity_sets(build_models())


def entity_set(name: str) -> EntitySet:
    sets = entity_sets()
    if name not in sets:
        raise click.UsageError(f"there is no entity set '{name}': there is {', '.join(sets)}")
    return sets[name]


def format_of(path: Path) -> str:
    if path.suffix.removeprefix(".") not in FORMATS:
        raise click.UsageError(f"{path}: the file's name must end in .json, .jsonl or .csv")
    return path.suffix.removeprefix(".")


@contextmanager
def open_output(output: str) -> Iterator[IO[bytes]]:
    """A stream to a file that appears whole or not at all, or to stdout."""
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            yield stream
        temporary.replace(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
