"""A way to sign in at an app, and a directory to sign in with."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings
from tests.control.conftest import Asked

GRAPH = "https://graph.microsoft.com/.default"
URI = "http://localhost:9/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ON_BEHALF = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

DIRECTORY = {
    "apps": [
        {"id": "web", "secrets": ["s3cret", "other"], "roles": ["Reports.Read.All"],
         "scopes": ["Reports.Read.All", "User.Read"], "redirectUris": ["http://localhost/callback"]},
        {"id": "nobody", "secrets": ["s3cret"], "roles": [], "scopes": [], "redirectUris": []},
        {"id": "tool", "public": True},
        {"id": "listed", "displayName": "Listed"},
    ],
    "users": [
        {"userPrincipalName": "Ada@contoso.com", "displayName": "Ada <b>", "password": "lovelace",
         "id": "ada-id", "wids": ["w1"]},
        {"userPrincipalName": "bob@contoso.com"},
    ],
    "domains": {"fabrikam.com": "fabrikam"},
}  # fmt: skip


class SignIn(Asked):
    """Short names for what a client of the sign-in endpoints does."""

    def token(self, grant, tenant="default", status=200, **fields):
        """Ask for a token; the JSON of the answer, which has that status."""
        data = {"grant_type": grant, "client_id": "anyone", **fields}
        data = {name: value for name, value in data.items() if value is not None}
        answer = self.client.post(f"/{tenant}/oauth2/v2.0/token", data=data)
        assert answer.status_code == status, answer.text
        return answer.json

    def refused(self, number, grant, status=400, **fields):
        """Ask for a token, in vain; the OAuth error."""
        return number_of(self.token(grant, status=status, **fields), number)

    def authorize(self, tenant="default", **fields):
        """Ask the authorize endpoint, as a user unless it says otherwise."""
        asked = {
            "client_id": "anyone",
            "response_type": "code",
            "redirect_uri": URI,
            "scope": "openid profile offline_access Reports.Read.All",
            "login_hint": "eve@contoso.com",
            **fields,
        }
        asked = {name: value for name, value in asked.items() if value is not None}
        return self.client.get(f"/{tenant}/oauth2/v2.0/authorize", query_string=asked)

    def code(self, tenant="default", **fields):
        """A code from the authorize endpoint."""
        return sent_back(self.authorize(tenant, **fields))["code"]

    def redeem(self, code, tenant="default", status=200, **fields):
        """Redeem a code."""
        given = {"code": code, "redirect_uri": URI, **fields}
        return self.token("authorization_code", tenant, status, **given)

    def device(self, tenant="default", scope="openid Reports.Read.All", **fields):
        """Begin the device flow."""
        data = {"client_id": "anyone", "scope": scope, **fields}
        answer = self.client.post(f"/{tenant}/oauth2/v2.0/devicecode", data=data)
        assert answer.status_code == 200, answer.text
        return answer.json

    def approve(self, flow, action="approve", username="eve@contoso.com", **options):
        """Answer for a device on its page."""
        data = {"user_code": flow["user_code"], "action": action, "username": username}
        return self.client.post("/default/oauth2/deviceauth", data=data, **options)

    def count_with(self, token, tenant=None):
        """What the Graph API says to a token."""
        prefix = "" if tenant is None else f"/tenants/{tenant}"
        return self.client.get(
            f"{prefix}/beta/reports/userCredentialUsageDetails/$count",
            headers={"Authorization": f"Bearer {token}"},
        )

    def advance(self, duration):
        self.control("PUT", "/clock", {"advance": duration})


def number_of(error, number):
    """Assert that it is the service's error of that number, in its whole shape."""
    assert error["error_codes"] == ([] if number is None else [number]), error
    lines = error["error_description"].split("\r\n")
    assert number is None or lines[0].startswith(f"AADSTS{number}: ")
    assert lines[1:] == [
        f"Trace ID: {error['trace_id']}",
        f"Correlation ID: {error['correlation_id']}",
        f"Timestamp: {error['timestamp']}",
    ]
    assert error["timestamp"].endswith("Z")
    return error["error"]


def sent_back(answer, status=302):
    """The parameters by which a browser was sent back."""
    assert answer.status_code == status, answer.text
    parts = urlsplit(answer.headers["Location"])
    assert answer.headers["Location"].startswith(URI)
    return dict(parse_qsl(parts.query or parts.fragment, strict_parsing=True))


def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


@pytest.fixture(scope="module")
def directory_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("directory") / "directory.json"
    file.write_text(json.dumps(DIRECTORY))
    return str(file)


@pytest.fixture(scope="module")
def open_app(directory_file):
    app = create_app(Settings(fixture=(directory_file,), auth="strict"))
    yield app
    close_app(app)


@pytest.fixture(scope="module")
def strict_app(directory_file):
    app = create_app(Settings(fixture=(directory_file,), auth="strict", strict_directory=True))
    yield app
    close_app(app)


@pytest.fixture
def entra(open_app):
    """Sign in at a server with a directory that is open to others too."""
    found = SignIn(open_app.test_client())
    found.control("POST", "/reset")
    return found


@pytest.fixture
def strict(strict_app):
    """Sign in at a server that knows those of its directory only."""
    found = SignIn(strict_app.test_client())
    found.control("POST", "/reset")
    return found
