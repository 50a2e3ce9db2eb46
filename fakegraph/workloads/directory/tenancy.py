"""The organisation, its domains, and the licences that it has bought.

https://learn.microsoft.com/graph/api/resources/organization
https://learn.microsoft.com/graph/api/resources/domain
https://learn.microsoft.com/graph/api/resources/subscribedsku
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.handed import Acting, Making, Reading, Within
from fakegraph.workloads.operations import Call, operation

Of = Callable[[str], Iterable[Record]]

_BAD = "Request_BadRequest"
_CAPABILITIES = "Email, OfficeCommunicationsOnline"
_CHANGEABLE = frozenset(
    {"marketingNotificationEmails", "technicalNotificationMails", "privacyProfile"}
    | {"securityComplianceNotificationMails", "securityComplianceNotificationPhones"}
)
_OF_VERIFIED = frozenset({"isDefault", "supportedServices"})
# Those that are added and taken away: https://learn.microsoft.com/graph/api/resources/domain
_SERVICES = frozenset({"Email", "OfficeCommunicationsOnline", "Yammer"})
_SPF = "v=spf1 include:spf.protection.outlook.com -all"
_FINDS_MAIL = "autodiscover.outlook.com"
_RECORD = "#microsoft.graph.domainDns{}Record"
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]+")


def _refused(message: str, target: str) -> GraphError:
    return GraphError(400, _BAD, message, target)


# The organisation -------------------------------------------------------------------------------


def _verified(reading: Reading) -> list[Mapping[str, Any]] | None:
    """The domains that are verified; None where there are no domains, and what is stored holds."""
    there = list(reading.there("domains"))
    if not there:
        return None
    return [
        {
            "capabilities": ", ".join(each.get("supportedServices") or ()) or _CAPABILITIES,
            "isDefault": bool(each.get("isDefault")),
            "isInitial": bool(each.get("isInitial")),
            "name": each["id"],
            "type": each.get("authenticationType") or "Managed",
        }
        for each in there
        if each.get("isVerified", True)
    ]


def _check_organization(organization: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a change of what only the service sets."""
    for name, value in organization.items() if before is not None else ():
        is_new = before is not None and value != before.get(name)
        if is_new and name not in _CHANGEABLE and "_" not in name and "@" not in name:
            raise _refused(f"Property '{name}' is read-only and cannot be set.", name)


# Domains ----------------------------------------------------------------------------------------


def _above(name: str, of: Of) -> bool:
    """Whether a domain lies in one that is verified."""
    return any(
        name.endswith(f".{each['id']}") and each.get("isVerified", True) for each in of("domains")
    )


def _check_domain(domain: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a name that is none, and for changes before it is verified."""
    if before is None:
        if not _DOMAIN.fullmatch(str(domain.get("id")).lower()):
            message = "Invalid value specified for property 'id' of resource 'Domain'."
            raise _refused(message, "id")
        return
    changed = {name for name, value in domain.items() if value != before.get(name)}
    others = sorted(changed - _OF_VERIFIED)
    if others:
        raise _refused(f"Property '{others[0]}' is read-only and cannot be set.", others[0])
    if changed and not before.get("isVerified", True):
        raise _refused("A domain can be changed when it is verified.", sorted(changed)[0])
    if "isDefault" in changed and not domain.get("isDefault"):
        message = "There is one default domain: another becomes it when it is made that."
        raise _refused(message, "isDefault")
    services = set(domain.get("supportedServices") or ())
    if not services ^ set(before.get("supportedServices") or ()) <= _SERVICES:
        message = "Invalid value specified for property 'supportedServices' of resource 'Domain'."
        raise _refused(message, "supportedServices")


def _check_alone(domain: Record, before: Record | None) -> None:
    """Raise GraphError (400) for what the body that makes a domain cannot have."""
    more = sorted(name for name in domain if name != "id" and "@" not in name)
    if before is None and more:
        raise _refused(f"A domain is made of its id alone, and this has '{more[0]}'.", more[0])


def _is_verified(making: Making) -> bool:
    return making.plants or _above(str(making.record["id"]), making.there)


def _is_root(making: Making) -> bool:
    name = str(making.record["id"])
    return not any(name.endswith(f".{each['id']}") for each in making.there("domains"))


def _check_unused(acting: Acting, row: Row) -> None:
    """Raise GraphError (400) for the default domain, and for one that somebody is in."""
    if row.record.get("isDefault") or row.record.get("isInitial"):
        raise _refused("The default domain and the initial one cannot be deleted.", "isDefault")
    end = f"@{row.record['id']}".lower()
    for user in acting.all("users"):
        if str(user.record.get("userPrincipalName")).lower().endswith(end):
            raise _refused(
                f"The domain '{row.record['id']}' cannot be deleted: it is that of "
                f"'{user.record['userPrincipalName']}'.",
                "id",
            )


def _refers(user: Record, domain: Record) -> bool:
    """Whether a user has a name or an address of a domain."""
    end = f"@{domain['id']}".lower()
    names = (user.get("userPrincipalName"), user.get("mail"), *(user.get("proxyAddresses") or ()))
    return any(str(each).lower().endswith(end) for each in names)


def _is_root_of(root: Record, domain: Record) -> bool:
    """Whether a domain is the one that another lies in, or is that itself."""
    is_below = f".{domain['id']}".endswith(f".{root['id']}")
    return is_below and (not domain.get("isRoot") or domain["id"] == root["id"])


def _service_records(name: str) -> tuple[Record, ...]:
    """What is to stand in the DNS of a domain for mail to come."""
    same = {"isOptional": False, "supportedService": "Email", "ttl": 3600}
    mail = f"{name.replace('.', '-')}.mail.protection.outlook.com"
    said: dict[str, Record] = {
        "Mx": {"label": name, "mailExchange": mail, "preference": 0},
        "Txt": {"label": name, "text": _SPF},
        "CName": {"label": f"autodiscover.{name}", "canonicalName": _FINDS_MAIL},
    }
    return tuple(
        {"@odata.type": _RECORD.format(kind.capitalize()), "recordType": kind, **same, **each}
        for kind, each in said.items()
    )


def _changed(acting: Acting, row: Row, before: Record) -> None:
    """Let a domain that has been verified have services, and one domain be the default."""
    if row.record.get("isVerified") and not before.get("isVerified", True):
        for record in _service_records(str(row.record["id"])):
            acting.put_at(f"domains/{row.record['id']}/serviceConfigurationRecords", record)
    _one_default(acting, row, before)


def _one_default(acting: Acting, row: Row, before: Record) -> None:
    """Let one domain be the default."""
    if not row.record.get("isDefault") or before.get("isDefault"):
        return
    for other in acting.all("domains"):
        if other.record.get("isDefault") and other.record["id"] != row.record["id"]:
            acting.alter(other, {"isDefault": False})


def _verification_records(domain: Record) -> tuple[Record, ...]:
    """What is to stand in the DNS for a domain to be verified."""
    name = str(domain["id"])
    digits = f"ms{sum(map(ord, name)) * 7919 % 10**8:08}"
    same = {"isOptional": False, "label": name, "supportedService": "Email", "ttl": 3600}
    txt = {"recordType": "Txt", "text": f"MS={digits}"}
    mx = {"recordType": "Mx", "mailExchange": f"{digits}.msv1.invalid", "preference": 32767}
    return (
        {"@odata.type": "#microsoft.graph.domainDnsTxtRecord", **same, **txt},
        {"@odata.type": "#microsoft.graph.domainDnsMxRecord", **same, **mx},
    )


# Licences ---------------------------------------------------------------------------------------


def _check_options(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for what is asked of licences beside ``$select``."""
    for name in options:
        if name not in ("select", "format"):
            message = f"'${name}' is not supported by the service."
            raise GraphError(400, _BAD, message, f"${name}")


def _check_unfiltered(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for a condition."""
    if "filter" in options:
        raise GraphError(400, _BAD, "'$filter' is not supported by the service.", "$filter")


def _sku_id(making: Making) -> str:
    """The tenant's id and the licence's."""
    return f"{making.tenant()}_{making.record.get('skuId')}"


# https://learn.microsoft.com/graph/api/tenantrelationship-findtenantinformationbytenantid


def _information(name: str, is_meant: Callable[[Record, str], bool]) -> Callable[[Call], Record]:
    """What everybody may know of a tenant: of this one, which is the only one that is known."""

    def tell(call: Call) -> Record:
        sought = str(call.arguments.get(name) or "")
        for each in call.inside(None, "organization"):
            domains = _verified(call.around(each)) or each.record.get("verifiedDomains") or []
            known = {**each.record, "verifiedDomains": domains}
            if is_meant(known, sought.casefold()):
                usual = (one["name"] for one in domains if one.get("isDefault"))
                return {
                    "tenantId": each.id,
                    "federationBrandName": None,
                    "displayName": known.get("displayName"),
                    "defaultDomainName": next(usual, None),
                }
        message = f"Unable to find tenant information for '{sought}'."
        raise GraphError(404, "Directory_ObjectNotFound", message, name)

    return tell


def _has_id(organization: Record, sought: str) -> bool:
    return str(organization["id"]).casefold() == sought


def _has_domain(organization: Record, sought: str) -> bool:
    return any(str(each["name"]).casefold() == sought for each in organization["verifiedDomains"])


OPERATIONS = tuple(
    operation(f"tenantRelationship/findTenantInformationBy{what}", reads=True)(tell)
    for what, tell in (
        ("TenantId", _information("tenantId", _has_id)),
        ("DomainName", _information("domainName", _has_domain)),
    )
)

TYPES = (
    Type(
        "organization",
        refuses=(_check_organization,),
        generated={"id": lambda making: making.tenant()},
        computed={"verifiedDomains": _verified},
    ),
    Type(
        "domain",
        required=("id",),
        refuses=(_check_domain, _check_alone),
        written={"id": str.lower},
        defaults={
            "authenticationType": "Managed",
            "isAdminManaged": True,
            "isDefault": False,
            "isInitial": False,
            "supportedServices": [],
        },
        generated={"isVerified": _is_verified, "isRoot": _is_root},
        unmade=_check_unused,
        altered=_changed,
    ),
    Type(
        "subscribedSku",
        queries=(_check_options,),
        generated={"id": _sku_id},
        defaults={"appliesTo": "User", "capabilityStatus": "Enabled", "consumedUnits": 0},
    ),
)

NAVIGATION = (
    # https://learn.microsoft.com/graph/api/domain-get-rootdomain
    Navigation(
        "domain/rootDomain", home="domains", within=Within(_is_root_of, lambda root, domain: root)
    ),
    Navigation(
        "organization",
        given=({"displayName": "Default Directory", "tenantType": "AAD"},),
        itself=True,
    ),
    Navigation("user/licenseDetails", queries=(_check_unfiltered,)),
    Navigation(
        "domain/domainNameReferences",
        home="users",
        within=Within(_refers, lambda user, domain: user),
    ),
    Navigation("domain/verificationDnsRecords", provisioned=_verification_records),
)
