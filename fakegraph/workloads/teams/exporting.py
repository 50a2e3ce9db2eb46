"""All messages of the channels of a team, or of the chats of a user, in one list.

https://learn.microsoft.com/graph/api/channel-getallmessages
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fakegraph.errors import bad_request
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.teams.queries import allowing

_BOUND = re.compile(r"lastModifiedDateTime\s+(gt|ge|lt|le)\s+[^\s()]+", re.I)
_AND = re.compile(r"\s+and\s+", re.I)


def _check_range(options: Mapping[str, str]) -> None:
    """Raise GraphError for other conditions than bounds of when a message was changed last."""
    bounds = _AND.split(options.get("filter", "").strip())
    if "filter" in options and not all(map(_BOUND.fullmatch, bounds)):
        message = "All messages are found by bounds of lastModifiedDateTime: gt … and … lt …."
        raise bad_request(message, "$filter")


def _check_model(options: Mapping[str, str]) -> None:
    """Raise GraphError for what is no model that it is paid for by."""
    model = options.get("model", "A")
    if model not in ("A", "B"):
        raise bad_request(f"The model is 'A' or 'B', and not '{model}'.", "model")


_LISTED = Navigation(
    "getAllMessages",
    page_size=50,
    counted="page",
    parameters=("model",),
    queries=(allowing("top", "filter", "model"), _check_range, _check_model),
)


def _all_in(call: Call, container: str) -> Iterator[Thing]:
    for thing in call.things():
        for message in call.inside(thing, f"{container}/messages"):
            yield message
            yield from call.inside(message, "chatMessage/replies")


@operation("channel*/getAllMessages", lists=_LISTED)
def of_channels(call: Call) -> Iterator[Thing]:
    """https://learn.microsoft.com/graph/api/channel-getallmessages"""
    return _all_in(call, "channel")


@operation("chat*/getAllMessages", lists=_LISTED)
def of_chats(call: Call) -> Iterator[Thing]:
    """https://learn.microsoft.com/graph/api/chats-getallmessages"""
    return _all_in(call, "chat")


OPERATIONS = (of_channels, of_chats)
