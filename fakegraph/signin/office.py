"""What the sign-in endpoints work with: the server's side of it, and one request."""

from __future__ import annotations

import base64
import re
import secrets

from fakegraph.dataclass import dataclass
from fakegraph.signin.accounts import Account, Registration, account, registration, was_deleted
from fakegraph.signin.oauth import Form, parse, refusal
from fakegraph.signin.parameters import meant, shown_name
from fakegraph.store import is_tenant_name
from fakegraph.tenants import Tenant, Tenants
from fakegraph.tokens.bearer import base64url
from fakegraph.tokens.claims import User, stable_id
from fakegraph.tokens.keys import SigningKey
from fakegraph.tokens.strict import Checker
from fakegraph.web.exchange import Exchange
from fakegraph.workloads.directory.standing import role_templates

_UPN = re.compile(r"[^@\s\x00-\x1f]{1,100}@[^@\s\x00-\x1f]{1,150}")


@dataclass(frozen=True)
class Office:
    """One server's."""

    tenants: Tenants
    key: SigningKey
    checker: Checker

    def everything(self, *, app_only: bool) -> tuple[str, ...]:
        """What a token lists that has all permissions."""
        return tuple(self.checker.grantable.listed(app_only=app_only))


@dataclass(frozen=True)
class Ask:
    """One request. ``authority`` is the first segment of its path; ``host`` this server's address.

    ``rest`` is the last segment where it is no fixed word. ``older``: at an endpoint of v1.
    """

    office: Office
    exchange: Exchange
    tenant: Tenant
    authority: str
    host: str
    rest: str = ""
    older: bool = False

    def query(self, *known: str) -> Form:
        """The parameters of the query string; of others the journal tells. Raises OAuthError."""
        form = Form(parse(self.exchange.query))
        self._note(form.heed(frozenset(known)), "")
        return form

    def form(self, *known: str) -> Form:
        """The parameters of the body; of others, and of the query's, the journal tells.

        Raises OAuthError.
        """
        self._note(list(Form(parse(self.exchange.query))), " in the query")
        form = self.sent()
        self._note(form.heed(frozenset(known)), "")
        return form

    def sent(self) -> Form:
        """All parameters of the body, which is a form where no media type is said; of one of
        another none is heeded. Raises OAuthError.
        """
        media = self.exchange.header("CONTENT_TYPE").partition(";")[0]
        if media and not self.exchange.has_form:
            return Form([], f" Send application/x-www-form-urlencoded, not '{media[:80]}'.")
        try:
            return Form(parse(self.exchange.body.decode()))
        except UnicodeDecodeError as error:
            raise refusal(9002313, hint="The body is not UTF-8.") from error

    def _note(self, names: list[str], where: str) -> None:
        for name in names:
            near = meant(name)
            why = f"Is '{near}' meant?" if near else "Nothing goes by it."
            self.exchange.note_ignored(f"The parameter '{shown_name(name)}'{where}", why)

    def app(self, client_id: str) -> Registration | None:
        """The app that asks; None for one that nobody knows.

        Raises OAuthError for one that is disabled, was deleted, or is unknown in strict mode.
        """
        tenant = self.tenant
        found = registration(tenant, client_id)
        if found is None and (
            tenant.strict_directory or was_deleted(tenant, "applications", "appId", client_id)
        ):
            raise refusal(700016, app=client_id, tenant=tenant.id)
        if found is not None and not found.enabled:
            raise refusal(7000112, app=client_id, name=found.app.name)
        return found

    def account(self, name: str) -> Account:
        """The user of that name, whatever they sign in with. Raises OAuthError for one who cannot
        be, was deleted or is disabled.
        """
        tenant = self.tenant
        found = account(tenant, name)
        if found is None and (
            tenant.strict_directory
            or not _UPN.fullmatch(name)
            or was_deleted(tenant, "users", "userPrincipalName", name)
        ):
            raise refusal(50034, user=name, tenant=tenant.id)
        if found is None:
            return Account(name, name.partition("@")[0], stable_id(name.casefold()))
        if not found.enabled:
            raise refusal(50057)
        return found

    def user(self, name: str) -> User:
        """The same, as tokens tell of them."""
        found = self.account(name)
        roles = () if found.row is None else role_templates(self.tenant.store, found.row)
        wids = tuple(dict.fromkeys((*found.wids, *roles)))
        return User(found.upn, found.name, found.id, wids)

    def new_secret(self) -> str:
        """A code or refresh token. It says of which tenant it is, for /common to know."""
        tenants = self.office.tenants
        if tenants.stores.shared:
            tenants.keep(self.tenant)  # another server may be asked what becomes of it
        tenant = base64.urlsafe_b64encode(self.tenant.id.encode()).decode().rstrip("=")
        return f"1.{tenant}.{secrets.token_urlsafe(48)}"


def tenant_in(secret: str) -> str | None:
    """The tenant that a code or refresh token is of, if it is one."""
    parts = secret.split(".")
    if len(parts) != 3 or parts[0] != "1":
        return None
    try:
        name = base64url(parts[1]).decode("ascii")
    except ValueError:
        return None
    return name if is_tenant_name(name) else None
