"""Things of the published model by path over the control API: seeded, stored, changed, cleared."""

from __future__ import annotations

import json

import pytest

from fakegraph.app import close_app
from tests.conftest import assert_error, event
from tests.control.conftest import Asked

EVENTS = "userCredentialUsageDetails"
ADA, BOB = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
GROUP = "33333333-3333-4333-8333-333333333333"


def ada(**changes):
    return {"id": ADA, "displayName": "Ada", "userPrincipalName": "ada@contoso.com", **changes}


def bob(**changes):
    return {"id": BOB, "displayName": "Bob", "userPrincipalName": "bob@contoso.com", **changes}


def seed(asked, records, **options):
    return asked.control("POST", "/seed", records, **options)


def stored(asked, path):
    return asked.control("GET", f"/records/{path}")["value"]


def read(asked, path):
    answer = asked.client.get(f"/v1.0/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json


def refused(asked, body, status=400, code="BadRequest"):
    answer = asked.client.post("/_fakegraph/seed", json=body)
    return assert_error(answer, status, code)


def targets(error):
    return [each["target"] for each in error["details"]]


# Seeds ----------------------------------------------------------------------------------------


def test_records_go_where_paths_lead_and_are_counted_by_path(asked):
    counts = seed(
        asked,
        {
            "users/ada@contoso.com/messages": [{"subject": "a"}, {"subject": "b"}],
            "users": [ada()],
            "/users/ada@contoso.com/manager": bob(),
            f"groups/{GROUP}/members": [{"id": ADA}, bob()],
            EVENTS: [event()],
        },
    )
    assert counts == {
        "users/ada@contoso.com/messages": 2,
        "users": 1,
        "/users/ada@contoso.com/manager": 1,
        f"groups/{GROUP}/members": 2,
        EVENTS: 1,
    }
    assert [each["subject"] for each in read(asked, f"users/{ADA}/messages")["value"]] == ["b", "a"]
    assert read(asked, f"users/{ADA}/manager")["id"] == BOB
    assert [each["id"] for each in read(asked, f"groups/{GROUP}/members")["value"]] == [ADA, BOB]
    assert len(stored(asked, "users")) == 2
    assert asked.count() == 1


def test_a_parent_that_is_not_there_is_made_with_the_name_that_the_path_has(asked):
    seed(asked, {"users/ada@contoso.com/messages": [{"subject": "a"}]})
    (user,) = stored(asked, "users")
    assert user["userPrincipalName"] == "ada@contoso.com"
    assert "@" not in user["id"]
    seed(asked, {"users/ada@contoso.com/messages": [{"subject": "b"}]})
    assert len(stored(asked, "users")) == 1


def test_what_a_record_has_inline_is_put_in_its_place_at_any_depth(asked):
    seed(
        asked,
        {
            "groups": [
                {
                    "id": GROUP,
                    "displayName": "Staff",
                    "members": [{"id": BOB}, {"userPrincipalName": "ada@contoso.com"}],
                }
            ],
            "users": [
                ada(
                    manager={"id": BOB},
                    mailFolders=[
                        {
                            "displayName": "Top",
                            "childFolders": [{"displayName": "Below"}],
                        }
                    ],
                ),
                bob(),
            ],
        },
    )
    assert len(stored(asked, "users")) == 2
    assert [each["id"] for each in stored(asked, f"groups/{GROUP}/members")] == [BOB, ADA]
    assert stored(asked, f"users/{ADA}/manager")[0]["id"] == BOB
    assert stored(asked, f"users/{BOB}/directReports")[0]["id"] == ADA
    (folder,) = [
        each for each in stored(asked, f"users/{ADA}/mailFolders") if each["displayName"] == "Top"
    ]
    below = stored(asked, f"users/{ADA}/mailFolders/{folder['id']}/childFolders")
    assert [each["displayName"] for each in below] == ["Below"]


def test_a_link_to_what_is_there_changes_nothing_of_it(asked):
    seed(asked, {"users": [ada()]})
    before = stored(asked, "users")
    seed(asked, {f"groups/{GROUP}/members": [{"id": ADA.upper()}]})
    seed(asked, {f"groups/{GROUP}/members": [{"id": ADA}]})
    assert stored(asked, "users") == before
    assert len(stored(asked, f"groups/{GROUP}/members")) == 1


def test_a_single_thing_that_is_linked_is_exchanged_by_another(asked):
    seed(asked, {"users": [ada(), bob()], f"users/{ADA}/manager": {"id": BOB}})
    seed(asked, {f"users/{ADA}/manager": {"displayName": "Cy", "id": GROUP}})
    assert read(asked, f"users/{ADA}/manager")["displayName"] == "Cy"
    assert read(asked, f"users/{BOB}")["displayName"] == "Bob"
    assert read(asked, f"users/{BOB}/directReports")["value"] == []


def test_what_is_not_there_to_be_linked_is_made(asked):
    unknown = {"id": ADA}
    made = {"id": BOB, "groupTypes": ["Unified"]}
    seed(asked, {"groups": [{"id": GROUP, "members": [unknown, made]}]})
    assert [each["id"] for each in read(asked, "users")["value"]] == [ADA]
    assert [each["id"] for each in read(asked, "groups")["value"]] == [GROUP, BOB]
    members = read(asked, f"groups/{GROUP}/members")["value"]
    assert [each["@odata.type"] for each in members] == [
        "#microsoft.graph.user",
        "#microsoft.graph.group",
    ]


def test_two_things_with_one_alternate_key_stay_two(asked):
    app = "44444444-4444-4444-8444-444444444444"
    seed(
        asked,
        {
            f"users/{ADA}/ownedObjects": [
                {"@odata.type": "#microsoft.graph.application", "appId": app},
                {"@odata.type": "#microsoft.graph.servicePrincipal", "appId": app},
            ]
        },
    )
    for kind in ("applications", "servicePrincipals"):
        assert [each["appId"] for each in stored(asked, kind)].count(app) == 1, kind


def test_what_only_the_wire_forbids_is_allowed(asked):
    made = "2020-01-01T00:00:00Z"
    seed(asked, {"users": [{"id": "x", "createdDateTime": made}]})
    assert read(asked, "users/x?$select=createdDateTime")["createdDateTime"] == made


def test_fixtures_may_stand_beside_records(asked, tmp_path):
    (tmp_path / "groups.json").write_text(json.dumps([{"id": GROUP, "members": [{"id": ADA}]}]))
    body = {"fixture": [str(tmp_path), "contoso"], "users": [ada()], EVENTS: [event()]}
    counts = seed(asked, body)
    assert counts["groups"] >= 1
    assert counts[EVENTS] == 401
    assert stored(asked, f"groups/{GROUP}/members")[0]["displayName"] == "Ada"


def test_all_problems_are_told_with_their_paths_and_nothing_is_added(asked):
    error = refused(
        asked,
        {
            "users": [ada(), {"accountEnabled": "yes", "colour": "red"}],
            f"users/{ADA}/messages": [{"importance": "huge"}],
            f"groups/{GROUP}/members": {"id": ADA},
            "groups": [{"members": [{"@odata.type": "#microsoft.graph.user", "surname": 1}]}],
            "userz": [],
            EVENTS: [event(feature="x")],
        },
    )
    assert targets(error) == [
        "users[2]/accountEnabled",
        "users[2]/colour",
        f"users/{ADA}/messages[1]/importance",
        f"groups/{GROUP}/members",
        "groups[1]/members[0]/surname",
        "userz",
        f"{EVENTS}[1]/feature",
    ]
    assert stored(asked, "users") == []
    assert asked.count() == 0


def test_what_is_taken_is_told_with_its_place_and_nothing_is_added(asked):
    seed(asked, {"users": [ada()]})
    error = refused(
        asked, {"groups": [{"displayName": "g"}], "users": [bob(), ada(), ada()]}, 409, "Conflict"
    )
    assert targets(error) == ["users[2]/id", "users[3]/id"]
    assert stored(asked, "groups") == []
    assert len(stored(asked, "users")) == 1
    error = refused(asked, {"users": [bob(), {"userPrincipalName": "BOB@contoso.com"}]}, 400, "Request_BadRequest")  # fmt: skip
    assert error["target"].startswith("users[2]")


@pytest.mark.parametrize("path", ["users/x/displayName", "users/$count", "users/delta()", ""])
def test_records_are_put_where_entities_are(asked, path):
    refused(asked, {path: []})


# Records --------------------------------------------------------------------------------------


def test_a_thing_is_made_changed_and_taken_away(asked):
    made = asked.control("POST", "/records/users", ada(), status=201)
    assert stored(asked, "users") == stored(asked, f"users/{ADA}") == [made]
    assert stored(asked, "users?id=" + ADA) == [made]
    changed = asked.control("PATCH", "/records/users/ada@contoso.com", {"jobTitle": "Countess"})
    assert changed["jobTitle"] == "Countess"
    assert read(asked, f"users/{ADA}")["jobTitle"] == "Countess"
    asked.control("DELETE", f"/records/users/{ADA}", status=204)
    assert stored(asked, "users") == stored(asked, f"users/{ADA}") == []


def test_records_below_a_thing(asked):
    made = asked.control("POST", f"/records/users/{ADA}/messages", {"subject": "a"}, status=201)
    assert stored(asked, f"users/{ADA}/messages") == [made]
    asked.control("DELETE", f"/records/users/{ADA}", status=204)
    answer = asked.client.get(f"/_fakegraph/records/users/{ADA}/messages")
    assert answer.status_code == 404


def test_what_is_required_and_left_out_is_filled_in(asked):
    first = asked.control("POST", "/records/users", {"displayName": "Ada Lovelace"}, status=201)
    again = asked.control("POST", "/records/users", {"displayName": "Ada Lovelace"}, status=201)
    assert first["userPrincipalName"] == "ada.lovelace@contoso.com"
    assert first["mailNickname"] == "ada.lovelace"
    assert first["accountEnabled"] is True
    assert again["userPrincipalName"] == "ada.lovelace2@contoso.com"
    group = asked.control("POST", "/records/groups", {}, status=201)
    assert group["securityEnabled"] is True
    assert group["mailEnabled"] is False
    assert group["displayName"]


def test_the_same_is_filled_in_each_time(make_client):
    def made():
        client = make_client()
        found = [client.post("/_fakegraph/records/users", json={}).json for _ in range(9)]
        return [each["userPrincipalName"] for each in found]

    assert made() == made()
    assert len(set(made())) == 9


def test_what_is_linked_is_made_unlinked_and_stays(asked):
    seed(asked, {"users": [ada()], "groups": [{"id": GROUP}]})
    members = f"groups/{GROUP}/members"
    assert asked.control("POST", f"/records/{members}", {"id": ADA}, status=201)["id"] == ADA
    made = asked.control(
        "POST", f"/records/{members}", {"@odata.type": "#microsoft.graph.user"}, status=201
    )
    assert made["userPrincipalName"]
    asked.control("DELETE", f"/records/{members}/{ADA}", status=204)
    assert [each["id"] for each in stored(asked, members)] == [made["id"]]
    asked.control("DELETE", f"/records?path={members}", status=204)
    assert stored(asked, members) == []
    assert len(stored(asked, "users")) == 2


def test_what_is_there_from_the_start_is_shown_when_it_was_made(asked):
    seed(asked, {"users": [ada()]})
    assert stored(asked, f"users/{ADA}/mailFolders") == []
    seed(asked, {f"users/{ADA}/mailFolders": [{"id": "inbox", "displayName": "In"}]})
    names = [each["displayName"] for each in stored(asked, f"users/{ADA}/mailFolders")]
    assert "In" in names
    assert read(asked, f"users/{ADA}/mailFolders/inbox")["displayName"] == "In"
    assert "provided" not in asked.control("GET", "/records")


def test_a_collection_is_cleared_and_so_is_everything(asked):
    seed(asked, {f"users/{ADA}/messages": [{"subject": "a"}], f"users/{BOB}/messages": [{}]})
    assert asked.control("GET", "/records")["user/messages"] == 2
    asked.control("DELETE", f"/records?path=users/{ADA}/messages", status=204)
    counts = asked.control("GET", "/records")
    assert (counts["users"], counts["user/messages"]) == (2, 1)
    asked.control("DELETE", "/records", status=204)
    assert set(asked.control("GET", "/records").values()) == {0}


def test_what_cannot_be_done_is_said(asked):
    seed(asked, {"users": [ada()]})

    def asking(method, path, body=None):
        return asked.client.open(f"/_fakegraph/records/{path}", method=method, json=body)

    assert_error(asking("POST", f"users/{ADA}", {}), 400, "BadRequest", "POST to 'users'")
    assert_error(asking("PATCH", "users", {}), 404, "ResourceNotFound", "'users/ID'")
    assert_error(asking("DELETE", "users"), 404, "ResourceNotFound", "'users/ID'")
    assert_error(asking("DELETE", "users/nobody"), 404, "Request_ResourceNotFound", "nobody")
    error = assert_error(asking("PATCH", f"users/{ADA}", {"id": "x"}), 400, "BadRequest", "keeps")
    assert error["target"] == "id"
    error = assert_error(asking("PATCH", f"users/{ADA}", {"colour": 1, "surname": 2}), 400, "BadRequest")  # fmt: skip
    assert targets(error) == ["colour", "surname"]
    error = assert_error(asking("POST", "users", {"surname": 2, "mail": 3}), 400, "BadRequest")
    assert targets(error) == ["surname", "mail"]
    answer = asked.client.delete(f"/_fakegraph/records?path=users/{ADA}")
    assert_error(answer, 404, "ResourceNotFound", "only a collection")


def test_snapshots_and_reset_have_all_containers(asked):
    seed(asked, {"users": [ada()]})
    asked.control("POST", "/snapshots", {"name": "s"})
    seed(
        asked, {f"users/{ADA}/messages": [{"subject": "a"}], "groups": [{"members": [{"id": ADA}]}]}
    )
    asked.control("POST", "/snapshots/s/restore")
    assert stored(asked, f"users/{ADA}/messages") == stored(asked, "groups") == []
    assert read(asked, f"users/{ADA}/memberOf")["value"] == []
    asked.control("POST", "/reset")
    assert stored(asked, "users") == []


# Changes --------------------------------------------------------------------------------------


def changes(asked, since=None):
    found = asked.control("GET", "/changes" + ("" if since is None else f"?since={since}"))
    return found["value"], found["sequence"]


def told(found):
    return [(each["kind"], each["path"]) for each in found]


def test_changes_are_told_by_path(asked):
    message = f"users/{ADA}/messages/m%2F1"
    seed(asked, {"users": [ada()], f"users/{ADA}/messages": [{"id": "m/1", "subject": "a"}]})
    seed(asked, {"groups": [{"id": GROUP, "members": [{"id": ADA}]}], EVENTS: [event(id="e")]})
    read(asked, "users")  # the first request begins what every tenant has
    first, sequence = changes(asked)
    assert ("created", f"users/{ADA}") in told(first)
    assert ("created", message) in told(first)
    assert told(first)[-3:] == [
        ("created", f"reports/{EVENTS}/e"),
        ("created", f"groups/{GROUP}"),
        ("linked", f"groups/{GROUP}/members/{ADA}"),
    ]

    asked.control("PATCH", f"/records/{message.replace('%2F', '%252F')}", {"subject": "b"})
    assert asked.client.delete(f"/v1.0/users/{ADA}").status_code == 204
    second, last = changes(asked, sequence)
    assert last == sequence + 2
    changed = second[0]
    assert (changed["kind"], changed["path"], changed["old"]["subject"]) == (
        "changed",
        message,
        "a",
    )
    assert ("deleted", f"users/{ADA}") in told(second)
    assert ("deleted", message) in told(second)
    assert ("unlinked", f"groups/{GROUP}/members/{ADA}") in told(second)
    assert changes(asked, last) == ([], last)


def test_changes_that_are_forgotten_are_gone(asked):
    seed(asked, {"users": [ada()]})
    asked.control("POST", "/reset")
    answer = asked.client.get("/_fakegraph/changes?since=0")
    assert_error(answer, 410, "Gone", "reset")
    assert changes(asked)[0] == []
    for since in ("x", "-1", "1.5", ""):
        answer = asked.client.get(f"/_fakegraph/changes?since={since}")
        assert_error(answer, 400, "BadRequest", "whole number")
    answer = asked.client.get("/_fakegraph/changes?until=1")
    assert_error(answer, 400, "BadRequest", "since and no other")


def compared(asked, name=None):
    found = asked.control("GET", "/compare" + ("" if name is None else f"?with={name}"))["value"]
    return {(each["kind"], each["path"]): each for each in found}


def test_records_are_compared_with_a_snapshot_and_with_the_start(asked):
    asked.control("POST", "/seed", {"users": [ada(), bob(jobTitle="Cook", manager={"id": ADA})]})
    asked.control("POST", "/snapshots", {"name": "before"})
    assert compared(asked, "before") == {}
    asked.control("PATCH", f"/records/users/{BOB}", {"jobTitle": "Chef"})
    asked.control("PATCH", f"/records/users/{BOB}", {"jobTitle": "Baker"})
    asked.control("DELETE", f"/records/users/{ADA}")
    made = asked.control("POST", "/records/groups", {"displayName": "Ours"})["id"]
    passing = asked.control("POST", "/records/groups", {"displayName": "Gone"})["id"]
    asked.control("DELETE", f"/records/groups/{passing}")
    asked.control("POST", f"/records/users/{BOB}/messages", {"subject": "Hi"})

    found = compared(asked, "before")
    change = found.pop(("changed", f"users/{BOB}"))
    assert (change["old"]["jobTitle"], change["new"]["jobTitle"]) == ("Cook", "Baker")
    assert ("deleted", f"users/{ADA}") in found
    assert ("unlinked", f"users/{BOB}/manager/{ADA}") in found
    assert ("created", f"groups/{made}") in found
    assert any(path.startswith(f"users/{BOB}/messages/") for _, path in found)
    assert not any(passing in path for _, path in found)

    start = compared(asked)
    assert ("created", f"users/{BOB}") in start
    assert not any(ADA in path for _, path in start)
    asked.control("POST", "/snapshots/before/restore")
    assert compared(asked, "before") == {}
    asked.control("POST", "/reset")
    assert compared(asked) == {}
    asked.control("GET", "/compare?with=nothing", status=404)


def test_a_snapshot_of_what_has_no_place_any_more_is_compared(asked):
    asked.control("POST", "/seed", {"users": [ada()], f"users/{ADA}/calendars": [{"name": "Side"}]})
    asked.control("POST", "/snapshots", {"name": "before"})
    asked.control("POST", "/reset")
    found = compared(asked, "before")
    assert ("deleted", f"users/{ADA}") in found
    assert {kind for kind, _ in found} <= {"deleted", "unlinked"}
    made = asked.control("POST", "/records/groups", {"displayName": "Ours"})["id"]

    later = compared(asked, "before")
    assert later.keys() >= {*found, ("created", f"groups/{made}")}


def test_a_tenant_on_disk_is_compared_too(make_client, tmp_path):
    folder = tmp_path / "data"
    first = Asked(make_client(data_dir=folder, fixture=("contoso",)))
    groups = {e["displayName"]: e["id"] for e in first.control("GET", "/records/groups")["value"]}
    group = groups["VPN Users"]
    first.control("PATCH", f"/records/groups/{group}", {"displayName": "Other"})
    changed = compared(first)
    assert [*changed] == [("changed", f"groups/{group}")]
    close_app(first.client.application)
    assert compared(Asked(make_client(data_dir=folder, fixture=("contoso",)))) == changed


def test_what_the_server_notes_in_a_record_is_shown_to_nobody(asked):
    seed(asked, {"users": [ada()]})
    for path, body in (("users", bob()), (f"users/{ADA}/calendars", {"name": "Side"})):
        made = asked.control("POST", f"/records/{path}", body, status=201)
        assert [name for name in made if name.startswith("@")] == []
        assert made in stored(asked, path)
        changed = asked.control("PATCH", f"/records/{path}/{made['id']}", {})
        assert changed.keys() == made.keys()
