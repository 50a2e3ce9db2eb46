from __future__ import annotations

import re
import socket
from email.utils import parsedate_to_datetime
from typing import Any
from wsgiref.validate import check_environ

import pytest
from flask import Flask, request

from tests.serving.wire import HOST, Wire, echo, reply, serving

GET = b"GET /a HTTP/1.1\r\n" + HOST
POST = b"POST /a HTTP/1.1\r\n" + HOST
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"


def test_a_connection_is_kept_for_the_next_request(wire: Wire) -> None:
    first, second = wire.get("/1"), wire.get("/2")

    assert (first.json["PATH_INFO"], second.json["PATH_INFO"]) == ("/1", "/2")
    assert "connection" not in first.headers
    assert parsedate_to_datetime(first.headers["date"]).tzinfo is not None


def test_the_app_sees_the_target_as_it_was_sent(wire: Wire) -> None:
    seen = wire.get("/users/a%2Fb%C3%A9?$filter=x%20eq%201&y=%2F").json

    assert seen["RAW_URI"] == seen["REQUEST_URI"] == "/users/a%2Fb%C3%A9?$filter=x%20eq%201&y=%2F"
    assert seen["PATH_INFO"].encode("latin-1") == "/users/a/bé".encode()
    assert seen["QUERY_STRING"] == "$filter=x%20eq%201&y=%2F"


def test_the_app_sees_who_asks_and_how(wire: Wire) -> None:
    seen = wire.get("/").json

    host, port = wire.sock.getsockname()
    assert (seen["REMOTE_ADDR"], seen["REMOTE_PORT"]) == (host, str(port))
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == (host, str(wire.sock.getpeername()[1]))
    assert (seen["wsgi.url_scheme"], seen["SERVER_PROTOCOL"]) == ("http", "HTTP/1.1")


def test_the_app_is_called_as_the_standard_says() -> None:
    """With all that PEP 3333 asks for in the environ, which its own checker looks over."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        check_environ(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine"]

    with serving(app) as url, Wire(url) as wire:
        assert wire.get("/a?b=c").status == 200


_ONE_AFTER_ANOTHER = [
    {"Accept": "a"},
    {"Accept": "a"},
    {"Accept": "b"},
    {},
    {"Prefer": "a"},
    {"Content-Length": "2"},
    {"Content-Length": "3"},
    {"Content-Length": "3"},
    {"Accept": "a" * 8000},
    {"Accept": "a" * 8000},
    {"Accept": "a"},
]


def test_each_request_has_its_own_headers_whatever_the_last_one_had(wire: Wire) -> None:
    for headers in _ONE_AFTER_ANOTHER:
        fields = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        body = b"abc"[: int(headers.get("Content-Length", 0))]

        seen = wire.send(POST + fields + b"\r\n" + body).answer().json

        told = ("HTTP_ACCEPT", "HTTP_PREFER", "CONTENT_LENGTH")
        wanted = [headers.get(name) for name in ("Accept", "Prefer", "Content-Length")]
        assert ([seen.get(name) for name in told], seen["body"]) == (wanted, body.decode())


@pytest.mark.parametrize(
    "second",
    [b"GET / HTTP/1.0\r\n", b"GET / HTTP/1.1\r\n", b"GET http://example/ HTTP/1.1\r\n"],
)
def test_what_is_known_of_headers_holds_for_their_version_and_target(
    wire: Wire, second: bytes
) -> None:
    wire.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").answer()

    answer = wire.send(second + b"Connection: keep-alive\r\n\r\n").answer()

    assert answer.status == (200 if b"1.0" in second else 400)  # 1.1 has a Host


def test_a_long_target_is_too_much_with_headers_that_were_not_before(wire: Wire) -> None:
    headers = HOST + b"Accept: %s\r\n\r\n" % (b"a" * 2000)
    wire.send(b"GET / HTTP/1.1\r\n" + headers).answer()

    answer = wire.send(b"GET /%s HTTP/1.1\r\n%s" % (b"a" * 64_000, headers)).answer()

    assert answer.status == 431


def test_headers_that_repeat_are_joined(wire: Wire) -> None:
    fields = b"Accept: a\r\naccept: b\r\nCookie: a=1\r\nCookie: b=2\r\nContent-Type: x\r\n"

    seen = wire.send(GET + fields + b"\r\n").answer().json

    assert seen["HTTP_ACCEPT"] == "a,b"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert seen["CONTENT_TYPE"] == "x"


def test_a_header_cannot_pass_for_another_by_an_underscore(wire: Wire) -> None:
    seen = wire.send(GET + b"X_Forwarded_For: 1\r\nX-Other: 2\r\n\r\n").answer().json

    assert "HTTP_X_FORWARDED_FOR" not in seen
    assert seen["HTTP_X_OTHER"] == "2"


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 3\r\n\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
        b"Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\nHost: 2\r\n\r\n",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "GET"])
@pytest.mark.parametrize("offer", [b"", OFFER], ids=["plain", "with an offer of HTTP/2"])
def test_bodies_arrive_in_every_form(wire: Wire, method: str, body: bytes, offer: bytes) -> None:
    head = f"{method} /a HTTP/1.1\r\n".encode() + HOST + offer

    seen = wire.send(head + body).answer().json

    assert (seen["REQUEST_METHOD"], seen["body"]) == (method, "abc")
    assert "HTTP_X_TRAILER" not in seen
    assert wire.get("/next").json["PATH_INFO"] == "/next"


def test_requests_may_come_byte_by_byte(wire: Wire) -> None:
    for byte in POST + b"Content-Length: 3\r\n\r\nabc":
        wire.send(bytes([byte]))

    assert wire.answer().json["body"] == "abc"


def test_requests_sent_at_once_are_answered_in_order(wire: Wire) -> None:
    wire.send(b"".join(b"GET /%d HTTP/1.1\r\n%s%s\r\n" % (n, HOST, OFFER) for n in range(20)))

    assert [wire.answer().json["PATH_INFO"] for _ in range(20)] == [f"/{n}" for n in range(20)]


def test_many_requests_in_a_row_are_no_large_head(wire: Wire) -> None:
    one = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
    for start in range(0, 200_000, 10_000):  # each piece ends within a request
        wire.send((one * 10_000)[start : start + 10_000])
        asked = (start + 10_000) // len(one) - start // len(one)
        assert {wire.answer().status for _ in range(asked)} == {200}


def test_head_has_the_headers_of_get_and_no_body() -> None:
    app = Flask(__name__)
    app.get("/")(lambda: "four")

    with serving(app) as url, Wire(url) as wire:
        answer = wire.send(b"HEAD / HTTP/1.1\r\n" + HOST + b"\r\n").answer(to_head=True)
        assert answer.headers["content-length"] == "4"
        assert wire.get("/").body == b"four"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body_have_no_length(status: str) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response(status, [("Content-Length", "5")])
        return [b"never"]

    with serving(app) as url, Wire(url) as wire:
        assert "content-length" not in wire.get("/").headers
        assert "content-length" not in wire.get("/").headers


@pytest.mark.parametrize("blank", [" ", "\t", " \t ", "  "])
def test_white_space_around_a_value_is_none_of_it(wire: Wire, blank: str) -> None:
    lines = f"Host:{blank}example{blank}\r\nX:{blank}a b{blank}\r\n"

    seen = wire.send(f"GET /a HTTP/1.1\r\n{lines}\r\n".encode()).answer().json

    assert (seen["HTTP_HOST"], seen["HTTP_X"]) == ("example", "a b")


def test_white_space_after_a_coding_is_none_of_it(wire: Wire) -> None:
    coded = b"Transfer-Encoding: chunked \r\nExpect: 100-continue \r\n\r\n1\r\na\r\n0\r\n\r\n"

    assert wire.send(POST + coded).answer().json["body"] == "a"


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"GET / HTTP/1.0\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", False),
    ],
)
def test_the_client_says_whether_the_connection_is_kept(
    wire: Wire, head: bytes, kept: bool
) -> None:
    answer = wire.send(head + b"\r\n").answer()

    assert answer.headers["connection"] == ("keep-alive" if kept else "close")
    if kept:
        assert wire.get("/again").status == 200
    else:
        assert wire.at_end()


@pytest.mark.parametrize(
    ("target", "host", "raw"),
    [
        (b"http://graph:80/beta/x%2F?y=1", "graph:80", "/beta/x%2F?y=1"),
        (b"HTTPS://graph", "graph", "/"),
        (b"http://graph?y=1", "graph", "/?y=1"),
    ],
)
def test_a_url_as_target_means_the_path_on_its_host(
    wire: Wire, target: bytes, host: str, raw: str
) -> None:
    seen = wire.send(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n").answer().json

    assert (seen["HTTP_HOST"], seen["RAW_URI"]) == (host, raw)


def test_the_body_is_asked_for_when_the_client_waits(wire: Wire) -> None:
    wire.send(POST + b"Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n")
    assert wire.answer().status == 100

    assert wire.send(b"abc").answer().json["body"] == "abc"


def test_a_body_that_is_there_already_is_not_asked_for(wire: Wire) -> None:
    wire.send(POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")

    assert wire.answer().json["body"] == "abc"


REFUSED = [
    (b"GET / HTTP/1.1\r\n\r\n", 400, "one Host"),
    (GET + HOST + b"\r\n", 400, "one Host"),
    (b"GET / HTTP/1.0\r\n" + HOST + HOST + b"\r\n", 400, "has 2"),
    (b"GET a HTTP/1.1\r\n" + HOST + b"\r\n", 400, "HTTP"),
    (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 400, "path or a URL"),
    (b"GET ftp://a/b HTTP/1.1\r\n" + HOST + b"\r\n", 400, "path or a URL"),
    (b"GET /\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n", 400, "url"),
    (b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", 400, "HTTP"),
    (b"GET / HTTP/1.1\n" + HOST + b"\n", 400, "CRLF"),
    (GET + b"A : b\r\n\r\n", 400, "header"),
    (GET + b"A: b\r\n c\r\n\r\n", 400, "header"),
    (GET + b"A: b\x00\r\n\r\n", 400, "header"),
    (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, "Content-Length"),
    (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na", 400, "Content-Length"),
    (POST + b"Content-Length: -1\r\n\r\na", 400, "Content-Length"),
    (POST + b"Content-Length: +1\r\n\r\na", 400, "Content-Length"),
    (POST + b"Content-Length: 1, 1\r\n\r\na", 400, "Content-Length"),
    (POST + b"Content-Length: 99999999999999999999\r\n\r\na", 400, "Content-Length"),
    (POST + b"Content-Length: " + b"0" * 4301 + b"\r\n\r\n", 400, "Content-Length"),
    (POST + b"Content-Length: " + b"0" * 19 + b"1\r\n\r\na", 400, "Content-Length"),
    (POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "Transfer"),
    (POST + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400, "chunk size"),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400, "chunk data"),
    (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, "chunked"),
    (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "chunked"),
    (POST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 501, "chunked"),
    (POST + b"Expect: more\r\nContent-Length: 1\r\n\r\na", 417, "100-continue"),
    (b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n", 501, "proxy"),
    (b"FETCH / HTTP/1.1\r\n" + HOST + b"\r\n", 501, "method"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 501, "method"),
    (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505, "HTTP/1.1"),
    (b"GET /\r\n\r\n", 505, "HTTP/1.1"),
    (GET + b"A: " + b"a" * 66_000 + b"\r\n\r\n", 431, "65536 bytes"),
    (GET + b"A: aaaaaaa\r\n" * 9_000 + b"\r\n", 431, "65536 bytes"),
    (b"GET /" + b"a" * 66_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431, "65536 bytes"),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"a" * 90_000, 413, "chunks"),
]


@pytest.mark.parametrize(("sent", "status", "says"), REFUSED)
def test_what_is_no_request_is_refused_and_ends_the_connection(
    wire: Wire, sent: bytes, status: int, says: str
) -> None:
    answer = wire.send(sent).answer()

    assert answer.status == status
    assert says.lower() in answer.json["error"]["message"].lower()
    assert re.fullmatch("[A-Za-z]+", answer.json["error"]["code"])
    assert answer.headers["connection"] == "close"
    assert wire.at_end()


def test_requests_before_a_broken_one_are_answered(wire: Wire) -> None:
    wire.send(GET + b"\r\n" + GET + b"\r\n" + b"nonsense")

    assert [wire.answer().status for _ in range(3)] == [200, 200, 501]


@pytest.mark.parametrize(
    "sent",
    [
        b"Content-Length: 1001\r\n\r\n",
        b"Content-Length: 5000000\r\n\r\n" + b"a" * 5_000_000,
        b"Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n3E9\r\n" + b"a" * 1001,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 1001,
        OFFER + b"Transfer-Encoding: chunked\r\n\r\n3E9\r\n" + b"a" * 1001,
    ],
)
def test_a_body_over_the_limit_is_the_apps_413_and_ends_the_connection(sent: bytes) -> None:
    app = Flask(__name__)
    app.post("/a")(lambda: f"{len(request.get_data())}")

    with serving(app, max_body=1000) as url, Wire(url) as wire:
        answer = wire.send(POST + sent).answer()

        assert answer.status == 413
        assert answer.headers["connection"] == "close"
        assert wire.at_end()


def test_a_body_over_the_limit_is_refused_to_its_own_request_alone() -> None:
    app = Flask(__name__)
    app.post("/a")(lambda: request.get_data())

    with serving(app, max_body=1000) as url, Wire(url) as wire:
        wire.send(POST + b"Content-Length: 3\r\n\r\nabc" + POST + b"Content-Length: 1001\r\n\r\n")

        assert wire.answer().body == b"abc"
        assert wire.answer().status == 413


@pytest.mark.parametrize(
    "sent", [b"Content-Length: 1000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n3E8\r\n"]
)
def test_a_body_at_the_limit_is_taken(wire: Wire, sent: bytes) -> None:
    end = b"" if b"Length" in sent else b"\r\n0\r\n\r\n"

    assert len(wire.send(POST + sent + b"a" * 1000 + end).answer().json["body"]) == 1000


def test_an_app_that_raises_is_a_500_and_the_next_request_is_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/bad":
            raise LookupError("a bug")
        return reply(start_response, "fine")

    with serving(app) as url, Wire(url) as wire:
        assert wire.get("/bad").status == 500
        assert wire.get("/good").json == "fine"
        asked = wire.send(b"HEAD /bad HTTP/1.1\r\n" + HOST + b"\r\n")
        assert asked.answer(to_head=True).status == 500
        assert wire.get("/good").json == "fine"
    assert "GET /bad" in caplog.text
    assert "a bug" in caplog.text


@pytest.mark.parametrize(
    "headers", [[("X", "a\r\nY: b")], [("X", "a\nb")], [("X\r", "a")], [("X", "\u20ac")]]
)
def test_headers_that_would_break_the_answer_are_a_500(
    headers: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", headers)
        return []

    with serving(app) as url, Wire(url) as wire:
        assert wire.get("/").status == 500
    assert "error in the answer to GET /" in caplog.text


def test_an_app_that_starts_no_response_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    with serving(lambda *_: [b""]) as url, Wire(url) as wire:
        assert wire.get("/").status == 500
    assert "start_response" in caplog.text


def test_the_length_is_measured_and_the_apps_date_is_kept() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "99"), ("Date", "yesterday")])
        return [b"four"]

    with serving(app) as url, Wire(url) as wire:
        answer = wire.get("/")
    assert answer.body == b"four"
    assert answer.headers["date"] == "yesterday"


def test_what_the_app_wrote_comes_first_and_its_iterable_is_closed() -> None:
    closed = []

    class Chunks:
        def __iter__(self) -> Any:
            return iter([b"b", b"c"])

        def close(self) -> None:
            closed.append(True)

    def app(environ: Any, start_response: Any) -> Chunks:
        start_response("200 OK", [])(b"a")
        return Chunks()

    with serving(app) as url, Wire(url) as wire:
        assert wire.get("/").body == b"abc"
    assert closed == [True]


def test_an_app_may_have_the_connection_reset() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ["fakegraph.disturb"](drop=True)
        return reply(start_response, "never sent")

    with serving(app) as url, Wire(url) as wire, pytest.raises(ConnectionResetError):
        wire.get("/")


def test_a_client_may_go_away_at_any_point() -> None:
    with serving(echo) as url:
        for sent in (b"", b"GE", POST + b"Content-Length: 3\r\n\r\na", GET + b"\r\n"):
            with Wire(url) as wire:
                wire.send(sent)
        with Wire(url) as wire:
            wire.send(GET + b"\r\n").sock.shutdown(socket.SHUT_WR)
            assert wire.answer().status == 200
            assert wire.at_end()
