"""Who is in teams, channels and chats, and what goes with a team: its group, channels, folders."""

from __future__ import annotations

import json

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, stored
from tests.graph.whole.test_permissions import send as ask
from tests.workloads.conftest import USERS
from tests.workloads.test_teams import TEAM, bound

TEMPLATE = "https://graph.microsoft.com/v1.0/teamsTemplates('standard')"


def new_team(client, *members, **more):
    body = {"template@odata.bind": TEMPLATE, "displayName": "Crew", "members": list(members)}
    answer = client.post("/v1.0/teams", json={**body, **more})
    assert answer.status_code == 202, answer.text
    return answer.headers["Content-Location"].split("'")[1]


def group_of(client, team, links="members"):
    return sorted(each["id"] for each in listed(client, f"groups/{team}/{links}"))


def team_of(client, team):
    found = listed(client, f"teams/{team}/members")
    return {each["userId"]: each["roles"] for each in found}


# A team and its group -----------------------------------------------------------------------------


def test_who_makes_a_team_owns_it_and_its_group(people):
    team = new_team(people, bound("bob", "owner"))

    assert team_of(people, team) == {"ada": ["owner"], "bob": ["owner"]}
    assert group_of(people, team) == group_of(people, team, "owners") == ["ada", "bob"]
    assert [each["id"] for each in listed(people, "me/joinedTeams")] == [team]


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ([], 400),
        ([bound("bob", "owner")], 202),
        ([bound("bob", "owner"), bound("cy", "owner")], 400),
        ([bound("bob")], 400),
    ],
)
def test_an_app_by_itself_says_who_owns_a_team(make_client, members, status):
    client = make_client(auth="strict")
    seed(client, USERS)
    body = {"template@odata.bind": TEMPLATE, "displayName": "Crew", "members": members}

    answer = ask(client, "POST", "teams", body, roles=["Team.Create"])

    assert answer.status_code == status, answer.text
    groups = ask(client, "GET", "groups", roles=["Group.Read.All"]).json["value"]
    assert len(groups) == (status == 202)


def test_who_joins_a_team_is_in_its_group_and_the_other_way_round(people):
    team = new_team(people)
    bob = make(people, f"teams/{team}/members", bound("bob@contoso.com"))
    path = f"/v1.0/teams/{team}/members/{bob['id']}"
    assert (group_of(people, team), group_of(people, team, "owners")) == (["ada", "bob"], ["ada"])

    body = {"@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"]}
    assert people.patch(path, json=body).status_code == 200
    assert group_of(people, team, "owners") == ["ada", "bob"]
    assert people.delete(path).status_code == 204
    assert group_of(people, team) == group_of(people, team, "owners") == ["ada"]

    link = {"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/cy"}
    for links in ("members", "owners"):
        assert people.post(f"/v1.0/groups/{team}/{links}/$ref", json=link).status_code == 204
    assert team_of(people, team) == {"ada": ["owner"], "cy": ["owner"]}
    for links in ("owners", "members"):
        path = f"/v1.0/groups/{team}/{links}/cy/$ref"
        assert people.delete(path).status_code == 204
    assert team_of(people, team) == {"ada": ["owner"]}


def test_a_group_that_becomes_a_team_has_its_people_there(people):
    binds = [f"https://graph.microsoft.com/v1.0/users/{each}" for each in ("ada", "bob")]
    group = make(
        people,
        "groups",
        {
            "displayName": "Crew",
            "mailNickname": "crew",
            "groupTypes": ["Unified"],
            "mailEnabled": True,
            "securityEnabled": False,
            "owners@odata.bind": binds[:1],
            "members@odata.bind": binds,
        },
    )["id"]

    assert people.put(f"/v1.0/groups/{group}/team", json={}).status_code == 201

    assert team_of(people, group) == {"ada": ["owner"], "bob": []}
    assert_error(people.put(f"/v1.0/groups/{group}/team", json={}), 409, "Conflict")


def test_a_team_goes_with_its_group_and_comes_back_with_it(people):
    team = new_team(people)
    make(people, f"teams/{team}/channels", {"displayName": "Plans"})

    assert people.delete(f"/v1.0/groups/{team}").status_code == 204
    assert_error(people.get(f"/v1.0/teams/{team}"), 404, "NotFound", "No team found")
    assert listed(people, "me/joinedTeams") == []
    back = people.post(f"/v1.0/directory/deletedItems/{team}/restore")
    assert back.status_code == 200, back.text
    found = {each["displayName"] for each in listed(people, f"teams/{team}/channels")}
    assert found == {"General", "Plans"}


def test_guests_are_guests_in_a_team(people):
    seed(people, {"users": [{"id": "guest", "displayName": "Gil", "userType": "Guest"}]})
    team = new_team(people)

    made = make(people, f"teams/{team}/members", bound("guest"))

    assert made["roles"] == ["guest"]
    assert made["tenantId"] == people.get("/v1.0/organization").json["value"][0]["id"]


def test_somebody_who_joins_again_has_another_role(people):
    team = new_team(people)
    make(people, f"teams/{team}/members", bound("bob"))

    again = people.post(f"/v1.0/teams/{team}/members", json=bound("bob", "owner"))

    assert (again.status_code, again.json["roles"]) == (201, ["owner"])
    assert team_of(people, team)["bob"] == ["owner"]
    assert len(team_of(people, team)) == 2


def test_the_last_owner_stays_one(people):
    team = new_team(people)
    (ada,) = listed(people, f"teams/{team}/members")
    body = {"@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": []}

    answer = people.patch(f"/v1.0/teams/{team}/members/{ada['id']}", json=body)

    assert_error(answer, 400, "BadRequest", "The last owner")
    path = f"/v1.0/teams/{team}/members"
    assert_error(people.delete(f"{path}/{ada['id']}"), 400, "BadRequest", "The last owner")
    removed = people.post(f"{path}/remove", json={"values": [bound("ada")]})
    assert (removed.status_code, removed.json["value"][0]["error"]["code"]) == (207, "BadRequest")
    assert team_of(people, team) == {"ada": ["owner"]}
    make(people, f"teams/{team}/members", bound("bob", "owner"))
    assert people.delete(f"{path}/{ada['id']}").status_code == 204
    assert team_of(people, team) == {"bob": ["owner"]}


def test_several_are_added_and_removed_each_with_its_result(people):
    team = new_team(people)

    def act(name, *values):
        return people.post(f"/v1.0/teams/{team}/members/{name}", json={"values": list(values)})

    whole = act("add", bound("bob"), bound("cy@contoso.com", "owner"))
    assert whole.status_code == 200, whole.text
    assert [(each["userId"], each["error"]) for each in whole.json["value"]] == [
        ("bob", None),
        ("cy", None),
    ]
    assert team_of(people, team) == {"ada": ["owner"], "bob": [], "cy": ["owner"]}
    assert group_of(people, team) == ["ada", "bob", "cy"]

    partly = act("add", bound("bob", "owner"), bound("nobody"))
    assert partly.status_code == 207
    first, second = partly.json["value"]
    assert (first["error"], second["error"]["code"]) == (None, "NotFound")
    assert team_of(people, team)["bob"] == ["owner"]

    gone = act("remove", bound("bob"), bound("cy"))
    assert gone.status_code == 200, gone.text
    assert team_of(people, team) == {"ada": ["owner"]}
    assert act("remove", bound("bob")).status_code == 207


def test_lists_say_how_many_there_are_unasked(people):
    team = new_team(people)

    for path in (f"teams/{team}/members", f"teams/{team}/channels", "me/joinedTeams", "teams"):
        assert people.get(f"/v1.0/{path}").json["@odata.count"] == 1, path
    channel = listed(people, f"teams/{team}/channels")[0]["id"]
    path = f"teams/{team}/channels/{channel}/messages"
    for content in "abc":
        make(people, path, {"body": {"content": content}})
    assert people.get(f"/v1.0/{path}?$top=2").json["@odata.count"] == 2


def test_the_teams_that_one_is_in_are_listed_as_they_are(people):
    team = new_team(people)

    assert [each["id"] for each in listed(people, "me/joinedTeams?$filter=id eq 'x'")] == [team]
    told = people.get("/_fakegraph/requests").json["value"][-1]["ignored"]
    assert any("$filter" in each for each in told)


@pytest.mark.parametrize("query", ["$filter=((", "$top=-5", "$select=nope", "$expand=nope", "$orderby=nope", "$filter=nope eq 1", "$count=maybe"])  # fmt: skip
def test_what_means_nothing_is_refused_though_nothing_is_heeded(people, query):
    team = new_team(people)
    assert_error(people.get(f"/v1.0/me/joinedTeams?{query}"), 400, "BadRequest")
    heeded = (
        "$top=5&$select=id&$orderby=displayName&$filter=displayName eq @a&@a='x'&$expand=channels"
    )
    assert [each["id"] for each in listed(people, f"me/joinedTeams?{heeded}")] == [team]


# Channels -----------------------------------------------------------------------------------------


def test_a_channel_has_a_folder_in_the_library_of_the_group(people):
    team = new_team(people)
    plans = make(people, f"teams/{team}/channels", {"displayName": "Plans "})["id"]

    folder = people.get(f"/v1.0/teams/{team}/channels/{plans}/filesFolder").json

    there = listed(people, f"groups/{team}/drive/root/children")
    assert sorted(each["name"] for each in there) == ["General", "Plans"]
    assert folder["id"] in {each["id"] for each in there}
    assert folder["name"] == "Plans"
    assert set(folder["parentReference"]) == {"driveId", "driveType"}
    assert folder["createdDateTime"] == "0001-01-01T00:00:00Z"
    inside = people.get(f"/v1.0/groups/{team}/drive/items/{folder['id']}").json
    assert "id" in inside["parentReference"]
    general = people.get(f"/v1.0/teams/{team}/primaryChannel/filesFolder").json
    assert general["name"] == "General"


def test_the_channel_that_each_team_has_is_its_own_thread_and_stays(people):
    team = new_team(people)
    general = people.get(f"/v1.0/teams/{team}/primaryChannel").json
    path = f"/v1.0/teams/{team}/channels/{general['id']}"

    assert general["id"] == people.get(f"/v1.0/teams/{team}").json["internalId"]
    assert_error(people.delete(path), 400, "BadRequest", "General")
    assert_error(people.patch(path, json={"displayName": "X"}), 400, "BadRequest", "General")
    assert people.patch(path, json={"description": "all"}).status_code == 204


def test_the_name_of_a_channel_stays_taken_for_a_month(people):
    people.put("/_fakegraph/clock", json={"now": "2026-03-01T08:00:00Z", "frozen": True})
    team = new_team(people)
    path = f"teams/{team}/channels"
    plans = make(people, path, {"displayName": "Plans"})["id"]
    taken = "Channel name already existed, please use other name"

    def again():
        return people.post(f"/v1.0/{path}", json={"displayName": "plans"})

    assert assert_error(again(), 400, "BadRequest")["message"] == taken
    assert people.delete(f"/v1.0/{path}/{plans}").status_code == 204
    people.put("/_fakegraph/clock", json={"advance": "P29D"})
    assert assert_error(again(), 400, "BadRequest")["message"] == taken
    people.put("/_fakegraph/clock", json={"advance": "P2D"})
    made = again()
    assert made.status_code == 201
    other = make(people, path, {"displayName": "Other"})["id"]
    assert people.delete(f"/v1.0/{path}/{other}").status_code == 204
    kept = stored(people, "teams").get(team)
    assert list(kept.record["@channelNames"]) == ["other"]


def test_who_has_access_to_a_channel(people):
    team = new_team(people)
    path = f"/v1.0/teams/{team}/channels/{listed(people, f'teams/{team}/channels')[0]['id']}"

    def has(arguments):
        answer = people.get(f"{path}/doesUserHaveAccess({arguments})")
        assert answer.status_code == 200, answer.text
        return answer.json["value"]

    assert has("userId='ada',tenantId='t'")
    assert not has("userId='bob',tenantId='t'")


def test_a_channel_has_an_address_when_it_is_asked_for(people):
    team = new_team(people)
    path = f"/v1.0/teams/{team}/channels/{listed(people, f'teams/{team}/channels')[0]['id']}"

    email = people.post(f"{path}/provisionEmail").json["email"]

    assert people.get(path).json["email"] == email
    assert people.post(f"{path}/removeEmail").status_code == 204
    assert people.get(path).json["email"] is None


# Chats --------------------------------------------------------------------------------------------


def chat(client, *members, **more):
    body = {"chatType": "group", "members": list(members), **more}
    return client.post("/v1.0/chats", json=body)


def test_the_members_of_chats_may_be_selected_where_they_are_expanded(people):
    made = chat(people, bound("ada", "owner"), bound("bob", "owner"), topic="Plans").json["id"]

    (found,) = listed(people, "chats?$filter=topic eq 'Plans'&$expand=members&$select=id,members")

    assert (found["id"], len(found["members"])) == (made, 2)
    assert "topic" not in found


def test_two_have_one_chat(people):
    two = bound("ada", "owner"), bound("bob@contoso.com", "owner")
    first = chat(people, *two, chatType="oneOnOne")
    second = chat(people, *reversed(two), chatType="oneOnOne")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["id"] == second.json["id"] == "19:ada_bob@unq.gbl.spaces"
    assert len(listed(people, "me/chats")) == 1
    assert len(listed(people, f"chats/{first.json['id']}/members")) == 2
    groups = {chat(people, *two).json["id"] for _ in "ab"}
    assert len(groups) == 2


@pytest.mark.parametrize(
    ("members", "more", "words"),
    [
        (["ada", "ada"], {"chatType": "oneOnOne"}, "Cannot create one-on-one chat with duplicate"),
        (["ada", "ada@contoso.com"], {"chatType": "oneOnOne"}, "with duplicate members"),
        (["ada", "ada%40contoso.com", "bob"], {}, "Duplicate chat members"),
        (["ada", "ada"], {}, "Duplicate chat members is specified in the request body."),
        (["ada"], {"chatType": "oneOnOne"}, "exactly two members"),
        (["ada", "bob"], {"chatType": "oneOnOne", "topic": "x"}, "no topic"),
    ],
)
def test_chats_that_cannot_be(people, members, more, words):
    answer = chat(people, *(bound(each, "owner") for each in members), **more)

    assert_error(answer, 400, "BadRequest", words)
    assert listed(people, "me/chats") == []


def test_each_in_a_new_chat_has_a_role(people):
    answer = chat(people, bound("ada", "owner"), bound("bob"))

    assert_error(answer, 400, "BadRequest", "The passed-in role '' is not supported.")


def test_nobody_joins_or_leaves_a_chat_of_two(people):
    two = bound("ada", "owner"), bound("bob", "owner")
    path = f"/v1.0/chats/{chat(people, *two, chatType='oneOnOne').json['id']}/members"
    member = people.get(path).json["value"][0]["id"]

    assert_error(people.post(path, json=bound("cy", "owner")), 400, "BadRequest", "blocked")
    assert_error(people.delete(f"{path}/{member}"), 400, "BadRequest", "leaves")
    assert len(people.get(path).json["value"]) == 2


def test_who_makes_a_chat_is_in_it(make_client):
    client = make_client(auth="strict")
    seed(client, USERS)
    body = {"chatType": "group", "members": [bound("bob", "owner"), bound("cy", "owner")]}

    answer = ask(client, "POST", "chats", body, user="ada@contoso.com", scp="Chat.Create")

    error = assert_error(answer, 403, "Forbidden", "InsufficientPrivileges")
    assert "is not a member of the roster" in error["innerError"]["message"]


def test_a_chat_tells_of_its_new_name_and_of_who_is_in_it_not_of_messages(people):
    people.put("/_fakegraph/clock", json={"now": "2026-03-01T08:00:00Z", "frozen": True})
    made = chat(people, bound("ada", "owner"), bound("bob", "owner"), topic="a").json
    path = f"/v1.0/chats/{made['id']}"

    def updated():
        people.put("/_fakegraph/clock", json={"advance": "PT1M"})
        return people.get(path).json["lastUpdatedDateTime"]

    def after(method, where, body):
        people.put("/_fakegraph/clock", json={"advance": "PT1M"})
        now = people.get("/_fakegraph/clock").json["now"]
        answer = people.open(f"{path}{where}", method=method, json=body)
        assert answer.status_code in (200, 201), answer.text
        return updated()[:19] == now[:19]

    assert not after("POST", "/messages", {"body": {"content": "hi"}})
    assert after("POST", "/members", bound("cy", "owner"))
    assert after("PATCH", "", {"topic": "b"})
    told = listed(people, f"chats/{made['id']}/messages")[0]
    assert (told["messageType"], told["from"]) == ("unknownFutureValue", None)
    assert told["eventDetail"]["chatDisplayName"] == "b"
    prefer = {"Prefer": "include-unknown-enum-members"}
    told = listed(people, f"chats/{made['id']}/messages", headers=prefer)[0]
    assert told["messageType"] == "systemEventMessage"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("hideForUser", True), ("unhideForUser", False)],
)
def test_a_chat_is_hidden_and_shown(people, name, shown):
    made = chat(people, bound("ada", "owner"), bound("bob", "owner")).json
    body = {"user": {"id": "ada", "tenantId": "2a690434-97d9-4eed-83a6-f5f13600199a"}}

    assert people.post(f"/v1.0/chats/{made['id']}/{name}", json=body).status_code == 204
    view = people.get(f"/v1.0/chats/{made['id']}").json["viewpoint"]
    assert view["isHidden"] is shown


def test_everybody_has_a_view_of_their_own(make_client):
    client = make_client(auth="strict")
    seed(client, USERS)
    members = {"chatType": "group", "members": [bound("ada", "owner"), bound("bob", "owner")]}
    scopes = {"scp": "Chat.ReadWrite Chat.Create"}
    id_ = ask(client, "POST", "chats", members, user="ada@contoso.com", **scopes).json["id"]

    def view(user):
        answer = ask(client, "GET", f"chats/{id_}", user=f"{user}@contoso.com", **scopes)
        return answer.json["viewpoint"]

    def act(name, user, **more):
        body, who = {"user": {"id": user}, **more}, "bob" if user == "bob" else "ada"
        return ask(client, "POST", f"chats/{id_}/{name}", body, user=f"{who}@contoso.com", **scopes)

    assert act("hideForUser", "bob").status_code == 204
    assert (view("ada"), view("bob")["isHidden"]) == (None, True)
    assert act("markChatReadForUser", "ada").status_code == 204
    assert view("ada")["lastMessageReadDateTime"] is not None
    assert view("bob")["lastMessageReadDateTime"] is None
    early = "2026-01-01T00:00:00Z"
    answer = act("markChatUnreadForUser", "ada", lastMessageReadDateTime=early)
    assert answer.status_code == 204
    assert view("ada") == {"isHidden": False, "lastMessageReadDateTime": early}
    by_app = ask(client, "GET", f"chats/{id_}", roles=["Chat.Read.All"])
    assert by_app.json["viewpoint"] is None
    assert_error(act("hideForUser", "cy"), 403, "Forbidden")
    assert_error(act("hideForUser", ""), 400, "BadRequest")


def test_somebody_is_sent_out_of_a_chat(people):
    made = chat(people, bound("ada", "owner"), bound("bob", "owner"), bound("cy", "owner")).json
    path = f"/v1.0/chats/{made['id']}/removeAllAccessForUser"

    assert people.post(path, json={"user": {"id": "cy"}}).status_code == 204

    members = listed(people, f"chats/{made['id']}/members")
    assert sorted(each["userId"] for each in members) == ["ada", "bob"]
    assert_error(people.post(path, json={"user": {"id": "cy"}}), 403, "Forbidden")


def test_a_deleted_chat_comes_back_with_what_was_said(people):
    made = chat(people, bound("ada", "owner"), bound("bob", "owner")).json
    path, deleted = f"/v1.0/chats/{made['id']}", f"/v1.0/teamwork/deletedChats/{made['id']}"
    people.post(f"{path}/messages", json={"body": {"content": "hi"}})

    assert people.delete(path).status_code == 204

    assert people.get(path).status_code == 404
    shown = people.get(deleted).json
    assert shown["id"] == made["id"]
    assert "chatType" not in shown
    assert people.post(f"{deleted}/undoDelete").status_code == 204
    assert people.get(path).json["chatType"] == made["chatType"]
    assert [each["body"]["content"] for each in listed(people, f"chats/{made['id']}/messages")] == [
        "hi"
    ]
    assert people.post(f"{deleted}/undoDelete").status_code == 404


def test_a_reply_quotes_what_it_replies_to(people):
    made = chat(people, bound("ada", "owner"), bound("bob", "owner")).json
    path = f"/v1.0/chats/{made['id']}/messages"
    first = people.post(path, json={"body": {"content": "<b>One</b>", "contentType": "html"}}).json

    def reply(*ids, content="Yes"):
        body = {"messageIds": list(ids), "replyMessage": {"body": {"content": content}}}
        return people.post(f"{path}/replyWithQuote", json=body)

    answer = reply(first["id"])

    assert answer.status_code == 201, answer.text
    there = people.get(f"{path}/{answer.json['id']}").json
    assert there["body"]["content"] == f'<attachment id="{first["id"]}"></attachment>Yes'
    (quote,) = there["attachments"]
    assert (quote["id"], quote["contentType"]) == (first["id"], "messageReference")
    content = json.loads(quote["content"])
    assert (content["messageId"], content["messagePreview"]) == (first["id"], "One")
    assert there["from"]["user"]["id"] == "ada"
    assert reply("1").status_code == 404
    assert reply().status_code == 400
    assert reply(first["id"], content="").status_code == 400


# Who may ------------------------------------------------------------------------------------------


def test_what_a_token_lacks_is_said_in_the_words_of_teams(make_client):
    client = make_client(auth="strict")
    seed(client, {**USERS, "teams": [{"id": TEAM}]})

    by_user = ask(client, "GET", f"teams/{TEAM}/channels", user="ada@contoso.com", scp="User.Read")
    by_app = ask(client, "GET", f"teams/{TEAM}/channels", roles=["User.Read.All", "Mail.Read"])
    reaction = f"teams/{TEAM}/channels/c/messages/1/setReaction"
    body = {"reactionType": "like"}
    alone = ask(client, "POST", reaction, body, roles=["ChannelMessage.Read.All"])

    message = assert_error(by_user, 403, "Forbidden")["message"]
    assert message.startswith("Missing scope permissions on the request. API requires one of '")
    assert "Channel.ReadBasic.All" in message
    assert message.endswith("Scopes on the request 'User.Read'")
    message = assert_error(by_app, 403, "Forbidden")["message"]
    assert message.startswith("Missing role permissions on the request. API requires one of '")
    assert message.endswith(
        "Roles on the request 'Mail.Read, User.Read.All'. "
        "Resource specific consent grants on the request ''."
    )
    error = assert_error(alone, 412, "PreconditionFailed")
    assert error["message"] == "Requested API is not supported in application-only context"


def test_who_is_listed_in_a_standard_channel_is_found_by_id(people):
    team = new_team(people, bound("ada", "owner"), bound("bob"))
    (channel,) = listed(people, f"teams/{team}/channels")
    ids = [each["id"] for each in listed(people, f"teams/{team}/members")]
    at = f"teams/{team}/channels/{channel['id']}"
    whole = f"teams/{team}/allChannels/{channel['id']}"
    primary = f"teams/{team}/primaryChannel"
    for path in (f"{at}/members", f"{at}/allMembers", f"{whole}/members", f"{primary}/members"):
        assert [each["id"] for each in listed(people, path)] == ids
        for each in ids:
            one = people.get(f"/v1.0/{path}/{each}")
            assert (one.status_code, one.json["id"]) == (200, each)
        assert people.get(f"/v1.0/{path}/nobody").status_code == 404


def test_everybody_in_a_team_is_in_its_standard_channels(people):
    team = new_team(people)
    make(people, f"teams/{team}/members", bound("bob"))
    private = {"displayName": "Few", "membershipType": "private"}
    few = make(people, f"teams/{team}/channels", {**private, "members": [bound("ada", "owner")]})
    general = people.get(f"/v1.0/teams/{team}/primaryChannel").json["id"]

    def members(channel):
        found = people.get(f"/v1.0/teams/{team}/channels/{channel}/members").json
        assert found["@odata.count"] == len(found["value"])
        return [(each["userId"], each["roles"]) for each in found["value"]]

    assert members(general) == [("ada", ["owner"]), ("bob", [])]
    assert members(few["id"]) == [("ada", ["owner"])]


@pytest.mark.parametrize("channel", [{}, {"displayName": "a/b"}, {"description": "x"}])
def test_what_comes_in_a_body_is_checked_as_what_is_posted(people, channel):
    body = {"template@odata.bind": TEMPLATE, "displayName": "Crew", "channels": [channel]}

    answer = people.post("/v1.0/teams", json=body)

    assert_error(answer, 400, "BadRequest")
    assert listed(people, "groups") == listed(people, "teams") == []


def test_a_seeded_channel_need_not_have_a_name(people):
    team = new_team(people)

    seed(people, {f"teams/{team}/channels": [{"id": "19:n@thread.tacv2"}]})

    folder = people.get(f"/v1.0/teams/{team}/channels/19:n@thread.tacv2/filesFolder")
    assert_error(folder, 404, "itemNotFound")


def test_a_message_is_pinned_by_its_url_and_taken_down(people):
    made = chat(people, bound("ada", "owner"), bound("bob", "owner")).json
    at = f"chats/{made['id']}"
    message = make(people, f"{at}/messages", {"body": {"content": "hi"}})["id"]

    pinned = make(people, f"{at}/pinnedMessages", pin(f"{at}/messages/{message}"))

    assert pinned["id"] == message
    (shown,) = listed(people, f"{at}/pinnedMessages?$expand=message")
    assert shown["message"]["body"]["content"] == "hi"
    answer = people.post(f"/v1.0/{at}/pinnedMessages", json=pin(f"{at}/messages/1"))
    assert answer.status_code == 404
    assert people.delete(f"/v1.0/{at}/pinnedMessages/{message}").status_code == 204
    assert listed(people, f"{at}/pinnedMessages") == []


def pin(path):
    return {"message@odata.bind": f"https://graph.microsoft.com/v1.0/{path}"}


def test_chats_are_listed_with_their_members_and_last_messages_alone(people):
    chat(people, bound("ada", "owner"), bound("bob", "owner"))
    assert len(listed(people, "chats?$expand=members")[0]["members"]) == 2
    assert_error(people.get("/v1.0/chats?$expand=messages"), 400, "BadRequest", "'messages'")
