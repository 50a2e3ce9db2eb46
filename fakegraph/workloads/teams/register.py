"""What is declared of Teams, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.teams.words import TEAMS

_FILES = (
    *("activity", "apps", "channels", "chats", "edits", "exporting", "meetings", "members"),
    *("messages", "migration", "operations", "presence", "shifts", "tags", "teams"),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of Teams."""
    declarations.add(TEAMS)
    declarations.gather(__package__, _FILES)
