"""What is deleted for good: it is in no bin, with all that it has.

https://learn.microsoft.com/graph/api/message-permanentdelete
"""

from __future__ import annotations

from fakegraph.workloads.operations import Call, operation

_KINDS = ("message", "mailFolder", "calendar", "contact", "contactFolder")


def _erase(call: Call) -> None:
    call.erase(call.thing)


def _delete(call: Call) -> None:
    """Events are in no bin anyway; what goes with one, and what a series loses, is the same."""
    call.delete(call.thing)


OPERATIONS = (
    *(operation(f"{kind}/permanentDelete")(_erase) for kind in _KINDS),
    operation("event/permanentDelete")(_delete),
)
