"""Teams: channels, chats, members, messages, presence and meetings."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user

TEAM = "893075dd-2487-4122-925f-022c42e20265"
MEMBER = "#microsoft.graph.aadUserConversationMember"


@pytest.fixture
def team(client):
    """The path of a team's channels."""
    seed(client, {"teams": [{"id": TEAM, "displayName": "Ops"}]})
    return f"teams/{TEAM}/channels"


@pytest.fixture
def ada(client):
    return make(client, "users", user())


def bound(who, *roles):
    return {
        "@odata.type": MEMBER,
        "roles": list(roles),
        "user@odata.bind": f"https://graph.microsoft.com/v1.0/users('{who}')",
    }


def test_a_channel_has_an_id_of_its_kind(client, team):
    made = make(client, team, {"displayName": "Plans"})

    assert made["id"].startswith("19:")
    assert made["id"].endswith("@thread.tacv2")
    assert made["membershipType"] == "standard"
    assert client.get(f"/v1.0/{team}/{made['id']}").json["displayName"] == "Plans"


@pytest.mark.parametrize("name", ["a/b", "#1", "_a", ".a", "a.", "x" * 51, "what?", "a:b"])
def test_channels_have_names_that_are_allowed(client, team, name):
    response = client.post(f"/v1.0/{team}", json={"displayName": name})

    assert_error(response, 400, "BadRequest", "doesn't contain allowed characters")
    assert listed(client, team) == []


def test_a_channel_without_a_name_can_be_seeded(client, team):
    seed(client, {"groups": [{"id": TEAM, "displayName": "Ops"}], team: [{"id": "c"}]})
    assert client.get(f"/v1.0/{team}/c").json["id"] == "c"


def test_who_is_bound_is_a_member_by_name(client, team, ada):
    member = make(client, f"teams/{TEAM}/members", bound("ada@contoso.com", "owner"))

    assert (member["userId"], member["displayName"]) == (ada["id"], "Ada Lovelace")
    assert base64.b64decode(member["id"]).decode().endswith(f"##{ada['id']}")
    assert member["roles"] == ["owner"]


def test_roles_are_those_there_are(client, team, ada):
    channel = make(client, team, {"displayName": "Plans"})["id"]

    response = client.post(f"/v1.0/{team}/{channel}/members", json=bound(ada["id"], "member"))

    assert_error(response, 400, "BadRequest", "The passed-in role 'member' is not supported.")


def test_nobody_is_a_member_who_is_nobody(client, team):
    channel = make(client, team, {"displayName": "Plans"})["id"]

    response = client.post(f"/v1.0/{team}/{channel}/members", json=bound("nobody", "owner"))

    assert response.status_code == 404
    assert listed(client, f"{team}/{channel}/members") == []


def test_a_message_is_called_after_the_time(client, team):
    channel = make(client, team, {"displayName": "Plans"})["id"]
    path = f"{team}/{channel}/messages"

    first, second = (make(client, path, {"body": {"content": text}}) for text in "ab")

    assert first["id"].isdigit()
    assert len(first["id"]) == 13
    assert int(second["id"]) > int(first["id"])
    assert first["etag"].isdigit()
    assert (first["messageType"], first["importance"], first["locale"]) == (
        "message",
        "normal",
        "en-us",
    )
    assert first["attachments"] == first["mentions"] == first["reactions"] == []
    assert first["deletedDateTime"] is None


def test_messages_have_replies(client, team):
    channel = make(client, team, {"displayName": "Plans"})["id"]
    message = make(client, f"{team}/{channel}/messages", {"body": {"content": "a"}})["id"]

    reply = make(client, f"{team}/{channel}/messages/{message}/replies", {"body": {"content": "b"}})

    found = listed(client, f"{team}/{channel}/messages/{message}/replies")
    assert [each["id"] for each in found] == [reply["id"]]
    assert [each["id"] for each in listed(client, f"{team}/{channel}/messages")] == [message]


def test_what_is_mentioned_is_in_the_body(client, team):
    channel = make(client, team, {"displayName": "Plans"})["id"]
    body = {
        "body": {"contentType": "html", "content": 'hi <at id="1">Ada</at>'},
        "mentions": [{"id": 0, "mentionText": "Ada"}],
    }

    response = client.post(f"/v1.0/{team}/{channel}/messages", json=body)

    assert_error(response, 400, "BadRequest", "marker for mention with Id '0'")


def test_a_message_has_a_body(client, team):
    channel = make(client, team, {"displayName": "Plans"})["id"]

    response = client.post(f"/v1.0/{team}/{channel}/messages", json={"subject": "x"})

    assert_error(response, 400, "BadRequest", "body")


def test_a_chat_is_made_with_its_members(client, ada):
    bob = make(client, "users", user(userPrincipalName="bob@contoso.com", mailNickname="bob"))
    members = [bound(ada["id"], "owner"), bound(bob["id"], "owner")]

    chat = make(client, "chats", {"chatType": "group", "topic": "Lunch", "members": members})

    assert chat["id"].endswith("@thread.v2")
    found = listed(client, f"chats/{chat['id']}/members")
    assert {each["userId"] for each in found} == {ada["id"], bob["id"]}


def test_chats_refuse_members_that_cannot_be(client, ada):
    twice = [bound(ada["id"], "owner")] * 2

    doubled = client.post("/v1.0/chats", json={"chatType": "group", "members": twice})
    nobody = client.post("/v1.0/chats", json={"chatType": "group"})

    assert_error(doubled, 400, "BadRequest", "Duplicate chat members")
    assert_error(nobody, 400, "BadRequest", "Chat members cannot be null.")
    assert listed(client, "me/chats") == []


def test_apps_of_the_store_can_be_installed(client):
    seed(client, {"chats": [{"id": "19:a@thread.v2"}]})
    url = "https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/12345678-9abc-def0-123456789a"

    path = "/v1.0/chats/19:a@thread.v2/installedApps"
    made = client.post(path, json={"teamsApp@odata.bind": url})

    (found,) = listed(client, "chats/19:a@thread.v2/installedApps?$expand=teamsApp")
    assert (made.status_code, made.data) == (201, b"")
    assert made.headers["Location"].endswith(quote(found["id"], safe=""))
    assert found["teamsApp"]["distributionMethod"] == "store"


def test_hosted_contents_are_bytes(client):
    data = base64.b64encode(b"PNG").decode()
    path = "chats/19:a@thread.v2/messages/1615971548136/hostedContents"
    seed(client, {path: [{"id": "h", "contentBytes": data, "contentType": "image/png"}]})

    response = client.get(f"/v1.0/{path}/h/$value")

    assert (response.data, response.headers["Content-Type"]) == (b"PNG", "image/png")


def test_unknown_teams_chats_and_channels_are_told_so(client, team):
    for path, words in (
        (f"teams/{TEAM[:-1]}6", "No team found with Group Id"),
        ("chats/19:x@thread.v2", "GetThreadS2SRequest"),
        (f"{team}/19:x@thread.tacv2", "GetThreadS2SRequest"),
    ):
        assert_error(client.get(f"/v1.0/{path}"), 404, "NotFound", words)


def test_everybody_is_present_or_not(client, ada):
    found = client.get(f"/v1.0/users/{ada['id']}/presence").json

    assert (found["availability"], found["activity"]) == ("Offline", "Offline")


def test_a_meeting_can_be_joined(client):
    made = make(
        client,
        "me/onlineMeetings",
        {
            "subject": "Plan",
            "startDateTime": "2026-01-01T10:00:00Z",
            "endDateTime": "2026-01-01T11:00:00Z",
        },
    )

    assert made["chatInfo"]["threadId"].startswith("19:meeting_")
    assert made["joinWebUrl"].startswith("https://teams.microsoft.com/l/meetup-join/19%3ameeting_")
    assert made["joinUrl"] == made["joinWebUrl"]
    assert made["participants"]["organizer"]["identity"]["user"]["id"]


def test_a_meeting_is_joined_by_its_number(client):
    asked = {"subject": "Plan", "joinMeetingIdSettings": {"isPasscodeRequired": True}}
    made = make(client, "me/onlineMeetings", asked)["joinMeetingIdSettings"]

    assert len(made["joinMeetingId"]) == 10
    assert made["passcode"]
    named = f"joinMeetingIdSettings/joinMeetingId eq '{made['joinMeetingId']}'"
    (found,) = listed(client, f"me/onlineMeetings?$filter={named}")
    assert (found["subject"], found["joinMeetingIdSettings"]) == ("Plan", made)
    plain = make(client, "me/onlineMeetings", {"subject": "Other"})
    assert plain["joinMeetingIdSettings"]["passcode"] is None
    assert plain["joinMeetingIdSettings"]["joinMeetingId"] != made["joinMeetingId"]
    assert plain["lobbyBypassSettings"]["scope"] == "organization"
    own = {"joinMeetingIdSettings": {"passcode": "mine"}}
    answer = client.post("/v1.0/me/onlineMeetings", json=own)
    assert_error(answer, 400, "BadRequest", "'passcode' is made by the service")
    where = f"/v1.0/me/onlineMeetings/{found['id']}"
    assert client.patch(where, json={"subject": "New"}).json["joinMeetingIdSettings"] == made
    open_ = {"joinMeetingIdSettings": {"isPasscodeRequired": False}}
    changed = client.patch(where, json=open_).json["joinMeetingIdSettings"]
    assert (changed["joinMeetingId"], changed["passcode"]) == (made["joinMeetingId"], None)


def test_a_meeting_keeps_its_organizer_and_has_both_times_changed(client):
    ada = make(client, "users", user(userPrincipalName="ada@contoso.com"))
    guest = {"upn": "bob@contoso.com", "role": "presenter"}
    made = make(client, "me/onlineMeetings", {"participants": {"attendees": [guest]}})
    organizer = made["participants"]["organizer"]
    assert (organizer["identity"]["user"]["id"], organizer["upn"]) == (ada["id"], "ada@contoso.com")
    assert [each["upn"] for each in made["participants"]["attendees"]] == [guest["upn"]]
    where = f"/v1.0/me/onlineMeetings/{made['id']}"
    other = {"participants": {"organizer": {"upn": "bob@contoso.com"}, "attendees": []}}
    assert client.patch(where, json=other).json["participants"] == {"attendees": [], "organizer": organizer}  # fmt: skip
    half = client.patch(where, json={"startDateTime": "2026-01-01T10:00:00Z"})
    assert_error(half, 400, "BadRequest", "startDateTime or endDateTime")
    both = {"startDateTime": "2026-01-01T10:00:00Z", "endDateTime": "2026-01-01T11:00:00Z"}
    assert client.patch(where, json=both).json["startDateTime"] == both["startDateTime"]


def test_a_meeting_ends_after_it_starts(client):
    response = client.post(
        "/v1.0/me/onlineMeetings",
        json={"startDateTime": "2026-01-01T10:00:00Z", "endDateTime": "2026-01-01T09:00:00Z"},
    )

    assert_error(response, 400, "BadRequest", "ends before it starts")


def test_chats_and_teams_are_those_that_one_is_in(client, ada):
    bob = make(client, "users", user(userPrincipalName="bob@contoso.com", mailNickname="bob"))
    members = [bound(ada["id"], "owner"), bound(bob["id"], "owner")]
    chat = make(client, "chats", {"chatType": "group", "members": members})
    seed(client, {"teams": [{"id": TEAM, "displayName": "Ops"}], "chats": [{"id": "19:other"}]})
    make(client, f"teams/{TEAM}/members", bound(ada["id"], "owner"))

    assert [each["id"] for each in listed(client, f"users/{ada['id']}/chats")] == [chat["id"]]
    assert [each["id"] for each in listed(client, f"users/{ada['id']}/joinedTeams")] == [TEAM]
    assert listed(client, f"users/{bob['id']}/joinedTeams") == []
    assert client.get(f"/v1.0/users/{bob['id']}/chats/{chat['id']}").status_code == 200
    assert client.get(f"/v1.0/users/{bob['id']}/chats/19:other").status_code == 404


def test_installed_apps_are_found_by_what_the_catalog_says_of_them(client):
    app = {"id": "a1", "externalId": "e1"}
    seed(
        client,
        {
            f"teams/{TEAM}/installedApps": [
                {"id": "i1", "teamsApp": app},
                {"id": "i2", "teamsApp": {"id": "a2", "externalId": "e2"}},
            ]
        },
    )

    found = listed(client, f"teams/{TEAM}/installedApps?$filter=teamsApp/externalId eq 'e1'")

    assert [each["id"] for each in found] == ["i1"]


def test_a_team_is_made_with_its_group_and_a_channel(client):
    response = client.post(
        "/v1.0/teams",
        json={
            "template@odata.bind": "https://graph.microsoft.com/v1.0/teamsTemplates('standard')",
            "displayName": "Night Shift",
        },
    )

    assert (response.status_code, response.data) == (202, b"")
    team = response.headers["Content-Location"].removeprefix("/teams('").removesuffix("')")
    operation = client.get(f"/v1.0{response.headers['Location']}").json
    assert (operation["status"], operation["targetResourceId"]) == ("succeeded", team)
    group = client.get(f"/v1.0/groups/{team}?$select=displayName,resourceProvisioningOptions").json
    assert group["displayName"] == "Night Shift"
    assert group["resourceProvisioningOptions"] == ["Team"]
    assert [each["displayName"] for each in listed(client, f"teams/{team}/channels")] == ["General"]
    assert client.get(f"/v1.0/groups/{team}/team").json["displayName"] == "Night Shift"
    assert client.get(f"/v1.0/teams/{team}/primaryChannel").json["displayName"] == "General"
    assert client.get(f"/v1.0/teams/{team}").json["memberSettings"]["allowCreateUpdateChannels"]


def test_a_group_becomes_a_team(client):
    group = {"id": TEAM, "displayName": "Ops"}
    seed(client, {"groups": [group], f"groups/{TEAM}/owners": [{"id": "ada"}]})
    assert_error(client.get(f"/v1.0/groups/{TEAM}/team"), 404, "NotFound", "No team found")

    response = client.put(
        f"/v1.0/groups/{TEAM}/team", json={"memberSettings": {"allowCreatePrivateChannels": False}}
    )

    assert response.status_code == 201, response.text
    assert response.json["id"] == TEAM
    assert client.get(f"/v1.0/teams/{TEAM}").status_code == 200
    group = client.get(f"/v1.0/groups/{TEAM}?$select=resourceProvisioningOptions").json
    assert group["resourceProvisioningOptions"] == ["Team"]


def test_a_team_and_its_group_are_called_the_same(client):
    group = {"id": TEAM, "displayName": "Ops", "visibility": "Public"}
    seed(client, {"groups": [group], f"groups/{TEAM}/owners": [{"id": "ada"}]})
    assert client.put(f"/v1.0/groups/{TEAM}/team", json={}).status_code == 201
    names = ("displayName", "description", "visibility")

    def said(kind):
        found = client.get(f"/v1.0/{kind}/{TEAM}").json
        return [found[name] for name in names]

    assert said("teams") == ["Ops", None, "public"]
    changes = dict(zip(names, ("Day", "Works", "Private"), strict=True))
    assert client.patch(f"/v1.0/groups/{TEAM}", json=changes).status_code == 204
    assert said("teams") == ["Day", "Works", "private"]
    changes = dict(zip(names, ("Night", "Sleeps", "public"), strict=True))
    assert client.patch(f"/v1.0/teams/{TEAM}", json=changes).status_code < 300
    assert said("groups") == ["Night", "Sleeps", "Public"]
    assert said("teams") == ["Night", "Sleeps", "public"]


OLD = {
    "displayName": "Old",
    "@microsoft.graph.channelCreationMode": "migration",
    "createdDateTime": "2018-01-01T00:00:00Z",
}


def test_a_message_that_says_when_it_was_made_is_brought_in(client, team):
    channel = make(client, team, OLD)["id"]

    response = client.post(
        f"/v1.0/{team}/{channel}/messages",
        json={"createdDateTime": "2019-02-04T19:58:15.511Z", "body": {"content": "old"}},
    )

    assert (response.status_code, response.json["id"]) == (200, "1549310295511")


def test_messages_come_newest_first_and_fifty_at_most(client, team):
    channel = make(client, team, {"displayName": "Plans"})["id"]
    path = f"{team}/{channel}/messages"
    ids = [make(client, path, {"body": {"content": text}})["id"] for text in "abc"]

    assert listed(client, path)[0]["id"] == ids[-1]
    response = client.get(f"/v1.0/{path}?$top=51")
    assert_error(response, 400, "BadRequest", "The limit of '50' for Top query has been exceeded.")


def test_what_is_known_of_a_teams_photo_can_be_read(client):
    seed(client, {"teams/t/photo": {"id": "240X240", "width": 240, "height": 240}})

    assert client.get("/v1.0/teams/t/photo").json["width"] == 240


@pytest.mark.parametrize(
    ("sent", "id_"),
    [
        ("2024-05-10T08:00:00.1234567+05:30", "1715308200123"),
        ("2024-05-10T08:00:00Z", "1715328000000"),
        ("2024-05-10T08:00Z", "1715328000000"),
    ],
)
def test_imported_messages_have_ids_of_their_moment_wherever_it_is_told(client, team, sent, id_):
    channel = make(client, team, OLD)["id"]
    body = {"body": {"content": "a"}, "createdDateTime": sent}

    made = client.post(f"/v1.0/{team}/{channel}/messages", json=body)

    assert (made.status_code, made.json["id"]) == (200, id_)


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2024-05-10T10:00:00+02:00", "2024-05-10T09:00:00Z", 201),
        ("2024-05-10T08:00:00Z", "2024-05-10T09:00:00+02:00", 400),
    ],
)
def test_a_meeting_ends_after_it_starts_in_any_zone(client, start, end, status):
    body = {"subject": "Talk", "startDateTime": start, "endDateTime": end}

    assert client.post("/v1.0/me/onlineMeetings", json=body).status_code == status
