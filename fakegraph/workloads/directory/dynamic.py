"""Dynamic groups: whoever their rule matches is a member, at the end of every write.

https://learn.microsoft.com/entra/identity/users/groups-create-rule

Members are links as those of other groups are. A write that changes a user is about that user and
the dynamic groups; one that changes a rule goes through all users or devices once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from fakegraph.edm.values import Instant, instant
from fakegraph.errors import GraphError
from fakegraph.store import Key, Record, Row, Store, Transaction
from fakegraph.workloads.directory.rule import Rule, read_rule
from fakegraph.workloads.directory.rule_terms import HIRED
from fakegraph.workloads.handed import folded_id

STATE = "membershipRuleProcessingState"
"""The property that says whether a rule is heeded; the index that dynamic groups are found by."""

STATES = ("On", "Paused")
_RULE = "membershipRule"
_MEMBERS = "group/members"
_MANAGER = "user/manager"
SETTLED_BY = frozenset({"users", "groups", "devices", _MEMBERS, _MANAGER})
"""What rules are about, with what follows from it."""


def spelt(state: Any) -> Any:
    """The state of a rule as it is kept; clients may write it in any case."""
    return next((each for each in STATES if each.casefold() == str(state).casefold()), state)


def is_dynamic(group: Record) -> bool:
    """Whether a rule says who is a member."""
    return "DynamicMembership" in (group.get("groupTypes") or ())


def heeded(group: Record) -> str | None:
    """The rule that says who is a member now; None where none does, or it is paused."""
    state = str(group.get(STATE) or "")
    return group.get(_RULE) if is_dynamic(group) and state.casefold() == "on" else None


def settle(transaction: Transaction, now: Instant) -> bool:
    """Make the members of dynamic groups those whom their rules match; False where none is heeded.

    Raises GraphError for members that a seed gives them and who do not match, and for a rule that
    follows a group whose rule follows groups.
    """
    groups = _heeded_groups(transaction)
    if not groups:
        return False
    rules = {key: read_rule(str(heeded(row.record)), now) for key, row in groups.items()}
    by_value = {key: rule for key, rule in rules.items() if rule.among is None}
    for some in (by_value, _by(rules, _MANAGER), _by(rules, _MEMBERS)):
        if some:
            _settle(transaction, {key: groups[key] for key in some}, some)
    return True


def _by(rules: Mapping[Key, Rule], relation: str) -> dict[Key, Rule]:
    """Those that go by links of a kind."""
    return {key: rule for key, rule in rules.items() if rule.among and rule.among[0] == relation}


def _heeded_groups(transaction: Transaction) -> Mapping[Key, Row]:
    def work() -> Mapping[Key, Row]:
        try:
            found = transaction.equal("groups", STATE, "on")
        except KeyError:  # of a model that has no such groups
            return {}
        return {row.key: row for row in found if heeded(row.record)}

    return transaction.remembered("groups", _RULE, work)


def _settle(transaction: Transaction, groups: Mapping[Key, Row], rules: Mapping[Key, Rule]) -> None:
    """Settle groups whose rules are of one kind."""
    among = {key: _Linked(transaction, rule) for key, rule in rules.items() if rule.among}
    _check_given(transaction, groups, rules, among)
    anew = {
        new.key
        for old, new in transaction.changed("groups")
        if new is not None and new.key in rules and not _is_as_before(old, new)
    }
    anew |= {key for key, linked in among.items() if linked.has_changed()}
    for key in anew:
        _work_out(
            transaction,
            key,
            among[key].members() if key in among else _all(transaction, rules[key]),
        )
    plain = {key: rule for key, rule in rules.items() if key not in anew and not rule.among}
    _place_changed(transaction, plain)


class _Linked:
    """Those who are members by their links with others."""

    def __init__(self, transaction: Transaction, rule: Rule) -> None:
        assert rule.among is not None
        self._transaction, self._rule, self._among = transaction, rule, rule.among
        self.members = cache(self._members)

    def _members(self) -> set[Key]:
        """Who they are. Raises GraphError where the others are groups that go by links too."""
        found: set[Key] = set()
        for row in self._others():
            self._check(row)
            for each in self._ends(row.key):
                if self._transaction.container_of(each.key) == self._rule.container:
                    found.add(each.key)
        return found

    def has_changed(self) -> bool:
        """Whether this write may have made them others."""
        changed = self._transaction.changed(self._among.container)
        ids = {folded_id(row.record["id"]) for pair in changed for row in pair if row is not None}
        if not ids.isdisjoint(self._among.ids):
            return True
        others = {row.key for row in self._others()}
        relinked = self._transaction.relinked(self._among.relation)
        return any(
            (target if self._among.forward else source) in others for source, target, _ in relinked
        )

    def _others(self) -> list[Row]:
        find, container = self._transaction.find, self._among.container
        found = (find(container, "id", id_) for id_ in self._among.ids)
        return [row for row in found if row is not None]

    def _ends(self, key: Key) -> list[Row]:
        ends = self._transaction.sources if self._among.forward else self._transaction.targets
        return ends(self._among.relation, key)

    def _check(self, other: Row) -> None:
        rule = None if self._among.forward else heeded(other.record)
        among = read_rule(rule).among if rule else None
        if among is not None and among.relation == _MEMBERS:
            raise GraphError(
                400,
                "Request_BadRequest",
                f"The group '{other.record['id']}' has the members of other groups by its rule, "
                "and such a group cannot be named by memberOf in another rule.",
                _RULE,
            )


def next_turn(store: Store, after: Instant) -> Instant | None:
    """When time alone makes somebody a member, or no member any more, the next time after a moment;
    None for never. It goes through all users where a rule asks about now.
    """
    try:
        shifts = store.made_of(("groups",), _shifts)
    except KeyError:  # of a model that has no such groups
        return None
    if not shifts:
        return None
    hired = (row.record.get(HIRED) for row in store.container("users").scan())
    moments = (instant(str(each)) - shift for each in hired if each for shift in shifts)
    # One is within bounds up to its moment and with it, or from it on.
    turns = (turn for moment in moments for turn in (moment, moment + 1) if turn > after)
    return Instant(min(turns, default=0)) or None


def _shifts(store: Store) -> frozenset[int]:
    """By how much the rules of groups shift now."""
    groups = store.container("groups").equal(STATE, ("on",))
    rules = (read_rule(rule) for row in groups if (rule := heeded(row.record)))
    return frozenset(shift for rule in rules for shift in rule.shifts)


def turn(transaction: Transaction, now: Instant) -> None:
    """Make the members of the groups whose rules ask about now those of this moment."""
    for key, row in _heeded_groups(transaction).items():
        rule = read_rule(str(heeded(row.record)), now)
        if rule.shifts:
            _work_out(transaction, key, _all(transaction, rule))


def _is_as_before(old: Row | None, new: Row) -> bool:
    return old is not None and heeded(old.record) == heeded(new.record)


def _all(transaction: Transaction, rule: Rule) -> set[Key]:
    """Go through all that could be members."""
    rows = transaction.rows_of(rule.container, [0])
    return {row.key for row in rows if rule.test(row.record)}


def _work_out(transaction: Transaction, group: Key, wanted: set[Key]) -> None:
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
    transaction: Transaction,
    groups: Mapping[Key, Row],
    rules: Mapping[Key, Rule],
    among: Mapping[Key, _Linked],
) -> None:
    """Raise GraphError for a link that a rule does not make, and for one less than it makes."""
    for source, target, is_new in _relinked(transaction, rules):
        row = transaction.row(target)
        if row is None:
            continue
        rule = rules[source]
        is_of_kind = transaction.container_of(target) == rule.container
        linked = among.get(source)
        matches = target in linked.members() if linked else is_of_kind and rule.test(row.record)
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
