"""What is done to messages: taken back, brought back, reacted to.

https://learn.microsoft.com/graph/api/resources/chatmessage
"""

from __future__ import annotations

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, operation
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


OPERATIONS = (soft_delete, undo_soft_delete, set_reaction, unset_reaction)
