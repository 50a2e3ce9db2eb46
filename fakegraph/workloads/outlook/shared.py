"""What of a mailbox somebody else comes to: all of it by Exchange's rights, calendars by roles.

https://learn.microsoft.com/graph/api/resources/calendarpermission says what roles there are. It
matters with ``--auth strict``, and for what is told of when somebody is busy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.store import Record, Row
from fakegraph.workloads.handed import Share
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
_IN_CALENDARS = frozenset({"calendar", "calendars", "calendarView", "events"})
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


def _by_role(share: Share) -> Mapping[str, frozenset[str]] | None:
    own = own_addresses(share.who)
    role = min((_role_in(share, each, own) for each in _calendars(share)), default=0)
    names = {name for name, _ in share.steps}
    is_about_it = not names & {"events", "calendarView"}
    if (share.writes and is_about_it) or "calendarPermissions" in names:
        return None
    if role < (_WRITE if share.writes else _LIMITED):
        return None
    return _NOTHING if role >= _READ else {"microsoft.graph.event": _TITLES}


def _role_in(share: Share, calendar: Row, own: frozenset[str]) -> int:
    given = share.looking.owned(PERMISSIONS, calendar.key)
    return max((role_of(each.record, own) for each in given), default=0)


def _calendars(share: Share) -> list[Row]:
    """The calendar that a path leads to; all where it lists them."""
    name, key = share.steps[0][0], next((key for _, key in share.steps[:2] if key), "")
    mine = [*share.looking.owned(_CALENDARS, share.holder.key)]
    if name == "calendars" and not key:
        return mine
    wanted: Record | None = None
    if name == "calendars" and key != "calendar":
        return [each for each in mine if each.record.get("id") == key]
    if name == "events" and key:
        id_ = master_id(key) or key
        found = share.looking.find(_EVENTS, "id", id_, share.holder.key)
        wanted = None if found is None else found.record
    if wanted is None:
        return [each for each in mine if each.record.get("@well") == "calendar"]
    return [each for each in mine if each.record.get("id") == wanted.get("@calendar")]
