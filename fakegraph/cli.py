"""The command line. Each command imports what it needs when it runs, so that help is instant."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import Field, fields
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from fakegraph._version import __version__
from fakegraph.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from fakegraph.edm.model import EntitySet
    from fakegraph.edm.schema import Record

FORMATS = ("json", "jsonl", "csv")
DEFAULT_SET = "userCredentialUsageDetails"


def main() -> None:
    """Run the command line; what goes wrong is a line on stderr, never a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # paths need not be UTF-8
    try:
        cli(standalone_mode=False, prog_name="fakegraph")
    except click.ClickException as error:
        click.echo(f"Error: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the output has gone; nothing is left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        named = f"{error.filename}: {error.strerror}" if error.filename else error
        click.echo(f"Error: {named}", err=True)
        sys.exit(1)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    no_args_is_help=False,
)
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context) -> None:
    """A local stand-in for Microsoft Graph, to point tests at.

    \b
    fakegraph serve                      serve the built-in fixture
    fakegraph serve --fixture my-data/   serve your own
    fakegraph run -- npm test            for any program, with Graph's own host names
    fakegraph routes                     what of Microsoft Graph is served
    fakegraph COMMAND --help             what a command does, with examples
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _server_options(*used: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The settings, and where they come from; of those a command has no use for, it says nothing.

    It takes them all the same, so that it can be given what ``serve`` is.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(fields(Settings)):
            command = _setting_option(option, bool(used) and option.name not in used)(command)
        config = click.option(
            "--config", type=click.Path(path_type=Path), help="Read this instead of fakegraph.toml."
        )
        no_fixture = click.option(
            "--no-fixture", is_flag=True, help="Start with no records.", hidden=bool(used)
        )
        return no_fixture(config(command))

    return add


def _setting_option(option: Field[Any], hidden: bool) -> Callable[..., Any]:
    """Its flag, which has no default of its own: other sources come first."""
    meta, flag = option.metadata, f"--{option.name.replace('_', '-')}"
    default: Any = option.default
    if meta.get("multiple"):
        default = ", ".join(default)
    shown = meta.get("shown", default)
    help_ = meta["help"] + ("" if shown is None else f"  [default: {shown}]")
    extra: dict[str, Any] = {"metavar": meta.get("metavar", "VALUE")}
    if "choices" in meta:
        extra = {"metavar": "|".join(meta["choices"])}
    if meta.get("flag"):
        extra, help_ = {"is_flag": True, "default": None}, meta["help"]
    if meta.get("switch"):
        flag = f"{flag}/--no-{flag.removeprefix('--')}"
    multiple = bool(meta.get("multiple"))
    return click.option(flag, option.name, help=help_, multiple=multiple, hidden=hidden, **extra)


def _loaded(
    no_fixture: bool,
    config: Path | None,
    flags: dict[str, Any],
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if no_fixture:
        given["no_fixture"] = True
    try:
        return load_settings(given, environ, config)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


@cli.command()
@_server_options()
def serve(no_fixture: bool, config: Path | None, **flags: Any) -> None:
    """Serve until SIGINT or SIGTERM.

    Each option is also FAKEGRAPH_<NAME> in the environment and a key of fakegraph.toml;
    a flag beats the environment, which beats the file.

    \b
    fakegraph serve --port 0 --ready-file ready.json
    fakegraph serve --fixture contoso --fixture extra.jsonl --page-size 10
    FAKEGRAPH_DATA_DIR=/data fakegraph serve --host 0.0.0.0 --no-fixture
    """
    settings = _loaded(no_fixture, config, flags)
    gc.disable()  # until it serves: what is loaded stays, and looking through it is a tenth of that
    from fakegraph.process import ServeError, run

    try:
        run(settings)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    except ServeError as error:
        raise click.ClickException(str(error)) from error
    finally:
        gc.enable()


@cli.command()
@_server_options()
@click.option("--report", is_flag=True, help="Say at the end what was asked, refused and sent.")
@click.option("--keep", is_flag=True, help="Leave the server up.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(
    command: tuple[str, ...],
    report: bool,
    keep: bool,
    no_fixture: bool,
    config: Path | None,
    **flags: Any,
) -> None:
    """Run a command, for which Graph's host names lead to a server that is up as long.

    All options of serve come before --; the port is a free one and warnings alone are logged,
    where they say nothing else. The environment makes Python, Node, Java, .NET, Go, Ruby and curl
    use the server as their proxy and trust it, and DefaultAzureCredential succeed. Hosts that are
    not Graph's or Entra ID's are refused. The exit code is the command's.

    \b
    fakegraph run -- npm test
    fakegraph run --report -- az ad user list
    fakegraph run --fixture my-data/ --auth strict -- pytest
    """
    if flags["proxy"] is False:
        raise click.UsageError("run needs the proxy: --no-proxy goes with serve")
    quiet = {"FAKEGRAPH_LOG_LEVEL": "warning", **os.environ}
    own = {**flags, "proxy": True, "port": "0" if flags["port"] is None else flags["port"]}
    settings = _loaded(no_fixture, config, own, quiet)
    from fakegraph.running import run as run_beside

    sys.exit(run_beside(settings, command, report=report, keep=keep))


@cli.command()
@_server_options("host", "port", "tls", "ready_file", "data_dir", "tls_name")
def env(no_fixture: bool, config: Path | None, **flags: Any) -> None:
    """Print what `run` sets for its command, for a shell: of a server that is up, with --proxy.

    The server is the one that the same settings would start; with --port 0 the ready file says
    where it listens.

    \b
    fakegraph serve --proxy &
    eval "$(fakegraph env)"
    """
    settings = _loaded(no_fixture, config, {**flags, "proxy": True})
    import shlex

    from fakegraph.environment import TENANT, variables
    from fakegraph.health import certificate, tenant_id
    from fakegraph.tokens.ca import ca_file

    try:
        url, trusted = certificate(settings)
        tenant = tenant_id(settings, TENANT)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"fakegraph is not up: {error}") from error
    ca = ca_file(settings)
    if ca.read_bytes() != trusted:
        raise click.ClickException(
            f"{url} is no proxy whose CA is {ca}: serve with --proxy, and give the same --data-dir "
            "and --tls-name here"
        )
    for name, value in variables(url, ca, os.environ, tenant).items():
        click.echo(f"export {name}={shlex.quote(value)}")


@cli.command()
@_server_options("host", "port", "tls", "tls_cert", "tls_key", "ready_file")
def health(no_fixture: bool, config: Path | None, **flags: Any) -> None:
    """Ask the server that the same settings would start whether it is up.

    Exit code 0 where it answers, 1 where it does not. With --port 0 the ready file says where it
    listens. All options of serve are taken; those below make a difference.

    \b
    fakegraph health
    FAKEGRAPH_PORT=9000 fakegraph health
    """
    settings = _loaded(no_fixture, config, flags)
    from fakegraph.health import ask

    try:
        click.echo(ask(settings))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"fakegraph is not up: {error}") from error


@cli.command()
@click.option("--role", "roles", multiple=True, help="A permission of an app's token.")
@click.option("--scope", "scopes", multiple=True, help="A permission of a user's token.")
@click.option("--tenant", default="default", show_default=True, help="The tenant it is for.")
@click.option(
    "--expires-in",
    type=click.IntRange(-2_000_000_000, 2_000_000_000),
    default=3600,
    show_default=True,
    help="In seconds.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="FAKEGRAPH_DATA_DIR",
    required=True,
    help="Of the server that is to accept it.",
)
def token(
    roles: tuple[str, ...], scopes: tuple[str, ...], tenant: str, expires_in: int, data_dir: Path
) -> None:
    """Print an access token that a server with the same data folder accepts.

    Without a role or a scope it has every permission. It opens nothing but that server.

    \b
    fakegraph token --data-dir ./data
    fakegraph token --data-dir ./data --role Reports.Read.All --tenant t1 --expires-in 60
    """
    from fakegraph.app import grantable
    from fakegraph.store import is_tenant_name
    from fakegraph.tenants.clock import system_clock
    from fakegraph.tokens.claims import forge
    from fakegraph.tokens.keys import KeyUnusable, SigningKey
    from fakegraph.workloads.reports import build_models

    wanted: dict[str, Any] = {"expiresIn": expires_in}
    if roles:
        wanted["roles"] = list(roles)
    if scopes:
        wanted |= {"scp": " ".join(scopes), "user": "user@contoso.com"}
    if not is_tenant_name(tenant):
        raise click.UsageError(f"--tenant is {tenant[:80]!r}: no tenant can have that name")
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        has = grantable(build_models())
        click.echo(forge(wanted, tenant, system_clock(), SigningKey(data_dir), has))
    except KeyUnusable as error:
        raise click.ClickException(str(error)) from error


@cli.command()
@_server_options("data_dir", "proxy", "tls_name")
@click.option("--pem", is_flag=True, help="Print the certificate itself.")
def ca(pem: bool, no_fixture: bool, config: Path | None, **flags: Any) -> None:
    """Print where the certificate of the local CA is, for clients to trust.

    The CA is kept in the data folder, or else in the user's cache; it is made where there is none.
    All options of serve are taken; those below make a difference.

    \b
    export NODE_EXTRA_CA_CERTS=$(fakegraph ca)
    fakegraph ca --data-dir ./data --pem
    fakegraph ca --proxy
    """
    from fakegraph.tokens.ca import ca_file

    file = ca_file(_loaded(no_fixture, config, flags))
    click.echo(file.read_text().rstrip() if pem else str(file))


@cli.command()
@click.option(
    "--count", type=click.IntRange(min=0), required=True, help="How many events, or users."
)
@click.option("--seed", type=int, required=True, help="The same seed gives the same records.")
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
@click.option(
    "--until",
    default="2024-06-30T18:00:00Z",
    show_default=True,
    help="The instant of the last day.",
)
@click.option(
    "--events",
    type=click.IntRange(min=0),
    help="For registrations: how many events they agree with.  [default: 400]",
)
@click.option(
    "-o",
    "output",
    required=True,
    metavar="FILE",
    help="FILE.json, .jsonl or .csv; - for JSONL to stdout.",
)
def generate(
    count: int,
    seed: int,
    set_name: str,
    users: int,
    days: int,
    until: str,
    events: int | None,
    output: str,
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
    """
    from fakegraph.fixtures import encoded_records
    from fakegraph.generate import DEFAULT_EVENTS, GENERATED, OF_COMPANY, OF_USERS
    from fakegraph.generate import generate as generated

    if set_name not in OF_COMPANY:
        names = list(_entity_set(set_name).type.properties)
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
    form = "jsonl" if output == "-" else _format_of(Path(output))
    if set_name in OF_COMPANY:
        names = []
        if form == "csv":
            raise click.UsageError(f"{set_name} have others inside: write .json or .jsonl")
    with _progress(records, count, output) as shown, _open_output(output) as stream:
        for chunk in encoded_records(shown, names, form):
            stream.write(chunk)


@contextmanager
def _progress(records: Iterable[Record], count: int, output: str) -> Iterator[Iterable[Record]]:
    if output == "-" or not sys.stderr.isatty():
        yield records
        return
    with click.progressbar(records, length=count, label=output, file=sys.stderr) as bar:
        yield bar


@cli.command()
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
    from fakegraph.fixtures import FixtureError

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
    from fakegraph.app import template, things_of
    from fakegraph.fixtures import load_directories, read_fixture
    from fakegraph.graph.versions import Versions
    from fakegraph.tenants import random_id
    from fakegraph.tenants.clock import system_clock
    from fakegraph.workloads.reports import build_models

    sets, published = _entity_sets(), Versions(build_models())
    found = read_fixture(file, sets, random_id, reader=lambda: things_of(published))
    if found.seeds:  # each is good; whether they agree shows when they are put together
        template([file], sets, random_id, system_clock(), published=published)
    directory = load_directories([file])
    counts = {name: len(records) for name, records in found.records.items()}
    for seed in found.seeds:
        counts[seed.path] = counts.get(seed.path, 0) + len(seed.records)
    lines = [f"{count} good records of {name}" for name, count in counts.items()]
    if directory.apps or directory.people:
        apps, people = len(directory.apps), len(directory.people)
        lines.append(f"a good directory of {apps} apps and {people} users")
    return lines


def _check_input(set_name: str | None, form: str) -> list[str]:
    """What is good in standard input, in words. Raises FixtureError."""
    from fakegraph.fixtures import MAX_BYTES, first_names, read_records
    from fakegraph.tenants import random_id

    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise click.ClickException(f"-: it is larger than {MAX_BYTES} bytes, the limit")
    names, sets = first_names(data, form), _entity_sets().values()
    likely = max(sets, key=lambda each: len(names & each.type.properties.keys()))
    entity_set = _entity_set(set_name or likely.name)
    records = read_records(data, entity_set, form, random_id)
    return [f"{len(records)} good records of {entity_set.name}"]


@cli.command()
@click.argument("data_file", type=click.Path(path_type=Path), metavar="DATA_FILE")
@click.option(
    "--set",
    "set_name",
    default=DEFAULT_SET,
    show_default=True,
    metavar="NAME",
    help="The entity set, or another container: users, user/messages.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True)
@click.option("-o", "output", default="-", metavar="FILE", help="A file instead of stdout.")
def export(data_file: Path, set_name: str, form: str, output: str) -> None:
    """Write the records of a data file out as a fixture. The file is only read, and checked whole.

    \b
    fakegraph export data/default.json --format csv -o userCredentialUsageDetails.csv
    fakegraph export data/default.json --set users -o users.jsonl
    """
    from fakegraph.app import file_checks
    from fakegraph.fixtures import encoded_records
    from fakegraph.graph.versions import Versions
    from fakegraph.store import DataFileError, read_records
    from fakegraph.workloads.reports import build_models

    sets = _entity_sets()
    try:
        found = read_records(data_file, file_checks(sets, Versions(build_models())))
    except DataFileError as error:
        raise click.ClickException(str(error)) from error
    if set_name in sets:
        entity_set = sets[set_name]
        records = found.get(entity_set.collection, [])
        names = list(entity_set.type.properties)
    elif set_name in found:
        records = found[set_name]
        names = list(dict.fromkeys(name for record in records for name in record))
    else:
        known = ", ".join({**sets, **found})
        raise click.UsageError(f"there is no entity set '{set_name}': there is {known}")
    with _open_output(output) as stream:
        for chunk in encoded_records(records, names, form):
            stream.write(chunk)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csdl")
@click.option("-o", "output", required=True, metavar="FILE", help="The model file; - for stdout.")
def model(file: Path, output: str) -> None:
    """Make a model file from a CSDL document, such as a service's $metadata.

    It has the document's types, operations and entity sets in sorted lines of text, which are
    read when first used; diff shows what one model has and another has not.

    \b
    fakegraph model metadata.xml -o beta.model
    """
    from fakegraph.edm.from_csdl import CsdlError, model_text

    try:
        text = model_text(file.read_bytes())
    except CsdlError as error:
        raise click.ClickException(f"{file}: {error}") from error
    with _open_output(output) as stream:
        stream.write(text.encode())


@cli.command()
@click.option("--coverage", is_flag=True, help="What of it is as in the real service, in Markdown.")
@click.option("--path", metavar="PATTERN", help="Paths of the published model, * for anything.")
def routes(coverage: bool, path: str | None) -> None:
    """Print what is served, per version.

    With --path, what is published of the paths that meet a pattern: each method with its evidence
    (permitted: documented, or a permission names it; known: by another path; declared: by the model
    alone) and the least permission of users at work, users with accounts of their own, and apps.

    \b
    fakegraph routes
    fakegraph routes --path /users/ada@contoso.com/messages
    fakegraph routes --path '/beta/reports/*'
    fakegraph routes --coverage
    """
    if coverage:
        click.echo(_coverage_file().read_text(), nl=False)
        return
    if path is not None:
        _print_published(path)
        return
    from fakegraph.control.routes import routes as control_routes
    from fakegraph.graph.entities import handlers_of, targets_of
    from fakegraph.signin.api import routes as sign_in_routes
    from fakegraph.workloads.reports import build_models

    for version, model in build_models().items():
        for target in targets_of(model):
            path = f"/{version}{target.route}{_parameters(target.resource)}"
            click.echo(f"{', '.join(handlers_of(target)):20} {path}")
    for methods, path in (*sign_in_routes(), *control_routes()):
        click.echo(f"{', '.join(methods):20} {path}")


def _print_published(path: str) -> None:
    from fakegraph.errors import GraphError
    from fakegraph.graph.templates import rows
    from fakegraph.graph.versions import Versions
    from fakegraph.workloads.reports import build_models

    versions = Versions(build_models())
    version, pattern = versions.addressed(path)
    try:
        found = list(rows(versions.walk(version), pattern))
    except GraphError as error:
        raise click.ClickException(str(error)) from error
    if not found:
        raise click.ClickException(f"no path of {version} meets '/{pattern}'")
    width = max(len(template) for _, template, _, _ in found)
    for method, template, evidence, permissions in found:
        where = f"/{version}{template:{width}}"
        click.echo(f"{method:6} {where} {evidence:9} {permissions}")


def _parameters(resource: object) -> str:
    """How a function's parameters are written, where it takes any."""
    names = [each.name for each in getattr(resource, "overloads", ((),))[-1]]
    return f"({','.join(f'{name}=…' for name in names)})" if names else ""


def _coverage_file() -> Path:
    """The page: inside an installed package, or in the documents of a checkout."""
    installed = Path(__file__).parent / "_docs" / "coverage.md"
    return installed if installed.exists() else Path(__file__).parents[1] / "docs" / "coverage.md"


def _entity_sets() -> dict[str, EntitySet]:
    from fakegraph.edm.model import all_entity_sets
    from fakegraph.workloads.reports import build_models

    return all_entity_sets(build_models())


def _entity_set(name: str) -> EntitySet:
    sets = _entity_sets()
    if name not in sets:
        raise click.UsageError(f"there is no entity set '{name}': there is {', '.join(sets)}")
    return sets[name]


def _format_of(path: Path) -> str:
    if path.suffix.removeprefix(".") not in FORMATS:
        raise click.UsageError(f"{path}: the file's name must end in .json, .jsonl or .csv")
    return path.suffix.removeprefix(".")


@contextmanager
def _open_output(output: str) -> Iterator[IO[bytes]]:
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
