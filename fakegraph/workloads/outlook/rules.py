"""Inbox rules: what becomes of a message that arrives.

https://learn.microsoft.com/graph/api/resources/messagerule; all conditions that are set have to
hold, of a list one item, and no exception may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.store import Record
from fakegraph.workloads.handed import Word, short
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.outlook.values import size_of, text_of
from fakegraph.workloads.outlook.words import invalid

RULES = "mailFolder/messageRules"


@dataclass(frozen=True)
class Arrived:
    """A message that arrives, as conditions look at it; ``own`` are the receiver's addresses.

    ``kind``: what sent it that is no person, ``reply``, ``forward`` or ``report``; empty: somebody
    did. ``size`` is what it weighs, in bytes.
    """

    record: Mapping[str, Any]
    own: frozenset[str]
    has_attachments: bool
    type: str
    kind: str
    size: int

    def people(self, *names: str) -> list[str]:
        """Names and addresses of people, in small letters."""
        return [
            f"{each.get('name') or ''} {each.get('address') or ''}".casefold()
            for each in self._people(names)
        ]

    def addresses(self, *names: str) -> set[str]:
        """The addresses alone."""
        return {str(each.get("address") or "").casefold() for each in self._people(names)}

    def _people(self, names: tuple[str, ...]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for name in names:
            value = self.record.get(name) or []
            found += [value] if isinstance(value, Mapping) else value
        return [each.get("emailAddress") or {} for each in found]

    @property
    def subject(self) -> str:
        return str(self.record.get("subject") or "").casefold()

    @property
    def body(self) -> str:
        return text_of(self.record.get("body") or {}).casefold()

    @property
    def headers(self) -> list[str]:
        return [
            f"{each.get('name')}: {each.get('value')}".casefold()
            for each in self.record.get("internetMessageHeaders") or ()
        ]


Hold = Callable[[Arrived, Any], bool]
_SENDERS, _TO, _CC = ("from", "sender"), "toRecipients", "ccRecipients"


def _contains(give: Callable[[Arrived], list[str]]) -> Hold:
    return lambda mail, texts: any(str(t).casefold() in each for t in texts for each in give(mail))


def _among(*names: str) -> Hold:
    def among(mail: Arrived, people: Any) -> bool:
        wanted = {
            str((each.get("emailAddress") or {}).get("address")).casefold() for each in people
        }
        return bool(wanted & mail.addresses(*names))

    return among


def _to_me(*names: str, only: bool = False) -> Hold:
    def to_me(mail: Arrived, wanted: bool) -> bool:
        found = mail.addresses(*names)
        is_so = bool(found & mail.own) and not (only and found - mail.own)
        return is_so is wanted

    return to_me


def _is_of_type(name: str) -> Hold:
    return lambda mail, wanted: (mail.type == name) is wanted


_KB = 1024
_NEVER = (
    *("isApprovalRequest", "isEncrypted", "isPermissionControlled", "isReadReceipt"),
    *("isSigned", "isVoicemail"),
)
_CONDITIONS: Mapping[str, Hold] = {
    "subjectContains": _contains(lambda mail: [mail.subject]),
    "bodyContains": _contains(lambda mail: [mail.body]),
    "bodyOrSubjectContains": _contains(lambda mail: [mail.body, mail.subject]),
    "senderContains": _contains(lambda mail: mail.people(*_SENDERS)),
    "recipientContains": _contains(lambda mail: mail.people(_TO, _CC)),
    "headerContains": _contains(lambda mail: mail.headers),
    "fromAddresses": _among(*_SENDERS),
    "sentToAddresses": _among(_TO, _CC),
    "sentToMe": _to_me(_TO),
    "sentCcMe": _to_me(_CC),
    "sentToOrCcMe": _to_me(_TO, _CC),
    "sentOnlyToMe": _to_me(_TO, _CC, only=True),
    "notSentToMe": lambda mail, wanted: (not mail.addresses(_TO) & mail.own) is wanted,
    "hasAttachments": lambda mail, wanted: mail.has_attachments is wanted,
    "importance": lambda mail, wanted: mail.record.get("importance") == wanted,
    "categories": lambda mail, wanted: bool(set(wanted) & set(mail.record.get("categories") or ())),
    "isMeetingRequest": _is_of_type("eventMessageRequest"),
    "isMeetingResponse": _is_of_type("eventMessageResponse"),
    "isAutomaticReply": lambda mail, wanted: (mail.kind == "reply") is wanted,
    "isAutomaticForward": lambda mail, wanted: (mail.kind == "forward") is wanted,
    "isNonDeliveryReport": lambda mail, wanted: (mail.kind == "report") is wanted,
    # No message that arrives here is any of these, is flagged for anybody, or is but normal.
    **dict.fromkeys(_NEVER, lambda mail, wanted: wanted is False),
    "messageActionFlag": lambda mail, wanted: False,
    "sensitivity": lambda mail, wanted: wanted == "normal",
    "withinSizeRange": lambda mail, wanted: _is_within(mail.size, wanted),
}


def _is_within(size: int, wanted: Mapping[str, Any]) -> bool:
    """Whether a size is in a range, which is given in kilobytes."""
    low, high = wanted.get("minimumSize") or 0, wanted.get("maximumSize")
    return low * _KB <= size and (high is None or size <= high * _KB)


def refuse_rule(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a rule that does nothing, or for a range without any size."""
    if not any(value not in (None, False, []) for value in (record.get("actions") or {}).values()):
        raise invalid("A rule has an action.", "actions")
    for name in _PASSING:
        for person in (record.get("actions") or {}).get(name) or ():
            if "@" not in str((person.get("emailAddress") or {}).get("address")):
                raise invalid("Who mail is passed on to has an address.", f"actions/{name}")
    for part in ("conditions", "exceptions"):
        sizes = (record.get(part) or {}).get("withinSizeRange") or {}
        low, high = sizes.get("minimumSize"), sizes.get("maximumSize")
        if low is not None and high is not None and low > high:
            raise invalid("A range of sizes begins below its end.", f"{part}/withinSizeRange")


def _set(predicates: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: value
        for name, value in (predicates or {}).items()
        if name in _CONDITIONS and value not in (None, [])
    }


def _applies(rule: Mapping[str, Any], mail: Arrived) -> bool:
    conditions, exceptions = _set(rule.get("conditions")), _set(rule.get("exceptions"))
    return all(_CONDITIONS[name](mail, value) for name, value in conditions.items()) and not any(
        _CONDITIONS[name](mail, value) for name, value in exceptions.items()
    )


Pass = Callable[[Thing, list[Any], str], object]
"""Passes a message on to people, as an action of a rule says."""
TO_FOLDERS = ("copyToFolder", "moveToFolder")
_PASSING = ("forwardTo", "forwardAsAttachmentTo", "redirectTo")


def follow_rules(
    call: Call, inbox: Thing, message: Thing, own: frozenset[str], passes: Pass, kind: str = ""
) -> None:
    """Do with a message that has arrived what the rules of the inbox say, in their order.

    ``kind``: what sent it that is no person.
    """
    rules = [each.record for each in call.inside(inbox, RULES)]
    if not rules:
        return
    attached = call.inside(message, "message/attachments")
    has_attachments = any(not each.record.get("isInline") for each in attached)
    size = size_of(message.record, [each.record for each in attached])
    mail = Arrived(message.record, own, has_attachments, short(message.type.name), kind, size)
    for rule in sorted(rules, key=lambda each: each.get("sequence") or 0):
        if rule.get("isEnabled") is False or not _applies(rule, mail):
            continue
        actions = rule.get("actions") or {}
        found = _act(call, message, actions, passes)
        if found is None:
            return
        message = found
        if actions.get("stopProcessingRules"):
            return


def _act(call: Call, message: Thing, actions: Mapping[str, Any], passes: Pass) -> Thing | None:
    """Do what a rule says; None where the message is gone then."""
    changes: Record = {}
    if actions.get("markAsRead"):
        changes["isRead"] = True
    if actions.get("markImportance"):
        changes["importance"] = actions["markImportance"]
    if actions.get("assignCategories"):
        had = message.record.get("categories") or []
        changes["categories"] = list(dict.fromkeys([*had, *actions["assignCategories"]]))
    if changes:
        message = call.change(message, changes)
    for name in _PASSING:
        if actions.get(name):
            passes(message, actions[name], name)
    copied, moved = (_folder(call, message, actions.get(name)) for name in TO_FOLDERS)
    if copied is not None:
        call.copy(message, {"parentFolderId": copied})
    if actions.get("permanentDelete"):
        call.erase(message)
        return None
    if actions.get("delete"):
        call.delete(message)
        return None
    if moved is not None:
        message = call.renew(message, {"parentFolderId": moved})
    return message


def is_search_folder(folder: Mapping[str, Any]) -> bool:
    """Whether a folder has none of its own messages, but finds those of others."""
    return str(folder.get("@odata.type")).endswith(".mailSearchFolder")


def _folder(call: Call, message: Thing, named: str | None) -> str | None:
    """The id of the folder that an action names; None where none takes messages any more."""
    owner = call.owner(message)
    if not named or owner is None:
        return None
    id_ = call.id_of(owner, Word("user/mailFolders", named.lower())) or named
    found = call.beside(message, "user/mailFolders", id_)
    return None if found is None or is_search_folder(found.record) else id_
