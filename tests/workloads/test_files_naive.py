"""What a simple fake of files gets wrong, each on its own."""

from __future__ import annotations

import base64
import re

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.workloads.test_files import ROOT_ENDING, content, folder, put
from tests.workloads.test_files_uploads import DATA, begin, send


@pytest.mark.parametrize(
    "path",
    [
        "root:/A%20b/100%25%23%20(1)+c.txt",
        "root:/a%20B/100%25%23%20(1)+C.TXT:",
        "root://A%20b//100%25%23%20(1)+c.txt:",
        "items/{above}://100%25%23%20(1)+c.txt",
        "items/{above}:/100%25%23 (1)+c.txt",
        "items/{above}:/100%25%23%20%281%29%2Bc.txt:",
        "items/{id}",
        "items/root%3A%2FA%20b%2F100%25%23%20%281%29%2Bc.txt%3A",
        "items/root%3a%2fA%20b%2f100%25%23%20%281%29%2Bc.txt",
        "items/{above}%3A%2F100%25%23%20%281%29%2Bc.txt%3A",
        "root:%2FA%20b%2F100%25%23%20%281%29+c.txt",
        "root:%2fA%20b%2F100%25%23%20%281%29+c.txt:",
        "items/{above}:%2F100%25%23%20%281%29+c.txt:",
    ],
)
def test_a_path_is_split_before_it_is_decoded(client, path):
    item = put(client, "me/drive/root:/A%20b/100%25%23%20(1)+c.txt:/content")
    assert item["name"] == "100%# (1)+c.txt"

    found = client.get(
        f"/v1.0/me/drive/{path.format(id=item['id'], above=item['parentReference']['id'])}"
    )

    assert found.json["id"] == item["id"]


def test_content_is_a_redirect_to_a_url_without_a_token(make_client):
    client = make_client(auth="bearer")
    signed_in = {"Authorization": "Bearer x"}
    item = put(client, "me/drive/root:/a.txt:/content", headers=signed_in)

    led = client.get(f"/v1.0/me/drive/items/{item['id']}/content", headers=signed_in)

    assert (led.status_code, led.data) == (302, b"")
    part = client.get(led.headers["Location"], headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.data) == (206, b"el")
    assert client.get(item["@microsoft.graph.downloadUrl"]).data == b"hello"


def test_what_a_session_is_told_beside_the_item_is_passed_over(client):
    """Public clients send it so, and their uploads go well."""
    path = "/v1.0/me/drive/root:%2Fbig.bin:/createUploadSession"
    times = {"lastModifiedDateTime": "2020-01-01T00:00:00Z"}
    said = {"name": "other.bin", "fileSystemInfo": times}

    session = client.post(path, json=said)

    assert session.status_code == 200, session.text
    noted = client.get("/_fakegraph/requests").json["value"][-1]["ignored"]
    assert noted == [
        f"'{name}' outside 'item' was ignored. It counts in 'item' alone." for name in said
    ]
    made = send(client, session.json, 0, len(DATA) - 1)
    assert (made.json["name"], made.status_code) == ("big.bin", 201)
    inside = client.post(path, json={"item": {"nope": 1}})
    assert inside.status_code == 400


def test_creating_a_session_is_200_and_its_end_says_whether_the_file_is_new(client):
    path = "/v1.0/me/drive/root:/big.bin:/createUploadSession"
    replace = {"item": {"@microsoft.graph.conflictBehavior": "replace"}}

    statuses = []
    for _ in range(2):
        session = client.post(path, json=replace)
        statuses += [session.status_code, send(client, session.json, 0, 1023).status_code]

    assert statuses == [200, 201, 200, 200]


def test_ranges_are_kept_in_order(client):
    session = begin(client)

    assert send(client, session, 512, 1023).status_code == 416
    assert send(client, session, 0, 511).status_code == 202
    assert send(client, session, 512, 1023).status_code == 201
    assert content(client, "me/drive/root:/big.bin:/content") == DATA


def test_the_usual_behaviour_differs(client):
    put(client, "me/drive/root:/a.txt:/content", b"one")
    folder(client, "A")

    assert client.put("/v1.0/me/drive/root:/a.txt:/content", data=b"two").status_code == 200
    taken = ("nameAlreadyExists", "Name already exists")
    posted = client.post("/v1.0/me/drive/root/children", json={"name": "A", "folder": {}})
    assert_error(posted, 409, *taken)
    session = client.post("/v1.0/me/drive/root:/a.txt:/createUploadSession", json={})
    assert session.status_code == 200  # as rclone replaces files


def test_tags_are_a_guid_and_a_number_and_a_folders_is_its_own(client):
    above = folder(client, "A")
    item = put(client, "me/drive/root:/A/a.txt:/content")

    assert re.fullmatch(r'"\{[0-9A-F-]{36}\},\d+"', item["eTag"])
    assert re.fullmatch(r'"c:\{[0-9A-F-]{36}\},\d+"', item["cTag"])
    after = client.get("/v1.0/me/drive/root:/A").json
    assert (after["folder"]["childCount"], after["eTag"]) == (1, above["eTag"])


def test_ids_are_taken_apart(client):
    item = put(client, "me/drive/root:/a.txt:/content")
    root = client.get("/v1.0/me/drive/root").json

    assert len(base64.urlsafe_b64decode(item["parentReference"]["driveId"][2:])) == 48
    assert root["id"].endswith(ROOT_ENDING)
    assert item["id"][:8] == root["id"][:8]
    number = int.from_bytes(base64.b32decode(f"{'A' * 6}{item['id'][8:]}"), "big")
    little = (number & ((1 << 128) - 1)).to_bytes(16, "big")
    guid = little[3::-1] + little[5:3:-1] + little[7:5:-1] + little[8:]
    assert guid.hex().upper() == re.sub(r"\W|,.*", "", item["eTag"])[:32]


def test_delta_is_no_list_of_children(client):
    put(client, "me/drive/root:/A/a.txt:/content")
    latest = client.get("/v1.0/me/drive/root/delta?token=latest").json
    assert latest["value"] == []
    client.delete("/v1.0/me/drive/root:/A/a.txt")
    put(client, "me/drive/root:/A/b.txt:/content")

    value = client.get(latest["@odata.deltaLink"]).json["value"]

    gone = next(each for each in value if "deleted" in each)
    assert "name" not in gone
    assert all("path" not in each.get("parentReference", {}) for each in value)
    assert any("root" in each for each in value)


def test_a_copy_is_accepted_and_its_failure_is_told_inside_a_200(client):
    put(client, "me/drive/root:/a.txt:/content")

    accepted = client.post("/v1.0/me/drive/root:/a.txt:/copy", json={})

    assert (accepted.status_code, accepted.data) == (202, b"")
    assert "?tempauth=" in accepted.headers["Location"]  # some clients send it no token then
    told = client.get(accepted.headers["Location"])
    assert told.status_code == 200
    assert told.json == {
        "status": "failed",
        "lastActionDateTime": "0001-01-01T00:00:00Z",
        "error": {"code": "nameAlreadyExists", "message": "Name already exists"},
    }


def test_the_hash_is_a_quick_xor_hash(client):
    item = put(client, "me/drive/root:/a.txt:/content", b"hello")

    assert item["file"]["hashes"] == {"quickXorHash": "aCgDG9jwBgAAAAAABQAAAAAAAAA="}


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        ("me/drive/items/nope", 404, "itemNotFound", "The resource could not be found."),
        (
            "drives/nope",
            400,
            "invalidRequest",
            "The provided drive id appears to be malformed, or does not represent a valid drive.",
        ),
        (
            "sites/00000000-0000-4000-8000-000000000001",
            404,
            "itemNotFound",
            "Requested site could not be found",
        ),
        ("sites/nope", 400, "invalidRequest", "Invalid hostname for this tenancy"),
        (
            "sites/fabrikam.sharepoint.com:/sites/x",
            400,
            "invalidRequest",
            "Invalid hostname for this tenancy",
        ),
        (
            "sites/contoso.sharepoint.com:/sites/nope",
            404,
            "itemNotFound",
            "The provided path does not exist, or does not represent a site",
        ),
        (
            "sites/contoso.sharepoint.com,a,b",
            400,
            "invalidRequest",
            "Provided identifier is malformed - site collection id is not valid",
        ),
        ("sites/root/lists/nope", 404, "itemNotFound", "The specified list was not found"),
        (
            "shares/u!aHR0cHM6Ly94/driveItem",
            403,
            "accessDenied",
            "The sharing link no longer exists, or you do not have permission to access it.",
        ),
    ],
)
def test_each_that_is_missing_has_its_own_sentence(client, path, status, code, message):
    answer = client.get(f"/v1.0/{path}")

    assert_error(answer, status, code, message)
    assert answer.json["error"]["message"] == message


def test_fields_of_a_list_come_only_expanded(client):
    client.post("/_fakegraph/seed", json={"sites/s/lists": [{"id": "l", "displayName": "L"}]})
    make(client, "sites/s/lists/l/items", {"fields": {"Title": "A"}})

    (plain,) = listed(client, "sites/s/lists/l/items")
    (whole,) = listed(client, "sites/s/lists/l/items?$expand=fields")

    assert "fields" not in plain
    assert whole["fields"]["Title"] == "A"


def test_deleting_changes_what_is_above(client):
    put(client, "me/drive/root:/A/B/a.txt:/content", bytes(7))
    assert client.get("/v1.0/me/drive/root:/A").json["size"] == 7

    client.delete("/v1.0/me/drive/root:/A/B/a.txt")

    above = client.get("/v1.0/me/drive/root:/A/B").json
    assert (above["size"], above["folder"]["childCount"]) == (0, 0)
    assert client.get("/v1.0/me/drive/root:/A").json["size"] == 0
    assert client.get("/v1.0/me/drive").json["quota"]["used"] == 0


def test_a_path_as_one_key_goes_on_behind_it(client):
    """As the Python SDK writes it: ``by_drive_item_id("root:/a/b.txt:").content``."""
    path = "/v1.0/me/drive/items/root%3A%2Fa%2Fb.txt%3A"
    assert client.put(f"{path}/content", data=b"hello").status_code == 201

    assert content(client, "me/drive/items/root%3A%2Fa%2Fb.txt%3A/content") == b"hello"
    assert client.post(f"{path}/createUploadSession", json={}).status_code == 200
    assert [each["name"] for each in listed(client, "me/drive/items/root%3A%2Fa%3A/children")] == [
        "b.txt"
    ]


def test_a_site_by_path_as_one_key(client):
    root = client.get("/v1.0/sites/root").json["webUrl"].removeprefix("https://")

    answer = client.get(f"/v1.0/sites/{root}%3A%2Fsites%2Fnope")

    assert_error(
        answer,
        404,
        "itemNotFound",
        "The provided path does not exist, or does not represent a site",
    )


@pytest.mark.parametrize(
    "path", ["sites/root", "sites/contoso.sharepoint.com", "groups/g1/sites/root"]
)
def test_a_root_site_is_there_before_and_after_it_is_written_to(client, path):
    seed(client, {"groups": [{"id": "g1"}]})
    before = client.get(f"/v1.0/{path}").json["id"]

    for name in ("one", "two"):
        made = make(client, f"{path}/lists", {"displayName": name})
        assert client.get(f"/v1.0/{path}/lists/{made['id']}").json["displayName"] == name

    assert client.get(f"/v1.0/{path}").json["id"] == before
    names = [each["displayName"] for each in listed(client, f"{path}/lists")]
    assert names == ["Documents", "one", "two"]


BEHAVIOUR = "@microsoft.graph.conflictBehavior"
TAKEN = "Name already exists"


def assert_bare(answer, status, code, message, inner):
    """An error of a URL that needs no token: neither date nor ids."""
    assert answer.status_code == status
    assert answer.json == {
        "error": {"code": code, "message": message, "innererror": {"code": inner}}
    }


def test_an_annotation_is_read_where_there_is_json_that_can_be_read(client):
    body = f'{{"name": "a", "folder": {{}}, "{BEHAVIOUR}": "fail", "size": 1e999}}'
    children = "/v1.0/me/drive/root/children"
    assert client.post(children, data=body, content_type="application/json").status_code == 400
    assert listed(client, "me/drive/root/children") == []
    for data in (f"{{ {BEHAVIOUR}", f'{{"{BEHAVIOUR}": 1e999}}'):
        made = client.put("/v1.0/me/drive/root:/a.txt:/content", data=data)
        assert made.status_code in (200, 201), made.text
        kept = client.get("/v1.0/me/drive/root:/a.txt:/content", follow_redirects=True)
        assert kept.text == data


def test_a_session_is_spoken_to_without_a_token(make_client):
    client = make_client(auth="bearer")
    path = "/v1.0/me/drive/root:/big.bin:/createUploadSession"
    signed_in = {"Authorization": "Bearer x"}
    session = client.post(path, json={}, headers=signed_in).json
    assert send(client, session, 0, 511).json["nextExpectedRanges"] == ["512-1023"]

    early = send(client, session, 768, 1023)
    again = send(client, session, 0, 511)
    short = send(client, session, 512, 1023, data=DATA[:5])

    late, overlap = (
        "Uploaded fragment is out of order.",
        "Uploaded fragment overlaps with existing data.",
    )
    assert_bare(early, 416, "invalidRange", late, "fragmentOutOfOrder")
    assert_bare(again, 416, "invalidRange", overlap, "fragmentOverlap")
    length = "The Content-Range header length does not match the provided number of bytes."
    assert_bare(short, 400, "invalidRequest", length, "fragmentLengthMismatch")
    assert client.get(session["uploadUrl"]).json["nextExpectedRanges"] == ["512-1023"]
    assert client.delete(session["uploadUrl"]).status_code == 204
    gone = client.get(session["uploadUrl"])
    assert gone.status_code == 404
    assert gone.json == {
        "error": {"code": "itemNotFound", "message": "The upload session was not found"}
    }


@pytest.mark.parametrize(
    ("method", "path", "place", "statuses"),
    [
        ("POST", "root/children", "body", {"fail": 409, "rename": 201, "replace": 200}),
        ("POST", "root/children", "query", {"fail": 409, "rename": 201, "replace": 200}),
        ("PUT", "root:/a.txt:/content", "query", {"fail": 409, "rename": 201, "replace": 200}),
        (
            "POST",
            "root:/a.txt:/createUploadSession",
            "item",
            {"fail": 409, "rename": 200, "replace": 200},
        ),
        ("POST", "root:/a.txt:/createUploadSession", "body", {"fail": 200}),
        ("PATCH", "root:/b.txt", "body", {"fail": 409, "rename": 200, "replace": 200}),
        ("PATCH", "root:/b.txt", "query", {"fail": 409, "rename": 200, "replace": 200}),
    ],
)
def test_what_becomes_of_a_name_that_is_taken_is_said_in_its_own_place(
    client, method, path, place, statuses
):
    for wanted, status in statuses.items():
        client.post("/_fakegraph/reset")
        folder(client, "A")
        for name in ("a.txt", "b.txt"):
            put(client, f"me/drive/root:/{name}:/content")
        said = {BEHAVIOUR: wanted}
        body = {"item": said if place == "item" else {}} if "Session" in path else {"name": "a.txt"}
        body = {"name": "A", "folder": {}} if path.endswith("children") else body
        query = f"?{BEHAVIOUR}={wanted}" if place == "query" else ""
        sent = (
            {"data": b"x"}
            if method == "PUT"
            else {"json": {**body, **(said if place == "body" else {})}}
        )

        answer = client.open(f"/v1.0/me/drive/{path}{query}", method=method, **sent)

        assert answer.status_code == status, (wanted, answer.text)
        if status == 409:
            assert answer.json["error"]["message"] == TAKEN
        assert BEHAVIOUR not in answer.json


def test_what_is_lost_is_said_with_where_to_begin_anew(client):
    link = client.get("/v1.0/me/drive/root/delta?token=latest").json["@odata.deltaLink"]
    client.post("/_fakegraph/reset")

    lost = client.get(link)

    assert_error(lost, 410, "resyncRequired")
    assert lost.json["error"]["message"].startswith("Resync required. Replace any local items with")
    assert lost.json["error"]["innerError"]["code"] == "resyncChangesApplyDifferences"
    fresh = client.get(lost.headers["Location"])
    assert (fresh.status_code, "@odata.deltaLink" in fresh.json) == (200, True)


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("$filter=file ne null", "notSupported", "Operation not supported"),
        ("$filter=package ne null or folder ne null", "notSupported", "Operation not supported"),
        (
            "$orderby=lastModifiedDateTime",
            "invalidRequest",
            "The property Last_x0020_Modified is not supported for OrderBy.",
        ),
        (
            "$orderby=size desc",
            "invalidRequest",
            "The property File_x0020_Size is not supported for OrderBy.",
        ),
    ],
)
def test_not_everything_is_filtered_and_sorted_by(client, query, code, message):
    answer = client.get(f"/v1.0/me/drive/root/children?{query}")

    assert_error(answer, 400, code)
    assert answer.json["error"]["message"] == message
    for taken in ("$filter=folder ne null", "$filter=startswith(name,'a')", "$orderby=name desc"):
        assert client.get(f"/v1.0/me/drive/root/children?{taken}").status_code == 200


def test_a_link_is_made_once(client):
    put(client, "me/drive/root:/a.txt:/content")
    path, body = "/v1.0/me/drive/root:/a.txt:/createLink", {"type": "view", "scope": "organization"}

    made, again, other = (
        client.post(path, json={**body, **more}) for more in ({}, {}, {"type": "edit"})
    )

    assert (made.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert again.json["id"] == made.json["id"] != other.json["id"]
