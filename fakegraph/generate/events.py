"""Realistic events: who registered or reset a credential, how, when, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from fakegraph.dataclass import dataclass
from fakegraph.edm.schema import Record
from fakegraph.edm.values import TICKS_PER_DAY, TICKS_PER_MINUTE, Instant, format_instant
from fakegraph.generate.people import Person, guid, person, weighted
from fakegraph.workloads.reports.credential_usage import FEATURE_TYPE, USAGE_AUTH_METHOD

_OFFSETS = (0, 0, 60, 120, 180, 330, 345, 540, -180, -300, -480, 570)
_FAILURES = (
    "The password does not meet the policy of the organization.",
    "The user did not answer the verification call in time.",
    "The code that was entered is wrong or has expired.",
    "The user's account is locked.",
    "The user left before the last step.",
    "The method isn't enabled for the user.",
    "Too many attempts were made; the user must wait.",
)
# How often each documented method is used, in the order of the enumeration.
_METHOD_WEIGHTS = (22, 20, 8, 4, 5, 18, 12, 3, 5, 2, 1)
_FEATURE_WEIGHTS = (55, 44, 1)
# By hour of the local day: people sign up and lock themselves out in the morning.
_HOUR_WEIGHTS = (1, 1, 1, 1, 1, 2, 6, 18, 40, 44, 36, 28, 18, 24, 26, 22, 18, 12, 7, 5, 4, 3, 2, 1)
_SUCCESS_SHARE = 0.78
_RETRY_SHARE = 0.6  # of the failures are followed by the same user's success within minutes


@dataclass(frozen=True)
class Origin:
    """What records are drawn from: the same origin gives the same ones."""

    seed: int
    users: int
    days: int
    end: Instant


@dataclass(frozen=True)
class _User:
    person: Person
    offset: int


def events(origin: Origin, count: int) -> Iterator[Record]:
    """Yield events of the days before the end; more of the same origin begin with fewer."""
    chance, users, days, end = random.Random(origin.seed), origin.users, origin.days, origin.end
    people = [_user(number, chance) for number in range(users)]
    pick_method = weighted(USAGE_AUTH_METHOD.documented, _METHOD_WEIGHTS)
    pick_feature = weighted(FEATURE_TYPE.documented, _FEATURE_WEIGHTS)
    pick_hour = weighted(tuple(range(24)), _HOUR_WEIGHTS)
    retry: Record | None = None
    for number in range(count):
        if retry is not None:
            event, retry = retry, None
        else:
            # Each user comes up once before anyone comes up twice, so that none is missing.
            user = people[number if number < users else int(chance.random() * users)]
            moment = _moment(chance, days, end, user.offset, pick_hour(chance.random()))
            event = _event(
                chance, user, pick_feature(chance.random()), pick_method(chance.random()), moment
            )
            if not event["isSuccess"] and chance.random() < _RETRY_SHARE and number >= users:
                retry = _succeeding(chance, event, moment, end)
        yield event


def _user(number: int, chance: random.Random) -> _User:
    return _User(person(number), _OFFSETS[int(chance.random() * len(_OFFSETS))])


def _moment(chance: random.Random, days: int, end: Instant, offset: int, hour: int) -> Instant:
    """A time of the local working day, not after the end and not before the first day."""
    day = int(chance.random() * days)
    local_midnight = (end + offset * TICKS_PER_MINUTE) // TICKS_PER_DAY * TICKS_PER_DAY
    in_hour = int(chance.random() * 60 * TICKS_PER_MINUTE)
    local = local_midnight - day * TICKS_PER_DAY + hour * 60 * TICKS_PER_MINUTE + in_hour
    ticks = local - offset * TICKS_PER_MINUTE
    if ticks > end:
        ticks -= TICKS_PER_DAY
    return Instant.at(max(ticks, end - days * TICKS_PER_DAY), offset)


def _event(
    chance: random.Random, user: _User, feature: str, method: str, moment: Instant
) -> Record:
    success = chance.random() < _SUCCESS_SHARE
    reason = "" if success else _FAILURES[int(chance.random() * len(_FAILURES))]
    return {
        "id": guid(chance),
        "feature": feature,
        "userPrincipalName": user.person.principal,
        "userDisplayName": user.person.name,
        "isSuccess": success,
        "authMethod": method,
        "failureReason": reason,
        "eventDateTime": format_instant(moment),
    }


def _succeeding(chance: random.Random, failed: Record, moment: Instant, end: Instant) -> Record:
    wait = int((1 + chance.random() * 8) * TICKS_PER_MINUTE)
    later = Instant.at(min(moment + wait, end), moment.offset)
    changes = {"isSuccess": True, "failureReason": "", "eventDateTime": format_instant(later)}
    return {**failed, "id": guid(chance), **changes}
