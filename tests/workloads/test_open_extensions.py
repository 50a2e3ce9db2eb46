"""Open extensions: notes that applications keep with one thing, by a name of their own."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, refusal, seed, user

NAME = "com.contoso.roaming"
TYPE = "microsoft.graph.openTypeExtension"
GROUP = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}


def note(**more):
    return {"@odata.type": TYPE, "extensionName": NAME, "theme": "dark", **more}


@pytest.fixture
def at(client):
    """Where the notes of a user are."""
    return f"/v1.0/users/{make(client, 'users', user())['id']}/extensions"


def test_a_note_is_known_by_its_name(client, at):
    made = client.post(at, json=note(sizes=[1, 2], nested={"a": None}))
    assert made.status_code == 201
    assert made.json["id"] == made.json["extensionName"] == NAME
    assert made.json["@odata.type"] == f"#{TYPE}"

    found = client.get(f"{at}/{NAME}").json
    assert (found["theme"], found["sizes"], found["nested"]) == ("dark", [1, 2], {"a": None})
    assert [each["id"] for each in client.get(at).json["value"]] == [NAME]
    whole = client.get(f"{at.rpartition('/')[0]}?$select=id&$expand=extensions").json
    assert [each["theme"] for each in whole["extensions"]] == ["dark"]


@pytest.mark.parametrize(
    ("sent", "kept"), [(10**30, 1e30), ({"a": [10**30]}, {"a": [1e30]}), ([-(10**30)], [-1e30])]
)
def test_a_number_of_many_digits_is_kept_as_far_as_json_writers_do(client, at, sent, kept):
    assert client.post(at, json=note(sizes=sent)).status_code == 201
    assert client.get(f"{at}/{NAME}").json["sizes"] == kept
    seed(client, {f"{at.removeprefix('/v1.0/')}": [note(extensionName="com.other", sizes=sent)]})
    assert client.get(f"{at}/com.other").json["sizes"] == kept


def test_a_number_that_nothing_can_hold_is_refused(client, at):
    message = refusal(client.post(at, json=note(sizes=[10**400])), 400, "Request_BadRequest")
    assert (
        message == "It has a number that nothing can hold: the number is too large for Edm.Double."
    )


def test_a_change_leaves_alone_what_it_does_not_name(client, at):
    client.post(at, json=note(sizes=[1, 2]))
    changed = client.patch(f"{at}/{NAME}", json={"@odata.type": TYPE, "theme": "light", "new": 1})
    assert (changed.status_code, changed.data) == (204, b"")
    found = client.get(f"{at}/{NAME}").json
    assert (found["theme"], found["sizes"], found["new"]) == ("light", [1, 2], 1)

    refused = client.patch(f"{at}/{NAME}", json={"extensionName": "com.contoso.other"})
    assert refused.status_code == 400
    assert client.delete(f"{at}/{NAME}").status_code == 204
    missing = refusal(client.get(f"{at}/{NAME}"), 404, "ResourceNotFound")
    assert missing == "Extension with given id not found."


def test_a_note_that_a_seed_left_without_a_name_is_named_by_a_change(client, at):
    person = at.split("/")[3]
    seed(client, {f"users/{person}/extensions": [{"@odata.type": f"#{TYPE}", "id": NAME}]})
    assert client.patch(f"{at}/{NAME}", json=note()).status_code == 204
    assert client.get(f"{at}/{NAME}").json["extensionName"] == NAME
    other = client.patch(f"{at}/{NAME}", json={"extensionName": "com.contoso.other"})
    assert "read-only" in refusal(other, 400, "Request_BadRequest")


def test_a_name_is_there_once_for_one_thing(client, at):
    client.post(at, json=note())
    message = refusal(client.post(at, json=note(extensionName=NAME.upper())), 409, "Conflict")
    assert message == "An extension already exists with given id."

    group = make(client, "groups", GROUP)["id"]
    make(client, f"groups/{group}/extensions", note())


@pytest.mark.parametrize(
    "body",
    [
        {"@odata.type": TYPE, "theme": "dark"},
        note(extensionName="Com.Microsoft.Mine"),
        note(extensionName=""),
        note(theme="x" * 2048),
        {"extensionName": NAME},
    ],
)
def test_what_is_no_such_note_is_refused(client, at, body):
    assert client.post(at, json=body).status_code == 400
    assert client.get(at).json["value"] == []


def test_a_note_does_not_grow_over_its_size(client, at):
    client.post(at, json=note())
    assert client.patch(f"{at}/{NAME}", json={"more": "x" * 2048}).status_code == 400
    assert "more" not in client.get(f"{at}/{NAME}").json


def test_a_thing_is_not_made_with_notes(client):
    assert client.post("/v1.0/users", json=user(extensions=[note()])).status_code == 400


@pytest.mark.parametrize("path", ["devices", "organization", "directory/administrativeUnits"])
def test_other_things_have_notes(client, path):
    seed(client, {path: [{"id": "1a111111-1111-4111-8111-111111111111", "displayName": "D"}]})
    notes = f"{path}/1a111111-1111-4111-8111-111111111111/extensions"
    assert make(client, notes, note())["id"] == NAME
    assert client.patch(f"/v1.0/{notes}/{NAME}", json={"a": 1}).status_code == 204


def test_items_of_outlook_put_more_before_the_name(client):
    make(client, "users", user())
    message = make(client, "me/messages", {"subject": "s"})["id"]
    made = make(client, f"me/messages/{message}/extensions", note())
    assert made["id"] == f"Microsoft.OutlookServices.OpenTypeExtension.{NAME}"
    for name in (NAME, made["id"]):
        found = client.get(f"/v1.0/me/messages/{message}/extensions/{name}")
        assert (found.status_code, found.json["theme"]) == (200, "dark")
    assert [each["theme"] for each in listed(client, f"me/messages/{message}/extensions")] == [
        "dark"
    ]


@pytest.mark.parametrize("kind", ["messages", "contacts", "events"])
@pytest.mark.parametrize("form", ["extensions", "Extensions($select=id)", "attachments,extensions"])
def test_notes_of_items_are_expanded_by_name_alone(client, kind, form):
    answer = client.get(f"/v1.0/me/{kind}?$expand={form}")
    assert_error(answer, 400, "ErrorGraphExtensionExpandRequiresFilter", "$filter=id eq")


@pytest.mark.parametrize("kind", ["messages", "contacts"])
def test_notes_of_mail_are_asked_for_by_both_of_their_names(client, kind):
    for name in (NAME, "com.contoso.other"):
        make(client, f"me/{kind}", {"extensions": [note(extensionName=name)]})
    for asked in (NAME, f"Microsoft.OutlookServices.OpenTypeExtension.{NAME}"):
        mine = f"id eq '{asked}'"
        query = f"$filter=Extensions/any(f:f/{mine})&$expand=Extensions($filter={mine})"
        (found,) = listed(client, f"me/{kind}?{query}")
        assert [each["extensionName"] for each in found["extensions"]] == [NAME]
        others = listed(client, f"me/{kind}?$filter=extensions/any(f:f/id ne '{asked}')")
        assert len(others) == 1
        assert others[0]["id"] != found["id"]


WHEN = {"dateTime": "2026-03-01T10:00:00", "timeZone": "UTC"}


@pytest.mark.parametrize(
    ("path", "body"),
    [("messages", {}), ("contacts", {}), ("events", {"start": WHEN, "end": WHEN})],
)
def test_items_that_come_with_notes_are_answered_with_them(client, path, body):
    made = make(client, f"me/{path}", {**body, "extensions": [note()]})
    (shown,) = made["extensions"]
    assert (shown["extensionName"], shown["theme"]) == (NAME, "dark")
    assert shown["id"] == f"Microsoft.OutlookServices.OpenTypeExtension.{NAME}"
    assert "extensions" not in make(client, f"me/{path}", body)
    assert "extensions" not in client.get(f"/v1.0/me/{path}/{made['id']}").json


def test_tasks_have_notes_too(client):
    brought = {"displayName": "L", "extensions": [note()]}
    (whole,) = listed(client, f"me/todo/lists/{make(client, 'me/todo/lists', brought)['id']}/extensions")  # fmt: skip
    assert whole["theme"] == "dark"
    tasks = make(client, "me/todo/lists", {"displayName": "M"})["id"]
    task = make(client, f"me/todo/lists/{tasks}/tasks", {"title": "t"})["id"]
    for path in (f"me/todo/lists/{tasks}", f"me/todo/lists/{tasks}/tasks/{task}"):
        assert make(client, f"{path}/extensions", note())["theme"] == "dark"
        assert client.get(f"/v1.0/{path}/extensions/{NAME}").json["theme"] == "dark"
