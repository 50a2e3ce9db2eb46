"""Messages in channels and chats: who wrote them where, and what they say.

https://learn.microsoft.com/graph/api/resources/chatmessage
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import quote

from fakegraph.digits import natural
from fakegraph.edm.values import Instant, format_instant, instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Tracking, Type
from fakegraph.workloads.handed import Acting, Generate, Making, Reading
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.teams.migration import may_import
from fakegraph.workloads.teams.queries import allowing, at_most, expanding
from fakegraph.workloads.teams.rights import check_open

_EPOCH = instant("1970-01-01T00:00:00Z")
_TICKS_PER_MILLISECOND = 10_000
_REPLIES = "chatMessage/replies"

#: Of a channel, the id of its team, for what is made in it.
TEAM = "@team"
#: Of a message that was taken back, what it said.
TAKEN_BACK = "@takenBack"


def now(making: Making) -> str:
    """The tenant's time."""
    return making.now


def tenant_id(making: Making) -> str:
    """The GUID of the tenant."""
    return making.tenant()


def milliseconds(time: str) -> int:
    """A time as the number that ids and tags of messages are."""
    return (instant(time) - _EPOCH) // _TICKS_PER_MILLISECOND


def to_milliseconds(time: str) -> str:
    """A time without what is shorter than a millisecond."""
    moment = instant(time)
    return format_instant(Instant(moment - moment % _TICKS_PER_MILLISECOND))


def _id(making: Making) -> str:
    """When it was made; messages of one channel or chat that come at once count on."""
    number = milliseconds(making.record.get("createdDateTime") or making.now)
    while any(making.having("id", str(number))):
        number += 1
    return str(number)


_TIMES = ("createdDateTime", "lastModifiedDateTime")


def _etag(making: Making) -> str:
    return str(milliseconds(making.record.get("lastModifiedDateTime") or making.now))


_DIGITS = 14  # of the milliseconds of a time that there is


def _of_id(name: str) -> Generate:
    """A time of a message that is new, which is that of its id, also of one that counts on."""

    def form(making: Making) -> Any:
        said, id_ = making.record.get(name), natural(str(making.record.get("id")), _DIGITS)
        is_new = making.record.get("createdDateTime") == said == making.now
        if making.before is not None or not is_new or id_ is None:
            return said
        return format_instant(Instant(_EPOCH + id_ * _TICKS_PER_MILLISECOND))

    return form


def _hosted_id(making: Making) -> str:
    text = f"id={making.new_id()},type=1,url=https://api.asm.skype.com/v1/objects"
    return base64.b64encode(text.encode()).decode()


def _bytes(reading: Reading) -> tuple[bytes, str]:
    record = reading.record
    data = base64.b64decode(record.get("contentBytes") or "")
    return data, str(record.get("contentType") or "application/octet-stream")


def _unseen(record: Record, user: str) -> None:
    """The bytes are at ``/$value`` alone."""


# Where it is ----------------------------------------------------------------------------------


def _in_channel(making: Making) -> bool:
    return making.owner_type == "channel"


def _chat(making: Making) -> str | None:
    return (making.owner or {}).get("id") if making.owner_type == "chat" else None


def _identity(making: Making) -> Record | None:
    owner = making.owner or {}
    if _in_channel(making) and TEAM in owner:
        return {"teamId": owner[TEAM], "channelId": owner["id"]}
    return owner.get("channelIdentity") if making.owner_type == "chatMessage" else None


def _web_url(making: Making) -> str | None:
    found, record = making.record.get("channelIdentity"), making.record
    if found is None:
        return None
    root = record.get("replyToId") or record["id"]
    query = f"groupId={found['teamId']}&tenantId={making.tenant()}"
    query += f"&createdTime={record['id']}&parentMessageId={root}"
    channel = quote(str(found["channelId"]), safe="")
    return f"https://teams.microsoft.com/l/message/{channel}/{record['id']}?{query}"


def _root(making: Making) -> str | None:
    return (making.owner or {}).get("id") if making.owner_type == "chatMessage" else None


def _check_level(making: Making) -> None:
    if making.owner_type == "chatMessage" and (making.owner or {}).get("replyToId"):
        raise bad_request("A reply has no replies: reply to the message that it replies to.")


# What it says ---------------------------------------------------------------------------------

_AT = re.compile(r'<at id="([^"]*)"[^>]*>(.*?)</at>', re.DOTALL)
_ATTACHMENT = re.compile(r'<attachment id="([^"]*)"')
_CARD = "application/vnd.microsoft.card."  # how the types of cards begin


def _check(record: Record, before: Record | None) -> None:
    """What is mentioned and attached in the body, and what is said of it, must agree."""
    if "body" not in record:
        return
    body = record["body"] or {}
    _check_size(body)
    content = str(body.get("content") or "")
    if not content:
        raise bad_request("Missing body content", "body/content")
    _check_mentions(content, _said("mentions", record, before))
    _check_attachments(content, _said("attachments", record, before))


def _said(name: str, record: Record, before: Record | None) -> list[Record]:
    return list(record.get(name) or (before or {}).get(name) or ())


def _check_mentions(content: str, mentions: list[Record]) -> None:
    """Raise GraphError where a mention and its mark do not say the same, or one is without the
    other.
    """
    marks: dict[str, set[str]] = {}
    for id_, text in _AT.findall(content):
        marks.setdefault(id_, set()).add(unescape(text))
    for each in mentions:
        id_, text = str(each.get("id")), each.get("mentionText")
        if id_ not in marks or (text is not None and unescape(str(text)) not in marks[id_]):
            message = "Neither Body nor adaptive card content contains marker for mention with Id"
            mark = f'<at id="{id_}">{text or ""}</at>'
            raise bad_request(f"{message} '{id_}'. The body has to have '{mark}'.", "mentions")
    _check_known(marks, "mentions", mentions)


def _check_attachments(content: str, attachments: list[Record]) -> None:
    """Raise GraphError for an attachment without its mark, or for a card that is no JSON."""
    marked = _ATTACHMENT.findall(content)
    for each in attachments:
        id_ = str(each.get("id"))
        if id_ not in marked:
            message = f"Body does not contain marker for attachment with Id '{id_}'."
            mark = f'<attachment id="{id_}"></attachment>'
            raise bad_request(f"{message} Add '{mark}' to the body.", "attachments")
        if str(each.get("contentType") or "").startswith(_CARD) and not _is_card(each):
            message = f"Failed to process content in attachment with Id '{id_}'."
            raise bad_request(f"{message} It is a JSON object, as a text.", "attachments")
    _check_known(marked, "attachments", attachments)


def _check_known(marked: Iterable[str], name: str, listed: list[Record]) -> None:
    """Raise GraphError for a mark in the body of what is not listed."""
    for missing in sorted({*marked} - {str(each.get("id")) for each in listed}):
        raise bad_request(f"The body has '{missing}', which is none of the {name}.", name)


def _is_card(attachment: Record) -> bool:
    """Whether what a card has is a JSON object; one that has nothing says so elsewhere."""
    content = attachment.get("content")
    try:
        return content is None or isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


_LONGEST = 28 * 1024  # bytes of what a message says


def _check_size(body: Record) -> None:
    """Raise GraphError (413) for a message that is too long."""
    if len(str(body.get("content") or "").encode("utf-8", "replace")) > _LONGEST:
        message = f"A message says {_LONGEST} bytes at most."
        raise GraphError(413, "RequestEntityTooLarge", message, "body/content")


def _with_type(body: Mapping[str, Any]) -> Record:
    return {"contentType": "text", **body}


_MENTIONED = ("application", "device", "conversation", "tag", "user")


def _filled(mentions: list[Record]) -> list[Record]:
    """What is mentioned, with the kinds that it is not."""
    return [
        {**each, "mentioned": {**dict.fromkeys(_MENTIONED), **(each.get("mentioned") or {})}}
        for each in mentions
    ]


# Who wrote it ---------------------------------------------------------------------------------

_IMPORTS_ALONE = (
    "Message POST is allowed in application-only context only for import purposes. Refer to "
    "https://docs.microsoft.com/microsoftteams/platform/graph-api/import-messages/"
    "import-external-messages-to-teams for more details."
)


def identity_of(user: Mapping[str, Any]) -> Record:
    """A user as messages name one."""
    named = {name: user.get(name) for name in ("id", "displayName")}
    return {
        "application": None,
        "device": None,
        "user": {
            "@odata.type": "#microsoft.graph.teamworkUserIdentity",
            **named,
            "userIdentityType": "aadUser",
        },
    }


def writer(call: Call) -> Mapping[str, Any] | None:
    """The user who asks; None for an app by itself."""
    user: Mapping[str, Any] = call.by.get("user") or {}
    return user if user.get("id") else None


def tell(call: Call, chat: Thing, what: str, detail: Record) -> None:
    """Have a chat say what happened to it, as the service itself."""
    said = {
        "@odata.type": f"#microsoft.graph.{what}EventMessageDetail",
        **({"chatId": chat.id} if what == "chatRenamed" else {}),
        **detail,
        "initiator": identity_of(writer(call) or {}),
    }
    body = {"contentType": "html", "content": "<systemEventMessage/>"}
    told = {"messageType": "systemEventMessage", "body": body, "eventDetail": said}
    call.add(chat, "messages", told)


def _told(call: Call, record: Record, before: Record | None) -> None:
    """A message was posted, or changed."""
    check_open(call, call.thing)
    if before is None:
        _posted(call, record)
        return
    is_flagged = record.get("policyViolation") != before.get("policyViolation")
    _check_changes(call, record, before, is_flagged)
    if not is_flagged:
        check_own(call)
        call.change(call.thing, {"lastEditedDateTime": call.now})


def _check_changes(call: Call, record: Record, before: Record, is_flagged: bool) -> None:
    """Raise GraphError (403) for what applications by themselves change alone, and they alone.

    https://learn.microsoft.com/graph/api/chatmessage-update
    """
    if is_flagged and call.person:
        raise _flagged_by_app_alone()
    kept = {"policyViolation", "etag", *_TIMES}
    others = (name for name in record if name not in kept and record[name] != before.get(name))
    other = next(others, None)
    if writer(call) is None and other is not None:
        message = "An application by itself changes 'policyViolation' alone, and not"
        raise GraphError(403, "Forbidden", f"{message} '{other}'.", other)


def _flagged_by_app_alone() -> GraphError:
    return GraphError(403, "Forbidden", "'policyViolation' is set by an application by itself.")


def _posted(call: Call, record: Record) -> None:
    owner = call.owner(call.thing)
    if owner is not None and owner.record.get("chatId"):
        raise bad_request("A message of a chat has no replies: post another one in the chat.")
    user = writer(call)
    is_import = instant(record["createdDateTime"]) != instant(record["lastModifiedDateTime"])
    if user is None and not (is_import and _is_migrated(call)):
        raise GraphError(401, "Unauthorized", _IMPORTS_ALONE)
    if is_import and not _is_migrated(call):
        message = "A message says when it was made where its channel or chat is being migrated."
        raise bad_request(message, "createdDateTime")
    if record["createdDateTime"] > record["lastModifiedDateTime"]:
        raise bad_request("The message is of a time to come.", "createdDateTime")
    if record.get("from") is not None and not is_import:
        raise bad_request("A message says who it is from where it is brought in alone.", "from")
    if record.get("policyViolation") is not None and call.person:
        raise _flagged_by_app_alone()
    changes: Record = {}
    if user is not None and not record.get("from"):
        changes["from"] = identity_of(user)
    content = _hosted(call, str(record["body"].get("content") or ""))
    if content != record["body"].get("content"):
        changes["body"] = {**record["body"], "content": content}
    if changes:
        call.change(call.thing, {**changes, _TIMES[1]: record[_TIMES[1]]})


def _is_migrated(call: Call) -> bool:
    """Whether old messages are brought in where this one is."""
    owner = call.owner(call.thing)
    if owner is not None and owner.record.get("replyToId") is None and "etag" in owner.record:
        owner = call.owner(owner)
    return owner is not None and may_import(owner.record)


def check_own(call: Call) -> None:
    """Raise GraphError where a token names another than the one who wrote a message."""
    by = ((call.thing.record.get("from") or {}).get("user") or {}).get("id")
    if call.person and by and by != call.person:
        inner = f"AclCheckFailed-The initiator {call.person} did not write the message."
        raise GraphError(403, "Forbidden", f"InsufficientPrivileges. {inner}")


def _hosted(call: Call, content: str) -> str:
    """A text whose contents that came with it are where they are from now on."""
    for each in call.inside(call.thing, "chatMessage/hostedContents"):
        said = f"../hostedContents/{each.id}/$value"
        if said in content:
            where = f"{_url(call, call.thing)}/hostedContents/{call.renew(each, {}).id}/$value"
            content = content.replace(said, where)
    return content


def _url(call: Call, message: Thing) -> str:
    """Where a message is."""
    owner = call.owner(message)
    assert owner is not None
    if owner.container == "chats":
        return f"{call.root}/chats/{owner.id}/messages/{message.id}"
    if owner.container == "team/channels":
        team = call.owner(owner)
        assert team is not None
        return f"{call.root}/teams/{team.id}/channels/{owner.id}/messages/{message.id}"
    return f"{_url(call, owner)}/replies/{message.id}"


def _made(acting: Acting, row: Row) -> None:
    """A chat shows the last message of it."""
    owner = acting.owner(row)
    if owner is None or "chatType" not in owner.record:
        return
    shown = ("id", "createdDateTime", "body", "from", "messageType")
    preview = {"isDeleted": False, **{n: row.record[n] for n in shown if n in row.record}}
    acting.put_at(f"chats/{owner.record['id']}/lastMessagePreview", preview)


def _status(changes: Record) -> int:
    return 200 if "policyViolation" in changes else 204


_EMPTY: dict[str, list[Any]] = {"attachments": [], "mentions": [], "reactions": []}

TYPES = (
    Type(
        "chatMessage",
        required=("body",),
        imported_with="createdDateTime",
        ignored=frozenset(
            {"id", "etag", "webUrl", "chatId", "channelIdentity", "replyToId", "eventDetail"}
            | {"deletedDateTime", "lastEditedDateTime", "messageHistory"}
        ),
        generated={
            "id": _id,
            "etag": _etag,
            "chatId": _chat,
            "channelIdentity": _identity,
            "replyToId": _root,
            "webUrl": _web_url,
        },
        formed={name: _of_id(name) for name in reversed(_TIMES)},
        changed={"etag": _etag},
        written=dict.fromkeys((*_TIMES, "lastEditedDateTime"), to_milliseconds),
        sent={"body": _with_type, "mentions": _filled},
        defaults={"messageType": "message", "importance": "normal", "locale": "en-us", **_EMPTY},
        related=frozenset({"hostedContents"}),
        refuses=(_check,),
        checks=(_check_level,),
        changed_with=_status,
        follows=_told,
        made=_made,
        queries=(at_most(50),),
        tracking=Tracking(
            options=frozenset({"top", "filter"}),
            filters=re.compile(r"\s*lastModifiedDateTime\s+gt\s+[^\s()]+\s*", re.I),
            typed=True,
        ),
    ),
    # https://learn.microsoft.com/graph/api/chat-post-pinnedmessages
    Type(
        "pinnedChatMessageInfo",
        related=frozenset({"message"}),
        takes={"message": {"id": "id"}},
    ),
    Type("teamworkHostedContent", contents={"$value": _bytes}),
    Type(
        "chatMessageHostedContent",
        generated={"id": _hosted_id},
        faced={"contentBytes": _unseen},
        heard={"@microsoft.graph.temporaryId": "id"},
    ),
)

# What can be asked of the messages of a chat ---------------------------------------------------

_ORDER = re.compile(r"\s*(lastModifiedDateTime|createdDateTime)(?:\s+(desc|asc))?\s*", re.I)
_BOUND = re.compile(r"(lastModifiedDateTime\s+[gl]t|createdDateTime\s+lt)\s+[^\s()]+", re.I)
_AND = re.compile(r"\s+and\s+", re.I)


def _check_order(options: Mapping[str, str]) -> None:
    order = options.get("orderby")
    found = None if order is None else _ORDER.fullmatch(order)
    if order is not None and (found is None or (found[2] or "").casefold() != "desc"):
        raise bad_request(
            "QueryOptions to order by is not supported: messages come by 'lastModifiedDateTime "
            "desc' or 'createdDateTime desc'.",
            "$orderby",
        )
    bounds = _AND.split(options.get("filter", "").strip())
    if "filter" in options and not all(map(_BOUND.fullmatch, bounds)):
        raise bad_request(
            "QueryOptions to filter by is not supported: messages are found by gt and lt of "
            "lastModifiedDateTime, and by lt of createdDateTime.",
            "$filter",
        )


def _unheeded(options: Mapping[str, str]) -> Mapping[str, str]:
    """A condition, where no order names what it is about: it is one all the same."""
    _check_order(options)
    order, condition = options.get("orderby", ""), options.get("filter", "")
    named = (order.split() or [""])[0].casefold()
    if not condition or (named and condition.strip().casefold().startswith(named)):
        return {}
    return {"filter": "It is heeded where $orderby names the same property."}


_LISTED = partial(Navigation, page_size=20, counted="page", order="lastModifiedDateTime desc")

NAVIGATION: tuple[Navigation, ...] = (
    _LISTED("channel/messages", queries=(allowing("top", "expand"), expanding("replies"))),
    _LISTED(_REPLIES, queries=(allowing("top"),), tracked="nothing"),
    _LISTED(
        "chat/messages",
        queries=(allowing("top", "filter", "orderby"), _check_order),
        unheeded=_unheeded,
        tracked="nothing",
    ),
)
