"""Mail tips: what is good to know of somebody before writing to them.

https://learn.microsoft.com/graph/api/user-getmailtips
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.arriving import automatic_reply, members, with_address
from fakegraph.workloads.outlook.words import OUTLOOK

_LARGEST = 37_748_736  # bytes, which are 36 MB
_UNKNOWN = {
    "code": "ErrorInvalidRecipients",
    "message": "The recipient's address could not be resolved.",
}
Tip = Callable[[Call, Thing], Record]


def _replies(call: Call, who: Thing) -> Record:
    return {"automaticReplies": {"message": automatic_reply(who, call.now)}}


def _count(name: str, *, outside: bool) -> Tip:
    """How many a group has: all of them, or the guests."""

    def count(call: Call, who: Thing) -> Record:
        if who.container != "groups":
            return {name: 0 if outside else 1}
        found = {each.key: each for each in members(call, who, set())}.values()
        guests = [each for each in found if each.record.get("userType") == "Guest"]
        return {name: len(guests) if outside else len(found)}

    return count


def _always(**said: Any) -> Tip:
    return lambda call, who: said


_TIPS: Mapping[str, Tip] = {
    "automaticReplies": _replies,
    "mailboxFullStatus": _always(mailboxFull=False),
    "customMailTip": _always(customMailTip=""),
    "externalMemberCount": _count("externalMemberCount", outside=True),
    "totalMemberCount": _count("totalMemberCount", outside=False),
    "maxMessageSize": _always(maxMessageSize=_LARGEST),
    "deliveryRestriction": _always(deliveryRestricted=False),
    "moderationStatus": _always(isModerated=False),
    "recipientScope": _always(recipientScope="internal"),
    "recipientSuggestions": _always(recipientSuggestions=[]),
}


@operation("user/getMailTips", reads=True, workload=OUTLOOK)
def get_mail_tips(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/user-getmailtips"""
    options = str(call.arguments.get("MailTipsOptions") or "").split(",")
    wanted = [each.strip() for each in options if each.strip()]
    return [_tips(call, each, wanted) for each in call.arguments["EmailAddresses"]]


def _tips(call: Call, address: str, wanted: list[str]) -> Record:
    who = with_address(call, address.casefold())
    if who is None:
        return {"emailAddress": {"name": "", "address": address}, "error": _UNKNOWN}
    found: Record = {"emailAddress": {"name": who.record.get("displayName"), "address": address}}
    for name in wanted:
        found |= _TIPS[name](call, who)
    return found


OPERATIONS = (get_mail_tips,)
