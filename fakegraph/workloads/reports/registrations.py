"""Which users are registered for what, under the old names and the new, and how many.

https://learn.microsoft.com/graph/api/resources/authenticationmethods-usage-insights-overview
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from fakegraph.edm import fields
from fakegraph.edm.model import Data, EntitySet, Function, Parameter
from fakegraph.edm.schema import ComplexSchema, EntitySchema, Record
from fakegraph.edm.types import EnumType, enum_type, qualified
from fakegraph.workloads.reports.common import READ_REPORTS, READ_SUCCESSORS, retired_in_2025

REGISTRATION_AUTH_METHOD = enum_type(
    "registrationAuthMethod",
    "email",
    "mobilePhone",
    "officePhone",
    "securityQuestion",
    "appNotification",
    "appCode",
    "alternateMobilePhone",
    "fido",
    "appPassword",
    "unknownFutureValue",
    "externalAuthMethod",
)
REGISTRATION_STATUS_TYPE = enum_type(
    "registrationStatusType",
    "registered",
    "enabled",
    "capable",
    "mfaRegistered",
    "unknownFutureValue",
)
AUTHENTICATION_METHOD_FEATURE = enum_type(
    "authenticationMethodFeature",
    "ssprRegistered",
    "ssprEnabled",
    "ssprCapable",
    "passwordlessCapable",
    "mfaCapable",
    "unknownFutureValue",
)
INCLUDED_USER_ROLES = enum_type(
    "includedUserRoles", "all", "privilegedAdmin", "admin", "user", "unknownFutureValue"
)
INCLUDED_USER_TYPES = enum_type("includedUserTypes", "all", "member", "guest", "unknownFutureValue")
SIGN_IN_USER_TYPE = EnumType(
    qualified("signInUserType"), {"member": 0, "guest": 1, "unknownFutureValue": 3}
)
USER_DEFAULT_AUTHENTICATION_METHOD = enum_type(
    "userDefaultAuthenticationMethod",
    "push",
    "oath",
    "voiceMobile",
    "voiceAlternateMobile",
    "voiceOffice",
    "sms",
    "none",
    "unknownFutureValue",
)

_OLD, _NEW = "credentialUserRegistrationDetails", "userRegistrationDetails"
_ROOT = "reports/authenticationMethods"
_EQ, _TEXT, _ANY = ("eq",), ("eq", "startswith"), ("any", "eq")


class CredentialUserRegistrationDetails(EntitySchema):
    """What one user is registered for.

    https://learn.microsoft.com/graph/api/resources/credentialuserregistrationdetails
    """

    edm_name = _OLD

    userPrincipalName = fields.String(ignore_case=True, index="equality", filters=_TEXT)
    userDisplayName = fields.String(ignore_case=True, filters=_TEXT)
    authMethods = fields.Collection(fields.Enum(REGISTRATION_AUTH_METHOD), filters=_ANY)
    isRegistered = fields.Boolean(filters=_EQ)
    isEnabled = fields.Boolean(filters=_EQ)
    isCapable = fields.Boolean(filters=_EQ)
    isMfaRegistered = fields.Boolean(filters=_EQ)


class UserRegistrationCount(ComplexSchema):
    """How many users have a status."""

    edm_name = "userRegistrationCount"

    registrationCount = fields.Int64()
    registrationStatus = fields.Enum(REGISTRATION_STATUS_TYPE)


class CredentialUserRegistrationCount(EntitySchema):
    """How many users there are, and how many have each status.

    https://learn.microsoft.com/graph/api/resources/credentialuserregistrationcount
    """

    edm_name = "credentialUserRegistrationCount"

    totalUserCount = fields.Int64()
    userRegistrationCounts = fields.Collection(fields.Complex(UserRegistrationCount))


class UserRegistrationDetails(EntitySchema):
    """What one user is registered for and capable of.

    https://learn.microsoft.com/graph/api/resources/userregistrationdetails
    """

    edm_name = _NEW

    isAdmin = fields.Boolean(nullable=True)
    isMfaCapable = fields.Boolean(filters=_EQ)
    isMfaRegistered = fields.Boolean(filters=_EQ)
    isPasswordlessCapable = fields.Boolean(filters=_EQ)
    isSsprCapable = fields.Boolean(filters=_EQ)
    isSsprEnabled = fields.Boolean(filters=_EQ)
    isSsprRegistered = fields.Boolean(filters=_EQ)
    isSystemPreferredAuthenticationMethodEnabled = fields.Boolean(nullable=True, filters=_EQ)
    lastUpdatedDateTime = fields.DateTimeOffset()
    methodsRegistered = fields.Collection(fields.String(), filters=_ANY)
    systemPreferredAuthenticationMethods = fields.Collection(fields.String(), filters=_ANY)
    userDisplayName = fields.String(ignore_case=True, filters=_TEXT, sorts=True)
    userPreferredMethodForSecondaryAuthentication = fields.Enum(
        USER_DEFAULT_AUTHENTICATION_METHOD, nullable=True
    )
    userPrincipalName = fields.String(ignore_case=True, index="equality", filters=_TEXT, sorts=True)
    userType = fields.Enum(SIGN_IN_USER_TYPE)


class UserRegistrationFeatureCount(ComplexSchema):
    """How many users have a feature."""

    edm_name = "userRegistrationFeatureCount"

    feature = fields.Enum(AUTHENTICATION_METHOD_FEATURE)
    userCount = fields.Int64()


class UserRegistrationFeatureSummary(ComplexSchema):
    """https://learn.microsoft.com/graph/api/resources/userregistrationfeaturesummary"""

    edm_name = "userRegistrationFeatureSummary"

    totalUserCount = fields.Int64()
    userRegistrationFeatureCounts = fields.Collection(fields.Complex(UserRegistrationFeatureCount))
    userRoles = fields.Enum(INCLUDED_USER_ROLES, nullable=True)
    userTypes = fields.Enum(INCLUDED_USER_TYPES, nullable=True)


class UserRegistrationMethodCount(ComplexSchema):
    """How many users have registered a method."""

    edm_name = "userRegistrationMethodCount"

    authenticationMethod = fields.String()
    userCount = fields.Int64()


class UserRegistrationMethodSummary(ComplexSchema):
    """https://learn.microsoft.com/graph/api/resources/userregistrationmethodsummary"""

    edm_name = "userRegistrationMethodSummary"

    totalUserCount = fields.Int64()
    userRegistrationMethodCounts = fields.Collection(fields.Complex(UserRegistrationMethodCount))
    userRoles = fields.Enum(INCLUDED_USER_ROLES, nullable=True)
    userTypes = fields.Enum(INCLUDED_USER_TYPES, nullable=True)


_FLAG_OF_STATUS = {
    "registered": "isRegistered",
    "enabled": "isEnabled",
    "capable": "isCapable",
    "mfaRegistered": "isMfaRegistered",
}
_FLAG_OF_FEATURE = {
    "ssprRegistered": "isSsprRegistered",
    "ssprEnabled": "isSsprEnabled",
    "ssprCapable": "isSsprCapable",
    "passwordlessCapable": "isPasswordlessCapable",
    "mfaCapable": "isMfaCapable",
}


def registration_count(data: Data, arguments: Mapping[str, str]) -> list[Record]:
    """The users of the older set, counted by status."""
    users = list(data.records(_OLD))
    counts = [
        {"registrationStatus": status, "registrationCount": sum(user[flag] for user in users)}
        for status, flag in _FLAG_OF_STATUS.items()
    ]
    return [
        {
            "id": "credentialUserRegistrationCount",
            "totalUserCount": len(users),
            "userRegistrationCounts": counts,
        }
    ]


def registered_by_feature(data: Data, arguments: Mapping[str, str]) -> list[Record]:
    """The users of the newer set, counted by feature."""
    users, shown = _included(data, arguments)
    counts = [
        {"feature": feature, "userCount": sum(user[flag] for user in users)}
        for feature, flag in _FLAG_OF_FEATURE.items()
    ]
    return [{"totalUserCount": len(users), "userRegistrationFeatureCounts": counts, **shown}]


def registered_by_method(data: Data, arguments: Mapping[str, str]) -> list[Record]:
    """The users of the newer set, counted by registered method, by its name."""
    users, shown = _included(data, arguments)
    registered = Counter(method for user in users for method in set(user["methodsRegistered"]))
    counts = [
        {"authenticationMethod": method, "userCount": registered[method]}
        for method in sorted(registered)
    ]
    return [{"totalUserCount": len(users), "userRegistrationMethodCounts": counts, **shown}]


def _included(data: Data, arguments: Mapping[str, str]) -> tuple[list[Record], dict[str, str]]:
    """The users that are meant, and the arguments as the answer repeats them."""
    roles = arguments.get("includedUserRoles", "all")
    kind = arguments.get("includedUserTypes", "all")
    admin = {"admin": True, "user": False}.get(roles)
    users = [
        user
        for user in data.records(_NEW)
        if kind in ("all", user["userType"]) and admin in (None, bool(user.get("isAdmin")))
    ]
    return users, {"userRoles": roles, "userTypes": kind}


_OPTIONS = frozenset({"filter", "orderby", "top", "skiptoken"})
_INCLUDED = (
    Parameter("includedUserTypes", INCLUDED_USER_TYPES, ("all", "member", "guest")),
    Parameter(
        "includedUserRoles",
        INCLUDED_USER_ROLES,
        ("all", "privilegedAdmin", "admin", "user"),
        {
            "privilegedAdmin": "the records of fakegraph know admins (isAdmin), not which of them "
            "are privileged."
        },
    ),
)

OLD_DETAILS = EntitySet(
    f"reports/{_OLD}",
    CredentialUserRegistrationDetails,
    READ_REPORTS,
    options=_OPTIONS,
    deprecation=retired_in_2025(_OLD.lower(), f"{_ROOT}/{_NEW}"),
)
OLD_COUNT = Function(
    "reports/getCredentialUserRegistrationCount",
    CredentialUserRegistrationCount,
    registration_count,
    permissions=READ_REPORTS,
    options=frozenset(),
    deprecation=retired_in_2025(
        "credentialuserregistrationcount", f"{_ROOT}/usersRegisteredByFeature"
    ),
)
NEW_DETAILS = EntitySet(
    f"{_ROOT}/{_NEW}", UserRegistrationDetails, READ_SUCCESSORS, writable=False, options=_OPTIONS
)
BY_FEATURE = Function(
    f"{_ROOT}/usersRegisteredByFeature",
    UserRegistrationFeatureSummary,
    registered_by_feature,
    overloads=((), _INCLUDED),
    many=False,
    permissions=READ_SUCCESSORS,
    options=frozenset(),
)
BY_METHOD = Function(
    f"{_ROOT}/usersRegisteredByMethod",
    UserRegistrationMethodSummary,
    registered_by_method,
    overloads=((), _INCLUDED),
    many=False,
    permissions=READ_SUCCESSORS,
    options=frozenset(),
)
