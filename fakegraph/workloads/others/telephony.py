"""Telephone numbers of Teams: whose they are, and the operations that tell of it.

https://learn.microsoft.com/graph/api/resources/teamsadministration-numberassignment
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation, Type
from fakegraph.workloads.effects import conflict
from fakegraph.workloads.operations import Call, Ending, Thing, operation, running

_NUMBER = "teamsAdministration.numberAssignment"
_ROOT = "admin/teams/telephoneNumberManagement"
_FREE = "unassigned"
_UNASSIGNED: Record = {
    "assignmentTargetId": None,
    "assignmentCategory": None,
    "assignmentStatus": _FREE,
}


def _number(call: Call) -> Thing:
    """The number that is meant, of the type that is said. Raises GraphError (404)."""
    given = call.arguments
    said, kind = str(given.get("telephoneNumber") or ""), given.get("numberType")
    for each in call.things():
        known = str(each.record.get("telephoneNumber") or "")
        is_kind = kind is None or each.record.get("numberType") == kind
        if known and known.lstrip("+") == said.lstrip("+") and is_kind:
            return each
    raise call.words.not_found(_NUMBER, said)


def _assign(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/teamsadministration-numberassignment-assignnumber"""
    given, number = call.arguments, _number(call)
    user = call.find("users", given["assignmentTargetId"])
    if user is None:
        raise call.words.not_found("user", str(given["assignmentTargetId"]))
    holder = number.record.get("assignmentTargetId")
    if holder and holder != user.id:
        raise conflict(f"The number is assigned to '{holder}' already.", "telephoneNumber")
    said = {"assignmentTargetId": user.id, "assignmentStatus": "userAssigned"}
    category = given.get("assignmentCategory") or "primary"
    place = {} if given.get("locationId") is None else {"locationId": given["locationId"]}
    call.change(number, {**said, "assignmentCategory": category, **place})


def _unassign(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/teamsadministration-numberassignment-unassignnumber"""
    number = _number(call)
    if not number.record.get("assignmentTargetId"):
        raise conflict("The number is assigned to nobody.", "telephoneNumber")
    call.change(number, _UNASSIGNED)


def _tells(call: Call, result: Any, ending: Ending) -> Mapping[str, str]:
    status = "failed" if ending.error else "succeeded"
    id_ = call.new_id()
    where = f"{call.root}/{_ROOT}/operations('{id_}')"
    detail = {"resourceLocation": where, "status": status, "statusDetail": None}
    said = {"id": id_, "status": status, "createdDateTime": call.now, "numbers": [detail]}
    call.add(call.holder, "operations", {**said, **ending.kept})
    return {"Location": where}


def _goes_on(name: str, act: Callable[[Call], None], *optional: str) -> Operation:
    return operation(f"{_NUMBER}*/{name}", tells=_tells, status=202, optional=frozenset(optional))(
        act
    )


_OPTIONS = ("locationId", "networkSiteId", "reverseNumberLookupOptions")


@operation(f"{_NUMBER}*/updateNumber", status=204, optional=frozenset(_OPTIONS))
def update(call: Call) -> None:
    """What is null stays, and an empty text takes away what is there.

    https://learn.microsoft.com/graph/api/teamsadministration-numberassignment-updatenumber
    """
    said = {name: call.arguments.get(name) for name in _OPTIONS}
    changes = {name: value or None for name, value in said.items() if value is not None}
    if "reverseNumberLookupOptions" in changes:
        changes["reverseNumberLookupOptions"] = said["reverseNumberLookupOptions"]
    call.change(_number(call), changes)


TYPES = (
    Type(
        "teamsAdministration.telephoneNumberLongRunningOperation",
        computed={"status": running("running")},
    ),
)

OPERATIONS = (
    _goes_on("assignNumber", _assign, "assignmentCategory", "locationId"),
    _goes_on("unassignNumber", _unassign),
    update,
)
