"""What a tenant was asked, as tests look at it and as messages show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakegraph.handle.errors import renamed, warn_of_old
from fakegraph.handle.options import OLD_CRITERIA, Criteria, Unset
from fakegraph.handle.wire import encoded, text
from fakegraph.tenants.journal import printable

if TYPE_CHECKING:
    import requests

SHOWN = 20  # requests in a message


@dataclass(frozen=True, repr=False)
class Request:
    """A request that the tenant received. ``status`` is 0 where the connection was reset.

    ``path`` is decoded and without the tenant in front; ``query`` has the decoded options as they
    were named; ``json`` is the body where it was JSON, else None, and ``response_json`` the
    answer's. ``error_code`` and ``error_message`` say why it was refused.
    """

    method: str
    path: str
    query: Mapping[str, str]
    json: Any
    status: int
    headers: Mapping[str, str]
    route: str | None
    error_code: str | None
    error_message: str | None
    response_json: Any
    fault: str | None
    stub: str | None
    time: str
    duration_ms: float
    request_id: str

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Request:
        """A request from what the control API says of it."""
        return cls(
            method=entry["method"],
            path=entry["path"],
            query=entry["query"],
            json=entry["json"],
            status=entry["status"],
            headers=entry["headers"],
            route=entry["route"],
            error_code=entry["errorCode"],
            error_message=entry["errorMessage"],
            response_json=entry["responseJson"],
            fault=entry["fault"],
            stub=entry["stub"],
            time=entry["time"],
            duration_ms=entry["durationMs"],
            request_id=entry["requestId"],
        )

    def __str__(self) -> str:
        reason = f": {self.error_message}" if self.error_message else ""
        return printable(f"{self.line}{reason}")

    def __repr__(self) -> str:
        return f"<Request {self.line}>"

    @property
    def line(self) -> str:
        """What it was and what it got, decoded, and without the reason."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        asked = f"{self.method} {self.path}{'?' if query else ''}{query}"
        code = f" {self.error_code}" if self.error_code else ""
        return printable(f"{asked} {self.status or 'reset'}{code}")


class RequestLog(list[Request]):
    """The journal as a list, oldest first; printed, the last of them are lines."""

    def __init__(
        self, entries: Iterable[Request], make_session: Callable[[], requests.Session]
    ) -> None:
        super().__init__(entries)
        self._make_session = make_session

    def __call__(self) -> requests.Session:
        """As ``FakeGraph.requests_session``, which it was the name of once."""
        warn_of_old(".requests()", ".requests_session()")
        return self._make_session()

    def __str__(self) -> str:
        if not self:
            return "no requests were received"
        left_out = f" (the last {SHOWN} of {len(self)})" if len(self) > SHOWN else ""
        return f"requests{left_out}:{listed(self[-SHOWN:])}"


def listed(requests: Iterable[Request]) -> str:
    """Requests as lines of a message."""
    return "".join(f"\n  {request}" for request in requests)


Asked = list[tuple[str, str]]
"""What requests are asked for by: names and values of the control API's query."""


def asked_for(
    method: str | None, path: str | None, body: Any, status: int | None, others: Criteria
) -> Asked:
    """What to ask the journal for. Raises Misuse for what cannot be asked for."""
    found: dict[str, Any] = {"method": method, "path": path, "status": status}
    if not isinstance(body, Unset):
        found["json"] = encoded(body)
    named = {name: value for name, value in others.items() if name not in _WRITTEN}
    for name, value in {**others, **renamed(named, OLD_CRITERIA, "assert_called")}.items():
        if name in _WRITTEN:
            found[_WRITTEN[name]] = value
    return [pair for name, value in found.items() for pair in _pairs(name, value)]


_WRITTEN = {
    "route": "route",
    "query": "query",
    "headers": "header",
    "error_code": "errorCode",
    "fault": "fault",
    "stub": "stub",
    "request_id": "requestId",
    "since": "since",
    "min_duration_ms": "minDurationMs",
}


def _pairs(name: str, value: Any) -> Asked:
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [(name, f"{key}={pattern}") for key, pattern in value.items()]
    return [(name, text(value))]


def told(asked: Asked) -> str:
    """The criteria in words: ``POST /reports/* with json {...}``."""
    start = " ".join(value for name, value in asked if name in {"method", "path"}) or "a request"
    rest = [f"{name} {value}" for name, value in asked if name not in {"method", "path"}]
    return f"{start} with {', '.join(rest)}" if rest else start
