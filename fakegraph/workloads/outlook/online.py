"""What makes an event an online meeting: who provides it, and how people join.

https://learn.microsoft.com/graph/outlook-calendar-online-meetings
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import shake_128
from typing import Any

from fakegraph.workloads.handed import Making
from fakegraph.workloads.teams.meetings import join_url

CALENDARS = "user/calendars"
TEAMS = "teamsForBusiness"
_RULE = "_" * 80


def _was(making: Making) -> bool:
    return bool((making.before or {}).get("isOnlineMeeting"))


def _link(record: Mapping[str, Any]) -> str:
    return str((record.get("onlineMeeting") or {}).get("joinUrl") or "")


def _provided(making: Making) -> str | None:
    """Who provides it: who was asked for, where the calendar allows that one, or else its usual
    one; None where it allows neither. The service says nothing of that: the answer shows it.
    """
    record = making.record
    calendar = making.beside_in(CALENDARS, record.get("@calendar")) or {}
    allowed = calendar.get("allowedOnlineMeetingProviders", [TEAMS]) or ()
    usual = calendar.get("defaultOnlineMeetingProvider", TEAMS)
    wanted = (record.get("onlineMeetingProvider"), usual)
    return next((each for each in wanted if each in allowed), None)


def is_online(making: Making) -> bool:
    """Whether it is one: it stays one, unless a change takes the link out of the body."""
    record, before = making.record, making.before
    if before is None or not _was(making):
        is_copy = record.get("isOrganizer") is False  # who organizes it has found who provides it
        return bool(record.get("isOnlineMeeting")) and (is_copy or _provided(making) is not None)
    content = str((record.get("body") or {}).get("content") or "")
    return record.get("body") == before.get("body") or _link(before) in content


def provider(making: Making) -> str:
    """Who provides it, which stays so."""
    record, before = making.record, making.before or {}
    if not record.get("isOnlineMeeting"):
        return "unknown"
    if _was(making):
        return str(before.get("onlineMeetingProvider") or TEAMS)
    if record.get("isOrganizer") is False:
        return str(record.get("onlineMeetingProvider") or TEAMS)
    return _provided(making) or TEAMS


def joining(making: Making) -> Any:
    """How people join."""
    record, before = making.record, making.before or {}
    if not record.get("isOnlineMeeting"):
        return None if _was(making) else record.get("onlineMeeting")
    found = record.get("onlineMeeting") or before.get("onlineMeeting")
    if found:
        return found
    thread = f"19:meeting_{making.new_id().replace('-', '')}@thread.v2"
    digits = int.from_bytes(shake_128(thread.encode()).digest(6), "big")
    return {
        "joinUrl": join_url(thread, making.tenant(), _organizer(making)),
        "conferenceId": f"{digits % 10**9:09}",
        "tollNumber": "+1 323-555-0166",
    }


def _organizer(making: Making) -> str:
    """The id of whose meeting it is: of a group's, of who asks."""
    if making.owner_type == "group":
        return str((making.by().get("user") or {}).get("id") or "")
    return str((making.owner or {}).get("id") or "")


def body(making: Making) -> Any:
    """The body, with what tells how to join where it is an online meeting from now on."""
    record = making.record
    said, link = record.get("body") or {}, _link(record)
    content = str(said.get("content") or "")
    if not record.get("isOnlineMeeting") or _was(making) or not link or link in content:
        return record.get("body")
    if said.get("contentType") == "text":
        return {**said, "content": f"{content}\r\n{_RULE}\r\nMicrosoft Teams meeting\r\n{link}\r\n"}
    how = f'<a href="{link}">Join the meeting now</a>'
    return {
        "contentType": "html",
        "content": f"{content}<br><div>{_RULE}</div><div>Microsoft Teams meeting</div>{how}",
    }


FORMED = {
    "isOnlineMeeting": is_online,
    "onlineMeetingProvider": provider,
    "onlineMeeting": joining,
    "body": body,
}
