"""``fakegraph serve`` is killed while files come in ranges: what it acknowledged must be there, and
nothing that nobody can reach.

``UPLOAD_KILLS`` says how often (once if not given; ``make crash-test`` says 200).
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import threading
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from tests.test_crash import HEADERS, serve

ROUNDS = int(os.environ.get("UPLOAD_KILLS", "1"))
UPLOADERS, RANGE, RANGES = 3, 20_000, 5


class Uploader(threading.Thread):
    """Sends files of its own in ranges, and gives some up, until the server is gone.

    ``files`` has what was acknowledged, by name; ``sessions`` how far those are that are under way,
    by URL: what was acknowledged, and what may be there as well; ``given_up`` those that may be gone.
    """

    def __init__(self, number: int, url: str) -> None:
        super().__init__()
        self.chance = random.Random(number)
        self.prefix = f"u{number}"
        self.files: dict[str, str] = {}
        self.sessions: dict[str, tuple[str, bytes, int]] = {}
        self.given_up: set[str] = set()
        self.begun, self.finished = threading.Event(), threading.Event()
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def run(self) -> None:
        try:
            while True:
                self.upload(f"{self.prefix}-{len(self.files)}-{self.chance.random()}")
        except (OSError, http.client.HTTPException):
            self.connection.close()

    def ask(
        self, method: str, url: str, body: bytes | None = None, **more: str
    ) -> tuple[int, bytes]:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self.connection.request(method, target, body, {**HEADERS, **more})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def upload(self, name: str) -> None:
        data = self.chance.randbytes(RANGE * RANGES)
        path = f"/v1.0/me/drive/root:/{name}:/createUploadSession"
        status, said = self.ask("POST", path, b"{}")
        assert status == 200, said
        url = json.loads(said)["uploadUrl"]
        self.sessions[url] = name, data, 0
        self.begun.set()
        for first in range(0, len(data), RANGE):
            if self.chance.random() < 0.05:
                self.given_up.add(url)  # which may be done, and not acknowledged
                self.ask("DELETE", url)
                del self.sessions[url]
                return
            ranges = {"Content-Range": f"bytes {first}-{first + RANGE - 1}/{len(data)}"}
            status, said = self.ask("PUT", url, data[first : first + RANGE], **ranges)
            assert status in (201, 202), said
            self.sessions[url] = name, data, first + RANGE
        self.files[name] = sha256(data).hexdigest()
        self.finished.set()
        del self.sessions[url]


class Reader:
    """What a server that was started again has."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def close(self) -> None:
        self._connection.close()

    def get(self, url: str) -> tuple[int, bytes, http.client.HTTPMessage]:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self._connection.request("GET", target, headers=HEADERS)
        answer = self._connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def digest(self, name: str) -> str | None:
        """The hash of a file's bytes; None where there is no file."""
        status, _, headers = self.get(f"/v1.0/me/drive/root:/{name}:/content")
        if status == 404:
            return None
        assert status == 302
        return sha256(self.get(headers["Location"])[1]).hexdigest()


def check(url: str, uploaders: list[Uploader]) -> set[str]:
    """Assert that all is there that was acknowledged. Gives the names that contents may have."""
    reader, named = Reader(url), set[str]()
    for each in uploaders:
        for name, digest in each.files.items():
            assert reader.digest(name) == digest, name
            named.add(digest)
        for target, (name, data, received) in each.sessions.items():
            moved = target.replace(urlsplit(target).netloc, urlsplit(url).netloc)
            status, said, _ = reader.get(moved)
            if status == 404:  # the last range came, and was not acknowledged
                whole = sha256(data).hexdigest()
                may_be_gone = received == 0 or target in each.given_up
                assert may_be_gone or reader.digest(name) == whole
                named.add(whole)
                continue
            there = int(json.loads(said)["nextExpectedRanges"][0].split("-")[0])
            assert there in (received, received + RANGE)
            parts = range(0, there, RANGE)
            named |= {sha256(data[first : first + RANGE]).hexdigest() for first in parts}
    reader.close()
    return named


def test_acknowledged_ranges_survive_being_killed_and_nothing_else_stays(tmp_path: Path) -> None:
    chance = random.Random(1)
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        process, url = serve(folder)
        uploaders = [Uploader(number * UPLOADERS + each, url) for each in range(UPLOADERS)]
        for each in uploaders:
            each.start()
            assert each.begun.wait(60)
        if number == 0:  # however slow the machine is, some are kept whole
            assert uploaders[0].finished.wait(60)
        time.sleep(chance.uniform(0.0, 0.5))
        process.send_signal(signal.SIGKILL)
        for each in uploaders:
            each.join()
        process.communicate()

        process, url = serve(folder)
        named = check(url, uploaders)
        process.terminate()
        process.communicate()
        assert process.returncode == 0
        kept = folder / "data" / "default.bytes"
        stored = {path.name for path in kept.iterdir()} if kept.exists() else set()
        assert stored <= named, f"round {number}: bytes that nothing refers to stayed"
