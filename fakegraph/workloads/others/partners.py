"""Partners: what they are allowed to administer, as the partner asks and the customer approves.

Both are the one tenant here; what goes on after an answer is done at once.
https://learn.microsoft.com/graph/api/resources/delegatedadminrelationships-api-overview
"""

from __future__ import annotations

from fakegraph.edm.values import Instant, duration, format_instant, instant
from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.effects import moved
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import Call, Thing

_LONGEST = 50
_DAY = 864_000_000_000  # in ticks of 100 ns
_LEAST, _MOST = _DAY, 731 * _DAY  # P1D to P2Y
_EXTENSIONS = ("PT0S", "P0D", "P180D")
_SAID_ONCE = frozenset({"status", "activatedDateTime", "endDateTime"})
_TIMES = frozenset({"createdDateTime", "lastModifiedDateTime"})


def _check(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a relationship that cannot be."""
    if before is not None and before.get("status") not in (None, "created"):
        _refuse_locked(before)
    if len(str(record.get("displayName") or "")) > _LONGEST:
        raise bad_request(f"'displayName' has {_LONGEST} characters at most.", "displayName")
    lasts = record.get("duration")
    if lasts and not _LEAST <= duration(str(lasts)) <= _MOST:
        raise bad_request("'duration' is between P1D and P2Y.", "duration")
    if record.get("autoExtendDuration") not in (None, *_EXTENSIONS):
        message = f"'autoExtendDuration' is one of {', '.join(_EXTENSIONS)}."
        raise bad_request(message, "autoExtendDuration")
    if record.get("accessDetails") and not _roles(record):
        message = "'accessDetails' has 'unifiedRoles', each with a 'roleDefinitionId'."
        raise bad_request(message, "accessDetails/unifiedRoles")


def _refuse_locked(relationship: Record) -> None:
    raise bad_request(
        f"The relationship is '{relationship['status']}', and can only be changed or deleted "
        "while it is 'created'.",
        "status",
    )


def _roles(record: Record) -> set[str]:
    said = (record.get("accessDetails") or {}).get("unifiedRoles") or ()
    return {str(each.get("roleDefinitionId")).casefold() for each in said}


def _leaves(call: Call, relationship: Record) -> None:
    if relationship.get("status") not in (None, "created"):
        _refuse_locked(relationship)


# Requests --------------------------------------------------------------------------------------

_STEPS: dict[str, dict[str, str]] = {
    "lockForApproval": {"created": "approvalPending"},
    "approve": {"approvalPending": "active"},
    "reject": {"approvalPending": "terminated"},
    "terminate": dict.fromkeys(("active", "approved", "activating", "expiring"), "terminated"),
}


def _asked(call: Call, request: Record, before: Record | None) -> None:
    """The relationship comes to what a request asks for."""
    relationship = call.owner(call.thing)
    if before is not None or relationship is None:
        return
    action = str(request["action"])
    if action not in _STEPS:
        raise bad_request(f"'action' is one of {', '.join(_STEPS)}.", "action")
    changes = moved(relationship, "status", _STEPS[action])
    call.change(relationship, {**changes, **_times(call, relationship, action)})
    call.change(call.thing, {"status": "succeeded"})


def _times(call: Call, relationship: Thing, action: str) -> Record:
    if action != "approve":
        return {"endDateTime": call.now} if action == "terminate" else {}
    lasts = duration(str(relationship.record.get("duration") or "P1D"))
    return {
        "activatedDateTime": call.now,
        "endDateTime": format_instant(Instant(instant(call.now) + lasts)),
    }


# Assignments -----------------------------------------------------------------------------------


def _assigned(call: Call, assignment: Record, before: Record | None) -> None:
    """A group has some of the roles of an active relationship: at once, as an operation tells."""
    relationship = call.owner(call.thing)
    if relationship is None:
        return
    status = relationship.record.get("status")
    if before is None and status not in (None, "active"):
        raise bad_request(f"The relationship is '{status}', and not 'active'.", "status")
    beyond = sorted(_roles(assignment) - _roles(relationship.record))
    if beyond:
        message = f"The relationship has no role '{beyond[0]}'."
        raise bad_request(message, "accessDetails/unifiedRoles")
    call.change(call.thing, {"status": "active"})
    call.add(
        relationship,
        "operations",
        {
            "operationType": "delegatedAdminAccessAssignmentUpdate",
            "status": "succeeded",
            "data": call.thing.id,
            "createdDateTime": call.now,
            "lastModifiedDateTime": call.now,
        },
    )


def _version(making: Making) -> str:
    return making.new_id()


_TAG = "@version"

TYPES = (
    # https://learn.microsoft.com/graph/api/resources/delegatedadminrelationship
    Type(
        "delegatedAdminRelationship",
        required=("accessDetails", "displayName", "duration"),
        unique=("displayName",),
        ignore_case=frozenset({"displayName"}),
        read_only=_SAID_ONCE | _TIMES,
        defaults={"status": "created", "autoExtendDuration": "PT0S", "activatedDateTime": None},
        refuses=(_check,),
        leaves=_leaves,
        etag=_TAG,
        must_match=True,
        generated={_TAG: _version},
        changed={_TAG: _version},
    ),
    # https://learn.microsoft.com/graph/api/delegatedadminrelationship-post-requests
    Type(
        "delegatedAdminRelationshipRequest",
        required=("action",),
        read_only=_TIMES | {"status"},
        defaults={"status": "created"},
        follows=_asked,
    ),
    # https://learn.microsoft.com/graph/api/delegatedadminrelationship-post-accessassignments
    Type(
        "delegatedAdminAccessAssignment",
        required=("accessContainer", "accessDetails"),
        read_only=_TIMES | {"status"},
        defaults={"status": "pending"},
        follows=_assigned,
        etag=_TAG,
        must_match=True,
        generated={_TAG: _version},
        changed={_TAG: _version},
    ),
)
