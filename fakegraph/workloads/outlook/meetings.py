"""Meetings: a copy in each mailbox, joined by ``iCalUId``, and the mail that goes between them.

https://learn.microsoft.com/graph/api/resources/event and eventMessage
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Word
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook import series
from fakegraph.workloads.outlook.arriving import receivers, with_address
from fakegraph.workloads.outlook.booked import booked, window_at
from fakegraph.workloads.outlook.events import (
    CALENDARS,
    EVENTS,
    UNSET,
    address_of,
    ends_of,
    told_slot,
    told_time,
)
from fakegraph.workloads.outlook.mail import ABOUT, EVENT, FOLDERS
from fakegraph.workloads.outlook.online import TEAMS
from fakegraph.workloads.outlook.rights import is_room, own_addresses
from fakegraph.workloads.outlook.sending import address_of as as_recipient
from fakegraph.workloads.outlook.sending import (
    dispatch,
    is_address,
    recipients,
    refuse_unresolved,
    signed_in,
)
from fakegraph.workloads.outlook.zones import in_utc, moment_of, slot_of
from fakegraph.workloads.teams.meetings import meet

_REQUEST, _RESPONSE, _MESSAGE = (
    f"#microsoft.graph.eventMessage{kind}" for kind in ("Request", "Response", "")
)
_SHOWN_AS = "@showAs"
_TIMES = ("start", "end", "recurrence", "isAllDay")
_COPIED = frozenset(
    {"subject", "body", "bodyPreview", "start", "end", "originalStartTimeZone", "isAllDay"}
    | {"originalEndTimeZone", "location", "locations", "attendees", "importance", "sensitivity"}
    | {"recurrence", "organizer", "responseRequested", "allowNewTimeProposals", "hideAttendees"}
    | {"isOnlineMeeting", "onlineMeeting", "onlineMeetingProvider", "onlineMeetingUrl", "iCalUId"}
    | {"isCancelled"}
)
_TOLD = _COPIED - {"attendees", "bodyPreview", "organizer", "iCalUId"}


# What the organizer does ---------------------------------------------------------------------


def followed(call: Call, record: Record, before: Record | None) -> None:
    """Let attendees know of an event that was made or changed."""
    if not record.get("isOrganizer", True):
        return
    event, owner = call.thing, call.owner(call.thing)
    if owner is None:
        return
    if record.get("isOnlineMeeting"):
        _meet(call, owner, record, before or {})
    if not _people(record, before):
        return
    old = {address_of(each) for each in (before or {}).get("attendees") or ()}
    now = {address_of(each) for each in record.get("attendees") or ()}
    gone, new, stay = old - now, now - old, now & old
    own = _not_told(owner)
    refuse_unresolved(sorted(new))
    if gone - own:
        _cancel(call, owner, event, gone - own, "")
    changed = {name for name in _TOLD if record.get(name) != (before or {}).get(name)}
    if stay - own and changed:
        moved = any(name in changed for name in _TIMES)
        if moved:
            event = call.change(
                event, {"attendees": [_unanswered(each) for each in record["attendees"]]}
            )
        kind = "fullUpdate" if moved else "informationalUpdate"
        _invite(call, owner, event, stay - own, kind, before or {})
    if new - own:
        _invite(call, owner, event, new - own, "newMeetingRequest", {})


def _not_told(organizer: Thing) -> frozenset[str]:
    """The addresses of whom an organizer does not tell: of itself, unless it is a group, whose
    members hear of its meetings by its own address.
    """
    return frozenset() if _is_group(organizer) else own_addresses(organizer.record)


def _is_group(owner: Thing) -> bool:
    return owner.container == "groups"


def _speaking_for(call: Call, owner: Thing) -> Thing:
    """Whose mailbox sends what an owner of a calendar says: of a group, that of who asks.

    Raises GraphError (403) for an app, to which no permission opens the calendar of a group.
    """
    sender = signed_in(call) if _is_group(owner) else owner
    if sender is None:
        raise call.words.forbidden("A group's meetings are those of who is signed in, not of apps.")
    return sender


def _meet(call: Call, owner: Thing, record: Record, before: Record) -> None:
    """Have the organizer hold the meeting of Teams that an event is: of a group, who asks does."""
    owner = _speaking_for(call, owner)
    url = (record.get("onlineMeeting") or {}).get("joinUrl")
    told = ("subject", "start", "end", "onlineMeeting")
    changed = any(record.get(name) != before.get(name) for name in told)
    if not url or not changed or record.get("onlineMeetingProvider") != TEAMS:
        return
    said: Record = {"subject": record.get("subject")}
    for name in ("start", "end"):
        said[f"{name}DateTime"] = f"{moment_of(record[name])[0]:%Y-%m-%dT%H:%M:%S}Z"
    meet(call, owner, url, said)


def _people(record: Record, before: Record | None) -> bool:
    return bool(record.get("attendees") or (before or {}).get("attendees"))


def _unanswered(attendee: Mapping[str, Any]) -> Record:
    return {**attendee, "status": {"response": "none", "time": UNSET}, "proposedNewTime": None}


def left(call: Call, record: Record) -> None:
    """Let attendees know of a meeting whose organizer deletes it."""
    if record.get("isOrganizer", True) and record.get("attendees"):
        _call_off(call, call.thing, "")


def _call_off(call: Call, event: Thing, comment: str) -> None:
    owner = call.owner(event)
    if owner is None or event.record.get("isCancelled"):
        return
    for each in (*call.among(owner, EVENTS, "seriesMasterId", event.id), event):
        people = {address_of(one) for one in each.record.get("attendees") or ()}
        _cancel(call, owner, each, people - _not_told(owner), comment)


def _invite(
    call: Call, owner: Thing, event: Thing, people: set[str], kind: str, before: Record
) -> None:
    """Put a meeting into calendars, or what is new of it, and send what says so."""
    here, _ = receivers(call, sorted(people))
    for user in here:
        if user.key != owner.key:
            _put_copy(call, user, event, kind)
    for group in _groups(call, people):
        if group.key != owner.key:
            event = _accept_for_group(call, owner, group, event, kind)
    record = event.record
    said = {
        "@odata.type": _REQUEST,
        "subject": record.get("subject") or "",
        "body": record.get("body"),
        "meetingMessageType": "meetingRequest",
        "meetingRequestType": kind,
        "allowNewTimeProposals": record.get("allowNewTimeProposals", True),
        "responseRequested": record.get("responseRequested", True),
    }
    for name in ("start", "end"):
        if before.get(name) not in (None, record.get(name)):
            said[f"previous{name.capitalize()}DateTime"] = before[name]
    if before.get("location") not in (None, record.get("location")):
        said["previousLocation"] = before["location"]
    _send(call, owner, event, said, sorted(people))
    for user in here:
        if user.key != owner.key:
            _answer_for_room(call, user, event)


def _groups(call: Call, people: Iterable[str]) -> list[Thing]:
    """The groups with a calendar of their own that have one of the addresses."""
    found = (with_address(call, each) for each in sorted(people))
    return [
        each
        for each in found
        if each is not None
        and _is_group(each)
        and "Unified" in (each.record.get("groupTypes") or ())
    ]


def _accept_for_group(call: Call, owner: Thing, group: Thing, event: Thing, kind: str) -> Thing:
    """Put a meeting into the calendar of a group, for which Outlook accepts what it is asked to.

    https://learn.microsoft.com/graph/api/resources/event says so.
    """
    _put_copy(call, group, event, kind)
    answer = {"response": "accepted", "time": call.now}
    copy = copy_of(call, group, str(event.record.get("iCalUId")))
    if copy is not None:
        shown = event.record.get("showAs") or "busy"
        call.change(copy, {"responseStatus": answer, "showAs": shown})
    if not _is_tallied(call, owner, event):
        return event
    return call.change(event, {"attendees": _answered(event.record, group, answer, None)})


def _put_copy(call: Call, user: Thing, event: Thing, kind: str) -> None:
    """Put a meeting into the calendar of an attendee, or bring it up to date there."""
    record = event.record
    whole = {name: value for name, value in record.items() if name in _COPIED}
    if record.get("hideAttendees"):
        own = own_addresses(user.record)
        whole["attendees"] = [each for each in whole["attendees"] if address_of(each) in own]
    whole |= {_SHOWN_AS: record.get("showAs") or "busy", "isOrganizer": False}
    if is_room(user.record):
        whole |= _booked_by(record)
    if kind != "informationalUpdate":
        whole |= {
            "showAs": "tentative",
            "responseStatus": {"response": "notResponded", "time": UNSET},
        }
    known = copy_of(call, user, str(record.get("iCalUId")))
    if known is None:
        attended = call.add(user, "events", whole)
        for each in () if _is_group(user) else call.inside(event, "event/attachments"):
            call.copy(each, {}, attended)
        _put_exceptions(call, user, event, attended)
        return
    call.change(known, {"isCancelled": False, **whole})
    _outdate(call, user, str(record.get("iCalUId")))


def _booked_by(record: Record) -> Record:
    """What is otherwise of a meeting in the calendar of a room: whose it is, and not what about.

    https://learn.microsoft.com/powershell/module/exchange/set-calendarprocessing has the defaults.
    """
    person = (record.get("organizer") or {}).get("emailAddress") or {}
    nothing = {"body": {"contentType": "html", "content": ""}, "bodyPreview": ""}
    return {**nothing, "subject": person.get("name") or "", "sensitivity": "normal"}


def _put_exceptions(call: Call, user: Thing, event: Thing, attended: Thing) -> None:
    """Let who is new in a series have what has become of its occurrences before."""
    owner, record = call.owner(event), attended.record
    gone = [series.cancelled(record, day) for day in series.cancelled_days(event.record)]
    if gone:
        call.change(attended, {"cancelledOccurrences": gone})
    if owner is not None and record.get("recurrence"):
        for each in call.among(owner, EVENTS, "seriesMasterId", event.id):
            _put_copy(call, user, each, "newMeetingRequest")


def copy_of(call: Call, user: Thing, uid: str) -> Thing | None:
    """What is called so in all calendars, in that of one user.

    An occurrence of a series that is there is an exception from then on.
    """
    for each in call.among(user, EVENTS, "iCalUId", uid):
        return each
    whole = series.series_uid(uid)
    for master in call.among(user, EVENTS, "iCalUId", whole) if whole != uid else ():
        return call.held(user, EVENTS, series.occurrence_id(master.id, series.day_in(uid)))
    return None


def _outdate(call: Call, user: Thing, uid: str) -> None:
    """Say of the requests that somebody has got of a meeting that they are no longer right."""
    for each in call.among(user, "user/messages", f"{ABOUT}/*", uid):
        if each.record.get("@odata.type") == _REQUEST and not each.record.get("isOutOfDate"):
            call.change(each, {"isOutOfDate": True})


def _cancel(call: Call, owner: Thing, event: Thing, people: set[str], comment: str) -> None:
    """Take a meeting back from people, and send what says so."""
    record, uid = event.record, str(event.record.get("iCalUId"))
    subject = f"Canceled: {record.get('subject') or ''}"
    for user in (*receivers(call, sorted(people))[0], *_groups(call, people)):
        known = copy_of(call, user, uid) if user.key != owner.key else None
        if known is not None and is_room(user.record):
            call.delete(known)
        elif known is not None:
            call.change(known, {"isCancelled": True, "subject": subject, "showAs": "free"})
            _outdate(call, user, uid)
    said = {
        "@odata.type": _MESSAGE,
        "subject": subject,
        "body": _comment(comment) if comment else record.get("body"),
        "meetingMessageType": "meetingCancelled",
    }
    if people:
        _send(call, owner, event, said, sorted(people))


# The mail between them -----------------------------------------------------------------------


def _send(
    call: Call,
    sender: Thing,
    event: Thing,
    said: Record,
    people: Iterable[str],
    *,
    arrives: bool = True,
) -> None:
    """Send a message about a meeting: as any other, it is in Sent Items then.

    Whom a seed says without an address is in the event, and hears nothing. For a group who
    asks sends it; a group's own mailbox takes what it is told of its meetings, and its members
    hear nothing of that.
    """
    record, people = event.record, [each for each in people if is_address(each)]
    if not people:
        return
    said = {"from": as_recipient(sender), **said}
    acting = _acting(call, sender)
    sender = _speaking_for(call, sender)
    known = {address_of(each): each for each in record.get("attendees") or ()}
    to = [known.get(each) or {"emailAddress": {"name": each, "address": each}} for each in people]
    whole = {
        "startDateTime": record.get("start"),
        "endDateTime": record.get("end"),
        "location": record.get("location"),
        "isAllDay": record.get("isAllDay", False),
        "isDelegated": False,
        "isOutOfDate": False,
        "recurrence": record.get("recurrence"),
        "type": record.get("type"),
        "importance": record.get("importance", "normal"),
        "sender": as_recipient(acting or sender),
        **said,
        "toRecipients": [{"emailAddress": each["emailAddress"]} for each in to],
        ABOUT: [record.get("iCalUId")],
        EVENT: record.get("iCalUId"),
        "isDraft": False,
        "isRead": True,
        "sentDateTime": call.now,
        "receivedDateTime": call.now,
        "parentFolderId": call.id_of(sender, Word(FOLDERS, "sentitems")),
    }
    kept = {name: value for name, value in whole.items() if value is not None}
    dispatch(call, call.add(sender, "messages", kept), arrives=arrives)


def _acting(call: Call, mailbox: Thing) -> Thing | None:
    """Who acts in the calendar of somebody else, whose token says so; None for whose it is."""
    who = call.caller() if call.person else None
    return None if who is None or who.key == mailbox.key else who


def _comment(text: str) -> Record:
    return {"contentType": "html", "content": escape(text)}


# What attendees do ---------------------------------------------------------------------------

_ANSWERS = {
    "accepted": ("Accepted", "meetingAccepted"),
    "tentativelyAccepted": ("Tentative", "meetingTenativelyAccepted"),
    "declined": ("Declined", "meetingDeclined"),
}


def _refused(why: str, target: str | None = None) -> GraphError:
    return GraphError(400, "ErrorInvalidRequest", f"Your request can't be completed. {why}", target)


def _respond(call: Call, response: str) -> None:
    """Answer a meeting request, in the own calendar and to the organizer."""
    event = call.thing
    record, proposed = event.record, call.arguments.get("ProposedNewTime")
    owner = call.owner(event)
    assert owner is not None
    if record.get("isOrganizer", True):
        why = "You can't respond to this meeting because you're the meeting organizer."
        raise _refused(why)
    if record.get("isCancelled"):
        raise _refused("You can't respond to this meeting because it's been canceled.")
    if _is_group(owner):
        raise _refused("A group accepts each meeting by itself: users alone respond to one.")
    tells = call.arguments.get("SendResponse") is not False
    for name in ("Comment", "ProposedNewTime") if not tells else ():
        if call.arguments.get(name) is not None:
            message = f"'SendResponse' must be true when '{name}' is not null."
            raise GraphError(400, "ErrorInvalidParameter", message, name)
    if proposed is not None:
        slot_of(proposed, "ProposedNewTime")
        proposed = {name: in_utc(each) for name, each in proposed.items() if name in _ENDS}
    if proposed is not None and not record.get("allowNewTimeProposals", True):
        raise _refused("The organizer takes no proposals of a new time.", "ProposedNewTime")
    answer = {"response": response, "time": call.now}
    if response == "declined":
        call.delete(event)
    else:
        free = "tentative" if response == "tentativelyAccepted" else record.get(_SHOWN_AS, "busy")
        call.change(event, {"responseStatus": answer, "showAs": free})
    if tells and record.get("responseRequested", True):
        _tell_organizer(call, owner, event, answer, proposed)


_ENDS = ("start", "end")


def _tell_organizer(
    call: Call,
    owner: Thing,
    event: Thing,
    answer: Record,
    proposed: Mapping[str, Any] | None,
    sender: Thing | None = None,
) -> None:
    """Let the organizer know of an answer; ``sender``: who gives it, where that is not who asks."""
    record = event.record
    known = _of_organizer(call, event)
    if known is not None and _is_tallied(call, *known):
        call.change(known[1], {"attendees": _answered(known[1].record, owner, answer, proposed)})
    prefix, kind = _ANSWERS[answer["response"]]
    if proposed is not None:
        prefix = "New Time Proposed"
    about = (
        record if sender is None or known is None else known[1].record
    )  # a room knows whose alone
    said = {
        "@odata.type": _RESPONSE,
        "subject": f"{prefix}: {about.get('subject') or ''}",
        "body": _comment(call.arguments.get("Comment") or ""),
        "meetingMessageType": kind,
        "responseType": answer["response"],
        "proposedNewTime": proposed,
        **({} if sender is None else {"sender": as_recipient(sender)}),
    }
    _tell(call, owner, event, said, known)


def _of_organizer(call: Call, event: Thing) -> tuple[Thing, Thing] | None:
    """Who organizes a meeting, and what it is in that calendar; None where that is elsewhere."""
    organizer = with_address(call, address_of(event.record.get("organizer")))
    if organizer is None:
        return None
    found = copy_of(call, organizer, str(event.record.get("iCalUId")))
    return None if found is None else (organizer, found)


def _tell(
    call: Call, sender: Thing, event: Thing, said: Record, known: tuple[Thing, Thing] | None
) -> None:
    """Send the organizer a message about a meeting."""
    arrives = known is None or not _is_group(known[0])
    _send(call, sender, event, said, [address_of(event.record.get("organizer"))], arrives=arrives)


def _is_tallied(call: Call, user: Thing, event: Thing) -> bool:
    """Whether the calendar of a meeting counts answers: the default one does."""
    calendar = _calendar(call, user, event)
    return calendar is None or bool(calendar.get("isTallyingResponses"))


def _calendar(call: Call, user: Thing, event: Thing) -> Record | None:
    """The calendar that an event is in."""
    found = call.held(user, CALENDARS, str(event.record.get("@calendar")))
    return None if found is None else found.record


def _answered(
    record: Record, user: Thing, answer: Record, proposed: Mapping[str, Any] | None
) -> list[Record]:
    own = own_addresses(user.record)
    said = {"status": answer, **({"proposedNewTime": proposed} if proposed is not None else {})}
    return [
        {**each, **said} if address_of(each) in own else each
        for each in record.get("attendees") or ()
    ]


def _answer_for_room(call: Call, user: Thing, event: Thing) -> None:
    """Let a room answer by itself: it accepts where it is free."""
    record, own = event.record, own_addresses(user.record)
    kinds = {address_of(each): each.get("type") for each in record.get("attendees") or ()}
    asked = any(kinds.get(address) == "resource" for address in own)
    copy = copy_of(call, user, str(record.get("iCalUId")))
    if copy is None or not (asked or is_room(user.record)):
        return
    whole = series.series_uid(str(record.get("iCalUId")))
    is_free = all(
        other.get("showAs") in ("free", "workingElsewhere")
        for other in booked(call, user, window_at(user, *ends_of(copy.record)))
        if series.series_uid(str(other.get("iCalUId"))) != whole
    )
    answer = {"response": "accepted" if is_free else "declined", "time": call.now}
    if is_free:
        call.change(copy, {"responseStatus": answer, "showAs": record.get("showAs") or "busy"})
    else:
        call.delete(copy)
    _tell_organizer(call, user, copy, answer, None, sender=user)


@operation("event/accept", status=202)
def accept(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-accept"""
    _respond(call, "accepted")


@operation("event/tentativelyAccept", status=202)
def tentatively_accept(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-tentativelyaccept"""
    _respond(call, "tentativelyAccepted")


@operation("event/decline", status=202)
def decline(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-decline"""
    _respond(call, "declined")


@operation("event/cancel", status=202)
def cancel(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-cancel"""
    event = call.thing
    if not event.record.get("isOrganizer", True):
        raise _refused("You need to be an organizer to cancel a meeting.")
    _call_off(call, event, call.arguments.get("Comment") or "")
    call.delete(event)


@operation("event/forward", status=202)
def forward(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/event-forward"""
    event, people = call.thing, call.arguments.get("ToRecipients") or []
    owner = call.owner(event)
    new = set(recipients({"toRecipients": people}))
    assert owner is not None
    organizer, known = owner, event
    if not event.record.get("isOrganizer", True):
        organizer, known = _of_organizer(call, event) or (owner, event)
    there = {address_of(each) for each in known.record.get("attendees") or ()}
    added = [each for each in people if address_of(each) not in there]
    known = call.change(known, {"attendees": [*(known.record.get("attendees") or ()), *added]})
    _invite(call, organizer, known, new - _not_told(organizer), "newMeetingRequest", {})
    if organizer.key != owner.key:
        subject = f"Meeting Forward Notification: {known.record.get('subject') or ''}"
        body = _comment(call.arguments.get("Comment") or "")
        said = {"@odata.type": _MESSAGE, "subject": subject, "body": body}
        _tell(call, owner, event, said, (organizer, known))


# Declarations --------------------------------------------------------------------------------

TYPES = (
    Type("event", follows=followed, leaves=left),
    Type(
        "eventMessage",
        defaults={"meetingMessageType": "none", "isOutOfDate": False, "isDelegated": False},
        told={"startDateTime": told_time, "endDateTime": told_time},
    ),
    Type(
        "eventMessageRequest",
        told={"previousStartDateTime": told_time, "previousEndDateTime": told_time},
    ),
    Type("eventMessageResponse", told={"proposedNewTime": told_slot}),
)
NAVIGATION = (
    Navigation(
        "eventMessage/event",
        home=EVENTS,
        view={"iCalUId": EVENT},
        documented=frozenset({"GET"}),
    ),
)
OPERATIONS = (accept, tentatively_accept, decline, cancel, forward)
