"""What is seen of pictures: how large they are, thumbnails, and previews of any file.

https://learn.microsoft.com/graph/api/driveitem-list-thumbnails
https://learn.microsoft.com/graph/api/driveitem-preview
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.checkout import check_kind
from fakegraph.workloads.files.queries import check_pictures
from fakegraph.workloads.handed import Looking, Unfolding
from fakegraph.workloads.operations import Call, operation
from fakegraph.workloads.pictures import NoPicture, drawn

_NAMED = {
    "small": "c96x96",
    "medium": "c176x176",
    "large": "c800x800",
    "smallSquare": "c96x96_crop",
    "mediumSquare": "c176x176_crop",
    "largeSquare": "c800x800_crop",
}
_USUAL = ("small", "medium", "large")
_CUSTOM = re.compile(r"c([1-9]\d{0,3})x([1-9]\d{0,3})(_crop)?")
_SET = "0"
_NO_SIZES = ("id", "source")  # which sets have besides


class Box(NamedTuple):
    """What a thumbnail fits into, or with ``crop`` fills: what is over is cut off."""

    width: int
    height: int
    crop: bool

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """The size of the thumbnail of a picture: none is larger than that, unless it fills."""
        if self.crop:
            return self.width, self.height
        scale = min(self.width / width, self.height / height, 1)
        return max(round(width * scale), 1), max(round(height * scale), 1)


def box_of(name: str) -> Box | None:
    """What a size means: ``small``, ``c300x400``, ``c300x400_crop``; None for no size."""
    found = _CUSTOM.fullmatch(_NAMED.get(name, name))
    return None if found is None else Box(int(found[1]), int(found[2]), bool(found[3]))


def draw(data: bytes, name: str) -> tuple[bytes, str]:
    """The thumbnail of a picture, and its media type.

    Raises GraphError: 404 for what is no picture after all, 501 without Pillow.
    """
    box = box_of(name)
    assert box is not None
    try:
        return drawn(data, (box.width, box.height), box.fitted)
    except NoPicture as error:
        raise GraphError(404, "itemNotFound", "There is no thumbnail of this file.") from error


def _set_of(image: Record, names: Iterable[str], link: Any) -> Record:
    """A set of thumbnails; ``link`` gives the URL of a stream."""
    found: Record = {"id": _SET}
    for name in names:
        box = box_of(name)
        if box is None and name not in _NO_SIZES:
            message = f"'{name}' is no size of thumbnails: {', '.join(_NAMED)}, c300x400_crop are."
            raise GraphError(400, "invalidRequest", message, "$select")
        if box is not None:
            width, height = box.fitted(image["width"], image["height"])
            found[name] = {"height": height, "width": width, "url": link(f"content~{name}")}
    return found


def _measured(record: Record) -> Record | None:
    """What is known of a picture that has a size; None of anything else."""
    image = record.get("image") or {}
    return image if image.get("width") and image.get("height") else None


def _sizes(wanted: Iterable[str]) -> tuple[str, ...]:
    """The sizes that are told: the usual ones, unless something is selected."""
    named = tuple(wanted)
    return named or _USUAL


def _sets(unfolding: Unfolding) -> list[Any]:
    """All that there are of an item: those that were put there, or one of a picture."""
    found: list[Any] = list(unfolding.rows.scan())
    around = unfolding.around
    image = None if around is None else _measured(around.record)
    if found or around is None or image is None:
        return found
    return [_set_of(image, _sizes(unfolding.selected), around.download)]


def _reached(looking: Looking, key: str, item: Row | None) -> Record | None:
    """The one of a picture, by its id."""
    image = None if item is None else _measured(item.record)
    if item is None or key != _SET or image is None:
        return None
    return _set_of(image, _sizes(looking.selected), lambda stream: looking.link(item, stream))


@operation("driveItem/preview", reads=True, status=200)
def preview(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/driveitem-preview"""
    item, said = call.thing, call.arguments
    check_kind(item.record)
    shown = [f"{name}={said[name]}" for name in ("page", "zoom") if said.get(name) is not None]
    url = call.around(item).download("content~view")
    # As viewers of PDF read fragments (RFC 8118).
    return {"getUrl": url + ("#" + "&".join(shown) if shown else "")}


OPERATIONS = (preview,)

TYPES = (Type("thumbnailSet", open=True),)

NAVIGATION = (
    Navigation("driveItem/thumbnails", unfolds=_sets, reached=_reached, expands=check_pictures),
)
