"""What the scripts of pages redeem: single-page apps may, and of theirs nobody else.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
https://learn.microsoft.com/entra/identity-platform/reply-url
"""

from __future__ import annotations

from fakegraph.signin.accounts import registration
from fakegraph.signin.authorize import is_same_uri
from fakegraph.signin.oauth import Form, refusal
from fakegraph.signin.office import Ask
from fakegraph.tenants.signins import Code, Refresh

_KINDS = ("spa", "web", "publicClient")


_NO_ORIGIN = "The request has no Origin header, as browsers send it."


def check_page(ask: Ask, form: Form) -> None:
    """Raise OAuthError where a page's script redeems the code of another kind of app. It is told
    so even if it has not shown who it is.
    """
    origin, kinds = _origin(ask), _kinds(ask, form)
    if origin and kinds and "spa" not in kinds:
        hint = f"The redirect URI is one of {kinds[0]}.redirectUris, and not of spa.redirectUris."
        raise refusal(9002326, origin=origin, hint=hint)


def check_code(ask: Ask, form: Form, code: Code) -> None:
    """Raise OAuthError where nobody but a page's script may redeem a code, or it may not so."""
    origin = _origin(ask)
    if not origin and _kinds(ask, form) == ["spa"]:
        raise refusal(9002327, hint=_NO_ORIGIN)
    if origin and code.challenge is None:
        raise refusal(9002325)


def check_refresh(ask: Ask, refresh: Refresh) -> None:
    """Raise OAuthError where a page's script may not redeem a refresh token, or nobody else may."""
    origin = _origin(ask)
    if refresh.spa and not origin:
        raise refusal(9002327, hint=_NO_ORIGIN)
    if origin and not refresh.spa:
        hint = "The refresh token was not given to a page's script."
        raise refusal(9002326, origin=origin, hint=hint)


def is_of_page(ask: Ask) -> bool:
    """Whether a page's script asks."""
    return bool(_origin(ask))


def _origin(ask: Ask) -> str:
    return ask.exchange.header("HTTP_ORIGIN")


def _kinds(ask: Ask, form: Form) -> list[str]:
    """As what an application has the redirect URI; none of one that has not said."""
    known, uri = registration(ask.tenant, form.get("client_id", "")), form.get("redirect_uri", "")
    record = (known and known.registered) or {}
    return [
        kind
        for kind in _KINDS
        if any(
            is_same_uri(uri, str(known))
            for known in (record.get(kind) or {}).get("redirectUris") or ()
        )
    ]
