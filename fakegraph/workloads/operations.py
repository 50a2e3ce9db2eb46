"""Operations: Python functions bound to actions and functions of the model.

A workload's function does what one of them does; its ``register`` adds it::

    @operation("user/revokeSignInSessions")
    def revoke(call: Call) -> bool:
        call.change(call.thing, {"signInSessionsValidFromDateTime": call.now})
        return True

``user/…`` is called on one user, ``directoryObject*/…`` on a collection. What the function is
handed is read and checked by the types of the model; what it gives is shown by the type that the
model says: a ``Thing``, several, a value, or nothing. An error that it raises undoes all it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType
from fakegraph.edm.values import Instant, format_instant
from fakegraph.store import Key, Record
from fakegraph.workloads.declarations import Navigation, Operation, Workload
from fakegraph.workloads.handed import Compute, Reading, Stored, Word
from fakegraph.workloads.words import Words

SENT = "@sent"
"""The container of the mail that requests have sent, which the control API shows."""
NOTES = frozenset(
    {
        "@accessReviewReminders",
        "@activities",
        "@appWipes",
        "@appointmentMessages",
        "@bookingCancellations",
        "@cloudPcActions",
        "@defaultContents",
        "@emailRemediations",
        "@externalActivities",
        "@intuneTestMessages",
        "@processedContent",
        "@teleconferenceDeviceQuality",
        "@workingTimes",
    }
)
"""The containers that operations note in what Graph shows nothing of, beside mail."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing of the tenant, as it was when it was asked for. ``key`` is 0 where it is not
    stored; ``container`` is where it lives: ``users``, ``user/messages``.
    """

    type: PublishedType
    record: Record
    key: Key
    container: str

    @property
    def id(self) -> str:
        """Its key on the wire."""
        return str(self.record[self.type.key or "id"])


@dataclass(frozen=True, slots=True)
class Made:
    """What an action has made just now, which is a 201 where nothing else is said; ``url``: where
    it is, which a header says.
    """

    thing: Thing
    status: int = 201
    url: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """A thing in a result, whose record has this besides: what is worked out may go by it."""

    thing: Thing
    marks: Record


@dataclass(frozen=True, slots=True)
class Shown:
    """A thing in a result, as a client sees it by itself: these of its properties."""

    thing: Thing
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Partly:
    """What came of each of several things: a 207 unless the ``whole`` of it was done."""

    values: list[Record]
    whole: bool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The answer is a file at a URL, for whoever has it: a 302."""

    url: str


@dataclass(frozen=True, slots=True)
class File:
    """Bytes of a media type, of an operation that gives a stream."""

    data: bytes
    media: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a report, and the name that their context has for what they are."""

    name: str
    rows: list[Record]


#: Where a monitor has until when its operation goes on, in ms of the tenant's time, and what it
#: fails with.
UNTIL, ERROR = "@until", "@error"
_TICKS_PER_MS = 10_000


class FailsLater(Exception):
    """A long-running operation fails, and it is what tells of it that says so, not the answer.

    It is raised before anything has been changed.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a long-running operation goes on: from when until when, in ms, and what it fails with."""

    began: int
    until: int
    error: Mapping[str, str] | None = None

    @property
    def lasts(self) -> bool:
        """Whether it goes on at all."""
        return self.until > self.began

    @property
    def kept(self) -> Record:
        """What the record of a monitor has of it; ``running`` and ``failure`` go by it."""
        lasts = {UNTIL: self.until} if self.lasts else {}
        return {**lasts, **({ERROR: self.error} if self.error else {})}


def is_running(reading: Reading) -> bool:
    """Whether an operation is still under way, by its monitor."""
    return bool(reading.now * 1000 < reading.record.get(UNTIL, 0))


def running(value: Any) -> Compute:
    """Of a monitor, what it says while its operation is under way."""
    return lambda reading: value if is_running(reading) else None


def failure(reading: Reading) -> Any:
    """What an operation failed with, when it has."""
    return None if is_running(reading) else reading.record.get(ERROR)


def ended(reading: Reading) -> str | None:
    """When an operation ended that went on, when it has."""
    until = reading.record.get(UNTIL)
    if until is None or is_running(reading):
        return None
    return format_instant(Instant(until * _TICKS_PER_MS))


class Call(Protocol):
    """One call of an operation: what its function may touch, and nothing else.

    Whatever changes something is refused to an operation that only ``reads``.
    """

    #: The arguments, by the names that the model has; what was left out is not there.
    arguments: Mapping[str, Any]
    #: What the workload says when something is wrong.
    words: Words
    #: The tenant's time as text.
    now: str
    #: Gives a GUID that nothing has.
    new_id: Callable[[], str]
    #: The service root as the caller addressed it.
    root: str
    #: The id of whom a token names, where tokens are checked and it names somebody.
    person: str
    #: What becomes of a thing whose name is taken: ``fail``, ``replace`` or ``rename``.
    conflict: str
    #: What the client prefers, by the names that ``Prefer`` has for it, in small letters.
    preferences: Mapping[str, str]

    #: What the client wants the answer as: ``$format``, in small letters; empty where it says none.
    format: str

    @property
    def stored(self) -> Stored:
        """All that the tenant has, of an operation that only ``reads``."""

    def report_url(self, name: str, said: Mapping[str, str]) -> str:
        """A URL, for whoever has it, of a report as a file."""

    @property
    def by(self) -> Mapping[str, Any]:
        """Who asks, as an ``identitySet``: of one that changes something."""

    @property
    def thing(self) -> Thing:
        """What it is called on, where that is one."""

    def things(self) -> Iterable[Thing]:
        """What it is called on, where that is a collection."""

    @property
    def holder(self) -> Thing:
        """What contains the collection, or the thing, that it is called on, or links to what is in
        the collection.
        """

    @property
    def record(self) -> Record:
        """The record of what it is called on, which need not be stored for that."""

    def caller(self) -> Thing | None:
        """Who is signed in. Raises GraphError where that is an app."""

    def find(self, container: str, value: object, name: str = "id") -> Thing | None:
        """What has that value of something unique, at the top: ``find("users", id)``."""

    def having(self, container: str, index: str, key: object) -> list[Thing]:
        """What has that key of a declared index, at the top: ``proxyAddresses/*``, its casefold."""

    def beside(self, thing: Thing, container: str, id_: str) -> Thing | None:
        """What has that id among the things that the owner of a thing has in a container."""

    def among(self, thing: Thing, container: str, index: str, key: object) -> list[Thing]:
        """What has that key of an index that goes by owner, among what a thing has there."""

    def held(self, thing: Thing, container: str, id_: str) -> Thing | None:
        """What has that id, of any kind, among the things that a thing has in a container.

        What is worked out of another one is stored then, where something may be changed.
        """

    def inside(self, thing: Thing | None, container: str) -> list[Thing]:
        """What a thing has in a container, or with None what there is at the top."""

    def owner(self, thing: Thing) -> Thing | None:
        """What contains a thing."""

    def is_new(self, thing: Thing) -> bool:
        """Whether a thing is made by what is asked."""

    def leads_to(self, thing: Thing, navigation: str) -> list[Thing]:
        """What a navigation property of a thing leads to."""

    def id_of(self, thing: Thing, word: Word) -> str | None:
        """The id of what a word means among the things that a thing has; None for no word."""

    def add(self, thing: Thing, navigation: str, record: Record) -> Thing:
        """Make something where a navigation property of a thing leads."""

    def mine(self, path: str) -> Thing:
        """What a path that begins with ``me`` leads to; it is made, where it is there anyway."""

    def make(self, container: str, record: Record) -> Thing:
        """Make something at the top: ``make("users", {…})``."""

    def change(self, thing: Thing, changes: Record) -> Thing:
        """Change properties of a thing."""

    def renew(self, thing: Thing, changes: Record) -> Thing:
        """Change properties of a thing, which has another id from then on."""

    def copy(
        self, thing: Thing, changes: Record, owner: Thing | None = None, *, alone: bool = False
    ) -> Thing:
        """Make another one beside a thing, or among what another owner has there, with all that it
        contains, and with changes; ``alone``: without what it holds.
        """

    def note(self, container: str, record: Record, parts: Iterable[Record] = ()) -> None:
        """Keep a record, and parts of it, in a container that no path of Graph leads to, for tests
        to ask the control API for: its name begins with ``@``.
        """

    def begin_upload(self, thing: Thing, record: Record, size: int, stream: str) -> Record:
        """Begin an upload session: what it brings becomes a thing among the attachments of one,
        with the bytes as a stream of that name. Gives an ``uploadSession``.
        """

    def begin_storage(self, thing: Thing) -> Record:
        """Give a file of an app somewhere for its bytes, which ``UPLOADED`` counts once they are
        there. Gives the ``azureStorageUri`` and when it expires.
        """

    def begin_session(
        self,
        record: Record,
        size: int | None,
        *,
        deferred: bool = False,
        stream: str = "",
        media: str = "",
    ) -> Record:
        """Begin an upload session about what it is called on, which need not be there: what it
        brings becomes its content, or another ``stream`` of that ``media`` type, and the record is
        what else is then said of it. ``deferred``: it ends when that is asked for, and not with the
        last byte. Gives an ``uploadSession``. Raises GraphError: 400, 404, 409.
        """

    def around(self, thing: Thing) -> Reading:
        """A thing with what is around it, of an operation that only ``reads``."""

    def content(self, thing: Thing, stream: str) -> bytes | None:
        """The bytes that a thing has as a stream; None where it has none."""

    def fill(self, thing: Thing, stream: str, data: bytes, media: str = "") -> Thing:
        """Give a thing bytes, as a stream of that name, of a media type or of the one before."""

    def fill_as(self, thing: Thing, stream: str, other: Thing, of: str = "") -> Thing:
        """Give a thing the bytes that another has as a stream of that name, or of another one; or
        none.
        """

    def link(self, thing: Thing, navigation: str, other: Thing) -> None:
        """Let a navigation property lead to another thing; where it is for one, to no other."""

    def unlink(self, thing: Thing, navigation: str, other: Thing) -> bool:
        """Take a link away; False where there is none."""

    def delete(self, thing: Thing) -> None:
        """Delete a thing in the way of its type."""

    def erase(self, thing: Thing) -> None:
        """Delete a thing for good, with all that it contains and holds. Raises GraphError for one
        that is always there.
        """

    def buried(self) -> tuple[Thing, Thing] | None:
        """What an operation that ``revives`` is called on, where that was deleted softly, and what
        contains it.
        """

    def restore(self, thing: Thing, changes: Record) -> Thing:
        """Bring back what was deleted softly, with changes."""

    def monitor_url(self, thing: Thing | None, ending: Ending) -> str:
        """A URL, for whoever has it, of what tells how far a copy of an item is."""


def operation(
    name: str,
    *,
    reads: bool = False,
    status: int | None = None,
    workload: Workload | None = None,
    media: Mapping[str, Callable[[bytes], Mapping[str, Any]]] | None = None,
    tells: Callable[[Call, Any, Ending], Mapping[str, str]] | None = None,
    makes: str = "",
    passes_over: bool = False,
    revives: bool = False,
    formats: bool = False,
    optional: frozenset[str] = frozenset(),
    lists: Navigation | None = None,
    refers: frozenset[str] = frozenset(),
) -> Callable[[Callable[[Call], Any]], Operation]:
    """Bind a function to an operation of the model, all overloads of it.

    ``reads``: it is an action that changes nothing. ``status`` is that of a success, where it is
    not the documented one; ``workload`` whose it is, where the types do not tell; ``media`` reads
    arguments out of bodies that are no JSON. ``tells``: it goes on after its answer, which is 202
    with the headers that this gives: it is handed what the function gave, None where a test has it
    fail, and how it goes on, and makes what tells of that. What the function did is seen when it is
    done; it may raise ``FailsLater``. ``makes``: it may be called on what is not there, but where a
    path says its name; this argument says what becomes of one that is taken. ``passes_over``: what
    a body has beside that, and is no parameter, is ignored.
    ``revives``: it may be called on what was deleted softly. ``formats``: it reads ``$format``
    itself. ``optional``: parameters that may be left out, which the model never has null.
    ``lists``: what is declared of the list that it gives: how much is on a page, and what queries
    it takes. ``refers``: parameters whose things are those that have their ids.
    """
    read = media or {}
    return lambda function: Operation(
        name,
        function,
        reads,
        status,
        workload,
        read,
        tells,
        makes,
        passes_over,
        revives,
        formats,
        optional,
        lists,
        refers,
    )
