"""Who may see or change a calendar.

https://learn.microsoft.com/graph/api/resources/calendarpermission
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import Call, operation
from fakegraph.workloads.outlook.arriving import with_address
from fakegraph.workloads.outlook.checks import refuse_search
from fakegraph.workloads.outlook.shared import EVERYBODY, PERMISSIONS, READING, ROLES
from fakegraph.workloads.outlook.words import invalid


def _id(making: Making) -> str:
    """The id of a permission: the address of whom it is for, in base64."""
    address = str((making.record.get("emailAddress") or {}).get("address") or making.new_id())
    return b64encode(address.encode()).decode()


def _roles(making: Making) -> list[str]:
    return [*(ROLES if making.record.get("isInsideOrganization", True) else READING)]


def _refuse_role(record: Record, before: Record | None) -> None:
    role, inside = record.get("role"), record.get("isInsideOrganization", True)
    allowed = record.get("allowedRoles") or (ROLES if inside else READING)
    if role is not None and role not in allowed:
        raise invalid(f"The role is one of {', '.join(allowed)}.", "role")
    if before is None and not (record.get("emailAddress") or {}).get("address"):
        raise invalid("A permission is for somebody with an address.", "emailAddress")


def _provisioned(calendar: Record) -> tuple[Record, ...]:
    """What everybody in the organization may from the start."""
    if not calendar.get("isDefaultCalendar"):
        return ()
    return (
        {
            "id": EVERYBODY,
            "isRemovable": False,
            "isInsideOrganization": True,
            "role": "freeBusyRead",
            "allowedRoles": [*READING, "write"],
            "emailAddress": {"name": "My Organization"},
        },
    )


@operation("calendar/allowedCalendarSharingRoles", reads=True)
def allowed_roles(call: Call) -> list[str]:
    """https://learn.microsoft.com/graph/api/calendar-allowedcalendarsharingroles"""
    address = str(call.arguments["User"]).casefold()
    if "@" not in address:
        message = f"'{address}' is no address."
        raise GraphError(400, "ErrorInvalidParameter", message, "User")
    is_here: Any = with_address(call, address)
    return [*(ROLES if is_here is not None else READING)]


TYPES = (
    Type(
        "calendarPermission",
        required=("role",),
        ignored=frozenset({"id", "allowedRoles", "isRemovable"}),
        immutable=frozenset({"emailAddress", "isInsideOrganization"}),
        generated={"id": _id, "allowedRoles": _roles},
        defaults={"isRemovable": True, "isInsideOrganization": True},
        refuses=(_refuse_role,),
        queries=(refuse_search,),
        kept={"isRemovable": False},
    ),
)
NAVIGATION = (
    Navigation(
        PERMISSIONS,
        provisioned=_provisioned,
        known_by="id",
        documented=frozenset({"GET", "POST"}),
    ),
)
OPERATIONS = (allowed_roles,)
