"""Realistic values for what a thing cannot be made without, and was not given."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, Protocol

from fakegraph.edm import types
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import CollectionType, EnumType, Property, Type
from fakegraph.edm.values import Instant, format_instant
from fakegraph.generate.likely import likely, spelt
from fakegraph.generate.people import Person, guid, name_of, person, principal_of
from fakegraph.workloads.handed import short

_WORDS = ("Apollo", "Borealis", "Cascade", "Delta", "Evergreen", "Fabrikam", "Garnet", "Horizon")
_PEOPLE = frozenset({"user", "contact", "orgContact", "person"})
_YES = frozenset({"accountEnabled", "securityEnabled", "isEnabled"})
_DOMAIN = "contoso.com"


class Around(Protocol):
    """What there is besides a thing that is filled."""

    @property
    def domain(self) -> str:
        """The domain that people and groups have their addresses in."""

    def is_taken(self, name: str, value: Any) -> bool:
        """Whether another thing has that value of a property of which no two have the same."""

    def one(self, path: str, number: int) -> Mapping[str, Any]:
        """What is there at a path, by its place in the order; it is made where there is none."""


class Nothing:
    """Nothing besides: what is referred to is said by a made-up id."""

    domain = _DOMAIN

    def is_taken(self, name: str, value: Any) -> bool:
        return False

    def one(self, path: str, number: int) -> Mapping[str, Any]:
        id_ = guid(random.Random(f"{path} {number}"))
        return {"id": id_, "appId": id_}


class Filling:
    """What one thing gets: the same for the same type, turn and day.

    ``turn``: how many like it there are. ``now`` is what times are. A value that is taken is given
    another number.
    """

    def __init__(
        self, type_: PublishedType, turn: int, now: Instant, around: Around | None = None
    ) -> None:
        self._type = type_
        self._turn = turn
        self._around = around or Nothing()
        self._chance = random.Random(f"{type_.name} {turn}")
        self.now = format_instant(now)
        self.given: dict[str, Any] = {}

    @property
    def number(self) -> int:
        """The number of the thing among those like it, from 1."""
        return self._turn + 1

    @property
    def principal(self) -> str:
        """Its address: the ``userPrincipalName`` where it has one that is an address."""
        for name in ("userPrincipalName", "mail"):
            if "@" in str(self.given.get(name)):
                return str(self.given[name])
        return self._principal()

    def one(self, path: str, number: int = 0) -> Mapping[str, Any]:
        """What is there at a path, to be referred to."""
        return self._around.one(path, number)

    def named(self, name: str) -> str:
        """The address of who or what has a name."""
        return f"{principal_of(name).partition('@')[0]}@{self._around.domain}"

    def filled(self, given: Mapping[str, Any], required: Iterable[str]) -> dict[str, Any]:
        """What is given, with values for what is missing of what is required, and for what a thing
        of its type is likely to have besides; these go with the rest.
        """
        self.given = dict(given)
        more = likely([short(each.name) for each in self._type.chain])
        for name in sorted({*required, *more}, key=_ranking(list(more))):
            if name not in given:
                value = self._wanted(name, more)
                if value is not None:
                    self.given[name] = self._free(name, value)
        return self.given

    def _wanted(self, name: str, more: Mapping[str, Any]) -> Any:
        if name in more:
            return more[name](self) if callable(more[name]) else deepcopy(more[name])
        prop = self._type.find(name)
        return self._value(prop) if isinstance(prop, Property) else None

    def _value(self, prop: Property) -> Any:
        known = _BY_NAME.get(prop.name)
        if known is not None and prop.type == types.STRING:
            return known(self)
        return self.of_type(prop.name, prop.type)

    def of_type(self, name: str, type_: Type) -> Any:
        """A value of a type, for a property of that name."""
        if isinstance(type_, CollectionType):
            return []
        if isinstance(type_, EnumType):
            return next(iter(each for each in type_.members if each != type_.unknown), None)
        if isinstance(type_, PublishedType):
            return self._complex(type_)
        if type_ == types.BOOLEAN:
            return name in _YES
        if type_ == types.GUID:
            return guid(self._chance)
        if type_ in types.NUMBERS:
            return self._chance.randint(1, 9)
        made = _TIMES.get(type_)
        return f"{spelt(name)} {self._turn + 1}" if made is None else made(self.now)

    def _complex(self, type_: PublishedType) -> dict[str, Any]:
        """A value of a complex type: of a moment in some zone both; else what may not be null."""
        if type_.find("dateTime") and type_.find("timeZone"):
            return {"dateTime": self.now.removesuffix("Z"), "timeZone": "UTC"}
        return {
            name: self.of_type(name, prop.type)
            for name, prop in type_.properties.items()
            if not prop.nullable and not isinstance(prop.type, CollectionType)
        }

    def _free(self, name: str, value: Any) -> Any:
        number, free = 1, value
        while isinstance(free, str) and self._around.is_taken(name, free):
            number += 1
            local, at, domain = value.partition("@")
            free = f"{local}{number}{at}{domain}"
        return free

    @property
    def _person(self) -> Person:
        return person(self._turn)

    def _name(self) -> str:
        for name in ("userPrincipalName", "mail"):
            if isinstance(principal := self.given.get(name), str):
                return name_of(principal)
        if any(short(each.name) in _PEOPLE for each in self._type.chain):
            return self._person.name
        kind = spelt(short(self._type.name))
        return f"{_WORDS[self._turn % len(_WORDS)]} {kind} {self._turn + 1}"

    def _principal(self) -> str:
        name = self.given.get("displayName")
        if not isinstance(name, str) or name == self._person.name:
            return f"{self._person.principal.partition('@')[0]}@{self._around.domain}"
        return self.named(name)

    def _address(self) -> str:
        return self.principal

    def _nickname(self) -> str:
        principal = self.given.get("userPrincipalName")
        if isinstance(principal, str):
            return principal.partition("@")[0]
        return principal_of(str(self.given.get("displayName", ""))).partition("@")[0]


_BY_NAME: Mapping[str, Callable[[Filling], str]] = {
    "displayName": Filling._name,
    "userPrincipalName": Filling._address,
    "mail": Filling._address,
    "mailNickname": Filling._nickname,
}
_TIMES: Mapping[Type, Callable[[str], str]] = {
    types.DATE_TIME_OFFSET: lambda now: now,
    types.DATE: lambda now: now[:10],
    types.TIME_OF_DAY: lambda now: "09:00:00",
    types.DURATION: lambda now: "PT1H",
    types.BINARY: lambda now: "ZmFrZWdyYXBo",
}


def _ranking(more: list[str]) -> Callable[[str], tuple[int, int, str]]:
    """Names that others are made from come first, and what is made of others last, in order."""
    names = list(_BY_NAME)

    def rank(name: str) -> tuple[int, int, str]:
        if name in names:
            return 0, names.index(name), name
        return (2, more.index(name), name) if name in more else (1, 0, name)

    return rank
