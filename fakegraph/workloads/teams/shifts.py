"""Shifts: a team's schedule and what is in it.

https://learn.microsoft.com/graph/api/resources/schedule
"""

from __future__ import annotations

from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Generate, Making


def _prefixed(prefix: str) -> dict[str, Generate]:
    def generate(making: Making) -> str:
        return f"{prefix}_{making.new_id()}"

    return {"id": generate}


TYPES = tuple(
    Type(name, generated=_prefixed(prefix))
    for name, prefix in {
        "shift": "SHFT",
        "openShift": "OPNSHFT",
        "schedulingGroup": "TAG",
        "timeOff": "SHFT",
        "timeOffReason": "TOR",
        "scheduleChangeRequest": "SREQ",
        "timeCard": "TCK",
        "dayNote": "NOTE",
    }.items()
)

NAVIGATION: tuple[Navigation, ...] = ()
