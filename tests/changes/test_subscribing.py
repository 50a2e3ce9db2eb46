"""Subscriptions: what they need, how long they live, and the handshake.

https://learn.microsoft.com/graph/api/subscription-post-subscriptions
"""

from __future__ import annotations

import base64
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from fakegraph import FakeGraph
from fakegraph.workloads.subscriptions.resources import RESOURCES, watched_at
from tests.changes.conftest import ahead, error_of


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


@pytest.fixture(scope="module")
def rsa_certificate():
    return certificate(rsa.generate_private_key(65537, 2048))


class Answering(BaseHTTPRequestHandler):
    """Answers a handshake as the server that it belongs to says."""

    def do_POST(self):
        status, content_type, body = self.server.says(self.path)
        self.server.asked.append(self.path)
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def listener():
    server = HTTPServer(("127.0.0.1", 0), Answering)
    server.asked, server.headers = [], {}
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_subscription_is_answered_whole(subscribe, client):
    made = subscribe("/me/messages", clientState="s3cret")

    assert made.pop("@odata.context").endswith("/$metadata#subscriptions/$entity")
    assert made["resource"] == "/me/messages"  # as it was sent
    assert made["clientState"] == "s3cret"
    assert made["latestSupportedTlsVersion"] == "v1_2"
    assert set(made) == {
        "id",
        "resource",
        "applicationId",
        "changeType",
        "clientState",
        "notificationUrl",
        "notificationQueryOptions",
        "lifecycleNotificationUrl",
        "expirationDateTime",
        "creatorId",
        "includeResourceData",
        "latestSupportedTlsVersion",
        "encryptionCertificate",
        "encryptionCertificateId",
        "notificationUrlAppId",
    }
    (listed,) = client.get("/subscriptions").json()["value"]
    assert listed == {**made, "clientState": None}
    shown = client.get(f"/subscriptions/{made['id']}").json()
    assert shown.pop("@odata.context").endswith("/$metadata#subscriptions/$entity")
    assert shown == made


def test_the_handshake_is_a_token_of_text_at_the_url_whole(graph, subscribe, listener):
    def says(path):
        query = path.partition("?")[2]
        assert query.startswith("a=b&validationToken=")
        raw = query.removeprefix("a=b&validationToken=")
        assert "+" in raw
        assert "%3A" in raw
        text = raw.replace("+", " ").replace("%3A", ":")
        return 200, "text/plain; charset=utf-8", text.encode()

    listener.says = says
    subscribe("me/messages", notificationUrl=f"{listener.url}?a=b")
    assert len(listener.asked) == 1


def test_both_urls_are_asked_although_they_are_the_same(subscribe, receiver):
    subscribe("me/messages", lifecycleNotificationUrl=receiver.url)
    assert len(receiver.greeted) == 2
    assert all(
        each.startswith("Validation: Testing client application reachability")
        for each in receiver.greeted
    )


_STATUS = (
    "Subscription validation request failed. HTTP status code is '{}'. Notification endpoint must "
    "respond with 200 OK to validation request."
)
_MATCH = (
    "Subscription validation request failed. Response must exactly match validationToken query "
    "parameter."
)


def _token(path):
    return path.partition("validationToken=")[2].replace("+", " ").replace("%3A", ":").encode()


@pytest.mark.parametrize(
    ("says", "message"),
    [
        (lambda path: (403, "text/plain", b""), _STATUS.format("Forbidden")),
        (lambda path: (202, "text/plain", _token(path)), _STATUS.format("Accepted")),
        (lambda path: (302, "text/plain", b""), _STATUS.format("Found")),
        (lambda path: (404, "text/plain", b""), _STATUS.format("NotFound")),
        (lambda path: (200, "text/plain", b""), _MATCH),
        (lambda path: (200, "text/plain", _token(path) + b"<br/>"), _MATCH),
        (lambda path: (200, "text/plain", b'"' + _token(path) + b'"'), _MATCH),
        (lambda path: (200, "text/plain", path.partition("Token=")[2].encode()), _MATCH),
        (lambda path: (200, "text/html", _token(path)), _MATCH),
        (lambda path: (200, "application/json", _token(path)), _MATCH),
    ],
    ids=["403", "202", "302", "404", "empty", "more", "quoted", "encoded", "html", "json"],
)
def test_nothing_is_made_unless_the_handshake_goes_well(subscribe, client, listener, says, message):
    listener.says = says
    answer = subscribe("me/messages", notificationUrl=listener.url, refused=True)

    assert error_of(answer) == ("ValidationError", message)
    assert client.get("/subscriptions").json()["value"] == []


def test_a_redirect_is_not_followed(subscribe, listener, receiver):
    listener.headers = {"Location": receiver.url}
    listener.says = lambda path: (307, "text/plain", b"")
    answer = subscribe("me/messages", notificationUrl=listener.url, refused=True)

    assert error_of(answer)[0] == "ValidationError"
    assert receiver.greeted == []


def test_nobody_there_is_no_answer(subscribe, listener):
    url = listener.url
    listener.server_close()
    answer = subscribe("me/messages", notificationUrl=url, refused=True)
    assert error_of(answer) == ("ValidationError", "Subscription validation request timed out.")


@pytest.mark.parametrize(
    "name", ["changeType", "notificationUrl", "resource", "expirationDateTime"]
)
def test_what_is_required(subscribe, name):
    required = {"change": None} if name == "changeType" else {name: None}
    if name == "resource":
        answer = subscribe(None, refused=True)
    else:
        answer = subscribe("me/messages", refused=True, **required)
    message = f"{name} is a required property for subscription creation"
    assert error_of(answer) == ("InvalidRequest", message)


@pytest.mark.parametrize(
    ("body", "code", "starts"),
    [
        ({"change": "Created"}, "InvalidRequest", "Invalid 'changeType' attribute: 'Created'."),
        ({"change": "created,moved"}, "InvalidRequest", "Invalid 'changeType' attribute: 'moved'."),
        ({"change": ""}, "InvalidRequest", "Invalid 'changeType' attribute: ''."),
        ({"changetype": "x"}, "InvalidRequest", "Could not process subscription creation payload."),
        ({"expirationDateTime": "2026-03-02T10:00:00"}, "InvalidRequest", "Could not process"),
        ({"clientState": "x" * 129}, "InvalidRequest", "clientState has at most 128"),
        ({"notificationUrl": "ftp://x/"}, "InvalidRequest", "The notificationUrl must use the"),
        ({"notificationUrl": "http://hooks.example.com/"}, "InvalidRequest", "The notification"),
        ({"notificationUrl": "EventHub:https://x/"}, "InvalidRequest", "The notificationUrl 'Eve"),
        ({"lifecycleNotificationUrl": "EventGrid:?a"}, "InvalidRequest", "The lifecycleNotif"),
        ({"expirationDateTime": "2026-03-02T08:59:59Z"}, "InvalidRequest", "Subscription expir"),
        ({"includeResourceData": True}, "InvalidRequest", "encryptionCertificate is a required"),
        ({"encryptionCertificate": "AAAA"}, "InvalidRequest", "encryptionCertificate is not valid"),
        (
            {"latestSupportedTlsVersion": "v2"},
            "InvalidRequest",
            "latestSupportedTlsVersion 'v2' is",
        ),
        ({"lifecycleNotificationUrl": ""}, "InvalidRequest", "The lifecycleNotificationUrl must"),
    ],
)
def test_what_is_refused_says_why(subscribe, client, receiver, body, code, starts):
    answer = subscribe("me/messages", refused=True, **body)

    found, message = error_of(answer)
    assert (found, message[: len(starts)]) == (code, starts)
    assert receiver.greeted == []
    assert client.get("/subscriptions").json()["value"] == []


@pytest.mark.parametrize(
    "resource",
    ["me/memberOf", "users/{me}/manager", "me/messages/x", "nonsense", "", "$batch", "me/drive"],
)
def test_what_cannot_be_subscribed_to(subscribe, resource):
    answer = subscribe(resource, refused=True)
    assert error_of(answer)[0] == "InvalidRequest"


@pytest.mark.parametrize(
    ("resource", "status", "said"),
    [
        ("users/nobody@contoso.com/messages", 404, "NotFound; Reason: Not Found"),
        ("groups/4f0dbd04-3c5c-4a4a-8a4e-6a5b52b8f6a5/members", 404, "NotFound; Reason: Not Found"),
        ("me/mailFolders/nonsense/messages", 400, "BadRequest; Reason: Id is malformed."),
    ],
)
def test_what_is_not_there_is_refused_as_its_workload_does(subscribe, resource, status, said):
    answer = subscribe(resource, "updated", refused=True)
    message = f"Operation: Create; Exception: [Status Code: {said}]"
    assert error_of(answer, status) == ("ExtensionError", message)


def test_a_filter_that_is_none_is_refused(subscribe):
    answer = subscribe("me/messages?$filter=((((", refused=True)
    code, message = error_of(answer)
    assert code == "ExtensionError"
    assert message.startswith("Operation: Create; Exception: [Status")


LIFETIMES = [
    ("me/messages", 10_080),
    ("me/mailFolders('inbox')/messages", 10_080),
    ("me/events", 10_080),
    ("me/contacts", 10_080),
    ("users", 41_760),
    ("groups", 41_760),
    ("me/drive/root", 42_300),
    ("chats/getAllMessages", 4_320),
    ("teams/getAllMessages", 4_320),
    ("chats", 4_320),
    ("communications/callRecords", 4_230),
    ("security/alerts", 43_200),
]


def _types(resource):
    return ",".join(sorted(watched_at(resource).told))


@pytest.mark.parametrize(("resource", "minutes"), LIFETIMES)
def test_how_long_one_lives_at_most(subscribe, receiver, resource, minutes):
    more = {"lifecycleNotificationUrl": receiver.url}
    late = subscribe(
        resource,
        _types(resource),
        refused=True,
        expirationDateTime=ahead(minutes + 1),
        **more,
    )
    message = f"Subscription expiration can only be {minutes} minutes in the future."
    assert error_of(late) == ("ValidationError", message)
    made = subscribe(resource, _types(resource), expirationDateTime=ahead(minutes), **more)
    assert made["expirationDateTime"] == ahead(minutes)


EVERY_LIFETIME = {
    "Message": (10_080, 1_440),
    "Event": (10_080, 1_440),
    "Contact": (10_080, 1_440),
    "Conversation": (4_230, 0),
    "User": (41_760, 0),
    "Group": (41_760, 0),
    "DriveItem": (42_300, 0),
    "ListItem": (42_300, 0),
    "chatMessage": (4_320, 4_320),
    "chat": (4_320, 4_320),
    "team": (4_320, 4_320),
    "channel": (4_320, 4_320),
    "conversationMember": (4_320, 4_320),
    "presence": (60, 60),
    "callRecord": (4_230, 0),
    "callRecording": (4_320, 4_320),
    "callTranscript": (4_320, 4_320),
    "Alert": (43_200, 0),
    "printJob": (4_230, 0),
    "printTask": (4_230, 0),
    "todoTask": (4_230, 0),
    "{type}": (360, 0),
}


def test_every_lifetime_is_as_the_service_lists_it():
    found = {
        each.type.removeprefix("#Microsoft.Graph."): (each.minutes, each.rich) for each in RESOURCES
    }
    assert found == EVERY_LIFETIME


@pytest.mark.parametrize(
    ("resource", "offered"),
    [
        ("users", "updated,deleted"),
        ("users/x", "updated,deleted"),
        ("groups/x/members", "updated,deleted"),
        ("me/drive/root", "updated"),
        ("sites/x/lists/y", "updated"),
        ("communications/presences/x", "updated"),
        ("communications/callRecords", "created,updated"),
        ("me/messages", "created,updated,deleted"),
    ],
)
def test_which_types_of_changes_are_offered(subscribe, resource, offered):
    for each in {"created", "updated", "deleted"} - set(offered.split(",")):
        answer = subscribe(resource, each, refused=True)
        assert error_of(answer) == ("InvalidRequest", f"Invalid 'changeType' attribute: '{each}'.")


@pytest.mark.parametrize(
    "option", ["$filter=id eq 'x'", "$select=id", "$top=1", "$orderby=id", "$count=true", "$skip=1"]
)
def test_a_list_takes_no_options(subscribe, client, option):
    name = option.partition("=")[0]
    said = f"The query parameter '{name}' is not supported for subscriptions."
    assert error_of(client.get(f"/subscriptions?{option}")) == ("BadRequest", said)


def test_a_list_is_paged(subscribe, client):
    made = {subscribe("me/messages")["id"] for _ in range(3)}
    first = client.get("/subscriptions", headers={"Prefer": "odata.maxpagesize=2"}).json()
    second = client.get(first["@odata.nextLink"]).json()
    assert {each["id"] for each in first["value"] + second["value"]} == made


def test_a_short_one_lives_longer_than_it_says(subscribe):
    made = subscribe("me/messages", expirationDateTime=ahead(1))
    assert made["expirationDateTime"] == ahead(45)


def test_a_long_one_of_teams_has_to_say_where_its_end_is_told(subscribe, receiver):
    answer = subscribe("chats", expirationDateTime=ahead(61), refused=True)
    code, message = error_of(answer)
    assert (code, message.split()[0]) == ("InvalidRequest", "lifecycleNotificationUrl")
    subscribe("chats", expirationDateTime=ahead(60))


def test_teams_has_one_for_a_resource(subscribe, client):
    first = subscribe("chats")
    answer = subscribe("chats", refused=True)
    reason = "A subscripton already exists. It must be deleted before a another can be made."
    message = f"Operation: Create; Exception: [Status Code: Conflict; Reason: {reason}]"
    assert error_of(answer, 409) == ("ExtensionError", message)
    assert client.delete(f"/subscriptions/{first['id']}").status_code == 204
    subscribe("chats")
    subscribe("me/messages")
    subscribe("me/messages")


def test_one_is_renewed_and_keeps_the_rest(subscribe, client):
    made = subscribe("me/messages", clientState="s3cret")
    answer = client.patch(
        f"/subscriptions/{made['id']}", json={"expirationDateTime": ahead(10_000)}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["expirationDateTime"] == ahead(10_000)
    assert answer.json()["resource"] == "me/messages"


@pytest.mark.parametrize(
    ("changes", "code", "starts"),
    [
        ({}, "InvalidRequest", "Subscription must contain either the 'expirationDateTime' or"),
        ({"resource": "users"}, "InvalidRequest", "Subscription must contain either"),
        (
            {"resource": "users", "expirationDateTime": ahead(90)},
            "InvalidRequest",
            "Property 'resource' of a subscription cannot",
        ),
        ({"expirationDateTime": ahead(10_081)}, "ValidationError", "Subscription expiration can"),
        ({"notificationUrl": "https://169.254.169.254/"}, "InvalidRequest", "169.254.169.254"),
    ],
)
def test_what_cannot_be_changed(subscribe, client, changes, code, starts):
    made = subscribe("me/messages")
    before = client.get(f"/subscriptions/{made['id']}").json()
    found, message = error_of(client.patch(f"/subscriptions/{made['id']}", json=changes))
    assert (found, message[: len(starts)]) == (code, starts)
    assert client.get(f"/subscriptions/{made['id']}").json() == before


def test_another_url_is_asked_first(subscribe, client, receiver, graph):
    made = subscribe("me/messages")
    with graph.receiver() as other:
        answer = client.patch(f"/subscriptions/{made['id']}", json={"notificationUrl": other.url})
        assert answer.status_code == 200, answer.text
        assert len(other.greeted) == 1
        client.post("/me/messages", json={"subject": "Hi"})
        other.wait(1)
    assert receiver.received == []


def test_one_can_be_approved_of_again_and_deleted_once(subscribe, client):
    made = subscribe("me/messages")
    path = f"/subscriptions/{made['id']}"
    assert client.post(f"{path}/reauthorize").status_code == 204
    assert client.delete(path).status_code == 204
    for answer in (
        client.delete(path),
        client.get(path),
        client.patch(path, json={"expirationDateTime": ahead(90)}),
    ):
        assert error_of(answer, 404) == ("ResourceNotFound", "The object was not found.")


def test_one_is_gone_when_its_time_is_over(subscribe, client, graph):
    made = subscribe("me/messages")
    graph.advance(timedelta(minutes=59))
    assert client.get(f"/subscriptions/{made['id']}").status_code == 200
    graph.advance(timedelta(minutes=1))
    assert client.get(f"/subscriptions/{made['id']}").status_code == 404
    assert client.get("/subscriptions").json()["value"] == []


@pytest.mark.parametrize(
    ("resource", "more", "starts"),
    [
        ("users", {}, "includeResourceData is not supported"),
        ("me/messages", {}, "Subscriptions with contents of this resource have a $select"),
        ("me/messages?$select=subject,body", {}, "'body' cannot be"),
        ("me/messages?$select=subject&$top=5", {}, "'$top' cannot be"),
        (
            "me/messages?$select=subject",
            {"encryptionCertificateId": None},
            "encryptionCertificateId",
        ),
        ("me/messages?$select=subject", {"encryptionCertificateId": "x" * 129}, "encryptionCertif"),
        ("me/messages?$select=subject", {"encryptionCertificate": "bm9uZQ=="}, "encryptionCertif"),
        ("me/messages?$select=subject", {"encryptionCertificate": "%%%"}, "encryptionCertificate"),
    ],
)
def test_contents_have_their_conditions(subscribe, rsa_certificate, resource, more, starts):
    body = {
        "includeResourceData": True,
        "encryptionCertificate": rsa_certificate,
        "encryptionCertificateId": "one",
        **more,
    }
    answer = subscribe(resource, "updated", refused=True, **body)
    code, message = error_of(answer)
    assert (code, message[: len(starts)]) == ("InvalidRequest", starts)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: rsa.generate_private_key(65537, 1024),
    ],
)
def test_contents_are_encrypted_to_rsa_keys_that_are_long_enough(subscribe, make):
    answer = subscribe(
        "me/messages?$select=subject",
        includeResourceData=True,
        encryptionCertificate=certificate(make()),
        encryptionCertificateId="one",
        refused=True,
    )
    assert "2048 to 4096" in error_of(answer)[1]


def test_contents_make_it_shorter(subscribe, rsa_certificate):
    rich = {
        "includeResourceData": True,
        "encryptionCertificate": rsa_certificate,
        "encryptionCertificateId": "one",
    }
    resource = "me/messages?$select=subject"
    answer = subscribe(resource, refused=True, expirationDateTime=ahead(1_441), **rich)
    assert error_of(answer)[1] == "Subscription expiration can only be 1440 minutes in the future."
    subscribe(resource, expirationDateTime=ahead(1_440), **rich)


def test_presence_has_contents_only(subscribe, graph):
    graph.seed({"communications/presences": [{"id": "p1", "availability": "Busy"}]})
    answer = subscribe("communications/presences/p1", "updated", refused=True)
    assert "includeResourceData has to be true" in error_of(answer)[1]


def test_nothing_is_sent_anywhere_where_that_is_said():
    with FakeGraph(notify="none") as graph, graph.receiver() as receiver:
        import httpx

        answer = httpx.post(
            f"{graph.url}/v1.0/subscriptions",
            headers=graph.headers,
            json={
                "changeType": "created",
                "notificationUrl": receiver.url,
                "resource": "me/messages",
                "expirationDateTime": "2099-01-01T00:00:00Z",
            },
        )
        assert error_of(answer)[0] == "InvalidRequest"
        assert "--notify" in answer.json()["error"]["message"]
        assert receiver.greeted == []


@pytest.mark.parametrize("body", ["{", "", "[1,"])
def test_a_body_that_cannot_be_read_is_refused_in_the_services_words(client, body):
    answer = client.post(
        "/subscriptions", content=body, headers={"Content-Type": "application/json"}
    )
    code, message = error_of(answer)
    assert code == "InvalidRequest"
    assert message.startswith("Could not process subscription creation payload.")


@pytest.mark.parametrize("name", ["notificationUrl", "lifecycleNotificationUrl"])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://", "has no host."),
        ("http://u:p@127.0.0.1/", "has credentials in front of the host."),
        ("ftp://127.0.0.1/", "must use the HTTPS protocol."),
    ],
)
def test_what_is_wrong_with_a_url_says_which(subscribe, name, url, said):
    code, message = error_of(subscribe("me/messages", refused=True, **{name: url}))
    assert (code, message) == ("InvalidRequest", f"The {name} {said}")
