"""Messages in channels and chats.

https://learn.microsoft.com/graph/api/resources/chatmessage
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Making, Navigation, Type

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def milliseconds(time: str) -> int:
    """A time as the number that ids and tags of messages are."""
    found = datetime.fromisoformat(time[:26].rstrip("Z") + "+00:00")
    return (found - _EPOCH) // timedelta(milliseconds=1)


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


_EMPTY: dict[str, list[Any]] = {"attachments": [], "mentions": [], "reactions": []}

TYPES = (
    Type(
        "chatMessage",
        required=("body",),
        ignored=frozenset({"etag", "webUrl", "chatId", "channelIdentity", "replyToId"}),
        generated={"id": _id, "etag": _etag, "chatId": _chat},
        changed={"etag": _etag},
        defaults={"messageType": "message", "importance": "normal", "locale": "en-us", **_EMPTY},
        related=frozenset({"hostedContents"}),
        refuses=(_check,),
    ),
    Type("teamworkHostedContent", value_of="contentBytes"),
    Type("chatMessageHostedContent", generated={"id": _hosted_id}),
)

NAVIGATION: tuple[Navigation, ...] = ()
