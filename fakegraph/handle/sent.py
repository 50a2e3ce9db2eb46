"""The mail that was sent, as tests look at it."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fakegraph.tenants.journal import printable


@dataclass(frozen=True)
class SentAttachment:
    """What was attached: ``size`` as the service says it, ``content`` None where it is no file."""

    name: str | None
    content_type: str | None
    size: int
    is_inline: bool
    content: bytes | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> SentAttachment:
        """An attachment from what the control API says of it."""
        data = told["contentBytes"]
        content = None if data is None else b64decode(data)
        return cls(told["name"], told["contentType"], told["size"], told["isInline"], content)


@dataclass(frozen=True)
class SentMail:
    """A mail that a request had sent. All people are addresses; ``time`` is the tenant's.

    ``body_type`` is ``text`` or ``html``. ``path`` is that of the sender's copy
    (``users/ID/messages/ID``), None where none was saved, or it is gone by now.
    """

    sender: str
    from_: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    body: str
    body_type: str
    attachments: tuple[SentAttachment, ...]
    internet_message_id: str
    path: str | None
    time: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> SentMail:
        """A mail from what the control API says of it."""
        return cls(
            sender=told["sender"],
            from_=told["from"],
            to=tuple(told["to"]),
            cc=tuple(told["cc"]),
            bcc=tuple(told["bcc"]),
            subject=told["subject"],
            body=told["body"],
            body_type=told["bodyType"],
            attachments=tuple(map(SentAttachment.of, told["attachments"])),
            internet_message_id=told["internetMessageId"],
            path=told["path"],
            time=told["time"],
        )

    @property
    def recipients(self) -> tuple[str, ...]:
        """All whom it went to."""
        return (*self.to, *self.cc, *self.bcc)

    def __str__(self) -> str:
        lists = {"to": self.to, "cc": self.cc, "bcc": self.bcc}
        people = " ".join(f"{name} {', '.join(who)}" for name, who in lists.items() if who)
        files = ", ".join(each.name or "?" for each in self.attachments)
        attached = f" with {files}" if files else ""
        return printable(f"{self.subject!r} from {self.from_} {people}{attached}")


@dataclass(frozen=True)
class Wanted:
    """What mail is asked for. None: whatever it is; ``*`` in a text stands for anything.

    ``to``, ``cc`` and ``bcc`` are addresses, in any case, of which there may be more;
    ``attachments`` likewise names of files.
    """

    sender: str | None = None
    to: str | Iterable[str] | None = None
    cc: str | Iterable[str] | None = None
    bcc: str | Iterable[str] | None = None
    subject: str | None = None
    body: str | None = None
    attachments: str | Iterable[str] | None = None

    def matches(self, mail: SentMail) -> bool:
        """Whether a mail is so."""
        files = [each.name or "" for each in mail.attachments]
        pairs = ((self.to, mail.to), (self.cc, mail.cc), (self.bcc, mail.bcc))
        return (
            all(_all_in(wanted, found) for wanted, found in (*pairs, (self.attachments, files)))
            and _all_in(self.sender, (mail.sender, mail.from_))
            and _meets(self.subject, mail.subject)
            and _meets(self.body, mail.body)
        )

    def __str__(self) -> str:
        said = {
            "from": self.sender,
            "to": self.to,
            "cc": self.cc,
            "bcc": self.bcc,
            "with": self.attachments,
        }
        people = [f"{name} {', '.join(_texts(each))}" for name, each in said.items() if each]
        texts = {"subject": self.subject, "body": self.body}
        about = [f"{name} {text!r}" for name, text in texts.items() if text is not None]
        return printable(" ".join(["mail", *people, *about]))


def _texts(given: str | Iterable[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _all_in(wanted: str | Iterable[str] | None, found: Iterable[str]) -> bool:
    """Whether each of the texts is there, in any case."""
    known = {each.casefold() for each in found}
    return all(each.casefold() in known for each in _texts(wanted))


def _meets(pattern: str | None, text: str) -> bool:
    if pattern is None or pattern == text:
        return True
    parts = map(re.escape, pattern.split("*"))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None


def lines(mail: Iterable[SentMail]) -> str:
    """Mail as lines of a message."""
    return "".join(f"\n  {each}" for each in mail)
