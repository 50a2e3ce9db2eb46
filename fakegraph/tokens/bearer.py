"""``--auth bearer``: a token is required, and a JWT's tenant id picks the tenant."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError
from fakegraph.tokens.resources import is_anothers

_CHALLENGE = (
    'Bearer realm="", authorization_uri="{root}/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)


# What the JavaScript client (@microsoft/microsoft-graph-client) does with its token, by scheme.
_JAVASCRIPT = {
    "http": "The JavaScript client sends its own over https only: serve with --tls.",
    "https": "The JavaScript client sends its own to hosts among its customHosts only.",
}


def require_bearer(environ: Mapping[str, Any], root: str) -> str:
    """The token of a request's ``Authorization``. Raises GraphError (401) where there is none."""
    token = _token_in(environ.get("HTTP_AUTHORIZATION", ""))
    if not token:
        hint = "Send any token: Authorization: Bearer TOKEN"
        if _is_javascript(environ):
            hint = f"{hint}. {_JAVASCRIPT[environ['wsgi.url_scheme']]}"
        raise GraphError(
            401,
            "InvalidAuthenticationToken",
            f"Access token is empty. {hint}",
            headers={"WWW-Authenticate": _CHALLENGE.format(root=root)},
        )
    return token


@lru_cache(maxsize=1024)
def _token_in(authorization: str) -> str:
    """The token that an ``Authorization`` header bears; empty where it bears none."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.casefold() == "bearer" else ""


def _is_javascript(environ: Mapping[str, Any]) -> bool:
    """Whether it may be the JavaScript client, or some other caller of ``fetch``.

    Where it keeps its token to itself, it keeps its name too; ``fetch`` has headers of its own.
    """
    name: str = environ.get("HTTP_SDKVERSION", "")
    return name.casefold().startswith("graph-js") or "HTTP_SEC_FETCH_MODE" in environ


@dataclass(frozen=True)
class Claims:
    """What a token says of its bearer, as far as it matters here; empty where it says nothing.

    ``stamp`` and ``issued`` as in ``tokens.strict.Access``.
    """

    tenant: str = ""
    app: str = ""
    user: str = ""
    upn: str = ""
    app_only: bool = False
    wrong: str = ""
    stamp: str | None = None
    issued: float = 0


_USER_NAMES = ("upn", "preferred_username", "unique_name")


def user_of(claims: Mapping[str, Any]) -> tuple[str, str]:
    """The id of who is signed in, or else their name, and the name; empty where nothing says it."""
    texts = (claims.get(name) for name in _USER_NAMES)
    name = next((text for text in texts if isinstance(text, str) and text), "")
    return claims.get("oid") or name, name


def stamp_of(claims: Mapping[str, Any]) -> str | None:
    """What a token calls its user's sessions; None where its client is not to be challenged."""
    capabilities = claims.get("xms_cc")
    known = capabilities if isinstance(capabilities, list) else ()
    capable = any(isinstance(each, str) and each.casefold() == "cp1" for each in known)
    return str(claims.get("aio", "")) if capable else None


def wrong_claim(claims: Mapping[str, Any]) -> str:
    """The name of what has to be a text in a token, and is none; empty where all is well."""
    wrong = (name for name in ("tid", "oid") if not isinstance(claims.get(name, ""), str))
    return next(wrong, "")


def base64url(part: str) -> bytes:
    """What a part of a JWT means: base64url, without padding. Raises ValueError."""
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


class NoText(ValueError):
    """A part of a JWT that has half of a surrogate pair: no answer and no store can hold that."""


def part_of_jwt(part: str) -> Any:
    """The JSON in a part of a JWT. Raises NoText; ValueError, RecursionError for what is none."""
    found = json.loads(base64url(part))
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise NoText("It has half of a surrogate pair.") from error
    return found


def payload_of(token: str) -> Mapping[str, Any]:
    """All claims of a JWT, unverified; none of anything else."""
    with suppress(NoText):
        return _payload(token)
    return {}


def _payload(token: str) -> Mapping[str, Any]:
    """The same. Raises NoText."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = part_of_jwt(parts[1])
    except NoText:
        raise
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=1024)
def claims_of(token: str) -> Claims:
    """The claims of a JWT (``tid``; ``appid`` or ``azp``), unverified; none for anything else.

    ``wrong`` is the name of one that cannot be what it is, or what is wrong with all of them.
    """
    try:
        found = _payload(token)
    except NoText:
        return Claims(wrong="claims, which have half of a surrogate pair")
    wrong = "audience" if is_anothers(found.get("aud")) else wrong_claim(found)
    if wrong:
        return Claims(wrong=wrong)
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    app = texts.get("appid") or texts.get("azp", "")
    if is_app_only(found):
        return Claims(texts.get("tid", ""), app, app_only=True)
    issued = found.get("iat")
    return Claims(
        *(texts.get("tid", ""), app, *user_of(found)),
        stamp=stamp_of(found),
        issued=issued if isinstance(issued, int | float) else 0,
    )


def is_app_only(claims: Mapping[str, Any]) -> bool:
    """Whether a token is an app's, for which nobody is signed in."""
    if claims.get("idtyp") in ("app", "user"):
        return bool(claims["idtyp"] == "app")
    return "roles" in claims and "scp" not in claims
