"""What teams and channels refuse, who sees them, and what each does to the group."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask
from tests.workloads.test_teams import MEMBER, bound
from tests.workloads.test_teams_people import TEMPLATE, group_of, new_team, team_of

GROUP = {
    "displayName": "Crew",
    "mailNickname": "crew",
    "groupTypes": ["Unified"],
    "mailEnabled": True,
    "securityEnabled": False,
}
GUID = "4e7a3f0a-0000-4000-8000-000000000001"
MIGRATION = "@microsoft.graph.{}CreationMode"
PAST, AHEAD = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"


def post_team(client, **body):
    return client.post("/v1.0/teams", json={"template@odata.bind": TEMPLATE, **body})


def group_bound(client, **more):
    group = make(client, "groups", {**GROUP, **more})["id"]
    return group, {"group@odata.bind": f"https://graph.microsoft.com/v1.0/groups('{group}')"}


# How a team is made -------------------------------------------------------------------------------


def test_a_team_is_made_of_a_template_that_is_named(people):
    assert_error(people.post("/v1.0/teams", json={"displayName": "x"}), 400, "BadRequest")
    assert_error(post_team(people), 400, "BadRequest", "displayName")
    assert listed(people, "groups") == []


def test_two_teams_of_one_name_have_addresses_of_their_own(people):
    for _ in range(2):
        made = post_team(people, displayName="Crew", members=[bound("ada", "owner")])
        assert made.status_code == 202, made.text
    groups = listed(people, "groups")
    assert [each["displayName"] for each in groups] == ["Crew", "Crew"]
    assert len({each["mail"] for each in groups}) == 2


def test_what_the_service_says_of_a_team_no_body_does(people):
    own = "4e7a3f0a-0000-4000-8000-0000000000ff"
    body = {"displayName": "Crew", "members": [bound("ada", "owner")], "id": own}
    assert post_team(people, **body).status_code == 202
    (team,) = listed(people, "teams")
    assert team["id"] != own
    path = f"/v1.0/teams/{team['id']}"
    made = make(people, f"teams/{team['id']}/channels", {"displayName": "c", "id": "x"})
    assert made["id"].startswith("19:")
    for name in (None, "", "x" * 257):
        assert_error(people.patch(path, json={"displayName": name}), 400, "BadRequest")
    assert_error(post_team(people, **{**body, "displayName": "x" * 257}), 400, "BadRequest")
    assert people.get(path).json["displayName"] == "Crew"
    stranger = {**bound("bob"), "userId": own}
    people.post("/_fakegraph/seed", json={"users": [{"id": GUID, "displayName": "Zoe"}]})
    stranger["user@odata.bind"] = f"https://graph.microsoft.com/v1.0/users('{GUID}')"
    refused = people.post(f"{path}/members", json=stranger)
    assert_error(refused, 400, "BadRequest", "'userId'")


def test_a_team_of_a_group_says_nothing_that_the_group_says(people):
    _, body = group_bound(people)
    for said in ({"displayName": "x"}, {"visibility": "private"}, {"members": [bound("ada")]}):
        assert_error(post_team(people, **body, **said), 400, "BadRequest", next(iter(said)))


def test_a_group_becomes_a_team_where_somebody_owns_it(people):
    group, body = group_bound(people, visibility="Public")
    path = f"/v1.0/groups/{group}/team"
    assert_error(post_team(people, **body), 400, "BadRequest", "has no owner")
    assert_error(people.put(path, json={}), 400, "BadRequest", "has no owner")

    link = {"@odata.id": "https://graph.microsoft.com/v1.0/users/bob"}
    assert people.post(f"/v1.0/groups/{group}/owners/$ref", json=link).status_code == 204
    assert post_team(people, **body).status_code == 202

    team = people.get(f"/v1.0/teams/{group}").json
    assert (team["displayName"], team["visibility"]) == ("Crew", "public")
    assert team_of(people, group) == {"bob": ["owner"]}
    assert_error(people.put(path, json={}), 409, "Conflict")


def test_a_team_and_its_group_say_the_same_of_themselves(people):
    team = new_team(people)
    said = {"displayName": "Night", "description": "Late", "visibility": "public"}
    assert people.patch(f"/v1.0/teams/{team}", json=said).status_code == 204
    group = people.get(f"/v1.0/groups/{team}").json
    assert [group[name] for name in said] == ["Night", "Late", "Public"]

    said = {"displayName": "Day", "visibility": "Private"}
    assert people.patch(f"/v1.0/groups/{team}", json=said).status_code == 204
    found = people.get(f"/v1.0/teams/{team}").json
    assert (found["displayName"], found["description"]) == ("Day", "Late")
    assert people.patch(f"/v1.0/teams/{team}", json={"description": None}).status_code == 204
    assert people.get(f"/v1.0/groups/{team}").json["description"] is None


def test_there_is_no_team_by_what_is_no_guid(people):
    team = new_team(people)
    for key in ("abc", team.replace("-", "")):
        error = assert_error(people.get(f"/v1.0/teams/{key}"), 400, "BadRequest")
        assert error["message"] == "teamId needs to be a valid GUID."
    assert_error(people.delete(f"/v1.0/teams/{team}"), 405, "BadRequest")


def test_the_teams_that_one_is_in_say_little(people):
    team = new_team(people, description="d")

    (found,) = listed(people, "me/joinedTeams")

    filled = {name for name, value in found.items() if value is not None}
    assert filled == {"id", "displayName", "description", "isArchived", "tenantId"}
    assert found["id"] == team
    assert found["memberSettings"] is None


# Migration ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({MIGRATION.format("team"): "migration", "createdDateTime": PAST}, 202),
        ({MIGRATION.format("team"): "migration", "createdDateTime": AHEAD}, 400),
        ({MIGRATION.format("team"): "quick", "createdDateTime": PAST}, 400),
        ({"createdDateTime": PAST}, 400),
    ],
)
def test_a_team_says_when_it_was_made_in_migration_mode_alone(people, said, status):
    assert post_team(people, displayName="Old", **said).status_code == status
    teams = listed(people, "teams")
    assert [each["createdDateTime"] for each in teams] == ([PAST] if status == 202 else [])


def test_a_migration_is_completed_in_its_channels_first(people):
    mode = {MIGRATION.format("team"): "migration", "createdDateTime": PAST}
    team = new_team(people, **mode)
    mode = {MIGRATION.format("channel"): "migration", "createdDateTime": PAST}
    channel = make(people, f"teams/{team}/channels", {"displayName": "Old", **mode})
    assert (channel["createdDateTime"], channel["migrationMode"]) == (PAST, "inProgress")
    path = f"/v1.0/teams/{team}"

    def complete(where):
        return people.post(f"{path}{where}/completeMigration")

    assert_error(complete(""), 400, "BadRequest", "'Old' is not completed")
    assert complete(f"/channels/{channel['id']}").status_code == 204
    assert complete("").status_code == 204
    assert_error(complete(""), 400, "BadRequest", "not in migration mode")
    old = {"body": {"content": "x"}, "createdDateTime": PAST}
    for each in listed(people, f"teams/{team}/channels"):
        refused = people.post(f"{path}/channels/{each['id']}/messages", json=old)
        assert_error(refused, 400, "BadRequest", "is being migrated")
    where = f"{path}/channels/{channel['id']}"
    assert people.get(where).json["migrationMode"] == "completed"
    assert people.post(f"{where}/startMigration").status_code == 204
    assert people.get(where).json["migrationMode"] == "inProgress"
    assert_error(people.post(f"{where}/startMigration"), 400, "BadRequest", "already")
    assert_error(
        people.post(
            f"/v1.0/teams/{team}/channels",
            json={"displayName": "x", **mode, "createdDateTime": AHEAD},
        ),
        400,
        "BadRequest",
        "future",
    )


# Archives -----------------------------------------------------------------------------------------


def test_what_is_archived_is_not_written_to_but_joined(people):
    team = new_team(people)
    (general,) = listed(people, f"teams/{team}/channels")
    messages = f"/v1.0/teams/{team}/channels/{general['id']}/messages"
    said = {"body": {"content": "x"}}
    message = f"{messages}/{people.post(messages, json=said).json['id']}"
    assert people.post(f"/v1.0/teams/{team}/archive").status_code == 202

    for method, path, body in (
        ("POST", messages, said),
        ("PATCH", message, said),
        ("POST", f"{message}/replies", said),
        ("POST", f"{message}/setReaction", {"reactionType": "like"}),
        ("POST", f"{message}/softDelete", None),
        ("PATCH", f"/v1.0/teams/{team}", {"description": "x"}),
        ("POST", f"/v1.0/teams/{team}/channels", {"displayName": "Plans"}),
        ("PATCH", f"/v1.0/teams/{team}/channels/{general['id']}", {"description": "x"}),
    ):
        answer = people.open(path, method=method, json=body)
        assert_error(answer, 403, "Forbidden", "archived")
    make(people, f"teams/{team}/members", bound("bob"))
    assert group_of(people, team) == ["ada", "bob"]
    assert people.post(f"/v1.0/teams/{team}/unarchive").status_code == 202
    assert people.post(messages, json=said).status_code == 201


# Channels for some --------------------------------------------------------------------------------


def post_channel(client, team, name, kind, *members):
    body = {"displayName": name, "membershipType": kind}
    if members:
        body["members"] = list(members)
    return client.post(f"/v1.0/teams/{team}/channels", json=body)


def test_a_private_channel_is_owned_by_who_makes_it_and_has_members_of_the_team(people):
    team = new_team(people, bound("bob"))
    made = post_channel(people, team, "Secret", "private")
    assert made.status_code == 201, made.text
    path = f"teams/{team}/channels/{made.json['id']}"

    assert {e["userId"]: e["roles"] for e in listed(people, f"{path}/members")} == {
        "ada": ["owner"]
    }
    refused = people.post(f"/v1.0/{path}/members", json=bound("cy"))
    assert_error(refused, 400, "BadRequest", "not in the team")
    make(people, f"{path}/members", bound("bob"))
    assert len(listed(people, f"{path}/allMembers")) == 2
    with_stranger = post_channel(people, team, "Other", "private", bound("cy"))
    assert_error(with_stranger, 400, "BadRequest", "not in the team")
    assert people.patch(f"/v1.0/{path}", json={"membershipType": "standard"}).status_code == 400


@pytest.mark.parametrize(
    "members", [[], [bound("ada")], [bound("ada", "owner"), bound("bob", "owner")]]
)
def test_a_shared_channel_is_made_with_one_owner(people, members):
    team = new_team(people)

    answer = post_channel(people, team, "Both", "shared", *members)

    assert_error(answer, 400, "BadRequest", "one owner")
    assert len(listed(people, f"teams/{team}/channels")) == 1


def test_channels_for_some_have_sites_and_libraries_of_their_own(people):
    team = new_team(people)
    group_drive = people.get(f"/v1.0/groups/{team}/drive").json["id"]
    drives = set()
    for kind in ("private", "shared"):
        made = post_channel(people, team, kind, kind, bound("ada", "owner"))
        path = f"/v1.0/teams/{team}/channels/{made.json['id']}"
        folder = people.get(f"{path}/filesFolder").json
        assert folder["name"] == kind
        drives.add(folder["parentReference"]["driveId"])
        there = people.get(f"/v1.0/drives/{folder['parentReference']['driveId']}").json
        assert f"/sites/Crew-{kind}" in there["webUrl"]
    assert len(drives | {group_drive}) == 3
    shared = listed(people, f"teams/{team}/channels/{made.json['id']}/sharedWithTeams")
    assert [(each["id"], each["isHostTeam"]) for each in shared] == [(team, True)]
    assert len(listed(people, f"teams/{team}/allChannels")) == 3


def test_a_standard_channel_has_no_members_of_its_own(people):
    team = new_team(people, bound("bob"))
    (general,) = listed(people, f"teams/{team}/channels")
    path = f"/v1.0/teams/{team}/channels/{general['id']}/members"

    answer = people.post(path, json=bound("cy"))
    assert_error(answer, 400, "BadRequest", "Operation not supported for this Channel")
    assert "add them to the team" in answer.json["error"]["details"][0]["message"]
    (part,) = people.post(f"{path}/add", json={"values": [bound("cy")]}).json["value"]
    assert part["error"]["message"] == "Operation not supported for this Channel"
    answer = post_channel(people, team, "Plans", "standard", bound("ada"))
    assert_error(answer, 400, "BadRequest", "standard channel")
    assert len(people.get(path).json["value"]) == 2


def test_a_standard_channel_of_a_fixture_has_none_either(people):
    plans = {"id": "c", "displayName": "Plans", "membershipType": "standard"}
    seed(people, {"teams/t/channels": [plans]})
    answer = people.post("/v1.0/teams/t/channels/c/members", json=bound("cy"))
    assert_error(answer, 400, "BadRequest", "Operation not supported for this Channel")


def test_who_is_in_no_team_or_channel_does_not_see_it(strict):
    scp = "Channel.ReadBasic.All Channel.Create ChannelMessage.Read.All Team.Create"
    scp = f"{scp} TeamMember.ReadWrite.All Team.ReadBasic.All"
    ada, bob, cy = ({"user": f"{each}@contoso.com", "scp": scp} for each in ("ada", "bob", "cy"))
    body = {"template@odata.bind": TEMPLATE, "displayName": "Crew"}
    made = ask(strict, "POST", "teams", body, **ada)
    team = f"teams/{made.headers['Content-Location'].split(chr(39))[1]}"
    assert ask(strict, "POST", f"{team}/members", bound("bob"), **ada).status_code == 201
    secret = {"displayName": "Secret", "membershipType": "private"}
    channel = ask(strict, "POST", f"{team}/channels", secret, **ada).json["id"]

    def names(**who):
        return [
            each["displayName"]
            for each in ask(strict, "GET", f"{team}/channels", **who).json["value"]
        ]

    assert (names(**ada), names(**bob)) == (["General", "Secret"], ["General"])
    path = f"{team}/channels/{channel}"
    for who, where in (
        (bob, path),
        (bob, f"{path}/messages"),
        (cy, team),
        (cy, f"{team}/channels"),
    ):
        error = assert_error(ask(strict, "GET", where, **who), 403, "Forbidden")
        assert error["message"] == "InsufficientPrivileges"
        assert error["innerError"]["message"].startswith("AclCheckFailed-The initiator ")
    assert ask(strict, "GET", f"{path}/messages", **ada).status_code == 200
    assert ask(strict, "GET", path, roles=["Channel.ReadBasic.All"]).status_code == 200
    role = {"roleTemplateId": "69091246-20e8-4a56-aa4d-066075b2a7a8"}
    admin = {"id": "cy", "displayName": "Cy", "@odata.type": "#microsoft.graph.user"}
    seed(strict, {"directoryRoles": [{"id": "r", **role, "members": [admin]}]})
    assert names(**cy) == ["General", "Secret"]
    assert MEMBER in ask(strict, "GET", f"{team}/members", **cy).text


def test_what_is_not_said_of_a_team_is_as_in_every_other(people):
    said = {"memberSettings": {"allowCreateUpdateChannels": False}}
    channels = [{"displayName": "Announcements"}, {"displayName": "Plans"}]

    team = new_team(people, bound("bob", "owner"), channels=channels, **said)

    found = people.get(f"/v1.0/teams/{team}").json
    assert found["memberSettings"]["allowCreateUpdateChannels"] is False
    assert found["memberSettings"]["allowDeleteChannels"] is True
    assert found["visibility"] == "public"
    names = [each["displayName"] for each in listed(people, f"teams/{team}/channels")]
    assert names == ["General", "Announcements", "Plans"]


def test_a_team_counts_who_is_in_it_when_it_is_asked(people):
    people.patch("/v1.0/users/cy", json={"userType": "Guest"})
    team = new_team(people, bound("bob", "owner"))
    for each in (bound("cy"),):
        make(people, f"teams/{team}/members", each)

    assert people.get(f"/v1.0/teams/{team}").json["summary"] is None
    found = people.get(f"/v1.0/teams/{team}?$select=summary").json["summary"]
    assert found == {"ownersCount": 2, "membersCount": 0, "guestsCount": 1}


def test_shared_channels_are_found_by_who_has_not_asked_for_all_members(people):
    team = new_team(people)
    body = {"displayName": "Both", "membershipType": "shared", "members": [bound("ada", "owner")]}
    body["@odata.type"] = "#Microsoft.Graph.channel"  # as its page has it
    made = make(people, f"teams/{team}/channels", body)

    for name in ("channels", "allChannels"):
        (found,) = listed(people, f"teams/{team}/{name}?$filter=membershipType eq 'shared'")
        assert (found["id"], found["membershipType"]) == (made["id"], "unknownFutureValue")
    wrong = {"displayName": "x", "@odata.type": "#microsoft.graph.Channel"}
    refused = people.post(f"/v1.0/teams/{team}/channels", json=wrong)
    assert_error(refused, 400, "BadRequest", "could not be resolved by the model")
