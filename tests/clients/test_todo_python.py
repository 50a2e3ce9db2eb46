"""Tasks as the Python Graph SDK for v1.0 works them: large files, and those of flagged messages."""

from __future__ import annotations

import httpx
import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.attachment_info import AttachmentInfo
from msgraph.generated.models.attachment_type import AttachmentType
from msgraph.generated.models.followup_flag import FollowupFlag
from msgraph.generated.models.followup_flag_status import FollowupFlagStatus
from msgraph.generated.models.message import Message
from msgraph.generated.models.task_status import TaskStatus
from msgraph.generated.models.todo_task import TodoTask
from msgraph.generated.models.wellknown_list_name import WellknownListName
from msgraph.generated.users.item.todo.lists.item.tasks.item.attachments.create_upload_session.create_upload_session_post_request_body import (
    CreateUploadSessionPostRequestBody,
)

from tests.clients.conftest import people
from tests.clients.graph_sdk import carry_out, serving_people

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

ADA, SIZE, CHUNK = "ada@contoso.com", 4 * 1024 * 1024, 3 * 1024 * 1024


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving_people(tmp_path_factory.mktemp("todo"), people("ada", "bob")) as url:
        yield url


@pytest.fixture
def run(url):
    """Run a coroutine function with what somebody has, in a loop of its own."""

    def run(work):
        return carry_out(url, lambda client: work(client.users.by_user_id(ADA)))

    return run


async def tasks_of(ada, name):
    lists = (await ada.todo.lists.get()).value
    (id_,) = [each.id for each in lists if each.wellknown_list_name == name]
    return ada.todo.lists.by_todo_task_list_id(id_).tasks


def test_a_large_file_is_attached_in_ranges(run):
    async def work(ada):
        tasks = await tasks_of(ada, WellknownListName.DefaultList)
        one = tasks.by_todo_task_id((await tasks.post(TodoTask(title="Read"))).id)
        info = AttachmentInfo(attachment_type=AttachmentType.File, name="a.bin", size=SIZE)
        body = CreateUploadSessionPostRequestBody(attachment_info=info)
        session = await one.attachments.create_upload_session.post(body)
        assert session.next_expected_ranges == ["0-"]
        for first in range(0, SIZE, CHUNK):
            part = bytes(min(CHUNK, SIZE - first))
            last = first + len(part) - 1
            headers = {"Authorization": "Bearer any", "Content-Range": f"bytes {first}-{last}/{SIZE}"}  # fmt: skip
            answer = httpx.put(f"{session.upload_url}/content", content=part, headers=headers)
        assert (answer.status_code, answer.content) == (201, b"")
        (file,) = (await one.attachments.get()).value
        assert (file.name, file.size, len(file.content_bytes)) == ("a.bin", SIZE, SIZE)

    run(work)


def test_a_flagged_message_is_a_task(run):
    async def work(ada):
        from msgraph.generated.users.item.todo.lists.item.tasks import tasks_request_builder

        builder = tasks_request_builder.TasksRequestBuilder
        asked = RequestConfiguration(
            query_parameters=builder.TasksRequestBuilderGetQueryParameters(
                expand=["linkedResources"]
            )
        )
        flag = FollowupFlag(flag_status=FollowupFlagStatus.Flagged)
        message = await ada.messages.post(Message(subject="Answer", flag=flag))
        tasks = await tasks_of(ada, WellknownListName.FlaggedEmails)
        (task,) = (await tasks.get(request_configuration=asked)).value
        assert task.title == "Answer"
        assert task.linked_resources[0].external_id == message.id
        await tasks.by_todo_task_id(task.id).patch(TodoTask(status=TaskStatus.Completed))
        found = await ada.messages.by_message_id(message.id).get()
        assert found.flag.flag_status == FollowupFlagStatus.Complete

    run(work)
