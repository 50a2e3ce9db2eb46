"""Links at ``/$ref``."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed

GROUP = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
ADA = "4e7a3f0a-0000-4000-8000-000000000001"
BOB = "4e7a3f0a-0000-4000-8000-000000000002"


@pytest.fixture(autouse=True)
def people(client):
    seed(client, {"users": [{"id": ADA}, {"id": BOB}], "groups": [{"id": GROUP}]})


def url(id_, kind="directoryObjects"):
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/{kind}/{id_}"}


@pytest.mark.parametrize("kind", ["directoryObjects", "users"])
def test_an_added_link_is_listed(client, kind):
    answer = client.post(f"/v1.0/groups/{GROUP}/members/$ref", json=url(ADA, kind))

    assert (answer.status_code, answer.data) == (204, b"")
    assert [each["id"] for each in listed(client, f"groups/{GROUP}/members")] == [ADA]
    assert [each["id"] for each in listed(client, f"users/{ADA}/memberOf")] == [GROUP]
    links = client.get(f"/v1.0/groups/{GROUP}/members/$ref").json
    assert links["@odata.context"].endswith("$metadata#Collection($ref)")
    assert links["value"] == [{"@odata.id": f"http://localhost/v1.0/users/{ADA}"}]


def test_a_link_is_added_once(client):
    path = f"/v1.0/groups/{GROUP}/members/$ref"
    client.post(path, json=url(ADA))

    assert_error(client.post(path, json=url(ADA)), 400, "Request_BadRequest", "already exist")
    assert len(listed(client, f"groups/{GROUP}/members")) == 1


def test_a_removed_link_is_gone_and_the_thing_stays(client):
    client.post(f"/v1.0/groups/{GROUP}/members/$ref", json=url(ADA))
    path = f"/v1.0/groups/{GROUP}/members/{ADA}/$ref"

    assert client.delete(path).status_code == 204

    assert listed(client, f"groups/{GROUP}/members") == []
    assert client.get(f"/v1.0/users/{ADA}").status_code == 200
    assert client.delete(path).status_code == 404


@pytest.mark.parametrize("option", ["@id", "$id", "@ID"])
@pytest.mark.parametrize("kind", ["directoryObjects", "users"])
def test_a_link_is_removed_by_the_url_of_what_it_leads_to(client, option, kind):
    path = f"/v1.0/groups/{GROUP}/members/$ref"
    for id_ in (ADA, BOB):
        client.post(path, json=url(id_))
    named = f"{path}?{option}={url(ADA, kind)['@odata.id']}"

    assert client.delete(named).status_code == 204

    assert [each["id"] for each in listed(client, f"groups/{GROUP}/members")] == [BOB]
    assert client.get(f"/v1.0/users/{ADA}").status_code == 200
    assert_error(client.delete(named), 404, "Request_ResourceNotFound", ADA)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("", "@id"),
        (f"?@id=/users/{ADA}&$id=/users/{ADA}", "@id"),
        ("?@id=", "Invalid URL format"),
        ("?@id=%00", "Invalid URL format"),
        ("?@id=/users", "Invalid URL format"),
        (f"?@id=/users/{ADA}&$top=1", "$top"),
    ],
)
def test_links_are_removed_by_one_url_alone(client, query, word):
    client.post(f"/v1.0/groups/{GROUP}/members/$ref", json=url(ADA))

    answer = client.delete(f"/v1.0/groups/{GROUP}/members/$ref{query}")

    assert answer.status_code == 400
    assert word in answer.json["error"]["message"]
    assert len(listed(client, f"groups/{GROUP}/members")) == 1


def test_the_one_link_is_set_replaced_and_removed(client):
    path = f"/v1.0/users/{ADA}/manager"
    assert_error(client.get(path), 404, "Request_ResourceNotFound", "'manager'")
    eve = "4e7a3f0a-0000-4000-8000-000000000003"
    seed(client, {"users": [{"id": eve}]})
    for boss in (BOB, eve):
        assert client.put(f"{path}/$ref", json=url(boss, "users")).status_code == 204
        assert client.get(path).json["id"] == boss
        assert [each["id"] for each in listed(client, f"users/{boss}/directReports")] == [ADA]
    assert listed(client, f"users/{BOB}/directReports") == []

    assert client.delete(f"{path}/$ref").status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (url("00000000-0000-4000-8000-000000000000"), 404),
        (url(GROUP, "users"), 404),
        ({"@odata.id": "https://graph.microsoft.com/v1.0/users"}, 400),
        ({"@odata.id": "https://graph.microsoft.com/v1.0/nothing/x"}, 400),
        ({"@odata.id": "https://graph.microsoft.com/v1.0/deviceManagement"}, 400),
        ({"@odata.id": 5}, 400),
        ({"id": ADA}, 400),
        ({**url(ADA), "displayName": "x"}, 400),
        ([url(ADA)], 400),
    ],
)
def test_what_is_no_link_is_refused(client, body, status):
    answer = client.post(f"/v1.0/groups/{GROUP}/members/$ref", json=body)

    assert answer.status_code == status, answer.text
    assert listed(client, f"groups/{GROUP}/members") == []


def test_bodies_bind_what_the_workload_lets_them(client):
    body = {
        "displayName": "New",
        "mailEnabled": False,
        "mailNickname": "new",
        "securityEnabled": True,
        "members@odata.bind": [url(ADA, "users")["@odata.id"], f"users/{BOB}"],
    }
    made = client.post("/v1.0/groups", json=body).json
    assert [each["id"] for each in listed(client, f"groups/{made['id']}/members")] == [ADA, BOB]
    refused = client.post("/v1.0/groups", json={**body, "members@odata.bind": ["users/nobody"]})

    assert refused.status_code == 404
    assert len(listed(client, "groups")) == 2


@pytest.mark.parametrize("bad", ["http://[bad", "http://[::1", "//[", "\x00", ""])
def test_a_text_that_is_no_url_is_refused(client, bad):
    path = f"/v1.0/groups/{GROUP}/members/$ref"
    whole = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}

    assert client.post(path, json={"@odata.id": bad}).status_code == 400
    assert client.delete(path, query_string={"@id": bad}).status_code == 400
    bound = client.post("/v1.0/groups", json={**whole, "members@odata.bind": [bad]})
    assert bound.status_code == 400, bound.text
    assert [each["id"] for each in listed(client, "groups")] == [GROUP]


def test_a_site_whose_address_is_no_url_leads_nowhere(client):
    seed(client, {"sites": [{"id": "contoso.sharepoint.com,a,b", "webUrl": "http://[bad"}]})

    found = client.get("/v1.0/sites/contoso.sharepoint.com,a,b:/sites/x")

    assert found.status_code == 404
