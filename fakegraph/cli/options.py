"""The options of ``serve``, which other commands take too: each setting is one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import click

from fakegraph.settings import Settings, SettingsError, load_settings


def server_options(*used: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
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


def loaded(
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
