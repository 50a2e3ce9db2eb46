"""``--auth bearer``: a token is required, and a JWT's tenant id picks the tenant."""

from __future__ import annotations

import base64
import binascii
import json

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


def tenant_of(token: str) -> str | None:
    """The ``tid`` claim of a JWT, unverified; None for anything that is not a JWT with one."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    tenant = claims.get("tid") if isinstance(claims, dict) else None
    return tenant if isinstance(tenant, str) else None
