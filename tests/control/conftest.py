"""A way to ask the control API, and one to ask the Graph API, of the same app."""

from __future__ import annotations

import pytest

ROOT = "/_fakegraph"
EVENTS = "reports/userCredentialUsageDetails"


class Asked:
    """A client with short names for what these tests do most."""

    def __init__(self, client):
        self.client = client

    def control(self, method, path, json=None, status=None, **options):
        """Ask the control API, expecting a success or this status; its JSON."""
        answer = self.client.open(ROOT + path, method=method, json=json, **options)
        if status is None:
            assert answer.status_code < 300, answer.text
        else:
            assert answer.status_code == status, answer.text
        return answer.json if answer.data else None

    def tenant(self, **wanted):
        """A new tenant's id."""
        return self.control("POST", "/tenants", wanted)["id"]

    def graph(self, method="GET", path="", tenant=None, **options):
        """Ask the Graph API for the events, or something below them."""
        prefix = "" if tenant is None else f"/tenants/{tenant}"
        return self.client.open(f"{prefix}/beta/{EVENTS}{path}", method=method, **options)

    def count(self, tenant=None):
        answer = self.graph(path="/$count", tenant=tenant)
        assert answer.status_code == 200, answer.text
        return int(answer.text)


@pytest.fixture
def asked(make_client, tmp_path):
    """An empty default tenant; nobody has to sign in. Fixtures may come from ``tmp_path``."""
    return Asked(make_client(fixtures_from=(str(tmp_path),)))
