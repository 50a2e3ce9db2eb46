"""Other people in the place of those who were recorded: each always by the same other name.

Replaced are ids, addresses and domains, names of people and of companies, wherever they stand and
in any case, what else tells who somebody is (numbers of phones, streets, numbers of employees),
bytes, and all words that people wrote. A text is kept where it is known what it says: a member of
an enumeration, a time, a language, a type of media.
"""

from __future__ import annotations

import random
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import groupby, takewhile
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from fakegraph.edm.published import PublishedModel
from fakegraph.generate.people import guid, person
from fakegraph.recorded.exchanges import Exchange
from fakegraph.recorded.wording import WORD, Wording
from fakegraph.workloads.directory.role_templates import NAMES as ROLES
from fakegraph.workloads.directory.values import WELL_KNOWN
from fakegraph.workloads.files.ids import ROOT_GUID, drive_guids, item_guid, item_id, packed_id
from fakegraph.workloads.files.libraries import library_of

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_MAIL = r"[A-Za-z0-9._%+#'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}"
_SITE = r"[A-Za-z0-9-]{1,63}(?:-my)?\.(?:sharepoint|onmicrosoft)\.com"
_TOKENS = f"(?P<mail>{_MAIL})|(?P<guid>{_GUID})|(?P<site>{_SITE})"
_DOMAIN = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}")
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
# A word begins behind what is no letter, or behind a sign that is percent-encoded.
_BEGIN, _END = r"(?:(?<![^\W_])|(?<=%[0-9A-Fa-f]{2}))", r"(?![^\W_])"
_BARE_WORD = re.compile(r"[a-z][A-Za-z]*")  # what members of enumerations are, too
_DRIVE, _ITEM = re.compile(r"b![\w-]{64}", re.ASCII), re.compile(r"01[A-Z2-7]{32}")
_OWNER = re.compile(f"{_GUID}|{_SITE},{_GUID},{_GUID}")
_KEPT_GUID = re.compile(r"0000000[0-9a-f]-0000-0000-c000-000000000000|0{8}-.*", re.IGNORECASE)
_DOMAINS = ("contoso.com", "fabrikam.com", "adatum.com", "northwindtraders.com", "tailspintoys.com")
_OURS = frozenset(
    {"microsoft.com", "graph.microsoft.com", "live.com", "office.com", "office365.com"}
    | {"sharepoint.com", "onmicrosoft.com", "microsoftonline.com", "windows.net"}
)
_EVERYBODYS = frozenset({"outlook.com", "hotmail.com", "gmail.com", "yahoo.com", "icloud.com"})
_LEAST_STEM = 5  # letters of a domain's first word that stand for it alone
_LONG = 24  # signs of an id that is nothing else anywhere

_ADDRESSES = ("userPrincipalName", "mail", "address", "email")
_PHONES = frozenset(
    {"mobilePhone", "businessPhones", "homePhones", "faxNumber", "phoneNumber", "number"}
)
_PHONE_ENDS = ("phone", "phones", "fax", "mobile", "tel")
_PRIVATE: Mapping[str, str] = {
    "streetAddress": "1 Main Street",
    "street": "1 Main Street",
    "postalCode": "12345",
    "birthday": "1990-01-01T00:00:00Z",
    "aboutMe": "",
    "employeeId": "E1",
    "onPremisesNetBiosName": "CONTOSO",
    "initials": "",
    "onPremisesSamAccountName": "user",
    "onPremisesDistinguishedName": "",
    "onPremisesSecurityIdentifier": "S-1-5-21-1-1-1-1",
    "onPremisesImmutableId": "",
    "securityIdentifier": "S-1-12-1-1-1-1-1",
}


_FIRST, _LAST = ("givenName", "preferredName", "nickName", "middleName"), ("surname", "maidenName")
_WHOLE = ("displayName", "userDisplayName", "name")
_NAMED = frozenset(
    {*_FIRST, *_LAST, *_WHOLE, "subject", "content", "bodyPreview", "title", "description"}
)
_NICKNAMES = ("mailNickname", "mailNickName")
_UNTOUCHED = frozenset(
    {"contentType", "@odata.type", "mimeType", "timeZone", "originalStartTimeZone"}
    | {"originalEndTimeZone", "recurrenceTimeZone", "language", "locale", "preferredLanguage"}
    | {"dateFormat", "timeFormat", "languageTag", "userType", "usageLocation", "countryLetterCode"}
    | {"groupTypes", "creationOptions", "resourceBehaviorOptions", "resourceProvisioningOptions"}
    | {"template", "driveType", "capabilityStatus", "appliesTo", "provisioningStatus"}
    | {"skuPartNumber", "servicePlanName", "authenticationType", "supportedServices"}
    | {"operatingSystem", "operatingSystemVersion", "signInAudience", "servicePrincipalType"}
    | {"allowedMemberTypes", "consentType", "principalType", "membershipRuleProcessingState"}
    | {"authMethods", "authMethod", "feature", "failureReason", "methodsRegistered", "visibility"}
    | {"userPreferredMethodForSecondaryAuthentication", "defaultMfaMethod", "severity", "status"}
    | {"systemPreferredAuthenticationMethods", "authenticationMethod", "clientAppUsed"}
    | {"scope", "scopes", "externalUserState", "trustType", "profileType", "reactionType", "format"}
    | {"operationType", "loggedByService", "legalAgeGroupRule", "@well", "permission"}
    | {"tenantType", "capabilities", "@odata.mediaContentType", "color", "type", "roles", "role"}
)
_BYTES = b64encode(b"What was here is not given away.").decode()
_PICTURES = ("iVBOR", "/9j/", "R0lG")  # how those begin in base64
_PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJA"
    "AAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_THREADS = ("thread.tacv2", "thread.v2", "thread.skype", "unq.gbl.spaces")  # no domains
_WHOLE_URL = re.compile(r"[A-Za-z]{2,10}://\S{1,4000}")
_SERVICES = re.compile(r"https://(?:graph|teams)\.microsoft\.com/", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}")
_COUNTRIES = frozenset({"country", "countryOrRegion", "Country"})
_PLACES: Mapping[str, float] = {
    "latitude": 47.64,
    "longitude": -122.13,
    "altitude": 0.0,
    "accuracy": 0.0,
    "altitudeAccuracy": 0.0,
}
_PLAIN = re.compile(  # times, versions, durations, numbers, content types of lists, permissions
    r"-?\d{1,20}(?:\.\d{1,12}){0,4}|\d{4}-\d\d-\d\d(?:T[\d:.]{1,20}(?:Z|[+-]\d\d:\d\d)?)?"
    r"|\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?|-?P[\dYMWDTHS.]{1,40}|0x[0-9A-Fa-f]{1,200}"
    r"|(?:[A-Z][A-Za-z-]{1,60}\.){1,4}(?:All|Shared|Read|ReadWrite|Send|Create|Manage)[A-Za-z]{0,40}"
)
_NUMBERS = frozenset({"employeeId", "postalCode", "phoneNumber", "number", "text", "content"})
_KINDS_OF_USERS = ("Member", "Guest")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ADDRESS_NAMES = ("ipAddress", "IpAddress", "IPAddress", "cidrAddress")
_IDS = ("Id", "ID", "id")  # how the names of properties that are ids end
_MOST_FLAGS = 20
_OPEN = frozenset({"fields", "extensions", "customData"})  # whose properties people named
_SETS_AT = 2  # segments of a path: a version and a set
_IN_PATHS = "@:!$*,;~-._=()'"
_IN_URLS = "@:!$*,;~-._=()'/?&#+%"
_OPAQUE = frozenset({"changeKey", "conversationIndex"})


class Anonymous:
    """Replaces, always alike: in the order in which things come up, so that files make the same."""

    def __init__(self, model: PublishedModel | None = None) -> None:
        """``model``: by which what the service itself says is known."""
        self._wording = Wording(model)
        self._people: dict[str, int] = {}
        self._guids: dict[str, str] = {}
        self._owners: dict[str, None] = {}
        self._domains: dict[str, str] = {}
        self._companies: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._exact: dict[str, str] = {}  # what stands for what, where case matters
        self._names: dict[str, str] = {}  # and where it does not
        self._pattern = re.compile(f"{_TOKENS}|(?P<word>(?!))|{WORD}")

    def exchanges(self, found: Iterable[Exchange]) -> list[Exchange]:
        """Exchanges of other people."""
        kept = list(found)
        domains: dict[str, None] = {}
        for each in kept:
            self._learn_domains(each.body, domains)
            self._learn_owners(each.body)
        for domain in sorted(domains, key=lambda each: each.count(".")):
            self._domain(domain)
        for owner in self._owners:  # the ids of their libraries come of theirs
            self._guids[library_of(owner)] = library_of(self._text(owner))
        for each in kept:
            self._learn(each.body)
        self._learn_forms()
        words = _any_of({*self._exact, *self._names}) or "(?!)"
        known = f"{_BEGIN}(?P<word>{words}){_END}"
        self._pattern = re.compile(f"{_TOKENS}|{known}|{WORD}", re.IGNORECASE)
        return [
            each._replace(url=self._url(each.url), body=self._value(each.body)) for each in kept
        ]

    def line(self, text: str) -> str:
        """A line about what is not used, of which the place may name somebody."""
        place, colon, why = text.partition(": ")
        return f"{self._text(place, named=True)}{colon}{why}"

    # Who there is ------------------------------------------------------------------------------

    def _learn_domains(self, value: Any, found: dict[str, None], name: str = "") -> None:
        """Which domains there are: of addresses, and those that are told as such."""
        if isinstance(value, dict):
            is_domain = "authenticationType" in value or "isVerified" in value
            for key, each in value.items():
                is_told = (key == "id" and is_domain) or name == "verifiedDomains"
                self._learn_domains(each, found, "domainName" if is_told else key)
        elif isinstance(value, list):
            for each in value:
                self._learn_domains(each, found, name)
        elif isinstance(value, str) and name not in _UNTOUCHED:
            for mail in re.finditer(_MAIL, unquote(value)):
                domain = mail[0].rpartition("@")[2].casefold()
                if domain not in _THREADS:
                    found.setdefault(domain)
            if name.endswith(("domainName", "DomainName")) and _DOMAIN.fullmatch(value):
                found.setdefault(value.casefold())

    def _learn_owners(self, value: Any) -> None:
        """Who may have libraries."""
        if isinstance(value, list):
            for each in value:
                self._learn_owners(each)
        elif isinstance(value, dict):
            id_ = value.get("id")
            if isinstance(id_, str) and _OWNER.fullmatch(id_):
                self._owners[id_] = None
            for each in value.values():
                self._learn_owners(each)

    def _learn(self, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                self._learn(each)
            return
        if not isinstance(value, dict):
            return
        for name, each in value.items():
            if isinstance(each, str) and (name.endswith(_IDS) or name in _OPAQUE):
                self._learn_id(each, is_own=name == "id")
        addresses = [value[name] for name in _ADDRESSES if _is_mail(value.get(name))]
        if addresses or "givenName" in value or "surname" in value:
            number = self._number([*addresses, str(value.get("displayName") or "")][0])
            for each in addresses:  # somebody may have several
                self._people.setdefault(each.casefold(), number)
            self._learn_names(value, number)
        is_organization = "verifiedDomains" in value
        for company in (
            value.get("companyName"),
            value.get("displayName") if is_organization else 0,
        ):
            if isinstance(company, str) and len(company) > 1:
                self._names[company.casefold()] = self._company(company)
        for each in value.values():
            self._learn(each)

    def _learn_id(self, id_: str, *, is_own: bool) -> None:
        """Remember an id that says something: no word, no number, and nothing made of others."""
        if id_ in self._ids or re.search(f"{_MAIL}|{_GUID}|{_SITE}", id_) or _DOMAIN.fullmatch(id_):
            return
        is_long = len(id_) >= _LONG and any(sign.isdigit() or sign.isupper() for sign in id_)
        is_mixed = any(map(str.isdigit, id_)) and any(map(str.isalpha, id_))
        if not is_long and not (is_own and (is_mixed or id_.isupper()) and len(id_) < _LONG):
            return
        new = sha256(f"anonymous {len(self._ids)}".encode()).hexdigest()
        start = id_[:4] if is_long and id_[:2] == "AA" else ""
        packed = self._packed(id_)
        self._ids[id_] = packed or (f"{start}{new}" if is_long else f"X{new[:11]}")
        if is_long or (is_mixed and len(id_) > 2):
            for form in (id_, *(id_.translate(each) for each in _SPELT)):
                for text in (form, quote(form, safe="")):
                    self._exact.setdefault(text, self._ids[id_])

    def _packed(self, id_: str) -> str | None:
        """An id that has GUIDs in it, with others: those of what it belongs to agree."""
        if _ITEM.fullmatch(id_):
            old = item_guid(id_)  # a root has the same everywhere
            new = old if old == ROOT_GUID else UUID(self._guid(str(old)))
            return item_id(id_[:8], new)
        if not _DRIVE.fullmatch(id_):
            return None
        site, web, library = (self._guid(str(each)) for each in drive_guids(id_))
        return packed_id(f",{site},{web}", library)

    def _learn_names(self, record: Mapping[str, Any], number: int) -> None:
        other = person(number).name
        first, _, last = other.partition(" ")
        for names, new in ((_FIRST, first), (_LAST, last), (_WHOLE, other)):
            for name in names:
                old = record.get(name)
                if isinstance(old, str) and len(old) > 1 and not _is_mail(old):
                    self._names.setdefault(old.casefold(), new)

    def _learn_forms(self) -> None:
        """How addresses and domains are spelt where their own signs cannot stand."""
        for address in [each for each in self._people if _is_mail(each)]:
            new = self._mail(address)
            for form in (_underscored, lambda each: quote(each, safe="")):
                self._names.setdefault(form(address), form(new))
        for domain, new in self._domains.items():
            stem, new_stem = domain.partition(".")[0], new.partition(".")[0]
            for old, other in (
                (domain, new),
                (f"{stem}.onmicrosoft.com", f"{new_stem}.onmicrosoft.com"),
            ):
                self._names[old] = other
                for sign in "-_":
                    self._names[old.replace(".", sign)] = other.replace(".", sign)
            if len(stem) >= _LEAST_STEM:
                self._names.setdefault(stem, new_stem)

    def _company(self, name: str) -> str:
        """What a company is called: as its domain is, where that is called as it is."""
        plain = "".join(filter(str.isalnum, name)).casefold()
        for domain, new in self._domains.items():
            stem = "".join(filter(str.isalnum, domain.partition(".")[0]))
            if plain.startswith(stem) or stem.startswith(plain):
                return new.partition(".")[0].capitalize()
        return self._companies.setdefault(plain, f"Company {len(self._companies) + 1}")

    def _number(self, who: str) -> int:
        return self._people.setdefault(who.casefold(), len(self._people))

    # What becomes of it ------------------------------------------------------------------------

    def _value(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            is_ours = name in _OPEN or "extensionName" in value
            return {
                self._key(key, is_ours=is_ours): self._value(each, key)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [self._value(each, name) for each in value]
        if isinstance(value, float | int) and not isinstance(value, bool):
            return _PLACES.get(name, value)
        if not isinstance(value, str) or name in _UNTOUCHED:
            return value
        if name == "contentBytes":
            return _PICTURE if value.startswith(_PICTURES) else _BYTES
        if (name in _PHONES or name.casefold().endswith(_PHONE_ENDS)) and any(
            sign.isdigit() for sign in value
        ):
            return f"+1 425 555 {int(sha256(value.encode()).hexdigest(), 16) % 10_000:04}"
        if name in _PRIVATE and value:
            return _PRIVATE[name]
        if name.endswith(_ADDRESS_NAMES):
            return "192.0.2.0/24" if "/" in value else "192.0.2.1"
        return self._said(value, name)

    def _said(self, value: str, name: str) -> str:
        """What a text says in other words."""
        is_id = name.endswith(_IDS)
        if is_id and value in self._ids:
            return self._ids[value]
        if name in _NICKNAMES and value:
            return self._nickname(value)
        if name not in _NAMED and name not in _ADDRESSES and self._is_plain(value, name):
            return self._exact.get(value, value)
        if name == "membershipRule":
            return _QUOTED.sub(self._quoted, value)
        if is_id or "@odata." in name or _SERVICES.match(value):
            return self._text(value, named=True)
        if name in _COUNTRIES and _COUNTRY.fullmatch(value):
            return value
        if self._wording.is_html(value):
            return self._wording.html(value, self._text)
        encoded = "%" in value and _WHOLE_URL.fullmatch(value) is not None
        text = self._text(_unquoted(value) if encoded else value)
        return quote(text, safe=_IN_URLS) if encoded else text

    def _quoted(self, found: re.Match[str]) -> str:
        """A value of a rule."""
        return found[0] if found[0].strip('"') in _KINDS_OF_USERS else self._text(found[0])

    def _is_plain(self, value: str, name: str) -> bool:
        """Whether nobody wrote it: it is a member of an enumeration, a time, a version."""
        if name in _NUMBERS:
            return False
        parts = value.split(",")
        return _PLAIN.fullmatch(value) is not None or (
            len(parts) <= _MOST_FLAGS and all(each in self._wording.members for each in parts)
        )

    def _key(self, key: str, *, is_ours: bool) -> str:
        """A name; of tasks, who has them is one."""
        if re.fullmatch(_GUID, key):
            return self._guid(key)
        if not is_ours or key.startswith("@") or key in self._ids:
            return self._ids.get(key, key)
        return self._text(key, named=True)  # what applications and lists have, people named

    def _text(self, text: str, *, named: bool = False) -> str:
        """A text in other words. ``named``: names of the model are kept in it."""
        plain = _ADDRESS.sub("192.0.2.1", text)
        return self._pattern.sub(lambda found: self._token(found, named=named), plain)

    def _token(self, found: re.Match[str], *, named: bool) -> str:
        if found["rest"] is not None:
            return self._wording.word(found[0], named=named)
        if found["mail"] is not None:
            return self._mail(found[0])
        if found["guid"] is not None:
            return self._guid(found[0])
        if found["site"] is not None:
            label, dot, rest = found[0].partition(".")
            my = "-my" if label.endswith("-my") else ""
            own = self._domain(f"{label.removesuffix('-my')}.com").partition(".")[0]
            return f"{own}{my}{dot}{rest}"
        return self._word(found[0])

    def _word(self, word: str) -> str:
        """What stands for a word, written as that is."""
        if word in self._exact:
            return self._exact[word]
        new = self._names.get(word.casefold())
        if new is None:
            return self._wording.word(word)  # an id in another case
        if word.isupper():
            return new.upper()
        return new.lower() if word.islower() else new

    def _nickname(self, name: str) -> str:
        """What somebody's address has before the sign, where it is that of one who is known."""
        start = f"{name.casefold()}@"
        found = next(
            (number for who, number in self._people.items() if who.startswith(start)), None
        )
        return self._text(name) if found is None else _local(found)

    def _mail(self, address: str) -> str:
        local, _, domain = address.rpartition("@")
        if not local or domain.casefold() in _OURS:
            return address
        if domain.casefold() in _THREADS:
            return f"{self._thread(local)}@{domain}"
        return f"{_local(self._number(address))}@{self._domain(domain)}"

    def _thread(self, id_: str) -> str:
        """What a conversation is called: for who is in it, or at random."""
        if re.search(_GUID, id_):
            return re.sub(_GUID, lambda found: self._guid(found[0]), id_)
        return sha256(f"thread {id_}".encode()).hexdigest()[:32]

    def _domain(self, domain: str) -> str:
        """Another domain; what is below one is below the other one."""
        name = domain.casefold()
        stem = name.removesuffix(".onmicrosoft.com")
        known = f"{stem}.com" if stem != name else name
        labels = known.split(".")
        above = [".".join(labels[at:]) for at in range(len(labels) - 1)]
        if any(each in _OURS | _EVERYBODYS for each in above) and stem == name:
            return domain
        for each in above:
            if each in self._domains:
                found = known.removesuffix(each) + self._domains[each]
                break
        else:
            number = len(self._domains)
            more = f"example{number}.com"
            found = self._domains[known] = _DOMAINS[number] if number < len(_DOMAINS) else more
        return found if stem == name else f"{found.partition('.')[0]}.onmicrosoft.com"

    def _guid(self, id_: str) -> str:
        name = id_.casefold()
        if (
            name == str(ROOT_GUID)
            or name in ROLES
            or name in WELL_KNOWN
            or _KEPT_GUID.fullmatch(name)
        ):
            return id_
        if name not in self._guids:
            self._guids[name] = guid(random.Random(f"anonymous {len(self._guids)}"))
        return self._guids[name]

    def _url(self, url: str) -> str:
        """A URL of the same, segment by segment; the service's own host stays."""
        head, slashes, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        where, mark, query = path.partition("?")
        parts, is_named = [], True
        for number, each in enumerate(where.split("/")):
            if number < _SETS_AT and _BARE_WORD.fullmatch(each):
                parts.append(each)  # a set, whichever model has it
                continue
            parts.append(quote(self._segment(unquote(each), named=is_named), safe=_IN_PATHS))
            is_named = is_named is not each.endswith(":")
        select = "&".join(each for each in query.split("&") if "select=" in each.casefold())
        mark = mark if select else ""
        return f"{head}{slashes}{host}{slash}{'/'.join(parts)}{mark}{select}"

    def _segment(self, text: str, *, named: bool) -> str:
        """A segment; those between two colons are names of files."""
        if text in self._ids:
            return self._ids[text]
        if named and text in self._wording.names:
            return text
        start, quoted, key = text.partition("('")
        if quoted and key.removesuffix("')") in self._ids:
            return f"{start}('{self._ids[key.removesuffix(chr(39) + ')')]}')"
        return self._text(text, named=named)


def _unquoted(url: str) -> str:
    """A URL as people read it; what is no text stays as it is."""
    return unquote(url, errors="ignore")


# How an id is spelt among others of its kind: in base64 for URLs, or not.
_SPELT = (str.maketrans("-_", "/+"), str.maketrans("/+", "-_"), str.maketrans("-_", "+/"))


def _local(number: int) -> str:
    """What the address of a person has before the sign."""
    return person(number).principal.partition("@")[0]


def _underscored(address: str) -> str:
    return re.sub(r"[@.]", "_", address)


def _any_of(words: Iterable[str]) -> str:
    """A pattern of the longest of many words, which finds it by its first letters."""
    known = sorted({each.lower() for each in words if each})
    return _tree(known) if known else ""


def _tree(words: list[str]) -> str:
    # They are in order, so what the first and the last one have in common all have.
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(words[0], words[-1], strict=False))
    start = words[0][: sum(1 for _ in alike)]
    rest = [each[len(start) :] for each in words if each != start]
    if not rest:
        return re.escape(start)
    inner = "|".join(_tree(list(each)) for _, each in groupby(rest, key=lambda word: word[0]))
    return f"{re.escape(start)}(?:{inner}){'?' if len(rest) < len(words) else ''}"


def _is_mail(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(_MAIL, value) is not None
