"""The signing key's file: on a full disk, damaged, and somebody else's."""

from __future__ import annotations

import base64
import errno
import os
import random
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from joserfc.jwk import ECKey, RSAKey

from fakegraph.store.files import Files
from fakegraph.tokens import keys
from fakegraph.tokens.keys import FILE, KeyUnusable, SigningKey
from tests.conftest import SET, assert_error
from tests.identity.conftest import GRAPH, SignIn

HOW_OFTEN = int(os.environ.get("DAMAGE", "40"))
FORM = {"client_secret": "x", "scope": GRAPH}


def full(*_: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def asked(make_client, tmp_path):
    return SignIn(make_client(auth="strict", data_dir=tmp_path / "data"))


@pytest.mark.parametrize("call", ["open", "fsync", "link"])
def test_signing_in_on_a_full_disk_is_503_until_there_is_room(asked, monkeypatch, tmp_path, call):
    before = files(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(keys.os, call, full)
        for tenant in ("default", "zN"):
            error = asked.token("client_credentials", tenant, 503, **FORM)
            assert error["error"] == "temporarily_unavailable"
            assert "No space left on device" in error["error_description"]
        answer = asked.client.post("/_fakegraph/tokens")
        assert_error(answer, 503, "serviceNotAvailable", "No token can be signed", "No space left")
        token = SigningKey(None)
        forged = {"Authorization": f"Bearer {make(token)}"}
        assert_error(asked.client.get(SET, headers=forged), 503, "serviceNotAvailable", "No space")
    assert files(tmp_path) == before
    assert asked.token("client_credentials", **FORM)["token_type"] == "Bearer"


def files(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def make(key):
    from fakegraph.tenants.clock import system_clock
    from fakegraph.tokens.claims import forge
    from fakegraph.tokens.grantable import Grantable

    return forge({"roles": []}, "default", system_clock(), key, Grantable((), list, frozenset))


def test_a_tenant_that_cannot_be_kept_is_503_to_who_signs_in(asked, monkeypatch):
    asked.token("client_credentials", **FORM)  # the key is there
    with monkeypatch.context() as patched:
        patched.setattr(Files, "write", full)
        error = asked.token("client_credentials", "zN", 503, **FORM)
        assert error["error"] == "temporarily_unavailable"
        assert "No space left on device" in error["error_description"]
        assert asked.client.get("/zN/v2.0/.well-known/openid-configuration").status_code == 200
        assert asked.token("client_credentials", **FORM)
    assert asked.token("client_credentials", "zN", **FORM)
    assert {each["id"] for each in asked.control("GET", "/tenants")["value"]} == {"default", "zN"}


def _damages(pem: bytes) -> list[bytes]:
    """Cut, with one bit the other way, and zeros."""
    chance = random.Random(1)
    found = [bytes(len(pem)), *(pem[:size] for size in (0, 1, 30, len(pem) // 2, len(pem) - 3))]
    for bit in chance.sample(range(len(pem) * 8), HOW_OFTEN):
        changed = bytearray(pem)
        changed[bit // 8] ^= 1 << bit % 8
        found.append(bytes(changed))
    return found


def test_a_damaged_key_is_refused_and_left_alone(tmp_path):
    """Or it is the same key all the same, where the damage is to a line break."""
    SigningKey(tmp_path).jwks()
    file = tmp_path / FILE
    pem = file.read_bytes()
    refused = 0
    for data in _damages(pem):
        file.write_bytes(data)
        try:
            assert SigningKey(tmp_path).key.as_pem(private=True) == pem
        except KeyUnusable as error:
            refused += 1
            assert str(error).startswith(f"{file}: it is no RSA key in PEM, or it is damaged")  # noqa: PT017
        assert file.read_bytes() == data
    assert refused > HOW_OFTEN * 0.9
    file.write_bytes(pem)
    assert SigningKey(tmp_path).key.as_pem(private=True) == pem


OTHERS = {
    "of another kind": lambda: ECKey.generate_key("P-256").as_pem(private=True),
    "without its private half": lambda: RSAKey.generate_key(2048).as_pem(private=False),
    "that is none": lambda: b"a shopping list",
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_key_that_will_not_do_is_said_wherever_it_is_needed(asked, tmp_path, other):
    file = tmp_path / "data" / FILE
    file.parent.mkdir()
    file.write_bytes(OTHERS[other]())

    error = asked.token("client_credentials", status=503, **FORM)
    assert str(file) in error["error_description"]
    assert asked.client.get("/default/discovery/v2.0/keys").status_code == 503
    assert_error(asked.client.post("/_fakegraph/tokens"), 503, "serviceNotAvailable", str(file))
    line = [sys.executable, "-m", "fakegraph", "token", "--data-dir", str(tmp_path / "data")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {file}: it is no RSA key in PEM")
    assert done.stderr.count("\n") == 1

    file.unlink()
    assert asked.token("client_credentials", **FORM)


def test_the_key_has_a_certificate_that_is_always_the_same(tmp_path):
    """By which django-auth-adfs, for one, checks tokens."""
    (tmp_path / "identity").mkdir()
    first, second = SigningKey(tmp_path).jwks(), SigningKey(tmp_path).jwks()
    assert first == second
    (key,) = first["keys"]
    made = x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0]))
    assert made.public_key().public_numbers().n == int.from_bytes(decoded(key["n"]))
    assert decoded(key["x5t"]) == made.fingerprint(hashes.SHA1())
    assert made.not_valid_before_utc < datetime.now(UTC) < made.not_valid_after_utc


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
