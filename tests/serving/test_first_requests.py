"""Several clients ask a server for different things the moment it answers, while it is still loading.

``STARTS`` says how many servers are started, one after the other (1 if not given; ``make crash-test``
says 200).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

STARTS = int(os.environ.get("STARTS", "1"))
CONTOSO = "c0a70500-0000-4000-8000-0000000000ff"
COLLECTIONS = ("users", "groups", "me/messages", "me/events", "me/drive/root/children", "teams")
SERVE = (sys.executable, "-m", "fakegraph", "serve", "--port", "0", "--log-level", "warning")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The URL of a server that has just begun to answer, and then says nothing of errors."""
    with subprocess.Popen(
        SERVE, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            said = process.stderr.read()
    assert said == ""


def length(url: str) -> int:
    request = urllib.request.Request(f"{url}?$top=2", headers={"Authorization": "Bearer x"})
    with urllib.request.urlopen(request) as answer:
        return len(json.load(answer)["value"])


def issuer(url: str) -> str:
    with urllib.request.urlopen(f"{url}/default/v2.0/.well-known/openid-configuration") as answer:
        return str(json.load(answer)["issuer"])


def counted(url: str) -> int:
    with urllib.request.urlopen(f"{url}/_fakegraph/records") as answer:
        return sum(json.load(answer).values())


@pytest.mark.parametrize("start", range(STARTS))
def test_all_have_what_is_there(tmp_path: Path, start: int) -> None:
    with served(tmp_path) as url, ThreadPoolExecutor(len(COLLECTIONS) + 2) as threads:
        said, records = threads.submit(issuer, url), threads.submit(counted, url)
        lengths = threads.map(length, [f"{url}/v1.0/{name}" for name in COLLECTIONS])
        assert list(lengths) == [2] * len(COLLECTIONS)
        assert CONTOSO in said.result()
        assert records.result() > 1000


IN_PROCESS = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from werkzeug.test import Client
from fakegraph.app import create_app

sys.setswitchinterval(1e-6)
client, together = Client(create_app()), Barrier(8)

def value(number):
    together.wait()
    target = ("/v1.0/users?$expand=manager", "/beta/groups", "/v1.0/me/messages")[number % 3]
    answer = client.get(target, headers={"Authorization": "Bearer x"})
    return target, answer.json["value"]

with ThreadPoolExecutor(8) as threads:
    print(json.dumps([list(threads.map(value, range(8))) for _ in range(2)]))
"""


def test_first_answers_of_threads_are_those_that_come_later(tmp_path: Path) -> None:
    ended = subprocess.run(
        (sys.executable, "-c", IN_PROCESS), cwd=tmp_path, capture_output=True, text=True
    )

    assert ended.stderr == ""
    first, later = json.loads(ended.stdout)
    assert first == later
