"""The servers that a handle may have its tenant on: in this process, or elsewhere."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import ssl
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

from fakegraph.app import close_app, control_of, create_app
from fakegraph.errors import GraphError
from fakegraph.handle.errors import BadValue, ControlError, Misuse
from fakegraph.handle.wire import encoded
from fakegraph.settings import Settings
from fakegraph.tenants.stubs import Reply
from fakegraph.tokens.ca import tls_files
from fakegraph.web.proxy import proxy_of

_ROOT = "/_fakegraph"
_OF_SERVER = re.compile("/?|/tenants/[^/]+/?")


class Server(Protocol):
    """A fakegraph server, wherever it runs."""

    @property
    def url(self) -> str:
        """Scheme, host and port."""

    @property
    def ca(self) -> Path | None:
        """The certificate of the CA to trust, where it has one of its own."""

    @property
    def auth(self) -> str | None:
        """What it asks tenants for that do not say; None where that is not known."""

    def open_proxy(self) -> Path:
        """Be a forward proxy too; what its clients are to trust. Raises Misuse where it cannot."""

    def open_tenant(self, wanted: Mapping[str, Any]) -> str:
        """Make a tenant, as ``POST /_fakegraph/tenants`` does; its id. Raises ControlError."""

    def close_tenant(self, id_: str) -> None:
        """Remove a tenant. Raises ControlError."""

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control API; ``path`` is below ``/_fakegraph``. Raises ControlError."""

    def stub(self, tenant: str, body: Mapping[str, Any], function: Reply) -> str:
        """Add a stub whose answers a function says; its id. Raises ControlError, and Misuse where
        the server is in another process.
        """


class FakeGraphServer:
    """One server in this process, on a free port of the loopback address, with many tenants.

    In a forked child, whose copy of its memory nobody is served from, it is asked over HTTP.
    """

    def __init__(self, settings: Settings | None = None, *, port: int = 0) -> None:
        """``port`` 0 takes a free one; the settings' is for ``fakegraph serve``."""
        from fakegraph.serving import InProcessServer  # uvicorn is for those who start one

        self._settings = settings = settings or Settings()
        files = tls_files(settings)
        self.ca = files.ca
        self._proxy_ca = files.ca if settings.proxy else None
        self.auth: str | None = settings.auth
        self.app = create_app(settings, ca=files.ca)
        self._process = os.getpid()
        self._trusted = files.ca or files.cert

        self._http = InProcessServer(
            self.app,
            host=settings.host,
            port=port,
            max_body=settings.max_body,
            cert=files.cert,
            key=files.key,
            proxy=proxy_of(settings, files),
        )

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> FakeGraphServer:
        """A server with these settings by name, on a free port unless they say otherwise."""
        return cls(Settings(**settings), port=settings.get("port", 0))

    def __repr__(self) -> str:
        return f"<FakeGraphServer {self.url}>"

    @property
    def url(self) -> str:
        """Where it listens: scheme, host and port."""
        return self._http.url

    def start(self) -> FakeGraphServer:
        """Begin to answer."""
        self._http.start()
        self._process = os.getpid()
        return self

    def stop(self) -> None:
        """Stop answering and let go of everything; in a forked child, leave it to the parent."""
        if self._parent is not None:
            return
        self._http.stop()
        close_app(self.app)

    @property
    def _key(self) -> str:
        return control_of(self.app).secret

    @property
    def _parent(self) -> RemoteServer | None:
        """In a forked child, the parent's server."""
        if os.getpid() == self._process:
            return None
        return RemoteServer(self.url, self._key, self._trusted)

    def open_proxy(self) -> Path:
        """Be a forward proxy too, if it is not yet."""
        if self._proxy_ca is None:
            if self._parent is not None:
                raise Misuse("a forked child has no proxy of its own: ask before the fork")
            wanted = replace(self._settings, proxy=True)
            files = tls_files(wanted)
            proxy, self._proxy_ca = proxy_of(wanted, files), files.ca
            assert proxy is not None
            self._http.lead(proxy)
        assert self._proxy_ca is not None
        return self._proxy_ca

    def open_tenant(self, wanted: Mapping[str, Any]) -> str:
        """Make a tenant, without the way through HTTP: every test does this. Its id."""
        if (parent := self._parent) is not None:
            return parent.open_tenant(wanted)
        try:
            return control_of(self.app).open_tenant(wanted).id
        except GraphError as error:
            raise ControlError.of(error) from error

    def close_tenant(self, id_: str) -> None:
        """Remove a tenant, without the way through HTTP."""
        if (parent := self._parent) is not None:
            return parent.close_tenant(id_)
        try:
            return control_of(self.app).close_tenant(id_)
        except GraphError as error:
            raise ControlError.of(error) from error

    def stub(self, tenant: str, body: Mapping[str, Any], function: Reply) -> str:
        """Add a stub whose answers a function says; its id."""
        if (parent := self._parent) is not None:
            return parent.stub(tenant, body, function)
        try:
            return control_of(self.app).add_function(tenant, body, function)
        except GraphError as error:
            raise ControlError.of(error) from error

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control API, without the way through a socket. Raises ControlError."""
        if (parent := self._parent) is not None:
            return parent.control(method, path, body)
        data = b"" if body is None else encoded(body).encode()
        where, _, query = path.partition("?")
        url = urlsplit(self.url)
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": _ROOT + where,
            "QUERY_STRING": query,
            "SERVER_NAME": url.hostname,
            "SERVER_PORT": str(url.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": url.netloc,
            "HTTP_X_FAKEGRAPH_KEY": self._key,
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": url.scheme,
            "wsgi.input": io.BytesIO(data),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        if data:
            environ["CONTENT_TYPE"] = "application/json"
        lines: list[str] = []

        def start_response(status: str, *_: Any) -> Callable[[bytes], object]:
            lines.append(status)
            return lines.append  # type: ignore[return-value]  # PEP 3333's write(), never called

        answer = b"".join(self.app(environ, start_response))  # the status comes with it
        return _read_answer(int(lines[0][:3]), answer, self.url)


class RemoteServer:
    """A server that runs elsewhere: a sidecar, or ``fakegraph serve``.

    Threads and forked children may share it: each question has a connection of its own.
    """

    def __init__(
        self, url: str, control_key: str | None = None, ca: str | Path | None = None
    ) -> None:
        """``ca``: a PEM file to trust in place of the system's certificates."""
        parts = _address(url)
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._key = control_key
        self.ca = None if ca is None else Path(ca)
        self.auth: str | None = None
        self._connect: Callable[[], http.client.HTTPConnection]
        self._connect = partial(http.client.HTTPConnection, parts.netloc, timeout=60)
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=ca)
            self._connect = partial(
                http.client.HTTPSConnection, parts.netloc, timeout=60, context=context
            )

    def __repr__(self) -> str:
        return f"<RemoteServer {self.url}>"

    @property
    def _started_by(self) -> str:
        """The command that starts a server where this one is looked for."""
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        tls = " --tls" if parts.scheme == "https" else ""
        return f"fakegraph serve --port {port}{tls}"

    def open_proxy(self) -> Path:
        """What its clients are to trust, as it was told here."""
        if self.ca is None:
            raise Misuse("a server elsewhere is a proxy by serve --proxy: give what it says as ca")
        return self.ca

    def open_tenant(self, wanted: Mapping[str, Any]) -> str:
        """Make a tenant; its id."""
        id_: str = self.control("POST", "/tenants", wanted)["id"]
        return id_

    def close_tenant(self, id_: str) -> None:
        """Remove a tenant."""
        self.control("DELETE", f"/tenants/{id_}")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control API. Raises ControlError; OSError where nothing answers."""
        headers = {} if self._key is None else {"X-Fakegraph-Key": self._key}
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", encoded(body).encode()
        try:
            with closing(self._connect()) as connection:
                connection.request(method, _ROOT + path, data, headers)
                answer = connection.getresponse()
                status, content = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            error.add_note(f"fakegraph was looked for at {self.url}")
            if isinstance(error, ConnectionRefusedError):
                start = f"start one with `{self._started_by}`"
                error.strerror = f"{error.strerror}: nothing answers at {self.url}: {start}"
            raise error.with_traceback(None) from None
        return _read_answer(status, content, self.url)

    def stub(self, tenant: str, body: Mapping[str, Any], function: Reply) -> str:
        """Functions stay in their process."""
        raise Misuse("a function can answer on a server of this process alone: give json")

    def stop(self) -> None:
        """Nothing is held, and the server goes on."""


def _read_answer(status: int, data: bytes, url: str) -> Any:
    """What the control API answered. Raises ControlError, also where it is something else."""
    try:
        answer: Any = json.loads(data) if data else None
        if status < 300:
            return answer
        refusal = answer["error"]
    except (ValueError, TypeError, KeyError):
        words = f"what answers at {url} is no fakegraph: it says {status} and no JSON of one"
        refusal = {"code": "notFakegraph", "message": words}
    raise ControlError(status, refusal)


def _address(url: str) -> SplitResult:
    """The parts of a server's URL, which may be that of a tenant, as other handles have it.

    Raises BadValue, also where anything else follows: it leads nowhere.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError
    except ValueError as error:
        message = f"{url!r} is no URL of a server, such as http://localhost:8365"
        raise BadValue(message) from error
    more = parts.query or parts.fragment or "@" in parts.netloc
    if more or not _OF_SERVER.fullmatch(parts.path):
        short = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        raise BadValue(f"{url!r} says more than where a server is: give {short}")
    return parts
