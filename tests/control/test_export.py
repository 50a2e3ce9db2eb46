"""What ``GET …/export`` gives by path, and what it says of paths to nothing."""

from __future__ import annotations

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from fakegraph.template import exported_of
from tests.conftest import assert_error
from tests.graph.whole.conftest import seed

SCRIPTS = "deviceManagement/deviceShellScripts"


@pytest.mark.parametrize("path", ["", "/", "nothing", "users(", "$batch", "users/$count", "x{"])
def test_what_is_no_path_to_things_is_told_as_by_records(client, path):
    answer = client.get("/_fakegraph/export", query_string={"path": path})
    error = assert_error(answer, 404, "ResourceNotFound", f"There is no entity set '{path}'.")
    assert "users/ID/messages" in error["message"]


def test_a_thing_that_is_not_there_is_told_in_the_words_of_graph(client):
    answer = client.get("/_fakegraph/export?path=users/nobody")
    assert_error(answer, 404, "Request_ResourceNotFound", "'nobody'")


def test_what_beta_alone_has_is_exported(client):
    seed(client, {SCRIPTS: [{"id": "one", "displayName": "x"}]})

    for query in ("", f"?path={SCRIPTS}"):
        (found,) = client.get(f"/_fakegraph/export{query}").json[SCRIPTS]
        assert (found["id"], found["displayName"]) == ("one", "x")


def test_what_beta_alone_has_is_exported_from_a_data_file(tmp_path):
    app = create_app(Settings(fixture=(), auth="off", data_dir=tmp_path))
    seed(app.test_client(), {SCRIPTS: [{"id": "one", "displayName": "x"}]})
    close_app(app)

    file = tmp_path / "default.json"
    (found,) = [each for each in exported_of(file, [SCRIPTS]) if each[0] == SCRIPTS]
    _, records, many = found
    assert ([each["id"] for each in records], many) == (["one"], True)
    assert SCRIPTS in [path for path, _, _ in exported_of(file, [])]
