"""Sensitivity labels of files. Nothing is encrypted by them.

https://learn.microsoft.com/graph/api/driveitem-assignsensitivitylabel
"""

from __future__ import annotations

from collections.abc import Mapping

from fakegraph.errors import GraphError
from fakegraph.store import Record
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
