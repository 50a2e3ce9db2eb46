"""All that workloads declare, read when a path of the published model is first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from fakegraph.workloads.declared import Declarations

#: The folders with declarations; each has a ``register`` that adds its own.
WORKLOADS = (
    "directory",
    "outlook",
    "todo",
    "planner",
    "onenote",
    "files",
    "teams",
    "search",
    "subscriptions",
    "usage",
    "others",
)


@cache
def declared() -> Declarations:
    """The declarations of all workloads."""
    declarations = Declarations()
    for name in WORKLOADS:
        import_module(f"fakegraph.workloads.{name}").register(declarations)
    return declarations
