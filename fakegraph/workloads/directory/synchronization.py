"""Jobs that provision other services: they are started, paused, and provision nothing.

https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationjob
"""

from __future__ import annotations

from collections.abc import Callable

from fakegraph.workloads.operations import Call, operation


def _to(code: str) -> Callable[[Call], None]:
    """What puts a job into a state."""

    def act(call: Call) -> None:
        status = call.thing.record.get("status") or {}
        call.change(call.thing, {"status": {**status, "code": code}})

    return act


OPERATIONS = tuple(
    operation(f"synchronizationJob/{name}", status=204)(_to(code))
    for name, code in {"start": "Active", "pause": "Paused", "restart": "Active"}.items()
)
