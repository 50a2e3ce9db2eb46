"""Simulated attacks: what the reports of simulations say of each user, over all of them.

https://learn.microsoft.com/graph/api/resources/securityreportsroot
"""

from __future__ import annotations

from collections.abc import Iterator

from fakegraph.store import Record
from fakegraph.workloads.operations import Call, operation

_SIMULATIONS = "attackSimulationRoot/simulations"
_CLICKED = "EmailLinkClicked"
Told = tuple[Record, Record]
"""A simulation, and what its report says of a user."""


def _told(call: Call) -> Iterator[Told]:
    for row in call.stored.rows(_SIMULATIONS):
        report = row.record.get("report") or {}
        for details in report.get("simulationUsers") or ():
            yield row.record, details


def _by_user(call: Call) -> Iterator[tuple[Record, list[Told]]]:
    """The users of all simulations, each with what is told of them."""
    found: dict[str, tuple[Record, list[Told]]] = {}
    for simulation, details in _told(call):
        user = details.get("simulationUser") or {}
        known = str(user.get("userId") or user.get("email")).casefold()
        found.setdefault(known, (user, []))[1].append((simulation, details))
    yield from found.values()


def _yielded(told: list[Told]) -> int:
    return sum(bool(details.get("isCompromised")) for _, details in told)


@operation("securityReportsRoot/getAttackSimulationRepeatOffenders", reads=True)
def offenders(call: Call) -> list[Record]:
    """Who has yielded more than once.

    https://learn.microsoft.com/graph/api/securityreportsroot-getattacksimulationrepeatoffenders
    """
    return [
        {"attackSimulationUser": user, "repeatOffenceCount": _yielded(told)}
        for user, told in _by_user(call)
        if _yielded(told) > 1
    ]


@operation("securityReportsRoot/getAttackSimulationSimulationUserCoverage", reads=True)
def coverage(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/securityreportsroot-getattacksimulationsimulationusercoverage"""
    found = []
    for user, told in _by_user(call):
        events = [each for _, said in told for each in said.get("simulationEvents") or ()]
        times = [at for simulation, _ in told if (at := simulation.get("launchDateTime"))]
        found.append(
            {
                "attackSimulationUser": user,
                "clickCount": sum(each.get("eventName") == _CLICKED for each in events),
                "compromisedCount": _yielded(told),
                "latestSimulationDateTime": max(times, default=None),
                "simulationCount": len(told),
            }
        )
    return found


def _training(event: Record) -> Record:
    assigned, completed = (
        (event.get(f"training{done}Properties") or {}).get("contentDateTime")
        for done in ("Assigned", "Completed")
    )
    return {
        "displayName": event.get("displayName"),
        "assignedDateTime": assigned,
        "completionDateTime": completed,
        "trainingStatus": event.get("latestTrainingStatus"),
    }


@operation("securityReportsRoot/getAttackSimulationTrainingUserCoverage", reads=True)
def trainings(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/securityreportsroot-getattacksimulationtrainingusercoverage"""
    return [
        {
            "attackSimulationUser": user,
            "userTrainings": [
                _training(each) for _, said in told for each in said.get("trainingEvents") or ()
            ],
        }
        for user, told in _by_user(call)
    ]


OPERATIONS = (offenders, coverage, trainings)
