"""Threads of groups: replies to them and to posts, and posts that are forwarded by mail."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, user
from tests.workloads.test_directory_values import unified

FILE = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "YWJj"}
TO_BOB = {"emailAddress": {"address": "bob@contoso.com"}}
BODY = {"contentType": "text", "content": "What do we know?"}


@pytest.fixture
def thread(client):
    """The path of a thread with one post, in a group of a tenant with two users."""
    for name in ("ada", "bob"):
        address = f"{name}@contoso.com"
        make(client, "users", user(userPrincipalName=address, mail=address, displayName=name))
    group = make(client, "groups", unified())["id"]
    threads = [{"posts": [{"body": BODY}]}]
    make(client, f"groups/{group}/conversations", {"topic": "News", "threads": threads})
    (found,) = listed(client, f"groups/{group}/threads")
    return f"groups/{group}/threads/{found['id']}"


def bodies(client, thread):
    return [each["body"]["content"] for each in listed(client, f"{thread}/posts")]


def test_posts_come_with_what_applications_keep_of_them(client, thread):
    id_ = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color"
    kept = {
        "singleValueExtendedProperties": [{"id": id_, "value": "Green"}],
        "extensions": [{"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": "a.b", "x": 1}],
    }  # fmt: skip
    post = {"body": BODY, **kept}
    assert client.post(f"/v1.0/{thread}/reply", json={"post": post}).status_code == 202
    made = make(client, thread.rpartition("/")[0], {"topic": "Other", "posts": [post]})
    expand = f"$expand=extensions,singleValueExtendedProperties($filter=id eq '{id_}')"
    for place in (thread, f"{thread.rpartition('/')[0]}/{made['id']}"):
        last = listed(client, f"{place}/posts?{expand}")[-1]
        assert [each["value"] for each in last["singleValueExtendedProperties"]] == ["Green"]
        assert [each["x"] for each in last["extensions"]] == [1]
    wrong = {**post, "singleValueExtendedProperties": [{"id": "x", "value": "a"}]}
    refused = client.post(f"/v1.0/{thread}/reply", json={"post": wrong})
    assert_error(refused, 400, "ErrorInvalidProperty")


def test_a_reply_is_a_post_of_who_is_signed_in_and_the_thread_says_so(client, thread):
    post = {"body": {"contentType": "html", "content": "<b>Nothing</b> yet"}, "attachments": [FILE]}
    answer = client.post(f"/v1.0/{thread}/reply", json={"post": post})
    assert (answer.status_code, answer.data) == (202, b"")
    (found,) = [x for x in listed(client, f"{thread}/posts") if x["hasAttachments"]]
    assert "<b>Nothing</b>" in found["body"]["content"]
    assert found["from"]["emailAddress"] == {"name": "ada", "address": "ada@contoso.com"}
    assert found["sender"] == found["from"]
    assert [x["name"] for x in listed(client, f"{thread}/posts/{found['id']}/attachments")] == [
        "a.txt"
    ]
    for path in (thread, thread.partition("/threads")[0] + "/conversations"):
        said = client.get(f"/v1.0/{path}").json
        said = said.get("value", [said])[0]
        assert (said["preview"], said["hasAttachments"]) == ("Nothing yet", True)
        assert said["uniqueSenders"] == ["ada"]


def test_a_reply_to_a_post_is_in_its_thread(client, thread):
    (post,) = listed(client, f"{thread}/posts")
    answer = client.post(f"/v1.0/{thread}/posts/{post['id']}/reply", json={"post": {"body": BODY}})
    assert (answer.status_code, answer.data) == (202, b"")
    assert len(listed(client, f"{thread}/posts")) == 2


def test_a_post_is_forwarded_by_mail(client, thread):
    client.post(f"/v1.0/{thread}/reply", json={"post": {"body": BODY, "attachments": [FILE]}})
    (post,) = [x for x in listed(client, f"{thread}/posts") if x["hasAttachments"]]
    people = [{"emailAddress": {"address": "bob@contoso.com"}}]
    body = {"comment": "See <below>", "toRecipients": people}
    answer = client.post(f"/v1.0/{thread}/posts/{post['id']}/forward", json=body)
    assert (answer.status_code, answer.data) == (202, b"")
    (mail,) = listed(client, "users/bob@contoso.com/messages?$expand=attachments")
    assert (mail["subject"], mail["from"]["emailAddress"]["name"]) == ("FW: News", "ada")
    assert "See &lt;below&gt;<hr>What do we know?" in mail["body"]["content"]
    assert [each["contentBytes"] for each in mail["attachments"]] == ["YWJj"]
    sent = listed(client, "me/mailFolders/sentitems/messages")
    assert [each["subject"] for each in sent] == ["FW: News"]
    nobody = client.post(f"/v1.0/{thread}/posts/{post['id']}/forward", json={"toRecipients": []})
    assert_error(nobody, 400, "ErrorInvalidRecipients", "no recipients")
    assert len(listed(client, f"{thread}/posts")) == 2


def test_a_post_is_forwarded_by_who_is_signed_in_whether_there_is_a_record_or_not(client, thread):
    (post,) = listed(client, f"{thread}/posts")
    for each in listed(client, "users"):
        assert client.delete(f"/v1.0/users/{each['id']}").status_code == 204
    forward, body = f"/v1.0/{thread}/posts/{post['id']}/forward", {"toRecipients": [TO_BOB]}
    assert client.post(forward, json=body).status_code == 202
    sent = listed(client, "me/mailFolders/sentitems/messages")
    assert [each["subject"] for each in sent] == ["FW: News"]


def test_an_app_alone_forwards_no_post(make_client):
    client = make_client(auth="bearer")
    wanted = {"roles": ["Group.ReadWrite.All", "User.ReadWrite.All"]}
    token = client.post("/_fakegraph/tokens", json=wanted).json["access_token"]
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    group = f"groups/{make(client, 'groups', unified())['id']}"
    threads = [{"posts": [{"body": BODY}]}]
    make(client, f"{group}/conversations", {"topic": "News", "threads": threads})
    (found,) = listed(client, f"{group}/threads")
    posts = f"{group}/threads/{found['id']}/posts"
    (post,) = listed(client, posts)
    alone = client.post(f"/v1.0/{posts}/{post['id']}/forward", json={"toRecipients": [TO_BOB]})
    assert_error(alone, 501, "NotImplemented", "not built")


@pytest.mark.parametrize("path", ["reply", "posts/{}/reply"])
def test_a_reply_has_a_post(client, thread, path):
    (post,) = listed(client, f"{thread}/posts")
    answer = client.post(f"/v1.0/{thread}/{path.format(post['id'])}", json={})
    assert_error(answer, 400, "RequestBodyRead", "Post")
    assert len(listed(client, f"{thread}/posts")) == 1
