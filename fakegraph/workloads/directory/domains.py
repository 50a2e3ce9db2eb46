"""What domains of the organisation do; ``tenancy.py`` has what they are.

https://learn.microsoft.com/graph/api/resources/domain
"""

from __future__ import annotations

import re

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation

_SERVICES = ("Email", "OfficeCommunicationsOnline")


@operation("domain/verify")
def verify(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/domain-verify"""
    domain = call.thing
    if domain.record.get("isVerified"):
        return domain
    return call.change(domain, {"isVerified": True, "supportedServices": list(_SERVICES)})


@operation("domain/promote")
def promote(call: Call) -> bool:
    """https://learn.microsoft.com/graph/api/domain-promote"""
    if not call.thing.record.get("isVerified"):
        message = f"The domain '{call.thing.id}' is not verified, and cannot be promoted."
        raise GraphError(400, "Request_BadRequest", message, "isVerified")
    call.change(call.thing, {"isRoot": True})
    return True


_MOST_RENAMED = 1000


@operation("domain/forceDelete")
def force_delete(call: Call) -> None:
    """What has names or addresses of a domain gets those of the initial one, and the domain goes.

    https://learn.microsoft.com/graph/api/domain-forcedelete
    """
    domains = call.inside(None, "domains")
    initial = next((each.id for each in domains if each.record.get("isInitial")), None)
    if call.thing.record.get("isInitial") or initial is None:
        message = f"The domain '{call.thing.id}' has no other that its users could move to."
        raise GraphError(400, "Request_BadRequest", message, "isInitial")
    renamed = [
        (thing, changes)
        for container, names in _NAMED.items()
        for thing in call.inside(None, container)
        if (changes := _renamed(thing.record, names, call.thing.id, initial))
    ]
    _check_renamed(renamed)
    off = {"accountEnabled": False} if call.arguments.get("disableUserAccounts", True) else {}
    for thing, changes in renamed:
        call.change(thing, {**changes, **(off if thing.container == "users" else {})})
    call.delete(call.thing)


_NAMED = {
    "users": ("userPrincipalName", "mail", "proxyAddresses"),
    "groups": ("mail", "proxyAddresses"),
    "applications": ("identifierUris",),
}
"""What may have names or addresses of a domain, and where."""


def _check_renamed(renamed: list[tuple[Thing, Record]]) -> None:
    """Raise GraphError (400) for more than are renamed at once, and for an app that others use."""
    if len(renamed) > _MOST_RENAMED:
        message = f"{len(renamed)} objects refer to the domain, and {_MOST_RENAMED} are renamed."
        raise GraphError(400, "Request_BadRequest", message, "id")
    for thing, _ in renamed:
        if thing.record.get("signInAudience", "AzureADMyOrg") != "AzureADMyOrg":
            message = f"The application '{thing.id}' is a multitenant app, and is not renamed."
            raise GraphError(400, "Request_BadRequest", message, "identifierUris")


def _renamed(record: Record, names: tuple[str, ...], domain: str, initial: str) -> Record:
    """What changes of a thing for it to have nothing of a domain, but of the initial one."""
    of_domain = re.compile(rf"(?<=[@/.]){re.escape(domain)}(?=[/:?#]|$)", re.IGNORECASE)
    changes: Record = {}
    for name in names:
        said = record.get(name)
        many = said if isinstance(said, list) else [said]
        new = [each and of_domain.sub(initial, each) for each in many]
        if new != many:
            changes[name] = new if isinstance(said, list) else new[0]
    return changes


OPERATIONS = (verify, promote, force_delete)
