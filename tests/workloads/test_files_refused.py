"""What drives, sites and downloads refuse, or decide themselves, whatever a client says."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed
from tests.workloads.test_files import folder, put

CHILDREN = "/v1.0/me/drive/root/children"
NOT_SUPPORTED = ("notSupported", "Operation not supported")


@pytest.fixture
def item(client):
    return put(client, "me/drive/root:/a.txt:/content")


@pytest.mark.parametrize(
    "condition",
    [
        "size gt 3",
        "contains(name,'a')",
        "endswith(name,'a')",
        "name ne 'a'",
        "not startswith(name,'a')",
        "lastModifiedDateTime gt 2020-01-01T00:00:00Z",
        "name eq 'a' and size gt 3",
        "startswith(name,'a') and file ne null",
        "name eq null",
        "name eq webUrl",
        "name in ('a.txt')",
        "startswith(name,'a') eq false",
        "folder ne null and (name eq 'a' or size eq 3)",
    ],
)
def test_libraries_filter_by_little(client, condition):
    for path in (CHILDREN, "/v1.0/me/drive/root/children/$count"):
        assert_error(client.get(path, query_string={"$filter": condition}), 400, *NOT_SUPPORTED)


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("name eq 'a.txt'", ["a.txt"]),
        ("startswith(name, 'it''s (')", ["it's (b).txt"]),
        ("startswith(name,'it') eq true or folder ne null", ["F", "it's (b).txt"]),
        ("(name eq 'a.txt') or (name eq 'F')", ["a.txt", "F"]),
        ("folder eq null and startswith(name,'a')", ["a.txt"]),
        ("'a.txt' eq name or null ne folder", ["a.txt", "F"]),
        ("name eq 'A.TXT'", ["a.txt"]),
    ],
)
def test_libraries_filter_by_names_and_folders(client, item, condition, names):
    put(client, "me/drive/root:/it's (b).txt:/content")
    folder(client, "F")

    found = client.get(CHILDREN, query_string={"$filter": condition, "$orderby": "name"})

    assert {each["name"] for each in found.json["value"]} == {*names}


def test_what_a_condition_means_counts_and_not_how_it_is_written(client, item):
    folder(client, "F")
    meant = {"$filter": "name eq @n or folder ne @none", "@n": "'a.txt'", "@none": "null"}

    found = client.get(CHILDREN, query_string=meant)

    assert [each["name"] for each in found.json["value"]] == ["a.txt", "F"]
    for other in ("null", "size"):
        asked = {"$filter": "name eq @n", "@n": other}
        assert client.get(CHILDREN, query_string=asked).status_code == 400
    shown = "/v1.0/me/drive/root?$expand=children($filter=size gt 3)"
    assert_error(client.get(shown), 400, *NOT_SUPPORTED)
    unknown = client.get(CHILDREN, query_string={"$filter": "nope eq 'a'"})
    assert_error(unknown, 400, "BadRequest", "nope")


@pytest.mark.parametrize("name", ["id", "createdBy/user/displayName", "webUrl,size"])
def test_libraries_sort_by_names_and_urls(client, name):
    refused = client.get(CHILDREN, query_string={"$orderby": name})
    assert_error(refused, 400, "invalidRequest", "is not supported for OrderBy.")
    assert client.get(CHILDREN, query_string={"$orderby": "webUrl desc"}).status_code == 200


def test_a_search_is_not_filtered(client):
    for path in ("root/search(q='a')", "search(q='a')"):
        refused = client.get(f"/v1.0/me/drive/{path}?$filter=name eq 'a'")
        assert_error(refused, 400, *NOT_SUPPORTED)


def test_ids_and_what_the_service_knows_of_a_file_are_its_own(client):
    said = {"mimeType": "x/y", "hashes": {"quickXorHash": "AAAA"}}
    made = client.post(CHILDREN, json={"id": "mine", "name": "a.txt", "file": said}).json

    assert made["id"] != "mine"
    assert made["size"] == 0
    assert made["file"] == {
        "mimeType": "text/plain",
        "hashes": {"quickXorHash": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    }
    client.post("/v1.0/sites/root/lists", json={"id": "mine", "displayName": "L"})
    lists = "/v1.0/sites/root/lists/L"
    assert client.get(lists).json["id"] != "mine"
    for number in ("1", "2"):
        path = f"{lists}/items"
        assert client.post(path, json={"id": "99", "fields": {}}).json["id"] == number
    refused = client.patch(f"/v1.0/me/drive/items/{made['id']}", json={"id": "other"})
    assert_error(refused, 400, "invalidRequest", "'id' is read-only")


@pytest.mark.parametrize("name", ["@microsoft.graph.foo", "@content.sourceUrl"])
def test_annotations_without_effect_are_refused(client, item, name):
    made = client.post(CHILDREN, json={"name": "F", "folder": {}, name: "rename"})
    changed = client.patch(f"/v1.0/me/drive/items/{item['id']}", json={"name": "b", name: "rename"})

    for refused in (made, changed):
        assert_error(refused, 400, "invalidRequest", f"The annotation '{name}' is not supported.")


def test_the_former_name_of_the_conflict_behaviour_is_heeded(client):
    folder(client, "F")
    said = {"name": "F", "folder": {}, "@name.conflictBehavior": "rename"}

    assert client.post(CHILDREN, json=said).json["name"] == "F 1"
    assert client.post(CHILDREN, json={**said, "@name.conflictBehavior": "fail"}).status_code == 409


def test_bytes_are_brought_from_elsewhere_by_put_alone(client, item):
    body = {"name": "b.txt", "@microsoft.graph.sourceUrl": "https://example.com/b"}
    refused = client.patch(f"/v1.0/me/drive/items/{item['id']}", json=body)
    assert_error(refused, 400, *NOT_SUPPORTED)


def test_an_annotation_beside_the_item_of_a_session_is_told_to_be_ignored(client, item):
    path = "/v1.0/me/drive/root:/a.txt:/createUploadSession"
    body = {"@microsoft.graph.conflictBehavior": "fail"}

    assert client.post(path, json=body).status_code == 200

    (told,) = client.get("/_fakegraph/requests?path=*createUploadSession").json["value"][-1:]
    assert any("outside 'item' was ignored" in each for each in told["ignored"])


def test_a_part_of_a_file_is_not_taken_for_the_whole(client, item):
    ranges = {"Content-Range": "bytes 0-1/5"}
    path = f"/v1.0/me/drive/items/{item['id']}/content"

    assert_error(client.put(path, data=b"he", headers=ranges), 400, "invalidRequest", "at once")
    assert client.get(f"/v1.0/me/drive/items/{item['id']}").json["eTag"] == item["eTag"]


def test_downloads_are_conditional(client, item):
    url, tag = item["@microsoft.graph.downloadUrl"], item["eTag"]

    known = client.get(url, headers={"If-None-Match": f'"other", {tag}'})
    other = client.get(url, headers={"If-Match": '"other"'})

    assert (known.status_code, known.data, known.headers["ETag"]) == (304, b"", tag)
    assert (other.status_code, other.json["error"]["code"]) == (412, "resourceModified")
    for headers in ({"If-Match": tag}, {"If-Match": "*"}, {"If-None-Match": '"other"'}):
        assert client.get(url, headers=headers).data == b"hello"


def test_nobody_becomes_the_owner_of_an_item(client, item):
    path = f"/v1.0/me/drive/items/{item['id']}"
    link = client.post(f"{path}/createLink", json={"type": "view", "scope": "anonymous"}).json
    place = f"{path}/permissions/{link['id']}"

    assert_error(client.patch(place, json={"roles": ["owner"]}), 400, "invalidRequest", "'owner'")
    assert client.patch(place, json={"roles": ["write"]}).json["roles"] == ["write"]
    nobody = client.post(f"{path}/invite", json={"recipients": [{}], "roles": ["read"]})
    assert "'email'" in assert_error(nobody, 400, "invalidRequest")["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"roles": ["write"]},
        {"grantedToIdentities": [{"application": {"id": "a"}}]},
        {"roles": ["write"], "grantedToIdentities": [{"user": {"id": "a"}}]},
    ],
)
def test_a_permission_of_a_site_is_for_an_application(client, body):
    refused = client.post("/v1.0/sites/root/permissions", json=body)
    assert_error(refused, 400, "invalidRequest")
    assert client.get("/v1.0/sites/root/permissions").json["value"] == []


def test_a_site_that_is_seeded_as_the_root_is_it(client):
    url = "https://contoso.sharepoint.com"
    seed(client, {"sites": [{"displayName": "Ours", "webUrl": url, "root": {}}]})

    for key in ("root", "contoso.sharepoint.com"):
        assert client.get(f"/v1.0/sites/{key}").json["displayName"] == "Ours"


def test_names_are_sorted_in_any_case(client):
    for name in ("b.txt", "A.txt", "a1.txt", "F.txt"):
        put(client, f"me/drive/root:/{name}:/content")

    names = ["A.txt", "a1.txt", "b.txt", "F.txt"]
    for query, expected in (("", names), ("?$orderby=name desc", names[::-1])):
        found = client.get(f"{CHILDREN}{query}").json["value"]
        assert [each["name"] for each in found] == expected
    page = client.get(f"{CHILDREN}?$top=3").json
    rest = client.get(page["@odata.nextLink"]).json
    assert [each["name"] for each in (*page["value"], *rest["value"])] == names


LISTS = "/v1.0/sites/root/lists"


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        (LISTS, {"displayName": "L", "list": {"template": "nope"}}, "'nope' is no template"),
    ],
)
def test_lists_are_of_kinds_that_there_are(client, path, body, why):
    seed(client, {"sites/root/lists": [{"displayName": "Ours"}]})
    assert_error(client.post(path, json=body), 400, "invalidRequest", why)


@pytest.mark.parametrize("option", ["$skip=1", "$search=x"])
def test_items_of_lists_are_neither_skipped_nor_searched(client, option):
    refused = client.get(f"{LISTS}/Documents/items?{option}")
    assert_error(refused, 400, "invalidRequest", "is not supported on this API.")


def test_a_seed_says_more_of_the_library_that_a_site_has(client):
    described = {"displayName": "Documents", "description": "Ours"}
    seed(client, {"sites/root/lists": [described]})

    found = client.get(f"{LISTS}/Documents").json
    assert (found["description"], found["list"]["template"]) == ("Ours", "documentLibrary")
    assert client.get(f"{LISTS}/Documents/drive").json["name"] == "Documents"
    for other in (
        {**described, "id": "11111111-1111-1111-1111-111111111111"},
        {"displayName": "L"},
    ):
        twice = {"sites/root/lists": [other, other]}
        assert client.post("/_fakegraph/seed", json=twice).status_code == 409


def test_a_delta_with_parents_or_without_them(client, item):
    link = client.get("/v1.0/me/drive/root/delta?token=latest").json["@odata.deltaLink"]
    client.patch(f"/v1.0/me/drive/items/{item['id']}", json={"name": "b.txt"})

    for said, names in (("true", ["b.txt"]), ("False", ["root", "b.txt"])):
        found = client.get(link, headers={"deltaExcludeParent": said}).json["value"]
        assert [each["name"] for each in found] == names
    refused = client.get(link, headers={"deltaExcludeParent": "maybe"})
    assert_error(refused, 400, "invalidRequest", "deltaExcludeParent is true or false")


def test_bundles_are_of_personal_drives(client):
    album = {"name": "Trip", "bundle": {"album": {}}}
    refused = client.post("/v1.0/me/drive/bundles", json=album)
    assert_error(refused, 400, *NOT_SUPPORTED)
    seed(client, {"me/drive": {"driveType": "personal"}})

    made = client.post("/v1.0/me/drive/bundles", json=album)

    assert made.status_code == 201, made.text
    children = f"/v1.0/me/drive/bundles/{made.json['id']}/children"
    for body in ({"name": "a", "folder": {}}, {"id": made.json["id"]}):
        refused = client.post(children, json=body)
        assert_error(refused, 400, "invalidRequest", "A bundle gathers what lies elsewhere")
    assert_error(client.post(children, json={"id": "01A"}), 404, "itemNotFound")


def test_a_bundle_gathers_what_lies_elsewhere(client):
    """https://learn.microsoft.com/graph/api/bundle-additem, and -removeitem."""
    seed(client, {"me/drive": {"driveType": "personal"}})
    for name in ("a.txt", "F/b.txt", "c.txt"):
        put(client, f"me/drive/root:/{name}:/content")
    ids = [
        client.get(f"/v1.0/me/drive/root:/{name}").json["id"]
        for name in ("c.txt", "F/b.txt", "a.txt")
    ]
    made = client.post("/v1.0/me/drive/bundles", json={"name": "Trip", "bundle": {"album": {}}})
    bundle = f"/v1.0/me/drive/bundles/{made.json['id']}"

    for id_ in (*ids, ids[0]):
        added = client.post(f"{bundle}/children", json={"id": id_})
        assert (added.status_code, added.data) == (204, b"")

    found = client.get(f"{bundle}?$expand=children($select=name)").json
    assert found["bundle"] == {"album": {}, "childCount": 3}
    assert [each["name"] for each in found["children"]] == ["a.txt", "b.txt", "c.txt"]
    removed = client.delete(f"{bundle}/children/{ids[0]}")
    assert removed.status_code == 204
    assert client.get(f"/v1.0/me/drive/items/{ids[0]}").json["name"] == "c.txt"
    assert_error(client.delete(f"{bundle}/children/{ids[0]}"), 404, "itemNotFound")
    client.delete(f"/v1.0/me/drive/items/{ids[1]}")
    assert [each["name"] for each in listed(client, f"{bundle[6:]}/children")] == ["a.txt"]
    assert client.get(bundle).json["bundle"]["childCount"] == 1
    assert client.delete(f"/v1.0/me/drive/root:/F:/children/{ids[2]}").status_code == 404


def test_a_bundle_is_an_item_that_lies_in_no_folder(client):
    """https://learn.microsoft.com/graph/api/bundle-update, which has the URL of items."""
    seed(client, {"me/drive": {"driveType": "personal"}})
    plain = client.post("/v1.0/me/drive/bundles", json={"name": "a.txt", "file": {}})
    assert_error(plain, 400, "invalidRequest", "'bundle' is required.")
    made = client.post("/v1.0/me/drive/bundles", json={"name": "Trip", "bundle": {"album": {}}})
    item = f"/v1.0/me/drive/items/{made.json['id']}"
    put(client, "me/drive/root:/a.txt:/content")
    file = client.get("/v1.0/me/drive/root:/a.txt").json["id"]

    changed = client.patch(item, json={"name": "Journey"})

    assert (changed.status_code, changed.json["name"]) == (200, "Journey")
    bundles = f"/v1.0/me/drive/bundles/{made.json['id']}"
    assert client.get(bundles).json["name"] == "Journey"
    assert_error(client.get(f"/v1.0/me/drive/bundles/{file}"), 404, "itemNotFound")
    assert [each["name"] for each in listed(client, "me/drive/root/children")] == ["a.txt"]
    assert client.delete(item).status_code == 204
    assert listed(client, "me/drive/bundles") == []
