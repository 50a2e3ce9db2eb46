"""Generated records: the same for the same arguments, and fit to be served."""

from __future__ import annotations

import itertools

import pytest

from fakegraph.edm.values import instant
from fakegraph.generate import DEFAULT_UNTIL, generate
from fakegraph.resources.credential_usage import UserCredentialUsageDetails


def test_same_arguments_give_the_same_records():
    assert list(generate(200, 5)) == list(generate(200, 5))
    assert list(generate(200, 5)) != list(generate(200, 6))


def test_known_seed_gives_known_records():
    first = next(generate(1, 2024))
    assert first["id"] == "ecad86a1-54f1-4974-a1cb-664adc769927"
    assert first["eventDateTime"] == "2024-06-02T09:59:56.9944698+05:30"


def test_records_pass_the_schema():
    schema = UserCredentialUsageDetails.reader()
    for record in generate(500, 1, users=7, days=3):
        assert schema.read(record) == record


def test_dates_lie_in_the_days():
    end = instant(DEFAULT_UNTIL)
    begin = instant("2024-06-27T18:00:00Z")
    dates = [instant(record["eventDateTime"]) for record in generate(500, 1, days=3)]
    assert begin <= min(dates) <= max(dates) <= end


def test_every_user_comes_up_with_one_name_each():
    records = list(generate(300, 9, users=120))
    names = {record["userPrincipalName"]: record["userDisplayName"] for record in records}
    assert len(names) == 120
    assert all(names[r["userPrincipalName"]] == r["userDisplayName"] for r in records)


def test_a_failure_is_often_followed_by_success():
    records = list(generate(2000, 3))
    pairs = list(itertools.pairwise(records))
    retried = [
        later
        for first, later in pairs
        if not first["isSuccess"] and later["userPrincipalName"] == first["userPrincipalName"]
    ]
    assert len(retried) > 100
    assert all(record["isSuccess"] for record in retried)


def test_it_streams():
    endless = generate(10**12, 1)
    assert len(list(itertools.islice(endless, 100))) == 100


@pytest.mark.parametrize(
    "arguments",
    [{"count": -1}, {"users": 0}, {"days": 0}, {"until": "yesterday"}, {"until": "2024-01-01T00:00:00"}, {"until": "0001-01-02T00:00:00Z"}],
)  # fmt: skip
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match=r"\w"):
        generate(**{"count": 1, "seed": 1, **arguments})
