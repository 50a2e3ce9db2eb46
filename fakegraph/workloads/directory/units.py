"""Administrative units: who is in them, and who has a role in them.

https://learn.microsoft.com/graph/api/resources/administrativeunit
"""

from __future__ import annotations

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.dynamic import (
    STATE,
    STATES,
    is_dynamic_unit,
    spelt,
    without_effect,
)
from fakegraph.workloads.directory.ids import composite
from fakegraph.workloads.directory.rule import read_rule
from fakegraph.workloads.directory.words import DIRECTORY
from fakegraph.workloads.handed import Acting, Linking, Making, Others

_BAD = "Request_BadRequest"
_DENIED = "Insufficient privileges to complete the operation."
_SCOPED = "administrativeUnit/scopedRoleMembers"
_PRINCIPALS = ("users", "groups", "servicePrincipals")
_MEMBERS = ("users", "groups", "devices")
_VALUES = {
    "visibility": ("HiddenMembership", "Public", None),
    "membershipType": ("Assigned", "Dynamic", None),
    STATE: (*STATES, None),
}


def _invalid(name: str) -> GraphError:
    message = f"Invalid value specified for property '{name}' of resource 'AdministrativeUnit'."
    return GraphError(400, _BAD, message, name)


def _check(unit: Record, before: Record | None) -> None:
    """Raise GraphError (400) for values that there are not, and for a dynamic unit without rule."""
    for name, known in _VALUES.items():
        if unit.get(name) not in known:
            raise _invalid(name)
    if unit.get("displayName") == "":
        raise _invalid("displayName")
    if not is_dynamic_unit(unit):
        return
    if not unit.get("membershipRule"):
        message = "A value is required for property 'membershipRule' of resource"
        raise GraphError(400, _BAD, f"{message} 'AdministrativeUnit'.", "membershipRule")
    read_rule(unit["membershipRule"])


def _check_static(linking: Linking) -> None:
    """Raise GraphError (403) for a unit whose members a rule says."""
    if is_dynamic_unit(linking.holder):
        raise GraphError(403, "Authorization_RequestDenied", _DENIED)


def _joins(linking: Linking) -> None:
    """Raise GraphError for what cannot be in a unit."""
    _check_static(linking)
    if linking.type not in ("user", "group", "device"):
        raise _no_member(linking.type)


def _no_member(kind: str) -> GraphError:
    message = f"'{kind}' cannot be in an administrative unit: users, groups, devices can."
    return GraphError(400, _BAD, message, "@odata.id")


def _joined(acting: Acting, unit: Row, member: Row) -> None:
    """Raise GraphError for what a body makes in a unit that cannot be in one."""
    if not acting.plants and acting.found(_MEMBERS, member.record["id"]) is None:
        raise _no_member("directoryObject")


# Roles in a unit --------------------------------------------------------------------------------


def _member(record: Record) -> str:
    return str((record.get("roleMemberInfo") or {}).get("id"))


def _unit(making: Making) -> str:
    return str((making.owner or {}).get("id"))


def _id(making: Making) -> str:
    record = making.record
    return composite(record.get("roleId"), _unit(making), _member(record)) or making.new_id()


def _check_member(record: Record, before: Record | None) -> None:
    if not (record.get("roleMemberInfo") or {}).get("id"):
        message = "A value is required for property 'roleMemberInfo' of resource"
        raise GraphError(400, _BAD, f"{message} 'ScopedRoleMembership'.", "roleMemberInfo")


def _check_once(making: Making) -> None:
    """Raise GraphError (400) for who has that role in the unit already."""
    if any(each.get("id") == making.record["id"] for each in making.beside()):
        message = (
            "A conflicting object with one or more of the specified property values is present in "
            "the directory."
        )
        raise GraphError(400, _BAD, message, "roleId")


def _check_there(record: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError (404) for a role that is not activated, and for nobody."""
    role, member = str(record.get("roleId")), _member(record)
    if of.find("directoryRoles", "id", role) is None:
        raise DIRECTORY.words.not_found("directoryRole", role)
    if all(of.find(container, "id", member) is None for container in _PRINCIPALS):
        raise DIRECTORY.words.not_found("user", member)


TYPES = (
    Type(
        "administrativeUnit",
        required=("displayName",),
        refuses=(_check,),
        idle=(without_effect(is_dynamic_unit, "'membershipType': 'Dynamic'"),),
        sent={STATE: spelt},
        immutable=frozenset({"isMemberManagementRestricted"}),
        read_only=frozenset({"deletedDateTime"}),
    ),
    Type(
        "scopedRoleMembership",
        required=("roleId", "roleMemberInfo"),
        refuses=(_check_member,),
        read_only=frozenset({"administrativeUnitId"}),
        generated={"id": _id, "administrativeUnitId": _unit},
        checks=(_check_once,),
        suits=(_check_there,),
    ),
)

NAVIGATION = (
    Navigation("administrativeUnit/members", joins=_joins, joined=_joined, leaves=_check_static),
    Navigation("user/scopedRoleMemberOf", home=_SCOPED, view={"roleMemberInfo/id": "id"}),
    Navigation("directoryRole/scopedMembers", home=_SCOPED, view={"roleId": "id"}),
)
