"""One entity: get, update, delete, and the two ways to write its key."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.conftest import EVENT, SET, assert_error, create

URLS = [f"{SET}/a", f"{SET}('a')", f"{SET}(id='a')", f"{SET}/a/", SET.upper().replace("BETA", "beta") + "/a",
        "/reports/userCredentialUsageDetails/a", f"{SET}/microsoft.graph.userCredentialUsageDetails/a",
        f"{SET}/a/microsoft.graph.userCredentialUsageDetails"]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_both_key_syntaxes_find_it(client, url):
    create(client, id="a")

    assert client.get(url).json["id"] == "a"


PREFIXES = """
    /beta// /beta/// //beta// /// /Beta// /tenants/default/beta// /tenants/default//beta//
    /beta/myorganization/ /beta/MyOrganization/ /beta//myorganization//
"""


@pytest.mark.parametrize("prefix", PREFIXES.split())
def test_what_clients_put_before_the_path_changes_nothing(client, prefix):
    create(client, id="a")
    create(client, id="b")

    page = client.get(f"{prefix}reports/userCredentialUsageDetails?$top=1").json
    assert client.get(f"{prefix}reports/userCredentialUsageDetails/a/").json["id"] == "a"
    assert "//" not in page["@odata.nextLink"].removeprefix("http://")
    assert "myorganization" not in page["@odata.nextLink"].lower()
    assert client.get(page["@odata.nextLink"]).json["value"][0]["id"] == "b"
    assert "reports" in [each["name"] for each in client.get(prefix).json["value"]]


def test_such_paths_are_the_same_to_faults_and_to_the_journal(client):
    for prefix in ("/beta//", "/beta/myorganization/", "/tenants/default/beta//"):
        client.post("/_fakegraph/faults", json={"status": 503, "match": {"path": "/reports/*"}})
        url = f"{prefix}reports/userCredentialUsageDetails"
        assert [client.get(url).status_code for _ in range(2)] == [503, 200]
    path = "/beta/reports/userCredentialUsageDetails"
    noted = client.get(f"/_fakegraph/requests?path={path}").json["value"]
    assert len(noted) == 4
    assert len(client.get("/_fakegraph/requests?path=/reports/*").json["value"]) == 6


@pytest.mark.parametrize("key", ["a", "é" * 200])
def test_what_is_known_of_a_path_hides_no_change_of_what_it_leads_to(client, key):
    url = f"{SET}/{quote(key)}"
    assert client.get(url).status_code == 404
    create(client, id=key, userDisplayName="Ada")
    assert client.get(url).json["userDisplayName"] == "Ada"
    client.patch(url, json={"userDisplayName": "Eve"})
    assert client.get(url).json["userDisplayName"] == "Eve"
    assert client.put(url, json={}).status_code == 405
    assert client.get(f"/tenants/other{url}").status_code == 404
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_the_same_path_on_other_hosts_has_links_of_its_own(client):
    create(client, id="a")

    for host in ("one.example", "two.example", "one.example"):
        context = client.get(f"{SET}/a", headers={"Host": host}).json["@odata.context"]
        assert context.startswith(f"http://{host}/beta/$metadata#")


def test_get_names_its_context(client):
    create(client, id="a")

    body = client.get(f"{SET}/a").json

    assert body["@odata.context"] == (
        "http://localhost/beta/$metadata#reports/userCredentialUsageDetails/$entity"
    )
    assert set(body) == {"@odata.context", "id", *EVENT} - {"@odata.type"}


def test_select_gives_just_these(client):
    create(client, id="a")

    body = client.get(f"{SET}/a?$select=feature,isSuccess").json

    assert set(body) == {"@odata.context", "feature", "isSuccess"}
    assert body["@odata.context"].endswith("userCredentialUsageDetails(feature,isSuccess)/$entity")


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_key_that_is_not_there_is_404(client, method):
    response = getattr(client, method)(
        f"{SET}/nobody", **({"json": {}} if method == "patch" else {})
    )

    assert_error(response, 404, "ResourceNotFound", "Resource could not be discovered.", "'nobody'")


def test_patch_leaves_other_properties_alone(client):
    created = create(client, id="a")

    response = client.patch(f"{SET}/a", json={"isSuccess": False, "failureReason": "Locked out"})

    assert response.status_code == 200
    stored = client.get(f"{SET}/a").json
    kept = {name: created[name] for name in EVENT if name != "@odata.type"}
    assert {name: stored[name] for name in kept} == kept | {
        "isSuccess": False,
        "failureReason": "Locked out",
    }
    assert response.json["isSuccess"] is False


def test_patch_may_repeat_the_id_but_not_change_it(client):
    create(client, id="a")

    assert client.patch(f"{SET}/a", json={"id": "a"}).status_code == 200
    assert_error(client.patch(f"{SET}/a", json={"id": "b"}), 400, "BadRequest", "'id'", "'a'")


@pytest.mark.parametrize(
    "changes",
    [
        {"isSuccess": None},
        {"feature": "String"},
        {"colour": 1},
        {"eventDateTime": "2017-01-01"},
        [],
    ],
)
def test_bad_patch_changes_nothing(client, changes):
    create(client, id="a")
    before = client.get(f"{SET}/a").json

    changed = client.patch(
        f"{SET}/a", json=changes if changes == [] else {"userDisplayName": "New", **changes}
    )

    assert_error(changed, 400, "BadRequest")
    assert client.get(f"{SET}/a").json == before


def test_second_delete_is_404(client):
    create(client, id="a")

    assert client.delete(f"{SET}/a").status_code == 204
    assert_error(client.delete(f"{SET}/a"), 404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("PUT", f"{SET}/a", "GET, PATCH, DELETE, HEAD, OPTIONS"),
        ("POST", f"{SET}/a", "GET, PATCH, DELETE, HEAD, OPTIONS"),
        ("PATCH", SET, "GET, POST, HEAD, OPTIONS"),
        ("DELETE", SET, "GET, POST, HEAD, OPTIONS"),
        ("POST", f"{SET}/$count", "GET, HEAD, OPTIONS"),
        ("POST", "/reports/authenticationMethods/userEventsSummary", "GET, HEAD, OPTIONS"),
        ("DELETE", "/reports/authenticationMethods/userEventsSummary/a", "GET, HEAD, OPTIONS"),
        ("POST", "/reports/getCredentialUserRegistrationCount", "GET, HEAD, OPTIONS"),
        ("GET", "/beta/$batch", "POST, OPTIONS"),
        ("POST", "/beta/", "GET, HEAD, OPTIONS"),
    ],
)
def test_other_verbs_are_405(client, method, url, allowed):
    response = client.open(url, method=method)

    assert response.status_code == 405
    assert response.headers["Allow"] == allowed
    assert_error(response, 405, "BadRequest", "Specified HTTP method is not allowed")


def test_a_key_may_look_like_a_scheme(client):
    create(client, id="http:")
    assert client.get(f"{SET}/http:").status_code == 200


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/beta/people", "Resource not found for the segment 'people'."),
        ("/people", "Resource not found for the segment 'people'."),
        ("/beta/reports/nothing", "Resource not found for the segment 'nothing'."),
        ("/v1.0/reports/userCredentialUsageDetails", "Resource not found for the segment"),
        ("/v2.0/reports/userCredentialUsageDetails", "Invalid version."),
        (f"{SET}/a/colour", "Resource not found for the segment 'colour'."),
        (f"{SET}/a/$count", "$count cannot be applied to the segment 'userCredentialUsageDetails'"),
        (f"{SET}/$value", "the segment 'userCredentialUsageDetails' refers to a collection"),
        (f"{SET}(5)", "one string in single quotes"),
        (f"{SET}('a)", "one string in single quotes"),
        (f"/beta/http://localhost:8365{SET}?$skiptoken=x", "serve with --tls"),
        (
            f"/tenants/default/beta/http://localhost:8365{SET}",
            "Resource not found for the segment 'http:'.",
        ),
        (f"/betahttp://localhost:8365{SET}", "links are called as they are"),
        (f"{SET}/https:/graph.microsoft.com{SET}", "A whole URL stands in the path"),
        (f"{SET}//a", "Empty segment encountered in request URL. Please make sure that a valid request URL is specified."),
        (f"{SET}//", "Empty segment encountered"),
        ("/beta/reports//userCredentialUsageDetails", "Empty segment encountered"),
        ("/tenants//beta/reports/userCredentialUsageDetails", "Empty segment encountered"),
        ("/beta/myorganization/myorganization", "Resource not found for the segment 'myorganization'."),
        ("/myorganization/reports/userCredentialUsageDetails/a", "Resource not found for the segment 'myorganization'."),
        ("/beta/reports/myorganization", "Resource not found for the segment 'myorganization'."),
        ("/beta/%FF", "percent-encoded UTF-8"),
    ],
)  # fmt: skip
def test_paths_outside_the_model_are_400(client, url, words):
    create(client, id="a")

    assert_error(client.get(url), 400, "BadRequest", words)


def test_a_path_of_another_version_is_said_where_it_is_served(client):
    path = "reports/getCredentialUsageSummary(period='D7')"
    for version, where in (("v1.0", f"/beta/{path}"), ("v2.0", f"/beta/{path}")):
        error = assert_error(client.get(f"/{version}/{path}"), 400, "BadRequest")
        assert f"It is served as {where}." in error["message"]
    new = "reports/authenticationMethods/userRegistrationDetails/a"
    error = assert_error(client.get(f"/v1.1/{new}"), 400, "BadRequest", "Invalid version.")
    assert f"It is served as /beta/{new} and /v1.0/{new}." in error["message"]
    misspelt = client.get("/beta/reports/userCredentialUsageDetail")
    assert_error(misspelt, 400, "BadRequest", "Did you mean 'reports/userCredentialUsageDetails'?")


GRAPHS = """
    /v1.0/me/drive/root/workbook/sessionInfoResource(key='a')
    /beta/me/drive/root/workbook/microsoft.graph.tableRowOperationResult(key='a')
    /me/drive/root/workbook/sessionInfoResource(key='a') /v1.0//me/drive/root:/a:/workbook/sessionInfoResource(key='a')/
    /v1.0/myorganization/me/drive/root/workbook/sessionInfoResource(key='a')
    /v1.0/reports/managedDeviceEnrollmentTopFailures
    /v1.0/reports/authenticationMethods/userRegistrationDetails/a/isAdmin
    /beta/reports/userCredentialUsageDetails/a/Feature
"""
NOBODYS = """
    /v1.0/people /v1.0/userz /v1.0/reports/nothing /v1.0/reports/getOffice366ActiveUserCounts
    /v1.0/reports/authenticationMethods/nothing /v1.0/reports/partners/nothing /v1.0/reports/$count
    /v1.0/reports/authenticationMethods/userRegistrationDetails/a/isadmins /beta/nothing
    /v1.0/users/microsoft.graph.delta(a='b') /v1.0/reports/userCredentialUsageDetails /v2.0/users
    /v1.0/me/$count /v1.0/users/$value /v1.0/users/a/nothing /v1.0/users/a/displayName/nothing /v1.0/users/a/b/c
    /v1.0/users/microsoft.graph.message/a/nothing /v1.0/users/a/displayName/$ref /v1.0/users/sendMail/a
"""


@pytest.mark.parametrize("path", GRAPHS.split())
def test_what_graph_has_and_this_server_not_is_told_so(client, path, caplog):
    with caplog.at_level("WARNING", "fakegraph"):
        answer = client.get(path, headers={"Origin": "https://app.example"})

    assert_error(answer, 501, "NotImplemented", "Microsoft Graph has it, fakegraph does not.")
    assert answer.headers["x-fakegraph"] == "not-served"
    assert "x-fakegraph" in answer.headers["Access-Control-Expose-Headers"]
    assert caplog.messages == [f"not served: GET {path}; Microsoft Graph has it"]


@pytest.mark.parametrize("path", NOBODYS.split())
def test_what_graph_has_not_is_told_apart(client, path, caplog):
    with caplog.at_level("WARNING", "fakegraph"):
        answer = client.get(path)

    assert answer.status_code == 400
    assert "x-fakegraph" not in answer.headers
    assert "Microsoft Graph has it" not in answer.text
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1.0/me/sendMail", "POST, OPTIONS"),
        ("DELETE", "/v1.0/users", "GET, POST, HEAD, OPTIONS"),
        ("GET", "/v1.0/groups/a/members/b/$ref", "DELETE, OPTIONS"),
        ("PUT", "/beta/users/a/messages", "GET, POST, HEAD, OPTIONS"),
    ],
)
def test_methods_that_graph_has_not_at_a_path_are_405(client, method, path, allowed):
    answer = client.open(path, method=method)

    assert_error(answer, 405, "BadRequest", "Specified HTTP method is not allowed", allowed)
    assert answer.headers["Allow"] == allowed
    assert "x-fakegraph" not in answer.headers


def test_what_is_below_something_unserved_is_read_whole(client):
    url = f"{SET}/a/feature/nothing"
    assert_error(client.get(url), 400, "BadRequest", "'nothing'")


def test_an_operation_that_is_not_built_is_named(client):
    answer = client.post("/v1.0/me/drive/root/workbook/functions/abs")

    assert_error(
        answer,
        501,
        "NotImplemented",
        "POST /me/drive/root/workbook/functions/abs, which is microsoft.graph.abs:",
    )


@pytest.mark.parametrize(
    ("surface", "status"), [("permitted", 405), ("known", 405), ("declared", 200)]
)
def test_the_surface_says_how_sure_a_method_must_be(make_client, surface, status):
    client = make_client(surface=surface)
    assert client.get("/v1.0/users").status_code == 200
    assert client.put("/v1.0/deviceManagement", json={}).status_code == status


def test_items_of_batches_are_told_so_too(client):
    unserved = "/me/drive/root/workbook/sessionInfoResource(key='a')"
    items = [{"id": url, "method": "GET", "url": url} for url in (unserved, "/userz")]
    answer = client.post("/v1.0/$batch", json={"requests": items}).json["responses"]

    assert [each["headers"].get("x-fakegraph") for each in answer] == ["not-served", None]
    assert (
        "The published model of v1.0 has no such path either."
        in answer[1]["body"]["error"]["message"]
    )
