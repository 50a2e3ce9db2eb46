"""How somebody may prove who they are: what can be registered, and under which ids."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import make, seed, user

PASSWORD = "28c10230-6103-485e-b985-444c60001490"
EMAIL = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f"
PHONES = {
    "mobile": "3179e48a-750b-4051-897c-87b9720928f7",
    "alternateMobile": "b6332ec1-7057-4abe-9331-3d72feddfe41",
    "office": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
}


def phone(type_="mobile", number="+1 2065555555"):
    return {"phoneNumber": number, "phoneType": type_}


@pytest.fixture
def at(client):
    return f"/v1.0/users/{make(client, 'users', user())['id']}/authentication"


def methods(client, at):
    found = client.get(f"{at}/methods").json["value"]
    return [(each["@odata.type"].rpartition(".")[2], each["id"]) for each in found]


def test_a_password_is_always_there_and_never_shown(client, at):
    assert methods(client, at) == [("passwordAuthenticationMethod", PASSWORD)]
    (found,) = client.get(f"{at}/passwordMethods").json["value"]
    assert (found["id"], found["password"]) == (PASSWORD, None)
    for path in ("methods", "passwordMethods"):
        assert client.get(f"{at}/{path}/{PASSWORD}").json["password"] is None
    assert client.post(f"{at}/passwordMethods", json={"password": "x"}).status_code == 405
    refused = client.delete(f"{at}/methods/{PASSWORD}")
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "badRequest")
    assert methods(client, at) == [("passwordAuthenticationMethod", PASSWORD)]


@pytest.mark.parametrize(("type_", "id_"), PHONES.items())
def test_a_phone_has_the_id_of_its_type_and_is_there_once(client, at, type_, id_):
    made = client.post(f"{at}/phoneMethods", json=phone(type_))
    assert (made.status_code, made.json["id"]) == (201, id_)
    assert ("phoneAuthenticationMethod", id_) in methods(client, at)
    again = client.post(f"{at}/phoneMethods", json=phone(type_, "+1 2065555556"))
    assert again.status_code == 400
    assert client.get(f"{at}/phoneMethods/{id_}").json["phoneNumber"] == "+1 2065555555"

    changed = client.patch(f"{at}/phoneMethods/{id_}", json={"phoneNumber": "+49 301234567x12"})
    assert changed.status_code == 204
    assert client.get(f"{at}/phoneMethods/{id_}").json["phoneNumber"] == "+49 301234567x12"
    assert client.delete(f"{at}/phoneMethods/{id_}").status_code == 204
    assert methods(client, at) == [("passwordAuthenticationMethod", PASSWORD)]


def test_a_phone_keeps_its_type(client, at):
    client.post(f"{at}/phoneMethods", json=phone())
    changed = client.patch(f"{at}/phoneMethods/{PHONES['mobile']}", json={"phoneType": "office"})
    assert changed.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"phoneType": "mobile"},
        {"phoneNumber": "+1 2065555555"},
        phone(number="2065555555"),
        phone(number="+1 call me"),
        phone("pager"),
    ],
)
def test_what_is_no_phone_is_not_registered(client, at, body):
    assert client.post(f"{at}/phoneMethods", json=body).status_code == 400
    assert client.get(f"{at}/phoneMethods").json["value"] == []


def test_seeds_may_leave_a_type_open(client, at):
    seed(client, {f"{at.removeprefix('/v1.0/')}/phoneMethods": [{"phoneNumber": "1"}]})
    assert len(client.get(f"{at}/phoneMethods").json["value"]) == 1


def test_one_address_is_registered(client, at):
    made = client.post(f"{at}/emailMethods", json={"emailAddress": "ada@example.com"})
    assert (made.status_code, made.json["id"]) == (201, EMAIL)
    for address in ("b@example.com", "nonsense"):
        again = client.post(f"{at}/emailMethods", json={"emailAddress": address})
        assert again.status_code == 400
    changed = client.patch(f"{at}/emailMethods/{EMAIL}", json={"emailAddress": "b@example.com"})
    assert changed.status_code == 204
    assert client.delete(f"{at}/emailMethods/{EMAIL}").status_code == 204


def test_what_devices_have_registered_is_seen_and_taken_away(client, at):
    keys = [{"id": "k1", "displayName": "Key", "model": "M"}]
    seed(client, {f"{at.removeprefix('/v1.0/')}/fido2Methods": keys})
    assert methods(client, at)[-1] == ("fido2AuthenticationMethod", "k1")
    assert client.delete(f"{at}/fido2Methods/k1").status_code == 204
    missing = client.get(f"{at}/fido2Methods/k1")
    assert (missing.status_code, missing.json["error"]["code"]) == (404, "resourceNotFound")
