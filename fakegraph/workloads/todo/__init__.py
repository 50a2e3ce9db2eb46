"""To Do: lists of tasks.

https://learn.microsoft.com/graph/todo-concept-overview
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Tracking, Type, Workload
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.handed import Making
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.zones import in_utc, moment_of
from fakegraph.workloads.words import Words

LISTS = "todo/lists"


class TodoWords(Words):
    """To Do's sentences: all of its codes begin with a small letter."""

    bad = "invalidRequest"
    denied = ("accessDenied", "Access is denied. Check credentials and try again.")

    def not_found(self, type_name: str, key: str) -> GraphError:
        if type_name == "todoTask":
            return _refusal(404, "Parent folder specified does not contain a Task with given Id")
        return GraphError(
            404, "ErrorItemNotFound", "The specified object was not found in the store."
        )

    def kept(self, type_name: str, key: str) -> GraphError:
        return _refusal(400, "A list that is always there cannot be deleted.")

    def required(self, type_name: str, names: Any) -> GraphError:
        return self.invalid(
            [Problem(f"A value is required for property '{name}'.", name) for name in names]
        )


def _refusal(status: int, message: str) -> GraphError:
    return GraphError(status, "invalidRequest", message)


def _refuse_renaming(record: Record, before: Record | None) -> None:
    if before is None or not before.get("@kept"):
        return
    if record.get("displayName") != before.get("displayName"):
        raise _refusal(400, "A list that is always there cannot be renamed.")


def _refuse_recurrence(record: Record, before: Record | None) -> None:
    if record.get("recurrence") and not record.get("dueDateTime"):
        raise _refusal(400, "A task with a recurrence needs a dueDateTime.")


def _day(value: Mapping[str, Any]) -> dict[str, Any]:
    """A day, as the moment in UTC at which it begins where it was meant."""
    moment, _ = moment_of(value)
    begin = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    kept = begin.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000")
    return {**value, "dateTime": kept, "timeZone": "UTC"}


def _completed(making: Making) -> Any:
    """When a task was completed: the day of it; nothing for one that is not."""
    record, before = making.record, making.before
    if record.get("status") != "completed":
        return None
    if record.get("completedDateTime") and (not before or before.get("status") == "completed"):
        return record["completedDateTime"]
    return {"dateTime": f"{making.now[:10]}T00:00:00.0000000", "timeZone": "UTC"}


def _body_changed(making: Making) -> Any:
    before = making.before or {}
    if making.record.get("body") == before.get("body"):
        return before.get("bodyLastModifiedDateTime")
    return making.now


def _checked(making: Making) -> Any:
    if not making.record.get("isChecked"):
        return None
    return making.record.get("checkedDateTime") or making.now


_VERSION = {"@version": ids.change_key}

TYPES = (
    Type(
        "todoTaskList",
        required=("displayName",),
        ignored=frozenset({"id", "isOwner", "isShared", "wellknownListName"}),
        generated={"id": ids.folder_id, **_VERSION},
        changed=_VERSION,
        defaults={"isOwner": True, "isShared": False, "wellknownListName": "none"},
        refuses=(_refuse_renaming,),
        etag="@version",
        always_shown=frozenset({"id"}),
        ignore_case=frozenset("*"),
        kept={"@kept": True},
    ),
    Type(
        "todoTask",
        required=("title",),
        ignored=frozenset(
            {"id", "bodyLastModifiedDateTime", "createdDateTime", "lastModifiedDateTime"}
            | {"hasAttachments"}
        ),
        generated={
            "id": ids.item_id,
            **_VERSION,
            "bodyLastModifiedDateTime": lambda making: making.record["createdDateTime"],
            "completedDateTime": _completed,
        },
        changed={
            **_VERSION,
            "completedDateTime": _completed,
            "bodyLastModifiedDateTime": _body_changed,
        },
        computed={
            "hasAttachments": lambda reading: bool(
                reading.record.get("hasAttachments")
                or any(True for _ in reading.inside("todoTask/attachments"))
            ),
        },
        defaults={
            "status": "notStarted",
            "importance": "normal",
            "isReminderOn": False,
            "categories": [],
            "body": {"content": "", "contentType": "text"},
        },
        sent={"dueDateTime": _day},
        written={
            "dueDateTime": in_utc,
            "startDateTime": in_utc,
            "reminderDateTime": in_utc,
            "completedDateTime": in_utc,
        },
        refuses=(_refuse_recurrence,),
        related=frozenset({"linkedResources", "checklistItems", "extensions"}),
        merged=frozenset({"body"}),
        etag="@version",
        always_shown=frozenset({"id"}),
        ignore_case=frozenset("*"),
    ),
    Type("linkedResource", ignored=frozenset({"id"})),
    Type(
        "checklistItem",
        required=("displayName",),
        ignored=frozenset({"id", "createdDateTime"}),
        generated={"checkedDateTime": _checked},
        changed={"checkedDateTime": _checked},
        defaults={"isChecked": False},
    ),
)

NAVIGATION = (
    Navigation(
        LISTS,
        provisioned=(
            {"displayName": "Tasks", "wellknownListName": "defaultList", "@kept": True},
            {"displayName": "Flagged Emails", "wellknownListName": "flaggedEmails", "@kept": True},
        ),
        known_by="displayName",
        words={"tasks": {"wellknownListName": "defaultList"}},
    ),
)


TODO = Workload(
    "todo",
    types=("todo", "todoTaskList", "todoTask", "linkedResource", "checklistItem", "attachmentBase"),
    words=TodoWords(),
    private=True,
    tracking=Tracking(options=frozenset({"select", "top", "expand", "filter", "orderby"})),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of To Do."""
    declarations.add(TODO, *TYPES, *NAVIGATION)
