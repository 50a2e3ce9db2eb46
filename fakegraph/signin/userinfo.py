"""Who is signed in, as OpenID Connect asks it of Microsoft Graph.

https://learn.microsoft.com/entra/identity-platform/userinfo
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.signin.accounts import account, found
from fakegraph.signin.instances import graph_of
from fakegraph.signin.office import Ask
from fakegraph.store import Record
from fakegraph.tokens.bearer import is_app_only, payload_of, require_bearer, user_of
from fakegraph.tokens.claims import pairwise

_PROFILE = {"family_name": "surname", "given_name": "givenName"}


def userinfo(ask: Ask) -> dict[str, Any]:
    """What the token's scopes let it tell of its user. Raises GraphError: 401, 403."""
    ask.query()
    token = require_bearer(ask.exchange.environ, ask.host)
    if ask.tenant.auth == "strict":
        ask.office.checker.access(token, ask.tenant.answers_to, ask.tenant.instant(), ask.host)
    claims = payload_of(token)
    id_, upn = user_of(claims)
    if not id_ or is_app_only(claims):
        raise GraphError(403, "Forbidden", "The token is of no user who is signed in.")
    granted = {*str(claims.get("scp") or "").split()}
    if "openid" not in granted:
        raise GraphError(403, "Forbidden", "The token has no scope openid.")
    return {"sub": pairwise(str(_app(claims)), str(id_)), **_told(ask, str(id_), upn, granted)}


def _app(claims: Mapping[str, Any]) -> object:
    return claims.get("appid") or claims.get("azp") or ""


def _told(ask: Ask, id_: str, upn: str, granted: set[str]) -> dict[str, Any]:
    known, record = account(ask.tenant, upn), _record(ask, id_)
    name = record.get("displayName") or (upn.partition("@")[0] if known is None else known.name)
    told: dict[str, Any] = {}
    if "profile" in granted:
        parts = {said: record.get(of) for said, of in _PROFILE.items()}
        told = {"name": name, **{said: value for said, value in parts.items() if value}}
        told["picture"] = f"{graph_of(ask.host)}/v1.0/me/photo/$value"
    if "email" in granted:
        told["email"] = record.get("mail") or upn
    return told


def _record(ask: Ask, id_: str) -> Record:
    row = found(ask.tenant.store, "users", "id", id_)
    return {} if row is None else row.record
