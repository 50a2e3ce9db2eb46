"""The host names of Microsoft Graph and Microsoft Entra ID, in all clouds.

https://learn.microsoft.com/graph/deployments and
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud. What answers lead
to (pages, downloads, uploads, monitors) is at the host that was asked, so no others are needed.
"""

from __future__ import annotations

from collections.abc import Mapping

GRAPH, SIGN_IN = "Microsoft Graph", "Microsoft Entra ID"

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
_REGIONAL = "login.microsoft.com"  # below it, as in westus2.login.microsoft.com

# To stand in for another host of theirs: a row here, and what answers there in app.py.
HOSTS: Mapping[str, str] = {**dict.fromkeys(_GRAPH, GRAPH), **dict.fromkeys(_SIGN_IN, SIGN_IN)}


def service_of(name: str) -> str | None:
    """Which service's a host name is, GRAPH or SIGN_IN; None for all others. In lower case."""
    region, _, rest = name.partition(".")
    return HOSTS.get(name) or (SIGN_IN if region and rest == _REGIONAL else None)


def is_below(name: str) -> bool:
    """Whether a host name is one of theirs, or below one, such as canary.graph.microsoft.com."""
    labels = name.split(".")
    return any(".".join(labels[start:]) in HOSTS for start in range(len(labels)))
