"""Planner: plans of groups, with buckets and tasks.

A write has to name the version that it is about, and answers with what it made of it only where the
client prefers that.

https://learn.microsoft.com/graph/planner-concept-overview
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from hashlib import shake_128
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type, Workload
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.directory.addresses import may_be_unified, only_unified
from fakegraph.workloads.handed import (
    Acting,
    Asker,
    Compute,
    Generate,
    Making,
    Others,
    Reading,
    Within,
)
from fakegraph.workloads.operations import Call
from fakegraph.workloads.planner.hints import kept
from fakegraph.workloads.words import Words

_ASSIGNMENT = "#microsoft.graph.plannerAssignment"
_SHARED = "@sharedWith"  # of a plan: the users whom its details name, for their plans to be found
_TO_SHARE = "@toShare"  # of a plan that is not made yet: the user among whose plans it is put
_FIRST = " !"
_BOARDS = "8585"  # on a board where nobody has moved it


NOT_FOUND = "The requested item is not found."


class PlannerWords(Words):
    """Planner's sentences, which have no codes."""

    bad = ""

    def not_found(self, type_name: str, key: str) -> GraphError:
        return GraphError(404, "", NOT_FOUND)

    def stale(self, type_name: str, tag: str) -> GraphError:
        if not _is_version(tag, type_name):
            return self.bad_version(type_name, tag)
        return GraphError(
            409,
            "",
            "The attempted changes conflicted with already accepted changes. Read the latest state "
            "of the item and try again.",
            "If-Match",
        )


def _is_version(tag: str, type_name: str) -> bool:
    """Whether a tag is one of a thing of a type, however old."""
    try:
        text = b64decode(tag.removeprefix("W/").strip('"'), validate=True)
    except ValueError:
        return False
    return text.startswith(f"1-{type_name.removeprefix('planner')} ".encode())


def _version(kind: str) -> Callable[[Making], str]:
    """What a version is called: the kind of thing, and which version it is."""

    def version(making: Making) -> str:
        some = shake_128(making.new_id().encode()).digest(18)
        return f'W/"{b64encode(f"1-{kind} ".encode() + some).decode()}"'

    return version


def _first_version(kind: str, defaults: Mapping[str, Any]) -> Generate:
    """That of what was there before anybody made it, unless it is made another just now."""
    version = _version(kind)

    def form(making: Making) -> Any:
        said = {n: v for n, v in making.record.items() if n not in ("id", "@version")}
        is_same = all(value == defaults.get(name) for name, value in said.items())
        return making.record.get("@version") if is_same else version(making)

    return form


def _id(making: Making) -> str:
    return urlsafe_b64encode(shake_128(making.new_id().encode()).digest(21)).decode()


def _owner(making: Making) -> Any:
    """The group that a plan is in."""
    container = making.record.get("container") or {}
    group = container.get("containerId")
    return group or str(container.get("url") or "").rstrip("/").rpartition("/")[2] or None


_WHERE = {"group": "v1.0/groups", "roster": "beta/planner/rosters"}
"""Where a plan's container is, by its type."""


def _whole_container(container: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's container, in full: a group, where neither its type nor its URL says another."""
    above, _, last = str(container.get("url")).rpartition("/")
    id_ = container.get("containerId") or last
    type_ = container.get("type") or ("roster" if above.endswith("/planner/rosters") else "group")
    where = _WHERE.get(type_)
    url = {"url": f"https://graph.microsoft.com/{where}/{id_}"} if where else {}
    return {"containerId": id_, "type": type_, **url, **container}


def _container(making: Making) -> Any:
    owner = making.record.get("owner")
    return {"containerId": owner} if owner else None


def _check_home(record: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError (404) for a plan of a group that is not there."""
    container = record.get("container") or {}
    url = str(container.get("url") or "")
    if before is not None or container.get("type", "group") != "group" or "/rosters/" in url:
        return
    last = url.rstrip("/").rpartition("/")[2]
    group = record.get("owner") or container.get("containerId") or last
    found = of.find("groups", "id", group)
    if found is None:
        raise PlannerWords().not_found("group", str(group))
    if not may_be_unified(found):
        message = "A plan is in a Microsoft 365 group, and this group is none."
        raise GraphError(400, "", message, "container")


def _check_member(call: Call, record: Record, before: Record | None) -> None:
    """Raise GraphError (403) where a token names somebody who is not in the group of a new plan.

    https://learn.microsoft.com/graph/api/resources/planner-overview
    """
    group = call.find("groups", record.get("owner")) if before is None and call.person else None
    if group is None:
        return
    people = (each for name in ("members", "owners") for each in call.leads_to(group, name))
    if all(each.id != call.person for each in people):
        raise call.words.forbidden("Who makes a plan is a member of the group that it is in.")


def _refuse_homeless(record: Record, before: Record | None) -> None:
    if before is None and not record.get("owner") and not record.get("container"):
        raise GraphError(400, "", "A plan needs a container: the group that it is in.", "container")


_CHANGED = ("lastModifiedBy", "lastModifiedDateTime")
_OF_ENTRIES: Mapping[str, Mapping[str, type]] = {
    "assignments": {"orderHint": str, "assignedBy": dict, "assignedDateTime": str},
    "checklist": {"title": str, "isChecked": bool, "orderHint": str},
    "references": {"alias": str, "type": str, "previewPriority": str},
}
"""What each entry of a dictionary says, beside who changed it and when."""


def _check_entries(*names: str) -> Callable[[Record, Record | None], None]:
    """What bodies say of dictionaries of objects: an entry is one, or null, which takes it away."""

    def check(record: Record, before: Record | None) -> None:
        for name in names:
            for own, each in (record.get(name) or {}).items():
                if "@" in own or each is None:
                    continue
                if not isinstance(each, dict):
                    raise GraphError(400, "", f"'{own}' of {name} is an object, or null.", name)
                _check_entry(name, own, each)

    return check


def _check_entry(name: str, own: str, entry: Record) -> None:
    """Raise GraphError (400) for what no entry of a dictionary says."""
    known = _OF_ENTRIES[name]
    for said, value in entry.items():
        if said.startswith("@") or said in _CHANGED or value is None:
            continue
        if said not in known or not isinstance(value, known[said]):
            kinds = ", ".join(known)
            message = f"'{said}' of '{own}' is none of what {name} have: {kinds}, each of its type."
            raise GraphError(400, "", message, name)


# What a task has of each at most, and what the service calls more.
# https://learn.microsoft.com/planner/planner-limits
_MOST = {
    "assignments": (20, "MaximumAssigneesInTasks"),
    "checklist": (20, "MaximumChecklistItemsOnTask"),
    "references": (15, "MaximumReferencesOnTask"),
}


def _check_many(*names: str) -> Callable[[Record, Record | None], None]:
    """A check that a dictionary has no more entries than it may have."""

    def check(record: Record, before: Record | None) -> None:
        for name in names:
            most, code = _MOST[name]
            entries = (record.get(name) or {}).items()
            if sum("@" not in own and each is not None for own, each in entries) > most:
                raise GraphError(403, code, f"A task has {most} {name} at most.", name)

    return check


def _check_shared(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) where it is not said whether a plan is shared with somebody."""
    for user, value in (record.get("sharedWith") or {}).items():
        if "@" not in user and not isinstance(value, bool | None):
            raise GraphError(400, "", f"'{user}' of sharedWith is true or false.", "sharedWith")


_CATEGORY = re.compile(r"category([1-9]|1[0-9]|2[0-5])")


def _check_categories(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for categories that no plan has."""
    for own, value in (record.get("appliedCategories") or {}).items():
        is_one = _CATEGORY.fullmatch(own) and isinstance(value, bool | None)
        if "@" not in own and not is_one:
            message = f"'{own}' is no category: category1 to category25 are true or false."
            raise GraphError(400, "", message, "appliedCategories")


def _check_called(name: str) -> Callable[[Record, Record | None], None]:
    """A check that something is called anything."""

    def check(record: Record, before: Record | None) -> None:
        if record.get(name) == "" and (before or {}).get(name) != "":
            raise GraphError(400, "", f"'{name}' is empty.", name)

    return check


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
        else _hinted(
            {
                "@odata.type": _ASSIGNMENT,
                "assignedDateTime": making.now,
                "assignedBy": _by(making),
                **(before.get(user) or {}),
                **each,
            },
            making.now,
            "assignments",
        )
        for user, each in (making.record.get("assignments") or {}).items()
        if each is not None
    }


def _strangers(task: Record, before: Record | None, of: Others) -> Iterable[tuple[str, str]]:
    """Tell of people whom a task is assigned to, and who are not there."""
    old = (before or {}).get("assignments") or {}
    for id_ in task.get("assignments") or {}:
        if "@" not in id_ and id_ not in old and of.find("users", "id", id_) is None:
            yield f"The assignment to '{id_}'", "No user has that id: it is kept, and nobody's."


def _completed(making: Making) -> Any:
    if making.record.get("percentComplete") != 100:
        return None
    return making.record.get("completedDateTime") or making.now


def _by(making: Making) -> Any:
    """Who makes something."""
    return dict(making.by()) or None


def _completed_by(making: Making) -> Any:
    if making.record.get("percentComplete") != 100:
        return None
    return making.record.get("completedBy") or _by(making)


_COMPLETION = {"completedDateTime": _completed, "completedBy": _completed_by}


def _of_details(work_out: Callable[[Mapping[str, Any]], Any]) -> Compute:
    """What a task says of its details, which may never have been written."""

    def compute(reading: Reading) -> Any:
        found = next(iter(reading.inside("plannerTask/details")), None)
        return None if found is None else work_out(found)

    return compute


def _open_items(details: Mapping[str, Any]) -> int:
    items = (details.get("checklist") or {}).values()
    return sum(1 for each in items if isinstance(each, dict) and not each.get("isChecked"))


def _outdated(acting: Acting, details: Row, before: Record | None = None) -> None:
    """A change of its details makes another version of a task."""
    task = acting.owner(details)
    if task is not None and not acting.plants:
        acting.touch(task)


def _checked(call: Call, record: Record, before: Record | None) -> None:
    """Raise GraphError for a bucket or task in no plan, and for a task in no bucket of its plan."""
    plan, bucket = record.get("planId"), record.get("bucketId")
    if before is None and call.beside(call.thing, "planner/plans", str(plan)) is None:
        raise call.words.not_found("plannerPlan", str(plan))
    if bucket and bucket != (before or {}).get("bucketId"):
        found = call.beside(call.thing, "planner/buckets", str(bucket))
        if found is None or found.record.get("planId") != plan:
            raise call.words.not_found("plannerBucket", str(bucket))


def _is_assigned(task: Record, user: Record) -> bool:
    return user.get("id") in (task.get("assignments") or {})


def _assigned(task: Record, user: Record) -> Record:
    assignments = {
        user["id"]: {"@odata.type": _ASSIGNMENT, "orderHint": _FIRST},
        **(task.get("assignments") or {}),
    }
    return {**task, "assignments": assignments}


def _names(acting: Acting, details: Row, before: Record | None = None) -> None:
    """Keep with a plan whom its details share it with."""
    plan = acting.owner(details)
    users = sorted(details.record.get("sharedWith") or {})
    if plan is not None and users != (plan.record.get(_SHARED) or []):
        acting.alter(plan, {_SHARED: users})


def _shares(acting: Acting, plan: Row) -> None:
    """A plan that a seed puts among somebody's plans is shared with them."""
    user = plan.record.get(_TO_SHARE)
    if user:
        acting.alter(plan, {_TO_SHARE: None})
        acting.give(plan, "details", {"sharedWith": {user: True}})


def _is_shared(plan: Record, user: Record) -> bool:
    return user.get("id") in (plan.get(_SHARED) or ())


def _shared(plan: Record, user: Record) -> Record:
    return {**plan, _TO_SHARE: user["id"]}


def _hint(name: str) -> Generate:
    """An order hint, or several by name."""

    def form(making: Making) -> Any:
        value = making.record.get(name)
        if isinstance(value, dict):
            return {own: _hinted(each, making.now, name) for own, each in value.items()}
        return kept(value, making.now, name)

    return form


def _hinted(value: Any, now: str, target: str) -> Any:
    """A hint, or an object that has one."""
    if isinstance(value, dict) and "orderHint" in value:
        return {**value, "orderHint": kept(value["orderHint"], now, target)}
    return kept(value, now, target)


def _versioned(name: str, **said: Any) -> Type:
    """A type of Planner: each of its versions has a name, which a write has to know. ``hints`` are
    its order hints.
    """
    kind = name.removeprefix("planner")
    version = {"@version": _version(kind)}
    generated = {"id": _id, **version, **said.pop("generated", {})}
    first = _first_version(kind, said.get("defaults", {}))
    formed = {
        "@version": first,
        **{each: _hint(each) for each in said.pop("hints", ())},
        **said.pop("formed", {}),
    }
    changed = {**version, **said.pop("changed", {})}
    ignored = frozenset({"id"}) | said.pop("ignored", frozenset())
    return Type(
        name,
        generated=generated,
        formed=formed,
        changed={**formed, **changed},
        ignored=ignored,
        etag="@version",
        theirs=_is_there,
        must_match=True,
        **said,
    )


# Plans of groups that are deleted ----------------------------------------------------------------

_AWAY = "@away"  # of what lies in a plan whose group is deleted: it is there again when that is


def _is_there(reading: Reading, asker: Asker) -> bool:
    return not reading.record.get(_AWAY)


def _go_along(acting: Acting, old: Row | None, new: Row | None) -> None:
    """Let plans go with the group that has them, and come back with it."""
    group = new or old
    if group is None or (old is not None and new is not None):
        return
    plans = [e for e in acting.all("planner/plans") if e.record.get("owner") == group.record["id"]]
    ids = {each.record["id"] for each in plans if new is None or each.record.get(_AWAY)}
    if not ids:
        return
    others = (row for name in ("buckets", "tasks") for row in acting.all(f"planner/{name}"))
    for row in [*plans, *others]:
        if row.record.get("planId", row.record["id"]) in ids:
            acting.alter(row, {_AWAY: True if new is None else None})


_BY_SERVICE = frozenset({"createdBy", "createdDateTime"})

TYPES = (
    _versioned(
        "plannerPlan",
        required=("title",),
        ignored=_BY_SERVICE,
        immutable=frozenset({"owner", "container"}),
        generated={"owner": _owner, "container": _container, "createdBy": _by},
        written={"container": _whole_container},
        holds=(("planner/buckets", "planId"), ("planner/tasks", "planId")),
        refuses=(_refuse_homeless, _check_called("title")),
        suits=(_check_home,),
        follows=_check_member,
        made=_shares,
    ),
    _versioned(
        "plannerBucket",
        required=("name", "planId"),
        refuses=(_check_called("name"),),
        immutable=frozenset({"planId"}),
        defaults={"orderHint": _FIRST},
        hints=("orderHint",),
        follows=_checked,
        holds=(("planner/tasks", "bucketId"),),
    ),
    _versioned(
        "plannerTask",
        nulls=True,
        required=("title", "planId"),
        immutable=frozenset({"planId"}),
        ignored=_BY_SERVICE
        | {"activeChecklistItemCount", "checklistItemCount", "completedBy", "completedDateTime"}
        | {"hasDescription", "referenceCount"},
        generated={**_COMPLETION, "createdBy": _by},
        formed={"assignments": _assignments},
        changed=_COMPLETION,
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
        refuses=(
            *(_percent, _check_entries("assignments"), _check_categories),
            *(_check_called("title"), _check_many("assignments")),
        ),
        hints=("orderHint", "assigneePriority"),
        follows=_checked,
        idle=(_strangers,),
        computed={
            "hasDescription": _of_details(lambda it: bool(it.get("description"))),
            "checklistItemCount": _of_details(lambda it: len(it.get("checklist") or ())),
            "activeChecklistItemCount": _of_details(_open_items),
            "referenceCount": _of_details(lambda it: len(it.get("references") or ())),
        },
        merged=frozenset({"assignments", "appliedCategories"}),
        written={"appliedCategories": _entries},
        indexed=("planId", "bucketId"),
    ),
    _versioned(
        "plannerPlanDetails",
        merged=frozenset({"sharedWith", "categoryDescriptions"}),
        refuses=(_check_shared,),
        written={"sharedWith": _entries},
        defaults={"sharedWith": {}, "categoryDescriptions": {}},
        made=_names,
        altered=_names,
    ),
    _versioned(
        "plannerTaskDetails",
        merged=frozenset({"checklist", "references"}),
        hints=("checklist",),
        refuses=(
            _check_entries("checklist", "references"),
            _check_many("checklist", "references"),
        ),
        made=_outdated,
        altered=_outdated,
        written={"checklist": _entries, "references": _entries},
        defaults={"description": "", "previewType": "automatic", "checklist": {}, "references": {}},
    ),
    _versioned(
        "plannerAssignedToTaskBoardTaskFormat",
        merged=frozenset({"orderHintsByAssignee"}),
        hints=("unassignedOrderHint", "orderHintsByAssignee"),
        defaults={"unassignedOrderHint": _BOARDS, "orderHintsByAssignee": {}},
    ),
    _versioned(
        "plannerBucketTaskBoardTaskFormat", hints=("orderHint",), defaults={"orderHint": _BOARDS}
    ),
    _versioned(
        "plannerProgressTaskBoardTaskFormat", hints=("orderHint",), defaults={"orderHint": _BOARDS}
    ),
)


def _beside(name: str, kind: str) -> Navigation:
    """What a plan or a task always has, with its own id."""
    known = next(each.defaults for each in TYPES if each.name == f"planner{kind}")

    def start(owner: Record) -> Record:
        some = b64encode(f"1-{kind} {owner['id']}".encode()).decode()
        return {**known, "id": owner["id"], "@version": f'W/"{some}"'}

    return Navigation(name, provided=True, start=start)


def _unheeded(options: Mapping[str, str]) -> Mapping[str, str]:
    """Planner gives what there is in one list, whatever is said of pages."""
    why = "Planner has no pages of its own choice."
    return {name: why for name in ("top", "skip") if name in options}


_listed = partial(Navigation, unheeded=_unheeded)

NAVIGATION = (
    Navigation("group/planner", opens=only_unified("", NOT_FOUND)),
    _listed("plannerPlan/buckets", home="planner/buckets", view={"planId": "id"}),
    _listed("plannerPlan/tasks", home="planner/tasks", view={"planId": "id"}),
    _listed("plannerBucket/tasks", home="planner/tasks", view={"bucketId": "id"}),
    _listed("plannerGroup/plans", home="planner/plans", view={"owner": "^/id"}),
    _listed("plannerRoster/plans", home="planner/plans", view={"owner": "id"}),
    _listed("plannerUser/plans", home="planner/plans", within=Within(_is_shared, _shared)),
    _listed("plannerUser/tasks", home="planner/tasks", within=Within(_is_assigned, _assigned)),
    _beside("plannerPlan/details", "PlanDetails"),
    _beside("plannerTask/details", "TaskDetails"),
    _beside("plannerTask/assignedToTaskBoardFormat", "AssignedToTaskBoardTaskFormat"),
    _beside("plannerTask/bucketTaskBoardFormat", "BucketTaskBoardTaskFormat"),
    _beside("plannerTask/progressTaskBoardFormat", "ProgressTaskBoardTaskFormat"),
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
    follows={"groups": _go_along},
    preferences=frozenset({"return"}),
)


def register(declarations: Declarations) -> None:
    """Add what is declared of Planner."""
    declarations.add(PLANNER, *TYPES, *NAVIGATION)
