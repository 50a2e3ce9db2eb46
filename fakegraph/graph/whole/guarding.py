"""What a token has to allow beside its path: what things need by themselves, and whose they are.

Of a union, of what was deleted and of what is linked, a path says little: what is there is asked
for by the permissions of its own path. It matters with ``--auth strict`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import pairwise

from fakegraph.edm.published import PublishedType
from fakegraph.edm.surface import Evidence, Permissions
from fakegraph.errors import GraphError
from fakegraph.graph.needs import nearest
from fakegraph.graph.shapes import Shape
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.admitting import admit
from fakegraph.graph.whole.asked import Asked, hidden_of, hidden_together
from fakegraph.graph.whole.expanding import inner_source
from fakegraph.graph.whole.expansions import Expansion, expansions
from fakegraph.graph.whole.locate import Looks, Way, locate
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.plan import Plan
from fakegraph.graph.whole.standing import concealing, hidden_by_standing
from fakegraph.odata.query import Source
from fakegraph.odata.query_string import Options
from fakegraph.odata.reading import read_query
from fakegraph.store import Row
from fakegraph.tokens.strict import Access
from fakegraph.workloads.handed import Share

_ASKING = ("filter", "orderby")
_MANY = frozenset({"collection", "count", "delta", "refs"})
_ITSELF = frozenset({"item", "single"})
_PARTS = frozenset({"property", "stream", "value", "plain", "count"})
_PARTS_BY_NAME = frozenset({"attachments", "extensions"})
_NOT_YOURS = "This belongs to another user than the one who is signed in."
_NOT_SHARED = "This belongs to another user, who has not shared it with who is signed in."
_NOT_YOU = "The permissions {} are for who is signed in alone."
_OF_ONESELF = frozenset({"User.Read", "User.ReadWrite", "Presence.Read", "Presence.ReadWrite"})
_A_USER = 2  # segments: users, and whose
_BASIC = "Permissions with ReadBasic in their names, and some roles, do not show this."
_WITHHELD = frozenset(
    {"body", "bodyPreview", "uniqueBody", "attachments", "extensions"}
    | {"singleValueExtendedProperties", "multiValueExtendedProperties"}
)
_OF_BASIC = (
    ("Mail", "microsoft.graph.message", _WITHHELD),
    ("Calendars", "microsoft.graph.event", _WITHHELD),
)
_FURTHER = re.compile(r"/\s*\w+")  # what a path leads on to, which may be of another type
Withheld = Mapping[str, frozenset[str]]
_NOTHING: Withheld = {}
_UNSAID = "Nothing says which permission allows this."


def check(asked: Asked, access: Access) -> None:
    """Raise GraphError (403) unless the token allows what is asked."""
    if access.granted is None:
        return
    _check_path(asked, access)
    is_others = asked.plan.private and not is_own(asked)
    withheld = _check_private(asked, access) if is_others else _NOTHING
    _check_stranger(asked, access)
    _check_followed(asked, access)
    _check_basic(asked, access, withheld)


def check_holder(asked: Asked) -> None:
    """Raise GraphError (404) where the user is not there, or has nothing, whose it would be."""
    check, end = asked.workload.holder, asked.plan.holder
    if check is None or not end:
        return
    row = asked.straight(asked.plan.to_holder)
    if row is not None:
        check(row.record)
        return
    lookup = InStore(asked.tenant.store)
    one = locate(asked.world, lookup, asked.segments[:end], asked.me).one
    if not one.there:
        named = asked.words.no_holder(one.key, asked.tenant.guid) if one.keys else None
        raise named or one.missing()
    check(one.record)


def _check_private(asked: Asked, access: Access) -> Withheld:
    """What is withheld of what another user has. Raises GraphError (403) where all is."""
    if asked.plan.said.by_all and _has_all(asked, access):
        return _NOTHING
    if asked.workload.admits is not None:
        if access.app_only:
            return _NOTHING
        if not _has_all(asked, access):
            raise asked.words.forbidden(_NOT_YOURS)
        admit(asked)
        return _NOTHING
    if not _is_shared(asked, access):
        raise asked.words.forbidden(_NOT_YOURS)
    shares = asked.workload.shares
    if access.app_only or shares is None:
        return _NOTHING
    share = _share(asked)
    withheld = shares(share)
    if withheld is None:
        raise asked.words.forbidden(_NOT_SHARED)
    veil = None if asked.workload.veils is None else asked.workload.veils(share)
    if veil is not None:
        asked.see_through(veil)
    return withheld


def _share(asked: Asked) -> Share:
    lookup, end = InStore(asked.tenant.store), asked.plan.holder
    holder = locate(asked.world, lookup, asked.segments[:end], asked.me).one
    me = locate(asked.world, lookup, asked.walk("/me").segments(), asked.me).one
    return Share(
        Looks(Way(asked.world, lookup, asked.me, asked.segments)),
        holder.row or Row(0, holder.record),
        me.record,
        tuple(
            (each.name, str(next(iter(each.keys.values()), ""))) for each in asked.segments[end:]
        ),
        asked.plan.writes(asked.method),
    )


def _has_all(asked: Asked, access: Access) -> bool:
    """Whether one of the permissions that open the path is for more than one's own."""
    said = _said(asked)
    names = (access.granted or frozenset()) if said is None else said.schemes.get(access.scheme, ())
    return any(name.endswith(".All") and name in (access.granted or ()) for name in names)


def _check_stranger(asked: Asked, access: Access) -> None:
    """Raise GraphError (403) for another user's, where the token opens one's own alone."""
    said = _said(asked)
    if said is None or access.app_only or asked.plan.about.line[0].name != "users":
        return
    used = (access.granted or frozenset()) & frozenset(said.schemes.get(access.scheme, ()))
    if not used or not used <= _OF_ONESELF or len(asked.segments) < _A_USER:
        return
    lookup = InStore(asked.tenant.store)
    one = locate(asked.world, lookup, asked.segments[:_A_USER], asked.me).one
    if not _is_me(asked, lookup, one):
        raise asked.words.forbidden(_NOT_YOU.format(", ".join(sorted(_OF_ONESELF))))


def _check_followed(asked: Asked, access: Access) -> None:
    """What is read beside what the path leads to needs what reading it by itself does."""
    shape = asked.plan.about
    type_ = shape.type
    if asked.method != "GET" or not isinstance(type_, PublishedType):
        return
    if asked.plan.kind == "property":
        return  # what lies in it is read with it
    base = shape.template + ("/{id}" if shape.many else "")
    for path in _led(asked.options, asked.source):
        _check_beside(asked, access, f"{base}/{path}")
    _check_expanded(asked, access, base, expansions(asked.options, type_))


def _check_expanded(
    asked: Asked, access: Access, base: str, expansions: Iterable[Expansion]
) -> None:
    for each in expansions:
        path = f"{base}/{each.owner.name}/{each.member.name}"
        _check_beside(asked, access, path)
        further = f"{path}/{{id}}" if each.member.many else path
        _check_expanded(asked, access, further, each.inner)
        for led in _led(each.options, inner_source(asked, each)):
            _check_beside(asked, access, f"{further}/{led}")


def _led(options: Options, source: Source) -> tuple[str, ...]:
    """Where a query goes along; nowhere where it cannot be read, which others will say."""
    values = {name: options.values[name] for name in _ASKING if name in options.values}
    if not values:
        return ()
    try:
        used = frozenset(options.aliases)
        return read_query(Options(values, options.aliases, used), source).about.led
    except GraphError:
        return ()


def _check_beside(asked: Asked, access: Access, path: str) -> None:
    """Raise GraphError (403) unless the token allows to read what a navigation leads to."""
    found = asked.walk(path)
    plan = Plan(asked.world, found, Evidence.DECLARED)
    use = found.uses.get("GET")
    said = None if use is None else use.permissions
    why = access.lacks(said)
    if not why and plan.private and not access.sees_shared({} if said is None else said.schemes):
        mine = asked.plan.of_me or (asked.plan.holder and is_own(asked))
        itself = asked.plan.kind in _ITSELF and _is_itself(asked)
        admitted = asked.plan.private and asked.workload.admits is not None
        why = "" if mine or itself or admitted else _NOT_YOURS
    if why:
        raise asked.words.forbidden(f"'{path}' is read for this too. {why}")


def _is_itself(asked: Asked) -> bool:
    """Whether the thing is who is signed in, or the drive that they have."""
    if asked.plan.about.line[0].name not in ("users", "drives") or len(asked.segments) != 2:
        return False
    return _is_me(asked, InStore(asked.tenant.store), asked.located().one)


def _check_basic(asked: Asked, access: Access, unshared: Withheld) -> None:
    """What is withheld, or only basic permissions were given for, is neither read by itself nor
    asked about.
    """
    is_me = partial(_is_me, asked, InStore(asked.tenant.store))
    by_standing = hidden_by_standing(asked, access, _said(asked), is_me)
    asked.hidden = hidden = hidden_together(_hidden(access), unshared, by_standing)
    asked.conceals = concealing(asked, access)
    if not hidden:
        return
    for shape, segment in zip(asked.path.shape.line, asked.segments, strict=False):
        owner = shape.before.type if shape.before is not None else None
        names = hidden_of(hidden, owner)
        if segment.name in names or (names and asked.plan.kind == "value"):
            raise asked.words.forbidden(_BASIC)
    own = hidden_of(hidden, asked.plan.about.type)  # of a count, what is counted
    search = asked.options.get("search")
    names_it = search is not None and asked.plan.gate is not None  # by the property it goes by
    if search is not None and not names_it and own:
        raise asked.words.forbidden(_BASIC)
    named = ("filter", "orderby", *(("search",) if names_it else ()))
    text = " ".join(asked.options.get(name) or "" for name in named)
    beyond = f"{asked.options.get('expand') or ''} {' '.join(_FURTHER.findall(text))}"
    withheld = frozenset().union(*hidden.values())
    if _names_any(text, own) or _names_any(beyond, withheld):
        raise asked.words.forbidden(_BASIC)


def _names_any(text: str, properties: Iterable[str]) -> bool:
    words = {word.casefold() for word in re.findall(r"\w+", text)}
    return any(each.casefold() in words for each in properties)


def _hidden(access: Access) -> dict[str, frozenset[str]]:
    """What is not shown, by type."""
    granted = access.granted or frozenset()
    return {
        type_: names
        for kind, type_, names in _OF_BASIC
        if any(name.startswith(f"{kind}.ReadBasic") for name in granted)
        and not any(
            name.startswith(f"{kind}.Read") and not name.startswith(f"{kind}.ReadBasic")
            for name in granted
        )
    }


_PERSONAL = "An application by itself cannot ask this: it is about whoever is signed in."


def _check_path(asked: Asked, access: Access) -> None:
    """The permissions of the path, or those of what it leads to by some other way."""
    plan = asked.plan
    if plan.workload.opens and _is_opened(asked, access):
        return
    if access.app_only and plan.kind == "collection" and asked.method in plan.said.personal:
        held = sorted(access.granted or ())
        raise asked.words.lacking(_PERSONAL, (), held, app_only=True)
    said = _said(asked)
    if plan.borrows and plan.kind in _MANY and asked.method == "GET":
        if said is None and plan.unites:
            for permissions in _of_all(asked):
                _require(asked, access, permissions)
            return
    elif (
        plan.borrows
        and plan.built is None
        and plan.kind not in ("ref", "refs")
        and _goes_by_thing(asked, said)
    ):
        _check_thing(asked, access, said)
        return
    _require_any(asked, access, access.lacks(said), said)


def _is_opened(asked: Asked, access: Access) -> bool:
    """Whether a permission is for just the part of the service that the path leads into."""
    granted, steps = access.granted or frozenset(), asked.segments
    words = {
        (each.name, str(next(iter(key.keys.values()), "")).lower()) for each, key in pairwise(steps)
    }
    return any(name in granted and part in words for name, part in asked.workload.opens.items())


def _require_any(asked: Asked, access: Access, why: str, said: Permissions | None) -> None:
    """Raise GraphError (403) where something is lacking; a token without anything is told so."""
    if why:
        needed = () if said is None else said.schemes.get(access.scheme, ())
        held = sorted(access.granted or ())
        raise asked.words.lacking(why, tuple(needed), held, app_only=access.app_only)


def _goes_by_thing(asked: Asked, said: Permissions | None) -> bool:
    """Whether the path's own permissions do not do: they are of the link, or there are none."""
    return said is None or (asked.plan.kind in _ITSELF and asked.method != "GET")


def _said(asked: Asked) -> Permissions | None:
    """What the path itself needs; what is part of a thing needs what that needs."""
    shape = asked.path.shape
    said = asked.use.permissions or _of_another(asked)
    method = asked.method
    while said is None and shape.before is not None and _is_part(shape):
        shape = shape.before
        method = "GET" if method == "GET" else "PATCH"
        use = asked.walk.uses(shape).get(method)
        said = None if use is None else use.permissions
    if said is None and not asked.plan.borrows:
        said = nearest(asked.walk, shape, method)
    return said if said is not None else _of_document(asked)


def _of_document(asked: Asked) -> Permissions | None:
    """What is called within a document needs what opening it does, where nothing else is said."""
    if asked.plan.document is None:
        return None
    member = asked.segments[asked.plan.document[0]].shape
    assert member.before is not None
    said = asked.world.navigation(member.before.type, member.declared)
    use = asked.walk(said.needs).uses.get("POST") if said.needs else None
    return None if use is None else use.permissions


def _of_another(asked: Asked) -> Permissions | None:
    """What the path needs of which this is another name, or that is nearest to it in kind."""
    path = asked.plan.said.needs
    if not path:
        return None
    uses = asked.walk(path if asked.path.shape.many else f"{path}/{{id}}").uses
    use = uses.get(asked.method) or asked.walk(path).uses.get("POST")
    return None if use is None else use.permissions


def _is_part(shape: Shape) -> bool:
    """Whether what a path leads to is part of the thing before it, and nothing by itself."""
    if shape.kind in _PARTS:
        return True
    at = shape.before if shape.kind == "item" and shape.before is not None else shape
    return at.name in _PARTS_BY_NAME


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
    _require_any(asked, access, why, permissions)


def _is_shared(asked: Asked, access: Access) -> bool:
    """Whether the token opens what others have of this kind: an app's, or one for shared things."""
    said = asked.use.permissions
    return access.sees_shared({} if said is None else said.schemes)


def is_own(asked: Asked) -> bool:
    """Whether what is asked for is of who is signed in, or of no user."""
    end = asked.plan.holder
    if not end:
        return True
    if asked.plan.about.line[end - 1].name == "me":
        return True
    lookup = InStore(asked.tenant.store)
    one = locate(asked.world, lookup, asked.segments[:end], asked.me).one
    return _is_me(asked, lookup, one)


def _is_me(asked: Asked, lookup: InStore, one: One) -> bool:
    row = one.row
    if row is not None and lookup.container_of(row.key) == "drives":
        row = lookup.row(row.owner) if row.owner else None
    if row is None and one.row is not None:
        return True
    if row is not None and lookup.container_of(row.key) != "users":
        belongs, is_group = asked.workload.belongs, lookup.container_of(row.key) == "groups"
        if belongs is None or not is_group:
            return True  # a site's
        looking = Looks(Way(asked.world, lookup, asked.me, asked.segments))
        return asked.access.app_only or belongs(looking, row, asked.person)
    try:
        known = asked.me()
    except GraphError:  # the token names nobody
        return False
    own = {one.key} if row is None else {str(row.record.get(name)) for name in known}
    mine = {each.lower() for each in known.values()}
    return any(each.lower() in mine for each in own)
