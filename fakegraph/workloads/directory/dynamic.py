"""Dynamic groups and administrative units: whoever their rule matches is a member, at the end of
every write.

https://learn.microsoft.com/entra/identity/users/groups-create-rule
https://learn.microsoft.com/entra/identity/role-based-access-control/admin-units-members-dynamic

Members are links as those of others are. A write that changes a user is about that user and what is
dynamic; one that changes a rule goes through all users or devices once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant, instant
from fakegraph.errors import GraphError
from fakegraph.store import Key, Record, Row, Store, Transaction
from fakegraph.workloads.directory.rule import Rule, read_rule
from fakegraph.workloads.directory.rule_terms import HIRED
from fakegraph.workloads.handed import Idle, Others, folded_id

STATE = "membershipRuleProcessingState"
"""The property that says whether a rule is heeded; the index that what is dynamic is found by."""

STATES = ("On", "Paused")
_RULE = "membershipRule"
_MEMBERS = "group/members"
_MANAGER = "user/manager"


@dataclass(frozen=True, slots=True)
class _Kind:
    """What may have members by a rule: where such things are, the links to their members, what they
    are called, and whether one of them has members so. ``many``: whether there may be so many that
    an index finds those.
    """

    container: str
    members: str
    called: str
    is_dynamic: Callable[[Record], bool]
    many: bool

    def heeded(self, holder: Record) -> str | None:
        """The rule that says who is a member now; None where none does, or it is paused."""
        state = str(holder.get(STATE) or "")
        return holder.get(_RULE) if self.is_dynamic(holder) and state.casefold() == "on" else None

    def shifts(self, store: Store) -> frozenset[int]:
        """By how much the rules of these shift now."""
        container = store.container(self.container)
        rows = container.equal(STATE, ("on",)) if self.many else container.scan()
        rules = (read_rule(rule) for row in rows if (rule := self.heeded(row.record)))
        return frozenset(shift for rule in rules for shift in rule.shifts)


def without_effect(is_dynamic: Callable[[Record], bool], wanted: str) -> Idle:
    """Tells of a rule of what has no members by one: it is kept, and without effect.

    ``wanted`` says what would let it have them.
    """

    def tell(holder: Record, before: Record | None, of: Others) -> Iterable[tuple[str, str]]:
        rule = holder.get(_RULE)
        if rule and not is_dynamic(holder) and rule != (before or {}).get(_RULE):
            yield f"'{_RULE}' in the body", f"Nobody is a member by a rule without {wanted}."

    return tell


def spelt(state: Any) -> Any:
    """The state of a rule as it is kept; clients may write it in any case."""
    return next((each for each in STATES if each.casefold() == str(state).casefold()), state)


def is_dynamic(group: Record) -> bool:
    """Whether a rule says who is a member of a group."""
    return "DynamicMembership" in (group.get("groupTypes") or ())


def is_dynamic_unit(unit: Record) -> bool:
    """Whether a rule says who is in an administrative unit."""
    return unit.get("membershipType") == "Dynamic"


_GROUPS = _Kind("groups", _MEMBERS, "group", is_dynamic, many=True)
_UNITS = _Kind(
    "directory/administrativeUnits",
    "administrativeUnit/members",
    "administrative unit",
    is_dynamic_unit,
    many=False,
)
_KINDS = (_GROUPS, _UNITS)  # units come last: a rule of theirs may follow a group

SETTLED_BY = frozenset(
    {"users", "devices", _MANAGER, *(name for k in _KINDS for name in (k.container, k.members))}
)
"""What rules are about, with what follows from it."""


def settle(transaction: Transaction, now: Instant) -> bool:
    """Make the members of what is dynamic those whom its rules match; False where no group's is
    heeded.

    Raises GraphError for members that a seed gives them and who do not match, and for a rule that
    follows a group whose rule follows groups.
    """
    filled, _ = (_settle_kind(transaction, kind, now) for kind in _KINDS)
    return filled


def _settle_kind(transaction: Transaction, kind: _Kind, now: Instant) -> bool:
    holders = _heeded(transaction, kind)
    if not holders:
        return False
    rules = {key: read_rule(str(kind.heeded(row.record)), now) for key, row in holders.items()}
    by_value = {key: rule for key, rule in rules.items() if rule.among is None}
    for some in (by_value, _by(rules, _MANAGER), _by(rules, _MEMBERS)):
        if some:
            _settle(transaction, kind, {key: holders[key] for key in some}, some)
    return True


def _by(rules: Mapping[Key, Rule], relation: str) -> dict[Key, Rule]:
    """Those that go by links of a kind."""
    return {key: rule for key, rule in rules.items() if rule.among and rule.among[0] == relation}


def _heeded(transaction: Transaction, kind: _Kind) -> Mapping[Key, Row]:
    def work() -> Mapping[Key, Row]:
        try:
            if kind.many:
                found: Iterable[Row] = transaction.equal(kind.container, STATE, "on")
            else:
                found = transaction.all_of(kind.container)
        except KeyError:  # of a model that has no such things
            return {}
        return {row.key: row for row in found if kind.heeded(row.record)}

    return transaction.remembered(kind.container, _RULE, work)


def _settle(
    transaction: Transaction, kind: _Kind, holders: Mapping[Key, Row], rules: Mapping[Key, Rule]
) -> None:
    """Settle those whose rules are of one sort."""
    among = {key: _Linked(transaction, rule) for key, rule in rules.items() if rule.among}
    _check_given(transaction, kind, holders, rules, among)
    anew = {
        new.key
        for old, new in transaction.changed(kind.container)
        if new is not None and new.key in rules and not _is_as_before(kind, old, new)
    }
    anew |= {key for key, linked in among.items() if linked.has_changed()}
    for key in anew:
        _work_out(
            transaction,
            kind,
            key,
            among[key].members() if key in among else _all(transaction, rules[key]),
        )
    plain = {key: rule for key, rule in rules.items() if key not in anew and not rule.among}
    _place_changed(transaction, kind, plain)


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
        rule = None if self._among.forward else _GROUPS.heeded(other.record)
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
    shifts = frozenset[int]()
    for kind in _KINDS:
        try:
            shifts |= store.made_of((kind.container,), kind.shifts)
        except KeyError:  # of a model that has no such things
            continue
    if not shifts:
        return None
    hired = (row.record.get(HIRED) for row in store.container("users").scan())
    moments = (instant(str(each)) - shift for each in hired if each for shift in shifts)
    # One is within bounds up to its moment and with it, or from it on.
    turns = (turn for moment in moments for turn in (moment, moment + 1) if turn > after)
    return Instant(min(turns, default=0)) or None


def turn(transaction: Transaction, now: Instant) -> None:
    """Make the members of those whose rules ask about now those of this moment."""
    for kind in _KINDS:
        for key, row in _heeded(transaction, kind).items():
            rule = read_rule(str(kind.heeded(row.record)), now)
            if rule.shifts:
                _work_out(transaction, kind, key, _all(transaction, rule))


def _is_as_before(kind: _Kind, old: Row | None, new: Row) -> bool:
    return old is not None and kind.heeded(old.record) == kind.heeded(new.record)


def _all(transaction: Transaction, rule: Rule) -> set[Key]:
    """Go through all that could be members."""
    rows = transaction.rows_of(rule.container, [0])
    return {row.key for row in rows if rule.test(row.record)}


def _work_out(transaction: Transaction, kind: _Kind, holder: Key, wanted: set[Key]) -> None:
    there = {row.key for row in transaction.targets(kind.members, holder)}
    for key in sorted(there - wanted):
        transaction.unlink(kind.members, holder, key)
    for key in sorted(wanted - there):
        transaction.link(kind.members, holder, key)


def _place_changed(transaction: Transaction, kind: _Kind, rules: Mapping[Key, Rule]) -> None:
    """Put what has changed among the members where it belongs, and out of the others."""
    for container in {rule.container for rule in rules.values()}:
        own = [(key, rule.test) for key, rule in rules.items() if rule.container == container]
        for _, row in transaction.changed(container):
            for holder, test in own if row is not None else ():
                assert row is not None
                put = transaction.link if test(row.record) else transaction.unlink
                put(kind.members, holder, row.key)


def _check_given(
    transaction: Transaction,
    kind: _Kind,
    holders: Mapping[Key, Row],
    rules: Mapping[Key, Rule],
    among: Mapping[Key, _Linked],
) -> None:
    """Raise GraphError for a link that a rule does not make, and for one less than it makes."""
    relinked = (each for each in transaction.relinked(kind.members) if each[0] in rules)
    for source, target, is_new in relinked:
        row = transaction.row(target)
        if row is None:
            continue
        rule = rules[source]
        is_of_kind = transaction.container_of(target) == rule.container
        linked = among.get(source)
        matches = target in linked.members() if linked else is_of_kind and rule.test(row.record)
        has = transaction.has(kind.members, source, target)
        if has == matches:
            continue
        if is_new or not has:
            raise _not_as_the_rule_says(kind, row.record, holders[source].record)
        transaction.unlink(kind.members, source, target)  # it came back with what was deleted


def _not_as_the_rule_says(kind: _Kind, member: Record, holder: Record) -> GraphError:
    return GraphError(
        400,
        "Request_BadRequest",
        f"Whether '{member.get('id')}' is a member of the {kind.called} '{holder.get('id')}' is "
        f"worked out from its rule: {holder.get(_RULE)}. Change the values that it asks about, or "
        f"let its {STATE} be Paused: then its members are those that it is given.",
        "members",
    )
