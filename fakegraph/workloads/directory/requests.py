"""Requests for roles, now or from a time on: Privileged Identity Management.

A request that is granted is carried out at once, and one that begins later waits; nobody has to
approve any, and what has a time to end does not end by itself.
https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest
"""

from __future__ import annotations

from collections.abc import Callable

from fakegraph.edm.values import Instant, duration, format_instant, instant
from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.directory.roles import check_scope
from fakegraph.workloads.directory.words import DIRECTORY
from fakegraph.workloads.handed import Acting, Making
from fakegraph.workloads.operations import Call, Thing, operation

_ROOT = "roleManagement/directory"
_ASSIGNMENT, _ELIGIBILITY = "roleAssignment", "roleEligibility"
_GIVES = frozenset({"adminAssign", "selfActivate"})
_TAKES = frozenset({"adminRemove", "selfDeactivate"})
_OF_ASSIGNMENTS = frozenset({"selfActivate", "selfDeactivate"})
_WAITING = frozenset({"Granted", "PendingApproval", "PendingProvisioning", "PendingEvaluation"})
_SAME = ("principalId", "roleDefinitionId", "directoryScopeId")


def _refused(code: str, message: str, target: str = "") -> GraphError:
    return GraphError(400, code, message, target or None)


def _status(making: Making) -> str | None:
    request = making.record
    if not request.get("action"):
        return None  # a seed that does not say
    if request.get("action") in _TAKES:
        return "Revoked"
    start = (request.get("scheduleInfo") or {}).get("startDateTime")
    return "Granted" if start and instant(start) > instant(making.now) else "Provisioned"


def _key(record: Record) -> tuple[str, ...]:
    return tuple(str(record.get(name) or "").casefold() for name in _SAME)


def _found(acting: Acting, path: str, request: Record) -> list[Row]:
    return [row for row in acting.all(path) if _key(row.record) == _key(request)]


def _tie(acting: Acting, relation: str, row: Row, request: Record) -> bool:
    """Link what is about a role to who has it, and to the role, and tell whether both are there.

    Raises GraphError (404) where they are not, and who asks is no seed.
    """
    people = acting.found(("users", "groups", "servicePrincipals"), request.get("principalId"))
    role = acting.at(f"{_ROOT}/roleDefinitions/{request.get('roleDefinitionId')}")
    for found, name in ((people, "principal"), (role, "roleDefinition")):
        if found is None and not acting.plants:
            raise DIRECTORY.words.not_found("user", str(request.get(f"{name}Id")))
        if found is not None:
            acting.tie(f"{relation}/{name}", row, found)
    return people is not None and role is not None


def _carried_out(kind: str) -> Callable[[Acting, Row], None]:
    """What comes of a request for a role to have, or one that may be activated."""

    def carry_out(acting: Acting, row: Row) -> None:
        request = row.record
        relation = f"unified{kind[0].upper()}{kind[1:]}ScheduleRequest"
        if not _tie(acting, relation, row, request):
            return
        schedules = f"{_ROOT}/{kind}Schedules"
        there = _found(acting, schedules, request)
        if not acting.plants:
            _check(acting, kind, request, is_there=bool(there))
        if request.get("isValidationOnly"):
            return
        if request["action"] in _GIVES:
            if acting.plants and request.get("targetScheduleId"):
                return  # a seed has what came of it
            if request["status"] == "Provisioned":
                acting.alter(row, {"targetScheduleId": _give(acting, kind, request)})
        elif request["action"] in _TAKES:
            _take(acting, kind, request)
        else:
            for each in there:
                acting.alter(each, {"scheduleInfo": request.get("scheduleInfo")})

    return carry_out


def _check(acting: Acting, kind: str, request: Record, *, is_there: bool) -> None:
    """Raise GraphError (400) for a request that cannot be carried out."""
    action = request["action"]
    if kind == _ELIGIBILITY and action in _OF_ASSIGNMENTS:
        raise _refused("BadRequest", f"Nobody is made eligible by '{action}'.", "action")
    if action in _GIVES and is_there:
        raise _refused("RoleAssignmentExists", "The Role assignment already exists.")
    if action not in _GIVES and not is_there:
        raise _refused("RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
    if action not in _TAKES and _ends(request) is None:
        message = 'The following policy rules failed: ["ExpirationRule"]. afterDuration has a'
        message += " duration, and afterDateTime an endDateTime, after the start."
        raise _refused("RoleAssignmentRequestPolicyValidationFailed", message, "scheduleInfo")
    _check_activated(acting, request)


def _ends(request: Record) -> str | None:
    """When what is asked for ends: empty for never, None where that is not said or cannot be."""
    info = request.get("scheduleInfo") or {}
    expiration = info.get("expiration") or {}
    start = instant(info.get("startDateTime") or request["createdDateTime"])
    kind, lasts = expiration.get("type"), expiration.get("duration")
    if kind == "afterDuration":
        ticks = duration(lasts) if lasts else 0
        return format_instant(Instant(start + ticks)) if ticks > 0 else None
    if kind == "afterDateTime":
        end = expiration.get("endDateTime")
        return str(end) if end and instant(end) > start else None
    return ""


def _check_activated(acting: Acting, request: Record) -> None:
    """Raise GraphError (400) for a role that somebody activates and is not eligible for."""
    eligible = _found(acting, f"{_ROOT}/{_ELIGIBILITY}Schedules", request)
    if request["action"] == "selfActivate" and not eligible:
        raise _refused(
            "RoleAssignmentRequestPolicyValidationFailed",
            "The following policy rules failed: there is no eligible assignment to activate.",
        )


def _give(acting: Acting, kind: str, request: Record) -> str:
    same = {name: request.get(name) for name in _SAME}
    info = request.get("scheduleInfo") or {}
    how = {"memberType": "Direct"}
    if kind == _ASSIGNMENT:
        active = request["action"] == "selfActivate"
        how["assignmentType"] = "Activated" if active else "Assigned"
        if not _found(acting, f"{_ROOT}/roleAssignments", request):
            acting.put_at(f"{_ROOT}/roleAssignments", same)
    schedule = acting.put_at(
        f"{_ROOT}/{kind}Schedules",
        {**same, **how, "scheduleInfo": info, "createdUsing": request["id"]}
        | {"status": "Provisioned"},
    )
    _tie(acting, "unifiedRoleScheduleBase", schedule, request)
    id_ = str(schedule.record["id"])
    times = {
        "startDateTime": info.get("startDateTime") or request.get("createdDateTime"),
        "endDateTime": _ends(request) or None,
    }
    instance = acting.put_at(
        f"{_ROOT}/{kind}ScheduleInstances", {**same, **how, **times, f"{kind}ScheduleId": id_}
    )
    _tie(acting, "unifiedRoleScheduleInstanceBase", instance, request)
    return id_


def _take(acting: Acting, kind: str, request: Record) -> None:
    for name in (f"{kind}ScheduleInstances", f"{kind}Schedules"):
        for row in _found(acting, f"{_ROOT}/{name}", request):
            acting.remove(row)
    for row in _found(acting, f"{_ROOT}/roleAssignments", request) if kind == _ASSIGNMENT else ():
        acting.bury(row)


def _cancel(call: Call) -> None:
    status = call.thing.record.get("status")
    if status and status not in _WAITING:
        message = f"A request that is {status} cannot be cancelled."
        raise _refused("RoleAssignmentRequestCannotBeCancelled", message, "status")
    call.change(call.thing, {"status": "Canceled"})


_KINDS = {
    "unifiedRoleAssignmentScheduleRequest": _ASSIGNMENT,
    "unifiedRoleEligibilityScheduleRequest": _ELIGIBILITY,
}

TYPES = tuple(
    Type(
        name,
        required=("action", "principalId", "roleDefinitionId", "directoryScopeId"),
        spared=lambda record: ("directoryScopeId",) if record.get("appScopeId") else (),
        suits=(check_scope,),
        read_only=frozenset({"status", "targetScheduleId", "approvalId", "completedDateTime"}),
        defaults={
            **dict.fromkeys(("approvalId", "appScopeId", "customData"), None),
            "isValidationOnly": False,
            "ticketInfo": {"ticketNumber": None, "ticketSystem": None},
        },
        generated={"status": _status, "createdBy": lambda making: making.by()},
        written={"roleDefinitionId": str.lower, "principalId": str.lower},
        made=_carried_out(kind),
    )
    for name, kind in _KINDS.items()
)

_CANCELS = tuple(
    # https://learn.microsoft.com/graph/api/unifiedroleassignmentschedulerequest-cancel
    operation(f"{name}/cancel", status=204)(_cancel)
    for name in _KINDS
)


def _of_caller(call: Call) -> list[Thing]:
    me = call.caller()
    own = "" if me is None else me.id.casefold()
    return [each for each in call.things() if str(each.record.get("principalId")).casefold() == own]


OPERATIONS = (
    *(
        # https://learn.microsoft.com/graph/api/unifiedroleassignmentschedule-filterbycurrentuser
        operation(f"unified{kind}Schedule{what}*/filterByCurrentUser", reads=True)(_of_caller)
        for kind in ("RoleAssignment", "RoleEligibility")
        for what in ("", "Instance", "Request")
    ),
    *_CANCELS,
)
