"""As tests/test_surroundings.py, for the clients that are not among the tests' own packages."""

from __future__ import annotations

import asyncio

import pytest

from tests.test_surroundings import SET, graph, hostile, was_asked_once

__all__ = ["graph", "hostile"]

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Reporting userCredentialUsageDetails API is deprecated"),
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]


def test_requests_goes_straight_to_the_server(graph):
    with graph.requests_session() as session:
        assert session.get(f"reports/{SET}/$count").text == "400"
    assert was_asked_once(graph)


def test_the_sdk_goes_straight_to_the_server(graph):
    async def page():
        return await graph.msgraph().reports.user_credential_usage_details.get()

    assert len(asyncio.run(page()).value) == 100
    assert was_asked_once(graph)
