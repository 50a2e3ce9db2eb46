"""The surface as rows, for people: which methods there are at a path, or at all like it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from fakegraph.edm.surface import Use
from fakegraph.errors import bad_request
from fakegraph.graph.walk import Walk

_MAX_PATTERN = 1_000
_STARS = re.compile(r"(\*\*|\*)")
_MEANING = {"**": ".*", "*": "[^/]*"}


class Row(NamedTuple):
    """One method at one path."""

    template: str
    use: Use


def surface_rows(walk: Walk, pattern: str) -> Iterator[Row]:
    """The methods at a path; or at every documented or permissioned path that a pattern fits.

    In a pattern ``*`` stands for what is in one segment, ``**`` for any segments:
    ``/users/*/messages``, ``/teams/**``. Letters may be in any case. Raises GraphError (400) for a
    path without stars that the model does not have, and for a pattern that is too long.
    """
    if "*" not in pattern:
        walked = walk(pattern)
        yield from (Row(walked.template, use) for use in walked.uses.values())
        return
    if len(pattern) > _MAX_PATTERN:
        raise bad_request(f"A pattern has at most {_MAX_PATTERN} characters.")
    import re2  # a pattern cannot make it slow

    parts = _STARS.split(pattern)
    fits = re2.compile("(?i)" + "".join(_MEANING.get(part) or re2.escape(part) for part in parts))
    for template, uses in walk.surface.permitted():
        if fits.fullmatch(template):
            yield from (Row(template, use) for use in uses.values())
