"""A realistic record around what a test cares about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.edm.schema import Record
from fakegraph.edm.values import TICKS_PER_DAY, Instant, format_instant, instant
from fakegraph.generate.people import name_of, principal_of
from fakegraph.generate.sets import DEFAULT_DAYS, DEFAULT_UNTIL, GENERATED, generate

_CHOICE = 50  # records to choose from


def fitting(set_name: str, given: Mapping[str, Any], turn: int, now: Instant) -> Record:
    """A record of a set that goes with the given properties; nothing where none can be made.

    It is the same for the same set, properties, turn and day; the next turn's is another. What has
    happened in it, has happened in the thirty days before now.
    """
    if set_name not in GENERATED:
        return {}
    seed, first = divmod(turn, _CHOICE)
    until = format_instant(_last_evening(now))
    made = list(generate(_CHOICE, seed, _CHOICE, until=until, set_name=set_name, events_told=0))
    choice = made[first:] + made[:first]
    found = max(choice, key=lambda record: _agreement(record, given))
    return {**found, **_same_person(given)}


def _last_evening(now: Instant) -> Instant:
    """The latest moment up to now at the time of day at which the built-in records end."""
    evening = instant(DEFAULT_UNTIL) % TICKS_PER_DAY
    latest = (now - evening) // TICKS_PER_DAY * TICKS_PER_DAY + evening
    return Instant(max(latest, DEFAULT_DAYS * TICKS_PER_DAY))


def _agreement(record: Record, given: Mapping[str, Any]) -> int:
    """How much a record is like what is given; a reason goes with a reason, whichever it is."""
    return sum(
        (record[name] == value) + (bool(record[name]) == bool(value))
        for name, value in given.items()
        if name in record
    )


def _same_person(given: Mapping[str, Any]) -> Record:
    """The other name of a person of whom one is given."""
    principal, name = given.get("userPrincipalName"), given.get("userDisplayName")
    if isinstance(principal, str):
        return {"userDisplayName": name_of(principal)}
    return {"userPrincipalName": principal_of(name)} if isinstance(name, str) else {}
