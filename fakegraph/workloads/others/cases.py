"""Cases of eDiscovery: what goes on in them after the answer, each of which is an operation there.

Nothing is searched: an estimate counts nothing, and an export has no files.
https://learn.microsoft.com/graph/api/resources/security-ediscoverycase
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Navigation, Operation, Type
from fakegraph.workloads.effects import sets
from fakegraph.workloads.handed import Reading
from fakegraph.workloads.operations import (
    ERROR,
    Call,
    Ending,
    Thing,
    is_running,
    operation,
    running,
)

_CASES = "security/cases/ediscoveryCases"
_CASE = "security.ediscoveryCase"
_SEARCH, _SET, _QUERY = (
    f"security.ediscovery{name}" for name in ("Search", "ReviewSet", "ReviewSetQuery")
)
_COUNTS = ("indexedItemCount", "indexedItemsSize", "mailboxCount", "siteCount")
_UNINDEXED = ("unindexedItemCount", "unindexedItemsSize")

Links = Mapping[str, Callable[[Call], Thing | None]]
"""What an operation leads to, by its navigation properties."""


def _itself(call: Call) -> Thing:
    return call.thing


def _holder(call: Call) -> Thing | None:
    return call.owner(call.thing)


def _named(call: Call) -> Thing | None:
    """The search whose results are added. Raises GraphError for none of the case."""
    id_ = (call.arguments.get("search") or {}).get("id")
    if not id_:
        raise bad_request("'search' says what is added, by an 'id'.", "search")
    found = call.held(_case_of(call), f"{_CASE}/searches", str(id_))
    if found is None:
        raise call.words.not_found("ediscoverySearch", str(id_))
    return found


def _case_of(call: Call) -> Thing:
    """The case that something is in."""
    thing: Thing | None = call.thing
    while thing is not None and not thing.type.name.endswith(_CASE):
        thing = call.owner(thing)
    assert thing is not None
    return thing


def _goes_on(
    name: str,
    action: str,
    kind: str,
    *,
    links: Links | None = None,
    last: Mapping[str, str] | None = None,
    told: Iterable[str] = (),
    values: Record | None = None,
) -> Operation:
    """An action that is an operation of its case from then on.

    ``kind`` is its type; ``links`` what it leads to; ``told`` what it repeats of the body;
    ``last`` how what it leads to leads back to the last of its kind: by the same names, or an empty
    one for what it is called on.
    """

    def act(call: Call) -> dict[str, Thing | None]:
        return {way: find(call) for way, find in (links or {}).items()}

    def tells(
        call: Call, found: Mapping[str, Thing | None] | None, ending: Ending
    ) -> Mapping[str, str]:
        given, case = call.arguments, _case_of(call)
        said = {each: given[each] for each in told if given.get(each) is not None}
        record: Record = {
            "@odata.type": f"#microsoft.graph.security.ediscovery{kind}Operation",
            "action": action,
            "status": "failed" if ending.error else "succeeded",
            "percentProgress": 100,
            "createdBy": call.by,
            "createdDateTime": call.now,
            "completedDateTime": call.now,
            **(values or {}),
            **said,
            **ending.kept,
        }
        made = call.add(case, "operations", record)
        for way, other in (found or {}).items():
            if other is not None:
                call.link(made, way, other)
        about: Mapping[str, Thing | None] = {"": call.thing, **(found or {})}
        for way, back in (last or {}).items():
            other = about.get(way)
            if other is not None:
                call.link(other, back, made)
        return {"Location": f"{call.root}/{_CASES}('{case.id}')/operations('{made.id}')"}

    return operation(name, tells=tells)(act)


_EXPORTED = ("outputName", "description", "exportOptions", "exportStructure")
_REPORTED = (
    *("displayName", "description", "exportCriteria", "exportLocation", "additionalOptions"),
    *("exportFormat", "exportSingleItems", "cloudAttachmentVersion", "documentVersion"),
)
_ADDED = ("additionalDataOptions", "itemsToInclude", "cloudAttachmentVersion", "documentVersion")

_OPERATIONS = (
    *(
        _goes_on(f"security.{of}/updateIndex", "index", "Index", last={"": "lastIndexOperation"})
        for of in ("ediscoveryCustodian", "ediscoveryNoncustodialDataSource")
    ),
    _goes_on(
        f"{_SEARCH}/estimateStatistics",
        "estimateStatistics",
        "Estimate",
        links={"search": _itself},
        last={"": "lastEstimateStatisticsOperation"},
        told=("statisticsOptions",),
        values=dict.fromkeys((*_COUNTS, *_UNINDEXED), 0),
    ),
    *(
        _goes_on(
            f"{_SEARCH}/{name}",
            name,
            "SearchExport",
            links={"search": _itself},
            told=_REPORTED,
            values={"exportFileMetadata": []},
        )
        for name in ("exportReport", "exportResult")
    ),
    _goes_on(f"{_SEARCH}/purgeData", "purgeData", "PurgeData"),
    _goes_on(
        f"{_SET}/addToReviewSet",
        "addToReviewSet",
        "AddToReviewSet",
        links={"search": _named, "reviewSet": _itself},
        last={"search": "addToReviewSetOperation"},
        told=_ADDED,
    ),
    _goes_on(
        f"{_SET}/export",
        "contentExport",
        "Export",
        links={"reviewSet": _itself},
        told=_EXPORTED,
        values={"exportFileMetadata": []},
    ),
    _goes_on(
        f"{_QUERY}/export",
        "contentExport",
        "Export",
        links={"reviewSetQuery": _itself, "reviewSet": _holder},
        told=_EXPORTED,
        values={"exportFileMetadata": []},
    ),
    _goes_on(f"{_QUERY}/applyTags", "applyTags", "Tag"),
)


@operation("security.ediscoveryReviewTag*/asHierarchy", reads=True)
def as_hierarchy(call: Call) -> list[Thing]:
    """The tags that lie in no other; what lies in them, ``$expand=childTags`` shows.

    https://learn.microsoft.com/graph/api/security-ediscoveryreviewtag-ashierarchy
    """
    return [each for each in call.things() if not call.leads_to(each, "parent")]


# https://learn.microsoft.com/graph/api/security-ediscoverycasesettings-get shows those of a case
# that nobody has changed.
_SETTINGS: Record = {
    "redundancyDetection": {
        "isEnabled": True,
        "similarityThreshold": 65,
        "minWords": 10,
        "maxWords": 500_000,
    },
    "topicModeling": {
        "isEnabled": False,
        "ignoreNumbers": True,
        "topicCount": 100,
        "dynamicallyAdjustTopicCount": True,
    },
    "ocr": {"isEnabled": False, "maxImageSize": 24_576, "timeout": "PT1M"},
}


def _progress(reading: Reading) -> Any:
    """How far it is: nothing is known of that but whether it is done."""
    return 0 if is_running(reading) else None


def _result(reading: Reading) -> Any:
    """What an operation failed with, when it has."""
    error = None if is_running(reading) else reading.record.get(ERROR)
    return error and {"code": 400, "subcode": 0, "message": error["message"]}


TYPES = (
    Type(
        "security.caseOperation",
        computed={
            "status": running("running"),
            "percentProgress": _progress,
            "resultInfo": _result,
        },
    ),
)
NAVIGATION: tuple[Navigation, ...] = tuple(
    Navigation(name, linked=True, home=f"{_CASE}/operations")
    for name in (
        f"{_SEARCH}/addToReviewSetOperation",
        f"{_SEARCH}/lastEstimateStatisticsOperation",
        "security.ediscoveryCustodian/lastIndexOperation",
        "security.ediscoveryNoncustodialDataSource/lastIndexOperation",
    )
)
OPERATIONS = (
    *_OPERATIONS,
    as_hierarchy,
    sets("security.ediscoveryCaseSettings/resetToDefault", _SETTINGS, status=204),
)
