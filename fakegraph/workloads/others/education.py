"""Education: assignments, what students hand in, and modules, each from one state to the next.

https://learn.microsoft.com/graph/api/resources/education-overview
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.edm.values import instant
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Operation, Type, Workload
from fakegraph.workloads.directory.values import check_nickname
from fakegraph.workloads.effects import Values, by, moves, now, sets
from fakegraph.workloads.handed import Acting, Making, Others
from fakegraph.workloads.operations import Call, Thing, operation

_SUBMISSIONS = "educationAssignment/submissions"
_WEEK = 7 * 24 * 3600 * 10_000_000


def _hand_in(call: Call, submission: Thing) -> None:
    """Keep what is handed in as it is now, in the stead of what was before."""
    for each in call.leads_to(submission, "submittedResources"):
        call.erase(each)
    for each in call.leads_to(submission, "resources"):
        kept = {name: value for name, value in each.record.items() if name[:1] != "@"}
        call.add(submission, "submittedResources", kept)


def _signed(deed: str) -> Values:
    return {f"{deed}By": by, f"{deed}DateTime": now}


def _status(name: str, states: dict[str, str], values: Values | None = None) -> Operation:
    """An action that gives what it is called on, though pages of before say 204."""
    return moves(name, "status", states, values, status=200)


_HANDED_IN = ("working", "returned", "reassigned")


@operation("educationClass/getRecentlyModifiedSubmissions", reads=True)
def recent(call: Call) -> list[Thing]:
    """Those of the last week, the latest first.

    https://learn.microsoft.com/graph/api/educationclass-getrecentlymodifiedsubmissions
    """
    since = instant(call.now) - _WEEK
    found = [
        (instant(when), each)
        for assignment in call.inside(call.thing, "educationClass/assignments")
        for each in call.inside(assignment, _SUBMISSIONS)
        if (when := each.record.get("lastModifiedDateTime")) and instant(when) >= since
    ]
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


# Classes --------------------------------------------------------------------------------------

# https://learn.microsoft.com/graph/api/resources/educationclass: it is a group with the same id,
# of which who is in the class is a member and who teaches it an owner.


def _group(class_: Record) -> Record:
    """The group that a class is."""
    return {
        "id": class_["id"],
        **{name: class_.get(name) for name in _SHARED},
        "groupTypes": ["Unified"],
        "mailEnabled": True,
        "securityEnabled": True,
        "visibility": "HiddenMembership",
        "creationOptions": ["classAssignments"],
    }


def _check_nickname(class_: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError for a class whose group would have the nickname of another."""
    check_nickname({**class_, "mailEnabled": True}, before, of)


def _follow_class(acting: Acting, old: Row | None, new: Row | None) -> None:
    """Make, change or delete the group of a class; what a seed says is all there is."""
    row = new or old
    if row is None or acting.plants:
        return
    group = acting.found(("groups",), row.record["id"])
    if old is None and group is None:
        acting.put_at("groups", _group(row.record))
    elif new is None and group is not None:
        acting.bury(group)
    elif new is not None and old is not None and group is not None:
        said, was = new.record, old.record
        changes = {name: said.get(name) for name in _SHARED if said.get(name) != was.get(name)}
        if changes:
            acting.alter(group, changes)


def _follow_group(acting: Acting, old: Row | None, new: Row | None) -> None:
    """A class goes with its group."""
    if old is None or new is not None:
        return
    class_ = acting.at(f"education/classes/{old.record['id']}")
    if class_ is not None:
        acting.remove(class_)


def _in_group(relation: str, *, gone: bool) -> Callable[[Acting, Row, Row], None]:
    """What becomes of who joins or leaves a class is that of its group, where the group and the
    user are known.
    """

    def follow(acting: Acting, class_: Row, person: Row) -> None:
        group = acting.found(("groups",), class_.record["id"])
        user = acting.found(("users",), person.record["id"])
        if group is not None and user is not None:
            (acting.untie if gone else acting.tie)(relation, group, user)

    return follow


_SHARED = ("displayName", "description", "mailNickname")

WORKLOAD = Workload(
    "education",
    paths=("education",),
    follows={"educationRoot/classes": _follow_class, "groups": _follow_group},
)

# Folders --------------------------------------------------------------------------------------


def _class_of(call: Call) -> Thing:
    """The class that something is of."""
    at = call.thing
    while at.container != _CLASSES:
        above = call.owner(at)
        assert above is not None
        at = above
    return at


def _drive_of(call: Call, class_: Thing) -> Thing:
    """The drive of the group that a class is; one of its own where there is no such group."""
    group = call.find("groups", class_.id)
    if group is not None:
        return call.leads_to(group, "drive")[0]
    known = class_.record.get(_DRIVE)
    found = call.find("drives", known) if known else None
    if found is None:
        name = str(class_.record.get("displayName") or class_.id)
        found = call.make("drives", {"driveType": "documentLibrary", "name": name})
        call.change(class_, {_DRIVE: found.id})
    return found


def _folder(name: str, member: str) -> Operation:
    """An action that makes a folder for files, once, and says where it is."""

    def set_up(call: Call) -> Thing:
        thing = call.thing
        if thing.record.get(member):
            return thing
        drive = _drive_of(call, _class_of(call))
        (root,) = call.leads_to(drive, "root")
        made = call.add(root, "children", {"name": f"{member} {thing.id}", "folder": {}})
        return call.change(thing, {member: f"{call.root}/drives/{drive.id}/items/{made.id}"})

    return operation(name)(set_up)


_CLASSES, _DRIVE = "educationRoot/classes", "@drive"
_RESOURCES = "resourcesFolderUrl"


def _made_by(making: Making) -> Mapping[str, Any]:
    return making.by()


def _signed_resource(resource: Record, making: Making) -> Record:
    """What is said of a file or a link besides: who put it there, and when."""
    times = dict.fromkeys(("createdDateTime", "lastModifiedDateTime"), making.now)
    who = {name: dict(making.by()) for name in ("createdBy", "lastModifiedBy")}
    return {**resource, **times, **who}


def _resource(making: Making) -> Record | None:
    """What a resource is, from the body that makes it on."""
    resource = making.record.get("resource")
    is_new = making.before is None and not making.plants
    return _signed_resource(resource, making) if resource and is_new else resource


TYPES = (
    # https://learn.microsoft.com/graph/api/educationclass-post-assignments
    Type(
        "educationAssignment",
        required=("displayName",),
        defaults={
            "status": "draft",
            "allowLateSubmissions": True,
            "allowStudentsToAddResourcesToSubmission": True,
            "addToCalendarAction": "none",
            "addedStudentAction": "none",
            **dict.fromkeys(("assignDateTime", "assignedDateTime", "closeDateTime"), None),
            **dict.fromkeys(("notificationChannelUrl", _RESOURCES), None),
        },
        generated={
            "classId": lambda making: (making.owner or {}).get("id"),
            "createdBy": _made_by,
        },
        changed={"lastModifiedBy": _made_by},
    ),
    # https://learn.microsoft.com/graph/api/educationassignment-post-resources
    *(
        Type(f"education{of}Resource", formed={"resource": _resource})
        for of in ("Assignment", "Submission")
    ),
    # https://learn.microsoft.com/graph/api/resources/educationassignmentdefaults
    # https://learn.microsoft.com/graph/api/educationclass-post
    Type(
        "educationClass",
        required=("displayName", "mailNickname"),
        suits=(_check_nickname,),
        generated={"createdBy": _made_by},
    ),
    Type("educationSchool", generated={"createdBy": _made_by}),
)

_ON_ADDING: Record = {
    "addedStudentAction": "none",
    "addToCalendarAction": "none",
    "dueTime": "23:59:00",
    "notificationChannelUrl": None,
}
NAVIGATION = (
    Navigation("educationClass/group", home="groups", view={"id": "id"}),
    *(
        Navigation(
            f"educationClass/{name}",
            joined=_in_group(relation, gone=False),
            left=_in_group(relation, gone=True),
        )
        for name, relation in (("members", "group/members"), ("teachers", "group/owners"))
    ),
    Navigation("educationClass/assignmentDefaults", start=_ON_ADDING),
    Navigation("educationClass/assignmentSettings", start={"submissionAnimationDisabled": False}),
)

OPERATIONS = (
    _folder("educationAssignment/setUpResourcesFolder", _RESOURCES),
    _folder("educationAssignment/setUpFeedbackResourcesFolder", "feedbackResourcesFolderUrl"),
    _folder("educationSubmission/setUpResourcesFolder", _RESOURCES),
    _folder("educationModule/setUpResourcesFolder", _RESOURCES),
    _status("educationAssignment/publish", {"draft": "published"}),
    _status("educationAssignment/activate", {"inactive": "assigned"}),
    _status("educationAssignment/deactivate", {"assigned": "inactive", "published": "inactive"}),
    moves(
        "educationSubmission/submit",
        "status",
        dict.fromkeys(_HANDED_IN, "submitted"),
        _signed("submitted"),
        status=200,
        also=_hand_in,
    ),
    _status("educationSubmission/unsubmit", {"submitted": "working"}, _signed("unsubmitted")),
    _status(
        "educationSubmission/return",
        {"submitted": "returned", "working": "returned", "reassigned": "returned"},
        _signed("returned"),
    ),
    _status(
        "educationSubmission/reassign",
        {"returned": "reassigned", "submitted": "reassigned"},
        _signed("reassigned"),
    ),
    _status(
        "educationSubmission/excuse",
        dict.fromkeys((*_HANDED_IN, "submitted"), "excused"),
        _signed("excused"),
    ),
    _status("educationModule/publish", {"draft": "published"}),
    sets("educationModule/pin", {"isPinned": True}),
    sets("educationModule/unpin", {"isPinned": False}),
    recent,
)
