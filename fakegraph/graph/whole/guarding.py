"""What a token has to allow beside its path: what things need by themselves, and whose they are.

Of a union, of what was deleted and of what is linked, a path says little: what is there is asked
for by the permissions of its own path. It matters with ``--auth strict`` alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from fakegraph.edm.published import PublishedType
from fakegraph.edm.surface import Permissions
from fakegraph.errors import GraphError
from fakegraph.graph.shapes import Step
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.locate import locate
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.places import One
from fakegraph.tokens.strict import Access

_MANY = frozenset({"collection", "count", "refs"})
_ITSELF = frozenset({"item", "single"})
_PARTS = frozenset({"property", "stream", "value", "plain", "count"})
_NOT_YOURS = "This belongs to another user than the one who is signed in."
_UNSAID = "Nothing says which permission allows this."


def check(asked: Asked, access: Access) -> None:
    """Raise GraphError (403) unless the token allows what is asked."""
    if access.granted is None:
        return
    _check_path(asked, access)
    if asked.plan.private and not _is_shared(asked, access) and not _is_own(asked):
        raise asked.words.forbidden(_NOT_YOURS)


def _check_path(asked: Asked, access: Access) -> None:
    """The permissions of the path, or those of what it leads to by some other way."""
    plan = asked.plan
    said = _said(asked)
    if plan.borrows and plan.kind in _MANY and asked.method == "GET":
        if said is None and plan.unites:
            for permissions in _of_all(asked):
                _require(asked, access, permissions)
            return
    elif plan.borrows and plan.kind not in ("ref", "refs"):
        if said is None or (plan.kind in _ITSELF and asked.method != "GET"):
            _check_thing(asked, access, said)
            return
    why = access.lacks(said)
    if why:
        raise asked.words.forbidden(why)


def _said(asked: Asked) -> Permissions | None:
    """What the path itself needs; what is part of a thing needs what that needs."""
    shape = asked.path.shape
    said = asked.use.permissions
    method = asked.method
    while said is None and asked.plan.kind in _PARTS and shape.kind in _PARTS and shape.before:
        shape = shape.before
        method = "GET" if method == "GET" else "PATCH"
        use = asked.walk.uses(shape).get(method)
        said = None if use is None else use.permissions
    return said


def _of_all(asked: Asked) -> Iterator[Permissions | None]:
    """What reading each kind of thing needs that a union may list."""
    wanted = asked.plan.about.type
    names = [
        name
        for name in asked.plan.unites
        if isinstance(wanted, PublishedType)
        and (
            asked.world.type_in(name).is_heir_of(wanted)
            or wanted.is_heir_of(asked.world.type_in(name))
        )
    ]
    for name in names or asked.plan.unites:
        yield asked.walk(name).uses["GET"].permissions


def _check_thing(asked: Asked, access: Access, said: Permissions | None) -> None:
    """What the thing itself needs, at its own path."""
    place = asked.located().place
    if not isinstance(place, One) or place.row is None:
        for permissions in [] if said or not asked.plan.unites else _of_all(asked):
            _require(asked, access, permissions)
        return
    path = address(asked.world, InStore(asked.tenant.store), place.row)
    method = asked.method
    if method != "GET" and asked.plan.kind not in _ITSELF:
        method = "PATCH"
    use = asked.walk(path).uses.get(method)
    own = None if use is None else use.permissions
    _require(asked, access, own if asked.plan.unites else own or said)


def _require(asked: Asked, access: Access, permissions: Permissions | None) -> None:
    why = _UNSAID if permissions is None else access.lacks(permissions)
    if why:
        raise asked.words.forbidden(why)


def _is_shared(asked: Asked, access: Access) -> bool:
    """Whether the token opens what others have of this kind: an app's, or one for shared things."""
    said = asked.use.permissions
    return access.sees_shared({} if said is None else said.schemes)


def _is_own(asked: Asked) -> bool:
    """Whether what is asked for is of who is signed in, or of no user."""
    end = asked.plan.holder
    if not end:
        return True
    lookup = InStore(asked.tenant.store)
    one = locate(asked.world, lookup, asked.segments[:end], asked.me).one
    if asked.plan.about.line[end - 1].name == "me" and end == 1:
        return True
    row = one.row
    if row is not None and lookup.container_of(row.key) != "users":
        row = lookup.row(row.owner) if row.owner else None
        if row is None or lookup.container_of(row.key) != "users":
            return True  # a site's, or a group's
        one = None  # type: ignore[assignment]
    known = asked.me()
    mine = {each.lower() for each in known.values()}
    own = {str(row.record.get(name)) for name in known} if row is not None else {one.key}
    return any(each.lower() in mine for each in own)
