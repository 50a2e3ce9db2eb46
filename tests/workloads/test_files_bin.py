"""What is deleted goes to the recycle bin, and comes back from that of a personal drive."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed
from tests.workloads.test_files import content, folder, put

ITEMS = "/v1.0/me/drive/items"
GONE = (404, "itemNotFound", "The resource could not be found.")


@pytest.fixture
def personal(client: FlaskClient) -> FlaskClient:
    seed(client, {"me/drive": {"driveType": "personal"}})
    return client


def quota(client: FlaskClient) -> tuple[int, int]:
    said = client.get("/v1.0/me/drive").json["quota"]
    return said["used"], said["deleted"]


def test_what_is_deleted_is_in_the_bin_and_counts_there(client):
    put(client, "me/drive/root:/a/b.txt:/content", bytes(10))
    put(client, "me/drive/root:/a/c.txt:/content", bytes(5))

    assert client.delete("/v1.0/me/drive/root:/a/b.txt").status_code == 204

    above = client.get("/v1.0/me/drive/root:/a").json
    assert (above["size"], above["folder"]["childCount"]) == (5, 1)
    assert quota(client) == (5, 10)
    assert client.delete("/v1.0/me/drive/root:/a").status_code == 204
    assert quota(client) == (0, 15)
    assert client.get("/v1.0/me/drive/root").json["folder"]["childCount"] == 0
    put(client, "me/drive/root:/a/b.txt:/content", bytes(1))
    assert quota(client) == (1, 15)


def test_a_folder_comes_back_with_what_was_in_it_then(personal):
    put(personal, "me/drive/root:/a/b/old.txt:/content", b"old")
    item = put(personal, "me/drive/root:/a/b/c.txt:/content", b"hello")
    above = personal.get("/v1.0/me/drive/root:/a").json
    personal.delete("/v1.0/me/drive/root:/a/b/old.txt")
    personal.delete("/v1.0/me/drive/root:/a")

    restored = personal.post(f"{ITEMS}/{above['id']}/restore", json={})

    assert (restored.status_code, restored.json["id"]) == (200, above["id"])
    assert restored.json["size"] == 5
    assert personal.get("/v1.0/me/drive/root:/a/b/c.txt").json["id"] == item["id"]
    assert content(personal, "me/drive/root:/a/b/c.txt:/content") == b"hello"
    assert_error(personal.get("/v1.0/me/drive/root:/a/b/old.txt"), *GONE)
    assert quota(personal) == (5, 3)
    assert_error(personal.post(f"{ITEMS}/{above['id']}/restore", json={}), *GONE)


def test_it_comes_back_elsewhere_with_another_name(personal):
    item = put(personal, "me/drive/root:/a/b.txt:/content")
    other = folder(personal, "other")
    personal.delete("/v1.0/me/drive/root:/a")
    path = f"{ITEMS}/{item['id']}/restore"

    assert_error(personal.post(path, json={}), *GONE)  # its folder is in the bin
    body: dict[str, Any] = {"parentReference": {"id": other["id"]}, "name": "c.txt"}
    assert personal.post(path, json=body).status_code == 200

    assert content(personal, "me/drive/root:/other/c.txt:/content") == b"hello"


def test_a_name_that_is_taken_meanwhile_stays(personal):
    item = put(personal, "me/drive/root:/b.txt:/content", b"old")
    personal.delete("/v1.0/me/drive/root:/b.txt")
    put(personal, "me/drive/root:/b.txt:/content", b"new")

    refused = personal.post(f"{ITEMS}/{item['id']}/restore", json={})

    assert_error(refused, 409, "nameAlreadyExists", "Name already exists")
    assert content(personal, "me/drive/root:/b.txt:/content") == b"new"
    bad = personal.post(f"{ITEMS}/{item['id']}/restore", json={"name": "a?b"})
    assert bad.status_code == 400


def test_libraries_are_restored_by_their_sites_bin(client):
    item = put(client, "me/drive/root:/b.txt:/content")
    client.delete("/v1.0/me/drive/root:/b.txt")

    refused = client.post(f"{ITEMS}/{item['id']}/restore", json={})

    assert_error(refused, 400, "notSupported", "Operation not supported")


def test_permanent_deletion_leaves_nothing(client):
    item = put(client, "me/drive/root:/a/b.txt:/content")
    above = item["parentReference"]["id"]

    assert client.post(f"{ITEMS}/{above}/permanentDelete").status_code == 204

    assert quota(client) == (0, 0)
    for id_ in (above, item["id"]):
        assert_error(client.get(f"{ITEMS}/{id_}"), *GONE)
        assert_error(client.post(f"{ITEMS}/{id_}/permanentDelete"), *GONE)
    root = client.post(f"{ITEMS}/root/permanentDelete")
    assert_error(root, 400, "invalidRequest", "The root cannot be deleted.")


def test_delta_tells_of_what_goes_and_comes_back(personal):
    item = put(personal, "me/drive/root:/a/b.txt:/content")
    above = item["parentReference"]["id"]
    link = personal.get("/v1.0/me/drive/root/delta?token=latest").json["@odata.deltaLink"]

    personal.delete(f"{ITEMS}/{above}")
    went = personal.get(link).json
    personal.post(f"{ITEMS}/{above}/restore", json={})
    came = personal.get(went["@odata.deltaLink"]).json["value"]

    assert {each["id"] for each in went["value"] if "deleted" in each} == {above, item["id"]}
    assert {above, item["id"]} <= {each["id"] for each in came}
    assert not any("deleted" in each for each in came)
    assert [each["id"] for each in listed(personal, f"me/drive/items/{above}/children")] == [
        item["id"]
    ]
