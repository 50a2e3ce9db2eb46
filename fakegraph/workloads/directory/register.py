"""What is declared of the directory, gathered."""

from __future__ import annotations

from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.directory import (
    attributes,
    audits,
    authentication,
    conditional,
    departures,
    devices,
    domains,
    entitlements,
    extensions,
    gallery,
    grants,
    groups,
    invitations,
    keys,
    licences,
    methods,
    notes,
    policies,
    requests,
    roles,
    schemas,
    standing,
    synchronization,
    tenancy,
    units,
    whatif,
)
from fakegraph.workloads.directory.advanced import ADVANCED
from fakegraph.workloads.directory.objects import BRANDING, NAVIGATION, TYPES
from fakegraph.workloads.directory.operations import OPERATIONS
from fakegraph.workloads.directory.words import DIRECTORY

_PARTS = (
    *(attributes, audits, authentication, conditional, devices, entitlements, extensions),
    *(grants, invitations, methods, notes, policies, roles, schemas, tenancy, units),
)
_ACTING = (
    *(audits, authentication, domains, gallery, groups, keys, licences, policies, requests),
    *(conditional, synchronization, tenancy, whatif),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of the directory."""
    declarations.add(
        DIRECTORY,
        methods.WORKLOAD,
        audits.WORKLOAD,
        BRANDING,
        *TYPES,
        *ADVANCED,
        *NAVIGATION,
        *OPERATIONS,
    )
    for part in _PARTS:
        declarations.add(*part.TYPES, *part.NAVIGATION)
    declarations.add(*synchronization.NAVIGATION, *gallery.NAVIGATION, *groups.NAVIGATION)
    declarations.add(*standing.TYPES, *groups.TYPES, *requests.TYPES, *departures.TYPES)
    for acts in _ACTING:
        declarations.add(*acts.OPERATIONS)
