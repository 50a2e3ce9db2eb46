"""What a naive fake of Teams gets wrong, each with what the service does."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask
from tests.workloads.test_teams import bound
from tests.workloads.test_teams_people import TEMPLATE, chat, group_of, new_team

SAID = {"body": {"content": "hi"}}


def general(client, team):
    return listed(client, f"teams/{team}/channels")[0]["id"]


def test_a_team_is_accepted_and_told_of_by_an_operation(people):
    body = {"template@odata.bind": TEMPLATE, "displayName": "Crew"}
    answer = people.post("/v1.0/teams", json=body)

    assert (answer.status_code, answer.data) == (202, b"")
    place = answer.headers["Content-Location"]
    assert place.startswith("/teams('")
    assert answer.headers["Location"].startswith(f"{place}/operations('")
    told = people.get(f"/v1.0{answer.headers['Location']}").json
    assert told["targetResourceLocation"] == place
    assert (told["operationType"], told["status"], told["error"]) == (
        "createTeam",
        "succeeded",
        None,
    )


def test_an_app_posts_no_messages(strict):
    team = "893075dd-2487-4122-925f-022c42e20265"
    channel = {"id": "19:a@thread.tacv2", "displayName": "General"}
    seed(strict, {"teams": [{"id": team}], f"teams/{team}/channels": [channel]})
    path = f"teams/{team}/channels/{channel['id']}/messages"

    answer = ask(strict, "POST", path, SAID, roles=["Teamwork.Migrate.All"])

    assert_error(answer, 401, "Unauthorized", "only for import purposes")


def test_messages_are_called_after_the_time_that_they_were_made_at(people):
    people.put("/_fakegraph/clock", json={"now": "2021-03-29T03:53:52.035Z", "frozen": True})
    path = f"teams/{(team := new_team(people))}/channels/{general(people, team)}/messages"

    made = [make(people, path, SAID) for _ in range(3)]

    assert [each["id"] for each in made] == ["1616990032035", "1616990032036", "1616990032037"]
    assert [each["createdDateTime"][-5:-1] for each in made] == [".035", ".036", ".037"]
    assert [each["etag"] for each in made] == [each["id"] for each in made]
    assert not any("@odata.etag" in each for each in made)
    assert [each["id"] for each in listed(people, path)] == [each["id"] for each in made[::-1]]


def test_a_team_is_its_group(people):
    team = new_team(people)
    make(people, f"teams/{team}/members", bound("bob"))

    assert group_of(people, team) == ["ada", "bob"]
    assert people.get(f"/v1.0/groups/{team}").json["displayName"] == "Crew"
    assert people.get(f"/v1.0/groups/{team}/sites/root").status_code == 200
    folder = people.get(f"/v1.0/teams/{team}/primaryChannel/filesFolder").json
    drive = people.get(f"/v1.0/groups/{team}/drive").json["id"]
    assert folder["parentReference"]["driveId"] == drive
    assert people.delete(f"/v1.0/groups/{team}").status_code == 204
    assert_error(people.get(f"/v1.0/teams/{team}"), 404, "NotFound", "No team found")


def test_channels_have_general_a_folder_and_names_that_stay_taken(people):
    team = new_team(people)
    path = f"teams/{team}/channels"
    made = make(people, path, {"displayName": "Plans"})["id"]

    assert [each["displayName"] for each in listed(people, path)] == ["General", "Plans"]
    assert people.get(f"/v1.0/{path}/{made}/filesFolder").json["name"] == "Plans"
    assert people.delete(f"/v1.0/{path}/{made}").status_code == 204
    for name, words in (("plans", "already existed"), ("a/b", "allowed characters")):
        assert_error(
            people.post(f"/v1.0/{path}", json={"displayName": name}), 400, "BadRequest", words
        )


def test_two_have_one_chat_and_who_makes_it_is_in_it(people, strict):
    two = bound("ada", "owner"), bound("bob", "owner")
    assert len({chat(people, *two, chatType="oneOnOne").json["id"] for _ in "ab"}) == 1

    body = {"chatType": "group", "members": [bound("bob", "owner"), bound("cy", "owner")]}
    answer = ask(strict, "POST", "chats", body, user="ada@contoso.com", scp="Chat.Create")
    error = assert_error(answer, 403, "Forbidden", "InsufficientPrivileges")
    assert error["innerError"]["message"].startswith("AclCheckFailed-The initiator ada is not")


def test_lists_take_few_options(people):
    team = new_team(people)
    messages = f"teams/{team}/channels/{general(people, team)}/messages"
    pair = bound("ada", "owner"), bound("bob", "owner")
    chats = f"chats/{chat(people, *pair).json['id']}/messages"
    for path, option in (
        (messages, "$filter=id eq '1'"),
        (messages, "$select=id"),
        (messages, "$orderby=id"),
        (chats, "$orderby=createdDateTime asc"),
        (chats, "$select=id"),
        ("chats", "$orderby=topic"),
    ):
        assert_error(people.get(f"/v1.0/{path}?{option}"), 400, "BadRequest")
    for path in (messages, chats, "chats", f"{messages}/delta"):
        words = "The limit of '50' for Top query has been exceeded."
        assert_error(people.get(f"/v1.0/{path}?$top=51"), 400, "BadRequest", words)


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.microsoft.com/v1.0/users('bob')",
        "https://graph.microsoft.com/v1.0/users/bob",
        "https://graph.microsoft.com/beta/users('bob@contoso.com')",
        "https://graph.microsoft.com/v1.0/users/bob%40contoso.com",
        "http://localhost:8365/tenants/other/v1.0/users/bob@contoso.com",
        "/users/bob",
    ],
)
def test_members_are_bound_in_any_form_of_a_url(people, url):
    team = new_team(people)

    made = make(people, f"teams/{team}/members", {**bound("bob"), "user@odata.bind": url})

    assert (made["userId"], made["email"]) == ("bob", "bob@contoso.com")


def test_nobody_is_a_member_without_a_url(people):
    team = new_team(people)
    body = {name: value for name, value in bound("bob").items() if name != "user@odata.bind"}

    answer = people.post(f"/v1.0/teams/{team}/members", json=body)

    words = "The provided '#microsoft.graph.aadUserConversationMember' for 'odata.type' is not"
    assert_error(answer, 400, "BadRequest", words)
    untyped = {**bound("bob"), "@odata.type": None}
    assert people.post(f"/v1.0/teams/{team}/members", json=untyped).status_code == 400


def test_several_members_have_a_result_each(people):
    path = f"/v1.0/teams/{new_team(people)}/members/add"

    whole = people.post(path, json={"values": [bound("bob")]})
    partly = people.post(path, json={"values": [bound("cy"), bound("zed")]})

    assert (whole.status_code, partly.status_code) == (200, 207)
    assert [each["error"] is None for each in partly.json["value"]] == [True, False]


def test_deleted_messages_stay_and_are_told_again(people):
    team = new_team(people)
    path = f"teams/{team}/channels/{general(people, team)}/messages"
    message = make(people, path, {"body": {"content": "secret"}})["id"]
    link = people.get(f"/v1.0/{path}/delta").json["@odata.deltaLink"]

    assert people.post(f"/v1.0/{path}/{message}/softDelete").status_code == 204

    for found in (
        listed(people, path),
        people.get(link.removeprefix("http://localhost")).json["value"],
    ):
        (one,) = found
        assert (one["id"], one["body"]["content"], one["attachments"]) == (message, "", [])
        assert one["deletedDateTime"]
        assert "@removed" not in one


def test_changes_of_chats_and_of_replies_are_not_told(people):
    team = new_team(people)
    path = f"teams/{team}/channels/{general(people, team)}/messages"
    root = make(people, path, {"body": {"content": "one"}})["id"]
    members = [bound("ada", "owner"), bound("bob", "owner")]
    chat = make(people, "chats", {"chatType": "group", "members": members})

    for place in (f"chats/{chat['id']}/messages", f"{path}/{root}/replies"):
        answer = people.get(f"/v1.0/{place}/delta")

        words = (
            "Unsupported request: Change tracking is not supported against 'microsoft.graph.chat"
        )
        assert_error(answer, 400, "BadRequest", words)


def test_a_refusal_says_what_is_needed_and_what_was_sent(strict):
    team = "893075dd-2487-4122-925f-022c42e20265"
    seed(strict, {"teams": [{"id": team}]})
    by_user = ask(strict, "GET", f"teams/{team}/members", user="ada@contoso.com", scp="User.Read")
    by_app = ask(strict, "GET", f"teams/{team}/members", roles=["User.Read.All"])

    message = assert_error(by_user, 403, "Forbidden")["message"]
    assert message.startswith("Missing scope permissions on the request. API requires one of '")
    assert message.endswith("Scopes on the request 'User.Read'")
    message = assert_error(by_app, 403, "Forbidden")["message"]
    assert message.startswith("Missing role permissions on the request. API requires one of '")
    assert "Roles on the request 'User.Read.All'" in message


def test_ids_are_raw_or_coded_in_paths_and_coded_in_contexts(people):
    team = new_team(people)
    id_ = general(people, team)
    pair = bound("ada", "owner"), bound("bob", "owner")
    talk = chat(people, *pair).json["id"]
    member = listed(people, f"chats/{talk}/members")[0]["id"]

    for form in (id_, quote(id_, safe="")):
        path = f"/v1.0/teams/{team}/channels/{form}/messages"
        found = people.get(path).json
        coded = quote(id_, safe="")
        assert found["@odata.context"].endswith(f"#teams('{team}')/channels('{coded}')/messages")
    for form in (member, quote(member, safe="")):
        found = people.get(f"/v1.0/chats/{talk}/members/{form}").json
        assert found["id"] == member
        assert f"#chats('{quote(talk, safe='')}')/members/" in found["@odata.context"]


def test_meetings_are_found_by_their_url_by_who_made_them(strict):
    token = {"scp": "OnlineMeetings.ReadWrite"}
    ada, bob = ({"user": f"{each}@contoso.com", **token} for each in ("ada", "bob"))
    made = ask(strict, "POST", "me/onlineMeetings", {"subject": "x"}, **ada).json
    query = f"?$filter=joinweburl eq '{quote(made['joinWebUrl'], safe='')}'"

    assert len(ask(strict, "GET", f"me/onlineMeetings{query}", **ada).json["value"]) == 1
    assert ask(strict, "GET", f"me/onlineMeetings{query}", **bob).json["value"] == []
    refused = ask(strict, "GET", f"users/ada/onlineMeetings{query}", **bob)
    assert_error(refused, 403, "Forbidden", "3003: User does not have access to lookup meeting")
    listed_ = ask(strict, "GET", "me/onlineMeetings", **ada)
    assert_error(listed_, 400, "InvalidArgument", "Filter expression expected")
