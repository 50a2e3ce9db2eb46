"""Ready-made clients of a tenant, by libraries that may not be installed."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx
    import requests
    from msgraph_beta import GraphServiceClient

    from fakegraph.handle.graph import FakeGraph


def httpx_client(graph: FakeGraph) -> httpx.Client:
    """As ``FakeGraph.httpx``."""
    import httpx

    trusted = True if graph.ca is None else ssl.create_default_context(cafile=graph.ca)
    return httpx.Client(base_url=graph.beta, headers=graph.headers, verify=trusted)


def requests_session(graph: FakeGraph) -> requests.Session:
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
    if graph.ca is not None:
        session.verify = str(graph.ca)
    session.headers.update(graph.headers)
    return session


def msgraph_client(graph: FakeGraph) -> GraphServiceClient:
    """As ``FakeGraph.msgraph``."""
    from kiota_abstractions.authentication import ApiKeyAuthenticationProvider, KeyLocation
    from msgraph_beta import GraphRequestAdapter, GraphServiceClient

    provider = ApiKeyAuthenticationProvider(
        KeyLocation.Header,
        graph.headers["Authorization"],
        "Authorization",
        [str(urlsplit(graph.server.url).hostname)],
    )
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = graph.beta
    return GraphServiceClient(request_adapter=adapter)
