"""Photos of people, groups and contacts.

https://learn.microsoft.com/graph/api/resources/profilephoto
"""

from __future__ import annotations

from hashlib import blake2s

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Filled, Unfolding
from fakegraph.workloads.outlook.words import OutlookWords
from fakegraph.workloads.pictures import picture_size

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
_COPIED = ("@bytes", "@media", "@odata.mediaContentType", "@odata.mediaEtag")


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
    """Let a photo be there in all sizes up to its own: no size is drawn, each has all bytes."""
    place = _place(acting, row)
    if place is None or row.record.get("@bytes") == before.get("@bytes"):
        return
    _withdraw(acting, row)
    copied = {name: row.record[name] for name in _COPIED if name in row.record}
    largest = max(row.record.get("width") or 0, row.record.get("height") or 0)
    for size in _SIZES:
        if size <= largest:
            acting.put_at(place, {"id": f"{size}X{size}", "width": size, "height": size, **copied})


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
TYPES = (Type("profilePhoto", filled=_filled, altered=_spread, unmade=_withdraw),)
NAVIGATION = (
    *(
        Navigation(f"{kind}/photos", words=_WORDS, unfolds=_all_sizes, by_all=True)
        for kind in ("user", "group")
    ),
    *(Navigation(f"{kind}/photo", by_all=True) for kind in ("user", "group")),
)
