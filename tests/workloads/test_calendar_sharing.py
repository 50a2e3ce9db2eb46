"""Calendars, their groups, and who may see what is in them."""

from __future__ import annotations

import pytest

from tests.conftest import assert_error
from tests.graph.whole.conftest import listed, make, seed

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
