"""What Purview says of contents that apps ask about: a tenant here has no policies of data.

No scope is protected, and nothing that is processed is held up; what was processed is noted, for
tests to ask the control API for.
https://learn.microsoft.com/graph/api/resources/security-datasecurityandgovernance-overview
"""

from __future__ import annotations

from typing import Any

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.operations import Call, operation

PROCESSED = "@processedContent"
_ALLOWED: Record = {
    "protectionScopeState": "notModified",
    "policyActions": [],
    "processingErrors": [],
}


def _none(call: Call) -> list[Any]:
    """No policy protects anything."""
    return []


def _checked(content: Any, target: str) -> Record:
    """What is to be processed. Raises GraphError (400) for nothing."""
    if not (content or {}).get("contentEntries"):
        raise bad_request("'contentEntries' has what is to be processed.", target)
    return dict(content)


@operation("userDataSecurityAndGovernance/processContent", status=200)
def process(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/userdatasecurityandgovernance-processcontent"""
    content = _checked(call.arguments.get("contentToProcess"), "contentToProcess/contentEntries")
    call.note(PROCESSED, {**content, "userId": call.holder.id, "dateTime": call.now})
    return _ALLOWED


@operation("tenantDataSecurityAndGovernance/processContentAsync", status=204)
def process_many(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/tenantdatasecurityandgovernance-processcontentasync"""
    asked = list(call.arguments.get("processContentRequests") or ())
    if not asked:
        message = "'processContentRequests' has what is to be processed."
        raise bad_request(message, "processContentRequests")
    for each in asked:
        said = _checked(each.get("contentToProcess"), "processContentRequests/contentToProcess")
        about = {name: each.get(name) for name in ("requestId", "userId")}
        call.note(PROCESSED, {**said, **about, "dateTime": call.now})


NAVIGATION = tuple(
    Navigation(name, provided=True)
    for name in (
        *("user/dataSecurityAndGovernance", "security/dataSecurityAndGovernance"),
        "userDataSecurityAndGovernance/protectionScopes",
        "tenantDataSecurityAndGovernance/protectionScopes",
    )
)

OPERATIONS = (
    process,
    process_many,
    *(
        # https://learn.microsoft.com/graph/api/userprotectionscopecontainer-compute
        operation(f"{of}ProtectionScopeContainer/compute", reads=True, status=200)(_none)
        for of in ("user", "tenant")
    ),
)
