"""The command for those who test in JavaScript."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
def js() -> None:
    """Print the folder of the npm package that starts fakegraph in tests.

    It has no dependencies, and types; docs/how-to/javascript.md says what it does.

    \b
    npm install --save-dev "$(fakegraph js)"
    """
    click.echo(str(Path(__file__).parents[1] / "js"))
