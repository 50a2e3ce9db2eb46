"""Generated records: the same for the same arguments, and fit to be served."""

from __future__ import annotations

import itertools

import pytest

from fakegraph.edm.model import all_entity_sets
from fakegraph.edm.values import instant
from fakegraph.generate.sets import DEFAULT_UNTIL, GENERATED, generate
from fakegraph.workloads.reports import build_models
from fakegraph.workloads.reports.registrations import REGISTRATION_AUTH_METHOD

SETS = all_entity_sets(build_models())
OLD, NEW = "credentialUserRegistrationDetails", "userRegistrationDetails"
# What an event calls a method, and what the registrations call it.
METHODS = {
    "email": ("email", "email"),
    "mobileSMS": ("mobilePhone", "mobilePhone"),
    "mobileCall": ("mobilePhone", "mobilePhone"),
    "officePhone": ("officePhone", "officePhone"),
    "securityQuestion": ("securityQuestion", "securityQuestion"),
    "appNotification": ("appNotification", "microsoftAuthenticatorPush"),
    "appCode": ("appCode", "softwareOneTimePasscode"),
    "alternateMobileCall": ("alternateMobilePhone", "alternateMobilePhone"),
    "fido": ("fido", "fido2SecurityKey"),
    "appPassword": ("appPassword", "appPassword"),
    "unknownFutureValue": ("externalAuthMethod", "externalAuthMethod"),
}


@pytest.mark.parametrize("name", GENERATED)
def test_same_arguments_give_the_same_records(name):
    assert list(generate(200, 5, set_name=name)) == list(generate(200, 5, set_name=name))
    assert list(generate(200, 5, set_name=name)) != list(generate(200, 6, set_name=name))


def test_every_stored_set_can_be_generated():
    assert set(SETS) == set(GENERATED)


def test_known_seed_gives_known_records():
    first = next(generate(1, 2024))
    assert first["id"] == "ecad86a1-54f1-4974-a1cb-664adc769927"
    assert first["eventDateTime"] == "2024-06-02T09:59:56.9944698+05:30"


@pytest.mark.parametrize("name", GENERATED)
def test_records_pass_the_schema(name):
    schema = SETS[name].schema.reader(future_members=True)
    for record in generate(500, 1, users=7, days=3, set_name=name):
        assert schema.read(dict(record)) == record
        assert list(record) == list(SETS[name].type.properties)


def test_successor_has_the_same_events():
    assert list(generate(50, 5, set_name="userEventsSummary")) == list(generate(50, 5))


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


def registrations(**arguments):
    """The old and the new registration of each user, by userPrincipalName."""
    old, new = (generate(**arguments, set_name=name) for name in (OLD, NEW))
    return {o["userPrincipalName"]: (o, n) for o, n in zip(old, new, strict=True)}


@pytest.mark.parametrize("seed", range(5))
def test_registrations_agree_with_the_events(seed):
    drawn = {"seed": seed, "users": 40, "days": 9, "until": "2025-02-01T12:00:00Z"}
    happened = list(generate(300, **drawn))
    users = registrations(count=40, events_told=300, **drawn)

    last_reset = {}
    for event in happened:
        old, new = users[event["userPrincipalName"]]
        assert old["userDisplayName"] == event["userDisplayName"]
        if event["feature"] == "registration" and event["isSuccess"]:
            assert METHODS[event["authMethod"]][0] in old["authMethods"]
            assert METHODS[event["authMethod"]][1] in new["methodsRegistered"]
        if event["feature"] == "reset":
            last = last_reset.setdefault(event["userPrincipalName"], event)
            if instant(event["eventDateTime"]) >= instant(last["eventDateTime"]):
                last_reset[event["userPrincipalName"]] = event
    for name, event in last_reset.items():
        if event["isSuccess"]:
            assert users[name][0]["isCapable"]
            assert METHODS[event["authMethod"]][0] in users[name][0]["authMethods"]
    assert {event["userPrincipalName"] for event in happened} == set(users)
    assert all(new["lastUpdatedDateTime"] == drawn["until"] for _, new in users.values())


def test_a_user_has_only_what_the_events_tell():
    told = generate(100, 3, users=20)
    succeeded = {}
    for event in told:
        if event["isSuccess"]:
            method = METHODS[event["authMethod"]][0]
            succeeded.setdefault(event["userPrincipalName"], set()).add(method)
    for name, (old, _) in registrations(count=20, seed=3, users=20, events_told=100).items():
        assert set(old["authMethods"]) <= succeeded.get(name, set())


def test_both_registrations_say_the_same():
    for old, new in registrations(count=300, seed=1).values():
        pairs = dict(METHODS.values())
        assert [pairs[method] for method in old["authMethods"]] == new["methodsRegistered"]
        order = list(map(REGISTRATION_AUTH_METHOD.members.__getitem__, old["authMethods"]))
        assert order == sorted(order)
        for name in ("id", "userPrincipalName", "userDisplayName", "isMfaRegistered"):
            assert old[name] == new[name]
        for word in ("Registered", "Enabled", "Capable"):
            assert old[f"is{word}"] == new[f"isSspr{word}"]
        assert old["isCapable"] == (old["isEnabled"] and old["isRegistered"])
        assert not new["isMfaRegistered"] or set(old["authMethods"]) - {
            "email",
            "securityQuestion",
            "appPassword",
        }
        assert new["isMfaRegistered"] or not new["isMfaCapable"]
        assert new["isPasswordlessCapable"] == ("fido" in old["authMethods"])
        assert not (new["isAdmin"] and new["userType"] == "guest")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("isAdmin", {True, False, None}),
        ("userType", {"member", "guest"}),
        ("isMfaCapable", {True, False}),
        ("isMfaRegistered", {True, False}),
        ("isPasswordlessCapable", {True, False}),
        ("isSsprEnabled", {True, False}),
        ("isSsprRegistered", {True, False}),
        ("isSystemPreferredAuthenticationMethodEnabled", {True, False, None}),
    ],
)
def test_registrations_differ_between_users(name, values):
    assert {record[name] for record in generate(60, 2024, set_name=NEW)} == values


def test_a_user_is_the_same_however_many_there_are():
    few, many = (list(generate(count, 8, set_name=NEW)) for count in (10, 90))
    assert many[:10] == few
    assert len({record["id"] for record in many}) == 90


@pytest.mark.parametrize("name", GENERATED)
def test_it_streams(name):
    endless = generate(10**12, 1, set_name=name)
    assert len(list(itertools.islice(endless, 100))) == 100


@pytest.mark.parametrize(
    "arguments",
    [{"count": -1}, {"users": 0}, {"events_told": -1}, {"days": 0}, {"until": "yesterday"}, {"until": "2024-01-01T00:00:00"}, {"until": "0001-01-02T00:00:00Z"}],
)  # fmt: skip
def test_bad_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match=r"\w"):
        generate(**{"count": 1, "seed": 1, **arguments})
