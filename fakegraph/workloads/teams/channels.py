"""Channels of a team, and the folders of their files.

https://learn.microsoft.com/graph/api/resources/channel
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from fakegraph.edm.values import Instant, format_instant, instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Making, Unfolding
from fakegraph.workloads.operations import Call, operation
from fakegraph.workloads.teams.messages import TEAM, tenant_id
from fakegraph.workloads.teams.queries import ignoring

_NAME = re.compile(r"(?![_.])[^~#%&*{}+/\\:<>?|'\"]{1,50}(?<!\.)")
_BAD_NAME = "Channel.DisplayName doesn't contain allowed characters, please use the valid values."
TAKEN = "Channel name already existed, please use other name"
_FOLDER = "channel/filesFolder"
_NAMES = "@channelNames"  # of a team: the names of channels that were deleted, with until when
_TICKS_KEPT = 30 * 24 * 3600 * 10_000_000  # how long a name stays taken: 30 days

#: The channel that every team has.
GENERAL = {"displayName": "General", "isFavoriteByDefault": True}


def channel_id(making: Making) -> str:
    """The id of a thread of a channel."""
    return f"19:{making.new_id().replace('-', '')}@thread.tacv2"


def _id(making: Making) -> str:
    """Of the channel that every team has, what the team calls its own."""
    own = (making.owner or {}).get("internalId")
    is_first = making.record.get("displayName") == GENERAL["displayName"]
    return (
        str(own) if own and is_first and not any(making.having("id", own)) else channel_id(making)
    )


def _web_url(making: Making) -> str:
    record, team = making.record, (making.owner or {}).get("id")
    where = f"{quote(str(record['id']), safe='')}/{quote(str(record.get('displayName')), safe='')}"
    query = f"groupId={team}&tenantId={making.tenant()}"
    return f"https://teams.microsoft.com/l/channel/{where}?{query}"


def _check(record: Record, before: Record | None) -> None:
    name = record.get("displayName")
    if isinstance(name, str) and not _NAME.fullmatch(name):
        raise bad_request(_BAD_NAME, "displayName")
    was = None if before is None else before.get("displayName")
    if was == GENERAL["displayName"] and name not in (None, was):
        raise bad_request("The General channel cannot be renamed.", "displayName")


def _check_deleted(making: Making) -> None:
    """Raise GraphError for the name of a channel that was deleted not long ago."""
    until = ((making.owner or {}).get(_NAMES) or {}).get(_folded(making.record))
    if until is not None and instant(making.now) < instant(until):
        raise GraphError(400, "BadRequest", TAKEN, "displayName")


def _folded(record: Mapping[str, object]) -> str:
    return str(record.get("displayName") or "").casefold()


def _leaves(call: Call, record: Record) -> None:
    if record.get("displayName") == GENERAL["displayName"]:
        raise bad_request("The General channel cannot be deleted.")
    team = call.owner(call.thing)
    if team is not None:
        until = format_instant(Instant(instant(call.now) + _TICKS_KEPT))
        known = (team.record.get(_NAMES) or {}).items()
        taken = {name: end for name, end in known if instant(call.now) < instant(end)}
        call.change(team, {_NAMES: {**taken, _folded(record): until}})


def _made(acting: Acting, channel: Row) -> None:
    give_folder(acting, channel)


def give_folder(acting: Acting, channel: Row) -> None:
    """Have the files of a channel in a folder of the library of the team's group, if it has one."""
    group = acting.found(("groups",), channel.record.get(TEAM))
    name = channel.record.get("displayName")  # a seed may leave it out
    if group is None or not name or acting.ends(_FOLDER, channel):
        return
    path = f"groups/{group.record['id']}/drive/root/children"
    same = (each for each in acting.all(path) if _is_folder(each.record, name))
    folder = next(same, None) or acting.put_at(path, {"name": name, "folder": {}})
    acting.tie(_FOLDER, channel, folder)


def _is_folder(item: Record, name: str) -> bool:
    return "folder" in item and str(item.get("name")).casefold() == name.casefold()


@operation("channel/provisionEmail")
def provision_email(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/channel-provisionemail"""
    email = call.thing.record.get("email")
    if not email:
        email = f"{call.new_id()[:8]}.contoso.com@emea.teams.ms"
        call.change(call.thing, {"email": email})
    return {"email": email}


@operation("channel/removeEmail")
def remove_email(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/channel-removeemail"""
    call.change(call.thing, {"email": None})


@operation("channel/doesUserHaveAccess", reads=True)
def has_access(call: Call) -> bool:
    """https://learn.microsoft.com/graph/api/channel-doesuserhaveaccess"""
    given, channel = call.arguments, call.thing
    user = given.get("userId")
    if user is None:
        found = call.find("users", given.get("userPrincipalName"), "userPrincipalName")
        user = None if found is None else found.id
    members = call.inside(channel, "channel/members")
    if channel.record.get("membershipType") == "standard":
        team = call.owner(channel)
        members = [] if team is None else call.inside(team, "team/members")
    return any(each.record.get("userId") == user for each in members)


TYPES = (
    Type(
        "channel",
        required=("displayName",),
        immutable=frozenset({"membershipType"}),
        ignored=frozenset({"webUrl", "tenantId"}),
        generated={
            "id": _id,
            TEAM: lambda making: (making.owner or {}).get("id"),
            "tenantId": tenant_id,
            "webUrl": _web_url,
        },
        defaults={"membershipType": "standard", "isArchived": False},
        related=frozenset({"members", "members/user", "tabs", "tabs/teamsApp"}),
        refuses=(_check,),
        checks=(_check_deleted,),
        together=(("displayName",),),
        made=_made,
        leaves=_leaves,
        only_when_selected=frozenset({"summary"}),
    ),
)


def _members(unfolding: Unfolding) -> Iterable[Row | Record]:
    """Who is in a channel: in a standard one everybody in the team."""
    yield from unfolding.rows.scan()
    if unfolding.owner.get("membershipType") == "standard" and unfolding.around is not None:
        yield from (dict(each) for each in unfolding.around.above("team/members"))


NAVIGATION = (
    Navigation("channel/members", counted="all", page_size=100, max_page=999, unfolds=_members),
    Navigation("team/channels", counted="all"),
    Navigation("team/primaryChannel", home="team/channels", where={"displayName": "General"}),
    Navigation(
        _FOLDER,
        linked=True,
        home="drive/items",
        unheeded=ignoring("A channel's folder is shown as it is."),
    ),
)

OPERATIONS = (provision_email, remove_email, has_access)
