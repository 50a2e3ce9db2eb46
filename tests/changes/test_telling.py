"""What notifications say of which changes, and how they are delivered.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

from fakegraph.app import tenants_of
from tests.changes.conftest import ahead


def post(client, path, body):
    answer = client.post(path, json=body)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def told(graph, receiver):
    """What was received so far: type of change, resource and the id of the thing."""
    graph.flush_notifications()
    return [
        (each["changeType"], each["resource"], (each["resourceData"] or {}).get("id"))
        for each in receiver.received
    ]


def test_a_message_that_comes_is_told_by_its_own_path(graph, client, receiver, subscribe):
    made = subscribe("me/messages", "created", clientState="s3cret")
    me = client.get("/me").json()["id"]
    message = post(client, "/me/messages", {"subject": "Hi"})

    (item,) = receiver.wait(1)
    path = f"Users/{me}/Messages/{message['id']}"
    organization = client.get("/organization").json()["value"][0]["id"]
    assert item == {
        "subscriptionId": made["id"],
        "subscriptionExpirationDateTime": ahead(60),
        "changeType": "created",
        "resource": path,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": path,
            "@odata.etag": message["@odata.etag"],
            "id": message["id"],
        },
        "clientState": "s3cret",
        "tenantId": organization,
    }


def test_only_what_was_subscribed_to_is_told(graph, client, receiver, subscribe):
    subscribe("me/messages", "updated")
    other = client.get("/users").json()["value"][1]["id"]
    message = post(client, "/me/messages", {"subject": "Hi"})
    post(client, f"/users/{other}/messages", {"subject": "Hi"})
    post(client, "/me/contacts", {"givenName": "Ada"})
    client.patch(f"/me/messages/{message['id']}", json={"isRead": True})

    assert [(change, id_) for change, _, id_ in told(graph, receiver)] == [
        ("updated", message["id"])
    ]


def test_a_folder_tells_what_comes_into_it_and_leaves_it(graph, client, receiver, subscribe):
    folder = post(client, "/me/mailFolders", {"displayName": "Bills"})["id"]
    message = post(client, "/me/messages", {"subject": "Hi"})["id"]
    subscribe(f"me/mailFolders/{folder}/messages")

    moved = post(client, f"/me/messages/{message}/move", {"destinationId": folder})["id"]
    client.patch(f"/me/messages/{moved}", json={"subject": "Ho"})
    post(client, f"/me/messages/{moved}/move", {"destinationId": "inbox"})

    assert [(change, id_) for change, _, id_ in told(graph, receiver)] == [
        ("created", moved),
        ("updated", moved),
        ("deleted", moved),
    ]


def test_what_is_deleted_softly_is_in_another_folder_and_then_gone(
    graph, client, receiver, subscribe
):
    message = post(client, "/me/messages", {"subject": "Hi"})["id"]
    subscribe("me/messages", "deleted")
    assert client.delete(f"/me/messages/{message}").status_code == 204
    assert [(change, id_) for change, _, id_ in told(graph, receiver)] == [("deleted", message)]


def test_a_filter_tells_less(graph, client, receiver, subscribe):
    subscribe("me/messages?$filter=importance eq 'high'", "created")
    post(client, "/me/messages", {"subject": "low"})
    high = post(client, "/me/messages", {"subject": "high", "importance": "high"})["id"]
    assert [id_ for _, _, id_ in told(graph, receiver)] == [high]


def test_people_come_and_go_as_updates_until_they_are_purged(graph, client, receiver, subscribe):
    subscribe("users", "updated,deleted")
    user = graph.create("users", displayName="Ada", userPrincipalName="ada9@contoso.com")["id"]
    client.patch(f"/users/{user}", json={"jobTitle": "Engineer"})
    client.delete(f"/users/{user}")
    client.delete(f"/directory/deletedItems/{user}")

    found = told(graph, receiver)
    assert found == [(change, f"Users/{user}", user) for change in ("updated",) * 3 + ("deleted",)]
    data = receiver.received[0]["resourceData"]
    assert data["@odata.type"] == "#Microsoft.Graph.User"
    assert data["organizationId"] == receiver.received[0]["tenantId"]
    assert isinstance(data["sequenceNumber"], int)
    assert "@odata.etag" not in data


@pytest.mark.parametrize("resource", ["groups", "groups/{group}", "groups/{group}/members"])
def test_members_are_told_with_their_group(graph, client, receiver, subscribe, resource):
    group, user = graph.create("groups", displayName="G")["id"], graph.create("users")["id"]
    subscribe(resource.format(group=group), "updated")
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    assert client.post(f"/groups/{group}/members/$ref", json=body).status_code == 204
    assert client.delete(f"/groups/{group}/members/{user}/$ref").status_code == 204

    assert told(graph, receiver) == [("updated", f"Groups/{group}", group)] * 2
    assert [each["resourceData"]["members@delta"] for each in receiver.received] == [
        [{"id": user}],
        [{"id": user, "@removed": "deleted"}],
    ]


def test_a_drive_says_that_something_is_new_and_not_what(graph, client, receiver, subscribe):
    subscribe("me/drive/root", "updated")
    answer = client.put("/me/drive/root:/a.txt:/content", content=b"Hi")
    assert answer.status_code == 201, answer.text
    graph.flush_notifications()
    assert {each["resource"] for each in receiver.received} == {"me/drive/root"}
    assert receiver.received[0]["resourceData"] == {"@odata.type": "#Microsoft.Graph.DriveItem"}


def test_messages_of_channels_and_chats_are_told_as_teams_does(graph, client, receiver, subscribe):
    graph.seed(
        {
            "chats": [{"id": "19:c@thread.v2", "chatType": "group"}],
            "teams": [{"id": "6a1d4f40-8f3c-4b53-b7b2-6a2ff7e1b7f1", "displayName": "T"}],
            "teams/6a1d4f40-8f3c-4b53-b7b2-6a2ff7e1b7f1/channels": [
                {"id": "19:h@thread.tacv2", "displayName": "General"}
            ],
        }
    )
    team = "6a1d4f40-8f3c-4b53-b7b2-6a2ff7e1b7f1"
    subscribe(f"teams/{team}/channels/19:h@thread.tacv2/messages", "created")
    subscribe("chats/getAllMessages", "created")
    path = f"/teams/{team}/channels/19:h@thread.tacv2/messages"
    first = post(client, path, {"body": {"content": "Hi"}})["id"]
    second = post(client, "/chats/19:c@thread.v2/messages", {"body": {"content": "Ho"}})["id"]

    assert told(graph, receiver) == [
        (
            "created",
            f"teams('{team}')/channels('19:h@thread.tacv2')/messages('{first}')",
            first,
        ),
        ("created", f"chats('19:c@thread.v2')/messages('{second}')", second),
    ]


def test_changes_of_one_url_go_together(graph, client, receiver, subscribe):
    first, second = subscribe("me/messages"), subscribe("me/messages")
    post(client, "/me/messages", {"subject": "Hi"})
    graph.flush_notifications()
    assert [each["subscriptionId"] for each in receiver.received] == [first["id"], second["id"]]
    assert len(receiver.bodies) == 1


def test_what_is_written_in_a_batch_is_told(graph, client, receiver, subscribe):
    subscribe("me/messages", "created")
    requests = [
        {
            "id": str(n),
            "method": "POST",
            "url": "/me/messages",
            "headers": {"Content-Type": "application/json"},
            "body": {"subject": str(n)},
        }
        for n in range(5)
    ]
    post(client, "/$batch", {"requests": requests})
    assert len(told(graph, receiver)) == 5


def test_what_a_test_does_is_told(graph, receiver, subscribe):
    subscribe("me/messages", "created")
    graph.create("me/messages", subject="Hi")
    assert len(told(graph, receiver)) == 1


def test_nothing_is_told_that_was_there_before_or_comes_after(graph, client, receiver, subscribe):
    post(client, "/me/messages", {"subject": "before"})
    made = subscribe("me/messages")
    client.delete(f"/subscriptions/{made['id']}")
    post(client, "/me/messages", {"subject": "after"})
    assert told(graph, receiver) == []


def test_a_reset_ends_all(graph, client, receiver, subscribe):
    subscribe("me/messages")
    receiver.answer(503)
    post(client, "/me/messages", {"subject": "Hi"})
    graph.flush_notifications()
    graph.reset()
    post(client, "/me/messages", {"subject": "Hi"})
    assert graph.flush_notifications() == {"delivered": 0, "waiting": 0, "dropped": 0}
    assert client.get("/subscriptions").json()["value"] == []
    assert receiver.received == []


# Deliveries -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_success_is_one(graph, client, receiver, subscribe, status):
    subscribe("me/messages", "created")
    receiver.answer(status)
    post(client, "/me/messages", {"subject": "Hi"})
    assert graph.flush_notifications() == {"delivered": 1, "waiting": 0, "dropped": 0}
    (notification,) = graph.notifications
    assert (notification.state, [each.status for each in notification.attempts]) == (
        "delivered",
        [status],
    )


@pytest.mark.parametrize("status", [199 + 101, 302, 400, 401, 404, 410, 429, 500, 503])
def test_all_else_is_tried_again_later_and_later(graph, client, receiver, subscribe, status):
    subscribe("me/messages", "created")
    receiver.answer(*[status] * 5)
    post(client, "/me/messages", {"subject": "Hi"})
    waits = []
    for seconds in (1, 2, 4, 8):
        assert graph.flush_notifications()["waiting"] == 1
        graph.advance(seconds - 0.001)
        assert graph.flush_notifications()["waiting"] == 1
        waits.append(len(graph.notifications[0].attempts))
        graph.advance(0.001)
    assert waits == [1, 2, 3, 4]
    graph.flush_notifications()
    graph.advance(16)
    assert graph.flush_notifications()["delivered"] == 1
    assert len(receiver.received) == 1


def test_after_four_hours_it_is_given_up_and_outlook_says_so(graph, client, receiver, subscribe):
    with graph.receiver() as lifecycle:
        made = subscribe(
            "me/messages",
            "created",
            lifecycleNotificationUrl=lifecycle.url,
            expirationDateTime=ahead(10_000),
        )
        receiver.answer(*[500] * 100)
        post(client, "/me/messages", {"subject": "Hi"})
        for _ in range(20):
            graph.flush_notifications()
            graph.advance(timedelta(minutes=30))
        graph.flush_notifications()

        (item,) = lifecycle.wait(1)
    assert (item["lifecycleEvent"], item["subscriptionId"]) == ("missed", made["id"])
    assert graph.notifications[0].state == "dropped"
    assert receiver.received == []


def test_a_receiver_that_is_gone_is_tried_again(graph, client, subscribe):
    with graph.receiver() as gone:
        subscribe("me/messages", "created", notificationUrl=gone.url)
    post(client, "/me/messages", {"subject": "Hi"})
    assert graph.flush_notifications() == {"delivered": 0, "waiting": 1, "dropped": 0}
    (attempt,) = graph.notifications[0].attempts
    assert (attempt.status, attempt.error) == (None, "no connection")


def test_one_can_be_delivered_again(graph, client, receiver, subscribe):
    subscribe("me/messages", "created")
    post(client, "/me/messages", {"subject": "Hi"})
    graph.flush_notifications()
    number = graph.notifications[0].number
    graph.control("POST", f"/notifications/{number}/redeliver")
    graph.flush_notifications()
    first, second = receiver.received
    assert first == second


# Faults of deliveries -------------------------------------------------------------------------


def _three(graph, client, receiver):
    ids = [post(client, "/me/messages", {"subject": str(n)})["id"] for n in range(3)]
    graph.flush_notifications()
    return ids, [each["resourceData"]["id"] for each in receiver.received]


def test_one_that_is_dropped_does_not_come(graph, client, receiver, subscribe):
    subscribe("me/messages", "created")
    graph.disturb_notifications("drop")
    ids, came = _three(graph, client, receiver)
    assert came == ids[1:]
    assert [each.state for each in graph.notifications] == ["dropped", "delivered", "delivered"]


def test_one_may_come_twice(graph, client, receiver, subscribe):
    subscribe("me/messages", "created")
    graph.disturb_notifications("duplicate")
    ids, came = _three(graph, client, receiver)
    assert came == [ids[0], *ids]


def test_one_may_come_after_the_next(graph, client, receiver, subscribe):
    subscribe("me/messages", "created")
    graph.disturb_notifications("reorder")
    ids, came = _three(graph, client, receiver)
    assert came == [ids[1], ids[0], ids[2]]


def test_what_was_to_come_after_the_next_goes_with_its_subscription(
    graph, client, receiver, subscribe
):
    made, other = subscribe("me/messages", "created"), subscribe("me/contacts", "created")
    graph.disturb_notifications("reorder")
    post(client, "/me/messages", {"subject": "Hi"})
    graph.flush_notifications()
    assert client.delete(f"/subscriptions/{made['id']}").status_code == 204
    assert graph.flush_notifications() == {"delivered": 0, "waiting": 0, "dropped": 1}
    post(client, "/me/contacts", {"givenName": "Bo"})
    graph.flush_notifications()
    assert [each["subscriptionId"] for each in receiver.received] == [other["id"]]


def test_one_may_come_late(graph, client, receiver, subscribe):
    subscribe("me/messages", "created")
    graph.disturb_notifications("delay", seconds=30)
    ids, came = _three(graph, client, receiver)
    assert came == ids[1:]
    graph.advance(30)
    graph.flush_notifications()
    assert receiver.received[-1]["resourceData"]["id"] == ids[0]


def test_one_may_have_another_state(graph, client, receiver, subscribe):
    subscribe("me/messages", "created", clientState="s3cret")
    graph.disturb_notifications("clientState", times=2)
    _three(graph, client, receiver)
    states = [each["clientState"] == "s3cret" for each in receiver.received]
    assert states == [False, False, True]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"effect": "explode"},
        {"effect": "delay"},
        {"effect": "drop", "seconds": 1},
        {"effect": "drop", "times": 0},
    ],
)
def test_a_fault_that_is_none_is_refused(graph, body):
    from fakegraph import ControlError

    with pytest.raises(ControlError):
        graph.control("POST", "/notifications/faults", body)


# The lifecycle --------------------------------------------------------------------------------


def test_who_subscribed_is_reminded_and_has_peace_once_it_is_renewed(
    graph, client, receiver, subscribe
):
    with graph.receiver() as lifecycle:
        made = subscribe("me/messages", lifecycleNotificationUrl=lifecycle.url, clientState="s")
        graph.advance(timedelta(minutes=44))
        graph.flush_notifications()
        assert lifecycle.received == []
        graph.advance(timedelta(minutes=1))
        graph.flush_notifications()
        (item,) = lifecycle.received
        assert item == {
            "subscriptionId": made["id"],
            "subscriptionExpirationDateTime": made["expirationDateTime"],
            "tenantId": client.get("/organization").json()["value"][0]["id"],
            "clientState": "s",
            "lifecycleEvent": "reauthorizationRequired",
        }
        assert client.post(f"/subscriptions/{made['id']}/reauthorize").status_code == 204
        client.patch(f"/subscriptions/{made['id']}", json={"expirationDateTime": ahead(600)})
        graph.advance(timedelta(minutes=60))
        graph.flush_notifications()
        assert len(lifecycle.received) == 1
    assert receiver.received == []


@pytest.mark.parametrize("asked", [None, 10])
@pytest.mark.parametrize("reacts", ["reauthorize", "renew", None])
def test_what_happens_while_nobody_approves_again_is_lost(
    graph, client, receiver, subscribe, asked, reacts
):
    with graph.receiver() as lifecycle:
        made = subscribe(
            "me/messages",
            "created",
            lifecycleNotificationUrl=lifecycle.url,
            expirationDateTime=ahead(400),
        )
        due = asked or 300  # a quarter of the time is left
        graph.advance(timedelta(minutes=due))
        if asked:
            graph.remind(made["id"], "reauthorizationRequired")
        graph.flush_notifications()
        assert [e["lifecycleEvent"] for e in lifecycle.received] == ["reauthorizationRequired"]
        graph.advance(timedelta(minutes=14))
        post(client, "/me/messages", {"subject": "in time"})
        assert len(told(graph, receiver)) == 1
        if reacts == "reauthorize":
            assert client.post(f"/subscriptions/{made['id']}/reauthorize").status_code == 204
        elif reacts == "renew":
            ends = {"expirationDateTime": ahead(3_000)}
            assert client.patch(f"/subscriptions/{made['id']}", json=ends).status_code == 200
        graph.advance(timedelta(minutes=1))
        post(client, "/me/messages", {"subject": "perhaps"})

        assert len(told(graph, receiver)) == (1 if reacts is None else 2)
        if reacts is None:
            lost = graph.notifications[-1]
            assert (lost.state, lost.attempts[0].status) == ("dropped", None)
            assert "paused" in lost.attempts[0].error
            assert client.post(f"/subscriptions/{made['id']}/reauthorize").status_code == 204
            post(client, "/me/messages", {"subject": "again"})
            assert len(told(graph, receiver)) == 2


def test_who_is_not_reminded_is_not_paused(graph, client, receiver, subscribe):
    subscribe("me/messages", "created", expirationDateTime=ahead(400))
    graph.advance(timedelta(minutes=399))
    post(client, "/me/messages", {"subject": "Hi"})
    assert len(told(graph, receiver)) == 1


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_a_test_can_have_a_subscriber_told(graph, client, receiver, subscribe, event):
    made = subscribe("me/messages", lifecycleNotificationUrl=receiver.url)
    graph.remind(made["id"], event)
    graph.flush_notifications()
    assert [each["lifecycleEvent"] for each in receiver.received] == [event]
    there = client.get(f"/subscriptions/{made['id']}").status_code
    assert there == (404 if event == "subscriptionRemoved" else 200)


def test_nobody_is_told_where_nobody_listens(graph, subscribe):
    from fakegraph import ControlError

    made = subscribe("me/messages")
    with pytest.raises(ControlError, match="lifecycleNotificationUrl"):
        graph.remind(made["id"])
    with pytest.raises(ControlError, match="no subscription"):
        graph.remind("nonsense")


# Contents -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    from datetime import UTC, datetime

    start = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )


def decrypted(content, key):
    """The contents, by the steps that the service documents."""
    sha1 = hashes.SHA1()
    unpadded = rsa_padding.OAEP(rsa_padding.MGF1(sha1), sha1, None)
    symmetric = key.decrypt(base64.b64decode(content["dataKey"]), unpadded)
    data = base64.b64decode(content["data"])
    expected = hmac.new(symmetric, data, hashlib.sha256).digest()
    assert base64.b64decode(content["dataSignature"]) == expected
    cipher = Cipher(algorithms.AES(symmetric), modes.CBC(symmetric[:16])).decryptor()
    padded = cipher.update(data) + cipher.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return json.loads(unpadder.update(padded) + unpadder.finalize())


@pytest.mark.parametrize("form", ["der", "pem"])
def test_contents_are_what_a_read_gives_and_proven_by_a_token(
    graph, client, receiver, subscribe, key, certificate, form
):
    encoding = serialization.Encoding.DER if form == "der" else serialization.Encoding.PEM
    subscribe(
        "me/messages?$select=subject,importance,sentDateTime",
        "created,deleted",
        includeResourceData=True,
        encryptionCertificate=base64.b64encode(certificate.public_bytes(encoding)).decode(),
        encryptionCertificateId="cert-1",
    )
    message = post(client, "/me/messages", {"subject": "Hi", "importance": "high"})
    graph.flush_notifications()

    (item,) = receiver.received
    content = item["encryptedContent"]
    found = decrypted(content, key)
    assert (found["subject"], found["importance"], found["id"]) == ("Hi", "high", message["id"])
    assert "bodyPreview" not in found
    assert found["sentDateTime@odata.type"] == "#DateTimeOffset"
    thumbprint = certificate.fingerprint(hashes.SHA1()).hex().upper()
    assert content["encryptionCertificateThumbprint"] == thumbprint
    assert content["encryptionCertificateId"] == "cert-1"

    (token,) = receiver.bodies[0]["validationTokens"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["appid"] == "0bf30f3b-4a52-48df-9a82-234910c4a086"
    assert claims["tid"] == item["tenantId"]
    assert claims["iss"] == f"https://sts.windows.net/{item['tenantId']}/"


def test_each_has_a_key_of_its_own(graph, client, receiver, subscribe, key, certificate):
    subscribe(
        "me/messages?$select=subject",
        "created",
        includeResourceData=True,
        encryptionCertificate=base64.b64encode(
            certificate.public_bytes(serialization.Encoding.DER)
        ).decode(),
        encryptionCertificateId="cert-1",
    )
    for subject in "ab":
        post(client, "/me/messages", {"subject": subject})
    graph.flush_notifications()
    keys = {each["encryptedContent"]["dataKey"] for each in receiver.received}
    assert len(keys) == 2
    assert [decrypted(each["encryptedContent"], key)["subject"] for each in receiver.received] == [
        "a",
        "b",
    ]


def test_a_subscription_that_lacks_nearly_all_tells_nobody(graph, client):
    graph.seed({"subscriptions": [{"id": "s1"}, {"id": "s2", "resource": "nonsense"}]})
    post(client, "/me/messages", {"subject": "Hi"})
    assert graph.flush_notifications() == {"delivered": 0, "waiting": 0, "dropped": 0}
    for id_ in ("s1", "s2"):
        answer = client.patch(f"/subscriptions/{id_}", json={"expirationDateTime": ahead(60)})
        assert answer.status_code == 400, answer.text
    assert [each["id"] for each in client.get("/subscriptions").json()["value"]] == ["s1", "s2"]


@pytest.mark.parametrize(
    ("resource", "path", "body"),
    [
        ("me/mailFolders('inbox')/messages", "/me/mailFolders/inbox/messages", {"subject": "Hi"}),
        ("me/todo/lists/tasks/tasks", "/me/todo/lists/tasks/tasks", {"title": "Hi"}),
    ],
)
def test_what_a_test_subscribed_to_before_it_was_there_is_told(
    graph, client, receiver, resource, path, body
):
    about = {"notificationUrl": receiver.url, "expirationDateTime": ahead(60)}
    graph.create("subscriptions", resource=resource, changeType="created", **about)
    graph.flush_notifications()
    made = post(client, path, body)

    assert [each for _, _, each in told(graph, receiver)] == [made["id"]]


def test_what_waits_for_a_subscription_that_is_removed_is_told_nobody(
    graph, client, receiver, subscribe
):
    with graph.receiver() as lifecycle:
        made = subscribe("me/messages", "created", lifecycleNotificationUrl=lifecycle.url)
        receiver.answer(503)
        post(client, "/me/messages", {"subject": "Hi"})
        assert graph.flush_notifications()["waiting"] == 1
        graph.remind(made["id"], "subscriptionRemoved")
        assert graph.flush_notifications() == {"delivered": 1, "waiting": 0, "dropped": 1}
        graph.advance(3600)
        graph.flush_notifications()
        assert [each["lifecycleEvent"] for each in lifecycle.received] == ["subscriptionRemoved"]
    assert receiver.received == []


# What becomes of an account -----------------------------------------------------------------------


def revoke(client, user, how):
    """Take from a user what apps could do for them."""
    if how == "sessions":
        return client.post(f"/users/{user}/revokeSignInSessions")
    if how == "deleted":
        return client.delete(f"/users/{user}")
    bodies = {
        "password": {"passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"}},
        "locked": {"accountEnabled": False},
        "renamed": {"jobTitle": "Boss", "accountEnabled": True},
    }
    return client.patch(f"/users/{user}", json=bodies[how])


def test_a_subscription_ends_with_an_account_that_is_gone_before_anybody_looks(
    server, graph, client, receiver, subscribe
):
    def make_and_delete():
        made = subscribe("me/messages", lifecycleNotificationUrl=receiver.url)
        client.delete("/me")
        return made["id"]

    tenant = tenants_of(server.server.app).named(graph.id)
    made = tenant.beyond.outbox(tenant).turn(make_and_delete)  # nobody else looks meanwhile
    graph.flush_notifications()

    assert client.get("/subscriptions").json()["value"] == []
    assert [(each["subscriptionId"], each["lifecycleEvent"]) for each in receiver.received] == [
        (made, "subscriptionRemoved")
    ]


@pytest.mark.parametrize("how", ["sessions", "password", "locked", "deleted", "renamed"])
def test_a_subscription_ends_with_what_the_account_of_who_made_it_could_do(
    graph, client, receiver, subscribe, how
):
    me = client.get("/me").json()["id"]
    client.patch("/me", json={"accountEnabled": True})
    kept = subscribe("users", "updated", lifecycleNotificationUrl=receiver.url)
    made = subscribe("me/messages", lifecycleNotificationUrl=receiver.url)
    assert revoke(client, me, how).status_code < 300
    graph.flush_notifications()

    there = {each["id"] for each in client.get("/subscriptions").json()["value"]}
    ends = [each for each in receiver.received if each.get("lifecycleEvent")]
    if how == "renamed":
        assert (there, ends) == ({kept["id"], made["id"]}, [])
        return
    assert there == {kept["id"]}
    assert [(each["subscriptionId"], each["lifecycleEvent"]) for each in ends] == [
        (made["id"], "subscriptionRemoved")
    ]
