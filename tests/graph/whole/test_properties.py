"""Properties at URLs of their own."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user


@pytest.fixture
def ada(client):
    return make(client, "users", user())["id"]


def test_a_property_is_read_by_itself(client, ada):
    answer = client.get(f"/v1.0/users/{ada}/displayName").json

    assert answer == {
        "@odata.context": f"http://localhost/v1.0/$metadata#users('{ada}')/displayName",
        "value": "Ada Lovelace",
    }
    plain = client.get(f"/v1.0/users/{ada}/displayName/$value")
    assert (plain.text, plain.content_type) == ("Ada Lovelace", "text/plain")
    assert client.get(f"/v1.0/users/{ada}/accountEnabled/$value").text == "true"


def test_a_property_without_a_value_is_204(client, ada):
    assert client.get(f"/v1.0/users/{ada}/jobTitle").status_code == 204
    assert client.get(f"/v1.0/users/{ada}/passwordProfile").status_code == 204


def test_an_object_is_changed_in_part(client):
    path = "/v1.0/me/mailboxSettings"
    assert client.patch(path, json={"timeZone": "UTC"}).status_code == 200

    answer = client.patch(path, json={"language": {"locale": "en-US"}}).json

    assert answer.keys() - {"@odata.context"} == {"language"}
    assert client.get(f"{path}/language").json["locale"] == "en-US"
    assert client.get(f"{path}/timeZone/$value").text == "UTC"


@pytest.mark.parametrize("body", [{"timeZone": 5}, {"nonsense": 1}, []])
def test_what_does_not_fit_a_property_is_refused(client, body):
    client.patch("/v1.0/me/mailboxSettings", json={"timeZone": "Pacific Standard Time"})
    before = client.get("/v1.0/me/mailboxSettings").json

    answer = client.patch("/v1.0/me/mailboxSettings", json=body)

    assert answer.status_code == 400, answer.text
    assert client.get("/v1.0/me/mailboxSettings").json == before


def test_properties_of_what_is_not_there_are_not_found(client):
    answer = client.get("/v1.0/users/nobody@contoso.com/displayName")

    assert_error(answer, 404, "Request_ResourceNotFound", "nobody@contoso.com")


def test_a_property_that_another_type_has_is_not_there(client):
    seed(client, {"groups": [{"id": "g1"}]})

    answer = client.get("/v1.0/directoryObjects/g1/userPrincipalName")

    assert_error(answer, 400, "BadRequest", "userPrincipalName")


@pytest.mark.parametrize(
    ("select", "wanted"),
    [
        ("container/url", {"container": {"url": "x"}}),
        ("Container/URL,title", {"title": "P", "container": {"url": "x"}}),
        (
            "container/url,container",
            {"container": {"containerId": "x", "type": "group", "url": "x"}},
        ),
        ("container/url,container/type", {"container": {"type": "group", "url": "x"}}),
        ("createdBy/user/id", {"createdBy": {"user": {"id": "u"}}}),
    ],
)
def test_parts_of_properties_are_selected(client, select, wanted):
    by = {"user": {"id": "u", "displayName": "U"}, "application": {"id": "a"}}
    plan = {"id": "p", "title": "P", "container": {"url": "x"}, "createdBy": by}
    seed(client, {"planner/plans": [plan]})

    found = client.get("/v1.0/planner/plans/p", query_string={"$select": select}).json

    assert {n: value for n, value in found.items() if "@" not in n} == wanted
    names = select.lower().split(",")
    assert all(name in found["@odata.context"].lower() for name in names)


def test_parts_are_selected_of_each_of_several_values(client):
    files = [{"name": n, "path": "/"} for n in "ab"]
    seed(client, {"security/alerts": [{"id": "a1", "title": "T", "fileStates": files}]})

    (found,) = listed(client, "security/alerts?$select=fileStates/name")

    assert found["fileStates"] == [{"name": "a"}, {"name": "b"}]


@pytest.mark.parametrize(
    ("path", "select", "name", "wanted"),
    [
        ("users/u1", "passwordProfile/forceChangePasswordNextSignIn", "id", None),
        ("users/u1/messages/m1", "body/content", "body", {"content": "a", "contentType": "text"}),
    ],
)
def test_outlook_and_the_directory_show_the_whole_value(client, path, select, name, wanted):
    body = {"content": "a", "contentType": "text"}
    seed(client, {"users/u1/messages": [{"id": "m1", "subject": "S", "body": body}]})

    found = client.get(f"/v1.0/{path}?$select={select}")

    assert found.status_code == 200, found.text
    assert found.json.get(name) == wanted


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ("title/nothing", "a bad complex property path in a select clause"),
        ("container/nothing", "Could not find a property named 'nothing'"),
        ("container/url/nothing", "a bad complex property path"),
        ("container($select=url)", "fakegraph does not serve what follows 'container'"),
        ("tasks/title", "Could not find a property named 'tasks'"),
    ],
)
def test_what_is_no_part_is_refused(client, select, words):
    seed(client, {"planner/plans": [{"id": "p", "title": "P", "container": {"url": "x"}}]})

    response = client.get("/v1.0/planner/plans/p", query_string={"$select": select})

    assert_error(response, 400, "BadRequest", words)


@pytest.fixture
def flow(client):
    """A user flow, whose connectors lie in a property."""
    connector = {"id": "c1", "displayName": "C", "targetUrl": "https://a.example"}
    configuration = {"postFederationSignup": connector}
    flow = {"id": "B2X_1", "apiConnectorConfiguration": configuration}
    seed(client, {"identity/b2xUserFlows": [flow]})
    return "/v1.0/identity/b2xUserFlows/B2X_1"


def test_what_lies_in_a_property_is_expanded_there(client, flow):
    expand = "postFederationSignup($select=displayName),postAttributeCollection"

    found = client.get(f"{flow}/apiConnectorConfiguration?$expand={expand}").json

    place = "http://localhost/v1.0/$metadata#identity/b2xUserFlows('B2X_1')"
    place += "/apiConnectorConfiguration"
    inside = f"{place}/microsoft.graph.userFlowApiConnectorConfiguration"
    assert found == {
        "@odata.context": f"{place}(postFederationSignup(displayName),postAttributeCollection())",
        "postFederationSignup@odata.context": f"{inside}/postFederationSignup(displayName)/$entity",
        "postFederationSignup": {"displayName": "C"},
        "postAttributeCollection@odata.context": f"{inside}/postAttributeCollection/$entity",
        "postAttributeCollection": None,
    }


@pytest.mark.parametrize(
    ("rest", "status", "words"),
    [
        ("/apiConnectorConfiguration?$expand=nothing", 400, "named 'nothing'"),
        ("/apiConnectorConfiguration?$expand=postFederationSignup($top=1)", 400, "$top"),
        ("/apiConnectorConfiguration?$expand=postFederationSignup/$ref", 501, "$select alone"),
        ("?$expand=apiConnectorConfiguration/postFederationSignup", 501, "at the URL of that"),
        ("/userFlowType?$expand=id", 400, "'$expand' is not supported"),
    ],
)
def test_what_lies_in_a_property_is_refused_elsewhere(client, flow, rest, status, words):
    response = client.get(flow + rest)

    assert_error(response, status, response.json["error"]["code"], words)


def test_the_items_of_a_property_are_counted(client):
    path = "/v1.0/users/8e0b0000-0000-4000-8000-000000000001"
    seed(client, {"users": [{"id": path[-36:], "otherMails": ["a@b.c", "d@e.f"]}]})

    count = client.get(f"{path}/otherMails/$count")

    assert (count.status_code, count.text, count.mimetype) == (200, "2", "text/plain")
    assert client.get(f"{path}/businessPhones/$count").text == "0"
    assert client.get(f"{path}/otherMails/$count?$top=1").status_code == 400
    assert client.get(f"{path}/displayName/$count").status_code == 400
    assert client.post(f"{path}/otherMails/$count", json={}).status_code == 405
