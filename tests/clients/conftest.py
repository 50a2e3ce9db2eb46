"""A fakegraph served as a user would serve it, for real clients to call."""

from __future__ import annotations

import gc
import json
import signal
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager

import pytest
import trustme


def pytest_configure(config):
    # The Python SDK has no way to close its connections; the collector does, and warns.
    config.addinivalue_line("filterwarnings", "ignore:unclosed:ResourceWarning")
    config.addinivalue_line("filterwarnings", "ignore::pytest.PytestUnraisableExceptionWarning")


def pytest_sessionfinish():
    """Collect what the SDK left open while its warnings are known, not as pytest goes home."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@contextmanager
def serving(folder, *options):
    """Run ``fakegraph serve`` and give its base URL; it must stop cleanly on SIGTERM."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--ready-file", ready]
    with subprocess.Popen([*command, *options], cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            while not ready.exists():
                assert process.poll() is None, "fakegraph serve ended before it answered"
                time.sleep(0.05)
            yield json.loads(ready.read_text())["url"]
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
        finally:
            process.kill()


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The base URL of a served fakegraph with the built-in fixture, in its default mode."""
    with serving(tmp_path_factory.mktemp("served")) as url:
        yield url


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    """A certificate authority for this run: the file with its certificate, and the options."""
    folder = tmp_path_factory.mktemp("ca")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    for number, pem in enumerate(issued.cert_chain_pems):
        pem.write_to_path(folder / "cert.pem", append=number > 0)
    return folder / "ca.pem", ("--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem")


@pytest.fixture(scope="session")
def served_tls(tmp_path_factory, ca):
    """The same over TLS, for clients that trust nothing else with a token."""
    with serving(tmp_path_factory.mktemp("served"), *ca[1]) as url:
        assert url.startswith("https://")
        yield url


def people(*names):
    """Users of these names, as a fixture has them."""
    return [
        {
            "displayName": name.title(),
            "userPrincipalName": f"{name}@contoso.com",
            "mail": f"{name}@contoso.com",
        }
        for name in names
    ]
