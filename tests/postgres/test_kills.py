"""Writers and readers of one tenant, whose servers are killed and whose database is restarted meanwhile.

``REPLICA_SECONDS`` says for how long (10 if not given; ``make crash-test`` says 60). An answer of 500 and above, and a
connection that breaks off, says nothing of whether a write was made.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from .database import Database
from .replicas import serving

SECONDS = int(os.environ.get("REPLICA_SECONDS", "10"))
EVERY = 5 if SECONDS >= 30 else 3
USERS = "/v1.0/users"
GONE = None


class Client:
    """Asks over one connection, and again over another one where that is lost."""

    def __init__(self, url):
        self.url = url
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=90)

    def ask(self, method, path, body=None):
        """Status and JSON; 599 where there was no answer."""
        headers = {"Content-Type": "application/json", "ConsistencyLevel": "eventual"}
        try:
            data = None if body is None else json.dumps(body)
            self.connection.request(method, path.removeprefix(self.url), data, headers)
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.status >= 500:
                time.sleep(0.05)  # as clients do that are told to come again
            return answer.status, json.loads(text) if text else None
        except (OSError, http.client.HTTPException):
            self.connection.close()
            time.sleep(0.05)
            return 599, None

    def close(self):
        """Let go of the connection; it is there again when it is used."""
        self.connection.close()

    def insist(self, path):
        """The answer to a read, asked for until there is one."""
        while True:
            status, body = self.ask("GET", path)
            if status == 200:
                return body
            assert status >= 500, (path, status, body)


class Actor(threading.Thread):
    """Does one thing over and over until it is over."""

    def __init__(self, url, over, number, *about):
        super().__init__(daemon=True)
        self.client, self.over, self.number = Client(url), over, number
        self.chance = random.Random(number)
        self.wrong, self.done = [], 0
        self.prepare(*about)

    def prepare(self):
        """Take what it is about."""

    def run(self):
        try:
            while not self.over.is_set():
                self.act()
        except Exception as error:  # told by the test, in its own thread
            self.wrong.append(repr(error))
        finally:
            self.client.close()


def user(name, upn):
    return {
        "displayName": name,
        "mailNickname": "x",
        "userPrincipalName": upn,
        "accountEnabled": True,
        "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
    }


class Writer(Actor):
    """Makes, changes and deletes users of its own, and wants names that others want too."""

    def prepare(self, wanted, taken):
        self.wanted, self.taken = wanted, taken
        self.possible = {}  # by UPN, the names that it may have
        self.numbers = itertools.count()

    def act(self):
        if self.chance.random() < 0.3:
            self.take_name()
            return
        known = [upn for upn, names in self.possible.items() if names != {GONE}]
        action = self.chance.choice(["make", "make", "change", "delete"] if known else ["make"])
        name = f"name {self.number} {next(self.numbers)}"
        if action == "make":
            upn = f"w{self.number}.{next(self.numbers)}@contoso.com"
            self.write("POST", USERS, upn, name, {201}, user(name, upn))
        elif action == "change":
            upn = self.chance.choice(known)
            self.write("PATCH", f"{USERS}/{upn}", upn, name, {204}, {"displayName": name})
        else:
            upn = self.chance.choice(known)
            self.write("DELETE", f"{USERS}/{upn}", upn, GONE, {204})

    def write(self, method, path, upn, name, good, body=None):
        possible = self.possible.setdefault(upn, {GONE})
        possible.add(name)
        status, said = self.client.ask(method, path, body)
        if status in good:
            self.possible[upn] = {name}
            self.done += 1
        elif status < 500:
            may_be_gone = method != "POST" and GONE in possible and status == 404
            assert may_be_gone, (method, upn, status, said)
            self.possible[upn] = {GONE}

    def take_name(self):
        upn = f"shared{self.wanted[0]}@contoso.com"
        status, _ = self.client.ask("POST", USERS, user("shared", upn))
        if status == 201:
            self.taken[upn].append(self.number)
            self.wanted[0] += 1
        elif status < 500:
            self.wanted[0] += 1


class Pager(Actor):
    """Reads all users page by page: who was there all the time is there once."""

    def prepare(self, steady):
        self.steady = steady

    def act(self):
        found = Counter()
        path = f"{USERS}?$top=7&$select=userPrincipalName&$count=true"
        while path:
            page = self.client.insist(path)
            found.update(each["userPrincipalName"] for each in page["value"])
            path = page.get("@odata.nextLink")
        missing = [upn for upn in self.steady if found[upn] != 1]
        assert missing == [], missing
        assert max(found.values()) == 1, found.most_common(3)
        self.done += 1


class Follower(Actor):
    """Follows what changes from the start, and has in the end what there is."""

    def prepare(self):
        self.path, self.known = f"{USERS}/delta?$select=userPrincipalName,displayName", {}

    def act(self):
        page = self.client.insist(self.path)
        for each in page["value"]:
            if "@removed" in each:
                self.known.pop(each["id"], None)
            else:
                self.known.setdefault(each["id"], {}).update(each)
        self.path = page.get("@odata.nextLink") or page["@odata.deltaLink"]
        self.done += 1
        return "@odata.deltaLink" in page and not page["value"]

    def catch_up(self):
        while not self.act():
            pass
        self.client.close()


class Faulty(Actor):
    """Sets faults that hit once, and asks for them several times at once."""

    def prepare(self):
        self.numbers = itertools.count()

    def act(self):
        path = f"/groups/f{self.number}x{next(self.numbers)}"
        fault = {"match": {"path": path}, "status": 418}
        if self.client.ask("POST", "/_fakegraph/faults", fault)[0] != 201:
            return
        with ThreadPoolExecutor(4) as pool:
            clients = [Client(self.client.url) for _ in range(4)]
            found = list(pool.map(lambda each: each.ask("GET", f"/v1.0{path}")[0], clients))
            for each in clients:
                each.close()
        hits = found.count(418)
        sure = all(status < 500 for status in found)
        assert hits <= 1, found
        assert hits == 1 or not sure, found
        self.done += 1


def trouble(replicas, database, over):
    """Kill a server now and then, and the database twice."""
    began, chance = time.monotonic(), random.Random(7)
    restarts = [SECONDS / 3, 2 * SECONDS / 3]
    while restarts or time.monotonic() - began < SECONDS:
        time.sleep(EVERY)
        if restarts and time.monotonic() - began > restarts[0]:
            restarts.pop(0)
            database.kill()
            time.sleep(0.5)
            database.start()
        replica = chance.choice(replicas.all)
        replica.end(signal.SIGKILL)
        replica.start()
    over.set()


def test_nothing_is_lost_or_done_twice_whatever_is_killed():
    database = Database("-c", "fsync=off", "-c", "max_connections=200")
    options = ("--auth", "off", "--no-fixture", "--log-level", "error")
    try:
        with serving(database.url, 3, *options) as replicas:
            run(replicas, database)
    finally:
        database.stop()


def run(replicas, database):
    steady = [f"steady{number}@contoso.com" for number in range(40)]
    first = Client(replicas.url)
    for upn in steady:
        assert first.ask("POST", USERS, user("steady", upn))[0] == 201
    first.close()
    over, wanted = threading.Event(), [0]
    taken = {f"shared{number}@contoso.com": [] for number in range(100_000)}
    writers = [Writer(replicas.url, over, number, wanted, taken) for number in range(8)]
    pagers = [Pager(replicas.url, over, 100 + number, steady) for number in range(3)]
    followers = [Follower(replicas.url, over, 200 + number) for number in range(3)]
    faulty = [Faulty(replicas.url, over, 300 + number) for number in range(2)]
    actors = [*writers, *pagers, *followers, *faulty]
    for actor in actors:
        actor.start()
    trouble(replicas, database, over)
    for actor in actors:
        actor.join()
    done = Counter()
    for actor in actors:
        done[type(actor).__name__] += actor.done
    print(dict(done))
    assert [wrong for actor in actors for wrong in actor.wrong] == []

    for replica in replicas.all:
        client = Client(f"http://{replica.netloc}")
        stored = all_users(client)
        client.close()
        for writer in writers:
            for upn, names in writer.possible.items():
                assert stored.get(upn) in names, (upn, stored.get(upn), names)
        assert [upn for upn, by in taken.items() if len(by) > 1] == []
        assert [upn for upn, by in taken.items() if by and upn not in stored] == []
    for follower in followers:
        follower.catch_up()
        found = {each["userPrincipalName"]: each["displayName"] for each in follower.known.values()}
        assert found == stored
    assert all(actor.done for actor in actors), {actor.number: actor.done for actor in actors}


def all_users(client):
    """Every user's name, each there once."""
    found, path = [], f"{USERS}?$top=999&$select=userPrincipalName,displayName"
    while path:
        page = client.insist(path)
        found += page["value"]
        path = page.get("@odata.nextLink")
    names = {each["userPrincipalName"]: each["displayName"] for each in found}
    assert len(names) == len(found)
    return names
