"""Edm values as keys: what is read, what is refused, how they compare."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegraph.edm import types, values
from fakegraph.edm.types import CollectionType, EnumType
from fakegraph.edm.values import Instant, format_instant, instant

EPOCH = datetime(1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2017-01-01T00:00:02.9716266+03:00", "2017-01-01T00:00:02.9716267+03:00"),
        ("2017-01-01T00:00:00+03:00", "2017-01-01T00:00:00Z"),
        ("2017-01-01T00:00:00.0000001Z", "2017-01-01T00:00:00.1Z"),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"),
        ("2016-12-31T23:59:59.9999999Z", "2017-01-01T00:00:00Z"),
    ],
)
def test_instants_compare_to_the_last_digit(earlier, later):
    assert instant(earlier) < instant(later)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2017-01-01T00:00:02.9716266+03:00", "2016-12-31T21:00:02.9716266Z"),
        ("2017-01-01T00:00:00.10Z", "2017-01-01T00:00:00.1000000z"),
        ("2017-01-01T00:00Z", "2017-01-01t00:00:00.000000000000Z"),
    ],
)
def test_same_instant_written_in_two_ways(one, other):
    assert instant(one) == instant(other)


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
)
def test_instants_agree_with_datetime(moment, minutes):
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    key = instant(aware.isoformat())
    assert key == (aware - EPOCH) // timedelta(microseconds=1) * 10
    assert key.offset == minutes
    assert instant(format_instant(key)) == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2017-01-01", "is written like"),
        ("2017-01-01T00:00:00", "no offset"),
        ("2017-02-29T00:00:00Z", "the day 2017-02-29 does not exist"),
        ("2017-13-01T00:00:00Z", "the day 2017-13-01 does not exist"),
        ("0000-01-01T00:00:00Z", "does not exist"),
        ("2017-01-01T24:00:00Z", "the time 24:00:00 does not exist"),
        ("2017-01-01T23:60Z", "the time 23:60 does not exist"),
        ("2016-12-31T23:59:60Z", "the time 23:59:60 does not exist"),
        ("2017-01-01T00:00:00.12345678Z", "finer than 100 ns"),
        ("2017-01-01T00:00:00+14:01", "the offset +14:01 does not exist"),
        ("2017-01-01T00:00:00+01:60", "the offset +01:60 does not exist"),
        ("0001-01-01T00:00:00+01:00", "outside the years"),
        ("9999-12-31T23:59:59-01:00", "outside the years"),
        ("２017-01-01T00:00:00Z", "is written like"),
        (" 2017-01-01T00:00:00Z", "is written like"),
    ],
)
def test_what_is_no_instant_is_refused(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        instant(text)
    assert not values.is_plain_instant(text)


@pytest.mark.parametrize("value", [None, 5, b"2017-01-01T00:00:00Z", ["2017-01-01T00:00:00Z"]])
def test_what_is_no_text_is_no_plain_instant(value):
    assert not values.is_plain_instant(value)


@given(
    st.from_regex(
        r"[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?"
        r"(Z|[+-][01][0-9]:[0-6][0-9])?",
        fullmatch=True,
    )
)
def test_a_plain_instant_is_one(text):
    if values.is_plain_instant(text):
        instant(text)


def test_what_the_service_writes_is_plain():
    for text in ("2024-06-21T16:41:43.0633185+02:00", "1999-12-31T23:59:59Z"):
        assert values.is_plain_instant(text)


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("P1D", values.TICKS_PER_DAY),
        ("-PT1H", -values.TICKS_PER_HOUR),
        ("+PT1M0.0000001S", values.TICKS_PER_MINUTE + 1),
        ("P1DT2H3M4.5S", 93_784_5 * 1_000_000),
        ("PT0S", 0),
    ],
)
def test_durations_are_ticks(text, ticks):
    assert values.duration(text) == ticks


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1Y",
        "P1M",
        "1D",
        "PT1H1H",
        "P1DT",
        "PT.5S",
        "P" + "9" * 30 + "D",
        "P99999999999999D",
    ],
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        values.duration(text)


@pytest.mark.parametrize(
    ("read", "text", "key"),
    [
        (values.day, "0001-01-02", 1),
        (values.time_of_day, "00:00:01", values.TICKS_PER_SECOND),
        (values.time_of_day, "10:20", 37_200 * values.TICKS_PER_SECOND),
        (
            values.guid,
            "4C03F248-F248-4c03-48f2-034c48f2034c",
            "4c03f248-f248-4c03-48f2-034c48f2034c",
        ),
        (values.binary, "Zm9v", b"foo"),
        (values.binary, "_-8", b"\xff\xef"),
        (values.binary, "/+8=", b"\xff\xef"),
        (values.binary, "\r\n/+\n8 =\t", b"\xff\xef"),
        (values.double, "INF", float("inf")),
        (values.double, 5, 5.0),
        (values.decimal, 12.5, Decimal("12.5")),
    ],
)
def test_texts_become_keys(read, text, key):
    assert read(text) == key


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (values.day, "2017-1-1"),
        (values.day, "2017-02-30"),
        (values.time_of_day, "1:2"),
        (values.time_of_day, "25:00"),
        (values.guid, "4c03f248"),
        (values.binary, "*"),
        (values.binary, "Zm\v9v"),
        (values.binary, "a"),
        (values.binary, "é"),
        (values.double, "1.5"),
        (values.double, 10**400),
        (values.decimal, "x"),
    ],
)
def test_bad_texts_are_refused(read, text):
    with pytest.raises(ValueError, match=r"\w"):
        read(text)


def test_enum_keys_are_numbers():
    colour = EnumType("ns.colour", {"red": 1, "green": 2}, None)
    flags = EnumType("ns.rights", {"read": 1, "write": 2}, None, flags=True)
    assert values.key_of(colour)("green") == 2
    assert values.key_of(flags)("write, read") == 3
    assert values.key_of(CollectionType(colour))(["red"]) == ["red"]


def test_instant_keeps_its_own_clock():
    moment = instant("2017-01-01T00:30:00+01:00")
    assert moment.local - moment == values.TICKS_PER_HOUR
    assert format_instant(Instant(0)) == "0001-01-01T00:00:00Z"


def test_every_primitive_has_a_key():
    assert all(callable(values.key_of(type_)) for type_ in types.PRIMITIVES.values())
