"""What is done to messages: taken back, brought back, reacted to.

https://learn.microsoft.com/graph/api/resources/chatmessage
"""

from __future__ import annotations

import json
import re

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Made, Thing, operation
from fakegraph.workloads.teams.messages import TAKEN_BACK, check_own, identity_of, writer
from fakegraph.workloads.teams.rights import check_open


def _check(call: Call) -> None:
    check_open(call, call.thing)
    check_own(call)


@operation("chatMessage/softDelete")
def soft_delete(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/chatmessage-softdelete"""
    _check(call)
    message = call.thing.record
    if message.get("deletedDateTime") is None:
        kept = {name: message.get(name) for name in ("body", "attachments")}
        said = {"body": {**(message.get("body") or {}), "content": ""}, "attachments": []}
        call.change(call.thing, {**said, "deletedDateTime": call.now, TAKEN_BACK: kept})


@operation("chatMessage/undoSoftDelete")
def undo_soft_delete(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/chatmessage-undosoftdelete"""
    _check(call)
    message = call.thing.record
    if message.get("deletedDateTime") is not None:
        kept = message.get(TAKEN_BACK) or {}
        call.change(call.thing, {**kept, "deletedDateTime": None, TAKEN_BACK: None})


def _others(call: Call) -> tuple[str, Record, list[Record]]:
    """The reaction that is asked for, who it is from, and the reactions but that one."""
    check_open(call, call.thing)
    kind = str(call.arguments.get("reactionType") or "")
    if not kind:
        raise bad_request("A reaction has a 'reactionType'.", "reactionType")
    user = identity_of(writer(call) or {})
    them = user["user"]["id"]

    def is_same(each: Record) -> bool:
        return each.get("reactionType") == kind and _by(each) == them

    reactions = call.thing.record.get("reactions") or []
    return kind, user, [each for each in reactions if not is_same(each)]


def _by(reaction: Record) -> object:
    return ((reaction.get("user") or {}).get("user") or {}).get("id")


@operation("chatMessage/setReaction")
def set_reaction(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/chatmessage-setreaction"""
    kind, user, others = _others(call)
    reaction = {"reactionType": kind, "createdDateTime": call.now, "user": user}
    call.change(call.thing, {"reactions": [*others, reaction]})


@operation("chatMessage/unsetReaction")
def unset_reaction(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/chatmessage-unsetreaction"""
    _, _, others = _others(call)
    call.change(call.thing, {"reactions": others})


_MOST_QUOTED = 10
_REFERENCE = "messageReference"


@operation("chatMessage*/replyWithQuote")
def reply_with_quote(call: Call) -> Made:
    """https://learn.microsoft.com/graph/api/chatmessage-replywithquote"""
    ids = list(dict.fromkeys(call.arguments.get("messageIds") or ()))
    if not 1 <= len(ids) <= _MOST_QUOTED:
        raise bad_request(f"A reply quotes 1 to {_MOST_QUOTED} messages.", "messageIds")
    there = {each.id: each for each in call.things()}
    missing = next((id_ for id_ in ids if id_ not in there), None)
    if missing is not None:
        raise call.words.not_found("chatMessage", missing)
    given = dict(call.arguments.get("replyMessage") or {})
    body = given.get("body") or {}
    if not body.get("content"):
        raise call.words.required("chatMessage", ["body"])
    user = writer(call)
    if user is None:
        raise call.words.forbidden("Only somebody who is signed in replies with a quote.")
    marks = "".join(f'<attachment id="{id_}"></attachment>' for id_ in ids)
    said = {"contentType": "html", "content": f"{marks}{body['content']}"}
    quotes = [*(_quote(there[id_]) for id_ in ids), *(given.get("attachments") or ())]
    whole = {**given, "body": said, "attachments": quotes, "from": identity_of(user)}
    return Made(call.add(call.holder, "messages", whole))


def _quote(message: Thing) -> Record:
    """A message as one that quotes it has it among what is attached."""
    text = str((message.record.get("body") or {}).get("content") or "")
    preview = re.sub(r"<[^>]*>", "", text)
    sender = message.record.get("from")
    content = {"messageId": message.id, "messagePreview": preview, "messageSender": sender}
    said = {"id": message.id, "contentType": _REFERENCE, "content": json.dumps(content)}
    return {**said, "contentUrl": None, "name": None, "thumbnailUrl": None}


OPERATIONS = (reply_with_quote, soft_delete, undo_soft_delete, set_reaction, unset_reaction)
