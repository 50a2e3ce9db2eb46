"""Reviews of access, requests for consent and for access: what reviewers do, and whose things are.

https://learn.microsoft.com/graph/api/resources/accessreviewsv2-overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation, Type
from fakegraph.workloads.effects import filters, moves, notes
from fakegraph.workloads.handed import Others
from fakegraph.workloads.operations import Call, Thing, operation

REMINDERS = "@accessReviewReminders"
_DECISIONS = ("accessReviewInstance/decisions", "accessReviewStage/decisions")
_KNOWN = ("Approve", "Deny", "DontKnow", "NotReviewed")
_RUNNING = ("InProgress", "NotStarted", "Initializing", "Starting")


def _decisions(call: Call) -> list[Thing]:
    return call.leads_to(call.thing, "decisions")


def _is_open(item: Thing) -> bool:
    return item.record.get("decision") in (None, "NotReviewed")


def _by_user(call: Call) -> Record:
    return dict(call.by.get("user") or {})


def _decide(call: Call, item: Thing, decision: str, why: str | None) -> None:
    said = {"decision": decision, "justification": why or "", "reviewedDateTime": call.now}
    call.change(item, {**said, "reviewedBy": _by_user(call)})


@operation("accessReviewInstance/acceptRecommendations")
def accept(call: Call) -> None:
    """What nobody has decided yet is decided as it is recommended.

    https://learn.microsoft.com/graph/api/accessreviewinstance-acceptrecommendations
    """
    for each in _decisions(call):
        if _is_open(each) and each.record.get("recommendation"):
            _decide(call, each, str(each.record["recommendation"]), None)


@operation("accessReviewInstance/batchRecordDecisions")
def decide_all(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/accessreviewinstance-batchrecorddecisions"""
    given = call.arguments
    decision = str(given.get("decision") or "")
    if decision not in _KNOWN:
        raise bad_request(f"'{decision}' is no decision: {', '.join(_KNOWN)} are.", "decision")
    wanted = {"principal": given.get("principalId"), "resource": given.get("resourceId")}
    for each in _decisions(call):
        about = {name: (each.record.get(name) or {}).get("id") for name in wanted}
        if all(id_ is None or about[name] == id_ for name, id_ in wanted.items()):
            _decide(call, each, decision, given.get("justification"))


@operation("accessReviewInstance/resetDecisions")
def reset(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/accessreviewinstance-resetdecisions"""
    blank = dict.fromkeys(("justification", "reviewedBy", "reviewedDateTime"))
    for each in _decisions(call):
        call.change(each, {"decision": "NotReviewed", **blank})


@operation("accessReviewInstance/applyDecisions")
def apply(call: Call) -> None:
    """Who is denied is no member of the group any more.

    https://learn.microsoft.com/graph/api/accessreviewinstance-applydecisions
    """
    for each in _decisions(call):
        if _is_open(each):
            continue
        if each.record["decision"] == "Deny":
            _take_away(call, each.record)
        said = {"applyResult": "AppliedSuccessfully", "appliedDateTime": call.now}
        call.change(each, {**said, "appliedBy": _by_user(call)})
    call.change(call.thing, {"status": "Applied"})


def _take_away(call: Call, decision: Record) -> None:
    resource, principal = decision.get("resource") or {}, decision.get("principal") or {}
    group = call.find("groups", resource.get("id")) if resource.get("type") == "group" else None
    member = call.find("directoryObjects", principal.get("id"))
    if group is not None and member is not None:
        call.unlink(group, "members", member)


# Whose things are ---------------------------------------------------------------------------------


def _own_id(call: Call) -> str:
    me = call.caller()
    return "" if me is None else me.id.casefold()


def _reviews(call: Call, scopes: Iterable[Record]) -> bool:
    """Whether who asks is among reviewers: by name, or as a member of a group."""
    own = _own_id(call)
    for each in scopes:
        words = str(each.get("query") or "").casefold().strip("/").split("/")
        kinds = dict(pairwise(words))
        if own and kinds.get("users") == own:
            return True
        group = call.find("groups", kinds["groups"]) if "groups" in kinds else None
        members = [] if group is None else call.leads_to(group, "transitiveMembers")
        if own in {member.id.casefold() for member in members}:
            return True
    return False


def _asks_of_nobody(review: Record, before: Record | None, of: Others) -> Iterable[tuple[str, str]]:
    """Tell of users and groups that a review asks for and that are not there."""
    scopes = [review.get("scope") or {}, *(review.get("reviewers") or ())]
    scopes += review.get("fallbackReviewers") or ()
    for query in dict.fromkeys(str(each.get("query")) for each in scopes if each.get("query")):
        words = query.partition("?")[0].casefold().strip("/").split("/")
        named = [(kind, id_) for kind, id_ in pairwise(words) if kind in ("users", "groups")]
        for kind, id_ in named:
            if of.find(kind, "id", id_) is None:
                yield f"The query '{query}'", f"None of the {kind} is '{id_}'."


def _is_reviewer(call: Call, thing: Thing) -> bool:
    record = thing.record
    return _reviews(
        call, (*(record.get("reviewers") or ()), *(record.get("fallbackReviewers") or ()))
    )


def _reviews_decision(call: Call, item: Thing) -> bool:
    above = call.owner(item)
    return above is not None and _is_reviewer(call, above)


def _reviews_consent(call: Call, request: Thing) -> bool:
    """Whether who asks reviews what users ask to consent to: the policy says who does."""
    rows = call.stored.rows("policyRoot/adminConsentRequestPolicy")
    return any(_reviews(call, row.record.get("reviewers") or ()) for row in rows)


def _approves(call: Call, approval: Thing) -> bool:
    stages = call.inside(approval, "approval/stages")
    return any(each.record.get("assignedToMe") for each in stages)


def _named(*names: str) -> Callable[[Call, Thing], bool]:
    """Whether a property of a thing, or of what it leads to, is the id of who asks."""

    def test(call: Call, thing: Thing) -> bool:
        own = _own_id(call)
        return bool(own) and any(
            str(value or "").casefold() == own
            for name in names
            for value in _values(call, thing, name)
        )

    return test


def _values(call: Call, thing: Thing, name: str) -> Iterable[Any]:
    first, _, rest = name.partition("/")
    if not rest:
        return [thing.record.get(first)]
    return [each.record.get(rest) for each in call.leads_to(thing, first)]


_BY: dict[str, Callable[[Call, Thing], bool]] = {
    "accessReviewInstance": _is_reviewer,
    "accessReviewStage": _is_reviewer,
    "accessReviewScheduleDefinition": _is_reviewer,
    "accessReviewInstanceDecisionItem": _reviews_decision,
    "appConsentRequest": _reviews_consent,
    "userConsentRequest": _reviews_consent,
    "approval": _approves,
    "accessPackageAssignment": _named("target/objectId"),
    "accessPackageAssignmentRequest": _named("requestor/objectId"),
    **{
        f"privilegedAccessGroup{kind}Schedule{what}": _named("principalId")
        for kind in ("Assignment", "Eligibility")
        for what in ("", "Instance", "Request")
    },
}

_CANCELS: tuple[Operation, ...] = (
    *(
        moves(
            f"privilegedAccessGroup{kind}ScheduleRequest/cancel",
            "status",
            dict.fromkeys(("Granted", "PendingApproval", "PendingProvisioning"), "Canceled"),
        )
        for kind in ("Assignment", "Eligibility")
    ),
    moves(
        "accessPackageAssignmentRequest/cancel",
        "state",
        dict.fromkeys(("submitted", "pendingApproval", "scheduled"), "canceled"),
    ),
    moves(
        "accessPackageAssignmentRequest/reprocess",
        "state",
        dict.fromkeys(("deliveryFailed", "partiallyDelivered", "submitted"), "submitted"),
        status=202,
    ),
    # https://learn.microsoft.com/graph/api/accesspackageassignment-reprocess
    moves(
        "accessPackageAssignment/reprocess",
        "state",
        dict.fromkeys(("delivered", "deliveryFailed", "partiallyDelivered"), "delivered"),
        {"status": "Delivered"},
        status=202,
    ),
)

TYPES = (Type("accessReviewScheduleDefinition", idle=(_asks_of_nobody,)),)

OPERATIONS = (
    accept,
    decide_all,
    reset,
    apply,
    moves("accessReviewInstance/stop", "status", dict.fromkeys(_RUNNING, "Completed")),
    moves("accessReviewStage/stop", "status", dict.fromkeys(_RUNNING, "Completed")),
    notes("accessReviewInstance/sendReminder", REMINDERS),
    *(filters(f"{name}*/filterByCurrentUser", test) for name, test in _BY.items()),
    *_CANCELS,
)
