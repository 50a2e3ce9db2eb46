"""What a sign-in gave, as far as it may be seen: the claims of its tokens, not the tokens."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

ISSUED = "fakegraph.issued"
"""Where the environ of a sign-in has them, by kind: the middle part of each JWT."""

_KINDS = ("access_token", "id_token")


def claims_in(answer: bytes) -> Mapping[str, str]:
    """The claims of the tokens that an answer has, as they stand in them: without signatures, so
    that nobody can use them.
    """
    try:
        found = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return {}
    tokens = {kind: found.get(kind) for kind in _KINDS} if isinstance(found, dict) else {}
    return {
        kind: token.split(".")[1]
        for kind, token in tokens.items()
        if isinstance(token, str) and token.count(".") == 2
    }
