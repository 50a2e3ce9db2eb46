"""How much a message may have, so that Python's reader of mail, which goes through some headers
again for each sign in them, has them read at once.

https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from email.policy import EmailPolicy
from typing import Any

_LONGEST_HEAD = 256 * 1024  # of a message with all of its parts
_MOST_PARTS = 250
MOST_ADDRESSES = 1_000  # of a header
_LONGEST_ADDRESS = 998  # with the name before it: a line (RFC 5322, 2.1.1)
_LONGEST = 16 * 1024  # of a header that is a text
_LONGEST_FORMED = 4 * 1024  # of one with a form, such as Content-Type
_MOST_SIGNS = 64
_FORMED = frozenset(
    (
        *("content-disposition", "content-transfer-encoding", "content-type"),
        *("date", "message-id", "mime-version"),
    )
)
_ADDRESSES = frozenset(("bcc", "cc", "from", "reply-to", "sender", "to"))
_SIGNS = re.compile(r'[";,()\\<>@]')


class TooMuchMail(ValueError):
    """A message has more than one may have; says what."""


class _Policy(EmailPolicy):
    """How mail is read, and by how much of it was read so far."""

    spent: Any = None

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        self.spent[0] += len(name) + len(value) + 4  # with what stands between and behind
        if self.spent[0] > _LONGEST_HEAD:
            raise TooMuchMail("its headers are longer than 256 kB")
        _check(name.lower(), value)
        return name, value


def _check(name: str, value: str) -> None:
    if name in _ADDRESSES:
        for _ in split(value):
            pass
        return
    is_formed = name in _FORMED
    if len(value) > (_LONGEST_FORMED if is_formed else _LONGEST):
        raise TooMuchMail(f"its header '{name}' is too long")
    if is_formed and len(_SIGNS.findall(value)) > _MOST_SIGNS:
        raise TooMuchMail(f"its header '{name}' has too many parts")


def policy() -> EmailPolicy:
    """The policy to read one message by, which raises TooMuchMail."""
    own: Any = _Policy  # it takes what its class has
    made: EmailPolicy = own(spent=[0])
    return made


def check_parts(message: Message) -> None:
    """Raise TooMuchMail for more parts than a message may have."""
    for number, _ in enumerate(message.walk()):
        if number > _MOST_PARTS:
            raise TooMuchMail(f"it has more than {_MOST_PARTS} parts")


_CLOSING = {"(": ")", "<": ">", '"': '"', "[": "]"}


def split(value: str) -> Iterator[str]:
    """The addresses of a header, each as it is written. Raises TooMuchMail for too many of them,
    and for one that is too long.
    """
    count = 0
    for each in _split(value):
        if not each.strip():
            continue
        count += 1
        if count > MOST_ADDRESSES:
            raise TooMuchMail(f"one of its headers has more than {MOST_ADDRESSES} addresses")
        if len(each) > _LONGEST_ADDRESS:
            raise TooMuchMail("one of its addresses is too long")
        yield each.strip()


def _split(value: str) -> Iterator[str]:
    """What stands between commas that are in no quotes, comment or brackets."""
    begin, closing, escaped = 0, "", False
    for at, sign in enumerate(value):
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif closing:
            closing = "" if sign == closing else closing
        elif sign in _CLOSING:
            closing = _CLOSING[sign]
        elif sign == ",":
            yield value[begin:at]
            begin = at + 1
    yield value[begin:]
