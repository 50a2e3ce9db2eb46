"""What is declared of files, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.files.words import FILES

_FILES = (
    *("activities", "checkout", "drives", "fields", "items", "labels", "libraries", "lists"),
    *("operations", "personal", "pictures", "searching", "shares", "sharing", "sites"),
    "workbooks",
)


def register(declarations: Declarations) -> None:
    """Add what is declared of files."""
    declarations.add(FILES)
    declarations.gather(__package__, _FILES)
