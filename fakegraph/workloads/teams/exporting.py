"""All messages of the channels of a team, or of the chats of a user, and all recordings and
transcripts of the meetings of somebody, each in one list.

https://learn.microsoft.com/graph/api/channel-getallmessages
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from fakegraph.edm.values import instant
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


def _messages(container: str) -> Callable[[Call], Iterator[Thing]]:
    def all_in(call: Call) -> Iterator[Thing]:
        for thing in call.things():
            for message in call.inside(thing, f"{container}/messages"):
                yield message
                yield from call.inside(message, "chatMessage/replies")

    return all_in


# https://learn.microsoft.com/graph/api/onlinemeeting-getallrecordings
_KEPT = Navigation("getAllRecordings", page_size=20, max_page=100, counted="page")


def _kept(container: str) -> Callable[[Call], Iterator[Thing]]:
    """What was kept of meetings or calls, made in a time that a request may say."""

    def all_in(call: Call) -> Iterator[Thing]:
        given = call.arguments
        who = given.get("meetingOrganizerUserId") or given.get("userId")
        if who and str(who).casefold() != call.holder.id.casefold():
            message = f"The URL is about '{call.holder.id}', and not about '{who}'."
            raise bad_request(message, "meetingOrganizerUserId")
        first, last = (given.get(name) for name in ("startDateTime", "endDateTime"))
        for meeting in call.things():
            for each in call.inside(meeting, container):
                made = each.record.get("createdDateTime")
                if _is_within(made, first, last):
                    yield each

    return all_in


def _is_within(made: str | None, first: str | None, last: str | None) -> bool:
    if made is None:
        return first is None and last is None
    moment = instant(made)
    return (first is None or moment >= instant(first)) and (last is None or moment <= instant(last))


OPERATIONS = (
    *(
        operation(f"{of}*/{name}", lists=_LISTED)(_messages(of))
        for of in ("channel", "chat")
        for name in ("getAllMessages", "getAllRetainedMessages")
    ),
    *(
        operation(f"{of}*/getAll{what.capitalize()}", lists=_KEPT)(_kept(f"{of}/{what}"))
        for of in ("onlineMeeting", "adhocCall")
        for what in ("recordings", "transcripts")
    ),
)
