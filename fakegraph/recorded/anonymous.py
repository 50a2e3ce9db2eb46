"""Other people in the place of those who were recorded: each always by the same other name.

Replaced are ids, addresses and domains, names of people wherever they stand, and what else tells
who somebody is (numbers of phones, streets, numbers of employees). What is written in messages and
files is left as it is but for these.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote

from fakegraph.generate.people import guid, person
from fakegraph.recorded.exchanges import Exchange
from fakegraph.workloads.directory.role_templates import NAMES as ROLES
from fakegraph.workloads.directory.values import WELL_KNOWN

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_MAIL = r"[A-Za-z0-9._%+#'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}"
_SITE = r"[A-Za-z0-9-]{1,63}(?:-my)?\.(?:sharepoint|onmicrosoft)\.com"
_OPAQUE = r"[A-Za-z0-9_\-=+!.]{24,}"
_TOKENS = re.compile(f"({_MAIL})|({_GUID})|({_SITE})|({_OPAQUE})")
_KEPT_GUID = re.compile(r"0000000[0-9a-f]-0000-0000-c000-000000000000|0{8}-.*", re.IGNORECASE)
_DOMAINS = ("contoso.com", "fabrikam.com", "adatum.com", "northwindtraders.com", "tailspintoys.com")
_OURS = frozenset(
    {"microsoft.com", "graph.microsoft.com", "live.com", "office.com", "office365.com"}
)

_ADDRESSES = ("userPrincipalName", "mail", "address", "email")
_PHONES = frozenset(
    {"mobilePhone", "businessPhones", "homePhones", "faxNumber", "phoneNumber", "number"}
)
_PRIVATE: Mapping[str, str] = {
    "streetAddress": "1 Main Street",
    "street": "1 Main Street",
    "postalCode": "12345",
    "birthday": "1990-01-01T00:00:00Z",
    "aboutMe": "",
    "employeeId": "E1",
    "onPremisesSamAccountName": "user",
    "onPremisesDistinguishedName": "",
    "onPremisesSecurityIdentifier": "S-1-5-21-1-1-1-1",
    "onPremisesImmutableId": "",
    "securityIdentifier": "S-1-12-1-1-1-1-1",
}


class Anonymous:
    """Replaces, always alike: in the order in which things come up, so that files make the same."""

    def __init__(self) -> None:
        self._people: dict[str, int] = {}
        self._guids: dict[str, str] = {}
        self._domains: dict[str, str] = {}
        self._opaque: dict[str, str] = {}
        self._ids: set[str] = set()
        self._names: dict[str, str] = {}
        self._name: re.Pattern[str] | None = None

    def exchanges(self, found: Iterable[Exchange]) -> list[Exchange]:
        """Exchanges of other people."""
        kept = list(found)
        for each in kept:
            self._learn(each.body)
        known = sorted(self._names, key=len, reverse=True)
        if known:
            self._name = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)")
        return [
            each._replace(url=self._url(each.url), body=self._value(each.body)) for each in kept
        ]

    # Who there is ------------------------------------------------------------------------------

    def _learn(self, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                self._learn(each)
            return
        if not isinstance(value, dict):
            return
        if isinstance(value.get("id"), str) and len(value["id"]) >= 24:
            self._ids.add(value["id"])
        addresses = [value[name] for name in _ADDRESSES if _is_mail(value.get(name))]
        if addresses or "givenName" in value or "surname" in value:
            number = self._number([*addresses, str(value.get("displayName") or "")][0])
            for each in addresses:  # somebody may have several
                self._people.setdefault(each.casefold(), number)
            self._learn_names(value, number)
        for each in value.values():
            self._learn(each)

    def _learn_names(self, record: Mapping[str, Any], number: int) -> None:
        other = person(number).name
        first, _, last = other.partition(" ")
        for name, new in (("givenName", first), ("surname", last)):
            if isinstance(record.get(name), str) and len(record[name]) > 1:
                self._names.setdefault(record[name], new)
        for name in ("displayName", "userDisplayName", "name"):
            old = record.get(name)
            if isinstance(old, str) and len(old) > 1 and not _is_mail(old):
                self._names.setdefault(old, other)

    def _number(self, who: str) -> int:
        return self._people.setdefault(who.casefold(), len(self._people))

    # What becomes of it ------------------------------------------------------------------------

    def _value(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._value(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._value(each, name) for each in value]
        if not isinstance(value, str) or name == "@odata.type":
            return value
        if name in _PHONES and any(sign.isdigit() for sign in value):
            return f"+1 425 555 {int(sha256(value.encode()).hexdigest(), 16) % 10_000:04}"
        if name in _PRIVATE and value:
            return _PRIVATE[name]
        return self._text(value)

    def _text(self, text: str) -> str:
        found = _TOKENS.sub(self._token, text)
        return found if self._name is None else self._name.sub(self._renamed, found)

    def _renamed(self, found: re.Match[str]) -> str:
        return self._names[found[0]]

    def _token(self, found: re.Match[str]) -> str:
        mail, id_, host, opaque = found.groups()
        if mail is not None:
            return self._mail(mail)
        if id_ is not None:
            return self._guid(id_)
        if host is not None:
            label, dot, rest = host.partition(".")
            my = "-my" if label.endswith("-my") else ""
            own = self._domain(f"{label.removesuffix('-my')}.com").partition(".")[0]
            return f"{own}{my}{dot}{rest}"
        return self._opaque_id(opaque) if opaque in self._ids else opaque

    def _mail(self, address: str) -> str:
        local, _, domain = address.rpartition("@")
        if not local or domain.casefold() in _OURS:
            return address
        mine = person(self._number(address)).principal.partition("@")[0]
        return f"{mine}@{self._domain(domain)}"

    def _domain(self, domain: str) -> str:
        name = domain.casefold()
        stem = name.removesuffix(".onmicrosoft.com")
        known = f"{stem}.com" if stem != name else name
        if known not in self._domains:
            number = len(self._domains)
            more = f"example{number}.com"
            self._domains[known] = _DOMAINS[number] if number < len(_DOMAINS) else more
        found = self._domains[known]
        return found if stem == name else f"{found.partition('.')[0]}.onmicrosoft.com"

    def _guid(self, id_: str) -> str:
        name = id_.casefold()
        if name in ROLES or name in WELL_KNOWN or _KEPT_GUID.fullmatch(name):
            return id_
        if name not in self._guids:
            self._guids[name] = guid(random.Random(f"anonymous {len(self._guids)}"))
        return self._guids[name]

    def _opaque_id(self, id_: str) -> str:
        if id_ not in self._opaque:
            new = sha256(f"anonymous {len(self._opaque)}".encode()).hexdigest()
            self._opaque[id_] = f"{id_[:4] if id_[:2] == 'AA' else ''}{new}"
        return self._opaque[id_]

    def _url(self, url: str) -> str:
        """A URL of the same, segment by segment; the service's own host stays."""
        head, slashes, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        where, mark, query = path.partition("?")
        parts = [
            quote(self._text(unquote(each)), safe="@:!$*,;~-._=()'") for each in where.split("/")
        ]
        select = "&".join(each for each in query.split("&") if "select=" in each.casefold())
        mark = mark if select else ""
        return f"{head}{slashes}{host}{slash}{'/'.join(parts)}{mark}{select}"


def _is_mail(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(_MAIL, value) is not None
