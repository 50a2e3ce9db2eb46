"""Ready-made clients of a tenant, by libraries that may not be installed.

They go straight to the server: no proxy, password or CA bundle of the environment is for it.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from fakegraph.handle.servers import Server

if TYPE_CHECKING:
    import httpx
    import requests
    from msgraph_beta import GraphServiceClient

_SDK_TIMEOUT = 100  # seconds


class Address(Protocol):
    """Where a tenant is, and what lets a client in: the part of ``FakeGraph`` that these need."""

    @property
    def beta(self) -> str: ...

    @property
    def headers(self) -> dict[str, str]: ...

    @property
    def ca(self) -> Path | None: ...

    @property
    def server(self) -> Server: ...


def httpx_client(graph: Address) -> httpx.Client:
    """As ``FakeGraph.httpx``."""
    import httpx

    return httpx.Client(
        base_url=graph.beta, headers=graph.headers, verify=_trusted(graph), trust_env=False
    )


def _trusted(graph: Address) -> ssl.SSLContext | bool:
    """What httpx verifies by: the server's CA, or else its own list of them."""
    return True if graph.ca is None else ssl.create_default_context(cafile=graph.ca)


def requests_session(graph: Address) -> requests.Session:
    """As ``FakeGraph.requests_session``."""
    import requests

    base = graph.beta

    class Session(requests.Session):  # type: ignore[misc]  # it may not be installed
        def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
            absolute = str(url).startswith(("http://", "https://"))
            return super().request(
                method, url if absolute else f"{base}/{str(url).lstrip('/')}", *args, **kwargs
            )

    session = Session()
    session.trust_env = False
    if graph.ca is not None:
        session.verify = str(graph.ca)
    session.headers.update(graph.headers)
    return session


def msgraph_client(graph: Address) -> GraphServiceClient:
    """As ``FakeGraph.msgraph``."""
    import httpx
    from kiota_abstractions.authentication import ApiKeyAuthenticationProvider, KeyLocation
    from msgraph_beta import GraphRequestAdapter, GraphServiceClient
    from msgraph_beta.graph_request_adapter import options
    from msgraph_core import GraphClientFactory

    provider = ApiKeyAuthenticationProvider(
        KeyLocation.Header,
        graph.headers["Authorization"],
        "Authorization",
        [str(urlsplit(graph.server.url).hostname)],
    )
    # As the SDK makes it, but for what it trusts.
    client = httpx.AsyncClient(verify=_trusted(graph), trust_env=False, timeout=_SDK_TIMEOUT)
    GraphClientFactory.create_with_default_middleware(client=client, options=options)
    adapter = GraphRequestAdapter(provider, client)
    adapter.base_url = graph.beta
    return GraphServiceClient(request_adapter=adapter)
