"""What pytest's report says of tests that use the plugin: no more and no less than helps."""

from __future__ import annotations

UNHIT = """
    import urllib.request

    import pytest
    from fakegraph import FakeGraph

    def ask(graph):
        url = f"{graph.beta}/reports/userCredentialUsageDetails?$top=1"
        urllib.request.urlopen(urllib.request.Request(url, headers=graph.headers)).close()

    def test_never_hit(fakegraph):
        fakegraph.fail("throttled", path="/report/*")
        ask(fakegraph)

    def test_skipped(fakegraph):
        fakegraph.fail(503, method="GET", skip=1)
        ask(fakegraph)

    def test_forgotten(fakegraph):
        fakegraph.fail("unavailable")
        fakegraph.reset()

    def test_in_a_block_of_its_own(fakegraph_server):
        with FakeGraph(fakegraph_server) as graph:
            graph.fail(429)
"""
FINE = """
    def test_hit(fakegraph):
        fakegraph.fail("slow", delay_ms=1, times=5)
        ask(fakegraph)

    def test_by_chance(fakegraph):
        fakegraph.fail(503, probability=0)
        ask(fakegraph)

    def test_healed(fakegraph):
        fakegraph.fail(503)
        fakegraph.heal()

    def test_error(fakegraph_server):
        with pytest.raises(ZeroDivisionError), FakeGraph(fakegraph_server) as graph:
            graph.fail(429)
            1 / 0

    def test_of_another(fakegraph):
        fakegraph.control("POST", "/faults", {"preset": "throttled", "match": {"path": "/x"}})
        fakegraph.fail("slow", delay_ms=1)
        ask(fakegraph)
"""


def test_a_fault_that_was_never_hit_is_a_warning(pytester):
    pytester.makepyfile(UNHIT + FINE)
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(passed=9, warnings=4)
    result.stdout.fnmatch_lines(
        [
            "*.py::test_never_hit",
            "*.py:11: FaultNeverHitWarning: the fault throttled of /report/[*] was never hit: no *",
            "*.py::test_skipped",
            "*the fault 503 of GET was never hit: of those that match, the first 1 pass, and 1 came",
            "*.py::test_forgotten",
            "*the fault unavailable of any request was never hit: no request matched it",
            "*.py::test_in_a_block_of_its_own",
            "*the fault 429 of any request was never hit: no request matched it",
        ]
    )


def test_such_a_warning_can_be_an_error_or_be_left_out(pytester):
    pytester.makepyfile(UNHIT)
    result = pytester.runpytest_subprocess("-q", "-W", "error::fakegraph.FaultNeverHitWarning")
    result.assert_outcomes(passed=2, errors=2, failed=2)
    result.stdout.fnmatch_lines(["FaultNeverHitWarning: the fault throttled of*"])
    result = pytester.runpytest_subprocess("-q", "-W", "ignore::fakegraph.FaultNeverHitWarning")
    result.assert_outcomes(passed=4)


def test_the_answer_comes_without_our_own_lines(pytester):
    pytester.makepyfile(
        """
        import datetime
        import urllib.request

        import pytest
        from fakegraph import FakeGraph

        def test_create(fakegraph):
            fakegraph.create("userCredentialUsageDetails", feature="nope", isSucces=True)

        def test_assert_called(fakegraph):
            fakegraph.assert_called("GET")

        def test_not_called(fakegraph):
            url = f"{fakegraph.beta}/reports/userCredentialUsageDetails?$top=1"
            urllib.request.urlopen(urllib.request.Request(url, headers=fakegraph.headers)).close()
            fakegraph.assert_not_called("GET")

        def test_restore(fakegraph):
            snapshot = fakegraph.snapshot()
            fakegraph.control("DELETE", "/snapshots")
            snapshot.restore()

        def test_settings():
            FakeGraph(page_size=0)

        def test_fixture():
            FakeGraph(fixture="nothing")

        def test_not_started():
            FakeGraph(fixture=None).beta

        def test_naive(fakegraph):
            fakegraph.freeze(datetime.datetime(2024, 1, 1))

        def test_misspelt(fakegraph):
            fakegraph.fail(503, dilay_ms=5)

        @pytest.mark.fakegraph(fixture="nothing")
        def test_bad_fixture(fakegraph):
            pass

        @pytest.mark.fakegraph(records={"userz": []})
        def test_bad_records(fakegraph):
            pass

        @pytest.mark.fakegraph(page=1)
        def test_bad_marker(fakegraph):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(failed=9, errors=3)
    shown = result.stdout.str().partition("short test summary")[0]
    for ours in ("pytest_plugin.py", "handle/", "During handling", "direct cause", "def plainly"):
        assert ours not in shown
    result.stdout.fnmatch_lines(
        [
            "ControlError: nothing: there is no such file or folder*",
            "ControlError: userz: *",
            "@pytest.mark.fakegraph takes fixture, *, not page",
            ">*fakegraph.create(*",
            "E*fakegraph.ControlError: feature: Requested value 'nope' was not found*",
            "E*isSucces: The property 'isSucces' does not exist*Did you mean 'isSuccess'?",
            "E*AssertionError: expected GET at least once, was 0 times",
            "E*AssertionError: expected no GET, was 1 times*",
            "E*ControlError: There is no snapshot*",
            "E*SettingsError: page_size is '0'*",
            "E*FixtureError: nothing: there is no such file*",
            "E*this FakeGraph is not started*",
            "E*has no time zone*",
            "E*fail takes no dilay_ms. Did you mean 'delay_ms'?",
        ]
    )


def test_a_server_that_is_not_there_is_one_message(pytester):
    pytester.makepyfile("def test_any(fakegraph): pass")
    result = pytester.runpytest_subprocess("-q", "--fakegraph-url=http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "ConnectionRefusedError: * Connection refused: nothing answers at http://127.0.0.1:9: "
            "start one with `fakegraph serve --port 9`",
            "fakegraph was looked for at http://127.0.0.1:9",
        ]
    )
    assert "http/client.py" not in result.stdout.str()
    result = pytester.runpytest_subprocess("-q", "--fakegraph-url=localhost")
    result.stdout.fnmatch_lines(["*: 'localhost' is no URL of a server*"])
    assert "pytest_plugin.py" not in result.stdout.str()
