"""What things lead to: for ``$expand``, and for conditions and orders that go along to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, repeat
from operator import attrgetter, contains
from typing import Any, NamedTuple

from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import NavigationProperty
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.extended import Loose
from fakegraph.graph.whole.places import Many, Place, UnstoredRow, row_in
from fakegraph.graph.whole.unfolding import unfolded
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Record, Row
from fakegraph.workloads.handed import short

_number, _record = attrgetter("number"), attrgetter("record")


class Plain(NamedTuple):
    """What leads somewhere in the plainest way: by links, or to all that is contained."""

    links: tuple[str, ...] = ()
    backwards: bool = False
    container: str = ""


@lru_cache(maxsize=4096)
def plain(world: World, type_: PublishedType, member: NavigationProperty) -> Plain | None:
    """How a navigation property of things of a type leads; None where it is less plain."""
    said = world.navigation(type_, member)
    if said.same is not None:
        other = type_.member(said.same)
        return plain(world, type_, other) if isinstance(other, NavigationProperty) else None
    partly = said.view is not None or said.within or said.listed or said.where or said.through
    if partly or said.closure is not None or said.deleted or said.provisioned or said.unfolds:
        return None
    name = f"{short(member.owner)}/{member.name}"
    if said.linked or (world.is_linked(member) and not said.home):
        return Plain(said.inverse or (name,), bool(said.inverse))
    container = said.home or name
    if not member.many or world.declared.navigation(container).provisioned:
        return None
    return Plain(container=container)


@lru_cache(maxsize=4096)
def may_expand(world: World, type_: PublishedType) -> bool:
    """Whether a thing of a type, or of one derived from it, is shown with what it leads to."""
    return any(map(world.unasked, (type_, *type_.descendants)))


class Leading:
    """Goes from the things of one answer on to what they lead to."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._world = asked.world

    def type_of(self, row: Row, usual: PublishedType | None = None) -> PublishedType:
        """What a row is; ``usual`` is what it is if it is stored nowhere, and does not say."""
        if isinstance(row, UnstoredRow):
            return row.one.type
        if usual is not None and not row.number and TYPE not in row.record:
            return usual
        return self._asked.seer.type_of(row)

    def types_of(self, rows: Sequence[Row], usual: PublishedType) -> list[PublishedType]:
        """What each row is."""
        alike = len(set(map(_number, rows))) == 1 and rows[0].number
        if alike and not any(map(contains, map(_record, rows), repeat(TYPE))):
            return [self.type_of(rows[0])] * len(rows)
        return [self.type_of(row, usual) for row in rows]

    def place(self, row: Row, name: str) -> Place:
        """The place that a navigation property of a row leads to."""
        return self._asked.member_of(row, name)

    def rows(self, row: Row, type_: PublishedType, member: NavigationProperty) -> Iterable[Row]:
        """All that a navigation property of a row of a type leads to, be it of many or of one."""
        at_once = row.key and self._asked.sight is None
        way = plain(self._world, type_, member) if at_once else None
        store = self._asked.tenant.store
        if way is not None and way.container:
            return store.container(way.container).of(row.key).scan()
        if way is not None:
            links = map(store.links, way.links)
            ends = (each.sources if way.backwards else each.targets for each in links)
            return chain.from_iterable(each(row.key).scan() for each in ends)
        place = self.place(row, member.name)
        if isinstance(place, Many):
            return self._all_in(place)
        return (row_in(place),) if place.there else ()

    def _all_in(self, many: Many) -> Iterable[Row]:
        """All in a collection, with what is worked out of it where that needs no parameters."""
        rows, unfold = self._asked.rows(many), many.said.unfolds
        if unfold is None or many.said.parameters:
            return rows.scan()
        seer = self._asked.seer
        found = unfolded(many, rows, {}, unfold, seer.store, seer.around, self._asked.checked)
        return [each for each in found if isinstance(each, Row)]

    def seen(self, row: Row) -> Row:
        """A row as conditions see it."""
        if not row.key and not isinstance(row, UnstoredRow):
            return row  # what a function gave, and is stored nowhere
        return Row(row.position, Seen(self, row), row.number, row.owner)

    def further(self, row: Row, name: str) -> Any:
        """What is under a name that the record of a row does not have: what is worked out, or is
        led to.
        """
        type_ = self.type_of(row)
        if name == TYPE:
            return f"#{type_.name}"
        computed = self._world.rules(type_).computed
        if name in computed:
            found = self._asked.seer.worked_out(row, {name: computed[name]}, type_)
            return found.get(name, row.record.get(name))
        member = type_.navigation.get(name)
        if member is None:
            return None
        rows = [Seen(self, each) for each in self.rows(row, type_, member)]
        return rows if member.many else next(iter(rows), None)

    def is_further(self, row: Row, name: str) -> bool:
        """Whether a name is of something that its record need not have."""
        type_ = self.type_of(row)
        return name in self._world.rules(type_).computed or name in type_.navigation


class Seen(dict[str, Any]):
    """A record as conditions see it: it has its type, and what it leads to."""

    __slots__ = ("_further", "_leading", "_row")

    def __init__(self, leading: Leading, row: Row) -> None:
        super().__init__(row.record)
        self._leading = leading
        self._row = row
        self._further: Record = {}

    def get(self, name: str, default: Any = None) -> Any:
        """What is under a name."""
        if name in self._further:
            return self._further[name]
        found = super().get(name)
        if isinstance(name, Loose) and not name.fits(found):
            found = None
        if name == TYPE or self._leading.is_further(self._row, name):
            found = self._further[name] = self._leading.further(self._row, name)
        return default if found is None else found
