"""The logs: what was done to the directory, and who signed in.

https://learn.microsoft.com/graph/api/resources/directoryaudit
https://learn.microsoft.com/graph/api/resources/signin
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.handed import Audited
from fakegraph.workloads.operations import Call, operation
from fakegraph.workloads.words import Words

_LACKING = "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All"


class LogWords(Words):
    """The sentences of the logs."""

    def forbidden(self, why: str) -> GraphError:
        return GraphError(403, "Authentication_MSGraphPermissionMissing", _LACKING)


WORKLOAD = Workload("logs", types=("directoryAudit", "signIn"), words=LogWords())

_PAGE = 1000


def _of(name: str, *, delete: str = "Delete", category: str, **links: str) -> Audited:
    """What is written of things of a kind; ``links``: how each kind of link is called."""
    activities = {
        "add": f"Add {name}",
        "change": f"Update {name}",
        "delete": f"{delete} {name}",
        "purge": f"Hard Delete {name}",
        "restore": f"Restore {name}",
    }
    for link, called in links.items():
        activities[f"{link}+"] = f"Add {called} to {name}"
        activities[f"{link}-"] = f"Remove {called} from {name}"
    return Audited(category, activities)


_APPS = "ApplicationManagement"
_BY_PRINCIPAL = {
    "User": "app role assignment grant to user",
    "Group": "app role assignment to group",
    "ServicePrincipal": "app role assignment to service principal",
}


def _assigned(record: Record) -> str:
    kind = str(record.get("principalType"))
    return f"Add {_BY_PRINCIPAL.get(kind, _BY_PRINCIPAL['ServicePrincipal'])}"


def _unassigned(record: Record) -> str:
    return _assigned(record).replace("Add ", "Remove ").replace(" to ", " from ")


_ROLE = Audited(
    "RoleManagement",
    {"members+": "Add member to role", "members-": "Remove member from role"},
)
_UNIT = "administrative unit"
_POLICY = "conditional access policy"

_AUDITED = {
    "user": _of("user", category="UserManagement"),
    "group": _of("group", category="GroupManagement", members="member", owners="owner"),
    "application": _of("application", category=_APPS, owners="owner"),
    "servicePrincipal": _of("service principal", delete="Remove", category=_APPS, owners="owner"),
    "device": _of("device", category="Device", registeredOwners="registered owner"),
    "administrativeUnit": _of(_UNIT, category="AdministrativeUnit", members="member"),
    "directoryRole": _ROLE,
    "appRoleAssignment": Audited(_APPS, {"add": _assigned, "delete": _unassigned}),
    "oAuth2PermissionGrant": _of("delegated permission grant", delete="Remove", category=_APPS),
    "conditionalAccessPolicy": _of(_POLICY, category="Policy"),
    "domain": _of("domain", category="DirectoryManagement"),
}


def audit_of(audit: Any, id_: str, at: str, initiator: Mapping[str, Any]) -> Record:
    """What the log says of a deed (``tenants.trail.Audit``) that was done at a time."""
    deed = audit.deed
    targets = [_target(deed.type, deed.record)]
    if deed.other is not None:
        targets.insert(0, _target(*deed.other))
    targets[-1]["modifiedProperties"] = _modified(deed.before, deed.record)
    agent = audit.caller.agent
    return {
        "id": f"Directory_{id_}",
        "activityDateTime": at,
        "activityDisplayName": deed.activity,
        "category": deed.category,
        "correlationId": audit.caller.request,
        "loggedByService": "Core Directory",
        "operationType": deed.operation,
        "result": "success",
        "resultReason": "",
        "initiatedBy": initiator,
        "targetResources": targets,
        "additionalDetails": [{"key": "User-Agent", "value": agent}] if agent else [],
    }


def _target(type_: str, record: Mapping[str, Any]) -> Record:
    group = "unifiedGroups" if "Unified" in (record.get("groupTypes") or ()) else "azureAD"
    return {
        "id": record.get("id"),
        "displayName": record.get("displayName"),
        "type": f"{type_[:1].upper()}{type_[1:]}",
        "userPrincipalName": record.get("userPrincipalName"),
        "groupType": group if type_ == "group" else None,
        "modifiedProperties": [],
    }


_SECRET = frozenset({"passwordProfile", "passwordCredentials", "keyCredentials"})


def _modified(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[Record]:
    """What is another than it was, each as JSON; never a password."""
    if before is None:
        return []
    names = sorted(
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and name not in _SECRET and name[0] != "@"
    )
    return [
        {
            "displayName": name[:1].upper() + name[1:],
            "oldValue": orjson.dumps([before[name]] if name in before else []).decode(),
            "newValue": orjson.dumps([after[name]] if name in after else []).decode(),
        }
        for name in names
    ]


def sign_in_of(sign_in: Any, id_: str, at: str, user: Mapping[str, Any], tenant: str) -> Record:
    """What the log says of a sign-in (``tenants.trail.SignIn``) at a time."""
    caller = sign_in.caller
    return {
        "id": id_,
        "createdDateTime": at,
        "userDisplayName": user.get("displayName") or sign_in.name,
        "userPrincipalName": caller.upn,
        "userId": user.get("id") or caller.user,
        "appId": caller.app,
        "appDisplayName": sign_in.app_name,
        "ipAddress": caller.address,
        "userAgent": caller.agent,
        "clientAppUsed": "Mobile Apps and Desktop clients",
        "conditionalAccessStatus": "notApplied",
        "appliedConditionalAccessPolicies": [],
        "correlationId": caller.request,
        "isInteractive": True,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes": [],
        "riskEventTypes_v2": [],
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": "00000003-0000-0000-c000-000000000000",
        "homeTenantId": tenant,
        "resourceTenantId": tenant,
        "status": {
            "errorCode": sign_in.number,
            "failureReason": sign_in.reason or "Other.",
            "additionalDetails": None,
        },
        "deviceDetail": {"deviceId": "", "displayName": "", "operatingSystem": "", "browser": ""},
        "location": {"city": "", "state": "", "countryOrRegion": "", "geoCoordinates": {}},
    }


def _check_query(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for what the logs are not asked by."""
    for name in ("skip", "search"):
        if name in options:
            message = f"'${name}' is not supported by the service."
            raise GraphError(400, "BadRequest", message, f"${name}")


def _risk(state: str, detail: str) -> Callable[[Call], None]:
    """What says of sign-ins, by their ids, how risky they were."""

    def act(call: Call) -> None:
        wanted = {str(each).lower() for each in call.arguments.get("requestIds") or ()}
        for each in call.things():
            if each.id.lower() in wanted:
                call.change(each, {"riskState": state, "riskDetail": detail})

    return act


OPERATIONS = tuple(
    # https://learn.microsoft.com/graph/api/signin-confirmcompromised
    operation(f"signIn*/{name}", status=204)(_risk(state, detail))
    for name, state, detail in (
        ("confirmCompromised", "confirmedCompromised", "adminConfirmedSigninCompromised"),
        ("confirmSafe", "confirmedSafe", "adminConfirmedSigninSafe"),
        ("dismiss", "dismissed", "adminDismissedAllRiskForUser"),
    )
)

TYPES = (
    *(Type(name, audited=said) for name, said in _AUDITED.items()),
    *(
        Type(name, ignore_case=frozenset({"*"}), nulls=True)
        for name in ("directoryAudit", "signIn")
    ),
)

NAVIGATION = (
    Navigation(
        "auditLogRoot/directoryAudits",
        page_size=_PAGE,
        max_page=_PAGE,
        queries=(_check_query,),
        order="activityDateTime desc",
        written_down="audits",
    ),
    Navigation(
        "auditLogRoot/signIns",
        page_size=_PAGE,
        max_page=_PAGE,
        queries=(_check_query,),
        order="createdDateTime desc",
        written_down="sign-ins",
    ),
)
