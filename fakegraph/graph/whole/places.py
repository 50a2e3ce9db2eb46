"""What paths lead to: ``Many`` things, or ``One``, which may not be there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.errors import GraphError
from fakegraph.graph.whole.collections import Unindexed
from fakegraph.odata.collection import Collection
from fakegraph.store import Key, Record, Row
from fakegraph.workloads.declarations import Navigation

Rows = Collection | Unindexed


class Lying(NamedTuple):
    """Where something lies that is kept in a value: in which properties of what, one in the other.

    ``member`` is the navigation property of the last of them.
    """

    owner: One
    names: tuple[str, ...]
    member: NavigationProperty


class Question(NamedTuple):
    """What is asked for: a test of rows, the properties that it hangs on, the values of the
    property that they go by, what tells this question from all others, and what is said of what
    would be put there.
    """

    test: Callable[[Row], bool]
    names: frozenset[str]
    by: str
    values: tuple[Any, ...]
    mark: str
    refusal: GraphError


@dataclass(slots=True)
class Many:
    """A collection of things, which a path leads to.

    ``type`` is the one that its things are declared to have. ``containers`` are where they live;
    what is made here goes to the first of them, into ``owner``, with the values of ``fixed``, and
    is linked by ``relation`` to ``source`` where there is one, from the other end if ``backwards``.
    ``beneath`` is what the things are a view by; they get what ``view`` says of it.
    ``about`` is the record of what contains that.
    ``get`` finds a thing by its keys, by their property; ``rows`` gives all. ``has`` tells whether
    a thing of ``owner`` is one of them, as ``get`` finds it, and ``lists`` whether it is listed;
    ``goes_by``: the properties that this hangs on. ``lying``: where it is kept in a value.
    ``question``: what is asked for, where nothing is kept there.
    """

    type: PublishedType
    said: Navigation
    containers: tuple[str, ...]
    get: Callable[[Mapping[str, Any]], Row | None]
    rows: Callable[[], Rows]
    owner: One | None = None
    source: One | None = None
    relation: str | None = None
    backwards: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict)
    computed: bool = False
    beneath: One | None = None
    view: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    has: Callable[[Row], bool] = lambda row: True
    lists: Callable[[Row], bool] = lambda row: True
    goes_by: frozenset[str] = frozenset()
    lying: Lying | None = None
    question: Question | None = None


class Listed(NamedTuple):
    """What of a collection is asked by who only lists it: as in ``Many``."""

    type: PublishedType
    said: Navigation
    containers: tuple[str, ...]
    rows: Callable[[], Rows]


@dataclass(slots=True)
class One:
    """One thing, in the collection that it is in, or would be in if it were there.

    ``row`` is what is stored of it. ``start`` is the record of one that is there anyway, of which
    nothing is stored yet. ``keys`` are those of the path; empty for a single thing. ``plan`` is the
    record of one that is made as soon as something is put below it. ``adopts`` is what the row gets
    as soon as it is read or written: it was made as another thing than it is found as.
    """

    type: PublishedType
    row: Row | None
    place: Many
    key: str
    missing: Callable[[], GraphError]
    keys: Mapping[str, Any] = field(default_factory=dict)
    start: Record | None = None
    plan: Record | None = None
    adopts: Record | None = None

    @property
    def there(self) -> bool:
        """Whether it is there to be read."""
        return self.row is not None or self.start is not None

    def check(self) -> None:
        """Raise GraphError (404) unless it is there."""
        if not self.there:
            raise self.missing()

    @property
    def record(self) -> Record:
        """What is known of it. Raises GraphError (404)."""
        if self.row is not None:
            return self.row.record
        if self.start is None:
            raise self.missing()
        return self.start

    @property
    def stored(self) -> Key:
        """The key of its row; 0 where nothing is stored of it."""
        return 0 if self.row is None else self.row.key


class UnstoredRow(Row):
    """What is there although nothing is stored of it, as a row; at a position among others."""

    __slots__ = ("one",)

    def __init__(self, one: One, position: int = 0) -> None:
        super().__init__(position, one.record)
        self.one = one

    @property
    def key(self) -> Key:
        """None: nothing names it."""
        return 0


def worked_out(many: Many, record: Record, name: str) -> One:
    """What is there in a collection although nothing is stored of it; ``name`` is its key."""
    key = str(record[name])

    def missing() -> GraphError:
        raise AssertionError(f"'{key}' is there")

    return One(many.type, None, many, key, missing, start=record)


def row_in(one: One) -> Row:
    """The row of a thing that is there. Raises GraphError (404) if it is not."""
    return one.row or UnstoredRow(one)


Place = Many | One
