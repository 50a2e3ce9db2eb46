"""The data folder goes away, comes back, or is another's while the server runs."""

from __future__ import annotations

import shutil

import pytest

from fakegraph.app import close_app
from tests.conftest import SET, assert_error, event
from tests.control.conftest import Asked
from tests.control.test_passing import bearer

NAME = "userCredentialUsageDetails"
WORDS = "was removed or replaced while the server runs"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def asked(make_client, folder):
    asked = Asked(make_client(data_dir=folder))
    asked.tenant(id="one")
    for tenant in (None, "one"):
        assert asked.graph("POST", json=event(id="a"), tenant=tenant).status_code == 201
    return asked


WRITES = [
    ("POST", SET, event(id="b")),
    ("PATCH", f"{SET}/a", {"isSuccess": False}),
    ("DELETE", f"{SET}/a", None),
    ("POST", f"/tenants/one{SET}", event(id="b")),
    ("POST", "/_fakegraph/seed", {NAME: [event(id="b")]}),
    ("POST", "/_fakegraph/seed", {"fixture": "contoso"}),
    ("POST", "/_fakegraph/reset", None),
    ("POST", "/_fakegraph/tenants", {"id": "two"}),
    ("DELETE", "/_fakegraph/tenants/one", None),
]


@pytest.mark.parametrize(("method", "url", "body"), WRITES)
def test_no_write_is_acknowledged_without_the_folder(asked, folder, method, url, body):
    shutil.rmtree(folder)
    for _ in range(2):
        answer = asked.client.open(url, method=method, json=body)
        assert_error(answer, 503, "serviceNotAvailable", "could not be kept", WORDS)
    assert not folder.exists()


def test_reads_go_on_without_the_folder(asked, folder):
    shutil.rmtree(folder)
    assert (asked.count(), asked.count("one")) == (1, 1)
    listed = [each["id"] for each in asked.control("GET", "/tenants")["value"]]
    assert listed == ["default", "one"]
    assert asked.graph(tenant="two").status_code == 404
    assert asked.client.get(SET, headers=bearer("zN")).status_code == 200
    answer = asked.client.post(SET, json=event(), headers=bearer("zN"))
    assert_error(answer, 503, "serviceNotAvailable", WORDS)
    assert asked.client.get("/_fakegraph/metrics").status_code == 200


def test_no_key_is_made_without_the_folder(asked, folder):
    shutil.rmtree(folder)
    answer = asked.client.post("/_fakegraph/tokens")
    assert_error(answer, 503, "serviceNotAvailable", "signing-key.pem cannot be written")
    assert asked.client.get("/default/discovery/v2.0/keys").status_code == 503
    assert not folder.exists()


def test_writes_go_on_when_the_folder_is_back(asked, folder, make_client):
    folder.rename(folder.with_name("away"))
    assert asked.graph("POST", json=event(id="b")).status_code == 503
    folder.with_name("away").rename(folder)
    assert asked.graph("POST", json=event(id="b")).status_code == 201
    close_app(asked.client.application)
    assert Asked(make_client(data_dir=folder)).count() == 2


def test_a_server_that_came_after_has_the_folder_to_itself(asked, folder, make_client, caplog):
    shutil.rmtree(folder)
    later = Asked(make_client(data_dir=folder))
    later.graph("POST", json=event(id="later"))
    assert asked.graph("POST", json=event(id="b")).status_code == 503
    close_app(asked.client.application)
    assert f"default.json could not be brought up to date: the data folder {folder} {WORDS}" in (
        caplog.text
    )
    assert later.graph("POST", json=event(id="later2")).status_code == 201
    close_app(later.client.application)
    again = Asked(make_client(data_dir=folder))
    assert [each["id"] for each in again.graph().json["value"]] == ["later", "later2"]


def test_snapshots_are_taken_where_records_are_on_disk(asked):
    asked.control("POST", "/snapshots", {"name": "before"}, 201)
    taken = asked.client.post("/_fakegraph/snapshots", json={"name": "before"})
    assert_error(taken, 409, "Conflict", "There is a snapshot 'before' already")
    asked.graph("POST", json=event(id="b"))

    asked.control("POST", "/snapshots/before/restore", status=204)
    assert asked.count() == 1
