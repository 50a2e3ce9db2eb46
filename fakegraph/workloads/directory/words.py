"""What the directory says when something is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError, Problem
from fakegraph.store import Transaction
from fakegraph.workloads.declarations import Tracking, Turns, Workload
from fakegraph.workloads.directory.dynamic import SETTLED_BY, next_turn, settle, turn
from fakegraph.workloads.directory.inherited import settle_licences, settle_plans
from fakegraph.workloads.directory.weights import weigh
from fakegraph.workloads.words import Words

_BY_GUID = frozenset({"group", "device", "application", "servicePrincipal", "directoryObject"})
_SINGLE = frozenset({"manager", "createdOnBehalfOf"})  # what a path may lead to without a key
# An id: a GUID, or that of an app role assignment, which is in the same space.
_ID_FORM = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[\w-]{43}", re.ASCII)


class DirectoryWords(Words):
    """The directory's sentences: it spells its codes ``Request_…``, and names types as ``User``."""

    bad = "Request_BadRequest"
    bad_query = "Request_UnsupportedQuery"
    dynamic = True
    denied = (
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )

    def nothing_granted(self, why: str) -> GraphError:
        code, message = "AccessDenied", "Either scp or roles claim need to be present in the token."
        return GraphError(403, code, message, None, [Problem(why, None, code)])

    def not_found(self, type_name: str, key: str) -> GraphError:
        if type_name in _BY_GUID and key not in _SINGLE and not _ID_FORM.fullmatch(key):
            return GraphError(400, self.bad, f"Invalid object identifier '{key}'.")
        return self.unnamed(type_name, key)

    def unset(self, type_name: str, name: str, holder: str) -> GraphError:
        return self.unnamed(type_name, name)

    def unnamed(self, type_name: str, key: str) -> GraphError:
        return GraphError(
            404,
            "Request_ResourceNotFound",
            f"Resource '{key}' does not exist or one of its queried reference-property objects "
            "are not present.",
        )

    def bad_end(self, navigation: str, key: str) -> GraphError | None:
        if _ID_FORM.fullmatch(key) or navigation in _SINGLE:
            return None
        message = (
            f"Unsupported referenced-object resource identifier for link property '{navigation}'."
        )
        return GraphError(400, self.bad_query, message)

    def required(self, type_name: str, names: Sequence[str]) -> GraphError:
        resource = _capital(type_name)
        return self.invalid(
            [
                Problem(
                    f"A value is required for property '{name}' of resource '{resource}'.", name
                )
                for name in names
            ]
        )

    def taken(self, type_name: str, name: str, value: object, holder: str = "") -> GraphError:
        if (type_name, name) == ("servicePrincipal", "appId"):
            return name_in_use(str(value))
        message = f"Another object with the same value for property {name} already exists."
        return GraphError(
            400,
            self.bad,
            message,
            details=[
                Problem(message, name, "ObjectConflict"),
                Problem(message, f"{_capital(type_name)}_{holder or value}", "ConflictingObjects"),
            ],
        )


def name_in_use(app_id: str) -> GraphError:
    """A second service principal of an application."""
    message = (
        "The service principal cannot be created, updated, or restored because the service "
        f"principal name {app_id} is already in use."
    )
    details = [Problem(message, "servicePrincipalNames", "ObjectConflict")]
    code = "Request_MultipleObjectsWithSameKeyValue"
    return GraphError(409, code, message, details=details)


def _capital(type_name: str) -> str:
    last = type_name.rpartition(".")[2]
    return last[:1].upper() + last[1:]


_MOST_IDS = 50
_ID = r"\s*+\(?+\s*+id\s++eq\s++'[^']*+'\s*+\)?+\s*+"
_KIND = r"\s*+isof\(\s*+'[\w.]++'\s*+\)\s*+"
_IDS = re.compile(rf"{_ID}(?:or\b{_ID}){{,{_MOST_IDS - 1}}}+|{_KIND}(?:or\b{_KIND})*+", re.I)

# https://learn.microsoft.com/graph/delta-query-overview
TRACKING = Tracking(
    options=frozenset({"select", "filter"}),
    filters=_IDS,
    latest=True,
    days=7,
    by_selected=True,
    sparse=True,
    minimal=True,
    placed=True,
)

_ATTRIBUTE = "customSecurityAttributeDefinition"

_ROLES = ("unifiedRoleAssignment", "unifiedRoleDefinition", "scopedRoleMembership")


def _settle(transaction: Transaction, now: Instant) -> None:
    _license(transaction, now)  # rules ask for plans
    if settle(transaction, now):
        _license(transaction, now)  # groups that they fill give licences


def _license(transaction: Transaction, now: Instant) -> None:
    settle_licences(transaction)
    settle_plans(transaction, now)


DIRECTORY = Workload(
    "directory",
    types=(
        *("directoryObject", "oAuth2PermissionGrant", "federatedIdentityCredential"),
        *("schemaExtension", "attributeSet", _ATTRIBUTE, *_ROLES),
        *("domain", "domainDnsRecord", "subscribedSku", "licenseDetails"),
        *("groupSetting", "groupLifecyclePolicy", "delegatedPermissionClassification"),
    ),
    words=DirectoryWords(),
    nulls=True,
    any_case=True,
    statuses={"PATCH": 204},
    expands=1,
    tracking=TRACKING,
    expanded=20,
    inside=frozenset({"select", "expand", "levels"}),
    levelled=frozenset({"manager"}),
    blank=False,
    whole=True,
    casts_are_sets=True,
    settles=_settle,
    settled_by=SETTLED_BY,
    turns=Turns(next_turn, turn),
    rooted=True,
    weighs=weigh,
)
