"""Tests as a project would write them that has its client tested with the plugin."""

from __future__ import annotations

import json
import multiprocessing
import pickle
import sys
import urllib.error
import urllib.request
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum, StrEnum
from pathlib import Path

import pytest

import fakegraph as package
from fakegraph import ControlError, FakeGraph

RESETS = "userCredentialUsageDetails"
USERS = "userRegistrationDetails"


class Client:
    """What such a project would test: a client of its own."""

    def __init__(self, graph):
        self.root, self.headers = graph.beta, graph.headers

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.root}/reports/{path}", data, headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def resets(self):
        return self.ask(RESETS)["value"]


@pytest.fixture
def client(fakegraph):
    return Client(fakegraph)


# What a test starts with.


@pytest.mark.fakegraph(fixture=None)
def test_without_a_fixture_there_is_nothing(client):
    assert client.resets() == []


def test_without_a_marker_there_is_contoso(fakegraph):
    assert len(fakegraph.records(RESETS)) == 400


@pytest.mark.fakegraph(records={RESETS: [{**dict.fromkeys(("userPrincipalName", "userDisplayName", "failureReason"), "x"),
                                          "feature": "reset", "isSuccess": True, "authMethod": "email",
                                          "eventDateTime": datetime(2024, 1, 31, tzinfo=UTC)}]})  # fmt: skip
class TestRecordsAreTheWholeContent:
    def test_of_the_tenant(self, client, fakegraph):
        assert [each["eventDateTime"] for each in client.resets()] == ["2024-01-31T00:00:00Z"]
        assert fakegraph.records(USERS) == []

    @pytest.mark.fakegraph(page_size=1, auth=None)
    def test_also_beside_other_markers(self, client):
        assert len(client.resets()) == 1

    @pytest.mark.fakegraph(fixture="contoso")
    def test_until_a_nearer_marker_says_otherwise(self, fakegraph):
        assert len(fakegraph.records(RESETS)) == 400

    @pytest.mark.fakegraph(records=None)
    def test_until_a_nearer_marker_says_nothing(self, fakegraph):
        assert fakegraph.records(RESETS) == []


@pytest.mark.fakegraph(fixture="contoso", records={RESETS: []})
def test_records_beside_a_fixture_are_added(fakegraph):
    assert len(fakegraph.records(RESETS)) == 400


@pytest.mark.fakegraph(fixture="contoso", clock="2024-07-01", page_size=7, auth="off")
class TestWhatIsNoneIsTheServersOwn:
    def test_nothing_is_none(self, client, fakegraph):
        assert len(client.resets()) == 7
        assert fakegraph.now == "2024-07-01T00:00:00Z"

    @pytest.mark.fakegraph(page_size=None, clock=None, auth=None)
    def test_all_is_none(self, client, fakegraph):
        assert len(client.resets()) == 100
        assert fakegraph.now > "2025"
        client.headers = {}
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            client.resets()
        refused.value.close()


@pytest.mark.fakegraph(records={RESETS: []}, clock="2024-07-01")
def test_reset_goes_back_to_what_the_marker_says(fakegraph):
    fakegraph.create(RESETS)
    fakegraph.advance(3600)
    fakegraph.reset()
    assert (fakegraph.records(RESETS), fakegraph.now) == ([], "2024-07-01T00:00:00Z")


@pytest.mark.fakegraph(records={RESETS: (record for record in [])}, page_size=3)
def test_a_generator_of_records_is_there_after_a_reset(fakegraph):
    fakegraph.reset()
    assert fakegraph.records(RESETS) == []


def test_records_and_clock_are_there_without_pytest_too(fakegraph_server, fakegraph):
    record = fakegraph.records(RESETS)[0]
    with FakeGraph(fakegraph_server, records={RESETS: [record]}, clock=date(2024, 7, 1)) as graph:
        for _ in range(2):
            assert graph.records(RESETS) == [record]
            assert graph.now == "2024-07-01T00:00:00Z"
            graph.create(RESETS)
            graph.reset()
    with FakeGraph(
        fakegraph_server, fixture="contoso", records={RESETS: [{**record, "id": "a"}]}
    ) as graph:
        assert len(graph.records(RESETS)) == 401


@pytest.mark.fakegraph(fixture=Path(__file__).parents[1] / "fixtures" / "contoso")
def test_a_fixture_may_be_a_path(fakegraph):
    assert fakegraph.records(RESETS)


@pytest.mark.parametrize(
    "clock", [date(2024, 7, 1), datetime(2024, 7, 1, tzinfo=UTC), "2024-07-01"]
)
def test_the_clock_takes_what_people_have(fakegraph, clock):
    fakegraph.freeze(clock)
    assert fakegraph.now == "2024-07-01T00:00:00Z"
    fakegraph.assert_not_called(since=clock)


def test_a_moment_without_a_time_zone_is_none(fakegraph):
    for ask in (
        lambda naive: fakegraph.freeze(naive),
        lambda naive: fakegraph.create(RESETS, eventDateTime=naive),
        lambda naive: fakegraph.fail(429, retry_after=naive),
        lambda naive: fakegraph.assert_not_called(since=naive),
    ):
        with pytest.raises(ValueError, match=r"has no time zone: give it one, as in datetime\("):
            ask(datetime(2024, 1, 31))


# Records.


@pytest.mark.fakegraph(fixture=None)
class TestRecords:
    def test_one_property_is_enough(self, fakegraph, client):
        created = fakegraph.create(RESETS, userPrincipalName="x")
        assert created["userPrincipalName"] == "x"
        assert client.resets() == [created]

    def test_none_is_enough_too(self, fakegraph, client):
        created = fakegraph.create(RESETS)
        assert client.resets() == [created]

    def test_it_is_the_same_each_time(self, fakegraph):
        def without_id(record):
            return {name: value for name, value in record.items() if name != "id"}

        first = [without_id(fakegraph.create(RESETS)) for _ in range(3)]
        fakegraph.clear()
        assert [without_id(fakegraph.create(RESETS)) for _ in range(3)] == first
        assert first[0] != first[1]

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            (datetime(2024, 1, 31, 8, tzinfo=UTC), "2024-01-31T08:00:00Z"),
            (datetime(2024, 1, 31, 8, 0, 0, 5, tzinfo=timezone(timedelta(hours=-3))), "2024-01-31T08:00:00.000005-03:00"),
        ],
    )  # fmt: skip
    def test_a_datetime_is_taken_as_its_text_is(self, fakegraph, given, kept):
        created = fakegraph.create(RESETS, eventDateTime=given)
        assert created["eventDateTime"] == kept
        assert fakegraph.update(f"{RESETS}/{created['id']}", eventDateTime=given) == created
        fakegraph.seed({RESETS: [{**created, "id": "b", "eventDateTime": given}]})
        assert fakegraph.records(f"{RESETS}/b")[0]["eventDateTime"] == kept

    def test_so_are_other_values_that_have_a_text(self, fakegraph):
        class Feature(StrEnum):
            RESET = "reset"

        class Method(Enum):
            EMAIL = "email"

        key = uuid.uuid4()
        created = fakegraph.create(RESETS, id=key, feature=Feature.RESET, authMethod=Method.EMAIL,
                                   failureReason=Path("a/b"))  # fmt: skip
        assert (created["id"], created["feature"], created["authMethod"]) == (
            str(key),
            "reset",
            "email",
        )
        assert fakegraph.create(RESETS, failureReason=time(8, 30))["failureReason"] == "08:30:00"
        assert (
            fakegraph.create(RESETS, failureReason=timedelta(hours=1))["failureReason"]
            == "PT3600.000000S"
        )

    def test_what_has_none_is_said(self, fakegraph):
        with pytest.raises(TypeError, match="nothing that can be sent: JSON has no object"):
            fakegraph.create(RESETS, failureReason=object())

    def test_a_record_is_changed_and_taken_away(self, fakegraph, client):
        created = fakegraph.create(RESETS, isSuccess=True)
        changed = fakegraph.update(f"reports/{RESETS}/{created['id']}", isSuccess=False)
        assert client.resets() == [changed] == [created | {"isSuccess": False}]
        fakegraph.delete(f"{RESETS}/{created['id']}")
        assert client.resets() == []

    @pytest.mark.parametrize("key", ["a/b", "50%", "ä ö", "x(y)'z", "?#&"])
    def test_whatever_its_id(self, fakegraph, key):
        created = fakegraph.create(RESETS, id=key)
        fakegraph.update(f"{RESETS}/{created['id']}", isSuccess=False)
        assert len(fakegraph.records(f"{RESETS}/{created['id']}")) == 1
        fakegraph.delete(f"{RESETS}/{created['id']}")
        assert fakegraph.records(RESETS) == []

    def test_a_set_is_emptied_and_so_are_all(self, fakegraph):
        fakegraph.create(RESETS)
        fakegraph.create(USERS)
        fakegraph.clear(f"reports/{RESETS}")
        assert (fakegraph.records(RESETS), len(fakegraph.records(USERS))) == ([], 1)
        fakegraph.clear()
        assert fakegraph.records(USERS) == []

    def test_what_is_not_there_cannot_be_changed(self, fakegraph):
        for ask in (fakegraph.update, fakegraph.delete):
            with pytest.raises(
                ControlError, match="No userCredentialUsageDetails has the id 'nobody'"
            ):
                ask(f"{RESETS}/nobody")
            with pytest.raises(
                ControlError, match="'userCredentialUsageDetails' is a set: one of its"
            ):
                ask(RESETS)
        with pytest.raises(ControlError, match="not one of its records"):
            fakegraph.clear(f"{RESETS}/x")
        with pytest.raises(ControlError, match="no entity set 'userz'"):
            fakegraph.create("userz")

    def test_problems_name_their_property_alone(self, fakegraph):
        with pytest.raises(ControlError) as raised:
            fakegraph.create(RESETS, isSucces=True)
        assert str(raised.value).startswith("isSucces: The property 'isSucces' does not exist")
        assert str(raised.value).endswith("Did you mean 'isSuccess'?")

    def test_one_record_in_place_of_many_is_refused(self, fakegraph):
        for one in ({"feature": "reset"}, "reset"):
            with pytest.raises(ControlError, match="takes an array of records"):
                fakegraph.seed({RESETS: one})

    def test_a_fixture_to_seed_may_be_a_path(self, fakegraph, tmp_path):
        (tmp_path / f"{RESETS}.json").write_text("[]")
        assert fakegraph.seed(tmp_path) == {RESETS: 0}

    def test_a_generator_of_records_is_taken(self, fakegraph):
        record = fakegraph.create(RESETS)
        fakegraph.seed({RESETS: ({**record, "id": key} for key in "ab")})
        assert len(fakegraph.records(RESETS)) == 3


# Faults, requests, words.


def test_effects_are_spelt_as_everything_else(fakegraph, client):
    fakegraph.fail(503, code="busy", message="Not now.", delay_ms=1, retry_after=7)
    with pytest.raises(urllib.error.HTTPError, match="503") as raised:
        client.resets()
    with raised.value as answer:
        assert answer.headers["Retry-After"] == "7"
        assert json.load(answer)["error"]["message"] == "Not now."
    fakegraph.assert_called(error_code="busy", times=1, min_duration_ms=1)
    fakegraph.assert_not_called(error_code="other")


def test_old_spellings_warn_and_work(fakegraph, client, monkeypatch):
    with pytest.warns(DeprecationWarning, match="delayMs is called delay_ms now") as warned:
        fakegraph.fail("slow", delayMs=1)
    assert warned[0].filename == __file__
    client.resets()
    with pytest.warns(DeprecationWarning, match="errorCode is called error_code now"):
        fakegraph.assert_not_called(errorCode="*")
    with pytest.warns(DeprecationWarning, match="requestId is called request_id now"):
        fakegraph.assert_called(requestId=fakegraph.requests[0].request_id)
    with pytest.warns(DeprecationWarning, match="header is called headers now"):
        fakegraph.assert_called(header="content-type=application/json")
    with pytest.warns(DeprecationWarning, match="minDurationMs is called min_duration_ms now"):
        fakegraph.assert_called(minDurationMs="0")
    with pytest.warns(DeprecationWarning, match="expiresIn is called expires_in now"):
        assert fakegraph.token(expiresIn=5)
    monkeypatch.setitem(sys.modules, "requests", None)  # whether it is installed or not
    with (
        pytest.warns(DeprecationWarning, match=r"\.requests\(\) is called .*session") as warned,
        pytest.raises(ImportError),
    ):
        fakegraph.requests()
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda graph: graph.fail(503, delay_mss=1), "fail takes no delay_mss. Did you mean 'delay_ms'"),
        (lambda graph: graph.assert_called(errorcode="x"), "takes no errorcode. Did you mean 'error_code'"),
        (lambda graph: graph.token(scops="x"), "token takes no scops. Did you mean 'scopes'"),
        (lambda graph: FakeGraph(fixtures="x"), "FakeGraph takes no fixtures. Did you mean 'fixture'"),
        (lambda graph: FakeGraph(log_level="info"), "FakeGraph takes no log_level."),
        (lambda graph: FakeGraph(ca="x"), "ca goes with the url"),
        (lambda graph: FakeGraph(graph.server, tls=True), "tls is a setting of the server, which is running"),
    ],
)  # fmt: skip
def test_what_is_misspelt_is_said(fakegraph, ask, words):
    with pytest.raises(TypeError, match=words):
        ask(fakegraph)


def test_requests_are_asked_for_by_query_and_header(fakegraph, client):
    client.ask(f"{RESETS}?$top=5&$count=true")
    fakegraph.assert_called(
        "GET", query={"$top": 5, "count": "t*"}, headers={"Content-Type": "*json"}
    )
    fakegraph.assert_called(query="$top=5", route=f"/reports/{RESETS}")
    fakegraph.assert_not_called(query={"$top": 6})


def test_one_role_is_one_role(fakegraph):
    assert fakegraph.token(roles="Reports.Read.All") != fakegraph.token(roles="AuditLog.Read.All")
    payload = fakegraph.token(roles="Reports.Read.All").split(".")[1]
    assert json.loads(_decoded(payload))["roles"] == ["Reports.Read.All"]
    assert json.loads(_decoded(fakegraph.token(scopes="a").split(".")[1]))["scp"] == "a"


def _decoded(text):
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.fakegraph(fixture=None)
def test_printing_says_what_there_is(fakegraph, client):
    fakegraph.create(RESETS)
    with pytest.raises(urllib.error.HTTPError) as refused:
        client.ask(f"{RESETS}?$top=0")
    refused.value.close()
    told = str(fakegraph).splitlines()
    assert told[0] == repr(fakegraph) == f"<FakeGraph {fakegraph.url}>"
    assert told[1].startswith(f"records: 1 {RESETS}")
    assert told[2] == "requests:" == str(fakegraph.requests).splitlines()[0]
    assert told[3].startswith(f"  GET /beta/reports/{RESETS}?$top=0 400 BadRequest: ")
    assert (
        repr(fakegraph.requests) == f"[<Request GET /beta/reports/{RESETS}?$top=0 400 BadRequest>]"
    )
    assert fakegraph.server.url in repr(fakegraph.server)


# Without pytest.


def test_started_and_stopped_by_hand():
    graph = FakeGraph(fixture=None)
    assert graph.start() is graph
    try:
        assert graph.records(RESETS) == []
        with pytest.raises(RuntimeError, match="started already"):
            graph.start()
    finally:
        graph.stop()
    graph.stop()


@pytest.mark.parametrize("name", ["url", "beta", "v1", "authority", "id", "requests", "now"])
def test_before_it_is_started_it_says_how(name):
    graph = FakeGraph(fixture=None)
    with pytest.raises(RuntimeError, match=r"not started: use it in a with block, or start\(\) it"):
        getattr(graph, name)
    assert str(graph) == "<FakeGraph, not started>"


def test_a_start_that_fails_leaves_nothing_behind():
    graph = FakeGraph(fixture=None)
    with graph:
        other = FakeGraph(graph.server, page_size=0)
        with pytest.raises(ControlError, match="pageSize"):
            other.start()
        assert str(other) == "<FakeGraph, not started>"
        other.stop()


def test_it_listens_where_it_is_told():
    with FakeGraph(fixture=None, host="127.0.0.2") as graph:
        assert graph.url.startswith("http://127.0.0.2:")
        port = int(graph.server.url.rpartition(":")[2])
    with FakeGraph(fixture=None, port=port) as graph:
        assert graph.url.startswith(f"http://127.0.0.1:{port}/")


def test_a_handle_stays_in_its_process(fakegraph):
    with pytest.raises(TypeError, match=r"stays in its process: give the other one its \.url"):
        pickle.dumps(fakegraph)
    with pytest.raises(TypeError, match="stays in its process"):
        multiprocessing.get_context("spawn").Process(target=print, args=(fakegraph,)).start()


def test_an_error_of_what_is_handed_in_keeps_its_traceback(fakegraph):
    def records():
        yield {}
        raise FileNotFoundError("of the test's own")

    with pytest.raises(FileNotFoundError) as raised:
        fakegraph.seed({RESETS: records()})
    assert raised.traceback[-1].name == "records"


def test_a_server_that_is_gone_is_said(fakegraph):
    with pytest.raises(ConnectionRefusedError) as raised:
        FakeGraph(url="http://127.0.0.1:9").start()
    assert raised.value.__notes__ == ["fakegraph was looked for at http://127.0.0.1:9"]
    words = "nothing answers at http://127.0.0.1:9: start one with `fakegraph serve --port 9`"
    assert str(raised.value).endswith(f"Connection refused: {words}")
    assert raised.value.__suppress_context__


def test_the_package_has_what_it_says():
    assert all(getattr(package, name) for name in package.__all__)
