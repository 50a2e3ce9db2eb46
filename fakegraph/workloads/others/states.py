"""What is published, cancelled, locked, renamed: operations that set a property or two.

https://learn.microsoft.com/graph/api/overview
"""

from __future__ import annotations

from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation
from fakegraph.workloads.effects import argument, by, moves, now, sets, values_of
from fakegraph.workloads.operations import Call, Thing, operation

# https://learn.microsoft.com/graph/api/resources/bookingbusiness
CANCELLATIONS = "@bookingCancellations"


@operation("bookingAppointment/cancel")
def cancel_appointment(call: Call) -> None:
    """The appointment is gone; what its customers are told is noted."""
    appointment = call.thing
    told = {"cancellationMessage": call.arguments.get("cancellationMessage")}
    customers = appointment.record.get("customers") or []
    about = {"about": appointment.id, "customers": customers, "dateTime": call.now}
    call.note(CANCELLATIONS, {**about, **told})
    call.erase(appointment)


# https://learn.microsoft.com/graph/api/resources/presence


def _location(source: str) -> Operation:
    def place(call: Call) -> Record:
        given = call.arguments
        said = {"workLocationType": given["workLocationType"], "source": source}
        return {**said, "placeId": given.get("placeId")}

    return sets(f"presence/set{source.capitalize()}Location", {"workLocation": place})


_NOWHERE: Record = {"workLocationType": "unspecified", "source": "none", "placeId": None}

# https://learn.microsoft.com/graph/api/resources/virtualevent


def _noted_outside(call: Call) -> list[Record]:
    known = list(call.thing.record.get("externalEventInformation") or ())
    app = (call.by.get("application") or {}).get("id")
    return [*known, {"applicationId": app, "externalEventId": call.arguments["externalEventId"]}]


# https://learn.microsoft.com/graph/api/resources/identityuserflowattributeassignment
_ORDER = "@order"


@operation("identityUserFlowAttributeAssignment*/setOrder")
def set_order(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/identityuserflowattributeassignment-setorder"""
    order = list((call.arguments.get("newAssignmentOrder") or {}).get("order") or ())
    there = {each.id for each in call.things()}
    missing = next((id_ for id_ in order if id_ not in there), None)
    if missing is not None:
        raise call.words.not_found("identityUserFlowAttributeAssignment", missing)
    call.change(call.holder, {_ORDER: order})


@operation("identityUserFlowAttributeAssignment*/getOrder", reads=True)
def get_order(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/identityuserflowattributeassignment-getorder"""
    there = [each.id for each in call.things()]
    kept = [id_ for id_ in call.holder.record.get(_ORDER) or () if id_ in there]
    return {"order": [*kept, *(id_ for id_ in there if id_ not in kept)]}


_PROVIDERS = ("EmailOTP", "Facebook", "Google", "MicrosoftAccount")


def _providers(name: str) -> Operation:
    return values_of(f"{name}*/availableProviderTypes", lambda call, there: _PROVIDERS)


@operation("identityGovernance.workflow/createNewVersion")
def new_version(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/identitygovernance-workflow-createnewversion"""
    given = dict(call.arguments.get("workflow") or {})
    before = call.thing.record
    kept = ("category", "displayName", "description", "isEnabled", "isSchedulingEnabled")
    old = {name: before[name] for name in kept if name in before}
    call.add(call.thing, "versions", {**old, "versionNumber": int(before.get("version") or 1)})
    changes = {name: given[name] for name in (*kept, "executionConditions") if name in given}
    number = int(before.get("version") or 1) + 1
    return call.change(call.thing, {**changes, "version": number, "lastModifiedDateTime": call.now})


# https://learn.microsoft.com/graph/api/contenttype-publish
_PUBLISHED = "@published"


@operation("contentType/isPublished", reads=True)
def is_published(call: Call) -> bool:
    """https://learn.microsoft.com/graph/api/contenttype-ispublished"""
    return bool(call.thing.record.get(_PUBLISHED))


OPERATIONS = (
    sets("contentType/publish", {_PUBLISHED: True}),
    sets("contentType/unpublish", {_PUBLISHED: False}),
    is_published,
    sets("bookingBusiness/publish", {"isPublished": True}),
    sets("bookingBusiness/unpublish", {"isPublished": False}),
    cancel_appointment,
    _location("manual"),
    _location("automatic"),
    sets("presence/clearLocation", {"workLocation": _NOWHERE}),
    sets("presence/clearAutomaticLocation", {"workLocation": _NOWHERE}),
    moves("virtualEvent/publish", "status", {"draft": "published"}),
    moves("virtualEvent/cancel", "status", {"published": "canceled", "draft": "canceled"}),
    sets("virtualEvent/setExternalEventInformation", {"externalEventInformation": _noted_outside}),
    moves(
        "virtualEventRegistration/cancel",
        "status",
        dict.fromkeys(("registered", "waitlisted", "pendingApproval"), "canceled"),
        {"cancelationDateTime": now},
    ),
    moves("fileStorageContainer/activate", "status", {"inactive": "active"}),
    sets("fileStorageContainer/lock", {"lockState": argument("lockState")}),
    sets("fileStorageContainer/unlock", {"lockState": "unlocked"}),
    sets(
        "browserSiteList/publish",
        {
            "revision": argument("revision"),
            "status": "published",
            "publishedDateTime": now,
            "publishedBy": by,
        },
    ),
    set_order,
    get_order,
    _providers("identityProvider"),
    _providers("identityProviderBase"),
    new_version,
)
