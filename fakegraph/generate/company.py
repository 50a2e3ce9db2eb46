"""A small company: its users with their managers, and the groups that they are in.

The people are those of the events of the same seed, with the ids that the registrations give them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.schema import Record
from fakegraph.edm.values import TICKS_PER_DAY, Instant, format_instant
from fakegraph.generate.events import Origin
from fakegraph.generate.people import guid
from fakegraph.generate.registrations import Registration, registrations

DOMAIN = "contoso.com"


@dataclass(frozen=True)
class _Department:
    """A part of the company: what its head does, and what the others do there."""

    name: str
    head: str
    others: tuple[str, ...]


_DEPARTMENTS = (
    _Department("Engineering", "Head of Engineering", ("Software Engineer", "Test Engineer")),
    _Department("Executive", "Chief Executive Officer", ("Assistant",)),
    _Department("Sales", "Head of Sales", ("Account Manager", "Sales Representative")),
    _Department("Finance", "Chief Financial Officer", ("Accountant", "Controller")),
    _Department("Marketing", "Head of Marketing", ("Designer", "Writer")),
)
_CHIEF = 1  # of the users, and of the departments
_PER_GUEST = 5  # people for one who is a guest
_AMONG = 2  # times as many people as there are; guests among them are asked in
_OFFICES = (
    ("18/2111", "Redmond", "US", "en-US"),
    ("4/1.14", "Copenhagen", "DK", "da-DK"),
    ("2/203", "Munich", "DE", "de-DE"),
    ("7/12", "Osaka", "JP", "ja-JP"),
)


@dataclass(frozen=True)
class _Member:
    """Somebody in the company."""

    number: int
    registration: Registration
    department: _Department

    @property
    def id(self) -> str:
        return self.registration.id

    @property
    def heads(self) -> bool:
        return self.number < len(_DEPARTMENTS)


def _company(origin: Origin, count: int, events_told: int) -> list[_Member]:
    """The first of the people, and at the end some of the guests among them, who may be too new
    for reports to know of them.
    """
    people = list(registrations(origin, max(count, origin.users) * _AMONG, events_told))
    guests = [each for each in people if each.guest][: count // _PER_GUEST]
    staff = [each for each in people if not each.guest][: count - len(guests)]
    return [
        _Member(number, each, _DEPARTMENTS[number % len(_DEPARTMENTS)])
        for number, each in enumerate((*staff, *guests))
    ]


def users(origin: Origin, count: int, events_told: int) -> Iterator[Record]:
    """Yield users, each with the manager inline. Guests have none."""
    company = _company(origin, count, events_told)
    for member in company:
        yield _user(member, company, origin.end)


def _user(member: _Member, company: Sequence[_Member], end: Instant) -> Record:
    chance = random.Random(f"user {member.id}")
    person, guest = member.registration.person, member.registration.guest
    given, _, family = person.name.partition(" ")
    office, city, country, language = _OFFICES[member.number % len(_OFFICES)]
    department = member.department
    title = department.head if member.heads else chance.choice(department.others)
    hired = end - (60 + chance.randrange(3_000)) * TICKS_PER_DAY
    record: dict[str, Any] = {
        "id": member.id,
        "userPrincipalName": person.principal,
        "displayName": person.name,
        "givenName": given,
        "surname": family,
        "mail": person.principal,
        "mailNickname": person.principal.partition("@")[0],
        "accountEnabled": True,
        "userType": "Guest" if guest else "Member",
        "jobTitle": None if guest else title,
        "department": None if guest else department.name,
        "companyName": "Fabrikam" if guest else "Contoso",
        "officeLocation": None if guest else office,
        "city": city,
        "country": country,
        "usageLocation": country,
        "preferredLanguage": language,
        "businessPhones": [f"+1 425 555 {100 + member.number:04}"],
        "mobilePhone": None,
        "createdDateTime": format_instant(Instant(hired)),
    }
    manager = None if guest else _manager(member, company)
    return record if manager is None else {**record, "manager": {"id": manager.id}}


def _manager(member: _Member, company: Sequence[_Member]) -> _Member | None:
    if member.number == _CHIEF:
        return None
    number = _CHIEF if member.heads else member.number % len(_DEPARTMENTS)
    return company[number] if number < len(company) else None


def groups(origin: Origin, count: int, events_told: int) -> Iterator[Record]:
    """Yield the groups of a company of so many users, with members and owners inline."""
    company = _company(origin, count, events_told)
    staff = [each for each in company if not each.registration.guest]
    heads = [each for each in staff if each.heads]
    chance = random.Random(f"groups {origin.seed}")

    def group(
        name: str, kind: Record, members: Sequence[_Member], owners: Sequence[_Member]
    ) -> Record:
        nickname = name.lower().replace(" ", "-")
        mailed = kind["mailEnabled"]
        created = origin.end - (60 + chance.randrange(1_000)) * TICKS_PER_DAY
        return {
            "id": guid(chance),
            "displayName": name,
            "description": f"{name} at Contoso",
            "mailNickname": nickname,
            "mail": f"{nickname}@{DOMAIN}" if mailed else None,
            **kind,
            "createdDateTime": format_instant(Instant(created)),
            "members": [_linked("user", each.id) for each in members],
            "owners": [_linked("user", each.id) for each in owners],
        }

    chief = heads[_CHIEF : _CHIEF + 1] or heads[:1]
    yield group("All Company", _UNIFIED, staff, chief)
    leaders = group("Leadership", _UNIFIED, heads, chief)
    yield leaders
    for department in _DEPARTMENTS:
        own = [each for each in staff if each.department is department]
        yield group(department.name, _UNIFIED, own, own[:1])
    yield group("Guests", _SECURITY, [each for each in company if each not in staff], chief)
    helpers = staff[-3:]
    yield group("Help Desk", {**_SECURITY, "isAssignableToRole": True}, helpers, chief)
    yield group("Announcements", _DISTRIBUTION, staff, heads[:1])
    vpn = group("VPN Users", _SECURITY, staff[::3], heads[:1])
    yield {**vpn, "members": [*vpn["members"], _linked("group", leaders["id"])]}
    rule = {"membershipRule": _EMPLOYED, "membershipRuleProcessingState": "On"}
    yield group("All Employees", {**_DYNAMIC, **rule}, staff, [])


def _linked(kind: str, id_: str) -> Record:
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": id_}


def _kind(types: list[str], *, mailed: bool, secure: bool, visibility: str | None) -> Record:
    return {
        "groupTypes": types,
        "mailEnabled": mailed,
        "securityEnabled": secure,
        "visibility": visibility,
    }


_EMPLOYED = '(user.userType -eq "Member") and (user.accountEnabled -ne false)'  # no room
_UNIFIED = _kind(["Unified"], mailed=True, secure=False, visibility="Public")
_SECURITY = _kind([], mailed=False, secure=True, visibility=None)
_DISTRIBUTION = _kind([], mailed=True, secure=False, visibility=None)
_DYNAMIC = _kind(["DynamicMembership"], mailed=False, secure=True, visibility=None)
