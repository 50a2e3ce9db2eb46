"""The commands about a server: it serves, alone or around a command, and is asked where it is."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fakegraph.cli.options import loaded, server_options
from fakegraph.settings import SettingsError

_Told = TypeVar("_Told")


@click.command()
@server_options()
def serve(no_fixture: bool, config: Path | None, **flags: Any) -> None:
    """Serve until SIGINT or SIGTERM.

    Each option is also FAKEGRAPH_<NAME> in the environment and a key of fakegraph.toml;
    a flag beats the environment, which beats the file.

    \b
    fakegraph serve --port 0 --ready-file ready.json
    fakegraph serve --fixture contoso --fixture extra.jsonl --page-size 10
    FAKEGRAPH_DATA_DIR=/data fakegraph serve --host 0.0.0.0 --no-fixture
    fakegraph serve --workers 4 --store postgresql://user@host:5432/name
    """
    settings = loaded(no_fixture, config, flags)
    gc.disable()  # until it serves: what is loaded stays, and looking through it is a tenth of that
    from fakegraph.process import ServeError, run

    try:
        if settings.workers == 1:
            run(settings)
        else:
            from fakegraph import workers

            workers.run(settings)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    except ServeError as error:
        raise click.ClickException(str(error)) from error
    finally:
        gc.enable()


@click.command()
@server_options()
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
    own["until_eof"] = False  # it ends with the command
    settings = loaded(no_fixture, config, own, quiet)
    if settings.workers > 1:
        raise click.UsageError(
            f"workers is {settings.workers}, and run starts one process, which tells what its "
            "command asked: give --workers to serve --proxy, and `fakegraph env` leads there"
        )
    from fakegraph.running import run as run_beside

    sys.exit(run_beside(settings, command, report=report, keep=keep))


@click.command()
@server_options("host", "port", "tls", "ready_file", "data_dir", "tls_name")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=10,
    show_default=True,
    help="Seconds that the server may take to be up.",
)
@click.option(
    "--tenant",
    help="Whose the tokens and sign-ins are that name none.  [default: the default tenant]",
)
def env(
    no_fixture: bool, config: Path | None, wait: float, tenant: str | None, **flags: Any
) -> None:
    """Print what `run` sets for its command, for a shell: of a server that is up, with --proxy.

    The server is the one that the same settings would start; with --port 0 the ready file says
    where it listens.

    \b
    fakegraph serve --proxy &
    eval "$(fakegraph env)"
    """
    settings = loaded(no_fixture, config, {**flags, "proxy": True})
    import shlex

    from fakegraph.environment import TENANT, variables
    from fakegraph.health import certificate, tenant_id
    from fakegraph.tokens.ca import ca_file

    def asked() -> tuple[str, bytes, str]:
        return *certificate(settings), tenant_id(settings, tenant or TENANT)

    url, trusted, guid = _when_up(asked, wait)
    ca = ca_file(settings)
    if ca.read_bytes() != trusted:
        raise click.ClickException(
            f"{url} is no proxy whose CA is {ca}: serve with --proxy, and give the same --data-dir "
            "and --tls-name here"
        )
    for name, value in variables(url, ca, os.environ, guid, home=tenant or "").items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _when_up(ask: Callable[[], _Told], wait: float) -> _Told:
    """What a server tells that may still be starting. Raises ClickException."""
    until = time.monotonic() + wait
    while True:
        try:
            return ask()
        except (OSError, ValueError) as error:
            if time.monotonic() >= until:
                raise click.ClickException(f"fakegraph is not up: {error}") from error
        time.sleep(0.05)


@click.command()
@server_options("host", "port", "tls", "tls_cert", "tls_key", "ready_file")
def health(no_fixture: bool, config: Path | None, **flags: Any) -> None:
    """Ask the server that the same settings would start whether it is up.

    Exit code 0 where it answers, 1 where it does not. With --port 0 the ready file says where it
    listens. All options of serve are taken; those below make a difference.

    \b
    fakegraph health
    FAKEGRAPH_PORT=9000 fakegraph health
    """
    settings = loaded(no_fixture, config, flags)
    from fakegraph.health import ask

    try:
        click.echo(ask(settings))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"fakegraph is not up: {error}") from error
