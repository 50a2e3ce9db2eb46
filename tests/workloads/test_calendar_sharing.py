"""Calendars, their groups, and who may see what is in them."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed
from tests.graph.whole.test_permissions import send as ask
from tests.graph.whole.test_permissions import token

ADA = "users/ada"
WHEN = {"dateTime": "2026-03-02T09:00:00", "timeZone": "UTC"}


@pytest.fixture
def people(client):
    """A client of a tenant with Ada and Bob."""
    seed(client, {"users": [{"id": name, "displayName": name.title(), "userPrincipalName": f"{name}@contoso.com"} for name in ("ada", "bob")]})  # fmt: skip
    return client


def test_a_new_calendar_has_all_that_the_service_sets(people):
    made = make(people, f"{ADA}/calendars", {"name": "Side", "color": "lightBlue"})
    assert (made["color"], made["hexColor"]) == ("lightBlue", "")
    assert (made["canEdit"], made["canShare"], made["canViewPrivateItems"]) == (True, True, True)
    assert (made["isDefaultCalendar"], made["isRemovable"], made["isTallyingResponses"]) == (False, True, False)  # fmt: skip
    assert made["allowedOnlineMeetingProviders"] == ["teamsForBusiness"]
    assert made["owner"] == {"name": "Ada", "address": "ada@contoso.com"}
    again = people.post(f"/v1.0/{ADA}/calendars", json={"name": "SIDE"})
    assert assert_error(again, 409, "ErrorFolderExists")["target"] == "name"
    lines = {"name": "Side\nby\nside"}
    make(people, f"{ADA}/calendars", lines)
    again = people.post(f"/v1.0/{ADA}/calendars", json=lines)
    assert assert_error(again, 409, "ErrorFolderExists")["target"] == "name"
    event = make(people, f"{ADA}/calendars/{made['id']}/events", {"subject": "x", "start": WHEN, "end": WHEN})  # fmt: skip
    assert listed(people, f"{ADA}/events") == []
    found = people.get(f"/v1.0/{ADA}/events/{event['id']}/calendar").json
    assert found["id"] == made["id"]
    assert people.delete(f"/v1.0/{ADA}/calendars/{made['id']}").status_code == 204
    assert people.get(f"/v1.0/{ADA}/events/{event['id']}").status_code == 404


def test_groups_of_calendars(people):
    (own,) = listed(people, f"{ADA}/calendarGroups")
    assert (own["name"], own["classId"]) == ("My Calendars", "0006f0b7-0000-0000-c000-000000000046")
    assert_error(people.delete(f"/v1.0/{ADA}/calendarGroups/{own['id']}"), 400, "ErrorDeleteDistinguishedFolder")  # fmt: skip
    work = make(people, f"{ADA}/calendarGroups", {"name": "Work"})
    inner = make(people, f"{ADA}/calendarGroups/{work['id']}/calendars", {"name": "Team"})
    names = [each["name"] for each in listed(people, f"{ADA}/calendarGroups/{work['id']}/calendars")]  # fmt: skip
    assert names == ["Team"]
    place = f"{ADA}/calendarGroups/{work['id']}/calendars/{inner['id']}/events"
    event = make(people, place, {"subject": "x", "start": WHEN, "end": WHEN})
    assert [each["id"] for each in listed(people, place)] == [event["id"]]


def test_permissions_are_by_address(people):
    place = f"{ADA}/calendar/calendarPermissions"
    (everybody,) = listed(people, place)
    assert (everybody["id"], everybody["role"]) == ("RGVmYXVsdA==", "freeBusyRead")
    assert everybody["emailAddress"]["name"] == "My Organization"
    assert everybody["isRemovable"] is False
    made = make(people, place, {"emailAddress": {"name": "Bob", "address": "bob@contoso.com"}, "role": "read"})  # fmt: skip
    assert made["id"] == "Ym9iQGNvbnRvc28uY29t"
    assert (made["isRemovable"], made["isInsideOrganization"]) == (True, True)
    one = f"/v1.0/{place}/{made['id']}"
    assert people.patch(one, json={"role": "write"}).json["role"] == "write"
    assert_error(people.patch(one, json={"role": "custom"}), 400, "ErrorPropertyValidationFailure")
    assert people.delete(one).status_code == 204
    assert_error(people.delete(f"/v1.0/{place}/{everybody['id']}"), 400, "ErrorDeleteDistinguishedFolder")  # fmt: skip
    outside = {"emailAddress": {"address": "x@fabrikam.com"}, "isInsideOrganization": False}
    assert make(people, place, {**outside, "role": "read"})["allowedRoles"] == ["none", "freeBusyRead", "limitedRead", "read"]  # fmt: skip
    refused = people.post(f"/v1.0/{place}", json={**outside, "role": "write"})
    assert_error(refused, 400, "ErrorPropertyValidationFailure")


def test_what_everybody_may_can_be_seeded(people):
    place = f"{ADA}/calendar/calendarPermissions"
    seed(people, {place: [{"id": "RGVmYXVsdA==", "role": "read"}]})
    (everybody,) = listed(people, place)
    assert (everybody["role"], everybody["isRemovable"]) == ("read", False)


@pytest.mark.parametrize(("who", "writes"), [("bob@contoso.com", True), ("x@fabrikam.com", False)])
def test_roles_that_somebody_can_have(people, who, writes):
    path = f"{ADA}/calendar/allowedCalendarSharingRoles(User='{who}')"
    assert ("write" in listed(people, path)) is writes


BOB = {"user": "bob@contoso.com", "scp": "Calendars.ReadWrite Calendars.ReadWrite.Shared"}
WINDOW = "startDateTime=2026-03-02&endDateTime=2026-03-03"
EVENT = {"subject": "Plan", "start": WHEN, "end": WHEN, "location": {"displayName": "Room"}}
DENIED = "Access is denied. Check credentials and try again."


@pytest.fixture
def shared(make_client):
    """A tenant where tokens count: Ada has a calendar for each role that Bob has there."""
    client = make_client(auth="strict")
    people = [{"id": name, "displayName": name.title(), "userPrincipalName": f"{name}@contoso.com"} for name in ("ada", "bob", "cy")]  # fmt: skip
    seed(client, {"users": people})
    app = {"roles": ["Calendars.ReadWrite"]}
    found = {}
    for role in (*ROLES, None):
        made = ask(client, "POST", f"{ADA}/calendars", {"name": role or "own"}, **app).json["id"]
        place = f"{ADA}/calendars/{made}"
        if role:
            given = {"emailAddress": {"address": "Bob@contoso.com"}, "role": role}
            answer = ask(client, "POST", f"{place}/calendarPermissions", given, **app)
            assert answer.status_code == 201, answer.text
        event = ask(client, "POST", f"{place}/events", {**EVENT, "body": {"content": "x"}}, **app)
        found[role] = place, f"{ADA}/events/{event.json['id']}"
    return client, found


ROLES = ("none", "freeBusyRead", "limitedRead", "read", "write", "delegateWithoutPrivateEventAccess", "delegateWithPrivateEventAccess")  # fmt: skip
READS, WRITES = ROLES[2:], ROLES[4:]


@pytest.mark.parametrize("role", [*ROLES, None])
def test_a_calendar_is_read_and_written_by_those_whose_role_lets_them(shared, role):
    client, found = shared
    place, event = found[role]
    asked = (
        ("GET", place, None, READS),
        ("GET", f"{place}/events", None, READS),
        ("GET", f"{place}/events/$count", None, READS),
        ("GET", f"{place}/calendarView?{WINDOW}", None, READS),
        ("GET", event, None, READS),
        ("POST", f"{place}/events", EVENT, WRITES),
        ("PATCH", event, {"subject": "Other"}, WRITES),
        ("PATCH", place, {"name": "Mine"}, ()),
        ("GET", f"{place}/calendarPermissions", None, ()),
        (
            "POST",
            f"{place}/calendarPermissions",
            {"emailAddress": {"address": "bob@contoso.com"}, "role": "write"},
            (),
        ),
        ("DELETE", place, None, ()),
        ("DELETE", event, None, WRITES),
    )
    for method, path, body, roles in asked:
        answer = ask(client, method, path, body, **BOB)
        if role in roles:
            assert answer.status_code < 300, (method, path, answer.text)
        else:
            assert assert_error(answer, 403, "ErrorAccessDenied")["message"] == DENIED


def test_who_may_see_titles_sees_no_more(shared):
    client, found = shared
    for role, is_whole in (("limitedRead", False), ("read", True)):
        place, _ = found[role]
        (event,) = ask(client, "GET", f"{place}/events", **BOB).json["value"]
        assert (event["subject"], event["location"]["displayName"]) == ("Plan", "Room")
        assert [event["body"] is None, event["organizer"] is None] == [not is_whole] * 2
        asked = ask(client, "GET", f"{place}/events?$filter=contains(bodyPreview,'x')", **BOB)
        assert asked.status_code == (200 if is_whole else 403)


@pytest.mark.parametrize(("token", "status"), [
    ({"user": "cy@contoso.com", "scp": BOB["scp"]}, 403),
    ({"user": "bob@contoso.com", "scp": "Calendars.ReadWrite"}, 403),
    ({"user": "bob@contoso.com", "scp": "Calendars.Read.Shared"}, 200),
    ({"user": "ada@contoso.com", "scp": "Calendars.Read"}, 200),
    ({"roles": ["Calendars.Read"]}, 200),
])  # fmt: skip
def test_a_role_is_of_one_person_and_wants_a_token_for_shared_things(shared, token, status):
    client, found = shared
    assert ask(client, "GET", f"{found['read'][0]}/events", **token).status_code == status


def test_the_default_calendar_goes_by_what_everybody_may(make_client):
    client = make_client(auth="strict")
    seed(client, {"users": [{"id": name, "userPrincipalName": f"{name}@contoso.com"} for name in ("ada", "bob")]})  # fmt: skip
    paths = ("calendar", "events", "calendar/events", f"calendarView?{WINDOW}", "calendars")

    def statuses():
        return {ask(client, "GET", f"{ADA}/{path}", **BOB).status_code for path in paths}

    assert statuses() == {403}
    app = {"roles": ["Calendars.ReadWrite"]}
    everybody = f"{ADA}/calendar/calendarPermissions/RGVmYXVsdA=="
    assert ask(client, "PATCH", everybody, {"role": "read"}, **app).status_code == 200
    assert statuses() == {200}
    assert ask(client, "GET", f"{ADA}/calendarGroups", **BOB).status_code == 403
    assert ask(client, "POST", f"{ADA}/events", EVENT, **BOB).status_code == 403
    assert ask(client, "PATCH", everybody, {"role": "write"}, **app).status_code == 200
    made = ask(client, "POST", f"{ADA}/events", EVENT, **BOB)
    assert made.status_code == 201
    assert ask(client, "PATCH", f"{ADA}/events/{made.json['id']}", {"subject": "y"}, **BOB).status_code == 200  # fmt: skip


# Private events ---------------------------------------------------------------------------------

SECRET = {
    "subject": "Doctor",
    "sensitivity": "private",
    "categories": ["Red"],
    "body": {"content": "knee"},
    "location": {"displayName": "Clinic"},
    "attachments": [
        {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": "knee.txt",
            "contentBytes": "YQ==",
        }
    ],
}


def test_a_permission_says_a_role(client):
    seed(client, {"users": [{"id": "ada"}]})
    body = {"emailAddress": {"address": "bob@contoso.com"}}
    answer = client.post("/v1.0/users/ada/calendar/calendarPermissions", json=body)
    assert_error(answer, 400, "ErrorPropertyValidationFailure", "'role'")


ASKED = ("", "/events", f"/calendarView?{WINDOW}", "/events?$expand=attachments", f"/calendarView/delta?{WINDOW}")  # fmt: skip


@pytest.fixture
def private(shared):
    """What Bob asks, and what there is of each role: a calendar with a private event, its id."""
    client, found = shared
    app = {"roles": ["Calendars.ReadWrite"]}
    daily = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "numbered", "numberOfOccurrences": 3, "startDate": EVENT["start"]["dateTime"][:10]}}  # fmt: skip
    for role, (place, _) in list(found.items()):
        made = ask(client, "POST", f"{place}/events", {**EVENT, **SECRET, "recurrence": daily}, **app)  # fmt: skip
        assert made.status_code == 201, made.text
        found[role] = place, made.json["id"]
    return client, found


def seen_of(client, path):
    answer = ask(client, "GET", path, **BOB)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("role", ROLES[3:])
def test_private_events_tell_only_when_somebody_is_busy(private, role):
    client, found = private
    place, id_ = found[role]
    sees = role == "delegateWithPrivateEventAccess"
    paths = [f"{place}{each}" for each in ASKED[1:]]
    paths += [f"{ADA}/events/{id_}", f"{ADA}/events/{id_}/instances?{WINDOW}"]

    for path in paths:
        text = seen_of(client, path).get_data(as_text=True)
        words = [word for word in ("Doctor", "knee", "Clinic", "Red") if word in text]
        assert bool(words) is sees, (path, words)
    event = seen_of(client, f"{ADA}/events/{id_}").json
    assert (event["showAs"], event["start"]["dateTime"][:10]) == ("busy", EVENT["start"]["dateTime"][:10])  # fmt: skip
    assert event["subject"] == ("Doctor" if sees else "Private Appointment")
    for query in ("$filter=subject eq 'Doctor'", "$filter=contains(bodyPreview,'knee')"):
        assert len(seen_of(client, f"{place}/events?{query}").json["value"]) == sees
    calendar = seen_of(client, place).json
    rights = (calendar["canEdit"], calendar["canShare"], calendar["canViewPrivateItems"])
    assert rights == (role in WRITES, False, sees)


@pytest.mark.parametrize("lasting", [False, True])
def test_private_events_are_neither_changed_nor_gone_into_by_others(private, lasting):
    client, found = private
    for role in ("read", "write", "delegateWithPrivateEventAccess"):
        place, id_ = found[role]
        sees = role == "delegateWithPrivateEventAccess"
        if lasting:
            wish = {"Prefer": 'IdType="ImmutableId"', **token(client, roles=["Calendars.Read"])}
            rows = client.get(f"/v1.0/{place}/events", headers=wish).json["value"]
            (id_,) = (each["id"] for each in rows if each["sensitivity"] == "private")
        event = f"{ADA}/events/{id_}"
        for method, path, body in (
            ("GET", f"{event}/attachments", None),
            ("PATCH", event, {"showAs": "free"}),
            ("PATCH", f"{place}/events/{id_}", {"sensitivity": "normal"}),
            ("DELETE", event, None),
        ):
            answer = ask(client, method, path, body, **BOB)
            assert answer.status_code == (403 if not sees else answer.status_code), (method, path)
            assert not sees or answer.status_code in (200, 204, 404)


def test_a_delegate_acts_for_somebody_and_gets_what_is_answered(shared):
    client, _ = shared
    apps = {"roles": ["Calendars.ReadWrite", "Mail.Read", "MailboxSettings.ReadWrite"]}
    place = f"{ADA}/calendar"
    role = {
        "emailAddress": {"address": "bob@contoso.com"},
        "role": "delegateWithPrivateEventAccess",
    }
    assert ask(client, "POST", f"{place}/calendarPermissions", role, **apps).status_code == 201
    cy = {"emailAddress": {"address": "cy@contoso.com"}}
    made = ask(client, "POST", f"{place}/events", {**EVENT, "attendees": [cy]}, **BOB)
    assert made.status_code == 201, made.text
    assert made.json["organizer"]["emailAddress"]["address"] == "ada@contoso.com"

    def inbox(who):
        path = f"users/{who}/mailFolders/inbox/messages?$orderby=receivedDateTime"
        return ask(client, "GET", path, **apps).json["value"]

    def said(mail):
        people = [mail["sender"], mail["from"], *mail["toRecipients"]]
        return [each["emailAddress"]["address"].partition("@")[0] for each in people]

    def answer(deed):
        (event,) = ask(client, "GET", "users/cy/events", **apps).json["value"]
        own = {"user": "cy@contoso.com", "scp": "Calendars.ReadWrite"}
        done = ask(client, "POST", f"users/cy/events/{event['id']}/{deed}", {}, **own)
        assert done.status_code == 202, done.text

    (asked,) = inbox("cy")
    assert (said(asked), asked["isDelegated"]) == (["bob", "ada", "cy"], False)
    answer("accept")
    (answered,) = inbox("bob")
    assert (said(answered), answered["isDelegated"]) == (["cy", "cy", "bob"], True)
    assert inbox("ada") == []
    status = ask(client, "GET", f"{ADA}/events/{made.json['id']}", **apps).json["attendees"][0]
    assert status["status"]["response"] == "accepted"
    for option in ("sendToDelegateAndPrincipal", "sendToDelegateAndInformationToPrincipal"):
        both = {"delegateMeetingMessageDeliveryOptions": option}
        settings = ask(client, "PATCH", f"{ADA}/mailboxSettings", both, **apps)
        assert settings.status_code == 200, settings.text
        answer("tentativelyAccept")
        assert said(inbox("ada")[-1]) == ["cy", "cy", "ada"]
    assert len(inbox("bob")) == 3


def test_a_room_answers_for_itself_whoever_invites_it(shared):
    client, _ = shared
    room = {"id": "room", "mail": "room@contoso.com", "mailboxSettings": {"userPurpose": "room"}}
    seed(client, {"users": [room]})
    own = {"user": "ada@contoso.com", "scp": "Calendars.ReadWrite Mail.Read"}
    body = {**EVENT, "attendees": [{"emailAddress": {"address": "room@contoso.com"}}]}
    assert ask(client, "POST", "me/events", body, **own).status_code == 201
    (mail,) = ask(client, "GET", "me/mailFolders/inbox/messages", **own).json["value"]
    assert mail["sender"]["emailAddress"]["address"] == "room@contoso.com"
