"""Change notifications over TLS, to receivers that know nothing of the server: Python's and Node's.

The Python one goes by ``cryptography``, the other by ``node:crypto``: ``notifications.mjs``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import queue
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent
APP = "4f0dbd04-3c5c-4a4a-8a4e-6a5b52b8f6a5"
NOTIFIER = "0bf30f3b-4a52-48df-9a82-234910c4a086"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def certificate(key):
    """A certificate of the key's, self-signed, as the subscription takes it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


class Python:
    """Listens over TLS, and gives each item decrypted, with the claims that prove it."""

    def __init__(self, url, files, key):
        self._url, self._key, self.items = url, key, queue.Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = parse_qs(urlsplit(self.path).query).get("validationToken")
                text = token[0].encode() if token else b""
                self.send_response(200 if token else 202)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                if not token:
                    receiver.take(json.loads(body))

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}/notifications"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, body):
        claims = [self._proven(token) for token in body.get("validationTokens", ())]
        for item in body["value"]:
            content = item.pop("encryptedContent", None)
            found = None if content is None else self._decrypted(content)
            self.items.put({**item, "content": found, "claims": claims})

    def _decrypted(self, content):
        sha1 = hashes.SHA1()
        unpadded = rsa_padding.OAEP(rsa_padding.MGF1(sha1), sha1, None)
        key = self._key.decrypt(base64.b64decode(content["dataKey"]), unpadded)
        data = base64.b64decode(content["data"])
        assert hmac.new(key, data, hashlib.sha256).digest() == base64.b64decode(
            content["dataSignature"]
        )
        cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        padded = cipher.update(data) + cipher.finalize()
        return json.loads(unpadder.update(padded) + unpadder.finalize())

    def _proven(self, token):
        found = requests.get(f"{self._url}/common/.well-known/openid-configuration", timeout=30)
        keys = jwt.PyJWKSet.from_dict(requests.get(found.json()["jwks_uri"], timeout=30).json())
        kid = jwt.get_unverified_header(token)["kid"]
        return jwt.decode(token, keys[kid].key, algorithms=["RS256"], audience=APP)

    def next(self):
        return self.items.get(timeout=30)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Node:
    """The same in JavaScript."""

    def __init__(self, url, files, key, folder):
        private = folder / "private.pem"
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        cert, cert_key = files
        said = {"CERT": cert, "KEY": cert_key, "PRIVATE": private, "FAKEGRAPH_TEST_URL": url}
        environ = {**os.environ, **{name: str(value) for name, value in said.items()}}
        command = ["node", HERE / "notifications.mjs"]
        self._process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
        self.url = f"https://localhost:{self._process.stdout.readline().strip()}/notifications"

    def next(self):
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(params=["python", "node"])
def receiver(request, served, ca, key, tmp_path):
    _, options = ca
    files = options[1], options[3]
    made = (
        Python(served, files, key)
        if request.param == "python"
        else Node(served, files, key, tmp_path)
    )
    yield made
    made.close()


@pytest.fixture
def ask(served):
    """Asks a tenant of its own, as an app with a user."""
    tenant = requests.post(f"{served}/_fakegraph/tenants", json={}, timeout=30).json()["id"]
    control = f"{served}/_fakegraph/tenants/{tenant}"
    graph = f"{served}/tenants/{tenant}/v1.0"
    me = requests.get(f"{graph}/me", headers={"Authorization": "Bearer any"}, timeout=30).json()
    body = {"app": APP, "user": me["userPrincipalName"]}
    token = requests.post(f"{control}/tokens", json=body, timeout=30).json()["access_token"]

    def ask(method, path, json=None, *, root=graph, **more):
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(
            method, root + path, json=json, headers=headers, timeout=30, **more
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    ask.control = lambda method, path, json=None: ask(method, path, json, root=control)
    return ask


def ahead(minutes):
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def subscribe(ask, receiver, resource, change, **more):
    body = {
        "changeType": change,
        "notificationUrl": receiver.url,
        "resource": resource,
        "expirationDateTime": ahead(60),
        "clientState": "s3cret",
        **more,
    }
    return ask("POST", "/subscriptions", body)


def test_messages_with_their_contents(ask, receiver, certificate):
    subscribe(
        ask,
        receiver,
        "me/messages?$select=subject",
        "created,updated,deleted",
        includeResourceData=True,
        encryptionCertificate=certificate,
        encryptionCertificateId="one",
    )
    message = ask("POST", "/me/messages", {"subject": "Hi"})["id"]
    came = receiver.next()
    assert (came["changeType"], came["content"]["subject"]) == ("created", "Hi")
    (claims,) = came["claims"]
    assert (claims["aud"], claims["appid"]) == (APP, NOTIFIER)
    assert claims["tid"] == came["tenantId"]

    ask("PATCH", f"/me/messages/{message}", {"subject": "Ho"})
    came = receiver.next()
    assert (came["changeType"], came["content"]["subject"]) == ("updated", "Ho")
    ask("POST", f"/me/messages/{message}/permanentDelete")
    came = receiver.next()
    assert (came["changeType"], came["resourceData"]["id"]) == ("deleted", message)


def test_users_groups_events_and_files(ask, receiver):
    for resource, change in (
        ("users", "updated,deleted"),
        ("groups", "updated,deleted"),
        ("me/events", "created,updated,deleted"),
        ("me/drive/root", "updated"),
    ):
        subscribe(ask, receiver, resource, change)

    user = ask(
        "POST",
        "/users",
        {
            "accountEnabled": True,
            "displayName": "Grace",
            "mailNickname": "grace9",
            "userPrincipalName": "grace9@contoso.com",
            "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        },
    )["id"]
    assert receiver.next()["resource"] == f"Users/{user}"
    joined = receiver.next()  # the dynamic group of all who work there
    assert {"id": user} in joined["resourceData"]["members@delta"]
    group = ask(
        "POST",
        "/groups",
        {
            "displayName": "G",
            "mailEnabled": False,
            "mailNickname": "g9",
            "securityEnabled": True,
        },
    )["id"]
    assert receiver.next()["resource"] == f"Groups/{group}"
    when = {"dateTime": "2027-01-04T10:00:00", "timeZone": "UTC"}
    event = ask("POST", "/me/events", {"subject": "E", "start": when, "end": when})["id"]
    came = receiver.next()
    assert (came["changeType"], came["resourceData"]["id"]) == ("created", event)
    ask("PUT", "/me/drive/root:/a.txt:/content", data=b"Hi")
    came = receiver.next()
    assert (came["changeType"], came["resource"]) == ("updated", "me/drive/root")


def test_a_subscription_is_renewed_reminded_of_and_ends(ask, receiver):
    made = subscribe(
        ask, receiver, "me/messages", "created", lifecycleNotificationUrl=receiver.url
    )["id"]
    ask("PATCH", f"/subscriptions/{made}", {"expirationDateTime": ahead(100)})
    ask.control("POST", "/notifications/remind", {"subscription": made})
    came = receiver.next()
    assert (came["lifecycleEvent"], came["subscriptionId"]) == ("reauthorizationRequired", made)
    assert came["clientState"] == "s3cret"
    ask("POST", f"/subscriptions/{made}/reauthorize")
    ask.control("PUT", "/clock", {"advance": "PT2H"})
    assert ask("GET", "/subscriptions")["value"] == []
