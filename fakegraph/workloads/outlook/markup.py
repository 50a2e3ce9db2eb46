"""Markup as it is written: tags, and the texts between them.

Whatever somebody sends is read so, and holds up nobody: it takes as long as there is of it. What
begins a tag or a comment that never ends is no text, as browsers have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from fakegraph.dataclass import dataclass

_START = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"[a-zA-Z][^ \t\n\r\f/>]*+")
_REST = re.compile(r"""(?:[^>"'=]++|=[ \t\n\r\f]*+(?:"[^"]*+"|'[^']*+'|)|["'])*+>""")
_ATTRIBUTE = re.compile(
    r"""([^ \t\n\r\f"'>/=]++)"""
    r"""(?:[ \t\n\r\f]*+=[ \t\n\r\f]*+(?:"([^"]*+)"|'([^']*+)'|([^ \t\n\r\f"'>]++)))?"""
)
_COMMENT, _NO_TAG = re.compile("--!?>"), re.compile(">")
#: What has no tags in it until its own end.
_RAW = {
    name: re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "xmp", "noembed", "noframes", "iframe")
}
#: Elements that are not left open, or that the next one of their kind ends.
_SHORT = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source"}
    | {"track", "wbr", "dd", "dt", "li", "option", "p", "tbody", "td", "tfoot", "th", "thead", "tr"}
)


@dataclass(frozen=True)
class Tag:
    """A tag that begins something, or ends it; ``written`` is what stands behind its name."""

    name: str
    begins: bool
    written: str

    def attributes(self) -> Iterator[tuple[str, str | None]]:
        """The attributes, as they are written."""
        for each in _ATTRIBUTE.finditer(self.written):
            value = next((text for text in each.groups()[1:] if text is not None), None)
            yield each[1].lower(), None if value is None else unescape(value)


UNENDED = Tag("", begins=True, written="")


def tokens(content: str) -> Iterator[Tag | str]:
    """The tags of some HTML and the texts between them, in order; last ``UNENDED`` where what
    begins something never ends: it would go on in whatever the HTML is put into.
    """
    at, size = 0, len(content)
    while at < size:
        found = _START.search(content, at)
        end = size if found is None else found.start()
        if end > at:
            yield unescape(content[at:end])
        if found is None:
            return
        is_end = content[end + 1] == "/"
        name = _NAME.match(content, end + 1 + is_end)
        if name is None:
            comment = _COMMENT if content.startswith("<!--", end) else _NO_TAG
            rest = comment.search(content, end + 2)
        else:
            rest = _REST.match(content, name.end())
        if rest is None:
            yield UNENDED
            return
        at = rest.end()
        if name is None:
            continue
        tag = Tag(name[0].lower(), not is_end, rest[0][:-1])
        yield tag
        if tag.begins and tag.name in _RAW:
            last = _RAW[tag.name].search(content, at)
            end = size if last is None else last.start()
            yield content[at:end]
            at = end
            if last is None:
                yield UNENDED


_SHORT_ENOUGH = 20_000
_MOST_TAGS, _MOST_ATTRIBUTES, _MOST_WORK = 100_000, 1000, 10_000_000


def is_too_much(content: str) -> bool:
    """Whether there is more markup in a text than a reader of it should be given: cleaning goes by
    how deep each tag lies in others, and by the square of how many attributes one has.
    """
    if len(content) <= _SHORT_ENOUGH:
        return False
    if content.count("<") > _MOST_TAGS:
        return True
    depth = work = 0
    for each in tokens(content):
        if isinstance(each, str):
            continue
        if each.name not in _SHORT:
            depth = max(depth + (1 if each.begins else -1), 0)
        work += depth
        if work > _MOST_WORK or _has_many(each):
            return True
    return False


def _has_many(tag: Tag) -> bool:
    if len(tag.written) <= _MOST_ATTRIBUTES:  # nearly always
        return False
    return sum(1 for _ in _ATTRIBUTE.finditer(tag.written)) > _MOST_ATTRIBUTES
