"""Pages of the reference that are made of the code, so that they cannot be out of date.

``tools/site.py`` adds them to the site when it is built; ``python -m tools.reference FOLDER`` writes
them into a folder. Each function here gives the Markdown of one page.
"""

from __future__ import annotations

import enum
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

import fakegraph
from fakegraph import odata, pytest_plugin
from fakegraph.cli import cli
from fakegraph.handle import FakeGraph
from fakegraph.settings import PREFIX, Settings

_LONGEST = 100  # of a signature in one line


def _cell(text: object) -> str:
    """As it may stand in a table."""
    return " ".join(str(text).replace("|", "\\|").split())


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |"]
    return lines + [f"| {' | '.join(map(_cell, row))} |" for row in rows]


def _prose(text: str) -> str:
    """A docstring or a help text, with the code in it as Markdown has it."""
    marked = re.sub(r"``(.+?)``", r"`\1`", inspect.cleandoc(text))
    return re.sub(r" ?::$", ":", marked, flags=re.MULTILINE)


# -- the command line ------------------------------------------------------------------------------


def command_line() -> str:
    """Every command, with its help and its options."""
    context = click.Context(cli, info_name="fakegraph")
    lines = [
        "# The command line",
        "",
        "`fakegraph COMMAND --help` prints the same. `python -m fakegraph` is `fakegraph`. An error is one line",
        "on stderr: exit 2 for what you wrote wrong, exit 1 for what went wrong.",
        "",
    ]
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    rows: list[tuple[object, ...]] = [
        (f"[`{name}`](#{name})", command.get_short_help_str(100))
        for name, command in commands.items()
        if command is not None
    ]
    lines += [*_table(("command", "does"), rows), ""]
    for name, command in commands.items():
        if command is not None:
            lines += _command(name, command, context)
    return "\n".join(lines)


def _command(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield from (f"## {name}", "", "```text", command.get_usage(context), "```", "")
    yield from (*_help(command.help or ""), "")
    if name in ("serve", "run"):
        yield from (f"`{name}` takes every [setting](settings.md) as an option, too.", "")
    known = {option.name for option in fields(Settings)} if name in ("serve", "run") else set()
    options = [
        found
        for option in command.params
        if option.name not in known and (found := option.get_help_record(context))
    ]
    if options:
        rows: list[tuple[object, ...]] = [(f"`{option}`", help_) for option, help_ in options]
        yield from (*_table(("option", ""), rows), "")
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            if below is not None:
                yield from _command(f"{name} {each}", below, parent)


def _help(text: str) -> Iterator[str]:
    """Click's help: paragraphs that are not to be wrapped begin with a backspace; they are examples."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            yield from ("```text", *paragraph.split("\n")[1:], "```", "")
        else:
            yield from (_prose(paragraph), "")


# -- the settings ----------------------------------------------------------------------------------


def settings() -> str:
    """Every setting, with its three names."""
    rows: list[tuple[object, ...]] = [_setting(option) for option in fields(Settings)]
    lines = [
        "# Settings",
        "",
        "Each setting of `fakegraph serve` and `fakegraph run` is an option, a variable in the environment",
        f"(`{PREFIX}…`) and a key of `fakegraph.toml` (the option's name without `--`). The option beats the",
        "variable, the variable the file, the file the default. A misspelt name and a bad value are refused",
        "in one line. Give several values of an option by repeating it, in a variable with commas between.",
        "",
        *_table(("option", "in the environment", "default", "what it does"), rows),
        "",
        f"`--no-fixture` (`{PREFIX}NO_FIXTURE`) starts without records.",
        "",
    ]
    return "\n".join(lines)


def _setting(option: Any) -> tuple[object, ...]:
    more = option.metadata
    name = option.name.replace("_", "-")
    value = more.get("metavar") or "|".join(more.get("choices", ())) or ""
    shown = f"`--{name} {value}`" if value and not more.get("flag") else f"`--{name}`"
    default = more.get("shown", _default(option.default))
    return shown, f"`{PREFIX}{option.name.upper()}`", default and f"`{default}`", more["help"]


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


# -- the handle ------------------------------------------------------------------------------------


def handle() -> str:
    """Every public name of the package, with its signature and what it says of itself."""
    lines = [
        "# The handle",
        "",
        "`fakegraph.FakeGraph` is what a Python test holds: the `fakegraph` fixture gives you one, and",
        "`with FakeGraph() as graph:` makes one. Annotate with it. What is refused is raised as",
        "`fakegraph.ControlError`, which tells you every problem at once.",
        "",
        "Dates, times, enums and UUIDs of Python are taken wherever their text is. A datetime needs a time zone.",
        "",
        *_class("FakeGraph", FakeGraph, "##"),
        "## Other names",
        "",
    ]
    for name in sorted(set(fakegraph.__all__) - {"FakeGraph", "__version__"}):
        lines += _class(name, getattr(fakegraph, name), "###")
    lines += [
        "## The parser of query options",
        "",
        "`fakegraph.odata` reads `$filter` and its like without a server, for tools and tests that look into",
        "queries. What it gives are frozen trees, whose classes are in `fakegraph.odata.nodes`.",
        "",
    ]
    for name in sorted(odata.__all__):
        lines += _class(name, getattr(odata, name), "###")
    return "\n".join(lines)


def _class(name: str, thing: Any, depth: str) -> Iterator[str]:
    yield from (f"{depth} {name}", "")
    if not inspect.isclass(thing):
        if inspect.isfunction(thing):
            yield from _signature(name, thing)
        yield from (_prose(inspect.getdoc(thing) or "A type, to annotate with."), "")
        return
    if not issubclass(thing, BaseException | enum.Enum) and "__init__" in vars(thing):
        yield from _signature(name, thing.__init__)
    yield from (_prose(vars(thing).get("__doc__") or inspect.getdoc(thing) or ""), "")
    for each, member in vars(thing).items():
        if not each.startswith("_"):
            yield from _member(each, member, f"{depth}#")


def _member(name: str, member: Any, depth: str) -> Iterator[str]:
    if isinstance(member, property) and member.fget is not None:
        returned = str(inspect.signature(member.fget).return_annotation)
        yield from (f"{depth} .{name}", "", "```text", f".{name} -> {returned}", "```", "")
        yield from (_prose(member.__doc__ or ""), "")
    elif inspect.isfunction(member):
        yield from (f"{depth} .{name}()", "", *_signature(f".{name}", member))
        yield from (_prose(member.__doc__ or ""), "")


def _signature(name: str, function: Callable[..., Any]) -> Iterator[str]:
    found = inspect.signature(function)
    given = [each for each in found.parameters.values() if each.name != "self"]
    text = name + str(found.replace(parameters=given)).replace("'", "")
    if len(text) > _LONGEST:
        end = "" if found.return_annotation is found.empty else f" -> {found.return_annotation}"
        inside = "".join(f"    {part},\n" for part in _parts(given))
        text = f"{name}(\n{inside}){end}".replace("'", "")
    named = re.sub(r"<function (\w+) at 0x[0-9a-f]+>", r"\1", text)  # no address, another each time
    yield from ("```text", named, "```", "")


def _parts(given: list[inspect.Parameter]) -> Iterator[str]:
    """The parameters as they are written, with the marks for those by place or by name only."""
    before: inspect.Parameter | None = None
    for each in given:
        by_place = before is not None and before.kind is before.POSITIONAL_ONLY
        if by_place and each.kind is not each.POSITIONAL_ONLY:
            yield "/"
        marked = before is not None and before.kind in (before.KEYWORD_ONLY, before.VAR_POSITIONAL)
        if each.kind is each.KEYWORD_ONLY and not marked:
            yield "*"
        yield str(each)
        before = each


# -- the plugin ------------------------------------------------------------------------------------


def plugin() -> str:
    """The plugin's fixtures, its marker and its options."""
    fixtures = ("fakegraph", "fakegraph_url", "fakegraph_server")
    rows: list[tuple[object, ...]] = [
        (f"`{name}`", _prose(inspect.getdoc(getattr(pytest_plugin, name)) or ""))
        for name in fixtures
    ]
    options: list[tuple[object, ...]] = [
        (f"`--fakegraph-{name}`", f"`fakegraph_{name.replace('-', '_')}`", meaning)
        for name, meaning in pytest_plugin._OPTIONS.items()
    ]
    marker, _, meaning = pytest_plugin._MARKER.partition("): ")
    lines = [
        "# The pytest plugin",
        "",
        "It is there as soon as fakegraph is installed beside pytest, and imports nothing until a test asks.",
        "",
        "## Fixtures",
        "",
        *_table(("fixture", "is"), rows),
        "",
        "`fakegraph` is a [handle](handle.md).",
        "",
        "## The marker",
        "",
        "```text",
        f"@pytest.mark.{marker})",
        "```",
        "",
        meaning[0].upper() + meaning[1:] + ".",
        "",
        "The nearest marker wins. What it leaves out is the run's default. `None` for another argument than",
        "`fixture` is what the server has.",
        "",
        "## Options",
        "",
        *_table(("option", "ini key", "what it does"), options),
        "",
    ]
    return "\n".join(lines)


# -- the control API -------------------------------------------------------------------------------


def control_routes() -> str:
    """Every route of the control API, with its parameters and the members of its body."""
    with FakeGraph() as graph:
        document = graph.server.control("GET", "/openapi.json")
    lines = [
        "# The control API, route by route",
        "",
        "Made of the server's own OpenAPI document (`GET /_fakegraph/openapi.json`).",
        "[The control API](control.md) explains it. Each route of a tenant also exists as",
        "`/_fakegraph/tenants/{tenant}/…`; without `tenants/{tenant}` it is about the `default` one.",
        "",
    ]
    for path, methods in document["paths"].items():
        if path.startswith("/_fakegraph/tenants/{tenant}/"):
            continue
        if path.startswith("/_fakegraph"):
            for method, said in methods.items():
                if method in ("get", "post", "put", "patch", "delete"):
                    lines += _route(document, f"{method.upper()} {path}", said)
    return "\n".join(lines)


def _route(document: Mapping[str, Any], title: str, said: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"## `{title}`", "", _prose(said.get("summary", "")), "")
    given = [_resolved(document, each) for each in said.get("parameters", ())]
    rows: list[tuple[object, ...]] = [
        (f"`{each['name']}`", each["in"], _type(document, each.get("schema", {})))
        for each in given
        if each["in"] == "query"
    ]
    body = _resolved(document, said.get("requestBody", {})).get("content", {})
    content: Mapping[str, Any] = next(iter(body.values()), {})
    schema = _resolved(document, content.get("schema", {}))
    required = schema.get("required", ())
    rows += [
        (f"`{name}`", f"body{', required' * (name in required)}", _type(document, member))
        for name, member in _members(document, schema).items()
    ]
    if rows:
        yield from (*_table(("name", "in", "type"), rows), "")
    answers = ", ".join(code for code in said["responses"] if code.startswith("2"))
    yield from (f"Answers {answers}.", "")


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        schema = found
    return schema


def _members(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an object, those of its alternatives among them."""
    found = dict(schema.get("properties", {}))
    for several in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(several, ()):
            found |= _members(document, _resolved(document, each))
    return found


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    schema = _resolved(document, schema)
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"] if each is not None)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_type(document, each) for each in schema[several]))
    found = schema.get("type", "any")
    names = found if isinstance(found, list) else [found]
    if names[0] == "array":
        return f"array of {_type(document, schema.get('items', {}))}"
    return " or ".join(names)


# -- what is built ---------------------------------------------------------------------------------


def operations() -> str:
    """Every action and function of the published model, and whether it is built."""
    from tests.whole_coverage import operations as found

    rows: list[tuple[object, ...]] = [
        (f"`{name}`", kind, workload, built, scripted or "", f"`{method} {template}`")
        for (workload, kind, name), (built, scripted, method, template) in sorted(found().items())
    ]
    lines = [
        "# Coverage by operation",
        "",
        "Every action and function that a permission or a documentation page of v1.0 names. **built**: at how",
        "many paths it has its effect. **scripted**: at how many it is a 501 that names it, until your test",
        "says what it answers (`.stub`). [What is faithful](../coverage.md) counts the same by workload.",
        "",
        *_table(("operation", "is", "workload", "built", "scripted", "for instance"), rows),
        "",
    ]
    return "\n".join(lines)


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/command-line.md": command_line,
    "reference/settings.md": settings,
    "reference/handle.md": handle,
    "reference/plugin.md": plugin,
    "reference/control-routes.md": control_routes,
    "reference/operations.md": operations,
}
"""What is made, by its place in the site."""


def main(folder: Path) -> None:
    """Write all pages into a folder."""
    for name, make in PAGES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(make())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
