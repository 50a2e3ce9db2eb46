"""Identity providers, attributes of user flows, API connectors: ids, and what is not told."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.graph.whole.conftest import make, seed

CONNECTORS = "identity/apiConnectors"
SOCIAL = {"@odata.type": "#microsoft.graph.socialIdentityProvider"}


@pytest.mark.parametrize(
    ("path", "kind", "rest"),
    [
        ("identityProviders", "type", {"name": "Amazon"}),
        ("identity/identityProviders", "identityProviderType", SOCIAL),
    ],
)
def test_a_provider_has_the_id_of_its_type_and_tells_no_secret(client, path, kind, rest):
    body = {**rest, kind: "Amazon", "clientId": "c", "clientSecret": "s3cret"}

    made = make(client, path, body)

    assert (made["id"], made["clientSecret"]) == ("Amazon-OAUTH", "*****")
    url = f"/v1.0/{path}/Amazon-OAUTH"
    assert client.patch(url, json={**rest, "clientSecret": "other"}).status_code == 204
    assert client.get(url).json["clientSecret"] == "*****"
    assert "s3cret" not in client.get(f"/_fakegraph/records/{path}").text
    assert client.post(f"/v1.0/{path}", json=body).status_code in (400, 409)
    assert client.post(f"/v1.0/{path}", json={**body, kind: "Myspace"}).status_code == 400


def test_an_attribute_and_a_flow_have_ids_as_the_service_makes_them(client):
    kind = {"dataType": "string", "description": "What one likes"}
    attribute = make(client, "identity/userFlowAttributes", {"displayName": "Hobby 1", **kind})
    flow = {"id": "Partner", "userFlowType": "signUpOrSignIn", "userFlowTypeVersion": 1}

    assert attribute["id"].startswith("extension_")
    assert attribute["id"].endswith("_Hobby1")
    assert attribute["userFlowAttributeType"] == "custom"
    assert make(client, "identity/b2xUserFlows", flow)["id"] == "B2X_1_Partner"
    assert client.get("/v1.0/identity/b2xUserFlows/B2X_1_Partner").status_code == 200
    seed(client, {"identity/b2xUserFlows": [{"id": "Own"}]})
    assert client.get("/v1.0/identity/b2xUserFlows/Own").status_code == 200


def signed(password):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "connector")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    made = builder.sign(key, hashes.SHA256())
    kept = BestAvailableEncryption(password)
    data = pkcs12.serialize_key_and_certificates(b"a", key, made, None, kept)
    return base64.b64encode(data).decode(), made.fingerprint(hashes.SHA1()).hex().upper()


def test_a_connector_tells_no_password_and_of_a_certificate_what_is_public(client):
    basic = {"@odata.type": "#microsoft.graph.basicAuthentication", "username": "u"}
    own = {"displayName": "T", "targetUrl": "https://contoso.com/api"}

    made = make(
        client, CONNECTORS, {**own, "authenticationConfiguration": {**basic, "password": "p"}}
    )

    assert made["authenticationConfiguration"] == {**basic, "password": "******"}
    data, thumbprint = signed(b"secret")
    sent = {"@odata.type": "#microsoft.graph.pkcs12Certificate", "pkcs12Value": data}
    change = {"authenticationConfiguration": {**sent, "password": "secret"}}
    url = f"/v1.0/{CONNECTORS}/{made['id']}"
    assert client.patch(url, json=change).status_code == 204
    found = client.get(url).json["authenticationConfiguration"]
    assert found["@odata.type"] == "#microsoft.graph.clientCertificateAuthentication"
    assert [each["thumbprint"] for each in found["certificateList"]] == [thumbprint]
    assert "password" not in found
    assert client.post(f"/v1.0/{CONNECTORS}", json=own).status_code == 400
