"""The pytest plugin and the handle, as a project that uses them sees them."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jwt
import pytest

import fakegraph as package
from fakegraph import FakeGraph
from fakegraph.handle import ControlError
from tests.conftest import EVENT, event

SET_NAME = "userCredentialUsageDetails"
PATH = f"reports/{SET_NAME}"


def get(url, headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        return json.load(response)


def test_project_uses_the_fixtures(pytester):
    pytester.makepyfile(
        """
        import json, urllib.request

        SET = "userCredentialUsageDetails"

        def count(graph, root):
            request = urllib.request.Request(f"{root}/reports/{SET}/$count", headers=graph.headers)
            return int(urllib.request.urlopen(request).read())

        def test_one(fakegraph, fakegraph_server):
            seeded = len(fakegraph.records(SET))
            assert seeded >= 300
            assert count(fakegraph, fakegraph.beta) == seeded
            assert fakegraph.url.startswith(fakegraph_server.url)
            fakegraph.create(SET, **EVENT)
            assert count(fakegraph, fakegraph.beta) == seeded + 1

        def test_two_sees_nothing_of_one(fakegraph):
            before = len(fakegraph.records(SET))
            assert not any(r["userDisplayName"] == EVENT["userDisplayName"] for r in fakegraph.records(SET))
            fakegraph.create(SET, **EVENT)
            fakegraph.reset()
            assert len(fakegraph.records(SET)) == before

        EVENT = EVENT_HERE
        """.replace("EVENT_HERE", repr(EVENT))
    )

    pytester.runpytest_subprocess("-q").assert_outcomes(passed=2)


def test_plugin_imports_nothing_heavy(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_import():
            heavy = {"flask", "marshmallow", "tinydb", "werkzeug", "orjson"} & set(sys.modules)
            assert not heavy
        """
    )
    others = "no:pytest_httpserver"  # which imports werkzeug, where somebody has it
    pytester.runpytest_subprocess("-q", "-p", others).assert_outcomes(passed=1)


def test_what_a_test_imports_is_imported_once(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pytester.makepyfile(
        """
        import sys

        from tests.conftest import imported, pytester

        pytest_plugins = ["pytester"]

        def test_one(pytester):
            import colorsys

        def test_two():
            assert "colorsys" in sys.modules
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=2)


@pytest.fixture(scope="module")
def graph():
    with FakeGraph(fixture=()) as graph:
        yield graph


@pytest.fixture
def empty(graph):
    graph.reset()
    return graph


def test_handle_serves_what_it_holds(empty):
    created = empty.create(SET_NAME, **EVENT)

    page = get(f"{empty.beta}/{PATH}", empty.headers)

    assert page["value"] == [created] == empty.records(SET_NAME)
    assert empty.v1 == f"{empty.url}/v1.0"


def test_records_are_copies(empty):
    empty.create(SET_NAME, **EVENT)["userDisplayName"] = "changed"
    empty.records(SET_NAME)[0]["userDisplayName"] = "changed"

    assert empty.records(SET_NAME)[0]["userDisplayName"] == EVENT["userDisplayName"]


def test_seed_takes_names_paths_and_fixtures(empty, tmp_path):
    file = tmp_path / f"{SET_NAME}.json"
    file.write_text(json.dumps([event(id="c")]))

    empty.seed({SET_NAME: [event(id="a")]})
    empty.seed({PATH: [event(id="b")]})
    empty.seed(str(file))

    assert [record["id"] for record in empty.records(PATH)] == ["a", "b", "c"]


def test_seed_is_all_or_nothing(empty):
    with pytest.raises(ControlError) as raised:
        empty.seed({SET_NAME: [event(), event(feature="String", isSuccess=1), event(colour="red")]})

    assert len(raised.value.problems) == 3
    assert empty.records(SET_NAME) == []


def test_seed_refuses_a_taken_id(empty):
    empty.create(SET_NAME, **event(id="a"))

    with pytest.raises(ControlError, match="'a'"):
        empty.seed({SET_NAME: [event(id="b"), event(id="a")]})

    assert [record["id"] for record in empty.records(SET_NAME)] == ["a"]


def test_unknown_entity_set_is_named(empty):
    with pytest.raises(ControlError, match=r"no entity set 'userz'\. There is userCredentialUsage"):
        empty.seed({"userz": []})


def test_operations_go_as_they_are_told(empty):
    empty.operations(last_ms=5, code="BadGateway", message="Not now.", times=2)
    said = {"lastMs": 5, "code": "BadGateway", "message": "Not now.", "times": 2}
    assert empty.control("GET", "/operations") == said

    empty.operations()

    assert empty.control("GET", "/operations") == {"lastMs": 0}


def test_settings_are_checked():
    with pytest.raises(ValueError, match="page"):
        FakeGraph(page_size=0)


def test_handle_works_in_its_block_only():
    graph = FakeGraph(fixture=())
    with graph:
        assert graph.records(SET_NAME) == []
    with pytest.raises(RuntimeError, match="with block"):
        graph.records(SET_NAME)


def test_settings_of_a_server_do_not_go_with_one_that_runs(graph):
    with pytest.raises(TypeError, match="port is a setting of the server"):
        FakeGraph(graph.server, port=5)
    with pytest.raises(TypeError, match="not both"):
        FakeGraph(graph.server, url=graph.url)


def test_two_servers_fit_in_one_process():
    with FakeGraph(fixture=()) as one, FakeGraph(fixture=()) as two:
        one.create(SET_NAME, **EVENT)
        assert one.url != two.url
        assert two.records(SET_NAME) == []


def test_package_says_what_it_has():
    assert package.create_app.__name__ == "create_app"
    assert package.__version__.count(".") == 2
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        package.nothing  # noqa: B018


def ask(graph, path=f"/{PATH}", method="GET", body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {**graph.headers, "Content-Type": "application/json", **headers}
    request = urllib.request.Request(graph.beta + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_fail_scripts_calls(empty):
    empty.fail("throttled", path="/reports/*", skip=1, times=2, retry_after=0)
    empty.fail(503, method="POST")
    assert [ask(empty) for _ in range(4)] == [200, 429, 429, 200]
    assert ask(empty, method="POST", body=EVENT) == 503
    assert empty.records(SET_NAME) == []
    empty.fail(503, times=None)
    empty.heal()
    assert ask(empty) == 200
    with pytest.raises(ControlError, match="preset"):
        empty.fail("explode")


def test_the_clock_is_moved(empty):
    empty.freeze("2024-01-31T00:00:00Z")
    empty.advance("PT1H")
    empty.advance(timedelta(days=1, microseconds=5))
    empty.advance(-0.5)
    assert empty.now == "2024-02-01T00:59:59.500005Z"
    empty.freeze(datetime(2025, 1, 1, tzinfo=UTC))
    assert empty.now == "2025-01-01T00:00:00Z"
    empty.reset()
    empty.freeze()
    assert empty.now == empty.now > "2025-06"


def test_requests_are_remembered(empty):
    ask(empty, f"/{PATH}?$top=5&$filter=isSuccess%20eq%20true")
    ask(empty, method="POST", body=EVENT)
    listed, created = empty.requests
    assert (listed.method, listed.path, listed.status) == ("GET", f"/beta/{PATH}", 200)
    assert listed.query == {"$top": "5", "$filter": "isSuccess eq true"}
    assert created.json == EVENT
    assert listed.response_json["value"] == []
    assert created.response_json["id"] == empty.records(SET_NAME)[0]["id"]
    assert str(listed) == f"GET /beta/{PATH}?$top=5&$filter=isSuccess eq true 200"


def test_a_refused_request_says_why(empty):
    ask(empty, f"/{PATH}?$filter=isSucces%20eq%20true")
    (request,) = empty.requests
    assert (request.status, request.error_code) == (400, "BadRequest")
    assert request.error_message.endswith("Did you mean 'isSuccess'?")
    assert request.response_json["error"]["message"] == request.error_message
    assert str(request) == (
        f"GET /beta/{PATH}?$filter=isSucces eq true 400 BadRequest: {request.error_message}"
    )


def test_what_would_break_a_line_stays_encoded(empty):
    ask(empty, f"/{PATH}/a%0Ab%E2%80%A8c?$select=%0D%0Ax%1B%5B31m")
    (request,) = empty.requests
    assert request.path.endswith("/a\nb\u2028c")
    assert str(request).startswith(f"GET /beta/{PATH}/a%0Ab%E2%80%A8c?$select=%0D%0Ax%1B[31m 400 ")
    assert str(request).isprintable()


def test_assert_called_counts(empty):
    for _ in range(2):
        ask(empty, method="POST", body=EVENT)
    matched = empty.assert_called("POST", f"/{PATH}", times=2, json={"isSuccess": True}, status=201)
    assert len(matched) == 2
    empty.assert_called(path="/reports/*")
    empty.assert_not_called("DELETE")
    empty.assert_not_called("POST", json={"isSuccess": False})
    empty.assert_called("DELETE", times=0)


def test_a_failed_assertion_shows_the_near_miss(empty):
    ask(empty, method="POST", body=EVENT)
    ask(empty)
    with pytest.raises(AssertionError) as raised:
        empty.assert_called("POST", f"/{PATH}", json={"isSuccess": False})
    assert str(raised.value) == (
        f'expected POST /{PATH} with json {{"isSuccess": false}} at least once, was 0 times\n'
        "closest:\n"
        f"  POST /beta/{PATH} 201: body isSuccess is true, not false\n"
        f"  GET /beta/{PATH} 200: method is GET, not POST; body is null, not "
        '{"isSuccess": false}\n'
        "requests:\n"
        f"  POST /beta/{PATH} 201\n"
        f"  GET /beta/{PATH} 200"
    )
    with pytest.raises(AssertionError, match="expected GET 3 times, was 1 times"):
        empty.assert_called("GET", times=3)
    with pytest.raises(AssertionError, match="expected no POST, was 1 times"):
        empty.assert_not_called("POST")
    empty.reset()
    with pytest.raises(AssertionError, match="no requests were received"):
        empty.assert_called("GET")


def test_of_equally_near_misses_the_earliest_comes_first(empty):
    for top in (1, 2, 3, 4):
        ask(empty, f"/{PATH}?$top={top}")
    with pytest.raises(AssertionError) as raised:
        empty.assert_called("POST", f"/{PATH}")
    closest = str(raised.value).partition("closest:\n")[2].partition("requests:")[0]
    assert [line[line.index("$top=") + 5] for line in closest.splitlines()] == ["1", "2", "3"]


def test_snapshots_bring_records_back(empty):
    with empty.snapshot():
        empty.create(SET_NAME, **EVENT)
    assert empty.records(SET_NAME) == []
    kept = empty.snapshot("kept")
    empty.create(SET_NAME, **EVENT)
    kept.restore()
    assert empty.records(SET_NAME) == []


def test_a_token_leads_to_its_tenant(empty):
    empty.create(SET_NAME, **EVENT)
    headers = {"Authorization": f"Bearer {empty.token(roles=['Reports.Read.All'])}"}
    page = get(f"{empty.server.url}/beta/{PATH}", headers)
    assert len(page["value"]) == 1


def test_the_same_handle_drives_a_server_elsewhere(empty):
    with FakeGraph(url=empty.server.url, page_size=1, auth="off") as other:
        for key in "ab":
            other.create(SET_NAME, **event(id=key))
        assert len(get(f"{other.beta}/{PATH}", {})["value"]) == 1
        other.fail(503)
        assert ask(other) == 503
        assert [request.status for request in other.requests] == [200, 503]
        assert other.snapshot().name
        gone = other.url
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{gone}/beta/{PATH}", empty.headers)
    with pytest.raises(ValueError, match="no URL of a server"):
        FakeGraph(url="localhost")
    for more in ("/tenants/a/v1.0", "/banana", "?x", "#y"):
        with pytest.raises(ValueError, match="says more than where a server is: give http://a:1"):
            FakeGraph(url=f"http://a:1{more}")
    with pytest.raises(ValueError, match="no URL of a server"):
        FakeGraph(url="http://[::1")
    with pytest.raises(ConnectionRefusedError), FakeGraph(url="http://127.0.0.1:9"):
        pass


def test_a_control_key_opens_a_guarded_server():
    with FakeGraph(fixture=(), control_key="k") as graph:
        graph.create(SET_NAME, **EVENT)
        with FakeGraph(url=graph.server.url, control_key="k") as other:
            assert other.records(SET_NAME) == []
        with pytest.raises(ControlError, match="X-Fakegraph-Key"):
            FakeGraph(url=graph.server.url, control_key="wrong").__enter__()


PROJECT = """
    import json, urllib.error, urllib.request

    import pytest

    SET = "userCredentialUsageDetails"
    EVENT = EVENT_HERE

    def get(url, headers={"Authorization": "Bearer x"}):
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return json.load(answer)

    @pytest.mark.fakegraph(fixture=[], records={SET: [EVENT, EVENT]}, auth="off", page_size=1,
                           clock="2024-02-29T00:00:00Z")
    def test_marked(fakegraph):
        page = get(f"{fakegraph.beta}/reports/{SET}", {})
        assert len(page["value"]) == 1
        assert len(get(page["@odata.nextLink"], {})["value"]) == 1
        assert fakegraph.now == "2024-02-29T00:00:00Z"

    @pytest.mark.fakegraph(fixture=[])
    class TestNearest:
        @pytest.mark.fakegraph(page_size=3)
        def test_both_count(self, fakegraph, fakegraph_url):
            assert fakegraph_url == fakegraph.url
            assert fakegraph.records(SET) == []

    @pytest.mark.fakegraph(fixture=None, auth="off", consistency_delay="reads:1")
    def test_late(fakegraph):
        body = json.dumps(dict(displayName="Crew", mailNickname="crew", mailEnabled=False,
                               securityEnabled=True))
        headers = {"Content-Type": "application/json"}
        url = f"{fakegraph.v1}/groups"
        urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers)).close()
        assert len(fakegraph.records("groups")) == 1
        assert [len(get(url, {})["value"]) for _ in range(2)] == [0, 1]

    @pytest.mark.parametrize("number", range(8))
    def test_many(fakegraph, number):
        before = len(fakegraph.records(SET))
        fakegraph.create(SET, **EVENT)
        fakegraph.fail("unavailable", times=1)
        with pytest.raises(urllib.error.HTTPError, match="503"):
            get(f"{fakegraph.beta}/reports/{SET}")
        assert len(get(f"{fakegraph.beta}/reports/{SET}?$top=999")["value"]) == before + 1
        fakegraph.assert_called("GET", f"/reports/{SET}", times=2)
""".replace("EVENT_HERE", repr(EVENT))


def test_marker_and_options_choose_what_a_test_starts_with(pytester):
    pytester.makepyfile(PROJECT)
    result = pytester.runpytest_subprocess("-q", "--strict-markers")
    result.assert_outcomes(passed=11)


def test_options_of_the_run_are_defaults(pytester):
    pytester.makeini("[pytest]\nfakegraph_fixture =\nfakegraph_auth = off\nfakegraph_page_size = 2")
    pytester.makepyfile(
        """
        import json, urllib.request

        def test_defaults(fakegraph):
            url = f"{fakegraph.beta}/reports/userCredentialUsageDetails"
            with urllib.request.urlopen(url) as answer:
                assert len(json.load(answer)["value"]) == 2
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1)
    result = pytester.runpytest_subprocess("-q", "--fakegraph-auth=bearer")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*HTTP Error 401*"])
    bad = pytester.runpytest_subprocess("-q", "--fakegraph-auth=none")
    bad.stdout.fnmatch_lines(["*auth*off, bearer*"])


def test_a_run_can_go_against_a_sidecar(pytester, empty):
    pytester.makepyfile(PROJECT)
    result = pytester.runpytest_subprocess("-q", f"--fakegraph-url={empty.server.url}")
    result.assert_outcomes(passed=11)


FAILING = """
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_it(fakegraph, number):
        assert number % 2
"""


def test_a_failed_test_s_tenant_stays_where_the_server_stays(pytester, empty):
    pytester.makepyfile(test_mine=FAILING.format(tests=4))
    result = pytester.runpytest_subprocess("-q", f"--fakegraph-url={empty.server.url}")
    result.assert_outcomes(passed=2, failed=2)
    kept = [each for each in empty.server.control("GET", "/tenants")["value"] if "test" in each]
    assert sorted(each["test"] for each in kept) == [
        "test_mine.py::test_it[0]",
        "test_mine.py::test_it[2]",
    ]
    for each in kept:
        root = empty.server.url
        result.stdout.fnmatch_lines([f"{root}/_fakegraph/ui#/requests?tenant={each['id']}"])
        empty.server.close_tenant(each["id"])


def test_only_the_last_failed_ones_stay(pytester, empty):
    pytester.makepyfile(test_mine=FAILING.replace("number % 2", "False").format(tests=22))
    pytester.runpytest_subprocess("-q", f"--fakegraph-url={empty.server.url}")
    kept = [each for each in empty.server.control("GET", "/tenants")["value"] if "test" in each]
    assert {each["test"] for each in kept} == {f"test_mine.py::test_it[{n}]" for n in range(2, 22)}
    for each in kept:
        empty.server.close_tenant(each["id"])


def test_where_the_server_goes_the_report_says_how_one_stays(pytester, empty):
    pytester.makepyfile(test_mine=FAILING.format(tests=1))
    shown = pytester.runpytest_subprocess("-q").stdout
    assert "/_fakegraph/ui" not in shown.str()
    advice = "  pytest --fakegraph-url http://127.0.0.1:8365 'test_mine.py::test_it[[]0]'"
    shown.fnmatch_lines(["*fakegraph inspector*", "*ends with it*fakegraph serve*", advice])
    wanted = ("--fakegraph-url", empty.server.url, "test_mine.py::test_it[0]")
    result = pytester.runpytest_subprocess("-q", *wanted)
    result.stdout.fnmatch_lines([f"{empty.server.url}/_fakegraph/ui#/requests?tenant=*"])
    for each in empty.server.control("GET", "/tenants")["value"]:
        if "test" in each:
            empty.server.close_tenant(each["id"])


def test_a_failed_test_shows_what_was_asked(pytester):
    pytester.makepyfile(
        """
        import urllib.request

        def test_fails(fakegraph):
            url = f"{fakegraph.beta}/reports/userCredentialUsageDetails?$top=1"
            urllib.request.urlopen(urllib.request.Request(url, headers=fakegraph.headers)).close()
            assert False

        def test_fails_by_url(fakegraph_url):
            assert False

        def test_is_fine(fakegraph):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*fakegraph requests*",
            "requests:",
            "  GET /beta/reports/userCredentialUsageDetails?$top=1 200",
            "*fakegraph requests*",
            "no requests were received",
        ]
    )


def test_the_section_has_the_reason_in_every_phase_that_fails(pytester):
    pytester.makepyfile(
        """
        import urllib.request, urllib.error

        import pytest

        def ask(graph):
            url = f"{graph.beta}/reports/userCredentialUsageDetails?$filter=isSucces%20eq%20true"
            urllib.request.urlopen(urllib.request.Request(url, headers=graph.headers)).close()

        def test_fails(fakegraph):
            ask(fakegraph)

        @pytest.fixture
        def client(fakegraph):
            ask(fakegraph)

        def test_is_not_even_begun(client):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(failed=1, errors=1)
    shown = "  GET /beta/*?$filter=isSucces eq true 400 BadRequest: *Did you mean 'isSuccess'?"
    result.stdout.fnmatch_lines([shown, shown])


def test_a_failed_assertion_prints_the_journal_once(pytester):
    pytester.makepyfile(
        """
        import urllib.request

        def test_fails(fakegraph):
            url = f"{fakegraph.beta}/reports/userCredentialUsageDetails?$top=1"
            urllib.request.urlopen(urllib.request.Request(url, headers=fakegraph.headers)).close()
            fakegraph.assert_called("POST", times=2)
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(failed=1)
    shown = result.stdout.str().partition("short test summary")[0]  # which tells it again in CI
    assert shown.count("requests:") == 1
    assert "fakegraph requests" not in result.stdout.str()


def test_a_wrong_marker_is_an_error(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.fakegraph(page=1)
        def test_marked(fakegraph):
            pass

        @pytest.mark.fakegraph("contoso")
        def test_by_position(fakegraph):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*takes fixture, records, auth, clock, page_size, consistency_delay, retired, strict_queries by name, not page*"
        ]
    )


class NoFakegraph(BaseHTTPRequestHandler):
    """Something else that listens."""

    def do_POST(self):
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"<html>not found</html>")

    def log_message(self, *_):
        """Nothing is said."""


def test_another_server_is_told_apart():
    with HTTPServer(("127.0.0.1", 0), NoFakegraph) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(
            ControlError, match=f"what answers at {url} is no fakegraph: it says 404"
        ):
            FakeGraph(url=url).start()
        server.shutdown()
        thread.join()


@pytest.mark.fakegraph(
    fixture=None, records={"users": [{"userPrincipalName": "ada@contoso.com"}]}, auth="strict"
)
def test_headers_are_of_who_is_to_ask(fakegraph):
    ada = fakegraph.records("users")[0]["id"]
    app = fakegraph.create("servicePrincipals")
    for headers, oid in (
        (fakegraph.as_user("Ada@contoso.com"), ada),
        (fakegraph.as_user(ada.upper()), ada),
        (fakegraph.as_app(app["appId"]), app["id"]),
    ):
        claims = jwt.decode(
            headers["Authorization"].split()[1], options={"verify_signature": False}
        )
        assert claims["oid"] == oid
        assert get(f"{fakegraph.v1}/directoryObjects/{oid}", headers)["id"] == oid
        assert claims.get("upn", "ada@contoso.com") == "ada@contoso.com"
    name = get(f"{fakegraph.v1}/me", fakegraph.as_user("ada@contoso.com"))["userPrincipalName"]
    assert name == "ada@contoso.com"
    assert len(get(f"{fakegraph.v1}/users", fakegraph.as_app())["value"]) == 1
    for headers in (
        fakegraph.as_user("ada@contoso.com", scopes="Mail.Read"),
        fakegraph.as_app(roles=["Mail.Read"]),
    ):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            get(f"{fakegraph.v1}/users", headers)
    with pytest.raises(TypeError, match=r"such as ada@contoso\.com, not None"):
        fakegraph.as_user(None)
    for said in ({"user": "ada@contoso.com\n"}, {"app": "a\x00"}, {"tenant": "a\x85b"}):
        with pytest.raises(ControlError, match="takes a name in one line"):
            fakegraph.token(**said)
    for said, wanted in (
        (
            {"roles": ["Mail.Read", "User.Read\n"]},
            r"roles\[1\].*\n.*takes a permission in one line",
        ),
        ({"roles": [""]}, "such as Mail.Read"),
        ({"scopes": ["Mail.Read\nUser.Read"]}, "takes permissions in one line, with a space"),
        ({"audience": "https://graph.microsoft.com\r"}, "takes whom the token is for, in one line"),
    ):
        with pytest.raises(ControlError, match=wanted):
            fakegraph.token(**said)
