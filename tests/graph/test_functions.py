"""Functions, the members around them, and what becomes of deprecated ones."""

from __future__ import annotations

import json

import pytest

from tests.conftest import SET, assert_error, event

SUMMARY = "/beta/reports/getCredentialUsageSummary"
OLD = "/beta/reports/credentialUserRegistrationDetails"
COUNT = "/beta/reports/getCredentialUserRegistrationCount"
ROOT = "/beta/reports/authenticationMethods"
NOW = "2024-06-30T12:00:00Z"
DEPRECATED = (SET, f"{SUMMARY}(period='D7')", OLD, COUNT)


def registration(**changes):
    whole = {
        "userPrincipalName": "ada@contoso.com",
        "userDisplayName": "Ada",
        "authMethods": ["email"],
        "isRegistered": True,
        "isEnabled": True,
        "isCapable": True,
        "isMfaRegistered": False,
    }
    return {**whole, **changes}


def user(**changes):
    whole = {
        "isAdmin": False,
        "isMfaCapable": True,
        "isMfaRegistered": True,
        "isPasswordlessCapable": False,
        "isSsprCapable": False,
        "isSsprEnabled": True,
        "isSsprRegistered": False,
        "lastUpdatedDateTime": NOW,
        "methodsRegistered": ["email", "mobilePhone"],
        "systemPreferredAuthenticationMethods": ["sms"],
        "userDisplayName": "Ada",
        "userPrincipalName": "ada@contoso.com",
        "userType": "member",
    }
    return {**whole, **changes}


def seed(client, **records):
    answer = client.post("/_fakegraph/seed", json=records)
    assert answer.status_code == 200, answer.text
    return client


@pytest.fixture
def events(client):
    """Events of today, this week, this month, on both edges, and of the time to come."""
    client.put("/_fakegraph/clock", json={"now": NOW, "frozen": True})
    times = {
        "now": NOW,
        "today": "2024-06-30T08:00:00Z",
        "a day ago": "2024-06-29T12:00:00Z",
        "just within a day": "2024-06-29T12:00:00.0000001Z",
        "this week": "2024-06-25T00:00:00+05:00",
        "a week ago": "2024-06-23T12:00:00Z",
        "this month": "2024-06-10T00:00:00Z",
        "a month ago": "2024-05-31T12:00:00Z",
        "later": "2024-06-30T12:00:00.0000001Z",
    }
    records = [event(id=id_, eventDateTime=time) for id_, time in times.items()]
    return seed(client, userCredentialUsageDetails=records)


def total(answer):
    assert answer.status_code == 200, answer.text
    return sum(
        each["successfulActivityCount"] + each["failureActivityCount"]
        for each in answer.json["value"]
    )


@pytest.mark.parametrize(("period", "expected"), [("D1", 3), ("D7", 5), ("D30", 7)])
def test_periods_end_with_the_tenants_now(events, period, expected):
    assert total(events.get(f"{SUMMARY}(period='{period}')")) == expected
    events.put("/_fakegraph/clock", json={"now": "2024-09-01T00:00:00Z"})
    assert total(events.get(f"{SUMMARY}(period='{period}')")) == 0


def test_activities_are_counted_by_feature_and_method(client):
    client.put("/_fakegraph/clock", json={"now": "2017-01-01T12:00:00Z", "frozen": True})
    cases = [("reset", "email", True), ("reset", "email", False), ("reset", "email", False)]
    cases += [("registration", "fido", True), ("registration", "email", False)]
    records = [event(feature=f, authMethod=m, isSuccess=s) for f, m, s in cases]
    seed(client, userCredentialUsageDetails=records)

    found = client.get(f"{SUMMARY}(period='D1')").json["value"]

    counts = [
        tuple(each[name] for name in ("feature", "authMethod", "successfulActivityCount", "failureActivityCount"))
        for each in found
    ]  # fmt: skip
    assert counts == [
        ("registration", "email", 0, 1),
        ("registration", "fido", 1, 0),
        ("reset", "email", 1, 2),
    ]
    assert len({each["id"] for each in found}) == 3


@pytest.mark.parametrize(
    "call",
    [
        "getCredentialUsageSummary(period='D7')",
        "getCredentialUsageSummary(period='d7')",
        "getCredentialUsageSummary( period = 'D7' )",
        "GETcredentialUSAGEsummary(period='D7')",
        "microsoft.graph.getCredentialUsageSummary(period='D7')",
        "Microsoft.Graph.getCredentialUsageSummary(period='D7')",
        "getCredentialUsageSummary(period=@p)?@p='D7'",
        "getCredentialUsageSummary(period=@p)?$top=5&@p='d7'",
        "getCredentialUsageSummary(period=%27D7%27)",
    ],
)
def test_every_way_to_write_a_call(events, call):
    assert total(events.get(f"/beta/reports/{call}")) == 5
    assert total(events.get(f"/reports/{call}")) == 5


@pytest.mark.parametrize(
    "call",
    [
        "getCredentialUserRegistrationCount",
        "getCredentialUserRegistrationCount()",
        "microsoft.graph.getCredentialUserRegistrationCount",
    ],
)
def test_parentheses_may_be_left_out_where_they_are_empty(client, call):
    (only,) = client.get(f"/beta/reports/{call}").json["value"]
    assert only["totalUserCount"] == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("getCredentialUsageSummary", "It is called as getCredentialUsageSummary(period='D1')"),
        ("getCredentialUsageSummary()", "It is called as"),
        ("getCredentialUsageSummary(perod='D7')", "no parameter 'perod'. Did you mean 'period'?"),
        ("getCredentialUsageSummary(period='D7',x='1')", "There is no parameter 'x'."),
        ("getCredentialUsageSummary(period='D7',period='D1')", "is there twice"),
        ("getCredentialUsageSummary(period='D8')", "It takes one of 'D1', 'D7', 'D30'."),
        ("getCredentialUsageSummary(period=D7)", "Error in query syntax"),
        ("getCredentialUsageSummary(period='D7)", "Error in query syntax"),
        ("getCredentialUsageSummary('D7')", "Error in query syntax"),
        ("getCredentialUsageSummary(period=null)", "Error in query syntax"),
        ("getCredentialUsageSummary(period=@p)", "The parameter alias '@p' has no value"),
        ("getCredentialUsageSummary(period=@p)?@p=D7", "Invalid value specified for parameter"),
        ("getCredentialUsageSummary(period='D7')?@p='D7'", "No expression uses this alias"),
        ("getCredentialUsageSummary(period=Edm.String'D7')", "Invalid value specified"),
        ("getCredentialUsageSummary(period='D7')/$count", "Nothing can be addressed below"),
        ("getCredentialUsageSummary(period='D7')/x", "Nothing can be addressed below"),
        ("getCredentialUsageSummary(period='D7')?period='D7'", "The query parameter 'period'"),
        ("authenticationMethods/usersRegisteredByFeature(includedUserTypes='all')", "or usersRegisteredByFeature("),
        ("authenticationMethods/usersRegisteredByFeature(includedUserTypes='x',includedUserRoles='all')", "'all', 'member', 'guest'"),
        ("authenticationMethods/usersRegisteredByFeature(includedUserTypes='all',includedUserRoles='privilegedAdmin')", "isAdmin"),
        ("authenticationMethods/usersRegisteredByFeature?$filter=totalUserCount eq 1", "'$filter' is not supported"),
        ("authenticationMethods/usersRegisteredByFeature?$top=1", "'$top' is not supported"),
    ],
)  # fmt: skip
def test_bad_calls_are_refused(client, call, words):
    assert_error(client.get(f"/beta/reports/{call}"), 400, "BadRequest", words)


def test_options_go_over_results(events):
    seed(events, userCredentialUsageDetails=[
        event(id="r", feature="reset", authMethod="fido", isSuccess=False, eventDateTime=NOW)
    ])  # fmt: skip
    url = f"{SUMMARY}(period='D30')"

    assert total(events.get(f"{url}?$filter=feature eq 'reset'")) == 1
    assert total(events.get(f"{url}?$filter=successfulActivityCount gt 5")) == 7
    ordered = events.get(f"{url}?$orderby=failureActivityCount desc&$select=authMethod").json
    assert ordered["value"] == [{"authMethod": "fido"}, {"authMethod": "email"}]
    assert events.get(f"{url}?$count=true&$skip=1").json["@odata.count"] == 2
    assert events.get(f"{url}?$search=nothing").json["value"] == []


def test_results_are_paged(events):
    seed(events, userCredentialUsageDetails=[
        event(feature="reset", authMethod=method, eventDateTime=NOW)
        for method in ("email", "fido", "appCode")
    ])  # fmt: skip
    seen, url = [], f"{SUMMARY}(period=@p)?$top=1&@p='D30'"
    while url is not None:
        page = events.get(url).json
        seen += [(each["feature"], each["authMethod"]) for each in page["value"]]
        url = page.get("@odata.nextLink")
    assert len(seen) == len(set(seen)) == 4


def test_a_link_belongs_to_its_arguments(events):
    seed(events, userCredentialUsageDetails=[event(feature="reset", eventDateTime=NOW)])
    link = events.get(f"{SUMMARY}(period='D30')?$top=1").json["@odata.nextLink"]

    assert events.get(link).status_code == 200
    assert_error(events.get(link.replace("D30", "D7")), 400, "BadRequest", "Invalid skip token.")


def test_results_name_their_context(client):
    root = "http://localhost/beta/$metadata#"
    summary = client.get(f"{SUMMARY}(period='D7')").json
    assert summary == {
        "@odata.context": f"{root}Collection(microsoft.graph.credentialUsageSummary)",
        "value": [],
    }
    one = client.get(f"{ROOT}/usersRegisteredByFeature").json
    assert one["@odata.context"] == f"{root}microsoft.graph.userRegistrationFeatureSummary"
    assert one["@odata.type"] == "#microsoft.graph.userRegistrationFeatureSummary"
    chosen = client.get(f"{ROOT}/usersRegisteredByFeature?$select=totalUserCount").json
    assert chosen["@odata.context"].endswith("userRegistrationFeatureSummary(totalUserCount)")
    assert chosen["totalUserCount"] == 0
    assert "userRegistrationFeatureCounts" not in chosen


def test_long_numbers_in_results_may_be_texts(client):
    wish = {"Accept": "application/json;IEEE754Compatible=true"}
    (only,) = client.get(COUNT, headers=wish).json["value"]
    assert only["totalUserCount"] == "0"
    assert {each["registrationCount"] for each in only["userRegistrationCounts"]} == {"0"}


def test_registrations_are_counted_by_status(client):
    seed(client, credentialUserRegistrationDetails=[
        registration(),
        registration(isMfaRegistered=True),
        registration(isRegistered=False, isCapable=False, authMethods=[]),
    ])  # fmt: skip
    (only,) = client.get(COUNT).json["value"]
    assert only["totalUserCount"] == 3
    assert [tuple(each.values()) for each in only["userRegistrationCounts"]] == [
        ("registered", 2),
        ("enabled", 3),
        ("capable", 2),
        ("mfaRegistered", 1),
    ]


@pytest.mark.parametrize("version", ["beta", "v1.0"])
@pytest.mark.parametrize(
    ("types", "roles", "expected"),
    [
        ("all", "all", 4),
        ("member", "all", 3),
        ("guest", "all", 1),
        ("all", "admin", 1),
        ("all", "user", 3),
        ("guest", "admin", 0),
        ("Member", "USER", 2),
    ],
)
def test_users_are_counted_by_type_and_role(client, version, types, roles, expected):
    seed(client, userRegistrationDetails=[
        user(), user(isAdmin=True), user(isAdmin=None), user(userType="guest", methodsRegistered=[])
    ])  # fmt: skip
    given = f"(includedUserTypes='{types}',includedUserRoles='{roles}')"
    root = f"/{version}/reports/authenticationMethods"

    features = client.get(f"{root}/usersRegisteredByFeature{given}").json
    methods = client.get(f"{root}/usersRegisteredByMethod{given}").json

    assert features["totalUserCount"] == methods["totalUserCount"] == expected
    assert (features["userTypes"], features["userRoles"]) == (types.lower(), roles.lower())
    by_feature = {e["feature"]: e["userCount"] for e in features["userRegistrationFeatureCounts"]}
    assert by_feature == {
        "ssprRegistered": 0,
        "ssprEnabled": expected,
        "ssprCapable": 0,
        "passwordlessCapable": 0,
        "mfaCapable": expected,
    }
    by_method = {
        e["authenticationMethod"]: e["userCount"] for e in methods["userRegistrationMethodCounts"]
    }
    with_methods = expected - (types in ("all", "guest") and roles in ("all", "user"))
    assert set(by_method.values()) <= {with_methods}


def test_what_may_be_null_may_be_left_out(client):
    seed(client, userRegistrationDetails=[{k: v for k, v in user().items() if k != "isAdmin"}])

    (shown,) = client.get(f"{ROOT}/userRegistrationDetails?$filter=isAdmin eq null").json["value"]
    assert (shown["isAdmin"], shown["userPreferredMethodForSecondaryAuthentication"]) == (
        None,
        None,
    )
    for roles, expected in (("admin", 0), ("user", 1)):
        given = f"(includedUserTypes='all',includedUserRoles='{roles}')"
        answer = client.get(f"{ROOT}/usersRegisteredByFeature{given}")
        assert answer.json["totalUserCount"] == expected


def test_enum_arguments_may_be_typed(client):
    typed = (
        "(includedUserTypes=microsoft.graph.includedUserTypes'guest',includedUserRoles=@r)?@r='all'"
    )
    found = client.get(f"{ROOT}/usersRegisteredByMethod{typed}").json
    assert (found["userTypes"], found["userRoles"]) == ("guest", "all")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("authMethods/any(t:t eq microsoft.graph.registrationAuthMethod'email')", "ab"),
        ("authMethods/any(t:t eq 'fido')", "b"),
        ("authMethods/any()", "abd"),
        ("authMethods/all(t:t eq 'email')", "ac"),
        ("not authMethods/any(t:t eq 'email')", "cd"),
        ("authMethods/$count gt 1", "b"),
        ("authMethods/any(t:t eq 'unknownFutureValue')", "d"),
    ],
)
def test_lambdas_over_enum_members(client, condition, expected):
    methods = {"a": ["email"], "b": ["email", "fido"], "c": [], "d": ["externalAuthMethod"]}
    seed(client, credentialUserRegistrationDetails=[
        registration(id=id_, authMethods=each) for id_, each in methods.items()
    ])  # fmt: skip
    found = client.get(f"{OLD}?$filter={condition}").json["value"]
    assert [each["id"] for each in found] == list(expected)


def test_later_members_are_for_those_who_ask(client):
    asked = {"Prefer": "include-unknown-enum-members"}
    later = registration(id="x", authMethods=["email", "externalAuthMethod"])
    assert_error(client.post(OLD, json=later), 400, "BadRequest", "Prefer: include-unknown")
    made = client.post(OLD, json=later, headers=asked)
    assert made.headers["Preference-Applied"] == "include-unknown-enum-members"
    assert made.json["authMethods"] == ["email", "externalAuthMethod"]
    assert client.get(f"{OLD}/x").json["authMethods"] == ["email", "unknownFutureValue"]
    typed = "$filter=authMethods/any(t:t eq 'externalAuthMethod')"
    assert_error(client.get(f"{OLD}?{typed}"), 400, "BadRequest", "not a valid enumeration type")
    assert len(client.get(f"{OLD}?{typed}", headers=asked).json["value"]) == 1


def test_later_members_in_results_too(client):
    client.put("/_fakegraph/clock", json={"now": "2017-01-01T12:00:00Z", "frozen": True})
    seed(client, userCredentialUsageDetails=[event(authMethod="qrCode")])
    url = f"{SUMMARY}(period='D1')"
    (hidden,) = client.get(url).json["value"]
    (shown,) = client.get(url, headers={"Prefer": "include-unknown-enum-members"}).json["value"]
    assert (hidden["authMethod"], shown["authMethod"]) == ("unknownFutureValue", "qrCode")


def test_deprecated_members_announce_it(client):
    for url in (*DEPRECATED, f"{SET}/nobody", f"{SET}?$filter=((", f"{SET}/$count"):
        headers = client.get(url).headers
        assert headers["Deprecation"] == "Wed, 21 Jun 2023 23:59:59 GMT", url
        assert headers["Sunset"] == "Sun, 30 Jun 2024 23:59:59 GMT"
        assert 'rel="deprecation"' in headers["Link"]
    for name in ("userEventsSummary", "userRegistrationDetails", "usersRegisteredByFeature"):
        headers = client.get(f"{ROOT}/{name}").headers
        assert not {"Deprecation", "Sunset", "Link"} & set(headers.keys())


def test_retired_members_answer_as_after_their_last_day(make_client):
    client = make_client(retired=True)
    seed(client, userCredentialUsageDetails=[event(id="a")],
         credentialUserRegistrationDetails=[registration(id="a")])  # fmt: skip
    for url in DEPRECATED:
        answer = client.get(url)
        assert answer.json["value"] == []
        assert "Sunset" in answer.headers
    for url in (SET, OLD):
        assert client.get(f"{url}/$count").text == "0"
        assert client.get(f"{url}?$count=true").json["@odata.count"] == 0
        words = "is retired. Its successor is served at http://localhost/beta/reports/"
        assert_error(client.get(f"{url}/a"), 404, "ResourceNotFound", words)
    assert_error(client.get(f"{SET}?$filter=(("), 400, "BadRequest", "Expression expected")
    for method, url in (("POST", SET), ("PATCH", f"{SET}/a"), ("DELETE", f"{SET}/a")):
        words = f"Its successor is served at http://localhost{ROOT}/userEventsSummary."
        assert_error(client.open(url, method=method, json=event()), 410, "Gone", words)
    assert len(client.get("/_fakegraph/records/userCredentialUsageDetails").json["value"]) == 1
    assert len(client.get(f"{ROOT}/userEventsSummary").json["value"]) == 1


def test_one_tenant_may_have_moved_on(client):
    made = client.post("/_fakegraph/tenants", json={"retired": True}).json
    assert client.post(SET, json=event()).status_code == 201
    assert client.post(f"/tenants/{made['id']}{SET}", json=event()).status_code == 410


@pytest.mark.parametrize("name", ["userEventsSummary", "userCredentialUsageDetails"])
def test_the_successor_shares_the_events(client, tmp_path, make_client, name):
    bare = event(id="a")
    bare.pop("@odata.type")
    seed(client, **{name: [bare]})
    assert (
        client.get(f"{ROOT}/userEventsSummary/a").json["userDisplayName"] == bare["userDisplayName"]
    )
    assert client.get(f"{SET}/a").status_code == 200
    client.patch(f"{SET}/a", json={"isSuccess": False})
    assert (
        client.get(f"{ROOT}/userEventsSummary?$filter=isSuccess eq false").json["value"][0]["id"]
        == "a"
    )
    stored = client.get(f"/_fakegraph/records/{name}").json["value"]
    assert [each["id"] for each in stored] == ["a"]


def test_a_saved_answer_of_the_successor_is_a_fixture(make_client, tmp_path):
    file = tmp_path / "userEventsSummary.json"
    bare = event(id="a")
    bare.pop("@odata.type")
    file.write_text(json.dumps({"value": [bare]}))
    client = make_client(fixture=(str(file),))
    assert client.get(f"{SET}/$count").text == "1"
