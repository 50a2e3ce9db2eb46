"""What policies of the tenant say before anybody changes them, and what settings are made of.

https://learn.microsoft.com/graph/api/resources/policy-overview
https://learn.microsoft.com/graph/api/resources/authenticationstrengths-overview
https://learn.microsoft.com/graph/group-directory-settings
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Making, Reading
from fakegraph.workloads.operations import Call, operation

# Policies of which there is one -----------------------------------------------------------------

_ALLOWED, _BLOCKED = (
    {
        "usersAndGroups": {
            "accessType": access,
            "targets": [{"target": "AllUsers", "targetType": "user"}],
        },
        "applications": {
            "accessType": access,
            "targets": [{"target": "AllApplications", "targetType": "application"}],
        },
    }
    for access in ("allowed", "blocked")
)
_ACROSS: Record = {
    "inboundTrust": {
        "isMfaAccepted": False,
        "isCompliantDeviceAccepted": False,
        "isHybridAzureADJoinedDeviceAccepted": False,
    },
    "b2bCollaborationOutbound": _ALLOWED,
    "b2bCollaborationInbound": _ALLOWED,
    "b2bDirectConnectOutbound": _BLOCKED,
    "b2bDirectConnectInbound": _BLOCKED,
    "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
}
_STARTS: Mapping[str, Record] = {
    "policyRoot/authorizationPolicy": {
        "id": "authorizationPolicy",
        "displayName": "Authorization Policy",
        "allowInvitesFrom": "everyone",
        "allowedToSignUpEmailBasedSubscriptions": True,
        "allowedToUseSSPR": True,
        "allowEmailVerifiedUsersToJoinOrganization": False,
        "blockMsolPowerShell": False,
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "defaultUserRolePermissions": {
            "allowedToCreateApps": True,
            "allowedToCreateSecurityGroups": True,
            "allowedToCreateTenants": True,
            "allowedToReadBitlockerKeysForOwnedDevice": True,
            "allowedToReadOtherUsers": True,
            "permissionGrantPoliciesAssigned": [],
        },
    },
    "policyRoot/identitySecurityDefaultsEnforcementPolicy": {
        "id": "00000000-0000-0000-0000-000000000005",
        "displayName": "Security Defaults",
        "isEnabled": False,
    },
    "policyRoot/authenticationMethodsPolicy": {
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
    },
    "policyRoot/adminConsentRequestPolicy": {
        "isEnabled": False,
        "notifyReviewers": False,
        "remindersEnabled": False,
        "requestDurationInDays": 0,
        "reviewers": [],
        "version": 0,
    },
    "policyRoot/authenticationFlowsPolicy": {
        "id": "authenticationFlowsPolicy",
        "displayName": "Authentication flows policy",
        "selfServiceSignUp": {"isEnabled": False},
    },
    "crossTenantAccessPolicy/default": _ACROSS,
}


def _is_as_at_first(reading: Reading) -> bool:
    """Whether nothing of it was changed."""
    return all(reading.record.get(name) == value for name, value in _ACROSS.items())


@operation("crossTenantAccessPolicyConfigurationDefault/resetToSystemDefault", status=204)
def reset_to_system_default(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/crosstenantaccesspolicyconfigurationdefault-resettosystemdefault"""
    named = {"id", "isServiceDefault", *_ACROSS}
    gone = {name: None for name in call.record if name not in named and name[0] != "@"}
    call.change(call.thing, {**gone, **_ACROSS})


# Strengths of authentication --------------------------------------------------------------------

_RESISTANT = ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]
_WITHOUT_PASSWORD = [*_RESISTANT, "deviceBasedPush"]
_FACTORS = ("softwareOath", "hardwareOath", "sms", "voice")
_MULTIPLE = [
    *(*_WITHOUT_PASSWORD, "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"),
    *(f"password,{each}" for each in ("microsoftAuthenticatorPush", *_FACTORS)),
    "federatedMultiFactor",
    *(f"{each},federatedSingleFactor" for each in ("microsoftAuthenticatorPush", *_FACTORS)),
]
_SINGLE = ("password", "sms", "x509CertificateSingleFactor", "federatedSingleFactor", "qrCodePin")
_BUILT_IN = "builtIn"
_STRENGTHS: tuple[Record, ...] = tuple(
    {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "displayName": name,
        "policyType": _BUILT_IN,
        "requirementsSatisfied": "mfa",
        "allowedCombinations": combinations,
        "createdDateTime": "2021-12-01T00:00:00Z",
        "modifiedDateTime": "2021-12-01T00:00:00Z",
    }
    for number, name, combinations in (
        (2, "Multifactor authentication", _MULTIPLE),
        (3, "Passwordless MFA", _WITHOUT_PASSWORD),
        (4, "Phishing-resistant MFA", _RESISTANT),
    )
)


_BUILT_IN_IDS = frozenset(str(each["id"]) for each in _STRENGTHS)


def _kind(making: Making) -> str:
    """Whose a strength is, whatever a body says."""
    return _BUILT_IN if making.record.get("id") in _BUILT_IN_IDS else "custom"


def _built_in_stays() -> GraphError:
    return GraphError(400, "BadRequest", "A built-in authentication strength cannot be changed.")


def _check_strength(strength: Record, before: Record | None) -> None:
    """Raise GraphError (400) for another of the built-in strengths."""
    if before is not None and before.get("id") in _BUILT_IN_IDS and strength != before:
        raise _built_in_stays()


def _unmade(acting: Acting, row: Row) -> None:
    if row.record.get("id") in _BUILT_IN_IDS:
        raise _built_in_stays()


def _satisfied(making: Making) -> str:
    """Whether all that it allows is of several factors: with one single one, not."""
    return "none" if {*_SINGLE} & {*(making.record.get("allowedCombinations") or ())} else "mfa"


@operation("authenticationStrengthPolicy/updateAllowedCombinations", status=200)
def update_allowed_combinations(call: Call) -> Mapping[str, Any]:
    """https://learn.microsoft.com/graph/api/authenticationstrengthpolicy-updateallowedcombinations"""
    if call.record.get("id") in _BUILT_IN_IDS:
        raise _built_in_stays()
    wanted = call.arguments["allowedCombinations"]
    before = call.record.get("allowedCombinations") or []
    call.change(call.thing, {"allowedCombinations": wanted, "modifiedDateTime": call.now})
    return {"previousCombinations": before, "currentCombinations": wanted}


# Settings ---------------------------------------------------------------------------------------

_TYPES = {"s": "System.String", "b": "System.Boolean", "g": "System.Guid", "i": "System.Int32"}
# By id and name: each value's name, type and default.
_TEMPLATES = """
62375ab9-6b52-47ed-826b-58e47e0e304b Group.Unified
NewUnifiedGroupWritebackDefault b true
EnableMIPLabels b false
CustomBlockedWordsList s
EnableMSStandardBlockedWords b false
ClassificationDescriptions s
DefaultClassification s
PrefixSuffixNamingRequirement s
AllowGuestsToBeGroupOwner b false
AllowGuestsToAccessGroups b true
GuestUsageGuidelinesUrl s
GroupCreationAllowedGroupId g
AllowToAddGuests b true
UsageGuidelinesUrl s
ClassificationList s
EnableGroupCreation b true

08d542b9-071f-4e16-94b0-74abb372e3d9 Group.Unified.Guest
AllowToAddGuests b true

4bc7f740-180e-4586-adb6-38b2e9024e6b Application
EnableAccessCheckForPrivilegedApplicationUpdates b false

898f1161-d651-43d1-805c-3b0b388a9fc2 Custom Policy Settings
CustomConditionalAccessPolicyUrl s

5cf42378-d67d-4f36-ba46-e8b86229381d Password Rule Settings
BannedPasswordCheckOnPremisesMode s Audit
EnableBannedPasswordCheckOnPremises b true
EnableBannedPasswordCheck b true
LockoutDurationInSeconds i 60
LockoutThreshold i 10
BannedPasswordList s

80661d51-be2f-4d46-9713-98a2fcaec5bc Prohibited Names Settings
CustomBlockedSubStringsList s
CustomBlockedWholeWordsList s

aad3907d-1d1a-448b-b3ef-7bf7f63db63b Prohibited Names Restricted Settings
CustomAllowedSubStringsList s
CustomAllowedWholeWordsList s
DoNotValidateAgainstTrademark b false

dffd5d46-495d-40a9-8e21-954ff55e198a Consent Policy Settings
EnableGroupSpecificConsent b false
BlockUserConsentForRiskyApps b true
EnableAdminConsentRequests b false
ConstrainGroupSpecificConsentToMembersOfGroupId s
"""


def _template(text: str) -> Record:
    head, *lines = text.strip().splitlines()
    id_, _, name = head.partition(" ")
    values = []
    for line in lines:
        value, kind, default = f"{line} ".split(" ")[:3]
        values.append({"name": value, "type": _TYPES[kind], "defaultValue": default})
    return {"id": id_, "displayName": name, "values": values}


TEMPLATES: tuple[Record, ...] = tuple(map(_template, _TEMPLATES.strip().split("\n\n")))
"""What settings can be made of, the same in every tenant."""
_BY_ID = {str(each["id"]): each for each in TEMPLATES}


def _template_name(making: Making) -> str | None:
    """The name of the template that settings are made of."""
    found = _BY_ID.get(str(making.record.get("templateId")).lower())
    return None if found is None else str(found["displayName"])


_FORMS = {
    "System.String": re.compile(r"(?s:.*)"),
    "System.Boolean": re.compile(r"(?i:true|false)"),
    "System.Int32": re.compile(r"-?[0-9]{1,9}", re.ASCII),
    "System.Guid": re.compile(r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?"),
}


def _refused(message: str, target: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, target)


def _check_setting(setting: Record, before: Record | None) -> None:
    """Raise GraphError (400) for no template, and for a value that it does not have."""
    template = _BY_ID.get(str(setting.get("templateId")).lower())
    if template is None:
        resource = "resource 'GroupSetting'"
        raise _refused(
            f"Invalid value specified for property 'templateId' of {resource}.", "templateId"
        )
    kinds = {each["name"]: each["type"] for each in template["values"]}
    for value in setting.get("values") or ():
        name, text = value.get("name"), str(value.get("value") or "")
        if name not in kinds:
            raise _refused(
                f"'{name}' is no value of the template {template['displayName']}: "
                f"it has {', '.join(sorted(kinds))}.",
                "values",
            )
        if not _FORMS[kinds[name]].fullmatch(text):
            raise _refused(f"'{text}' is no {kinds[name]}, which '{name}' is.", "values")


def _check_once(making: Making) -> None:
    """Raise GraphError (400) for a second setting of a template, of the tenant or of a group."""
    record = making.record
    for other in making.beside():
        if other.get("id") != record.get("id") and _same_template(other, record):
            raise _again(making.owner, f"GroupSetting_{other['id']}")


def _same_template(one: Record, other: Record) -> bool:
    return str(one.get("templateId")).lower() == str(other.get("templateId")).lower()


def _again(group: Record | None, other: str) -> GraphError:
    if group is not None:
        return _refused(
            "A conflicting object with one or more of the specified property values is present in "
            "the directory.",
            "templateId",
        )
    message = "Another object with the same value for property templateId already exists."
    details = [Problem(message, "templateId", "ObjectConflict")]
    details.append(Problem(message, other, "ConflictingObjects"))
    return GraphError(400, "Request_BadRequest", message, details=details)


TYPES = (
    Type(
        "crossTenantAccessPolicyConfigurationDefault",
        computed={"isServiceDefault": _is_as_at_first},
    ),
    # https://learn.microsoft.com/graph/api/resources/stspolicy
    *(
        Type(f"{name}Policy", required=("definition", "displayName"))
        for name in (
            *("activityBasedTimeout", "claimsMapping", "homeRealmDiscovery"),
            *("tokenIssuance", "tokenLifetime"),
        )
    ),
    Type(
        "authenticationStrengthPolicy",
        required=("displayName", "allowedCombinations"),
        refuses=(_check_strength,),
        unmade=_unmade,
        formed={"policyType": _kind},
        generated={"requirementsSatisfied": _satisfied},
    ),
    Type(
        "groupSetting",
        required=("templateId",),
        ignored=frozenset({"displayName"}),
        immutable=frozenset({"templateId"}),
        refuses=(_check_setting,),
        checks=(_check_once,),
        generated={"displayName": _template_name},
    ),
)
# Of changes: https://learn.microsoft.com/graph/api/authenticationmethodspolicy-update shows 200,
# https://learn.microsoft.com/graph/api/crosstenantaccesspolicyconfigurationpartner-update 204.
_STATUSES = {
    "policyRoot/authenticationMethodsPolicy": {"PATCH": 200},
    "crossTenantAccessPolicy/default": {"PATCH": 204},
}
_SYNCHRONIZED = "crossTenantAccessPolicyConfigurationPartner/identitySynchronization"
_TEMPLATE = "policyTemplate/multiTenantOrganization"

NAVIGATION = (
    *(
        Navigation(name, start=start, statuses=_STATUSES.get(name, {}))
        for name, start in _STARTS.items()
    ),
    Navigation("crossTenantAccessPolicy/partners", statuses={"PATCH": 204}),
    Navigation(_SYNCHRONIZED, statuses={"PUT": 204, "PATCH": 204}),
    Navigation(f"{_TEMPLATE}IdentitySynchronization", statuses={"PATCH": 204}),
    Navigation(f"{_TEMPLATE}PartnerConfiguration", statuses={"PATCH": 204}),
    Navigation("policyRoot/authenticationStrengthPolicies", provisioned=_STRENGTHS),
    # https://learn.microsoft.com/graph/api/authenticationstrengthroot-list-combinations
    Navigation(
        "conditionalAccessRoot/authenticationStrength",
        start={"combinations": [*_MULTIPLE, *_SINGLE]},
    ),
    Navigation(
        "authenticationStrengthRoot/policies",
        home="policyRoot/authenticationStrengthPolicies",
        view={},
        documented=frozenset({"GET", "POST", "PATCH", "DELETE"}),
        needs="/policies/authenticationStrengthPolicies",
    ),
    Navigation("groupSettingTemplates", given=TEMPLATES),
)
OPERATIONS = (reset_to_system_default, update_allowed_combinations)
