"""``fakegraph serve --workers``: processes that accept at one listener, and what becomes of them."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fakegraph.workers import MOST_DEATHS

SERVE = [sys.executable, "-m", "fakegraph", "serve", "--port", "0"]
PLAIN = ("--auth", "off", "--no-fixture")
HEALTH, USERS = "/_fakegraph/health", "/v1.0/users"
PERSON = {
    "displayName": "Ada",
    "mailNickname": "ada",
    "accountEnabled": True,
    "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
}


class Server:
    """A server of several processes, what it says, and connections to it."""

    def __init__(self, url, *options, **about):
        command = [*SERVE, "--store", url, *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **pipes, **about)
        self.said = []
        self._reader = threading.Thread(target=lambda: self.said.extend(self.process.stderr))
        self._reader.start()
        self.shown = self.process.stdout.readline()
        self.netloc = urlsplit(self.shown.split()[-1]).netloc if self.shown else ""

    @property
    def workers(self):
        """The processes that answer."""
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def connect(self):
        return http.client.HTTPConnection(self.netloc, timeout=30)

    def ask(self, method, path, body=None, over=None):
        connection = over or self.connect()
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if over is None:
            connection.close()
        return answer.status, json.loads(text) if text else None

    def says(self, pattern):
        """Wait until a line on stderr says that."""
        while not any(re.search(pattern, line) for line in tuple(self.said)):
            assert self.process.poll() is None, "".join(self.said)
            time.sleep(0.02)

    def wait(self):
        """What it ends with, and what else it has printed."""
        rest = self.process.stdout.read()
        code = self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return code, rest

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()


@contextmanager
def serving(url, *options, **about):
    server = Server(url, *options, **about)
    try:
        yield server
    finally:
        if server.process.returncode is None:
            server.end()


@pytest.fixture(scope="module")
def server(database):
    with serving(database, "--workers", "2", *PLAIN) as found:
        yield found


def is_there(pid):
    """Whether a process is there, and no zombie."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def of_each(server):
    """A connection to each worker, by its process: who is the only one to go on has it."""
    found = {}
    try:
        yield _of_each(server, found)
    finally:
        for each in found.values():
            each.close()


def _of_each(server, found):
    first, second = server.workers
    for one, other in ((first, second), (second, first)):
        os.kill(other, signal.SIGSTOP)
        try:
            connection = found[one] = server.connect()
            assert server.ask("GET", HEALTH, over=connection)[0] in {200, 503}
        finally:
            os.kill(other, signal.SIGCONT)
    return found


def test_each_of_them_answers_and_has_what_the_other_was_told(server):
    told = {**PERSON, "userPrincipalName": "told@contoso.com"}
    fault = {"match": {"path": "**/users"}, "status": 503, "times": 1}
    with of_each(server) as connections:
        one, other = connections.values()
        assert server.ask("POST", USERS, told, over=one)[0] == 201
        assert server.ask("GET", f"{USERS}/told@contoso.com", over=other)[1]["displayName"] == "Ada"
        assert server.ask("POST", USERS, told, over=other)[0] == 400
        assert server.ask("POST", "/_fakegraph/faults", fault, over=other)[0] == 201
        answers = [server.ask("GET", USERS, over=each)[0] for each in (one, other, one, other)]
        assert answers == [503, 200, 200, 200]


def test_a_worker_that_dies_is_said_and_another_one_answers(server):
    before = server.workers
    gone, left = before
    with of_each(server) as connections:
        os.kill(gone, signal.SIGKILL)
        server.says(rf"worker {gone} was ended by SIGKILL: another one is started")
        assert server.ask("GET", USERS, over=connections[left])[0] == 200
    while len(server.workers) < 2:
        time.sleep(0.01)
    (new,) = set(server.workers) - {left}
    os.kill(left, signal.SIGSTOP)
    try:
        assert server.ask("GET", USERS)[0] == 200  # by the new one, as nobody else is there
    finally:
        os.kill(left, signal.SIGCONT)
    assert new not in before


def test_figures_of_one_worker_are_not_given_for_those_of_the_server(server):
    status, body = server.ask("GET", "/_fakegraph/metrics")
    assert (status, body["error"]["code"]) == (501, "NotImplemented")
    assert "2 workers" in body["error"]["message"]


def test_it_is_said_once_where_it_listens_and_all_end_with_it(database, tmp_path):
    ready = tmp_path / "ready.json"
    with serving(database, "--workers", "3", "--ready-file", str(ready), *PLAIN) as server:
        written, workers = json.loads(ready.read_text()), server.workers
        assert server.shown == f"fakegraph listening on {written['url']}\n"
        assert (written["pid"], len(workers)) == (server.process.pid, 3)
        assert server.end() == (0, "")
        assert not ready.exists()
        assert not any(map(is_there, workers))
        assert sum("serves no fixture" in line for line in server.said) == 1


def test_what_is_under_way_is_answered_and_health_says_that_it_ends(database):
    with serving(database, "--workers", "2", "--drain", "2", *PLAIN) as server:
        slow = {"match": {"path": "**/groups"}, "delayMs": 1000}
        assert server.ask("POST", "/_fakegraph/faults", slow)[0] == 201
        with of_each(server) as connections, ThreadPoolExecutor() as threads:
            one, other = connections.values()
            answered = threads.submit(server.ask, "GET", "/v1.0/groups", over=one)
            server.process.terminate()
            while (found := server.ask("GET", HEALTH, over=other)[0]) == 200:
                time.sleep(0.01)
            assert found == 503
            assert server.ask("GET", USERS, over=other)[0] == 200
            assert answered.result()[0] == 200
        assert server.wait() == (0, "")


def test_a_second_signal_ends_all_of_them_at_once(database):
    with serving(database, "--workers", "2", "--drain", "3600", *PLAIN) as server:
        workers = server.workers
        for each in (*workers, server.process.pid):  # as those do that tell a group of processes
            os.kill(each, signal.SIGTERM)
        with of_each(server) as connections:
            answers = [server.ask("GET", HEALTH, over=each)[0] for each in connections.values()]
        assert answers == [503, 503]
        assert server.workers == workers
        server.process.terminate()
        assert server.wait() == (0, "")


def test_workers_end_with_the_process_that_started_them(database):
    with serving(database, "--workers", "2", *PLAIN) as server:
        workers = server.workers
        server.process.kill()
        assert server.wait()[0] == -signal.SIGKILL
        while any(map(is_there, workers)):
            time.sleep(0.01)


def test_it_ends_with_its_standard_input(database):
    options = ("--workers", "2", "--until-eof", *PLAIN)
    with serving(database, *options, stdin=subprocess.PIPE) as server:
        assert server.ask("GET", USERS)[0] == 200
        server.process.stdin.close()
        assert server.wait() == (0, "")


def test_where_they_go_on_dying_the_server_ends(database):
    with serving(database, "--workers", "2", *PLAIN) as server:
        for number in range(MOST_DEATHS + 1):
            os.kill(server.workers[0], signal.SIGKILL)
            while sum("was ended by SIGKILL" in line for line in tuple(server.said)) <= number:
                time.sleep(0.01)
        code, _ = server.wait()
        assert code == 1
        assert f"more than {MOST_DEATHS} have ended within 60 seconds" in server.said[-1]
        assert not any("Traceback" in line for line in server.said)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--fixture", "/nowhere.json"), 1, "/nowhere.json"),
        (("--model", "v9=file.xml"), 2, "the versions are"),
        (("--host", "192.0.2.1"), 1, "cannot listen on 192.0.2.1"),
    ],
)
def test_what_stops_the_start_is_said_once(database, options, code, said):
    command = [*SERVE, "--store", database, "--workers", "3", *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (code, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith("Error: ")
    assert said in line
