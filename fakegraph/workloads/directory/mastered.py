"""What is kept elsewhere than in the directory: on premises, in SharePoint, in Exchange.

https://learn.microsoft.com/graph/api/user-update
https://learn.microsoft.com/graph/api/group-update
"""

from __future__ import annotations

from collections.abc import Mapping

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.directory.addresses import is_unified
from fakegraph.workloads.handed import Generate

SHAREPOINT = frozenset(
    {"aboutMe", "birthday", "hireDate", "interests", "mySite", "pastProjects", "preferredName"}
    | {"responsibilities", "schools", "skills"}
)
"""Properties of users that are PATCHed alone, and of one user at a time read."""

EXCHANGE = frozenset(
    {"allowExternalSenders", "autoSubscribeNewMembers", "hideFromAddressLists"}
    | {"hideFromOutlookClients", "isSubscribedByMail", "unseenCount"}
)
"""Properties of groups that are PATCHed alone."""

_SYNCED_USER = frozenset(
    {"accountEnabled", "businessPhones", "city", "companyName", "country", "department"}
    | {"displayName", "employeeId", "employeeType", "faxNumber", "givenName", "jobTitle", "mail"}
    | {"mailNickname", "mobilePhone", "officeLocation", "onPremisesExtensionAttributes"}
    | {"onPremisesImmutableId", "postalCode", "preferredLanguage", "showInAddressList", "state"}
    | {"streetAddress", "surname", "userPrincipalName"}
)
_SYNCED_GROUP = frozenset({"description", "displayName", "mailNickname", "securityEnabled"})
_SYNCED = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects or "
    "objects currently undergoing migration."
)
_LISTED = "This operation target is not yet supported."


def _changed(record: Record, before: Record) -> set[str]:
    return {name for name, value in record.items() if before.get(name) != value}


def _check_synced(mastered: frozenset[str], record: Record, before: Record | None) -> None:
    changed = before is not None and mastered & _changed(record, before)
    if changed and before is not None and before.get("onPremisesSyncEnabled"):
        raise GraphError(400, "Request_BadRequest", _SYNCED, min(changed))


def _check_alone(own: frozenset[str], record: Record, before: Record | None) -> None:
    changed = set() if before is None else _changed(record, before)
    if changed & own and changed - own:
        names = ", ".join(sorted(changed & own))
        raise GraphError(
            400,
            "Request_BadRequest",
            f"{names}: what is kept elsewhere than in the directory is changed by a PATCH of its "
            f"own, without {', '.join(sorted(changed - own))}.",
            min(changed & own),
        )


def check_user(user: Record, before: Record | None) -> None:
    """Raise GraphError for a change of what is kept elsewhere, or together with what is not."""
    _check_synced(_SYNCED_USER, user, before)
    _check_alone(SHAREPOINT, user, before)


def check_group(group: Record, before: Record | None) -> None:
    """The same of groups."""
    _check_synced(_SYNCED_GROUP, group, before)
    _check_alone(EXCHANGE, group, before)
    said = sorted(e for e in EXCHANGE & group.keys() if group[e] != (before or {}).get(e))
    if before is not None and said and not is_unified(group):
        message = f"'{said[0]}' is of Microsoft 365 groups alone."
        raise GraphError(400, "Request_BadRequest", message, said[0])


def _at_first(value: object) -> Generate:
    return lambda making: value if is_unified(making.record) else None


AT_FIRST: Mapping[str, Generate] = {
    name: _at_first(value)
    for name, value in (
        *((name, False) for name in ("allowExternalSenders", "autoSubscribeNewMembers")),
        *((name, False) for name in ("hideFromAddressLists", "hideFromOutlookClients")),
        *(("isSubscribedByMail", True), ("unseenCount", 0)),
    )
}
"""What Exchange says of a Microsoft 365 group that nobody has changed yet."""


def changed_with(changes: Record) -> int | None:
    """The status of a change of a group that Exchange keeps."""
    return 200 if changes and EXCHANGE.issuperset(changes) else None


def check_links(group: Record) -> None:
    """Raise GraphError for a group whose members are kept on premises."""
    if group.get("onPremisesSyncEnabled"):
        raise GraphError(400, "Request_BadRequest", _SYNCED)


def check_listed(options: Mapping[str, str]) -> None:
    """Raise GraphError (501) for what users are not listed with."""
    names = {name.strip() for name in options.get("select", "").split(",")}
    if names & (SHAREPOINT | {"mailboxSettings"}):
        raise GraphError(501, "NotImplemented", _LISTED, "$select")
