"""What the log of sign-ins is to say of one: who, with which app, and what became of it."""

from __future__ import annotations

from fakegraph.signin.clients import Client
from fakegraph.signin.oauth import OAuthError
from fakegraph.signin.office import Ask
from fakegraph.tenants.trail import Caller, SignIn
from fakegraph.tokens.claims import User


def note(ask: Ask, client: Client, user: User, error: OAuthError | None = None) -> None:
    """Note that somebody signed in themselves, or could not."""
    environ = ask.exchange.environ
    caller = Caller(
        client.id,
        user.oid,
        user.upn,
        False,
        environ.get("REMOTE_ADDR", ""),
        environ.get("HTTP_USER_AGENT", ""),
        ask.exchange.request_id,
    )
    number, reason = (0, "") if error is None else (error.number or 0, error.message)
    now = ask.tenant.instant()
    ask.tenant.trail.add_sign_in(SignIn(now, caller, user.name, client.name, number, reason))
