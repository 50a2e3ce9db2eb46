"""What teams and channels do that goes on after the answer.

https://learn.microsoft.com/graph/api/resources/teamsasyncoperation
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.errors import bad_request
from fakegraph.workloads.operations import Call, Ending, Thing, operation
from fakegraph.workloads.teams.members import enlist
from fakegraph.workloads.teams.messages import writer
from fakegraph.workloads.teams.migration import is_said


def _tells(kind: str) -> Callable[[Call, Any, Ending], Mapping[str, str]]:
    """What tells of an operation of a kind, among those of the team that it was asked of."""

    def tells(call: Call, result: Thing | None, ending: Ending) -> Mapping[str, str]:
        team = _team(call)
        about = result or call.thing
        path = f"/teams('{about.id}')" if about.container == "teams" else None
        monitor = {
            "id": call.new_id(),
            "operationType": kind,
            "status": "failed" if ending.error else "succeeded",
            "attemptsCount": 1,
            "targetResourceId": about.id,
            "targetResourceLocation": path or f"/teams('{team.id}')/channels('{about.id}')",
            **ending.kept,
        }
        made = call.add(team, "operations", monitor)
        where = f"/teams('{team.id}')"
        return {"Location": f"{where}/operations('{made.id}')", "Content-Location": where}

    return tells


def _team(call: Call) -> Thing:
    """The team that something is asked of, or of a channel of it."""
    thing = call.thing
    if thing.container == "teams":
        return thing
    owner = call.owner(thing)
    assert owner is not None
    return owner


_READ_ONLY = "shouldSetSpoSiteReadOnlyForMembers"


def _archiving(archived: bool) -> Callable[[Call], None]:
    def change(call: Call) -> None:
        _check_active(call)
        _check_owned(call, archived)
        if call.arguments.get(_READ_ONLY) and writer(call) is None:
            message = f"'{_READ_ONLY}' is for who is signed in, and for no application by itself."
            raise bad_request(message, _READ_ONLY)
        call.change(call.thing, {"isArchived": archived})

    return change


def _check_active(call: Call) -> None:
    """Raise GraphError (400) for a channel of a team that is archived.

    https://learn.microsoft.com/graph/api/channel-archive
    """
    team = _team(call)
    if team.key != call.thing.key and team.record.get("isArchived"):
        message = "Team has to be active, for channel to be archived or unarchived:"
        raise bad_request(f"{message} {call.thing.id}")


def _check_owned(call: Call, archived: bool) -> None:
    """Raise GraphError (400) for a team of which all is said, and nobody owns it."""
    team = _team(call)
    group = call.find("groups", team.id)
    if archived and is_said(team.record) and group and not call.leads_to(group, "owners"):
        raise bad_request(f"Nobody owns the team '{team.id}': what is archived has an owner.")


_ARCHIVING = tuple(
    operation(f"{of}/{name}", tells=_tells(f"{name}{of.capitalize()}"))(_archiving(archived))
    for of in ("team", "channel")
    for name, archived in (("archive", True), ("unarchive", False))
)

_KEPT = ("memberSettings", "guestSettings", "messagingSettings", "funSettings")
_SAID = ("displayName", "description", "visibility", "classification")


@operation("team/clone", tells=_tells("cloneTeam"), optional=frozenset({"visibility"}))
def clone(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/team-clone"""
    given = call.arguments
    team = call.thing
    parts = {each.strip() for each in str(given.get("partsToClone") or "").split(",")}
    said = {name: given[name] for name in _SAID if given.get(name) is not None}
    if "displayName" not in said:
        raise call.words.required("team", ["displayName"])
    kept = _KEPT if "settings" in parts else ()
    same = {name: team.record.get(name) for name in ("visibility", *kept)}
    made = call.make("teams", {**same, **said})
    if "members" in parts:
        _join(call, team, made)
    _own(call, made)
    for name in _PARTS.keys() & parts:
        _clone(call, team, made, _PARTS[name])
    return made


_PARTS = {"apps": "installedApps", "channels": "channels"}


def _join(call: Call, team: Thing, made: Thing) -> None:
    """Have in a team who is in another one, beside whoever makes it."""
    there = {each.record.get("userId") for each in call.inside(made, "team/members")}
    for each in call.inside(team, "team/members"):
        user = call.find("users", str(each.record.get("userId")))
        if user is not None and user.id not in there:
            enlist(call, made, user, list(each.record.get("roles") or ()))


def _own(call: Call, made: Thing) -> None:
    """Whoever makes a team owns it, unless it is in there already."""
    user = writer(call)
    known = None if user is None else call.find("users", user["id"])
    there = {each.record.get("userId") for each in call.inside(made, "team/members")}
    if known is not None and known.id not in there:
        enlist(call, made, known, ["owner"])


def _clone(call: Call, team: Thing, made: Thing, navigation: str) -> None:
    """Give a team what another one has, but for the channel that each has."""
    for each in call.inside(team, f"team/{navigation}"):
        if each.record.get("displayName") != "General" or navigation != "channels":
            call.copy(each, {}, made)


OPERATIONS = (*_ARCHIVING, clone)
