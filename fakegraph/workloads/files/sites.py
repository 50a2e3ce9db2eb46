"""Sites: each has an id of three parts, and a place below its host.

https://learn.microsoft.com/graph/api/resources/site
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.everywhere import all_sites
from fakegraph.workloads.files.granted import signed
from fakegraph.workloads.files.ids import guid_of, site_guids, site_id, team_site, whole_seconds
from fakegraph.workloads.files.personal import of_unified
from fakegraph.workloads.files.queries import named
from fakegraph.workloads.files.words import HOST, no_site
from fakegraph.workloads.handed import Making, Reading
from fakegraph.workloads.operations import Call, Partly, Thing, operation

if TYPE_CHECKING:
    from fakegraph.odata.bound import Bound


def _id(making: Making) -> str:
    """The host, and the ids of the collection of sites and of this one in it."""
    above = str((making.owner or {}).get("id"))
    host, _, rest = above.partition(",")
    collection = rest.partition(",")[0] if rest else making.new_id()
    return f"{host if rest else HOST},{collection},{making.new_id()}"


def _web(making: Making) -> str | None:
    """The id of the site in its collection, by which alone it is found too."""
    guids = site_guids(str(making.record["id"]))
    return None if guids is None else str(guids[1])


def _collection(making: Making) -> str | None:
    """The id of the collection, by which alone its first site is found too."""
    guids = site_guids(str(making.record["id"]))
    if guids is None or making.others is None or making.owner_type not in ("", "group"):
        return None
    collection = str(guids[0])
    known = making.others.find("sites", "@collection", collection)
    return collection if known is None else None


def _of_group(id_: str, group: Record) -> str:
    """The id of the site of a group: its drive says the same."""
    owner = str(group.get("id"))
    return site_id(HOST, owner)


def _place(making: Making) -> str | None:
    """Where the site of a group is: by its nickname, or where another has that, by its id."""
    if making.owner_type != "group":
        return None
    group = making.owner or {}
    url = team_site(group)
    taken = making.others is not None and making.others.find("sites", "@webUrl", url) is not None
    return team_site({"id": group.get("id")}) if taken else url


def _as_its_group(give: Callable[[Record], object]) -> Callable[[Making], object]:
    """What the site of a group has of it, unless the site says something else."""

    def generate(making: Making) -> object:
        return give(making.owner or {}) if making.owner_type == "group" else None

    return generate


def _sharepoint_ids(reading: Reading) -> Record | None:
    guids = site_guids(str(reading.record["id"]))
    if guids is None:
        return None
    ids = {"siteId": str(guids[0]), "webId": str(guids[1])}
    return {**ids, "siteUrl": reading.record.get("webUrl")}


_SEARCHED = ("displayName", "name", "description", "webUrl")


def _search(text: str) -> Callable[[Reading], bool]:
    """All words of a search, in what a site is called and said to be; ``*`` stands for anything."""
    words = [word.strip('"*') for word in text.casefold().split()]

    def found(reading: Reading) -> bool:
        said = " ".join(str(reading.record.get(name) or "") for name in _SEARCHED).casefold()
        return all(word in said for word in words)

    return found


def _check_order(key: Bound, options: object) -> None:
    """Raise GraphError for what sites are not sorted by."""
    if named(key) != "createdDateTime":
        message = "Operation not supported"
        raise GraphError(400, "notSupported", message, "$orderby")


@operation("site/getByPath", reads=True)
def get_by_path(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/site-getbypath"""
    host = urlsplit(str(call.thing.record.get("webUrl") or f"https://{HOST}")).netloc
    path = str(call.arguments["path"]).strip("/")
    url = f"https://{host}/{path}".rstrip("/")
    found = next((each for each in all_sites(call) if _is_at(each, url)), None)
    if found is None:
        raise no_site(url)
    return found


def _is_at(site: Thing, url: str) -> bool:
    there = unquote(str(site.record.get("webUrl") or "")).rstrip("/")
    return there.casefold() == unquote(url).casefold()


@operation("site*/getAllSites", reads=True)
def get_all_sites(call: Call) -> list[Thing]:
    """https://learn.microsoft.com/graph/api/site-getallsites"""
    return [*all_sites(call)]


@operation("site*/add", status=200)
def follow(call: Call) -> list[Thing] | Partly:
    """https://learn.microsoft.com/graph/api/site-follow"""
    return _each(call, lambda site: call.link(call.holder, _FOLLOWED, site))


@operation("site*/remove", status=204)
def unfollow(call: Call) -> list[Thing] | Partly:
    """https://learn.microsoft.com/graph/api/site-unfollow"""
    return _each(call, lambda site: call.unlink(call.holder, _FOLLOWED, site), leaves=True)


_FOLLOWED = "followedSites"
_SHOWN = ("id", "displayName", "name", "webUrl")


def _each(
    call: Call, act: Callable[[Thing], object], *, leaves: bool = False
) -> list[Thing] | Partly:
    """What comes of each of the sites that are named: 207 where one is not there, or, of those
    that are left, cannot be.
    """
    sites = {each.id: each for each in all_sites(call)}
    done: list[Thing] = []
    told: list[Record] = []
    for said in call.arguments.get("value") or ():
        site = sites.get(str(said.get("id")))
        if site is None:
            error = no_site(str(said.get("id")))
            if leaves and error.status == HTTPStatus.NOT_FOUND:
                told.append({"id": said.get("id")})  # nobody follows it any more
                continue
            why = {"code": error.code, "message": error.message}
            told.append({"id": said.get("id"), "error": why})
            continue
        act(site)
        done.append(site)
        told.append({name: site.record[name] for name in _SHOWN if site.record.get(name)})
    if not told:
        raise GraphError(400, "invalidRequest", "'value' has to name a site.", "value")
    failed = any("error" in each for each in told)
    return Partly(told, whole=False) if failed else done


# Pages --------------------------------------------------------------------------------------------


def _page_url(reading: Reading) -> str | None:
    """Where it is in its site."""
    record = reading.record
    return (
        f"SitePages/{record['name']}" if record.get("name") and not record.get("webUrl") else None
    )


def _unpublished(making: Making) -> Record:
    """Whoever makes a page has it checked out."""
    by = signed(making)
    return {"level": "checkout", "versionId": "0.1", **({"checkedOutBy": by} if by else {})}


@operation("sitePage/publish")
def publish(call: Call) -> None:
    """Each time it is a whole version of the page.

    https://learn.microsoft.com/graph/api/sitepage-publish
    """
    before = (call.thing.record.get("publishingState") or {}).get("versionId") or "0.1"
    whole = int(str(before).partition(".")[0] or 0) + 1
    state = {"level": "published", "versionId": f"{whole}.0"}
    call.change(call.thing, {"publishingState": state, "lastModifiedDateTime": call.now})


OPERATIONS = (get_by_path, get_all_sites, follow, unfollow, publish)

_ROOT = {
    "id": f"{HOST},{guid_of('root', 'collection')},{guid_of('root', 'web')}",
    "displayName": "Communication site",
    "name": "",
    "root": {},
    "siteCollection": {"hostname": HOST, "root": {}},
    "webUrl": f"https://{HOST}",
}


def _type_id(making: Making) -> str:
    """The id of a content type begins with that of the one that it is made of."""
    base = (making.related.get("base") or {}).get("id") or _ITEM_TYPE
    return f"{base}00{making.new_id().replace('-', '').upper()}"


_ITEM_TYPE = "0x01"

TYPES = (
    Type(
        "site",
        identified=_of_group,
        generated={
            "id": _id,
            "@web": _web,
            "@collection": _collection,
            "displayName": _as_its_group(lambda group: group.get("displayName")),
            "webUrl": _place,
            "name": lambda making: (_place(making) or "").rpartition("/")[2] or None,
            "siteCollection": _as_its_group(lambda _: {"hostname": HOST}),
        },
        computed={"sharepointIds": _sharepoint_ids},
        written=dict.fromkeys(("createdDateTime", "lastModifiedDateTime"), whole_seconds),
        only_when_selected=frozenset({"sharepointIds"}),
        unique=("@web", "@collection"),
        also_by=("@web", "@collection"),
        orders=(_check_order,),
        searched=(_search,),
        by_path=("", "webUrl"),
        together=(("webUrl",),),
    ),
    Type(
        "contentType",
        generated={"id": _type_id},
        unique=("name",),
        unasked=frozenset({"base"}),
        # https://learn.microsoft.com/graph/api/contenttype-update
        related=frozenset({"base", "documentSet/sharedColumns", "documentSet/welcomePageColumns"}),
        merged=frozenset({"documentSet"}),
    ),
    # https://learn.microsoft.com/graph/api/resources/sitepage
    Type("baseSitePage", computed={"webUrl": _page_url}),
    Type(
        "sitePage",
        defaults={"pageLayout": "article", "promotionKind": "page"},
        generated={
            "createdBy": signed,
            "lastModifiedBy": signed,
            "publishingState": _unpublished,
        },
        changed={"lastModifiedBy": signed},
        related=frozenset(
            {
                *("canvasLayout", "canvasLayout/horizontalSections"),
                "canvasLayout/horizontalSections/columns",
                "canvasLayout/horizontalSections/columns/webparts",
                *("canvasLayout/verticalSection", "canvasLayout/verticalSection/webparts"),
            }
        ),
    ),
    # https://learn.microsoft.com/graph/api/resources/termstore-set
    Type("termStore.set", related=frozenset({"parentGroup"})),
    Type("termStore.relation", related=frozenset({"fromTerm", "set", "toTerm"})),
    Type("itemAnalytics", unasked=frozenset({"allTime", "lastSevenDays"})),
)

NAVIGATION = (
    Navigation(
        "sites",
        given=(_ROOT,),
        besides=True,
        offered={"root": _ROOT, HOST: _ROOT},
        words={word: {"webUrl": _ROOT["webUrl"]} for word in ("root", HOST)},
    ),
    Navigation("site/sites", home="sites"),
    Navigation("termStore.set/parentGroup", home="termStore.store/groups", linked=True),
    Navigation(
        "group/sites",
        home="sites",
        opens=of_unified,
        offered={"root": {"root": {}}},
        words={"root": {"root": {}}},
    ),
)
