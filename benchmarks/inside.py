"""The app in this process, asked by calls as its server asks it: what is counted is its own."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import unquote_to_bytes

from fakegraph.app import close_app, create_app
from fakegraph.settings import Settings

_BASE: dict[str, Any] = {
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
    "SCRIPT_NAME": "",
    "SERVER_NAME": "127.0.0.1",
    "SERVER_PORT": "8365",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "127.0.0.1:8365",
    "HTTP_AUTHORIZATION": "Bearer benchmark",
}


def called(app: Any, method: str, target: str, body: Any = None) -> bytes:
    """What a WSGI app answers. Raises AssertionError where it is no 2xx."""
    sent = b"" if body is None else json.dumps(body).encode()
    path, _, query = target.partition("?")
    environ = _BASE | {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "wsgi.input": io.BytesIO(sent),
    }
    if sent:
        environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(sent))}
    told: list[str] = []
    answer = b"".join(app(environ, lambda status, *_: told.append(status)))
    assert told[0].startswith("2"), (method, target, told, answer[:500])
    return answer


class Inside:
    """An app that serves so; in memory, unless settings say otherwise."""

    def __init__(self, *fixture: str, **settings: Any) -> None:
        self.app = create_app(Settings(fixture=fixture, **settings))

    def ask(self, method: str, target: str, body: Any = None) -> Any:
        """The JSON of an answer. Raises AssertionError where it is no 2xx."""
        answer = called(self.app, method, target, body)
        return json.loads(answer) if answer else None

    def end(self) -> None:
        """Close it."""
        close_app(self.app)
