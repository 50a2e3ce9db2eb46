"""Communities of Viva Engage: each is a group, and is there when an operation tells so.

https://learn.microsoft.com/graph/api/resources/community
"""

from __future__ import annotations

import re
from uuid import NAMESPACE_URL, uuid5

from fakegraph.errors import bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting
from fakegraph.workloads.operations import Call
from fakegraph.workloads.teams.messages import writer

_OPERATIONS = "employeeExperience/engagementAsyncOperations"
_LONGEST = {"displayName": 255, "description": 1024}


def _operation_id(community: Record) -> str:
    return str(uuid5(NAMESPACE_URL, f"createCommunity/{community['id']}"))


def _accepted(community: Record) -> dict[str, str]:
    """Where its operation is: one page has it in one header, another in the other."""
    where = f"{{root}}/{_OPERATIONS}('{_operation_id(community)}')"
    return {"Location": where, "Operation-Location": where}


def _check(record: Record, before: Record | None) -> None:
    for name, most in _LONGEST.items():
        if len(str(record.get(name) or "")) > most:
            raise bad_request(f"'{name}' has {most} characters at most.", name)


def _made(acting: Acting, community: Row) -> None:
    """The group that it is, and the operation that made it; what a seed says is all there is."""
    if acting.plants:
        return
    said, id_ = community.record, community.record["id"]
    name, seen = str(said["displayName"]), str(said.get("privacy") or "public")
    group = acting.put_at(
        "groups",
        {
            "displayName": name,
            "description": said.get("description"),
            "groupTypes": ["Unified"],
            "mailEnabled": True,
            "mailNickname": re.sub(r"[^A-Za-z0-9]", "", name) or id_,
            "securityEnabled": False,
            "visibility": seen.capitalize(),
        },
    )
    acting.alter(community, {"groupId": group.record["id"]})
    told = {"operationType": "createCommunity", "status": "succeeded", "resourceId": id_}
    acting.put_at(_OPERATIONS, {"id": _operation_id(said), **told})


def _told(call: Call, record: Record, before: Record | None) -> None:
    """Who makes it owns it, where nobody else is said to; an app by itself says who does."""
    if before is not None:
        return
    owners = call.leads_to(call.thing, "owners")
    user = writer(call)
    if not owners and user is None:
        raise bad_request("A community that an app by itself makes has 'owners'.", "owners")
    known = None if owners or user is None else call.find("users", user["id"])
    if known is not None:
        call.link(call.thing, "owners", known)
    group = call.find("groups", call.thing.record.get("groupId"))
    if group is None:
        return
    for owner in (*owners, *filter(None, (known,))):
        call.link(group, "owners", owner)
        call.link(group, "members", owner)


def _is_somebody(call: Call, member: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a member of a role that no user is."""
    if call.find("users", call.thing.record.get("userId")) is None:
        raise bad_request("'userId' or user@odata.bind says which user it is.", "userId")


_ROLES: tuple[Record, ...] = (
    {"id": "ec759127-089f-4f91-8dfc-03a30b51cb38", "displayName": "Network Admin"},
    {"id": "966b8ec4-6457-4f22-bd3c-5a2520e98f4a", "displayName": "Verified Admin"},
    {"id": "77aa47ad-96fe-4ecc-8024-fd1ac5e28f17", "displayName": "Corporate Communicator"},
)
"""The roles of Viva Engage that there are."""

TYPES = (
    Type(
        "community",
        required=("displayName", "description", "privacy"),
        ignored=frozenset({"groupId"}),
        related=frozenset({"owners"}),
        accepted=_accepted,
        refuses=(_check,),
        made=_made,
        follows=_told,
    ),
    # https://learn.microsoft.com/graph/api/engagementrole-post-members
    Type(
        "engagementRoleMember",
        related=frozenset({"user"}),
        takes={"user": {"userId": "id"}},
        follows=_is_somebody,
        generated={"createdDateTime": lambda making: making.now},
    ),
)

NAVIGATION = (
    # https://learn.microsoft.com/graph/api/employeeexperience-post-communities
    Navigation("employeeExperience/communities", statuses={"POST": 202}),
    # https://learn.microsoft.com/graph/api/resources/community
    Navigation(
        "community/group",
        home="groups",
        view={"id": "groupId"},
        documented=frozenset({"GET"}),
        needs="/employeeExperience/communities",
    ),
    Navigation(
        "community/owners",
        documented=frozenset({"GET"}),
        needs="/employeeExperience/communities",
    ),
    # https://learn.microsoft.com/graph/api/employeeexperience-list-roles
    Navigation("employeeExperience/roles", provisioned=_ROLES),
)
