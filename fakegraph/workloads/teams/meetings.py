"""Online meetings.

https://learn.microsoft.com/graph/api/resources/onlinemeeting
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from hashlib import shake_128
from typing import Any
from urllib.parse import quote, unquote

from fakegraph.edm.values import Instant, format_instant, instant
from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.effects import notes
from fakegraph.workloads.handed import Asker, Making
from fakegraph.workloads.operations import Call, Made, Thing, operation
from fakegraph.workloads.teams.members import enlist
from fakegraph.workloads.teams.messages import now

_JOIN = "https://teams.microsoft.com/l/meetup-join"


def _organizer(making: Making) -> str:
    return str((making.owner or {}).get("id", ""))


_THREAD = re.compile(r"/meetup-join/([^/?]+)")


def _id(making: Making) -> str:
    joined = _THREAD.search(str(making.record.get("joinWebUrl") or ""))
    new = f"19:meeting_{making.new_id().replace('-', '')}@thread.v2"
    thread = unquote(joined[1]) if joined else new
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
    return join_url(_thread(making), making.tenant(), _organizer(making))


def join_url(thread: str, tenant: str, organizer: str) -> str:
    """The URL that people join by the meeting of a thread: it says in which tenant and whose."""
    said = f'{{"Tid":"{tenant}","Oid":"{organizer}"}}'
    return f"{_JOIN}/{_escaped(thread)}/0?context={_escaped(said)}"


def _escaped(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda each: each[0].lower(), quote(text, safe="-"))


def _participants(making: Making) -> Record:
    """Who takes part: the organizer stays who it was when the meeting was made.

    https://learn.microsoft.com/graph/api/onlinemeeting-update
    """
    said = making.record.get("participants") or {}
    before = ((making.before or {}).get("participants") or {}).get("organizer")
    organizer = before or said.get("organizer") or _host(making)
    return {"attendees": [], **said, "organizer": organizer}


def _host(making: Making) -> Record:
    """Whose meeting it is, as one who takes part."""
    identity = {"user": {"id": _organizer(making)}}
    upn = (making.owner or {}).get("userPrincipalName")
    return {"identity": identity, "upn": upn, "role": "presenter"}


def _by_number(making: Making) -> Record:
    """The number by which people join, and the passcode where one was asked for.

    https://learn.microsoft.com/graph/api/resources/joinmeetingidsettings
    """
    said = making.record.get("joinMeetingIdSettings") or {}
    before = (making.before or {}).get("joinMeetingIdSettings") or {}
    digest = shake_128(str(making.record["id"]).encode()).hexdigest(12)
    is_asked = bool(said.get("isPasscodeRequired"))
    number = said.get("joinMeetingId") or before.get("joinMeetingId")
    return {
        "isPasscodeRequired": is_asked,
        "joinMeetingId": number or f"{int(digest[:12], 16) % 10**10:010}",
        "passcode": (said.get("passcode") or digest[12:18]) if is_asked else None,
    }


def _check_number(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a number or a passcode of the client's own."""
    known = (before or {}).get("joinMeetingIdSettings") or {}
    said = record.get("joinMeetingIdSettings") or {}
    for name in ("joinMeetingId", "passcode"):
        if said.get(name) is not None and said[name] != known.get(name):
            raise bad_request(f"'{name}' is made by the service.", f"joinMeetingIdSettings/{name}")


def _check(record: Record, before: Record | None) -> None:
    whole = {**(before or {}), **record}
    start, end = whole.get("startDateTime"), whole.get("endDateTime")
    if end and (not start or instant(end) < instant(start)):
        raise bad_request("The meeting ends before it starts.", "endDateTime")


_CONDITION = re.compile(
    r"\s*(?:JoinWebUrl|joinMeetingIdSettings/joinMeetingId|VideoTeleconferenceId)\s+eq\s+'[^']*'\s*",
    re.IGNORECASE,
)


def _check_condition(options: Mapping[str, str]) -> None:
    """Raise GraphError for meetings that are asked for otherwise than by what is known of one."""
    if not _CONDITION.fullmatch(options.get("filter", "")):
        message = "Filter expression expected - /onlineMeetings?$filter={ParameterName} eq '{id}'."
        raise GraphError(400, "InvalidArgument", message, "$filter")


def _told(call: Call, record: Record, before: Record | None) -> None:
    """A meeting that is made has a chat."""
    thread = (record.get("chatInfo") or {}).get("threadId")
    if before is not None or not thread or call.find("chats", thread) is not None:
        return
    said = {"chatType": "meeting", "topic": record.get("subject")}
    info = {"joinWebUrl": record.get("joinWebUrl")}
    chat = call.make("chats", {"id": thread, **said, "onlineMeetingInfo": info})
    for user in _taking_part(record):
        known = call.find("users", user)
        if known is not None:
            enlist(call, chat, known, ["owner"])


def _taking_part(record: Record) -> list[str]:
    """The ids of the users who take part in a meeting, the organizer first, each once."""
    said = record.get("participants") or {}
    everybody = [said.get("organizer"), *(said.get("attendees") or ())]
    users = (((each or {}).get("identity") or {}).get("user") or {} for each in everybody)
    return list(dict.fromkeys(str(each["id"]) for each in users if each.get("id")))


def meet(call: Call, user: Thing, url: str, said: Record) -> None:
    """Have a user hold the meeting of an event, which is found by the URL that people join it by.

    https://learn.microsoft.com/graph/choose-online-meeting-api
    """
    for each in call.inside(user, "user/onlineMeetings"):
        if each.record.get("joinWebUrl") == url:
            call.change(each, said)
            return
    _told(call, call.add(user, "onlineMeetings", {"joinWebUrl": url, **said}).record, None)


_HOUR = 3600 * 10_000_000


@operation("onlineMeeting*/createOrGet", status=200)
def create_or_get(call: Call) -> Made | Thing:
    """https://learn.microsoft.com/graph/api/onlinemeeting-createorget"""
    given = dict(call.arguments)
    known = given.pop("externalId", None)
    if not known:
        raise bad_request("'externalId' says which meeting is meant.", "externalId")
    for each in call.things():
        if each.record.get(_EXTERNAL) == known:
            return each
    start, end = given.get("startDateTime"), given.get("endDateTime")
    if end and not start:
        raise bad_request("A meeting that ends starts, too.", "startDateTime")
    given.setdefault("startDateTime", call.now)
    later = format_instant(Instant(instant(given["startDateTime"]) + _HOUR))
    given.setdefault("endDateTime", later)
    _check(given, None)
    made = call.add(call.holder, "onlineMeetings", {**given, _EXTERNAL: known})
    _told(call, made.record, None)
    return Made(made)


_EXTERNAL = "@externalId"  # by what another system knows a meeting

TYPES = (
    # https://learn.microsoft.com/graph/api/calltranscript-get
    Type("callTranscript", kept_in="text/vtt"),
    Type("user", seeded={"@applicationAccess": lambda value: _are_ids(value)}),
    Type(
        "onlineMeeting",
        ignored=frozenset({"joinUrl", "joinWebUrl", "creationDateTime", "chatInfo"}),
        generated={
            "id": _id,
            "creationDateTime": now,
            "startDateTime": now,
            "chatInfo": _chat,
            "joinWebUrl": _join,
            "joinUrl": lambda making: making.record.get("joinWebUrl"),
        },
        formed={"joinMeetingIdSettings": _by_number, "participants": _participants},
        changed={"joinMeetingIdSettings": _by_number, "participants": _participants},
        paired=(("startDateTime", "endDateTime"),),
        defaults={
            "allowedPresenters": "everyone",
            "isEntryExitAnnounced": True,
            "lobbyBypassSettings": {"scope": "organization", "isDialInBypassEnabled": False},
        },
        refuses=(_check, _check_number),
        follows=_told,
    ),
)

#: Of a user: the ids of applications that may have their meetings, ``*`` for all. Policies are
#: made by PowerShell alone, so here a seed says what they come to.
APPLICATION_ACCESS = "@applicationAccess"


def _check_access(user: Record, asker: Asker) -> None:
    """Raise GraphError (403) for who may not have the meetings of a user."""
    if not asker.granted:
        return
    if not asker.app_only:
        if asker.user and asker.user != user.get("id"):
            message = "3003: User does not have access to lookup meeting"
            raise GraphError(403, "Forbidden", message)
        return
    allowed = user.get(APPLICATION_ACCESS) or ()
    if asker.app not in allowed and "*" not in allowed:
        where = f"this app {asker.app} on the user {user.get('id')}"
        hint = f"Seed the user with '{APPLICATION_ACCESS}': ids of applications, or '*' for all."
        message = f"No application access policy found for {where}"
        raise GraphError(403, "Forbidden", message, details=[Problem(hint, code="Forbidden")])


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


NAVIGATION = (Navigation("user/onlineMeetings", queries=(_check_condition,), opens=_check_access),)


# Virtual appointments ---------------------------------------------------------------------------

#: The container of the short messages that were sent about appointments.
SMS = "@appointmentMessages"


@operation("onlineMeeting/getVirtualAppointmentJoinWebUrl", reads=True)
def appointment_url(call: Call) -> str:
    """https://learn.microsoft.com/graph/api/virtualappointment-getvirtualappointmentjoinweburl"""
    record = call.record
    thread = quote(str((record.get("chatInfo") or {}).get("threadId") or ""), safe="")
    identity = ((record.get("participants") or {}).get("organizer") or {}).get("identity") or {}
    organizer = (identity.get("user") or {}).get("id") or ""
    return f"https://visit.teams.microsoft.com/webrtc-svc/api/route?convId={thread}&oid={organizer}"


OPERATIONS = (
    create_or_get,
    appointment_url,
    notes("onlineMeeting/sendVirtualAppointmentSms", SMS, status=204),
    notes("onlineMeeting/sendVirtualAppointmentReminderSms", SMS, status=204),
)
