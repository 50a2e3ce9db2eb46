from __future__ import annotations

import socket
import ssl
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from flask import Flask, request

from fakegraph.serving import CannotServe, InProcessServer
from tests.serving.wire import HOST, PATIENCE, Wire, echo, reply, serving

# A certificate for localhost and 127.0.0.1 that nothing but these tests trusts.
CERT, KEY = (Path(__file__).parent / name for name in ("cert.pem", "key.pem"))


class TlsWire(Wire):
    """A connection that trusts the certificate of these tests."""

    def __init__(self, url: str, **options: Any) -> None:
        parts = urlsplit(url)
        context = ssl.create_default_context(cafile=str(CERT))
        for name, value in options.items():
            setattr(context, name, value)
        raw = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        self.sock = context.wrap_socket(raw, server_hostname=parts.hostname)
        self._file = self.sock.makefile("rb")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_speaks_https(version: ssl.TLSVersion) -> None:
    with serving(echo, cert=CERT, key=KEY) as url:
        assert url.startswith("https://127.0.0.1:")
        with TlsWire(url, maximum_version=version) as wire:
            assert wire.get("/1").json["wsgi.url_scheme"] == "https"
            assert wire.get("/2").json["PATH_INFO"] == "/2"


def test_bodies_of_many_records_pass_in_both_directions() -> None:
    big = bytes(range(256)) * 8_000

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return reply(start_response, environ["wsgi.input"].read())

    with serving(app, cert=CERT, key=KEY) as url, TlsWire(url) as wire:
        head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(big)
        assert wire.send(head + big).answer().body == big


def test_the_end_of_the_connection_is_said_in_tls() -> None:
    with serving(echo, cert=CERT, key=KEY) as url:
        for headers in (HOST + b"Connection: close\r\n", b"No-Host: 1\r\n"):
            with TlsWire(url) as wire:
                wire.sock.suppress_ragged_eofs = False
                wire.send(b"GET / HTTP/1.1\r\n" + headers + b"\r\n").answer()
                assert wire.at_end()


def test_who_sends_too_much_reads_why() -> None:
    """Many clients write all that they have before they read."""
    app = Flask(__name__)
    app.post("/a")(lambda: f"{len(request.get_data())}")
    with serving(app, cert=CERT, key=KEY, max_body=1000) as url, TlsWire(url) as wire:
        head = b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 6000000\r\n\r\n"
        answer = wire.send(head + b"a" * 6_000_000).answer()
        assert (answer.status, answer.headers["connection"]) == (413, "close")


def big(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    return reply(start_response, b"a" * 20_000_000)


def test_who_reads_slowly_gets_the_whole_of_the_last_answer() -> None:
    with serving(big, cert=CERT, key=KEY) as url, TlsWire(url) as wire:
        wire.send(b"GET / HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")
        time.sleep(2.1)
        assert len(wire.answer().body) == 20_000_000
        assert wire.at_end()


def test_a_stop_waits_for_what_is_unsent_and_for_nothing_else() -> None:
    server = InProcessServer(big, cert=CERT, key=KEY)
    for to_read in (False, True):
        server.start()
        with TlsWire(server.url) as wire, TlsWire(server.url) as idle:
            idle.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n").answer()
            if to_read:
                wire.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n").sock.recv(1)
            stop = threading.Thread(target=server.stop, args=(30,))
            stop.start()
            assert idle.at_end()
            if to_read:
                assert stop.is_alive()
                assert len(wire._file.read()) > 20_000_000
            stop.join(PATIENCE)
            assert not stop.is_alive()


def test_an_app_may_have_the_connection_reset() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["fakegraph.disturb"](drop=True)
        return reply(start_response, "never sent")

    with serving(app, cert=CERT, key=KEY) as url, TlsWire(url) as wire:
        wire.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
        raw = iter(lambda: socket.socket.recv(wire.sock, 1000), b"")  # what ssl says of it varies
        with pytest.raises(ConnectionResetError):
            list(raw)


def test_a_client_that_speaks_http_is_told() -> None:
    with serving(echo, cert=CERT, key=KEY) as url:
        with Wire(url) as wire:
            answer = wire.get("/")
        assert answer.status == 400
        assert b"speaks https" in answer.body
        with TlsWire(url) as secure:
            assert secure.get("/").status == 200


def test_handshakes_that_stop_halfway_or_fail_hold_up_nobody() -> None:
    with serving(echo, cert=CERT, key=KEY) as url, ExitStack() as stuck:
        for _ in range(50):
            stuck.enter_context(Wire(url)).send(b"\x16\x03\x01\x02\x00\x01")
        with Wire(url) as broken:
            assert b"HTTP" not in broken.send(b"\x16\x03\x01\x00\x05hello").sock.recv(100)
        with pytest.raises(URLError, match="certificate verify failed"):
            urllib.request.urlopen(url)
        with TlsWire(url) as wire:
            assert wire.get("/").status == 200


@pytest.mark.parametrize(
    ("cert", "key", "says"),
    [
        (CERT, None, "TLS needs a certificate and its key"),
        (None, KEY, "TLS needs a certificate and its key"),
        (CERT, Path("/no/such/file"), "cannot use certificate .* No such file"),
        (KEY, KEY, "cannot use certificate"),
        (Path(__file__), Path(__file__), "cannot use certificate"),
    ],
)
def test_files_that_make_no_certificate_stop_the_start(
    cert: Path | None, key: Path | None, says: str
) -> None:
    with pytest.raises(CannotServe, match=says):
        InProcessServer(echo, cert=cert, key=key).start()
