"""What the families share: permissions, and how the service announces what it takes away."""

from __future__ import annotations

from fakegraph.edm.model import Deprecation

# https://learn.microsoft.com/graph/permissions-reference#reportsreadall
READ_REPORTS = ("Reports.Read.All",)
READ_SUCCESSORS = ("AuditLog.Read.All", "Reports.Read.All")

_PAGES = "https://learn.microsoft.com/graph/api/resources"


def retired_in_2025(page: str, *successors: str) -> Deprecation:
    """The credential reports: deprecated in June 2023, and without data since 30 June 2025."""
    return Deprecation(
        since="Wed, 21 Jun 2023 23:59:59 GMT",
        sunset="Sun, 30 Jun 2024 23:59:59 GMT",
        link=f"{_PAGES}/{page}",
        successors=successors,
    )
