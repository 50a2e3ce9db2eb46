"""``$batch``: many requests in one, each answered as if it had come alone."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from tests.conftest import SET, assert_error, event

BATCH = "/beta/$batch"
PATH = "/reports/userCredentialUsageDetails"
JSON = {"Content-Type": "application/json"}


def get(id_, url=f"{PATH}/$count", **more):
    return {"id": id_, "method": "GET", "url": url, **more}


def post(id_, **more):
    body = event(id=f"made-by-{id_}")
    return {"id": id_, "method": "POST", "url": PATH, "headers": JSON, "body": body, **more}


def send(client, *items, url=BATCH, **options):
    return client.post(url, json={"requests": list(items)}, **options)


def answers(client, *items, **options):
    """The responses by id; there is one for each item."""
    answer = send(client, *items, **options)
    assert answer.status_code == 200, answer.text
    assert set(answer.json) == {"responses"}
    responses = answer.json["responses"]
    assert sorted(r["id"] for r in responses) == sorted(item["id"] for item in items)
    return {response["id"]: response for response in responses}


def one(client, item, **options):
    return answers(client, item, **options)[item["id"]]


def stored(client):
    return [record["id"] for record in client.get("/_fakegraph/records/userCredentialUsageDetails").json["value"]]  # fmt: skip


def journal(client):
    return client.get("/_fakegraph/requests").json["value"]


# The batch as a whole.


def test_each_item_is_answered(client):
    found = answers(
        client,
        post("a", headers={**JSON, "Prefer": "return=minimal"}),
        get("b", f"{PATH}/made-by-a"),
        {
            "id": "c",
            "method": "PATCH",
            "url": f"{PATH}/made-by-a",
            "headers": JSON,
            "body": {"isSuccess": False},
        },
        get("d"),
        {"id": "e", "method": "DELETE", "url": f"{PATH}/made-by-a"},
        get("f", f"{PATH}/made-by-a"),
        {"id": "g", "method": "HEAD", "url": PATH},
        {"id": "h", "method": "OPTIONS", "url": PATH},
        {"id": "i", "method": "PUT", "url": PATH, "headers": JSON, "body": {}},
        get("j", "/nothing"),
    )
    statuses = {name: response["status"] for name, response in found.items()}
    assert statuses == {"a": 204, "b": 200, "c": 200, "d": 200, "e": 204, "f": 404, "g": 200, "h": 200, "i": 405, "j": 400}  # fmt: skip
    assert found["a"]["headers"]["Location"].endswith("('made-by-a')")
    assert found["b"]["body"]["id"] == "made-by-a"
    assert found["c"]["body"]["isSuccess"] is False
    assert found["d"]["body"] == "1"
    assert found["d"]["headers"]["Content-Type"].startswith("text/plain")
    assert found["f"]["body"]["error"]["code"] == "ResourceNotFound"
    assert found["h"]["headers"]["Allow"] == found["i"]["headers"]["Allow"]
    assert [name for name, response in found.items() if "body" not in response] == ["a", "e", "g", "h"]  # fmt: skip
    assert stored(client) == []


def test_answer_is_json_with_the_usual_headers(client):
    answer = send(client, get("1"))
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["request-id"]


def test_twenty_go_and_more_or_none_do_not(client):
    assert len(answers(client, *(post(str(n)) for n in range(20)))) == 20
    refused = send(client, *(post(str(n)) for n in range(20, 41)))
    assert_error(refused, 400, "BadRequest", "exceeds the maximum value of 20", "It has 21")
    assert_error(send(client), 400, "BadRequest", "It has no requests")
    assert len(stored(client)) == 20


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        1,
        {},
        {"requests": None},
        {"requests": {}},
        {"requests": [get("1")], "colour": "red"},
        {"Requests": [get("1")]},
        {"requests": [1]},
        {"requests": [None]},
        {"requests": [[get("1")]]},
    ],
)
def test_body_that_is_no_batch_is_refused(client, body):
    answer = client.post(BATCH, data=json.dumps(body), content_type="application/json")
    assert_error(answer, 400, "BadRequest", "Invalid batch payload format.")


def test_bytes_that_are_no_batch_are_refused(client):
    def sent(data, **options):
        return client.post(BATCH, data=data, **{"content_type": "application/json", **options})

    assert_error(sent(b'{"requests": ['), 400, "BadRequest", "Unable to read JSON")
    assert_error(sent(b""), 400, "BadRequest", "The body is empty")
    assert_error(sent(b"{}", content_type="multipart/mixed"), 415, "UnsupportedMediaType")
    deep = json.dumps({"requests": [{**post("1"), "body": json.loads("[" * 63 + "]" * 63)}]})
    assert_error(sent(deep), 400, "BadRequest", "nested deeper")
    nested = {"requests": [{**post("1"), "body": json.loads("[" * 60 + "]" * 60)}]}
    assert sent(json.dumps(nested)).json["responses"][0]["status"] == 400


def test_body_over_the_limit_is_refused(make_client):
    client = make_client(max_body=4_000)
    assert_error(send(client, get("1", f"/x?{'y' * 4_000}")), 413, "RequestEntityTooLarge")
    assert make_client().post(BATCH, data=b" " * (4 * 1024**2 + 1), content_type="application/json").status_code == 413  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_batch_is_posted(client, method):
    answer = client.open(BATCH, method=method, json={})
    assert_error(answer, 405, "Request_BadRequest", "It takes POST")


def test_no_query_option_goes_with_a_batch(client):
    assert_error(
        send(client, get("1"), url=f"{BATCH}?$top=1"), 400, "BadRequest", "No query option"
    )


def test_a_batch_is_compressed_as_a_whole(client):
    data = gzip.compress(json.dumps({"requests": [get("1"), get("2", PATH)]}).encode())
    headers = {"Content-Encoding": "gzip", "Accept-Encoding": "gzip", **JSON}
    answer = client.post(BATCH, data=data, headers=headers)
    assert answer.headers["Content-Encoding"] == "gzip"
    found = json.loads(gzip.decompress(answer.data))
    assert [response["status"] for response in found["responses"]] == [200, 200]
    assert found["responses"][1]["body"]["value"] == []
    assert not any("Content-Encoding" in response["headers"] for response in found["responses"])


# Ids and order.


@pytest.mark.parametrize("id_", [None, "", 1, 1.5, True, ["1"], {}])
def test_an_id_is_a_text(client, id_):
    error = assert_error(send(client, {**get("x"), "id": id_}), 400, "BadRequest", "Request Id is missing")  # fmt: skip
    assert error["target"] == "requests[0]/id"


def test_an_id_is_there_once(client):
    item = get("1")
    del item["id"]
    assert_error(send(client, item), 400, "BadRequest", "Request Id is missing")
    twice = send(client, post("1"), get("2"), get("1"))
    assert_error(twice, 400, "BadRequest", "Request Ids are not unique: '1' is there 2 times")
    assert stored(client) == []


def test_ids_are_compared_with_case(client):
    assert set(answers(client, get("a"), get("A"), get(" a"), get("ä"))) == {"a", "A", " a", "ä"}
    refused = send(client, get("a"), get("b", dependsOn=["A"]))
    assert_error(refused, 400, "BadRequest", "'A' is not in the batch")


def test_items_run_after_those_they_depend_on(client):
    found = answers(
        client,
        get("before"),
        post("1", dependsOn=["before"]),
        get("after", dependsOn=["1", "before"]),
        get("free", dependsOn=[]),
    )
    assert (found["before"]["body"], found["after"]["body"]) == ("0", "1")


def test_what_depends_on_a_failure_is_not_run(client):
    found = answers(
        client,
        get("good"),
        get("bad", f"{PATH}/nobody"),
        post("1", dependsOn=["good", "bad"]),
        post("2", dependsOn=["1"]),
        post("3", dependsOn=["good"]),
    )
    assert {name: r["status"] for name, r in found.items()} == {"good": 200, "bad": 404, "1": 424, "2": 424, "3": 201}  # fmt: skip
    assert found["1"]["body"]["error"]["code"] == "FailedDependency"
    assert found["1"]["headers"]["Content-Type"] == "application/json"
    assert stored(client) == ["made-by-3"]


@pytest.mark.parametrize(
    ("depends", "words"),
    [
        ({"1": ["9"]}, "Invalid dependency for request Id '1': '9' is not in the batch"),
        ({"1": ["1"]}, "Invalid dependency for request Id '1': '1' does not come before it"),
        ({"1": ["2"]}, "Invalid dependency for request Id '1': '2' does not come before it"),
        ({"1": ["2"], "2": ["1"]}, "Invalid dependency for request Id '1'"),
        ({"2": ["3"], "3": ["2"]}, "Invalid dependency for request Id '2'"),
        ({"2": "1"}, "dependsOn is an array"),
        ({"2": [1]}, "dependsOn is an array"),
        ({"2": {"1": 1}}, "dependsOn is an array"),
        ({"2": None}, "dependsOn is an array"),
    ],
)
def test_dependencies_lead_back(client, depends, words):
    items = [
        post(name, **({"dependsOn": depends[name]} if name in depends else {})) for name in "123"
    ]
    assert_error(send(client, *items), 400, "BadRequest", words)
    assert stored(client) == []


def test_the_python_sdks_spelling_of_depends_on_may_only_be_empty(client):
    found = answers(client, get("1", depends_on=[]), get("2", depends_on=None, dependsOn=["1"]))
    assert found["2"]["status"] == 200
    for value in (["1"], "", 0, {}):
        refused = send(client, get("1"), get("2", depends_on=value))
        error = assert_error(refused, 400, "BadRequest", "The service knows dependsOn")
        assert error["target"] == "requests[1]/depends_on"


def test_malformed_batch_names_every_problem_and_does_nothing(client):
    answer = send(
        client,
        post("1"),
        {"method": "JUMP", "url": 5, "colour": "red"},
        get("3", headers={"Host": "x"}),
        "x",
    )
    error = assert_error(answer, 400, "BadRequest", "Invalid batch payload format.")
    assert [problem["target"] for problem in error["details"]] == [
        "requests[1]/colour",
        "requests[1]/id",
        "requests[1]/method",
        "requests[1]/url",
        "requests[2]/headers",
        "requests[3]",
    ]
    assert stored(client) == []
    assert len(journal(client)) == 1


# Methods and urls.


@pytest.mark.parametrize("method", ["get", "Get", "GET"])
def test_methods_are_taken_in_any_case(client, method):
    assert one(client, get("1", method=method))["status"] == 200


@pytest.mark.parametrize("method", ["", "JUMP", "TRACE", "CONNECT", None, 5, "GET ", ["GET"]])
def test_other_methods_are_refused(client, method):
    assert_error(
        send(client, get("1", method=method)), 400, "BadRequest", "The method is one of GET"
    )


SERVED = f"{PATH}?$top=1"


@pytest.mark.parametrize(
    "url",
    [
        SERVED,
        SERVED.removeprefix("/"),
        f"http://localhost/beta{SERVED}",
        f"HTTP://LOCALHOST/beta{SERVED}",
        f"http://localhost{SERVED}",
        f"http://localhost/tenants/default/beta{SERVED}",
        "/reports/USERcredentialusagedetails?$top=1",
        f"{PATH}?$filter=userDisplayName ne 'Ä b'&$top=1",
        f"{PATH}?$filter=userDisplayName%20ne%20'%C3%84%20b'&$top=1",
        f"{PATH}?$filter=userDisplayName ne '小明 ✓'&$top=1",
        f"{PATH}?$filter=userDisplayName+ne+'http://x/?#'&$top=1".replace("#", "%23"),
        f'{PATH}?$search="o"&$top=1',
    ],
)
def test_url_leads_there(contoso, url):
    response = one(contoso, get("1", url))
    assert response["status"] == 200, response
    assert len(response["body"]["value"]) == 1


def test_keys_with_odd_characters_are_found(client):
    for key in ("a b", "ä/ö", "http://x/y", "50%", "o'hara", "a+b&c=d?e"):
        assert client.post(SET, json=event(id=key)).status_code == 201
    for url in ("('a b')", "/a%20b", "/%C3%A4%2Fö", "/http:%2F%2Fx%2Fy", "('50%25')", "('o''hara')", "/a+b&c=d%3Fe"):  # fmt: skip
        assert one(client, get("1", PATH + url))["status"] == 200, url


def test_relative_urls_are_in_the_version_and_tenant_of_the_batch(client):
    client.post("/_fakegraph/tenants", json={"id": "t1"})
    one(client, post("1"), url="/tenants/t1/beta/$batch")
    assert one(client, get("1"), url="/tenants/t1/beta/$batch")["body"] == "1"
    assert one(client, get("1"))["body"] == "0"
    assert one(client, get("1", f"http://localhost/tenants/t1{PATH}/$count"))["body"] == "1"
    assert one(client, get("1"), url="/$batch")["status"] == 200
    assert one(client, get("1"), url="/v1.0/$batch")["status"] == 400
    mixed = answers(
        client,
        get("beta", f"http://localhost/beta{PATH}"),
        get("v1", "http://localhost/v1.0/reports/authenticationMethods/userRegistrationDetails"),
        get("old", f"http://localhost/v1.0{PATH}"),
        get("gone", f"http://localhost/tenants/t2/beta{PATH}"),
        url="/v1.0/$batch",
    )
    assert {name: r["status"] for name, r in mixed.items()} == {"beta": 200, "v1": 200, "old": 400, "gone": 404}  # fmt: skip


def test_links_and_addresses_are_those_of_the_item(contoso):
    page = one(contoso, get("1", f"http://localhost/tenants/default/beta{PATH}?$top=1"))["body"]
    assert page["@odata.nextLink"].startswith(f"http://localhost/tenants/default/beta{PATH}?$top=1")
    following = one(contoso, get("1", page["@odata.nextLink"]))["body"]
    assert following["value"][0]["id"] != page["value"][0]["id"]
    created = one(contoso, post("1"), headers={"Host": "graph.test:8000"})
    assert created["headers"]["Location"].startswith("http://graph.test:8000/beta/reports/")


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.microsoft.com/beta/me",
        f"https://localhost/beta{PATH}",
        f"http://localhost:81/beta{PATH}",
        f"http://localhost.example.com/beta{PATH}",
        f"http://localhost@example.com/beta{PATH}",
        "http://localhost",
        "file:///etc/passwd",
        f"{PATH}#top",
        f"{PATH}\n",
        f"{PATH}\u0000",
        f"{PATH}?\u2028",
        "",
        None,
        5,
    ],
)
def test_url_that_leads_elsewhere_is_refused(client, url):
    error = assert_error(send(client, get("1", url)), 400, "BadRequest", "The url is relative")
    assert error["target"] == "requests[0]/url"


@pytest.mark.parametrize("url", ["//example.com/x", "/../v1.0/x", "/_fakegraph/health", "/reports//x", "?$top=1"])  # fmt: skip
def test_url_that_leads_nowhere_fails_alone(client, url):
    found = answers(client, get("1", url), get("2"))
    assert (found["1"]["status"], found["2"]["status"]) == (400, 200)


def test_a_batch_in_a_batch_is_refused(client):
    inner = {"id": "1", "method": "POST", "url": "/$batch", "headers": JSON, "body": {"requests": [post("x")]}}  # fmt: skip
    found = answers(client, inner, get("2"))
    assert found["1"]["status"] == 400
    assert "cannot be an item of a batch" in found["1"]["body"]["error"]["message"]
    assert found["2"]["status"] == 200
    assert stored(client) == []


# Headers.


def test_items_have_headers_of_their_own(client):
    future = {"Prefer": "include-unknown-enum-members"}
    later = event(id="a", authMethod="fido2SecurityKey")
    assert client.post(SET, json=later, headers=future).status_code == 201

    found = answers(
        client,
        get("plain", f"{PATH}/a"),
        get("prefer", f"{PATH}/a", headers=future),
        get("page", PATH, headers={"prefer": "odata.maxpagesize=5"}),
        get("level", f"{PATH}?$count=true", headers={"ConsistencyLevel": "eventual"}),
        get("wrong", PATH, headers={"ConsistencyLevel": "high"}),
        get("xml", PATH, headers={"Accept": "application/xml"}),
        get("full", f"{PATH}/a", headers={"Accept": "application/json;odata.metadata=full"}),
        get("named", PATH, headers={"client-request-id": "mine"}),
        headers=future,
    )
    assert found["plain"]["body"]["authMethod"] == "unknownFutureValue"
    assert found["prefer"]["body"]["authMethod"] == "fido2SecurityKey"
    assert found["prefer"]["headers"]["Preference-Applied"] == "include-unknown-enum-members"
    assert found["page"]["headers"]["Preference-Applied"] == "odata.maxpagesize=5"
    assert found["level"]["body"]["@odata.count"] == 1
    assert (found["wrong"]["status"], found["xml"]["status"]) == (400, 406)
    assert found["full"]["body"]["@odata.type"] == "#microsoft.graph.userCredentialUsageDetails"
    assert found["named"]["headers"]["client-request-id"] == "mine"


def test_each_item_has_a_request_id(client):
    answer = send(client, get("1"), get("2", "/nothing"), get("3"))
    responses = answer.json["responses"]
    ids = {response["headers"]["request-id"] for response in responses}
    assert len(ids | {answer.headers["request-id"]}) == 4
    failed = responses[1]
    assert failed["body"]["error"]["innerError"]["request-id"] == failed["headers"]["request-id"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.com"},
        {"content-length": "5"},
        {"Transfer-Encoding": "chunked"},
        {"transfer_encoding": "chunked"},
        {"Connection": "close"},
        {"Content-Encoding": "gzip"},
        {"Accept-Encoding": "gzip"},
        {"Prefer": "return=minimal", "prefer": "return=minimal"},
        {"Prefer": 5},
        {"Prefer": None},
        {"Prefer": ["return=minimal"]},
        {"Prefer": "a\r\nHost: x"},
        {"Prefer": "é"},
        {"Pre fer": "x"},
        {"Prefer:": "x"},
        {"": "x"},
        {"Préfer": "x"},
        ["Prefer"],
        "Prefer",
        5,
        None,
    ],
)
def test_headers_that_cannot_be_are_refused(client, headers):
    error = assert_error(send(client, get("1", headers=headers)), 400, "BadRequest")
    assert error["target"] == "requests[0]/headers"


# Bodies.


def encoded(value, encode=base64.urlsafe_b64encode):
    return encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "body",
    [
        event(id="a", userDisplayName="Ä ✓"),
        encoded(event(id="a", userDisplayName="Ä ✓")),
        encoded(event(id="a", userDisplayName="Ä ✓")).rstrip("="),
        encoded(event(id="a", userDisplayName="Ä ✓"), base64.b64encode),
    ],
)
def test_a_body_is_json_or_its_base64(client, body):
    assert one(client, post("1", body=body))["status"] == 201
    assert client.get(f"{SET}/a").json["userDisplayName"] == "Ä ✓"


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"headers": {"Content-Type": "text/plain"}}, 415, "not text/plain"),
        ({"headers": {"Content-Type": "text/plain"}, "body": "hello"}, 415, "not text/plain"),
        ({"headers": {}, "body": None}, 415, "no Content-Type"),
        ({"body": None}, 400, "The body is empty"),
        ({"body": ""}, 400, "The body is empty"),
        ({"body": "e30"}, 400, "feature"),
        ({"body": base64.b64encode(b"{").decode()}, 400, "Unable to read JSON"),
        ({"body": []}, 400, ""),
        ({"body": 5}, 400, ""),
        ({"body": {**event(), "isSuccess": 10**30}}, 400, "isSuccess"),
    ],
)
def test_a_body_that_cannot_be_fails_alone(client, changes, status, words):
    found = answers(client, post("1", **changes), post("2"))
    assert found["1"]["status"] == status
    assert words in json.dumps(found["1"]["body"])
    assert found["2"]["status"] == 201


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (post("1", headers={}), "needs the header Content-Type"),
        ({name: value for name, value in post("1").items() if name != "headers"}, "needs the header Content-Type"),
        (get("1", headers=JSON, body={}), "A GET has no body"),
        (get("1", method="get", headers=JSON, body={}), "A GET has no body"),
        (get("1", method="DELETE", headers=JSON, body={"a": 1}), "A DELETE has no body"),
        (post("1", body="a*b"), "base64url"),
        (post("1", body="ä"), "base64url"),
        (post("1", body="abcde"), "base64url"),
    ],
)  # fmt: skip
def test_a_body_that_does_not_belong_is_refused(client, item, words):
    assert_error(send(client, item), 400, "BadRequest", words)


def test_dates_come_back_as_they_were_sent(client):
    created = one(client, post("1", body=event(eventDateTime="2017-01-01T00:00:02.9716266+03:00")))
    assert created["body"]["eventDateTime"] == "2017-01-01T00:00:02.9716266+03:00"


# Who asks, what is in the way, and what is remembered.


def test_without_a_token_no_batch_is_taken(make_client):
    client = make_client(auth="bearer")
    refused = send(client, post("1"))
    assert_error(refused, 401, "InvalidAuthenticationToken", "Access token is empty")
    let_in = {"Authorization": "Bearer x"}
    assert one(client, post("1"), headers=let_in)["status"] == 201
    own = get("2", headers={"Authorization": "nonsense"})
    assert one(client, own, headers=let_in)["status"] == 401


def test_strict_tokens_are_asked_for_what_each_item_needs(make_client):
    client = make_client(auth="strict")

    def bearer(**wanted):
        token = client.post("/_fakegraph/tokens", json=wanted).json["access_token"]
        return {"Authorization": f"Bearer {token}"}

    reports, audit = bearer(roles=["Reports.Read.All"]), bearer(roles=["AuditLog.Read.All"])
    successor = "/reports/authenticationMethods/userEventsSummary"
    items = (get("old", PATH), get("new", successor), get("own", PATH, headers=reports))
    found = answers(client, *items, headers=audit)
    assert {name: r["status"] for name, r in found.items()} == {"old": 403, "new": 200, "own": 200}
    assert found["old"]["body"]["error"]["code"] == "Authentication_MSGraphPermissionMissing"
    expired = bearer(roles=["Reports.Read.All"], expiresIn=-60)
    assert send(client, *items, headers=expired).status_code == 401
    assert one(client, get("1", PATH, headers=expired), headers=reports)["status"] == 401
    assert send(client, *items).status_code == 401


def test_items_are_throttled_and_the_batch_is_not(make_client):
    client = make_client(rate_limit="5/60")
    client.put("/_fakegraph/clock", json={"now": "2024-01-01T00:00:00Z"})

    found = answers(client, *(get(str(n)) for n in range(7)))

    assert [found[str(n)]["status"] for n in range(7)] == [200] * 5 + [429] * 2
    assert found["6"]["headers"]["Retry-After"] == "60"
    assert found["6"]["body"]["error"]["innerError"]["status"] == "429"
    answer = send(client, get("1"))
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer.headers


def test_a_fault_hits_an_item(client):
    fault = {"match": {"method": "POST", "path": "/reports/*"}, "preset": "throttled", "retryAfter": 7, "skip": 1}  # fmt: skip
    client.post("/_fakegraph/faults", json=fault)

    found = answers(client, post("1"), post("2"), post("3"), get("4", dependsOn=["2"]))

    assert {name: r["status"] for name, r in found.items()} == {"1": 201, "2": 429, "3": 201, "4": 424}  # fmt: skip
    assert found["2"]["headers"]["Retry-After"] == "7"
    assert [entry["fault"] is not None for entry in journal(client)] == [False, True, False, False]


def test_a_fault_hits_the_batch(client):
    client.post("/_fakegraph/faults", json={"match": {"path": "*batch"}, "preset": "unavailable"})
    assert_error(send(client, post("1")), 503, "serviceNotAvailable")
    assert stored(client) == []


def test_the_journal_has_the_batch_and_its_items(client):
    answer = send(client, post("1"), get("2"), get("3", f"{PATH}/x"), get("4", dependsOn=["3"]))

    *items, batch = journal(client)
    assert batch["requestId"] == answer.headers["request-id"]
    assert (batch["method"], batch["path"], batch["batch"]) == ("POST", BATCH, None)
    assert len(batch["json"]["requests"]) == 4
    assert [(e["method"], e["path"], e["status"]) for e in items] == [
        ("POST", SET, 201),
        ("GET", f"{SET}/$count", 200),
        ("GET", f"{SET}/x", 404),
    ]
    assert {entry["batch"] for entry in items} == {batch["requestId"]}
    assert items[0]["json"] == event(id="made-by-1")
    responses = {r["headers"].get("request-id") for r in answer.json["responses"]}
    assert {entry["requestId"] for entry in items} == responses - {None}


@pytest.mark.parametrize("broken", [False, True])
def test_tokens_of_items_are_not_remembered(client, broken):
    headers = {"authorization": "Bearer hidden", "Cookie": "a=hidden", "Prefer": "seen"}
    items = [get("1", headers=headers), post("2", headers={**JSON, "AUTHORIZATION": "hidden"})]
    answer = send(client, *items, *([5, {"headers": "hidden?"}] if broken else []))
    assert answer.status_code == (400 if broken else 200)

    text = json.dumps(journal(client)) + client.get("/_fakegraph/requests.har").text
    assert "hidden" not in text.replace("hidden?", "")
    assert "[redacted]" in text
    batch = journal(client)[-1]["json"]["requests"]
    assert batch[0]["headers"] == {"authorization": "[redacted]", "Cookie": "[redacted]", "Prefer": "seen"}  # fmt: skip
    assert batch[1]["body"] == items[1]["body"]


def test_deprecation_is_said_of_the_items(contoso):
    answer = send(contoso, get("old"), get("new", "/reports/authenticationMethods/userEventsSummary/$count"))  # fmt: skip
    assert "Deprecation" not in answer.headers
    old, new = answer.json["responses"]
    assert "Sunset" in old["headers"]
    assert "Sunset" not in new["headers"]
    assert old["body"] == new["body"] == "400"


def test_functions_go_in_batches(contoso):
    contoso.put("/_fakegraph/clock", json={"now": "2024-06-30T18:00:00Z"})
    found = answers(
        contoso,
        get("1", "/reports/getCredentialUsageSummary(period='D30')?$filter=feature eq 'reset'&$top=2"),
        get("2", "reports/getCredentialUserRegistrationCount"),
        get("3", "/reports/authenticationMethods/usersRegisteredByFeature(includedUserTypes='all',includedUserRoles='all')"),
    )  # fmt: skip
    assert {r["status"] for r in found.values()} == {200}
    assert len(found["1"]["body"]["value"]) == 2
    assert found["3"]["body"]["totalUserCount"] == 60
