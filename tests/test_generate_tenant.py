"""A whole organisation of any size: it agrees, and is the same for the same arguments."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from hashlib import sha256
from itertools import islice

import pytest
import requests
from click.testing import CliRunner

from fakegraph import FakeGraph
from fakegraph.cli import cli
from fakegraph.edm.values import instant
from fakegraph.generate.tenant import PARTS, Organisation

END = instant("2024-06-30T18:00:00Z")
MADE = Organisation(120, 7, 12, END)


def run(*arguments, check=True):
    done = CliRunner().invoke(cli, list(map(str, arguments)), prog_name="fakegraph")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert not check or done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def people():
    return list(MADE.users_with())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    run("generate", "tenant", "--users", 40, "--seed", 7, "--messages", 6, "-o", folder / "out")
    return folder / "out"


def test_the_same_arguments_give_the_same_bytes(folder, tmp_path):
    run("generate", "tenant", "--users", 40, "--seed", 7, "--messages", 6, "-o", tmp_path / "out")
    for name in ("users", "groups", "teams"):
        file = f"{name}.jsonl"
        assert (tmp_path / "out" / file).read_bytes() == (folder / file).read_bytes()
    whole = (folder / "users.jsonl").read_bytes() + (folder / "groups.jsonl").read_bytes()
    assert sha256(whole).hexdigest() == KNOWN
    other = Organisation(40, 8, 6, END)
    assert next(other.users_with())["id"] != json.loads(whole.split(b"\n")[0])["id"]


def test_it_is_good_and_served(folder):
    run("check", folder)
    with FakeGraph(fixture=folder) as graph:

        def get(path):
            url = f"{graph.v1}/{path}"
            return requests.get(url, headers=graph.headers, timeout=60).json()

        user = get("users?$filter=startswith(displayName,'Aiko')&$expand=manager")["value"][0]
        assert user["manager"]["id"]
        sent = get(f"users/{user['id']}/mailFolders/sentitems/messages?$count=true")
        inbox = get(f"users/{user['id']}/mailFolders/inbox/messages")
        assert sent["value"]
        assert inbox["value"]
        assert get(f"users/{user['id']}/events")["value"]
        assert get(f"users/{user['id']}/drive/root/children")["value"]
        assert get("groups?$count=true")["value"]


def test_who_mailed_whom_shows_in_both_mailboxes(people):
    copies = {}
    for person in people:
        for message in person.get("messages", ()):
            copies.setdefault(message["internetMessageId"], {})[person["mail"]] = message
    staff = {each["mail"] for each in people if each["userType"] == "Member"}
    for by_owner in copies.values():
        (one, *others) = by_owner.values()
        sender = one["from"]["emailAddress"]["address"]
        to = {each["emailAddress"]["address"] for each in one["toRecipients"]}
        assert by_owner.keys() == ({sender} | to) & staff
        assert by_owner[sender]["parentFolderId"] == "sentitems"
        same = ("subject", "body", "sentDateTime", "conversationId", "toRecipients")
        for name in same:
            assert all(each[name] == one[name] for each in others)
    count = sum(len(each.get("messages", ())) for each in people)
    assert 0.7 < count / len(people) / MADE.messages < 1.3


def test_who_is_in_a_meeting_has_it(people):
    owners, attendees = {}, {}
    for person in people:
        for event in person.get("events", ()):
            owners.setdefault(event["iCalUId"], set()).add(person["mail"])
            named = {each["emailAddress"]["address"] for each in event["attendees"]}
            attendees[event["iCalUId"]] = named | {event["organizer"]["emailAddress"]["address"]}
    assert owners == attendees


def test_people_have_managers_and_groups_are_nested(people):
    by_id = {each["id"]: each for each in people}
    staff = [each for each in people if each["userType"] == "Member"]
    assert [each["id"] for each in staff if "manager" not in each] == [people[0]["id"]]
    spans = Counter(each["manager"]["id"] for each in staff if "manager" in each)
    assert max(spans.values()) <= 16
    for each in staff[1:]:
        manager = by_id[each["manager"]["id"]]
        assert manager["userType"] == "Member"
        assert manager is people[0] or manager["department"] == each["department"]
    groups = list(MADE.groups())
    ids = {each["id"] for each in groups}
    names = [each["mailNickname"] for each in groups]
    assert len(ids) == len(groups) == len(set(names))
    kinds = Counter(m["@odata.type"] for each in groups for m in each["members"])
    assert kinds["#microsoft.graph.group"] > 10
    for each in groups:
        assert {m["id"] for m in each["members"]} <= ids | by_id.keys()
    assert {each["id"] for each in MADE.teams()} <= ids


def test_there_is_what_breaks_clients(people):
    names = "".join(each["displayName"] for each in people)
    scripts = {unicodedata.name(sign, "").partition(" ")[0] for sign in names}
    assert {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "CJK", "HIRAGANA"} <= scripts
    assert any("'" in each["surname"] for each in people if each["surname"])
    assert any(max(each["displayName"]) > "\U0001f300" for each in people)
    assert max(len(each["displayName"]) for each in people) > 200
    assert any(each["streetAddress"] == "" for each in people)
    assert any(each["officeLocation"] is None for each in people)
    subjects = {m["subject"] for each in people for m in each.get("messages", ())}
    assert "" in subjects
    assert len({each["userPrincipalName"] for each in people}) == len(people)


def test_it_is_made_as_it_is_written():
    huge = Organisation(1_000_000, 1, 5, END)
    first = list(islice(huge.users_with(), 3))
    assert first[0]["id"] != first[1]["id"]
    assert first[1]["messages"]


@pytest.mark.parametrize("users", [1, 2, 9, 19, 20, 21])
def test_it_is_good_at_any_size(users, tmp_path):
    made = Organisation(users, 3, 4, END)
    with FakeGraph(fixture=None) as graph:
        graph.seed(
            {
                "users": list(made.users_with()),
                "groups": list(made.groups()),
                "teams": list(made.teams()),
            }
        )
        assert len(graph.records("users")) == users


def test_only_what_is_asked_for_is_made(tmp_path):
    arguments = ("generate", "tenant", "--users", 30, "--seed", 7)
    run(*arguments, "--only", "users, groups", "-o", tmp_path / "out")
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        "groups.jsonl",
        "users.jsonl",
    ]
    lines = (tmp_path / "out" / "users.jsonl").read_text().splitlines()
    users = [json.loads(line) for line in lines]
    assert not any({"messages", "events", "drive", "contacts"} & each.keys() for each in users)
    assert len(PARTS) == 7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["tenant", "--users", "5", "--seed", "1", "--only", "user", "-o", "x"],
            "--only has 'user'",
        ),
        (["tenant", "--users", "0", "--seed", "1", "-o", "x"], "--users"),
        (["tenant", "--users", "5", "--seed", "1", "--until", "x", "-o", "x"], "--until"),
        (
            ["tenant", "--users", "5", "--seed", "1", "--until", "0003-01-01T00:00:00Z", "-o", "x"],
            "first",
        ),
        (["--count", "3", "tenant", "--users", "5", "--seed", "1", "-o", "x"], "behind it"),
        (["--seed", "1", "-o", "x"], "Missing option '--count'"),
    ],
)
def test_what_cannot_be_made_is_a_line(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("generate", *arguments, check=False)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not list(tmp_path.iterdir())


KNOWN = "cccf25aa16c9c47dc731d1ab1b304944a2e43b92319dfbc4641b067246dd3829"
