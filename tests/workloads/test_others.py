"""Printing, education, Intune: parts of Graph of which the model says nearly all."""

from __future__ import annotations

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed


def test_a_share_is_of_another_printer_once_it_is_bound(client):
    seed(
        client,
        {"print/printers": [{"id": "p1", "displayName": "Hall"}], "print/shares": [{"id": "s1"}]},
    )
    url = "https://graph.microsoft.com/v1.0/print/printers/p1"

    response = client.patch("/v1.0/print/shares/s1", json={"printer@odata.bind": url})

    assert response.status_code == 200, response.text
    found = client.get("/v1.0/print/shares/s1?$expand=printer").json
    assert found["printer"]["displayName"] == "Hall"


def test_classes_and_schools_know_each_other(client):
    seed(
        client,
        {
            "education/classes": [{"id": "c1", "displayName": "Maths"}],
            "education/schools/s1/classes": [{"id": "c1"}],
        },
    )

    (found,) = listed(client, "education/schools/s1/classes")
    assert found["displayName"] == "Maths"
    assert [each["id"] for each in listed(client, "education/classes/c1/schools")] == ["s1"]


def test_who_is_in_a_class_has_it_among_the_own(client):
    seed(client, {"education/classes": [{"id": "c1"}], "education/users": [{"id": "u1"}]})
    url = "https://graph.microsoft.com/v1.0/education/users/u1"

    response = client.post("/v1.0/education/classes/c1/members/$ref", json={"@odata.id": url})

    assert response.status_code == 204, response.text
    assert [each["id"] for each in listed(client, "education/users/u1/classes")] == ["c1"]
    assert listed(client, "education/users/u1/taughtClasses") == []


def test_a_policy_of_a_derived_type_is_kept_as_that(client):
    made = make(
        client,
        "deviceManagement/deviceConfigurations",
        {
            "@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration",
            "displayName": "iOS",
            "cameraBlocked": True,
        },
    )

    (found,) = listed(client, "deviceManagement/deviceConfigurations")
    assert found["@odata.type"] == "#microsoft.graph.iosGeneralDeviceConfiguration"
    assert (found["id"], found["cameraBlocked"]) == (made["id"], True)


def test_a_policy_has_a_type_that_can_be_made(client):
    response = client.post(
        "/v1.0/deviceManagement/deviceConfigurations", json={"displayName": "of no type"}
    )

    assert_error(response, 400, "BadRequest", "is abstract")
    assert listed(client, "deviceManagement/deviceConfigurations") == []


def test_governance_is_kept(client):
    made = make(client, "identityGovernance/entitlementManagement/catalogs", {"displayName": "A"})

    path = f"/v1.0/identityGovernance/entitlementManagement/catalogs/{made['id']}"
    assert client.patch(path, json={"displayName": "B"}).status_code in (200, 204)
    assert client.get(path).json["displayName"] == "B"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
