"""Events and contacts as files: iCalendar (RFC 5545) and vCard (RFC 2426)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fakegraph.workloads.outlook.values import plain

_FOLD = 75
_STATUS = {"free": "TRANSPARENT"}
_CLASS = {"private": "PRIVATE", "confidential": "CONFIDENTIAL"}


def calendar_file(event: Mapping[str, Any]) -> bytes:
    """An event as an iCalendar file, with its times in UTC."""
    return _file(_calendar_lines(event))


def _calendar_lines(event: Mapping[str, Any]) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "METHOD:PUBLISH", "PRODID:Microsoft Exchange Server 2010")
    yield from ("VERSION:2.0", "BEGIN:VEVENT")
    yield f"UID:{event.get('iCalUId') or ''}"
    yield f"SUMMARY:{_text(event.get('subject'))}"
    for name, known in (("DTSTART", "start"), ("DTEND", "end")):
        value = str((event.get(known) or {}).get("dateTime") or "")
        digits = value[:19].replace("-", "").replace(":", "")
        if event.get("isAllDay"):
            yield f"{name};VALUE=DATE:{digits[:8]}"
        elif digits:
            yield f"{name}:{digits}Z"
    organizer = event.get("organizer")
    if organizer:
        yield _person("ORGANIZER", organizer)
    yield from (_person("ATTENDEE", each) for each in event.get("attendees") or ())
    place = (event.get("location") or {}).get("displayName")
    if place:
        yield f"LOCATION:{_text(place)}"
    yield f"DESCRIPTION:{_text(plain(event.get('body')))}"
    yield f"CLASS:{_CLASS.get(str(event.get('sensitivity')), 'PUBLIC')}"
    yield f"TRANSP:{_STATUS.get(str(event.get('showAs')), 'OPAQUE')}"
    yield from ("STATUS:CONFIRMED", "END:VEVENT", "END:VCALENDAR")


def _person(kind: str, recipient: Mapping[str, Any]) -> str:
    address = recipient.get("emailAddress") or {}
    name = str(address.get("name") or address.get("address") or "").replace('"', "")
    return f'{kind};CN="{_line(name)}":mailto:{_line(address.get("address"))}'


def contact_file(contact: Mapping[str, Any]) -> bytes:
    """A contact as a vCard."""
    return _file(_contact_lines(contact))


def _contact_lines(contact: Mapping[str, Any]) -> Iterator[str]:
    yield from ("BEGIN:VCARD", "PROFILE:VCARD", "VERSION:3.0", "MAILER:Microsoft Exchange")
    yield f"FN:{_text(contact.get('displayName'))}"
    parts = ("surname", "givenName", "middleName", "title", "generation")
    yield "N:" + ";".join(_text(contact.get(name)) for name in parts)
    for place, address in enumerate(contact.get("emailAddresses") or ()):
        preferred = "" if place else ",PREF"
        yield f"EMAIL;TYPE=INTERNET{preferred}:{_text(address.get('address'))}"
    for name, kind in (("businessPhones", "WORK"), ("homePhones", "HOME")):
        yield from (f"TEL;TYPE={kind}:{_text(each)}" for each in contact.get(name) or ())
    if contact.get("mobilePhone"):
        yield f"TEL;TYPE=CELL:{_text(contact['mobilePhone'])}"
    if contact.get("companyName"):
        yield f"ORG:{_text(contact['companyName'])};{_text(contact.get('department'))}"
    if contact.get("jobTitle"):
        yield f"TITLE:{_text(contact['jobTitle'])}"
    if contact.get("personalNotes"):
        yield f"NOTE:{_text(contact['personalNotes'])}"
    yield "END:VCARD"


def _text(value: object) -> str:
    """A value as a text of both formats."""
    text = str(value or "").replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _line(value: object) -> str:
    return " ".join(str(value or "").split())


def _file(lines: Iterable[str]) -> bytes:
    folded = (f"{part}\r\n" for line in lines for part in _folded(line))
    return "".join(folded).encode("utf-8", "replace")


def _folded(line: str) -> Iterator[str]:
    yield line[:_FOLD]
    for at in range(_FOLD, len(line), _FOLD - 1):
        yield f" {line[at : at + _FOLD - 1]}"
