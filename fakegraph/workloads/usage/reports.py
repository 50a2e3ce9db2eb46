"""Usage reports: what people did of late, as CSV at a URL that needs no token, or as JSON.

https://learn.microsoft.com/graph/reports-overview
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.workloads.declarations import Navigation, Operation
from fakegraph.workloads.declared import Declarations
from fakegraph.workloads.handed import Stored
from fakegraph.workloads.operations import Call, Elsewhere, Table, operation
from fakegraph.workloads.usage.facts import SETTINGS, Usage
from fakegraph.workloads.usage.tables import TABLES, as_csv, as_json

_PERIODS = {"D7": 7, "D30": 30, "D90": 90, "D180": 180}
_KEPT_DAYS = 30
_KEPT_OF = {"getTeams": 28, "getM365App": 28}
#: The version whose reports are JSON too, and which of v1.0 are.
_BETA, _OF_BOTH = "/beta", "getM365App"
_CSV, _JSON = ("", "text/csv"), ("json", "application/json")


def _invalid(message: str, target: str) -> GraphError:
    return GraphError(400, "InvalidArgument", message, target)


def _period(text: str) -> int:
    found = _PERIODS.get(text.upper())
    if found is None:
        known = ", ".join(_PERIODS)
        raise _invalid(f"Invalid period value specified: {text}. Only support {known}.", "period")
    return found


def _day(name: str, text: str, today: date) -> date:
    kept = next((days for of, days in _KEPT_OF.items() if name.startswith(of)), _KEPT_DAYS)
    day = date.fromisoformat(text)
    if not 0 <= (today - day).days <= kept:
        raise _invalid(
            f"Invalid date value specified: {text}. Only support data for the past {kept} days.",
            "date",
        )
    return day


def _usage(name: str, said: dict[str, str], stored: Stored, now: str, tenant: str = "") -> Usage:
    """What a report is made of. Raises GraphError (400) for what it cannot be of."""
    today = date.fromisoformat(now[:10])
    if "date" in said:
        return Usage(stored, today, 1, tenant).only(_day(name, said["date"], today))
    return Usage(stored, today, _period(said["period"]) if "period" in said else 1, tenant)


def file_of(name: str, said: dict[str, str], stored: Stored, now: str) -> tuple[str, bytes]:
    """A report as a file: its name and its bytes."""
    made = datetime.fromisoformat(now[:19])
    stamp = f"{made.month}_{made.day}_{made.year} {made:%I_%M_%S %p}"
    data = as_csv(TABLES[name], _usage(name, said, stored, now))
    return f"{name.removeprefix('get')}{stamp}.csv", data


def _reported(name: str) -> Callable[[Call], Any]:
    def report(call: Call) -> Any:
        said = {each: str(value) for each, value in call.arguments.items()}
        usage = _usage(name, said, call.stored, call.now)
        if call.format in _CSV:
            return Elsewhere(call.report_url(name, said))
        if call.format not in _JSON:
            raise bad_request("$format is text/csv or application/json.", "$format")
        if not (call.root.endswith(_BETA) or name.startswith(_OF_BOTH)):
            message = "The report is text/csv alone in v1.0: its JSON is documented of beta."
            raise bad_request(message, "$format")
        short = name.removeprefix("get")
        return Table(short[:1].lower() + short[1:], as_json(TABLES[name], usage))

    return report


OPERATIONS: tuple[Operation, ...] = tuple(
    operation(f"reportRoot/{name}", reads=True, formats=True)(_reported(name)) for name in TABLES
)

NAVIGATION = (Navigation(SETTINGS, provided=True, start={"displayConcealedNames": True}),)


def register(declarations: Declarations) -> None:
    """Add what is declared of usage reports."""
    declarations.add(*NAVIGATION, *OPERATIONS)
