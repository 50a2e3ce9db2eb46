"""Things that tests make with as few words as may be: the rest goes with what they say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from fakegraph import ControlError, FakeGraph

SET = "userCredentialUsageDetails"
ADA, BOB = "ada.lovelace@contoso.com", "bob@contoso.com"


@pytest.fixture(scope="module")
def running():
    with FakeGraph(fixture=None, clock="2024-05-14T08:20:00Z") as graph:
        yield graph


@pytest.fixture
def graph(running):
    running.reset()
    return running


def read(graph, path):
    answer = requests.get(f"{graph.v1}/{path}", headers=graph.headers, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_names_of_a_person_agree(graph):
    graph.create("domains", id="fabrikam.com", isDefault=True, isVerified=True)
    ada = graph.create("users", displayName="Ada King Lovelace")
    assert ada["mail"] == ada["userPrincipalName"] == "ada.king.lovelace@fabrikam.com"
    assert (ada["mailNickname"], ada["givenName"]) == ("ada.king.lovelace", "Ada King")
    assert ada["surname"] == "Lovelace"
    bob = graph.create("users", mail="bob.byte@contoso.com")
    assert (bob["displayName"], bob["userPrincipalName"]) == ("Bob Byte", "bob.byte@contoso.com")
    assert graph.create("users", userPrincipalName="x@y.com", mail=None)["mail"] is None


def test_people_are_linked_by_their_names(graph):
    ada = graph.create("users", displayName="Ada Lovelace", manager=BOB)
    bob = read(graph, f"users/{ada['id']}/manager")
    assert (bob["userPrincipalName"], bob["displayName"]) == (BOB, "Bob")
    group = graph.create("groups", members=[ADA, bob["id"]], owners=BOB)
    members = read(graph, f"groups/{group['id']}/members")["value"]
    assert [each["id"] for each in members] == [ada["id"], bob["id"]]
    assert len(graph.records("users")) == 2


@pytest.mark.parametrize(
    ("records", "words"), [*((each, "by path") for each in ([], None, 7)), ({"users": 3}, "users")]
)
@pytest.mark.parametrize("defaults", [False, True])
def test_what_is_no_seed_is_refused_with_the_reason(graph, records, words, defaults):
    with pytest.raises(ControlError, match=words):
        graph.seed(records, defaults=defaults)


@pytest.mark.parametrize("count", [-1, 100_001, 10**9])
def test_so_many_things_are_not_built_at_once(graph, count):
    with pytest.raises(TypeError, match="0 to 100000"):
        graph.build("users", count)


def test_messages_and_events_are_written_in_short(graph):
    graph.create("users", displayName="Ada Lovelace")
    sent = graph.create(
        f"users/{ADA}/messages", to=BOB, cc=["cy@a.com", ADA], body="<p>Hi", from_=ADA
    )
    assert sent["toRecipients"] == [{"emailAddress": {"address": BOB, "name": "Bob"}}]
    assert [each["emailAddress"]["address"] for each in sent["ccRecipients"]] == ["cy@a.com", ADA]
    assert sent["body"] == {"contentType": "html", "content": "<p>Hi"}
    assert sent["from"]["emailAddress"] == {"address": ADA, "name": "Ada Lovelace"}
    start = datetime(2024, 5, 14, 9, 30, tzinfo=UTC)
    event = graph.create(f"users/{ADA}/events", attendees=BOB, start=start, location="Room 1")
    assert event["start"] == {"dateTime": "2024-05-14T09:30:00.0000000", "timeZone": "UTC"}
    assert event["end"] == {"dateTime": "2024-05-14T10:30:00.0000000", "timeZone": "UTC"}
    assert event["attendees"][0]["emailAddress"]["address"] == BOB
    assert event["location"]["displayName"] == "Room 1"


def test_who_is_in_a_chat_is_said_by_names(graph):
    graph.create("users", displayName="Ada Lovelace")
    chat = graph.create("chats", members=[ADA, graph.create("users", mail=BOB)["id"]])
    found = read(graph, f"chats/{chat['id']}/members")["value"]
    assert {each["email"] for each in found} == {ADA, BOB}


def test_many_are_built_at_once(graph):
    built = graph.build("users", 50, department="Sales", employeeId=lambda number: f"E{number}")
    assert [each["employeeId"] for each in built] == [f"E{number}" for number in range(50)]
    assert {each["department"] for each in built} == {"Sales"}
    assert len({each["userPrincipalName"] for each in built}) == 50
    assert len(graph.build(SET, 3, isSuccess=False)) == len(graph.records(SET)) == 3
    assert graph.build("users", 0) == []


def test_the_same_is_built_in_each_test(graph):
    def built():
        graph.reset()
        graph.build("users", 40)
        graph.build(f"users/{ADA}/events", 3)
        names = ("userPrincipalName", "displayName", "mail", "accountEnabled", "start", "end")
        found = [*graph.records("users"), *graph.records(f"users/{ADA}/events")]
        return [[each.get(name) for name in names] for each in found]

    assert built() == built()


@pytest.mark.parametrize("path", ["users", SET])
def test_all_or_none_are_built(graph, path):
    with pytest.raises(ControlError, match="colour"):
        graph.build(path, 3, colour=lambda number: None if number == 2 else "red")
    assert graph.records(path) == []


def ids_of(running, test):
    """The ids of what a test of that name builds."""
    with FakeGraph(running.server, fixture=None, test=test) as graph:
        graph.build("users", 2)
        graph.create("groups", displayName="Sales", members=[ADA], owners=BOB)
        graph.create(f"users/{ADA}/messages", to=BOB, body="Hi")
        graph.create(f"users/{ADA}/events", subject="Plan")
        (first, *_) = graph.records("users")
        requests.delete(f"{graph.v1}/users/{first['id']}", headers=graph.headers, timeout=60)
        graph.build("users", 2)
        graph.build(SET, 2)
        graph.control("POST", "/seed", {"groups": [{"displayName": "Late"}], "defaults": True})
        paths = ("users", "groups", SET, f"users/{ADA}/messages", f"users/{ADA}/events")
        return {path: [each["id"] for each in graph.records(path)] for path in paths}


def test_a_test_has_the_same_ids_each_time_that_it_runs(running):
    one, again, other = (ids_of(running, f"tests/test_a.py::test_{n}") for n in ("b", "b", "c"))
    assert one == again
    assert list(map(len, one.values())) == [5, 2, 2, 1, 1]
    for path, ids in one.items():
        assert not {*ids} & {*other[path]}


def test_one_thing_is_not_built_many_times(graph):
    with pytest.raises(ControlError, match="one thing"):
        graph.build(f"users/{ADA}/manager", 2)
    with pytest.raises(ControlError, match="is one thing"):
        graph.build(f"users/{ADA}", 2)


def test_seeds_are_filled_where_that_is_asked_for(graph):
    records = {"users": [{"displayName": "Ada Lovelace", "manager": BOB}], SET: [{}]}
    with pytest.raises(ControlError) as told:
        graph.seed(records)
    assert SET in str(told.value)
    added = graph.seed({**records, f"users/{ADA}/messages": [{"to": BOB}]}, defaults=True)
    assert added == {"users": 1, SET: 1, f"users/{ADA}/messages": 1}
    ada, bob = graph.records("users")
    assert (ada["mail"], bob["mail"]) == (ADA, BOB)
    with pytest.raises(ControlError, match="defaults"):
        graph.control("POST", "/seed", {"defaults": "yes"})


def test_what_is_there_anyway_is_not_filled(graph):
    graph.seed({f"users/{BOB}/drive/root/children": [{"name": "a.txt"}]}, defaults=True)
    root = read(graph, f"users/{BOB}/drive/root")
    assert "file" not in root
    assert read(graph, f"users/{BOB}/drive/root/children")["value"][0]["file"]
    assert graph.records(f"users/{BOB}")[0].get("mail") is None


def test_texts_in_other_places_are_refused(graph):
    with pytest.raises(ControlError, match="send an object"):
        graph.create("users", onPremisesExtensionAttributes="x")


@pytest.mark.parametrize("count", [-1, 1.5, "3", None, True, 100_001])
def test_what_is_no_number_of_records_is_refused(graph, count):
    with pytest.raises(TypeError, match="cannot be made at once: it is a whole number from 0 to"):
        graph.build("users", count)


@pytest.mark.parametrize("path", [3, None, "", "/"])
def test_what_is_no_path_is_refused(graph, path):
    words = "a path is a text such as users/ada@contoso.com, not "
    for call in (graph.create, graph.records, graph.update, graph.delete):
        with pytest.raises(TypeError, match=words):
            call(path)
    with pytest.raises(TypeError, match=words):
        graph.build(path, 1)
