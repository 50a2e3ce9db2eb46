"""HTML as mailboxes give it: whole documents, without what could run in them.

https://learn.microsoft.com/graph/api/message-get: "outlook.allow-unsafe-html" asks for all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from html import escape
from html.parser import HTMLParser

_BEFORE = (
    '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    "\r\n</head>\r\n<body>\r\n"
)
_AFTER = "\r\n</body>\r\n</html>\r\n"
_DOCUMENT = re.compile(r"\s*(?:<!doctype[^>]*>\s*)?<html", re.IGNORECASE)
_FRAME = frozenset({"html", "head", "meta", "title", "body"})
_LOOKS = (
    *("align", "alt", "background", "bgcolor", "border", "cellpadding", "cellspacing", "class"),
    *("clear", "color", "coords", "dir", "face", "height", "hspace", "id", "lang", "media", "name"),
    *("noshade", "nowrap", "role", "shape", "size", "style", "target", "title", "type", "usemap"),
    *("valign", "vspace", "width"),
)


def whole(content: str, *, unsafe: bool = False) -> str:
    """A body as a document; ``unsafe``: with what could run in it."""
    cleaned = content if unsafe or "<" not in content else _clean()(content)
    safe = cleaned == content or _tags(cleaned) == _tags(content)
    if safe and _DOCUMENT.match(content):
        return content
    return f"{_BEFORE}{content if safe else cleaned}{_AFTER}"


def of_text(content: str) -> str:
    """Plain text as a document."""
    lines = "<br>\r\n".join(escape(content, quote=False).splitlines())
    return f'{_BEFORE}<div class="PlainText">{lines}</div>{_AFTER}'


def text_of_html(content: str) -> str:
    """The text of HTML, with the breaks that its blocks make."""
    if "<" not in content and "&" not in content:
        return content.strip()
    reader = _Text()
    reader.feed(content)
    reader.close()
    return "".join(reader.parts).strip()


@cache
def _clean() -> Callable[[str], str]:
    """Takes out what could run; what makes it is imported when a body first has a tag."""
    import nh3

    cleaner = nh3.Cleaner(
        tags=nh3.ALLOWED_TAGS | {"font", "main", "section", "style"},
        clean_content_tags={"script", "title"},
        attributes={**nh3.ALLOWED_ATTRIBUTES, "*": set(_LOOKS)},
        url_schemes=nh3.ALLOWED_URL_SCHEMES | {"cid", "data"},
        generic_attribute_prefixes={"data-"},
        link_rel=None,
    )
    return cleaner.clean


@lru_cache(maxsize=64)
def _tags(content: str) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    """The tags of HTML with their attributes, but for those around what it says."""
    reader = _Tags()
    reader.feed(content)
    reader.close()
    return reader.found


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _FRAME:
            self.found.append((tag, tuple(sorted(attrs))))


_BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"head", "script", "style", "title"})


class _Text(HTMLParser):
    """The text of HTML, with the breaks that its blocks make."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BREAKS and self.parts:
            self.parts.append("\r\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)
