"""What the sources of an SDK mean in OData's terms: ``SdkModel`` made of ``Facts``.

Which types are entities, what is a navigation property and what is contained, what can be called
on what: the sources do not say it outright, but their paths show it. What they do not show at all
is whether something may be null, how wide a number is, and which types are abstract or open.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tools.sdk_sources import NAMESPACE, Facts, Field, Reference, Route, Structure

_OWNER = re.compile(r"manage the (\S+) property of the (\S+) entity")
_ROOT = re.compile(r"manage the collection of (\S+) entities|manage the (\S+) singleton")
_CALLS = "to call the"
_BY_NAME = re.compile(r"(\w+)\((\w+)='?\{\w+\}'?\)")
_CHANGES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
_HELPERS = ("referenceCreate", "referenceUpdate", "stringCollectionResponse")
_RAW = ("$count", "$ref", "$value")

Member = tuple[str, str]
"""The type that declares something, and its name."""


@dataclass(frozen=True)
class Call:
    """An overload of an operation, called on ``bound``; ``name`` is a qualified one."""

    name: str
    is_action: bool
    bound: Reference
    parameters: tuple[Field, ...]
    result: Reference | None


class SdkModel:
    """The types, roots and operations of one SDK.

    ``contained`` has the navigation properties whose targets belong to what has them; ``streams``
    properties whose bytes come at a path of their own; ``keys`` and ``alternate`` the names of keys
    by type; ``linked`` methods with a page, by method and path.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._wrappers = {name: t for name, t in facts.types.items() if _is_wrapper(t)}
        self.types = {n: t for n, t in facts.types.items() if n not in self._wrappers}
        self.enums = facts.enums
        self._lost_at: dict[str, str] = {}
        self.types |= {type_.name: type_ for type_ in self._lost()}
        self._folded = {name.casefold(): name for name in self.types}
        self._own = {
            (name, each.name.casefold()): each
            for name, type_ in self.types.items()
            for each in type_.fields
        }
        self.roots: dict[str, Reference] = {}
        self.keys: dict[str, set[str]] = defaultdict(set)
        self.alternate: dict[str, set[str]] = defaultdict(set)
        self.streams: set[Member] = set()
        self._calls: set[Call] = set()
        self._methods: dict[Member, set[str]] = defaultdict(set)
        self._referenced: set[Member] = set()
        self._places: dict[str, Reference | None] = {}
        self._walk()

    @property
    def linked(self) -> Iterator[tuple[str, str]]:
        """The methods that the documentation has a page for, with their paths."""
        return ((method, each.template) for each in self._facts.routes for method in each.linked)

    def chain(self, name: str | None) -> Iterator[str]:
        """A type, its base, the base of that, and so on."""
        while name in self.types:
            yield name
            name = self.types[name].base

    def _lost(self) -> Iterator[Structure]:
        """Types without a class, which another of that name has taken: paths tell what they have.

        ``microsoft.graph.security`` has no class in beta's SDK, for there is a
        ``microsoft.graph.security.security`` as well.
        """
        known = {name.casefold() for name in self.types}
        lost: dict[str, dict[str, Reference]] = defaultdict(dict)
        for route in self._facts.routes:
            said, answer = _OWNER.search(route.about), self._value(route.answers.get("GET"))
            parent, _, segment = route.template.rpartition("/")
            is_member = said is not None and segment == said[1]
            if said and is_member and answer and said[2].casefold() not in known:
                lost[said[2]][segment] = answer
                self._lost_at[parent] = said[2]
        for name, members in lost.items():
            fields = tuple(Field(member, type_) for member, type_ in members.items())
            yield Structure(name, f"{NAMESPACE}.entity", fields)

    # Entities ---------------------------------------------------------------------------------

    @cached_property
    def entities(self) -> frozenset[str]:
        """The types that have a place of their own, with all that are derived from them."""
        first = {f"{NAMESPACE}.entity", *self._seen_as_entities()}
        tops = {list(self.chain(name))[-1] for name in first if name in self.types}
        return frozenset(name for name in self.types if list(self.chain(name))[-1] in tops)

    def _seen_as_entities(self) -> Iterator[str]:
        for route in self._facts.routes:
            owner = _OWNER.search(route.about)
            answer = self._value(route.answers.get("GET"))
            if owner is not None and (name := self._folded.get(owner[2].casefold())):
                yield name
            if answer and (_ROOT.search(route.about) or route.template.endswith("}")):
                yield answer.name

    def is_navigation(self, field: Field) -> bool:
        """Whether it leads to entities."""
        return field.type.name in self.entities

    # Containment ------------------------------------------------------------------------------

    @cached_property
    def contained(self) -> frozenset[Member]:
        """Changed where it is and never linked, or at home nowhere else."""
        sets = {root.name for root in self.roots.values() if root.many}
        changed = {member for member, methods in self._methods.items() if methods & _CHANGES}
        changed -= self._referenced
        homes = {self._target(member) for member in changed} | sets
        housed = {above for name in homes for above in self.chain(name)}
        found = set(changed)
        for name, type_ in self.types.items():
            for each in type_.fields:
                member, target = (name, each.name), each.type.name
                at_home = target in housed or any(above in homes for above in self.chain(target))
                if self.is_navigation(each) and not at_home and member not in self._referenced:
                    found.add(member)
        return frozenset(found)

    def _target(self, member: Member) -> str:
        return self._own[member[0], member[1].casefold()].type.name

    # Operations -------------------------------------------------------------------------------

    @cached_property
    def calls(self) -> frozenset[Call]:
        """Every operation, on the type nearest to the root of those that it can be called on."""
        bound = defaultdict(set)
        for call in self._calls:
            bound[_signature(call)].add(call.bound.name)
        return frozenset(
            call
            for call in self._calls
            if not any(
                above in bound[_signature(call)] for above in list(self.chain(call.bound.name))[1:]
            )
        )

    # Paths ------------------------------------------------------------------------------------

    def _walk(self) -> None:
        for route in sorted(self._facts.routes, key=lambda each: each.template.count("/")):
            parent, _, segment = route.template.rpartition("/")
            if parent:
                place = self._step(route, segment, self._places.get(parent))
            else:
                place = self._root(route, segment)
            if route.template in self._lost_at:
                place = Reference(self._lost_at[route.template], bool(place and place.many))
                if not parent:
                    self.roots[segment] = place
            self._places[route.template] = place

    def _root(self, route: Route, name: str) -> Reference | None:
        found = self._value(route.answers.get("GET")) or self._item(name)
        if found is None and route.bodies.get("POST"):
            found = Reference(str(route.bodies["POST"] and route.bodies["POST"].name), many=True)
        if found is not None and found.name in self.types and "(" not in name:
            self.roots[name] = found
        return found

    def _item(self, name: str) -> Reference | None:
        """Of a set that cannot be listed, what its key leads to."""
        for route in self._facts.routes:
            if route.template.startswith(f"/{name}/{{") and route.template.count("/") == 2:
                found = self._value(route.answers.get("GET"))
                return found and Reference(found.name, many=True)
        return None

    def _step(self, route: Route, segment: str, here: Reference | None) -> Reference | None:
        answer = self._value(route.answers.get("GET"))
        if _CALLS in route.about:
            return self._called(route, segment, here)
        if here is None:
            return answer
        if segment in _RAW:
            self._note_links(route, segment)
            return None
        if "." in segment.partition("(")[0]:
            name = "microsoft." + segment.casefold().removeprefix("microsoft.")
            cast = self._folded.get(name)
            return Reference(cast, here.many) if cast else answer
        if segment.startswith("{"):
            name = segment[1:-1].partition("-")[2] or segment[1:-1]
            self.keys[here.name].add(
                name.rstrip("0123456789")
            )  # a second one of a path has a number
            return Reference(here.name)
        return self._member(route, segment, here.name) or answer

    def _member(self, route: Route, segment: str, owner: str) -> Reference | None:
        found = self._declared(owner, segment.partition("(")[0])
        if found is None:
            return None
        declaring, field = found
        if self.is_navigation(field):
            self._methods[declaring, field.name] |= set(route.answers)
        elif field.type.name == "Binary":
            self.streams.add((declaring, field.name))
        if key := _BY_NAME.fullmatch(segment):
            self.alternate[field.type.name].add(key[2])
        return Reference(field.type.name, field.type.many and "(" not in segment)

    def _declared(self, owner: str, name: str) -> tuple[str, Field] | None:
        for above in self.chain(owner):
            if field := self._own.get((above, name.casefold())):
                return above, field
        return None

    def _note_links(self, route: Route, segment: str) -> None:
        parts = route.template.split("/")[:-1]
        if parts[-1].startswith("{"):
            parts.pop()
        owner = self._places.get("/".join(parts[:-1]))
        found = self._declared(owner.name, parts[-1]) if owner is not None else None
        if segment == "$ref" and found is not None:
            self._referenced.add((found[0], found[1].name))

    def _called(self, route: Route, segment: str, here: Reference | None) -> Reference | None:
        method = "POST" if "POST" in route.answers else "GET"
        result = self._value(route.answers.get(method))
        if here is not None:
            body = route.bodies.get(method)
            inline = self._facts.inline.get(body.name) if body else None
            fields = inline.fields if inline else tuple(self._arguments(route, segment, method))
            name = segment.partition("(")[0]
            space = "microsoft." if name.startswith("graph.") else ""
            name = f"{space}{name}" if "." in name else f"{NAMESPACE}.{name}"
            self._calls.add(Call(name, method == "POST", here, fields, result))
        return result

    def _arguments(self, route: Route, segment: str, method: str) -> Iterator[Field]:
        """Those in parentheses, and of functions those in the query that are not the system's."""
        for name, type_ in route.arguments.items():
            if f"{{{name}}}" in segment or (
                method == "GET" and f"{{{name}}}" not in route.template
            ):
                yield Field(name, type_)

    def _value(self, answer: Reference | None) -> Reference | None:
        """What an answer holds: of pages and values what is in them."""
        if answer is None or answer.many:
            return answer
        wrapper = self._wrappers.get(answer.name) or self._facts.inline.get(answer.name)
        if wrapper is None:
            return answer
        return next((each.type for each in wrapper.fields if each.name == "value"), None)


def _signature(call: Call) -> tuple[str, bool, bool, tuple[str, ...]]:
    return call.name, call.is_action, call.bound.many, tuple(f.name for f in call.parameters)


def _is_wrapper(type_: Structure) -> bool:
    """Whether it is of the SDK alone: pages, errors and what links are written with."""
    last = type_.name.rpartition(".")[2]
    return (
        (type_.base or "").endswith("baseCollectionPaginationCountResponse")
        or "CollectionPagination" in type_.name
        or "BaseDelta" in type_.name
        or "baseDeltaFunctionResponse" in type_.name
        or type_.name.startswith(f"{NAMESPACE}.oDataErrors")
        or last in _HELPERS
    )


def fields_of(model: SdkModel, name: str) -> Mapping[str, Field]:
    """What a type declares itself, by name."""
    type_ = model.types.get(name)
    return {each.name: each for each in type_.fields} if type_ else {}
