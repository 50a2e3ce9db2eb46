"""What is done with mail: moved, copied, sent, answered.

https://learn.microsoft.com/graph/api/resources/message
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.workloads.declarations import Operation
from fakegraph.workloads.handed import Word
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.arriving import about, attach_all, attach_shown
from fakegraph.workloads.outlook.checks import (
    check_attachments,
    check_headers,
    refuse_subject,
    refuse_within,
)
from fakegraph.workloads.outlook.mail import FOLDERS, no_place
from fakegraph.workloads.outlook.mime import HEAD, answering, read_message
from fakegraph.workloads.outlook.rules import is_search_folder
from fakegraph.workloads.outlook.sending import (
    address_of,
    as_sent,
    dispatch,
    recipients,
)
from fakegraph.workloads.outlook.words import OUTLOOK
from fakegraph.workloads.outlook.zones import in_zone


def _read_mime(data: bytes) -> Mapping[str, Any]:
    """The message that a body of MIME means, in base64."""
    return {"Message": read_message(data).record}


_MIME = {"text/plain": _read_mime}


def _mailbox(call: Call, thing: Thing) -> Thing:
    owner = call.owner(thing)
    assert owner is not None
    return owner


def _destination(call: Call, thing: Thing) -> str:
    """The id of the folder that something is to come to, by id or by word."""
    wanted = call.arguments["DestinationId"]
    id_ = call.id_of(_mailbox(call, thing), Word(FOLDERS, wanted.lower())) or wanted
    folder = call.beside(thing, FOLDERS, id_)
    if folder is None:
        raise call.words.not_found("mailFolder", wanted)
    if is_search_folder(folder.record):
        raise no_place()
    return id_


def _folder_place(call: Call) -> str:
    """Where a folder is to come: not into itself, nor below. Raises GraphError."""
    folder = call.thing
    place = _destination(call, folder)
    refuse_within(call, folder, FOLDERS, place, "DestinationId")
    return place


@operation("message/move", status=201)
def move_message(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/message-move"""
    return call.renew(call.thing, {"parentFolderId": _destination(call, call.thing)})


@operation("message/copy", status=201)
def copy_message(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/message-copy"""
    return call.copy(call.thing, {"parentFolderId": _destination(call, call.thing)})


@operation("mailFolder/move")
def move_folder(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/mailfolder-move"""
    folder = call.thing
    if folder.record.get("@kept"):
        message = "Distinguished folders cannot be moved."
        raise GraphError(400, "ErrorMoveDistinguishedFolder", message)
    return call.renew(folder, {"parentFolderId": _folder_place(call)})


@operation("mailFolder/copy")
def copy_folder(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/mailfolder-copy"""
    own = {"@well": None, "@kept": None, "@root": None}
    return call.copy(call.thing, {**own, "parentFolderId": _folder_place(call)})


# Sending --------------------------------------------------------------------------------------


@operation("message/send", status=202)
def send(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/message-send"""
    draft = call.thing
    if not draft.record.get("isDraft"):
        raise call.words.not_found("message", draft.id)
    _send(call, draft)


def _send(call: Call, draft: Thing) -> None:
    recipients(draft.record)
    dispatch(call, call.renew(draft, as_sent(call, _mailbox(call, draft), draft.record)))


@operation("user/sendMail", status=202, workload=OUTLOOK, media=_MIME)
def send_mail(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/user-sendmail"""
    sender, message = call.thing, call.arguments["Message"]
    refuse_subject(dict(message), None)
    check_headers(message)
    check_attachments(message)
    recipients(message)
    sent = call.add(sender, "messages", {**message, **as_sent(call, sender, message)})
    dispatch(call, sent)
    if call.arguments.get("SaveToSentItems") is False:
        call.erase(sent)


# Answering ------------------------------------------------------------------------------------


def _people(message: Mapping[str, Any], *names: str) -> list[dict[str, Any]]:
    return [each for name in names for each in message.get(name) or ()]


def _said(recipient: Mapping[str, Any]) -> str:
    return str((recipient.get("emailAddress") or {}).get("address") or "").casefold()


def _once(people: Iterable[dict[str, Any]], *but: str) -> list[dict[str, Any]]:
    """Recipients, each once, and none with one of those addresses."""
    found = {_said(each): each for each in people}
    return [each for address, each in found.items() if address not in but]


def _senders(message: Mapping[str, Any], owner: dict[str, Any]) -> list[dict[str, Any]]:
    """Whom a message is answered to: a draft, whose sender nobody has said, to who has it."""
    return _people(message, "replyTo") or [message.get("from") or owner]


def _answer(call: Call, to: list[dict[str, Any]], cc: list[dict[str, Any]]) -> Thing:
    draft = _draft(call, "RE", to, cc, {})
    attach_shown(call, call.thing, draft)
    return draft


def _draft(
    call: Call,
    prefix: str,
    to: list[dict[str, Any]],
    cc: list[dict[str, Any]],
    kept: Mapping[str, Any],
) -> Thing:
    """A draft about a message: with what is said, and the message below it.

    ``kept``: what it has from the message, where nothing else is said.
    """
    original, given = call.thing.record, dict(call.arguments.get("Message") or {})
    refuse_subject(given, None)
    check_headers(given)
    check_attachments(given)
    comment = call.arguments.get("Comment")
    if comment is not None and given.get("body") is not None:
        raise _wrong("Comment and the body of Message exclude each other.", "Comment")
    for name in ("sentDateTime", "receivedDateTime"):  # a draft has neither yet
        given.pop(name, None)
    record = {
        "subject": about(prefix, original.get("subject")),
        **kept,
        **given,
        "isDraft": True,
        "body": {"contentType": "html", "content": _quoted(call, comment, given.get("body"))},
        "conversationId": original.get("conversationId"),
        "conversationIndex": ids.index_below(
            str(original.get("conversationIndex") or ""), call.new_id()
        ),
        HEAD: answering(original),
        "toRecipients": _once([*to, *_people(given, "toRecipients")]),
        "ccRecipients": _once([*cc, *_people(given, "ccRecipients")]),
    }
    return call.add(_mailbox(call, call.thing), "messages", record)


def _quoted(call: Call, comment: str | None, body: Mapping[str, Any] | None) -> str:
    """What is said, as HTML, with the message that it is about below a line.

    When that was sent stands there in UTC, or in the zone that is preferred.
    """
    original, zone = call.thing.record, call.preferences.get("outlook.timezone")
    sent = original.get("sentDateTime")
    if sent and zone:
        sent = in_zone({"dateTime": sent, "timeZone": "UTC"}, zone)["dateTime"][:19]
    said = escape(comment or "") if body is None else _markup(body)
    names = ", ".join(map(_said, _people(original, "toRecipients")))
    lines = {
        "From": _said(original.get("from") or {}),
        "Sent": sent,
        "To": names,
        "Subject": original.get("subject"),
    }
    head = "<br>".join(f"<b>{name}:</b> {escape(str(text or ''))}" for name, text in lines.items())
    return f"{said}<hr><div>{head}</div><br>{_markup(original.get('body') or {})}"


def _markup(body: Mapping[str, Any]) -> str:
    content = str(body.get("content") or "")
    return content if body.get("contentType") == "html" else escape(content)


def _wrong(message: str, target: str) -> GraphError:
    return GraphError(400, "ErrorInvalidArgument", message, target)


@operation("message/createReply", status=201, media=_MIME)
def create_reply(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/message-createreply"""
    owner = address_of(_mailbox(call, call.thing))
    return _answer(call, _senders(call.thing.record, owner), [])


@operation("message/createReplyAll", status=201, media=_MIME)
def create_reply_all(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/message-createreplyall"""
    original = call.thing.record
    owner = address_of(_mailbox(call, call.thing))
    senders, own = _senders(original, owner), _said(owner)
    to = _once([*senders, *_people(original, "toRecipients")], own)
    cc = _once(_people(original, "ccRecipients"), own)
    return _answer(call, to if to or cc else senders, cc)


@operation("message/createForward", status=201, media=_MIME)
def create_forward(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/message-createforward"""
    to = call.arguments.get("ToRecipients")
    if to and _people(call.arguments.get("Message") or {}, "toRecipients"):
        raise _wrong("ToRecipients stand there twice: in Message, and beside it.", "ToRecipients")
    kept = {"importance": call.thing.record.get("importance") or "normal"}
    draft = _draft(call, "FW", list(to or ()), [], kept)
    attach_all(call, call.thing, draft)
    return draft


def _sending(create: Operation) -> Callable[[Call], None]:
    """Make the draft and send it."""
    return lambda call: _send(call, create.function(call))


OPERATIONS = (
    move_message,
    copy_message,
    move_folder,
    copy_folder,
    send,
    send_mail,
    create_reply,
    create_reply_all,
    create_forward,
    # https://learn.microsoft.com/graph/api/message-reply
    operation("message/reply", status=202, media=_MIME)(_sending(create_reply)),
    operation("message/replyAll", status=202, media=_MIME)(_sending(create_reply_all)),
    operation("message/forward", status=202, media=_MIME)(_sending(create_forward)),
)
