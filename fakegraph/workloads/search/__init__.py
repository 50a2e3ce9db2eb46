"""Microsoft Search: one question to mail, calendars, files, sites, lists, chats and people.

https://learn.microsoft.com/graph/api/search-query
"""

from __future__ import annotations

from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.search import insights
from fakegraph.workloads.search.query import OPERATIONS


def register(declarations: Declarations) -> None:
    """Add what is declared of it."""
    declarations.add(Navigation("search", provided=True), *OPERATIONS, *insights.NAVIGATION)
