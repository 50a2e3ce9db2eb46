"""Chats of two, of several, and of meetings.

https://learn.microsoft.com/graph/api/resources/chat
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Operation, Type
from fakegraph.workloads.handed import Making, Others
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.teams.members import named_in
from fakegraph.workloads.teams.messages import now, tell, tenant_id
from fakegraph.workloads.teams.migration import SAID, is_said
from fakegraph.workloads.teams.queries import allowing, at_most
from fakegraph.workloads.teams.rights import is_in, not_member, outside


def _users(members: list[Any], others: Others) -> list[str]:
    """The ids of whom a body names as members, as far as they are there."""
    found = (others.find("users", *named_in(each)) for each in members)
    return [str(each["id"]) for each in found if each is not None]


def _pair(record: Record, others: Others | None) -> str | None:
    """The id of the chat that two users have, by a body that makes one; None for any other."""
    if record.get("chatType") != "oneOnOne" or others is None:
        return None
    ids = _users(record.get("members") or [], others)
    return f"19:{'_'.join(sorted(ids))}@unq.gbl.spaces" if len(ids) == 2 else None


def _id(making: Making) -> str:
    known = _pair({**making.record, **making.related}, making.others)
    return known or f"19:{making.new_id().replace('-', '')}@thread.v2"


def _web_url(making: Making) -> str:
    chat = quote(str(making.record["id"]), safe="")
    return f"https://teams.microsoft.com/l/chat/{chat}/0?tenantId={making.tenant()}"


_LONGEST_TOPIC = 250
_MADE = ("oneOnOne", "group")  # chats of meetings come with these


def _check(record: Record, before: Record | None) -> None:
    kind, topic = (before or record).get("chatType"), record.get("topic")
    if kind == "oneOnOne" and topic is not None:
        raise bad_request("A one-on-one chat has no topic.", "topic")
    if topic is not None and (len(topic) > _LONGEST_TOPIC or ":" in topic):
        message = f"The 'topic' of a chat has {_LONGEST_TOPIC} characters at most, and no ':'."
        raise bad_request(message, "topic")
    if before is not None:
        return
    if kind not in _MADE:
        raise bad_request(f"A chat is made as one of {', '.join(_MADE)}.", "chatType")
    members: list[Any] = record.get("members") or []
    if kind == "oneOnOne" and len(members) != 2:
        raise bad_request("A one-on-one chat has exactly two members.", "members")
    if len(members) < 2:
        raise bad_request("A group chat is made with two members at least.", "members")
    for each in members:
        if not each.get("roles"):
            raise bad_request("The passed-in role '' is not supported.", "members")


def _check_once(record: Record, before: Record | None, others: Others) -> None:
    """Raise GraphError for somebody who is named twice, however they are."""
    ids = [] if before is not None else _users(record.get("members") or [], others)
    if len(ids) != len(set(ids)):
        is_pair = record.get("chatType") == "oneOnOne"
        raise bad_request(_TWICE_IN_TWO if is_pair else _TWICE, "members")


_TWICE = "Duplicate chat members is specified in the request body."
_TWICE_IN_TWO = "Cannot create one-on-one chat with duplicate members"


def _told(call: Call, record: Record, before: Record | None) -> None:
    """Who a token names is in the chat that it makes. A change of the name is told in it."""
    if before is not None:
        _renamed(call, record, before)
        return
    call.change(call.thing, SAID)
    members = call.inside(call.thing, "chat/members")
    if call.person and call.person not in (each.record.get("userId") for each in members):
        raise not_member(call.thing.id, call.person)


def _renamed(call: Call, record: Record, before: Record) -> None:
    call.change(call.thing, {"lastUpdatedDateTime": call.now})
    if record.get("topic") != before.get("topic"):
        tell(call, call.thing, "chatRenamed", {"chatDisplayName": record.get("topic")})


# What somebody has made of a chat for themselves -------------------------------------------------

_VIEWS = "@viewpoints"
_HIDDEN, _READ = "isHidden", "lastMessageReadDateTime"


def _viewpoint(record: Record, user: str) -> Record | None:
    """How a user has a chat; an app by itself is shown nothing of the kind."""
    if not user:
        return None
    own = (record.get(_VIEWS) or {}).get(user)
    there = record.get("viewpoint")
    return {**(there or {}), **(own or {})} if own or there else None


def _viewed(name: str, member: str, value: Callable[[Call], Any]) -> Operation:
    """An action that changes how the user has a chat whom its body names.

    https://learn.microsoft.com/graph/api/chat-hideforuser
    """

    def act(call: Call) -> None:
        chat, user = call.thing, _meant(call)
        if is_said(chat.record) and _member(call, user) is None:
            raise not_member(chat.id, user)
        known = chat.record.get(_VIEWS) or {}
        view = {_HIDDEN: False, _READ: None, **(known.get(user) or {}), member: value(call)}
        call.change(chat, {_VIEWS: {**known, user: view}})

    return operation(f"chat/{name}", status=204)(act)


def _meant(call: Call) -> str:
    """The id of the user whom a body names."""
    user = str((call.arguments.get("user") or {}).get("id") or "")
    if not user:
        raise bad_request("'user' says for whom, by an 'id'.", "user")
    return user


def _member(call: Call, user: str) -> Thing | None:
    members = call.inside(call.thing, "chat/members")
    return next((each for each in members if each.record.get("userId") == user), None)


def _read_until(call: Call) -> str | None:
    """Until when a chat was read that somebody marks as unread: they may say it themselves."""
    said = call.arguments.get(_READ)
    return None if said is None else str(said)


# Who is sent away, and chats that were deleted ------------------------------------------------


@operation("chat/removeAllAccessForUser", status=204)
def remove_access(call: Call) -> None:
    """Somebody is no member any more, and has nothing of the chat.

    https://learn.microsoft.com/graph/api/chat-removeallaccessforuser
    """
    user = _meant(call)
    member = _member(call, user)
    if member is None:
        raise not_member(call.thing.id, user)
    call.delete(member)


@operation("deletedChat/undoDelete", status=204)
def undo_delete(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/deletedchat-undodelete"""
    call.restore(call.thing, {})


OPERATIONS = (
    remove_access,
    undo_delete,
    _viewed("hideForUser", _HIDDEN, lambda call: True),
    _viewed("unhideForUser", _HIDDEN, lambda call: False),
    _viewed("markChatReadForUser", _READ, lambda call: call.now),
    _viewed("markChatUnreadForUser", _READ, _read_until),
)

_ORDER = re.compile(r"\s*lastMessagePreview/createdDateTime\s+desc\s*", re.I)


def _check_order(options: Mapping[str, str]) -> None:
    """Raise GraphError for another order than that of the last messages."""
    if "orderby" in options and not _ORDER.fullmatch(options["orderby"]):
        message = "Chats come in the order of 'lastMessagePreview/createdDateTime desc', if in any."
        raise bad_request(message, "$orderby")


_EXPANDED = frozenset({"members", "lastMessagePreview"})


def _check_expanded(options: Mapping[str, str]) -> None:
    """Raise GraphError for what lists of chats do not show of each."""
    for each in re.sub(r"\(.*?\)", "", options.get("expand", "")).split(","):
        if each.strip() and each.strip() not in _EXPANDED:
            message = f"Chats are listed with their {' and '.join(sorted(_EXPANDED))} alone."
            raise bad_request(f"{message} '{each.strip()}' has a URL of its own.", "$expand")


_OPTIONS = ("top", "filter", "expand", "orderby", "select", "count")

TYPES = (
    Type(
        "chat",
        required=("chatType", "members"),
        immutable=frozenset({"chatType"}),
        ignored=frozenset({"lastUpdatedDateTime", "webUrl", "tenantId"}),
        generated={
            "id": _id,
            "lastUpdatedDateTime": now,
            "tenantId": tenant_id,
            "webUrl": _web_url,
        },
        reused=_pair,
        soft_deleted=True,
        related=frozenset({"members", "members/user", "installedApps", "installedApps/teamsApp"}),
        refuses=(_check,),
        suits=(_check_once,),
        follows=_told,
        queries=(at_most(50), allowing(*_OPTIONS), _check_order),
        listings=(_check_expanded,),
        faced={"viewpoint": _viewpoint},
        theirs=is_in("chat/members", administered=False),
        strangers=outside,
    ),
)

_MEMBERS = ("aadUserConversationMember/user",)
NAVIGATION = (
    Navigation("teamwork/deletedChats", deleted=("chats",)),
    # https://learn.microsoft.com/graph/api/chat-list: applications list those of a user.
    Navigation(
        "chats", counted="all", order="lastUpdatedDateTime desc", personal=frozenset({"GET"})
    ),
    Navigation(
        "user/chats",
        linked=True,
        home="chats",
        through=_MEMBERS,
        order="lastUpdatedDateTime desc",
        counted="all",
    ),
)
