"""What may be seen of a sign-in: nothing by which somebody could sign in."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from fakegraph.edm.fields import shown
from fakegraph.signin.parameters import SHOWN, shown_name
from fakegraph.tenants.journal import MAX_KEPT_BODY, REDACTED, Entry, kept, kept_body
from fakegraph.web.exchange import Exchange

_SECRET = 4  # characters: what is shorter is no secret, and may be a part of any word


def shown_target(exchange: Exchange) -> str:
    """The path and query of a request as they may be seen."""
    query = _shown_parameters(exchange.query)
    return f"{exchange.raw_path}?{query}" if query else exchange.raw_path


def _shown_parameters(text: str) -> str:
    """Parameters with all values gone that may not be seen."""
    pairs = parse_qsl(text, keep_blank_values=True)
    seen = [(shown_name(name), value if name in SHOWN else REDACTED) for name, value in pairs]
    return urlencode(seen, safe="[]")


def shown_reason(reason: str, exchange: Exchange) -> str:
    """Why a request was refused, without what may not be seen of it."""
    body = exchange.body.decode("utf-8", "replace") if len(exchange.body) <= MAX_KEPT_BODY else ""
    pairs = parse_qsl(f"{exchange.query}&{body}", keep_blank_values=True)
    names = {name for name, _ in pairs if shown_name(name) == REDACTED}
    hidden = names | {value for name, value in pairs if name not in SHOWN}
    for text in sorted(hidden, key=len, reverse=True):
        for form in (text, shown(text)):  # a message may have it cut
            if len(form) >= _SECRET:
                reason = reason.replace(form, REDACTED)
    return reason


def redacted(entry: Entry, exchange: Exchange, target: str, route: str | None) -> Entry:
    """The journal's entry without anything by which somebody could sign in."""
    body = b""
    if exchange.has_form:
        body = _shown_parameters(kept_body(exchange.body).decode("utf-8", "replace")).encode()
    query = target.partition("?")[2]
    hidden = {
        **kept(exchange.environ),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
    }
    for name in ("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_REFERER"):
        if name in hidden:
            hidden[name] = REDACTED
    headers = [(name, _shown_header(name, value)) for name, value in entry.answer_headers]
    entry.environ, entry.target, entry.route = hidden, target, route
    entry.body, entry.answer_headers, entry.answer_body = body, headers, b""
    return entry


def _shown_header(name: str, value: str) -> str:
    if name == "Set-Cookie":
        return REDACTED
    return _without_parameters(value) if name == "Location" else value


def _without_parameters(uri: str) -> str:
    return re.split(r"[?#]", uri, maxsplit=1)[0]
