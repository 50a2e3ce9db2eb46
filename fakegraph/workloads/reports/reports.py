"""The reports on authentication methods: which version has which of them.

https://learn.microsoft.com/graph/api/resources/authenticationmethods-usage-insights-overview
"""

from __future__ import annotations

from fakegraph.edm.model import Model
from fakegraph.workloads.reports import credential_usage, registrations

_EVERYWHERE = (registrations.NEW_DETAILS, registrations.BY_FEATURE, registrations.BY_METHOD)
_BETA = (
    credential_usage.DETAILS,
    registrations.OLD_DETAILS,
    credential_usage.USAGE_SUMMARY,
    registrations.OLD_COUNT,
    credential_usage.EVENTS_SUMMARY,
)


def register(models: dict[str, Model]) -> None:
    """Add this family to the versions that have it."""
    for version, resources in {"beta": (*_BETA, *_EVERYWHERE), "v1.0": _EVERYWHERE}.items():
        models[version].name_container("reports", "reportRoot")
        models[version].name_container("reports/authenticationMethods", "authenticationMethodsRoot")
        for resource in resources:
            models[version].add(resource)
