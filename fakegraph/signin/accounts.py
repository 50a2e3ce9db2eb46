"""Who signs in: the users, applications and service principals that Graph has, and directory.json.

What Graph has of somebody comes first; ``directory.json`` adds what it has no property for, and
those that are not there. https://learn.microsoft.com/entra/identity-platform/app-objects-and-service-principals
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import binary, instant
from fakegraph.store import Record, Row, Store
from fakegraph.tenants import Tenant, Tenants
from fakegraph.tenants.directory import App, Person
from fakegraph.tenants.guids import ORGANIZATION
from fakegraph.tokens.continuous import stamp_of
from fakegraph.workloads.directory.credentials import SECRETS

_PEM = "-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n"
_REDIRECTS = ("web", "spa", "publicClient")
_PUBLIC_REDIRECTS = ("spa", "publicClient")


@dataclass(frozen=True)
class Account:
    """A user who may sign in. ``password``: as it is kept, None where any will do.

    ``stamp`` is another one when what they were given was revoked.
    """

    upn: str
    name: str
    id: str = ""
    password: str | None = None
    wids: tuple[str, ...] = ()
    enabled: bool = True
    must_change: bool = False
    stamp: str = ""
    row: Row | None = None


@dataclass(frozen=True)
class Registration:
    """An app that is known. ``app`` has what it proves itself by, and what it may have.

    ``principal`` is its service principal, None where there is none; ``registered`` its application
    or, where that is another tenant's, its service principal; both are None of one that
    ``directory.json`` alone lists. ``expired``: the secrets whose time is over.
    """

    app: App
    principal: Row | None = None
    registered: Record | None = None
    expired: tuple[str, ...] = ()
    federated: tuple[Record, ...] = ()

    @property
    def lacks_principal(self) -> bool:
        """Whether it is an application of which nobody has made a service principal."""
        return self.registered is not None and self.principal is None

    @property
    def enabled(self) -> bool:
        """Whether it may sign in."""
        return self.principal is None or self.principal.record.get("accountEnabled") is not False


def account(tenant: Tenant, name: str) -> Account | None:
    """The user of that name; None for one that nobody made."""
    row = found(tenant.store, "users", "userPrincipalName", name)
    person = tenant.directory.person(name)
    if row is None:
        return None if person is None else _listed(person)
    record = row.record
    profile = record.get("passwordProfile") or {}
    upn = str(record["userPrincipalName"])
    return Account(
        upn,
        record.get("displayName") or upn.partition("@")[0],
        str(record["id"]),
        profile.get("password") or (None if person is None else person.password),
        () if person is None else person.wids,
        record.get("accountEnabled") is not False,
        profile.get("forceChangePasswordNextSignIn") is True,
        stamp_of(record),
        row,
    )


def _listed(person: Person) -> Account:
    return Account(person.upn, person.name, person.id, person.password, person.wids)


def tenant_of(tenants: Tenants, name: str, first: str | None = None) -> str | None:
    """The tenant whose a domain is, or the domain of a user's name; None where it is nobody's.

    ``first``: a tenant that is asked before all others. What ``directory.json`` says comes next,
    then what tenants have of domains.
    """
    domain = name.rpartition("@")[2].lower()
    known = next((each for each in tenants.opened() if each.id == first), None)
    if known is not None and _has_domain(known.store, domain):
        return known.id
    mapped = tenants.directory.tenant_of(domain)
    if mapped is not None or not domain:
        return mapped
    first, _, rest = domain.partition(".")
    if rest == "onmicrosoft.com" and first in tenants:
        return first
    return next((each.id for each in tenants.opened() if _has_domain(each.store, domain)), None)


def _has_domain(store: Store, domain: str) -> bool:
    if found(store, "domains", "id", domain) is not None:
        return True
    try:
        organizations = [row.record for row in store.container(ORGANIZATION).scan()]
    except KeyError:
        return False
    said = (each for one in organizations for each in one.get("verifiedDomains") or ())
    return any(str(each.get("name")).lower() == domain for each in said)


def accounts(tenant: Tenant, most: int) -> list[tuple[str, str]]:
    """UPNs and names of those to pick from, so many at most: who is listed, then other users."""
    listed = tenant.directory.people
    people = [(person.upn, person.name) for person in listed.values()]
    users = (
        (str(row.record["userPrincipalName"]), str(row.record.get("displayName") or ""))
        for row in tenant.store.container("users").scan()
        if row.record.get("userPrincipalName") and row.record.get("accountEnabled") is not False
    )
    others = (each for each in users if each[0].casefold() not in listed)
    return [*people, *islice(others, max(most - len(people), 0))]


def was_deleted(tenant: Tenant, container: str, name: str, value: str) -> bool:
    """Whether what has that value is among what was deleted and may come back.

    The names of users have their ids before them there, so that others may have them.
    """
    wanted = value.casefold()
    for row in tenant.store.hidden(container).scan():
        buried = str(row.record["id"]).replace("-", "")
        if str(row.record.get(name)).removeprefix(buried).casefold() == wanted:
            return True
    return False


def registration(tenant: Tenant, client_id: str) -> Registration | None:
    """The app of that id; None for one that nobody registered or listed."""
    store, listed = tenant.store, tenant.directory.app(client_id)
    application = found(store, "applications", "appId", client_id)
    principal = found(store, "servicePrincipals", "appId", client_id)
    rows = [row for row in (application, principal) if row is not None]
    if not rows:
        return None if listed is None else Registration(listed)
    now = tenant.instant()
    good: list[str] = []
    expired: list[str] = []
    for credential, secret in _secrets(rows):
        ends = credential.get("endDateTime")
        (expired if ends is not None and instant(ends) <= now else good).append(secret)
    federated = () if application is None else tuple(_federated(store, application))
    record = rows[0].record
    said = application is not None or _said(rows)
    app = _app(client_id, record, listed, good, _certificates(rows), said=said)
    return Registration(app, principal, record, tuple(expired), federated)


def app_identified(tenant: Tenant, uri: str) -> str | None:
    """The id of the app that one of its ``identifierUris`` names; None where it is no app's."""
    try:
        rows = tenant.store.container("applications").scan()
    except KeyError:
        return None
    named = (row.record for row in rows if uri in (row.record.get("identifierUris") or ()))
    return next((str(each.get("appId")) for each in named), None)


def found(store: Store, container: str, key: str, value: str) -> Row | None:
    """What has that value of something unique; None as well where there are no such things."""
    try:
        row = store.container(container).find(key, value)
        return row or store.container(container).find(key, value.lower())
    except KeyError:
        return None


def _said(rows: list[Row]) -> bool:
    """Whether anything is said of what another tenant's app proves itself by."""
    names = ("passwordCredentials", "keyCredentials")
    return any(row.record.get(name) for row in rows for name in names)


def _app(
    client_id: str,
    record: Mapping[str, Any],
    listed: App | None,
    secrets: list[str],
    certificates: list[str],
    *,
    said: bool,
) -> App:
    """What Graph and ``directory.json`` say of an app, together."""
    base = listed or App(client_id)
    uris = [*_uris(record, _REDIRECTS), *(base.redirect_uris or ())]
    proofs = (*secrets, *certificates)
    known = said and not (listed is not None and not proofs and _takes_any(listed))
    unproven = record.get("isFallbackPublicClient") is True or bool(
        _uris(record, _PUBLIC_REDIRECTS)
    )
    return App(
        str(record.get("appId") or client_id),
        record.get("displayName") or base.name or client_id,
        (*(base.secrets or ()), *secrets) if known else base.secrets,
        (*(base.certificates or ()), *certificates) if known else base.certificates,
        base.issued,
        base.roles,
        base.scopes,
        tuple(uris) if uris else base.redirect_uris,
        base.public or (unproven and known and not proofs and not base.secrets),
        unproven,
    )


def _takes_any(app: App) -> bool:
    return app.secrets is None and app.certificates is None


def _uris(record: Mapping[str, Any], kinds: tuple[str, ...]) -> list[str]:
    return [
        str(uri) for kind in kinds for uri in (record.get(kind) or {}).get("redirectUris") or ()
    ]


def _secrets(rows: list[Row]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for row in rows:
        kept = row.record.get(SECRETS) or {}
        for each in row.record.get("passwordCredentials") or ():
            secret = kept.get(str(each.get("keyId")))
            if secret is not None:
                yield each, secret


def _certificates(rows: list[Row]) -> list[str]:
    """The certificates that assertions may be signed with, as PEM."""
    keys = (
        each.get("key")
        for row in rows
        for each in row.record.get("keyCredentials") or ()
        if each.get("usage") in (None, "Verify")
    )
    return [_PEM.format(base64.encodebytes(der).decode()) for der in map(_der, keys) if der]


def _der(key: object) -> bytes:
    try:
        return binary(str(key or ""))
    except ValueError:
        return b""


def _federated(store: Store, application: Row) -> Iterator[Record]:
    rows = store.container("application/federatedIdentityCredentials").of(application.key)
    return (row.record for row in rows.scan())
