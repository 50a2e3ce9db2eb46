"""What things have beside what the model declares: what a tenant's applications have added.

``handed.Extension`` is one such property; a type's ``extended`` finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import InvalidEntity
from fakegraph.edm.typed import NestingSchema, field_of
from fakegraph.edm.types import PRIMITIVES, CollectionType, EachOf, Property, StructuredType
from fakegraph.edm.values import key_of
from fakegraph.errors import GraphError
from fakegraph.odata.query_string import Options
from fakegraph.store import Record, Store
from fakegraph.workloads.handed import Extend, Extension, short
from fakegraph.workloads.words import Words

MOST_VALUES = 100  # of one object
_NAMED = re.compile(r"(?<![\w/.])([^\W\d][^\W_]*+_\w++|customSecurityAttributes(?=/))")
_ALWAYS_ONE = re.compile(r"extension_\w+|ext[a-z0-9]{8}_\w+", re.IGNORECASE)
_VALUE = "value"
_ATTRIBUTE = re.compile(r"customSecurityAttributes/(\w+/\w+)")
_SECURITY = "customSecurityAttributes/"
_QUOTED = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class Added:
    """What a tenant's applications have added to things of a type."""

    type: PublishedType
    extend: Extend | None
    store: Store
    words: Words

    def known(self) -> dict[str, Extension]:
        """All of it by name."""
        if self.extend is None:
            return {}
        return {each.name: each for each in self.extend(short(self.type.name), self._there)}

    def _there(self, container: str) -> Iterable[Record]:
        return (row.record for row in self.store.container(container).scan())

    def named_in(self, options: Options) -> tuple[Extension, ...]:
        """What of it a query names. Raises GraphError (400) for what nobody has added.

        Names with an underscore in them may be such.
        """
        if self.extend is None or not options.values:
            return ()
        text = " ".join(filter(None, map(options.get, ("select", "filter", "orderby"))))
        if "_" not in text and _SECURITY not in text:
            return ()
        if _SECURITY in text:
            self._check_attributes(text)
        names = dict.fromkeys(_NAMED.findall(_QUOTED.sub("", text)))
        known = {name.casefold(): each for name, each in self.known().items()} if names else {}
        for name in names:
            if name.casefold() not in known and _ALWAYS_ONE.fullmatch(name):
                raise self.words.unextended(name)
        return tuple(known[name.casefold()] for name in names if name.casefold() in known)

    def _check_attributes(self, text: str) -> None:
        """Raise GraphError (400) for a security attribute that nobody has defined."""
        known = self.known().get(_SECURITY.rstrip("/"), Extension(""))
        members = {f"{one.name}/{each.name}" for one in known.members for each in one.members}
        for name in _ATTRIBUTE.findall(_QUOTED.sub("", text)):
            if name not in members:
                told = name.replace("/", "_")
                raise GraphError(
                    400,
                    self.words.bad_query,
                    "Unsupported or invalid query filter clause specified for property "
                    f"'{told}' of resource 'CustomSecurityAttributeValue'.",
                    "$filter",
                )

    def parted(self, body: Any) -> tuple[Any, Record]:
        """A body without what was added, and that, as it is kept.

        Raises GraphError (400) for what nobody has added, and for values of other types.
        """
        if self.extend is None or not isinstance(body, dict):
            return body, {}
        if "_" not in "".join(body):  # nearly always
            return body, {}
        names = [name for name in body if self._is_added(name)]
        known = self.known() if names else {}
        missing = [name for name in names if name not in known and _ALWAYS_ONE.fullmatch(name)]
        if missing:
            raise self.words.no_extensions(missing)
        added = {name: self._read(known[name], body[name]) for name in names if name in known}
        return {name: value for name, value in body.items() if name not in added}, added

    def check_number(self, record: Mapping[str, Any]) -> None:
        """Raise GraphError (403) for more values than one thing may have."""
        if self.extend is None:
            return
        found = sum(map(self._is_added, record))
        if found > MOST_VALUES:
            raise GraphError(
                403,
                "Directory_QuotaExceeded",
                f"An object has at most {MOST_VALUES} extension values, and this one would have "
                f"{found}.",
            )

    def _is_added(self, name: str) -> bool:
        return "_" in name and "@" not in name and self.type.member(name) is None

    def _read(self, extension: Extension, value: Any) -> Any:
        if value is None:
            return None
        if extension.members:
            return self._read_members(extension, value)
        try:
            found = _schema(extension).reader(partial=True).read({_VALUE: value})[_VALUE]
        except InvalidEntity:
            raise self.words.bad_extension(extension.name) from None
        values = found if extension.many else [found]
        if extension.longest and any(len(each) > extension.longest for each in values):
            raise self.words.bad_extension(extension.name)
        return found

    def _read_members(self, extension: Extension, value: Any) -> Record:
        members = {each.name: each for each in extension.members}
        given = {} if not isinstance(value, dict) else value
        names = [name for name in given if "@" not in name]
        if given is not value or not members.keys() >= set(names):
            raise self.words.bad_extension(extension.name)
        return {name: self._read(members[name], given[name]) for name in names}


class Loose(str):
    """The name of what may have values of several kinds, of which those of one count."""

    def __new__(cls, name: str, kind: str) -> Loose:
        found = super().__new__(cls, name)
        found.__dict__["key"] = key_of(PRIMITIVES[kind])
        found.__dict__["types"] = _TYPES[kind]
        return found

    def fits(self, value: Any) -> bool:
        """Whether a value counts."""
        if type(value) not in self.__dict__["types"]:
            return False
        try:
            self.__dict__["key"](value)
        except ValueError:
            return False
        return True


_TYPES: Mapping[str, tuple[type, ...]] = {
    "Edm.String": (str,),
    "Edm.Double": (int, float),
    "Edm.Boolean": (bool,),
    "Edm.DateTimeOffset": (str,),
}


@lru_cache(maxsize=1024)
def property_of(extension: Extension) -> Property:
    """It as a property that queries and bodies are read by."""
    if extension.members:
        members = {each.name: property_of(each) for each in extension.members}
        return Property(extension.name, StructuredType(extension.name, members), nullable=True)
    item = PRIMITIVES[extension.kind]
    many = EachOf if extension.each else CollectionType
    type_ = many(item) if extension.many else item
    name = Loose(extension.name, extension.kind) if extension.loose else extension.name
    return Property(name, type_, nullable=True, ignore_case=not extension.exact)


@lru_cache(maxsize=1024)
def _schema(extension: Extension) -> type[NestingSchema]:
    """What reads a value, as an object that has it alone."""
    field = field_of(property_of(extension).type, nullable=True)
    return type("Added", (NestingSchema,), {_VALUE: field, "edm_name": extension.name})


def joined(record: Record, changes: Record) -> Record:
    """A record with changes of what applications have added: objects are merged, null takes away.

    The values of other properties are those of the changes.
    """
    whole = {**record, **changes}
    for name, value in changes.items():
        if "_" not in name or name[:1] == "@":
            continue
        if value is None:
            del whole[name]
        elif isinstance(value, dict) and isinstance(record.get(name), dict):
            whole[name] = {**record[name], **value}
    return whole
