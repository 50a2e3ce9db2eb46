"""``@microsoft.graph.conflictBehavior``: what becomes of a thing whose name is taken."""

from __future__ import annotations

from typing import Any

import orjson

from fakegraph.errors import Problem
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.names import FAIL, RENAME, REPLACE

ANNOTATION = "@microsoft.graph.conflictBehavior"
FORMER = "@name.conflictBehavior"  # as OneDrive's own API had it, and rclone still writes it
SOURCE = "@microsoft.graph.sourceUrl"


def behaviour(asked: Asked, default: str, within: str = "") -> str:
    """What a request wants, in its query or in its body; or only in what that has ``within``.
    Raises GraphError (400).
    """
    outside = asked.options.aliases.get(ANNOTATION)
    wanted: Any = None if within else outside
    if wanted is None:
        wanted = _said(asked, ANNOTATION, within)
    if wanted is None:
        wanted = _said(asked, FORMER, within)
    if within and (outside or _said(asked, ANNOTATION)) is not None:
        asked.exchange.note_ignored(f"{ANNOTATION} outside '{within}'", "It counts in there alone.")
    if wanted is None:
        return default
    if wanted not in (FAIL, REPLACE, RENAME):
        raise asked.words.invalid([_unknown(wanted)])
    return str(wanted)


def _said(asked: Asked, name: str, within: str = "") -> Any:
    """What a JSON body says by an annotation."""
    body = asked.exchange.body
    if name.encode() not in body or body.lstrip()[:1] != b"{":
        return None
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:  # bytes of a file; where JSON is read, that is refused there
        return None
    place = said.get(within) if within else said
    return place.get(name) if isinstance(place, dict) else None


def source(asked: Asked) -> str | None:
    """The URL that a body says the bytes are at; None where it says none."""
    found = _said(asked, SOURCE)
    return None if found is None else str(found)


def _unknown(wanted: object) -> Problem:
    return Problem(f"{ANNOTATION} is one of fail, replace, rename, not {wanted!r}.", ANNOTATION)
