"""Meetings: what is in whose calendar and inbox, step by step."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

ADA, BOB, CY = "users/ada", "users/bob", "users/cy"
NONE = {"response": "none", "time": "0001-01-01T00:00:00Z"}
DAY = {"startDateTime": "2026-03-02", "endDateTime": "2026-03-03"}
WEEK = "startDateTime=2026-03-02&endDateTime=2026-03-09&$top=50"


@pytest.fixture
def people(client):
    """A client of a tenant with Ada, Bob, Cy and a room."""
    names = ("ada", "bob", "cy")
    users = [{"id": name, "displayName": name.title(), "mail": f"{name}@contoso.com", "userPrincipalName": f"{name}@contoso.com"} for name in names]  # fmt: skip
    room = {"id": "room", "displayName": "Room 1", "userPrincipalName": "room1@contoso.com", "mailboxSettings": {"userPurpose": "room"}}  # fmt: skip
    seed(client, {"users": [*users, room]})
    return client


def at(hour, day="02"):
    return {"dateTime": f"2026-03-{day}T{hour:02}:00:00", "timeZone": "UTC"}


def attendees(*names, **more):
    return [{"emailAddress": {"address": f"{name}@contoso.com"}, **more} for name in names]


def meeting(*names, hour=9, **more):
    return {"subject": "Plan", "start": at(hour), "end": at(hour + 1), "attendees": attendees(*names), **more}  # fmt: skip


def daily(*names, **more):
    span = {"type": "noEnd", "startDate": "2026-03-02"}
    recurrence = {"pattern": {"type": "daily", "interval": 1}, "range": span}
    return meeting(*names, recurrence=recurrence, **more)


def inbox(client, user, folder="inbox"):
    return listed(client, f"{user}/mailFolders/{folder}/messages?$top=50")


def subjects(client, user, folder="inbox"):
    """The subjects of what is in a folder, sorted: it may all have come in one second."""
    return sorted(each["subject"] for each in inbox(client, user, folder))


def mail(client, user, **values):
    """The one message in an inbox that has these values."""
    found = inbox(client, user)
    (one,) = [each for each in found if values.items() <= each.items()]
    return one


def own_series(client, user):
    """The one series that somebody has."""
    (found,) = [each for each in listed(client, f"{user}/events") if each["recurrence"]]
    return found


def own(client, user):
    """The one event that somebody has."""
    (found,) = listed(client, f"{user}/events")
    return found


def statuses(client, user=ADA):
    return [each["status"]["response"] for each in own(client, user)["attendees"]]


def do(client, path, body=None, status=202):
    answer = client.post(f"/v1.0/{path}", json=body or {})
    assert answer.status_code == status, answer.text
    return answer


def test_a_meeting_is_in_each_calendar_and_asked_for_by_mail(people):
    made = make(people, f"{ADA}/events", meeting("bob", "cy"))
    assert [each["status"] for each in made["attendees"]] == [NONE, NONE]
    assert [each["emailAddress"]["name"] for each in made["attendees"]] == ["Bob", "Cy"]
    for user in (BOB, CY):
        copy = own(people, user)
        assert copy["id"] != made["id"]
        assert copy["iCalUId"] == made["iCalUId"]
        assert (copy["isOrganizer"], copy["showAs"]) == (False, "tentative")
        assert copy["responseStatus"]["response"] == "notResponded"
        assert copy["organizer"]["emailAddress"] == {"name": "Ada", "address": "ada@contoso.com"}
        assert people.get(f"/v1.0/{user}/events/{made['id']}").status_code == 404
    (request,) = inbox(people, BOB)
    assert request["@odata.type"] == "#microsoft.graph.eventMessageRequest"
    assert (request["meetingMessageType"], request["meetingRequestType"]) == ("meetingRequest", "newMeetingRequest")  # fmt: skip
    assert (request["subject"], request["from"]["emailAddress"]["name"]) == ("Plan", "Ada")
    assert request["startDateTime"] == {"dateTime": "2026-03-02T09:00:00.0000000", "timeZone": "UTC"}  # fmt: skip
    assert (request["isOutOfDate"], request["type"]) == (False, "singleInstance")
    one = people.get(f"/v1.0/{BOB}/messages/{request['id']}?$expand=microsoft.graph.eventMessage/event")  # fmt: skip
    assert one.json["event"]["id"] == own(people, BOB)["id"]
    assert subjects(people, ADA, "sentitems") == ["Plan"]
    assert inbox(people, ADA) == []
    (sent,) = people.get("/_fakegraph/sent").json["value"]
    assert sent["to"] == ["bob@contoso.com", "cy@contoso.com"]


def test_booleans_and_numbers_may_be_texts(people):
    made = make(people, f"{ADA}/events", meeting(isOnlineMeeting="false", isReminderOn="True", reminderMinutesBeforeStart="5"))  # fmt: skip
    found = (made["isOnlineMeeting"], made["isReminderOn"], made["reminderMinutesBeforeStart"])
    assert found == (False, True, 5)
    refused = people.post(f"/v1.0/{ADA}/events", json=meeting(isReminderOn="yes"))
    assert refused.status_code == 400
    assert people.post("/v1.0/groups", json={"mailEnabled": "false"}).status_code == 400


def test_an_event_without_attendees_sends_nothing(people):
    made = make(people, f"{ADA}/events", meeting())
    people.patch(f"/v1.0/{ADA}/events/{made['id']}", json={"subject": "x"})
    people.delete(f"/v1.0/{ADA}/events/{made['id']}")
    assert people.get("/_fakegraph/sent").json["value"] == []


@pytest.mark.parametrize(
    ("action", "response", "free", "subject", "kind"),
    [
        ("accept", "accepted", "oof", "Accepted: Plan", "meetingAccepted"),
        ("tentativelyAccept", "tentativelyAccepted", "tentative", "Tentative: Plan", "meetingTenativelyAccepted"),
        ("decline", "declined", None, "Declined: Plan", "meetingDeclined"),
    ],
)  # fmt: skip
def test_an_answer_changes_both_calendars_and_is_mailed(people, action, response, free, subject, kind):  # fmt: skip
    make(people, f"{ADA}/events", meeting("bob", showAs="oof"))
    copy = own(people, BOB)
    assert do(people, f"{BOB}/events/{copy['id']}/{action}", {"comment": "So be it"}).text == ""
    (attendee,) = own(people, ADA)["attendees"]
    assert attendee["status"]["response"] == response
    assert attendee["status"]["time"] > "2020"
    (told,) = inbox(people, ADA)
    assert told["@odata.type"] == "#microsoft.graph.eventMessageResponse"
    assert (told["subject"], told["responseType"], told["meetingMessageType"]) == (subject, response, kind)  # fmt: skip
    assert "So be it" in told["body"]["content"]
    assert subjects(people, BOB, "sentitems") == [subject]
    if action == "decline":
        assert listed(people, f"{BOB}/events") == []
        (request,) = inbox(people, BOB)
        whole = f"/v1.0/{BOB}/messages/{request['id']}?$expand=microsoft.graph.eventMessage/event"
        assert people.get(whole).json.get("event") is None
    else:
        copy = own(people, BOB)
        assert (copy["responseStatus"]["response"], copy["showAs"]) == (response, free)


@pytest.mark.parametrize("how", [{"sendResponse": False}, {"sendResponse": "false"}, "unwanted"])
def test_an_answer_can_stay_at_home(people, how):
    more = {"responseRequested": False} if how == "unwanted" else {}
    make(people, f"{ADA}/events", meeting("bob", **more))
    body = {} if how == "unwanted" else how
    do(people, f"{BOB}/events/{own(people, BOB)['id']}/accept", body)
    assert statuses(people) == ["none"]
    assert inbox(people, ADA) == []
    assert own(people, BOB)["responseStatus"]["response"] == "accepted"


def seen(hour):
    return {"dateTime": f"2026-03-02T{hour}:00:00.0000000", "timeZone": "UTC"}


def test_a_new_time_is_proposed(people):
    make(people, f"{ADA}/events", meeting("bob"))
    one = f"{BOB}/events/{own(people, BOB)['id']}"
    slot = {"start": at(14), "end": at(15)}
    do(people, f"{one}/tentativelyAccept", {"proposedNewTime": slot})
    assert subjects(people, ADA) == ["New Time Proposed: Plan"]
    (attendee,) = own(people, ADA)["attendees"]
    assert attendee["proposedNewTime"]["start"] == seen(14)
    answer = inbox(people, ADA)[0]
    assert answer["proposedNewTime"]["end"] == seen(15)
    tokyo = {"Prefer": 'outlook.timezone="Tokyo Standard Time"'}
    shown = people.get(f"/v1.0/{ADA}/events/{own(people, ADA)['id']}", headers=tokyo).json
    assert shown["attendees"][0]["proposedNewTime"]["start"]["dateTime"][11:13] == "23"
    for name, value in (("Comment", "No"), ("ProposedNewTime", slot)):
        refused = do(people, f"{one}/decline", {name: value, "sendResponse": False}, 400)
        error = assert_error(refused, 400, "ErrorInvalidParameter")
        assert error["message"] == f"'SendResponse' must be true when '{name}' is not null."
    mine = f"/v1.0/{ADA}/events/{own(people, ADA)['id']}"
    (attendee,) = people.patch(mine, json=slot).json["attendees"]
    assert (attendee["status"]["response"], "proposedNewTime" in attendee) == ("none", False)
    make(people, f"{ADA}/events", meeting("cy", allowNewTimeProposals=False))
    refused = do(people, f"{CY}/events/{own(people, CY)['id']}/decline", {"proposedNewTime": slot}, 400)  # fmt: skip
    assert_error(refused, 400, "ErrorInvalidRequest")


@pytest.mark.parametrize(
    ("slot", "code"),
    [
        ({"start": at(14)}, "ErrorInvalidTimeInterval"),
        ({}, "ErrorInvalidTimeInterval"),
        ({"start": at(14), "end": at(14)}, "ErrorInvalidTimeInterval"),
        ({"start": at(14), "end": at(13)}, "ErrorInvalidTimeInterval"),
        ({"start": {**at(14), "timeZone": "Nope"}, "end": at(15)}, "TimeZoneNotSupportedException"),
        ({"start": {**at(14), "dateTime": "soon"}, "end": at(15)}, "ErrorInvalidParameter"),
    ],
)
@pytest.mark.parametrize("action", ["tentativelyAccept", "decline"])
def test_what_is_no_time_is_not_proposed(people, slot, code, action):
    make(people, f"{ADA}/events", meeting("bob"))
    one = f"{BOB}/events/{own(people, BOB)['id']}"
    assert_error(do(people, f"{one}/{action}", {"proposedNewTime": slot}, 400), 400, code)
    assert inbox(people, ADA) == []
    assert own(people, BOB)["responseStatus"]["response"] == "notResponded"


@pytest.mark.parametrize("action", ["accept", "tentativelyAccept", "decline"])
def test_an_organizer_answers_nobody(people, action):
    made = make(people, f"{ADA}/events", meeting("bob"))
    refused = do(people, f"{ADA}/events/{made['id']}/{action}", status=400)
    error = assert_error(refused, 400, "ErrorInvalidRequest")
    assert error["message"] == "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer."  # fmt: skip
    refused = do(people, f"{BOB}/events/{own(people, BOB)['id']}/cancel", status=400)
    error = assert_error(refused, 400, "ErrorInvalidRequest")
    assert error["message"] == "Your request can't be completed. You need to be an organizer to cancel a meeting."  # fmt: skip


def test_a_meeting_that_moves_is_asked_for_again(people):
    made = make(people, f"{ADA}/events", meeting("bob"))
    do(people, f"{BOB}/events/{own(people, BOB)['id']}/accept")
    changed = people.patch(f"/v1.0/{ADA}/events/{made['id']}", json={"start": at(11), "end": at(12)}).json  # fmt: skip
    assert [each["status"] for each in changed["attendees"]] == [NONE]
    copy = own(people, BOB)
    assert (copy["start"], copy["showAs"]) == (changed["start"], "tentative")
    assert copy["responseStatus"]["response"] == "notResponded"
    update = mail(people, BOB, meetingRequestType="fullUpdate")
    assert (update["isOutOfDate"], update["previousStartDateTime"]) == (False, made["start"])
    assert mail(people, BOB, meetingRequestType="newMeetingRequest")["isOutOfDate"] is True


def test_a_meeting_that_is_otherwise_keeps_what_was_answered(people):
    made = make(people, f"{ADA}/events", meeting("bob"))
    do(people, f"{BOB}/events/{own(people, BOB)['id']}/accept")
    people.patch(f"/v1.0/{ADA}/events/{made['id']}", json={"subject": "Plans"})
    assert statuses(people) == ["accepted"]
    copy = own(people, BOB)
    assert (copy["subject"], copy["responseStatus"]["response"]) == ("Plans", "accepted")
    assert mail(people, BOB, meetingRequestType="informationalUpdate")["subject"] == "Plans"


def test_what_is_ones_own_of_a_meeting_is_told_nobody(people):
    made = make(people, f"{ADA}/events", meeting("bob"))
    people.patch(f"/v1.0/{ADA}/events/{made['id']}", json={"categories": ["Red category"], "isReminderOn": False})  # fmt: skip
    copy = own(people, BOB)
    assert (copy["categories"], copy["isReminderOn"]) == ([], True)
    people.patch(f"/v1.0/{BOB}/events/{copy['id']}", json={"showAs": "free", "subject": "mine"})
    assert (own(people, ADA)["subject"], len(inbox(people, BOB)), inbox(people, ADA)) == ("Plan", 1, [])  # fmt: skip


def test_only_changed_attendees_are_told(people):
    made = make(people, f"{ADA}/events", meeting("bob"))
    do(people, f"{BOB}/events/{own(people, BOB)['id']}/accept")
    one = f"/v1.0/{ADA}/events/{made['id']}"
    people.patch(one, json={"attendees": attendees("bob", "cy")})
    assert statuses(people) == ["accepted", "none"]
    assert (subjects(people, BOB), subjects(people, CY)) == (["Plan"], ["Plan"])
    people.patch(one, json={"attendees": attendees("cy")})
    assert subjects(people, BOB) == ["Canceled: Plan", "Plan"]
    assert own(people, BOB)["isCancelled"] is True
    assert subjects(people, CY) == ["Plan"]


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_a_meeting_is_called_off(people, how):
    made = make(people, f"{ADA}/events", meeting("bob"))
    one = f"{ADA}/events/{made['id']}"
    if how == "cancel":
        do(people, f"{one}/cancel", {"comment": "Fire"})
    else:
        assert people.delete(f"/v1.0/{one}").status_code == 204
    assert people.get(f"/v1.0/{one}").status_code == 404
    copy = own(people, BOB)
    assert (copy["isCancelled"], copy["subject"], copy["showAs"]) == (True, "Canceled: Plan", "free")  # fmt: skip
    told = mail(people, BOB, meetingMessageType="meetingCancelled")
    assert told["@odata.type"] == "#microsoft.graph.eventMessage"
    assert told["subject"] == "Canceled: Plan"
    assert ("Fire" in told["body"]["content"]) is (how == "cancel")
    assert mail(people, BOB, meetingMessageType="meetingRequest")["isOutOfDate"] is True
    do(people, f"{one}/cancel", status=404)


def test_an_attendee_deletes_their_own_copy_alone(people):
    make(people, f"{ADA}/events", meeting("bob"))
    assert people.delete(f"/v1.0/{BOB}/events/{own(people, BOB)['id']}").status_code == 204
    assert statuses(people) == ["none"]
    assert inbox(people, ADA) == []


def test_a_meeting_is_forwarded(people):
    make(people, f"{ADA}/events", meeting("bob"))
    one = f"{BOB}/events/{own(people, BOB)['id']}"
    do(people, f"{one}/forward", {"ToRecipients": attendees("cy"), "Comment": "You too"})
    assert [each["emailAddress"]["name"] for each in own(people, ADA)["attendees"]] == ["Bob", "Cy"]
    assert own(people, CY)["organizer"]["emailAddress"]["name"] == "Ada"
    assert subjects(people, CY) == ["Plan"]
    assert subjects(people, ADA) == ["Meeting Forward Notification: Plan"]
    do(people, f"{one}/forward", {"ToRecipients": []}, 400)


@pytest.fixture
def team(people):
    """The path of a Microsoft 365 group, whose members are Bob and Cy."""
    kind = {"groupTypes": ["Unified"], "mailEnabled": True, "mail": "team@contoso.com"}
    members = [{"id": "bob"}, {"id": "cy"}]
    seed(people, {"groups": [{"id": "team", "displayName": "Team", "members": members, **kind}]})
    return "groups/team"


def test_an_event_of_a_group_is_forwarded_by_who_asks(people, team):
    made = make(people, f"{team}/events", meeting())
    do(people, f"{team}/events/{quote(made['id'])}/forward", {"ToRecipients": attendees("cy")})
    assert subjects(people, CY) == ["Plan"]
    found = mail(people, CY)
    assert [found[each]["emailAddress"]["name"] for each in ("from", "sender")] == ["Team", "Ada"]
    assert subjects(people, ADA, "sentitems") == ["Plan"]
    assert [each["subject"] for each in listed(people, f"{CY}/events")] == ["Plan"]


@pytest.mark.parametrize("path", ["events", "calendar/events"])
def test_a_group_invites_and_is_told_what_people_answer(people, team, path):
    made = make(people, f"{team}/{path}", meeting("ada", "cy"))
    assert made["organizer"]["emailAddress"] == {"name": "Team", "address": "team@contoso.com"}
    assert (made["isOrganizer"], made["responseStatus"]["response"]) == (True, "organizer")
    copy = own(people, CY)
    assert (copy["iCalUId"], copy["isOrganizer"], copy["organizer"]) == (made["iCalUId"], False, made["organizer"])  # fmt: skip
    assert (copy["showAs"], copy["responseStatus"]["response"]) == ("tentative", "notResponded")
    asked = mail(people, CY, meetingMessageType="meetingRequest")
    assert [asked[each]["emailAddress"]["name"] for each in ("from", "sender")] == ["Team", "Ada"]
    assert listed(people, f"{BOB}/events") == inbox(people, BOB) == []  # nobody has asked him
    (sent,) = people.get("/_fakegraph/sent").json["value"]
    assert (sent["from"], sent["sender"]) == ("team@contoso.com", "ada@contoso.com")

    do(people, f"{CY}/events/{copy['id']}/accept")
    (kept,) = listed(people, f"{team}/{path}")
    assert [each["status"]["response"] for each in kept["attendees"]] == ["none", "accepted"]
    assert subjects(people, CY, "sentitems") == ["Accepted: Plan"]
    assert inbox(people, BOB) == []  # what the mailbox of a group is told, its members are not

    one = f"{team}/events/{quote(made['id'])}"
    moved = people.patch(f"/v1.0/{one}", json={"start": at(11), "end": at(12)}).json
    assert [each["status"]["response"] for each in moved["attendees"]] == ["none", "none"]
    assert own(people, CY)["start"]["dateTime"] == "2026-03-02T11:00:00.0000000"
    assert people.delete(f"/v1.0/{one}").status_code == 204
    assert (own(people, CY)["isCancelled"], own(people, CY)["showAs"]) == (True, "free")
    assert subjects(people, CY) == ["Canceled: Plan", "Plan", "Plan"]


def test_a_group_invites_its_members_by_its_own_address(people, team):
    made = make(people, f"{team}/events", meeting("team"))
    for who in (BOB, CY):
        assert own(people, who)["iCalUId"] == made["iCalUId"]
        assert subjects(people, who) == ["Plan"]
    assert len(listed(people, f"{team}/events")) == 1


def test_a_meeting_of_a_group_is_held_by_who_asks(people, team):
    online = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    made = make(people, f"{team}/events", meeting(**online))
    url = quote(made["onlineMeeting"]["joinUrl"], safe="")
    found = listed(people, f"{ADA}/onlineMeetings?$filter=JoinWebUrl eq '{url}'")
    assert [each["subject"] for each in found] == ["Plan"]


def test_a_group_accepts_what_it_is_asked_to(people, team):
    made = make(people, f"{ADA}/events", meeting("team"))
    assert statuses(people) == ["accepted"]
    copy = own(people, team)
    assert (copy["iCalUId"], copy["isOrganizer"], copy["showAs"]) == (made["iCalUId"], False, "busy")  # fmt: skip
    assert copy["responseStatus"]["response"] == "accepted"
    assert own(people, BOB)["responseStatus"]["response"] == "notResponded"
    refused = do(people, f"{team}/events/{quote(copy['id'])}/decline", status=400)
    assert "users alone respond" in refused.json["error"]["message"]
    do(people, f"{ADA}/events/{quote(made['id'])}/cancel")
    assert own(people, team)["isCancelled"]


def test_an_app_alone_sends_nothing_for_a_group(make_client):
    client = make_client(auth="bearer")
    seed(client, {"groups": [{"id": "team", "displayName": "Team", "mail": "team@contoso.com"}]})
    wanted = {"roles": ["Group.ReadWrite.All", "Calendars.ReadWrite"]}
    token = client.post("/_fakegraph/tokens", json=wanted).json["access_token"]
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    refused = client.post("/v1.0/groups/team/events", json=meeting("cy"))
    assert_error(refused, 403, "ErrorAccessDenied", "Access is denied.", "not of apps")
    assert listed(client, "groups/team/events") == []


@pytest.mark.parametrize("answer", ["accept", "tentativelyAccept", "decline"])
def test_what_is_called_off_cannot_be_answered(people, answer):
    made = make(people, f"{ADA}/events", meeting("bob"))
    do(people, f"{ADA}/events/{quote(made['id'])}/cancel")
    refused = do(people, f"{BOB}/events/{own(people, BOB)['id']}/{answer}", status=400)
    assert_error(refused, 400, "ErrorInvalidRequest", "it's been canceled")
    assert own(people, BOB)["responseStatus"]["response"] == "notResponded"
    assert inbox(people, ADA) == []


@pytest.mark.parametrize("whom", [[], [{}], [*attendees("cy"), {"emailAddress": {"address": "x"}}]])
def test_a_meeting_is_forwarded_to_addresses(people, whom):
    made = make(people, f"{ADA}/events", meeting("bob"))
    one = f"{ADA}/events/{quote(made['id'])}"
    refused = do(people, f"{one}/forward", {"ToRecipients": whom}, 400)
    assert_error(refused, 400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
    assert (inbox(people, CY), len(own(people, ADA)["attendees"])) == ([], 1)


def test_what_has_no_reminder_is_not_snoozed(people, team):
    at_eight = {"newReminderTime": at(8)}
    quiet = make(people, f"{ADA}/events", meeting(isReminderOn=False))
    of_group = make(people, f"{team}/events", meeting())
    for path in (f"{ADA}/events/{quote(quiet['id'])}", f"{team}/events/{quote(of_group['id'])}"):
        refused = do(people, f"{path}/snoozeReminder", at_eight, 400)
        assert_error(refused, 400, "ErrorInvalidRequest", "reminder")


def test_a_room_answers_by_itself(people):
    room = attendees("room1", type="resource")
    make(people, f"{ADA}/events", meeting() | {"attendees": room})
    assert statuses(people) == ["accepted"]
    make(people, f"{BOB}/events", meeting() | {"attendees": room})
    assert statuses(people, BOB) == ["declined"]
    make(people, f"{CY}/events", meeting(hour=10) | {"attendees": room})
    assert statuses(people, CY) == ["accepted"]
    assert len(listed(people, "users/room/events")) == 2
    assert subjects(people, BOB) == ["Declined: Plan"]


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_a_room_knows_whose_a_meeting_is_and_not_what_about(people, how):
    room = attendees("room1", type="resource")
    body = {"contentType": "text", "content": "All of it"}
    whole = daily("bob", sensitivity="private", body=body)
    made = make(people, f"{ADA}/events", whole | {"attendees": [*whole["attendees"], *room]})
    booked = own(people, "users/room")
    assert (booked["subject"], booked["sensitivity"], booked["bodyPreview"]) == (
        "Ada",
        "normal",
        "",
    )
    assert "All of it" not in booked["body"]["content"]
    assert subjects(people, ADA) == ["Accepted: Plan"]
    do(people, f"{ADA}/events/{view(people, ADA)[1]['id']}/cancel")
    assert len(view(people, "users/room")) == len(view(people, BOB)) - 1
    place = f"{ADA}/events/{made['id']}"
    if how == "cancel":
        do(people, f"{place}/cancel")
    else:
        assert people.delete(f"/v1.0/{place}").status_code == 204
    assert listed(people, "users/room/events") == []
    assert own(people, BOB)["isCancelled"] is True


def test_a_room_knows_the_occurrences_of_a_series(people):
    room = attendees("room1", type="resource")
    make(people, f"{ADA}/events", daily() | {"attendees": room})
    later = meeting() | {"attendees": room, "start": at(9, "05"), "end": at(10, "05")}
    make(people, f"{BOB}/events", later)
    assert (statuses(people), statuses(people, BOB)) == (["accepted"], ["declined"])


def test_an_attendee_nobody_has_is_reported(people):
    make(people, f"{ADA}/events", meeting("nobody", "bob"))
    assert subjects(people, ADA) == ["Undeliverable: Plan"]
    assert subjects(people, BOB) == ["Plan"]


@pytest.mark.parametrize(
    "person",
    [{"name": "Dan"}, {"address": "no address"}, {"address": "dan@"}, {"address": "a b@c.d"}],
)
def test_who_has_no_address_is_not_invited(people, person):
    body = meeting("bob") | {"attendees": [{"emailAddress": person}, *attendees("bob")]}
    made = make(people, f"{ADA}/events", meeting())
    for answer in (
        people.post(f"/v1.0/{ADA}/events", json=body),
        people.patch(f"/v1.0/{ADA}/events/{made['id']}", json=body),
    ):
        error = assert_error(answer, 400, "ErrorInvalidRecipients", "isn't resolved")
        assert error["message"].startswith("At least one recipient is not valid., Recipient")
    assert [each["attendees"] for each in listed(people, f"{ADA}/events")] == [[]]
    assert people.get("/_fakegraph/sent").json["value"] == []
    seed(people, {f"{ADA}/events": [{"id": "AAMkAAAAAAA7", **body, "subject": "Old"}]})
    changed = people.patch(f"/v1.0/{ADA}/events/AAMkAAAAAAA7", json={"subject": "New"})
    assert changed.status_code == 200, changed.text
    (sent,) = people.get("/_fakegraph/sent").json["value"]
    assert sent["to"] == ["bob@contoso.com"]


def test_a_group_is_invited_member_by_member(people):
    seed(people, {"groups": [{"id": "g", "displayName": "All", "mail": "all@contoso.com", "members": [{"id": "bob"}, {"id": "cy"}]}]})  # fmt: skip
    make(people, f"{ADA}/events", meeting("all"))
    assert own(people, BOB)["iCalUId"] == own(people, CY)["iCalUId"]


def test_attachments_and_hidden_attendees(people):
    made = make(people, f"{ADA}/events", meeting(hideAttendees=True))
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "aGk="}  # fmt: skip
    make(people, f"{ADA}/events/{made['id']}/attachments", file)
    people.patch(f"/v1.0/{ADA}/events/{made['id']}", json={"attendees": attendees("bob", "cy")})
    copy = own(people, BOB)
    assert [each["emailAddress"]["name"] for each in copy["attendees"]] == ["Bob"]
    (found,) = listed(people, f"{BOB}/events/{copy['id']}/attachments")
    assert (found["name"], found["contentBytes"]) == ("a.txt", "aGk=")
    assert copy["hasAttachments"] is True


def test_a_calendar_that_does_not_tally_counts_no_answers(people):
    other = make(people, f"{ADA}/calendars", {"name": "Side"})
    made = make(people, f"{ADA}/calendars/{other['id']}/events", meeting("bob"))
    do(people, f"{BOB}/events/{own(people, BOB)['id']}/accept")
    found = people.get(f"/v1.0/{ADA}/events/{made['id']}").json
    assert found["attendees"][0]["status"]["response"] == "none"
    assert subjects(people, ADA) == ["Accepted: Plan"]


def test_what_a_body_says_that_attendees_answered_is_not_heeded(people):
    body = meeting() | {"attendees": attendees("bob", status={"response": "declined", "time": "2026-01-01T00:00:00Z"})}  # fmt: skip
    made = make(people, f"{ADA}/events", body)
    assert made["attendees"][0]["status"] == {"response": "notResponded", "time": "4501-01-01T00:00:00Z"}  # fmt: skip


# Online ---------------------------------------------------------------------------------------


def test_an_online_meeting_has_a_link_that_all_share(people):
    made = make(people, f"{ADA}/events", meeting("bob", isOnlineMeeting=True, body={"contentType": "text", "content": "Hello"}))  # fmt: skip
    assert made["onlineMeetingProvider"] == "teamsForBusiness"
    assert made["onlineMeetingUrl"] is None
    link = made["onlineMeeting"]["joinUrl"]
    assert link.startswith("https://teams.microsoft.com/l/meetup-join/19%3ameeting_")
    said = json.loads(parse_qs(urlsplit(link).query)["context"][0])
    organizer = people.get(f"/v1.0/{ADA}").json["id"]
    assert said == {
        "Tid": people.get("/v1.0/organization").json["value"][0]["id"],
        "Oid": organizer,
    }
    assert made["body"]["content"].startswith("Hello")
    assert link in made["body"]["content"]
    copy = own(people, BOB)
    assert (copy["onlineMeeting"], copy["isOnlineMeeting"]) == (made["onlineMeeting"], True)
    assert copy["body"]["content"].count(link) == 1


def test_the_organizer_of_an_online_meeting_finds_it_by_its_link(people):
    made = make(people, f"{ADA}/events", meeting("bob", isOnlineMeeting=True))
    named = quote(made["onlineMeeting"]["joinUrl"], safe="")
    path = f"onlineMeetings?$filter=JoinWebUrl eq '{named}'"

    (found,) = listed(people, f"{ADA}/{path}")

    assert found["subject"] == made["subject"]
    assert found["startDateTime"].startswith(made["start"]["dateTime"][:16])
    assert quote(found["chatInfo"]["threadId"], safe="").lower() in found["joinWebUrl"].lower()
    assert listed(people, f"{BOB}/{path}") == []
    people.patch(f"/v1.0/{ADA}/events/{made['id']}", json={"subject": "Moved"})
    assert [each["subject"] for each in listed(people, f"{ADA}/{path}")] == ["Moved"]


@pytest.mark.parametrize("changes", [{"isOnlineMeeting": False}, {"onlineMeetingProvider": "skypeForBusiness"}, {"subject": "x"}])  # fmt: skip
def test_an_online_meeting_stays_one(people, changes):
    made = make(people, f"{ADA}/events", meeting(isOnlineMeeting=True))
    changed = people.patch(f"/v1.0/{ADA}/events/{made['id']}", json=changes).json
    names = ("isOnlineMeeting", "onlineMeetingProvider", "onlineMeeting", "body")
    assert [changed[name] for name in names] == [made[name] for name in names]


def test_a_meeting_without_the_link_in_its_body_is_online_no_more(people):
    made = make(people, f"{ADA}/events", meeting(isOnlineMeeting=True))
    one = f"/v1.0/{ADA}/events/{made['id']}"
    kept = {"contentType": "html", "content": f"{made['body']['content']} and more"}
    assert people.patch(one, json={"body": kept}).json["isOnlineMeeting"] is True
    changed = people.patch(one, json={"body": {"contentType": "html", "content": "x"}}).json
    assert (changed["isOnlineMeeting"], changed["onlineMeeting"]) == (False, None)


@pytest.mark.parametrize(
    ("allowed", "usual", "provider"),
    [
        (["teamsForBusiness"], "teamsForBusiness", "teamsForBusiness"),
        (["skypeForBusiness"], "skypeForBusiness", "skypeForBusiness"),
        (["skypeForConsumer"], "unknown", "skypeForConsumer"),
        ([], "unknown", "unknown"),
    ],
)
def test_a_calendar_says_who_provides_meetings(people, allowed, usual, provider):
    said = {"allowedOnlineMeetingProviders": allowed, "defaultOnlineMeetingProvider": usual}
    assert people.patch(f"/v1.0/{ADA}/calendar", json=said).status_code == 200
    wanted = {"isOnlineMeeting": True, "onlineMeetingProvider": "skypeForConsumer"}
    made = make(people, f"{ADA}/events", meeting("bob", **wanted))
    is_online = provider != "unknown"
    for each in (made, own(people, BOB)):
        assert (each["isOnlineMeeting"], each["onlineMeetingProvider"]) == (is_online, provider)
        assert bool(each["onlineMeeting"]) == ("Join the meeting" in each["body"]["content"]) == is_online  # fmt: skip


def test_events_of_groups_have_no_attachments(people, team):
    file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "aGk="}  # fmt: skip
    plan = make(people, f"{team}/events", meeting())
    session = {"AttachmentItem": {"attachmentType": "file", "name": "a", "size": 4_000_000}}
    for path, body in {
        "": meeting(attachments=[file]),
        f"/{plan['id']}/attachments": file,
        f"/{plan['id']}/attachments/createUploadSession": session,
    }.items():
        refused = people.post(f"/v1.0/{team}/events{path}", json=body)
        assert_error(refused, 400, "ErrorInvalidRequest", "The OData request is not supported.")
    assert [each["id"] for each in listed(people, f"{team}/events")] == [plan["id"]]
    make(people, f"{ADA}/events", meeting("team", "bob", attachments=[file]))
    assert own(people, BOB)["hasAttachments"]
    assert not any(each["hasAttachments"] for each in listed(people, f"{team}/events"))


# Series ---------------------------------------------------------------------------------------


def view(client, user):
    return listed(client, f"{user}/calendarView?{WEEK}")


def test_a_series_is_one_meeting_in_each_calendar(people):
    make(people, f"{ADA}/events", daily("bob"))
    assert own(people, BOB)["type"] == "seriesMaster"
    assert [each["start"] for each in view(people, ADA)] == [each["start"] for each in view(people, BOB)]  # fmt: skip
    assert [each["iCalUId"] for each in view(people, ADA)] == [each["iCalUId"] for each in view(people, BOB)]  # fmt: skip
    do(people, f"{BOB}/events/{own(people, BOB)['id']}/accept")
    assert statuses(people) == ["accepted"]
    assert {each["attendees"][0]["status"]["response"] for each in view(people, ADA)} == {"accepted"}  # fmt: skip


def test_one_occurrence_is_declined(people):
    make(people, f"{ADA}/events", daily("bob"))
    second = view(people, BOB)[1]
    do(people, f"{BOB}/events/{second['id']}/decline")
    assert statuses(people) == ["none"]
    answers = [each["attendees"][0]["status"]["response"] for each in view(people, ADA)]
    assert answers[:3] == ["none", "declined", "none"]
    assert len(view(people, BOB)) == len(view(people, ADA)) - 1


def test_one_occurrence_is_changed_for_all(people):
    make(people, f"{ADA}/events", daily("bob"))
    second = view(people, ADA)[1]
    answer = people.patch(f"/v1.0/{ADA}/events/{second['id']}", json={"subject": "Retro"})
    assert answer.json["type"] == "exception"
    assert [each["subject"] for each in view(people, BOB)][:3] == ["Plan", "Retro", "Plan"]
    assert view(people, BOB)[1]["type"] == "exception"
    assert subjects(people, BOB) == ["Plan", "Retro"]
    assert own(people, BOB)["subject"] == "Plan"


@pytest.mark.parametrize("how", ["forwarded", "invited"])
def test_who_is_new_in_a_series_has_its_exceptions(people, how):
    made = make(people, f"{ADA}/events", daily("bob"))
    days = [f"{ADA}/events/{each['id']}" for each in view(people, ADA)]
    people.patch(f"/v1.0/{days[1]}", json={"start": at(11, "03"), "end": at(12, "03")})
    do(people, f"{days[2]}/cancel")
    if how == "invited":
        whom = {"attendees": attendees("bob", "cy")}
        assert people.patch(f"/v1.0/{ADA}/events/{made['id']}", json=whom).status_code == 200
    else:
        do(people, f"{BOB}/events/{own_series(people, BOB)['id']}/forward", {"ToRecipients": attendees("cy")})  # fmt: skip
    assert subjects(people, CY) == ["Plan"]
    for name in ("start", "end", "type", "iCalUId"):
        assert [each[name] for each in view(people, CY)] == [each[name] for each in view(people, ADA)]  # fmt: skip
    assert [each["type"] for each in view(people, CY)][:3] == ["occurrence", "exception", "occurrence"]  # fmt: skip


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_one_occurrence_is_called_off(people, how):
    make(people, f"{ADA}/events", daily("bob"))
    second = view(people, ADA)[1]
    one = f"{ADA}/events/{second['id']}"
    if how == "cancel":
        do(people, f"{one}/cancel")
    else:
        assert people.delete(f"/v1.0/{one}").status_code == 204
    assert len(view(people, ADA)) == 6
    assert [each["isCancelled"] for each in view(people, BOB)][:3] == [False, True, False]
    assert subjects(people, BOB) == ["Canceled: Plan", "Plan"]
    assert own(people, BOB)["isCancelled"] is False


def test_a_series_is_called_off_once(people):
    made = make(people, f"{ADA}/events", daily("bob"))
    do(people, f"{ADA}/events/{made['id']}/cancel")
    assert view(people, ADA) == []
    assert {each["isCancelled"] for each in view(people, BOB)} == {True}
    assert subjects(people, BOB) == ["Canceled: Plan", "Plan"]


def test_exceptions_of_a_series_are_called_off_one_by_one(people):
    made = make(people, f"{ADA}/events", daily("bob"))
    people.patch(f"/v1.0/{ADA}/events/{view(people, ADA)[1]['id']}", json={"subject": "Retro"})
    do(people, f"{ADA}/events/{made['id']}/cancel")
    assert subjects(people, BOB) == ["Canceled: Plan", "Canceled: Retro", "Plan", "Retro"]
    found = view(people, BOB)
    assert {each["isCancelled"] for each in found} == {True}
    assert [each["subject"] for each in found][:2] == ["Canceled: Plan", "Canceled: Retro"]
