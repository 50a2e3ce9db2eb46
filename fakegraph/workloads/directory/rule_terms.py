"""What ``membershipRule`` can ask about and how: properties of users and devices, and operators.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError

_ERROR = "Dynamic membership rule validation error: "

Test = Callable[[Any], bool]


class Term(NamedTuple):
    """What a rule names: its value of a record, and of what kind that is."""

    kind: str
    value: Callable[[Any], Any]


def wrong(what: str) -> GraphError:
    """The 400 for a rule that is none."""
    return GraphError(400, "Request_BadRequest", f"{_ERROR}{what}", "membershipRule")


def unbuilt(what: str) -> GraphError:
    """The 501 for a rule that could not be worked out."""
    return GraphError(
        501,
        "NotImplemented",
        f"fakegraph does not work out {what} in a membershipRule. With membershipRuleProcessing"
        "State Paused a group can have the rule, and the members that it is seeded with.",
        "membershipRule",
    )


# Properties -----------------------------------------------------------------------------------


def _at(path: str) -> Callable[[Any], Any]:
    names = path.split("/")

    def value(record: Any) -> Any:
        for name in names:
            record = record.get(name) if isinstance(record, Mapping) else None
        return record

    return value


def _first(path: str) -> Callable[[Any], Any]:
    return lambda record: next(iter(record.get(path) or ()), None)


def _named(kind: str, names: str, **others: str) -> dict[str, Term]:
    """Properties by their names in lower case: those called as in Graph, and others by path."""
    paths = {**{name: name for name in names.split()}, **others}
    return {name.casefold(): Term(kind, _at(path)) for name, path in paths.items()}


_EXTENSIONS = tuple(f"extensionAttribute{number}" for number in range(1, 16))
HIRED = "employeeHireDate"
"""The one property that rules compare with dates."""

_USER = {
    **_named(
        "text",
        "city country companyName department displayName employeeId givenName jobTitle mail "
        "mailNickname onPremisesDistinguishedName onPremisesSecurityIdentifier passwordPolicies "
        "postalCode preferredLanguage state streetAddress surname usageLocation "
        "userPrincipalName userType",
        objectId="id",
        facsimileTelephoneNumber="faxNumber",
        mobile="mobilePhone",
        physicalDeliveryOfficeName="officeLocation",
    ),
    "telephonenumber": Term("text", _first("businessPhones")),
    **_named("text", "", **{each: f"onPremisesExtensionAttributes/{each}" for each in _EXTENSIONS}),
    **_named("boolean", "accountEnabled", dirSyncEnabled="onPremisesSyncEnabled"),
    **_named("date", HIRED),
    **_named("texts", "otherMails proxyAddresses"),
    **_named("assignedplan", "assignedPlans"),
}

_DEVICE = {
    **_named(
        "text",
        "deviceCategory deviceId displayName deviceOwnership enrollmentProfileName managementType "
        "profileType",
        objectId="id",
        deviceManagementAppId="mdmAppId",
        deviceManufacturer="manufacturer",
        deviceModel="model",
        deviceOSType="operatingSystem",
        deviceOSVersion="operatingSystemVersion",
        deviceTrustType="trustType",
    ),
    **_named("boolean", "accountEnabled isRooted"),
    **_named("texts", "systemLabels", devicePhysicalIds="physicalIds"),
}

_PLAN = {
    f"assignedplan.{name}": each
    for name, each in _named("text", "servicePlanId capabilityStatus service").items()
}
_ITEM = {"_": Term("text", lambda item: item)}

PROPERTIES: Mapping[str, Mapping[str, Term]] = {"user": _USER, "device": _DEVICE}
"""What rules can ask about, by the first word of its name, in lower case."""
_UNBUILT = frozenset({"sipproxyaddress", *map(str.casefold, _EXTENSIONS)})


def term_named(name: str) -> tuple[str, Term]:
    """The container and the property that a name means: ``user.department``. Raises GraphError."""
    owner, _, own = name.partition(".")
    properties = PROPERTIES.get(owner.casefold())
    if properties is None or not own:
        raise wrong(f"Wrong property applied. '{name}' is no property of a user or a device.")
    container = f"{owner.casefold()}s"
    folded = own.casefold()
    if folded in properties:
        return container, properties[folded]
    if own.startswith("extension_"):
        return container, Term("text", _at(own))
    if folded in _UNBUILT:
        raise unbuilt(f"'{name}'")
    resource = owner.capitalize()
    raise wrong(f"Wrong property applied. Property '{own}' cannot be applied to '{resource}'.")


# Operators ------------------------------------------------------------------------------------


def _fold(value: Any) -> str:
    return str(value).casefold()


def _compared(test: Callable[[int, int], bool]) -> Callable[[Any], Test]:
    return lambda moment: lambda value: value is not None and test(instant(str(value)), moment)


def _is_at(moment: int | None) -> Test:
    return _compared(int.__eq__)(moment) if moment is not None else lambda value: value is None


def _matching(pattern: str) -> Callable[[str], Any]:
    from fakegraph.odata.functions import PatternError, compiled

    try:
        return compiled(f"(?i){pattern}")
    except PatternError as error:
        raise wrong(f"Invalid operands found for operator -match: {error}.") from error


def _of_text(test: Callable[[str, str], bool]) -> Callable[[Any], Test]:
    def bound(operand: Any) -> Test:
        wanted = _fold(operand)
        return lambda value: value is not None and test(_fold(value), wanted)

    return bound


def _equals(operand: Any) -> Test:
    if operand is None:
        return lambda value: value is None or value == ""
    if isinstance(operand, bool):
        return lambda value: value is operand
    return _of_text(str.__eq__)(operand)


def _matches(operand: Any) -> Test:
    search = _matching(str(operand))
    return lambda value: value is not None and search(str(value)) is not None


def _among(operand: Any) -> Test:
    wanted = {_fold(each) for each in operand}
    return lambda value: value is not None and _fold(value) in wanted


def _has(operand: Any) -> Test:
    wanted = _fold(operand)
    return lambda values: any(_fold(each) == wanted for each in values or ())


def _any(test: Callable[[Any], Test]) -> Callable[[Any], Test]:
    def bound(operand: Any) -> Test:
        single = test(operand)
        return lambda values: any(single(each) for each in values or ())

    return bound


_STARTS, _ENDS = _of_text(str.startswith), _of_text(str.endswith)
_TEXT: dict[str, Callable[[Any], Test]] = {
    "eq": _equals,
    "startswith": _STARTS,
    "endswith": _ENDS,
    "contains": _of_text(lambda value, wanted: wanted in value),
    "match": _matches,
    "in": _among,
}
_OPERATORS: dict[str, dict[str, Callable[[Any], Test]]] = {
    "text": _TEXT,
    "boolean": {"eq": _equals},
    "date": {"eq": _is_at, "ge": _compared(int.__ge__), "le": _compared(int.__le__)},
    "texts": {"contains": _has, "startswith": _any(_STARTS), "endswith": _any(_ENDS)},
    "assignedplan": {},
}
_OPPOSITE = {
    "ne": "eq",
    "notstartswith": "startswith",
    "notendswith": "endswith",
    "notcontains": "contains",
    "notmatch": "match",
    "notin": "in",
}
QUANTIFIERS: dict[str, Callable[[Iterable[bool]], bool]] = {"any": any, "all": all}
ITEMS = {"texts": _ITEM, "assignedplan": _PLAN}
KNOWN = frozenset({*_TEXT, *_OPPOSITE, *QUANTIFIERS, *_OPERATORS["date"]})


def _fits(kind: str, operator: str, operand: Any) -> bool:
    """Whether an operator takes that operand on a property of a kind."""
    if operator not in _OPERATORS[kind]:
        return False
    if operator == "in":
        return isinstance(operand, list)
    if kind == "boolean":
        return operand is None or isinstance(operand, bool)
    if operand is None:
        return operator == "eq"
    if kind == "date":
        return isinstance(operand, int)
    return isinstance(operand, str)


def condition(found: Term, operator: str, operand: Any) -> Test:
    """The test of a record that an operator is, on a property. Raises GraphError (400)."""
    positive = _OPPOSITE.get(operator, operator)
    if not _fits(found.kind, positive, operand):
        raise wrong(f"Invalid operands found for operator -{operator}")
    test, value = _OPERATORS[found.kind][positive](operand), found.value
    if positive == operator:
        return lambda record: test(value(record))
    return lambda record: not test(value(record))
