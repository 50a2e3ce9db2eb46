"""Rules that tests give a tenant, faults and stubs alike."""

from __future__ import annotations

import threading
from typing import Any, Generic, Protocol, TypeVar


class Rule(Protocol):
    """A rule with what has come of it."""

    @property
    def id(self) -> str: ...

    def shown(self) -> dict[str, Any]:
        """The rule as it was given, with its id and what has come of it."""


R = TypeVar("R", bound=Rule)


class Rules(Generic[R]):
    """A tenant's rules, in the order in which they came. Threads may share it."""

    def __init__(self) -> None:
        self._rules: list[R] = []
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._rules)

    def _add(self, rule: R) -> None:
        with self._lock:
            self._rules = [*self._rules, rule]

    def shown(self) -> list[dict[str, Any]]:
        """Every rule, oldest first."""
        return [rule.shown() for rule in self._rules]

    def remove(self, id_: str) -> bool:
        """Take a rule away; False where there is none of that id."""
        with self._lock:
            kept = [rule for rule in self._rules if rule.id != id_]
            found = len(kept) < len(self._rules)
            self._rules = kept
        return found

    def clear(self) -> None:
        """Take all rules away."""
        with self._lock:
            self._rules = []
