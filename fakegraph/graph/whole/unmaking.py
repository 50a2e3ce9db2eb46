"""``Unmaker``: deletes, copies and restores things in a write, with what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count

from fakegraph.edm.published import PublishedType
from fakegraph.graph.whole.completing import keep_forms, set_anew
from fakegraph.graph.whole.linking import Linker
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.records import put_at, value_at, with_keys
from fakegraph.graph.whole.world import MODIFIED
from fakegraph.store import Key, KeyTaken, Record, Row
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import short

DELETED = "deletedDateTime"
_WITH = "@deletedWith"  # the row that something lay in, and was hidden with


class Unmaker(Linker):
    """One write of one tenant, as far as it goes on from what is there."""

    def delete(self, one: One) -> None:
        """Delete a thing in the way of its type: it goes with all that it contains and all links.

        Or it is hidden with them, or only put into a bin.
        """
        if one.row is None:
            self._lose(one)
            return
        if self._discarded(one, one.row):
            return
        rules = self.world.rules(one.type)
        soft = rules.soft_deleted
        if rules.unmade is not None:
            rules.unmade(self, one.row)
            one.row = self.transaction.row(one.row.key) or one.row  # it may be another by now
        self.note("purge" if one.row.root else "delete", one.type, one.record)
        if one.row.root:
            self.transaction.purge(one.row.key)
        elif soft(one.record) if callable(soft) else soft:
            buried = one.record if rules.buried is None else rules.buried(one.record)
            form = rules.written.get(DELETED, str)
            self._hide_lying_in(one.row, rules)
            self.transaction.replace(one.row.key, {**buried, DELETED: form(self._now)})
            self.transaction.hide(one.row.key)
        else:
            self.erase(one)

    def _hide_lying_in(self, row: Row, rules: Type) -> None:
        """Hide what lies in a thing, so that it comes back with that alone."""
        for key in [*self._lying_in(row, rules.lies_in)][1:]:
            inner = self.transaction.row(key)
            assert inner is not None
            self.transaction.replace(key, {**inner.record, _WITH: row.key})
            self.transaction.hide(key)

    def bury(self, row: Row) -> None:
        self.delete(self.way(()).place_of(row))

    def _lose(self, one: One) -> None:
        """Tell what a thing is worked out of that it is gone."""
        derived = self.world.rules(one.type).derived
        if derived is None or one.start is None or one.place.owner is None:
            return
        container, id_ = one.place.containers[0], str(one.start["id"])
        parent = self.lookup.find(container, "id", derived.parent(id_), one.place.owner.stored)
        if parent is not None:
            derived.gone(self, parent, one.start)

    def erase(self, one: One) -> None:
        """Delete a thing for good, with all that it contains and holds."""
        row = self.made(one)
        lying = self._lying_in(row, self.world.rules(one.type).lies_in)
        self.transaction.delete(*dict.fromkeys((*self._all_held(row), *lying)))

    def _discarded(self, one: One, row: Row) -> bool:
        """Whether a thing was put into the bin of its kind."""
        rules = self.world.rules(one.type)
        if not rules.bin:
            return False
        name, words = rules.bin
        places = [self.id_of(word, row.owner) for word in words]
        at = row.record.get(name)
        if at == places[-1]:
            return False
        place = places[places.index(at) + 1 if at in places else 0]
        whole = self._renewed(one, row, {name: place})
        moved = self._replaced(row.key, whole, rules)
        self._take_along(rules, moved, str(row.record.get("id")))
        return True

    def renew(self, one: One, changes: Record) -> Row:
        """Change a thing, which has another id from then on."""
        row = self.made(one)
        rules = self.world.rules(one.type)
        whole = with_keys(self._renewed(one, row, changes), rules.together)
        moved = self._inserted(one.type, lambda: self.transaction.replace(row.key, whole))
        self._take_along(rules, moved, str(row.record.get("id")))
        return moved

    def _renewed(self, one: One, row: Row, changes: Record) -> Record:
        """A thing's record with changes and another id, where that is not ``steady``."""
        rules = self.world.rules(one.type)
        whole = {**row.record, **changes}
        container = self.transaction.container_of(row.key)
        above = self.transaction.row(row.owner) if row.owner else None
        about = None if above is None else above.record
        making = self._making(one.type, whole, about, row.owner, container, before=row.record)
        key = one.type.key or "id"
        give = rules.generated.get(key)
        if not rules.steady:
            whole[key] = self.new_id() if give is None else give(making)
        set_anew(rules, making, changes)
        keep_forms(rules, whole)
        return whole

    def copy(
        self, row: Row, changes: Record, owner: Key | None = None, *, alone: bool = False
    ) -> Row:
        """Make another thing beside one, with changes and with all that it contains; ``alone``:
        without what it holds.
        """
        container = self.transaction.container_of(row.key)
        type_ = self.world.type_of(row.record, container)
        rules = self.world.rules(type_)
        key = () if rules.overwrites else (type_.key or "id",)  # such a key is what it is about
        anew = {*key, MODIFIED, *(rules.changed.keys() - rules.formed.keys())}
        kept = {name: value for name, value in row.record.items() if name not in anew}
        owner = row.owner if owner is None else owner
        above = self.transaction.row(owner) if owner else None
        about = None if above is None else above.record
        whole = self.completed(type_, {**kept, **changes}, about, owner, container)
        lost = {name for name in changes if whole.get(name) is None}
        whole = {name: value for name, value in whole.items() if name not in lost}
        made = self._inserted(type_, lambda: self.transaction.insert(container, whole, owner))
        self._touch(rules, made.key, None)
        for base in type_.chain:
            for name in base.navigation:
                for each in self.transaction.rows_of(f"{short(base.name)}/{name}", [row.key]):
                    self.copy(each, {}, made.key)
        held_by = () if alone else self._held(rules, row.owner, str(row.record.get("id")))
        for name, held in held_by:
            self.copy(held, {name: made.record["id"]})
        return made

    def restore(self, type_: PublishedType, key: Key, changes: Record) -> Row:
        """Bring back what was deleted softly. Raises GraphError where its place is taken."""

        container = self.transaction.container_of(key)
        hidden = next(row for row in self.lookup.hidden(container) if row.key == key)
        revived = self.world.revived(type_, hidden.record)
        kept = {name: each for name, each in revived.items() if name not in (DELETED, _WITH)}
        whole = with_keys({**kept, **changes}, self.world.rules(type_).together)

        def put() -> Row:
            self.transaction.restore(key, whole)
            row = self.transaction.row(key)
            assert row is not None
            self._check_suits(type_, row.record, None)
            return row

        there = self._inserted(type_, put)
        if self.world.rules(type_).lies_in is not None:
            self._show_lying_in(container, key)
        self.note("restore", type_, there.record)
        restored = self.world.rules(type_).restored
        if restored is not None:
            restored(self, there)
        return there

    def _show_lying_in(self, container: str, key: Key) -> None:
        """Bring back what was hidden with a thing."""
        for row in list(self.lookup.hidden(container)):
            if row.record.get(_WITH) == key:
                record = {name: value for name, value in row.record.items() if name != _WITH}
                self.transaction.restore(row.key, record)

    def _replaced(self, key: Key, record: Record, rules: Type) -> Row:
        """Replace a record; where another there has its name, with a number behind that."""
        given = record
        for number in count(1):
            try:
                return self.transaction.replace(key, with_keys(record, rules.together))
            except KeyTaken:
                name = rules.together[0][-1]
                record = {**given, name: f"{given[name]}{number}"}
        raise AssertionError

    def _take_along(self, rules: Type, holder: Row, old: str) -> None:
        """Take what a thing holds along, to its new id or to its new place."""
        new = str(holder.record.get("id"))
        for name, row in list(self._held(rules, holder.owner, old)) if new != old else ():
            self.transaction.replace(row.key, put_at(row.record, {name: new}))
        for row in list(self._tree_held(holder)) if rules.steady else ():
            one = self.way(()).place_of(row)
            if not self.world.rules(one.type).steady:
                self.transaction.replace(row.key, self._renewed(one, row, {}))

    def _held(self, rules: Type, owner: Key, id_: str) -> Iterable[tuple[str, Row]]:
        """What a thing holds, each with the property that says so."""
        for container, name in rules.holds:
            if any(each.name == name for each in self.world.layout(container).indexes):
                rows = self.rows_having(container, owner, name, id_)
            else:
                rows = self.transaction.rows_of(container, [owner])
            yield from ((name, row) for row in rows if value_at(row.record, name) == id_)

    def _all_held(self, row: Row) -> Iterator[Key]:
        """A thing, and what it holds at any depth."""
        return (each.key for each in self._tree_held(row))

    def _tree_held(self, row: Row) -> Iterator[Row]:
        def held(at: Row) -> Iterator[Row]:
            container = self.transaction.container_of(at.key)
            rules = self.world.rules(self.world.type_of(at.record, container))
            return (each for _, each in self._held(rules, at.owner, str(at.record.get("id"))))

        return _tree(row, held)

    def _lying_in(self, row: Row, path: str | None) -> Iterator[Key]:
        """A thing, and all that lies in it, at any depth; nothing where things lie in nothing."""
        if path is None:
            return iter(())
        container = self.transaction.container_of(row.key)
        found = _tree(row, lambda at: self.rows_having(container, row.owner, path, at.record["id"]))
        return (each.key for each in found)


def _tree(row: Row, inside: Callable[[Row], Iterable[Row]]) -> Iterator[Row]:
    """A row and what is in it, at any depth, each once: what is seeded may be in itself."""
    waiting, seen = [row], {row.key}
    while waiting:
        at = waiting.pop()
        yield at
        new = [each for each in inside(at) if each.key not in seen]
        seen.update(each.key for each in new)
        waiting += new
