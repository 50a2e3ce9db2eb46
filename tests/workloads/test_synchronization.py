"""Jobs that provision: states, credentials, directories, and expressions that map attributes."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import seed

PRINCIPAL = "4e7a3f0a-0000-4000-8000-0000000000aa"
JOBS = f"servicePrincipals/{PRINCIPAL}/synchronization/jobs"
ADA = {"preferredLanguage": "EN-US", "givenName": " Ada ", "surname": "Lovelace", "city": ""}


@pytest.fixture(autouse=True)
def job(client):
    seed(client, {"servicePrincipals": [{"id": PRINCIPAL, "appId": PRINCIPAL}]})
    seed(client, {JOBS: [{"id": "j"}]})


def parse(client, expression):
    pairs = [{"key": name, "value": value} for name, value in ADA.items()]
    body = {"expression": expression, "testInputObject": {"properties": pairs}}
    answer = client.post(f"/v1.0/{JOBS}/j/schema/parseExpression", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ('Replace([preferredLanguage], "-", , , "_", ,  )', "EN_US"),
        ("[surname]", "Lovelace"),
        ("[PREFERREDLANGUAGE]", "EN-US"),
        ('"a \\"b\\""', 'a "b"'),
        ('Append([surname], "!")', "Lovelace!"),
        ('Join(" ", Trim([givenName]), [city], [surname])', "Ada Lovelace"),
        ("Mid(ToUpper([surname]), 2, 4)", "OVEL"),
        ("Coalesce([city], [nothing], [surname])", "Lovelace"),
        ('ToLower(StripSpaces("A B C"))', "abc"),
    ],
)
def test_an_expression_is_read_and_worked_out(client, expression, result):
    found = parse(client, expression)
    assert (found["parsingSucceeded"], found["evaluationSucceeded"]) == (True, True)
    assert (found["evaluationResult"], found["error"]) == ([result], None)


def test_what_was_read_is_shown_with_what_it_is_made_of(client):
    found = parse(client, 'Replace([preferredLanguage], "-", , , "_", , )')["parsedExpression"]
    assert (found["name"], found["type"]) == ("Replace", "Function")
    assert found["expression"] == 'Replace([preferredLanguage], "-", , , "_", , )'
    told = {each["key"]: each["value"] for each in found["parameters"]}
    assert list(told) == ["source", "Find", "Replacement"]
    assert told["source"] == {
        "expression": "[preferredLanguage]",
        "name": "preferredLanguage",
        "parameters": [],
        "type": "Attribute",
    }
    assert (told["Find"]["expression"], told["Find"]["type"]) == ('"-"', "Constant")


def test_an_attribute_that_is_not_given_has_no_value(client):
    assert parse(client, "[nothing]")["evaluationResult"] == []


@pytest.mark.parametrize(
    "expression", ["", "Replace(", "[a", "Append([a] [b])", "[a] [b]", '"a', ",", "F(,,", "F" * 9]
)
def test_what_is_no_expression_is_said_to_be_none(client, expression):
    found = parse(client, expression)
    assert (found["parsingSucceeded"], found["evaluationSucceeded"]) == (False, False)
    assert (found["parsedExpression"], found["evaluationResult"]) == (None, [])
    assert found["error"]["code"] == "AttributeMappingExpression"


@pytest.mark.parametrize(
    "expression",
    ["SomethingElse([a])", "Mid([surname])", 'Replace([a], , "x+", , "y")', 'Mid([a], "x", 1)'],
)
def test_what_is_not_worked_out_is_said(client, expression):
    found = parse(client, expression)
    assert (found["parsingSucceeded"], found["evaluationSucceeded"]) == (True, False)
    assert found["error"]["code"] == "AttributeMappingFunction"


@pytest.mark.parametrize(
    "expression", ["F(" * 5000, "Append(" * 60 + "[a]" + ")" * 60, "x" * 20_000]
)
def test_long_and_deep_expressions_end_nothing(client, expression):
    assert parse(client, expression)["error"] is not None


@pytest.mark.parametrize("path", ["validateCredentials", "j/validateCredentials"])
def test_credentials_are_given_or_saved(client, path):
    given = {"credentials": [{"key": "UserName", "value": "u"}, {"key": "Password", "value": "p"}]}
    for body in (given, {"useSavedCredentials": True}):
        assert client.post(f"/v1.0/{JOBS}/{path}", json=body).status_code == 204
    for body in ({}, {"credentials": []}, {"useSavedCredentials": False}):
        answer = client.post(f"/v1.0/{JOBS}/{path}", json=body)
        assert_error(answer, 400, "BadRequest", "credentials")


def test_a_directory_is_discovered_anew(client):
    client.put("/_fakegraph/clock", json={"now": "2026-05-04T03:02:01Z"})
    directories = f"{JOBS}/j/schema/directories"
    seed(client, {directories: [{"id": "d", "name": "D", "version": "1"}]})
    found = client.post(f"/v1.0/{directories}/d/discover")
    assert (found.status_code, found.json["name"]) == (200, "D")
    (kept,) = client.get(f"/v1.0/{JOBS}/j/schema").json["directories"]
    assert kept["discoveryDateTime"].startswith("2026-05-04T03:02:01")
    assert kept["version"] == found.json["version"] != "1"


SECRETS = f"/v1.0/servicePrincipals/{PRINCIPAL}/synchronization/secrets"
PAIR = {"key": "BaseAddress", "value": "https://hr.contoso.com"}
PAIRS = "#Collection(microsoft.graph.synchronizationSecretKeyStringValuePair)"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "value is missing"),
        ({"secrets": [PAIR]}, "'secrets'"),
        ({"value": [PAIR], "more": 1}, "'more'"),
        ({"value": [PAIR], "@odata.type": "#microsoft.graph.user"}, "'@odata.type'"),
        ({"value": [PAIR], "value@odata.type": "#Collection(String)"}, "'value@odata.type'"),
    ],
)
def test_secrets_are_put_as_a_value(client, body, why):
    error = client.put(SECRETS, json=body)
    assert error.status_code == 400, error.text
    assert why in error.json["error"]["message"]
    for named in ({}, {"value@odata.type": PAIRS}, {"@odata.context": "https://x/$metadata"}):
        assert client.put(SECRETS, json={"value": [PAIR], **named}).status_code == 204
