"""Realistic events, the same for the same arguments on every machine.

The people are invented and work for Contoso, Microsoft's fictitious company.
"""

from __future__ import annotations

import random
import unicodedata
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

from fakegraph.edm.schema import Record
from fakegraph.edm.values import TICKS_PER_DAY, TICKS_PER_MINUTE, Instant, format_instant, instant
from fakegraph.resources.credential_usage import FEATURE_TYPE, USAGE_AUTH_METHOD

T = TypeVar("T")

DEFAULT_UNTIL = "2024-06-30T18:00:00Z"
DEFAULT_USERS = 60
DEFAULT_DAYS = 30

_GIVEN = """
    Ada Aiko Ana Anton Bea Bo Chidi Çelik Dara Demi Elif Émile Femi Finn Gita Gül Hana Hedvig Ines
    Ivo Jonas Jürgen Kaia Kofi Lærke Leo Łucja Mei Milan Nadia Nils Noor Oluf Omar Ōki Pia Quinn
    Rafa Renée Sami Šárka Søren Tala Theo Uma Vera Wen Xenia Yara Zoë Ζωή Олег 小明 さくら نور
"""
_FAMILY = """
    Abara Almeida Baker Björk Castillo Chen D'Costa Dvořák Eriksen Farouk Ferreira García Haddad
    Ito Jansen Kowalski Lindqvist Mbeki Müller Nakamura Novák Núñez O'Hara O'Neill Okafor Østberg
    Pereira Quist Rossi Saito Şahin Tanaka Urbano Vasquez Weiß Xu Yılmaz Zhou Żuk 山田
"""

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
class _User:
    name: str
    principal: str
    offset: int


def generate(
    count: int,
    seed: int,
    users: int = DEFAULT_USERS,
    days: int = DEFAULT_DAYS,
    until: str = DEFAULT_UNTIL,
) -> Iterator[Record]:
    """Yield ``count`` records of ``userCredentialUsageDetails`` in the ``days`` before ``until``.

    ``until`` is a DateTimeOffset. Raises ValueError for a bad one, and for numbers under 1.
    """
    if count < 0 or users < 1 or days < 1:
        raise ValueError("count is at least 0, users and days at least 1")
    end = instant(until)
    if end < days * TICKS_PER_DAY:
        raise ValueError("the days begin before the year 0001")
    return _events(count, random.Random(seed), users, days, end)


def _events(
    count: int, chance: random.Random, users: int, days: int, end: Instant
) -> Iterator[Record]:
    people = [_user(number, chance) for number in range(users)]
    pick_method = _weighted(USAGE_AUTH_METHOD.documented, _METHOD_WEIGHTS)
    pick_feature = _weighted(FEATURE_TYPE.documented, _FEATURE_WEIGHTS)
    pick_hour = _weighted(tuple(range(24)), _HOUR_WEIGHTS)
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
    givens, families = _GIVEN.split(), _FAMILY.split()
    given = givens[number % len(givens)]
    family = families[(number * 7 + number // len(givens)) % len(families)]
    domain = "contoso.com" if number % 5 else "contoso.onmicrosoft.com"
    offset = _OFFSETS[int(chance.random() * len(_OFFSETS))]
    local = f"{_ascii(given)}.{_ascii(family)}".strip(".") or "user"
    return _User(f"{given} {family}", f"{local}{number + 1:03d}@{domain}", offset)


def _ascii(name: str) -> str:
    """What of a name may stand in an address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(filter(str.isalpha, plain)).lower()


def _weighted(values: Sequence[T], weights: Sequence[int]) -> Callable[[float], T]:
    """A choice among values by a share of the weights, from 0 to 1."""
    bounds = list(accumulate(weights))

    def pick(share: float) -> T:
        return values[bisect(bounds, share * bounds[-1])]

    return pick


def _moment(chance: random.Random, days: int, end: Instant, offset: int, hour: int) -> Instant:
    """A time of the local working day, not after the end and not before the first day."""
    day = int(chance.random() * days)
    local_midnight = (end + offset * TICKS_PER_MINUTE) // TICKS_PER_DAY * TICKS_PER_DAY
    in_hour = int(chance.random() * 60 * TICKS_PER_MINUTE)
    local = local_midnight - day * TICKS_PER_DAY + hour * 60 * TICKS_PER_MINUTE + in_hour
    ticks = local - offset * TICKS_PER_MINUTE
    if ticks > end:
        ticks -= TICKS_PER_DAY
    return Instant(max(ticks, end - days * TICKS_PER_DAY), offset)


def _event(
    chance: random.Random, user: _User, feature: str, method: str, moment: Instant
) -> Record:
    success = chance.random() < _SUCCESS_SHARE
    reason = "" if success else _FAILURES[int(chance.random() * len(_FAILURES))]
    return {
        "id": _guid(chance),
        "feature": feature,
        "userPrincipalName": user.principal,
        "userDisplayName": user.name,
        "isSuccess": success,
        "authMethod": method,
        "failureReason": reason,
        "eventDateTime": format_instant(moment),
    }


def _succeeding(chance: random.Random, failed: Record, moment: Instant, end: Instant) -> Record:
    wait = int((1 + chance.random() * 8) * TICKS_PER_MINUTE)
    later = Instant(min(moment + wait, end), moment.offset)
    changes = {"isSuccess": True, "failureReason": "", "eventDateTime": format_instant(later)}
    return {**failed, "id": _guid(chance), **changes}


def _guid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
