"""What is shown of things beside what is stored: worked out of what is around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.edm.values import TICKS_PER_SECOND, Instant
from fakegraph.graph.whole.downloads import content_of, download_url
from fakegraph.graph.whole.places import UnstoredRow
from fakegraph.graph.whole.records import BYTES, has_values, value_at
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Container, Key, Record, Row, Store
from fakegraph.workloads.handed import Compute

Ask = Callable[[World, Store, Record, PublishedType, str, Key], Iterable[Row]]


class Seer:
    """What stands around the rows of one answer; what it has looked up it need not look up again.

    ``root`` is the service root as the caller addressed it, ``now`` gives the time. ``ask`` finds
    what things ask for (``asking.py``): who sees for that need not. ``guid`` is the tenant's.
    """

    def __init__(
        self,
        world: World,
        store: Store,
        root: str,
        now: Callable[[], Instant],
        ask: Ask | None = None,
        guid: Callable[[], str] = str,
    ) -> None:
        self.world = world
        self.guid = guid
        self.store = store
        self.root = root
        self.now = now
        self.ask = ask
        self.stamp = store.stamp  # before anything is read
        self.is_fleeting = False  # whether something was worked out of more than what is stored
        self._containers: dict[str, Container] = {}
        self._empty: set[str] = set()
        self._types: dict[int, PublishedType] = {}
        self._groups: dict[tuple[str, Key, str], dict[Any, list[Record]]] = {}

    def container(self, name: str) -> Container:
        """The rows of a container."""
        found = self._containers.get(name)
        if found is None:
            found = self._containers[name] = self.store.container(name)
        return found

    def inside(self, container: str, owner: Key) -> Iterable[Row]:
        """The rows of a container that one row contains; mostly there are none of anybody's."""
        if container in self._empty:
            return ()
        whole = self.container(container)
        if not len(whole):
            self._empty.add(container)
            return ()
        return whole.of(owner).scan()

    def seen(self, row: Row, computed: Mapping[str, Compute]) -> Row:
        """A row with what is worked out whenever it is read, by property."""
        whole = row.record | self.worked_out(row, computed)
        if isinstance(row, UnstoredRow):
            return Row(row.position, whole)
        return Row(row.position, whole, row.number, row.owner)

    def worked_out(
        self, row: Row, computed: Mapping[str, Compute], type_: PublishedType | None = None
    ) -> Record:
        """The same alone. ``type_`` is the row's, where that is known."""
        found: Record = {}
        if not computed:
            return found
        around, record = self.around(row, type_), row.record
        for name, give in computed.items():
            value = give(around)
            if isinstance(value, dict) and isinstance(record.get(name), dict):
                value = {**value, **record[name]}
            if value is not None:
                found[name] = value
        return found

    def type_of(self, row: Row) -> PublishedType:
        """The type of what is stored."""
        said = self.world.type_said(row.record) if TYPE in row.record else None
        if said is not None:
            return said
        if isinstance(row, UnstoredRow):
            return row.one.type
        found = self._types.get(row.number)
        if found is None:
            container = self.store.container_of(row.key)
            found = self._types[row.number] = self.world.type_in(container)
        return found

    def around(self, row: Row, type_: PublishedType | None = None) -> Around:
        """A row with what is around it."""
        return Around(self, row, type_ or self.type_of(row))

    def having(self, container: str, owner: Key, path: str, value: Any) -> Iterable[Record]:
        """The things of a container that one row contains that have a value at a path of names."""
        owned = self.container(container).of(owner)
        if path in owned.indexed:
            return (row.record for row in owned.equal(path, [value]))
        return self._group(container, owner, path).get(value, ())

    def _group(self, container: str, owner: Key, path: str) -> dict[Any, list[Record]]:
        place = (container, owner, path)
        found = self._groups.get(place)
        if found is None:
            found = self._groups[place] = {}
            for row in self.container(container).of(owner).scan():
                found.setdefault(value_at(row.record, path), []).append(row.record)
        return found


class Around:
    """A row with what is around it, as ``handed.Reading`` has it."""

    __slots__ = ("_row", "_seer", "record", "type")

    def __init__(self, seer: Seer, row: Row, type_: PublishedType) -> None:
        self._seer = seer
        self._row = row
        self.record = row.record
        self.type = type_

    @property
    def tenant(self) -> str:
        """The GUID of the tenant, where somebody reads it."""
        return self._seer.guid()

    @property
    def number(self) -> int:
        """A number that nothing else in its container has; what came later has a higher one."""
        return self._row.key

    @property
    def now(self) -> float:
        """The tenant's time, in seconds since the year 1."""
        self._seer.is_fleeting = True
        return self._seer.now() / TICKS_PER_SECOND

    def owner(self) -> Record | None:
        """What contains it."""
        if isinstance(self._row, UnstoredRow):
            above = self._row.one.place.owner
            return None if above is None else above.record
        found = self._seer.store.row(self._row.owner) if self._row.owner else None
        return None if found is None else found.record

    def holder(self) -> Around | None:
        """What contains it, with what is around that, where it is stored."""
        if isinstance(self._row, UnstoredRow):
            above = self._row.one.place.owner
            found = None if above is None else above.row
        else:
            found = self._seer.store.row(self._row.owner) if self._row.owner else None
        return None if found is None else self._seer.around(found)

    def count(self, container: str, values: Mapping[str, Any]) -> int:
        """How many things in a container, of the same owner, have certain values."""
        return self._count(container, self._row.owner, values)

    def count_below(self, container: str, values: Mapping[str, Any]) -> int:
        """How many of what it contains itself in a container have certain values."""
        return self._count(container, self._row.key, values)

    def _count(self, container: str, owner: Key, values: Mapping[str, Any]) -> int:
        owned, name = self._seer.container(container).of(owner), "+".join(values)
        if name not in owned.indexed:
            return sum(has_values(each.record, values) for each in owned.scan())
        key = tuple(values.values())
        return owned.count_equal(name, [key if len(key) > 1 else key[0]])

    def beside(self, path: str, value: Any) -> Iterable[Record]:
        """Those in its container, of its owner, that have that value at a path of names."""
        if not self._row.key:
            return ()
        owner, container = self._row.owner, self._seer.store.container_of(self._row.key)
        if path == self.type.key:
            found = self._seer.container(container).get(value, owner)
            return () if found is None else (found.record,)
        return self._seer.having(container, owner, path, value)

    def place(self, path: str, value: Any) -> int:
        """How many of those beside it that have that value, by an index, come before it."""
        row, seer = self._row, self._seer
        owned = seer.container(seer.store.container_of(row.key)).of(row.owner)
        return owned.count_before(path, value, row.position)

    def neighbours(self, id_: object) -> Iterable[Around]:
        """What has that id in its container, of its owner, with what is around it."""
        container = self._seer.store.container_of(self._row.key)
        found = self._seer.container(container).get(str(id_), self._row.owner)
        return () if found is None else (self._seer.around(found, self.type),)

    def inside(self, container: str) -> Iterable[Record]:
        """What it contains."""
        return [row.record for row in self._seer.inside(container, self._row.key)]

    def asked(self, navigation: str) -> Iterable[Record]:
        """What it asks for along a navigation property, where it has none of its own."""
        seer, owner = self._seer, self._row.owner
        assert seer.ask is not None
        found = seer.ask(seer.world, seer.store, self.record, self.type, navigation, owner)
        return (row.record for row in found)

    def how_many(self, container: str) -> int:
        """How many things it contains in a container."""
        return len(self._seer.container(container).of(self._row.key))

    def latest(self, container: str, by: str, most: int) -> list[Record]:
        """Of what it contains, so many at most: the last by an ordered index."""
        found = self._seer.container(container).of(self._row.key).walk(by, backwards=True)
        return [row.record for row in islice(found, most)]

    def among(self, container: str, index: str, keys: Iterable[Any]) -> list[Record]:
        """Of what it contains, what has one of the keys of an index that goes by owner."""
        found = self._seer.container(container).of(self._row.key).equal(index, keys)
        return [row.record for row in {row.key: row for row in found}.values()]

    def known(self, container: str, index: str, key: Any) -> list[Record]:
        """What is in a container at the top and has that key of an index."""
        return [row.record for row in self._seer.container(container).equal(index, [key])]

    def named(self, container: str, name: str, value: object) -> Record | None:
        """What is in a container at the top and has that value of something unique."""
        found = self._seer.container(container).find(name, str(value))
        return None if found is None else found.record

    def held(self, container: str, id_: str) -> Record | None:
        """What has that id among what it contains in a container."""
        return self._of(container, id_, self._row.key)

    def within(self, container: str, id_: str) -> Around | None:
        """The same, with what is around it."""
        found = self._seer.container(container).get(id_, self._row.key) if self._row.key else None
        return None if found is None else self._seer.around(found)

    def beside_in(self, container: str, id_: str) -> Record | None:
        """What has that id among what is in a container of what contains it."""
        return self._of(container, id_, self._row.owner)

    def above(self, container: str) -> Iterable[Record]:
        """What is in a container of what contains it."""
        owner = self._row.owner
        return (row.record for row in self._seer.inside(container, owner)) if owner else ()

    def _of(self, container: str, id_: str, owner: Key) -> Record | None:
        found = self._seer.container(container).get(id_, owner) if owner else None
        return None if found is None else found.record

    def hidden_inside(self, container: str) -> Iterable[Record]:
        """What it contained that was deleted softly."""
        hidden = self._seer.store.hidden(container)
        return [row.record for row in hidden.scan() if row.owner == self._row.key]

    def there(self, container: str) -> Iterable[Record]:
        """What is in a container at the top."""
        return [row.record for row in self._seer.inside(container, 0)]

    def anywhere(self, container: str) -> Iterable[Record]:
        """What is in a container, whoever has it."""
        return (row.record for row in self._seer.container(container).scan())

    def parts(self, container: str) -> Iterable[Around]:
        """The same as ``there``, each with what is around it."""
        seer = self._seer
        return [seer.around(row) for row in seer.inside(container, self._row.key)]

    def content(self, stream: str) -> bytes | None:
        """Bytes that it was given, by the name of a stream; None where it has none."""
        if stream not in self.record.get(BYTES, {}):
            return None
        return content_of(self._seer.store, self.record, stream)

    def linked(self, relation: str) -> Sequence[Record]:
        """What links of a relation lead to."""
        found = self._seer.store.links(relation).targets(self._row.key)
        return [row.record for row in found.scan()]

    def download(self, stream: str) -> str:
        """A URL that its bytes can be read at without a token."""
        seer = self._seer
        return download_url(seer.store, seer.root, self.now, self._row, stream)
