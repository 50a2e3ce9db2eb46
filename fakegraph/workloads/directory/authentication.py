"""What is done about how users sign in: passwords that are reset, data that is exported.

https://learn.microsoft.com/graph/api/resources/authenticationmethods-overview
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.methods import PASSWORD
from fakegraph.workloads.directory.values import check_password
from fakegraph.workloads.handed import Reading
from fakegraph.workloads.operations import Call, Ending, Thing, ended, failure, operation, running

_LENGTH = 16

NAVIGATION = (
    Navigation("authentication/operations", documented=frozenset({"GET"}), monitors=True),
    Navigation("dataPolicyOperations", monitors=True),
)


# Methods ------------------------------------------------------------------------------------------

_LIFETIMES = range(10, 43_201)  # in minutes
_TICKS_PER_MINUTE = 600_000_000
_PASS_LENGTH = 8


def _check_pass(record: Record, before: Record | None) -> None:
    minutes = record.get("lifetimeInMinutes")
    if minutes is not None and minutes not in _LIFETIMES:
        message = "lifetimeInMinutes is from 10 to 43200."
        raise GraphError(400, "badRequest", message, "lifetimeInMinutes")


_PASSES_POLICY = "TemporaryAccessPass"
_POLICIES = "authenticationMethodsPolicy/authenticationMethodConfigurations"


def _usability(reading: Reading) -> str:
    """Why a temporary access pass can be used, or cannot."""
    record, now = reading.record, reading.now
    start = instant(record.get("startDateTime") or record["createdDateTime"])
    lasts = (record.get("lifetimeInMinutes") or 60) * _TICKS_PER_MINUTE
    if now < start / 10_000_000:
        return "NotYetValid"
    if now >= (start + lasts) / 10_000_000:
        return "Expired"
    enabled = any(
        each["id"] == _PASSES_POLICY and each.get("state") == "enabled"
        for each in reading.anywhere(_POLICIES)
    )
    return "EnabledByPolicy" if enabled else "DisabledByPolicy"


_PASSES = (
    Type(
        "temporaryAccessPassAuthenticationMethod",
        read_only=frozenset({"temporaryAccessPass", "isUsable", "methodUsabilityReason"}),
        generated={
            "startDateTime": lambda making: making.now,
            "temporaryAccessPass": lambda making: _random(_PASS_LENGTH),
        },
        defaults={"lifetimeInMinutes": 60, "isUsableOnce": False},
        refuses=(_check_pass,),
        computed={
            "isUsable": lambda reading: _usability(reading) == "EnabledByPolicy",
            "methodUsabilityReason": _usability,
        },
        once=frozenset({"temporaryAccessPass"}),
        nulls=True,
        alone=True,
    ),
)


def _signing_in_by_text(state: str) -> Callable[[Call], None]:
    def change(call: Call) -> None:
        call.change(call.thing, {"smsSignInState": state})

    return change


_SMS = tuple(
    # https://learn.microsoft.com/graph/api/phoneauthenticationmethod-enablesmssignin
    operation(f"phoneAuthenticationMethod/{name}")(_signing_in_by_text(state))
    for name, state in (("enableSmsSignIn", "ready"), ("disableSmsSignIn", "notEnabled"))
)


# Long-running operations --------------------------------------------------------------------------


def _tells_of_reset(call: Call, result: Any, ending: Ending) -> Mapping[str, str]:
    authentication = call.owner(call.thing)
    assert authentication is not None
    user = call.owner(authentication)
    assert user is not None
    failed = {"status": "failed"} if ending.error else {}
    record = {"status": "succeeded", "lastActionDateTime": call.now, **failed, **ending.kept}
    made = call.add(authentication, "operations", record)
    path = f"{call.root}/users/{user.id}/authentication"
    return {"Location": f"{path}/operations/{made.id}"}


@operation("authenticationMethod/resetPassword", tells=_tells_of_reset)
def reset_password(call: Call) -> Mapping[str, Any] | None:
    """https://learn.microsoft.com/graph/api/authenticationmethod-resetpassword"""
    if call.thing.id != PASSWORD:
        message = "Only the password of a user is reset."
        raise GraphError(400, "badRequest", message, "id")
    authentication = call.owner(call.thing)
    user = authentication and call.owner(authentication)
    assert user is not None
    given = call.arguments.get("newPassword")
    password = given or _invented(user)
    set_password(call, user, {"password": password, "forceChangePasswordNextSignIn": True})
    return None if given else {"newPassword": password}


def _invented(user: Thing) -> str:
    """A password that will do."""
    return f"{_random(_LENGTH - 4)}aZ4!"


def _random(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters) for _ in range(length))


def set_password(call: Call, user: Thing, profile: Mapping[str, Any]) -> None:
    """Give a user a password. Raises GraphError for one that is too simple."""
    changed = {**user.record, "passwordProfile": dict(profile)}
    check_password(changed, user.record)
    call.change(
        user,
        {"passwordProfile": dict(profile), "lastPasswordChangeDateTime": call.now},
    )


def _tells_of_export(call: Call, result: Any, ending: Ending) -> Mapping[str, str]:
    failed = {"status": "failed"} if ending.error else {}
    done = {"status": "complete", "progress": 100.0, **failed}
    asked = {"userId": call.thing.id, "storageLocation": call.arguments.get("storageLocation")}
    times = {"submittedDateTime": call.now}
    if not ending.lasts:
        times["completedDateTime"] = call.now
    made = call.make("dataPolicyOperations", {**done, **asked, **times, **ending.kept})
    return {"Location": f"{call.root}/dataPolicyOperations/{made.id}", "Retry-After": "60"}


@operation("user/exportPersonalData", tells=_tells_of_export)
def export_personal_data(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/user-exportpersonaldata"""
    if not call.arguments.get("storageLocation"):
        raise call.words.required("exportPersonalData", ["storageLocation"])


def _detail(reading: Reading) -> Any:
    error = failure(reading)
    return None if error is None else error["message"]


TYPES = (
    *_PASSES,
    Type("longRunningOperation", computed={"status": running("running"), "statusDetail": _detail}),
    Type(
        "dataPolicyOperation",
        nulls=True,
        computed={
            "status": running("running"),
            "progress": running(0.0),
            "completedDateTime": ended,
        },
    ),
)

OPERATIONS = (reset_password, export_personal_data, *_SMS)
