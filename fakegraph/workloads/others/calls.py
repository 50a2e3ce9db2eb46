"""Calls: what an app does to one, seen in its state, its participants and its operations.

No media flow, and nobody else takes part: what is asked for has happened at once.
https://learn.microsoft.com/graph/api/resources/call
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fakegraph.edm.values import instant
from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation, Type
from fakegraph.workloads.effects import Also, moves
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import Call, Made, Thing, operation

DEVICE_QUALITY = "@teleconferenceDeviceQuality"
_PARTICIPANTS = "call/participants"
_SAID = ("clientContext", "participants")


def _kept(call: Call, on: Thing, kind: str, **more: Any) -> Thing:
    """What tells that something was done, among the operations of a call."""
    said = {name: call.arguments[name] for name in _SAID if name in call.arguments}
    if kind != "inviteParticipants":
        said.pop("participants", None)
    record = {"@odata.type": f"#microsoft.graph.{kind}Operation", "status": "Completed"}
    return call.add(on, "operations", {**record, **said, **more})


def _done(
    name: str, kind: str, also: Callable[[Call], object] | None = None, status: int = 200
) -> Operation:
    """An action that gives an operation and says where that is, and may do something besides."""

    def act(call: Call) -> Made:
        on = call.thing if name.startswith("call/") else call.holder
        if also is not None:
            also(call)
        kept = _kept(call, on, kind)
        url = f"{call.root}/communications/calls/{quote(on.id)}/operations/{quote(kept.id)}"
        return Made(kept, status, url)

    return operation(name, status=status)(act)


# What is made -----------------------------------------------------------------------------------


def _of_app(work_out: Callable[[Making], Any]) -> Callable[[Making], Any]:
    """What the service says of a call that an app makes, and a seed leaves open."""
    return lambda making: None if making.plants else work_out(making)


def _source(making: Making) -> Record | None:
    app = making.by().get("application")
    return {"identity": {"application": app}} if app else None


def _new_id(making: Making) -> str:
    return making.new_id()


def _own_part(making: Making) -> Record:
    """The app, among those who take part."""
    call = making.record
    info = {"identity": (call.get("source") or {}).get("identity")}
    return {"id": call["myParticipantId"], "info": info, "isMuted": False, "isInLobby": False}


# Who takes part -------------------------------------------------------------------------------


def _itself(call: Call) -> Thing | None:
    """The app as it takes part."""
    id_ = call.thing.record.get("myParticipantId")
    return call.held(call.thing, _PARTICIPANTS, str(id_)) if id_ else None


def _muting(muted: bool) -> Callable[[Call], None]:
    def mute(call: Call) -> None:
        own = call.thing if call.thing.container == _PARTICIPANTS else _itself(call)
        if own is not None:
            call.change(own, {"isMuted": muted})

    return mute


def _record(call: Call) -> None:
    own = _itself(call)
    if own is not None:
        info = {"initiator": dict(call.by), "recordingStatus": call.arguments["status"]}
        call.change(own, {"recordingInfo": info})


def _invite(call: Call) -> None:
    for each in call.arguments["participants"]:
        info = {"identity": each.get("identity"), "participantId": each.get("participantId")}
        known = {name: value for name, value in info.items() if value is not None}
        joins: Record = {"info": known, "isMuted": False, "isInLobby": False}
        call.add(call.holder, "participants", joins)


# States ---------------------------------------------------------------------------------------


def _answered(call: Call, answered: Thing) -> None:
    media = call.arguments.get("mediaConfig")
    changes: Record = {"callbackUri": call.arguments.get("callbackUri"), "mediaConfig": media}
    call.change(answered, {name: value for name, value in changes.items() if value is not None})


def _rejected(call: Call, rejected: Thing) -> None:
    said = call.arguments.get("reason") or "none"
    result = {"code": 486 if said == "busy" else 603, "message": f"The call was rejected: {said}."}
    call.change(rejected, {"resultInfo": result})


def _redirected(call: Call, redirected: Thing) -> None:
    call.change(redirected, {"targets": call.arguments["targets"]})


def _transferred(call: Call, transferred: Thing) -> None:
    call.change(transferred, {"targets": [call.arguments["transferTarget"]]})


def _state(name: str, before: tuple[str, ...], after: str, also: Also) -> Operation:
    return moves(f"call/{name}", "state", dict.fromkeys(before, after), status=202, also=also)


_COMING = ("incoming",)
_GOING_ON = ("established", "establishing")  # nobody is there to answer what is established


_SCREEN = "videoBasedScreenSharing"
_DIRECTIONS = {"viewer": "receiveOnly", "sharer": "sendOnly"}


@operation("call/changeScreenSharingRole", status=202)
def change_role(call: Call) -> None:
    """What the app sends of screens: https://learn.microsoft.com/graph/api/call-changescreensharingrole"""
    own = _itself(call)
    if own is None:
        return
    streams = own.record.get("mediaStreams") or []
    known = [each for each in streams if each.get("mediaType") == _SCREEN]
    screen = {"mediaType": _SCREEN, "label": "applicationsharing-video", "sourceId": "1"}
    shared = {
        **screen,
        **(known[0] if known else {}),
        "direction": _DIRECTIONS[call.arguments["role"]],
    }
    call.change(own, {"mediaStreams": [*(e for e in streams if e not in known), shared]})


@operation("call/keepAlive", reads=True, status=200)
def keep_alive(call: Call) -> None:
    """A call that is there stays there: https://learn.microsoft.com/graph/api/call-keepalive"""


@operation("call*/logTeleconferenceDeviceQuality", status=200)
def log_quality(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/call-logteleconferencedevicequality"""
    call.note(DEVICE_QUALITY, {**call.arguments["quality"], "dateTime": call.now})


# Logs -----------------------------------------------------------------------------------------

#: What seeds of ``communications`` have of calls to telephones, by the function that gives them.
LOGS = {"getPstnCalls": "@pstnCalls", "getDirectRoutingCalls": "@directRoutingCalls"}
_MOST_TICKS = 90 * 24 * 3600 * 10_000_000  # 90 days


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and _is_moment(each.get("startDateTime")) for each in value
    )


def _is_moment(value: Any) -> bool:
    try:
        instant(value)
    except (TypeError, ValueError):
        return False
    return True


def _log(name: str) -> Operation:
    """The rows of a log whose calls begin between two times.

    https://learn.microsoft.com/graph/api/callrecords-callrecord-getpstncalls
    """

    def act(call: Call) -> list[Record]:
        begin, end = (instant(call.arguments[f"{at}DateTime"]) for at in ("from", "to"))
        if not 0 <= end - begin <= _MOST_TICKS:
            message = "The time from fromDateTime to toDateTime is 90 days at most."
            raise bad_request(message, "toDateTime")
        rows = call.holder.record.get(LOGS[name]) or ()
        return [each for each in rows if begin <= instant(each["startDateTime"]) < end]

    return operation(f"callRecords.callRecord*/{name}")(act)


def _check_callback(record: Record, before: Record | None) -> None:
    """https://learn.microsoft.com/graph/api/resources/call"""
    if not str(record.get("callbackUri") or "https:").lower().startswith("https:"):
        raise bad_request("The 'callbackUri' is an HTTPS URL.", "callbackUri")


TYPES = (
    Type("cloudCommunications", seeded=dict.fromkeys(LOGS.values(), _are_rows)),
    # https://learn.microsoft.com/graph/api/application-post-calls
    Type(
        "call",
        required=("callbackUri", "mediaConfig"),
        refuses=(_check_callback,),
        generated={
            "state": _of_app(lambda making: "establishing"),
            "direction": _of_app(lambda making: "outgoing"),
            "callChainId": _of_app(_new_id),
            "myParticipantId": _of_app(_new_id),
            "source": _of_app(_source),
        },
        brings={"participants": _own_part},
    ),
)

OPERATIONS = (
    *map(_log, LOGS),
    _done("call/mute", "muteParticipant", _muting(True)),
    _done("call/unmute", "unmuteParticipant", _muting(False)),
    _done("participant/mute", "muteParticipant", _muting(True)),
    _done("participant*/invite", "inviteParticipants", _invite),
    _done("call/updateRecordingStatus", "updateRecordingStatus", _record),
    *(
        _done(f"call/{name}", kind)
        for name, kind in {
            "cancelMediaProcessing": "cancelMediaProcessing",
            "playPrompt": "playPrompt",
            "recordResponse": "record",
            "sendDtmfTones": "sendDtmfTones",
            "subscribeToTone": "subscribeToTone",
        }.items()
    ),
    # https://learn.microsoft.com/graph/api/call-addlargegalleryview
    _done("call/addLargeGalleryView", "addLargeGalleryView", status=202),
    _done("participant/startHoldMusic", "startHoldMusic"),
    _done("participant/stopHoldMusic", "stopHoldMusic"),
    _state("answer", _COMING, "established", _answered),
    _state("reject", _COMING, "terminated", _rejected),
    _state("redirect", _COMING, "redirecting", _redirected),
    _state("transfer", _GOING_ON, "transferring", _transferred),
    change_role,
    keep_alive,
    log_quality,
)
