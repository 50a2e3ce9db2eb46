"""Channels of a team, and the folders of their files.

https://learn.microsoft.com/graph/api/resources/channel
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from urllib.parse import quote

from fakegraph.edm.values import Instant, format_instant, instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Asker, Making, Reading, Unfolding
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.teams.members import (
    IN_CHANNEL,
    IN_TEAM,
    PRIVATE,
    STANDARD,
    check_in_team,
    enlist,
    is_owner,
    member_of,
)
from fakegraph.workloads.teams.messages import TEAM, tenant_id, writer
from fakegraph.workloads.teams.migration import (
    MIGRATING,
    SAID,
    check_mode,
    check_past,
    is_migrating,
)
from fakegraph.workloads.teams.queries import ignoring
from fakegraph.workloads.teams.rights import check_open, is_in, outside

_NAME = re.compile(r"(?![_.]|\s*$)[^~#%&*{}+/\\:<>?|'\"]{1,50}(?<!\.)")
_BAD_NAME = "Channel.DisplayName doesn't contain allowed characters, please use the valid values."
TAKEN = "Channel name already existed, please use other name"
_FOLDER = "channel/filesFolder"
_NAMES = "@channelNames"  # of a team: the names of channels that were deleted, with until when
_TICKS_KEPT = 30 * 24 * 3600 * 10_000_000  # how long a name stays taken: 30 days

#: The channel that every team has.
GENERAL = {"displayName": "General", "isFavoriteByDefault": True, **SAID}


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


_LONGEST_DESCRIPTION = 1024


def _check(record: Record, before: Record | None) -> None:
    name = record.get("displayName")
    if isinstance(name, str) and not _NAME.fullmatch(name):
        raise bad_request(_BAD_NAME, "displayName")
    if len(str(record.get("description") or "")) > _LONGEST_DESCRIPTION:
        message = f"The 'description' of a channel has {_LONGEST_DESCRIPTION} characters at most."
        raise bad_request(message, "description")
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


# Channels for some ------------------------------------------------------------------------------

_MOST_MEMBERS = 200


def _told(call: Call, record: Record, before: Record | None) -> None:
    """What bodies say of a channel. Raises GraphError for what it cannot be in its team."""
    team = call.owner(call.thing)
    check_open(call, team)
    if before is not None:
        check_open(call, call.thing)
        return
    call.change(call.thing, SAID)
    members = call.inside(call.thing, IN_CHANNEL)
    if record["membershipType"] == STANDARD:
        if members:
            message = (
                "A standard channel has no members of its own: everybody in the team is in it."
            )
            raise bad_request(message, "members")
    elif team is not None and not is_migrating(record):
        _check_members(call, record["membershipType"], team, members)


def _check_members(call: Call, kind: str, team: Thing, members: list[Thing]) -> None:
    """Have a private channel owned by who makes it, where nobody else is said to own it."""
    if len(members) > _MOST_MEMBERS:
        raise bad_request(f"A channel is made with {_MOST_MEMBERS} members at most.", "members")
    owners = [each for each in members if is_owner(each.record)]
    if kind == PRIVATE:
        check_in_team(call, team, members)
        user = writer(call)
        known = None if user is None else call.find("users", user["id"])
        if known is not None and not owners:
            _make_owner(call, known)
            return
    if len(owners) != 1:
        raise bad_request(f"A {kind} channel is made with one owner among its members.", "members")


def _make_owner(call: Call, user: Thing) -> None:
    there = member_of(call, call.thing, user.id)
    if there is None:
        enlist(call, call.thing, user, ["owner"])
    else:
        call.change(there, {"roles": ["owner"]})


def _made(acting: Acting, channel: Row) -> None:
    give_folder(acting, channel)


def give_folder(acting: Acting, channel: Row) -> None:
    """Have the files of a channel in a folder of the library of the team's group, if it has one."""
    group = acting.found(("groups",), channel.record.get(TEAM))
    name = str(channel.record.get("displayName") or "").strip()  # a seed may leave it out
    if group is None or not name or acting.ends(_FOLDER, channel):
        return
    path = f"{_library(acting, group, channel.record)}/drive/root/children"
    same = (each for each in acting.all(path) if _is_folder(each.record, name))
    folder = next(same, None) or acting.put_at(path, {"name": name, "folder": {}})
    acting.tie(_FOLDER, channel, folder)


def _library(acting: Acting, group: Row, channel: Record) -> str:
    """What has the library of a channel: its group, or a site for it alone."""
    if channel.get("membershipType") in (None, STANDARD):
        return f"groups/{group.record['id']}"
    of_team = group.record.get("mailNickname") or group.record["id"]
    name = re.sub("[^A-Za-z0-9-]", "", f"{of_team}-{channel['displayName']}")
    name = f"{name}-{re.sub('[^A-Za-z0-9]', '', str(channel['id']))[2:10]}"
    said = {
        "name": name,
        "displayName": f"{group.record.get('displayName')}-{channel['displayName']}",
    }
    url = f"https://contoso.sharepoint.com/sites/{name}"
    known = (each for each in acting.all("sites") if each.record.get("webUrl") == url)
    site = next(known, None) or acting.put_at(
        "sites", {**said, "webUrl": url}
    )  # seeds have told it
    return f"sites/{site.record['id']}"


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
    members = call.inside(channel, IN_CHANNEL)
    if channel.record.get("membershipType") == STANDARD:
        team = call.owner(channel)
        members = [] if team is None else call.inside(team, IN_TEAM)
    return any(each.record.get("userId") == user for each in members)


_is_member = is_in(IN_CHANNEL)


def _is_theirs(reading: Reading, asker: Asker) -> bool:
    """Whether a channel is there for who asks: a standard one for who is in the team."""
    is_standard = reading.record.get("membershipType") in (None, STANDARD)
    return is_standard or _is_member(reading, asker)


TYPES = (
    Type(
        "channel",
        required=("displayName",),
        immutable=frozenset({"id", "membershipType"}),
        ignored=frozenset({"email", "id", "webUrl", "tenantId", "isArchived"}),
        heard={"@microsoft.graph.channelCreationMode": MIGRATING},
        generated={
            "id": _id,
            TEAM: lambda making: (making.owner or {}).get("id"),
            "tenantId": tenant_id,
            "webUrl": _web_url,
        },
        defaults={"membershipType": "standard", "isArchived": False},
        related=frozenset({"members", "members/user", "tabs", "tabs/teamsApp"}),
        refuses=(_check, check_mode),
        checks=(_check_deleted, check_past),
        together=(("displayName",),),
        made=_made,
        follows=_told,
        leaves=_leaves,
        theirs=_is_theirs,
        strangers=outside,
        only_when_selected=frozenset({"summary"}),
    ),
)


def _members(unfolding: Unfolding) -> Iterable[Row | Record]:
    """Who is in a channel: in a standard one everybody in the team."""
    yield from unfolding.rows.scan()
    if unfolding.owner.get("membershipType") == STANDARD and unfolding.around is not None:
        yield from (dict(each) for each in unfolding.around.above(IN_TEAM))


def _all_members(unfolding: Unfolding) -> Iterable[Row | Record]:
    """Who is in a channel, whatever lets them."""
    if unfolding.around is None:
        return
    is_standard = unfolding.owner.get("membershipType") == STANDARD
    found = unfolding.around.above(IN_TEAM) if is_standard else unfolding.around.inside(IN_CHANNEL)
    yield from (dict(each) for each in found)


def _sharing_teams(unfolding: Unfolding) -> Iterable[Row | Record]:
    """The teams that a shared channel is in: the one that has it, at least."""
    yield from unfolding.rows.scan()
    team = None if unfolding.around is None else unfolding.around.owner()
    if team is not None and unfolding.owner.get("membershipType") == "shared":
        said = {name: team.get(name) for name in ("id", "displayName", "tenantId")}
        yield {**said, "isHostTeam": True}


_members_listed = partial(Navigation, counted="all", page_size=100, max_page=999)


def _of_drive(place: Record) -> Record:
    """All that a channel tells of where its folder lies."""
    return {name: place[name] for name in ("driveId", "driveType") if name in place}


NAVIGATION = (
    _members_listed(IN_CHANNEL, unfolds=_members),
    _members_listed("channel/allMembers", unfolds=_all_members),
    Navigation("channel/sharedWithTeams", counted="all", unfolds=_sharing_teams),
    Navigation("team/channels", counted="all", all_members=True),
    # https://learn.microsoft.com/graph/api/team-list-allchannels
    Navigation("team/allChannels", home="team/channels", counted="all", all_members=True),
    Navigation("team/incomingChannels", all_members=True),
    Navigation("team/primaryChannel", home="team/channels", where={"displayName": "General"}),
    Navigation(
        _FOLDER,
        linked=True,
        home="drive/items",
        unheeded=ignoring("A channel's folder is shown as it is."),
        turned={
            "createdDateTime": lambda value: "0001-01-01T00:00:00Z",
            "parentReference": _of_drive,
        },
    ),
)

OPERATIONS = (provision_email, remove_email, has_access)
