"""What a thing is likely to have: values that its type does not tell, of what a test left out.

By type, and of each its properties in the order in which they are made. A function is handed the
``Filling`` that asks. Beside what is required some have more, by which a thing is more than a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol


class Filling(Protocol):
    """A thing that is filled, as far as it is known. ``given`` is what it has, ``now`` the time."""

    given: dict[str, Any]
    now: str

    @property
    def number(self) -> int:
        """The number of the thing among those like it, from 1."""

    @property
    def principal(self) -> str:
        """Its address."""

    def named(self, name: str) -> str:
        """The address of who or what has a name."""

    def one(self, path: str, number: int = 0) -> Mapping[str, Any]:
        """What is there at a path, to be referred to."""


Likely = Mapping[str, Any]

_ROLE = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"  # Directory Readers
_GUESTS = "08d542b9-071f-4e16-94b0-74abb372e3d9"  # settings of groups: Group.Unified.Guest
_ROOT = "https://graph.microsoft.com/v1.0"
_CATALOGS = "identityGovernance/entitlementManagement/catalogs"
_PACKAGES = "identityGovernance/entitlementManagement/accessPackages"
_USER = f"{_ROOT}/users('{{}}')"


def _of_name(filling: Filling) -> str | None:
    """Of a name to display, the part that is called first; None where it is one word."""
    return str(filling.given.get("displayName") or "").rpartition(" ")[0] or None


def _family(filling: Filling) -> str | None:
    first, _, last = str(filling.given.get("displayName") or "").rpartition(" ")
    return last if first else None


def _nickname(filling: Filling) -> str:
    """What of the name of a group its address may be."""
    principal = filling.named(str(filling.given.get("displayName") or ""))
    local = principal.partition("@")[0].replace(".", "-")
    return f"{local}-{filling.number}" if local == "user" else local


def _later(text: str, **by: float) -> str:
    """A local time that is so much later; the same where it is none."""
    try:
        return (datetime.fromisoformat(text) + timedelta(**by)).isoformat()
    except (ValueError, OverflowError):
        return text


def _start(filling: Filling) -> dict[str, Any]:
    """The next whole hour, or an hour before what ends."""
    end = filling.given.get("end")
    if isinstance(end, Mapping):
        return {**end, "dateTime": _later(str(end.get("dateTime")), hours=-1)}
    hour = f"{filling.now[:13]}:00:00"
    return {"dateTime": _later(hour, hours=1), "timeZone": "UTC"}


def _end(filling: Filling) -> dict[str, Any]:
    """An hour after it begins; of what takes whole days, the next one."""
    start = filling.given.get("start")
    at: Mapping[str, Any] = start if isinstance(start, Mapping) else {}
    length = {"days": 1} if filling.given.get("isAllDay") is True else {"hours": 1}
    return {**at, "dateTime": _later(str(at.get("dateTime")), **length)}


def _kind(filling: Filling) -> dict[str, Any] | None:
    """What says that an item of a drive is a file; nothing where it is said what it is."""
    kinds = ("folder", "package", "remoteItem", "bundle", "root", "deleted")
    return None if any(name in filling.given for name in kinds) else {"mimeType": "text/plain"}


def _column(filling: Filling) -> str | None:
    """The name of a column; nothing for one that takes over another's."""
    return None if "sourceColumn@odata.bind" in filling.given else f"Column{filling.number}"


def _members(filling: Filling) -> list[dict[str, Any]]:
    """Two people who are in a chat."""
    return [_member(filling, number) for number in (0, 1)]


def _member(filling: Filling, number: int) -> dict[str, Any]:
    kind = "#microsoft.graph.aadUserConversationMember"
    user = _USER.format(filling.one("users", number)["id"])
    return {"@odata.type": kind, "roles": ["owner"], "user@odata.bind": user}


def _container(filling: Filling) -> dict[str, Any] | None:
    if filling.given.get("owner"):
        return None
    group = filling.one("groups")["id"]
    url = f"{_ROOT}/groups/{group}"
    return {"url": url, "containerId": group, "type": "group"}


def _one(path: str, name: str = "id") -> Callable[[Filling], Any]:
    """A value of what there is at a path; it is made where there is none."""
    return lambda filling: filling.one(path)[name]


def _word(word: str) -> Callable[[Filling], str]:
    return lambda filling: f"{word}{filling.number}"


def _subject(filling: Filling) -> str:
    return f"repo:contoso/app{filling.number}:ref:refs/heads/main"


_ANY_POLICY = {
    "clientAppTypes": ["all"],
    "applications": {"includeApplications": ["All"]},
    "users": {"includeUsers": ["All"]},
}
_REQUEST: Likely = {
    "action": "adminAssign",
    "principalId": _one("users"),
    "roleDefinitionId": _ROLE,
    "directoryScopeId": "/",
}
_ASSIGNED: Likely = {"accessDetails": {"unifiedRoles": [{"roleDefinitionId": _ROLE}]}}
_RANGE = {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"}
_GITHUB, _EXCHANGE = "https://token.actions.githubusercontent.com", "api://AzureADTokenExchange"


def _bound(path: str) -> Callable[[Filling], str]:
    """The URL of what there is at a path."""
    return lambda filling: f"{_ROOT}/{path}/{filling.one(path)['id']}"


_SIGN_UPS = ("AttributeCollection", "AuthenticationMethodLoadStart", "InteractiveAuthFlowStart")


def _signs_up(step: str) -> dict[str, str]:
    """What is done at a step of how people from elsewhere sign up by themselves."""
    return {"@odata.type": f"#microsoft.graph.on{step}ExternalUsersSelfServiceSignUp"}


LIKELY: Mapping[str, Likely] = {
    "aadUserConversationMember": {"roles": ["owner"], "user@odata.bind": _bound("users")},
    "accessPackage": {"catalog@odata.bind": _bound(_CATALOGS)},
    "accessPackageAssignmentPolicy": {"accessPackage@odata.bind": _bound(_PACKAGES)},
    "allowedValue": {"id": _word("Value")},
    "authenticationContextClassReference": {"id": lambda filling: f"c{filling.number}"},
    "b2xIdentityUserFlow": {"id": _word("B2X_1_Flow")},
    "identityApiConnector": {
        "authenticationConfiguration": {
            "@odata.type": "#microsoft.graph.basicAuthentication",
            "username": "connector",
            "password": "******",
        }
    },
    "permissionGrantPolicy": {"id": _word("policy")},
    "appRoleAssignment": {
        "principalId": _one("users"),
        "resourceId": _one("servicePrincipals"),
        "appRoleId": "00000000-0000-0000-0000-000000000000",
    },
    "attributeSet": {"id": _word("Set")},
    "call": {
        "callbackUri": "https://bot.contoso.com/callback",
        "mediaConfig": {"@odata.type": "#microsoft.graph.serviceHostedMediaConfig"},
    },
    "chat": {"members": _members},
    "chatMessage": {
        "body": lambda filling: {"contentType": "text", "content": f"Message {filling.number}"}
    },
    "columnDefinition": {"name": _column},
    "conditionalAccessPolicy": {
        "displayName": lambda filling: f"Policy {filling.number}",
        "state": "disabled",
        "conditions": _ANY_POLICY,
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    },
    "countryNamedLocation": {"countriesAndRegions": ["DE"]},
    "customSecurityAttributeDefinition": {
        "attributeSet": _one("directory/attributeSets"),
        "name": _word("Attribute"),
        "type": "String",
        "status": "Available",
    },
    "delegatedAdminAccessAssignment": _ASSIGNED,
    "delegatedAdminRelationship": {"duration": "P730D", **_ASSIGNED},
    "delegatedAdminRelationshipRequest": {"action": "lockForApproval"},
    "directoryRole": {"roleTemplateId": _ROLE},
    "driveItem": {"file": _kind},
    "emailAuthenticationMethod": {
        "emailAddress": lambda filling: f"person{filling.number}@example.com"
    },
    "event": {"start": _start, "end": _end},
    "externalConnectors.externalConnection": {"id": _word("connection")},
    "extensionProperty": {
        "name": _word("property"),
        "dataType": "String",
        "targetObjects": ["User"],
    },
    "externalUsersSelfServiceSignUpEventsFlow": {
        f"on{step}": _signs_up(step) for step in _SIGN_UPS[1:]
    },
    "federatedIdentityCredential": {
        "name": _word("credential"),
        "issuer": _GITHUB,
        "subject": _subject,
        "audiences": [_EXCHANGE],
    },
    "group": {"mailNickname": _nickname},
    "groupLifecyclePolicy": {"groupLifetimeInDays": 180, "managedGroupTypes": "All"},
    "groupSetting": {"templateId": _GUESTS, "values": []},
    "identityGovernance.workflowBase": {
        "executionConditions": {
            "@odata.type": "#microsoft.graph.identityGovernance.onDemandExecutionOnly"
        }
    },
    "inferenceClassificationOverride": {
        "senderEmailAddress": lambda filling: {"address": f"person{filling.number}@example.com"}
    },
    "invitation": {
        "invitedUserEmailAddress": lambda filling: f"guest{filling.number}@fabrikam.com",
        "inviteRedirectUrl": "https://myapps.microsoft.com",
    },
    "ipNamedLocation": {"ipRanges": [_RANGE]},
    "oAuth2PermissionGrant": {
        "clientId": _one("servicePrincipals"),
        "consentType": "AllPrincipals",
        "resourceId": _one("servicePrincipals"),
    },
    **{
        f"on{step}Listener": {"handler": _signs_up(step)}
        for step in (*_SIGN_UPS, "UserCreateStart")
    },
    "openTypeExtension": {"extensionName": _word("com.contoso.extension")},
    "phoneAuthenticationMethod": {
        "phoneNumber": lambda filling: f"+1 425555{filling.number % 10_000:04}",
        "phoneType": "mobile",
    },
    "plannerPlan": {"container": _container},
    "printerShare": {"printer@odata.bind": _bound("print/printers")},
    "schemaExtension": {
        "id": _word("contoso"),
        "targetTypes": ["User"],
        "properties": [{"name": "note", "type": "String"}],
    },
    "scopedRoleMembership": {
        "roleId": _one("directoryRoles"),
        "roleMemberInfo": lambda filling: {"id": filling.one("users")["id"]},
    },
    "servicePrincipal": {"appId": _one("applications", "appId")},
    "team": {"displayName": lambda filling: f"Team {filling.number}"},
    "teamsAppInstallation": {"teamsApp@odata.bind": _bound("appCatalogs/teamsApps")},
    "teamsTab": {"teamsApp@odata.bind": _bound("appCatalogs/teamsApps")},
    "teamworkTagMember": {"userId": _one("users")},
    "engagementRoleMember": {"userId": _one("users")},
    **{
        f"privilegedAccessGroup{kind}ScheduleRequest": {
            "action": "adminAssign",
            "accessId": "member",
            "principalId": _one("users"),
            "groupId": _one("groups"),
            "scheduleInfo": {"expiration": {"type": "noExpiration"}},
        }
        for kind in ("Assignment", "Eligibility")
    },
    "unifiedRoleAssignment": {
        "roleDefinitionId": _ROLE,
        "principalId": _one("users"),
        "directoryScopeId": "/",
    },
    "unifiedRoleAssignmentScheduleRequest": _REQUEST,
    "unifiedRoleDefinition": {
        "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/basic/update"]}]
    },
    "unifiedRoleEligibilityScheduleRequest": _REQUEST,
    "user": {"givenName": _of_name, "surname": _family, "mail": lambda filling: filling.principal},
}


def likely(names: list[str]) -> Likely:
    """What things of a type have, by the names of it and of its bases, its own last."""
    found: dict[str, Any] = {}
    for name in reversed(names):
        found |= LIKELY.get(name, {})
    return found


def spelt(name: str) -> str:
    """A name of the model in words: ``Extension property`` for ``extensionProperty``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return words[:1].upper() + words[1:]
