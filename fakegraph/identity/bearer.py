"""``--auth bearer``: a token is required, and a JWT's tenant id picks the tenant."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from functools import lru_cache

from fakegraph.errors import GraphError

_CHALLENGE = (
    'Bearer realm="", authorization_uri="{root}/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)


def require_bearer(authorization: str | None, root: str) -> str:
    """The token of an ``Authorization`` header. Raises GraphError (401) where there is none."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.casefold() != "bearer" or not token.strip():
        raise GraphError(
            401,
            "InvalidAuthenticationToken",
            "Access token is empty. Send any token: Authorization: Bearer TOKEN",
            headers={"WWW-Authenticate": _CHALLENGE.format(root=root)},
        )
    return token.strip()


@dataclass(frozen=True)
class Claims:
    """What a token says of its bearer, as far as it matters here; empty where it says nothing."""

    tenant: str = ""
    app: str = ""


@lru_cache(maxsize=1024)
def claims_of(token: str) -> Claims:
    """The claims of a JWT (``tid``; ``appid`` or ``azp``), unverified; none for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return Claims()
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return Claims()
    texts = found if isinstance(found, dict) else {}
    texts = {name: value for name, value in texts.items() if isinstance(value, str)}
    return Claims(texts.get("tid", ""), texts.get("appid") or texts.get("azp", ""))
