"""What tests of query options share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakegraph.odata import QueryError


def refusal(parse: Callable[[str], Any], text: str) -> QueryError:
    """Why a text is refused."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    return caught.value
