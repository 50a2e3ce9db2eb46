"""What is searched: where each kind of things is found, by which of its texts, and what of it is
shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import unquote

from fakegraph.dataclass import dataclass
from fakegraph.workloads.files.contents import is_read
from fakegraph.workloads.files.everywhere import all_drives, all_sites
from fakegraph.workloads.files.items import url_along
from fakegraph.workloads.handed import Reading
from fakegraph.workloads.operations import Call, Thing
from fakegraph.workloads.outlook.search import Property, Test, Texts, by_moment, by_text, unfit
from fakegraph.workloads.outlook.values import text_of

Find = Callable[[Call, Sequence[Thing]], Iterable[Thing]]


@dataclass(frozen=True, slots=True)
class Kind:
    """Things of one ``entityType``.

    ``find`` gives those that certain people see, or that are nobody's; ``texts`` what words
    are looked for in, ``properties`` what a term of KQL may name, ``shown`` the properties of a
    hit, ``latest`` the one by whose greatest value they come, ``most`` how many on a page.
    ``personal``: whether only a user can ask for them.
    """

    find: Find
    texts: Texts
    shown: tuple[str, ...]
    latest: str
    properties: Mapping[str, Property] = field(default_factory=dict)
    most: int = 500
    personal: bool = False
    sorts: bool = True


def _said(*names: str) -> Texts:
    """What properties say: texts, or bodies, addresses and names in objects."""

    def texts(reading: Reading) -> Iterator[str]:
        for name in names:
            yield from _texts_in(reading.record.get(name))

    return texts


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts_in(each)
    elif isinstance(value, dict):
        if "content" in value:
            yield text_of(value)
        for name in ("displayName", "name", "address", "emailAddress", "user"):
            yield from _texts_in(value.get(name))


# Where they are -------------------------------------------------------------------------------


def _of_user(container: str) -> Find:
    return lambda call, people: [each for user in people for each in call.inside(user, container)]


def _top(container: str) -> Find:
    return lambda call, people: call.inside(None, container)


def _drive_items(call: Call, people: Sequence[Thing]) -> Iterator[Thing]:
    for drive in all_drives(call, people):
        for item in call.inside(drive, "drive/items"):
            if "root" not in item.record:
                yield item


def _lists(call: Call, people: Sequence[Thing]) -> Iterator[Thing]:
    for holder in chain(call.inside(None, "groups"), all_sites(call)):
        yield from call.inside(holder, "site/lists")


def _list_items(call: Call, people: Sequence[Thing]) -> Iterator[Thing]:
    for each in _lists(call, people):
        yield from call.inside(each, "list/items")


def _messages_of_teams(call: Call, people: Sequence[Thing]) -> Iterator[Thing]:
    for user in people:
        for chat in call.leads_to(user, "chats"):
            yield from call.inside(chat, "chat/messages")
        for team in call.leads_to(user, "joinedTeams"):
            for channel in call.inside(team, "team/channels"):
                yield from call.inside(channel, "channel/messages")


def _below(call: Call, singleton: str, container: str) -> Iterator[Thing]:
    for top in call.inside(None, singleton):
        yield from call.inside(top, container)


def _external_items(call: Call, people: Sequence[Thing]) -> Iterator[Thing]:
    for connection in _below(call, "external", "externalConnectors.external/connections"):
        yield from call.inside(connection, "externalConnectors.externalConnection/items")


def _answers(name: str) -> Find:
    """What admins have published as answers."""

    def find(call: Call, people: Sequence[Thing]) -> list[Thing]:
        found = _below(call, "search", f"searchEntity/{name}")
        return [each for each in found if each.record.get("state", "published") == "published"]

    return find


# What files and items of lists say ------------------------------------------------------------


def _file(reading: Reading) -> Iterator[str]:
    yield from _said("name", "description")(reading)
    if is_read(reading.record):
        yield (reading.content("content") or b"").decode("utf-8", "replace")


def _ending(reading: Reading) -> Iterator[str]:
    said = reading.record.get("name") or reading.record.get("@name") or ""
    yield str(said).rpartition(".")[2]


def _place_of(reading: Reading) -> str:
    """Where a thing is, spelt as people write it."""
    return unquote(str(reading.record.get("webUrl") or ""))


def _place_of_file(reading: Reading) -> str:
    """The same of what lies in a drive, of documents of Office too."""
    return _place_of(reading) or unquote(url_along(reading, reading.owner() or {}))


def _place_of_item(reading: Reading) -> str:
    """The same of an item of a list; of what is a file too, the library, which is all it says."""
    return _place_of(reading) or unquote(str((reading.owner() or {}).get("webUrl") or ""))


def _by_path(give: Callable[[Reading], str]) -> Property:
    """``path:"https://contoso.sharepoint.com/sites/team"``: whose URL begins so."""

    def read(operator: str, value: str) -> Test:
        if operator not in (":", "=", "<>"):
            raise unfit(value, f"a URL, and takes ':', '=' and '<>', and no '{operator}'")
        wanted = unquote(value).casefold()
        if operator == ":":
            return lambda reading: give(reading).casefold().startswith(wanted)
        same = operator == "="
        return lambda reading: (give(reading).casefold() == wanted) is same

    return read


def _fields(reading: Reading) -> Iterator[str]:
    for parts in (reading.record, *reading.inside("listItem/fields")):
        yield from (value for value in parts.values() if isinstance(value, str))


def _external(reading: Reading) -> Iterator[str]:
    yield from _said("content")(reading)
    properties = reading.record.get("properties") or {}
    yield from (str(value) for value in properties.values())


def _keywords(reading: Reading) -> Iterator[str]:
    """The words that a bookmark is shown for."""
    said = reading.record.get("keywords") or {}
    for name in ("keywords", "reservedKeywords"):
        yield from _texts_in(said.get(name))


_BY = dict.fromkeys(("author", "createdby"), by_text(_said("createdBy", "from", "organizer")))
_MODIFIED: Mapping[str, Property] = {
    "created": partial(by_moment, "createdDateTime"),
    "lastmodifiedtime": partial(by_moment, "lastModifiedDateTime"),
}
_ENDS = dict.fromkeys(("filetype", "fileextension"), by_text(_ending))


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ANSWER = _names("id displayName description webUrl lastModifiedDateTime lastModifiedBy")
_ITEM = _names(
    "id name webUrl createdDateTime lastModifiedDateTime createdBy lastModifiedBy parentReference"
)
_MAIL = _names(
    "id createdDateTime lastModifiedDateTime receivedDateTime sentDateTime hasAttachments subject "
    "bodyPreview importance replyTo sender from internetMessageId conversationId isRead isDraft "
    "webLink categories"
)
_CHAT = _names(
    "id createdDateTime lastModifiedDateTime subject importance from channelIdentity chatId etag"
)
_PERSON = _names(
    "id displayName givenName surname jobTitle department officeLocation userPrincipalName"
)
_NAMED: Mapping[str, Property] = {
    "title": by_text(_said("displayName", "name")),
    "path": _by_path(_place_of),
    **_MODIFIED,
}

KINDS: Mapping[str, Kind] = {
    "message": Kind(
        _of_user("user/messages"),
        _said("subject", "body", "from", "sender"),
        _MAIL,
        "receivedDateTime",
        most=25,
        personal=True,
        sorts=False,
    ),
    "event": Kind(
        _of_user("user/events"),
        _said("subject", "body", "location", "organizer"),
        ("id", "subject", "bodyPreview", "start", "end", "isAllDay", "organizer", "location"),
        "lastModifiedDateTime",
        {"subject": by_text(_said("subject")), "organizer": by_text(_said("organizer"))},
        most=25,
        personal=True,
        sorts=False,
    ),
    "driveItem": Kind(
        _drive_items,
        _file,
        (*_ITEM, "size", "file", "folder", "fileSystemInfo"),
        "lastModifiedDateTime",
        {
            "filename": by_text(_said("name")),
            "title": by_text(_said("name")),
            "path": _by_path(_place_of_file),
            **_ENDS,
            **_BY,
            **_MODIFIED,
        },
    ),
    "listItem": Kind(
        _list_items,
        _fields,
        (*_ITEM, "contentType"),
        "lastModifiedDateTime",
        {"path": _by_path(_place_of_item), **_ENDS, **_BY, **_MODIFIED},
    ),
    "list": Kind(
        _lists,
        _said("displayName", "name", "description"),
        (*_ITEM, "displayName", "description"),
        "lastModifiedDateTime",
        _NAMED,
    ),
    "site": Kind(
        lambda call, people: all_sites(call),
        _said("displayName", "name", "description"),
        (*_ITEM, "displayName", "description"),
        "lastModifiedDateTime",
        _NAMED,
    ),
    "drive": Kind(
        all_drives,
        _said("name", "description"),
        (*_ITEM, "driveType", "description"),
        "lastModifiedDateTime",
        _NAMED,
    ),
    "chatMessage": Kind(
        _messages_of_teams,
        _said("subject", "body", "from"),
        _CHAT,
        "createdDateTime",
        {"from": by_text(_said("from")), "sent": partial(by_moment, "createdDateTime")},
        most=25,
        personal=True,
        sorts=False,
    ),
    "person": Kind(
        _top("users"),
        _said("displayName", "mail", "userPrincipalName", "jobTitle", "department"),
        _PERSON,
        "displayName",
        most=25,
        personal=True,
        sorts=False,
    ),
    "externalItem": Kind(_external_items, _external, ("properties",), "id", most=1000),
    # https://learn.microsoft.com/graph/api/resources/search-api-answers-overview
    "acronym": Kind(
        _answers("acronyms"), _said("displayName"), (*_ANSWER, "standsFor", "state"), "displayName"
    ),
    "bookmark": Kind(
        _answers("bookmarks"),
        _keywords,
        (*_ANSWER, "keywords", "categories", "state"),
        "displayName",
    ),
}

#: What may be asked for together.
TOGETHER = (
    frozenset({"driveItem", "drive", "site", "list", "listItem"}),
    frozenset({"acronym", "bookmark"}),
)
