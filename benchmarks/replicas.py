"""What two servers over one database give over one, and what limits twenty. Prints markdown.

    python benchmarks/replicas.py [--seconds S] [--rounds N] [--workers]

One server and two take turns. Clients, as many for each, keep their connections and ask the next
server each time. For each kind of request: how many a second, and what of a core it takes in a
server and in the database. With --workers the two are workers of one server, at one port.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.postgres.database import Database
from tests.postgres.replicas import Replicas

CLIENTS = 4
HEADERS = {"Authorization": "Bearer program", "Content-Type": "application/json"}
OPTIONS = ("--no-fixture", "--log-level", "error")
_TICKS = os.sysconf("SC_CLK_TCK")

Ask = Callable[[http.client.HTTPConnection, int], None]


def _get(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path, headers=HEADERS)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, text


def page(connection: http.client.HTTPConnection, number: int) -> None:
    """A filtered page of ten users."""
    _get(connection, "/v1.0/users?$filter=startswith(displayName,'User%207')&$top=10")


def one(connection: http.client.HTTPConnection, number: int) -> None:
    """One user."""
    _get(connection, f"/v1.0/users/user{number % 1000}@contoso.com")


def create(connection: http.client.HTTPConnection, number: int) -> None:
    """Make a group, of another name each time."""
    name = f"g{os.getpid()}x{number}"
    body = {
        "displayName": name,
        "mailNickname": name,
        "mailEnabled": False,
        "securityEnabled": True,
    }
    connection.request("POST", "/v1.0/groups", json.dumps(body), HEADERS)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 201, text


KINDS: dict[str, Ask] = {"one user": one, "page of ten, filtered": page, "make a group": create}


class Measured(NamedTuple):
    """Requests a second, and seconds of a core for each, in the servers and in the database."""

    rate: float
    server: float
    database: float


def client(places: list[str], kind: str, until: float, told: Any) -> None:
    """Ask one server after the other until it is over; tells how often."""
    connections = cycle([http.client.HTTPConnection(place) for place in places])
    asked = 0
    for number in count():
        if time.monotonic() >= until:
            break
        KINDS[kind](next(connections), number)
        asked += 1
    told.put(asked)


def cpu(pids: list[int]) -> float:
    """Seconds of a core that processes have taken, with those of them that have ended."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def measure(replicas: Replicas, database: Database, kind: str, seconds: float) -> Measured:
    """Ask all of them for so many seconds."""
    places = [each.netloc for each in replicas.all]
    own = [each.process.pid for each in replicas.all if each.process is not None]
    servers = [pid for each in own for pid in family(each)]
    told: Any = multiprocessing.Queue()
    before = cpu(servers), cpu(family(database.pid))
    began = time.monotonic()
    about = (places, kind, began + seconds, told)
    clients = [multiprocessing.Process(target=client, args=about) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    asked = sum(told.get() for _ in clients)
    took = time.monotonic() - began
    after = cpu(servers), cpu(family(database.pid))
    for each in clients:
        each.join()
    return Measured(asked / took, (after[0] - before[0]) / asked, (after[1] - before[1]) / asked)


def fill(replicas: Replicas) -> None:
    """Make the users that are asked for."""
    connection = http.client.HTTPConnection(replicas.all[0].netloc)
    users = [
        {"displayName": f"User {number}", "userPrincipalName": f"user{number}@contoso.com"}
        for number in range(1000)
    ]
    connection.request("POST", "/_fakegraph/seed", json.dumps({"users": users}), HEADERS)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", action="store_true")
    said = parser.parse_args()
    found: dict[tuple[str, int], list[Measured]] = {}
    database = Database()
    two = (1, *OPTIONS, "--workers", "2") if said.workers else (2, *OPTIONS)
    several = {1: Replicas(database.url, 1, *OPTIONS), 2: Replicas(database.url, *two)}
    try:
        for replicas in several.values():
            replicas.start()
        fill(several[1])
        for kind in KINDS:
            for replicas in several.values():
                measure(replicas, database, kind, 0.5)
        for _ in range(said.rounds):
            for kind in KINDS:
                for number, replicas in several.items():
                    each = measure(replicas, database, kind, said.seconds)
                    found.setdefault((kind, number), []).append(each)
    finally:
        for replicas in several.values():
            for replica in replicas.all:
                if replica.process is not None:
                    replica.end(signal.SIGTERM)
        database.stop()
    show(found)


def show(found: dict[tuple[str, int], list[Measured]]) -> None:
    """Print the medians."""
    print("| request | one, 1/s | two, 1/s | two : one | CPU ms: server | of two | database |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for kind in KINDS:
        one_, two = found[kind, 1], found[kind, 2]
        ratio = statistics.median(b.rate / a.rate for a, b in zip(one_, two, strict=True))
        rates = [statistics.median(each.rate for each in rounds) for rounds in (one_, two)]
        times = [
            1000 * statistics.median(getattr(each, part) for each in rounds)
            for rounds, part in ((one_, "server"), (two, "server"), (one_, "database"))
        ]
        said = [f"{rates[0]:.0f}", f"{rates[1]:.0f}", f"{ratio:.2f}", *(f"{t:.2f}" for t in times)]
        print(f"| {kind} | {' | '.join(said)} |")


if __name__ == "__main__":
    main()
