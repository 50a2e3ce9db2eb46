"""A client that follows deltaLinks ends with exactly what is there, whatever others do meanwhile."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.client import HTTPException
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from fakegraph.app import close_app, create_app
from fakegraph.handle import FakeGraphServer
from fakegraph.settings import Settings
from fakegraph.store import Transaction
from tests.graph.whole.conftest import user
from tests.test_crash import serve

NAMES = ("ada", "bo", "cy", "di", "eve")
PLACES = st.integers(0, 9)


class Follower:
    """What a client knows of a place that follows its deltaLinks, one page after the other."""

    def __init__(self, path: str) -> None:
        self.link = f"/v1.0/{path}"
        self.known: dict[str, dict[str, Any]] = {}
        self.links: dict[str, set[str]] = {}
        self.at_rest = False

    def take(self, page: dict[str, Any]) -> None:
        """Merge a page into what is known, the later the better."""
        for item in page["value"]:
            if "@removed" in item or "deleted" in item:
                self.known.pop(item["id"], None)
                self.links.pop(item["id"], None)
                continue
            own = self.known.setdefault(item["id"], {})
            for name, value in item.items():
                if name == "members@delta":
                    members = self.links.setdefault(item["id"], set())
                    for each in value:
                        change = members.discard if "@removed" in each else members.add
                        change(each["id"])
                else:
                    own[name] = value
        self.at_rest = "@odata.deltaLink" in page
        self.link = page["@odata.deltaLink" if self.at_rest else "@odata.nextLink"]

    def step(self, client: FlaskClient) -> None:
        response = client.get(self.link)
        assert response.status_code == 200, response.text
        self.take(response.json)

    def catch_up(self, client: FlaskClient) -> None:
        """Follow to the end of this round, and through the whole of the next."""
        for _ in range(2):
            self.at_rest = False
            for _ in range(200):
                if not self.at_rest:
                    self.step(client)
            assert self.at_rest


class Followed(RuleBasedStateMachine):
    """Users, groups with members, messages in folders and files come, change, move and go, while
    followers take a page now and then, and the server starts anew on the same data.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.client = self._opened()
        self.made = 0
        self.box = self._post("users", user(userPrincipalName="box@x.com"))["id"]
        self.others: list[str] = []  # users that come and go
        self.groups: list[str] = []
        self.messages: list[str] = []
        self.items: list[str] = []

    def _opened(self) -> FlaskClient:
        app = create_app(
            Settings(fixture=(), auth="off", page_size=2, data_dir=Path(self.folder.name))
        )
        return app.test_client()

    def teardown(self) -> None:
        close_app(self.client.application)
        self.folder.cleanup()

    def _post(self, path: str, body: Any) -> dict[str, Any]:
        response = self.client.post(f"/v1.0/{path}", json=body)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json
        return made

    def _name(self) -> str:
        self.made += 1
        return f"n{self.made}"

    @initialize()
    def begin(self) -> None:
        mail = f"users/{self.box}/mailFolders"
        self.followers = {
            "users": Follower("users/delta?$select=displayName,jobTitle"),
            "groups": Follower("groups/delta?$select=displayName,members"),
            "inbox": Follower(f"{mail}/inbox/messages/delta?$select=subject&$top=2"),
            "archive": Follower(f"{mail}/archive/messages/delta?$select=subject"),
            "drive": Follower(f"users/{self.box}/drive/root/delta?$top=2"),
        }

    # What others do -----------------------------------------------------------------------------

    @rule()
    def make_user(self) -> None:
        name = self._name()
        body = user(displayName=name, mailNickname=name, userPrincipalName=f"{name}@x.com")
        self.others.append(self._post("users", body)["id"])

    @rule()
    def make_group(self) -> None:
        name = self._name()
        body = {"displayName": name, "mailNickname": name, "mailEnabled": True}
        body |= {"securityEnabled": False, "groupTypes": ["Unified"]}
        self.groups.append(self._post("groups", body)["id"])

    @rule(which=PLACES, title=st.sampled_from(["Pilot", "Cook", None]))
    def change_user(self, which: int, title: str | None) -> None:
        for each in self.others[which:][:1]:
            self.client.patch(f"/v1.0/users/{each}", json={"jobTitle": title})

    @rule(which=PLACES)
    def delete_user(self, which: int) -> None:
        for each in self.others[which:][:1]:
            self.client.delete(f"/v1.0/users/{each}")
            self.others.remove(each)

    @rule()
    def purge(self) -> None:
        path = "/v1.0/directory/deletedItems/microsoft.graph"
        users, groups = (self.client.get(f"{path}.{kind}").json for kind in ("user", "group"))
        for each in (users["value"] + groups["value"])[:1]:
            self.client.delete(f"/v1.0/directory/deletedItems/{each['id']}")

    @rule(which=PLACES)
    def restore(self, which: int) -> None:
        store = self.client.application.extensions["fakegraph_tenants"].named("default").store
        for row in list(store.hidden("users").scan())[which:][:1]:
            store.transact(partial(Transaction.restore, key=row.key))
            self.others.append(row.record["id"])

    @rule(which=PLACES)
    def delete_group(self, which: int) -> None:
        for each in self.groups[which:][:1]:
            self.client.delete(f"/v1.0/groups/{each}")
            self.groups.remove(each)

    @rule(which=PLACES, whom=PLACES)
    def link(self, which: int, whom: int) -> None:
        for group in self.groups[which:][:1]:
            for each in self.others[whom:][:1]:
                body = {"@odata.id": f"http://localhost/v1.0/users/{each}"}
                self.client.post(f"/v1.0/groups/{group}/members/$ref", json=body)

    @rule(which=PLACES, whom=PLACES)
    def unlink(self, which: int, whom: int) -> None:
        for group in self.groups[which:][:1]:
            for each in self.others[whom:][:1]:
                self.client.delete(f"/v1.0/groups/{group}/members/{each}/$ref")

    @rule(folder=st.sampled_from(["inbox", "archive"]))
    def make_message(self, folder: str) -> None:
        path = f"users/{self.box}/mailFolders/{folder}/messages"
        self.messages.append(self._post(path, {"subject": self._name()})["id"])

    @rule(which=PLACES, folder=st.sampled_from(["inbox", "archive"]))
    def move_message(self, which: int, folder: str) -> None:
        """As a move that keeps the id: what the store does then, whoever does it."""
        store = self.client.application.extensions["fakegraph_tenants"].named("default").store
        path = f"/v1.0/users/{self.box}/mailFolders/{folder}"
        above = self.client.get(path).json["id"]
        owner = store.container("users").get(self.box).key
        for each in self.messages[which:][:1]:
            row = store.container("user/messages").get(each, owner)
            moved = {**row.record, "parentFolderId": above}
            store.transact(partial(Transaction.replace, key=row.key, record=moved))

    @rule(which=PLACES)
    def change_message(self, which: int) -> None:
        for each in self.messages[which:][:1]:
            body = {"subject": self._name()}
            self.client.patch(f"/v1.0/users/{self.box}/messages/{each}", json=body)

    @rule(which=PLACES)
    def delete_message(self, which: int) -> None:
        for each in self.messages[which:][:1]:
            self.client.delete(f"/v1.0/users/{self.box}/messages/{each}")
            self.messages.remove(each)

    @rule(above=PLACES)
    def make_item(self, above: int) -> None:
        drive = f"users/{self.box}/drive"
        parent = f"items/{self.items[above]}" if above < len(self.items) else "root"
        body = {"name": self._name(), "folder": {}}
        self.items.append(self._post(f"{drive}/{parent}/children", body)["id"])

    @rule(which=PLACES)
    def rename_item(self, which: int) -> None:
        for each in self.items[which:][:1]:
            body = {"name": self._name()}
            self.client.patch(f"/v1.0/users/{self.box}/drive/items/{each}", json=body)

    @rule(which=PLACES)
    def delete_item(self, which: int) -> None:
        drive = f"/v1.0/users/{self.box}/drive"
        for each in self.items[which:][:1]:
            self.client.delete(f"{drive}/items/{each}")
        there = [self.client.get(f"{drive}/items/{each}").status_code for each in self.items]
        pairs = zip(self.items, there, strict=True)
        self.items = [each for each, status in pairs if status == 200]

    @rule()
    def start_anew(self) -> None:
        close_app(self.client.application)
        self.client = self._opened()

    # What followers do --------------------------------------------------------------------------

    @rule(name=st.sampled_from(["users", "groups", "inbox", "archive", "drive"]))
    def follow(self, name: str) -> None:
        self.followers[name].step(self.client)

    def _all(self, path: str) -> list[dict[str, Any]]:
        found, link = [], f"/v1.0/{path}"
        while link:
            page = self.client.get(link).json
            found += page["value"]
            link = page.get("@odata.nextLink")
        return found

    @rule()
    def compare(self) -> None:
        """Each follower, at the end of its round, knows what is there."""
        for each in self.followers.values():
            each.catch_up(self.client)
        people = {each["id"]: each for each in self._all("users?$select=id,displayName,jobTitle")}
        known = self.followers["users"].known
        assert known.keys() == people.keys()
        for key, each in known.items():
            assert each["displayName"] == people[key]["displayName"]
            assert each.get("jobTitle") == people[key]["jobTitle"]
        groups = self.followers["groups"]
        assert groups.known.keys() == {each["id"] for each in self._all("groups?$select=id")}
        for key in groups.known:
            members = {each["id"] for each in self._all(f"groups/{key}/members?$select=id")}
            gone = {each for each in groups.links.get(key, ()) if each not in people}
            assert groups.links.get(key, set()) - gone == members
        for folder in ("inbox", "archive"):
            path = f"users/{self.box}/mailFolders/{folder}/messages?$select=subject"
            there = {each["id"]: each["subject"] for each in self._all(path)}
            told = self.followers[folder].known
            assert {key: each["subject"] for key, each in told.items()} == there
        drive = self.followers["drive"].known
        names = {each["name"] for each in drive.values()} - {"root"}
        assert names == {
            self.client.get(f"/v1.0/users/{self.box}/drive/items/{each}").json["name"]
            for each in self.items
        }
        assert drive.keys() - set(self.items) == {
            self.client.get(f"/v1.0/users/{self.box}/drive/root").json["id"]
        }


TestFollowed = Followed.TestCase
TestFollowed.settings = settings(
    max_examples=int(os.environ.get("HTTP_EXAMPLES", "25")), stateful_step_count=30
)


WRITERS = 16


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    settings_ = Settings(fixture=(), auth="off", page_size=10, data_dir=tmp_path)
    server = FakeGraphServer(settings_).start()
    yield server.url
    server.stop()


def test_a_follower_ends_with_what_sixteen_writers_leave(url: str) -> None:
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            _write(url, f"w{number}")
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    people, groups = Follower("users/delta"), Follower("groups/delta")
    for each in writers:
        each.start()
    while any(each.is_alive() for each in writers):
        for follower in (people, groups):
            follower.take(_ask(url, "GET", follower.link))
    for each in writers:
        each.join()
    assert failures == []
    _compare(url, people, groups)
    assert len(groups.known) == WRITERS


KILLS = int(os.environ.get("DELTA_KILLS", "2"))


def test_a_follower_ends_with_what_is_there_whenever_the_server_is_killed(tmp_path: Path) -> None:
    """What a follower was told is there after a kill; what it was not told, it is told later."""
    people, groups = Follower("users/delta"), Follower("groups/delta")
    failures: list[BaseException] = []
    chance = random.Random(1)

    def write(url: str, name: str) -> None:
        try:
            for turn in count():
                _write(url, f"{name}t{turn}")
        except (OSError, HTTPException):
            return  # it was killed
        except BaseException as error:
            failures.append(error)

    for kill in range(KILLS):
        process, url = serve(tmp_path)
        writers = [
            threading.Thread(target=write, args=(url, f"k{kill}w{number}"))
            for number in range(WRITERS)
        ]
        for each in writers:
            each.start()
        for _ in range(chance.randrange(1, 4)):
            for follower in (people, groups):
                follower.take(_ask(url, "GET", _behind_host(follower.link)))
        process.send_signal(signal.SIGKILL)
        for each in writers:
            each.join()
        process.communicate()
        assert failures == []

    process, url = serve(tmp_path)
    _compare(url, people, groups)
    assert people.known
    process.terminate()
    process.communicate()


def _behind_host(link: str) -> str:
    """A link as it is at another port."""
    return link[link.index("/v1.0") :]


def _compare(url: str, people: Follower, groups: Follower) -> None:
    """Followers, at the end of their round, know what is there."""
    for follower in (people, groups):
        for _ in range(2):
            follower.take(_ask(url, "GET", _behind_host(follower.link)))
            while not follower.at_rest:
                follower.take(_ask(url, "GET", _behind_host(follower.link)))
    there = {each["id"]: each["displayName"] for each in _all(url, "/v1.0/users?$top=999")}
    assert {key: each["displayName"] for key, each in people.known.items()} == there
    assert groups.known.keys() == {each["id"] for each in _all(url, "/v1.0/groups?$top=999")}
    for key in groups.known:
        members = {each["id"] for each in _all(url, f"/v1.0/groups/{key}/members?$top=999")}
        # What was deleted softly, and not purged before the kill, stays a member until it is.
        gone = {each for each in groups.links.get(key, ()) if each not in there}
        assert groups.links.get(key, set()) - gone == members


def _all(url: str, path: str) -> Iterator[dict[str, Any]]:
    link = path
    while link:
        page = _ask(url, "GET", link)
        yield from page["value"]
        link = page.get("@odata.nextLink", "")


def _write(url: str, name: str) -> None:
    """Make people and one group; change, link, unlink and delete some of them for good."""
    body = {"displayName": name, "mailNickname": name, "mailEnabled": False}
    group = _ask(url, "POST", "/v1.0/groups", {**body, "securityEnabled": True})["id"]
    made = []
    for turn in range(12):
        own = f"{name}n{turn}"
        each = user(displayName=own, mailNickname=own, userPrincipalName=f"{own}@x.com")
        made.append(_ask(url, "POST", "/v1.0/users", each)["id"])
        reference = {"@odata.id": f"{url}/v1.0/directoryObjects/{made[-1]}"}
        _ask(url, "POST", f"/v1.0/groups/{group}/members/$ref", reference)
        if turn % 3 == 1:
            _ask(url, "PATCH", f"/v1.0/users/{made[turn - 1]}", {"displayName": f"{own}x"})
        if turn % 4 == 2:
            _ask(url, "DELETE", f"/v1.0/groups/{group}/members/{made[turn - 2]}/$ref")
        if turn % 4 == 3:
            _ask(url, "DELETE", f"/v1.0/users/{made[turn - 1]}")
            _ask(url, "DELETE", f"/v1.0/directory/deletedItems/{made[turn - 1]}")


def _ask(url: str, method: str, path: str, body: Any = None) -> Any:
    address = path if path.startswith("http") else f"{url}{path}"
    address = address.replace(" ", "%20")
    data = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    headers["Authorization"] = "Bearer x"
    request = urllib.request.Request(address, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path}: {error.read().decode()}") from error
    return json.loads(text) if text else None
