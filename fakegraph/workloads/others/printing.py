"""Universal Print: jobs, from one state to the next, and printers that are registered.

https://learn.microsoft.com/graph/universal-print-concept-overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation, Type
from fakegraph.workloads.effects import moves
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import Call, Ending, Thing, operation, running

_STATE = "status/state"
BYTES = "$value"
FACTORY = "@factoryDefaults"
_OPEN = ("pending", "paused", "processing", "stopped", "unknown")
_OVER = frozenset({"completed", "canceled", "aborted"})
_WAITING: Record = {
    "state": "paused",
    "description": "The job is not a candidate for processing yet.",
    "details": ["uploadPending"],
    "isAcquiredByPrinter": False,
}


def _sent_by(making: Making) -> Record | None:
    """Who sends a job; None where an app does, by itself."""
    return making.by().get("user")


def _with_first(call: Call, changes: Record) -> Record:
    """A change of a printer, which remembers what its defaults were before anybody changed them."""
    if "defaults" not in changes or FACTORY in call.record:
        return changes
    return {**changes, FACTORY: call.record.get("defaults")}


@operation("printer/restoreFactoryDefaults")
def restore_defaults(call: Call) -> None:
    """The defaults that it had at first; nobody tells others.

    https://learn.microsoft.com/graph/api/printer-restorefactorydefaults
    """
    if FACTORY in call.record:
        call.change(call.thing, {"defaults": call.record[FACTORY]})


TYPES = (
    Type("printer", amends=_with_first),
    # https://learn.microsoft.com/graph/api/printer-post-jobs: a job has one document from the first
    Type(
        "printJob",
        defaults={
            "status": _WAITING,
            "isFetchable": False,
            "redirectedFrom": None,
            "redirectedTo": None,
        },
        generated={"createdBy": _sent_by},
        read_only=frozenset({"createdBy", "createdDateTime"}),
        brings={"documents": ({"displayName": "", "contentType": "", "size": 0},)},
        echoed=frozenset({"documents"}),
    ),
    Type("printOperation", computed={"status": running({"state": "running"})}),
)


def _described(call: Call, job: Thing) -> None:
    """A job says why it was aborted, and of no upload that it waits for."""
    status = {**job.record["status"], "details": []}
    reason = call.arguments.get("reason")
    call.change(job, {"status": {**status, **({"description": reason} if reason else {})}})


@operation("printJob/start")
def start(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/printjob-start"""
    job = call.thing
    state = (job.record.get("status") or {}).get("state", "paused")
    if state not in ("paused", "unknown"):
        message = f"The job is '{state}': one that waits for its document is started."
        raise GraphError(409, "Conflict", message, "status")
    described = "The job is waiting to be processed."
    status: Record = {"state": "pending", "description": described, "details": []}
    changed = call.change(job, {"status": {**status, "isAcquiredByPrinter": False}})
    return dict(changed.record["status"])


@operation("printDocument/createUploadSession", status=200)
def create_upload_session(call: Call) -> Record:
    """https://learn.microsoft.com/graph/api/printdocument-createuploadsession"""
    said = call.arguments["properties"]
    size, media = said["size"], said["contentType"]
    if size <= 0:
        raise GraphError(400, "BadRequest", "A document has bytes.", "properties/size")
    record = {"displayName": said["documentName"], "contentType": media, "size": size}
    told = call.begin_session(
        {**record, "uploadedDateTime": call.now}, size, stream=BYTES, media=media
    )
    return {**told, "nextExpectedRanges": [f"0-{size - 1}"]}


@operation("printJob/redirect")
def redirect(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/printjob-redirect"""
    job, wanted = call.thing, str(call.arguments["destinationPrinterId"])
    printer = call.owner(job)
    service = None if printer is None else call.owner(printer)
    other = None if service is None else call.held(service, "print/printers", wanted)
    if other is None or printer is None:
        raise call.words.not_found("printer", wanted)
    changes: Record = {"redirectedFrom": printer.id, "redirectedTo": None}
    if call.arguments.get("configuration"):
        changes["configuration"] = call.arguments["configuration"]
    made = call.copy(job, changes, other)
    call.change(job, {"redirectedTo": other.id})
    return made


def _registered(call: Call, result: Thing | None, ending: Ending) -> Mapping[str, str]:
    """What tells of a printer that is registered; no certificate is made for it."""
    record: Record = {
        "@odata.type": "#microsoft.graph.printerCreateOperation",
        "createdDateTime": call.now,
        "status": {"state": "failed" if ending.error else "succeeded"},
        **ending.kept,
    }
    made = call.add(call.holder, "operations", record)
    if result is not None:
        call.link(made, "printer", result)
    return {"Operation-Location": f"{call.root}/print/operations/{made.id}"}


@operation("printer*/create", tells=_registered, status=202)
def create(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/printer-create"""
    said = ("displayName", "manufacturer", "model", "hasPhysicalDevice")
    record: Record = {name: call.arguments.get(name) for name in said}
    record |= {"registeredDateTime": call.now, "isShared": False, "isAcceptingJobs": True}
    return call.add(call.holder, "printers", record)


# What was printed -----------------------------------------------------------------------------


def _archived(name: str, test: Callable[[Call, Record, Record], bool]) -> Operation:
    def told(call: Call) -> list[Record]:
        since, until = (instant(call.arguments[f"{each}DateTime"]) for each in ("start", "end"))
        return [
            _as_archived(job, printer)
            for printer, job in _jobs(call)
            if test(call, printer, job) and since <= instant(job["createdDateTime"]) <= until
        ]

    return operation(f"reportRoot/{name}", reads=True)(told)


def _jobs(call: Call) -> Iterable[tuple[Record, Record]]:
    """The jobs that are over, with the printers that they were sent to."""
    printers = {row.key: row.record for row in call.stored.rows("print/printers")}
    for row in call.stored.rows("printerBase/jobs"):
        state = (row.record.get("status") or {}).get("state")
        if row.owner in printers and state in _OVER and row.record.get("createdDateTime"):
            yield printers[row.owner], row.record


def _as_archived(job: Record, printer: Record) -> Record:
    status = job["status"]
    return {
        "id": job["id"],
        "printerId": printer["id"],
        "printerName": printer.get("displayName"),
        "createdBy": job.get("createdBy"),
        "createdDateTime": job["createdDateTime"],
        "acquiredDateTime": job.get("acknowledgedDateTime"),
        "acquiredByPrinter": bool(status.get("isAcquiredByPrinter")),
        "copiesPrinted": (job.get("configuration") or {}).get("copies") or 1,
        "processingState": status["state"],
    }


def _who(job: Record) -> str:
    return str((job.get("createdBy") or {}).get("id") or "").casefold()


def _in_group(call: Call, printer: Record, job: Record) -> bool:
    group = call.find("groups", call.arguments["groupId"])
    members = [] if group is None else call.leads_to(group, "members")
    return _who(job) in {each.id.casefold() for each in members}


def _same(value: object, name: str) -> Callable[[Call], bool]:
    return lambda call: str(value).casefold() == str(call.arguments[name]).casefold()


_ARCHIVED: Any = (
    _archived(
        "getPrinterArchivedPrintJobs",
        lambda call, printer, job: _same(printer["id"], "printerId")(call),
    ),
    _archived(
        "getUserArchivedPrintJobs",
        lambda call, printer, job: _same(_who(job), "userId")(call),
    ),
    _archived("getGroupArchivedPrintJobs", _in_group),
)

OPERATIONS = (
    moves("printJob/cancel", _STATE, dict.fromkeys(_OPEN, "canceled"), also=_described),
    moves("printJob/abort", _STATE, dict.fromkeys(_OPEN, "aborted"), also=_described),
    start,
    create_upload_session,
    restore_defaults,
    redirect,
    create,
    *_ARCHIVED,
)
