"""Conditional access: policies whose parts are there and known, and the places that they name.

https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
https://learn.microsoft.com/graph/api/resources/namedlocation
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.role_templates import NAMES
from fakegraph.workloads.directory.values import COUNTRIES
from fakegraph.workloads.handed import Acting, Making, Others
from fakegraph.workloads.operations import Call, operation

_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_APPLICATIONS = frozenset({"All", "None", "Office365", "MicrosoftAdminPortals"})
_USERS = frozenset({"All", "None", "GuestsOrExternalUsers"})
_INCLUDED = ("includeUsers", "includeGroups", "includeRoles", "includeGuestsOrExternalUsers")
_CONTEXT = re.compile(r"c[1-9][0-9]?", re.ASCII)
_BESIDES = ("XK",)  # Kosovo, which ISO 3166 has not
_MOST_ADDRESSES = 8  # bits that all addresses of an IPv4 range have in common, at least
_BESIDE_RISK = ("clientApplications", "devices", "locations", "platforms", "signInRiskLevels")
# What else is named: where, as which kind, the words that are no ids, and what is said of others.
_OTHERS = (
    ("users", "Groups", frozenset[str](), "1054: Invalid group value: {}."),
    ("users", "Roles", frozenset[str](), "Policy contains invalid role ids: {}."),
    (
        "locations",
        "Locations",
        frozenset({"All", "AllTrusted"}),
        "Policy contains invalid location ids: {}.",
    ),
)


def _network(text: str) -> Any:
    """A network, of which any address may stand before its size."""
    return ip_network(text, strict=False)


_LOOKUPS = {
    "#microsoft.graph.iPv4CidrRange": (_network, 4, ("cidrAddress",)),
    "#microsoft.graph.iPv6CidrRange": (_network, 6, ("cidrAddress",)),
    "#microsoft.graph.iPv4Range": (ip_address, 4, ("lowerAddress", "upperAddress")),
    "#microsoft.graph.iPv6Range": (ip_address, 6, ("lowerAddress", "upperAddress")),
}


# What the service writes of what nobody said: an array, or null.
_CONDITIONS: Mapping[str, Record] = {
    "applications": {
        "includeApplications": [],
        "excludeApplications": [],
        "includeUserActions": [],
        "includeAuthenticationContextClassReferences": [],
        "applicationFilter": None,
    },
    "users": {
        "includeUsers": [],
        "excludeUsers": [],
        "includeGroups": [],
        "excludeGroups": [],
        "includeRoles": [],
        "excludeRoles": [],
        "includeGuestsOrExternalUsers": None,
        "excludeGuestsOrExternalUsers": None,
    },
    "locations": {"includeLocations": [], "excludeLocations": []},
    "platforms": {"includePlatforms": [], "excludePlatforms": []},
}
_OF_CONDITIONS: Record = {
    **dict.fromkeys(("clientApplications", "devices", "locations", "platforms"), None),
    **dict.fromkeys(("applications", "users", "authenticationFlows", "insiderRiskLevels"), None),
    "clientAppTypes": ["all"],
    "servicePrincipalRiskLevels": [],
    "signInRiskLevels": [],
    "userRiskLevels": [],
}
_GRANTS: Record = {"builtInControls": [], "customAuthenticationFactors": [], "termsOfUse": []}


def _bad(message: str, target: str) -> GraphError:
    return GraphError(400, "BadRequest", message, target)


def _no_policy(target: str) -> GraphError:
    return _bad(
        "1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of "
        "ConditionalAccessPolicy type. For examples, please see API documentation at "
        "https://docs.microsoft.com/en-us/graph/api/conditionalaccessroot-post-policies.",
        target,
    )


def _filled(conditions: Mapping[str, Any]) -> Record:
    """Conditions with what the service writes of those that nobody set."""
    found = {**_OF_CONDITIONS, **conditions}
    for name, parts in _CONDITIONS.items():
        if found[name] is not None:
            found[name] = {**parts, **found[name]}
    return found


def _check_policy(policy: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a policy that lacks a part, unless it lacked that before."""
    lacked = {} if before is None else _lacking(before)
    for name in _lacking(policy):
        if name not in lacked:
            raise _no_policy(name)


_GRANTED = ("builtInControls", "customAuthenticationFactors", "termsOfUse")
USER_ACTIONS = {
    "registerSecurityInformation": "urn:user:registersecurityinfo",
    "registerOrJoinDevices": "urn:user:registerdevice",
}
"""What users do beside applications, by what one who signs in is said to do: as policies name it.

https://learn.microsoft.com/graph/api/resources/conditionalaccessapplications
"""
_EVERY_TIME = "everyTime"


def _check_actions(policy: Record, before: Record | None) -> None:
    """Raise GraphError (400) for what users do beside applications, and for what they never do."""
    applications = (policy.get("conditions") or {}).get("applications") or {}
    actions = set(applications.get("includeUserActions") or ())
    if actions and applications.get("includeApplications"):
        raise _bad(
            "1012: 'applications' condition cannot include both 'includeApplications' and "
            "'includeUserActions'/'includeProtectionLevels'. Please remove one of the conditions.",
            "conditions/applications",
        )
    if not actions <= set(USER_ACTIONS.values()):
        known = " and ".join(USER_ACTIONS.values())
        raise _bad(f"'includeUserActions' has {known}.", "conditions/applications")


def _check_frequency(policy: Record, before: Record | None) -> None:
    """Raise GraphError (400) for how often users sign in that is no number of hours or days.

    https://learn.microsoft.com/graph/api/resources/signinfrequencysessioncontrol
    """
    said = (policy.get("sessionControls") or {}).get("signInFrequency") or {}
    if not said.get("isEnabled") or said.get("frequencyInterval") == _EVERY_TIME:
        return
    if not said.get("type") or (said.get("value") or 0) < 1:
        message = "'signInFrequency' has a 'type', hours or days, and a 'value' of 1 at least."
        raise _bad(message, "sessionControls/signInFrequency")


def _is_place(of: Others, id_: str) -> bool:
    places = of("conditionalAccessRoot/namedLocations")
    return any(str(each["id"]).casefold() == id_.casefold() for each in places)


# Where something is named, as which kind, the words that are no ids, what one is called, and how it
# is found out whether it is there.
_KNOWN: tuple[tuple[str, str, frozenset[str], str, Callable[[Others, str], object]], ...] = (
    (
        *("applications", "Applications", _APPLICATIONS, "service principal of the application"),
        lambda of, id_: of.find("servicePrincipals", "appId", id_),
    ),
    (
        *("users", "Groups", frozenset[str](), "group"),
        lambda of, id_: of.find("groups", "id", id_),
    ),
    ("users", "Roles", frozenset(), "template of a role", lambda of, id_: id_.casefold() in NAMES),
    ("locations", "Locations", frozenset({"All", "AllTrusted"}), "named location", _is_place),
)


def _strangers(policy: Record, before: Record | None, of: Others) -> Iterable[tuple[str, str]]:
    """Tell of what a policy names and nothing is known of here."""
    now, old = (each.get("conditions") or {} for each in (policy, before or {}))
    for part, what, words, called, is_there in _KNOWN:
        new = _named(now.get(part), what) - _named(old.get(part), what) - words
        for id_ in sorted(new):
            if not is_there(of, id_):
                why = f"No {called} is '{id_}' here; the service may refuse the policy."
                yield f"'{id_}' among {part}", why


def _lacking(policy: Record) -> Mapping[str, None]:
    """The parts that a policy lacks, in the order in which the service asks for them."""
    conditions = policy.get("conditions") or {}
    applications = conditions.get("applications") or {}
    users = conditions.get("users") or {}
    wanted = {
        "displayName": policy.get("displayName"),
        "state": policy.get("state"),
        "conditions/clientAppTypes": conditions.get("clientAppTypes", ["all"]),
        "conditions/applications": any(
            value for name, value in applications.items() if name.startswith("include")
        ),
        "conditions/users": any(users.get(name) for name in _INCLUDED)
        or conditions.get("clientApplications"),
        "grantControls": policy.get("grantControls") or policy.get("sessionControls"),
    }
    grants = policy.get("grantControls") or {}
    wanted["grantControls/operator"] = not grants or grants.get("operator") in ("AND", "OR")
    return dict.fromkeys(name for name, there in wanted.items() if not there)


def _check_named(policy: Record, before: Record | None, of: Others) -> None:
    """Raise GraphError (400) for applications and users that cannot be, or are not there."""
    conditions = policy.get("conditions") or {}
    applications = _named(conditions.get("applications"), "Applications") - _APPLICATIONS
    users = _named(conditions.get("users"), "Users") - _USERS
    bad = sorted(each for each in applications if not _GUID.fullmatch(each))
    if bad:
        raise _bad(f"1011: Policy contains invalid applications: {', '.join(bad)}.", "conditions")
    bad = sorted(each for each in users if not _GUID.fullmatch(each))
    if bad:
        raise _bad(f"1032: Policy contains invalid user ids: {', '.join(bad)}.", "conditions")
    for part, what, words, said in _OTHERS:
        bad = sorted(_named(conditions.get(part), what) - words)
        if not all(map(_GUID.fullmatch, bad)):
            raise _bad(said.format(", ".join(bad)), "conditions")
    bad = sorted(each for each in users if of.find("users", "id", each) is None)
    if bad:
        raise _bad(f"1040: Policy contains users not there: {', '.join(bad)}.", "conditions")


def _check_password_change(policy: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a changed password that is not asked for by risk alone.

    https://learn.microsoft.com/graph/api/resources/conditionalaccessgrantcontrols
    """
    grants, conditions = policy.get("grantControls") or {}, policy.get("conditions") or {}
    controls = grants.get("builtInControls") or ()
    if "passwordChange" not in controls:
        return
    applications = conditions.get("applications") or {}
    wanted = {
        "grantControls": grants.get("operator") == "AND" and "mfa" in controls,
        "conditions/userRiskLevels": conditions.get("userRiskLevels"),
        "conditions/applications": applications.get("includeApplications") == ["All"]
        and not applications.get("excludeApplications"),
        "conditions": not any(conditions.get(name) for name in _BESIDE_RISK),
    }
    for target, there in wanted.items():
        if not there:
            raise _bad(
                "passwordChange goes with mfa and the operator AND, for userRiskLevels, for all "
                f"applications and without other conditions: {target} says something else.",
                target,
            )


def _named(part: Mapping[str, Any] | None, what: str) -> set[str]:
    """What is included and excluded."""
    lists = ((part or {}).get(f"{each}{what}") for each in ("include", "exclude"))
    return {str(each) for listed in lists for each in listed or ()}


# Places -----------------------------------------------------------------------------------------


def _check_kind(place: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a place that does not say what kind it is of."""
    if not place.get("@odata.type"):
        raise _bad("'@odata.type' says whether it is addresses or countries.", "@odata.type")


def _check_ranges(place: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a place without addresses, and for what is none."""
    ranges = place.get("ipRanges") or ()
    if not ranges or not all(map(_is_range, ranges)):
        raise _bad("1101: 'ipRanges' has addresses as 12.34.221.11/22 is.", "ipRanges")


def _is_range(one: Mapping[str, Any]) -> bool:
    read, version, names = _LOOKUPS[str(one.get("@odata.type"))]
    try:
        found = [read(str(one.get(name))) for name in names]
    except ValueError:
        return False
    if read is _network:
        narrow = version != 4 or found[0].prefixlen >= _MOST_ADDRESSES
        if not narrow or "/" not in str(one.get("cidrAddress")):
            return False
    return all(each.version == version for each in found)


def _check_countries(place: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a place without countries, and for what is none."""
    countries = place.get("countriesAndRegions") or ()
    if not countries or not COUNTRIES.union(_BESIDES).issuperset(countries):
        message = "1102: 'countriesAndRegions' has two letters for each, as ISO 3166 has."
        raise _bad(message, "countriesAndRegions")


def _check_context(making: Making) -> None:
    """Raise GraphError (400) for an id that no authentication context can have."""
    id_ = str(making.record.get("id"))
    if not making.plants and making.before is None and not _CONTEXT.fullmatch(id_):
        message = f"'{id_}' is no id of an authentication context: those are c1 to c99."
        raise _bad(message, "id")


def _check_free(acting: Acting, row: Row) -> None:
    """Raise GraphError (400) for a place that is trusted, or that a policy names."""
    if row.record.get("isTrusted"):
        raise _bad("A trusted named location cannot be deleted.", "isTrusted")
    for policy in acting.all("identity/conditionalAccess/policies"):
        locations = (policy.record.get("conditions") or {}).get("locations")
        if row.record["id"] in _named(locations, "Locations"):
            name = policy.record.get("displayName")
            raise _bad(f"The named location is used by the policy '{name}'.", "id")


TYPES = (
    Type(
        "conditionalAccessPolicy",
        related=frozenset({"grantControls/authenticationStrength"}),
        refuses=(_check_policy, _check_password_change, _check_actions, _check_frequency),
        suits=(_check_named,),
        idle=(_strangers,),
        ignored=frozenset({"id"}),
        immutable=frozenset({"id"}),
        read_only=frozenset({"createdDateTime", "modifiedDateTime", "deletedDateTime"}),
        merged=frozenset({"conditions"}),
        written={"conditions": _filled, "grantControls": lambda given: {**_GRANTS, **given}},
        changed={"modifiedDateTime": lambda making: making.now},
        nulls=True,
    ),
    # https://learn.microsoft.com/graph/api/resources/authenticationcontextclassreference
    Type("authenticationContextClassReference", checks=(_check_context,)),
    Type(
        "namedLocation",
        required=("displayName",),
        refuses=(_check_kind,),
        ignored=frozenset({"id"}),
        immutable=frozenset({"id"}),
        read_only=frozenset({"createdDateTime", "modifiedDateTime", "deletedDateTime"}),
        changed={"modifiedDateTime": lambda making: making.now},
        unmade=_check_free,
        nulls=True,
    ),
    Type("ipNamedLocation", refuses=(_check_ranges,), defaults={"isTrusted": False}),
    Type(
        "countryNamedLocation",
        refuses=(_check_countries,),
        defaults={
            "includeUnknownCountriesAndRegions": False,
            "countryLookupMethod": "clientIpAddress",
        },
    ),
)


def _strength_of(policy: Record) -> Any:
    """The id of the strength that a policy asks for."""
    controls = policy.get("grantControls") or {}
    return (controls.get("authenticationStrength") or {}).get("id")


@operation("authenticationStrengthPolicy/usage", reads=True)
def strength_usage(call: Call) -> Record:
    """Which policies ask for a strength, by whether that is multifactor authentication.

    https://learn.microsoft.com/graph/api/authenticationstrengthpolicy-usage
    """
    using = [
        row.record
        for row in call.stored.rows("conditionalAccessRoot/policies")
        if _strength_of(row.record) == call.thing.id
    ]
    is_mfa = call.thing.record.get("requirementsSatisfied") == "mfa"
    return {"mfa": using if is_mfa else [], "none": [] if is_mfa else using}


OPERATIONS = (strength_usage,)

NAVIGATION = (
    # The page has two URLs of it: https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
    Navigation(
        "policyRoot/conditionalAccessPolicies",
        home="conditionalAccessRoot/policies",
        view={},
        documented=frozenset({"GET", "POST", "PATCH", "DELETE"}),
        needs="/identity/conditionalAccess/policies",
    ),
)
