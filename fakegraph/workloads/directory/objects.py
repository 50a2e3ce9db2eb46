"""Directory objects.

https://learn.microsoft.com/graph/api/resources/user
https://learn.microsoft.com/graph/api/resources/group
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory import (
    addresses,
    applications,
    certificates,
    dynamic,
    links,
    mastered,
    values,
)
from fakegraph.workloads.directory.credentials import (
    SECRETS,
    concealed_profile,
    secrets_of,
    without_secrets,
)
from fakegraph.workloads.directory.microsoft_graph import PRINCIPAL
from fakegraph.workloads.directory.words import TRACKING
from fakegraph.workloads.handed import Making, Reading

_BY_PRINCIPAL = "userPrincipalName"
_KEYS = values.IDENTITIES.removesuffix("/*")


def _identity(user: Record) -> Mapping[str, Any] | None:
    """What somebody signs in with that is no userPrincipalName, of which the user has none yet."""
    found = (each for each in user.get("identities") or () if isinstance(each, Mapping))
    return next((each for each in found if each.get("signInType") != _BY_PRINCIPAL), None)


def _spared(user: Record) -> Collection[str]:
    """What may be left out of who signs in otherwise."""
    own = {"accountEnabled", "mailNickname", _BY_PRINCIPAL}
    return own if _identity(user) is not None else ()


def _principal(making: Making) -> str | None:
    """The userPrincipalName that somebody is given who signs in otherwise."""
    identity = _identity(making.record)
    domain = None if identity is None else identity.get("issuer")
    return f"{making.record['id']}@{domain}" if domain else None


def _enabled(making: Making) -> bool | None:
    return None if _identity(making.record) is None else True


def _sid(making: Making) -> str | None:
    return values.security_identifier(str(making.record["id"]))


def _made(making: Making) -> str | None:
    return making.record.get("createdDateTime") if making.record.get("passwordProfile") else None


def _identities(reading: Reading) -> list[Record]:
    """What somebody signs in with, the userPrincipalName first: of it conditions know nothing."""
    principal = reading.record.get(_BY_PRINCIPAL)
    domains = (each["id"] for each in reading.there("domains") if each.get("isDefault"))
    issuer = next(domains, str(principal).rpartition("@")[2])
    own = {"signInType": _BY_PRINCIPAL, "issuer": issuer, "issuerAssignedId": principal}
    return [*([own] if principal else []), *(reading.record.get("identities") or ())]


def _others(identities: Sequence[Record]) -> list[Record]:
    """Identities as they are kept."""
    return [each for each in identities if each.get("signInType") != _BY_PRINCIPAL]


def _identity_keys(making: Making) -> list[str]:
    return values.identity_keys(making.record)


def _buried(user: Record) -> Record:
    """A user's record without its userPrincipalName, which is free then."""
    principal = user.get(_BY_PRINCIPAL)
    return {**user, _BY_PRINCIPAL: f"{_prefix(user)}{principal}"} if principal else user


def _revived(user: Record) -> Record:
    principal = str(user.get(_BY_PRINCIPAL) or "")
    is_buried = principal.startswith(_prefix(user))
    return {**user, _BY_PRINCIPAL: principal.removeprefix(_prefix(user))} if is_buried else user


def _prefix(user: Record) -> str:
    return str(user["id"]).replace("-", "")


def _visibility(making: Making) -> Any:
    """Who sees a group: whatever a body says, it is private if roles can be assigned to it."""
    if making.record.get("isAssignableToRole"):
        return "Private"
    said = making.record.get("visibility")
    return said or ("Public" if addresses.is_unified(making.record) else said)


_CONTAINS = re.compile(r"\bcontains\s*\(", re.IGNORECASE)
_LARGEST_PAGE = 999


def _check_query(options: Mapping[str, str]) -> None:
    """Raise GraphError for what the directory does not page or filter by."""
    top = options.get("top", "")
    if "skip" in options:
        message = "'$skip' is not supported by the service."
        raise GraphError(400, "Request_BadRequest", message, "$skip")
    if top.isascii() and top.isdigit() and not 1 <= int(top[:9]) <= _LARGEST_PAGE:
        message = f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive."
        raise GraphError(400, "Request_UnsupportedQuery", message, "$top")
    text = options.get("filter")
    if text and _CONTAINS.search(re.sub(r"'[^']*'", "", text)):
        message = "Unsupported property filter clause operator 'Contains'."
        raise GraphError(400, "Request_UnsupportedQuery", message, "$filter")


def _searched(text: str) -> Callable[[Reading], bool]:
    """What a ``$search`` means; what reads it is imported when somebody searches."""
    from fakegraph.workloads.directory.search import searched

    test = searched(text)
    return lambda reading: test(reading.record)


# Selecting these shows nothing unless they are expanded: scripts ask for both by the same names.
# What else these lead to lies in other services, of which the directory does not know.
_EXPANDABLE = {
    "user": "appRoleAssignments createdObjects directReports extensions licenseDetails manager"
    " memberOf oauth2PermissionGrants ownedDevices ownedObjects registeredDevices"
    " scopedRoleMemberOf sponsors transitiveMemberOf",
    "group": "acceptedSenders appRoleAssignments createdOnBehalfOf extensions memberOf members"
    " membersWithLicenseErrors owners permissionGrants rejectedSenders settings"
    " transitiveMemberOf transitiveMembers",
    "application": "appManagementPolicies createdOnBehalfOf extensionProperties"
    " federatedIdentityCredentials homeRealmDiscoveryPolicies owners tokenIssuancePolicies"
    " tokenLifetimePolicies",
    "servicePrincipal": "appManagementPolicies appRoleAssignedTo appRoleAssignments"
    " claimsMappingPolicies createdObjects delegatedPermissionClassifications endpoints"
    " federatedIdentityCredentials homeRealmDiscoveryPolicies memberOf oauth2PermissionGrants"
    " ownedObjects owners tokenIssuancePolicies tokenLifetimePolicies transitiveMemberOf",
    "device": "extensions memberOf registeredOwners registeredUsers transitiveMemberOf",
    "orgContact": "directReports manager memberOf transitiveMemberOf",
    "administrativeUnit": "extensions members scopedRoleMembers",
    "directoryRole": "members scopedMembers",
}

TYPES = (
    *(Type(name, nominal=frozenset(names.split())) for name, names in _EXPANDABLE.items()),
    Type(
        "directoryObject",
        queries=(_check_query,),
        searched=(_searched,),
        asks_heirs=True,
        lags=True,
        ignore_case=frozenset("*"),
        ignored=frozenset({"id"}),
        immutable=frozenset({"id"}),
        written=dict.fromkeys(values.TIMES, values.whole_seconds),
    ),
    *(
        Type(name, located=f"Microsoft.DirectoryServices.{name[0].upper()}{name[1:]}")
        for name in ("user", "group", "application", "servicePrincipal")
    ),
    Type("oAuth2PermissionGrant", searched=(_searched,)),
    Type("administrativeUnit", soft_deleted=True),
    Type("orgContact", indexed=(addresses.ADDRESSES,)),
    Type(
        "application",
        soft_deleted=True,
        if_missing=frozenset({"uniqueName"}),
        required=("displayName",),
        refuses=(values.check_secrets, values.check_application, values.check_encryption),
        read_only=frozenset(
            {"certification", "createdDateTime", "deletedDateTime", "disabledByMicrosoftStatus"}
            | {"publisherDomain", "verifiedPublisher", "appId", "createdByAppId"}
            | {"applicationTemplateId"}
        ),
        defaults={"signInAudience": applications.EVERYBODY},
        generated=applications.APPLICATION,
        unmade=applications.deleted,
        suited={"logo": applications.check_logo},
        founded=lambda application: "owners",
        written={"createdDateTime": str},
        later={"createdDateTime": values.whole_seconds},
    ),
    Type(
        "servicePrincipal",
        soft_deleted=True,
        if_missing=frozenset({"appId"}),
        required=("appId",),
        immutable=frozenset({"appId"}),
        defaults={
            "accountEnabled": True,
            "appRoleAssignmentRequired": False,
            "servicePrincipalType": "Application",
        },
        generated=applications.PRINCIPAL,
        read_only=frozenset(
            {"appOwnerOrganizationId", "applicationTemplateId", "deletedDateTime"}
            | {"disabledByMicrosoftStatus", "resourceSpecificApplicationPermissions"}
            | {"signInAudience"}
        ),
        refuses=(values.check_secrets, values.check_service_principal),
        suits=(values.check_backing,),
    ),
    Type("oAuth2PermissionGrant", tracking=TRACKING),
    *(
        Type(
            name,
            founded_with={"Application.ReadWrite.OwnedBy": "owners"},
            tracked={"owners": False},
            refuses=(certificates.check_keys,),
            generated={SECRETS: secrets_of},
            changed={SECRETS: secrets_of, "keyCredentials": certificates.filled_keys},
            formed={"keyCredentials": certificates.filled_keys},
            veiled={"keyCredentials": certificates.without_keys},
            written={"passwordCredentials": without_secrets},
        )
        for name in ("application", "servicePrincipal")
    ),
    *(Type(name, tracked={"members": True}) for name in ("directoryRole", "administrativeUnit")),
    Type(
        "user",
        soft_deleted=True,
        listings=(mastered.check_listed,),
        required=("accountEnabled", "displayName", "mailNickname", "userPrincipalName"),
        spared=_spared,
        buried=_buried,
        revived=_revived,
        refuses=(
            *(values.check_user, values.check_principal, values.check_password),
            values.check_local,
            mastered.check_user,
        ),
        suits=(values.check_domain, addresses.check_mail, values.check_identities),
        generated={
            "userPrincipalName": _principal,
            "accountEnabled": _enabled,
            "securityIdentifier": _sid,
            _KEYS: _identity_keys,
            "signInSessionsValidFromDateTime": _made,
            "lastPasswordChangeDateTime": _made,
            "proxyAddresses": addresses.proxies,
        },
        changed={"proxyAddresses": addresses.proxies, _KEYS: _identity_keys},
        computed={
            "identities": _identities,
            "refreshTokensValidFromDateTime": lambda reading: reading.record.get(
                "signInSessionsValidFromDateTime"
            ),
        },
        unseen=frozenset({"identities"}),
        written={"passwordProfile": concealed_profile, "identities": _others},
        merged=frozenset({"passwordProfile"}),
        read_only=values.USER_READ_ONLY,
        unique=("userPrincipalName", "onPremisesImmutableId"),
        exact=frozenset({"onPremisesImmutableId"}),
        also_by=("userPrincipalName",),
        defaults={"userType": "Member"},
        default_select=(
            *("businessPhones", "displayName", "givenName", "id", "jobTitle", "mail"),
            *("mobilePhone", "officeLocation", "preferredLanguage", "surname"),
            "userPrincipalName",
        ),
        never_shown=frozenset({"passwordProfile"}),
        indexed=(addresses.ADDRESSES, values.IDENTITIES),
        ordered=("displayName",),
        tracked={"manager": False},
    ),
    Type(
        "group",
        tracking=replace(TRACKING, options=TRACKING.options | {"top"}),  # a hint of pages' length
        tracked={"members": True, "owners": False},
        soft_deleted=addresses.is_unified,
        if_missing=frozenset({"uniqueName"}),
        required=("displayName", "mailEnabled", "mailNickname", "securityEnabled"),
        indexed=("mailNickname", addresses.ADDRESSES, dynamic.STATE),
        ordered=("displayName",),
        refuses=(
            *(values.check_new_group, values.check_group, values.check_kind),
            *(values.check_dynamic, values.check_visibility, mastered.check_group),
        ),
        suits=(values.check_nickname, addresses.check_group_mail),
        idle=(dynamic.without_effect(dynamic.is_dynamic, "'DynamicMembership' in groupTypes"),),
        changed_with=mastered.changed_with,
        read_only=values.GROUP_READ_ONLY,
        immutable=values.GROUP_IMMUTABLE,
        generated={
            "renewedDateTime": lambda making: making.record["createdDateTime"],
            "securityIdentifier": _sid,
            "mail": addresses.group_mail,
            "proxyAddresses": addresses.proxies,
            **mastered.AT_FIRST,
        },
        formed={"visibility": _visibility},
        defaults={"groupTypes": []},
        sent={dynamic.STATE: dynamic.spelt},
        related=frozenset({"members", "owners"}),
        founded=lambda group: "owners" if addresses.is_unified(group) else "",
        default_select=(
            *("id", "deletedDateTime", "classification", "createdDateTime", "creationOptions"),
            *("description", "displayName", "expirationDateTime", "groupTypes"),
            *("isAssignableToRole", "mail", "mailEnabled", "mailNickname", "membershipRule"),
            *("membershipRuleProcessingState", "onPremisesDomainName"),
            *("onPremisesLastSyncDateTime", "onPremisesNetBiosName"),
            *("onPremisesSamAccountName", "onPremisesSecurityIdentifier"),
            *("onPremisesSyncEnabled", "preferredDataLocation", "preferredLanguage"),
            *("proxyAddresses", "renewedDateTime", "resourceBehaviorOptions"),
            *("resourceProvisioningOptions", "securityEnabled", "securityIdentifier", "theme"),
            *("uniqueName", "visibility", "onPremisesProvisioningErrors"),
            "serviceProvisioningErrors",
        ),
        never_shown=frozenset({"hasMembersWithLicenseErrors"}),
    ),
    Type(
        "organizationalBrandingProperties",
        suited={
            **dict.fromkeys(applications.MOST_PIXELS, applications.check_picture),
            "customCSS": applications.check_css,
        },
        blank=frozenset(
            {"backgroundImage", "bannerLogo", "customCSS", "favicon", "headerLogo"}
            | {"squareLogo", "squareLogoDark"}
        ),
    ),
)

_MEMBERS = ("group/members", "administrativeUnit/members", "directoryRole/members")

_MANAGERS = ("user/manager", "orgContact/manager")

_OWNERS = ("group/owners", "application/owners", "servicePrincipal/owners")

_UNITS = "directory/administrativeUnits"

NAVIGATION = (
    Navigation("servicePrincipals", given=(PRINCIPAL,), besides=True),
    Navigation(
        "directoryObjects",
        union=(
            *("users", "groups", "devices", "applications", "servicePrincipals", "contacts"),
            *("directoryRoles", "directory/administrativeUnits", "contracts", "organization"),
        ),
        by_cast=True,
        documented=frozenset({"GET"}),
    ),
    # Its pages have both paths: https://learn.microsoft.com/graph/api/resources/administrativeunit
    Navigation("administrativeUnits", same=_UNITS),
    Navigation(
        "directory/deletedItems",
        deleted=("users", "groups", "applications", "servicePrincipals", _UNITS),
        by_cast=True,
    ),
    *(
        each
        for name in ("user", "group", "device", "servicePrincipal", "orgContact")
        for each in (
            Navigation(f"{name}/memberOf", inverse=_MEMBERS, only_advanced=True),
            Navigation(
                f"{name}/transitiveMemberOf", closure=f"{name}/memberOf", only_advanced=True
            ),
        )
    ),
    Navigation("group/members", joins=links.member_joins, leaves=links.member_leaves),
    Navigation("group/owners", joins=links.owner_joins, leaves=links.owner_leaves),
    Navigation("user/manager", joins=links.manager_joins),
    Navigation("application/owners", joins=links.owned_joins),
    Navigation("servicePrincipal/owners", joins=links.owned_joins),
    Navigation("group/transitiveMembers", closure="group/members"),
    Navigation("user/directReports", inverse=_MANAGERS),
    Navigation("orgContact/directReports", inverse=_MANAGERS),
    Navigation("user/ownedObjects", inverse=_OWNERS),
    Navigation("servicePrincipal/ownedObjects", inverse=_OWNERS),
    Navigation("user/ownedDevices", inverse=("device/registeredOwners",)),
    Navigation("user/registeredDevices", inverse=("device/registeredUsers",)),
    Navigation("user/sponsorOf", inverse=("user/sponsors",)),
    # https://learn.microsoft.com/graph/api/user-post-sponsors
    *(
        Navigation(name, joins=links.sponsor_joins)
        for name in ("user/sponsors", "application/sponsors", "servicePrincipal/sponsors")
    ),
    # https://learn.microsoft.com/graph/api/resources/organizationalbranding
    Navigation("organization/branding", statuses={"PUT": 204}),
)
