"""Directory objects.

https://learn.microsoft.com/graph/api/resources/user
https://learn.microsoft.com/graph/api/resources/group
"""

from __future__ import annotations

from fakegraph.workloads.declarations import Navigation, Type

TYPES = (
    Type("directoryObject", asks_heirs=True, ignore_case=frozenset("*")),
    *(
        Type(name, soft_deleted=True)
        for name in ("application", "servicePrincipal", "administrativeUnit")
    ),
    Type(
        "user",
        soft_deleted=True,
        required=("accountEnabled", "displayName", "mailNickname", "userPrincipalName"),
        read_only=frozenset({"createdDateTime", "proxyAddresses"}),
        unique=("userPrincipalName",),
        also_by=("userPrincipalName",),
        defaults={"userType": "Member"},
        default_select=(
            *("businessPhones", "displayName", "givenName", "id", "jobTitle", "mail"),
            *("mobilePhone", "officeLocation", "preferredLanguage", "surname"),
            "userPrincipalName",
        ),
        never_shown=frozenset({"passwordProfile"}),
        indexed=("displayName",),
    ),
    Type(
        "group",
        soft_deleted=lambda record: "Unified" in (record.get("groupTypes") or ()),
        required=("displayName", "mailEnabled", "mailNickname", "securityEnabled"),
        generated={"renewedDateTime": lambda making: making.record["createdDateTime"]},
        defaults={"groupTypes": []},
        related=frozenset({"members", "owners"}),
        only_when_selected=frozenset(
            {"allowExternalSenders", "autoSubscribeNewMembers", "hideFromAddressLists"}
            | {"hideFromOutlookClients", "isSubscribedByMail", "unseenCount", "isArchived"}
        ),
    ),
)

_MEMBERS = ("group/members", "administrativeUnit/members", "directoryRole/members")

_UNITS = "directory/administrativeUnits"

NAVIGATION = (
    Navigation(
        "directoryObjects",
        union=(
            *("users", "groups", "devices", "applications", "servicePrincipals", "contacts"),
            *("directoryRoles", "directory/administrativeUnits", "contracts", "organization"),
        ),
    ),
    Navigation(
        "directory/deletedItems",
        deleted=("users", "groups", "applications", "servicePrincipals", _UNITS),
    ),
    Navigation("user/directReports", inverse=("user/manager",)),
    Navigation("user/memberOf", inverse=_MEMBERS),
    Navigation("user/transitiveMemberOf", closure="user/memberOf"),
    Navigation("user/ownedObjects", inverse=("group/owners",)),
    Navigation("group/memberOf", inverse=_MEMBERS),
    Navigation("group/transitiveMemberOf", closure="group/memberOf"),
    Navigation("group/transitiveMembers", closure="group/members"),
)
