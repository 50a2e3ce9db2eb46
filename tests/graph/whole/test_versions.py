"""What is stored is stored once: each version shows what it has of it."""

from __future__ import annotations

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from tests.conftest import assert_error
from tests.graph.whole.conftest import seed, user

SCRIPTS = "/beta/deviceManagement/deviceShellScripts"
CONFIGURATIONS = "deviceManagement/deviceConfigurations"
ONLY_BETAS = "#microsoft.graph.aospDeviceOwnerDeviceConfiguration"


@pytest.fixture
def ada(client):
    answer = client.post("/v1.0/users", json=user())
    return answer.json["id"]


def test_things_of_both_versions_are_the_same(client, ada):
    assert client.get(f"/beta/users/{ada}").json["displayName"] == "Ada Lovelace"
    client.patch(f"/beta/users/{ada}", json={"displayName": "A"})
    assert client.get(f"/v1.0/users/{ada}").json["displayName"] == "A"


def test_what_beta_alone_has_of_a_thing_is_not_there_in_v1(client, ada):
    assert client.patch(f"/beta/users/{ada}", json={"infoCatalogs": ["a"]}).status_code == 204

    shown = client.get(f"/beta/users/{ada}?$select=infoCatalogs").json
    assert shown["infoCatalogs"] == ["a"]
    refused = client.get(f"/v1.0/users/{ada}?$select=infoCatalogs")
    assert_error(refused, 400, "Request_UnsupportedQuery", "infoCatalogs")
    refused = client.patch(f"/v1.0/users/{ada}", json={"infoCatalogs": []})
    assert_error(refused, 400, "Request_BadRequest", "infoCatalogs")
    client.patch(f"/v1.0/users/{ada}", json={"displayName": "B"})  # and nothing is lost by that
    assert client.get(f"/beta/users/{ada}?$select=infoCatalogs").json["infoCatalogs"] == ["a"]


def test_whole_things_show_what_their_version_has(client):
    body = {"@odata.type": ONLY_BETAS, "displayName": "x", "cameraBlocked": True}
    made = client.post(f"/beta/{CONFIGURATIONS}", json=body).json
    assert (made["@odata.type"], made["cameraBlocked"]) == (ONLY_BETAS, True)

    (there,) = client.get(f"/v1.0/{CONFIGURATIONS}").json["value"]
    assert (there["id"], there["displayName"]) == (made["id"], "x")
    assert "cameraBlocked" not in there
    assert "@odata.type" not in there
    one = client.get(f"/v1.0/{CONFIGURATIONS}/{made['id']}").json
    assert "cameraBlocked" not in one
    assert client.delete(f"/v1.0/{CONFIGURATIONS}/{made['id']}").status_code == 204
    assert client.get(f"/beta/{CONFIGURATIONS}").json["value"] == []


def test_what_a_thing_has_in_beta_goes_with_it(client, ada):
    email = {"address": "a@example.com"}
    assert client.post(f"/beta/users/{ada}/profile/emails", json=email).status_code == 201
    assert client.delete(f"/v1.0/users/{ada}").status_code == 204
    path = f"/v1.0/directory/deletedItems/{ada}"
    assert client.delete(path).status_code == 204
    assert client.get(f"/beta/users/{ada}/profile/emails").status_code == 404


def test_what_nobody_says_may_be_null_and_numbers_are_wide(client):
    body = {"displayName": None, "retryCount": 2**40, "scriptContent": "aGk="}
    made = client.post(SCRIPTS, json=body)
    assert (made.status_code, made.json["retryCount"]) == (201, 2**40)
    assert made.json["displayName"] is None
    tags = client.post(SCRIPTS, json={"roleScopeTagIds": [None, "a"]})
    assert (tags.status_code, tags.json["roleScopeTagIds"]) == (201, [None, "a"])
    asked = {"$filter": "roleScopeTagIds/any(t:t eq null)"}
    found = client.get(SCRIPTS, query_string=asked).json["value"]
    assert [each["id"] for each in found] == [tags.json["id"]]
    user = {"businessPhones": [None]}  # of which v1.0 says that it may not be
    assert_error(client.post("/beta/users", json=user), 400, "Request_BadRequest", "null")
    refused = client.post(SCRIPTS, json={"retryCount": "2"})
    assert_error(refused, 400, "BadRequest", "retryCount")
    refused = client.post(SCRIPTS, json={"retries": 2})
    assert_error(refused, 400, "BadRequest", "retries")


def test_v1_has_no_path_of_beta_and_says_so(client):
    refused = client.get(SCRIPTS.replace("/beta/", "/v1.0/"))
    error = assert_error(refused, 400, "BadRequest", f"no path of v1.0: {SCRIPTS} has it.")
    assert "/reports/" not in error["message"]
    neither = assert_error(client.get("/v1.0/nothing"), 400, "BadRequest", "no such path either.")
    assert "/reports/" not in neither["message"]
    refused = client.get("/beta/deviceManagement/nothing")
    assert_error(refused, 400, "BadRequest", "read off an SDK", "--model beta=FILE")


def test_tests_put_things_where_beta_alone_has_paths(client):
    path = SCRIPTS.removeprefix("/beta/")
    seed(client, {path: [{"id": "one", "displayName": "x"}]})

    assert client.get(f"{SCRIPTS}/one").json["displayName"] == "x"
    assert [each["id"] for each in client.get(f"/_fakegraph/records/{path}").json["value"]] == [
        "one"
    ]


def test_bytes_of_beta_are_those_of_the_file_without_a_detour(client):
    drive = "/me/drive/root:/a.txt:"
    assert client.put(f"/beta{drive}/contentStream", data=b"one").status_code == 201
    assert client.get(f"/v1.0{drive}/content").status_code == 302
    assert client.put(f"/v1.0{drive}/content", data=b"three").status_code == 200

    answer = client.get(f"/beta{drive}/contentStream")
    assert (answer.status_code, answer.data) == (200, b"three")
    assert "contentStream" not in client.get(f"/beta{drive[:-1]}").json


def test_a_path_of_beta_goes_on_where_a_permission_says_so(client):
    path = "identityGovernance/accessReviews/decisions/filterByCurrentUser(on='reviewer')"
    assert_error(client.post(f"/beta/{path}/recordAllDecisions"), 501, "NotImplemented")
    told = client.get("/_fakegraph/openapi.json?path=/beta/identityGovernance/accessReviews/**")
    assert told.status_code == 200


def test_a_seed_is_the_same_before_and_after_somebody_asked_for_beta(client):
    for name in ("before", "after"):
        seed(client, {"planner/tasks": [{"id": name, "title": "x"}]})
        assert client.get("/beta/users").status_code == 200
    records = client.get("/_fakegraph/records/planner/tasks").json["value"]

    assert [each["id"] for each in records] == ["before", "after"]
    assert "createdDateTime" in records[0]
    assert records[0].keys() == records[1].keys()


def test_the_why_of_a_request_says_that_its_type_was_read_off_an_sdk(client):
    for path, inferred in ((SCRIPTS, True), ("/v1.0/users", False), ("/beta/users", False)):
        client.get(path)
        (entry,) = client.get("/_fakegraph/requests").json["value"][-1:]
        assert entry["inferred"] is inferred
        why = client.get(f"/_fakegraph/requests/{entry['number']}/why").json
        assert why["path"]["inferred"] is inferred


def test_what_was_stored_by_beta_is_there_after_a_restart(tmp_path):
    settings = Settings(fixture=(), auth="off", data_dir=tmp_path)
    app = create_app(settings)
    body = {"id": "one", "displayName": "x"}
    app.test_client().post("/_fakegraph/seed", json={SCRIPTS.removeprefix("/beta/"): [body]})
    close_app(app)

    app = create_app(settings)
    client = app.test_client()
    try:
        assert client.get("/v1.0/users").status_code == 200
        assert client.get(f"{SCRIPTS}/one").json["displayName"] == "x"
    finally:
        close_app(app)


def test_a_function_that_lacks_parameters_is_told_which(client):
    path = "/v1.0/me/reminderView(startDateTime='2024-01-01T00:00:00Z')"
    error = assert_error(client.get(path), 400, "BadRequest", "It lacks EndDateTime.")
    assert "no such path" not in error["message"]
    path = path.replace(")", ",endDateTime='2024-01-01T00:00:00Z',zone='UTC')")
    assert_error(client.get(path), 400, "BadRequest", "It takes no zone.")


def test_nulls_among_numbers_stay_nulls_however_numbers_are_written(client):
    path = "admin/windows/updates/products/p/knownIssues"
    seed(client, {path: [{"id": "k", "safeguardHoldIds": [None, 2**40]}]})
    for form, number in (("false", 2**40), ("true", str(2**40))):
        accept = {"Accept": f"application/json;IEEE754Compatible={form}"}
        issue = client.get(f"/beta/{path}/k", headers=accept)
        assert issue.json["safeguardHoldIds"] == [None, number]
