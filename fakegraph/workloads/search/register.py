"""What is declared of searching, gathered."""

from __future__ import annotations

from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.declared import Declarations


def register(declarations: Declarations) -> None:
    """Add what is declared of it."""
    declarations.add(Navigation("search", provided=True))
    declarations.gather(__package__, ("insights", "query"))
