"""Microsoft Graph's own service principal, which every tenant has: what can be granted of it.

Names are those of the published permissions. The ids in ``permission_ids.tsv`` are the service's:
by name, for users and for apps, the same in every tenant. Where none is known here, it is made of
the name: the same in all tenants too, and nobody else's.
https://learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from uuid import UUID, uuid5

from fakegraph.edm.published import built_in
from fakegraph.edm.surface import Permission, Surface
from fakegraph.store import Common, Record

GRAPH = "00000003-0000-0000-c000-000000000000"
_DELEGATED, _APPLICATION = "DelegatedWork", "Application"

_OF_SIGN_IN = ("email", "offline_access", "openid", "profile")

PRINCIPAL: Record = {
    "id": str(uuid5(UUID(GRAPH), "servicePrincipal")),
    "appId": GRAPH,
    "displayName": "Microsoft Graph",
    "appDisplayName": "Microsoft Graph",
    "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    "servicePrincipalNames": [GRAPH, "https://graph.microsoft.com"],
    "signInAudience": "AzureADMultipleOrgs",
}
"""What it is made with; roles and scopes are ``app_roles()`` and ``scopes()``."""


@cache
def _known() -> dict[tuple[str, str], str]:
    rows = files(__package__).joinpath("permission_ids.tsv").read_text("ascii").splitlines()
    return {
        (name, scheme): id_
        for name, *ids in (row.split("\t") for row in rows)
        for scheme, id_ in zip((_DELEGATED, _APPLICATION), ids, strict=True)
        if id_ != "-"
    }


def _id(name: str, scheme: str) -> str:
    return _known().get((name, scheme)) or str(uuid5(UUID(GRAPH), f"{scheme} {name}"))


@cache
def _permissions() -> tuple[Permission, ...]:
    own = (Permission(name, _DELEGATED, False) for name in _OF_SIGN_IN)
    return (*Surface(built_in("v1.0").lines).grantable(), *own)


_USUAL = """
Application.ReadWrite.All AppRoleAssignment.ReadWrite.All Calendars.ReadWrite ChannelMessage.Send
Channel.ReadBasic.All Chat.ReadWrite Contacts.ReadWrite Device.Read.All Directory.ReadWrite.All
Files.ReadWrite Files.ReadWrite.All Group.ReadWrite.All GroupMember.ReadWrite.All Mail.Read
Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite Organization.Read.All Sites.ReadWrite.All
RoleManagement.ReadWrite.Directory Tasks.ReadWrite Team.ReadBasic.All User.Read User.Read.All
User.ReadWrite.All
"""


def usual(scheme: str) -> list[str]:
    """The names of what apps mostly have, of all that can be granted."""
    known = all_permissions(scheme)
    return [name for name in _USUAL.split() if name in known]


@cache
def all_permissions(scheme: str) -> frozenset[str]:
    """The names of all that can be granted to apps (``Application``) or users."""
    return frozenset(each.name for each in _permissions() if each.scheme == scheme)


@cache
def app_roles() -> list[Record]:
    """What an app may be granted by ``appRoleAssignments``, in the form of ``appRole``."""
    return Common(
        {
            "allowedMemberTypes": ["Application"],
            "description": each.name,
            "displayName": each.name,
            "id": _id(each.name, _APPLICATION),
            "isEnabled": True,
            "origin": "Application",
            "value": each.name,
        }
        for each in _permissions()
        if each.scheme == _APPLICATION
    )


@cache
def scopes() -> list[Record]:
    """What an app may be granted for users, in the form of ``permissionScope``."""
    return Common(
        {
            "adminConsentDescription": each.name,
            "adminConsentDisplayName": each.name,
            "id": _id(each.name, _DELEGATED),
            "isEnabled": True,
            "type": "Admin" if each.by_admins else "User",
            "userConsentDescription": None if each.by_admins else each.name,
            "userConsentDisplayName": None if each.by_admins else each.name,
            "value": each.name,
        }
        for each in _permissions()
        if each.scheme == _DELEGATED
    )
