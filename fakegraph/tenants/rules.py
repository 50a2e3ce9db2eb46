"""Rules that tests give a tenant, faults and stubs alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from fakegraph.tenants.turns import Turns, alone


class Rule(Protocol):
    """A rule with what has come of it."""

    @property
    def id(self) -> str: ...

    def shown(self) -> dict[str, Any]:
        """The rule as it was given, with its id and what has come of it."""

    def said(self) -> Any:
        """All of it, as JSON."""

    def hear(self, said: Any) -> None:
        """Take in what has come of it elsewhere."""


R = TypeVar("R", bound=Rule)


class Rules(Generic[R]):
    """A tenant's rules, in the order in which they came. Threads may share it. ``read`` makes one
    of what it ``said``.
    """

    def __init__(self, kind: str, read: Callable[[Any], R], turns: Turns = alone) -> None:
        self.kind = kind
        self._read = read
        self._turn = turns(self)
        self._rules: list[R] = []

    def __bool__(self) -> bool:
        return bool(self._rules)

    def _add(self, rule: R) -> None:

        def work() -> None:
            self._rules = [*self._rules, rule]
            self._turn.note()

        self._turn(work)

    def shown(self) -> list[dict[str, Any]]:
        """Every rule, oldest first."""
        return [rule.shown() for rule in self._rules]

    def remove(self, id_: str) -> bool:
        """Take a rule away; False where there is none of that id."""

        def work() -> bool:
            kept = [rule for rule in self._rules if rule.id != id_]
            found = len(kept) < len(self._rules)
            self._rules = kept
            if found:
                self._turn.note()
            return found

        return self._turn(work)

    def clear(self) -> None:
        """Take all rules away."""

        def work() -> None:
            self._rules = []
            self._turn.note()

        if self._rules:
            self._turn(work)

    def ids(self) -> Iterable[str]:
        """The one row, where there are rules."""
        return [""] if self._rules else []

    def row(self, id_: str) -> Any:
        """All rules, with what has come of them."""
        return [rule.said() for rule in self._rules] or None

    def hear(self, id_: str, value: Any) -> None:
        """Have the rules that there are now."""
        known = {rule.id: rule for rule in self._rules}
        rules = []
        for said in value or ():
            rule = known.get(said["id"]) or self._read(said)
            rule.hear(said)
            rules.append(rule)
        self._rules = rules
