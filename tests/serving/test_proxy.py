"""The forward proxy: Graph's and Entra ID's host names lead here, and others nowhere."""

from __future__ import annotations

import base64
import logging
import socket
import ssl
import stat
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fakegraph import FakeGraph
from fakegraph.clouds import HOSTS, is_below, service_of
from fakegraph.settings import Settings, SettingsError
from fakegraph.tokens.ca import TlsFiles, tls_files
from fakegraph.tokens.chain import Signer, make_chain
from fakegraph.web import limits
from fakegraph.web.proxy import Proxy, proxy_of
from fakegraph.web.tunnel import is_forbidden
from tests.serving.test_tls import CERT, KEY
from tests.serving.wire import HOST, PATIENCE, Wire, echo, reply, serving

GRAPH = "graph.microsoft.com"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return tls_files(Settings(proxy=True, data_dir=tmp_path_factory.mktemp("proxy")))


def proxy(files: TlsFiles, **settings: Any) -> Proxy:
    found = proxy_of(Settings(proxy=True, **settings), files)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def url(files: TlsFiles) -> Iterator[str]:
    with serving(echo, proxy=proxy(files)) as url:
        yield url


class Led(Wire):
    """A connection through the proxy, in TLS as a client of that host speaks it."""

    def __init__(
        self, url: str, ca: Path | None, name: str = GRAPH, head: bytes = b"", verify: str = ""
    ) -> None:
        super().__init__(url)
        self.host = name.encode()
        self.send(b"CONNECT %s:443 HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (self.host, self.host, head))
        raw = b""
        while not raw.endswith(b"\r\n\r\n"):
            raw += self.sock.recv(1)
        assert raw.startswith(b"HTTP/1.1 200 "), raw
        context = ssl.create_default_context(cafile=ca)
        context.set_alpn_protocols(["h2", "http/1.1"])
        self._file.close()
        self.sock = self.tls = context.wrap_socket(self.sock, server_hostname=verify or name)
        self._file = self.sock.makefile("rb")

    def get(self, path: str) -> Any:
        head = b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n"
        return self.send(head % (path.encode(), self.host)).answer()


def gone(wire: Wire) -> bool:
    """Wait for what comes next: is it the end, whichever way?"""
    try:
        return wire.at_end()
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("name", [*HOSTS, "westus2.login.microsoft.com"])
def test_each_host_is_stood_in_for(url: str, files: TlsFiles, name: str) -> None:
    with Led(url, files.ca, name) as wire:
        assert wire.tls.selected_alpn_protocol() == "http/1.1"
        for path in ("/v1.0/users/a%2Fb", "/2"):
            seen = wire.get(path).json
            assert (seen["RAW_URI"], seen["HTTP_HOST"]) == (path, name)
            assert (seen["wsgi.url_scheme"], seen["SERVER_NAME"]) == ("https", name)


def test_links_name_the_host_that_was_asked(files: TlsFiles) -> None:
    with FakeGraph(proxy=True, data_dir=files.chain.parent.parent) as graph:
        assert graph.ca == files.ca
        with Led(graph.server.url, graph.ca) as wire:
            head = b"GET /v1.0/users?$top=1 HTTP/1.1\r\nHost: graph.microsoft.com\r\n"
            head += b"Authorization: Bearer x\r\n\r\n"
            page = wire.send(head).answer().json
            assert page["@odata.nextLink"].startswith("https://graph.microsoft.com/v1.0/users?")
        with Led(graph.server.url, graph.ca, "login.microsoftonline.us") as wire:
            told = wire.get("/common/v2.0/.well-known/openid-configuration").json
        assert told["token_endpoint"].startswith("https://login.microsoftonline.us/common/oauth2/")


def test_the_control_api_does_not_answer_as_another_host(files: TlsFiles) -> None:
    with FakeGraph(proxy=True, control_key="key", data_dir=files.chain.parent.parent) as graph:
        key = b"X-Fakegraph-Key: key\r\n\r\n"
        for path in (b"health", b"requests", b"ca.pem", b"ui"):
            head = b"GET /_fakegraph/%s HTTP/1.1\r\nHost: graph.microsoft.com\r\n" % path
            with Led(graph.server.url, graph.ca) as wire:
                assert wire.send(head + key).answer().status == 403
            with Wire(graph.server.url) as plain:
                assert plain.send(head + key).answer().status == 403
            absolute = b"GET http://graph.microsoft.com/_fakegraph/%s HTTP/1.1\r\n" % path
            with Wire(graph.server.url) as plain:
                assert plain.send(absolute + HOST + key).answer().status == 403


OF_ANOTHER = [
    *("GRAPH.MICROSOFT.COM", "graph.microsoft.com.", "graph.microsoft.com:443"),
    *("login.microsoftonline.us", "westus2.login.microsoft.com", "management.azure.com"),
]


def test_nor_by_any_other_spelling(files: TlsFiles) -> None:
    with FakeGraph(proxy=True, control_key="key", data_dir=files.chain.parent.parent) as graph:
        key = b"X-Fakegraph-Key: key\r\n\r\n"
        for name in OF_ANOTHER:
            head = b"GET /_fakegraph/health HTTP/1.1\r\nHost: %s\r\n" % name.encode()
            with Wire(graph.server.url) as plain:
                assert plain.send(head + key).answer().status == 403, name
        for path in (b"//_fakegraph/health", b"/%5ffakegraph/health", b"/_FAKEGRAPH/health"):
            head = b"GET %s HTTP/1.1\r\nHost: graph.microsoft.com\r\n" % path
            with Led(graph.server.url, graph.ca) as wire:
                answer = wire.send(head + key).answer()
                assert (answer.status >= 400, b"version" in answer.body) == (True, False), path


def test_what_came_with_connect_is_not_lost(url: str, files: TlsFiles) -> None:
    """Clients may send their hello before they are told to go on."""
    context = ssl.create_default_context(cafile=files.ca)
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(into, out, server_hostname=GRAPH)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    with Wire(url) as wire:
        first = b"GET /first HTTP/1.1\r\n" + HOST + b"\r\n"
        wire.send(first + b"CONNECT graph.microsoft.com:443 HTTP/1.0\r\n\r\n" + out.read())
        assert wire.answer().json["PATH_INFO"] == "/first"
        assert wire.answer().status == 200
        while True:
            into.write(_more(wire))
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                continue
        tls.write(b"GET /second HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n")
        wire.send(out.read())
        seen = b""
        while b"/second" not in seen:
            into.write(_more(wire))
            with ExitStack() as stack:
                stack.enter_context(_wanting())
                seen += tls.read(100_000)


def _more(wire: Wire) -> bytes:
    data = wire._file.read1(100_000)  # the first of it may have come with the answer before
    assert data, "the connection ended"
    return data


@contextmanager
def _wanting() -> Iterator[None]:
    try:
        yield
    except ssl.SSLWantReadError:
        return


def test_large_bodies_pass_both_ways(files: TlsFiles) -> None:
    big = bytes(range(256)) * 8_000

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return reply(start_response, environ["wsgi.input"].read())

    with serving(app, proxy=proxy(files)) as url, Led(url, files.ca) as wire:
        head = b"POST / HTTP/1.1\r\nHost: graph.microsoft.com\r\nContent-Length: %d\r\n\r\n"
        assert wire.send(head % len(big) + big).answer().body == big


def test_it_may_be_asked_in_tls_itself(files: TlsFiles) -> None:
    with serving(echo, proxy=proxy(files), cert=CERT, key=KEY) as url:
        parts = urlsplit(url)
        outer = ssl.create_default_context(cafile=str(CERT))
        inner = ssl.create_default_context(cafile=files.ca)
        raw = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        with outer.wrap_socket(raw, server_hostname="127.0.0.1") as secure:
            secure.sendall(b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\n\r\n")
            assert secure.recv(100).startswith(b"HTTP/1.1 200 ")
            into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = inner.wrap_bio(into, out, server_hostname=GRAPH)
            seen, asked = b"", False
            while b"/inner" not in seen:
                try:
                    if not asked:
                        tls.do_handshake()
                        tls.write(b"GET /inner HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n")
                        asked = True
                    seen += tls.read(10_000)
                except ssl.SSLWantReadError:
                    secure.sendall(out.read())
                    into.write(secure.recv(10_000))


# Ways to write this machine's address that a resolver takes.
LOOPBACKS = (
    *(
        "2130706433",
        "0177.0.0.1",
        "0x7f000001",
        "127.1",
        "127.0.0.1.",
        "LOCALHOST.",
        "[::FFFF:7f00:1]",
    ),
    "[0:0:0:0:0:0:0:1]",
)
# Who is asked for, how it is refused, and a word of why.
FOREIGN = [
    ("example.com:443", 403, "--proxy-others tunnel"),
    ("127.0.0.1:%d", 403, "--proxy-others tunnel"),
    ("localhost:%d", 403, "--proxy-others tunnel"),
    ("[::1]:%d", 403, "--proxy-others tunnel"),
    ("[::ffff:127.0.0.1]:%d", 403, "--proxy-others tunnel"),
    *((f"{name}:%d", 403, "--proxy-others tunnel") for name in LOOPBACKS),
    ("EXAMPLE.COM.:443", 403, "example.com is no host"),
    ("graph.microsoft.com..:443", 400, "a host and a port"),
    ("graph%2emicrosoft.com:443", 400, "a host and a port"),
    ("graph.microsoft.com.example.com:443", 403, "--proxy-others tunnel"),
    ("xgraph.microsoft.com:443", 403, "--proxy-others tunnel"),
    ("graph.microsoft.com:%d", 403, "on port 443 alone"),
    ("canary.graph.microsoft.com:443", 403, "not to be reached"),
    ("graph.windows.net:443", 403, "Azure AD Graph"),
    ("main.iam.ad.ext.azure.com:443", 403, "oauth2PermissionGrants"),
    ("graph.microsoft.com", 400, "a host and a port"),
    ("graph.microsoft.com@127.0.0.1:%d", 400, "a host and a port"),
    ("127.0.0.1:0", 400, "a host and a port"),
    ("[::1:443", 400, "a host and a port"),
    ("/v1.0/users", 400, ""),
]


@pytest.fixture
def silent() -> Iterator[tuple[int, list[Any]]]:
    """A port of this machine, in both families, and who came there."""
    came: list[Any] = []
    listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)

    def accept() -> None:
        while True:
            try:
                came.append(listener.accept())
            except OSError:
                return

    thread = threading.Thread(target=accept)
    thread.start()
    yield listener.getsockname()[1], came
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    for sock, _ in came:
        sock.close()


@pytest.mark.parametrize(("target", "status", "says"), FOREIGN)
def test_other_hosts_are_refused_and_not_reached(
    url: str, silent: tuple[int, list[Any]], target: str, status: int, says: str
) -> None:
    port, came = silent
    target = target % port if "%" in target else target
    with Wire(url) as wire:
        answer = wire.send(b"CONNECT %s HTTP/1.1\r\n\r\n" % target.encode()).answer()
        assert (answer.status, says in answer.body.decode()) == (status, True)
        assert wire.at_end()
    if ":" in target and status == 403:
        with Wire(url) as wire:
            asked = b"GET http://%s/v1.0/users HTTP/1.1\r\n" % target.encode()
            assert wire.send(asked + HOST + b"\r\n").answer().status == 403
    assert came == []


def test_each_is_told_of_in_one_line(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "fakegraph"):
        for _ in range(3):
            with Wire(url) as wire:
                wire.send(b"CONNECT pypi.example:443 HTTP/1.1\r\n\r\n").answer()
    [line] = caplog.messages
    assert "pypi.example:443" in line
    assert "--proxy-others tunnel" in line


@pytest.mark.parametrize(
    ("target", "scheme", "host"),
    [
        ("http://graph.microsoft.com/v1.0/users?$top=1", "http", "graph.microsoft.com"),
        ("https://GRAPH.microsoft.com/v1.0/users?$top=1", "https", "GRAPH.microsoft.com"),
        ("http://graph.microsoft.com:80/v1.0/users?$top=1", "http", "graph.microsoft.com:80"),
        ("http://127.0.0.1:{port}/v1.0/users?$top=1", "http", "127.0.0.1:{port}"),
    ],
)
def test_urls_may_be_the_target(url: str, target: str, scheme: str, host: str) -> None:
    port = urlsplit(url).port
    with Wire(url) as wire:
        head = b"GET %s HTTP/1.1\r\n" % target.format(port=port).encode()
        seen = wire.send(head + HOST + b"Proxy-Authorization: Basic eDp5\r\n\r\n").answer().json
    assert (seen["wsgi.url_scheme"], seen["HTTP_HOST"]) == (scheme, host.format(port=port))
    assert (seen["PATH_INFO"], seen["QUERY_STRING"]) == ("/v1.0/users", "$top=1")


@pytest.mark.parametrize(
    ("sent", "home"),
    [("Basic dGVzdC0xOng=", "test-1"), ("basic dGVzdC0xOg==", "test-1"), ("Basic Ong=", None), ("", None)],
)  # fmt: skip
def test_the_user_is_the_tenant_that_is_meant(
    url: str, files: TlsFiles, sent: str, home: str | None
) -> None:
    head = f"Proxy-Authorization: {sent}\r\n".encode() if sent else b""
    with Led(url, files.ca, head=head) as wire:
        assert wire.get("/").json.get("fakegraph.home") == home
    with Wire(url) as wire:
        wire.send(b"GET http://graph.microsoft.com/ HTTP/1.1\r\n" + HOST + head + b"\r\n")
        assert wire.answer().json.get("fakegraph.home") == home


@pytest.mark.parametrize(
    "sent", [b"Bearer eDp5", b"Basic", b"Basic e", b"Basic /w==", b"Basic \xff"]
)
def test_credentials_that_cannot_be_read_are_refused(url: str, sent: bytes) -> None:
    head = b"Proxy-Authorization: %s\r\n\r\n" % sent
    for target in (b"CONNECT graph.microsoft.com:443", b"GET https://graph.microsoft.com/"):
        with Wire(url) as wire:
            wire.send(target + b" HTTP/1.1\r\n" + HOST + head)
            assert wire.answer().status == 407


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: login.microsoftonline.com\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: graph.microsoft.com:8365\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 421),
        (b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n", 421),
        (b"GET https://localhost/ HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n", 421),
        (b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: Graph.Microsoft.com:443\r\n\r\n", 200),
        (b"GET https://graph.microsoft.com/ HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n", 200),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
    ],
)
def test_a_tunnel_leads_to_its_host_alone(
    url: str, files: TlsFiles, lines: bytes, status: int
) -> None:
    with Led(url, files.ca) as wire:
        assert wire.send(lines).answer().status == status


def test_certificates_are_for_their_host(url: str, files: TlsFiles) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        Led(url, files.ca, verify="login.microsoftonline.com")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self.signed|unable to get"):
        Led(url, None)


def test_what_the_chain_signs_for_others_is_not_believed(files: TlsFiles, tmp_path: Path) -> None:
    assert files.chain is not None
    signer = Signer(files.chain)
    for name, trusted in ((GRAPH, True), ("localhost", True), ("www.example.com", False)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (tmp_path / "both.pem").write_bytes(b"".join(signer.certificate((name,))))
        context.load_cert_chain(tmp_path / "both.pem")
        assert _believed(context, files.ca, name) == trusted


def _believed(server: ssl.SSLContext, ca: Path | None, name: str) -> bool:
    """Whether a client that trusts the authority takes that server for the host."""
    client = ssl.create_default_context(cafile=ca)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    asked = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (asking, asked, asking):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return "permitted subtree violation" not in str(error)
    return True


def test_a_chain_keeps_no_key_of_its_root_and_others_to_their_owner(files: TlsFiles) -> None:
    assert files.chain is not None
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files.chain.iterdir()}
    assert kept == {"ca.pem": 0o644, "intermediate.pem": 0o644, "intermediate-key.pem": 0o600}
    made = make_chain(["a.example"])
    assert sum(b"PRIVATE KEY" in data for data in made.values()) == 1


def test_other_names_have_another_chain(tmp_path: Path) -> None:
    def chain(**settings: Any) -> Path | None:
        return tls_files(Settings(proxy=True, data_dir=tmp_path, **settings)).chain

    assert chain() == chain()
    assert chain() != chain(tls_name=("graph.test",))
    both = tls_files(Settings(proxy=True, tls=True, data_dir=tmp_path))
    assert both.ca == tls_files(Settings(proxy=True, data_dir=tmp_path)).ca
    assert both.cert is not None
    assert both.cert.parent == both.chain


def test_few_certificates_are_kept(files: TlsFiles) -> None:
    found = proxy(files)
    first = found.context(GRAPH)
    for number in range(70):
        found.context(f"r{number}.login.microsoft.com")
        assert found.context(GRAPH) is first
    assert len(found._contexts) == 64


def test_many_tunnels_and_bad_ones_hold_up_nobody(url: str, files: TlsFiles) -> None:
    with ExitStack() as stack:
        tunnels = [stack.enter_context(Led(url, files.ca)) for _ in range(200)]
        for _ in range(20):
            stack.enter_context(Wire(url)).send(b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\n\r\n")
            half = b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x02\x00\x01"
            stack.enter_context(Wire(url)).send(half)
        with Wire(url) as garbage:
            garbage.send(b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\n\r\n").answer()
            assert garbage.send(b"\x16\x03\x01\x00\x05hello").sock.recv(100)[:1] in {b"", b"\x15"}
        with Wire(url) as plain:
            plain.send(b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\n\r\n").answer()
            assert b"speaks https" in plain.get("/").body
        for tunnel in tunnels:
            assert tunnel.get("/").status == 200


@pytest.mark.parametrize("after", [b"", b"\x16\x03\x01"])
def test_a_tunnel_that_says_nothing_is_given_up(
    files: TlsFiles, monkeypatch: pytest.MonkeyPatch, after: bytes
) -> None:
    monkeypatch.setattr(limits, "REQUEST_TIMEOUT", 0.1)
    monkeypatch.setattr(limits, "SWEEP", 0.02)
    with serving(echo, proxy=proxy(files)) as url, Wire(url) as wire:
        wire.send(b"CONNECT graph.microsoft.com:443 HTTP/1.1\r\n\r\n").answer()
        wire.send(after)
        assert gone(wire)


@pytest.mark.parametrize(
    ("name", "service", "below"),
    [
        ("graph.microsoft.com", "Microsoft Graph", True),
        ("login.microsoftonline.us", "Microsoft Entra ID", True),
        ("eastus.login.microsoft.com", "Microsoft Entra ID", True),
        ("a.b.login.microsoft.com", None, True),
        (".login.microsoft.com", None, True),
        ("canary.graph.microsoft.com", None, True),
        ("microsoft.com", None, False),
        ("agraph.microsoft.com", None, False),
    ],
)
def test_whose_host_it_is(name: str, service: str | None, below: bool) -> None:
    assert (service_of(name), is_below(name)) == (service, below)


# Tunnels to others.


@pytest.fixture
def far() -> Iterator[int]:
    """A port where whatever is said comes back, after a word of its own, until its end."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(sock: socket.socket) -> None:
        with sock:
            sock.sendall(b"hello ")
            while data := sock.recv(65536):
                sock.sendall(data)

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(sock,)).start()

    thread = threading.Thread(target=accept)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_others_are_tunnelled_to_where_that_is_wanted(files: TlsFiles, far: int) -> None:
    big = bytes(range(256)) * 20_000
    with serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url, Wire(url) as wire:
        wire.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\nearly" % far)
        assert wire.answer().status == 200
        assert wire._file.read(11) == b"hello early"
        sender = threading.Thread(target=wire.send, args=(big,))
        sender.start()
        assert wire._file.read(len(big)) == big
        sender.join()
        wire.sock.shutdown(socket.SHUT_WR)
        assert wire.at_end()


def hello(name: str | None) -> bytes:
    """What a client says first in TLS, to a host or to an address."""
    context = ssl.create_default_context()
    context.check_hostname = False
    said = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), said, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        return said.read()
    raise AssertionError


def in_records(said: bytes, size: int) -> bytes:
    """A handshake message in records of so many bytes."""
    parts = [said[5:][at : at + size] for at in range(0, len(said) - 5, size)]
    return b"".join(b"\x16\x03\x01" + len(each).to_bytes(2, "big") + each for each in parts)


THEIRS = {
    "TLS": hello(GRAPH),
    "TLS, another": hello("login.microsoftonline.com"),
    "TLS, below": hello("canary.graph.microsoft.com"),
    "TLS, in capitals": hello("GRAPH.Microsoft.COM"),
    "TLS, retired": hello("graph.windows.net"),
    "TLS, in records": in_records(hello(GRAPH), 50),
    "TLS, in records of one byte": in_records(hello(GRAPH), 1),
    "HTTP": b"GET / HTTP/1.1\r\nAccept: x\r\nhOsT:  Graph.Microsoft.com:443\r\n\r\n",
    "HTTP, absolute": b"GET http://graph.microsoft.com/v1.0/me HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP, two hosts": b"GET / HTTP/1.1\nHost: a\nHost: graph.microsoft.com\n\n",
}
OTHERS = {
    "TLS": hello("example.com"),
    "TLS to an address": hello(None),
    "TLS, broken": b"\x16\x03\x01\x00\x05hello",
    "HTTP": b"GET / HTTP/1.1\r\nHost: example.com\r\nX: graph.microsoft.com\r\n\r\n",
    "mail": b"EHLO graph.microsoft.com\r\n",
    "ssh": b"SSH-2.0-x\r\n",
    "bytes": b"\x00\x01\x02",
}


@pytest.mark.parametrize("step", [100_000, 7])
@pytest.mark.parametrize("said", THEIRS.values(), ids=THEIRS)
def test_no_address_leads_to_a_host_that_is_stood_in_for(
    files: TlsFiles, silent: tuple[int, list[Any]], said: bytes, step: int
) -> None:
    port, came = silent
    with serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url, Wire(url) as wire:
        wire.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % port)
        assert wire.answer().status == 200
        with suppress(OSError):
            for at in range(0, len(said), step):
                wire.send(said[at : at + step])
        assert gone(wire)
    for sock, _ in came:
        with sock, suppress(ConnectionResetError):
            sock.settimeout(PATIENCE)
            assert sock.recv(100) == b""


@pytest.mark.parametrize("step", [100_000, 7])
@pytest.mark.parametrize("said", OTHERS.values(), ids=OTHERS)
def test_what_is_said_to_others_comes_there_whole(
    files: TlsFiles, far: int, said: bytes, step: int
) -> None:
    with serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url, Wire(url) as wire:
        wire.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % far)
        assert wire.answer().status == 200
        for at in range(0, len(said), step):
            wire.send(said[at : at + step])
        assert wire._file.read(6 + len(said)) == b"hello " + said


def test_too_little_to_name_a_host_comes_there_at_the_end(files: TlsFiles, far: int) -> None:
    with serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url, Wire(url) as wire:
        wire.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\nQUIT" % far)
        assert wire.answer().status == 200
        wire.sock.shutdown(socket.SHUT_WR)
        assert wire._file.read() == b"hello QUIT"


def test_what_names_no_host_for_long_is_given_up(
    files: TlsFiles, silent: tuple[int, list[Any]]
) -> None:
    with serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url, Wire(url) as wire:
        wire.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % silent[0])
        assert wire.answer().status == 200
        with suppress(OSError):
            wire.send(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000)
        assert gone(wire)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"graph.microsoft.com:80", 403),
        (b"canary.graph.microsoft.com:443", 403),
        (b"main.iam.ad.ext.azure.com:443", 403),
        (b"169.254.169.254:80", 403),
        (b"[::ffff:169.254.169.254]:80", 403),
        (b"[::ffff:a9fe:a9fe]:80", 403),
        (b"[64:ff9b::a9fe:a9fe]:80", 403),
        (b"[fe80::1]:80", 403),
        (b"2852039166:80", 403),
        (b"0xa9fea9fe:80", 403),
        (b"0251.0376.0251.0376:80", 403),
        (b"169.254.43518:80", 403),
        (b"0.0.0.0:%d", 403),
        (b"no-such-host.invalid:443", 502),
        (b"127.0.0.1:1", 502),
    ],
)
def test_some_are_never_tunnelled_to(
    files: TlsFiles, silent: tuple[int, list[Any]], target: bytes, status: int
) -> None:
    port, came = silent
    target = target % port if b"%" in target else target
    with serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url, Wire(url) as wire:
        assert wire.send(b"CONNECT %s HTTP/1.1\r\n\r\n" % target).answer().status == status
        assert wire.at_end()
    assert came == []


LOOKED_UP = "inside.example"


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What a name is looked up as, one time after the other; the last goes on."""
    answers: list[list[str]] = []
    asked = socket.getaddrinfo

    def answer(host: str, port: int, *rest: Any, **named: Any) -> Any:
        if host != LOOKED_UP:
            return asked(host, port, *rest, **named)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [each for address in found for each in asked(address, port, *rest, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return answers


@pytest.mark.parametrize(
    "addresses",
    [
        ["169.254.169.254"],
        ["fe80::1"],
        ["fd00:ec2::254"],
        ["::ffff:169.254.169.254"],
        ["0.0.0.0"],
        ["127.0.0.1", "169.254.169.254"],
        ["::1", "fe80::1"],
    ],
)
def test_a_name_that_is_looked_up_as_one_of_them_is_not_tunnelled_to(
    files: TlsFiles,
    silent: tuple[int, list[Any]],
    looked_up: list[list[str]],
    addresses: list[str],
) -> None:
    port, came = silent
    looked_up.append(addresses)
    with serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url, Wire(url) as wire:
        head = f"CONNECT {LOOKED_UP}:{port} HTTP/1.1\r\n\r\n".encode()
        answer = wire.send(head).answer()
        assert (answer.status, b"alone" in answer.body) == (403, True)
    assert came == []


def test_what_a_name_is_looked_up_as_the_next_time_does_not_count(
    files: TlsFiles, far: int, looked_up: list[list[str]]
) -> None:
    looked_up += [["127.0.0.1"], ["169.254.169.254"]]
    with serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url:
        for status in (200, 403):
            with Wire(url) as wire:
                head = f"CONNECT {LOOKED_UP}:{far} HTTP/1.1\r\n\r\n".encode()
                assert wire.send(head).answer().status == status


@pytest.mark.parametrize("name", ["graph.microsoft.com.", "GRAPH.Microsoft.COM"])
def test_no_spelling_of_their_names_is_tunnelled_to(files: TlsFiles, name: str) -> None:
    with (
        serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url,
        Led(url, files.ca, name, verify=GRAPH) as wire,
    ):
        assert wire.get("/").json["SERVER_NAME"] == GRAPH


@pytest.mark.parametrize(
    ("address", "afar", "forbidden"),
    [
        ("169.254.169.254", False, True),
        ("169.254.0.1", False, True),
        ("fe80::1%eth0", False, True),
        ("fd00:ec2::254", False, True),
        ("fd00:ec2::23", False, True),
        ("fd00:c1::a9fe:a9fe", False, True),
        ("64:ff9b:1::a9fe:a9fe", False, True),
        ("168.63.129.16", False, True),
        ("100.100.100.200", False, True),
        ("::ffff:169.254.169.254", False, True),
        ("64:ff9b::a9fe:a9fe", False, True),
        ("2002:a9fe:a9fe::", False, True),
        ("::a9fe:a9fe", False, True),
        ("0.0.0.0", False, True),
        ("::", False, True),
        ("224.0.0.1", False, True),
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, True),
        ("::1", True, True),
        ("::ffff:127.0.0.1", True, True),
        ("93.184.216.34", True, False),
        ("2606:2800:220:1::1", True, False),
    ],
)
def test_addresses_that_no_tunnel_leads_to(address: str, afar: bool, forbidden: bool) -> None:
    assert is_forbidden(address, afar) == forbidden


def test_off_loopback_tunnels_want_a_password(files: TlsFiles) -> None:
    with pytest.raises(SettingsError, match="give control-key"):
        Settings(proxy=True, proxy_others="tunnel", host="0.0.0.0")
    with pytest.raises(SettingsError, match="give proxy too"):
        Settings(proxy_others="tunnel")
    led = proxy(files, proxy_others="tunnel", host="0.0.0.0", control_key="secret")
    with serving(echo, proxy=led) as url:
        for sent, status in ((b"", 407), (b"Basic eDp5", 407), (b"Basic ?", 407)):
            with Wire(url) as wire:
                head = b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nProxy-Authorization: %s\r\n\r\n" % sent
                answer = wire.send(head).answer()
            assert answer.status == status
            assert answer.headers["proxy-authenticate"] == 'Basic realm="fakegraph"'
        right = base64.b64encode(b"me:secret")
        with Wire(url) as wire:
            head = b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nProxy-Authorization: Basic %s\r\n\r\n" % right
            answer = wire.send(head).answer()
        assert (answer.status, b"this machine" in answer.body) == (403, True)
        with Led(url, files.ca) as wire:
            assert wire.get("/").status == 200


def test_a_silent_tunnel_goes(files: TlsFiles, far: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_TIMEOUT", 0.2)
    monkeypatch.setattr(limits, "SWEEP", 0.02)
    with (
        serving(echo, proxy=proxy(files, proxy_others="tunnel")) as url,
        Wire(url) as wire,
    ):
        wire.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % far).answer()
        assert wire._file.read(6) == b"hello "
        assert gone(wire)


def test_redirects_to_other_hosts_are_not_reached(
    files: TlsFiles, silent: tuple[int, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that has all it asks for go through the proxy, and believes what it is answered."""
    port, came = silent

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("302 Found", [("Location", f"{environ['QUERY_STRING']}:{port}/")])
        return [b""]

    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.create_default_context(cafile=files.ca)
    with serving(app, proxy=proxy(files)) as url:
        leads = urllib.request.ProxyHandler({"http": url, "https": url})
        opener = urllib.request.build_opener(leads, urllib.request.HTTPSHandler(context=context))
        for scheme in ("http", "https"):
            for host in ("127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]", *LOOPBACKS):
                with pytest.raises(urllib.error.URLError, match=r"403|400"):
                    opener.open(f"https://graph.microsoft.com/?{scheme}://{host}")
    assert came == []
