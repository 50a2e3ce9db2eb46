"""Devices: what they are registered with, and what only those who manage them set.

https://learn.microsoft.com/graph/api/resources/device
"""

from __future__ import annotations

import re

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Linking, Making

_MANAGED = ("isCompliant", "isManaged")


def _check_managed(device: Record, before: Record | None) -> None:
    """Raise GraphError (403) for what only a service that manages devices sets."""
    for name in _MANAGED if before is not None else ():
        if before is not None and device.get(name) != before.get(name):
            message = (
                "Insufficient privileges to complete the operation. "
                f"'{name}' is set by what manages the device: a seed can have it."
            )
            raise GraphError(403, "Authorization_RequestDenied", message, name)


_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def _check_id(device: Record, before: Record | None) -> None:
    """Raise GraphError (400) for what no registration calls a device."""
    if before is None and _ID.fullmatch(str(device.get("deviceId"))) is None:
        message = "Invalid value specified for property 'deviceId' of resource 'Device'."
        raise GraphError(400, "Request_BadRequest", message, "deviceId")


def _owner_joins(linking: Linking) -> None:
    """Raise GraphError (400) for an owner who is no user, or who would be the second."""
    _user_joins(linking)
    if linking.links() > 0:
        message = "A device has one registered owner."
        raise GraphError(400, "Request_BadRequest", message, "@odata.id")


def _user_joins(linking: Linking) -> None:
    if linking.type != "user":
        message = f"'{linking.type}' cannot have a device: users can."
        raise GraphError(400, "Request_BadRequest", message, "@odata.id")


def _attributes(making: Making) -> Record:
    """The fifteen attributes that are there for whoever wants them, of which most have no value."""
    names = (f"extensionAttribute{number}" for number in range(1, 16))
    return {**dict.fromkeys(names), **(making.record.get("extensionAttributes") or {})}


TYPES = (
    Type(
        "device",
        required=(
            *("accountEnabled", "alternativeSecurityIds", "deviceId", "displayName"),
            *("operatingSystem", "operatingSystemVersion"),
        ),
        read_only=frozenset(
            {"approximateLastSignInDateTime", "complianceExpirationDateTime", "deletedDateTime"}
            | {"manufacturer", "model", "mdmAppId", "trustType", "registrationDateTime"}
            | {"onPremisesLastSyncDateTime", "onPremisesSecurityIdentifier"}
            | {"onPremisesSyncEnabled"}
        ),
        immutable=frozenset({"deviceId"}),
        refuses=(_check_managed, _check_id),
        formed={"extensionAttributes": _attributes},
        merged=frozenset({"extensionAttributes"}),
    ),
)

NAVIGATION = (
    Navigation("device/registeredOwners", joins=_owner_joins),
    Navigation("device/registeredUsers", joins=_user_joins),
)
