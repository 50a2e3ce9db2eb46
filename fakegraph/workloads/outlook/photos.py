"""Photos of people, groups and contacts.

https://learn.microsoft.com/graph/api/resources/profilephoto
"""

from __future__ import annotations

from hashlib import blake2s

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Filled, Reading, Unfolding
from fakegraph.workloads.outlook.words import OutlookWords
from fakegraph.workloads.pictures import JPEG, NoPicture, drawn, picture_size

MOST_BYTES = 4 * 1024 * 1024


def _filled(given: Filled) -> Record:
    """What is known of a photo by its bytes. Raises GraphError for what is no picture."""
    if given.content.size > MOST_BYTES:
        raise GraphError(413, "RequestEntityTooLarge", "A photo has less than 4 MB.")
    data = given.content.read()
    size = picture_size(data)
    if size is None:
        raise GraphError(400, "ErrorInvalidImage", "The photo is no JPEG, PNG or GIF picture.")
    width, height = size
    return {
        "id": f"{width}X{height}",
        "width": width,
        "height": height,
        "@odata.mediaContentType": given.media_type,
        "@odata.mediaEtag": f'"{blake2s(data, digest_size=4).hexdigest().upper()}"',
    }


# Sizes ---------------------------------------------------------------------------------------

_SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)
_KINDS = ("users", "groups")
_BYTES, _VALUE, _WHOLE = "@bytes", "$value", "whole"
"""The bytes of each size are drawn of those of the photo, which it has by another name."""


def _place(acting: Acting, row: Row) -> str | None:
    """The path of all sizes of a photo; None for a photo that has but one."""
    owner = acting.owner(row)
    for kind in _KINDS if owner is not None else ():
        assert owner is not None
        found = acting.found((kind,), owner.record["id"])
        if found is not None and found.key == owner.key:
            return f"{kind}/{owner.record['id']}/photos"
    return None


def _spread(acting: Acting, row: Row, before: Record) -> None:
    """Let a photo be there in all sizes up to its own, square as people are shown."""
    place, given = _place(acting, row), row.record.get(_BYTES)
    if place is None or given == before.get(_BYTES):
        return
    _withdraw(acting, row)
    if not given:
        return
    tag = row.record.get("@odata.mediaEtag")
    largest = max(row.record.get("width") or 0, row.record.get("height") or 0)
    for size in _SIZES:
        if size <= largest:
            kept: Record = {"id": f"{size}X{size}", "width": size, "height": size}
            kept |= {"@odata.mediaContentType": "image/jpeg", "@odata.mediaEtag": tag}
            acting.put_at(place, {**kept, _BYTES: {_WHOLE: given[_VALUE]}})


def _drawn(reading: Reading) -> tuple[bytes, str]:
    """A photo in one of its sizes. Raises GraphError: 404 for one without bytes, or that cannot be
    drawn, 501 without Pillow.
    """
    data = reading.content(_WHOLE)
    size = int(reading.record.get("width") or 0)
    if data is None or not size:
        raise OutlookWords().not_found("profilePhoto", _VALUE)
    if picture_size(data) == (size, size) and data.startswith(JPEG):
        return data, "image/jpeg"
    try:
        return drawn(data, (size, size), lambda width, height: (size, size), flat=True)
    except NoPicture as error:
        raise OutlookWords().not_found("profilePhoto", _VALUE) from error


def _withdraw(acting: Acting, row: Row) -> None:
    place = _place(acting, row)
    for each in acting.all(place) if place is not None else ():
        acting.remove(each)


def _all_sizes(unfolding: Unfolding) -> list[Row]:
    """What there is of a photo. Raises GraphError (404) where there is none."""
    found = [*unfolding.rows.scan()]
    if not found:
        raise OutlookWords().not_found("profilePhoto", "photos")
    return found


_WORDS = {f"{size}x{size}": {"id": f"{size}X{size}"} for size in _SIZES}
TYPES = (
    Type(
        "profilePhoto",
        filled=_filled,
        altered=_spread,
        unmade=_withdraw,
        contents={_VALUE: _drawn},
        all_bytes=frozenset({"PATCH", "DELETE"}),
    ),
)
NAVIGATION = (
    *(
        Navigation(f"{kind}/photos", words=_WORDS, unfolds=_all_sizes, by_all=True)
        for kind in ("user", "group")
    ),
    *(Navigation(f"{kind}/photo", by_all=True) for kind in ("user", "group")),
)
