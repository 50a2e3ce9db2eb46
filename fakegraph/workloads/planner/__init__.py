"""Planner: plans of groups, with buckets and tasks.

A write has to name the version that it is about, and answers with what it made of it only where the
client prefers that.

https://learn.microsoft.com/graph/planner-concept-overview
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import shake_128
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.handed import Making, Within
from fakegraph.workloads.words import Words

_ASSIGNMENT = "#microsoft.graph.plannerAssignment"
_FIRST = " !"


class PlannerWords(Words):
    """Planner's sentences, which have no codes."""

    bad = ""

    def not_found(self, type_name: str, key: str) -> GraphError:
        return GraphError(404, "", "The requested item is not found.")

    def stale(self, type_name: str, tag: str) -> GraphError:
        return GraphError(
            409,
            "",
            "The attempted changes conflicted with already accepted changes. Read the latest state "
            "of the item and try again.",
            "If-Match",
        )


def _version(kind: str) -> Callable[[Making], str]:
    """What a version is called: the kind of thing, and which version it is."""

    def version(making: Making) -> str:
        some = shake_128(making.new_id().encode()).digest(18)
        return f'W/"{b64encode(f"1-{kind} ".encode() + some).decode()}"'

    return version


def _id(making: Making) -> str:
    return urlsafe_b64encode(shake_128(making.new_id().encode()).digest(21)).decode()


def _owner(making: Making) -> Any:
    """The group that a plan is in."""
    container = making.record.get("container") or {}
    group = container.get("containerId")
    return group or str(container.get("url") or "").rstrip("/").rpartition("/")[2] or None


def _whole_container(container: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's container, in full."""
    group = container.get("containerId") or str(container.get("url")).rpartition("/")[2]
    return {
        "containerId": group,
        "type": "group",
        "url": f"https://graph.microsoft.com/v1.0/groups/{group}",
        **container,
    }


def _container(making: Making) -> Any:
    owner = making.record.get("owner")
    return {"containerId": owner} if owner else None


def _refuse_homeless(record: Record, before: Record | None) -> None:
    if before is None and not record.get("owner") and not record.get("container"):
        raise GraphError(400, "", "A plan needs a container: the group that it is in.", "container")


def _percent(record: Record, before: Record | None) -> None:
    percent, priority = record.get("percentComplete"), record.get("priority")
    if percent is not None and not 0 <= percent <= 100:
        raise GraphError(400, "", "percentComplete is 0 to 100.", "percentComplete")
    if priority is not None and not 0 <= priority <= 10:
        raise GraphError(400, "", "priority is 0 to 10.", "priority")


def _entries(value: Mapping[str, Any]) -> dict[str, Any]:
    """A dictionary, without the entries that were set to null."""
    return {name: each for name, each in value.items() if each is not None}


def _assignments(making: Making) -> dict[str, Any]:
    """Who a task is assigned to, with when that was."""
    before = (making.before or {}).get("assignments") or {}
    return {
        user: each
        if "@" in user or not isinstance(each, dict)
        else {
            "@odata.type": _ASSIGNMENT,
            "assignedDateTime": making.now,
            **(before.get(user) or {}),
            **each,
        }
        for user, each in (making.record.get("assignments") or {}).items()
        if each is not None
    }


def _completed(making: Making) -> Any:
    if making.record.get("percentComplete") != 100:
        return None
    return making.record.get("completedDateTime") or making.now


def _is_assigned(task: Record, user: Record) -> bool:
    return user.get("id") in (task.get("assignments") or {})


def _assigned(task: Record, user: Record) -> Record:
    assignments = {
        user["id"]: {"@odata.type": _ASSIGNMENT, "orderHint": _FIRST},
        **(task.get("assignments") or {}),
    }
    return {**task, "assignments": assignments}


def _versioned(name: str, kind: str, **said: Any) -> Type:
    """A type of Planner: each of its versions has a name, which a write has to know."""
    version = {"@version": _version(kind)}
    generated = {"id": _id, **version, **said.pop("generated", {})}
    changed = {**version, **said.pop("changed", {})}
    ignored = frozenset({"id"}) | said.pop("ignored", frozenset())
    return Type(
        name,
        generated=generated,
        changed=changed,
        ignored=ignored,
        etag="@version",
        must_match=True,
        **said,
    )


_BY_SERVICE = frozenset({"createdBy", "createdDateTime"})

TYPES = (
    _versioned(
        "plannerPlan",
        "Plan",
        required=("title",),
        ignored=_BY_SERVICE,
        immutable=frozenset({"owner", "container"}),
        generated={"owner": _owner, "container": _container},
        written={"container": _whole_container},
        holds=(("planner/buckets", "planId"), ("planner/tasks", "planId")),
        refuses=(_refuse_homeless,),
    ),
    _versioned(
        "plannerBucket",
        "Bucket",
        required=("name", "planId"),
        immutable=frozenset({"planId"}),
        defaults={"orderHint": _FIRST},
        holds=(("planner/tasks", "bucketId"),),
    ),
    _versioned(
        "plannerTask",
        "Task",
        required=("title", "planId"),
        immutable=frozenset({"planId"}),
        ignored=_BY_SERVICE
        | {"activeChecklistItemCount", "checklistItemCount", "completedBy", "completedDateTime"}
        | {"hasDescription", "referenceCount"},
        generated={"assignments": _assignments, "completedDateTime": _completed},
        changed={"assignments": _assignments, "completedDateTime": _completed},
        defaults={
            "bucketId": None,
            "orderHint": _FIRST,
            "assigneePriority": "",
            "percentComplete": 0,
            "priority": 5,
            "startDateTime": None,
            "dueDateTime": None,
            "hasDescription": False,
            "previewType": "automatic",
            "completedBy": None,
            "referenceCount": 0,
            "checklistItemCount": 0,
            "activeChecklistItemCount": 0,
            "conversationThreadId": None,
            "appliedCategories": {},
        },
        refuses=(_percent,),
        merged=frozenset({"assignments", "appliedCategories"}),
        written={"appliedCategories": _entries},
        indexed=("planId", "bucketId"),
    ),
    _versioned(
        "plannerPlanDetails",
        "PlanDetails",
        merged=frozenset({"sharedWith", "categoryDescriptions"}),
        written={"sharedWith": _entries},
        defaults={"sharedWith": {}, "categoryDescriptions": {}},
    ),
    _versioned(
        "plannerTaskDetails",
        "TaskDetails",
        merged=frozenset({"checklist", "references"}),
        written={"checklist": _entries, "references": _entries},
        defaults={"description": "", "previewType": "automatic", "checklist": {}, "references": {}},
    ),
    _versioned(
        "plannerAssignedToTaskBoardTaskFormat",
        "AssignedToTaskBoard",
        merged=frozenset({"orderHintsByAssignee"}),
        defaults={"unassignedOrderHint": _FIRST, "orderHintsByAssignee": {}},
    ),
    _versioned(
        "plannerBucketTaskBoardTaskFormat", "BucketTaskBoard", defaults={"orderHint": _FIRST}
    ),
    _versioned(
        "plannerProgressTaskBoardTaskFormat", "ProgressTaskBoard", defaults={"orderHint": _FIRST}
    ),
)


def _beside(name: str) -> Navigation:
    """What a plan or a task always has, with its own id."""

    def start(owner: Record) -> Record:
        some = b64encode(f"1-{name} {owner['id']}".encode()).decode()
        return {"id": owner["id"], "@version": f'W/"{some}"'}

    return Navigation(name, provided=True, start=start)


NAVIGATION = (
    Navigation("plannerPlan/buckets", home="planner/buckets", view={"planId": "id"}),
    Navigation("plannerPlan/tasks", home="planner/tasks", view={"planId": "id"}),
    Navigation("plannerBucket/tasks", home="planner/tasks", view={"bucketId": "id"}),
    Navigation("plannerGroup/plans", home="planner/plans", view={"owner": "^/id"}),
    Navigation("plannerUser/tasks", home="planner/tasks", within=Within(_is_assigned, _assigned)),
    _beside("plannerPlan/details"),
    _beside("plannerTask/details"),
    _beside("plannerTask/assignedToTaskBoardFormat"),
    _beside("plannerTask/bucketTaskBoardFormat"),
    _beside("plannerTask/progressTaskBoardFormat"),
)

PLANNER = Workload(
    "planner",
    types=(
        *("planner", "plannerPlan", "plannerBucket", "plannerTask", "plannerPlanDetails"),
        *("plannerTaskDetails", "plannerAssignedToTaskBoardTaskFormat", "plannerUser"),
        *("plannerBucketTaskBoardTaskFormat", "plannerProgressTaskBoardTaskFormat"),
        "plannerGroup",
    ),
    words=PlannerWords(),
    preferences=frozenset({"return"}),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of Planner."""
    declarations.add(PLANNER, *TYPES, *NAVIGATION)
