"""The command line: a file for each family of commands, imported when one of it is asked for.

Each command imports what it needs when it runs, so that help is instant.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword

import click

from fakegraph._version import __version__

# The file that each command is in, where a function has its name.
_COMMANDS: Mapping[str, str] = {
    **dict.fromkeys(("serve", "run", "env", "health"), "server"),
    **dict.fromkeys(("token", "ca"), "access"),
    **dict.fromkeys(("generate", "check", "export"), "records"),
    **dict.fromkeys(("model", "routes"), "models"),
    "import": "importing",
    "migrate": "moving",
    "js": "javascript",
}


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


class _Commands(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        family = _COMMANDS.get(cmd_name)
        if family is None:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        found: click.Command = getattr(import_module(f"fakegraph.cli.{family}"), name)
        return found


@click.group(
    cls=_Commands,
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
