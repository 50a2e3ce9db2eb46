"""What is deleted for good: it is in no bin, with all that it has.

https://learn.microsoft.com/graph/api/message-permanentdelete
"""

from __future__ import annotations

from fakegraph.workloads.operations import Call, operation

_KINDS = ("message", "mailFolder", "event", "calendar", "contact", "contactFolder")


def _erase(call: Call) -> None:
    call.erase(call.thing)


OPERATIONS = tuple(operation(f"{kind}/permanentDelete")(_erase) for kind in _KINDS)
