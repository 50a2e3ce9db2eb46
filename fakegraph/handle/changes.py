"""What became of a tenant's records, as tests look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Change:
    """What one write did at one path.

    ``old``: of what was changed, the values that the properties had. ``linked`` and ``unlinked``
    are about references: ``groups/ID/members/ID``. Those of one write have one ``sequence``.
    """

    kind: Literal["created", "changed", "deleted", "linked", "unlinked"]
    path: str
    sequence: int
    old: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Change:
        """A change from what the control API says of it."""
        return cls(told["kind"], told["path"], told["sequence"], told.get("old", {}))

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"
