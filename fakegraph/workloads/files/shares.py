"""Shares: what the URL of a link, or of an item, leads to.

https://learn.microsoft.com/graph/api/shares-get
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from uuid import UUID

from fakegraph.errors import GraphError
from fakegraph.store import Record, Row, Transaction
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.drives import LIBRARIES
from fakegraph.workloads.files.granted import (
    AS_LISTED,
    ITEM,
    LINK,
    LIST,
    LISTED,
    OF_FILE,
    PERMISSIONS,
    SITE,
)
from fakegraph.workloads.files.ids import PERSONAL_HOST, drive_guids, item_id
from fakegraph.workloads.files.libraries import LISTS, OF_DRIVE
from fakegraph.workloads.files.totals import ITEMS
from fakegraph.workloads.handed import Looking

_URL = "u!"


def share_id(url: str) -> str:
    """What a URL is called in ``/shares/``."""
    return f"{_URL}{base64.urlsafe_b64encode(url.encode()).decode().rstrip('=')}"


def _reached(looking: Looking, key: str, _owner: Row | None) -> Record | None:
    """The share of that id. Raises GraphError (400) for what is no URL."""
    url = _url_of(key)
    if url is None:
        return None
    plain = url._replace(query="", fragment="").geturl()  # browsers add what link they came by
    found = _linked(looking, share_id(plain))
    item = looking.row(found.owner) if found is not None else _item_at(looking, url)
    if item is None:
        return _listed_at(looking, key, url)
    drive = looking.row(item.owner)
    owner = None if drive is None else drive.record.get("owner")
    record: Record = {"id": key, "name": item.record.get("name"), ITEM: item.key}
    if owner is not None:
        record["owner"] = owner
    record |= _around(looking, item, drive)
    record[_HOME] = {} if drive is None else _home(drive.record)
    return record if found is None else {**record, LINK: found.key}


def _around(looking: Looking, item: Row, drive: Row | None) -> Record:
    """The keys of what an item is in besides, as far as that is there."""
    holder = None if drive is None else looking.row(drive.owner)
    if drive is None or holder is None:
        return {}
    is_site = looking.container_of(holder.key) == "sites"
    found: Record = {SITE: holder.key} if is_site else {}
    above = looking.find(LISTS, "id", drive.record.get(OF_DRIVE), holder.key)
    if above is None:
        return found
    listed = looking.find(LISTED, OF_FILE, item.record["id"], above.key)
    own = {} if listed is None else {AS_LISTED: listed.key}
    return {**found, LIST: above.key, **own}


_HOME = "@home"
"""What a share has of the site that its drive is of, where nothing is stored of that."""


def _home(drive: Record) -> Record:
    """The site that a drive is of: the drive's id says which."""
    site, web, _ = drive_guids(str(drive["id"]))
    place = str(drive.get("webUrl") or "").rpartition("/")[0]
    owner: Record = drive.get("owner") or {}
    whose: Record = next(iter(owner.values()), {})
    said = {"displayName": whose.get("displayName"), "name": place.rpartition("/")[2]}
    known = {**said, "webUrl": place} if place else {}
    host = urlsplit(place).netloc or PERSONAL_HOST
    return {"id": f"{host},{site},{web}", **{name: known[name] for name in known if known[name]}}


_LINKS = "@links"
"""Where the links of all drives are found by their ``shareId``."""


def settle(transaction: Transaction) -> None:
    """Let links be found that a write has made, and no more that it has taken away."""
    for old, new in transaction.changed(PERMISSIONS):
        was, now = (None if row is None else row.record.get("shareId") for row in (old, new))
        if was == now:
            continue
        known = [transaction.find(_LINKS, "id", each, 0) for each in (was, now) if each]
        for row in filter(None, known):
            transaction.delete(row.key)
        item = None if new is None else transaction.row(new.owner)
        drive = None if item is None else transaction.row(item.owner)
        if now and new is not None and item is not None and drive is not None:
            way = {"drive": drive.record["id"], "item": item.record["id"]}
            record = {"id": now, **way, "permission": new.record["id"]}
            transaction.insert(_LINKS, record)


def _linked(looking: Looking, id_: str) -> Row | None:
    """The permission that a link is."""
    found = looking.find(_LINKS, "id", id_, 0)
    if found is None:
        return None
    way = found.record
    drive = looking.find("drives", "id", way["drive"], None)
    item = None if drive is None else looking.find(ITEMS, "id", way["item"], drive.key)
    return None if item is None else looking.find(PERMISSIONS, "id", way["permission"], item.key)


def _url_of(key: str) -> SplitResult | None:
    """The URL that an id says; None for an id of another kind. Raises GraphError (400)."""
    if not key.startswith(_URL):
        return None
    text = key.removeprefix(_URL)
    try:
        packed = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", b"-_", validate=True)
        url = urlsplit(packed.decode())
    except (ValueError, binascii.Error):
        url = None
    if url is None or not url.scheme or not url.netloc:
        message = (
            f"'{key}' is no sharing URL: behind 'u!' there is a URL in base64url without padding."
        )
        raise GraphError(400, "invalidRequest", message, "shareId")
    return url


def _item_at(looking: Looking, url: SplitResult) -> Row | None:
    """What has that ``webUrl``."""
    source = parse_qs(url.query).get("sourcedoc")
    if source is not None:
        site = url._replace(path=url.path.partition("/_layouts/")[0], query="")
        places = (f"{site.geturl()}/{library}" for library in LIBRARIES)
        drives = (each for place in places for each in looking.equal("drives", "webUrl", place))
        return next(filter(None, (_by_guid(looking, each, source[0]) for each in drives)), None)
    for drive, names in _drives(looking, url):
        root = next((row for row in looking.owned(ITEMS, drive.key) if "root" in row.record), None)
        found = None if root is None else looking.along(root, names)
        if found is not None:
            return found
    return None


_ITEM_PAGE = re.compile(r"(\d+)_\.000")
_FORMS = frozenset({"dispform.aspx", "editform.aspx"})


def _listed_at(looking: Looking, key: str, url: SplitResult) -> Record | None:
    """The share of a list that is no library, or of an item of it, by the URLs of their pages."""
    for above, names in _lists(looking, url):
        last = names[0].casefold() if len(names) == 1 else ""
        by_name, asked = _ITEM_PAGE.fullmatch(last), parse_qs(url.query).get("ID")
        number = by_name[1] if by_name else asked[0] if asked and last in _FORMS else None
        if names and number is None and last != "allitems.aspx":
            continue
        item = looking.find(LISTED, "id", number, above.key) if number else None
        if number and item is None:
            continue
        holder = looking.row(above.owner)
        is_site = holder is not None and looking.container_of(holder.key) == "sites"
        found: Record = {"id": key, "name": above.record.get("displayName"), LIST: above.key}
        found |= {} if item is None else {"name": f"{number}_.000", AS_LISTED: item.key}
        return found | ({SITE: above.owner} if is_site else {})
    return None


def _lists(looking: Looking, url: SplitResult) -> Iterator[tuple[Row, list[str]]]:
    """The lists that a URL may be of, and the names behind those of each."""
    for place, names in _beginnings(url):
        site = looking.find("sites", "@webUrl", place, None)
        holders = () if site is None else (site, looking.row(site.owner) if site.owner else None)
        for holder in filter(None, holders):
            for above in looking.owned(LISTS, holder.key):
                own = str(above.record.get("webUrl") or "").removeprefix(f"{place}/").split("/")
                if [unquote(each) for each in own] == names[: len(own)]:
                    yield above, names[len(own) :]


def _drives(looking: Looking, url: SplitResult) -> Iterator[tuple[Row, list[str]]]:
    """The drives that a URL may be of, and the names behind those of each."""
    for place, names in _beginnings(url):
        yield from ((drive, names) for drive in looking.equal("drives", "webUrl", place))


def _beginnings(url: SplitResult) -> Iterator[tuple[str, list[str]]]:
    """What a URL begins with, the longest first, and the names behind that."""
    place = f"{url.scheme}://{url.netloc.lower()}"
    names = [each for each in url.path.split("/") if each]
    for end in range(len(names), -1, -1):
        yield "/".join([place, *names[:end]]), [unquote(each) for each in names[end:]]


def _by_guid(looking: Looking, drive: Row, guid: str) -> Row | None:
    """The item of a drive that has a GUID, as the URLs of Office have it."""
    try:
        id_ = item_id(str(drive.record["id"]), UUID(guid))
    except ValueError:
        return None
    return looking.find(ITEMS, "id", id_, drive.key)


_READ = frozenset({"GET"})

TYPES = (Type("sharedDriveItem"),)

NAVIGATION = (
    Navigation("shares", reached=_reached),
    Navigation("sharedDriveItem/driveItem", led=ITEM),
    Navigation("sharedDriveItem/root", documented=_READ, led=ITEM),
    Navigation("sharedDriveItem/items", documented=_READ, led=ITEM),
    Navigation("sharedDriveItem/permission", documented=_READ, led=LINK),
    Navigation("sharedDriveItem/listItem", documented=_READ, led=AS_LISTED),
    Navigation("sharedDriveItem/list", documented=_READ, led=LIST),
    Navigation(
        "sharedDriveItem/site",
        documented=_READ,
        led=SITE,
        provided=True,
        start=lambda shared: shared.get(_HOME) or {},
    ),
)
