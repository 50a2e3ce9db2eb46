"""What can be subscribed to, and how a notification tells of it.

https://learn.microsoft.com/graph/api/resources/change-notifications-api-overview
https://learn.microsoft.com/graph/api/resources/subscription#subscription-lifetime
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from fakegraph.dataclass import dataclass

SECURED = "@secured"
"""Where a subscription to a drive has whether it is told of who may see what is there, too."""

CREATED, UPDATED, DELETED = "created", "updated", "deleted"
_ALL = frozenset({CREATED, UPDATED, DELETED})
_OUTLOOK, _RICH_OUTLOOK = 10_080, 1_440
_DIRECTORY, _TEAMS = 41_760, 4_320


@dataclass(frozen=True)
class Quota:
    """How many subscriptions there may be of some resources: ``most`` of all that name it.

    ``by_app``: of one application. ``by_owner``: about what one user has.
    """

    name: str
    most: int
    by_app: bool = False
    by_owner: bool = False


@dataclass(frozen=True)
class Watched:
    """A resource: the paths that lead to it, without version, ``{id}`` for a key; ``me`` is a user.

    ``told``: the types of changes that are offered. ``minutes``: how long a subscription lives at
    most, and ``rich`` with contents; 0 where there are none. ``selects``: whether contents are what
    ``$select`` says, and are refused without. ``encrypted``: whether there are contents only.

    ``named`` is what a notification calls a thing: ``{id}`` is its id, ``{0}`` that of what
    contains it, ``{1}`` of what contains that; empty: the path that was subscribed to, and the
    thing is not told. ``type`` is what it says that a thing is.

    ``directory``: whether coming and going are updates until what was deleted is purged.
    ``links``: the relations whose links are told of what they begin at. ``single``: whether an
    application has one subscription at a time. ``lasts``: whether a long one has to say where its
    end is told. ``outlook``: whether giving up is told.
    ``everywhere``: the containers whose things are told, whoever has them. ``within``: but only
    those of what the function is called on that the path ends with; ``of``: but only those of the
    thing in one of these containers that has the path's key. ``listed``: but only what is found in
    the collection, which has it by more than its owner.
    ``asks``: a path whose permissions count, where nobody can read the path itself.
    ``answers``: the container of what answers things, of which is told too, as ``answer`` names it.
    ``ends``: the property by which a thing that stays says when it was deleted.
    ``secured``: the container of what says who may see things, of which is told who asks for that;
    ``sharing``: the properties that say so of a thing itself, and what changes with each: of them
    alone nobody is told.
    ``filters``: what its ``$filter`` has to be, which is needed then; None for any or none.
    ``queried``: whether ``notificationQueryOptions`` say of which things is told.
    ``installed``: but only those of what contains in this container something that is linked by
    this relation to the thing that the path begins with, two segments before its end.
    ``provided``: whether things are there before anything is stored of them: then coming is a
    change. ``revoked``: whether it ends, and says so, when the account of who made it is locked,
    gone, or has another password. ``quotas``: how many subscriptions there may be.
    """

    paths: tuple[str, ...]
    minutes: int
    told: frozenset[str] = _ALL
    rich: int = 0
    selects: bool = False
    encrypted: bool = False
    named: str = ""
    type: str = ""
    directory: bool = False
    links: tuple[str, ...] = ()
    single: bool = False
    lasts: bool = False
    outlook: bool = False
    everywhere: tuple[str, ...] = ()
    within: bool = False
    listed: bool = False
    of: tuple[str, ...] = ()
    asks: str = ""
    answers: str = ""
    answer: str = ""
    ends: str = ""
    secured: str = ""
    sharing: tuple[str, ...] = ()
    filters: re.Pattern[str] | None = None
    queried: bool = False
    installed: tuple[str, str] | tuple[()] = ()
    provided: bool = False
    revoked: bool = False
    quotas: tuple[Quota, ...] = ()


# https://learn.microsoft.com/graph/change-notifications-overview
_OF_MAILBOX = (Quota("mailbox", 1_000, by_owner=True),)
_OF_DIRECTORY = (Quota("directory", 1_000), Quota("directory", 100, by_app=True))
_OF_CHATS = (Quota("messages of users' chats", 10, by_owner=True),)
_OF_CALLS = (Quota("callRecords", 100),)


def _of_teams(name: str) -> tuple[Quota, ...]:
    return (Quota(name, 10_000),)


def _mail(name: str, type_: str, *paths: str) -> Watched:
    owned = tuple(f"users/{{id}}/{each}" for each in paths)
    named = f"Users/{{0}}/{name}/{{id}}"
    return Watched(
        owned,
        _OUTLOOK,
        rich=_RICH_OUTLOOK,
        selects=True,
        named=named,
        type=type_,
        outlook=True,
        revoked=True,
        quotas=_OF_MAILBOX,
    )


def _in_teams(named: str, type_: str, *paths: str, **more: Any) -> Watched:
    about = {"rich": _TEAMS, "named": named, "type": type_, "single": True, "lasts": True}
    about["quotas"] = _of_teams(type_)
    return Watched(paths, _TEAMS, **{**about, **more})


def _messages(named: str, path: str, **more: Any) -> Watched:
    about = {"ends": "deletedDateTime", "revoked": True, **more}
    return _in_teams(named, "#Microsoft.Graph.chatMessage", path, **about)


def _of_meetings(kind: str, word: str) -> Iterator[Watched]:
    """What is recorded of meetings: of all of them, of a user's, and of one."""
    named = f"users('{{1}}')/onlineMeetings('{{0}}')/{kind}('{{id}}')"
    about = named, f"#Microsoft.Graph.call{word}"
    kinds: dict[str, Any] = {"told": frozenset({CREATED}), "everywhere": (f"onlineMeeting/{kind}",)}
    all_ = f"onlineMeetings/getAll{word}s"
    yield _in_teams(*about, f"communications/{all_}", **kinds)
    yield _in_teams(*about, f"users/{{id}}/{all_}", within=True, **kinds)
    kinds |= {"of": _MEETINGS, "asks": f"users/{{id}}/onlineMeetings/{{id}}/{kind}"}
    yield _in_teams(*about, f"communications/onlineMeetings/{{id}}/{kind}", **kinds)


_MEETINGS = ("user/onlineMeetings", "cloudCommunications/onlineMeetings")
_IDS = re.compile(r"\s*id\s+in\s*\(\s*'[^']+'(?:\s*,\s*'[^']+'){0,649}\s*\)\s*", re.I)
_MEMBERS = ("group/members", "group/owners")
_CHANNEL = "teams('{1}')/channels('{0}')"
_ANSWERED = {
    "answers": "chatMessage/replies",
    "answer": "teams('{2}')/channels('{1}')/messages('{0}')/replies('{id}')",
}
RESOURCES = (
    _mail(
        "Messages",
        "#Microsoft.Graph.Message",
        "messages",
        "mailFolders/{id}/messages",
    ),
    _mail("Events", "#Microsoft.Graph.Event", "events", "calendars/{id}/events", "calendar/events"),
    _mail("Contacts", "#Microsoft.Graph.Contact", "contacts", "contactFolders/{id}/contacts"),
    Watched(
        ("groups/{id}/conversations",),
        4_230,
        named="Groups/{0}/Conversations/{id}",
        type="#Microsoft.Graph.Conversation",
    ),
    Watched(
        ("users", "users/{id}"),
        _DIRECTORY,
        frozenset({UPDATED, DELETED}),
        named="Users/{id}",
        type="#Microsoft.Graph.User",
        directory=True,
        quotas=_OF_DIRECTORY,
    ),
    Watched(
        ("groups", "groups/{id}"),
        _DIRECTORY,
        frozenset({UPDATED, DELETED}),
        named="Groups/{id}",
        type="#Microsoft.Graph.Group",
        directory=True,
        quotas=_OF_DIRECTORY,
        links=_MEMBERS,
    ),
    Watched(
        ("groups/{id}/members", "groups/{id}/owners"),
        _DIRECTORY,
        frozenset({UPDATED, DELETED}),
        named="Groups/{id}",
        type="#Microsoft.Graph.Group",
        directory=True,
        quotas=_OF_DIRECTORY,
    ),
    Watched(
        ("users/{id}/drive/root", "drives/{id}/root"),
        42_300,
        frozenset({UPDATED}),
        type="#Microsoft.Graph.DriveItem",
        secured="driveItem/permissions",
        sharing=("shared", "eTag", "lastModifiedDateTime", "lastModifiedBy"),
    ),
    Watched(
        ("sites/{id}/lists/{id}",),
        42_300,
        frozenset({UPDATED}),
        type="#Microsoft.Graph.ListItem",
    ),
    _messages("chats('{0}')/messages('{id}')", "chats/{id}/messages"),
    _messages(
        "chats('{0}')/messages('{id}')", "chats/getAllMessages", everywhere=("chat/messages",)
    ),
    _messages(
        "chats('{0}')/messages('{id}')",
        "users/{id}/chats/getAllMessages",
        everywhere=("chat/messages",),
        within=True,
        quotas=_OF_CHATS,
    ),
    _messages(
        "chats('{0}')/messages('{id}')",
        "appCatalogs/teamsApps/{id}/installedToChats/getAllMessages",
        everywhere=("chat/messages",),
        installed=("chat/installedApps", "teamsAppInstallation/teamsApp"),
        asks="chats/{id}/messages",
    ),
    _messages(f"{_CHANNEL}/messages('{{id}}')", "teams/{id}/channels/{id}/messages", **_ANSWERED),
    _messages(
        f"{_CHANNEL}/messages('{{id}}')",
        "teams/getAllMessages",
        everywhere=("channel/messages",),
        asks="teams/{id}/channels/{id}/messages",
        **_ANSWERED,
    ),
    _in_teams("chats('{id}')", "#Microsoft.Graph.chat", "chats", "chats/{id}"),
    _in_teams("chats('{id}')", "#Microsoft.Graph.chat", "users/{id}/chats", listed=True),
    _in_teams("teams('{id}')", "#Microsoft.Graph.team", "teams", "teams/{id}"),
    _in_teams("teams('{0}')/channels('{id}')", "#Microsoft.Graph.channel", "teams/{id}/channels"),
    _in_teams(
        "teams('{0}')/channels('{id}')",
        "#Microsoft.Graph.channel",
        "teams/getAllChannels",
        everywhere=("team/channels",),
        asks="teams/{id}/channels",
    ),
    _in_teams(
        "chats('{0}')/members('{id}')", "#Microsoft.Graph.conversationMember", "chats/{id}/members"
    ),
    _in_teams(
        "teams('{0}')/members('{id}')", "#Microsoft.Graph.conversationMember", "teams/{id}/members"
    ),
    Watched(
        ("communications/presences/{id}",),
        60,
        frozenset({UPDATED}),
        rich=60,
        encrypted=True,
        named="communications/presences('{id}')",
        type="#Microsoft.Graph.presence",
        single=True,
        provided=True,
    ),
    Watched(
        ("communications/presences",),
        60,
        frozenset({UPDATED}),
        rich=60,
        encrypted=True,
        named="communications/presences('{id}')",
        type="#Microsoft.Graph.presence",
        single=True,
        provided=True,
        filters=_IDS,
    ),
    *_of_meetings("recordings", "Recording"),
    *_of_meetings("transcripts", "Transcript"),
    Watched(
        ("communications/callRecords",),
        4_230,
        frozenset({CREATED, UPDATED}),
        named="communications/callRecords/{id}",
        quotas=_OF_CALLS,
        type="#Microsoft.Graph.callRecord",
    ),
    Watched(
        ("security/alerts", "security/alerts/{id}"),
        43_200,
        frozenset({UPDATED}),
        named="Security/Alerts/{id}",
        type="#Microsoft.Graph.Alert",
    ),
    Watched(
        ("print/printers/{id}/jobs",),
        4_230,
        frozenset({UPDATED}),
        named="print/printers('{0}')/jobs('{id}')",
        type="#Microsoft.Graph.printJob",
        queried=True,
    ),
    Watched(
        ("print/taskDefinitions/{id}/tasks",),
        4_230,
        frozenset({CREATED}),
        named="print/taskDefinitions('{0}')/tasks('{id}')",
        type="#Microsoft.Graph.printTask",
    ),
    Watched(
        ("users/{id}/todo/lists/{id}/tasks",),
        4_230,
        named="Users/{2}/Todo/Lists/{0}/Tasks/{id}",
        type="#Microsoft.Graph.todoTask",
    ),
    Watched(
        tuple(
            f"teams/{{id}}/schedule/{each}"
            for each in (
                "shifts",
                "openShifts",
                "timesOff",
                "swapShiftsChangeRequests",
                "offerShiftRequests",
                "openShiftChangeRequests",
                "timeOffRequests",
            )
        ),
        360,
        named="teams('{1}')/schedule/{name}('{id}')",
        type="#Microsoft.Graph.{type}",
    ),
)

_KEY = r"(?:/[^/()]+|\([^()]*\))"
_ID = "/{id}"


def _pattern(path: str) -> re.Pattern[str]:
    found = re.escape(path).replace(re.escape(_ID), _KEY)
    if path.startswith("users/{id}/"):
        found = f"(?:users{_KEY}|me)" + found.removeprefix(f"users{_KEY}")
    return re.compile(rf"{found}(?:\(\))?", re.IGNORECASE)


_PATTERNS = [
    (_pattern(path), each)
    for path, each in sorted(
        ((path, each) for each in RESOURCES for path in each.paths),
        key=lambda found: found[0].count(_ID),  # what has no key is meant before what has one
    )
]


@lru_cache(maxsize=4096)
def watched_at(path: str) -> Watched | None:
    """What a path without version and query leads to; None for what cannot be subscribed to."""
    return next((found for pattern, found in _PATTERNS if pattern.fullmatch(path)), None)
