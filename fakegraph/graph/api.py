"""The way of a request to the Graph API: locate, authorise, obstruct, resolve, handle, send."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

from fakegraph.edm.model import Model
from fakegraph.errors import GraphError
from fakegraph.graph.call import Call
from fakegraph.graph.declared import Declared
from fakegraph.graph.effort import takes_long
from fakegraph.graph.elsewhere import NOT_SERVED
from fakegraph.graph.paths import (
    BATCH_SEGMENTS,
    Kind,
    Location,
    PathError,
    Target,
    located,
    resolve,
)
from fakegraph.graph.refusals import method_not_allowed
from fakegraph.graph.retirement import check_retired
from fakegraph.graph.versions import Versions
from fakegraph.odata.query_string import Options, split_options
from fakegraph.odata.reading import check_listed
from fakegraph.store import Store, StoreError
from fakegraph.store.errors import is_full
from fakegraph.tenants import DEFAULT_TENANT, Tenant, Tenants, unavailable
from fakegraph.tenants.faults import PRESETS, throttled
from fakegraph.tenants.journal import kept_reason
from fakegraph.tenants.metrics import Metrics
from fakegraph.tokens.bearer import Claims, claims_of, require_bearer
from fakegraph.tokens.continuous import check as check_sessions
from fakegraph.tokens.strict import Access, Checker, refusal
from fakegraph.web.browsers import CORS_HEADERS, NOT_ALONG, answer_preflight, is_preflight
from fakegraph.web.encoding import compressed
from fakegraph.web.exchange import Answer, Exchange, Headers
from fakegraph.web.headers import (
    MINIMAL,
    NO_PREFERENCES,
    WITH_ETAGS,
    XML_TYPES,
    Format,
    check_accept,
    check_refused_headers,
    check_xml_format,
    json_format,
    read_preferences,
)
from fakegraph.web.later import Pause, Steps, begin, ended
from fakegraph.web.lengths import longest
from fakegraph.web.visit import Outcome, Visit, log_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from fakegraph.graph.whole.answer import Request
    from fakegraph.graph.whole.bare import Asking
    from fakegraph.web.guard import Guard

log = logging.getLogger("fakegraph")

_OPENING = "tenants"  # the share of what is done once for a tenant


class GraphApi:
    """A WSGI app: the models by version (the first answers paths without one) and the tenants.

    ``clock`` dates the errors of requests that no tenant could be found for.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        tenants: Tenants,
        max_body: int,
        metrics: Metrics,
        checker: Checker,
        guard: Guard,
        published: Versions,
    ) -> None:
        self._models = models
        self.published = published
        self.versions = tuple(models)
        self._declared = Declared(models)
        self._tenants = tenants
        self._max_body = max_body
        self.metrics = metrics
        self.checker = checker
        self.guard = guard

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, whatever becomes of it."""
        exchange = Exchange(environ, self._max_body)
        exchange.max_body = longest(exchange.raw_path, self._max_body)
        return begin(self.respond(exchange), lambda found: exchange.send(*found, start_response))

    def respond(self, exchange: Exchange) -> Steps[tuple[Answer, Headers]]:
        """The answer to a request or to an item of a batch; it is noted in the journal."""
        began = time.perf_counter()
        visit = Visit(exchange)
        clock = self._tenants.clock
        refused: GraphError | None = None
        location: Location | None = None
        try:
            if "HTTP_ORIGIN" in exchange.environ:
                visit.headers |= CORS_HEADERS
            host = exchange.host_url
            location = located(exchange.raw_path, self.versions)
            access = yield from self._authorize(visit, location, host)
            clock = visit.known_tenant.instant
            yield from self._obstruct(visit, location, access.app)
            stubbed = self._stubbed(visit, location, access.app)
            answer = stubbed or (yield from self._answer(visit, location, host, access))
            if "HTTP_ACCEPT_ENCODING" in exchange.environ:
                answer = compressed(answer, exchange.environ["HTTP_ACCEPT_ENCODING"])
        except GraphError as error:
            if isinstance(error, PathError) and not self.published.is_read(error.version):
                yield Pause(share=_OPENING)  # to read a model, and what reads paths, takes long
            refused = self._explained(error, exchange, location)
            if refused.headers.items() >= NOT_SERVED.items():
                what = (exchange.method, exchange.raw_path)
                log.warning("not served: %s %s; Microsoft Graph has it", *what)
        except StoreError as error:
            refused = unavailable(error)
            if location and is_full(error) and _OF_DRIVES.intersection(location.segments):
                refused = GraphError(507, "insufficientStorage", refused.message)
            log.error("%s", refused.message)
        except Exception:
            log.exception("unexpected error")
            refused = _bug()
        finally:
            self._tenants.leave(visit.tenant)
        if refused is not None:
            refused.__traceback__ = None  # it leads here, and only a search would end the cycle
            answer = exchange.refusal(refused, clock())
        headers = exchange.headers(answer)
        if visit.headers:
            headers += visit.headers.items()
        headers += _confined(answer.content_type)
        self._note(visit, answer, headers, refused, time.perf_counter() - began)
        return answer, headers

    def read_again(self, exchange: Exchange, tenant: Tenant) -> Steps[Answer]:
        """The answer to a read, for those who look on: whoever asks, nothing comes between, and
        nothing is noted. Raises GraphError, StoreError.
        """
        visit, host = Visit(exchange, tenant), exchange.host_url
        _, _, token = exchange.header("HTTP_AUTHORIZATION").partition(" ")
        location = located(exchange.raw_path, self.versions)
        return (yield from self._answer(visit, location, host, _believed(token)[1]))

    def declared(self, location: Location) -> tuple[Target, tuple[str, ...]] | None:
        """What a path addresses that is declared, and its methods; None where it may be a published
        one. Raises GraphError (400).
        """
        place = self._declared.at(location)
        return None if place is None else (place.target, tuple(place.handlers))

    def _explained(
        self, error: GraphError, exchange: Exchange, location: Location | None
    ) -> GraphError:
        """A refusal with what there is to say about its path, where that is what was wrong."""
        if not isinstance(error, PathError):
            return error
        from fakegraph.graph.elsewhere import explained

        path = "" if location is None else location.raw
        return explained(error, self._models, self.published, exchange.method, path)

    def _authorize(self, visit: Visit, location: Location, host: str) -> Steps[Access]:
        """Find the visit's tenant; what the caller may do there. Raises GraphError: 401, 404."""
        tenants, name, home = self._tenants, location.tenant, visit.exchange.home
        if not tenants.stores.is_quick:
            yield Pause(share=_OPENING)  # to reach the database may take long
        if name is not None and not tenants.is_open(name):
            yield Pause(share=_OPENING)  # to open one is to read all its records
        if home is not None and not tenants.is_open(home):
            yield Pause(share=_OPENING)
        if name is None:
            self._enter(visit, tenants.of_token(None) if home is None else tenants.named(home))
        elif name in tenants:
            with suppress(GraphError):  # somebody has removed it meanwhile
                self._enter(visit, tenants.named(name))
        auth = tenants.traits.auth if visit.tenant is None else visit.tenant.auth
        if _is_open(visit.exchange, location):
            auth = "off"
        token = "" if auth == "off" else require_bearer(visit.exchange.environ, host)
        if auth == "strict" and not self.checker.warm:
            yield Pause(share=_OPENING)  # to import what checks signatures takes long
        if auth == "strict":
            claims, access = Claims(self.checker.tenant_of(token, host)), Access()
        else:
            claims, access = _believed(token)
        if claims.wrong:
            raise refusal(f"Access token validation failure. Invalid {claims.wrong}.", host)
        if name is not None and visit.tenant is None:
            self._enter(visit, tenants.named(name))
        elif name is None and self._is_elsewhere(claims.tenant, home):
            if not tenants.is_open(claims.tenant):
                yield Pause(share=_OPENING)
            self._enter(visit, tenants.of_token(claims.tenant))
        tenant = visit.known_tenant
        if auth == "strict":
            access = self.checker.access(token, tenant.answers_to, tenant.instant(), host)
        if access.stamp is not None:
            check_sessions(tenant.store, access, tenant.instant())
        return access

    def _is_elsewhere(self, named: str, home: str | None) -> bool:
        """Whether a token leads to another tenant than its client is led to. Where the proxy's user
        says a home, only to one that is there: programs have tenants of the real service in their
        settings.
        """
        if home is None:
            return named not in {"", DEFAULT_TENANT}
        return named != "" and self._tenants.resolved(named) in self._tenants

    def _enter(self, visit: Visit, tenant: Tenant) -> None:
        self._tenants.leave(visit.tenant)
        visit.tenant = tenant

    def _keep(self, visit: Visit) -> Tenant:
        """The visit's tenant, made if nobody has made it. Raises GraphError (403), StoreError."""
        tenant = visit.known_tenant
        if not tenant.passing:
            return tenant
        if self.guard.is_foreign(visit.exchange.environ):
            raise GraphError(
                403,
                "Forbidden",
                f"There is no tenant '{tenant.id}', and pages of other sites do not make any: "
                f'POST /_fakegraph/tenants with {{"id": "{tenant.id}"}} does.',
                "Origin",
            )
        self._tenants.keep(tenant)
        self._enter(visit, self._tenants.of_token(tenant.id))
        return visit.known_tenant

    def _obstruct(self, visit: Visit, location: Location, app: str) -> Steps[None]:
        """Let the tenant's latency, rate limit, faults and chaos have their way.

        Not with OPTIONS, which browsers send by themselves. Of a batch, the items count against
        the budget. Raises GraphError for an answer in the service's stead.
        """
        if visit.exchange.method == "OPTIONS":
            return
        tenant = visit.known_tenant
        if delay := tenant.weather.delay_ms():
            yield Pause(delay / 1000)
        if tenant.throttle is not None and location.segments != BATCH_SEGMENTS:
            allowance = tenant.throttle.ask(app, tenant.instant())
            visit.headers |= allowance.headers
            if not allowance.granted:
                self._tell_of_budget(visit, location, app)
                raise throttled()
        if tenant.faults:
            fault = tenant.faults.pick(visit.facts(app))
            if fault is not None:
                visit.fault, visit.fault_kind = fault.id, fault.preset or "rule"
                yield from visit.suffer(fault.effect)
                return
        preset = tenant.weather.failure()
        if preset is not None:
            visit.fault = visit.fault_kind = f"chaos:{preset}"
            yield from visit.suffer(PRESETS[preset])

    def _tell_of_budget(self, visit: Visit, location: Location, app: str) -> None:
        """Say whose budget is used up, where the workload says that."""
        from fakegraph.graph.whole.answer import plan_of
        from fakegraph.graph.whole.weighing import over

        with suppress(GraphError):
            path = self.published.walk(location.version)(location.raw)
            plan = plan_of(self.published, location.version, path)
            visit.headers |= over(plan, app, visit.known_tenant.guid, visit.headers)

    def _stubbed(self, visit: Visit, location: Location, app: str) -> Answer | None:
        """What a test has said that this request is answered with. Raises GraphError."""
        tenant, exchange = visit.known_tenant, visit.exchange
        if not tenant.stubs or exchange.method == "OPTIONS" or location.segments == BATCH_SEGMENTS:
            return None
        from fakegraph.graph.scripted import picked, scripted

        facts = visit.facts(app)
        stub = picked(tenant, exchange, facts)
        if stub is None:
            return None
        visit.stub = stub.id
        with suppress(GraphError):
            walk = self.published.walk(location.version)
            visit.note_route(walk(location.raw).template)
        return scripted(stub, exchange, facts)

    def _answer(self, visit: Visit, location: Location, host: str, access: Access) -> Steps[Answer]:
        exchange, tenant = visit.exchange, visit.known_tenant
        bare = _place_of(location.segments) in _FOR_URLS
        if is_preflight(exchange):
            return answer_preflight(exchange, NOT_ALONG if bare else ())
        if bare:
            return (yield from self._answer_bare(visit, location, host))
        place = self._declared.at(location)
        if place is None:
            return (yield from self._answer_published(visit, location, host, access))
        check_refused_headers(exchange.environ)
        visit.route, target = place.route, place.target
        if place.headers:
            visit.headers |= place.headers
        if exchange.method == "OPTIONS":
            return Answer(200, headers={"Allow": place.allowed})
        if place.permissions:
            access.require(place.permissions)
        handler = place.handlers.get("GET" if exchange.method == "HEAD" else exchange.method)
        if handler is None:
            raise method_not_allowed(place.allowed)
        options = split_options(exchange.query)
        preferences = read_preferences(exchange.header("HTTP_PREFER"))
        call = Call(
            exchange=exchange,
            tenant=tenant,
            model=place.model,
            target=target,
            options=options,
            preferences=preferences,
            format=_format(target.kind, exchange, options),
            root=host + location.prefix,
            respond=self.respond,
            keep=lambda: self._keep(visit),
            published=self.published,
        )
        if tenant.strict_queries and target.resource is not None:
            check_listed(options, target.resource)
        check_retired(call)
        if takes_long(call):
            yield Pause(share=tenant.id)
        found = handler(call)
        answer = found if isinstance(found, Answer) else (yield from found)
        if preferences is NO_PREFERENCES:
            return answer
        applied = preferences.applied(to_writes=exchange.method not in ("GET", "HEAD"))
        if not applied:
            return answer
        headers = {**answer.headers, "Preference-Applied": applied}
        return answer._replace(headers=headers)

    def _answer_bare(self, visit: Visit, location: Location, host: str) -> Steps[Answer]:
        """The answer to who has a URL that needs no token."""
        tenant = visit.known_tenant
        if _place_of(location.segments) in UPLOADS:
            yield Pause(share=tenant.id)  # to write bytes takes long
            return self._upload(visit, location, host)
        module = import_module(f"fakegraph.graph.whole.{OPEN_PAGES[location.segments]}")
        if getattr(module, "LONG", False):
            yield Pause(share=tenant.id)
        read: ReadOpen = module.read_open
        try:
            opened = read(visit.exchange, tenant.store, tenant.instant() / 10_000_000)
        except GraphError as error:
            from fakegraph.graph.whole.bare import refusal

            return refusal(error)
        if opened.part is not None:
            yield Pause(share=tenant.id)
            opened.part.check()
        return opened

    def _upload(self, visit: Visit, location: Location, host: str) -> Answer:
        """The answer to who sends bytes to a URL that needs no token."""
        from fakegraph.graph.whole.answer import Request, answer, world_of
        from fakegraph.graph.whole.bare import Asking

        version, root = location.version, host + location.prefix
        walk = self.published.walk(version)
        known = visit.exchange.environ

        def keep() -> Tenant:
            return self._keep(visit)

        def shown(path: str) -> bytes:
            environ = {name: known[name] for name in _OF_SERVERS if name in known}
            exchange = Exchange({**environ, "REQUEST_METHOD": "GET", "RAW_URI": path}, 0)
            about = (version, walk(path), root, Access(), keep, _no_route)
            return ended(answer(self.published, Request(exchange, keep(), *about))).body

        module = import_module(f"fakegraph.graph.whole.{UPLOADS[_place_of(location.segments)]}")
        upload: Upload = module.upload
        world = world_of(self.published, version)
        return upload(Asking(visit.exchange, visit.known_tenant, world, walk, root, keep, shown))

    def _answer_published(
        self, visit: Visit, location: Location, host: str, access: Access
    ) -> Steps[Answer]:
        """The answer to a request for what is not declared, but published."""
        if not self.published.is_read(location.version):
            yield Pause(share=_OPENING)  # to read a model, and what reads paths, takes long
        try:
            walk = self.published.walk(location.version)
            path = walk(location.raw)
        except GraphError:
            resolve(self._models[location.version], location.segments)  # which raises PathError:
            raise  # ``_explained`` says what is wrong with the path
        request_of, answer_of = _engine()
        check_refused_headers(visit.exchange.environ, WITH_ETAGS)
        request = request_of(
            visit.exchange,
            visit.known_tenant,
            location.version,
            path,
            host + location.prefix,
            access,
            lambda: self._keep(visit),
            visit.note_route,
            visit.headers,
        )
        return (yield from answer_of(self.published, request))

    def _note(
        self,
        visit: Visit,
        answer: Answer,
        headers: Headers,
        refused: GraphError | None,
        seconds: float,
    ) -> None:
        """Count the request, and write it into its tenant's journal and the log."""
        exchange, tenant = visit.exchange, visit.tenant
        status = 0 if visit.dropped else answer.status
        code = None if refused is None else refused.code
        reason = None if refused is None else kept_reason(refused.reason)
        outcome = Outcome(answer, status, headers, code, reason, seconds)
        self.metrics.count(exchange.method, status, seconds, visit.fault_kind)
        if tenant is not None and tenant.journal.size and not self._leaves_no_trace(visit, tenant):
            tenant.journal.add(visit.entry(tenant, outcome))
        log_request(exchange, exchange.target, outcome)

    def _leaves_no_trace(self, visit: Visit, tenant: Tenant) -> bool:
        """Whether it is a page's of another site, to a tenant that nobody made."""
        return tenant.passing and self.guard.is_foreign(visit.exchange.environ)


@lru_cache(maxsize=1024)
def _believed(token: str) -> tuple[Claims, Access]:
    """What a token says, and what is allowed to who is believed that."""
    claims = claims_of(token)
    access = Access(
        *(claims.app, None, False, claims.user, claims.upn, claims.app_only),
        stamp=claims.stamp,
        issued=claims.issued,
    )
    return claims, access


# What clients have stored may be a page with a script: no browser runs it as this server's own
# (https://www.w3.org/TR/CSP3/#directive-sandbox).
STORED = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "sandbox; default-src 'none'"),
)


@lru_cache(maxsize=64)
def _confined(kind: str | None) -> Iterable[tuple[str, str]]:
    """Headers for what is of this type: for what is no JSON, and so may be anything."""
    return () if kind is None or kind.startswith("application/json") else STORED


@cache
def _engine() -> tuple[Callable[..., Request], Callable[[Versions, Request], Steps[Answer]]]:
    """What answers requests for what is published, imported for the first of them."""
    from fakegraph.graph.whole.answer import Request, answer

    return Request, answer


def _no_route(route: str) -> None:
    """What is asked for the sake of an answer is told nowhere."""


def _is_open(exchange: Exchange, location: Location) -> bool:
    """Whether nobody has to sign in for it: what describes the service, and OPTIONS."""
    return exchange.method == "OPTIONS" or _place_of(location.segments) in _OPEN


#: What is read by those who have the URL, which is all that it takes, and the file that does it.
OPEN_PAGES: Mapping[tuple[str, ...], str] = {
    ("_layouts", "15", "download.aspx"): "downloads",
    ("_layouts", "15", "thumbnail.aspx"): "thumbnails",
    ("_api", "v2.0", "monitor"): "monitors",
    ("data", "download"): "reports",
}
_OF_DRIVES = frozenset({"drive", "drives"})
#: What is written by those who have the URL.
UPLOADS: Mapping[tuple[str, ...], str] = {
    ("_uploads", "attachment"): "uploads",
    ("_uploads", "content"): "storage",
    ("_api", "v2.0", "drive", "items", "uploadSession"): "fragments",
}
_WITH_ID = 6  # segments of the URL of a session, with the id of a folder


def _place_of(segments: tuple[str, ...]) -> tuple[str, ...]:
    """The segments of a URL that needs no token, without the id that is in some."""
    if len(segments) == _WITH_ID and segments[0] == "_api":
        return (*segments[:4], segments[5])
    return segments


ReadOpen = Callable[[Exchange, Store, float], Answer]
Upload = Callable[["Asking"], Answer]
_OF_SERVERS = ("SERVER_NAME", "SERVER_PORT", "HTTP_HOST", "wsgi.url_scheme")
_FOR_URLS = frozenset({*OPEN_PAGES, *UPLOADS})
_OPEN = frozenset({(), ("$metadata",), *_FOR_URLS})

# The media types of answers that are not JSON, and those that do for asking for them.
_OTHER_FORMATS: Mapping[Kind, tuple[str, ...]] = {
    Kind.COUNT: ("text/plain", "application/json"),
    Kind.METADATA: XML_TYPES,
}


def _format(kind: Kind, exchange: Exchange, options: Options) -> Format:
    accept = exchange.header("HTTP_ACCEPT")
    if exchange.method == "DELETE":  # its answer has no body
        return MINIMAL
    if kind not in _OTHER_FORMATS:
        return json_format(accept, options.get("format"))
    wished = options.get("format")
    if kind is Kind.METADATA and wished is not None:
        check_xml_format(wished)
    else:
        check_accept(accept, *_OTHER_FORMATS[kind])
    return MINIMAL


def _bug() -> GraphError:
    return GraphError(
        500, "InternalServerError", "fakegraph met an error of its own; its log has it."
    )
