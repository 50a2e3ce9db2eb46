"""What is declared of Outlook, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.outlook import (
    attaching,
    calendar,
    contacts,
    erasing,
    events,
    extended,
    groups,
    mail,
    meetings,
    people,
    photos,
    rights,
    schedule,
    settings,
    sharing,
    suiting,
    threads,
    tips,
    translating,
)
from fakegraph.workloads.outlook.operations import OPERATIONS
from fakegraph.workloads.outlook.words import OUTLOOK


def register(declarations: Declarations) -> None:
    """Add what is declared of Outlook."""
    declarations.add(OUTLOOK, *extended.TYPES)
    for part in (
        mail,
        events,
        calendar,
        meetings,
        sharing,
        contacts,
        people,
        groups,
        photos,
        rights,
        settings,
        attaching,
    ):
        declarations.add(*part.TYPES, *part.NAVIGATION)
    declarations.add(*OPERATIONS)
    for done in (
        attaching,
        erasing,
        meetings,
        schedule,
        settings,
        sharing,
        suiting,
        threads,
        tips,
        translating,
    ):
        declarations.add(*done.OPERATIONS)
