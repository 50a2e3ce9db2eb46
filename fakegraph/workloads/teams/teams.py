"""Teams, their settings, apps and tabs.

https://learn.microsoft.com/graph/api/resources/team
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Making, Others, Reading
from fakegraph.workloads.operations import Call, Thing, failure, running
from fakegraph.workloads.teams.channels import GENERAL, channel_id, give_folder
from fakegraph.workloads.teams.members import enlist, is_owner
from fakegraph.workloads.teams.messages import now, tenant_id, writer
from fakegraph.workloads.teams.migration import (
    SAID,
    TEAM_MIGRATING,
    begin_first,
    check_mode,
    check_past,
    is_migrating,
)
from fakegraph.workloads.teams.queries import ignoring
from fakegraph.workloads.teams.rights import closed, is_in, outside

_VISIBLE = "public"  # to whom a team is, where nobody says it
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


def _nickname(team: Record, of: Others) -> str:
    """What the group of a team is called in addresses, as no other group is."""
    id_ = str(team["id"])
    plain = re.sub(r"[^A-Za-z0-9]", "", str(team.get("displayName") or ""))[:_LONGEST_NICKNAME]
    taken = (each["id"] != id_ for each in of.equal("groups", "mailNickname", plain.casefold()))
    return f"{plain}{id_[:8]}" if plain and any(taken) else plain or id_


def _group(team: Record, of: Others) -> Record:
    """The group that a team is."""
    name, seen = str(team.get("displayName") or ""), str(team.get("visibility") or _VISIBLE)
    return {
        "displayName": name,
        "description": team.get("description"),
        "groupTypes": ["Unified"],
        "mailEnabled": True,
        "mailNickname": _nickname(team, of),
        "securityEnabled": False,
        "visibility": f"{seen[:1].upper()}{seen[1:]}",
        "resourceProvisioningOptions": ["Team"],
    }


def _summary(reading: Reading) -> Record:
    """How many are in a team, by what they are there.

    https://learn.microsoft.com/graph/api/resources/teamsummary
    """
    roles = [set(each.get("roles") or ()) for each in reading.inside("team/members")]
    owners, guests = (sum(kind in each for each in roles) for kind in ("owner", "guest"))
    return {
        "ownersCount": owners,
        "membersCount": len(roles) - owners - guests,
        "guestsCount": guests,
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


_LONGEST_NAME, _LONGEST_NICKNAME = 256, 56  # as those of its group
_OF_GROUP = ("displayName", "description", "visibility", "members")
_TEMPLATE, _GROUP = "template@odata.bind", "group@odata.bind"


def _check(record: Record, before: Record | None) -> None:
    """What bodies say of a team. Raises GraphError for what goes with no group, or no archive."""
    name = record.get("displayName", "")
    if before is not None and "displayName" in record and not name:
        raise bad_request("The 'displayName' of a team cannot be taken away.", "displayName")
    if len(str(name or "")) > _LONGEST_NAME:
        message = f"The 'displayName' of a team has {_LONGEST_NAME} characters at most."
        raise bad_request(message, "displayName")
    if before is not None:
        if before.get("isArchived"):
            raise closed("team")
        return
    said = [name for name in _OF_GROUP if record.get(name) is not None]
    if _GROUP in record and said:
        raise bad_request(f"'{said[0]}' is the group's, of which this team is made.", said[0])
    if _TEMPLATE in record and _GROUP not in record and not record.get("displayName"):
        raise bad_request("A team that is made with its group has a 'displayName'.", "displayName")


# What Microsoft has, by https://learn.microsoft.com/microsoftteams/get-started-with-teams-templates
_TEMPLATES = re.compile(
    r"standard|education(?:Class|Staff|ProfessionalLearningCommunity)|healthcare(?:Ward|Hospital)"
    r"|retail(?:Store|ManagerCollaboration)|com\.microsoft\.teams\.template\.\w+",
    re.IGNORECASE,
)
_REFUSED = "Failed to execute Templates backend request CreateTeamFromTemplateRequest. Request Url:"
_BACKEND = "https://teams.microsoft.com/fabric/templates/api/team"


def _check_template(record: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError for a template that neither Microsoft has nor the tenant."""
    bound = re.search(r"[/('](?P<id>[^/('\")]+)[')]*/?$", str(record.get(_TEMPLATE) or ""))
    if before is not None or bound is None or _TEMPLATES.fullmatch(bound["id"]):
        return
    if of.find("teamsTemplates", "id", bound["id"]) is not None:
        return
    why = f"A template with id '{bound['id']}' and locale 'en-US' could not be found."
    said = json.dumps({"errors": [{"message": why, "errorCode": "Unknown"}]})
    told = f"{_REFUSED} {_BACKEND}, Request Method: POST, Response Status Code: BadRequest"
    raise bad_request(f"{told}, ErrorMessage : {said}", _TEMPLATE)


def _told(call: Call, record: Record, before: Record | None) -> None:
    """Who makes a team with its group owns it; an app by itself says who does."""
    group = call.find("groups", call.thing.id)
    if before is not None:
        return
    call.change(call.thing, SAID)
    if is_migrating(record):
        begin_first(call, call.thing)
    if group is None:
        return
    if not call.is_new(group):
        _check_group(call, group)
        return
    owners = [e for e in call.inside(call.thing, "team/members") if is_owner(e.record)]
    user = writer(call)
    if user is None and len(owners) != 1 and not is_migrating(record):
        message = "A team owner must be provided when creating a team in application context."
        raise bad_request(message, "members")
    known = None if user is None else call.find("users", user["id"])
    if known is not None and known.id not in (each.record.get("userId") for each in owners):
        enlist(call, call.thing, known, ["owner"])


def _check_group(call: Call, group: Thing) -> None:
    """Raise GraphError for a group of which nobody could look after a team."""
    if not call.leads_to(group, "owners"):
        raise bad_request(f"The group '{group.id}' has no owner: a team has one.", "group")


def _made(acting: Acting, team: Row) -> None:
    """Its channels have their folders in the library of its group."""
    for channel in acting.all(f"teams/{team.record['id']}/channels"):
        give_folder(acting, channel)


_MADE = {"operationType": "createTeam", "status": "succeeded", "attemptsCount": 1}

TYPES = (
    Type(
        "team",
        generated={
            "displayName": _name,
            "description": _description,
            "internalId": channel_id,
            "tenantId": tenant_id,
            "webUrl": _web_url,
        },
        ignored=frozenset({"id", "internalId", "isArchived", "tenantId", "webUrl"}),
        immutable=frozenset({"id"}),
        heard={"@microsoft.graph.teamCreationMode": TEAM_MIGRATING},
        one_of=(_TEMPLATE,),
        refuses=(_check, check_mode),
        suits=(_check_template,),
        checks=(check_past,),
        made=_made,
        follows=_told,
        takes={"group": {"id": "id", "displayName": "displayName", "description": "description"}},
        brings={"channels": (GENERAL,), "operations": (_MADE,)},
        twins={"groups": _group},
        accepted=_accepted,
        monitors="team/operations",
        defaults={
            "isArchived": False,
            "specialization": "none",
            "visibility": _VISIBLE,
            **_SETTINGS,
        },
        merged=frozenset(_SETTINGS),
        theirs=is_in("team/members"),
        strangers=outside,
        related=frozenset(
            {"template", "group", "members", "members/user", "channels", "channels/tabs"}
            | {"channels/tabs/teamsApp", "installedApps", "installedApps/teamsApp"}
        ),
        computed={"summary": _summary},
        veiled={"summary": lambda summary: None},
    ),
    Type(
        "teamsAsyncOperation",
        generated={
            "id": _operation,
            "targetResourceId": lambda making: (making.owner or {}).get("id"),
            "targetResourceLocation": lambda making: f"/teams('{(making.owner or {}).get('id')}')",
            "lastActionDateTime": now,
        },
        computed={"status": running("inProgress"), "error": failure},
    ),
)

_MEMBERS = ("aadUserConversationMember/user",)
# What `joinedTeams` tells nothing of.
_UNTOLD = frozenset(
    {
        *("classification", "createdDateTime", "firstChannelName", "internalId", "specialization"),
        *("visibility", "webUrl", *_SETTINGS),
    }
)

NAVIGATION = (
    Navigation("teams", counted="all"),
    Navigation("user/teamwork", provided=True),
    Navigation("teamsTemplates", foreign={}),
    # https://learn.microsoft.com/graph/api/profilephoto-get
    Navigation("team/photo", documented=frozenset({"GET"})),
    Navigation("team/operations", documented=frozenset({"GET"}), monitors=True),
    Navigation("group/team", home="teams", view={"id": "id"}, makes=_check_made, missed_as="team"),
    Navigation("team/group", home="groups", view={"id": "id"}),
    Navigation(
        "user/joinedTeams",
        linked=True,
        home="teams",
        through=_MEMBERS,
        counted="all",
        blank=_UNTOLD,
        unheeded=ignoring("The teams that one is in are listed as they are."),
    ),
)
