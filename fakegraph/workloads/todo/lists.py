"""To Do: lists of tasks.

https://learn.microsoft.com/graph/todo-concept-overview
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Tracking, Type, Workload
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.handed import Making, Reading
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.checks import refuse_search
from fakegraph.workloads.outlook.recurrence import days, problem, whole
from fakegraph.workloads.outlook.rights import check_mailbox
from fakegraph.workloads.outlook.shared import shares
from fakegraph.workloads.outlook.values import bytes_in
from fakegraph.workloads.outlook.words import OUTLOOK
from fakegraph.workloads.outlook.zones import in_utc, moment_of
from fakegraph.workloads.todo.flagged import follow_message, follow_task
from fakegraph.workloads.words import Words

LISTS = "todo/lists"
_DEFAULT = "tasks"
"""The word that means the default list."""


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

    def no_holder(self, key: str, tenant: str) -> GraphError | None:
        return OUTLOOK.words.no_holder(key, tenant)

    def kept(self, type_name: str, key: str) -> GraphError:
        return _refusal(400, "A list that is always there cannot be deleted.")

    def required(self, type_name: str, names: Any) -> GraphError:
        return self.invalid(
            [Problem(f"A value is required for property '{name}'.", name) for name in names]
        )


def _refusal(status: int, message: str) -> GraphError:
    return GraphError(status, "invalidRequest", message)


def _refuse_word(keys: Sequence[str]) -> None:
    """Raise GraphError (404): a word means a list, but none that one task is read in."""
    *_, list_, task = keys
    if list_.casefold() == _DEFAULT:
        raise TodoWords().not_found("todoTask", task)


def _refuse_renaming(record: Record, before: Record | None) -> None:
    if record.get("displayName") == "":
        raise _refusal(400, "The displayName of a list is not empty.")
    if before is None or not before.get("@kept"):
        return
    if record.get("displayName") != before.get("displayName"):
        raise _refusal(400, "A list that is always there cannot be renamed.")


def _refuse_untitled(record: Record, before: Record | None) -> None:
    if before is not None and record.get("title") is None:
        raise _refusal(400, "A value is required for property 'title'.")


def _refuse_recurrence(record: Record, before: Record | None) -> None:
    recurrence = record.get("recurrence")
    if not recurrence:
        return
    if not record.get("dueDateTime"):
        raise _refusal(400, "A task with a recurrence needs a dueDateTime.")
    found = problem(recurrence)
    if found is not None:
        raise _refusal(400, f"The recurrence is invalid: {found[0]} ({found[1]})")


def _recurrence(making: Making) -> Any:
    value = making.record.get("recurrence")
    return None if value is None else whole(value, "UTC")


_TIMES = ("dueDateTime", "reminderDateTime", "startDateTime")
_HALF_A_DAY = timedelta(hours=12)


def _go_on(call: Call, record: Record, before: Record | None) -> None:
    """Make the next task of one that recurs, when that is completed: no step of it is done yet."""
    was = (before or {}).get("status")
    if not record.get("recurrence") or record.get("status") != "completed" or was == "completed":
        return
    moment, _ = moment_of(record["dueDateTime"])
    day = (moment + _HALF_A_DAY).date()  # where it was meant, that is the midnight of a day
    later = next(days(record["recurrence"], day + timedelta(days=1), date.max), None)
    tasks = call.owner(call.thing)
    if later is None or tasks is None:
        return
    kept = {
        name: value
        for name, value in record.items()
        if name not in _OF_ONE and not name.startswith("@")
    }
    moved = {
        name: _moved(record[name], later - day) for name in _TIMES if record.get(name) is not None
    }
    following = call.add(tasks, "tasks", {**kept, **moved, "status": "notStarted"})
    for step in call.inside(call.thing, "todoTask/checklistItems"):
        call.copy(step, {"isChecked": False, "checkedDateTime": None}, following)
    for resource in call.inside(call.thing, "todoTask/linkedResources"):
        call.copy(resource, {}, following)


_OF_ONE = frozenset(
    {"id", "completedDateTime", "createdDateTime", "lastModifiedDateTime"}
    | {"bodyLastModifiedDateTime", "hasAttachments", "status"}
)


def _moved(value: Mapping[str, Any], by: timedelta) -> dict[str, Any]:
    moment, rest = moment_of(value)
    text = (moment + by).replace(tzinfo=None, microsecond=0).isoformat()
    return {**value, "dateTime": f"{text}.{rest}"}


def _refuse_second(making: Making) -> None:
    if any(True for _ in making.beside()):
        raise _refusal(400, "Only one item in linkedResources is allowed.")


_CONTENT = "contentBytes"
MOST_AT_ONCE = 3 * 1024 * 1024


def _refuse_large(record: Record, before: Record | None) -> None:
    if bytes_in(record.get(_CONTENT)) > MOST_AT_ONCE:
        message = "An attachment of more than 3 MB takes an upload session."
        raise GraphError(413, "invalidRequest", message)


def _bytes(reading: Reading) -> str | None:
    data = reading.content(_CONTENT)
    return None if data is None else b64encode(data).decode()


def _file(reading: Reading) -> tuple[bytes, str]:
    media = reading.record.get("contentType") or "application/octet-stream"
    return reading.content(_CONTENT) or b"", media


_MOST = 25 * 1024 * 1024
_LASTS = timedelta(hours=24)


@operation("attachmentBase*/createUploadSession", status=201)
def create_upload_session(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/taskfileattachment-createuploadsession"""
    info, task = call.arguments["attachmentInfo"], call.holder
    size = info.get("size") or 0
    if info.get("attachmentType") != "file" or not info.get("name"):
        raise _refusal(400, "attachmentInfo has the attachmentType 'file', a name and a size.")
    if not 0 < size <= _MOST:
        raise _refusal(400, f"The size of an attachment is 1 to {_MOST} bytes, and not {size}.")
    given = {name: info[name] for name in ("name", "contentType") if info.get(name)}
    file = {"@odata.type": "#microsoft.graph.taskFileAttachment", **given, "size": size}
    until = datetime.fromisoformat(call.now) + _LASTS
    told = {
        "expirationDateTime": until.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "nextExpectedRanges": ["0-"],
    }
    upload = {"record": file, "size": size, "received": 0, "stream": _CONTENT}
    session = call.add(task, "attachmentSessions", {**told, "@upload": upload})
    return {"uploadUrl": f"{_url(call, task)}/attachmentSessions/{session.id}", **told}


def _url(call: Call, task: Thing) -> str:
    """Where a task is."""
    list_ = call.owner(task)
    assert list_ is not None
    todo = call.owner(list_)
    assert todo is not None
    user = call.owner(todo)
    assert user is not None
    ids = (quote(each.id, safe="") for each in (user, list_, task))
    return "{}/users/{}/todo/lists/{}/tasks/{}".format(call.root, *ids)


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


_BODY = {"content": "", "contentType": "text"}


def _as_it_is(name: str) -> Any:
    """A value, which is not there where a body has null."""
    return lambda making: making.record.get(name)


_FORMED = {
    "isReminderOn": lambda making: bool(
        making.record.get("isReminderOn") and making.record.get("reminderDateTime")
    ),
    "recurrence": _recurrence,
    "body": lambda making: making.record.get("body") or dict(_BODY),
    **{name: _as_it_is(name) for name in _TIMES},
}
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
        queries=(refuse_search,),
        etag="@version",
        related=frozenset({"extensions"}),
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
            **_FORMED,
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
            "body": _BODY,
        },
        sent={"dueDateTime": _day},
        written={
            "dueDateTime": in_utc,
            "startDateTime": in_utc,
            "reminderDateTime": in_utc,
            "completedDateTime": in_utc,
        },
        refuses=(_refuse_untitled, _refuse_recurrence),
        queries=(refuse_search,),
        formed=_FORMED,
        follows=_go_on,
        related=frozenset({"linkedResources", "checklistItems", "extensions"}),
        returned=frozenset({"linkedResources"}),  # as todotasklist-post-tasks shows
        merged=frozenset({"body"}),
        etag="@version",
        always_shown=frozenset({"id"}),
        ignore_case=frozenset("*"),
    ),
    Type(
        "linkedResource",
        ignored=frozenset({"id"}),
        queries=(refuse_search,),
        checks=(_refuse_second,),
    ),
    Type("attachmentBase", queries=(refuse_search,)),
    Type(
        "taskFileAttachment",
        required=("name",),
        ignored=frozenset({"id", "lastModifiedDateTime", "size"}),
        generated={
            "size": lambda making: bytes_in(making.record.get(_CONTENT)),
            "contentType": lambda making: "application/octet-stream",
        },
        refuses=(_refuse_large,),
        touches=True,
        aside=frozenset({_CONTENT}),
        computed={_CONTENT: _bytes},
        contents={"$value": _file},
    ),
    Type("attachmentSession", ignored=frozenset({"id"}), gathers="content"),
    Type(
        "checklistItem",
        required=("displayName",),
        ignored=frozenset({"id", "createdDateTime"}),
        generated={"checkedDateTime": _checked},
        changed={"checkedDateTime": _checked},
        queries=(refuse_search,),
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
        words={_DEFAULT: {"wellknownListName": "defaultList"}},
        absent_too=True,  # as it was seen to be
    ),
    Navigation("todoTaskList/tasks", reads=_refuse_word),
    Navigation("todoTask/attachmentSessions", documented=frozenset({"GET", "DELETE"})),
)


TODO = Workload(
    "todo",
    types=(
        *("todo", "todoTaskList", "todoTask", "linkedResource", "checklistItem"),
        *("attachmentBase", "attachmentSession"),
    ),
    words=TodoWords(),
    holder=check_mailbox,
    max_page=1000,
    private=True,
    shares=shares,
    follows={"user/messages": follow_message, "todoTaskList/tasks": follow_task},
    tracking=Tracking(options=frozenset({"select", "top", "expand", "filter", "orderby"})),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of To Do."""
    declarations.add(TODO, *TYPES, *NAVIGATION, create_upload_session)
