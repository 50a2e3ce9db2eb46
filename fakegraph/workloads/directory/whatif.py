"""What conditional access would make of a sign-in: which policies apply, and why others do not.

https://learn.microsoft.com/graph/api/conditionalaccessroot-evaluate
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.directory.conditional import USER_ACTIONS
from fakegraph.workloads.operations import Call, Thing, operation

_POLICIES, _PLACES = "conditionalAccessRoot/policies", "conditionalAccessRoot/namedLocations"
_USER, _PRINCIPAL = "#microsoft.graph.userSignIn", "#microsoft.graph.servicePrincipalSignIn"
_APPLICATION = "#microsoft.graph.applicationContext"
_ACTION, _CONTEXT = "#microsoft.graph.userActionContext", "#microsoft.graph.authContext"
_GUESTS = "GuestsOrExternalUsers"
_LITTLE = "notEnoughInformation"


@dataclass(frozen=True)
class _SignIn:
    """The sign-in that is asked about. ``groups`` and ``roles`` are those of the user."""

    kind: str
    id: str
    guest: bool
    groups: frozenset[str]
    roles: frozenset[str]
    context: Mapping[str, Any]
    conditions: Mapping[str, Any]
    places: frozenset[str]


def _folded(values: Iterable[Any] | None) -> frozenset[str]:
    return frozenset(str(each).casefold() for each in values or ())


def _listed(part: Mapping[str, Any], what: str) -> tuple[frozenset[str], frozenset[str]]:
    """What is included, and what is excluded."""
    return _folded(part.get(f"include{what}")), _folded(part.get(f"exclude{what}"))


# Who, and for what ------------------------------------------------------------------------------


def _names_user(users: Mapping[str, Any], verb: str, sign_in: _SignIn) -> bool:
    named = _folded(users.get(f"{verb}Users"))
    return (
        bool(named & {"all", sign_in.id})
        or (sign_in.guest and _GUESTS.casefold() in named)
        or (sign_in.guest and bool(users.get(f"{verb}{_GUESTS}")))
        or not _folded(users.get(f"{verb}Groups")).isdisjoint(sign_in.groups)
        or not _folded(users.get(f"{verb}Roles")).isdisjoint(sign_in.roles)
    )


def _who(conditions: Mapping[str, Any], sign_in: _SignIn) -> str:
    if sign_in.kind == _PRINCIPAL:
        part = conditions.get("clientApplications") or {}
        taken, left_out = _listed(part, "ServicePrincipals")
        ours = {sign_in.id, "serviceprincipalsinmytenant"}
        return "" if taken & ours and sign_in.id not in left_out else "workloadIdentities"
    users = conditions.get("users") or {}
    taken_in = _names_user(users, "include", sign_in)
    return "" if taken_in and not _names_user(users, "exclude", sign_in) else "users"


def _for_what(conditions: Mapping[str, Any], sign_in: _SignIn) -> str:
    part, context = conditions.get("applications") or {}, sign_in.context
    kind = context.get("@odata.type")
    if kind == _ACTION:
        wanted = USER_ACTIONS.get(str(context.get("userAction")))
        known = _folded(part.get("includeUserActions"))
        return "" if wanted in known else "userActions"
    if kind == _CONTEXT:
        known = _folded(part.get("includeAuthenticationContextClassReferences"))
        wanted = str(context.get("authenticationContextValue")).casefold()
        return "" if wanted in known else "authenticationContext"
    asked = _folded(context.get("includeApplications"))
    taken, left_out = _listed(part, "Applications")
    fits = "all" in taken or bool(asked & taken)
    return "" if fits and not (asked and asked <= left_out) else "application"


# Under which conditions -------------------------------------------------------------------------


def _fits(given: Any, taken: Collection[str], left_out: Collection[str], reason: str) -> str:
    """Whether a value is among some: why it is not."""
    if given is None:
        return _LITTLE
    word = str(given).casefold()
    return "" if ("all" in taken or word in taken) and word not in left_out else reason


def _platform(conditions: Mapping[str, Any], sign_in: _SignIn) -> str:
    part = conditions.get("platforms")
    given = sign_in.conditions.get("devicePlatform")
    return "" if not part else _fits(given, *_listed(part, "Platforms"), "devicePlatform")


def _client(conditions: Mapping[str, Any], sign_in: _SignIn) -> str:
    wanted = _folded(conditions.get("clientAppTypes"))
    if not wanted or "all" in wanted:
        return ""
    return _fits(sign_in.conditions.get("clientAppType"), wanted, (), "clientApps")


def _location(conditions: Mapping[str, Any], sign_in: _SignIn) -> str:
    part = conditions.get("locations")
    if not part:
        return ""
    taken, left_out = _listed(part, "Locations")
    if taken != {"all"} or left_out:
        given = sign_in.conditions
        if not (given.get("ipAddress") or given.get("country")):
            return _LITTLE
    fits = "all" in taken or not taken.isdisjoint(sign_in.places)
    return "" if fits and left_out.isdisjoint(sign_in.places) else "location"


def _risk(name: str, given: str, reason: str) -> Callable[[Mapping[str, Any], _SignIn], str]:
    """Whether a risk is one of those that a policy is about."""

    def check(conditions: Mapping[str, Any], sign_in: _SignIn) -> str:
        said = conditions.get(name)
        wanted = _folded(said.split(",") if isinstance(said, str) else said)
        return "" if not wanted else _fits(sign_in.conditions.get(given), wanted, (), reason)

    return check


def _device(conditions: Mapping[str, Any], sign_in: _SignIn) -> str:
    """Rules of filters of devices are not worked out here."""
    return _LITTLE if (conditions.get("devices") or {}).get("deviceFilter") else ""


def _flow(conditions: Mapping[str, Any], sign_in: _SignIn) -> str:
    wanted = (conditions.get("authenticationFlows") or {}).get("transferMethods")
    if not wanted or wanted == "none":
        return ""
    given = (sign_in.conditions.get("authenticationFlow") or {}).get("transferMethod")
    return _fits(given, _folded(wanted.split(",")), (), "authenticationFlow")


_CHECKS = (
    *(_who, _for_what, _platform, _client, _location, _device, _flow),
    _risk("signInRiskLevels", "signInRiskLevel", "signInRisk"),
    _risk("userRiskLevels", "userRiskLevel", "userRisk"),
    _risk("servicePrincipalRiskLevels", "servicePrincipalRiskLevel", "workloadIdentities"),
    _risk("insiderRiskLevels", "insiderRiskLevel", "insiderRisk"),
)


def _reasons(policy: Record, sign_in: _SignIn) -> list[str]:
    """Why a policy does not apply to a sign-in; nothing where it does."""
    conditions = policy.get("conditions") or {}
    found = [check(conditions, sign_in) for check in _CHECKS]
    off = ["policyNotEnabled"] if policy.get("state") == "disabled" else []
    return list(dict.fromkeys([*off, *filter(None, found)]))


# Asking -----------------------------------------------------------------------------------------


def _bad(message: str, target: str) -> GraphError:
    return GraphError(400, "BadRequest", message, target)


def _places(call: Call, conditions: Mapping[str, Any]) -> frozenset[str]:
    """The named locations that an address and a country are in."""
    address, country = conditions.get("ipAddress"), conditions.get("country")
    try:
        at = ip_address(address) if address else None
    except ValueError as error:
        raise _bad(f"'{address}' is no IP address.", "ipAddress") from error
    found: set[str] = set()
    for place in call.inside(call.thing, _PLACES):
        if _is_in(place.record, at, country):
            found |= {place.id.casefold()}
            found |= {"alltrusted"} if place.record.get("isTrusted") else set()
    return frozenset(found)


def _is_in(place: Record, at: Any, country: str | None) -> bool:
    countries = _folded(place.get("countriesAndRegions"))
    if country and country.casefold() in countries:
        return True
    return at is not None and any(_holds(each, at) for each in place.get("ipRanges") or ())


def _holds(ranged: Mapping[str, Any], at: Any) -> bool:
    if ranged.get("cidrAddress"):
        return at in ip_network(ranged["cidrAddress"], strict=False)
    ends = [ip_address(str(ranged[name])) for name in ("lowerAddress", "upperAddress")]
    return all(each.version == at.version for each in ends) and ends[0] <= at <= ends[1]


def _above(call: Call, user: Thing | None) -> tuple[frozenset[str], frozenset[str]]:
    """The ids of the groups of somebody, and the templates of their roles."""
    found = [] if user is None else call.leads_to(user, "transitiveMemberOf")
    roles = (each.record.get("roleTemplateId") for each in found)
    return _folded(each.id for each in found), _folded(filter(None, roles))


def _read(call: Call) -> _SignIn:
    """What is asked about. Raises GraphError (400) where nobody signs in."""
    identity, context = (call.arguments.get(n) or {} for n in ("signInIdentity", "signInContext"))
    conditions = call.arguments.get("signInConditions") or {}
    kind = identity.get("@odata.type")
    name, home = {
        _USER: ("userId", "users"),
        _PRINCIPAL: ("servicePrincipalId", "servicePrincipals"),
    }.get(str(kind), ("", ""))
    id_ = str(identity.get(name) or "")
    if not id_:
        raise _bad("signInIdentity says who signs in: a userId or a servicePrincipalId.", "userId")
    thing = call.find(home, id_)
    if thing is None:
        raise _bad(f"Nobody is '{id_}' who could sign in.", name)
    if context.get("@odata.type") not in (_APPLICATION, _ACTION, _CONTEXT):
        raise _bad("signInContext says what the sign-in is for.", "signInContext")
    guest = str(thing.record.get("userType")).casefold() == "guest"
    groups, roles = _above(call, thing)
    places = _places(call, conditions)
    return _SignIn(str(kind), id_.casefold(), guest, groups, roles, context, conditions, places)


@operation("conditionalAccessRoot/evaluate", reads=True)
def evaluate(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/conditionalaccessroot-evaluate"""
    sign_in, only = _read(call), call.arguments.get("appliedPoliciesOnly")
    found = []
    for policy in call.inside(call.thing, _POLICIES):
        reasons = _reasons(policy.record, sign_in)
        said = {"policyApplies": not reasons, "analysisReasons": ",".join(reasons) or "notSet"}
        if not (reasons and only):
            found.append({**policy.record, **said})
    return found


OPERATIONS = (evaluate,)
