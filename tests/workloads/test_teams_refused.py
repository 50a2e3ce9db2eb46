"""What bodies of Teams may not say, in the words of the service where they are known."""

from __future__ import annotations

import json

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask
from tests.workloads.test_teams import MEMBER, bound
from tests.workloads.test_teams_people import TEMPLATE, new_team, team_of

GUEST = {"id": "gus", "userType": "Guest", "userPrincipalName": "gus@example.com"}
NOBODY = "4e7a3f0a-0000-4000-8000-000000000001"
PAST = "2020-01-01T00:00:00Z"


def messages_of(client, team):
    (general,) = listed(client, f"teams/{team}/channels")
    return f"teams/{team}/channels/{general['id']}/messages"


def html(content, **more):
    return {"body": {"contentType": "html", "content": content}, **more}


# Messages -----------------------------------------------------------------------------------------


def mention(text):
    return {"mentions": [{"id": 0, "mentionText": text, "mentioned": {"user": {"id": "bob"}}}]}


def card(content):
    kind = "application/vnd.microsoft.card.adaptive"
    return {"attachments": [{"id": "1", "contentType": kind, "content": content}]}


AT, ATTACHED = '<at id="0">Bob &amp; Co</at>', '<attachment id="1"></attachment>'
NO_MARK = "Neither Body nor adaptive card content contains marker for mention with Id '0'"
NO_PLACE = "Body does not contain marker for attachment with Id '1'."


def test_what_a_message_says_goes_with_what_it_mentions_and_attaches(people):
    path = messages_of(people, new_team(people))
    make(people, path, html(AT, **mention("Bob & Co")))
    make(people, path, html(ATTACHED, **card('{"type": "AdaptiveCard"}')))

    for body, said in (
        (html(AT, **mention("Bob")), NO_MARK),
        (html("Bob", **mention("Bob")), NO_MARK),
        (html("x", **card("{}")), NO_PLACE),
        (html(ATTACHED, **card("{x")), "Failed to process content in attachment with Id '1'."),
        (html(ATTACHED, **card("[]")), "Failed to process content in attachment with Id '1'."),
        ({"": "x", **html("Bob")}, "The property '' does not exist"),
        (html(""), "Missing body content"),
        ({"body": {}}, "Missing body content"),
    ):
        assert_error(people.post(f"/v1.0/{path}", json=body), 400, "BadRequest", said)
    assert len(listed(people, path)) == 2


def test_who_wrote_a_message_and_when_is_not_said_by_it(people):
    path = messages_of(people, new_team(people))

    answer = people.post(f"/v1.0/{path}", json=html("x", **{"from": {"user": {"id": "bob"}}}))
    assert_error(answer, 400, "BadRequest", "brought in")

    moment = "2020-01-01T00:00:00Z"
    made = make(people, path, html("x", id="5", deletedDateTime=moment, lastEditedDateTime=moment))
    assert made["id"] != "5"
    assert (made["deletedDateTime"], made["lastEditedDateTime"]) == (None, None)


def test_messages_of_a_chat_have_no_replies(people):
    members = [bound("ada", "owner"), bound("bob", "owner")]
    chat = make(people, "chats", {"chatType": "group", "members": members})["id"]
    message = make(people, f"chats/{chat}/messages", html("x"))["id"]

    answer = people.post(f"/v1.0/chats/{chat}/messages/{message}/replies", json=html("y"))

    assert_error(answer, 400, "BadRequest", "no replies")


# Members and chats --------------------------------------------------------------------------------


def test_a_guest_owns_no_team_and_the_last_owner_stays_one(people):
    seed(people, {"users": [GUEST]})
    team = new_team(people)
    members = f"/v1.0/teams/{team}/members"
    guest = make(people, f"teams/{team}/members", bound("gus"))["id"]

    changed = people.patch(f"{members}/{guest}", json={"@odata.type": MEMBER, "roles": ["owner"]})
    assert changed.json["roles"] == ["guest"]

    added = people.post(f"{members}/add", json={"values": [bound("ada"), bound("bob")]})
    assert added.status_code == 207
    assert [each["error"] is None for each in added.json["value"]] == [False, True]
    assert team_of(people, team) == {"ada": ["owner"], "bob": [], "gus": ["guest"]}
    for nobody in ({}, {"values": []}):
        assert_error(people.post(f"{members}/add", json=nobody), 400, "BadRequest", "values")


def test_a_chat_has_a_name_and_members_that_chats_have(people):
    pair = [bound("ada", "owner"), bound("bob", "owner")]
    group = {"chatType": "group", "members": pair}
    for wrong in (
        {**group, "topic": "x" * 251},
        {**group, "topic": "a:b"},
        {**group, "members": pair[:1]},
        {**group, "chatType": "meeting"},
    ):
        assert_error(people.post("/v1.0/chats", json=wrong), 400, "BadRequest")
    made = make(people, "chats", {**group, "topic": "x" * 250})["id"]
    for topic in ("x" * 251, "a:b"):
        answer = people.patch(f"/v1.0/chats/{made}", json={"topic": topic})
        assert_error(answer, 400, "BadRequest", "topic")
    assert [each["topic"] for each in listed(people, "chats")] == ["x" * 250]


def test_an_application_lists_the_chats_of_a_user_and_not_its_own(strict):
    roles = ["Chat.ReadBasic.All"]
    assert ask(strict, "GET", "users/ada/chats", roles=roles).status_code == 200
    answer = ask(strict, "GET", "chats", roles=roles)
    assert_error(answer, 412, "PreconditionFailed", "application-only context")
    assert ask(strict, "GET", "chats", user="ada@contoso.com", scp="Chat.Read").status_code == 200


def test_who_may_read_a_message_reads_its_pictures_and_no_user_flags_one(strict):
    body = {"template@odata.bind": TEMPLATE, "displayName": "Crew"}
    user = {"user": "ada@contoso.com"}
    team = ask(strict, "POST", "teams", body, **user).headers["Content-Location"].split("'")[1]
    (general,) = ask(strict, "GET", f"teams/{team}/channels", **user).json["value"]
    path = f"teams/{team}/channels/{general['id']}/messages"
    picture = {
        "@microsoft.graph.temporaryId": "1",
        "contentBytes": "aGk=",
        "contentType": "image/x",
    }
    said = html('<img src="../hostedContents/1/$value">', hostedContents=[picture])
    message = ask(strict, "POST", path, said, **user).json["id"]
    flagged = html("x", policyViolation={"dlpAction": "none"})
    assert_error(ask(strict, "POST", path, flagged, **user), 403, "Forbidden", "policyViolation")
    contents = f"{path}/{message}/hostedContents"
    (hosted,) = ask(strict, "GET", contents, **user).json["value"]

    user["scp"] = "ChannelMessage.Read.All"
    assert ask(strict, "GET", f"{contents}/{hosted['id']}/$value", **user).data == b"hi"
    user["scp"] = "User.Read"
    assert_error(ask(strict, "GET", f"{contents}/{hosted['id']}/$value", **user), 403, "Forbidden")


# Teams --------------------------------------------------------------------------------------------


def test_a_team_is_made_of_a_template_that_is_there_with_apps_that_are_named(people):
    body = {"template@odata.bind": TEMPLATE, "displayName": "Crew"}
    other = TEMPLATE.replace("standard", NOBODY)

    error = assert_error(
        people.post("/v1.0/teams", json={**body, "template@odata.bind": other}), 400, "BadRequest"
    )
    said = json.loads(error["message"].partition("ErrorMessage : ")[2])
    assert NOBODY in said["errors"][0]["message"]
    answer = people.post("/v1.0/teams", json={**body, "installedApps": [{}]})
    assert_error(answer, 400, "BadRequest", "teamsApp@odata.bind")
    assert listed(people, "teams") == []

    seed(people, {"teamsTemplates": [{"id": NOBODY}]})
    new_team(people, **{"template@odata.bind": other})
    for known in ("educationClass", "com.microsoft.teams.template.ManageAProject"):
        bare = f"https://graph.microsoft.com/beta/teamsTemplates/{known}"
        new_team(people, **{"template@odata.bind": bare})


def test_a_channel_is_archived_in_a_team_that_is_not(people):
    team = new_team(people)
    channel = make(people, f"teams/{team}/channels", {"displayName": "Plans"})["id"]
    path = f"/v1.0/teams/{team}"
    assert people.post(f"{path}/archive").status_code == 202

    for name in ("archive", "unarchive"):
        answer = people.post(f"{path}/channels/{channel}/{name}")
        assert_error(answer, 400, "BadRequest", "Team has to be active, for channel to be archived")

    assert people.post(f"{path}/unarchive").status_code == 202
    assert people.post(f"{path}/channels/{channel}/archive").status_code == 202


def test_the_first_channel_of_a_team_that_is_migrated_is_too(people):
    mode = {"@microsoft.graph.teamCreationMode": "migration", "createdDateTime": PAST}
    by_itself, before = new_team(people, **mode), new_team(people, **mode)
    for team in (by_itself, before):
        (first,) = listed(people, f"teams/{team}/channels")
        channel = f"/v1.0/teams/{team}/channels/{first['id']}"
        assert first["migrationMode"] == "inProgress"
        old = {"body": {"content": "x"}, "createdDateTime": PAST}
        assert people.post(f"{channel}/messages", json=old).status_code == 200
        if team == before:
            assert people.post(f"{channel}/completeMigration").status_code == 204
        assert people.post(f"/v1.0/teams/{team}/completeMigration").status_code == 204
        assert people.get(channel).json["migrationMode"] == "completed"


def test_an_application_by_itself_leaves_a_site_writable_when_it_archives(strict):
    body = {"template@odata.bind": TEMPLATE, "displayName": "Crew"}
    user = {"user": "ada@contoso.com"}
    team = ask(strict, "POST", "teams", body, **user).headers["Content-Location"].split("'")[1]
    path, body = f"teams/{team}/archive", {"shouldSetSpoSiteReadOnlyForMembers": True}
    app = {"roles": ["TeamSettings.ReadWrite.All"]}

    assert_error(ask(strict, "POST", path, body, **app), 400, "BadRequest", "signed in")
    assert ask(strict, "POST", path, body, **user).status_code == 202


def test_who_takes_part_in_a_meeting_is_in_its_chat(people):
    attendee = {"identity": {"user": {"id": "bob"}}, "upn": "bob@contoso.com"}
    body = {"subject": "Plans", "participants": {"attendees": [attendee]}}
    meeting = make(people, "me/onlineMeetings", body)

    members = listed(people, f"chats/{meeting['chatInfo']['threadId']}/members")

    assert sorted(each["userId"] for each in members) == ["ada", "bob"]


@pytest.mark.parametrize(
    "recipient",
    [
        None,
        {"@odata.type": "microsoft.graph.aadUserNotificationRecipient"},
        {"@odata.type": "microsoft.graph.channelMembersNotificationRecipient", "teamId": "t"},
    ],
)
def test_a_notification_in_a_team_is_for_somebody(people, recipient):
    team = new_team(people)
    topic = {"source": "entityUrl", "value": f"https://graph.microsoft.com/v1.0/teams/{team}"}
    body = {"topic": topic, "activityType": "x", "previewText": {"content": "x"}}

    answer = people.post(
        f"/v1.0/teams/{team}/sendActivityNotification", json={**body, "recipient": recipient}
    )

    assert_error(answer, 400, "BadRequest", "recipient")
    assert people.get("/_fakegraph/activities").json["value"] == []


def test_a_status_message_is_plain_text(people):
    message = {"contentType": "html", "content": "<b>out</b>"}
    path = "/v1.0/users/ada/presence"

    answer = people.post(f"{path}/setStatusMessage", json={"statusMessage": {"message": message}})

    assert_error(answer, 400, "BadRequest", "'text'")
    assert people.get(path).json["statusMessage"] is None


def test_a_status_message_expires_and_others_are_not_told_when(strict):
    ends = {"dateTime": "2030-01-01T10:00:00", "timeZone": "UTC"}
    said = {"message": {"contentType": "text", "content": "out"}, "expiryDateTime": ends}
    path, ada = "users/ada/presence", {"user": "ada@contoso.com"}
    strict.put("/_fakegraph/clock", json={"now": "2030-01-01T09:59:00Z"})
    wrong = {**said, "expiryDateTime": {"dateTime": "soon", "timeZone": "UTC"}}
    answer = ask(strict, "POST", f"{path}/setStatusMessage", {"statusMessage": wrong}, **ada)
    assert answer.status_code == 400
    answer = ask(strict, "POST", f"{path}/setStatusMessage", {"statusMessage": said}, **ada)
    assert answer.status_code == 200

    assert ask(strict, "GET", path, **ada).json["statusMessage"]["expiryDateTime"] == ends
    others = ask(strict, "GET", path, user="bob@contoso.com").json["statusMessage"]
    assert set(others) == {"message"}
    strict.put("/_fakegraph/clock", json={"now": "2030-01-01T10:00:01Z"})
    assert ask(strict, "GET", path, **ada).json["statusMessage"] is None


# Tags and shifts ----------------------------------------------------------------------------------


def test_a_tag_has_a_short_name_and_some_members(people):
    tags = f"/v1.0/teams/{new_team(people)}/tags"
    ada = {"userId": "ada"}
    for wrong in (
        {"displayName": "x" * 41, "members": [ada]},
        {"displayName": "x", "members": []},
        {"displayName": "x", "members": [ada] * 26},
    ):
        assert_error(people.post(tags, json=wrong), 400, "BadRequest")
    made = people.post(tags, json={"displayName": "x" * 40, "members": [ada]})
    assert made.status_code == 201, made.text
    path = f"{tags}/{made.json['id']}"
    assert_error(people.patch(path, json={"displayName": "x" * 41}), 400, "BadRequest")
    assert people.patch(path, json={"displayName": "y"}).status_code == 200


def test_what_shifts_call_required_is_there(people):
    path = f"/v1.0/teams/{new_team(people)}/schedule"
    ready = {"enabled": True, "timeZone": "America/Chicago"}
    for wrong in ({"enabled": True}, {"timeZone": "America/Chicago"}):
        assert_error(people.put(path, json=wrong), 400, "BadRequest")
    made = people.put(path, json={**ready, "provisionStatus": "Failed"})
    assert made.json["provisionStatus"] == "Completed"

    begin, whose = "2030-01-01T08:00:00Z", {"userId": "ada", "schedulingGroupId": "TAG_1"}
    for end, status in (
        ("2030-01-01T08:00:30Z", 400),
        ("2030-01-01T08:01:00Z", 201),
        ("2030-01-02T08:00:00Z", 201),
        ("2030-01-02T08:00:01Z", 400),
        (None, 400),
    ):
        item = {"startDateTime": begin, "endDateTime": end, "theme": "blue"}
        answer = people.post(f"{path}/shifts", json={**whose, "sharedShift": item})
        assert answer.status_code == status, answer.text
    unowned = people.post(f"{path}/shifts", json={"userId": "ada"})
    assert_error(unowned, 400, "BadRequest", "schedulingGroupId")
    times = {"startDateTime": begin, "endDateTime": "2030-01-02T08:00:00Z"}
    assert_error(people.post(f"{path}/share", json=times), 400, "BadRequest", "notifyTeam")


@pytest.mark.parametrize("what", ["team", "team/channels", "team/schedule"])
def test_the_team_of_a_group_that_is_not_there_is_refused_in_the_words_of_teams(people, what):
    message = f"No team found with Group Id {NOBODY}"
    at = f"/v1.0/groups/{NOBODY}"
    assert_error(people.get(f"{at}/{what}"), 404, "NotFound", message)
    assert_error(people.put(f"{at}/team", json={}), 404, "NotFound", message)
    assert_error(people.get(at), 404, "Request_ResourceNotFound")
