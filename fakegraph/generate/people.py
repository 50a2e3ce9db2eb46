"""Invented people, who work for Contoso, Microsoft's fictitious company."""

from __future__ import annotations

import random
import re
import unicodedata
from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar

from fakegraph.dataclass import dataclass

T = TypeVar("T")

_GIVEN = """
    Ada Aiko Ana Anton Bea Bo Chidi Çelik Dara Demi Elif Émile Femi Finn Gita Gül Hana Hedvig Ines
    Ivo Jonas Jürgen Kaia Kofi Lærke Leo Łucja Mei Milan Nadia Nils Noor Oluf Omar Ōki Pia Quinn
    Rafa Renée Sami Šárka Søren Tala Theo Uma Vera Wen Xenia Yara Zoë Ζωή Олег 小明 さくら نور
"""
_FAMILY = """
    Abara Almeida Baker Björk Castillo Chen D'Costa Dvořák Eriksen Farouk Ferreira García Haddad
    Ito Jansen Kowalski Lindqvist Mbeki Müller Nakamura Novák Núñez O'Hara O'Neill Okafor Østberg
    Pereira Quist Rossi Saito Şahin Tanaka Urbano Vasquez Weiß Xu Yılmaz Zhou Żuk 山田
"""


@dataclass(frozen=True)
class Person:
    """Somebody by the name that is displayed and the userPrincipalName."""

    name: str
    principal: str


def person(number: int) -> Person:
    """The person of that number, from 0: the same everywhere, and different from all others."""
    givens, families = _GIVEN.split(), _FAMILY.split()
    given = givens[number % len(givens)]
    family = families[(number * 7 + number // len(givens)) % len(families)]
    domain = "contoso.com" if number % 5 else "contoso.onmicrosoft.com"
    local = f"{_ascii(given)}.{_ascii(family)}".strip(".") or "user"
    return Person(f"{given} {family}", f"{local}{number + 1:03d}@{domain}")


def name_of(principal: str) -> str:
    """A name to display for somebody of whom the userPrincipalName is known: Ada Lovelace."""
    words = re.split(r"[\W\d_]+", principal.partition("@")[0])
    return " ".join(word.capitalize() for word in words if word) or principal


def principal_of(name: str) -> str:
    """A userPrincipalName for somebody of whom the name is known."""
    words = [word for word in map(_ascii, name.split()) if word]
    return f"{'.'.join(words) or 'user'}@contoso.com"


def _ascii(name: str) -> str:
    """What of a name may stand in an address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(filter(str.isalpha, plain)).lower()


def weighted(values: Sequence[T], weights: Sequence[int]) -> Callable[[float], T]:
    """A choice among values by a share of the weights, from 0 to 1."""
    bounds = list(accumulate(weights))

    def pick(share: float) -> T:
        return values[bisect(bounds, share * bounds[-1])]

    return pick


def guid(chance: random.Random) -> str:
    """A GUID of version 4."""
    text = f"{chance.getrandbits(128):032x}"
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
