"""What mailboxes are set to, and what they cannot be."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, seed

SETTINGS = "me/mailboxSettings"
SET = "Set action is invalid for property."
FAILED = "At least one property failed validation."


def patch(client, body, path=SETTINGS):
    return client.patch(f"/v1.0/{path}", json=body)


def moment(text):
    return {"dateTime": text, "timeZone": "Pacific Standard Time"}


def test_a_mailbox_has_its_defaults(client):
    archive = client.get("/v1.0/me/mailFolders/archive").json["id"]
    found = client.get(f"/v1.0/{SETTINGS}").json
    assert found.pop("@odata.context").endswith("/mailboxSettings")
    never = {"dateTime": "0001-01-01T00:00:00.0000000", "timeZone": "UTC"}
    assert found == {
        "archiveFolder": archive,
        "automaticRepliesSetting": {
            "status": "disabled",
            "externalAudience": "all",
            "internalReplyMessage": "",
            "externalReplyMessage": "",
            "scheduledStartDateTime": never,
            "scheduledEndDateTime": never,
        },
        "dateFormat": "M/d/yyyy",
        "timeFormat": "h:mm tt",
        "timeZone": "UTC",
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "language": {"locale": "en-US", "displayName": "English (United States)"},
        "userPurpose": "user",
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": "UTC"},
        },
    }


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"timeZone": "Pacific Standard Time"}, None),
        ({"timeZone": "Europe/Berlin"}, None),
        ({"dateFormat": "dd.MM.yyyy", "timeFormat": "HH:mm"}, None),
        ({"dateFormat": "yyyy'/'MM'/'dd"}, None),
        (
            {"language": {"locale": "DE-de"}},
            {"language": {"locale": "de-DE", "displayName": "German (Germany)"}},
        ),
        ({"delegateMeetingMessageDeliveryOptions": "sendToDelegateAndPrincipal"}, None),
    ],
)
def test_a_change_is_answered_with_what_has_changed(client, body, shown):
    answer = patch(client, body)
    assert answer.status_code == 200, answer.text
    assert {name: value for name, value in answer.json.items() if name[0] != "@"} == (shown or body)
    found = client.get(f"/v1.0/{SETTINGS}").json
    assert {name: found[name] for name in body} == (shown or body)
    assert len(found) == 10


def test_some_of_the_settings_can_be_selected(client):
    found = client.get(f"/v1.0/{SETTINGS}?$select=timeZone,dateFormat").json
    context = found.pop("@odata.context")
    assert context.endswith("/mailboxSettings(dateFormat,timeZone)")
    assert found == {"timeZone": "UTC", "dateFormat": "M/d/yyyy"}
    wrong = client.get(f"/v1.0/{SETTINGS}?$select=colour")
    assert_error(wrong, 400, "BadRequest", "Parsing OData Select and Expand failed")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"timeZone": "Greenwich Mean Time"}, "TimeZoneNotSupportedException", "A valid TimeZone value must be specified. The following TimeZone value is not supported: 'Greenwich Mean Time'."),
        ({"language": {"locale": "xx-XX"}}, "ErrorPropertyValidationFailure", FAILED),
        ({"dateFormat": "whenever"}, "ErrorPropertyValidationFailure", FAILED),
        ({"dateFormat": "HH:mm"}, "ErrorPropertyValidationFailure", FAILED),
        ({"dateFormat": f"M/y{'d' * 1000}?"}, "ErrorPropertyValidationFailure", FAILED),
        ({"timeFormat": f"h:{'m' * 1000}?"}, "ErrorPropertyValidationFailure", FAILED),
        ({"timeFormat": "M/d/yyyy"}, "ErrorPropertyValidationFailure", FAILED),
        ({"workingHours": {"startTime": "17:00:00", "endTime": "08:00:00"}}, "ErrorInvalidTimeSettings", "Start Time should occur before End Time."),
        ({"workingHours": {"startTime": "09:00:00", "endTime": "09:00:00.0000000"}}, "ErrorInvalidTimeSettings", "Start Time should occur before End Time."),
        ({"workingHours": {"timeZone": {"name": "Nowhere"}}}, "InvalidTimeZone", "Time Zone settings provided are invalid."),
        ({"automaticRepliesSetting": {"status": "scheduled"}}, "ErrorPropertyValidationFailure", FAILED),
        ({"automaticRepliesSetting": {"status": "scheduled", "scheduledStartDateTime": moment("2026-12-02T00:00:00"), "scheduledEndDateTime": moment("2026-12-01T00:00:00")}}, "ErrorPropertyValidationFailure", FAILED),
        ({"userPurpose": "room"}, "ErrorInvalidPropertySet", SET),
        ({"archiveFolder": "AAMk"}, "ErrorInvalidPropertySet", SET),
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["itself", "user"])
def test_what_a_mailbox_cannot_be_set_to_is_refused(client, body, code, message, way):
    before = client.get(f"/v1.0/{SETTINGS}").json
    if way == "itself":
        answer = patch(client, body)
    else:
        answer = patch(client, {"mailboxSettings": body}, "me")
    assert_error(answer, 400, code, message)
    assert client.get(f"/v1.0/{SETTINGS}").json == before


def test_what_a_change_of_replies_leaves_out_stays(client):
    patch(client, {"automaticRepliesSetting": {"status": "alwaysEnabled", "internalReplyMessage": "Away"}})  # fmt: skip
    answer = patch(client, {"automaticRepliesSetting": {"externalAudience": "none"}})
    found = answer.json["automaticRepliesSetting"]
    assert (found["status"], found["internalReplyMessage"], found["externalAudience"]) == ("alwaysEnabled", "Away", "none")  # fmt: skip
    assert client.get(f"/v1.0/{SETTINGS}/automaticRepliesSetting").json["internalReplyMessage"] == "Away"  # fmt: skip
    times = {"scheduledStartDateTime": moment("2026-12-01T00:00:00"), "scheduledEndDateTime": moment("2026-12-02T00:00:00")}  # fmt: skip
    assert patch(client, {"automaticRepliesSetting": {"status": "scheduled", **times}}).status_code == 200  # fmt: skip


def test_working_hours_are_said_to_the_last_digit(client):
    answer = patch(client, {"workingHours": {"startTime": "09:30", "endTime": "18:00:00.5"}})
    for found in (answer.json, client.get(f"/v1.0/{SETTINGS}").json):
        hours = found["workingHours"]
        assert (hours["startTime"], hours["endTime"]) == ("09:30:00.0000000", "18:00:00.5000000")


def test_each_setting_has_a_url(client):
    assert client.get(f"/v1.0/{SETTINGS}/timeZone").json["value"] == "UTC"
    assert client.get(f"/v1.0/{SETTINGS}/userPurpose").json["value"] == "user"
    assert client.get(f"/v1.0/{SETTINGS}/language").json["locale"] == "en-US"


def test_seeds_say_what_a_mailbox_is_for(client):
    seed(client, {"users": [{"id": "room", "mailboxSettings": {"userPurpose": "room", "workingHours": {"endTime": "12:00:00"}}}]})  # fmt: skip
    found = client.get("/v1.0/users/room/mailboxSettings").json
    assert found["userPurpose"] == "room"
    assert found["workingHours"]["endTime"].startswith("12:00:00")
    assert found["workingHours"]["startTime"].startswith("08:00:00")


def test_there_are_time_zones_and_languages_to_choose_from(client):
    windows = listed(client, "me/outlook/supportedTimeZones")
    assert {"alias": "Pacific Standard Time", "displayName": "(UTC-08:00) Pacific Standard Time"} in windows  # fmt: skip
    assert {"alias": "UTC", "displayName": "(UTC) UTC"} in windows
    iana = listed(client, "me/outlook/supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Iana')")  # fmt: skip
    assert {"alias": "Europe/Berlin", "displayName": "Europe/Berlin"} in iana
    said = "me/outlook/supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'Windows')"  # fmt: skip
    assert listed(client, said) == windows
    known = listed(client, "me/outlook/supportedLanguages")
    assert {"locale": "sr-Cyrl-BA", "displayName": "Serbian (Cyrillic, Bosnia and Herzegovina)"} in known  # fmt: skip
    for each in (*windows, *iana):
        assert patch(client, {"timeZone": each["alias"]}).status_code == 200, each


@pytest.mark.parametrize("name", ["timeZone", "language", "workingHours", "automaticRepliesSetting", "dateFormat"])  # fmt: skip
def test_what_a_mailbox_always_has_is_not_taken_away(client, name):
    before = client.get(f"/v1.0/{SETTINGS}").json
    answer = patch(client, {name: None})
    assert_error(answer, 400, "ErrorPropertyValidationFailure", f"A mailbox always has '{name}'.")
    assert client.get(f"/v1.0/{SETTINGS}").json == before


@pytest.mark.parametrize("days", [["RandomDay"], ["monday", "RandomDay"]])
def test_a_day_that_there_is_none_of_is_no_working_day(client, days):
    answer = patch(client, {"workingHours": {"daysOfWeek": days}})
    error = assert_error(answer, 400, "InvalidArguments", "takes one of sunday, monday")
    assert error["message"] == "Requested value 'RandomDay' was not found."
    assert_error(patch(client, {"workingHours": {"daysOfWeek": 7}}), 400, "RequestBodyRead")
