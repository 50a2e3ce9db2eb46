"""Lifecycle workflows: what came of their runs, counted over a time.

https://learn.microsoft.com/graph/api/resources/identitygovernance-insights
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fakegraph.edm.values import instant
from fakegraph.errors import bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Operation
from fakegraph.workloads.operations import Call, operation

DONE, FAILED = "completed", "failed"
_CONTAINER = "identityGovernance.lifecycleWorkflowsContainer"
_CATEGORIES = ("Joiner", "Leaver", "Mover")

Counts = Callable[[list[Record]], Record]


def _in_time(call: Call, records: Iterable[Record]) -> list[Record]:
    """What was begun in the time that is asked about. Raises GraphError (400) for none."""
    given = call.arguments
    first, last = (instant(given[name]) for name in ("startDateTime", "endDateTime"))
    if first > last:
        raise bad_request("The time ends before it begins.", "endDateTime")
    found = []
    for each in records:
        at = each.get("startedDateTime") or each.get("scheduledDateTime")
        if at is not None and first <= instant(at) <= last:
            found.append(each)
    return found


def _sum(records: Iterable[Record], name: str) -> int:
    return sum(int(each.get(name) or 0) for each in records)


def _with(records: Iterable[Record], status: str) -> int:
    return sum(each.get("processingStatus") == status for each in records)


# Of one workflow ----------------------------------------------------------------------------------


def _summed(of: str, counts: Counts) -> Operation:
    """A function that counts what was scheduled in a time."""

    def count(call: Call) -> Record:
        return counts(_in_time(call, (each.record for each in call.things())))

    return operation(f"identityGovernance.{of}*/summary", reads=True)(count)


def _of_runs(runs: list[Record]) -> Record:
    return {
        "failedRuns": _with(runs, FAILED),
        "failedTasks": _sum(runs, "failedTasksCount"),
        "successfulRuns": _with(runs, DONE),
        "totalRuns": len(runs),
        "totalTasks": _sum(runs, "totalTasksCount"),
        "totalUsers": _sum(runs, "totalUsersCount"),
    }


def _of_users(results: list[Record]) -> Record:
    return {
        "failedTasks": _sum(results, "failedTasksCount"),
        "failedUsers": _with(results, FAILED),
        "successfulUsers": _with(results, DONE),
        "totalTasks": _sum(results, "totalTasksCount"),
        "totalUsers": len(results),
    }


def _of_tasks(reports: list[Record]) -> Record:
    """A task is done once for each user."""
    return {
        "failedTasks": _sum(reports, "failedUsersCount"),
        "successfulTasks": _sum(reports, "successfulUsersCount"),
        "totalTasks": _sum(reports, "totalUsersCount"),
        "unprocessedTasks": _sum(reports, "unprocessedUsersCount"),
    }


# Of all workflows ---------------------------------------------------------------------------------


def _workflows(call: Call) -> list[Row]:
    return list(call.stored.rows(f"{_CONTAINER}/workflows"))


def _runs(call: Call, workflow: Row) -> list[Record]:
    runs = call.stored.rows("identityGovernance.workflow/runs")
    return _in_time(call, (each.record for each in runs if each.owner == workflow.key))


@operation("identityGovernance.insights/workflowsProcessedSummary", reads=True)
def processed(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/identitygovernance-insights-workflowsprocessedsummary"""
    runs = [run for workflow in _workflows(call) for run in _runs(call, workflow)]
    undone = _sum(runs, "failedTasksCount") + _sum(runs, "totalUnprocessedTasksCount")
    found = _of_runs(runs)
    return {
        **found,
        "failedUsers": _sum(runs, "failedUsersCount"),
        "successfulTasks": found["totalTasks"] - undone,
        "successfulUsers": _sum(runs, "successfulUsersCount"),
    }


@operation("identityGovernance.insights/workflowsProcessedByCategory", reads=True)
def by_category(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/identitygovernance-insights-workflowsprocessedbycategory"""
    workflows, found = _workflows(call), Record()
    for category in _CATEGORIES:
        of = [each for each in workflows if each.record.get("category") == category.lower()]
        runs = [run for workflow in of for run in _runs(call, workflow)]
        found[f"failed{category}Runs"] = _with(runs, FAILED)
        found[f"successful{category}Runs"] = _with(runs, DONE)
        found[f"total{category}Runs"] = len(runs)
    return found


@operation("identityGovernance.insights/topWorkflowsProcessedSummary", reads=True)
def top_workflows(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/identitygovernance-insights-topworkflowsprocessedsummary"""
    found = []
    for workflow in _workflows(call):
        runs = _runs(call, workflow)
        if runs:
            found.append(
                {
                    "failedRuns": _with(runs, FAILED),
                    "failedUsers": _sum(runs, "failedUsersCount"),
                    "successfulRuns": _with(runs, DONE),
                    "successfulUsers": _sum(runs, "successfulUsersCount"),
                    "totalRuns": len(runs),
                    "totalUsers": _sum(runs, "totalUsersCount"),
                    "workflowCategory": workflow.record.get("category"),
                    "workflowDisplayName": workflow.record.get("displayName"),
                    "workflowId": workflow.record["id"],
                    "workflowVersion": workflow.record.get("version") or 1,
                }
            )
    return sorted(found, key=lambda each: -each["totalRuns"])


@operation("identityGovernance.insights/topTasksProcessedSummary", reads=True)
def top_tasks(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/identitygovernance-insights-toptasksprocessedsummary"""
    by_definition: dict[str, tuple[Record, list[Record]]] = {}
    for report in call.stored.rows("identityGovernance.workflow/taskReports"):
        for task in call.stored.linked("identityGovernance.taskReport/task", report.key):
            id_ = str(task.record.get("taskDefinitionId"))
            by_definition.setdefault(id_, (task.record, []))[1].append(report.record)
    found = []
    for id_, (said, reports) in by_definition.items():
        inside = _in_time(call, reports)
        if inside:
            counts = _of_tasks(inside)
            del counts["unprocessedTasks"]
            users = {name.replace("Tasks", "Users"): each for name, each in counts.items()}
            named = {"taskDefinitionDisplayName": said.get("displayName"), "taskDefinitionId": id_}
            found.append({**counts, **users, **named})
    return sorted(found, key=lambda each: -each["totalTasks"])


OPERATIONS = (
    processed,
    by_category,
    top_workflows,
    top_tasks,
    _summed("run", _of_runs),
    _summed("userProcessingResult", _of_users),
    _summed("taskReport", _of_tasks),
)

NAVIGATION = (Navigation(f"{_CONTAINER}/insights", provided=True),)
