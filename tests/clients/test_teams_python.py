"""Teams and Planner as the Python Graph SDK for v1.0 works them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_http.middleware.options import ResponseHandlerOption
from msgraph.generated.communications.get_presences_by_user_id.get_presences_by_user_id_post_request_body import (
    GetPresencesByUserIdPostRequestBody,
)
from msgraph.generated.models.aad_user_conversation_member import AadUserConversationMember
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.channel import Channel
from msgraph.generated.models.channel_membership_type import ChannelMembershipType
from msgraph.generated.models.chat import Chat
from msgraph.generated.models.chat_message import ChatMessage
from msgraph.generated.models.chat_type import ChatType
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.planner_bucket import PlannerBucket
from msgraph.generated.models.planner_plan import PlannerPlan
from msgraph.generated.models.planner_plan_container import PlannerPlanContainer
from msgraph.generated.models.planner_task import PlannerTask
from msgraph.generated.models.team import Team
from msgraph.generated.models.teams_app_installation import TeamsAppInstallation
from msgraph.generated.models.teams_async_operation_status import TeamsAsyncOperationStatus
from msgraph.generated.models.teams_tab import TeamsTab
from msgraph.generated.teams.item.channels.item.messages.item.set_reaction.set_reaction_post_request_body import (
    SetReactionPostRequestBody,
)
from msgraph.generated.teams.item.members.add.add_post_request_body import AddPostRequestBody
from msgraph.generated.users.item.presence.set_presence.set_presence_post_request_body import (
    SetPresencePostRequestBody,
)

from tests.clients.graph_sdk import carry_out, serving_people

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

PEOPLE = [
    {
        "id": f"{number}0000000-0000-4000-8000-000000000000",
        "displayName": name.title(),
        "userPrincipalName": f"{name}@contoso.com",
        "mail": f"{name}@contoso.com",
    }
    for number, name in enumerate(("ada", "bob", "cy"), 1)
]
ADA, BOB, CY = (each["id"] for each in PEOPLE)
ROOT = "https://graph.microsoft.com/v1.0"
APP = f"{ROOT}/appCatalogs/teamsApps/12345678-9abc-def0-123456789a"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving_people(tmp_path_factory.mktemp("teams"), PEOPLE) as url:
        yield url


@pytest.fixture
def run(url):
    """Run a coroutine function with a client, in a loop of its own."""
    return partial(carry_out, url)


def member(who, *roles):
    bound = {"user@odata.bind": f"{ROOT}/users('{who}')"}
    return AadUserConversationMember(
        odata_type="#microsoft.graph.aadUserConversationMember",
        roles=list(roles),
        additional_data=bound,
    )


def said(content):
    return ChatMessage(body=ItemBody(content=content, content_type=BodyType.Html))


async def new_team(graph):
    """Make a team, wait for the operation, and give what asks for it."""
    handler = NativeResponseHandler()
    asked = RequestConfiguration(options=[ResponseHandlerOption(handler)])
    template = {"template@odata.bind": f"{ROOT}/teamsTemplates('standard')"}
    answer = await graph.teams.post(
        Team(display_name="Crew", additional_data=template), request_configuration=asked
    )
    answer = handler.value if answer is None else answer
    assert answer.status_code == 202
    _, id_, _, operation, _ = answer.headers["Location"].split("'")
    team = graph.teams.by_team_id(id_)
    done = await team.operations.by_teams_async_operation_id(operation).get()
    assert done.status == TeamsAsyncOperationStatus.Succeeded
    return team


def test_a_team_with_channels_members_and_messages(run):
    async def work(graph):
        team = await new_team(graph)
        assert (await team.get()).display_name == "Crew"
        added = await team.members.add.post(
            AddPostRequestBody(values=[member(BOB), member("cy@contoso.com", "owner")])
        )
        assert [(each.user_id, each.error) for each in added.value] == [(BOB, None), (CY, None)]
        secret = await team.channels.post(
            Channel(
                display_name="Secret",
                membership_type=ChannelMembershipType.Private,
                members=[member(ADA, "owner"), member(BOB)],
            )
        )
        found = (await team.channels.get()).value
        assert [each.display_name for each in found] == ["General", "Secret"]
        messages = team.channels.by_channel_id(secret.id).messages
        root = await messages.post(said("<b>Hi</b>"))
        one = messages.by_chat_message_id(root.id)
        reply = await one.replies.post(said("Ho"))
        assert (reply.reply_to_id, reply.channel_identity.channel_id) == (root.id, secret.id)
        await one.set_reaction.post(SetReactionPostRequestBody(reaction_type="like"))
        again = await one.get()
        assert [each.reaction_type for each in again.reactions] == ["like"]
        assert int(again.etag) >= int(root.etag)
        assert again.created_date_time == datetime.fromtimestamp(int(root.id) / 1000, UTC)
        await one.soft_delete.post()
        assert (await one.get()).deleted_date_time is not None
        everything = (await team.channels.get_all_messages.get()).value
        assert {each.id for each in everything} == {root.id, reply.id}
        with pytest.raises(ODataError) as refused:
            await team.channels.post(Channel(display_name="a/b"))
        assert "allowed characters" in refused.value.error.message

    run(work)


def test_an_app_and_its_tab(run):
    async def work(graph):
        team = await new_team(graph)
        general = (await team.channels.get()).value[0]
        tabs = team.channels.by_channel_id(general.id).tabs
        bound = {"teamsApp@odata.bind": APP}
        tab = TeamsTab(display_name="Tab", additional_data=bound)
        with pytest.raises(ODataError, match="not installed"):
            await tabs.post(tab)
        await team.installed_apps.post(TeamsAppInstallation(additional_data=bound))
        made = await tabs.post(tab)
        assert made.display_name == "Tab"
        (app,) = (await team.installed_apps.get()).value
        await team.installed_apps.by_teams_app_installation_id(app.id).delete()
        assert (await tabs.get()).value == []

    run(work)


def test_a_chat_of_two_is_made_once(run):
    async def work(graph):
        two = [member(ADA, "owner"), member(BOB, "owner")]
        first = await graph.chats.post(Chat(chat_type=ChatType.OneOnOne, members=two))
        again = await graph.chats.post(Chat(chat_type=ChatType.OneOnOne, members=two))
        assert first.id == again.id
        chat = graph.chats.by_chat_id(first.id)
        await chat.messages.post(said("Hi"))
        (message,) = (await chat.messages.get()).value
        assert message.chat_id == first.id
        with pytest.raises(ODataError, match="blocked"):
            await chat.members.post(member(CY, "owner"))

    run(work)


def test_presence_is_set_and_looked_up(run):
    async def work(graph):
        body = SetPresencePostRequestBody(session_id="app", availability="Busy", activity="InACall")
        await graph.users.by_user_id(ADA).presence.set_presence.post(body)
        asked = GetPresencesByUserIdPostRequestBody(ids=[ADA, BOB])
        found = await graph.communications.get_presences_by_user_id.post(asked)
        assert [each.availability for each in found.value] == ["Busy", "Offline"]

    run(work)


def test_a_task_is_changed_by_its_version(run):
    async def work(graph):
        team = await new_team(graph)
        group = (await team.get()).id
        container = PlannerPlanContainer(url=f"{ROOT}/groups/{group}")
        plan = await graph.planner.plans.post(PlannerPlan(title="Launch", container=container))
        bucket = await graph.planner.buckets.post(
            PlannerBucket(name="To do", plan_id=plan.id, order_hint=" !")
        )
        task = await graph.planner.tasks.post(
            PlannerTask(title="Write", plan_id=plan.id, bucket_id=bucket.id)
        )
        one = graph.planner.tasks.by_planner_task_id(task.id)

        async def change(**headers):
            collection = HeadersCollection()
            for name, value in headers.items():
                collection.add(name.replace("_", "-"), value)
            asked = RequestConfiguration(headers=collection)
            return await one.patch(PlannerTask(percent_complete=100), request_configuration=asked)

        with pytest.raises(ODataError) as missing:
            await change()
        assert missing.value.response_status_code == 412
        tag = task.additional_data["@odata.etag"]
        done = await change(If_Match=tag, Prefer="return=representation")
        assert (done.percent_complete, done.completed_date_time is None) == (100, False)
        with pytest.raises(ODataError) as stale:
            await change(If_Match=tag)
        assert stale.value.response_status_code == 409
        found = await graph.planner.plans.by_planner_plan_id(plan.id).tasks.get()
        assert [each.id for each in found.value] == [task.id]

    run(work)
