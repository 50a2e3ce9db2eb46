"""Licences of users, and of groups; ``inherited.py`` has what members have of theirs.

https://learn.microsoft.com/graph/api/resources/licenseassignmentstate
"""

from __future__ import annotations

from collections.abc import Iterable

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.directory.inherited import sku_id, state_of
from fakegraph.workloads.operations import Call, Thing, operation

Held = dict[str, Record]
"""Licences by the id of what they are of, in small letters."""


def _bad(message: str, target: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, target)


def _held(thing: Thing) -> Held:
    return {sku_id(each): each for each in thing.record.get("assignedLicenses") or []}


def _states(user: Thing) -> list[Record]:
    """Where a user's licences come from."""
    known: list[Record] = user.record.get("licenseAssignmentStates") or []
    said = {sku_id(each) for each in known}
    plain = [state_of(each, None) for sku, each in _held(user).items() if sku not in said]
    return [*known, *plain]


def _given(call: Call) -> list[Record]:
    """The licences that are to be added."""
    return [
        {"disabledPlans": each.get("disabledPlans") or [], "skuId": sku_id(each)}
        for each in call.arguments["addLicenses"]
    ]


def _taken(call: Call) -> list[str]:
    return [str(each).lower() for each in call.arguments["removeLicenses"]]


# Users --------------------------------------------------------------------------------------------


@operation("user/assignLicense")
def assign_license(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/user-assignlicense"""
    user = call.thing
    if call.arguments["addLicenses"]:
        _check_place(user)
    states = _states(user)
    for sku in _taken(call):
        own = [each for each in states if sku_id(each) == sku]
        if not own:
            raise _bad("User does not have a corresponding license.", "removeLicenses")
        if all(each["assignedByGroup"] for each in own):
            raise _bad(
                "User license is inherited from a group membership and it cannot be removed "
                "directly from the user.",
                "removeLicenses",
            )
        states = [each for each in states if each not in own or each["assignedByGroup"]]
    for licence in _given(call):
        sku = sku_id(licence)
        others = (e for e in states if sku_id(e) != sku or e["assignedByGroup"])
        states = [*others, state_of(licence, None)]
    return _settle(call, user, states)


@operation("user/reprocessLicenseAssignment")
def reprocess(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/user-reprocesslicenseassignment"""
    return _inherit(call, call.thing)


def _check_place(user: Thing) -> None:
    if not user.record.get("usageLocation"):
        raise _bad(
            "License assignment cannot be done for user with invalid usage location.",
            "usageLocation",
        )


def _inherit(call: Call, user: Thing) -> Thing:
    """Give a user what its groups have now."""
    groups = [each for each in call.leads_to(user, "memberOf") if each.container == "groups"]
    own = [each for each in _states(user) if not each["assignedByGroup"]]
    inherited = [state_of(each, group.id) for group in groups for each in _held(group).values()]
    return _settle(call, user, [*own, *inherited])


def _settle(call: Call, user: Thing, states: Iterable[Record]) -> Thing:
    """Have a user's licences be as their states say; units are taken and given back."""
    states = list(states)
    before = _held(user)
    after: Held = {}
    for each in states:
        plans = {"disabledPlans": each["disabledPlans"], "skuId": each["skuId"]}
        after.setdefault(each["skuId"], plans)
    for sku in before.keys() - after.keys():
        _take_back(call, user, sku)
    for sku in after.keys() - before.keys():
        _hand_out(call, user, sku)
    changes = {"assignedLicenses": list(after.values()), "licenseAssignmentStates": states}
    return call.change(user, changes)


# Groups -------------------------------------------------------------------------------------------


@operation("group/assignLicense")
def assign_to_group(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/group-assignlicense"""
    group = call.thing
    if not group.record.get("securityEnabled"):
        raise _bad("Licenses are assigned to groups that are security enabled.", "securityEnabled")
    held = _held(group)
    for sku in _taken(call):
        if held.pop(sku, None) is None:
            raise _bad("Group does not have a corresponding license.", "removeLicenses")
    for licence in _given(call):
        _sku(call, sku_id(licence))
        held[sku_id(licence)] = licence
    return call.change(group, {"assignedLicenses": list(held.values())})


# Units --------------------------------------------------------------------------------------------


def _sku(call: Call, sku: str) -> Thing:
    """What is subscribed to. Raises GraphError (400) for what is not."""
    there = call.inside(None, "subscribedSkus")
    found = next((each for each in there if sku_id(each.record) == sku), None)
    if found is None:
        message = f"License {sku} does not correspond to a valid company License."
        raise _bad(message, "addLicenses")
    return found


def _hand_out(call: Call, user: Thing, sku: str) -> None:
    found = _sku(call, sku)
    consumed = found.record.get("consumedUnits") or 0
    enabled = (found.record.get("prepaidUnits") or {}).get("enabled")
    if enabled is not None and consumed >= enabled:
        message = f"Subscription with SKU {sku} does not have any available licenses."
        raise _bad(message, "addLicenses")
    call.change(found, {"consumedUnits": consumed + 1})
    plans = found.record.get("servicePlans") or []
    part = found.record.get("skuPartNumber")
    details = {"skuId": sku, "skuPartNumber": part, "servicePlans": plans}
    call.add(user, "licenseDetails", details)


def _take_back(call: Call, user: Thing, sku: str) -> None:
    for found in call.inside(None, "subscribedSkus"):
        if sku_id(found.record) == sku:
            consumed = found.record.get("consumedUnits") or 0
            call.change(found, {"consumedUnits": max(consumed - 1, 0)})
    for each in call.inside(user, "user/licenseDetails"):
        if sku_id(each.record) == sku:
            call.delete(each)


# Provisioning -------------------------------------------------------------------------------------


def _retry(call: Call) -> None:
    call.change(call.thing, {"serviceProvisioningErrors": []})


_RETRIES = tuple(
    # https://learn.microsoft.com/graph/api/user-retryserviceprovisioning
    operation(f"{name}/retryServiceProvisioning")(_retry)
    for name in ("user", "group", "orgContact")
)

_TEAMS = "TEAMS"


@operation("licenseDetails*/getTeamsLicensingDetails", reads=True)
def teams_details(call: Call) -> Record:
    """Whether a plan of Teams is among the licences of a user.

    https://learn.microsoft.com/graph/api/licensedetails-getteamslicensingdetails
    """
    plans = [plan for each in call.things() for plan in each.record.get("servicePlans") or ()]
    is_on = any(
        str(plan.get("servicePlanName") or "").upper().startswith(_TEAMS)
        and plan.get("provisioningStatus") not in ("Disabled", "Error")
        for plan in plans
    )
    return {"hasTeamsLicense": is_on}


OPERATIONS = (assign_license, reprocess, assign_to_group, teams_details, *_RETRIES)
