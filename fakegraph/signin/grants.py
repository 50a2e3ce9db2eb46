"""The token endpoint: a table of grants, each of which turns what a client shows into tokens.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import TICKS_PER_SECOND, Instant
from fakegraph.errors import GraphError
from fakegraph.signin.accounts import registration
from fakegraph.signin.clients import PARAMETERS, Client, authenticate, require_proof
from fakegraph.signin.granting import app_roles, claims_about, scopes
from fakegraph.signin.instances import authority_of
from fakegraph.signin.logged import note
from fakegraph.signin.oauth import Form, refusal
from fakegraph.signin.office import Ask, tenant_in
from fakegraph.signin.scopes import OIDC, Asked, needed_scope, read_scope, said_scope
from fakegraph.tenants.concealed import matches
from fakegraph.tenants.signins import Code, Consent, Device, Refresh
from fakegraph.tokens.claims import (
    AUDIENCES,
    LIFETIME,
    User,
    access_claims,
    pairwise,
    seconds,
    sign,
)
from fakegraph.tokens.resources import resource_of
from fakegraph.workloads.directory.microsoft_graph import GRAPH

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_NO_TENANTS = {"common", "organizations", "consumers"}  # an app's sign-in tells of no user's
REFRESH_DAYS = 90
_USER = "@user"  # who an answer is for, which it does not say itself


def token(ask: Ask) -> dict[str, Any]:
    """Answer a request to the token endpoint. Raises OAuthError."""
    name = ask.sent().need("grant_type")
    grant = GRANTS.get(name)
    if grant is None:
        raise refusal(70003, grant=name, known=", ".join(GRANTS))
    form = ask.form(*_COMMON, *grant.parameters, *(("resource",) if ask.older else ()))
    client = authenticate(ask, form)
    found = grant.answer(ask, client, form)
    if grant.by_user:
        note(ask, client, ask.user(found.pop(_USER)))
    found.pop(_USER, None)
    return found


def read_delegated(ask: Ask, client: Client, text: str, user: User | None = None) -> Asked:
    """A scope parameter of a user's sign-in. Raises OAuthError for what the app may not have.

    What was granted for one user only is known once it is known who that is.
    """
    asked = read_scope(text, ask.tenant, ask.host)
    granted = _consented(ask, client, user, asked)
    if granted is not None:
        known = {each.casefold() for each in granted}
        missing = [name for name in asked.names if name.casefold() not in known]
        if asked.by_default:
            listed = _listed(client, asked) is not None
            missing = [] if granted or listed else [".default"]
        if missing:
            raise refusal(65001, app=client.id, name=client.name, scope=missing[0])
    return asked


def _listed(client: Client, asked: Asked) -> tuple[str, ...] | None:
    """What ``directory.json`` lets an app have of Graph; None where it says nothing."""
    return None if client.app is None or asked.app is not None else client.app.scopes


def _consented(ask: Ask, client: Client, user: User | None, asked: Asked) -> list[str] | None:
    """The permissions of a resource that an app may have for a user; None for whatever it asks."""
    if asked.app is not None and resource_of(asked.app) is None:
        return None
    listed = _listed(client, asked)
    if listed is None and (user is None or not ask.tenant.strict_directory):
        return None
    if user is None and ask.tenant.strict_directory:
        return None
    oid = "" if user is None else user.oid
    granted = scopes(ask.tenant.store, client.registration, oid, asked.app or GRAPH)
    return [*(listed or ()), *(name for name in granted if name not in (listed or ()))]


def _client_credentials(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    if ask.authority.casefold() in _NO_TENANTS:
        raise refusal(50059, authority=ask.authority)
    require_proof(client, "client_credentials")
    if client.registration is not None and client.registration.lacks_principal:
        raise refusal(7000229, app=client.id, tenant=ask.tenant.id)
    text = needed_scope(form, older=ask.older)
    if not any(part.endswith("/.default") for part in text.split()):
        raise refusal(1002012, scope=text)
    asked = read_scope(text, ask.tenant, ask.host)
    if not asked.by_default or asked.oidc:
        raise refusal(1002012, scope=text)
    roles = _roles(ask, client, asked)
    claims = access_claims(
        ask.tenant.guid,
        ask.tenant.instant(),
        app=client.id,
        roles=roles,
        audience=_audience(ask, asked),
        oid=client.oid,
    )
    return _bearer(ask, claims | _of_client(client), asked)


def _roles(ask: Ask, client: Client, asked: Asked) -> list[str]:
    """The roles of an app's own token: what it was assigned, and what ``directory.json`` lists.

    One that is not listed has all that the model knows, but in strict mode.
    """
    listed = None if client.app is None else client.app.roles
    if asked.app is not None:
        listed = ()
    elif listed is None:
        listed = () if ask.tenant.strict_directory else ask.office.everything(app_only=True)
    assigned = app_roles(ask.tenant.store, client.registration, asked.app or GRAPH)
    return list(dict.fromkeys((*listed, *assigned)))


def _password(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    if ask.authority.casefold() in {"common", "consumers"}:
        raise refusal(9001023)
    name, password = form.need("username"), form.need("password")
    user = ask.account(name)
    wrong = user.password is not None and not matches(user.password, password)
    if wrong or user.must_change:
        error = refusal(50126 if wrong else 50055)
        note(ask, client, ask.user(name), error)
        raise error
    scope = needed_scope(form, older=ask.older)
    return _signed_in(ask, client, Consent(client.id, user.upn, scope))


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
        _check_verifier(code.challenge, verifier)
        code.used = True
        return code

    code = ask.tenant.sign_ins.codes.visit(secret, redeem)
    return _signed_in(ask, client, _narrowed(ask, code.consent, form), code.nonce)


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
        if ask.tenant.instant() >= refresh.expires:
            raise refusal(700082)
        return refresh

    consent = ask.tenant.sign_ins.refreshes.visit(form.need("refresh_token"), look).consent
    text = said_scope(form, older=ask.older) or consent.scope
    if not read_scope(text, ask.tenant, ask.host).names:
        kept = read_scope(consent.scope, ask.tenant, ask.host).text
        text = " ".join((*kept, text))
    return _signed_in(ask, client, Consent(client.id, consent.user, f"{text} offline_access"))


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

    secret = form.get("device_code") or form.need("code" if ask.older else "device_code")
    if form.get("code", secret) != secret:
        raise refusal(90023, hint="code, where it is sent too, is the device_code.")
    device = ask.tenant.sign_ins.devices.visit(secret, redeem)
    return _signed_in(ask, client, Consent(client.id, str(device.user), device.scope))


def _on_behalf_of(ask: Ask, client: Client, form: Form) -> dict[str, Any]:
    if form.need("requested_token_use") != "on_behalf_of":
        raise refusal(90023, hint="requested_token_use takes on_behalf_of.")
    require_proof(client, _JWT_BEARER)
    try:
        claims = ask.office.checker.claims(form.need("assertion"), ask.host)
    except GraphError as error:
        raise refusal(50013, hint=error.message) from error
    if not ask.tenant.answers_to(claims.get("tid")):
        raise refusal(50013, hint="It is for another tenant.")
    if claims.get("aud") not in {client.id, f"api://{client.id}"}:
        raise refusal(500131, aud=str(claims.get("aud")), app=client.id)
    if not _is_now(claims, seconds(ask.tenant.instant())):
        raise refusal(500133)
    upn = claims.get("upn") or claims.get("preferred_username")
    if not isinstance(upn, str):
        raise refusal(7000114, app=client.id)
    scope = needed_scope(form, older=ask.older)
    return _signed_in(ask, client, Consent(client.id, ask.user(upn).upn, scope))


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


def _signed_in(
    ask: Ask, client: Client, consent: Consent, nonce: str | None = None
) -> dict[str, Any]:
    """The tokens for a user's consent."""
    account, tenant = ask.account(consent.user), ask.tenant
    user = ask.user(consent.user)
    asked = _asked(ask, client, consent.scope, user)
    granted = _granted(ask, client, asked, user)
    oidc = [name for name in asked.oidc if name != "offline_access"]
    claims = access_claims(
        tenant.guid,
        tenant.instant(),
        app=client.id,
        scopes=[*granted, *oidc],
        user=user,
        audience=_audience(ask, asked),
    )
    if asked.app is not None:
        reader = registration(tenant, asked.app)
        claims |= claims_about(tenant.store, account, reader, "accessToken")
    found = _bearer(ask, claims | _of_client(client), asked)
    prefix = asked.text[0].rpartition("/")[0] + "/" if asked.by_default else ""
    more = [f"{prefix.lstrip('/')}{name}" for name in granted] if asked.by_default else []
    named = granted if ask.older else (*asked.text, *more, *oidc)
    found["scope"] = " ".join(dict.fromkeys(named))
    if "offline_access" in asked.oidc:
        found["refresh_token"] = _refresh(ask, consent)
    if "openid" in asked.oidc:
        about = claims_about(tenant.store, account, client.registration, "idToken")
        said = about | _id_claims(ask, client, user, asked, nonce)
        found["id_token"] = sign(said, ask.office.key)
    found["client_info"] = _client_info(user.oid, tenant.guid)
    return found | {_USER: consent.user}


def _granted(ask: Ask, client: Client, asked: Asked, user: User) -> tuple[str, ...]:
    """The permissions that a user's token has."""
    if not asked.by_default:
        return asked.names
    consented = _consented(ask, client, user, asked)
    if consented is not None:
        return tuple(consented)
    if asked.app is not None:
        return ("user_impersonation",)
    granted = scopes(ask.tenant.store, client.registration, user.oid, GRAPH)
    return tuple(dict.fromkeys((*ask.office.everything(app_only=False), *granted)))


def _asked(ask: Ask, client: Client, scope: str, user: User) -> Asked:
    """What a user's sign-in is for; at v1 it is always one to stay signed in by."""
    asked = read_delegated(ask, client, " ".join((scope, *OIDC)) if ask.older else scope, user)
    if ask.older and not asked.names:
        raise refusal(900144, name="resource", near="")
    return asked


def _audience(ask: Ask, asked: Asked) -> str:
    """The ``aud`` of an access token; at v1 it is the resource as the client calls it."""
    ours = asked.app is None and asked.resource not in AUDIENCES
    return asked.resource if ask.older and not ours else asked.audience


def _bearer(ask: Ask, claims: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    found = {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": sign(claims, ask.office.key),
    }
    if not ask.older:
        return found
    times = {"expires_on": claims["exp"], "not_before": claims["nbf"]}
    texts = {name: str(value) for name, value in (found | times).items()}
    return {**texts, "resource": asked.resource}


def _of_client(client: Client) -> dict[str, Any]:
    return {"app_displayname": client.name, "appidacr": client.proof}


def _refresh(ask: Ask, consent: Consent) -> str:
    secret = ask.new_secret()
    expires = later(ask.tenant.instant(), REFRESH_DAYS * 86_400)
    ask.tenant.sign_ins.refreshes.put(secret, Refresh(consent, expires))
    return secret


def later(now: Instant, by: int) -> Instant:
    """So many seconds after an instant."""
    return Instant(now + by * TICKS_PER_SECOND)


def _id_claims(
    ask: Ask, client: Client, user: User, asked: Asked, nonce: str | None
) -> dict[str, Any]:
    """https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference"""
    now, guid = seconds(ask.tenant.instant()), ask.tenant.guid
    claims: dict[str, Any] = {
        "aud": client.id,
        "iss": f"https://sts.windows.net/{guid}/"
        if ask.older
        else f"{authority_of(ask.host)}/{guid}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME,
        "oid": user.oid,
        "sub": pairwise(client.id, user.oid),
        "tid": guid,
        "ver": "1.0" if ask.older else "2.0",
    }
    if ask.older:
        claims |= {"name": user.name, "upn": user.upn, "unique_name": user.upn}
    elif "profile" in asked.oidc:
        claims |= {"name": user.name, "preferred_username": user.upn}
    if "email" in asked.oidc:
        claims["email"] = user.upn
    if nonce is not None:
        claims["nonce"] = nonce
    return claims


def _client_info(oid: str, tenant: str) -> str:
    """By this MSAL tells accounts apart."""
    data = json.dumps({"uid": oid, "utid": tenant}).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
