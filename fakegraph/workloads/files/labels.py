"""Labels of files: of sensitivity, which encrypt nothing, and of retention, which keep nothing.

https://learn.microsoft.com/graph/api/driveitem-assignsensitivitylabel
https://learn.microsoft.com/graph/api/driveitem-setretentionlabel
"""

from __future__ import annotations

from collections.abc import Mapping

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.granted import signed
from fakegraph.workloads.files.ids import whole_seconds
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import Call, Ending, Thing, operation

_LABEL = "@sensitivityLabel"


def _monitor(call: Call, result: Thing | None, ending: Ending) -> Mapping[str, str]:
    return {"Location": call.monitor_url(result, ending)}


def _check_file(record: Record) -> None:
    """Raise GraphError for what is no file, which has no label."""
    if {"folder", "package", "root"} & record.keys():
        raise GraphError(400, "notSupported", "Only files have sensitivity labels.")


@operation("driveItem/assignSensitivityLabel", tells=_monitor)
def assign(call: Call) -> Thing:
    """An empty id takes the label away.

    https://learn.microsoft.com/graph/api/driveitem-assignsensitivitylabel
    """
    _check_file(call.thing.record)
    given = call.arguments
    if "sensitivityLabelId" not in given:
        message = "'sensitivityLabelId' is required."
        raise GraphError(400, "invalidRequest", message, "sensitivityLabelId")
    method = given.get("assignmentMethod") or "standard"
    said = {"sensitivityLabelId": given["sensitivityLabelId"], "assignmentMethod": method}
    return call.change(call.thing, {_LABEL: said if said["sensitivityLabelId"] else None})


@operation("driveItem/extractSensitivityLabels")
def extract(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/driveitem-extractsensitivitylabels"""
    _check_file(call.thing.record)
    label = call.thing.record.get(_LABEL)
    if not label:
        return {"labels": []}
    tenant = next((each.id for each in call.inside(None, "organization")), "")
    return {"labels": [{**label, "tenantId": tenant}]}


OPERATIONS = (assign, extract)


_ALLOWED = ("isContentUpdateAllowed", "isDeleteAllowed", "isLabelUpdateAllowed")
_SETTINGS = {
    "behaviorDuringRetentionPeriod": "retain",
    **dict.fromkeys((*_ALLOWED, "isMetadataUpdateAllowed"), True),
    "isRecordLocked": False,
}


def _settings(making: Making) -> Record:
    return {**_SETTINGS, **(making.record.get("retentionSettings") or {})}


def _check_name(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a label without a name."""
    if "name" in record and not record["name"]:
        raise GraphError(400, "invalidRequest", "A label has a name.", "name")


TYPES = (
    Type(
        "itemRetentionLabel",
        required=("name",),
        refuses=(_check_name,),
        ignored=frozenset({"isLabelAppliedExplicitly", "labelAppliedBy", "labelAppliedDateTime"}),
        defaults={"isLabelAppliedExplicitly": True},
        generated={
            "labelAppliedBy": signed,
            "labelAppliedDateTime": lambda making: whole_seconds(making.now),
        },
        formed={"retentionSettings": _settings},
        merged=frozenset({"retentionSettings"}),
    ),
)

NAVIGATION = (
    Navigation(
        "driveItem/retentionLabel",
        upserts=True,
        statuses={"PATCH": 200},
        documented=frozenset({"GET", "PATCH"}),
    ),
)
