"""What directory objects do beside being read and written: passwords, guests, keys, domains, licences."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_long_running import PASSWORD, signed_in, tell_time

OLD, NEW = "xWwvJ]6NMw+bWH-d", "N3w&Secret!word"
SKU = "c7df2760-2c81-4ef7-b578-5b5392b571df"
NOW = "2026-03-01T08:00:00Z"


@pytest.fixture
def graph(client):
    tell_time(client, {"now": NOW, "frozen": True})
    return client


@pytest.fixture
def ada(graph):
    return make(graph, "users", user())


def post(client, path, body=None):
    return client.post(f"/v1.0/{path}", json={} if body is None else body)


# Passwords ----------------------------------------------------------------------------------------


def test_who_is_signed_in_changes_the_password(graph, ada):
    answer = post(graph, "me/changePassword", {"currentPassword": OLD, "newPassword": NEW})

    assert answer.status_code == 204, answer.text
    assert (signed_in(graph, NEW), signed_in(graph, OLD)) == (None, [50126])
    found = graph.get(f"/v1.0/users/{ada['id']}?$select=lastPasswordChangeDateTime").json
    assert found["lastPasswordChangeDateTime"] == NOW


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"currentPassword": "wrong", "newPassword": NEW}, "paramName: oldPassword"),
        ({"currentPassword": OLD, "newPassword": "x"}, "password complexity requirements"),
        ({"currentPassword": OLD}, "newPassword"),
        ({"newPassword": NEW}, "currentPassword"),
    ],
)
def test_a_change_of_password_that_is_refused(graph, ada, body, words):
    assert_error(post(graph, "me/changePassword", body), 400, "Request_BadRequest", words)
    assert signed_in(graph, OLD) is None


def test_nobody_changes_the_password_of_another_so(graph, ada):
    bo = make(graph, "users", user(userPrincipalName="bo@contoso.com", mailNickname="bo"))
    body = {"currentPassword": OLD, "newPassword": NEW}

    refused = post(graph, f"users/{bo['id']}/changePassword", body)

    assert_error(refused, 403, "Authorization_RequestDenied", "Insufficient privileges")


@pytest.mark.parametrize(
    ("password", "failed"),
    [
        (NEW, []),
        ("P@ssw0rd", ["PasswordNotBanned"]),
        ("x", ["PasswordMinLength", "PasswordComplexity"]),
        ("aB1" * 86, ["PasswordMaxLength"]),
    ],
)
def test_a_password_is_tried_by_rule(graph, ada, password, failed):
    answer = graph.post("/beta/users/validatePassword", json={"password": password}).json

    assert answer["isValid"] is not bool(failed)
    results = answer["validationResults"]
    assert [each["ruleName"] for each in results if not each["validationPassed"]] == failed
    profile = {"passwordProfile": {"password": password}}
    status = graph.patch(f"/v1.0/users/{ada['id']}", json=profile).status_code
    assert status == (400 if failed else 204)


def test_a_password_that_is_patched_is_wanted_from_then_on(graph, ada):
    profile = {"passwordProfile": {"password": NEW, "forceChangePasswordNextSignIn": False}}

    assert graph.patch(f"/v1.0/users/{ada['id']}", json=profile).status_code == 204

    assert (signed_in(graph, NEW), signed_in(graph, OLD)) == (None, [50126])
    weak = graph.patch(f"/v1.0/users/{ada['id']}", json={"passwordProfile": {"password": "x"}})
    assert_error(weak, 400, "Request_BadRequest", "password complexity")
    assert signed_in(graph, NEW) is None


# Guests -------------------------------------------------------------------------------------------

INVITE = {"invitedUserEmailAddress": "Eve@fabrikam.com", "inviteRedirectUrl": "https://x.test"}


@pytest.fixture
def contoso_domains(graph):
    domains = [
        {"id": "contoso.com", "isVerified": True, "isDefault": True},
        {"id": "contoso.onmicrosoft.com", "isVerified": True, "isInitial": True},
    ]
    seed(graph, {"domains": domains})
    return graph


def test_who_is_invited_is_a_guest(contoso_domains):
    graph = contoso_domains

    body = {**INVITE, "invitedUserDisplayName": "Eve", "sendInvitationMessage": True}
    told = post(graph, "invitations", body)

    assert told.status_code == 201, told.text
    said = told.json
    assert (said["status"], said["invitedUserType"]) == ("PendingAcceptance", "Guest")
    assert (said["resetRedemption"], said["sendInvitationMessage"]) == (False, True)
    assert said["inviteRedeemUrl"].startswith("https://login.microsoftonline.com/redeem?rd=")
    assert said["invitedUserMessageInfo"]["ccRecipients"][0]["emailAddress"]["address"] is None
    names = (
        "userPrincipalName,userType,creationType,externalUserState,mail,displayName,accountEnabled"
    )
    guest = graph.get(f"/v1.0/users/{said['invitedUser']['id']}?$select={names}").json
    guest.pop("@odata.context")
    assert guest == {
        "userPrincipalName": "Eve_fabrikam.com#EXT#@contoso.onmicrosoft.com",
        "userType": "Guest",
        "creationType": "Invitation",
        "externalUserState": "PendingAcceptance",
        "mail": "Eve@fabrikam.com",
        "displayName": "Eve",
        "accountEnabled": True,
    }


def test_an_invitation_without_a_name_says_so(contoso_domains):
    said = post(contoso_domains, "invitations", INVITE).json
    assert said["invitedUserDisplayName"] is None


def test_who_is_invited_again_is_the_same(contoso_domains):
    first, second = (post(contoso_domains, "invitations", INVITE).json for _ in range(2))

    assert first["invitedUser"] == second["invitedUser"]
    assert first["id"] != second["id"]
    assert len(listed(contoso_domains, "users")) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"invitedUserEmailAddress": None}, "invitedUserEmailAddress"),
        ({"inviteRedirectUrl": None}, "inviteRedirectUrl"),
        ({"inviteRedirectUrl": "nowhere"}, "inviteRedirectUrl"),
        ({"invitedUserEmailAddress": "nobody"}, "invitedUserEmailAddress"),
        ({"invitedUserEmailAddress": "x@contoso.com"}, "verified domain of this directory"),
        ({"invitedUserType": "Robot"}, "invitedUserType"),
    ],
)
def test_an_invitation_that_is_refused(contoso_domains, change, words):
    body = {name: each for name, each in {**INVITE, **change}.items() if each is not None}

    assert_error(post(contoso_domains, "invitations", body), 400, "BadRequest", words)
    assert listed(contoso_domains, "users") == []


def test_no_invitation_is_redeemed_again(contoso_domains):
    refused = post(contoso_domains, "invitations", {**INVITE, "resetRedemption": True})
    assert_error(refused, 501, "NotImplemented", "resetRedemption")


def test_who_is_there_already_is_not_invited(contoso_domains):
    seed(
        contoso_domains,
        {"users": [user(mail="eve@fabrikam.com", userPrincipalName="e@contoso.com")]},
    )
    (known,) = listed(contoso_domains, "users")

    refused = post(contoso_domains, "invitations", INVITE)

    assert_error(
        refused, 400, "BadRequest", f"already exists in the directory as object ID: {known['id']}"
    )


# Keys ---------------------------------------------------------------------------------------------


def certificate():
    """A certificate, and its thumbprint."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1))
        .not_valid_after(datetime(2027, 1, 1))
        .sign(key, hashes.SHA256())
    )
    data = made.public_bytes(serialization.Encoding.DER)
    return base64.b64encode(data).decode(), made.fingerprint(hashes.SHA1())


def proof(about, **changes):
    """A proof of possession, whose signature nobody looks at."""
    now = int(
        (datetime.fromisoformat(NOW.removesuffix("Z")) - datetime(1970, 1, 1))
        / timedelta(seconds=1)
    )
    claims = {
        "aud": "00000002-0000-0000-c000-000000000000",
        "iss": about["id"],
        "nbf": now,
        "exp": now + 600,
        **changes,
    }
    parts = ({"alg": "RS256"}, claims)
    texts = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts
    ]
    return ".".join([*texts, "c2lnbmF0dXJl"])


@pytest.fixture(params=["applications", "servicePrincipals"])
def keyed(graph, request):
    """What has a certificate, and its path."""
    key, _ = certificate()
    known = {
        "keyCredentials": [
            {
                "type": "AsymmetricX509Cert",
                "usage": "Verify",
                "key": key,
                "keyId": "00000000-0000-0000-0000-000000000005",
            }
        ]
    }
    app = {
        "id": "00000000-0000-0000-0000-00000000000a",
        "displayName": "App",
        "appId": "00000000-0000-0000-0000-00000000000b",
        **known,
    }
    principal = {"id": "00000000-0000-0000-0000-00000000000c", "appId": app["appId"], **known}
    seed(graph, {"applications": [app], "servicePrincipals": [principal]})
    about = app if request.param == "applications" else principal
    return about, f"{request.param}/{about['id']}"


def keys(client, path):
    found = client.get(f"/v1.0/{path}?$select=keyCredentials").json["keyCredentials"]
    return [each["keyId"] for each in found]


def test_a_key_is_added_and_removed(graph, keyed):
    about, path = keyed
    key, thumbprint = certificate()
    key = "\n".join((key[:64], key[64:], ""))  # as OpenSSL writes it
    credential = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": key, "displayName": "new"}
    body = {"keyCredential": credential, "passwordCredential": None, "proof": proof(about)}

    added = post(graph, f"{path}/addKey", body)

    assert added.status_code == 200, added.text
    said = added.json
    assert (said["displayName"], said["key"]) == ("new", None)
    assert said["startDateTime"].startswith("2026-01-01T00:00:00")
    assert said["endDateTime"].startswith("2027-01-01T00:00:00")
    assert base64.b64decode(said["customKeyIdentifier"]) == thumbprint
    assert said["keyId"] in keys(graph, path)
    gone = post(graph, f"{path}/removeKey", {"keyId": said["keyId"], "proof": proof(about)})
    assert gone.status_code == 204
    assert said["keyId"] not in keys(graph, path)
    again = post(graph, f"{path}/removeKey", {"keyId": said["keyId"], "proof": proof(about)})
    assert_error(again, 400, "Request_BadRequest", said["keyId"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "00000003-0000-0000-c000-000000000000"},
        {"iss": "00000000-0000-0000-0000-000000000009"},
        {"exp": 9_999_999_999},
        {"nbf": 1, "exp": 2},
        {"nbf": "soon"},
        None,
    ],
)
def test_a_proof_that_proves_nothing(graph, keyed, wrong):
    about, path = keyed
    before = keys(graph, path)
    text = "x.y.z" if wrong is None else proof(about, **wrong)
    body = {
        "keyCredential": {"type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate()[0]}
    }

    refused = post(graph, f"{path}/addKey", {**body, "proof": text})

    assert_error(refused, 400, "Authentication_MissingOrMalformed")
    removed = post(graph, f"{path}/removeKey", {"keyId": before[0], "proof": text})
    assert_error(removed, 400, "Authentication_MissingOrMalformed")
    assert keys(graph, path) == before


@pytest.mark.parametrize(
    "credential",
    [{"key": "AAAA"}, {"key": None}, {"type": "Symmetric"}, {"usage": "Sign"}],
)
def test_a_key_that_is_none(graph, keyed, credential):
    about, path = keyed
    whole = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate()[0], **credential}

    refused = post(graph, f"{path}/addKey", {"keyCredential": whole, "proof": proof(about)})

    assert_error(refused, 400, "Request_BadRequest")
    assert len(keys(graph, path)) == 1


def test_a_service_principal_gets_a_certificate_to_sign_tokens_with(graph):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    id_ = "00000000-0000-0000-0000-00000000000c"
    seed(
        graph, {"servicePrincipals": [{"id": id_, "appId": "00000000-0000-0000-0000-00000000000b"}]}
    )
    body = {"displayName": "CN=customDisplayName", "endDateTime": "2027-01-25T00:00:00Z"}

    said = post(graph, f"servicePrincipals/{id_}/addTokenSigningCertificate", body)

    assert said.status_code == 200, said.text
    made = x509.load_der_x509_certificate(base64.b64decode(said.json["key"]))
    assert made.subject.rfc4514_string() == "CN=customDisplayName"
    assert made.fingerprint(hashes.SHA1()).hex().upper() == said.json["thumbprint"]
    assert (said.json["usage"], said.json["type"]) == ("Verify", "AsymmetricX509Cert")
    assert said.json["endDateTime"] == body["endDateTime"]
    found = graph.get(f"/v1.0/servicePrincipals/{id_}?$select=keyCredentials,passwordCredentials")
    usages = sorted(each["usage"] for each in found.json["keyCredentials"])
    assert usages == ["Sign", "Verify"]
    assert len(found.json["passwordCredentials"]) == 1
    for wrong in ("x", "CN=", f"CN={'x' * 65}"):
        bad = post(
            graph, f"servicePrincipals/{id_}/addTokenSigningCertificate", {"displayName": wrong}
        )
        assert_error(bad, 400, "Request_BadRequest")


# Domains ------------------------------------------------------------------------------------------


def test_a_domain_is_verified(contoso_domains):
    graph = contoso_domains
    seed(
        graph,
        {"organization": [{"id": "00000000-0000-0000-0000-0000000000ff", "verifiedDomains": []}]},
    )
    made = make(graph, "domains", {"id": "fabrikam.com"})
    assert (made["isVerified"], made["isDefault"], made["isRoot"]) == (False, False, True)
    assert made["authenticationType"] == "Managed"
    principal = user(userPrincipalName="ada@fabrikam.com")
    assert post(graph, "users", principal).status_code == 400
    records = listed(graph, "domains/fabrikam.com/verificationDnsRecords")
    assert {each["recordType"] for each in records} == {"Txt", "Mx"}

    verified = post(graph, "domains/fabrikam.com/verify")

    assert verified.status_code == 200, verified.text
    assert verified.json["isVerified"] is True
    assert post(graph, "users", principal).status_code == 201
    (organization,) = listed(graph, "organization")
    assert "fabrikam.com" in [each["name"] for each in organization["verifiedDomains"]]


def test_a_subdomain_is_verified_with_its_root_and_promoted(contoso_domains):
    graph = contoso_domains
    made = make(graph, "domains", {"id": "east.contoso.com"})
    assert (made["isVerified"], made["isRoot"]) == (True, False)

    assert post(graph, "domains/east.contoso.com/promote").json["value"] is True

    assert graph.get("/v1.0/domains/east.contoso.com").json["isRoot"] is True
    make(graph, "domains", {"id": "other.example"})
    assert post(graph, "domains/other.example/promote").status_code == 400


# Authentication methods ---------------------------------------------------------------------------


MOBILE = "3179e48a-750b-4051-897c-87b9720928f7"


def test_a_phone_signs_in_by_text(graph, ada):
    path = f"users/{ada['id']}/authentication/phoneMethods"
    phone = make(graph, path, {"phoneNumber": "+1 2065555555", "phoneType": "mobile"})
    one = f"{path}/{phone['id']}"

    assert post(graph, f"{one}/enableSmsSignIn").status_code == 204
    assert graph.get(f"/v1.0/{one}").json["smsSignInState"] == "ready"
    assert post(graph, f"{one}/disableSmsSignIn").status_code == 204
    assert graph.get(f"/v1.0/{one}").json["smsSignInState"] == "notEnabled"


def test_seeds_have_methods_beside_the_password(graph, ada):
    path = f"users/{ada['id']}/authentication/methods"
    phone = {"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "id": MOBILE}
    seed(graph, {path: [{**phone, "phoneType": "mobile", "phoneNumber": "+1 2065555555"}]})
    assert [each["id"] for each in listed(graph, path)] == [PASSWORD, MOBILE]


def test_a_pass_is_shown_once_and_alone(graph, ada):
    path = f"users/{ada['id']}/authentication/temporaryAccessPassMethods"
    kind = "#microsoft.graph.temporaryAccessPassAuthenticationMethod"
    policies = "policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
    policy = f"{policies}/temporaryAccessPass"

    first = make(graph, path, {"lifetimeInMinutes": 60, "isUsableOnce": False})

    assert len(first["temporaryAccessPass"]) >= 8
    assert (first["isUsable"], first["methodUsabilityReason"]) == (False, "DisabledByPolicy")
    change = {"@odata.type": f"{kind}Configuration", "state": "enabled"}
    assert graph.patch(f"/v1.0/{policy}", json=change).status_code == 204
    (found,) = listed(graph, path)
    assert (found["isUsable"], found["methodUsabilityReason"]) == (True, "EnabledByPolicy")
    assert found["temporaryAccessPass"] is None
    assert "temporaryAccessPass" not in graph.get("/_fakegraph/changes").text.replace(
        "temporaryAccessPassMethods", ""
    ).replace("temporaryAccessPassAuth", "")
    second = make(graph, path, {"startDateTime": "2026-03-01T09:00:00Z"})
    assert (second["isUsable"], second["methodUsabilityReason"]) == (False, "NotYetValid")
    assert [each["id"] for each in listed(graph, path)] == [second["id"]]
    tell_time(graph, {"now": "2026-03-01T09:30:00Z"})
    assert listed(graph, path)[0]["isUsable"] is True
    tell_time(graph, {"now": "2026-03-01T10:00:00Z"})
    (found,) = listed(graph, path)
    assert (found["isUsable"], found["methodUsabilityReason"]) == (False, "Expired")
    for minutes in (9, 43201):
        assert_error(post(graph, path, {"lifetimeInMinutes": minutes}), 400, "badRequest")


# Licences -----------------------------------------------------------------------------------------


@pytest.fixture
def licensed(graph):
    """A group with two members, and a licence for three."""
    sku = {
        "id": f"t_{SKU}",
        "skuId": SKU,
        "skuPartNumber": "E5",
        "consumedUnits": 0,
        "prepaidUnits": {"enabled": 2},
        "servicePlans": [],
    }
    people = [
        user(
            id=f"00000000-0000-0000-0000-00000000000{n}",
            userPrincipalName=f"u{n}@x.com",
            mailNickname=f"u{n}",
            usageLocation="DE",
        )
        for n in (1, 2)
    ]
    group = {
        "id": "00000000-0000-0000-0000-0000000000aa",
        "displayName": "G",
        "mailNickname": "g",
        "mailEnabled": False,
        "securityEnabled": True,
        "members": people,
    }
    seed(graph, {"subscribedSkus": [sku], "groups": [group]})
    return graph, f"groups/{group['id']}", people


def consumed(client):
    return listed(client, "subscribedSkus")[0]["consumedUnits"]


def licence(client, who):
    names = "assignedLicenses,licenseAssignmentStates"
    found = client.get(f"/v1.0/users/{who['id']}?$select={names}").json
    states = [each.get("assignedByGroup") for each in found["licenseAssignmentStates"] or []]
    return [each["skuId"] for each in found["assignedLicenses"] or []], states


def test_members_have_the_licences_of_their_group(licensed):
    graph, path, people = licensed
    give = {"addLicenses": [{"skuId": SKU, "disabledPlans": []}], "removeLicenses": []}

    answer = post(graph, f"{path}/assignLicense", give)

    assert answer.status_code in (200, 202), answer.text
    found = graph.get(f"/v1.0/{path}?$select=assignedLicenses").json["assignedLicenses"]
    assert [each["skuId"] for each in found] == [SKU]
    id_ = path.rpartition("/")[2]
    assert [licence(graph, each) for each in people] == [([SKU], [id_])] * 2
    assert consumed(graph) == 2
    own = {"addLicenses": [], "removeLicenses": [SKU]}
    refused = post(graph, f"users/{people[0]['id']}/assignLicense", own)
    assert_error(refused, 400, "Request_BadRequest", "inherited from a group membership")
    take = {"addLicenses": [], "removeLicenses": [SKU]}
    assert post(graph, f"{path}/assignLicense", take).status_code in (200, 202)
    assert [licence(graph, each) for each in people] == [([], [])] * 2
    assert consumed(graph) == 0


def test_a_licence_is_worked_out_anew(licensed):
    graph, path, people = licensed
    give = {"addLicenses": [{"skuId": SKU, "disabledPlans": []}], "removeLicenses": []}
    post(graph, f"{path}/assignLicense", give)
    assert graph.delete(f"/v1.0/{path}/members/{people[0]['id']}/$ref").status_code == 204

    answer = post(graph, f"users/{people[0]['id']}/reprocessLicenseAssignment")

    assert answer.status_code == 200
    assert answer.json["id"] == people[0]["id"]
    assert licence(graph, people[0]) == ([], [])
    assert licence(graph, people[1])[0] == [SKU]
    assert consumed(graph) == 1


def test_who_joins_a_licensed_group_has_its_licences_until_they_leave(licensed):
    graph, path, people = licensed
    sku = listed(graph, "subscribedSkus")[0]["id"]
    seed(graph, {f"subscribedSkus/{sku}": {"prepaidUnits": {"enabled": 9}}})
    give = {"addLicenses": [{"skuId": SKU, "disabledPlans": []}], "removeLicenses": []}
    post(graph, f"{path}/assignLicense", give)
    names = {"userPrincipalName": "late@contoso.com", "usageLocation": "DE"}
    late, nowhere = (
        make(graph, "users", user(**{**names, **more}))
        for more in ({}, {"userPrincipalName": "x@contoso.com", "usageLocation": None})
    )
    for each in (late, nowhere):
        link = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{each['id']}"}
        assert post(graph, f"{path}/members/$ref", link).status_code == 204
    id_ = path.rpartition("/")[2]
    assert licence(graph, late) == ([SKU], [id_])
    assert licence(graph, nowhere)[0] == []
    (details,) = listed(graph, f"users/{late['id']}/licenseDetails")
    assert details["skuId"] == SKU
    assert consumed(graph) == 3
    own = {"addLicenses": [{"skuId": SKU}], "removeLicenses": []}
    post(graph, f"users/{late['id']}/assignLicense", own)
    assert graph.delete(f"/v1.0/{path}/members/{late['id']}/$ref").status_code == 204
    assert licence(graph, late) == ([SKU], [None])
    assert graph.delete(f"/v1.0/{path}/members/{people[0]['id']}/$ref").status_code == 204
    assert licence(graph, people[0]) == ([], [])
    assert listed(graph, f"users/{people[0]['id']}/licenseDetails") == []
    assert consumed(graph) == 2


def test_a_group_has_no_more_licences_than_there_are(licensed):
    graph, path, people = licensed
    sku = listed(graph, "subscribedSkus")[0]["id"]
    seed(graph, {f"subscribedSkus/{sku}": {"prepaidUnits": {"enabled": 1}}})
    give = {"addLicenses": [{"skuId": SKU, "disabledPlans": []}], "removeLicenses": []}
    assert post(graph, f"{path}/assignLicense", give).status_code in (200, 202)
    assert [licence(graph, each)[0] for each in people] == [[SKU], []]
    found = graph.get(f"/v1.0/users/{people[1]['id']}?$select=licenseAssignmentStates").json
    (state,) = found["licenseAssignmentStates"]
    assert (state["state"], state["error"]) == ("Error", "CountViolation")
    assert consumed(graph) == 1


def test_a_group_that_is_not_secured_has_no_licences(graph):
    group = make(
        graph,
        "groups",
        {
            "displayName": "G",
            "mailNickname": "g",
            "mailEnabled": True,
            "securityEnabled": False,
            "groupTypes": ["Unified"],
        },
    )
    give = {"addLicenses": [], "removeLicenses": []}
    assert post(graph, f"groups/{group['id']}/assignLicense", give).status_code == 400


@pytest.mark.parametrize("kind", ["users", "groups"])
def test_provisioning_is_tried_again(graph, kind):
    error = {"createdDateTime": NOW, "isResolved": False, "serviceInstance": "x"}
    body = (
        user()
        if kind == "users"
        else {
            "displayName": "G",
            "mailNickname": "g",
            "mailEnabled": False,
            "securityEnabled": True,
        }
    )
    seed(graph, {kind: [{**body, "serviceProvisioningErrors": [error]}]})
    (found,) = listed(graph, f"{kind}?$select=id,serviceProvisioningErrors")
    assert found["serviceProvisioningErrors"] != []

    assert post(graph, f"{kind}/{found['id']}/retryServiceProvisioning").status_code == 204

    again = graph.get(f"/v1.0/{kind}/{found['id']}?$select=serviceProvisioningErrors").json
    assert again["serviceProvisioningErrors"] == []


# Restoring, and teams of groups -------------------------------------------------------------------


def test_a_user_is_restored_under_another_name(graph, ada):
    graph.delete(f"/v1.0/users/{ada['id']}")
    make(graph, "users", user())
    path = f"directory/deletedItems/{ada['id']}/restore"
    assert_error(post(graph, path), 400, "Request_BadRequest", "userPrincipalName already exists")

    back = post(graph, path, {"newUserPrincipalName": "countess@contoso.com"})

    assert back.status_code == 200, back.text
    found = graph.get(f"/v1.0/users/{ada['id']}").json
    assert found["userPrincipalName"] == "countess@contoso.com"


def test_a_restored_user_gives_up_what_another_has_of_the_addresses(graph):
    ada = make(graph, "users", user(mail="ada@contoso.com"))
    graph.delete(f"/v1.0/users/{ada['id']}")
    make(graph, "users", user(userPrincipalName="b@contoso.com", mail="ada@contoso.com"))
    path = f"directory/deletedItems/{ada['id']}/restore"
    assert_error(post(graph, path), 400, "Request_BadRequest", "proxyAddresses")

    assert post(graph, path, {"autoReconcileProxyConflict": True}).status_code == 200

    found = graph.get(f"/v1.0/users/{ada['id']}?$select=mail,proxyAddresses").json
    assert (found["mail"], found["proxyAddresses"]) == (None, [])


def test_a_group_becomes_a_team_once(graph):
    owner = make(graph, "users", user())["id"]
    group = make(
        graph,
        "groups",
        {
            "displayName": "Crew",
            "mailNickname": "crew",
            "mailEnabled": True,
            "securityEnabled": False,
            "groupTypes": ["Unified"],
            "owners@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{owner}"],
        },
    )
    path = f"/v1.0/groups/{group['id']}/team"
    assert graph.put(path, json={}).status_code == 201
    assert graph.get(f"/v1.0/teams/{group['id']}").json["displayName"] == "Crew"
    assert_error(graph.put(path, json={}), 409, "Conflict")
    plain = make(
        graph,
        "groups",
        {"displayName": "P", "mailNickname": "p", "mailEnabled": False, "securityEnabled": True},
    )
    assert graph.put(f"/v1.0/groups/{plain['id']}/team", json={}).status_code == 400
    assert graph.get(f"/v1.0/groups/{plain['id']}/team").status_code == 404


def test_an_action_that_gives_something_says_where_the_service_is(client):
    id_ = make(client, "users", user())["id"]
    app = make(client, "applications", {"displayName": "A"})["id"]
    answers = [
        client.post(f"/v1.0/users/{id_}/getMemberGroups", json={"securityEnabledOnly": True}),
        client.post("/v1.0/directoryObjects/getByIds", json={"ids": [id_]}),
        client.post(f"/v1.0/users/{id_}/revokeSignInSessions"),
        client.post(f"/v1.0/applications/{app}/addPassword"),
    ]
    assert [(each.status_code, each.headers["Location"]) for each in answers] == [
        (200, "http://localhost")
    ] * len(answers)
    silent = client.post("/v1.0/directoryObjects/validateProperties", json={"entityType": "Group"})
    assert (silent.status_code, "Location" in silent.headers) == (204, False)
    assert "Location" not in client.get(f"/v1.0/users/{id_}").headers


def test_a_licence_brings_its_plans_and_a_mailbox(licensed):
    graph, path, (one, _) = licensed
    plans = [
        {"servicePlanId": f"0000000{n}-0000-4000-8000-000000000000", "servicePlanName": name}
        for n, name in enumerate(("EXCHANGE_S_STANDARD", "INTUNE_A", "SWAY"))
    ]
    sku = listed(graph, "subscribedSkus")[0]["id"]
    seed(graph, {f"subscribedSkus/{sku}": {"servicePlans": plans}})
    without = [plans[2]["servicePlanId"]]
    give = {"addLicenses": [{"skuId": SKU, "disabledPlans": without}], "removeLicenses": []}
    who = f"users/{one['id']}?$select=assignedPlans,mail,proxyAddresses,userPrincipalName"

    assert post(graph, f"{path}/assignLicense", give).status_code in (200, 202)

    found = graph.get(f"/v1.0/{who}").json
    told = [(each["service"], each["capabilityStatus"]) for each in found["assignedPlans"]]
    assert told == [("exchange", "Enabled"), ("SCO", "Enabled")]
    assert found["mail"] == found["userPrincipalName"]
    assert found["proxyAddresses"] == [f"SMTP:{found['mail']}"]
    take = {"addLicenses": [], "removeLicenses": [SKU]}
    assert post(graph, f"{path}/assignLicense", take).status_code in (200, 202)
    gone = graph.get(f"/v1.0/{who}").json["assignedPlans"]
    assert {each["capabilityStatus"] for each in gone} == {"Deleted"}
