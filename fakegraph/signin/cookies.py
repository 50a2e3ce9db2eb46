"""Who is signed in in a browser, as its cookie tells: single sign-on.

https://learn.microsoft.com/entra/identity-platform/msal-js-sso. The cookie names sessions; the
tenants know whose they are.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from fakegraph.signin.oauth import OAuthError
from fakegraph.signin.office import Ask
from fakegraph.store import is_tenant_name
from fakegraph.tenants.signins import Session
from fakegraph.tokens.bearer import base64url
from fakegraph.web.exchange import Answer, Exchange

_COOKIE = "ESTSAUTH"
_JOINT = "~"
_MOST = 20  # sessions of a browser; the oldest goes
_HINT = "O."


class _Named(NamedTuple):
    """A session as a cookie names it."""

    tenant: str
    id: str


def sessions(ask: Ask) -> list[Session]:
    """Those of the tenant that the browser has, as far as their users may still sign in."""
    named = {each.id for each in _named(ask.exchange) if each.tenant == ask.tenant.id}
    kept = ask.tenant.sign_ins.sessions
    there = [kept.get(name) for name in kept.ids()] if named else []
    return [each for each in there if each and each.id in named and _holds(ask, each)]


def _holds(ask: Ask, session: Session) -> bool:
    with suppress(OAuthError):
        return ask.account(session.user).stamp == session.stamp
    return False


def home(exchange: Exchange) -> str | None:
    """The tenant that the browser signed in to last."""
    return next((each.tenant for each in reversed(list(_named(exchange)))), None)


def join(ask: Ask, user: str, app: str) -> str:
    """Have a user signed in to an app; the id of their session."""
    stamp = ask.account(user).stamp
    return ask.tenant.sign_ins.join(user, app, stamp, ask.tenant.new_id)


def remembered(ask: Ask, answer: Answer, id_: str) -> Answer:
    """The answer by which a browser remembers a session."""
    new = _Named(ask.tenant.id, id_)
    return _with(ask, answer, [*(each for each in _named(ask.exchange) if each != new), new])


def forgotten(ask: Ask, answer: Answer, over: Iterable[Session]) -> Answer:
    """The answer by which a browser forgets sessions."""
    gone = {each.id for each in over}
    before = list(_named(ask.exchange))
    return (
        _with(ask, answer, [each for each in before if each.id not in gone]) if before else answer
    )


def _with(ask: Ask, answer: Answer, named: list[_Named]) -> Answer:
    parts = [f"{_COOKIE}={_JOINT.join(map(_text, named[-_MOST:]))}", "Path=/", "HttpOnly"]
    if not named:
        parts.append("Max-Age=0")
    if ask.host.startswith("https:"):  # frames of other sites send it too
        parts += ["Secure", "SameSite=None"]
    return answer._replace(headers={**answer.headers, "Set-Cookie": "; ".join(parts)})


def _text(session: _Named) -> str:
    tenant = base64.urlsafe_b64encode(session.tenant.encode()).decode().rstrip("=")
    return f"{tenant}.{session.id}"


def _named(exchange: Exchange) -> Iterator[_Named]:
    pairs = (each.strip().partition("=") for each in exchange.header("HTTP_COOKIE").split(";"))
    value = next((value for name, _, value in pairs if name == _COOKIE), "")
    for part in value.split(_JOINT)[:_MOST]:
        coded, _, id_ = part.partition(".")
        with suppress(ValueError):
            tenant = base64url(coded).decode("ascii")
            if id_ and is_tenant_name(tenant):
                yield _Named(tenant, id_)


def hint_of(user: str) -> str:
    """The claim ``login_hint``, which is sent back to name a user: nobody is to look into it."""
    return _HINT + base64.urlsafe_b64encode(user.encode()).decode().rstrip("=")


def name_in(hint: str) -> str:
    """The user that a hint names, by such a claim or by the name itself."""
    if hint.startswith(_HINT):
        with suppress(ValueError):
            return base64url(hint.removeprefix(_HINT)).decode()
    return hint
