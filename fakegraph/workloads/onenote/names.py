"""What notebooks, sections and groups of sections may be called.

https://learn.microsoft.com/graph/onenote-error-codes
"""

from __future__ import annotations

from typing import NamedTuple

from fakegraph.errors import GraphError
from fakegraph.store import Record


class Names(NamedTuple):
    """The names of a kind of thing: how long they may be, what they do not have, and the code of
    the refusal of that.
    """

    longest: int
    forbidden: str
    code: str

    def check(self, name: str) -> None:
        """Raise GraphError (400) for a name that none of its kind has."""
        if not name.strip():
            raise _refused("20152", "The name is not there, or consists of spaces alone.")
        found = sorted(set(name) & set(self.forbidden))
        if found:
            message = f"The name contains invalid characters: {' '.join(found)}. It has none of"
            raise _refused(self.code, f"{message} {' '.join(self.forbidden)}")
        if name.startswith(" "):
            raise _refused("20154", "The name starts with a space.")
        if len(name) > self.longest:
            raise _refused("20155", f"The name has {self.longest} characters at most.")

    def refuse(self, record: Record, before: Record | None) -> None:
        """The same of the name that a body says."""
        self.check(str(record.get("displayName") or ""))


def _refused(code: str, message: str) -> GraphError:
    return GraphError(400, code, message, "displayName")


OF_NOTEBOOKS = Names(128, "?*\\/:<>|'\"", "20115")
OF_SECTIONS = Names(50, '?*\\/:<>|&#"%~', "20153")
