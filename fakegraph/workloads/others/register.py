"""What is declared of what else there is, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.others import (
    bookings,
    calls,
    cases,
    communities,
    education,
    governance,
    intune,
    intune_reports,
    intune_types,
    lifecycle,
    parts,
    printing,
    providers,
    reviews,
    security,
    simulations,
    states,
    telephony,
)


def register(declarations: Declarations) -> None:
    """Add what is declared of them."""
    declarations.add(parts.PLACES, *parts.TYPES, *parts.NAVIGATION)
    declarations.add(governance.IDENTITY, *governance.TYPES, *governance.NAVIGATION)
    declarations.add(*lifecycle.NAVIGATION)
    declarations.add(security.SECURITY, *security.TYPES, *providers.TYPES)
    declarations.add(education.EDUCATION, *education.TYPES, *education.NAVIGATION)
    declarations.add(*bookings.TYPES, *bookings.NAVIGATION, *intune.NAVIGATION)
    declarations.add(*telephony.TYPES, *communities.TYPES, *communities.NAVIGATION)
    declarations.add(intune_types.INTUNE, *intune_types.TYPES, *intune_types.NAVIGATION)
    declarations.add(*calls.TYPES, *printing.TYPES, *cases.TYPES, *cases.NAVIGATION)
    for each in (
        bookings,
        calls,
        cases,
        education,
        governance,
        intune,
        intune_reports,
        lifecycle,
        printing,
        reviews,
        security,
        simulations,
        states,
        telephony,
    ):
        declarations.add(*each.OPERATIONS)
