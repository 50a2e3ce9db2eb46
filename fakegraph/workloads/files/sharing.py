"""Who may have what is in a drive: links, invitations, and permissions that come from above.

https://learn.microsoft.com/graph/api/resources/permission
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.ids import item_guid
from fakegraph.workloads.files.totals import ITEMS, size_of
from fakegraph.workloads.handed import Reading, Unfolding
from fakegraph.workloads.operations import Call, Made, Thing, operation

PERMISSIONS = "driveItem/permissions"
_ROLES = {"view": "read", "edit": "write", "embed": "read"}
_SCOPES = ("anonymous", "organization", "users")
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
    app = call.by.get("application") or {}
    wanted = {"type": kind, "scope": scope, "application": app}
    for each in call.inside(item, PERMISSIONS):
        link = each.record.get("link") or {}
        if all(link.get(name) == value for name, value in wanted.items()):
            return each
    return Made(_link(call, item, wanted))


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
    token = base64.urlsafe_b64encode(item_guid(item.id).bytes + item_guid(id_).bytes).decode()
    where = "/".join(["g", *names])
    return f"{place.scheme}://{place.netloc}/:{letter}:/{where}/E{token.rstrip('=')}"


def share_id(url: str) -> str:
    """What a URL is called in ``/shares/``."""
    return f"u!{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}"


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
    people = [(each, _person(call, each)) for each in recipients]
    if said.get("retainInheritedPermissions") is False:
        raise GraphError(501, "NotImplemented", "Breaking inheritance is not built.")
    made = [_grant(call, item, roles, each, person) for each, person in people]
    _mark(call, item, "users")
    return made


def _grant(call: Call, item: Thing, roles: list[str], sent: Record, person: Record) -> Thing:
    """Give somebody roles, beside those that they have on the item already."""
    login = f"i:0#.f|membership|{person['email']}"
    id_ = base64.urlsafe_b64encode(login.encode()).decode().rstrip("=")
    said = call.arguments
    record: Record = {
        "id": id_,
        "roles": roles,
        "grantedTo": {"user": person},
        "grantedToV2": {"user": person},
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
        record = user.record
        known = {"id": record["id"], "displayName": record.get("displayName")}
        return {**known, "email": record.get("mail") or record.get("userPrincipalName")}
    if "@" in str(recipient.get("email")):  # a guest, who is asked to come
        return {"displayName": recipient["email"], "email": recipient["email"]}
    raise GraphError(
        400,
        "invalidRequest",
        f"The sharing invitation could not be resolved: nobody is called '{named}'.",
        "recipients",
        inner={"code": "noResolvedUsers"},
    )


def _names(user: Record) -> set[str]:
    told = (user.get(name) for name in ("userPrincipalName", "mail", "mailNickname"))
    return {str(each).casefold() for each in told if each}


def _mark(call: Call, item: Thing, scope: str) -> None:
    """Let an item say that it is shared, which makes another version of it."""
    drive = call.owner(item)
    owner = (drive.record.get("owner") if drive is not None else None) or {}
    shared = {"scope": scope, "owner": owner, "sharedBy": dict(call.by)}
    call.change(item, {"shared": {**shared, "sharedDateTime": call.now}})


def _effective(unfolding: Unfolding) -> Iterable[Any]:
    """What is granted on an item: its own, what comes from the folders above it, and its owner."""
    found: list[Any] = list(unfolding.rows.scan())
    around = unfolding.around
    if around is None:
        return found
    known = {row.record["id"] for row in found}
    for above in _above(around):
        for each in above.inside(PERMISSIONS):
            if each["id"] not in known:
                known.add(each["id"])
                found.append({**each, "inheritedFrom": _reference(around, above.record)})
    owner = ((around.owner() or {}).get("owner") or {}).get("user")
    if owner is not None:
        login = f"owner|{owner.get('id')}"
        id_ = base64.urlsafe_b64encode(login.encode()).decode().rstrip("=")
        granted = {"grantedTo": {"user": owner}, "grantedToV2": {"user": owner}}
        found.append({"id": id_, "roles": ["owner"], **granted})
    return found


def _above(around: Reading) -> list[Reading]:
    """The folders that an item lies in, the nearest first."""
    found: list[Reading] = []
    at, seen = around, {around.record["id"]}
    while "root" not in at.record:
        id_ = (at.record.get("parentReference") or {}).get("id")
        folder = next(iter(at.neighbours(id_)), None)
        if folder is None or id_ in seen:
            break
        seen.add(id_)
        found.append(folder)
        at = folder
    return found


def _reference(around: Reading, above: Record) -> Record:
    drive = around.owner() or {}
    said = {"driveId": drive.get("id"), "id": above["id"], "name": above.get("name")}
    return {name: value for name, value in said.items() if value is not None}


def _check(record: Record, before: Record | None) -> None:
    """Raise GraphError for what cannot be changed of a permission."""
    if before is None or "link" not in before or record.get("roles") == before.get("roles"):
        return
    if before["link"].get("scope") in ("organization", "users"):
        message = "The roles of a link for an organization or for people cannot be changed."
        raise _invalid(message, "roles")


@operation("drive/recent", reads=True)
def recent(call: Call) -> list[Thing]:
    """https://learn.microsoft.com/graph/api/drive-recent"""
    files = [each for each in call.inside(call.thing, ITEMS) if "file" in each.record]
    return sorted(files, key=lambda each: _last(each.record), reverse=True)


def _last(record: Record) -> str:
    return str(record.get("lastModifiedDateTime") or "")


@operation("drive/sharedWithMe", reads=True)
def shared_with_me(call: Call) -> list[Record]:
    """https://learn.microsoft.com/graph/api/drive-sharedwithme"""
    person = ((call.thing.record.get("owner") or {}).get("user") or {}).get("id")
    return [
        _remote(item.record, drive.record)
        for kind in ("users", "groups", "sites")
        for holder in call.inside(None, kind)
        for drive in call.inside(holder, "drives")
        if drive.key != call.thing.key
        for item in call.inside(drive, ITEMS)
        if item.record.get("shared")
        and any(_grants(each.record, person) for each in call.inside(item, PERMISSIONS))
    ]


def _grants(permission: Record, person: object) -> bool:
    told = [permission.get("grantedToV2"), *(permission.get("grantedToIdentitiesV2") or ())]
    ids = [((each or {}).get("user") or {}).get("id") for each in told]
    return person is not None and person in ids


def _remote(record: Record, drive: Record) -> Record:
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
    drives = call.leads_to(me, "drive") if me is not None else []
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


OPERATIONS = (create_link, invite, recent, shared_with_me, follow, unfollow)

TYPES = (
    Type(
        "permission",
        ignored=frozenset({"inheritedFrom", "link", "shareId"}),
        refuses=(_check,),
    ),
)

NAVIGATION = (Navigation(PERMISSIONS, unfolds=_effective),)
