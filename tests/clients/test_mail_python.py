"""Mail as the Python Graph SDK for v1.0 works it, unmodified but for its base URL."""

from __future__ import annotations

from email import message_from_bytes, policy
from functools import partial
from urllib.parse import unquote

import httpx
import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.attachment_item import AttachmentItem
from msgraph.generated.models.attachment_type import AttachmentType
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.convert_id_result import ConvertIdResult
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.exchange_id_format import ExchangeIdFormat
from msgraph.generated.models.file_attachment import FileAttachment
from msgraph.generated.models.internet_message_header import InternetMessageHeader
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.users.item.messages.item.attachments.create_upload_session.create_upload_session_post_request_body import (
    CreateUploadSessionPostRequestBody,
)
from msgraph.generated.users.item.messages.item.move.move_post_request_body import (
    MovePostRequestBody,
)
from msgraph.generated.users.item.messages.item.reply.reply_post_request_body import (
    ReplyPostRequestBody,
)
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import (
    SendMailPostRequestBody,
)
from msgraph.generated.users.item.translate_exchange_ids.translate_exchange_ids_post_request_body import (
    TranslateExchangeIdsPostRequestBody,
)

from tests.clients.conftest import people
from tests.clients.graph_sdk import carry_out, serving_people

pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic"),
]

LARGE = bytes(range(256)) * (5 * 4096)
CHUNK = 3 * 1024 * 1024
ADA, BOB = "ada@contoso.com", "bob@contoso.com"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving_people(tmp_path_factory.mktemp("mail"), people("ada", "bob")) as url:
        yield url


@pytest.fixture
def run(url):
    """Run a coroutine function with a client, in a loop of its own."""
    return partial(carry_out, url)


def mail(subject, *to, **more):
    people = [Recipient(email_address=EmailAddress(address=each)) for each in to]
    body = ItemBody(content_type=BodyType.Html, content=f"<p>{subject}</p>")
    return Message(subject=subject, body=body, to_recipients=people, **more)


def asking(**options):
    # What it is in warns of itself when it is imported.
    from msgraph.generated.users.item.mail_folders.item.messages import messages_request_builder

    builder = messages_request_builder.MessagesRequestBuilder
    parameters = builder.MessagesRequestBuilderGetQueryParameters(**options)
    return RequestConfiguration(query_parameters=parameters)


async def in_folder(client, user, word, **options):
    asked = asking(**options)
    folder = client.users.by_user_id(user).mail_folders.by_mail_folder_id(word)
    return (await folder.messages.get(request_configuration=asked)).value


def test_folders_are_listed(run):
    async def work(client):
        return (await client.users.by_user_id(ADA).mail_folders.get()).value

    names = [each.display_name for each in run(work)]
    assert names == ["Archive", "Conversation History", "Deleted Items", "Drafts", "Inbox", "Junk Email", "Outbox", "Sent Items"]  # fmt: skip


async def upload(message):
    """Attach a large file to a draft as the SDK's own guide does it: ranges without a token."""
    item = AttachmentItem(attachment_type=AttachmentType.File, name="large.bin", size=len(LARGE))
    body = CreateUploadSessionPostRequestBody(attachment_item=item)
    session = await message.attachments.create_upload_session.post(body)
    assert session.next_expected_ranges == ["0-"]
    async with httpx.AsyncClient(trust_env=False) as plain:
        for start in range(0, len(LARGE), CHUNK):
            part = LARGE[start : start + CHUNK]
            last = start + len(part) - 1
            ranges = {"Content-Range": f"bytes {start}-{last}/{len(LARGE)}"}
            answer = await plain.put(session.upload_url, content=part, headers=ranges)
    assert (answer.status_code, answer.content) == (201, b"")
    return unquote(answer.headers["Location"].split("'")[-2])


def test_a_large_attachment_goes_to_another_mailbox(run):
    async def work(client):
        ada = client.users.by_user_id(ADA)
        draft = await ada.messages.post(mail("Large", BOB))
        message = ada.messages.by_message_id(draft.id)
        attached = await upload(message)
        found = await message.attachments.by_attachment_id(attached).get()
        assert isinstance(found, FileAttachment)
        await message.send.post()
        with pytest.raises(ODataError) as gone:
            await message.get()
        assert gone.value.error.code == "ErrorItemNotFound"

        wanted = {"filter": "subject eq 'Large'", "expand": ["attachments"]}
        (sent,) = await in_folder(client, ADA, "sentitems", **wanted)
        (received,) = await in_folder(client, BOB, "inbox", **wanted)
        mime = await client.users.by_user_id(BOB).messages.by_message_id(received.id).content.get()
        return draft, sent, received, message_from_bytes(mime, policy=policy.default)

    draft, sent, received, parsed = run(work)
    assert len({draft.id, sent.id, received.id}) == 3
    assert draft.internet_message_id == sent.internet_message_id == received.internet_message_id
    assert received.attachments[0].content_bytes is not None
    (part,) = parsed.iter_attachments()
    assert (parsed["Subject"], part.get_payload(decode=True)) == ("Large", LARGE)


def test_a_message_is_answered_moved_found_followed_and_deleted(run):
    async def work(client):
        ada, bob = (client.users.by_user_id(each) for each in (ADA, BOB))
        inbox = bob.mail_folders.by_mail_folder_id("inbox").messages
        link = (await inbox.delta.get()).odata_delta_link
        await ada.send_mail.post(SendMailPostRequestBody(message=mail("Pizza", BOB)))
        changes = await inbox.delta.with_url(link).get()
        assert [each.subject for each in changes.value] == ["Pizza"]

        asked = asking(search='"subject:pizza kind:email"')
        (received,) = (await inbox.get(request_configuration=asked)).value
        message = bob.messages.by_message_id(received.id)
        await message.patch(Message(is_read=True))
        await message.reply.post(ReplyPostRequestBody(comment="Yes, please"))
        (answer,) = await in_folder(client, ADA, "inbox", filter="subject eq 'RE: Pizza'")
        assert "Yes, please" in answer.body.content
        lost = mail("Lost", "nobody@contoso.com")
        lost.internet_message_headers = [
            InternetMessageHeader(name="x-auto-response-suppress", value="OOF")
        ]
        await ada.send_mail.post(SendMailPostRequestBody(message=lost, save_to_sent_items=True))
        (sent,) = await in_folder(client, ADA, "sentitems", filter="subject eq 'Lost'")
        thread = f"conversationId eq '{sent.conversation_id}'"
        select = ["subject", "internetMessageHeaders"]
        (bounce,) = await in_folder(client, ADA, "inbox", filter=thread, select=select)
        assert bounce.subject == "Undeliverable: Lost"
        said = {each.name: each.value for each in bounce.internet_message_headers}
        assert said["In-Reply-To"] == sent.internet_message_id

        moved = await message.move.post(MovePostRequestBody(destination_id="archive"))
        assert moved.id != received.id
        link = changes.odata_delta_link
        gone = await inbox.delta.with_url(link).get()
        assert [each.id for each in gone.value] == [received.id]
        assert gone.value[0].additional_data["@removed"] == {"reason": "deleted"}
        await bob.messages.by_message_id(moved.id).delete()
        found = await in_folder(client, BOB, "deleteditems", select=["subject"])
        assert "Pizza" in [each.subject for each in found]

    run(work)


def test_ids_are_translated(run):
    async def work(client):
        ada = client.users.by_user_id(ADA)
        draft = await ada.messages.post(mail("Draft"))
        body = TranslateExchangeIdsPostRequestBody(
            input_ids=[draft.id],
            source_id_type=ExchangeIdFormat.RestId,
            target_id_type=ExchangeIdFormat.RestImmutableEntryId,
        )
        (found,) = (await ada.translate_exchange_ids.post(body)).value
        assert isinstance(found, ConvertIdResult)
        return draft, await ada.messages.by_message_id(found.target_id).get()

    draft, found = run(work)
    assert found.id == draft.id


def test_who_gets_nothing_is_told_in_outlooks_words(run):
    async def work(client):
        ada = client.users.by_user_id(ADA)
        with pytest.raises(ODataError) as refused:
            await ada.send_mail.post(SendMailPostRequestBody(message=mail("Hi")))
        return refused.value.error

    error = run(work)
    assert error.code == "ErrorInvalidRecipients"
    assert error.message == "At least one recipient is not valid., A message can't be sent because it contains no recipients."  # fmt: skip
