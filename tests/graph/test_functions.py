"""The functions of the reports: how they are called, and what they are worked out from."""

from __future__ import annotations

import pytest

from fakegraph.generate import generate
from tests.conftest import SET, assert_error, event

ROOT = "/beta/reports"
SUMMARY = f"{ROOT}/getCredentialUsageSummary"
COUNT = f"{ROOT}/getCredentialUserRegistrationCount"
METHODS = f"{ROOT}/authenticationMethods"
OLD = f"{ROOT}/credentialUserRegistrationDetails"
NOW = "2024-06-30T18:00:00Z"


@pytest.fixture
def reports(contoso):
    """A client of contoso, at the end of its period."""
    contoso.put("/_fakegraph/clock", json={"now": NOW})
    return contoso


def values(answer):
    assert answer.status_code == 200, answer.text
    return answer.json["value"]


def registration(name, **changes):
    return {
        "id": name,
        "userPrincipalName": f"{name}@contoso.com",
        "userDisplayName": name.title(),
        "authMethods": ["email"],
        "isRegistered": True,
        "isEnabled": True,
        "isCapable": True,
        "isMfaRegistered": False,
        **changes,
    }


def seed(client, **sets):
    answer = client.post("/_fakegraph/seed", json=sets)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "written",
    [
        "getCredentialUsageSummary(period='D30')",
        "getCredentialUsageSummary(period='d30')",
        "getCredentialUsageSummary( period = 'D30' )",
        "getCredentialUsageSummary(period=%27D30%27)",
        "GetCREDENTIALusageSummary(period='D30')",
        "microsoft.graph.getCredentialUsageSummary(period='D30')",
        "Microsoft.Graph.getCredentialUsageSummary(period='D30')",
        "getCredentialUsageSummary(period=@p)?@p='D30'",
        "getCredentialUsageSummary(period=@days)?$count=false&@days=%27d30%27",
    ],
)
def test_summary_is_called_as(reports, written):
    summary = values(reports.get(f"{ROOT}/{written}"))
    assert summary == values(reports.get(f"{SUMMARY}(period='D30')"))
    assert len(summary) > 10


@pytest.mark.parametrize("version", ["/beta", "", "/tenants/default/beta"])
def test_context_and_links_keep_the_prefix(reports, version):
    page = reports.get(f"{version}/reports/getCredentialUsageSummary(period='D7')?$top=1").json

    root = f"http://localhost{version}"
    assert (
        page["@odata.context"]
        == f"{root}/$metadata#Collection(microsoft.graph.credentialUsageSummary)"
    )
    assert page["@odata.nextLink"].startswith(f"{root}/reports/getCredentialUsageSummary(period='D7')?$top=1&$skiptoken=")  # fmt: skip


@pytest.mark.parametrize("written", ["", "()", "?$count=true"])
@pytest.mark.parametrize("name", ["getCredentialUserRegistrationCount", "microsoft.graph.getcredentialuserregistrationcount"])  # fmt: skip
def test_without_parameters_the_parentheses_are_optional(reports, name, written):
    (found,) = values(reports.get(f"{ROOT}/{name}{written}"))
    assert found["totalUserCount"] == 60


@pytest.mark.parametrize("version", ["beta", "v1.0"])
@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "()",
        "(includedUserTypes='all',includedUserRoles='all')",
        "(includedUserRoles='ALL',includedUserTypes='All')",
        "(includedUserTypes=microsoft.graph.includedUserTypes'all', includedUserRoles = 'all')",
        "(includedUserTypes=@t,includedUserRoles=@r)?@t='all'&@r=microsoft.graph.includedUserRoles'all'",
        "(includedUserTypes=@all,includedUserRoles=@all)?@all='all'",
    ],
)
def test_users_registered_are_called_as(reports, version, arguments):
    for name in ("usersRegisteredByFeature", "usersRegisteredByMethod"):
        path = f"/{version}/reports/authenticationMethods/{name}"
        answer = reports.get(path + arguments)
        assert answer.status_code == 200, answer.text
        assert answer.json == reports.get(path).json
        assert answer.json["userTypes"] == answer.json["userRoles"] == "all"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "called as getCredentialUsageSummary(period='D1')"),
        ("()", "called as getCredentialUsageSummary(period='D1')"),
        ("(x='1')", "no parameter 'x'"),
        ("(period='D7',x='1')", "no parameter 'x'"),
        ("(Period='D7')", "Did you mean 'period'?"),
        ("(period='D7',period='D7')", "'period' of getCredentialUsageSummary is there twice"),
        ("(period='D7',)", "written (name='value',name=@alias)"),
        ("(,period='D7')", "written (name='value',name=@alias)"),
        ("(period='D7' period='D7')", "written (name='value',name=@alias)"),
        ("('D7')", "written (name='value',name=@alias)"),
        ("(period=7)", "'period=7' is not"),
        ("(period=D7)", "'period=D7' is not"),
        ("(period=null)", "'period=null' is not"),
        ("(period='D7)", "written (name='value',name=@alias)"),
        ("(period='D9')", "It takes one of 'D1', 'D7', 'D30'"),
        ("(period='')", "It takes one of 'D1', 'D7', 'D30'"),
        ("(period=' D7')", "It takes one of 'D1', 'D7', 'D30'"),
        ("(period='D7''')", "It takes one of 'D1', 'D7', 'D30'"),
        ("(period=microsoft.graph.featureType'D7')", "It takes one of 'D1', 'D7', 'D30'"),
        ("(period=@p)", "'@p' has no value"),
        ("(period=@p)?@P='D7'", "'@p' has no value"),
        ("(period=@p)?@p=D7", "It takes one of"),
        ("(period=@p)?@p=@q&@q='D7'", "It takes one of"),
        ("(period=@p)?@p='D7'&@p='D7'", "more than once"),
        ("(period='D7')?@p='D7'", "No expression uses this alias"),
        ("(period=@p)?@p='D7'&@q='D7'", "No expression uses this alias"),
        ("?period=D7", "'period' is not supported"),
        ("(period='D7')('registration_email')", "written (name='value',name=@alias)"),
        ("(period='D7')/registration_email", "Nothing can be addressed below"),
        ("(period='D7')/$count", "Nothing can be addressed below"),
        ("(period='D7')/$value", "Nothing can be addressed below"),
        ("(period='D7'", "Resource not found for the segment"),
    ],
)
def test_call_is_refused(reports, arguments, words):
    assert_error(reports.get(SUMMARY + arguments), 400, "BadRequest", words)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("usersRegisteredByFeature(includedUserTypes='all')", "usersRegisteredByFeature() or usersRegisteredByFeature(includedUserTypes="),
        ("usersRegisteredByFeature(includedUserTypes='all',includedUserRoles='boss')", "'all', 'privilegedAdmin', 'admin', 'user'"),
        ("usersRegisteredByFeature(includedUserTypes='all',includedUserRoles='unknownFutureValue')", "'all', 'privilegedAdmin', 'admin', 'user'"),
        ("usersRegisteredByMethod(includedUserTypes=microsoft.graph.includedUserRoles'all',includedUserRoles='all')", "Invalid value specified for parameter 'includedUserTypes'"),
        ("usersRegisteredByMethod(includedUserTypes='all',includedUserRoles='privilegedAdmin')", "which of them are privileged"),
        ("usersRegisteredByMethod?$filter=totalUserCount gt 1", "Only $select goes with the one object"),
        ("usersRegisteredByMethod?$top=1", "Only $select goes with the one object"),
        ("usersRegisteredByMethod?$count=true", "Only $select goes with the one object"),
        ("usersRegisteredByMethod?$expand=x", "Only $select goes with the one object"),
        ("usersRegisteredByMethod/totalUserCount", "Nothing can be addressed below"),
    ],
)  # fmt: skip
def test_call_for_one_object_is_refused(reports, call, words):
    assert_error(reports.get(f"{METHODS}/{call}"), 400, "BadRequest", words)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_functions_are_only_read(reports, method):
    for path in (f"{SUMMARY}(period='D7')", COUNT, f"{METHODS}/usersRegisteredByMethod"):
        answer = reports.open(path, method=method, json={})
        assert_error(answer, 405, "Request_BadRequest", "It takes GET, HEAD, OPTIONS")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_result_is_filtered_sorted_and_selected(reports):
    every = values(reports.get(f"{SUMMARY}(period='D30')"))
    wanted = [each for each in every if each["feature"] == "reset"]
    wanted.sort(key=lambda each: -each["successfulActivityCount"])

    page = reports.get(
        f"{SUMMARY}(period='D30')",
        query_string={
            "$filter": "feature eq microsoft.graph.featureType'reset'",
            "$orderby": "successfulActivityCount desc",
            "$select": "authMethod,successfulActivityCount",
            "$top": "3",
            "$count": "true",
        },
    ).json
    assert page["@odata.count"] == len(wanted)
    assert page["value"] == [
        {name: each[name] for name in ("authMethod", "successfulActivityCount")}
        for each in wanted[:3]
    ]
    assert page["@odata.context"].endswith(
        "#Collection(microsoft.graph.credentialUsageSummary)(authMethod,successfulActivityCount)"
    )


@pytest.mark.parametrize("arguments", ["(period='D30')?", "(period=@p)?@p='D30'&"])
def test_pages_follow_each_other(reports, arguments):
    link = f"{SUMMARY}{arguments}$top=4&$orderby=failureActivityCount desc"
    found = []
    while link:
        page = reports.get(link).json
        found += page["value"]
        link = page.get("@odata.nextLink")
        assert link is None or len(page["value"]) == 4
    every = values(reports.get(f"{SUMMARY}(period='D30')"))
    assert sorted(each["id"] for each in found) == sorted(each["id"] for each in every)
    assert [each["failureActivityCount"] for each in found] == sorted(
        (each["failureActivityCount"] for each in every), reverse=True
    )


@pytest.mark.parametrize(
    "other",
    ["(period='D7')?$top=1", "(period=@p)?@p='D7'&$top=1", "(period=@p)?@p='D30'&$top=1"],
)
def test_a_link_is_for_one_call(reports, other):
    link = reports.get(f"{SUMMARY}(period='D30')?$top=1").json["@odata.nextLink"]
    token = link.partition("$skiptoken=")[2]
    assert reports.get(link).status_code == 200
    answer = reports.get(f"{SUMMARY}{other}&$skiptoken={token}")
    assert_error(answer, 400, "BadRequest", "Invalid skip token.")
    answer = reports.get(f"{SET}?$top=1&$skiptoken={token}")
    assert_error(answer, 400, "BadRequest", "Invalid skip token.")


@pytest.mark.parametrize(
    ("when", "periods"),
    [
        ("2024-06-30T18:00:00Z", "D1 D7 D30"),
        ("2024-06-30T20:00:00+02:00", "D1 D7 D30"),
        ("2024-06-30T18:00:00.0000001Z", ""),
        ("2024-07-01T00:00:00Z", ""),
        ("2024-06-29T18:00:00.0000001Z", "D1 D7 D30"),
        ("2024-06-29T18:00:00Z", "D7 D30"),
        ("2024-06-23T18:00:00.0000001Z", "D7 D30"),
        ("2024-06-23T18:00:00Z", "D30"),
        ("2024-05-31T18:00:00.0000001Z", "D30"),
        ("2024-05-31T18:00:00Z", ""),
        ("0001-01-01T00:00:00Z", ""),
    ],
)
def test_an_event_is_counted_in(client, when, periods):
    client.put("/_fakegraph/clock", json={"now": NOW})
    seed(client, userCredentialUsageDetails=[event(id="a", eventDateTime=when)])

    counted = [p for p in ("D1", "D7", "D30") if values(client.get(f"{SUMMARY}(period='{p}')"))]
    assert counted == periods.split()


def test_summary_goes_with_the_clock(client):
    client.put("/_fakegraph/clock", json={"now": "2017-01-01T00:00:00Z"})
    client.post(SET, json=event())
    assert len(values(client.get(f"{SUMMARY}(period='D1')"))) == 1
    client.put("/_fakegraph/clock", json={"advance": "P1D"})
    assert values(client.get(f"{SUMMARY}(period='D1')")) == []
    assert len(values(client.get(f"{SUMMARY}(period='D7')"))) == 1
    client.put("/_fakegraph/clock", json={"now": "0001-01-02T00:00:00Z"})
    assert values(client.get(f"{SUMMARY}(period='D30')")) == []


def test_summary_counts_by_feature_and_method(client):
    client.put("/_fakegraph/clock", json={"now": "2017-01-02T00:00:00Z"})
    for feature, method, success in (
        ("registration", "email", True),
        ("registration", "email", True),
        ("registration", "email", False),
        ("registration", "fido", True),
        ("reset", "email", False),
    ):
        body = event(feature=feature, authMethod=method, isSuccess=success)
        assert client.post(SET, json=body).status_code == 201

    def summed(feature, method, good, bad):
        return {
            "id": f"{feature}_{method}",
            "authMethod": method,
            "failureActivityCount": bad,
            "feature": feature,
            "successfulActivityCount": good,
        }

    assert values(client.get(f"{SUMMARY}(period='D7')")) == [
        summed("registration", "email", 2, 1),
        summed("registration", "fido", 1, 0),
        summed("reset", "email", 0, 1),
    ]
    kept = values(client.get(f"{SUMMARY}(period='D7')?$filter=feature eq 'reset'"))
    assert kept == [summed("reset", "email", 0, 1)]


def test_an_empty_tenant_counts_nothing(client):
    assert values(client.get(f"{SUMMARY}(period='D30')")) == []
    (counted,) = values(client.get(COUNT))
    assert counted["totalUserCount"] == 0
    assert {c["registrationCount"] for c in counted["userRegistrationCounts"]} == {0}
    by_method = client.get(f"{METHODS}/usersRegisteredByMethod").json
    assert (by_method["totalUserCount"], by_method["userRegistrationMethodCounts"]) == (0, [])


def test_a_property_that_may_be_null_may_be_left_out(client):
    (user,) = generate(1, 1, set_name="userRegistrationDetails")
    bare = {name: value for name, value in user.items() if name not in ("isAdmin", "userPreferredMethodForSecondaryAuthentication")}  # fmt: skip
    seed(client, userRegistrationDetails=[bare])
    (shown,) = values(client.get(f"{METHODS}/userRegistrationDetails?$filter=isAdmin eq null"))
    assert shown["isAdmin"] is shown["userPreferredMethodForSecondaryAuthentication"] is None
    for roles, count in (("admin", 0), ("user", 1)):
        arguments = f"(includedUserTypes='all',includedUserRoles='{roles}')"
        answer = client.get(f"{METHODS}/usersRegisteredByFeature{arguments}")
        assert answer.json["totalUserCount"] == count


def test_count_follows_what_is_written(client):
    def counts():
        (found,) = values(client.get(f"{COUNT}()"))
        statuses = {c["registrationStatus"]: c["registrationCount"] for c in found["userRegistrationCounts"]}  # fmt: skip
        return found["totalUserCount"], statuses

    assert client.post(OLD, json=registration("ada")).status_code == 201
    assert client.post(OLD, json=registration("bo", isEnabled=False)).status_code == 201
    assert counts() == (2, {"registered": 2, "enabled": 1, "capable": 2, "mfaRegistered": 0})
    assert client.patch(f"{OLD}/bo", json={"isMfaRegistered": True}).status_code == 200
    assert client.delete(f"{OLD}/ada").status_code == 204
    assert counts() == (1, {"registered": 1, "enabled": 0, "capable": 1, "mfaRegistered": 1})


# Enumeration members, in collections too, and those that came after unknownFutureValue.

FUTURE = {"Prefer": "include-unknown-enum-members"}


@pytest.fixture
def registered(client):
    """A client of four users, of whom one has a method that old clients do not know."""
    seed(
        client,
        credentialUserRegistrationDetails=[
            registration("ada"),
            registration("bo", authMethods=["mobilePhone", "email"]),
            registration("cai", authMethods=[]),
            registration("dee", authMethods=["externalAuthMethod", "fido"]),
        ],
    )
    return client


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("authMethods/any(t:t eq microsoft.graph.registrationAuthMethod'email')", "ada bo"),
        ("authMethods/any(t:t eq 'email')", "ada bo"),
        ("authMethods/any(t: t in ('mobilePhone','fido'))", "bo dee"),
        ("authMethods/any()", "ada bo dee"),
        ("authMethods/all(t:t eq 'email')", "ada cai"),
        ("not authMethods/any(t:t eq 'email')", "cai dee"),
        ("authMethods/$count gt 1", "bo dee"),
        ("authMethods/any(t:t eq 'unknownFutureValue')", "dee"),
    ],
)
def test_methods_are_looked_for(registered, condition, found):
    answer = registered.get(OLD, query_string={"$filter": condition})
    assert [each["id"] for each in values(answer)] == found.split()
    count = registered.get(f"{OLD}/$count", query_string={"$filter": condition})
    assert int(count.text) == len(found.split())


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("authMethods/any(t:t eq 'externalAuthMethod')", "dee"),
        (
            "authMethods/any(t:t eq microsoft.graph.registrationAuthMethod'externalAuthMethod')",
            "dee",
        ),
        ("authMethods/any(t:t eq 'unknownFutureValue')", ""),
    ],
)
def test_who_prefers_so_looks_for_later_methods(registered, condition, found):
    answer = registered.get(OLD, query_string={"$filter": condition}, headers=FUTURE)
    assert [each["id"] for each in values(answer)] == found.split()
    assert answer.headers["Preference-Applied"] == "include-unknown-enum-members"


@pytest.mark.parametrize(
    "condition",
    [
        "authMethods/any(t:t eq 'externalAuthMethod')",
        "authMethods/any(t:t eq microsoft.graph.registrationAuthMethod'externalAuthMethod')",
        "authMethods/any(t:t eq 'telepathy')",
        "authMethods/any(t:t eq microsoft.graph.registrationAuthMethod'Email')",
        "authMethods/any(t:t eq microsoft.graph.usageAuthMethod'email')",
        "authMethods eq 'email'",
    ],
)
def test_a_method_that_is_not_known_is_refused(registered, condition):
    answer = registered.get(OLD, query_string={"$filter": condition})
    assert_error(answer, 400, "BadRequest", "Invalid filter clause")


def test_later_methods_are_shown_to_who_prefers_so(registered):
    def shown(**headers):
        one = registered.get(f"{OLD}/dee", headers=headers)
        page = registered.get(f"{OLD}?$filter=id eq 'dee'&$select=authMethods", headers=headers)
        assert page.json["value"] == [{"authMethods": one.json["authMethods"]}]
        return one.json["authMethods"], one.headers.get("Preference-Applied")

    assert shown() == (["unknownFutureValue", "fido"], None)
    assert shown(**FUTURE) == (["externalAuthMethod", "fido"], "include-unknown-enum-members")


def test_later_methods_are_written_by_who_prefers_so(registered):
    body = registration("eve", authMethods=["externalAuthMethod"])
    refused = registered.post(OLD, json=body)
    assert_error(refused, 400, "BadRequest", "'externalAuthMethod' was not found")
    assert_error(registered.patch(f"{OLD}/ada", json={"authMethods": ["externalAuthMethod"]}), 400, "BadRequest")  # fmt: skip

    created = registered.post(OLD, json=body, headers=FUTURE)
    assert created.status_code == 201
    assert created.json["authMethods"] == ["externalAuthMethod"]
    assert created.headers["Preference-Applied"] == "include-unknown-enum-members"
    assert registered.get(f"{OLD}/eve").json["authMethods"] == ["unknownFutureValue"]
    changed = registered.patch(f"{OLD}/ada", json={"authMethods": ["externalAuthMethod"]}, headers=FUTURE)  # fmt: skip
    assert changed.json["authMethods"] == ["externalAuthMethod"]


def test_results_hide_later_members(client):
    client.put("/_fakegraph/clock", json={"now": "2017-01-02T00:00:00Z"})
    later = event(id="a", authMethod="externalAuthMethod")
    seed(client, userCredentialUsageDetails=[later, event(id="b")])

    def summary(condition=None, **headers):
        query = {} if condition is None else {"$filter": condition}
        answer = client.get(f"{SUMMARY}(period='D7')", query_string=query, headers=headers)
        return [each["authMethod"] for each in values(answer)]

    assert summary() == ["email", "unknownFutureValue"]
    assert summary(**FUTURE) == ["email", "externalAuthMethod"]
    assert summary("authMethod eq 'unknownFutureValue'") == ["unknownFutureValue"]
    assert summary("authMethod eq 'externalAuthMethod'", **FUTURE) == ["externalAuthMethod"]
    answer = client.get(f"{SUMMARY}(period='D7')?$filter=authMethod eq 'externalAuthMethod'")
    assert_error(answer, 400, "BadRequest", "Invalid filter clause")


# Views.

EVENTS = f"{METHODS}/userEventsSummary"


def test_the_successor_is_only_read(reports):
    key = values(reports.get(f"{EVENTS}?$top=1"))[0]["id"]
    for method, path in (("POST", ""), ("PATCH", f"/{key}"), ("DELETE", f"('{key}')")):
        answer = reports.open(EVENTS + path, method=method, json=event())
        assert_error(answer, 405, "Request_BadRequest", "It takes GET, HEAD, OPTIONS")
    assert reports.get(f"{EVENTS}/{key}").json["id"] == key


def test_what_happens_to_an_event_shows_in_the_successor(client):
    created = client.post(SET, json=event()).json
    seen = client.get(f"{EVENTS}/{created['id']}").json
    assert {**created, "@odata.context": 0, "@odata.type": 0} == {**seen, "@odata.context": 0, "@odata.type": 0}  # fmt: skip
    assert seen["@odata.context"].endswith(
        "#reports/authenticationMethods/userEventsSummary/$entity"
    )
    client.delete(f"{SET}/{created['id']}")
    assert_error(
        client.get(f"{EVENTS}/{created['id']}"), 404, "ResourceNotFound", "userEventsSummary"
    )


def test_seeding_either_name_lands_in_the_same_place(client):
    seed(client, userEventsSummary=[event(id="a", **{"@odata.type": None})])
    assert client.get(f"{SET}/a").status_code == 200
    clash = client.post("/_fakegraph/seed", json={"userCredentialUsageDetails": [event(id="a")]})
    assert clash.status_code == 409
    records = client.get("/_fakegraph/records/userEventsSummary").json
    assert records == client.get("/_fakegraph/records/userCredentialUsageDetails").json


def test_a_fixture_may_have_the_successors_name(make_client, tmp_path):
    (tmp_path / "userEventsSummary.json").write_text(
        '{"value": [{"id": "a", "feature": "reset", "userPrincipalName": "a@b", "userDisplayName": "A", "isSuccess": true, '
        '"authMethod": "fido", "failureReason": "", "eventDateTime": "2024-01-01T00:00:00Z"}]}'
    )
    client = make_client(fixture=(str(tmp_path),))
    assert client.get(f"{SET}/a").json["authMethod"] == "fido"
    assert client.get(f"{EVENTS}/a").json["authMethod"] == "fido"


# Deprecation, and what comes after it.

DEPRECATED = ("userCredentialUsageDetails", "credentialUserRegistrationDetails", "getCredentialUsageSummary(period='D7')", "getCredentialUserRegistrationCount")  # fmt: skip
CURRENT = ("userEventsSummary", "userRegistrationDetails", "usersRegisteredByFeature", "usersRegisteredByMethod")  # fmt: skip


@pytest.mark.parametrize("path", [*DEPRECATED, f"{DEPRECATED[0]}/$count", f"{DEPRECATED[0]}/nobody", f"{DEPRECATED[0]}?$filter=((", "getCredentialUsageSummary(period='D9')"])  # fmt: skip
def test_deprecated_members_say_so(reports, path):
    for method in ("GET", "HEAD", "PUT", "OPTIONS"):
        headers = reports.open(f"{ROOT}/{path}", method=method).headers
        assert headers["Deprecation"] == "Wed, 21 Jun 2023 23:59:59 GMT"
        assert headers["Sunset"] == "Sun, 30 Jun 2024 23:59:59 GMT"
        assert headers["Link"].startswith("<https://learn.microsoft.com/graph/api/resources/")
        assert headers["Link"].endswith('>; rel="deprecation"; type="text/html"')


@pytest.mark.parametrize("path", [*CURRENT, f"{CURRENT[0]}/nobody", f"{CURRENT[1]}?$filter=((", "nothing"])  # fmt: skip
def test_current_members_do_not(reports, path):
    headers = reports.get(f"{METHODS}/{path}").headers
    assert not {"Deprecation", "Sunset", "Link"} & set(headers.keys())


@pytest.fixture
def retired(make_client):
    """A client of contoso, where what is deprecated has been retired."""
    client = make_client(fixture=("contoso",), retired=True)
    client.put("/_fakegraph/clock", json={"now": NOW})
    return client


def test_retired_reads_find_nothing(retired):
    stored = retired.get("/_fakegraph/records/userCredentialUsageDetails").json["value"]
    for name in DEPRECATED[:2]:
        assert values(retired.get(f"{ROOT}/{name}?$count=true")) == []
        assert retired.get(f"{ROOT}/{name}?$count=true").json["@odata.count"] == 0
        assert retired.get(f"{ROOT}/{name}/$count").text == "0"
        assert "Sunset" in retired.get(f"{ROOT}/{name}").headers
    assert_error(retired.get(f"{SET}/{stored[0]['id']}"), 404, "ResourceNotFound")
    for call in DEPRECATED[2:]:
        assert values(retired.get(f"{ROOT}/{call}")) == []
    assert_error(retired.get(f"{SUMMARY}(period='D9')"), 400, "BadRequest")
    assert_error(retired.get(f"{SET}?$filter=(("), 400, "BadRequest")


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("userCredentialUsageDetails", "userEventsSummary"),
        ("credentialUserRegistrationDetails", "userRegistrationDetails"),
    ],
)
def test_retired_writes_name_the_successor(retired, name, successor):
    key = retired.get(f"/_fakegraph/records/{name}").json["value"][0]["id"]
    words = (
        f"/reports/{name} is retired. Its successor is /reports/authenticationMethods/{successor}."
    )
    for method, path in (("POST", ""), ("PATCH", f"/{key}"), ("DELETE", f"/{key}")):
        assert_error(
            retired.open(f"{ROOT}/{name}{path}", method=method, json={}), 410, "Gone", words
        )
    assert len(retired.get(f"/_fakegraph/records/{name}?id={key}").json["value"]) == 1


def test_successors_of_the_retired_are_as_ever(retired, reports):
    for name in CURRENT:
        assert retired.get(f"{METHODS}/{name}").json == reports.get(f"{METHODS}/{name}").json
    assert retired.get(f"{METHODS}/userEventsSummary/$count").text == "400"
