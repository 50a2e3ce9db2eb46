"""``--auth strict``: tokens are checked as Microsoft Graph checks them, in its words.

Which permission a request needs is the resource's business; whether a token is one at all, is
decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.surface import Permissions
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.store import is_tenant_name
from fakegraph.tokens.bearer import (
    base64url,
    is_app_only,
    part_of_jwt,
    stamp_of,
    user_of,
    wrong_claim,
)
from fakegraph.tokens.claims import AUDIENCES, PERSONAL_TENANT, seconds
from fakegraph.tokens.grantable import Grantable
from fakegraph.tokens.keys import SigningKey

MAX_TOKEN = 16_384
_CODE = "InvalidAuthenticationToken"
_FAR = 2**40  # seconds; beyond it no clock goes


@dataclass(frozen=True)
class Access:
    """What a token that holds good allows its bearer; ``granted`` None: everything.

    ``wids`` are the templates of directory roles that it says a user has. ``stamp``: what the
    user's sessions were called when it was ``issued``, to a client that can be told of changes;
    empty where it does not say.
    """

    app: str = ""
    granted: frozenset[str] | None = None
    personal: bool = False
    user: str = ""
    upn: str = ""
    app_only: bool = False
    wids: frozenset[str] = frozenset()
    stamp: str | None = None
    issued: float = 0

    def require(self, permissions: Sequence[str]) -> None:
        """Raise GraphError (403) unless one of the permissions was granted, or none is needed."""
        if self.granted is None or not permissions:
            return
        self._require_any(permissions, not self.granted.isdisjoint(permissions))

    @property
    def scheme(self) -> str:
        """How the caller signed in, in the words of ``edm.surface.Permissions``."""
        if self.app_only:
            return "Application"
        return "DelegatedPersonal" if self.personal else "DelegatedWork"

    def lacks(self, permissions: Permissions | None) -> str:
        """What is to be said of who has none of the permissions of a path; empty for who has."""
        if self.granted is None or permissions is None:
            return ""
        if permissions.allow(self.scheme, self.granted):
            return ""
        names = permissions.schemes.get(self.scheme, ())
        return f"Any of these will do: {', '.join(names)}." if names else _NOBODY[self.scheme]

    def sees_shared(self, schemes: Mapping[str, Sequence[str]]) -> bool:
        """Whether the caller may see what others have: an app, and who was granted that.

        ``schemes`` are the permissions of what is asked, which say for what kind it is granted.
        """
        if self.granted is None or self.app_only:
            return True
        kinds = {name.partition(".")[0] for name in schemes.get(self.scheme, ())}
        shared = (name for name in self.granted if name.endswith(".Shared"))
        return any(not kinds or name.partition(".")[0] in kinds for name in shared)

    def _require_any(self, permissions: Sequence[str], granted: bool) -> None:
        if self.personal:
            raise GraphError(
                403, "Forbidden", "Personal Microsoft accounts are not supported by this API."
            )
        if not granted:
            raise GraphError(
                403,
                "Authentication_MSGraphPermissionMissing",
                "Calling principal does not have required MSGraph permissions "
                f"{', '.join(permissions)}",
            )


_NOBODY = {
    "Application": "No application can do this by itself: a user has to be signed in.",
    "DelegatedWork": "No user can do this, whatever is granted: an application by itself can.",
    "DelegatedPersonal": "Personal Microsoft accounts are not supported by this API.",
}


class Checker:
    """Checks the tokens of one server. Threads may share it."""

    def __init__(self, key: SigningKey, grantable: Grantable) -> None:
        self._key = key
        self.grantable = grantable
        # A signature that was good stays good; what time does to a token is looked at each time.
        self._signed = lru_cache(maxsize=1024)(self._read_signed)

    @property
    def warm(self) -> bool:
        """Whether what it needs is there, so that a check takes no longer than it must."""
        return self._key.made

    def tenant_of(self, token: str, root: str) -> str:
        """The tenant of a token that is this server's own. Raises GraphError (401)."""
        with _in_the_services_words(root):
            tenant = self._signed(token).get("tid")
            if not isinstance(tenant, str) or not is_tenant_name(tenant):
                raise _Bad("Access token validation failure. Invalid tenant.")
            return tenant

    def claims(self, token: str, root: str) -> Mapping[str, Any]:
        """What a token says that this server signed. Raises GraphError (401) for any other."""
        with _in_the_services_words(root):
            return self._signed(token)

    def access(
        self, token: str, is_called: Callable[[object], bool], now: Instant, root: str
    ) -> Access:
        """What the token allows at that time in the tenant that ``is_called`` so.

        Raises GraphError (401).
        """
        with _in_the_services_words(root):
            claims = self._signed(token)
            if not is_called(claims.get("tid")):
                raise _Bad("Access token validation failure. The token is for another tenant.")
            return _access(claims, seconds(now), self.grantable)

    def _read_signed(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN:
            raise _Bad("CompactToken parsing failed with error code: 80049217")
        header, claims = _parse(token)
        # The one algorithm that this server signs with: not none, and no HMAC with a public key.
        if header.get("alg") != "RS256" or header.get("kid") != self._key.kid:
            raise _Bad("Access token validation failure. Invalid signature.")
        from joserfc import jws
        from joserfc.errors import JoseError

        try:
            jws.deserialize_compact(token, self._key.key, algorithms=["RS256"])
        except (JoseError, ValueError) as error:
            raise _Bad("Access token validation failure. Invalid signature.") from error
        return claims


@contextmanager
def _in_the_services_words(root: str) -> Iterator[None]:
    try:
        yield
    except _Bad as bad:
        raise refusal(str(bad), root) from bad


class _Bad(Exception):
    """What is wrong with a token."""


def refusal(message: str, root: str) -> GraphError:
    """The 401 for a token that does not hold good."""
    challenge = (
        f'Bearer realm="", authorization_uri="{root}/common/oauth2/authorize", '
        'client_id="00000003-0000-0000-c000-000000000000", error="invalid_token", '
        f'error_description="{message}"'
    )
    return GraphError(401, _CODE, message, headers={"WWW-Authenticate": challenge})


def _parse(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".")
    try:
        if len(parts) != 3:
            raise ValueError
        header, claims = (part_of_jwt(part) for part in parts[:2])
        base64url(parts[2])
    except (ValueError, RecursionError) as error:
        raise _Bad("CompactToken parsing failed with error code: 80049217") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise _Bad("CompactToken parsing failed with error code: 80049217")
    return header, claims


def _access(claims: Mapping[str, Any], now: int, grantable: Grantable) -> Access:
    if claims.get("aud") not in AUDIENCES:
        raise _Bad("Access token validation failure. Invalid audience.")
    tenant = claims["tid"]
    # Whatever endpoint issues it, a token for Graph has the form of v1.
    if claims.get("iss") != f"https://sts.windows.net/{tenant}/":
        raise _Bad("Access token validation failure. Invalid issuer.")
    if _time(claims, "exp") <= now:
        raise _Bad("Lifetime validation failed, the token is expired.")
    if _time(claims, "nbf") > now:
        raise _Bad("Access token has expired or is not yet valid.")
    app = claims.get("appid") or claims.get("azp")
    if not isinstance(app, str):
        raise _Bad("Access token validation failure. The token has no app.")
    granted = _texts(claims, "roles") | _scopes(claims)
    personal, app_only = tenant == PERSONAL_TENANT, is_app_only(claims)
    wrong = wrong_claim(claims)
    if wrong:
        raise _Bad(f"Access token validation failure. Invalid {wrong}.")
    user, upn = user_of(claims)
    granted = grantable.meant(granted, app_only=app_only)
    wids = frozenset() if app_only else _texts(claims, "wids")
    _texts(claims, "xms_cc")
    stamp = stamp_of(claims)
    issued = 0 if stamp is None else _time(claims, "iat")
    user = "" if app_only else user
    return Access(app, granted, personal, user, upn, app_only, wids, stamp, issued)


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _FAR:
        raise _Bad("Access token has expired or is not yet valid.")
    return value


def _texts(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    value = claims.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Bad(f"Access token validation failure. Invalid {name}.")
    return frozenset(value)


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    value = claims.get("scp", "")
    if not isinstance(value, str):
        raise _Bad("Access token validation failure. Invalid scp.")
    return frozenset(value.split())
