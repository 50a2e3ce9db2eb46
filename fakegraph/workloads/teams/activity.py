"""Notifications in the feed of a user.

https://learn.microsoft.com/graph/teams-send-activityfeednotifications
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote, urlsplit

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing, operation
from fakegraph.workloads.teams.apps import ACTIVITIES, CATALOG

NOTIFIED = "@activities"
"""The container of the notifications that were sent, which the control API shows."""

_FREE = "systemDefault"  # the type of activity that no manifest has to name
_FREE_TEXT = "systemDefaultText"
_MOST_RECIPIENTS = 100
_CATALOGS = CATALOG.partition("/")[0]
_USER = "#microsoft.graph.aadUserNotificationRecipient"


def _sends(scope: str) -> Callable[[Call], None]:
    """Sends a notification about what is in the scope of the URL, and keeps it for tests."""

    def act(call: Call) -> None:
        given = dict(call.arguments)
        if scope == "users" and given.get("recipient"):
            raise bad_request("The URL says who is notified.", "recipient")
        thing = call.holder if scope == "users" else call.thing
        if scope != "users":
            _check_recipient(given.get("recipient") or {})
        _check_said(given, (scope, thing.id))
        path = f"/{scope}/{thing.id}{'/teamwork' if scope == 'users' else ''}"
        app = _sender(call, given, path)
        if app is not None and not _is_installed(call, app, thing, given):
            raise _not_authorized(call, path)
        _keep(call, scope, thing.id, given)

    return act


@operation("teamwork/sendActivityNotificationToRecipients", status=202)
def send_to_many(call: Call) -> None:
    """https://learn.microsoft.com/graph/api/teamwork-sendactivitynotificationtorecipients"""
    given = dict(call.arguments)
    to = list(given.get("recipients") or ())
    if not 1 <= len(to) <= _MOST_RECIPIENTS:
        message = f"A notification has 1 to {_MOST_RECIPIENTS} recipients."
        raise bad_request(message, "recipients")
    if not all(each.get("@odata.type") == _USER and each.get("userId") for each in to):
        message = "Recipients are users here: aadUserNotificationRecipient, with a 'userId'."
        raise bad_request(message, "recipients")
    _check_said(given, ())
    _sender(call, given, "/teamwork")
    _keep(call, "teamwork", "", given)


def _keep(call: Call, scope: str, about: str, given: Record) -> None:
    told = {"id": call.new_id(), "sentDateTime": call.now, "scope": scope}
    call.note(NOTIFIED, {**told, "about": about, **given})


#: What says whom each kind of recipient is, by the end of its type.
_NAMED = {
    "aadUserNotificationRecipient": ("userId",),
    "channelMembersNotificationRecipient": ("teamId", "channelId"),
    "chatMembersNotificationRecipient": ("chatId",),
    "teamMembersNotificationRecipient": ("teamId",),
}


def _check_recipient(recipient: Record) -> None:
    """Raise GraphError for a notification that is for nobody."""
    kind = str(recipient.get("@odata.type") or "").rpartition(".")[2]
    missing = next((n for n in _NAMED.get(kind, ("@odata.type",)) if not recipient.get(n)), None)
    if missing is not None:
        raise bad_request(f"The 'recipient' of a notification has '{missing}'.", "recipient")


def _check_said(given: Record, scope: tuple[str, ...]) -> None:
    """Raise GraphError for a notification that says too little."""
    _check_topic(given.get("topic") or {}, scope)
    for name in ("activityType", "previewText"):
        if not given.get(name):
            raise bad_request(f"A notification has '{name}'.", name)
    named = {each.get("name") for each in given.get("templateParameters") or ()}
    if given["activityType"] == _FREE and _FREE_TEXT not in named:
        message = f"The text of '{_FREE}' is the template parameter '{_FREE_TEXT}'."
        raise bad_request(message, "templateParameters")


def _check_topic(topic: Record, scope: tuple[str, ...]) -> None:
    source, value = topic.get("source"), str(topic.get("value") or "")
    if source == "text" and not topic.get("webUrl"):
        raise bad_request("A topic that is a text has a 'webUrl'.", "topic/webUrl")
    if source == "entityUrl" and scope and not _is_beneath(value, *scope):
        message = f"The topic is an entity beneath '/{'/'.join(scope)}', as the URL says."
        raise bad_request(message, "topic/value")
    if source not in ("text", "entityUrl"):
        raise bad_request("The source of a topic is 'entityUrl' or 'text'.", "topic/source")


_KEY = re.compile(r"[0-9a-fA-F-]{36}|19:.+|[^@{}]+@[^@{}]+")  # what says which thing is meant


def _is_beneath(url: str, collection: str, id_: str) -> bool:
    """Whether a URL is of a thing, or of what that has, by either way to write keys."""
    path = re.sub(r"\('([^']*)'\)", r"/\1", unquote(urlsplit(url).path))
    found = re.search(rf"/{collection}/([^/]+)", path)
    if found is None:
        return False
    return found[1].casefold() == id_.casefold() or _KEY.fullmatch(found[1]) is None


# Which app of Teams sends it ----------------------------------------------------------------------


def _sender(call: Call, given: Record, path: str) -> Thing | None:
    """The app of the catalog that is meant, or that the application which asks is; None while
    nothing there says which applications its apps are.

    Raises GraphError: 409 where several are, 403 where none is, 400 for a type of activity that the
    manifest of that app does not have.
    """
    apps = [app for holder in call.inside(None, _CATALOGS) for app in call.inside(holder, CATALOG)]
    if given.get("teamsAppId"):
        found = [each for each in apps if each.id == given["teamsAppId"]]
    else:
        named = [(each, client) for each in apps for client in _clients(call, each)]
        found = [each for each, client in named if client == _application(call)]
        if named and _application(call) and not found:
            raise _not_authorized(call, path)
    if len(found) > 1:
        message = f"Found multiple applications with the same AAD App ID '{_application(call)}'"
        hint = "a Teams Application ID is required to resolve which application is correct."
        raise GraphError(409, "Conflict", f"{message} - {hint}", "teamsAppId")
    app = next(iter(found), None)
    known = None if app is None else app.record.get(ACTIVITIES)
    kind = given["activityType"]
    if known is not None and kind not in (*known, _FREE):
        message = f"The manifest of the app has no activity type '{kind}': it has"
        raise bad_request(f"{message} {', '.join(known) or 'none'}.", "activityType")
    return app


def _application(call: Call) -> str:
    return str((call.by.get("application") or {}).get("id") or "")


def _clients(call: Call, app: Thing) -> Iterable[str]:
    """The applications of Entra ID that versions of an app say they are."""
    for each in call.inside(app, "teamsApp/appDefinitions"):
        client = (each.record.get("authorization") or {}).get("clientAppId")
        if client:
            yield client


def _is_installed(call: Call, app: Thing, thing: Thing, given: Record) -> bool:
    """Whether an app is where a notification is about, or is its recipient's."""
    users = [thing] if thing.container == "users" else [_recipient(call, given)]
    return any(
        app.id in (each.id for each in call.leads_to(installation, "teamsApp"))
        for holder in (thing, *filter(None, users))
        for installation in _installations(call, holder)
    )


def _recipient(call: Call, given: Record) -> Thing | None:
    user = (given.get("recipient") or {}).get("userId")
    return call.find("users", user) if user else None


def _installations(call: Call, holder: Thing) -> Iterable[Thing]:
    if holder.container == "teams":
        return call.inside(holder, "team/installedApps")
    if holder.container == "chats":
        return call.inside(holder, "chat/installedApps")
    own = call.leads_to(holder, "teamwork")
    found = [each for work in own for each in call.inside(work, "userTeamwork/installedApps")]
    for name in ("joinedTeams", "chats"):
        for place in call.leads_to(holder, name):
            found.extend(_installations(call, place))
    return found


def _not_authorized(call: Call, path: str) -> GraphError:
    who = f"Application with AAD App Id '{_application(call)}'"
    what = f"custom text notifications about '{path}/sendActivityNotification' to the recipient."
    hint = "Ensure that the expected Teams app is installed in the target scope"
    message = f"{who} is not authorized to generate {what} {hint} (user, team, or chat)."
    return GraphError(403, "Forbidden", message)


OPERATIONS = (
    *(
        operation(f"{of}/sendActivityNotification", status=204)(_sends(scope))
        for of, scope in (("team", "teams"), ("chat", "chats"), ("userTeamwork", "users"))
    ),
    send_to_many,
)
