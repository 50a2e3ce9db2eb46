"""Realistic values for what a thing cannot be made without, and was not given."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakegraph.edm import types
from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import CollectionType, EnumType, Property, Type
from fakegraph.edm.values import Instant, format_instant
from fakegraph.generate.people import Person, guid, name_of, person, principal_of

IsTaken = Callable[[str, Any], bool]
"""Whether another thing has that value of a property of which no two have the same."""

_WORDS = ("Apollo", "Borealis", "Cascade", "Delta", "Evergreen", "Fabrikam", "Garnet", "Horizon")
_PEOPLE = frozenset({"user", "contact", "orgContact", "person"})
_YES = frozenset({"accountEnabled", "securityEnabled", "isEnabled"})


class Filling:
    """What one thing gets: the same for the same type, turn and day.

    ``turn``: how many like it there are. ``now`` is what times are. A value that ``is_taken`` is
    given another number.
    """

    def __init__(
        self, type_: PublishedType, turn: int, now: Instant, is_taken: IsTaken = lambda _, __: False
    ) -> None:
        self._type = type_
        self._turn = turn
        self._now = format_instant(now)
        self._is_taken = is_taken
        self._chance = random.Random(f"{type_.name} {turn}")
        self._given: dict[str, Any] = {}

    def filled(self, given: Mapping[str, Any], missing: Iterable[str]) -> dict[str, Any]:
        """What is given with values for what is missing; these go with the rest."""
        self._given = dict(given)
        for name in sorted(missing, key=_rank):
            prop = self._type.find(name)
            if isinstance(prop, Property):
                self._given[name] = self._free(name, self._value(prop))
        return self._given

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
        return f"{_spelt(name)} {self._turn + 1}" if made is None else made(self._now)

    def _complex(self, type_: PublishedType) -> dict[str, Any]:
        """A value of a complex type: of a moment in some zone both; else what may not be null."""
        if type_.find("dateTime") and type_.find("timeZone"):
            return {"dateTime": self._now.removesuffix("Z"), "timeZone": "UTC"}
        return {
            name: self.of_type(name, prop.type)
            for name, prop in type_.properties.items()
            if not prop.nullable and not isinstance(prop.type, CollectionType)
        }

    def _free(self, name: str, value: Any) -> Any:
        number, free = 1, value
        while isinstance(free, str) and self._is_taken(name, free):
            number += 1
            local, at, domain = value.partition("@")
            free = f"{local}{number}{at}{domain}"
        return free

    @property
    def _person(self) -> Person:
        return person(self._turn)

    def _name(self) -> str:
        if isinstance(principal := self._given.get("userPrincipalName"), str):
            return name_of(principal)
        if self._type.name.rpartition(".")[2] in _PEOPLE:
            return self._person.name
        kind = _spelt(self._type.name.rpartition(".")[2])
        return f"{_WORDS[self._turn % len(_WORDS)]} {kind} {self._turn + 1}"

    def _principal(self) -> str:
        name = self._given.get("displayName")
        if not isinstance(name, str) or name == self._person.name:
            return self._person.principal
        return principal_of(name)

    def _nickname(self) -> str:
        principal = self._given.get("userPrincipalName")
        if isinstance(principal, str):
            return principal.partition("@")[0]
        return principal_of(str(self._given.get("displayName", ""))).partition("@")[0]


_BY_NAME: Mapping[str, Callable[[Filling], str]] = {
    "displayName": Filling._name,
    "userPrincipalName": Filling._principal,
    "mail": Filling._principal,
    "mailNickname": Filling._nickname,
}
_TIMES: Mapping[Type, Callable[[str], str]] = {
    types.DATE_TIME_OFFSET: lambda now: now,
    types.DATE: lambda now: now[:10],
    types.TIME_OF_DAY: lambda now: "09:00:00",
    types.DURATION: lambda now: "PT1H",
    types.BINARY: lambda now: "ZmFrZWdyYXBo",
}


def _rank(name: str) -> int:
    """Names that others are made from come first."""
    order = ("displayName", "userPrincipalName", "mail", "mailNickname")
    return order.index(name) if name in order else len(order)


def _spelt(name: str) -> str:
    """A name of the model in words: ``Extension property`` for ``extensionProperty``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return words[:1].upper() + words[1:]
