"""Who asks, and for what, where that decides beside permissions: ``Standing``, found out.

What it means is the workload's business: ``guarded`` of a type. It matters with ``--auth strict``
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.edm.surface import Permissions
from fakegraph.errors import GraphError
from fakegraph.graph.shapes import Shape
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.locate import locate
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.world import World
from fakegraph.store import Row
from fakegraph.tokens.strict import Access
from fakegraph.web.body import peek_json
from fakegraph.workloads.directory.standing import role_templates
from fakegraph.workloads.handed import Standing

_ONE = frozenset({"item", "single", "property"})
# Segments that lead to one of these things.
_HOLDERS = {"me": 1, "users": 2, "groups": 2, "applications": 2, "servicePrincipals": 2}
_A_UNIT = 3  # directory/administrativeUnits/{id}
_TEXTS = ("select", "filter", "orderby", "expand")
_MANY_READ = frozenset({"collection", "delta"})
_READ_WITH = frozenset(
    {"groups", "directory"}
)  # what is beneath these is looked at when it is read, too


def hidden_by_standing(
    asked: Asked, access: Access, said: Permissions | None, is_me: Callable[[One], bool]
) -> dict[str, frozenset[str]]:
    """What is not shown to who asks, by type. Raises GraphError for what they may not do."""
    hidden: dict[str, frozenset[str]] = {}
    for type_, one, member in _subjects(asked):
        row = None if one is None else one.row
        about = type_ if row is None else asked.seer.type_of(row)
        guarded = asked.world.rules(about).guarded
        if guarded is None:
            continue
        oneself = one is not None and row is not None and is_me(one)
        names = guarded(_standing(asked, access, said, about, row, member, oneself=oneself))
        if names:
            hidden[about.name] = names
    return hidden


def concealing(asked: Asked, access: Access) -> Callable[[Row], frozenset[str]] | None:
    """What gives the navigation properties of a row whose links are not shown to who asks; None
    where nothing is read that could have some.
    """
    if asked.method != "GET" or asked.plan.kind not in _MANY_READ:
        return None

    @cache
    def conceals(row: Row) -> frozenset[str]:
        about = asked.seer.type_of(row)
        says = asked.world.rules(about).conceals
        if says is None:
            return frozenset()
        return says(_standing(asked, access, None, about, row, "", oneself=False))

    return conceals


def _standing(
    asked: Asked,
    access: Access,
    said: Permissions | None,
    type_: PublishedType,
    row: Row | None,
    member: str,
    *,
    oneself: bool,
) -> Standing:
    granted = access.granted or frozenset()
    sent = {} if member else _body(asked)
    store, texts = asked.tenant.store, [asked.options.get(name) or "" for name in _TEXTS]
    return Standing(
        type=type_,
        method=asked.method,
        names=frozenset(() if asked.method == "POST" else sent),
        sent=sent if asked.method == "POST" else {},
        member=member,
        record={} if row is None else row.record,
        granted=granted,
        used=granted & frozenset(() if said is None else said.schemes.get(access.scheme, ())),
        app_only=access.app_only,
        oneself=oneself,
        roles=lambda: _roles(asked, _caller(asked, access)) | access.wids,
        held=lambda: _roles(asked, row),
        linked=lambda name: _is_linked(asked, row, name, _caller(asked, access)),
        mentions=lambda name: any(name.casefold() in each.casefold() for each in texts),
        there=lambda at, name, value: store.container(at).find(name, str(value)) is not None,
    )


Subject = tuple[PublishedType, One | None, str]


def _subjects(asked: Asked) -> Iterator[Subject]:
    """What a request is about: what something is beneath, and that itself."""
    line = asked.plan.about.line
    end = _end_of_holder(line)
    is_beneath = end and len(asked.segments) > end
    reads = asked.method == "GET"
    if is_beneath and (not reads or line[0].name in _READ_WITH):
        type_ = line[end - 1].type
        if isinstance(type_, PublishedType):
            store = InStore(asked.tenant.store)
            one = _there(lambda: locate(asked.world, store, asked.segments[:end], asked.me).one)
            yield type_, one, asked.segments[end].name
    if is_beneath and not reads and line[0].name in ("me", "users"):
        return
    about = asked.plan.about
    if asked.plan.kind == "property" and about.before is not None:
        about = about.before  # it is shown with what has it
    if isinstance(about.type, PublishedType) and _may_be_guarded(asked.world, about.type):
        is_one = asked.plan.kind in _ONE
        yield about.type, _there(lambda: asked.located().one) if is_one else None, ""


def _end_of_holder(line: Sequence[Shape]) -> int:
    """How many segments lead to one of the things beneath which more is asked about."""
    if line[0].name == "directory":
        return _A_UNIT if len(line) > 1 and line[1].name == "administrativeUnits" else 0
    return _HOLDERS.get(line[0].name, 0)


def _there(find: Callable[[], One]) -> One | None:
    try:
        return find()
    except GraphError:
        return None  # others say that it is not there


@lru_cache(maxsize=4096)
def _may_be_guarded(world: World, type_: PublishedType) -> bool:
    return any(world.rules(each).guarded for each in (type_, *type_.descendants))


def _body(asked: Asked) -> Mapping[str, Any]:
    """What a body sets of a thing, or makes one with."""
    writes = asked.plan.kind == "collection" if asked.method == "POST" else True
    if asked.method not in ("PATCH", "PUT", "POST") or not writes:
        return {}
    asked.exchange.peek_body()
    try:
        body = peek_json(asked.exchange)
    except GraphError:
        return {}  # others say what is wrong with it
    return body if isinstance(body, dict) else {}


def _is_linked(asked: Asked, row: Row | None, name: str, caller: Row | None) -> bool:
    """Whether a navigation property of a thing leads to who asks."""
    if row is None or caller is None:
        return False
    return asked.tenant.store.links(name).has(row.key, caller.key)


def _caller(asked: Asked, access: Access) -> Row | None:
    """The user who is signed in, or the service principal of an app by itself."""
    store = asked.tenant.store
    if access.app_only:
        return store.container("servicePrincipals").find("appId", access.app)
    return store.container("users").find("id", asked.person)


def _roles(asked: Asked, row: Row | None) -> frozenset[str]:
    return frozenset() if row is None else frozenset(role_templates(asked.tenant.store, row))
