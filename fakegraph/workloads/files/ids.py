"""Ids and tags of drives and what lies in them: clients take them apart."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from hashlib import blake2s
from typing import Any
from uuid import UUID

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_KINDS = ("site", "web", "list")
_PACKED = 48
_ITEM = re.compile(r"01[A-Z2-7]{32}")
_TAG = re.compile(r'"(?:c:)?(\{[0-9A-F-]{36}\}),(\d+)"')
#: The root of every drive has this id.
ROOT_GUID = UUID("ea8cc6be-ffdb-43d7-976f-bc7da445c639")


def guid_of(*parts: str) -> UUID:
    """A GUID that is always the same for the same texts."""
    digest = bytearray(blake2s("\n".join(parts).encode(), digest_size=16).digest())
    return UUID(bytes=bytes(digest), version=4)


def packed_id(owner: str, library: str) -> str:
    """The id of the drive that a site, or whatever has it, has as a list."""
    site, web = site_guids(owner) or (guid_of("site", owner), guid_of("web", owner))
    packed = b"".join(guid.bytes_le for guid in (site, web, UUID(library)))
    return f"b!{base64.urlsafe_b64encode(packed).decode()}"


def site_guids(id_: str) -> tuple[UUID, UUID] | None:
    """The GUIDs of the collection and of the site in the id of a site; None for other forms."""
    parts = id_.split(",")
    try:
        _, collection, web = parts
        return UUID(collection), UUID(web)
    except ValueError:
        return None


#: Where the sites of persons are, in which their drives are.
PERSONAL_HOST = "contoso-my.sharepoint.com"


def site_id(host: str, owner: str) -> str:
    """The id of the site that somebody, or a group, has."""
    return f"{host},{guid_of('site', owner)},{guid_of('web', owner)}"


def team_site(group: Mapping[str, Any]) -> str:
    """Where the site of a group is."""
    return f"https://contoso.sharepoint.com/sites/{group.get('mailNickname') or group.get('id')}"


def drive_guids(id_: str) -> tuple[UUID, UUID, UUID]:
    """The GUIDs of the site, the web and the list of a drive; of an id of another form, some that
    are always the same.
    """
    try:
        packed = base64.urlsafe_b64decode(id_.removeprefix("b!"))
    except ValueError:
        packed = b""
    if len(packed) != _PACKED:
        packed = b"".join(guid_of(kind, id_).bytes_le for kind in _KINDS)
    site, web, library = (UUID(bytes_le=packed[at : at + 16]) for at in range(0, _PACKED, 16))
    return site, web, library


def item_id(drive: str, guid: UUID) -> str:
    """The id of an item: six letters that all of a drive have, a bit, and the item's GUID."""
    letters = _written(int(guid_of("drive", drive)), 6)
    return f"01{letters}{_written(1 << 128 | int.from_bytes(guid.bytes_le, 'big'), 26)}"


def item_guid(id_: str) -> UUID:
    """The GUID in the id of an item; of an id of another form, one that is always the same."""
    if _ITEM.fullmatch(id_):
        number = 0
        for letter in id_[8:]:
            number = number << 5 | _LETTERS.index(letter)
        return UUID(bytes_le=(number & ((1 << 128) - 1)).to_bytes(16, "big"))
    try:
        return UUID(id_)
    except ValueError:
        return guid_of("item", id_)


def _written(number: int, size: int) -> str:
    """A number in letters and digits, five bits each."""
    return "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(size)))


def tag(id_: str, number: int, prefix: str = "") -> str:
    """An eTag, or with ``c:`` a cTag; the quotes are part of it."""
    return f'"{prefix}{{{str(item_guid(id_)).upper()}}},{number}"'


def next_tag(old: object, id_: str, prefix: str = "") -> str:
    """The tag after another one."""
    found = _TAG.fullmatch(old) if isinstance(old, str) else None
    return tag(id_, int(found[2]) + 1 if found else 1, prefix)


def whole_seconds(time: str) -> str:
    """A moment as libraries keep it: without parts of a second."""
    return re.sub(r"\.\d+", "", time)
