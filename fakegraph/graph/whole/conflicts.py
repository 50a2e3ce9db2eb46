"""``@microsoft.graph.conflictBehavior``: what becomes of a thing whose name is taken."""

from __future__ import annotations

from typing import Any

import orjson

from fakegraph.errors import Problem
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.names import FAIL, RENAME, REPLACE

ANNOTATION = "@microsoft.graph.conflictBehavior"


def behaviour(asked: Asked, default: str, within: str = "") -> str:
    """What a request wants, in its query or in its body; or only in what that has ``within``.
    Raises GraphError (400).
    """
    wanted: Any = None if within else asked.options.aliases.get(ANNOTATION)
    body = asked.exchange.body
    if wanted is None and ANNOTATION.encode() in body and body.lstrip()[:1] == b"{":
        said = orjson.loads(body)
        wanted = ((said.get(within) or {}) if within else said).get(ANNOTATION)
    if wanted is None:
        return default
    if wanted not in (FAIL, REPLACE, RENAME):
        raise asked.words.invalid([_unknown(wanted)])
    return str(wanted)


def _unknown(wanted: object) -> Problem:
    return Problem(f"{ANNOTATION} is one of fail, replace, rename, not {wanted!r}.", ANNOTATION)
