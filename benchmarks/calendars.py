"""What a week of a calendar takes, by how much there is in the calendar beside it. Prints markdown.

    python benchmarks/calendars.py [--events N] [--times N]

A calendar of 100 events and one of N, a hundredth of them series, have the same week: 30 single
events, and an occurrence of each of 10 series without an end. What else there is lies before it and
after it: single events, series that have ended, that begin later, that go on for years, and that
come once a year. Each request is asked often, one after the other; its part of the processor time
of the server is taken, and not how long it took, which what else a machine does changes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

HEADERS = {"Authorization": "Bearer calendar", "Content-Type": "application/json"}
FEW, AT_ONCE = 100, 2_000
ME = "users/ada@contoso.com"
WEEK = date(2026, 5, 4)
BUSY, ENDLESS = 30, 10
_YEARS = timedelta(3_000)
_WINDOW = f"startDateTime={WEEK}&endDateTime={WEEK + timedelta(7)}"
_FREE = {
    "schedules": ["ada@contoso.com"],
    "startTime": {"dateTime": f"{WEEK}T00:00:00", "timeZone": "UTC"},
    "endTime": {"dateTime": f"{WEEK + timedelta(7)}T00:00:00", "timeZone": "UTC"},
}
ASKED: dict[str, tuple[str, str, Any]] = {
    "the week": ("GET", f"calendarView?{_WINDOW}&$top=100", None),
    "its first page": ("GET", f"calendarView?{_WINDOW}&$orderby=start/dateTime&$top=10", None),
    "who is free in it": ("POST", "calendar/getSchedule", _FREE),
    "its reminders": (
        "GET",
        f"reminderView(startDateTime='{WEEK}',endDateTime='{WEEK + timedelta(7)}')",
        None,
    ),
}


def _event(name: str, day: date, hour: int, **more: Any) -> dict[str, Any]:
    times = {
        each: {"dateTime": f"{day}T{at:02}:00:00.0000000", "timeZone": "UTC"}
        for each, at in (("start", hour), ("end", hour + 1))
    }
    return {"subject": name, **times, **more}


def _series(name: str, day: date, pattern: dict[str, Any], **ends: Any) -> dict[str, Any]:
    span = {"type": "noEnd", "startDate": str(day), **ends}
    pattern = {"interval": 1, **pattern}
    return _event(name, day, 9, recurrence={"pattern": pattern, "range": span})


def _beside(number: int) -> dict[str, Any]:
    """A series that has nothing in the week: one of five kinds."""
    before, later = WEEK - timedelta(700 + number), WEEK + timedelta(30 + number)
    weekly = {"type": "weekly", "daysOfWeek": ["monday", "wednesday"]}
    yearly = {"type": "absoluteYearly", "dayOfMonth": 1 + number % 28, "month": 6 + number % 6}
    return (
        _series("Ended", before, {"type": "daily"}, type="numbered", numberOfOccurrences=20),
        _series("Was long", before - _YEARS, weekly, type="endDate", endDate=str(before)),
        _series("Begins later", later, weekly),
        _series("Yearly", before, yearly),
        _series("Later, for years", later, {"type": "daily"}, type="endDate", endDate="2040-01-01"),
    )[number % 5]


def events(count: int) -> Iterator[dict[str, Any]]:
    """So many, of which a hundredth are series, and those of the week are always the same."""
    daily = {"type": "weekly", "daysOfWeek": ["tuesday"]}
    for number in range(ENDLESS):
        yield _series(f"Every week {number}", WEEK - timedelta(6 + 7 * number), daily)
    for number in range(BUSY):
        yield _event(f"This week {number}", WEEK + timedelta(number % 5), 8 + number % 10)
    many = max(count // 100 - ENDLESS, 0)
    yield from map(_beside, range(many))
    for number in range(count - ENDLESS - BUSY - many):
        away = timedelta(10 + number % 2_000)
        day = WEEK - away if number % 2 else WEEK + away
        yield _event(f"Another time {number}", day, 8 + number % 10)


@contextmanager
def serving() -> Iterator[tuple[HTTPConnection, int]]:
    """A connection to a ``fakegraph serve`` without records, and its process."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        line = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "error"]
        line += ["--ready-file", str(ready), "--no-fixture"]
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
        try:
            while not ready.exists():
                time.sleep(0.01)
            port = int(json.loads(ready.read_text())["url"].rpartition(":")[2])
            with closing(HTTPConnection("127.0.0.1", port)) as connection:
                yield connection, process.pid
        finally:
            process.terminate()
            process.wait()


def processor(pid: int) -> float:
    """The processor time of a process so far, in seconds, to a hundredth (proc(5))."""
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def ask(connection: HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    """What is answered; ends the program where that is an error."""
    data = None if body is None else json.dumps(body)
    connection.request(method, path, data, HEADERS)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status >= 400:
        raise SystemExit(f"{method} {path}: {answer.status} {said[:300]!r}")
    return json.loads(said)


def measured(count: int, times: int) -> dict[str, float]:
    """Milliseconds of the processor that each request takes of a calendar with so many events."""
    with serving() as (connection, pid):
        waiting = list(events(count))
        for first in range(0, count, AT_ONCE):
            seeded = {f"{ME}/events": waiting[first : first + AT_ONCE]}
            ask(connection, "POST", "/_fakegraph/seed", seeded)
        week = ask(connection, "GET", f"/v1.0/{ME}/{ASKED['the week'][1]}")["value"]
        if len(week) != BUSY + ENDLESS:
            raise SystemExit(f"There are {len(week)} events in the week.")
        took = {}
        for name, (method, path, body) in ASKED.items():
            began = processor(pid)
            for _ in range(times):
                ask(connection, method, f"/v1.0/{ME}/{path}", body)
            took[name] = (processor(pid) - began) / times * 1000
        return took


def main() -> None:
    """Measure both, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=200)
    given = parser.parse_args()
    few, many = (measured(each, given.times) for each in (FEW, given.events))
    print(f"| ms of the processor | {FEW:,} events | {given.events:,} | ratio |")
    print("| --- | --- | --- | --- |")
    for name, took in few.items():
        print(f"| {name} | {took:.2f} | {many[name]:.2f} | {many[name] / took:.2f} |")


if __name__ == "__main__":
    main()
