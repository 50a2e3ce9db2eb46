"""The way of a request to the generic engine: walk, surface, authorise, read query, handle.

``handlers.py`` locates, and shapes what it finds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from fakegraph.digits import natural
from fakegraph.edm.published import PublishedType
from fakegraph.edm.surface import Use
from fakegraph.errors import GraphError
from fakegraph.graph.beyond import BUILT_IN
from fakegraph.graph.refusals import method_not_allowed
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.versions import ALL, Versions
from fakegraph.graph.watched import TooLong
from fakegraph.graph.whole import guarding
from fakegraph.graph.whole.admitting import admit
from fakegraph.graph.whole.asked import Asked, hidden_together
from fakegraph.graph.whole.asking import may_ask
from fakegraph.graph.whole.expansions import expansions
from fakegraph.graph.whole.handlers import HANDLERS, LYING, Handler
from fakegraph.graph.whole.locate import is_deleted, not_built
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.narrowing import finding, grouped
from fakegraph.graph.whole.places import Many
from fakegraph.graph.whole.plan import Plan
from fakegraph.graph.whole.tenancy import named, somebody
from fakegraph.graph.whole.turning import catch_up
from fakegraph.graph.whole.weighing import weight
from fakegraph.graph.whole.world import World
from fakegraph.odata import engine
from fakegraph.odata.collection import OBSERVER
from fakegraph.odata.query_string import Options, split_options
from fakegraph.odata.reading import read_query
from fakegraph.once import once
from fakegraph.store import Store
from fakegraph.tenants import Tenant
from fakegraph.tenants.lag import Sight
from fakegraph.tokens.strict import Access
from fakegraph.web.exchange import IGNORED, INFERRED, Answer, Exchange
from fakegraph.web.headers import (
    MINIMAL,
    NO_PREFERENCES,
    Format,
    check_accept,
    is_acceptable,
    json_format,
    read_preferences,
    values_of,
)
from fakegraph.web.later import Pause, Steps
from fakegraph.workloads.registry import declared

_LONG_SCAN = 1_000  # records that are tested or sorted
_MUCH = 2_000  # things that are shown with others
_CHEAP = frozenset({"select"})
_SOON = frozenset({"filter", "orderby", "select", "skiptoken", "top"})
_LONG_BODY = 16_384  # bytes
_BYTES = frozenset({"stream", "value"})
_MATCH, _NONE_MATCH = "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"
_WITHOUT_EFFECT = (
    "What has an ETag heeds If-Match when it is written, If-None-Match when it is read."
)


class Request(NamedTuple):
    """What the generic engine is asked. ``path`` is what stands behind the version, as read."""

    exchange: Exchange
    tenant: Tenant
    version: str
    path: ResourcePath
    root: str
    access: Access
    keep: Callable[[], Tenant]
    note_route: Callable[[str], object]
    headers: dict[str, str] | None = None


def answer(versions: Versions, request: Request) -> Steps[Answer]:
    """The answer to a request. Raises GraphError."""
    path, exchange, tenant = request.path, request.exchange, request.tenant
    plan = plan_of(versions, request.version, path)
    request.note_route(plan.template)
    if plan.is_inferred:
        exchange.environ[INFERRED] = True
    if exchange.method == "OPTIONS":
        return Answer(200, headers={"Allow": plan.listed})
    method = "GET" if exchange.method == "HEAD" else exchange.method
    way = plan.ways.get(method) or _way(plan, method)
    access = request.access
    if access.app_only and plan.of_me:
        raise plan.workload.words.no_user()
    sent = split_options(exchange.query, way.parameters)
    options = sent if way.heeds_all and not sent.values else _heeded(exchange, plan, sent)
    if plan.workload.respells is not None and options.values:
        options = _respelt(options, plan.workload.respells)
    if used := path.aliases | way.annotations:
        options = replace(options, used=options.used | used)
    elsewhere = path.absent if plan.operation else options.others
    if request.headers is not None:
        request.headers.update(weight(plan, method, options.values, request.headers))
    segments = path.segments(options.aliases, elsewhere)
    if way.handler is None and plan.document is None:
        raise not_built(plan.operation or path.shape, f"{method} {plan.template}")
    asked = Asked(
        exchange=exchange,
        method=method,
        tenant=tenant,
        world=plan.world,
        path=path,
        plan=plan,
        segments=segments,
        use=way.use,
        options=options,
        preferences=read_preferences(exchange.header("HTTP_PREFER")),
        format=_format(way, exchange, options.get("format")),
        root=request.root,
        keep=request.keep,
        me=lambda: _me(request, plan.world),
        walk=versions.walk(request.version),
        sight=Sight(tenant.lag, reading=method == "GET") if _lags(tenant, plan) else None,
        access=access,
    )
    for check in way.checks:
        check(asked)
    if options is not sent and options.values.keys() != sent.values.keys() and method == "GET":
        _check_unheeded(asked, sent)
    if plan.document is not None:
        from fakegraph.graph.whole.documents import ask

        yield Pause(share=tenant.id)
        opened = ask(asked, *plan.document)
        if opened is not None:
            return opened
        if method not in plan.allowed:
            raise method_not_allowed(plan.listed)
    if way.handler is None:
        raise not_built(plan.operation or path.shape, f"{method} {plan.template}")
    found = None
    if not (way.brief and "expand" not in options.values):
        found = _glanced(asked, way.handler) if _may_end_early(asked) else None
        if found is None and _takes_long(asked):
            yield Pause(share=tenant.id)
    if found is None:
        found = way.handler(asked)
    answer = found if isinstance(found, Answer) else (yield from found)
    if asked.preferences is NO_PREFERENCES:
        return answer
    heeded = asked.plan.heeds(asked.preferences.texts)
    applied = asked.preferences.applied(to_writes=asked.method != "GET", texts=heeded)
    if not applied:
        return answer
    headers = {**answer.headers, "Preference-Applied": applied}
    return answer._replace(headers=headers)


class _Way(NamedTuple):
    """What all requests of a method have in common where they ask the same.

    ``handler`` is None where nothing is built; ``annotations`` are query options that writes take,
    and ``parameters`` what the query takes beside the usual ones.
    ``checks``: what is done first, in that order. ``heeds_all``: the service heeds whatever options
    there are. ``brief``: it takes long for nobody who expands nothing. ``shows``: what bodies are.
    """

    use: Use
    handler: Handler | None
    annotations: frozenset[str]
    parameters: tuple[str, ...]
    checks: tuple[Callable[[Asked], object], ...]
    heeds_all: bool
    brief: bool
    shows: str


def _way(plan: Plan, method: str) -> _Way:
    """What there is of a method, remembered with the plan. Raises GraphError (405)."""
    if method not in plan.allowed and plan.document is None:
        raise method_not_allowed(plan.listed, declared=plan.is_declared(method))
    writes = method != "GET"
    handlers = LYING if plan.lies and writes else HANDLERS
    handler = handlers.get(plan.kind, {}).get(method) if plan.is_built(method) else None
    annotations = plan.workload.annotations if writes else frozenset[str]()
    use = plan.uses.get(method) or next(iter(plan.uses.values()))
    checks, heeds_all = tuple(_checks(plan, method)), plan.said.unheeded is None
    brief = not writes and _is_brief(plan)
    about = checks, heeds_all, brief, _shows(plan, method)
    posted = tuple(plan.said.posted) if method == "POST" else ()
    parameters = (*plan.parameters, *posted)
    found = plan.ways[method] = _Way(use, handler, annotations, parameters, *about)
    return found


def _checks(plan: Plan, method: str) -> Iterator[Callable[[Asked], object]]:
    """What is done before a request is handled. Each raises GraphError."""
    workload = plan.workload
    if workload.prefers is not None:
        yield _check_preferences
    if workload.turns is not None:
        yield _catch_up
    yield _check_token
    if plan.reaches:
        yield admit
    if workload.holder is not None and plan.holder:
        yield guarding.check_holder
    if plan.theirs or plan.opened:
        yield Asked.check_theirs
    if plan.unlisted and method == "GET":
        yield _leave_out
    if workload.longest is not None:
        yield _limit_body
    if plan.said.written_down:
        yield _write_down
    yield _note_preconditions
    yield _note_unmet


def _check_preferences(asked: Asked) -> None:
    check = asked.workload.prefers
    if check is not None and asked.preferences.texts:
        check(asked.preferences.texts)


def _catch_up(asked: Asked) -> None:
    """Have done what time alone does."""
    if not asked.tenant.passing:
        catch_up(asked.world.declared, asked.tenant, asked.begin)


def _check_token(asked: Asked) -> None:
    if asked.access.granted is not None:
        guarding.check(asked, asked.access)


def _leave_out(asked: Asked) -> None:
    """Show no more than lists do."""
    asked.hidden = hidden_together(asked.hidden, asked.plan.unlisted)


def _limit_body(asked: Asked) -> None:
    """Take no longer body than the workload. Raises GraphError (413) where it is known by now."""
    exchange, longest = asked.exchange, asked.workload.longest
    if longest is None or exchange.max_body < longest or not exchange.has_body:
        return
    if longest < exchange.body_size < math.inf:
        raise asked.words.too_long()
    exchange.max_body = longest


def _write_down(asked: Asked) -> None:
    """Note it in the log that is kept of such requests."""
    from fakegraph.graph.whole.logs import write_down

    if asked.plan.said.written_down:
        write_down(asked, asked.plan.said.written_down)


def _is_brief(plan: Plan) -> bool:
    """Whether to read what a path leads to is to look at one thing that asks for no others."""
    type_ = plan.about.type
    if plan.built is not None or plan.kind not in ("item", "single"):
        return False
    return not (isinstance(type_, PublishedType) and may_ask(plan.world, type_))


def _heeded(exchange: Exchange, plan: Plan, options: Options) -> Options:
    """The options without those that the service does not heed."""
    why = {} if plan.said.unheeded is None else dict(plan.said.unheeded(options.values))
    if options.get("select") == "":
        why["select"] = "It selects nothing, and all is shown."
    if not why:
        return options
    for name, reason in why.items():
        exchange.note_ignored(f"The {'empty ' * (not options.get(name))}${name}", reason)
    values = {name: value for name, value in options.values.items() if name not in why}
    used = options.used | options.aliases.keys()  # what is not heeded may have used them
    return Options(values, options.aliases, used, options.others)


@lru_cache(maxsize=512)
def _respelt(options: Options, respell: Callable[[str], str]) -> Options:
    """The options with ids in them as a workload writes them."""
    values = {name: respell(value) for name, value in options.values.items()}
    return options if values == options.values else replace(options, values=values)


def _check_unheeded(asked: Asked, sent: Options) -> None:
    """Raise GraphError (400) for options that mean nothing, though what they mean is not heeded."""
    values = {
        name: value
        for name, value in sent.values.items()
        if value and name not in asked.options.values
    }
    if not values:  # an empty $select means nothing that could be wrong, whatever is there
        return
    unheeded = Options(values, sent.aliases, frozenset(sent.aliases), sent.others)
    read_query(finding(unheeded, False, None), asked.source)
    type_ = asked.plan.about.type  # not of what ends the path: a count is a number
    if isinstance(type_, PublishedType):
        expansions(unheeded, type_)


def _note_unmet(asked: Asked) -> None:
    """Have the journal tell of preferences whose values nothing means."""
    for name in asked.preferences.unmet:
        asked.exchange.note_ignored(f"The preference {name}", f"It can be {values_of(name)}.")


def _note_preconditions(asked: Asked) -> None:
    """Have the journal tell of preconditions that are without effect, as at the service."""
    environ = asked.exchange.environ
    if _MATCH not in environ and _NONE_MATCH not in environ:  # nearly always
        return
    type_, reads = asked.plan.about.type, asked.method == "GET"
    rules = asked.world.rules(type_) if isinstance(type_, PublishedType) else None
    tagged = asked.plan.kind in _BYTES or (rules is not None and bool(rules.etag or rules.tags))
    heeded = {_NONE_MATCH if reads else _MATCH} if tagged else set()
    if tagged and asked.plan.built is not None and asked.plan.built.makes:
        heeded.add(_NONE_MATCH)
    for name in (_MATCH, _NONE_MATCH):
        if name not in heeded and asked.exchange.header(name):
            shown = name.removeprefix("HTTP_").replace("_", "-").title()
            asked.exchange.note_ignored(f"The header {shown}", _WITHOUT_EFFECT)


def _lags(tenant: Tenant, plan: Plan) -> bool:
    """Whether not all is seen yet; what tells of operations always is."""
    return bool(tenant.lag) and not plan.said.monitors


def plan_of(versions: Versions, version: str, path: ResourcePath) -> Plan:
    """What all requests for a path's shape have in common."""
    plan: Plan | None = path.shape.plan
    if plan is None:
        plan = path.shape.plan = Plan(world_of(versions, version), path, versions.least)
    return plan


def world_of(versions: Versions, version: str) -> World:
    """What is known of a version's types and containers."""
    first = versions.model(BUILT_IN) if version == ALL else None
    return _world(versions.model(version), declared(), versions.beyond, first)


_world = once(World, most=16)


def _format(way: _Way, exchange: Exchange, wished: str | None) -> Format:
    accept: str = exchange.environ.get("HTTP_ACCEPT", "")
    if way.shows == "json":  # nearly always
        return json_format(accept, wished)
    if way.shows == "text":
        check_accept(accept, "text/plain", "application/json")
    elif way.shows == "table" and not is_acceptable(accept, "application/json"):
        check_accept(accept, "text/csv", "application/octet-stream")
    elif way.shows not in ("bytes", "nothing"):
        return json_format(accept, None)
    return MINIMAL


def _shows(plan: Plan, method: str) -> str:
    """What the bodies of answers are: ``json``, ``text``, ``bytes``, ``table`` or ``nothing``.

    Bytes are given as they are, whatever is asked for; what is told of bytes that came is JSON.
    """
    if method == "DELETE":
        return "nothing"
    if plan.kind in ("count", "items"):
        return "text"
    if plan.kind in _BYTES:
        return "bytes" if method == "GET" else "told"
    return "table" if plan.built is not None and plan.built.formats else "json"


def _me(request: Request, world: World) -> Mapping[str, str]:
    """What is known of who is signed in. Raises GraphError: 400 where that is an app, 404."""
    access, tenant = request.access, request.tenant
    if access.app_only:
        raise declared().workload((), "/me").words.no_user()
    if access.user:
        return _signed_in(tenant, access, world)
    return somebody(tenant, InStore(tenant.store))


def _signed_in(tenant: Tenant, access: Access, world: World) -> Mapping[str, str]:
    """The user that a token names. Raises GraphError (404) where that is nobody who is there."""
    lookup = InStore(tenant.store)
    known = named(tenant, access.user, access.upn)
    row = lookup.find("users", "id", known["id"], None)
    upn = known.get("userPrincipalName")
    if row is None and upn and not is_deleted(world, lookup, {"id": known["id"]}):
        row = lookup.find("users", "userPrincipalName", upn, None)
    if row is None:
        words = world.declared.workload([world.type_named("user")]).words
        refused = words.not_found("user", access.user)
        raise GraphError(refused.status, refused.code, f"{refused.message} {_NOBODY}")
    return {name: str(row.record[name]) for name in known if row.record.get(name)}


_NOBODY = (
    "The token names a user who is not there. Make that user first, or send a token that is no "
    "JWT: it means the user that --me names."
)


def _is_short(asked: Asked) -> bool:
    """Whether what is expanded is known to be little before it is done."""
    type_ = asked.path.type
    if not isinstance(type_, PublishedType):
        return False
    top = natural(asked.options.get("top") or "")
    size = asked.tenant.page_size if top is None else top
    return _are_few(asked.world, type_, asked.options, size, size if asked.path.many else 1)


@lru_cache(maxsize=512)
def _are_few(world: World, type_: PublishedType, options: Options, size: int, rows: int) -> bool:
    """Whether little is expanded of so many rows, in pages of a size."""
    workload = world.declared.workload([type_])
    with suppress(GraphError):  # the handler will say it
        found = expansions(options, type_)
        plain = all(each.options.values.keys() <= _CHEAP and not each.inner for each in found)
        most = [(workload.expanded or size) if each.member.many else 1 for each in found]
        return plain and not any(each.followed for each in found) and rows * sum(most) <= _MUCH
    return False


_MANY_ROWS = 2_000  # going through them may take long


def _has_many_rows(store: Store) -> bool:
    return sum(len(store.container(name)) for name in store.names_so_far()) > _MANY_ROWS


def _glanced(asked: Asked, handler: Handler) -> Answer | Steps[Answer] | None:
    """The answer, if a few rows are enough for it; else None, as if nobody had looked."""
    ignored = len(asked.exchange.environ.get(IGNORED, ()))
    asked.is_glance = True
    try:
        return handler(asked)
    except TooLong:
        del asked.exchange.environ.get(IGNORED, [])[ignored:]
        return None
    finally:
        asked.is_glance = False


def _may_end_early(asked: Asked) -> bool:
    """Whether a page is likely found among a few rows, however many there are."""
    if asked.plan.kind != "collection" or asked.method != "GET" or asked.plan.built is not None:
        return False
    if not _SOON.issuperset(asked.options.values) or OBSERVER.get() is not None:
        return False  # who looks on wants to see it read once
    try:
        many = asked.listed()
        is_asked = isinstance(many, Many) and many.question is not None
        if is_asked or many.said.unfolds is not None:
            return False
        query = read_query(finding(asked.options, False, None), asked.source)
        return engine.may_end_early(query, many.rows())
    except GraphError as error:  # the handler will say it
        error.__traceback__ = None  # what raised it has it, so only a search would end the cycle
        return False


def _takes_long(asked: Asked) -> bool:
    """Whether a request should be carried out by a thread of its own."""
    exchange, tenant = asked.exchange, asked.tenant
    if asked.plan.built is not None and _has_many_rows(tenant.store):
        return True  # an operation may go through all that there is
    if asked.method != "GET":
        if asked.plan.subscribes:
            return True  # whoever is to be notified is asked first
        waits = tenant.passing or tenant.store.writes_wait
        return waits or exchange.body_size > _LONG_BODY
    if asked.plan.kind == "delta":
        return True  # what has changed is known when it is told
    if asked.options.get("expand") is not None and not _is_short(asked):
        return True
    type_ = asked.plan.about.type if asked.path.kind == "count" else asked.path.type
    if not isinstance(type_, PublishedType):
        return False
    if may_ask(asked.world, type_) and _has_many_rows(tenant.store):
        return True  # how many things one finds is counted by asking for them
    if asked.path.kind not in ("collection", "count"):
        return False
    with suppress(GraphError):  # the handler will say it
        many = asked.listed()
        if isinstance(many, Many) and many.question is not None:
            return _has_many_rows(tenant.store)
        if many.said.unfolds is not None:
            return len(asked.tenant.store.container(many.containers[0])) > _MANY_ROWS
        rows = many.rows()
        if engine.MOST_EFFORT * len(rows) > _LONG_SCAN:
            query = read_query(finding(asked.options, False, None), asked.source)
            query, rows = grouped(asked.world, many, query, rows)
            return engine.effort(query, rows) > _LONG_SCAN
    return False
