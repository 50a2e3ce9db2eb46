"""Ids as Outlook has them: long, compared exactly, and ending in what a URL must encode.

Items' begin with ``AAMk``, folders' and calendars' with ``AQMk``, conversations' with ``AAQk``,
immutable ones with ``AAkALgAA``.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import shake_128

from fakegraph.store import Key
from fakegraph.workloads.handed import Lasting, Making

_ITEM, _FOLDER, _CONVERSATION = b"\x00\x03\x24", b"\x01\x03\x24", b"\x00\x04\x24"
_MAILBOX = 36
_LONGEST = 113
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_FORM = re.compile(r"(?=.*[A-Z0-9])[A-Za-z0-9+/_-]{10,}={0,2}")


def item_id(making: Making) -> str:
    """The id of a message, an event, a contact: 152 characters; empty where that is attached."""
    if making.owner_type == "itemAttachment":
        return ""
    return _id(_ITEM, making, _LONGEST)


def attachment_id(making: Making) -> str:
    """The id of what is attached: that of what it is attached to, and more."""
    above = str((making.owner or {}).get("id") or "") or making.new_id().replace("-", "")
    return f"{above.rstrip('=')}ABEgAQA{urlsafe_b64encode(_some(making, 16)).decode()}"


def folder_id(making: Making) -> str:
    """The id of a folder, a calendar or a list: 120 characters."""
    return _id(_FOLDER, making, 89)


def conversation_id(making: Making) -> str:
    """The id of a conversation: each mailbox has its own, by how the message's index begins."""
    index = str(making.record.get("conversationIndex") or making.new_id())
    return _id(_CONVERSATION, making, 77, index[:28])


def rule_id(making: Making) -> str:
    """The id of a rule: 12 characters."""
    return urlsafe_b64encode(b"\x01\x00\x00\x00" + _some(making, 4)).decode()


def change_key(making: Making) -> str:
    """What a version of a thing is called."""
    return b64encode(b"\x09\x00\x00\x00\x16\x00\x00\x00" + _some(making, 20)).decode()


def conversation_index(making: Making) -> str:
    """Where in a conversation the first message is."""
    return b64encode(b"\x01" + _some(making, 21)).decode()


def index_below(index: str, name: str) -> str:
    """Where in a conversation an answer is that is named so: behind the message that it is to."""
    return b64encode(b64decode(index) + shake_128(name.encode()).digest(5)).decode()


def calendar_uid(making: Making) -> str:
    """What an event is called in all calendars; an occurrence has its day where zeros stand."""
    some = _some(making, 36).hex().upper()
    return f"040000008200E00074C5B7101A82E00800000000{some}"


_IMMUTABLE = bytes.fromhex("0009002e00000000001d840311aa6611cd9bc800aa002f845a0d00")
_KEY = 8


def immutable_id(key: Key) -> str:
    """What a thing is called wherever it is moved: 68 characters."""
    named = key.to_bytes(_KEY, "big")
    some = shake_128(_IMMUTABLE + named).digest(16)
    return urlsafe_b64encode(_IMMUTABLE + some + named).decode()


def key_of(id_: str) -> Key | None:
    """What an immutable id is of; None for another id."""
    try:
        key = int.from_bytes(urlsafe_b64decode(id_)[-_KEY:], "big")
    except ValueError:
        return None
    return key if immutable_id(key) == id_ else None


LASTING = Lasting(
    lambda preferences: preferences.get("idtype") == "ImmutableId", immutable_id, key_of
)
"""https://learn.microsoft.com/graph/outlook-immutable-id"""


def may_be_id(text: str, *, guid: bool = True) -> bool:
    """Whether a text has the form of an id; ``guid``: whether that of a GUID is one."""
    return _FORM.fullmatch(text) is not None and (guid or _GUID.fullmatch(text) is None)


def stated_item(mailbox: str, about: str) -> str:
    """The id of an item of somebody's mailbox, always the same for what it is about."""
    return _packed(_ITEM, mailbox, about, _LONGEST)


def stated_folder(mailbox: str, name: str) -> str:
    """The id of a folder of somebody's mailbox, always the same for its name."""
    return _packed(_FOLDER, mailbox, name, 89)


def _id(lead: bytes, making: Making, size: int, about: str | None = None) -> str:
    mailbox = str((making.owner or {}).get("id", ""))
    return _packed(lead, mailbox, about or making.new_id(), size)


def _packed(lead: bytes, mailbox: str, about: str, size: int) -> str:
    owner = mailbox.encode()[:_MAILBOX].ljust(_MAILBOX, b"-")
    kind = b"\x00\x2e" if lead == _FOLDER else b"\x00\x46"
    head = lead + b"\x00" + owner + kind + bytes(6)
    some = shake_128(about.encode()).digest(size - len(head))
    return urlsafe_b64encode(head + some).decode()


def _some(making: Making, size: int) -> bytes:
    return shake_128(making.new_id().encode()).digest(size)
