"""Signing out: whose session ends, which apps are told so, and where the browser goes on.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from fakegraph.signin import pages
from fakegraph.signin.accounts import registration
from fakegraph.signin.authorize import check_uri, is_sane
from fakegraph.signin.cookies import forgotten, name_in, sessions
from fakegraph.signin.instances import authority_of
from fakegraph.signin.oauth import Form, SendBack
from fakegraph.signin.office import Ask
from fakegraph.tenants.signins import Session
from fakegraph.tokens.bearer import payload_of
from fakegraph.web.exchange import Answer

_PLAIN_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")


def logout(ask: Ask) -> Answer:
    """End sessions, tell their apps, and send the browser on. Raises OAuthError."""
    form = ask.query(
        "post_logout_redirect_uri", "state", "client_id", "id_token_hint", "logout_hint"
    )
    uri, hint = form.get("post_logout_redirect_uri"), payload_of(form.get("id_token_hint", ""))
    client_id = form.get("client_id") or str(hint.get("aud", ""))
    if uri is not None:
        known = registration(ask.tenant, client_id)
        check_uri(uri, None if known is None else known.app, client_id)
    over = ask.tenant.sign_ins.sessions.take(_whose(ask, form, hint))
    told = list(_told(ask, over))
    return forgotten(ask, _onward(form, told, uri), over)


def _onward(form: Form, told: list[str], uri: str | None) -> Answer:
    back = None if uri is None else SendBack(uri, "query", form.get("state"))
    if told:
        state = {"state": form["state"]} if "state" in form else {}
        return pages.signed_out(told, None if back is None else pages.place_of(back, state))
    if back is None:
        return pages.page("Signed out", pages.text("You can close this page."))
    return pages.send_back(back, {})


def _whose(ask: Ask, form: Form, hint: Mapping[str, Any]) -> Callable[[Session], bool]:
    """Which sessions end: the user's whom a hint names, or else those of the browser, or else,
    where no cookie says which these are, all.
    """
    names = (hint.get("preferred_username"), hint.get("upn"), form.get("logout_hint"))
    folded = {name_in(name).casefold() for name in names if isinstance(name, str)}
    if "sid" in hint:
        return lambda session: session.id == hint["sid"]
    if folded:
        return lambda session: session.user.casefold() in folded
    here = {each.id for each in sessions(ask)}
    return lambda session: not here or session.id in here


def _told(ask: Ask, sessions: Iterable[Session]) -> Iterator[str]:
    issuer = f"{authority_of(ask.host)}/{ask.tenant.guid}/v2.0"
    for session in sessions:
        for app in sorted(session.apps):
            uri = _logout_url(ask, app)
            if uri:
                joint = "&" if "?" in uri else "?"
                yield f"{uri}{joint}{urlencode({'sid': session.id, 'iss': issuer})}"


def _logout_url(ask: Ask, app: str) -> str:
    """Where an app wants to be told; empty where it does not, or where no browser is to go."""
    known = registration(ask.tenant, app)
    record = None if known is None else known.registered
    uri = str(((record or {}).get("web") or {}).get("logoutUrl") or "")
    return uri if is_sane(uri) and _PLAIN_HOST.fullmatch(urlsplit(uri).netloc) else ""
