"""Tenants: made, found, told apart, reset, capped and removed."""

from __future__ import annotations

import base64
import json
import threading

import pytest

from tests.conftest import assert_error, event
from tests.control.conftest import Asked

SET = "userCredentialUsageDetails"


def jwt(**claims):
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"x.{part}.y"


def test_a_tenant_is_a_copy_of_its_own(asked):
    made = asked.control("POST", "/tenants", {"id": "one"}, status=201)
    other = asked.tenant()

    asked.graph("POST", json=event(), tenant="one")

    assert made == {"id": "one", "url": "http://localhost/tenants/one"}
    assert (asked.count("one"), asked.count(other), asked.count()) == (1, 0, 0)
    assert {each["id"] for each in asked.control("GET", "/tenants")["value"]} >= {"one", other}


def test_a_tenant_may_have_another_fixture(asked, tmp_path):
    file = tmp_path / f"{SET}.json"
    file.write_text(json.dumps([event(id="a")]))

    contoso = asked.tenant(fixture="contoso")
    both = asked.tenant(fixture=["contoso", str(file)])
    none = asked.tenant(fixture=[])

    seeded = asked.count(contoso)
    assert seeded >= 300
    assert asked.count(both) == seeded + 1
    assert asked.count(none) == 0
    asked.graph("DELETE", "/a", tenant=both)
    asked.control("POST", f"/tenants/{both}/reset")
    assert asked.count(both) == seeded + 1


def test_a_fixture_that_changed_is_read_anew(asked, tmp_path):
    file = tmp_path / f"{SET}.json"
    for number in (1, 2):
        file.write_text(json.dumps([event(id=str(n)) for n in range(number)]))
        assert asked.count(asked.tenant(fixture=str(file))) == number


def test_a_tenant_has_its_own_auth_and_page_size(asked):
    strict = asked.tenant(auth="bearer", pageSize=2, fixture="contoso")

    assert_error(asked.graph(tenant=strict), 401, "InvalidAuthenticationToken")
    page = asked.graph(tenant=strict, headers={"Authorization": "Bearer x"})
    assert len(page.json["value"]) == 2
    assert len(asked.graph(tenant=asked.tenant(fixture="contoso")).json["value"]) == 100


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"id": ""}, "id"),
        ({"id": "a/b"}, "id"),
        ({"id": "../up"}, "id"),
        ({"id": "a" * 65}, "id"),
        ({"id": 7}, "id"),
        ({"id": "con"}, "id"),
        ({"fixture": 1}, "fixture"),
        ({"fixture": [""]}, "fixture"),
        ({"fixture": {"a": 1}}, "fixture"),
        ({"auth": "lax"}, "auth"),
        ({"pageSize": 0}, "pageSize"),
        ({"pageSize": "5"}, "pageSize"),
        ({"colour": "red"}, "colour"),
        ({"@odata.type": "x"}, "@odata.type"),
    ],
)
def test_bad_tenants_are_refused(asked, body, target):
    before = asked.control("GET", "/tenants")
    answer = asked.client.post("/_fakegraph/tenants", json=body)
    error = assert_error(answer, 400, "BadRequest")
    assert target in [detail["target"] for detail in error["details"]]
    assert asked.control("GET", "/tenants") == before


def test_all_problems_come_at_once(asked):
    answer = asked.client.post("/_fakegraph/tenants", json={"id": 1, "pageSize": 0, "x": 1})
    error = assert_error(answer, 400, "BadRequest")
    assert [detail["target"] for detail in error["details"]] == ["id", "pageSize", "x"]


def test_a_bad_fixture_is_refused_with_every_problem(asked, tmp_path):
    file = tmp_path / f"{SET}.json"
    file.write_text(json.dumps([event(feature="x"), event(), event(isSuccess=1)]))

    answer = asked.client.post("/_fakegraph/tenants", json={"fixture": str(file)})

    error = assert_error(answer, 400, "BadRequest")
    targets = [detail["target"] for detail in error["details"]]
    assert targets == [f"{file}[1]/feature", f"{file}[3]/isSuccess"]


def test_a_taken_name_is_a_conflict(asked):
    asked.tenant(id="one")
    answer = asked.client.post("/_fakegraph/tenants", json={"id": "one"})
    assert_error(answer, 409, "Conflict", "'one'")


def test_an_unknown_tenant_says_how_to_make_one(asked):
    assert_error(asked.graph(tenant="nobody"), 404, "ResourceNotFound", "POST /_fakegraph/tenants")
    answer = asked.client.post("/_fakegraph/tenants/nobody/reset")
    assert_error(answer, 404, "ResourceNotFound", "nobody")


def test_a_removed_tenant_is_gone_with_all_it_had(asked):
    asked.tenant(id="one")
    asked.graph("POST", json=event(), tenant="one")
    asked.control("POST", "/tenants/one/snapshots", {"name": "s"})

    asked.control("DELETE", "/tenants/one")

    assert asked.graph(tenant="one").status_code == 404
    assert_error(asked.client.delete("/_fakegraph/tenants/one"), 404, "ResourceNotFound")
    asked.tenant(id="one")
    assert asked.count("one") == 0
    assert asked.control("GET", "/tenants/one/snapshots") == {"value": []}


def test_reset_goes_back_to_the_start(asked):
    name = asked.tenant(fixture="contoso")
    seeded = asked.count(name)
    asked.graph("POST", json=event(), tenant=name)
    asked.control("POST", f"/tenants/{name}/faults", {"status": 503, "times": None})
    asked.control("PUT", f"/tenants/{name}/clock", {"now": "2001-01-01T00:00:00Z"})

    asked.control("POST", f"/tenants/{name}/reset", status=204)

    assert asked.control("GET", f"/tenants/{name}/requests") == {"value": []}
    assert asked.control("GET", f"/tenants/{name}/faults") == {"value": []}
    assert asked.control("GET", f"/tenants/{name}/clock")["frozen"] is False
    assert asked.count(name) == seeded


def test_the_longest_unused_tenant_goes_first(make_client):
    asked = Asked(make_client(max_tenants=2))
    for name in ("one", "two"):
        asked.tenant(id=name)
    asked.count("one")
    asked.count()

    asked.tenant(id="three")

    assert asked.graph(tenant="two").status_code == 404
    assert (asked.count("one"), asked.count("three"), asked.count()) == (0, 0, 0)


def test_what_is_on_disk_outlives_the_cap_and_the_server(make_client, tmp_path):
    asked = Asked(make_client(max_tenants=1, data_dir=tmp_path / "data"))
    for name in ("one", "two"):
        asked.tenant(id=name)
        asked.graph("POST", json=event(), tenant=name)
    assert (asked.count("one"), asked.count("two"), asked.count("one")) == (1, 1, 1)
    answer = asked.client.post("/_fakegraph/tenants", json={"id": "two"})
    assert_error(answer, 409, "Conflict")

    from fakegraph.app import close_app

    close_app(asked.client.application)
    again = Asked(make_client(data_dir=tmp_path / "data"))
    assert (again.count("one"), again.count("two")) == (1, 1)
    again.control("DELETE", "/tenants/two")
    assert again.graph(tenant="two").status_code == 404
    assert not (tmp_path / "data" / "two.json").exists()


def test_two_hundred_tests_at_once_never_meet(make_client):
    """Each has its tenant, its faults and its clock, all on one server."""
    app = make_client(fixture=("contoso",)).application
    failures = []
    gate = threading.Barrier(20)

    def one_test(number):
        asked = Asked(app.test_client())
        name = asked.tenant(id=f"t{number}")
        at = f"2020-01-01T00:{number % 60:02}:00Z"
        asked.control("PUT", f"/tenants/{name}/clock", {"now": at})
        asked.control("POST", f"/tenants/{name}/faults", {"status": 400 + number, "times": 1})
        before = None
        for turn in range(3):
            answer = asked.graph("POST", json=event(id=f"e{turn}"), tenant=name)
            expected = 400 + number if turn == 0 else 201
            assert answer.status_code == expected, (answer.status_code, expected)
            if turn == 0:
                assert answer.json["error"]["innerError"]["date"] == at[:-1]
                before = asked.count(name)
        assert asked.count(name) == before + 2
        assert len(asked.control("GET", f"/tenants/{name}/requests")["value"]) == 5
        asked.control("DELETE", f"/tenants/{name}")

    def some_tests(first):
        gate.wait()
        for number in range(first, first + 10):
            try:
                one_test(number)
            except Exception as error:
                failures.append((number, error))

    threads = [threading.Thread(target=some_tests, args=(n * 10,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_hundred_problems_of_a_seed_are_told(asked):
    error = asked.control("POST", "/seed", {f"set{n}": [] for n in range(5_000)}, 400)["error"]
    assert [problem["target"] for problem in error["details"]] == [f"set{n}" for n in range(100)]
