"""``FakeGraph``: the handle that tests hold, in pytest, unittest and scripts alike.

It speaks to the control face, of a server in this process or of one that runs elsewhere, so what a
test can do here a test in any other language can do too.
"""

from __future__ import annotations

import http.client
import io
import json
import ssl
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from fakegraph.app import close_app, control_of, create_app
from fakegraph.errors import GraphError
from fakegraph.identity.ca import tls_files
from fakegraph.serving import InProcessServer
from fakegraph.settings import Settings

if TYPE_CHECKING:
    import httpx
    import requests
    from msgraph_beta import GraphServiceClient

    from fakegraph.edm.schema import Record

_ROOT = "/_fakegraph"
_OF_A_TENANT = {
    "fixture": "fixture",
    "auth": "auth",
    "page_size": "pageSize",
    "retired": "retired",
    "strict_queries": "strictQueries",
}
_SHOWN = 20  # requests in a message


class ControlError(ValueError):
    """What the control face refused; nothing was done. The message has every problem."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        problems = error.get("details") or [error]
        lines = [
            ": ".join(filter(None, (problem.get("target"), problem["message"])))
            for problem in problems
        ]
        super().__init__("\n".join(lines))
        self.status = status
        self.code: str = error["code"]
        self.problems: Sequence[Mapping[str, Any]] = problems

    @classmethod
    def of(cls, error: GraphError) -> ControlError:
        """The same error as its caller sees it who is in this process."""
        details = [asdict(problem) for problem in error.details]
        named = {"code": error.code, "message": error.message, "target": error.target}
        return cls(error.status, {**named, "details": details})


class Server(Protocol):
    """A fakegraph server, wherever it runs."""

    @property
    def url(self) -> str:
        """Scheme, host and port."""

    @property
    def ca(self) -> Path | None:
        """The certificate of the CA to trust, where it has one of its own."""

    @property
    def auth(self) -> str | None:
        """What it asks tenants for that do not say; None where that is not known."""

    def open_tenant(self, wanted: Mapping[str, Any]) -> str:
        """Make a tenant, as ``POST /_fakegraph/tenants`` does; its id. Raises ControlError."""

    def close_tenant(self, id_: str) -> None:
        """Remove a tenant. Raises ControlError."""

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control face; ``path`` is below ``/_fakegraph``. Raises ControlError."""


class FakeGraphServer:
    """One server in this process, on a free port of the loopback address, with many tenants."""

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        files = tls_files(settings)
        self.ca = files.ca
        self.auth: str | None = settings.auth
        self.app = create_app(settings, ca=files.ca)
        self._key = settings.control_key or ""
        self._http = InProcessServer(
            self.app, max_body=settings.max_body, cert=files.cert, key=files.key
        )

    @property
    def url(self) -> str:
        """Where it listens: scheme, host and port."""
        return self._http.url

    def start(self) -> FakeGraphServer:
        """Begin to answer."""
        self._http.start()
        return self

    def stop(self) -> None:
        """Stop answering and let go of everything."""
        self._http.stop()
        close_app(self.app)

    def open_tenant(self, wanted: Mapping[str, Any]) -> str:
        """Make a tenant, without the way through HTTP: every test does this. Its id."""
        try:
            return control_of(self.app).open_tenant(wanted).id
        except GraphError as error:
            raise ControlError.of(error) from error

    def close_tenant(self, id_: str) -> None:
        """Remove a tenant, without the way through HTTP."""
        try:
            control_of(self.app).close_tenant(id_)
        except GraphError as error:
            raise ControlError.of(error) from error

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control face, without the way through a socket. Raises ControlError."""
        data = b"" if body is None else json.dumps(body).encode()
        where, _, query = path.partition("?")
        url = urlsplit(self.url)
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": _ROOT + where,
            "QUERY_STRING": query,
            "SERVER_NAME": url.hostname,
            "SERVER_PORT": str(url.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": url.netloc,
            "HTTP_X_FAKEGRAPH_KEY": self._key,
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": url.scheme,
            "wsgi.input": io.BytesIO(data),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if data:
            environ["CONTENT_TYPE"] = "application/json"
        lines: list[str] = []

        def start_response(status: str, *_: Any) -> Callable[[bytes], object]:
            lines.append(status)
            return lines.append  # type: ignore[return-value]  # PEP 3333's write(), never called

        answer = b"".join(self.app(environ, start_response))  # the status comes with it
        return _read_answer(int(lines[0][:3]), answer)


class RemoteServer:
    """A server that runs elsewhere: a sidecar, or ``fakegraph serve``. Threads may share it."""

    def __init__(
        self, url: str, control_key: str | None = None, ca: str | Path | None = None
    ) -> None:
        """``ca``: a PEM file to trust in place of the system's certificates."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is no URL of a server, such as http://localhost:8365")
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._key = control_key
        self.ca = None if ca is None else Path(ca)
        self.auth: str | None = None
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=ca)
            self._connection = http.client.HTTPSConnection(
                parts.netloc, timeout=60, context=context
            )
        self._lock = threading.Lock()

    def open_tenant(self, wanted: Mapping[str, Any]) -> str:
        """Make a tenant; its id."""
        id_: str = self.control("POST", "/tenants", wanted)["id"]
        return id_

    def close_tenant(self, id_: str) -> None:
        """Remove a tenant."""
        self.control("DELETE", f"/tenants/{id_}")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control face. Raises ControlError; OSError where nothing answers."""
        headers = {} if self._key is None else {"X-Fakegraph-Key": self._key}
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        with self._lock:
            try:
                self._connection.request(method, _ROOT + path, data, headers)
                answer = self._connection.getresponse()
                return _read_answer(answer.status, answer.read())
            finally:
                self._connection.close()

    def stop(self) -> None:
        """Let go of the connection; the server goes on."""
        self._connection.close()


def _read_answer(status: int, data: bytes) -> Any:
    answer: Any = json.loads(data) if data else None
    if status >= 400:
        raise ControlError(status, answer["error"])
    return answer


@dataclass(frozen=True)
class Request:
    """A request that the tenant received. ``status`` is 0 where the connection was reset.

    ``path`` is decoded and without the tenant in front; ``query`` has the decoded options as they
    were named; ``json`` is the body where it was JSON, else None.
    """

    method: str
    path: str
    query: Mapping[str, str]
    json: Any
    status: int
    headers: Mapping[str, str]
    route: str | None
    error_code: str | None
    fault: str | None
    time: str
    duration_ms: float
    request_id: str

    def __str__(self) -> str:
        query = f"?{urlencode(self.query, safe='$,():@/', quote_via=quote)}" if self.query else ""
        code = f" {self.error_code}" if self.error_code else ""
        return f"{self.method} {self.path}{query} {self.status or 'reset'}{code}"


def _request(entry: Mapping[str, Any]) -> Request:
    return Request(
        method=entry["method"],
        path=entry["path"],
        query=entry["query"],
        json=entry["json"],
        status=entry["status"],
        headers=entry["headers"],
        route=entry["route"],
        error_code=entry["errorCode"],
        fault=entry["fault"],
        time=entry["time"],
        duration_ms=entry["durationMs"],
        request_id=entry["requestId"],
    )


class RequestLog(list[Request]):
    """The journal as a list, oldest first. Called, it is a ``requests.Session`` of the tenant's."""

    def __init__(self, graph: FakeGraph, entries: Iterable[Request]) -> None:
        super().__init__(entries)
        self._graph = graph

    def __call__(self) -> requests.Session:
        """A session with the tenant's headers whose relative URLs begin at ``.beta``."""
        import requests

        base = self._graph.beta

        class Session(requests.Session):  # type: ignore[misc]  # it may not be installed
            def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
                absolute = str(url).startswith(("http://", "https://"))
                return super().request(
                    method, url if absolute else f"{base}/{str(url).lstrip('/')}", *args, **kwargs
                )

        session = Session()
        if self._graph.ca is not None:
            session.verify = str(self._graph.ca)
        session.headers.update(self._graph.headers)
        return session


class Snapshot:
    """A tenant's records as they were; in a ``with`` block, they are restored at its end."""

    def __init__(self, graph: FakeGraph, name: str) -> None:
        self._graph = graph
        self.name = name

    def restore(self) -> None:
        """Go back to them."""
        self._graph.control("POST", f"/snapshots/{self.name}/restore")

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()


class _Unset:
    """Stands for an argument that was not given, where None means something."""


UNSET = _Unset()


class FakeGraph:
    """A fresh tenant of its own, seeded with the template, gone when it is closed.

    Without a ``server`` it starts one in this process, with the settings given by name (see
    ``fakegraph serve``); with ``url`` it uses one that runs there. On a server that it did not
    start, ``fixture``, ``auth``, ``page_size``, ``retired`` and ``strict_queries`` are the tenant's
    own. ::

        with FakeGraph(fixture=["contoso"]) as graph:
            requests.get(f"{graph.beta}/reports/userCredentialUsageDetails", headers=graph.headers)

    What the control face refuses is raised as ControlError.
    """

    def __init__(
        self,
        server: Server | None = None,
        *,
        url: str | None = None,
        control_key: str | None = None,
        ca: str | Path | None = None,
        **settings: Any,
    ) -> None:
        self._own: FakeGraphServer | None = None
        self._wanted: dict[str, Any] = {}
        if server is None and url is None:
            if control_key is not None:
                settings["control_key"] = control_key
            self._own = FakeGraphServer(Settings(**settings))
            self._server: Server = self._own
            return
        if server is not None and (url is not None or control_key is not None):
            raise TypeError("give a server or its url, not both")
        others = sorted(settings.keys() - _OF_A_TENANT.keys())
        if others:
            raise TypeError(f"{others[0]} is a setting of the server, which is running already")
        self._server = server or RemoteServer(str(url), control_key, ca)
        self._wanted = {
            _OF_A_TENANT[name]: list(value) if isinstance(value, tuple) else value
            for name, value in settings.items()
        }
        self._id: str | None = None

    _id: str | None = None

    def __enter__(self) -> FakeGraph:
        if self._own is not None:
            self._own.start()
        self._id = self._server.open_tenant(self._wanted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._server.close_tenant(self.id)
        finally:
            self._id = None
            if self._own is not None:
                self._own.stop()

    @property
    def server(self) -> Server:
        """The server that answers for this tenant."""
        return self._server

    @property
    def ca(self) -> Path | None:
        """The certificate of the CA to trust, with ``tls=True``; else None."""
        return self._server.ca

    @property
    def id(self) -> str:
        """The tenant's name. Raises RuntimeError outside the ``with`` block."""
        if self._id is None:
            raise RuntimeError("FakeGraph is used inside a with block")
        return self._id

    @property
    def url(self) -> str:
        """The root of this tenant, to be followed by ``/beta`` or ``/v1.0``."""
        return f"{self._server.url}/tenants/{self.id}"

    @property
    def authority(self) -> str:
        """Where to sign in to this tenant, for MSAL and azure-identity; they want ``tls=True``."""
        return f"{self._server.url}/{self.id}"

    @property
    def beta(self) -> str:
        """The service root of the beta version."""
        return f"{self.url}/beta"

    @property
    def v1(self) -> str:
        """The service root of version 1.0."""
        return f"{self.url}/v1.0"

    @property
    def headers(self) -> dict[str, str]:
        """Request headers that are let in; with ``auth="strict"``, to everything."""
        strict = self._wanted.get("auth", self._server.auth) == "strict"
        token = self.token() if strict else "fakegraph"
        return {"Authorization": f"Bearer {token}"}

    def token(
        self,
        roles: Sequence[str] | None = None,
        *,
        scopes: Sequence[str] | None = None,
        expires_in: int = 3600,
        **wanted: Any,
    ) -> str:
        """A signed access token for this tenant: an app's with roles, or a user's with scopes.

        Without either it has every permission that there is. With it the server's own URL leads to
        this tenant too. ``expires_in`` is in seconds, and may lie behind. ``wanted`` are further
        keys of ``POST /_fakegraph/tokens``: ``app``, ``user``, ``audience``, ``signature``,
        ``claims``.
        """
        body = {"expiresIn": expires_in, **wanted}
        if roles is not None:
            body["roles"] = list(roles)
        if scopes is not None:
            body["scp"] = " ".join(scopes)
        token: str = self.control("POST", "/tokens", body)["access_token"]
        return token

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control face about this tenant: its ``path`` behind ``/tenants/{id}``."""
        return self._server.control(method, f"/tenants/{self.id}{path}", body)

    def records(self, entity_set: str) -> list[Record]:
        """What is stored, oldest first, as copies."""
        found: list[Record] = self.control("GET", f"/records/{quote(entity_set)}")["value"]
        return found

    def create(self, entity_set: str, **properties: Any) -> Record:
        """Store one record and give it back, its ``id`` included."""
        key = properties.setdefault("id", str(uuid.uuid4()))
        self.seed({entity_set: [properties]})
        query = urlencode({"id": key})
        (stored,) = self.control("GET", f"/records/{quote(entity_set)}?{query}")["value"]
        created: Record = stored
        return created

    def seed(self, records: str | Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, int]:
        """Add a fixture (built-in name, file or folder) or records by entity set, all or nothing.

        Gives how many were added to each set.
        """
        if isinstance(records, str):
            body: dict[str, Any] = {"fixture": records}
        else:
            body = {name: [dict(item) for item in items] for name, items in records.items()}
        added: dict[str, int] = self.control("POST", "/seed", body)
        return added

    def reset(self) -> None:
        """Back to the state the tenant started in: records, faults, clock, journal."""
        self.control("POST", "/reset")

    def snapshot(self, name: str | None = None) -> Snapshot:
        """Remember the records as they are."""
        name = name or f"snapshot-{uuid.uuid4()}"
        self.control("POST", "/snapshots", {"name": name})
        return Snapshot(self, name)

    def fail(
        self,
        preset_or_status: str | int,
        *,
        method: str | None = None,
        path: str | None = None,
        query: Mapping[str, str] | None = None,
        app: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        retry_after: float | _Unset | None = UNSET,
        probability: float = 1.0,
        seed: int = 0,
        **effects: Any,
    ) -> str:
        """Have requests fail; the id of the fault.

        Of those that match, ``skip`` pass, then ``times`` (None: all) fail. ``path`` is a pattern
        such as ``/reports/*``. ``effects`` are further keys of a fault: ``code``, ``message``,
        ``delayMs``, ``bodyMs`` and so on. ``retry_after`` None leaves the header out.
        """
        match = {"method": method, "path": path, "query": query, "app": app}
        kind = "preset" if isinstance(preset_or_status, str) else "status"
        fault: dict[str, Any] = {
            kind: preset_or_status,
            "match": {name: value for name, value in match.items() if value is not None},
            "times": times,
            "skip": skip,
            "probability": probability,
            "seed": seed,
            **effects,
        }
        if not isinstance(retry_after, _Unset):
            fault["retryAfter"] = retry_after
        created: str = self.control("POST", "/faults", fault)["id"]
        return created

    def heal(self) -> None:
        """Take all faults away."""
        self.control("DELETE", "/faults")

    @property
    def now(self) -> str:
        """The tenant's time."""
        now: str = self.control("GET", "/clock")["now"]
        return now

    def freeze(self, instant: str | datetime | None = None) -> None:
        """Stop the tenant's clock, at an instant or where it is. A datetime needs a time zone."""
        change: dict[str, Any] = {"frozen": True}
        if instant is not None:
            change["now"] = instant.isoformat() if isinstance(instant, datetime) else instant
        self.control("PUT", "/clock", change)

    def advance(self, by: str | timedelta | float) -> None:
        """Move the tenant's clock: ``PT1H``, a timedelta, or seconds; back where negative."""
        self.control("PUT", "/clock", {"advance": by if isinstance(by, str) else _duration(by)})

    @property
    def requests(self) -> RequestLog:
        """What the tenant was asked, oldest first. ``.requests()`` is a ``requests.Session``."""
        return self._log("/requests", {})

    def _log(self, path: str, criteria: Mapping[str, str]) -> RequestLog:
        query = f"?{urlencode(criteria)}" if criteria else ""
        return RequestLog(self, map(_request, self.control("GET", path + query)["value"]))

    def assert_called(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        times: int | None = None,
        json: Any = UNSET,
        status: int | None = None,
        **criteria: str,
    ) -> RequestLog:
        """Assert that the tenant was asked so: ``times`` times, or at all; what matched.

        ``path`` is a pattern; ``json`` a part of the body; ``criteria`` are further ones of the
        journal. A failure says what came closest, and shows the journal.
        """
        asked = _criteria(method, path, json, status, criteria)
        matched = self._log("/requests", asked)
        if len(matched) == times or (times is None and matched):
            return matched
        wanted = "at least once" if times is None else f"{times} times"
        raise AssertionError(
            f"expected {_told(asked)} {wanted}, was {len(matched)} times"
            f"{self._near(asked)}{self.journal()}"
        )

    def assert_not_called(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        json: Any = UNSET,
        status: int | None = None,
        **criteria: str,
    ) -> None:
        """Assert that the tenant was never asked so. A failure shows the journal."""
        asked = _criteria(method, path, json, status, criteria)
        matched = self._log("/requests", asked)
        if matched:
            shown = "".join(f"\n  {request}" for request in matched[:_SHOWN])
            raise AssertionError(
                f"expected no {_told(asked)}, was {len(matched)} times:{shown}{self.journal()}"
            )

    def _near(self, asked: Mapping[str, str]) -> str:
        near = self.control("GET", f"/requests/near-misses?{urlencode(asked)}")["value"]
        if not near:
            return ""
        lines = [
            f"\n  {_request(each['request'])}: {'; '.join(each['differences'])}" for each in near
        ]
        return "\nclosest:" + "".join(lines)

    def journal(self) -> str:
        """The last requests as text, for messages."""
        log = self.requests
        if not log:
            return "\nno requests were received"
        left_out = f" (the last {_SHOWN} of {len(log)})" if len(log) > _SHOWN else ""
        return f"\nrequests{left_out}:" + "".join(f"\n  {request}" for request in log[-_SHOWN:])

    def httpx(self) -> httpx.Client:
        """A client with the tenant's headers whose relative URLs begin at ``.beta``."""
        import httpx

        trusted = True if self.ca is None else ssl.create_default_context(cafile=self.ca)
        return httpx.Client(base_url=self.beta, headers=self.headers, verify=trusted)

    def msgraph(self) -> GraphServiceClient:
        """The Graph SDK's client (``msgraph-beta-sdk``) for this tenant."""
        from kiota_abstractions.authentication import ApiKeyAuthenticationProvider, KeyLocation
        from msgraph_beta import GraphRequestAdapter, GraphServiceClient

        provider = ApiKeyAuthenticationProvider(
            KeyLocation.Header,
            self.headers["Authorization"],
            "Authorization",
            [str(urlsplit(self._server.url).hostname)],
        )
        adapter = GraphRequestAdapter(provider)
        adapter.base_url = self.beta
        return GraphServiceClient(request_adapter=adapter)


def _duration(by: timedelta | float) -> str:
    delta = by if isinstance(by, timedelta) else timedelta(seconds=by)
    sign = "-" if delta < timedelta() else ""
    delta = abs(delta)
    seconds = delta.days * 86_400 + delta.seconds
    return f"{sign}PT{seconds}.{delta.microseconds:06d}S"


def _criteria(
    method: str | None,
    path: str | None,
    body: Any,
    status: int | None,
    others: Mapping[str, str],
) -> dict[str, str]:
    asked = {"method": method, "path": path, "status": None if status is None else str(status)}
    if not isinstance(body, _Unset):
        asked["json"] = json.dumps(body)
    return {name: value for name, value in (asked | dict(others)).items() if value is not None}


def _told(asked: Mapping[str, str]) -> str:
    """The criteria in words: ``POST /reports/* with json {...}``."""
    rest = [f"{name} {value}" for name, value in asked.items() if name not in {"method", "path"}]
    start = " ".join(asked[name] for name in ("method", "path") if name in asked) or "a request"
    return f"{start} with {', '.join(rest)}" if rest else start


__all__ = [
    "ControlError",
    "FakeGraph",
    "FakeGraphServer",
    "RemoteServer",
    "Request",
    "Server",
    "Snapshot",
]
