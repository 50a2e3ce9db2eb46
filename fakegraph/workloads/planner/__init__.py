"""Planner: plans, their buckets and tasks.

https://learn.microsoft.com/graph/api/resources/planner-overview
"""

from __future__ import annotations

from fakegraph.workloads.declarations import Declarations, Navigation, Workload

PLANNER = Workload(
    "planner",
    types=(
        *("planner", "plannerUser", "plannerGroup", "plannerPlan", "plannerPlanDetails"),
        *("plannerBucket", "plannerTask", "plannerTaskDetails"),
        *("plannerAssignedToTaskBoardTaskFormat", "plannerBucketTaskBoardTaskFormat"),
        "plannerProgressTaskBoardTaskFormat",
    ),
    represents=True,
)

# What every plan and every task has from the start.
_DETAILS = tuple(
    Navigation(name, provided=True)
    for name in (
        "plannerPlan/details",
        "plannerTask/details",
        "plannerTask/assignedToTaskBoardFormat",
        "plannerTask/bucketTaskBoardFormat",
        "plannerTask/progressTaskBoardFormat",
    )
)


def register(declarations: Declarations) -> None:
    """Add what is declared of Planner."""
    declarations.add(PLANNER, *_DETAILS)
