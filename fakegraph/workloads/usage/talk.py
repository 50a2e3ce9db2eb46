"""What was said in the channels of teams, of which the reports about teams tell.

https://learn.microsoft.com/graph/api/reportroot-getteamsteamactivitydetail
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fakegraph.store import Key, Record, Row
from fakegraph.workloads.usage.facts import Account, Usage, day_of

POST, REPLY, REACTION = "post", "reply", "reaction"


class Said(NamedTuple):
    """A message in a channel, or a reaction to one. ``who`` is the id of a user."""

    kind: str
    team: Key
    channel: Row
    who: str
    day: str
    is_urgent: bool = False
    mentions: int = 0


def said_in_teams(usage: Usage) -> Sequence[Said]:
    """All that was said in the days of a report."""
    days, channels = frozenset(usage.days), _by_key(usage, "team/channels")
    roots = _by_key(usage, "channel/messages")
    found: list[Said] = []
    for root in roots.values():
        if root.owner in channels:
            found.extend(_said(POST, channels[root.owner], root.record))
    for reply in usage.rows("chatMessage/replies"):
        above = roots.get(reply.owner)
        if above is not None and above.owner in channels:
            found.extend(_said(REPLY, channels[above.owner], reply.record))
    return [each for each in found if each.day in days]


def _by_key(usage: Usage, container: str) -> Mapping[Key, Row]:
    return {row.key: row for row in usage.rows(container)}


def _said(kind: str, channel: Row, message: Record) -> Iterator[Said]:
    """A message of somebody, and what others have said to it with a picture."""
    who = _user(message.get("from"))
    if who and message.get("messageType", "message") == "message":
        urgent = message.get("importance") == "urgent"
        mentions = len(message.get("mentions") or ())
        day = day_of(message.get("createdDateTime"))
        yield Said(kind, channel.owner, channel, who, day, urgent, mentions)
    for each in message.get("reactions") or ():
        day = day_of(each.get("createdDateTime"))
        yield Said(REACTION, channel.owner, channel, _user(each.get("user")), day)


def _user(by: Any) -> str:
    return str(((by or {}).get("user") or {}).get("id") or "").casefold()


def teams_of(usage: Usage) -> Sequence[Account]:
    """The teams that there are, with what their groups say of them."""
    groups = {each.id: each.record for each in usage.groups}
    found = []
    for row in usage.rows("teams"):
        group = groups.get(str(row.record["id"]).casefold(), {})
        found.append(Account(row.key, {**group, **row.record}))
    return found


def is_private(team: Record) -> bool:
    """Whether who wants to join a team has to be let in."""
    return str(team.get("visibility") or "public").casefold() != "public"


# What is counted ----------------------------------------------------------------------------------

Count = Callable[[Usage, Collection[Said]], int]


def _of(*kinds: str) -> Count:
    return lambda usage, all_: sum(each.kind in kinds for each in all_)


def _none(usage: Usage, all_: Collection[Said]) -> int:
    return 0


def _guests(usage: Usage, all_: Collection[Said]) -> int:
    active = {each.who for each in all_}
    return sum(e.id in active and e.record.get("userType") == "Guest" for e in usage.users)


def _shared(usage: Usage, all_: Collection[Said]) -> int:
    kinds = {e.channel.key: e.channel.record.get("membershipType") for e in all_}
    return sum(kind == "shared" for kind in kinds.values())


COUNTS: Mapping[str, Count] = {
    "Active Users": lambda usage, all_: len({each.who for each in all_}),
    "Active Channels": lambda usage, all_: len({each.channel.key for each in all_}),
    "Guests": _guests,
    "Reactions": _of(REACTION),
    "Meetings Organized": _none,
    "Post Messages": _of(POST),
    "Reply Messages": _of(REPLY),
    "Channel Messages": _of(POST, REPLY),
    "Urgent Messages": lambda usage, all_: sum(each.is_urgent for each in all_),
    "Mentions": lambda usage, all_: sum(each.mentions for each in all_),
    "Active Shared Channels": _shared,
    "Active External Users": _none,
}
"""By the title of a column, how it is counted. No meeting that is stored is of a channel, and who
is from elsewhere says nothing here.
"""
