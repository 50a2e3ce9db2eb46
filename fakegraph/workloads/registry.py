"""All that workloads declare, read when a path of the published model is first asked for."""

from __future__ import annotations

from importlib import import_module

from fakegraph.once import once
from fakegraph.workloads.declared import Declarations

#: The modules with a ``register`` that adds what their folder declares.
WORKLOADS = (
    "directory.register",
    "outlook.register",
    "todo.lists",
    "planner.plans",
    "onenote.notebooks",
    "files.register",
    "teams.register",
    "search.register",
    "subscriptions.subscriptions",
    "usage.reports",
    "others.register",
)


@once
def declared() -> Declarations:
    """The declarations of all workloads."""
    declarations = Declarations()
    for name in WORKLOADS:
        import_module(f"fakegraph.workloads.{name}").register(declarations)
    return declarations
