"""Who may use the control API: tests, not web pages.

A page from anywhere can have its visitor's browser send requests to localhost. What gives it away
is the ``Origin`` and ``Sec-Fetch-Site`` that browsers add, a ``Host`` that is the page's own name
(DNS rebinding), or a content type that a form can send.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from fakegraph.clouds import service_of
from fakegraph.errors import GraphError
from fakegraph.hosts import host_name, host_url, is_address, is_loopback, is_private

KEY_HEADER = "X-Fakegraph-Key"
_FETCH_SITES = frozenset({"same-origin", "none"})


class Guard:
    """Lets requests in or not. ``host`` is what the server was told to listen on."""

    def __init__(self, host: str, key: str | None) -> None:
        self._host = host.casefold()
        self._key = key

    def check(self, environ: Mapping[str, Any]) -> None:
        """Raise GraphError for what is not let in.

        401 for a missing or wrong key, 400 for a Host that is none, 403 for what a web page may
        send.
        """
        if self._key is not None:
            sent = environ.get("HTTP_X_FAKEGRAPH_KEY", "")
            if not hmac.compare_digest(sent.encode("latin-1"), self._key.encode()):
                raise GraphError(
                    401,
                    "InvalidAuthenticationToken",
                    f"The control API asks for the header {KEY_HEADER} with its key.",
                    KEY_HEADER,
                )
        self.check_host(environ)
        host = environ.get("HTTP_HOST", "")
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and origin != host_url(environ["wsgi.url_scheme"], host):
            raise _forbidden(f"Requests from pages of the origin '{origin}' are refused.", "Origin")
        site = environ.get("HTTP_SEC_FETCH_SITE", "none")
        if site not in _FETCH_SITES:
            raise _forbidden("Requests that a browser sends for other sites are refused.", "Origin")

    def check_host(self, environ: Mapping[str, Any]) -> None:
        """Raise GraphError, 400 for a Host that is none, 403 for one that may be another's name.

        It is all that is asked for what has no data in it, such as the inspector's page: a link
        from another site may lead there, and a key is in no URL.
        """
        host = environ.get("HTTP_HOST", "")
        name = host_name(host) if host else ""
        if self._key is None and not self._is_known(name):
            raise _forbidden(
                f"The Host '{host}' is not this server's. Use a loopback address or the name it "
                "listens on; with --control-key, any name will do.",
                "Host",
            )

    @staticmethod
    def check_own(environ: Mapping[str, Any]) -> None:
        """Raise GraphError (403) for what asks by a name that is stood in for."""
        name = _name(environ.get("HTTP_HOST") or environ.get("SERVER_NAME", ""))
        if service := service_of(name):
            reason = f"The control API does not answer as {name}, a host of {service}: ask by this"
            raise _forbidden(f"{reason} server's own address.", "Host")

    def is_reader(self, environ: Mapping[str, Any]) -> bool:
        """Whether a person opens this server's address in a browser."""
        if environ["REQUEST_METHOD"] != "GET" or "text/html" not in environ.get("HTTP_ACCEPT", ""):
            return False
        with suppress(GraphError):
            self.check_own(environ)
            return True
        return False

    def is_foreign(self, environ: Mapping[str, Any]) -> bool:
        """Whether a page of another site has a browser send it, or a page of a name that is not
        this server's own. Other ports of the same host are no other site.
        """
        origin = environ.get("HTTP_ORIGIN")
        if origin is None:
            return bool(environ.get("HTTP_SEC_FETCH_SITE") == "cross-site")
        page, host = _name(origin.partition("://")[2]), _name(environ.get("HTTP_HOST", ""))
        same = page == host or (is_loopback(page) and is_loopback(host))
        return not (page and same and self._is_known(host))

    def _is_known(self, name: str) -> bool:
        if is_loopback(name) or name == self._host:
            return True
        # Beyond loopback: an address is no name that an attacker could point here.
        return not is_loopback(self._host) and (is_address(name) or is_private(name))


def _name(host: str) -> str:
    """The name in a Host header or an origin; empty where there is none."""
    with suppress(GraphError):
        return host_name(host)
    return ""


def _forbidden(message: str, target: str) -> GraphError:
    return GraphError(403, "Forbidden", message, target)
