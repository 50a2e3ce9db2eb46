"""What is declared of files, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.files import (
    activities,
    checkout,
    drives,
    fields,
    items,
    labels,
    libraries,
    lists,
    personal,
    pictures,
    searching,
    shares,
    sharing,
    sites,
    workbooks,
)
from fakegraph.workloads.files.operations import OPERATIONS
from fakegraph.workloads.files.words import FILES


def register(declarations: Declarations) -> None:
    """Add what is declared of files."""
    declarations.add(
        FILES,
        *OPERATIONS,
        *searching.OPERATIONS,
        *sharing.OPERATIONS,
        *activities.OPERATIONS,
        *checkout.OPERATIONS,
        *labels.OPERATIONS,
        *pictures.OPERATIONS,
        *sites.OPERATIONS,
        *lists.OPERATIONS,
    )
    for part in (drives, fields, items, libraries, lists, personal):
        declarations.add(*part.TYPES, *part.NAVIGATION)
    for part in (pictures, shares, sharing, sites, workbooks):
        declarations.add(*part.TYPES, *part.NAVIGATION)
