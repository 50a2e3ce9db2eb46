"""Who is there: sessions of apps, what a user prefers to show, and what comes of both.

https://learn.microsoft.com/graph/api/resources/presence
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fakegraph.edm.values import Instant, duration, format_instant, instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Derived, Reading, of_each_user
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.zones import moment_of

_HOME = "cloudCommunications/presences"
_SESSIONS, _PREFERRED = "@sessions", "@preferred"
_OFFLINE = {"availability": "Offline", "activity": "Offline"}
_TICKS = 10_000_000
_MINUTE, _HOUR, _DAY = 60, 3600, 24 * 3600

# What apps and users may say, each availability with its activities.
_OF_APPS = {
    ("Available", "Available"),
    ("Busy", "InACall"),
    ("Busy", "InAConferenceCall"),
    ("Away", "Away"),
    ("DoNotDisturb", "Presenting"),
}
_OF_USERS = {
    *((each, each) for each in ("Available", "Busy", "DoNotDisturb", "BeRightBack", "Away")),
    ("Offline", "OffWork"),
}
_STRONGEST_FIRST = ("DoNotDisturb", "Busy", "Available", "AvailableIdle", "Away")


# What is shown --------------------------------------------------------------------------------


def _faded(session: Mapping[str, Any], now: Instant) -> tuple[str, str] | None:
    """What a session says by now: who is available and says no more is away some time later."""
    if now >= session["until"]:
        return None
    said = session["availability"], session["activity"]
    idle = (now - session["since"]) // _TICKS
    if said[0] != "Available" or idle < 5 * _MINUTE:
        return said
    return ("Available", "AvailableInactive") if idle < 10 * _MINUTE else ("Away", "Away")


def _shown(record: Record, now: Instant) -> tuple[str, str]:
    """Availability and activity of a user."""
    found = [_faded(each, now) for each in (record.get(_SESSIONS) or {}).values()]
    there = [each for each in found if each is not None]
    preferred = record.get(_PREFERRED)
    if preferred is not None and now < preferred["until"] and there:
        return preferred["availability"], preferred["activity"]
    for strength in _STRONGEST_FIRST:
        for each in there:
            if each[0] == strength:
                return each
    return there[0] if there else ("Offline", "Offline")


def _message(reading: Reading) -> bool | None:
    """False once what a user says of themselves has expired; None: it is as it is stored."""
    said: Record | None = reading.record.get("statusMessage")
    ends = (said or {}).get("expiryDateTime")
    return False if ends and _end(ends) <= int(reading.now * _TICKS) else None


def _end(expiry: Mapping[str, Any]) -> Instant:
    """When a status message expires. Raises GraphError for what is no time."""
    return instant(moment_of(expiry)[0].isoformat())


# Of a status message, what is told to nobody but the user.
_OWN = ("expiryDateTime", "publishedDateTime")


def _shown_to(record: Record, user: str) -> Record | None:
    """https://learn.microsoft.com/graph/api/resources/presencestatusmessage"""
    said: Record = record.get("statusMessage") or {}
    if not user or user == record.get("id"):
        return said or None
    return {name: value for name, value in said.items() if name not in _OWN} or None


def _computed(number: int) -> Any:
    def compute(reading: Reading) -> str | None:
        record = reading.record
        if _SESSIONS not in record and _PREFERRED not in record:
            return None  # as it was seeded
        return _shown(record, Instant(int(reading.now * _TICKS)))[number]

    return compute


# What changes it ------------------------------------------------------------------------------


def _ticks(call: Call, usual: int, least: int = 0, most: int | None = None) -> int:
    """How long what is said holds. Raises GraphError for what it cannot be."""
    said = call.arguments.get("expirationDuration")
    lasts = usual * _TICKS if said is None else duration(said)
    if lasts < least * _TICKS or (most is not None and lasts > most * _TICKS):
        raise bad_request("expirationDuration is out of range.", "expirationDuration")
    return lasts


def _pair(call: Call, known: Iterable[tuple[str, str]]) -> Record:
    given = call.arguments
    said = str(given.get("availability")), str(given.get("activity"))
    if said not in set(known):
        shown = ", ".join(sorted(f"{a}/{b}" for a, b in known))
        message = f"Availability {said[0]} does not go with activity {said[1]}: {shown} do."
        raise bad_request(message, "availability")
    return dict(zip(("availability", "activity"), said, strict=True))


def _session(call: Call) -> str:
    session = str(call.arguments.get("sessionId") or "")
    if not session:
        raise bad_request("A session has a 'sessionId', the id of the application.", "sessionId")
    return session


@operation("presence/setPresence", status=200)
def set_presence(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/presence-setpresence"""
    session, said = _session(call), _pair(call, _OF_APPS)
    now = instant(call.now)
    until = {"since": now, "until": now + _ticks(call, 5 * _MINUTE, 5 * _MINUTE, 4 * _HOUR)}
    known = (call.thing.record.get(_SESSIONS) or {}).items()
    kept = {name: each for name, each in known if now < each["until"]}
    call.change(call.thing, {_SESSIONS: {**kept, session: {**said, **until}}})


@operation("presence/clearPresence", status=200)
def clear_presence(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/presence-clearpresence"""
    session, kept = _session(call), dict(call.thing.record.get(_SESSIONS) or {})
    known = kept.pop(session, None)
    if known is None or instant(call.now) >= known["until"]:
        raise GraphError(404, "NotFound", f"There is no session '{session}'.")
    call.change(call.thing, {_SESSIONS: kept})


@operation("presence/setUserPreferredPresence", status=200)
def set_preferred(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/presence-setuserpreferredpresence"""
    said = _pair(call, _OF_USERS)
    is_short = said["availability"] in ("DoNotDisturb", "Busy")
    until = instant(call.now) + _ticks(call, _DAY if is_short else 7 * _DAY)
    call.change(call.thing, {_PREFERRED: {**said, "until": until}})


@operation("presence/clearUserPreferredPresence", status=200)
def clear_preferred(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/presence-clearuserpreferredpresence"""
    call.change(call.thing, {_PREFERRED: None})


@operation("presence/setStatusMessage", status=200)
def set_status(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/presence-setstatusmessage"""
    message = call.arguments.get("statusMessage")
    kind = ((message or {}).get("message") or {}).get("contentType")
    if kind not in (None, "text"):
        raise bad_request("The only supported format of a message is 'text'.", "statusMessage")
    ends = (message or {}).get("expiryDateTime")
    if ends:
        _end(ends)  # which it has to have
    published = {"publishedDateTime": format_instant(instant(call.now))}
    call.change(call.thing, {"statusMessage": {**message, **published} if message else None})


_MOST = 650


@operation("cloudCommunications/getPresencesByUserId", reads=True)
def by_user(call: Call) -> list[Thing | Record]:
    """https://learn.microsoft.com/graph/api/cloudcommunications-getpresencesbyuserid"""
    sent = call.arguments.get("ids") or ()
    ids = list(dict.fromkeys(sent))
    if not 0 < len(sent) <= _MOST:
        raise bad_request(f"'ids' has from 1 to {_MOST} ids of users.", "ids")
    found = (_known(call, str(each)) for each in ids)
    return [each for each in found if each is not None]


def _known(call: Call, id_: str) -> Thing | Record | None:
    """The presence of a user, or the one that each has before anything is said of it."""
    kept = call.held(call.thing, _HOME, id_)
    user = call.find("users", id_) if kept is None else None
    return kept if user is None else _of_user(user.record, str(user.id))


def _of_user(user: Record, id_: str) -> Record:
    return {"id": id_, **_OFFLINE}


def _nothing(acting: Acting, row: Row, record: Record) -> None:
    """Nothing follows from taking away what is there anyway."""


TYPES = (
    Type(
        "presence",
        defaults=_OFFLINE,
        computed={
            "availability": _computed(0),
            "activity": _computed(1),
            "statusMessage": _message,
        },
        faced={"statusMessage": _shown_to},
        derived=Derived(lambda id_: id_, _of_user, _nothing, of="users"),
    ),
)

NAVIGATION = (
    Navigation(_HOME, unfolds=of_each_user(_of_user)),
    Navigation("user/presence", home=_HOME, view={"id": "id"}, provided=True, start=_OFFLINE),
)

OPERATIONS = (
    set_presence,
    clear_presence,
    set_preferred,
    clear_preferred,
    set_status,
    by_user,
)
