"""Answers that a test says, in the service's stead: what is not built, or is to be another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError, Problem
from fakegraph.tenants.faults import Facts, Match
from fakegraph.tenants.rules import Rules
from fakegraph.tenants.turns import Turns, alone


@dataclass(frozen=True)
class StubbedRequest:
    """What a function that answers is handed: the path decoded, the options without ``$``."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Any


Check = Callable[[int, Any], Sequence[Problem]]
"""What is wrong with an answer of that status, None for no body."""

Reply = Callable[[StubbedRequest], Any]
"""An answer: its JSON for a 200, ``(status, json)``, or None for a 204."""


def unchecked(status: int, json: Any) -> Sequence[Problem]:
    """Any answer will do that HTTP has."""
    if json is None or status not in _BODILESS:
        return ()
    return [Problem(f"An answer of the status {status} has no body: leave it out.", "json")]


_BODILESS = frozenset({204, 205, 304})


@dataclass(frozen=True)
class Stub:
    """A rule. Of the requests that match, ``times`` (None: all) are answered with ``json``.

    ``part``: what their body has, where something is said of that. ``function`` says the answer
    in the stead of ``status`` and ``json``. ``shown`` is the rule as it was given.
    """

    id: str
    match: Match
    status: int
    json: Any = None
    part: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None
    function: Reply | None = None
    check: Check = unchecked
    shown: Mapping[str, Any] = field(default_factory=dict)

    def reply(self, request: StubbedRequest) -> tuple[int, Any]:
        """The status and the JSON to answer with; None for no body. Raises ValueError."""
        if self.function is None:
            return self.status, self.json
        said = self.function(request)
        status, json = said if isinstance(said, tuple) else (200 if said is not None else 204, said)
        problems = self.check(status, json)
        if problems:
            listed = "; ".join(f"{each.target}: {each.message}" for each in problems)
            raise ValueError(f"the stub {self.id} gave what is no answer here: {listed}")
        return status, json


class _Rule:
    """A stub with what has come of it."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.id = stub.id
        self.hit = 0

    def shown(self) -> dict[str, Any]:
        """The stub as it was given, with its id and how often it answered."""
        return {"id": self.id, **self.stub.shown, "hit": self.hit}

    def said(self) -> dict[str, Any]:
        stub = self.stub
        return {
            "id": self.id,
            "stub": {name: getattr(stub, name) for name in _SAID},
            "match": {name: getattr(stub.match, name) for name in _MATCH},
            "hit": self.hit,
        }

    def hear(self, said: Mapping[str, Any]) -> None:
        self.hit = said["hit"]

    def is_for(self, facts: Facts, body: Callable[[], Any]) -> bool:
        stub = self.stub
        if (stub.times is not None and self.hit >= stub.times) or not stub.match(facts):
            return False
        return stub.part is None or has_part(stub.part, body())


_SAID = ("id", "status", "json", "part", "headers", "times", "shown")
_MATCH = ("method", "path", "query", "app")


def _read(said: Mapping[str, Any]) -> _Rule:
    return _Rule(Stub(match=Match(**said["match"]), **said["stub"]))


class Stubs(Rules[_Rule]):
    """A tenant's stubs; the one that came last is asked first."""

    def __init__(self, turns: Turns = alone) -> None:
        super().__init__("stubs", _read, turns)

    def add(self, stub: Stub) -> None:
        """Add a rule before the others. Raises GraphError for what other replicas cannot do."""
        if stub.function is not None and self._turn.shared:
            raise GraphError(
                501,
                "notImplemented",
                "A function of this process answers at no other replica: say the answer itself.",
            )
        self._add(_Rule(stub))

    def pick(self, facts: Facts, body: Callable[[], Any]) -> Stub | None:
        """The rule that answers a request; ``body`` gives its JSON."""
        if not any(rule.is_for(facts, body) for rule in self._rules):
            return None

        def work() -> Stub | None:
            for rule in reversed(self._rules):
                if rule.is_for(facts, body):
                    rule.hit += 1
                    self._turn.note()
                    return rule.stub
            return None

        return self._turn(work)


def has_part(wanted: Any, found: Any) -> bool:
    """Whether a JSON value has what is wanted; objects may have more."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(name in found and has_part(value, found[name]) for name, value in wanted.items())
    return type(wanted) is type(found) and bool(wanted == found)
