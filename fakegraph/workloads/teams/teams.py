"""Teams, channels, chats, and who is in them.

https://learn.microsoft.com/graph/api/resources/team
https://learn.microsoft.com/graph/api/resources/chat
"""

from __future__ import annotations

import base64
import re
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import failure, running
from fakegraph.workloads.teams.messages import TEAM

_CHANNEL_NAME = re.compile(r"(?![_.])[^~#%&*{}+/\\:<>?|'\"]{1,50}(?<!\.)")
_BAD_NAME = "Channel.DisplayName doesn't contain allowed characters, please use the valid values."
_ROLES = frozenset({"owner", "guest"})


def _hex(making: Making) -> str:
    return making.new_id().replace("-", "")


def _channel_id(making: Making) -> str:
    return f"19:{_hex(making)}@thread.tacv2"


def _chat_id(making: Making) -> str:
    return f"19:{_hex(making)}@thread.v2"


def _member_id(making: Making) -> str:
    owner, user = (making.owner or {}).get("id", ""), making.record.get("userId", "")
    scope = f"0##{owner}" if str(owner).startswith("19:") else str(owner)
    return base64.b64encode(f"{scope}##{user or making.new_id()}".encode()).decode()


def _installation_id(making: Making) -> str:
    scope = (making.owner or {}).get("id", "")
    return base64.b64encode(f"{scope}##{making.new_id()}".encode()).decode()


def _check_channel(record: Record, before: Record | None) -> None:
    name = record.get("displayName")
    if isinstance(name, str) and not _CHANNEL_NAME.fullmatch(name):
        raise bad_request(_BAD_NAME, "displayName")


def _check_roles(record: Record, before: Record | None) -> None:
    for role in record.get("roles") or ():
        if role not in _ROLES:
            raise bad_request(f"The passed-in role '{role}' is not supported.", "roles")


def _check_members(record: Record, before: Record | None) -> None:
    members: list[Any] = record.get("members") or []
    bound = [str(each.get("user@odata.bind", each.get("userId"))) for each in members]
    if before is None and len(bound) != len(set(bound)):
        raise bad_request("Duplicate chat members is specified in the request body.", "members")
    if before is None and record.get("chatType") == "oneOnOne" and len(members) != 2:
        raise bad_request("A one-on-one chat has exactly two members.", "members")


_TRUE = dict.fromkeys
_SETTINGS = {
    "memberSettings": _TRUE(
        (
            "allowCreateUpdateChannels",
            "allowCreatePrivateChannels",
            "allowDeleteChannels",
            "allowAddRemoveApps",
            "allowCreateUpdateRemoveTabs",
            "allowCreateUpdateRemoveConnectors",
        ),
        True,
    ),
    "guestSettings": {"allowCreateUpdateChannels": False, "allowDeleteChannels": False},
    "messagingSettings": _TRUE(
        (
            "allowUserEditMessages",
            "allowUserDeleteMessages",
            "allowOwnerDeleteMessages",
            "allowTeamMentions",
            "allowChannelMentions",
        ),
        True,
    ),
    "funSettings": {
        "allowGiphy": True,
        "giphyContentRating": "moderate",
        "allowStickersAndMemes": True,
        "allowCustomMemes": True,
    },
}


def operation_id(team: str) -> str:
    """The id of the operation that made a team."""
    return str(uuid5(NAMESPACE_URL, f"createTeam/{team}"))


def _operation(making: Making) -> str:
    return operation_id(str((making.owner or {}).get("id")))


def _accepted(team: Record) -> dict[str, str]:
    path = f"/teams('{team['id']}')"
    operation = operation_id(str(team["id"]))
    return {"Location": f"{path}/operations('{operation}')", "Content-Location": path}


def _group(team: Record) -> Record:
    """The group that a team is."""
    name = str(team.get("displayName") or "")
    return {
        "displayName": name,
        "description": team.get("description"),
        "groupTypes": ["Unified"],
        "mailEnabled": True,
        "mailNickname": re.sub(r"[^A-Za-z0-9]", "", name) or str(team["id"]),
        "securityEnabled": False,
        "visibility": str(team.get("visibility") or "private").capitalize(),
        "resourceProvisioningOptions": ["Team"],
    }


def _name(making: Making) -> Any:
    return (making.beneath or {}).get("displayName")


def _description(making: Making) -> Any:
    return (making.beneath or {}).get("description")


def _check_made(group: Record, there: bool) -> None:
    """Raise GraphError for a group that is a team already, or cannot be one."""
    if there:
        message = f"A team exists with group id {group['id']} already."
        raise GraphError(409, "Conflict", message)
    if "Unified" not in (group.get("groupTypes") or ()) and group.get("mailEnabled") is False:
        raise bad_request("Only a Microsoft 365 group becomes a team.", "groupTypes")


def _web_url(making: Making) -> str:
    return f"https://teams.microsoft.com/l/team/{making.record['id']}/conversations"


_GENERAL = {"displayName": "General", "isFavoriteByDefault": True}
_MADE = {"operationType": "createTeam", "status": "succeeded", "attemptsCount": 1}

TYPES = (
    Type(
        "team",
        generated={
            "displayName": _name,
            "description": _description,
            "internalId": _channel_id,
            "webUrl": _web_url,
        },
        takes={"group": {"id": "id", "displayName": "displayName", "description": "description"}},
        brings={"channels": (_GENERAL,), "operations": (_MADE,)},
        twins={"groups": _group},
        accepted=_accepted,
        monitors="team/operations",
        defaults={
            "isArchived": False,
            "specialization": "none",
            "visibility": "private",
            **_SETTINGS,
        },
        merged=frozenset(_SETTINGS),
        related=frozenset(
            {"template", "group", "members", "members/user", "channels", "channels/tabs"}
            | {"channels/tabs/teamsApp", "installedApps", "installedApps/teamsApp"}
        ),
        only_when_selected=frozenset({"summary"}),
    ),
    Type(
        "channel",
        required=("displayName",),
        immutable=frozenset({"membershipType"}),
        generated={"id": _channel_id, TEAM: lambda making: (making.owner or {}).get("id")},
        defaults={"membershipType": "standard", "isArchived": False},
        related=frozenset({"members", "members/user", "tabs", "tabs/teamsApp"}),
        refuses=(_check_channel,),
        only_when_selected=frozenset({"summary"}),
    ),
    Type(
        "chat",
        required=("chatType", "members"),
        immutable=frozenset({"chatType"}),
        ignored=frozenset({"lastUpdatedDateTime", "webUrl", "tenantId"}),
        generated={"id": _chat_id, "lastUpdatedDateTime": lambda making: making.now},
        changed={"lastUpdatedDateTime": lambda making: making.now},
        related=frozenset({"members", "members/user", "installedApps", "installedApps/teamsApp"}),
        refuses=(_check_members,),
    ),
    Type(
        "conversationMember",
        generated={"id": _member_id},
        defaults={"roles": []},
        related=frozenset({"user"}),
    ),
    Type(
        "aadUserConversationMember",
        takes={"user": {"userId": "id", "displayName": "displayName", "email": "mail"}},
        refuses=(_check_roles,),
    ),
    Type(
        "teamsAppInstallation",
        generated={"id": _installation_id},
        related=frozenset({"teamsApp", "teamsAppDefinition"}),
        nulls=False,
    ),
    Type(
        "teamsTab",
        required=("displayName",),
        related=frozenset({"teamsApp"}),
        merged=frozenset({"configuration"}),
    ),
    Type(
        "teamsAsyncOperation",
        generated={
            "id": _operation,
            "targetResourceId": lambda making: (making.owner or {}).get("id"),
            "targetResourceLocation": lambda making: f"/teams('{(making.owner or {}).get('id')}')",
            "lastActionDateTime": lambda making: making.now,
        },
        computed={"status": running("inProgress"), "error": failure},
    ),
    Type("teamworkTag", related=frozenset({"members"})),
)

_MEMBERS = ("aadUserConversationMember/user",)

NAVIGATION = (
    Navigation("teamsTemplates", foreign={}),
    # https://learn.microsoft.com/graph/api/profilephoto-get
    Navigation("team/photo", documented=frozenset({"GET"})),
    Navigation("team/operations", documented=frozenset({"GET"}), monitors=True),
    Navigation("group/team", home="teams", view={"id": "id"}, makes=_check_made),
    Navigation("team/group", home="groups", view={"id": "id"}),
    Navigation("appCatalogs/teamsApps", foreign={"distributionMethod": "store"}),
    Navigation("team/primaryChannel", home="team/channels", where={"displayName": "General"}),
    Navigation("user/joinedTeams", linked=True, home="teams", through=_MEMBERS),
    Navigation("user/chats", linked=True, home="chats", through=_MEMBERS),
)
