"""Sizes of folders and of a drive, which follow whatever happens to what is in them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.graph.whole.conftest import listed, seed
from tests.workloads.test_files import folder, put

ITEMS = "/v1.0/me/drive/items"
NAMES = ["a", "b", "c", "d"]


def walk(client: FlaskClient, id_: str, found: dict[str, tuple[int, int]]) -> int:
    """The sizes and counts that folders have by what lists of children say."""
    children = listed(client, f"me/drive/items/{id_}/children")
    total = 0
    for each in children:
        total += walk(client, each["id"], found) if "folder" in each else each["size"]
    found[id_] = total, len(children)
    return total


def assert_true(client: FlaskClient) -> None:
    """All folders, and the quota, say what there is."""
    counted: dict[str, tuple[int, int]] = {}
    whole = walk(client, "root", counted)
    for id_, (size, count) in counted.items():
        item = client.get(f"{ITEMS}/{id_}").json
        assert (item["size"], item["folder"]["childCount"]) == (size, count), item["name"]
    assert client.get("/v1.0/me/drive").json["quota"]["used"] == whole


class Doing:
    """Does something to what there is, at random."""

    def __init__(self, client: FlaskClient, seed_: int) -> None:
        self._client = client
        self._random = random.Random(seed_)

    def _items(self) -> list[dict[str, Any]]:
        found, waiting = [], ["root"]
        while waiting:
            for each in listed(self._client, f"me/drive/items/{waiting.pop()}/children"):
                found.append(each)
                waiting += [each["id"]] if "folder" in each else []
        return found

    def step(self) -> int:
        """Do one thing. Gives its status: what cannot be is refused."""
        items = self._items()
        folders = ["root", *(each["id"] for each in items if "folder" in each)]
        into, name = self._random.choice(folders), self._random.choice(NAMES)
        what = self._random.choice(
            ["put", "put", "folder", "folder", "move", "move", "delete", "copy"]
        )
        if what == "put" or not items:
            data = bytes(self._random.randrange(1, 100))
            path = f"{ITEMS}/{into}:/{name}.txt:/content"
            return self._client.put(path, data=data).status_code
        if what == "folder":
            body = {"name": name, "folder": {}}
            return self._client.post(f"{ITEMS}/{into}/children", json=body).status_code
        item = self._random.choice(items)
        path = f"{ITEMS}/{item['id']}"
        if what == "delete":
            return self._client.delete(path).status_code
        place = {"parentReference": {"id": self._client.get(f"{ITEMS}/{into}").json["id"]}}
        if what == "copy":
            return self._client.post(f"{path}/copy", json=place).status_code
        return self._client.patch(path, json=place).status_code


@pytest.mark.parametrize("number", range(3))
def test_totals_follow_whatever_happens(client, number):
    doing = Doing(client, number)
    statuses = [doing.step() for _ in range(40)]

    assert max(statuses) < 500
    assert {200, 201, 202, 204} <= set(statuses)
    assert_true(client)


def test_a_folder_is_renamed_and_moved_with_all_that_is_in_it(client):
    put(client, "me/drive/root:/a/b/c.txt:/content", bytes(10))
    put(client, "me/drive/root:/d/e.txt:/content", bytes(5))
    above = client.get("/v1.0/me/drive/root:/d").json

    moved = client.patch(
        "/v1.0/me/drive/root:/a", json={"name": "z", "parentReference": {"id": above["id"]}}
    )

    assert moved.json["size"] == 10
    assert client.get("/v1.0/me/drive/root:/d").json["size"] == 15
    assert client.get("/v1.0/me/drive/root:/d").json["eTag"] == above["eTag"]
    assert client.get("/v1.0/me/drive/root:/d/z/b").json["size"] == 10
    assert_true(client)


def test_what_is_seeded_counts_at_once_and_later(client):
    def at(id_: str) -> dict[str, str]:
        return {"id": id_}

    items: list[dict[str, Any]] = [
        {"id": "f2", "name": "two", "folder": {}, "parentReference": at("f1")},
        {"id": "f1", "name": "one", "folder": {}},
        {"id": "x", "name": "x", "file": {}, "size": 7, "parentReference": at("f2")},
        {"id": "f3", "name": "three", "folder": {}},
    ]
    seed(client, {"me/drive/items": items})
    assert_true(client)
    seed(client, {"me/drive/items": [{**items[2], "id": "y", "name": "y", "size": 4}]})

    assert_true(client)
    assert client.get(f"{ITEMS}/f1").json["size"] == 11


def test_a_folder_that_was_emptied_has_no_size(client):
    put(client, "me/drive/root:/a/b.txt:/content", bytes(10))
    client.delete("/v1.0/me/drive/root:/a/b.txt")
    folder(client, "c")

    assert client.get("/v1.0/me/drive/root:/a").json["size"] == 0
    assert_true(client)
