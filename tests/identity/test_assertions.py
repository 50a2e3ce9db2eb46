"""A client that proves itself by a certificate."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fakegraph.tenants.guids import guid_of_name
from tests.identity.certificates import Pair
from tests.identity.conftest import ASSERTION, GRAPH, SignIn, claims_of, number_of

URL = "http://localhost/default/oauth2/v2.0/token"


@pytest.fixture(scope="module")
def ours():
    return Pair()


@pytest.fixture(scope="module")
def other():
    return Pair()


@pytest.fixture(scope="module")
def ca():
    return Pair(name="Contoso CA")


@pytest.fixture(scope="module")
def app_(tmp_path_factory, ours, other, ca):
    from fakegraph.app import close_app, create_app
    from fakegraph.settings import Settings

    apps = [
        {"id": "app", "certificates": [other.pem, ours.pem]},
        {"id": "thumb", "certificates": [ours.thumbprint(hashes.SHA1).hex().upper()]},
        {"id": "curve", "certificates": [Pair(ec.generate_private_key(ec.SECP256R1())).pem]},
        {"id": "secret", "secrets": ["x"]},
        {"id": "issued", "certificateSubjects": [{"subject": "CN=daemon", "issuer": ca.pem}]},
    ]
    file = tmp_path_factory.mktemp("apps") / "directory.json"
    file.write_text(json.dumps({"apps": apps}))
    app = create_app(Settings(fixture=(str(file),)))
    yield app
    close_app(app)


@pytest.fixture
def ask(app_):
    entra = SignIn(app_.test_client())

    def ask(assertion, client="app", status=401, grant="client_credentials", **fields):
        sent = {"client_assertion": assertion, "client_assertion_type": ASSERTION, "scope": GRAPH}
        return entra.token(grant, client_id=client, status=status, **sent | fields)

    return ask


def claims(client="app", **changes):
    now = int(time.time())
    found = {"iss": client, "sub": client, "aud": URL, "nbf": now, "exp": now + 600, "jti": "1"}
    return {name: value for name, value in {**found, **changes}.items() if value is not None}


def signed(pair, alg="PS256", header=None, client="app", **changes):
    header = pair.header() if header is None else header
    return pyjwt.encode(claims(client, **changes), pair.key, alg, headers=header)


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
@pytest.mark.parametrize("kind", [hashes.SHA1, hashes.SHA256])
def test_a_certificate_is_as_good_as_a_secret(ask, ours, alg, kind):
    found = ask(signed(ours, alg, ours.header(kind)), status=200)
    assert claims_of(found["access_token"])["appidacr"] == "2"


@pytest.mark.parametrize("client", ["app", "thumb"])
def test_a_certificate_may_come_along_without_a_name(ask, ours, other, client):
    assert ask(signed(ours, "RS256", {"x5c": ours.x5c}, client), client, 200)
    for pair, chain in ((other, ours.x5c), (ours, ["x"]), (ours, []), (ours, [1])):
        number_of(ask(signed(pair, "RS256", {"x5c": chain}, client), client), 700027)


def test_either_name_of_the_tenant_will_do(ask, ours):
    for path in ("oauth2/token", "v2.0"):
        for tenant in ("default", guid_of_name("default")):
            assert ask(signed(ours, aud=f"http://localhost/{tenant}/{path}"), status=200)
    assert ask(signed(ours, aud="http://localhost/default/v2.0"), status=200)
    generic = signed(ours, aud="http://localhost/organizations/oauth2/v2.0/token")
    user = {"grant": "password", "username": "eve@contoso.com", "password": "x"}
    assert ask(generic, status=200, tenant="organizations", **user)


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def hs256(pair):
    """The confusion of a public key with a shared secret."""
    public = pair.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    text = f"{part({'alg': 'HS256', **pair.header()})}.{part(claims())}"
    return f"{text}.{part(hmac.new(public, text.encode(), hashlib.sha256).digest())}"


BAD = {
    "of another key": (lambda ours, other: signed(other, header=ours.header()), 700027),
    "of a stranger": (lambda ours, other: signed(p := Pair(), header=p.header()), 700027),
    "changed": (lambda ours, other: signed(ours)[:-8] + "AAAAAAAA", 700027),
    "alg none": (lambda ours, other: f"{part({'alg': 'none', **ours.header()})}.{part(claims())}.", 700027),
    "HS256 with the public key": (lambda ours, other: hs256(ours), 700027),
    "RS512": (lambda ours, other: signed(ours, "RS512"), 700027),
    "no thumbprint": (lambda ours, other: signed(ours, header={}), 700027),
    "a thumbprint that is none": (lambda ours, other: signed(ours, header={"x5t": "é"}), 700027),
    "a key of its own": (lambda ours, other: signed(other, header={**ours.header(), "x5c": other.x5c}), 700027),
    "expired": (lambda ours, other: signed(ours, nbf=1, exp=2), 700024),
    "of the future": (lambda ours, other: signed(ours, nbf=2**33, exp=2**34), 700024),
    "without an end": (lambda ours, other: signed(ours, exp=None), 700024),
    "with an odd end": (lambda ours, other: f"{part({'alg': 'RS256'})}.{part(claims(exp='x'))}.AA", 700024),
    "for another server": (lambda ours, other: signed(ours, aud="https://login.microsoftonline.com/default/v2.0"), 700023),
    "for another tenant": (lambda ours, other: signed(ours, aud=URL.replace("default", "t2")), 700023),
    "for many": (lambda ours, other: signed(ours, aud=[URL]), 700023),
    "of another issuer": (lambda ours, other: signed(ours, iss="x"), 700027),
    "of another subject": (lambda ours, other: signed(ours, sub="x"), 700027),
    "no JWT": (lambda ours, other: "x", 700027),
    "not JSON": (lambda ours, other: f"{part(b'x')}.{part(claims())}.AA", 700027),
    "a list": (lambda ours, other: f"{part([])}.{part(claims())}.AA", 700027),
    "deep": (lambda ours, other: f"{part(b'[' * 9000)}.{part(claims())}.AA", 700027),
    "huge": (lambda ours, other: signed(ours, jti="x" * 20_000), 700027),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_assertion_is_refused(ask, ours, other, name):
    make, number = BAD[name]
    assert number_of(ask(make(ours, other)), number) == "invalid_client"


def test_other_clients_get_nowhere_with_it(ask, ours):
    number_of(ask(signed(ours), client="secret"), 700027)
    number_of(ask(signed(ours, client="secret"), client="secret"), 700027)
    number_of(ask(signed(ours, client="curve"), client="curve"), 700027)
    number_of(ask(None, status=401, client_assertion_type=None), 7000218)
    number_of(ask(signed(ours), status=400, client_assertion_type="x"), 90023)


def test_a_thumbprint_needs_the_certificate_sent_along(ask, ours, other):
    header = ours.header(hashes.SHA1)
    assert ask(signed(ours, "RS256", {**header, "x5c": ours.x5c}, "thumb"), "thumb", 200)
    for bad in (
        header,
        {**header, "x5c": other.x5c},
        {**header, "x5c": ["x"]},
        {**header, "x5c": []},
    ):
        number_of(ask(signed(other, "RS256", bad, "thumb"), "thumb"), 700027)


def test_a_certificate_that_is_renewed_is_known_by_its_subject_and_its_issuer(ask, ca, other):
    def sent(pair, status=401):
        header = {"x5c": pair.x5c, **pair.header()}
        return ask(signed(pair, "RS256", header, "issued"), "issued", status)

    for _ in range(2):  # another key each time
        assert sent(Pair(name="daemon", issuer=ca), 200)
    strangers = (
        Pair(name="daemon"),
        Pair(name="other", issuer=ca),
        Pair(name="daemon", issuer=Pair(name="Contoso CA")),
        Pair(name="daemon", issuer=ca, until=2021),
    )
    for pair in strangers:
        number_of(sent(pair), 700027)
    good = Pair(name="daemon", issuer=ca)
    number_of(ask(signed(good, client="issued"), "issued"), 700027)  # it does not come along
    number_of(ask(signed(other, "RS256", {"x5c": good.x5c}, "issued"), "issued"), 700027)


def test_an_unlisted_app_needs_an_assertion_of_the_right_form(ask, other):
    assert ask(signed(other, client="anyone"), "anyone", 200)
    number_of(ask(signed(other, client="anyone", exp=5), "anyone"), 700024)
    number_of(ask(f"{part({'alg': 'none'})}.{part(claims('anyone'))}.", "anyone"), 700027)


def test_its_times_are_the_machines(ask, app_, ours):
    SignIn(app_.test_client()).advance("P30D")
    assert ask(signed(ours), status=200)
