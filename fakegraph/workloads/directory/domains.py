"""What domains of the organisation do; ``tenancy.py`` has what they are.

https://learn.microsoft.com/graph/api/resources/domain
"""

from __future__ import annotations

from fakegraph.errors import GraphError
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


@operation("domain/forceDelete")
def force_delete(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/domain-forcedelete"""
    domains = call.inside(None, "domains")
    initial = next((each.id for each in domains if each.record.get("isInitial")), None)
    if call.thing.record.get("isInitial") or initial is None:
        message = f"The domain '{call.thing.id}' has no other that its users could move to."
        raise GraphError(400, "Request_BadRequest", message, "isInitial")
    off = {"accountEnabled": False} if call.arguments.get("disableUserAccounts", True) else {}
    for user in call.inside(None, "users"):
        alias, _, own = str(user.record.get("userPrincipalName") or "").rpartition("@")
        if own.casefold() == call.thing.id.casefold():
            call.change(user, {"userPrincipalName": f"{alias}@{initial}", **off})
    call.delete(call.thing)


OPERATIONS = (verify, promote, force_delete)
