"""Navigation properties of objects that are properties."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, seed

LISTENERS = "identity/authenticationEventListeners"
FLOW = "identity/authenticationEventsFlows/f"
TYPED = f"{FLOW}/microsoft.graph.externalUsersSelfServiceSignUpEventsFlow"
LOADING = "microsoft.graph.onAuthenticationMethodLoadStartExternalUsersSelfServiceSignUp"
STARTING = "microsoft.graph.onInteractiveAuthFlowStartExternalUsersSelfServiceSignUp"
PROVIDERS = f"{TYPED}/onAuthenticationMethodLoadStart/{LOADING}/identityProviders"
HANDLER = "microsoft.graph.onTokenIssuanceStartCustomExtensionHandler"
EXTENSIONS = "identity/customAuthenticationExtensions"
APPS = f"{FLOW}/conditions/applications/includeApplications"


@pytest.fixture
def flow(client):
    seed(
        client,
        {
            "identity/identityProviders": [
                {"@odata.type": "#microsoft.graph.builtInIdentityProvider", "id": "Email-OAUTH"},
                {"@odata.type": "#microsoft.graph.builtInIdentityProvider", "id": "Otp-OAUTH"},
            ],
        },
    )
    make(
        client,
        "identity/authenticationEventsFlows",
        {
            "@odata.type": "#microsoft.graph.externalUsersSelfServiceSignUpEventsFlow",
            "id": "f",
            "displayName": "Sign up",
            "conditions": {"applications": {"includeApplications": [{"appId": "a"}]}},
            "onAuthenticationMethodLoadStart": {
                "@odata.type": f"#{LOADING}",
                "identityProviders": [{"id": "Email-OAUTH"}],
            },
            "onInteractiveAuthFlowStart": {"@odata.type": f"#{STARTING}", "isSignUpAllowed": True},
        },
    )


def test_what_is_contained_in_a_value_is_read_made_and_deleted(client, flow):
    assert [each["appId"] for each in listed(client, APPS)] == ["a"]

    made = client.post(f"/v1.0/{APPS}", json={"appId": "b"})

    assert made.status_code == 201, made.text
    assert made.json["@odata.context"].endswith(
        "$metadata#identity/authenticationEventsFlows('f')"
        "/conditions/applications/includeApplications/$entity"
    )
    assert client.get(f"/v1.0/{APPS}/b").json["appId"] == "b"
    assert client.get(f"/v1.0/{APPS}/$count").text == "2"
    assert client.post(f"/v1.0/{APPS}", json={"appId": "b"}).status_code == 400
    assert client.post(f"/v1.0/{APPS}", json={}).status_code == 400
    assert client.delete(f"/v1.0/{APPS}/a").status_code == 204
    assert client.delete(f"/v1.0/{APPS}/a").status_code == 404
    assert [each["appId"] for each in listed(client, APPS)] == ["b"]
    whole = client.get(f"/v1.0/{FLOW}").json
    assert whole["onAuthenticationMethodLoadStart"]["@odata.type"] == f"#{LOADING}"


def test_a_value_can_be_queried_as_other_collections(client, flow):
    client.post(f"/v1.0/{APPS}", json={"appId": "b"})

    assert [each["appId"] for each in listed(client, f"{APPS}?$filter=appId eq 'b'")] == ["b"]
    assert [each["appId"] for each in listed(client, f"{APPS}?$orderby=appId desc&$top=1")] == ["b"]
    assert client.get(f"/v1.0/{APPS}?$filter=name eq 'b'").status_code == 400


def test_what_a_value_is_linked_to_is_read_where_it_lives(client, flow):
    (found,) = listed(client, PROVIDERS)
    assert found["@odata.type"] == "#microsoft.graph.builtInIdentityProvider"
    url = "https://graph.microsoft.com/v1.0/identity/identityProviders/Otp-OAUTH"

    assert client.post(f"/v1.0/{PROVIDERS}/$ref", json={"@odata.id": url}).status_code == 204
    again = client.post(f"/v1.0/{PROVIDERS}/$ref", json={"@odata.id": url})

    assert again.status_code == 400
    assert [each["id"] for each in listed(client, PROVIDERS)] == ["Email-OAUTH", "Otp-OAUTH"]
    links = [each["@odata.id"] for each in listed(client, f"{PROVIDERS}/$ref")]
    assert links[1].endswith("/identity/identityProviders/Otp-OAUTH")
    assert client.delete(f"/v1.0/{PROVIDERS}/Email-OAUTH/$ref").status_code == 204
    assert [each["id"] for each in listed(client, PROVIDERS)] == ["Otp-OAUTH"]
    assert client.get("/v1.0/identity/identityProviders/Email-OAUTH").status_code == 200


def test_what_is_not_there_cannot_be_linked_from_a_value(client, flow):
    url = "https://graph.microsoft.com/v1.0/identity/identityProviders/none"

    assert client.post(f"/v1.0/{PROVIDERS}/$ref", json={"@odata.id": url}).status_code == 404
    stranger = f"https://graph.microsoft.com/v1.0/{FLOW}"
    assert client.post(f"/v1.0/{PROVIDERS}/$ref", json={"@odata.id": stranger}).status_code == 400
    assert len(listed(client, PROVIDERS)) == 1


def test_the_one_link_of_a_value_is_set(client):
    extensions = [
        {"@odata.type": "#microsoft.graph.onTokenIssuanceStartCustomExtension", "id": each}
        for each in ("one", "two")
    ]
    seed(client, {EXTENSIONS: extensions})
    made = make(
        client,
        LISTENERS,
        {
            "@odata.type": "#microsoft.graph.onTokenIssuanceStartListener",
            "handler": {"@odata.type": f"#{HANDLER}", "customExtension": {"id": "one"}},
        },
    )
    path = f"/v1.0/{LISTENERS}/{made['id']}/microsoft.graph.onTokenIssuanceStartListener/handler"
    link = f"{path}/{HANDLER}/customExtension/$ref"
    url = f"https://graph.microsoft.com/v1.0/{EXTENSIONS}/two"

    assert client.put(link, json={"@odata.id": url}).status_code == 204

    assert client.get(path).json["customExtension"]["id"] == "two"
    other = "microsoft.graph.onAttributeCollectionStartListener"
    assert client.get(f"/v1.0/{LISTENERS}/{made['id']}/{other}/handler").status_code == 404


def test_a_url_in_a_value_is_what_it_leads_to(client):
    seed(client, {"identity/apiConnectors": [{"id": "c", "displayName": "Check"}]})
    url = "https://graph.microsoft.com/v1.0/identity/apiConnectors"
    body = {"id": "U", "apiConnectorConfiguration": {"postFederationSignup": {"@odata.id": url}}}
    assert client.post("/v1.0/identity/b2xUserFlows", json=body).status_code == 400
    body["apiConnectorConfiguration"]["postFederationSignup"]["@odata.id"] = f"{url}/c"

    made = make(client, "identity/b2xUserFlows", body)

    assert made["apiConnectorConfiguration"] == {"postFederationSignup": {"id": "c"}}
    path = (
        f"/v1.0/identity/b2xUserFlows/{made['id']}/apiConnectorConfiguration/postFederationSignup"
    )
    assert client.get(path).json["displayName"] == "Check"
    assert client.delete(f"{path}/$ref").status_code == 204
    assert client.get(path).status_code == 404
    assert client.get("/v1.0/identity/apiConnectors/c").status_code == 200


def test_what_has_no_value_has_nothing_in_it(client):
    seed(client, {"users": [{"id": "8e0b0000-0000-4000-8000-000000000001"}], FLOW: {}})

    shares = "users/8e0b0000-0000-4000-8000-000000000001/print/recentPrinterShares"
    assert listed(client, shares) == []
    assert listed(client, APPS) == []
    assert client.get(f"/v1.0/{APPS}/a").status_code == 404
    assert (
        client.get(
            "/v1.0/identity/authenticationEventsFlows/none/conditions/applications/"
            "includeApplications"
        ).status_code
        == 404
    )
    assert client.post(f"/v1.0/{APPS}", json={"appId": "a"}).status_code == 201
    assert [each["appId"] for each in listed(client, APPS)] == ["a"]
