"""Calendars, contacts and tasks as the Python Graph SDK for v1.0 works them, unmodified."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.response_type import ResponseType
from msgraph.generated.models.task_status import TaskStatus
from msgraph.generated.models.todo_task import TodoTask
from msgraph.generated.models.todo_task_list import TodoTaskList
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_request_body import (
    GetSchedulePostRequestBody,
)
from msgraph.generated.users.item.events.item.accept.accept_post_request_body import (
    AcceptPostRequestBody,
)
from msgraph.generated.users.item.events.item.cancel.cancel_post_request_body import (
    CancelPostRequestBody,
)
from msgraph.generated.users.item.events.item.decline.decline_post_request_body import (
    DeclinePostRequestBody,
)

from tests.clients.conftest import people
from tests.clients.graph_sdk import carry_out, serving_people

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

ADA, BOB, CY = (f"{name}@contoso.com" for name in ("ada", "bob", "cy"))
ZONE = "Pacific Standard Time"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving_people(tmp_path_factory.mktemp("calendar"), people("ada", "bob", "cy")) as url:
        yield url


@pytest.fixture
def run(url):
    """Run a coroutine function with a client, in a loop of its own."""
    return partial(carry_out, url)


def at(text):
    return DateTimeTimeZone(date_time=text, time_zone=ZONE)


async def week(client, who):
    # What it is in warns of itself when it is imported.
    from msgraph.generated.users.item.calendar_view import calendar_view_request_builder

    builder = calendar_view_request_builder.CalendarViewRequestBuilder
    asked = RequestConfiguration(
        query_parameters=builder.CalendarViewRequestBuilderGetQueryParameters(
            start_date_time="2026-03-06T00:00:00", end_date_time="2026-03-14T00:00:00", top=50
        )
    )
    asked.headers.add("Prefer", f'outlook.timezone="{ZONE}"')
    view = client.users.by_user_id(who).calendar_view
    return (await view.get(request_configuration=asked)).value


def test_a_meeting_that_recurs_is_answered_changed_and_called_off(run):
    people = [Attendee(email_address=EmailAddress(address=each)) for each in (BOB, CY)]
    pattern = RecurrencePattern(
        type=RecurrencePatternType.Weekly,
        interval=1,
        days_of_week=[DayOfWeek.Friday, DayOfWeek.Monday],
    )
    span = RecurrenceRange(type=RecurrenceRangeType.NoEnd, start_date=dt.date(2026, 3, 6))
    meeting = Event(
        subject="Plan",
        start=at("2026-03-06T09:00:00"),
        end=at("2026-03-06T10:00:00"),
        attendees=people,
        recurrence=PatternedRecurrence(pattern=pattern, range=span),
    )

    async def work(client):
        ada, bob, cy = (client.users.by_user_id(each) for each in (ADA, BOB, CY))
        made = await ada.events.post(meeting)
        assert made.type == EventType.SeriesMaster
        found = await week(client, ADA)
        assert [each.start.date_time[8:16] for each in found] == ["06T09:00", "09T09:00", "13T09:00"]  # fmt: skip
        assert {each.start.time_zone for each in found} == {ZONE}

        (mine,) = (await bob.events.get()).value
        accepted = AcceptPostRequestBody(comment="Yes", send_response=True)  # it says false else
        await bob.events.by_event_id(mine.id).accept.post(accepted)
        second = (await week(client, CY))[1]
        declined = DeclinePostRequestBody(send_response=True)
        await cy.events.by_event_id(second.id).decline.post(declined)
        answers = [
            [each.status.response for each in event.attendees] for event in await week(client, ADA)
        ]
        assert answers[:2] == [
            [ResponseType.Accepted, ResponseType.None_],
            [ResponseType.Accepted, ResponseType.Declined],
        ]

        third = (await week(client, ADA))[2]
        await ada.events.by_event_id(third.id).patch(Event(subject="Retro"))
        assert [each.subject for each in await week(client, BOB)] == ["Plan", "Plan", "Retro"]

        body = GetSchedulePostRequestBody(
            schedules=[BOB],
            start_time=at("2026-03-06T08:00:00"),
            end_time=at("2026-03-06T11:00:00"),
            availability_view_interval=60,
        )
        (schedule,) = (await ada.calendar.get_schedule.post(body)).value
        assert schedule.availability_view == "020"

        await ada.events.by_event_id(made.id).cancel.post(CancelPostRequestBody(comment="Over"))
        assert await week(client, ADA) == []
        assert {each.is_cancelled for each in await week(client, BOB)} == {True}

    run(work)


def test_contacts_and_tasks(run):
    async def work(client):
        ada = client.users.by_user_id(ADA)
        made = await ada.contacts.post(Contact(given_name="Eve", surname="Moss"))
        assert made.display_name == "Eve Moss"
        assert [each.id for each in (await ada.contacts.get()).value] == [made.id]
        await ada.contacts.by_contact_id(made.id).delete()
        assert (await ada.contacts.get()).value == []

        lists = ada.todo.lists
        home = await lists.post(TodoTaskList(display_name="Home"))
        tasks = lists.by_todo_task_list_id(home.id).tasks
        task = await tasks.post(TodoTask(title="Water", due_date_time=at("2026-03-06T12:00:00")))
        assert task.due_date_time.date_time.startswith("2026-03-06T08:00")
        one = tasks.by_todo_task_id(task.id)
        done = await one.patch(TodoTask(status=TaskStatus.Completed))
        assert done.completed_date_time is not None
        await one.delete()
        assert (await tasks.get()).value == []

    run(work)
