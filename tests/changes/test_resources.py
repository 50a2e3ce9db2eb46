"""What each form of a resource is about, and what its query may say.

https://learn.microsoft.com/graph/api/resources/change-notifications-api-overview
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from fakegraph import FakeGraph
from fakegraph.tokens.certificates import signing_certificate
from tests.changes.conftest import NOW, ahead, error_of

MORE = ",'a'" * 650
ADA, BO = "ada@contoso.com", "bo@contoso.com"


def told(graph, receiver):
    """The ids of what was told, and the paths that notifications called it."""
    graph.flush_notifications()
    return [(each["resourceData"]["id"], each["resource"]) for each in receiver.received]


@pytest.fixture
def people(graph):
    return {
        name: graph.create("users", userPrincipalName=name, displayName=name)["id"]
        for name in (ADA, BO)
    }


@pytest.mark.parametrize("kind", ["recordings", "transcripts"])
@pytest.mark.parametrize(
    ("resource", "whose"),
    [
        ("communications/onlineMeetings/getAll{word}", {"a1", "a2", "b1"}),
        ("/users/{ada}/onlineMeetings/getAll{word}", {"a1", "a2"}),
        ("communications/onlineMeetings/{first}/{kind}", {"a1"}),
    ],
)
def test_what_is_recorded_is_told(graph, receiver, subscribe, people, kind, resource, whose):
    meetings = {name: f"meeting-{name}" for name in ("a1", "a2", "b1")}
    for name, id_ in meetings.items():
        graph.create(f"users/{ADA if name[0] == 'a' else BO}/onlineMeetings", id=id_)
    names = {"word": kind.title(), "kind": kind, "ada": ADA, "first": meetings["a1"]}
    subscribe(resource.format(**names), "created")
    for name, id_ in meetings.items():
        owner = ADA if name[0] == "a" else BO
        graph.create(f"users/{owner}/onlineMeetings/{id_}/{kind}", id=name)

    assert told(graph, receiver) == [
        (
            name,
            f"users('{people[ADA if name[0] == 'a' else BO]}')/onlineMeetings('{meetings[name]}')"
            f"/{kind}('{name}')",
        )
        for name in sorted(whose)
    ]
    (one, *_) = receiver.received
    assert one["resourceData"]["@odata.type"] == f"#Microsoft.Graph.call{kind.title()[:-1]}"


def test_a_meeting_that_nobody_has_is_not_there(subscribe):
    answer = subscribe("communications/onlineMeetings/none/recordings", "created", refused=True)
    assert error_of(answer, 404)[0] == "ExtensionError"


def chat(client, *members):
    """Make a chat of users, by their ids: its id."""
    bound = [
        {
            "@odata.type": "#microsoft.graph.aadUserConversationMember",
            "roles": ["owner"],
            "user@odata.bind": f"https://graph.microsoft.com/v1.0/users('{each}')",
        }
        for each in members
    ]
    answer = client.post("/chats", json={"chatType": "group", "members": bound})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_messages_of_a_users_chats_are_told(graph, client, receiver, subscribe, people):
    me = client.get("/me").json()["id"]
    chats = [chat(client, me, *people.values()), chat(client, me, people[BO])]
    subscribe(f"users/{ADA}/chats/getAllMessages", "created")
    first, _ = (
        client.post(f"/chats/{each}/messages", json={"body": {"content": "Hi"}}).json()["id"]
        for each in chats
    )

    assert told(graph, receiver) == [(first, f"chats('{chats[0]}')/messages('{first}')")]


@pytest.mark.parametrize("whose", [f"users/{ADA}/chats", "me/chats"])
def test_chats_of_a_user_are_told(graph, client, receiver, subscribe, people, whose):
    me = client.get("/me").json()["id"]
    subscribe(whose, "created,updated")
    chats = [chat(client, me, *people.values()), chat(client, people[BO], people[ADA])]
    for each in chats:
        client.patch(f"/chats/{each}", json={"topic": "New"})

    seen = [f"chats('{each}')" for each in (chats if whose != "me/chats" else chats[:1])]
    assert sorted({where for _, where in told(graph, receiver)}) == sorted(seen)


@pytest.mark.parametrize("resource", ["teams/t/channels/c/messages", "teams/getAllMessages"])
def test_messages_of_a_channel_are_told_with_their_replies(
    graph, client, receiver, subscribe, resource
):
    graph.seed({"teams": [{"id": "t"}], "teams/t/channels": [{"id": "c"}, {"id": "other"}]})
    subscribe(resource)
    path = "/teams/t/channels/c/messages"
    message = client.post(path, json={"body": {"content": "Hi"}}).json()["id"]
    answer = client.post(f"{path}/{message}/replies", json={"body": {"content": "Ho"}})
    reply = answer.json()["id"]
    client.post(f"{path}/{message}/replies/{reply}/softDelete")
    client.post(f"{path}/{message}/replies/{reply}/undoSoftDelete")
    graph.flush_notifications()

    told = [(each["changeType"], each["resource"]) for each in receiver.received]
    first = f"teams('t')/channels('c')/messages('{message}')"
    assert told[0] == ("created", first)
    assert [each for each in told if each[1] != first] == [
        ("created", f"{first}/replies('{reply}')"),
        ("deleted", f"{first}/replies('{reply}')"),
        ("updated", f"{first}/replies('{reply}')"),
    ]


def test_replies_in_another_channel_are_not_told(graph, client, receiver, subscribe):
    graph.seed({"teams": [{"id": "t"}], "teams/t/channels": [{"id": "c"}, {"id": "other"}]})
    subscribe("teams/t/channels/c/messages")
    path = "/teams/t/channels/other/messages"
    message = client.post(path, json={"body": {"content": "Hi"}}).json()["id"]
    client.post(f"{path}/{message}/replies", json={"body": {"content": "Ho"}})
    graph.flush_notifications()
    assert receiver.received == []


def test_a_message_that_is_deleted_stays_and_is_told_as_deleted(
    graph, client, receiver, subscribe, people
):
    me = client.get("/me").json()["id"]
    path = f"/chats/{chat(client, me, *people.values())}/messages"
    message = client.post(path, json={"body": {"content": "Hi"}}).json()["id"]
    subscribe(path)
    assert client.post(f"/users/{me}{path}/{message}/softDelete").status_code == 204
    graph.update(f"{path.strip('/')}/{message}", importance="high")
    graph.flush_notifications()
    assert [each["changeType"] for each in receiver.received] == ["deleted", "updated"]


@pytest.mark.parametrize(
    ("resource", "thing", "more"),
    [
        ("communications/callRecords", "communications/callRecords", {}),
        ("security/alerts", "security/alerts", {"title": "old"}),
        ("me/messages", "me/messages", {}),
    ],
)
def test_what_is_first_in_what_was_not_there_is_told(server, resource, thing, more):
    with FakeGraph(url=server.url, clock=NOW, fixture=None) as graph, graph.receiver() as receiver:
        about = {"headers": graph.headers, "timeout": 60}
        body = {
            "changeType": "updated" if "alerts" in resource else "created",
            "notificationUrl": receiver.url,
            "resource": resource,
            "expirationDateTime": ahead(60),
        }
        made = httpx.post(f"{graph.url}/v1.0/subscriptions", json=body, **about)
        assert made.status_code == 201, made.text
        id_ = graph.create(thing, **more)["id"]
        if more:
            graph.update(f"{thing}/{id_}", title="new")
        assert [each for each, _ in told(graph, receiver)] == [id_]


@pytest.fixture(scope="module")
def contents():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made, _ = signing_certificate("receiver", start, start + timedelta(days=365))
    return {
        "includeResourceData": True,
        "encryptionCertificate": base64.b64encode(made).decode(),
        "encryptionCertificateId": "one",
    }


def test_the_presence_of_some_is_told_of_these(graph, receiver, subscribe, contents):
    graph.seed({"communications/presences": [{"id": each} for each in ("p1", "p2", "p3")]})
    path = "communications/presences"
    subscribe(f"{path}?$filter=id in ('p1','p3')", "updated", **contents)
    for each in ("p1", "p2", "p3"):
        graph.update(f"{path}/{each}", availability="Busy")

    assert told(graph, receiver) == [(each, f"{path}('{each}')") for each in ("p1", "p3")]


@pytest.mark.parametrize(
    "query",
    ["", "?$filter=availability eq 'Busy'", f"?$filter=id in ('a'{MORE})"],
)
def test_the_presence_of_some_says_of_whom(subscribe, contents, query):
    answer = subscribe(f"communications/presences{query}", "updated", refused=True, **contents)
    code, message = error_of(answer)
    assert code == "ExtensionError"
    assert "id in ('a','b')" in message


def test_jobs_of_a_printer_are_told_as_the_options_say(graph, receiver, subscribe):
    graph.seed({"print/printers": [{"id": "laser"}]})
    jobs = "print/printers/laser/jobs"
    for id_ in ("1", "2"):
        graph.create(jobs, id=id_, isFetchable=False)
    subscribe(jobs, "updated", notificationQueryOptions="$filter=isFetchable eq true")
    graph.update(f"{jobs}/1", isFetchable=True)
    graph.update(f"{jobs}/2", redirectedTo="x")

    assert told(graph, receiver) == [("1", "print/printers('laser')/jobs('1')")]


def test_options_are_for_printers_alone(subscribe):
    more = {"notificationQueryOptions": "$filter=isRead eq true"}
    answer = subscribe("me/messages", refused=True, **more)
    assert "notificationQueryOptions" in error_of(answer)[1]


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("me/messages?$top=1", "$top"),
        ("me/messages?$expand=attachments", "$expand"),
        ("me/messages?$search=x", "$search"),
        ("me/messages?top=1", "$top"),
        ("me/messages?model=A", "model"),
        ("users?$select=displayName", "$select"),
        (f"users/{ADA}?$filter=displayName eq 'x'", "$filter"),
        ("groups?$orderby=displayName", "$orderby"),
        ("groups/4f0dbd04-3c5c-4a4a-8a4e-6a5b52b8f6a5/members?$filter=id eq 'x'", "$filter"),
        ("me/drive/root?$select=id", "$select"),
        ("me/drive/root?$filter=name eq 'x'", "$filter"),
    ],
)
def test_what_says_nothing_of_what_is_told_is_refused(graph, subscribe, people, resource, name):
    graph.create("groups", id="4f0dbd04-3c5c-4a4a-8a4e-6a5b52b8f6a5")
    answer = subscribe(resource, "updated", refused=True)
    code, message = error_of(answer)
    assert code == "ExtensionError"
    assert f"The query parameter '{name}' is not supported" in message


@pytest.mark.parametrize("asks", [True, False])
def test_a_drive_tells_who_may_see_what_where_somebody_asks(
    graph, client, receiver, subscribe, people, asks
):
    item = client.put("/me/drive/root:/a.txt:/content", content=b"a").json()["id"]
    other = client.put("/me/drive/root:/b.txt:/content", content=b"b").json()["id"]
    path = f"/me/drive/items/{item}"
    invited = {"recipients": [{"email": BO}], "roles": ["read"], "requireSignIn": True}
    permission = client.post(f"{path}/invite", json=invited).json()["value"][0]["id"]
    body = {
        "changeType": "updated",
        "notificationUrl": receiver.url,
        "resource": "me/drive/root",
        "expirationDateTime": ahead(60),
    }
    headers = {"Prefer": "includesecuritywebhooks"} if asks else {}
    made = client.post("/subscriptions", json=body, headers=headers)
    assert made.status_code == 201, made.text
    assert "@secured" not in made.text
    counts = []
    for method, json in (("PATCH", {"roles": ["write"]}), ("DELETE", None)):
        url = f"{path}/permissions/{permission}"
        assert client.request(method, url, json=json).is_success
        graph.flush_notifications()
        counts.append(len(receiver.received))

    assert client.post(f"/me/drive/items/{other}/invite", json=invited).is_success
    graph.flush_notifications()
    counts.append(len(receiver.received))

    assert counts == ([1, 2, 3] if asks else [0, 0, 0])
    data = {"@odata.type": "#Microsoft.Graph.DriveItem"}
    assert all(each["resourceData"] == data for each in receiver.received)


@pytest.mark.parametrize("resource", ["users/{}", "users/{}/messages"])
def test_what_has_not_got_about_yet_cannot_be_subscribed_to(server, resource):
    with FakeGraph(url=server.url, clock=NOW, consistency_delay=2_000) as graph:
        about = {"base_url": f"{graph.url}/v1.0", "headers": graph.headers, "timeout": 60}
        with graph.receiver() as receiver, httpx.Client(**about) as client:
            body = {
                "accountEnabled": True,
                "displayName": "Ada",
                "mailNickname": "ada",
                "userPrincipalName": ADA,
                "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
            }
            ada = client.post("/users", json=body).json()["id"]
            wanted = {
                "changeType": "updated",
                "notificationUrl": receiver.url,
                "resource": resource.format(ada),
                "expirationDateTime": ahead(60),
            }
            answer = client.post("/subscriptions", json=wanted)
            assert error_of(answer, 404)[0] == "ExtensionError"
            graph.advance(3)
            assert client.post("/subscriptions", json=wanted).status_code == 201


@pytest.fixture(scope="module")
def strict(server):
    with FakeGraph(url=server.url, clock=NOW, auth="strict") as graph:
        yield graph


@pytest.mark.parametrize(
    ("resource", "role"),
    [
        ("chats/getAllMessages", "Chat.Read.All"),
        ("teams/getAllMessages", "ChannelMessage.Read.All"),
        ("teams/getAllChannels", "Channel.ReadBasic.All"),
        ("communications/onlineMeetings/getAllRecordings", "OnlineMeetingRecording.Read.All"),
        ("communications/onlineMeetings/getAllTranscripts", "OnlineMeetingTranscript.Read.All"),
    ],
)
def test_what_is_told_wherever_it_is_wants_its_permission(strict, resource, role):
    with strict.receiver() as receiver:
        body = {
            "changeType": "created",
            "notificationUrl": receiver.url,
            "resource": resource,
            "expirationDateTime": ahead(60),
        }

        def ask(role):
            headers = {"Authorization": f"Bearer {strict.token(roles=[role])}"}
            return httpx.post(f"{strict.url}/v1.0/subscriptions", json=body, headers=headers)

        code, message = error_of(ask("User.Read.All"), 403)
        assert (code, "Status Code: Forbidden" in message) == ("ExtensionError", True)
        assert receiver.greeted == []
        assert ask(role).status_code == 201


# Chats by the apps in them, presence, what is worked out ------------------------------------------


def test_messages_of_the_chats_that_an_app_is_in_are_told(graph, client, receiver, subscribe):
    app = graph.create("appCatalogs/teamsApps", displayName="Bot")["id"]
    chats = [graph.create("chats", chatType="group")["id"] for _ in range(2)]
    body = {"teamsApp@odata.bind": f"{graph.url}/v1.0/appCatalogs/teamsApps/{app}"}
    added = client.post(f"/chats/{chats[0]}/installedApps", json=body)
    assert added.status_code == 201, added.text
    subscribe(f"appCatalogs/teamsApps/{app}/installedToChats/getAllMessages", "created")

    ids = [graph.create(f"chats/{each}/messages", body={"content": "Hi"})["id"] for each in chats]
    assert told(graph, receiver) == [(ids[0], f"chats('{chats[0]}')/messages('{ids[0]}')")]
    unknown = "appCatalogs/teamsApps/none/installedToChats/getAllMessages"
    code, message = error_of(subscribe(unknown, "created", refused=True), 404)
    assert (code, "Not Found" in message) == ("ExtensionError", True)


def test_the_presence_of_a_user_is_told_when_an_app_sets_it(
    graph, client, receiver, subscribe, people, contents
):
    id_ = people[ADA]
    subscribe(f"communications/presences/{id_}", "updated", **contents)
    body = {"sessionId": id_, "availability": "Busy", "activity": "InACall"}
    body["expirationDuration"] = "PT1H"
    answer = client.post(f"/users/{id_}/presence/setPresence", json=body)
    assert answer.status_code == 200, answer.text

    assert told(graph, receiver) == [(id_, f"communications/presences('{id_}')")]


def test_a_filter_goes_by_what_is_worked_out_too(graph, client, receiver, subscribe, people):
    subscribe(f"users/{ADA}/messages?$filter=hasAttachments eq true", "created")
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a", "contentBytes": "YQ=="}
    for attached in ([file], []):
        client.post(f"/users/{ADA}/messages", json={"subject": "Hi", "attachments": attached})

    graph.flush_notifications()
    assert len(receiver.received) == 1


def test_what_a_search_folder_finds_is_told_as_it_asks_now(graph, client, receiver, subscribe, people):  # fmt: skip
    body = {"@odata.type": "microsoft.graph.mailSearchFolder", "displayName": "Found"}
    body |= {"includeNestedFolders": True, "sourceFolderIds": ["inbox"]}
    folders = f"/users/{ADA}/mailFolders"
    found = client.post(f"{folders}/searchfolders/childFolders", json={**body, "filterQuery": "isRead eq true"}).json()["id"]  # fmt: skip
    subscribe(f"users/{ADA}/mailFolders/{found}/messages", "created")

    def post(place, **more):
        answer = client.post(f"{folders}/{place}/messages", json={"subject": "Hi", **more})
        return answer.json()["id"]

    first, _ = post("inbox"), post("inbox", isRead=False)
    assert [id_ for id_, _ in told(graph, receiver)] == [first]
    client.patch(f"{folders}/{found}", json={"filterQuery": "isRead eq false"})
    below = client.post(f"{folders}/inbox/childFolders", json={"displayName": "B"}).json()["id"]
    _, *others = post(below), post("inbox", isRead=False), post(below, isRead=False)
    assert [id_ for id_, _ in told(graph, receiver)] == [first, *others]


# Quotas -------------------------------------------------------------------------------------------


OTHER = {"applicationId": "another"}


def fill(graph, resource, count, **more):
    record = {"changeType": "updated", "notificationUrl": "http://127.0.0.1:9/", **more}
    record |= {"resource": resource, "expirationDateTime": ahead(60)}
    graph.seed({"subscriptions": [record] * count})


@pytest.mark.parametrize(
    ("there", "count", "more", "asked"),
    [
        ("users", 100, {}, "groups"),
        ("users", 1_000, OTHER, "users"),
        ("users/{ada}/messages", 1_000, OTHER, "users/{id}/events"),
        (
            "users/{ada}/chats/getAllMessages",
            10,
            OTHER,
            "users/{id}/chats/getAllMessages",
        ),
        (
            "communications/callRecords",
            100,
            OTHER,
            "communications/callRecords",
        ),
        ("chats/getAllMessages", 10_000, {"applicationId": "another"}, "chats/getAllMessages"),
    ],
)
def test_there_are_so_many_subscriptions_at_most(
    graph, client, subscribe, people, there, count, more, asked
):
    names = {"ada": ADA, "id": people[ADA]}
    fill(graph, there.format(**names), count - 1, **more)
    first = subscribe(asked.format(**names), "updated")
    refusal = subscribe(asked.format(**names), "updated", refused=True)
    if "chats" not in asked:
        code, message = error_of(refusal, 403)
        assert (code, "Maximum number of subscriptions has been reached" in message) == (
            "ExtensionError",
            True,
        )
    client.delete(f"/subscriptions/{first['id']}")
    fill(graph, there.format(**names), 1, **more)
    answer = subscribe(asked.format(**names), "updated", refused=True)
    assert str(count) in answer.json()["error"]["details"][0]["message"]


def test_a_quota_of_a_mailbox_is_of_one_mailbox(graph, subscribe, people):
    fill(graph, f"users/{ADA}/messages", 1_000)
    subscribe(f"users/{BO}/messages", "updated")
