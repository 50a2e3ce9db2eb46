"""What is known of a request as it goes its way, for faults, the journal and the log."""

from __future__ import annotations

import logging
from dataclasses import field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError
from fakegraph.tenants import Tenant
from fakegraph.tenants.faults import Effect, Facts
from fakegraph.tenants.journal import Entry, kept, kept_body, printable, readable
from fakegraph.web.exchange import Answer, Exchange, Headers
from fakegraph.web.later import Pause, Steps

log = logging.getLogger("fakegraph")


@dataclass(slots=True)
class Visit:
    """One request on its way. ``headers`` go out with the answer, whatever it is."""

    exchange: Exchange
    tenant: Tenant | None = None
    route: str | None = None
    fault: str | None = None
    fault_kind: str | None = None
    stub: str | None = None
    dropped: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def known_tenant(self) -> Tenant:
        """The tenant, once it was found."""
        assert self.tenant is not None
        return self.tenant

    def note_route(self, route: str) -> None:
        """Remember the path that matched."""
        self.route = route

    def facts(self, app: str) -> Facts:
        """What rules may look at."""
        exchange = self.exchange
        options = parse_qsl(exchange.query, keep_blank_values=True)
        query = {name.removeprefix("$").casefold(): value for name, value in options}
        return Facts(exchange.method, unquote(exchange.raw_path), query, app)

    def suffer(self, effect: Effect) -> Steps[None]:
        """Undergo a fault. Raises GraphError where that is an answer in the service's stead."""
        if effect.delay_ms:
            yield Pause(effect.delay_ms / 1000)
        if effect.drop:
            self.disturb(drop=True)
            self.dropped = True
        error = effect.error()
        if error is not None or effect.drop:
            self.exchange.try_body()  # for the journal: nobody else will read it
            raise error or GraphError(500, "connectionReset", "The connection was reset.")
        if effect.truncate or effect.body_ms:
            self.disturb(truncate=effect.truncate, body_seconds=effect.body_ms / 1000)

    def disturb(self, **how: Any) -> None:
        """Have the server spoil the answer. Raises ConnectionResetError where it cannot."""
        disturb = self.exchange.environ.get("fakegraph.disturb")
        if disturb is None:
            raise GraphError(
                501, "notImplemented", "Only fakegraph's own server can reset or slow connections."
            )
        disturb(**how)

    def entry(self, tenant: Tenant, outcome: Outcome) -> Entry:
        """The journal's entry about it."""
        exchange, answer = self.exchange, outcome.answer
        body = exchange.body
        unsent = self.dropped or exchange.method == "HEAD"
        return Entry(  # by place: by name takes thrice as long
            tenant.instant(),
            kept(exchange.environ),
            exchange.target,
            self.route,
            b"" if not body or exchange.has_form else kept_body(body),  # a form has secrets
            len(body) or exchange.taken,
            outcome.status,
            outcome.code,
            outcome.reason,
            outcome.headers,
            b"" if unsent else kept_body(answer.body),
            answer.size,
            round(outcome.seconds * 1000, 3),
            tenant.id,
            exchange.request_id,
            self.fault,
            self.stub,
        )


class Outcome(NamedTuple):
    """What became of a request. ``status`` is 0 where the connection was reset.

    ``code`` and ``reason`` are None for a success.
    """

    answer: Answer
    status: int
    headers: Headers
    code: str | None
    reason: str | None
    seconds: float


def log_request(exchange: Exchange, target: str, outcome: Outcome) -> None:
    """Write a line about a request into the log; ``target`` is the path and query to show."""
    if not log.isEnabledFor(logging.INFO):
        return
    request: dict[str, Any] = {
        "method": exchange.method,
        "target": readable(target),
        "status": outcome.status,
        "durationMs": round(outcome.seconds * 1000, 2),
        "requestId": exchange.request_id,
    }
    line = "%(method)s %(target)s %(status)d %(durationMs)sms %(requestId)s"
    if outcome.code is not None:
        request |= {"errorCode": outcome.code, "errorMessage": printable(outcome.reason or "")}
        line += " %(errorCode)s: %(errorMessage)s"
    log.info(line, request, extra={"request": request})
