"""The whole of the built-in organisation agrees with itself, whichever way one asks over the API."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest

from fakegraph.app import close_app, create_app
from fakegraph.edm.values import instant
from fakegraph.fixtures.dates import later_by
from fakegraph.generate.sets import DEFAULT_UNTIL
from fakegraph.settings import Settings
from fakegraph.workloads.outlook import told_once

FIXTURE = Path(__file__).parents[1] / "fixtures" / "contoso"
GRAPH = "00000003-0000-0000-c000-000000000000"
EVENTUAL = {"ConsistencyLevel": "eventual"}


class Company:
    """What v1.0 serves of the company as it was written."""

    def __init__(self, client):
        self.client = client

    def get(self, path, **headers):
        answer = self.client.get(f"/v1.0/{path}", headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json if answer.is_json else answer.data

    def every(self, path):
        """All of a list, over its pages."""
        found, page = [], self.get(path)
        while True:
            found += page["value"]
            if "@odata.nextLink" not in page:
                return found
            answer = self.client.get(page["@odata.nextLink"])
            assert answer.status_code == 200, answer.text
            page = answer.json


@pytest.fixture(scope="module")
def company():
    app = create_app(Settings(auth="off", fixture="contoso@fixed"))
    client = app.test_client()
    assert client.put("/_fakegraph/clock", json={"now": DEFAULT_UNTIL}).status_code == 200
    yield Company(client)
    close_app(app)


@pytest.fixture(scope="module")
def users(company):
    """Everybody, by id."""
    select = "id,displayName,userPrincipalName,mail,userType,country,assignedLicenses,department"
    return {each["id"]: each for each in company.every(f"users?$select={select}&$top=999")}


@pytest.fixture(scope="module")
def employees(users):
    return [each for each in users.values() if each["department"]]


@pytest.fixture(scope="module")
def rooms(users):
    """The rooms, which are users with a mailbox."""
    found = [e for e in users.values() if e["userType"] == "Member" and not e["department"]]
    assert {each["displayName"] for each in found} == {"Harbour", "Isar", "Cedar", "Tenma"}
    return {each["id"]: each for each in found}


# The directory ---------------------------------------------------------------------------------


def test_licences_are_counted(company, employees):
    skus = {each["skuId"]: each for each in company.every("subscribedSkus")}
    used = [sku["skuId"] for user in employees for sku in user["assignedLicenses"]]
    assert {key: used.count(key) for key in skus} == {
        key: sku["consumedUnits"] for key, sku in skus.items()
    }
    assert all(
        0 < each["consumedUnits"] <= each["prepaidUnits"]["enabled"] for each in skus.values()
    )
    for user in employees:
        details = company.every(f"users/{user['id']}/licenseDetails")
        assert {each["skuId"] for each in details} == {e["skuId"] for e in user["assignedLicenses"]}
        for each in details:
            assert each["servicePlans"] == skus[each["skuId"]]["servicePlans"]


def test_most_have_a_photo_in_all_sizes(company, employees):
    without = []
    for user in employees:
        answer = company.client.get(f"/v1.0/users/{user['id']}/photo/$value")
        if answer.status_code == 404:
            without.append(user["displayName"])
            continue
        assert answer.headers["Content-Type"] == "image/png"
        sizes = {each["id"] for each in company.every(f"users/{user['id']}/photos")}
        assert sizes >= {"48X48", "120X120"}
    assert without == ["Finn García", "Hedvig 山田"]


def test_apps_were_granted_what_they_sign_in_with(company):
    directory = json.loads((FIXTURE / "directory.json").read_text())
    (graph,) = company.every(f"servicePrincipals?$filter=appId eq '{GRAPH}'")
    roles = {each["id"]: each["value"] for each in graph["appRoles"]}
    scopes = {each["id"]: each["value"] for each in graph["oauth2PermissionScopes"]}
    principals = {each["appId"]: each for each in company.every("servicePrincipals?$top=999")}
    grants = {each["clientId"]: each for each in company.every("oauth2PermissionGrants")}
    applications = {each["appId"]: each for each in company.every("applications?$top=999")}
    assert len(directory["apps"]) == len(applications) == 12
    for app in directory["apps"]:
        principal = principals[app["id"]]
        assigned = company.every(f"servicePrincipals/{principal['id']}/appRoleAssignments")
        granted = [roles[each["appRoleId"]] for each in assigned]
        assert granted == app.get("roles", [])
        assert {each["principalDisplayName"] for each in assigned} <= {app["displayName"]}
        delegated = grants.get(principal["id"], {"scope": ""})["scope"].split()
        assert [each for each in delegated if each != "offline_access"] == app["scopes"]
        wanted = [
            access["id"]
            for each in applications[app["id"]]["requiredResourceAccess"]
            for access in each["resourceAccess"]
        ]
        assert {(roles | scopes)[each] for each in wanted} == {*granted, *delegated}
        assert len(applications[app["id"]]["passwordCredentials"]) == len(app.get("secrets", []))
        assert company.every(f"applications/{applications[app['id']]['id']}/owners")


def test_each_app_with_a_secret_signs_in(company):
    directory = json.loads((FIXTURE / "directory.json").read_text())
    for app in directory["apps"]:
        for secret in app.get("secrets", ()):
            form = {
                "grant_type": "client_credentials",
                "client_id": app["id"],
                "client_secret": secret,
                "scope": "https://graph.microsoft.com/.default",
            }
            answer = company.client.post("/contoso.com/oauth2/v2.0/token", data=form)
            assert answer.status_code == 200, answer.text


def test_roles_are_seen_from_all_sides(company, users):
    roles = {each["roleTemplateId"]: each for each in company.every("directoryRoles")}
    assigned = company.every("roleManagement/directory/roleAssignments")
    whole = [each for each in assigned if each["directoryScopeId"] == "/"]
    members = [
        (template, member["id"])
        for template, role in roles.items()
        for member in company.every(f"directoryRoles/{role['id']}/members")
    ]
    assert sorted((e["roleDefinitionId"], e["principalId"]) for e in whole) == sorted(members)
    for template, member in members:
        assert roles[template]["id"] in {e["id"] for e in company.every(f"users/{member}/memberOf")}
    wids = {
        (wid, user["id"])
        for user in json.loads((FIXTURE / "directory.json").read_text())["users"]
        for wid in user.get("wids", ())
    }
    assert wids <= set(members)


def test_units_are_of_places(company, users, employees):
    units = {e["displayName"]: e for e in company.every("directory/administrativeUnits")}
    found = {}
    for name, unit in units.items():
        path = f"directory/administrativeUnits/{unit['id']}"
        found[name] = {each["id"] for each in company.every(f"{path}/members")}
        for each in company.every(f"{path}/scopedRoleMembers"):
            assert each["roleMemberInfo"]["id"] in found[name]
    assert sorted(key for ids in found.values() for key in ids) == sorted(
        e["id"] for e in employees
    )
    countries = {name: {users[key]["country"] for key in ids} for name, ids in found.items()}
    assert countries == {"Europe": {"DK", "DE"}, "Asia": {"JP"}, "Americas": {"US"}}


def test_devices_are_somebodys(company, users):
    devices = company.every("devices")
    assert len(devices) == 10
    for device in devices:
        (owner,) = company.every(f"devices/{device['id']}/registeredOwners")
        owned = company.every(f"users/{owner['id']}/ownedDevices")
        assert device["id"] in {each["id"] for each in owned}
        assert device["approximateLastSignInDateTime"] < DEFAULT_UNTIL


def test_phones_are_nobody_elses(company, employees):
    numbers = []
    for user in employees:
        known = company.get(f"users/{user['id']}?$select=businessPhones,mobilePhone")
        numbers += [*known["businessPhones"], known["mobilePhone"]]
    assert len(numbers) == len(set(numbers)) == 2 * len(employees)


# Mail --------------------------------------------------------------------------------------------


def addresses(message, *names):
    """The addresses of a message's recipients, in small letters."""
    found = [each for name in names for each in message[name]]
    return {each["emailAddress"]["address"].casefold() for each in found}


@pytest.fixture(scope="module")
def boxes(employees):
    """Who has a mailbox, by id: guests have none."""
    return {each["id"]: each for each in employees}


@pytest.fixture(scope="module")
def reached(company, boxes):
    """Who has each address: users, and for groups their members."""
    found = {each["mail"].casefold(): {each["id"]} for each in boxes.values()}
    for group in company.every("groups?$filter=mailEnabled eq true"):
        members = company.every(f"groups/{group['id']}/members?$top=999")
        found[group["mail"].casefold()] = {each["id"] for each in members} & boxes.keys()
    return found


@pytest.fixture(scope="module")
def mailboxes(company, boxes):
    """All messages of everybody, with the name of the folder that each lies in."""
    found = {}
    for key in boxes:
        folders = {
            each["id"]: each["displayName"]
            for each in company.every(f"users/{key}/mailFolders?includeHiddenFolders=true")
        }
        messages = company.every(f"users/{key}/messages?$top=999")
        found[key] = [(folders[each["parentFolderId"]], each) for each in messages]
    return found


def test_who_mailed_whom_is_in_both_mailboxes(boxes, reached, mailboxes):
    of = {each["mail"].casefold(): key for key, each in boxes.items()}
    sent, got = {}, {}
    for key, messages in mailboxes.items():
        for folder, message in messages:
            if folder == "Drafts":
                assert message["isDraft"]
                continue
            assert not message["isDraft"]
            writer = of.get(message["from"]["emailAddress"]["address"].casefold())
            kept = got if writer != key else sent
            kept.setdefault(message["internetMessageId"], {})[key] = message
    assert len(sent) > 50
    for name, copies in sent.items():
        ((writer, message),) = copies.items()
        lists = addresses(message, "toRecipients", "ccRecipients", "bccRecipients")
        wanted = set().union(*(reached.get(each, set()) for each in lists)) - {writer}
        assert set(got.get(name, ())) == wanted, message["subject"]
        for other in got.get(name, {}).values():
            for same in ("subject", "body", "sentDateTime", "toRecipients", "ccRecipients", "from"):
                assert other[same] == message[same]
            assert other["bccRecipients"] == []
            assert other["hasAttachments"] == message["hasAttachments"]
    for name, copies in got.items():
        if name not in sent:  # from outside
            for message in copies.values():
                lists = addresses(message, "toRecipients", "ccRecipients")
                assert set().union(*(reached.get(each, set()) for each in lists)) == set(copies)


def test_folders_count_what_is_in_them(company, mailboxes):
    for key in mailboxes:
        for folder in company.every(f"users/{key}/mailFolders"):
            there = [each for name, each in mailboxes[key] if name == folder["displayName"]]
            assert folder["totalItemCount"] == len(there)
            assert folder["unreadItemCount"] == sum(not each["isRead"] for each in there)


def test_all_kinds_of_mail_are_there(company, mailboxes):
    every = [(folder, each) for messages in mailboxes.values() for folder, each in messages]
    assert {"Inbox", "Sent Items", "Drafts", "Archive", "Customers"} <= {name for name, _ in every}
    assert {each["body"]["contentType"] for _, each in every} == {"text", "html"}
    assert any(each["flag"]["flagStatus"] == "flagged" for _, each in every)
    assert any(each["categories"] for _, each in every)
    assert any(each.get("@odata.type", "").endswith("eventMessageRequest") for _, each in every)
    threads = {}
    for _, each in every:
        threads.setdefault(each["conversationId"], []).append(each["subject"])
    assert max(map(len, threads.values())) >= 5
    assert sum(not each["isRead"] for _, each in every) > 10


def test_attachments_can_be_read(company, mailboxes):
    kinds = set()
    for key, messages in mailboxes.items():
        for _, message in messages:
            path = f"users/{key}/messages/{quote(message['id'])}/attachments"
            if not message["hasAttachments"]:
                continue
            for each in company.every(path):
                data = company.client.get(f"/v1.0/{path}/{quote(each['id'])}/$value").data
                assert data
                kinds.add(each["contentType"])
    assert kinds == {"text/csv", "text/plain", "application/pdf", "image/png"}


def test_times_of_mail_are_past_and_in_order(mailboxes):
    for messages in mailboxes.values():
        for _, each in messages:
            assert each["createdDateTime"] <= each["receivedDateTime"] < DEFAULT_UNTIL


def test_people_are_those_one_writes_to(company, boxes, mailboxes):
    for key, user in boxes.items():
        mailed = set()
        for _, message in mailboxes[key]:
            mailed |= addresses(message, "toRecipients", "ccRecipients")
            mailed.add(message["from"]["emailAddress"]["address"].casefold())
        people = {
            address["address"].casefold()
            for each in company.every(f"users/{key}/people?$top=999")
            for address in each["scoredEmailAddresses"]
        }
        assert mailed - {user["mail"].casefold()} <= people


def test_rules_and_categories_and_answers_are_there(company):
    rules = company.every("me/mailFolders/inbox/messageRules")
    assert [each["sequence"] for each in rules] == [1, 2]
    names = {each["displayName"] for each in company.every("me/outlook/masterCategories")}
    assert {"Release", "Red category"} <= names
    finn = company.get("users/finn.garcia014@contoso.com/mailboxSettings")
    assert finn["automaticRepliesSetting"]["status"] == "scheduled"


def test_contacts_and_tasks_are_there(company):
    (contact,) = company.every("me/contacts")
    assert contact["displayName"] == "Rosa Abara"
    (folder,) = company.every("me/contactFolders")
    assert len(company.every(f"me/contactFolders/{quote(folder['id'])}/contacts")) == 1
    lists = {each["displayName"]: each for each in company.every("me/todo/lists")}
    tasks = company.every(f"me/todo/lists/{quote(lists['Release 4.2']['id'])}/tasks")
    assert {"completed", "inProgress", "notStarted"} == {each["status"] for each in tasks}


# Calendars ---------------------------------------------------------------------------------------

WINDOW = "startDateTime=2024-05-01T00:00:00Z&endDateTime=2024-09-01T00:00:00Z"


@pytest.fixture(scope="module")
def views(company, boxes, rooms):
    """What is in everybody's calendar and in that of each room, over four months."""
    return {
        key: company.every(f"users/{key}/calendarView?{WINDOW}&$top=999")
        for key in (*boxes, *rooms)
    }


def test_who_is_in_a_meeting_has_it_in_the_calendar(boxes, rooms, views):
    of = {each["mail"].casefold(): key for key, each in (boxes | rooms).items()}
    copies = {}
    for key, events in views.items():
        for event in events:
            copies.setdefault(event["iCalUId"], {})[key] = event
    assert len(copies) > 150
    for found in copies.values():
        event = next(iter(found.values()))
        organizer = of[event["organizer"]["emailAddress"]["address"].casefold()]
        answers = {
            of[each["emailAddress"]["address"].casefold()]: each["status"]["response"]
            for each in event["attendees"]
            if each["emailAddress"]["address"].casefold() in of
        }
        there = {key for key, answer in answers.items() if answer != "declined"}
        assert set(found) == there | {organizer}, event["subject"]
        for key, copy in found.items():
            for same in ("subject", "start", "end", "attendees", "location", "isAllDay", "type"):
                assert copy[same] == event[same]
            assert copy["isOrganizer"] == (key == organizer)
            said = copy["responseStatus"]["response"]
            wanted = "organizer" if key == organizer else answers[key]
            assert said == ("notResponded" if wanted == "none" else wanted)


def test_all_kinds_of_events_are_there(company, views):
    every = [event for events in views.values() for event in events]
    assert {each["type"] for each in every} == {"occurrence", "exception", "singleInstance"}
    assert {each["isAllDay"] for each in every} == {True, False}
    assert {each["originalStartTimeZone"] for each in every} >= {
        *("Pacific Standard Time", "Romance Standard Time", "W. Europe Standard Time"),
        "Tokyo Standard Time",
    }
    assert {each["sensitivity"] for each in every} == {"normal", "private"}
    assert {"busy", "free", "oof", "tentative", "workingElsewhere"} == {e["showAs"] for e in every}
    masters = company.every("me/events?$select=type,recurrence,cancelledOccurrences&$top=999")
    assert any(each["cancelledOccurrences"] for each in masters if each["type"] == "seriesMaster")


def test_rooms_that_are_booked_are_rooms_that_are_there(company, rooms, views):
    places = {e["emailAddress"]: e["displayName"] for e in company.every("places/graph.room")}
    booked = {
        each["emailAddress"]["address"]: event["location"]["displayName"]
        for events in views.values()
        for event in events
        for each in event["attendees"]
        if each["type"] == "resource"
    }
    assert booked == places == {each["mail"]: each["displayName"] for each in rooms.values()}


def test_a_room_is_busy_when_it_is_booked(company, rooms, views):
    address = "room.tenma@contoso.com"
    (key,) = (key for key, each in rooms.items() if each["mail"] == address)
    lunch = next(each for each in views[key] if each["subject"] == "Osaka lunch")
    assert lunch["responseStatus"]["response"] == "accepted"
    asked = {"schedules": [address], "startTime": lunch["start"], "endTime": lunch["end"]}
    answer = company.client.post("/v1.0/me/calendar/getSchedule", json=asked)
    (told,) = answer.json["value"]
    assert told["availabilityView"] == "22"


def test_an_invitation_leads_to_the_event(company, mailboxes, views):
    asked = 0
    for key, messages in mailboxes.items():
        for _, message in messages:
            if message.get("meetingMessageType") != "meetingRequest":
                continue
            path = f"users/{key}/messages/{quote(message['id'])}"
            event = company.get(f"{path}?$expand=microsoft.graph.eventMessage/event").get("event")
            if event is None:  # who has declined has it no more
                assert key not in {k for k, v in views.items() if _has(v, message)}
                continue
            assert event["subject"] == message["subject"]
            asked += 1
    assert asked > 20


def _has(events, message):
    return any(each["subject"] == message["subject"] for each in events)


@pytest.mark.parametrize("days", range(7))
def test_weekly_series_of_working_days_stay_on_such(days):
    """Wherever the days of the fixture are moved to."""
    moved = timedelta(days=days)
    rows = {
        name: [*map(json.loads, (FIXTURE / f"{name}.jsonl").read_text().splitlines())]
        for name in ("users", "groups", "meetings")
    }
    told = enumerate(later_by(rows["meetings"], moved), 1)
    people = told_once.Company(rows["users"], rows["groups"])
    events = [e for _, e in told_once.expand("meetings", told, people, pytest.fail, moved)]
    weekly = [e for e in events if e.get("recurrence", {}).get("pattern", {}).get("type") == "weekly"]  # fmt: skip
    assert len(weekly) > 20
    for each in weekly:
        span, pattern = each["recurrence"]["range"], each["recurrence"]["pattern"]
        begins = date.fromisoformat(span["startDate"])
        assert begins.strftime("%A").lower() in pattern["daysOfWeek"]
        assert not {"saturday", "sunday"} & {*pattern["daysOfWeek"]}
    masters = {e["id"]: date.fromisoformat(e["start"]["dateTime"][:10]) for e in weekly}
    exceptions = [e for e in events if e.get("seriesMasterId") in masters]
    assert exceptions
    for each in exceptions:
        apart = date.fromisoformat(each["originalStart"][:10]) - masters[each["seriesMasterId"]]
        assert apart.days % 7 == 0


@pytest.mark.parametrize("day", ["2027-03-03", "2027-03-06"])
def test_no_room_is_booked_twice(day, rooms):
    app = create_app(
        Settings(auth="off", fixture="contoso"), clock=lambda: instant(f"{day}T12:00:00Z")
    )
    moved = Company(app.test_client())
    window = "startDateTime=2027-01-15T00:00:00Z&endDateTime=2027-05-15T00:00:00Z"
    for key in rooms:
        booked = moved.every(f"users/{key}/calendarView?{window}&$top=999")
        assert booked
        for one, next_ in pairwise(booked):
            assert one["end"]["dateTime"] <= next_["start"]["dateTime"]
    close_app(app)


# Files and sites ---------------------------------------------------------------------------------

SIGNS = {"docx": b"PK", "xlsx": b"PK", "pptx": b"PK", "pdf": b"%PDF-", "png": b"\x89PNG"}


def below(company, path):
    """All items below an item, each with the path of names that leads to it."""
    for item in company.every(f"{path}/children?$top=200"):
        yield item["name"], item
        if "folder" in item:
            drive = item["parentReference"]["driveId"]
            for names, each in below(company, f"drives/{drive}/items/{item['id']}"):
                yield f"{item['name']}/{names}", each


@pytest.fixture(scope="module")
def drives(company, boxes):
    """What lies in the drives of users and groups, by the path of the holder."""
    holders = [f"users/{key}" for key in boxes]
    holders += [f"groups/{each['id']}" for each in unified(company)]
    return {each: dict(below(company, f"{each}/drive/root")) for each in holders}


def unified(company):
    return company.every("groups?$filter=groupTypes/any(t:t eq 'Unified')")


def test_files_are_what_their_names_say(company, drives):
    kinds = set()
    for items in drives.values():
        for item in items.values():
            if "file" not in item:
                continue
            data = company.client.get(item["@microsoft.graph.downloadUrl"]).data
            assert len(data) == item["size"] > 0
            kind = item["name"].rpartition(".")[2]
            assert data.startswith(SIGNS.get(kind, b""))
            kinds.add(kind)
    assert kinds == {*SIGNS, "txt", "csv", "md"}


def test_office_files_are_opened_by_what_reads_them(drives, company):
    workbooks = [
        f"drives/{item['parentReference']['driveId']}/items/{item['id']}/workbook/worksheets"
        for items in drives.values()
        for item in items.values()
        if item["name"].endswith(".xlsx")
    ]
    assert len(workbooks) >= 4
    for each in workbooks:
        (first, *_) = company.every(each)
        used = company.get(f"{each}/{quote(first['id'])}/usedRange")
        assert used["rowCount"] > 2


def test_sizes_and_counts_of_folders_are_right(company, drives):
    for holder, items in drives.items():
        files = {name: each for name, each in items.items() if "file" in each}
        for name, item in items.items():
            inside = [other for other in items if other.startswith(f"{name}/")]
            if "folder" in item:
                direct = [other for other in inside if "/" not in other[len(name) + 1 :]]
                assert item["folder"]["childCount"] == len(direct)
                assert item["size"] == sum(files[o]["size"] for o in inside if o in files)
        used = company.get(f"{holder}/drive?$select=quota")["quota"]["used"]
        assert used == sum(each["size"] for each in files.values())


def test_who_made_files_is_somebody(drives, users):
    for holder, items in drives.items():
        for item in items.values():
            for name in ("createdBy", "lastModifiedBy"):
                person = item[name]["user"]
                assert users[person["id"]]["displayName"] == person["displayName"]
            assert item["createdDateTime"] <= item["lastModifiedDateTime"] < DEFAULT_UNTIL
            if holder.startswith("users/") and item["name"] != "Plant.png":
                assert item["createdBy"]["user"]["id"] == holder.partition("/")[2]


def test_what_is_shared_with_somebody_is_what_somebody_shares(company, users, boxes, drives):
    shared = {key: set() for key in users}
    for items in drives.values():
        for item in items.values():
            place = f"drives/{item['parentReference']['driveId']}/items/{item['id']}"
            for each in company.every(f"{place}/permissions") if "shared" in item else ():
                who = (each.get("grantedToV2") or {}).get("user")
                if who and each["roles"] != ["owner"] and "inheritedFrom" not in each:
                    assert users[who["id"]]["displayName"] == who["displayName"]
                    shared[who["id"]].add(item["id"])
    assert sum(map(len, shared.values())) >= 12
    for key in boxes:  # guests have no drive to ask
        found = {each["id"] for each in company.every(f"users/{key}/drive/sharedWithMe()")}
        assert found == shared[key]


def test_groups_have_sites_and_lists_have_items(company):
    sites = {each["webUrl"]: each for each in company.every("sites?search=*")}
    assert len(sites) == 9
    for group in unified(company):
        site = company.get(f"groups/{group['id']}/sites/root")
        assert sites[site["webUrl"]]["displayName"] == group["displayName"] == site["displayName"]
    items = 0
    for site in sites.values():
        for each in company.every(f"sites/{site['id']}/lists?$expand=columns"):
            columns = {column["name"]: column for column in each["columns"]}
            path = f"sites/{site['id']}/lists/{each['id']}/items?$expand=fields"
            for item in company.every(path) if each["list"]["template"] == "genericList" else ():
                items += 1
                for name, value in item["fields"].items():
                    choice = columns.get(name, {}).get("choice")
                    assert choice is None or value in choice["choices"]
    assert items == 11


# Teams, chats, plans, logs -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def channels(company):
    """The channels of all teams, by team, each with its messages and their replies."""
    found = {}
    for team in company.every("teams"):
        path = f"teams/{team['id']}/channels"
        found[team["id"]] = [
            (each, [*conversation(company, f"{path}/{quote(each['id'])}/messages")])
            for each in company.every(path)
        ]
    return found


def conversation(company, path):
    for each in company.every(path):
        yield each
        yield from company.every(f"{path}/{each['id']}/replies")


def test_teams_are_groups_with_the_same_people(company):
    teams = {each["id"]: each for each in company.every("teams")}
    marked = "resourceProvisioningOptions/Any(x:x eq 'Team')"
    groups = {each["id"]: each for each in company.every(f"groups?$filter={marked}")}
    assert teams.keys() == groups.keys()
    assert len(teams) == 5
    for key, group in groups.items():
        assert teams[key]["displayName"] == group["displayName"]
        members = {e["id"] for e in company.every(f"groups/{key}/members?$top=999")}
        owners = {e["id"] for e in company.every(f"groups/{key}/owners")}
        people = company.every(f"teams/{key}/members?$top=999")
        assert {each["userId"] for each in people} == members | owners
        assert {each["userId"] for each in people if "owner" in each["roles"]} == owners
        for each in members:
            assert key in {team["id"] for team in company.every(f"users/{each}/joinedTeams")}


def test_who_writes_in_a_channel_is_in_the_team(company, users, channels):
    texts = replies = reacted = mentioned = 0
    for team, found in channels.items():
        people = {each["userId"] for each in company.every(f"teams/{team}/members?$top=999")}
        names = [each["displayName"] for each, _ in found]
        assert "General" in names
        for _, messages in found:
            for message in messages:
                author = message["from"]["user"]
                assert (
                    author["id"] in people | {None} or users[author["id"]]["userType"] == "Member"
                )
                assert users[author["id"]]["displayName"] == author["displayName"]
                assert message["createdDateTime"] < DEFAULT_UNTIL
                texts += 1
                replies += message["replyToId"] is not None
                reacted += len(message["reactions"])
                for each in message["mentions"]:
                    mentioned += 1
                    assert f'<at id="{each["id"]}">' in message["body"]["content"]
                    assert users[each["mentioned"]["user"]["id"]]["displayName"] == each["mentionText"]  # fmt: skip
    assert (texts > 30, replies > 15, reacted > 15, mentioned >= 5) == (True,) * 4


def test_chats_are_those_of_their_members(company, users, boxes):
    chats = {each["id"]: each for each in company.every("chats?$expand=members")}
    assert {each["chatType"] for each in chats.values()} == {"oneOnOne", "group"}
    of = {}
    for chat in chats.values():
        people = {each["userId"] for each in chat["members"]}
        assert len(people) == 2 or chat["chatType"] == "group"
        for each in people:
            of.setdefault(each, set()).add(chat["id"])
        messages, last = (
            company.every(f"chats/{quote(chat['id'])}/messages"),
            chat["lastUpdatedDateTime"],
        )
        assert messages
        assert {each["from"]["user"]["id"] for each in messages} <= people
        assert max(each["createdDateTime"][:19] for each in messages) == last[:19]
    for key in boxes:
        found = {each["id"] for each in company.every(f"users/{key}/chats")}
        assert found == of.get(key, set())


def test_a_teams_files_are_in_its_site(company, channels, drives):
    for team, found in channels.items():
        items = drives[f"groups/{team}"]
        site = company.get(f"groups/{team}/sites/root")
        drive = company.get(f"sites/{site['id']}/drive")
        assert drive["id"] == company.get(f"groups/{team}/drive")["id"]
        assert drive["webUrl"].startswith(site["webUrl"])
        (library,) = [
            each
            for each in company.every(f"sites/{site['id']}/lists")
            if each["displayName"] == "Documents"
        ]
        listed = company.every(f"sites/{site['id']}/lists/{library['id']}/items?$expand=driveItem")
        assert {each["driveItem"]["id"] for each in listed} == {e["id"] for e in items.values()}
        names = {each["name"]: each["id"] for each in items.values() if "folder" in each}
        files = {each["name"] for each in items.values() if "file" in each}
        for channel, messages in found:
            path = f"teams/{team}/channels/{quote(channel['id'])}/filesFolder"
            assert company.get(path)["id"] == names[channel["displayName"]]
            for each in (each for message in messages for each in message["attachments"]):
                assert each["name"] in files
                assert each["contentUrl"].startswith(drive["webUrl"])


def test_plans_buckets_and_tasks_belong_together(company, users):
    plans = company.every("planner/plans")
    assert len(plans) == 3
    assigned = {}
    for plan in plans:
        group = plan["container"]["containerId"]
        members = {each["id"] for each in company.every(f"groups/{group}/members?$top=999")}
        members |= {each["id"] for each in company.every(f"groups/{group}/owners")}
        assert plan["id"] in {each["id"] for each in company.every(f"groups/{group}/planner/plans")}
        buckets = {each["id"] for each in company.every(f"planner/plans/{plan['id']}/buckets")}
        for task in company.every(f"planner/plans/{plan['id']}/tasks"):
            assert task["bucketId"] in buckets
            assert (task["percentComplete"] == 100) == (task.get("completedDateTime") is not None)
            details = company.get(f"planner/tasks/{task['id']}/details")
            checked = [each["isChecked"] for each in details["checklist"].values()]
            assert task["checklistItemCount"] == len(checked)
            assert task["activeChecklistItemCount"] == checked.count(False)
            assert task["hasDescription"] == bool(details["description"])
            for each in task["assignments"]:
                assigned.setdefault(each, set()).add(task["id"])
                assert each in members
    for key, ids in assigned.items():
        assert {each["id"] for each in company.every(f"users/{key}/planner/tasks")} == ids
    shared = {
        plan["id"]: company.get(f"planner/plans/{plan['id']}/details")["sharedWith"]
        for plan in plans
    }
    for key in users:
        mine = {each["id"] for each in company.every(f"users/{key}/planner/plans")}
        assert mine == {plan for plan, names in shared.items() if key in names}
    assert company.every("me/planner/plans")


def test_who_signed_in_is_somebody_and_used_an_app_that_is_there(company, users):
    apps = {each["appId"]: each["displayName"] for each in company.every("applications?$top=999")}
    signed_in = company.every("auditLogs/signIns")
    assert len(signed_in) == 63
    for each in signed_in:
        user = users[each["userId"]]
        assert user["displayName"] == each["userDisplayName"]
        assert user["country"] == each["location"]["countryOrRegion"]
        assert apps[each["appId"]] == each["appDisplayName"]
    assert {each["status"]["errorCode"] for each in signed_in} == {0, 50126}


def test_what_was_done_was_done_to_what_is_there(company, users):
    paths = {"User": "users", "Group": "groups", "Application": "applications", "Device": "devices"}
    audits = company.every("auditLogs/directoryAudits")
    assert len(audits) == 10
    for each in audits:
        actor = each["initiatedBy"]["user"]
        assert users[actor["id"]]["userPrincipalName"] == actor["userPrincipalName"]
        (target,) = each["targetResources"]
        found = company.get(f"{paths[target['type']]}/{target['id']}?$select=displayName")
        assert found["displayName"] == target["displayName"]
