"""Percent-encoding of texts that mostly need none: ids, and names in paths."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote


def quoted(text: str, safe: str = "") -> str:
    """What ``urllib.parse.quote`` gives, without a look at each character by itself."""
    return _unsafe(safe).sub(_quoted, text)


@lru_cache(maxsize=16)
def _unsafe(safe: str) -> re.Pattern[str]:
    return re.compile(rf"[^\w.~{re.escape(safe)}-]+", re.ASCII)


def _quoted(found: re.Match[str]) -> str:
    return quote(found[0], safe="")
