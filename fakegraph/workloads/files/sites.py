"""Sites: each has an id of three parts, and a place below its host.

https://learn.microsoft.com/graph/api/resources/site
"""

from __future__ import annotations

from fakegraph.workloads.declarations import Navigation, Type
from fakegraph.workloads.files.ids import guid_of
from fakegraph.workloads.handed import Making

_HOST = "contoso.sharepoint.com"


def _id(making: Making) -> str:
    """The host, and the ids of the collection of sites and of this one in it."""
    above = str((making.owner or {}).get("id"))
    host, _, rest = above.partition(",")
    collection = rest.partition(",")[0] if rest else making.new_id()
    return f"{host if rest else _HOST},{collection},{making.new_id()}"


_ROOT = {
    "id": f"{_HOST},{guid_of('root', 'collection')},{guid_of('root', 'web')}",
    "displayName": "Communication site",
    "name": "",
    "root": {},
    "siteCollection": {"hostname": _HOST},
    "webUrl": f"https://{_HOST}",
}

TYPES = (
    Type(
        "site",
        generated={"id": _id},
        by_path=("", "webUrl"),
        together=(("webUrl",),),
    ),
    Type("contentType", unasked=frozenset({"base"}), related=frozenset({"base"})),
    # https://learn.microsoft.com/graph/api/resources/sitepage
    Type(
        "sitePage",
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
        offered={"root": _ROOT, _HOST: _ROOT},
        words={word: {"id": _ROOT["id"]} for word in ("root", _HOST)},
    ),
    Navigation("site/sites", home="sites"),
    Navigation("termStore.set/parentGroup", home="termStore.store/groups", linked=True),
    Navigation(
        "group/sites",
        home="sites",
        offered={"root": {"root": {}}},
        words={"root": {"root": {}}},
    ),
)
