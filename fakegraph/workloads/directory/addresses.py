"""Addresses of mail: ``mail`` is the primary one of ``proxyAddresses``.

https://learn.microsoft.com/graph/api/resources/user#properties
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.handed import Asker, Making, Others

DEFAULT_DOMAIN = "contoso.com"
"""Of a tenant that has no domains."""

HOLDERS = ("users", "groups", "contacts")


def group_mail(making: Making) -> str | None:
    """The address that a Microsoft 365 group is given."""
    nickname = making.record.get("mailNickname")
    if not is_unified(making.record) or not nickname:
        return None
    return f"{nickname}@{default_domain(making.there)}"


def is_unified(group: Record) -> bool:
    """Whether it is a Microsoft 365 group."""
    return "Unified" in (group.get("groupTypes") or ())


def may_be_unified(group: Record) -> bool:
    """Whether it is a Microsoft 365 group, or one of which nobody has said what it is."""
    return is_unified(group) or group.get("mailEnabled") is None


def only_unified(code: str, message: str) -> Callable[[Record, Asker], None]:
    """What refuses (404) what Microsoft 365 groups have, to groups known to be none."""

    def check(group: Record, asker: Asker) -> None:
        if not may_be_unified(group):
            raise GraphError(404, code, message)

    return check


def default_domain(of: Callable[[str], Iterable[Record]]) -> str:
    """The domain that names are in where none is said."""
    domains = list(of("domains"))
    default = next((each for each in domains if each.get("isDefault")), None)
    return str((default or {"id": DEFAULT_DOMAIN})["id"])


def proxies(making: Making) -> list[str]:
    """The addresses of something: its ``mail`` first, and what that was before."""
    known = list(making.record.get("proxyAddresses") or ())
    mail = making.record.get("mail")
    if not mail or f"SMTP:{mail}" in known:
        return known
    others = [_secondary(each) for each in known if each[5:].casefold() != mail.casefold()]
    return [f"SMTP:{mail}", *others]


def _secondary(address: str) -> str:
    return f"smtp:{address[5:]}" if address.startswith("SMTP:") else address


ADDRESSES = "proxyAddresses/*"
"""The index of who has an address."""


def check_mail(record: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError for an address that something else has."""
    mail = record.get("mail")
    if mail and mail != (before or {}).get("mail"):
        _check_free(mail, record, of)


def check_group_mail(record: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError for a group whose address something else has."""
    if before is None and is_unified(record) and record.get("mailNickname"):
        mail = record.get("mail") or f"{record['mailNickname']}@{default_domain(of)}"
        _check_free(mail, record, of)


def _check_free(mail: str, record: Record, of: Others) -> None:
    for container in HOLDERS:
        for other in of.equal(container, ADDRESSES, f"smtp:{mail}".casefold()):
            if other.get("id") != record.get("id"):
                raise _taken(container, other)


def _taken(container: str, other: Record) -> GraphError:
    message = "Another object with the same value for property proxyAddresses already exists."
    kind = {"users": "User", "groups": "Group", "contacts": "OrgContact"}[container]
    details = [
        Problem(message, "proxyAddresses", "ObjectConflict"),
        Problem(message, f"{kind}_{other['id']}", "ConflictingObjects"),
    ]
    return GraphError(400, "Request_BadRequest", message, details=details)
