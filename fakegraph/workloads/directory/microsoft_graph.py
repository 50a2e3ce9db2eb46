"""Microsoft Graph's own service principal, which every tenant has: what can be granted of it.

Names are those of the published permissions. The ids of the most used ones are the service's, the
same in every tenant; where none is known here, it is made of the name: the same in all tenants too,
and nobody else's. https://learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

from functools import cache
from uuid import UUID, uuid5

from fakegraph.edm.published import built_in
from fakegraph.edm.surface import Permission, Surface
from fakegraph.store import Record

GRAPH = "00000003-0000-0000-c000-000000000000"
_DELEGATED, _APPLICATION = "DelegatedWork", "Application"

_IDS_FOR_USERS = """
Application.Read.All c79f8feb-a9db-4090-85f9-90d820caa0eb
Application.ReadWrite.All bdfbf15f-ee85-4955-8675-146e8e5296b5
AppRoleAssignment.ReadWrite.All 84bccea3-f856-4a8a-967b-dbe0a3d53a64
AuditLog.Read.All e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20
Calendars.Read 465a38f9-76ea-45b9-9f34-9e8b0d4b0b42
Calendars.ReadWrite 1ec239c2-d7c9-4623-a91a-a9775856bb36
Chat.Read f501c180-9344-439a-bca0-6cbf209fd270
Chat.ReadWrite 9ff7295e-131b-4d94-90e1-69fde507ac11
Contacts.Read ff74d97f-43af-4b68-9f2a-b77ee6968c5d
Contacts.ReadWrite d56682ec-c09e-4743-aaf4-1a3aac4caa21
DelegatedPermissionGrant.ReadWrite.All 41ce6ca6-6826-4807-84f1-1c82854f7ee5
Device.Read.All 951183d1-1a61-466f-a6d1-1fde911bfd95
Directory.AccessAsUser.All 0e263e50-5827-48a4-b97c-d940288653c7
Directory.Read.All 06da0dbc-49e2-44d2-8312-53f166ab848a
Directory.ReadWrite.All c5366453-9fb0-48a5-a156-24f0c49a4b84
Domain.Read.All 2f9ee017-59c1-4f1d-9472-bd5529a7b311
Files.Read 10465720-29dd-4523-a11a-6a75c743c9d9
Files.Read.All df85f4d6-205c-4ac5-a5ea-6bf408dba283
Files.ReadWrite 5c28f0bf-8a70-41f1-8ab2-9032436ddb65
Files.ReadWrite.All 863451e7-0667-486c-a5d6-d135439485f0
Group.Read.All 5f8c59db-677d-491f-a6b8-5f174b11ec1d
Group.ReadWrite.All 4e46008b-f24c-477d-8fff-7bb4ec7aafe0
GroupMember.Read.All bc024368-1153-4739-b217-4326f2e966d0
GroupMember.ReadWrite.All f81125ac-d3b7-4573-a3b2-7099cc39df9e
Mail.Read 570282fd-fa5c-430d-a7fd-fc8dc98a9dca
Mail.ReadWrite 024d486e-b451-40bb-833d-3e66d98c5c73
Mail.Send e383f46e-2787-4529-855e-0e479a3ffac0
MailboxSettings.Read 87f447af-9fa4-4c32-9dfa-4a57a73d18ce
MailboxSettings.ReadWrite 818c620a-27a9-40bd-a6a5-d96f7d610b4b
Organization.Read.All 4908d5b9-3fb2-4b1e-9336-1888b7937185
People.Read ba47897c-39ec-4d83-8086-ee8256fa737d
Policy.Read.All 572fea84-0151-49b2-9301-11cb16974376
Reports.Read.All 02e97553-ed7b-43d0-ab3c-f8bace0d040c
RoleManagement.Read.Directory 741c54c3-0c1e-44a1-818b-3f97ab4e8c83
RoleManagement.ReadWrite.Directory d01b97e9-cbc0-49fe-810a-750afd5527a3
Sites.Read.All 205e70e5-aba6-4c52-a976-6d2d46c48043
Sites.ReadWrite.All 89fe6a52-be36-487e-b7d8-d061c450a026
Tasks.Read f45671fb-e0fe-4b4b-be20-3d3ce43f1bcb
Tasks.ReadWrite 2219042f-cab5-40cc-b0d2-16b1540b4c5f
Team.ReadBasic.All 485be79e-c497-4b35-9400-0e3fa7f2a5d4
User.Read e1fe6dd8-ba31-4d61-89e7-88639da4683d
User.Read.All a154be20-db9c-4678-8ab7-66f6cc099a59
User.ReadBasic.All b340eb25-3456-403f-be2f-af7a0d370277
User.ReadWrite b4e74841-8e56-480b-be8b-910348b18b4c
User.ReadWrite.All 204e0828-b5ca-4ad8-b9f3-f32a958e7cc4
email 64a6cdd6-aab1-4aaf-94b6-3cc8405e90d0
offline_access 7427e0e9-2fba-42fe-b0c0-848c9e6a8182
openid 37f7f235-527c-4136-accd-4a02d197296e
profile 14dad69e-099b-42c9-810b-d002981feec1
"""
_IDS_FOR_APPS = """
AdministrativeUnit.Read.All 134fd756-38ce-4afd-ba33-e9623dbe66c2
AdministrativeUnit.ReadWrite.All 5eb59dd3-1da2-4329-8733-9dabdc435916
Application.Read.All 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30
Application.ReadWrite.All 1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9
Application.ReadWrite.OwnedBy 18a4783c-866b-4cc7-a460-3d5e5662c884
AppRoleAssignment.ReadWrite.All 06b708a9-e830-4db3-a914-8e69da51d44f
AuditLog.Read.All b0afded3-3588-46d8-8b3d-9842eff778da
Calendars.Read 798ee544-9d2d-430c-a058-570e29e34338
Calendars.ReadWrite ef54d2bf-783f-4e0f-bca1-3210c0444d99
ChannelMessage.Read.All 7b2449af-6ccd-4f4d-9f78-e550c193f0d1
Chat.Read.All 6b7d71aa-70aa-4810-a8d9-5d9fb2830017
Contacts.Read 089fe4d0-434a-44c5-8827-41ba8a0b17f5
Contacts.ReadWrite 6918b873-d17a-4dc1-b314-35f528134491
DelegatedPermissionGrant.ReadWrite.All 8e8e4742-1d95-4f68-9d56-6ee75648c72a
Device.Read.All 7438b122-aefc-4978-80ed-43db9fcc7715
Device.ReadWrite.All 1138cb37-bd11-4084-a2b7-9f71582aeddb
DeviceManagementManagedDevices.Read.All 2f51be20-0bb4-4fed-bf7b-db946066c75e
Directory.Read.All 7ab1d382-f21e-4acd-a863-ba3e13f7da61
Directory.ReadWrite.All 19dbc75e-c2e2-444c-a770-ec69d8559fc7
Domain.Read.All dbb9058a-0e50-45d7-ae91-66909b5d4664
Domain.ReadWrite.All 7e05723c-0bb0-42da-be95-ae9f08a6e53c
Files.Read.All 01d4889c-1287-42c6-ac1f-5d1e02578ef6
Files.ReadWrite.All 75359482-378d-4052-8f01-80520e7db3cd
Group.Create bf7b1a76-6e77-406b-b258-bf5c7720e98f
Group.Read.All 5b567255-7703-4780-807c-7be8301ae99b
Group.ReadWrite.All 62a82d76-70ea-41e2-9197-370581804d09
GroupMember.Read.All 98830695-27a2-44f7-8c18-0c3ebc9698f6
GroupMember.ReadWrite.All dbaae8cf-10b5-4b86-a4a1-f871c94c6695
Mail.Read 810c84a8-4a9e-49e6-bf7d-12d183f40d01
Mail.ReadBasic.All 693c5e45-0940-467d-9b8a-1022fb9d42ef
Mail.ReadWrite e2a3a72e-5f79-4c64-b1b1-878b674786c9
Mail.Send b633e1c5-b582-4048-a93e-9f11b44c7e96
MailboxSettings.Read 40f97065-369a-49f4-947c-6a255697ae91
MailboxSettings.ReadWrite 6931bccd-447a-43d1-b442-00a195474933
Organization.Read.All 498476ce-e0fe-48b0-b801-37ba7e2685c6
Policy.Read.All 246dd0d5-5bd0-4def-940b-0421030a5b68
Reports.Read.All 230c1aed-a721-4c5d-9cb4-a90514e508ef
RoleManagement.Read.Directory 483bed4a-2ad3-4361-a73b-c83ccdbdc53c
RoleManagement.ReadWrite.Directory 9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8
SecurityEvents.Read.All bf394140-e372-4bf9-a898-299cfc7564e5
Sites.FullControl.All a82116e5-55eb-4c41-a434-62fe8a61c773
Sites.Read.All 332a536c-c7ef-4017-ab91-336970924f0d
Sites.ReadWrite.All 9492366f-7969-46a4-8d15-ed1a20078fff
Sites.Selected 883ea226-0bf2-4a8f-9f9d-92c9162a727d
Team.ReadBasic.All 2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e
User.Invite.All 09850681-111b-4a89-9bed-3f2cae46d706
User.Read.All df021288-bdef-4463-88db-98f22de89214
User.ReadBasic.All 97235f07-e226-4f63-ace3-39588e11d3a1
User.ReadWrite.All 741f803b-c850-494e-b5df-cde7c675a1ca
UserAuthenticationMethod.Read.All 38d9df27-64da-44fd-b7c5-a6fbac20248f
UserAuthenticationMethod.ReadWrite.All 50483e42-d915-4231-9639-7fdb7fd190e5
"""
_OF_SIGN_IN = ("email", "offline_access", "openid", "profile")

PRINCIPAL: Record = {
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
    tables = ((_DELEGATED, _IDS_FOR_USERS), (_APPLICATION, _IDS_FOR_APPS))
    rows = ((scheme, *line.split()) for scheme, text in tables for line in text.split("\n")[1:-1])
    return {(name, scheme): id_ for scheme, name, id_ in rows}


def _id(name: str, scheme: str) -> str:
    return _known().get((name, scheme)) or str(uuid5(UUID(GRAPH), f"{scheme} {name}"))


@cache
def _permissions() -> tuple[Permission, ...]:
    own = (Permission(name, _DELEGATED, False) for name in _OF_SIGN_IN)
    return (*Surface(built_in("v1.0").lines).grantable(), *own)


@cache
def app_roles() -> list[Record]:
    """What an app may be granted by ``appRoleAssignments``, in the form of ``appRole``."""
    return [
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
    ]


@cache
def scopes() -> list[Record]:
    """What an app may be granted for users, in the form of ``permissionScope``."""
    return [
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
    ]
