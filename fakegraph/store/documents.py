"""Documents: how rows and links are written down, in the data file and in the log.

A row's document is its record, and ``"@owner"`` the row that contains it, ``"@deleted"`` the row
that it was hidden with. A link's has its two ends, ``from`` and ``to``, and that mark too. Keys are
text that people can follow: the container, a slash, the position (``"users/17"``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from fakegraph.store.names import is_links
from fakegraph.store.rows import (
    MOST_CONTAINERS,
    NUMBER_BITS,
    Entry,
    HiddenLink,
    HiddenRow,
    Key,
    Link,
    Row,
)

OWNER, DELETED = "@owner", "@deleted"

MAX_POSITION = 2**53


def document_of(entry: Row | Link, text_of: Callable[[Key], str]) -> bytes:
    """The document of a row or a link. ``text_of`` gives keys as text."""
    if isinstance(entry, Row) and not entry.owner and not entry.root:  # most of what there is
        return entry.dump()
    marks = {}
    if entry.owner:
        marks[OWNER] = text_of(entry.owner)
    if entry.root:
        marks[DELETED] = text_of(entry.root)
    if isinstance(entry, Link):
        ends = {"from": text_of(entry.source), "to": text_of(entry.target)}
        return orjson.dumps({**ends, **marks})
    return b"%s,%s" % (orjson.dumps(marks)[:-1], entry.dump()[1:])


class Documents:
    """Documents as rows and links. ``numbers``: the containers', which may become more.

    Raises ValueError, in words, for what is no document of its kind.
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._names: dict[int, str] = {}

    def container(self, key: Key) -> str | None:
        """The container of the row with that key."""
        number = key & MOST_CONTAINERS
        if number not in self._names:
            self._names = {number: name for name, number in self._numbers.items()}
        return self._names.get(number)

    def text_of(self, key: Key) -> str:
        """A key as text."""
        return f"{self.container(key)}/{key >> NUMBER_BITS}"

    def key_of(self, text: Any) -> Key:
        """The key that a text means."""
        name, _, digits = text.rpartition("/") if isinstance(text, str) else ("", "", "")
        number = self._numbers.get(name)
        if number is None or not digits.isdecimal() or str(int(digits)) != digits:
            raise ValueError(f"{text!r} is not the key of a row, such as 'users/17'")
        return int(digits) << NUMBER_BITS | number

    def entry(self, table: str, position: int, document: Any) -> Entry:
        """The row or the link that a table has at a position."""
        if not 0 <= position <= MAX_POSITION:
            raise ValueError("it is not a record, for its document id is out of range")
        if is_links(table):
            return self.link(position, document)
        return self.row(self._numbers[table], position, document)

    def row(self, number: int, position: int, document: Any) -> Row:
        """The row that a document says, which becomes its record."""
        if not isinstance(document, dict):
            raise ValueError("it is not a record")
        if OWNER not in document and DELETED not in document:  # most of what there is
            return Row(position, document, number)
        row = Row(position, document, number, self._mark(document, OWNER))
        root = self._mark(document, DELETED)
        return HiddenRow(row, root) if root else row

    def link(self, position: int, document: Any) -> Link:
        """The link that a document says."""
        root = self._mark(document, DELETED) if isinstance(document, dict) else 0
        if not isinstance(document, dict) or document.keys() != {"from", "to"}:
            raise ValueError("it is not a link, which has from and to")
        link = Link(position, self.key_of(document["from"]), self.key_of(document["to"]))
        return HiddenLink(link, root) if root else link

    def _mark(self, document: dict[str, Any], name: str) -> Key:
        if name not in document:
            return 0
        try:
            return self.key_of(document.pop(name))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
