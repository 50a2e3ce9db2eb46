"""What requests of the directory weigh, in resource units.

https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

_LISTS = {
    **dict.fromkeys(("users", "applications", "memberOf", "ownedObjects"), 2),
    **dict.fromkeys(("appRoleAssignments", "oauth2PermissionGrants", "licenseDetails"), 2),
    **dict.fromkeys(("extensionProperties", "getMemberGroups", "getMemberObjects"), 2),
    **dict.fromkeys(("members", "subscribedSkus", "getByIds", "contracts"), 3),
    **dict.fromkeys(("checkMemberGroups", "checkMemberObjects", "domainNameReferences"), 4),
    "transitiveMembers": 5,
}
_ASKED = frozenset({"getMemberGroups", "getMemberObjects", "getByIds"}) | frozenset(
    {"checkMemberGroups", "checkMemberObjects"}
)
_FEW = 20


def weigh(method: str, template: str, options: Mapping[str, str]) -> int:
    """The units of a request, by the path without ids and the texts of its options."""
    last = _last(template)
    if method != "GET" and last not in _ASKED:
        return 1
    top = options.get("top", "")
    few = top.isascii() and top.isdigit() and int(top[:9]) < _FEW
    less = ("select" in options) + few
    return max(1, _LISTS.get(last, 1) + ("expand" in options) - less)


@lru_cache(maxsize=1024)
def _last(template: str) -> str:
    """The last name of a path, without those of types."""
    names = [each for each in template.split("/") if each and "." not in each and each[0] != "$"]
    return names[-1] if names else ""
