"""Tenants that wait, or work long, leave the others and the control API alone."""

from __future__ import annotations

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
        graph.fail("slow", method="DELETE")
        (first, *_) = graph.records("userCredentialUsageDetails")
        with Wire(server.url) as wire:
            ask(wire, graph, f"{SET}/{first['id']}", "DELETE")
        while first in graph.records("userCredentialUsageDetails"):
            pass
        assert [request.status for request in graph.requests] == [204]


def test_a_query_over_many_records_stops_nobody(server: FakeGraphServer) -> None:
    with FakeGraph(server) as busy, FakeGraph(server) as quick, ExitStack() as stack:
        (record, *_) = busy.records("userCredentialUsageDetails")
        for start in range(0, 6_000, 3_000):
            many = [{**record, "id": f"{n}"} for n in range(start, start + 3_000)]
            busy.seed({"userCredentialUsageDetails": many})
        query = "?$filter=" + "%20or%20".join(f"contains(userDisplayName,'{n}')" for n in range(60))
        wires = [stack.enter_context(Wire(server.url)) for _ in range(4)]
        for wire in wires:
            ask(wire, busy, SET + query)
        answered = 0
        with Wire(server.url) as other:
            while answered < 50:
                assert ask(other, quick, SET).answer().status == 200
                answered += 1
        assert {wire.answer().status for wire in wires} <= {200, 429, 503, 504}


def test_a_long_query_stops_when_its_client_leaves(server: FakeGraphServer) -> None:
    with FakeGraph(server) as graph:
        (record, *_) = graph.records("userCredentialUsageDetails")
        for start in range(0, 9_000, 3_000):
            many = [{**record, "id": f"{n}"} for n in range(start, start + 3_000)]
            graph.seed({"userCredentialUsageDetails": many})
        query = "?$filter=" + "%20or%20".join(f"contains(userDisplayName,'{n}')" for n in range(60))
        with Wire(server.url) as wire:
            ask(wire, graph, SET + query)
        while not graph.requests:
            pass
        assert [request.status for request in graph.requests] == [499]
