"""Messages as they travel (RFC 5322), and the bytes of their attachments."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from fakegraph.store import Record
from fakegraph.workloads.declarations import Reading

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
    return _built(reading.record, reading.inside("message/attachments")), "text/plain"


def attachment_content(reading: Reading) -> tuple[bytes, str]:
    """What a file that is attached has."""
    record = reading.record
    return b64decode(record.get("contentBytes") or ""), record.get("contentType") or _ANY_MEDIA


def _built(record: Record, attachments: Iterable[Record]) -> bytes:
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
        if each.get("contentBytes") is not None:
            _attach(message, each)
    return message.as_bytes()


def _attach(message: EmailMessage, attachment: Mapping[str, Any]) -> None:
    main, _, sub = (attachment.get("contentType") or _ANY_MEDIA).partition("/")
    message.add_attachment(
        b64decode(attachment["contentBytes"]),
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
