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


OPERATIONS = (verify, promote)
