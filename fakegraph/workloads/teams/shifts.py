"""Shifts: a team's schedule and what is in it, who asks for what, and who decides.

https://learn.microsoft.com/graph/api/resources/schedule
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Generate, Idle, Making
from fakegraph.workloads.operations import Call, Made, Thing, operation
from fakegraph.workloads.outlook.zones import zone
from fakegraph.workloads.strangers import strangers

_PREFIXES = {
    "schedulingGroup": "TAG",
    "timeOffReason": "TOR",
    "dayNote": "NOTE",
    "shiftPreferences": "SHPR",
}
#: What is planned, as a draft and as all see it.
_PLANNED = {
    "shift": ("SHFT", "draftShift", "sharedShift"),
    "openShift": ("OPNSHFT", "draftOpenShift", "sharedOpenShift"),
    "timeOff": ("SHFT", "draftTimeOff", "sharedTimeOff"),
}


def _prefixed(prefix: str) -> dict[str, Generate]:
    def generate(making: Making) -> str:
        return f"{prefix}_{making.new_id()}"

    return {"id": generate}


_TIMES = ("startDateTime", "endDateTime")
_MINUTE, _DAY = 60 * 10_000_000, 24 * 3600 * 10_000_000


def _check_plan(kind: str) -> Callable[[Record, Record | None], None]:
    """What is planned is so as a draft or for all, from when until when."""
    names = _PLANNED[kind][1:]

    def check(record: Record, before: Record | None) -> None:
        said = {name: record[name] for name in names if record.get(name)}
        for name, item in said.items():
            missing = next((each for each in _TIMES if not item.get(each)), None)
            if missing is not None:
                raise bad_request(f"What is planned has a '{missing}'.", f"{name}/{missing}")
            start, end = (instant(item[each]) for each in _TIMES)
            if end <= start:
                raise bad_request("It ends before it starts.", f"{name}/endDateTime")
            if kind == "shift" and not _MINUTE <= end - start <= _DAY:
                message = "A shift lasts a minute at least, and a day at most."
                raise bad_request(message, f"{name}/endDateTime")

    return check


def _who(making: Making) -> Record | None:
    """Who made or changed it last; of what a seed says nobody."""
    by = None if making.plants else making.by()
    return {"application": None, "device": None, "user": None, **by} if by else None


def _provisioned(making: Making) -> str | None:
    """A schedule that somebody asks for is ready at once."""
    return None if making.plants else "Completed"


# Requests ---------------------------------------------------------------------------------------


def _sender(making: Making) -> Any:
    return (making.by().get("user") or {}).get("id")


def _now(making: Making) -> str:
    return making.now


_SENT = {"senderUserId": _sender, "senderDateTime": _now}
_DECIDED = {"approve": "approved", "decline": "declined"}


def _decides(state: str) -> Callable[[Call], None]:
    """Who a request is assigned to decides; a recipient who agrees leaves it to the manager."""

    def act(call: Call) -> None:
        request = call.thing.record
        if request.get("state") not in (None, "pending"):
            raise GraphError(409, "Conflict", f"The request is {request['state']} already.")
        message, who = call.arguments.get("message"), (call.by.get("user") or {}).get("id")
        if request.get("assignedTo") == "recipient":
            said: Record = {"recipientActionMessage": message, "recipientActionDateTime": call.now}
            left = {"assignedTo": "manager"} if state == "approved" else {"state": state}
            call.change(call.thing, {**said, **left})
            return
        decided = {"managerActionMessage": message, "managerActionDateTime": call.now}
        call.change(call.thing, {**decided, "managerUserId": who, "state": state})

    return act


# https://learn.microsoft.com/graph/api/offershiftrequest-approve: 200, and nothing in it
_DECISIONS = tuple(
    operation(f"scheduleChangeRequest/{name}", status=200)(_decides(state))
    for name, state in _DECIDED.items()
)


# The whole schedule -----------------------------------------------------------------------------


@operation("schedule/share", status=204)
def share(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/schedule-share"""
    for name in ("notifyTeam", *_TIMES):
        if call.arguments.get(name) is None:
            raise bad_request(f"What is shared has a '{name}'.", name)
    start, end = (instant(call.arguments[name]) for name in _TIMES)
    if end <= start:
        raise bad_request("The time that is shared ends before it starts.", "endDateTime")
    for container, kind in _LISTED.items():
        for each in call.inside(call.thing, f"schedule/{container}"):
            _share(call, each, *_PLANNED[kind][1:], (start, end))


_LISTED = {"shifts": "shift", "openShifts": "openShift", "timesOff": "timeOff"}


def _share(call: Call, each: Thing, draft: str, shared: str, within: tuple[int, int]) -> None:
    """Let all see a draft that touches a time."""
    item = each.record.get(draft)
    if not item or not item.get("startDateTime") or not item.get("endDateTime"):
        return
    start, end = within
    if instant(item["startDateTime"]) < end and instant(item["endDateTime"]) > start:
        call.change(each, {shared: item, draft: None})


# Time cards -------------------------------------------------------------------------------------


def _event(call: Call) -> Record:
    given = call.arguments
    named = {name: given.get(name) for name in ("isAtApprovedLocation", "notes")}
    return {"dateTime": call.now, **named}


def _check_state(call: Call, *states: str) -> None:
    state = call.thing.record.get("state")
    if state not in states:
        raise GraphError(409, "Conflict", f"The time card is '{state}', not {' or '.join(states)}.")


@operation("timeCard*/clockIn")
def clock_in(call: Call) -> Made:
    """https://learn.microsoft.com/graph/api/timecard-clockin"""
    who = call.arguments.get("onBehalfOfUserId") or (call.by.get("user") or {}).get("id")
    said: Record = {"userId": who, "state": "clockedIn", "clockInEvent": _event(call), "breaks": []}
    return Made(call.add(call.holder, "timeCards", said))


@operation("timeCard/clockOut")
def clock_out(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/timecard-clockout"""
    _check_state(call, "clockedIn", "onBreak")
    return call.change(call.thing, {"state": "clockedOut", "clockOutEvent": _event(call)})


@operation("timeCard/startBreak")
def start_break(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/timecard-startbreak"""
    _check_state(call, "clockedIn")
    begun = {"breakId": f"BRK_{call.new_id()}", "start": _event(call), "end": None}
    breaks = [*(call.thing.record.get("breaks") or ()), begun]
    return call.change(call.thing, {"state": "onBreak", "breaks": breaks})


@operation("timeCard/endBreak")
def end_break(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/timecard-endbreak"""
    _check_state(call, "onBreak")
    *others, last = call.thing.record.get("breaks") or [{}]
    breaks = [*others, {**last, "end": _event(call)}]
    return call.change(call.thing, {"state": "clockedIn", "breaks": breaks})


@operation("timeCard/confirm")
def confirm(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/timecard-confirm"""
    own = call.thing.record.get("userId") == (call.by.get("user") or {}).get("id")
    return call.change(call.thing, {"confirmedBy": "user" if own else "manager"})


#: What the pages of shifts call required.
_REQUIRED = {
    "schedulingGroup": ("displayName",),
    "timeOffReason": ("displayName",),
    "shift": ("schedulingGroupId", "userId"),
    "timeOff": ("userId",),
    "openShift": ("schedulingGroupId",),
    "offerShiftRequest": ("senderShiftId", "recipientUserId"),
    "swapShiftsChangeRequest": ("recipientShiftId",),
    "timeOffRequest": ("startDateTime", "endDateTime", "timeOffReasonId"),
    "openShiftChangeRequest": ("openShiftId",),
}
_USER = strangers("userId", "users", "user")
_GROUP = strangers("schedulingGroupId", "schedule/schedulingGroups", "scheduling group")
#: What they name that may not be there.
_NAMED: dict[str, tuple[Idle, ...]] = {
    "schedulingGroup": (strangers("userIds", "users", "user"),),
    "shift": (_USER, _GROUP),
    "openShift": (_GROUP,),
    "timeOff": (
        _USER,
        *(
            strangers(f"{name}/timeOffReasonId", "schedule/timeOffReasons", "reason")
            for name in ("draftTimeOff", "sharedTimeOff")
        ),
    ),
    "offerShiftRequest": (
        strangers("senderShiftId", "schedule/shifts", "shift"),
        strangers("recipientUserId", "users", "user"),
    ),
    "swapShiftsChangeRequest": (strangers("recipientShiftId", "schedule/shifts", "shift"),),
    "timeOffRequest": (strangers("timeOffReasonId", "schedule/timeOffReasons", "reason"),),
    "openShiftChangeRequest": (strangers("openShiftId", "schedule/openShifts", "open shift"),),
}


def _check_zone(schedule: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a time zone that the tz database has not.

    https://learn.microsoft.com/graph/api/resources/schedule
    """
    name = schedule.get("timeZone")
    if name and name != (before or {}).get("timeZone"):
        zone(str(name))


TYPES = (
    Type(
        "changeTrackedEntity",
        generated={"createdBy": _who, "lastModifiedBy": _who},
        changed={"lastModifiedBy": _who},
    ),
    Type(
        "schedule",
        required=("enabled", "timeZone"),
        refuses=(_check_zone,),
        ignored=frozenset({"provisionStatus", "provisionStatusCode"}),
        generated={"provisionStatus": _provisioned},
    ),
    *(
        Type(
            name,
            required=_REQUIRED.get(name, ()),
            idle=_NAMED.get(name, ()),
            generated=_prefixed(prefix),
        )
        for name, prefix in _PREFIXES.items()
    ),
    *(
        Type(
            name,
            required=_REQUIRED.get(name, ()),
            idle=_NAMED.get(name, ()),
            generated=_prefixed(names[0]),
            refuses=(_check_plan(name),),
        )
        for name, names in _PLANNED.items()
    ),
    Type("timeCard", generated=_prefixed("TCK")),
    # https://learn.microsoft.com/graph/api/shiftpreferences-put sends it with the id that it has.
    Type("shiftPreferences", ignored=frozenset({"id"})),
    Type(
        "scheduleChangeRequest",
        generated={**_prefixed("SREQ"), **_SENT},
        defaults={"assignedTo": "manager", "state": "pending"},
    ),
    Type("offerShiftRequest", defaults={"assignedTo": "recipient"}),
    *(
        Type(name, required=_REQUIRED[name], idle=_NAMED[name])
        for name in (
            *("offerShiftRequest", "swapShiftsChangeRequest", "timeOffRequest"),
            "openShiftChangeRequest",
        )
    ),
)

NAVIGATION = (
    # https://learn.microsoft.com/graph/api/team-put-schedule
    Navigation("team/schedule", statuses={"PUT": 200}),
    # https://learn.microsoft.com/graph/api/timecard-replace
    Navigation("schedule/timeCards", statuses={"PUT": 204}),
    # https://learn.microsoft.com/graph/api/shiftpreferences-put
    Navigation("userSettings/shiftPreferences", statuses={"PUT": 204}),
)
OPERATIONS = (*_DECISIONS, share, clock_in, clock_out, start_break, end_break, confirm)
