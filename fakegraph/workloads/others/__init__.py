"""What else there is: parts of Graph of which the model says nearly all.

https://learn.microsoft.com/graph/api/overview
"""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.others import bookings, education, governance, intune, parts


def register(declarations: Declarations) -> None:
    """Add what is declared of them."""
    declarations.add(*parts.TYPES, *parts.NAVIGATION)
    declarations.add(governance.IDENTITY, *governance.TYPES, *governance.NAVIGATION)
    declarations.add(*bookings.NAVIGATION)
    for each in (education, intune):
        declarations.add(*each.OPERATIONS)
