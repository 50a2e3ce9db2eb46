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

    def finding(self) -> Callable[[Any], Hashable | None]:
        """What gives that by which a row is found; None where it has no such key. Made once for
        many rows: what the key is like is not asked for each of them.
        """
        name, key, within_owner = self.name, self.key, self.within_owner
        plain, folded = self.fold is same or self.fold is str, self.fold is str.casefold

        def key_of(entry: Any) -> Hashable | None:
            value = entry.record.get(name)
            if value is None:
                return None
            if type(value) is str and (plain or folded):  # nearly always
                if folded and (low := value.casefold()) != value:
                    value = low  # mostly the record's own does, and one is kept
                return (entry.owner, value) if within_owner else value
            return key(value, entry.owner)

        return key_of

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
    own; otherwise for the whole container. ``late``: it is made when somebody asks for it first,
    and kept from then on; it is not ordered.
    """

    name: str
    key: Callable[[Any], Any] = same
    ordered: bool = False
    by_owner: bool = False
    late: bool = False

    def keying(self) -> Callable[[Record], Any]:
        """What gives the key of a record. Every NaN is the same one. Made once for many records, as
        ``UniqueKey.finding`` is.
        """
        name, key_of_value = self.name, self.key
        plain, nested = self.key is same, "/" in self.name

        def key_of(record: Record) -> Any:
            value = record.get(name)
            if value is None:
                value = value_at(record, name) if nested else None
                if value is None:
                    return None
            if plain and type(value) is str:
                return value
            try:
                key = key_of_value(value)
                if type(key) is str:
                    return key  # nearly always
                hash(key)
            except Exception:  # the caller's function: whatever it cannot read has no key
                return None
            if type(key) is not int and isinstance(key, int):
                return int(key)  # one of a subclass can weigh many times as much
            return key if key == key else math.nan

        return key_of

    def place(self, owner: Key, key: Any) -> Any:
        """Under what the index has the rows with that key, of one owner where it goes by owner."""
        return (owner, key) if self.by_owner else key

    def placing(self) -> Callable[[Any], Any]:
        """What gives that under which the index has a row; made once for many rows."""
        key_of = self.keying()
        if self.by_owner:
            return lambda entry: (entry.owner, key_of(entry.record))
        return lambda entry: key_of(entry.record)

    def has_at(self, places: Collection[Any]) -> Callable[[Any], bool]:
        """What tells whether it has a row at one of these places."""
        place_of = self.placing()
        return lambda entry: place_of(entry) in places

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

    def placing(self) -> Callable[[Any], Any]:
        """What gives that under which the index has a row: several keys."""
        name, key_of, by_owner = self.property, self.key, self.by_owner

        def place_of(entry: Any) -> tuple[Any, ...]:
            try:
                keys = dict.fromkeys(map(key_of, entry.record.get(name) or ()))
            except Exception:  # as above
                return ()
            return tuple((entry.owner, key) for key in keys) if by_owner else tuple(keys)

        return place_of

    def has_at(self, places: Collection[Any]) -> Callable[[Any], bool]:
        """What tells whether one of a row's items is at one of these places."""
        place_of = self.placing()
        return lambda entry: any(key in places for key in place_of(entry))

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

    def keying(self) -> Callable[[Record], Any]:
        """What gives the key of a record."""
        (group_of, name), key_of_value = _grouping(self.name), self.key

        def key_of(record: Record) -> Any:
            among = group_of(record)
            if among is None:
                return None
            value = record.get(name)
            try:
                key = (among,) if value is None else (among, key_of_value(value))
                hash(key)
            except Exception:  # as above
                return None
            return key

        return key_of

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

    def placing(self) -> Callable[[Any], Any]:
        """The key itself gives it."""
        return self.key

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

    def finding(self) -> Callable[[Any], Hashable | None]:
        """What a link is found by."""
        return attrgetter("source", "target")

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
        key_of = identity.finding()
        id_of_root = OwnIndex(identity.name, lambda row: (_own_root(row), key_of(row)))
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
