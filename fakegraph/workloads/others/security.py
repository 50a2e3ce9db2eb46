"""Risks, alerts, scores, cases of eDiscovery, messages of the service: what is done to them.

https://learn.microsoft.com/graph/api/resources/security-api-overview
"""

from __future__ import annotations

from base64 import b64encode
from uuid import NAMESPACE_URL, uuid5

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation, Type, Workload
from fakegraph.workloads.effects import Values, by, moves, now, sets, sets_each
from fakegraph.workloads.operations import Call, Thing, operation

# https://learn.microsoft.com/graph/api/resources/riskyuser


def _risk(of: str, name: str, state: str, level: str, detail: str) -> Operation:
    said = {"riskState": state, "riskLevel": level, "riskDetail": detail}
    parameter = f"{of[5].lower()}{of[6:]}Ids"
    return sets_each(f"{of}*/{name}", parameter, {**said, "riskLastUpdatedDateTime": now})


_COMPROMISED, _SAFE, _DISMISSED = "confirmedCompromised", "confirmedSafe", "dismissed"

_RISKS = (
    _risk("riskyUser", "confirmCompromised", _COMPROMISED, "high", "adminConfirmedUserCompromised"),
    _risk("riskyUser", "confirmSafe", _SAFE, "none", "adminConfirmedAccountSafe"),
    _risk("riskyUser", "dismiss", _DISMISSED, "none", "adminDismissedAllRiskForUser"),
    _risk(
        "riskyServicePrincipal",
        "confirmCompromised",
        _COMPROMISED,
        "high",
        "adminConfirmedServicePrincipalCompromised",
    ),
    _risk(
        "riskyServicePrincipal",
        "dismiss",
        _DISMISSED,
        "none",
        "adminDismissedAllRiskForServicePrincipal",
    ),
)

# https://learn.microsoft.com/graph/api/resources/security-ediscoverycase

_HELD: Values = {"holdStatus": "applied", "lastModifiedDateTime": now}
_LET_GO: Values = {"holdStatus": "notApplied", "lastModifiedDateTime": now}
_SOURCES = ("ediscoveryCustodian", "ediscoveryNoncustodialDataSource")

_CASES = (
    moves(
        "security.ediscoveryCase/close",
        "status",
        {"active": "closed"},
        {"closedBy": by, "closedDateTime": now},
    ),
    moves(
        "security.ediscoveryCase/reopen",
        "status",
        {"closed": "active", "closedWithError": "active"},
        {"closedBy": None, "closedDateTime": None},
    ),
    sets(
        "security.ediscoveryCustodian/activate",
        {"status": "active", "releasedDateTime": None, "lastModifiedDateTime": now},
    ),
    *(
        action
        for of in _SOURCES
        for action in (
            moves(
                f"security.{of}/release",
                "status",
                {"active": "released"},
                {**_LET_GO, "releasedDateTime": now},
            ),
            sets(f"security.{of}/applyHold", _HELD),
            sets(f"security.{of}/removeHold", _LET_GO),
            sets_each(f"security.{of}*/applyHold", "ids", _HELD),
            sets_each(f"security.{of}*/removeHold", "ids", _LET_GO),
        )
    ),
)

# https://learn.microsoft.com/graph/api/resources/serviceupdatemessage


def _view(name: str, member: str, value: bool) -> Operation:
    def seen(call: Call, message: Thing) -> Record:
        return {"viewPoint": {**(message.record.get("viewPoint") or {}), member: value}}

    return sets_each(f"serviceUpdateMessage*/{name}", "messageIds", seen, gives=True)


_VIEWS = (
    _view("archive", "isArchived", True),
    _view("unarchive", "isArchived", False),
    _view("favorite", "isFavorited", True),
    _view("unfavorite", "isFavorited", False),
    _view("markRead", "isRead", True),
    _view("markUnread", "isRead", False),
)

# https://learn.microsoft.com/graph/api/resources/alert
# https://learn.microsoft.com/graph/api/resources/securescorecontrolprofile

WORKLOAD = Workload(
    "security", types=("alert", "secureScoreControlProfile"), preferences=frozenset({"return"})
)
_STATES = ("Default", "Ignored", "ThirdParty", "Reviewed")
_SAID = ("assignedTo", "comment", "state")


def _of_vendor(call: Call, changes: Record) -> Record:
    """A change that says whose the thing is. Raises GraphError (400) for one that does not."""
    vendor = changes.get("vendorInformation") or {}
    for name in ("provider", "vendor"):
        if not vendor.get(name):
            message = f"A change says 'vendorInformation', and its '{name}'."
            raise bad_request(message, f"vendorInformation/{name}")
    return changes


def _as_update(call: Call, changes: Record) -> Record:
    """What an analyst says of a control is one more of its updates. Raises GraphError (400)."""
    said = {name: changes[f"@{name}"] for name in _SAID if f"@{name}" in changes}
    for name, value in said.items():
        if not isinstance(value, str | None):
            raise bad_request(f"'{name}' is a text.", name)
    if said.get("state") not in (None, *_STATES):
        raise bad_request(f"'state' is one of {', '.join(_STATES)}.", "state")
    kept = {name: value for name, value in _of_vendor(call, changes).items() if name[0] != "@"}
    if not said:
        return kept
    by = (call.by.get("user") or {}).get("displayName")
    update = {**dict.fromkeys(_SAID), **said, "updatedBy": by, "updatedDateTime": call.now}
    updates = [*(call.record.get("controlStateUpdates") or ()), update]
    return {**kept, "controlStateUpdates": updates}


TYPES = (
    Type("alert", amends=_of_vendor),
    Type(
        "secureScoreControlProfile",
        heard={name: f"@{name}" for name in _SAID},
        amends=_as_update,
    ),
)

# https://learn.microsoft.com/graph/api/resources/security-sensor

_KEY = "@deploymentAccessKey"


@operation("security.sensor*/getDeploymentAccessKey", reads=True)
def access_key(call: Call) -> Record:
    """The key that sensors are installed with: the same one until another is made.

    https://learn.microsoft.com/graph/api/security-sensor-getdeploymentaccesskey
    """
    known = call.holder.record.get(_KEY)
    return {"deploymentAccessKey": known or _as_key(str(uuid5(NAMESPACE_URL, "sensors")))}


@operation("security.sensor*/regenerateDeploymentAccessKey")
def another_key(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/security-sensor-regeneratedeploymentaccesskey"""
    key = _as_key(call.new_id())
    call.change(call.holder, {_KEY: key})
    return {"deploymentAccessKey": key}


def _as_key(id_: str) -> str:
    return b64encode(id_.encode()).decode()


OPERATIONS = (*_RISKS, *_CASES, *_VIEWS, access_key, another_key)
