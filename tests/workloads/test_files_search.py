"""What is found in drives by words."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_files import put


@pytest.fixture
def drive(client):
    for path, data in (
        ("Reports/annual report.txt", b"profits"),
        ("Reports/2026/Budget.xlsx", b"\x00report\x00"),
        ("notes.md", b"nothing about Reporting's end"),
        ("it's.txt", b"x"),
    ):
        put(client, f"me/drive/root:/{path}:/content", data)
    client.patch("/v1.0/me/drive/root:/it's.txt", json={"description": "Quarterly"})
    return client


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("report", {"Reports", "annual report.txt", "notes.md"}),
        ("REPO", {"Reports", "annual report.txt", "notes.md"}),
        ("ort", set()),
        ("report annual", {"annual report.txt"}),
        ("annual report.txt", {"annual report.txt"}),
        ("xlsx", {"Budget.xlsx"}),
        ("profit", {"annual report.txt"}),
        ("quarterly", {"it's.txt"}),
        ("it''s", {"it's.txt"}),
        ("nothing here", set()),
    ],
)
@pytest.mark.parametrize("path", ["root/search", "search"])
def test_what_is_found_by_its_name_its_words_and_its_text(drive, path, words, found):
    value = listed(drive, f"me/drive/{path}(q='{words}')")

    assert {each["name"] for each in value} == found
    context = drive.get(f"/v1.0/me/drive/{path}(q='{words}')").json["@odata.context"]
    assert context.endswith("$metadata#Collection(microsoft.graph.driveItem)")


def test_a_folder_is_searched_at_any_depth(drive):
    value = listed(drive, "me/drive/root:/Reports:/search(q='')")

    assert {each["name"] for each in value} == {"2026", "Budget.xlsx", "annual report.txt"}


def test_what_is_found_says_where_to_tell_that_it_was_opened_and_no_path(drive):
    for path in ("root/search", "search"):
        (found,) = listed(drive, f"me/drive/{path}(q='profit')")

        assert found["searchResult"]["onClickTelemetryUrl"].endswith(found["id"])
        assert found["parentReference"].keys() == {"driveId", "driveType", "id", "name"}
    itself = drive.get(f"/v1.0/me/drive/items/{found['id']}").json
    assert "searchResult" not in itself
    assert itself["parentReference"]["path"].endswith("/root:/Reports")


def test_what_is_found_is_selected_and_comes_in_pages(drive):
    first = drive.get("/v1.0/me/drive/root/search(q='')?$top=4&$select=name").json
    rest = drive.get(first["@odata.nextLink"]).json

    names = [each["name"] for each in first["value"] + rest["value"]]
    assert len(names) == len(set(names)) == 6
    assert all(set(each) == {"name"} for each in first["value"])


def test_other_drives_are_not_searched(drive):
    seed(drive, {"users": [{"id": "u1"}]})

    assert listed(drive, "users/u1/drive/root/search(q='report')") == []


def test_wildcards_are_refused(drive):
    answer = drive.get("/v1.0/me/drive/root/search(q='*')")

    assert_error(answer, 400, "invalidRequest", "Invalid request")


def test_a_drive_finds_what_is_shared_with_its_owner(client):
    for name in ("ada", "bob"):
        make(client, "users", user(userPrincipalName=f"{name}@contoso.com", mailNickname=name))
    me = client.get("/v1.0/me").json["id"]
    path = "users/bob@contoso.com/drive/root:/plan.txt:"
    theirs = put(client, f"{path}/content")
    put(client, "users/bob@contoso.com/drive/root:/plan2.txt:/content")
    mine = put(client, "me/drive/root:/plan.txt:/content")
    body = {"recipients": [{"objectId": me}], "roles": ["read"]}
    assert client.post(f"/v1.0/{path}/invite", json=body).status_code == 200

    own, other = listed(client, "me/drive/search(q='plan')")

    assert (own["id"], other["remoteItem"]["id"]) == (mine["id"], theirs["id"])
    assert [each["id"] for each in listed(client, "me/drive/root/search(q='plan')")] == [mine["id"]]
    assert listed(client, "me/drive/search(q='nothing')") == []
