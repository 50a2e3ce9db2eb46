"""Which entity sets can be generated, and from what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fakegraph.edm.schema import Record
from fakegraph.edm.values import TICKS_PER_DAY, instant
from fakegraph.generate.company import groups, users
from fakegraph.generate.events import Origin, events
from fakegraph.generate.registrations import Registration, new_record, old_record, registrations

DEFAULT_UNTIL = "2024-06-30T18:00:00Z"
DEFAULT_USERS = 60
DEFAULT_DAYS = 30
DEFAULT_EVENTS = 400

OF_EVENTS = ("userCredentialUsageDetails", "userEventsSummary")
OF_USERS: Mapping[str, Callable[[Registration], Record]] = {
    "credentialUserRegistrationDetails": old_record,
    "userRegistrationDetails": new_record,
}
GENERATED = (*OF_EVENTS, *OF_USERS)
OF_COMPANY: Mapping[str, Callable[[Origin, int, int], Iterator[Record]]] = {
    "users": users,
    "groups": groups,
}


def generate(
    count: int,
    seed: int,
    users: int = DEFAULT_USERS,
    days: int = DEFAULT_DAYS,
    until: str = DEFAULT_UNTIL,
    *,
    set_name: str = OF_EVENTS[0],
    events_told: int = DEFAULT_EVENTS,
) -> Iterator[Record]:
    """Yield ``count`` records of one of the ``GENERATED`` sets, the same for the same arguments.

    Events are those of ``users`` people in the ``days`` before ``until``, a DateTimeOffset. In the
    sets of registrations a record is a person, the users first; they agree with each other, and
    with the first ``events_told`` events that the same seed, users, days and until give. Of the
    ``OF_COMPANY`` sets, users are the first of these people, with managers; and groups are those
    of a company of ``count`` users, whatever their own number.

    Raises ValueError for a bad ``until``, and for numbers that are too small.
    """
    if min(count, events_told) < 0 or users < 1 or days < 1:
        raise ValueError("counts are at least 0, users and days at least 1")
    end = instant(until)
    if end < days * TICKS_PER_DAY:
        raise ValueError("the days begin before the year 0001")
    origin = Origin(seed, users, days, end)
    if set_name in OF_EVENTS:
        return events(origin, count)
    if set_name in OF_COMPANY:
        return OF_COMPANY[set_name](origin, count, events_told)
    return map(OF_USERS[set_name], registrations(origin, count, events_told))
