"""Identity, its policies, and who governs access: what of it is not in ``/directoryObjects``.

https://learn.microsoft.com/graph/api/resources/identity-network-access-overview
"""

from __future__ import annotations

import re

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.directory.links import sponsor_joins
from fakegraph.workloads.effects import moved
from fakegraph.workloads.handed import Reading
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.others.lifecycle import DONE, FAILED

# Of all changes here whose status is documented, nearly all say 204.
WORKLOAD = Workload(
    "identity",
    paths=(
        *("/identity/", "/identityGovernance/", "/policies/", "/roleManagement/", "/directory/"),
        "/domains/",
    ),
    usual={"PATCH": 204},
    # https://learn.microsoft.com/graph/api/accessreviewset-post-definitions: the days of ranges
    days=True,
)

_APPLICATIONS = "conditions/applications/includeApplications"
_IN_HANDLERS = ("attributes", "customExtension", "identityProviders")
_FRAUD = "fraudProtectionProvider"
_CHOSEN = re.compile(r"[A-Za-z0-9_-]{1,120}")
_LOADING = "onAuthenticationMethodLoadStart"


def _as_made(reading: Reading) -> str:
    """Whether a multitenant organization was made: what is shown before has no date."""
    return "active" if reading.record.get("createdDateTime") else "inactive"


def _check_grant_policy(policy: Record, before: Record | None) -> None:
    """Raise GraphError (400) for an id that nobody can choose."""
    id_ = str(policy.get("id"))
    if before is None and (id_.lower().startswith("microsoft-") or not _CHOSEN.fullmatch(id_)):
        raise bad_request(
            f"'{id_}' cannot be the id of a policy: it has letters, digits, '-' and '_', and does "
            "not begin with 'microsoft-', as those that are built in do.",
            "id",
        )


TYPES = (
    # https://learn.microsoft.com/graph/api/resources/multitenantorganization
    Type(
        "multiTenantOrganization",
        read_only=frozenset({"createdDateTime", "state"}),
        generated={"createdDateTime": lambda making: making.now},
        computed={"state": _as_made},
    ),
    Type("appConsentRequest", unasked=frozenset({"userConsentRequests"})),
    Type("userConsentRequest", unasked=frozenset({"approval"})),
    Type("approval", unasked=frozenset({"stages"})),
    # https://learn.microsoft.com/graph/api/accessreviewset-post-definitions
    Type(
        "accessReviewScheduleDefinition",
        required=("displayName", "descriptionForAdmins", "descriptionForReviewers", "scope"),
        read_only=frozenset({"createdBy", "createdDateTime", "lastModifiedDateTime"}),
        ignored=frozenset({"status"}),
        defaults={
            "status": "NotStarted",
            "instanceEnumerationScope": None,
            "additionalNotificationRecipients": [],
            "fallbackReviewers": [],
            "reviewers": [],
            "stageSettings": [],
        },
        generated={"createdBy": lambda making: making.by().get("user")},
        unasked=frozenset({"instances"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/permissiongrantconditionset: the widest ones
    Type(
        "permissionGrantConditionSet",
        defaults={
            "permissionClassification": "all",
            "resourceApplication": "any",
            "permissions": ["all"],
            **{
                f"clientApplication{name}": ["all"] for name in ("Ids", "TenantIds", "PublisherIds")
            },
            "clientApplicationsFromVerifiedPublisherOnly": False,
        },
    ),
    # https://learn.microsoft.com/graph/api/accessreviewset-post-historydefinitions
    Type(
        "accessReviewHistoryDefinition",
        required=("displayName", "scopes"),
        defaults={"status": "requested"},
        generated={"createdBy": lambda making: making.by().get("user")},
    ),
    # https://learn.microsoft.com/graph/api/resources/permissiongrantpolicy
    Type(
        "permissionGrantPolicy",
        required=("id",),
        chosen=frozenset({"id"}),
        refuses=(_check_grant_policy,),
        unasked=frozenset({"includes", "excludes"}),
    ),
    Type("unifiedRoleDefinition", unasked=frozenset({"inheritsPermissionsFrom"})),
    Type(
        "authenticationMethodConfiguration",
        related=frozenset({"includeTargets"}),
        renewed=frozenset({"includeTargets"}),
    ),
    Type(
        "authenticationMethodsPolicy",
        unasked=frozenset({"authenticationMethodConfigurations"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/identitygovernance-workflow
    Type(
        "identityGovernance.workflow",
        soft_deleted=True,
        defaults={
            "version": 1,
            "isEnabled": True,
            "isSchedulingEnabled": False,
            "deletedDateTime": None,
            "nextScheduleRunDateTime": None,
        },
    ),
    # https://learn.microsoft.com/graph/api/resources/identitygovernance-workflow
    Type("identityGovernance.workflowBase", related=frozenset({"tasks"})),
    Type(
        "identityGovernance.customTaskExtension",
        related=frozenset({"callbackConfiguration/authorizedApps"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/agreement
    Type("agreement", related=frozenset({"file", "file/localizations", "files"})),
    # https://learn.microsoft.com/graph/api/resources/subjectrightsrequest
    Type("subjectRightsRequest", related=frozenset({"approvers", "collaborators"})),
    # https://learn.microsoft.com/graph/api/resources/security-ediscoverycase
    Type("security.siteSource", related=frozenset({"site"})),
    Type("security.unifiedGroupSource", related=frozenset({"group"})),
    Type(
        "security.ediscoveryNoncustodialDataSource",
        related=frozenset({"dataSource", "dataSource/group", "dataSource/site"}),
    ),
    Type(
        "security.ediscoverySearch",
        related=frozenset({"additionalSources", "custodianSources", "noncustodialSources"}),
    ),
    Type("security.ediscoveryReviewTag", related=frozenset({"parent"})),
    # https://learn.microsoft.com/graph/api/resources/security-retentionlabel
    Type(
        "security.retentionLabel",
        related=frozenset({"descriptors", "dispositionReviewStages", "retentionEventType"}),
    ),
    Type("security.retentionEvent", related=frozenset({"retentionEventType"})),
    # https://learn.microsoft.com/graph/api/resources/simulation
    Type(
        "simulation",
        related=frozenset({"landingPage", "loginPage", "payload"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/samlorwsfedexternaldomainfederation
    Type("samlOrWsFedExternalDomainFederation", related=frozenset({"domains"})),
    # https://learn.microsoft.com/graph/api/resources/authenticationeventlistener
    Type(
        "authenticationEventListener",
        related=frozenset(
            {
                _APPLICATIONS,
                *(f"handler/{name}" for name in _IN_HANDLERS),
                f"handler/signUp/{_FRAUD}",
            }
        ),
    ),
    # https://learn.microsoft.com/graph/api/resources/authenticationeventsflow
    Type(
        "authenticationEventsFlow",
        related=frozenset(
            {
                _APPLICATIONS,
                *("onAttributeCollection/attributes", f"{_LOADING}/identityProviders"),
                *("onAttributeCollectionStart/customExtension",),
                *("onAttributeCollectionSubmit/customExtension",),
            }
        ),
    ),
    # https://learn.microsoft.com/graph/api/resources/identityuserflowattributeassignment
    Type("identityUserFlowAttributeAssignment", related=frozenset({"userAttribute"})),
)

# https://learn.microsoft.com/graph/api/resources/authenticationmethodconfiguration
_METHODS = {
    name.casefold(): {
        "@odata.type": f"#microsoft.graph.{name}AuthenticationMethodConfiguration",
        "id": name[:1].upper() + name[1:],
        "state": "disabled",
    }
    for name in (
        *("email", "fido2", "microsoftAuthenticator", "sms", "softwareOath"),
        *("temporaryAccessPass", "voice", "x509Certificate"),
    )
}


# Access packages --------------------------------------------------------------------------------


@operation("accessPackage/getApplicablePolicyRequirements")
def requirements(call: Call) -> list[Record]:
    """What each policy of a package asks of who requests it.

    https://learn.microsoft.com/graph/api/accesspackage-getapplicablepolicyrequirements
    """
    return [_asked_by(call, each) for each in call.leads_to(call.thing, "assignmentPolicies")]


@operation("accessPackageAssignment*/additionalAccess", reads=True)
def additional(call: Call) -> list[Thing]:
    """The assignments of a package whose targets have an assignment of another one, too.

    https://learn.microsoft.com/graph/api/accesspackageassignment-additionalaccess
    """
    package, other = (
        str(call.arguments.get(name) or "")
        for name in ("accessPackageId", "incompatibleAccessPackageId")
    )
    if not package or not other or package == other:
        raise bad_request("It is of two packages, by their ids.", "incompatibleAccessPackageId")
    of_other = {target for each in _of_package(call, other) for target in _targets(call, each)}
    return [
        each for each in _of_package(call, package) if not of_other.isdisjoint(_targets(call, each))
    ]


def _of_package(call: Call, id_: str) -> list[Thing]:
    return [
        each
        for each in call.things()
        if id_ in (one.id for one in call.leads_to(each, "accessPackage"))
    ]


def _targets(call: Call, assignment: Thing) -> list[str]:
    """Whom an assignment is of, by their ids in the directory."""
    found = call.leads_to(assignment, "target")
    return [str(each.record.get("objectId") or each.id) for each in found]


@operation("accessPackage*/filterByCurrentUser", reads=True)
def requestable(call: Call) -> list[Thing]:
    """The packages that a policy lets who asks request.

    https://learn.microsoft.com/graph/api/accesspackage-filterbycurrentuser
    """
    me = call.caller()
    if me is None:
        return []
    return [
        each
        for each in call.things()
        if not each.record.get("isHidden")
        and any(_may_request(call, me, one) for one in call.leads_to(each, "assignmentPolicies"))
    ]


def _may_request(call: Call, me: Thing, policy: Thing) -> bool:
    scope = policy.record.get("allowedTargetScope")
    if scope == "allMemberUsers":
        return me.record.get("userType") != "Guest"
    if scope == "specificDirectoryUsers":
        groups = {each.id for each in call.leads_to(me, "transitiveMemberOf")}
        named = policy.record.get("specificAllowedTargets") or ()
        return any(each.get("userId") == me.id or each.get("groupId") in groups for each in named)
    return scope == "allDirectoryUsers"


def _asked_by(call: Call, policy: Thing) -> Record:
    said = policy.record
    approval, requestor = (
        said.get(name) or {} for name in ("requestApprovalSettings", "requestorSettings")
    )
    asked = call.leads_to(policy, "questions")
    return {
        "policyId": policy.id,
        "policyDisplayName": said.get("displayName"),
        "policyDescription": said.get("description"),
        "isApprovalRequiredForAdd": bool(approval.get("isApprovalRequiredForAdd")),
        "isApprovalRequiredForUpdate": bool(approval.get("isApprovalRequiredForUpdate")),
        "isRequestorJustificationRequired": bool(approval.get("isRequestorJustificationRequired")),
        "allowCustomAssignmentSchedule": bool(requestor.get("allowCustomAssignmentSchedule")),
        "schedule": said.get("schedule"),
        "questions": [{"@odata.type": f"#{each.type.name}", **each.record} for each in asked],
    }


# Lifecycle workflows ----------------------------------------------------------------------------

_WORKFLOW = "identityGovernance.workflow"
_OF_TASK = frozenset(
    {"startedDateTime", "completedDateTime", "processingStatus"}
    | {"totalUsersCount", "successfulUsersCount", "failedUsersCount"}
)


@operation(f"{_WORKFLOW}/activate", status=204, refers=frozenset({"subjects"}))
def activate(call: Call) -> None:
    """A workflow that is run for some users at once: a run, with what came of it for each.

    https://learn.microsoft.com/graph/api/identitygovernance-workflow-activate
    """
    workflow = call.thing
    users = _subjects(call)
    tasks = call.leads_to(workflow, "tasks")
    times = dict.fromkeys(("scheduledDateTime", "startedDateTime", "completedDateTime"), call.now)
    none = {"failedTasksCount": 0, "totalUnprocessedTasksCount": 0}
    done = {
        **times,
        **none,
        "processingStatus": DONE,
        "workflowExecutionType": "onDemand",
    }
    number = len(users)
    counts = {"totalUsersCount": number, "successfulUsersCount": number, "failedUsersCount": 0}
    total = {"totalTasksCount": len(tasks) * number}
    run = call.add(workflow, "runs", {**done, **counts, **total})
    done_by = {name: value for name, value in counts.items() if name in _OF_TASK}
    for task in tasks:
        told = {"runId": run.id, "unprocessedUsersCount": 0, "lastUpdatedDateTime": call.now}
        began = {name: done[name] for name in _OF_TASK if name in done}
        report = call.add(workflow, "taskReports", {**began, **done_by, **told})
        call.link(report, "task", task)
    of_version = {
        "totalTasksCount": len(tasks),
        "workflowVersion": workflow.record.get("version") or 1,
    }
    for user in users:
        made = call.add(workflow, "userProcessingResults", {**done, **of_version})
        call.link(made, "subject", user)


_MOST_PREVIEWED = 10


@operation(f"{_WORKFLOW}/previewWorkflow", status=204, refers=frozenset({"subjects"}))
def preview(call: Call) -> None:
    """What a workflow would do for some users: results for each, and no run.

    https://learn.microsoft.com/graph/api/identitygovernance-workflow-previewworkflow
    """
    users = _subjects(call)
    if len(users) > _MOST_PREVIEWED:
        raise bad_request(f"A preview is of {_MOST_PREVIEWED} subjects at most.", "subjects")
    record = call.thing.record
    told = {
        **dict.fromkeys(("scheduledDateTime", "startedDateTime", "completedDateTime"), call.now),
        **dict.fromkeys(("failedTasksCount", "totalUnprocessedTasksCount"), 0),
        "totalTasksCount": len(call.leads_to(call.thing, "tasks")),
        "processingStatus": DONE,
        "workflowExecutionType": "preview",
        "workflowVersion": record.get("version") or 1,
    }
    for user in users:
        made = call.add(call.thing, "userProcessingResults", told)
        call.link(made, "subject", user)


def _subjects(call: Call) -> list[Thing]:
    """The users that a workflow is run for. Raises GraphError (400, 404)."""
    ids = [str(each.get("id")) for each in call.arguments.get("subjects") or ()]
    if not ids:
        raise bad_request("'subjects' says for whom, by ids of users.", "subjects")
    found = []
    for id_ in ids:
        user = call.find("users", id_)
        if user is None:
            raise call.words.not_found("user", id_)
        found.append(user)
    return found


@operation("identityGovernance.taskProcessingResult/resume", status=204)
def resume(call: Call) -> None:
    """What an extension says came of a task that waited for it.

    https://learn.microsoft.com/graph/api/identitygovernance-taskprocessingresult-resume
    """
    outcome = str((call.arguments.get("data") or {}).get("operationStatus") or "")
    if outcome not in (DONE, FAILED):
        message = f"'data' has an 'operationStatus': {DONE} or {FAILED}."
        raise bad_request(message, "data/operationStatus")
    changes = moved(call.thing, "processingStatus", {"inProgress": outcome})
    call.change(call.thing, {**changes, "completedDateTime": call.now})


@operation(f"{_WORKFLOW}/restore", status=200)
def restore_workflow(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/identitygovernance-workflow-restore"""
    if "deletedDateTime" not in call.record:
        raise call.words.not_found("workflow", call.thing.id)
    return call.restore(call.thing, {})


OPERATIONS = (
    requirements,
    requestable,
    additional,
    activate,
    preview,
    resume,
    restore_workflow,
)


NAVIGATION = (
    # The model says that these are contained; users and groups are linked there.
    Navigation("connectedOrganization/internalSponsors", linked=True, joins=sponsor_joins),
    Navigation("connectedOrganization/externalSponsors", linked=True, joins=sponsor_joins),
    Navigation(
        "b2xIdentityUserFlow/userFlowIdentityProviders", documented=frozenset({"POST", "DELETE"})
    ),
    Navigation(
        "identityUserFlowAttributeAssignment/userAttribute",
        home="identityContainer/userFlowAttributes",
        linked=True,
    ),
    # https://learn.microsoft.com/graph/api/resources/customauthenticationextension
    *(
        Navigation(
            f"{handler}/customExtension",
            home="identityContainer/customAuthenticationExtensions",
            linked=True,
        )
        for handler in (
            "onAttributeCollectionStartCustomExtensionHandler",
            "onAttributeCollectionSubmitCustomExtensionHandler",
            "onOtpSendCustomExtensionHandler",
            "onTokenIssuanceStartCustomExtensionHandler",
            "onVerifiedIdClaimValidationCustomExtensionHandler",
        )
    ),
    Navigation(
        "onAttributeCollectionExternalUsersSelfServiceSignUp/attributes",
        home="identityContainer/userFlowAttributes",
        linked=True,
    ),
    Navigation(
        f"{_LOADING}ExternalUsersSelfServiceSignUp/identityProviders",
        home="identityContainer/identityProviders",
        linked=True,
    ),
    *(
        Navigation(
            f"userFlowApiConnectorConfiguration/{step}",
            home="identityContainer/apiConnectors",
            linked=True,
            documented=frozenset({"GET", "PUT", "DELETE"}),
        )
        for step in ("postAttributeCollection", "postFederationSignup")
    ),
    # https://learn.microsoft.com/graph/api/resources/multitenantorganization
    Navigation(
        "tenantRelationship/multiTenantOrganization",
        provided=True,
        documented=frozenset({"PUT"}),
        statuses={"PUT": 201, "PATCH": 204},
    ),
    # There is one only where a tenant has been given one.
    Navigation("multiTenantOrganization/joinRequest", provided=False, statuses={"PATCH": 204}),
    # https://learn.microsoft.com/graph/api/authenticationcontextclassreference-update
    Navigation(
        "conditionalAccessRoot/authenticationContextClassReferences",
        upserts=True,
        statuses={"PATCH": 204},
    ),
    Navigation("authenticationMethodsPolicy/authenticationMethodConfigurations", offered=_METHODS),
    # https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols
    Navigation(
        "conditionalAccessGrantControls/authenticationStrength",
        home="policyRoot/authenticationStrengthPolicies",
        linked=True,
    ),
    # https://learn.microsoft.com/graph/api/resources/identitygovernance-deletedltemcontainer
    Navigation(
        "deletedItemContainer/workflows",
        deleted=("identityGovernance.lifecycleWorkflowsContainer/workflows",),
    ),
    # Only its links are documented, and what is linked can be seen.
    Navigation("featureRolloutPolicy/appliesTo", documented=frozenset({"GET"})),
)
