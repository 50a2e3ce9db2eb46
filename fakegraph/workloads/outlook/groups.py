"""What groups talk about: conversations, their threads, and the posts in these.

https://learn.microsoft.com/graph/api/resources/conversation
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.checks import refuse_search
from fakegraph.workloads.outlook.extended import EXTENDED, check_asked
from fakegraph.workloads.outlook.values import PREVIEW, plain

THREADS = "group/threads"


def _first_post(making: Making) -> Record:
    """The first post that a body has, of itself or of its threads."""
    for thread in making.related.get("threads") or [making.related]:
        for post in thread.get("posts") or ():
            return dict(post)
    return {}


def _topic(making: Making) -> Any:
    """That of the conversation."""
    return (making.beneath or {}).get("topic")


def _preview(making: Making) -> str:
    return plain(_first_post(making).get("body"))[:PREVIEW]


def _author(making: Making) -> Record | None:
    """Who writes, as a recipient; None for who has no record."""
    id_ = (making.by().get("user") or {}).get("id")
    found = making.others.find("users", "id", id_) if making.others and id_ else None
    if found is None:
        return None
    address = found.get("mail") or found.get("userPrincipalName") or ""
    return {"emailAddress": {"name": found.get("displayName") or address, "address": address}}


def _senders(making: Making) -> list[Any]:
    sender = _first_post(making).get("from") or _author(making) or {}
    name = (sender.get("emailAddress") or {}).get("name")
    return [name] if name else []


_SUMMARY = {
    "hasAttachments": lambda making: bool(_first_post(making).get("attachments")),
    "lastDeliveredDateTime": lambda making: making.now,
    "preview": _preview,
    "uniqueSenders": _senders,
}
_WITH_POSTS = frozenset({"attachments", "extensions"}) | EXTENDED


def _of_posts(path: str) -> Iterator[str]:
    """What a body may bring of the posts that it has there."""
    return (f"{path}/{name}" for name in _WITH_POSTS)


_SET = frozenset({"id", "hasAttachments", "lastDeliveredDateTime", "preview", "uniqueSenders"})

TYPES = (
    Type(
        "conversation",
        required=("topic",),
        ignored=_SET,
        queries=(refuse_search,),
        generated={"id": ids.conversation_id, **_SUMMARY},
        holds=((THREADS, "@conversation"),),
        related=frozenset({"threads", "threads/posts", *_of_posts("threads/posts")}),
    ),
    Type(
        "conversationThread",
        ignored=_SET,
        queries=(refuse_search,),
        generated={"id": ids.conversation_id, "topic": _topic, **_SUMMARY},
        defaults={
            "isLocked": False,
            "toRecipients": [],
            "ccRecipients": [],
        },
        related=frozenset({"posts", *_of_posts("posts")}),
    ),
    Type(
        "post",
        ignored=frozenset({"hasAttachments", "receivedDateTime", "conversationThreadId"}),
        generated={
            "receivedDateTime": lambda making: making.record["createdDateTime"],
            "hasAttachments": lambda making: bool(making.related.get("attachments")),
            "from": _author,
            "sender": lambda making: making.record.get("from"),
            "conversationThreadId": lambda making: (making.owner or {}).get("id"),
        },
        defaults={"newParticipants": []},
        related=_WITH_POSTS,
        queries=(refuse_search, check_asked),
    ),
)

NAVIGATION = (
    Navigation("conversation/threads", home=THREADS, view={"@conversation": "id"}),
    Navigation("group/acceptedSenders", linked=True),
    Navigation("group/rejectedSenders", linked=True),
)
