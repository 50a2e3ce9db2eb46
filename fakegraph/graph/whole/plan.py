"""``Plan``: what all requests for one shape of path have in common, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property, lru_cache
from typing import Any

from fakegraph.edm.published import PublishedType, Root
from fakegraph.edm.surface import Evidence
from fakegraph.edm.types import NavigationProperty, Type
from fakegraph.graph import literals, refusals
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.shapes import Shape, Step
from fakegraph.graph.whole.contexts import Fragment
from fakegraph.graph.whole.gate import Gate
from fakegraph.graph.whole.queries import queried
from fakegraph.graph.whole.straight import Hop, Inside, inside, is_me, straight
from fakegraph.graph.whole.world import World
from fakegraph.odata.query import Source
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Operation, Tracking, Workload
from fakegraph.workloads.handed import Asker, Document, Extension

_USER = "microsoft.graph.user"
DELTA_TOKENS = ("$deltatoken", "deltatoken")
REFERRED = ("@id", "$id")  # what says which link is deleted, of OData 4.01 and of 4.0
_THINGS = frozenset({"item", "single"})
_OF_PROPERTIES = {"value": "plain", "count": "items"}
_BYTES = frozenset({"stream", "value"})
_OF_THINGS = frozenset({"property", "stream", "value"})


def _kind(shape: Shape) -> str:
    """The kind of place: ``Surface``'s word, but ``plain`` for the text of a property, ``items``
    for how many it has, and
    ``delta`` for the function that tells changes.
    """
    owner = shape.before
    if owner is not None and owner.kind == "property" and shape.kind in _OF_PROPERTIES:
        return _OF_PROPERTIES[shape.kind]
    is_delta = shape.operation is not None and shape.operation.name == "delta"
    return "delta" if is_delta and shape.kind == "function" else shape.kind


def _is_inside_a_value(shape: Shape) -> bool:
    """Whether a path goes on from an object that is a property along a navigation property."""
    line = iter(shape.line)
    behind = any(each.kind == "property" for each in line)
    return behind and any(isinstance(each.declared, NavigationProperty) for each in line)


def _read(name: str, type_: Type, text: str) -> Any:
    """An argument as it stands in a query: as a literal, or plain."""
    try:
        return literals.literal(type_, text) if text[:1] == "'" else literals.plain(type_, text)
    except ValueError as error:
        raise refusals.bad_syntax(text, f"of the parameter '{name}', {error}") from None


def _is_a(type_: object, name: str) -> bool:
    return isinstance(type_, PublishedType) and any(each.name == name for each in type_.chain)


class Plan:
    """What is known of a shape of paths, whatever the ids in them."""

    def __init__(self, world: World, path: ResourcePath, least: Evidence) -> None:
        shape = path.shape
        self.world = world
        self._shape = shape
        self.kind = _kind(shape)
        self.lies = _is_inside_a_value(shape)
        """Whether it is kept in an object that is a property."""
        self.least = least
        self.template = path.template
        self.uses = path.uses
        self.operation = next((each for each in shape.line if not self._is_written(each)), None)
        self._absent = path.absent if self.operation is None else frozenset()
        known = path.allowed(least)
        documented = self.said.documented | self._blank_writes(shape) | self._called(shape, least)
        documented |= self._delta_reads()
        more = sorted(name for name in documented if name in self.uses and name not in known)
        closed = self._written_by_ref()
        self.allowed = tuple(name for name in (*more, *known) if name not in closed)
        self.is_inferred = bool(getattr(path.type, "unsure", False))
        self.of_me = bool(shape.line) and shape.line[0].name == "me"
        self.source = lru_cache(maxsize=64)(self._source)
        self.ways: dict[str, Any] = {}  # for who answers requests, by method
        self.weights: dict[str, str] = {}  # of requests without options, by method
        behind = shape.step is Step.END or self.kind == "delta"
        self.about = shape.before if behind and shape.before else shape

    def _is_written(self, shape: Shape) -> bool:
        """Whether a segment is no operation, or one that a workload has a function for."""
        called = shape.operation
        return called is None or self.world.declared.operation(called) is not None

    @cached_property
    def document(self) -> tuple[int, Document] | None:
        """The number of the segment that leads into a document, and what answers there."""
        for number, shape in enumerate(self._shape.line):
            owner = shape.before.type if shape.before is not None else None
            if isinstance(shape.declared, NavigationProperty) and isinstance(owner, PublishedType):
                found = self.world.navigation(owner, shape.declared).document
                if found is not None:
                    return number, found
        return None

    @cached_property
    def type(self) -> PublishedType:
        """The type of the thing, or of each, that it leads to."""
        type_ = self._shape.type
        assert isinstance(type_, PublishedType)
        return type_

    @cached_property
    def built(self) -> Operation | None:
        """What a workload has written for the operation that a path ends with."""
        called = self._shape.operation
        return None if called is None else self.world.declared.operation(called)

    def read_others(self, given: Mapping[str, str], shape: Shape) -> Mapping[str, Any]:
        """The arguments of a function that are not in the path but in the query.

        Raises GraphError (400) for what is no value of their type.
        """
        called = shape.operation
        types = {} if called is None else {each.name: each.type for each in called.parameters}
        return {
            name: _read(name, types[name], text) for name, text in given.items() if name in types
        }

    def _called(self, shape: Shape, least: Evidence) -> frozenset[str]:
        """The method of an operation; what lies behind a function is read as it is. One that a
        workload has written exists; others do wherever the model alone says nothing wrong.
        """
        if not shape.calls or (self.operation is not None and least is Evidence.PERMITTED):
            return frozenset()
        is_action = shape.operation is not None and shape.operation.is_action
        return frozenset({"POST" if is_action else "GET"})

    def _written_by_ref(self) -> frozenset[str]:
        """The writes that a single link takes by ``/$ref`` alone: they would be of what is there.

        Permissions name the path before ``/$ref`` for them, and so does a workload that says PUT.
        """
        linked = self.borrows or self.said.linked
        if self.kind != "single" or self._navigation is None or not linked:
            return frozenset()
        writes = {"PUT", *({"PATCH", "DELETE"} - self.said.documented)}
        return frozenset(name for name in writes if not self._is_documented(name))

    def _is_documented(self, method: str) -> bool:
        use = self.uses.get(method)
        return use is not None and use.status is not None

    def _blank_writes(self, shape: Shape) -> frozenset[str]:
        """How bytes are given to a stream that a workload says can be written."""
        owner = shape.before.type if shape.kind in _BYTES and shape.before else None
        if not isinstance(owner, PublishedType):
            return frozenset()
        rules = self.world.rules(owner)
        if shape.kind == "value":
            return rules.all_bytes
        if shape.name == rules.gathers:
            return frozenset({"PUT"})
        return frozenset({"PUT", "PATCH"} if shape.name in rules.blank else ())

    def _delta_reads(self) -> frozenset[str]:
        """Changes are told wherever things are at home, and of unions of such places."""
        is_home = self.kind == "delta" and (bool(self.said.union) or not self.borrows)
        return frozenset({"GET"} if is_home else ())

    def _source(
        self, extensions: tuple[Extension, ...], future_members: bool, strict: bool
    ) -> Source:
        """What queries are bound against: of ``/$count``, what is counted."""
        resource = queried(self.world, self.about, extensions)
        return Source(self.world.model, resource, future_members, strict)

    def is_declared(self, method: str) -> bool:
        """Whether a method is refused because the model alone has it."""
        use = self.uses.get(method)
        return method not in self.allowed and use is not None and use.evidence < self.least

    @property
    def listed(self) -> str:
        """The methods, as ``Allow`` has them."""
        head = ("HEAD",) if "GET" in self.allowed else ()
        return ", ".join((*self.allowed, *head, "OPTIONS"))

    @cached_property
    def straight(self) -> tuple[Hop, ...]:
        """The way to its things where keys alone tell it."""
        return straight(self.world, self._shape)

    @cached_property
    def at_end(self) -> PublishedType | None:
        """The type of what is at the end of that way, unless a thing says another itself."""
        return self.world.type_in(self.straight[-1].container) if self.straight else None

    @cached_property
    def inside(self) -> Inside | None:
        """The collection that it is where that has all of a container."""
        return inside(self.world, self._shape)

    @cached_property
    def approach(self) -> tuple[Hop, ...]:
        """The same to what has the collection that it is."""
        before = self._shape.before
        return () if before is None else straight(self.world, before)

    @cached_property
    def fragment(self) -> Fragment:
        """What contexts of answers are made from."""
        return Fragment(self.world, self._shape)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names that its query takes beside the usual ones."""
        own: tuple[str, ...] = REFERRED if self.kind == "refs" else ()
        if self.kind == "delta":
            token = self.tracking.token
            own = (*self.tracking.parameters, *((token,) if token else DELTA_TOKENS))
            own += () if self.said.preview is None else (*self.said.preview.takes,)
        elif self._shape.calls:
            lists = self.built.lists if self.built is not None else None
            return tuple(sorted({*self._absent, *(lists.parameters if lists else ())}))
        elif self.kind == "stream":
            own = self._of_stream
        return (*self.said.parameters, *own)

    @property
    def _of_stream(self) -> tuple[str, ...]:
        """What the query for bytes may say of how they are shown."""
        shape = self._shape
        owner = shape.before.type if shape.before is not None else None
        if not isinstance(owner, PublishedType):
            return ()
        rules = self.world.rules(owner)
        found = rules.rendered.get(shape.name)
        return (*rules.passed.get(shape.name, ()), *(() if found is None else found.parameters))

    @cached_property
    def tracking(self) -> Tracking:
        """How it is told what has changed there."""
        assert isinstance(self._shape.type, PublishedType)
        return self.world.rules(self._shape.type).tracking or self.workload.tracking

    @cached_property
    def of_thing(self) -> Fragment:
        """The same of the thing that has the property or the bytes that it leads to."""
        at = self._shape
        while at.kind in _OF_THINGS and at.before is not None:
            at = at.before
        return Fragment(self.world, at)

    @cached_property
    def statuses(self) -> Mapping[str, int]:
        """The statuses of successes that a workload says, of the thing itself or of its place."""
        type_ = self._shape.type
        own = self.world.declared.workload([type_] if isinstance(type_, PublishedType) else ())
        return {**own.statuses, **self.said.statuses}

    def success(self, method: str) -> int | None:
        """The status of a success: what a workload says, the documented one, or else the usual
        one of the workload. Of an operation it is what its function was declared with.
        """
        use = self.uses.get(method)
        documented = None if use is None else use.status
        if self.built is not None:
            status, called = self.built.status or documented, self._shape.operation
            gives_nothing = called is None or called.result is None
            said = self.built.status is not None
            return 204 if gives_nothing and not said and status in (None, 200) else status or 200
        return self.statuses.get(method) or documented or self.workload.usual.get(method)

    @cached_property
    def private(self) -> bool:
        """Whether it is something that a user has, and that is for nobody else."""
        return self.workload.private and self.holder > 0

    @cached_property
    def holder(self) -> int:
        """How many segments lead to the user, the drive or, where that counts, the group that has
        what it is; 0: none do.
        """
        line = self._shape.line
        for end in range(len(line) - 1, 0, -1):
            at = line[end - 1]
            if at.kind in _THINGS and _is_a(at.type, _USER):
                return end
        begins = ("drives", "groups") if self.workload.belongs is not None else ("drives",)
        is_one = len(line) > 1 and line[0].name in begins and line[1].step is Step.KEY
        return 2 if is_one else 0

    @cached_property
    def reaches(self) -> bool:
        """Whether it begins with what may be there although nothing is stored of it."""
        line = self._shape.line
        begins = self.world.declared.navigation(line[0].name)
        return begins.reached is not None and len(line) > 1

    @cached_property
    def to_holder(self) -> tuple[Hop, ...]:
        """The way there where keys alone tell it."""
        return straight(self.world, self._shape.line[self.holder - 1]) if self.holder else ()

    @cached_property
    def to_me(self) -> tuple[Hop, ...]:
        """The way to who is signed in, where it begins with that."""
        first = self._shape.line[0]
        return straight(self.world, first) if is_me(first) else ()

    @cached_property
    def gate(self) -> Gate | None:
        """What its things can be asked, where that is gated."""
        type_ = self.about.type
        if not isinstance(type_, PublishedType):
            return None
        matrix = self.world.declared.advanced(type_)
        if matrix is None:
            return None
        name = matrix.name
        cast = self.about.step is Step.CAST and not self.said.deleted
        return Gate(matrix, name[:1].upper() + name[1:], cast, self.said.only_advanced)

    @cached_property
    def unites(self) -> tuple[str, ...]:
        """The containers whose things a union has, or what was deleted from them."""
        return self.said.union or self.said.deleted

    @cached_property
    def borrows(self) -> bool:
        """Whether what is there has its own path elsewhere: it is linked, or in a union."""
        said = self.said
        if self.unites or said.closure or said.inverse:
            return True
        member = self._navigation
        if member is None or said.home or said.view is not None or said.within:
            return False
        return bool(said.linked) or self.world.is_linked(member)

    @cached_property
    def _navigation(self) -> NavigationProperty | None:
        """The navigation property that leads to what it is, or is in."""
        at: Shape | None = self._shape
        while at is not None and not isinstance(at.declared, NavigationProperty | Root):
            at = at.before
        found = None if at is None else at.declared
        return found if isinstance(found, NavigationProperty) else None

    @cached_property
    def workload(self) -> Workload:
        """Whose it is."""
        if self.built is not None and self.built.workload is not None:
            return self.built.workload
        line = reversed(self._shape.line)
        types = (each.type for each in line if isinstance(each.type, PublishedType))
        return self.world.declared.workload(types, self.template)

    @cached_property
    def subscribes(self) -> bool:
        """Whether it leads to what says whom is to be told of changes."""
        type_ = self._shape.type
        return isinstance(type_, PublishedType) and bool(self.world.rules(type_).subscribes)

    def heeds(self, preferred: Collection[str]) -> frozenset[str]:
        """What of the words that a client prefers is heeded, of what most workloads do not."""
        is_delta = self.kind == "delta"
        more = self.workload.tracking.heeds(preferred) if is_delta else frozenset()
        return self.workload.preferences | more

    @cached_property
    def theirs(self) -> tuple[int, ...]:
        """How many segments lead to what is there for some alone, each time that some do."""
        return tuple(
            end
            for end, at in enumerate(self._shape.line, 1)
            if at.kind in _THINGS and isinstance(at.type, PublishedType)
            if self.world.rules(at.type).theirs is not None
        )

    @cached_property
    def opened(self) -> tuple[tuple[int, Callable[[Record, Asker], object]], ...]:
        """What who asks has to pass, and how many segments lead to what it is about."""
        found = []
        for end, at in enumerate(self._shape.line):
            owner = at.before.type if at.before is not None else None
            if isinstance(at.declared, NavigationProperty) and isinstance(owner, PublishedType):
                opens = self.world.navigation(owner, at.declared).opens
                if opens is not None:
                    found.append((end, opens))
        return tuple(found)

    @cached_property
    def unlisted(self) -> Mapping[str, frozenset[str]]:
        """What is not shown in a list, by the name of a type; nothing where it is none."""
        type_ = self._shape.type
        if self.kind != "collection" or not isinstance(type_, PublishedType):
            return {}
        names = self.world.rules(type_).unlisted | self.said.blank
        return {type_.name: names} if names else {}

    def writes(self, method: str) -> bool:
        """Whether something is to be changed: an action may only read."""
        return method != "GET" and not (self.built is not None and self.built.reads)

    def is_built(self, method: str) -> bool:
        """Whether what a method does here is built."""
        if self.kind == "delta":
            called = any(each.step is Step.OPERATION for each in self._shape.line[:-1])
            return self.said.tracked != "unbuilt" and not called
        return self.operation is None

    @cached_property
    def said(self) -> Navigation:
        """What is declared of the collection or the single thing that it is, or is in."""
        at: Shape | None = self._shape
        while at is not None and not isinstance(at.declared, NavigationProperty | Root):
            at = at.before
        if at is None:
            return Navigation("")
        owner = at.heir or (None if at.before is None else at.before.type)
        if isinstance(at.declared, NavigationProperty) and isinstance(owner, PublishedType):
            return self.world.navigation(owner, at.declared)
        return self.world.declared.navigation("users" if at.name == "me" else at.name)
