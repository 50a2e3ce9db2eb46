"""``@odata.context``: what an answer is about, as a URL (OData JSON Format 4.01, section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import quote

from fakegraph.edm.published import PublishedType, Root
from fakegraph.edm.types import NavigationProperty
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.shapes import Shape, Step
from fakegraph.graph.whole.expansions import Expansion
from fakegraph.graph.whole.world import World

_SAFE = "'$*,;~-._"  # an @, a colon and what a drive's id has are coded here, not in the path
_ME = -1

Parts = list[str | int]
"""Text, and the numbers of the segments whose keys stand between."""


class Fragment:
    """What stands behind ``$metadata#``, for all paths of one shape."""

    def __init__(self, world: World, shape: Shape) -> None:
        self._parts: Parts | None = []
        inside = ""  # the properties that what is next lies in
        for number, each in enumerate(shape.line):
            if each.kind == "property" and each.step is not Step.END:
                inside += f"/{each.name}"
                continue
            if inside and self._parts is not None:
                self._parts = [*self._parts, inside]
            inside = ""
            self._parts = _joined(world, self._parts, each, number)
        self._above = self._parts or []
        """The same without the key at the end, where there is one."""
        if self._parts and isinstance(self._parts[-1], int):
            self._above = self._parts[:-1]
        self._type = shape.type
        self._many = shape.many
        self.names_me = bool(self._parts) and self._parts is not None and _ME in self._parts

    def text(
        self,
        segments: Sequence[Segment],
        me: str = "",
        projection: str = "",
        *,
        one: bool = False,
    ) -> str:
        """The same for a path; ``one``: of what is there. ``me`` is the id of who is signed in.

        ``projection``: what is selected and expanded, as ``projection`` has it.
        """
        many = self._many and not one
        if self._parts is None:
            return f"Collection({self._type}){projection}" if many else f"{self._type}{projection}"
        path = _written(self._parts if many else self._above, segments, me)
        return f"{path}{projection}" if many else f"{path}{projection}/$entity"

    def above(self, segments: Sequence[Segment], me: str) -> str | None:
        """The path of what is there, without the key of one of many; None where it has none."""
        return None if self._parts is None else self.whole(segments, me)

    def whole(self, segments: Sequence[Segment], me: str) -> str:
        """The path of one thing, with its key."""
        if self._parts is None:
            return str(self._type)
        return _written(self._parts, segments, me)


def _written(parts: Parts, segments: Sequence[Segment], me: str) -> str:
    return "".join([part if isinstance(part, str) else _keys(segments, part, me) for part in parts])


def _joined(world: World, parts: Parts | None, shape: Shape, number: int) -> Parts | None:
    """What is said so far, with one segment more; None where only the type can be said."""
    declared = shape.declared
    if shape.step is Step.ROOT:
        assert isinstance(declared, Root)
        return ["users", _ME] if shape.name == "me" else [shape.name]
    if isinstance(declared, NavigationProperty):
        if declared.contained and parts is not None:
            return [*parts, f"/{declared.name}"]
        assert isinstance(declared.type, PublishedType)
        found = set_of(world, declared.type)
        return None if found is None else [found]
    if shape.step is Step.OPERATION:
        return _of_result(world, parts, shape)
    if parts is None:
        return None
    if shape.step is Step.KEY:
        return [*parts, number]
    return _of_cast(world, parts, shape) if shape.step is Step.CAST else parts


def _of_cast(world: World, parts: Parts, shape: Shape) -> Parts:
    """What is cast: of the directory, the set of its type."""
    type_ = shape.type
    assert isinstance(type_, PublishedType)
    named_by_set = world.declared.workload([type_]).casts_are_sets
    found = set_of(world, type_) if named_by_set else None
    return [*parts, f"/{type_}"] if found is None else [found]


def _of_result(world: World, parts: Parts | None, shape: Shape) -> Parts | None:
    """What an operation gives: of a set, or of what it is called on, or of a type alone."""
    if not isinstance(shape.type, PublishedType) or not shape.type.is_entity:
        return None
    found = set_of(world, shape.type)
    if found is not None:
        return [found]
    before = shape.before
    same = before is not None and before.type is shape.type
    of_one = before is not None and not before.many
    return None if shape.many and of_one else (parts if same else None)


@lru_cache(maxsize=4096)
def set_of(world: World, type_: PublishedType) -> str | None:
    """The entity set that has things of a type."""
    sets = (root for root in world.model.roots() if root.many)
    return next((root.name for root in sets if root.type is type_), None)


def _keys(segments: Sequence[Segment], number: int, me: str) -> str:
    keys = [me] if number == _ME else map(str, segments[number].keys.values())
    return "".join(map(key_text, keys))


@lru_cache(maxsize=1024)
def key_text(key: str) -> str:
    """A key as it stands behind a set. Kept, as those who ask mostly ask for what is one user's."""
    return f"('{quote(key.replace(chr(39), chr(39) * 2), safe=_SAFE)}')"


def projection(select: tuple[str, ...] | None, expanded: Iterable[Expansion] = ()) -> str:
    """What is selected and expanded, in parentheses: ``(id,manager(id))``; nothing for all."""
    inner = [each.name + ((each.form and f"/{each.form}") or _inside(each)) for each in expanded]
    if select is None and not inner:
        return ""
    return f"({','.join((*(select or ()), *inner))})"


def _inside(each: Expansion) -> str:
    text = each.options.get("select")
    names = None if text is None else tuple(name.strip() for name in text.split(","))
    return projection(names, each.inner) or "()"


def led_to(world: World, member: NavigationProperty) -> str:
    """What contexts say of what a navigation property leads to, where it is not contained."""
    assert isinstance(member.type, PublishedType)
    found = set_of(world, member.type)
    return found or (f"Collection({member.type})" if member.many else str(member.type))
