"""Each server that is measured: how it gets its records, starts, and what is asked of it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from records import SET, record, record_id, records, write_jsonl
from running import Running, free_port

HERE = Path(__file__).resolve().parent
NODE = HERE / "node_modules" / ".bin"
PAGE = 100
_GRAPH = f"/beta/reports/{SET}"


@dataclass(frozen=True)
class Contender:
    """One kind of server.

    ``start(size, folder)`` starts it with that many records, files in ``folder``. The paths are
    those of the set, of the first page of 100 records whose feature is ``reset``, and of one that
    answers early. ``largest`` is the size beyond which it is not measured; ``stores`` says whether
    what was created can be read again.
    """

    name: str
    start: Callable[[int, Path], Running]
    path: str
    page: str
    largest: int = 100_000
    stores: bool = True

    def count(self, server: Running) -> int:
        """How many records it has."""
        if self.name == "fakegraph":
            return int(server.ask("GET", f"{self.path}/$count"))
        return len(server.ask("GET", self.path))


def start_fakegraph(size: int, folder: Path) -> Running:
    """With its records in a data folder on disk, a copy of what a first run has put there."""
    stored = folder.parents[1] / f"stored-{size}"
    last = f"{_GRAPH}/{record_id(size - 1)}"
    if not stored.exists():
        stored.mkdir()
        fixture = write_jsonl(size, stored / f"{SET}.jsonl")
        options = ["--data-dir", str(stored / "data"), "--fixture", str(fixture)]
        _fakegraph(options, last, stored / "log").end()
    shutil.copytree(stored / "data", folder / "data")
    return _fakegraph(["--data-dir", str(folder / "data"), "--no-fixture"], last, folder / "log")


def start_contoso(_: int, folder: Path) -> Running:
    """With the built-in fixture, in memory."""
    return _fakegraph(["--fixture", "contoso"], f"{_GRAPH}?$top=1", folder / "log")


def serve_fakegraph(options: list[str], log: Path) -> Running:
    """With these options, whatever it has."""
    return _fakegraph(options, "/v1.0/users?$top=1", log)


def _fakegraph(options: list[str], path: str, log: Path) -> Running:
    port, program = free_port(), Path(sys.executable).with_name("fakegraph")
    command = [str(program), "serve", "--port", str(port), "--auth", "bearer", *options]
    return Running([*command, "--log-level", "warning"], port, path, log)


def start_floor(kind: str) -> Callable[[int, Path], Running]:
    """A floor answers what ``folder/bodies`` has."""

    def start(_: int, folder: Path) -> Running:
        port = free_port()
        command = [sys.executable, str(HERE / "floors.py"), kind, str(port)]
        return Running([*command, str(folder / "bodies")], port, "/set/1", folder / f"{kind}.log")

    return start


def start_json_server(size: int, folder: Path) -> Running:
    port, data = free_port(), folder / "db.json"
    data.write_text(json.dumps({SET: list(records(size))}))
    command = [str(NODE / "json-server"), "--host", "127.0.0.1", "--port", str(port), str(data)]
    return Running(command, port, f"/{SET}/{record_id(size - 1)}", folder / "log")


def start_mockoon(size: int, folder: Path) -> Running:
    port, data = free_port(), folder / "mockoon.json"
    bucket = {
        "uuid": "00000000-0000-4000-8000-000000000001",
        "id": "data",
        "name": SET,
        "value": json.dumps(list(records(size))),
    }
    answer = {
        "uuid": "00000000-0000-4000-8000-000000000002",
        "statusCode": 200,
        "bodyType": "DATABUCKET",
        "databucketID": "data",
        "default": True,
        "crudKey": "id",
    }
    route = {
        "uuid": "00000000-0000-4000-8000-000000000003",
        "type": "crud",
        "endpoint": SET,
        "responses": [answer],
    }
    environment = {
        "uuid": "00000000-0000-4000-8000-000000000004",
        "lastMigration": 33,
        "name": "benchmark",
        "port": port,
        "routes": [route],
        "rootChildren": [{"type": "route", "uuid": route["uuid"]}],
        "data": [bucket],
    }
    data.write_text(json.dumps(environment))
    command = [str(NODE / "mockoon-cli"), "start", "--data", str(data), "--port", str(port)]
    command += ["--hostname", "127.0.0.1", "--repair", "--disable-log-to-file"]
    return Running(
        [*command, "--disable-admin-api"],
        port,
        f"/{SET}/{record_id(size - 1)}",
        folder / "log",
    )


def start_wiremock(size: int, folder: Path) -> Running:
    """It keeps no records: each is a stub of its own, and creating one is a constant answer."""
    port, mappings = free_port(), folder / "mappings"
    mappings.mkdir()
    url = f"/{SET}"
    page = [each for each in records(2 * PAGE + 1) if each["feature"] == "reset"][:PAGE]
    stubs = [_stub("GET", f"{url}/{each['id']}", each) for each in records(size)]
    stubs += [_stub("GET", f"{url}?feature=reset", page), _stub("POST", url, record(0), 201)]
    (mappings / "all.json").write_text(json.dumps({"mappings": stubs}))
    command = [str(NODE / "wiremock"), "--port", str(port), "--root-dir", str(folder)]
    command += ["--no-request-journal", "--disable-request-logging", "--disable-banner"]
    return Running(command, port, f"{url}/{record_id(size - 1)}", folder / "log")


def _stub(method: str, url: str, body: object, status: int = 200) -> dict[str, object]:
    headers = {"Content-Type": "application/json"}
    return {
        "request": {"method": method, "url": url},
        "response": {"status": status, "jsonBody": body, "headers": headers},
    }


FAKEGRAPH = Contender(
    "fakegraph",
    start_fakegraph,
    _GRAPH,
    f"{_GRAPH}?$filter=feature%20eq%20%27reset%27&$top={PAGE}",
    largest=1_000_000,
)
FLOORS = (
    Contender("constant Flask view", start_floor("flask"), "/set", "/set", 1_000_000, False),
    Contender("bare WSGI", start_floor("bare"), "/set", "/set", 1_000_000, False),
)
PEERS = (
    Contender(
        "json-server",
        start_json_server,
        f"/{SET}",
        f"/{SET}?feature=reset&_page=1&_per_page={PAGE}",
    ),
    Contender(
        "Mockoon CLI",
        start_mockoon,
        f"/{SET}",
        f"/{SET}?feature_eq=reset&page=1&limit={PAGE}",
    ),
    Contender("WireMock", start_wiremock, f"/{SET}", f"/{SET}?feature=reset", 10_000, False),
)
