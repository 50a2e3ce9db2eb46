"""What groups talk about: conversations, their threads, and the posts in these.

https://learn.microsoft.com/graph/api/resources/conversation
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Linking, Making
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.checks import refuse_search
from fakegraph.workloads.outlook.extended import EXTENDED, check_asked
from fakegraph.workloads.outlook.rights import of_unified
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


# Who may write to a group ------------------------------------------------------------------------


def _bad(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message, "@odata.id")


def _sends(linking: Linking) -> None:
    """Raise GraphError (400) for what sends nothing."""
    if linking.type not in ("user", "group"):
        raise _bad(f"A {linking.type} sends nothing: users and groups do.")


def _unlike(other: str) -> Callable[[Acting, Row, Row], None]:
    """What refuses (400) a sender who is on the other list."""

    def check(acting: Acting, group: Row, sender: Row) -> None:
        if any(each.key == sender.key for each in acting.ends(f"group/{other}", group)):
            raise _bad(f"'{sender.record['id']}' is among {other}, and cannot be on both lists.")

    return check


_SENDERS = ("acceptedSenders", "rejectedSenders")

NAVIGATION = (
    Navigation("conversation/threads", home=THREADS, view={"@conversation": "id"}),
    *(Navigation(f"group/{name}", opens=of_unified) for name in ("conversations", "threads")),
    # https://learn.microsoft.com/graph/api/group-post-acceptedsenders
    *(
        Navigation(
            f"group/{name}", linked=True, opens=of_unified, joins=_sends, joined=_unlike(other)
        )
        for name, other in zip(_SENDERS, reversed(_SENDERS), strict=True)
    ),
)
