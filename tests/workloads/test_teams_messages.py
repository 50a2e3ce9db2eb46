"""Messages of channels and chats: who wrote them, where, and what becomes of them."""

from __future__ import annotations

import base64

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask
from tests.workloads.test_teams import MEMBER

TEAM = "893075dd-2487-4122-925f-022c42e20265"
CHANNEL, CHAT = "19:a@thread.tacv2", "19:c@thread.v2"
IN_CHANNEL = f"teams/{TEAM}/channels/{CHANNEL}/messages"
IN_CHAT = f"chats/{CHAT}/messages"
NAMES = ("ada", "bob")
THINGS = {
    "users": [
        {"id": each, "displayName": each.title(), "userPrincipalName": f"{each}@contoso.com"}
        for each in NAMES
    ],
    "teams": [{"id": TEAM, "displayName": "Ops"}],
    f"teams/{TEAM}/members": [{"@odata.type": MEMBER, "userId": each} for each in NAMES],
    f"teams/{TEAM}/channels": [{"id": CHANNEL, "displayName": "General"}],
    "chats": [{"id": CHAT, "chatType": "group"}],
}
CALLED = "setReaction", "softDelete", "undoSoftDelete", "unsetReaction"


@pytest.fixture
def teams(client):
    seed(client, THINGS)
    return client


@pytest.fixture
def strict(make_client):
    client = make_client(auth="strict")
    assert client.post("/_fakegraph/seed", json=THINGS).status_code == 200
    return client


def text(content="hi", **more):
    return {"body": {"content": content, **more.pop("of", {})}, **more}


def html(content, **more):
    return text(content, of={"contentType": "html"}, **more)


def act(client, path, name, body=None):
    answer = client.post(f"/v1.0/{path}/{name}", json=body or {})
    assert answer.status_code == 204, answer.text
    return client.get(f"/v1.0/{path}").json


def test_a_message_says_who_wrote_it_and_where(teams):
    made = make(teams, IN_CHANNEL, text())

    assert made["from"]["user"]["displayName"] == "Ada"
    assert made["from"]["user"]["userIdentityType"] == "aadUser"
    assert made["channelIdentity"] == {"teamId": TEAM, "channelId": CHANNEL}
    assert f"groupId={TEAM}" in made["webUrl"]
    assert (made["chatId"], made["replyToId"]) == (None, None)
    assert made["body"] == {"contentType": "text", "content": "hi"}
    assert made["createdDateTime"] == made["lastModifiedDateTime"]
    assert len(made["createdDateTime"]) <= len("2026-01-01T00:00:00.000Z")

    made = make(teams, IN_CHAT, text())
    assert (made["chatId"], made["channelIdentity"], made["webUrl"]) == (CHAT, None, None)


def test_a_reply_knows_what_it_replies_to_and_has_none_itself(teams):
    root = make(teams, IN_CHANNEL, text())["id"]
    replies = f"{IN_CHANNEL}/{root}/replies"

    reply = make(teams, replies, text())

    assert reply["replyToId"] == root
    assert reply["channelIdentity"] == {"teamId": TEAM, "channelId": CHANNEL}
    assert f"parentMessageId={root}" in reply["webUrl"]
    answer = teams.post(f"/v1.0/{replies}/{reply['id']}/replies", json=text())
    assert_error(answer, 400, "BadRequest", "A reply has no replies")


def test_an_app_posts_no_messages_but_brings_old_ones_in(strict):
    roles = ["Teamwork.Migrate.All"]
    answer = ask(strict, "POST", IN_CHANNEL, text(), roles=roles)
    error = assert_error(answer, 401, "Unauthorized")
    assert error["message"] == (
        "Message POST is allowed in application-only context only for import purposes. Refer to "
        "https://docs.microsoft.com/microsoftteams/platform/graph-api/import-messages/"
        "import-external-messages-to-teams for more details."
    )

    body = text(createdDateTime="2019-02-04T19:58:15.511Z")
    old = {"id": "19:o@thread.tacv2", "displayName": "Old", "migrationMode": "inProgress"}
    seed(strict, {f"teams/{TEAM}/channels": [old]})
    path = f"teams/{TEAM}/channels/{old['id']}"
    made = ask(strict, "POST", f"{path}/messages", body, roles=roles)
    assert made.status_code == 200, made.text
    assert made.json["createdDateTime"] == body["createdDateTime"]
    reply = ask(strict, "POST", f"{path}/messages/{made.json['id']}/replies", body, roles=roles)
    assert (reply.status_code, reply.json["id"]) == (200, made.json["id"])
    ahead = text(createdDateTime="2999-02-04T19:58:15.511Z")
    refused = ask(strict, "POST", f"{path}/messages", ahead, roles=roles)
    assert_error(refused, 400, "BadRequest", "time to come")
    done = ask(strict, "POST", f"{path}/completeMigration", roles=roles)
    assert done.status_code == 204, done.text
    assert_error(ask(strict, "POST", f"{path}/messages", body, roles=roles), 401, "Unauthorized")


def test_who_a_token_names_changes_their_own_messages_alone(strict):
    scp = "ChannelMessage.Send ChannelMessage.ReadWrite ChannelMessage.Read.All"
    mine, others = ({"user": f"{each}@contoso.com", "scp": scp} for each in NAMES)
    answer = ask(strict, "POST", IN_CHANNEL, text(), **mine)
    assert answer.status_code == 201, answer.text
    made = answer.json
    path = f"{IN_CHANNEL}/{made['id']}"
    assert made["from"]["user"]["id"] == "ada"

    for answer in (
        ask(strict, "PATCH", path, text("no"), **others),
        ask(strict, "POST", f"{path}/softDelete", {}, **others),
    ):
        assert_error(answer, 403, "Forbidden", "InsufficientPrivileges")
    assert ask(strict, "PATCH", path, text("yes"), **mine).status_code == 204
    assert ask(strict, "GET", path, **others).json["body"]["content"] == "yes"


def test_a_change_moves_the_tag_and_says_when(teams):
    teams.put("/_fakegraph/clock", json={"now": "2026-03-01T08:00:00Z", "frozen": True})
    path = f"{IN_CHANNEL}/{make(teams, IN_CHANNEL, text())['id']}"
    before = teams.get(f"/v1.0/{path}").json
    teams.put("/_fakegraph/clock", json={"advance": "PT5S"})

    assert teams.patch(f"/v1.0/{path}", json=text("new")).status_code == 204

    after = teams.get(f"/v1.0/{path}").json
    whole = {"application": None, "device": None, "conversation": None, **before["from"]}
    again = {"from": whole, **text("new")}  # as the page of the change has it
    assert teams.patch(f"/v1.0/{path}", json=again).status_code == 204
    assert before["lastEditedDateTime"] is None
    assert after["lastEditedDateTime"] == "2026-03-01T08:00:05Z"
    assert int(after["etag"]) - int(before["etag"]) == 5_000


def test_messages_are_shown_with_their_replies_and_nothing_else(teams):
    make(teams, IN_CHANNEL, text())
    assert "replies" in listed(teams, f"{IN_CHANNEL}?$expand=replies($top=1)")[0]
    for other in ("hostedContents", "replies,hostedContents"):
        refused = teams.get(f"/v1.0/{IN_CHANNEL}?$expand={other}")
        assert_error(refused, 400, "BadRequest", "'hostedContents'")


def test_what_is_taken_back_stays_in_the_list_without_its_words(teams):
    path = f"{IN_CHAT}/{make(teams, IN_CHAT, text('secret'))['id']}"

    gone = act(teams, path, "softDelete")

    assert gone["deletedDateTime"]
    assert gone["body"] == {"contentType": "text", "content": ""}
    assert [each["id"] for each in listed(teams, IN_CHAT)] == [gone["id"]]
    back = act(teams, path, "undoSoftDelete")
    assert (back["body"]["content"], back["deletedDateTime"]) == ("secret", None)


def test_one_reacts_once_in_a_way(teams):
    path = f"{IN_CHANNEL}/{make(teams, IN_CHANNEL, text())['id']}"

    for kind in ("💘", "💘", "like"):
        after = act(teams, path, "setReaction", {"reactionType": kind})

    assert [each["reactionType"] for each in after["reactions"]] == ["💘", "like"]
    assert after["reactions"][0]["user"]["user"]["id"] == "ada"
    assert after["lastEditedDateTime"] is None
    after = act(teams, path, "unsetReaction", {"reactionType": "💘"})
    assert [each["reactionType"] for each in after["reactions"]] == ["like"]


@pytest.mark.parametrize(
    ("content", "more"),
    [
        ('<at id="0">Ada</at>', {}),
        ('<at id="0">Ada</at>', {"mentions": [{"id": 1, "mentionText": "Ada"}]}),
        ('<attachment id="x"></attachment>', {}),
        ("", {"attachments": [{"id": "x", "contentType": "reference"}]}),
    ],
)
def test_what_the_body_marks_is_said_and_what_is_said_is_marked(teams, content, more):
    answer = teams.post(f"/v1.0/{IN_CHANNEL}", json=html(content, **more))

    assert_error(answer, 400, "BadRequest")
    assert listed(teams, IN_CHANNEL) == []


def test_a_mention_is_told_with_the_kinds_that_it_is_not(teams):
    user = {"id": "bob", "displayName": "Bob", "userIdentityType": "aadUser"}
    mention = {"id": 0, "mentionText": "Bob", "mentioned": {"user": user}}

    made = make(teams, IN_CHANNEL, html('<at id="0">Bob</at>', mentions=[mention]))

    mentioned = made["mentions"][0]["mentioned"]
    assert mentioned["user"]["id"] == "bob"
    assert (mentioned["application"], mentioned["conversation"]) == (None, None)


@pytest.mark.parametrize("path", [IN_CHANNEL, IN_CHAT])
def test_a_picture_in_the_body_is_where_the_answer_says(teams, path):
    data = base64.b64encode(b"PNG").decode()
    pictures = [
        {"@microsoft.graph.temporaryId": each, "contentBytes": data, "contentType": "image/png"}
        for each in ("1", "2")
    ]
    content = '<img src="../hostedContents/2/$value">'

    made = make(teams, path, html(content, hostedContents=pictures))

    url = made["body"]["content"].removeprefix('<img src="').removesuffix('">')
    assert url.startswith(f"http://localhost/v1.0/{path}/{made['id']}/hostedContents/")
    answer = teams.get(url.removeprefix("http://localhost"))
    assert (answer.data, answer.headers["Content-Type"]) == (b"PNG", "image/png")
    for each in listed(teams, f"{path}/{made['id']}/hostedContents"):
        assert (each["contentBytes"], each["contentType"]) == (None, "image/png")
    pictures[0]["contentBytes"] = "A" * (4 << 20)
    large = teams.post(f"/v1.0/{path}", json=html(content, hostedContents=pictures))
    assert_error(large, 400, "BadRequest", "Invalid request body was sent.")


@pytest.mark.parametrize(
    ("path", "option", "name"),
    [
        (IN_CHANNEL, "$filter=id eq '1'", "Filter"),
        (IN_CHANNEL, "$select=id", "Select"),
        (IN_CHANNEL, "$orderby=id", "OrderBy"),
        (IN_CHAT, "$select=id", "Select"),
        (IN_CHAT, "$expand=hostedContents", "Expand"),
    ],
)
def test_lists_of_messages_take_few_options(teams, path, option, name):
    answer = teams.get(f"/v1.0/{path}?{option}")

    assert_error(answer, 400, "BadRequest", f"Query option '{name}' is not allowed.")


@pytest.mark.parametrize(
    "option",
    [
        "$orderby=createdDateTime",
        "$orderby=createdDateTime asc",
        "$orderby=id desc",
        "$orderby=createdDateTime desc&$filter=createdDateTime gt 2026-01-01T00:00:00Z",
    ],
)
def test_messages_of_a_chat_are_found_and_sorted_by_their_times_alone(teams, option):
    assert_error(teams.get(f"/v1.0/{IN_CHAT}?{option}"), 400, "BadRequest", "is not supported")


def test_a_condition_counts_where_the_order_names_the_same(teams):
    teams.put("/_fakegraph/clock", json={"now": "2026-03-01T08:00:00Z", "frozen": True})
    first = make(teams, IN_CHAT, text())["id"]
    teams.put("/_fakegraph/clock", json={"advance": "PT1H"})
    second = make(teams, IN_CHAT, text())["id"]
    condition = "$filter=lastModifiedDateTime gt 2026-03-01T08:30:00Z"

    def found(query):
        return [each["id"] for each in listed(teams, f"{IN_CHAT}?{query}")]

    assert found(f"$orderby=lastModifiedDateTime desc&{condition}") == [second]
    assert found(condition) == [second, first]
    told = teams.get("/_fakegraph/requests").json["value"][-1]["ignored"]
    assert any("$filter" in each for each in told)
    assert found(f"$orderby=createdDateTime desc&{condition}") == [second, first]


@pytest.mark.parametrize(
    "condition", ["nonsense eq 1", "id eq", "lastModifiedDateTime ge 2020-01-01"]
)
def test_a_condition_that_does_not_count_is_one_all_the_same(teams, condition):
    answer = teams.get(f"/v1.0/{IN_CHAT}?$filter={condition}")

    assert_error(answer, 400, "BadRequest", "to filter by is not supported")


def test_a_chat_shows_its_last_message(teams):
    def preview():
        answer = teams.get(f"/v1.0/chats/{CHAT}?$expand=lastMessagePreview")
        return answer.json["lastMessagePreview"]

    assert preview() is None
    for content in ("one", "two"):
        make(teams, IN_CHAT, text(content))
        assert preview()["body"]["content"] == content


def test_a_tag_is_mentioned_as_its_page_says(teams):
    tag = {"id": "MjQzMmI1", "displayName": "Finance"}
    mention = {"id": 0, "mentionText": "Finance", "mentioned": {"tag": tag}}

    made = make(teams, IN_CHANNEL, html('<at id="0">Finance</at>', mentions=[mention]))

    assert made["mentions"][0]["mentioned"]["tag"] == tag
    mention["mentioned"] = {"tag": "Finance"}
    wrong = html('<at id="0">Finance</at>', mentions=[mention])
    answer = teams.post(f"/v1.0/{IN_CHANNEL}", json=wrong)
    assert_error(answer, 400, "BadRequest")
    wrong["mentions"][0]["mentioned"] = {"label": tag}
    answer = teams.post(f"/v1.0/{IN_CHANNEL}", json=wrong)
    assert_error(answer, 400, "BadRequest", "'label'")


def test_only_an_application_by_itself_flags_messages_and_it_does_nothing_else(strict):
    ada = {"user": "ada@contoso.com"}
    sent = ask(strict, "POST", IN_CHANNEL, text(), scp="ChannelMessage.Send", **ada)
    at = f"{IN_CHANNEL}/{sent.json['id']}"
    flag = {"policyViolation": {"dlpAction": "blockAccess"}}
    roles = ["ChannelMessage.UpdatePolicyViolation.All"]

    refused = ask(strict, "PATCH", at, flag, scp="ChannelMessage.ReadWrite", **ada)
    assert_error(refused, 403, "Forbidden", "policyViolation")
    assert ask(strict, "PATCH", at, flag, roles=roles).status_code == 200
    for more in ({"body": {"content": "mine"}}, {**flag, "importance": "high"}):
        answer = ask(strict, "PATCH", at, more, roles=roles)
        assert_error(answer, 403, "Forbidden", "policyViolation")
    assert (
        ask(strict, "PATCH", at, text("mine"), scp="ChannelMessage.ReadWrite", **ada).status_code
        == 204
    )
