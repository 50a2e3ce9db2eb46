"""The journal and the trail of a tenant that replicas share: those of this process, over notes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from fakegraph.edm.values import Instant
from fakegraph.store import StoreError
from fakegraph.tenants.journal import Entry, Journal
from fakegraph.tenants.notes import Notes
from fakegraph.tenants.trail import MOST, Audit, Caller, Deed, SignIn, Trail

log = logging.getLogger("fakegraph")

_REQUESTS, _AUDITS, _SIGN_INS = "requests", "audits", "signIns"
_TOLD = (str, int, bool, list, dict)
_BYTES = ("body", "answer_body")


class NotedJournal(Journal):
    """A journal that has what other replicas have noted too. Raises StorageFailure when read."""

    def __init__(self, size: int, notes: Notes) -> None:
        super().__init__(size)
        self._notes = notes
        self._seen = 0  # the number of the last one that is known here

    def share(self) -> None:
        """Note for all what was noted here so far."""
        mine = super().entries()
        super().clear()
        for entry in mine:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Note a request. Where the store does not answer, only the log tells of it."""
        if self._notes.pool is None:
            super().add(entry)
            return
        try:
            self._notes.add(_REQUESTS, _entry_text(entry), self.size)
        except StoreError as error:
            log.warning("a request is missing in the journal of %s: %s", entry.tenant, error)

    def entries(self, criteria: Mapping[str, Any] | None = None) -> list[Entry]:
        """What was noted by any replica and meets the criteria, oldest first."""
        self._catch_up()
        return super().entries(criteria)

    def first(self) -> int | None:
        """The number of the oldest entry; None where there is none."""
        self._catch_up()
        return super().first()

    def between(self, after: int, before: int, most: int) -> list[Entry]:
        """As in a journal of this process alone."""
        self._catch_up()
        return super().between(after, before, most)

    def clear(self) -> None:
        """Forget everything, at all replicas."""
        super().clear()
        if self._notes.pool is not None:
            self._notes.clear(_REQUESTS)

    def _catch_up(self) -> None:
        if self._notes.pool is None:
            return
        with self._lock:
            first, rows = self._notes.after(_REQUESTS, self._seen, self.size)
            while self._entries and (not first or self._entries[0].number < first):
                self._drop_answer(self._entries[0])
                self._entries.popleft()
            if rows and self._entries and rows[0][0] != self._entries[-1].number + 1:
                self._entries.clear()  # more has come than is kept
                self._answered.clear()
                self._answers = 0
            for number, text in rows:
                entry = _entry(text)
                entry.number = self._seen = number
                self._append(entry)


class NotedTrail(Trail):
    """A trail of what was done at all replicas. Raises StorageFailure when it is read."""

    def __init__(self, notes: Notes, *, with_requests: bool) -> None:
        """``with_requests``: whether a request is noted after it, which takes along what it did."""
        super().__init__()
        self._notes = notes
        self._add = notes.later if with_requests else notes.add

    def share(self) -> None:
        """Note for all what was noted here so far."""
        for audit in super().take_audits():
            self.add(audit.instant, audit.caller, [audit.deed])
        for sign_in in super().take_sign_ins():
            self.add_sign_in(sign_in)

    def add(self, instant: Instant, caller: Caller, deeds: Sequence[Deed]) -> None:
        """Note what a request did."""
        if self._notes.pool is None:
            super().add(instant, caller, deeds)
            return
        for deed in deeds:
            self._add(_AUDITS, _text([instant, caller, deed]), MOST)

    def add_sign_in(self, sign_in: SignIn) -> None:
        """Note that somebody signed in, or could not."""
        if self._notes.pool is None:
            super().add_sign_in(sign_in)
        else:
            self._add(_SIGN_INS, _text(sign_in), MOST)

    def take_audits(self) -> list[Audit]:
        """What was done, oldest first; it is not kept here any more."""
        if self._notes.pool is None:
            return super().take_audits()
        return [_audit(*orjson.loads(text)) for text in self._notes.take(_AUDITS)]

    def take_sign_ins(self) -> list[SignIn]:
        """The sign-ins, oldest first; they are not kept here any more."""
        if self._notes.pool is None:
            return super().take_sign_ins()
        return [_sign_in(*orjson.loads(text)) for text in self._notes.take(_SIGN_INS)]

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        if self._notes.pool is not None:
            self._notes.clear(_AUDITS, _SIGN_INS)


def _text(value: Any) -> str:
    return orjson.dumps(value, default=tuple).decode()


def _audit(instant: int, caller: list[Any], deed: list[Any]) -> Audit:
    found = Deed(*deed)
    if found.other is not None:
        found = found._replace(other=(found.other[0], found.other[1]))
    return Audit(Instant(instant), Caller(*caller), found)


def _sign_in(instant: int, caller: list[Any], *others: Any) -> SignIn:
    return SignIn(Instant(instant), Caller(*caller), *others)


_FIELDS = [name for name in Entry.__dataclass_fields__ if name != "number"]


def _entry_text(entry: Entry) -> str:
    said = {name: getattr(entry, name) for name in _FIELDS}
    said["environ"] = {name: v for name, v in entry.environ.items() if isinstance(v, _TOLD)}
    for name in _BYTES:
        said[name] = said[name].decode("latin-1")
    return _text(said)


def _entry(text: str) -> Entry:
    said = orjson.loads(text)
    for name in _BYTES:
        said[name] = said[name].encode("latin-1")
    said["answer_headers"] = [(name, value) for name, value in said["answer_headers"]]
    return Entry(**{**said, "time": Instant(said["time"])})
