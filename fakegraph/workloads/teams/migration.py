"""Messages that come from elsewhere: teams and channels that are in migration mode.

https://learn.microsoft.com/microsoftteams/platform/graph-api/import-messages/import-external-messages-to-teams
"""

from __future__ import annotations

from fakegraph.edm.values import instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.handed import Making
from fakegraph.workloads.operations import Call, Thing, operation

_MODE, _BEGUN, _DONE = "migrationMode", "inProgress", "completed"
_CREATED = "createdDateTime"
_NOT_BEGUN = "It is not in migration mode: startMigration, or the mode of what is made, begins it."

_MEANT = {"migration": _BEGUN}
#: What the creation mode in the body of a channel says of it, and in that of a team.
MIGRATING, TEAM_MIGRATING = (_MODE, _MEANT), ("@migrationMode", _MEANT)


#: What a team, a channel or a chat has that a request made: what that did not say is not so. A seed
#: may leave it open.
SAID = {"@said": True}


def is_said(record: Record) -> bool:
    """Whether all is said of a team, a channel or a chat."""
    return "@said" in record


def may_import(record: Record) -> bool:
    """Whether messages can say when they were made, in a channel or a chat."""
    is_open = record.get(_MODE) is None and not is_said(record)
    return is_migrating(record) or is_open


def is_migrating(record: Record) -> bool:
    """Whether old messages are brought in."""
    return _BEGUN in (record.get(_MODE), record.get("@migrationMode"))


def check_mode(record: Record, before: Record | None) -> None:
    """Raise GraphError for a body of something new that says when that was made, and is not
    migrated.
    """
    if before is None and record.get(_CREATED) is not None and not is_migrating(record):
        message = "What is made in migration mode alone says when it was made."
        raise bad_request(message, _CREATED)


def check_past(making: Making) -> None:
    """Raise GraphError for what is migrated and is of a time to come."""
    made = making.record.get(_CREATED)
    if is_migrating(making.record) and made and instant(made) > instant(making.now):
        raise bad_request(f"'{_CREATED}' is in the future.", _CREATED)


def _complete(call: Call) -> None:
    if not may_import(call.thing.record):
        raise GraphError(400, "BadRequest", _NOT_BEGUN)
    name = "@migrationMode" if call.thing.container == "teams" else _MODE
    call.change(call.thing, {name: _DONE, **SAID})


def begin_first(call: Call, team: Thing) -> None:
    """Have the channel that every team has migrated with a new team that is."""
    for each in call.inside(team, "team/channels"):
        if each.id == team.record.get("internalId"):
            call.change(each, {_MODE: _BEGUN})


@operation("team/completeMigration")
def complete_team(call: Call) -> None:
    """The channel that every team has is completed with it, unless it was before.

    https://learn.microsoft.com/graph/api/team-completemigration
    """
    channels = [e for e in call.inside(call.thing, "team/channels") if is_migrating(e.record)]
    first = call.thing.record.get("internalId")
    open_ = [each for each in channels if each.id != first]
    for each in channels:
        if each.id == first and not open_:
            call.change(each, {_MODE: _DONE})
    if open_:
        name = open_[0].record.get("displayName")
        raise bad_request(f"The migration of the channel '{name}' is not completed.")
    _complete(call)


complete_channel = operation("channel/completeMigration")(_complete)
complete_chat = operation("chat/completeMigration")(_complete)


def _start(call: Call) -> None:
    record = call.thing.record
    if is_migrating(record):
        raise GraphError(400, "BadRequest", "It is in migration mode already.")
    said = call.arguments.get("conversationCreationDateTime")
    if said is not None and instant(said) > instant(call.now):
        raise bad_request("It is in the future.", "conversationCreationDateTime")
    first = record.get("originalCreatedDateTime") or record.get(_CREATED)
    earlier = {} if said is None else {_CREATED: said, "originalCreatedDateTime": first}
    call.change(call.thing, {_MODE: _BEGUN, **earlier})


start_channel = operation("channel/startMigration")(_start)
start_chat = operation("chat/startMigration")(_start)

OPERATIONS = (complete_team, complete_channel, complete_chat, start_channel, start_chat)
