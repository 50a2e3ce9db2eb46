"""What the sign-in endpoints work with: the server's side of it, and one request."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from fakegraph.signin.oauth import Form, parse, refusal
from fakegraph.store import is_tenant_name
from fakegraph.tenants import Tenant, Tenants
from fakegraph.tenants.directory import App
from fakegraph.tokens.claims import User, stable_id
from fakegraph.tokens.keys import SigningKey
from fakegraph.tokens.strict import Checker
from fakegraph.web.exchange import Exchange

_UPN = re.compile(r"[^@\s\x00-\x1f]{1,100}@[^@\s\x00-\x1f]{1,150}")


@dataclass(frozen=True)
class Office:
    """One server's: ``permissions`` are all that its Graph knows."""

    tenants: Tenants
    key: SigningKey
    checker: Checker
    permissions: Sequence[str]


@dataclass(frozen=True)
class Ask:
    """One request. ``authority`` is the first segment of its path; ``host`` this server's address.

    ``rest`` is the last segment where it is no fixed word.
    """

    office: Office
    exchange: Exchange
    tenant: Tenant
    authority: str
    host: str
    rest: str = ""

    def query(self, *known: str) -> Form:
        """The parameters of the query string. Raises OAuthError."""
        form = Form(parse(self.exchange.query))
        form.allow(frozenset(known))
        return form

    def form(self) -> Form:
        """The parameters of the body; the query string has none. Raises OAuthError."""
        self.query()
        media = self.exchange.header("CONTENT_TYPE").partition(";")[0].strip().casefold()
        if media != "application/x-www-form-urlencoded":
            hint = f"Send application/x-www-form-urlencoded, not '{media[:80]}'."
            raise refusal(9002313, hint=hint)
        try:
            return Form(parse(self.exchange.body.decode()))
        except UnicodeDecodeError as error:
            raise refusal(9002313, hint="The body is not UTF-8.") from error

    def app(self, client_id: str) -> App | None:
        """The app that asks; None for one that nobody listed. Raises OAuthError in strict mode."""
        found = self.tenant.directory.app(client_id)
        if found is None and self.tenant.strict_directory:
            raise refusal(700016, app=client_id, tenant=self.tenant.id)
        return found

    def user(self, name: str) -> User:
        """The user of that name. Raises OAuthError for one who cannot be."""
        person = self.tenant.directory.person(name)
        if person is not None:
            return User(person.upn, person.name, person.id, person.wids)
        if self.tenant.strict_directory or not _UPN.fullmatch(name):
            raise refusal(50034, user=name, tenant=self.tenant.id)
        return User(name, name.partition("@")[0], stable_id(name.casefold()))

    def password(self, name: str) -> str | None:
        """The password of a user: that of directory.json, or else the one that the user has in
        Graph; None where any will do.
        """
        person = self.tenant.directory.person(name)
        if person is not None and person.password is not None:
            return person.password
        row = self.tenant.store.container("users").find("userPrincipalName", name)
        profile = None if row is None else row.record.get("passwordProfile")
        found = profile.get("password") if isinstance(profile, dict) else None
        return found if isinstance(found, str) else None

    def new_secret(self) -> str:
        """A code or refresh token. It says of which tenant it is, for /common to know."""
        tenant = base64.urlsafe_b64encode(self.tenant.id.encode()).decode().rstrip("=")
        return f"1.{tenant}.{secrets.token_urlsafe(48)}"


def tenant_in(secret: str) -> str | None:
    """The tenant that a code or refresh token is of, if it is one."""
    parts = secret.split(".")
    if len(parts) != 3 or parts[0] != "1":
        return None
    try:
        name = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return name if is_tenant_name(name) else None
