"""``Sender``: posts to where subscribers listen, at the address that was looked at.

It goes by urllib3, which takes the address to connect to and the name to ask for apart. Redirects
are not followed, and nothing is tried twice.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fakegraph.changes.destinations import Destination

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import HTTPConnectionPool
    from urllib3.connection import HTTPSConnection

MOST_READ = 4096  # bytes of an answer
_MOST_POOLS = 64
_LOOPBACK = ("127.", "::1")


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
        """Post a body; ``query`` goes behind what query there is. It takes ``seconds`` at most."""
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
                body = _read(answer, time.monotonic() + limit)
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
            return HTTPConnectionPool(to.address, to.port, maxsize=4)
        near = to.address.startswith(_LOOPBACK)
        pool = HTTPSConnectionPool(
            to.address,
            to.port,
            maxsize=4,
            server_hostname=to.host,
            assert_hostname=False if near else to.host,
            ssl_context=self._tls(near=near),
        )
        if near:
            pool.ConnectionCls = _near()
        return pool

    def _tls(self, *, near: bool) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if near:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif self._ca is not None:
            context.load_verify_locations(self._ca)
        return context


@cache
def _near() -> type[HTTPSConnection]:
    """A connection to this machine: nobody has to be warned that any certificate does."""
    from urllib3.connection import HTTPSConnection

    class Near(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            self.is_verified = True

    return Near


def _headers(to: Destination, content_type: str) -> Mapping[str, str]:
    usual = {"http": 80, "https": 443}[to.scheme]
    name = f"[{to.host}]" if ":" in to.host else to.host
    host = name if to.port == usual else f"{name}:{to.port}"
    return {"Host": host, "Content-Type": content_type, "User-Agent": "fakegraph"}


def _read(answer: Any, until: float) -> bytes:
    """The first bytes of an answer, as far as they come in time."""
    found = b""
    while len(found) <= MOST_READ and time.monotonic() < until:
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
