"""What is declared of the directory, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.directory.words import DIRECTORY

_FILES = (
    *("objects", "advanced", "operations", "attributes", "audits", "authentication"),
    *("conditional", "departures", "devices", "domains", "entitlements", "extensions", "gallery"),
    *("grants", "groups", "invitations", "keys", "licences", "methods", "notes", "policies"),
    *(
        "requests",
        "role_policies",
        "roles",
        "schemas",
        "standing",
        "synchronization",
        "tenancy",
        "units",
        "whatif",
    ),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of the directory."""
    declarations.add(DIRECTORY)
    declarations.gather(__package__, _FILES)
