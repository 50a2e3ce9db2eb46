"""Notifications in the feed of a user.

https://learn.microsoft.com/graph/api/team-sendactivitynotification
"""

from __future__ import annotations

from collections.abc import Callable

from fakegraph.errors import bad_request
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, operation

NOTIFIED = "@activities"
"""The container of the notifications that were sent, which the control API shows."""


def _sends(scope: str) -> Callable[[Call], None]:
    """Sends a notification about what is in the scope of the URL, and keeps it for tests."""

    def act(call: Call) -> None:
        given = dict(call.arguments)
        _check_topic(given.get("topic") or {}, scope)
        for name in ("activityType", "previewText"):
            if not given.get(name):
                raise bad_request(f"A notification has '{name}'.", name)
        if scope == "users" and given.get("recipient"):
            raise bad_request("The URL says who is notified.", "recipient")
        told = {"id": call.new_id(), "sentDateTime": call.now, "scope": scope}
        thing = call.holder if scope == "users" else call.thing
        call.note(NOTIFIED, {**told, "about": thing.id, **given})

    return act


def _check_topic(topic: Record, scope: str) -> None:
    source, value = topic.get("source"), str(topic.get("value") or "")
    if source == "text" and not topic.get("webUrl"):
        raise bad_request("A topic that is a text has a 'webUrl'.", "topic/webUrl")
    if source == "entityUrl" and f"/{scope}/" not in value:
        message = f"The topic is an entity beneath '/{scope}/', as the URL says."
        raise bad_request(message, "topic/value")
    if source not in ("text", "entityUrl"):
        raise bad_request("The source of a topic is 'entityUrl' or 'text'.", "topic/source")


OPERATIONS = tuple(
    operation(f"{of}/sendActivityNotification", status=204)(_sends(scope))
    for of, scope in (("team", "teams"), ("chat", "chats"), ("userTeamwork", "users"))
)
