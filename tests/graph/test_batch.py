"""``$batch``: what is taken, what is refused, and that each item is a request like any other."""

from __future__ import annotations

import base64
import gzip
import json
from uuid import UUID

import pytest

from tests.conftest import SET, assert_error, create, event

BATCH = "/beta/$batch"
EVENTS = "/reports/userCredentialUsageDetails"
JSON = {"Content-Type": "application/json"}


def item(id_, url=f"{EVENTS}?$top=1", method="GET", **more):
    return {"id": id_, "method": method, "url": url, **more}


def creating(id_, key=None, **more):
    return item(id_, EVENTS, "POST", headers=JSON, body=event(id=key or id_), **more)


def send(client, *items, **kwargs):
    return client.post(BATCH, json={"requests": list(items)}, **kwargs)


def responses(answer):
    assert answer.status_code == 200, answer.text
    assert set(answer.json) == {"responses"}
    return {each["id"]: each for each in answer.json["responses"]}


def statuses(answer):
    return {id_: each["status"] for id_, each in responses(answer).items()}


def count(client):
    return int(client.get(f"{SET}/$count").text)


def test_up_to_twenty_requests_are_answered(client):
    assert len(responses(send(client, *(item(str(n)) for n in range(20))))) == 20
    too_many = send(client, *(creating(str(n)) for n in range(21)))
    assert_error(too_many, 400, "BadRequest", "exceeds the maximum value of 20")
    assert_error(send(client), 400, "BadRequest", "It has no requests.")
    assert count(client) == 0


def test_an_answer_has_status_headers_and_body(client):
    found = responses(send(client, creating("a"), item("b", f"{EVENTS}/nobody"), item("c", "/x")))

    created = found["a"]
    assert created["status"] == 201
    assert created["headers"]["Location"] == f"http://localhost{SET}('a')"
    assert created["headers"]["OData-Version"] == "4.0"
    assert created["body"]["@odata.type"] == "#microsoft.graph.userCredentialUsageDetails"
    assert (found["b"]["status"], found["b"]["body"]["error"]["code"]) == (404, "ResourceNotFound")
    assert "segment 'x'" in found["c"]["body"]["error"]["message"]
    assert len({each["headers"]["request-id"] for each in found.values()}) == 3


BAD_ITEMS = [
    (5, "", "An object was expected"),
    ({"method": "GET", "url": "/x"}, "/id", "Id is missing"),
    (item(""), "/id", "Id is missing"),
    (item(True), "/id", "Id is missing"),
    (item(5.5), "/id", "Id is missing"),
    (item(2**31), "/id", "Id is missing"),
    ({"id": "1", "url": "/x"}, "/method", "The method is one of"),
    (item("1", method="FETCH"), "/method", "The method is one of"),
    (item("1", method=["GET"]), "/method", "The method is one of"),
    ({"id": "1", "method": "GET"}, "/url", "relative to the version"),
    (item("1", 5), "/url", "relative to the version"),
    (item("1", "https://graph.microsoft.com/beta/me"), "/url", "begins with this server's"),
    (item("1", "http://localhost:81/beta/me"), "/url", "begins with this server's"),
    (item("1", "http://localhost.evil.example/beta"), "/url", "begins with this server's"),
    (item("1", "/x#y"), "/url", "A # in a url is written %23"),
    (item("1", "/users/ada_fabrikam.com#EXT#@contoso.com"), "/url", "A # in a url is written %23"),
    (item("1", f"{EVENTS}?$filter=id eq 'a#EXT#@b'"), "/url", "A # in a url is written %23"),
    (item("1", "/x\r\nHost: y"), "/url", "percent-encoded"),
    (item("1", colour="red"), "/colour", "A request has no 'colour'"),
    (item("1", headers=[]), "/headers", "an object of texts"),
    (item("1", headers={"Prefer": 5}), "/headers", "an object of texts"),
    (item("1", headers={"Prefer": "a\r\nb"}), "/headers", "an object of texts"),
    (item("1", headers={"Pre fer": "a"}), "/headers", "no name of a header"),
    (item("1", headers={"X_HTTP_Method": "a"}), "/headers", "no name of a header"),
    (item("1", ""), "/url", "relative to the version"),
    (item("1", depends_on=["2"]), "/depends_on", "The service knows dependsOn"),
    (item("1", headers={"Prefer": "a", "prefer": "b"}), "/headers", "there twice"),
    (item("1", headers={"Host": "x"}), "/headers", "The header host is for the batch"),
    (item("1", headers={"Content-Length": "5"}), "/headers", "for the batch as a whole"),
    (item("1", headers={f"x-{n}": "y" * 100 for n in range(200)}), "/headers", "longer than 16384"),
    (item("1", headers={"Accept-Encoding": "gzip"}), "/headers", "for the batch as a whole"),
    (item("1", headers=JSON, body={}), "/body", "A GET has no body"),
    (item("1", f"{EVENTS}/a", "delete", headers=JSON, body={}), "/body", "has no body"),
    (item("1", EVENTS, "POST", headers=JSON, body="not base64!"), "/body", "the base64 of"),
    (item("1", EVENTS, "PUT", headers={"Content-Type": "text/csv"}, body={}), "/body", "of text/csv"),
    (item("1", dependsOn="2"), "/dependsOn", "an array of the ids"),
    (item("1", dependsOn=[2]), "/dependsOn", "an array of the ids"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "where", "words"), BAD_ITEMS)
def test_one_malformed_item_stops_the_whole_batch(client, bad, where, words):
    answer = send(client, creating("good"), bad)

    error = assert_error(answer, 400, "BadRequest", "Invalid batch payload format.")
    assert words in error["message"] or "A request is an object" in error["message"]
    assert error["details"][0]["target"] == f"requests[1]{where}"
    assert count(client) == 0


def test_a_hundred_problems_of_a_batch_are_told(client):
    bad = [{**item(str(n)), **{f"p{m}": m for m in range(5_000)}} for n in range(2)]
    error = assert_error(send(client, *bad), 400, "BadRequest", "A request has no 'p0'")
    assert len(error["details"]) == 100


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        5,
        {"requests": {}},
        {"requests": [], "more": 1},
        {"requests": None},
        {"Requests": [item("1")]},
    ],
)
def test_what_is_no_batch_is_refused(client, body):
    assert_error(client.post(BATCH, json=body), 400, "BadRequest", "Invalid batch payload format.")


def test_a_batch_is_json_without_options(client):
    body = json.dumps({"requests": [item("1")]})
    assert client.post(BATCH, data=body, content_type="text/plain").status_code == 400
    assert client.post(BATCH, data=body[:-1], content_type="application/json").status_code == 400
    assert_error(client.post(f"{BATCH}?$top=1", json={}), 400, "BadRequest", "No query option")
    large = json.dumps({"requests": [item("1" * 5_000_000)]})
    assert client.post(BATCH, data=large, content_type="application/json").status_code == 413


@pytest.mark.parametrize("twice", ["a", "A"])
def test_ids_are_unique_in_any_case(client, twice):
    answer = send(client, creating("a"), item("b"), item(twice))

    assert_error(answer, 400, "BadRequest", "not unique", "'a'")
    assert count(client) == 0


def test_ids_come_back_as_they_were_sent(client):
    needs = {"dependsOn": ["ä"]}
    answer = send(client, creating("Ä", "a"), item("ß", **needs), item("Ss", **needs))

    assert [each["id"] for each in answer.json["responses"]] == ["Ä", "ß", "Ss"]
    assert set(statuses(answer).values()) == {201, 200}


def test_ids_may_be_whole_numbers(client):
    answer = send(client, {**creating("1"), "id": 1}, item(2, dependsOn=["1"]))

    assert statuses(answer) == {"1": 201, "2": 200}
    assert_error(send(client, item(1), item("1")), 400, "BadRequest", "not unique", "'1'")


WRITES = [
    {"method": "POST"},
    {"method": "post", "headers": JSON},
    {"method": "POST", "body": event()},
    {"method": "POST", "body": event(), "headers": {"Prefer": "x"}},
    {"method": "PATCH", "headers": JSON, "body": None},
    {"method": "PUT"},
]


@pytest.mark.parametrize("write", WRITES)
def test_a_write_without_body_or_type_stops_the_whole_batch(client, write):
    answer = send(client, creating("good"), {"id": "w", "url": EVENTS, **write})

    words = "Write request id : w does not contain Content-Type header or body."
    error = assert_error(answer, 400, "BadRequest")
    assert error["message"] == words
    assert error["details"][0]["target"] == "requests[1]"
    assert count(client) == 0


def test_a_delete_needs_no_body(client):
    create(client, id="a")
    assert statuses(send(client, item("1", f"{EVENTS}/a", "DELETE"))) == {"1": 204}


def test_what_the_service_takes_and_ignores_is_ignored(client):
    prefer = {**JSON, "Prefer": "respond-async"}
    found = responses(send(
        client,
        creating("1", atomicityGroup="g"),
        item("2", EVENTS, "POST", headers=prefer, body=event(isSuccess="no"), atomicityGroup="g"),
        item("3", headers={"Prefer": "respond-async"}),
    ))  # fmt: skip
    assert {id_: each["status"] for id_, each in found.items()} == {"1": 201, "2": 400, "3": 200}
    assert "Preference-Applied" not in found["3"]["headers"]
    assert count(client) == 1


def test_dependants_follow_what_they_depend_on(client):
    answer = send(
        client,
        creating("made", "a"),
        item("read", f"{EVENTS}/a", dependsOn=["made"]),
        creating("other", "b", dependsOn=["read"]),
        item("late", f"{EVENTS}/$count", dependsOn=["OTHER"]),
    )
    assert [each["id"] for each in answer.json["responses"]] == ["made", "read", "other", "late"]
    assert statuses(answer) == {"made": 201, "other": 201, "read": 200, "late": 200}
    assert responses(answer)["late"]["body"] == "Mg=="  # 2


def test_what_depends_on_a_failure_is_not_carried_out(client):
    answer = send(
        client,
        item("bad", f"{EVENTS}/nobody"),
        creating("second", dependsOn=["bad"]),
        creating("third", dependsOn=["second"]),
    )
    assert statuses(answer) == {"bad": 404, "second": 424, "third": 424}
    error = responses(answer)["third"]["body"]["error"]
    assert error["code"] == "FailedDependency"
    assert "(second)" in error["message"]
    assert count(client) == 0


def test_several_may_depend_on_the_same(client):
    answer = send(
        client,
        item("bad", f"{EVENTS}/nobody"),
        creating("free"),
        creating("second", dependsOn=["bad"]),
        creating("third", dependsOn=["bad"]),
    )
    assert statuses(answer) == {"bad": 404, "free": 201, "second": 424, "third": 424}
    assert count(client) == 1


SHAPES = [
    [("1", []), ("2", ["1"]), ("3", ["2"]), ("4", [])],
    [("1", []), ("2", ["1"]), ("3", []), ("4", ["3"])],
    [("1", []), ("2", []), ("3", ["1"]), ("4", ["2"])],
    [("1", []), ("2", ["1"]), ("3", ["1", "2"])],
    [("1", []), ("2", []), ("3", ["1", "2"])],
    [("1", []), ("2", ["1", "1"])],
    [("1", []), ("2", ["1"]), ("3", ["1"]), ("4", ["3"])],
]


@pytest.mark.parametrize("shape", SHAPES)
def test_batches_are_parallel_serial_or_hang_on_one(client, shape):
    answer = send(client, *(creating(id_, dependsOn=needs) for id_, needs in shape))

    words = "Batch should be either fully sequential or fully parallel."
    assert_error(answer, 400, "BadRequest", words)
    assert count(client) == 0


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([item("1", dependsOn=["2"])], "'2' is not in the batch"),
        ([item("1"), item("a", dependsOn=["A"])], "'A' does not come before it"),
        ([item("1"), item("a", dependsOn=["1 "])], "'1 ' is not in the batch"),
        ([item("1", dependsOn=["1"])], "'1' does not come before it"),
        ([item("1", dependsOn=["2"]), item("2")], "'2' does not come before it"),
        ([item("1"), item("2", dependsOn=["1", "3"]), item("3", dependsOn=["2"])], "request Id '2': '3' does not come before it"),
    ],
)  # fmt: skip
def test_bad_dependencies_stop_the_batch(client, items, words):
    assert_error(send(client, creating("good"), *items), 400, "BadRequest", words)
    assert count(client) == 0


@pytest.mark.parametrize(
    "url",
    [
        f"{EVENTS}?$filter=isSuccess eq true&$count=true",
        f"{EVENTS[1:]}?$filter=isSuccess eq true&$count=true",
        f"{EVENTS}?$filter=isSuccess%20eq%20true&$count=true",
        f"{EVENTS}?$filter=isSuccess+eq+true&$count=true",
        f"{EVENTS}?$filter=userDisplayName eq 'Zoë & Ō' or isSuccess&$count=true".replace(
            "&", "%26", 1
        ),
        f"http://localhost/beta{EVENTS}?$filter=isSuccess eq true&$count=true",
        f"HTTP://LOCALHOST/beta{EVENTS}?$filter=isSuccess eq true&$count=true",
        f"http://localhost{EVENTS}?$filter=isSuccess eq true&$count=true",
    ],
)
def test_urls_may_be_written_in_many_ways(client, url):
    create(client, isSuccess=True)
    create(client, isSuccess=False)
    answer = responses(send(client, item("1", url)))["1"]
    assert (answer["status"], answer["body"]["@odata.count"]) == (200, 1)


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("a b", "('a b')"),
        ("a b", "/a%20b"),
        ("ä/ö", "/%C3%A4%2Fö"),
        ("http://x/y", "('http:%2F%2Fx%2Fy')"),
        ("x://y", "/x:%2F%2Fy?$select=id"),
        ("50%", "('50%25')"),
        ("o'hara", "('o''hara')"),
        ("a+b&c=d?e", "/a+b&c=d%3Fe"),
    ],
)
def test_keys_may_have_any_characters(client, key, written):
    create(client, id=key)
    found = responses(send(client, item("1", EVENTS + written)))["1"]
    assert (found["status"], found["body"]["id"]) == (200, key)


def test_a_version_too_many_is_told(client):
    found = responses(send(client, item("1", f"/beta{EVENTS}"), item("2", "/v1.0/me")))
    for each in found.values():
        assert_batched(each, "The version is there already: leave the second one out.")


def assert_batched(response, words):
    assert response["status"] == 400
    assert words in response["body"]["error"]["message"]


def test_what_looks_like_another_host_in_a_query_is_none(client):
    create(client, userDisplayName="http://x/")
    url = f"{EVENTS}/$count?$filter=userDisplayName eq 'http://x/'"
    found = responses(send(client, item("1", url), item("2", f"{EVENTS}/http://x")))
    assert found["1"]["body"] == "MQ=="  # 1
    assert found["2"]["status"] == 400


def test_versions_may_be_mixed(client):
    root = "http://localhost/v1.0/reports/authenticationMethods"
    found = responses(send(
        client, item("1", f"{root}/userRegistrationDetails"), item("2", "/v1.0/reports"), item("3", "/v1.0")
    ))  # fmt: skip
    assert found["1"]["body"]["@odata.context"].startswith("http://localhost/v1.0/$metadata#")
    assert (found["2"]["status"], found["3"]["status"]) == (400, 400)
    other = client.post("/v1.0/$batch", json={"requests": [item("1")]})
    assert (
        "segment 'userCredentialUsageDetails'"
        in other.json["responses"][0]["body"]["error"]["message"]
    )


def test_links_and_context_are_those_of_the_item(client):
    for _ in range(3):
        create(client)
    page = responses(send(client, item("1")))["1"]["body"]
    assert page["@odata.nextLink"].startswith(f"http://localhost{SET}?")
    followed = responses(send(client, item("2", page["@odata.nextLink"])))["2"]["body"]
    assert followed["value"][0]["id"] != page["value"][0]["id"]


@pytest.mark.parametrize(
    "encode",
    [base64.b64encode, base64.urlsafe_b64encode, lambda data: base64.b64encode(data).rstrip(b"=")],
)
def test_bodies_may_be_base64(client, encode):
    name = "Ōki ??>>~~"  # in base64 it has what the two alphabets differ in
    data = json.dumps(event(id="a", userDisplayName=name), ensure_ascii=False).encode()
    assert {"+", "/"} & set(base64.b64encode(data).decode())
    answer = send(client, item("1", EVENTS, "POST", headers=JSON, body=encode(data).decode()))
    assert statuses(answer) == {"1": 201}
    assert client.get(f"{SET}/a").json["userDisplayName"] == name


def test_whole_numbers_may_be_long(client):
    body = {**event(), "isSuccess": 10**30}
    long = item("1", EVENTS, "POST", headers=JSON, body=body)
    assert statuses(send(client, long, creating("2"))) == {"1": 400, "2": 201}


def test_a_batch_is_compressed_as_a_whole(client):
    data = gzip.compress(json.dumps({"requests": [item("1"), item("2")]}).encode())
    headers = {"Content-Encoding": "gzip", "Accept-Encoding": "gzip", **JSON}
    answer = client.post(BATCH, data=data, headers=headers)
    assert answer.headers["Content-Encoding"] == "gzip"
    found = json.loads(gzip.decompress(answer.data))["responses"]
    assert [each["status"] for each in found] == [200, 200]
    assert not any("Content-Encoding" in each["headers"] for each in found)


def test_each_item_has_its_own_headers(client):
    mine, the_batchs = str(UUID(int=1)), str(UUID(int=2))
    found = responses(send(
        client,
        item("1", EVENTS, "POST", headers={**JSON, "Prefer": "include-unknown-enum-members"}, body=event(authMethod="qrCode")),
        item("2", EVENTS, "POST", headers={"content-type": "text/plain"}, body="cGxhaW4="),
        item("3", headers={"Accept": "application/json;odata.metadata=none"}),
        item("4", headers={"ConsistencyLevel": "whenever"}),
        item("5", headers={"Accept": "text/html"}),
        item("6", headers={"client-request-id": mine}),
        item("7", f"{EVENTS}/nobody"),
        headers={"client-request-id": the_batchs},
    ))  # fmt: skip
    assert {id_: each["status"] for id_, each in found.items()} == {
        "1": 201, "2": 400, "3": 200, "4": 400, "5": 406, "6": 200, "7": 404
    }  # fmt: skip
    assert found["1"]["body"]["authMethod"] == "qrCode"
    assert found["1"]["headers"]["Preference-Applied"] == "include-unknown-enum-members"
    assert "@odata.context" not in found["3"]["body"]
    assert found["6"]["headers"]["client-request-id"] == mine
    assert found["7"]["body"]["error"]["innerError"]["client-request-id"] == the_batchs
    outer = send(client, item("1"), headers={"Prefer": "odata.maxpagesize=1", "Accept": "*/*"})
    assert "Preference-Applied" not in responses(outer)["1"]["headers"]


def test_methods_come_in_any_case(client):
    create(client, id="a")
    patch = item(
        "2", f"{EVENTS}/a", "patch", headers=JSON, body={"isSuccess": False}, dependsOn=["1"]
    )
    answer = send(
        client,
        item("1", f"{EVENTS}/a", "get"),
        patch,
        item("3", f"{EVENTS}/a", "Delete", dependsOn=["2"]),
        item("4", EVENTS, "head", dependsOn=["3"]),
        item("5", EVENTS, "Put", headers=JSON, body={}, dependsOn=["4"]),
    )
    assert statuses(answer) == {"1": 200, "2": 200, "3": 204, "4": 200, "5": 405}
    assert "body" not in responses(answer)["4"]


def test_the_python_sdks_empty_spelling_of_dependencies_is_taken(client):
    found = statuses(send(client, item("1", depends_on=[]), item("2", depends_on=None)))
    assert found == {"1": 200, "2": 200}


def test_bodies_that_are_not_json_are_base64(client):
    found = responses(send(client, item("1", f"{EVENTS}/$count"), item("2", "/$METADATA")))
    assert base64.b64decode(found["1"]["body"], validate=True) == b"0"
    assert base64.b64decode(found["2"]["body"], validate=True).startswith(b"<?xml")


def test_a_text_that_is_put_is_base64_too(client):
    data = base64.b64encode("Grüße, ??>>".encode()).decode()
    path, head = "/me/drive/root:/a.txt:/content", {"Content-Type": "text/plain"}
    written = item("1", path, "PUT", headers=head, body=data)

    answer = client.post("/v1.0/$BATCH", json={"requests": [written]})

    assert statuses(answer) == {"1": 201}
    kept = client.get(client.get(f"/v1.0{path}").headers["Location"])
    assert kept.data.decode() == "Grüße, ??>>"


def test_a_batch_in_a_batch_is_refused(client):
    inner = item("1", "/$batch", "POST", headers=JSON, body={"requests": [creating("x")]})
    found = responses(send(client, inner, creating("y")))
    assert (found["1"]["status"], found["y"]["status"]) == (400, 201)
    assert "cannot be an item" in found["1"]["body"]["error"]["message"]
    assert count(client) == 1


def test_the_control_face_is_out_of_reach(client):
    found = statuses(send(
        client,
        item("1", "http://localhost/_fakegraph/requests"),
        item("2", "/../_fakegraph/reset", "POST", headers=JSON, body={}),
        item("3", "http://localhost/default/oauth2/v2.0/token", "POST", headers=JSON, body={}),
    ))  # fmt: skip
    assert set(found.values()) == {400}


def test_the_batchs_token_counts_for_its_items(make_client):
    client = make_client(auth="strict")

    def token(**wanted):
        made = client.post("/_fakegraph/tokens", json=wanted).json
        return {"Authorization": f"Bearer {made['access_token']}"}

    assert_error(send(client, item("1")), 401, "InvalidAuthenticationToken")
    answer = send(
        client,
        item("1"),
        item("2", headers=token(roles=["User.Read.All"])),
        item("3", headers={"Authorization": "Bearer x"}),
        item("4", headers=token(expiresIn=-5)),
        headers=token(),
    )
    assert statuses(answer) == {"1": 200, "2": 200, "3": 200, "4": 200}
    poor = send(client, item("1"), item("2", headers=token()), headers=token(roles=[]))
    assert statuses(poor) == {"1": 403, "2": 403}


def test_items_keep_to_their_tenant(client):
    name = client.post("/_fakegraph/tenants", json={}).json["id"]
    body = {"requests": [creating("1"), item("2", f"http://localhost{SET}/$count")]}
    answer = client.post(f"/tenants/{name}{BATCH}", json=body)
    assert {each["id"]: each["status"] for each in answer.json["responses"]} == {"1": 201, "2": 200}
    assert f"/tenants/{name}/beta/" in answer.json["responses"][0]["headers"]["Location"]
    assert count(client) == 0
    assert client.get(f"/tenants/{name}{SET}/$count").text == "1"


def test_faults_hit_items(client):
    client.post(
        "/_fakegraph/faults", json={"preset": "throttled", "match": {"method": "GET"}, "skip": 1}
    )
    client.post(
        "/_fakegraph/faults",
        json={"status": 503, "match": {"path": "/reports/*", "method": "POST"}},
    )
    found = responses(send(client, item("1"), item("2"), item("3"), creating("4")))
    assert {id_: each["status"] for id_, each in found.items()} == {
        "1": 200,
        "2": 429,
        "3": 200,
        "4": 503,
    }
    assert found["2"]["headers"]["Retry-After"] == "1"
    assert found["2"]["body"]["error"]["innerError"]["code"] == "429"
    client.post("/_fakegraph/faults", json={"status": 504})
    assert send(client, creating("5")).status_code == 504
    assert count(client) == 0


def test_items_are_throttled_one_by_one(make_client):
    client = make_client(rate_limit="3/60")
    client.put("/_fakegraph/clock", json={"frozen": True})
    answer = send(client, *(item(str(number)) for number in range(5)))
    assert statuses(answer) == {"0": 200, "1": 200, "2": 200, "3": 429, "4": 429}
    assert responses(answer)["4"]["headers"]["Retry-After"] == "60"


def test_the_journal_has_every_item_and_the_batch(client):
    answer = send(client, item("1"), creating("2", dependsOn=["1"]))
    outer = answer.headers["request-id"]
    noted = client.get("/_fakegraph/requests").json["value"]
    assert [(each["method"], each["path"], each["status"], each["batch"]) for each in noted] == [
        ("GET", f"/beta{EVENTS}", 200, outer),
        ("POST", f"/beta{EVENTS}", 201, outer),
        ("POST", BATCH, 200, None),
    ]
    assert noted[1]["json"]["id"] == "2"
    assert noted[2]["requestId"] == outer
    assert [each["requestId"] for each in noted[:2]] == [
        each["headers"]["request-id"] for each in answer.json["responses"]
    ]


@pytest.mark.parametrize("more", [{}, {"colour": "red"}])
def test_tokens_of_items_are_not_in_the_journal(client, more):
    send(client, item("1", headers={"authorization": "Bearer s3cret", "Cookie": "t0p"}, **more))
    noted = client.get("/_fakegraph/requests").text
    assert "s3cret" not in noted
    assert "t0p" not in noted
    assert noted.count("[redacted]") == (2 if more else 3)
    assert "s3cret" not in client.get("/_fakegraph/requests.har").text


def test_items_announce_what_is_deprecated(client):
    found = responses(
        send(client, item("1"), item("2", "/reports/authenticationMethods/userEventsSummary"))
    )
    assert "Sunset" in found["1"]["headers"]
    assert "Sunset" not in found["2"]["headers"]
