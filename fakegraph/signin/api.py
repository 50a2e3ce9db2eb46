"""The way of a request to a sign-in endpoint: find tenant and route, obstruct, answer, note.

It is only imported when somebody signs in.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import orjson

from fakegraph.dataclass import dataclass
from fakegraph.edm.fields import shown
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.signin import authorize, discovery
from fakegraph.signin.accounts import tenant_of
from fakegraph.signin.cookies import home, name_in
from fakegraph.signin.grants import token
from fakegraph.signin.instances import is_personal
from fakegraph.signin.issued import ISSUED, claims_in
from fakegraph.signin.leaving import logout
from fakegraph.signin.managed import machine_token, service_token
from fakegraph.signin.oauth import OAuthError, refusal
from fakegraph.signin.office import Ask, Office, tenant_in
from fakegraph.signin.redaction import redacted, shown_reason, shown_target
from fakegraph.signin.userinfo import userinfo
from fakegraph.store import StoreError, is_tenant_name
from fakegraph.tenants import DEFAULT_TENANT, Tenant, unavailable
from fakegraph.tenants.faults import Fault
from fakegraph.tenants.journal import MAX_KEPT_BODY, kept_reason
from fakegraph.tenants.metrics import Metrics
from fakegraph.tokens.bearer import claims_of
from fakegraph.tokens.claims import PERSONAL_TENANT
from fakegraph.web.browsers import CORS_HEADERS, answer_preflight, is_preflight
from fakegraph.web.exchange import Answer, Exchange, Headers
from fakegraph.web.later import Pause, Steps, begin
from fakegraph.web.visit import Outcome, Visit, log_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from fakegraph.web.guard import Guard

log = logging.getLogger("fakegraph")


@dataclass(frozen=True)
class Route:
    """What answers below ``/{tenant}``, by method: with JSON, or with a page for people."""

    path: str
    views: Mapping[str, Callable[[Ask], dict[str, Any] | Answer]]
    page: bool = False
    keeps: bool = False  # whether a success makes the tenant, where nobody has
    older: bool = False  # of v1
    of_graph: bool = False  # it refuses in Graph's words


ROUTES = (
    Route("/v2.0/.well-known/openid-configuration", {"GET": discovery.configuration_v2}),
    Route("/.well-known/openid-configuration", {"GET": discovery.configuration_v1}),
    Route("/discovery/v2.0/keys", {"GET": discovery.keys}),
    Route("/discovery/keys", {"GET": discovery.keys}),
    Route("/discovery/instance", {"GET": discovery.instance}),
    Route(
        "/oauth2/v2.0/authorize",
        {"GET": authorize.authorize, "POST": authorize.authorize},
        page=True,
    ),
    Route(
        "/oauth2/authorize",
        {"GET": authorize.authorize, "POST": authorize.authorize},
        page=True,
        older=True,
    ),
    Route("/oauth2/v2.0/token", {"POST": token}, keeps=True),
    Route("/oauth2/token", {"POST": token}, keeps=True, older=True),
    Route("/oauth2/v2.0/devicecode", {"POST": authorize.device_code}),
    Route("/oauth2/devicecode", {"POST": authorize.device_code}, older=True),
    Route(
        "/oauth2/deviceauth",
        {"GET": authorize.show_device, "POST": authorize.answer_device},
        page=True,
    ),
    Route("/oauth2/v2.0/logout", {"GET": logout}, page=True),
    Route("/oauth2/logout", {"GET": logout}, page=True, older=True),
    Route("/openid/userinfo", {"GET": userinfo, "POST": userinfo}, of_graph=True),
    Route("/oauth2/msi", {"GET": service_token}, keeps=True),
    Route("/metadata/identity/oauth2/token", {"GET": machine_token}, keeps=True),
    Route("/userrealm/{user}", {"GET": discovery.user_realm}),
)
_FIXED = {route.path: route for route in ROUTES}
_REALM = ROUTES[-1]
# Of no tenant in their paths:
_METADATA = Route("/metadata/endpoints", {"GET": discovery.metadata})
_USERINFO = Route("/oidc/userinfo", {"GET": userinfo, "POST": userinfo}, of_graph=True)
_MACHINE = Route("/metadata/identity/oauth2/token", {"GET": machine_token}, keeps=True)
_APART = {route.path: route for route in (_METADATA, _USERINFO, _MACHINE)}

_DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_SHARE = "sign-in"  # of the threads that do what takes long
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_BY_STATUS = {429: "temporarily_unavailable", 503: "temporarily_unavailable"}


class SignInApi:
    """A WSGI app: the sign-in endpoints of all tenants."""

    def __init__(
        self,
        office: Office,
        max_body: int,
        metrics: Metrics,
        guard: Guard,
    ) -> None:
        self._office = office
        self._tenants = office.tenants
        self._max_body = max_body
        self._metrics = metrics
        self._guard = guard

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, whatever becomes of it."""
        exchange = Exchange(environ, self._max_body)
        return begin(self._respond(exchange), lambda found: exchange.send(*found, start_response))

    def _respond(self, exchange: Exchange) -> Steps[tuple[Answer, Headers]]:
        yield Pause(share=_SHARE)  # keys are made, tenants are opened
        began = time.perf_counter()
        visit = Visit(exchange)
        route: Route | None = None
        code = reason = None
        try:
            _check_host(visit.exchange)
            authority, route, rest = _located(visit.exchange.raw_path)
            if visit.exchange.has_body:
                visit.exchange.read_body()
            sent = _peeked(visit.exchange)
            if route is _USERINFO:
                authority = _of_token(visit.exchange)
            visit.tenant = self._tenant(authority, visit.exchange, sent)
            ask = Ask(
                self._office,
                visit.exchange,
                visit.tenant,
                authority,
                visit.exchange.host_url,
                rest,
                route.older,
            )
            yield from self._obstruct(visit, sent.get("client_id", ""))
            answer = _answered(route, ask)
            self._keep(visit, route)
        except OAuthError as error:
            code, reason = error.error, error.description
            answer = self._refused(visit, route, error)
        except GraphError as error:
            code, reason = _foreign(error), error.reason
            if route is not None and route.of_graph:
                code, answer = error.code, exchange.refusal(error, self._now(visit))
            else:
                answer = self._refused(visit, route, _as_oauth(error))
        except StoreError as error:
            failure = unavailable(error)
            log.error("%s", failure.message)
            code, reason = _foreign(failure), failure.reason
            answer = self._refused(visit, route, _as_oauth(failure))
        except Exception:
            log.exception("unexpected error")
            code = "server_error"
            said = OAuthError(code, 500, "fakegraph met an error of its own; its log has it.")
            reason, answer = said.description, self._refused(visit, route, said)
        finally:
            self._tenants.leave(visit.tenant)
        headers = _headers(visit.exchange, answer, route)
        status = 0 if visit.dropped else answer.status
        seconds = time.perf_counter() - began
        self._note(visit, route, Outcome(answer, status, headers, code, reason, seconds))
        return answer, headers

    def _tenant(self, authority: str, exchange: Exchange, sent: Mapping[str, str]) -> Tenant:
        """The tenant that an authority means. Raises OAuthError, GraphError, StoreError."""
        tenants, strict = self._tenants, self._tenants.traits.strict_directory
        first = self._led_home(exchange)
        folded = authority.casefold()
        if folded == "consumers":
            return tenants.of_token(PERSONAL_TENANT)
        if folded in {"common", "organizations"}:
            return tenants.of_token(self._home(exchange, sent, first) or first)
        if is_tenant_name(authority):
            authority = tenants.resolved(authority)
            is_there = authority == DEFAULT_TENANT or authority in tenants
            if strict and not is_there:
                raise refusal(90002, tenant=authority)
            return tenants.of_token(authority if is_there else first or authority)
        if not _DOMAIN.fullmatch(authority):
            raise refusal(900023, tenant=authority)
        mapped = tenant_of(tenants, authority, first)
        if strict and mapped is None:
            raise refusal(90002, tenant=authority)
        return tenants.of_token(mapped or first)

    def _led_home(self, exchange: Exchange) -> str | None:
        """The tenant that the proxy's user is. Raises GraphError (404), StoreError."""
        if exchange.home is None:
            return None
        self._tenants.leave(self._tenants.named(exchange.home))
        return self._tenants.resolved(exchange.home)

    def _keep(self, visit: Visit, route: Route) -> None:
        """Make the tenant that somebody signed in to, where nobody has. Raises StoreError."""
        if route.keeps and not is_preflight(visit.exchange) and not self._leaves_no_trace(visit):
            self._tenants.keep(visit.known_tenant)

    def _leaves_no_trace(self, visit: Visit) -> bool:
        """Whether it is a page's of another site, to a tenant that nobody made."""
        return visit.known_tenant.passing and self._guard.is_foreign(visit.exchange.environ)

    def _home(self, exchange: Exchange, sent: Mapping[str, str], first: str | None) -> str | None:
        """Whose tenant it is, where the path leaves that open: the code's, or the user's, or that
        of who is signed in.
        """
        for name in ("code", "refresh_token", "device_code"):
            tenant = tenant_in(sent.get(name, ""))
            if tenant and self._is_there(tenant):
                return tenant
        user = sent.get("login_hint") or sent.get("logout_hint") or sent.get("username")
        if user:
            return tenant_of(self._tenants, name_in(user), first)
        tenant = home(exchange)
        return tenant if tenant and self._is_there(tenant) else None

    def _is_there(self, tenant: str) -> bool:
        return self._tenants.is_open(tenant) or tenant in self._tenants

    def _obstruct(self, visit: Visit, app: str) -> Steps[None]:
        """Let those of the tenant's faults have their way that name such a path.

        Raises GraphError for an answer in the endpoint's stead.
        """
        if not visit.known_tenant.faults or is_preflight(visit.exchange):
            return
        fault = visit.known_tenant.faults.pick(replace(visit.facts(app), sign_in=True))
        if fault is None:
            return
        visit.fault, visit.fault_kind = fault.id, fault.preset or "rule"
        try:
            yield from visit.suffer(fault.effect)
        except GraphError as error:
            raise _faulty(fault, error) from error

    def _now(self, visit: Visit) -> Instant:
        return (self._tenants.clock if visit.tenant is None else visit.tenant.instant)()

    def _refused(self, visit: Visit, route: Route | None, error: OAuthError) -> Answer:
        exchange = visit.exchange
        body = error.body(self._now(visit), exchange.request_id, exchange.client_request_id)
        if route is not None and route.page:
            answer = authorize.error_page(error, body)
        else:
            answer = Answer(error.status, orjson.dumps(body), "application/json; charset=utf-8")
        return answer._replace(headers={**answer.headers, **error.headers})

    def _note(self, visit: Visit, route: Route | None, outcome: Outcome) -> None:
        """Count the request, and tell its tenant's journal and the log, without secrets."""
        exchange, tenant = visit.exchange, visit.tenant
        self._metrics.count(exchange.method, outcome.status, outcome.seconds, visit.fault_kind)
        target = shown_target(exchange)
        if outcome.reason is not None:
            outcome = outcome._replace(reason=kept_reason(shown_reason(outcome.reason, exchange)))
        if tenant is not None and tenant.journal.size and not self._leaves_no_trace(visit):
            path = None if route is None else _template(route)
            if route is not None and route.keeps:
                exchange.environ[ISSUED] = claims_in(outcome.answer.body)
            tenant.journal.add(redacted(visit.entry(tenant, outcome), exchange, target, path))
        log_request(exchange, target, outcome)


def _template(route: Route) -> str:
    return route.path if route.path in _APART else f"/{{tenant}}{route.path}"


def routes() -> list[tuple[list[str], str]]:
    """Methods and path of each endpoint, for people."""
    found = [(list(route.views), f"/{{tenant}}{route.path}") for route in ROUTES]
    return [*found, *((list(route.views), route.path) for route in _APART.values())]


def _check_host(exchange: Exchange) -> None:
    """Raise OAuthError where personal accounts sign in: there are none here."""
    if is_personal(exchange.header("HTTP_HOST") or "localhost"):
        words = (
            "The client does not exist or is not enabled for consumers. fakegraph has no personal "
            "accounts at login.live.com: sign in at login.microsoftonline.com/consumers."
        )
        raise OAuthError("unauthorized_client", 400, words)


def _located(raw_path: str) -> tuple[str, Route, str]:
    """The authority, the route, and what stands in its last segment's place. Raises OAuthError."""
    apart = _APART.get(raw_path.casefold())
    if apart is not None:
        return "common", apart, ""
    authority, _, below = re.sub("/{2,}", "/", raw_path).lstrip("/").partition("/")
    try:
        authority = unquote(authority, errors="strict")
        path = f"/{below}"
        if path.casefold().startswith("/userrealm/") and path.count("/") == 2:
            return authority, _REALM, unquote(path.rpartition("/")[2], errors="strict")
    except UnicodeDecodeError as error:
        raise refusal(9002313, hint="The path is not percent-encoded UTF-8.") from error
    route = _FIXED.get(path.casefold())
    if route is None:
        known = ", ".join(f"/{{tenant}}{each.path}" for each in ROUTES)
        message = f"Resource not found: fakegraph does not serve '{shown(raw_path)}'. It serves "
        raise OAuthError("invalid_request", 404, f"{message}{known}.")
    return authority, route, ""


def _of_token(exchange: Exchange) -> str:
    """The tenant that a token names, which is looked at later; otherwise that of the client."""
    named = claims_of(exchange.header("HTTP_AUTHORIZATION").partition(" ")[2].strip()).tenant
    return named if is_tenant_name(named) else exchange.home or DEFAULT_TENANT


def _answered(route: Route, ask: Ask) -> Answer:
    if is_preflight(ask.exchange) and not route.page:
        return answer_preflight(ask.exchange)
    view = route.views.get(ask.exchange.method)
    if view is None:
        allowed = ", ".join(route.views)
        error = refusal(900561, allowed=allowed, method=ask.exchange.method)
        error.headers = {"Allow": allowed}
        raise error
    found = view(ask)
    if isinstance(found, Answer):
        return found
    return Answer(200, orjson.dumps(found), "application/json; charset=utf-8")


def _peeked(exchange: Exchange) -> dict[str, str]:
    """What was sent, as far as it can be read, for the tenant and the faults to look at."""
    try:
        body = exchange.body.decode() if len(exchange.body) <= MAX_KEPT_BODY else ""
        return {**dict(parse_qsl(exchange.query)), **dict(parse_qsl(body))}
    except ValueError:
        return {}


def _faulty(fault: Fault, error: GraphError) -> OAuthError:
    """A fault in the shape of these endpoints; a code that the rule gives is the OAuth error."""
    code = str(fault.shown.get("code", _foreign(error)))
    return OAuthError(code, error.status, error.message, None, error.headers)


def _as_oauth(error: GraphError) -> OAuthError:
    """What the server's other rooms refuse: bodies that are too large, hosts that are none."""
    return OAuthError(_foreign(error), error.status, error.message, None, error.headers)


def _foreign(error: GraphError) -> str:
    return _BY_STATUS.get(
        error.status, "server_error" if error.status >= 500 else "invalid_request"
    )


def _headers(exchange: Exchange, answer: Answer, route: Route | None) -> Headers:
    found = [*_NO_STORE.items(), ("x-ms-request-id", exchange.request_id)]
    if exchange.header("HTTP_ORIGIN") and route is not None and not route.page:
        found.extend(CORS_HEADERS.items())  # single-page apps redeem their codes by script
    if exchange.header("HTTP_CLIENT_REQUEST_ID"):
        found.append(("client-request-id", exchange.client_request_id))
    found.extend(answer.headers.items())
    if answer.content_type is not None:
        found.append(("Content-Type", answer.content_type))
    if answer.status != HTTPStatus.NO_CONTENT:
        found.append(("Content-Length", str(len(answer.body))))
    return found
