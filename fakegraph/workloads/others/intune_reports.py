"""Reports of Intune: tables as JSON, worked out of the devices and of what policies say of them.

What nothing that is stored tells of is a table without rows.
https://learn.microsoft.com/graph/api/resources/intune-reporting-devicemanagementreports
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation
from fakegraph.workloads.handed import Stored
from fakegraph.workloads.operations import Call, File, operation

Rows = Callable[[Stored], Iterable[Record]]
"""The rows of a report, each with all of its columns."""

_CONDITION = re.compile(r"\(*\s*(\w+)\s+(eq|ne)\s+('(?:[^']|'')*'|-?\d+|true|false)\s*\)*")
_USUAL, _MOST = 50, 50_000
_FINE = frozenset({"compliant", "notApplicable", "unknown", None})

# What there is --------------------------------------------------------------------------------


def _device(device: Record) -> Record:
    said = {
        "DeviceId": "id",
        "DeviceName": "deviceName",
        "OS": "operatingSystem",
        "OSVersion": "osVersion",
        "ComplianceState": "complianceState",
        "LastContact": "lastSyncDateTime",
        "UserId": "userId",
        "UserName": "userDisplayName",
        "UPN": "userPrincipalName",
        "SerialNumber": "serialNumber",
        "IMEI": "imei",
        "OwnerType": "managedDeviceOwnerType",
    }
    return {column: device.get(name) for column, name in said.items()}


def _devices(*states: str | None, but: bool = False) -> Rows:
    """The devices in one of these states, or in none of them."""

    def rows(stored: Stored) -> Iterable[Record]:
        for row in stored.rows("deviceManagement/managedDevices"):
            if (row.record.get("complianceState") in states) != but:
                yield _device(row.record)

    return rows


_COMPLIANCE, _CONFIGURATION = "deviceCompliancePolicy", "deviceConfiguration"
_POLICIES = {
    _COMPLIANCE: "deviceManagement/deviceCompliancePolicies",
    _CONFIGURATION: "deviceManagement/deviceConfigurations",
}


def _statuses(stored: Stored, *kinds: str) -> Iterable[tuple[Record, Record]]:
    """What policies say of devices, each with its policy."""
    for kind in kinds:
        policies = {row.key: row.record for row in stored.rows(_POLICIES[kind])}
        for row in stored.rows(f"{kind}/deviceStatuses"):
            if row.owner in policies:
                yield policies[row.owner], row.record


def _of_policies(*kinds: str) -> Rows:
    """The devices that do not comply, by policy."""

    def rows(stored: Stored) -> Iterable[Record]:
        for policy, status in _statuses(stored, *kinds):
            if status.get("status") not in _FINE:
                yield {
                    "PolicyId": policy["id"],
                    "PolicyName": policy.get("displayName"),
                    "DeviceName": status.get("deviceDisplayName"),
                    "UserName": status.get("userName"),
                    "UPN": status.get("userPrincipalName"),
                    "PolicyStatus": status.get("status"),
                    "LastContact": status.get("lastReportedDateTime"),
                }

    return rows


def _in_short(*kinds: str) -> Rows:
    """How many devices do not comply, by policy."""

    def rows(stored: Stored) -> Iterable[Record]:
        found: dict[str, Record] = {}
        for policy, status in _statuses(stored, *kinds):
            told = found.setdefault(policy["id"], _blank(policy))
            state = status.get("status")
            told["NumberOfConflictDevices"] += state == "conflict"
            told["NumberOfNonCompliantOrErrorDevices"] += state in ("nonCompliant", "error")
            told["NumberOfCompliantDevices"] += state == "compliant"
        return found.values()

    return rows


def _blank(policy: Record) -> Record:
    counts = ("NumberOfConflictDevices", "NumberOfNonCompliantOrErrorDevices")
    named = {"PolicyId": policy["id"], "PolicyName": policy.get("displayName")}
    return {**named, **dict.fromkeys((*counts, "NumberOfCompliantDevices"), 0)}


def _settings(kind: str) -> Rows:
    """How many devices do not comply, by setting."""
    counted = {
        "NumberOfCompliantDevices": "compliantDeviceCount",
        "NumberOfNonCompliantDevices": "nonCompliantDeviceCount",
        "NumberOfErrorDevices": "errorDeviceCount",
        "NumberOfConflictDevices": "conflictDeviceCount",
    }

    def rows(stored: Stored) -> Iterable[Record]:
        for row in stored.rows(f"{kind}/deviceSettingStateSummaries"):
            counts = {column: row.record.get(name) or 0 for column, name in counted.items()}
            yield {"SettingName": row.record.get("settingName"), **counts}

    return rows


def _nothing(stored: Stored) -> Iterable[Record]:
    """Nothing that is stored tells of it."""
    return ()


_BOTH = (_COMPLIANCE, _CONFIGURATION)
_DEVICE = tuple(_device({}))
_STATUS = ("PolicyId", "PolicyName", "DeviceName", "UserName", "UPN", "PolicyStatus", "LastContact")
_COUNTS = tuple(_blank({"id": ""}))
_SETTING = (
    *("SettingName", "NumberOfCompliantDevices", "NumberOfNonCompliantDevices"),
    *("NumberOfErrorDevices", "NumberOfConflictDevices"),
)

#: By name, the columns and what gives the rows; without columns any may be selected.
_REPORTS: Mapping[str, tuple[tuple[str, ...], Rows]] = {
    "getDeviceNonComplianceReport": (_DEVICE, _devices("compliant", "unknown", None, but=True)),
    "getDevicesWithoutCompliancePolicyReport": (_DEVICE, _devices("unknown", None)),
    "getNoncompliantDevicesAndSettingsReport": (_STATUS, _of_policies(_COMPLIANCE)),
    "getCompliancePolicyNonComplianceReport": (_STATUS, _of_policies(_COMPLIANCE)),
    "getConfigurationPolicyNonComplianceReport": (_STATUS, _of_policies(_CONFIGURATION)),
    "getPolicyNonComplianceReport": (_STATUS, _of_policies(*_BOTH)),
    "getCompliancePolicyNonComplianceSummaryReport": (_COUNTS, _in_short(_COMPLIANCE)),
    "getConfigurationPolicyNonComplianceSummaryReport": (_COUNTS, _in_short(_CONFIGURATION)),
    "getPolicyNonComplianceSummaryReport": (_COUNTS, _in_short(*_BOTH)),
    "getPolicyNonComplianceMetadata": (_COUNTS, _in_short(*_BOTH)),
    "getComplianceSettingNonComplianceReport": (_SETTING, _settings(_COMPLIANCE)),
    "getConfigurationSettingNonComplianceReport": (_SETTING, _settings(_CONFIGURATION)),
    "getSettingNonComplianceReport": (_SETTING, _settings(_COMPLIANCE)),
    **dict.fromkeys(
        (
            *("getCachedReport", "getHistoricalReport", "getReportFilters"),
            "getDeviceManagementIntentSettingsReport",
            "getDeviceManagementIntentPerSettingContributingProfiles",
        ),
        ((), _nothing),
    ),
}

# What is asked of it ----------------------------------------------------------------------------


def _column(columns: tuple[str, ...], name: str, target: str) -> str:
    if columns and name not in columns:
        message = f"The report has no column '{name}': it has {', '.join(columns)}."
        raise bad_request(message, target)
    return name


def _filtered(rows: list[Record], columns: tuple[str, ...], text: str) -> list[Record]:
    """The rows that a condition keeps: equalities that are joined by ``and``."""
    for each in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE):
        found = _CONDITION.fullmatch(each.strip())
        if found is None:
            message = f"'{each}' is no condition here: these are of the form Column eq 'value'."
            raise bad_request(message, "filter")
        name, operator, literal = found.groups()
        _column(columns, name, "filter")
        wanted = literal.strip("'").replace("''", "'").casefold()
        same = operator == "eq"
        rows = [row for row in rows if (str(row.get(name)).casefold() == wanted) == same]
    return rows


def _sorted(rows: list[Record], columns: tuple[str, ...], terms: Iterable[str]) -> list[Record]:
    for term in reversed(list(terms)):
        name, _, way = term.strip().partition(" ")
        if way.strip().lower() not in ("", "asc", "desc"):
            raise bad_request(f"'{term}' is no order: asc and desc are.", "orderBy")
        _column(columns, name, "orderBy")
        descending = way.strip().lower() == "desc"
        rows = sorted(rows, key=lambda row: _rank(row.get(name)), reverse=descending)
    return rows


def _rank(value: Any) -> tuple[bool, float, str]:
    number = value if isinstance(value, int | float) else 0
    return value is not None, number, str(value)


def _table(call: Call, columns: tuple[str, ...], rows: Rows) -> Record:
    given = call.arguments
    grouped = [_column(columns, name, "groupBy") for name in given.get("groupBy") or ()]
    if grouped and columns:
        message = "Rows of reports are not grouped here: 'groupBy' is not supported."
        raise GraphError(501, "NotImplemented", message, "groupBy")
    selected = [_column(columns, name, "select") for name in given.get("select") or columns]
    found = list(rows(call.stored))
    if given.get("filter"):
        found = _filtered(found, columns, given["filter"])
    if given.get("search"):
        sought = str(given["search"]).casefold()
        found = [
            row for row in found if any(sought in str(each).casefold() for each in row.values())
        ]
    found = _sorted(found, columns, given.get("orderBy") or ())
    skip, top = given.get("skip") or 0, given.get("top") or _USUAL
    if skip < 0 or not 0 < top <= _MOST:
        raise bad_request(f"'skip' is none below 0, and 'top' at most {_MOST}.", "top")
    page = found[skip : skip + top]
    return {
        "TotalRowCount": len(found),
        "Schema": [{"Column": name, "PropertyType": _type(name)} for name in selected],
        "Values": [[row.get(name) for name in selected] for row in page],
        "SessionId": str(given.get("sessionId") or ""),
    }


def _type(column: str) -> str:
    if column.startswith("NumberOf"):
        return "Int32"
    return "DateTime" if column == "LastContact" else "String"


def _reported(name: str) -> Operation:
    columns, rows = _REPORTS[name]

    def report(call: Call) -> File:
        return File(orjson.dumps(_table(call, columns, rows)), "application/octet-stream")

    return operation(f"deviceManagementReports/{name}", reads=True)(report)


OPERATIONS = tuple(_reported(name) for name in _REPORTS)
