"""What is shown of things beside what is stored: worked out of what is around them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from fakegraph.edm.published import PublishedType
from fakegraph.graph.whole.downloads import download_url
from fakegraph.graph.whole.records import has_values, value_at
from fakegraph.graph.whole.world import World
from fakegraph.store import Key, Record, Row, Store


class Seer:
    """What stands around the rows of one answer; what it has looked up it need not look up again.

    ``root`` is the service root as the caller addressed it, ``now`` the time in seconds.
    """

    def __init__(self, world: World, store: Store, root: str, now: float) -> None:
        self.world = world
        self.store = store
        self.root = root
        self.now = now
        self._groups: dict[tuple[str, Key, str], dict[Any, list[Record]]] = {}

    def seen(
        self, row: Row, names: Collection[str] | None = None, type_: PublishedType | None = None
    ) -> Row:
        """A row with what its type says that is worked out whenever it is read; or these alone.

        ``type_`` is that of a thing that is not stored.
        """
        around = self.around(row, type_)
        computed = self.world.rules(around.type).computed
        if not computed:
            return row
        whole = dict(row.record)
        for name, give in computed.items():
            if names is not None and name not in names:
                continue
            value, stored = give(around), whole.get(name)
            if isinstance(value, dict) and isinstance(stored, dict):
                whole[name] = {**value, **stored}
            elif value is not None:
                whole[name] = value
        return Row(row.position, whole, row.number, row.owner)

    def around(self, row: Row, type_: PublishedType | None = None) -> Around:
        """A row with what is around it."""
        return Around(self, row, type_)

    def group(self, container: str, owner: Key, path: str) -> dict[Any, list[Record]]:
        """The things of a container that one row contains, by what they have at a path of names."""
        place = (container, owner, path)
        found = self._groups.get(place)
        if found is None:
            found = self._groups[place] = {}
            for row in self.store.container(container).of(owner).scan():
                found.setdefault(value_at(row.record, path), []).append(row.record)
        return found


class Around:
    """A row with what is around it, as ``declarations.Reading`` has it."""

    def __init__(self, seer: Seer, row: Row, type_: PublishedType | None) -> None:
        self._seer = seer
        self._row = row
        self._container = seer.store.container_of(row.key) if row.key else ""
        self.record = row.record
        self.type = type_ or seer.world.type_of(row.record, self._container)

    def owner(self) -> Record | None:
        """What contains it."""
        found = self._seer.store.row(self._row.owner) if self._row.owner else None
        return None if found is None else found.record

    def count(self, container: str, values: Mapping[str, Any]) -> int:
        """How many things in a container, of the same owner, have certain values."""
        return self._count(container, self._row.owner, values)

    def count_below(self, container: str, values: Mapping[str, Any]) -> int:
        """How many of what it contains itself in a container have certain values."""
        return self._count(container, self._row.key, values)

    def _count(self, container: str, owner: Key, values: Mapping[str, Any]) -> int:
        owned = self._seer.store.container(container).of(owner)
        indexes = {each.name: each for each in self._seer.world.layout(container).indexes}
        name = next((name for name in values if name in owned.indexed), None)
        rows = (
            owned.scan() if name is None else owned.equal(name, [indexes[name].key(values[name])])
        )
        return sum(has_values(each.record, values) for each in rows)

    def beside(self, path: str, value: Any) -> Sequence[Record]:
        """Those in its container, of its owner, that have that value at a path of names."""
        if not self._container:
            return ()
        owner = self._row.owner
        if path == self.type.key:
            found = self._seer.store.container(self._container).get(value, owner)
            return () if found is None else (found.record,)
        return self._seer.group(self._container, owner, path).get(value, ())

    def inside(self, container: str) -> Iterable[Record]:
        """What it contains."""
        rows = self._seer.store.container(container).of(self._row.key).scan()
        return (row.record for row in rows)

    def download(self, stream: str) -> str:
        """A URL that its bytes can be read at without a token."""
        seer = self._seer
        return download_url(seer.store, seer.root, seer.now, self._row.key, stream)
