"""Calendars, contacts and tasks as O365 works them, unmodified, through the forward proxy."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tests.clients.o365 import account_of, go_through, proxy_of

pytestmark = pytest.mark.filterwarnings("ignore:This API has been deprecated for public client")

PACIFIC = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """The URL of a fakegraph that is a forward proxy, and the certificate of its CA."""
    with proxy_of(tmp_path_factory.mktemp("calendar"), ("ada", "bob", "cy")) as found:
        yield found


@pytest.fixture
def sign_in(proxy, monkeypatch):
    """Sign somebody in with a password, and give the account."""
    go_through(proxy, monkeypatch)
    return lambda name: account_of(name, "Calendars.ReadWrite", timezone="America/Los_Angeles")


def week(account, **options):
    """What is in the calendar in the week in which the clocks change, by when it begins."""
    calendar = account.schedule(resource="me").get_default_calendar()
    begin = dt.datetime(2026, 3, 6, tzinfo=PACIFIC)
    found = calendar.get_events(
        limit=50,
        start_recurring=begin,
        end_recurring=begin + dt.timedelta(days=7),
        include_recurring=True,
        order_by="start/dateTime",
        **options,
    )
    return list(found)


def test_a_meeting_that_recurs_with_two_attendees(sign_in):
    ada, bob, cy = (sign_in(name) for name in ("ada", "bob", "cy"))
    made = ada.schedule(resource="me").get_default_calendar().new_event("Stand-up")
    made.start = dt.datetime(2026, 3, 6, 9, 30, tzinfo=PACIFIC)
    made.end = dt.datetime(2026, 3, 6, 10, 0, tzinfo=PACIFIC)
    made.attendees.add([("Bob", "bob@contoso.com"), ("Cy", "cy@contoso.com")])
    made.recurrence.set_daily(1, start=dt.date(2026, 3, 6), occurrences=5)
    assert made.save()

    # A week is listed, by what clocks show there.
    found = week(ada)
    assert [each.start.strftime("%d %H:%M") for each in found] == [f"{day:02} 09:30" for day in range(6, 11)]  # fmt: skip
    assert len(week(bob)) == len(week(cy)) == 5

    # One accepts, the other declines.
    (mine,) = bob.schedule(resource="me").get_default_calendar().get_events(include_recurring=False)
    assert mine.accept_event("Sure")
    (theirs,) = (
        cy.schedule(resource="me").get_default_calendar().get_events(include_recurring=False)
    )
    assert theirs.decline_event("Never")
    (made,) = ada.schedule(resource="me").get_default_calendar().get_events(include_recurring=False)
    statuses = {each.address: each.response_status.status.value for each in made.attendees}
    assert statuses == {"bob@contoso.com": "accepted", "cy@contoso.com": "declined"}
    assert week(cy) == []
    subjects = {each.subject for each in ada.mailbox("me").inbox_folder().get_messages()}
    assert {"Accepted: Stand-up", "Declined: Stand-up"} <= subjects

    # One occurrence is changed, one is called off.
    second = week(ada)[1]
    second.subject = "Retro"
    assert second.save()
    assert [each.subject for each in week(bob)][:3] == ["Stand-up", "Retro", "Stand-up"]
    assert week(ada)[3].cancel_event("Holiday")
    assert len(week(ada)) == 4

    # All of it is called off.
    assert made.delete()
    assert week(ada) == []
    assert {each.subject for each in week(bob)} <= {"Canceled: Stand-up", "Canceled: Retro"}


def test_contacts(sign_in):
    book = sign_in("ada").address_book(resource="me")
    made = book.new_contact()
    made.name, made.surname = "Eve", "Moss"
    made.emails.add("eve@fabrikam.com")
    assert made.save()
    (found,) = book.get_contacts()
    assert (found.full_name, found.main_email) == ("Eve Moss", "eve@fabrikam.com")
    found.surname = "Green"
    assert found.save()
    assert [each.surname for each in book.get_contacts()] == ["Green"]
    folder = book.create_child_folder("Friends")
    assert [each.name for each in book.get_folders()] == [folder.name]
    assert found.delete()
    assert list(book.get_contacts()) == []


def test_tasks(sign_in):
    todo = sign_in("ada").tasks(resource="me")
    folder = todo.get_default_folder()
    task = folder.new_task("Water")
    task.due = dt.datetime(2026, 3, 6, 12, tzinfo=PACIFIC)
    assert task.save()
    (found,) = folder.get_tasks()
    assert (found.subject, found.due.date()) == ("Water", dt.date(2026, 3, 6))
    found.mark_completed()
    assert found.save()
    (found,) = folder.get_tasks()
    assert found.is_completed
    other = todo.new_folder("Home")
    assert "Home" in [each.name for each in todo.list_folders()]
    assert other.delete()
