"""What browsers ask before they let a page's script call another origin (CORS).

https://fetch.spec.whatwg.org/#http-cors-protocol. As the real service, the Graph API is open to
pages from anywhere: what protects it is the token. Requests from public pages to private networks
are not among what is allowed.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from fakegraph.web.exchange import Answer, Exchange

_EXPOSED = (
    "ETag, Location, Preference-Applied, Content-Range, request-id, client-request-id, "
    "ReadWriteConsistencyToken, Retry-After, RateLimit-Limit, RateLimit-Remaining, "
    "RateLimit-Reset, WWW-Authenticate, Deprecation, Sunset, Link, OData-Version, x-fakegraph"
)
CORS_HEADERS: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": _EXPOSED,
}
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_KEEP_SECONDS = "600"


def is_preflight(exchange: Exchange) -> bool:
    """Whether a browser asks what a page may send."""
    return (
        exchange.method == "OPTIONS"
        and "HTTP_ORIGIN" in exchange.environ
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in exchange.environ
    )


#: What clients must not send along to URLs that need no token: the hosts of files bar it.
NOT_ALONG = frozenset({"authorization", "client-request-id", "sdkversion"})


def answer_preflight(exchange: Exchange, barred: Container[str] = ()) -> Answer:
    """All methods may be sent, and the headers it asks for but those that are ``barred``; the
    request itself may be refused.
    """
    headers = {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Max-Age": _KEEP_SECONDS,
        "Vary": "Access-Control-Request-Headers",
    }
    asked = exchange.header("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
    if barred:
        names = (name.strip() for name in asked.split(","))
        asked = ", ".join(name for name in names if name.lower() not in barred)
    if asked:
        headers["Access-Control-Allow-Headers"] = asked
    return Answer(200, headers=headers)
