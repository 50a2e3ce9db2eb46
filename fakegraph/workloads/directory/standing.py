"""What directory roles allow beside the permissions of a token, and who has them.

https://learn.microsoft.com/graph/api/resources/users#who-can-perform-sensitive-actions
"""

from __future__ import annotations

from collections.abc import Mapping

from fakegraph.errors import GraphError
from fakegraph.store import Row, Store
from fakegraph.workloads.declarations import Type
from fakegraph.workloads.directory.mastered import EXCHANGE
from fakegraph.workloads.directory.role_templates import NAMES
from fakegraph.workloads.directory.words import DIRECTORY
from fakegraph.workloads.handed import Standing, folded_id

_IDS = {name: id_ for id_, name in NAMES.items()}


def _roles(*names: str) -> frozenset[str]:
    return frozenset(_IDS[name] for name in names)


def identity(row: Row) -> str:
    """The id of a thing, as ids are compared."""
    return folded_id(str(row.record["id"]))


def memberships(store: Store, row: Row) -> list[Row]:
    """The groups that something is in, over any number of steps, the nearest first."""
    links, seen, at = store.links("group/members"), {row.key: row}, [row]
    for each in at:
        for group in links.sources(each.key).scan():
            if group.key not in seen:
                seen[group.key] = group
                at.append(group)
    return at[1:]


def role_templates(store: Store, user: Row) -> list[str]:
    """The templates of the directory roles that a user has, by themselves or through groups."""
    held = [user, *memberships(store, user)]
    links, wanted = store.links("directoryRole/members"), {identity(each) for each in held}
    roles = [
        role.record.get("roleTemplateId") or role.record["id"]
        for each in held
        for role in links.sources(each.key).scan()
    ]
    assigned = (row.record for row in store.container("rbacApplication/roleAssignments").scan())
    roles.extend(
        each.get("roleDefinitionId")
        for each in assigned
        if folded_id(str(each.get("principalId"))) in wanted
    )
    return [str(role) for role in dict.fromkeys(roles)]


# Who writes what of users -----------------------------------------------------------------------

_OF_ALL = _roles("Global Administrator", "Privileged Authentication Administrator")
_OF_LESSER = _roles("User Administrator")
_LESSER = _roles(
    "Directory Readers",
    "Groups Administrator",
    "Guest Inviter",
    "Helpdesk Administrator",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
    "User Administrator",
)
"""Roles whose holders a user administrator may do everything to."""
_OF_PASSWORDS = (
    _OF_ALL
    | _OF_LESSER
    | _roles("Authentication Administrator", "Helpdesk Administrator", "Password Administrator")
)
_SENSITIVE = frozenset(
    {"accountEnabled", "businessPhones", "mobilePhone", "otherMails", "passwordProfile"}
)
_PASSWORD = "User-PasswordProfile.ReadWrite.All"
_NARROW: Mapping[str, str] = {
    "User.EnableDisableAccount.All": "accountEnabled",
    "User-Phone.ReadWrite.All": "businessPhones mobilePhone",
    "User-Mail.ReadWrite.All": "otherMails",
    _PASSWORD: "passwordProfile",
    "User.ManageIdentities.All": "identities",
}
"""Permissions that change some properties and no others."""

_BASIC = frozenset(
    {"displayName", "givenName", "id", "mail", "surname", "userPrincipalName", "photo", "photos"}
)
_OF_ONESELF = frozenset({"User.Read", "User.ReadWrite"})
_BASIC_ONLY = frozenset({"User.ReadBasic.All"})


def _check_names(standing: Standing) -> None:
    """Raise GraphError (403) for properties that the permissions are not for."""
    if standing.used and standing.used <= _NARROW.keys():
        known = {name for each in standing.used for name in _NARROW[each].split()}
        if not standing.names <= known:
            raise DIRECTORY.words.forbidden(
                f"{' and '.join(sorted(standing.used))} let change no more than "
                f"{', '.join(sorted(known))}."
            )
    if "passwordProfile" not in standing.names or standing.oneself:
        return
    if _PASSWORD not in standing.granted and not standing.roles() & _OF_PASSWORDS:
        raise DIRECTORY.words.forbidden(
            f"A password is set with {_PASSWORD}, or by who has a directory role for it, such as "
            "User Administrator."
        )


def _check_administrators(standing: Standing) -> None:
    """Raise GraphError (403) for what is done to an administrator by who has a lesser role."""
    is_sensitive = standing.method == "DELETE" or standing.beneath or standing.names & _SENSITIVE
    if standing.oneself or not is_sensitive:
        return
    held = standing.held()
    allowed = _OF_ALL | _OF_LESSER if held <= _LESSER else _OF_ALL
    if held and not standing.roles() & allowed:
        names = ", ".join(sorted(NAMES.get(each, each) for each in held))
        needed = " or ".join(sorted(NAMES[each] for each in allowed))
        raise DIRECTORY.words.forbidden(
            f"This user is {names}: for this, who asks has to be {needed} too."
        )


def _about_user(standing: Standing) -> frozenset[str]:
    """What of users is not shown. Raises GraphError (403) for what roles do not allow."""
    if standing.method != "GET":
        _check_names(standing)
        _check_administrators(standing)
        return frozenset()
    used = standing.used
    if not used or not used <= _BASIC_ONLY | _OF_ONESELF or not used & _BASIC_ONLY:
        return frozenset()
    if standing.oneself and used & _OF_ONESELF:
        return frozenset()
    return frozenset(standing.type.properties) - _BASIC


# Who reads the logs -----------------------------------------------------------------------------

_OF_LOGS = _roles(
    "Global Administrator",
    "Global Reader",
    "Reports Reader",
    "Security Administrator",
    "Security Operator",
    "Security Reader",
)


def _about_logs(standing: Standing) -> frozenset[str]:
    """Nothing. Raises GraphError (403) for a user without a role that lets read them."""
    if not standing.app_only and not standing.roles() & _OF_LOGS:
        message = "User is not in the allowed roles"
        raise GraphError(403, "Authentication_RequestFromUnsupportedUserRole", message)
    return frozenset()


def _about_group(standing: Standing) -> frozenset[str]:
    """Nothing. Raises GraphError (403) for an app by itself that changes what Exchange keeps."""
    if standing.app_only and standing.names & EXCHANGE:
        names = ", ".join(sorted(standing.names & EXCHANGE))
        raise DIRECTORY.words.forbidden(f"A user has to be signed in for {names}.")
    return frozenset()


TYPES = (
    Type("user", guarded=_about_user),
    Type("group", guarded=_about_group),
    Type("signIn", guarded=_about_logs),
    Type("directoryAudit", guarded=_about_logs),
)
