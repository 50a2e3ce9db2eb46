"""``Sender``: posts to where subscribers listen, at the address that was looked at.

It goes by urllib3, which takes the address to connect to and the name to ask for apart. Redirects
are not followed, and nothing is tried twice.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fakegraph.changes.destinations import Destination

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import HTTPConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

MOST_READ = 4096  # bytes of an answer
_MOST_POOLS = 64
_LOOPBACK = ("127.", "::1")
_LONGEST = 60.0  # seconds


class Reply(NamedTuple):
    """What came back: ``status`` 0 for no answer, and then ``error`` says why."""

    status: int
    content_type: str = ""
    body: bytes = b""
    error: str = ""


class Sender:
    """Posts to destinations. ``ca``: a file of certificates that are trusted beside the system's.

    Receivers on this machine may have any certificate: nobody else can be there.
    """

    def __init__(self, seconds: float, ca: Path | None) -> None:
        self.seconds = seconds
        self._ca = ca
        self._pools: OrderedDict[tuple[str, str, int, str], HTTPConnectionPool] = OrderedDict()
        self._lock = threading.Lock()

    def post(
        self,
        to: Destination,
        body: bytes,
        content_type: str,
        *,
        query: str = "",
        seconds: float | None = None,
    ) -> Reply:
        """Post a body; ``query`` goes behind what query there is. It takes ``seconds`` at most,
        from the first byte of the request to the last of the answer's head, however slowly they
        come; what of the answer's body is not there by then is not read.
        """
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        limit = self.seconds if seconds is None else seconds
        sign = "&" if "?" in to.target else "?"
        target = f"{to.target}{sign}{query}" if query else to.target
        try:
            answer = self._pool(to).urlopen(
                "POST",
                target,
                body=body,
                headers=_headers(to, content_type),
                redirect=False,
                retries=False,
                timeout=Timeout(total=limit),
                preload_content=False,
                decode_content=False,
            )
            try:
                body = _read(answer)
                return Reply(answer.status, answer.headers.get("Content-Type", ""), body)
            finally:
                if not answer.closed:
                    answer.close()  # there is more than anybody wants to read
                answer.release_conn()
        except (HTTPError, OSError, ValueError) as error:
            return Reply(0, error=_reason(error))

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _pool(self, to: Destination) -> HTTPConnectionPool:
        """The connections to a destination; the longest unused go first."""
        key = to.scheme, to.address, to.port, to.host
        with self._lock:
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = self._made(to)
            self._pools.move_to_end(key)
            if len(self._pools) > _MOST_POOLS:
                self._pools.popitem(last=False)[1].close()
            return pool

    def _made(self, to: Destination) -> HTTPConnectionPool:
        from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

        if to.scheme == "http":
            pool = HTTPConnectionPool(to.address, to.port, maxsize=4)
            pool.ConnectionCls = _prompt()
            return pool
        near = to.address.startswith(_LOOPBACK)
        pool = HTTPSConnectionPool(
            to.address,
            to.port,
            maxsize=4,
            server_hostname=to.host,
            assert_hostname=False if near else to.host,
            ssl_context=self._tls(near=near),
        )
        pool.ConnectionCls = _near() if near else _prompt_tls()
        return pool

    def _tls(self, *, near: bool) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if near:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif self._ca is not None:
            context.load_verify_locations(self._ca)
        return context


class _Until(io.RawIOBase):
    """What a socket reads, until as much time is over as it had for one read at the start."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket, self._file = sock, sock.makefile("rb", buffering=0)
        limit = sock.gettimeout()
        self._until = time.monotonic() + (_LONGEST if limit is None else limit)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Prompt(http.client.HTTPResponse):
    """An answer that is all there in the time that its first byte has, or is none."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_Until(sock))


@cache
def _prompt() -> type[HTTPConnection]:
    from urllib3.connection import HTTPConnection

    class Prompt(HTTPConnection):
        response_class = _Prompt

    return Prompt


@cache
def _prompt_tls() -> type[HTTPSConnection]:
    from urllib3.connection import HTTPSConnection

    class PromptTls(HTTPSConnection):
        response_class = _Prompt

    return PromptTls


@cache
def _near() -> type[HTTPSConnection]:
    """A connection to this machine: nobody has to be warned that any certificate does."""

    class Near(_prompt_tls()):  # type: ignore[misc]  # it is made when somebody subscribes
        def connect(self) -> None:
            super().connect()
            self.is_verified = True

    return Near


def _headers(to: Destination, content_type: str) -> Mapping[str, str]:
    usual = {"http": 80, "https": 443}[to.scheme]
    name = f"[{to.host}]" if ":" in to.host else to.host
    host = name if to.port == usual else f"{name}:{to.port}"
    return {"Host": host, "Content-Type": content_type, "User-Agent": "fakegraph"}


def _read(answer: Any) -> bytes:
    """The first bytes of an answer, as far as they come in time."""
    from urllib3.exceptions import HTTPError

    found = b""
    with suppress(HTTPError, OSError):
        while len(found) <= MOST_READ:
            more = answer.read1(MOST_READ)
            if not more:
                break
            found += more
    return found


def _reason(error: Exception) -> str:
    """Why there was no answer, in a word or two."""
    from urllib3.exceptions import NewConnectionError, SSLError, TimeoutError

    if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
        return "timed out"
    if isinstance(error, SSLError):
        return "TLS failed"
    return "no connection"
