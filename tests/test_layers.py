"""The order of the house: a folder imports only from those below it, and no two files each other.

Two threads that load what imports each other wait for each other, and Python then gives one of them
a module that is half loaded. Most files are loaded when they are first needed, by any thread.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fakegraph"

# From top to bottom; what stands in one line is one floor, whose rooms do not import each other.
FLOORS = (
    ("__init__", "__main__", "pytest_plugin"),
    ("cli",),
    ("running", "recorded", "workers"),
    ("report",),
    ("handle", "process"),
    ("environment",),
    ("serving", "app"),
    ("template",),
    ("control",),
    ("graph", "signin"),
    ("web",),
    ("generate",),
    ("workloads",),
    ("fixtures",),
    ("changes",),
    ("tokens",),
    ("tenants",),
    ("odata",),
    ("edm",),
    ("store",),
    ("health",),
    ("settings",),
    ("chunks", "clouds", "digits", "hosts", "places", "quoting", "regular", "strict_json"),
    ("errors",),
    ("dataclass", "once"),
    ("_version",),
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }


MODULES = modules()


def room_of(module: str) -> str:
    """The folder, or the file at the top, that a module belongs to."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """The modules of the package that a file imports, those for type checkers too, with the line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in inner]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name in MODULES)


IMPORTS: Mapping[str, list[tuple[str, int]]] = {
    module: list(imported(path)) for module, path in MODULES.items()
}


# Folders whose ``__init__`` gives what their files have: they are loaded before there are threads.
LOADED_AT_ONCE = {
    "fakegraph",
    "fakegraph.cli",
    "fakegraph.edm",
    "fakegraph.environment",
    "fakegraph.handle",
    "fakegraph.odata",
    "fakegraph.serving",
    "fakegraph.store",
    "fakegraph.tenants",
    "fakegraph.workloads.reports",
}


def upward() -> Iterator[str]:
    """A sentence for each import of what stands above, or beside, the one that imports."""
    for module, found in IMPORTS.items():
        room = room_of(module)
        for name, line in found:
            other = room_of(name)
            if other == room or FLOOR_OF[other] > FLOOR_OF[room]:
                continue
            yield (
                f"{MODULES[module].relative_to(ROOT)}:{line} imports {name}: {room}/ stands below "
                f"{other}/. What both need belongs in a room below them, or is handed in."
            )


def circles() -> Iterator[str]:
    """A sentence for each circle of modules that import each other."""
    reached = {module: _reached_from(module) for module in IMPORTS}
    circle = {
        frozenset(other for other in found if module in reached[other]) | {module}
        for module, found in reached.items()
        if module in found
    }
    for modules_ in circle:
        yield f"{', '.join(sorted(modules_))} import each other: what both need is a third thing."


def _reached_from(module: str) -> set[str]:
    found: set[str] = set()
    waiting = [name for name, _ in IMPORTS[module] if name != module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other, _ in IMPORTS[name]]
    return found


def test_every_room_has_a_floor():
    assert {room_of(module) for module in MODULES} == set(FLOOR_OF)


def test_rooms_import_only_from_floors_below():
    assert list(upward()) == []


def test_no_files_import_each_other():
    assert list(circles()) == []


def test_other_folders_import_none_of_their_files():
    folders = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert {name for name in folders if IMPORTS[name]} == LOADED_AT_ONCE


@pytest.mark.parametrize(
    ("module", "name", "says"),
    [
        ("fakegraph.store.rows", "fakegraph.edm.values", "store/ stands below edm/"),
        ("fakegraph.graph.api", "fakegraph.signin.api", "graph/ stands below signin/"),
    ],
)
def test_an_import_upwards_is_told(monkeypatch, module, name, says):
    monkeypatch.setitem(IMPORTS, module, [*IMPORTS[module], (name, 1)])
    assert [sentence for sentence in upward() if says in sentence]
