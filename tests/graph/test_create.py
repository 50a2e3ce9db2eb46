"""POST on a collection: what is taken, and everything that is refused."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.conftest import EVENT, SET, assert_error, create, event

REQUIRED = [name for name in EVENT if not name.startswith("@")]
WRONG_TYPES = {
    "feature": 1,
    "userPrincipalName": 5,
    "userDisplayName": ["Ada"],
    "isSuccess": "true",
    "authMethod": {"name": "email"},
    "failureReason": False,
    "eventDateTime": 1483218002,
}


def test_page_request_gives_page_answer(client):
    response = client.post("/reports/userCredentialUsageDetails", json=EVENT)

    assert response.status_code == 201
    body = response.json
    assert {name: body[name] for name in EVENT} == EVENT
    assert str(uuid.UUID(body["id"])) == body["id"]
    assert set(body) == {*EVENT, "id", "@odata.context"}


def test_created_entity_is_where_location_says(client):
    response = client.post(SET, json=EVENT)

    found = client.get(response.headers["Location"])
    assert found.status_code == 200
    assert found.json["id"] == response.json["id"]


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("fault", ["missing", "null", "wrong type"])
def test_bad_property_is_refused_and_nothing_stored(client, name, fault):
    body = dict(EVENT)
    if fault == "missing":
        del body[name]
    else:
        body[name] = None if fault == "null" else WRONG_TYPES[name]

    error = assert_error(client.post(SET, json=body), 400, "BadRequest", name)

    assert error["target"] == name
    assert [problem["target"] for problem in error["details"]] == [name]
    assert client.get(f"{SET}/$count").text == "0"


@pytest.mark.parametrize("name", ["feature", "authMethod"])
def test_page_placeholder_is_refused_with_the_members(client, name):
    error = assert_error(
        client.post(SET, json=event(**{name: "String"})),
        400,
        "BadRequest",
        "Requested value 'String' was not found.",
        "unknownFutureValue",
    )
    assert error["target"] == name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"colour": "red"},
            "The property 'colour' does not exist on type 'microsoft.graph.userCredentialUsageDetails'. Make sure to only use property names that are defined by the type or mark the type as open type.",
        ),
        ({"Feature": "reset"}, "Did you mean 'feature'?"),
        ({"id": ""}, "1 to 256 characters"),
        ({"id": 7}, "'7'"),
        ({"id": "a\u0007b"}, "control character"),
        ({"id": "x" * 257}, "1 to 256 characters"),
        ({"@odata.type": "#microsoft.graph.user"}, "userCredentialUsageDetails"),
        ({"@odata.type": 5}, "userCredentialUsageDetails"),
        ({"isSuccess@odata.type": "#String"}, "#Boolean"),
        ({"owner@odata.bind": "x"}, "'owner@odata.bind' does not exist"),
        ({"eventDateTime": "2017-01-01T00:00:02"}, "no offset"),
        ({"eventDateTime": "2017-02-29T00:00:00Z"}, "2017-02-29 does not exist"),
        ({"eventDateTime": "2017-01-01T24:00:00Z"}, "24:00:00 does not exist"),
        ({"eventDateTime": "2017-01-01T00:00:00.12345678Z"}, "100 ns"),
        ({"eventDateTime": "yesterday"}, "2024-01-31T23:59:59.1234567Z"),
        ({"authMethod": "qrCode"}, "include-unknown-enum-members"),
        ({"authMethod": "Email"}, "Did you mean 'email'?"),
    ],
)
def test_wrong_value_is_refused_with_what_would_be_right(client, changes, words):
    assert_error(client.post(SET, json={**EVENT, **changes}), 400, "BadRequest", words)
    assert client.get(f"{SET}/$count").text == "0"


def test_three_faults_are_answered_at_once(client):
    body = event(feature="String", isSuccess="yes", colour="red")

    error = assert_error(client.post(SET, json=body), 400, "BadRequest", "Requested value 'String'")

    assert [problem["target"] for problem in error["details"]] == ["feature", "isSuccess", "colour"]
    assert error["message"] == error["details"][0]["message"]


def test_taken_id_is_a_conflict(client):
    create(client, id="a")

    error = assert_error(
        client.post(SET, json=event(id="a", feature="reset")), 409, "Conflict", "'a' is taken"
    )

    assert error["target"] == "id"
    assert client.get(f"{SET}/a").json["feature"] == "registration"


@pytest.mark.parametrize(
    "key", ["a", "x" * 256, "a/b", "o'hara", "100%", "a b+c", "$count", "é☕", "..", "a?b#c"]
)
def test_any_printable_id_is_kept_and_found(client, key):
    response = client.post(SET, json=event(id=key))

    assert response.json["id"] == key
    assert client.get(response.headers["Location"]).json["id"] == key
    assert client.delete(response.headers["Location"]).status_code == 204


def test_date_comes_back_character_for_character(client):
    for text in [
        "2017-01-01T00:00:02.9716266+03:00",
        "2024-02-29T23:59:59Z",
        "2017-01-01T00:00:02.10-00:30",
    ]:
        created = create(client, eventDateTime=text)
        assert client.get(f"{SET}/{created['id']}").json["eventDateTime"] == text


def test_later_member_is_taken_with_the_preference(client):
    prefer = {"Prefer": "include-unknown-enum-members"}

    response = client.post(SET, json=event(authMethod="qrCode"), headers=prefer)

    assert response.status_code == 201
    assert response.headers["Preference-Applied"] == "include-unknown-enum-members"
    url = response.headers["Location"]
    assert client.get(url).json["authMethod"] == "unknownFutureValue"
    assert client.get(url, headers=prefer).json["authMethod"] == "qrCode"
    assert client.get(f"{SET}?$filter=authMethod eq 'unknownFutureValue'").json["value"]
    assert client.get(f"{SET}?$filter=authMethod eq 'qrCode'", headers=prefer).json["value"]
    assert_error(client.get(f"{SET}?$filter=authMethod eq 'qrCode'"), 400, "BadRequest", "Prefer")


@pytest.mark.parametrize(
    "prefer", ["return=minimal", "return=representation", "respond-async", "return=everything"]
)
def test_preferences_that_no_workload_here_knows_are_ignored(client, prefer):
    created = client.post(SET, json=EVENT, headers={"Prefer": prefer})
    changed = client.patch(created.headers["Location"], json={}, headers={"Prefer": prefer})

    assert (created.status_code, changed.status_code) == (201, 200)
    assert created.json["id"] == changed.json["id"]
    for answer in (created, changed):
        assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Empty Payload. JSON content expected."),
        (b"{", ""),
        (b"[]", "object"),
        (b'"text"', "object"),
        (b"null", "object"),
        (b'{"isSuccess": NaN}', ""),
        (b'{"isSuccess": Infinity}', ""),
        (b'{"isSuccess": true, "isSuccess": false}', "isSuccess"),
        (b'{"userDisplayName": "\xff"}', ""),
        (b"\xef\xbb\xbf{}", ""),
        (b'{"userDisplayName": "\\ud800"}', ""),
        (b"[" * 100_000, ""),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, ""),
        (b'{"a": ' + b"9" * 10_000 + b"}", ""),
        (json.dumps(EVENT).encode() + b"{}", ""),
    ],
)
def test_malformed_body_is_refused(client, data, words):
    response = client.post(SET, data=data, content_type="application/json")

    assert_error(response, 400, "BadRequest", words)
    assert client.get(f"{SET}/$count").text == "0"


UNREADABLE = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is "
    "of valid JSON format."
)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/json;charset=utf-16",
        "application/json;x=y",
        "json",
    ],
)
def test_other_content_types_are_refused(client, content_type):
    response = client.post(SET, data=json.dumps(EVENT), content_type=content_type)

    error = assert_error(response, 400, "BadRequest", UNREADABLE)
    assert error["target"] == "Content-Type"


@pytest.mark.parametrize("data", [json.dumps(EVENT), b""])
def test_a_write_says_what_it_sends(client, data):
    response = client.post(SET, data=data)

    words = "Write requests (excluding DELETE) must contain the Content-Type header declaration."
    assert_error(response, 400, "BadRequest", words)


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_body_is_due(client, method):
    url = client.post(SET, json=EVENT).headers["Location"] if method == "PATCH" else SET
    response = client.open(url, method=method, content_type="application/json")

    error = assert_error(response, 400, "BadRequest")
    assert error["message"] == "Empty Payload. JSON content expected."


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON; charset=UTF-8",
        "application/json;odata.metadata=minimal;IEEE754Compatible=false",
    ],
)
def test_json_content_types_are_taken(client, content_type):
    response = client.post(SET, data=json.dumps(EVENT), content_type=content_type)

    assert response.status_code == 201


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "compress"])
def test_other_encodings_than_gzip_are_refused(client, encoding):
    response = client.post(
        SET, data=b"x", content_type="application/json", headers={"Content-Encoding": encoding}
    )
    assert_error(response, 415, "UnsupportedMediaType", "gzip")


def test_body_over_the_limit_is_refused(make_client):
    client = make_client(max_body=1000)

    response = client.post(SET, json=event(userDisplayName="x" * 1000))

    assert_error(response, 413, "RequestEntityTooLarge", "1000 bytes")
    assert client.get(f"{SET}/$count").text == "0"


def test_a_million_unknown_properties_cost_one_short_answer(client):
    body = dict.fromkeys((f"p{n}" for n in range(100_000)), 1)

    error = assert_error(client.post(SET, json=body), 400, "BadRequest", "'p0' does not exist")

    assert [problem["target"] for problem in error["details"]] == [f"p{n}" for n in range(100)]


def test_select_shapes_the_answer_to_a_create(client):
    response = client.post(f"{SET}?$select=id,feature", json=EVENT)

    assert set(response.json) == {"@odata.context", "id", "feature"}


def test_a_long_number_is_refused_in_a_batch_as_it_is_alone(client):
    body = event(isSuccess=10**30)
    item = {"id": "1", "method": "POST", "url": "/reports/userCredentialUsageDetails"}
    item |= {"headers": {"Content-Type": "application/json"}, "body": body}

    (answer,) = client.post("/beta/$batch", json={"requests": [item]}).json["responses"]

    alone = assert_error(client.post(SET, json=body), 400, "BadRequest", "Edm.Boolean")
    assert answer["status"] == 400
    assert answer["body"]["error"]["message"] == alone["message"]
