"""Arriving: what mailboxes do with a message that was sent to them, and what they send back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from html import escape
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.directory.addresses import ADDRESSES
from fakegraph.workloads.handed import Word
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.events import DEFAULT
from fakegraph.workloads.outlook.mail import ABOUT, EVENT, FOLDERS
from fakegraph.workloads.outlook.mime import (
    HEAD,
    IS_REPORT,
    LOST,
    NOT_FOUND,
    SUPPRESS,
    answering,
    transport_headers,
)
from fakegraph.workloads.outlook.rights import has_mailbox, own_addresses
from fakegraph.workloads.outlook.rules import follow_rules
from fakegraph.workloads.outlook.shared import PERMISSIONS
from fakegraph.workloads.outlook.zones import moment_of

_OVERRIDES = "inferenceClassification/overrides"
_REPORTER = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e"
_ANSWERED = "@answered"
_CARRIED = frozenset({"@odata.type", ABOUT, EVENT, HEAD})
_OWN = frozenset(
    {"id", "changeKey", "conversationId", "bccRecipients", "webLink", "createdDateTime"}
    | {"lastModifiedDateTime", "inferenceClassification", "flag"}
)


def recipient(address: str, name: str = "") -> dict[str, Any]:
    """An address as a recipient."""
    return {"emailAddress": {"name": name or address, "address": address}}


def address_of(person: Mapping[str, Any] | None) -> str:
    """The address of a recipient, in small letters."""
    return str(((person or {}).get("emailAddress") or {}).get("address") or "").casefold()


def deliver(
    call: Call, sender: Thing, message: Thing, wanted: Collection[str], *, automatic: str = ""
) -> None:
    """Put a message that was sent into the inbox of everybody who is here.

    ``automatic``: what sent it that is no person, so that nothing is sent because of it.
    """
    here, unknown = receivers(call, wanted)
    for user in here:
        for who, own in _who_gets(call, user, message):
            _receive(call, who, {**message.record, **own}, message, automatic=automatic)
    domains = _domains(call, sender)
    lost = [each for each in unknown if each.rpartition("@")[2] in domains]
    if lost and not automatic:
        _report(call, sender, message, lost)


def _who_gets(call: Call, user: Thing, message: Thing) -> Iterable[tuple[Thing, Record]]:
    """Who gets what is sent to a user, and what is another of it there: mail about meetings goes to
    those who act for the user, and to the user as the settings of the mailbox say.

    https://learn.microsoft.com/graph/outlook-create-event-in-shared-delegated-calendar
    """
    delegates = _delegates(call, user) if ABOUT in message.record else []
    settings = user.record.get("mailboxSettings") or {}
    if not delegates or settings.get(_DELIVERY, _TO_DELEGATE) != _TO_DELEGATE:
        yield user, {}
    for each in delegates:
        yield each, {"isDelegated": True, "toRecipients": [_as_recipient(each)]}


_DELIVERY, _TO_DELEGATE = "delegateMeetingMessageDeliveryOptions", "sendToDelegateOnly"


def _delegates(call: Call, user: Thing) -> list[Thing]:
    """Who acts for a user, by the permissions of the default calendar."""
    calendar = call.held(user, DEFAULT.navigation, str(call.id_of(user, DEFAULT)))
    permissions = () if calendar is None else call.inside(calendar, PERMISSIONS)
    found = (
        with_address(call, address_of(each.record))
        for each in permissions
        if str(each.record.get("role")).startswith("delegate")
    )
    return [each for each in found if each is not None and each.container == "users"]


def receivers(call: Call, wanted: Collection[str]) -> tuple[list[Thing], list[str]]:
    """The users who have one of the addresses, or are in a group that does; what nobody has."""
    found: dict[int, Thing] = {}
    unknown: list[str] = []
    for address in wanted:
        who = with_address(call, address)
        if who is None or not has_mailbox(who.record):
            unknown.append(address)
        elif who.container == "users":
            found[who.key] = who
        else:
            reached = (each for each in members(call, who, set()) if has_mailbox(each.record))
            found |= {user.key: user for user in reached}
    return list(found.values()), unknown


def with_address(call: Call, address: str) -> Thing | None:
    """The user or group that has an address, in small letters; None for nobody."""
    for container in ("users", "groups"):
        for each in call.having(container, ADDRESSES, f"smtp:{address}"):
            return each
    return call.find("users", address, "userPrincipalName")


def automatic_reply(user: Thing, now: str, *, inside: bool = True) -> str:
    """What somebody who is away answers, empty for nothing."""
    settings = _reply_settings(user)
    if not _is_away(settings, now) or not (
        inside or settings.get("externalAudience", "all") == "all"
    ):
        return ""
    return settings.get("internalReplyMessage" if inside else "externalReplyMessage") or ""


def _reply_settings(user: Thing) -> Mapping[str, Any]:
    return (user.record.get("mailboxSettings") or {}).get("automaticRepliesSetting") or {}


def members(call: Call, group: Thing, seen: set[int]) -> Iterable[Thing]:
    """The users in a group, and in the groups in it."""
    seen.add(group.key)
    for each in call.leads_to(group, "members"):
        if each.container == "users":
            yield each
        elif each.container == "groups" and each.key not in seen:
            yield from members(call, each, seen)


def _domains(call: Call, sender: Thing) -> frozenset[str]:
    """The domains that the tenant has."""
    own = str(sender.record.get("userPrincipalName") or "").rpartition("@")[2]
    verified = [
        each.record["id"] for each in call.inside(None, "domains") if each.record.get("isVerified")
    ]
    return frozenset(each.casefold() for each in (own, *verified) if each)


def _receive(call: Call, user: Thing, record: Record, message: Thing, *, automatic: str) -> None:
    """Put a message into an inbox, with the record that it has there."""
    kept = {
        name: value
        for name, value in record.items()
        if (name[0] != "@" or name in _CARRIED) and name not in _OWN
    }
    inbox_id = call.id_of(user, Word(FOLDERS, "inbox"))
    arrived = {
        "isRead": False,
        "isDeliveryReceiptRequested": None,
        "parentFolderId": inbox_id,
        "receivedDateTime": call.now,
        "internetMessageHeaders": transport_headers(record, call.now),
        "inferenceClassification": _classified(call, user, message),
    }
    copy = call.add(user, "messages", {**kept, **arrived})
    attach_all(call, message, copy)
    _arrived(call, user, copy, automatic)
    if not automatic:
        inbox = call.held(user, FOLDERS, str(inbox_id))
        assert inbox is not None
        _answer(call, user, inbox, message)


def _arrived(call: Call, user: Thing, mail: Thing, automatic: str) -> None:
    """Let the rules of an inbox have what has come there."""
    inbox = call.beside(mail, FOLDERS, str(mail.record["parentFolderId"]))
    assert inbox is not None

    def passes(mail: Thing, people: list[Any], how: str) -> None:
        if not automatic:
            _PASSED[how](call, user, mail, people)

    follow_rules(call, inbox, mail, own_addresses(user.record), passes, automatic)


def attach_all(call: Call, message: Thing, to: Thing) -> None:
    """Attach to a message what another has attached."""
    for each in call.inside(message, "message/attachments"):
        call.copy(each, {}, to)


def attach_shown(call: Call, message: Thing, to: Thing) -> None:
    """Attach to a message what another shows in its body."""
    body = message.record.get("body") or {}
    if body.get("contentType") != "html":
        return
    for each in call.inside(message, "message/attachments"):
        name = each.record.get("contentId")
        if each.record.get("isInline") and name and f"cid:{name}" in str(body.get("content")):
            call.copy(each, {}, to)


def _classified(call: Call, user: Thing, message: Thing) -> str:
    """Focused or other: by what the user said of the sender."""
    sender = address_of(message.record.get("from"))
    for holder in call.leads_to(user, "inferenceClassification"):
        for each in call.inside(holder, _OVERRIDES):
            said = (each.record.get("senderEmailAddress") or {}).get("address")
            if str(said).casefold() == sender:
                return str(each.record["classifyAs"])
    return "focused"


def _redirect(call: Call, user: Thing, mail: Thing, people: list[Any]) -> None:
    """Send on what has arrived, from whom it came."""
    whole = {**_kept(mail), "toRecipients": people, "ccRecipients": []}
    _send_by_itself(call, user, whole, "forward", mail)


def _forward(call: Call, user: Thing, mail: Thing, people: list[Any]) -> None:
    """Send on what has arrived, from who has got it."""
    whole = {**_kept(mail), "ccRecipients": [], **_forwarded(user, mail, people)}
    _send_by_itself(call, user, whole, "forward", mail)


def _forward_as_attachment(call: Call, user: Thing, mail: Thing, people: list[Any]) -> None:
    """Send on what has arrived, attached to a message of its own."""
    draft = call.add(user, "messages", {"subject": "", "isDraft": True})
    attached = {
        "@odata.type": "#microsoft.graph.itemAttachment",
        "name": mail.record.get("subject") or "",
        "item": {"@odata.type": f"#{mail.type.name}", **_kept(mail)},
    }
    (item,) = call.inside(call.add(draft, "attachments", attached), "itemAttachment/item")
    attach_all(call, mail, item)
    _send_by_itself(call, user, _forwarded(user, mail, people), "forward", draft)
    call.erase(draft)


def _kept(mail: Thing) -> Record:
    """What a message is made of, whoever has it."""
    return {
        name: value
        for name, value in mail.record.items()
        if name[0] != "@" and name not in _OWN and name != "internetMessageId"
    }


def _forwarded(user: Thing, mail: Thing, people: list[Any]) -> Record:
    own, subject = _as_recipient(user), about("FW", mail.record.get("subject"))
    return {"subject": subject, "from": own, "sender": own, "toRecipients": people}


# One to three letters, which stand for any word of any language: RE, FW, AW, TR, ...
_PREFIX = re.compile(r"\A[^\W\d_]{1,3}: ")


def about(prefix: str, subject: object) -> str:
    """The subject of what answers a message or passes it on: one prefix, instead of an older one.

    https://learn.microsoft.com/office/client-developer/outlook/mapi/pidtagnormalizedsubject-canonical-property
    """
    return f"{prefix}: {_PREFIX.sub('', str(subject or ''), count=1)}"


_PASSED = {
    "forwardTo": _forward,
    "forwardAsAttachmentTo": _forward_as_attachment,
    "redirectTo": _redirect,
}


def _as_recipient(user: Thing) -> dict[str, Any]:
    record = user.record
    address = record.get("mail") or record.get("userPrincipalName") or ""
    return recipient(address, record.get("displayName") or "")


def _send_by_itself(
    call: Call, user: Thing, message: Record, kind: str, attached: Thing | None = None
) -> None:
    """Send what nobody has written, with what is attached to another: it is in no Sent Items."""
    outbox = call.id_of(user, Word(FOLDERS, "outbox"))
    own = {"isDraft": False, "isRead": True, "parentFolderId": outbox}
    moment = {"sentDateTime": call.now, "receivedDateTime": call.now}
    sent = call.add(user, "messages", {**message, **moment, **own})
    if attached is not None:
        attach_all(call, attached, sent)
    wanted = [address_of(each) for each in message["toRecipients"]]
    deliver(call, user, sent, wanted, automatic=kind)
    call.erase(sent)


def _answer(call: Call, user: Thing, inbox: Thing, message: Thing) -> None:
    """Answer for who is away, each sender once while the settings are what they are."""
    settings = _reply_settings(user)
    sender = message.record.get("from") or {}
    if not address_of(sender) or address_of(sender) in own_addresses(user.record):
        return
    inside = address_of(sender).rpartition("@")[2] in _domains(call, user)
    text = automatic_reply(user, call.now, inside=inside)
    before = inbox.record.get(_ANSWERED) or {}
    told = before.get("to", []) if before.get("settings") == settings else []
    if not text or address_of(sender) in told or _wants_no_answer(message.record):
        return
    now = call.beside(inbox, FOLDERS, inbox.id)
    assert now is not None
    call.change(now, {_ANSWERED: {"settings": settings, "to": [*told, address_of(sender)]}})
    reply = {
        "subject": f"Automatic reply: {message.record.get('subject') or ''}",
        "body": {"contentType": "html", "content": text},
        "from": _as_recipient(user),
        "sender": _as_recipient(user),
        "toRecipients": [sender],
        **_answering(call, message, {"Auto-Submitted": "auto-generated", SUPPRESS: "All"}),
    }
    _send_by_itself(call, user, reply, "reply")


def _wants_no_answer(message: Mapping[str, Any]) -> bool:
    """Whether a message says that nobody who is away shall answer it.

    https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcmail has the header.
    """
    said = {
        word.strip().casefold()
        for each in message.get("internetMessageHeaders") or ()
        if str(each.get("name")).casefold() == SUPPRESS.casefold()
        for word in str(each.get("value") or "").split(",")
    }
    return bool(said & {"all", "oof"}) or SUPPRESS in (message.get(HEAD) or {})


def _answering(call: Call, message: Thing, head: Mapping[str, str]) -> Record:
    """What ties something that nobody has written to the message that it is about."""
    index = message.record.get("conversationIndex")
    place = {"conversationIndex": ids.index_below(index, call.new_id())} if index else {}
    return {HEAD: {**answering(message.record), **head}, **place}


def _is_away(settings: Mapping[str, Any], now: str) -> bool:
    status = settings.get("status")
    if status != "scheduled":
        return status == "alwaysEnabled"
    try:
        start, end = (
            moment_of(settings.get(f"scheduled{each}DateTime") or {})[0]
            for each in ("Start", "End")
        )
    except GraphError:  # seeds may have what no request can
        return False
    return start <= moment_of({"dateTime": now})[0] < end


def _report(call: Call, sender: Thing, message: Thing, lost: list[str]) -> None:
    """Tell the sender what could not be delivered."""
    domain = str(sender.record.get("userPrincipalName") or "").rpartition("@")[2] or "localhost"
    reporter = recipient(f"{_REPORTER}@{domain}", "Microsoft Outlook")
    names = "".join(f"<p>{escape(each)}</p>" for each in lost)
    content = f"<p>Delivery has failed to these recipients or groups:</p>{names}<p>{NOT_FOUND}</p>"
    report = {
        "subject": f"Undeliverable: {message.record.get('subject') or ''}",
        "body": {"contentType": "html", "content": content},
        "from": reporter,
        "sender": reporter,
        "toRecipients": [_as_recipient(sender)],
        "sentDateTime": call.now,
        "receivedDateTime": call.now,
        "isDraft": False,
        "isRead": False,
        "parentFolderId": call.id_of(sender, Word(FOLDERS, "inbox")),
        "internetMessageId": f"<{call.new_id()}@{domain}>",
        **_answering(call, message, _REPORTED),
        LOST: lost,
    }
    report["internetMessageHeaders"] = transport_headers(report, call.now)
    _arrived(call, sender, call.add(sender, "messages", report), "report")


_REPORTED = {"Auto-Submitted": "auto-replied", IS_REPORT: ""}
