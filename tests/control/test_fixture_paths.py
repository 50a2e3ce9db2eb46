"""Which files the control API may be asked to read, by whom, and how much of them."""

from __future__ import annotations

import json
import os
import threading

import pytest

from fakegraph import ControlError, FakeGraph
from fakegraph.control import seeding
from fakegraph.handle import FakeGraphServer
from fakegraph.settings import Settings
from tests.conftest import assert_error, event
from tests.control.conftest import Asked
from tests.test_fork import in_a_child

NAME = "userCredentialUsageDetails"
KEY = {"X-Fakegraph-Key": "secret"}


@pytest.fixture
def folders(tmp_path):
    """``all/named`` and ``all/named/below`` are fixtures, and ``other`` is one."""
    for folder in ("all/named", "all/named2", "other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"{NAME}.json").write_text(json.dumps([event()]))
    return tmp_path


@pytest.fixture
def asked(make_client, folders):
    """A server that was told of the folder ``all``."""
    return Asked(make_client(fixtures_from=(str(folders / "all"),)))


def asking(asked, path, **headers):
    """What comes of asking for a fixture, for a new tenant and for one that there is."""
    body = {"fixture": str(path)}
    seeded = asked.client.post("/_fakegraph/seed", json=body, headers=headers)
    made = asked.client.post("/_fakegraph/tenants", json={"fixture": [str(path)]}, headers=headers)
    return seeded, made


def allowed(folders):
    (folders / "link").symlink_to(folders / "all")
    named = folders / "all" / "named"
    return [
        named,
        named / f"{NAME}.json",
        named / ".." / "named2" / f"{NAME}.json",
        folders / "other" / ".." / "all" / "named",
        folders / "link" / "named",
        os.path.relpath(named),
    ]


def test_fixtures_below_a_named_folder_may_be_asked_for(asked, folders):
    for path in allowed(folders):
        statuses = [answer.status_code for answer in asking(asked, path)]
        assert statuses == [200, 201], path


def refused(folders):
    (folders / "all" / "out").symlink_to(folders / "other")
    return [
        "/etc",
        "/etc/passwd",
        "/",
        "..",
        ".",
        "/proc/self/environ",
        folders,
        folders / "other",
        folders / "other" / f"{NAME}.json",
        folders / "all" / ".." / "other",
        folders / "all" / "out",
        folders / "all" / "out" / f"{NAME}.json",
        f"{folders / 'all'}2",
        folders / "nothing",
        "contoso/../..",
        "x" * 5000 + "/x",
    ]


def test_no_other_files_may_be_asked_for_and_nothing_is_said_of_them(asked, folders):
    for path in refused(folders):
        for answer in asking(asked, path):
            error = assert_error(answer, 403, "Forbidden", "cannot be asked for over HTTP")
            assert error["target"] == "fixture"
            assert str(folders / "all") in error["message"]
            assert NAME not in error["message"].replace(str(path), "")
    assert asked.count() == 0


def test_the_fixtures_of_the_start_may_be_asked_for_again(make_client, folders):
    named = folders / "all" / "named"
    asked = Asked(make_client(fixture=("contoso", str(named))))
    for path in (named, named / f"{NAME}.json"):
        assert [answer.status_code for answer in asking(asked, path)] == [200, 201]
    for path in (folders / "all", folders / "all" / "named2"):
        assert [answer.status_code for answer in asking(asked, path)] == [403, 403]


def test_without_a_named_folder_only_builtin_fixtures_may_be_asked_for(make_client, folders):
    asked = Asked(make_client())
    for answer in asking(asked, folders / "all"):
        assert_error(answer, 403, "Forbidden", "--fixtures-from", "--control-key")
    assert [answer.status_code for answer in asking(asked, "contoso")] == [200, 201]
    for answer in asking(asked, "contosa"):
        assert_error(answer, 400, "BadRequest", "no built-in fixture 'contosa': there is contoso")


def test_a_file_that_was_named_does_not_open_its_folder(make_client, folders):
    file = folders / "all" / "named" / f"{NAME}.json"
    (folders / "all" / "named" / f"{NAME}.jsonl").write_text("")
    asked = Asked(make_client(fixture=(str(file),)))
    assert asking(asked, file)[1].status_code == 201
    for answer in asking(asked, folders / "all" / "named" / f"{NAME}.jsonl"):
        assert answer.status_code == 403


def test_with_the_key_every_fixture_may_be_asked_for(make_client, folders):
    asked = Asked(make_client(control_key="secret"))
    assert [answer.status_code for answer in asking(asked, folders / "other", **KEY)] == [200, 201]
    for headers in ({}, {"X-Fakegraph-Key": "wrong"}):
        assert {answer.status_code for answer in asking(asked, folders / "other", **headers)} == {
            401
        }


def test_a_server_without_a_key_takes_none_for_one(make_client, folders):
    asked = Asked(make_client())
    for key in ("", "secret", "None", "é"):
        for answer in asking(asked, folders / "other", **{"X-Fakegraph-Key": key}):
            assert answer.status_code == 403


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_handle_in_the_process_or_a_child_of_it_may_name_any_file(folders):
    with FakeGraph(fixture=()) as graph:
        assert graph.seed(str(folders / "other")) == {NAME: 1}
        with FakeGraph(graph.server, fixture=[str(folders / "other")]) as tenant:
            assert len(tenant.records(NAME)) == 1
        in_a_child(lambda: graph.seed(str(folders / "other")))
        assert len(graph.records(NAME)) == 2
        with (
            FakeGraph(url=graph.server.url) as remote,
            pytest.raises(ControlError, match="cannot be asked for over HTTP"),
        ):
            remote.seed(str(folders / "other"))


def test_a_fixture_over_http_has_a_bounded_size(asked, folders, monkeypatch):
    file = folders / "all" / "named" / f"{NAME}.json"
    monkeypatch.setattr(seeding, "MAX_BYTES_ASKED", file.stat().st_size - 1)
    for answer in asking(asked, file):
        assert_error(answer, 400, "BadRequest", "it is too large: a fixture may have")
    monkeypatch.setattr(seeding, "MAX_BYTES_ASKED", file.stat().st_size)
    assert asking(asked, file)[1].status_code == 201


def test_pipes_and_sparse_files_hold_nobody_up(folders):
    os.mkfifo(folders / "all" / "named" / f"{NAME}.jsonl")
    with (folders / "all" / "named2" / f"{NAME}.json").open("wb") as sparse:
        sparse.truncate(2 << 30)
    server = FakeGraphServer(Settings(fixture=(), fixtures_from=(str(folders / "all"),))).start()
    try:
        answers = []

        def ask(path):
            with FakeGraph(url=server.url) as graph:
                try:
                    graph.seed(str(path))
                except ControlError as error:
                    answers.append(str(error))

        paths = [folders / "all" / "named", folders / "all" / "named2"] * 8
        threads = [threading.Thread(target=ask, args=[path]) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.stop()
    assert len(answers) == 16
    for answer in answers:
        assert "it is no regular file" in answer or "it is too large" in answer
