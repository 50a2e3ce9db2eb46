"""Azure Resource Manager as far as signing in asks it: which tenants and subscriptions there are.

https://learn.microsoft.com/rest/api/resources/subscriptions/list and
https://learn.microsoft.com/rest/api/resources/tenants/list. All else is refused, by name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

from fakegraph.errors import GraphError
from fakegraph.signin.office import Office
from fakegraph.store import StoreError
from fakegraph.tenants import Tenant, unavailable
from fakegraph.tenants.journal import kept_reason
from fakegraph.tenants.metrics import Metrics
from fakegraph.tokens.bearer import payload_of
from fakegraph.tokens.claims import seconds, stable_id
from fakegraph.tokens.resources import MANAGEMENT, resource_of
from fakegraph.web.exchange import Answer, Exchange, Headers
from fakegraph.web.later import Pause, Steps, begin
from fakegraph.web.visit import Outcome, Visit, log_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-preview)?", re.IGNORECASE)
_JSON = "application/json; charset=utf-8"


def _subscriptions(tenant: Tenant) -> dict[str, Any]:
    id_ = stable_id(f"{tenant.id}/subscription")
    one = {
        "id": f"/subscriptions/{id_}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": id_,
        "tenantId": tenant.guid,
        "displayName": "Subscription",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }
    return {"value": [one], "count": {"type": "Total", "value": 1}}


def _tenants(tenant: Tenant) -> dict[str, Any]:
    try:
        rows = (row.record for row in tenant.store.container("organization").scan())
        name = next((each.get("displayName") for each in rows), None)
    except KeyError:
        name = None
    one = {
        "id": f"/tenants/{tenant.guid}",
        "tenantId": tenant.guid,
        "displayName": name or "Default Directory",
        "tenantType": "AAD",
        "tenantCategory": "Home",
    }
    return {"value": [one]}


_VIEWS: Mapping[str, Callable[[Tenant], dict[str, Any]]] = {
    "/subscriptions": _subscriptions,
    "/tenants": _tenants,
}


class ManagementApi:
    """A WSGI app: what ``az login`` and its like ask Azure Resource Manager."""

    def __init__(self, office: Office, max_body: int, metrics: Metrics) -> None:
        self._office = office
        self._max_body = max_body
        self._metrics = metrics

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, whatever becomes of it."""
        exchange = Exchange(environ, self._max_body)
        return begin(self._respond(exchange), lambda found: exchange.send(*found, start_response))

    def _respond(self, exchange: Exchange) -> Steps[tuple[Answer, Headers]]:
        yield Pause(share="management")  # tenants are opened, signatures checked
        began = time.perf_counter()
        visit, refused = Visit(exchange), None
        try:
            answer = Answer(200, orjson.dumps(self._answer(visit)), _JSON)
        except GraphError as error:
            refused = error
        except StoreError as error:
            refused = unavailable(error)
        finally:
            self._office.tenants.leave(visit.tenant)
        if refused is not None:
            said = {"error": {"code": refused.code, "message": refused.message}}
            answer = Answer(refused.status, orjson.dumps(said), _JSON, refused.headers)
        headers = _headers(exchange, answer)
        self._note(visit, answer, headers, refused, time.perf_counter() - began)
        return answer, headers

    def _answer(self, visit: Visit) -> dict[str, Any]:
        exchange = visit.exchange
        tenant, claims = self._caller(visit)
        path = exchange.raw_path.rstrip("/").lower()
        view = _VIEWS.get(path)
        if view is None or exchange.method != "GET":
            known = " and ".join(f"GET {each}" for each in _VIEWS)
            raise GraphError(
                501,
                "NotImplemented",
                f"fakegraph has of Azure Resource Manager what signing in asks for: {known}. "
                f"It does not have {exchange.method} {exchange.raw_path}.",
            )
        visit.note_route(path)
        _check_version(exchange.query)
        if claims:
            _check_audience(claims)
        return view(tenant)

    def _caller(self, visit: Visit) -> tuple[Tenant, Mapping[str, Any]]:
        """Whose tenant it is, and what the token says. Raises GraphError (401)."""
        exchange, tenants = visit.exchange, self._office.tenants
        scheme, _, token = exchange.header("HTTP_AUTHORIZATION").strip().partition(" ")
        claims = payload_of(token)
        named = claims.get("tid")
        visit.tenant = tenant = tenants.of_token(named if isinstance(named, str) else None)
        if tenant.auth == "off":
            return tenant, {}
        if scheme.casefold() != "bearer" or not token:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise _unauthorised("AuthenticationFailed", message, exchange)
        if tenant.auth == "strict":
            claims = self._office.checker.claims(token, exchange.host_url)
            if not _is_now(claims, seconds(tenant.instant())):
                message = "The access token expiry or start is not now."
                raise _unauthorised("ExpiredAuthenticationToken", message, exchange)
        return tenant, claims

    def _note(
        self,
        visit: Visit,
        answer: Answer,
        headers: Headers,
        refused: GraphError | None,
        seconds_: float,
    ) -> None:
        exchange, tenant = visit.exchange, visit.tenant
        code = None if refused is None else refused.code
        reason = None if refused is None else kept_reason(refused.reason)
        outcome = Outcome(answer, answer.status, headers, code, reason, seconds_)
        self._metrics.count(exchange.method, answer.status, seconds_, None)
        if tenant is not None and tenant.journal.size:
            tenant.journal.add(visit.entry(tenant, outcome))
        log_request(exchange, exchange.target, outcome)


def _check_version(query: str) -> None:
    given = parse_qs(query).get("api-version", [""])[0]
    if not given:
        raise GraphError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _VERSION.fullmatch(given):
        message = f"The api-version '{given[:40]}' is invalid: it is a date, such as 2022-12-01."
        raise GraphError(400, "InvalidApiVersionParameter", message)


def _check_audience(claims: Mapping[str, Any]) -> None:
    audience = str(claims.get("aud"))
    service = resource_of(audience)
    if service is None or service.app_id != MANAGEMENT:
        raise GraphError(
            401,
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource "
            f"'{audience[:200]}'. It should exactly match with one of the allowed audiences "
            "'https://management.core.windows.net/', 'https://management.azure.com'.",
        )


def _is_now(claims: Mapping[str, Any], now: int) -> bool:
    begins, expires = claims.get("nbf"), claims.get("exp")
    return isinstance(begins, int) and isinstance(expires, int) and begins <= now < expires


def _unauthorised(code: str, message: str, exchange: Exchange) -> GraphError:
    root = exchange.host_url
    challenge = f'Bearer authorization_uri="{root}/common", error="invalid_token"'
    return GraphError(401, code, message, headers={"WWW-Authenticate": challenge})


def _headers(exchange: Exchange, answer: Answer) -> Headers:
    found = [("Cache-Control", "no-cache"), ("x-ms-request-id", exchange.request_id)]
    found.extend(answer.headers.items())
    if answer.content_type is not None:
        found.append(("Content-Type", answer.content_type))
    if answer.status != HTTPStatus.NO_CONTENT:
        found.append(("Content-Length", str(len(answer.body))))
    return found
