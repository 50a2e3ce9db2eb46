"""What is published, cancelled, locked, renamed: operations that set a property or two.

https://learn.microsoft.com/graph/api/overview
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation
from fakegraph.workloads.effects import argument, by, filters, moves, notes, now, sets, values_of
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.others.providers import as_certificate

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


@operation("identityApiConnector/uploadClientCertificate")
def upload_certificate(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/identityapiconnector-uploadclientcertificate"""
    configuration = as_certificate(call.arguments)
    return call.change(call.thing, {"authenticationConfiguration": configuration})


# https://learn.microsoft.com/graph/api/projectrome-get-recent-activities


@operation("userActivity*/recent", reads=True)
def recent_activities(call: Call) -> list[Thing]:
    """What somebody was last active in, first; without a history there is nothing to tell."""
    found = []
    for activity in call.things():
        history = call.inside(activity, "userActivity/historyItems")
        if history:
            found.append((max(map(_active, history)), activity))
    return [each for _, each in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _active(item: Thing) -> str:
    record = item.record
    return str(record.get("lastActiveDateTime") or record.get("startedDateTime") or "")


# https://learn.microsoft.com/graph/api/externalconnectors-externalitem-addactivities


@operation("externalConnectors.externalItem/addActivities", status=200)
def add_activities(call: Call) -> list[Record]:
    """What somebody did with an item: nothing on Graph shows it again."""
    told = []
    for each in call.arguments.get("activities") or ():
        call.note("@externalActivities", {**each, "about": call.thing.id})
        said = {name: each[name] for name in ("type", "startDateTime") if name in each}
        told.append({**said, "error": None})
    return told


# https://learn.microsoft.com/graph/api/virtualeventwebinar-getbyuserrole


def _by_role(name: str, own: bool) -> Operation:
    def has(call: Call, event: Thing) -> bool:
        me = call.caller() if own else None
        who = me.id if me is not None else call.arguments.get("userId")
        role = str(call.arguments["role"]).casefold()
        if role not in ("organizer", "coorganizer"):
            raise bad_request("A role is organizer or coOrganizer.", "role")
        people = (
            [(event.record.get("createdBy") or {}).get("user") or {}]
            if role == "organizer"
            else event.record.get("coOrganizers") or []
        )
        return bool(who) and any(each.get("id") == who for each in people)

    return filters(name, has)


_BY_ROLE = tuple(
    _by_role(f"virtualEvent{kind}*/{name}", own)
    for kind in ("Webinar", "Townhall")
    for name, own in (("getByUserRole", True), ("getByUserIdAndRole", False))
)


# https://learn.microsoft.com/graph/api/contenttype-publish
def _booking_page(call: Call) -> str:
    """Where the customers of a business book."""
    return f"https://outlook.office365.com/owa/calendar/{quote(call.thing.id)}/bookings/"


_PUBLISHED = "@published"


@operation("contentType/isPublished", reads=True)
def is_published(call: Call) -> bool:
    """https://learn.microsoft.com/graph/api/contenttype-ispublished"""
    return bool(call.thing.record.get(_PUBLISHED))


# https://learn.microsoft.com/graph/api/place-descendants


@operation("place/descendants", reads=True)
def descendants(call: Call) -> list[Thing]:
    """What lies in a place, and in what lies in it, level by level."""
    everywhere = call.inside(None, "places")
    found: dict[str, Thing] = {}
    level = {call.thing.id}
    while level:
        below = [each for each in everywhere if each.record.get("parentId") in level]
        level = {each.id for each in below} - found.keys()
        found |= {each.id: each for each in below}
    return list(found.values())


# https://learn.microsoft.com/graph/api/resources/teamsadministration-teamspolicyuserassignment


def _of_policies(name: str, changes: Callable[[Call, Thing | None, Record], object]) -> Operation:
    """An action that goes by the user and the kind of policy of each of its values."""

    def act(call: Call) -> None:
        there = {_about(each.record): each for each in call.things()}
        for given in call.arguments.get("value") or ():
            for needed in ("userId", "policyType"):
                if not given.get(needed):
                    raise bad_request(f"'{needed}' is required.", f"value/{needed}")
            if call.find("users", given["userId"]) is None:
                raise call.words.not_found("user", str(given["userId"]))
            changes(call, there.get(_about(given)), given)

    return operation(f"teamsAdministration.teamsPolicyUserAssignment*/{name}", status=204)(act)


def _about(assignment: Record) -> tuple[object, object]:
    return assignment.get("userId"), assignment.get("policyType")


def _assign(call: Call, there: Thing | None, given: Record) -> None:
    if not given.get("policyId"):
        raise bad_request("'policyId' is required.", "value/policyId")
    if there is None:
        call.add(call.holder, "userAssignments", dict(given))
    else:
        call.change(there, {"policyId": given["policyId"]})


def _unassign(call: Call, there: Thing | None, given: Record) -> None:
    if there is not None:
        call.erase(there)


# https://learn.microsoft.com/graph/api/resources/filestoragecontainer


@operation("fileStorageContainer/permanentDelete", status=204)
def delete_container(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/filestoragecontainer-permanentdelete"""
    call.erase(call.thing)


@operation("fileStorageContainer/restore", status=200)
def restore_container(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/filestorage-restore-deletedcontainers"""
    if "deletedDateTime" not in call.record:
        raise call.words.not_found("fileStorageContainer", call.thing.id)
    return call.restore(call.thing, {})


# https://learn.microsoft.com/graph/api/resources/workingtimeschedule: it sets policies going alone.
WORKING_TIMES = "@workingTimes"


def _works(name: str) -> Operation:
    def act(call: Call) -> None:
        said = {"action": name, "about": call.thing.id, "dateTime": call.now}
        call.note(WORKING_TIMES, said)

    return operation(f"workingTimeSchedule/{name}", status=204)(act)


_WORKING = tuple(map(_works, ("startWorkingTime", "endWorkingTime")))
# https://learn.microsoft.com/graph/api/security-analyzedemail-remediate
REMEDIATIONS = "@emailRemediations"
# https://learn.microsoft.com/graph/api/intune-mam-user-wipemanagedappregistrationsbydevicetag
WIPES = "@appWipes"


# https://learn.microsoft.com/graph/api/browsersitelist-publish
def _sites_published(call: Call, sites: Thing) -> None:
    """With a list the sites are published that are named, or all of them."""
    named = {each.get("id") for each in call.arguments.get("sites") or ()}
    for each in call.leads_to(sites, "sites"):
        if not named or each.id in named:
            call.change(each, {"status": "published"})


OPERATIONS = (
    upload_certificate,
    recent_activities,
    add_activities,
    *_BY_ROLE,
    sets("contentType/publish", {_PUBLISHED: True}),
    sets("contentType/unpublish", {_PUBLISHED: False}),
    is_published,
    # https://learn.microsoft.com/graph/api/resources/bookingbusiness
    sets("bookingBusiness/publish", {"isPublished": True, "publicUrl": _booking_page}),
    sets("bookingBusiness/unpublish", {"isPublished": False, "publicUrl": None}),
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
    descendants,
    _of_policies("assign", _assign),
    _of_policies("unassign", _unassign),
    delete_container,
    restore_container,
    *_WORKING,
    notes("security.analyzedEmail*/remediate", REMEDIATIONS, status=202),
    notes("user/wipeManagedAppRegistrationsByDeviceTag", WIPES),
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
        also=_sites_published,
    ),
    set_order,
    get_order,
    _providers("identityProvider"),
    _providers("identityProviderBase"),
    new_version,
)
