"""Operations that go on after their answer: 202, monitors, and what comes of them."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed, user

PASSWORD = "28c10230-6103-485e-b985-444c60001490"
TEMPLATE = "https://graph.microsoft.com/v1.0/teamsTemplates('standard')"
HALF = {"lastMs": 60_000}
FAIL = {"code": "BadGateway", "message": "Failed to execute backend request."}


@pytest.fixture
def graph(client):
    """A tenant whose clock stands still."""
    tell_time(client, {"now": "2026-03-01T08:00:00Z", "frozen": True})
    return client


def tell_time(client, body):
    assert client.put("/_fakegraph/clock", json=body).status_code == 200


def advance(client, seconds):
    tell_time(client, {"advance": f"PT{seconds}S"})


def say(client, **how):
    answer = client.put("/_fakegraph/operations", json=how)
    assert answer.status_code == 200, answer.text
    return answer.json


def accepted(answer):
    """Where an operation that was accepted is to be followed."""
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"].removeprefix("http://localhost")


def team(client, name="Crew", **changes):
    body = {"template@odata.bind": TEMPLATE, "displayName": name, **changes}
    return client.post("/v1.0/teams", json=body)


def monitored(client, answer):
    """What is told of an operation of a team."""
    return client.get(f"/v1.0{accepted(answer)}").json


# Teams --------------------------------------------------------------------------------------------


def test_a_team_is_there_when_its_operation_is_done(graph):
    say(graph, **HALF)
    answer = team(graph)
    path = f"/v1.0{answer.headers['Content-Location']}"

    told = monitored(graph, answer)
    assert (told["status"], told["error"]) == ("inProgress", None)
    assert_error(graph.get(path), 404, "NotFound")
    assert listed(graph, "groups") == []
    advance(graph, 59)
    assert monitored(graph, answer)["status"] == "inProgress"
    advance(graph, 1)
    told = monitored(graph, answer)
    assert (told["status"], told["operationType"]) == ("succeeded", "createTeam")
    assert graph.get(path).json["displayName"] == "Crew"
    assert [each["displayName"] for each in listed(graph, "groups")] == ["Crew"]


def test_a_team_that_failed_is_not_there(graph):
    say(graph, **HALF, **FAIL)
    answer = team(graph)

    assert monitored(graph, answer)["status"] == "inProgress"
    advance(graph, 60)
    told = monitored(graph, answer)

    assert told["status"] == "failed"
    assert told["error"] == FAIL
    assert_error(graph.get(f"/v1.0{answer.headers['Content-Location']}"), 404, "NotFound")
    assert listed(graph, "groups") == []
    assert graph.get("/_fakegraph/records/groups").json["value"] == []


def test_a_group_that_became_no_team_stays_as_it_was(graph):
    seed(graph, {"users": [user(id="00000000-0000-0000-0000-000000000001")]})
    group = make(graph, "groups", {**GROUP, "owners@odata.bind": [ADA]})
    say(graph, **FAIL)

    bind = {"group@odata.bind": f"https://graph.microsoft.com/v1.0/groups('{group['id']}')"}
    answer = graph.post("/v1.0/teams", json={"template@odata.bind": TEMPLATE, **bind})

    assert monitored(graph, answer)["status"] == "failed"
    assert graph.get(f"/v1.0/groups/{group['id']}").json["resourceProvisioningOptions"] == []


GROUP = {
    "displayName": "Crew",
    "mailNickname": "crew",
    "groupTypes": ["Unified"],
    "mailEnabled": True,
    "securityEnabled": False,
}
ADA = "https://graph.microsoft.com/v1.0/users/00000000-0000-0000-0000-000000000001"


def test_a_team_is_archived_and_back(graph):
    seed(graph, {"users": [user(id=ADA.rpartition("/")[2])]})
    path = f"/v1.0{team(graph).headers['Content-Location']}"
    say(graph, **HALF)

    answer = graph.post(f"{path}/archive", json={"shouldSetSpoSiteReadOnlyForMembers": True})

    assert monitored(graph, answer)["operationType"] == "archiveTeam"
    assert graph.get(path).json["isArchived"] is False
    advance(graph, 60)
    assert monitored(graph, answer)["status"] == "succeeded"
    assert graph.get(path).json["isArchived"] is True
    graph.delete("/_fakegraph/operations")
    assert monitored(graph, graph.post(f"{path}/unarchive"))["status"] == "succeeded"
    assert graph.get(path).json["isArchived"] is False


def test_a_failed_archive_changes_nothing(graph):
    seed(graph, {"users": [user(id=ADA.rpartition("/")[2])]})
    path = f"/v1.0{team(graph).headers['Content-Location']}"
    say(graph, **FAIL, times=1)

    told = monitored(graph, graph.post(f"{path}/archive"))

    assert (told["status"], told["error"]["code"]) == ("failed", "BadGateway")
    assert graph.get(path).json["isArchived"] is False
    assert monitored(graph, graph.post(f"{path}/archive"))["status"] == "succeeded"
    assert graph.get(path).json["isArchived"] is True


@pytest.mark.parametrize(
    ("parts", "channels"), [("channels", ["General", "Bugs"]), ("settings", ["General"])]
)
def test_a_team_is_cloned(graph, parts, channels):
    path = f"/v1.0{team(graph).headers['Content-Location']}"
    graph.patch(path, json={"funSettings": {"allowGiphy": False}})
    assert graph.post(f"{path}/channels", json={"displayName": "Bugs"}).status_code == 201
    body = {"displayName": "Dolly", "partsToClone": parts, "visibility": "public"}

    told = monitored(graph, graph.post(f"{path}/clone", json=body))

    assert told["operationType"] == "cloneTeam"
    found = graph.get(f"/v1.0{told['targetResourceLocation']}").json
    assert (found["displayName"], found["visibility"]) == ("Dolly", "public")
    assert found["funSettings"]["allowGiphy"] is (parts != "settings")
    got = [each["displayName"] for each in listed(graph, f"teams/{found['id']}/channels")]
    assert sorted(got) == sorted(channels)
    group = graph.get(f"/v1.0/groups/{found['id']}").json
    assert (group["displayName"], group["resourceProvisioningOptions"]) == ("Dolly", ["Team"])


def test_a_clone_is_seen_by_whom_the_team_is_and_owned_by_who_makes_it(graph):
    seed(graph, {"users": [user(id=ADA.rpartition("/")[2])]})
    path = f"/v1.0{team(graph).headers['Content-Location']}"
    assert graph.patch(path, json={"visibility": "public"}).status_code < 300

    told = monitored(
        graph, graph.post(f"{path}/clone", json={"displayName": "Dolly", "partsToClone": "apps"})
    )

    found = told["targetResourceLocation"]
    assert graph.get(f"/v1.0{found}").json["visibility"] == "public"
    (member,) = listed(graph, f"{found.removeprefix('/')}/members")
    assert (member["userId"], member["roles"]) == (ADA.rpartition("/")[2], ["owner"])


def test_who_is_in_a_team_is_in_its_clone(graph):
    seed(graph, {"users": [user(id=ADA.rpartition("/")[2]), user(userPrincipalName="b@x.com")]})
    path = team(graph).headers["Content-Location"]
    other = graph.get("/v1.0/users/b@x.com").json["id"]
    member = {
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "roles": [],
        "user@odata.bind": f"https://graph.microsoft.com/v1.0/users('{other}')",
    }
    assert graph.post(f"/v1.0{path}/members", json=member).status_code == 201
    body = {"displayName": "Dolly", "partsToClone": "members", "visibility": "public"}

    told = monitored(graph, graph.post(f"/v1.0{path}/clone", json=body))

    found = told["targetResourceLocation"].removeprefix("/")
    ways = (path.removeprefix("/"), found)
    ours, theirs = (listed(graph, f"{way}/members") for way in ways)
    assert len(theirs) == 2
    said = ("userId", "displayName", "roles")
    assert [[each[name] for name in said] for each in ours] == [
        [each[name] for name in said] for each in theirs
    ]
    assert not {each["id"] for each in ours} & {each["id"] for each in theirs}
    group = listed(graph, f"groups/{told['targetResourceId']}/members")
    assert {each["id"] for each in group} == {each["userId"] for each in ours}


# Files --------------------------------------------------------------------------------------------


@pytest.fixture
def drive(graph):
    """A file in a folder, and another folder."""
    put(graph, "a/x.txt", b"hello")
    put(graph, "b/y.txt", b"y")
    return graph


def put(client, path, data):
    answer = client.put(f"/v1.0/me/drive/root:/{path}:/content", data=data)
    assert answer.status_code == 201, answer.text


def item(client, path):
    return client.get(f"/v1.0/me/drive/root:/{path}").json


def copy(client, path, body=None, query=""):
    url = f"/v1.0/me/drive/root:/{path}:/copy{query}"
    return client.post(url, json={} if body is None else body)


def names(client, path):
    return [each["name"] for each in listed(client, f"me/drive/root:/{path}:/children")]


def test_a_file_is_copied(drive):
    folder = {"parentReference": {"id": item(drive, "b")["id"]}, "name": "z.txt"}
    say(drive, **HALF)

    where = accepted(copy(drive, "a/x.txt", folder))

    told = drive.get(where)
    assert told.status_code == 202
    assert told.json == {
        "operation": "ItemCopy",
        "percentageComplete": 0.0,
        "status": "inProgress",
    }
    assert names(drive, "b") == ["y.txt"]
    advance(drive, 30)
    assert drive.get(where).json["percentageComplete"] == 50.0
    advance(drive, 30)
    told = drive.get(where)
    assert (told.status_code, told.json["status"]) == (200, "completed")
    assert told.json["resourceId"] == item(drive, "b/z.txt")["id"] != item(drive, "a/x.txt")["id"]
    content = drive.get(f"/v1.0/me/drive/items/{told.json['resourceId']}/content")
    assert drive.get(content.headers["Location"]).data == b"hello"
    assert names(drive, "a") == ["x.txt"]


def test_a_folder_is_copied_with_all_that_is_in_it(drive):
    put(drive, "a/deep/w.txt", b"w")
    ids = {item(drive, path)["id"] for path in ("a", "a/x.txt", "a/deep", "a/deep/w.txt")}
    folder = {"parentReference": {"id": item(drive, "b")["id"]}}

    accepted(copy(drive, "a", folder))

    assert sorted(names(drive, "b/a")) == ["deep", "x.txt"]
    assert names(drive, "b/a/deep") == ["w.txt"]
    assert ids.isdisjoint({item(drive, path)["id"] for path in ("b/a", "b/a/deep/w.txt")})
    assert sorted(names(drive, "a")) == ["deep", "x.txt"]


def test_a_path_says_where_a_copy_goes(drive):
    accepted(copy(drive, "a/x.txt", {"parentReference": {"path": "/drive/root:/b"}}))
    accepted(copy(drive, "a/x.txt", {"parentReference": {"path": "/drive/root:"}}))

    assert sorted(names(drive, "b")) == ["x.txt", "y.txt"]
    assert item(drive, "x.txt")["size"] == len(b"hello")


def test_a_copy_goes_to_another_drive(drive):
    ada = make(drive, "users", user())
    root = drive.get(f"/v1.0/users/{ada['id']}/drive/root").json
    there = {"driveId": root["parentReference"]["driveId"], "id": root["id"]}

    told = drive.get(accepted(copy(drive, "a", {"parentReference": there}))).json

    (found,) = listed(drive, f"users/{ada['id']}/drive/root/children")
    assert (found["id"], found["name"]) == (told["resourceId"], "a")
    assert told["resourceLocation"].endswith(f"/drives/{there['driveId']}/items/{found['id']}")
    assert names(drive, "a") == ["x.txt"]


def test_what_is_in_a_folder_is_copied_alone(drive):
    folder = {"parentReference": {"id": item(drive, "b")["id"]}, "childrenOnly": True}

    accepted(copy(drive, "a", folder))

    assert sorted(names(drive, "b")) == ["x.txt", "y.txt"]


@pytest.mark.parametrize(
    ("query", "status", "there"),
    [
        ("", "failed", ["x.txt"]),
        ("?@microsoft.graph.conflictBehavior=fail", "failed", ["x.txt"]),
        ("?@microsoft.graph.conflictBehavior=rename", "completed", ["x 1.txt", "x.txt"]),
    ],
)
def test_a_name_that_is_taken(drive, query, status, there):
    told = drive.get(accepted(copy(drive, "a/x.txt", query=query)))

    assert (told.status_code, told.json["status"]) == (200, status)
    if status == "failed":
        assert told.json["error"] == {"code": "nameAlreadyExists", "message": "Name already exists"}
    assert sorted(names(drive, "a")) == there


def test_a_copy_replaces_what_has_its_name(drive):
    put(drive, "b/x.txt", b"old")
    folder = {"parentReference": {"id": item(drive, "b")["id"]}}

    where = accepted(copy(drive, "a/x.txt", folder, "?@microsoft.graph.conflictBehavior=replace"))

    assert drive.get(where).json["status"] == "completed"
    assert item(drive, "b/x.txt")["size"] == len(b"hello")
    assert sorted(names(drive, "b")) == ["x.txt", "y.txt"]


def test_a_copy_never_replaces_what_it_is_in(drive):
    put(drive, "a/a/deep.txt", b"d")
    body = {"parentReference": {"path": "/drive/root:"}}
    query = "?@microsoft.graph.conflictBehavior=replace"

    told = drive.get(accepted(copy(drive, "a/a", body, query)))

    assert told.json["status"] == "failed"
    assert names(drive, "a/a") == ["deep.txt"]


def test_a_copy_to_nowhere_is_refused_at_once(drive):
    assert_error(
        copy(drive, "a/x.txt", {"parentReference": {"id": "nowhere"}}), 404, "itemNotFound"
    )
    into = {"parentReference": {"id": item(drive, "b/y.txt")["id"]}}
    assert copy(drive, "a/x.txt", into).status_code == 400
    self_ = {"parentReference": {"id": item(drive, "a")["id"]}}
    assert copy(drive, "a", self_).status_code == 400
    assert names(drive, "a") == ["x.txt"]


def test_a_copy_that_is_told_to_fail(drive):
    say(drive, **FAIL)

    told = drive.get(accepted(copy(drive, "a/x.txt", {"name": "z.txt"})))

    assert (told.json["status"], told.json["error"]) == ("failed", FAIL)
    assert names(drive, "a") == ["x.txt"]


def test_monitors_of_files_take_no_token(make_client):
    client = make_client(auth="bearer")
    headers = {"Authorization": "Bearer x"}
    client.put("/v1.0/me/drive/root:/x.txt:/content", data=b"x", headers=headers)
    answer = client.post(
        "/v1.0/me/drive/root:/x.txt:/copy", json={"name": "y.txt"}, headers=headers
    )
    where = accepted(answer)

    assert client.get(where).json["status"] == "completed"
    refused = client.get(where, headers=headers)
    assert refused.status_code == 401
    assert "Invalid audience" in refused.json["error"]["message"]
    assert client.get(where[:-2]).status_code == 404


# The directory ------------------------------------------------------------------------------------


def test_personal_data_is_exported(graph):
    ada = make(graph, "users", user())
    say(graph, **HALF)
    body = {"storageLocation": "https://contoso.blob.core.windows.net/x?sig=y"}

    answer = graph.post(f"/v1.0/users/{ada['id']}/exportPersonalData", json=body)

    where = accepted(answer)
    assert answer.headers["Retry-After"] == "60"
    assert answer.data == b""
    told = graph.get(where).json
    assert (told["status"], told["userId"]) == ("running", ada["id"])
    assert (told["completedDateTime"], told["progress"]) == (None, 0.0)
    advance(graph, 60)
    told = graph.get(where).json
    assert (told["status"], told["progress"]) == ("complete", 100.0)
    assert told["completedDateTime"] == "2026-03-01T08:01:00Z"
    assert told["storageLocation"] == body["storageLocation"]


def reset(client, who, body):
    path = f"/v1.0/users/{who['id']}/authentication/methods/{PASSWORD}/resetPassword"
    return client.post(path, json=body)


def signed_in(client, password):
    """What comes of signing in: nothing where it is a success, or else the number of the error."""
    form = {
        "grant_type": "password",
        "client_id": "any",
        "username": "ada@contoso.com",
        "password": password,
        "scope": "https://graph.microsoft.com/.default",
    }
    return client.post("/organizations/oauth2/v2.0/token", data=form).json.get("error_codes")


@pytest.mark.parametrize("given", ["Str0ng&Secret!", None])
def test_a_password_is_reset(graph, given):
    ada = make(graph, "users", user())

    answer = reset(graph, ada, {} if given is None else {"newPassword": given})

    told = graph.get(accepted(answer)).json
    assert told["status"] == "succeeded"
    password = given or answer.json["newPassword"]
    assert signed_in(graph, password) == [50055]  # it is right, and has to be changed first
    assert signed_in(graph, user()["passwordProfile"]["password"]) == [50126]


def test_a_failed_reset_leaves_the_password(graph):
    ada = make(graph, "users", user())
    say(graph, **FAIL)

    told = graph.get(accepted(reset(graph, ada, {"newPassword": "Str0ng&Secret!"}))).json

    assert (told["status"], told["statusDetail"]) == ("failed", FAIL["message"])
    assert signed_in(graph, user()["passwordProfile"]["password"]) is None


def test_a_simple_password_is_refused_at_once(graph):
    ada = make(graph, "users", user())

    assert_error(reset(graph, ada, {"newPassword": "x"}), 400, "Request_BadRequest", "complexity")
    assert signed_in(graph, user()["passwordProfile"]["password"]) is None


# The control API ----------------------------------------------------------------------------------


def test_how_operations_go_can_be_said_and_taken_back(graph):
    assert graph.get("/_fakegraph/operations").json == {"lastMs": 0}

    assert say(graph, **HALF, **FAIL, times=2) == {**HALF, **FAIL, "times": 2}

    assert graph.get("/_fakegraph/operations").json == {**HALF, **FAIL, "times": 2}
    team(graph)
    assert graph.get("/_fakegraph/operations").json["times"] == 1
    assert graph.delete("/_fakegraph/operations").status_code == 204
    assert graph.get("/_fakegraph/operations").json == {"lastMs": 0}
    say(graph, **HALF)
    graph.post("/_fakegraph/reset")
    assert graph.get("/_fakegraph/operations").json == {"lastMs": 0}


@pytest.mark.parametrize("wrong", [{"lastMs": -1}, {"lastMs": "x"}, {"times": 0}, {"message": "x"}])
def test_what_operations_cannot_do_is_refused(graph, wrong):
    assert graph.put("/_fakegraph/operations", json=wrong).status_code == 400


def test_what_runs_outlives_the_server(make_client, tmp_path):
    client = make_client(data_dir=tmp_path)
    say(client, lastMs=600_000)
    answer = team(client)
    export = accepted(client.post("/v1.0/me/exportPersonalData", json={"storageLocation": "x"}))
    from fakegraph.app import close_app

    close_app(client.application)

    again = make_client(data_dir=tmp_path)

    assert monitored(again, answer)["status"] == "inProgress"
    assert again.get(export).json["status"] == "running"
