"""Passwords that their owners change, and keys and secrets of applications and service principals.

https://learn.microsoft.com/graph/api/resources/keycredential
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fakegraph.edm.values import (
    MAX_INSTANT,
    TICKS_PER_DAY,
    Instant,
    format_instant,
    instant,
)
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.tenants.concealed import matches
from fakegraph.tokens.bearer import payload_of
from fakegraph.workloads.directory.authentication import set_password
from fakegraph.workloads.directory.certificates import of_certificate
from fakegraph.workloads.operations import Call, operation

_TICKS = 10_000_000  # of a second
_EPOCH = instant("1970-01-01T00:00:00Z")
_PROOF_FOR = "00000002-0000-0000-c000-000000000000"
_PROOF_SECONDS = 600
_CERTIFICATE_YEARS = 3
_SECRET_YEARS, _LAST_YEAR = 2, 9999


def _bad(message: str, target: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, target)


# Passwords ----------------------------------------------------------------------------------------


@operation("user/changePassword")
def change_password(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/user-changepassword"""
    user = call.thing
    if not _is_caller(call):
        raise call.words.forbidden("Nobody changes the password of another by this.")
    given = call.arguments
    missing = [name for name in ("currentPassword", "newPassword") if not given.get(name)]
    if missing:
        raise call.words.required("changePassword", missing)
    known = (user.record.get("passwordProfile") or {}).get("password")
    if known is not None and not matches(known, given["currentPassword"]):
        message = "The specified current password is not correct. paramName: oldPassword"
        raise _bad(message, "currentPassword")
    profile = {"password": given["newPassword"], "forceChangePasswordNextSignIn": False}
    set_password(call, user, profile)


def _is_caller(call: Call) -> bool:
    try:
        caller = call.caller()
    except GraphError:  # it is an app
        return False
    return caller is not None and caller.key == call.thing.key


# Keys ---------------------------------------------------------------------------------------------


def _check_proof(call: Call) -> None:
    """Raise GraphError for a proof that is not for this object and time. Who has signed it is not
    looked at.
    """
    now = (instant(call.now) - _EPOCH) / _TICKS
    claims = payload_of(str(call.arguments.get("proof") or ""))
    begins, ends = claims.get("nbf"), claims.get("exp")
    if not (
        call.thing.record.get("keyCredentials")
        and claims.get("aud") == _PROOF_FOR
        and str(claims.get("iss")).lower() == call.thing.id.lower()
        and type(begins) is int
        and type(ends) is int
        and begins <= now < ends <= begins + _PROOF_SECONDS
    ):
        raise GraphError(
            400,
            "Authentication_MissingOrMalformed",
            "Access Token missing or malformed. The proof is a JWT that a current certificate of "
            f"the object has signed: its aud is {_PROOF_FOR}, its iss the object's id, and it is "
            "good for ten minutes at most.",
            "proof",
        )


def _add_key(call: Call) -> Mapping[str, Any]:
    _check_proof(call)
    wished = call.arguments.get("keyCredential") or {}
    if wished.get("type") not in ("AsymmetricX509Cert", "X509CertAndPassword"):
        raise _bad("The type of a key is AsymmetricX509Cert or X509CertAndPassword.", "type")
    usage = "Sign" if wished["type"] == "X509CertAndPassword" else "Verify"
    if wished.get("usage") != usage:
        raise _bad(f"The usage of such a key is {usage}.", "usage")
    kept = {
        "customKeyIdentifier": wished.get("customKeyIdentifier"),
        "displayName": wished.get("displayName"),
        "keyId": call.new_id(),
        "key": wished.get("key"),
        "type": wished["type"],
        "usage": usage,
        **of_certificate(wished.get("key"), wished),
    }
    others = call.thing.record.get("keyCredentials") or []
    call.change(call.thing, {"keyCredentials": [*others, kept], **_with_password(call)})
    return {**kept, "key": None}


def _with_password(call: Call) -> Record:
    """What comes of the password that protects a key."""
    secret = (call.arguments.get("passwordCredential") or {}).get("secretText")
    if not secret:
        return {}
    kept = {"keyId": call.new_id(), "hint": secret[:3], "secretText": secret}
    others = call.thing.record.get("passwordCredentials") or []
    return {"passwordCredentials": [*others, kept]}


def _remove_key(call: Call) -> None:
    _check_proof(call)
    _remove(call, "key")


# Secrets ------------------------------------------------------------------------------------------


def _add_password(call: Call) -> Mapping[str, Any]:
    wished = call.arguments.get("passwordCredential") or {}
    start = wished.get("startDateTime") or call.now
    end = wished.get("endDateTime") or _years_later(start)
    if not instant(start) < instant(end):
        raise _bad("A secret ends after it begins.", "endDateTime")
    secret = f"{call.new_id()}{call.new_id()}".replace("-", "")[:40]
    kept = {
        "customKeyIdentifier": wished.get("customKeyIdentifier"),
        "displayName": wished.get("displayName"),
        "endDateTime": end,
        "hint": secret[:3],
        "keyId": call.new_id(),
        "secretText": secret,
        "startDateTime": start,
    }
    others = call.thing.record.get("passwordCredentials") or []
    call.change(call.thing, {"passwordCredentials": [*others, kept]})
    return kept


def _years_later(start: str) -> str:
    text = format_instant(instant(start))
    year, rest = min(int(text[:4]) + _SECRET_YEARS, _LAST_YEAR), text[4:]
    leap = rest.startswith("-02-29")  # there is none that many years later
    return f"{year:04}{f'-02-28{rest[6:]}' if leap else rest}"


def _remove_password(call: Call) -> None:
    _remove(call, "password")


def _remove(call: Call, kind: str) -> None:
    """Take a credential of that kind away, by its id. Raises GraphError where there is none."""
    property_, key_id = f"{kind}Credentials", str(call.arguments.get("keyId")).lower()
    there = call.thing.record.get(property_) or []
    kept = [each for each in there if str(each.get("keyId")).lower() != key_id]
    if len(kept) == len(there):
        raise _bad(f"No {kind} credential found with keyId '{key_id}'.", "keyId")
    call.change(call.thing, {property_: kept})


_CREDENTIALS = tuple(
    each
    for name in ("application", "servicePrincipal")
    for each in (
        # https://learn.microsoft.com/graph/api/application-addkey
        operation(f"{name}/addKey")(_add_key),
        operation(f"{name}/removeKey")(_remove_key),
        # https://learn.microsoft.com/graph/api/application-addpassword
        operation(f"{name}/addPassword")(_add_password),
        operation(f"{name}/removePassword")(_remove_password),
    )
)


# Certificates -------------------------------------------------------------------------------------


@operation("servicePrincipal/addTokenSigningCertificate")
def add_token_signing_certificate(call: Call) -> Mapping[str, Any]:
    """https://learn.microsoft.com/graph/api/serviceprincipal-addtokensigningcertificate"""
    given = call.arguments
    subject = str(given.get("displayName") or "")
    if not subject.startswith("CN="):
        raise _bad("The displayName of a certificate begins with CN=.", "displayName")
    start = instant(call.now)
    until = given.get("endDateTime")
    usual = min(start + _CERTIFICATE_YEARS * 365 * TICKS_PER_DAY, MAX_INSTANT)
    end = instant(until) if until else Instant(usual)
    if not start < end:
        raise _bad("A certificate ends after it begins.", "endDateTime")
    from fakegraph.tokens.certificates import signing_certificate

    name = subject.removeprefix("CN=")
    try:
        data, thumbprint = signing_certificate(name, _moment(start), _moment(end))
    except ValueError as error:  # of the name, or of years before 1950
        raise _bad(f"There is no such certificate: {error}", "displayName") from error
    said = {
        "customKeyIdentifier": base64.b64encode(thumbprint).decode(),
        "displayName": subject,
        "endDateTime": format_instant(end),
        "startDateTime": format_instant(start),
        "type": "AsymmetricX509Cert",
    }
    verify = {**said, "keyId": call.new_id(), "usage": "Verify"}
    sign = {**said, "keyId": call.new_id(), "usage": "Sign", "type": "X509CertAndPassword"}
    password: Record = {
        name: said[name] for name in ("customKeyIdentifier", "endDateTime", "startDateTime")
    }
    password |= {"keyId": sign["keyId"], "secretText": None, "displayName": subject}
    record = call.thing.record
    keys = [*(record.get("keyCredentials") or []), sign, verify]
    passwords = [*(record.get("passwordCredentials") or []), password]
    call.change(call.thing, {"keyCredentials": keys, "passwordCredentials": passwords})
    key = base64.b64encode(data).decode()
    return {**verify, "key": key, "thumbprint": thumbprint.hex().upper()}


def _moment(ticks: int) -> datetime:
    return datetime.fromisoformat(format_instant(Instant(ticks - ticks % _TICKS)))


OPERATIONS = (change_password, *_CREDENTIALS, add_token_signing_certificate)
