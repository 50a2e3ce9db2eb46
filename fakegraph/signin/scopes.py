"""``scope``: what a client asks for, and of which resource.

https://learn.microsoft.com/entra/identity-platform/scopes-oidc
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from fakegraph.dataclass import dataclass
from fakegraph.signin.accounts import app_identified, registration
from fakegraph.signin.oauth import Form, refusal
from fakegraph.tenants import Tenant
from fakegraph.tokens.claims import AUDIENCE, AUDIENCES, GRAPH_ID
from fakegraph.tokens.resources import resource_of

OIDC = ("openid", "profile", "email", "offline_access")
DEFAULT = ".default"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")
_APP = re.compile(r"(?:api://)?([A-Za-z0-9._-]{1,100})")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """A scope parameter, read. ``names`` are permissions of one resource, without its prefix.

    ``app`` is the app whose API is meant; None for Microsoft Graph. ``audience``: the ``aud`` of an
    access token for it.
    """

    text: tuple[str, ...]
    names: tuple[str, ...]
    oidc: tuple[str, ...]
    app: str | None = None
    audience: str = AUDIENCE

    @property
    def resource(self) -> str:
        """The resource as it was named; its audience where it was not."""
        prefixes = (part.rpartition("/")[0] for part in self.text)
        return next(filter(None, prefixes), self.audience)

    @property
    def by_default(self) -> bool:
        """Whether it asks for whatever was granted before."""
        return self.names == (DEFAULT,)


def said_scope(form: Form, *, older: bool) -> str | None:
    """What a form asks for, None where it does not say: by its scope, at v1 by its resource.

    Raises OAuthError.
    """
    if not older:
        return form.get("scope")
    resource = form.get("resource")
    if resource is not None and len(resource.split()) != 1:
        raise refusal(500011, resource=resource, tenant="")
    return None if resource is None else f"{resource.strip()}/{DEFAULT}"


def needed_scope(form: Form, *, older: bool) -> str:
    """The same. Raises OAuthError where it does not say."""
    return said_scope(form, older=older) or form.need("resource" if older else "scope")


def read_scope(text: str, tenant: Tenant, host: str) -> Asked:
    """Read a scope parameter. Raises OAuthError.

    ``host`` is this server's own address, which stands for Microsoft Graph too: SDKs derive a
    scope from the base URL, with or without its port.
    """
    parts = tuple(dict.fromkeys(text.split()))
    oidc = tuple(part for part in parts if part in OIDC)
    found = [_split(part) for part in parts if part not in OIDC]
    resources = dict(_resource(prefix, tenant, host) for prefix, _ in found)
    if len(resources) > 1:
        raise refusal(28000, scope=text)
    names = tuple(name for _, name in found)
    if DEFAULT in names and len(set(names)) > 1:
        raise refusal(
            70011, hint=f".default can't be combined with resource-specific scopes: {text[:200]}"
        )
    return Asked(
        tuple(part for part in parts if part not in OIDC),
        tuple(dict.fromkeys(names)),
        oidc,
        *next(iter(resources.items()), (None, GRAPH_ID)),
    )


def _split(part: str) -> tuple[str, str]:
    prefix, _, name = part.rpartition("/")
    if part.startswith("/") or not _NAME.fullmatch(name):
        raise refusal(70011, hint=f"The scope {part[:200]} is not valid.")
    return prefix, name


def _resource(identifier: str, tenant: Tenant, host: str) -> tuple[str | None, str]:
    """None for Graph, or the id of an app; and the audience of its tokens."""
    prefix = identifier.rstrip("/")
    folded, own = prefix.casefold(), urlsplit(host.casefold())
    ours = (f"{own.scheme}://{own.netloc}", f"{own.scheme}://{own.hostname}")
    if not prefix or folded == GRAPH_ID:
        return None, GRAPH_ID  # so it is called where a scope does not name it by its URL
    if folded in AUDIENCES or folded in ours:
        return None, AUDIENCE
    other = resource_of(prefix)
    if other is not None:
        there = not tenant.strict_directory or registration(tenant, other.app_id) is not None
        if there:
            return other.app_id, identifier  # to the letter: some end in a slash
        raise refusal(500011, resource=prefix, tenant=tenant.id)
    app = app_identified(tenant, prefix) or app_identified(tenant, identifier)
    if app is not None:
        return app, prefix
    match = _APP.fullmatch(prefix)
    if match is not None:
        known = registration(tenant, match[1]) is not None
        named = prefix.startswith("api://") or _GUID.fullmatch(prefix)
        if known or (named and not tenant.strict_directory):
            return match[1], f"api://{match[1]}"
    raise refusal(500011, resource=prefix, tenant=tenant.id)
