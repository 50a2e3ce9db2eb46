"""``fakegraph serve`` is killed while eight clients write; what it acknowledged must be there.

``CRASH_ROUNDS`` says how often (2 if not given; ``make crash-test`` says 50).
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

from tests.conftest import SET, event

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "2"))
WRITERS = 8
GONE = None
HEADERS = {"Authorization": "Bearer x", "Content-Type": "application/json"}


class Writer(threading.Thread):
    """Creates, updates and deletes records of its own until the server is gone.

    ``possible`` has for each key the display names that it may have by now: one that was
    acknowledged, and another while a write is under way. ``GONE`` is a deleted record's.
    """

    def __init__(self, number: int, possible: dict[str, set[str | None]]) -> None:
        super().__init__()
        self.chance = random.Random(number)
        self.possible = possible
        self.numbers = itertools.count()
        self.prefix = f"w{number}"
        self.acknowledged = 0

    def connect(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def run(self) -> None:
        try:
            while True:
                self.write()
        except (OSError, http.client.HTTPException):
            self.connection.close()

    def write(self) -> None:
        stored = [key for key, names in self.possible.items() if names != {GONE}]
        action = self.chance.choice(
            ["create", "create", "update", "delete"] if stored else ["create"]
        )
        key = f"{self.prefix}-{next(self.numbers)}-{self.chance.random()}"
        name: str | None = f"name {self.chance.random()}"
        if action == "create":
            self.send("POST", SET, key, name, 201, event(id=key, userDisplayName=name))
        elif action == "update":
            key = self.chance.choice(stored)
            self.send("PATCH", f"{SET}/{key}", key, name, 200, {"userDisplayName": name})
        else:
            key = self.chance.choice(stored)
            self.send("DELETE", f"{SET}/{key}", key, GONE, 204, None)

    def send(
        self, method: str, path: str, key: str, name: str | None, status: int, body: object
    ) -> None:
        self.possible.setdefault(key, {GONE}).add(name)
        self.connection.request(method, path, json.dumps(body) if body else None, HEADERS)
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status == status
        self.possible[key] = {name}
        self.acknowledged += 1


def serve(folder):
    command = [sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--no-fixture"]
    command += ["--data-dir", "data", "--log-level", "error"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().split()[-1]


def stored_names(url):
    """Every record's display name by id, by way of all pages."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    found, path = {}, f"{SET}?$top=999&$select=id,userDisplayName"
    while path:
        connection.request("GET", path, headers=HEADERS)
        page = json.load(connection.getresponse())
        found |= {record["id"]: record["userDisplayName"] for record in page["value"]}
        path = page.get("@odata.nextLink", "").removeprefix(url)
    connection.close()
    return found


def test_acknowledged_writes_survive_being_killed(tmp_path):
    chance = random.Random(1)
    possible = [dict[str, set[str | None]]() for _ in range(WRITERS)]
    acknowledged = 0
    for number in range(ROUNDS):
        process, url = serve(tmp_path)
        writers = [Writer(number * WRITERS + n, possible[n]) for n in range(WRITERS)]
        for writer in writers:
            writer.connect(url)
            writer.start()
        time.sleep(chance.uniform(0.05, 0.6))
        process.send_signal(signal.SIGKILL)
        for writer in writers:
            writer.join()
            acknowledged += writer.acknowledged
        process.communicate()

        process, url = serve(tmp_path)
        found = stored_names(url)
        for keys in possible:
            for key, names in keys.items():
                assert found.get(key) in names, f"round {number}: {key}"
                keys[key] = {found.get(key)}
        assert found.keys() <= {key for keys in possible for key in keys}
        process.terminate()
        process.communicate()
        assert process.returncode == 0
    assert acknowledged > 20 * ROUNDS
