"""What files say when something is wrong: codes begin with a small letter.

https://learn.microsoft.com/graph/api/resources/onedrive
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record
from fakegraph.workloads.declarations import Tracking, Workload
from fakegraph.workloads.files.following import SETTLED_BY, settle
from fakegraph.workloads.files.granted import ANEW, GONE, admit, belongs
from fakegraph.workloads.files.libraries import site_of
from fakegraph.workloads.files.personal import check_site
from fakegraph.workloads.handed import Reading
from fakegraph.workloads.words import WHOLE_LINKS, Words

_MISSING = {
    "site": "Requested site could not be found",
    "list": "The specified list was not found",
    "drive": "The provided drive id appears to be malformed, or does not represent a valid drive.",
    "permission": "Item not found",
}
_NAME_TAKEN = "Name already exists"


#: What can be had as PDF: https://learn.microsoft.com/graph/api/driveitem-get-content-format
_CONVERTED = frozenset(
    {"csv", "doc", "docx", "odp", "ods", "odt", "pot", "potm", "potx", "pps", "ppsx", "ppsxm"}
    | {"ppt", "pptm", "pptx", "rtf", "xls", "xlsx"}
)


class FileWords(Words):
    """Their sentences."""

    bad = bad_query = "invalidRequest"
    denied = ("accessDenied", "Access denied.")

    def not_found(self, type_name: str, key: str) -> GraphError:
        last = type_name.rpartition(".")[2]
        if last.startswith("workbook"):
            return GraphError(404, "ItemNotFound", "The requested resource doesn't exist.")
        if last == "sharedDriveItem":
            return GraphError(403, "accessDenied", GONE)
        if last == "site":
            return no_site(key)
        if last == "drive" and key != last:  # a list that is no library has none
            return GraphError(400, "invalidRequest", _MISSING["drive"])
        return GraphError(
            404, "itemNotFound", _MISSING.get(last, "The resource could not be found.")
        )

    def unset(self, type_name: str, name: str, holder: str) -> GraphError:
        if type_name == "site":  # what a link leads to is in no site that is here
            return GraphError(404, "itemNotFound", _MISSING["site"])
        return self.not_found(type_name, name)

    def taken(self, type_name: str, name: str, value: object, holder: str = "") -> GraphError:
        return GraphError(409, "nameAlreadyExists", _NAME_TAKEN, name.partition("@")[0] or "name")

    def stale(self, type_name: str, tag: str) -> GraphError:
        return GraphError(412, "resourceModified", "ETag does not match current item's value")

    def bad_version(self, type_name: str, tag: str) -> GraphError:
        return GraphError(
            400,
            self.bad,
            "ETag header is malformed. ETags must be quoted strings.",
            inner={"code": "malformedEntityTag"},
        )

    def bad_page(self, error: GraphError) -> GraphError:
        return GraphError(400, self.bad, f"Invalid paging token. {error.message}", "$skiptoken")

    def no_format(self, record: Mapping[str, Any], format_: str) -> GraphError:
        kind = str(record.get("name")).rpartition(".")[2].lower()
        if format_ == "pdf" and kind in _CONVERTED:
            message = "Microsoft Graph converts this file to PDF, fakegraph does not."
            return GraphError(501, "NotImplemented", message, "format")
        message = f"A file of the kind '{kind}' cannot be converted to '{format_}'."
        return GraphError(406, "notSupported", message, "format")

    def kept(self, type_name: str, key: str) -> GraphError:
        return GraphError(400, self.bad, "The root cannot be deleted.")

    def required(self, type_name: str, names: Sequence[str]) -> GraphError:
        return self.invalid([Problem(f"'{name}' is required.", name) for name in names])

    def read_only(self, type_name: str, names: Sequence[str]) -> GraphError:
        refused = super().read_only(type_name, names)
        if type_name != "fieldValueSet":
            return refused
        return GraphError(
            refused.status,
            refused.code,
            "Invalid request",
            names[0],
            [Problem(refused.message, names[0])],
        )

    def bad_token(self, token: str) -> GraphError:
        return GraphError(400, self.bad, f"Invalid paging token. {WHOLE_LINKS}", token)

    def expired_token(self, since: int, ends: int, url: str) -> GraphError:
        return self.lost_token(since, ends, url)

    def lost_token(self, since: int, ends: int, url: str) -> GraphError:
        return GraphError(
            410,
            "resyncRequired",
            "Resync required. Replace any local items with the server's version (including "
            "deletes) if you're sure that the service was up to date with your local changes when "
            "you last sync'd. Upload any local changes that the server doesn't know about.",
            headers={"Location": url},
            inner={"code": "resyncChangesApplyDifferences"},
        )


HOST = "contoso.sharepoint.com"
_HOSTS = frozenset({HOST, "contoso-my.sharepoint.com"})
_HOST_AND_IDS = 3
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def no_site(key: str) -> GraphError:
    """Why there is no site: by its URL, by its host, or by its id."""
    if key.startswith("https://"):
        if urlsplit(key).netloc.casefold() not in _HOSTS:
            return _foreign()
        why = "The provided path does not exist, or does not represent a site"
        return GraphError(404, "itemNotFound", why)
    ids = key.split(",")
    if len(ids) == _HOST_AND_IDS and not all(map(_GUID.fullmatch, ids[1:])):
        why = "Provided identifier is malformed - site collection id is not valid"
        return GraphError(400, "invalidRequest", why)
    if len(ids) == 1 and not _GUID.fullmatch(key) and key.casefold() not in _HOSTS:
        return _foreign()
    return GraphError(404, "itemNotFound", _MISSING["site"])


def _foreign() -> GraphError:
    return GraphError(400, "invalidRequest", "Invalid hostname for this tenancy")


def _lost(record: Record, holder: Reading | None) -> Record:
    """Where an item of a drive was, and whether it was a file or a folder: no more is told of one
    that is gone, but that it is of no size, where drives are of work. Of an item of a list it is
    told of what content type it was, and of what site.
    """
    if holder is not None and holder.type.name.endswith(".list"):
        told = {"contentType": record.get("contentType"), "parentReference": site_of(holder)}
        return {name: told[name] for name in told if told[name] is not None}
    drive = {} if holder is None else holder.record
    above = record.get("parentReference")
    if not above:
        return {}
    own = {"driveId": drive.get("id"), "driveType": drive.get("driveType")}
    known = {name: value for name, value in own.items() if value is not None}
    kind = next((name for name in ("file", "folder", "package") if name in record), None)
    size = {} if drive.get("driveType") == "personal" else {"size": 0}
    return {**({kind: {}} if kind else {}), **size, "parentReference": {**known, **above}}


#: https://learn.microsoft.com/onedrive/developer/rest-api/concepts/scan-guidance. That what nobody
#: may see any more is told as deleted, and what lies below it too, is so for whoever reads a drive
#: here: who may do that may see all of it.
_MARKS = {"deltashowsharingchanges": (ANEW, {"@microsoft.graph.sharedChanged": "True"})}
_GAPS = frozenset({"deltashowremovedasdeleted", "deltatraversepermissiongaps"})
_SHARING = {"hierarchicalsharing": "shared"}


FILES = Workload(
    "files",
    max_page=5000,
    types=(
        *(
            "baseItem",
            "baseItemVersion",
            "itemRetentionLabel",
            "permission",
            "thumbnailSet",
            "workbook",
            "columnLink",
        ),
        *(
            "columnDefinition",
            "contentType",
            "fieldValueSet",
            "documentSetVersion",
            "itemAnalytics",
        ),
        *("itemActivity", "itemActivityStat", "richLongRunningOperation", "listItemVersion"),
        *("workbookWorksheet", "workbookTable", "workbookChart", "workbookNamedItem"),
        *("workbookComment", "workbookCommentReply", "workbookTableColumn", "workbookTableRow"),
        *("workbookPivotTable", "workbookChartSeries", "workbookChartPoint", "termStore.store"),
        *("termStore.group", "termStore.set", "termStore.term", "termStore.relation"),
    ),
    paths=("/drive", "/drives", "/shares", "/sites"),
    words=FileWords(),
    private=True,
    admits=admit,
    belongs=belongs,
    opens={"Files.ReadWrite.AppFolder": ("special", "approot")},
    holder=check_site,
    preferences=frozenset(
        {"redeemsharinglink", "redeemsharinglinkifnecessary", "allowthrottleablequeries"}
        | {"honornonindexedquerieswarningmayfailrandomly"}
    ),
    settles=settle,
    settled_by=SETTLED_BY,
    annotations=frozenset({"@microsoft.graph.conflictBehavior"}),
    remarks=(
        "@microsoft.graph.conflictBehavior",
        "@name.conflictBehavior",
        "@microsoft.graph.sourceUrl",
        "@microsoft.graph.downloadUrl",  # which answers have, and who sends one back
    ),
    tracking=Tracking(
        options=frozenset({"select", "top", "expand"}),
        token="token",
        latest=True,
        without=("cTag", "lastModifiedBy"),
        unselected=("parentReference/path",),  # which is documented never, and seen so
        facet="deleted",
        lost=_lost,
        heeded=_GAPS | _MARKS.keys() | _SHARING.keys(),
        marks=_MARKS,
        emptied=_SHARING,
        beside={"deltashowsharingchanges": _GAPS},
    ),
)
