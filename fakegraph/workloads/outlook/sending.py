"""Sending: whom a message goes to, and what becomes of it.

https://learn.microsoft.com/graph/outlook-send-mail-from-other-user
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.handed import Word
from fakegraph.workloads.operations import SENT, Call, Thing
from fakegraph.workloads.outlook.arriving import deliver, with_address
from fakegraph.workloads.outlook.mail import FOLDERS
from fakegraph.workloads.outlook.rights import own_addresses, sender_of

_MOST = 500
_LISTS = {"to": "toRecipients", "cc": "ccRecipients", "bcc": "bccRecipients"}


def recipients(message: Mapping[str, Any]) -> list[str]:
    """The addresses that a message goes to, each once. Raises GraphError where there is none."""
    found = [address for each in _LISTS.values() for address in addresses(message.get(each))]
    if not found:
        raise _unsendable("A message can't be sent because it contains no recipients.")
    refuse_unresolved(found)
    if len(found) > _MOST:
        raise _unsendable(f"A message has {_MOST} recipients at most, and this has {len(found)}.")
    return list(dict.fromkeys(map(str.casefold, found)))


_ADDRESS = re.compile(r"""(?:"[^"]+"|[^\s@"]+)@[^\s@]+""")


def is_address(text: str) -> bool:
    """Whether mail can go there."""
    return _ADDRESS.fullmatch(text) is not None


def refuse_unresolved(found: Iterable[str]) -> None:
    """Raise GraphError (400) for what is no address that mail can go to."""
    for each in found:
        if not is_address(each):
            raise _unsendable(
                f'Recipient "{each}" isn\'t resolved. '
                "All recipients must be resolved before a message can be submitted."
            )


def _unsendable(why: str) -> GraphError:
    return GraphError(400, "ErrorInvalidRecipients", f"At least one recipient is not valid., {why}")


def addresses(people: Iterable[Mapping[str, Any]] | None) -> list[str]:
    """The addresses of recipients."""
    return [str((each.get("emailAddress") or {}).get("address") or "") for each in people or ()]


def address_of(user: Thing) -> dict[str, Any]:
    """A user as a recipient."""
    record = user.record
    address = record.get("mail") or record.get("userPrincipalName") or ""
    name = record.get("displayName") or address
    return {"emailAddress": {"name": name, "address": address}}


def as_sent(call: Call, sender: Thing, message: Mapping[str, Any]) -> Record:
    """What becomes of a message when it is sent."""
    who = call.caller() if call.person else None
    own = who or sender
    said = message.get("from") or address_of(sender)
    address = addresses([said])[0].casefold()
    holder = own if address in own_addresses(own.record) else with_address(call, address)
    if holder is None and address == addresses([address_of(sender)])[0].casefold():
        holder = sender  # who is signed in may have no address that anybody made
    seen = sender_of(None if holder is None else holder.record, own.record)
    return {
        "isDraft": False,
        "isRead": True,
        "from": said,
        "sender": said if holder is not None and seen is holder.record else address_of(own),
        "sentDateTime": call.now,
        "receivedDateTime": call.now,
        "parentFolderId": call.id_of(sender, Word(FOLDERS, "sentitems")),
    }


def signed_in(call: Call) -> Thing | None:
    """Who sends what a group says, which has no Sent Items; None where an app alone asks."""
    if not (call.by.get("user") or {}).get("id"):
        return None
    return call.caller() or call.mine("me")


def dispatch(call: Call, message: Thing, *, arrives: bool = True) -> None:
    """Let a message go out that is in its sender's Sent Items; ``arrives``: into inboxes."""
    _note(call, message)
    sender = call.owner(message)
    assert sender is not None
    if arrives:
        deliver(call, sender, message, recipients(message.record))


def _note(call: Call, message: Thing) -> None:
    """Note for tests that a message was sent."""
    record = message.record
    body = record.get("body") or {}
    told = {
        "time": call.now,
        "sender": addresses([record["sender"]])[0],
        "from": addresses([record["from"]])[0],
        **{name: addresses(record.get(each)) for name, each in _LISTS.items()},
        "subject": record.get("subject") or "",
        "body": body.get("content") or "",
        "bodyType": body.get("contentType") or "text",
        "internetMessageId": record.get("internetMessageId"),
        "@message": message.key,
    }
    call.note(SENT, told, [each.record for each in call.inside(message, "message/attachments")])
