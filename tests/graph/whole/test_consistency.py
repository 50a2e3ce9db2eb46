"""``--consistency-delay``: what is made or changed in the directory gets about late."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user

EVENTUAL = {"ConsistencyLevel": "eventual"}
GROUP = {
    "displayName": "Crew",
    "mailEnabled": False,
    "mailNickname": "crew",
    "securityEnabled": True,
}


@pytest.fixture
def late(make_client):
    """What is made is not there for the first two that come across it."""
    return make_client(consistency_delay="reads:2")


@pytest.fixture
def slow(make_client):
    """What is made is not there for half a second of a clock that stands still."""
    client = make_client(consistency_delay="500")
    tell_time(client, {"now": "2026-03-01T08:00:00Z", "frozen": True})
    return client


def tell_time(client, body):
    assert client.put("/_fakegraph/clock", json=body).status_code == 200


def advance(client, seconds):
    tell_time(client, {"advance": f"PT{seconds}S"})


def names(client, path="users", **options):
    return [each.get("displayName") for each in listed(client, path, **options)]


def test_what_was_made_is_not_there_for_so_many_reads(late):
    path = f"/v1.0/users/{make(late, 'users', user())['id']}"

    for _ in range(2):
        assert_error(late.get(path), 404, "Request_ResourceNotFound", "does not exist or one of")
    assert late.get(path).status_code == 200


def test_what_was_made_is_not_there_for_so_long(slow):
    path = f"/v1.0/users/{make(slow, 'users', user())['id']}"

    assert slow.get(path).status_code == 404
    advance(slow, 0.499)
    assert slow.get(path).status_code == 404
    advance(slow, 0.001)
    assert slow.get(path).status_code == 200


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"displayName": "Countess"}),
        ("DELETE", "", None),
        ("GET", "/memberOf", None),
        ("GET", "/displayName", None),
        ("POST", "/getMemberGroups", {"securityEnabledOnly": False}),
        ("POST", "/revokeSignInSessions", {}),
        ("GET", "/manager", None),
    ],
)
def test_nothing_can_be_done_with_it_meanwhile(slow, method, end, body):
    ada = make(slow, "users", user())

    answer = slow.open(f"/v1.0/users/{ada['userPrincipalName']}{end}", method=method, json=body)

    error = assert_error(answer, 404, "Request_ResourceNotFound")
    assert ada["userPrincipalName"] in error["message"]
    advance(slow, 1)
    assert slow.get(f"/v1.0/users/{ada['id']}").json["displayName"] == "Ada Lovelace"


def test_it_is_in_no_list_and_no_count_meanwhile(slow):
    ada = make(slow, "users", user())
    everywhere = ("users", "directoryObjects/microsoft.graph.user")

    assert [names(slow, path) for path in everywhere[:1]] == [[]]
    assert slow.get("/v1.0/users/$count", headers=EVENTUAL).text == "0"
    search = 'users?$search="displayName:Ada"&$count=true'
    assert names(slow, search, headers=EVENTUAL) == []
    assert names(slow, "users?$filter=userPrincipalName eq 'ada@contoso.com'") == []
    ids = {"ids": [ada["id"]]}
    assert slow.post("/v1.0/directoryObjects/getByIds", json=ids).json["value"] == []
    advance(slow, 1)
    assert names(slow) == ["Ada Lovelace"]
    assert slow.get("/v1.0/users/$count", headers=EVENTUAL).text == "1"
    assert names(slow, search, headers=EVENTUAL) == ["Ada Lovelace"]


def test_a_list_that_would_have_it_is_a_read(late):
    make(late, "users", user())

    assert [len(listed(late, "users")) for _ in range(3)] == [0, 0, 1]


def test_one_request_is_one_read_however_often_it_comes_across(late):
    """A write looks before it writes, and again when it does."""
    path = f"/v1.0/users/{make(late, 'users', user())['id']}"

    answers = [late.patch(path, json={"jobTitle": "x"}).status_code for _ in range(3)]

    assert answers == [404, 404, 204]


@pytest.mark.parametrize("how", ["ref", "bind", "manager"])
def test_it_is_no_valid_reference_meanwhile(slow, how):
    group = make(slow, "groups", GROUP)
    old = make(slow, "users", user(userPrincipalName="old@contoso.com", mailNickname="old"))
    advance(slow, 1)
    ada = make(slow, "users", user())
    url = f"https://graph.microsoft.com/v1.0/users/{ada['id']}"
    paths = {
        "ref": ("POST", f"groups/{group['id']}/members/$ref", {"@odata.id": url}),
        "bind": ("PATCH", f"groups/{group['id']}", {"members@odata.bind": [url]}),
        "manager": ("PUT", f"users/{old['id']}/manager/$ref", {"@odata.id": url}),
    }
    method, path, body = paths[how]

    refused = slow.open(f"/v1.0/{path}", method=method, json=body)

    assert_error(refused, 400, "Request_BadRequest", "Not a valid reference update.")
    assert listed(slow, f"groups/{group['id']}/members") == []
    advance(slow, 1)
    assert slow.open(f"/v1.0/{path}", method=method, json=body).status_code == 204


def test_a_change_is_read_late(slow):
    path = f"/v1.0/users/{make(slow, 'users', user())['id']}"
    advance(slow, 1)

    assert slow.patch(path, json={"displayName": "Countess", "jobTitle": "x"}).status_code == 204

    assert slow.get(path).json["displayName"] == "Ada Lovelace"
    assert names(slow) == ["Ada Lovelace"]
    assert names(slow, "users?$filter=displayName eq 'Countess'") == []
    assert slow.get(f"{path}/displayName").json["value"] == "Ada Lovelace"
    advance(slow, 1)
    assert slow.get(path).json["displayName"] == "Countess"
    assert names(slow, "users?$filter=displayName eq 'Countess'") == ["Countess"]


def test_a_change_of_what_changed_is_read_late_too(slow):
    path = f"/v1.0/users/{make(slow, 'users', user())['id']}"
    advance(slow, 1)
    slow.patch(path, json={"displayName": "Countess"})
    advance(slow, 0.4)
    slow.patch(path, json={"jobTitle": "analyst"})
    advance(slow, 0.4)

    assert slow.get(path).json["displayName"] == "Ada Lovelace"
    advance(slow, 0.4)
    found = slow.get(path).json
    assert (found["displayName"], found["jobTitle"]) == ("Countess", "analyst")


def test_a_change_is_old_for_so_many_reads(late):
    path = f"/v1.0/users/{make(late, 'users', user())['id']}"
    late.get(path), late.get(path)
    late.patch(path, json={"displayName": "Countess"})

    found = [late.get(path).json["displayName"] for _ in range(3)]

    assert found == ["Ada Lovelace", "Ada Lovelace", "Countess"]


def test_members_and_expanded_things_are_late_too(slow):
    old = make(slow, "users", user(userPrincipalName="old@contoso.com", mailNickname="old"))
    advance(slow, 1)
    url = f"https://graph.microsoft.com/v1.0/users/{old['id']}"
    group = make(slow, "groups", {**GROUP, "members@odata.bind": [url]})

    assert listed(slow, f"users/{old['id']}/memberOf") == []
    assert listed(slow, f"users/{old['id']}/transitiveMemberOf") == []
    assert slow.get(f"/v1.0/users/{old['id']}?$expand=memberOf").json["memberOf"] == []
    advance(slow, 1)
    (found,) = listed(slow, f"users/{old['id']}/memberOf")
    assert found["id"] == group["id"]


def test_whoever_is_signed_in_is_late_too(slow):
    make(slow, "users", user())

    assert_error(slow.get("/v1.0/me"), 404, "Request_ResourceNotFound")
    advance(slow, 1)
    assert slow.get("/v1.0/me").json["displayName"] == "Ada Lovelace"


def test_whoever_nobody_made_is_not_late(slow):
    assert slow.post("/v1.0/me/contacts", json={"givenName": "Charles"}).status_code == 201

    assert slow.get("/v1.0/me").status_code == 200


def test_tests_see_the_truth_and_make_it_at_once(slow):
    ada = make(slow, "users", user())
    records = slow.get("/_fakegraph/records/users").json["value"]
    assert [each["id"] for each in records] == [ada["id"]]

    seed(
        slow,
        {
            "users": [
                user(
                    id="0" * 8 + "-0000-0000-0000-000000000001",
                    displayName="Seeded",
                    userPrincipalName="seeded@contoso.com",
                    mailNickname="s",
                )
            ]
        },
    )

    assert names(slow) == ["Seeded"]


def test_what_is_no_directory_object_is_there_at_once(slow):
    ada = make(slow, "users", user())
    advance(slow, 1)

    made = make(slow, f"users/{ada['id']}/contacts", {"givenName": "Charles"})

    assert slow.get(f"/v1.0/users/{ada['id']}/contacts/{made['id']}").status_code == 200


def test_what_was_refused_leaves_nothing_behind(slow):
    make(slow, "groups", GROUP)
    advance(slow, 1)
    missing = "https://graph.microsoft.com/v1.0/users/00000000-0000-0000-0000-000000000009"
    body = {**GROUP, "members@odata.bind": [missing]}
    assert slow.post("/v1.0/groups", json=body).status_code == 404

    seed(slow, {"groups": [{**GROUP, "displayName": "Seeded"}]})

    assert names(slow, "groups") == ["Crew", "Seeded"]


def test_delta_misses_nothing(slow):
    begun = slow.get("/v1.0/users/delta").json["@odata.deltaLink"]
    ada = make(slow, "users", user())

    told = slow.get(begun.partition("localhost")[2]).json

    assert [each["id"] for each in told["value"]] == [ada["id"]]


def test_reset_forgets_what_was_late(slow):
    make(slow, "users", user())
    assert slow.post("/_fakegraph/reset").status_code in (200, 204)
    seed(slow, {"users": [user(displayName="Seeded")]})

    assert names(slow) == ["Seeded"]


def test_restoring_a_snapshot_forgets_what_was_late(slow):
    make(slow, "users", user())
    assert slow.post("/_fakegraph/snapshots", json={"name": "s"}).status_code == 201
    assert names(slow) == []

    assert slow.post("/_fakegraph/snapshots/s/restore").status_code in (200, 204)

    assert names(slow) == ["Ada Lovelace"]


def test_a_batch_is_no_way_around_it(late):
    steps = [
        {
            "id": "1",
            "method": "POST",
            "url": "/users",
            "body": user(),
            "headers": {"Content-Type": "application/json"},
        },
        {"id": "2", "method": "GET", "url": "/users/ada@contoso.com", "dependsOn": ["1"]},
    ]

    found = late.post("/v1.0/$batch", json={"requests": steps}).json["responses"]

    assert {each["id"]: each["status"] for each in found} == {"1": 201, "2": 404}


def test_a_tenant_has_a_delay_of_its_own(client):
    body = {"id": "lagging", "consistencyDelay": "reads:1", "auth": "off"}
    assert client.post("/_fakegraph/tenants", json=body).status_code == 201
    made = client.post("/tenants/lagging/v1.0/users", json=user()).json

    paths = [f"/tenants/lagging/v1.0/users/{made['id']}"] * 2

    assert [client.get(path).status_code for path in paths] == [404, 200]


@pytest.mark.parametrize("wrong", ["x", -1, "reads:", "reads:x", 1.5, True, None, "1000000"])
def test_what_is_no_delay_is_refused(client, wrong):
    answer = client.post("/_fakegraph/tenants", json={"id": "a", "consistencyDelay": wrong})

    assert answer.status_code == 400
    assert "consistencyDelay" in answer.text


def test_a_delay_may_be_written_with_a_point(client):
    made = client.post("/_fakegraph/tenants", json={"fixture": [], "consistencyDelay": 500.0})
    assert made.status_code == 201
    refused = client.post("/_fakegraph/tenants", json={"fixture": [], "consistencyDelay": 0.5})
    assert refused.status_code == 400
