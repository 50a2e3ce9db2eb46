"""Pages of OneNote as clients send them: HTML.

https://learn.microsoft.com/graph/onenote-create-page
"""

from __future__ import annotations

from html.parser import HTMLParser

from fakegraph.errors import GraphError
from fakegraph.workloads.handed import Given


def read_page(data: bytes) -> Given:
    """The page that a body means: its title, when it was made, and all of it as the content."""
    reader = _Head()
    try:
        reader.feed(data.decode())
    except UnicodeDecodeError as error:
        raise GraphError(400, "20100", "The page is not UTF-8.") from error
    reader.close()
    if not data.strip():
        raise GraphError(400, "20122", "The request has no content for the page.")
    record = {"title": " ".join(reader.title.split())}
    if reader.created:
        record["createdDateTime"] = reader.created
    return Given(record, {"content": data})


class _Head(HTMLParser):
    """What the head of a page says of it."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.created = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self._in_title = tag == "title"
        if tag == "meta" and said.get("name") == "created":
            self.created = said.get("content") or ""

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
