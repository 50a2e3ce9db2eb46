"""Mail and meetings that a fixture tells once, though several mailboxes have them.

A line of ``mail.jsonl`` becomes a message in Sent Items of who wrote it, and one in the Inbox of
each who got it; a line of ``meetings.jsonl`` an event in the calendars of all who are in it. So
they agree, whatever is edited. docs/reference/fixture-files.md says what a line may have.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from hashlib import shake_128
from html import escape
from typing import Any, NamedTuple

from fakegraph.dataclass import dataclass
from fakegraph.edm.schema import Record
from fakegraph.errors import Problem
from fakegraph.fixtures.dates import later_by
from fakegraph.workloads.outlook import ids, series
from fakegraph.workloads.outlook.events import UNSET
from fakegraph.workloads.outlook.mail import ABOUT, EVENT, WELL_KNOWN
from fakegraph.workloads.outlook.rights import has_mailbox, own_addresses
from fakegraph.workloads.outlook.zones import utc_of, zone

Placed = tuple[str, Record]
"""A record, and the path of the collection that it is put in."""

Numbered = Iterable[tuple[int | None, Any]]
Note = Callable[[int | None, Problem], object]


class Person(NamedTuple):
    """Somebody who has a mailbox."""

    id: str
    upn: str
    name: str
    address: str


class Company:
    """Who has an address: people, and the groups whose mail goes to their members."""

    def __init__(
        self, users: Iterable[Mapping[str, Any]], groups: Iterable[Mapping[str, Any]]
    ) -> None:
        self._people: dict[str, Person] = {}
        self._known: dict[str, Person] = {}
        self._groups: dict[str, tuple[str, list[Person]]] = {}
        by_id: dict[str, Person] = {}
        for user in users:
            upn = str(user.get("userPrincipalName") or user.get("id") or "")
            name = str(user.get("displayName") or upn)
            person = Person(str(user.get("id") or upn), upn, name, str(user.get("mail") or upn))
            own = dict.fromkeys(own_addresses(user), person)
            self._known.update(own)
            if has_mailbox(dict(user)):
                by_id[person.id] = person
                self._people.update(own)
        for group in groups:
            members = [str(each.get("id")) for each in group.get("members") or ()]
            there = [by_id[each] for each in members if each in by_id]
            if group.get("mail"):
                name = str(group.get("displayName") or group["mail"])
                self._groups[str(group["mail"]).casefold()] = name, there

    def person(self, address: str) -> Person | None:
        """Who has an address, if that is somebody with a mailbox."""
        return self._people.get(address.casefold())

    def recipient(self, address: str, name: str = "") -> Record:
        """An address as messages and events have it."""
        folded = address.casefold()
        known, group = self._known.get(folded), self._groups.get(folded)
        shown = name or (known.name if known else group[0] if group else address)
        return {"emailAddress": {"name": shown, "address": known.address if known else address}}

    def reached(self, addresses: Iterable[str]) -> list[Person]:
        """Who gets what is sent to addresses, each once."""
        found: dict[str, Person] = {}
        for address in addresses:
            known = self.person(address)
            _, members = self._groups.get(address.casefold(), ("", []))
            for each in [known] if known else members:
                found.setdefault(each.id, each)
        return list(found.values())


class _Wrong(Exception):
    """What is wrong with a line, and where."""

    def __init__(self, message: str, target: str | None = None) -> None:
        super().__init__(message)
        self.target = target


@dataclass(frozen=True)
class _Kind:
    """What a file's lines may have, each with what its value has to be; the first are required."""

    required: tuple[str, ...]
    forms: Mapping[str, type | tuple[type, ...]]
    expand: Callable[[Any, Record, Company], Iterator[Placed]]


def expand(
    kind: str, records: Numbered, company: Company, note: Note, moved: timedelta = timedelta()
) -> Iterator[Placed]:
    """What each mailbox has of what is told once; ``note`` is told of what is wrong. ``moved``: by
    how much all dates are later than they were written.
    """
    rules, said = KINDS[kind], _Told(moved)
    for number, record in records:
        try:
            _check(rules, record)
            yield from rules.expand(said, record, company)
        except _Wrong as error:
            note(number, Problem(str(error), error.target))


def _check(rules: _Kind, record: Any) -> None:
    if not isinstance(record, dict):
        raise _Wrong("It takes an object.")
    for name in rules.required:
        if not record.get(name):
            raise _Wrong(f"'{name}' is required.", name)
    for name, value in record.items():
        form = rules.forms.get(name)
        if form is None:
            known = ", ".join(rules.forms)
            raise _Wrong(f"There is no '{name}': there is {known}.", name)
        if not isinstance(value, form):
            raise _Wrong(f"'{name}' cannot be {value!r}.", name)


class _Told:
    """What was told so far: how many of each thread, and which folders there are."""

    def __init__(self, moved: timedelta) -> None:
        self.moved = moved
        self.threads: dict[str, int] = {}
        self.folders: set[tuple[str, str]] = set()
        self.seen: dict[str, int] = {}

    def name(self, text: str) -> str:
        """A name that nothing else has, the same each time the same is told."""
        self.seen[text] = self.seen.get(text, 0) + 1
        return f"{text} {self.seen[text]}"


# Mail ----------------------------------------------------------------------------------------

_LISTS = {"to": "toRecipients", "cc": "ccRecipients", "bcc": "bccRecipients"}
_ON_THE_WAY = timedelta(seconds=3)


def _mail(told: _Told, mail: Record, company: Company) -> Iterator[Placed]:
    writer = company.person(mail["from"])
    if not mail.get("draft") and not any(mail.get(name) for name in _LISTS):
        raise _Wrong("A mail that is no draft goes to somebody: 'to', 'cc' or 'bcc'.", "to")
    message = _message(told, mail, company)
    people = company.reached(a for name in _LISTS for a in mail.get(name) or ())
    unknown = _named_in(mail, company) - {each.id for each in (*people, writer) if each}
    if unknown:
        raise _Wrong("It names somebody who neither wrote nor got it.")
    if writer is not None:
        own = {**message, "isRead": True}
        usual = "drafts" if mail.get("draft") else "sentitems"
        yield from _put(told, writer, mail, usual, own)
    elif mail.get("draft"):
        raise _Wrong("A draft is somebody's who has a mailbox.", "from")
    public = {name: value for name, value in message.items() if name != "bccRecipients"}
    for person in () if mail.get("draft") else people:
        if person is writer and not _has(mail, "to", person):
            continue
        is_read = not _is_among(person, mail.get("unread") or (), company)
        yield from _put(told, person, mail, "inbox", {**public, "isRead": is_read})


def _named_in(mail: Record, company: Company) -> set[str]:
    named = [*(mail.get("unread") or ()), *(mail.get("flagged") or ()), *(mail.get("in") or ())]
    named += [*(mail.get("categories") or ())]
    found = [(address, company.person(address)) for address in named]
    nobody = [address for address, person in found if person is None]
    if nobody:
        raise _Wrong(f"'{nobody[0]}' has no mailbox here.")
    return {person.id for _, person in found if person is not None}


def _has(mail: Record, name: str, person: Person) -> bool:
    own = {person.upn.casefold(), person.address.casefold()}
    return any(each.casefold() in own for each in mail.get(name) or ())


def _is_among(person: Person, addresses: Iterable[str], company: Company) -> bool:
    return any(company.person(each) == person for each in addresses)


def _message(told: _Told, mail: Record, company: Company) -> Record:
    sender = company.recipient(mail["from"], str(mail.get("fromName") or ""))
    name = told.name(f"{mail['from']} {mail['sent']} {mail['subject']}")
    sent = _moment(mail["sent"], "sent")
    arrived = sent if mail.get("draft") else sent + _ON_THE_WAY
    record: Record = {
        "subject": mail["subject"],
        "from": sender,
        "sender": sender,
        "isDraft": bool(mail.get("draft")),
        "createdDateTime": _written(sent),
        "sentDateTime": _written(sent),
        "receivedDateTime": _written(arrived),
        "lastModifiedDateTime": _written(arrived),
        "internetMessageId": f"<{shake_128(name.encode()).hexdigest(12)}@contoso.example>",
        "conversationIndex": _index(told, str(mail.get("thread") or name)),
        "importance": mail.get("importance") or "normal",
        "body": _body(mail),
        **(mail.get("more") or {}),
    }
    for short, long in _LISTS.items():
        record[long] = [company.recipient(each) for each in mail.get(short) or ()]
    if mail.get("attachments"):
        record["attachments"] = [_attachment(each) for each in mail["attachments"]]
    return record


def _body(said: Mapping[str, Any]) -> Record:
    if said.get("html") is not None:
        return {"contentType": "html", "content": said["html"]}
    return {"contentType": "text", "content": said.get("text") or ""}


def _attachment(said: Any) -> Record:
    if not isinstance(said, dict) or not said.get("name"):
        raise _Wrong("An attachment is an object with a 'name'.", "attachments")
    if "text" in said:
        rest = {name: value for name, value in said.items() if name != "text"}
        said = {**rest, "contentBytes": b64encode(str(said["text"]).encode()).decode()}
    return {"@odata.type": "#microsoft.graph.fileAttachment", **said}


def _index(told: _Told, thread: str) -> str:
    """Where in a conversation a message is: what began it, and five bytes for each before it."""
    number = told.threads[thread] = told.threads.get(thread, -1) + 1
    replies = b"".join(n.to_bytes(5, "big") for n in range(1, number + 1))
    return b64encode(b"\x01" + shake_128(thread.encode()).digest(21) + replies).decode()


def _put(
    told: _Told, person: Person, mail: Record, usual: str, message: Record
) -> Iterator[Placed]:
    """A message of a mailbox, in the folder that it lies in there."""
    company_said = {name: mail.get(name) or {} for name in ("in", "categories")}
    folder, categories = (
        next((v for a, v in said.items() if a.casefold() in _addresses(person)), None)
        for said in company_said.values()
    )
    if categories:
        message = {**message, "categories": categories}
    if any(each.casefold() in _addresses(person) for each in mail.get("flagged") or ()):
        message = {**message, "flag": {"flagStatus": "flagged"}}
    word = str(folder or usual)
    if word.lower() not in WELL_KNOWN:
        key = ids.stated_folder(person.id, word)
        if (person.id, word) not in told.folders:
            told.folders.add((person.id, word))
            yield f"users/{person.upn}/mailFolders", {"id": key, "displayName": word}
        word = key
    yield f"users/{person.upn}/mailFolders/{word}/messages", message


def _addresses(person: Person) -> set[str]:
    return {person.upn.casefold(), person.address.casefold()}


def _moment(text: str, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise _Wrong(f"'{text}' is no time: it is like 2024-06-28T09:30:00Z.", name) from error
    if found.utcoffset() != timedelta(0):
        raise _Wrong(f"'{text}' is to be in UTC: it ends in Z.", name)
    return found


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# Meetings ------------------------------------------------------------------------------------

_ANSWERS = ("accepted", "tentativelyAccepted", "declined", "notResponded")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SATURDAY = 5
_SHOWN_AS = {"accepted": "busy", "tentativelyAccepted": "tentative", "notResponded": "tentative"}


def _meeting(told: _Told, meeting: Record, company: Company) -> Iterator[Placed]:
    organizer = company.person(meeting["organizer"])
    if organizer is None:
        raise _Wrong(f"'{meeting['organizer']}' has no mailbox here.", "organizer")
    meeting = _on_a_working_day(meeting, told.moved)
    base = _event(told, meeting, company)
    answers = {**(meeting.get("attendees") or {}), **(meeting.get("optional") or {})}
    yield from _in_calendar(organizer, base, meeting, {"isOrganizer": True})
    for address, response in answers.items():
        person = company.person(address)
        if person is None or response == "declined":
            continue  # who declines has no copy
        status = {"response": response, "time": _answered(meeting, response)}
        said = {"isOrganizer": False, "responseStatus": status}
        said["showAs"] = _SHOWN_AS[response] if meeting.get("showAs") != "free" else "free"
        yield from _in_calendar(person, base, meeting, said)
    room = company.person(meeting.get("room") or "")
    if room is not None:
        status = {"response": "accepted", "time": meeting["created"]}
        yield from _in_calendar(
            room, base, meeting, {"isOrganizer": False, "responseStatus": status}
        )
    if meeting.get("invited"):
        yield from _invitations(told, meeting, base, company)


_DAYS = ("start", "end", "until", "skipped", "changed")


def _on_a_working_day(meeting: Record, moved: timedelta) -> Record:
    """A weekly meeting of a working day that was moved to a weekend is on the Monday after it, with
    all that is said of its days.
    """
    if not moved or meeting.get("every") not in ("week", "two weeks"):
        return meeting
    first = _times(meeting)[0]
    if first.weekday() < _SATURDAY or (first - moved).weekday() >= _SATURDAY:
        return meeting
    later = timedelta(days=7 - first.weekday())
    return meeting | {name: later_by(meeting[name], later) for name in _DAYS if name in meeting}


def _answered(meeting: Record, response: str) -> str:
    return UNSET if response == "notResponded" else str(meeting["created"])


def _event(told: _Told, meeting: Record, company: Company) -> Record:
    """A meeting as all calendars have it."""
    name = told.name(f"{meeting['organizer']} {meeting['created']} {meeting['subject']}")
    start, end = _times(meeting)
    uid = shake_128(name.encode()).hexdigest(36).upper()
    record: Record = {
        "subject": meeting["subject"],
        "body": _body(meeting),
        "start": _time(start, meeting),
        "end": _time(end, meeting),
        "originalStartTimeZone": _zone(meeting),
        "originalEndTimeZone": _zone(meeting),
        "isAllDay": bool(meeting.get("allDay")),
        "showAs": meeting.get("showAs") or "busy",
        "iCalUId": f"040000008200E00074C5B7101A82E00800000000{uid}",
        "organizer": company.recipient(meeting["organizer"]),
        "attendees": [*_attendees(meeting, company)],
        "createdDateTime": meeting["created"],
        "lastModifiedDateTime": meeting["created"],
        **(meeting.get("more") or {}),
    }
    if meeting.get("location"):
        record["location"] = {"displayName": meeting["location"], "locationType": "default"}
    if meeting.get("online"):
        record |= _online(uid)
    if meeting.get("every"):
        record["recurrence"] = _recurrence(meeting, start.date())
    return record


def _online(uid: str) -> Record:
    url = f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{uid[:32]}%40thread.v2/0"
    return {
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
        "onlineMeeting": {"joinUrl": url},
    }


def _zone(meeting: Record) -> str:
    return str(meeting.get("zone") or "UTC")


def _time(moment: datetime, meeting: Record) -> Record:
    """A time in UTC; of what lasts all day, midnight in the zone that it is told in."""
    if meeting.get("allDay"):
        return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": _zone(meeting)}
    return utc_of(moment, zone(_zone(meeting)))


def _times(meeting: Record) -> tuple[datetime, datetime]:
    """When it begins and ends, as clocks there show it."""
    form = "%Y-%m-%d" if meeting.get("allDay") else "%Y-%m-%dT%H:%M"
    try:
        found = [datetime.strptime(meeting[name], form) for name in ("start", "end")]
    except ValueError as error:
        like = "2024-06-28" if meeting.get("allDay") else "2024-06-28T09:30"
        raise _Wrong(f"Its times are like {like}, in its zone.", "start") from error
    start, end = found
    if end < start:
        raise _Wrong("A meeting's end is not before its start.", "end")
    if meeting.get("every") == "weekday" and start.weekday() >= _SATURDAY:
        later = timedelta(days=7 - start.weekday())
        start, end = start + later, end + later
    return start, end


def _recurrence(meeting: Record, first: date) -> Record:
    """How it recurs. Days of weeks and months are those of its first day, wherever that moves."""
    weekday, until = _WEEK[first.weekday()], meeting.get("until")
    patterns: dict[str, Record] = {
        "day": {"type": "daily", "interval": 1},
        "weekday": {"type": "weekly", "interval": 1, "daysOfWeek": [*_WEEK[:5]]},
        "week": {"type": "weekly", "interval": 1, "daysOfWeek": [weekday]},
        "two weeks": {"type": "weekly", "interval": 2, "daysOfWeek": [weekday]},
        "month": {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": first.day},
        "year": {
            "type": "absoluteYearly",
            "interval": 1,
            "dayOfMonth": first.day,
            "month": first.month,
        },
    }
    if meeting["every"] not in patterns:
        raise _Wrong(f"It is one of {', '.join(patterns)}.", "every")
    span: Record = {"startDate": f"{first}", "recurrenceTimeZone": _zone(meeting)}
    span |= {"type": "endDate", "endDate": until} if until else {"type": "noEnd"}
    return {"pattern": patterns[meeting["every"]], "range": span}


def _attendees(meeting: Record, company: Company) -> Iterator[Record]:
    for name, kind in (("attendees", "required"), ("optional", "optional")):
        for address, response in (meeting.get(name) or {}).items():
            if response not in _ANSWERS:
                raise _Wrong(f"An answer is one of {', '.join(_ANSWERS)}.", f"{name}/{address}")
            told = "none" if response == "notResponded" else response
            status = {"response": told, "time": _answered(meeting, response)}
            yield {"type": kind, **company.recipient(address), "status": status}
    room = meeting.get("room")
    if room:
        status = {"response": "accepted", "time": meeting["created"]}
        there = company.recipient(room, str(meeting.get("location") or room))
        yield {"type": "resource", **there, "status": status}


def _in_calendar(person: Person, base: Record, meeting: Record, said: Record) -> Iterator[Placed]:
    """An event of somebody's calendar; of a series, with its exceptions."""
    path = f"users/{person.upn}/events"
    id_ = ids.stated_item(person.id, str(base["iCalUId"]))
    event = {"id": id_, **base, **said}
    if not meeting.get("every"):
        yield path, event
        return
    gone = [series.cancelled(event, _day(each)) for each in meeting.get("skipped") or ()]
    yield path, {**event, **({"cancelledOccurrences": gone} if gone else {})}
    for change in meeting.get("changed") or ():
        yield path, _exception(event, meeting, change)


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise _Wrong(f"{text!r} is no day: it is like 2024-06-28.", "changed") from error


def _exception(event: Record, meeting: Record, change: Any) -> Record:
    """An occurrence that is otherwise than its series."""
    if not isinstance(change, dict) or not {"day", "start", "end"} <= change.keys():
        raise _Wrong("A change has 'day', 'start' and 'end'.", "changed")
    day = _day(change["day"])
    first, _ = _times(meeting)
    start, end = _times({**meeting, "every": None, **change})
    was = utc_of(datetime.combine(day, first.time()), zone(_zone(meeting)))
    other = {name: change[name] for name in change.keys() - {"day", "start", "end", "location"}}
    if change.get("location"):
        other["location"] = {"displayName": change["location"], "locationType": "default"}
    return {
        **{name: value for name, value in event.items() if name != "recurrence"},
        "id": series.occurrence_id(str(event["id"]), day),
        "iCalUId": series.uid_of(str(event["iCalUId"]), day),
        "seriesMasterId": event["id"],
        "originalStart": f"{was['dateTime'][:19]}Z",
        "start": _time(start, meeting),
        "end": _time(end, meeting),
        **other,
    }


def _invitations(told: _Told, meeting: Record, event: Record, company: Company) -> Iterator[Placed]:
    """The message by which a meeting is asked for."""
    people = [*(meeting.get("attendees") or {}), *(meeting.get("optional") or {})]
    uid, more = event["iCalUId"], {}
    for name, of in (("startDateTime", "start"), ("endDateTime", "end")):
        more[name] = event[of]
    mail = {
        "from": meeting["organizer"],
        "to": people,
        "sent": meeting["created"],
        "subject": meeting["subject"],
        "html": f"<p>{escape(str(meeting.get('text') or ''))}</p>",
        "unread": meeting.get("unread") or [],
        "more": {
            "@odata.type": "#microsoft.graph.eventMessageRequest",
            "meetingMessageType": "meetingRequest",
            "meetingRequestType": "newMeetingRequest",
            "type": "seriesMaster" if event.get("recurrence") else "singleInstance",
            "isAllDay": event["isAllDay"],
            "recurrence": event.get("recurrence"),
            "location": event.get("location"),
            "allowNewTimeProposals": True,
            "responseRequested": True,
            ABOUT: [uid],
            EVENT: uid,
            **more,
        },
    }
    mail["more"] = {name: value for name, value in mail["more"].items() if value is not None}
    yield from _mail(told, mail, company)


_TEXTS = ("subject", "text", "html")
KINDS: Mapping[str, _Kind] = {
    "mail": _Kind(
        ("from", "sent", "subject"),
        {
            **dict.fromkeys(("from", "fromName", "sent", *_TEXTS, "thread", "importance"), str),
            **dict.fromkeys((*_LISTS, "unread", "flagged", "attachments"), list),
            **dict.fromkeys(("in", "categories", "more"), dict),
            "draft": bool,
        },
        _mail,
    ),
    "meetings": _Kind(
        ("organizer", "created", "subject", "start", "end"),
        {
            **dict.fromkeys(("organizer", "created", *_TEXTS, "start", "end", "zone"), str),
            **dict.fromkeys(("location", "room", "showAs", "every", "until"), str),
            **dict.fromkeys(("attendees", "optional", "more"), dict),
            **dict.fromkeys(("changed", "skipped", "unread"), list),
            **dict.fromkeys(("allDay", "online", "invited"), bool),
        },
        _meeting,
    ),
}
