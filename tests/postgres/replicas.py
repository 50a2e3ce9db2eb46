"""``Replicas``: servers over one database, behind one address that sends each request to the next.

What balances is small and knows nothing of HTTP but where a request ends: a replica that cannot be
reached is passed over, and one that is lost in the midst of an answer loses that request alone.
"""

from __future__ import annotations

import http.client
import itertools
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding"})


class Replica:
    """One server, as a process of its own."""

    def __init__(self, *options: str) -> None:
        self._command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", *options]
        self.process: subprocess.Popen[str] | None = None
        self.netloc = ""

    def start(self) -> None:
        """Serve, and wait until it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"{' '.join(self._command)} ended with {self.process.wait()}"
        self.netloc = urlsplit(line.split()[-1]).netloc

    def end(self, how: signal.Signals) -> int:
        """End it; what it ended with."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended; what with."""
        assert self.process is not None
        process, self.process = self.process, None
        code = process.wait()
        if process.stdout is not None:
            process.stdout.close()
        return code


class Replicas:
    """Several of them over a database; ``url`` is that of all together."""

    def __init__(self, database: str, number: int, *options: str) -> None:
        self.all = [Replica("--store", database, *options) for _ in range(number)]
        self._turns = itertools.count()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def next(self) -> list[str]:
        """Where to send a request: to the first of them that can be reached."""
        first = next(self._turns)
        return [self.all[(first + each) % len(self.all)].netloc for each in range(len(self.all))]

    def start(self) -> None:
        """Have all of them serve."""
        for replica in self.all:
            replica.start()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """End them."""
        for replica in self.all:
            if replica.process is not None:
                replica.end(signal.SIGTERM)
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(database: str, number: int, *options: str) -> Iterator[Replicas]:
    """Replicas that are ended afterwards."""
    found = Replicas(database, number, *options)
    try:
        found.start()
        yield found
    finally:
        found.stop()


class _Gone(Exception):
    """A replica was lost in the midst of an answer."""


def _handler(replicas: Replicas) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            self._open: dict[str, http.client.HTTPConnection] = {}

        def finish(self) -> None:
            for each in self._open.values():
                each.close()
            super().finish()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            for netloc in replicas.next():
                try:
                    answer = self._sent(netloc, body)
                except ConnectionRefusedError:
                    continue
                except _Gone:
                    self._send(502, [], b"")
                    return
                headers = [each for each in answer.getheaders() if each[0].lower() not in _HOPS]
                self._send(answer.status, headers, answer.read())
                return
            self._send(503, [("Retry-After", "1")], b"")

        def _sent(self, netloc: str, body: bytes) -> http.client.HTTPResponse:
            known = self._open.get(netloc)
            if known is None:
                known = self._open[netloc] = http.client.HTTPConnection(netloc, timeout=60)
                known.connect()
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in _HOPS
            }
            try:
                known.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in headers.items():
                    known.putheader(name, value)
                known.endheaders(body or None)
                return known.getresponse()
            except (OSError, http.client.HTTPException) as error:
                self._open.pop(netloc).close()
                raise _Gone from error

        def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            if all(name.lower() != "content-length" for name, _ in headers) and status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.wfile.flush()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    return Handler
