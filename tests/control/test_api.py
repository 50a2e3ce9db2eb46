"""The rest of the control API: seed, records, snapshots, metrics, and who may use it."""

from __future__ import annotations

import pytest

from fakegraph.control.routes import SERVER_ROUTES, TENANT_ROUTES
from fakegraph.errors import GraphError
from fakegraph.web.guard import Guard
from tests.conftest import EVENT, assert_error, event
from tests.control.conftest import Asked

SET = "userCredentialUsageDetails"


def test_seed_adds_a_fixture_or_records(asked):
    assert asked.control("POST", "/seed", {SET: [event(id="a"), event(id="b")]}) == {SET: 2}
    assert asked.control("POST", "/seed", {f"reports/{SET}": [event(id="c")]}) == {SET: 1}
    added = asked.control("POST", "/seed", {"fixture": "contoso"})[SET]
    assert asked.count() == 3 + added


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ([], None),
        ({"fixture": "nothing"}, "nothing"),
        ({"fixture": 1}, "fixture"),
        ({"fixture": ["contoso", 1]}, "fixture"),
        ({"userz": []}, "userz"),
        ({SET: {}}, SET),
        ({SET: [event(feature="x")]}, f"{SET}[1]/feature"),
        ({SET: [7]}, f"{SET}[1]"),
        ({SET: [event(id="a"), event(id="a")]}, f"{SET}[2]/id"),
    ],
)
def test_a_bad_seed_is_refused_and_adds_nothing(asked, body, target):
    error = assert_error(asked.client.post("/_fakegraph/seed", json=body), 400, "BadRequest")
    targets = [detail.get("target") for detail in error.get("details", [error])]
    assert target in targets
    assert asked.count() == 0


def test_a_taken_id_is_a_conflict_and_nothing_is_added(asked):
    asked.control("POST", "/seed", {SET: [event(id="a")]})
    body = {SET: [event(id="b"), event(id="a")]}
    assert_error(asked.client.post("/_fakegraph/seed", json=body), 409, "Conflict", "'a'")
    assert asked.count() == 1


def test_records_are_as_they_are_stored(asked):
    asked.control("POST", "/seed", {SET: [event(id="a", authMethod="qrCode"), event(id="b")]})
    stored = asked.control("GET", f"/records/{SET}")["value"]
    assert [record["id"] for record in stored] == ["a", "b"]
    assert stored[0]["authMethod"] == "qrCode"
    assert stored[1] == {"id": "b", **{k: v for k, v in EVENT.items() if k != "@odata.type"}}
    assert asked.control("GET", f"/records/reports/{SET}?id=b")["value"] == stored[1:]
    assert asked.control("GET", f"/records/{SET}?id=c") == {"value": []}
    assert_error(asked.client.get("/_fakegraph/records/userz"), 404, "ResourceNotFound", SET)
    assert_error(asked.client.get(f"/_fakegraph/records/{SET}?top=1"), 400, "BadRequest")


def test_what_a_snapshot_may_be_called_is_said(asked):
    for name in ("a b", "", "x" * 101, "ä"):
        error = asked.control("POST", "/snapshots", {"name": name}, status=400)["error"]
        assert "1 to 100 of the characters A-Z, a-z, 0-9, _, . and -" in error["message"]


def test_snapshots_bring_records_back(asked):
    asked.graph("POST", json=event(id="a"))
    asked.control("POST", "/snapshots", {"name": "before"}, status=201)
    asked.graph("DELETE", "/a")
    asked.graph("POST", json=event(id="b"))
    asked.control("POST", "/reset")

    asked.control("POST", "/snapshots/before/restore", status=204)

    stored = asked.control("GET", f"/records/{SET}")["value"]
    assert [record["id"] for record in stored] == ["a"]
    assert asked.control("GET", "/snapshots") == {"value": [{"name": "before"}]}


def test_snapshots_have_names_of_their_own(asked):
    asked.control("POST", "/snapshots", {"name": "one"})
    again = asked.client.post("/_fakegraph/snapshots", json={"name": "one"})
    assert_error(again, 409, "Conflict", "'one'")
    for body in ({}, {"name": ""}, {"name": "a/b"}, {"name": 1}, {"name": "a", "x": 1}):
        answer = asked.client.post("/_fakegraph/snapshots", json=body)
        assert_error(answer, 400, "BadRequest")
    missing = asked.client.post("/_fakegraph/snapshots/two/restore")
    assert_error(missing, 404, "ResourceNotFound", "'two'", "one")
    asked.control("DELETE", "/snapshots/one", status=204)
    assert_error(asked.client.delete("/_fakegraph/snapshots/one"), 404, "ResourceNotFound")
    asked.control("POST", "/snapshots", {"name": "one"})
    asked.control("DELETE", "/snapshots", status=204)
    assert asked.control("GET", "/snapshots") == {"value": []}


def test_metrics_are_read_by_prometheus(asked):
    from prometheus_client.parser import text_string_to_metric_families

    asked.graph()
    asked.graph()
    asked.control("POST", "/faults", {"preset": "throttled"})
    asked.graph("POST", json=event())
    answer = asked.client.get("/_fakegraph/metrics")
    assert answer.content_type.startswith("text/plain")

    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["fakegraph_requests_total", "200", "GET"] == 2
    assert samples["fakegraph_requests_total", "429", "POST"] == 1
    assert samples["fakegraph_faults_total", "throttled"] == 1
    assert samples["fakegraph_request_seconds_count",] == 3
    assert samples["fakegraph_tenants",] == 1


def test_what_is_not_there_is_said(asked):
    answer = asked.client.get("/_fakegraph/nothing")
    assert_error(answer, 404, "ResourceNotFound", "/_fakegraph/health", "/faults")
    wrong = asked.client.patch("/_fakegraph/clock", json={})
    assert_error(wrong, 405, "MethodNotAllowed", "takes DELETE, GET, PUT, and no PATCH")
    assert set(wrong.headers["Allow"].split(", ")) >= {"GET", "PUT", "DELETE"}


@pytest.mark.parametrize("path", ["/reset", "/clock", "/faults", "/seed", "/tenants", "/metrics"])
def test_unknown_options_are_refused(asked, path):
    for table in (SERVER_ROUTES, TENANT_ROUTES):
        for method in table.get(path, {}):
            answer = asked.client.open(f"/_fakegraph{path}?x=1", method=method, json={})
            assert_error(answer, 400, "BadRequest")


@pytest.mark.parametrize("path", ["/reset", "/snapshots/x/restore"])
def test_bodies_are_refused_where_nothing_is_to_be_said(asked, path):
    answer = asked.client.post(f"/_fakegraph{path}", json={"records": True})
    assert_error(answer, 400, "BadRequest", "body")


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        ("name=x", "application/x-www-form-urlencoded", 400),
        ('{"name":"x"}', "text/plain", 400),
        ('{"name":"x"}', None, 400),
        ("{", "application/json", 400),
        ("", "application/json", 400),
        ('{"name":"x","name":"y"}', "application/json", 400),
        ("x" * 100, "application/json", 413),
    ],
)
def test_writes_take_json_only(make_client, data, content_type, status):
    client = make_client(max_body=50)
    answer = client.post("/_fakegraph/snapshots", data=data, content_type=content_type)
    assert answer.status_code == status
    assert "error" in answer.json


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8365"},
        {"Host": "localhost.evil.example"},
        {"Host": ""},
        {"Host": "10.0.0.7"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_a_web_page_sends_is_refused(asked, headers):
    for method, path in (("POST", "/reset"), ("GET", "/requests"), ("DELETE", "/faults")):
        answer = asked.client.open(f"/_fakegraph{path}", method=method, headers=headers)
        assert answer.status_code in {400, 403}, answer.text
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert asked.client.get("/_fakegraph/health", headers={"Host": "10.0.0.7"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1:8365"},
        {"Host": "[::1]:8365"},
        {"Host": "localhost"},
        {"Host": "app.localhost:80"},
        {"Host": "localhost:"},
        {"Host": "LocalHost."},
        {"Origin": "http://localhost", "Host": "localhost:80"},
        {"Origin": "http://localhost", "Host": "localhost", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_what_a_test_sends_is_let_in(asked, headers):
    assert asked.client.get("/_fakegraph/clock", headers=headers).status_code == 200


def environ(host):
    return {"HTTP_HOST": host, "wsgi.url_scheme": "http"}


@pytest.mark.parametrize(
    ("listens_on", "host", "fine"),
    [
        ("0.0.0.0", "fakegraph:8365", True),
        ("0.0.0.0", "10.0.0.7:8365", True),
        ("0.0.0.0", "my_project_fakegraph_1:8365", True),
        ("0.0.0.0", "fakegraph.my_project_default:8365", True),
        ("0.0.0.0", "fakegraph.tests.svc.cluster.local:8365", True),
        ("0.0.0.0", "host.docker.internal", True),
        ("0.0.0.0", "fakegraph.evil.example", False),
        ("0.0.0.0", "my_fakegraph.evil.example", False),
        ("127.0.0.1", "host.docker.internal", False),
        ("graph.test", "graph.test:8365", True),
        ("graph.test", "other.test", False),
        ("127.0.0.1", "fakegraph:8365", False),
        ("127.0.0.1", "10.0.0.7", False),
    ],
)
def test_hosts_beyond_loopback(listens_on, host, fine):
    guard = Guard(listens_on, None)
    if fine:
        guard.check(environ(host))
    else:
        with pytest.raises(GraphError):
            guard.check(environ(host))
    Guard(listens_on, "key").check({**environ(host), "HTTP_X_FAKEGRAPH_KEY": "key"})


def test_a_control_key_is_asked_for(make_client):
    client = make_client(control_key="s3cret")
    assert_error(client.get("/_fakegraph/clock"), 401, "InvalidAuthenticationToken", "X-Fakegraph")
    for key in ("", "S3CRET", "s3cret ", "schlüssel"):
        headers = {"X-Fakegraph-Key": key}
        assert client.get("/_fakegraph/clock", headers=headers).status_code == 401
    assert Asked(client).control("GET", "/clock", headers={"X-Fakegraph-Key": "s3cret"})
    assert client.get("/_fakegraph/health").status_code == 200
