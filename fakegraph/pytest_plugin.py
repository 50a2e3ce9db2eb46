"""The pytest plugin: ``fakegraph_server`` and ``fakegraph``.

Loaded in every run of everyone who has fakegraph installed, so it imports nothing until used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakegraph.handle import FakeGraph, FakeGraphServer


@pytest.fixture(scope="session")
def fakegraph_server() -> Iterator[FakeGraphServer]:
    """One fakegraph server in this process, for the whole run; under xdist, one per worker."""
    from fakegraph.handle import FakeGraphServer

    server = FakeGraphServer().start()
    yield server
    server.stop()


@pytest.fixture
def fakegraph(fakegraph_server: FakeGraphServer) -> Iterator[FakeGraph]:
    """A tenant of its own for the test, seeded with the built-in fixture, gone afterwards."""
    from fakegraph.handle import FakeGraph

    with FakeGraph(fakegraph_server) as graph:
        yield graph
