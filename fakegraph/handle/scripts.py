"""What a handle has scripted, so that no fault passes in silence that was never hit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fakegraph.handle.errors import FaultNeverHitWarning, Line


@dataclass(frozen=True)
class Script:
    """A fault, in words, and the line that scripted it."""

    fault: str
    line: Line


@dataclass(frozen=True)
class NeverHit:
    """That no request could be hit by a fault, and why."""

    script: Script
    reason: str

    def warn(self) -> None:
        """Warn of it at its line."""
        message = f"{self.script.fault} was never hit: {self.reason}"
        self.script.line.warn(FaultNeverHitWarning(message))


class Scripts:
    """The faults that a handle has scripted, by id."""

    def __init__(self) -> None:
        self._scripted: dict[str, Script] = {}

    def add(self, id_: str, script: Script) -> None:
        """Note a fault."""
        self._scripted[id_] = script

    def forget(self) -> None:
        """Let all of them go."""
        self._scripted.clear()

    def settle(self, ask: Callable[[], Iterable[Mapping[str, Any]]]) -> list[NeverHit]:
        """Let all of them go; those that were never hit, as the control API's list has it."""
        scripted, self._scripted = self._scripted, {}
        if not scripted:
            return []
        own = [listed for listed in ask() if listed["id"] in scripted]
        return [
            NeverHit(scripted[each["id"]], _reason(each["matched"], each["skip"]))
            for each in own
            if each["matched"] <= each["skip"]  # beyond that it is by chance
        ]


def _reason(matched: int, skip: int) -> str:
    if not matched:
        return "no request matched it"
    return f"of those that match, the first {skip} pass, and {matched} came"
