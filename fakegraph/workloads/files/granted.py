"""Who was granted what of a drive: on an item, and on the folders that it lies in.

https://learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fakegraph.edm.values import TICKS_PER_SECOND, instant
from fakegraph.errors import GraphError
from fakegraph.store import Key, Record, Row
from fakegraph.workloads.files.totals import ITEMS, parent_of
from fakegraph.workloads.handed import Looking, Making, Visit
from fakegraph.workloads.operations import Call, Thing

PERMISSIONS = "driveItem/permissions"
#: What an item has that inherits nothing, since it was shared so.
ALONE = "@alone"
#: What is another one each time that how an item is shared changes, in the same second too.
ANEW = "@anew"
#: What a share has of the rows of what it leads to, and of the link that it is.
ITEM, LINK = "@item", "@link"
#: Where items of lists are, and what one of a library has of the item of the drive that it is.
LISTED, OF_FILE = "list/items", "@item"
#: Of an item of a library's drive, the number of the item of the list that it is.
AS_ITEM = "@listItem"
#: The same of the item of a list that it is, of that list, and of the site that has both.
AS_LISTED, LIST, SITE = "@listed", "@list", "@site"
GONE = "The sharing link no longer exists, or you do not have permission to access it."
_STRANGER = "The caller does not have permission to perform the action."
#: What changes nothing of the item that it is called on.
_LEAVES_IT = frozenset({"driveItem/copy", "driveItem/follow", "driveItem/unfollow"})
_DURABLY, _ONCE = "redeemsharinglink", "redeemsharinglinkifnecessary"


def admit(visit: Visit) -> Mapping[Key, Record]:
    """Raise GraphError (403) for a stranger; who redeems a link has what it gives from then on."""
    looking, writes = visit.looking, visit.writes and visit.operation not in _LEAVES_IT
    if visit.reached and ITEM not in visit.reached:
        return _come_to_list(visit)
    row = _item(visit)
    if visit.reached:
        link = looking.row(visit.reached[LINK]) if LINK in visit.reached else None
        if link is not None and is_over(link.record, visit.now):
            raise GraphError(403, "accessDenied", GONE)
        if visit.checked and not _lies_in(looking, visit.row, row):
            row, link = _root(looking, row), None  # what a link leads to is not all of its library
        return _follow(visit, row, link, writes=writes)
    if row is None or not _has(visit, row, writes=writes):
        raise GraphError(403, "accessDenied", _STRANGER)
    return {}


def _come_to_list(visit: Visit) -> Mapping[Key, Record]:
    """Come to a list by its URL: it is there for whom the site, or the group, is that has it."""
    listed = visit.looking.row(visit.reached[LIST])
    holder = None if listed is None else visit.looking.row(listed.owner)
    is_group = holder is not None and visit.looking.container_of(holder.key) == "groups"
    if visit.checked and holder and is_group and not belongs(visit.looking, holder, visit.person):
        raise GraphError(403, "accessDenied", GONE)
    return {}


def _item(visit: Visit) -> Row | None:
    """What in a drive is visited, or what contains what is."""
    looking = visit.looking
    row = looking.row(visit.reached[ITEM]) if visit.reached else visit.row
    while row is not None and looking.container_of(row.key) != ITEMS:
        of_file = looking.container_of(row.key) == LISTED and row.record.get(OF_FILE)
        above = looking.row(row.owner) if row.owner else None
        row = _file_of(looking, above, of_file) if of_file else above
    return row


def _file_of(looking: Looking, listed_in: Row | None, id_: object) -> Row | None:
    """The item of a drive that one of its list is."""
    if listed_in is None:
        return None
    drives = looking.owned("drives", listed_in.owner)
    drive = next((row for row in drives if row.record.get("@list") == listed_in.record["id"]), None)
    return None if drive is None else looking.find(ITEMS, "id", id_, drive.key)


def _lies_in(looking: Looking, visited: Row | None, shared: Row | None) -> bool:
    """Whether what is visited is what a link leads to, or lies in it; a list, or a site, is not."""
    at = visited
    while at is not None and looking.container_of(at.key) not in (ITEMS, LISTED):
        at = looking.row(at.owner) if at.owner else None
    if at is None or shared is None:
        return visited is None
    if looking.container_of(at.key) == LISTED:
        at = looking.find(ITEMS, "id", at.record.get(OF_FILE), shared.owner)
    return at is not None and shared.key in {at.key, *(row.key for row in _above(looking, at))}


def _above(looking: Looking, item: Row) -> Iterator[Row]:
    """The folders that an item lies in, whatever it inherits."""
    at: Row | None = item
    seen: set[Key] = set()  # what is seeded may lie in itself
    while at is not None and at.key not in seen:
        seen.add(at.key)
        above = parent_of(at.record)
        at = None if above is None else looking.find(ITEMS, "id", above, at.owner)
        if at is not None:
            yield at


def _root(looking: Looking, item: Row | None) -> Row | None:
    """The root of the drive that an item is in."""
    above = () if item is None else _above(looking, item)
    return next((row for row in above if "root" in row.record), item)


def _follow(
    visit: Visit, row: Row | None, link: Row | None, *, writes: bool
) -> Mapping[Key, Record]:
    """Come to an item by a URL. What only its link gives has to be redeemed, but for anybody's."""
    if row is None or _has(visit, row, writes=writes):
        return {}
    record: Record = {} if link is None else link.record
    scope = (record.get("link") or {}).get("scope")
    fits = not record.get("hasPassword") and (not writes or "write" in record.get("roles", ()))
    durably = _DURABLY in visit.preferences
    wished = durably or _ONCE in visit.preferences
    user = visit.looking.find("users", "id", visit.person, None)
    is_guest = user is not None and user.record.get("userType") == "Guest"
    opens = scope == "anonymous" or (scope == "organization" and wished and not is_guest)
    if visit.checked and not (opens and fits):
        raise GraphError(403, "accessDenied", GONE)
    if link is None or not (durably and opens and fits and visit.person):
        return {}
    if user is None:
        return {}
    people = [*(record.get("grantedToIdentitiesV2") or ()), {"user": identity(user.record)}]
    return {link.key: {"grantedToIdentitiesV2": people}}


def identity(user: Record) -> Record:
    """A user as permissions name one."""
    told = {"id": user["id"], "displayName": user.get("displayName")}
    return {**told, "email": user.get("mail") or user.get("userPrincipalName")}


def signed(making: Making) -> Record | None:
    """Who makes or changes something of a drive or a list, with the address that a user has."""
    by = dict(making.by())
    id_ = (by.get("user") or {}).get("id")
    known = making.others.find("users", "id", id_) if id_ and making.others is not None else None
    return addressed(by, known) or None


def addressed(by: Mapping[str, Any], user: Record | None) -> Record:
    """An ``identitySet`` with the address of its user, where that one has any."""
    address = None if user is None else user.get("mail")
    return {**by, "user": {**by["user"], "email": address}} if address else dict(by)


def _has(visit: Visit, item: Row, *, writes: bool) -> bool:
    """Whether somebody has what lies there: it is no other user's, or was granted to them."""
    drive = visit.looking.row(item.owner)
    if drive is not None and _is_open(visit, drive):
        return True
    owner = ((drive.record.get("owner") or {}) if drive is not None else {}).get("user")
    if visit.person and owner is not None and owner.get("id") == visit.person:
        return True
    return any(
        grants(each, visit.person) and (not writes or "write" in each.get("roles", ()))
        for at in (item, *levels(visit.looking, item))
        for each in (row.record for row in visit.looking.owned(PERMISSIONS, at.key))
        if not is_over(each, visit.now)
    )


def _is_open(visit: Visit, drive: Row) -> bool:
    """Whether a library is there for somebody as a whole: a site's, or a group's."""
    looking = visit.looking
    holder = looking.row(drive.owner) if drive.owner else None
    if holder is None or looking.container_of(holder.key) == "users":
        return False
    is_group = looking.container_of(holder.key) == "groups"
    return not is_group or belongs(looking, holder, visit.person)


def belongs(looking: Looking, group: Row, person: str) -> bool:
    """Whether somebody has what a group has: a member, an owner, and all but guests where it is
    public.
    """
    told = (row.record.get("id") for name in _IN_IT for row in looking.linked(name, group))
    if person in told:
        return True
    user = looking.find("users", "id", person, None)
    is_guest = user is not None and user.record.get("userType") == "Guest"
    return group.record.get("visibility") == "Public" and not is_guest


_IN_IT = ("group/members", "group/owners")


def grants(permission: Record, person: object) -> bool:
    """Whether a permission is somebody's, by the id of a user."""
    told = [permission.get("grantedToV2"), *(permission.get("grantedToIdentitiesV2") or ())]
    ids = [((each or {}).get("user") or {}).get("id") for each in told]
    return bool(person) and person in ids


def levels(looking: Looking, item: Row) -> Iterator[Row]:
    """The folders that an item inherits from, the nearest first."""
    at: Row | None = item
    seen: set[Key] = set()  # what is seeded may lie in itself
    while at is not None and at.key not in seen:
        seen.add(at.key)
        above = None if at.record.get(ALONE) else parent_of(at.record)
        at = None if above is None else looking.find(ITEMS, "id", above, at.owner)
        if at is not None:
            yield at


def check_writes(call: Call, folder: Thing, drive: Thing) -> None:
    """Raise GraphError (403) where a token names somebody who may not put things in a folder."""
    owner = (drive.record.get("owner") or {}).get("user")
    if not call.person or owner is None or owner.get("id") == call.person:
        return
    now = instant(call.now) / TICKS_PER_SECOND
    at: Thing | None = folder
    seen: set[Key] = set()
    while at is not None and at.key not in seen:
        seen.add(at.key)
        for each in (thing.record for thing in call.inside(at, PERMISSIONS)):
            if grants(each, call.person) and "write" in each["roles"] and not is_over(each, now):
                return
        above = None if at.record.get(ALONE) else parent_of(at.record)
        at = None if above is None else call.held(drive, ITEMS, above)
    raise GraphError(403, "accessDenied", _STRANGER)


def check_move(call: Call, record: Record, before: Record | None) -> None:
    """The same, of who moves something there."""
    above = parent_of(record)
    if not call.person or before is None or above in (None, parent_of(before)):
        return
    drive = call.owner(call.thing)
    folder = None if drive is None else call.held(drive, ITEMS, str(above))
    if drive is not None and folder is not None:
        check_writes(call, folder, drive)


def is_over(permission: Record, now: float) -> bool:
    """Whether what it grants has ended, by the tenant's time in seconds."""
    until = permission.get("expirationDateTime")
    return until is not None and instant(until) <= now * TICKS_PER_SECOND
