"""Who signed in to a tenant and how, what they were given, and which tokens it was asked with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from fakegraph.edm.values import format_instant
from fakegraph.signin.issued import ISSUED
from fakegraph.tenants import Tenant
from fakegraph.tenants.journal import Entry
from fakegraph.tokens.bearer import payload_of

MOST = 500  # of each, the latest
_ROOT = "/{tenant}/"  # where the routes of sign-ins begin
_NO_SIGN_INS = ("openid-configuration", "/keys", "/instance", "/userrealm/{user}")
_USERS = ("upn", "preferred_username", "unique_name", "name")


def signed_in(tenant: Tenant) -> dict[str, Any]:
    """``value`` has the sign-ins, oldest first, ``tokens`` what Graph was asked with."""
    entries = tenant.journal.entries()
    asked = [each for each in entries if not (each.route or "").startswith(_ROOT)]
    signs = [each for each in entries if _is_sign_in(each.route or "")]
    shown = [_sign_in(each) for each in signs[-MOST:]]
    now = format_instant(tenant.instant())
    return {"value": shown, "tokens": _tokens(asked)[-MOST:], "now": now}


def _is_sign_in(route: str) -> bool:
    return route.startswith(_ROOT) and not route.endswith(_NO_SIGN_INS)


def _sign_in(entry: Entry) -> dict[str, Any]:
    said = {
        **dict(parse_qsl(entry.target.partition("?")[2])),
        **dict(parse_qsl(entry.body.decode("utf-8", "replace"))),
    }
    parts: Mapping[str, str] = entry.environ.get(ISSUED, {})
    tokens = {kind: dict(payload_of(f".{part}.")) for kind, part in parts.items()}
    given = next(iter(tokens.values()), {})
    user = next((given[name] for name in _USERS if name in given), None)
    return {
        **_outcome(entry),
        "how": said.get("grant_type") or _endpoint(entry),
        "app": said.get("client_id") or given.get("appid") or given.get("azp"),
        "user": user or said.get("username") or said.get("login_hint"),
        "scope": said.get("scope"),
        "tokens": tokens,
    }


def _endpoint(entry: Entry) -> str:
    """What of a sign-in a request is that names no grant."""
    return (entry.route or "").rpartition("/")[2]


def _outcome(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "time": format_instant(entry.time),
        "status": entry.status,
        "errorCode": entry.error_code,
        "errorMessage": entry.error_message,
        "fault": entry.fault,
    }


def _tokens(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Each token that Graph was asked with, with what became of the latest request that had it."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        scheme, _, token = str(entry.environ.get("HTTP_AUTHORIZATION", "")).strip().partition(" ")
        if scheme.casefold() != "bearer" or not token:
            continue
        before = found.pop(token, None) or {"times": 0, "refused": 0, "claims": _claims(token)}
        refused = entry.status in (401, 403)
        found[token] = {
            **before,
            **_outcome(entry),
            "times": before["times"] + 1,
            "refused": before["refused"] + refused,
        }
    return list(found.values())


def _claims(token: str) -> dict[str, Any] | None:
    """None for what is no JWT."""
    return dict(payload_of(token.strip())) or None
