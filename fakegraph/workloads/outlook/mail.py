"""Messages, their folders, rules and categories.

https://learn.microsoft.com/graph/api/resources/mail-api-overview
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from mimetypes import MimeTypes
from typing import Any

from fakegraph.digits import natural
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Navigation, Tracking, Type
from fakegraph.workloads.handed import Asks, Formed, Making, Reading, Test, Word
from fakegraph.workloads.outlook import ids
from fakegraph.workloads.outlook.checks import (
    check_filter,
    check_order,
    check_search,
    named_by,
    refuse_attachments,
    refuse_empty,
    refuse_flag,
    refuse_headers,
    refuse_reference,
    refuse_search,
    refuse_sender,
    refuse_subject,
)
from fakegraph.workloads.outlook.extended import (
    EXTENDED,
    check_asked,
    check_expanded,
    spelt,
)
from fakegraph.workloads.outlook.mime import (
    CONTENT,
    HEAD,
    LOST,
    attachment_content,
    is_head,
    item_content,
    message_content,
    no_content,
    read_message,
)
from fakegraph.workloads.outlook.rules import (
    is_search_folder,
    kept_actions,
    kept_predicates,
    left,
    refuse_rule,
    settled,
)
from fakegraph.workloads.outlook.search import FINDINGS, read_search
from fakegraph.workloads.outlook.values import (
    all_named,
    as_preferred,
    bytes_in,
    mailbox_owner,
    named,
    people,
    preview,
    size_of,
    web_link,
    whole_seconds,
)
from fakegraph.workloads.outlook.words import invalid

FOLDERS = "user/mailFolders"
ABOUT, EVENT = "@about", "@event"
"""Of a message about an event, what the event is called in all calendars: as a list, and alone."""
MESSAGE_LINK = "ItemID={}&exvsurl=1&viewmodel=ReadMessageItem"
ROOT = Word(FOLDERS, "msgfolderroot")
_RECOVERABLE = Word(FOLDERS, "recoverableitemsdeletions")
_ABOVE_ROOT = "AQMkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAuAAAA"

_SHOWN = {
    "archive": "Archive",
    "conversationhistory": "Conversation History",
    "deleteditems": "Deleted Items",
    "drafts": "Drafts",
    "inbox": "Inbox",
    "junkemail": "Junk Email",
    "outbox": "Outbox",
    "sentitems": "Sent Items",
}
_HIDDEN = {"clutter": "Clutter", "scheduled": "Scheduled", "syncissues": "Sync Issues"}
_BELOW_SYNC_ISSUES = {
    "conflicts": "Conflicts",
    "localfailures": "Local Failures",
    "serverfailures": "Server Failures",
}
_BESIDE_ROOT = {
    "recoverableitemsdeletions": "Deletions",
    "searchfolders": "Finder",
}
WELL_KNOWN = (
    "msgfolderroot",
    *_SHOWN,
    *_HIDDEN,
    *_BELOW_SYNC_ISSUES,
    *_BESIDE_ROOT,
)


def _folder(word: str, name: str, parent: Word | str, *, hidden: bool = False) -> dict[str, Any]:
    return {
        "@well": word,
        "@kept": True,
        "displayName": name,
        "parentFolderId": parent,
        "isHidden": hidden,
    }


_PROVISIONED = (
    _folder("msgfolderroot", "Top of Information Store", _ABOVE_ROOT) | {"@root": True},
    *(_folder(word, name, ROOT) for word, name in _SHOWN.items()),
    *(_folder(word, name, ROOT, hidden=True) for word, name in _HIDDEN.items()),
    *(
        _folder(word, name, Word(FOLDERS, "syncissues"), hidden=True)
        for word, name in _BELOW_SYNC_ISSUES.items()
    ),
    *(_folder(word, name, _ABOVE_ROOT, hidden=True) for word, name in _BESIDE_ROOT.items()),
)


def _in_folder(making: Making) -> str | None:
    if making.owner_type != "user":  # one that is attached is in none
        return None
    return making.id_of(Word(FOLDERS, "drafts" if making.record["isDraft"] else "inbox"))


def _is_draft(making: Making) -> bool:
    """What was sent or received has a time of that; no body over the wire can have one.

    Clients that import mail say so with the flags of the message (PR_MESSAGE_FLAGS).
    """
    flags = _said(making, "Integer 0xe07")
    if flags is not None and _is_sent(flags):
        return False
    return not {"sentDateTime", "receivedDateTime"} & making.record.keys()


_UNSENT = 8


def _said(making: Making, id_: str) -> str | None:
    """What a body that makes a message says of it by an extended property."""
    for each in making.related.get("singleValueExtendedProperties") or ():
        if spelt(str(each.get("id"))) == id_ and each.get("value") is not None:
            return str(each["value"])
    return None


def _is_sent(flags: str) -> bool:
    value = natural(flags)
    return value is not None and not value & _UNSENT


def _time(other: str, id_: str) -> Any:
    """A time that a body may say by an extended property alone, as clients that import mail do."""

    def give(making: Making) -> Any:
        said = _said(making, id_)
        if said is not None and _is_moment(said):
            return whole_seconds(said)
        return making.record.get(other) or making.record["createdDateTime"]

    return give


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z", re.ASCII)


def _is_moment(text: str) -> bool:
    try:
        return bool(_MOMENT.fullmatch(text) and datetime.fromisoformat(f"{text[:19]}Z"))
    except ValueError:
        return False


def _index(making: Making) -> str:
    """Where in a conversation a message is: behind the one that its head says it answers."""
    answered = str((making.record.get(HEAD) or {}).get("In-Reply-To") or "").casefold()
    for each in making.having("internetMessageId", answered) if answered else ():
        if each.get("conversationIndex"):
            return ids.index_below(each["conversationIndex"], making.new_id())
    return ids.conversation_index(making)


def _has_attachments(reading: Reading) -> bool:
    stored = reading.record.get("hasAttachments")
    if stored is not None:
        return bool(stored)
    return any(not each.get("isInline") for each in reading.inside("message/attachments"))


_LISTS = ("toRecipients", "ccRecipients", "bccRecipients", "replyTo")
_PEOPLE = {
    **{name: people(name, []) for name in _LISTS},
    **{name: people(name) for name in ("from", "sender")},
}


_UNSET = {"flagStatus": "notFlagged"}


def _flag(flag: Record, making: Making) -> Record:
    """A flag: one that is not set has no dates, and one that is complete says since when."""
    status = flag.get("flagStatus") or "notFlagged"
    if status == "notFlagged":
        return {"flagStatus": status}
    if status == "complete":
        now = {"dateTime": f"{making.now[:19]}.0000000", "timeZone": "UTC"}
        return {"completedDateTime": now, **flag}
    return {name: value for name, value in flag.items() if name != "completedDateTime"}


_FORMED = {
    **_PEOPLE,
    "flag": Formed("flag", _UNSET, _flag),
    "isRead": Formed("isRead", False),
    "importance": Formed("importance", "normal"),
    "inferenceClassification": Formed("inferenceClassification", "focused"),
}


def _count(**values: Any) -> Any:
    """How many messages of the folder, or that a search folder finds, have these values."""

    def count(reading: Reading) -> int:
        if is_search_folder(reading.record):
            found = reading.asked("messages")
            return sum(all(each.get(k) == v for k, v in values.items()) for each in found)
        return reading.count("user/messages", {"parentFolderId": reading.record["id"], **values})

    return count


def _weight(reading: Reading) -> int:
    """What the messages of a folder, or that a search folder finds, weigh together."""
    mailbox = reading.holder()
    if mailbox is None:
        return 0
    if is_search_folder(reading.record):
        found = reading.asked("messages")
    else:
        found = mailbox.among("user/messages", "parentFolderId", [reading.record["id"]])
    messages = (mailbox.within("user/messages", str(each["id"])) for each in found)
    return sum(
        size_of(each.record, each.inside("message/attachments"))
        for each in messages
        if each is not None
    )


def _children(reading: Reading) -> int:
    values = {"parentFolderId": reading.record["id"], "isHidden": False}
    return reading.count(FOLDERS, values)


def _hidden_too(parameters: Mapping[str, str]) -> Test:
    wish = parameters.get("includeHiddenFolders", "false").lower()
    if wish not in ("true", "false"):
        raise bad_request(
            f"Invalid value '{wish}' for includeHiddenFolders. It is true or false.",
            "includeHiddenFolders",
        )
    return lambda record: wish == "true" or not record.get("isHidden")


def _refuse_nobody(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for an override that is of nobody's mail."""
    if (record.get("senderEmailAddress") or {}).get("address") is None:
        raise invalid("An override is of a sender's address.", "senderEmailAddress/address")


def _refuse_folder(record: Record, before: Record | None) -> None:
    if before is None:
        return
    if before.get("@kept") and record.get("displayName") != before.get("displayName"):
        raise GraphError(
            400, "ErrorInvalidOperation", "Distinguished folders cannot be renamed.", "displayName"
        )
    if record.get("isHidden") != before.get("isHidden"):
        raise GraphError(
            400, "ErrorInvalidPropertySet", "Set action is invalid for property.", "isHidden"
        )


def _sources(folder: Record, owned: Callable[[str], Iterable[Row]]) -> list[str]:
    """The ids of the folders that a search folder looks through: by id, or by well-known name."""
    records = [row.record for row in owned(FOLDERS)]
    words = {each["@well"]: str(each["id"]) for each in records if each.get("@well")}
    wanted = [words.get(each.lower(), each) for each in folder.get("sourceFolderIds") or ()]
    if not folder.get("includeNestedFolders"):
        return list(dict.fromkeys(wanted))
    below: dict[str, list[str]] = {}
    for each in records:
        below.setdefault(str(each.get("parentFolderId")), []).append(str(each["id"]))
    found: dict[str, None] = {}
    while wanted:
        at = wanted.pop()
        if at not in found:
            found[at] = None
            wanted += below.get(at, ())
    return list(found)


def no_place() -> GraphError:
    """What is said of what would be put into a search folder."""
    message = "Nothing can be put into a search folder: it has what it finds in other folders."
    return GraphError(400, "ErrorInvalidFolderTypeForOperation", message)


_FOUND = Asks("filterQuery", "user/messages", "parentFolderId", _sources, no_place)


def _check_inbox(making: Making) -> None:
    """Raise GraphError (400) for a rule of another folder."""
    if (making.owner or {}).get("@well") != "inbox":
        message = "Rules are of the inbox: mailFolders/inbox/messageRules has them."
        raise GraphError(400, "ErrorInvalidRequest", message)


def _size(record: Record) -> int:
    """What an attachment weighs: its bytes, and what stands around them."""
    return weight(bytes_in(record.get(CONTENT)))


def weight(size: int) -> int:
    """What bytes weigh as an attachment."""
    return size + 300


_DEEPEST = 30


def _nested(*names: str) -> Iterator[str]:
    """Paths of those names, over and over: items can be attached to items, so deep."""
    path: list[str] = []
    for number in range(_DEEPEST * len(names)):
        path.append(names[number % len(names)])
        yield "/".join(path)


_TYPES_OF_FILES = MimeTypes()


def _media_type(making: Making) -> str | None:
    """What the name of a file says that it is."""
    if making.type.name != "microsoft.graph.fileAttachment":
        return None
    name = str(making.record.get("name") or "")
    return _TYPES_OF_FILES.guess_type(name)[0] or "application/octet-stream"


_MOST_OVERRIDES = 1000


def _refuse_more_overrides(making: Making) -> None:
    if sum(1 for _ in making.beside()) >= _MOST_OVERRIDES:
        message = f"A mailbox has {_MOST_OVERRIDES} overrides at most."
        raise GraphError(400, "ErrorQuotaExceeded", message)


MOST_AT_ONCE = 3 * 1024 * 1024
"""The bytes of an attachment from which on it takes an upload session."""


def _content(reading: Reading) -> str | None:
    data = reading.content(CONTENT)
    return None if data is None else b64encode(data).decode()


TYPES = (
    Type(
        "outlookItem",
        ignored=frozenset({"id", "changeKey", "createdDateTime", "lastModifiedDateTime"}),
        immutable=frozenset({"id"}),
        generated={"id": ids.item_id, "changeKey": ids.change_key},
        formed={"categories": Formed("categories", [])},
        changed={"changeKey": ids.change_key, "categories": Formed("categories", [])},
        defaults={"categories": []},
        etag="changeKey",
        always_shown=frozenset({"id"}),
        ignore_case=frozenset("*"),
        told={"body": as_preferred, "uniqueBody": as_preferred},
        queries=(check_asked,),
        merged=frozenset({"body"}),
    ),
    Type(
        "message",
        lasting=ids.LASTING,
        seeded={
            ABOUT: lambda value: isinstance(value, list),
            EVENT: lambda value: isinstance(value, str),
            HEAD: is_head,
            LOST: lambda value: isinstance(value, list),
        },
        ignored=frozenset(
            {"bodyPreview", "conversationId", "conversationIndex", "hasAttachments", "isDraft"}
            | {"parentFolderId", "receivedDateTime", "sentDateTime", "uniqueBody", "webLink"}
        ),
        immutable=frozenset({"attachments"}),
        fixed=frozenset(
            {"bodyPreview", "conversationId", "conversationIndex", "createdDateTime"}
            | {"hasAttachments", "internetMessageHeaders", "isDraft", "lastModifiedDateTime"}
            | {"parentFolderId", "receivedDateTime", "sentDateTime", "uniqueBody", "webLink"}
        ),
        refers={"parentFolderId": FOLDERS},
        generated={
            "isDraft": _is_draft,
            "parentFolderId": _in_folder,
            "receivedDateTime": _time("sentDateTime", "SystemTime 0xe06"),
            "sentDateTime": _time("receivedDateTime", "SystemTime 0x39"),
            "isRead": lambda making: making.record["isDraft"],
            "internetMessageId": lambda making: f"<{making.new_id()}@fake.prod.outlook.com>",
            "conversationIndex": _index,
            "conversationId": ids.conversation_id,
            "bodyPreview": preview,
        },
        changed={"bodyPreview": preview, **_FORMED},
        formed=_FORMED,
        computed={
            "hasAttachments": _has_attachments,
            "webLink": web_link(MESSAGE_LINK),
            "uniqueBody": lambda reading: reading.record.get("uniqueBody", reading.record["body"]),
        },
        defaults={
            "subject": "",
            "importance": "normal",
            "isDeliveryReceiptRequested": False,
            "isReadReceiptRequested": False,
            "inferenceClassification": "focused",
            "body": {"contentType": "html", "content": ""},
            **{name: [] for name in _LISTS},
            "flag": _UNSET,
        },
        written={
            **dict.fromkeys(_LISTS, all_named),
            "from": named,
            "sender": named,
            **dict.fromkeys(
                (*("createdDateTime", "lastModifiedDateTime", "receivedDateTime"), "sentDateTime"),
                whole_seconds,
            ),
        },
        refuses=(refuse_subject, refuse_sender, refuse_flag, refuse_headers, refuse_attachments),
        queries=(check_search, check_order, check_filter, check_expanded),
        searched=(read_search,),
        findings=FINDINGS,
        merged=frozenset({"flag"}),
        related=frozenset({*_nested("attachments", "item"), "extensions"}) | EXTENDED,
        returned=frozenset({"extensions"}),
        only_when_selected=frozenset({"uniqueBody", "internetMessageHeaders"}),
        nulls=False,
        contents={"$value": message_content},
        reads={"text/plain": read_message},
        exact=frozenset({"conversationId", "parentFolderId"}),
        indexed=("parentFolderId", "parentFolderId+isRead", f"{ABOUT}/*"),
        late=("internetMessageId",),
        ordered=(
            *("receivedDateTime", "parentFolderId+receivedDateTime"),
            *("isRead=false+receivedDateTime", "parentFolderId&isRead=false+receivedDateTime"),
        ),
        recent=frozenset(
            {"receivedDateTime", "sentDateTime", "createdDateTime", "lastModifiedDateTime"}
        ),
        bin=("parentFolderId", (Word(FOLDERS, "deleteditems"), _RECOVERABLE)),
        # https://learn.microsoft.com/graph/api/message-delta
        tracking=Tracking(
            options=frozenset({"select", "top", "expand", "filter", "orderby"}),
            filters=re.compile(r"\s*receivedDateTime\s+g[et]\s+[^\s()]+\s*", re.I),
            parameters=("changeType",),
            typed=True,
        ),
    ),
    # https://learn.microsoft.com/graph/api/mailboxfolder-delta
    Type(
        "mailboxFolder",
        tracking=Tracking(options=frozenset({"select", "top", "expand"}), typed=True),
    ),
    Type(
        "mailFolder",
        required=("displayName",),
        ignored=frozenset(
            {"id", "parentFolderId", "childFolderCount", "sizeInBytes", "totalItemCount"}
            | {"unreadItemCount"}
        ),
        immutable=frozenset({"parentFolderId"}),
        generated={"id": ids.folder_id, "parentFolderId": lambda making: making.id_of(ROOT)},
        defaults={"isHidden": False},
        computed={
            "childFolderCount": _children,
            "wellKnownName": lambda reading: reading.record.get("@well"),
            "totalItemCount": _count(),
            "unreadItemCount": _count(isRead=False),
            "sizeInBytes": _weight,
        },
        only_when_selected=frozenset({"sizeInBytes"}),
        refuses=(_refuse_folder, named_by("displayName")),
        queries=(refuse_search, check_asked),
        related=EXTENDED,
        always_shown=frozenset({"id"}),
        ignore_case=frozenset("*"),
        exact=frozenset({"parentFolderId"}),
        indexed=("parentFolderId", "parentFolderId+isHidden"),
        kept={"@kept": True},
        bin=("parentFolderId", (Word(FOLDERS, "deleteditems"),)),
        together=(("parentFolderId", "displayName"),),
        holds=(("user/messages", "parentFolderId"), (FOLDERS, "parentFolderId")),
        steady=True,
    ),
    # https://learn.microsoft.com/graph/api/resources/mailsearchfolder
    Type(
        "mailSearchFolder",
        ignored=frozenset({"isSupported"}),
        defaults={"isSupported": True, "includeNestedFolders": False},
        asks={"messages": _FOUND},
    ),
    Type(
        "messageRule",
        required=("displayName",),
        ignored=frozenset({"id", "hasError", "isReadOnly"}),
        generated={"id": ids.rule_id},
        defaults={"hasError": False, "isReadOnly": False, "isEnabled": True},
        written={
            "conditions": kept_predicates,
            "exceptions": kept_predicates,
            "actions": kept_actions,
        },
        refuses=(refuse_rule,),
        queries=(refuse_search,),
        checks=(_check_inbox,),
        follows=settled,
        leaves=left,
        nulls=False,
    ),
    Type(
        "outlookCategory",
        required=("displayName",),
        ignored=frozenset({"id"}),
        immutable=frozenset({"displayName"}),
        defaults={"color": "none"},
        refuses=(named_by("displayName"),),
        queries=(refuse_search,),
        together=(("displayName",),),
    ),
    Type(
        "inferenceClassificationOverride",
        required=("classifyAs", "senderEmailAddress"),
        ignored=frozenset({"id"}),
        immutable=frozenset({"senderEmailAddress"}),
        ignore_case=frozenset("*"),
        indexed=("senderEmailAddress/address",),
        again={"senderEmailAddress/address": frozenset({"classifyAs", "senderEmailAddress"})},
        refuses=(_refuse_nobody,),
        queries=(refuse_search,),
        checks=(_refuse_more_overrides,),
    ),
    Type(
        "attachment",
        lasting=ids.LASTING,
        required=("name",),
        ignored=frozenset({"id", "lastModifiedDateTime", "size"}),
        generated={
            "id": ids.attachment_id,
            "size": lambda making: _size(making.record),
            "contentType": _media_type,
        },
        defaults={"isInline": False},
        queries=(refuse_search,),
        touches=True,
        always_shown=frozenset({"id"}),
    ),
    Type(
        "itemAttachment",
        follows=refuse_empty,
        related=frozenset(_nested("item", "attachments")),
        contents={"$value": item_content},
    ),
    Type("referenceAttachment", refuses=(refuse_reference,), contents={"$value": no_content}),
    Type(
        "fileAttachment",
        required=(CONTENT,),
        defaults={"contentId": None, "contentLocation": None},
        contents={"$value": attachment_content},
        aside=frozenset({CONTENT}),
        computed={CONTENT: _content},
    ),
)

_COLOURS = {"Red": 0, "Orange": 1, "Yellow": 3, "Green": 4, "Blue": 7, "Purple": 8}
"""The numbers of the colours that a mailbox has categories of from the start."""

NAVIGATION = (
    Navigation(
        "user/messages",
        unlisted=("parentFolderId", _RECOVERABLE),
        order="receivedDateTime desc",
        page_size=10,
        max_page=1000,
        tracked="nothing",
    ),
    Navigation(
        "mailFolder/messages",
        home="user/messages",
        view={"parentFolderId": "id"},
        order="receivedDateTime desc",
        page_size=10,
        max_page=1000,
        statuses={"POST": 201},
    ),
    Navigation(
        FOLDERS,
        listed={"parentFolderId": ROOT, "@root": None},
        parameters=("includeHiddenFolders",),
        asked=_hidden_too,
        provisioned=_PROVISIONED,
        known_by="displayName",
        words={word: {"@well": word} for word in WELL_KNOWN},
        order="displayName",
        page_size=10,
        tracked="all",
    ),
    Navigation(
        "mailFolder/childFolders",
        home=FOLDERS,
        view={"parentFolderId": "id"},
        parameters=("includeHiddenFolders",),
        asked=_hidden_too,
        order="displayName",
        page_size=10,
    ),
    Navigation(
        "outlookUser/masterCategories",
        known_by="displayName",
        provisioned=tuple(
            {"displayName": f"{name} category", "color": f"preset{number}"}
            for name, number in _COLOURS.items()
        ),
    ),
)


__all__ = ["FOLDERS", "NAVIGATION", "TYPES", "mailbox_owner"]
