"""The directory: who is in what, and who owns whom."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user

GROUP = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
ABOVE = "02bd9fd6-8f93-4758-87c3-1fb73740a316"
MEMBER = "4e7a3f0a-0000-4000-8000-000000000001"

LOCAL = {"signInType": "emailAddress", "issuer": "contoso.com", "issuerAssignedId": "j@x.org"}


@pytest.mark.parametrize("kind", ["users", "groups", "devices", "servicePrincipals", "contacts"])
def test_whatever_is_a_member_knows_its_groups_over_any_number_of_steps(client, kind):
    seed(client, {kind: [{"id": MEMBER}]})
    seed(
        client,
        {
            "groups": [{"id": GROUP}, {"id": ABOVE}],
            f"groups/{GROUP}/members": [{"id": MEMBER}],
            f"groups/{ABOVE}/members": [{"id": GROUP}],
        },
    )

    path = f"{kind}/{MEMBER}"
    assert [each["id"] for each in listed(client, f"{path}/memberOf")] == [GROUP]
    found = listed(client, f"{path}/transitiveMemberOf")
    assert {each["id"] for each in found} == {GROUP, ABOVE}
    below = listed(client, f"groups/{ABOVE}/transitiveMembers")
    assert {each["id"] for each in below} == {GROUP, MEMBER}


@pytest.mark.parametrize("owned", ["groups", "applications", "servicePrincipals"])
@pytest.mark.parametrize("owner", ["users", "servicePrincipals"])
def test_an_owner_knows_what_is_owned(client, owner, owned):
    seed(client, {owned: [{"id": GROUP}]})
    seed(client, {owner: [{"id": MEMBER}]})
    url = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{MEMBER}"}

    assert client.post(f"/v1.0/{owned}/{GROUP}/owners/$ref", json=url).status_code == 204

    found = listed(client, f"{owner}/{MEMBER}/ownedObjects")
    assert [each["id"] for each in found] == [GROUP]


def test_a_user_knows_devices_that_are_registered(client):
    seed(
        client,
        {
            "users": [{"id": MEMBER}],
            "devices": [{"id": GROUP}],
            f"devices/{GROUP}/registeredOwners": [{"id": MEMBER}],
        },
    )

    assert [each["id"] for each in listed(client, f"users/{MEMBER}/ownedDevices")] == [GROUP]
    assert listed(client, f"users/{MEMBER}/registeredDevices") == []


def test_who_signs_in_with_an_identity_needs_no_principal(client):
    body = {
        "displayName": "John Smith",
        "identities": [LOCAL],
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        "passwordPolicies": "DisablePasswordExpiration",
    }

    made = make(client, "users", body)

    assert made["userPrincipalName"] == f"{made['id']}@contoso.com"
    path = f"/v1.0/users/{made['id']}?$select=accountEnabled,identities"
    found = client.get(path).json
    own = {
        "signInType": "userPrincipalName",
        "issuer": "contoso.com",
        "issuerAssignedId": made["userPrincipalName"],
    }
    assert found["accountEnabled"]
    assert sorted(found["identities"], key=lambda each: each["signInType"]) == [LOCAL, own]


def test_an_identity_that_is_the_principal_spares_nothing(client):
    identity = {**LOCAL, "signInType": "userPrincipalName"}
    body = user(identities=[identity])
    del body["accountEnabled"]

    assert_error(
        client.post("/v1.0/users", json=body), 400, "Request_BadRequest", "'accountEnabled'"
    )


def test_a_branding_that_is_replaced_is_no_body(client):
    seed(client, {f"organization/{GROUP}/branding": {"backgroundColor": "#000000"}})
    path = f"/v1.0/organization/{GROUP}/branding"

    response = client.put(path, json={"backgroundColor": "#FFFF33"})

    assert (response.status_code, response.data) == (204, b"")
    assert client.get(path).json["backgroundColor"] == "#FFFF33"


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize("where", ["branding", "branding/localizations/fr-FR"])
def test_an_image_of_a_branding_is_blank_until_it_is_written(client, where, method):
    seed(client, {f"organization/{GROUP}/branding": {"localizations": [{"id": "fr-FR"}]}})
    path = f"/v1.0/organization/{GROUP}/{where}/bannerLogo"
    blank = client.get(path)
    assert (blank.status_code, blank.data) == (204, b"")

    for wrong in (b"picture", picture(246, 36), picture(245, 37)):
        refused = getattr(client, method)(path, data=wrong, content_type="image/png")
        assert_error(refused, 400, "Request_BadRequest", "245 by 36 pixels")
    response = getattr(client, method)(path, data=picture(245, 36), content_type="image/png")

    assert (response.status_code, response.data) == (204, b"")
    found = client.get(path)
    assert (found.data, found.content_type) == (picture(245, 36), "image/png")
    css = client.put(
        path.replace("bannerLogo", "customCSS"), data=b"a" * 25_601, content_type="text/css"
    )
    assert_error(css, 400, "Request_BadRequest", "25600 bytes")


def picture(width, height):
    """As much of a PNG as says how large it is."""
    return b"\x89PNG\r\n\x1a\n" + bytes(8) + width.to_bytes(4) + height.to_bytes(4)


def test_other_properties_of_a_branding_have_no_more_methods_for_that(client):
    seed(client, {f"organization/{GROUP}/branding": {"backgroundColor": "#000000"}})
    path = f"/v1.0/organization/{GROUP}/branding/backgroundColor"

    assert client.put(path, json={"value": "#FFFF33"}).status_code == 405


@pytest.mark.parametrize(
    "kind", ["groups", "devices", "applications", "servicePrincipals", "directoryObjects"]
)
def test_a_key_that_is_no_guid_is_no_identifier(client, kind):
    response = client.get(f"/v1.0/{kind}/notaguid")

    message = "Invalid object identifier 'notaguid'."
    assert_error(response, 400, "Request_BadRequest", message)
    assert client.get(f"/v1.0/{kind}/{GROUP}").status_code == 404
    assert client.get("/v1.0/users/notaguid").status_code == 404


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("$skip=1", "Request_BadRequest", "'$skip' is not supported"),
        ("$top=1000", "Request_UnsupportedQuery", "Invalid page size specified: '1000'."),
        ("$filter=contains(displayName,'a')", "Request_UnsupportedQuery", "'Contains'"),
    ],
)
@pytest.mark.parametrize("kind", ["users", "groups", "applications"])
def test_the_directory_refuses_what_it_cannot_query(client, kind, query, code, message):
    assert_error(client.get(f"/v1.0/{kind}?{query}"), 400, code, message)
    assert client.get(f"/v1.0/{kind}?$top=999").status_code == 200
