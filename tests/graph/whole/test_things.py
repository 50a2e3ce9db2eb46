"""Things of the published model: made, read, listed, changed and deleted."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import counting, listed, make, seed, user

GROUP = "02bd9fd6-8f93-4758-87c3-1fb73740a315"

EVENTUAL = {"ConsistencyLevel": "eventual"}


def test_a_made_thing_can_be_read_by_its_key(client):
    made = make(client, "users", user())

    for key in (made["id"], made["id"].upper(), "ada@contoso.com", "ADA@contoso.com"):
        found = client.get(f"/v1.0/users/{key}").json
        assert found == made
    assert made["@odata.context"] == "http://localhost/v1.0/$metadata#users/$entity"


def test_location_leads_to_what_was_made(client):
    response = client.post(
        "/v1.0/identityGovernance/termsOfUse/agreements",
        json={"displayName": "Terms", "isViewingBeforeAcceptanceRequired": False},
    )

    assert client.get(response.headers["Location"]).json == response.json


def test_a_list_has_what_was_made(client):
    make(client, "users", user())
    make(client, "users", user(displayName="Bob", userPrincipalName="bob@contoso.com"))

    assert [each["displayName"] for each in listed(client, "users")] == ["Ada Lovelace", "Bob"]
    assert client.get("/v1.0/users/$count", headers=EVENTUAL).text == "2"


def test_queries_go_over_published_types(client):
    for name in ("Ada", "Bob", "Cy"):
        make(client, "users", user(displayName=name, userPrincipalName=f"{name}@contoso.com"))

    page = client.get(
        "/v1.0/users?$filter=displayName ne 'bob'&$orderby=displayName desc&$count=true",
        headers=EVENTUAL,
    )
    assert [each["displayName"] for each in page.json["value"]] == ["Cy", "Ada"]
    assert page.json["@odata.count"] == 2

    page = client.get("/v1.0/users?$select=displayName&$top=2").json
    assert page["value"] == [{"displayName": "Ada"}, {"displayName": "Bob"}]
    assert page["@odata.context"].endswith("#users(displayName)")
    assert client.get(page["@odata.nextLink"]).json["value"] == [{"displayName": "Cy"}]


def test_a_token_is_for_the_path_that_it_was_given_for(client):
    seed(client, {f"users/{who}/messages": [{"subject": "a"}, {"subject": "b"}] for who in "ab"})
    link = client.get("/v1.0/users/a/messages?$top=1").json["@odata.nextLink"]

    assert_error(
        client.get(link.replace("/users/a/", "/users/b/")), 400, "BadRequest", "skip token"
    )


def test_what_one_thing_contains_is_its_own(client):
    make(client, "me/messages", {"subject": "a"})
    seed(client, {"users/other/messages": [{"subject": "b"}]})

    assert [each["subject"] for each in listed(client, "users/other/messages")] == ["b"]
    assert [each["subject"] for each in listed(client, "me/messages")] == ["a"]


def test_a_change_leaves_other_properties_alone(client):
    made = make(client, "me/messages", {"subject": "a", "importance": "high"})

    response = client.patch(f"/v1.0/me/messages/{made['id']}", json={"subject": "b"})

    assert response.status_code == 200
    found = client.get(f"/v1.0/me/messages/{made['id']}").json
    assert (found["subject"], found["importance"]) == ("b", "high")


TIME = {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"}


def test_a_change_may_name_its_type_and_no_other(client):
    ada = make(client, "users", user())["id"]
    body = {"@odata.type": "#microsoft.graph.user", "jobTitle": "Poet"}
    assert client.patch(f"/v1.0/users/{ada}", json=body).status_code == 204
    read = client.get(f"/v1.0/users/{ada}?$select=jobTitle").json
    assert (read["jobTitle"], "@odata.type" in read) == ("Poet", False)

    other = {"@odata.type": "#microsoft.graph.group", "jobTitle": "Spy"}
    profile = {"@odata.type": "#microsoft.graph.entity", "password": "xyz-ABC-123"}
    nested = {"passwordProfile": profile}
    for wrong in (other, nested):
        assert client.patch(f"/v1.0/users/{ada}", json=wrong).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "base"),
    [
        ("users", user(), "directoryObject"),
        ("users", user(), "entity"),
        ("groups", {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}, "directoryObject"),
        ("me/messages", {"subject": "a"}, "outlookItem"),
        ("me/messages", {"subject": "a"}, "entity"),
        ("me/events", {"start": TIME, "end": TIME}, "entity"),
    ],
)  # fmt: skip
def test_a_base_of_what_there_can_be_is_no_type_of_a_change(client, path, body, base):
    path = f"/v1.0/{path}/{make(client, path, body)['id']}"
    answer = client.patch(path, json={"@odata.type": f"#microsoft.graph.{base}"})
    assert answer.status_code == 400
    assert "not assignable to the expected type" in answer.text


def test_a_change_may_name_a_base_that_its_path_is_declared_to_lead_to(client):
    kind = "#microsoft.graph.iosGeneralDeviceConfiguration"
    made = make(client, "deviceManagement/deviceConfigurations", {"@odata.type": kind})
    path = f"/v1.0/deviceManagement/deviceConfigurations/{made['id']}"
    named = {"@odata.type": "#microsoft.graph.deviceConfiguration", "displayName": "B"}
    assert client.patch(path, json=named).status_code == 200
    found = client.get(path).json
    assert (found["displayName"], found["@odata.type"]) == ("B", kind)


def test_what_was_deleted_is_not_found(client):
    made = make(client, "users", user())

    assert client.delete(f"/v1.0/users/{made['id']}").status_code == 204

    path = f"/v1.0/users/{made['id']}"
    assert_error(client.get(path), 404, "Request_ResourceNotFound", made["id"])
    assert_error(client.delete(path), 404, "Request_ResourceNotFound")
    assert_error(client.get(f"{path}/messages"), 404, "ErrorInvalidUser", made["id"])


def test_deleting_takes_what_is_contained_along(client):
    seed(client, {"me/events/a/attachments": [{"@odata.type": "#microsoft.graph.fileAttachment"}]})
    assert client.delete("/v1.0/me/events/a").status_code == 204

    seed(client, {"me/events": [{"id": "a"}]})

    assert listed(client, "me/events/a/attachments") == []


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("users", user(nonsense=1), "nonsense"),
        ("users", user(displayName=1), "displayName"),
        ("users", user(displayName=None), "displayName"),
        ("users", user(createdDateTime="2020-01-01T00:00:00Z"), "read-only"),
        ("me/messages", {"importance": "huge"}, "importance"),
        ("me/messages", {"@odata.type": "#microsoft.graph.contact"}, "contact"),
    ],
)
def test_what_is_refused_is_not_stored(client, path, body, words):
    response = client.post(f"/v1.0/{path}", json=body)

    assert response.status_code == 400
    assert words in response.text
    assert listed(client, path) == []


def test_a_unique_value_is_taken_once(client):
    make(client, "users", user())

    response = client.post("/v1.0/users", json=user(userPrincipalName="ADA@contoso.com"))

    error = assert_error(response, 400, "Request_BadRequest", "userPrincipalName")
    assert error["details"][0]["code"] == "ObjectConflict"


def test_methods_that_the_surface_does_not_have_are_405(client):
    response = client.put("/v1.0/users", json={})

    assert_error(response, 405, "BadRequest")
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_what_the_model_alone_has_says_how_it_is_served(client):
    refused = client.get("/v1.0/me/todo")

    error = assert_error(refused, 405, "BadRequest")
    assert "--surface declared" in error["details"][1]["message"]
    assert len(assert_error(client.post("/v1.0/me", json={}), 405, "BadRequest")["details"]) == 1


def test_operations_are_refused_by_name(client):
    make(client, "users", user())

    response = client.post(
        "/v1.0/users/ada@contoso.com/drive/root/workbook/functions/abs", json={"number": 1}
    )

    assert_error(response, 501, "NotImplemented", "microsoft.graph.abs")


def test_singletons_are_there(client):
    found = client.get("/v1.0/deviceManagement").json
    assert found["@odata.context"].endswith("#deviceManagement/$entity")

    changed = client.patch("/v1.0/deviceManagement", json={"settings": {"secureByDefault": True}})
    assert changed.status_code == 200
    assert client.get("/v1.0/deviceManagement").json["settings"] == {"secureByDefault": True}


def test_members_have_their_types_and_are_seen_from_both_ends(client):
    seed(
        client,
        {
            f"groups/{GROUP}/members": [
                {"@odata.type": "#microsoft.graph.user", "id": "u1", "displayName": "Ada"},
                {"@odata.type": "#microsoft.graph.group", "id": "g1", "displayName": "Inner"},
            ],
            "groups/g1/members": [{"@odata.type": "#microsoft.graph.user", "id": "u2"}],
        },
    )
    assert [
        (each["@odata.type"], each["id"]) for each in listed(client, f"groups/{GROUP}/members")
    ] == [
        ("#microsoft.graph.user", "u1"),
        ("#microsoft.graph.group", "g1"),
    ]
    assert [
        each["id"] for each in listed(client, f"groups/{GROUP}/members/microsoft.graph.user")
    ] == ["u1"]
    reached = listed(client, f"groups/{GROUP}/transitiveMembers")
    assert {each["id"] for each in reached} == {"u1", "u2", "g1"}
    assert {each["id"] for each in listed(client, "users/u2/transitiveMemberOf")} == {"g1", GROUP}
    assert client.get("/v1.0/directoryObjects/u1").json["@odata.type"] == "#microsoft.graph.user"


def test_seeds_are_all_or_nothing(client):
    response = client.post(
        "/_fakegraph/seed",
        json={"users": [{"displayName": "Ada"}], "me/messages": [{"importance": "huge"}]},
    )

    assert response.status_code == 400
    assert "importance" in response.text
    assert listed(client, "users") == []


def test_me_is_whom_the_setting_names(make_client):
    client = make_client(me="bob@contoso.com")
    make(client, "users", user())
    make(client, "users", user(displayName="Bob", userPrincipalName="bob@contoso.com"))

    assert client.get("/v1.0/me").json["displayName"] == "Bob"


def test_expand_shows_what_things_lead_to(client):
    seed(
        client,
        {
            "users/u1/manager": {"@odata.type": "#microsoft.graph.user", "id": "u2"},
            "users/u2/manager": {"@odata.type": "#microsoft.graph.user", "id": "u3"},
            "groups/g1/members": [
                {"@odata.type": "#microsoft.graph.user", "id": f"u{n}", "displayName": f"{n}"}
                for n in (1, 2, 3)
            ],
        },
    )
    group = client.get("/v1.0/groups/g1?$select=id&$expand=members($select=id)").json
    assert [each["id"] for each in group["members"]] == ["u1", "u2", "u3"]

    url = "/v1.0/users/u1?$select=id&$expand=manager($levels=max;$select=id)&$count=true"
    user = client.get(url, headers=EVENTUAL).json
    assert user["manager"]["manager"]["id"] == "u3"
    users = listed(client, "users?$expand=manager($select=id)&$select=id")
    assert [each.get("manager", {}).get("id") for each in users if each["id"] != "u3"] == [
        "u2",
        "u3",
    ]


@pytest.mark.parametrize("expand", ["nonsense", "displayName", "members(", "members($levels=x)"])
def test_what_cannot_be_expanded_is_refused(client, expand):
    seed(client, {"groups": [{"id": "g1"}]})

    response = client.get(f"/v1.0/groups/g1?$expand={expand}")

    assert_error(response, 400, "BadRequest", "Parsing OData Select and Expand failed")


def test_what_was_deleted_softly_is_in_the_bin_until_it_is_purged(client):
    made = make(client, "users", user())
    seed(
        client, {"groups/g1/members": [{"@odata.type": "#microsoft.graph.user", "id": made["id"]}]}
    )
    client.delete(f"/v1.0/users/{made['id']}")
    path = f"directory/deletedItems/{made['id']}"

    assert listed(client, "groups/g1/members") == []
    (binned,) = listed(
        client, "directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime"
    )
    assert binned["id"] == made["id"]
    assert binned["deletedDateTime"]
    assert listed(client, "directory/deletedItems/microsoft.graph.group") == []
    assert client.get(f"/v1.0/{path}").json["@odata.type"] == "#microsoft.graph.user"
    make(client, "users", user())  # whose principal name is free again

    assert client.delete(f"/v1.0/{path}").status_code == 204
    assert client.get(f"/v1.0/{path}").status_code == 404
    assert len(listed(client, "users")) == 1


@pytest.mark.parametrize(("kinds", "kept"), [(["Unified"], 1), ([], 0)])
def test_of_groups_only_some_can_be_restored(client, kinds, kept):
    seed(client, {"groups": [{"id": "g1", "groupTypes": kinds}]})

    client.delete("/v1.0/groups/g1")

    assert len(listed(client, "directory/deletedItems/microsoft.graph.group")) == kept


def test_batches_have_items_of_every_path(client):
    items = [
        {
            "id": "1",
            "method": "POST",
            "url": "/users",
            "body": user(),
            "headers": {"Content-Type": "application/json"},
        },
        {
            "id": "2",
            "method": "GET",
            "url": "/users/ada@contoso.com?$select=displayName",
            "dependsOn": ["1"],
        },
    ]
    answers = client.post("/v1.0/$batch", json={"requests": items}).json["responses"]

    assert [each["status"] for each in answers] == [201, 200]
    assert answers[1]["body"]["displayName"] == "Ada Lovelace"


def test_the_journal_has_the_template_and_faults_match_the_path(client):
    seed(client, {"users/u1/messages": [{"id": "m1"}]})
    client.get("/v1.0/users/u1/messages/m1")
    client.post(
        "/_fakegraph/faults", json={"match": {"path": "/v1.0/users/*/messages"}, "status": 503}
    )

    assert client.get("/v1.0/users/u1/messages").status_code == 503
    entries = client.get("/_fakegraph/requests").json["value"]
    assert entries[0]["route"] == "/users/{id}/messages/{id}"


def test_snapshots_have_links_and_what_is_contained(client):
    seed(client, {"users/u1/manager": {"@odata.type": "#microsoft.graph.user", "id": "u2"}})
    client.post("/_fakegraph/snapshots", json={"name": "a"})
    client.delete("/v1.0/users/u1/manager/$ref")
    client.post("/v1.0/users/u1/events", json={"subject": "x"})

    client.post("/_fakegraph/snapshots/a/restore")

    assert client.get("/v1.0/users/u1/manager").json["id"] == "u2"
    assert listed(client, "users/u1/events") == []


def test_conditions_go_along_to_what_things_lead_to(client):
    person = {"@odata.type": "#microsoft.graph.user"}
    seed(
        client,
        {
            "education/users/u1/user": {"id": "u2", "displayName": "Bob"},
            "education/classes/g1/members": [{"id": "u1", "displayName": "Ada"}],
            "groups/g1/members": [{**person, "id": "u1", "displayName": "Ada"}],
            "groups": [{"id": "g2"}],
        },
    )
    for condition, ids in (
        ("education/users?$filter=user/id eq 'u2'", ["u1"]),
        ("education/classes?$filter=members/any(m:m/id eq 'u1')", ["g1"]),
        ("groups?$filter=members/$count eq 0&$count=true", ["g2"]),
    ):
        found = listed(client, condition, headers=EVENTUAL)
        assert [each["id"] for each in found] == ids, condition
    assert client.get("/v1.0/users?$filter=manager eq 'u2'").status_code == 400


def test_deleted_things_can_be_seeded(client):
    seed(
        client, {"directory/deletedItems": [{"@odata.type": "#microsoft.graph.group", "id": "g1"}]}
    )

    assert listed(client, "groups") == []
    assert [
        each["id"] for each in listed(client, "directory/deletedItems/microsoft.graph.group")
    ] == ["g1"]


def test_things_may_have_numbers_for_keys(client):
    path = "identityGovernance/lifecycleWorkflows/workflows/a/versions"
    seed(client, {path: [{"versionNumber": 1, "displayName": "a"}, {"versionNumber": 2}]})

    found = client.get(f"/v1.0/{path}/1").json
    assert (found["versionNumber"], found["displayName"]) == (1, "a")
    assert "id" not in found
    assert [each["versionNumber"] for each in listed(client, path)] == [1, 2]
    assert client.get(f"/v1.0/{path}/3").status_code == 404


def _ignored(client):
    return client.get("/_fakegraph/requests").json["value"][-1].get("ignored", [])


@pytest.mark.parametrize(
    ("method", "header", "heeded"),
    [
        ("GET", "If-Match", False),
        ("GET", "If-None-Match", True),
        ("PATCH", "If-Match", True),
        ("PATCH", "If-None-Match", False),
    ],
)
def test_a_precondition_without_effect_is_told_of(client, method, header, heeded):
    body = {} if method == "GET" else {"json": {"subject": "Other"}}
    made = make(client, "me/messages", {"subject": "Plans"})

    client.open(f"/v1.0/me/messages/{made['id']}", method=method, headers={header: "*"}, **body)

    assert any(header in each for each in _ignored(client)) is not heeded


def test_the_directory_has_no_preconditions(client):
    made = make(client, "users", user())

    changed = client.patch(
        f"/v1.0/users/{made['id']}", json={"jobTitle": "A"}, headers={"If-Match": 'W/"1"'}
    )

    assert changed.status_code == 204
    assert any("If-Match" in each for each in _ignored(client))


def test_an_empty_select_selects_all(client):
    make(client, "me/messages", {"subject": "Plans"})

    (found,) = listed(client, "me/messages?$select=")

    assert found["subject"] == "Plans"
    assert any("$select" in each for each in _ignored(client))


def test_an_empty_select_goes_with_what_has_no_properties(client):
    make(client, "me/messages", {"subject": "Plans"})

    for path in ("me/messages/$count", "me/displayName", "me/displayName/$value"):
        without, empty = client.get(f"/v1.0/{path}"), client.get(f"/v1.0/{path}?$select=")
        assert (empty.status_code, empty.data) == (without.status_code, without.data), path
    names = "deviceManagement/virtualEndpoint/auditEvents/getAuditActivityTypes"
    assert listed(client, f"{names}?$select=") == listed(client, names)


@pytest.mark.parametrize(("more", "told"), [("", True), ("&$expand=attachments", False)])
def test_what_only_expanding_shows_is_ignored_where_it_is_selected(client, more, told):
    made = make(client, "me/messages", {"subject": "Plans"})

    for path in ("me/messages", f"me/messages/{made['id']}"):
        answer = client.get(f"/v1.0/{path}?$select=subject,attachments{more}")
        assert answer.status_code == 200
        assert any("'attachments' in $select" in each for each in _ignored(client)) is told


@pytest.mark.parametrize(("path", "lead"), [
    ("me/drive/root", "Children"), ("sites/root", "drives"), ("planner/plans", "buckets")])  # fmt: skip
def test_any_navigation_property_can_be_selected(client, path, lead):
    seed(client, {"users": [{"userPrincipalName": "ada@contoso.com"}]})
    answer = client.get(f"/v1.0/{path}?$select=id,{lead}")
    assert answer.status_code == 200, answer.text
    assert not {"name", lead, lead.lower()} & answer.json.keys()
    assert any(f"'{lead}' in $select" in each for each in _ignored(client))
    assert client.get(f"/v1.0/{path}?$select=id,{lead}x").status_code == 400


def test_nothing_can_be_asked_for_where_pages_have_a_limit(client):
    make(client, "me/messages", {"subject": "Plans"})

    page = client.get("/v1.0/me/messages?$top=0&$count=true").json

    assert (page["value"], page["@odata.count"]) == ([], 1)
    assert "@odata.nextLink" not in page
    assert client.get("/v1.0/users?$top=0").status_code == 400


def test_linking_many_that_are_there_costs_by_their_number(client):
    ids = [f"00000000-0000-4000-8000-{n:012d}" for n in range(420)]
    seed(client, {"users": [{"id": each} for each in ids]})

    def link(name, some):
        members = [{"id": each} for each in some]
        return counting(lambda: seed(client, {"groups": [{"id": name, "members": members}]}))[1]

    link(GROUP, ids[:10])  # by now it is known what is where
    few = link(GROUP.replace("02bd", "02be"), ids[:100])
    many = link(GROUP.replace("02bd", "02bf"), ids[:400])
    assert many < 5 * few

    path = f"groups/{GROUP.replace('02bd', '02bf')}/members"
    again = {"id": ids[3].upper(), "displayName": "Ada"}
    seed(client, {path: [again, {"id": ids[410]}]})
    assert client.get(f"/v1.0/{path}/$count", headers=EVENTUAL).text == "401"
    assert client.get(f"/v1.0/users/{ids[3]}").json["displayName"] == "Ada"
