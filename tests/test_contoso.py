"""The built-in fixture: all that is served of it agrees, whichever way one asks."""

from __future__ import annotations

import itertools
import json
import re
from datetime import date
from pathlib import Path

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.edm.values import TICKS_PER_DAY, instant
from fakegraph.fixtures import FixtureError
from fakegraph.generate import DEFAULT_UNTIL
from fakegraph.settings import Settings
from fakegraph.workloads.reports.credential_usage import FEATURE_TYPE, USAGE_AUTH_METHOD
from tests.conftest import EVENT, event

EVENTS = "userCredentialUsageDetails"
SUCCESSOR = "authenticationMethods/userEventsSummary"
OLD = "credentialUserRegistrationDetails"
NEW = "authenticationMethods/userRegistrationDetails"


class Reports:
    """Contoso's reports at the end of its period."""

    def __init__(self, client):
        self.client = client

    def get(self, path, version="beta", **options):
        query = {f"${name}": value for name, value in options.items()}
        answer = self.client.get(f"/{version}/reports/{path}", query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json if answer.is_json else int(answer.text)

    def count(self, path, condition=None):
        return self.get(f"{path}/$count", **({"filter": condition} if condition else {}))

    def every(self, path):
        return self.get(path, top=999)["value"]


@pytest.fixture(scope="module")
def reports():
    app = create_app(Settings(auth="off", fixture="contoso@fixed"))
    client = app.test_client()
    assert client.put("/_fakegraph/clock", json={"now": DEFAULT_UNTIL}).status_code == 200
    yield Reports(client)
    close_app(app)


def test_usage_summary_counts_the_events(reports):
    summary = reports.get("getCredentialUsageSummary(period='D30')")["value"]

    counted = {(each["feature"], each["authMethod"]): each for each in summary}
    assert len(counted) == len(summary)
    for feature, method in itertools.product(FEATURE_TYPE.documented, USAGE_AUTH_METHOD.documented):
        found = counted.get((feature, method), {})
        for success, name in ((True, "successfulActivityCount"), (False, "failureActivityCount")):
            condition = f"feature eq '{feature}' and authMethod eq '{method}'"
            condition += f" and isSuccess eq {str(success).lower()}"
            assert found.get(name, 0) == reports.count(EVENTS, condition)
    total = sum(each["successfulActivityCount"] + each["failureActivityCount"] for each in summary)
    assert total == reports.count(EVENTS) == 400


@pytest.mark.parametrize(("period", "days"), [("D1", 1), ("D7", 7)])
def test_shorter_summary_counts_the_events_of_its_days(reports, period, days):
    summary = reports.get(f"getCredentialUsageSummary(period='{period}')")["value"]

    counted = sum(
        each["successfulActivityCount"] + each["failureActivityCount"] for each in summary
    )
    since = f"2024-06-{30 - days:02}T18:00:00Z"
    assert 0 < counted == reports.count(EVENTS, f"eventDateTime gt {since}") < 400


def test_successor_has_the_same_events(reports):
    old, new = reports.every(EVENTS), reports.every(SUCCESSOR)
    assert len(old) == 400
    assert old == new


def test_registration_count_counts_the_registrations(reports):
    (found,) = reports.get("getCredentialUserRegistrationCount")["value"]

    counts = {each["registrationStatus"]: each["registrationCount"] for each in found["userRegistrationCounts"]}  # fmt: skip
    assert found["totalUserCount"] == reports.count(OLD) == 60
    assert set(counts) == {"registered", "enabled", "capable", "mfaRegistered"}
    for status, count in counts.items():
        flag = f"is{status[0].upper()}{status[1:]}"
        assert 0 < count == reports.count(OLD, f"{flag} eq true") < 60


TYPES = {"all": None, "member": "userType eq 'member'", "guest": "userType eq 'guest'"}
ROLES = {"all": None, "admin": "isAdmin eq true", "user": "isAdmin ne true"}
FEATURES = {
    "ssprRegistered": "isSsprRegistered eq true",
    "ssprEnabled": "isSsprEnabled eq true",
    "ssprCapable": "isSsprCapable eq true",
    "passwordlessCapable": "isPasswordlessCapable eq true",
    "mfaCapable": "isMfaCapable eq true",
}


@pytest.mark.parametrize("version", ["beta", "v1.0"])
@pytest.mark.parametrize("roles", ROLES)
@pytest.mark.parametrize("types", TYPES)
def test_summaries_count_the_users(reports, version, types, roles):
    included = [condition for condition in (TYPES[types], ROLES[roles]) if condition]
    arguments = f"(includedUserTypes='{types}',includedUserRoles='{roles}')"

    def count(*conditions):
        return reports.count(NEW, " and ".join((*included, *conditions)))

    by_feature = reports.get(f"authenticationMethods/usersRegisteredByFeature{arguments}", version)
    by_method = reports.get(f"authenticationMethods/usersRegisteredByMethod{arguments}", version)

    for answer in (by_feature, by_method):
        assert (answer["userTypes"], answer["userRoles"]) == (types, roles)
        assert answer["totalUserCount"] == count()
    for each in by_feature["userRegistrationFeatureCounts"]:
        assert each["userCount"] == count(FEATURES[each["feature"]])
    assert len(by_feature["userRegistrationFeatureCounts"]) == len(FEATURES)
    methods = {method for user in reports.every(NEW) for method in user["methodsRegistered"]}
    counts = {each["authenticationMethod"]: each["userCount"] for each in by_method["userRegistrationMethodCounts"]}  # fmt: skip
    for method in methods:
        assert counts.get(method, 0) == count(f"methodsRegistered/any(m:m eq '{method}')")


def test_types_and_roles_split_the_users(reports):
    for several in (TYPES, ROLES):
        parts = [reports.count(NEW, condition) for condition in several.values() if condition]
        assert sum(parts) == reports.count(NEW) == 60
        assert 0 not in parts


def test_registrations_are_those_of_the_people_of_the_events(reports):
    people = {(e["userPrincipalName"], e["userDisplayName"]) for e in reports.every(EVENTS)}
    old, new = reports.every(OLD), reports.every(NEW)

    for registered in (old, new):
        assert {(r["userPrincipalName"], r["userDisplayName"]) for r in registered} == people
    for before, after in zip(old, new, strict=True):
        assert before["id"] == after["id"]
        assert before["isMfaRegistered"] == after["isMfaRegistered"]
        assert before["isRegistered"] == after["isSsprRegistered"]
        assert before["isEnabled"] == after["isSsprEnabled"]
        assert before["isCapable"] == after["isSsprCapable"]
        assert len(before["authMethods"]) == len(after["methodsRegistered"])


@pytest.mark.parametrize(("old", "new"), [("email", "email"), ("mobilePhone", "mobilePhone"), ("fido", "fido2SecurityKey"), ("appCode", "softwareOneTimePasscode")])  # fmt: skip
def test_old_and_new_count_a_method_alike(reports, old, new):
    literal = f"microsoft.graph.registrationAuthMethod'{old}'"
    before = reports.count(OLD, f"authMethods/any(t:t eq {literal})")
    assert 0 < before == reports.count(NEW, f"methodsRegistered/any(m:m eq '{new}')")


def test_v1_has_three_of_the_family_and_no_more(reports):
    assert reports.get(NEW, "v1.0", top=1)["value"] == reports.get(NEW, top=1)["value"]
    for function in ("usersRegisteredByFeature", "usersRegisteredByMethod"):
        assert reports.get(f"authenticationMethods/{function}", "v1.0")["totalUserCount"] == 60
    for path in (EVENTS, OLD, SUCCESSOR, "getCredentialUsageSummary(period='D7')", "getCredentialUserRegistrationCount"):  # fmt: skip
        assert reports.client.get(f"/beta/reports/{path}").status_code == 200
        answer = reports.client.get(f"/v1.0/reports/{path}")
        assert answer.status_code == 400
        assert "Resource not found for the segment" in answer.json["error"]["message"]


def served(clock, fixture="contoso"):
    """A client of a server whose machine has this time."""
    app = create_app(Settings(auth="off", fixture=fixture), clock=lambda: instant(clock))
    return Reports(app.test_client())


def dates(reports):
    """Each date of every record."""
    events = {each["id"]: each["eventDateTime"] for each in reports.every(EVENTS)}
    return events | {each["id"]: each["lastUpdatedDateTime"] for each in reports.every(NEW)}


@pytest.mark.parametrize(
    "clock",
    ["2026-11-25T00:00:00Z", "2027-03-01T23:59:59Z", "2024-06-30T12:00:00Z", "2020-02-29T06:00:00Z"],
)  # fmt: skip
def test_dates_are_moved_by_whole_days_to_the_last_day(clock):
    written, moved = dates(served(clock, "contoso@fixed")), dates(served(clock))

    days = date.fromisoformat(clock[:10]) - date(2024, 6, 30)
    assert written.keys() == moved.keys()
    for key, before in written.items():
        assert moved[key] == f"{date.fromisoformat(before[:10]) + days}{before[10:]}"
    assert max(map(instant, moved.values())) // TICKS_PER_DAY == instant(clock) // TICKS_PER_DAY


@pytest.mark.parametrize("hour", [0, 6, 12, 18, 23])
def test_a_first_summary_is_interesting_at_any_hour(hour):
    reports = served(f"2027-03-01T{hour:02}:00:00Z")
    for period, least in (("D1", 10), ("D7", 90), ("D30", 380)):
        summary = reports.get(f"getCredentialUsageSummary(period='{period}')")["value"]
        counted = sum(
            each["successfulActivityCount"] + each["failureActivityCount"] for each in summary
        )
        assert least <= counted <= 400


def test_tenants_and_seeds_have_the_dates_of_their_own_day():
    day = ["2027-03-01T12:00:00Z"]
    app = create_app(Settings(auth="off", fixture=()), clock=lambda: instant(day[0]))
    client = app.test_client()

    def newest(fixture, tenant):
        made = client.post("/_fakegraph/tenants", json={"id": tenant, "fixture": fixture})
        assert made.status_code == 201, made.text
        found = client.get(f"/tenants/{tenant}/beta/reports/{EVENTS}?$orderby=eventDateTime desc&$top=1")  # fmt: skip
        return found.json["value"][0]["eventDateTime"][:10]

    assert newest("contoso", "a") == newest("contoso", "b") == "2027-03-01"
    day[0] = "2027-03-02T00:00:00Z"
    assert newest("contoso", "c") == "2027-03-02"
    assert newest("contoso@fixed", "d") == "2024-06-30"
    client.post("/_fakegraph/seed", json={"fixture": "contoso"})
    seeded = client.get(
        f"/beta/reports/{EVENTS}/$count?$filter=eventDateTime ge 2027-03-02T00:00:00Z"
    )
    assert int(seeded.text) > 0


def test_files_of_ones_own_are_never_moved(tmp_path):
    (tmp_path / f"{EVENTS}.json").write_text(json.dumps([event()]))
    reports = served("2027-03-01T12:00:00Z", str(tmp_path))
    assert [each["eventDateTime"] for each in reports.every(EVENTS)] == [EVENT["eventDateTime"]]


@pytest.mark.parametrize("name", ["contoso@", "contoso@today", "contoso@fixed@fixed", "@fixed"])
def test_other_endings_are_refused(name):
    with pytest.raises(FixtureError, match=r"contoso, contoso@fixed"):
        create_app(Settings(fixture=name))


PAGE = (Path(__file__).parents[1] / "docs" / "contoso.md").read_text()
TOLD = {
    "`userCredentialUsageDetails` | {}": (EVENTS, None),
    "`credentialUserRegistrationDetails` | {}": (OLD, None),
    "`userRegistrationDetails` | {}": (NEW, None),
    "{} members": (NEW, "userType eq 'member'"),
    "{} guests": (NEW, "userType eq 'guest'"),
    "{} of them admins": (NEW, "isAdmin eq true"),
    "of {} it": (NEW, "isAdmin eq null"),
    "{} registrations": (EVENTS, "feature eq 'registration'"),
    "{} resets": (EVENTS, "feature eq 'reset'"),
    "{} have the feature": (EVENTS, "feature eq 'unknownFutureValue'"),
    "{} succeeded": (EVENTS, "isSuccess eq true"),
    "The {} that failed": (EVENTS, "isSuccess eq false"),
    "most often ({})": (EVENTS, "authMethod eq 'email'"),
    "least ({})": (EVENTS, "authMethod eq 'alternateMobileCall'"),
    "`unknownFutureValue` {} times": (EVENTS, "authMethod eq 'unknownFutureValue'"),
    "has the most, {}.": (EVENTS, "userPrincipalName eq 'chidi.baker007@contoso.com'"),
    "{} are registered": (OLD, "isRegistered eq true"),
    "{} enabled": (OLD, "isEnabled eq true"),
    "{} capable,": (OLD, "isCapable eq true"),
    "{} registered for multifactor": (OLD, "isMfaRegistered eq true"),
    "{} capable of signing in": (NEW, "isPasswordlessCapable eq true"),
    "{} have `externalAuthMethod`": (NEW, "methodsRegistered/any(m:m eq 'externalAuthMethod')"),
}  # fmt: skip


@pytest.mark.parametrize("words", TOLD)
def test_the_page_about_it_tells_the_truth(reports, words):
    assert words.format(reports.count(*TOLD[words])) in PAGE


def test_the_example_of_the_page_passes(pytester):
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    pytester.makepyfile(example)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
