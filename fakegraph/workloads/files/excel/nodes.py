"""What a path through a workbook leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.errors import missing

Arguments = Mapping[str, Any]
Found = tuple[int, "Node | None"]
"""The status of a success, and what it shows."""


class Node:
    """One thing on a path. What a subclass does not say is not built: None."""

    kind = ""
    #: What PATCH may name; None: it finds out itself.
    takes: frozenset[str] | None = None
    #: Whether its actions change the workbook.
    saves = True

    def check_taken(self, body: Arguments) -> None:
        """Raise GraphError (501) for what PATCH would change and cannot."""
        if self.takes is None:
            return
        more = [name for name in body if "@" not in name and name not in self.takes]
        there = self.show() if more else {}
        for name in more:
            if body[name] != there.get(name, ...):
                message = f"fakegraph does not change '{name}' of a {self.kind}."
                raise GraphError(501, "NotImplemented", message, name)

    def step(self, name: str, arguments: Arguments) -> Node | None:
        """What a navigation property or a function leads to."""
        return None

    def key(self, key: str) -> Node | None:
        """One of several, by its id or name. Raises GraphError (404)."""
        return None

    def called(self) -> Any:
        """What it is found by among several, of what it shows."""
        return self.show()

    def show(self) -> Any:
        """What GET shows; of several a list."""
        return None

    def change(self, body: Arguments) -> Any:
        """PATCH: what it shows then."""
        return None

    def remove(self) -> bool:
        """DELETE: False where that is not built."""
        return False

    def check(self, name: str) -> None:
        """Raise GraphError (403) where what is changed is protected; ``name`` of an action."""

    def act(self, name: str, body: Arguments) -> Found | None:
        """An action."""
        return None


class Several(Node):
    """Several things, in order."""

    def nodes(self) -> list[Node]:
        """All of them."""
        raise NotImplementedError

    def show(self) -> Any:
        return [each.show() for each in self.nodes()]

    def step(self, name: str, arguments: Arguments) -> Node | None:
        if name in ("count", "$count"):
            return Counted(len(self.nodes()))
        if name != "itemAt":
            return None
        nodes, index = self.nodes(), arguments.get("index")
        if not isinstance(index, int) or not 0 <= index < len(nodes):
            raise missing()
        return nodes[index]

    def named(self, key: str, *names: str) -> Node:
        """The one that has that value of one of some properties, in any case."""
        for each in self.nodes():
            called = each.called()
            if any(str(called.get(name)).casefold() == key.casefold() for name in names):
                return each
        raise missing()


class Counted(Node):
    """How many things there are."""

    kind = "Edm.Int32"

    def __init__(self, number: int) -> None:
        self.number = number

    def show(self) -> Any:
        return self.number


class Whole(Protocol):
    """The workbook that something is of."""

    book: Workbook
    #: Gives it with the values that Excel has worked out; None where there are none any more.
    computed: Callable[[], Workbook | None]

    def sheet(self, name: str) -> Worksheet:
        """The sheet of a name. Raises GraphError (404)."""

    def seen(self, sheet: Worksheet) -> Node:
        """What a path to a sheet leads to."""
