"""``FakeGraph``: the handle that tests hold, in pytest, unittest and scripts alike.

It speaks to the control face, of a server in this process or of one that runs elsewhere, so what a
test can do here a test in any other language can do too.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fakegraph.handle import clients, wire
from fakegraph.handle.request_log import (
    SHOWN,
    UNSET,
    Request,
    RequestLog,
    Unset,
    criteria,
    listed,
    told,
)
from fakegraph.handle.servers import FakeGraphServer, RemoteServer, Server
from fakegraph.journal import printable
from fakegraph.settings import Settings

if TYPE_CHECKING:
    import httpx
    from msgraph_beta import GraphServiceClient

    from fakegraph.edm.schema import Record

_OF_A_TENANT = {
    "fixture": "fixture",
    "auth": "auth",
    "page_size": "pageSize",
    "retired": "retired",
    "strict_queries": "strictQueries",
}


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
    _opener = 0

    def __enter__(self) -> FakeGraph:
        if self._own is not None:
            self._own.start()
        self._id = self._server.open_tenant(self._wanted)
        self._opener = os.getpid()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if os.getpid() != self._opener:  # a forked child's copy: the tenant is its parent's
            self._id = None
            return
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
        retry_after: float | str | datetime | timedelta | Unset | None = UNSET,
        probability: float = 1.0,
        seed: int = 0,
        **effects: Any,
    ) -> str:
        """Have requests fail; the id of the fault.

        Of those that match, ``skip`` pass, then ``times`` (None: all) fail. ``path`` is a pattern
        such as ``/reports/*``. ``effects`` are further keys of a fault: ``code``, ``message``,
        ``delayMs``, ``bodyMs`` and so on. ``retry_after`` is in seconds, or a
        moment for an HTTP date, or any text; None leaves the header out.
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
        if not isinstance(retry_after, Unset):
            fault["retryAfter"] = wire.retry_after(retry_after)
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
        self.control("PUT", "/clock", {"advance": by if isinstance(by, str) else wire.duration(by)})

    @property
    def requests(self) -> RequestLog:
        """What the tenant was asked, oldest first. ``.requests()`` is a ``requests.Session``."""
        return self._log("/requests", {})

    def _log(self, path: str, asked: Mapping[str, str]) -> RequestLog:
        query = f"?{urlencode(asked)}" if asked else ""
        found = self.control("GET", path + query)["value"]
        return RequestLog(map(Request.of, found), partial(clients.requests_session, self))

    def assert_called(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        times: int | None = None,
        json: Any = UNSET,
        status: int | None = None,
        **others: str,
    ) -> RequestLog:
        """Assert that the tenant was asked so: ``times`` times, or at all; what matched.

        ``path`` is a pattern; ``json`` a part of the body; ``others`` are further ones of the
        journal. A failure says what came closest, and shows the journal.
        """
        asked = criteria(method, path, json, status, others)
        matched = self._log("/requests", asked)
        if len(matched) == times or (times is None and matched):
            return matched
        wanted = "at least once" if times is None else f"{times} times"
        raise AssertionError(
            f"expected {told(asked)} {wanted}, was {len(matched)} times"
            f"{self._near(asked)}{self.journal()}"
        )

    def assert_not_called(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        json: Any = UNSET,
        status: int | None = None,
        **others: str,
    ) -> None:
        """Assert that the tenant was never asked so. A failure shows the journal."""
        asked = criteria(method, path, json, status, others)
        matched = self._log("/requests", asked)
        if matched:
            raise AssertionError(
                f"expected no {told(asked)}, was {len(matched)} times:"
                f"{listed(matched[:SHOWN])}{self.journal()}"
            )

    def _near(self, asked: Mapping[str, str]) -> str:
        near = self.control("GET", f"/requests/near-misses?{urlencode(asked)}")["value"]
        if not near:
            return ""
        lines = [
            f"\n  {Request.of(each['request']).line}: {printable('; '.join(each['differences']))}"
            for each in near
        ]
        return "\nclosest:" + "".join(lines)

    def journal(self) -> str:
        """The last requests as text, for messages."""
        return self.requests.text()

    def httpx(self) -> httpx.Client:
        """A client with the tenant's headers whose relative URLs begin at ``.beta``."""
        return clients.httpx_client(self)

    def msgraph(self) -> GraphServiceClient:
        """The Graph SDK's client (``msgraph-beta-sdk``) for this tenant."""
        return clients.msgraph_client(self)
