"""What an application is made with, and what a service principal has of its application.

https://learn.microsoft.com/graph/api/resources/application
https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.directory import microsoft_graph
from fakegraph.workloads.handed import Acting, Filled, Generate, Making
from fakegraph.workloads.pictures import picture_size

EVERYBODY = "AzureADandPersonalMicrosoftAccount"
_NO_INFO = dict.fromkeys(
    ("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
)


def check_logo(given: Filled) -> None:
    """Raise GraphError for a logo that is no picture."""
    if picture_size(given.content.read()) is None:
        message = "The logo is no JPEG, PNG or GIF picture."
        raise GraphError(400, "Request_BadRequest", message, "logo")


#: How wide and how high the pictures of a branding may be.
MOST_PIXELS = {
    "backgroundImage": (1920, 1080),
    "bannerLogo": (245, 36),
    "headerLogo": (245, 36),
    "squareLogo": (240, 240),
    "squareLogoDark": (240, 240),
}
_MOST_CSS = 25 * 1024


def check_picture(given: Filled) -> None:
    """Raise GraphError for a picture of a branding that is none, or too large.

    https://learn.microsoft.com/graph/api/resources/organizationalbrandingproperties
    """
    size, (width, height) = picture_size(given.content.read()), MOST_PIXELS[given.stream]
    if size is None or size[0] > width or size[1] > height:
        message = (
            f"'{given.stream}' is a PNG or a JPEG picture of {width} by {height} pixels at most."
        )
        raise GraphError(400, "Request_BadRequest", message, given.stream)


def check_css(given: Filled) -> None:
    """Raise GraphError for a style sheet of a branding that is too long."""
    if given.content.size > _MOST_CSS:
        message = f"'{given.stream}' has {_MOST_CSS} bytes at most."
        raise GraphError(400, "Request_BadRequest", message, given.stream)


def new_app_id(making: Making) -> str:
    """The ``appId`` of an application."""
    return making.new_id()


def publisher_domain(making: Making) -> str | None:
    """The tenant's default domain, where it has one."""
    domains = making.there("domains")
    return next((str(each["id"]) for each in domains if each.get("isDefault")), None)


def api(making: Making) -> Record:
    """Whom an application's tokens are for: version 2 where personal accounts sign in too."""
    everybody = making.record.get("signInAudience") == EVERYBODY
    return {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
        "requestedAccessTokenVersion": 2 if everybody else None,
    }


def web(making: Making) -> Record:
    """A web application without redirects."""
    grants = {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False}
    return {
        "homePageUrl": None,
        "implicitGrantSettings": grants,
        "logoutUrl": None,
        "redirectUris": [],
    }


APPLICATION: Mapping[str, Generate] = {
    "appId": new_app_id,
    "publisherDomain": publisher_domain,
    "api": api,
    "web": web,
    "spa": lambda making: {"redirectUris": []},
    "publicClient": lambda making: {"redirectUris": []},
    "info": lambda making: dict(_NO_INFO),
    "parentalControlSettings": lambda making: {
        "countriesBlockedForMinors": [],
        "legalAgeGroupRule": "Allow",
    },
    "verifiedPublisher": lambda making: {
        "addedDateTime": None,
        "displayName": None,
        "verifiedPublisherId": None,
    },
}
"""What an application has from the start, where its body says nothing of it."""


def backing(making: Making) -> Record:
    """The application of a service principal; empty where it is another tenant's."""
    wanted = str(making.record.get("appId")).casefold()
    applications = making.there("applications")
    found = (each for each in applications if str(each.get("appId")).casefold() == wanted)
    return next(found, {})


def _taken(name: str) -> Generate:
    return lambda making: backing(making).get(name)


def _names(making: Making) -> list[Any]:
    app_id = making.record.get("appId")
    own = [] if app_id is None else [app_id]  # a seed may leave it out
    return [*own, *(backing(making).get("identifierUris") or ())]


def _owner(making: Making) -> str | None:
    """The tenant that the application is registered in, where that is this one."""
    return making.tenant() if backing(making) else None


def _redirects(making: Making) -> list[str]:
    of = backing(making)
    kinds = (of.get(kind) or {} for kind in ("web", "spa", "publicClient"))
    return [uri for kind in kinds for uri in kind.get("redirectUris") or ()]


def _is_graph(making: Making) -> bool:
    return str(making.record.get("appId")).casefold() == microsoft_graph.GRAPH


def _roles(making: Making) -> Any:
    return microsoft_graph.app_roles() if _is_graph(making) else backing(making).get("appRoles")


def _scopes(making: Making) -> Any:
    if _is_graph(making):
        return microsoft_graph.scopes()
    return (backing(making).get("api") or {}).get("oauth2PermissionScopes")


PRINCIPAL: Mapping[str, Generate] = {
    **{
        name: _taken(name)
        for name in ("displayName", "signInAudience", "info", "tags", "description")
    },
    "appDisplayName": _taken("displayName"),
    "appOwnerOrganizationId": _owner,
    "appRoles": _roles,
    "oauth2PermissionScopes": _scopes,
    "homepage": lambda making: (backing(making).get("web") or {}).get("homePageUrl"),
    "replyUrls": _redirects,
    "servicePrincipalNames": _names,
}
"""What a service principal takes over from its application when it is made."""


def deleted(acting: Acting, application: Row) -> None:
    """Delete the application's service principal in this tenant along with it."""
    principal = acting.found(("servicePrincipals",), application.record.get("appId"), "appId")
    if principal is not None:
        acting.bury(principal)
