"""Series of events: what their occurrences are called, and what each of them is.

Nothing is stored of an occurrence until it is changed: then it is an exception of its series.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.handed import Acting, Derived, Unfolding
from fakegraph.workloads.outlook import spans
from fakegraph.workloads.outlook.recurrence import days
from fakegraph.workloads.outlook.zones import FLOATING, floating, moment_of, utc_of, zone

WEEKS = "@weeks"
_DAY = timedelta(days=1)
_PIECE = re.compile(r"FRAAgI([A-Za-z0-9_-]{11})AAAEYAAAAAA")
_TAIL = re.compile(r"([A-C])EA==")
_OWN = frozenset({"recurrence", "cancelledOccurrences", "transactionId", WEEKS})


# What they are called ------------------------------------------------------------------------


def occurrence_id(master: str, day: date) -> str:
    """The id of the occurrence of a day: the series' own, with the day in the middle."""
    stem = master.rstrip("=")
    middle = len(stem) // 2
    said = urlsafe_b64encode(day.toordinal().to_bytes(8, "big")).decode().rstrip("=")
    tail = "ABC"[min(len(master) - len(stem), 2)]
    return f"{stem[:middle]}FRAAgI{said}AAAEYAAAAAA{stem[middle:]}{tail}EA=="


def master_id(id_: str) -> str | None:
    """The id of the series that an occurrence is of; None for what is no id of an occurrence."""
    parts = _parts(id_)
    return None if parts is None else parts[0]


def _parts(id_: str) -> tuple[str, date] | None:
    tail = _TAIL.fullmatch(id_[-5:])
    found = _PIECE.search(id_, max(len(id_) // 2 - 40, 0))
    if tail is None or found is None:
        return None
    stem = id_[: found.start()] + id_[found.end() : -5]
    number = int.from_bytes(_decoded(found[1]), "big")
    if not 1 <= number <= date.max.toordinal():
        return None
    parts = f"{stem}{'=' * 'ABC'.index(tail[1])}", date.fromordinal(number)
    return parts if occurrence_id(*parts) == id_ else None


def _decoded(text: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(f"{text}=")


def uid_of(master: str, day: date) -> str:
    """The ``iCalUId`` of an occurrence: the series' own, with the day in it."""
    return f"{master[:32]}{day.year:04X}{day.month:02X}{day.day:02X}{master[40:]}"


def day_in(uid: str) -> date:
    """The day of the occurrence that is called so."""
    return date(int(uid[32:36], 16), int(uid[36:38], 16), int(uid[38:40], 16))


def series_uid(uid: str) -> str:
    """The ``iCalUId`` of the series that an event belongs to, or of itself."""
    return f"{uid[:32]}00000000{uid[40:]}"


def cancelled(master: Mapping[str, Any], day: date) -> str:
    """What a series lists of an occurrence that was deleted."""
    return f"OID.{master['id']}.{day.isoformat()}"


def cancelled_days(master: Mapping[str, Any]) -> Iterator[date]:
    """The days of a series whose occurrences were deleted."""
    for each in master.get("cancelledOccurrences") or ():
        with suppress(ValueError):  # a seed may have what it likes
            yield date.fromisoformat(str(each).rpartition(".")[2])


# When they are -------------------------------------------------------------------------------


class Times(NamedTuple):
    """When a series is, in its own zone: how its first event begins and how long one lasts."""

    start: datetime
    length: timedelta
    zone: tzinfo

    def at(self, day: date) -> datetime:
        """When the occurrence of a day begins there."""
        return datetime.combine(day, self.start.time())


def zone_of(master: Mapping[str, Any]) -> str:
    """The name of the zone in which a series recurs."""
    span = (master.get("recurrence") or {}).get("range") or {}
    return span.get("recurrenceTimeZone") or master.get("originalStartTimeZone") or "UTC"


def times_of(master: Mapping[str, Any]) -> Times:
    """When a series is. Raises GraphError for what a seed has, and no request can."""
    here = zone(zone_of(master))
    start, end = (_local(master[name], here) for name in ("start", "end"))
    return Times(start, end - start, here)


def _local(value: Mapping[str, Any], here: tzinfo) -> datetime:
    moment, _ = moment_of(value)
    return (moment if value.get(FLOATING) else moment.astimezone(here)).replace(tzinfo=None)


def occurrence(master: Record, day: date) -> Record:
    """The event of a day of a series."""
    times = times_of(master)
    begin = times.at(day)
    parts = {"start": _at(master["start"], begin, times.zone)}
    parts["end"] = _at(master["end"], begin + times.length, times.zone)
    if parts["end"]["dateTime"] < parts["start"]["dateTime"]:  # clocks skip when it begins
        first, _ = moment_of(parts["start"])
        parts["end"] = utc_of((first + times.length).replace(tzinfo=None), UTC)
    kept = {name: value for name, value in master.items() if name not in _OWN}
    return {
        **kept,
        **parts,
        "id": occurrence_id(str(master["id"]), day),
        "iCalUId": uid_of(str(master.get("iCalUId") or ""), day),
        "type": "occurrence",
        "seriesMasterId": master["id"],
        "originalStart": f"{parts['start']['dateTime'][:19]}Z",
    }


def _at(value: Mapping[str, Any], local: datetime, here: tzinfo) -> Record:
    """One of its times, as the series has its own."""
    return floating(local) if value.get(FLOATING) else utc_of(local, here)


def of_id(master: Record, id_: str) -> Record | None:
    """The occurrence of that id; None where there is none."""
    parts = _parts(id_)
    if parts is None or not master.get("recurrence") or not is_on(master, parts[1]):
        return None
    return occurrence(master, parts[1])


def is_on(master: Record, day: date) -> bool:
    """Whether a series has an occurrence on a day, which nobody has deleted."""
    gone = cancelled(master, day) in (master.get("cancelledOccurrences") or ())
    return not gone and any(True for _ in days(master["recurrence"], day, day))


def day_of(exception: Mapping[str, Any], master: Mapping[str, Any]) -> date:
    """The day of a series that an exception, or an occurrence, is instead of."""
    parts = _parts(str(exception.get("id")))
    if parts is not None:
        return parts[1]
    moment = datetime.fromisoformat(str(exception.get("originalStart") or "0001-01-01T00:00:00Z"))
    return moment.astimezone(zone(zone_of(master))).date()


def _gone(acting: Acting, master: Row, lost: Record) -> None:
    """An occurrence was deleted: the series has none on that day."""
    before = master.record.get("cancelledOccurrences") or []
    said = cancelled(master.record, day_of(lost, master.record))
    acting.alter(master, {"cancelledOccurrences": list(dict.fromkeys([*before, said]))})


OCCURRENCES = Derived(master_id, of_id, _gone)


# What is in a window -------------------------------------------------------------------------


class Window(NamedTuple):
    """A time that is asked for, and the zone of who has the mailbox."""

    begin: datetime
    end: datetime
    home: tzinfo

    def has(self, record: Mapping[str, Any]) -> bool:
        """Whether an event overlaps it."""
        try:
            first, last = self.span(record)
        except (GraphError, KeyError, TypeError):  # a seed may have what no request can
            return False
        if first == last:
            return self.begin <= first < self.end
        return first < self.end and last > self.begin

    def span(self, record: Mapping[str, Any]) -> tuple[datetime, datetime]:
        """When an event begins and ends, for who has the mailbox."""
        return self._moment(record["start"]), self._moment(record["end"])

    def _moment(self, value: Mapping[str, Any]) -> datetime:
        moment, _ = moment_of(value)
        return moment.replace(tzinfo=self.home) if value.get(FLOATING) else moment

    def occurrences(self, master: Record, but: Iterable[date] = ()) -> Iterator[Record]:
        """The occurrences of a series that overlap it, but for those of some days."""
        try:
            length = max(times_of(master).length, timedelta(0))
        except (GraphError, KeyError, TypeError):
            return
        low, high = _date(self.begin - length - 2 * _DAY), _date(self.end + 2 * _DAY)
        gone = {*(master.get("cancelledOccurrences") or ())}
        for day in days(master["recurrence"], low, high):
            if day in but or cancelled(master, day) in gone:
                continue
            found = occurrence(master, day)
            if self.has(found):
                yield found

    def lost(self, master: Record) -> Iterator[str]:
        """The ids of the occurrences that were deleted, of days in and about it."""
        low, high = _date(self.begin - _DAY), _date(self.end + _DAY)
        for day in cancelled_days(master):
            if low <= day <= high:
                yield occurrence_id(str(master["id"]), day)


def _date(moment: datetime) -> date:
    return moment.date()


def in_window(
    unfolding: Unfolding, window: Window, *, traced: bool = False
) -> Iterator[Row | Record | str]:
    """What of a calendar is in a window: events, exceptions, and occurrences of series.

    ``traced``: series themselves, too, and the ids of occurrences that were deleted.
    """
    rows = unfolding.rows
    if f"{WEEKS}/*" in rows.indexed:
        found = rows.equal(f"{WEEKS}/*", spans.keys_in(window.begin, window.end))
        here: Iterable[Row] = {row.key: row for row in found}.values()
    else:
        here = rows.scan()
    masters: list[Row] = []
    for row in here:
        if row.record.get("recurrence"):
            masters.append(row)
        elif window.has(row.record):
            yield row
    for master in masters:
        seen = [*window.occurrences(master.record, exceptional(rows, master.record))]
        if traced and seen:
            yield master
        yield from seen
        if traced:
            yield from window.lost(master.record)


def exceptional(rows: Any, master: Record) -> set[date]:
    """The days of a series on which there is an exception instead."""
    found = rows.equal("seriesMasterId", [master["id"]])
    return {day_of(row.record, master) for row in found}
