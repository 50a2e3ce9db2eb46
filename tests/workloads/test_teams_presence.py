"""Presence, online meetings, and notifications in the activity feed."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask

BUSY = {"sessionId": "app", "availability": "Busy", "activity": "InACall"}
AVAILABLE = {"sessionId": "other", "availability": "Available", "activity": "Available"}
APP = "https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/12345678-9abc-def0-123456789a"


@pytest.fixture
def there(client):
    """A tenant with two users, whose clock stands still."""
    seed(client, {"users": [{"id": each, "displayName": each.title()} for each in ("ada", "bob")]})
    tell_time(client, now="2026-03-01T08:00:00Z", frozen=True)
    return client


def tell_time(client, **body):
    assert client.put("/_fakegraph/clock", json=body).status_code == 200


def set_(client, name="setPresence", **body):
    return client.post(f"/v1.0/users/ada/presence/{name}", json=body)


def shown(client, path="users/ada/presence"):
    found = client.get(f"/v1.0/{path}").json
    return found["availability"], found["activity"]


# Presence -----------------------------------------------------------------------------------------


def test_a_session_shows_until_it_ends(there):
    assert set_(there, **BUSY, expirationDuration="PT1H").status_code == 200

    paths = "users/ada/presence", "me/presence", "communications/presences/ada"
    assert {shown(there, path) for path in paths} == {("Busy", "InACall")}
    tell_time(there, advance="PT59M")
    assert shown(there) == ("Busy", "InACall")
    tell_time(there, advance="PT2M")
    assert shown(there) == ("Offline", "Offline")


def test_who_says_no_more_is_away_after_a_while(there):
    set_(there, **AVAILABLE, expirationDuration="PT4H")

    assert shown(there) == ("Available", "Available")
    tell_time(there, advance="PT6M")
    assert shown(there) == ("Available", "AvailableInactive")
    tell_time(there, advance="PT5M")
    assert shown(there) == ("Away", "Away")


def test_sessions_that_are_over_are_forgotten(there):
    set_(there, **BUSY)
    tell_time(there, advance="PT6M")
    set_(there, **AVAILABLE)

    (stored,) = there.get("/_fakegraph/records/communications/presences").json["value"]
    assert list(stored["@sessions"]) == ["other"]


def test_of_several_sessions_the_strongest_shows(there):
    set_(there, **AVAILABLE)
    set_(there, **BUSY)
    assert shown(there) == ("Busy", "InACall")

    assert set_(there, "clearPresence", sessionId="app").status_code == 200
    assert shown(there) == ("Available", "Available")
    assert_error(set_(there, "clearPresence", sessionId="app"), 404, "NotFound")
    set_(there, "clearPresence", sessionId="other")
    assert shown(there) == ("Offline", "Offline")


def test_what_a_user_prefers_shows_while_somebody_is_there(there):
    preferred = {"availability": "DoNotDisturb", "activity": "DoNotDisturb"}
    assert set_(there, "setUserPreferredPresence", **preferred).status_code == 200
    assert shown(there) == ("Offline", "Offline")

    set_(there, **AVAILABLE, expirationDuration="PT4H")
    assert shown(there) == ("DoNotDisturb", "DoNotDisturb")
    assert set_(there, "clearUserPreferredPresence").status_code == 200
    assert shown(there) == ("Available", "Available")

    set_(there, "setUserPreferredPresence", **preferred)
    tell_time(there, advance="P1DT1S")
    set_(there, **AVAILABLE)
    assert shown(there) == ("Available", "Available")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("setPresence", {**BUSY, "activity": "Available"}),
        ("setPresence", {**BUSY, "availability": "Happy"}),
        ("setPresence", {**BUSY, "sessionId": ""}),
        ("setPresence", {**BUSY, "expirationDuration": "PT4M"}),
        ("setPresence", {**BUSY, "expirationDuration": "PT5H"}),
        ("setPresence", {**BUSY, "expirationDuration": "soon"}),
        ("setUserPreferredPresence", {"availability": "Busy", "activity": "InACall"}),
    ],
)
def test_what_cannot_be_shown_is_refused(there, name, body):
    assert_error(set_(there, name, **body), 400, "BadRequest")
    assert shown(there) == ("Offline", "Offline")


def test_several_are_looked_up_at_once(there):
    set_(there, **BUSY)

    def ask(*ids):
        return there.post("/v1.0/communications/getPresencesByUserId", json={"ids": ids})

    found = {each["id"]: each["availability"] for each in ask("ada", "bob", "no").json["value"]}
    assert found == {"ada": "Busy", "bob": "Offline"}
    assert_error(ask(), 400, "BadRequest")
    assert_error(ask(*map(str, range(651))), 400, "BadRequest", "650")
    assert_error(there.get("/v1.0/communications/presences/nobody"), 404, "NotFound")


def test_a_status_message_is_set_and_taken_away(there):
    message = {"message": {"content": "Out", "contentType": "text"}}

    assert set_(there, "setStatusMessage", statusMessage=message).status_code == 200
    found = there.get("/v1.0/me/presence").json["statusMessage"]
    assert found["message"]["content"] == "Out"
    assert found["publishedDateTime"] == "2026-03-01T08:00:00Z"


# Meetings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?$filter=subject eq 'x'", "?$top=5"])
def test_meetings_are_found_by_their_url_alone(there, query):
    make(there, "me/onlineMeetings", {"subject": "a"})
    url = make(there, "me/onlineMeetings", {"subject": "b"})["joinWebUrl"]

    found = listed(there, f"me/onlineMeetings?$filter=joinWebUrl eq '{quote(url, safe='')}'")

    assert [each["subject"] for each in found] == ["b"]
    error = assert_error(there.get(f"/v1.0/me/onlineMeetings{query}"), 400, "InvalidArgument")
    assert error["message"] == (
        "Filter expression expected - /onlineMeetings?$filter={ParameterName} eq '{id}'."
    )


def test_a_meeting_that_is_known_elsewhere_is_made_once(there):
    def ask(**body):
        return there.post("/v1.0/me/onlineMeetings/createOrGet", json=body)

    first = ask(externalId="x", subject="a")
    again = ask(externalId="x", subject="b")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    assert first.json["startDateTime"] == "2026-03-01T08:00:00Z"
    assert first.json["endDateTime"] == "2026-03-01T09:00:00Z"
    assert ask(externalId="y").json["id"] != first.json["id"]
    assert_error(ask(subject="a"), 400, "BadRequest", "externalId")
    assert_error(ask(externalId="z", endDateTime="2026-03-01T09:00:00Z"), 400, "BadRequest")


def test_a_meeting_has_a_chat(there):
    made = make(there, "me/onlineMeetings", {"subject": "Plan"})

    chat = there.get(f"/v1.0/chats/{made['chatInfo']['threadId']}").json

    assert (chat["chatType"], chat["topic"]) == ("meeting", "Plan")
    assert chat["onlineMeetingInfo"]["joinWebUrl"] == made["joinWebUrl"]


def test_an_app_by_itself_needs_a_policy_for_the_meetings_of_a_user(make_client):
    client = make_client(auth="strict")
    made = client.post("/_fakegraph/tokens", json={"roles": ["OnlineMeetings.ReadWrite.All"]}).json
    app = json.loads(base64.urlsafe_b64decode(made["access_token"].split(".")[1] + "=="))["appid"]
    people = {"ada": None, "bob": [app], "cy": ["*"], "dan": ["another"]}
    users = [
        {"id": who, **({} if allowed is None else {"@applicationAccess": allowed})}
        for who, allowed in people.items()
    ]
    seed(client, {"users": users})

    def post(who, **token):
        return ask(client, "POST", f"users/{who}/onlineMeetings", {"subject": "x"}, **token)

    for who in ("ada", "dan"):
        error = assert_error(post(who, roles=["OnlineMeetings.ReadWrite.All"]), 403, "Forbidden")
        policy = f"No application access policy found for this app {app} on the user {who}"
        assert error["message"] == policy
    for who in ("bob", "cy"):
        assert post(who, roles=["OnlineMeetings.ReadWrite.All"]).status_code == 201
    wrong = client.post(
        "/_fakegraph/seed", json={"users": [{"id": "e", "@applicationAccess": "*"}]}
    )
    assert wrong.status_code == 400


def test_the_meetings_of_others_are_not_looked_up(make_client):
    client = make_client(auth="strict")
    names = ("ada", "bob")
    seed(client, {"users": [{"id": e, "userPrincipalName": f"{e}@contoso.com"} for e in names]})
    scp = "OnlineMeetings.ReadWrite"
    ada, bob = ({"user": f"{each}@contoso.com", "scp": scp} for each in names)
    made = ask(client, "POST", "me/onlineMeetings", {"subject": "x"}, **ada).json
    query = f"$filter=JoinWebUrl eq '{quote(made['joinWebUrl'], safe='')}'"

    assert len(ask(client, "GET", f"users/ada/onlineMeetings?{query}", **ada).json["value"]) == 1
    refused = ask(client, "GET", f"users/ada/onlineMeetings?{query}", **bob)
    error = assert_error(refused, 403, "Forbidden")
    assert error["message"] == "3003: User does not have access to lookup meeting"


# The activity feed --------------------------------------------------------------------------------

TEXT = {"source": "text", "value": "x", "webUrl": "https://teams.microsoft.com/l/x"}
SAID = {"topic": TEXT, "activityType": "made", "previewText": {"content": "New"}}
TO_BOB = {
    "recipient": {
        "@odata.type": "#microsoft.graph.aadUserNotificationRecipient",
        "userId": "bob",
    }
}


@pytest.fixture
def feed(there):
    seed(there, {"teams": [{"id": "t"}], "chats": [{"id": "19:c@thread.v2"}]})
    return there


@pytest.mark.parametrize(
    ("path", "scope", "about", "more"),
    [
        ("teams/t", "teams", "t", TO_BOB),
        ("chats/19:c@thread.v2", "chats", "19:c@thread.v2", TO_BOB),
        ("users/bob/teamwork", "users", "bob", {}),
    ],
)
def test_what_is_sent_to_a_feed_is_kept_for_the_test(feed, path, scope, about, more):
    answer = feed.post(f"/v1.0/{path}/sendActivityNotification", json={**SAID, **more})

    assert answer.status_code == 204, answer.text
    (told,) = feed.get("/_fakegraph/activities").json["value"]
    assert (told["scope"], told["about"], told["activityType"]) == (scope, about, "made")
    assert told["previewText"] == {"content": "New"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": {"source": "text", "value": "x"}},
        {"topic": {"source": "entityUrl", "value": "https://graph.microsoft.com/v1.0/chats/1"}},
        {"activityType": ""},
        {"previewText": None},
    ],
)
def test_a_notification_that_says_too_little_is_refused(feed, wrong):
    body = {**SAID, **TO_BOB, **wrong}

    answer = feed.post("/v1.0/teams/t/sendActivityNotification", json=body)

    assert_error(answer, 400, "BadRequest")
    assert feed.get("/_fakegraph/activities").json["value"] == []


def test_an_app_is_installed_once(feed):
    path = "/v1.0/chats/19:c@thread.v2/installedApps"

    assert feed.post(path, json={"teamsApp@odata.bind": APP}).status_code == 201
    assert_error(feed.post(path, json={"teamsApp@odata.bind": APP}), 409, "Conflict")
    assert len(feed.get(path).json["value"]) == 1
