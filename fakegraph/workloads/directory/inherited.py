"""Licences that members have of their groups, whenever they join or leave: at the end of a write;
and what users have of the plans of theirs.

https://learn.microsoft.com/entra/identity/users/licensing-groups-resolve-problems
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fakegraph.edm.values import Instant, format_instant
from fakegraph.store import Key, Record, Row, Transaction
from fakegraph.workloads.directory.addresses import ADDRESSES, HOLDERS
from fakegraph.workloads.directory.ids import composite

_MEMBERS, _DETAILS, _SKUS = "group/members", "user/licenseDetails", "subscribedSkus"
_GIVEN_BY = frozenset({"groups", _MEMBERS})
_NO_UNITS = "CountViolation"


def sku_id(licence: Mapping[str, Any]) -> str:
    """What a licence is of, in small letters."""
    return str(licence.get("skuId")).lower()


def state_of(licence: Mapping[str, Any], group: str | None) -> Record:
    """How a licence is held: by oneself, or of a group."""
    return {
        "assignedByGroup": group,
        "disabledPlans": licence.get("disabledPlans") or [],
        "error": "None",
        "skuId": sku_id(licence),
        "state": "Active",
    }


def settle_licences(transaction: Transaction) -> None:
    """Give members the licences that their groups have, and take back what was of groups."""
    if not transaction.touches(_GIVEN_BY):  # nearly never
        return
    for key in _concerned(transaction):
        row = transaction.row(key)
        if row is not None and transaction.container_of(key) == "users":
            _inherit(transaction, row)


def _concerned(transaction: Transaction) -> list[Key]:
    """Members of licensed groups that have just joined or left, or whose groups have changed."""
    licensed: dict[Key, bool] = {}
    found: dict[Key, None] = {}
    for source, target, _ in transaction.relinked(_MEMBERS):
        if source not in licensed:
            row = transaction.row(source)
            licensed[source] = row is not None and bool(row.record.get("assignedLicenses"))
        if licensed[source]:
            found[target] = None
    for old, new in transaction.changed("groups"):
        before = () if old is None else old.record.get("assignedLicenses") or ()
        if new is not None and (new.record.get("assignedLicenses") or ()) != before:
            found.update((each.key, None) for each in transaction.targets(_MEMBERS, new.key))
    return list(found)


def _inherit(transaction: Transaction, user: Row) -> None:
    if not user.record.get("usageLocation"):
        return
    groups = transaction.sources(_MEMBERS, user.key)
    known = list(user.record.get("licenseAssignmentStates") or ())
    said = {sku_id(each) for each in known}
    plain = [state_of(each, None) for each in user.record.get("assignedLicenses") or ()]
    own = [
        *(each for each in known if not each.get("assignedByGroup")),
        *(each for each in plain if each["skuId"] not in said),
    ]
    inherited = [
        state_of(licence, str(group.record["id"]))
        for group in groups
        for licence in group.record.get("assignedLicenses") or ()
    ]
    if [each for each in known if each.get("assignedByGroup")] == inherited:
        return
    _hold(transaction, user, [*own, *inherited])


def _hold(transaction: Transaction, user: Row, states: list[Record]) -> None:
    """Have a user's licences be as their states say; units are taken and given back."""
    before = {sku_id(each) for each in user.record.get("assignedLicenses") or ()}
    for sku in before - {each["skuId"] for each in states}:
        _take_back(transaction, user, sku)
    refused = {
        sku
        for sku in {each["skuId"] for each in states} - before
        if not _hand_out(transaction, user, sku)
    }
    states = [
        {**each, "state": "Error", "error": _NO_UNITS} if each["skuId"] in refused else each
        for each in states
    ]
    held: dict[str, Record] = {}
    for each in states:
        if each["state"] != "Error":
            plans = {"disabledPlans": each["disabledPlans"], "skuId": each["skuId"]}
            held.setdefault(each["skuId"], plans)
    changes = {"assignedLicenses": list(held.values()), "licenseAssignmentStates": states}
    transaction.replace(user.key, {**user.record, **changes})


def _sku(transaction: Transaction, sku: str) -> Row | None:
    rows = transaction.all_of(_SKUS)
    return next((row for row in rows if sku_id(row.record) == sku), None)


def _hand_out(transaction: Transaction, user: Row, sku: str) -> bool:
    """Take a unit; False where there is none left."""
    row = _sku(transaction, sku)
    record = {"skuId": sku} if row is None else row.record
    if row is not None:
        consumed = row.record.get("consumedUnits") or 0
        enabled = (row.record.get("prepaidUnits") or {}).get("enabled")
        if enabled is not None and consumed >= enabled:
            return False
        transaction.replace(row.key, {**row.record, "consumedUnits": consumed + 1})
    details = {
        "id": composite(user.record["id"], sku) or f"{user.record['id']}_{sku}",
        "skuId": sku,
        "skuPartNumber": record.get("skuPartNumber"),
        "servicePlans": record.get("servicePlans") or [],
    }
    transaction.insert(_DETAILS, details, user.key)
    return True


def _take_back(transaction: Transaction, user: Row, sku: str) -> None:
    row = _sku(transaction, sku)
    if row is not None:
        consumed = max((row.record.get("consumedUnits") or 0) - 1, 0)
        transaction.replace(row.key, {**row.record, "consumedUnits": consumed})
    for each in transaction.rows_of(_DETAILS, [user.key]):
        if sku_id(each.record) == sku:
            transaction.delete(each.key)


# Plans ------------------------------------------------------------------------------------------

# What provides a plan, by how its name begins.
_SERVICES = {
    "EXCHANGE": "exchange",
    "SHAREPOINT": "SharePoint",
    "TEAMS": "TeamspaceAPI",
    "MCO": "MicrosoftCommunicationsOnline",
    "OFFICESUBSCRIPTION": "MicrosoftOffice",
    "INTUNE": "SCO",
    "AAD_PREMIUM": "AADPremiumService",
    "RMS": "RMSOnline",
    "YAMMER": "YammerEnterprise",
}
_MAILBOX = "EXCHANGE_S"


def settle_plans(transaction: Transaction, now: Instant) -> None:
    """Give users whose licences have changed the plans of these, and with Exchange a mailbox.

    https://learn.microsoft.com/graph/api/resources/assignedplan
    """
    for old, new in transaction.changed("users"):
        if old is None or new is None:
            continue
        held = new.record.get("assignedLicenses") or []
        if held == (old.record.get("assignedLicenses") or []):
            continue
        plans = list(_plans(transaction, held))
        changes: Record = {"assignedPlans": _assigned(new.record, plans, format_instant(now))}
        if any(_name(each).startswith(_MAILBOX) for each in plans):
            changes |= _mailbox(transaction, new.record)
        if any(new.record.get(name) != value for name, value in changes.items()):
            transaction.replace(new.key, {**new.record, **changes})


def _name(plan: Mapping[str, Any]) -> str:
    return str(plan.get("servicePlanName") or "").upper()


def _plans(transaction: Transaction, licences: Iterable[Record]) -> Iterator[Record]:
    for each in licences:
        row = _sku(transaction, sku_id(each))
        without = {str(plan).lower() for plan in each.get("disabledPlans") or ()}
        for plan in () if row is None else row.record.get("servicePlans") or ():
            if str(plan.get("servicePlanId")).lower() not in without:
                yield plan


def _assigned(user: Record, plans: Iterable[Record], now: str) -> list[Record]:
    """The plans of a user; those that they had before are told as deleted."""
    known = {str(each.get("servicePlanId")): each for each in user.get("assignedPlans") or ()}
    here: dict[str, Record] = {}
    for plan in plans:
        id_, name = str(plan.get("servicePlanId")), _name(plan)
        was = known.get(id_) or {}
        is_on = was.get("capabilityStatus") == "Enabled"
        services = (named for start, named in _SERVICES.items() if name.startswith(start))
        here[id_] = {
            "assignedDateTime": was.get("assignedDateTime") if is_on else now,
            "capabilityStatus": "Enabled",
            "service": was.get("service") or next(services, None),
            "servicePlanId": id_,
        }
    gone = (each for id_, each in known.items() if id_ not in here)
    return [*here.values(), *({**each, "capabilityStatus": "Deleted"} for each in gone)]


def _mailbox(transaction: Transaction, user: Record) -> Record:
    """The address of a user who has none yet, unless something else has it."""
    name = str(user.get("userPrincipalName") or "")
    if user.get("mail") or not name:
        return {}
    index = f"smtp:{name}".casefold()
    if any(transaction.equal(container, ADDRESSES, index) for container in HOLDERS):
        return {}
    return {"mail": name, "proxyAddresses": [f"SMTP:{name}", *(user.get("proxyAddresses") or ())]}
