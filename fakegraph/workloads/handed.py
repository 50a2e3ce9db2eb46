"""What functions that workloads declare are handed, and the values that they are declared with."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, NamedTuple, Protocol, TypeVar

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NAMESPACE
from fakegraph.errors import GraphError
from fakegraph.store import Key, Record, Row
from fakegraph.store.bytes import Content

T = TypeVar("T")

_PREFIX = f"{NAMESPACE}."


def short(name: str) -> str:
    """A type's name without the namespace that nearly all have."""
    return name.removeprefix(_PREFIX)


@dataclass(slots=True)  # not frozen: making one would take thrice as long
class Making:
    """A thing that is being made or changed: what generated values are worked out from.

    ``record`` is as far as it is known; ``owner`` is what contains it, None at the top, of
    ``owner_type``; ``now`` is the tenant's time as text; ``new_id`` gives a GUID that nobody has;
    ``id_of`` the id of what a word means; ``beside`` what is in the same container, of the same
    owner, ``having`` those of them that have a value of an indexed property, and ``beside_in`` what
    has an id in another container of that owner. ``before`` is the record as it was, where it is
    changed. ``related`` is what the body that makes it has of other
    things; ``beneath`` what it is made in where that is not the owner.
    ``there`` gives what is in a container at the top. ``app`` is the application that asks;
    ``by`` gives who does, as an ``identitySet``, ``tenant`` the GUID of where, and ``others``
    looks up what else there is; ``plants``: nobody does, a record of a seed says it.
    """

    type: PublishedType
    record: Record
    owner: Record | None
    now: str
    new_id: Callable[[], str]
    id_of: Callable[[Word], str]
    before: Record | None = None
    owner_type: str = ""
    beside: Callable[[], Iterable[Record]] = tuple
    having: Callable[[str, Any], Iterable[Record]] = lambda name, value: ()
    beside_in: Callable[[str, object], Record | None] = lambda container, id_: None
    related: Mapping[str, Any] = field(default_factory=dict)
    beneath: Record | None = None
    there: Callable[[str], Iterable[Record]] = lambda container: ()
    app: str = ""
    tenant: Callable[[], str] = str
    by: Callable[[], Mapping[str, Any]] = dict
    others: Others | None = None
    plants: bool = False


Generate = Callable[[Making], Any]


@dataclass(frozen=True, slots=True)
class Formed:
    """What comes of the value of a property: ``none`` where it has none or null is sent; else what
    ``form`` makes of it, which leaves ``none`` as it is.
    """

    name: str
    none: Any = None
    form: Callable[[Any, Making], Any] | None = None

    def __call__(self, making: Making) -> Any:
        value = making.record.get(self.name)
        if value is None:
            return self.none
        return value if self.form is None else self.form(value, making)

    def rests(self, defaults: Mapping[str, Any], given: Collection[str]) -> bool:
        """Whether nothing is to be done unless it is sent: it has its form by default, and none of
        what is ``given`` without that is it.
        """
        return self.name not in given and bool(defaults.get(self.name) == self.none)


Start = Callable[[Record], Mapping[str, Any]]
"""The first record of a thing that is there anyway, by the record of what contains it."""


ANY = object()
"""In ``Navigation.where``: any value but none."""


class Reading(Protocol):
    """A thing that is being read, among what is stored; what is computed is worked out of it."""

    type: PublishedType
    record: Record

    @property
    def number(self) -> int:
        """A number that nothing else in its container has; what came later has a higher one."""

    @property
    def now(self) -> float:
        """The tenant's time, in seconds since the year 1."""

    @property
    def tenant(self) -> str:
        """The tenant's GUID; empty where nobody asks for an answer."""

    def owner(self) -> Record | None:
        """What contains it."""

    def holder(self) -> Reading | None:
        """What contains it, with what is around that, where it is stored."""

    def count(self, container: str, values: Mapping[str, Any]) -> int:
        """How many things in a container, of the same owner, have certain values."""

    def count_below(self, container: str, values: Mapping[str, Any]) -> int:
        """How many of what it contains itself in a container have certain values."""

    def beside(self, path: str, value: Any) -> Iterable[Record]:
        """Those in its container, of its owner, that have that value at a path of names."""

    def place(self, path: str, value: Any) -> int:
        """How many of those beside it that have that value come before it."""

    def neighbours(self, id_: object) -> Iterable[Reading]:
        """What has that id in its container, of its owner, with what is around it."""

    def inside(self, container: str) -> Iterable[Record]:
        """What it contains."""

    def asked(self, navigation: str) -> Iterable[Record]:
        """What it asks for along a navigation property, where it has none of its own."""

    def how_many(self, container: str) -> int:
        """How many things it contains in a container."""

    def latest(self, container: str, by: str, most: int) -> Sequence[Record]:
        """Of what it contains, so many at most: the last by an ordered index."""

    def among(self, container: str, index: str, keys: Iterable[Any]) -> Sequence[Record]:
        """Of what it contains, what has one of the keys of an index that goes by owner."""

    def known(self, container: str, index: str, key: Any) -> Sequence[Record]:
        """What is in a container at the top and has that key of an index."""

    def named(self, container: str, name: str, value: object) -> Record | None:
        """What is in a container at the top and has that value of something unique."""

    def held(self, container: str, id_: str) -> Record | None:
        """What has that id among what it contains in a container."""

    def within(self, container: str, id_: str) -> Reading | None:
        """The same, with what is around it."""

    def beside_in(self, container: str, id_: str) -> Record | None:
        """What has that id among what is in a container of what contains it."""

    def above(self, container: str) -> Iterable[Record]:
        """What is in a container of what contains it."""

    def hidden_inside(self, container: str) -> Iterable[Record]:
        """What it contained that was deleted softly."""

    def there(self, container: str) -> Iterable[Record]:
        """What is in a container at the top."""

    def anywhere(self, container: str) -> Iterable[Record]:
        """What is in a container, whoever has it."""

    def parts(self, container: str) -> Iterable[Reading]:
        """The same as ``there``, each with what is around it."""

    def content(self, stream: str) -> bytes | None:
        """Bytes that it was given, by the name of a stream; None where it has none."""

    def linked(self, relation: str) -> Sequence[Record]:
        """What links of a relation lead to."""

    def download(self, stream: str) -> str:
        """A URL that its bytes can be read at without a token; ``content~small`` is a thumbnail of
        them, ``content~view`` what a browser shows.
        """


Compute = Callable[[Reading], Any]
"""A value, None for none. Of an object, what is stored of it is shown instead."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A thing that is given bytes, the name of the stream that they are of, and its owner."""

    record: Record
    stream: str
    content: Content
    media_type: str
    owner: Record


class Given(NamedTuple):
    """What a body that is no JSON means: a record, and bytes by the name of their stream."""

    record: Record
    streams: Mapping[str, bytes] = {}
    media: Mapping[str, str] = {}
    """Their media types, where they are not that of the body."""


class Rendering(NamedTuple):
    """Bytes that are read as more than they are: what is kept, empty where nothing is; what they
    are of; the parameters of the query; and the URL that is asked for.
    """

    data: bytes
    reading: Reading
    parameters: Mapping[str, str]
    url: str


class Rendered(NamedTuple):
    """How bytes are shown, and which parameters the query for them may have. They are HTML."""

    parameters: tuple[str, ...]
    show: Callable[[Rendering], bytes]


@dataclass(frozen=True, slots=True)
class Word:
    """The id of what a word means: ``Word("user/mailFolders", "inbox")``, of the same owner."""

    navigation: str
    word: str


@dataclass(frozen=True, slots=True)
class Lasting:
    """Another id of things, that they keep as long as they are: worked out of the row's key.

    It is shown to those who prefer it, and known in URLs to all. ``read`` gives None for what is
    no such id.
    """

    prefers: Callable[[Mapping[str, str]], bool]
    write: Callable[[Key], str]
    read: Callable[[str], Key | None]


Test = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Asks:
    """What a thing asks for that has none of its own along a navigation property.

    ``condition``: its property with a ``$filter``. ``home``: the container of what it asks for, of
    the same owner, and ``by`` an indexed property there that has one of the values that ``among``
    gives, by the record and by what the owner has in a container. ``refuse`` gives what is said of
    what would be put there. ``of``: only what has that property asks, anything else has its own.
    """

    condition: str
    home: str
    by: str
    among: Callable[[Record, Callable[[str], Iterable[Row]]], Iterable[Any]]
    refuse: Callable[[], GraphError]
    of: str = ""


class Looking(Protocol):
    """What is stored, as rows, for what finds things by more than their keys."""

    def row(self, key: Key) -> Row | None:
        """The row with that key."""

    def find(self, container: str, name: str, value: object, owner: Key | None) -> Row | None:
        """The row, of that owner, whose unique property of that name has this value."""

    def equal(self, container: str, index: str, key: object) -> Iterable[Row]:
        """The rows that have that key of an index, whoever contains them."""

    def owned(self, container: str, owner: Key) -> Iterable[Row]:
        """The rows of a container that a row contains."""

    def container_of(self, key: Key) -> str:
        """The container that a row is in."""

    def linked(self, relation: str, row: Row) -> Iterable[Row]:
        """What links of a relation lead to from a row."""

    def along(self, row: Row, names: Iterable[str]) -> Row | None:
        """What names lead to from a row of a type that is gone along ``by_path``."""

    @property
    def selected(self) -> tuple[str, ...]:
        """The names that the query selects; empty where it selects none."""

    def link(self, row: Row, stream: str) -> str:
        """A URL that the bytes of a row can be read at without a token, while something is read."""


Reach = Callable[[Looking, str, "Row | None"], "Record | None"]
"""What a key means of which nothing is stored, by the row of what contains the collection: a
record, or None for nothing. Raises GraphError for what can be no key.
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who wants what lies in what somebody else has, or comes by what was ``reached``.

    ``row`` is the last on the path of which something is stored, ``reached`` the record of what the
    path begins with, where that was. ``person`` is the id of who is signed in, empty for nobody;
    ``checked``: whether that matters. ``writes``: whether something is to be changed, by the
    ``operation`` of that name, if it is one. ``preferences`` are the client's, ``now`` the tenant's
    time in seconds.
    """

    looking: Looking
    row: Row | None
    reached: Record
    person: str
    checked: bool
    writes: bool
    operation: str
    preferences: Mapping[str, str]
    now: float


Admit = Callable[[Visit], "Mapping[Key, Record]"]
"""Raises GraphError for who may not have it; what is changed by the visit itself, by the key of the
row: who follows a link may be among those who have one from then on.
"""


@dataclass(frozen=True, slots=True)
class Share:
    """What a user, ``who``, wants of what another has, the ``holder``.

    ``steps`` are the names behind the holder on the path, each with its key, empty where there is
    none. ``writes``: whether something is to be changed.
    """

    looking: Looking
    holder: Row
    who: Record
    steps: tuple[tuple[str, str], ...]
    writes: bool


Veil = Callable[[str, Record], Record]
"""What of a thing is shown to somebody, by its container and its record: the same one where that is
all of it.
"""


Find = Callable[[str], Callable[[Reading], bool]]
"""The test that a ``$search`` means. Raises GraphError for what it cannot mean."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a ``$search`` gives at most: so many, by the greatest value of a property first; and
    what is told of one that it finds, where that is not all.
    """

    latest: str = ""
    most: int = 0
    told: Callable[[Record], Record] | None = None


Refuse = Callable[[Record, Record | None], object]
"""Raises GraphError for a record that cannot be as a body has it; the second is what it was."""


class Others(Protocol):
    """What else is there at the top, in the write that a check is part of."""

    def __call__(self, container: str) -> Iterable[Record]:
        """All that is in a container: it takes as long as there are things in it."""

    def made_of(self, container: str, work: Callable[[Iterable[Record]], T]) -> T:
        """What ``work`` gives of all that is in a container, and of nothing else: it is only called
        where something there was changed since.
        """

    def find(self, container: str, name: str, value: object) -> Record | None:
        """What has that value of a property whose values no two have."""

    def equal(self, container: str, index: str, value: object) -> Iterable[Record]:
        """What has that key of an index: of a text that is compared in any case, its casefold."""


Suit = Callable[[Record, Record | None, Others], object]
"""The same as ``Refuse``, in the write itself; the third gives what else is there."""


Idle = Callable[[Record, Record | None, Others], "Iterable[tuple[str, str]]"]
"""What of a thing that a body has made or changed is kept and without effect, each with the reason;
the second is what it was."""


@dataclass(frozen=True, slots=True)
class Within:
    """Which things belong to something: by a test, and by what makes one belong to it.

    Both are given the record of the thing, and that of what contains the place where it is seen: of
    what has it, where that lies at the top.
    """

    test: Callable[[Record, Record], bool]
    put: Callable[[Record, Record], Record]


class Scanned(Protocol):
    """Rows of a collection that unfolds: in order, or by an index that they have."""

    @property
    def indexed(self) -> Mapping[str, bool]:
        """The indexes that it has."""

    def scan(self, after: int = -1) -> Iterable[Row]:
        """All rows."""

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterable[Row]:
        """The rows that have one of these keys of an index."""


class Stored(Protocol):
    """What a tenant has stored, whoever asks."""

    def rows(self, container: str) -> Iterable[Row]:
        """All that is in a container, whoever has it."""

    def hidden(self, container: str) -> Iterable[Row]:
        """What was deleted from it softly."""

    def linked(self, relation: str, key: Key) -> Iterable[Row]:
        """What links of a relation lead to."""

    def were_linked(self, relation: str, key: Key) -> Iterable[Row]:
        """What links of a relation led to, of what was deleted softly."""


@dataclass(frozen=True, slots=True)
class Unfolding:
    """A collection that has more than what is stored of it, or less.

    ``rows`` is what is stored, ``parameters`` what the query has besides, ``owner`` the record of
    what contains the rows, and ``beneath`` that of what they are seen beneath. ``around`` is
    what contains them with what is around it, where it is stored. ``person`` is the id of whom a
    token names, where tokens are checked and it names somebody. ``selected`` are the names that the
    query selects, empty where it selects none. ``stored`` is all that the tenant has.
    """

    rows: Scanned
    parameters: Mapping[str, str]
    owner: Record
    beneath: Record
    around: Reading | None = None
    person: str = ""
    selected: tuple[str, ...] = ()
    stored: Stored | None = None


Unfold = Callable[[Unfolding], Iterable["Row | Record | str"]]
"""What a collection has: rows that are stored, and records of what is stored nowhere."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Things that are worked out of another one of their container until they are changed.

    ``parent`` gives the id of that by theirs, None for what is no such id; ``record`` theirs by the
    record of that and their id, None where there is no such thing. ``gone`` is what comes of it
    for the other when one is deleted. ``of``: the container at the top that has the others, where
    that is not their own.
    """

    parent: Callable[[str], str | None]
    record: Callable[[Record, str], Record | None]
    gone: Callable[[Acting, Row, Record], object]
    of: str = ""


class Acting(Protocol):
    """A write under way, for what comes of what it does: it does no more than it says."""

    plants: bool
    """Whether it puts seeds in their places, which may be of things that are not there."""

    def found(self, containers: Sequence[str], value: object, name: str = "id") -> Row | None:
        """The row at the top, of the first container that has one, with that unique value."""

    def owner(self, row: Row) -> Row | None:
        """What contains a row."""

    def ends(self, relation: str, row: Row, *, backwards: bool = False) -> Sequence[Row]:
        """What a row is linked to, or what is linked to it."""

    def beside(self, row: Row, name: str, value: object) -> Sequence[Row]:
        """Those in the container of a row, of its owner, that have a value of an indexed property,
        or that id.
        """

    def at(self, path: str) -> Row | None:
        """What a path of one thing leads to, without version; None for nothing."""

    def put_at(self, path: str, record: Record) -> Row:
        """Make a thing where a path without version leads, or change the one that is there."""

    def inside(self, row: Row, container: str) -> Sequence[Row]:
        """What a row contains in a container."""

    def leads_to(self, row: Row, navigation: str) -> Sequence[Row]:
        """What a navigation property of a row leads to."""

    def touch(self, row: Row) -> None:
        """Make another version of a row."""

    def give(self, row: Row, navigation: str, record: Record) -> Row:
        """Put a thing where a navigation property of a row leads."""

    def all(self, path: str) -> Sequence[Row]:
        """What is where a path without version leads."""

    def alter(self, row: Row, changes: Record) -> None:
        """Change properties of a row."""

    def tie(self, relation: str, row: Row, other: Row) -> bool:
        """Link one row to another; False where it is already."""

    def untie(self, relation: str, row: Row, other: Row) -> bool:
        """Take a link away; False where there is none."""

    def remove(self, row: Row) -> None:
        """Delete a row for good."""

    def bury(self, row: Row) -> None:
        """Delete a row in the way of its type, which may be softly, with what comes of that."""


@dataclass(frozen=True, slots=True)
class Extension:
    """What things of a type have in one tenant beside what the model declares.

    ``kind`` is the name of a built-in type, ``Edm.String``, of which ``longest`` says how long
    values may be; empty for an object with ``members``. ``many``: it is a collection. ``loose``:
    values of other kinds may be there, which queries take for none. ``exact``: queries compare
    texts with regard to case; ``each``: what they compare a collection with is any item of it.
    """

    name: str
    kind: str = ""
    many: bool = False
    longest: int = 0
    members: tuple[Extension, ...] = ()
    loose: bool = False
    exact: bool = False
    each: bool = False


@dataclass(frozen=True, slots=True)
class Audited:
    """What a log says of what is done to things of a type over the wire.

    ``activities``: its words for each kind of deed: ``add``, ``change``, ``delete``, ``purge`` and
    ``restore``; ``members+`` is a link that was made, ``members-`` one that was taken away.
    """

    category: str
    activities: Mapping[str, str | Callable[[Record], str]]


Extend = Callable[[str, Callable[[str], Iterable[Record]]], Iterable[Extension]]
"""The extensions of a type, by its short name, and by what is in a container of the tenant."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks for what of things of a type, where permissions are checked.

    ``names`` are the properties that a body sets of it, ``sent`` is the body that makes one.
    ``member``: what it is about that lies in the thing, or that it leads to: the first segment
    behind it; empty: itself. ``record`` is the thing's, empty where it is of none. ``granted`` are
    the permissions of the token, ``used`` those that open the path. ``oneself``: whether the thing
    is who asks. ``roles`` gives the templates of the directory roles that who asks has, ``held``
    those that the thing has; ``linked`` whether what a navigation property of the thing leads to
    has who asks among it; ``mentions`` whether the query names a property; ``there`` whether
    something at the top has a value that is unique.
    """

    type: PublishedType
    method: str
    names: frozenset[str]
    sent: Mapping[str, Any]
    member: str
    record: Record
    granted: frozenset[str]
    used: frozenset[str]
    app_only: bool
    oneself: bool
    roles: Callable[[], frozenset[str]]
    held: Callable[[], frozenset[str]]
    linked: Callable[[str], bool]
    mentions: Callable[[str], bool]
    there: Callable[[str, str, object], bool]


class Asker(NamedTuple):
    """Who asks: the app, and the id of the user for whom it does; empty where the token says none.

    ``granted`` are the permissions of the token, where these are checked; ``roles`` gives the
    templates of the directory roles that the user has.
    """

    app: str
    user: str
    app_only: bool
    granted: frozenset[str]
    roles: Callable[[], frozenset[str]]


class Part(NamedTuple):
    """One segment of a path through a document, with the key behind it; ``acts``: an action."""

    name: str
    key: str | None = None
    arguments: Mapping[str, Any] = {}
    acts: bool = False


class Opened(NamedTuple):
    """A document that something has as its bytes, and what is asked of it, at the tenant's time in
    seconds since the year 1.
    """

    data: bytes
    parts: Sequence[Part]
    method: str
    body: Mapping[str, Any]
    seconds: float


class Shown(NamedTuple):
    """What comes of that: the status, what is shown, of what type, and the bytes from then on,
    None where they stay.
    """

    status: int
    value: Any
    kind: str
    data: bytes | None


Document = Callable[[Opened], "Shown | None"]
"""Answers what is asked of a document; None for what is not built. Raises GraphError."""


class Sought(NamedTuple):
    """A query of what lies in something: the texts of its options and of its aliases, by name,
    what the client prefers, and ``around``: what contains the things, with what is around that.
    """

    options: Mapping[str, str]
    aliases: Mapping[str, str]
    preferences: Mapping[str, str]
    around: Reading


Beyond = Callable[[Sought], tuple[Extension, ...]]
"""What a query may name behind navigation properties to things of open types, as ``members`` of
one of each name. Raises GraphError for what it may not ask."""


class Linking(NamedTuple):
    """A link that a body makes or takes away: ``other``, of ``type``, to what ``holder`` has.

    Of directory objects the type is the one right below that, as ``user``, whatever is derived
    from it.

    ``links`` counts those that there are before.
    """

    holder: Record
    type: str
    other: Record
    links: Callable[[], int]


_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def folded_id(id_: str) -> str:
    """What of an id is compared: GUIDs in any case, all others as they are written."""
    if len(id_) != 36 or not _GUID.fullmatch(id_):
        return id_
    low = id_.lower()
    return id_ if low == id_ else low  # one object for what is compared and what is kept


def of_each_user(
    made: Callable[[Record, str], Record],
) -> Callable[[Unfolding], Iterator[Row | Record]]:
    """Unfolds what there is of each user by its id: what is kept, or else what ``made`` gives of
    the user and the id; and what is kept of others.
    """

    def unfolds(unfolding: Unfolding) -> Iterator[Row | Record]:
        kept = {folded_id(str(row.record["id"])): row for row in unfolding.rows.scan()}
        for user in () if unfolding.stored is None else unfolding.stored.rows("users"):
            id_ = str(user.record["id"])
            row = kept.pop(folded_id(id_), None)
            yield made(user.record, id_) if row is None else row
        yield from kept.values()

    return unfolds
