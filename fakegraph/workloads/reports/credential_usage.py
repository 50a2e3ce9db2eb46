"""Events of users registering and resetting credentials, and what is counted of them.

https://learn.microsoft.com/graph/api/resources/authenticationmethods-usage-insights-overview
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from fakegraph.edm import fields, types
from fakegraph.edm.model import Data, EntitySet, Function, Parameter
from fakegraph.edm.schema import EntitySchema, Record
from fakegraph.edm.types import enum_type
from fakegraph.edm.values import TICKS_PER_DAY, Instant
from fakegraph.workloads.reports.common import READ_REPORTS, READ_SUCCESSORS, retired_in_2025

FEATURE_TYPE = enum_type("featureType", "registration", "reset", "unknownFutureValue")

USAGE_AUTH_METHOD = enum_type(
    "usageAuthMethod",
    "email",
    "mobileSMS",
    "mobileCall",
    "officePhone",
    "securityQuestion",
    "appNotification",
    "appCode",
    "alternateMobileCall",
    "fido",
    "appPassword",
    "unknownFutureValue",
    "externalAuthMethod",
    "hardwareOneTimePasscode",
    "windowsHelloForBusiness",
    "microsoftAuthenticatorPasswordless",
    "temporaryAccessPass",
    "macOsSecureEnclaveKey",
    "passKeyDeviceBound",
    "passKeyDeviceBoundAuthenticator",
    "passKeyDeviceBoundWindowsHello",
    "softwareOneTimePasscode",
    "microsoftAuthenticatorPush",
    "mobilePhone",
    "sms",
    "alternateMobilePhone",
    "fido2SecurityKey",
    "oneTimePasscode",
    "passKeySynced",
    "qrCode",
)

_EVENTS = "userCredentialUsageDetails"
_TEXT = ("eq", "startswith")


class UserCredentialUsageDetails(EntitySchema):
    """One registration or reset of a credential by a user.

    https://learn.microsoft.com/graph/api/resources/usercredentialusagedetails
    """

    edm_name = "userCredentialUsageDetails"

    feature = fields.Enum(FEATURE_TYPE, index="equality", filters=("eq",))
    userPrincipalName = fields.String(ignore_case=True, index="equality", filters=_TEXT)
    userDisplayName = fields.String(ignore_case=True, filters=_TEXT)
    isSuccess = fields.Boolean(filters=("eq",), sorts=True)
    authMethod = fields.Enum(USAGE_AUTH_METHOD, index="equality", filters=("eq",))
    failureReason = fields.String(ignore_case=True, filters=_TEXT)
    eventDateTime = fields.DateTimeOffset(index="order")


class UserEventsSummary(EntitySchema):
    """The same event under the name that it has since.

    https://learn.microsoft.com/graph/api/resources/usereventssummary
    """

    edm_name = "userEventsSummary"

    feature = fields.Enum(FEATURE_TYPE)
    userPrincipalName = fields.String(ignore_case=True, filters=_TEXT, sorts=True)
    userDisplayName = fields.String(ignore_case=True, filters=_TEXT, sorts=True)
    isSuccess = fields.Boolean()
    authMethod = fields.Enum(USAGE_AUTH_METHOD)
    failureReason = fields.String(ignore_case=True)
    eventDateTime = fields.DateTimeOffset()


class CredentialUsageSummary(EntitySchema):
    """How often a method was used for a feature, with and without success.

    https://learn.microsoft.com/graph/api/resources/credentialusagesummary
    """

    edm_name = "credentialUsageSummary"

    authMethod = fields.Enum(USAGE_AUTH_METHOD)
    failureActivityCount = fields.Int64()
    feature = fields.Enum(FEATURE_TYPE, filters=("eq",))
    successfulActivityCount = fields.Int64()


def usage_summary(data: Data, arguments: Mapping[str, str]) -> list[Record]:
    """The events of the period up to now, counted by feature and method."""
    days = int(arguments["period"].removeprefix("D"))
    since = Instant(data.now - days * TICKS_PER_DAY)
    events = data.between(_EVENTS, "eventDateTime", since, data.now)
    counts = Counter((e["feature"], e["authMethod"], e["isSuccess"]) for e in events)
    seen = {(feature, method) for feature, method, _ in counts}
    return [
        {
            "id": f"{feature}_{method}",
            "authMethod": method,
            "failureActivityCount": counts[feature, method, False],
            "feature": feature,
            "successfulActivityCount": counts[feature, method, True],
        }
        for feature in FEATURE_TYPE.members
        for method in USAGE_AUTH_METHOD.members
        if (feature, method) in seen
    ]


_SUCCESSOR = "reports/authenticationMethods/userEventsSummary"
_OPTIONS = frozenset({"filter", "orderby", "top", "skiptoken"})

DETAILS = EntitySet(
    f"reports/{_EVENTS}",
    UserCredentialUsageDetails,
    READ_REPORTS,
    options=_OPTIONS,
    deprecation=retired_in_2025("usercredentialusagedetails", _SUCCESSOR),
)

EVENTS_SUMMARY = EntitySet(
    _SUCCESSOR,
    UserEventsSummary,
    READ_SUCCESSORS,
    writable=False,
    view_of=_EVENTS,
    options=_OPTIONS,
)

USAGE_SUMMARY = Function(
    "reports/getCredentialUsageSummary",
    CredentialUsageSummary,
    usage_summary,
    overloads=((Parameter("period", types.STRING, ("D1", "D7", "D30")),),),
    permissions=READ_REPORTS,
    options=frozenset({"filter", "top", "skiptoken"}),
    deprecation=retired_in_2025("credentialusagesummary", _SUCCESSOR),
)
