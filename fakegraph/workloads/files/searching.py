"""What is found in drives by words.

https://learn.microsoft.com/graph/api/driveitem-search
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.files.contents import is_read
from fakegraph.workloads.files.items import FOUND, clicked
from fakegraph.workloads.files.operations import by_folder, whole
from fakegraph.workloads.files.sharing import remote, shared_with
from fakegraph.workloads.operations import Call, Marked, Thing, operation

_WORD = re.compile(r"\w+")
_TOLD = ("name", "description")


def _check_query(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for what goes with no search."""
    if options.get("filter"):
        message = "Operation not supported. What is searched for is not filtered besides."
        raise GraphError(400, "notSupported", message, "$filter")


_FOUND = Navigation("driveItem/search", queries=(_check_query,))


@operation("driveItem/search", reads=True, lists=_FOUND)
def search_below(call: Call) -> list[Marked]:
    """https://learn.microsoft.com/graph/api/driveitem-search"""
    drive = call.owner(call.thing)
    assert drive is not None
    found = _found(call, whole(call.thing, by_folder(call, drive))[1:])
    return [Marked(each, FOUND) for each in found]


@operation("drive/search", reads=True, lists=replace(_FOUND, name="drive/search"))
def search(call: Call) -> list[Marked | Record]:
    """As ``search_below`` of the root, with what others have shared with its owner."""
    items = call.inside(call.thing, "drive/items")
    shared = shared_with(call, call.thing)
    found = {each.key for each in _found(call, [item for item, _ in shared])}
    own = _found(call, [each for each in items if "root" not in each.record])
    return [
        *(Marked(each, FOUND) for each in own),
        *(
            {**remote(item.record, drive.record), "searchResult": clicked(item.id)}
            for item, drive in shared
            if item.key in found
        ),
    ]


def _found(call: Call, items: list[Thing]) -> list[Thing]:
    """Of some items, those that have all words that are asked for, or words that begin so."""
    text = str(call.arguments.get("q") or "")
    if "*" in text:
        raise GraphError(400, "invalidRequest", "Invalid request", "q")
    wanted = _WORD.findall(text.casefold())
    return [each for each in items if not wanted or _has(call, each, wanted)]


def _has(call: Call, item: Thing, wanted: list[str]) -> bool:
    told = " ".join(str(item.record.get(name) or "") for name in _TOLD)
    missing = _missing(told, wanted)
    return not missing or not _missing(_text(call, item), missing)


def _missing(text: str, wanted: list[str]) -> list[str]:
    words = _WORD.findall(text.casefold())
    return [each for each in wanted if not any(word.startswith(each) for word in words)]


def _text(call: Call, item: Thing) -> str:
    """What a file of text says."""
    if not is_read(item.record):
        return ""
    return (call.content(item, "content") or b"").decode("utf-8", "replace")


OPERATIONS = (search_below, search)
