"""``@microsoft.graph.conflictBehavior``: what becomes of a thing whose name is taken."""

from __future__ import annotations

from itertools import count
from typing import Any

import orjson

from fakegraph.errors import Problem
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.places import Many
from fakegraph.store import Row

ANNOTATION = "@microsoft.graph.conflictBehavior"
FAIL, REPLACE, RENAME = "fail", "replace", "rename"


def behaviour(asked: Asked, default: str) -> str:
    """What a request wants, in its query or in its body. Raises GraphError (400)."""
    wanted: Any = asked.options.aliases.get(ANNOTATION)
    body = asked.exchange.body
    if wanted is None and ANNOTATION.encode() in body and body.lstrip()[:1] == b"{":
        wanted = orjson.loads(body).get(ANNOTATION)
    if wanted is None:
        return default
    if wanted not in (FAIL, REPLACE, RENAME):
        raise asked.words.invalid([_unknown(wanted)])
    return str(wanted)


def _unknown(wanted: object) -> Problem:
    return Problem(f"{ANNOTATION} is one of fail, replace, rename, not {wanted!r}.", ANNOTATION)


def namesake(many: Many, name: str, value: object) -> Row | None:
    """What has that name in a collection."""
    return None if value is None else many.get({name: value})


def free_name(many: Many, name: str, value: str) -> str:
    """A name like that one that nothing has: ``notes 1.txt``."""
    stem, dot, ending = value.rpartition(".")
    if not stem:
        stem, dot, ending = value, "", ""
    names = (f"{stem} {number}{dot}{ending}" for number in count(1))
    return next(each for each in names if namesake(many, name, each) is None)
