"""What of a mailbox somebody else comes to: all of it by Exchange's rights, calendars by roles.

https://learn.microsoft.com/graph/api/resources/calendarpermission says what roles there are. It
matters with ``--auth strict``, and for what is told of when somebody is busy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.store import Record, Row
from fakegraph.workloads.handed import Share, Veil
from fakegraph.workloads.outlook.ids import LASTING
from fakegraph.workloads.outlook.rights import FULL_ACCESS, has_right, is_open, own_addresses
from fakegraph.workloads.outlook.series import master_id

READING = ("none", "freeBusyRead", "limitedRead", "read")
ROLES = (*READING, "write", "delegateWithoutPrivateEventAccess", "delegateWithPrivateEventAccess")
"""The roles, from the least to the most."""
EVERYBODY = "RGVmYXVsdA=="
"""The id of the permission that all in the organization have."""
PERMISSIONS = "calendar/calendarPermissions"
_CALENDARS, _EVENTS = "user/calendars", "user/events"
_LIMITED, _READ, _WRITE = (ROLES.index(each) for each in ("limitedRead", "read", "write"))
_ALL = len(ROLES) - 1
_IN_CALENDARS = frozenset({"calendar", "calendars", "calendarView", "events"})
_LISTS = frozenset({"events", "calendarView", "instances"})
_OWNERS = frozenset({"calendarGroups", "reminderView"})
_TITLES = frozenset(
    {"attachments", "attendees", "body", "bodyPreview", "categories", "extensions", "organizer"}
    | {"multiValueExtendedProperties", "singleValueExtendedProperties", "onlineMeeting"}
    | {"onlineMeetingUrl", "responseStatus", "webLink", "hasAttachments"}
)
_NOTHING: Mapping[str, frozenset[str]] = {}


def role_of(permission: Mapping[str, Any], own: frozenset[str]) -> int:
    """How much somebody with these addresses may by a permission, as a place in ``ROLES``."""
    address = str((permission.get("emailAddress") or {}).get("address") or "").casefold()
    role = permission.get("role")
    return ROLES.index(role) if (not address or address in own) and role in ROLES else 0


def may_be_read(permission: Mapping[str, Any], own: frozenset[str]) -> bool:
    """Whether somebody with these addresses may see what is in a calendar, by a permission."""
    return role_of(permission, own) >= _LIMITED


def shares(share: Share) -> Mapping[str, frozenset[str]] | None:
    """What is withheld of what a user lets another have, by type; None where all is."""
    name, _ = share.steps[0]
    if has_right(FULL_ACCESS, share.holder.record, share.who):
        return _NOTHING
    if name in _OWNERS:
        return None
    if name not in _IN_CALENDARS:
        return _NOTHING if is_open(share.holder.record, share.who, name) else None
    if share.steps[-1][0] == "getSchedule":  # which tells everybody as much as they may know
        return _NOTHING
    return _by_role(share)


def veils(share: Share) -> Veil | None:
    """What is shown of calendars and events to those with whom somebody shares a calendar.

    Private events tell only when somebody is busy, unless the role lets one see them.
    https://learn.microsoft.com/graph/outlook-share-or-delegate-calendar
    """
    if share.steps[0][0] not in _IN_CALENDARS:
        return None
    if has_right(FULL_ACCESS, share.holder.record, share.who):
        return None
    own = own_addresses(share.who)
    mine = share.looking.owned(_CALENDARS, share.holder.key)
    roles = {str(each.record.get("id")): _role_in(share, each, own) for each in mine}

    def shown(container: str, record: Record) -> Record:
        if container == _CALENDARS:
            return record | _rights(roles.get(str(record.get("id")), 0))
        if container == _EVENTS and is_private(record):
            return record if roles.get(str(record.get("@calendar")), 0) == _ALL else _busy(record)
        return record

    return shown


def is_private(event: Mapping[str, Any]) -> bool:
    """Whether an event is for who has it alone."""
    return event.get("sensitivity") in ("private", "confidential")


def _rights(role: int) -> Record:
    """What a calendar says that somebody with a role may."""
    return {"canEdit": role >= _WRITE, "canShare": False, "canViewPrivateItems": role == _ALL}


def _busy(event: Record) -> Record:
    """What of a private event is told: that somebody is busy then."""
    kept = {name: value for name, value in event.items() if name in _TOLD or name[:1] == "@"}
    return kept | _UNTOLD


_TOLD = frozenset(
    {"id", "changeKey", "createdDateTime", "lastModifiedDateTime", "iCalUId", "type"}
    | {"start", "end", "isAllDay", "showAs", "sensitivity", "seriesMasterId", "recurrence"}
    | {"originalStart", "originalStartTimeZone", "originalEndTimeZone", "isCancelled"}
    | {"cancelledOccurrences"}
)
_UNTOLD: Record = {
    "subject": "Private Appointment",
    "hasAttachments": False,
    "attendees": [],
    "categories": [],
    "locations": [],
    "location": {"displayName": ""},
    "bodyPreview": "",
    "body": {"contentType": "html", "content": ""},
    "isOnlineMeeting": False,
}
"""No page says what stands in the place of what is not told: it is as Outlook shows it."""


def _by_role(share: Share) -> Mapping[str, frozenset[str]] | None:
    own = own_addresses(share.who)
    role = min((_role_in(share, each, own) for each in _calendars(share)), default=0)
    names = {name for name, _ in share.steps}
    is_about_it = not names & {"events", "calendarView"}
    if (share.writes and is_about_it) or "calendarPermissions" in names:
        return None
    if role < (_WRITE if share.writes else _LIMITED):
        return None
    if role < _ALL and _goes_into_private(share):
        return None
    return _NOTHING if role >= _READ else {"microsoft.graph.event": _TITLES}


def _goes_into_private(share: Share) -> bool:
    """Whether a private event is to be changed, or what it has is to be read."""
    steps = share.steps
    keyed = (n for n, (name, _) in enumerate(steps[:-1]) if name in _LISTS and steps[n + 1][1])
    at = next(keyed, None)
    if at is None or not (share.writes or steps[at + 2 :]) or steps[-1][0] == "instances":
        return False
    found = _event(share, steps[at + 1][1])
    return found is not None and is_private(found)


def _event(share: Share, key: str) -> Record | None:
    """The record of an event, or of the series that an occurrence is of."""
    for id_ in (key, master_id(key)):
        row = share.looking.find(_EVENTS, "id", id_, share.holder.key) if id_ else None
        if row is not None:
            return row.record
    lasting = LASTING.read(key)
    row = None if lasting is None else share.looking.row(lasting)
    return row.record if row is not None and row.owner == share.holder.key else None


def _role_in(share: Share, calendar: Row, own: frozenset[str]) -> int:
    given = share.looking.owned(PERMISSIONS, calendar.key)
    return max((role_of(each.record, own) for each in given), default=0)


def _calendars(share: Share) -> list[Row]:
    """The calendar that a path leads to; all where it lists them."""
    name, key = share.steps[0][0], next((key for _, key in share.steps[:2] if key), "")
    mine = [*share.looking.owned(_CALENDARS, share.holder.key)]
    if name == "calendars" and not key:
        return mine
    if name == "calendars" and key != "calendar":
        return [each for each in mine if each.record.get("id") == key]
    wanted = _event(share, key) if name == "events" and key else None
    if wanted is None:
        return [each for each in mine if each.record.get("@well") == "calendar"]
    return [each for each in mine if each.record.get("id") == wanted.get("@calendar")]
