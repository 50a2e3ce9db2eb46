"""What has been done to files, items of lists and sites, counted by days, weeks or months.

It is worked out of what is stored: when each was made, and each of its versions. What was only
read leaves nothing, and is not counted, nor is what was deleted.

https://learn.microsoft.com/graph/api/itemactivitystat-getactivitybyinterval
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.files.granted import LISTED, OF_FILE
from fakegraph.workloads.files.libraries import LISTS
from fakegraph.workloads.files.totals import ITEMS
from fakegraph.workloads.operations import Call, Thing, operation

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(T.+)?")
_DAYS = {"day": 1, "week": 7}
_MONTH, _DECEMBER = "month", 12
_MOST_DAYS = 90  # of which each is counted
_MOST = 1_000  # intervals of any kind


class Deed(NamedTuple):
    """Something that was done, when, and by whom."""

    at: int
    what: str
    by: str


def _counted(call: Call, deeds: Iterable[Deed]) -> list[Record]:
    """The intervals in which something was done. Raises GraphError (400)."""
    found = sorted(deeds)
    told: list[Record] = []
    for first, last in _intervals(call):
        begin, end = (instant(_said(each)) for each in (first, last))
        inside = [deed for deed in found if begin <= deed.at < end]
        if inside:
            stats = {what: _stat(inside, what) for what in dict.fromkeys(d.what for d in inside)}
            told.append({"startDateTime": _said(first), "endDateTime": _said(last), **stats})
    return told


def _stat(deeds: Iterable[Deed], what: str) -> Record:
    by = [deed.by for deed in deeds if deed.what == what]
    return {"actionCount": len(by), "actorCount": len({*by})}


def _said(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _intervals(call: Call) -> Iterator[tuple[datetime, datetime]]:
    first, end = (_moment(call, name) for name in ("startDateTime", "endDateTime"))
    kind = str(call.arguments.get("interval") or "").casefold()
    if kind not in (*_DAYS, _MONTH):
        raise _refused(f"'interval' is {', '.join((*_DAYS, _MONTH))}.", "interval")
    if end <= first:
        raise _refused("'endDateTime' comes after 'startDateTime'.", "endDateTime")
    if kind == "day" and end - first >= timedelta(days=_MOST_DAYS):
        raise _refused(f"Days are counted in less than {_MOST_DAYS} of them.", "endDateTime")
    for _ in range(_MOST):
        try:
            last = min(_next(first, kind), end)
        except (OverflowError, ValueError):  # at the end of our era
            last = end
        yield first, last
        first = last
        if first >= end:
            return
    raise _refused(f"That is more than {_MOST} intervals.", "endDateTime")


def _next(moment: datetime, kind: str) -> datetime:
    if kind in _DAYS:
        return moment + timedelta(days=_DAYS[kind])
    year, month = divmod(moment.month, _DECEMBER)
    return moment.replace(year=moment.year + year, month=month + 1, day=1)


def _moment(call: Call, name: str) -> datetime:
    """A parameter that is a date, whose day may have one digit, or a moment."""
    found = _DATE.fullmatch(str(call.arguments.get(name) or ""))
    try:
        if found is None:
            raise ValueError(name)
        day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
        if not found[4]:
            return day
        said = datetime.fromisoformat(f"{day.date()}{found[4]}".replace("Z", "+00:00"))
        return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refused(f"'{name}' is a date, as 2026-03-01.", name) from None


def _refused(why: str, target: str) -> GraphError:
    return GraphError(400, "invalidRequest", why, target)


# What was done --------------------------------------------------------------------------------


def _done(call: Call, thing: Thing, versions: str) -> Iterator[Deed]:
    """That something was made, and each of its later versions."""
    record = thing.record
    if record.get("createdDateTime"):
        yield Deed(instant(record["createdDateTime"]), "create", _who(record, "createdBy"))
    numbered = {each.id: each.record for each in call.inside(thing, versions)}
    for each in sorted(numbered, key=_number)[1:]:
        if numbered[each].get("lastModifiedDateTime"):
            at = instant(numbered[each]["lastModifiedDateTime"])
            yield Deed(at, "edit", _who(numbered[each], "lastModifiedBy"))


def _number(id_: str) -> float:
    return float(id_) if re.fullmatch(r"\d+(\.\d+)?", id_) else 0.0


def _who(record: Record, name: str) -> str:
    by: Mapping[str, Record] = record.get(name) or {}
    who = by.get("user") or by.get("application") or {}
    return str(who.get("id") or who.get("displayName"))


def _of_file(call: Call, thing: Thing) -> Iterator[Deed]:
    return _done(call, thing, "driveItem/versions")


def _of_item(call: Call, thing: Thing) -> Iterator[Deed]:
    files = call.leads_to(thing, "driveItem") if thing.record.get(OF_FILE) else []
    return _of_file(call, files[0]) if files else _done(call, thing, "listItem/versions")


def _of_site(call: Call, site: Thing) -> Iterator[Deed]:
    for drive in call.inside(site, "drives"):
        items = (each for each in call.inside(drive, ITEMS) if "root" not in each.record)
        yield from chain.from_iterable(_of_file(call, each) for each in items)
    for above in call.inside(site, LISTS):
        items = (each for each in call.inside(above, LISTED) if OF_FILE not in each.record)
        yield from chain.from_iterable(_of_item(call, each) for each in items)


@operation("driveItem/getActivitiesByInterval", reads=True)
def of_file(call: Call) -> list[Record]:
    """What was done to an item of a drive."""
    return _counted(call, _of_file(call, call.thing))


@operation("listItem/getActivitiesByInterval", reads=True)
def of_item(call: Call) -> list[Record]:
    """What was done to an item of a list; to a file, where it is one."""
    return _counted(call, _of_item(call, call.thing))


@operation("site/getActivitiesByInterval", reads=True)
def of_site(call: Call) -> list[Record]:
    """What was done to all that lies in a site."""
    return _counted(call, _of_site(call, call.thing))


OPERATIONS = (of_file, of_item, of_site)
