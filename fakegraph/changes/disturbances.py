"""What a test has said that goes wrong with deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fakegraph.dataclass import dataclass

EFFECTS = ("drop", "duplicate", "delay", "reorder", "clientState")
"""Not sent; sent twice; sent later; sent after the next one; sent with another state."""


@dataclass(slots=True)
class Disturbance:
    """An effect on the next ``times`` notifications, None for all; ``seconds`` is for a delay."""

    effect: str
    times: int | None = 1
    seconds: float = 0.0

    @property
    def shown(self) -> dict[str, Any]:
        """As the control API has it."""
        later = {"seconds": self.seconds} if self.effect == "delay" else {}
        return {"effect": self.effect, "times": self.times, **later}


class Disturbances:
    """What is to go wrong with a tenant's deliveries, the first that was said first."""

    def __init__(self) -> None:
        self._all: list[Disturbance] = []

    def add(self, disturbance: Disturbance) -> None:
        """Have one more thing go wrong, after the others."""
        self._all.append(disturbance)

    def clear(self) -> None:
        """Let nothing go wrong."""
        self._all.clear()

    def take(self) -> Disturbance | None:
        """What goes wrong with the next one."""
        if not self._all:
            return None
        first = self._all[0]
        if first.times is not None:
            first.times -= 1
            if first.times < 1:
                self._all.pop(0)
        return first

    def __iter__(self) -> Iterator[Disturbance]:
        return iter(self._all)

    @property
    def shown(self) -> list[dict[str, Any]]:
        """As the control API has them."""
        return [each.shown for each in self._all]
