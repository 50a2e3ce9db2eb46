"""How somebody may prove who they are: one phone of each type, one address, a password always.

https://learn.microsoft.com/graph/api/resources/authenticationmethods-overview
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.handed import Making
from fakegraph.workloads.words import Words

PASSWORD = "28c10230-6103-485e-b985-444c60001490"
EMAIL = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f"
_PHONES = {
    "mobile": "3179e48a-750b-4051-897c-87b9720928f7",
    "alternateMobile": "b6332ec1-7057-4abe-9331-3d72feddfe41",
    "office": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
}
_PHONE = re.compile(r"\+[1-9]\d{0,3} [\d() -]{4,20}(?:x\d{1,10})?", re.ASCII)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


class MethodWords(Words):
    """The sentences of these collections, whose codes begin small."""

    denied = ("accessDenied", "Request Authorization failed")
    bad = "badRequest"

    def not_found(self, type_name: str, key: str) -> GraphError:
        return GraphError(404, "resourceNotFound", f"No {type_name} is '{key}'.")

    def kept(self, type_name: str, key: str) -> GraphError:
        message = "The password of a user is always there, and cannot be deleted."
        return GraphError(400, self.bad, message, "id")

    def taken(self, type_name: str, name: str, value: object, holder: str = "") -> GraphError:
        message = "There is a method of this type already: change it, or delete it first."
        return GraphError(400, self.bad, message, name)


WORKLOAD = Workload(
    "authentication methods",
    types=("authenticationMethod",),
    words=MethodWords(),
    statuses={"PATCH": 204},
)


def _bad(message: str, target: str) -> GraphError:
    return GraphError(400, WORKLOAD.words.bad, message, target)


def _form(name: str, form: re.Pattern[str], example: str) -> Callable[[Record, Any], None]:
    """A check of the form of a text."""

    def check(record: Record, before: Record | None) -> None:
        text = record.get(name)
        if text is None or form.fullmatch(str(text)) is None:
            raise _bad(f"'{name}' is not as '{example}' is.", name)

    return check


def _check_type(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a type that another phone has the id of."""
    if before is not None and record.get("phoneType") != before.get("phoneType"):
        raise _bad("The type of a phone stays: its id says it.", "phoneType")


def _phone_id(making: Making) -> str:
    return _PHONES.get(str(making.record.get("phoneType"))) or making.new_id()


TYPES = (
    Type("authenticationMethod", read_only=frozenset({"createdDateTime"})),
    Type(
        "phoneAuthenticationMethod",
        required=("phoneNumber", "phoneType"),
        refuses=(_form("phoneNumber", _PHONE, "+1 2065555555x123"), _check_type),
        read_only=frozenset({"smsSignInState"}),
        generated={"id": _phone_id},
        defaults={"smsSignInState": "notAllowedByPolicy"},
    ),
    Type(
        "emailAuthenticationMethod",
        required=("emailAddress",),
        refuses=(_form("emailAddress", _ADDRESS, "ada@example.com"),),
        generated={"id": lambda making: EMAIL},
    ),
    # https://learn.microsoft.com/graph/api/authentication-post-fido2methods
    Type("fido2AuthenticationMethod", required=("displayName", "publicKeyCredential")),
    Type("passwordAuthenticationMethod", nulls=True, kept={"id": PASSWORD}),
)

# All are kept together; what follows are those of one type.
_HOME = "authentication/methods"
_OF_TYPE = {
    "emailMethods": "emailAuthenticationMethod",
    "externalAuthenticationMethods": "externalAuthenticationMethod",
    "fido2Methods": "fido2AuthenticationMethod",
    "microsoftAuthenticatorMethods": "microsoftAuthenticatorAuthenticationMethod",
    "passwordMethods": "passwordAuthenticationMethod",
    "phoneMethods": "phoneAuthenticationMethod",
    "platformCredentialMethods": "platformCredentialAuthenticationMethod",
    "softwareOathMethods": "softwareOathAuthenticationMethod",
    "temporaryAccessPassMethods": "temporaryAccessPassAuthenticationMethod",
    "windowsHelloForBusinessMethods": "windowsHelloForBusinessAuthenticationMethod",
}

NAVIGATION = (
    Navigation(
        _HOME,
        provisioned=(
            {"@odata.type": "#microsoft.graph.passwordAuthenticationMethod", "id": PASSWORD},
        ),
    ),
    *(
        Navigation(
            f"authentication/{name}",
            home=_HOME,
            where={"@odata.type": f"#microsoft.graph.{type_}"},
        )
        for name, type_ in _OF_TYPE.items()
    ),
)
