"""``Linker``: links things in a write, and notes what is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fakegraph.edm.published import PublishedType
from fakegraph.errors import GraphError
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.whole.completing import Completing
from fakegraph.graph.whole.locate import Way, rows_in
from fakegraph.graph.whole.places import Many, One
from fakegraph.graph.whole.records import said_of
from fakegraph.store import Key, KeyTaken, Record, Row
from fakegraph.tenants.trail import Deed
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Acting, Linking, short

_ROOT = "directoryObject"
# The log's words for what is done.
OPERATIONS = {
    "add": "Add",
    "change": "Update",
    "delete": "Delete",
    "purge": "Delete",
    "restore": "Update",
}


class Linker(Completing):
    """One write of one tenant, as far as it links things, and acts on what comes of that."""

    def stored(self, one: One) -> Key:
        """The key of a thing, which is stored first where it was only there anyway."""
        raise NotImplementedError

    def put_at(self, path: str, record: Record) -> Row:
        """Make a thing where a path without version leads, or change the one that is there."""
        raise NotImplementedError

    def touch(self, row: Row) -> None:
        """Make another version of a row."""
        raise NotImplementedError

    def leads_to(self, row: Row, navigation: str) -> Sequence[Row]:
        place = self.way(()).member_of(row, navigation)
        if isinstance(place, One):
            return [place.row] if place.row is not None else []
        return list(rows_in(self.lookup, place))

    def give(self, row: Row, navigation: str, record: Record) -> Row:
        """Put a thing where a navigation property of a row leads."""
        raise NotImplementedError

    def made(self, one: One) -> Row:
        """A thing's row, which is stored first where it was only there anyway."""
        self.stored(one)
        assert one.row is not None
        return one.row

    def bury(self, row: Row) -> None:
        """Delete a row in the way of its type."""
        raise NotImplementedError

    def provide(self, owner: One | None, container: str) -> None:
        """Make what a thing has in a container before anybody makes one there; None: the top."""
        self._provide(0 if owner is None else self.stored(owner), container)

    def begin(self) -> None:
        """Make what is there from the start, whatever else somebody puts there."""
        for container in self.world.declared.given:
            self._provide(0, container)

    def way(self, segments: Sequence[Segment]) -> Way:
        """The way along a path, as things are in this write."""
        way = Way(self.world, self.lookup, self._me, segments, self.provide)
        way.app = self.app
        return way

    def link(self, many: Many, key: Key) -> bool:
        """Link a thing to where a collection's links begin; False where it is already."""
        if many.relation is None or many.source is None:
            return True
        ends = _ends(many, self.stored(many.source), key)
        if not self.transaction.link(many.relation, *ends):
            return False
        self._follow(many.said.joined, ends)
        self._note_link(many, "+", ends)
        return True

    def unlink(self, many: Many, key: Key) -> bool:
        """Take away the link to a thing; False where there is none."""
        if many.relation is None or many.source is None:
            return False
        ends = _ends(many, many.source.stored, key)
        if not self.transaction.unlink(many.relation, *ends):
            return False
        self._follow(many.said.left, ends)
        self._note_link(many, "-", ends)
        return True

    def is_linked(self, many: Many, key: Key) -> bool:
        """Whether a collection has a link to a thing."""
        if many.relation is None or many.source is None:
            return False
        ends = _ends(many, many.source.stored, key)
        return self.transaction.has(many.relation, *ends)

    def check_link(self, many: Many, one: One, *, leaves: bool = False) -> None:
        """Raise GraphError for a link that a workload does not let a body make, or take away."""
        check = many.said.leaves if leaves else many.said.joins
        if check is None or many.source is None or many.relation is None:
            return
        relation, source = many.relation, many.source

        def links() -> int:
            return len(self.transaction.targets(relation, source.stored))

        check(Linking(source.record, _kind(one.type), one.record, links))

    def _follow(
        self, come: Callable[[Acting, Row, Row], object] | None, ends: tuple[Key, Key]
    ) -> None:
        """Do what comes of a link that was made, or taken away."""
        source, target = map(self.transaction.row, ends)
        if come is not None and source is not None and target is not None:
            come(self, source, target)

    def note(
        self,
        kind: str,
        type_: PublishedType,
        record: Record,
        before: Record | None = None,
        other: tuple[str, Record] | None = None,
    ) -> None:
        """Note what was done to a thing of which there is a log."""
        audited = self.world.rules(type_).audited
        if audited is None or kind not in audited.activities:
            return
        said = audited.activities[kind]
        activity = said(record) if callable(said) else said
        operation = OPERATIONS.get(kind, "Assign")
        name = short(type_.name)
        self.deeds.append(Deed(activity, audited.category, operation, name, record, before, other))

    def _note_link(self, many: Many, sign: str, ends: tuple[Key, Key]) -> None:
        """Note that two things were linked, or are not any more."""
        if many.source is None or many.relation is None:
            return
        kind = f"{many.relation.rpartition('/')[2]}{sign}"
        audited = self.world.rules(many.source.type).audited
        if audited is None or kind not in audited.activities:
            return
        source, target = map(self.transaction.row, ends)
        if source is not None and target is not None:
            type_ = self.world.type_of(target.record, self.transaction.container_of(target.key))
            other = (short(type_.name), target.record)
            self.note(kind, many.source.type, source.record, other=other)

    def _touch(self, rules: Type, key: Key, before: Record | None) -> None:
        """Note what is made or changed."""
        self.touched.setdefault(key, before)
        if rules.lags:
            self.lagging.add(key)

    def _inserted(self, type_: PublishedType, put: Callable[[], Row]) -> Row:
        try:
            return put()
        except KeyTaken as error:
            words = self.world.declared.workload([type_]).words
            name, value = said_of(error.name, error.value)
            raise words.taken(short(type_.name), name, value, error.holder) from error

    def _check_suits(self, type_: PublishedType, record: Record, before: Record | None) -> None:
        """Raise GraphError for a record that does not go with what else is there."""
        for suit in self.world.rules(type_).suits:
            suit(record, before, self.others)

    # What comes of it: ``handed.Acting`` ----------------------------------------------------

    def found(self, containers: Sequence[str], value: object, name: str = "id") -> Row | None:
        rows = (self.lookup.find(container, name, value, None) for container in containers)
        return next((row for row in rows if row is not None), None)

    def owner(self, row: Row) -> Row | None:
        return self.transaction.row(row.owner) if row.owner else None

    def ends(self, relation: str, row: Row, *, backwards: bool = False) -> Sequence[Row]:
        return list(self.lookup.ends(relation, row.key, backwards=backwards))

    def at(self, path: str) -> Row | None:
        try:
            return self._references.find(self.lookup, path, "@odata.id", self.provide).row
        except GraphError:
            return None

    def inside(self, row: Row, container: str) -> Sequence[Row]:
        self._provide(row.key, container)
        return list(self.transaction.rows_of(container, [row.key]))

    def all(self, path: str) -> Sequence[Row]:
        many = self.way(self._references.segments(path)).located().many
        return list(rows_in(self.lookup, many))

    def alter(self, row: Row, changes: Record) -> None:
        self.transaction.replace(row.key, {**row.record, **changes})

    def tie(self, relation: str, row: Row, other: Row) -> bool:
        return self.transaction.link(relation, row.key, other.key)

    def untie(self, relation: str, row: Row, other: Row) -> bool:
        return self.transaction.unlink(relation, row.key, other.key)

    def remove(self, row: Row) -> None:
        self.transaction.delete(row.key)


def _kind(type_: PublishedType) -> str:
    """The kind of a thing: of directory objects the one right below that, else its type."""
    names = [short(each.name) for each in type_.chain]
    at = names.index(_ROOT) if _ROOT in names else 0
    return names[max(at - 1, 0)]


def _ends(many: Many, source: Key, key: Key) -> tuple[Key, Key]:
    """Where a collection's link to a thing begins, and where it ends."""
    return (key, source) if many.backwards else (source, key)
