"""What a file was before: a version for each content."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.workloads.test_files import content, put
from tests.workloads.test_files_uploads import begin, named, send

FILE = "me/drive/root:/a.txt"
MOMENT = "2020-01-01T00:00:00Z"


def versions(client: FlaskClient, path: str = f"{FILE}:") -> list[str]:
    return [each["id"] for each in listed(client, f"{path}/versions")]


def test_each_content_is_a_version_the_newest_first(client):
    for number in range(1, 12):
        put(client, f"{FILE}:/content", b"x" * number)

    found = listed(client, f"{FILE}:/versions")

    assert [each["id"] for each in found] == [f"{number}.0" for number in range(11, 0, -1)]
    assert [each["size"] for each in found] == list(range(11, 0, -1))
    assert all(each["lastModifiedBy"]["user"] for each in found)
    assert "." not in found[0]["lastModifiedDateTime"]


@pytest.mark.parametrize(
    ("kind", "change", "numbers"),
    [
        ("business", {"name": "b.txt"}, ["1.0"]),
        ("business", {"description": "d"}, ["2.0", "1.0"]),
        ("business", {"fileSystemInfo": {"createdDateTime": MOMENT}}, ["2.0", "1.0"]),
        ("personal", {"fileSystemInfo": {"createdDateTime": MOMENT}}, ["1.0"]),
    ],
)
def test_a_library_keeps_a_version_of_what_is_said_of_a_file_too(client, kind, change, numbers):
    seed(client, {"me/drive": {"driveType": kind}})
    id_ = put(client, f"{FILE}:/content")["id"]

    assert client.patch(f"/v1.0/{FILE}", json=change).status_code == 200

    assert versions(client, f"me/drive/items/{id_}") == numbers


def test_a_session_makes_a_version_too(client):
    put(client, "me/drive/root:/big.bin:/content", b"old")

    send(client, begin(client, **named("replace")), 0, 1023)

    assert versions(client, "me/drive/root:/big.bin:") == ["2.0", "1.0"]


def test_an_old_content_is_downloaded_and_restored(client):
    item = put(client, f"{FILE}:/content", b"one")
    put(client, f"{FILE}:/content", b"two, longer")

    assert content(client, f"{FILE}:/versions/1.0/content") == b"one"
    restored = client.post(f"/v1.0/{FILE}:/versions/1.0/restoreVersion")

    assert (restored.status_code, restored.data) == (204, b"")
    assert content(client, f"{FILE}:/content") == b"one"
    assert versions(client) == ["3.0", "2.0", "1.0"]
    now = client.get(f"/v1.0/{FILE}").json
    assert now["size"] == 3
    assert now["file"]["hashes"] == item["file"]["hashes"]
    assert now["id"] == item["id"]


def test_a_version_that_is_not_there(client):
    put(client, f"{FILE}:/content")

    answer = client.post(f"/v1.0/{FILE}:/versions/7.0/restoreVersion")

    assert_error(answer, 404, "itemNotFound")


@pytest.mark.parametrize(("all_", "found"), [(False, ["1.0"]), (True, ["2.0", "1.0"])])
def test_a_copy_has_one_version_unless_all_are_asked_for(client, all_, found):
    put(client, f"{FILE}:/content", b"one")
    item = put(client, f"{FILE}:/content", b"two")
    body = {"name": "b.txt", **({"includeAllVersionHistory": True} if all_ else {})}

    assert client.post(f"/v1.0/{FILE}:/copy", json=body).status_code == 202

    assert versions(client, "me/drive/root:/b.txt:") == found
    copied = client.get("/v1.0/me/drive/root:/b.txt").json
    guid = copied["eTag"].partition(",")[0].strip('"')
    assert guid in copied["cTag"]
    assert guid not in item["eTag"]
    assert content(client, "me/drive/root:/b.txt:/content") == b"two"


def test_a_file_that_is_posted_or_seeded_has_a_version(client):
    make(client, "me/drive/root/children", {"name": "e.txt", "file": {}})
    seed(client, {"me/drive/root:/s.txt": {"content": "s"}})

    for name in ("e.txt", "s.txt"):
        assert versions(client, f"me/drive/root:/{name}:") == ["1.0"]


def test_what_is_published_is_told_who_asks(client):
    put(client, f"{FILE}:/content", b"one")
    put(client, f"{FILE}:/content", b"two")

    found = client.get(f"/v1.0/{FILE}?$select=publication").json

    assert found["publication"] == {"level": "published", "versionId": "2.0"}


def test_the_current_version_is_read_as_the_item(client):
    for data in (b"one", b"two"):
        put(client, "me/drive/root:/a.txt:/content", data)
    path = "me/drive/root:/a.txt:/versions"

    assert content(client, f"{path}/1.0/content") == b"one"
    refused = client.get(f"/v1.0/{path}/2.0/content")

    assert_error(refused, 400, "invalidRequest", "content of the item itself")
    seed(client, {"groups": [{"id": "g"}], "groups/g/drive": {"driveType": "personal"}})
    put(client, "groups/g/drive/root:/a.txt:/content", b"one")
    assert content(client, "groups/g/drive/root:/a.txt:/versions/1.0/content") == b"one"
