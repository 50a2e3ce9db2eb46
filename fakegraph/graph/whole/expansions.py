"""What an ``$expand`` asks for, read against a type (OData 4.01 Part 2, section 5.1.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.fields import did_you_mean
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError, bad_request
from fakegraph.odata.errors import QueryError
from fakegraph.odata.query_string import Options
from fakegraph.workloads.declarations import Workload

if TYPE_CHECKING:
    from fakegraph.odata import nodes

_FAILED = "Parsing OData Select and Expand failed: "
_MOST_LEVELS = 1_000
DEEPEST = 64  # where several lead to several; a chain of single things may be longer
_ON_ONE = frozenset({"select", "expand", "levels"})
_ON_COLLECTIONS = (
    "Query options $filter, $orderby, $count, $skip, and $top can be applied only on collections."
)


@dataclass(frozen=True)
class Expansion:
    """One navigation property that is expanded, of things of a type, and what is asked of it.

    ``cast``: of what it leads to, only things of that type are shown. ``form`` is ``$ref`` where
    only URLs are, and ``$count`` where only the number is. ``levels``: how many times it is
    followed further; ``endless``: a chain of single things goes on until it ends, or comes to what
    it has shown. ``unasked``: nobody asked for it.
    """

    owner: PublishedType
    member: NavigationProperty
    options: Options = field(default_factory=lambda: Options({}, {}))
    inner: tuple[Expansion, ...] = ()
    levels: int = 0
    endless: bool = False
    cast: PublishedType | None = None
    form: str = ""
    unasked: bool = False

    @property
    def name(self) -> str:
        """Under which name what it leads to is shown."""
        return self.member.name

    @property
    def type(self) -> PublishedType:
        """The type that each thing is said to have."""
        found = self.cast or self.member.type
        assert isinstance(found, PublishedType)
        return found

    @property
    def followed(self) -> bool:
        """Whether it goes on to what it leads to."""
        return self.levels > 0 or self.endless


def expansions(options: Options, type_: PublishedType) -> tuple[Expansion, ...]:
    """What the ``$expand`` of a request asks for, nothing if it has none. Raises GraphError."""
    text = options.get("expand")
    if text is None:
        return ()
    return read_expand(text, type_, tuple(sorted(options.aliases.items())))


@lru_cache(maxsize=512)
def read_expand(
    text: str, type_: PublishedType, aliases: tuple[tuple[str, str], ...] = ()
) -> tuple[Expansion, ...]:
    """What an ``$expand`` asks for. Raises GraphError (400)."""
    from fakegraph.odata.options import parse_expand

    try:
        items = parse_expand(text)
    except QueryError as error:
        raise bad_request(f"{_FAILED}{error}", "$expand") from error
    return _Reader(dict(aliases)).all(items, type_, 1)


def check_expansions(found: tuple[Expansion, ...], workload: Workload) -> None:
    """Raise GraphError (400) for what a workload does not expand, or not so."""
    if workload.expands is not None and len(found) > workload.expands:
        message = "Only one property can be expanded in a single query"
        raise GraphError(400, workload.words.bad, message, "$expand")
    if workload.depth is not None and _depth(found) > workload.depth:
        raise _too_deep(workload.depth)
    for each in found:
        _check_inside(each, workload)


def _check_inside(each: Expansion, workload: Workload) -> None:
    names = {*each.options.values}
    names |= {"count"} if each.form == "$count" else set()
    refused = sorted(names - workload.inside) if workload.inside is not None else []
    if refused:
        allowed = ", ".join(f"${name}" for name in sorted(workload.inside or ()))
        raise _unsupported(
            f"The query option '${refused[0]}' is not supported inside $expand={each.name}. It "
            f"takes {allowed}."
        )
    if workload.levelled is not None and each.followed and each.name not in workload.levelled:
        only = ", ".join(f"{name}($levels=…)" for name in sorted(workload.levelled))
        raise _unsupported(f"$levels is not supported for '{each.name}', only {only} is.")


def _unsupported(message: str) -> GraphError:
    return GraphError(400, "Request_UnsupportedQuery", message, "$expand")


def _depth(found: tuple[Expansion, ...]) -> int:
    return max((1 + _depth(each.inner) for each in found), default=0)


def _too_deep(most: int) -> GraphError:
    return bad_request(
        f"{_FAILED}The result of parsing $expand was at least {most + 1} levels deep, but the "
        f"maximum allowed is {most}.",
        "$expand",
    )


class _Reader:
    """Makes expansions of the syntax trees of one ``$expand``."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = aliases

    def all(
        self, items: tuple[nodes.ExpandItem, ...], type_: PublishedType, depth: int
    ) -> tuple[Expansion, ...]:
        """The items of one level. Raises GraphError (400)."""
        if depth > DEEPEST:
            raise _too_deep(DEEPEST)
        found: dict[str, Expansion] = {}
        for item in items:
            if item.path[-1] == "*":
                continue
            each = self._item(item, type_, depth)
            if each.name in found:
                raise _failed(f"'{each.name}' is expanded more than once.")
            found[each.name] = each
        for item in items:
            if item.path[-1] == "*":
                found = {**{each.name: each for each in _every(item, type_)}, **found}
        return tuple(found.values())

    def _item(self, item: nodes.ExpandItem, type_: PublishedType, depth: int) -> Expansion:
        owner, member, cast = _way(item, type_)
        if owner.capabilities.get(f"{member.name}/ExpandRestrictions.Expandable") is False:
            raise GraphError(
                400,
                "ExpandNotSupported",
                f"Expand is not allowed for property '{member.name}' according to the entity "
                "schema.",
                "$expand",
            )
        assert isinstance(member.type, PublishedType)
        given = {option.name: option for option in item.options}
        if len(given) < len(item.options):
            raise _failed(f"A query option stands more than once inside '{member.name}'.")
        inner = given.pop("$expand", None)
        levels = given.pop("$levels", None)
        found = Expansion(owner, member, self._options(given), cast=cast, form=item.suffix or "")
        _check_options(found)
        if levels is not None:
            found = _levelled(found, levels.text, cast or owner)
        if inner is not None:
            assert isinstance(inner.value, tuple)
            nested = self.all(inner.value, found.type, depth + 1)  # type: ignore[arg-type]  # by its name
            found = replace(found, inner=nested)
        return found

    def _options(self, given: Mapping[str, nodes.QueryOption]) -> Options:
        values = {name[1:]: each.text for name, each in given.items() if name[0] == "$"}
        own = {name: each.text for name, each in given.items() if name[0] == "@"}
        aliases = {**self._aliases, **own}
        return Options(values, aliases, frozenset(self._aliases))


def _failed(message: str) -> GraphError:
    return bad_request(f"{_FAILED}{message}", "$expand")


def _way(
    item: nodes.ExpandItem, type_: PublishedType
) -> tuple[PublishedType, NavigationProperty, PublishedType | None]:
    """The type that has a navigation property, that, and the type that what is there has to be."""
    owner, member, cast = type_, None, None
    for name in item.path:
        if "." in name:
            about = owner if member is None else cast or member.type
            found = type_.model.type_named(name)
            if not isinstance(found, PublishedType) or not found.is_heir_of(about):
                raise _failed(f"'{name}' is no type derived from '{about}'.")
            owner, cast = (found, None) if member is None else (owner, found)
        elif member is not None:
            raise _failed(
                "Found a path traversing multiple navigation properties. Please rephrase the query "
                "such that each expand path contains only type segments and navigation "
                f"properties. What is behind it is expanded inside: {member.name}($expand={name})."
            )
        else:
            member = _member(name, owner)
    if member is None:
        raise _failed(f"'{'/'.join(item.path)}' names a type, and no navigation property of it.")
    return owner, member, cast


def _member(name: str, owner: PublishedType) -> NavigationProperty:
    """The navigation property of that name, in any case."""
    names = {each.casefold(): each for each in owner.navigation}
    member: Any = owner.member(names.get(name.casefold(), name))
    if isinstance(member, NavigationProperty):
        return member
    if name == "$value":
        raise _failed("The bytes of a thing are read at its own URL, which ends in /$value.")
    inside = getattr(member, "type", None)
    if isinstance(inside, PublishedType) and inside.navigation:
        raise GraphError(
            501,
            "NotImplemented",
            f"fakegraph expands what lies in the property '{name}' at the URL of that property "
            f"alone: /{name}?$expand={next(iter(inside.navigation))}.",
            "$expand",
        )
    if member is not None:
        raise _failed(
            f"Property '{name}' on type '{owner}' is not a navigation property or complex "
            "property. Only navigation properties can be expanded."
        )
    raise _failed(
        f"Could not find a property named '{name}' on type '{owner}'."
        + did_you_mean(name, tuple(owner.navigation))
    )


def _every(item: nodes.ExpandItem, type_: PublishedType) -> Iterator[Expansion]:
    """What ``*`` stands for: all that can be expanded."""
    if len(item.path) > 1 or item.options:
        raise _failed("Nothing stands with '*' but '/$ref': fakegraph takes no options there.")
    for member in type_.navigation.values():
        if type_.capabilities.get(f"{member.name}/ExpandRestrictions.Expandable") is not False:
            yield Expansion(type_, member, form=item.suffix or "")


def _check_options(each: Expansion) -> None:
    """Raise GraphError (400) for options that do not go with what it leads to."""
    values = each.options.values
    if "compute" in values:
        raise bad_request("The query parameter '$compute' is not supported.", "$compute")
    if each.member.many:
        return
    if each.form == "$count":
        message = f"$count cannot be applied to the single-valued '{each.name}'."
        raise bad_request(f"The request URI is not valid. {message}", "$expand")
    for name in sorted(values):
        if name not in _ON_ONE:
            message = f"'{each.name}' leads to one thing, and '${name}' does not go with it."
            raise bad_request(f"{_ON_COLLECTIONS} {message}", f"${name}")


def _levelled(each: Expansion, text: str, source: PublishedType) -> Expansion:
    """The same, followed further. Raises GraphError (400)."""
    if not each.type.is_heir_of(source) and not source.is_heir_of(each.type):
        raise _failed(
            f"The $levels option on navigation property '{each.name}' is not allowed, because the "
            f"related entity type '{each.type}' could not be cast to source type '{source}'."
        )
    if text.casefold() == "max":
        return replace(each, levels=_MOST_LEVELS - 1, endless=True)
    levels = int(text)
    if levels > _MOST_LEVELS:
        raise _failed(
            f"The $levels of '{each.name}' is a number from 1 to {_MOST_LEVELS} or 'max', it is "
            f"set to '{text}' instead."
        )
    return replace(each, levels=levels - 1)
