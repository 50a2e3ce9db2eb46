"""What was granted to whom: app role assignments, and delegated permissions.

https://learn.microsoft.com/graph/api/resources/approleassignment
https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.ids import composite
from fakegraph.workloads.handed import Making, folded_id

ASSIGNMENTS = "appRoleAssignments"
GRANTS = "oauth2PermissionGrants"
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
_BAD = "Request_BadRequest"
_PRINCIPALS = {"servicePrincipals": "ServicePrincipal", "groups": "Group", "users": "User"}
_MEMBER_TYPES = {"ServicePrincipal": "Application", "Group": "User", "User": "User"}
_SCOPES = ("AllPrincipals", "Principal")

Of = Callable[[str], Iterable[Record]]


def _same(one: object, other: object) -> bool:
    return folded_id(str(one)) == folded_id(str(other))


def _found(of: Of, container: str, id_: object) -> Record | None:
    wanted = folded_id(str(id_))
    return next((each for each in of(container) if folded_id(str(each.get("id"))) == wanted), None)


def _principal(of: Of, id_: object) -> tuple[str, Record] | None:
    for container, kind in _PRINCIPALS.items():
        record = _found(of, container, id_)
        if record is not None:
            return kind, record
    return None


def _refused(message: str, target: str | None, code: str | None = None) -> GraphError:
    details = [] if code is None else [Problem(message, target, code)]
    return GraphError(400, _BAD, message, target, details=details)


_NO_REFERENCE = "Not a valid reference update."


def check_assignment(new: Record, before: Record | None, of: Of) -> None:
    """Raise GraphError for an assignment of what is not there, and for a second one."""
    if before is not None:
        return
    found = _principal(of, new["principalId"])
    if found is None:
        raise _refused(_NO_REFERENCE, "principalId")
    resource = _found(of, "servicePrincipals", new["resourceId"])
    if resource is None:
        raise _refused(_NO_REFERENCE, "resourceId")
    if not _has_role(resource, str(new["appRoleId"]), _MEMBER_TYPES[found[0]]):
        message = f"Permission being assigned was not found on application '{resource['appId']}'."
        raise _refused(message, "appRoleId")
    names = ("principalId", "resourceId", "appRoleId")
    if any(all(_same(each.get(name), new[name]) for name in names) for each in of(ASSIGNMENTS)):
        message = "Permission being assigned already exists on the object"
        raise _refused(message, None, "InvalidUpdate")


def _has_role(resource: Record, role: str, kind: str) -> bool:
    """Whether a resource has that role for such principals; without any, there is the default."""
    fit = [
        each
        for each in resource.get("appRoles") or ()
        if kind in (each.get("allowedMemberTypes") or (kind,))
    ]
    if role == DEFAULT_ROLE:
        return not fit
    return any(_same(each.get("id"), role) and each.get("isEnabled", True) for each in fit)


def _assignment_id(making: Making) -> str:
    return composite(making.record.get("principalId"), making.new_id()) or making.new_id()


def _of_principal(name: str) -> Callable[[Making], Any]:
    def give(making: Making) -> Any:
        found = _principal(making.there, making.record.get("principalId"))
        if found is None:
            return None
        return found[0] if name == "principalType" else found[1].get("displayName")

    return give


def _resource_name(making: Making) -> Any:
    found = _found(making.there, "servicePrincipals", making.record.get("resourceId"))
    return None if found is None else found.get("displayName")


def _key(grant: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("clientId", "resourceId", "principalId", "consentType")
    return tuple(folded_id(str(grant.get(name) or "")) for name in names)


def check_grant(new: Record, before: Record | None, of: Of) -> None:
    """Raise GraphError for a grant of what is not there, and for a second one."""
    if before is not None:
        return
    consent, person = new["consentType"], new.get("principalId")
    if consent not in _SCOPES:
        raise _invalid("consentType")
    if (consent == "Principal") != bool(person):
        raise _invalid("principalId")
    for name in ("clientId", "resourceId"):
        if _found(of, "servicePrincipals", new[name]) is None:
            raise _invalid(name)
    if person and _found(of, "users", person) is None:
        raise _invalid("principalId")
    if any(_key(each) == _key(new) for each in of(GRANTS)):
        code = "Request_MultipleObjectsWithSameKeyValue"
        raise GraphError(409, code, "Permission entry already exists.")


def _invalid(name: str) -> GraphError:
    message = f"Invalid value specified for property '{name}' of resource 'OAuth2PermissionGrant'."
    return _refused(message, name, "InvalidValue")


def _grant_id(making: Making) -> str:
    grant = making.record
    ids = (grant.get(name) for name in ("clientId", "resourceId", "principalId"))
    return composite(*(each for each in ids if each)) or making.new_id()


# What users may consent to -----------------------------------------------------------------------

_CLASSES = {"low": 1, "medium": 2, "high": 3}


def _scope(making: Making) -> Record | None:
    """The permission that is classified; None where nobody says which ones a resource has."""
    wanted, resource = str(making.record.get("permissionId")), making.owner or {}
    for scope in resource.get("oauth2PermissionScopes") or ():
        if _same(scope.get("id"), wanted):
            return dict(scope)
    return None


def _check_permission(making: Making) -> None:
    """Raise GraphError (400) for the class of a permission that its resource does not have."""
    scope, resource = _scope(making), making.owner or {}
    said = making.record.get("permissionName")
    wrong = "permissionId" if scope is None else "permissionName" if said != scope["value"] else ""
    if wrong and resource.get("oauth2PermissionScopes") is not None and not making.plants:
        message = f"Invalid value specified for property '{wrong}' of resource"
        raise _refused(f"{message} 'DelegatedPermissionClassification'.", wrong, "InvalidValue")


def _classification_id(making: Making) -> str:
    """The id of the permission and the number of its class."""
    return (
        composite(making.record.get("permissionId"), more=_CLASSES.get(_class(making), 0))
        or making.new_id()
    )


def _class(making: Making) -> str:
    return str(making.record.get("classification"))


TYPES = (
    # https://learn.microsoft.com/graph/api/resources/delegatedpermissionclassification
    Type(
        "delegatedPermissionClassification",
        required=("permissionId",),
        ignored=frozenset({"id"}),
        generated={
            "id": _classification_id,
            "permissionName": lambda making: (_scope(making) or {}).get("value"),
        },
        checks=(_check_permission,),
    ),
    Type(
        "appRoleAssignment",
        required=("principalId", "resourceId", "appRoleId"),
        read_only=frozenset({"createdDateTime", "principalType", "principalDisplayName"})
        | {"resourceDisplayName"},
        suits=(check_assignment,),
        generated={
            "id": _assignment_id,
            "principalType": _of_principal("principalType"),
            "principalDisplayName": _of_principal("principalDisplayName"),
            "resourceDisplayName": _resource_name,
        },
        indexed=("principalId", "resourceId"),
        written={"createdDateTime": str},
    ),
    Type(
        "oAuth2PermissionGrant",
        required=("clientId", "consentType", "resourceId"),
        immutable=frozenset({"clientId", "consentType", "principalId", "resourceId"}),
        suits=(check_grant,),
        generated={"id": _grant_id},
    ),
)

NAVIGATION = (
    *(
        Navigation(
            f"{name}/appRoleAssignments", home=ASSIGNMENTS, view={"principalId": "id"}, firm=True
        )
        for name in ("user", "group", "servicePrincipal")
    ),
    Navigation(
        "servicePrincipal/appRoleAssignedTo",
        home=ASSIGNMENTS,
        view={"resourceId": "id"},
        firm=True,
    ),
    Navigation("user/oauth2PermissionGrants", home=GRANTS, view={"principalId": "id"}),
    Navigation("servicePrincipal/oauth2PermissionGrants", home=GRANTS, view={"clientId": "id"}),
)
