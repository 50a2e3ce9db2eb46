"""Mail as O365 works it, unmodified: it asks Graph's own host names, through the forward proxy."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from requests import HTTPError

from tests.clients.o365 import account_of, go_through, proxy_of

# How tests sign in without a browser; O365 has no way that is not deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:This API has been deprecated for public client")

LARGE = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """The URL of a fakegraph that is a forward proxy, and the certificate of its CA."""
    with proxy_of(tmp_path_factory.mktemp("mail"), ("ada", "bob")) as found:
        yield found


@pytest.fixture
def sign_in(proxy, monkeypatch):
    """Sign somebody in with a password, and give the mailbox."""
    go_through(proxy, monkeypatch)

    def sign_in(name, **headers):
        return account_of(name, "Mail.ReadWrite", default_headers=headers).mailbox("me")

    return sign_in


def subjects(folder, **options):
    return [each.subject for each in folder.get_messages(**options)]


def test_folders(sign_in):
    mailbox = sign_in("ada")
    names = [each.name for each in mailbox.get_folders()]
    assert names == ["Archive", "Conversation History", "Deleted Items", "Drafts", "Inbox", "Junk Email", "Outbox", "Sent Items"]  # fmt: skip
    made = mailbox.create_child_folder("Plans")
    assert mailbox.get_folder(folder_name="Plans").folder_id == made.folder_id
    assert made.update_folder_name("Old plans")
    assert made.delete()
    assert "Old plans" in [each.name for each in mailbox.deleted_folder().get_folders()]


def test_a_large_attachment_goes_to_another_mailbox(sign_in, tmp_path):
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(range(256)) * (LARGE // 256))
    ada, bob = (sign_in(name) for name in ("ada", "bob"))
    message = ada.new_message()
    message.to.add("bob@contoso.com")
    message.subject, message.body = "Large", "<p>See <b>below</b></p>"
    assert message.save_draft()
    message.attachments.add(str(file))
    assert message.save_draft()  # a large one comes in an upload session
    assert message.send()

    (sent,) = ada.sent_folder().get_messages(query="subject eq 'Large'")
    (received,) = bob.inbox_folder().get_messages(query="subject eq 'Large'", download_attachments=True)  # fmt: skip
    assert sent.object_id != received.object_id
    assert sent.internet_message_id == received.internet_message_id
    assert (sent.is_read, received.is_read) == (True, False)
    assert received.sender.address == "ada@contoso.com"
    assert "See <b>below</b>" in received.body
    (attached,) = received.attachments
    assert (attached.name, attached.size) == ("large.bin", LARGE + 300)

    parsed = message_from_bytes(received.get_mime_content(), policy=policy.default)
    assert parsed["Subject"] == "Large"
    (part,) = parsed.iter_attachments()
    assert part.get_payload(decode=True) == file.read_bytes()


def test_a_message_is_answered_moved_found_and_deleted(sign_in):
    ada, bob = (sign_in(name) for name in ("ada", "bob"))
    message = ada.new_message()
    message.to.add("bob@contoso.com")
    message.subject, message.body = "Pizza", "Tonight?"
    assert message.send()
    (received,) = bob.inbox_folder().get_messages(query=bob.q().search("pizza"))
    assert received.mark_as_read()
    reply = received.reply()
    reply.body = "Yes"
    assert reply.send()
    (answer,) = ada.inbox_folder().get_messages(query="subject eq 'RE: Pizza'")
    assert "Yes" in answer.body
    assert "Tonight?" in answer.body
    assert answer.conversation_id in {
        each.conversation_id for each in ada.sent_folder().get_messages()
    }
    asked = ada.q().select("internetMessageHeaders")
    heads = ada.get_message(object_id=answer.object_id, query=asked).message_headers
    said = {each["name"]: each["value"] for each in heads}
    assert said["In-Reply-To"] == said["References"] == received.internet_message_id

    archive = bob.archive_folder()
    old = received.object_id
    assert received.move(archive)
    assert received.object_id != old
    with pytest.raises(HTTPError) as gone:
        bob.get_message(object_id=old)
    assert gone.value.response.status_code == 404
    assert subjects(archive) == ["Pizza"]
    assert received.delete()
    assert "Pizza" in subjects(bob.deleted_folder())


def test_immutable_ids_stay(sign_in):
    mailbox = sign_in("ada", Prefer='IdType="ImmutableId"')
    message = mailbox.new_message()
    message.subject = "Draft"
    assert message.save_draft()
    id_ = message.object_id
    assert id_.startswith("AAkALgAA")
    assert message.move(mailbox.archive_folder())
    assert message.object_id == id_
    assert mailbox.get_message(object_id=id_).subject == "Draft"


def test_settings_and_automatic_replies(sign_in):
    mailbox = sign_in("bob")
    assert mailbox.get_settings().timezone == "UTC"
    assert mailbox.set_automatic_reply("Away", "Away")
    assert mailbox.get_settings().automaticrepliessettings.status.value == "alwaysEnabled"
    assert mailbox.set_disable_reply()
