"""Messages in channels and chats.

https://learn.microsoft.com/graph/api/resources/chatmessage
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from fakegraph.edm.values import instant
from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Tracking, Type
from fakegraph.workloads.handed import Making, Reading

_EPOCH = instant("1970-01-01T00:00:00Z")
_TICKS_PER_MILLISECOND = 10_000


def milliseconds(time: str) -> int:
    """A time as the number that ids and tags of messages are."""
    return (instant(time) - _EPOCH) // _TICKS_PER_MILLISECOND


def _id(making: Making) -> str:
    """When it was made; messages of one channel or chat that come at once count on."""
    number = milliseconds(making.record.get("createdDateTime") or making.now)
    taken = {each["id"] for each in making.beside()}
    while str(number) in taken:
        number += 1
    return str(number)


def _etag(making: Making) -> str:
    return str(milliseconds(making.now))


def _hosted_id(making: Making) -> str:
    text = f"id={making.new_id()},type=1,url=https://api.asm.skype.com/v1/objects"
    return base64.b64encode(text.encode()).decode()


def _bytes(reading: Reading) -> tuple[bytes, str]:
    record = reading.record
    data = base64.b64decode(record.get("contentBytes") or "")
    return data, str(record.get("contentType") or "application/octet-stream")


def _chat(making: Making) -> str | None:
    owner = (making.owner or {}).get("id")
    return owner if making.owner and "chatType" in making.owner else None


def _check(record: Record, before: Record | None) -> None:
    """What is mentioned and attached in the body, and what is said of it, must agree."""
    content = str((record.get("body") or {}).get("content") or "")
    for name, form in (("mentions", '<at id="{}">'), ("attachments", '<attachment id="{}">')):
        for each in record.get(name) or ():
            if form.format(each.get("id")) not in content:
                raise bad_request(
                    f"The body has nothing for '{each.get('id')}', one of the {name}.", name
                )


_MOST = 50


def _check_query(options: Mapping[str, str]) -> None:
    """Raise GraphError for more on a page than the service gives."""
    top = options.get("top", "")
    if top.isdigit() and int(top) > _MOST:
        raise bad_request(
            "The query specified in the URI is not valid. The limit of "
            f"'{_MOST}' for Top query has been exceeded. The value from the incoming request is "
            f"'{top}'.",
            "$top",
        )


_EMPTY: dict[str, list[Any]] = {"attachments": [], "mentions": [], "reactions": []}

TYPES = (
    Type(
        "chatMessage",
        required=("body",),
        imported_with="createdDateTime",
        ignored=frozenset({"etag", "webUrl", "chatId", "channelIdentity", "replyToId"}),
        generated={"id": _id, "etag": _etag, "chatId": _chat},
        changed={"etag": _etag},
        defaults={"messageType": "message", "importance": "normal", "locale": "en-us", **_EMPTY},
        related=frozenset({"hostedContents"}),
        refuses=(_check,),
        queries=(_check_query,),
        tracking=Tracking(
            options=frozenset({"top", "filter"}),
            filters=re.compile(r"\s*lastModifiedDateTime\s+gt\s+[^\s()]+\s*"),
            typed=True,
        ),
    ),
    Type("teamworkHostedContent", contents={"$value": _bytes}),
    Type("chatMessageHostedContent", generated={"id": _hosted_id}),
)

NAVIGATION: tuple[Navigation, ...] = ()
