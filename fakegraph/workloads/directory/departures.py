"""What goes with users, groups and service principals that are deleted, and comes back with them:
app role assignments, grants, and the units of licences.

Roles of theirs are seen to by ``roles.py``, links by the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.directory import roles
from fakegraph.workloads.directory.grants import ASSIGNMENTS, GRANTS
from fakegraph.workloads.handed import Acting, folded_id

_ASIDE = "@departed"  # of a thing that is deleted: what goes with it, by where it is
_KINDS = {"user": "users", "group": "groups", "servicePrincipal": "servicePrincipals"}
# Where what goes with a thing is found from it.
_BENEATH = {
    "users": {ASSIGNMENTS: ASSIGNMENTS},
    "groups": {ASSIGNMENTS: ASSIGNMENTS},
    "servicePrincipals": {ASSIGNMENTS: ASSIGNMENTS, "appRoleAssignedTo": ASSIGNMENTS},
}
_ENDS = ("clientId", "principalId", "resourceId")


def _going(acting: Acting, home: str, row: Row) -> Iterable[tuple[str, Row]]:
    """What goes with a thing, each with what it is."""
    id_ = folded_id(str(row.record["id"]))
    for name, kind in _BENEATH[home].items():
        yield from ((kind, each) for each in acting.all(f"{home}/{row.record['id']}/{name}"))
    for each in acting.all(GRANTS):
        if id_ in (folded_id(str(each.record.get(end))) for end in _ENDS):
            yield GRANTS, each


def _gone(home: str) -> Callable[[Acting, Row], None]:
    """What puts aside what goes with a thing of a kind; of one that is deleted already nothing."""

    def act(acting: Acting, row: Row) -> None:
        if row.root:
            return
        roles.gone(acting, row)
        aside = {each.key: (kind, each) for kind, each in _going(acting, home, row)}
        for _, each in aside.values():
            acting.remove(each)
        _count(acting, row.record, -1)
        kept = [[kind, each.record] for kind, each in aside.values()]
        if kept:
            acting.alter(row, {_ASIDE: kept})

    return act


def _back(acting: Acting, row: Row) -> None:
    """Put back what went with a thing, as far as the other ends are still there."""
    roles.back(acting, row)
    for kind, record in row.record.get(_ASIDE) or ():
        if all(_is_there(acting, record.get(end)) for end in _ENDS):
            path = f"servicePrincipals/{record['resourceId']}/appRoleAssignedTo"
            acting.put_at(path if kind == ASSIGNMENTS else kind, record)
    _count(acting, row.record, 1)
    if _ASIDE in row.record:
        acting.alter(row, {_ASIDE: None})


def _is_there(acting: Acting, id_: object) -> bool:
    return id_ is None or acting.found(tuple(_KINDS.values()), id_) is not None


def _count(acting: Acting, user: Record, more: int) -> None:
    """Count the units of the licences that somebody has by themselves."""
    states = user.get("licenseAssignmentStates") or user.get("assignedLicenses") or ()
    own = {str(each.get("skuId")).lower() for each in states if not each.get("assignedByGroup")}
    for each in acting.all("subscribedSkus") if own else ():
        if str(each.record.get("skuId")).lower() in own:
            units = (each.record.get("consumedUnits") or 0) + more
            acting.alter(each, {"consumedUnits": max(units, 0)})


TYPES = tuple(Type(name, unmade=_gone(home), restored=_back) for name, home in _KINDS.items())
