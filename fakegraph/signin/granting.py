"""What tokens tell of grants and memberships, as Graph has them at that moment.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
https://learn.microsoft.com/entra/identity-platform/optional-claims
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fakegraph.signin.accounts import Account, Registration, found
from fakegraph.signin.cookies import hint_of
from fakegraph.store import Record, Row, Store
from fakegraph.workloads.directory.grants import ASSIGNMENTS, GRANTS
from fakegraph.workloads.directory.standing import identity as _id
from fakegraph.workloads.directory.standing import memberships, role_templates
from fakegraph.workloads.handed import folded_id

_MOST_GROUPS = 200  # in a token; of more, it says where they can be asked for
_OPTIONAL = {
    "email": "mail",
    "upn": "userPrincipalName",
    "family_name": "surname",
    "given_name": "givenName",
    "ctry": "usageLocation",
    "onprem_sid": "onPremisesSecurityIdentifier",
}


def assigned_roles(store: Store, principals: Iterable[Row], resource: Row | None) -> list[str]:
    """The values of a resource's app roles that are assigned to any of these."""
    if resource is None:
        return []
    values = {
        folded_id(str(each.get("id"))): each.get("value")
        for each in resource.record.get("appRoles") or ()
        if each.get("isEnabled") is not False
    }
    wanted = _id(resource)
    given = [
        values.get(folded_id(str(each.get("appRoleId"))))
        for principal in principals
        for each in _with(store, ASSIGNMENTS, "principalId", _id(principal))
        if folded_id(str(each.get("resourceId"))) == wanted
    ]
    return [str(value) for value in dict.fromkeys(given) if value]


def app_roles(store: Store, registration: Registration | None, resource: str) -> list[str]:
    """The roles of an app's own token for a resource, by the ``appId`` of that."""
    principal = None if registration is None else registration.principal
    if principal is None:
        return []
    return assigned_roles(store, [principal], found(store, "servicePrincipals", "appId", resource))


def scopes(store: Store, registration: Registration | None, user: str, resource: str) -> list[str]:
    """The delegated permissions that were granted to an app, for all users or for this one."""
    client = None if registration is None else registration.principal
    of = found(store, "servicePrincipals", "appId", resource)
    if client is None or of is None:
        return []
    said = [
        str(each.get("scope") or "").split()
        for each in _with(store, GRANTS, "clientId", _id(client))
        if folded_id(str(each.get("resourceId"))) == _id(of)
        and (each.get("consentType") == "AllPrincipals" or _is(each.get("principalId"), user))
    ]
    return list(dict.fromkeys(name for names in said for name in names))


def _is(value: object, id_: str) -> bool:
    return bool(value) and folded_id(str(value)) == folded_id(id_)


def _with(store: Store, container: str, name: str, value: str) -> Iterator[Record]:
    rows = (row.record for row in store.container(container).scan())
    return (each for each in rows if folded_id(str(each.get(name))) == value)


def claims_about(
    store: Store,
    user: Account,
    registration: Registration | None,
    kind: str,
    asked_now: Iterable[str] = (),
) -> dict[str, Any]:
    """What an app has asked for to be told of a user: groups, roles, and optional claims.

    ``registration`` is of the app that reads the token, ``kind`` is ``idToken`` or ``accessToken``;
    ``asked_now``: claims that the request itself asks for.
    """
    application = None if registration is None else registration.registered
    wanted = {*asked_now, *_wanted(application or {}, kind)}
    found_: dict[str, Any] = {"login_hint": hint_of(user.upn)} if "login_hint" in wanted else {}
    if user.row is None:
        return found_
    for name, property_ in _OPTIONAL.items():
        if name in wanted and (value := user.row.record.get(property_)):
            found_[name] = value
    if registration is None or application is None:
        return found_
    groups = memberships(store, user.row)
    roles = assigned_roles(store, [user.row, *groups], registration.principal)
    if roles:
        found_["roles"] = roles
    asked = str(application.get("groupMembershipClaims") or "").replace(" ", "").split(",")
    if asked != [""] and asked != ["None"]:
        found_ |= _groups(store, user, groups, registration, asked)
    return found_


def _wanted(application: Mapping[str, Any], kind: str) -> list[str]:
    said = (application.get("optionalClaims") or {}).get(kind) or ()
    return [str(each.get("name")) for each in said]


def _groups(
    store: Store, user: Account, groups: list[Row], of: Registration, asked: list[str]
) -> dict[str, Any]:
    """``groups``, and ``wids`` where roles are asked for too."""
    found_: dict[str, Any] = {}
    assert user.row is not None
    ids = [_id(each) for each in groups if _is_told(store, each, of, asked)]
    if len(ids) > _MOST_GROUPS:
        where = f"https://graph.microsoft.com/v1.0/users/{user.id}/getMemberObjects"
        found_["_claim_names"] = {"groups": "src1"}
        found_["_claim_sources"] = {"src1": {"endpoint": where}}
    elif ids:
        found_["groups"] = ids
    roles = role_templates(store, user.row) if {"All", "DirectoryRole"} & set(asked) else []
    if roles:
        found_["wids"] = roles
    return found_


def _is_told(store: Store, group: Row, of: Registration, asked: list[str]) -> bool:
    if "All" in asked:
        return True
    if "SecurityGroup" in asked and group.record.get("securityEnabled") is True:
        return True
    if "ApplicationGroup" not in asked or of.principal is None:
        return False
    given = _with(store, ASSIGNMENTS, "principalId", _id(group))
    return any(_is(each.get("resourceId"), _id(of.principal)) for each in given)
