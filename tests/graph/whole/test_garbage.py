"""What a request leaves is gone with it: nothing waits for a search for cycles.

Those searches are what makes some answers late.
"""

from __future__ import annotations

import gc
import io
import json
import subprocess
import sys
from urllib.parse import unquote

import pytest

from tests.graph.whole.conftest import seed, user

ID = "11111111-2222-4333-8444-555555555555"
MAIL = f"users/{ID}/messages"
SEEDS = {
    "users": [{"id": ID, **user()}, {"id": "u2", **user(userPrincipalName="bo@contoso.com")}],
    "groups": [{"id": "g1", "displayName": "G", "members": [{"id": "u2"}]}],
    MAIL: [{"id": f"m{number}", "subject": "Plans"} for number in range(3)],
    "me/drive/items": [{"id": "i1", "name": "a.txt"}],
}
REQUESTS = [
    ("GET", f"users/{ID}", None, "200"),
    ("GET", "users/bo@contoso.com", None, "200"),
    ("GET", "users?$filter=displayName eq 'Ada Lovelace'&$top=1", None, "200"),
    ("GET", f"{MAIL}/m1", None, "200"),
    ("GET", f"{MAIL}?$top=1&$select=subject", None, "200"),
    ("GET", f"{MAIL}/$count", None, "200"),
    ("GET", f"{MAIL}/m1/subject", None, "200"),
    ("GET", "me/messages", None, "200"),
    ("GET", "me/mailFolders/inbox/messages", None, "200"),
    ("GET", "groups/g1/members", None, "200"),
    ("GET", "groups/g1/members/$ref", None, "200"),
    ("GET", "me/drive/root/children", None, "200"),
    ("GET", "me/drive/items/i1", None, "200"),
    ("POST", "users", user(userPrincipalName="cy{n}@contoso.com"), "201"),
    ("POST", MAIL, {"subject": "More"}, "201"),
    ("POST", "groups/g1/members/$ref", {"@odata.id": "https://x.test/v1.0/users/u2"}, "400"),
    ("GET", "users/nobody", None, "404"),
    ("GET", "nothing", None, "400"),
    ("GET", "users?$filter=nothing eq 1", None, "400"),
    ("PATCH", f"{MAIL}/m1", {"subject": "Others{n}"}, "200"),
    ("PATCH", f"users/{ID}", {"city": "Oslo{n}"}, "204"),
]


class Asker:
    """Sends requests straight to the app: what Flask's test client leaves is not ours."""

    def __init__(self, client):
        self._app = client.application
        self._number = 0

    def __call__(self, method, path, body):
        self._number += 1
        target, _, query = f"/v1.0/{path}".partition("?")
        sent = b"" if body is None else json.dumps(body).replace("{n}", str(self._number)).encode()
        told = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote(target),
            "QUERY_STRING": query,
            "RAW_URI": target,
            "SERVER_NAME": "test",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(sent),
            "CONTENT_LENGTH": str(len(sent)),
            "CONTENT_TYPE": "application/json",
        }
        b"".join(self._app(environ, lambda status, headers, error=None: told.append(status)))
        return told[0]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"), REQUESTS, ids=[f"{m} {p}" for m, p, _, _ in REQUESTS]
)
def test_a_request_leaves_no_cycles(client, method, path, body, status):
    seed(client, SEEDS)
    ask = Asker(client)
    for _ in range(2):  # what is loaded, and kept, by the first one
        found = ask(method, path, body)
        assert found[:3] == status, found
    gc.disable()
    gc.freeze()  # only what the request makes is looked through
    try:
        ask(method, path, body)
        left = gc.collect()
    finally:
        gc.unfreeze()
        gc.enable()

    assert left == 0


PROCESS = """
import gc, os, signal
from fakegraph.process import run
from fakegraph.settings import Settings

def told(serving):
    print(gc.isenabled(), gc.get_threshold()[0] >= 10_000, gc.get_freeze_count() > 10_000, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)

run(Settings(port=0, fixture=[]), told)
"""


def test_a_process_that_serves_looks_for_cycles_seldom_and_not_in_what_was_loaded():
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "True True True", done.stderr
