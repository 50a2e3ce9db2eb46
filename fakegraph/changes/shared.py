"""``SharedOutbox``: what a tenant has to tell that several servers have open, told by one of them.

Each of them looks at what was written, and delivers what nobody else is delivering: who does has
said so before, in the same turn in which it found that out. What a server was at when it ended is
told again by another, once the time that a delivery takes is over.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fakegraph.changes.disturbances import Disturbance
from fakegraph.changes.lines import Lines
from fakegraph.changes.notices import UNDER_WAY, WAITING, Attempt, Notice
from fakegraph.changes.outbox import MOST_KEPT, Outbox, Subscription, T, Watching
from fakegraph.edm.values import Instant
from fakegraph.tenants.beyond import OUTBOX

if TYPE_CHECKING:
    from fakegraph.tenants import Tenant
    from fakegraph.tenants.states import States

_HEAD = ""
_PATIENCE = 2.0  # seconds
_LONGER = 30.0  # seconds that a delivery may take beside what its receiver takes


class SharedOutbox(Outbox):
    """A room of the tenant: a row for each notification, and one for all else."""

    kind = OUTBOX

    @property
    def patience(self) -> float:
        """Somebody else may have ended in the midst of it."""
        return _PATIENCE if self._subscriptions or len(self._lines) else super().patience

    def __init__(
        self,
        tenant: Tenant,
        watching: Watching,
        seen: int,
        states: States,
        seconds: float,
        *,
        restarted: bool,
    ) -> None:
        """``seconds``: how long a receiver may take."""
        self._told: dict[str, Any] = {}  # by row, what was told of it last
        self._heard: dict[str, Any] = {}  # what was heard since the last turn
        super().__init__(tenant, watching, seen, keeps=False, restarted=restarted)
        self._seconds, self._replica = seconds, states.replica
        self.turn = states.join(self)

    def change(self, work: Callable[[], T]) -> T:
        """As for one server, but none of the others does either."""

        def whole() -> T:
            self._refresh()
            result = work()
            self._tell_others()
            return result

        return self.turn(whole)

    def look(self) -> int:
        """As for one server, once all that the others have written is here."""
        self.tenant.store.catch_up()
        return super().look()

    def due(self, most: int) -> Iterator[list[Notice]]:
        """What is to be sent now by this server, and by no other until it has ended."""
        for batch in super().due(most):
            for each in batch:
                each.by, each.until = self._replica, time.time() + self._seconds + _LONGER
            yield batch

    def answered(self, batch: Sequence[Notice], status: int, error: str) -> None:
        """Take in how a delivery went, unless another server has taken it over meanwhile."""
        here = {each.number: each for each in self._everything()}
        found = [here[each.number] for each in batch if each.number in here]
        mine = [each for each in found if each.by == self._replica and each.state == UNDER_WAY]
        if mine:
            super().answered(mine, status, error)

    # What is told ------------------------------------------------------------------------------

    def ids(self) -> Iterable[str]:
        """The rows: its own, and those of notifications."""
        return list(self._told)

    def row(self, id_: str) -> Any:
        """What is told of a row."""
        return self._told.get(id_)

    def hear(self, id_: str, value: Any) -> None:
        """Take in what another server has told, at the next turn."""
        self._heard[id_] = value

    def _tell_others(self) -> None:
        """Have those rows told that are others now."""
        told = {str(each.number): each for each in self._everything()}
        for id_ in [each for each in self._told if each != _HEAD and each not in told]:
            del self._told[id_]
            self.turn.note(id_)
        for id_, notice in told.items():
            known = self._told.get(id_)
            if known is None or not _is_told(known, notice):
                self._told[id_] = asdict(notice)
                self.turn.note(id_)
        head = self._head()
        if head != self._told.get(_HEAD):
            self._told[_HEAD] = head
            self.turn.note(_HEAD)

    def _head(self) -> dict[str, Any]:
        return {
            "seen": self._seen,
            "generation": self._generation,
            "number": self._number,
            "counts": dict(self._counts),
            "revoked": sorted(self._revoked),
            "held": [each.number for each in self._held],
            "disturbances": [asdict(each) for each in self.disturbances],
            "subscriptions": {id_: _memory(each) for id_, each in self._subscriptions.items()},
        }

    # What is heard -----------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Be as others have left it, and have what nobody delivers any more wait again."""
        heard, self._heard = self._heard, {}
        for id_, value in heard.items():
            if value is None:
                self._told.pop(id_, None)
            else:
                self._told[id_] = value
        head = heard.get(_HEAD)
        if head is not None:
            self._take_head(head)
        if heard or any(self._is_given_up(each) for each in self._lines):
            self._line_up()

    def _take_head(self, head: Mapping[str, Any]) -> None:
        self._seen, self._generation = head["seen"], head["generation"]
        self._number, self._counts = head["number"], dict(head["counts"])
        self._revoked = set(head["revoked"])
        self.disturbances.clear()
        for each in head["disturbances"]:
            self.disturbances.add(Disturbance(**each))
        self.tenant.store.catch_up()  # what it tells of is here
        before, self._subscriptions = self._subscriptions, {}
        for id_, (key, told_to, open_, reminded, asked) in head["subscriptions"].items():
            found = self._subscription(key, id_, before.get(id_))
            found.told_to, found.open = told_to, {(at[0], at[1]) for at in open_}
            found.reminded = Instant(reminded)
            found.asked = None if asked is None else Instant(asked)
            self._subscriptions[id_] = found

    def _subscription(self, key: int, id_: str, known: Subscription | None) -> Subscription:
        row = self.tenant.store.row(key)
        if row is None:  # it is gone by now: what tells of that is still to be looked at
            return known or Subscription(key, {"id": id_}, None)
        if known is not None and known.record == row.record and known.watch is not None:
            return known
        return Subscription(key, row.record, self._watch(row.record))

    def _is_given_up(self, notice: Notice) -> bool:
        return notice.state == UNDER_WAY and notice.until < time.time()

    def _line_up(self) -> None:
        """Put every notification where it belongs."""
        held = set(self._told.get(_HEAD, {}).get("held", ()))
        now = self.tenant.instant()
        rows = [value for id_, value in self._told.items() if id_ != _HEAD]
        self._lines, self._over, self._held = Lines(), deque(maxlen=MOST_KEPT), []
        for row in sorted(rows, key=lambda each: each["number"]):
            notice = _notice(row)
            if self._is_given_up(notice):
                notice.state = WAITING
            if notice.number in held:
                self._held.append(notice)
                self._lines.note(notice)
            elif notice.state == UNDER_WAY:
                self._lines.resume(notice)
            elif notice.lasts:
                self._lines.put(notice, now)
            else:
                self._over.append(notice)


def delivered(rows: Iterable[tuple[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """What one server alone writes down of what was delivered, by the rows of a room; before that
    the generation of which it holds good, empty where nobody has told anything.
    """
    told = dict(rows)
    head = told.pop(_HEAD, None)
    if head is None:
        return "", []
    open_: dict[str, list[list[int]]] = {}
    for row in told.values():
        if row["at"] is not None and row["state"] in (WAITING, UNDER_WAY):
            open_.setdefault(row["subscription"], []).append(list(row["at"]))
    found = [
        {"id": id_, "told": head["seen"], "open": sorted(open_.get(id_, ()))}
        for id_ in head["subscriptions"]
    ]
    return head["generation"], found


def _memory(about: Subscription) -> list[Any]:
    open_ = [list(at) for at in sorted(about.open)]
    return [about.key, about.told_to, open_, about.reminded, about.asked]


def _is_told(row: Mapping[str, Any], notice: Notice) -> bool:
    """Whether a row tells of a notification as it is: what else it has never changes."""
    about = row["state"], len(row["attempts"]), row["due"], row["by"]
    return about == (notice.state, len(notice.attempts), notice.due, notice.by)


def _notice(row: Mapping[str, Any]) -> Notice:
    at = row["at"]
    return Notice(
        **{
            **row,
            "made": Instant(row["made"]),
            "due": Instant(row["due"]),
            "at": None if at is None else (at[0], at[1]),
            "attempts": [_attempt(each) for each in row["attempts"]],
        }
    )


def _attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(Instant(row["time"]), row["status"], row["error"])
