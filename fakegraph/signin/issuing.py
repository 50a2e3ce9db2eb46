"""What is issued: tokens for an app by itself, and for a user who has signed in.

https://learn.microsoft.com/entra/identity-platform/access-tokens,
https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fakegraph.edm.values import TICKS_PER_SECOND, Instant
from fakegraph.signin.accounts import Account, registration
from fakegraph.signin.clients import Client
from fakegraph.signin.granting import app_roles, claims_about, scopes
from fakegraph.signin.instances import authority_of
from fakegraph.signin.oauth import Form, refusal
from fakegraph.signin.office import Ask
from fakegraph.signin.scopes import OIDC, Asked, read_scope
from fakegraph.tenants.signins import Consent, Refresh
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

REFRESH_DAYS = 90
SPA_SECONDS = 86_400  # of a single-page app's refresh tokens, however often they are renewed
USER = "@user"  # who an answer is for, which it does not say itself
LONG = 86_400  # seconds that a token lives whose client is told when it no longer holds good


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


def for_app(ask: Ask, client: Client, form: Form, asked: Asked) -> dict[str, Any]:
    """The token of an app by itself, as the endpoint answers."""
    claims = access_claims(
        ask.tenant.guid,
        ask.tenant.instant(),
        app=client.id,
        roles=_roles(ask, client, asked),
        oid=client.oid,
        **_form(ask, form, asked),
    )
    return _bearer(ask, _whole(claims, client, form), asked)


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


def for_user(
    ask: Ask,
    client: Client,
    form: Form,
    consent: Consent,
    nonce: str | None = None,
    claims_wanted: Iterable[str] = (),
    spa: Refresh | None = None,
) -> dict[str, Any]:
    """The tokens for a user's consent. ``claims_wanted``: in the ID token; ``spa``: what refresh
    tokens go on from, in a single-page app.
    """
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
        **_form(ask, form, asked),
    )
    if claims["ver"] == "1.0":
        claims |= _names(account)
    if asked.app is not None:
        reader = registration(tenant, asked.app)
        claims |= claims_about(tenant.store, account, reader, "accessToken")
    whole = _whole(claims, client, form) | ({"aio": account.stamp} if account.stamp else {})
    found = _bearer(ask, whole, asked)
    prefix = asked.text[0].rpartition("/")[0] + "/" if asked.by_default else ""
    more = [f"{prefix.lstrip('/')}{name}" for name in granted] if asked.by_default else []
    named = granted if ask.older else (*asked.text, *more, *oidc)
    found["scope"] = " ".join(dict.fromkeys(named))
    if "offline_access" in asked.oidc:
        found |= _refresh(ask, consent, account.stamp, spa)
    if "openid" in asked.oidc:
        wanted = (*claims_wanted, *form.claims("id_token"))
        about = claims_about(tenant.store, account, client.registration, "idToken", wanted)
        names = _names(account) if ask.older else {}
        said = about | names | _id_claims(ask, client, user, asked, nonce)
        session = tenant.sign_ins.session(user.upn)
        if session is not None and client.id in session.apps:
            said["sid"] = session.id
        found["id_token"] = sign(said, ask.office.key)
    return found | client_info(form, user.oid, tenant.guid) | {USER: consent.user}


def _names(account: Account) -> dict[str, Any]:
    """The names that tokens of v1 have where the user has them."""
    record = {} if account.row is None else account.row.record
    found = {"family_name": record.get("surname"), "given_name": record.get("givenName")}
    return {claim: value for claim, value in found.items() if value}


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
    """What a user's sign-in is for; at v1 it is always one to stay signed in by. Permissions of
    Graph are as they are published, in whichever case they were asked for.
    """
    asked = read_delegated(ask, client, " ".join((scope, *OIDC)) if ask.older else scope, user)
    if ask.older and not asked.names:
        raise refusal(900144, name="resource", near="")
    if asked.app is not None:
        return asked
    spelt = ask.office.checker.grantable.spelt
    pairs = (part.rpartition("/") for part in asked.text)
    text = tuple(f"{prefix}{slash}{spelt(name)}" for prefix, slash, name in pairs)
    return replace(asked, text=text, names=tuple(dict.fromkeys(map(spelt, asked.names))))


def _audience(ask: Ask, asked: Asked) -> str:
    """The ``aud`` of an access token; at v1 it is the resource as the client calls it."""
    ours = asked.app is None and asked.resource not in AUDIENCES
    return asked.resource if ask.older and not ours else asked.audience


def _form(ask: Ask, form: Form, asked: Asked) -> dict[str, Any]:
    """What form an access token has, whom it is for, and how long it lives."""
    lifetime = LONG if form.is_capable and asked.app is None else LIFETIME
    reader = None if asked.app is None else registration(ask.tenant, asked.app)
    said = None if reader is None or reader.registered is None else reader.registered.get("api")
    if (said or {}).get("requestedAccessTokenVersion") != 2:
        return {"lifetime": lifetime, "audience": _audience(ask, asked)}
    return {"lifetime": lifetime, "audience": asked.app, "version": "2.0"}


def _whole(claims: Mapping[str, Any], client: Client, form: Form) -> dict[str, Any]:
    """Claims of an access token with those that tell of the client."""
    proof = "azpacr" if "azp" in claims else "appidacr"
    capable = {"xms_cc": ["cp1"]} if form.is_capable else {}
    return {**claims, "app_displayname": client.name, proof: client.proof, **capable}


def _bearer(ask: Ask, claims: Mapping[str, Any], asked: Asked) -> dict[str, Any]:
    found = {
        "token_type": "Bearer",
        "expires_in": claims["exp"] - claims["iat"],
        "ext_expires_in": claims["exp"] - claims["iat"],
        "access_token": sign(claims, ask.office.key),
    }
    if not ask.older:
        return found
    times = {"expires_on": claims["exp"], "not_before": claims["nbf"]}
    texts = {name: str(value) for name, value in (found | times).items()}
    return {**texts, "resource": asked.resource}


def _refresh(ask: Ask, consent: Consent, stamp: str, spa: Refresh | None) -> dict[str, Any]:
    """A refresh token; a single-page app is told how long it lasts."""
    secret, now = ask.new_secret(), ask.tenant.instant()
    kept = Refresh(consent, now, later(now, REFRESH_DAYS * 86_400), stamp)
    found: dict[str, Any] = {"refresh_token": secret}
    if spa is not None:
        kept = replace(kept, issued=spa.issued, expires=spa.expires, spa=True)
        found["refresh_token_expires_in"] = -((now - spa.expires) // TICKS_PER_SECOND)
    ask.tenant.sign_ins.refreshes.put(secret, kept)
    return found


def of_page(ask: Ask, consent: Consent) -> Refresh:
    """What the refresh tokens of a single-page app go on from, when somebody signs in."""
    now = ask.tenant.instant()
    return Refresh(consent, now, later(now, SPA_SECONDS), spa=True)


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


def client_info(form: Form, oid: str, tenant: str) -> dict[str, str]:
    """By this MSAL, which asks for it, tells accounts apart."""
    if form.get("client_info") != "1":
        return {}
    data = json.dumps({"uid": oid, "utid": tenant}).encode()
    return {"client_info": base64.urlsafe_b64encode(data).decode().rstrip("=")}
