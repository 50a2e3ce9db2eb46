"""Data folders and fixtures of former versions are opened, with all that they held."""

from __future__ import annotations

import json
import logging
import re
import shutil
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from fakegraph.cli import cli
from fakegraph.handle import FakeGraphServer

HERE = Path(__file__).parent
FORMER = sorted(path.parent.name for path in HERE.glob("*/held.json"))
TENANTS = [(former, tenant) for former in FORMER for tenant in ("default", "killed")]
EVENTS = "/beta/reports/userCredentialUsageDetails"


def held(former, tenant):
    """What was answered then, by what was asked."""
    found = json.loads((HERE / former / "held.json").read_text(encoding="utf-8"))[tenant]
    return {f"{EVENTS}?$orderby=id": {"value": found}} if isinstance(found, list) else found


def get(url):
    asked = urllib.request.Request(
        quote(url, safe=":/?&=$,()'"), headers={"Authorization": "Bearer x"}
    )
    with urllib.request.urlopen(asked) as answer:
        text = answer.read().decode()
    return json.loads(text) if text.startswith("{") else text


def plain(answer):
    """An answer without what says where it was given."""
    if isinstance(answer, list):
        return list(map(plain, answer))
    if not isinstance(answer, dict):
        return answer
    return {
        name: plain(value)
        for name, value in answer.items()
        if not re.search(r"@odata\.(context|etag|nextLink)$", name)
    }


@contextmanager
def served(folder, **settings):
    server = FakeGraphServer.of({"data_dir": folder, "fixture": (), **settings}).start()
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def data(request, tmp_path):
    """A copy of a former data folder."""
    return shutil.copytree(HERE / request.getfixturevalue("former") / "data", tmp_path / "data")


def test_there_are_former_versions():
    assert {"first", "second"} <= set(FORMER)


@pytest.mark.parametrize(("former", "tenant"), TENANTS)
def test_a_former_data_folder_has_what_it_had(data, former, tenant, caplog):
    """Whatever fixture the server of now has, and again once the version of now has written it."""
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.INFO, "fakegraph"), served(data) as url:
            for path, answer in held(former, tenant).items():
                assert plain(get(f"{url}/tenants/{tenant}{path}")) == plain(answer), path
        assert [each.message for each in caplog.records if each.levelno > logging.INFO] == []


@pytest.mark.parametrize(("former", "tenant"), TENANTS)
def test_a_former_data_folder_goes_on(data, former, tenant):
    event = {
        "@odata.type": "#microsoft.graph.userCredentialUsageDetails",
        "id": "new",
        "feature": "reset",
        "userPrincipalName": "ada@contoso.com",
        "userDisplayName": "Ada",
        "isSuccess": True,
        "authMethod": "email",
        "failureReason": "",
        "eventDateTime": "2024-02-01T00:00:00Z",
    }
    with served(data) as url:
        post = urllib.request.Request(
            f"{url}/tenants/{tenant}{EVENTS}",
            json.dumps(event).encode(),
            {"Authorization": "Bearer x", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(post).close()
        before = get(f"{url}/tenants/{tenant}{EVENTS}")["value"]
    with served(data) as url:
        after = get(f"{url}/tenants/{tenant}{EVENTS}")["value"]
    assert after == before
    assert "new" in {each["id"] for each in after}


def test_writes_to_a_first_log_are_there_after_a_crash(tmp_path):
    """It gets a line that counts before anything is added to it."""
    data = shutil.copytree(HERE / "first" / "data", tmp_path / "data")
    control = "/_fakegraph/tenants/killed/records/userCredentialUsageDetails"
    with served(data, auth="off") as url:
        for _ in range(2):
            post = urllib.request.Request(
                url + control, b"{}", {"Content-Type": "application/json"}
            )
            urllib.request.urlopen(post).close()
        before = get(url + control)["value"]
        crash = shutil.copytree(data, tmp_path / "crash")
    assert (crash / "killed.wal").read_bytes().count(b'"last"') == 1
    with served(crash, auth="off") as url:
        assert get(url + control)["value"] == before


@pytest.mark.parametrize("former", FORMER)
def test_a_former_data_folder_is_exported(data, former, tmp_path):
    arguments = ["export", str(data), "-o", str(tmp_path / "out")]
    cli(arguments, standalone_mode=False)
    cli(["check", str(tmp_path / "out")], standalone_mode=False)

    events = (tmp_path / "out" / "userCredentialUsageDetails.jsonl").read_bytes().splitlines()
    wanted = next(value for path, value in held(former, "default").items() if EVENTS in path)
    assert {json.loads(line)["id"] for line in events} == {each["id"] for each in wanted["value"]}


@pytest.mark.parametrize("former", FORMER)
def test_former_fixtures_are_served(former, tmp_path):
    fixtures = HERE / former / "fixtures"
    cli(["check", str(fixtures)], standalone_mode=False)
    with served(tmp_path, fixture=str(fixtures)) as url:
        if former == "first":
            assert [each["id"] for each in get(url + EVENTS)["value"]] == ["e1", "e0"]
        else:
            chief = get(f"{url}/v1.0/users/bob@contoso.com/manager")
            assert chief["userPrincipalName"] == "ada@contoso.com"
