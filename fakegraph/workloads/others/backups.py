"""Backups: rules that are set going, and points in time that something can be restored to.

https://learn.microsoft.com/graph/api/resources/backuprestoreroot
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.effects import by, now, sets
from fakegraph.workloads.operations import Call, Thing, operation


@operation("restorePoint*/search", reads=True)
def search(call: Call) -> Record:
    """The restore points of some units in a time: all, or the first or last of each.

    https://learn.microsoft.com/graph/api/restorepoint-search
    """
    given = call.arguments
    units = list(dict.fromkeys(given.get("protectionUnitIds") or ()))
    if not units:
        raise bad_request("'protectionUnitIds' says of which units.", "protectionUnitIds")
    if given.get("artifactQuery"):
        message = "'artifactQuery' is not supported: nothing is known of what is in a backup."
        raise GraphError(501, "NotImplemented", message, "artifactQuery")
    first, last = _period(given)
    found = {unit: _of_unit(call, unit, first, last) for unit in units}
    chosen = [one for each in found.values() for one in _preferred(each, given)]
    return {
        "searchResponseId": call.new_id(),
        "searchResults": [{"restorePoint": _shown(call, each)} for each in chosen],
        "noResultProtectionUnitIds": [unit for unit, each in found.items() if not each],
    }


def _period(given: Any) -> tuple[int, int]:
    said = given.get("protectionTimePeriod") or {}
    times = [said.get(name) for name in ("startDateTime", "endDateTime")]
    if None in times:
        message = "'protectionTimePeriod' has a 'startDateTime' and an 'endDateTime'."
        raise bad_request(message, "protectionTimePeriod")
    first, last = map(instant, times)
    if first > last:
        raise bad_request("The time ends before it begins.", "protectionTimePeriod/endDateTime")
    return first, last


def _of_unit(call: Call, unit: str, first: int, last: int) -> list[Thing]:
    """The points of a unit in a time, the first of them first."""
    wanted = {each for each in _tags(call.arguments.get("tags")) if each != "none"}
    found = [
        (at, each)
        for each in call.things()
        if unit in {one.id for one in call.leads_to(each, "protectionUnit")}
        and wanted <= _tags(each.record.get("tags"))
        and first <= (at := instant(each.record.get("protectionDateTime") or _NEVER)) <= last
    ]
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


_NEVER = "0001-01-01T00:00:00Z"


def _tags(said: Any) -> set[str]:
    return {each.strip() for each in str(said or "").split(",")} - {""}


def _preferred(points: list[Thing], given: Any) -> Iterable[Thing]:
    which = given.get("restorePointPreference")
    if which is None:
        return points
    return points[-1:] if which == "latest" else points[:1]


def _shown(call: Call, point: Thing) -> Record:
    units = call.leads_to(point, "protectionUnit")
    shown = [{"@odata.type": f"#{each.type.name}", **each.record} for each in units]
    return {
        "@odata.type": f"#{point.type.name}",
        **point.record,
        **({"protectionUnit": shown[0]} if shown else {}),
    }


NAVIGATION = (
    # Several points are of one unit, wherever policies have it.
    Navigation(
        "restorePoint/protectionUnit", home="backupRestoreRoot/protectionUnits", linked=True
    ),
)

OPERATIONS = (
    search,
    # https://learn.microsoft.com/graph/api/protectionrulebase-run
    sets(
        "protectionRuleBase/run",
        {"status": "active", "lastModifiedBy": by, "lastModifiedDateTime": now},
    ),
)
