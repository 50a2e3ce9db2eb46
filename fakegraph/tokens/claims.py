"""Access tokens as Microsoft Entra ID makes them: RS256 JWTs with the real claims.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference. They open
nothing but this server. ``forge`` makes bad ones too, for tests of how those are refused.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import TICKS_PER_DAY, TICKS_PER_SECOND, Instant
from fakegraph.tokens.grantable import Grantable
from fakegraph.tokens.keys import SigningKey

AUDIENCE = "https://graph.microsoft.com"
_HOSTS = (
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
)
GRAPH_ID = "00000003-0000-0000-c000-000000000000"  # Microsoft Graph as an application
AUDIENCES = (*(f"https://{host}{slash}" for host in _HOSTS for slash in ("", "/")), GRAPH_ID)
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
LIFETIME = 3600  # seconds
_WORKFLOWS = 300  # the same, of what GitHub gives its workflows
APP = "00000000-0000-0000-0000-000000000001"
_EPOCH = 719_162 * TICKS_PER_DAY
_NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


@dataclass(frozen=True)
class User:
    """Who signed in. ``wids`` are the templates of the directory roles that they have."""

    upn: str
    name: str
    id: str = ""
    wids: tuple[str, ...] = ()

    @property
    def oid(self) -> str:
        """The same GUID each time."""
        return self.id or stable_id(self.upn)


def stable_id(text: str) -> str:
    """A GUID that belongs to a text."""
    return str(uuid.uuid5(_NAMESPACE, text))


def pairwise(app: str, user: str) -> str:
    """The ``sub`` of a user in the tokens of one app: another one for each."""
    return stable_id(f"{app}/{user}")


def seconds(now: Instant) -> int:
    """An instant as JWTs have it."""
    return (now - _EPOCH) // TICKS_PER_SECOND


def access_claims(
    tenant: str,
    now: Instant,
    *,
    app: str,
    roles: Sequence[str] = (),
    scopes: Sequence[str] = (),
    user: User | None = None,
    lifetime: int = LIFETIME,
    audience: str = AUDIENCE,
    version: str = "1.0",
    oid: str = "",
) -> dict[str, Any]:
    """The claims of an access token; with a user a delegated one, else an app's own.

    ``oid``: the id of the app's service principal, where it has one.
    """
    issued = seconds(now)
    modern = version == "2.0"
    oid = user.oid if user else oid or stable_id(f"{tenant}/{app}")
    claims: dict[str, Any] = {
        "aud": audience,
        "iss": f"https://login.microsoftonline.com/{tenant}/v2.0"
        if modern
        else f"https://sts.windows.net/{tenant}/",
        "iat": issued,
        "nbf": issued,
        "exp": issued + lifetime,
        "azp" if modern else "appid": app,
        "azpacr" if modern else "appidacr": "1",
        "idtyp": "user" if user else "app",
        "oid": oid,
        "sub": oid,
        "tid": tenant,
        "uti": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
        "ver": version,
    }
    if user is not None:
        claims["name"] = user.name
        claims["scp"] = " ".join(scopes)
        if user.wids:
            claims["wids"] = list(user.wids)
        if modern:
            claims["preferred_username"] = user.upn
        else:
            claims["upn"] = claims["unique_name"] = user.upn
    elif roles:
        claims["roles"] = list(roles)
    elif scopes:
        claims["scp"] = " ".join(scopes)
    return claims


def validation_token(tenant: str, app: str, now: Instant, key: SigningKey) -> str:
    """What proves to an application that contents of notifications come from the service.

    https://learn.microsoft.com/graph/change-notifications-with-resource-data
    """
    claims = access_claims(tenant, now, app=_NOTIFIER, audience=app)
    return sign({name: claims[name] for name in _PROVEN}, key)


_NOTIFIER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
_PROVEN = (
    "aud",
    "iss",
    "iat",
    "nbf",
    "exp",
    "appid",
    "appidacr",
    "oid",
    "sub",
    "tid",
    "uti",
    "ver",
)


def sign(claims: Mapping[str, Any], key: SigningKey) -> str:
    """A signed JWT."""
    from joserfc import jwt

    header = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
    return str(jwt.encode(header, dict(claims), key.key))


def forge(
    wanted: Mapping[str, Any],
    tenant: str,
    now: Instant,
    key: SigningKey,
    grantable: Grantable,
    user: User | None = None,
    oid: str = "",
) -> str:
    """The token that ``POST /_fakegraph/tokens`` describes, good or bad.

    One that names neither roles nor scopes has everything. ``user`` is who is meant by that name,
    ``oid`` the id of the app's service principal, where these are there.
    """
    if "roles" not in wanted and "scp" not in wanted:
        names = grantable.listed(app_only="user" not in wanted)
        granted = {"scp": " ".join(names)} if "user" in wanted else {"roles": names}
        wanted = {**wanted, **granted}
    if user is None and "user" in wanted:
        user = User(wanted["user"], wanted["user"].partition("@")[0])
    claims = access_claims(
        wanted.get("tenant", tenant),
        now,
        app=wanted.get("app", APP),
        roles=wanted.get("roles", ()),
        scopes=wanted.get("scp", "").split(),
        user=user,
        lifetime=wanted.get("expiresIn", LIFETIME),
        audience=wanted.get("audience", AUDIENCE),
        version=wanted.get("version", "1.0"),
        oid=oid,
    )
    return _as_wanted(claims, wanted, key)


def forge_workflows(wanted: Mapping[str, Any], now: Instant, key: SigningKey) -> str:
    """What a workflow of GitHub's proves itself by, good or bad; ``now`` is the machine's.

    https://docs.github.com/actions/reference/security/oidc
    """
    issued, repository, ref = seconds(now), "octo-org/octo-repo", "refs/heads/main"
    claims: dict[str, Any] = {
        "iss": "https://token.actions.githubusercontent.com",
        "sub": f"repo:{repository}:ref:{ref}",
        "aud": wanted.get("audience", "api://AzureADTokenExchange"),
        "iat": issued,
        "nbf": issued,
        "exp": issued + wanted.get("expiresIn", _WORKFLOWS),
        "jti": str(uuid.uuid4()),
        "repository": repository,
        "ref": ref,
    }
    return _as_wanted(claims, wanted, key)


def _as_wanted(claims: dict[str, Any], wanted: Mapping[str, Any], key: SigningKey) -> str:
    """Signed, with what is set and taken away."""
    for name, value in wanted.get("claims", {}).items():
        claims[name] = value
        if value is None:
            del claims[name]
    return _SIGNATURES[wanted.get("signature", "good")](claims, key)


def _unsigned(claims: Mapping[str, Any], _: SigningKey) -> str:
    return f"{_part({'typ': 'JWT', 'alg': 'none'})}.{_part(claims)}."


def _wrongly_signed(claims: Mapping[str, Any], key: SigningKey) -> str:
    """The signature of other claims."""
    head, _, _ = sign(claims, key).rpartition(".")
    return f"{head}.{sign({**claims, 'exp': 0}, key).rpartition('.')[2]}"


def _signed_by_another(claims: Mapping[str, Any], key: SigningKey) -> str:
    """A foreign key under the name of ours."""
    from joserfc import jwt

    header = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
    return str(jwt.encode(header, dict(claims), SigningKey(None).key))


_SIGNATURES: Mapping[str, Callable[[Mapping[str, Any], SigningKey], str]] = {
    "good": sign,
    "none": _unsigned,
    "wrong": _wrongly_signed,
    "foreign": _signed_by_another,
}


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
