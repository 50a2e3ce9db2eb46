"""Dynamic groups: whoever their rule matches is a member, at the end of every write.

https://learn.microsoft.com/entra/identity/users/groups-create-rule

Members are links as those of other groups are. A write that changes a user is about that user and
the dynamic groups; one that changes a rule goes through all users or devices once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fakegraph.errors import GraphError
from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.workloads.directory.rule import Rule, read_rule

STATE = "membershipRuleProcessingState"
"""The property that says whether a rule is heeded; the index that dynamic groups are found by."""

_RULE = "membershipRule"
_MEMBERS = "group/members"


def is_dynamic(group: Record) -> bool:
    """Whether a rule says who is a member."""
    return "DynamicMembership" in (group.get("groupTypes") or ())


def heeded(group: Record) -> str | None:
    """The rule that says who is a member now; None where none does, or it is paused."""
    state = str(group.get(STATE) or "")
    return group.get(_RULE) if is_dynamic(group) and state.casefold() == "on" else None


def settle(transaction: Transaction) -> None:
    """Make the members of dynamic groups those whom their rules match.

    Raises GraphError for members that a seed gives them and who do not match.
    """
    try:
        groups = {row.key: row for row in transaction.equal("groups", STATE, "on")}
    except KeyError:  # of a model that has no such groups
        return
    rules = {key: read_rule(rule) for key, row in groups.items() if (rule := heeded(row.record))}
    if not rules:
        return
    _check_given(transaction, groups, rules)
    anew = {
        new.key
        for old, new in transaction.changed("groups")
        if new is not None and new.key in rules and not _is_as_before(old, new)
    }
    for key in anew:
        _work_out(transaction, key, rules[key])
    _place_changed(transaction, {key: rule for key, rule in rules.items() if key not in anew})


def _is_as_before(old: Row | None, new: Row) -> bool:
    return old is not None and heeded(old.record) == heeded(new.record)


def _work_out(transaction: Transaction, group: Key, rule: Rule) -> None:
    """Go through all that could be members."""
    rows = transaction.rows_of(rule.container, [0])
    wanted = {row.key for row in rows if rule.test(row.record)}
    there = {row.key for row in transaction.targets(_MEMBERS, group)}
    for key in sorted(there - wanted):
        transaction.unlink(_MEMBERS, group, key)
    for key in sorted(wanted - there):
        transaction.link(_MEMBERS, group, key)


def _place_changed(transaction: Transaction, rules: Mapping[Key, Rule]) -> None:
    """Put what has changed into the groups that it belongs to, and out of the others."""
    for container in {rule.container for rule in rules.values()}:
        own = [(key, rule.test) for key, rule in rules.items() if rule.container == container]
        for _, row in transaction.changed(container):
            for group, test in own if row is not None else ():
                assert row is not None
                put = transaction.link if test(row.record) else transaction.unlink
                put(_MEMBERS, group, row.key)


def _check_given(
    transaction: Transaction, groups: Mapping[Key, Row], rules: Mapping[Key, Rule]
) -> None:
    """Raise GraphError for a link that a rule does not make, and for one less than it makes."""
    for source, target, is_new in _relinked(transaction, rules):
        row = transaction.row(target)
        if row is None:
            continue
        rule = rules[source]
        is_of_kind = transaction.container_of(target) == rule.container
        matches = is_of_kind and rule.test(row.record)
        has = transaction.has(_MEMBERS, source, target)
        if has == matches:
            continue
        if is_new or not has:
            raise _not_as_the_rule_says(row.record, groups[source].record)
        transaction.unlink(_MEMBERS, source, target)  # it came back with what was deleted


def _relinked(
    transaction: Transaction, rules: Mapping[Key, Rule]
) -> Iterable[tuple[Key, Key, bool]]:
    return (each for each in transaction.relinked(_MEMBERS) if each[0] in rules)


def _not_as_the_rule_says(member: Record, group: Record) -> GraphError:
    return GraphError(
        400,
        "Request_BadRequest",
        f"Whether '{member.get('id')}' is a member of the group '{group.get('id')}' is worked out "
        f"from its rule: {group.get(_RULE)}. Change the values that it asks about, or let the "
        f"group's {STATE} be Paused: then its members are those that it is given.",
        "members",
    )
