"""What goes for each role of the directory in Privileged Identity Management.

The rules of its policy say how long it is had, what that wants, and who is told.

They are those of a new tenant. The longest time that a role is activated for is heeded
(``requests.py``); of the others nothing comes.
https://learn.microsoft.com/graph/identity-governance-pim-rules-overview
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.role_templates import NAMES
from fakegraph.workloads.handed import Acting

_SCOPE = {"scopeId": "/", "scopeType": "DirectoryRole"}
_SPACE = UUID("0f8e4c0a-5d4b-4a52-9d0e-3f4f9d1c7b21")
_RULE = "#microsoft.graph.unifiedRoleManagementPolicy"


def policy_of(role: str) -> str:
    """The id of the policy of a role."""
    return f"DirectoryRole_{uuid5(_SPACE, 'DirectoryRole')}_{uuid5(_SPACE, role)}"


def _policy(id_: str) -> Record:
    return {
        "id": id_,
        "displayName": "DirectoryRole",
        "description": "DirectoryRole",
        "isOrganizationDefault": False,
        "lastModifiedDateTime": None,
        "lastModifiedBy": {"id": None, "displayName": None},
        **_SCOPE,
    }


def longest_of(role: str, acting: Acting) -> str | None:
    """The longest time that a role is activated for; None where there is no such."""
    path = f"policies/roleManagementPolicies/{policy_of(role)}/rules/{_ACTIVATION['id']}"
    row = acting.at(path)
    rule = _ACTIVATION if row is None else row.record
    return str(rule["maximumDuration"]) if rule.get("isExpirationRequired") else None


def _assignments() -> Iterator[Record]:
    for role in NAMES:
        policy = policy_of(role)
        yield {"id": f"{policy}_{role}", "policyId": policy, "roleDefinitionId": role, **_SCOPE}


def _rule(kind: str, about: str, caller: str, level: str, **said: object) -> Record:
    """A rule of a kind, for what somebody does about having a role, or being eligible for it."""
    target = {"caller": caller, "operations": ["all"], "level": level}
    target |= {"inheritableSettings": [], "enforcedSettings": []}
    id_ = f"{about}_{caller}_{level}"
    return {"@odata.type": f"{_RULE}{kind}Rule", "id": id_, "target": target, **said}


def _notifications(caller: str, level: str) -> Iterator[Record]:
    for who in ("Admin", "Requestor", "Approver"):
        yield _rule(
            *("Notification", f"Notification_{who}", caller, level),
            notificationType="Email",
            recipientType=who,
            notificationLevel="All",
            isDefaultRecipientsEnabled=True,
            notificationRecipients=[],
        )


def _lasts(caller: str, level: str, most: str, *, required: bool = False) -> Record:
    said = {"isExpirationRequired": required, "maximumDuration": most}
    return _rule("Expiration", "Expiration", caller, level, **said)


_STAGE = {
    "approvalStageTimeOutInDays": 1,
    "isApproverJustificationRequired": True,
    "escalationTimeInMinutes": 0,
    "isEscalationEnabled": False,
    "primaryApprovers": [],
    "escalationApprovers": [],
}
_APPROVAL = {
    "isApprovalRequired": False,
    "isApprovalRequiredForExtension": False,
    "isRequestorJustificationRequired": True,
    "approvalMode": "SingleStage",
    "approvalStages": [_STAGE],
}
_USER = ("EndUser", "Assignment")
_ACTIVATION = _lasts(*_USER, "PT8H", required=True)
_RULES: tuple[Record, ...] = (
    _lasts("Admin", "Eligibility", "P365D"),
    _rule("Enablement", "Enablement", "Admin", "Eligibility", enabledRules=[]),
    *_notifications("Admin", "Eligibility"),
    _lasts("Admin", "Assignment", "P180D"),
    _rule("Enablement", "Enablement", "Admin", "Assignment", enabledRules=["Justification"]),
    *_notifications("Admin", "Assignment"),
    _ACTIVATION,
    _rule("Enablement", "Enablement", *_USER, enabledRules=["Justification"]),
    _rule("Approval", "Approval", *_USER, setting=_APPROVAL),
    _rule("AuthenticationContext", "AuthenticationContext", *_USER, isEnabled=False, claimValue=""),
    *_notifications(*_USER),
)


_OWN = frozenset(map(policy_of, NAMES))


def _rules(policy: Record) -> tuple[Record, ...]:
    """Those that the policy of a role has from the start; another one has what is said of it."""
    return _RULES if policy.get("id") in _OWN else ()


TYPES = (Type("unifiedRoleManagementPolicyRule", immutable=frozenset({"id"})),)

NAVIGATION = (
    Navigation(
        "policyRoot/roleManagementPolicies",
        provisioned=tuple(_policy(policy_of(role)) for role in NAMES),
    ),
    Navigation("policyRoot/roleManagementPolicyAssignments", provisioned=tuple(_assignments())),
    Navigation("unifiedRoleManagementPolicy/rules", provisioned=_rules),
    Navigation(
        "unifiedRoleManagementPolicy/effectiveRules",
        home="unifiedRoleManagementPolicy/rules",
    ),
    Navigation(
        "unifiedRoleManagementPolicyAssignment/policy",
        home="policyRoot/roleManagementPolicies",
        view={"id": "policyId"},
        provided=True,
        start=lambda assignment: _policy(str(assignment.get("policyId"))),
    ),
)
