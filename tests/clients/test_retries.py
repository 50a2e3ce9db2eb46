"""The clients' own retry handlers recover from a throttled server, and wait as they are told."""

from __future__ import annotations

import asyncio
import time

import pytest

from fakegraph import FakeGraph
from tests.clients.test_javascript import node

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Reporting userCredentialUsageDetails API is deprecated"),
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

PATH = "/reports/userCredentialUsageDetails"


@pytest.mark.parametrize("preset", ["throttled", "unavailable"])
def test_python_sdk_recovers(served, preset):
    with FakeGraph(url=served) as graph:
        graph.fail(preset, path=PATH, times=2, retry_after=1)
        began = time.monotonic()

        async def work():
            page = await graph.msgraph().reports.user_credential_usage_details.get()
            return page.value

        assert len(asyncio.run(work())) == 100
        assert time.monotonic() - began >= 2
        statuses = [request.status for request in graph.requests]
        assert statuses[0] == statuses[1] != 200 == statuses[2]


def test_python_sdk_recovers_from_a_rate_limit(tmp_path_factory):
    from tests.clients.conftest import serving

    folder = tmp_path_factory.mktemp("limited")
    # A window so wide that a slow machine is still within it at the third request.
    with serving(folder, "--rate-limit", "2/10") as url, FakeGraph(url=url) as graph:

        async def work():
            client = graph.msgraph()
            for _ in range(3):
                await client.reports.user_credential_usage_details.get()

        asyncio.run(work())
        assert [request.status for request in graph.requests] == [200, 200, 429, 200]


SCRIPT = """
import { Client } from "@microsoft/microsoft-graph-client";

const client = Client.init({
  baseUrl: process.env.FAKEGRAPH_TEST_URL + "/", defaultVersion: "beta",
  customHosts: new Set(["127.0.0.1"]), authProvider: (done) => done(null, "anything"),
});
const began = Date.now();
const page = await client.api("/reports/userCredentialUsageDetails").get();
console.log(page.value.length, Date.now() - began);
"""


def test_javascript_client_recovers(served_tls, ca, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(ca[0]))
    with FakeGraph(url=served_tls) as graph:
        graph.fail("throttled", path=PATH, times=2, retry_after=1)
        done = node("--input-type=module", "-", url=graph.url, ca=ca[0], script=SCRIPT)
        assert done.returncode == 0, done.stderr
        count, took = map(int, done.stdout.split())
        assert (count, took >= 2_000) == (100, True)
        assert [request.status for request in graph.requests] == [429, 429, 200]


def test_ready_made_clients(served):
    with FakeGraph(url=served, fixture="contoso", page_size=2) as graph:
        with graph.httpx() as client:
            assert len(client.get(PATH).json()["value"]) == 2
        with graph.requests_session() as session:
            page = session.get(PATH).json()
            assert len(session.get(page["@odata.nextLink"]).json()["value"]) == 2
        assert [request.query for request in graph.requests[:2]] == [{}, {}]
