"""Who has a site of their own, in which their drive is.

https://learn.microsoft.com/graph/api/drive-get
"""

from __future__ import annotations

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.directory.addresses import only_unified

SITE = "@personalSite"


def check_site(holder: Record) -> None:
    """Raise GraphError (404) for a user without a site: guests have none, unless a seed says
    otherwise of one.
    """
    if not holder.get(SITE, holder.get("userType") != "Guest"):
        raise GraphError(404, "ResourceNotFound", "User's mysite not found.")


of_unified = only_unified("ResourceNotFound", "Resource is not found.")
"""What refuses (404) the site of a group, and what is there, to groups that have none."""

TYPES = (Type("user", seeded={SITE: lambda value: isinstance(value, bool)}),)
NAVIGATION = ()
