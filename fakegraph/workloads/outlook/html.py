"""HTML as mailboxes give it: whole documents, without what could run in them.

https://learn.microsoft.com/graph/api/message-get: "outlook.allow-unsafe-html" asks for all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from html import escape

from fakegraph.workloads.outlook.markup import Tag, is_too_much, tokens

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
    """A body as a document; ``unsafe``: with what could run in it.

    Of one with too much markup it is the source that is shown.
    """
    if not unsafe and _is_plain(content):
        return of_text(content)
    cleaned = content if unsafe or "<" not in content else _clean()(content)
    safe = cleaned == content or _tags(cleaned) == _tags(content)
    if safe and _DOCUMENT.match(content):
        return content
    return f"{_BEFORE}{content if safe else cleaned}{_AFTER}"


def of_text(content: str) -> str:
    """Plain text as a document."""
    lines = "<br>\r\n".join(escape(content, quote=False).splitlines())
    return f'{_BEFORE}<div class="PlainText">{lines}</div>{_AFTER}'


def text_of_html(content: str, most: int | None = None) -> str:
    """The text of HTML, with the breaks that its blocks make. ``most``: how many characters of it
    are wanted, apart from blanks; None for all.
    """
    if _is_plain(content):
        return content.strip()
    parts: list[str] = []
    unseen = found = 0
    for each in tokens(content):
        if isinstance(each, Tag):
            if each.name in _UNSEEN:
                unseen = max(unseen + (1 if each.begins else -1), 0)
            elif each.begins and each.name in _BREAKS and parts:
                parts.append("\r\n")
        elif not unseen:
            parts.append(each)
            found += 0 if most is None else len("".join(each.split()))
            if most is not None and found >= most:
                break
    return "".join(parts).strip()


@lru_cache(maxsize=64)
def _is_plain(content: str) -> bool:
    return is_too_much(content)


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
    return [
        (each.name, tuple(sorted(each.attributes(), key=lambda pair: pair[0])))
        for each in tokens(content)
        if isinstance(each, Tag) and each.begins and each.name not in _FRAME
    ]


_BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"head", "script", "style", "title"})
