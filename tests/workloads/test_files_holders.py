"""Who has a drive, and what else is at its addresses: sites of one's own, followed ones, lists."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.workloads.test_files import put
from tests.workloads.test_files_shares import share_id

PEOPLE = [
    {"id": "ada", "userPrincipalName": "ada@contoso.com"},
    {"id": "eve", "userPrincipalName": "eve@contoso.com", "@personalSite": False},
    {"id": "guest", "userPrincipalName": "guest@contoso.com", "userType": "Guest"},
    {
        "id": "known",
        "userPrincipalName": "known@contoso.com",
        "userType": "Guest",
        "@personalSite": True,
    },
]
SITE = {
    "id": "contoso.sharepoint.com,11111111-1111-4111-8111-111111111111,"
    "22222222-2222-4222-8222-222222222222",
    "displayName": "People",
    "webUrl": "https://contoso.sharepoint.com/sites/hr",
}


@pytest.mark.parametrize(
    ("user", "status"), [("ada", 200), ("eve", 404), ("guest", 404), ("known", 200)]
)
def test_who_has_no_personal_site_has_no_drive(client, user, status):
    seed(client, {"users": PEOPLE})

    for path in ("drive", "drives", "drive/root", "drive/root/children", "followedSites"):
        answer = client.get(f"/v1.0/users/{user}/{path}")
        if status == 200:
            assert answer.status_code == 200, path
        else:
            assert_error(answer, 404, "ResourceNotFound", "User's mysite not found.")
    written = client.put(f"/v1.0/users/{user}/drive/root:/a.txt:/content", data=b"x")
    assert written.status_code == (201 if status == 200 else 404)


def test_a_user_who_is_not_there_is_missed_before_the_drive_is(client):
    refused = client.get("/v1.0/users/nobody/drive")

    assert_error(refused, 404, "Request_ResourceNotFound", "Resource 'nobody' does not exist")


def test_drives_alone_are_ones_own(client):
    seed(client, {"users": PEOPLE, "groups": [{"id": "g", "displayName": "G"}]})
    client.get("/v1.0/groups/g/drive")

    assert listed(client, "drives") == listed(client, "me/drives")
    assert len(listed(client, "drives")) == 1
    one = client.get("/v1.0/me/drive").json["id"]
    assert client.get(f"/v1.0/drives/{one}").status_code == 200


def test_an_app_by_itself_has_no_drives_of_its_own(make_client):
    client = make_client(auth="strict")
    made = client.post("/_fakegraph/tokens", json={"roles": ["Files.Read.All"]}).json

    refused = client.get(
        "/v1.0/drives", headers={"Authorization": f"Bearer {made['access_token']}"}
    )

    assert refused.status_code in (400, 403)


@pytest.mark.parametrize("path", ["me/drive/items", "drives/{id}/items"])
def test_all_items_of_a_drive_are_not_listed(client, path):
    id_ = client.get("/v1.0/me/drive").json["id"]

    refused = client.get(f"/v1.0/{path.format(id=id_)}")

    assert_error(refused, 400, "invalidRequest", "The request is malformed or incorrect.")


def test_sites_are_followed_and_no_more(client):
    seed(client, {"sites": [SITE]})
    wanted = {"value": [{"id": SITE["id"]}]}

    followed = client.post("/v1.0/me/followedSites/add", json=wanted)

    assert followed.status_code == 200, followed.text
    assert [each["displayName"] for each in followed.json["value"]] == ["People"]
    assert [each["id"] for each in listed(client, "me/followedSites")] == [SITE["id"]]
    again = client.post("/v1.0/me/followedSites/add", json=wanted)
    assert again.status_code == 200
    assert len(listed(client, "me/followedSites")) == 1
    assert client.post("/v1.0/me/followedSites/remove", json=wanted).status_code == 204
    assert listed(client, "me/followedSites") == []
    assert client.get(f"/v1.0/sites/{SITE['id']}").status_code == 200


@pytest.mark.parametrize("action", ["add", "remove"])
def test_a_site_that_is_not_there_is_told_beside_the_others(client, action):
    seed(client, {"sites": [SITE]})
    lost = f"{SITE['id'][:-1]}9"

    answer = client.post(
        f"/v1.0/me/followedSites/{action}", json={"value": [{"id": SITE["id"]}, {"id": lost}]}
    )

    assert answer.status_code == 207, answer.text
    done, failed = answer.json["value"]
    assert (done["id"], "error" in done) == (SITE["id"], False)
    why = {"code": "itemNotFound", "message": "Requested site could not be found"}
    assert failed == {"id": lost, "error": why}
    assert len(listed(client, "me/followedSites")) == (1 if action == "add" else 0)


def test_whoever_follows_names_a_site(client):
    for body in ({"value": []}, {}):
        refused = client.post("/v1.0/me/followedSites/add", json=body)
        assert_error(refused, 400, "invalidRequest")


# What a link leads to besides --------------------------------------------------------------------


def test_a_share_has_its_list_and_its_site(client):
    seed(client, {"sites": [SITE]})
    item = put(client, f"sites/{SITE['id']}/drive/root:/A/b.txt:/content")
    share = f"/v1.0/shares/{share_id(item['webUrl'])}"
    (library,) = listed(client, f"sites/{SITE['id']}/lists")

    assert client.get(f"{share}/site").json["id"] == SITE["id"]
    assert client.get(f"{share}/list").json["id"] == library["id"]
    assert len(client.get(f"{share}/list/items").json["value"]) == 2
    fields = client.get(f"{share}/listItem?$expand=fields").json["fields"]
    assert fields["FileLeafRef"] == "b.txt"


def test_a_share_of_somebodys_own_drive_is_in_no_site_that_is_here(client):
    item = put(client, "me/drive/root:/b.txt:/content")
    share = f"/v1.0/shares/{share_id(item['webUrl'])}"

    assert_error(client.get(f"{share}/site"), 404, "itemNotFound", "Requested site could not")
    assert client.get(f"{share}/list").json["displayName"] == "OneDrive"


# What is renamed as an item of a list ------------------------------------------------------------


def test_a_file_is_renamed_by_its_fields(client):
    item = put(client, "sites/root/drive/root:/A/b.txt:/content")
    put(client, "sites/root/drive/root:/A/taken.txt:/content")
    fields = "/v1.0/sites/root/drive/root:/A/{}:/listItem/fields"

    named = client.patch(fields.format("b.txt"), json={"FileLeafRef": "c.md", "Title": "T"})

    assert named.status_code == 200, named.text
    told = [named.json[name] for name in ("FileLeafRef", "DocIcon", "Title")]
    assert told == ["c.md", "md", "T"]
    now = client.get("/v1.0/sites/root/drive/root:/A/c.md").json
    assert (now["id"], now["cTag"]) == (item["id"], item["cTag"])
    assert now["eTag"] != item["eTag"]
    taken = client.patch(fields.format("c.md"), json={"FileLeafRef": "TAKEN.txt"})
    assert_error(taken, 409, "nameAlreadyExists")
    for name in ("a:b", " b", ""):
        wrong = client.patch(fields.format("c.md"), json={"FileLeafRef": name})
        assert_error(wrong, 400, "invalidRequest")
    assert client.get(fields.format("c.md")).json["FileLeafRef"] == "c.md"


def test_an_item_of_a_list_has_no_name_of_a_file(client):
    make(client, "sites/root/lists", {"displayName": "Books"})
    item = make(client, "sites/root/lists/Books/items", {"fields": {"Title": "x"}})

    path = f"/v1.0/sites/root/lists/Books/items/{item['id']}/fields"
    refused = client.patch(path, json={"FileLeafRef": "y"})

    assert_error(refused, 400, "invalidRequest", "Field 'FileLeafRef' is not recognized")


# What is asked of items --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("root?$expand=permissions", "invalidRequest"),
        ("root/children?$expand=permissions", "invalidRequest"),
        ("root?$expand=children($expand=thumbnails)", "notSupported"),
        ("root/children?$expand=children($expand=thumbnails)", "notSupported"),
    ],
)
def test_what_libraries_do_not_expand(client, query, code):
    put(client, "me/drive/root:/A/b.txt:/content")

    assert_error(client.get(f"/v1.0/me/drive/{query}"), 400, code)


def test_what_is_shared_is_asked_for_with_external_things(client):
    for text in ("true", "false"):
        assert listed(client, f"me/drive/sharedWithMe?allowexternal={text}") == []


def test_changes_tell_paths_where_they_are_selected(client):
    put(client, "me/drive/root:/A%20b/c.txt:/content")

    plain = client.get("/v1.0/me/drive/root/delta").json["value"]
    asked = "me/drive/root/delta?select=id,name,parentReference,root"
    told = listed(client, asked)
    other = listed(client, "me/drive/root/delta?$select=id,name")

    assert all("path" not in each["parentReference"] for each in plain)
    drive = plain[0]["parentReference"]["driveId"]
    paths = [each["parentReference"].get("path") for each in told]
    assert paths == [None, f"/drives/{drive}/root:", f"/drives/{drive}/root:/A%20b"]
    assert all("parentReference" not in each for each in other)
