from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serving.wire import Wire, echo, serving


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A connection to the echo app, which takes bodies of 1,000 bytes."""
    with serving(echo, max_body=1000) as url, Wire(url) as connection:
        yield connection
