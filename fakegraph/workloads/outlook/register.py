"""What is declared of Outlook, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.outlook.words import OUTLOOK

_FILES = (
    *("attaching", "calendar", "contacts", "erasing", "events", "extended", "groups", "mail"),
    *("mapi", "meetings", "operations", "people", "photos", "rights", "schedule", "settings"),
    *("sharing", "suiting", "threads", "tips", "translating"),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of Outlook."""
    declarations.add(OUTLOOK)
    declarations.gather(__package__, _FILES)
