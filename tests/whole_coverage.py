"""What is answered of all that the published model permits, counted from the model and the code.

real: the workload of what a path leads to has declared rules for it. simplified: it is answered by
the model alone. scripted: 501 by name, until a test says what it answers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

from fakegraph.edm.model import Model
from fakegraph.edm.published import PublishedType, built_in
from fakegraph.edm.surface import Evidence
from fakegraph.errors import GraphError
from fakegraph.graph.paths import resolve
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.templates import paths_of
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.handlers import HANDLERS
from fakegraph.graph.whole.plan import Plan
from fakegraph.graph.whole.world import World
from fakegraph.workloads.declarations import GENERAL, Tracking, Type
from fakegraph.workloads.registry import declared
from fakegraph.workloads.reports import build_models

GRADES = ("real", "simplified", "scripted")
_KINDS = {"GET": "read", "POST": "create", "PATCH": "change", "PUT": "change", "DELETE": "delete"}
_OPERATIONS = {
    "refs": "links",
    "ref": "links",
    "stream": "streams",
    "value": "streams",
    "property": "properties",
    "plain": "properties",
}
_ORDER = (
    *("read", "count", "create", "change", "delete", "links", "properties", "streams"),
    *("functions", "actions"),
)

Cell = tuple[str, str]
"""A workload and a kind of operation."""


@cache
def counted() -> dict[Cell, Counter[str]]:
    """How many of the permitted methods are of each grade."""
    model = built_in("v1.0")
    world, walk = World(model, declared()), Walk(model)
    family = build_models()["v1.0"]
    found: dict[Cell, Counter[str]] = {}
    for path in paths_of(walk):
        told = _is_told(family, path)
        plan = Plan(world, path, Evidence.KNOWN)
        for method, use in path.uses.items():
            if use.evidence is Evidence.PERMITTED:
                cell = (_workload(plan, path), _operation(plan, path, method))
                grade = "real" if told else _grade(world, plan, path, method)
                found.setdefault(cell, Counter())[grade] += 1
    return found


def _is_told(family: Model, path: ResourcePath) -> bool:
    """Whether the declared family of reports has a path."""
    try:
        resolve(family, path.template.strip("/").split("/"))
    except GraphError:
        return False
    return True


def _workload(plan: Plan, path: ResourcePath) -> str:
    """The workload that is declared, or else the first name of the path."""
    name = plan.workload.name
    return path.template.split("/")[1].partition("(")[0] if name == GENERAL.name else name


def _operation(plan: Plan, path: ResourcePath, method: str) -> str:
    if path.kind in ("function", "action"):
        return f"{path.kind}s"
    if path.kind == "count":
        return "count"
    return _OPERATIONS.get(plan.kind) or _KINDS[method]


def _grade(world: World, plan: Plan, path: ResourcePath, method: str) -> str:
    if not plan.is_built(method) or method not in HANDLERS.get(plan.kind, {}):
        return "scripted"
    if plan.built is not None:
        return "real"
    types = [each.type for each in path.shape.line if isinstance(each.type, PublishedType)]
    if plan.kind == "delta":
        return "real" if plan.tracking != Tracking() else "simplified"
    return "real" if types and _has_rules(world, types[-1]) else "simplified"


def _has_rules(world: World, type_: PublishedType) -> bool:
    """Whether anything is declared of a type beyond what all have, and how changes are told."""
    rules = replace(world.rules(type_), name="", nulls=None, tracking=None, tracked={})
    return rules != Type("", nulls=None)


def rows() -> list[str]:
    """The table, a row for each workload and kind of operation."""
    found = counted()
    lines = [
        "| workload | operation | real | simplified | scripted |",
        "| --- | --- | --- | --- | --- |",
    ]
    for cell in sorted(found, key=lambda cell: (cell[0].casefold(), _ORDER.index(cell[1]))):
        counts = " | ".join(str(found[cell][grade] or "") for grade in GRADES)
        lines.append(f"| {cell[0]} | {cell[1]} | {counts} |")
    return lines


def totals() -> str:
    """``1 real, 2 simplified, 3 scripted``."""
    whole = sum(counted().values(), Counter[str]())
    return ", ".join(f"{whole[grade]} {grade}" for grade in GRADES)


def operations() -> dict[tuple[str, str, str], tuple[int, int, str, str]]:
    """By workload, kind and name: at how many paths it is built, at how many not, and one of them."""
    model = built_in("v1.0")
    world, walk = World(model, declared()), Walk(model)
    family = build_models()["v1.0"]
    found: dict[tuple[str, str, str], tuple[int, int, str, str]] = {}
    for path in paths_of(walk):
        if path.kind not in ("function", "action"):
            continue
        plan = Plan(world, path, Evidence.KNOWN)
        name = path.template.rpartition("/")[2].partition("(")[0].rpartition(".")[2]
        for method, use in path.uses.items():
            if use.evidence is not Evidence.PERMITTED:
                continue
            built = _is_told(family, path) or _grade(world, plan, path, method) != "scripted"
            key = (_workload(plan, path), path.kind, name)
            yes, no, first, shown = found.get(key, (0, 0, method, path.template))
            found[key] = (yes + built, no + (not built), first, shown)
    return found
