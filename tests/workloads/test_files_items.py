"""What an item tells of itself, and what of it can be asked for."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user
from tests.workloads.test_files import content, folder, put

NAME = "@microsoft.graph.downloadUrl"


def test_an_item_tells_who_made_it_and_who_changed_it(make_client):
    client = make_client(auth="bearer", me="ada@contoso.com")
    headers = {"Authorization": "Bearer x"}
    client.post("/_fakegraph/seed", json={"users": [user(id="ada", mail="ada@contoso.com")]})
    url = "/v1.0/me/drive/root:/a.txt"

    made = client.put(f"{url}:/content", data=b"x", headers=headers).json

    ada = {"id": "ada", "displayName": "Ada Lovelace", "email": "ada@contoso.com"}
    for name in ("createdBy", "lastModifiedBy"):
        assert made[name]["user"] == ada
    client.post(f"{url}:/createLink", json={"type": "view"}, headers=headers)
    assert client.get(url, headers=headers).json["shared"]["sharedBy"]["user"] == ada


def test_an_app_alone_is_the_sharepoint_app(make_client):
    client = make_client(auth="bearer")
    client.post("/_fakegraph/seed", json={"users": [user(id="ada")]})
    token = client.post("/_fakegraph/tokens", json={"roles": ["Files.ReadWrite.All"]}).json
    headers = {"Authorization": f"Bearer {token['access_token']}"}

    made = client.put("/v1.0/users/ada/drive/root:/a.txt:/content", data=b"x", headers=headers)

    by = made.json["createdBy"]
    assert by["user"] == {"displayName": "SharePoint App"}
    assert by["application"]["id"]


@pytest.mark.parametrize("address", ["root:/A/a.txt:", "root:/A/new.txt:", "items/{id}"])
def test_what_a_write_of_bytes_shows_can_be_selected(client, address):
    id_ = put(client, "me/drive/root:/A/a.txt:/content")["id"]
    url = f"/v1.0/me/drive/{address.format(id=id_)}/content"

    asked = "@microsoft.graph.conflictBehavior=replace&$select=name,size"

    found = client.put(f"{url}?{asked}", data=b"xy")

    assert found.json.keys() - {"@odata.context"} == {"name", "size"}
    assert found.json["size"] == 2
    assert "(name,size)/$entity" in found.json["@odata.context"]
    for wrong in ("$top=1", "$filter=size eq 2"):
        assert client.put(f"{url}?{wrong}", data=b"z").status_code == 400
    assert content(client, f"me/drive/{address.format(id=id_)}/content") == b"xy"


def test_an_upload_session_remembers_who_began_it(client):
    client.post("/_fakegraph/seed", json={"users": [user(id="ada")]})
    path = "/v1.0/users/ada/drive/root:/big.bin:/createUploadSession"
    session = client.post(path, json={}).json

    made = client.put(session["uploadUrl"], data=b"x", headers={"Content-Range": "bytes 0-0/1"})

    assert made.json["createdBy"]["user"]["displayName"] == "Ada Lovelace"


def test_a_file_that_is_posted_is_empty(client):
    made = make(client, "me/drive/root/children", {"name": "e.txt", "file": {}})

    empty = {"quickXorHash": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    assert (made["size"], made["file"]) == (0, {"mimeType": "text/plain", "hashes": empty})
    assert content(client, f"me/drive/items/{made['id']}/content") == b""


def test_what_a_seed_says_of_a_file_stays(client):
    file = {"mimeType": "a/b", "hashes": {"quickXorHash": "x"}}
    seed(client, {"me/drive/root/children": [{"name": "e.txt", "file": file, "size": 7}]})

    found = client.get("/v1.0/me/drive/root:/e.txt").json

    assert (found["size"], found["file"]) == (7, file)


def test_paths_in_a_personal_drive_do_not_say_which_it_is(client):
    drives = {"users/u1/drive": {"driveType": "personal"}, "users/u2/drive": {"id": "d2"}}
    seed(client, {**drives, "users": [{"id": "u1"}, {"id": "u2"}]})

    paths = [
        put(client, f"users/{each}/drive/root:/a b/c.txt:/content")["parentReference"]["path"]
        for each in ("u1", "u2")
    ]

    assert paths == ["/drive/root:/a%20b", "/drives/d2/root:/a%20b"]
    told = listed(client, "users/u1/drive/root/children")
    assert [each["parentReference"]["path"] for each in told] == ["/drive/root:"]


@pytest.mark.parametrize("data", [b"", b"hello", bytes(range(256)) * 9])
def test_business_drives_have_one_hash_and_personal_ones_all(client, data):
    seed(
        client, {"users/u1/drive": {"driveType": "personal"}, "users": [{"id": "me"}, {"id": "u1"}]}
    )
    path = "root:/a.bin:/content"

    business = put(client, f"me/drive/{path}", data)["file"]["hashes"]
    personal = put(client, f"users/u1/drive/{path}", data)["file"]["hashes"]

    assert set(business) == {"quickXorHash"}
    assert personal["quickXorHash"] == business["quickXorHash"]
    assert personal["sha1Hash"] == hashlib.sha1(data).hexdigest().upper()
    assert personal["sha256Hash"] == hashlib.sha256(data).hexdigest().upper()
    assert len(personal["crc32Hash"]) == 8
    assert len(base64.b64decode(personal["quickXorHash"])) == 20


@pytest.mark.parametrize("name", [NAME, "content.downloadUrl", "@content.downloadUrl"])
def test_the_download_url_is_selected_by_its_names(client, name):
    put(client, "me/drive/root:/a.txt:/content")

    found = client.get(f"/v1.0/me/drive/root:/a.txt?$select=id,{name}").json
    (item,) = listed(client, f"me/drive/root/children?$select=id,{name}")

    for each in (found, item):
        assert set(each) - {"@odata.context"} == {"id", NAME}
        assert client.get(each[NAME]).data == b"hello"
    assert NAME not in client.get("/v1.0/me/drive/root:/a.txt?$select=id").json


def test_a_personal_drive_is_sorted_by_sizes_and_times_too(client):
    drive = "users/eve/drive"
    sizes = {"b": 2, "a": 3, "c": 1}
    files = {f"{drive}/root:/{name}.txt": {"content": "x" * sizes[name]} for name in sizes}
    seed(
        client, {"users": [{"id": "eve"}, {"id": "bob"}], drive: {"driveType": "personal"}, **files}
    )

    def names(order):
        answer = client.get(f"/v1.0/{drive}/root/children?$orderby={order}")
        assert answer.status_code == 200, answer.text
        return "".join(each["name"][0] for each in answer.json["value"])

    assert (names("size"), names("size desc"), names("name")) == ("cba", "abc", "abc")
    first = client.get(f"/v1.0/{drive}/root:/c.txt").json["id"]
    client.put("/_fakegraph/clock", json={"advance": "PT1M"})
    assert client.patch(f"/v1.0/{drive}/items/{first}", json={"description": "d"}).status_code == 200  # fmt: skip
    assert names("lastModifiedDateTime desc")[0] == "c"
    refused = client.get(f"/v1.0/{drive}/root/children?$orderby=createdDateTime")
    assert refused.status_code == 400
    refused = client.get("/v1.0/users/bob/drive/root/children?$orderby=size")
    assert refused.json["error"]["message"] == "The property File_x0020_Size is not supported for OrderBy."  # fmt: skip


def test_ids_of_sharepoint_are_told_who_asks(client):
    item = put(client, "me/drive/root:/a.txt:/content")
    assert "sharepointIds" not in item

    found = client.get("/v1.0/me/drive/root:/a.txt?$select=sharepointIds").json["sharepointIds"]
    listed = client.get("/v1.0/me/drive/root:/a.txt:/listItem").json
    assert found["listItemId"] == listed["id"] == "1"
    assert found["tenantId"] == client.get("/v1.0/organization").json["value"][0]["id"]

    assert f"{{{found['listItemUniqueId'].upper()}}}" in item["eTag"]
    drive = base64.urlsafe_b64decode(item["parentReference"]["driveId"].removeprefix("b!"))
    assert len(drive) == 48
    assert len({found["siteId"], found["webId"], found["listId"]}) == 3


def test_special_folders_have_ids_as_all_items(client):
    found = client.get("/v1.0/me/drive/special/music").json

    assert found["id"].startswith("01")
    assert len(found["id"]) == 34
    assert client.get(f"/v1.0/me/drive/items/{found['id']}").json["name"] == "Music"


@pytest.mark.parametrize("query", ["$search=a", "$expand=permissions"])
def test_what_no_folder_answers(client, query):
    assert_error(client.get(f"/v1.0/me/drive/root/children?{query}"), 400, "invalidRequest")


def test_drives_tell_whole_seconds_and_whose_they_are(client):
    seed(client, {"users": [user(id="u1", mail="ada@contoso.com")]})

    drive = client.get("/v1.0/users/u1/drive").json

    assert "." not in drive["createdDateTime"] + drive["lastModifiedDateTime"]
    assert drive["owner"]["user"] == {"id": "u1", "displayName": "Ada Lovelace"}


def test_a_path_has_400_letters_at_most(client):
    long = "/".join(["x" * 99] * 3)

    fits = client.put(f"/v1.0/me/drive/root:/{long}/{'y' * 99}:/content", data=b"x")
    assert fits.status_code == 201
    for method, path, body in (
        ("PUT", f"root:/{long}/{'y' * 102}:/content", b"x"),
        ("POST", f"root:/{long}/{'y' * 102}:/createUploadSession", None),
    ):
        answer = client.open(f"/v1.0/me/drive/{path}", method=method, data=body)
        assert_error(answer, 400, "invalidRequest")
        assert answer.json["error"]["innerError"]["code"] == "pathIsTooLong"
    moved = client.patch(f"/v1.0/me/drive/root:/{long}/{'y' * 99}", json={"name": "z" * 102})
    assert moved.json["error"]["innerError"]["code"] == "pathIsTooLong"


@pytest.mark.parametrize("where", ["body", "query"])
def test_who_renames_may_replace_what_has_the_name(client, where):
    put(client, "me/drive/root:/a.txt:/content", b"a")
    item = put(client, "me/drive/root:/b.txt:/content", b"b")
    url, body = f"/v1.0/me/drive/items/{item['id']}", {"name": "a.txt"}
    annotation = "@microsoft.graph.conflictBehavior"

    assert_error(client.patch(url, json=body), 409, "nameAlreadyExists", "Name already exists")
    if where == "query":
        renamed = client.patch(f"{url}?{annotation}=replace", json=body)
    else:
        renamed = client.patch(url, json={**body, annotation: "replace"})

    assert (renamed.status_code, renamed.json["id"]) == (200, item["id"])
    assert [each["name"] for each in listed(client, "me/drive/root/children")] == ["a.txt"]
    assert content(client, "me/drive/root:/a.txt:/content") == b"b"


def test_who_moves_may_be_given_another_name(client):
    folder(client, "T")
    put(client, "me/drive/root:/T/a.txt:/content", b"old")
    item = put(client, "me/drive/root:/a.txt:/content", b"new")
    place = {"parentReference": {"path": "/drive/root:/T"}}
    url = f"/v1.0/me/drive/items/{item['id']}"

    moved = client.patch(f"{url}?@microsoft.graph.conflictBehavior=rename", json=place)

    assert (moved.status_code, moved.json["name"]) == (200, "a 1.txt")


def test_no_folder_is_replaced_by_a_file(client):
    folder(client, "A")
    item = put(client, "me/drive/root:/b:/content", b"b")
    body = {"name": "A", "@microsoft.graph.conflictBehavior": "replace"}

    answer = client.patch(f"/v1.0/me/drive/items/{item['id']}", json=body)

    assert_error(answer, 409, "nameAlreadyExists", "Name already exists")


def test_a_folder_may_bring_its_times(client):
    times = {
        "createdDateTime": "2019-01-01T00:00:00.5Z",
        "lastModifiedDateTime": "2020-01-01T00:00:00Z",
    }
    made = make(
        client, "me/drive/root/children", {"name": "A", "folder": {}, "fileSystemInfo": times}
    )

    assert (
        made["createdDateTime"]
        == made["fileSystemInfo"]["createdDateTime"]
        == "2019-01-01T00:00:00Z"
    )


def test_times_of_the_file_system_are_the_clients(client):
    put(client, "me/drive/root:/a.txt:/content")
    times = {"lastModifiedDateTime": "2020-01-01T00:00:00Z"}

    changed = client.patch("/v1.0/me/drive/root:/a.txt", json={"fileSystemInfo": times}).json

    assert changed["fileSystemInfo"]["lastModifiedDateTime"] == "2020-01-01T00:00:00Z"
    assert changed["lastModifiedDateTime"] == "2020-01-01T00:00:00Z"
    again = put(client, "me/drive/root:/a.txt:/content", b"newer")
    assert again["fileSystemInfo"]["lastModifiedDateTime"] == again["lastModifiedDateTime"]
    assert again["lastModifiedDateTime"] > "2021"


def test_an_empty_path_beside_an_id_is_none(client):
    """rclone's references have all members, those without a value as empty texts."""
    place = folder(client, "A")
    item = put(client, "me/drive/root:/a.txt:/content")
    reference = {"driveId": place["parentReference"]["driveId"], "id": place["id"], "path": ""}

    moved = client.patch(f"/v1.0/me/drive/items/{item['id']}", json={"parentReference": reference})
    copied = client.post(
        f"/v1.0/me/drive/items/{item['id']}/copy", json={"parentReference": reference, "name": "b"}
    )

    assert (moved.status_code, moved.json["parentReference"]["id"]) == (200, place["id"])
    assert copied.status_code == 202
    assert client.get("/v1.0/me/drive/root:/A/b").status_code == 200


@pytest.mark.parametrize(("top", "shown"), [(1000, 1000), (5000, 1000), (999, 999)])
def test_a_page_of_children_has_a_thousand_at_most(client, top, shown):
    items = [{"id": f"i{number}", "name": f"{number}", "folder": {}} for number in range(1001)]
    seed(client, {"me/drive/items": items})

    page = client.get(f"/v1.0/me/drive/root/children?$top={top}&$select=id")

    assert (page.status_code, len(page.json["value"])) == (200, shown)
    assert "@odata.nextLink" in page.json


def test_folders_of_sites_do_not_begin_with_a_tilde(client):
    seed(client, {"sites": [{"id": "s"}]})
    message = "The provided name cannot contain any illegal characters."
    library, body = "/v1.0/sites/s/drive/root", {"name": "~a", "folder": {}}
    assert_error(client.post(f"{library}/children", json=body), 400, "invalidRequest", message)
    assert client.post("/v1.0/me/drive/root/children", json=body).status_code == 201
    assert client.put(f"{library}:/~a.txt:/content", data=b"x").status_code == 201
    client.post(f"{library}/children", json={"name": "a", "folder": {}})
    renamed = client.patch(f"{library}:/a", json={"name": "~a"})
    assert_error(renamed, 400, "invalidRequest", message)
    made = client.put(f"{library}:/~b/c.txt:/content", data=b"x")
    assert_error(made, 400, "invalidRequest", message)


def test_a_page_goes_on_by_what_was_given(client):
    answer = client.get("/v1.0/me/drive/root/children?$skiptoken=abc")

    assert_error(answer, 400, "invalidRequest", "Invalid paging token.")


def test_what_is_read_by_its_url_alone_has_no_wrapper_of_graph(client):
    item = put(client, "me/drive/root:/a.txt:/content")
    url = item["@microsoft.graph.downloadUrl"]

    for answer, status, code in (
        (client.get(f"{url}x"), 401, "unauthenticated"),
        (client.post(url), 405, "notAllowed"),
        (client.get(url, headers={"Range": "bytes=9-"}), 416, "invalidRange"),
    ):
        assert answer.status_code == status
        assert answer.json["error"].keys() == {"code", "message"}
        assert answer.json["error"]["code"] == code


@pytest.mark.parametrize("form", ["children/{}", "children('{}')"])
def test_what_is_in_a_folder_is_found_by_its_name_too(client, form):
    folder = client.post("/v1.0/me/drive/root/children", json={"name": "F", "folder": {}}).json[
        "id"
    ]
    place = f"/v1.0/me/drive/items/{folder}/{form}"
    file = place.format("a.txt")
    text = {"content_type": "text/plain"}
    assert client.get(file).status_code == 404

    made = client.put(f"{file}/content", data=b"one", **text)

    assert (made.status_code, made.json["name"]) == (201, "a.txt")
    assert made.json["parentReference"]["id"] == folder
    assert client.put(f"{file}/content", data=b"three", **text).status_code == 200
    assert client.get("/v1.0/me/drive/root:/F/a.txt").json["size"] == 5
    assert client.get(file).json["id"] == client.get(place.format(made.json["id"])).json["id"]
    assert client.delete(place.format("b.txt")).status_code == 404
    assert client.delete(file).status_code == 204
    assert client.get(file).status_code == 404


def test_an_item_that_a_seed_gives_no_name_has_one(client):
    """What lies in it has a path all the same."""
    seed(client, {"me/drive/items/A/children": [{"id": "B", "file": {}}]})

    (inner,) = listed(client, "me/drive/items/A/children")

    assert client.get("/v1.0/me/drive/items/A").json["name"] == "A"
    assert (inner["name"], inner["parentReference"]["name"]) == ("B", "A")
    assert inner["parentReference"]["path"].endswith("/root:/A")


def test_an_item_is_moved_whatever_a_seed_said_of_where_it_was(client):
    place = {"driveId": "elsewhere", "path": "/drive/root:/Documents"}
    item = {"id": "01A", "name": "a.txt", "file": {}, "parentReference": place}
    seed(client, {"me/drive/items": [item]})
    into = folder(client, "B")

    moved = client.patch("/v1.0/me/drive/items/01A", json={"parentReference": {"id": into["id"]}})

    assert moved.status_code == 200, moved.text
    assert moved.json["parentReference"]["path"].endswith("/root:/B")


def test_somebody_follows_who_was_not_there_before(client):
    """With a token that does not say who it is, somebody is signed in anyway."""
    item = put(client, "sites/root/drive/root:/a.txt:/content")

    answer = client.post(f"/v1.0/sites/root/drive/items/{item['id']}/follow")

    assert answer.status_code == 200, answer.text
    assert [each["id"] for each in listed(client, "me/drive/following")] == [item["id"]]
