"""Tags: names by which several members of a team are mentioned.

https://learn.microsoft.com/graph/api/resources/teamworktag
"""

from __future__ import annotations

import base64
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Generate, Making, Reading
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.teams.messages import tenant_id

_MEMBERS = "teamworkTag/members"


def _id(making: Making) -> str:
    team = (making.owner or {}).get("teamId") or (making.owner or {}).get("id")
    return base64.b64encode(f"{team}##{making.new_id()}".encode()).decode()


def _how_many(reading: Reading) -> int:
    return reading.how_many(_MEMBERS)


def _of_user(name: str) -> Generate:
    """What is said of the user whom a tag has."""

    def generate(making: Making) -> Any:
        user = making.record.get("userId")
        known = making.others.find("users", "id", user) if user and making.others else None
        return None if known is None else known.get(name)

    return generate


_LONGEST, _MOST = 40, 25


def _check_said(record: Record, before: Record | None) -> None:
    """Raise GraphError for a tag that is called too much, or names nobody or too many.

    https://learn.microsoft.com/graph/api/teamworktag-post
    """
    if len(str(record.get("displayName") or "")) > _LONGEST:
        raise bad_request(f"The name of a tag has {_LONGEST} characters at most.", "displayName")
    if before is None and not 0 < len(record.get("members") or ()) <= _MOST:
        raise bad_request(f"A tag is made with 1 to {_MOST} members.", "members")


def _tagged(call: Call, record: Record, before: Record | None) -> None:
    """Raise GraphError for members of a tag who are nobody."""
    for each in call.inside(call.thing, _MEMBERS):
        _check(call, each)


def _joined(call: Call, record: Record, before: Record | None) -> None:
    _check(call, call.thing)


def _check(call: Call, member: Thing) -> None:
    user = str(member.record.get("userId"))
    if call.find("users", user) is None:
        raise GraphError(404, "NotFound", f"Failed to find user '{user}'.", "userId")


TYPES = (
    Type(
        "teamworkTag",
        required=("displayName", "members"),
        ignored=frozenset({"memberCount", "teamId"}),
        generated={"id": _id, "teamId": lambda making: (making.owner or {}).get("id")},
        defaults={"tagType": "standard"},
        computed={"memberCount": _how_many},
        related=frozenset({"members"}),
        refuses=(_check_said,),
        follows=_tagged,
    ),
    Type(
        "teamworkTagMember",
        required=("userId",),
        immutable=frozenset({"userId"}),
        generated={"id": _id, "displayName": _of_user("displayName"), "tenantId": tenant_id},
        follows=_joined,
    ),
)
