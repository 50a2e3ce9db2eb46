"""The Python Graph SDK for v1.0 against a fakegraph with some people, as several tests use it."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager

from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient

from tests.clients.conftest import serving
from tests.clients.test_python_sdk import FixedToken


@contextmanager
def serving_people(folder, people):
    """The base URL of a served fakegraph that has these users and nothing else."""
    (folder / "people").mkdir()
    (folder / "people" / "users.json").write_text(json.dumps(people))
    with serving(folder, "--fixture", folder / "people") as url:
        yield url


def carry_out(url, work):
    """Run a coroutine function with a client, in a loop of its own."""
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(FixedToken("any")))
    adapter.base_url = f"{url}/v1.0"
    return asyncio.run(work(GraphServiceClient(request_adapter=adapter)))
