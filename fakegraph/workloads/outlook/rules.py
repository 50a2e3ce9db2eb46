"""Inbox rules: what becomes of a message that arrives.

https://learn.microsoft.com/graph/api/resources/messagerule; all conditions that are set have to
hold, of a list one item, and no exception may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.handed import Word, short
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.outlook.values import size_of, text_of

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


_LONGEST, _LARGEST = 256, 2_097_151


def unfit(code: str, message: str, field: str, value: object, target: str) -> GraphError:
    """What the store says of a rule that it does not take."""
    said = f"ErrorCode: '{code}', Message: '{message}', Field: '{field}', Value: '{value}'."
    return GraphError(400, "MessageRuleValidationError", said, target)


def refuse_rule(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a rule that does nothing, or that the store cannot keep."""
    name, sequence = record.get("displayName"), record.get("sequence") or 0
    if name == "":
        empty = "The value must not be empty."
        raise unfit("EmptyValueFound", empty, "Name", "", "displayName")
    if len(str(name)) > _LONGEST:
        long = f"The string is too long. The maximum allowed length is {_LONGEST} characters."
        raise unfit("StringValueTooBig", long, "Name", name, "displayName")
    if sequence < 1:
        raise unfit("InvalidValue", _INVALID, "Sequence", sequence, "sequence")
    for part in (*_PARTS, "actions"):
        _refuse_nulls(record.get(part) or {}, part)
    actions = record.get("actions")
    _refuse_actions((before or {}).get("actions") or {} if actions is None else actions)
    for part in _PARTS:
        sizes = (record.get(part) or {}).get("withinSizeRange")
        if sizes is not None:
            _refuse_sizes(sizes, part)


_INVALID = "The value isn't valid."
_PARTS = ("conditions", "exceptions")


def _refuse_nulls(values: Mapping[str, Any], part: str) -> None:
    """Raise GraphError (400) for a part of a condition or an action that is null."""
    for name in (name for name, value in values.items() if value is None):
        text, many = "Edm.String", name.endswith(("Contains", "ategories"))
        kind = f"Collection({text})[Nullable=True]" if many else text
        kind = "Edm.Boolean" if _FLAG.match(name) else kind
        why = f"The expected type '{kind}' cannot be null but it can have null values."
        found = f"A null value was found for the property named '{name}', which has the expected"
        raise GraphError(400, "RequestBodyRead", f"{found} type '{kind}'. {why}", f"{part}/{name}")


_FLAG = re.compile("is|has|sent(?!ToAddresses)|not|markAs|delete|permanent|stop")


def _refuse_actions(actions: Mapping[str, Any]) -> None:
    if not any(value not in (None, False, []) for value in actions.values()):
        missing = "Please choose at least one action."
        raise unfit("MissingAction", missing, "Actions", "", "actions")
    for name in _PASSING:
        for person in actions.get(name) or ():
            address = str((person.get("emailAddress") or {}).get("address") or "")
            if "@" not in address:
                field, wrong = f"Action.{name[0].upper()}{name[1:]}", "The address isn't valid."
                raise unfit("InvalidAddress", wrong, field, f":{address}", f"actions/{name}")


def _refuse_sizes(sizes: Mapping[str, Any], part: str) -> None:
    """Raise GraphError (400) for a range that has no size: what it leaves out is 0."""
    field, target = f"{part[:-1].capitalize()}.WithinSizeRange", f"{part}/withinSizeRange"
    low, high = sizes.get("minimumSize") or 0, sizes.get("maximumSize") or 0
    if min(low, high) < 0:
        why = "The size that's specified can't be less than zero."
        raise unfit("SizeLessThanZero", why, field, min(low, high), target)
    if high > _LARGEST:
        raise unfit("InvalidValue", _INVALID, field, high, target)
    if low > high:
        why = f"The minimum size {low} is greater than the maximum size {high}."
        why = f"The size range is invalid. {why}"
        raise unfit("InvalidSizeRange", why, field, f"{low},{high}", target)


def kept_predicates(predicates: Mapping[str, Any]) -> Record:
    """Conditions as the store keeps them: what is false is none, and who is looked for in
    capitals.
    """
    kept = {name: value for name, value in predicates.items() if value is not False}
    for name in ("senderContains", "recipientContains"):
        if isinstance(kept.get(name), list):
            kept[name] = [each.upper() for each in kept[name]]
    sizes = kept.get("withinSizeRange")
    if sizes is not None:
        kept["withinSizeRange"] = {"minimumSize": 0, "maximumSize": 0} | {
            name: value for name, value in sizes.items() if value is not None
        }
    return kept


def kept_actions(actions: Mapping[str, Any]) -> Record:
    """Actions as the store keeps them: what is false is none."""
    return {name: value for name, value in actions.items() if value is not False}


def settled(call: Call, record: Record, before: Record | None) -> None:
    """Put a rule where its sequence says, and into it the ids of the folders that it names.

    Rules are numbered from 1 on without gaps: one that comes to a place moves those behind it,
    and past the last one is next to that. What deletes a message lets no other rule have it, and
    what moves one to Deleted Items deletes it. A part that is null stays as it was.
    """
    rule = call.thing
    kept = {name: (before or {}).get(name) for name in (*_PARTS, "actions")}
    kept = {name: value for name, value in kept.items() if value and record.get(name) is None}
    actions = dict(kept.pop("actions", None) or record.get("actions") or {})
    is_new = actions != (before or {}).get("actions")
    if is_new and (actions.get("delete") or actions.get("permanentDelete")):
        actions["stopProcessingRules"] = True
    for name in TO_FOLDERS:
        if actions.get(name):
            actions[name] = _named_folder(call, actions[name], name)
    if actions.get("moveToFolder") == _id_of(call, "deleteditems"):
        del actions["moveToFolder"]
        actions["delete"] = True
    if kept or actions != record.get("actions"):
        rule = call.change(rule, {**kept, "actions": actions})
    others = [each for each in _in_order(call) if each.key != rule.key]
    if before is None or record["sequence"] != before.get("sequence"):
        others.insert(min(record["sequence"] - 1, len(others)), rule)
        _number(call, others)


def left(call: Call, record: Record) -> None:
    """Close the gap that a rule leaves among the others."""
    _number(call, [each for each in _in_order(call) if each.key != call.thing.key])


def _inbox(call: Call) -> Thing:
    inbox = call.owner(call.thing)
    assert inbox is not None
    return inbox


def _in_order(call: Call) -> list[Thing]:
    inbox = _inbox(call)
    return sorted(call.inside(inbox, RULES), key=lambda each: each.record.get("sequence") or 0)


def _number(call: Call, rules: list[Thing]) -> None:
    for number, each in enumerate(rules, 1):
        if each.record.get("sequence") != number:
            call.change(each, {"sequence": number})


def _id_of(call: Call, word: str) -> str | None:
    owner = call.owner(_inbox(call))
    return None if owner is None else call.id_of(owner, Word(FOLDERS, word))


def _named_folder(call: Call, named: str, action: str) -> str:
    """The id of a folder that a rule names by word or id. Raises GraphError (400) for none."""
    id_ = _id_of(call, named.lower()) or named
    if call.beside(_inbox(call), FOLDERS, id_) is None:
        field, shown = f"Action.{action[0].upper()}{action[1:]}", named.translate(_STANDARD)
        raise unfit("InvalidValue", "Id is malformed.", field, shown, f"actions/{action}")
    return id_


_STANDARD = str.maketrans("-_", "/+")
FOLDERS = "user/mailFolders"


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
