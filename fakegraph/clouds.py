"""The host names of Microsoft Graph, Microsoft Entra ID and Azure Resource Manager, in all clouds.

https://learn.microsoft.com/graph/deployments and
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud. What answers lead
to (pages, downloads, uploads, monitors) is at the host that was asked, so no others are needed.
"""

from __future__ import annotations

from collections.abc import Mapping

GRAPH, SIGN_IN, MANAGEMENT = "Microsoft Graph", "Microsoft Entra ID", "Azure Resource Manager"

_GRAPH = (
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "graph.microsoft.de",
    "microsoftgraph.chinacloudapi.cn",
)
_SIGN_IN = (
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "login.live.com",
    "sts.windows.net",
    "login.microsoftonline.us",
    "login-us.microsoftonline.com",
    "login.usgovcloudapi.net",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "login.microsoftonline.de",
)
_MANAGEMENT = (
    "management.azure.com",
    "management.usgovcloudapi.net",
    "management.chinacloudapi.cn",
)
_REGIONAL = "login.microsoft.com"  # below it, as in westus2.login.microsoft.com

# To stand in for another host of theirs: a row here, and what answers there in app.py.
HOSTS: Mapping[str, str] = {
    **dict.fromkeys(_GRAPH, GRAPH),
    **dict.fromkeys(_SIGN_IN, SIGN_IN),
    **dict.fromkeys(_MANAGEMENT, MANAGEMENT),
}


_OLDER_GRAPH = "Azure AD Graph, which is retired: Microsoft Graph is what is stood in for"
# Theirs too, and asked by programs; nothing answers there, and no tunnel leads there.
ABSENT: Mapping[str, str] = {
    **dict.fromkeys(("graph.windows.net", "graph.chinacloudapi.cn"), _OLDER_GRAPH),
    "main.iam.ad.ext.azure.com": (
        "the portal's, by which `az ad app permission admin-consent` works: oauth2PermissionGrants "
        "and appRoleAssignments of Microsoft Graph grant the same"
    ),
}
# Where clouds tell whoever is on a machine its credentials, as `str` writes addresses.
METADATA = frozenset(
    {
        "169.254.169.254",  # AWS, Azure, Google and others
        "169.254.170.2",  # containers of AWS
        "fd00:ec2::254",
        "fd00:ec2::23",  # pods of AWS
        "fd20:ce::254",  # Google
        "168.63.129.16",  # Azure's host
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:c1::a9fe:a9fe",
        "fd00:42::42",  # Scaleway
    }
)


def service_of(name: str) -> str | None:
    """Which service's a host name is, such as GRAPH; None for all others. In lower case."""
    region, _, rest = name.partition(".")
    return HOSTS.get(name) or (SIGN_IN if region and rest == _REGIONAL else None)


def is_below(name: str) -> bool:
    """Whether a host name is one of theirs, or below one, such as canary.graph.microsoft.com."""
    labels = name.split(".")
    return any(".".join(labels[start:]) in HOSTS for start in range(len(labels)))
