"""Flagged messages, which To Do has as tasks of a list of their own.

https://learn.microsoft.com/graph/api/resources/todotasklist (``flaggedEmails``)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import NAMESPACE_OID, uuid5

from fakegraph.store import Record, Row
from fakegraph.workloads.handed import Acting
from fakegraph.workloads.outlook.ids import immutable_id
from fakegraph.workloads.outlook.mail import MESSAGE_LINK

MESSAGE = "@message"
"""Of a task, the id of the flagged message that it is about."""

_DELETED = frozenset({"deleteditems", "recoverableitemsdeletions"})
_STATUS = {"flagged": "notStarted", "complete": "completed"}
_TIMES = ("startDateTime", "dueDateTime", "completedDateTime")


class _Task(NamedTuple):
    """What the task of a message has of it."""

    id: str
    values: Mapping[str, Any]
    link: Mapping[str, Any]


def follow_message(acting: Acting, old: Row | None, new: Row | None) -> None:
    """Make, change or take away the task of a message as its flag says."""
    was, now = _task(acting, old), _task(acting, new)
    row = new or old
    if was == now or row is None:
        return
    place = _list(acting, row)
    if place is None:
        return
    id_ = _known(acting, f"{place}/tasks", _task_id(row), old, new)
    path = f"{place}/tasks/{quote(id_, safe='')}"
    if now is None:
        _remove(acting, path)
        return
    there = acting.at(path) if old is None else None
    if there is not None and _has(there.record, now.values):
        return  # what was written out has it
    acting.put_at(path, {"id": id_, MESSAGE: now.link["externalId"], **now.values})
    link = {**now.link, "id": str(uuid5(NAMESPACE_OID, id_))}
    acting.put_at(f"{path}/linkedResources/{link['id']}", link)


def _has(task: Record, values: Mapping[str, Any]) -> bool:
    return all(task.get(name) == value for name, value in values.items())


def _known(acting: Acting, tasks: str, id_: str, *message: Row | None) -> str:
    """The id of the task of a message: of one that was written out and read again, what it was."""
    if acting.at(f"{tasks}/{quote(id_, safe='')}") is not None:
        return id_
    known = {str(row.record["id"]) for row in message if row is not None}
    found = (row.record for row in acting.all(tasks) if row.record.get(MESSAGE) in known)
    return next((str(record["id"]) for record in found), id_)


def follow_task(acting: Acting, old: Row | None, new: Row | None) -> None:
    """Let the flag of a message be what becomes of its task."""
    row = new or old
    message = None if row is None else row.record.get(MESSAGE)
    if row is None or message is None or (old and new and _state(old) == _state(new)):
        return
    user = _user(acting, row)
    path = "" if user is None else f"users/{_id(user)}/messages/{quote(message, safe='')}"
    found = acting.at(f"/{path}") if path else None
    flag = "notFlagged" if new is None else _flag(new.record)
    if found is not None and found.record["flag"]["flagStatus"] != flag:
        acting.put_at(f"/{path}", {"flag": {"flagStatus": flag}})


def _state(row: Row) -> object:
    return row.record.get("status")


def _flag(task: Record) -> str:
    return "complete" if task.get("status") == "completed" else "flagged"


def _task_id(message: Row) -> str:
    """What the task of a message is called, whatever becomes of the message."""
    return immutable_id(message.key).replace("AAkALgAA", "AAMkALgA", 1)


def _task(acting: Acting, row: Row | None) -> _Task | None:
    """The task that a message has; None for one that has none."""
    record = {} if row is None else row.record
    flag = record.get("flag") or {}
    status = _STATUS.get(str(flag.get("flagStatus")))
    if row is None or status is None or _is_deleted(acting, row):
        return None
    subject, id_ = record.get("subject") or "", str(record["id"])
    times = {name: flag.get(name) for name in _TIMES}
    shown = quote(id_, safe="")
    link = {
        "applicationName": "Outlook",
        "displayName": subject,
        "externalId": id_,
        "webUrl": f"https://outlook.office365.com/owa/?{MESSAGE_LINK.format(shown)}",
    }
    return _Task(_task_id(row), {"title": subject, "status": status, **times}, link)


def _is_deleted(acting: Acting, message: Row) -> bool:
    user, folder = acting.owner(message), str(message.record.get("parentFolderId"))
    found = user and acting.at(f"/users/{_id(user)}/mailFolders/{quote(folder, safe='')}")
    return found is not None and found.record.get("@well") in _DELETED


def _list(acting: Acting, message: Row) -> str | None:
    """Where the flagged ones of a mailbox are; None for one that is gone."""
    user = acting.owner(message)
    if user is None or acting.at(f"/users/{_id(user)}") is None:
        return None
    lists = f"/users/{_id(user)}/todo/lists"
    found = acting.all(lists)
    ids = [row.record["id"] for row in found if row.record["wellknownListName"] == "flaggedEmails"]
    return f"{lists}/{quote(ids[0], safe='')}" if ids else None


def _user(acting: Acting, task: Row) -> Row | None:
    """Whose task it is."""
    at: Row | None = task
    for _ in range(3):  # the list, all that there is to do, who has it
        at = None if at is None else acting.owner(at)
    return at


def _id(user: Row) -> str:
    return quote(str(user.record["id"]), safe="")


def _remove(acting: Acting, path: str) -> None:
    row = acting.at(path)
    if row is not None:
        acting.remove(row)
