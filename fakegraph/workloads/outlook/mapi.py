"""What Outlook keeps of items and folders itself, as extended properties show it.

https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxprops names the tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import Reading, Unfolding, short
from fakegraph.workloads.outlook.mime import HEAD
from fakegraph.workloads.outlook.values import size_of, whole_seconds

_READ, _UNSENT, _WITH_FILES = 0x1, 0x8, 0x10
_IMPORTANCE = {"low": "0", "normal": "1", "high": "2"}
_FLAGGED = {"complete": "1", "flagged": "2"}
_SHOWN_AS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4"}
_IN_MEETINGS = "{00062002-0000-0000-c000-000000000046}"
_MEETING_CLASSES = {
    "eventMessage": "IPM.Schedule.Meeting",
    "eventMessageRequest": "IPM.Schedule.Meeting.Request",
    "eventMessageResponse": "IPM.Schedule.Meeting.Resp",
}

Give = Callable[[Reading], Any]
"""What gives a value; None: Outlook keeps none."""
Inside = Callable[[Reading, Record], Iterable[Record]]
"""What gives the items in a folder of a mailbox."""


def _named(name: str) -> Give:
    return lambda reading: reading.record.get(name)


def _told(name: str, words: Mapping[str, str]) -> Give:
    return lambda reading: words.get(str(reading.record.get(name)))


def _flags(message: Reading) -> int:
    """PidTagMessageFlags of [MS-OXCMSG], as far as messages here have what these tell."""
    said = message.record
    marks = (
        (_READ, said.get("isRead")),
        (_UNSENT, said.get("isDraft")),
        (_WITH_FILES, _files(message)),
    )
    return sum(bit for bit, is_set in marks if is_set)


def _files(message: Reading) -> list[Record]:
    return list(message.inside("message/attachments"))


def _flag(message: Reading) -> str | None:
    return _FLAGGED.get(str((message.record.get("flag") or {}).get("flagStatus")))


def _headers(message: Reading) -> str | None:
    """The headers that it has arrived with, as it has them; what was not sent has none."""
    said = message.record.get("internetMessageHeaders") or ()
    if message.record.get("isDraft") or not said:
        return None
    return "".join(f"{each['name']}: {each.get('value') or ''}\r\n" for each in said)


def _head(name: str) -> Give:
    return lambda message: (message.record.get(HEAD) or {}).get(name)


def _people(name: str) -> Give:
    """Names of recipients, as Outlook lists them in a line."""

    def give(message: Reading) -> str:
        said = [each.get("emailAddress") or {} for each in message.record.get(name) or ()]
        return "; ".join(str(each.get("name") or each.get("address") or "") for each in said)

    return give


def _person(name: str, part: str) -> Give:
    return lambda message: ((message.record.get(name) or {}).get("emailAddress") or {}).get(part)


def _moment(name: str) -> Give:
    """The ``dateTime`` of a start or end that is in UTC."""

    def give(event: Reading) -> str | None:
        said = event.record.get(name) or {}
        is_utc = said.get("timeZone") == "UTC"
        return f"{str(said.get('dateTime')).partition('.')[0]}Z" if is_utc else None

    return give


def _size(message: Reading) -> int:
    return size_of(message.record, _files(message))


def _in_folder(container: str) -> Inside:
    return lambda box, folder: box.among(container, "parentFolderId", [folder["id"]])


def _in_calendar(mailbox: Reading, calendar: Record) -> Iterable[Record]:
    events = mailbox.inside("user/events")
    return (each for each in events if each.get("@calendar") == calendar["id"])


def _last_change(inside: Inside) -> Give:
    """When what lies in a folder has changed last: an empty one is as old as the mailbox."""

    def give(folder: Reading) -> str | None:
        mailbox = folder.holder()
        if mailbox is None:
            return None
        times = (each.get("lastModifiedDateTime") for each in inside(mailbox, folder.record))
        return max(filter(None, times), default=mailbox.record.get("createdDateTime"))

    return give


_ITEM: Mapping[str, Give] = {
    "String 0x37": _named("subject"),
    "Integer 0xe23": lambda item: item.number,
    "SystemTime 0x3007": _named("createdDateTime"),
    "SystemTime 0x3008": _named("lastModifiedDateTime"),
}
_MESSAGE: Mapping[str, Give] = {
    **_ITEM,
    "String 0x1a": lambda message: _MEETING_CLASSES.get(short(message.type.name), "IPM.Note"),
    "Integer 0x17": _told("importance", _IMPORTANCE),
    "SystemTime 0x39": _named("sentDateTime"),
    "SystemTime 0xe06": _named("receivedDateTime"),
    "Integer 0xe07": _flags,
    "Integer 0xe08": _size,
    "Long 0xe08": _size,
    "Boolean 0xe1b": lambda message: bool(_files(message)),
    "Boolean 0xe69": _named("isRead"),
    "String 0x7d": _headers,
    "String 0x1035": _named("internetMessageId"),
    "String 0x1039": _head("References"),
    "String 0x1042": _head("In-Reply-To"),
    "String 0xe04": _people("toRecipients"),
    "String 0xe03": _people("ccRecipients"),
    "String 0xe02": _people("bccRecipients"),
    "String 0x42": _person("from", "name"),
    "String 0x5d02": _person("from", "address"),
    "String 0xc1a": _person("sender", "name"),
    "String 0x5d01": _person("sender", "address"),
    "Integer 0x1090": _flag,
}
_EVENT: Mapping[str, Give] = {
    **_ITEM,
    "String 0x1a": lambda event: "IPM.Appointment",
    f"Integer {_IN_MEETINGS} Id 0x8205": _told("showAs", _SHOWN_AS),
    f"SystemTime {_IN_MEETINGS} Id 0x820d": _moment("start"),
    f"SystemTime {_IN_MEETINGS} Id 0x820e": _moment("end"),
    f"Boolean {_IN_MEETINGS} Id 0x8215": _named("isAllDay"),
    f"Boolean {_IN_MEETINGS} Id 0x8223": lambda event: event.record.get("recurrence") is not None,
}
_CHANGED = ("SystemTime 0x3008", "SystemTime 0x670a")  # of folders: that of what lies there
_FOLDER: Mapping[str, Give] = {
    "String 0x3001": _named("displayName"),
    "String 0x3613": lambda folder: "IPF.Note",
    "Boolean 0x10f4": _named("isHidden"),
    **dict.fromkeys(_CHANGED, _last_change(_in_folder("user/messages"))),
}
_CONTACT_FOLDER: Mapping[str, Give] = {
    "String 0x3001": _named("displayName"),
    "String 0x3613": lambda folder: "IPF.Contact",
    **dict.fromkeys(_CHANGED, _last_change(_in_folder("user/contacts"))),
}
_CALENDAR: Mapping[str, Give] = {
    "String 0x3001": _named("name"),
    "String 0x3613": lambda calendar: "IPF.Appointment",
    **dict.fromkeys(_CHANGED, _last_change(_in_calendar)),
}
_CONTACT: Mapping[str, Give] = {
    **{id_: give for id_, give in _ITEM.items() if id_ != "String 0x37"},
    "String 0x3001": _named("displayName"),
    "String 0x1a": lambda contact: "IPM.Contact",
}
_KEPT = {
    "message": _MESSAGE,
    "event": _EVENT,
    "contact": _CONTACT,
    "mailFolder": _FOLDER,
    "contactFolder": _CONTACT_FOLDER,
    "calendar": _CALENDAR,
}


def _text(id_: str, value: Any) -> str:
    if id_.startswith("SystemTime"):
        return whole_seconds(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _also(kept: Mapping[str, Give]) -> Callable[[Unfolding], list[Any]]:
    """What was given to a thing, and what Outlook keeps of it, which no body changes."""

    def unfold(unfolding: Unfolding) -> list[Any]:
        given: list[Any] = list(unfolding.rows.scan())
        around = unfolding.around
        if around is None:
            return given
        own = {id_: value for id_, give in kept.items() if (value := give(around)) is not None}
        shown = [{"id": id_, "value": _text(id_, value)} for id_, value in own.items()]
        return [*(each for each in given if each.record["id"] not in own), *shown]

    return unfold


NAVIGATION = tuple(
    Navigation(f"{kind}/singleValueExtendedProperties", unfolds=_also(kept))
    for kind, kept in _KEPT.items()
)
