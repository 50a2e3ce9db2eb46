"""Certificates that applications and service principals prove themselves by: ``keyCredentials``.

https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fakegraph.edm.values import binary
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.handed import Making

_NAME = "keyCredentials"


def _bad(message: str, target: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, target)


def of_certificate(key: Any, wished: Mapping[str, Any]) -> Record:
    """When a certificate is good, and its thumbprint. Raises GraphError for what is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        made = x509.load_der_x509_certificate(binary(key or ""))
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise _bad("Key credential: 'key' is no certificate (DER, as base64).", "key") from error
    thumbprint = base64.b64encode(made.fingerprint(hashes.SHA1())).decode()
    return {
        "startDateTime": wished.get("startDateTime") or _text(made.not_valid_before_utc),
        "endDateTime": wished.get("endDateTime") or _text(made.not_valid_after_utc),
        "customKeyIdentifier": wished.get("customKeyIdentifier") or thumbprint,
    }


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _by_id(thing: Record | None) -> dict[str, Record]:
    found = (thing or {}).get(_NAME) or ()
    return {str(each["keyId"]).lower(): each for each in found if each.get("keyId")}


def check_keys(thing: Record, before: Record | None) -> None:
    """Raise GraphError for a credential that is no certificate, and for a change of one."""
    known, there = _by_id(before), (before or {}).get(_NAME) or ()
    for each in thing.get(_NAME) or ():
        if each in there:
            continue
        same = known.get(str(each.get("keyId")).lower())
        if same is None:
            of_certificate(each.get("key"), each)
        elif any(value is not None and value != same.get(name) for name, value in each.items()):
            key_id = each["keyId"]
            message = f"Update to existing credential with KeyId '{key_id}' is not allowed."
            raise _bad(message, _NAME)


def filled_keys(making: Making) -> list[Record] | None:
    """Credentials with what their certificates tell; those that were there are as they were."""
    sent, known = making.record.get(_NAME), _by_id(making.before)
    if not sent:
        return sent
    return [
        known.get(str(each.get("keyId")).lower()) or _filled(each, making.new_id) for each in sent
    ]


def _filled(credential: Record, new_id: Any) -> Record:
    if credential.get("keyId") and credential.get("customKeyIdentifier"):
        return credential
    try:
        told = of_certificate(credential.get("key"), credential)
    except GraphError:
        return credential  # seeds may have any
    return {**credential, **told, "keyId": credential.get("keyId") or new_id()}


def without_keys(credentials: Iterable[Record]) -> list[Record]:
    """Credentials as they are shown to who has not selected them."""
    return [{**each, "key": None} for each in credentials]
