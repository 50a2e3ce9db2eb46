"""Insights: what somebody used, what was shared with whom, and what goes around."""

from __future__ import annotations

import pytest

from tests.graph.whole.conftest import listed, seed

DAYS = ("2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z")


def file(name, who, day=0, **more):
    by = {"lastModifiedBy": {"user": {"id": who}}, "lastModifiedDateTime": DAYS[day]}
    return {"id": name, "name": name, "file": {"mimeType": "text/plain"}, **by, **more}


@pytest.fixture
def there(client):
    """Ada and Bob, with files, and a group that both are in."""
    people = [
        {"id": each, "displayName": each.title(), "userPrincipalName": f"{each}@contoso.com"}
        for each in ("ada", "bob", "eve")
    ]
    group = {"id": "g", "displayName": "Team", "groupTypes": ["Unified"]}
    seed(client, {"users": people})
    seed(client, {"groups": [{**group, "members": [{"id": "ada"}, {"id": "bob"}]}]})
    mine = [file("a.docx", "ada"), file("b.xlsx", "ada", 1), file("c.txt", "bob")]
    seed(client, {"users/ada/drive/root/children": mine})
    seed(client, {"groups/g/drive/root/children": [file("d.txt", "bob"), file("e.txt", "bob", 1)]})
    return client


def titles(client, path):
    found = listed(client, path)
    return [each["resourceVisualization"]["title"] for each in found]


def test_what_somebody_changed_last_was_used(there):
    assert titles(there, "users/ada/insights/used") == ["b", "a"]
    assert titles(there, "users/bob/insights/used")[0] == "e"
    assert titles(there, "users/eve/insights/used") == []
    first, _ = listed(there, "users/ada/insights/used")
    assert first["lastUsed"]["lastModifiedDateTime"] == DAYS[1]
    shown = first["resourceVisualization"]
    assert (shown["type"], shown["containerType"]) == ("Excel", "OneDriveBusiness")
    assert first["resourceReference"]["id"].endswith("/items/b.xlsx")


def test_an_insight_is_read_by_its_id_and_leads_to_its_file(there):
    first, _ = listed(there, "users/ada/insights/used")
    path = f"/v1.0/users/ada/insights/used/{first['id']}"

    assert there.get(path).json["id"] == first["id"]
    resource = there.get(f"{path}/resource")
    assert resource.status_code == 200, resource.text
    assert (resource.json["name"], resource.json["@odata.type"]) == (
        "b.xlsx",
        "#microsoft.graph.driveItem",
    )
    theirs = f"/v1.0/users/bob/insights/used/{first['id']}"
    assert there.get(theirs).status_code == 404
    assert there.get(f"{theirs}/resource").status_code == 404


def test_what_others_let_somebody_have_is_shared(there):
    body = {
        "recipients": [{"email": "bob@contoso.com"}],
        "roles": ["read"],
        "requireSignIn": True,
        "sendInvitation": False,
    }
    answer = there.post("/v1.0/users/ada/drive/items/a.docx/invite", json=body)
    assert answer.status_code == 200, answer.text

    assert titles(there, "users/bob/insights/shared") == ["a"]
    assert titles(there, "users/ada/insights/shared") == []
    (found,) = listed(there, "users/bob/insights/shared")
    path = f"insights/shared/{found['id']}/resource"
    assert there.get(f"/v1.0/users/bob/{path}").json["name"] == "a.docx"
    assert there.get(f"/v1.0/users/eve/{path}").status_code == 404
    assert found["lastShared"]["sharedBy"]["displayName"] == "Ada"
    assert found["lastShared"]["sharingSubject"] == "a.docx"


def test_what_others_change_in_ones_groups_goes_around(there):
    assert titles(there, "users/ada/insights/trending") == ["e", "d"]
    assert titles(there, "users/bob/insights/trending") == []
    assert titles(there, "users/eve/insights/trending") == []
    first, second = listed(there, "users/ada/insights/trending")
    assert first["weight"] > second["weight"]
    path = f"insights/trending/{first['id']}/resource"
    assert there.get(f"/v1.0/users/ada/{path}").json["name"] == "e.txt"
    assert there.get(f"/v1.0/users/eve/{path}").status_code == 404


def test_insights_are_filtered_and_ordered(there):
    condition = "resourceVisualization/type eq 'Word'"

    assert titles(there, f"users/ada/insights/used?$filter={condition}") == ["a"]
    order = "lastUsed/lastModifiedDateTime asc"
    assert titles(there, f"users/ada/insights/used?$orderby={order}") == ["a", "b"]
