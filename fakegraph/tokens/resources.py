"""Microsoft's services besides Graph that clients ask tokens for: who they are, and their names.

Of these services tokens are given, and nothing else; the Graph API refuses them, as Graph does.
https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from fakegraph.tokens.claims import AUDIENCES

AZURE_AD_GRAPH = "00000002-0000-0000-c000-000000000000"
MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013"


class Resource(NamedTuple):
    """A service. ``hosts`` are those of its identifiers, in all clouds; one that begins with a dot
    is for all names below it.
    """

    name: str
    app_id: str
    hosts: tuple[str, ...]


RESOURCES = (
    Resource(
        "Azure Resource Manager",
        MANAGEMENT,
        (
            "management.azure.com",
            "management.core.windows.net",
            "management.usgovcloudapi.net",
            "management.core.usgovcloudapi.net",
            "management.chinacloudapi.cn",
            "management.core.chinacloudapi.cn",
        ),
    ),
    Resource(
        "SharePoint Online",
        "00000003-0000-0ff1-ce00-000000000000",
        (".sharepoint.com", ".sharepoint.us", ".sharepoint-mil.us", ".sharepoint.cn"),
    ),
    Resource(
        "Exchange Online",
        "00000002-0000-0ff1-ce00-000000000000",
        (
            "outlook.office.com",
            "outlook.office365.com",
            "outlook.office365.us",
            "outlook-dod.office365.us",
            "partner.outlook.cn",
        ),
    ),
    Resource(
        "Azure Key Vault",
        "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
        (
            *("vault.azure.net", ".vault.azure.net"),
            *("vault.usgovcloudapi.net", ".vault.usgovcloudapi.net"),
            *("vault.azure.cn", ".vault.azure.cn"),
        ),
    ),
    Resource(
        "Azure Storage",
        "e406a681-f3d4-42a8-90b6-c2b029497af1",
        (
            "storage.azure.com",
            *(
                f".{kind}.core.{cloud}"
                for kind in ("blob", "dfs", "file", "queue", "table")
                for cloud in ("windows.net", "usgovcloudapi.net", "chinacloudapi.cn")
            ),
        ),
    ),
    Resource(
        "Azure SQL Database",
        "022907d3-0f1b-48f7-badc-1ba6abab6d66",
        ("database.windows.net", "database.usgovcloudapi.net", "database.chinacloudapi.cn"),
    ),
    Resource("Power BI Service", "00000009-0000-0000-c000-000000000000", ("analysis.windows.net",)),
    Resource(
        "Azure DevOps", "499b84ac-1321-427f-aa17-267ca6975798", ("app.vssps.visualstudio.com",)
    ),
    Resource(
        "Office 365 Management APIs",
        "c5393580-f805-4401-95e8-94b7a6ef2fc2",
        ("manage.office.com", "manage.office365.us"),
    ),
    Resource(
        "Windows Azure Active Directory",
        AZURE_AD_GRAPH,
        ("graph.windows.net", "graph.chinacloudapi.cn"),
    ),
)
_BY_ID: Mapping[str, Resource] = {each.app_id: each for each in RESOURCES}
_BY_HOST: Mapping[str, Resource] = {host: each for each in RESOURCES for host in each.hosts}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def resource_of(identifier: str) -> Resource | None:
    """The service that an identifier is of: its id, or a URL; None for Graph and all others."""
    folded = identifier.casefold()
    if folded in _BY_ID:
        return _BY_ID[folded]
    if not folded.startswith("https://"):
        return None
    try:
        host = urlsplit(folded).hostname or ""
    except ValueError:
        return None
    label, _, rest = host.partition(".")
    return (_BY_HOST.get(host) or _BY_HOST.get(f".{rest}")) if label else None


def is_anothers(audience: object) -> bool:
    """Whether an ``aud`` is not Graph's for sure: another service's, or an application's.

    Tokens that tests write by hand have all kinds of it.
    """
    if not isinstance(audience, str) or audience.casefold() in AUDIENCES:
        return False
    named = audience.startswith("api://") or _GUID.fullmatch(audience)
    return bool(named) or resource_of(audience) is not None
