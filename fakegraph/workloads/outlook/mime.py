"""Messages as they travel (RFC 5322), and the bytes of their attachments."""

from __future__ import annotations

import codecs
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.handed import Given, Reading, short
from fakegraph.workloads.outlook import heads
from fakegraph.workloads.outlook.cards import calendar_file, contact_file

CONTENT = "contentBytes"
HEAD = "@head"
"""Of a message, what its head says that no property tells: texts by the names of headers."""
LONGEST_SUBJECT = 255
LOST = "@lost"
"""Of a report of what was not delivered, the addresses that nobody has."""
NOT_FOUND = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
_ANY_MEDIA = "application/octet-stream"
_RECIPIENTS = {
    "From": "from",
    "Sender": "sender",
    "To": "toRecipients",
    "Cc": "ccRecipients",
    "Reply-To": "replyTo",
}


def message_content(reading: Reading) -> tuple[bytes, str]:
    """A message, with what is attached to it."""
    return _built(reading.record, reading.parts("message/attachments")), "text/plain"


def attachment_content(reading: Reading) -> tuple[bytes, str]:
    """What a file that is attached has."""
    return reading.content(CONTENT) or b"", reading.record.get("contentType") or _ANY_MEDIA


def item_content(reading: Reading) -> tuple[bytes, str]:
    """A message, an event or a contact that is attached to another thing, as a file."""
    for item in reading.parts("itemAttachment/item"):
        kind = short(item.type.name)
        if kind == "event":
            return calendar_file(item.record), "text/calendar"
        return (
            (contact_file(item.record), "text/vcard")
            if kind == "contact"
            else message_content(item)
        )
    return b"", "text/plain"


def no_content(reading: Reading) -> tuple[bytes, str]:
    """Raise GraphError (405): what a reference leads to is kept elsewhere."""
    message = "The OData request is not supported: a referenceAttachment has no bytes here."
    raise GraphError(405, "ErrorInvalidRequest", message)


def read_message(data: bytes) -> Given:
    """The draft that a message in base64 means. Raises GraphError (400)."""
    try:
        raw = b64decode(b"".join(data.split()), validate=True)
    except ValueError as error:
        raise GraphError(
            400,
            "ErrorMimeContentInvalidBase64String",
            "Invalid base64 string for MIME content.",
        ) from error
    if not raw.strip():
        raise GraphError(
            400, "ErrorMimeContentInvalid", "The MIME content is invalid: it is empty."
        )
    try:
        message = message_from_bytes(raw, policy=heads.policy())
        heads.check_parts(message)
        return _read(message)
    except heads.TooMuchMail as error:
        why = f"The MIME content is invalid: {error}."
        raise GraphError(400, "ErrorMimeContentInvalid", why) from error
    except RecursionError as error:
        why = "The MIME content is invalid: its parts are nested too deep."
        raise GraphError(400, "ErrorMimeContentInvalid", why) from error
    except _TRIPPED as error:
        why = "The MIME content is invalid: one of its headers cannot be read."
        raise GraphError(400, "ErrorMimeContentInvalid", why) from error


_TRIPPED = (IndexError, AttributeError, TypeError, UnboundLocalError, UnicodeError)
"""What Python's reader of headers raises where it trips over one."""


def _read(message: Message) -> Given:
    assert isinstance(message, EmailMessage)
    subject = str(message["Subject"] or "")[:LONGEST_SUBJECT]  # the store keeps no more of it
    record: Record = {"isDraft": True, "subject": subject}
    for header, name in {**_RECIPIENTS, "Bcc": "bccRecipients"}.items():
        found = _recipients(message, header)
        if found:
            record[name] = found if name.endswith(("Recipients", "To")) else found[0]
    if message["Message-ID"]:
        record["internetMessageId"] = str(message["Message-ID"])
    head = {name: str(message[name]) for name in _SAID if message[name]}
    if head:
        record[HEAD] = head
    record |= _wishes(message)
    own = [
        {"name": name, "value": str(message.policy.header_fetch_parse(name, value))}
        for name, value in message.raw_items()
        if name.lower().startswith("x-")
    ]
    if own:
        record["internetMessageHeaders"] = own
    sent: Any = getattr(message["Date"], "datetime", None)
    with suppress(AttributeError, OverflowError):  # without a date, or one that UTC has not
        record["sentDateTime"] = sent.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = message.get_body(("html", "plain"))
    if body is not None:
        kind = "html" if body.get_content_subtype() == "html" else "text"
        record["body"] = {"contentType": kind, "content": _text(body)}
    files = [_attached(part) for part in message.iter_attachments()]
    return Given(_whole({**record, "attachments": files} if files else record))


_SAID = ("In-Reply-To", "References", "Auto-Submitted")
SUPPRESS, IS_REPORT = "X-Auto-Response-Suppress", "X-MS-Exchange-Message-Is-Ndr"
_REPORT = "multipart/report; report-type=delivery-status"
_PRIORITIES = {"high": "high", "low": "low", "1": "high", "2": "high", "4": "low", "5": "low"}
_RECEIPTS = {
    "Disposition-Notification-To": "isReadReceiptRequested",
    "Return-Receipt-To": "isDeliveryReceiptRequested",
}


def is_head(value: Any) -> bool:
    """Whether a seed can say this of the head of a message."""
    known = {*_SAID, SUPPRESS, IS_REPORT}
    return isinstance(value, dict) and all(
        name in known and isinstance(text, str) for name, text in value.items()
    )


def _wishes(message: Message) -> Record:
    """How important a message says that it is, and which receipts it asks for."""
    found: Record = {name: True for header, name in _RECEIPTS.items() if message[header]}
    said = str(message["Importance"] or message["X-Priority"] or "").split()
    importance = _PRIORITIES.get(said[0].casefold()) if said else None
    return {**found, "importance": importance} if importance else found


def answering(original: Mapping[str, Any]) -> dict[str, str]:
    """What the head of an answer to a message says of it (RFC 5322, 3.6.4).

    Of a long thread the first message is named, and the last ones.
    """
    id_, head = str(original.get("internetMessageId") or ""), original.get(HEAD) or {}
    first, *later = [*str(head.get("References") or head.get("In-Reply-To") or "").split(), id_]
    return {"In-Reply-To": id_, "References": " ".join([first, *later[-_MOST_NAMED:]])}


_MOST_NAMED = 50


def _whole(value: Any) -> Any:
    """What was read, with a mark in the place of each byte that is no text."""
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return value


def _recipients(message: EmailMessage, header: str) -> list[Record]:
    """Whom a header names. One address is read at a time: the reader of a whole header goes through
    what is left of it after each sign.
    """
    said = next((text for name, text in message.raw_items() if name.lower() == header.lower()), "")
    found: list[Record] = []
    for each in heads.split(str(said)):
        try:
            read: Any = message.policy.header_fetch_parse(header, each.rstrip("; "))
            found += [{**_named(one), "address": one.addr_spec} for one in read.addresses]
        except _TRIPPED:  # over what is no address
            found.append({"address": each})
    return [{"emailAddress": each} for each in found]


def _named(address: Address) -> Record:
    """The name that a message gives somebody: the directory has one for who has none there."""
    return {"name": address.display_name} if address.display_name else {}


def _text(part: Message) -> str:
    """What a part of text says; of an alphabet that nobody knows, what of it can be read."""
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    with suppress(LookupError, ValueError):
        charset = codecs.lookup(part.get_content_charset("utf-8")).name
        if charset not in _NO_ALPHABETS:
            return raw.decode(charset, errors="replace")
    return raw.decode(errors="replace")


_NO_ALPHABETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""What Python knows as alphabets of texts, and mail does not; some take long."""


def _attached(part: Message) -> Record:
    """What came with a message: a file, or a message."""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        assert isinstance(part, EmailMessage)
        return _attached_message(next(iter(part.iter_parts())))
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else part.as_bytes()
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": part.get_filename() or "attachment",
        "contentType": part.get_content_type(),
        "contentId": (part["Content-ID"] or "").strip("<>") or None,
        "isInline": part.get_content_disposition() == "inline",
        "contentBytes": b64encode(data).decode(),
    }


def _attached_message(message: Message) -> Record:
    """A message that came with another."""
    item = _read(message).record
    kind = {"@odata.type": "#microsoft.graph.message"}
    name = {"@odata.type": "#microsoft.graph.itemAttachment", "name": item["subject"]}
    return {**name, "item": {**kind, **item, "isDraft": False}}


def _built(record: Record, attachments: Iterable[Reading]) -> bytes:
    message = EmailMessage(policy=SMTP)
    for header, name in _RECIPIENTS.items():
        found = record.get(name) or []
        addresses = [_address(each) for each in (found if isinstance(found, list) else [found])]
        if addresses:
            message[header] = addresses
    message["Subject"] = _line(record.get("subject"))
    message["Message-ID"] = _line(record.get("internetMessageId"))
    message["Date"] = datetime.fromisoformat(record["sentDateTime"])
    for name, value in (record.get(HEAD) or {}).items():
        message[name] = _line(value)
    for each in record.get("internetMessageHeaders") or ():
        if _HEADER.fullmatch(str(each.get("name"))):
            message[each["name"]] = _line(each.get("value"))
    body = record.get("body") or {}
    kind = "html" if body.get("contentType") == "html" else "plain"
    message.set_content(body.get("content") or "", subtype=kind)
    for each in attachments:
        data = each.content(CONTENT)
        if data is not None:
            _attach(message, each.record, data)
        elif short(each.type.name) == "itemAttachment":
            _attach_item(message, each)
    if record.get(LOST):
        _report(message, record[LOST])
    try:
        return message.as_bytes()
    except UnicodeEncodeError:  # an address that only SMTPUTF8 knows (RFC 6532)
        return message.as_bytes(policy=SMTPUTF8)


def _report(message: EmailMessage, lost: Iterable[object]) -> None:
    """Make a message a report for machines too (RFC 3464): what became of each recipient."""
    about = Message()
    about["Reporting-MTA"] = f"dns;{_HOST}"
    blocks: list[Any] = [about]
    for each in lost:
        block = Message()
        block["Final-Recipient"] = f"rfc822;{_line(each)}"
        block["Action"] = "failed"
        block["Status"] = "5.1.10"
        block["Diagnostic-Code"] = f"smtp;{NOT_FOUND}"
        blocks.append(block)
    status = EmailMessage(policy=SMTP)
    status["Content-Type"] = "message/delivery-status"
    status.set_payload(blocks)
    if not message.is_multipart():  # a seed may have attached something
        message.make_mixed()
    message.attach(status)
    message.set_type("multipart/report")
    message.set_param("report-type", "delivery-status")


_HEADER = re.compile(r"[xX]-[!-9;-~]*")
_MEDIA = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


_HOST = "fake.prod.outlook.com"


def transport_headers(message: Mapping[str, Any], now: str) -> list[dict[str, str]]:
    """The headers that a message has when it has arrived, with its sender's own at the end."""
    said = {"Received": f"from {_HOST} by {_HOST} with HTTPS; {_date(now)}"}
    for header in ("From", "To", "Cc"):
        found = message.get(_RECIPIENTS[header]) or []
        people = found if isinstance(found, list) else [found]
        if people:
            said[header] = ", ".join(str(_address(each)) for each in people)
    head = message.get(HEAD) or {}
    kind = "html" if (message.get("body") or {}).get("contentType") == "html" else "plain"
    said |= {
        "Subject": _line(message.get("subject")),
        "Date": _date(str(message.get("sentDateTime") or now)),
        "Message-ID": _line(message.get("internetMessageId")),
        "Content-Type": _REPORT if IS_REPORT in head else f'text/{kind}; charset="utf-8"',
        **{name: _line(value) for name, value in head.items()},
        "MIME-Version": "1.0",
    }
    own = [
        {"name": each["name"], "value": each.get("value") or ""}
        for each in message.get("internetMessageHeaders") or ()
        if str(each.get("name")).lower().startswith("x-")
    ]
    return [*({"name": name, "value": value} for name, value in said.items()), *own]


def _date(moment: str) -> str:
    return format_datetime(datetime.fromisoformat(moment))


def _attach_item(message: EmailMessage, attachment: Reading) -> None:
    """Attach a message as such (RFC 2046, message/rfc822), and other things as files."""
    data, media = item_content(attachment)
    if media == "text/plain" and data:
        message.add_attachment(message_from_bytes(data, policy=SMTP))
    elif data:
        _attach(message, {**attachment.record, "contentType": media}, data)


def _attach(message: EmailMessage, attachment: Mapping[str, Any], data: bytes) -> None:
    said, cid = _line(attachment.get("contentType")), _line(attachment.get("contentId"))
    main, _, kind = (said if _MEDIA.fullmatch(said) else _ANY_MEDIA).partition("/")
    if main in ("multipart", "message"):  # which hold others, and no bytes
        main, _, kind = _ANY_MEDIA.partition("/")
    message.add_attachment(
        data,
        maintype=main,
        subtype=kind,
        filename=_line(attachment.get("name")),
        disposition="inline" if attachment.get("isInline") else "attachment",
        cid=f"<{cid}>" if cid else None,
    )


def _address(recipient: Mapping[str, Any]) -> Address:
    known = recipient.get("emailAddress") or {}
    user, _, domain = _line(known.get("address")).rpartition("@")
    return Address(_line(known.get("name")), user or domain, domain if user else "")


def _line(text: object) -> str:
    """A text as it may stand in a header: in one line, without what is no character of a text."""
    whole = str(text or "").encode(errors="replace").decode()
    return " ".join("".join(each if each.isprintable() else " " for each in whole).split())
