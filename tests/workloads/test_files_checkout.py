"""Files that are checked out: others may not change them until they are checked in."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import assert_error
from tests.graph.whole.conftest import seed
from tests.workloads.test_files import content, folder, put

ADA = "ada@contoso.com"
PATH = "/v1.0/me/drive/root:/a.txt"
LOCKED = (423, "notAllowed", "The resource you are attempting to access is locked")


def level(client: FlaskClient, **options: Any) -> str:
    found = client.get(f"{PATH}?$select=publication", **options).json["publication"]
    return str(found["level"])


def test_a_file_is_checked_out_and_in(client):
    put(client, "me/drive/root:/a.txt:/content")

    for _ in range(2):
        assert client.post(f"{PATH}:/checkout").status_code == 204
    assert level(client) == "checkout"
    put(client, "me/drive/root:/a.txt:/content", b"other")
    strange = client.post(f"{PATH}:/checkin", json={"checkInAs": "zork"})
    assert_error(strange, 400, "invalidRequest", "published and unspecified are")
    assert client.post(f"{PATH}:/checkin", json={"comment": "done"}).status_code == 204

    assert level(client) == "published"
    assert content(client, "me/drive/root:/a.txt:/content") == b"other"
    for what in ("checkin", "discardCheckout"):
        refused = client.post(f"{PATH}:/{what}", json={})
        assert_error(refused, 400, "invalidRequest", "The item is not checked out.")


def test_what_a_seed_says_no_kind_of_is_a_file(client):
    """As in the documentation, whose items say as little as they need."""
    seed(client, {"me/drive/items": [{"id": "01A", "name": "a.bin"}]})

    assert client.post("/v1.0/me/drive/items/01A/checkout").status_code == 204
    assert client.post("/v1.0/me/drive/items/01A/preview", json={}).json["getUrl"]


def test_what_was_changed_meanwhile_is_discarded(client):
    put(client, "me/drive/root:/a.txt:/content", b"old")
    client.post(f"{PATH}:/checkout")
    put(client, "me/drive/root:/a.txt:/content", b"new")

    assert client.post(f"{PATH}:/discardCheckout").status_code == 204

    assert level(client) == "published"
    assert content(client, "me/drive/root:/a.txt:/content") == b"old"


def test_a_copy_is_not_checked_out_and_a_folder_cannot_be(client):
    put(client, "me/drive/root:/a.txt:/content")
    folder(client, "A")
    client.post(f"{PATH}:/checkout")
    client.post(f"{PATH}:/copy", json={"name": "b.txt"})

    copied = client.get("/v1.0/me/drive/root:/b.txt?$select=publication").json
    assert copied["publication"]["level"] == "published"
    refused = client.post("/v1.0/me/drive/root:/A:/checkout")
    assert_error(refused, 400, "notSupported", "Operation not supported")


@pytest.fixture
def two(make_client):
    """A client, and the headers of two who ask: a user, and an app that may write all files."""
    client = make_client(auth="strict")
    seed(client, {f"users/{ADA}/drive": {}})

    def head(**token: Any) -> dict[str, str]:
        made = client.post("/_fakegraph/tokens", json=token).json["access_token"]
        return {"Authorization": f"Bearer {made}"}

    return client, head(user=ADA, scp="Files.ReadWrite.All"), head(roles=["Files.ReadWrite.All"])


def test_nobody_else_may_change_it(two):
    client, ada, app = two
    item = put(client, "me/drive/root:/a.txt:/content", headers=ada)
    path = f"/v1.0/drives/{item['parentReference']['driveId']}/items/{item['id']}"
    assert client.post(f"{PATH}:/checkout", headers=ada).status_code == 204

    for answer in (
        client.put(f"{path}/content", data=b"x", headers=app),
        client.patch(path, json={"name": "b.txt"}, headers=app),
        client.delete(path, headers=app),
        client.post(f"{path}/checkout", headers=app),
        client.post(f"{path}/checkin", json={}, headers=app),
        client.post(f"{path}/discardCheckout", headers=app),
        client.post(f"{path}/permanentDelete", headers=app),
    ):
        error = assert_error(answer, *LOCKED)
        assert error["innerError"]["code"] == "resourceLocked"
    assert client.get(path, headers=app).status_code == 200
    assert client.patch(path, json={"name": "b.txt"}, headers=ada).status_code == 200
    assert client.post(f"{path}/checkin", json={}, headers=ada).status_code == 204
    assert client.delete(path, headers=app).status_code == 204
