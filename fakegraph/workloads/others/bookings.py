"""Bookings: what lies in a window of a business's calendar, and who can be booked then.

https://learn.microsoft.com/graph/api/resources/booking-api-overview
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Test
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.outlook.zones import moment_of
from fakegraph.workloads.outlook.zones import zone as zone_of
from fakegraph.workloads.strangers import strangers

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


# When somebody can be booked ---------------------------------------------------------------------

Span = tuple[datetime, datetime]


@operation("bookingBusiness/getStaffAvailability", reads=True)
def get_availability(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/bookingbusiness-getstaffavailability"""
    given = call.arguments
    window = (_time_of(given, "startDateTime"), _time_of(given, "endDateTime"))
    if window[0] >= window[1]:
        raise bad_request("The window ends before it begins.", "endDateTime")
    staff = {each.id: each for each in call.inside(call.thing, "bookingBusiness/staffMembers")}
    ids = list(dict.fromkeys(given.get("staffIds") or ()))
    missing = next((id_ for id_ in ids if id_ not in staff), None)
    if missing is not None:
        raise call.words.not_found("bookingStaffMember", missing)
    appointments = call.inside(call.thing, "bookingBusiness/appointments")
    return [
        {
            "staffId": id_,
            "availabilityItems": list(
                _items(staff[id_].record, call.record, _booked(appointments, id_), window)
            ),
        }
        for id_ in ids
    ]


def _time_of(given: Mapping[str, Any], name: str) -> datetime:
    value = given.get(name)
    if not value:
        raise bad_request(f"'{name}' is required: a dateTimeTimeZone.", name)
    return moment_of(value)[0]


def _booked(appointments: Iterable[Thing], staff: str) -> list[tuple[Span, str]]:
    """When a member of the staff has appointments, with the services that these are of."""
    found = []
    for each in appointments:
        said = each.record
        times = [said[f"{at}DateTime"] for at in _WINDOW if said.get(f"{at}DateTime")]
        if staff in (said.get("staffMemberIds") or ()) and len(times) == len(_WINDOW):
            begin, end = (moment_of(time)[0] for time in times)
            found.append(((begin, end), str(said.get("serviceId") or "")))
    return sorted(found)


def _items(
    member: Record, business: Record, booked: list[tuple[Span, str]], window: Span
) -> Iterator[Record]:
    """A window piece by piece: booked, else open by the hours of work, else out of these."""
    own = None if member.get("useBusinessHours") else member.get("workingHours")
    hours = own or business.get("businessHours")
    zone = zone_of(str(member.get("timeZone") or "UTC"))
    open_ = [window] if not hours else list(_open(hours, zone, window))
    edges = {edge for span in (window, *open_, *(span for span, _ in booked)) for edge in span}
    inner = sorted(edge for edge in edges if window[0] <= edge <= window[1])
    pieces: list[tuple[str, str, list[datetime]]] = []
    for begin, end in pairwise(inner):
        service = next((of for span, of in booked if span[0] <= begin < span[1]), None)
        is_open = any(first <= begin < last for first, last in open_)
        status = "busy" if service is not None else "available" if is_open else "outOfOffice"
        if pieces and pieces[-1][:2] == (status, service or ""):
            pieces[-1][2][1] = end
        else:
            pieces.append((status, service or "", [begin, end]))
    for status, service, (begin, end) in pieces:
        yield {
            "status": status,
            "startDateTime": _shown(begin),
            "endDateTime": _shown(end),
            "serviceId": service,
        }


def _open(hours: Iterable[Mapping[str, Any]], zone: tzinfo, window: Span) -> Iterator[Span]:
    """The hours of work in a window, and on the days that it begins and ends on."""
    day = window[0].astimezone(zone).date()
    while day <= window[1].astimezone(zone).date():
        name = day.strftime("%A").lower()
        for each in hours:
            for slot in each.get("timeSlots") or () if each.get("day") == name else ():
                begin, end = (time.fromisoformat(slot[at][:8]) for at in ("startTime", "endTime"))
                first, last = (datetime.combine(day, at, zone) for at in (begin, end))
                yield first, last if last > first else first + timedelta(days=1)
        day += timedelta(days=1)


def _shown(moment: datetime) -> Record:
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000")
    return {"dateTime": text, "timeZone": "UTC"}


OPERATIONS = (get_availability,)


def _matching(parameters: Mapping[str, str]) -> Test:
    """The test of which businesses a request asks for."""
    words = parameters.get("query", "").casefold()
    return lambda record: words in str(record.get("displayName") or "").casefold()


# A list has the ids and names of businesses alone.
_UNLISTED = (
    *("address", "bookingPageSettings", "businessHours", "businessType", "createdDateTime"),
    *("defaultCurrencyIso", "email", "isPublished", "languageTag", "lastUpdatedDateTime", "phone"),
    *("publicUrl", "schedulingPolicy", "webSiteUrl"),
)
_CHANGED = {"PATCH": 204}

# What the service says of a business; publishing it does.
_SET = frozenset({"id", "isPublished", "publicUrl"})

_STAFF = strangers("staffMemberIds", "bookingBusiness/staffMembers", "member of the staff")

TYPES = (
    Type(
        "bookingBusiness",
        required=("displayName",),
        unlisted=frozenset(_UNLISTED),
        ignored=_SET,
        immutable=_SET,
    ),
    # https://learn.microsoft.com/graph/api/resources/bookingstaffmember
    Type("bookingStaffMember", required=("displayName", "emailAddress", "role")),
    Type("bookingService", idle=(_STAFF,)),
    Type(
        "bookingAppointment",
        idle=(
            _STAFF,
            strangers("serviceId", "bookingBusiness/services", "service"),
            strangers("customers/customerId", "bookingBusiness/customers", "customer"),
        ),
    ),
)

NAVIGATION = (
    # https://learn.microsoft.com/graph/api/bookingbusiness-list
    Navigation(
        "solutionsRoot/bookingBusinesses",
        parameters=("query",),
        asked=_matching,
        statuses=_CHANGED,
    ),
    *(
        Navigation(f"bookingBusiness/{name}", statuses=_CHANGED)
        for name in ("appointments", "customers", "customQuestions", "services", "staffMembers")
    ),
    # https://learn.microsoft.com/graph/api/bookingbusiness-list-calendarview
    Navigation(
        "bookingBusiness/calendarView",
        home="bookingBusiness/appointments",
        parameters=_WINDOW,
        asked=_in_window,
    ),
)
