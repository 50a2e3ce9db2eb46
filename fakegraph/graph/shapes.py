"""``Shape``: what a path leads to, apart from the ids in it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from fakegraph.edm.published import Operation, PublishedType, Root
from fakegraph.edm.surface import Uses
from fakegraph.edm.types import NavigationProperty, Property, Type
from fakegraph.graph.segments import Written

Value = str | Written | tuple[str, ...]
"""What stands in a segment: a key, what stands in parentheses, the names of a path by names."""

Declared = Root | Property | NavigationProperty | Operation


class Step(Enum):
    """What a segment is."""

    SERVICE = "service"  # what comes before the first segment
    ROOT = "root"
    MEMBER = "member"
    UNDECLARED = "undeclared"  # a property that only an open type can have; its name is the value
    KEY = "key"
    CAST = "cast"
    OPERATION = "operation"
    BY_PATH = "by path"  # ``:/a/b:``
    END = "end"  # ``$count``, ``$ref``, ``$value``, ``$metadata``, ``$batch``


_VALUED = frozenset({Step.UNDECLARED, Step.KEY, Step.OPERATION, Step.BY_PATH})
_LEAVES = frozenset({"action", "stream", "count", "value", "ref", "refs", "metadata", "batch"})

# How templates write what varies, and under what it is found: as tuples, which no text equals.
KEY = ("{id}",)
BY_PATH = (":/{path}",)
UNDECLARED = ("{property}",)

# What can be addressed by path: the place that this shares with the thing addressed by key.
ADDRESSED_BY_PATH = {
    "microsoft.graph.driveItem": ".drive/items/{id}",
    "microsoft.graph.site": "sites/{id}",
}


class Shape:
    """What the segments up to one lead to, whatever the ids in them.

    ``name`` is how a template writes the segment (``messages``, ``{id}``,
    ``range(address={address})``) and ``kind`` what ``Surface`` calls the thing. ``type`` is that
    of one thing where there are ``many``. ``declared`` is what the model has of that name; ``heir``
    the derived type whose member or operation it is, where the path has no cast to that: a nearer
    one may have the same. ``names`` are those of the keys or arguments that are given.
    ``after`` has what follows, by its text in small letters or the names in its parentheses.
    ``calls``: whether it is an operation, or behind one. ``plan`` is for who answers requests,
    ``key`` and ``segment`` for who reads values: no cache keeps a shape, which keeps all others.
    """

    __slots__ = (
        "_line",
        "after",
        "before",
        "calls",
        "declared",
        "heir",
        "key",
        "kind",
        "many",
        "name",
        "names",
        "plan",
        "segment",
        "step",
        "type",
        "uses",
        "valued",
    )

    def __init__(
        self,
        before: Shape | None,
        step: Step,
        name: str,
        kind: str,
        type_: Type | None = None,
        many: bool = False,
        declared: Declared | None = None,
        heir: PublishedType | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        self.before = before
        self.step = step
        self.name = name
        self.kind = kind
        self.type = type_
        self.many = many
        self.declared = declared
        self.heir = heir
        self.names = names
        self.valued = step in _VALUED
        self.after: dict[object, Shape] = {}
        self.uses: Uses | None = None
        self.plan: Any = None
        self.key: tuple[str, Type] | None = None
        self.segment: Any = None
        self.calls: bool = isinstance(declared, Operation) or (before is not None and before.calls)
        self._line: tuple[Shape, ...] | None = None

    def __repr__(self) -> str:
        return f"<{self.template} {self.type}{'*' if self.many else ''}>"

    @property
    def line(self) -> tuple[Shape, ...]:
        """The shape of each segment, up to this one."""
        if self._line is None:
            above = () if self.before is None else self.before.line
            self._line = above if self.step is Step.SERVICE else (*above, self)
        return self._line

    @property
    def template(self) -> str:
        """The path with names for what varies: ``/drives/{id}/root:/{path}:/children``."""
        text = ""
        for each in self.line:
            closed = ":" if text.endswith(BY_PATH) else ""
            text += each.name if each.name[0] in ":(" else f"{closed}/{each.name}"
        return text or "/"

    @property
    def word(self) -> str:
        """The name that it goes by in messages."""
        if self.step in (Step.KEY, Step.BY_PATH) and self.before is not None:
            return self.before.word
        return self.name.partition("(")[0]

    @property
    def operation(self) -> Operation | None:
        return self.declared if isinstance(self.declared, Operation) else None

    @property
    def is_leaf(self) -> bool:
        """Whether a path ends with it."""
        if isinstance(self.declared, Operation) and not self.declared.composable:
            return True
        return self.kind in _LEAVES

    @property
    def keyed(self) -> PublishedType | None:
        """The type of the entities that have keys here, or None."""
        type_ = self.type
        is_set = self.many and isinstance(type_, PublishedType) and type_.is_entity
        return type_ if is_set and isinstance(type_, PublishedType) else None

    def shared(self, namespace: str) -> str:
        """What it leads to apart from the way, as ``Surface`` names it: ``.user/messages``."""
        at, behind = self, ""
        while at.before is not None and at.step in (Step.CAST, Step.KEY, Step.END):
            if at.step is not Step.CAST:
                behind = f"/{'{id}' if at.step is Step.KEY else at.name}{behind}"
            at = at.before
        return at._place(namespace) + behind

    def _place(self, namespace: str) -> str:
        declared = self.declared
        if self.step is Step.BY_PATH:
            return ADDRESSED_BY_PATH[str(self.type)]
        if isinstance(declared, Operation):
            bound = str(declared.bound_to or "").removeprefix(namespace)
            many = "*" if declared.bound_to_many else ""
            return f"{bound}{many}/{declared.name}()".lstrip("/")
        if self.before is None or self.step is Step.ROOT:
            return self.name
        if isinstance(declared, NavigationProperty):
            return f"{declared.owner.removeprefix(namespace)}/{declared.name}"
        owner = self.heir or self.before.type
        assert isinstance(owner, PublishedType)  # nothing else has members
        declaring = (each for each in owner.chain if self.name in each.own_properties)
        return f"{next(declaring, owner).name.removeprefix(namespace)}/{self.name}"


def called_as(overloads: Sequence[Operation]) -> str:
    """How an operation is called, in words."""
    forms = [
        each.name if each.is_action else f"{each.name}({','.join(p.name for p in each.parameters)})"
        for each in overloads
    ]
    return f"It is called as {' or '.join(dict.fromkeys(forms))}."


def service() -> Shape:
    """Where paths begin."""
    return Shape(None, Step.SERVICE, "/", "service")
