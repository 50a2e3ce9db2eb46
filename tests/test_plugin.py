"""The pytest plugin and the handle, as a project that uses them sees them."""

from __future__ import annotations

import json
import urllib.request

import pytest

import fakegraph as package
from fakegraph import FakeGraph
from fakegraph.handle import ControlError
from tests.conftest import EVENT, event

SET_NAME = "userCredentialUsageDetails"
PATH = f"reports/{SET_NAME}"


def get(url, headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        return json.load(response)


def test_project_uses_the_fixtures(pytester):
    pytester.makepyfile(
        """
        import json, urllib.request

        SET = "userCredentialUsageDetails"

        def count(graph, root):
            request = urllib.request.Request(f"{root}/reports/{SET}/$count", headers=graph.headers)
            return int(urllib.request.urlopen(request).read())

        def test_one(fakegraph, fakegraph_server):
            seeded = len(fakegraph.records(SET))
            assert seeded >= 300
            assert count(fakegraph, fakegraph.beta) == seeded
            assert fakegraph.url.startswith(fakegraph_server.url)
            fakegraph.create(SET, **EVENT)
            assert count(fakegraph, fakegraph.beta) == seeded + 1

        def test_two_sees_nothing_of_one(fakegraph):
            before = len(fakegraph.records(SET))
            assert not any(r["userDisplayName"] == EVENT["userDisplayName"] for r in fakegraph.records(SET))
            fakegraph.create(SET, **EVENT)
            fakegraph.reset()
            assert len(fakegraph.records(SET)) == before

        EVENT = EVENT_HERE
        """.replace("EVENT_HERE", repr(EVENT))
    )

    pytester.runpytest_subprocess("-q").assert_outcomes(passed=2)


def test_plugin_imports_nothing_heavy(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_import():
            heavy = {"flask", "marshmallow", "tinydb", "werkzeug", "orjson"} & set(sys.modules)
            assert not heavy
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)


@pytest.fixture(scope="module")
def graph():
    with FakeGraph(fixture=()) as graph:
        yield graph


@pytest.fixture
def empty(graph):
    graph.reset()
    return graph


def test_handle_serves_what_it_holds(empty):
    created = empty.create(SET_NAME, **EVENT)

    page = get(f"{empty.beta}/{PATH}", empty.headers)

    assert page["value"] == [created] == empty.records(SET_NAME)
    assert empty.v1 == f"{empty.url}/v1.0"


def test_records_are_copies(empty):
    empty.create(SET_NAME, **EVENT)["userDisplayName"] = "changed"
    empty.records(SET_NAME)[0]["userDisplayName"] = "changed"

    assert empty.records(SET_NAME)[0]["userDisplayName"] == EVENT["userDisplayName"]


def test_seed_takes_names_paths_and_fixtures(empty, tmp_path):
    file = tmp_path / f"{SET_NAME}.json"
    file.write_text(json.dumps([event(id="c")]))

    empty.seed({SET_NAME: [event(id="a")]})
    empty.seed({PATH: [event(id="b")]})
    empty.seed(str(file))

    assert [record["id"] for record in empty.records(PATH)] == ["a", "b", "c"]


def test_seed_is_all_or_nothing(empty):
    with pytest.raises(ControlError) as raised:
        empty.seed({SET_NAME: [event(), event(feature="String", isSuccess=1), event(colour="red")]})

    assert len(raised.value.problems) == 3
    assert empty.records(SET_NAME) == []


def test_seed_refuses_a_taken_id(empty):
    empty.create(SET_NAME, **event(id="a"))

    with pytest.raises(ControlError, match="'a'"):
        empty.seed({SET_NAME: [event(id="b"), event(id="a")]})

    assert [record["id"] for record in empty.records(SET_NAME)] == ["a"]


def test_unknown_entity_set_is_named(empty):
    with pytest.raises(ControlError, match=r"no entity set 'users'\. There is userCredentialUsage"):
        empty.seed({"users": []})


def test_settings_are_checked():
    with pytest.raises(ValueError, match="page"):
        FakeGraph(page_size=0)


def test_handle_works_in_its_block_only():
    graph = FakeGraph(fixture=())
    with graph:
        assert graph.records(SET_NAME) == []
    with pytest.raises(RuntimeError, match="with block"):
        graph.records(SET_NAME)


def test_settings_of_a_server_do_not_go_with_one_that_runs(graph):
    with pytest.raises(TypeError, match="port is a setting of the server"):
        FakeGraph(graph.server, port=5)
    with pytest.raises(TypeError, match="not both"):
        FakeGraph(graph.server, url=graph.url)


def test_two_servers_fit_in_one_process():
    with FakeGraph(fixture=()) as one, FakeGraph(fixture=()) as two:
        one.create(SET_NAME, **EVENT)
        assert one.url != two.url
        assert two.records(SET_NAME) == []


def test_package_says_what_it_has():
    assert package.create_app.__name__ == "create_app"
    assert package.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        package.nothing  # noqa: B018
