"""Who may have what is in a drive: links, invitations, and permissions that come from above.

https://learn.microsoft.com/graph/api/resources/permission
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from fakegraph.edm.values import TICKS_PER_SECOND, instant
from fakegraph.errors import GraphError
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.everywhere import all_drives
from fakegraph.workloads.files.granted import (
    ALONE,
    ANEW,
    OF_FILE,
    PERMISSIONS,
    addressed,
    grants,
    identity,
    is_over,
    levels,
)
from fakegraph.workloads.files.ids import item_guid, whole_seconds
from fakegraph.workloads.files.queries import refuse_expanded
from fakegraph.workloads.files.shares import share_id
from fakegraph.workloads.files.totals import ITEMS, size_of
from fakegraph.workloads.handed import Looking, Making, Reading, Unfolding
from fakegraph.workloads.operations import Call, Made, Thing, operation

_ROLES = {"view": "read", "edit": "write", "embed": "read"}
_SCOPES = ("anonymous", "organization", "users")
_LONGEST_MESSAGE = 2000
_LETTERS = {
    **dict.fromkeys(("doc", "docx"), "w"),
    **dict.fromkeys(("xls", "xlsx"), "x"),
    **dict.fromkeys(("ppt", "pptx"), "p"),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif"), "i"),
    **dict.fromkeys(("mp4", "mov", "avi"), "v"),
    **dict.fromkeys(("txt", "md", "log", "csv"), "t"),
    "pdf": "b",
}


@operation("driveItem/createLink", status=200)
def create_link(call: Call) -> Thing | Made:
    """https://learn.microsoft.com/graph/api/driveitem-createlink"""
    item, said = call.thing, call.arguments
    kind, scope = said.get("type") or "view", said.get("scope") or "organization"
    known = [each for each in _ROLES if each != "embed" or _is_personal(call, item)]
    if kind not in known:
        raise _invalid(f"'{kind}' is no type of link here: {', '.join(known)} are.", "type")
    if scope not in _SCOPES:
        raise _invalid(f"'{scope}' is no scope: {', '.join(_SCOPES)} are.", "scope")
    if scope == "anonymous" and _capability(call) not in (None, _ANYBODY):
        raise GraphError(403, "notAllowed", _SWITCHED_OFF)
    check_end(call)
    app = call.by.get("application") or {}
    wanted = {"type": kind, "scope": scope, "application": app}
    for each in call.inside(item, PERMISSIONS):
        link = each.record.get("link") or {}
        if all(link.get(name) == value for name, value in wanted.items()):
            if not is_over(each.record, _seconds(call)):
                return _said_again(call, each)
            call.erase(each)
    return Made(_link(call, item, wanted))


def _said_again(call: Call, link: Thing) -> Thing:
    """A link that is there already, with what is said of it besides from now on."""
    said, record = call.arguments, link.record
    changes: Record = {"hasPassword": True} if said.get("password") else {}
    if said.get("expirationDateTime"):
        changes["expirationDateTime"] = said["expirationDateTime"]
    if record["link"]["scope"] == "users" and said.get("recipients"):
        people: list[Record] = [*(record.get("grantedToIdentitiesV2") or ())]
        named = [{"user": _person(call, each)} for each in said["recipients"]]
        changes["grantedToIdentitiesV2"] = people + [each for each in named if each not in people]
    return call.change(link, changes) if changes else link


@operation("listItem/createLink", status=201)
def create_item_link(call: Call) -> Thing:
    """A link of an item of a list is that of its file, where it has one.

    https://learn.microsoft.com/graph/api/listitem-createlink
    """
    item, said = call.thing, call.arguments
    kind, scope = said.get("type") or "view", said.get("scope") or "organization"
    if kind not in _ROLES or scope not in _SCOPES:
        raise _invalid(f"A link is {', '.join(_ROLES)}, for {', '.join(_SCOPES)}.", "type")
    if scope == "anonymous" and _capability(call) not in (None, _ANYBODY):
        raise GraphError(403, "notAllowed", _SWITCHED_OFF)
    check_end(call)
    wanted = {"type": kind, "scope": scope, "application": call.by.get("application") or {}}
    files = call.leads_to(item, "driveItem") if item.record.get(OF_FILE) else []
    return _link(call, files[0] if files else item, wanted)


_ANYBODY = "externalUserAndGuestSharing"
_SWITCHED_OFF = "The feature has been disabled. Please contact your admin to get it enabled."


def _capability(call: Call) -> str | None:
    """Whom a tenant lets share with whom: https://learn.microsoft.com/graph/api/resources/sharepointsettings"""
    settings: list[Thing] = call.inside(None, "admin")
    for container in ("admin/sharepoint", "sharepoint/settings"):
        settings = [inner for each in settings for inner in call.inside(each, container)]
    return next((each.record.get("sharingCapability") for each in settings), None)


def check_end(call: Call) -> None:
    """Raise GraphError (400) for what would have ended before it begins, or at no moment."""
    until = call.arguments.get("expirationDateTime")
    try:
        over = until is not None and is_over({"expirationDateTime": until}, _seconds(call))
    except ValueError as error:
        raise _invalid(
            f"'expirationDateTime' is no moment: {error}.", "expirationDateTime"
        ) from None
    if over:
        raise _invalid("'expirationDateTime' has to be in the future.", "expirationDateTime")


def _seconds(call: Call) -> float:
    return instant(call.now) / TICKS_PER_SECOND


def _is_personal(call: Call, item: Thing) -> bool:
    drive = call.owner(item)
    return drive is not None and drive.record.get("driveType") == "personal"


def _link(call: Call, item: Thing, wanted: Record) -> Thing:
    said = call.arguments
    id_ = call.new_id()
    url = _url(call, item, id_)
    record: Record = {
        "id": id_,
        "roles": [_ROLES[wanted["type"]]],
        "link": {**wanted, "webUrl": url, "preventsDownload": False},
        "shareId": share_id(url),
        "hasPassword": bool(said.get("password")),
    }
    if wanted["type"] == "embed":
        record["link"]["webHtml"] = f"<iframe src='{url}'></iframe>"
    if said.get("expirationDateTime"):
        record["expirationDateTime"] = said["expirationDateTime"]
    if wanted["scope"] == "users":
        people = [_person(call, each) for each in said.get("recipients") or ()]
        record["grantedToIdentitiesV2"] = [{"user": each} for each in people]
    made = call.add(item, "permissions", record)
    if item.container == ITEMS:
        _mark(call, item, wanted["scope"])
    return made


def _url(call: Call, item: Thing, id_: str) -> str:
    """The URL of a link: the kind of what it leads to, whose drive it is in, and a secret."""
    drive = call.owner(item)
    assert drive is not None
    place = urlsplit(str(drive.record.get("webUrl") or "https://contoso.sharepoint.com/"))
    names = place.path.split("/")[1:3]
    letter = _LETTERS.get(str(item.record.get("name")).rpartition(".")[2].lower(), "u")
    letter = "f" if "folder" in item.record else letter
    about = item_guid(item.id).bytes if item.container == ITEMS else item.id.encode()[:16]
    token = base64.urlsafe_b64encode(about + item_guid(id_).bytes).decode()
    where = "/".join(["g", *names])
    return f"{place.scheme}://{place.netloc}/:{letter}:/{where}/E{token.rstrip('=')}"


@operation("driveItem/invite", status=200)
def invite(call: Call) -> list[Thing]:
    """https://learn.microsoft.com/graph/api/driveitem-invite"""
    item, said = call.thing, call.arguments
    roles = list(said.get("roles") or ())
    if not roles or not {"read", "write"} >= set(roles):
        raise _invalid("'roles' has to have read or write, and nothing else.", "roles")
    recipients = said.get("recipients") or ()
    if not recipients:
        raise _invalid("'recipients' has to have somebody.", "recipients")
    if len(str(said.get("message") or "")) > _LONGEST_MESSAGE:
        raise _invalid(f"'message' has {_LONGEST_MESSAGE} characters at most.", "message")
    check_end(call)
    people = [(each, _person(call, each)) for each in recipients]
    guests = _capability(call) != "disabled"
    if not guests and any("id" not in person for _, person in people):
        raise GraphError(403, "notAllowed", _SWITCHED_OFF)
    made = [_grant(call, item, roles, each, person) for each, person in people]
    _mark(call, item, "users")
    return made


@operation("permission/grant", status=200)
def grant(call: Call) -> list[Thing]:
    """https://learn.microsoft.com/graph/api/permission-grant"""
    permission, said = call.thing, call.arguments
    roles, record = list(said.get("roles") or ()), permission.record
    if (record.get("link") or {}).get("scope") not in ("users", "organization"):
        raise _invalid("Only a link for people, or for an organization, has recipients.", "link")
    if roles != record["roles"]:
        wanted = ", ".join(record["roles"])
        raise _invalid(f"'roles' has to be what the link gives: {wanted}.", "roles")
    recipients = said.get("recipients") or ()
    if not recipients:
        raise _invalid("'recipients' has to have somebody.", "recipients")
    people: list[Record] = [*(record.get("grantedToIdentitiesV2") or ())]
    for each in recipients:
        known = {"user": _person(call, each)}
        people += [] if known in people else [known]
    return [call.change(permission, {"grantedToIdentitiesV2": people})]


def _grant(call: Call, item: Thing, roles: list[str], sent: Record, person: Record) -> Thing:
    """Give somebody roles, beside those that they have on the item already."""
    login = f"i:0#.f|membership|{person['email']}"
    id_ = base64.urlsafe_b64encode(login.encode()).decode().rstrip("=")
    said = call.arguments
    told = person if "id" in person else {"displayName": person["displayName"]}
    record: Record = {
        "id": id_,
        "roles": roles,
        "grantedTo": {"user": told},
        "grantedToV2": {"user": told},
        "invitation": {
            "email": sent.get("email") or person["email"],
            "signInRequired": said.get("requireSignIn") is not False,
        },
        "hasPassword": bool(said.get("password")),
    }
    if said.get("expirationDateTime"):
        record["expirationDateTime"] = said["expirationDateTime"]
    old = call.held(item, PERMISSIONS, id_)
    return call.add(item, "permissions", record) if old is None else call.change(old, record)


def _person(call: Call, recipient: Record) -> Record:
    """Whom an invitation means. Raises GraphError where that is nobody."""
    named = recipient.get("objectId") or recipient.get("email") or recipient.get("alias")
    if recipient.get("objectId"):
        user = call.find("users", recipient["objectId"])
    else:
        wanted = str(named).casefold()
        users = call.inside(None, "users")
        user = next((each for each in users if wanted in _names(each.record)), None)
    if user is not None:
        return identity(user.record)
    if "@" in str(recipient.get("email")):  # a guest, who is asked to come
        return {"displayName": recipient["email"], "email": recipient["email"]}
    raise GraphError(
        400,
        "invalidRequest",
        f"The sharing invitation could not be resolved: {_unnamed(named)}.",
        "recipients",
        inner={"code": "noResolvedUsers"},
    )


def _unnamed(named: object) -> str:
    if named is None:
        return "a recipient has an 'email', an 'alias' or an 'objectId'"
    return f"nobody is called '{named}'"


def _names(user: Record) -> set[str]:
    told = (user.get(name) for name in ("userPrincipalName", "mail", "mailNickname"))
    return {str(each).casefold() for each in told if each}


def _mark(call: Call, item: Thing, scope: str) -> None:
    """Let an item say that it is shared, which makes another version of it."""
    drive = call.owner(item)
    owner = (drive.record.get("owner") if drive is not None else None) or {}
    user = call.find("users", (call.by.get("user") or {}).get("id"))
    by = addressed(call.by, None if user is None else user.record)
    shared = {
        "scope": scope,
        "owner": owner,
        "sharedBy": by,
        "sharedDateTime": whole_seconds(call.now),
    }
    changes: Record = {"shared": shared, ANEW: call.new_id()}
    if call.arguments.get("retainInheritedPermissions") is False and not item.record.get("shared"):
        changes[ALONE] = True  # which counts when an item is shared for the first time
    _keep_times(call, item, changes)


def _keep_times(call: Call, item: Thing, changes: Record) -> None:
    """Change how an item is shared, which changes its tag, and not when and by whom it was."""
    kept = ("lastModifiedBy", "lastModifiedDateTime")
    times = {name: item.record[name] for name in kept if name in item.record}
    call.change(item, {**changes, **times})


def _effective(unfolding: Unfolding) -> Iterable[Any]:
    """What is granted on an item: its own, what comes from the folders above it, and its owner.

    Others than the owner see what is granted to them alone.
    """
    around, person = unfolding.around, unfolding.person
    if around is None:
        return list(unfolding.rows.scan())
    now, drive = around.now, around.owner() or {}
    found: list[Any] = [row for row in unfolding.rows.scan() if not is_over(row.record, now)]
    known = {row.record["id"] for row in found}
    for above in _above(around):
        for each in above.inside(PERMISSIONS):
            if each["id"] not in known and not is_over(each, now):
                known.add(each["id"])
                found.append(_inherited(each, drive, above.record))
    owner = _owner(drive)
    if owner is not None:
        found.append(owner)
    if owner is None or not person or grants(owner, person):
        return found
    told = ((each if isinstance(each, dict) else each.record, each) for each in found)
    return [each for record, each in told if grants(record, person)]


def _inherited(permission: Record, drive: Record, above: Record) -> Record:
    """What is granted on a folder, as what lies in it has it."""
    said = {"driveId": drive.get("id"), "id": above["id"], "name": above.get("name")}
    place = {name: value for name, value in said.items() if value is not None}
    return {**permission, "inheritedFrom": place}


def _owner(drive: Record) -> Record | None:
    """What a drive's owner has."""
    owner = (drive.get("owner") or {}).get("user")
    if owner is None:
        return None
    login = f"owner|{owner.get('id')}"
    id_ = base64.urlsafe_b64encode(login.encode()).decode().rstrip("=")
    granted = {"grantedTo": {"user": owner}, "grantedToV2": {"user": owner}}
    return {"id": id_, "roles": ["owner"], **granted}


def _from_above(looking: Looking, id_: str, item: Row | None) -> Record | None:
    """What is granted to an item by no record of its own."""
    if item is None:
        return None
    drive = looking.row(item.owner)
    record = {} if drive is None else drive.record
    for above in levels(looking, item):
        found = looking.find(PERMISSIONS, "id", id_, above.key)
        if found is not None:
            return _inherited(found.record, record, above.record)
    owner = _owner(record)
    return owner if owner is not None and owner["id"] == id_ else None


def _above(around: Reading) -> list[Reading]:
    """The folders that an item lies in, the nearest first."""
    found: list[Reading] = []
    at, seen = around, {around.record["id"]}
    while "root" not in at.record and not at.record.get(ALONE):
        id_ = (at.record.get("parentReference") or {}).get("id")
        folder = next(iter(at.neighbours(id_)), None)
        if folder is None or id_ in seen:
            break
        seen.add(id_)
        found.append(folder)
        at = folder
    return found


def _check(record: Record, before: Record | None) -> None:
    """Raise GraphError for what cannot be changed of a permission, or is no role."""
    _check_own(before or {})
    roles = record.get("roles") or ()
    if before is not None and not roles and before.get("roles"):
        raise _invalid("'roles' has to have some: deleting a permission takes all away.", "roles")
    if before is not None and "owner" in roles and _GRANTED & before.keys():
        raise _invalid("'owner' is granted to nobody here: 'read' and 'write' are.", "roles")
    unknown = [each for each in roles if not _is_role(each)]
    if unknown and record.get("roles") != (before or {}).get("roles"):
        raise _invalid(f"'{unknown[0]}' is no role: {', '.join(_KNOWN)} are.", "roles")
    if before is None or "link" not in before or record.get("roles") == before.get("roles"):
        return
    if before["link"].get("scope") in ("organization", "users"):
        message = "The roles of a link for an organization or for people cannot be changed."
        raise _invalid(message, "roles")


_KNOWN = ("read", "write", "owner", "manage", "fullcontrol")
#: What permissions of items have, and those of sites do not.
_GRANTED = frozenset({"link", "invitation", "grantedToV2"})


def _check_site(making: Making) -> None:
    """Raise GraphError for what grants nothing of a site, or to nobody: applications alone have
    permissions of their own there.
    """
    if making.owner_type != "site" or making.plants or making.before is not None:
        return
    record = making.record
    if not record.get("roles"):
        raise _invalid(f"'roles' has to have some of {', '.join(_KNOWN)}.", "roles")
    to = [*(record.get("grantedToIdentities") or ()), *(record.get("grantedToIdentitiesV2") or ())]
    if not to or not all((each.get("application") or {}).get("id") for each in to):
        message = "'grantedToIdentities' has to name applications, each by its id."
        raise _invalid(message, "grantedToIdentities")


def _is_role(name: object) -> bool:
    """Whether there is such a role, of items or of sites; SharePoint has more of its own."""
    return str(name).casefold() in _KNOWN or str(name).startswith("sp.")


def _check_own(permission: Record) -> None:
    """Raise GraphError for what is granted elsewhere, or to the owner."""
    if permission.get("inheritedFrom"):
        place = permission["inheritedFrom"]
        message = f"It is inherited from '{place.get('name')}', where it can be changed."
        raise _invalid(message, "inheritedFrom")
    if "owner" in permission.get("roles", ()):
        raise _invalid("What the owner of a drive has cannot be changed.", "roles")


def _retyped(making: Making) -> Record | None:
    """A link for anybody is of the type that its roles are of."""
    link: Record | None = making.record.get("link")
    if link is None or link.get("scope") != "anonymous" or link.get("type") == "embed":
        return link
    return {**link, "type": "edit" if "write" in making.record.get("roles", ()) else "view"}


def _changed(call: Call, record: Record, before: Record | None) -> None:
    """Who may do what has changed: so has how the item is shared."""
    item = call.owner(call.thing)
    if before is not None and item is not None and item.record.get("shared"):
        shared = {**item.record["shared"], "sharedDateTime": whole_seconds(call.now)}
        _keep_times(call, item, {"shared": shared, ANEW: call.new_id()})


def _left(call: Call, permission: Record) -> None:
    """Let an item say that it is shared no more, or that it is shared otherwise."""
    _check_own(permission)
    item = call.owner(call.thing)
    if item is None or not item.record.get("shared"):
        return
    if any(each.key != call.thing.key for each in call.inside(item, PERMISSIONS)):
        _changed(call, permission, permission)
    else:
        _keep_times(call, item, {"shared": None, ANEW: None})


@operation("drive/recent", reads=True)
def recent(call: Call) -> list[Thing]:
    """https://learn.microsoft.com/graph/api/drive-recent"""
    files = [each for each in call.inside(call.thing, ITEMS) if "file" in each.record]
    return sorted(files, key=lambda each: _last(each.record), reverse=True)


def _last(record: Record) -> str:
    return str(record.get("lastModifiedDateTime") or "")


_SHARED = Navigation("drive/sharedWithMe", parameters=("allowexternal",))


@operation("drive/sharedWithMe", reads=True, lists=_SHARED)
def shared_with_me(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/drive-sharedwithme"""
    return [remote(item.record, drive.record) for item, drive in shared_with(call, call.thing)]


def shared_with(call: Call, own: Thing) -> list[tuple[Thing, Thing]]:
    """What is granted to the owner of a drive in others, with the drives."""
    person = ((own.record.get("owner") or {}).get("user") or {}).get("id")
    return [
        (item, drive)
        for drive in all_drives(call, call.inside(None, "users"))
        if drive.key != own.key
        for item in call.inside(drive, ITEMS)
        if item.record.get("shared")
        and any(_still(call, each.record, person) for each in call.inside(item, PERMISSIONS))
    ]


def _still(call: Call, permission: Record, person: object) -> bool:
    return grants(permission, person) and not is_over(permission, _seconds(call))


def remote(record: Record, drive: Record) -> Record:
    """An item as it is shown to whom it is shared with: with a name, and where it really is."""
    names = ("file", "folder", "package")
    kind: Record = {name: record[name] for name in names if name in record}
    told = ("createdDateTime", "lastModifiedDateTime", "createdBy", "lastModifiedBy")
    said = {name: record[name] for name in (*told, "webUrl") if record.get(name)}
    place = {"driveId": drive["id"], "driveType": drive.get("driveType")}
    remote = {"id": record["id"], "name": record["name"], **kind, **said}
    remote |= {"parentReference": place, "size": size_of(record), "shared": record["shared"]}
    return {"id": record["id"], "name": record["name"], **kind, **said, "remoteItem": remote}


def _own_drive(call: Call) -> Thing:
    me = call.caller()
    drives = [call.mine("me/drive")] if me is None else call.leads_to(me, "drive")
    if not drives or not drives[0].key:
        raise GraphError(404, "itemNotFound", "The resource could not be found.")
    return drives[0]


@operation("driveItem/follow", status=200)
def follow(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/driveitem-follow"""
    call.link(_own_drive(call), "following", call.thing)
    return call.thing


@operation("driveItem/unfollow", status=204)
def unfollow(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/driveitem-unfollow"""
    call.unlink(_own_drive(call), "following", call.thing)


def _invalid(message: str, target: str) -> GraphError:
    return GraphError(400, "invalidRequest", message, target)


OPERATIONS = (
    create_link,
    create_item_link,
    invite,
    grant,
    recent,
    shared_with_me,
    follow,
    unfollow,
)

TYPES = (
    Type(
        "permission",
        ignored=frozenset({"inheritedFrom", "link", "shareId"}),
        refuses=(_check,),
        checks=(_check_site,),
        changed={"link": _retyped},
        follows=_changed,
        leaves=_left,
    ),
)

NAVIGATION = (
    Navigation(PERMISSIONS, unfolds=_effective, reached=_from_above, expands=refuse_expanded),
)
