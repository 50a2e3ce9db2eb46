"""Managed identities: tokens for what runs in Azure, without a secret.

The forms of virtual machines (IMDS) and of Azure Arc, and that of App Service and Functions:
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakegraph.signin import arc
from fakegraph.signin.accounts import found
from fakegraph.signin.clients import Client
from fakegraph.signin.issuing import for_app
from fakegraph.signin.oauth import Form, OAuthError
from fakegraph.signin.office import Ask
from fakegraph.signin.scopes import DEFAULT, read_scope
from fakegraph.tokens.bearer import payload_of
from fakegraph.tokens.claims import LIFETIME

# Whose the machine's own identity is, where the directory knows none.
OWN = "fa4e6a90-0000-4000-8000-000000000002"
_RESOURCE_IDS = ("mi_res_id", "msi_res_id")
_NAMES = ("client_id", "object_id", "principal_id", *_RESOURCE_IDS)
_KIND = "ManagedIdentity"
_MACHINES = ("2018-02-01", "2019-08-01", "2021-02-01")
_PROOF = arc.Proof()


def machine_token(ask: Ask) -> dict[str, Any]:
    """What the metadata service of a virtual machine answers, and Azure Arc's by its versions.

    Raises OAuthError.
    """
    if ask.exchange.header("HTTP_METADATA").casefold() != "true":
        raise _bad("Required metadata header not specified: Metadata: true.")
    if ask.exchange.header("HTTP_X_FORWARDED_FOR"):
        raise _bad("Requests that were forwarded (X-Forwarded-For) are refused.")
    form = _asked(ask, (*_MACHINES, *arc.VERSIONS))
    lives = {"expires_in": str(LIFETIME), "ext_expires_in": str(LIFETIME)}
    if form.need("api-version") not in arc.VERSIONS:
        return {**_token(ask, form), **lives}
    _PROOF.check(ask.exchange.header("HTTP_AUTHORIZATION"))
    meant = {name: form.need(name) for name in _NAMES if form.get(name)}  # clients compare it
    return {**_token(ask, form), **lives, **meant}


def service_token(ask: Ask) -> dict[str, Any]:
    """What App Service answers at IDENTITY_ENDPOINT. Raises OAuthError."""
    if not ask.exchange.header("HTTP_X_IDENTITY_HEADER"):
        message = (
            "The header X-IDENTITY-HEADER is missing: it is IDENTITY_HEADER of the environment."
        )
        raise OAuthError("unauthorized_client", 401, message)
    return _token(ask, _asked(ask, ("2019-08-01",)))


def _asked(ask: Ask, versions: Sequence[str]) -> Form:
    form = ask.query("api-version", "resource", *_NAMES)
    if form.need("api-version") not in versions:
        raise _bad(f"api-version takes {', '.join(versions)}.")
    return form


def _token(ask: Ask, form: Form) -> dict[str, Any]:
    resource = form.need("resource")
    if len(resource.split()) != 1:
        raise OAuthError("invalid_resource", 400, "resource takes one, such as a service's URL.")
    client = _identity(ask, form)
    given = for_app(ask, client, form, read_scope(f"{resource}/{DEFAULT}", ask.tenant, ask.host))
    claims = payload_of(given["access_token"])
    return {
        "access_token": given["access_token"],
        "client_id": client.id,
        "expires_on": str(claims["exp"]),
        "not_before": str(claims["nbf"]),
        "resource": resource,
        "token_type": "Bearer",
    }


def _identity(ask: Ask, form: Form) -> Client:
    """Who is meant: by an id of an identity that a user made, or the machine's own."""
    named = [name for name in _NAMES if form.get(name)]
    if len(named) > 1:
        raise _bad(f"One of {', '.join(_NAMES)} names an identity, not {' and '.join(named)}.")
    app_id = _app_id(ask, named[0], form.need(named[0])) if named else _own(ask)
    known = ask.app(app_id)
    return Client(app_id, known, "2")


def _app_id(ask: Ask, name: str, value: str) -> str:
    if name == "client_id":
        return value
    key = None if name in _RESOURCE_IDS else "id"
    row = found(ask.tenant.store, "servicePrincipals", key, value) if key else _at(ask, value)
    if row is None:
        raise _bad(f"Identity not found: no service principal has the {name} '{value[:200]}'.")
    return str(row.record["appId"])


def _at(ask: Ask, resource_id: str) -> Any:
    """The principal that names a resource of Azure among its ``alternativeNames``."""
    wanted = resource_id.casefold()
    rows = ask.tenant.store.container("servicePrincipals").scan()
    return next((row for row in rows if wanted in _names(row.record)), None)


def _names(record: Any) -> list[str]:
    return [str(name).casefold() for name in record.get("alternativeNames") or ()]


def _own(ask: Ask) -> str:
    """The one managed identity that the directory has, or else an invented one."""
    rows = ask.tenant.store.container("servicePrincipals").scan()
    mine = [row.record for row in rows if row.record.get("servicePrincipalType") == _KIND]
    return str(mine[0]["appId"]) if len(mine) == 1 else OWN


def _bad(message: str) -> OAuthError:
    return OAuthError("invalid_request", 400, message)
