"""Records by path: counted, made, changed and taken away over the control API."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.conftest import assert_error, event
from tests.control.conftest import Asked

SET = "userCredentialUsageDetails"
OTHER_SETS = (
    "userEventsSummary",
    "credentialUserRegistrationDetails",
    "userRegistrationDetails",
)
RECORDS = f"/records/{SET}"


def stored(asked, path=SET):
    return asked.control("GET", f"/records/{path}")["value"]


def create(asked, path=SET, **properties):
    return asked.control("POST", f"/records/{path}", properties, status=201)


def refused(asked, method, path, status, *words, **options):
    answer = asked.client.open(f"/_fakegraph/records{path}", method=method, **options)
    return assert_error(
        answer, status, "BadRequest" if status == 400 else answer.json["error"]["code"], *words
    )


@pytest.mark.parametrize("path", [SET, f"reports/{SET}"])
def test_a_record_is_made_changed_and_taken_away_by_either_path(asked, path):
    made = create(asked, path, **event(id="a"))
    assert stored(asked, path) == [made]
    changed = asked.control("PATCH", f"/records/{path}/a", {"isSuccess": False})
    assert changed == made | {"isSuccess": False}
    assert asked.graph(path="/a").json["isSuccess"] is False
    assert stored(asked, f"{path}/a") == [changed]
    asked.control("DELETE", f"/records/{path}/a", status=204)
    assert stored(asked, path) == stored(asked, f"{path}/a") == []


def test_what_is_required_and_left_out_is_filled_in(asked):
    made = create(asked, userPrincipalName="ada.lovelace@contoso.com")
    assert made["userPrincipalName"] == "ada.lovelace@contoso.com"
    assert made["userDisplayName"] == "Ada Lovelace"
    assert list(made) == ["id", *(name for name in event() if "@" not in name)]
    assert asked.graph(path=f"/{made['id']}").status_code == 200


@pytest.mark.parametrize("set_name", OTHER_SETS)
def test_every_set_is_filled_in(asked, set_name):
    made = create(asked, set_name)
    assert stored(asked, set_name) == [made]
    assert made["userPrincipalName"].partition("@")[2].startswith("contoso.")


def test_a_value_that_is_null_was_given(asked):
    error = refused(asked, "POST", f"/{SET}", 400, "null", json={"feature": None})
    assert error["target"] == "feature"


def test_the_same_is_filled_in_for_the_same_question(make_client):
    def made():
        asked = Asked(make_client())
        asked.control("PUT", "/clock", {"now": "2024-02-29"})
        records = [create(asked, name) for name in (SET, *OTHER_SETS) for _ in range(60)]
        return [{name: value for name, value in each.items() if name != "id"} for each in records]

    first = made()
    assert first == made()
    assert len({str(each) for each in first}) == len(first)


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({"isSuccess": False}, lambda made: made["failureReason"] != ""),
        ({"isSuccess": True}, lambda made: made["failureReason"] == ""),
        ({"failureReason": "Locked out"}, lambda made: made["isSuccess"] is False),
        ({"failureReason": ""}, lambda made: made["isSuccess"] is True),
        ({"userDisplayName": "Renée O'Hara"}, lambda made: made["userPrincipalName"] == "renee.ohara@contoso.com"),
        ({"userPrincipalName": "x"}, lambda made: made["userDisplayName"] == "X"),
        ({"userPrincipalName": "7@contoso.com"}, lambda made: made["userDisplayName"] == "7@contoso.com"),
    ],
)  # fmt: skip
def test_what_is_filled_in_goes_with_what_is_given(asked, given, filled):
    for _ in range(10):
        made = create(asked, **given)
        assert made == made | given
        assert filled(made), made


def test_filled_in_events_are_of_the_last_thirty_days(asked):
    for now in ("2024-02-29T17:00:00Z", "2024-02-29T19:00:00Z"):
        asked.control("PUT", "/clock", {"now": now})
        for _ in range(20):
            create(asked)
        summary = asked.client.get("/beta/reports/getCredentialUsageSummary(period='D30')").json
        counted = sum(
            each["successfulActivityCount"] + each["failureActivityCount"]
            for each in summary["value"]
        )
        assert counted == len(stored(asked))


def test_a_clock_at_the_beginning_of_time_is_no_bug(asked):
    asked.control("PUT", "/clock", {"now": "0001-01-01"})
    assert create(asked)["eventDateTime"].startswith("0001-01-")


def test_all_problems_of_a_record_are_told(asked):
    error = refused(asked, "POST", f"/{SET}", 400, json={"feature": "x", "colour": "red"})
    assert [each["target"] for each in error["details"]] == ["feature", "colour"]
    create(asked, id="a")
    refused(asked, "POST", f"/{SET}", 409, "'a'", json={"id": "a"})
    refused(asked, "POST", f"/{SET}/a", 400, f"POST to '{SET}'", json={})
    refused(asked, "POST", f"/{SET}", 400, json="text")
    error = refused(asked, "PATCH", f"/{SET}/a", 400, json={"feature": "x", "isSuccess": 1})
    assert [each["target"] for each in error["details"]] == ["feature", "isSuccess"]
    refused(asked, "PATCH", f"/{SET}/a", 400, "keeps its id", json={"id": "b"})
    assert asked.control("PATCH", f"/records/{SET}/a", {"id": "a"})["id"] == "a"


def test_what_is_not_there_is_said(asked):
    for method in ("PATCH", "DELETE"):
        refused(asked, method, f"/{SET}/nobody", 404, "'nobody'", json={})
    create(asked, id="a")
    for method in ("GET", "POST", "PATCH", "DELETE"):
        options = {"json": {}} if method in ("POST", "PATCH") else {}
        refused(asked, method, "/userz", 404, "no entity set 'userz'. There is userC", **options)
    refused(asked, "PATCH", f"/{SET}", 404, f"'{SET}/ID'", json={})
    refused(asked, "DELETE", f"/{SET}", 404, f"'{SET}/ID'")
    refused(asked, "DELETE", "?path=userz", 404, "no entity set 'userz'")
    refused(asked, "DELETE", f"?path={SET}/a", 404, "not one of its records")
    refused(asked, "DELETE", f"?set={SET}", 400, "query option path")
    assert asked.count() == 1


@pytest.mark.parametrize(
    "key", ["a/b", "a b", "50%", "50%25", "a%2Fb", "é'(x)", "/", "a//b/", "?#&"]
)
def test_any_key_can_be_addressed(asked, key):
    create(asked, id=key)
    create(asked, id="other")
    for written in (quote(key), quote(quote(key, safe=""))):
        assert [each["id"] for each in stored(asked, f"{SET}/{written}")] == [key]
    asked.control("PATCH", f"{RECORDS}/{quote(key)}", {"isSuccess": False})
    asked.control("DELETE", f"{RECORDS}/{quote(quote(key, safe=''))}", status=204)
    assert [each["id"] for each in stored(asked)] == ["other"]


def test_an_empty_key_is_no_set(asked):
    create(asked)
    refused(asked, "DELETE", f"/{SET}/", 404, "the id ''")
    assert asked.count() == 1


def test_a_set_is_cleared_and_so_are_all(asked):
    for name in (SET, *OTHER_SETS):
        create(asked, name)
    assert asked.control("GET", "/records") == {
        SET: 2,  # userEventsSummary is another view of the same records
        "userEventsSummary": 2,
        "credentialUserRegistrationDetails": 1,
        "userRegistrationDetails": 1,
    }
    asked.control("DELETE", f"/records?path=reports/{SET}", status=204)
    assert asked.count() == 0
    assert asked.control("GET", "/records")["userRegistrationDetails"] == 1
    asked.control("DELETE", "/records", status=204)
    assert set(asked.control("GET", "/records").values()) == {0}


def test_many_records_are_cleared_at_once(make_client, tmp_path):
    asked = Asked(make_client(fixture=("contoso",), data_dir=tmp_path))
    link = asked.graph(query_string={"$top": 5}).json["@odata.nextLink"]
    asked.control("DELETE", f"/records?path=reports/{SET}", status=204)
    assert asked.client.get(link).json["value"] == []
    asked.control("POST", "/reset")
    assert asked.count() == 400
