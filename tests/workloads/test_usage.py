"""Usage reports: what people did, as it is told two days later."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlsplit

import pytest

from fakegraph.workloads.usage.tables import TABLES
from tests.conftest import assert_error
from tests.graph.whole.conftest import seed

NOW, LAST, BEFORE, LONG_AGO = "2026-03-31", "2026-03-29", "2026-03-20", "2025-01-01"


@pytest.fixture
def there(client):
    """Ada and Bob, by their names, on the last day of March."""
    users = [
        {"id": each, "displayName": each.title(), "userPrincipalName": f"{each}@contoso.com"}
        for each in ("ada", "bob")
    ]
    seed(client, {"users": users, "admin/reportSettings": {"displayConcealedNames": False}})
    body = {"now": f"{NOW}T08:00:00Z", "frozen": True}
    assert client.put("/_fakegraph/clock", json=body).status_code == 200
    return client


def read(client, function):
    """The rows of a report as objects."""
    answer = client.get(f"/v1.0/reports/{function}")
    assert answer.status_code == 302, answer.text
    url = urlsplit(answer.headers["Location"])
    file = client.get(f"{url.path}?{url.query}", headers={"Authorization": ""})
    assert file.status_code == 200, file.text
    return list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"), newline="")))


def of(rows, who):
    """The row of a user."""
    return next(row for row in rows if row["User Principal Name"] == f"{who}@contoso.com")


def on(rows, day):
    """The row of a day."""
    return next(row for row in rows if row["Report Date"] == day)


def message(sender, day, **more):
    said = {"emailAddress": {"address": f"{sender}@contoso.com"}}
    when = f"{day}T10:00:00Z"
    return {"from": said, "sentDateTime": when, "receivedDateTime": when, **more}


def test_a_report_is_a_file_at_a_url_that_needs_no_token(there):
    answer = there.get("/v1.0/reports/getOffice365ActiveUserDetail(period='D7')")

    assert (answer.status_code, answer.data) == (302, b"")
    assert answer.content_type == "text/plain"
    url = urlsplit(answer.headers["Location"])
    file = there.get(f"{url.path}?{url.query}", headers={"Authorization": ""})
    assert file.content_type == "application/octet-stream"
    assert file.headers["Content-Disposition"].startswith(
        'attachment; filename="Office365ActiveUserDetail3_31_2026 '
    )
    assert file.data.startswith(b"\xef\xbb\xbfReport Refresh Date,User Principal Name,")
    assert file.data.endswith(b"\r\n")


def test_the_url_of_a_report_expires_and_cannot_be_made_up(there):
    answer = there.get("/v1.0/reports/getEmailActivityCounts(period='D7')")
    url = urlsplit(answer.headers["Location"])
    body = {"now": f"{NOW}T09:00:00Z", "frozen": True}
    assert there.put("/_fakegraph/clock", json=body).status_code == 200

    assert there.get(f"{url.path}?{url.query}").status_code == 403
    assert there.get(f"{url.path}?token=x").status_code == 403
    assert there.get(url.path).status_code == 403


def test_mail_counts_for_who_sent_it_got_it_and_read_it(there):
    sent = message("ada", LAST)
    seed(
        there,
        {
            "users/ada/messages": [
                sent,
                message("ada", BEFORE),
                message("ada", LAST, isDraft=True),
            ],
            "users/bob/messages": [{**sent, "isRead": True}, message("x", LAST), message("x", NOW)],
        },
    )

    week = read(there, "getEmailActivityUserDetail(period='D7')")

    ada, bob = of(week, "ada"), of(week, "bob")
    assert (ada["Send Count"], ada["Receive Count"], ada["Last Activity Date"]) == ("1", "0", LAST)
    assert (bob["Send Count"], bob["Receive Count"], bob["Read Count"]) == ("0", "2", "1")
    assert (ada["Report Refresh Date"], ada["Report Period"]) == (LAST, "7")
    month = read(there, "getEmailActivityUserDetail(period='D30')")
    assert of(month, "ada")["Send Count"] == "2"
    day = read(there, f"getEmailActivityUserDetail(date={BEFORE})")
    assert (of(day, "ada")["Send Count"], of(day, "bob")["Receive Count"]) == ("1", "0")


def test_days_say_how_often_and_by_how_many(there):
    twice = [message("ada", LAST), message("ada", LAST), message("ada", BEFORE)]
    seed(there, {"users/ada/messages": twice})

    counts = read(there, "getEmailActivityCounts(period='D7')")

    assert [row["Report Date"] for row in counts][::6] == [LAST, "2026-03-23"]
    assert (on(counts, LAST)["Send"], counts[1]["Send"]) == ("2", "0")
    users = read(there, "getEmailActivityUserCounts(period='D7')")
    assert (on(users, LAST)["Send"], on(users, LAST)["Receive"]) == ("1", "0")


def test_meetings_count_for_who_made_and_who_answered_them(there):
    attendees = [{"emailAddress": {"address": "bob@contoso.com"}}]
    when = f"{LAST}T10:00:00Z"
    times = {name: {"dateTime": f"{LAST}T12:00:00", "timeZone": "UTC"} for name in ("start", "end")}
    made = {"isOrganizer": True, "createdDateTime": when}
    answered = {"isOrganizer": False, "responseStatus": {"response": "accepted", "time": when}}
    seed(
        there,
        {
            "users/ada/events": [{**made, **times, "attendees": attendees}, {**made, **times}],
            "users/bob/events": [{**answered, **times, "attendees": attendees}],
        },
    )

    rows = read(there, "getEmailActivityUserDetail(period='D7')")

    assert of(rows, "ada")["Meeting Created Count"] == "1"
    assert of(rows, "bob")["Meeting Interacted Count"] == "1"


def test_files_count_for_who_changed_them_and_where(there):
    by = {"lastModifiedBy": {"user": {"id": "bob"}}, "lastModifiedDateTime": f"{LAST}T10:00:00Z"}
    file = {"file": {}, "size": 7, "createdDateTime": f"{BEFORE}T10:00:00Z", **by}
    seed(there, {"users/ada/drive/root/children": [{"name": "a.txt", **file}]})
    seed(there, {"sites/root/drive/root/children": [{"name": "b.txt", **file}]})

    drive = read(there, "getOneDriveActivityUserDetail(period='D7')")
    site = read(there, "getSharePointActivityUserDetail(period='D7')")

    title = "Viewed Or Edited File Count"
    assert (of(drive, "bob")[title], of(drive, "ada")[title]) == ("1", "0")
    assert of(site, "bob")[title] == "1"
    (account,) = read(there, "getOneDriveUsageAccountDetail(period='D7')")
    assert (account["File Count"], account["Storage Used (Byte)"]) == ("1", "7")
    assert account["Owner Principal Name"] == "ada@contoso.com"
    days = read(there, "getOneDriveUsageFileCounts(period='D30')")
    assert (on(days, LAST)["Total"], on(days, LAST)["Active"]) == ("1", "1")
    assert (on(days, BEFORE)["Total"], on(days, BEFORE)["Active"]) == ("1", "0")
    assert on(days, "2026-03-19")["Total"] == "0"


def test_what_is_said_in_teams_counts_for_who_says_it(there):
    said = {"from": {"user": {"id": "ada"}}, "createdDateTime": f"{LAST}T10:00:00Z"}
    body = {"body": {"content": "Hi"}}
    seed(there, {"teams": [{"id": "t"}], "teams/t/channels": [{"id": "c"}]})
    seed(there, {"teams/t/channels/c/messages": [{"id": "m", **said, **body}]})
    seed(there, {"teams/t/channels/c/messages/m/replies": [{"id": "r", **said, **body}]})
    seed(there, {"chats": [{"id": "h"}], "chats/h/messages": [{"id": "n", **said, **body}]})

    row = of(read(there, "getTeamsUserActivityUserDetail(period='D7')"), "ada")

    assert (row["Team Chat Message Count"], row["Private Chat Message Count"]) == ("2", "1")
    days = read(there, "getTeamsUserActivityUserCounts(period='D7')")
    assert on(days, LAST)["Team Chat Messages"] == "1"
    everything = read(there, "getOffice365ActiveUserCounts(period='D7')")
    assert (on(everything, LAST)["Office 365"], on(everything, LAST)["Teams"]) == ("1", "1")
    services = read(there, "getOffice365ServicesUserCounts(period='D7')")
    assert (services[0]["Teams Active"], services[0]["Teams Inactive"]) == ("1", "1")


def test_groups_are_told_of_with_who_and_what_is_in_them(there):
    group = {"id": "g", "displayName": "Team", "groupTypes": ["Unified"]}
    file = {"file": {}, "size": 3, "lastModifiedDateTime": f"{LAST}T10:00:00Z"}
    guest = {"id": "guest", "userType": "Guest"}
    seed(there, {"groups": [{**group, "members": [{"id": "ada"}, guest]}]})
    seed(there, {"groups/g/drive/root/children": [{"name": "a.txt", **file}]})

    (row,) = read(there, "getOffice365GroupsActivityDetail(period='D7')")

    assert (row["Group Display Name"], row["Member Count"]) == ("Team", "2")
    assert row["External Member Count"] == "1"
    assert (row["SharePoint Total File Count"], row["SharePoint Active File Count"]) == ("1", "1")
    assert row["Last Activity Date"] == LAST


def test_licences_and_who_is_deleted_are_told(there):
    plan = {"servicePlanId": "22222222-0000-4000-8000-000000000001", "servicePlanName": "TEAMS1"}
    sku = {"skuId": "11111111-0000-4000-8000-000000000001", "skuPartNumber": "E3"}
    seed(there, {"subscribedSkus": [{"id": "s", **sku, "servicePlans": [plan]}]})
    held = {"assignedLicenses": [{"skuId": sku["skuId"], "disabledPlans": []}]}
    seed(there, {"users": [{"id": "eve", "userPrincipalName": "eve@contoso.com", **held}]})
    assert there.delete("/v1.0/users/bob").status_code == 204

    rows = read(there, "getOffice365ActiveUserDetail(period='D7')")

    eve = of(rows, "eve")
    assert (eve["Has Teams License"], eve["Has Exchange License"]) == ("True", "False")
    assert eve["Assigned Products"] == "E3"
    gone = next(row for row in rows if row["Is Deleted"] == "True")
    assert gone["Deleted Date"] == NOW


def test_names_are_hashed_unless_somebody_says_otherwise(there):
    body = {"displayConcealedNames": True}
    assert there.patch("/v1.0/admin/reportSettings", json=body).status_code in (200, 204)

    rows = read(there, "getOffice365ActiveUserDetail(period='D7')")

    hashed = rows[0]["User Principal Name"]
    assert len(hashed) == 32
    assert "@" not in hashed
    assert rows == read(there, "getOffice365ActiveUserDetail(period='D30')")


def test_names_are_hashed_to_begin_with(client):
    assert client.get("/v1.0/admin/reportSettings").json["displayConcealedNames"] is True


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("getOffice365ActiveUserDetail(period='D8')", "InvalidArgument", "D8"),
        ("getOffice365ActiveUserDetail(period='')", "InvalidArgument", "period"),
        (f"getOffice365ActiveUserDetail(date={LONG_AGO})", "InvalidArgument", "past 30 days"),
        (f"getTeamsUserActivityUserDetail(date={LONG_AGO})", "InvalidArgument", "past 28 days"),
        ("getOffice365ActiveUserDetail(date=2026-04-01)", "InvalidArgument", "2026-04-01"),
        ("getEmailActivityCounts(period='D7')?$format=application/json", "BadRequest", "beta"),
        ("getEmailActivityCounts(period='D7')?$format=text/html", "BadRequest", "text/csv"),
        ("getEmailActivityCounts(period='D7')?$top=3", "BadRequest", "top"),
    ],
)
def test_what_no_report_is_made_of_is_refused(there, call, code, said):
    assert_error(there.get(f"/v1.0/reports/{call}"), 400, code, said)


def test_reports_are_json_where_that_is_documented(there):
    seed(there, {"users/ada/messages": [message("ada", LAST)]})
    call = "reports/getEmailActivityUserDetail(period='D7')?$format=application/json"

    found = there.get(f"/beta/{call}").json

    assert found["@odata.context"].endswith("/$metadata#Collection(emailActivityUserDetail)")
    ada = next(row for row in found["value"] if row["displayName"] == "Ada")
    assert (ada["sendCount"], ada["isDeleted"], ada["deletedDate"]) == (1, False, None)
    assert ada["reportRefreshDate"] == LAST
    apps = there.get("/v1.0/reports/getM365AppUserDetail(period='D7')?$format=application/json")
    assert apps.json["value"][0]["details"][0]["reportPeriod"] == 7


def test_teams_are_reported_by_what_is_said_in_their_channels(there):
    def said(who, day, **more):
        return {
            "from": {"user": {"id": who}},
            "createdDateTime": f"{day}T09:00:00Z",
            "messageType": "message",
            **more,
        }

    liked = {"reactionType": "like", "createdDateTime": f"{LAST}T10:00:00Z"}
    mention = {"id": 0, "mentionText": "Ada", "mentioned": {"user": {"id": "ada"}}}
    seed(
        there,
        {
            "users": [{"id": "eve", "userType": "Guest", "displayName": "Eve"}],
            "groups": [
                {
                    "id": "t",
                    "displayName": "Team",
                    "groupTypes": ["Unified"],
                    "visibility": "Private",
                }
            ],
            "teams": [
                {"id": "t", "displayName": "Team", "createdDateTime": f"{NOW}T00:00:00Z"},
                {"id": "u", "displayName": "Quiet", "createdDateTime": f"{LONG_AGO}T00:00:00Z"},
            ],
            "teams/t/channels": [{"id": "c", "membershipType": "shared"}, {"id": "d"}],
            "teams/t/channels/c/messages": [
                {
                    "id": "1",
                    **said("ada", LAST, importance="urgent", mentions=[mention]),
                    "reactions": [{**liked, "user": {"user": {"id": "bob"}}}],
                },
                {"id": "2", **said("ada", LONG_AGO)},
                {"id": "3", **said("ada", LAST, messageType="systemEventMessage")},
            ],
            "teams/t/channels/c/messages/1/replies": [{"id": "4", **said("eve", LAST)}],
            "teams/t/channels/d/messages": [{"id": "5", **said("ada", "2026-03-28")}],
        },
    )
    team, quiet = read(there, "getTeamsTeamActivityDetail(period='D7')")
    wanted = {"Active Users": 3, "Active Channels": 2, "Guests": 1, "Reactions": 1}
    wanted |= {"Post Messages": 2, "Reply Messages": 1, "Channel Messages": 3}
    wanted |= {"Urgent Messages": 1, "Mentions": 1, "Active Shared Channels": 1}
    assert {name: int(team[name]) for name in wanted} == wanted
    assert (team["Team Name"], team["Team Type"], team["Last Activity Date"]) == (
        *("Team", "Private"),
        LAST,
    )
    assert (quiet["Team Type"], quiet["Active Users"], quiet["Last Activity Date"]) == (
        *("Public", "0"),
        "",
    )
    counts = on(read(there, "getTeamsTeamActivityCounts(period='D7')"), LAST)
    assert (counts["Active Users"], counts["Channel Messages"]) == ("3", "2")
    (all_,) = read(there, "getTeamsTeamActivityDistributionCounts(period='D7')")
    assert {name: int(all_[name]) for name in wanted} == wanted
    there_then = on(read(there, "getTeamsTeamCounts(period='D7')"), LAST)
    assert (there_then["Public Teams"], there_then["Private Teams"]) == ("1", "0")
    assert (there_then["Active Public Teams"], there_then["Active Private Teams"]) == ("0", "0")
    call = "/beta/reports/getTeamsTeamCounts(period='D7')?$format=application/json"
    (found,) = there.get(call).json["value"]
    assert (found["reportPeriod"], len(found["teamsTeamUsageByDate"])) == (7, 7)


@pytest.mark.parametrize("name", TABLES)
def test_every_report_has_its_header_and_rows_as_wide(there, name):
    takes_nothing = "Activation" in name
    path = f"reports/{name}" if takes_nothing else f"reports/{name}(period='D7')"

    answer = there.get(f"/v1.0/{path}")

    assert answer.status_code == 302, answer.text
    url = urlsplit(answer.headers["Location"])
    text = there.get(f"{url.path}?{url.query}").data.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["Report Refresh Date", *TABLES[name].columns]
    assert {len(row) for row in rows} <= {len(header)}
    assert {row[0] for row in rows} <= {LAST}
