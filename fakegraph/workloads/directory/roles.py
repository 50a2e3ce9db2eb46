"""Roles of the directory: activated ones with members, and assignments, which are the same.

https://learn.microsoft.com/graph/api/resources/directoryrole
https://learn.microsoft.com/graph/api/resources/unifiedroleassignment
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.ids import composite
from fakegraph.workloads.directory.role_templates import GLOBAL_ADMINISTRATOR, NAMES
from fakegraph.workloads.directory.words import DIRECTORY
from fakegraph.workloads.handed import Acting, Linking, Making

Of = Callable[[str], Iterable[Record]]

_BAD = "Request_BadRequest"
_THERE = (
    "A conflicting object with one or more of the specified property values is present in the "
    "directory."
)
_MEMBERS = "directoryRole/members"
_PRINCIPAL, _DEFINITION = "unifiedRoleAssignment/principal", "unifiedRoleAssignment/roleDefinition"
_PRINCIPALS = ("users", "groups", "servicePrincipals")
_ASSIGNMENTS = "roleManagement/directory/roleAssignments"
_DEFINITIONS = "roleManagement/directory/roleDefinitions"
_UNITS = "/administrativeUnits/"
_OWN = "@directory"  # what tells the directory's roles from those of other providers


def _refused(message: str, target: str) -> GraphError:
    return GraphError(400, _BAD, message, target)


def _described(name: str) -> str:
    return f"The built-in role {name}."


# Roles that are activated -----------------------------------------------------------------------


def _check_role(role: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a role that there is no template of."""
    template = str(role.get("roleTemplateId")).lower()
    if before is None and template not in NAMES:
        message = "Invalid value specified for property 'roleTemplateId' of resource"
        raise _refused(f"{message} 'DirectoryRole'.", "roleTemplateId")


def _check_inactive(role: Record, before: Record | None, of: Of) -> None:
    """Raise GraphError (400) for a role that is activated already."""
    template = str(role.get("roleTemplateId")).lower()
    if any(str(each.get("roleTemplateId")).lower() == template for each in of("directoryRoles")):
        raise _refused(_THERE, "roleTemplateId")


def _check_paged(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for a page size: roles and their members come all at once."""
    if "top" in options:
        raise _refused("'$top' is not supported by the service.", "$top")


def _name(making: Making) -> str | None:
    return NAMES.get(str(making.record.get("roleTemplateId")).lower())


def _description(making: Making) -> str | None:
    name = _name(making)
    return None if name is None else _described(name)


def _joins(linking: Linking) -> None:
    """Raise GraphError (400) for what cannot have a role."""
    assignable = linking.type != "group" or linking.other.get("isAssignableToRole")
    if linking.type not in ("user", "group", "servicePrincipal") or not assignable:
        raise _refused(
            f"A {linking.type} cannot have this role: users, service principals, and groups that "
            "were made with isAssignableToRole can.",
            "@odata.id",
        )


def _is_whole(record: Record) -> bool:
    return record.get("directoryScopeId") == "/"


def _assignment(acting: Acting, role: Row, principal: Row) -> Row | None:
    """The assignment that says that somebody has a role everywhere."""
    template = str(role.record.get("roleTemplateId")).lower()
    for row in acting.ends(_PRINCIPAL, principal, backwards=True):
        if str(row.record.get("roleDefinitionId")).lower() == template and _is_whole(row.record):
            return row
    return None


def _joined(acting: Acting, role: Row, principal: Row) -> None:
    """See to it that a member of a role has an assignment."""
    template = role.record.get("roleTemplateId")
    if template and _assignment(acting, role, principal) is None:
        principal_id = principal.record["id"]
        record = {"roleDefinitionId": template, "principalId": principal_id}
        acting.put_at(_ASSIGNMENTS, {**record, "directoryScopeId": "/"})


def _left(acting: Acting, role: Row, principal: Row) -> None:
    found = _assignment(acting, role, principal)
    if found is not None:
        acting.remove(found)
    _check_administrated(acting, role)


def _check_administrated(acting: Acting, role: Row) -> None:
    """Raise GraphError (400) where nobody is left who may do everything in the tenant."""
    template = str(role.record.get("roleTemplateId")).lower()
    if template == GLOBAL_ADMINISTRATOR and not acting.ends(_MEMBERS, role):
        message = "The last Global Administrator of a tenant cannot be removed: assign another."
        raise _refused(message, "principalId")


# Assignments ------------------------------------------------------------------------------------


def _id(making: Making) -> str:
    """The ids of the role, of who has it, and of where, as 43 or 64 letters; then ``-1``."""
    record = making.record
    scope = str(record.get("directoryScopeId") or "").rpartition("/")[2]
    texts = [record.get("roleDefinitionId"), record.get("principalId"), *filter(None, [scope])]
    found = composite(*texts)
    return making.new_id() if found is None else f"{found}-1"


def _check_once(making: Making) -> None:
    """Raise GraphError (400) for an assignment that is there."""
    if any(each.get("id") == making.record["id"] for each in making.beside()):
        raise _refused(_THERE, "roleDefinitionId")


def check_scope(record: Record, before: Record | None, of: Of) -> None:
    """Raise GraphError for a place that roles are not assigned in, or that is not there."""
    scope = str(record.get("directoryScopeId") or "/")
    if record.get("directoryScopeId") and record.get("appScopeId"):
        message = "Either directoryScopeId or appScopeId says where a role is assigned, not both."
        raise _refused(message, "appScopeId")
    if scope == "/":
        return
    home = "directory/administrativeUnits" if scope.startswith(_UNITS) else "applications"
    wanted = scope.removeprefix(_UNITS).removeprefix("/")
    if not any(str(each["id"]).lower() == wanted.lower() for each in of(home)):
        raise DIRECTORY.words.not_found("directoryObject", wanted)


def _is_directorys(acting: Acting, row: Row) -> bool:
    """Whether an assignment is of a role of the directory, and of no other provider's."""
    owner = acting.owner(row)
    return owner is not None and bool(owner.record.get(_OWN))


def _assigned(acting: Acting, row: Row) -> None:
    """Link an assignment to what it is about, and activate the role. Raises GraphError (404)."""
    record = row.record
    if not _is_directorys(acting, row):
        return
    principal = acting.found(_PRINCIPALS, record.get("principalId"))
    definition = acting.at(f"{_DEFINITIONS}/{record.get('roleDefinitionId')}")
    for found, name, relation in (
        (principal, "principalId", _PRINCIPAL),
        (definition, "roleDefinitionId", _DEFINITION),
    ):
        if found is None and not acting.plants:
            raise DIRECTORY.words.not_found("user", str(record.get(name)))
        if found is not None:
            acting.tie(relation, row, found)
    if principal is None or definition is None:
        return
    if not acting.plants:
        _check_assignable(acting, principal)
    if _is_whole(record) and definition.record.get("isBuiltIn"):
        template = definition.record["id"]
        role = acting.found(("directoryRoles",), template, "roleTemplateId")
        role = role or acting.put_at("directoryRoles", {"roleTemplateId": template})
        acting.tie(_MEMBERS, role, principal)


def _check_assignable(acting: Acting, principal: Row) -> None:
    """Raise GraphError (400) for a group that was not made to have roles."""
    group = acting.found(("groups",), principal.record["id"])
    if group is not None and not group.record.get("isAssignableToRole"):
        raise _refused(
            "A group cannot have this role unless it was made with isAssignableToRole.",
            "principalId",
        )


def _unassigned(acting: Acting, row: Row) -> None:
    """Take somebody out of the role that they were assigned to."""
    if not _is_whole(row.record) or not _is_directorys(acting, row):
        return
    template = row.record.get("roleDefinitionId")
    role = acting.found(("directoryRoles",), template, "roleTemplateId")
    for principal in acting.ends(_PRINCIPAL, row) if role is not None else ():
        assert role is not None
        if acting.untie(_MEMBERS, role, principal):
            _check_administrated(acting, role)


def gone(acting: Acting, principal: Row) -> None:
    """Delete the assignments of who is deleted."""
    for row in acting.ends(_PRINCIPAL, principal, backwards=True):
        acting.remove(row)


def back(acting: Acting, principal: Row) -> None:
    """Assign the roles anew of which who is restored is a member."""
    for role in acting.ends(_MEMBERS, principal, backwards=True):
        _joined(acting, role, principal)


# Definitions ------------------------------------------------------------------------------------

_ACTION = re.compile(r"[A-Za-z]+(?:\.[A-Za-z0-9]+)+(?:/[^/\s]+)+")  # microsoft.directory/users/…


def _check_definition(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a change of what is built in."""
    if before is not None and before.get("isBuiltIn"):
        raise _refused("Built-in role definitions cannot be changed.", "isBuiltIn")


def _check_permissions(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a role that allows nothing."""
    for name, wrong in _wrong(record):
        if wrong:
            message = f"Invalid value specified for property '{name}' of resource"
            raise _refused(f"{message} 'UnifiedRoleDefinition'.", name)
    allowed = [each.get("allowedResourceActions") for each in record.get("rolePermissions") or ()]
    if not record.get("isBuiltIn") and not (allowed and all(allowed)):
        raise _refused(
            "Invalid value specified for property 'rolePermissions' of resource "
            "'UnifiedRoleDefinition'.",
            "rolePermissions",
        )
    for action in (each for actions in allowed if actions for each in actions):
        if _ACTION.fullmatch(str(action)) is None:
            message = f"Resource action '{action}' is not supported: it is a/b/c."
            raise _refused(message, "rolePermissions")


def _wrong(record: Record) -> Iterator[tuple[str, bool]]:
    """What of a definition is not as it has to be."""
    yield "displayName", record.get("displayName") == ""
    yield "resourceScopes", (record.get("resourceScopes") or ["/"]) != ["/"]


def _check_unused(acting: Acting, row: Row) -> None:
    """Raise GraphError (400) for a role that is built in, or that somebody has."""
    if row.record.get("isBuiltIn"):
        raise _refused("Built-in role definitions cannot be deleted.", "isBuiltIn")
    if acting.ends(_DEFINITION, row, backwards=True):
        raise _refused("A role definition that is assigned cannot be deleted.", "id")


def _built_in(owner: Record) -> tuple[Record, ...]:
    """The definitions of built-in roles, where the directory has them."""
    return _BUILT_IN if owner.get(_OWN) else ()


_BUILT_IN: tuple[Record, ...] = tuple(
    {
        "id": id_,
        "templateId": id_,
        "displayName": name,
        "description": _described(name),
        "isBuiltIn": True,
        "isEnabled": True,
        "version": "1",
        "resourceScopes": ["/"],
        "rolePermissions": [{"allowedResourceActions": [], "condition": None}],
    }
    for id_, name in NAMES.items()
)
_TEMPLATES: tuple[Record, ...] = tuple(
    {"id": id_, "displayName": name, "description": _described(name)} for id_, name in NAMES.items()
)

TYPES = (
    Type(
        "directoryRole",
        required=("roleTemplateId",),
        refuses=(_check_role,),
        suits=(_check_inactive,),
        read_only=frozenset({"displayName", "description", "deletedDateTime"}),
        generated={"displayName": _name, "description": _description},
        written={"roleTemplateId": str.lower},
    ),
    Type(
        "unifiedRoleAssignment",
        required=("roleDefinitionId", "principalId", "directoryScopeId"),
        spared=lambda record: ("directoryScopeId",) if record.get("appScopeId") else (),
        ignored=frozenset({"id", "principalOrganizationId"}),
        suits=(check_scope,),
        checks=(_check_once,),
        generated={"id": _id},
        written={"roleDefinitionId": str.lower, "principalId": str.lower},
        made=_assigned,
        unmade=_unassigned,
    ),
    Type(
        "unifiedRoleDefinition",
        required=("displayName", "isEnabled", "rolePermissions"),
        read_only=frozenset({"isBuiltIn"}),
        ignored=frozenset({"id"}),
        immutable=frozenset({"id"}),
        refuses=(_check_definition, _check_permissions),
        defaults={"isBuiltIn": False, "resourceScopes": ["/"]},
        generated={"templateId": lambda making: making.record["id"]},
        unmade=_check_unused,
    ),
)

NAVIGATION = (
    Navigation("directoryRoleTemplates", given=_TEMPLATES),
    Navigation("directoryRoles", queries=(_check_paged,)),
    Navigation(
        "directoryRole/members",
        queries=(_check_paged,),
        joins=_joins,
        joined=_joined,
        left=_left,
    ),
    Navigation("roleManagement/directory", start={_OWN: True}),
    Navigation("rbacApplication/roleDefinitions", provisioned=_built_in),
)
