"""Percent-encoding of texts that mostly need none, as ids and names; and which texts are URLs."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit


def quoted(text: str, safe: str = "") -> str:
    """What ``urllib.parse.quote`` gives, without a look at each character by itself."""
    return _unsafe(safe).sub(_quoted, text)


def parts_of(text: str) -> SplitResult | None:
    """The parts of a URL that somebody sent; None for a text that cannot be one: ``http://[a``."""
    try:
        return urlsplit(text)
    except ValueError:
        return None


@lru_cache(maxsize=16)
def _unsafe(safe: str) -> re.Pattern[str]:
    return re.compile(rf"[^\w.~{re.escape(safe)}-]+", re.ASCII)


def _quoted(found: re.Match[str]) -> str:
    return _encoded(found[0])


@lru_cache(maxsize=256)  # ids end in the same signs
def _encoded(text: str) -> str:
    return quote(text, safe="")
