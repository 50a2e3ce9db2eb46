"""The built-in fixture: all that is served of it agrees, whichever way one asks."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from fakegraph.app import close_app, create_app
from fakegraph.cli import cli
from fakegraph.edm.model import all_entity_sets
from fakegraph.edm.values import TICKS_PER_DAY, instant
from fakegraph.fixtures.encoding import encoded_records
from fakegraph.fixtures.problems import FixtureError
from fakegraph.fixtures.reading import read_fixture
from fakegraph.generate.sets import DEFAULT_UNTIL, generate
from fakegraph.graph.versions import Versions
from fakegraph.settings import Settings
from fakegraph.template import things_of
from fakegraph.workloads.reports import build_models
from fakegraph.workloads.reports.credential_usage import FEATURE_TYPE, USAGE_AUTH_METHOD
from tests.conftest import EVENT, event

EVENTUAL = {"ConsistencyLevel": "eventual"}
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


PAGE = (Path(__file__).parents[1] / "docs" / "reference" / "contoso.md").read_text()
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
    assert words.format(reports.count(*TOLD[words])) in " ".join(PAGE.split())


def test_the_page_counts_what_check_counts():
    done = CliRunner().invoke(cli, ["check", "contoso"])
    counted = dict(
        reversed(line.removeprefix("contoso: ").split(" good records of "))
        for line in done.output.splitlines()
        if " good records of " in line
    )
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \| ([\d, ]+) \|", PAGE, re.MULTILINE)
    assert len(rows) > 15
    for names, numbers in rows:
        paths, told = re.findall(r"`([^`]+)`", names), numbers.strip().split(", ")
        assert [counted[path] for path in paths] == told * (len(paths) // len(told))


def test_the_example_of_the_page_passes(pytester):
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    pytester.makepyfile(example)
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


# The people and what is theirs ----------------------------------------------------------------


class Company:
    """What v1.0 serves of the company."""

    def __init__(self, client):
        self.client = client

    def get(self, path):
        answer = self.client.get(f"/v1.0/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def every(self, path):
        return self.get(f"{path}{'&' if '?' in path else '?'}$top=999")["value"]


@pytest.fixture(scope="module")
def company(reports):
    return Company(reports.client)


def test_the_first_call_is_answered_with_ada(company):
    me = company.get("me")
    assert (me["displayName"], me["jobTitle"]) == ("Ada Abara", "Head of Engineering")
    assert company.get("me/manager")["displayName"] == "Aiko Dvořák"
    reporting = company.every("me/directReports")
    assert reporting
    assert all(company.get(f"users/{r['id']}/manager")["id"] == me["id"] for r in reporting)


def test_users_are_the_people_of_the_reports(company, reports):
    of_reports = {each["id"]: each for each in reports.every(NEW)}
    select = "id,displayName,userPrincipalName,userType,createdDateTime"
    found = company.every(f"users?$select={select}")
    guests = [each for each in found if each["userType"] == "Guest"]
    rooms = [each for each in found if each["userPrincipalName"].startswith("room.")]
    assert (len(found), len(guests), len(rooms)) == (31, 5, 4)
    assert [each["id"] for each in found[:22]] == list(of_reports)[:22]
    for user in found[:25]:
        same = of_reports[user["id"]]
        assert user["displayName"] == same["userDisplayName"]
        assert user["userPrincipalName"] == same["userPrincipalName"]
        assert user["userType"].lower() == same["userType"]
    assert all(user["createdDateTime"] < "2024-06-30" for user in found)
    assert {each["id"] for each in guests[:3]} == {
        key for key, each in of_reports.items() if each["userType"] == "guest"
    }


def test_everybody_but_the_chief_and_guests_has_a_manager(company):
    without = []
    for user in company.every("users?$filter=accountEnabled eq true"):
        answer = company.client.get(f"/v1.0/users/{user['id']}/manager")
        if answer.status_code == 404:
            without.append(user["displayName"])
    assert without[0] == "Aiko Dvořák"
    assert len(without) == 6


def test_groups_have_members_and_owners_who_are_there(company):
    ids = {each["id"] for each in company.every("users")}
    groups = company.every("groups")
    ids |= {each["id"] for each in groups}
    assert len(groups) == 12
    for group in groups:
        members = company.every(f"groups/{group['id']}/members")
        owners = company.every(f"groups/{group['id']}/owners")
        assert members
        assert {each["id"] for each in (*members, *owners)} <= ids
    mine = {each["displayName"] for each in company.every("me/memberOf")}
    assert {"All Company", "Leadership", "Engineering"} <= mine


def test_applications_are_those_that_may_sign_in(company):
    directory = json.loads(
        (Path(__file__).parents[1] / "fixtures/contoso/directory.json").read_text()
    )
    apps = {each["id"]: each["displayName"] for each in directory["apps"]}
    graph = {"00000003-0000-0000-c000-000000000000": "Microsoft Graph"}
    for path, also in (("applications", {}), ("servicePrincipals", graph)):
        found = {each["appId"]: each["displayName"] for each in company.every(path)}
        assert found == apps | also
    ids = {each["userPrincipalName"]: each["id"] for each in directory["users"]}
    for upn, id_ in ids.items():
        assert company.get(f"users/{upn}")["id"] == id_


def test_the_organisation_has_its_domains(company):
    (organisation,) = company.every("organization")
    named = {each["name"] for each in organisation["verifiedDomains"]}
    assert named == {each["id"] for each in company.every("domains")}
    for user in company.every("users"):
        assert user["userPrincipalName"].partition("@")[2] in named


def test_dates_of_the_company_are_moved_with_the_reports():
    def made(fixture):
        client = served("2026-11-25T12:00:00Z", fixture).client
        users = client.get("/v1.0/users?$select=createdDateTime&$top=999").json["value"]
        return [each["createdDateTime"] for each in users]

    days = date(2026, 11, 25) - date(2024, 6, 30)
    for written, moved in zip(made("contoso@fixed"), made("contoso"), strict=True):
        assert moved == f"{date.fromisoformat(written[:10]) + days}{written[10:]}"


def test_what_is_trusted_is_good():
    """A start takes what is built in as it is: so it has to be what checking makes of it."""
    sets = all_entity_sets(build_models())
    things = things_of(Versions(build_models()))
    trusted, checked = (
        read_fixture("contoso@fixed", sets, str, reader=lambda: things, trusted=each)
        for each in (True, False)
    )
    assert trusted.records == checked.records
    assert trusted.seeds == []
    trusted.read_on()
    assert [each.records for each in trusted.seeds] == [each.records for each in checked.seeds]


@pytest.mark.parametrize("name", ["users", "groups"])
def test_the_company_is_what_generate_makes(name):
    stored = (Path(__file__).parents[1] / "fixtures" / "contoso" / f"{name}.jsonl").read_bytes()
    made = b"".join(encoded_records(generate(27, 2024, set_name=name), [], "jsonl"))
    assert stored.startswith(made)
    rooms = [json.loads(line) for line in stored.removeprefix(made).splitlines()]
    assert [each["mailboxSettings"]["userPurpose"] for each in rooms] == ["room"] * len(rooms)
    assert len(rooms) == (4 if name == "users" else 0)


def test_it_is_small():
    folder = Path(__file__).parents[1] / "fixtures" / "contoso"
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    assert 100_000 < sum(sizes) <= 2_000_000


def test_a_start_reads_nothing_of_it():
    code = (
        "import sys; from fakegraph.app import create_app; from fakegraph.settings import Settings;"
        "c = create_app(Settings(auth='off')).test_client();"
        "c.get('/beta/reports/userCredentialUsageDetails');"
        "c.get('/beta/reports/getCredentialUserRegistrationCount');"
        "print([name for name in sys.modules if name.startswith('fakegraph.graph.whole')]);"
        "print(c.get('/v1.0/users/$count', headers={'ConsistencyLevel': 'eventual'}).text)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "31"]


READING = """
import os, signal, threading, time
from fakegraph.app import tenants_of
from fakegraph.process import run
from fakegraph.settings import Settings

def told(serving):
    def wait():
        template = tenants_of(serving.app).stores.template
        for _ in range(3_000):
            if "users" in template.tables.records:
                print("read", flush=True)
                break
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()

run(Settings(port=0), told)
"""


def test_a_server_reads_it_before_anybody_asks():
    done = subprocess.run([sys.executable, "-c", READING], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["read"]), done.stderr


def test_one_tenants_company_is_its_own():
    client = create_app(Settings(auth="off")).test_client()
    for tenant in "ab":
        client.post("/_fakegraph/tenants", json={"id": tenant})

    def names(tenant):
        found = client.get(f"/tenants/{tenant}/v1.0/groups?$select=displayName").json["value"]
        return [each["displayName"] for each in found]

    client.post("/_fakegraph/tenants/a/snapshots", json={"name": "s"})
    client.delete("/_fakegraph/tenants/a/records?path=groups")
    assert names("a") == []
    assert len(names("b")) == 12
    client.post("/_fakegraph/tenants/a/snapshots/s/restore")
    assert len(names("a")) == 12
    client.delete("/_fakegraph/tenants/a/records")
    client.post("/_fakegraph/tenants/a/reset")
    assert names("a") == names("b")


def test_the_company_outlives_its_server(make_client, tmp_path):
    client = make_client(fixture=("contoso",), data_dir=tmp_path)
    id_ = client.get("/v1.0/me").json["id"]
    assert client.patch(f"/v1.0/users/{id_}", json={"jobTitle": "Countess"}).status_code == 204
    close_app(client.application)
    again = make_client(fixture=("contoso",), data_dir=tmp_path)
    assert again.get("/v1.0/me").json["jobTitle"] == "Countess"
    assert again.get("/v1.0/me/manager").json["displayName"] == "Aiko Dvořák"
    assert again.get("/v1.0/users/$count", headers=EVENTUAL).text == "31"


def test_files_of_ones_own_may_be_about_the_company(make_client, tmp_path):
    ada = "2ac6261d-a634-489a-9e8a-338bdbfdaec9"
    file = tmp_path / "groups.json"
    file.write_text(json.dumps([{"id": "g", "members": [{"id": ada}]}]))
    client = make_client(fixture=(str(file), "contoso"))
    (member,) = client.get("/v1.0/groups/g/members").json["value"]
    assert member["displayName"] == "Ada Abara"
    assert client.get("/v1.0/groups/$count", headers=EVENTUAL).text == "13"
