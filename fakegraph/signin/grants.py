"""The token endpoint: a table of grants, each of which turns what a client shows into tokens.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import format_instant
from fakegraph.errors import GraphError
from fakegraph.signin.clients import PARAMETERS, Client, authenticate, require_proof
from fakegraph.signin.issuing import USER, for_app, for_user, of_page
from fakegraph.signin.logged import note
from fakegraph.signin.oauth import Form, refusal
from fakegraph.signin.office import Ask, tenant_in
from fakegraph.signin.origins import check_code, check_page, check_refresh, is_of_page
from fakegraph.signin.scopes import DEFAULT, needed_scope, read_scope, said_scope
from fakegraph.tenants.concealed import matches
from fakegraph.tenants.signins import Code, Consent, Device, Refresh
from fakegraph.tokens.claims import seconds
from fakegraph.tokens.continuous import revoked_at
from fakegraph.tokens.resources import AZURE_AD_GRAPH

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_NO_PASSWORDS = {True: {"consumers"}, False: {"common", "consumers"}}  # at v1, and at v2
_NO_TENANTS = {"common", "organizations", "consumers"}  # an app's sign-in tells of no user's


def token(ask: Ask) -> dict[str, Any]:
    """Answer a request to the token endpoint. Raises OAuthError."""
    name = ask.sent().need("grant_type")
    grant = GRANTS.get(name)
    if grant is None:
        raise refusal(70003, grant=name, known=", ".join(GRANTS))
    form = ask.form(*_COMMON, *grant.parameters, *(("resource",) if ask.older else ()))
    check_page(ask, form)
    client = authenticate(ask, form)
    found = grant.answer(ask, client, form)
    if grant.by_user:
        note(ask, client, ask.user(found.pop(USER)))
    found.pop(USER, None)
    return found


def _client_credentials(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    if ask.authority.casefold() in _NO_TENANTS:
        raise refusal(50059, authority=ask.authority)
    require_proof(client, "client_credentials")
    if client.registration is not None and client.registration.lacks_principal:
        raise refusal(7000229, app=client.id, tenant=ask.tenant.id)
    text = needed_scope(form, older=ask.older)
    if not any(part.rpartition("/")[2] == ".default" for part in text.split()):
        raise refusal(1002012, scope=text)
    asked = read_scope(text, ask.tenant, ask.host)
    if not asked.by_default:
        raise refusal(1002012, scope=text)
    return for_app(ask, client, form, asked)  # OIDC's scopes mean nothing here: MSAL Go sends them


def _password(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    if ask.authority.casefold() in _NO_PASSWORDS[ask.older]:
        raise refusal(9001023)
    name, password = form.need("username"), form.need("password")
    user = ask.account(name)
    wrong = user.password is not None and not matches(user.password, password)
    if wrong or user.must_change:
        error = refusal(50126 if wrong else 50055)
        note(ask, client, ask.user(name), error)
        raise error
    scope = needed_scope(form, older=ask.older)
    return for_user(ask, client, form, Consent(client.id, user.upn, scope))


def _authorization_code(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    secret = form.need("code")
    if tenant_in(secret) not in {None, ask.tenant.id}:
        raise refusal(700005)
    uri, verifier = form.need("redirect_uri"), form.get("code_verifier")

    def redeem(code: Code | None) -> Code:
        if code is None or code.consent.client != client.id:
            raise refusal(70000, hint="The code is not one that this app was given.")
        if code.used:
            raise refusal(54005)
        if ask.tenant.instant() >= code.expires:
            raise refusal(70008)
        if code.redirect_uri != uri:
            raise refusal(500112, uri=uri, wanted=code.redirect_uri)
        check_code(ask, form, code)
        _check_verifier(code.challenge, verifier)
        code.used = True
        return code

    code = ask.tenant.sign_ins.codes.visit(secret, redeem)
    _check_session(ask, code)
    consent = _narrowed(ask, code.consent, form)
    spa = of_page(ask, consent) if is_of_page(ask) else None
    return for_user(ask, client, form, consent, code.nonce, code.claims, spa)


def _check_session(ask: Ask, given: Code | Refresh) -> None:
    """Raise OAuthError where all that the user was given has been revoked since."""
    account = ask.account(given.consent.user)
    if given.stamp != account.stamp:
        since = "" if account.row is None else format_instant(revoked_at(account.row.record))
        raise refusal(50173, issued=format_instant(given.issued), since=since)


def _check_verifier(challenge: tuple[str, str] | None, verifier: str | None) -> None:
    """RFC 7636, 4.6."""
    if challenge is None and verifier is None:
        return
    if challenge is None:
        raise refusal(501481, hint="The authorization request had no code_challenge.")
    if verifier is None:
        raise refusal(501481, hint="Send code_verifier.")
    wanted, method = challenge
    found = verifier
    if method == "S256":
        digest = sha256(verifier.encode()).digest()
        found = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not hmac.compare_digest(found.encode(), wanted.encode()):
        raise refusal(501481, hint="")


def _narrowed(ask: Ask, consent: Consent, form: Form) -> Consent:
    """The consent with what the redemption asks for, which must be within it."""
    text = said_scope(form, older=ask.older)
    if text is None and ask.older and not read_scope(consent.scope, ask.tenant, ask.host).names:
        text = f"{AZURE_AD_GRAPH}/{DEFAULT}"  # as sign-ins have it that are for nothing else
    if text is None:
        return consent
    if ask.older:  # where a code is good for any resource
        return Consent(consent.client, consent.user, text)
    before = read_scope(consent.scope, ask.tenant, ask.host)
    now = read_scope(text, ask.tenant, ask.host)
    if not now.names:
        return Consent(consent.client, consent.user, " ".join((*before.text, *now.oidc)))
    within = now.app == before.app and (before.by_default or {*now.names} <= {*before.names})
    if not within:
        hint = "One or more scopes requested are unauthorized: sign in again for them."
        raise refusal(70000, hint=hint)
    return Consent(consent.client, consent.user, text)


def _refresh_token(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    def look(refresh: Refresh | None) -> Refresh:
        if refresh is None or refresh.consent.client != client.id:
            raise refusal(70000, hint="The refresh token is not one that this app was given.")
        check_refresh(ask, refresh)
        if ask.tenant.instant() >= refresh.expires:
            issued = format_instant(refresh.issued)
            raise refusal(700084, issued=issued) if refresh.spa else refusal(700082)
        return refresh

    refresh = ask.tenant.sign_ins.refreshes.visit(form.need("refresh_token"), look)
    _check_session(ask, refresh)
    consent = refresh.consent
    text = said_scope(form, older=ask.older) or consent.scope
    if not read_scope(text, ask.tenant, ask.host).names:
        kept = read_scope(consent.scope, ask.tenant, ask.host).text
        text = " ".join((*kept, text))
    consent = Consent(client.id, consent.user, f"{text} offline_access")
    return for_user(ask, client, form, consent, spa=refresh if refresh.spa else None)


def _device_code(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    def redeem(device: Device | None) -> Device:
        if device is None or device.client != client.id:
            raise refusal(70018, hint="The device_code is not one that this app was given.")
        if device.used:
            raise refusal(54005)
        if ask.tenant.instant() >= device.expires:
            raise refusal(70020)
        if device.declined:
            raise refusal(65004)
        if device.user is None:
            raise refusal(70016)
        device.used = True
        return device

    # v1 calls it 'code', and v2 takes that too, as many launchers of games have it.
    missing = "code" if ask.older else "device_code"
    secret = form.get("device_code") or form.get("code") or form.need(missing)
    if form.get("code", secret) != secret:
        raise refusal(90023, hint="code, where it is sent too, is the device_code.")
    device = ask.tenant.sign_ins.devices.visit(secret, redeem)
    return for_user(ask, client, form, Consent(client.id, str(device.user), device.scope))


def _on_behalf_of(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    if form.need("requested_token_use") != "on_behalf_of":
        raise refusal(90023, hint="requested_token_use takes on_behalf_of.")
    require_proof(client, _JWT_BEARER)
    try:
        claims = ask.office.checker.claims(form.need("assertion"), ask.host)
    except GraphError as error:
        raise refusal(50013, hint=error.message) from error
    if "appid" not in claims and "azp" not in claims:
        raise refusal(240002)
    if not ask.tenant.answers_to(claims.get("tid")):
        raise refusal(50013, hint="It is for another tenant.")
    if claims.get("aud") not in _identifiers(client):
        raise refusal(500131, aud=str(claims.get("aud")), app=client.id)
    if not _is_now(claims, seconds(ask.tenant.instant())):
        raise refusal(500133)
    upn = claims.get("upn") or claims.get("preferred_username")
    if not isinstance(upn, str):
        raise refusal(7000114, app=client.id)
    scope = needed_scope(form, older=ask.older)
    return for_user(ask, client, form, Consent(client.id, ask.user(upn).upn, scope))


def _identifiers(client: Client) -> list[str]:
    """What an app's API may be called in the tokens for it."""
    known = client.registration and client.registration.registered
    return [client.id, f"api://{client.id}", *((known or {}).get("identifierUris") or ())]


def _is_now(claims: Mapping[str, Any], now: int) -> bool:
    begins, expires = claims.get("nbf"), claims.get("exp")
    if not isinstance(begins, int) or not isinstance(expires, int):
        return False
    return begins <= now < expires


@dataclass(frozen=True)
class Grant:
    """A way to get tokens, and what it takes beyond who the client is.

    ``by_user``: somebody signs in themselves, as the log of sign-ins tells.
    """

    answer: Callable[[Ask, Client, Form], dict[str, Any]]
    parameters: tuple[str, ...]
    by_user: bool = False


_COMMON = (*PARAMETERS, "grant_type", "scope", "claims", "client_info")
GRANTS: Mapping[str, Grant] = {
    "client_credentials": Grant(_client_credentials, ()),
    "authorization_code": Grant(
        _authorization_code, ("code", "redirect_uri", "code_verifier"), by_user=True
    ),
    "refresh_token": Grant(_refresh_token, ("refresh_token", "redirect_uri")),
    "password": Grant(_password, ("username", "password"), by_user=True),
    # MSAL Python sends the device code twice.
    _DEVICE_CODE: Grant(_device_code, ("device_code", "code"), by_user=True),
    "device_code": Grant(_device_code, ("device_code", "code"), by_user=True),
    _JWT_BEARER: Grant(_on_behalf_of, ("assertion", "requested_token_use")),
}
