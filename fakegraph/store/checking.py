"""What tables must be that were read: people edit data files, and what they wrote may not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fakegraph.store import bytes as stored_bytes
from fakegraph.store.documents import DELETED, OWNER
from fakegraph.store.layouts import Layout, layout_in
from fakegraph.store.loading import Loaded, Problems
from fakegraph.store.names import is_links
from fakegraph.store.rows import Key, Link, Record, Row

Check = Callable[[Sequence[Any]], Iterable[Record | list[str]]]
"""Looks over the stored records of a container: gives each as it is to be, or what is wrong with
it.
"""


class Checks(dict[str, Check]):
    """What looks over the records of containers: of those that are declared always, of others only
    where somebody edited them. ``others`` gives that, and raises KeyError for what nobody knows.
    """

    def __init__(
        self, declared: Mapping[str, Check], others: Callable[[str], Check] | None = None
    ) -> None:
        super().__init__(declared)
        self._others = others

    def __missing__(self, container: str) -> Check:
        if self._others is None:
            raise KeyError(container)
        return self._others(container)


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Checking:
    """Finds what is wrong with the tables that were read."""

    def __init__(
        self,
        loaded: Loaded,
        problems: Problems,
        layouts: Mapping[str, Layout],
        checks: Mapping[str, Check],
        has_bytes: Callable[[str], bool],
        *,
        edited: bool,
    ) -> None:
        self._edited = edited
        self._loaded = loaded
        self._problems = problems
        self._layouts = layouts
        self._checks = checks
        self._has_bytes = has_bytes
        self._contained: set[Key] = {0}  # owners that are known not to contain themselves

    def check(self) -> None:
        """Look over the tenant's own tables, and where they were edited the template's as well:
        what these refer to may be gone.
        """
        for name, table in self._loaded.tables.items():
            own = table.in_order()
            if is_links(name):
                self._links(name, own, whole=table.base is None)
            else:
                self._rows(name, own)
                if table.base is None:
                    self._twins(name, own)
        if self._edited:
            self._template()

    def _rows(self, name: str, rows: list[Row]) -> None:
        identity = layout_in(self._layouts, name).keys[0].name
        for row, found in zip(rows, self._checked(name, rows), strict=True):
            if isinstance(found, list):
                for problem in found:
                    self._problems.add(name, row.position, problem)
                continue
            row.record = found
            for problem in self._identity(found.get(identity), identity):
                self._problems.add(name, row.position, problem)
            if row.owner or row.root or stored_bytes.PROPERTY in found:
                for problem in (*self._marks(row), *self._bytes(row)):
                    self._problems.add(name, row.position, problem)

    def _identity(self, value: object, name: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"it is not a record whose {name} is a text"
        elif self._edited and not name.startswith("@"):  # that one is made of others
            if not value:
                yield f"{name}: it is empty"
            elif _CONTROL.search(value):
                yield f"{name}: {value!r} has control characters"

    def _check_of(self, name: str) -> Check | None:
        if name not in self._checks and not self._edited:
            return None
        try:
            return self._checks[name]  # a mapping's ``get`` would not ask for what is found late
        except KeyError:
            return None

    def _checked(self, name: str, rows: list[Row]) -> Iterable[Record | list[str]]:
        """The records as the check of their container has them; it knows of no bytes."""
        check = self._check_of(name)
        if check is None:
            return [row.record for row in rows]
        names = [
            row.record.pop(stored_bytes.PROPERTY, None) if isinstance(row.record, dict) else None
            for row in rows
        ]
        checked = list(check([row.record for row in rows]))
        for found, each in zip(checked, names, strict=True):
            if each is not None and isinstance(found, dict):
                found[stored_bytes.PROPERTY] = each
        return checked

    def _marks(self, row: Row) -> Iterator[str]:
        owner = self._loaded.find(row.owner) if row.owner else None
        if row.owner and owner is None:
            yield f"{OWNER}: {self._text(row.owner)} is not there"
            return
        if self._contains_itself(row):
            yield f"{OWNER}: {self._text(row.owner)} is in the end contained in this row itself"
        if not row.root and owner is not None and owner.root:
            yield f"{OWNER}: {self._text(row.owner)} is deleted ({DELETED}), and this row is not"
        if row.root and row.root != row.key:
            yield from self._went_along(row, owner)

    def _went_along(self, row: Row, owner: Row | None) -> Iterator[str]:
        root = self._loaded.find(row.root)
        if root is None or root.root != row.root:
            yield f"{DELETED}: {self._text(row.root)} is not a row that was deleted itself"
        elif owner is None or owner.root != row.root:
            yield f"{DELETED}: it is not contained in what was deleted with {self._text(row.root)}"

    def _contains_itself(self, row: Row) -> bool:
        """Whether going from owner to owner leads back to where one was."""
        way: dict[Key, None] = {}
        above: Row | None = row
        while above is not None and above.key not in self._contained:
            if above.key in way:
                return True
            way[above.key] = None
            above = self._loaded.find(above.owner) if above.owner else None
        self._contained.update(way)
        return False

    def _bytes(self, row: Row) -> Iterator[str]:
        if stored_bytes.PROPERTY not in row.record:
            return
        names = row.record[stored_bytes.PROPERTY]
        if not stored_bytes.is_naming(names):
            yield f"{stored_bytes.PROPERTY}: it must have the SHA-256 of bytes by property"
            return
        for property_name, name in names.items():
            if not self._has_bytes(name):
                yield f"{stored_bytes.PROPERTY}: {property_name}: the bytes {name} are not there"

    def _twins(self, name: str, rows: list[Row]) -> None:
        live = [row for row in rows if not row.root and isinstance(row.record, dict)]
        for unique in layout_in(self._layouts, name).keys:
            keys = [*map(unique.finding(), live)]
            seen: set[Any] = {None}
            if len(seen.union(keys)) == len(keys) - keys.count(None) + 1:
                continue  # nearly always
            for row, key in zip(live, keys, strict=True):
                if key is not None and key in seen:
                    value = row.record[unique.name]
                    problem = f"the {unique.name} {value!r} is there twice"
                    self._problems.add(name, row.position, problem)
                seen.add(key)

    def _links(self, name: str, links: list[Link], *, whole: bool) -> None:
        seen = set()
        for link in links:
            for problem in self._ends(link):
                self._problems.add(name, link.position, problem)
            if whole and (link.source, link.target) in seen:
                self._problems.add(name, link.position, "the same two rows are linked twice")
            seen.add((link.source, link.target))

    def _ends(self, link: Link) -> Iterator[str]:
        roots = []
        for name, key in (("from", link.source), ("to", link.target)):
            row = self._loaded.find(key)
            if row is None:
                yield f"{name}: {self._text(key)} is not there"
                return
            roots.append(row.root)
            if row.root and not link.root:
                yield f"{name}: {self._text(key)} is deleted ({DELETED}), and this link is not"
        if link.root and link.root not in roots:
            yield f"{DELETED}: neither end was deleted with {self._text(link.root)}"

    def _template(self) -> None:
        for name, records in self._loaded.inherited():
            for entry in records.every():
                found = self._ends(entry) if isinstance(entry, Link) else self._marks(entry)
                for problem in found:
                    self._problems.add(name, entry.position, f"{problem} (it is the template's)")

    def _text(self, key: Key) -> str:
        return repr(self._loaded.documents.text_of(key))
