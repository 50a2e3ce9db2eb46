"""What a tenant was asked, as tests look at it and as messages show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakegraph.journal import printable

if TYPE_CHECKING:
    import requests

SHOWN = 20  # requests in a message


class Unset:
    """Stands for an argument that was not given, where None means something."""


UNSET = Unset()


@dataclass(frozen=True)
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
    time: str
    duration_ms: float
    request_id: str

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Request:
        """A request from what the control face says of it."""
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
            time=entry["time"],
            duration_ms=entry["durationMs"],
            request_id=entry["requestId"],
        )

    def __str__(self) -> str:
        reason = f": {self.error_message}" if self.error_message else ""
        return printable(f"{self.line}{reason}")

    @property
    def line(self) -> str:
        """What it was and what it got, decoded, and without the reason."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        asked = f"{self.method} {self.path}{'?' if query else ''}{query}"
        code = f" {self.error_code}" if self.error_code else ""
        return printable(f"{asked} {self.status or 'reset'}{code}")


class RequestLog(list[Request]):
    """The journal as a list, oldest first. Called, it is a ``requests.Session`` of the tenant's."""

    def __init__(
        self, entries: Iterable[Request], make_session: Callable[[], requests.Session]
    ) -> None:
        super().__init__(entries)
        self._make_session = make_session

    def __call__(self) -> requests.Session:
        """A session with the tenant's headers whose relative URLs begin at ``.beta``."""
        return self._make_session()

    def text(self) -> str:
        """The last of them as lines, for messages."""
        if not self:
            return "\nno requests were received"
        left_out = f" (the last {SHOWN} of {len(self)})" if len(self) > SHOWN else ""
        return f"\nrequests{left_out}:{listed(self[-SHOWN:])}"


def listed(requests: Iterable[Request]) -> str:
    """Requests as lines of a message."""
    return "".join(f"\n  {request}" for request in requests)


def criteria(
    method: str | None,
    path: str | None,
    body: Any,
    status: int | None,
    others: Mapping[str, str],
) -> dict[str, str]:
    """What to ask the journal for, as the control face takes it."""
    asked = {"method": method, "path": path, "status": None if status is None else str(status)}
    if not isinstance(body, Unset):
        asked["json"] = json.dumps(body)
    return {name: value for name, value in (asked | dict(others)).items() if value is not None}


def told(asked: Mapping[str, str]) -> str:
    """The criteria in words: ``POST /reports/* with json {...}``."""
    rest = [f"{name} {value}" for name, value in asked.items() if name not in {"method", "path"}]
    start = " ".join(asked[name] for name in ("method", "path") if name in asked) or "a request"
    return f"{start} with {', '.join(rest)}" if rest else start
