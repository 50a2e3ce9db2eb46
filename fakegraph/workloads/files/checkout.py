"""Files that somebody has checked out: nobody else may change them meanwhile.

https://learn.microsoft.com/graph/api/driveitem-checkout
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation

#: What a file has while it is checked out: by whom, and which version was there.
CHECKED_OUT = "@checkedOut"
_VERSIONS = "driveItem/versions"


def check_lock(record: Record, by: Mapping[str, Any]) -> None:
    """Raise GraphError (423) where somebody else than who asks has checked a file out."""
    lock = record.get(CHECKED_OUT)
    if lock and _who(lock["by"]) != _who(by):
        message = "The resource you are attempting to access is locked"
        raise GraphError(423, "notAllowed", message, inner={"code": "resourceLocked"})


def check_kind(record: Record) -> None:
    """Raise GraphError (400) for what is no file."""
    if {"folder", "package", "root"} & record.keys():
        raise GraphError(400, "notSupported", "Operation not supported")


def check_deletion(call: Call, *_: object) -> None:
    """The same, of who deletes one."""
    check_lock(call.thing.record, call.by)


def _who(by: Mapping[str, Any]) -> object:
    """The id of the user, or of the app where there is none."""
    return (by.get("user") or by.get("application") or {}).get("id")


@operation("driveItem/checkout", status=204)
def checkout(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/driveitem-checkout"""
    item = call.thing
    check_kind(item.record)
    check_lock(item.record, call.by)
    if not item.record.get(CHECKED_OUT):
        newest = max((float(each.id) for each in call.inside(item, _VERSIONS)), default=None)
        call.change(item, {CHECKED_OUT: {"by": dict(call.by), "version": newest}})


def _checked_out(call: Call) -> Thing:
    """The file. Raises GraphError: 400 for one that is not checked out, 423 for another's."""
    item = call.thing
    if not item.record.get(CHECKED_OUT):
        raise GraphError(400, "invalidRequest", "The item is not checked out.")
    check_lock(item.record, call.by)
    return item


_STATES = (None, "", "published", "unspecified")


@operation("driveItem/checkin", status=204)
def checkin(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/driveitem-checkin"""
    state = call.arguments.get("checkInAs")
    if state not in _STATES:
        message = f"'{state}' is no state to check in as: published and unspecified are."
        raise GraphError(400, "invalidRequest", message, "checkInAs")
    call.change(_checked_out(call), {CHECKED_OUT: None})


@operation("driveItem/discardCheckout", status=204)
def discard_checkout(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/driveitem-discardcheckout"""
    item = _checked_out(call)
    was = item.record[CHECKED_OUT]["version"]
    versions = {float(each.id): each for each in call.inside(item, _VERSIONS)}
    if versions and was in versions and was != max(versions):
        item = call.fill_as(item, "content", versions[was])
    call.change(item, {CHECKED_OUT: None})


OPERATIONS = (checkout, checkin, discard_checkout)
