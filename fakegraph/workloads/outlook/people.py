"""People: who matters most to somebody, by the mail and the meetings that they have.

https://learn.microsoft.com/graph/people-insights-overview
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.addresses import ADDRESSES
from fakegraph.workloads.handed import Reading, Unfolding
from fakegraph.workloads.outlook.rights import own_addresses
from fakegraph.workloads.outlook.series import WEEKS
from fakegraph.workloads.outlook.spans import keys_in
from fakegraph.workloads.outlook.values import moment_now

_MAILED = {"toRecipients": 3, "ccRecipients": 2, "from": 1}
_MET, _KNOWN = 2, 1
EVENTS = "user/events"
_MOST = 1_000
"""So many of the latest messages count, and so many events before only those of some months do."""
_BEFORE, _AFTER = timedelta(days=182), timedelta(days=61)
_EMPTY = ("birthday", "personNotes", "profession", "yomiCompany")


def _unfolded(unfolding: Unfolding) -> Iterator[Any]:
    """Who was said to matter, and then who does, the most relevant first."""
    yield from unfolding.rows.scan()
    mailbox = unfolding.around
    if mailbox is None:
        return
    contacts = {
        str(address.get("address") or "").casefold(): contact
        for contact in mailbox.inside("user/contacts")
        for address in contact.get("emailAddresses") or ()
    }
    scores, names = _scores(mailbox, contacts)
    own = own_addresses(unfolding.owner)
    for address, score in sorted(scores.items(), key=lambda each: (-each[1], each[0])):
        if address and address not in own:
            user, contact = _user(mailbox, address), contacts.get(address)
            yield _person(address, float(score), names.get(address), user, contact)


def _scores(mailbox: Reading, contacts: Iterable[str]) -> tuple[Counter[str], dict[str, str]]:
    """How much people have to do with somebody, by their addresses, and what they are called."""
    found: Counter[str] = Counter(dict.fromkeys(contacts, _KNOWN))
    names: dict[str, str] = {}

    def count(person: Mapping[str, Any] | None, weight: int) -> None:
        known = (person or {}).get("emailAddress") or {}
        address = str(known.get("address") or "").casefold()
        found[address] += weight
        names.setdefault(address, str(known.get("name") or known.get("address") or ""))

    for message in mailbox.latest("user/messages", "receivedDateTime", _MOST):
        for name, weight in _MAILED.items():
            value = message.get(name) or []
            for each in value if isinstance(value, list) else [value]:
                count(each, weight)
    for event in _meetings(mailbox):
        for each in event.get("attendees") or ():
            count(each, _MET)
    return found, names


def _meetings(mailbox: Reading) -> Iterable[Record]:
    """The events of a calendar; of one that has many, those of some months."""
    if mailbox.how_many(EVENTS) <= _MOST:
        return mailbox.inside(EVENTS)
    now = moment_now(mailbox)
    return mailbox.among(EVENTS, f"{WEEKS}/*", keys_in(now - _BEFORE, now + _AFTER))


def _user(mailbox: Reading, address: str) -> Record | None:
    """Who has an address in the tenant."""
    for found in mailbox.known("users", ADDRESSES, f"smtp:{address}"):
        return found
    return mailbox.named("users", "userPrincipalName", address)


def _person(
    address: str, score: float, name: str | None, user: Record | None, contact: Record | None
) -> Record:
    known = user or contact or {}
    numbers = [*(known.get("businessPhones") or ())]
    subclass = "OrganizationUser" if user else "PersonalContact" if contact else "ImplicitContact"
    record = {
        "id": known["id"] if user else str(uuid5(NAMESPACE_URL, f"mailto:{address}")),
        "displayName": known.get("displayName") or name or address,
        "isFavorite": False,
        "scoredEmailAddresses": [
            {"address": address, "relevanceScore": score, "selectionLikelihood": "notSpecified"}
        ],
        "phones": [{"type": "business", "number": each} for each in numbers],
        "personType": {"class": "Person", "subclass": subclass},
        **dict.fromkeys(_EMPTY, ""),
    }
    for name in ("givenName", "surname", "jobTitle", "companyName", "department", "officeLocation"):
        record[name] = known.get(name)
    if user:
        record |= {
            "userPrincipalName": known.get("userPrincipalName"),
            "imAddress": f"sip:{address}",
        }
    return record


# Searching -----------------------------------------------------------------------------------


def _find(text: str) -> Callable[[Reading], bool]:
    """The test that a ``$search`` means: each word begins one of a name, or an address, nearly.

    Raises GraphError (400) for topics, which are not worked out.
    """
    bare = text.strip().strip('"')
    if bare.lower().startswith("topic:"):
        message = "fakegraph does not know what people talk about: 'topic:' finds nobody."
        raise GraphError(501, "NotImplemented", message, "$search")
    words = re.findall(r"\w+", bare.casefold())

    def found(reading: Reading) -> bool:
        record = reading.record
        addresses = (str(each.get("address")) for each in record.get("scoredEmailAddresses") or ())
        told = " ".join([str(record.get("displayName") or ""), *addresses]).casefold()
        known = re.findall(r"\w+", told)
        return all(any(_is_near(word, each) for each in known) for word in words)

    return found


def _is_near(word: str, other: str) -> bool:
    """Whether a word begins like another, but for one letter."""
    if other.startswith(word):
        return True
    if len(word) < 4 or abs(len(word) - len(other)) > 1:
        return False
    same = sum(a == b for a, b in zip(word, other, strict=False))
    back = sum(a == b for a, b in zip(word[::-1], other[::-1], strict=False))
    return same + back >= max(len(word), len(other)) - 1


def _check(options: Mapping[str, str]) -> None:
    if options.get("search") is not None and options.get("skip") is not None:
        message = "The query parameter '$skip' is not supported with '$search'."
        raise GraphError(400, "ErrorInvalidParameter", message, "$skip")


TYPES = (
    Type(
        "person",
        defaults={
            **dict.fromkeys(("birthday", "personNotes", "yomiCompany"), ""),
            "isFavorite": False,
        },
        searched=(_find,),
        queries=(_check,),
    ),
)
NAVIGATION = (
    Navigation("user/people", unfolds=_unfolded, page_size=10, max_page=1000, by_all=True),
)
