"""``ResourcePath``: what a path leads to, with the values that stand in its segments.

``walk.py`` makes them. The values are read when they are asked for, since aliases stand elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fakegraph.edm.published import Operation, OperationParameter, PublishedType
from fakegraph.edm.surface import Evidence, Use, Uses
from fakegraph.edm.types import STRING, StructuredType, Type
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph import literals, refusals
from fakegraph.graph.segments import Written
from fakegraph.graph.shapes import Shape, Step, Value, called_as

_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NONE: frozenset[str] = frozenset()


class Segment(NamedTuple):
    """One segment, and what stands in it.

    ``name`` is as declared; of an undeclared property as it was written. ``keys`` are by the path
    of their property, ``arguments`` by the name of their parameter, both as declared; an argument
    that is not given is not there. ``path`` has the names of ``:/a/b:``.
    """

    shape: Shape
    name: str
    keys: Mapping[str, Any] = _NOTHING
    arguments: Mapping[str, Any] = _NOTHING
    path: tuple[str, ...] = ()


class ResourcePath:
    """What a path leads to: its ``shape``, and the values that stand in it.

    ``context`` is for who answers: the last one, and what it was worked out for.
    """

    __slots__ = ("_aliases", "_plain", "_uses", "_values", "context", "shape")

    def __init__(self, shape: Shape, values: list[Value], uses: Callable[[Shape], Uses]) -> None:
        self.shape = shape
        self._values = values
        self._uses = uses
        self._plain: tuple[Segment, ...] | None = None
        self.context: tuple[Any, str] | None = None
        self._aliases: frozenset[str] | None = None if values else _NONE

    def __repr__(self) -> str:
        return f"<{self.template}>"

    @property
    def template(self) -> str:
        """The path with names for what varies: ``/users/{id}/messages``."""
        return self.shape.template

    @property
    def kind(self) -> str:
        """What it is, in the words of ``Surface``; or ``service``, ``metadata``, ``batch``."""
        return self.shape.kind

    @property
    def type(self) -> Type | None:
        """The type of the thing, or of each of ``many``; None where there is none."""
        return self.shape.type

    @property
    def many(self) -> bool:
        return self.shape.many

    @property
    def operation(self) -> Operation | None:
        """The action or function that it ends with."""
        return self.shape.operation

    @property
    def aliases(self) -> frozenset[str]:
        """The parameter aliases that stand in it, each with its ``@``."""
        if self._aliases is None:
            self._aliases = frozenset(text for text in self._literals() if text.startswith("@"))
        return self._aliases

    def _literals(self) -> Iterator[str]:
        for value in self._values:
            if not isinstance(value, str):
                yield from (pair[1] for pair in value if isinstance(pair, tuple))

    @property
    def absent(self) -> frozenset[str]:
        """The arguments that functions in it need and that do not stand in it.

        A function may be named without parentheses; what it takes stands in the query or the body.
        """
        if not self.shape.calls:
            return _NONE
        values = iter(self._values)
        given = [(shape, next(values)) for shape in self.shape.line if shape.valued]
        return frozenset(
            name for shape, value in given if not value and shape.operation for name in shape.names
        )

    def segments(
        self, aliases: Mapping[str, str] = _NOTHING, elsewhere: Container[str] = ()
    ) -> tuple[Segment, ...]:
        """Its segments, the values in them read as their types say.

        ``aliases`` are those of the request, by name with the ``@``; ``elsewhere`` are the absent
        arguments that it gives in another way. Raises GraphError (400) for a value that is none of
        its type, for an alias that has none, for an argument that is nowhere.
        """
        if self._plain is not None:
            return self._plain
        values = iter(self._values)
        found = tuple(
            [
                _segment(shape, next(values), aliases) if shape.valued else _plain(shape)
                for shape in self.shape.line
            ]
        )
        absent = self.absent
        for name in absent:
            if name not in elsewhere:
                raise _nowhere(self.shape, name)
        if not absent and not self.aliases:  # else the next request may say another thing
            self._plain = found
        return found

    @property
    def uses(self) -> Uses:
        """What each method is here: on what evidence, who may use it, its documented status."""
        return self._uses(self.shape)

    def use(self, method: str) -> Use | None:
        """What a method is here; None for one that not even the model has."""
        return self.uses.get(method)

    def allowed(self, least: Evidence = Evidence.KNOWN) -> tuple[str, ...]:
        """The methods that exist here, on that much evidence."""
        uses = self.uses
        return tuple(each for each in _METHODS if each in uses and uses[each].evidence >= least)


def _nowhere(shape: Shape, name: str) -> GraphError:
    """The service does not find a function whose arguments are not there."""
    at = next(each for each in shape.line if each.operation and name in each.names)
    assert at.operation is not None
    return refusals.called_otherwise(at.operation.name, called_as([at.operation]), (), ())


def _segment(shape: Shape, value: Value, aliases: Mapping[str, str]) -> Segment:
    if isinstance(value, str) and shape.step is Step.KEY:  # nearly always
        if shape.key is None:
            shape.key = _single_key(shape)
        path, key_type = shape.key
        return Segment(shape, shape.name, {path: _plain_key(key_type, value)})
    operation = shape.operation
    if operation is not None:
        arguments = _arguments(operation, _pairs(value), aliases)
        return Segment(shape, operation.name, arguments=arguments)
    if shape.step is Step.KEY:
        return Segment(shape, shape.name, keys=_keys(shape, value, aliases))
    if shape.step is Step.BY_PATH:
        return Segment(shape, shape.name, path=tuple(map(str, value)))
    return Segment(shape, str(value))


def _plain(shape: Shape) -> Segment:
    """A segment that nothing stands in."""
    if shape.segment is None:
        shape.segment = Segment(shape, shape.name)
    found: Segment = shape.segment
    return found


def _pairs(value: Value) -> Written:
    return tuple(pair for pair in value if isinstance(pair, tuple))


def _arguments(
    operation: Operation, written: Written, aliases: Mapping[str, str]
) -> Mapping[str, Any]:
    parameters = {each.name.lower(): each for each in operation.parameters}
    found = {}
    for name, text in written:
        parameter = parameters[name.lower()]
        found[parameter.name] = _argument(operation, parameter, text, aliases)
    return found


def _argument(
    operation: Operation, parameter: OperationParameter, text: str, aliases: Mapping[str, str]
) -> Any:
    what = f"the parameter '{parameter.name}' of {operation.name}"
    value = _read(parameter.type, _resolved(text, aliases), what)
    if value is None and not parameter.nullable:
        raise refusals.bad_syntax(text, f"{what} may not be null.")
    return value


def _keys(shape: Shape, value: Value, aliases: Mapping[str, str]) -> Mapping[str, Any]:
    type_ = shape.type
    assert isinstance(type_, PublishedType)
    paths = _key_paths(type_, shape.names)
    found = {}
    for name, text in _pairs(value):
        path = paths[name.lower()] if name else next(iter(paths.values()))
        found[path] = _read(_type_at(type_, path), _resolved(text, aliases), "the key")
        if found[path] is None:
            raise refusals.bad_syntax(text, "a key may not be null.")
    return found


def _single_key(shape: Shape) -> tuple[str, Type]:
    """The property that a key gives which is not named, and its type."""
    type_ = shape.type
    assert isinstance(type_, PublishedType)
    (path,) = _key_paths(type_, shape.names).values()
    return path, _type_at(type_, path)


def _key_paths(type_: PublishedType, names: tuple[str, ...]) -> dict[str, str]:
    """By the names in a URL, in small letters, the properties that a key gives."""
    if names != type_.keys:
        for alternate in type_.alternate_keys:
            if tuple(alternate) == names:
                return {name.lower(): path for name, path in alternate.items()}
    return {name.lower(): name for name in names}


def _type_at(type_: StructuredType, path: str) -> Type:
    at: Type = type_
    for name in path.split("/"):
        prop = at.find(name) if isinstance(at, StructuredType) else None
        at = prop.type if prop else STRING
    return at


def _plain_key(type_: Type, text: str) -> Any:
    if type_ is STRING:
        return text
    try:
        return literals.plain(type_, text)
    except ValueError as error:
        raise refusals.bad_syntax(text, f"of the key, {error}") from None


def _read(type_: Type, text: str, what: str) -> Any:
    try:
        return literals.literal(type_, text)
    except ValueError as error:
        raise refusals.bad_syntax(text, f"of {what}, {error}") from None


def _resolved(text: str, aliases: Mapping[str, str]) -> str:
    if not text.startswith("@"):
        return text
    if text not in aliases:
        raise bad_request(
            f"The parameter alias '{text}' has no value: give it as {text}='value' in the query.",
            text,
        )
    return aliases[text].strip()
