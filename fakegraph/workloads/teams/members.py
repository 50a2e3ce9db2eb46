"""Who is in teams, channels and chats. Who is in a team is in its group, and the other way round.

https://learn.microsoft.com/graph/api/resources/conversationmember
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import unquote

from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError, Problem, bad_request
from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import Call, Partly, Thing, operation
from fakegraph.workloads.teams.messages import tell, tenant_id

_KIND = "#microsoft.graph.aadUserConversationMember"
_USER = "aadUserConversationMember/user"
_MEMBERS, _OWNERS = "group/members", "group/owners"
IN_TEAM, IN_CHANNEL = "team/members", "channel/members"
STANDARD, PRIVATE = "standard", "private"
SETTLED_BY = frozenset({"groups", "teams", _MEMBERS, _OWNERS, IN_TEAM})
_ROLES = frozenset({"owner", "guest"})
_BLOCKED = "Roster is blocked from add member."


def member_id(scope: str, user: object) -> str:
    """The id of a member, by the id of a team, or ``0##`` and that of a channel or chat."""
    return base64.b64encode(f"{scope}##{user}".encode()).decode()


def _id(making: Making) -> str:
    owner, user = (making.owner or {}).get("id", ""), making.record.get("userId", "")
    scope = f"0##{making.tenant()}##{owner}" if str(owner).startswith("19:") else str(owner)
    return member_id(scope, user or making.new_id())


_BOUND = re.compile(r".*/?users(?:/|\(')([^/')]+)(?:'\))?/?")
_UNBOUND = "The provided '{}' for 'odata.type' is not valid for this operation."


def _check_bound(record: Record, before: Record | None) -> None:
    """Raise GraphError for a body that binds nobody."""
    if before is None and not _BOUND.fullmatch(str(record.get("user@odata.bind") or "")):
        raise bad_request(_UNBOUND.format(_KIND), "user@odata.bind")
    bound = _BOUND.fullmatch(str(record.get("user@odata.bind") or ""))
    said = str(record.get("userId") or "").casefold()
    if bound is not None and said and "@" not in bound[1] and said != bound[1].casefold():
        message = f"'userId' is '{said}', and 'user@odata.bind' is of '{bound[1]}'."
        raise bad_request(message, "userId")


def _check_roles(record: Record, before: Record | None) -> None:
    for role in record.get("roles") or ():
        if role not in _ROLES:
            raise bad_request(f"The passed-in role '{role}' is not supported.", "roles")


def _roles(making: Making) -> list[str]:
    """Guests of the tenant are guests wherever they are."""
    given = list(making.record.get("roles") or ())
    user = making.record.get("userId")
    if not user or making.others is None:
        return given
    known = making.others.find("users", "id", user)
    return ["guest"] if known is not None and known.get("userType") == "Guest" else given


def is_owner(record: Record) -> bool:
    """Whether a member is an owner."""
    return "owner" in (record.get("roles") or ())


def _check_last(call: Call, record: Record, before: Record | None) -> None:
    """What bodies say of a member. Raises GraphError for what a chat or a team cannot be then."""
    owner = call.owner(call.thing)
    if owner is None:
        return
    _note(call, owner)
    if before is None and owner.container == "team/channels":
        user = str(call.thing.record.get("userId"))
        check_joining(call, owner, user, call.thing.record.get("displayName"))
    if before is None and owner.record.get("chatType") == "oneOnOne":
        raise GraphError(400, "BadRequest", f'{{"subCode":"RosterAddMemberBlocked"}} {_BLOCKED}')
    if before is not None and is_owner(before) and not is_owner(record):
        _check_owned(call, owner)
    if owner.container == "chats" and before is None:
        if not record.get("roles"):
            raise bad_request("The passed-in role '' is not supported.", "roles")
        since = record.get("visibleHistoryStartDateTime")
        told = {"members": [_told_of(record)], "visibleHistoryStartDateTime": since}
        tell(call, owner, "membersAdded", told)


def _told_of(record: Record) -> Record:
    """Somebody as a chat tells of who joins and leaves it."""
    named = {"id": record.get("userId"), "displayName": record.get("displayName")}
    kind = "#microsoft.graph.teamworkUserIdentity"
    return {"@odata.type": kind, **named, "userIdentityType": "aadUser"}


def _check_owned(call: Call, holder: Thing, gone: str = "") -> None:
    """Raise GraphError for a team that nobody owns, but for who is gone."""
    if holder.container == "teams" and not any(
        is_owner(each.record) and each.id != gone for each in call.inside(holder, IN_TEAM)
    ):
        raise bad_request("The last owner of a team stays its owner.", "roles")


def _leaves(call: Call, record: Record) -> None:
    owner = call.owner(call.thing)
    if owner is not None and owner.record.get("chatType") == "oneOnOne":
        raise bad_request("Nobody leaves a one-on-one chat.")
    if owner is not None and is_owner(record):
        _check_owned(call, owner, call.thing.id)
    if owner is not None and owner.container == "chats":
        tell(call, owner, "membersDeleted", {"members": [_told_of(record)]})
    if owner is not None:
        _note(call, owner)


def _note(call: Call, holder: Thing) -> None:
    """A chat says when who is in it changed."""
    if holder.container == "chats":
        call.change(holder, {"lastUpdatedDateTime": call.now})


# Who can be in a channel -----------------------------------------------------------------------


def check_in_team(call: Call, team: Thing, members: list[Thing]) -> None:
    """Raise GraphError for members of a private channel who are not in its team."""
    for each in members:
        _check_mate(call, team, str(each.record.get("userId")), each.record.get("displayName"))


def _check_mate(call: Call, team: Thing, user: str, name: Any) -> None:
    if member_of(call, team, user) is None:
        message = f"'{name or user}' is not in the team: who is in a private channel is in both."
        raise bad_request(message, "members")


def member_of(call: Call, holder: Thing, user: str) -> Thing | None:
    container = IN_TEAM if holder.container == "teams" else IN_CHANNEL
    return next(iter(call.among(holder, container, "userId", user)), None)


def check_joining(call: Call, channel: Thing, user: str, name: Any = None) -> None:
    """Raise GraphError for who cannot be a member of a channel."""
    kind, team = channel.record.get("membershipType"), call.owner(channel)
    # What was only seeded as the parent of members has no name, and no kind that somebody said.
    if kind == STANDARD and "displayName" in channel.record:
        why = "A standard channel has no members of its own: add them to the team."
        details = (Problem(why, "membershipType"),)
        raise GraphError(400, "BadRequest", _UNSUPPORTED, "membershipType", details=details)
    if kind == PRIVATE and team is not None:
        _check_mate(call, team, user, name)


_UNSUPPORTED = "Operation not supported for this Channel"


# Many at once ---------------------------------------------------------------------------------


def named_in(member: Record) -> tuple[str, str]:
    """Whom a body names as a member: the property of users, and its value."""
    bound = _BOUND.fullmatch(str(member.get("user@odata.bind") or ""))
    name = unquote(bound[1]) if bound else str(member.get("userId") or "")
    return ("userPrincipalName" if "@" in name else "id"), name


def _user(call: Call, given: Record) -> Thing:
    """Whom a body names. Raises GraphError for nobody."""
    by, name = named_in(given)
    found = call.find("users", name, by)
    if found is None:
        raise GraphError(404, "NotFound", f"Failed to find user '{name}'.")
    return found


def _each(call: Call, act: Any) -> Partly:
    """What comes of each of the values: 207 where not all was done."""
    results = []
    values = call.arguments.get("values") or ()
    if not values:
        raise bad_request("'values' has the members that are meant.", "values")
    for given in values:
        user, error = None, None
        try:
            _check_bound(given, None)
            _check_roles(given, None)
            user = _user(call, given)
            act(user, given)
        except GraphError as refused:
            error = {"code": refused.code, "message": refused.message}
        results.append(
            {
                "@odata.type": "#microsoft.graph.aadUserConversationMemberResult",
                "userId": given.get("userId") if user is None else user.id,
                "error": error,
            }
        )
    return Partly(results, whole=not any(each["error"] for each in results))


def enlist(call: Call, holder: Thing, user: Thing, roles: list[str]) -> None:
    """Make a user a member of a team."""
    said = {"userId": user.id, **_shown(user.record), "roles": roles}
    made = call.add(holder, "members", {"@odata.type": _KIND, **said})
    call.link(made, "user", user)


@operation("conversationMember*/add")
def add(call: Call) -> Partly:
    """https://learn.microsoft.com/graph/api/conversationmembers-add"""

    def one(user: Thing, given: Record) -> None:
        if call.holder.container == "team/channels":
            check_joining(call, call.holder, user.id, user.record.get("displayName"))
        there, roles = member_of(call, call.holder, user.id), list(given.get("roles") or ())
        if there is not None:
            if is_owner(there.record) and "owner" not in roles:
                _check_owned(call, call.holder, there.id)
            call.change(there, {"roles": roles})
            return
        enlist(call, call.holder, user, roles)

    return _each(call, one)


@operation("conversationMember*/remove")
def remove(call: Call) -> Partly:
    """https://learn.microsoft.com/graph/api/conversationmembers-remove"""

    def one(user: Thing, given: Record) -> None:
        there = member_of(call, call.holder, user.id)
        if there is None:
            raise GraphError(404, "NotFound", f"'{user.id}' is no member of the team.")
        if is_owner(there.record):
            _check_owned(call, call.holder, there.id)
        call.delete(there)

    return _each(call, one)


def _shown(user: Record) -> Record:
    return {"displayName": user.get("displayName"), "email": user.get("mail")}


# A team and its group -------------------------------------------------------------------------


def settle(transaction: Transaction, now: Instant) -> None:
    """Have a team and its group be called the same and have the same people, and be there, or
    deleted, together.
    """
    try:
        _hide_and_show(transaction)
        _call_the_same(transaction, "groups", "teams")
        _call_the_same(transaction, "teams", "groups")
        _into_groups(transaction)
        _into_teams(transaction)
    except KeyError:  # of a model that has no such things
        return


def _hide_and_show(transaction: Transaction) -> None:
    for old, new in transaction.changed("groups"):
        if old is not None and new is None:
            team = transaction.find("teams", "id", str(old.record["id"]))
            if team is not None:
                transaction.hide(team.key)
        elif old is None and new is not None:
            for each in transaction.hidden("teams"):
                if each.record["id"] == new.record["id"]:
                    transaction.restore(each.key)


_CALLED = ("displayName", "description", "visibility")


def _call_the_same(transaction: Transaction, here: str, there: str) -> None:
    """What was changed of one of the two is so of the other; a new team is seen by whom its group
    is.
    """
    for old, new in transaction.changed(here):
        other = None if new is None else transaction.find(there, "id", str(new.record["id"]))
        if new is None or other is None:
            continue
        told, kept = (other, new) if old is None and here == "teams" else (new, other)
        names = _CALLED if old is not None else ("visibility",)
        was = {} if old is None else old.record
        changes = {
            name: _spelt_for(transaction.container_of(kept.key), name, told.record.get(name))
            for name in names
            if new.record.get(name) != was.get(name)
            if told.record.get(name) is not None or name == "description"
        }
        if any(kept.record.get(name) != value for name, value in changes.items()):
            transaction.replace(kept.key, {**kept.record, **changes})


def _spelt_for(container: str, name: str, value: Any) -> Any:
    """Groups are ``Private``, and teams ``private``."""
    first = str.upper if container == "groups" else str.lower
    return f"{first(value[:1])}{value[1:]}" if name == "visibility" else value


def _into_groups(transaction: Transaction) -> None:
    for old, new in transaction.changed(IN_TEAM):
        row = new or old
        assert row is not None
        team = transaction.row(row.owner)
        group = None if team is None else transaction.find("groups", "id", team.record["id"])
        user = _find_user(transaction, row.record)
        if group is None or user is None:
            continue
        dynamic = "DynamicMembership" in (group.record.get("groupTypes") or ())
        _set(transaction, _MEMBERS, group.key, user.key, wanted=new is not None, fixed=dynamic)
        owns = new is not None and is_owner(new.record)
        _set(transaction, _OWNERS, group.key, user.key, wanted=owns)


def _find_user(transaction: Transaction, member: Record) -> Row | None:
    id_ = member.get("userId")
    return transaction.find("users", "id", str(id_)) if id_ else None


def _set(
    transaction: Transaction,
    relation: str,
    group: Key,
    user: Key,
    *,
    wanted: bool,
    fixed: bool = False,
) -> None:
    if not fixed:
        (transaction.link if wanted else transaction.unlink)(relation, group, user)


def _into_teams(transaction: Transaction) -> None:
    touched = dict.fromkeys(
        ends[:2] for relation in (_MEMBERS, _OWNERS) for ends in transaction.relinked(relation)
    )
    for old, new in transaction.changed("teams"):
        if old is None and new is not None:
            touched |= dict.fromkeys(_all_of(transaction, str(new.record["id"])))
    for group, user in touched:
        _place(transaction, group, user)


def _all_of(transaction: Transaction, group: str) -> Iterable[tuple[Key, Key]]:
    row = transaction.find("groups", "id", group)
    for relation in (_MEMBERS, _OWNERS) if row is not None else ():
        assert row is not None
        yield from ((row.key, each.key) for each in transaction.targets(relation, row.key))


def _place(transaction: Transaction, group: Key, user: Key) -> None:
    """Have a user in a team, or not, as its group has them."""
    holder, person = transaction.row(group), transaction.row(user)
    if holder is None or person is None or transaction.container_of(user) != "users":
        return
    team = transaction.find("teams", "id", str(holder.record["id"]))
    if team is None:
        return
    there = next((e for e in transaction.sources(_USER, user) if e.owner == team.key), None)
    owns = transaction.has(_OWNERS, group, user)
    if not (owns or transaction.has(_MEMBERS, group, user)):
        if there is not None:
            transaction.delete(there.key)
    elif there is None:
        made = transaction.insert(IN_TEAM, _member(team.record, person.record, owns), team.key)
        transaction.link(_USER, made.key, user)
    elif is_owner(there.record) is not owns and "guest" not in there.record.get("roles", ()):
        transaction.replace(there.key, {**there.record, "roles": ["owner"] if owns else []})


def _member(team: Record, user: Record, owns: bool) -> Record:
    is_guest = user.get("userType") == "Guest"
    return {
        "@odata.type": _KIND,
        "id": member_id(str(team["id"]), user["id"]),
        "roles": ["guest"] if is_guest else ["owner"] if owns else [],
        "userId": user["id"],
        "tenantId": team.get("tenantId"),
        **_shown(user),
    }


TYPES = (
    Type(
        "conversationMember",
        indexed=("userId",),
        generated={"id": _id},
        defaults={"roles": []},
        related=frozenset({"user"}),
    ),
    Type(
        "aadUserConversationMember",
        takes={"user": {"userId": "id", "displayName": "displayName", "email": "mail"}},
        generated={"tenantId": tenant_id},
        formed={"roles": _roles},
        changed={"roles": _roles},
        again={"userId": frozenset({"roles"})},
        refuses=(_check_bound, _check_roles),
        follows=_check_last,
        leaves=_leaves,
    ),
)

_listed = partial(Navigation, counted="all", page_size=100, max_page=999)
# Who is in a channel, `channels.py` says.
NAVIGATION = (_listed(IN_TEAM), _listed("chat/members", quiet=True))
OPERATIONS = (add, remove)
