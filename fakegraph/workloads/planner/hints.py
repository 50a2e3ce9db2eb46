"""Order hints: texts by whose order clients sort things, each worked out between two others.

https://learn.microsoft.com/graph/api/resources/planner-order-hint-format
"""

from __future__ import annotations

import re
from typing import Any

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError

_WANTED = re.compile(r"(\S*) (\S*)!")
_LOWEST, _HIGHEST = ord("!"), ord("~") + 1
_LAST_TICK = 2**63 - 1


def kept(hint: Any, now: str, target: str) -> Any:
    """The hint for what a client sends: ``before after!`` is a place between two, of which either
    may be left out; any other text is a hint already. Raises GraphError for no place.
    """
    if not isinstance(hint, str) or " " not in hint:
        return hint
    found = _WANTED.fullmatch(hint)
    before, after = found.groups() if found is not None else ("", "")
    if found is None or (before and after and before >= after):
        raise GraphError(400, "", f"'{hint}' is no order hint: it is 'before after!'.", target)
    if not before and not after:
        return str(_LAST_TICK - instant(now))  # the latest comes first
    return _between(before, after)


def _between(before: str, after: str) -> str:
    """A text that comes after one and before another; without the latter, before all greater."""
    found = ""
    for at in range(len(before) + len(after) + 1):
        low = ord(before[at]) if at < len(before) else _LOWEST - 1
        high = ord(after[at]) if at < len(after) else _HIGHEST
        if high - low > 1:
            return found + chr((low + high) // 2)
        found += chr(max(low, _LOWEST))
        if high > low:
            after = ""  # whatever follows comes before it
    return found + chr((_LOWEST + _HIGHEST) // 2)
