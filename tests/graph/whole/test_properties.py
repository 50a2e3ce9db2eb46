"""Properties at URLs of their own."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import make, seed, user


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

    assert answer["timeZone"] == "UTC"
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
