"""Who may sign in: the apps and users of a tenant, as ``directory.json`` in a fixture lists them.

Whoever is not listed is let in too, unless the tenant is strict about it; who is listed needs the
secret or the password that stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from fakegraph.dataclass import dataclass
from fakegraph.edm import fields
from fakegraph.edm.schema import ComplexSchema, InvalidEntity
from fakegraph.errors import Problem
from fakegraph.store import is_tenant_name

_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")
_PEM = "-----BEGIN CERTIFICATE-----"


class Issued(NamedTuple):
    """Any certificate of a subject (an X.500 name, as ``CN=daemon``) that a CA has issued, which is
    a PEM text: one that is renewed is known again, wherever its key is.
    """

    subject: str
    issuer: str


@dataclass(frozen=True)
class App:
    """A registered app. None: nothing is said of it, so any secret will do, or all is granted.

    ``certificates`` are PEM texts or thumbprints (SHA-1 or SHA-256, hexadecimal). ``unproven``:
    whether it may come without any of them, although it has some.
    """

    id: str
    name: str = ""
    secrets: tuple[str, ...] | None = None
    certificates: tuple[str, ...] | None = None
    issued: tuple[Issued, ...] = ()
    roles: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None
    redirect_uris: tuple[str, ...] | None = None
    public: bool = False
    unproven: bool = False


@dataclass(frozen=True)
class Person:
    """A user. ``password`` None: any will do; ``id`` empty: one that belongs to the UPN."""

    upn: str
    name: str
    password: str | None = None
    id: str = ""
    wids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Directory:
    """Apps by id, people by UPN in lower case, and the tenants that domains belong to."""

    apps: Mapping[str, App] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)

    def app(self, id_: str) -> App | None:
        """The app of that id, if it is listed."""
        return self.apps.get(id_)

    def person(self, upn: str) -> Person | None:
        """The user of that name, in any case, if listed."""
        return self.people.get(upn.casefold())

    def tenant_of(self, domain: str) -> str | None:
        """The tenant that a domain, or the domain of a UPN, was given to."""
        return self.domains.get(domain.rpartition("@")[2].casefold())

    def __or__(self, other: Directory) -> Directory:
        return Directory(
            {**self.apps, **other.apps},
            {**self.people, **other.people},
            {**self.domains, **other.domains},
        )


class _Text(fields.String):
    """Text of one form."""

    def __init__(self, pattern: str, expected: str, *, required: bool = False) -> None:
        super().__init__(required=required)
        self.pattern = re.compile(pattern, re.DOTALL)
        self.expected = expected

    def check(self, value: Any) -> None:
        super().check(value)
        if not self.pattern.fullmatch(value):
            raise self.invalid(value)


class _Secret(fields.String):
    """A secret, which no message repeats."""

    expected = "text of 1 to 1000 characters"

    def check(self, value: Any) -> None:
        if not isinstance(value, str) or not 1 <= len(value) <= 1000:
            raise self.invalid("[redacted]")


class _Certificate(fields.String):
    """A certificate, or the thumbprint of one."""

    expected = "a certificate in PEM, or its thumbprint: 40 or 64 hexadecimal digits"

    def check(self, value: Any) -> None:
        super().check(value)
        if not (_THUMBPRINT.fullmatch(value) or _is_certificate(value)):
            raise self.invalid(value)


class _Issuer(_Certificate):
    """The certificate of a CA."""

    expected = "the certificate of a CA, in PEM"

    def check(self, value: Any) -> None:
        super().check(value)
        if _PEM not in value:
            raise self.invalid(value)


class _Name(fields.String):
    """An X.500 name."""

    expected = "an X.500 name, as in CN=daemon.contoso.com"

    def check(self, value: Any) -> None:
        super().check(value)
        if not _is_name(value):
            raise self.invalid(value)


class _Domains(fields.EdmField):
    """Domains, each with the name of a tenant."""

    type = fields.String.type
    node = "StartObject"
    expected = "an object of tenants' names by domain"

    def check(self, value: Any) -> None:
        if not isinstance(value, dict) or not all(
            re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", domain)
            and isinstance(tenant, str)
            and is_tenant_name(tenant)
            for domain, tenant in value.items()
        ):
            raise self.invalid(value)


def _is_certificate(text: str) -> bool:
    if _PEM not in text:
        return False
    # Imported here: only a directory with certificates needs it, and it takes its time.
    from cryptography.x509 import load_pem_x509_certificate

    try:
        load_pem_x509_certificate(text.encode())
    except ValueError:
        return False
    return True


def _is_name(text: str) -> bool:
    from cryptography.x509 import Name

    try:
        return bool(list(Name.from_rfc4514_string(text)))
    except ValueError:
        return False


def _permissions() -> fields.Collection:
    name = _Text(r"[A-Za-z0-9._-]{1,200}", "the name of a permission, such as Reports.Read.All")
    return fields.Collection(name, required=False)


class IssuedBody(ComplexSchema):
    """Certificates of a subject by a CA, in ``directory.json``."""

    edm_name = "fakegraph.certificateSubject"
    annotated = False
    subject = _Name(required=True)
    issuer = _Issuer(required=True)


class AppBody(ComplexSchema):
    """An app in ``directory.json``."""

    edm_name = "fakegraph.app"
    annotated = False
    id = _Text(r"[A-Za-z0-9._-]{1,100}", "1 to 100 of A-Z, a-z, 0-9, ., _ and -", required=True)
    displayName = fields.String(required=False)
    secrets = fields.Collection(_Secret(), required=False)
    certificates = fields.Collection(_Certificate(), required=False)
    certificateSubjects = fields.Collection(
        fields.Complex(IssuedBody, required=False), required=False
    )
    roles = _permissions()
    scopes = _permissions()
    redirectUris = fields.Collection(
        _Text(r"https?://[^\s#\"'<>\\]{1,1000}", "an http or https URL without a fragment"),
        required=False,
    )
    public = fields.Boolean(required=False)


class UserBody(ComplexSchema):
    """A user in ``directory.json``."""

    edm_name = "fakegraph.user"
    annotated = False
    userPrincipalName = _Text(
        r"[^@\s]{1,100}@[^@\s]{1,150}", "a name with a domain: ada@contoso.com", required=True
    )
    displayName = fields.String(required=False)
    password = _Secret(required=False)
    id = _Text(r"[A-Za-z0-9-]{1,64}", "1 to 64 of A-Z, a-z, 0-9 and -")
    wids = fields.Collection(fields.String(), required=False)


class DirectoryBody(ComplexSchema):
    """The whole of ``directory.json``."""

    edm_name = "fakegraph.tenants.directory"
    annotated = False
    apps = fields.Collection(fields.Complex(AppBody, required=False), required=False)
    users = fields.Collection(fields.Complex(UserBody, required=False), required=False)
    domains = _Domains(required=False)


def read_directory(body: object) -> Directory:
    """The directory that JSON describes. Raises InvalidEntity with every problem."""
    found = DirectoryBody.reader().read(body)
    problems = [
        *_twice(found.get("apps", ()), "apps", "id"),
        *_twice(found.get("users", ()), "users", "userPrincipalName"),
        *_twice(found.get("users", ()), "users", "id"),
        *_contradictions(found.get("apps", ())),
    ]
    if problems:
        raise InvalidEntity(problems)
    people = [_person(each) for each in found.get("users", ())]
    return Directory(
        {each["id"]: _app(each) for each in found.get("apps", ())},
        {person.upn.casefold(): person for person in people},
        {domain.casefold(): tenant for domain, tenant in found.get("domains", {}).items()},
    )


def _twice(records: Any, where: str, key: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for position, record in enumerate(records):
        value = record.get(key)
        if value is None:
            continue
        if value.casefold() in seen:
            yield Problem(f"'{value}' is there twice", f"{where}[{position}]/{key}")
        seen.add(value.casefold())


def _contradictions(apps: Any) -> Iterator[Problem]:
    for position, app in enumerate(apps):
        proofs = ("secrets", "certificates", "certificateSubjects")
        if app.get("public") and any(app.get(name) for name in proofs):
            message = "a public app has neither secrets nor certificates"
            yield Problem(message, f"apps[{position}]/public")


def _app(found: Mapping[str, Any]) -> App:
    lists: dict[str, Any] = {
        name: None if key not in found else tuple(found[key])
        for key, name in (
            ("secrets", "secrets"),
            ("certificates", "certificates"),
            ("roles", "roles"),
            ("scopes", "scopes"),
            ("redirectUris", "redirect_uris"),
        )
    }
    name = found.get("displayName", found["id"])
    issued = found.get("certificateSubjects") or ()
    lists["issued"] = tuple(Issued(each["subject"], each["issuer"]) for each in issued)
    if issued and lists["certificates"] is None:
        lists["certificates"] = ()
    return App(found["id"], name, public=found.get("public", False), **lists)


def _person(found: Mapping[str, Any]) -> Person:
    upn = found["userPrincipalName"]
    return Person(
        upn,
        found.get("displayName", upn.partition("@")[0]),
        found.get("password"),
        found.get("id", ""),
        tuple(found.get("wids", ())),
    )
