"""Printing, education, user flows, connectors, bookings: a line or two for each."""

from __future__ import annotations

from collections.abc import Callable

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Tracking, Type, Workload
from fakegraph.workloads.handed import Reading

_BACKED_UP = {"exchange": "mailbox", "oneDriveForBusiness": "drive", "sharePoint": "site"}
_ASSESSED = {"mail": "mail", "emailFile": "mail", "file": "file", "url": "url"}


def _counts(policy: str) -> dict[str, Callable[[Reading], object]]:
    """What a policy of settings says of these, and of to whom it goes."""
    return {
        "settingCount": lambda reading: reading.how_many(f"{policy}/settings"),
        "isAssigned": lambda reading: reading.how_many(f"{policy}/assignments") > 0,
    }


_NO_TEMPLATE = "00000000-0000-0000-0000-000000000000"
_READ_AND_MADE = frozenset({"GET", "POST", "PATCH", "DELETE"})

_LONGEST_SHARE = 50


def _check_share(record: Record, before: Record | None) -> None:
    if len(str(record.get("displayName") or "")) > _LONGEST_SHARE:
        message = f"The name of a share has {_LONGEST_SHARE} characters at most."
        raise bad_request(message, "displayName")


TYPES = (
    # https://learn.microsoft.com/graph/api/place-update: by its address too
    Type(
        "place",
        unique=("emailAddress",),
        also_by=("emailAddress",),
        immutable=frozenset({"emailAddress"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/print
    Type(
        "printerShare",
        # https://learn.microsoft.com/graph/api/print-post-shares
        required=("displayName",),
        one_of=("printer@odata.bind",),
        refuses=(_check_share,),
        related=frozenset({"printer", "allowedUsers", "allowedGroups"}),
        defaults={
            "allowAllUsers": False,
            "isAcceptingJobs": True,
            "status": {"state": "idle", "details": [], "description": ""},
        },
    ),
    # https://learn.microsoft.com/graph/api/resources/threatassessmentrequest
    Type(
        "threatAssessmentRequest",
        defaults={"status": "pending", "requestSource": "administrator"},
        generated={"createdBy": lambda making: making.by()},
    ),
    *(
        Type(f"{kind}AssessmentRequest", defaults={"contentType": content})
        for kind, content in _ASSESSED.items()
    ),
    Type("printTaskTrigger", related=frozenset({"definition"})),
    Type("printDocument", redirects=frozenset({"$value"})),
    Type("printService", unasked=frozenset({"endpoints"})),
    Type("printerCreateOperation", unasked=frozenset({"printer"})),
    # https://learn.microsoft.com/graph/delta-query-overview#limitations
    *(
        Type(f"education{name}", tracking=Tracking(days=7))
        for name in ("Assignment", "Category", "Class", "School", "User")
    ),
    # https://learn.microsoft.com/graph/api/resources/b2xidentityuserflow
    Type(
        "b2xIdentityUserFlow",
        related=frozenset(
            {
                "identityProviders",
                "apiConnectorConfiguration/postAttributeCollection",
                "apiConnectorConfiguration/postFederationSignup",
            }
        ),
    ),
    # https://learn.microsoft.com/graph/api/resources/intune-deviceconfig-devicecompliancepolicy
    Type(
        "deviceCompliancePolicy",
        related=frozenset(
            {"scheduledActionsForRule", "scheduledActionsForRule/scheduledActionConfigurations"}
        ),
    ),
    Type("deviceComplianceActionItem", defaults={"notificationTemplateId": _NO_TEMPLATE}),
    # https://learn.microsoft.com/graph/api/resources/intune-deviceconfigv2-devicemanagementconfigurationpolicy
    Type(
        "deviceManagementConfigurationPolicy",
        related=frozenset({"settings"}),
        computed=_counts("deviceManagementConfigurationPolicy"),
        defaults={
            "templateReference": {
                "templateId": "",
                "templateFamily": "none",
                "templateDisplayName": None,
                "templateDisplayVersion": None,
            }
        },
    ),
    Type(
        "deviceManagementCompliancePolicy",
        computed=_counts("deviceManagementCompliancePolicy"),
        related=frozenset(
            {
                "settings",
                "scheduledActionsForRule",
                "scheduledActionsForRule/scheduledActionConfigurations",
            }
        ),
    ),
    Type(
        "deviceComplianceScheduledActionForRule",
        related=frozenset({"scheduledActionConfigurations"}),
    ),
    Type("roleAssignment", related=frozenset({"roleDefinition"})),
    # https://learn.microsoft.com/graph/api/resources/backuprestoreroot
    *(
        Type(f"{workload}ProtectionPolicy", related=frozenset({f"{of}ProtectionUnits"}))
        for workload, of in _BACKED_UP.items()
    ),
    *(
        Type(
            f"{workload}RestoreSession",
            related=frozenset({f"{of}RestoreArtifacts", f"{of}RestoreArtifacts/restorePoint"}),
        )
        for workload, of in _BACKED_UP.items()
    ),
    Type("restoreArtifactBase", related=frozenset({"restorePoint"})),
    # https://learn.microsoft.com/graph/api/resources/profilecardproperty
    Type(
        "profileCardProperty",
        unique=("directoryPropertyName",),
        also_by=("directoryPropertyName",),
    ),
    # https://learn.microsoft.com/graph/api/externalconnectors-externalitem-addactivities
    Type("externalConnectors.externalActivity", related=frozenset({"performedBy"})),
    # https://learn.microsoft.com/graph/api/resources/filestoragecontainer
    Type("fileStorageContainer", soft_deleted=True),
    # https://learn.microsoft.com/graph/api/projectrome-put-activity: apps have names of their own
    # for activities, and ask for them by these.
    Type(
        "userActivity",
        ignored=frozenset({"id"}),
        unique=("appActivityId",),
        also_by=("appActivityId",),
        related=frozenset({"historyItems"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/synchronization-overview
    Type("synchronizationSchema", unasked=frozenset({"directories"})),
    Type("synchronizationTemplate", unasked=frozenset({"schema"})),
)

WORKLOAD = Workload("places", types=("place",), texts=True, any_case=True)
"""https://learn.microsoft.com/graph/api/place-update sends a room's capacity as a text"""

NAVIGATION = (
    # https://learn.microsoft.com/graph/api/place-list
    Navigation("places", page_size=100),
    Navigation("printer/shares", inverse=("printerShare/printer",)),
    # https://learn.microsoft.com/graph/api/resources/education-overview
    Navigation("educationRoot/me", signed_in="users"),
    Navigation("educationUser/classes", inverse=("educationClass/members",)),
    Navigation("educationUser/taughtClasses", inverse=("educationClass/teachers",)),
    Navigation("educationUser/schools", inverse=("educationSchool/users",)),
    Navigation("educationClass/schools", inverse=("educationSchool/classes",)),
    # https://learn.microsoft.com/graph/api/resources/backuprestoreroot
    *(
        Navigation(f"backupRestoreRoot/{workload}{kind}", documented=_READ_AND_MADE)
        for workload in _BACKED_UP
        for kind in ("ProtectionPolicies", "RestoreSessions")
    ),
    Navigation("solutionsRoot/backupRestore", provided=True),
    # https://learn.microsoft.com/graph/api/useranalytics-list-activitystatistics
    Navigation("user/analytics", provided=True),
    # https://learn.microsoft.com/graph/api/externalconnectors-externalconnection-patch-schema
    Navigation(
        "externalConnectors.externalConnection/schema",
        upserts=True,
        statuses={"PATCH": 202, "POST": 202},
    ),
    Navigation("externalConnectors.external/connections", statuses={"PATCH": 204}),
    # https://learn.microsoft.com/graph/api/externalconnectors-externalconnection-get
    Navigation("connections", same="external/connections"),
    # https://learn.microsoft.com/graph/api/learningcontent-update
    Navigation("learningProvider/learningContents", upserts=True, statuses={"PATCH": 202}),
    Navigation("virtualEventWebinar/registrationConfiguration", provided=True),
    Navigation("virtualEvent/registrationConfiguration", provided=True),
    Navigation(
        "restoreArtifactBase/restorePoint", home="backupRestoreRoot/restorePoints", linked=True
    ),
    Navigation("peopleAdminSettings/profileCardProperties", documented=_READ_AND_MADE),
    # https://learn.microsoft.com/graph/api/resources/callrecords-callrecord
    Navigation("cloudCommunications/callRecords", documented=frozenset({"GET"})),
    # https://learn.microsoft.com/graph/api/commsoperation-get
    Navigation("call/operations", documented=frozenset({"GET"})),
    Navigation("callRecords.callRecord/participants_v2", documented=frozenset({"GET"})),
    # What is assigned there can be seen.
    Navigation(
        "teamsAdministration.teamsPolicyAssignment/userAssignments",
        documented=frozenset({"GET"}),
        needs="/admin/teams/policy/userAssignments/assign",
    ),
    Navigation("fileStorage/deletedContainers", deleted=("fileStorage/containers",)),
    # https://learn.microsoft.com/graph/api/resources/virtualeventwebinar
    Navigation("virtualEventsRoot/webinars", documented=_READ_AND_MADE - {"DELETE"}),
    Navigation(
        "virtualEventRegistrationConfiguration/questions",
        documented=frozenset({"GET", "POST", "DELETE"}),
    ),
)
