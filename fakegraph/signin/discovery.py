"""What clients and resource servers read before they trust anybody: endpoints and keys.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from fakegraph.edm.fields import shown
from fakegraph.signin.accounts import account
from fakegraph.signin.grants import GRANTS
from fakegraph.signin.instances import (
    INSTANCES,
    METADATA_VERSIONS,
    authority_of,
    described,
    endpoints,
    graph_of,
    instance_of,
)
from fakegraph.signin.oauth import refusal
from fakegraph.signin.office import Ask
from fakegraph.signin.scopes import OIDC
from fakegraph.web.exchange import Answer

_GENERIC = ("common", "organizations")


def configuration_v2(ask: Ask) -> dict[str, Any]:
    """The OpenID configuration; its issuer is that of ID tokens."""
    ask.query("appid")
    tenant = "{tenantid}" if ask.authority.casefold() in _GENERIC else ask.tenant.guid
    return {
        **_endpoints(ask, "/oauth2/v2.0"),
        "userinfo_endpoint": f"{graph_of(ask.host)}/oidc/userinfo",
        "issuer": f"{authority_of(ask.host)}/{tenant}/v2.0",
        "jwks_uri": f"{_root(ask)}/discovery/v2.0/keys",
    }


def configuration_v1(ask: Ask) -> dict[str, Any]:
    """The same of v1; its issuer is that of access tokens for Graph."""
    ask.query("appid")
    tenant = "{tenantid}" if ask.authority.casefold() in _GENERIC else ask.tenant.guid
    return {
        **_endpoints(ask, "/oauth2"),
        "userinfo_endpoint": f"{_root(ask)}/openid/userinfo",
        "issuer": f"https://sts.windows.net/{tenant}/",
        "jwks_uri": f"{_root(ask)}/discovery/keys",
    }


def _root(ask: Ask) -> str:
    return f"{ask.host}/{quote(ask.authority)}"


def _endpoints(ask: Ask, below: str) -> dict[str, Any]:
    """What is served, and only that."""
    oauth = f"{_root(ask)}{below}"
    return {
        "token_endpoint": f"{oauth}/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "grant_types_supported": list(GRANTS),
        "code_challenge_methods_supported": ["plain", "S256"],
        "scopes_supported": list(OIDC),
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{oauth}/authorize",
        "device_authorization_endpoint": f"{oauth}/devicecode",
        "end_session_endpoint": f"{oauth}/logout",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "claims_supported": [
            *("sub", "iss", "aud", "exp", "iat", "nbf", "nonce", "preferred_username"),
            *("name", "tid", "oid", "ver", "email", "sid"),
        ],
        **described(ask.host),
    }


def keys(ask: Ask) -> dict[str, Any]:
    """The public keys, as a JSON Web Key Set (RFC 7517)."""
    ask.query("appid")
    return ask.office.key.jwks()


def instance(ask: Ask) -> dict[str, Any]:
    """Whether a host is one to sign in at.

    By its own name this server vouches for itself only, by one of the service's for all of those:
    nobody is to be led away to the real ones.
    """
    form = ask.query("api-version", "authorization_endpoint")
    version, endpoint = form.need("api-version"), form.need("authorization_endpoint")
    if version not in {"1.0", "1.1"}:
        raise refusal(90023, hint="api-version takes 1.0 or 1.1.")
    try:
        found = urlsplit(endpoint)
        host, tenant, asked = found.hostname, found.path.split("/")[1], instance_of(endpoint)
    except (ValueError, IndexError) as error:
        raise refusal(50049) from error
    own = urlsplit(ask.host)
    theirs = asked is not None and instance_of(ask.host) is not None
    if not (theirs or host == own.hostname) or not tenant:  # MSAL leaves the port out
        raise refusal(50049)
    names = list(dict.fromkeys((own.netloc, own.hostname)))
    ours = {"preferred_network": own.netloc, "preferred_cache": own.netloc, "aliases": names}
    root = f"https://{host}" if theirs else ask.host
    configuration = "v2.0/.well-known/openid-configuration"
    return {
        "tenant_discovery_endpoint": f"{root}/{quote(tenant)}/{configuration}",
        "api-version": version,
        "metadata": [each.metadata for each in INSTANCES] if theirs else [ours],
    }


def metadata(ask: Ask) -> dict[str, Any] | Answer:
    """Where this cloud's services are, as ``az cloud register`` asks."""
    version = ask.query("api-version").get("api-version")
    if version is None:
        words = "The api-version query parameter (?api-version=) is required for all requests."
        return _refused("MissingApiVersionParameter", words)
    if version not in METADATA_VERSIONS:
        known = ",".join(METADATA_VERSIONS)
        words = (
            f"The api-version '{shown(version)}' is invalid. The supported versions are '{known}'."
        )
        return _refused("InvalidApiVersionParameter", words)
    return _json(endpoints(ask.host, version))


def _refused(code: str, message: str) -> Answer:
    return _json({"error": {"code": code, "message": message}}, 400)


def _json(value: Any, status: int = 200) -> Answer:
    return Answer(status, orjson.dumps(value), "application/json; charset=utf-8")


def user_realm(ask: Ask) -> dict[str, Any]:
    """How a user signs in: here, with a password."""
    form = ask.query("api-version")
    if form.need("api-version") != "1.0":
        raise refusal(90023, hint="api-version takes 1.0.")
    known = account(ask.tenant, ask.rest) is not None
    if ask.tenant.strict_directory and not known:
        return {"ver": "1.0", "account_type": "Unknown"}
    return {
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": ask.rest.rpartition("@")[2],
        "cloud_instance_name": urlsplit(ask.host).netloc,
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }
