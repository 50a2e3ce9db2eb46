"""What may be seen of a sign-in: nothing by which somebody could sign in."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from fakegraph.edm.fields import shown
from fakegraph.tenants.journal import MAX_KEPT_BODY, REDACTED, Entry, kept
from fakegraph.web.exchange import Exchange

# The parameters whose values may be seen, and those whose names may.
# All others could be mistyped secrets; a plain code_challenge is the verifier itself.
_SHOWN = frozenset(
    {
        *("api-version", "authorization_endpoint", "appid", "client_id", "client_info", "claims"),
        *("client_assertion_type", "code_challenge_method", "domain_hint"),
        *("grant_type", "login_hint", "logout_hint", "nonce", "post_logout_redirect_uri"),
        *("prompt", "redirect_uri", "requested_token_use", "response_mode", "response_type"),
        *("scope", "state", "username", "action", "client-request-id"),
    }
)
_NAMED = _SHOWN | {
    *("assertion", "client_assertion", "client_secret", "code", "code_challenge", "code_verifier"),
    *("device_code", "id_token_hint", "password", "refresh_token", "user_code"),
}
_SECRET = 4  # characters: what is shorter is no secret, and may be a part of any word


def shown_target(exchange: Exchange) -> str:
    """The path and query of a request as they may be seen."""
    query = _shown_parameters(exchange.query)
    return f"{exchange.raw_path}?{query}" if query else exchange.raw_path


def _shown_parameters(text: str) -> str:
    """Parameters with all values gone that may not be seen."""
    pairs = parse_qsl(text, keep_blank_values=True)
    seen = [
        (name if name in _NAMED else REDACTED, value if name in _SHOWN else REDACTED)
        for name, value in pairs
    ]
    return urlencode(seen, safe="[]")


def shown_reason(reason: str, exchange: Exchange) -> str:
    """Why a request was refused, without what may not be seen of it."""
    body = exchange.body.decode("utf-8", "replace") if len(exchange.body) <= MAX_KEPT_BODY else ""
    pairs = parse_qsl(f"{exchange.query}&{body}", keep_blank_values=True)
    names = {name for name, _ in pairs if name not in _NAMED}
    hidden = names | {value for name, value in pairs if name not in _SHOWN}
    for text in sorted(hidden, key=len, reverse=True):
        for form in (text, shown(text)):  # a message may have it cut
            if len(form) >= _SECRET:
                reason = reason.replace(form, REDACTED)
    return reason


def redacted(entry: Entry, exchange: Exchange, target: str, route: str | None) -> Entry:
    """The journal's entry without anything by which somebody could sign in."""
    body = b""
    if "x-www-form-urlencoded" in exchange.header("CONTENT_TYPE"):
        body = _shown_parameters(entry.body.decode("utf-8", "replace")).encode()
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
    headers = [
        (name, _without_parameters(value) if name == "Location" else value)
        for name, value in entry.answer_headers
    ]
    entry.environ, entry.target, entry.route = hidden, target, route
    entry.body, entry.answer_headers, entry.answer_body = body, headers, b""
    return entry


def _without_parameters(uri: str) -> str:
    return re.split(r"[?#]", uri, maxsplit=1)[0]
