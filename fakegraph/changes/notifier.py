"""``Notifier``: has the changes of all tenants told to those who subscribed to them.

A thread looks at what was written, and a few others deliver it, beside the requests. They begin
with the first subscription; until then, a write costs a look at the names of its tables.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import orjson

from fakegraph.edm.values import TICKS_PER_SECOND
from fakegraph.store import StoreError
from fakegraph.tenants.beyond import OUTBOX, Beyond, Refused

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from fakegraph.changes.destinations import Destination
    from fakegraph.changes.notices import Notice
    from fakegraph.changes.outbox import Outbox, Watching
    from fakegraph.changes.sender import Reply, Sender
    from fakegraph.tenants import Tenant

log = logging.getLogger("fakegraph")

SUBSCRIPTIONS = "subscriptions"
MOST_AT_ONCE = 100
"""So many items go in one notification."""
GREETING_SECONDS = 10.0
PAUSE, LONG_PAUSE = 0.008, 0.02
"""So many seconds pass between two looks at what was written, the more where ``MANY`` writes came
since the last one: what comes meanwhile goes together, and takes less from the requests beside it.
"""
MANY = 3
_THREADS = 8
_LONGEST_WAIT = 3600.0
_PINNED = 10_000
_FLUSH_SECONDS = 60.0
_GREETING = "Validation: Testing client application reachability for subscription Request-Id: {}"
_JSON, _TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"

Sign = Callable[["Tenant", str], str]
"""Gives, of a tenant, its id and an application's, what proves to that where contents come from."""


class Notifier(Beyond):
    """``allowed`` is what ``--notify`` says, ``own`` gives where this process listens itself;
    ``seconds`` is how long a receiver may take for a notification; ``keeps``: whether tenants are
    on disk; ``ca`` is the local CA's file.
    """

    def __init__(
        self,
        watching: Callable[[], Watching],
        sign: Sign,
        allowed: tuple[str, ...],
        own: Callable[[], Iterable[tuple[str, int]]],
        seconds: float,
        ca: Path | None,
        *,
        keeps: bool,
    ) -> None:
        self._watching, self._sign = watching, sign
        self._allowed, self._own, self._seconds, self._ca = allowed, own, seconds, ca
        self._keeps = keeps
        self._pins: dict[str, Destination] = {}
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._outboxes: dict[str, Outbox] = {}
        self._awake: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._sender: Sender | None = None
        self._closed = False
        self._ending = threading.Event()
        self._process = os.getpid()

    # What tenants say ---------------------------------------------------------------------------

    def opened(self, tenant: Tenant) -> None:
        """Begin to look after a tenant."""
        store = tenant.store
        store.listen(partial(self._heard, tenant))
        kept = self._keeps and SUBSCRIPTIONS in store.names_so_far()
        if (kept and len(store.container(SUBSCRIPTIONS))) or _is_begun(tenant):
            self._begin(tenant, store.changes.begins, restarted=True)

    def _heard(self, tenant: Tenant, tables: Collection[str]) -> None:
        """Take note of a write; while it is being made."""
        if self._known(tenant) is not None:
            self.wake(tenant)
        elif SUBSCRIPTIONS in tables:
            self._begin(tenant, tenant.store.sequence - 1, restarted=False)

    def _known(self, tenant: Tenant) -> Outbox | None:
        """What it has to tell, and no former tenant of its name had."""
        found = self._outboxes.get(tenant.id)
        return found if found is not None and found.tenant is tenant else None

    def _begin(self, tenant: Tenant, seen: int, *, restarted: bool) -> Outbox:
        """What a tenant has to tell, which some other thread may have begun meanwhile."""
        if self._process != os.getpid():
            self._begin_anew()
        made = self._made(tenant, seen, restarted=restarted)
        with self._changed:
            outbox = self._known(tenant) or made
            self._outboxes[tenant.id] = outbox
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(
                    target=self._run, name="fakegraph-notifier", daemon=True
                )
                self._thread.start()
        self.wake(tenant)
        return outbox

    def _made(self, tenant: Tenant, seen: int, *, restarted: bool) -> Outbox:
        if tenant.states is None:
            from fakegraph.changes.outbox import Outbox

            return Outbox(tenant, self._watching(), seen, keeps=self._keeps, restarted=restarted)
        from fakegraph.changes.shared import SharedOutbox

        return SharedOutbox(
            tenant, self._watching(), seen, tenant.states, self._seconds, restarted=restarted
        )

    def wake(self, tenant: Tenant) -> None:
        """Have somebody look at a tenant soon."""
        with self._changed:
            self._awake.add(tenant.id)
            self._changed.notify_all()

    def moved(self, tenant: Tenant) -> None:
        """See what is due by a tenant's clock; what expired is gone when this returns."""
        outbox = self._known(tenant)
        if outbox is not None:
            outbox.change(outbox.look)
            self.wake(tenant)

    def closed(self, tenant: Tenant) -> None:
        """Let go of a tenant, and of what it would have told."""
        tenant.store.listen(None)
        with self._changed:
            self._outboxes.pop(tenant.id, None)

    def close(self) -> None:
        """Deliver nothing any more."""
        with self._changed:
            self._closed = True
            self._ending.set()
            self._changed.notify_all()
        if self._thread is not None and self._process == os.getpid():
            self._thread.join(self._seconds + 1)
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if self._sender is not None:
            self._sender.close()
        self._outboxes.clear()

    def reset(self, tenant: Tenant) -> None:
        """Forget what was told, and what was to go wrong."""
        if self._known(tenant) is not None or _is_begun(tenant):
            outbox = self.outbox(tenant)
            outbox.change(outbox.clear)

    def outbox(self, tenant: Tenant) -> Outbox:
        """What a tenant has to tell."""
        known = self._known(tenant)
        if known is not None:
            return known
        # A write that makes the first subscription may be under way: what was written is gone over.
        return self._begin(tenant, tenant.store.changes.begins, restarted=False)

    def known(self, tenant: Tenant) -> Outbox:
        """The same, as it is after all that was written so far."""
        found = self.outbox(tenant)
        found.change(found.look)
        self.wake(tenant)
        return found

    def flush(self, tenant: Tenant) -> dict[str, int]:
        """Wait until all is delivered, or tried, that is due now: what there is then."""
        outbox = self.outbox(tenant)
        until = time.monotonic() + _FLUSH_SECONDS
        while True:
            outbox.change(outbox.look)
            idle, counts = outbox.turn.look(lambda: (outbox.idle, outbox.counts()))
            if idle or time.monotonic() > until:
                return counts
            self.wake(tenant)
            with self._changed:
                self._changed.wait(0.05)

    # Those who are asked ------------------------------------------------------------------------

    def find(self, url: str) -> Destination:
        """Where a URL leads, looked up now. Raises Refused."""
        from fakegraph.changes.destinations import Destinations, Unreachable

        try:
            return Destinations(self._allowed, self._own).find(url)
        except Unreachable as error:
            raise Refused(str(error)) from error

    def greet(self, found: Destination, id_: str) -> None:
        """Ask whoever listens there whether notifications are wanted; they are sent to where that
        was found to be from then on. Raises Refused.
        """
        token = _GREETING.format(id_)
        query = f"validationToken={quote_plus(token)}"
        reply = self.sender.post(found, b"", _TEXT, query=query, seconds=GREETING_SECONDS)
        _check_greeting(reply, token)
        with self._changed:
            while len(self._pins) >= _PINNED:
                del self._pins[next(iter(self._pins))]
            self._pins[found.url] = found

    @property
    def sender(self) -> Sender:
        """Who posts; loaded when somebody subscribes."""
        from fakegraph.changes.sender import Sender

        with self._changed:
            if self._sender is None:
                self._sender = Sender(self._seconds, self._ca)
            return self._sender

    # The thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            rest = self._rest()  # before: who holds an outbox may be waiting to wake this thread
            with self._changed:
                if not self._awake and not self._closed:
                    self._changed.wait(rest)
                if self._closed:
                    return
                self._awake.clear()
                outboxes = tuple(self._outboxes.values())
            most = 0
            for outbox in outboxes:
                try:
                    most = max(most, self._attend(outbox))
                except StoreError as error:
                    log.warning("notifications of the tenant %s wait: %s", outbox.tenant.id, error)
                except Exception:  # an error costs what it came from, and the others go on
                    log.exception("notifications of the tenant %s", outbox.tenant.id)
            self._ending.wait(LONG_PAUSE if most >= MANY else PAUSE)

    def _rest(self) -> float:
        """How many seconds there are until something is due."""
        found = _LONGEST_WAIT
        for outbox in tuple(self._outboxes.values()):
            due = outbox.turn.look(outbox.next_time)
            found = min(found, outbox.patience)
            if due is not None and not outbox.tenant.instant.frozen:
                ahead = (due - outbox.tenant.instant()) / TICKS_PER_SECOND
                found = min(found, max(ahead, 0.001))
        return found

    def _attend(self, outbox: Outbox) -> int:
        """Have told what is due; gives how many writes there were since the last time."""
        writes, batches = outbox.change(lambda: (outbox.look(), list(outbox.due(MOST_AT_ONCE))))
        if batches and self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(_THREADS, "fakegraph-deliveries")
        for batch in batches:
            assert self._pool is not None
            self._pool.submit(self._deliver, outbox, batch)
        return writes

    def _deliver(self, outbox: Outbox, batch: Sequence[Notice]) -> None:
        try:
            status, error = self._post(outbox, batch)
        except Exception:
            log.exception("a notification to %s", batch[0].url)
            status, error = 0, "failed"
        try:
            outbox.change(lambda: outbox.answered(batch, status, error))
        except StoreError as failure:  # it is told again
            log.warning("a notification to %s is told again: %s", batch[0].url, failure)
        self.wake(outbox.tenant)

    def _post(self, outbox: Outbox, batch: Sequence[Notice]) -> tuple[int, str]:
        url = batch[0].url
        try:
            to = self._pins.get(url) or self.find(url)
        except Refused as error:
            return 0, str(error)
        self._pins[url] = to
        body: dict[str, Any] = {"value": [each.item for each in batch]}
        apps = sorted({each.validated for each in batch if "encryptedContent" in each.item})
        if apps:
            body["validationTokens"] = [self._sign(outbox.tenant, app) for app in apps]
        reply = self.sender.post(to, orjson.dumps(body), _JSON)
        return reply.status, reply.error


def _is_begun(tenant: Tenant) -> bool:
    """Whether another server has begun to tell of a tenant."""
    return tenant.states is not None and tenant.states.has(OUTBOX)


def _check_greeting(reply: Reply, token: str) -> None:
    """Raise Refused unless somebody has answered as one who wants to be notified."""
    if not reply.status:
        raise Refused("Subscription validation request timed out.")
    if reply.status != HTTPStatus.OK:
        name = _status_name(reply.status)
        raise Refused(
            f"Subscription validation request failed. HTTP status code is '{name}'. Notification "
            "endpoint must respond with 200 OK to validation request."
        )
    is_text = reply.content_type.partition(";")[0].strip().casefold() == "text/plain"
    if reply.body != token.encode() or not is_text:
        raise Refused(
            "Subscription validation request failed. Response must exactly match validationToken "
            "query parameter."
        )


def _status_name(status: int) -> str:
    """A status as .NET names it: ``NotFound``."""
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
    except ValueError:
        return str(status)
