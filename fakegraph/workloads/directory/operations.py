"""What directory objects do: memberships, restoring, passwords, publishers.

https://learn.microsoft.com/graph/api/resources/directoryobject
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.tokens.continuous import SESSIONS
from fakegraph.workloads.directory.addresses import ADDRESSES, HOLDERS
from fakegraph.workloads.directory.values import PASSWORD_RULES
from fakegraph.workloads.handed import folded_id, short
from fakegraph.workloads.operations import Call, Thing, operation

_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_MOST_CHECKED = 20
_MOST_READ = 1000
_OWNED = frozenset({"group", "application"})


def _bad(message: str, target: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message, target)


def _above(call: Call) -> list[Thing]:
    """What something is a member of, over any number of steps."""
    thing = call.thing
    return call.leads_to(thing, "transitiveMemberOf") if "memberOf" in thing.type.navigation else []


def _is_group(thing: Thing) -> bool:
    return short(thing.type.name) == "group"


def _asked_for(call: Call, things: Iterable[Thing]) -> list[str]:
    """The ids of what is secured, or of all."""
    only = call.arguments.get("securityEnabledOnly")
    if only is None:
        raise call.words.required("getMember", ["securityEnabledOnly"])
    return [
        each.id for each in things if not only or each.record.get("securityEnabled") is not False
    ]


@operation("directoryObject/getMemberGroups", reads=True)
def get_member_groups(call: Call) -> list[str]:
    """https://learn.microsoft.com/graph/api/directoryobject-getmembergroups"""
    return _asked_for(call, filter(_is_group, _above(call)))


@operation("directoryObject/getMemberObjects", reads=True)
def get_member_objects(call: Call) -> list[str]:
    """https://learn.microsoft.com/graph/api/directoryobject-getmemberobjects"""
    return _asked_for(call, _above(call))


def _among(call: Call, name: str, things: Iterable[Thing]) -> list[str]:
    """Of the ids that are asked about, those of these things."""
    ids = call.arguments[name]
    if len(ids) > _MOST_CHECKED:
        raise _bad(f"{name} has {len(ids)} ids, and may have {_MOST_CHECKED}.", name)
    there = {folded_id(each.id) for each in things}
    return [id_ for id_ in dict.fromkeys(ids) if folded_id(id_) in there]


@operation("directoryObject/checkMemberGroups", reads=True)
def check_member_groups(call: Call) -> list[str]:
    """https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups"""
    return _among(call, "groupIds", filter(_is_group, _above(call)))


@operation("directoryObject/checkMemberObjects", reads=True)
def check_member_objects(call: Call) -> list[str]:
    """https://learn.microsoft.com/graph/api/directoryobject-checkmemberobjects"""
    return _among(call, "ids", _above(call))


# What types of directory objects are called, in small letters.
_KINDS = frozenset(
    {"directoryobject", "directoryobjectpartnerreference", "user", "group", "device"}
    | {"application", "serviceprincipal", "orgcontact", "directoryrole", "directoryroletemplate"}
    | {"administrativeunit", "organization", "contract", "approleassignment", "endpoint"}
    | {"extensionproperty", "policybase", "stspolicy", "authorizationpolicy"}
    | {"resourcespecificpermissiongrant", "agentidentity", "agentuser"}
)


@operation("directoryObject*/getByIds", reads=True)
def get_by_ids(call: Call) -> list[Thing]:
    """https://learn.microsoft.com/graph/api/directoryobject-getbyids"""
    ids, types = call.arguments["ids"], call.arguments.get("types")
    if len(ids) > _MOST_READ:
        raise _bad(f"ids has {len(ids)} ids, and may have {_MOST_READ}.", "ids")
    wrong = next((each for each in ids if not _GUID.fullmatch(each)), None)
    if wrong is not None:
        raise _bad(f"Invalid GUID:{wrong}", "ids")
    unique = {folded_id(id_): id_ for id_ in ids}.values()
    found = (call.find("directoryObjects", id_) for id_ in unique)
    wanted = None if not types else {each.casefold() for each in types}
    strange = (wanted or set()) - _KINDS
    if strange:
        raise _bad(f"types has '{min(strange)}', which is no directory object.", "types")
    return [
        each
        for each in found
        if each is not None and (wanted is None or not wanted.isdisjoint(_names(each)))
    ]


@operation("directoryObject*/getUserOwnedObjects", reads=True)
def get_user_owned_objects(call: Call) -> list[Thing]:
    """What was deleted and can be restored, of what somebody owns, by id.

    https://learn.microsoft.com/graph/api/directory-deleteditems-getuserownedobjects
    """
    wanted, user_id = (str(call.arguments.get(name) or "") for name in ("type", "userId"))
    if wanted.casefold() not in _OWNED:
        raise _bad(f"type is Group or Application, and not '{wanted}'.", "type")
    if call.find("users", user_id) is None:
        raise call.words.not_found("user", user_id)
    kind = wanted.casefold()
    found = (each for each in call.things() if short(each.type.name) == kind)
    owned = [each for each in found if _was_owner(call, user_id, f"{kind}/owners", each)]
    return sorted(owned, key=lambda each: each.id)[:_MOST_READ]


def _was_owner(call: Call, id_: str, relation: str, thing: Thing) -> bool:
    owners = call.stored.were_linked(relation, thing.key)
    return any(folded_id(str(each.record["id"])) == folded_id(id_) for each in owners)


def _names(thing: Thing) -> set[str]:
    return {short(base.name).casefold() for base in thing.type.chain}


@operation("directoryObject/restore")
def restore(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/directory-deleteditems-restore"""
    thing = call.thing
    if "deletedDateTime" not in thing.record:
        raise call.words.not_found(short(thing.type.name), thing.id)
    principal = call.arguments.get("newUserPrincipalName")
    changes: Record = {"userPrincipalName": principal} if principal else {}
    if thing.container == "users":
        changes |= _reconciled(call, thing)
    return call.restore(thing, changes)


def _reconciled(call: Call, user: Thing) -> Record:
    """What is changed of a user who comes back, about addresses that others have by now. Raises
    GraphError (400) where that is not wished.
    """
    taken = {each[5:].casefold() for each in _addresses(user.record) if _is_taken(call, each)}
    if not taken:
        return {}
    if not call.arguments.get("autoReconcileProxyConflict"):
        raise call.words.taken("user", "proxyAddresses", user.id)
    kept = [each for each in _addresses(user.record) if each[5:].casefold() not in taken]
    mail = str(user.record.get("mail")).casefold()
    return {"proxyAddresses": kept, **({"mail": None} if mail in taken else {})}


def _is_taken(call: Call, address: str) -> bool:
    return any(call.having(each, ADDRESSES, address.casefold()) for each in HOLDERS)


def _addresses(user: Record) -> list[str]:
    return list(user.get("proxyAddresses") or ())


@operation("user/revokeSignInSessions", status=200)
def revoke_sign_in_sessions(call: Call) -> bool:
    """https://learn.microsoft.com/graph/api/user-revokesigninsessions"""
    call.change(call.thing, {"signInSessionsValidFromDateTime": call.now, SESSIONS: call.new_id()})
    return True


@operation("user*/validatePassword", reads=True)
def validate_password(call: Call) -> Mapping[str, Any]:
    """https://learn.microsoft.com/graph/api/user-validatepassword"""
    password = str(call.arguments["password"])
    results = [
        {
            "ruleName": rule.name,
            "validationPassed": rule.test(password),
            "message": rule.message,
        }
        for rule in PASSWORD_RULES
    ]
    return {
        "isValid": all(each["validationPassed"] for each in results),
        "validationResults": results,
    }


# Of applications -------------------------------------------------------------------------------


@operation("directoryObject*/getAvailableExtensionProperties", reads=True)
def available(call: Call) -> list[Thing]:
    """https://learn.microsoft.com/graph/api/directoryobject-getavailableextensionproperties"""
    synced = call.arguments.get("isSyncedFromOnPremises")
    return [
        each
        for app in call.inside(None, "applications")
        for each in call.inside(app, "application/extensionProperties")
        if synced is None or bool(each.record.get("isSyncedFromOnPremises")) is synced
    ]


def _set_publisher(call: Call) -> None:
    id_ = call.arguments.get("verifiedPublisherId") or ""
    if not id_.isdecimal():
        raise _bad("verifiedPublisherId is the number of a partner.", "verifiedPublisherId")
    said = {"displayName": None, "verifiedPublisherId": id_, "addedDateTime": call.now}
    call.change(call.thing, {"verifiedPublisher": said})


def _unset_publisher(call: Call) -> None:
    none = dict.fromkeys(("displayName", "verifiedPublisherId", "addedDateTime"))
    call.change(call.thing, {"verifiedPublisher": none})


_PUBLISHERS = (
    # https://learn.microsoft.com/graph/api/application-setverifiedpublisher
    operation("application/setVerifiedPublisher")(_set_publisher),
    operation("application/unsetVerifiedPublisher")(_unset_publisher),
)


# Names of groups ------------------------------------------------------------------------------


def _validate(call: Call, but: str = "") -> None:
    """Raise GraphError (422) for a name that another group has than the one of that id."""
    nickname = str(call.arguments.get("mailNickname") or "").casefold()
    groups = call.inside(None, "groups") if nickname else ()
    others = (each for each in groups if each.id != but)
    if any(str(each.record.get("mailNickname") or "").casefold() == nickname for each in others):
        message = "Another object with the same value for property mailNickname already exists."
        raise GraphError(
            422,
            "Request_UnprocessableEntity",
            "The values provided contain one or more validation errors.",
            details=[Problem(message, "mailNickname", "PropertyConflict")],
        )


@operation("directoryObject*/validateProperties", reads=True)
def validate_properties(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/directoryobject-validateproperties"""
    if (call.arguments.get("entityType") or "").casefold() != "group":
        raise _bad("entityType is Group.", "entityType")
    _validate(call)


@operation("group/validateProperties", reads=True)
def validate_group(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/group-validateproperties"""
    _validate(call, call.thing.id)


@operation("group/checkGrantedPermissionsForApp")
def granted(call: Call) -> list[Thing]:
    """What a group has granted to the application that asks.

    https://learn.microsoft.com/graph/api/group-list-permissiongrants
    """
    app = (call.by.get("application") or {}).get("id")
    grants = call.inside(call.thing, "group/permissionGrants")
    return [each for each in grants if app and each.record.get("clientAppId") == app]


OPERATIONS = (
    granted,
    get_member_groups,
    get_member_objects,
    check_member_groups,
    check_member_objects,
    get_by_ids,
    get_user_owned_objects,
    restore,
    revoke_sign_in_sessions,
    validate_password,
    validate_properties,
    validate_group,
    available,
    *_PUBLISHERS,
)
