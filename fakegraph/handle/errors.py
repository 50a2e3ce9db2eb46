"""What the handle raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from fakegraph.errors import GraphError


class ControlError(ValueError):
    """What the control face refused; nothing was done. The message has every problem."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        problems = error.get("details") or [error]
        lines = [
            ": ".join(filter(None, (problem.get("target"), problem["message"])))
            for problem in problems
        ]
        super().__init__("\n".join(lines))
        self.status = status
        self.code: str = error["code"]
        self.problems: Sequence[Mapping[str, Any]] = problems

    @classmethod
    def of(cls, error: GraphError) -> ControlError:
        """The same error as its caller sees it who is in this process."""
        details = [asdict(problem) for problem in error.details]
        named = {"code": error.code, "message": error.message, "target": error.target}
        return cls(error.status, {**named, "details": details})
