"""Identity providers, attributes of user flows, API connectors: their ids, and secrets of theirs.

https://learn.microsoft.com/graph/api/resources/identityproviderbase
https://learn.microsoft.com/graph/api/resources/identityapiconnector
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.handed import Making

_TYPES = (
    *("Amazon", "Facebook", "GitHub", "Google", "LinkedIn", "Microsoft", "QQ", "Twitter"),
    *("WeChat", "Weibo"),
)
_PREFIX = "B2X_1_"
_CERTIFICATE = "#microsoft.graph.pkcs12Certificate"
_WORD = re.compile(r"[^A-Za-z0-9_]")


def _hidden(stars: int) -> Callable[[Any], str]:
    """What is kept of a secret: that there is one. Nobody is shown it, or needs it here."""
    return lambda value: "*" * stars


def _id_by(name: str) -> Callable[[Making], str]:
    """The id of a provider: there is one of each type."""

    def id_of(making: Making) -> str:
        kind = making.record.get(name)
        return f"{kind}-OAUTH" if kind else making.new_id()

    return id_of


def _check_type(name: str) -> Callable[[Record, Record | None], None]:
    def check(provider: Record, before: Record | None) -> None:
        """Raise GraphError (400) for a type that no provider has."""
        if provider.get(name) not in (None, *_TYPES):
            raise bad_request(f"'{provider[name]}' is no {name}: {', '.join(_TYPES)} are.", name)

    return check


def _attribute_id(making: Making) -> str:
    """The id of an attribute: that of a directory extension of the app that keeps them."""
    name = _WORD.sub("", str(making.record.get("displayName")))
    return f"extension_{making.tenant().replace('-', '')}_{name}"


def _flow_id(making: Making) -> str:
    """The id of a flow, which begins as all do."""
    id_ = str(making.record["id"])
    return id_ if making.plants or id_.startswith(_PREFIX) else f"{_PREFIX}{id_}"


def as_certificate(given: Mapping[str, Any]) -> Record:
    """What is told of a certificate that is sent with its key. Raises GraphError (400)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import pkcs12

    password = str(given.get("password") or "").encode()
    try:
        data = base64.b64decode(str(given.get("pkcs12Value") or ""), validate=True)
        _, made, _ = pkcs12.load_key_and_certificates(data, password or None)
    except ValueError as error:
        message = "pkcs12Value is no certificate (PKCS 12, as base64), or the password is wrong."
        raise bad_request(message, "pkcs12Value") from error
    if made is None:
        raise bad_request("pkcs12Value has no certificate.", "pkcs12Value")
    said = {
        "thumbprint": made.fingerprint(hashes.SHA1()).hex().upper(),
        "notAfter": int(made.not_valid_after_utc.timestamp()),
        "notBefore": int(made.not_valid_before_utc.timestamp()),
        "isActive": True,
    }
    kind = {"@odata.type": "#microsoft.graph.clientCertificateAuthentication"}
    return {**kind, "certificateList": [said]}


def _sent(configuration: Record) -> Record:
    """How a connector signs in, as it is kept: without a password, and of a certificate that can be
    read what it says.
    """
    if configuration.get("@odata.type") == _CERTIFICATE:
        with suppress(GraphError):
            return as_certificate(configuration)
    has_one = configuration.get("password") is not None
    return {**configuration, "password": "*" * 6} if has_one else configuration


TYPES = (
    # https://learn.microsoft.com/graph/api/identityprovider-post-identityproviders
    Type(
        "identityProvider",
        refuses=(_check_type("type"),),
        generated={"id": _id_by("type")},
        sent={"clientSecret": _hidden(5)},
    ),
    # https://learn.microsoft.com/graph/api/identitycontainer-post-identityproviders
    Type(
        "socialIdentityProvider",
        refuses=(_check_type("identityProviderType"),),
        generated={"id": _id_by("identityProviderType")},
        sent={"clientSecret": _hidden(5)},
    ),
    # https://learn.microsoft.com/graph/api/resources/applemanagedidentityprovider
    Type(
        "appleManagedIdentityProvider",
        generated={"id": lambda making: "Apple-Managed-OIDC"},
        sent={"certificateData": _hidden(6)},
    ),
    # https://learn.microsoft.com/graph/api/resources/identityuserflowattribute
    Type(
        "identityUserFlowAttribute",
        required=("displayName", "dataType"),
        generated={"id": _attribute_id},
        defaults={"userFlowAttributeType": "custom"},
    ),
    # https://learn.microsoft.com/graph/api/identitycontainer-post-b2xuserflows
    Type("b2xIdentityUserFlow", required=("id",), formed={"id": _flow_id}),
    # https://learn.microsoft.com/graph/api/identityapiconnector-create
    Type(
        "identityApiConnector",
        required=("displayName", "targetUrl", "authenticationConfiguration"),
        sent={"authenticationConfiguration": _sent},
    ),
)
