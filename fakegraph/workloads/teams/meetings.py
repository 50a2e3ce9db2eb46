"""Presence, online meetings and calls.

https://learn.microsoft.com/graph/api/resources/presence
https://learn.microsoft.com/graph/api/resources/onlinemeeting
"""

from __future__ import annotations

import base64
from urllib.parse import quote

from fakegraph.edm.values import instant
from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making

_JOIN = "https://teams.microsoft.com/l/meetup-join"


def _organizer(making: Making) -> str:
    return str((making.owner or {}).get("id", ""))


def _id(making: Making) -> str:
    thread = f"19:meeting_{making.new_id().replace('-', '')}@thread.v2"
    text = f"1*{_organizer(making)}*0**{thread}"
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _thread(making: Making) -> str:
    """The thread in the id of a meeting; of an id of another form, one of its own."""
    try:
        text = base64.b64decode(str(making.record["id"]) + "===").decode()
    except ValueError:
        text = ""
    found = text.rpartition("**")[2]
    return found if found.startswith("19:") else f"19:meeting_{making.new_id()}@thread.v2"


def _chat(making: Making) -> Record:
    return {"threadId": _thread(making), "messageId": "0", "replyChainMessageId": None}


def _join(making: Making) -> str:
    thread = quote(_thread(making), safe="").lower()
    context = quote(f'{{"Oid":"{_organizer(making)}"}}', safe="").lower()
    return f"{_JOIN}/{thread}/0?context={context}"


def _participants(making: Making) -> Record:
    identity = {"user": {"id": _organizer(making)}}
    return {"organizer": {"identity": identity, "role": "presenter"}, "attendees": []}


def _now(making: Making) -> str:
    return making.now


def _check(record: Record, before: Record | None) -> None:
    whole = {**(before or {}), **record}
    start, end = whole.get("startDateTime"), whole.get("endDateTime")
    if end and (not start or instant(end) < instant(start)):
        raise bad_request("The meeting ends before it starts.", "endDateTime")


TYPES = (
    Type(
        "presence",
        defaults={"availability": "Offline", "activity": "Offline"},
    ),
    Type(
        "onlineMeeting",
        ignored=frozenset({"joinWebUrl", "creationDateTime", "chatInfo"}),
        generated={
            "id": _id,
            "creationDateTime": _now,
            "startDateTime": _now,
            "chatInfo": _chat,
            "joinWebUrl": _join,
            "participants": _participants,
        },
        defaults={"allowedPresenters": "everyone", "isEntryExitAnnounced": True},
        refuses=(_check,),
    ),
)

NAVIGATION = (
    Navigation(
        "user/presence",
        provided=True,
        start={"availability": "Offline", "activity": "Offline"},
    ),
)
