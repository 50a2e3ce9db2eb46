"""Replicas as they are run: processes behind one address, told to end, and without their database."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from .database import Database
from .replicas import serving

HEALTH = "/_fakegraph/health"


def ask(url, method="GET", body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    about = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, data, about, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def test_what_is_told_to_end_says_so_first_and_answers_what_is_under_way(database):
    with serving(database, 1, "--auth", "off", "--no-fixture", "--drain", "4") as replicas:
        (one,) = replicas.all
        own = f"http://{one.netloc}"
        assert ask(own + HEALTH)[0] == 200
        slow = {"match": {"path": "/users"}, "delayMs": 1500, "status": 418}
        assert ask(f"{own}/_fakegraph/faults", "POST", slow)[0] == 201
        answers = []
        under_way = threading.Thread(target=lambda: answers.append(ask(f"{own}/v1.0/users")))
        under_way.start()
        time.sleep(0.5)

        one.process.send_signal(signal.SIGTERM)
        while ask(own + HEALTH)[0] == 200:
            time.sleep(0.02)
        status, said = ask(own + HEALTH)
        assert (status, said["error"]["code"]) == (503, "serviceNotAvailable")
        port = one.netloc.rpartition(":")[2]
        health = [sys.executable, "-m", "fakegraph", "health", "--port", port]
        told = subprocess.run(health, capture_output=True, text=True, check=False)
        assert told.returncode == 1
        assert "is not ready: The server is about to end" in told.stderr
        assert ask(f"{own}/v1.0/groups")[0] == 200
        under_way.join()
        assert [status for status, _ in answers] == [418]
        assert one.wait() == 0


def test_health_and_requests_say_that_the_database_does_not_answer_and_go_on_when_it_does():
    database = Database("-c", "fsync=off")
    try:
        with serving(database.url, 1, "--auth", "off", "--no-fixture") as replicas:
            url = replicas.url
            assert ask(url + HEALTH)[0] == 200
            database.kill()
            status, said = ask(url + HEALTH)
            assert (status, said["error"]["code"]) == (503, "serviceNotAvailable")
            assert "The store does not answer" in said["error"]["message"]
            assert ask(f"{url}/v1.0/users")[0] == 503
            database.start()
            while ask(url + HEALTH)[0] != 200:
                time.sleep(0.05)
            assert ask(f"{url}/v1.0/users") == (
                200,
                {"@odata.context": f"{url}/v1.0/$metadata#users", "value": []},
            )
    finally:
        database.stop()
