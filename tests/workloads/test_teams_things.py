"""Apps, tabs and tags of teams, shifts, and all messages in one list."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask
from tests.workloads.conftest import USERS
from tests.workloads.test_teams import bound
from tests.workloads.test_teams_people import chat, new_team

CATALOG = "https://graph.microsoft.com/v1.0/appCatalogs/teamsApps"
APP = {"teamsApp@odata.bind": f"{CATALOG}/12345678-9abc-def0-123456789a"}
TAB = {"displayName": "My tab", "configuration": {"entityId": "e", "contentUrl": "https://x/y"}}


@pytest.fixture
def team(people):
    return f"teams/{new_team(people)}"


def general(client, team):
    return f"{team}/channels/{listed(client, f'{team}/channels')[0]['id']}"


# Apps and tabs ------------------------------------------------------------------------------------


def test_an_app_is_installed_before_it_has_a_tab(people, team):
    tabs = f"{general(people, team)}/tabs"
    assert_error(people.post(f"/v1.0/{tabs}", json=TAB), 400, "BadRequest", "teamsApp@odata.bind")
    refused = people.post(f"/v1.0/{tabs}", json={**TAB, **APP})
    assert_error(refused, 400, "BadRequest", "is not installed in the team")

    installed = people.post(f"/v1.0/{team}/installedApps", json=APP)
    assert (installed.status_code, installed.data) == (201, b"")
    made = make(people, tabs, {**TAB, **APP})

    (found,) = listed(people, f"{tabs}?$expand=teamsApp")
    assert found["teamsApp"]["id"] == "12345678-9abc-def0-123456789a"
    assert found["webUrl"].endswith(f"/tab%3A%3A{made['id']}?label=My%20tab")
    changed = people.patch(f"/v1.0/{tabs}/{made['id']}", json={"configuration": {"entityId": "f"}})
    assert changed.status_code == 200
    assert changed.json["configuration"] == {"entityId": "f", "contentUrl": "https://x/y"}
    built_in = {"teamsApp@odata.bind": f"{CATALOG}/com.microsoft.teamspace.tab.web"}
    web = make(people, tabs, {**TAB, **built_in})
    (app,) = listed(people, f"{team}/installedApps")
    assert people.delete(f"/v1.0/{team}/installedApps/{app['id']}").status_code == 204
    assert [each["id"] for each in listed(people, tabs)] == [web["id"]]
    assert people.delete(f"/v1.0/{tabs}/{web['id']}").status_code == 204


def test_a_chat_has_apps_and_tabs_of_its_own(people, team):
    assert people.post(f"/v1.0/{team}/installedApps", json=APP).status_code == 201
    path = f"chats/{chat(people, bound('ada', 'owner'), bound('bob', 'owner')).json['id']}"

    assert people.post(f"/v1.0/{path}/tabs", json={**TAB, **APP}).status_code == 400
    assert people.post(f"/v1.0/{path}/installedApps", json=APP).status_code == 201
    assert people.post(f"/v1.0/{path}/tabs", json={**TAB, **APP}).status_code == 201


@pytest.mark.parametrize("where", ["{team}", "users/ada/teamwork"])
def test_an_app_is_installed_once_in_a_place(people, team, where):
    path = f"/v1.0/{where.format(team=team)}/installedApps"

    assert people.post(path, json=APP).status_code == 201
    assert_error(people.post(path, json=APP), 409, "Conflict")
    assert_error(people.post(path, json={}), 400, "BadRequest", "teamsApp@odata.bind")
    assert len(people.get(path).json["value"]) == 1


def package(manifest):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        made.writestr("manifest.json", manifest)
    return data.getvalue()


def publish(client, data, query=""):
    head = {"Content-Type": "application/zip"}
    return client.post(f"/v1.0/appCatalogs/teamsApps{query}", data=data, headers=head)


MANIFEST = {"id": "ext-1", "name": {"short": "Bot"}, "version": "1.0.0"}


def test_an_app_is_published_as_a_package_and_found_by_its_own_id(people, team):
    made = publish(people, package(json.dumps(MANIFEST)))
    assert made.status_code in (200, 201), made.text

    (found,) = listed(
        people, "appCatalogs/teamsApps?$filter=externalId eq 'ext-1'&$expand=appDefinitions"
    )
    assert (found["displayName"], found["distributionMethod"]) == ("Bot", "organization")
    assert [each["version"] for each in found["appDefinitions"]] == ["1.0.0"]
    own = {"teamsApp@odata.bind": f"{CATALOG}/{found['id']}"}
    assert people.post(f"/v1.0/{team}/installedApps", json=own).status_code == 201
    query = "$expand=teamsApp&$filter=teamsApp/externalId eq 'ext-1'"
    assert len(listed(people, f"{team}/installedApps?{query}")) == 1
    again = publish(people, package(json.dumps(MANIFEST)))
    assert_error(again, 409, "Conflict", "property externalId already exists: 'ext-1'")


def test_what_is_no_package_is_no_error_of_our_own(people):
    cut = bytearray(package("{}"))
    cut[10:12] = b"\xff\xff"
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", json.dumps(MANIFEST) * 50)
    damaged = bytearray(whole.getvalue())
    damaged[45:60] = b"\xff" * 15
    for data in (package("[" * 100_000), bytes(cut), bytes(damaged), b"PK", b""):
        assert publish(people, data).status_code == 400, data[:80]
    assert listed(people, "appCatalogs/teamsApps?$filter=externalId eq 'ext-1'") == []


def test_an_app_that_is_to_be_reviewed_waits_until_it_is_published(people):
    data, path = package(json.dumps(MANIFEST)), "appCatalogs/teamsApps"
    assert_error(publish(people, data, "?requiresReview=yes"), 400, "BadRequest", "true or false")
    app = publish(people, data, "?requiresReview=true").json["id"]
    (waits,) = people.get(f"/v1.0/{path}/{app}?$expand=appDefinitions").json["appDefinitions"]
    assert waits["publishingState"] == "submitted"

    own = f"/v1.0/{path}/{app}/appDefinitions/{waits['id']}"
    published = people.patch(own, json={"publishingState": "published"})
    assert (published.status_code, published.json["publishingState"]) == (200, "published")
    other = package(json.dumps({**MANIFEST, "id": "ext-2"}))
    second = publish(people, other, "?requiresReview=false").json["id"]
    expanded = people.get(f"/v1.0/{path}/{second}?$expand=appDefinitions")
    (at_once,) = expanded.json["appDefinitions"]
    assert at_once["publishingState"] == "published"
    assert people.get(f"/v1.0/{path}?requiresReview=true").status_code == 400


def test_an_app_is_updated_by_a_package_of_its_own(people):
    app = f"/v1.0/appCatalogs/teamsApps/{publish(people, package(json.dumps(MANIFEST))).json['id']}"
    head = {"Content-Type": "application/zip"}

    def update(**more):
        data = package(json.dumps({**MANIFEST, **more}))
        return people.post(f"{app}/appDefinitions", data=data, headers=head)

    answer = update(version="1.1.0", name={"short": "Bot 2"})
    assert (answer.status_code, answer.data) == (204, b"")
    query = "$expand=appDefinitions&$filter=externalId eq 'ext-1'"
    (found,) = listed(people, f"appCatalogs/teamsApps?{query}")
    assert found["displayName"] == "Bot 2"
    assert [each["version"] for each in found["appDefinitions"]] == ["1.0.0", "1.1.0"]
    assert_error(update(), 409, "Conflict")
    assert_error(update(id="ext-2", version="2"), 400, "BadRequest", "ext-2")
    assert_error(update(version=1), 400, "BadRequest", "version")
    newest = found["appDefinitions"][1]["id"]
    assert people.delete(f"{app}/appDefinitions/{newest}").status_code == 204


@pytest.mark.parametrize(
    "data",
    [
        b"junk",
        b"PK\x03\x04" + bytes(99),
        package("[]"),
        package("{"),
        package("\udcff".encode("utf-8", "surrogatepass")),
        package(json.dumps({**MANIFEST, "id": 1})),
        package(json.dumps({**MANIFEST, "name": "Bot"})),
        package(" " * 1_000_001),
    ],
)
def test_a_package_that_is_none_is_refused(people, data):
    assert_error(publish(people, data), 400, "BadRequest")
    assert listed(people, "appCatalogs/teamsApps") == []


# Tags ---------------------------------------------------------------------------------------------


def test_a_tag_knows_its_team_and_how_many_it_names(people, team):
    body = {"displayName": "Finance", "members": [{"userId": "ada"}, {"userId": "bob"}]}
    made = make(people, f"{team}/tags", body)

    assert (made["teamId"], made["tagType"], made["memberCount"]) == (team[6:], "standard", 2)
    path = f"{team}/tags/{made['id']}"
    assert make(people, f"{path}/members", {"userId": "cy"})["displayName"] == "Cy"
    assert people.get(f"/v1.0/{path}").json["memberCount"] == 3
    for wrong in ({"displayName": "x"}, {"members": body["members"]}):
        assert_error(people.post(f"/v1.0/{team}/tags", json=wrong), 400, "BadRequest")
    nobody = {"displayName": "x", "members": [{"userId": "zed"}]}
    assert_error(people.post(f"/v1.0/{team}/tags", json=nobody), 404, "NotFound", "zed")
    assert_error(people.post(f"/v1.0/{path}/members", json={"userId": "zed"}), 404, "NotFound")
    assert len(listed(people, f"{team}/tags")) == 1


# Shifts -------------------------------------------------------------------------------------------


@pytest.fixture
def schedule(people, team):
    body = {"enabled": True, "timeZone": "America/Chicago"}
    assert people.put(f"/v1.0/{team}/schedule", json=body).status_code in (200, 201)
    return f"{team}/schedule"


def times(start, end):
    day = "2026-01-0{}T08:00:00Z"
    return {"startDateTime": day.format(start), "endDateTime": day.format(end), "theme": "blue"}


WHOSE = {"userId": "ada", "schedulingGroupId": "TAG_1"}


def test_drafts_of_a_time_are_shared_and_no_others(people, schedule):
    near, far = (
        make(people, f"{schedule}/shifts", {**WHOSE, "draftShift": times(*each)})
        for each in ((1, 2), (5, 6))
    )
    body = {
        "startDateTime": times(1, 3)["startDateTime"],
        "endDateTime": times(1, 3)["endDateTime"],
    }

    assert (
        people.post(f"/v1.0/{schedule}/share", json={"notifyTeam": True, **body}).status_code == 204
    )

    found = people.get(f"/v1.0/{schedule}/shifts/{near['id']}").json
    assert (found["draftShift"], found["sharedShift"]["startDateTime"]) == (
        None,
        body["startDateTime"],
    )
    assert people.get(f"/v1.0/{schedule}/shifts/{far['id']}").json["sharedShift"] is None
    for name in ("startDateTime", "endDateTime"):
        half = {"notifyTeam": True, name: body[name]}
        assert_error(people.post(f"/v1.0/{schedule}/share", json=half), 400, "BadRequest")
    backwards = {**WHOSE, "draftShift": times(2, 1)}
    assert_error(people.post(f"/v1.0/{schedule}/shifts", json=backwards), 400, "BadRequest")
    turned = {
        "notifyTeam": True,
        "startDateTime": body["endDateTime"],
        "endDateTime": body["startDateTime"],
    }
    assert_error(people.post(f"/v1.0/{schedule}/share", json=turned), 400, "BadRequest")


@pytest.mark.parametrize(("name", "state"), [("approve", "approved"), ("decline", "declined")])
def test_a_request_is_decided_once(people, schedule, name, state):
    body = {"senderMessage": "Can I?", "openShiftId": "OPNSHFT_1"}
    made = people.post(f"/v1.0/{schedule}/openShiftChangeRequests", json=body).json
    assert (made["state"], made["assignedTo"], made["senderUserId"]) == (
        "pending",
        "manager",
        "ada",
    )
    path = f"/v1.0/{schedule}/openShiftChangeRequests/{made['id']}"

    decided = people.post(f"{path}/{name}", json={"message": "So be it"})
    assert (decided.status_code, decided.data) == (200, b"")

    found = people.get(path).json
    assert (found["state"], found["managerActionMessage"]) == (state, "So be it")
    assert found["managerUserId"] == "ada"
    assert_error(people.post(f"{path}/{name}", json={"message": "x"}), 409, "Conflict")


def test_who_is_offered_a_shift_decides_before_the_manager(people, schedule):
    body = {"senderShiftId": "SHFT_1", "recipientUserId": "bob"}
    made = people.post(f"/v1.0/{schedule}/offerShiftRequests", json=body).json
    path = f"/v1.0/{schedule}/offerShiftRequests/{made['id']}"
    seen = []
    for _ in range(2):
        found = people.get(path).json
        seen.append((found["assignedTo"], found["state"]))
        assert people.post(f"{path}/approve", json={"message": "ok"}).status_code in (200, 204)

    assert seen == [("recipient", "pending"), ("manager", "pending")]
    found = people.get(path).json
    assert found["state"] == "approved"
    assert found["recipientActionDateTime"] <= found["managerActionDateTime"]


def test_a_time_card_is_clocked_in_and_out_with_breaks_between(people, schedule):
    card = people.post(f"/v1.0/{schedule}/timeCards/clockIn", json={"isAtApprovedLocation": True})
    assert card.status_code == 201, card.text
    path = f"/v1.0/{schedule}/timeCards/{card.json['id']}"

    def act(name):
        return people.post(f"{path}/{name}", json={})

    assert card.json["clockInEvent"]["isAtApprovedLocation"] is True
    assert_error(act("endBreak"), 409, "Conflict")
    assert act("startBreak").json["state"] == "onBreak"
    after = act("endBreak").json
    assert (after["state"], len(after["breaks"])) == ("clockedIn", 1)
    assert after["breaks"][0]["end"]["dateTime"] >= after["breaks"][0]["start"]["dateTime"]
    assert act("clockOut").json["state"] == "clockedOut"
    assert_error(act("clockOut"), 409, "Conflict")
    assert act("confirm").json["confirmedBy"] == "user"


# All messages -------------------------------------------------------------------------------------


def test_all_messages_of_a_team_are_in_one_list_with_replies(people, team):
    people.put("/_fakegraph/clock", json={"now": "2026-03-01T08:00:00Z", "frozen": True})
    plans = make(people, f"{team}/channels", {"displayName": "Plans"})["id"]
    said = {"body": {"content": "x"}}
    ids = [make(people, f"{general(people, team)}/messages", said)["id"]]
    path = f"{general(people, team)}/messages/{ids[0]}/replies"
    people.put("/_fakegraph/clock", json={"advance": "PT1H"})
    ids += [
        make(people, path, said)["id"],
        make(people, f"{team}/channels/{plans}/messages", said)["id"],
    ]
    every = f"{team}/channels/getAllMessages"

    found = people.get(f"/v1.0/{every}").json
    assert [each["id"] for each in found["value"]] == ids
    assert found["@odata.count"] == 3
    first = people.get(f"/v1.0/{every}?$top=2").json
    assert first["@odata.count"] == 2
    rest = people.get(first["@odata.nextLink"].removeprefix("http://localhost")).json
    assert [each["id"] for each in first["value"] + rest["value"]] == ids
    condition = "lastModifiedDateTime gt 2026-03-01T08:30:00Z and lastModifiedDateTime lt 2027-01-01T00:00:00Z"
    assert len(listed(people, f"{every}?$filter={condition}")) == 2
    assert len(listed(people, f"{every}?model=B")) == 3
    retained = listed(people, every.replace("getAllMessages", "getAllRetainedMessages"))
    assert [each["id"] for each in retained] == ids
    for wrong in ("model=C", "$filter=id eq '1'", "$select=id", "$top=51", "$orderby=id"):
        assert_error(people.get(f"/v1.0/{every}?{wrong}"), 400, "BadRequest")


def test_all_messages_of_the_chats_of_a_user_are_for_apps_alone(make_client):
    client = make_client(auth="strict")
    chat = {"id": "19:c@thread.v2", "chatType": "group"}
    here = {
        "chats": [chat],
        "chats/19:c@thread.v2/messages": [{"id": "1", "body": {"content": "x"}}],
    }
    member = {"@odata.type": "#microsoft.graph.aadUserConversationMember", "userId": "ada"}
    here["chats/19:c@thread.v2/members"] = [{**member, "user": {"id": "ada"}}]
    seed(client, {**USERS, **here})
    path = "users/ada/chats/getAllMessages"

    by_app = ask(client, "GET", path, roles=["Chat.Read.All"])
    assert [each["id"] for each in by_app.json["value"]] == ["1"]
    by_user = ask(client, "GET", path, user="ada@contoso.com", scp="Chat.Read")
    assert by_user.status_code in (403, 412)


def test_shifts_say_who_made_and_who_changed_them(people, team):
    ready = {"enabled": True, "timeZone": "America/Chicago"}
    made = people.put(f"/v1.0/{team}/schedule", json=ready)
    assert (made.status_code, made.json["provisionStatus"]) == (200, "Completed")
    body = {**WHOSE, "draftShift": times(1, 2)}
    path = f"/v1.0/{team}/schedule/shifts"
    shift = people.post(path, json=body).json

    assert shift["createdBy"] == shift["lastModifiedBy"]
    assert shift["createdBy"]["user"] == {"id": "ada", "displayName": "Ada"}
    wrong = {"schedulingGroupId": "TAG_1", "draftShift": times(1, 2)}
    assert_error(people.post(path, json=wrong), 400, "BadRequest", "userId")
    assert_error(people.put(f"{path}/{shift['id']}", json=wrong), 400, "BadRequest", "userId")
    seed(people, {f"{team}/schedule/openShifts": [{"id": "o"}]})
    there = f"/v1.0/{team}/schedule/openShifts/o"
    assert people.get(there).json["lastModifiedBy"] is None
    assert people.patch(there, json={"draftOpenShift": times(1, 2)}).status_code == 200
    found = people.get(there).json
    assert (found["createdBy"], found["lastModifiedBy"]["user"]["id"]) == (None, "ada")


def test_what_is_replaced_of_shifts_is_answered_without_a_body(people, schedule):
    card = make(people, f"{schedule}/timeCards", {"userId": "ada"})
    cards, preferences = f"{schedule}/timeCards/{card['id']}", "users/ada/settings/shiftPreferences"
    seed(people, {preferences: {"availability": []}})
    zone = {"timeZone": "Pacific Standard Time", "timeSlots": []}

    own = people.get(f"/v1.0/{preferences}").json["id"]
    wished = {"id": "SHPR_1", "availability": [zone]}
    for path, body in ((cards, {"userId": "bob"}), (preferences, wished)):
        answer = people.put(f"/v1.0/{path}", json=body)
        assert (answer.status_code, answer.data) == (204, b""), answer.text
    assert people.get(f"/v1.0/{cards}").json["userId"] == "bob"
    found = people.get(f"/v1.0/{preferences}").json
    assert (found["id"], found["availability"][0]["timeZone"]) == (own, zone["timeZone"])
    assert own.startswith("SHPR_")
    changed = people.patch(f"/v1.0/{preferences}", json=wished)
    assert (changed.status_code, people.get(f"/v1.0/{preferences}").json["id"]) == (204, own)


# Meetings -----------------------------------------------------------------------------------------


def test_a_transcript_is_read_as_what_it_is(people):
    meeting = f"me/onlineMeetings/{make(people, 'me/onlineMeetings', {'subject': 'x'})['id']}"
    seed(people, {f"{meeting}/transcripts": [{"id": "t", "content": "WEBVTT"}]})
    content = f"/v1.0/{meeting}/transcripts/t/content"

    for query in ("", "?$format=text/vtt"):
        answer = people.get(f"{content}{query}")
        assert (answer.data, answer.headers["Content-Type"]) == (b"WEBVTT", "text/vtt")
    docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert_error(people.get(f"{content}?$format={docx}"), 400, "BadRequest", docx)


def test_calls_are_found_between_two_days(people):
    rows = [
        {"id": day, "startDateTime": f"2019-{day}T00:00:00Z", "duration": 30}
        for day in ("11-01", "11-30", "12-01")
    ]
    logs = {"@pstnCalls": rows, "@directRoutingCalls": rows[:1]}
    seed(people, {"communications": logs})

    def asked(name, begin, end):
        path = f"/v1.0/communications/callRecords/{name}"
        return people.get(f"{path}(fromDateTime={begin},toDateTime={end})")

    answer = asked("getPstnCalls", "2019-11-01", "2019-12-01")
    assert [each["id"] for each in answer.json["value"]] == ["11-01", "11-30"], answer.text
    exact = asked("getDirectRoutingCalls", "2019-10-31T23:00:00Z", "2019-12-01")
    assert [each["duration"] for each in exact.json["value"]] == [30]
    for begin, words in (("2019-11-31", "or a date alone"), ("2019-08-01", "90 days")):
        assert_error(asked("getPstnCalls", begin, "2019-12-01"), 400, "BadRequest", words)
    wrong = people.post("/_fakegraph/seed", json={"communications": {"@pstnCalls": [{"id": "x"}]}})
    assert_error(wrong, 400, "BadRequest", "@pstnCalls")


def test_shifts_of_nobody_are_told_and_requests_say_what_they_are_about(people):
    schedule = f"teams/{new_team(people)}/schedule"
    for zone, status in (("Nowhere/Else", 400), ("Europe/Berlin", 200)):
        body = {"enabled": True, "timeZone": zone}
        assert people.put(f"/v1.0/{schedule}", json=body).status_code == status
    times = {"startDateTime": "2026-12-01T08:00:00Z", "endDateTime": "2026-12-01T16:00:00Z"}
    shift = {"userId": "nobody", "schedulingGroupId": "TAG_none", "sharedShift": times}

    made = make(people, f"{schedule}/shifts", shift)

    def told():
        return people.get("/_fakegraph/requests").json["value"][-1]["ignored"]

    assert [id_ in each for id_, each in zip(("nobody", "TAG_none"), told(), strict=True)] == [
        True,
        True,
    ]
    at = f"/v1.0/{schedule}/shifts/{made['id']}"
    assert people.patch(at, json={"schedulingGroupId": "TAG_none"}).status_code == 200
    assert told() == []
    group = make(people, f"{schedule}/schedulingGroups", {"displayName": "G", "userIds": ["bob"]})
    make(people, f"{schedule}/shifts", {**shift, "userId": "bob", "schedulingGroupId": group["id"]})
    assert told() == []
    for what in ("offerShiftRequests", "timeOffRequests", "openShiftChangeRequests", "openShifts"):
        assert_error(people.post(f"/v1.0/{schedule}/{what}", json={}), 400, "BadRequest")
        assert listed(people, f"{schedule}/{what}") == []
