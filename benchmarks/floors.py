"""What the same server does with next to no work: a Flask view of constants, and bare WSGI.

    python floors.py flask|bare|files PORT FOLDER

FOLDER has the bodies: ``get``, ``page`` and ``create``, each as fakegraph answers it. ``files`` is
a view of one file in FOLDER: PUT adds what comes to it, GET gives it, both block by block.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from fakegraph.serving import serve


def flask_app(bodies: dict[str, bytes]) -> Flask:
    app = Flask(__name__, static_folder=None)

    @app.get("/set/<_>")
    def get(_: str) -> Response:
        return Response(bodies["get"], mimetype="application/json")

    @app.get("/set")
    def page() -> Response:
        return Response(bodies["page"], mimetype="application/json")

    @app.post("/set")
    def create() -> Response:
        request.get_data()
        return Response(bodies["create"], 201, mimetype="application/json")

    return app


def bare_app(bodies: dict[str, bytes]) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            environ["wsgi.input"].read()
            body, status = bodies["create"], "201 Created"
        else:
            body, status = bodies["page" if environ["PATH_INFO"] == "/set" else "get"], "200 OK"
        start_response(status, [("Content-Type", "application/json")])
        return [body]

    return app


_MIB = 1 << 20


def file_app(folder: Path) -> Any:
    held = folder / "held"
    held.touch()

    def blocks(file: Any) -> Iterator[bytes]:
        with file:
            yield from iter(lambda: file.read(_MIB), b"")

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PUT":
            with held.open("ab") as file:
                for block in iter(lambda: environ["wsgi.input"].read(_MIB), b""):
                    file.write(block)
            start_response("202 Accepted", [("Content-Length", "0")])
            return []
        size = str(held.stat().st_size)
        start_response("200 OK", [("Content-Length", size), ("Content-Type", "image/png")])
        return blocks(held.open("rb"))

    return app


if __name__ == "__main__":
    _, kind, port, folder = sys.argv
    if kind == "files":
        app, most = file_app(Path(folder)), 64 * _MIB
    else:
        found = {file.name: file.read_bytes() for file in Path(folder).iterdir()}
        app, most = {"flask": flask_app, "bare": bare_app}[kind](found), _MIB
    serve(app, host="127.0.0.1", port=int(port), max_body=most, ready=print)
