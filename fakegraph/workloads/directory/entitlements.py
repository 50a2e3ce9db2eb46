"""What an application offers and asks for: its roles, scopes and names, and whom it trusts.

https://learn.microsoft.com/graph/api/resources/approle
https://learn.microsoft.com/graph/api/resources/permissionscope
https://learn.microsoft.com/graph/api/resources/federatedidentitycredential
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.directory.applications import EVERYBODY
from fakegraph.workloads.directory.values import refused
from fakegraph.workloads.handed import Making, folded_id

_MOST_RESOURCES, _MOST_PERMISSIONS, _MOST_FEDERATED = 50, 400, 20

Of = Callable[[str], Iterable[Record]]


_PERSONAL = frozenset({EVERYBODY, "PersonalMicrosoftAccount"})
_MEMBER_TYPES = {"User", "Application"}
_CREDENTIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,119}")
_MOST_REDIRECTS = 256
_TEXTS = ("description", "issuer", "subject")
_LONGEST_CREDENTIAL = 600  # characters, of each of its texts
# https://learn.microsoft.com/graph/api/resources/approle#properties
_VALUE = re.compile(r"[!#-\[\]-~]{0,120}")


def _entitlements(application: Record | None) -> list[Mapping[str, Any]]:
    record = application or {}
    scopes = (record.get("api") or {}).get("oauth2PermissionScopes") or ()
    return [*(record.get("appRoles") or ()), *scopes]


def check_entitlements(application: Record, before: Record | None) -> None:
    """Raise GraphError for roles and scopes that are there twice, or cannot go while enabled."""
    for role in application.get("appRoles") or ():
        _check_formed(role, "AppRole", _ROLE)
    for scope in _api(application).get("oauth2PermissionScopes") or ():
        _check_formed(scope, "PermissionScope", _SCOPE)
    merged = {**application, "api": {**((before or {}).get("api") or {}), **_api(application)}}
    new = _entitlements(merged)
    for kind in (merged.get("appRoles") or (), merged["api"].get("oauth2PermissionScopes") or ()):
        _check_values(kind)
    _check_twice(folded_id(str(each.get("id"))) for each in new)
    now = {folded_id(str(each.get("id"))): _without_state(each) for each in new}
    for each in _entitlements(before):
        kept = now.get(folded_id(str(each.get("id"))))
        if each.get("isEnabled") is True and kept != _without_state(each):
            message = (
                "Permission (scope or role) cannot be deleted or updated unless disabled first."
            )
            raise refused(message, "appRoles", "CannotDeleteOrUpdateEnabledEntitlement")


def _is_value(value: Any) -> bool:
    return value is None or _VALUE.fullmatch(value) is not None


_Fits = Mapping[str, Callable[[Any], bool]]
_ROLE: _Fits = {
    "allowedMemberTypes": lambda kinds: bool(kinds) and set(kinds) <= _MEMBER_TYPES,
    "value": _is_value,
}
_SCOPE: _Fits = {"type": lambda kind: kind in (None, "User", "Admin"), "value": _is_value}


def _check_formed(entitlement: Mapping[str, Any], resource: str, fits: _Fits) -> None:
    """Raise GraphError for a role or a scope without id, and for what they cannot be."""
    if not entitlement.get("id"):
        raise refused(f"A value is required for property 'id' of resource '{resource}'.", "id")
    for name, fit in fits.items():
        if not fit(entitlement.get(name)):
            message = f"Invalid value specified for property '{name}' of resource '{resource}'."
            raise refused(message, name, "InvalidValue")


def _api(application: Record) -> Mapping[str, Any]:
    return application.get("api") or {}


def _without_state(entitlement: Mapping[str, Any]) -> dict[str, Any]:
    left_out = ("isEnabled", "origin")
    return {
        name: value
        for name, value in entitlement.items()
        if name not in left_out and value is not None
    }


def _check_values(entitlements: Iterable[Mapping[str, Any]]) -> None:
    _check_twice(str(each["value"]) for each in entitlements if each.get("value"))


def _check_twice(values: Iterable[str]) -> None:
    there = list(values)
    if len(set(there)) < len(there):
        raise refused("Property value cannot have duplicate id or claim value.", "value")


def check_version(application: Record, before: Record | None) -> None:
    """Raise GraphError for tokens of version 1 where personal accounts sign in."""
    name, api = "requestedAccessTokenVersion", _api(application)
    is_new = api != _api(before or {}) or _audience(application) != _audience(before or {})
    if is_new and _audience(application) in _PERSONAL and api.get(name, 2) != 2:
        raise refused(f"Property api.{name} is invalid.", f"api/{name}", "InvalidValue")


def _audience(application: Record) -> Any:
    return application.get("signInAudience", EVERYBODY)


def check_access(application: Record, before: Record | None) -> None:
    """Raise GraphError for an application that asks for more than one may."""
    resources = application.get("requiredResourceAccess") or ()
    permissions = sum(len(each.get("resourceAccess") or ()) for each in resources)
    if len(resources) > _MOST_RESOURCES or permissions > _MOST_PERMISSIONS:
        raise refused(
            f"requiredResourceAccess has {len(resources)} resources and {permissions} permissions, "
            f"and may have {_MOST_RESOURCES} and {_MOST_PERMISSIONS}.",
            "requiredResourceAccess",
        )


def check_redirects(application: Record, before: Record | None) -> None:
    """Raise GraphError for too many redirect URIs, and for one that is not safe."""
    kinds = {name: (application.get(name) or {}).get("redirectUris") or () for name in _REDIRECTS}
    old = {name: ((before or {}).get(name) or {}).get("redirectUris") or () for name in _REDIRECTS}
    count = sum(map(len, kinds.values()))
    if count > _MOST_REDIRECTS:
        message = f"An application has {_MOST_REDIRECTS} redirect URIs at most, not {count}."
        raise refused(message, "redirectUris")
    for name, check in _REDIRECTS.items():
        new = [str(uri) for uri in kinds[name] if uri not in old[name]]
        if not all(_URI.fullmatch(uri) and check(uri) for uri in new):
            message = f"Invalid value specified for property '{name}' of resource 'Application'."
            raise refused(message, name, "InvalidValue")


def _is_own(uri: str) -> bool:
    """Whether it is safe, or leads to an app by a scheme of its own."""
    scheme, colon, rest = uri.partition(":")
    is_scheme = _SCHEME.fullmatch(scheme) is not None and scheme.casefold() != "http"
    return _is_safe(uri) or (is_scheme and bool(colon and rest) and not any(map(str.isspace, uri)))


# Without a fragment. https://learn.microsoft.com/entra/identity-platform/reply-url
_URI = re.compile(r"[!\"$-~]{1,256}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def _is_safe(uri: str) -> bool:
    """Whether nobody on the way reads what is sent there: https, or this machine."""
    try:
        parts = urlsplit(uri)
        host = (parts.hostname or "").casefold()
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1")


def check_identifiers(application: Record, before: Record | None, of: Of) -> None:
    """Raise GraphError for a URI of another application's, or of a domain that is not verified."""
    old = (before or {}).get("identifierUris") or ()
    new = [uri for uri in application.get("identifierUris") or () if uri not in old]
    if not new:
        return
    domains = [each for each in of("domains") if each.get("isVerified", True)]
    for uri in new:
        if domains and not _is_verified(uri, [str(each.get("id")).casefold() for each in domains]):
            raise refused(
                "Values of identifierUris property must use a verified domain of the organization "
                f"or its subdomain: '{uri}'",
                "identifierUris",
                "HostNameNotOnVerifiedDomain",
            )
    own = None if before is None else before.get("id")
    for other in of("applications"):
        if other.get("id") != own and not set(new).isdisjoint(other.get("identifierUris") or ()):
            message = (
                "Another object with the same value for property identifierUris already exists."
            )
            details = [
                Problem(message, "identifierUris", "ObjectConflict"),
                Problem(message, f"Application_{other['id']}", "ConflictingObjects"),
            ]
            raise GraphError(400, "Request_BadRequest", message, details=details)


def _is_verified(uri: str, domains: list[str]) -> bool:
    """Whether it is of a verified domain; ``api://ID`` names an application or a tenant."""
    try:
        parts = urlsplit(uri)
        host = (parts.hostname or "").casefold()
    except ValueError:
        return False
    if parts.scheme == "api" and "." not in host:
        return bool(host)
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def check_federated(making: Making) -> None:
    """Raise GraphError for one credential too many, and for one that is there already."""
    new, others = making.record, list(making.beside())
    if len(others) >= _MOST_FEDERATED:
        message = f"An application can have {_MOST_FEDERATED} federated identity credentials."
        raise refused(message, "federatedIdentityCredentials")
    for each in others:
        named = each.get("name") == new.get("name")
        alike = all(each.get(name) == new.get(name) for name in ("issuer", "subject"))
        if named or alike:
            message = f"FederatedIdentityCredential with name {each.get('name')} already exists."
            raise refused(message, "name" if named else "subject")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:
        return False


def check_credential(credential: Record, before: Record | None) -> None:
    """Raise GraphError for a name that fits no URL, and for other than one audience."""
    name, audiences = str(credential.get("name")), credential.get("audiences") or ()
    wrong = {
        "name": before is None and _CREDENTIAL.fullmatch(name) is None,
        "audiences": len(audiences) != 1,
        "issuer": not _is_url(str(credential.get("issuer"))),
        "subject": not credential.get("subject"),
    }
    texts = {**{name: credential.get(name) for name in _TEXTS}, "audiences": "".join(audiences)}
    for name, text in texts.items():
        wrong[name] = wrong.get(name) or len(str(text or "")) > _LONGEST_CREDENTIAL
    for each in filter(wrong.get, wrong):
        message = f"Invalid value specified for property '{each}' of resource"
        raise refused(f"{message} 'FederatedIdentityCredential'.", each, "InvalidValue")


TYPES = (
    Type(
        "application",
        refuses=(check_entitlements, check_version, check_access, check_redirects),
        suits=(check_identifiers,),
        merged=frozenset({"api", "web", "spa", "publicClient", "info"}),
    ),
    Type(
        "federatedIdentityCredential",
        required=("name", "issuer", "subject", "audiences"),
        immutable=frozenset({"name"}),
        unique=("name",),
        also_by=("name",),
        if_missing=frozenset({"name"}),
        refuses=(check_credential,),
        checks=(check_federated,),
    ),
)

NAVIGATION: tuple[Navigation, ...] = ()


_REDIRECTS = {"web": _is_safe, "spa": _is_safe, "publicClient": _is_own}
