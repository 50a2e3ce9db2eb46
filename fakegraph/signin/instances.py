"""The clouds, as those who sign in discover them: which host names are of one, and where it is.

https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fakegraph.dataclass import dataclass
from fakegraph.hosts import host_name


@dataclass(frozen=True)
class Instance:
    """A cloud's sign-in: the first of its ``names`` is the one to ask; ``cache`` is whose tokens
    clients keep together.
    """

    names: tuple[str, ...]
    graph: str = "graph.microsoft.com"
    older_graph: str = "graph.windows.net"
    cache: str = ""
    region: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """What instance discovery says of it."""
        first = self.names[0]
        return {
            "preferred_network": first,
            "preferred_cache": self.cache or first,
            "aliases": list(self.names),
        }


INSTANCES = (
    Instance(
        (
            *("login.microsoftonline.com", "login.windows.net", "login.microsoft.com"),
            "sts.windows.net",
        ),
        cache="login.windows.net",
        region="WW",
    ),
    Instance(
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
        "microsoftgraph.chinacloudapi.cn",
        "graph.chinacloudapi.cn",
    ),
    Instance(("login.microsoftonline.de",), "graph.microsoft.de", "graph.cloudapi.de"),
    Instance(
        ("login.microsoftonline.us", "login.usgovcloudapi.net"),
        "graph.microsoft.us",
        region="USGov",
    ),
    Instance(("login-us.microsoftonline.com",), region="NA"),
)
_BY_NAME: Mapping[str, Instance] = {name: each for each in INSTANCES for name in each.names}
_REGIONAL = ".login.microsoft.com"  # as in westus2.login.microsoft.com
PERSONAL = "login.live.com"


def instance_of(url: str) -> Instance | None:
    """The cloud whose sign-in the host of a URL is; None for any other. Raises ValueError."""
    name = urlsplit(url).hostname or ""
    return INSTANCES[0] if name.endswith(_REGIONAL) else _BY_NAME.get(name)


def is_personal(host: str) -> bool:
    """Whether a Host header names where personal accounts sign in."""
    return host_name(host) == PERSONAL


def authority_of(host: str) -> str:
    """How issuers begin, for the address that a client used: those of a cloud are all one."""
    instance = instance_of(host)
    return host if instance is None else f"https://{instance.names[0]}"


def graph_of(host: str) -> str:
    """Where Microsoft Graph is, for the address that a client used."""
    instance = instance_of(host)
    return host if instance is None else f"https://{instance.graph}"


def described(host: str) -> dict[str, Any]:
    """What the OpenID configuration says of where it is."""
    instance, netloc = instance_of(host), urlsplit(host).netloc
    if instance is None:
        names = ("cloud_instance_name", "cloud_graph_host_name", "msgraph_host")
        return {"tenant_region_scope": None, **dict.fromkeys(names, netloc)}
    return {
        "tenant_region_scope": instance.region,
        "cloud_instance_name": instance.names[0].removeprefix("login."),
        "cloud_graph_host_name": instance.older_graph,
        "msgraph_host": instance.graph,
    }


# https://learn.microsoft.com/rest/api/resources: the oldest form, a list of clouds, and one cloud.
_PLAIN = ("2015-01-01",)
_LISTS = ("2018-05-01", "2019-05-01", "2019-10-01", "2020-06-01")
_SINGLE = ("2022-09-01", "2023-01-01")
METADATA_VERSIONS = (*_PLAIN, *_LISTS, *_SINGLE)


def endpoints(host: str, version: str) -> Any:
    """Where a cloud's services are, as Azure Resource Manager tells it: all at one address here.

    Under a host name of the public cloud these are the public cloud's.
    """
    public = _is_public(host)
    sign_in = "https://login.microsoftonline.com/" if public else f"{host}/"
    graph = "https://graph.microsoft.com/" if public else f"{host}/"
    manager = "https://management.azure.com/" if public else f"{host}/"
    audiences = ["https://management.core.windows.net/", "https://management.azure.com/"]
    if version in _PLAIN:
        return {
            "galleryEndpoint": manager,
            "graphEndpoint": "https://graph.windows.net/",
            "portalEndpoint": "https://portal.azure.com/",
            "authentication": {"loginEndpoint": sign_in, "audiences": audiences},
        }
    cloud = {
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": sign_in,
            "audiences": audiences,
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graphAudience": "https://graph.windows.net/",
        "graph": "https://graph.windows.net/",
        "name": "AzureCloud" if public else "fakegraph",
        "suffixes": {},
        "resourceManager": manager,
        "microsoftGraphResourceId": graph,
    }
    return [cloud] if version in _LISTS else cloud


def _is_public(host: str) -> bool:
    name = urlsplit(host).hostname or ""
    return name.endswith(".azure.com") or instance_of(host) is not None
