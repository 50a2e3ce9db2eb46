"""``Reader``: one step of a path, from a shape and the text of a segment to the next shape.

What a segment can be is tried in the order of the library that the service reads paths with: behind
a collection ``$count`` and its like, a cast, an operation, then a key; behind one thing a member,
an operation of its type or of a base, a cast. Then come members and operations of derived types,
which the service finds without a cast, and names that an open type need not declare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import cached_property

from fakegraph.edm.published import Operation, PublishedModel, PublishedType
from fakegraph.edm.types import (
    INT32,
    STREAM,
    UNTYPED,
    CollectionType,
    NavigationProperty,
    Property,
    Type,
)
from fakegraph.errors import GraphError
from fakegraph.graph import refusals
from fakegraph.graph.segments import Call, folded, read_call
from fakegraph.graph.shapes import BY_PATH, KEY, UNDECLARED, Shape, Step, Value, called_as


class Reader:
    """Reads segments against a model. What it has read once is kept in the shapes."""

    def __init__(self, model: PublishedModel) -> None:
        self.model = model
        self.kept = 0

    @cached_property
    def operations(self) -> frozenset[str]:
        """The names of all operations, in small letters: no other segment can be one."""
        prefix = "operation "
        return frozenset(
            columns[0].removeprefix(prefix).lower() for columns in self.model.lines.starting(prefix)
        )

    def read(self, shape: Shape, text: str) -> tuple[Shape, Value]:
        """What a segment leads to and what stands in it. Raises GraphError (400)."""
        if shape.is_leaf:
            raise refusals.goes_on(shape.word)
        if shape.keyed and not self.may_be_name(text):
            return self._key(shape, text)
        call = self._in_full(read_call(text))
        spelt = folded(call.name) if call.written is None else (folded(call.name), call.given)
        following = shape.after.get(spelt)
        if following is None:
            found = self._find(shape, call)
            if found is None and shape.keyed and not self._is_reserved(text):
                return self._key(shape, text)
            if found is None:
                raise self._refusal(shape, call)
            if found.step is Step.UNDECLARED:
                return self.keep(shape, UNDECLARED, found), text
            following = self.keep(shape, spelt, found)
        return following, call.written or ()

    def keep(self, shape: Shape, spelt: object, following: Shape) -> Shape:
        """Remember what follows a shape."""
        self.kept += 1
        return shape.after.setdefault(spelt, following)

    def by_path(self, shape: Shape) -> Shape:
        """What ``:/a/b`` leads to from a thing that has paths below it."""
        found = shape.after.get(BY_PATH)
        if found is None:
            place = Shape(shape, Step.BY_PATH, *BY_PATH, "item", shape.type)
            found = self.keep(shape, BY_PATH, place)
        return found

    def may_be_name(self, text: str) -> bool:
        """Whether a segment behind a collection can be anything but a key."""
        name = text.partition("(")[0]
        if text.startswith(("$", "(")) or _QUALIFIED.fullmatch(name):
            return True
        return name.isidentifier() and name.lower() in self.operations

    def _is_reserved(self, text: str) -> bool:
        """Whether it is no key, even where there is nothing of that name."""
        own = f"{self.model.namespace.lower()}."
        return text.startswith("$") or text.lower().startswith(own)

    def _in_full(self, call: Call) -> Call:
        """``microsoft.graph.user`` for ``graph.user``: the alias of the schema, which SDKs use."""
        alias, _, rest = call.name.partition(".")
        namespace = self.model.namespace
        if not rest or alias.lower() != namespace.rpartition(".")[2].lower():
            return call
        full = f"{namespace}.{rest}"
        is_known = self.model.type_named(full) is not None or self._may_be_operation(full)
        return call._replace(name=full) if is_known else call

    def _find(self, shape: Shape, call: Call) -> Shape | None:
        if shape.step is Step.SERVICE:
            return self._root(shape, call)
        for way in _AFTER_MANY if shape.many else _AFTER_ONE:
            found = way(self, shape, call)
            if found is not None:
                return found
        return None

    # What a segment can be --------------------------------------------------------------------

    def _root(self, shape: Shape, call: Call) -> Shape | None:
        end = call.text.lower()
        if end in ("$metadata", "$batch"):
            return Shape(shape, Step.END, end, end[1:])
        root = self.model.root(call.name)
        if root is None:
            return None
        if root.type is None:
            imported = self.model.operations(root.operation or "")
            return self._called(shape, call, [each for each in imported if each.bound_to is None])
        kind = "collection" if root.many else "single"
        found = Shape(shape, Step.ROOT, root.name, kind, root.type, root.many, root)
        return self._with_key(found, call)

    def _end(self, shape: Shape, call: Call) -> Shape | None:
        end = call.text.lower()
        type_ = shape.type
        if end == "$count":
            if not shape.many:
                raise refusals.not_countable(shape.word)
            return Shape(shape, Step.END, end, "count", INT32)
        if end == "$ref":
            if not (isinstance(type_, PublishedType) and type_.is_entity):
                raise refusals.not_referable(shape.word)
            return Shape(shape, Step.END, end, "refs" if shape.many else "ref", type_, shape.many)
        if end == "$value" and not shape.many:
            if not isinstance(type_, PublishedType):
                return Shape(shape, Step.END, end, "value", type_)
            return Shape(shape, Step.END, end, "value", STREAM) if type_.is_entity else None
        return None

    def _member(self, shape: Shape, call: Call) -> Shape | None:
        type_ = shape.type
        member = type_.member(call.name) if isinstance(type_, PublishedType) else None
        return self._led_to(shape, call, member, None)

    def _member_of_heir(self, shape: Shape, call: Call) -> Shape | None:
        type_ = shape.type
        found = type_.member_of_heir(call.name) if isinstance(type_, PublishedType) else None
        return None if found is None else self._led_to(shape, call, found[1], found[0])

    def _led_to(
        self,
        shape: Shape,
        call: Call,
        member: Property | NavigationProperty | None,
        heir: PublishedType | None,
    ) -> Shape | None:
        if member is None or folded(member.name) != folded(call.name):
            return None
        type_: Type = member.type
        if isinstance(member, NavigationProperty):
            many, kind = member.many, "collection" if member.many else "single"
        else:
            many, kind = isinstance(type_, CollectionType), "property"
            type_ = type_.item if isinstance(type_, CollectionType) else type_
            kind = "stream" if type_ == STREAM else kind
        found = Shape(shape, Step.MEMBER, member.name, kind, type_, many, member, heir)
        return self._with_key(found, call)

    def _operation(self, shape: Shape, call: Call) -> Shape | None:
        type_ = shape.type
        if not isinstance(type_, PublishedType) or not self._may_be_operation(call.name):
            return None
        return self._called(shape, call, self.model.bound(call.name, type_, shape.many))

    def _operation_of_heir(self, shape: Shape, call: Call) -> Shape | None:
        type_ = shape.type
        if not isinstance(type_, PublishedType) or not self._may_be_operation(call.name):
            return None
        for heir in type_.descendants:
            overloads = self.model.bound(call.name, heir, shape.many)
            if overloads:
                return self._called(shape, call, overloads, heir)
        return None

    def _may_be_operation(self, name: str) -> bool:
        return name.rpartition(".")[2].lower() in self.operations

    def _called(
        self,
        shape: Shape,
        call: Call,
        overloads: Sequence[Operation],
        heir: PublishedType | None = None,
    ) -> Shape | None:
        if not overloads:
            return None
        given = call.given
        fitting = [each for each in overloads if _fits(each, given)]
        if not fitting and len(overloads) == 1 and call.written is None:
            fitting = list(overloads)  # what it takes may stand elsewhere in the request
            given = tuple(name.lower() for name in overloads[0].required)
        if not fitting:
            takes = [each.required for each in overloads]
            raise refusals.called_otherwise(call.name, called_as(overloads), given, takes)
        operation = fitting[0]  # an action is the nearest type's
        if not operation.is_action:
            operation = min(fitting, key=lambda each: len(each.parameters) - len(given))
        names = tuple(each.name for each in operation.parameters if each.name.lower() in given)
        result = operation.result
        many = isinstance(result, CollectionType)
        return Shape(
            shape,
            Step.OPERATION,
            _template_of(operation.name, names),
            "action" if operation.is_action else "function",
            result.item if isinstance(result, CollectionType) else result,
            many,
            operation,
            heir,
            names,
        )

    def _cast(self, shape: Shape, call: Call) -> Shape | None:
        type_ = shape.type
        cast = self.model.type_named(call.name) if "." in call.name else None
        if not isinstance(type_, PublishedType) or not isinstance(cast, PublishedType):
            return None
        if not (cast.is_heir_of(type_) or type_.is_heir_of(cast)):
            heirs = [each.name for each in type_.descendants]
            raise refusals.unrelated(cast.name, type_.name, heirs[:20])
        found = Shape(shape, Step.CAST, cast.name, shape.kind, cast, shape.many)
        return self._with_key(found, call)

    def _undeclared(self, shape: Shape, call: Call) -> Shape | None:
        """A property that the type does not declare, where it may all the same have one."""
        type_ = shape.type
        if not isinstance(type_, PublishedType) or call.written is not None:
            return None
        if not (_IDENTIFIER.fullmatch(call.name) and _may_have(type_, call.name)):
            return None
        return Shape(shape, Step.UNDECLARED, *UNDECLARED, "property", UNTYPED)

    # Keys -------------------------------------------------------------------------------------

    def _with_key(self, found: Shape, call: Call) -> Shape:
        """That, or what the key behind it leads to."""
        if call.written is None or (found.many and not call.written):
            return found
        if found.keyed is None or found.before is None:
            raise refusals.bad_syntax(call.text, f"'{found.name}' is not a collection with keys.")
        collection = self.keep(found.before, folded(found.name), found)
        names = self._key_names(found.keyed, call)
        return self._key_shape(collection, names)

    def _key_names(self, type_: PublishedType, call: Call) -> tuple[str, ...]:
        """The names of a key in parentheses as they are declared."""
        if call.given == ("",) and len(type_.keys) == 1:
            return type_.keys
        for names in (type_.keys, *map(tuple, type_.alternate_keys)):
            spelt = {name.lower(): name for name in names}
            if set(call.given) == set(spelt) and len(call.given) == len(spelt):
                return tuple(names)
        raise refusals.bad_syntax(call.text, _keys_of(type_))

    def _key_shape(self, collection: Shape, names: tuple[str, ...]) -> Shape:
        type_ = collection.keyed
        primary = type_ is None or names == type_.keys
        spelt = KEY if primary and len(names) == 1 else ("", *names)
        found = collection.after.get(spelt)
        if found is None:
            name = KEY[0] if primary else _template_of("", names)
            made = Shape(collection, Step.KEY, name, "item", type_, names=names)
            found = self.keep(collection, spelt, made)
        return found

    def _key(self, shape: Shape, text: str) -> tuple[Shape, Value]:
        """A key that is a segment of its own."""
        type_ = shape.keyed
        assert type_ is not None
        name, equals, value = text.partition("=")
        for names in type_.alternate_keys if equals else ():
            if [name.lower()] == [each.lower() for each in names]:
                quoted = value.startswith("'")
                return self._key_shape(shape, tuple(names)), ((name, value),) if quoted else value
        if len(type_.keys) != 1:
            raise refusals.bad_syntax(text, _keys_of(type_))
        return self._key_shape(shape, type_.keys), text

    # Refusals ---------------------------------------------------------------------------------

    def _refusal(self, shape: Shape, call: Call) -> GraphError:
        type_, name = shape.type, call.name
        if shape.step is Step.SERVICE:
            known = [root.name for root in self.model.roots()]
            return refusals.not_found(name, "No path begins with that.", known)
        if shape.many and (shape.keyed is None or name.lower() == "$value"):
            return refusals.into_collection(shape.word, f"It has nothing called '{name[:80]}'.")
        if not isinstance(type_, PublishedType):
            return refusals.into_value(shape.word, call.text)
        leads = f"{_shown(shape.template)} leads to {'many' if shape.many else 'one'} {type_.name}"
        why = f"{leads}, which has nothing of that name.{self._elsewhere(name, type_)}"
        return refusals.not_found(name, why, self._names(shape, type_, name))

    def _elsewhere(self, name: str, type_: PublishedType) -> str:
        """What an operation of that name is called on, the nearest type first."""
        if not self._may_be_operation(name):
            return ""
        found = {
            (_apart(bound, type_), bound.name, each.bound_to_many)
            for each in self.model.operations(name)
            if isinstance(bound := each.bound_to, PublishedType)
        }
        forms = [f"{'many' if many else 'one'} {bound}" for _, bound, many in sorted(found)[:3]]
        return f" It is called on {', '.join(forms)}." if forms else ""

    def _names(self, shape: Shape, type_: PublishedType, name: str) -> list[str]:
        """The names that may stand there, of operations those that are like it."""
        last = name.rpartition(".")[2].lower()
        like = get_close_matches(last[:128], self.operations, n=5, cutoff=0.75)
        known = [
            operation.qualified if "." in name else operation.name
            for each in like
            for operation in self.model.bound(each, type_, shape.many)[:1]
        ]
        known += [each.name for each in type_.descendants]
        if shape.many:
            return ["$count", "$ref", *known]
        return ["$ref", "$value", *type_.properties, *type_.navigation, *known]


_AFTER_MANY: tuple[Callable[[Reader, Shape, Call], Shape | None], ...] = (
    Reader._end,
    Reader._cast,
    Reader._operation,
    Reader._operation_of_heir,
)
_AFTER_ONE: tuple[Callable[[Reader, Shape, Call], Shape | None], ...] = (
    Reader._end,
    Reader._member,
    Reader._operation,
    Reader._cast,
    Reader._member_of_heir,
    Reader._operation_of_heir,
    Reader._undeclared,
)
_SHOWN = 200
_IDENTIFIER = re.compile(r"[^\W\d]\w{0,127}")
_QUALIFIED = re.compile(r"[^\W\d]\w*+(?:\.[^\W\d]\w*+)++")
_EXTENSION = re.compile(r"[^\W\d][^\W_]*+_\w++")  # ``extension_{app}_name``, ``extabc123_name``


def _apart(type_: PublishedType, other: PublishedType) -> int:
    """How little one type has to do with another."""
    if type_ is other:
        return 0
    return 1 if type_.is_heir_of(other) or other.is_heir_of(type_) else 2


def _shown(template: str) -> str:
    """The end of a template, which says more than its beginning."""
    return template if len(template) <= _SHOWN else f"…{template[-_SHOWN:]}"


def _fits(operation: Operation, given: tuple[str, ...]) -> bool:
    """Whether an overload takes exactly what is given; an action's parameters are in its body."""
    if operation.is_action:
        return not given
    names = {each.name.lower() for each in operation.parameters}
    required = {name.lower() for name in operation.required}
    return required <= set(given) <= names and len(set(given)) == len(given)


def _template_of(name: str, names: Sequence[str]) -> str:
    return f"{name}({','.join(f'{each}={{{each}}}' for each in names)})" if names else name


def _keys_of(type_: PublishedType) -> str:
    keys = [type_.keys, *map(tuple, type_.alternate_keys)]
    forms = [f"({','.join(f'{name}=…' for name in names)})" for names in keys if names]
    return f"The keys of {type_} are {' and '.join(forms)}."


def _may_have(type_: PublishedType, name: str) -> bool:
    """Whether an open type can have a property of a name that it does not declare.

    Most of the types that Graph calls open take none. Those that declare nothing at all are
    dictionaries; others take extensions, whose names have an underscore.
    """
    if not any(each.open for each in type_.chain):
        return False
    return bool(_EXTENSION.fullmatch(name)) or any(_is_dictionary(each) for each in type_.chain)


def _is_dictionary(type_: PublishedType) -> bool:
    return type_.open and not type_.navigation and set(type_.properties) <= set(type_.keys)
