"""What the directory's things can be asked, and what of it wants the advanced parameters.

https://learn.microsoft.com/graph/aad-advanced-queries
"""

from __future__ import annotations

from fakegraph.workloads.declarations import Advanced

_COLUMNS = ("eq", "ne", "not", "ge", "le", "in", "startswith", "null")

# D: without more; A: with the advanced parameters; -: never. In the order of the columns.
_ROWS = {
    "D A A D D D D A": "city country department displayName employeeId givenName jobTitle mail "
    "mailNickname state surname usageLocation",
    "D A A - - D - -": "accountEnabled ageGroup appId consentProvidedForMinor creationType id "
    "membershipRuleProcessingState onPremisesSyncEnabled securityEnabled servicePrincipalType "
    "signInAudience",
    "D A A - - D - A": "userType",
    "D A A D D D D -": "userPrincipalName onPremisesImmutableId onPremisesUserPrincipalName",
    "D A A D D D - -": "onPremisesLastSyncDateTime renewedDateTime",
    "D A A D D A - A": "createdDateTime",
    "D A A D D A - -": "deletedDateTime",
    "D A A - - - - -": "mailEnabled isAssignableToRole externalUserState isCompliant isManaged "
    "isResourceAccount disabledByMicrosoftStatus",
    "D A A - - - A -": "applicationTemplateId deviceId mdmAppId roleTemplateId",
    "D A A D D - D -": "classification membershipRule",
    "D A A D D - D A": "operatingSystem operatingSystemVersion",
    "D A A D D - - -": "approximateLastSignInDateTime",
    "D - A D D - D -": "proxyAddresses imAddresses infoCatalogs alternativeNames physicalIds "
    "servicePrincipalNames tags",
    "D - A D D D D -": "otherMails",
    "D A - D D - D -": "identifierUris publisherDomain",
    "D - A - - - - -": "groupTypes",
    "D - A - - - D -": "resourceProvisioningOptions",
    "D - A A A - - -": "assignedLicenses/skuId",
    "A A A A A A A A": "companyName faxNumber mobilePhone officeLocation postalCode "
    "preferredLanguage streetAddress customSecurityAttributes/*",
    "A A A A A A A -": "employeeType onPremisesSamAccountName",
    "A A A A A A - -": "employeeHireDate employeeOrgData/* expirationDateTime",
    "A A A A A A - A": "onPremisesExtensionAttributes/*",
    # https://learn.microsoft.com/graph/api/resources/device
    "A A A - - - A A": "extensionAttributes/*",
    "A A A A A - A -": "description",
    "A - A A A - A -": "businessPhones securityIdentifier",
    "A - A A A - - -": "assignedPlans/* provisionedPlans/* requiredResourceAccess/* "
    "keyCredentials/* alternativeSecurityIds/* onPremisesProvisioningErrors/*",
    "A - A - - - - -": "serviceProvisioningErrors/*",
    "A - A - - - A -": "authorizationInfo/certificateUserIds",
    "A A A - - A - -": "showInAddressList",
    "A A A - - A - A": "passwordProfile/forceChangePasswordNextSignIn",
    "A A A A A - - -": "appOwnerOrganizationId info/termsOfServiceUrl registrationDateTime",
    "A A A - - - - -": "appRoleAssignmentRequired",
    "- A A - - - - A": "passwordPolicies",
    "D - - - - - - -": "hasMembersWithLicenseErrors identities/issuer identities/issuerAssignedId",
    "D - - - - D - -": "onPremisesSecurityIdentifier",
    "- - - D D - - -": "signInActivity/lastSignInDateTime",
    "D - - D D D D -": "extension_*",
}


def _cells(pattern: str) -> dict[str, str]:
    cells = zip(_COLUMNS, pattern.split(), strict=True)
    return {name: cell for name, cell in cells if cell != "-"}


_FILTERS = {name: _cells(row) for row, names in _ROWS.items() for name in names.split()}
for _name in ("mail", "otherMails", "userPrincipalName", "proxyAddresses"):
    _FILTERS[_name]["endswith"] = "A"

_NAMED = {"createdDateTime": "A", "deletedDateTime": "A", "displayName": "A"}
_SORTS = {
    "user": {**_NAMED, "displayName": "D", "userPrincipalName": "D"},
    "group": {"deletedDateTime": "A", "displayName": "D"},
    "device": {**_NAMED, "approximateLastSignInDateTime": "A"},
    **dict.fromkeys(("application", "servicePrincipal", "orgContact"), _NAMED),
    "administrativeUnit": _NAMED,
    "directoryObject": {**_NAMED, "userPrincipalName": "A"},
}
_TOGETHER = {"identities": frozenset({"issuer", "issuerAssignedId"})}
_EQ = {"eq": "D"}
_LIKE = {"eq": "D", "startswith": "D"}
_WHEN = dict.fromkeys(("eq", "ge", "gt", "le", "lt"), "D")
# https://learn.microsoft.com/graph/api/signin-list
_SIGN_IN = {
    "createdDateTime": _WHEN,
    **dict.fromkeys(
        (
            *("appDisplayName", "ipAddress", "userDisplayName", "userPrincipalName"),
            *("deviceDetail/browser", "deviceDetail/operatingSystem", "location/city"),
            *("location/countryOrRegion", "location/state"),
        ),
        _LIKE,
    ),
    **dict.fromkeys(
        (
            *("id", "appId", "userId", "clientAppUsed", "conditionalAccessStatus"),
            *("correlationId", "isInteractive", "resourceDisplayName", "resourceId"),
            *("riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState"),
            *("riskEventTypes", "riskEventTypes_v2", "status/errorCode"),
        ),
        _EQ,
    ),
}
# https://learn.microsoft.com/graph/api/directoryaudit-list
_AUDIT = {
    "activityDateTime": _WHEN,
    **dict.fromkeys(
        (
            *("activityDisplayName", "initiatedBy/user/displayName"),
            *("initiatedBy/user/userPrincipalName", "initiatedBy/app/displayName"),
            *("initiatedBy/app/servicePrincipalName", "targetResources/displayName"),
        ),
        _LIKE,
    ),
    **dict.fromkeys(
        (
            *("id", "category", "correlationId", "loggedByService", "result"),
            *("operationType", "initiatedBy/user/id", "initiatedBy/app/appId"),
            *("initiatedBy/app/servicePrincipalId", "targetResources/id"),
        ),
        _EQ,
    ),
}
_ALWAYS_A = dict.fromkeys(("eq", "ne", "not", "in", "startswith"), "A")

ADVANCED = (
    *(
        Advanced(
            name,
            _FILTERS,
            sorts,
            _TOGETHER,
            alone=frozenset({"signInActivity"}),
            # https://learn.microsoft.com/graph/permissions-reference has it of `memberOf`
            of_casts=frozenset({"groupTypes"}),
        )
        for name, sorts in _SORTS.items()
    ),
    Advanced(
        "appRoleAssignment",
        {"resourceId": _EQ, "principalDisplayName": {"startswith": "D"}},
    ),
    Advanced(
        "oAuth2PermissionGrant",
        dict.fromkeys(("clientId", "consentType", "principalId", "resourceId"), _EQ),
    ),
    Advanced("schemaExtension", dict.fromkeys(("id", "owner", "status", "targetTypes"), _EQ)),
    Advanced(
        "directoryRole",
        {"roleTemplateId": _EQ, **dict.fromkeys(("displayName", "description", "id"), _ALWAYS_A)},
        {"displayName": "A"},
    ),
    Advanced("signIn", _SIGN_IN, {"createdDateTime": "D"}, plain=True),
    Advanced("directoryAudit", _AUDIT, {"activityDateTime": "D"}, plain=True),
)

SEARCHED = {
    name.casefold(): name
    for name, cells in _FILTERS.items()
    if "startswith" in cells and "*" not in name
} | {"description": "description"}
"""What ``$search`` goes by: by the name in any case."""
