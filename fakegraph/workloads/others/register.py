"""What is declared of what else there is, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations

# Of what several lay claim to, the first has it.
_FILES = (
    *("parts", "governance", "security", "education", "intune_types", "backups", "bookings"),
    *("calls", "cases", "communities", "intune", "intune_reports", "lifecycle", "packages"),
    *("pages", "partners", "printing", "providers", "purview", "reviews", "simulations"),
    *("states", "telephony"),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of them."""
    declarations.gather(__package__, _FILES)
