"""Requests for roles, and to be in groups, now or from a time on: Privileged Identity Management.

A request that is granted is carried out at once, and one that begins later waits; nobody has to
approve any, and what has a time to end does not end by itself. A role is activated for as long as
its policy says.
https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest
https://learn.microsoft.com/graph/api/resources/privilegedaccessgroupassignmentschedulerequest
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant, duration, format_instant, instant
from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.directory.links import member_joins, owner_joins
from fakegraph.workloads.directory.role_policies import longest_of
from fakegraph.workloads.directory.roles import check_scope
from fakegraph.workloads.directory.words import DIRECTORY
from fakegraph.workloads.handed import Acting, Linking, Making
from fakegraph.workloads.operations import Call, Thing, operation

_ASSIGNMENT, _ELIGIBILITY = "assignment", "eligibility"
_GIVES = frozenset({"adminAssign", "selfActivate"})
_TAKES = frozenset({"adminRemove", "selfDeactivate"})
_OF_ASSIGNMENTS = frozenset({"selfActivate", "selfDeactivate"})
_WAITING = frozenset({"Granted", "PendingApproval", "PendingProvisioning", "PendingEvaluation"})
_PEOPLE = ("users", "groups", "servicePrincipals")


@dataclass(frozen=True, slots=True)
class _Realm:
    """What can be requested to have: roles, or access to groups.

    ``root``: where requests and schedules are, by ``names`` of the two kinds there; ``type`` is how
    their types begin, ``bases`` those whose navigation properties are declared once for both kinds.
    ``same`` is what a schedule is about, ``there`` finds what is had, ``check`` raises GraphError
    for what nobody can be given. ``give`` and ``take`` are what comes of an assignment, ``words``
    what schedules say of how it is had, and ``id`` is that of a schedule, where it is no other one.
    """

    root: str
    names: Mapping[str, str]
    type: str
    bases: Mapping[str, str]
    same: tuple[str, ...]
    had: str
    there: Callable[[Acting, Record], Row | None]
    check: Callable[[Acting, Record], object]
    give: Callable[[Acting, Record], object]
    take: Callable[[Acting, Record], object]
    words: Mapping[str, str]
    id: Callable[[Record], Record]

    def path(self, kind: str, what: str) -> str:
        """Where requests, schedules or instances of a kind are."""
        return f"{self.root}/{self.names[kind]}{what}"

    def found(self, acting: Acting, path: str, request: Record) -> list[Row]:
        """What is about the same."""
        key = self._key(request)
        return [row for row in acting.all(path) if self._key(row.record) == key]

    def _key(self, record: Record) -> tuple[str, ...]:
        return tuple(str(record.get(name) or "").casefold() for name in self.same)

    def tie(self, acting: Acting, kind: str, what: str, row: Row, request: Record) -> bool:
        """Link what is about a role or group to it and to who has it, and tell whether both are
        there.

        Raises GraphError (404) where they are not, and who asks is no seed.
        """
        people = acting.found(_PEOPLE, request.get("principalId"))
        owned = self.there(acting, request)
        relation = self.bases.get(what) or f"{self.type}{kind.capitalize()}{what}"
        for found, name in ((people, "principal"), (owned, self.had)):
            if found is None and not acting.plants:
                raise DIRECTORY.words.not_found("user", str(request.get(f"{name}Id")))
            if found is not None:
                acting.tie(f"{relation}/{name}", row, found)
        return people is not None and owned is not None


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


def _carried_out(realm: _Realm, kind: str) -> Callable[[Acting, Row], None]:
    """What comes of a request for something to have, or that may be activated."""

    def carry_out(acting: Acting, row: Row) -> None:
        request = row.record
        if not realm.tie(acting, kind, "ScheduleRequest", row, request):
            return
        there = realm.found(acting, realm.path(kind, "Schedules"), request)
        if not acting.plants:
            _check(acting, realm, kind, request, is_there=bool(there))
        if request.get("isValidationOnly"):
            return
        if request.get("action") in _GIVES:
            if acting.plants and request.get("targetScheduleId"):
                return  # a seed has what came of it
            if request["status"] == "Provisioned":
                id_ = _give(acting, realm, kind, request)
                acting.alter(row, {"targetScheduleId": id_})
        elif request.get("action") in _TAKES:
            _take(acting, realm, kind, request)
        else:
            for each in there:
                acting.alter(each, {"scheduleInfo": request.get("scheduleInfo")})

    return carry_out


def _check(acting: Acting, realm: _Realm, kind: str, request: Record, *, is_there: bool) -> None:
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
    if action in _GIVES:
        realm.check(acting, request)
    eligible = realm.found(acting, realm.path(_ELIGIBILITY, "Schedules"), request)
    if action == "selfActivate" and not eligible:
        raise _refused(
            "RoleAssignmentRequestPolicyValidationFailed",
            "The following policy rules failed: there is no eligible assignment to activate.",
        )


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


def _give(acting: Acting, realm: _Realm, kind: str, request: Record) -> str:
    same = {name: request.get(name) for name in realm.same} | realm.id(request)
    info = request.get("scheduleInfo") or {}
    how = {"memberType": realm.words["direct"]}
    if kind == _ASSIGNMENT:
        active = request["action"] == "selfActivate"
        how["assignmentType"] = realm.words["activated" if active else "assigned"]
        realm.give(acting, request)
    schedule = acting.put_at(
        realm.path(kind, "Schedules"),
        {**same, **how, "scheduleInfo": info, "createdUsing": request["id"]}
        | {"status": "Provisioned"},
    )
    realm.tie(acting, kind, "Schedule", schedule, request)
    id_ = str(schedule.record["id"])
    times = {
        "startDateTime": info.get("startDateTime") or request.get("createdDateTime"),
        "endDateTime": _ends(request) or None,
    }
    instance = acting.put_at(
        realm.path(kind, "ScheduleInstances"),
        {**same, **how, **times, f"{realm.names[kind]}ScheduleId": id_},
    )
    realm.tie(acting, kind, "ScheduleInstance", instance, request)
    return id_


def _take(acting: Acting, realm: _Realm, kind: str, request: Record) -> None:
    for what in ("ScheduleInstances", "Schedules"):
        for row in realm.found(acting, realm.path(kind, what), request):
            acting.remove(row)
    if kind == _ASSIGNMENT:
        realm.take(acting, request)


# Roles --------------------------------------------------------------------------------------------

_ROOT = "roleManagement/directory"


def _check_longest(acting: Acting, request: Record) -> None:
    """Raise GraphError (400) for who activates a role for longer than its policy has it."""
    if request["action"] != "selfActivate":
        return
    most = longest_of(str(request.get("roleDefinitionId")), acting)
    end = _ends(request)
    start = (request.get("scheduleInfo") or {}).get("startDateTime") or request["createdDateTime"]
    if most is not None and (not end or instant(end) > instant(start) + duration(most)):
        message = 'The following policy rules failed: ["ExpirationRule"].'
        message += f" The role is activated for {most} at most."
        raise _refused("RoleAssignmentRequestPolicyValidationFailed", message, "scheduleInfo")


def _assign(acting: Acting, request: Record) -> None:
    if not _ROLES.found(acting, f"{_ROOT}/roleAssignments", request):
        same = {name: request.get(name) for name in _ROLES.same}
        acting.put_at(f"{_ROOT}/roleAssignments", same)


def _unassign(acting: Acting, request: Record) -> None:
    for row in _ROLES.found(acting, f"{_ROOT}/roleAssignments", request):
        acting.bury(row)


_ROLES = _Realm(
    _ROOT,
    {_ASSIGNMENT: "roleAssignment", _ELIGIBILITY: "roleEligibility"},
    "unifiedRole",
    {"Schedule": "unifiedRoleScheduleBase", "ScheduleInstance": "unifiedRoleScheduleInstanceBase"},
    ("principalId", "roleDefinitionId", "directoryScopeId"),
    "roleDefinition",
    lambda acting, said: acting.at(f"{_ROOT}/roleDefinitions/{said.get('roleDefinitionId')}"),
    _check_longest,
    _assign,
    _unassign,
    {"direct": "Direct", "activated": "Activated", "assigned": "Assigned"},
    lambda request: {},
)


# Groups -------------------------------------------------------------------------------------------


def _group(acting: Acting, request: Record) -> Row | None:
    return acting.found(("groups",), request.get("groupId"))


def _ends_of(acting: Acting, request: Record) -> tuple[str, Row, Row]:
    """The link that a request is about, whose ends are there."""
    group, who = _group(acting, request), acting.found(_PEOPLE, request["principalId"])
    assert group is not None
    assert who is not None
    return f"group/{request['accessId']}s", group, who


def _check_joins(acting: Acting, request: Record) -> None:
    """Raise GraphError for who cannot be a member or an owner of the group by a link either."""
    relation, group, who = _ends_of(acting, request)
    kind = next(each for each in _PEOPLE if acting.found((each,), request["principalId"]))
    links = acting.ends(relation, group)
    check = member_joins if request["accessId"] == "member" else owner_joins
    check(Linking(group.record, kind.removesuffix("s"), who.record, lambda: len(links)))


def _join(acting: Acting, request: Record) -> None:
    acting.tie(*_ends_of(acting, request))


def _part(acting: Acting, request: Record) -> None:
    acting.untie(*_ends_of(acting, request))


_GROUPS = _Realm(
    "identityGovernance/privilegedAccess/group",
    {_ASSIGNMENT: "assignment", _ELIGIBILITY: "eligibility"},
    "privilegedAccessGroup",
    {},
    ("principalId", "groupId", "accessId"),
    "group",
    _group,
    _check_joins,
    _join,
    _part,
    {"direct": "direct", "activated": "activated", "assigned": "assigned"},
    lambda request: {"id": f"{request['groupId']}_{request['accessId']}_{request['id']}"},
)


# What they have in common -------------------------------------------------------------------------


def _cancel(call: Call) -> None:
    status = call.thing.record.get("status")
    if status and status not in _WAITING:
        message = f"A request that is {status} cannot be cancelled."
        raise _refused("RoleAssignmentRequestCannotBeCancelled", message, "status")
    call.change(call.thing, {"status": "Canceled"})


_KINDS = {
    f"unifiedRole{kind.capitalize()}ScheduleRequest": kind for kind in (_ASSIGNMENT, _ELIGIBILITY)
}
_UNSAID: Record = {
    **dict.fromkeys(("approvalId", "customData"), None),
    "isValidationOnly": False,
    "ticketInfo": {"ticketNumber": None, "ticketSystem": None},
}


def _request(realm: _Realm, kind: str, more: Record, **said: Any) -> Type:
    name = f"{realm.type}{kind.capitalize()}ScheduleRequest"
    return Type(
        name,
        required=("action", *realm.same),
        read_only=frozenset({"status", "targetScheduleId", "approvalId", "completedDateTime"}),
        defaults={**_UNSAID, **more},
        generated={"status": _status, "createdBy": lambda making: making.by()},
        made=_carried_out(realm, kind),
        **said,
    )


TYPES = (
    *(
        _request(
            _ROLES,
            kind,
            {"appScopeId": None},
            spared=lambda record: ("directoryScopeId",) if record.get("appScopeId") else (),
            suits=(check_scope,),
            written={"roleDefinitionId": str.lower, "principalId": str.lower},
        )
        for kind in _ROLES.names
    ),
    *(
        _request(_GROUPS, kind, {}, written={"groupId": str.lower, "principalId": str.lower})
        for kind in _GROUPS.names
    ),
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
