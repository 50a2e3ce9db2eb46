"""Education: assignments, what students hand in, and modules, each from one state to the next.

https://learn.microsoft.com/graph/api/resources/education-overview
"""

from __future__ import annotations

from fakegraph.edm.values import instant
from fakegraph.workloads.declarations import Operation
from fakegraph.workloads.effects import Values, by, moves, now, sets
from fakegraph.workloads.operations import Call, Thing, operation

_SUBMISSIONS = "educationAssignment/submissions"
_WEEK = 7 * 24 * 3600 * 10_000_000


def _hand_in(call: Call, submission: Thing) -> None:
    """Keep what is handed in as it is now, in the stead of what was before."""
    for each in call.leads_to(submission, "submittedResources"):
        call.erase(each)
    for each in call.leads_to(submission, "resources"):
        kept = {name: value for name, value in each.record.items() if name[:1] != "@"}
        call.add(submission, "submittedResources", kept)


def _signed(deed: str) -> Values:
    return {f"{deed}By": by, f"{deed}DateTime": now}


def _status(name: str, states: dict[str, str], values: Values | None = None) -> Operation:
    return moves(name, "status", states, values)


_HANDED_IN = ("working", "returned", "reassigned")


@operation("educationClass/getRecentlyModifiedSubmissions", reads=True)
def recent(call: Call) -> list[Thing]:
    """Those of the last week, the latest first.

    https://learn.microsoft.com/graph/api/educationclass-getrecentlymodifiedsubmissions
    """
    since = instant(call.now) - _WEEK
    found = [
        (instant(when), each)
        for assignment in call.inside(call.thing, "educationClass/assignments")
        for each in call.inside(assignment, _SUBMISSIONS)
        if (when := each.record.get("lastModifiedDateTime")) and instant(when) >= since
    ]
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


OPERATIONS = (
    _status("educationAssignment/publish", {"draft": "published"}),
    _status("educationAssignment/activate", {"inactive": "assigned"}),
    _status("educationAssignment/deactivate", {"assigned": "inactive", "published": "inactive"}),
    moves(
        "educationSubmission/submit",
        "status",
        dict.fromkeys(_HANDED_IN, "submitted"),
        _signed("submitted"),
        also=_hand_in,
    ),
    _status("educationSubmission/unsubmit", {"submitted": "working"}, _signed("unsubmitted")),
    _status(
        "educationSubmission/return",
        {"submitted": "returned", "working": "returned", "reassigned": "returned"},
        _signed("returned"),
    ),
    _status(
        "educationSubmission/reassign",
        {"returned": "reassigned", "submitted": "reassigned"},
        _signed("reassigned"),
    ),
    _status(
        "educationSubmission/excuse",
        dict.fromkeys((*_HANDED_IN, "submitted"), "excused"),
        _signed("excused"),
    ),
    _status("educationModule/publish", {"draft": "published"}),
    sets("educationModule/pin", {"isPinned": True}),
    sets("educationModule/unpin", {"isPinned": False}),
    recent,
)
