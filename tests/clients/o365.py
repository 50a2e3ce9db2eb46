"""Accounts of python-o365, which reaches Graph's own hosts by a fakegraph that is a proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from O365 import Account
from O365.utils.token import MemoryTokenBackend

from tests.clients.conftest import people, serving


@contextmanager
def proxy_of(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The URL of a fakegraph with these people, and the certificate of its CA."""
    (folder / "people").mkdir()
    (folder / "people" / "users.json").write_text(json.dumps(people(*names)))
    options = ("--proxy", "--data-dir", folder / "data", "--fixture", folder / "people")
    with serving(folder, *options) as url:
        yield url, json.loads((folder / "ready.json").read_text())["ca"]


def go_through(proxy: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all that this process asks go through the proxy, and trust its CA."""
    url, ca = proxy
    monkeypatch.setenv("HTTPS_PROXY", url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca)
    monkeypatch.setenv("NO_PROXY", "")


def account_of(name: str, scope: str, **options: Any) -> Account:
    """The account of somebody who has signed in with a password."""
    account = Account(
        "any-client",
        auth_flow_type="password",
        username=f"{name}@contoso.com",
        password="xWwvJ]6NMw+bWH-d",
        tenant_id="contoso.com",
        token_backend=MemoryTokenBackend(),
        requests_delay=0,
        **options,
    )
    assert account.authenticate(scopes=[f"https://graph.microsoft.com/{scope}"])
    return account
