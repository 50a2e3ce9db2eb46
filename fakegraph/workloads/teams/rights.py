"""Who may have what of Teams beside permissions: who is in it, and while it is not archived.

https://learn.microsoft.com/graph/api/resources/teams-api-overview
"""

from __future__ import annotations

from collections.abc import Callable

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.directory.role_templates import GLOBAL_ADMINISTRATOR
from fakegraph.workloads.handed import Asker, Reading
from fakegraph.workloads.operations import Call, Thing

_TEAMS_ADMINISTRATOR = "69091246-20e8-4a56-aa4d-066075b2a7a8"
_ADMINISTRATORS = frozenset({GLOBAL_ADMINISTRATOR, _TEAMS_ADMINISTRATOR})


def is_in(members: str, *, administered: bool = True) -> Callable[[Reading, Asker], bool]:
    """Whether something is there for who asks: for its members, for apps by themselves, and where
    it is ``administered`` for administrators. Who names nobody and no permission is not checked.
    """

    def test(reading: Reading, asker: Asker) -> bool:
        if asker.app_only or not asker.user or not asker.granted:
            return True
        if reading.among(members, "userId", (asker.user,)):
            return True
        return administered and not _ADMINISTRATORS.isdisjoint(asker.roles())

    return test


def outside(record: Record, asker: Asker) -> GraphError:
    """What is said to somebody who is in no such team, channel or chat."""
    return not_member(str(record.get("id")), asker.user)


def not_member(thread: str, person: str) -> GraphError:
    """The refusal of somebody who is no member."""
    inner = f"AclCheckFailed-The initiator {person} is not a member of the roster"
    return GraphError(
        403,
        "Forbidden",
        "InsufficientPrivileges",
        inner={"code": "1", "message": f"{inner} {person} in the generic thread {thread}"},
    )


def closed(what: str) -> GraphError:
    """The refusal of a change to what is archived."""
    return GraphError(403, "Forbidden", f"The {what} is archived: unarchive it to change it.")


def check_open(call: Call, thing: Thing | None) -> None:
    """Raise GraphError for what lies in a channel or a team that is archived."""
    while thing is not None:
        if thing.record.get("isArchived"):
            raise closed("team" if thing.container == "teams" else "channel")
        thing = call.owner(thing)
