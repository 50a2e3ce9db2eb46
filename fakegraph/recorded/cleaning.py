"""What of an answer is nobody's business: tokens, secrets, and URLs that let their holder in."""

from __future__ import annotations

import re
from typing import Any

DROPPED = "dropped"

_SECRETS = frozenset(
    {"password", "passwordprofile", "secrettext", "clientsecret", "accesstoken", "refreshtoken"}
    | {"idtoken", "token", "sastoken", "uploadurl", "downloadurl", "clientstate", "authorization"}
    | {"cookie", "set-cookie", "secret", "encryptionkey", "connectionstring", "proof"}
)
_TOKEN = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # a JWT
    r"|\b(?i:bearer)\s+[\w.~+/=-]{12,}"
)
_LETTING_IN = re.compile(
    r"([?&#](?:sig|tempauth|access_token|token|code|authkey|skey|\$?(?:skip|delta)token)=)[^&#\s\"']+",
    re.IGNORECASE,
)


def _is_kept(name: str, value: Any) -> bool:
    return value is None or name.casefold() not in _SECRETS


def clean(value: Any, *, annotated: bool = False) -> Any:
    """A value of JSON without any of it; annotations but types are left out too, unless it is
    ``annotated`` by one of us.
    """
    if isinstance(value, dict):
        return {
            name: clean(each, annotated=annotated)
            for name, each in value.items()
            if name == "@odata.type" or ((annotated or "@" not in name) and _is_kept(name, each))
        }
    if isinstance(value, list):
        return [clean(each, annotated=annotated) for each in value]
    if isinstance(value, str):
        return _LETTING_IN.sub(rf"\1{DROPPED}", _TOKEN.sub(DROPPED, value))
    return value
