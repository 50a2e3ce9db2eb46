"""What makes a tenant, and what does not: reading, failing, and the pages of other sites."""

from __future__ import annotations

import base64
import json
import threading

import pytest

from fakegraph.app import tenants_of
from fakegraph.graph import api
from fakegraph.tenants import PASSING
from tests.conftest import SET, assert_error, event
from tests.control.conftest import Asked
from tests.identity.conftest import GRAPH, SignIn

NAME = "userCredentialUsageDetails"
EVIL = "http://evil.example"
V1 = "/v1.0/reports/authenticationMethods"


def bearer(tid, **claims):
    """The header of a token that nobody signed."""
    parts = [{"alg": "none"}, {"tid": tid, **claims}]
    shown = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return {"Authorization": f"Bearer {'.'.join(shown)}.x"}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def asked(make_client, folder, tmp_path):
    """A server with a data folder, whose template has one event with the id ``a``."""
    fixture = tmp_path / f"{NAME}.json"
    fixture.write_text(json.dumps([event(id="a")]))
    return SignIn(
        make_client(
            auth="bearer", data_dir=folder, fixture=(str(fixture),)
        ).application.test_client()
    )


def names(asked):
    return [each["id"] for each in asked.control("GET", "/tenants")["value"]]


@pytest.fixture
def nothing_made(asked, folder):
    """A function that says that there is the default tenant and no other, on disk as well."""

    def check():
        assert names(asked) == ["default"]
        files = {path.name for path in folder.iterdir()} - {"identity", ".templates"}
        assert files == {"default.json", "fakegraph.lock"}

    return check


READS = [
    ("GET", SET, 200),
    ("HEAD", SET, 200),
    ("GET", f"{SET}/a", 200),
    ("GET", f"{SET}/$count", 200),
    ("GET", f"{SET}?$filter=isSuccess eq true&$orderby=isSuccess", 200),
    ("GET", "/beta/reports/getCredentialUsageSummary(period='D7')", 200),
    ("GET", f"{V1}/userRegistrationDetails", 200),
    ("GET", "/beta/$metadata", 200),
    ("GET", "/beta", 200),
    ("OPTIONS", SET, 200),
    ("GET", f"{SET}/nobody", 404),
    ("GET", f"{SET}?$filter=colour eq 1", 400),
    ("GET", f"{SET}?colour=red", 400),
    ("GET", "/beta/nothing", 400),
    ("PUT", SET, 405),
    ("POST", f"{SET}/a", 405),
    ("DELETE", SET, 405),
    ("DELETE", f"{SET}/nobody", 404),
    ("DELETE", f"{SET}/a?$select=id", 400),
]
FAILED_WRITES = [
    ("POST", SET, {"feature": "nope"}, 400),
    ("POST", SET, [], 400),
    ("POST", f"{SET}?$filter=x", event(), 400),
    ("POST", SET, event(id="a"), 409),
    ("PATCH", f"{SET}/nobody", {"isSuccess": True}, 404),
    ("PATCH", f"{SET}/a", {"isSuccess": "yes"}, 400),
    ("PATCH", f"{SET}/a", {"id": "b"}, 400),
]


@pytest.mark.parametrize(("method", "url", "status"), READS)
def test_reading_by_an_unsigned_token_makes_nothing(asked, nothing_made, method, url, status):
    answer = asked.client.open(url, method=method, headers=bearer("zN"))
    assert answer.status_code == status, answer.text
    nothing_made()


@pytest.mark.parametrize(("method", "url", "body", "status"), FAILED_WRITES)
def test_a_write_that_fails_makes_nothing(asked, nothing_made, method, url, body, status):
    answer = asked.client.open(url, method=method, json=body, headers=bearer("zN"))
    assert answer.status_code == status, answer.text
    nothing_made()


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/plain"}, {"Accept": "text/html"}, {"If-Match": '"x"'}]
)
def test_a_write_whose_headers_are_refused_makes_nothing(asked, nothing_made, headers):
    answer = asked.client.post(SET, json=event(), headers={**bearer("zN"), **headers})
    assert answer.status_code in {400, 406, 412}
    nothing_made()


def test_a_batch_of_reads_makes_nothing(asked, nothing_made):
    items = [
        {"id": "1", "method": "GET", "url": "/reports/userCredentialUsageDetails"},
        {"id": "2", "method": "POST", "url": "/reports/userCredentialUsageDetails",
         "headers": {"Content-Type": "application/json"}, "body": {}},
    ]  # fmt: skip
    answer = asked.client.post("/beta/$batch", json={"requests": items}, headers=bearer("zN"))
    assert [each["status"] for each in answer.json["responses"]] == [200, 400]
    nothing_made()


@pytest.mark.parametrize("tenant", ["nobody", "nobody2"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_tenant_in_the_path_is_not_made_by_asking(asked, nothing_made, tenant, method):
    asked.client.get(SET, headers=bearer("nobody"))
    answer = asked.client.open(
        f"/tenants/{tenant}{SET}", method=method, json=event(), headers=bearer(tenant)
    )
    assert_error(answer, 404, "ResourceNotFound")
    nothing_made()


SIGN_INS = [
    ("GET", "/v2.0/.well-known/openid-configuration", 200),
    ("GET", "/.well-known/openid-configuration", 200),
    ("GET", "/discovery/v2.0/keys", 200),
    ("GET", "/discovery/keys", 200),
    ("GET", "/userrealm/ada@contoso.com?api-version=1.0", 200),
    ("GET", "/oauth2/v2.0/authorize", 400),
    ("GET", "/oauth2/v2.0/logout", 200),
    ("GET", "/oauth2/deviceauth", 200),
    ("POST", "/oauth2/deviceauth", 400),
    ("GET", "/oauth2/v2.0/token", 405),
    ("POST", "/oauth2/v2.0/token", 400),
    ("PUT", "/oauth2/v2.0/token", 405),
    ("GET", "/oauth2/v2.0/nothing", 404),
]


APPROVING = ("POST", "/oauth2/deviceauth")  # is refused to pages


@pytest.mark.parametrize(("method", "path", "status"), SIGN_INS)
@pytest.mark.parametrize(
    "headers", [{}, {"Origin": EVIL, "Host": "evil.example"}, {"Origin": EVIL}]
)
def test_looking_around_where_one_signs_in_makes_nothing(
    asked, nothing_made, method, path, status, headers
):
    answer = asked.client.open(f"/zN{path}", method=method, headers=headers)
    assert answer.status_code in {status, 403 if (method, path) == APPROVING else status}
    nothing_made()


@pytest.mark.parametrize("path", ["/oauth2/v2.0/token", "/v2.0/.well-known/openid-configuration"])
def test_preflights_make_nothing(asked, nothing_made, path):
    headers = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
    assert asked.client.options(f"/zN{path}", headers=headers).status_code == 200
    assert asked.client.options(SET, headers={**headers, **bearer("zN")}).status_code == 200
    nothing_made()


def test_a_sign_in_that_is_refused_makes_nothing(asked, nothing_made):
    asked.token("client_credentials", "zN", 401)
    asked.token("nothing", "zN", 400)
    asked.redeem("1.ek4.x", "zN", 400)
    asked.authorize("zN")
    asked.device("zN")
    nothing_made()


def test_the_first_write_makes_the_tenant(asked, folder):
    headers = bearer("zN")
    assert asked.client.get(f"{SET}/$count", headers=headers).text == "1"
    assert asked.client.post(SET, json=event(), headers=headers).status_code == 201

    assert names(asked) == ["default", "zN"]
    assert (folder / "zN.json").exists()
    assert asked.client.get(f"{SET}/$count", headers=headers).text == "2"
    assert asked.client.get(f"/tenants/zN{SET}/$count", headers=headers).text == "2"
    assert asked.client.get(f"{SET}/$count", headers=bearer("default")).text == "1"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_write_to_a_record_of_the_template_makes_the_tenant(asked, method):
    headers, before = bearer("zN"), asked.client.get(f"{SET}/a", headers=bearer("zN")).json
    answer = asked.client.open(
        f"{SET}/a", method=method, json={"failureReason": "x"}, headers=headers
    )
    assert answer.status_code in {200, 204}

    assert names(asked) == ["default", "zN"]
    after = asked.client.get(f"{SET}/a", headers=headers)
    assert after.status_code == 404 or after.json == {**before, "failureReason": "x"}
    assert asked.client.get(f"{SET}/a", headers=bearer("default")).json["failureReason"] != "x"


def test_a_token_that_was_given_makes_the_tenant(asked):
    asked.token("client_credentials", "zN", client_secret="x", scope=GRAPH)
    assert names(asked) == ["default", "zN"]


FOREIGN = [
    {"Origin": EVIL},
    {"Origin": EVIL, "Host": "evil.example"},
    {"Origin": "http://evil.example:8365", "Host": "evil.example:8365"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "file://"},
    {"Origin": "chrome-extension://abcdef"},
    {"Origin": "http://localhost@evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
]
OWN = [
    {},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "https://localhost:3000", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://127.0.0.1:3000"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Host": "fakegraph.test"},  # no browser leaves out the Origin of a POST
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_other_sites_make_nothing(asked, nothing_made, headers):
    answer = asked.client.post(SET, json=event(), headers={**bearer("zN"), **headers})
    assert_error(answer, 403, "Forbidden", "'zN'", "POST /_fakegraph/tenants")
    assert asked.client.get(SET, headers={**bearer("zN"), **headers}).status_code == 200
    token = {
        "grant_type": "client_credentials",
        "client_id": "a",
        "client_secret": "b",
        "scope": GRAPH,
    }
    found = asked.client.post("/zN/oauth2/v2.0/token", data=token, headers=headers)
    assert found.status_code == 200
    nothing_made()
    assert asked.client.get("/_fakegraph/tenants/zN/requests").status_code == 404


@pytest.mark.parametrize("headers", FOREIGN)
def test_an_item_of_a_pages_batch_is_the_pages(asked, nothing_made, headers):
    item = {"id": "1", "method": "POST", "url": "/reports/userCredentialUsageDetails",
            "headers": {"Content-Type": "application/json"}, "body": event()}  # fmt: skip
    answer = asked.client.post(
        "/beta/$batch", json={"requests": [item]}, headers={**bearer("zN"), **headers}
    )
    assert [each["status"] for each in answer.json["responses"]] == [403]
    nothing_made()


@pytest.mark.parametrize("headers", OWN)
def test_others_and_pages_of_this_machine_make_the_tenant(asked, headers):
    answer = asked.client.post(SET, json=event(), headers={**bearer("zN"), **headers})
    assert answer.status_code == 201, answer.text
    assert names(asked) == ["default", "zN"]


def test_pages_of_other_sites_may_write_to_a_tenant_that_there_is(asked):
    asked.tenant(id="zN")
    answer = asked.client.post(SET, json=event(), headers={**bearer("zN"), "Origin": EVIL})
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_name_that_is_taken_in_other_case_is_refused_by_reads_too(asked):
    asked.tenant(id="zN")
    answer = asked.client.get(SET, headers=bearer("ZN"))
    assert_error(answer, 400, "BadRequest", "'zN' is open")


def test_a_code_of_a_tenant_that_nobody_made_is_redeemed(asked, nothing_made):
    codes = [asked.code("zN") for _ in range(2)]
    nothing_made()
    found = asked.redeem(codes[0], "common")
    asked.redeem(codes[1], "zN")
    assert asked.token("refresh_token", "common", refresh_token=found["refresh_token"])


def test_the_journal_of_a_tenant_that_was_only_read_can_be_asked(asked, nothing_made):
    for _ in range(3):
        asked.client.get(f"{SET}/a", headers=bearer("zN"))
    asked.client.get(f"{SET}/a", headers={**bearer("zN"), "Origin": EVIL})

    entries = asked.control("GET", "/tenants/zN/requests")["value"]
    assert [entry["path"] for entry in entries] == [f"{SET}/a"] * 3
    assert asked.control("GET", f"/tenants/zN/records/{NAME}")["value"][0]["id"] == "a"
    nothing_made()
    assert asked.client.get("/_fakegraph/tenants/zN2/requests").status_code == 404


def test_the_control_face_makes_a_tenant_that_was_only_read_when_it_changes_it(asked):
    asked.client.get(SET, headers=bearer("zN"))
    asked.control("POST", "/tenants/zN/faults", {"status": 503})

    assert names(asked) == ["default", "zN"]
    assert asked.client.get(SET, headers=bearer("zN")).status_code == 503
    assert len(asked.control("GET", "/tenants/zN/requests")["value"]) == 2


def test_a_tenant_that_was_only_read_is_made_anew_by_who_makes_it(asked):
    asked.client.get(SET, headers=bearer("zN"))
    asked.tenant(id="zN", fixture=[])
    assert asked.control("GET", "/tenants/zN/requests") == {"value": []}
    assert asked.client.get(f"{SET}/$count", headers=bearer("zN")).text == "0"


def test_removing_forgets_a_tenant_that_was_only_read(asked):
    asked.client.get(SET, headers=bearer("zN"))
    asked.client.delete("/_fakegraph/tenants/zN")
    assert asked.client.get("/_fakegraph/tenants/zN/requests").status_code == 404


def test_so_many_tenants_that_nobody_made_are_remembered_and_no_more(asked, nothing_made):
    for number in range(PASSING + 50):
        asked.client.get(f"/z{number}/v2.0/.well-known/openid-configuration")
    tenants = tenants_of(asked.client.application)
    assert len(tenants._passing) == PASSING
    nothing_made()
    for number, status in ((0, 404), (49, 404), (50, 200), (PASSING + 49, 200)):
        answer = asked.client.get(f"/_fakegraph/tenants/z{number}/requests")
        assert answer.status_code == status, number


def test_of_writers_that_come_first_at_once_none_is_lost(make_client, folder):
    app = make_client(auth="bearer", data_dir=folder).application
    gate, statuses = threading.Barrier(8), []

    def write(number):
        client = app.test_client()
        for turn in range(5):
            gate.wait()
            answer = client.post(SET, json=event(id=f"e{number}"), headers=bearer(f"z{turn}"))
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 40
    client = app.test_client()
    for turn in range(5):
        assert client.get(f"{SET}/$count", headers=bearer(f"z{turn}")).text == "8"


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_tenant_with_a_request_under_way_is_not_let_go(make_client, folder, on_disk):
    options = {"data_dir": folder} if on_disk else {}
    asked = Asked(make_client(max_tenants=1, **options))
    tenants = tenants_of(asked.client.application)
    asked.tenant(id="busy")
    busy = tenants.named("busy")
    for number in range(3):
        asked.tenant(id=f"other{number}")
    busy.store.container(NAME).insert([{**event(), "id": "a"}])
    assert asked.count("busy") == 1

    tenants.leave(busy)
    for number in range(3, 6):
        asked.tenant(id=f"other{number}")
    assert ("busy" in tenants._tenants) is False
    assert asked.graph(tenant="busy", path="/$count").status_code == (200 if on_disk else 404)


@pytest.mark.parametrize("on_disk", [False, True])
def test_no_write_fails_because_tenants_are_let_go(make_client, folder, on_disk):
    """Twelve writers, each with tenants of its own, where two may be open."""
    options = {"data_dir": folder} if on_disk else {}
    app = make_client(auth="bearer", max_tenants=2, **options).application
    statuses = []

    def write(number):
        client = app.test_client()
        for turn in range(25):
            headers = bearer(f"z{number}-{turn % 2}")
            answer = client.post(SET, json=event(id=f"e{turn}"), headers=headers)
            statuses.append(answer.status_code if answer.status_code == 201 else answer.text)

    threads = [threading.Thread(target=write, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 300
    assert len(tenants_of(app)._tenants) <= 2 + 1 + 12
    client = app.test_client()
    if on_disk:
        counts = [client.get(f"{SET}/$count", headers=bearer(f"z{n}-{m}")).text for n in range(12) for m in (0, 1)]  # fmt: skip
        assert counts == ["13", "12"] * 12


def test_who_is_let_go_is_told_of(make_client, caplog):
    asked = Asked(make_client(max_tenants=1))
    asked.tenant(id="one")
    asked.tenant(id="two")
    assert "the tenant one is let go, as there are more than 1 (--max-tenants)" in caplog.text
    assert "with its records" in caplog.text


def test_a_write_to_a_tenant_that_is_removed_meanwhile_is_404(asked, monkeypatch):
    asked.tenant(id="one")
    original = api.check_retired  # the last thing that is done before the handler

    def removing(call):
        original(call)
        asked.control("DELETE", "/tenants/one")

    monkeypatch.setattr(api, "check_retired", removing)
    answer = asked.client.post(f"/tenants/one{SET}", json=event(), headers=bearer("one"))
    assert_error(answer, 404, "ResourceNotFound", "was removed while")


@pytest.mark.parametrize("what", ["export", "compare", "changes", "records"])
def test_what_nobody_made_is_looked_at_as_a_whole(asked, what):
    assert asked.client.get(V1, headers=bearer("seen")).status_code < 500
    assert asked.client.get(f"/_fakegraph/tenants/seen/{what}").status_code == 200
    assert "seen" not in names(asked)
