"""HTML of pages, in and out: what OneNote keeps of it, the div around it, and ids of elements.

https://learn.microsoft.com/graph/onenote-input-output-html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from hashlib import blake2s
from html import escape
from html.parser import HTMLParser
from uuid import UUID

from fakegraph.dataclass import dataclass
from fakegraph.errors import GraphError

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_GONE = frozenset({"script", "style", "head", "template", "noscript"})
_KEPT = frozenset(
    {
        *("a", "b", "body", "br", "cite", "code", "del", "div", "em", "font", "i", "iframe"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "img", "li", "object", "ol", "p", "pre", "span"),
        *("strike", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
    }
)
#: What has an id of its own, by which it can be changed.
NAMED = frozenset(
    {"div", "img", "object", "ol", "ul", "table", "tr", "td", "p", "li"}
    | {f"h{level}" for level in range(1, 7)}
)
_INLINE = frozenset(
    {"a", "b", "br", "cite", "code", "del", "em", "font", "i", "span", "strike", "strong"}
    | {"sub", "sup", "u"}
)
_ABSOLUTE = frozenset({"div", "img", "object"})
_DEFAULT_STYLE = "position:absolute;left:48px;top:120px;width:624px"
_BODY_STYLE = "font-family:Calibri;font-size:11pt"
_DEEPEST = 100


@dataclass(slots=True)
class Element:
    """An element of a page: what is in it are elements and texts."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def elements(self) -> Iterator[Element]:
        """It and all elements in it, in the order of the text."""
        yield self
        for each in self.children:
            if isinstance(each, Element):
                yield from each.elements()

    def texts(self) -> Iterator[str]:
        """The texts in it, in order."""
        for each in self.children:
            if isinstance(each, Element):
                yield from each.texts()
            else:
                yield each

    @property
    def is_placed(self) -> bool:
        """Whether it says where on the page it is."""
        style = self.attributes.get("style", "").replace(" ", "").lower()
        return self.tag in _ABSOLUTE and "position:absolute" in style


@dataclass(slots=True)
class Page:
    """What a document says: its title, when it was made, and what is in it."""

    title: str
    created: str
    body: Element


class _Reader(HTMLParser):
    """Reads a document, however it was written, without what OneNote does not keep."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.created = ""
        self.body = Element("body")
        self._open = [self.body]
        self._gone: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "meta" and said.get("name", "").lower() == "created":
            self.created = said.get("content", "")
        if tag == "title":
            self._in_title = True
        elif tag == "body":
            self.body.attributes.update(_without_ids(said))
        elif tag in _GONE:
            self._gone.append(tag)
        elif tag in _KEPT and not self._gone:
            self._add(Element(tag, _without_ids(said)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def _add(self, element: Element) -> None:
        if len(self._open) > _DEEPEST:
            raise GraphError(400, "20100", f"Elements lie in each other {_DEEPEST} times at most.")
        self._open[-1].children.append(element)
        if element.tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif self._gone and tag == self._gone[-1]:
            self._gone.pop()
        elif any(each.tag == tag for each in self._open[1:]):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._gone:
            self._open[-1].children.append(data)

    def parse_comment(self, i: int, report: bool = True) -> int:
        """Where a comment ends: one without an end goes on to that of all, as in browsers. The
        parser would look for its end again at each sign of it.
        """
        found = super().parse_comment(i, report)
        return len(self.rawdata) if found < 0 else found

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Where a section of XML ends, which HTML has none of: behind the next ``>``."""
        return self.parse_bogus_comment(i)


def _without_ids(said: dict[str, str]) -> dict[str, str]:
    """Attributes that are kept: none that could run, and no ids but those made here."""
    return {
        name: value
        for name, value in said.items()
        if not name.startswith("on")
        and not (name == "id" and "{" not in value)
        and not value.strip().lower().startswith(("javascript:", "vbscript:"))
    }


_TAG = re.compile("<[A-Za-z/!?]")


def read(data: bytes) -> Page:
    """The page that HTML means. Raises GraphError (400)."""
    reader = _Reader()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GraphError(400, "20100", "The page is not UTF-8.") from error
    last = text.rfind(">") + 1
    unfinished = _TAG.search(text, last)  # a tag without an end is none, as in browsers
    reader.feed(text if unfinished is None else text[: unfinished.start()])
    reader.close()
    return Page(" ".join(reader.title.split()), reader.created, reader.body)


def read_part(text: str) -> list[Element | str]:
    """The elements that a piece of HTML means, without the ids that it has."""
    found = read(text.encode())
    for each in found.body.elements():
        each.attributes.pop("id", None)
    return found.body.children


# What OneNote makes of it -----------------------------------------------------------------------


def arranged(page: Page, seed: bytes) -> Page:
    """A page as OneNote has it: all in divs that have their places, and ids for what can be
    changed; ``seed`` is what these are made of.
    """
    absolute = page.body.attributes.get("data-absolute-enabled", "").lower() == "true"
    placed: list[Element | str] = []
    rest: list[Element | str] = []
    for each in page.body.children:
        is_placed = absolute and isinstance(each, Element) and each.is_placed
        (placed if is_placed else rest).append(each)
    inside = list(_contributing(rest))
    outer = [_outer(inside)] if any(_says(each) for each in inside) or not placed else []
    style = {"data-absolute-enabled": "true", "style": _BODY_STYLE}
    body = Element("body", style, [*outer, *placed])
    name(body, seed)
    return Page(page.title, page.created, body)


def _outer(children: Iterable[Element | str]) -> Element:
    return Element(
        "div", {"data-id": "_default", "style": _DEFAULT_STYLE}, list(_paragraphs(children))
    )


def _says(child: Element | str) -> bool:
    return isinstance(child, Element) or bool(child.strip())


def _contributing(children: Iterable[Element | str]) -> Iterator[Element | str]:
    """What is there without divs that say nothing but that there is something in them."""
    for each in children:
        if isinstance(each, Element):
            each.children = list(_contributing(each.children))
            if each.tag == "div" and not {"data-id", "data-render-src"} & set(each.attributes):
                yield from each.children
                continue
        yield each


def _paragraphs(children: Iterable[Element | str]) -> Iterator[Element | str]:
    """What is there, with paragraphs around what stands by itself."""
    line: list[Element | str] = []
    for each in children:
        if isinstance(each, str) or each.tag in _INLINE:
            line.append(each)
            continue
        if any(map(_says, line)):
            yield Element("p", {}, line)
        line = []
        yield each
    if any(map(_says, line)):
        yield Element("p", {}, line)


def name(body: Element, seed: bytes) -> None:
    """Give ids to what can be changed and has none."""
    guid = UUID(bytes=blake2s(seed, digest_size=16).digest())
    known = {each.attributes.get("id") for each in body.elements()}
    number = 0
    for each in body.elements():
        if each.tag in NAMED and "id" not in each.attributes:
            number += 1
            while f"{each.tag}:{{{guid}}}{{{number}}}" in known:
                number += 1
            each.attributes["id"] = f"{each.tag}:{{{guid}}}{{{number}}}"


# How it is written --------------------------------------------------------------------------------

Source = Callable[[str], str]


def written(page: Page, *, ids: bool, source: Source = str) -> str:
    """A page as HTML; ``ids``: with the ids of elements; ``source`` gives the URL of what an
    element names.
    """
    head = f"<title>{escape(page.title)}</title>"
    head += '<meta http-equiv="Content-Type" content="text/html; charset=utf-8" />'
    if page.created:
        head += f'<meta name="created" content="{escape(page.created)}" />'
    parts = ['<html lang="en-US"><head>', head, "</head>"]
    _write(page.body, parts, source, ids=ids)
    parts.append("</html>")
    return "".join(parts)


def _write(element: Element, parts: list[str], source: Source, *, ids: bool) -> None:
    attributes = {
        name: source(value) if name in ("src", "data", "data-fullres-src") else value
        for name, value in element.attributes.items()
        if ids or name != "id"
    }
    said = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    if element.tag in _VOID:
        parts.append(f"<{element.tag}{said} />")
        return
    parts.append(f"<{element.tag}{said}>")
    for each in element.children:
        if isinstance(each, Element):
            _write(each, parts, source, ids=ids)
        else:
            parts.append(escape(each, quote=False))
    parts.append(f"</{element.tag}>")
