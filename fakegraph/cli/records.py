"""The commands about records in files: they are generated, checked, and written out again."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from fakegraph.cli.output import (
    DEFAULT_SET,
    FORMATS,
    entity_set,
    entity_sets,
    format_of,
    open_output,
)

if TYPE_CHECKING:
    from fakegraph.cli.folders import Records, Told

_UNTIL = click.option(
    "--until",
    default="2024-06-30T18:00:00Z",
    show_default=True,
    help="The instant of the last day.",
)


@click.group(invoke_without_command=True, subcommand_metavar="[tenant]")
@click.option("--count", type=click.IntRange(min=0), help="How many events, or users.")
@click.option("--seed", type=int, help="The same seed gives the same records.")
@click.option("--set", "set_name", default=DEFAULT_SET, show_default=True, help="The entity set.")
@click.option(
    "--users",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Who the events are about.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=30,
    show_default=True,
    help="How long before the end events begin.",
)
@_UNTIL
@click.option(
    "--events",
    type=click.IntRange(min=0),
    help="For registrations: how many events they agree with.  [default: 400]",
)
@click.option(
    "-o", "output", metavar="FILE", help="FILE.json, .jsonl or .csv; - for JSONL to stdout."
)
@click.pass_context
def generate(
    context: click.Context,
    count: int | None,
    seed: int | None,
    set_name: str,
    users: int,
    days: int,
    until: str,
    events: int | None,
    output: str | None,
) -> None:
    """Write realistic records, the same for the same arguments.

    Of userCredentialUsageDetails, and of userEventsSummary, which has the same events, a record is
    an event. Of credentialUserRegistrationDetails and userRegistrationDetails it is a user. Of
    users it is one with a manager; of groups, those of a company of so many users, with members.

    Files of the same --seed, --users, --days and --until agree: they are about the same people,
    both registrations say the same of a user, and both agree with the first --events events: who
    registered a method with success has it, and whose last reset succeeded has its method and is
    enabled and registered for resets. So give --events the --count of your events. Users beyond
    --users, and those without an event, have what chance gives them.

    \b
    fakegraph generate --count 10000 --seed 7 -o userCredentialUsageDetails.jsonl
    fakegraph generate --count 60 --seed 7 --events 10000 --set userRegistrationDetails \\
        -o userRegistrationDetails.jsonl
    fakegraph generate --count 500 --seed 1 --users 20 --until 2025-01-31T00:00:00Z -o -
    fakegraph generate --count 200 --seed 7 --set users -o company/users.jsonl
    fakegraph generate tenant --users 1000 --seed 7 -o company
    """
    if context.invoked_subcommand is not None:
        given = [name for name in context.params if context.get_parameter_source(name) in _GIVEN]
        if given:
            raise click.UsageError(f"give the options of {context.invoked_subcommand} behind it")
        return
    for name, value in (("--count", count), ("--seed", seed), ("-o", output)):
        if value is None:
            raise click.UsageError(f"Missing option '{name}'.")
    assert count is not None
    assert seed is not None
    assert output is not None
    from fakegraph.generate.sets import DEFAULT_EVENTS, GENERATED, OF_COMPANY, OF_USERS
    from fakegraph.generate.sets import generate as generated

    if set_name not in OF_COMPANY:
        entity_set(set_name)
    if set_name not in (*GENERATED, *OF_COMPANY):
        known = ", ".join((*GENERATED, *OF_COMPANY))
        raise click.UsageError(f"records of {set_name} cannot be generated: only {known}")
    if events is not None and set_name not in OF_USERS:
        raise click.UsageError(f"--events goes with {' and '.join(OF_USERS)}, not with {set_name}")
    told = DEFAULT_EVENTS if events is None else events
    try:
        records = generated(count, seed, users, days, until, set_name=set_name, events_told=told)
    except ValueError as error:
        raise click.UsageError(f"--until {until}: {error}") from error
    _write(records, count, set_name, output)


def _write(records: Records, count: int, set_name: str, output: str) -> None:
    """Write generated records into a file, or to stdout."""
    from fakegraph.fixtures.encoding import encoded_records
    from fakegraph.generate.sets import OF_COMPANY

    form = "jsonl" if output == "-" else format_of(Path(output))
    if set_name in OF_COMPANY and form == "csv":
        raise click.UsageError(f"{set_name} have others inside: write .json or .jsonl")
    names = [] if set_name in OF_COMPANY else list(entity_set(set_name).type.properties)
    with _progress(records, count, output) as shown, open_output(output) as stream:
        for chunk in encoded_records(shown, names, form):
            stream.write(chunk)


_GIVEN = (click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.ENVIRONMENT)


@generate.command()
@click.option("--users", type=click.IntRange(1, 1_000_000), required=True, help="How many people.")
@click.option("--seed", type=int, required=True, help="The same seed gives the same bytes.")
@click.option(
    "--messages",
    type=click.IntRange(0, 10_000),
    default=30,
    show_default=True,
    help="So many in a mailbox, on average.",
)
@_UNTIL
@click.option(
    "--only",
    metavar="LIST",
    help="Only these: users, groups, messages, events, contacts, files, teams.",
)
@click.option("-o", "output", required=True, metavar="FOLDER", help="The fixture's folder.")
def tenant(users: int, seed: int, messages: int, until: str, only: str | None, output: str) -> None:
    """Write a whole organisation of any size, as a fixture.

    People with managers, mailboxes, calendars, contacts and files, groups in groups, and teams. All
    of it agrees, and the same arguments give the same bytes on every machine. It is written as it
    is made, so its size needs no memory.

    \b
    fakegraph generate tenant --users 1000 --seed 7 -o company
    fakegraph generate tenant --users 50000 --seed 7 --only users,groups -o directory
    """
    from fakegraph.cli.folders import new_folder, write_records
    from fakegraph.edm.values import instant
    from fakegraph.generate.tenant import DAYS, PARTS, Organisation

    parts = frozenset(PARTS if only is None else (each.strip() for each in only.split(",")))
    for name in sorted(parts - {*PARTS}):
        raise click.UsageError(f"--only has {name!r}: there is {', '.join(PARTS)}")
    try:
        end = instant(until)
        if end < 20 * DAYS * _TICKS_PER_DAY:
            raise ValueError("it is in the first years that there are")
    except ValueError as error:
        raise click.UsageError(f"--until {until}: {error}") from error
    made = Organisation(users, seed, messages, end, parts)
    with new_folder(output) as folder:
        if parts & made.PERSONAL:
            with _progress(made.users_with(), users, output) as people:
                write_records(folder / "users.jsonl", people)
        if "groups" in parts:
            write_records(folder / "groups.jsonl", made.groups())
        if "teams" in parts:
            write_records(folder / "teams.jsonl", made.teams())


_TICKS_PER_DAY = 864_000_000_000


@contextmanager
def _progress(records: Records, count: int, output: str) -> Iterator[Records]:
    if output == "-" or not sys.stderr.isatty():
        yield records
        return
    with click.progressbar(records, length=count, label=output, file=sys.stderr) as bar:
        yield bar


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--set", "set_name", help="What standard input has.  [default: what has its properties]"
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="And how.  [default: jsonl]")
def check(files: tuple[str, ...], set_name: str | None, form: str | None) -> None:
    """Say what is wrong in fixture files, folders or built-in fixtures; - is standard input.

    Each problem is a line, file:record: property: what is wrong; in JSONL and CSV the record is
    its line. Exit code 1 when there is any.

    \b
    fakegraph check contoso
    fakegraph check my-data/ userCredentialUsageDetails.csv
    fakegraph generate --count 500 --seed 1 -o - | fakegraph check -
    """
    from fakegraph.fixtures.problems import FixtureError

    if "-" not in files and (set_name or form):
        raise click.UsageError("--set and --format say what standard input has: give - too")
    if files.count("-") > 1:
        raise click.UsageError("standard input can be read once: give one -")
    bad = False
    for file in files:
        try:
            good = _check_input(set_name, form or "jsonl") if file == "-" else _check_files(file)
        except FixtureError as error:
            bad = True
            for problem in error.problems:
                click.echo(str(problem))
            continue
        for line in good:
            click.echo(f"{file}: {line}")
    if bad:
        sys.exit(1)


def _check_files(file: str) -> list[str]:
    """What is good in a fixture, in words. Raises FixtureError."""
    from fakegraph.fixtures.reading import load_directories, read_fixture
    from fakegraph.graph.versions import Versions
    from fakegraph.template import template, things_of
    from fakegraph.tenants import random_id
    from fakegraph.tenants.clock import system_clock
    from fakegraph.workloads.reports import build_models

    sets, published = entity_sets(), Versions(build_models())
    found = read_fixture(file, sets, random_id, reader=lambda: things_of(published))
    if found.seeds:  # each is good; whether they agree shows when they are put together
        template([file], sets, random_id, system_clock(), published=published)
    directory = load_directories([file])
    counts = {name: len(records) for name, records in found.records.items()}
    paths: dict[str, dict[str, int]] = {}
    for seed in found.seeds:
        known = seed.segments[-1].shape.template.strip("/") if seed.segments else seed.path
        alike = paths.setdefault(known, {})
        alike[seed.path] = alike.get(seed.path, 0) + len(seed.records)
    for template_, alike in paths.items():  # of many alike there is one line
        counts |= alike if len(alike) == 1 else {template_: sum(alike.values())}
    lines = [f"{count} good records of {name}" for name, count in counts.items()]
    if directory.apps or directory.people:
        apps, people = len(directory.apps), len(directory.people)
        lines.append(f"a good directory of {apps} apps and {people} users")
    return lines


def _check_input(set_name: str | None, form: str) -> list[str]:
    """What is good in standard input, in words. Raises FixtureError."""
    from fakegraph.fixtures.folders import MAX_BYTES
    from fakegraph.fixtures.formats import first_names
    from fakegraph.fixtures.reading import read_records
    from fakegraph.tenants import random_id

    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise click.ClickException(f"-: it is larger than {MAX_BYTES} bytes, the limit")
    names, sets = first_names(data, form), entity_sets().values()
    likely = max(sets, key=lambda each: len(names & each.type.properties.keys()))
    wanted = entity_set(set_name or likely.name)
    records = read_records(data, wanted, form, random_id)
    return [f"{len(records)} good records of {wanted.name}"]


@click.command()
@click.argument("source", required=False, type=click.Path(path_type=Path), metavar="[DATA]")
@click.option("--url", help="Of a running server, or of a tenant there, instead of its data.")
@click.option("--control-key", envvar="FAKEGRAPH_CONTROL_KEY", help="The key of that server.")
@click.option("--tenant", show_default="default", help="Of a folder or a server.")
@click.option(
    "--path", "paths", multiple=True, help="Only what is there: users/ada@contoso.com/messages."
)
@click.option(
    "--set",
    "set_name",
    metavar="NAME",
    help=f"Only one entity set, or container, into one file.  [default: {DEFAULT_SET}]",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Of that.  [default: jsonl]")
@click.option("-o", "output", default="-", metavar="PATH", help="A file, or a fixture's folder.")
def export(
    source: Path | None,
    url: str | None,
    control_key: str | None,
    tenant: str | None,
    paths: tuple[str, ...],
    set_name: str | None,
    form: str | None,
    output: str,
) -> None:
    """Write out what a tenant has, as a fixture.

    DATA is a data folder, or a data file in one; it is only read, and checked whole. Into a folder
    goes all that there is, or what is at each --path: a folder that makes the same tenant again.
    Into a file, or to stdout, goes one entity set.

    \b
    fakegraph export data -o my-fixture
    fakegraph export --url http://127.0.0.1:8365 -o my-fixture
    fakegraph export --url http://127.0.0.1:8365/tenants/ID -o my-fixture
    fakegraph export data --path users/ada@contoso.com --path groups -o ada
    fakegraph export data/default.json --format csv -o userCredentialUsageDetails.csv
    fakegraph export data/default.json --set users -o users.jsonl
    """
    from fakegraph.cli.folders import new_folder, write_fixture

    if (source is None) == (url is None):
        raise click.UsageError("give a data folder or file, or the --url of a server")
    is_folder = output != "-" and Path(output).suffix.removeprefix(".") not in FORMATS
    if set_name is None and (is_folder or paths or url):
        if form is not None:
            raise click.UsageError("--format is of one entity set: give --set too")
        if not is_folder:
            raise click.UsageError("a fixture is a folder: give its name with -o")
        if url:
            found = _of_server(url, control_key, _tenant_at(url, tenant), paths)
        else:
            found = _of_data(_file_of(source, tenant), paths)
        with found as told, new_folder(output) as folder:
            write_fixture(folder, told)
        return
    if paths or source is None or is_folder:
        raise click.UsageError("--set goes with a data file, and into a file")
    _export_set(_file_of(source, tenant), set_name or DEFAULT_SET, form or "jsonl", output)


def _tenant_at(url: str, tenant: str | None) -> str:
    """The tenant that is meant by the URL of a server, or of one of its tenants."""
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise click.UsageError(f"--url is {url!r}, which is no URL: {error}") from error
    found = _TENANT_PATH.fullmatch(parts.path)
    if found is None or parts.query or parts.fragment:
        raise click.UsageError(
            f"--url is {url!r}: it is of a server, http://HOST:PORT, or of one of its tenants, "
            "http://HOST:PORT/tenants/ID; what is to be exported of it says --path"
        )
    named = None if found["id"] is None else unquote(found["id"])
    if named is not None and tenant not in (None, named):
        raise click.UsageError(f"--url is of the tenant {named!r}, and --tenant is {tenant!r}")
    return named or tenant or _DEFAULT_TENANT


_DEFAULT_TENANT = "default"
_TENANT_PATH = re.compile(r"/?|/tenants/(?P<id>[^/]+)(/v1\.0|/beta)?/?")


def _file_of(source: Path | None, tenant: str | None) -> Path:
    """The data file of a tenant, where a folder is named."""
    from fakegraph.store import is_tenant_name

    assert source is not None
    if not source.is_dir():
        return source
    tenant = _DEFAULT_TENANT if tenant is None else tenant
    if not is_tenant_name(tenant):
        raise click.UsageError(f"--tenant is {tenant!r}, which no tenant is called")
    file = source / f"{tenant}.json"
    if not os.path.lexists(file):
        _refuse_folder(source, file.name)
    return file


def _refuse_folder(source: Path, name: str) -> NoReturn:
    """Say what a folder without the file of a tenant is not."""
    if any(os.path.lexists(source / part) for part in _OF_DATA_FOLDERS):
        raise click.ClickException(f"{source} has no such tenant: there is no {name} in it")
    raise click.ClickException(
        f"{source} is no data folder: there is no {name} in it. What `fakegraph serve --data-dir` "
        "was told to keep its data in is one"
    )


_OF_DATA_FOLDERS = ("fakegraph.lock", ".templates")


@contextmanager
def _of_data(file: Path, paths: Sequence[str]) -> Iterator[Told]:
    """What a data file has."""
    from fakegraph.errors import GraphError
    from fakegraph.store import DataFileError
    from fakegraph.template import exported_of

    try:
        yield exported_of(file, [path.strip("/") for path in paths])
    except DataFileError as error:
        raise click.ClickException(str(error)) from error
    except GraphError as error:
        raise click.ClickException(error.message) from error


@contextmanager
def _of_server(url: str, key: str | None, tenant: str, paths: Sequence[str]) -> Iterator[Told]:
    """The same of a tenant of a server."""
    from urllib.parse import quote, urlencode

    from fakegraph.handle.errors import ControlError, Misuse
    from fakegraph.handle.servers import RemoteServer

    query = urlencode([("path", path) for path in paths])
    place = f"/tenants/{quote(tenant, safe='')}/export{'?' if query else ''}{query}"
    try:
        found = RemoteServer("/".join(url.split("/", 3)[:3]), key).control("GET", place)
    except (ControlError, Misuse, ValueError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"nothing answers at {url}: {error}") from error
    yield (
        (path, iter(each if isinstance(each, list) else [each]), isinstance(each, list))
        for path, each in found.items()
    )


def _export_set(data_file: Path, set_name: str, form: str, output: str) -> None:
    from fakegraph.fixtures.encoding import encoded_records
    from fakegraph.graph.versions import Versions
    from fakegraph.store import DataFileError, read_records
    from fakegraph.template import file_checks
    from fakegraph.workloads.reports import build_models

    sets = entity_sets()
    try:
        found = read_records(data_file, file_checks(sets, Versions(build_models())))
    except DataFileError as error:
        raise click.ClickException(str(error)) from error
    if set_name in sets:
        wanted = sets[set_name]
        records = found.get(wanted.collection, [])
        names = list(wanted.type.properties)
    elif set_name in found:
        records = found[set_name]
        names = list(dict.fromkeys(name for record in records for name in record))
    else:
        known = ", ".join({**sets, **found})
        raise click.UsageError(f"there is no entity set '{set_name}': there is {known}")
    with open_output(output) as stream:
        for chunk in encoded_records(records, names, form):
            stream.write(chunk)
