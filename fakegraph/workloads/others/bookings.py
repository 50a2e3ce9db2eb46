"""Bookings: what lies in a window of a business's calendar.

https://learn.microsoft.com/graph/api/resources/booking-api-overview
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.handed import Test
from fakegraph.workloads.outlook.zones import moment_of

_WINDOW = ("start", "end")


def _in_window(parameters: Mapping[str, str]) -> Test:
    """The test of what lies in the window that a request asks for."""
    begin, end = (_moment(parameters, name) for name in _WINDOW)

    def is_in(record: Record) -> bool:
        if not record.get("startDateTime") or not record.get("endDateTime"):
            return False
        first, last = (moment_of(record[f"{name}DateTime"])[0] for name in _WINDOW)
        return first < end and last > begin

    return is_in


def _moment(parameters: Mapping[str, str], name: str) -> datetime:
    try:
        found = datetime.fromisoformat(parameters[name])
    except (KeyError, ValueError) as error:
        message = f"The query parameter '{name}' says when the window has its {name}, as a time."
        raise bad_request(message, name) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


NAVIGATION = (
    # https://learn.microsoft.com/graph/api/bookingbusiness-list-calendarview
    Navigation(
        "bookingBusiness/calendarView",
        home="bookingBusiness/appointments",
        parameters=_WINDOW,
        asked=_in_window,
    ),
)
