"""Where browsers are sent: signing in, signing out, and approving a device.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fakegraph.hosts import is_loopback
from fakegraph.quoting import parts_of
from fakegraph.signin import pages
from fakegraph.signin.accounts import accounts
from fakegraph.signin.clients import Client
from fakegraph.signin.cookies import join, name_in, remembered, sessions
from fakegraph.signin.issuing import client_info, later, read_delegated
from fakegraph.signin.oauth import Form, OAuthError, SendBack, refusal
from fakegraph.signin.office import Ask
from fakegraph.signin.scopes import needed_scope, said_scope
from fakegraph.tenants.directory import App
from fakegraph.tenants.signins import Code, Consent, Device
from fakegraph.tokens.claims import User
from fakegraph.web.exchange import Answer

CODE_SECONDS = 600
DEVICE_SECONDS = 900
POLL_SECONDS = 1  # the service says 5; whoever tests does not want to wait
_MODES = ("query", "fragment", "form_post")
_PROMPTS = ("login", "none", "consent", "select_account")
_ASKS = ("login", "select_account")  # whoever is signed in
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_LETTERS = "BCDFGHJKLMNPQRSTVWXYZ23456789"  # none that look alike, none that make words
_MOST_SHOWN = 50  # users on a page
_SOMEBODY = "user@contoso.com"
_URI = re.compile(r"[!-~]{1,2000}")


def authorize(ask: Ask) -> Answer:
    """Pick a user, and send a code back. Raises OAuthError."""
    form = (ask.form if ask.exchange.method == "POST" else ask.query)(
        "client_id",
        "response_type",
        "redirect_uri",
        "scope",
        "response_mode",
        "state",
        "nonce",
        "prompt",
        "login_hint",
        "domain_hint",
        "code_challenge",
        "code_challenge_method",
        "claims",
        "client_info",
        "sid",
        *_older(ask),
    )
    client_id = form.need("client_id")
    client = Client(client_id, ask.app(client_id), "0")
    uri = _redirect_uri(form, client)
    mode = form.get("response_mode", "query")
    back = SendBack(uri, mode if mode in _MODES else "query", form.get("state"))
    try:
        return _authorized(ask, form, client, back)
    except OAuthError as error:
        if error.number != 50034:  # who mistypes a name is told so on the page
            error.back = back
        if error.number == 65001:
            error.error = "consent_required"  # its name at this endpoint (OpenID Connect, 3.1.2.6)
        raise


def _authorized(ask: Ask, form: Form, client: Client, back: SendBack) -> Answer:
    _check_response_type(form.need("response_type"))
    mode = form.get("response_mode", "query")
    if mode not in _MODES:
        raise refusal(70007, mode=mode)
    # At v1 the token endpoint may be told instead what it is for.
    scope = said_scope(form, older=ask.older) or ("openid" if ask.older else form.need("scope"))
    read_delegated(ask, client, scope)
    challenge = _challenge(form)
    prompt = form.get("prompt")
    if prompt is not None and prompt not in _PROMPTS:
        raise refusal(90023, hint=f"prompt takes one of {', '.join(_PROMPTS)}.")
    user = _silent(ask, form) if prompt == "none" else _known(ask, form)
    if user is None:
        return pages.choose_user(client.name, _users(ask), dict(form))
    secret, now = ask.new_secret(), ask.tenant.instant()
    read_delegated(ask, client, scope, user)
    code = Code(
        Consent(client.id, user.upn, scope),
        back.uri,
        challenge,
        form.get("nonce"),
        now,
        later(now, CODE_SECONDS),
        ask.account(user.upn).stamp,
        form.claims("id_token"),
    )
    ask.tenant.sign_ins.codes.put(secret, code)
    session = join(ask, user.upn, client.id)
    info = client_info(form, user.oid, ask.tenant.guid)
    values = {"code": secret, **info, "session_state": session}
    return remembered(ask, pages.send_back(back, values), session)


def _older(ask: Ask) -> tuple[str, ...]:
    return ("resource",) if ask.older else ()


def _silent(ask: Ask, form: Form) -> User:
    """Who is signed in in the browser, where no page may ask. Raises OAuthError."""
    hint, sid = form.get("login_hint"), form.get("sid")
    there = sessions(ask)
    if hint is not None:
        there = [each for each in there if each.user.casefold() == name_in(hint).casefold()]
    elif sid is not None:
        there = [each for each in there if each.id == sid]
        if not there:
            raise refusal(160021)
    if not there:
        raise refusal(50058)
    if len(there) > 1:
        raise refusal(16000, users=" and ".join(sorted(each.user for each in there)))
    return ask.user(there[0].user)


def _known(ask: Ask, form: Form) -> User | None:
    """Whom a hint names, or the one who is signed in; None where a page has to ask."""
    hint = form.get("login_hint")
    if hint is not None:
        return ask.user(name_in(hint))
    there = [] if form.get("prompt") in _ASKS else sessions(ask)
    return ask.user(there[0].user) if len(there) == 1 else None


def _check_response_type(value: str) -> None:
    wanted = set(value.split())
    if "token" in wanted:
        raise refusal(700051)
    if "id_token" in wanted:
        raise refusal(700054)
    if wanted != {"code"}:
        raise refusal(70005, type=value)


def _challenge(form: Form) -> tuple[str, str] | None:
    """What PKCE asks the redemption for (RFC 7636, 4.3)."""
    challenge, method = form.get("code_challenge"), form.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise refusal(50147)
        return None
    method = method or "plain"
    if method not in {"S256", "plain"}:
        raise refusal(50149)
    if not _CHALLENGE.fullmatch(challenge) or (method == "S256" and len(challenge) != 43):
        raise refusal(501491)
    return challenge, method


def _redirect_uri(form: Form, client: Client) -> str:
    registered = None if client.app is None else client.app.redirect_uris
    if registered == ():
        raise refusal(500113)
    uri = form.need("redirect_uri")
    check_uri(uri, client.app, client.id)
    return uri


def check_uri(uri: str, app: App | None, app_id: str) -> None:
    """Raise OAuthError unless a browser may be sent there, as far as anybody has said."""
    if not is_sane(uri):
        hint = "It must be https, or http on a loopback address, without a fragment."
        raise refusal(50011, uri=uri, app=app_id, hint=hint)
    registered = None if app is None else app.redirect_uris
    if registered is not None and not any(is_same_uri(uri, known) for known in registered):
        raise refusal(50011, uri=uri, app=app_id, hint=f"It has {registered}.")


def is_sane(uri: str) -> bool:
    if not _URI.fullmatch(uri) or any(sign in uri for sign in "#\\\"'<>`"):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_same_uri(uri: str, known: str) -> bool:
    """Whether a redirect URI is the registered one; of a loopback address, any port will do."""
    if uri == known:
        return True
    one, other = parts_of(uri), parts_of(known)
    if one is None or other is None:
        return False
    loopback = one.scheme == "http" and is_loopback(one.hostname or "")
    return loopback and (one.hostname, one.path or "/", one.query) == (
        other.hostname,
        other.path or "/",
        other.query,
    )


def _users(ask: Ask) -> list[tuple[str, str]]:
    people = accounts(ask.tenant, _MOST_SHOWN)
    if not people and not ask.tenant.strict_directory:
        return [(_SOMEBODY, "User")]
    return people


def device_code(ask: Ask) -> dict[str, Any]:
    """Begin a sign-in on another device. Raises OAuthError."""
    form = ask.form("client_id", "scope", "claims", "client_info", *_older(ask))
    client_id = form.need("client_id")
    client = Client(client_id, ask.app(client_id), "0")
    scope = needed_scope(form, older=ask.older)
    read_delegated(ask, client, scope)
    secret, user_code = ask.new_secret(), "".join(secrets.choice(_LETTERS) for _ in range(9))
    expires = later(ask.tenant.instant(), DEVICE_SECONDS)
    user = _approver(ask).upn if ask.tenant.device_auto_approve else None
    ask.tenant.sign_ins.devices.put(secret, Device(client.id, scope, user_code, expires, user))
    where = f"{ask.host}/{ask.authority}/oauth2/deviceauth"
    number = str if ask.older else int
    return {
        "user_code": user_code,
        "device_code": secret,
        "verification_url" if ask.older else "verification_uri": where,
        "expires_in": number(DEVICE_SECONDS),
        "interval": number(POLL_SECONDS),
        "message": "To sign in, use a web browser to open the page "
        f"{where} and enter the code {user_code} to authenticate.",
    }


def _approver(ask: Ask) -> User:
    """Who approves devices where nobody is asked: the first user."""
    people = _users(ask)
    if not people:
        raise refusal(50034, user="", tenant=ask.tenant.id)
    return ask.user(people[0][0])


def show_device(ask: Ask) -> Answer:
    """The page on which a device's code is entered."""
    return pages.approve_device(ask.query("user_code").get("user_code", ""), _users(ask))


def answer_device(ask: Ask) -> Answer:
    """Approve or decline a device. Raises OAuthError."""
    origin = ask.exchange.header("HTTP_ORIGIN")
    if origin and origin != ask.host:
        raise OAuthError("access_denied", 403, f"Requests from pages of '{origin}' are refused.")
    form = ask.form("user_code", "username", "action")
    user_code, action = form.need("user_code").strip().upper(), form.need("action")
    if action not in {"approve", "decline"}:
        raise refusal(90023, hint="action takes approve or decline.")
    devices = ask.tenant.sign_ins.devices
    secret = devices.secret_of(lambda each: each.user_code == user_code) or ""
    device = _waiting(ask, devices.get(secret))
    if action == "decline":
        devices.visit(secret, lambda found: _decided(_waiting(ask, found), None))
        return pages.page("Declined", pages.text("The device was told so."))
    user = ask.user(form.need("username"))
    devices.visit(secret, lambda found: _decided(_waiting(ask, found), user.upn))
    page = pages.page("Approved", pages.text(f"The device is signed in as {user.name}."))
    return remembered(ask, page, join(ask, user.upn, device.client))


def _waiting(ask: Ask, device: Device | None) -> Device:
    """A device that nobody has decided about. Raises OAuthError."""
    over = device is None or ask.tenant.instant() >= device.expires
    if device is None or over or device.user or device.declined:
        raise refusal(70018, hint="No device waits with this code.")
    return device


def _decided(device: Device, user: str | None) -> Device:
    """A device that a user has approved, or that nobody has."""
    device.user, device.declined = user, user is None
    return device


def error_page(error: OAuthError, body: Mapping[str, object]) -> Answer:
    """An error as people see it, or as the app does that is waiting for them."""
    if error.back is not None:
        words = str(body["error_description"])
        return pages.send_back(error.back, {"error": error.error, "error_description": words})
    return pages.page("Sorry", pages.text(error.description), status=error.status)
