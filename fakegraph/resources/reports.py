"""The usage reports on authentication methods.

https://learn.microsoft.com/graph/api/resources/authenticationmethods-usage-insights-overview
"""

from __future__ import annotations

from fakegraph.edm import fields
from fakegraph.edm.model import EntitySet, Model
from fakegraph.edm.schema import EntitySchema
from fakegraph.edm.types import enum_type

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


class UserCredentialUsageDetails(EntitySchema):
    """One registration or reset of a credential by a user.

    https://learn.microsoft.com/graph/api/resources/usercredentialusagedetails
    """

    edm_name = "userCredentialUsageDetails"

    feature = fields.Enum(FEATURE_TYPE, index="equality")
    userPrincipalName = fields.String(ignore_case=True, index="equality")
    userDisplayName = fields.String(ignore_case=True)
    isSuccess = fields.Boolean()
    authMethod = fields.Enum(USAGE_AUTH_METHOD, index="equality")
    failureReason = fields.String(ignore_case=True)
    eventDateTime = fields.DateTimeOffset(index="order")


def register(models: dict[str, Model]) -> None:
    """Add this family to the versions that have it."""
    models["beta"].add(
        EntitySet(
            "reports/userCredentialUsageDetails", UserCredentialUsageDetails, ("Reports.Read.All",)
        )
    )
