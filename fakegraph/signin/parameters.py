"""The names of parameters: which are known, and of which the value may be seen.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow. What is not listed
here may be a secret under a misspelt name, or a part of one that was not encoded: neither its name
nor its value is to be seen.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

from fakegraph.tenants.journal import REDACTED

# Whose values may be seen. A plain code_challenge is the verifier itself, so it is not among them.
SHOWN = frozenset(
    {
        *("api-version", "authorization_endpoint", "appid", "client_id", "client_info", "claims"),
        *("client_assertion_type", "code_challenge_method", "domain_hint"),
        *("grant_type", "login_hint", "logout_hint", "nonce", "post_logout_redirect_uri"),
        *("prompt", "redirect_uri", "requested_token_use", "resource", "response_mode"),
        *("response_type", "scope", "state", "username", "action", "client-request-id"),
    }
)
# Whose names may be seen, and their values not.
_NAMED = frozenset(
    {
        *("assertion", "client_assertion", "client_secret", "code", "code_challenge"),
        *("code_verifier", "device_code", "id_token_hint", "password", "refresh_token", "sid"),
        *("user_code", "request", "request_uri", "registration", "req_cnf"),
    }
)
# What clients send to other services, or for statistics: nothing at this one goes by it.
_TAKEN_NO_NOTICE_OF = frozenset(
    {
        *("access_type", "acr_values", "amr_values", "approval_prompt", "audience", "auth_type"),
        *("cc", "clidata", "client_name", "claims_locales", "connection", "dc", "display"),
        *("force_login", "haschrome", "hd", "id_token_signed_response_alg", "iframe-request-id"),
        *("include_granted_scopes", "instance_aware", "itver", "lc", "login_type", "lw"),
        *("max_age", "mkt", "msafed", "msaoauth2", "nopa", "nux", "organization", "origin", "pocd"),
        *("prompt_behavior", "provider", "return-client-request-id", "site_id", "slice"),
        *("sso_nonce", "sso_reload", "supports_instance_aware", "token_type", "ui_locales"),
        *("uaid", "verifier", "version", "wa", "wauth", "whr", "wreply", "x-anchormailbox"),
    }
)
_OF_CLIENTS = re.compile(r"x-(?:app|client|ms)-[a-z-]{1,40}", re.IGNORECASE)
KNOWN = SHOWN | _NAMED
_CLOSE = 0.85
_LONGEST = 40


@lru_cache(maxsize=512)
def meant(name: str) -> str | None:
    """The parameter that a misspelt name is for; None where it is like none of them."""
    if name in KNOWN or len(name) > _LONGEST:
        return None
    folded = name.casefold().replace("-", "_")
    return next(iter(get_close_matches(folded, KNOWN, 1, _CLOSE)), None)


def shown_name(name: str) -> str:
    """A name as it may be seen: a known one, or one that is nearly so."""
    known = name in KNOWN or name.casefold() in _TAKEN_NO_NOTICE_OF
    return name if known or _OF_CLIENTS.fullmatch(name) or meant(name) else REDACTED
