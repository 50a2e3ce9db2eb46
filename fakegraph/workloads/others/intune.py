"""Intune: devices, what is done to them from afar, and who is assigned policies and apps.

What is done to a device is noted on it as ``pending``, and stays so: no device comes by to do it.
https://learn.microsoft.com/graph/api/resources/intune-graph-overview
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Operation
from fakegraph.workloads.directory.role_templates import NAMES
from fakegraph.workloads.effects import (
    argument,
    assigns,
    moves,
    notes,
    now,
    put_in_stead,
    sets,
    values_of,
)
from fakegraph.workloads.operations import Call, Thing, operation

TEST_MESSAGES = "@intuneTestMessages"
_RESULT = "#microsoft.graph."

# Devices --------------------------------------------------------------------------------------

Detail = Callable[[Call], Record]


def _plain(call: Call) -> Record:
    """Nothing more is known of what was asked."""
    return {}


def _typed(name: str, values: Detail = _plain) -> Detail:
    """What a result says of itself by being of a type of its own."""
    return lambda call: {"@odata.type": f"{_RESULT}{name}ActionResult", **values(call)}


def _scan(call: Call) -> Record:
    return {"scanType": "quick" if call.arguments["quickScan"] else "full"}


def _user(call: Call) -> Record:
    return {"userPrincipalName": call.arguments.get("userPrincipalName")}


def _asked(device: Thing, call: Call, action: str, detail: Record, state: str | None) -> None:
    """Note on a device what is asked of it; ``state`` is what its management comes to by it."""
    said = {"actionName": action, "actionState": "pending"}
    times = {"startDateTime": call.now, "lastUpdatedDateTime": call.now}
    there = device.record.get("deviceActionResults") or []
    changes: Record = {"deviceActionResults": [*there, {**said, **times, **detail}]}
    call.change(device, {**changes, **({"managementState": state} if state else {})})


def _remote(name: str, detail: Detail = _plain, state: str | None = None) -> Operation:
    def act(call: Call) -> None:
        _asked(call.thing, call, name, detail(call), state)

    return operation(f"managedDevice/{name}")(act)


# https://learn.microsoft.com/graph/api/resources/intune-devices-manageddevice
_REMOTE = (
    _remote("bypassActivationLock"),
    _remote("cleanWindowsDevice"),
    _remote("deleteUserFromSharedAppleDevice", _typed("deleteUserFromSharedAppleDevice", _user)),
    _remote("disableLostMode"),
    _remote("locateDevice", _typed("locateDevice")),
    _remote("logoutSharedAppleDeviceActiveUser"),
    _remote("rebootNow"),
    _remote("recoverPasscode"),
    _remote("remoteLock", _typed("remoteLock")),
    _remote("requestRemoteAssistance"),
    _remote("resetPasscode", _typed("resetPasscode")),
    _remote("retire", state="retirePending"),
    _remote("shutDown"),
    _remote("syncDevice"),
    _remote("updateWindowsDeviceAccount"),
    _remote("windowsDefenderScan", _typed("windowsDefenderScan", _scan)),
    _remote("windowsDefenderUpdateSignatures"),
    _remote("wipe", state="wipePending"),
)


@operation("user/removeAllDevicesFromManagement")
def remove_all(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/intune-devices-user-removealldevicesfrommanagement"""
    for device in call.leads_to(call.thing, "managedDevices"):
        _asked(device, call, "retire", {}, "retirePending")


# Who is assigned what -------------------------------------------------------------------------

# https://learn.microsoft.com/graph/api/intune-deviceconfig-deviceconfiguration-assign


def _is_assigned(call: Call) -> bool:
    return bool(call.arguments.get("assignments"))


def _group_of_apps(call: Call) -> str:
    """The group whose apps a policy is for: which these are the service alone knows, so those that
    are sent are kept. Only beta shows it.
    """
    return str(call.arguments.get("appGroupType") or "selectedPublicApps")


def _how_many_apps(call: Call) -> int:
    return len(call.arguments.get("apps") or ())


def _assign_script(call: Call) -> None:
    """To whom a script goes, and to which groups as it was said before: in the stead of before."""
    for parameter, navigation in (
        ("deviceManagementScriptAssignments", "assignments"),
        ("deviceManagementScriptGroupAssignments", "groupAssignments"),
    ):
        put_in_stead(call, parameter, navigation)


_ASSIGNED = (
    *(
        assigns(f"{name}/assign", "assignments", "assignments")
        for name in (
            *("cloudPcProvisioningPolicy", "cloudPcUserSetting", "deviceCompliancePolicy"),
            *("deviceConfiguration", "managedDeviceMobileAppConfiguration"),
            # These has beta alone.
            *("deviceManagementCompliancePolicy", "deviceManagementConfigurationPolicy"),
            *("deviceManagementIntent", "deviceManagementResourceAccessProfileBase"),
            *("embeddedSIMActivationCodePool", "groupPolicyConfiguration", "intuneBrandingProfile"),
            *("roleScopeTag", "windowsDriverUpdateProfile", "windowsFeatureUpdateProfile"),
            *("windowsQualityUpdatePolicy", "windowsQualityUpdateProfile"),
        )
    ),
    *(
        assigns(f"{name}/assign", "deviceHealthScriptAssignments", "assignments")
        for name in ("deviceComplianceScript", "deviceHealthScript")
    ),
    *(
        operation(f"{name}/assign")(_assign_script)
        for name in (
            *("deviceManagementScript", "deviceShellScript", "deviceCustomAttributeShellScript"),
        )
    ),
    assigns("hardwareConfiguration/assign", "hardwareConfigurationAssignments", "assignments"),
    *(
        assigns(f"{name}/assign", "assignments", "assignments", {"isAssigned": _is_assigned})
        for name in (
            *("targetedManagedAppConfiguration", "targetedManagedAppProtection"),
            "windowsInformationProtection",
        )
    ),
    assigns(
        "deviceEnrollmentConfiguration/assign", "enrollmentConfigurationAssignments", "assignments"
    ),
    assigns("managedEBook/assign", "managedEBookAssignments", "assignments"),
    assigns("mobileApp/assign", "mobileAppAssignments", "assignments"),
    assigns("managedAppPolicy/targetApps", "apps", "apps"),
    assigns("managedAppProtection/targetApps", "apps", "apps"),
    *(
        assigns(
            f"{name}/targetApps",
            "apps",
            "apps",
            {"appGroupType": _group_of_apps, "deployedAppCount": _how_many_apps},
            optional=frozenset({"appGroupType"}),
        )
        for name in ("targetedManagedAppConfiguration", "targetedManagedAppProtection")
    ),
    assigns(
        "deviceCompliancePolicy/scheduleActionsForRules",
        "deviceComplianceScheduledActionForRules",
        "scheduledActionsForRule",
    ),
)


# What is set ----------------------------------------------------------------------------------


def _one_of_autopilot(call: Call) -> Record:
    names = ("userPrincipalName", "addressableUserName", "groupTag", "displayName")
    return {name: call.arguments[name] for name in names if name in call.arguments}


@operation("windowsAutopilotDeviceIdentity/updateDeviceProperties")
def update_autopilot(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/resources/intune-enrollment-windowsautopilotdeviceidentity"""
    call.change(call.thing, _one_of_autopilot(call))


@operation("windowsAutopilotDeviceIdentity/assignUserToDevice")
def assign_user(call: Call) -> None:
    """The same page."""
    if not call.arguments.get("userPrincipalName"):
        raise bad_request("Who is assigned has a 'userPrincipalName'.", "userPrincipalName")
    call.change(call.thing, _one_of_autopilot(call))


_IMPORTED = "importedWindowsAutopilotDeviceIdentities"


@operation("importedWindowsAutopilotDeviceIdentity*/import")
def import_devices(call: Call) -> list[Thing]:
    """https://learn.microsoft.com/graph/api/intune-enrollment-importedwindowsautopilotdeviceidentity-import"""
    state = {"deviceImportStatus": "pending", "deviceErrorCode": 0, "deviceErrorName": ""}
    return [
        call.add(call.holder, _IMPORTED, {"state": state, **each})
        for each in call.arguments.get(_IMPORTED) or ()
    ]


_INTUNE = 1  # its number among the authorities


@operation("organization/setMobileDeviceManagementAuthority")
def set_authority(call: Call) -> int:
    """https://learn.microsoft.com/graph/api/intune-onboarding-organization-setmobiledevicemanagementauthority"""
    call.change(call.thing, {"mobileDeviceManagementAuthority": "intune"})
    return _INTUNE


UPLOADED = "@uploaded"
"""What a file of an app has of its bytes, once they are all there: how many."""


def stored(call: Call, record: Record, before: Record | None) -> None:
    """A file that is made is told at once where its bytes go."""
    if before is None and "azureStorageUri" not in record:
        state = {"uploadState": "azureStorageUriRequestSuccess"}
        call.change(call.thing, {**call.begin_storage(call.thing), **state})


@operation("mobileAppContentFile/renewUpload")
def _renew(call: Call) -> None:
    state = {"uploadState": "azureStorageUriRenewalSuccess"}
    call.change(call.thing, {**call.begin_storage(call.thing), **state})


@operation("mobileAppContentFile/commit")
def _commit(call: Call) -> None:
    """It is whole when as many bytes are there as was said."""
    record = call.thing.record
    whole = record.get(UPLOADED) == record.get("sizeEncrypted")
    state = "commitFileSuccess" if whole else "commitFileFailed"
    call.change(call.thing, {"isCommitted": whole, "uploadState": state})


_SET = (
    sets(
        "windowsAutopilotDeviceIdentity/unassignUserFromDevice",
        {"userPrincipalName": "", "addressableUserName": ""},
    ),
    sets("deviceEnrollmentConfiguration/setPriority", {"priority": argument("priority")}),
    sets("deviceManagementExchangeConnector/sync", {"lastSyncDateTime": now}),
    sets("vppToken/syncLicenses", {"lastSyncDateTime": now, "lastSyncStatus": "completed"}),
    sets(
        "deviceAppManagement/syncMicrosoftStoreForBusinessApps",
        {
            "microsoftStoreForBusinessLastCompletedApplicationSyncTime": now,
            "microsoftStoreForBusinessLastSuccessfulSyncDateTime": now,
        },
    ),
    sets("deviceManagementPartner/terminate", {"partnerState": "terminated"}),
    moves(
        "remoteAssistancePartner/beginOnboarding",
        "onboardingStatus",
        {"notOnboarded": "onboarding"},
    ),
    sets("remoteAssistancePartner/disconnect", {"onboardingStatus": "notOnboarded"}),
    _commit,
    _renew,
    notes("notificationMessageTemplate/sendTestMessage", TEST_MESSAGES),
)

# What is told ---------------------------------------------------------------------------------


def _told(name: str, things: Iterable[Thing]) -> list[str]:
    found = (each.record.get(name) for each in things)
    return [str(each) for each in found if each]


def _activities(call: Call, things: Iterable[Thing]) -> list[str]:
    wanted = str(call.arguments["category"]).casefold()
    kept = (each for each in things if _told("category", [each]))
    return _told(
        "activityType",
        (each for each in kept if str(each.record["category"]).casefold() == wanted),
    )


@operation("deviceManagement/verifyWindowsEnrollmentAutoDiscovery", reads=True)
def verify_discovery(call: Call) -> bool:
    """Whether the tenant has that domain, and it is verified: nobody asks any DNS.

    https://learn.microsoft.com/graph/api/intune-onboarding-devicemanagement-verifywindowsenrollmentautodiscovery
    """
    domain = call.find("domains", str(call.arguments["domainName"]).casefold())
    return domain is not None and domain.record.get("isVerified") is not False


@operation("managedAppRegistration*/getUserIdsWithFlaggedAppRegistration", reads=True)
def flagged_users(call: Call) -> list[str]:
    """https://learn.microsoft.com/graph/api/resources/intune-mam-managedappregistration"""
    flagged = (each for each in call.things() if _is_flagged(each.record))
    return list(dict.fromkeys(_told("userId", flagged)))


def _is_flagged(record: Record) -> bool:
    return any(each != "none" for each in record.get("flaggedReasons") or ())


@operation("user/getManagedAppPolicies", reads=True)
def app_policies(call: Call) -> list[Thing]:
    """What the registrations of a user's apps have applied.

    https://learn.microsoft.com/graph/api/intune-mam-user-getmanagedapppolicies
    """
    found = (
        policy
        for each in call.leads_to(call.thing, "managedAppRegistrations")
        for policy in call.leads_to(each, "appliedPolicies")
    )
    return list({each.id: each for each in found}.values())


def _none(call: Call) -> list[Any]:
    """Nothing: no app is installed here, none of them fails, and nobody's are examined."""
    return []


_KNOWN: Any = (
    values_of("auditEvent*/getAuditActivityTypes", _activities),
    values_of("auditEvent*/getAuditCategories", lambda call, found: _told("category", found)),
    values_of(
        "cloudPcAuditEvent*/getAuditActivityTypes",
        lambda call, found: _told("activityType", found),
    ),
    # https://learn.microsoft.com/graph/api/intune-mam-user-getmanagedappdiagnosticstatuses
    operation("user/getManagedAppDiagnosticStatuses", reads=True)(_none),
    # https://learn.microsoft.com/graph/api/intune-troubleshooting-user-getmanageddeviceswithappfailures
    operation("user/getManagedDevicesWithAppFailures", reads=True)(_none),
)


@operation(
    "applePushNotificationCertificate/downloadApplePushNotificationCertificateSigningRequest",
    reads=True,
)
def signing_request(call: Call) -> str:
    """A request (PKCS 10, as base64) for a key of its own each time: Apple never signs it.

    https://learn.microsoft.com/graph/api/resources/intune-devices-applepushnotificationcertificate
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    of = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fakegraph APNs")])
    request = x509.CertificateSigningRequestBuilder().subject_name(of)
    signed = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return base64.b64encode(signed.public_bytes(Encoding.DER)).decode()


# Who may do what ------------------------------------------------------------------------------

_ALL = "*"
_OF_ALL = frozenset(
    id_ for id_, name in NAMES.items() if name in ("Global Administrator", "Intune Administrator")
)


@operation("deviceManagement/getEffectivePermissions", reads=True)
def effective_permissions(call: Call) -> list[Record]:
    """What roles of Intune allow who asks. They bind no app, and no administrator of all.

    https://learn.microsoft.com/graph/api/intune-rbac-devicemanagement-geteffectivepermissions
    """
    me = call.caller() if call.person else None
    allowed = {_ALL} if me is None else _allowed(call, me, str(call.arguments["scope"]))
    if not allowed:
        return []
    actions = {"allowedResourceActions": sorted(allowed), "notAllowedResourceActions": []}
    return [{"resourceActions": [actions]}]


def _allowed(call: Call, me: Thing, scope: str) -> set[str]:
    held = call.leads_to(me, "transitiveMemberOf")
    if any(each.record.get("roleTemplateId") in _OF_ALL for each in held):
        return {_ALL}
    groups = {each.id for each in held}
    return {
        action
        for assignment, definition in _assignments(call)
        if groups & set(assignment.get("members") or ())
        and scope in (_ALL, *(assignment.get("resourceScopes") or ()))
        for permission in definition.get("rolePermissions") or ()
        for each in permission.get("resourceActions") or ()
        for action in set(each.get("allowedResourceActions") or ())
        - set(each.get("notAllowedResourceActions") or ())
    }


def _assignments(call: Call) -> Iterable[tuple[Record, Record]]:
    """Who has which role: each assignment with what it assigns."""
    for assignment in call.leads_to(call.thing, "roleAssignments"):
        for definition in call.leads_to(assignment, "roleDefinition"):
            yield assignment.record, definition.record
    for definition in call.leads_to(call.thing, "roleDefinitions"):
        for assignment in call.leads_to(definition, "roleAssignments"):
            yield assignment.record, definition.record


# Cloud PCs ------------------------------------------------------------------------------------

CLOUD_PC_ACTIONS = "@cloudPcActions"


def _asked_of_pc(name: str) -> Operation:
    """What nothing on v1.0 shows: it is noted."""

    def act(call: Call) -> None:
        about = {"action": name, "cloudPc": call.thing.id, "dateTime": call.now}
        call.note(CLOUD_PC_ACTIONS, {**about, **call.arguments})

    return operation(f"cloudPC/{name}")(act)


_CLOUD = (
    *(_asked_of_pc(name) for name in ("reboot", "reprovision", "restore", "troubleshoot")),
    sets("cloudPC/rename", {"displayName": argument("displayName")}),
    sets("cloudPcOnPremisesConnection/runHealthChecks", {"healthCheckStatus": "running"}),
    sets("cloudPC/endGracePeriod", {"gracePeriodEndDateTime": None}),
    sets("cloudPC/resize", {"servicePlanId": argument("targetServicePlanId")}),
    sets(
        "cloudPcOnPremisesConnection/updateAdDomainPassword",
        {"adDomainPassword": argument("adDomainPassword")},
    ),
)


# All policies of apps are kept together; what follows are those of one type.
# https://learn.microsoft.com/graph/api/resources/intune-mam-managedapppolicy
_POLICIES = {
    "androidManagedAppProtections": "androidManagedAppProtection",
    "defaultManagedAppProtections": "defaultManagedAppProtection",
    "iosManagedAppProtections": "iosManagedAppProtection",
    "mdmWindowsInformationProtectionPolicies": "mdmWindowsInformationProtectionPolicy",
    "targetedManagedAppConfigurations": "targetedManagedAppConfiguration",
    "windowsInformationProtectionPolicies": "windowsInformationProtectionPolicy",
}

# Measures of a baseline are written where they are seen: they have no other place.
# https://learn.microsoft.com/graph/api/intune-devices-userexperienceanalyticscategory-update
_MEASURES = (
    *("appHealth", "batteryHealth", "bestPractices", "deviceBootPerformance"),
    *("rebootAnalytics", "resourcePerformance", "workFromAnywhere"),
)

NAVIGATION = (
    *(
        Navigation(
            f"deviceAppManagement/{name}",
            home="deviceAppManagement/managedAppPolicies",
            where={"@odata.type": f"#microsoft.graph.{type_}"},
        )
        for name, type_ in _POLICIES.items()
    ),
    *(
        Navigation(
            f"userExperienceAnalyticsBaseline/{name}Metrics", documented=frozenset({"PATCH"})
        )
        for name in _MEASURES
    ),
)

OPERATIONS = (
    *_REMOTE,
    remove_all,
    *_ASSIGNED,
    update_autopilot,
    assign_user,
    import_devices,
    set_authority,
    *_SET,
    verify_discovery,
    flagged_users,
    app_policies,
    *_KNOWN,
    signing_request,
    effective_permissions,
    *_CLOUD,
)
