"""Messages as they travel (RFC 5322), and the bytes of their attachments."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP, default
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.handed import Given, Reading, short
from fakegraph.workloads.outlook.cards import calendar_file, contact_file

CONTENT = "contentBytes"
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
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    record: Record = {"isDraft": True, "subject": str(message["Subject"] or "")}
    for header, name in _RECIPIENTS.items():
        found = _recipients(message, header)
        if found:
            record[name] = found if name.endswith(("Recipients", "To")) else found[0]
    if message["Message-ID"]:
        record["internetMessageId"] = str(message["Message-ID"])
    own = [
        {"name": name, "value": str(value)}
        for name, value in message.items()
        if name.lower().startswith("x-")
    ]
    if own:
        record["internetMessageHeaders"] = own
    sent = getattr(message["Date"], "datetime", None)
    if sent is not None:
        record["sentDateTime"] = sent.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = message.get_body(("html", "plain"))
    if body is not None:
        kind = "html" if body.get_content_subtype() == "html" else "text"
        record["body"] = {"contentType": kind, "content": body.get_content()}
    files = [_attached(part) for part in message.iter_attachments()]
    return Given({**record, "attachments": files} if files else record)


def _recipients(message: EmailMessage, header: str) -> list[Record]:
    found = getattr(message[header], "addresses", ())
    return [
        {"emailAddress": {"name": each.display_name or each.addr_spec, "address": each.addr_spec}}
        for each in found
    ]


def _attached(part: Message) -> Record:
    """A file that came with a message."""
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


def _built(record: Record, attachments: Iterable[Reading]) -> bytes:
    message = EmailMessage(policy=SMTP)
    for header, name in _RECIPIENTS.items():
        found = record.get(name) or []
        addresses = [_address(each) for each in (found if isinstance(found, list) else [found])]
        if addresses:
            message[header] = addresses
    message["Subject"] = " ".join(str(record.get("subject") or "").split())
    message["Message-ID"] = record.get("internetMessageId")
    message["Date"] = datetime.fromisoformat(record["sentDateTime"])
    for each in record.get("internetMessageHeaders") or ():
        if each.get("name", "").lower().startswith("x-"):
            message[each["name"]] = each.get("value") or ""
    body = record.get("body") or {}
    kind = "html" if body.get("contentType") == "html" else "plain"
    message.set_content(body.get("content") or "", subtype=kind)
    for each in attachments:
        data = each.content(CONTENT)
        if data is not None:
            _attach(message, each.record, data)
        elif short(each.type.name) == "itemAttachment":
            _attach_item(message, each)
    return message.as_bytes()


def _attach_item(message: EmailMessage, attachment: Reading) -> None:
    """Attach a message as such (RFC 2046, message/rfc822), and other things as files."""
    data, media = item_content(attachment)
    if media == "text/plain" and data:
        message.add_attachment(message_from_bytes(data, policy=SMTP))
    elif data:
        _attach(message, {**attachment.record, "contentType": media}, data)


def _attach(message: EmailMessage, attachment: Mapping[str, Any], data: bytes) -> None:
    main, _, sub = (attachment.get("contentType") or _ANY_MEDIA).partition("/")
    message.add_attachment(
        data,
        maintype=main,
        subtype=sub or "octet-stream",
        filename=attachment.get("name"),
        disposition="inline" if attachment.get("isInline") else "attachment",
        cid=f"<{attachment['contentId']}>" if attachment.get("contentId") else None,
    )


def _address(recipient: Mapping[str, Any]) -> Address:
    known = recipient.get("emailAddress") or {}
    user, _, domain = str(known.get("address") or "").rpartition("@")
    return Address(str(known.get("name") or ""), user or domain, domain if user else "")
