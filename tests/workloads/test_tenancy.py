"""The organisation, its domains, and the licences that it has bought."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, make, refusal, seed, user

SKU = "c7df2760-2c81-4ef7-b578-5b5392b571df"


def test_there_is_one_organization_and_it_stays(client):
    (found,) = listed(client, "organization")
    assert [each["id"] for each in listed(client, "organization")] == [found["id"]]
    at = f"/v1.0/organization/{found['id']}"
    changes = {"technicalNotificationMails": ["a@contoso.com"]}
    assert client.patch(at, json=changes).status_code == 204
    assert client.get(at).json["technicalNotificationMails"] == ["a@contoso.com"]
    message = refusal(client.patch(at, json={"displayName": "x"}))
    assert message == "Property 'displayName' is read-only and cannot be set."
    assert client.delete(at).status_code == client.post("/v1.0/organization").status_code == 405


def test_who_seeds_an_organization_has_that_one(client):
    id_ = "1a111111-1111-4111-8111-111111111111"
    seed(client, {"organization": [{"id": id_, "displayName": "Contoso"}]})
    assert [each["id"] for each in listed(client, "organization")] == [id_]


def test_the_organization_says_which_domains_are_verified(client):
    seed(
        client,
        {
            "domains": [
                {"id": "contoso.com", "isDefault": True, "isVerified": True},
                {"id": "fabrikam.com", "isVerified": False},
            ]
        },
    )
    (found,) = listed(client, "organization")
    assert [(each["name"], each["isDefault"]) for each in found["verifiedDomains"]] == [
        ("contoso.com", True)
    ]
    assert client.post("/v1.0/domains/fabrikam.com/verify").status_code == 200
    assert client.patch("/v1.0/domains/fabrikam.com", json={"isDefault": True}).status_code == 204
    (found,) = listed(client, "organization?$select=verifiedDomains")
    assert [each["isDefault"] for each in found["verifiedDomains"]] == [False, True]


def test_a_domain_is_made_of_its_name_and_not_verified(client):
    made = make(client, "domains", {"id": "Contoso.com"})
    assert (made["id"], made["isVerified"], made["isRoot"]) == ("contoso.com", False, True)
    assert (made["authenticationType"], made["supportedServices"]) == ("Managed", [])
    records = listed(client, "domains/contoso.com/verificationDnsRecords")
    assert [each["recordType"] for each in records] == ["Txt", "Mx"]
    assert records[0]["text"].startswith("MS=ms")
    assert client.post("/v1.0/domains", json={"id": "contoso.com"}).status_code >= 400


@pytest.mark.parametrize(
    "body", [{}, {"id": "no domain"}, {"id": "x"}, {"id": "a.com", "isVerified": True}]
)
def test_what_is_no_domain_is_not_made(client, body):
    assert client.post("/v1.0/domains", json=body).status_code == 400
    assert listed(client, "domains") == []


def test_what_lies_in_a_verified_domain_is_verified(client):
    seed(client, {"domains": [{"id": "contoso.com", "isVerified": True, "isRoot": True}]})
    made = make(client, "domains", {"id": "sales.contoso.com"})
    assert (made["isVerified"], made["isRoot"]) == (True, False)


def test_one_domain_is_the_default(client):
    seed(
        client,
        {
            "domains": [
                {"id": "a.com", "isDefault": True, "isVerified": True},
                {"id": "b.com"},
                {"id": "c.com", "isVerified": False},
            ]
        },
    )
    assert client.patch("/v1.0/domains/b.com", json={"isDefault": True}).status_code == 204
    found = {each["id"]: each["isDefault"] for each in listed(client, "domains")}
    assert found == {"a.com": False, "b.com": True, "c.com": False}
    refusal(client.patch("/v1.0/domains/c.com", json={"isDefault": True}))
    refusal(client.patch("/v1.0/domains/b.com", json={"authenticationType": "Federated"}))


def test_a_domain_that_somebody_is_in_stays(client):
    seed(client, {"domains": [{"id": "contoso.com", "isVerified": True}, {"id": "b.com"}]})
    id_ = make(client, "users", user())["id"]
    assert "ada@contoso.com" in refusal(client.delete("/v1.0/domains/contoso.com"))
    client.delete(f"/v1.0/users/{id_}")
    assert client.delete("/v1.0/domains/contoso.com").status_code == 204
    seed(client, {"domains": [{"id": "first.com", "isInitial": True}]})
    refusal(client.delete("/v1.0/domains/first.com"))


def test_licences_are_selected_and_not_filtered(client):
    seed(client, {"subscribedSkus": [{"skuId": SKU, "skuPartNumber": "SPE_E3"}]})
    (found,) = listed(client, "subscribedSkus")
    assert found["id"].endswith(f"_{SKU}")
    assert (found["consumedUnits"], found["capabilityStatus"]) == (0, "Enabled")
    assert client.get(f"/v1.0/subscribedSkus/{found['id']}").json["skuId"] == SKU
    assert listed(client, "subscribedSkus?$select=skuId") == [{"skuId": SKU}]
    for option in ("$filter=consumedUnits eq 0", "$top=1", "$orderby=skuId", "$count=true"):
        name = option.partition("=")[0]
        message = refusal(client.get(f"/v1.0/subscribedSkus?{option}"))
        assert message == f"'{name}' is not supported by the service."


def test_licences_in_use_are_counted(client):
    seed(client, {"subscribedSkus": [{"skuId": SKU, "skuPartNumber": "SPE_E3"}]})
    id_ = make(client, "users", user(usageLocation="DE"))["id"]
    at = f"/v1.0/users/{id_}"
    give = {"addLicenses": [{"skuId": SKU, "disabledPlans": []}], "removeLicenses": []}
    assert client.post(f"{at}/assignLicense", json=give).status_code == 200
    assert listed(client, "subscribedSkus")[0]["consumedUnits"] == 1
    assert [each["skuPartNumber"] for each in listed(client, f"users/{id_}/licenseDetails")] == [
        "SPE_E3"
    ]
    client.post(f"{at}/assignLicense", json={"addLicenses": [], "removeLicenses": [SKU]})
    assert listed(client, "subscribedSkus")[0]["consumedUnits"] == 0
    assert listed(client, f"users/{id_}/licenseDetails") == []


def test_a_domain_leads_to_those_who_have_its_name(client):
    for name in ("contoso.com", "example.com"):
        seed(client, {"domains": [{"id": name, "isVerified": True}]})
    ada = make(client, "users", user())["id"]
    eve = make(client, "users", user(userPrincipalName="eve@example.com", mail="e@contoso.com"))
    make(client, "users", user(userPrincipalName="x@example.com"))
    path = "domains/contoso.com/domainNameReferences"
    found = listed(client, path)
    assert {each["id"] for each in found} == {ada, eve["id"]}
    assert {each["@odata.type"] for each in found} == {"#microsoft.graph.user"}
    assert len(listed(client, f"{path}/microsoft.graph.user?$select=id")) == 2


def test_a_domain_that_is_verified_has_records_for_its_services(client):
    make(client, "domains", {"id": "contoso.com"})
    path = "domains/contoso.com/serviceConfigurationRecords"
    assert listed(client, path) == []
    for _ in range(2):
        assert client.post("/v1.0/domains/contoso.com/verify").status_code == 200
    found = {each["recordType"]: each for each in listed(client, path)}
    assert len(listed(client, path)) == len(found) == 3
    assert found["Mx"]["mailExchange"] == "contoso-com.mail.protection.outlook.com"
    assert found["Txt"]["text"].startswith("v=spf1")
    assert found["CName"]["label"] == "autodiscover.contoso.com"


def test_details_of_licences_are_not_filtered(client):
    id_ = make(client, "users", user())["id"]
    message = refusal(client.get(f"/v1.0/users/{id_}/licenseDetails?$filter=skuPartNumber eq 'x'"))
    assert message == "'$filter' is not supported by the service."


def test_one_domain_is_the_default_and_services_are_those_that_there_are(client):
    seed(client, {"domains": [{"id": "contoso.com", "isDefault": True, "supportedServices": ["Email", "Intune"]}]})  # fmt: skip
    path = "/v1.0/domains/contoso.com"
    message = refusal(client.patch(path, json={"isDefault": False}))
    assert message.startswith("There is one default domain")
    for services in (["Email", "Intune", "Sharepoint"], ["Email"]):
        message = refusal(client.patch(path, json={"supportedServices": services}))
        assert message.startswith("Invalid value specified for property 'supportedServices'")
    assert client.patch(path, json={"supportedServices": ["Intune", "Yammer"]}).status_code == 204
    assert client.get(path).json["isDefault"] is True


def test_a_domain_leads_to_the_one_that_it_lies_in(client):
    """https://learn.microsoft.com/graph/api/domain-get-rootdomain"""
    seed(client, {"domains": [{"id": "contoso.com"}, {"id": "soso.com"}]})
    make(client, "domains", {"id": "a.contoso.com"})
    for name in ("a.contoso.com", "contoso.com"):
        assert client.get(f"/v1.0/domains/{name}/rootDomain").json["id"] == "contoso.com"
