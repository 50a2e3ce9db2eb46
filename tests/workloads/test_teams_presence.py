"""Presence, online meetings, and notifications in the activity feed."""

from __future__ import annotations

import base64
import json
import zipfile
from io import BytesIO
from urllib.parse import quote

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, stored
from tests.graph.whole.test_permissions import send as ask
from tests.graph.whole.test_permissions import token

BUSY = {"sessionId": "app", "availability": "Busy", "activity": "InACall"}
AVAILABLE = {"sessionId": "other", "availability": "Available", "activity": "Available"}
CATALOG = "https://graph.microsoft.com/v1.0/appCatalogs/teamsApps"
APP = f"{CATALOG}/12345678-9abc-def0-123456789a"


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


def test_presence_is_that_of_the_user_before_any_session(there):
    for path in ("users/bob/presence", "communications/presences/bob"):
        assert there.get(f"/v1.0/{path}").json["id"] == "bob"
    too_many = {"ids": ["bob"] * 651}
    answer = there.post("/v1.0/communications/getPresencesByUserId", json=too_many)
    assert_error(answer, 400, "BadRequest")


def test_all_users_are_there_before_any_session(there):
    ids = {"ids": ["bob", "nobody", "ada"]}
    asked = "/v1.0/communications/getPresencesByUserId"
    offline = {"availability": "Offline", "activity": "Offline"}

    found = there.post(asked, json=ids).json["value"]
    assert [(each["id"], each["availability"]) for each in found] == [("bob", "Offline"), ("ada", "Offline")]  # fmt: skip
    assert there.get("/v1.0/me/presence").json.items() >= {"id": "ada", **offline}.items()
    assert [each["id"] for each in listed(there, "communications/presences")] == ["ada", "bob"]

    assert set_(there, **BUSY).status_code == 200
    found = there.post(asked, json=ids).json["value"]
    assert [(each["id"], each["availability"]) for each in found] == [("bob", "Offline"), ("ada", "Busy")]  # fmt: skip
    found = listed(there, "communications/presences")
    assert [(each["id"], each["availability"]) for each in found] == [("ada", "Busy"), ("bob", "Offline")]  # fmt: skip


def test_who_is_signed_in_has_a_presence_though_nobody_made_that_user(client):
    me = client.get("/v1.0/me").json["id"]
    assert client.get("/v1.0/me/presence").json["id"] == me


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

    (kept,) = stored(there, "cloudCommunications/presences").scan()
    assert list(kept.record["@sessions"]) == ["other"]


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


OTHER = "7d1c6a52-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("path", "entity", "status"),
    [
        ("teams/t", "teams/t/channels/c", 204),
        ("teams/t", "teams('t')", 204),
        ("teams/t", f"teams/{OTHER}/channels/c", 400),
        ("teams/t", "chats/19:c@thread.v2", 400),
        ("chats/19:c@thread.v2", "chats/19%3Ac%40thread.v2/messages/1", 204),
        ("chats/19:c@thread.v2", "chats/19:other@thread.v2", 400),
        ("users/bob/teamwork", f"users/{OTHER}/teamwork/installedApps/a", 400),
    ],
)
def test_a_notification_is_about_what_its_url_has(feed, path, entity, status):
    topic = {"source": "entityUrl", "value": f"https://graph.microsoft.com/v1.0/{entity}"}
    body = {**SAID, **({} if "users" in path else TO_BOB), "topic": topic}

    answer = feed.post(f"/v1.0/{path}/sendActivityNotification", json=body)

    assert answer.status_code == status, answer.text


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


def manifest(client_id, *kinds, external="7d1c6a52-0000-4000-8000-000000000001"):
    """A package of an app, as it is uploaded to the catalog."""
    said = {
        "id": external,
        "version": "1.0.0",
        "name": {"short": "Tasks"},
        "webApplicationInfo": {"id": client_id, "resource": "api://tasks"},
        "activities": {"activityTypes": [{"type": each} for each in kinds]},
    }
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("manifest.json", json.dumps(said))
    return file.getvalue()


CLIENT = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def strict(make_client):
    """A tenant that looks at who notifies, with the feed of Bob, a team and a chat."""
    client = make_client(auth="strict")
    names = ("ada", "bob")
    users = [{"id": each, "userPrincipalName": f"{each}@contoso.com"} for each in names]
    seed(client, {"users": users, "teams": [{"id": "t"}]})
    return client


@pytest.fixture
def by_app(strict):
    """Sends to the feed of Bob, as an application."""

    def send(path="users/bob/teamwork", action="sendActivityNotification", **more):
        asked = {"app": CLIENT, "roles": ["TeamsActivity.Send"]}
        return ask(strict, "POST", f"{path}/{action}", {**SAID, **more}, **asked)

    return send


def upload(client, *about, **more):
    ada = token(client, user="ada@contoso.com", scp="AppCatalog.ReadWrite.All")
    head = {**ada, "Content-Type": "application/zip"}
    data = manifest(*about, **more)
    answer = client.post("/v1.0/appCatalogs/teamsApps", data=data, headers=head)
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def install(client, app, path="users/bob/teamwork"):
    bound = {"teamsApp@odata.bind": f"{CATALOG}/{app}"}
    answer = ask(client, "POST", f"{path}/installedApps", bound)
    assert answer.status_code == 201, answer.text


def test_an_app_notifies_those_for_whom_it_is_installed(strict, by_app):
    assert by_app().status_code == 204  # while the catalog names no application
    app = upload(strict, CLIENT, "made")

    error = assert_error(by_app(), 403, "Forbidden")
    assert error["message"] == (
        f"Application with AAD App Id '{CLIENT}' is not authorized to generate custom text notifications about "
        "'/users/bob/teamwork/sendActivityNotification' to the recipient. Ensure that the expected Teams app is "
        "installed in the target scope (user, team, or chat)."
    )
    install(strict, app)
    assert by_app().status_code == 204
    assert by_app("teams/t", **TO_BOB).status_code == 204
    error = assert_error(
        by_app("teams/t", recipient={**TO_BOB["recipient"], "userId": "ada"}), 403, "Forbidden"
    )
    install(strict, app, "teams/t")
    assert by_app("teams/t", recipient={**TO_BOB["recipient"], "userId": "ada"}).status_code == 204
    assert len(strict.get("/_fakegraph/activities").json["value"]) == 4


def test_an_application_notifies_by_an_app_of_its_own(strict, by_app):
    install(strict, upload(strict, "33333333-3333-4333-8333-333333333333", "made"))

    assert_error(by_app(), 403, "Forbidden")


def test_what_happened_is_declared_by_the_manifest(strict, by_app):
    install(strict, upload(strict, CLIENT, "made", "changed"))

    assert by_app(activityType="changed").status_code == 204
    message = assert_error(by_app(activityType="lost"), 400, "BadRequest")["message"]
    assert message == "The manifest of the app has no activity type 'lost': it has made, changed."
    assert_error(by_app(activityType="systemDefault"), 400, "BadRequest")
    text = [{"name": "systemDefaultText", "value": "Look"}]
    assert by_app(activityType="systemDefault", templateParameters=text).status_code == 204


def test_of_two_apps_of_an_application_one_is_named(strict, by_app):
    first = upload(strict, CLIENT, "made")
    second = upload(strict, CLIENT, "made", external="7d1c6a52-0000-4000-8000-000000000002")
    install(strict, second)

    message = assert_error(by_app(), 409, "Conflict")["message"]
    assert message.startswith(f"Found multiple applications with the same AAD App ID '{CLIENT}'")
    assert by_app(teamsAppId=second).status_code == 204
    assert_error(by_app(teamsAppId=first), 403, "Forbidden")


def test_many_are_notified_at_once(strict, by_app):
    to = [{**TO_BOB["recipient"], "userId": each} for each in ("ada", "bob")]
    action = "sendActivityNotificationToRecipients"

    assert by_app("teamwork", action, recipients=to).status_code == 202

    (told,) = strict.get("/_fakegraph/activities").json["value"]
    assert [each["userId"] for each in told["recipients"]] == ["ada", "bob"]
    assert_error(by_app("teamwork", action, recipients=[]), 400, "BadRequest")
    assert_error(by_app("teamwork", action, recipients=to[:1] * 101), 400, "BadRequest")
    chat = {
        "@odata.type": "#microsoft.graph.chatMembersNotificationRecipient",
        "chatId": "19:c@thread.v2",
    }
    assert_error(by_app("teamwork", action, recipients=[chat]), 400, "BadRequest")


def test_what_is_told_of_an_appointment_is_noted(feed):
    meeting = make(feed, "users/ada/onlineMeetings", {"subject": "Visit"})
    path = f"/v1.0/users/ada/onlineMeetings/{meeting['id']}"
    attendees = [{"phoneNumber": "+13129224122"}]

    url = feed.get(f"{path}/getVirtualAppointmentJoinWebUrl").json["value"]
    said = {"messageType": "confirmation", "attendees": attendees}
    assert feed.post(f"{path}/sendVirtualAppointmentSms", json=said).status_code == 204
    said = {"remindBeforeTimeInMinutesType": "mins15", "attendees": attendees}
    assert feed.post(f"{path}/sendVirtualAppointmentReminderSms", json=said).status_code == 204

    assert quote(meeting["chatInfo"]["threadId"], safe="") in url
    first, second = feed.get("/_fakegraph/noted").json["appointmentMessages"]
    assert (first["about"], first["messageType"]) == (meeting["id"], "confirmation")
    assert second["remindBeforeTimeInMinutesType"] == "mins15"


@pytest.mark.parametrize("of", ["onlineMeetings", "adhocCalls"])
def test_what_was_kept_of_meetings_is_in_one_list(feed, of):
    times = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    own = f"users/ada/{of}"
    seed(
        feed,
        {
            own: [{"id": "m"}, {"id": "n"}],
            f"{own}/m/recordings": [{"id": "r", "createdDateTime": times[0]}],
            f"{own}/n/recordings": [{"id": "s", "createdDateTime": times[1]}],
            f"{own}/n/transcripts": [{"id": "t", "createdDateTime": times[1]}],
        },
    )

    def ids(what):
        return [each["id"] for each in listed(feed, f"{own}/{what}")]

    assert ids("getAllRecordings()") == ["r", "s"]
    assert ids("getAllTranscripts()") == ["t"]
    assert ids("getAllRecordings(startDateTime=2026-01-15T00:00:00Z)") == ["s"]
    assert ids("getAllRecordings(endDateTime=2026-01-15T00:00:00Z)") == ["r"]
    who = "meetingOrganizerUserId" if of == "onlineMeetings" else "userId"
    assert ids(f"getAllRecordings({who}='ada')") == ["r", "s"]
    assert_error(feed.get(f"/v1.0/{own}/getAllRecordings({who}='bob')"), 400, "BadRequest")


def test_an_app_is_installed_once(feed):
    path = "/v1.0/chats/19:c@thread.v2/installedApps"

    assert feed.post(path, json={"teamsApp@odata.bind": APP}).status_code == 201
    assert_error(feed.post(path, json={"teamsApp@odata.bind": APP}), 409, "Conflict")
    assert len(feed.get(path).json["value"]) == 1
