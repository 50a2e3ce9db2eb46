"""Files that come in ranges: upload sessions, at a URL that needs no token."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.conftest import assert_error
from tests.workloads.test_files import content, folder, put

DATA = bytes(range(256)) * 4


def begin(client: FlaskClient, path: str = "root:/big.bin:", **body: Any) -> dict[str, Any]:
    """A new session."""
    response = client.post(f"/v1.0/me/drive/{path}/createUploadSession", json=body)
    assert response.status_code == 200, response.text
    session: dict[str, Any] = response.json
    return session


def send(client: FlaskClient, session: dict[str, Any], first: int, last: int, **more: Any) -> Any:
    """One range of the bytes."""
    headers = {"Content-Range": f"bytes {first}-{last}/{more.pop('total', len(DATA))}"}
    data = more.pop("data", DATA[first : last + 1])
    return client.put(session["uploadUrl"], data=data, headers=headers, **more)


def assert_bare(response: Any, status: int, code: str, message: str, inner: str = "") -> None:
    """A refusal by a host that is not Graph's: neither date nor request-id."""
    said = {"code": code, "message": message}
    whole = {**said, "innererror": {"code": inner}} if inner else said
    assert (response.status_code, response.json) == (status, {"error": whole})


def named(behaviour: str, **more: Any) -> dict[str, Any]:
    return {"item": {"@microsoft.graph.conflictBehavior": behaviour, **more}}


@pytest.mark.parametrize("behaviour", ["replace", "rename", "fail"])
def test_the_url_of_a_session_says_what_becomes_of_which_file_where(client, behaviour):
    above = folder(client, "A")
    session = begin(client, "root:/A/b%20c.bin:", **named(behaviour), deferCommit=True)

    url = urlsplit(session["uploadUrl"])
    assert url.path.endswith(f"/_api/v2.0/drive/items/{above['id']}/uploadSession")
    said = parse_qs(url.query)
    assert {*said.pop("guid")[0], *said.pop("tempauth")[0]} - {"'"}
    flags = {"overwrite": [str(behaviour == "replace")], "rename": [str(behaviour == "rename")]}
    assert said == {"path": ["'b c.bin'"], **flags, "dc": ["1"]}


def test_a_file_comes_in_ranges(client):
    session = begin(client, "root:/a/b/big.bin:")

    assert session["nextExpectedRanges"] == ["0-"]
    first = send(client, session, 0, 399)
    assert first.status_code == 202
    assert first.json["nextExpectedRanges"] == ["400-1023"]
    assert client.get("/v1.0/me/drive/root:/a").status_code == 404
    last = send(client, session, 400, 1023)
    assert last.status_code == 201
    assert (last.json["name"], last.json["size"]) == ("big.bin", 1024)
    assert last.json["parentReference"]["path"].endswith("/root:/a/b")
    assert content(client, "me/drive/root:/a/b/big.bin:/content") == DATA
    whole = put(client, "me/drive/root:/whole.bin:/content", DATA)
    assert last.json["file"]["hashes"] == whole["file"]["hashes"]
    assert_bare(
        client.get(session["uploadUrl"]), 404, "itemNotFound", "The upload session was not found"
    )


def test_the_url_needs_no_token_and_is_believed_nothing_else(make_client):
    client = make_client(auth="bearer")
    path = "/v1.0/me/drive/root:/big.bin:/createUploadSession"
    session = client.post(path, json={}, headers={"Authorization": "Bearer x"}).json

    assert client.get(session["uploadUrl"]).status_code == 200
    assert send(client, session, 0, 1023).status_code == 201
    guessed = session["uploadUrl"].partition("?")[0]
    assert client.get(guessed).status_code == 404


def test_who_was_interrupted_asks_where_to_go_on(client):
    session = begin(client)
    send(client, session, 0, 99)

    asked = client.get(session["uploadUrl"])

    assert asked.status_code == 200
    assert asked.json["nextExpectedRanges"] == ["100-1023"]
    assert set(asked.json) >= {"expirationDateTime", "nextExpectedRanges"}
    assert send(client, session, 100, 1023).status_code == 201


@pytest.mark.parametrize(
    ("first", "last", "message", "inner"),
    [
        (0, 99, "Uploaded fragment overlaps with existing data.", "fragmentOverlap"),
        (50, 149, "Uploaded fragment overlaps with existing data.", "fragmentOverlap"),
        (200, 299, "Uploaded fragment is out of order.", "fragmentOutOfOrder"),
    ],
)
def test_ranges_come_in_order(client, first, last, message, inner):
    session = begin(client)
    send(client, session, 0, 99)

    assert_bare(send(client, session, first, last), 416, "invalidRange", message, inner)
    assert client.get(session["uploadUrl"]).json["nextExpectedRanges"] == ["100-1023"]
    assert send(client, session, 100, 1023).status_code == 201


_LENGTH = "The Content-Range header length does not match the provided number of bytes."


@pytest.mark.parametrize("more", [{"data": b"short"}, {"total": 2000}])
def test_ranges_are_as_long_as_they_say(client, more):
    session = begin(client)
    send(client, session, 0, 99)

    response = send(client, session, 100, 199, **more)

    assert_bare(response, 400, "invalidRequest", _LENGTH, "fragmentLengthMismatch")


@pytest.mark.parametrize("range_", ["", "bytes 0-99", "bytes 99-0/1024", "bytes 0-2000/1024", "x"])
def test_a_range_is_said(client, range_):
    session = begin(client)

    response = client.put(session["uploadUrl"], data=DATA[:100], headers={"Content-Range": range_})

    assert response.status_code == 400
    assert response.json["error"]["code"] == "invalidRequest"
    assert "innerError" not in response.json["error"]


def test_who_gives_up_leaves_nothing(client):
    session = begin(client)
    send(client, session, 0, 99)

    assert client.delete(session["uploadUrl"]).status_code == 204

    for method in ("GET", "DELETE"):
        gone = client.open(session["uploadUrl"], method=method)
        assert_bare(gone, 404, "itemNotFound", "The upload session was not found")
    assert client.get("/v1.0/me/drive/root:/big.bin").status_code == 404


def test_a_session_ends_a_day_after_its_last_range(client):
    def advance(hours: int) -> None:
        client.put("/_fakegraph/clock", json={"advance": f"PT{hours}H"})

    session = begin(client)
    advance(20)
    assert send(client, session, 0, 99).status_code == 202
    advance(20)
    assert send(client, session, 100, 199).status_code == 202
    advance(25)
    gone = send(client, session, 200, 1023)
    assert_bare(gone, 404, "itemNotFound", "The upload session was not found")


@pytest.mark.parametrize("behaviour", ["replace", "rename", "fail"])
def test_what_becomes_of_a_name_that_is_taken(client, behaviour):
    old = put(client, "me/drive/root:/big.bin:/content", b"old")
    path = "/v1.0/me/drive/root:/big.bin:/createUploadSession"
    answer = client.post(path, json=named(behaviour))
    if behaviour == "fail":
        assert_error(answer, 409, "nameAlreadyExists", "Name already exists")
        return
    done = send(client, answer.json, 0, 1023)

    if behaviour == "replace":
        assert (done.status_code, done.json["id"]) == (200, old["id"])
        assert done.json["cTag"] != old["cTag"]
        assert content(client, "me/drive/root:/big.bin:/content") == DATA
    else:
        assert (done.status_code, done.json["name"]) == (201, "big 1.bin")
        assert content(client, "me/drive/root:/big.bin:/content") == b"old"


def test_a_session_replaces_unless_its_item_says_otherwise(client):
    """rclone and others say nothing, and replace files so."""
    old = put(client, "me/drive/root:/big.bin:/content", b"old")

    for path in ("root:/big.bin:", f"items/{old['id']}", "items/root:/big.bin:"):
        done = send(client, begin(client, path), 0, 1023)
        assert (done.status_code, done.json["id"]) == (200, old["id"])


def test_only_what_the_item_says_counts(client):
    put(client, "me/drive/root:/big.bin:/content", b"old")
    path = "/v1.0/me/drive/root:/big.bin:/createUploadSession"

    outside = client.post(path, json={"@microsoft.graph.conflictBehavior": "fail"})
    assert send(client, outside.json, 0, 1023).status_code == 200
    assert client.post(path, json=named("fail")).status_code == 409


def test_a_name_that_is_taken_meanwhile(client):
    session = begin(client, **named("fail"))
    put(client, "me/drive/root:/big.bin:/content", b"old")

    done = send(client, session, 0, 1023)

    assert_bare(done, 409, "nameAlreadyExists", "Name already exists")
    assert content(client, "me/drive/root:/big.bin:/content") == b"old"


def test_a_file_gets_other_bytes_by_its_id(client):
    old = put(client, "me/drive/root:/a/big.bin:/content", b"old")
    session = begin(client, f"items/{old['id']}")

    done = send(client, session, 0, 1023)

    assert (done.status_code, done.json["id"]) == (200, old["id"])


@pytest.mark.parametrize("behaviour", ["replace", "rename"])
def test_an_id_means_that_file_and_no_name(client, behaviour):
    old = put(client, "me/drive/root:/a/big.bin:/content", b"old")

    done = send(client, begin(client, f"items/{old['id']}", **named(behaviour)), 0, 1023)
    query = f"@microsoft.graph.conflictBehavior={behaviour}"
    again = put(client, f"me/drive/items/{old['id']}/content?{query}", b"new")

    assert (done.status_code, done.json["id"], again["id"]) == (200, old["id"], old["id"])
    assert client.get("/v1.0/me/drive/root:/a").json["folder"]["childCount"] == 1


def test_a_new_file_below_a_folder_by_its_id(client):
    above = folder(client, "A")
    session = begin(client, f"items/{above['id']}:/n.bin:", **named("rename", name="n.bin"))

    done = send(client, session, 0, 1023)

    assert done.status_code == 201
    assert done.json["parentReference"]["id"] == above["id"]


def test_a_file_that_has_gone_meanwhile(client):
    old = put(client, "me/drive/root:/big.bin:/content", b"old")
    session = begin(client, f"items/{old['id']}")
    client.delete(f"/v1.0/me/drive/items/{old['id']}")

    assert_bare(
        send(client, session, 0, 1023), 404, "itemNotFound", "The resource could not be found."
    )


def test_who_defers_says_when(client):
    session = begin(client, deferCommit=True)

    last = send(client, session, 0, 1023)
    assert last.status_code == 202
    assert client.get("/v1.0/me/drive/root:/big.bin").status_code == 404
    early = begin(client, "root:/other.bin:", deferCommit=True)
    assert client.post(early["uploadUrl"]).status_code == 400
    done = client.post(session["uploadUrl"])

    assert (done.status_code, done.json["size"]) == (201, 1024)
    assert client.post(session["uploadUrl"]).status_code == 404


def test_times_and_words_come_along(client):
    times = {
        "createdDateTime": "2020-01-02T03:04:05Z",
        "lastModifiedDateTime": "2021-01-02T03:04:05Z",
    }
    session = begin(client, **named("replace", fileSystemInfo=times, description="d"))

    done = send(client, session, 0, 1023).json

    assert done["fileSystemInfo"] == times
    assert done["description"] == "d"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("items/nope", {}, 404, "itemNotFound"),
        ("root:/con:", {}, 400, "invalidRequest"),
        ("root:/con/x.txt:", {}, 400, "invalidRequest"),
        ("root:/x.txt:", {"item": {"name": "y.txt"}}, 400, "invalidRequest"),
        ("root:/x.txt:", named("guess"), 400, "invalidRequest"),
        ("root:/x.txt:", {"item": {"fileSize": -1}}, 400, "invalidRequest"),
        ("root:/x.txt:", {"item": 7}, 400, "invalidRequest"),
        ("root:/A:", named("replace"), 409, "nameAlreadyExists"),
        ("root", named("replace"), 409, "nameAlreadyExists"),
        ("root:/f.txt/x.txt:", {}, 400, "invalidRequest"),
    ],
)
def test_sessions_are_not_begun_for_what_cannot_be(client, path, body, status, code):
    folder(client, "A")
    put(client, "me/drive/root:/f.txt:/content")

    answer = client.post(f"/v1.0/me/drive/{path}/createUploadSession", json=body)

    assert_error(answer, status, code)


def test_a_session_may_be_about_one_version(client):
    old = put(client, "me/drive/root:/f.txt:/content")
    path = f"/v1.0/me/drive/items/{old['id']}/createUploadSession"

    stale = client.post(path, json={}, headers={"If-Match": '"{0},9"'})

    assert_error(stale, 412, "resourceModified", "ETag does not match current item's value")
    assert client.post(path, json={}, headers={"If-Match": old["eTag"]}).status_code == 200


def test_what_was_said_to_be_large_is_so(client):
    session = begin(client, item={"fileSize": 1024})

    assert send(client, session, 0, 9, total=2000).status_code == 400
    assert send(client, session, 0, 1023).status_code == 201


def test_ranges_may_be_longer_than_other_bodies(make_client):
    client = make_client(max_body=100)
    session = begin(client)

    assert send(client, session, 0, 1023).status_code == 201
    large = client.put("/v1.0/me/drive/root:/x.bin:/content", data=bytes(6000))
    assert large.status_code == 201
    again = begin(client, "root:/y.bin:")
    assert send(client, again, 0, 1600, total=1601, data=bytes(1601)).status_code == 413
    assert client.put("/v1.0/me/drive/root:/z.bin:/content", data=bytes(6001)).status_code == 413


def test_other_methods_are_refused(client):
    session = begin(client)

    assert client.patch(session["uploadUrl"]).status_code == 405


def test_a_batch_begins_sessions(client):
    request = {
        "id": "1",
        "method": "POST",
        "url": "/me/drive/root:/big.bin:/createUploadSession",
        "body": named("replace"),
        "headers": {"Content-Type": "application/json"},
    }
    answer = client.post("/v1.0/$batch", json={"requests": [request]}).json["responses"][0]

    assert answer["status"] == 200
    assert send(client, answer["body"], 0, 1023).status_code == 201


def test_tenants_have_sessions_of_their_own(client):
    client.post("/_fakegraph/tenants", json={"id": "t1"})
    path = "/tenants/t1/v1.0/me/drive/root:/big.bin:/createUploadSession"
    session = client.post(path, json={}).json

    assert send(client, session, 0, 1023).status_code == 201
    assert client.get("/tenants/t1/v1.0/me/drive/root:/big.bin").json["size"] == 1024
    assert client.get("/v1.0/me/drive/root:/big.bin").status_code == 404


SOURCE = "@microsoft.graph.sourceUrl"
BEHAVIOUR = "@microsoft.graph.conflictBehavior"


def test_a_name_that_is_taken_meanwhile_is_given_up_for_another(client):
    session = begin(client, item={BEHAVIOUR: "fail"})
    put(client, "me/drive/root:/big.bin:/content", b"mine")
    refused = send(client, session, 0, 1023)
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "nameAlreadyExists")
    assert client.get(session["uploadUrl"]).json["nextExpectedRanges"] == []
    body = {"name": "big.bin", SOURCE: session["uploadUrl"]}
    path = "/v1.0/me/drive/root:/big.bin"

    again = client.put(path, json=body)
    renamed = client.put(path, json={**body, BEHAVIOUR: "rename"})

    assert_error(again, 409, "nameAlreadyExists", "Name already exists")
    assert (renamed.status_code, renamed.json["name"]) == (201, "big 1.bin")
    assert content(client, "me/drive/root:/big 1.bin:/content") == DATA
    assert content(client, "me/drive/root:/big.bin:/content") == b"mine"
    assert_error(client.put(path, json=body), 404, "itemNotFound", "session was not found")


def test_bytes_are_not_fetched_from_elsewhere(client):
    session = begin(client)
    send(client, session, 0, 511)
    path = "/v1.0/me/drive/root:/x.bin"
    early = client.put(path, json={"name": "x.bin", SOURCE: session["uploadUrl"]})
    assert_error(early, 400, "invalidRequest", "Not all bytes")
    body = {"name": "x.bin", "file": {}, SOURCE: "https://x.example/x.bin"}
    for refused in (
        client.put(path, json=body),
        client.post("/v1.0/me/drive/root/children", json=body),
    ):
        assert_error(refused, 400, "notSupported")
    assert client.get(path).status_code == 404


def test_what_must_not_be_there_is_not_written_over(client):
    anything = {"If-None-Match": "*"}
    path = "/v1.0/me/drive/root:/a.txt:/content"
    assert client.put(path, data=b"one", headers=anything).status_code == 201

    refused = client.put(path, data=b"two", headers=anything)

    assert_error(refused, 412, "resourceModified", "ETag does not match current item's value")
    item = client.get("/v1.0/me/drive/root:/a.txt").json
    known = {"If-None-Match": item["eTag"]}
    by_id = f"/v1.0/me/drive/items/{item['id']}/content"
    assert client.put(by_id, data=b"two", headers=known).status_code == 412
    assert client.put(by_id, data=b"two", headers={"If-None-Match": '"x"'}).status_code == 200
    session = "/v1.0/me/drive/root:/{}.txt:/createUploadSession"
    assert client.post(session.format("a"), json={}, headers=anything).status_code == 412
    assert client.post(session.format("b"), json={}, headers=anything).status_code == 200
    absent = client.post(session.format("b"), json={}, headers={"If-Match": item["eTag"]})
    assert_error(absent, 412, "resourceModified")


def test_if_match_is_about_what_is_there(client):
    path = "/v1.0/me/drive/root:/new.txt:/content"

    refused = client.put(path, data=b"x", headers={"If-Match": '"x"'})

    assert_error(refused, 412, "resourceModified", "ETag does not match current item's value")
    assert client.get("/v1.0/me/drive/root:/new.txt").status_code == 404


@pytest.mark.parametrize("tag", ["eTag", "cTag", "*"])
def test_a_session_is_not_begun_where_the_file_is_that_version(client, tag):
    path = "/v1.0/me/drive/root:/a.bin:/createUploadSession"
    assert client.post(path, json={}, headers={"If-None-Match": "*"}).status_code == 200
    item = put(client, "me/drive/root:/a.bin:/content", b"one")
    known = {"If-None-Match": item.get(tag, tag)}

    refused = client.post(path, json={}, headers=known)

    assert_error(refused, 412, "resourceModified", "ETag does not match current item's value")
    other = client.post(path, json={}, headers={"If-None-Match": '"another"'})
    assert other.status_code == 200
