"""Comments of a workbook and their replies: threads, which lie in parts that openpyxl drops.

https://learn.microsoft.com/graph/api/resources/workbookcomment
https://learn.microsoft.com/openspecs/office_standards/ms-xlsx (2.6.203, CT_ThreadedComment)
"""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.reader.excel import ExcelReader
from openpyxl.workbook import Workbook
from openpyxl.xml.functions import fromstring

from fakegraph.workloads.files.excel.errors import bad_argument
from fakegraph.workloads.files.excel.nodes import Arguments, Found, Node, Several

_SPACE = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_RELATION = "http://schemas.microsoft.com/office/2017/10/relationships/"
_MEDIA = "application/vnd.ms-excel."
_PERSONS = "xl/persons/person.xml"
_NOBODY = "{00000000-0000-0000-0000-000000000000}"
_LONGEST = 32_767


class Said(NamedTuple):
    """A comment, or a reply to one: the attributes that the file has of it, and its text."""

    attributes: dict[str, str]
    text: str

    @property
    def id(self) -> str:
        """What it is found by."""
        return self.attributes["id"]

    def show(self) -> dict[str, Any]:
        """It as Graph has it."""
        return {"id": self.id, "content": self.text, "contentType": "Plain"}


class Threads(NamedTuple):
    """All that a workbook has: by sheet what is said there, and the part that says by whom."""

    by_sheet: dict[str, list[Said]]
    persons: bytes


def read_threads(data: bytes, book: Workbook) -> Threads:
    """What is said in a file."""
    by_sheet: dict[str, list[Said]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = packed.namelist()
        if not any(each.startswith("xl/threadedComments/") for each in names):
            return Threads({}, b"")
        reader = ExcelReader(io.BytesIO(data))
        reader.read_manifest()
        reader.read_workbook()
        for sheet, rel in reader.parser.find_sheets():
            path = get_rels_path(rel.target)
            found = get_dependents(packed, path) if path in names else ()
            for each in found:
                if each.Type == f"{_RELATION}threadedComment" and sheet.name in book.sheetnames:
                    by_sheet.setdefault(sheet.name, []).extend(_read(packed.read(each.target)))
        persons = packed.read(_PERSONS) if _PERSONS in names else b""
    return Threads(by_sheet, persons)


def _read(part: bytes) -> list[Said]:
    found = fromstring(part).iter(f"{{{_SPACE}}}threadedComment")
    return [Said(dict(each.attrib), each.findtext(f"{{{_SPACE}}}text") or "") for each in found]


# Writing -----------------------------------------------------------------------------------------


def write_threads(data: bytes, book: Workbook, threads: Threads) -> bytes:
    """A file as openpyxl has saved a workbook, with what is said in it."""
    titles = {sheet.title: sheet.path.lstrip("/") for sheet in book.worksheets}
    there = {titles[title]: said for title, said in threads.by_sheet.items() if title in titles}
    if not any(there.values()):
        return data
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        parts = {each.filename: source.read(each) for each in source.infolist()}
        for part, content in _with(parts, there, threads.persons).items():
            made.writestr(part, content)
    return target.getvalue()


def _with(
    parts: dict[str, bytes], there: dict[str, list[Said]], persons: bytes
) -> dict[str, bytes]:
    media = []
    for number, (sheet, said) in enumerate(there.items(), 1):
        part = f"xl/threadedComments/threadedComment{number}.xml"
        parts[part] = _written(said)
        _relate(parts, get_rels_path(sheet), f"/{part}", "threadedComment")
        media.append((part, f"{_MEDIA}threadedcomments+xml"))
    if persons:
        parts[_PERSONS] = persons
        _relate(parts, "xl/_rels/workbook.xml.rels", f"/{_PERSONS}", "person")
        media.append((_PERSONS, f"{_MEDIA}person+xml"))
    types = "".join(f'<Override PartName="/{p}" ContentType="{kind}"/>' for p, kind in media)
    _insert(parts, "[Content_Types].xml", types, b"</Types>")
    return parts


def _relate(parts: dict[str, bytes], path: str, target: str, kind: str) -> None:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts.setdefault(path, f'<Relationships xmlns="{space}"></Relationships>'.encode())
    text = f'<Relationship Id="tc{kind}" Type="{_RELATION}{kind}" Target="{target}"/>'
    _insert(parts, path, text, b"</Relationships>")


def _insert(parts: dict[str, bytes], path: str, text: str, end: bytes) -> None:
    head, _, tail = parts[path].rpartition(end)
    parts[path] = head + text.encode() + end + tail


def _written(said: list[Said]) -> bytes:
    each = (
        "<threadedComment{}><text>{}</text></threadedComment>".format(
            "".join(f" {name}={quoteattr(value)}" for name, value in one.attributes.items()),
            escape(one.text),
        )
        for one in said
    )
    return f'<ThreadedComments xmlns="{_SPACE}">{"".join(each)}</ThreadedComments>'.encode()


# What paths lead to ------------------------------------------------------------------------------


class Comments(Several):
    """The comments of a workbook: what begins a thread, sheet by sheet."""

    kind = "workbookComment"

    def __init__(self, threads: Threads) -> None:
        self.threads = threads

    def nodes(self) -> list[Node]:
        return [
            Comment(one, said)
            for said in self.threads.by_sheet.values()
            for one in said
            if "parentId" not in one.attributes
        ]

    def key(self, key: str) -> Node:
        return self.named(key, "id")


class Comment(Node):
    """One comment, with all that is said in its sheet."""

    kind = "workbookComment"

    def __init__(self, comment: Said, said: list[Said]) -> None:
        self.comment = comment
        self.said = said

    def show(self) -> Any:
        return self.comment.show()

    def step(self, name: str, arguments: Arguments) -> Node | None:
        return Replies(self) if name == "replies" else None


class Replies(Several):
    """What was replied to a comment."""

    kind = "workbookCommentReply"

    def __init__(self, of: Comment) -> None:
        self.of = of

    def nodes(self) -> list[Node]:
        id_ = self.of.comment.id
        return [Reply(one) for one in self.of.said if one.attributes.get("parentId") == id_]

    def key(self, key: str) -> Node:
        return self.named(key, "id")

    def act(self, name: str, body: Arguments) -> Found | None:
        """https://learn.microsoft.com/graph/api/workbookcomment-post-replies"""
        if name:
            return None
        text, kind = body.get("content"), body.get("contentType", "Plain")
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST or "\0" in text:
            raise bad_argument("content")
        if not isinstance(kind, str) or kind.casefold() != "plain":
            raise bad_argument("contentType")
        first = self.of.comment.attributes
        attributes = {name: value for name, value in first.items() if name in ("ref", "dT")}
        attributes |= {"personId": first.get("personId", _NOBODY), "parentId": first["id"]}
        made = Said({**attributes, "id": f"{{{str(uuid.uuid4()).upper()}}}"}, text)
        self.of.said.append(made)
        return 201, Reply(made)


class Reply(Node):
    """One reply."""

    kind = "workbookCommentReply"

    def __init__(self, reply: Said) -> None:
        self.reply = reply

    def show(self) -> Any:
        return self.reply.show()
