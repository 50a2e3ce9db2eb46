"""What is declared of Teams, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.teams import (
    activity,
    apps,
    channels,
    chats,
    edits,
    exporting,
    meetings,
    members,
    messages,
    migration,
    presence,
    shifts,
    tags,
    teams,
)
from fakegraph.workloads.teams.operations import OPERATIONS
from fakegraph.workloads.teams.words import TEAMS


def register(declarations: Declarations) -> None:
    """Add what is declared of Teams."""
    declarations.add(TEAMS, *OPERATIONS)
    for acts in (activity, apps, channels, chats, edits, exporting, meetings, members):
        declarations.add(*acts.OPERATIONS)
    for acts in (migration, presence, shifts):
        declarations.add(*acts.OPERATIONS)
    for part in (teams, apps, channels, chats, members, messages, meetings, presence, shifts):
        declarations.add(*part.TYPES, *part.NAVIGATION)
    declarations.add(*tags.TYPES)
