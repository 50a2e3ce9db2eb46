"""What is booked: the events of somebody's calendar in a window, occurrences of series too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from fakegraph.store import Record
from fakegraph.workloads.handed import Scanned, Unfolding
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.outlook import series
from fakegraph.workloads.outlook.events import CALENDARS, DEFAULT, EVENTS
from fakegraph.workloads.outlook.zones import within, zone


class _Calendar:
    """The events of a user's default calendar, as a call finds them."""

    indexed: Mapping[str, bool] = {f"{series.WEEKS}/*": False}

    def __init__(self, call: Call, user: Thing) -> None:
        self._call = call
        self._user = user
        self._calendar = call.id_of(user, DEFAULT) if call.inside(user, CALENDARS) else None

    def scan(self, after: int = -1) -> Iterable[Thing]:
        return filter(self._is_here, self._call.inside(self._user, EVENTS))

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterable[Thing]:
        found = (each for key in keys for each in self._call.among(self._user, EVENTS, index, key))
        return filter(self._is_here, found)

    def _is_here(self, event: Thing) -> bool:
        return self._calendar is None or event.record.get("@calendar") == self._calendar


def booked(call: Call, user: Thing, window: series.Window) -> list[Record]:
    """The events of a user's calendar that overlap a window, by when they begin."""
    rows = cast(Scanned, _Calendar(call, user))
    found = series.in_window(Unfolding(rows, {}, user.record, {}), window)
    records = [cast(Record, getattr(each, "record", each)) for each in found]
    return sorted(records, key=lambda each: str(each["start"]["dateTime"]))


def home_of(user: Mapping[str, Any]) -> str:
    """The name of the time zone that somebody's mailbox has."""
    return (user.get("mailboxSettings") or {}).get("timeZone") or "UTC"


def window_at(user: Thing, begin: Any, end: Any) -> series.Window:
    """A window of somebody's calendar, from one moment to another."""
    return series.Window(within(begin), within(end), zone(home_of(user.record)))
