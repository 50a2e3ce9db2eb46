"""Whole numbers in texts that anybody may send."""

from __future__ import annotations

MOST = 18
"""So many digits fit into 64 bits."""


def natural(text: str, most: int = MOST) -> int | None:
    """The number that a text of at most so many digits is; None where it is none.

    Python calls more signs digits than it reads, and reads no more than some thousands of them.
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= most
    return int(text) if is_number else None
