"""Access packages: what lies in catalogs, who is assigned what by which policy, and what they get.

https://learn.microsoft.com/graph/api/resources/entitlementmanagement-overview
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fakegraph.errors import bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Making
from fakegraph.workloads.operations import Call, Thing

_OF_ASSIGNMENTS = ("accessPackage", "assignmentPolicy", "target")
_CATALOGS = "entitlementManagement/catalogs"
_PACKAGES = "entitlementManagement/accessPackages"
_POLICY = "accessPackageAssignmentPolicy"
_POLICIES = "entitlementManagement/assignmentPolicies"
_SUBJECTS = "entitlementManagement/subjects"
_ASSIGNMENTS = "entitlementManagement/assignments"
_READ_AND_MADE = frozenset({"GET", "POST", "PATCH", "DELETE"})


def _now(making: Making) -> str:
    return making.now


_CHANGED = {"modifiedDateTime": _now}
_MODIFIED = frozenset({"createdDateTime", "modifiedDateTime"})


# Requests ---------------------------------------------------------------------------------------

_ADDS = frozenset({"adminAdd", "userAdd", "systemAdd", "onBehalfAdd"})
_UPDATES = frozenset({"adminUpdate", "userUpdate", "systemUpdate"})
_REMOVES = frozenset({"adminRemove", "userRemove", "systemRemove"})
_BY_USERS = frozenset({"userAdd", "userUpdate", "userRemove"})


def _requested(call: Call, request: Record, before: Record | None) -> None:
    """Do what is requested. Raises GraphError (400) for what it is not said about."""
    if before is not None or "assignment" not in call.thing.type.navigation:  # beta's is another
        return
    kind = str(request.get("requestType"))
    found = call.leads_to(call.thing, "assignment")
    if not found and (kind in _UPDATES or kind in _REMOVES or kind in _ADDS):
        raise bad_request(f"'assignment' says what is requested by '{kind}'.", "assignment")
    if kind in _BY_USERS:
        _name_requestor(call)
    for assignment in found:
        if kind in _ADDS:
            _add(call, request, assignment)
        elif kind in _UPDATES:
            schedule = request.get("schedule")
            call.change(assignment, {} if schedule is None else {"schedule": schedule})
        elif kind in _REMOVES:
            _take(call, assignment)
            gone = {"state": "expired", "status": "Expired", "expiredDateTime": call.now}
            call.change(assignment, gone)
    waits = [e for e in call.leads_to(call.thing, "assignment") if _is_waiting(e)]
    done = _PENDING if waits else {**_DELIVERED, "completedDateTime": call.now}
    call.change(call.thing, done)


def _name_requestor(call: Call) -> None:
    """Say who asks for themselves, where the body does not."""
    user = (call.by.get("user") or {}).get("id")
    if user and not call.leads_to(call.thing, "requestor"):
        _link_subject(call, call.thing, "requestor", str(user))


def _subject(call: Call, id_: str) -> Record:
    """What is known of a user who is assigned something."""
    user = call.find("users", id_)
    if user is None:
        return {"objectId": id_}
    return {
        "objectId": user.id,
        "displayName": user.record.get("displayName"),
        "email": user.record.get("mail"),
        "principalName": user.record.get("userPrincipalName"),
        "subjectType": "user",
    }


def _link_subject(call: Call, thing: Thing, navigation: str, id_: str) -> None:
    """Let something lead to a user, of whom there is one subject at most."""
    management = call.owner(call.thing)
    assert management is not None
    known = call.inside(management, _SUBJECTS)
    subject = next((each for each in known if each.record.get("objectId") == id_), None)
    if subject is None:
        subject = call.add(management, "subjects", _subject(call, id_))
    call.link(thing, navigation, subject)


_PENDING = {"state": "pendingApproval", "status": "PendingApproval"}
_WAITING = {"state": "delivering", "status": "Delivering"}
_DELIVERED = {"state": "delivered", "status": "Delivered"}


def _is_waiting(assignment: Thing) -> bool:
    return assignment.record.get("state") == _WAITING["state"]


def _add(call: Call, request: Record, assignment: Thing) -> None:
    """Assign a package at once, or wait until it is approved."""
    policy = _policy(call, assignment)
    _name_target(call, request, assignment)
    settings: Record = {} if policy is None else policy.record.get("requestApprovalSettings") or {}
    waits = request["requestType"] in _BY_USERS and settings.get("isApprovalRequiredForAdd")
    said = {"schedule": request["schedule"]} if request.get("schedule") else {}
    call.change(assignment, {**(_WAITING if waits else _DELIVERED), **said})
    if waits:
        _ask_for_approval(call, len(settings.get("stages") or ()))
    else:
        _give(call, assignment)


_APPROVALS = "accessPackageAssignmentApprovals"


def _ask_for_approval(call: Call, stages: int) -> None:
    """Let an approval wait, of the id of the request, with the stages that the policy has."""
    management = call.owner(call.thing)
    assert management is not None
    approval = call.add(management, _APPROVALS, {"id": call.thing.id})
    for number in range(stages or 1):
        status = "NotStarted" if number else "InProgress"
        call.add(approval, "stages", {"status": status, "reviewResult": "NotReviewed"})


def _reviewed(call: Call, stage: Record, before: Record | None) -> None:
    """Go on with what was waiting for a stage of its approval. Raises GraphError (400).

    https://learn.microsoft.com/graph/api/approvalstage-update
    """
    result = stage.get("reviewResult")
    if before is None or result == before.get("reviewResult"):
        return
    approval = call.owner(call.thing)
    management = None if approval is None else call.owner(approval)
    if approval is None or management is None:
        return
    request = call.held(management, "entitlementManagement/assignmentRequests", approval.id)
    if request is None:
        return
    if before.get("status") != "InProgress":
        raise bad_request(f"The stage is '{before.get('status')}', and is not asked.", "status")
    by = {"reviewedBy": dict(call.by.get("user") or {}), "reviewedDateTime": call.now}
    call.change(call.thing, {**by, "status": "Completed"})
    later = [e for e in call.leads_to(approval, "stages") if e.record["status"] == "NotStarted"]
    if result == "Approve" and later:
        call.change(later[0], {"status": "InProgress"})
        return
    for assignment in call.leads_to(request, "assignment"):
        if result == "Approve":
            call.change(assignment, _DELIVERED)
            _give(call, assignment)
        else:
            call.delete(assignment)
    decided = _DELIVERED if result == "Approve" else {"state": "denied", "status": "Denied"}
    call.change(request, {**decided, "completedDateTime": call.now})


def _policy(call: Call, assignment: Thing) -> Thing | None:
    """By what policy something is assigned. Raises GraphError (400) for one of another package."""
    packages = call.leads_to(assignment, "accessPackage")
    if not packages:
        raise bad_request("'accessPackageId' says what is assigned.", "assignment/accessPackageId")
    policies = call.leads_to(assignment, "assignmentPolicy")
    policy = next(iter(policies), None)
    of = [] if policy is None else call.leads_to(policy, "accessPackage")
    if of and of[0].id != packages[0].id:
        message = f"The policy '{policy and policy.id}' is not one of the package."
        raise bad_request(message, "assignment/assignmentPolicyId")
    return policy


def _name_target(call: Call, request: Record, assignment: Thing) -> None:
    """Say who is assigned it: whom the body names, or who asks for themselves."""
    targets = call.leads_to(assignment, "target")
    if targets:
        id_ = targets[0].record.get("objectId")
        if id_ and call.find("users", id_) is None:
            raise call.words.not_found("user", str(id_))
        if id_:
            call.change(targets[0], _subject(call, str(id_)))
        return
    user = (call.by.get("user") or {}).get("id")
    if request["requestType"] not in _BY_USERS or not user:
        raise bad_request("'targetId' says to whom it is assigned.", "assignment/targetId")
    _link_subject(call, assignment, "target", str(user))


# What comes with a package ----------------------------------------------------------------------

_ROLES = {"Member": "members", "Owner": "owners"}
_GROUP = "AadGroup"

_Given = tuple[str, str]
"""The id of a group, and the navigation property that leads from it to who has the role."""


def _give(call: Call, assignment: Thing) -> None:
    """Let who is assigned a package have the roles in groups that come with it."""
    user = _assigned(call, assignment)
    for id_, navigation in _given(call, assignment):
        group = call.find("groups", id_)
        if user is not None and group is not None:
            call.link(group, navigation, user)


def _take(call: Call, assignment: Thing) -> None:
    """Take them away again, but for those that come with another package, too."""
    user, management = _assigned(call, assignment), call.owner(assignment)
    if user is None or management is None:
        return
    kept = {
        each
        for other in call.inside(management, _ASSIGNMENTS)
        if other.id != assignment.id and other.record.get("state") == _DELIVERED["state"]
        if _target(call, other) == user.id
        for each in _given(call, other)
    }
    for id_, navigation in set(_given(call, assignment)) - kept:
        group = call.find("groups", id_)
        if group is not None:
            call.unlink(group, navigation, user)


def _target(call: Call, assignment: Thing) -> str:
    """Whom an assignment is of, by the id in the directory; empty for nobody."""
    targets = call.leads_to(assignment, "target")
    return str(targets[0].record.get("objectId") or "") if targets else ""


def _assigned(call: Call, assignment: Thing) -> Thing | None:
    id_ = _target(call, assignment)
    return call.find("users", id_) if id_ else None


def _given(call: Call, assignment: Thing) -> Iterator[_Given]:
    """The roles in groups that come with what is assigned."""
    for package in call.leads_to(assignment, "accessPackage"):
        for scope in call.leads_to(package, "resourceRoleScopes"):
            for role in call.leads_to(scope, "role"):
                kind, _, id_ = str(role.record.get("originId") or "").partition("_")
                if role.record.get("originSystem") == _GROUP and kind in _ROLES:
                    yield id_, _ROLES[kind]


# What is in a catalog ---------------------------------------------------------------------------


def _resource_requested(call: Call, request: Record, before: Record | None) -> None:
    """Put a resource into a catalog, or take it out. Raises GraphError (400, 404)."""
    if before is not None or "catalog" not in call.thing.type.navigation:  # beta's is another
        return
    catalogs, resources = (call.leads_to(call.thing, name) for name in ("catalog", "resource"))
    for name, found in (("catalog", catalogs), ("resource", resources)):
        if not found:
            raise bad_request(f"'{name}' says what the request is about.", name)
    kind = str(request.get("requestType"))
    if kind in _ADDS:
        _put_into(call, catalogs[0], resources[0])
    elif kind in _REMOVES:
        _take_out(call, catalogs[0], resources[0])


def _put_into(call: Call, catalog: Thing, resource: Thing) -> None:
    """Put a resource into a catalog; its roles are listed of both."""
    said = {name: value for name, value in resource.record.items() if not name.startswith("@")}
    added = call.add(catalog, "resources", said)
    origin = {"originSystem": said.get("originSystem"), "originId": said.get("originId")}
    root = {"displayName": "Root", "description": "Root Scope", "isRootScope": True}
    call.add(added, "scopes", {**root, **origin})
    for name in _ROLES if said.get("originSystem") == _GROUP else ():
        role = {**origin, "displayName": name, "originId": f"{name}_{said.get('originId')}"}
        one = call.add(added, "roles", role)
        again = call.add(catalog, "resourceRoles", {**role, "id": one.id})
        call.add(again, "resource", said)


def _take_out(call: Call, catalog: Thing, resource: Thing) -> None:
    named = ("id", "originId")
    for each in call.leads_to(catalog, "resources"):
        if any(resource.record.get(n) and resource.record[n] == each.record.get(n) for n in named):
            own = {role.id for role in call.leads_to(each, "roles")}
            for role in call.leads_to(catalog, "resourceRoles"):
                if role.id in own:
                    call.erase(role)
            call.erase(each)
            return
    raise call.words.not_found("accessPackageResource", resource.id)


_BY_ID = {"catalogId": "catalog", "accessPackageId": "accessPackage"}  # as beta has them


def _bound(record: Record) -> Collection[str]:
    """What a body says by URLs, or by ids."""
    by_url = {name.partition("@odata.bind")[0] for name in record if name.endswith("@odata.bind")}
    return by_url | {name for id_, name in _BY_ID.items() if id_ in record}


def _unassigned(acting: Acting, package: Row) -> None:
    """Raise GraphError (400) for a package that somebody has.

    https://learn.microsoft.com/graph/api/accesspackage-delete
    """
    for assignment in acting.ends("accessPackageAssignment/accessPackage", package, backwards=True):
        if assignment.record.get("state") != "expired":
            message = f"The package has an assignment, '{assignment.record['id']}'."
            raise bad_request(f"{message} Remove it first, by a request.", "id")


TYPES = (
    # https://learn.microsoft.com/graph/api/resources/accesspackagecatalog
    Type(
        "accessPackageCatalog",
        required=("displayName",),
        read_only=_MODIFIED,
        defaults={
            "catalogType": "userManaged",
            "state": "published",
            "isExternallyVisible": False,
        },
        generated=_CHANGED,
        changed=_CHANGED,
    ),
    Type(
        "connectedOrganization",
        required=("displayName",),
        read_only=_MODIFIED,
        defaults={"state": "configured"},
        generated=_CHANGED,
        changed=_CHANGED,
    ),
    Type(
        "accessPackage",
        required=("displayName", "catalog"),
        read_only=_MODIFIED,
        spared=_bound,
        related=frozenset({"catalog"}),
        defaults={"isHidden": False},
        generated=_CHANGED,
        changed=_CHANGED,
        unmade=_unassigned,
    ),
    Type(
        _POLICY,
        required=("displayName", "accessPackage"),
        spared=_bound,
        related=frozenset(
            {
                *("accessPackage", "catalog", "questions"),
                *("customExtensionStageSettings", "customExtensionStageSettings/customExtension"),
            }
        ),
    ),
    Type("customExtensionStageSetting", related=frozenset({"customExtension"})),
    Type(
        "accessPackageAssignmentRequest",
        required=("requestType",),
        ignored=frozenset({"completedDateTime", "state", "status"}),
        related=frozenset(
            {
                *("accessPackage", "assignment", "requestor", "answers/answeredQuestion"),
                *(f"assignment/{name}" for name in _OF_ASSIGNMENTS),
            }
        ),
        generated={
            "state": lambda making: None if making.plants else "submitted",
            "status": lambda making: None if making.plants else "Accepted",
        },
        later={
            "state": str,
            "status": str,
        },  # what the answer says was so before anything came of it
        follows=_requested,
    ),
    Type("approvalStage", follows=_reviewed),
    Type(
        "accessPackageAssignment",
        related=frozenset(_OF_ASSIGNMENTS),
        named={
            "accessPackageId": ("accessPackage", "id"),
            "assignmentPolicyId": ("assignmentPolicy", "id"),
            "targetId": ("target", "objectId"),
        },
    ),
    Type(
        "accessPackageResourceRequest",
        required=("requestType",),
        related=frozenset({"catalog", "resource", "resource/environment"}),
        generated={"state": lambda making: None if making.plants else _DELIVERED["state"]},
        follows=_resource_requested,
    ),
    Type(
        "accessPackageResourceRoleScope",
        related=frozenset({"role", "role/resource", "scope", "scope/resource"}),
    ),
    Type("accessPackageResourceRole", related=frozenset({"resource"})),
    Type("accessPackageResourceScope", related=frozenset({"resource"})),
)

NAVIGATION = (
    # The model says that these are contained; groups and users are linked there.
    Navigation("accessPackage/incompatibleGroups", linked=True),
    Navigation("accessPackage/catalog", home=_CATALOGS, linked=True),
    Navigation(
        "accessPackage/assignmentPolicies", inverse=(f"{_POLICY}/accessPackage",), linked=True
    ),
    Navigation("accessPackage/resourceRoleScopes", documented=_READ_AND_MADE),
    Navigation(
        "accessPackageCatalog/accessPackages", inverse=("accessPackage/catalog",), linked=True
    ),
    Navigation("accessPackageCatalog/customWorkflowExtensions", documented=_READ_AND_MADE),
    Navigation(f"{_POLICY}/accessPackage", home=_PACKAGES, linked=True),
    Navigation(f"{_POLICY}/catalog", home=_CATALOGS, linked=True),
    Navigation(
        "customExtensionStageSetting/customExtension",
        home="accessPackageCatalog/customWorkflowExtensions",
        linked=True,
    ),
    Navigation("accessPackageAssignment/accessPackage", home=_PACKAGES, linked=True),
    Navigation("accessPackageAssignment/assignmentPolicy", home=_POLICIES, linked=True),
    Navigation("accessPackageAssignment/target", home=_SUBJECTS, linked=True),
    Navigation("accessPackageAssignmentRequest/requestor", home=_SUBJECTS, linked=True),
    Navigation("accessPackageAssignmentRequest/accessPackage", home=_PACKAGES, linked=True),
    Navigation("accessPackageAssignmentRequest/assignment", home=_ASSIGNMENTS, linked=True),
    Navigation("accessPackageResourceRequest/catalog", home=_CATALOGS, linked=True),
    Navigation("entitlementManagement/resourceRequests", documented=_READ_AND_MADE),
)
