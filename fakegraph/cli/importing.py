"""``fakegraph import``: what was recorded of the real service, made into a fixture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from fakegraph.cli.folders import Told
    from fakegraph.recorded.anonymous import Anonymous
    from fakegraph.recorded.exchanges import Exchange, Note
    from fakegraph.recorded.gathering import Gathering
    from fakegraph.recorded.kept import Properties
    from fakegraph.recorded.made import Workshop

_MOST_FILES = 1_000
_SHOWN = 50
_SUFFIXES = (".json", ".jsonl", ".csv", ".har")


@click.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option("-o", "output", required=True, metavar="FOLDER", help="The fixture's folder.")
@click.option("--anonymise", is_flag=True, help="Have other people, ids and domains in it.")
def import_(files: tuple[Path, ...], output: str, anonymise: bool) -> None:
    """Make a fixture of what was recorded of the real service.

    FILE is an archive (HAR) that a browser, Dev Proxy or mitmproxy wrote, a file of Dev Proxy's
    mocks, or a saved answer: what that is of is said by its @odata.context, or else by its name,
    as in fixtures; or a file of a fixture: .jsonl, .csv, and .json beside these. A folder has such
    files. Things are merged by id. Tokens, cookies and secrets
    are not taken over. What cannot be used is listed, in README.txt of the folder too.

    \b
    fakegraph import graph.har -o my-fixture
    fakegraph import saved/ mocks.json --anonymise -o my-fixture
    fakegraph check my-fixture
    """
    from fakegraph.cli.folders import new_folder, write_fixture
    from fakegraph.edm.values import instant
    from fakegraph.generate.sets import DEFAULT_UNTIL
    from fakegraph.recorded.gathering import Gathering
    from fakegraph.recorded.made import Workshop

    unusable: list[str] = []

    def note(place: str, why: str) -> None:
        unusable.append(f"{place}: {why}")

    workshop = Workshop(instant(DEFAULT_UNTIL))
    gathering = Gathering(workshop.things, note, workshop.declared)
    found = list(_exchanges(files, workshop.things.properties, note))
    others = _others(workshop) if anonymise else None
    seeds = _seeds(found, gathering, others, note)
    unusable += [f"{n} with {host}: it is not Graph" for host, n in gathering.others.items()]
    if not seeds:
        raise click.ClickException("\n".join(["nothing of it can be used", *unusable[:_SHOWN]]))
    whole = _made(workshop, seeds, note)
    selected = [
        f"{path}: {', '.join(sorted(names))}" for path, names in sorted(gathering.selected.items())
    ]
    listed = [others.line(each) for each in unusable] if others else unusable
    with new_folder(output) as folder:
        write_fixture(folder, whole)
        (folder / "README.txt").write_text(_readme(selected, listed))
    _tell(seeds, unusable, len(selected))


def _others(workshop: Workshop) -> Anonymous:
    from fakegraph.recorded.anonymous import Anonymous

    return Anonymous(workshop.things.world.model)


def _seeds(
    found: Sequence[Exchange], gathering: Gathering, others: Anonymous | None, note: Note
) -> dict[str, Any]:
    """What the exchanges tell, by path; of other people where ``others`` is given."""
    from fakegraph.graph.whole.rest import REST
    from fakegraph.recorded.cleaning import clean
    from fakegraph.recorded.kept import is_rest

    rest = [each for each in found if is_rest(each)]
    told = [each for each in found if not is_rest(each)]
    if others is not None:
        told = others.exchanges(told)
        for each in rest:
            note(each.place, "what only the server knows of things cannot be made anonymous")
    gathering.add(told)
    seeds = gathering.seeds()
    if not rest or others is not None:
        return seeds
    lines = [clean(line, annotated=True) for each in rest for line in each.body["value"]]
    return {REST: lines, **seeds}


def _made(workshop: Workshop, seeds: dict[str, Any], note: Note) -> Told:
    """What a tenant of these seeds has. Raises ClickException where they do not make one."""
    from fakegraph.errors import GraphError
    from fakegraph.store import StoreError

    try:
        return workshop.exported(seeds, note)
    except GraphError as error:
        problems = [f"{each.target}: {each.message}" for each in error.details or ()]
        raise click.ClickException("\n".join(problems[:_SHOWN]) or error.message) from error
    except StoreError as error:
        raise click.ClickException(f"it does not make one tenant: {error}") from error


def _tell(seeds: dict[str, Any], unusable: Sequence[str], selected: int) -> None:
    """Print what came of it: the first things that were not used, too."""
    for path, records in seeds.items():
        click.echo(f"{len(records) if isinstance(records, list) else 1} of {path}")
    for line in unusable[:_SHOWN]:
        click.echo(f"not used: {line}", err=True)
    if len(unusable) > _SHOWN:
        click.echo(f"and {len(unusable) - _SHOWN} more: see README.txt", err=True)
    if selected:
        words = "of which $select left something out: see README.txt"
        click.echo(f"{selected} things {words}", err=True)


def _exchanges(files: Sequence[Path], properties: Properties, note: Note) -> Iterator[Exchange]:
    from fakegraph.recorded.exchanges import exchanges
    from fakegraph.recorded.kept import TABLES, records_in

    for file in files:
        if not file.exists():
            raise click.ClickException(f"{file}: there is no such file")
        inner = [file]
        if file.is_dir():
            inner = sorted(islice(_files_in(file), _MOST_FILES + 1))
        if len(inner) > _MOST_FILES:
            raise click.ClickException(f"{file}: it has more than {_MOST_FILES} files, the limit")
        if not inner:
            note(str(file), f"it has no file that ends in {', '.join(_SUFFIXES)}")
        is_fixture = any(each.suffix.casefold() in TABLES for each in inner)
        for each in inner:
            inside = each.relative_to(file) if file.is_dir() else Path(each.name)
            place = inside.with_suffix("").as_posix()
            if is_fixture and not _is_saved(each):
                yield from records_in(each, place, properties, note)
            else:
                yield from exchanges(each, place, note)


def _is_saved(file: Path) -> bool:
    """Whether a file beside those of a fixture is an answer of the service."""
    from fakegraph.recorded.kept import is_saved

    return file.suffix.casefold() == ".har" or (file.suffix == ".json" and is_saved(file))


def _files_in(folder: Path) -> Iterator[Path]:
    """The files below a folder, but for hidden ones, and what links lead to."""
    for path in folder.iterdir():
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files_in(path)
        elif path.suffix.casefold() in _SUFFIXES:
            yield path


def _readme(selected: Sequence[str], unusable: Sequence[str]) -> str:
    lines = ["What was recorded, as a fixture: fakegraph serve --fixture FOLDER", ""]
    if selected:
        lines += ["Of these only what $select named was recorded, and nothing else is known:", ""]
        lines += [*selected, ""]
    if unusable:
        lines += ["What was not used, and why:", "", *unusable]
    return "\n".join(lines) + "\n"
