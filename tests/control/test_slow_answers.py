"""Tenants that wait, or work long, leave the others and the control API alone."""

from __future__ import annotations

import select
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from fakegraph import FakeGraph
from fakegraph.handle import FakeGraphServer
from fakegraph.settings import Settings
from fakegraph.web import pool
from tests.serving.wire import Wire

SET = "/beta/reports/userCredentialUsageDetails"
DAY = 86_400_000


@pytest.fixture
def server() -> Iterator[FakeGraphServer]:
    server = FakeGraphServer(Settings(fixture=("contoso",))).start()
    yield server
    server.stop()


def ask(wire: Wire, graph: FakeGraph, path: str, method: str = "GET", body: bytes = b"") -> Wire:
    head = (
        f"{method} /tenants/{graph.id}{path} HTTP/1.1\r\nHost: localhost\r\n"
        "Authorization: Bearer x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return wire.send(head.encode() + body)


def test_delays_of_a_tenant_stop_neither_tenants_nor_the_control_api(
    server: FakeGraphServer,
) -> None:
    with FakeGraph(server) as slow, FakeGraph(server) as quick, ExitStack() as stack:
        slow.fail(503, times=None, delay_ms=DAY // 144)
        for _ in range(300):
            ask(stack.enter_context(Wire(server.url)), slow, SET)
        with Wire(server.url) as wire:
            assert ask(wire, quick, SET).answer().status == 200
        with Wire(server.url) as wire:
            assert wire.get("/_fakegraph/health").status == 200
        assert threading.active_count() < 20


def test_a_delayed_item_of_a_batch_holds_no_thread(server: FakeGraphServer) -> None:
    batch = b'{"requests":[{"id":"1","method":"GET","url":"/reports/userCredentialUsageDetails"}]}'
    with FakeGraph(server) as slow, FakeGraph(server) as quick, ExitStack() as stack:
        slow.fail("slow", path="/reports/*", times=None)
        wires = [stack.enter_context(Wire(server.url)) for _ in range(3 * pool.MAX_THREADS)]
        for wire in wires:
            ask(wire, slow, "/beta/$batch", "POST", batch)
        with Wire(server.url) as wire:
            answer = ask(wire, quick, "/beta/$batch", "POST", batch).answer()
            assert answer.json["responses"][0]["status"] == 200
        assert [wire.answer().status for wire in wires] == [200] * len(wires)


def test_delayed_requests_of_a_client_that_has_gone_are_still_made(
    server: FakeGraphServer,
) -> None:
    """As in the real service: who does not wait for the answer has sent the request all the same."""
    with FakeGraph(server) as graph:
        graph.fail("slow", method="DELETE", delay_ms=500)
        (first, *_) = graph.records("userCredentialUsageDetails")
        with Wire(server.url) as wire:
            ask(wire, graph, f"{SET}/{first['id']}", "DELETE")
        while first in graph.records("userCredentialUsageDetails"):
            pass
        assert [request.status for request in graph.requests] == [204]


def ask_long(wire: Wire, graph: FakeGraph) -> Wire:
    """Have each record looked at for a hundred texts, which it has not."""
    terms = "%20or%20".join(f"contains(userDisplayName,'{n}')" for n in range(100))
    return ask(wire, graph, f"{SET}?$filter={terms}")


def fill(graph: FakeGraph, size: int) -> None:
    (record, *_) = graph.records("userCredentialUsageDetails")
    many = [{**record, "id": f"{n}"} for n in range(size)]
    graph.seed({"userCredentialUsageDetails": many})


def test_a_query_over_many_records_stops_nobody(server: FakeGraphServer) -> None:
    with FakeGraph(server) as busy, FakeGraph(server) as quick, ExitStack() as stack:
        fill(busy, 2_000)
        wires = [stack.enter_context(Wire(server.url)) for _ in range(4)]
        for wire in wires:
            ask_long(wire, busy)
        with Wire(server.url) as other:
            for _ in range(5):
                assert ask(other, quick, SET).answer().status == 200
        answered, _, _ = select.select([wire.sock for wire in wires], [], [], 0)
        assert answered == []
        for wire in wires[1:]:  # so that the first need not wait for them
            wire.close()
        assert wires[0].answer().status == 200


def test_a_long_query_stops_when_its_client_leaves(server: FakeGraphServer) -> None:
    with FakeGraph(server) as graph:
        fill(graph, 3_000)
        with Wire(server.url) as wire:
            ask_long(wire, graph)
        while not graph.requests:
            pass
        assert [request.status for request in graph.requests] == [499]
