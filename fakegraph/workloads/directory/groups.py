"""What users do to Microsoft 365 groups, and how long these live.

https://learn.microsoft.com/graph/api/resources/group
https://learn.microsoft.com/graph/api/resources/grouplifecyclepolicy
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fakegraph.edm.values import TICKS_PER_DAY, Instant, format_instant, instant
from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.addresses import is_unified
from fakegraph.workloads.directory.values import whole_seconds
from fakegraph.workloads.directory.words import DIRECTORY
from fakegraph.workloads.handed import Acting, Within
from fakegraph.workloads.operations import Call, operation

_POLICIES = "groupLifecyclePolicies"
_SELECTED = "@groups"  # the ids of the groups that a policy for selected ones is about


def _refused(message: str, target: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, target)


# What one user has of a group ---------------------------------------------------------------------


def _by_user(changes: Record) -> Callable[[Call], None]:
    """What changes properties of a Microsoft 365 group, for a user who is signed in."""

    def act(call: Call) -> None:
        call.caller()
        if not is_unified(call.thing.record):
            raise _refused("Only Microsoft 365 groups have this.", "groupTypes")
        if changes:
            call.change(call.thing, changes)

    return act


_CHANGES: Mapping[str, Record] = {
    "addFavorite": {"isFavorite": True},
    "removeFavorite": {"isFavorite": False},
    "subscribeByMail": {"isSubscribedByMail": True},
    "unsubscribeByMail": {"isSubscribedByMail": False},
    "resetUnseenCount": {"unseenCount": 0},
}
_ACTS = tuple(
    # https://learn.microsoft.com/graph/api/group-subscribebymail
    operation(f"group/{name}", status=204)(_by_user(changes))
    for name, changes in _CHANGES.items()
)


# How long groups live -----------------------------------------------------------------------------


def _applies(policy: Record, group: Record) -> bool:
    kind = str(policy.get("managedGroupTypes")).casefold()
    return is_unified(group) and (
        kind == "all" or (kind == "selected" and group.get("id") in policy.get(_SELECTED, ()))
    )


def _is_for(policy: Record, group: Record) -> bool:
    """Whether a policy is one of a group's."""
    kind = str(policy.get("managedGroupTypes")).casefold()
    said = kind not in ("all", "none") and group.get("id") in policy.get(_SELECTED, ())
    return said or _applies(policy, group)


def _for(policy: Record, group: Record) -> Record:
    return {**policy, _SELECTED: [*(policy.get(_SELECTED) or ()), group["id"]]}


def expires(policies: Iterable[Record], group: Record) -> str | None:
    """When a group expires by the policies of its tenant, from when it was renewed."""
    days = [each.get("groupLifetimeInDays") for each in policies if _applies(each, group)]
    renewed = group.get("renewedDateTime")
    if not days or not isinstance(days[0], int) or not renewed:
        return None
    ends = Instant(instant(renewed) + days[0] * TICKS_PER_DAY)
    return whole_seconds(format_instant(ends))


def _check_policy(policy: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a kind of groups, or a time, that there is not."""
    if str(policy.get("managedGroupTypes")).casefold() not in ("all", "selected", "none"):
        raise _refused("managedGroupTypes is All, Selected or None.", "managedGroupTypes")
    days = policy.get("groupLifetimeInDays")
    if not isinstance(days, int) or days < 1:
        raise _refused("groupLifetimeInDays is a number of days.", "groupLifetimeInDays")


def _check_only(
    policy: Record, before: Record | None, of: Callable[[str], Iterable[Record]]
) -> None:
    """Raise GraphError (400) for a second policy."""
    others = (each for each in of(_POLICIES) if each.get("id") != policy.get("id"))
    if before is None and next(iter(others), None) is not None:
        raise _refused("A tenant has one group lifecycle policy, and there is one.", "id")


def _settle(acting: Acting, policy: Row, before: Record | None = None) -> None:
    """Say of the groups when they expire."""
    for group in acting.all("groups"):
        when = expires([policy.record], group.record)
        if group.record.get("expirationDateTime") != when:
            acting.alter(group, {"expirationDateTime": when})


def _end(acting: Acting, policy: Row) -> None:
    for group in acting.all("groups"):
        if group.record.get("expirationDateTime") and _applies(policy.record, group.record):
            acting.alter(group, {"expirationDateTime": None})


def _made(acting: Acting, group: Row) -> None:
    """Say of a new group when it expires."""
    if is_unified(group.record):
        when = expires((each.record for each in acting.all(_POLICIES)), group.record)
        if when is not None:
            acting.alter(group, {"expirationDateTime": when})


def _of_policy(call: Call, *, add: bool) -> bool:
    """Take a group into a policy for selected ones, or out; False where that changes nothing."""
    policy, id_ = call.thing, str(call.arguments["groupId"])
    group = call.find("groups", id_)
    if group is None:
        raise DIRECTORY.words.not_found("group", id_)
    if str(policy.record.get("managedGroupTypes")).casefold() != "selected":
        raise _refused("The policy is not for selected groups.", "managedGroupTypes")
    known = list(policy.record.get(_SELECTED) or ())
    if (group.id in known) is add or not is_unified(group.record):
        return False
    kept = [*known, group.id] if add else [each for each in known if each != group.id]
    changed = call.change(policy, {_SELECTED: kept})
    call.change(group, {"expirationDateTime": expires([changed.record], group.record)})
    return True


@operation("groupLifecyclePolicy/addGroup")
def add_group(call: Call) -> bool:
    """https://learn.microsoft.com/graph/api/grouplifecyclepolicy-addgroup"""
    return _of_policy(call, add=True)


@operation("groupLifecyclePolicy/removeGroup")
def remove_group(call: Call) -> bool:
    """https://learn.microsoft.com/graph/api/grouplifecyclepolicy-removegroup"""
    return _of_policy(call, add=False)


@operation("group/renew")
def renew(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/group-renew"""
    policies = [each.record for each in call.inside(None, _POLICIES)]
    when = expires(policies, {**call.thing.record, "renewedDateTime": call.now})
    changes = {} if when is None else {"expirationDateTime": when}
    call.change(call.thing, {"renewedDateTime": call.now, **changes})


TYPES = (
    Type(
        "groupLifecyclePolicy",
        required=("groupLifetimeInDays", "managedGroupTypes"),
        refuses=(_check_policy,),
        suits=(_check_only,),
        made=_settle,
        altered=_settle,
        unmade=_end,
    ),
    Type("group", made=_made),
)

# https://learn.microsoft.com/graph/api/grouplifecyclepolicy-update shows it changed, with 200.
NAVIGATION = (
    Navigation(_POLICIES, statuses={"PATCH": 200}),
    Navigation(
        "group/groupLifecyclePolicies",
        home=_POLICIES,
        within=Within(_is_for, _for),
    ),
)

OPERATIONS = (*_ACTS, add_group, remove_group, renew)
