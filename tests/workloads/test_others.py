"""Printing, education, Intune: parts of Graph of which the model says nearly all."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user


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


def test_a_class_is_a_group_with_the_same_id(client):
    id_ = make(client, "users", user())["id"]
    seed(client, {"education/users": [{"id": id_}]})
    body = {"displayName": "Health 1", "mailNickname": "health1", "classCode": "H1"}
    class_ = make(client, "education/classes", body)["id"]

    path, group = f"/v1.0/education/classes/{class_}", f"groups/{class_}"
    found = client.get(f"{path}/group?$select=id,mail,groupTypes").json
    assert (found["id"], found["mail"]) == (class_, "health1@contoso.com")
    assert found["groupTypes"] == ["Unified"]
    assert_error(client.post("/v1.0/education/classes", json=body), 400, "Request_BadRequest")
    for name in ("members", "teachers"):
        link = {"@odata.id": f"https://graph.microsoft.com/v1.0/education/users/{id_}"}
        assert client.post(f"{path}/{name}/$ref", json=link).status_code == 204
    assert [each["id"] for each in listed(client, f"{group}/members")] == [id_]
    assert [each["id"] for each in listed(client, f"{group}/owners")] == [id_]
    client.delete(f"{path}/members/{id_}/$ref")
    assert listed(client, f"{group}/members") == []
    client.patch(path, json={"displayName": "Health 2"})
    assert client.get(f"/v1.0/{group}").json["displayName"] == "Health 2"

    assert client.delete(path).status_code == 204
    assert client.get(f"/v1.0/{group}").status_code == 404
    other = make(client, "education/classes", body)["id"]
    client.delete(f"/v1.0/groups/{other}")
    assert listed(client, "education/classes") == []


def test_a_class_of_which_no_group_is_known_has_none(client):
    seed(client, {"education/classes": [{"id": "c1"}]})
    refused = client.get("/v1.0/education/classes/c1/group")
    assert_error(refused, 404, "Request_ResourceNotFound", "Resource 'group' does not exist")


def test_contents_of_a_learning_provider_are_taken_in_later_and_shown_at_once(client):
    seed(client, {"employeeExperience/learningProviders": [{"id": "p"}]})
    path = "/v1.0/employeeExperience/learningProviders/p/learningContents(externalId='LP1')"
    content = {"title": "Teams", "externalId": "LP1", "contentWebUrl": "https://contoso.com/1"}
    lacking = client.patch(path, json=content)
    assert_error(lacking, 400, "BadRequest", "languageTag")
    made = client.patch(path, json={**content, "languageTag": "en-us"})
    changed = client.patch(path, json={"title": "Teams 2"})
    assert [(each.status_code, each.json["title"]) for each in (made, changed)] == [
        (202, "Teams"),
        (202, "Teams 2"),
    ]
    assert client.get(path).json["title"] == "Teams 2"


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


@pytest.mark.parametrize("holder", ["printers", "shares"])
def test_a_document_is_uploaded_in_ranges_before_its_job_starts(client, holder):
    seed(client, {f"print/{holder}": [{"id": "p"}]})
    jobs = f"print/{holder}/p/jobs"
    job = make(client, jobs, {"configuration": {"copies": 2}})
    (document,) = job["documents"]
    assert (job["status"]["state"], document["size"]) == ("paused", 0)
    url = f"/v1.0/{jobs}/{job['id']}/documents/{document['id']}"
    said = {"documentName": "a.pdf", "contentType": "application/pdf", "size": 10}

    nothing = client.post(f"{url}/createUploadSession", json={"properties": {**said, "size": 0}})
    assert nothing.status_code == 400
    session = client.post(f"{url}/createUploadSession", json={"properties": said}).json
    assert session["nextExpectedRanges"] == ["0-9"]
    assert client.get(url).json["size"] == 0

    def put(first, data):
        head = {"Content-Range": f"bytes {first}-{first + len(data) - 1}/10"}
        return client.put(session["uploadUrl"], data=data, headers=head)

    more = put(0, b"12345")
    assert (more.status_code, more.json["nextExpectedRanges"]) == (202, ["5-9"])
    assert put(0, b"12345").status_code == 416
    whole = put(5, b"67890")
    assert whole.status_code == 201
    assert (whole.json["id"], whole.json["displayName"]) == (document["id"], "a.pdf")
    assert client.put(session["uploadUrl"], data=b"1").status_code == 404

    found = client.get(url).json
    assert (found["size"], found["contentType"]) == (10, "application/pdf")
    assert found["uploadedDateTime"]
    moved = client.get(f"{url}/$value")
    assert moved.status_code == 302
    bytes_of_it = client.get(moved.headers["Location"])
    assert (bytes_of_it.data, bytes_of_it.content_type) == (b"1234567890", "application/pdf")
    assert client.post(f"/v1.0/{jobs}/{job['id']}/start").json["state"] == "pending"


def test_a_printer_goes_back_to_the_defaults_that_it_had_at_first(client):
    first = {"copiesPerJob": 1, "colorMode": "color"}
    seed(client, {"print/printers": [{"id": "p", "defaults": first}]})
    url = "/v1.0/print/printers/p"

    for copies in (2, 3):
        assert client.patch(url, json={"defaults": {"copiesPerJob": copies}}).status_code == 200
    assert client.get(url).json["defaults"] == {"copiesPerJob": 3}
    restored = client.post(f"{url}/restoreFactoryDefaults")

    assert (restored.status_code, restored.data) == (204, b"")
    assert client.get(url).json["defaults"] == first
    assert "factory" not in client.get(url).text
