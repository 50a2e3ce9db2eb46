"""How much a drive may hold, and what becomes of what would be more."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import assert_error
from tests.graph.whole.conftest import seed
from tests.workloads.test_files import put
from tests.workloads.test_files_uploads import begin, send

FULL = "The user has reached their quota limit."


@pytest.fixture
def drive(client: FlaskClient) -> FlaskClient:
    """The client of a drive that holds a thousand bytes."""
    seed(client, {"me/drive": {"quota": {"total": 1000}}})
    return client


def quota(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1.0/me/drive").json["quota"]
    return found


@pytest.mark.parametrize(
    ("size", "state"), [(0, "normal"), (900, "normal"), (901, "nearing"), (991, "critical")]
)
def test_a_drive_says_how_full_it_is(drive, size, state):
    put(drive, "me/drive/root:/a.bin:/content", bytes(size))

    told = {"total": 1000, "used": size, "remaining": 1000 - size, "deleted": 0, "state": state}
    assert quota(drive) == told


def test_what_is_more_is_refused_and_what_was_there_stays(drive):
    put(drive, "me/drive/root:/a.bin:/content", bytes(600))
    path = "/v1.0/me/drive/root:/b.bin:/content"

    assert_error(drive.put(path, data=bytes(401)), 507, "quotaLimitReached", FULL)

    assert drive.get("/v1.0/me/drive/root:/b.bin").status_code == 404
    assert drive.put(path, data=bytes(400)).status_code == 201
    assert quota(drive)["state"] == "exceeded"
    larger = drive.put("/v1.0/me/drive/root:/a.bin:/content", data=bytes(601))
    assert_error(larger, 507, "quotaLimitReached", FULL)
    assert drive.get("/v1.0/me/drive/root:/a.bin").json["size"] == 600


def test_a_full_drive_is_read_and_emptied(drive):
    put(drive, "me/drive/root:/a.bin:/content", bytes(1000))

    assert drive.put("/v1.0/me/drive/root:/a.bin:/content", data=bytes(999)).status_code == 200
    assert drive.patch("/v1.0/me/drive/root:/a.bin", json={"name": "b.bin"}).status_code == 200
    assert drive.delete("/v1.0/me/drive/root:/b.bin").status_code == 204
    assert quota(drive)["used"] == 0


def test_a_session_that_says_too_much_is_not_begun(drive):
    path = "/v1.0/me/drive/root:/big.bin:/createUploadSession"

    answer = drive.post(path, json={"item": {"fileSize": 1001}})

    assert_error(answer, 507, "quotaLimitReached", FULL)
    assert drive.post(path, json={"item": {"fileSize": 1000}}).status_code == 200


def test_a_drive_that_says_nothing_holds_a_terabyte(client):
    path = "/v1.0/me/drive/root:/big.bin:/createUploadSession"

    answer = client.post(path, json={"item": {"fileSize": 2**40 + 1}})

    assert_error(answer, 507, "quotaLimitReached", FULL)
    assert client.post(path, json={"item": {"fileSize": 2**40}}).status_code == 200


def test_a_session_that_brings_too_much_ends_in_nothing(drive):
    answer = send(drive, begin(drive), 0, 1023)

    assert answer.status_code == 507
    assert answer.json == {"error": {"code": "quotaLimitReached", "message": FULL}}
    assert drive.get("/v1.0/me/drive/root:/big.bin").status_code == 404


def test_a_copy_takes_room_too(drive):
    put(drive, "me/drive/root:/a.bin:/content", bytes(600))

    answer = drive.post("/v1.0/me/drive/root:/a.bin:/copy", json={"name": "b.bin"})

    assert_error(answer, 507, "quotaLimitReached", FULL)
    assert quota(drive)["used"] == 600
