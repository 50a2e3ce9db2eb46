"""A handle in a forked child: its memory is a copy, so it goes to its server over HTTP."""

from __future__ import annotations

import os
import traceback

import pytest

from fakegraph import ControlError, FakeGraph
from tests.conftest import event

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # Python warns of every fork beside threads, and a server in this process has some.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

SET = "userCredentialUsageDetails"


def in_a_child(work, meanwhile=None):
    """Do something in a forked child, once the parent has done something; fail where it fails."""
    waiting, telling = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.read(waiting, 1)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    if meanwhile is not None:
        meanwhile()
    os.write(telling, b"!")
    os.close(waiting)
    os.close(telling)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture(params=["in this process", "in this process with TLS and a key", "elsewhere"])
def graph(request, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if request.param == "elsewhere":
        with FakeGraph(fixture=()) as own, FakeGraph(url=own.server.url) as graph:
            yield graph
        return
    guarded = {"tls": True, "control_key": "k"} if "TLS" in request.param else {}
    with FakeGraph(fixture=(), **guarded) as graph:
        yield graph


def ids(graph):
    return [record["id"] for record in graph.records(SET)]


def test_what_a_child_does_is_done(graph):
    def work():
        graph.create(SET, **event(id="of the child"))
        graph.seed({SET: [event(id="seeded")]})
        graph.fail(503, path="/reports/*")
        graph.freeze("2024-02-29T00:00:00Z")

    in_a_child(work)

    assert ids(graph) == ["of the child", "seeded"]
    assert graph.now == "2024-02-29T00:00:00Z"
    (fault,) = graph.control("GET", "/faults")["value"]
    assert fault["status"] == 503
    graph.heal()


def test_a_child_sees_what_its_parent_does_meanwhile(graph):
    def look():
        assert ids(graph) == ["of the parent"]
        assert graph.now == "2024-02-29T00:00:00Z"

    def meanwhile():
        graph.create(SET, **event(id="of the parent"))
        graph.freeze("2024-02-29T00:00:00Z")

    in_a_child(look, meanwhile)


def test_what_a_child_is_refused_it_is_told(graph):
    def work():
        with pytest.raises(ControlError, match="colour"):
            graph.create(SET, **event(colour="red"))

    in_a_child(work)


def test_a_tenant_of_a_childs_own_is_the_childs(graph):
    def work():
        with FakeGraph(graph.server, fixture=()) as own:
            own.create(SET, **event(id="a"))
            assert (ids(own), ids(graph)) == (["a"], [])
            gone = own.id
        with pytest.raises(ControlError, match=gone):
            graph.server.control("GET", f"/tenants/{gone}/clock")
        with FakeGraph(fixture=()) as elsewhere:
            elsewhere.create(SET, **event(id="b"))
            assert (ids(elsewhere), ids(graph)) == (["b"], [])

    in_a_child(work)


def test_a_child_that_leaves_the_block_leaves_the_tenant_to_its_parent(graph):
    in_a_child(lambda: graph.__exit__(None, None, None))

    graph.create(SET, **event(id="still there"))
    assert ids(graph) == ["still there"]


def test_the_data_of_a_parent_is_not_closed_by_its_child(tmp_path):
    with FakeGraph(fixture=(), data_dir=tmp_path) as graph:
        in_a_child(lambda: graph.__exit__(None, None, None))

        graph.create(SET, **event(id="a"))
        assert (tmp_path / f"{graph.id}.json").exists()
        assert ids(graph) == ["a"]
