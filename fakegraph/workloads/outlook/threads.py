"""What is said in the threads of groups: replies, and what is forwarded by mail.

https://learn.microsoft.com/graph/api/conversationthread-reply
https://learn.microsoft.com/graph/api/post-forward
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.sending import as_sent, dispatch, recipients, signed_in
from fakegraph.workloads.outlook.values import PREVIEW, plain

_CONVERSATIONS = "group/conversations"
_BYTES = "contentBytes"
_NOBODY = "A post goes out as mail of who is signed in: that an app forwards one is not built."


def _reply_in(call: Call, thread: Thing) -> None:
    """Put a post into a thread, which says so of itself, as its conversation does."""
    call.caller()
    given = call.arguments["Post"]
    post = call.add(thread, "posts", dict(given))
    said = {
        "lastDeliveredDateTime": call.now,
        "preview": plain(post.record.get("body"))[:PREVIEW],
        **({"hasAttachments": True} if given.get("attachments") else {}),
    }
    for each in (
        thread,
        call.beside(thread, _CONVERSATIONS, str(thread.record.get("@conversation"))),
    ):
        if each is not None:
            call.change(each, {**said, "uniqueSenders": _senders(each, post)})


def _senders(thing: Thing, post: Thing) -> list[str]:
    """The names of who has written, each once, the author of a post among them."""
    name = ((post.record.get("from") or {}).get("emailAddress") or {}).get("name")
    known = thing.record.get("uniqueSenders") or ()
    return list(dict.fromkeys([*known, *([name] if name else [])]))


@operation("conversationThread/reply", status=202)
def reply_to_thread(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/conversationthread-reply"""
    _reply_in(call, call.thing)


@operation("post/reply", status=202)
def reply_to_post(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/post-reply"""
    thread = call.owner(call.thing)
    assert thread is not None
    _reply_in(call, thread)


@operation("post/forward", status=202)
def forward_post(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/post-forward"""
    post, sender = call.thing, signed_in(call)
    if sender is None:
        raise GraphError(501, "NotImplemented", _NOBODY)
    thread = call.owner(post)
    message = {
        "subject": f"FW: {(thread.record if thread else {}).get('topic') or ''}",
        "body": {"contentType": "html", "content": _quoted(post.record, call.arguments)},
        "toRecipients": list(call.arguments["ToRecipients"]),
        "attachments": [_attachment(call, each) for each in call.inside(post, "post/attachments")],
    }
    recipients(message)
    dispatch(call, call.add(sender, "messages", {**message, **as_sent(call, sender, message)}))


def _quoted(post: Record, given: Mapping[str, Any]) -> str:
    body = post.get("body") or {}
    content = str(body.get("content") or "")
    markup = content if body.get("contentType") == "html" else escape(content)
    return f"{escape(given.get('Comment') or '')}<hr>{markup}"


def _attachment(call: Call, attachment: Thing) -> Record:
    """An attachment of a post, to be made anew elsewhere."""
    kept = attachment.record
    own = {name: value for name, value in kept.items() if name[0] != "@" and name != "id"}
    data = call.content(attachment, _BYTES)
    bytes_ = {} if data is None else {_BYTES: b64encode(data).decode()}
    return {"@odata.type": kept.get("@odata.type"), **own, **bytes_}


OPERATIONS = (reply_to_thread, reply_to_post, forward_post)
