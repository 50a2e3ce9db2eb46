"""Inbox rules: what becomes of a message that arrives.

https://learn.microsoft.com/graph/api/resources/messagerule; all conditions that are set have to
hold, of a list one item, and no exception may. What is not done here is refused when it is set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.outlook.values import text_of

RULES = "mailFolder/messageRules"


@dataclass(frozen=True)
class Arrived:
    """A message that arrives, as conditions look at it; ``own`` are the receiver's addresses."""

    record: Mapping[str, Any]
    own: frozenset[str]
    has_attachments: bool

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
}
_ACTIONS = frozenset(
    {"moveToFolder", "copyToFolder", "delete", "permanentDelete", "markAsRead", "markImportance"}
    | {"assignCategories", "forwardTo", "redirectTo", "stopProcessingRules"}
)


def refuse_rule(record: Record, before: Record | None) -> None:
    """Raise GraphError (501) for a condition or an action that nothing here heeds."""
    parts = {"conditions": _CONDITIONS, "exceptions": _CONDITIONS, "actions": _ACTIONS}
    for part, known in parts.items():
        for name, value in (record.get(part) or {}).items():
            if value not in (None, False, []) and name not in known:
                message = f"fakegraph's inbox rules do not know '{name}': {', '.join(known)}."
                raise GraphError(501, "NotImplemented", message, f"{part}/{name}")


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


Pass = Callable[[Thing, list[Any], bool], object]
"""Passes a message on to people; redirected, it keeps its sender."""


def follow_rules(
    call: Call, inbox: Thing, message: Thing, own: frozenset[str], passes: Pass
) -> None:
    """Do with a message that has arrived what the rules of the inbox say, in their order."""
    rules = [each.record for each in call.inside(inbox, RULES)]
    if not rules:
        return
    attached = call.inside(message, "message/attachments")
    has_attachments = any(not each.record.get("isInline") for each in attached)
    mail = Arrived(message.record, own, has_attachments)
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
    for name, redirected in (("forwardTo", False), ("redirectTo", True)):
        if actions.get(name):
            passes(message, actions[name], redirected)
    if actions.get("copyToFolder") and _is_there(call, message, actions["copyToFolder"]):
        call.copy(message, {"parentFolderId": actions["copyToFolder"]})
    if actions.get("permanentDelete"):
        call.erase(message)
        return None
    if actions.get("delete"):
        call.delete(message)
        return None
    if actions.get("moveToFolder") and _is_there(call, message, actions["moveToFolder"]):
        message = call.renew(message, {"parentFolderId": actions["moveToFolder"]})
    return message


def _is_there(call: Call, message: Thing, folder: str) -> bool:
    return call.beside(message, "user/mailFolders", folder) is not None
