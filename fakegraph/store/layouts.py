"""``Layout``: what a workload declares of a container, in ``UniqueKey`` and ``Index``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from functools import cache, partial
from operator import attrgetter, methodcaller
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.store.rows import Key, Record


def same(value: Any) -> Any:
    """A value as it is."""
    return value


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """What a record has at a path of names, ``a/b``; None where it has nothing."""
    value: Any = record
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _top(path: str) -> str:
    """The property that a path of names leads into."""
    return path.partition("/")[0]


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A property by whose value one row is found; no two have values that compare as equal.

    ``fold`` gives what is compared. A record without the property, or with null, has no such key.
    ``within_owner``: no two rows of one owner have the same.
    """

    name: str
    fold: Callable[[Any], Any] = same
    within_owner: bool = False

    def key_of(self, entry: Any) -> Hashable | None:
        """What a row is found by; None where it has no such key."""
        value = entry.record.get(self.name)
        if value is None:
            return None
        if type(value) is str:  # nearly always
            fold = self.fold
            if fold is same or fold is str:
                return (entry.owner, value) if self.within_owner else value
            if fold is str.casefold:
                key = value.casefold()
                return (entry.owner, key) if self.within_owner else key
        return self.key(value, entry.owner)

    def key(self, value: Any, owner: Key | None = None) -> Hashable | None:
        """What a row with that value is found by. Raises ValueError where it takes the owner."""
        if self.within_owner and owner is None:
            raise ValueError(f"{self.name} is unique among the rows of one owner: say whose")
        try:
            key = self.fold(value)
            hash(key)
        except Exception:  # the caller's function: whatever it cannot read is nobody's key
            return None
        return (owner, key) if self.within_owner else key

    def differs(self, old: Any, new: Any) -> bool:
        """Whether it may be another one after a change."""
        moved = self.within_owner and old.owner != new.owner
        return moved or old.record.get(self.name) is not new.record.get(self.name)


@dataclass(frozen=True, slots=True)
class Index:
    """A property that is looked up often; ``a/b`` is one of the object that ``a`` has.

    ``key`` turns its values into what is compared: hashable, and for an ordered index all of one
    kind. None stands for null and is never given to it; a value that it raises for, or whose key
    cannot be compared, counts as null. ``by_owner``: it is for the rows of one owner, each for its
    own; otherwise for the whole container.
    """

    name: str
    key: Callable[[Any], Any] = same
    ordered: bool = False
    by_owner: bool = False

    def key_of(self, record: Record) -> Any:
        """The key of a record. Every NaN is the same one."""
        value = record.get(self.name)
        if value is None:
            value = value_at(record, self.name) if "/" in self.name else None
            if value is None:
                return None
        try:
            key = self.key(value)
            if type(key) is str:
                return key  # nearly always
            hash(key)
        except Exception:  # the caller's function: whatever it cannot read has no key
            return None
        if type(key) is not int and isinstance(key, int):
            return int(key)  # one of a subclass can weigh many times as much
        return key if key == key else math.nan

    def place(self, owner: Key, key: Any) -> Any:
        """Under what the index has the rows with that key, of one owner where it goes by owner."""
        return (owner, key) if self.by_owner else key

    def place_of(self, entry: Any) -> Any:
        """Under what the index has a row."""
        key = self.key_of(entry.record)
        return (entry.owner, key) if self.by_owner else key

    def has_at(self, entry: Any, places: Collection[Any]) -> bool:
        """Whether it has a row at one of these places."""
        return self.place_of(entry) in places

    def differs(self, old: Any, new: Any) -> bool:
        """Whether a change may bring it to another place."""
        moved, name = self.by_owner and old.owner != new.owner, _top(self.name)
        return moved or old.record.get(name) is not new.record.get(name)


class _End:
    """What is greater than everything."""

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True

    __le__, __ge__ = __lt__, __gt__


END = _End()


@dataclass(frozen=True, slots=True)
class EachIndex(Index):
    """An index of a property that is a collection: a row is found by each of its items.

    It is not ordered. Its ``name`` is ``PROPERTY/*``.
    """

    @property
    def property(self) -> str:
        """The collection."""
        return self.name.removesuffix("/*")

    def place_of(self, entry: Any) -> Any:
        """Under what the index has a row: several keys."""
        try:
            keys = dict.fromkeys(map(self.key, entry.record.get(self.property) or ()))
        except Exception:  # as above
            return ()
        return tuple((entry.owner, key) for key in keys) if self.by_owner else tuple(keys)

    def has_at(self, entry: Any, places: Collection[Any]) -> bool:
        """Whether one of its items is at one of these places."""
        return any(key in places for key in self.place_of(entry))

    def differs(self, old: Any, new: Any) -> bool:
        """Whether a change may bring it to other places."""
        moved = self.by_owner and old.owner != new.owner
        return moved or old.record.get(self.property) is not new.record.get(self.property)


@dataclass(frozen=True, slots=True)
class GroupIndex(Index):
    """An index of rows that have the same value of the property ``group``, each for its own.

    Its keys are pairs: that value as it is, and the key of the other property. One that has none
    has the value alone, which comes before all pairs; ``END`` comes after all keys. What has no
    such value is in no group, and not in an index that is ordered. Its ``name`` is
    ``GROUP+PROPERTY``. A group may be of several properties, ``a&b``, whose value is a tuple, and
    some of them may have to have one value: ``a&b=false``, in JSON.
    """

    @property
    def group(self) -> str:
        """The property that rows have the same value of."""
        return self.name.partition("+")[0]

    @property
    def property(self) -> str:
        """The other one."""
        return self.name.partition("+")[2]

    def key_of(self, record: Record) -> Any:
        """The key of a record."""
        group_of, name = _grouping(self.name)
        among = group_of(record)
        if among is None:
            return None
        value = record.get(name)
        try:
            key = (among,) if value is None else (among, self.key(value))
            hash(key)
        except Exception:  # as above
            return None
        return key

    def differs(self, old: Any, new: Any) -> bool:
        """Whether a change may bring it to another place."""
        moved = self.by_owner and old.owner != new.owner
        members, name = _members(self.name)
        names = (name, *(_top(each) for each, _ in members))
        return moved or any(old.record.get(each) is not new.record.get(each) for each in names)


_ANY = object()


@cache
def _members(name: str) -> tuple[tuple[tuple[str, Any], ...], str]:
    """The properties of a group, each with the value that it has to have, and the other one."""
    group, _, property_ = name.partition("+")
    members = (each.partition("=") for each in group.split("&"))
    return tuple((at, json.loads(text) if text else _ANY) for at, _, text in members), property_


@cache
def _grouping(name: str) -> tuple[Callable[[Record], Any], str]:
    """What gives the group that a record is in, and the other property."""
    members, property_ = _members(name)
    (path, only), *others = members
    if not others and only is _ANY and "/" not in path:  # nearly always
        return methodcaller("get", path), property_
    return partial(_among, members), property_


def _among(members: tuple[tuple[str, Any], ...], record: Record) -> Any:
    """The value of a group that a record is in; None for none."""
    found = []
    for path, only in members:
        value = value_at(record, path) if "/" in path else record.get(path)
        if value is None or (only is not _ANY and value != only):
            return None
        found.append(value)
    return tuple(found) if len(found) > 1 else found[0]


class OwnIndex(Index):
    """An index that the store has of itself: ``key`` gives the key of an entry."""

    def place_of(self, entry: Any) -> Any:
        """Under what the index has an entry."""
        return self.key(entry)

    def differs(self, old: Any, new: Any) -> bool:
        """Whether a change brings it to another place."""
        return bool(self.key(old) != self.key(new))


def _own_root(row: Any) -> Key:
    """0 for what was hidden itself; else the row that it went along with."""
    return 0 if row.root == row.key else int(row.root)


OWNER = OwnIndex("@owner", attrgetter("owner"))
ROOT = OwnIndex("@root", attrgetter("root"))
OWN_ROOT = OwnIndex("@root", _own_root)
FROM = OwnIndex("@from", attrgetter("source"))
TO = OwnIndex("@to", attrgetter("target"))


class _Ends(UniqueKey):
    """That each pair is linked once."""

    def key_of(self, entry: Any) -> Hashable | None:
        """What a link is found by."""
        return (entry.source, entry.target)

    def differs(self, old: Any, new: Any) -> bool:
        """Its ends stay the same."""
        return False


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a container are found.

    The first of the ``keys`` is the identity, which every record must have, as text. ``indexes``
    are declared by property; what a row contains is found without one.
    """

    keys: tuple[UniqueKey, ...] = (UniqueKey("id"),)
    indexes: tuple[Index, ...] = ()

    def key_named(self, name: str) -> tuple[int, UniqueKey]:
        """The key of that name, and its number. Raises KeyError."""
        for which, unique in enumerate(self.keys):
            if unique.name == name:
                return which, unique
        raise KeyError(name)

    def index_named(self, name: str) -> Index:
        """The index of that name. Raises KeyError."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise KeyError(name)

    def hidden(self) -> Layout:
        """How what of it is hidden is found: nothing there is unique."""
        if self is LINKS:
            return Layout((), (FROM, TO, ROOT))
        identity = self.keys[0]
        id_of_root = OwnIndex(identity.name, lambda row: (_own_root(row), identity.key_of(row)))
        return Layout((), (OWN_ROOT, id_of_root))


DEFAULT = Layout()
LINKS = Layout((_Ends("ends"),), (FROM, TO))


def layout_of(declared: Layout | Iterable[Index]) -> Layout:
    """A layout; of what is only looked up by its id, the indexes will do."""
    return declared if isinstance(declared, Layout) else Layout(indexes=tuple(declared))


class Layouts(dict[str, Layout]):
    """What is declared of containers: of some at the start, of others when they are first used.

    ``others`` says of any other container how its rows are found.
    """

    def __init__(
        self, declared: Mapping[str, Layout], others: Callable[[str], Layout] | None = None
    ) -> None:
        super().__init__(declared)
        self._others = others
        self._found: dict[str, Layout] = {}

    def __missing__(self, container: str) -> Layout:
        found = self._found.get(container)
        if found is None:
            found = DEFAULT if self._others is None else self._others(container)
            self._found[container] = found
        return found


def layout_in(layouts: Mapping[str, Layout], container: str) -> Layout:
    """What is declared of a container. A mapping's ``get`` would not ask for what is found late."""
    try:
        return layouts[container]
    except KeyError:
        return DEFAULT
