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
from fakegraph.workloads.handed import Standing, folded_id, short

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
    is_sensitive = standing.method == "DELETE" or standing.member or standing.names & _SENSITIVE
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
        return _about_attributes(standing)
    return _about_attributes(standing) | _hidden_of_user(standing)


def _hidden_of_user(standing: Standing) -> frozenset[str]:
    """What only basic permissions do not show of users."""
    used = standing.used
    if not used or not used <= _BASIC_ONLY | _OF_ONESELF or not used & _BASIC_ONLY:
        return frozenset()
    if standing.oneself and used & _OF_ONESELF:
        return frozenset()
    return frozenset(standing.type.properties) - _BASIC


# Security attributes ----------------------------------------------------------------------------

_ATTRIBUTES = "customSecurityAttributes"
_WRITE_VALUES = "CustomSecAttributeAssignment.ReadWrite.All"
_READ_VALUES = frozenset({"CustomSecAttributeAssignment.Read.All", _WRITE_VALUES})
_ASSIGNING = _roles("Attribute Assignment Administrator")
_DEFINING = _roles("Attribute Definition Administrator")
_READING = _roles("Attribute Assignment Reader") | _ASSIGNING
_KNOWING = _roles("Attribute Definition Reader") | _DEFINING | _READING


def _has_role(standing: Standing, roles: frozenset[str]) -> bool:
    return standing.app_only or not roles.isdisjoint(standing.roles())


def _about_attributes(standing: Standing) -> frozenset[str]:
    """Whether security attributes are shown. Raises GraphError (403) for who may not set them."""
    if standing.method == "GET":
        if not standing.mentions(_ATTRIBUTES):
            return frozenset()
        may = standing.granted & _READ_VALUES and _has_role(standing, _READING)
        return frozenset(() if may else (_ATTRIBUTES,))
    if _ATTRIBUTES in standing.names | standing.sent.keys() and not (
        _WRITE_VALUES in standing.granted and _has_role(standing, _ASSIGNING)
    ):
        raise DIRECTORY.words.forbidden(
            f"{_ATTRIBUTES} are set with {_WRITE_VALUES}, by who is Attribute Assignment "
            "Administrator: a Global Administrator is not."
        )
    return frozenset()


def _about_definition(standing: Standing) -> frozenset[str]:
    """Nothing. Raises GraphError (403) for a user without a role that is for attributes."""
    if not _has_role(standing, _KNOWING if standing.method == "GET" else _DEFINING):
        raise DIRECTORY.words.forbidden(
            "This is for who has a role for attributes, such as Attribute Definition "
            "Administrator: a Global Administrator has none."
        )
    return frozenset()


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


# Groups -----------------------------------------------------------------------------------------

_HIDDEN, _OF_ROLES = "Member.Read.Hidden", "RoleManagement.ReadWrite.Directory"
_MEMBERS = frozenset({"members", "transitiveMembers"})


def _about_group(standing: Standing) -> frozenset[str]:
    """Nothing. Raises GraphError (403) for what Exchange keeps, changed by an app by itself; for
    groups that roles are assigned to; and for members that are nobody's business.
    """
    if standing.method == "GET":
        _check_hidden_members(standing)
        return frozenset()
    if standing.app_only and standing.names & EXCHANGE:
        names = ", ".join(sorted(standing.names & EXCHANGE))
        raise DIRECTORY.words.forbidden(f"A user has to be signed in for {names}.")
    said = (standing.record, standing.sent)
    if any(each.get("isAssignableToRole") for each in said) and _OF_ROLES not in standing.granted:
        raise DIRECTORY.words.forbidden(f"{_OF_ROLES} is needed for groups that have roles.")
    return frozenset()


def _about_unit(standing: Standing) -> frozenset[str]:
    """Nothing. Raises GraphError (403) for members that are nobody's business."""
    if standing.method == "GET":
        _check_hidden_members(standing)
    return frozenset()


def _check_hidden_members(standing: Standing) -> None:
    """Raise GraphError (403) for members who are shown to each other alone."""
    shows = standing.member in _MEMBERS or (not standing.member and standing.mentions("members"))
    if shows and _hidden_members(standing):
        raise DIRECTORY.words.forbidden(f"The members are hidden: {_HIDDEN} shows them.")


def _hidden_members(standing: Standing) -> frozenset[str]:
    """The members of a group or a unit that shows them to each other and to owners alone."""
    is_hidden = str(standing.record.get("visibility")).casefold() == "hiddenmembership"
    if not is_hidden or _HIDDEN in standing.granted:
        return frozenset()
    kind = short(standing.type.name)
    seen = standing.linked(f"{kind}/members") or standing.linked(f"{kind}/owners")
    return frozenset() if seen else _MEMBERS


# Applications -----------------------------------------------------------------------------------

_FOREIGN = (
    "When using this permission, the backing application of the service principal being created "
    "must in the local tenant."
)
_OWNED, _ASSIGNS = "Application.ReadWrite.OwnedBy", "AppRoleAssignment.ReadWrite.All"


def _about_application(standing: Standing) -> frozenset[str]:
    """Nothing. Raises GraphError (403) for an app that may change no others than its own."""
    hidden = _about_attributes(standing)
    if standing.method == "GET" or standing.used != {_OWNED}:
        return hidden
    app_id = standing.sent.get("appId")
    if not standing.record and app_id and not standing.there("applications", "appId", app_id):
        raise GraphError(403, DIRECTORY.words.denied[0], _FOREIGN, "appId")
    if standing.record and not standing.linked(f"{short(standing.type.name)}/owners"):
        raise DIRECTORY.words.forbidden(f"{_OWNED} is for what the app owns.")
    return frozenset()


def _about_assignment(standing: Standing) -> frozenset[str]:
    """Nothing. Raises GraphError (403) for who may read applications, and assigns their roles."""
    if standing.method != "GET" and _ASSIGNS not in standing.granted:
        raise DIRECTORY.words.forbidden(f"{_ASSIGNS} is needed to assign what apps offer.")
    return frozenset()


# The organisation -------------------------------------------------------------------------------

_OF_ORGANIZATION = frozenset({"id", "displayName", "verifiedDomains"})


def _about_organization(standing: Standing) -> frozenset[str]:
    """What of it is not shown to who may read no more than themselves."""
    if standing.method == "GET" and standing.used and standing.used <= _OF_ONESELF:
        return frozenset(standing.type.properties) - _OF_ORGANIZATION
    return frozenset()


TYPES = (
    Type("user", guarded=_about_user),
    Type("group", guarded=_about_group, conceals=_hidden_members),
    Type("administrativeUnit", guarded=_about_unit, conceals=_hidden_members),
    Type("application", guarded=_about_application),
    Type("servicePrincipal", guarded=_about_application),
    Type("appRoleAssignment", guarded=_about_assignment),
    Type("attributeSet", guarded=_about_definition),
    Type("customSecurityAttributeDefinition", guarded=_about_definition),
    Type("organization", guarded=_about_organization),
    Type("signIn", guarded=_about_logs),
    Type("directoryAudit", guarded=_about_logs),
)
