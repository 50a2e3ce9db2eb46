"""WSGI servers side by side: speed, latency, start, memory, and manners on the wire.

Run it with a Python that has the candidates (flask httptools psutil, and any of werkzeug waitress
gunicorn cheroot granian uvicorn), with ``wrk`` and ``openssl`` on the PATH:

    python benchmarks/servers.py [--rounds N] [--seconds S] [NAME ...]

Each is given the same Flask app and 16 threads. ``docs/explanation/serving.md`` has the results.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
THREADS = 16
HOST = b"Host: x\r\n"
_RATES = (0, 1, 3, 4)  # columns that are also given as a multiple of fakegraph's, round by round


def make_app() -> Any:
    from flask import Flask, Response, request

    app = Flask(__name__)
    small, large = (b'{"x":"' + b"a" * size + b'"}' for size in (392, 40_000))

    @app.get("/<any(small, large):size>")
    def constant(size: str) -> Response:
        return Response(large if size == "large" else small, mimetype="application/json")

    @app.post("/size")
    def size() -> str:
        return str(len(request.get_data()))

    app.config["MAX_CONTENT_LENGTH"] = 4 * 1024 * 1024

    @app.get("/raw/<path:_>")
    def raw(_: str) -> str:
        return request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or "none"

    return app


def run_werkzeug(app: Any, port: int, cert: str | None, key: str | None) -> None:
    import logging

    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    make_server(
        "127.0.0.1", port, app, True, ssl_context=(cert, key) if cert else None
    ).serve_forever()


def run_waitress(app: Any, port: int, cert: str | None, key: str | None) -> None:
    import waitress

    if cert:
        raise SystemExit("no TLS")
    waitress.serve(app, host="127.0.0.1", port=port, threads=THREADS, connection_limit=1000)


def run_gunicorn(app: Any, port: int, cert: str | None, key: str | None) -> None:
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            settings = {"bind": f"127.0.0.1:{port}", "threads": THREADS, "worker_class": "gthread"}
            for name, value in (settings | {"certfile": cert, "keyfile": key}).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return app

    sys.argv = ["gunicorn"]
    Application().run()


def run_cheroot(app: Any, port: int, cert: str | None, key: str | None) -> None:
    from cheroot.ssl.builtin import BuiltinSSLAdapter
    from cheroot.wsgi import Server

    server = Server(("127.0.0.1", port), app, numthreads=THREADS, request_queue_size=1024)
    if cert:
        server.ssl_adapter = BuiltinSSLAdapter(cert, key)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.start()
    except KeyboardInterrupt:
        server.stop()


def _granian(server_class: Any, app: Any, port: int, cert: str | None, key: str | None) -> None:
    from granian.constants import Interfaces

    files = {"ssl_cert": Path(cert), "ssl_key": Path(key)} if cert and key else {}
    server_class(
        "app",
        "127.0.0.1",
        port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        log_enabled=False,
        **files,
    ).serve(target_loader=lambda: app, wrap_loader=False)


def run_granian(app: Any, port: int, cert: str | None, key: str | None) -> None:
    from granian.server.mp import MPServer

    _granian(MPServer, app, port, cert, key)


def run_granian_in_process(app: Any, port: int, cert: str | None, key: str | None) -> None:
    from granian.server.mt import MTServer

    class Server(MTServer):  # type: ignore[misc]  # made for Python without a GIL; it checks
        def _check_gil(self) -> None:
            pass

    _granian(Server, app, port, cert, key)


def run_uvicorn(app: Any, port: int, cert: str | None, key: str | None) -> None:
    import asyncio
    import io
    from concurrent.futures import ThreadPoolExecutor

    import uvicorn

    pool = ThreadPoolExecutor(THREADS)
    base = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }

    def call(scope: Any, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        environ = base | {
            "REQUEST_METHOD": scope["method"],
            "PATH_INFO": scope["path"],
            "QUERY_STRING": scope["query_string"].decode(),
            "wsgi.input": io.BytesIO(body),
            "RAW_URI": scope["raw_path"].decode(),
        }
        for name, value in scope["headers"]:
            key = name.decode("latin-1").upper().replace("-", "_")
            plain = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
            environ[key if plain else f"HTTP_{key}"] = value.decode("latin-1")
        answer: list[Any] = []
        result = app(environ, lambda status, headers, _=None: answer.extend((status, headers)))
        body = b"".join(result)
        result.close()
        return int(answer[0][:3]), answer[1], body

    async def bridge(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body")
        loop = asyncio.get_running_loop()
        status, said, body = await loop.run_in_executor(pool, call, scope, body)
        headers = [(name.lower().encode(), value.encode()) for name, value in said]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(
        bridge,
        port=port,
        log_level="error",
        access_log=False,
        lifespan="off",
        ssl_certfile=cert,
        ssl_keyfile=key,
    )


def run_fakegraph(app: Any, port: int, cert: str | None, key: str | None) -> None:
    from fakegraph.serving import serve
    from fakegraph.web.listening import Where

    where: Where = {"host": "127.0.0.1", "port": port}
    if cert and key:
        where |= {"cert": Path(cert), "key": Path(key)}
    serve(app, ready=lambda url: None, **where)


CANDIDATES = {name[4:]: run for name, run in globals().items() if name.startswith("run_")}


class Server:
    """One candidate, running."""

    def __init__(self, name: str, tls: tuple[str, str] | None = None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", name, str(self.port), *(tls or ())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.tls = bool(tls)
        while self.process.poll() is None:
            with suppress(OSError):
                self.ask(b"GET /small HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
                break
            time.sleep(0.002)
        self.started = time.perf_counter() - self.began

    def tree(self) -> list[psutil.Process]:
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]

    def connect(self, timeout: float = 5) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        if self.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            sock = context.wrap_socket(sock)
        return sock

    def ask(self, data: bytes, timeout: float = 5) -> bytes:
        with self.connect(timeout) as sock:
            sock.sendall(data)
            received = sock.recv(65536)
            with suppress(OSError):
                sock.settimeout(0.2)
                while more := sock.recv(65536):
                    received += more
        return received

    def load(self, path: str, connections: int, seconds: int) -> tuple[float, float]:
        scheme = "https" if self.tls else "http"
        said = subprocess.run(
            [
                "wrk",
                "-t1",
                f"-c{connections}",
                f"-d{seconds}",
                "--latency",
                f"{scheme}://127.0.0.1:{self.port}{path}",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        if "Non-2xx" in said or "Socket errors" in said:
            print(f"  errors: {said}", file=sys.stderr)
        tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
        rate = re.search(r"Requests/sec:\s+(\S+)", said)
        assert tail is not None, said
        assert rate is not None, said
        unit = {"us": 0.001, "ms": 1, "s": 1000}[tail[2]]
        return float(rate[1]), float(tail[1]) * unit

    def memory(self) -> float:
        held: int = sum(process.memory_info().rss for process in self.tree())
        return held / 1e6

    def end(self) -> tuple[float, int]:
        family = self.tree()
        began = time.perf_counter()
        self.process.terminate()
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            code = 999
        for process in family:
            with suppress(psutil.Error):
                process.kill()
        self.process.wait()
        return time.perf_counter() - began, code


def measure(names: list[str], rounds: int, seconds: int, tls: tuple[str, str]) -> None:
    columns = ("small, 1", "small, 16", "p99 ms", "large, 16", "https, 16", "start ms", "RSS MB")
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in random.sample(names, len(names)):
            server = Server(name)
            server.load("/small", 16, 1)
            alone, _ = server.load("/small", 1, seconds)
            many, tail = server.load("/small", 16, seconds)
            large, _ = server.load("/large", 16, seconds)
            memory = server.memory()
            server.end()
            secure = float("nan")
            server = Server(name, tls)
            if server.process.poll() is None:
                secure, _ = server.load("/small", 16, seconds)
                server.end()
            row = (alone, many, tail, large, secure, server.started * 1000, memory)
            taken[name].append(row)
            print(name, *(f"{value:.0f}" for value in row), file=sys.stderr)
    print("| server | " + " | ".join(columns) + " |\n|" + " --- |" * (len(columns) + 1))
    for name, rows in taken.items():
        cells = []
        for place, column in enumerate(zip(*rows, strict=True)):
            cell = f"{statistics.median(column):,.0f}"
            if name != "fakegraph" and "fakegraph" in taken and place in _RATES:
                ours = [row[place] for row in taken["fakegraph"]]
                pairs = zip(column, ours, strict=True)
                cell += f" ({statistics.median(theirs / own for theirs, own in pairs):.2f})"
            cells.append(cell)
        print(f"| {name} | " + " | ".join(cells) + " |")


def slow_clients(server: Server) -> str:
    """How long a normal request takes beside 200 idle connections and 100 half-sent requests."""
    request = b"GET /small HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    held = []
    try:
        for number in range(300):
            held.append(server.connect())
            if number >= 200:
                body = b"POST /size HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nhalf"
                held[-1].sendall((b"GET /small HTTP/1.1\r\nHost:", body)[number % 2])
        time.sleep(0.3)
        times = []
        for _ in range(10):
            began = time.perf_counter()
            with server.connect(3) as sock:
                sock.sendall(request)
                sock.recv(65536)
            times.append(time.perf_counter() - began)
        return f"{statistics.median(times) * 1000:.1f} ms"
    except OSError as error:
        return f"not answered ({type(error).__name__})"
    finally:
        for sock in held:
            sock.close()


def manners(name: str) -> None:
    """What the candidate does where servers differ."""
    server = Server(name)
    post = b"POST /size HTTP/1.1\r\n" + HOST
    chunked = post + b"Transfer-Encoding: chunked\r\n"
    questions = {
        "raw path": b"GET /raw/a%2Fb HTTP/1.1\r\n" + HOST + b"\r\n",
        "chunked body": chunked + b"\r\n3\r\nabc\r\n0\r\n\r\n",
        "expect": post + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        "body of 10 MB announced": post + b"Content-Length: 10000000\r\n\r\n",
        "two lengths": post + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "length and chunks": chunked + b"Content-Length: 3\r\n\r\n0\r\n\r\n",
        "length +3": post + b"Content-Length: +3\r\n\r\nabc",
        "no Host": b"GET /small HTTP/1.1\r\n\r\n",
        "head of 1 MB": b"GET /small HTTP/1.1\r\n" + HOST + b"A: " + b"a" * 1_000_000 + b"\r\n\r\n",
        "HTTP/1.0": b"GET /small HTTP/1.0\r\n\r\n",
        "HEAD": b"HEAD /small HTTP/1.1\r\n" + HOST + b"\r\n",
    }
    for question, sent in questions.items():
        try:
            said = server.ask(sent, 3)
            head, _, body = said.partition(b"\r\n\r\n")
            kept = "close" if b"close" in head.lower() else "kept"
            first = head.split(b"\r\n")[0].decode()[:40]
            answer = f"{first} {kept} {body[:60]!r}"
        except OSError as error:
            answer = type(error).__name__
        print(f"  {question}: {answer}")
    print("  slow clients:", slow_clients(server))
    second = subprocess.Popen(
        [sys.executable, __file__, "--serve", name, str(server.port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = second.communicate(timeout=8)[1].strip().splitlines() or [""]
        print(f"  port taken: exit {second.returncode}, {len(lines)} lines, {lines[-1][:90]}")
    except subprocess.TimeoutExpired:
        print("  port taken: does not notice")
        for process in [*psutil.Process(second.pid).children(recursive=True), second]:
            process.kill()
        second.communicate()
    took, code = server.end()
    print(f"  SIGTERM: {took * 1000:.0f} ms, exit {code}")
    server = Server(name)
    children = server.tree()[1:]
    server.process.kill()
    server.process.wait()
    time.sleep(1.5)
    left = [child for child in children if child.is_running()]
    print(f"  after SIGKILL: {len(left)} of its processes live on")
    for child in left:
        child.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CANDIDATES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--manners", action="store_true")
    options = parser.parse_args()
    if options.manners:
        for name in options.names:
            print(name)
            manners(name)
        return
    with tempfile.TemporaryDirectory() as folder:
        tls = (f"{folder}/cert.pem", f"{folder}/key.pem")
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=localhost",
                "-out",
                tls[0],
                "-keyout",
                tls[1],
            ],
            check=True,
            capture_output=True,
        )
        measure(options.names, options.rounds, options.seconds, tls)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        sys.path.insert(0, str(ROOT))
        _, _, chosen, chosen_port, *files = sys.argv
        CANDIDATES[chosen](make_app(), int(chosen_port), *(files or (None, None)))
    else:
        main()
