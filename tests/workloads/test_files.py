"""Drives: one home for what lies in them, however it is addressed, and its bytes."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user

ROOT_ENDING = "N6Y2GOVW7725BZO354PWSELRRZ"


def put(client: FlaskClient, path: str, data: bytes = b"hello", **options: Any) -> dict[str, Any]:
    """Upload bytes, and give the item."""
    response = client.put(f"/v1.0/{path}", data=data, content_type="text/plain", **options)
    assert response.status_code in (200, 201), response.text
    item: dict[str, Any] = response.json
    return item


def folder(client: FlaskClient, name: str, where: str = "root") -> dict[str, Any]:
    return make(client, f"me/drive/{where}/children", {"name": name, "folder": {}})


def lasting(response: Any) -> dict[str, Any]:
    """An item without its download URL, which is another with each second."""
    return {name: value for name, value in response.json.items() if "downloadUrl" not in name}


def content(client: FlaskClient, path: str, **headers: str) -> bytes:
    """What is downloaded, as clients do it: without a token at where they are led."""
    response = client.get(f"/v1.0/{path}")
    assert (response.status_code, response.data) == (302, b"")
    found = client.get(response.headers["Location"], headers=headers)
    assert found.status_code in (200, 206), found.text
    return found.data


def test_contents_are_given_though_a_client_would_have_them_with_malware(client):
    seed(client, {"me/drive/root:/a.txt": {"content": "x"}})

    assert content(client, "me/drive/root:/a.txt:/content?AVOverride=1") == b"x"
    assert client.get("/v1.0/me/drive/root:/a.txt:/content?AVOverrides=1").status_code == 400


def test_everybody_has_a_drive_that_is_found_by_its_id(client):
    made = make(client, "users", user())

    drive = client.get(f"/v1.0/users/{made['id']}/drive").json

    assert drive["driveType"] == "business"
    assert drive["owner"]["user"]["id"] == made["id"]
    assert len(base64.urlsafe_b64decode(drive["id"].removeprefix("b!"))) == 48
    assert client.get(f"/v1.0/drives/{drive['id']}").json["id"] == drive["id"]
    assert [each["id"] for each in listed(client, f"users/{made['id']}/drives")] == [drive["id"]]


def test_groups_and_sites_have_libraries(client):
    seed(client, {"groups": [{"id": "g1"}], "sites": [{"id": "s1"}]})

    for path in ("groups/g1/drive", "sites/s1/drive"):
        assert client.get(f"/v1.0/{path}").json["driveType"] == "documentLibrary"


def test_drive_alone_is_ones_own(client):
    assert client.get("/v1.0/drive").json["id"] == client.get("/v1.0/me/drive").json["id"]


def test_the_root_is_the_same_under_all_its_addresses(client):
    root = client.get("/v1.0/me/drive/root").json

    assert root["root"] == {}
    assert root["id"].endswith(ROOT_ENDING)
    assert "path" not in root["parentReference"]
    drive = root["parentReference"]["driveId"]
    for path in ("me/drive/items/root", f"me/drive/items/{root['id']}", f"drives/{drive}/root"):
        assert client.get(f"/v1.0/{path}").json["id"] == root["id"]


def test_items_are_found_by_path_in_any_case_and_by_id(client):
    item = put(client, "me/drive/root:/Reports/2026/plan.txt:/content")

    for path in (
        "root:/reports/2026/PLAN.TXT",
        f"items/{item['id']}",
        "root:/Reports/2026/plan.txt:",
    ):
        assert client.get(f"/v1.0/me/drive/{path}").json["id"] == item["id"]
    above = client.get("/v1.0/me/drive/root:/Reports").json
    assert above["folder"] == {"childCount": 1}
    below = f"me/drive/items/{above['id']}:/2026/plan.txt"
    assert client.get(f"/v1.0/{below}").json["id"] == item["id"]


def test_behind_the_colon_that_closes_a_path_there_may_be_two_slashes(client):
    item = put(client, "me/drive/root:/A/x.txt://content")
    above = item["parentReference"]["id"]
    assert client.get(f"/v1.0/me/drive/items/{above}:/x.txt://content").status_code == 302
    for path in ("root:/A/x.txt:///content", "items//root"):
        assert client.get(f"/v1.0/me/drive/{path}").status_code == 400
    for path in ("root://A//x.txt", "root:/A///x.txt://"):  # among names they count as one
        assert client.get(f"/v1.0/me/drive/{path}").json["id"] == item["id"]


def test_parents_are_told_as_they_are_now(client):
    item = put(client, "me/drive/root:/a b/c.txt:/content")
    drive = item["parentReference"]["driveId"]
    assert item["parentReference"]["path"] == f"/drives/{drive}/root:/a%20b"

    above = client.get("/v1.0/me/drive/root:/a b").json
    client.patch(f"/v1.0/me/drive/items/{above['id']}", json={"name": "z"})

    moved = client.get(f"/v1.0/me/drive/items/{item['id']}").json
    assert moved["parentReference"]["path"] == f"/drives/{drive}/root:/z"
    assert moved["parentReference"]["id"] == above["id"]


def test_what_is_not_there_is_told_so(client):
    for path in ("me/drive/items/nope", "me/drive/root:/nope.txt", "me/drive/root:/no/pe.txt"):
        response = client.get(f"/v1.0/{path}")
        assert_error(response, 404, "itemNotFound", "The resource could not be found.")


def test_items_of_one_drive_are_not_found_in_another(client):
    seed(client, {"users": [{"id": "u1"}, {"id": "u2"}]})
    item = put(client, "users/u1/drive/root:/a.txt:/content")

    assert client.get(f"/v1.0/users/u2/drive/items/{item['id']}").status_code == 404


# Folders and names ----------------------------------------------------------------------------


def test_a_folder_is_made_and_listed_by_name(client):
    for name in ("b", "A", "c"):
        folder(client, name)

    assert [each["name"] for each in listed(client, "me/drive/root/children")] == ["A", "b", "c"]


def test_a_name_is_taken_in_any_case(client):
    folder(client, "A")

    response = client.post("/v1.0/me/drive/root/children", json={"name": "a", "folder": {}})

    assert_error(response, 409, "nameAlreadyExists", "Name already exists")
    assert len(listed(client, "me/drive/root/children")) == 1


def test_the_same_name_may_be_elsewhere(client):
    above = folder(client, "A")

    below = folder(client, "A", f"items/{above['id']}")

    assert below["parentReference"]["id"] == above["id"]


def test_who_renames_gets_a_number(client):
    annotation = {"@microsoft.graph.conflictBehavior": "rename"}
    body = {"name": "A", "folder": {}, **annotation}

    names = [make(client, "me/drive/root/children", body)["name"] for _ in range(3)]

    assert names == ["A", "A 1", "A 2"]
    url = "me/drive/root:/t.txt:/content?@microsoft.graph.conflictBehavior=rename"
    assert [put(client, url)["name"] for _ in range(2)] == ["t.txt", "t 1.txt"]


def test_who_replaces_a_folder_gets_the_one_that_is_there(client):
    first = folder(client, "A")
    put(client, "me/drive/root:/A/x.txt:/content")

    response = client.post(
        "/v1.0/me/drive/root/children",
        json={"name": "A", "folder": {}, "@microsoft.graph.conflictBehavior": "replace"},
    )

    assert (response.status_code, response.json["id"]) == (200, first["id"])
    assert response.json["folder"]["childCount"] == 1


def test_an_unknown_behaviour_is_refused(client):
    body = {"name": "A", "folder": {}, "@microsoft.graph.conflictBehavior": "guess"}

    response = client.post("/v1.0/me/drive/root/children", json=body)

    assert_error(response, 400, "invalidRequest", "fail, replace, rename")


@pytest.mark.parametrize(
    "name",
    ["a:b", "a?b", "x*", 'q"', "<a", "a|b", "CON", "com1", "~$x", "a_vti_b", "dot.", " a", "a "],
)
def test_names_that_nothing_may_have(client, name):
    response = client.post("/v1.0/me/drive/root/children", json={"name": name, "folder": {}})

    assert_error(response, 400, "invalidRequest", "The provided name cannot contain")
    assert listed(client, "me/drive/root/children") == []


@pytest.mark.parametrize("name", ["a#b", "100%", "(1) [x]!", "ümlaut", "a.b.c"])
def test_names_that_are_fine(client, name):
    assert folder(client, name)["name"] == name


def test_renaming_keeps_the_id_and_counts_the_tag_on(client):
    item = put(client, "me/drive/root:/a.txt:/content")

    renamed = client.patch(f"/v1.0/me/drive/items/{item['id']}", json={"name": "b.txt"}).json

    assert renamed["id"] == item["id"]
    assert renamed["eTag"] != item["eTag"]
    assert renamed["cTag"] == item["cTag"]
    assert client.get("/v1.0/me/drive/root:/a.txt").status_code == 404
    assert client.get("/v1.0/me/drive/root:/b.txt").json["id"] == item["id"]


def test_moving_is_to_what_is_there(client):
    item, target = put(client, "me/drive/root:/a.txt:/content"), folder(client, "T")
    url = f"/v1.0/me/drive/items/{item['id']}"

    assert client.patch(url, json={"parentReference": {"id": "nope"}}).status_code == 404
    moved = client.patch(url, json={"parentReference": {"id": target["id"]}})

    assert moved.status_code == 200
    assert client.get("/v1.0/me/drive/root:/T/a.txt").json["id"] == item["id"]
    assert client.get("/v1.0/me/drive/root:/a.txt").status_code == 404


def test_nothing_is_moved_into_itself(client):
    outer = folder(client, "A")
    inner = folder(client, "B", f"items/{outer['id']}")

    response = client.patch(
        f"/v1.0/me/drive/items/{outer['id']}", json={"parentReference": {"id": inner["id"]}}
    )

    assert_error(response, 400, "invalidRequest", "into itself")
    copied = client.post(
        f"/v1.0/me/drive/items/{outer['id']}/copy", json={"parentReference": {"id": inner["id"]}}
    )
    assert_error(copied, 400, "invalidRequest", "into itself")


def test_all_that_lies_in_a_deleted_folder_goes_with_it(client):
    item = put(client, "me/drive/root:/A/B/c.txt:/content")

    assert client.delete("/v1.0/me/drive/root:/A").status_code == 204

    assert client.get(f"/v1.0/me/drive/items/{item['id']}").status_code == 404
    assert client.get("/v1.0/me/drive/root").json["folder"]["childCount"] == 0


def test_the_root_is_not_deleted(client):
    root = client.get("/v1.0/me/drive/root").json

    response = client.delete(f"/v1.0/me/drive/items/{root['id']}")

    assert_error(response, 400, "invalidRequest", "The root cannot be deleted.")
    assert client.get("/v1.0/me/drive/root").status_code == 200


def test_a_tag_is_in_quotes(client):
    item = put(client, "me/drive/root:/a.txt:/content")

    response = client.delete(f"/v1.0/me/drive/items/{item['id']}", headers={"If-Match": "abc"})

    assert_error(response, 400, "invalidRequest", "ETags must be quoted strings.")
    assert response.json["error"]["innerError"]["code"] == "malformedEntityTag"


@pytest.mark.parametrize("tag", ["eTag", "cTag"])
def test_writes_may_name_their_version(client, tag):
    item = put(client, "me/drive/root:/a.txt:/content")
    url = f"/v1.0/me/drive/items/{item['id']}"

    stale = client.patch(url, json={"name": "b"}, headers={"If-Match": '"{0},9"'})
    assert_error(stale, 412, "resourceModified", "ETag does not match current item's value")
    assert client.get(url).json["name"] == "a.txt"
    fresh = client.patch(url, json={"name": "b"}, headers={"If-Match": item[tag]})
    assert fresh.status_code == 200


# Bytes ----------------------------------------------------------------------------------------


def test_an_upload_makes_the_file_and_the_folders_above_it(client):
    item = put(client, "me/drive/root:/a/b/c.txt:/content", b"hello")

    assert item["size"] == 5
    assert item["file"]["mimeType"] == "text/plain"
    assert item["file"]["hashes"]["quickXorHash"] == "aCgDG9jwBgAAAAAABQAAAAAAAAA="
    assert content(client, "me/drive/root:/a/b/c.txt:/content") == b"hello"
    assert client.get("/v1.0/me/drive/root:/a").json["size"] == 5


def test_a_second_upload_replaces_the_first(client):
    first = put(client, "me/drive/root:/c.txt:/content", b"one")

    response = client.put("/v1.0/me/drive/root:/c.txt:/content", data=b"two, longer")

    assert response.status_code == 200
    assert response.json["id"] == first["id"]
    assert response.json["cTag"] != first["cTag"]
    assert content(client, f"me/drive/items/{first['id']}/content") == b"two, longer"


def test_who_wants_to_fail_does(client):
    url = "/v1.0/me/drive/root:/c.txt:/content?@microsoft.graph.conflictBehavior=fail"

    assert client.put(url, data=b"one").status_code == 201
    assert_error(client.put(url, data=b"two"), 409, "nameAlreadyExists", "Name already exists")
    assert content(client, "me/drive/root:/c.txt:/content") == b"one"


def test_no_upload_to_an_id_that_is_not_there(client):
    response = client.put("/v1.0/me/drive/items/nope/content", data=b"x")

    assert_error(response, 404, "itemNotFound", "could not be found")


def test_folders_have_no_content(client):
    made = folder(client, "A")

    response = client.put(f"/v1.0/me/drive/items/{made['id']}/content", data=b"x")

    assert_error(response, 409, "nameAlreadyExists", "Name already exists")
    assert client.get(f"/v1.0/me/drive/items/{made['id']}/content").status_code == 404


def test_uploads_have_names_that_are_allowed(client):
    response = client.put("/v1.0/me/drive/root:/con:/content", data=b"x")

    assert_error(response, 400, "invalidRequest", "illegal characters")


def test_the_media_type_is_by_the_name(client):
    item = put(client, "me/drive/root:/a.png:/content", b"\x89PNG")

    assert item["file"]["mimeType"] == "image/png"


def test_a_file_may_be_empty(client):
    item = put(client, "me/drive/root:/empty.bin:/content", b"")

    assert item["file"]["hashes"]["quickXorHash"] == "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
    assert content(client, f"me/drive/items/{item['id']}/content") == b""


def test_files_tell_where_they_are_downloaded(client):
    item = put(client, "me/drive/root:/%C3%A4.txt:/content")

    assert (
        f"UniqueId={item['eTag'][2:38].lower()}&Translate=false"
        in item["@microsoft.graph.downloadUrl"]
    )
    found = client.get(item["@microsoft.graph.downloadUrl"])

    assert found.data == b"hello"
    assert found.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A4.txt"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_download_needs_no_token_and_a_whole_url(make_client):
    client = make_client(auth="bearer")
    signed_in = {"Authorization": "Bearer x"}
    item = put(client, "me/drive/root:/a.txt:/content", headers=signed_in)
    url = item["@microsoft.graph.downloadUrl"]

    assert client.get(url).status_code == 200
    assert client.get(url[:-6] + "AAAAAA").status_code == 401
    assert client.get(url.partition("?")[0]).status_code == 401


@pytest.mark.parametrize("tag", ["山", '"a\r\nX-Evil: 1"', "no quotes"])
def test_a_tag_of_a_seed_that_is_none_goes_in_no_header(client, tag):
    item = put(client, "me/drive/root:/a.txt:/content")
    path = f"me/drive/items/{item['id']}"
    assert client.patch(f"/_fakegraph/records/{path}", json={"eTag": tag}).status_code == 200
    url = client.get(f"/v1.0/{path}").json["@microsoft.graph.downloadUrl"]

    found = client.get(url)

    assert (found.status_code, found.data) == (200, b"hello")
    assert re.fullmatch(r'"\d+"', found.headers["ETag"])
    assert client.get(url, headers={"If-None-Match": found.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("asked", "found", "told"),
    [
        ("bytes=0-1", b"he", "bytes 0-1/5"),
        ("bytes=3-", b"lo", "bytes 3-4/5"),
        ("bytes=-2", b"lo", "bytes 3-4/5"),
        ("bytes=1-99", b"ello", "bytes 1-4/5"),
    ],
)
def test_a_part_of_a_download(client, asked, found, told):
    item = put(client, "me/drive/root:/a.txt:/content")

    response = client.get(item["@microsoft.graph.downloadUrl"], headers={"Range": asked})

    assert (response.status_code, response.data) == (206, found)
    assert response.headers["Content-Range"] == told


def test_a_part_of_another_version_is_all_of_this_one(client):
    item = put(client, "me/drive/root:/a.txt:/content", b"hello")
    url, part = item["@microsoft.graph.downloadUrl"], {"Range": "bytes=1-2"}
    tag = client.get(url).headers["ETag"]
    put(client, "me/drive/root:/a.txt:/content", b"other")

    now = client.get(url, headers={**part, "If-Range": tag})
    same = client.get(url, headers={**part, "If-Range": now.headers["ETag"]})

    assert (now.status_code, now.data) == (200, b"other")
    assert (same.status_code, same.data) == (206, b"th")


@pytest.mark.parametrize("asked", [f"bytes={'9' * 5000}-", f"bytes=-{'9' * 5000}", "bytes=\xb2-"])
def test_a_part_that_no_file_has_is_none(client, asked):
    item = put(client, "me/drive/root:/a.txt:/content", b"hello")

    found = client.get(item["@microsoft.graph.downloadUrl"], headers={"Range": asked})

    assert (found.status_code, found.data) == (200, b"hello")


def test_a_part_that_is_not_there(client):
    item = put(client, "me/drive/root:/a.txt:/content")

    response = client.get(item["@microsoft.graph.downloadUrl"], headers={"Range": "bytes=9-"})

    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */5"


def test_seeds_bring_contents(client):
    seed(client, {"me/drive/root:/notes/a.txt": {"content": "from a seed"}})

    assert content(client, "me/drive/root:/notes/a.txt:/content") == b"from a seed"
    item = client.get("/v1.0/me/drive/root:/notes/a.txt").json
    assert (item["name"], item["size"]) == ("a.txt", 11)


def test_the_quota_is_what_lies_in_the_drive(client):
    put(client, "me/drive/root:/a.txt:/content", b"12345678")

    quota = client.get("/v1.0/me/drive").json["quota"]

    assert quota["used"] == 8
    assert quota["total"] - quota["remaining"] == 8


# Special folders, lists and sites ---------------------------------------------------------------


def test_special_folders_are_there_when_asked_for(client):
    assert listed(client, "me/drive/root/children") == []

    found = client.get("/v1.0/me/drive/special/documents").json

    assert found["specialFolder"] == {"name": "documents"}
    assert client.get(f"/v1.0/me/drive/items/{found['id']}").status_code == 200
    assert [each["id"] for each in listed(client, "me/drive/root/children")] == [found["id"]]


def test_a_folder_of_that_name_is_the_special_one(client):
    folder = make(client, "me/drive/root/children", {"name": "Documents", "folder": {}})
    put(client, "me/drive/root:/Documents/a.txt:/content")

    found = client.get("/v1.0/me/drive/special/documents").json
    assert (found["id"], found["eTag"]) == (folder["id"], folder["eTag"])
    assert found["specialFolder"] == {"name": "documents"}
    (shown,) = listed(client, "me/drive/root/children")
    assert shown["specialFolder"] == {"name": "documents"}
    make(client, "me/drive/root/children", {"name": "Music", "folder": {}})
    put(client, "me/drive/special/music:/b.mp3:/content")
    music = client.get("/v1.0/me/drive/root:/Music").json
    assert music["specialFolder"] == {"name": "music"}
    client.patch(f"/v1.0/me/drive/items/{music['id']}", json={"name": "Songs"})
    assert client.get("/v1.0/me/drive/special/music").json["id"] == music["id"]
    assert [each["name"] for each in listed(client, "me/drive/special/documents/children")] == [
        "a.txt"
    ]


def test_files_are_put_into_special_folders(client):
    item = put(client, "me/drive/special/approot:/settings.json:/content", b"{}")

    assert [each["id"] for each in listed(client, "me/drive/special/approot/children")] == [
        item["id"]
    ]


def test_a_list_is_made_with_its_columns(client):
    seed(client, {"sites": [{"id": "s1"}]})

    made = make(
        client,
        "sites/s1/lists",
        {"displayName": "Books", "columns": [{"name": "Author", "text": {}}]},
    )

    assert made["list"]["template"] == "genericList"
    assert made["@odata.etag"] == made["eTag"]
    assert client.get("/v1.0/sites/s1/lists/Books").json["id"] == made["id"]
    columns = listed(client, f"sites/s1/lists/{made['id']}/columns")
    own = [each for each in columns if each["name"] == "Author"]
    assert [each["text"] for each in own] == [{}]
    assert {"Title", "ID", "Created", "Modified", "Editor"} < {each["name"] for each in columns}


def test_items_of_a_list_are_counted_and_show_their_fields_when_asked(client):
    seed(client, {"sites/s1/lists": [{"id": "l1", "displayName": "Things"}]})

    ids = [
        make(client, "sites/s1/lists/l1/items", {"fields": {"Title": name, "Weight": 3}})["id"]
        for name in ("A", "B")
    ]

    assert ids == ["1", "2"]
    assert all("fields" not in each for each in listed(client, "sites/s1/lists/l1/items"))
    found = listed(client, "sites/s1/lists/l1/items?$expand=fields($select=Title)")
    assert [each["fields"]["Title"] for each in found] == ["A", "B"]
    assert all("Weight" not in each["fields"] for each in found)


def test_fields_that_are_sent_replace_those_alone(client):
    seed(client, {"sites/s1/lists": [{"id": "l1", "displayName": "Things"}]})
    make(client, "sites/s1/lists/l1/items", {"fields": {"Title": "A", "Weight": 3}})

    response = client.patch("/v1.0/sites/s1/lists/l1/items/1/fields", json={"Weight": 4})

    assert response.status_code == 200
    (found,) = listed(client, "sites/s1/lists/l1/items?$expand=fields")
    assert (found["fields"]["Title"], found["fields"]["Weight"]) == ("A", 4)


def test_sites_are_found_by_their_path(client):
    seed(client, {"sites": [{"id": "s1", "webUrl": "https://contoso.sharepoint.com/teams/hr"}]})

    found = client.get("/v1.0/sites/contoso.sharepoint.com:/teams/HR")

    assert found.json["id"] == "s1"
    missing = client.get("/v1.0/sites/contoso.sharepoint.com:/teams/it")
    why = "The provided path does not exist, or does not represent a site"
    assert_error(missing, 404, "itemNotFound", why)


def test_the_root_site_keeps_its_id(client):
    site = client.get("/v1.0/sites/root").json

    assert site["id"].count(",") == 2
    assert client.get(f"/v1.0/sites/{site['id']}").json["id"] == site["id"]


def test_a_sheet_is_found_by_its_name(client):
    seed(
        client,
        {"me/drive/root:/b.xlsx:/workbook/worksheets": [{"name": "Sheet1"}, {"name": "Sheet2"}]},
    )

    sheets = listed(client, "me/drive/root:/b.xlsx:/workbook/worksheets")

    assert [each["position"] for each in sheets] == [0, 1]
    found = client.get("/v1.0/me/drive/root:/b.xlsx:/workbook/worksheets/sheet2").json
    assert found["id"] == sheets[1]["id"]


# What may be asked ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("$orderby=size", "invalidRequest", "File_x0020_Size is not supported for OrderBy"),
        ("$orderby=lastModifiedDateTime desc", "invalidRequest", "Last_x0020_Modified"),
        ("$filter=file ne null", "notSupported", "Operation not supported"),
        ("$skip=1", "invalidRequest", "$skip is not supported on this API."),
    ],
)
def test_libraries_do_not_answer_everything(client, query, code, words):
    response = client.get(f"/v1.0/me/drive/root/children?{query}")

    assert_error(response, 400, code, words)


def test_children_are_filtered_sorted_and_paged(client):
    for name in ("b", "a", "c"):
        folder(client, name)
    put(client, "me/drive/root:/file.txt:/content")

    folders = listed(client, "me/drive/root/children?$filter=folder ne null&$orderby=name desc")
    assert [each["name"] for each in folders] == ["c", "b", "a"]
    first = client.get("/v1.0/me/drive/root/children?$top=3").json
    assert [each["name"] for each in first["value"]] == ["a", "b", "c"]
    rest = client.get(first["@odata.nextLink"]).json
    assert [each["name"] for each in rest["value"]] == ["file.txt"]
    assert "@odata.nextLink" not in rest


@pytest.mark.parametrize("tag", ["eTag", "cTag"])
def test_nothing_is_sent_twice_to_who_has_it(client, tag):
    item = put(client, "me/drive/root:/a.txt:/content")
    known = {"If-None-Match": f'"x" , W/{item[tag]}'}
    bare = {"If-None-Match": item[tag].strip('"')}

    assert client.get(f"/v1.0/me/drive/items/{item['id']}", headers=bare).status_code == 200
    noted = client.get("/_fakegraph/requests").json["value"][-1]["ignored"]
    assert "If-None-Match was ignored. It is a list of ETags" in noted[0]
    for path in (f"items/{item['id']}", f"items/{item['id']}/content"):
        response = client.get(f"/v1.0/me/drive/{path}", headers=known)
        assert (response.status_code, response.data) == (304, b"")
    put(client, "me/drive/root:/a.txt:/content", b"other")
    assert client.get(f"/v1.0/me/drive/items/{item['id']}", headers=known).status_code == 200


def test_names_are_unique_where_they_are_and_no_further(client):
    seed(client, {"sites": [{"id": "s1"}, {"id": "s2"}]})
    for site in ("s1", "s2"):
        make(client, f"sites/{site}/lists", {"displayName": "Books"})

    response = client.post("/v1.0/sites/s1/lists", json={"displayName": "books"})

    assert_error(response, 409, "nameAlreadyExists", "Name already exists")
    names = [each["displayName"] for each in listed(client, "sites/s2/lists")]
    assert names == ["Documents", "Books"]


@pytest.mark.parametrize(
    "facet",
    [
        {"file": {"mimeType": "x/y"}},
        {"folder": {"childCount": 7}},
        {"remoteItem": {"id": "r"}},
        {"specialFolder": {"name": "music"}},
        {"package": {"type": "oneNote"}},
        {"malware": {"description": "bad"}},
        {"pendingOperations": {}},
        {"location": {"altitude": 1}},
        {"bundle": {"childCount": 1}},
    ],
)
def test_what_an_item_is_stays_as_it_was_made(client, facet):
    put(client, "me/drive/root:/a.txt:/content")
    before = client.get("/v1.0/me/drive/root:/a.txt").json

    changed = client.patch("/v1.0/me/drive/root:/a.txt", json={**facet, "description": "d"})

    assert (changed.status_code, changed.json["description"]) == (200, "d")
    (name,) = facet
    assert changed.json.get(name) == before.get(name)
    assert client.get("/v1.0/me/drive/root:/a.txt").json.get(name) == before.get(name)


@pytest.mark.parametrize(
    "form", ["/drive/root:/b/c", "/me/drive/root:/B/c", "/drives/{}/root:/b/c"]
)
def test_an_item_moves_by_the_path_of_its_folder(client, form):
    drive = client.get("/v1.0/me/drive").json["id"]
    folder(client, "b")
    inner = folder(client, "c", "root:/b:")
    put(client, "me/drive/root:/a.txt:/content")

    place = {"path": form.format(drive), "driveId": drive}
    moved = client.patch("/v1.0/me/drive/root:/a.txt", json={"parentReference": place})

    assert moved.status_code == 200, moved.text
    assert moved.json["parentReference"]["id"] == inner["id"]
    assert client.get("/v1.0/me/drive/root:/b/c/a.txt").json["name"] == "a.txt"
    back = {"parentReference": {"path": f"/drives/{drive}/root:"}}
    assert client.patch("/v1.0/me/drive/root:/b/c/a.txt", json=back).status_code == 200
    assert client.get("/v1.0/me/drive/root:/a.txt").status_code == 200


@pytest.mark.parametrize(
    ("place", "status", "code"),
    [
        ({"path": "/drive/root:/nowhere"}, 404, "itemNotFound"),
        ({"path": "somewhere"}, 400, "invalidRequest"),
        ({"path": "/drives/other/root:/b"}, 400, "invalidRequest"),
        ({"driveId": "other"}, 400, "invalidRequest"),
        ({"id": "nothing"}, 404, "itemNotFound"),
        ({"path": "/drive/root:/d.txt"}, 400, "invalidRequest"),
    ],
)
def test_an_item_does_not_move_where_no_folder_of_its_drive_is(client, place, status, code):
    for name in ("a.txt", "d.txt"):
        put(client, f"me/drive/root:/{name}:/content")
    folder(client, "b")
    before = lasting(client.get("/v1.0/me/drive/root:/a.txt"))

    response = client.patch("/v1.0/me/drive/root:/a.txt", json={"parentReference": place})

    assert_error(response, status, code)
    assert lasting(client.get("/v1.0/me/drive/root:/a.txt")) == before


@pytest.mark.parametrize(
    "place", [{"id": "elsewhere"}, {"path": "/drive/root:/b"}, {"driveId": "other"}]
)
def test_an_item_is_not_posted_elsewhere(client, place):
    folder(client, "b")
    body = {"name": "c", "folder": {}, "parentReference": place}

    response = client.post("/v1.0/me/drive/root/children", json=body)

    assert_error(response, 400, "invalidRequest")
    assert client.get("/v1.0/me/drive/root:/c").status_code == 404
    root = client.get("/v1.0/me/drive/root").json["id"]
    here = {**body, "parentReference": {"id": root, "path": "/drive/root:"}}
    assert client.post("/v1.0/me/drive/root/children", json=here).status_code == 201


def test_a_file_has_no_children(client):
    put(client, "me/drive/root:/a.txt:/content")
    there = "/v1.0/me/drive/root:/a.txt"

    below = client.put(f"{there}/d.txt:/content", data=b"x")
    deeper = client.put(f"{there}/e/d.txt:/content", data=b"x")
    posted = client.post(f"{there}:/children", json={"name": "b", "folder": {}})

    for response in (below, deeper, posted):
        assert_error(response, 400, "invalidRequest", "'a.txt' is a file")
    assert [each["name"] for each in listed(client, "me/drive/root/children")] == ["a.txt"]
    seeded = client.post(
        "/_fakegraph/seed", json={"me/drive/root:/a.txt:/children": [{"name": "b"}]}
    )
    assert seeded.status_code == 400, seeded.text


@pytest.mark.parametrize("facets", [{}, {"file": {}, "folder": {}}, {"file": None}])
def test_an_item_is_a_file_or_a_folder(client, facets):
    response = client.post("/v1.0/me/drive/root/children", json={"name": "a", **facets})

    assert_error(response, 400, "invalidRequest", "exactly one of file, folder")


@pytest.mark.parametrize("name", ["..", ".", "n:2", "forms", "Forms", "CON", "a%3Fb"])
def test_no_folder_gets_a_wrong_name_on_the_way(client, name):
    response = client.put(f"/v1.0/me/drive/root:/{name}/a.txt:/content", data=b"x")

    assert response.status_code in (400, 404), response.text
    assert listed(client, "me/drive/root/children") == []


@pytest.mark.parametrize("name", ["..", "n:2", "forms", "CON", " a", "a."])
def test_seeds_have_no_wrong_names(client, name):
    items = {"me/drive/root/children": [{"name": name, "folder": {}}]}

    response = client.post("/_fakegraph/seed", json=items)

    assert response.status_code == 400, response.text
    assert listed(client, "me/drive/root/children") == []


def test_forms_is_a_name_below_the_root_and_no_new_one_at_it(client):
    folder(client, "b")
    assert folder(client, "forms", "root:/b:")["name"] == "forms"

    response = client.patch("/v1.0/me/drive/root:/b", json={"name": "forms"})

    assert_error(response, 400, "invalidRequest", "reserved")


def names(client: FlaskClient, url: str) -> list[str]:
    return [each["name"] for each in client.get(url).json["value"]]


def test_folders_have_what_lies_in_them_by_name(client):
    """Also what was moved, renamed and deleted, and nothing of other folders."""
    docs, pics = (folder(client, name)["id"] for name in ("docs", "pics"))
    for name in ("b", "c", "a", "d"):
        folder(client, name, f"items/{docs}")
    folder(client, "x", f"items/{pics}")
    listing = f"/v1.0/me/drive/items/{docs}/children"
    moved = client.get(listing).json["value"][0]["id"]
    client.patch(f"/v1.0/me/drive/items/{moved}", json={"parentReference": {"id": pics}})
    renamed = client.get(listing).json["value"][0]["id"]
    client.patch(f"/v1.0/me/drive/items/{renamed}", json={"name": "z"})

    assert names(client, f"{listing}?$top=2") == ["c", "d"]
    assert names(client, listing) == ["c", "d", "z"]
    assert names(client, f"{listing}?$orderby=name desc") == ["z", "d", "c"]
    assert names(client, f"/v1.0/me/drive/items/{pics}/children") == ["a", "x"]
    counts = [
        client.get(f"/v1.0/me/drive/items/{each}").json["folder"]["childCount"]
        for each in (docs, pics)
    ]
    assert counts == [3, 2]
    client.delete(f"/v1.0/me/drive/items/{docs}")
    assert client.get(f"/v1.0/me/drive/items/{renamed}").status_code == 404
    assert client.get(f"/v1.0/me/drive/items/{moved}").status_code == 200


def test_a_folder_that_is_seeded_into_itself_ends_nothing(client):
    drive = client.get("/v1.0/me/drive").json["id"]
    items = [
        {"id": "a", "name": "a", "folder": {}, "parentReference": {"id": "b"}},
        {"id": "b", "name": "b", "folder": {}, "parentReference": {"id": "a"}},
        {"id": "c", "name": "c", "folder": {}, "parentReference": {"id": "c"}},
    ]
    client.post("/_fakegraph/seed", json={f"drives/{drive}/items": items})
    for id_ in ("a", "c"):
        path = f"/v1.0/drives/{drive}/items/{id_}"
        assert client.get(path).status_code in (200, 404)
        assert client.post(f"{path}/copy", json={"name": f"{id_} too"}).status_code in (202, 400)
        assert client.delete(path).status_code in (204, 404)
        assert client.get(path).status_code == 404


def test_mail_folders_that_are_seeded_into_each_other_end_nothing(client):
    folders = [
        {"id": "a", "displayName": "a", "parentFolderId": "b"},
        {"id": "b", "displayName": "b", "parentFolderId": "a"},
    ]
    seed(client, {"me/mailFolders": folders})
    for path in ("me/mailFolders/a", "me/mailFolders/a/childFolders", "me/mailFolders/delta"):
        assert client.get(f"/v1.0/{path}").status_code == 200
    assert client.post("/v1.0/me/mailFolders/a/permanentDelete").status_code == 204
    assert client.get("/v1.0/me/mailFolders/b").status_code in (400, 404)
