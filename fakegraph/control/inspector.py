"""The inspector: a page for people, and what it asks for.

The page has no data in it. What it shows it asks the control API for, by whose rules.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from fakegraph.edm.values import format_instant
from fakegraph.errors import GraphError
from fakegraph.graph.api import STORED
from fakegraph.graph.why import caller_in, caller_of
from fakegraph.tenants.faults import PRESETS
from fakegraph.web.exchange import IGNORED, INFERRED, Answer, Exchange
from fakegraph.web.later import ended

if TYPE_CHECKING:
    from fakegraph.graph.api import GraphApi
    from fakegraph.tenants import Tenant
    from fakegraph.tenants.journal import Entry

PAGE = "index.html"
SCREENS = "screens"  # the folder with a file for each
MOST_SUMMARIES = 5_000
_PLACE = re.compile(r"\{(\w+)\}")  # in the page, for what a server says of itself
_COMMENT = re.compile(rb"^[ \t]*(?://[^\n]*|/\*\*.*?\*/)$", re.MULTILINE | re.DOTALL)
_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


def page_file(name: str, folder: str = "") -> tuple[bytes, str]:
    """A file of the page, or of a folder of it, and its media type. Raises GraphError (404)."""
    kind = _TYPES.get(name.rpartition(".")[2])
    found = _files(folder).get(name)
    if kind is None or found is None:
        raise GraphError(404, "ResourceNotFound", f"The inspector has no file '{name}'.")
    data = found.read_bytes()
    if name.endswith(".js"):  # what explains is for who reads the files; lines keep their numbers
        data = _COMMENT.sub(lambda match: b"\n" * match[0].count(b"\n"), data)
    return data, f"{kind}; charset=utf-8"


def _files(folder: str) -> dict[str, Traversable]:
    page = files("fakegraph.control.page")
    return {each.name: each for each in (page / folder if folder else page).iterdir()}


def _screens() -> str:
    """The names of the files that are screens, each of which the page shows."""
    return " ".join(sorted(name[:-3] for name in _files(SCREENS) if name.endswith(".js")))


def page(host: str) -> tuple[bytes, dict[str, str]]:
    """The page and its headers. ``host`` is the URL of the server, as the browser knows it.

    Its policy (https://www.w3.org/TR/CSP3/) lets it load its own files and ask this server, and
    nothing else: neither scripts within markup, nor what mail would load. The styles of a mail are
    let in by a number that no mail can know.
    """
    nonce = secrets.token_urlsafe(16)
    data, kind = page_file(PAGE)
    own = f"{host}/_fakegraph/ui/"
    policy = {
        "default-src": "'none'",
        "script-src": own,
        "style-src": f"{own} 'nonce-{nonce}'",
        "img-src": f"{own} data: blob:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Type": kind,
        "Content-Security-Policy": "; ".join(f"{name} {said}" for name, said in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        **FILE_HEADERS,
    }
    said = {"nonce": nonce, "screens": _screens(), "presets": " ".join(PRESETS)}
    return _PLACE.sub(lambda place: said[place[1]], data.decode()).encode(), headers


FILE_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def summary(entry: Entry) -> dict[str, Any]:
    """A request as a row of a list: what of its entry is short."""
    return {
        "number": entry.number,
        "time": format_instant(entry.time),
        "method": entry.method,
        "path": entry.path,
        "query": entry.target.partition("?")[2],
        "route": entry.route,
        "caller": _caller(entry.environ.get("HTTP_AUTHORIZATION", "")),
        "status": entry.status,
        "errorCode": entry.error_code,
        "errorMessage": entry.error_message,
        "durationMs": entry.duration_ms,
        "requestId": entry.request_id,
        "batch": entry.environ.get("fakegraph.batch"),
        "fault": entry.fault,
        "stub": entry.stub,
    }


@lru_cache(maxsize=1024)
def _caller(authorization: str) -> str | None:
    """Whom a list shows as the caller: the user, or else the app."""
    caller = caller_in(authorization)
    if caller is None:
        return None
    claims = ("upn", "preferred_username", "app_displayname", "appid", "azp", "oid")
    return next((str(caller[name]) for name in claims if name in caller), "a token")


_ASKED = ("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "HTTP_HOST", "wsgi.url_scheme")
_PASSED_ON = ("HTTP_PREFER", "HTTP_CONSISTENCYLEVEL", "wsgi.errors")
_LOOK = re.compile("/_fakegraph(?:/tenants/[^/]+)?/look")  # a tenant may be called so, too
LOOKED_HEADERS: Mapping[str, str] = {
    "Content-Disposition": "attachment",
    **dict(STORED),
}


def look(graph: GraphApi, tenant: Tenant, environ: Mapping[str, Any]) -> Answer:
    """What a read of Graph answers, for those who look on: nothing is noted, nobody is asked who
    they are, and no fault comes between. Raises GraphError.
    """
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"])
    path = _LOOK.sub("", raw.partition("?")[0], count=1)
    passed = {name: environ[name] for name in (*_ASKED, *_PASSED_ON) if name in environ}
    query = environ.get("QUERY_STRING", "")
    read = {
        **passed,
        "REQUEST_METHOD": "GET",
        "RAW_URI": f"{path}?{query}" if query else path,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.input": BytesIO(),
    }
    return ended(graph.read_again(Exchange(read, 0), tenant))


def entry_of(tenant: Tenant, number: int) -> Entry:
    """The journal's entry of that number. Raises GraphError (404)."""
    entry = tenant.journal.one(number)
    if entry is None:
        raise GraphError(
            404, "ResourceNotFound", f"There is no request {number} in the journal, or no more."
        )
    return entry


def whole(entry: Entry) -> dict[str, Any]:
    """A request with both of its sides, as text where they are no JSON."""
    sides = {"text": entry.content, "responseText": entry.answer_content}
    return {
        **entry.to_json(),
        "url": entry.url,
        "caller": caller_of(entry),
        "responseHeaders": dict(entry.answer_headers),
        **{name: side.decode("utf-8", "replace") for name, side in sides.items()},
    }


def replay(graph: GraphApi, entry: Entry) -> dict[str, Any]:
    """Send a request again, with the token that it had; its new answer. Raises GraphError (409)."""
    if entry.size != len(entry.body):
        raise GraphError(
            409, "Conflict", "The body of that request was too large to keep, so it cannot be sent."
        )
    environ = {
        **entry.environ,
        "wsgi.input": BytesIO(entry.body),
        "CONTENT_LENGTH": str(len(entry.body)) if entry.body else "",
    }
    for name in (IGNORED, INFERRED, "fakegraph.batch", "HTTP_TRANSFER_ENCODING"):
        environ.pop(name, None)
    exchange = Exchange(environ, entry.size)
    answer, _ = ended(graph.respond(exchange))
    return {"status": answer.status, "requestId": exchange.request_id}
