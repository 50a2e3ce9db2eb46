"""``Outbox``: the subscriptions of one tenant, and what is to be told of its changes.

It reads the change log from where it came to last, and says what is due. Where a tenant is on disk,
a row for each subscription in ``@notified`` tells what was delivered, so that a later server goes
on from there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from fakegraph.changes.contents import encrypted
from fakegraph.changes.disturbances import Disturbances
from fakegraph.changes.lifecycle import EVENTS, REAUTHORIZED, SUBSCRIBER, next_reminder, pauses
from fakegraph.changes.lines import Lines
from fakegraph.changes.notices import DELIVERED, DROPPED, WAITING, At, Attempt, Notice
from fakegraph.edm.values import MAX_INSTANT, TICKS_PER_SECOND, Instant, format_instant, instant
from fakegraph.errors import GraphError
from fakegraph.store import ChangesLost, Key, Record, Row, StoreError, Transaction
from fakegraph.store.change import CREATED, DELETED, HIDDEN
from fakegraph.tenants.turns import Turn

if TYPE_CHECKING:
    from fakegraph.store.change import Written
    from fakegraph.tenants import Tenant

T = TypeVar("T")

SUBSCRIPTIONS, NOTIFIED = "subscriptions", "@notified"
_USERS = "users"
MOST_KEPT = 1_000
"""How many notifications are remembered that are over."""
MOST_WAITING = 200_000
"""How many wait at most: then the oldest is dropped."""
_ALL = 1 << 30
_NEVER = 3600.0
_PAUSED = "paused: nobody has approved of the subscription since reauthorizationRequired"


class Told(Protocol):
    """One change, as a watch tells it; see ``graph.whole.watching.Told``."""

    change: str
    resource: str
    data: Record | None
    row: Row | None


class Watch(Protocol):
    """Which changes a subscription is about."""

    @property
    def tables(self) -> frozenset[str]:
        """The containers and relations whose changes may be told."""

    @property
    def outlook(self) -> bool:
        """Whether it is told when deliveries are given up."""

    def told(self, changes: Sequence[Written], organization: str) -> Iterable[Any]:
        """What a subscription of all types of changes is told of one write."""


class Watching(Protocol):
    """What the Graph API knows of subscriptions."""

    def watch(self, tenant: Tenant, record: Record) -> Watch | None:
        """What one is about; None where that is not there any more."""

    def ends_with_account(self, record: Record) -> bool:
        """Whether one ends with what the account of who made it could do."""

    def content(self, tenant: Tenant, record: Record, row: Row) -> bytes:
        """What a thing is for who made a subscription, as JSON. Raises GraphError."""


class Subscription:
    """One subscription, as it is now."""

    def __init__(self, key: Key, record: Record, watch: Watch | None) -> None:
        self.key, self.record, self.watch = key, record, watch
        self.id = str(record["id"])
        self.types = {each.strip() for each in str(record.get("changeType", "")).split(",")}
        # What a test has put there may lack any of it: it never ends, and tells nobody.
        self.ends = _moment(record.get("expirationDateTime"))
        self.approved = _moment(record.get(REAUTHORIZED))
        self.reminded = Instant(0)
        self.asked: Instant | None = None
        """When a test had somebody reminded who has not reacted since."""
        self.told_to = 0
        self.open: set[At] = set()
        """Of the writes up to ``told_to``, what an earlier server had not delivered."""

    def is_over(self, now: Instant) -> bool:
        """Whether its time is over; one that a test has put there past its end stays."""
        return self.approved < self.ends <= now

    def is_paused(self, now: Instant) -> bool:
        """Whether nothing is told of changes, as nobody has approved of that again."""
        if not self.record.get("lifecycleNotificationUrl") or self.approved >= self.ends:
            return False
        return now >= pauses(self.approved, self.ends, self.asked)

    def wants(self, at: At) -> bool:
        """Whether a change is still to be told."""
        return at[0] > self.told_to or at in self.open


def _moment(text: Any) -> Instant:
    return instant(text) if text else MAX_INSTANT


class Outbox:
    """What one tenant has to tell. Threads may share it."""

    def __init__(
        self, tenant: Tenant, watching: Watching, seen: int, *, keeps: bool, restarted: bool
    ) -> None:
        """``seen``: the last write that is told already. ``keeps``: whether what was delivered is
        written down; ``restarted``: whether an earlier server may have done so.
        """
        self.tenant = tenant
        self.disturbances = Disturbances()
        self.turn = Turn()
        self._watching = watching
        self._keeps = keeps
        self._seen, self._generation = seen, tenant.store.generation
        self._subscriptions: dict[str, Subscription] = {}
        self._revoked: set[str] = set()
        self._lines = Lines()
        self._over: deque[Notice] = deque(maxlen=MOST_KEPT)
        self._held: list[Notice] = []
        self._number = 0
        self._guid = tenant.guid
        self._counts = {DELIVERED: 0, DROPPED: 0}
        if restarted:
            self._begin_again()

    @property
    def patience(self) -> float:
        """After so many seconds somebody looks, whatever is heard."""
        return _NEVER

    def change(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, which calls what follows here, while nobody else does."""
        return self.turn(work)

    # What has changed ---------------------------------------------------------------------------

    def look(self) -> int:
        """Take in what was written since the last time, and what the clock says; gives how many
        writes that were.
        """
        store = self.tenant.store
        self._guid = self.tenant.guid
        if store.generation != self._generation:
            self._forget()
        try:
            changes = store.changes.written_after(self._seen)
        except ChangesLost:
            self._lose()
            changes = []
        writes = 0
        for sequence, group in groupby(changes, attrgetter("change.sequence")):
            self._seen = sequence  # first: an error costs what is told of this write
            writes += 1
            self._take(sequence, list(group))
        self._revoke()
        self._expire()
        self._remind()
        return writes

    def _forget(self) -> None:
        """The records are others now: what was to be told of the former ones is not."""
        self._give_up(self._lines.clear())
        self._held.clear()
        self._subscriptions.clear()
        store = self.tenant.store
        self._generation, self._seen = store.generation, store.sequence
        self._load(made=store.sequence)

    def clear(self) -> None:
        """Forget all that was told, and what was to go wrong."""
        self.look()
        self._over.clear()
        self._counts = dict.fromkeys(self._counts, 0)
        self.disturbances.clear()

    def _lose(self) -> None:
        """More has happened than is remembered."""
        self._seen = self.tenant.store.changes.ends
        for each in tuple(self._subscriptions.values()):
            if each.watch is not None and each.watch.outlook:
                self.tell(each.id, "missed")

    def _take(self, sequence: int, changes: list[Written]) -> None:
        tables = {each.change.container for each in changes}
        if any(each.change.kind == CREATED for each in changes):
            self._find_again()
        count = {each.id: 0 for each in self._subscriptions.values()}
        for each in tuple(self._subscriptions.values()):
            if each.watch is None or each.watch.tables.isdisjoint(tables):
                continue
            for told in each.watch.told(changes, self._guid):
                at = sequence, count[each.id]
                count[each.id] += 1
                if told.change in each.types and each.wants(at):
                    self._notice(each, told, at)
        for change, *_ in changes:
            if change.container == SUBSCRIPTIONS:
                self._know(change.key, change.id, sequence)
        if _USERS in tables:
            self._revoked |= {each.change.id for each in changes if _ends_account(each)}

    def _revoke(self) -> None:
        """End what users subscribed to whose accounts can do no more what they could."""
        users, self._revoked = self._revoked, set()
        for each in tuple(self._subscriptions.values()) if users else ():
            is_of = each.record.get(SUBSCRIBER) in users
            if is_of and self._watching.ends_with_account(each.record):
                self.tell(each.id, EVENTS[1])
                self.remove(each.id)

    def _find_again(self) -> None:
        """Look for what was not there when a test put subscriptions to it there."""
        for each in self._subscriptions.values():
            if each.watch is None:
                each.watch = self._watch(each.record)

    def _load(self, made: int) -> None:
        """Have all subscriptions that there are; they are told of later writes."""
        self._subscriptions.clear()
        for row in self.tenant.store.container(SUBSCRIPTIONS).scan():
            self._know(row.key, str(row.record["id"]), made)

    def _know(self, key: Key, id_: str, made: int) -> None:
        """Have a subscription as it is now, which was made or changed by a write, or is gone."""
        row = self.tenant.store.row(key)
        if row is None:
            if self._subscriptions.pop(id_, None) is not None:
                self._drop(id_)
            return
        before = self._subscriptions.get(id_)
        found = Subscription(key, row.record, self._watch(row.record))
        found.told_to = made
        if before is not None:
            found.told_to, found.open = before.told_to, before.open
            found.reminded = before.reminded
            found.asked = before.asked if found.approved == before.approved else None
        self._subscriptions[id_] = found

    def _watch(self, record: Record) -> Watch | None:
        if not record.get("notificationUrl"):
            return None
        try:
            return self._watching.watch(self.tenant, record)
        except GraphError:
            return None  # what it was about is gone: as in the service, it never tells

    def _begin_again(self) -> None:
        """Go on from what an earlier server had delivered."""
        self._load(made=0)
        kept = {
            row.record["id"]: row.record for row in self.tenant.store.container(NOTIFIED).scan()
        }
        for id_, each in self._subscriptions.items():
            known = kept.get(id_, {})
            each.told_to = known.get("told", 0)
            each.open = {(at[0], at[1]) for at in known.get("open", ())}
        for change in self.tenant.store.changes.after(self._seen, _ALL):
            made = change.container == SUBSCRIPTIONS and change.kind == CREATED
            if made and change.id in self._subscriptions and change.id not in kept:
                self._subscriptions[change.id].told_to = change.sequence

    # What is to be told -------------------------------------------------------------------------

    def _notice(self, about: Subscription, told: Told, at: At) -> None:
        record = about.record
        item: Record = {
            "subscriptionId": about.id,
            "subscriptionExpirationDateTime": format_instant(about.ends),
            "changeType": told.change,
            "resource": told.resource,
            "resourceData": told.data,
            "clientState": record.get("clientState"),
            "tenantId": self._guid,
        }
        app = ""
        if record.get("includeResourceData"):
            item |= self._content(record, told.row)
            app = str(record.get("applicationId") or "")
        notice = Notice(
            self._next(), about.id, record["notificationUrl"], item, *self._now(), at, app
        )
        if about.is_paused(notice.made):
            notice.state = DROPPED
            notice.attempts.append(Attempt(notice.made, 0, _PAUSED))
            self._end(notice)
            return
        self._add(notice)

    def _content(self, record: Record, row: Row | None) -> Record:
        """The encrypted contents of a thing; none of what is gone."""
        if row is None:
            return {}
        try:
            content = self._watching.content(self.tenant, record, row)
        except GraphError:
            return {}
        id_ = record["encryptionCertificateId"]
        return {"encryptedContent": encrypted(content, record["encryptionCertificate"], id_)}

    def tell(self, id_: str, event: str) -> bool:
        """Tell of a subscription itself; False where nobody is told."""
        about = self._subscriptions.get(id_)
        url = None if about is None else about.record.get("lifecycleNotificationUrl")
        if about is None or not url:
            return False
        item = {
            "subscriptionId": about.id,
            "subscriptionExpirationDateTime": format_instant(about.ends),
            "tenantId": self._guid,
            "clientState": about.record.get("clientState"),
            "lifecycleEvent": event,
        }
        notice = Notice(self._next(), about.id, url, item, *self._now())
        self._lines.put(notice, notice.due)
        if event == EVENTS[0] and about.asked is None:
            about.asked = notice.made
        return True

    def remove(self, id_: str) -> None:
        """End a subscription: the next look finds it gone. What tells of its end is delivered."""
        about = self._subscriptions.get(id_)
        if about is not None:
            self._write(lambda transaction: transaction.delete(about.key))

    def knows(self, id_: str) -> bool:
        """Whether there is such a subscription."""
        return id_ in self._subscriptions

    def _now(self) -> tuple[Instant, Instant]:
        now = self.tenant.instant()
        return now, now

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _add(self, notice: Notice) -> None:
        """Have a notification delivered, as far as nothing is said to go wrong with it."""
        wrong = self.disturbances.take()
        effect = "" if wrong is None else wrong.effect
        if effect == "drop":
            notice.state = DROPPED
            self._end(notice)
            return
        if effect == "clientState":
            notice.item = {**notice.item, "clientState": "not the state of this subscription"}
        if effect == "delay" and wrong is not None:
            notice.due = Instant(notice.due + int(wrong.seconds * TICKS_PER_SECOND))
        if effect == "reorder":
            self._held.append(notice)
            self._lines.note(notice)
            return
        now = self.tenant.instant()
        self._lines.put(notice, now)
        if effect == "duplicate":
            again = Notice(self._next(), notice.subscription, notice.url, notice.item, *self._now())
            self._lines.put(again, now)
        for held in self._held:
            self._lines.put(held, now)
        self._held.clear()
        if len(self._lines) > MOST_WAITING:
            first = self._lines.first()
            self._give_up([] if first is None else [first])

    def _drop(self, id_: str) -> None:
        """Nobody waits any more for what a subscription was to be told."""
        held = [each for each in self._held if each.subscription == id_]
        self._held = [each for each in self._held if each.subscription != id_]
        self._give_up([*self._lines.drop(id_), *held])
        if self._keeps:
            self._write(lambda transaction: _forget_row(transaction, id_))

    # What the clock says ------------------------------------------------------------------------

    def _expire(self) -> None:
        now = self.tenant.instant()
        over = [each for each in self._subscriptions.values() if each.is_over(now)]
        if not over:
            return
        self._write(lambda transaction: transaction.delete(*[each.key for each in over]))
        for each in over:
            self._subscriptions.pop(each.id, None)
            self._drop(each.id)

    def _remind(self) -> None:
        now = self.tenant.instant()
        for each in tuple(self._subscriptions.values()):
            due = next_reminder(each.approved, each.ends, each.reminded)
            if due is not None and due <= now and each.record.get("lifecycleNotificationUrl"):
                each.reminded = now
                self.tell(each.id, "reauthorizationRequired")

    def next_time(self) -> Instant | None:
        """When something is to be done without anybody asking; None for never."""
        due = self._lines.next_time()
        times = [] if due is None else [due]
        for each in self._subscriptions.values():
            times += [each.ends] if each.approved < each.ends else []
            if each.record.get("lifecycleNotificationUrl"):
                due = next_reminder(each.approved, each.ends, each.reminded)
                times += [] if due is None else [due]
        return min(times, default=None)

    # Deliveries ---------------------------------------------------------------------------------

    def due(self, most: int) -> Iterator[list[Notice]]:
        """What is to be sent now: for each URL that nothing is on its way to, ``most`` at once."""
        yield from self._lines.take(self.tenant.instant(), most)

    @property
    def idle(self) -> bool:
        """Whether all is told that is due."""
        return self._lines.idle(self.tenant.instant())

    def answered(self, batch: Sequence[Notice], status: int, error: str) -> None:
        """Take in how a delivery went."""
        now = self.tenant.instant()
        given_up = set()
        for each in batch:
            each.answered(now, status, error)
            if each.lasts and each.at and each.subscription not in self._subscriptions:
                each.state = DROPPED
            elif each.state == DROPPED and each.at is not None:
                given_up.add(each.subscription)
        for each in self._lines.back(batch, now):
            self._end(each)
        for id_ in given_up:
            about = self._subscriptions.get(id_)
            if about is not None and about.watch is not None and about.watch.outlook:
                self.tell(id_, "missed")
        if self._keeps:
            self._note({each.subscription for each in batch if each.at is not None})

    def _give_up(self, notices: Iterable[Notice]) -> None:
        for each in notices:
            each.state = DROPPED
            self._lines.done(each)
            self._end(each)

    def _end(self, notice: Notice) -> None:
        self._counts[notice.state] += 1
        self._over.append(notice)

    def _note(self, ids: set[str]) -> None:
        """Write down what of some subscriptions was delivered."""
        rows = []
        for id_ in ids & self._subscriptions.keys():
            open_ = [list(at) for at in self._lines.open(id_)]
            rows.append({"id": id_, "told": self._seen, "open": open_})
        self._write(lambda transaction: put_rows(transaction, rows))

    def _write(self, work: Callable[[Transaction], object]) -> None:
        with suppress(StoreError):  # who is closed, or has a full disk, is asked again later
            self.tenant.store.transact(work)

    def shown(self) -> list[Record]:
        """Every notification that is remembered, oldest first."""
        return [each.shown for each in sorted(self._everything(), key=attrgetter("number"))]

    def again(self, number: int) -> bool:
        """Deliver a notification once more; False where it is not remembered."""
        for each in self._everything():
            if each.number == number and not each.lasts:
                self._over.remove(each)
                each.state, each.due = WAITING, self.tenant.instant()
                each.made = each.due
                self._lines.put(each, each.due)
                return True
        return False

    def _everything(self) -> Iterator[Notice]:
        yield from self._over
        yield from self._lines
        yield from self._held

    def counts(self) -> dict[str, int]:
        """How many were delivered and dropped since the last reset, and how many wait."""
        return {**self._counts, WAITING: len(self._lines) + len(self._held)}


def put_rows(transaction: Transaction, rows: Iterable[Record]) -> None:
    """Write down what was delivered of subscriptions."""
    for record in rows:
        row = transaction.find(NOTIFIED, "id", record["id"])
        if row is None:
            transaction.insert(NOTIFIED, record)
        else:
            transaction.replace(row.key, record)


def _forget_row(transaction: Transaction, id_: str) -> None:
    row = transaction.find(NOTIFIED, "id", id_)
    if row is not None:
        transaction.delete(row.key)


def _ends_account(written: Written) -> bool:
    """Whether a write takes from a user what an app could do for them: the account is gone or
    locked, has another password, or what was signed in so far is good no more.
    """
    change, after = written.change, written.after
    if change.container != _USERS or change.kind in (DELETED, HIDDEN):
        return change.container == _USERS
    locked = after is not None and after.record.get("accountEnabled") is False
    return bool(_CREDENTIALS & change.old.keys()) or (locked and "accountEnabled" in change.old)


_CREDENTIALS = frozenset({"passwordProfile", "signInSessionsValidFromDateTime"})
