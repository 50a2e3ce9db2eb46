"""What messages cannot be, and what cannot be asked of them.

https://learn.microsoft.com/graph/api/user-list-messages and the resource message
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Key, Record
from fakegraph.workloads.handed import Refuse
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.outlook.mime import LONGEST_SUBJECT
from fakegraph.workloads.outlook.words import invalid, missing_part
from fakegraph.workloads.outlook.zones import moment_of

_MOST_HEADERS = 5
_HEADER = re.compile(r"[!-9;-~]{3,}")  # what RFC 5322 lets a name have, and more than the prefix


def refuse_within(call: Call, folder: Thing, container: str, place: str, target: str) -> None:
    """Raise GraphError (400) where a folder would come into itself, or into one that is in it."""
    at = call.beside(folder, container, place)
    seen: set[Key] = set()  # what is seeded may lie in itself
    while at is not None and at.key not in seen:
        if at.key == folder.key:
            message = "A folder cannot be put into itself, or into one that is in it."
            raise GraphError(400, "ErrorMoveCopyFailed", message, target)
        seen.add(at.key)
        at = call.beside(folder, container, str(at.record.get("parentFolderId")))


def refuse_subject(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a subject that is longer than the store keeps."""
    subject = record.get("subject") or ""
    if len(subject) > LONGEST_SUBJECT and subject != (before or {}).get("subject"):
        raise invalid(f"A subject has {LONGEST_SUBJECT} characters at most.", "subject")


def refuse_sender(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for another sender, or another name, of what was sent."""
    if before is None or before.get("isDraft"):
        return
    for name in ("from", "sender", "internetMessageId"):
        if record.get(name) != before.get(name):
            raise GraphError(400, "ErrorInvalidPropertySet", "Message is not draft.", name)


def refuse_flag(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a flag that is due and never begins, or begins later."""
    flag = record.get("flag") or {}
    due, start = flag.get("dueDateTime"), flag.get("startDateTime")
    if not due or flag == (before or {}).get("flag"):
        return
    if not start:
        raise _bad_flag("A flag's dueDateTime goes with a startDateTime.")
    if moment_of(due)[0] < moment_of(start)[0]:
        raise _bad_flag("A flag's dueDateTime is not before its startDateTime.")


def _bad_flag(hint: str) -> GraphError:
    code, where = "ErrorInvalidArgument", "flag/dueDateTime"
    return GraphError(400, code, "The request is invalid.", where, [Problem(hint, where, code)])


def named_by(name: str) -> Refuse:
    """What refuses a thing whose name is empty."""

    def check(record: Record, before: Record | None) -> None:
        if record.get(name) == "":
            raise invalid(f"'{name}' is not empty.", name)

    return check


def refuse_headers(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for headers that only the service gives a message."""
    if before is None:
        check_headers(record)


def check_headers(message: Mapping[str, Any]) -> None:
    """Raise GraphError (400) for headers that nobody can give a message."""
    names = [str(each.get("name")) for each in message.get("internetMessageHeaders") or ()]
    wrong = next((name for name in names if not name.lower().startswith("x-")), None)
    if wrong is not None:
        raise _bad_header(
            f"The internet message header name '{wrong}' should start with 'x-' or 'X-'."
        )
    for each in message.get("internetMessageHeaders") or ():
        name = str(each.get("name"))
        if not _HEADER.fullmatch(name):
            raise _bad_header(f"The internet message header name '{name}' is invalid.")
        if each.get("value") is None:
            raise _bad_header(f"The internet message header '{name}' has no value.")
    if len(names) > _MOST_HEADERS:
        raise GraphError(
            400,
            "InvalidInternetMessageHeaderCollection",
            f"Maximum number of headers in one message should be less than or equal to "
            f"{_MOST_HEADERS}.",
            "internetMessageHeaders",
        )


def _bad_header(message: str) -> GraphError:
    return GraphError(400, "InvalidInternetMessageHeader", message, "internetMessageHeaders")


def refuse_attachments(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for what cannot come attached to an item that is made."""
    if before is None:
        check_attachments(record)


def check_attachments(item: Mapping[str, Any]) -> None:
    """Raise GraphError (400) for what cannot be attached."""
    for each in item.get("attachments") or ():
        kind = str(each.get("@odata.type")).rpartition(".")[2]
        missing = [name for name in ("name", *_PARTS.get(kind, ())) if each.get(name) is None]
        if missing:
            raise missing_part(f"attachments/{missing[0]}")
        if kind == "referenceAttachment":
            refuse_reference(each, None)


_PARTS = {"fileAttachment": ("contentBytes",), "itemAttachment": ("item",)}


def refuse_empty(call: Call, record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for an itemAttachment that has no item."""
    if not any(True for _ in call.inside(call.thing, "itemAttachment/item")):
        raise missing_part("item")


def refuse_reference(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for one that leads nowhere: v1.0 has no name for that."""
    if record.get("sourceUrl"):  # beta's model has it
        return
    message, code = "The property 'SourceUrl' is required when creating the entity.", _INVALID
    why = "v1.0 does not know the sourceUrl of a referenceAttachment: beta makes them."
    raise GraphError(400, code, message, "sourceUrl", [Problem(why, "sourceUrl", code)])


_INVALID = "ErrorInvalidProperty"
_VARIABLE = re.compile(r"\(\s*id\s*:\s*id", re.IGNORECASE)
"""What looks like a property, and is what one thing of many is called."""


def check_events(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for a filter by what the store cannot look for."""
    text = _VARIABLE.sub("(", options.get("filter") or "")
    person = _OF_PEOPLE.search(text)
    if person is not None:
        value = str(person[3]).replace("''", "'")
        attendee = f'i.Attendees.Any(a => (a.EmailAddress == "{value}"))'
        organizer = f'(i.Organizer.EmailAddress == "{value}")'
        said = (
            f"'i => {attendee if person[1] else organizer}' is not a supported filter expression."
        )
        why = "Events are not filtered by their people, as at the service."
        code = "UnsupportedEntityExpression"
        raise GraphError(501, code, said, "$filter", [Problem(why, "$filter", code)])
    for name in (each.casefold() for each in _asked_names(text)):
        if name == "id" or name.partition("/")[0] == "recurrence":
            spelt = name.partition("/")[0].capitalize()
            message = f"The property '{spelt}' does not support filtering."
            raise GraphError(400, _INVALID, message, "$filter")


_OF_PEOPLE = re.compile(
    r"\b(?:(attendees/(?:any|all)\(\s*(\w+)\s*:[^)']*?\b\2/)|organizer/)"
    r"emailAddress/\w+\s+\w+\s+'((?:[^']|'')*)'",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r"[A-Za-z_][\w/.]*(?!\w*\()")
_OPERATORS = frozenset(
    {"and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "has", "in", "true", "false", "null"}
)


def _asked_names(text: str) -> list[str]:
    """The properties that a filter names, in order, each once."""
    bare = _LITERAL.sub("''", text)
    found = [name for name in _NAME.findall(bare) if name not in _OPERATORS]
    return list(dict.fromkeys(found))


_NOT_SEARCHED = {
    "orderby": ("$orderBy", "SearchWithOrderBy"),
    "filter": ("$filter", "SearchWithFilter"),
    "count": ("$count", "SearchWithCount"),
}


_EXTENDED = "ExtendedProperties/"


def check_search(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for what a search does not go with."""
    for name, (spelt, code) in _NOT_SEARCHED.items() if options.get("search") is not None else ():
        if options.get(name) is not None:
            message = f"The query parameter '{spelt}' is not supported with '$search'."
            raise GraphError(400, code, message, f"${name}")


def check_order(options: Mapping[str, str]) -> None:
    """A filter has to begin with what is ordered by, in that order."""
    wanted, text = options.get("orderby"), options.get("filter")
    if wanted is None or text is None:
        return
    order = [each.split()[0] for each in wanted.split(",") if each.split()]
    if not _is_efficient(_asked_names(text), order):
        code = "ErrorRestrictionTooComplex" if _EXTENDED in text else "InefficientFilter"
        hint = "What $orderby names has to come first in $filter, in the same order."
        raise GraphError(
            400,
            code,
            "The restriction or sort order is too complex for this operation.",
            "$filter",
            [Problem(hint, "$filter", code)],
        )


_UNREAD, _NEWEST = "isread", ["receiveddatetime"]


def _is_efficient(asked: list[str], order: list[str]) -> bool:
    """Whether a filter by these properties goes with that order.

    The page of list messages has the rule, and query-parameters an example where what is ordered by
    goes on behind all of the filter. ``isRead`` is beside the rule where messages are ordered by
    when they came, as programs that ask the service have found: it knows the unread ones by date.
    """
    asked, order = ([each.casefold() for each in names] for names in (asked, order))
    if order == _NEWEST:
        asked = [name for name in asked if name != _UNREAD]
    both = min(len(asked), len(order))
    return asked[:both] == order[:both]


def refuse_search(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for a search of what cannot be searched."""
    if options.get("search") is not None:
        message = (
            "The query parameter '$search' is not supported: messages, people and contacts have it."
        )
        raise GraphError(400, "BadRequest", message, "$search")


_OF_ITEMS = re.compile(
    r"(\bendswith)\(|"
    r"\b(?:(?:to|cc|bcc)Recipients|replyTo)/(?:any|all)\(|"
    r"\b(?!\w+ExtendedProperties)\w+/(?:any|all)\(\w+:[^)]*?(?:startswith|endswith|contains)\(|"
    r"\bemailAddresses/(?:any|all)\((?!\s*(\w+)\s*:\s*\2/\w+\s+eq\s)",
    re.IGNORECASE,
)


def check_filter(options: Mapping[str, str]) -> None:
    """Raise GraphError (400) for a filter that the store cannot do."""
    found = _OF_ITEMS.search(_LITERAL.sub("''", options.get("filter") or ""))
    if found is not None:
        message = "The query filter contains one or more invalid nodes."
        way = "startswith and contains are known" if found[1] else "$search finds recipients"
        hint = f"'{found[0]}…' cannot be filtered by: {way}."
        code = "ErrorInvalidUrlQueryFilter"
        raise GraphError(400, code, message, "$filter", [Problem(hint, "$filter", code)])
