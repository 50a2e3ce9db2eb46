"""Who asks, and for what, where that decides beside permissions: ``Standing``, found out.

What it means is the workload's business: ``guarded`` of a type. It matters with ``--auth strict``
alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from fakegraph.edm.published import PublishedType
from fakegraph.edm.surface import Permissions
from fakegraph.errors import GraphError
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
_USERS = {"me": 1, "users": 2}  # segments that lead to one


def hidden_by_standing(
    asked: Asked, access: Access, said: Permissions | None, is_me: Callable[[One], bool]
) -> dict[str, frozenset[str]]:
    """What is not shown to who asks, by type. Raises GraphError for what they may not do."""
    beneath, about = _beneath(asked), asked.plan.about
    if asked.plan.kind == "property" and about.before is not None:
        about = about.before  # it is shown with what has it
    type_ = asked.world.type_named("user") if beneath else about.type
    if not isinstance(type_, PublishedType) or not _may_be_guarded(asked.world, type_):
        return {}
    one = _one(asked, beneath)
    row = None if one is None else one.row
    if row is not None:
        type_ = asked.seer.type_of(row)
    guarded = asked.world.rules(type_).guarded
    if guarded is None:
        return {}
    granted = access.granted or frozenset()
    standing = Standing(
        type=type_,
        method=asked.method,
        names=frozenset() if beneath else _names(asked),
        beneath=beneath > 0,
        granted=granted,
        used=granted & frozenset(() if said is None else said.schemes.get(access.scheme, ())),
        app_only=access.app_only,
        oneself=one is not None and row is not None and is_me(one),
        roles=lambda: _roles(asked, _caller(asked, access)) | access.wids,
        held=lambda: _roles(asked, row),
    )
    names = guarded(standing)
    return {type_.name: names} if names else {}


@cache
def _may_be_guarded(world: World, type_: PublishedType) -> bool:
    return any(world.rules(each).guarded for each in (type_, *type_.descendants))


def _beneath(asked: Asked) -> int:
    """How many segments lead to the user in whom something is written; 0 where it is elsewhere."""
    end = _USERS.get(asked.plan.about.line[0].name, 0)
    return end if asked.method != "GET" and len(asked.segments) > end else 0


def _one(asked: Asked, beneath: int) -> One | None:
    """The thing that is asked about; None for many."""
    try:
        if beneath:
            store = InStore(asked.tenant.store)
            return locate(asked.world, store, asked.segments[:beneath], asked.me).one
        return asked.located().one if asked.plan.kind in _ONE else None
    except GraphError:
        return None  # others say that it is not there


def _names(asked: Asked) -> frozenset[str]:
    """The properties that a body sets."""
    if asked.method not in ("PATCH", "PUT"):
        return frozenset()
    asked.exchange.peek_body()
    try:
        body = peek_json(asked.exchange)
    except GraphError:
        return frozenset()  # others say what is wrong with it
    return frozenset(body) if isinstance(body, dict) else frozenset()


def _caller(asked: Asked, access: Access) -> Row | None:
    """The user who is signed in, or the service principal of an app by itself."""
    store = asked.tenant.store
    if access.app_only:
        return store.container("servicePrincipals").find("appId", access.app)
    try:
        return store.container("users").find("id", asked.me()["id"])
    except GraphError:
        return None  # the token names nobody who is there


def _roles(asked: Asked, row: Row | None) -> frozenset[str]:
    return frozenset() if row is None else frozenset(role_templates(asked.tenant.store, row))
