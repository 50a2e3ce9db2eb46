"""``FakeGraph``: the handle that tests hold, in pytest, unittest and scripts alike.

It speaks to the control API, of a server in this process or of one that runs elsewhere, so what a
test can do here a test in any other language can do too.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Unpack
from urllib.parse import quote, urlencode

from fakegraph.handle import clients, wire
from fakegraph.handle.changes import Change
from fakegraph.handle.errors import Line, Misuse, WrongTime, plain, renamed
from fakegraph.handle.options import (
    MOST_NAMED,
    OF_A_TENANT,
    OLD_EFFECTS,
    OLD_TOKEN_OPTIONS,
    UNSET,
    Auth,
    Criteria,
    Fixtures,
    Moment,
    OldEffects,
    OldTokenOptions,
    Preset,
    RecordPath,
    Seeds,
    ServerSettings,
    Unset,
    check_settings,
    fixture_names,
)
from fakegraph.handle.request_log import SHOWN, Asked, Request, RequestLog, asked_for, listed, told
from fakegraph.handle.scripts import NeverHit, Script, Scripts
from fakegraph.handle.sent import SentMail, Wanted, lines
from fakegraph.handle.servers import FakeGraphServer, RemoteServer, Server
from fakegraph.tenants.journal import printable

if TYPE_CHECKING:
    import httpx
    from msgraph_beta import GraphServiceClient
    from requests import Session

    from fakegraph.edm.schema import Record
    from fakegraph.handle.notified import Notification, Receiver
    from fakegraph.handle.options import DeliveryEffect, LifecycleEvent
    from fakegraph.tenants.stubs import Reply


@plain
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


@plain
class FakeGraph:
    """A fresh tenant of its own, seeded with the template, gone when it is closed.

    Without a ``server`` it starts one in this process, with the settings given by name (see
    ``fakegraph serve``); with ``url`` it uses one that runs there. On a server that it did not
    start, ``fixture``, ``auth`` and the other settings that are arguments are the tenant's own;
    what is left out, or None, is as the server has it. A ``fixture`` of None has no records;
    ``records`` by path are the whole content, unless a ``fixture`` is given beside them; ``clock``
    is where the tenant's time stands still; ``test`` names what it is for to people who look at a
    server's tenants. ::

        with FakeGraph(fixture="contoso") as graph:
            requests.get(f"{graph.beta}/reports/userCredentialUsageDetails", headers=graph.headers)

    ``start()`` and ``stop()`` do what the ``with`` block does. What the control API refuses is
    raised as ControlError.
    """

    def __init__(
        self,
        server: Server | None = None,
        *,
        url: str | None = None,
        control_key: str | None = None,
        ca: str | Path | None = None,
        fixture: Fixtures | Unset | None = UNSET,
        records: Seeds | None = None,
        clock: Moment | None = None,
        auth: Auth | None = None,
        page_size: int | None = None,
        consistency_delay: int | str | None = None,
        retired: bool | None = None,
        strict_queries: bool | None = None,
        strict_directory: bool | None = None,
        device_auto_approve: bool | None = None,
        test: str | None = None,
        **settings: Unpack[ServerSettings],
    ) -> None:
        self._id: str | None = None
        self._opener = 0
        self._scripts = Scripts()
        self._own: FakeGraphServer | None = None
        chosen: dict[str, Any] = {
            "auth": auth,
            "page_size": page_size,
            "consistency_delay": consistency_delay,
            "retired": retired,
            "strict_queries": strict_queries,
            "strict_directory": strict_directory,
            "device_auto_approve": device_auto_approve,
        }
        chosen = {name: value for name, value in chosen.items() if value is not None}
        if isinstance(fixture, Unset) and records is not None:
            fixture = None
        if not isinstance(fixture, Unset):
            chosen["fixture"] = fixture_names(fixture)
        self._records = None if records is None else _arrays(records)
        self._clock = clock
        check_settings(settings)
        if server is None and url is None:
            if ca is not None:
                raise Misuse("ca goes with the url of a server that runs elsewhere")
            self._wanted: dict[str, Any] = {}
            self._own = FakeGraphServer.of({"control_key": control_key, **chosen, **settings})
            self._server: Server = self._own
            return
        if server is not None and (url is not None or control_key is not None or ca is not None):
            raise Misuse("give a server or its url, not both")
        for name in settings:
            raise Misuse(f"{name} is a setting of the server, which is running already")
        self._server = server or RemoteServer(str(url), control_key, ca)
        self._wanted = {OF_A_TENANT[name]: value for name, value in chosen.items()}
        if test:
            self._wanted["test"] = test[:MOST_NAMED]

    def start(self) -> FakeGraph:
        """Make the tenant, and start the server where it is this handle's own."""
        if self._id is not None:
            raise WrongTime("this FakeGraph is started already")
        with ExitStack() as undo:
            if self._own is not None:
                self._own.start()
                undo.callback(self._own.stop)
            self._id = self._server.open_tenant(self._wanted)
            undo.callback(self._leave, self._id)
            self._begin()
            undo.pop_all()
        self._opener = os.getpid()
        return self

    def _begin(self) -> None:
        """Bring the tenant from what the server made of it to what was asked for."""
        if self._records is not None:
            self.seed(self._records)
        if self._clock is not None:
            self.freeze(self._clock)

    def stop(self, *, keep: bool = False) -> None:
        """Remove the tenant, unless it is to be kept, and stop the server where it is this handle's
        own. Does nothing where it is not started. Warns of faults that were never hit.
        """
        if self._id is None:
            return
        if os.getpid() != self._opener:  # a forked child's copy: the tenant is its parent's
            self._id = None
            return
        with ExitStack() as closing:
            if self._own is not None:
                closing.callback(self._own.stop)
            if not keep:
                closing.callback(self._leave, self._id)
            unhit = self._never_hit()
        self._id = None
        for fault in unhit:
            fault.warn()

    def _leave(self, id_: str) -> None:
        self._id = None
        self._server.close_tenant(id_)

    def __enter__(self) -> FakeGraph:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:  # why faults were never hit is told by that
            self._scripts.forget()
        self.stop()

    def __repr__(self) -> str:
        return "<FakeGraph, not started>" if self._id is None else f"<FakeGraph {self.url}>"

    def __str__(self) -> str:
        if self._id is None:
            return repr(self)
        counts = self.control("GET", "/records")
        held = [f"{count} {name}" for name, count in counts.items() if count]
        return f"{self!r}\nrecords: {', '.join(held) or 'none'}{self.journal()}"

    def __reduce__(self) -> NoReturn:
        raise Misuse(
            "a FakeGraph stays in its process: give the other one its .url and .headers, or the "
            "server's url for a FakeGraph(url=...) of its own"
        )

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
        """The tenant's name. Raises RuntimeError where the handle is not started."""
        if self._id is None:
            raise WrongTime("this FakeGraph is not started: use it in a with block, or start() it")
        return self._id

    @property
    def url(self) -> str:
        """The root of this tenant, to be followed by ``/beta`` or ``/v1.0``."""
        id_ = self.id
        return f"{self._server.url}/tenants/{id_}"

    @property
    def authority(self) -> str:
        """Where to sign in to this tenant, for MSAL and azure-identity; they want ``tls=True``."""
        id_ = self.id
        return f"{self._server.url}/{id_}"

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
        return _bearing(self.token() if strict else "fakegraph")

    def token(
        self,
        roles: str | Iterable[str] | None = None,
        *,
        scopes: str | Iterable[str] | None = None,
        expires_in: int = 3600,
        app: str | None = None,
        user: str | None = None,
        audience: str | None = None,
        version: Literal["1.0", "2.0"] | None = None,
        tenant: str | None = None,
        signature: Literal["good", "none", "wrong", "foreign"] | None = None,
        claims: Mapping[str, Any] | None = None,
        kind: Literal["access", "github"] | None = None,
        **old: Unpack[OldTokenOptions],
    ) -> str:
        """A signed access token for this tenant: an app's with roles, or a user's with scopes.

        Without either it has every permission that there is. With it the server's own URL leads to
        this tenant too. ``expires_in`` is in seconds, and may lie behind. ``claims`` are set beside
        the usual ones; None takes one away. Of the kind ``github`` it is what a workflow there
        proves itself by.
        """
        wanted: dict[str, Any] = {
            "roles": roles,
            "scopes": scopes,
            "expires_in": expires_in,
            "app": app,
            "user": user,
            "audience": audience,
            "version": version,
            "tenant": tenant,
            "signature": signature,
            "kind": kind,
            "claims": claims,
            **renamed(old, OLD_TOKEN_OPTIONS, "token"),
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        body["expiresIn"] = body.pop("expires_in")
        if "roles" in body:
            body["roles"] = _texts(body["roles"])
        if "scopes" in body:
            body["scp"] = " ".join(_texts(body.pop("scopes")))
        token: str = self.control("POST", "/tokens", body)["access_token"]
        return token

    def as_user(
        self, upn: str, *, scopes: str | Iterable[str] | None = None, app: str | None = None
    ) -> dict[str, str]:
        """Request headers of a user, by UPN or id: with these permissions, or else with all."""
        if not isinstance(upn, str):
            raise TypeError(f"as_user takes a UPN or an id, such as ada@contoso.com, not {upn!r}")
        return _bearing(self.token(user=upn, scopes=scopes, app=app))

    def as_app(
        self, app: str | None = None, *, roles: str | Iterable[str] | None = None
    ) -> dict[str, str]:
        """Request headers of an application: with these permissions, or else with all."""
        return _bearing(self.token(roles, app=app))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control API about this tenant: its ``path`` behind ``/tenants/{id}``."""
        return self._server.control(method, f"/tenants/{self.id}{path}", body)

    def records(self, path: RecordPath) -> list[Record]:
        """What is stored at a path without version, oldest first, as copies: ``users``,
        ``users/ada@contoso.com/messages``, or one of them, ``users/ada@contoso.com``.
        """
        found: list[Record] = self.control("GET", _place(path))["value"]
        return found

    def create(self, path: RecordPath, /, **properties: Any) -> Record:
        """Store one record at a path and give it back, its ``id`` included.

        Properties that are required and not given get realistic values that go with the others:
        the same ones each time, but for ids. Python's dates and times are taken wherever text is.
        What the path leads over is made where it is not there. In a collection of links
        (``groups/ID/members``) what is there already is linked. A text may stand for a thing or an
        object: people by their name to sign in with, a body, an address, a moment. A name that is
        a word of Python's ends in ``_``. ::

            ada = graph.create("users", displayName="Ada Lovelace", manager="bob@contoso.com")
            graph.create(f"users/{ada['id']}/messages", from_="bob@contoso.com", body="Hello")
        """
        created: Record = self.control("POST", _place(path), _spelt(properties))
        return created

    def build(self, path: RecordPath, count: int, /, **properties: Any) -> list[Record]:
        """Store so many records in a collection, as ``create`` does, all or none.

        A property that is a function is called with the number of each, from 0. ::

            graph.build("users", 50, department="Sales", employeeId=lambda number: f"E{number}")
        """
        whole = isinstance(count, int) and not isinstance(count, bool)
        if not whole or not 0 <= count <= MOST_BUILT:
            right = f"a whole number from 0 to {MOST_BUILT}"
            raise Misuse(f"{count!r} records cannot be made at once: it is {right}")
        given = _spelt(properties)
        bodies = [
            {name: value(number) if callable(value) else value for name, value in given.items()}
            for number in range(count)
        ]
        built: list[Record] = self.control("POST", _place(path), bodies)["value"] if bodies else []
        return built

    def update(self, path: RecordPath, /, **properties: Any) -> Record:
        """Change properties of the record at a path, and give it back."""
        changed: Record = self.control("PATCH", _place(path), properties)
        return changed

    def delete(self, path: RecordPath) -> None:
        """Take the record at a path away, with what it contains; of what is linked, the link."""
        self.control("DELETE", _place(path))

    def clear(self, path: RecordPath | None = None) -> None:
        """Take all records of a collection away, or all that there are."""
        query = "" if path is None else f"?{urlencode({'path': path})}"
        self.control("DELETE", f"/records{query}")

    @property
    def changes(self) -> list[Change]:
        """What was created, changed, deleted and linked, oldest first."""
        return self.changes_since(None)

    def changes_since(self, sequence: int | None) -> list[Change]:
        """What was done after the change of that sequence, or with None all that is remembered."""
        query = "" if sequence is None else f"?since={sequence}"
        return [Change.of(each) for each in self.control("GET", f"/changes{query}")["value"]]

    @property
    def sent(self) -> list[SentMail]:
        """The mail that requests had sent, newest last."""
        return list(map(SentMail.of, self.control("GET", "/sent")["value"]))

    @property
    def activities(self) -> list[dict[str, Any]]:
        """What was sent to the activity feeds of users, newest last: what the request said, with
        ``scope`` (``teams``, ``chats``, ``users``) and the id of what it is ``about``.
        """
        found: list[dict[str, Any]] = self.control("GET", "/activities")["value"]
        return found

    @property
    def noted(self) -> dict[str, list[dict[str, Any]]]:
        """What operations did of which Graph shows nothing, by what it is, newest last: what the
        request said, with when it was and what it is ``about``. ``bookingCancellations``,
        ``appointmentMessages``, ``cloudPcActions``, …
        """
        found: dict[str, list[dict[str, Any]]] = self.control("GET", "/noted")
        return found

    @property
    def notifications(self) -> list[Notification]:
        """The change notifications, newest last, each with its attempts."""
        from fakegraph.handle.notified import Notification

        return list(map(Notification.of, self.control("GET", "/notifications")["value"]))

    def flush_notifications(self) -> dict[str, int]:
        """Wait until all is delivered, or tried, that is due now: how many were ``delivered`` and
        ``dropped``, and how many are ``waiting`` for another try.
        """
        counts: dict[str, int] = self.control("POST", "/notifications/flush")
        return counts

    def receiver(self) -> Receiver:
        """Somebody who listens for notifications, in a ``with`` block."""
        from fakegraph.handle.notified import Receiver

        return Receiver()

    def remind(self, subscription: str, event: LifecycleEvent = "reauthorizationRequired") -> None:
        """Have a subscriber told of a subscription, at its ``lifecycleNotificationUrl``."""
        body = {"subscription": subscription, "event": event}
        self.control("POST", "/notifications/remind", body)

    def disturb_notifications(
        self, effect: DeliveryEffect, *, times: int | None = 1, seconds: float | None = None
    ) -> None:
        """Have the next notifications go wrong: so many of them, or all with None.

        ``drop``: they are not sent; ``duplicate``: twice; ``delay``: ``seconds`` later, by the
        tenant's clock; ``reorder``: after the next one; ``clientState``: with another one.
        """
        body: dict[str, Any] = {"effect": effect, "times": times}
        if seconds is not None:
            body["seconds"] = seconds
        self.control("POST", "/notifications/faults", body)

    def assert_sent(
        self,
        *,
        to: str | Iterable[str] | None = None,
        subject: str | None = None,
        body: str | None = None,
        cc: str | Iterable[str] | None = None,
        bcc: str | Iterable[str] | None = None,
        sender: str | None = None,
        attachments: str | Iterable[str] | None = None,
        times: int | None = None,
    ) -> list[SentMail]:
        """Assert that such mail was sent: ``times`` times, or at all; what matched.

        ``*`` in ``subject`` and ``body`` stands for anything. People are addresses, in any case,
        ``attachments`` names of files, and others may stand beside them. A failure shows what was
        sent instead. ::

            graph.assert_sent(to="bob@contoso.com", subject="Invoice *", attachments="invoice.pdf")
        """
        wanted = Wanted(sender, _once(to), _once(cc), _once(bcc), subject, body, _once(attachments))
        mail = self.sent
        matched = [each for each in mail if wanted.matches(each)]
        if len(matched) == times or (times is None and matched):
            return matched
        often = "at least once" if times is None else f"{times} times"
        instead = f"; what was sent:{lines(mail[-SHOWN:])}" if mail else "; no mail was sent"
        raise AssertionError(f"expected {wanted} {often}, was {len(matched)} times{instead}")

    def assert_not_sent(
        self,
        *,
        to: str | Iterable[str] | None = None,
        subject: str | None = None,
        body: str | None = None,
        sender: str | None = None,
    ) -> None:
        """Assert that no such mail was sent, or none at all. A failure shows what was."""
        wanted = Wanted(sender, _once(to), subject=subject, body=body)
        matched = [each for each in self.sent if wanted.matches(each)]
        if matched:
            raise AssertionError(f"expected no {wanted}, was sent:{lines(matched[-SHOWN:])}")

    def seed(self, records: str | Path | Seeds, *, defaults: bool = False) -> dict[str, int]:
        """Add a fixture (built-in name, file or folder) or records by path, all or nothing.

        An array is for a collection, an object for a single thing (``users/ID/manager``); records
        may have others inline, at any depth. What paths lead over is made where it is not there,
        and so is what is linked. With ``defaults`` what is made gets what it lacks, and records
        may be written in short, as for ``create``. Gives how many were added to each path.
        """
        if isinstance(records, str | Path):
            body: Any = {"fixture": str(records)}
        else:
            body = _arrays(records)
        if defaults and isinstance(body, dict):
            body["defaults"] = True
        added: dict[str, int] = self.control("POST", "/seed", body)
        return added

    def reset(self) -> None:
        """Back to the state the tenant started in: records, faults, clock, journal.

        Warns of faults that were never hit.
        """
        unhit = self._never_hit()
        self.control("POST", "/reset")
        self._begin()
        for fault in unhit:
            fault.warn()

    def snapshot(self, name: str | None = None) -> Snapshot:
        """Remember the records as they are."""
        name = name or f"snapshot-{uuid.uuid4()}"
        self.control("POST", "/snapshots", {"name": name})
        return Snapshot(self, name)

    def fail(
        self,
        preset_or_status: Preset | int,
        *,
        method: str | None = None,
        path: str | None = None,
        query: Mapping[str, str] | None = None,
        app: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        retry_after: float | str | datetime | timedelta | Unset | None = UNSET,
        code: str | None = None,
        message: str | None = None,
        delay_ms: int | None = None,
        body_ms: int | None = None,
        drop: bool | None = None,
        truncate_body: bool | None = None,
        probability: float = 1.0,
        seed: int = 0,
        **old: Unpack[OldEffects],
    ) -> str:
        """Have requests fail; the id of the fault.

        Of those that match, ``skip`` pass, then ``times`` (None: all) fail. ``path`` is a pattern
        such as ``/reports/*``. ``retry_after`` is in seconds, or a moment for an HTTP date, or any
        text; None leaves the header out. ``code`` and ``message`` are the error's; ``delay_ms``
        passes first, and ``body_ms`` is how long the answer's body takes. A fault that was never
        hit is a warning when the handle stops.
        """
        line = Line.of_caller()
        effects: dict[str, Any] = {
            "code": code,
            "message": message,
            "delay_ms": delay_ms,
            "body_ms": body_ms,
            "drop": drop,
            "truncate_body": truncate_body,
            **renamed(old, OLD_EFFECTS, "fail"),
        }
        match = {"method": method, "path": path, "query": query, "app": app}
        kind = "preset" if isinstance(preset_or_status, str) else "status"
        fault: dict[str, Any] = {
            kind: preset_or_status,
            "match": {name: value for name, value in match.items() if value is not None},
            "times": times,
            "skip": skip,
            "probability": probability,
            "seed": seed,
            **{_camel(name): value for name, value in effects.items() if value is not None},
        }
        if not isinstance(retry_after, Unset):
            fault["retryAfter"] = wire.retry_after(retry_after)
        created: str = self.control("POST", "/faults", fault)["id"]
        of = " ".join(filter(None, (method, path))) or "any request"
        self._scripts.add(created, Script(f"the fault {preset_or_status} of {of}", line))
        return created

    def stub(
        self,
        method: str,
        path: str,
        function: Reply | None = None,
        *,
        json: Any = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = UNSET,
        check: bool = True,
    ) -> str:
        """Have requests answered as a test says; the id of the stub.

        ``path`` is a pattern such as ``/users/*/findMeetingTimes``, ``body`` a part of what is
        sent. ``json`` has to be what the model says that is answered there, unless ``check`` is
        false. On a server of this process a ``function`` may say the answer: it is handed the
        request, and gives its JSON, or ``(status, json)``. Stubs that came later win, and faults
        win over stubs; ``times`` None: as long as it is there. ::

            graph.stub("POST", "/users/*/findMeetingTimes", json={"meetingTimeSuggestions": []})
        """
        match = {"method": method, "path": path, "query": query}
        wanted: dict[str, Any] = {name: each for name, each in match.items() if each is not None}
        if not isinstance(body, Unset):
            wanted["json"] = body
        whole = {"status": status, "json": json, "headers": headers, "times": times}
        given = {name: each for name, each in whole.items() if each is not None}
        stub = {"match": wanted, "check": check, **given}
        if function is not None:
            if json is not None or status is not None:
                raise Misuse("give a function, or json and status, not both")
            return self._server.stub(self.id, stub, function)
        created: str = self.control("POST", "/stubs", stub)["id"]
        return created

    def unstub(self) -> None:
        """Take all stubs away."""
        self.control("DELETE", "/stubs")

    def heal(self) -> None:
        """Take all faults away; none of them is then one to warn of."""
        self.control("DELETE", "/faults")
        self._scripts.forget()

    def _never_hit(self) -> list[NeverHit]:
        return self._scripts.settle(lambda: self.control("GET", "/faults")["value"])

    @property
    def now(self) -> str:
        """The tenant's time."""
        now: str = self.control("GET", "/clock")["now"]
        return now

    def freeze(self, instant: Moment | None = None) -> None:
        """Stop the tenant's clock, at an instant or where it is.

        A datetime needs a time zone; a date is its midnight in UTC.
        """
        change: dict[str, Any] = {"frozen": True}
        if instant is not None:
            change["now"] = instant
        self.control("PUT", "/clock", change)

    def advance(self, by: str | timedelta | float) -> None:
        """Move the tenant's clock: ``PT1H``, a timedelta, or seconds; back where negative."""
        self.control("PUT", "/clock", {"advance": by if isinstance(by, str) else wire.duration(by)})

    def operations(
        self, *, last_ms: int = 0, code: str = "", message: str = "", times: int | None = None
    ) -> None:
        """Say how long-running operations go that begin from now on, or so many of them.

        ``last_ms``: how long they are under way, by the tenant's clock; ``code`` and ``message``:
        what they fail with. Without arguments they go well and at once, as at the start.
        """
        fails = {"code": code, "message": message} if code else {}
        body = {"lastMs": last_ms, **fails, "times": times}
        self.control("PUT", "/operations", body)

    @property
    def requests(self) -> RequestLog:
        """What the tenant was asked, oldest first."""
        return self._log([])

    def _log(self, asked: Asked) -> RequestLog:
        found = self.control("GET", f"/requests{'?' if asked else ''}{urlencode(asked)}")["value"]
        return RequestLog(map(Request.of, found), partial(clients.requests_session, self))

    def assert_called(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        times: int | None = None,
        json: Any = UNSET,
        status: int | None = None,
        **others: Unpack[Criteria],
    ) -> RequestLog:
        """Assert that the tenant was asked so: ``times`` times, or at all; what matched.

        ``path`` is a pattern; ``json`` a part of the body; ``others`` are further criteria of the
        journal. A failure says what came closest, and shows the journal.
        """
        asked = asked_for(method, path, json, status, others)
        matched = self._log(asked)
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
        **others: Unpack[Criteria],
    ) -> None:
        """Assert that the tenant was never asked so. A failure shows the journal."""
        asked = asked_for(method, path, json, status, others)
        matched = self._log(asked)
        if matched:
            raise AssertionError(
                f"expected no {told(asked)}, was {len(matched)} times:"
                f"{listed(matched[:SHOWN])}{self.journal()}"
            )

    def _near(self, asked: Asked) -> str:
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
        return f"\n{self.requests}"

    def environment(self, *, proxy: bool = True) -> dict[str, str]:
        """What ``fakegraph run`` sets, for a process that is to be at home in this tenant.

        Put it over ``os.environ``: Graph's own host names then lead here, and whoever names no
        other tenant is in this one. Programs of Java and .NET, which tell proxies no user, have to
        sign in with its credentials or say its id: without that they are in the default tenant.
        Without ``proxy`` it has the server's URL and credentials alone.
        """
        from fakegraph.environment import sign_in, variables
        from fakegraph.tokens.bearer import payload_of

        url, tenant = self._server.url, payload_of(self.token())["tid"]
        if not proxy:
            return sign_in(url, os.environ, tenant)
        return variables(url, self._server.open_proxy(), os.environ, tenant, home=self.id)

    def in_place(self) -> AbstractContextManager[None]:
        """While the block runs, Graph's own host names lead this process to this tenant.

        For code under test that names ``https://graph.microsoft.com``: it sets what
        ``.environment()`` has, which urllib, requests, httpx, aiohttp and what is built on them go
        by. Clients of httpx, and credentials, are to be made in the block. One block at a time, in
        one process: Misuse otherwise. ::

            with fakegraph.in_place():
                my_program.main()
        """
        from fakegraph.handle.in_place import in_place

        return in_place(self.environment())

    def httpx(self) -> httpx.Client:
        """A client with the tenant's headers whose relative URLs begin at ``.beta``."""
        return clients.httpx_client(self)

    def requests_session(self) -> Session:
        """A session with the tenant's headers whose relative URLs begin at ``.beta``."""
        return clients.requests_session(self)

    def msgraph(self) -> GraphServiceClient:
        """The Graph SDK's client (``msgraph-beta-sdk``) for this tenant."""
        return clients.msgraph_client(self)


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _texts(given: str | Iterable[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _once(given: str | Iterable[str] | None) -> str | tuple[str, ...] | None:
    """Texts that may be gone through more than once."""
    return given if given is None or isinstance(given, str) else tuple(given)


MOST_BUILT = 100_000
"""How many records ``build`` makes at once: each is held in memory before it is sent."""


def _arrays(records: Any) -> Any:
    """Records by path as JSON has them; what is neither is sent, to be refused with the reason."""
    if not isinstance(records, Mapping):
        return []  # as good as any
    return {path: _json(items) for path, items in records.items()}


def _json(items: Any) -> Any:
    if isinstance(items, str) or not isinstance(items, Iterable):
        return items
    return dict(items) if isinstance(items, Mapping) else list(map(_plain_record, items))


def _plain_record(item: Any) -> Any:
    return dict(item) if isinstance(item, Mapping) else item


def _spelt(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties by their names: ``from`` for ``from_``."""
    return {name.removesuffix("_"): value for name, value in properties.items()}


def _place(path: str) -> str:
    if not isinstance(path, str) or not path.removeprefix("/"):
        raise Misuse(f"a path is a text such as users/ada@contoso.com, not {path!r}")
    return f"/records/{quote(path.removeprefix('/'))}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
