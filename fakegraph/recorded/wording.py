"""Other words in the place of those that people wrote: each always the same one, spelt as it was.

A text keeps its shape: signs, lengths of numbers, tags of HTML. What is left of its words are those
that the service itself says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from hashlib import sha256

from fakegraph.edm.published import PublishedEnum, PublishedModel

# Words of the service, and of what it makes for everybody.
_SAID = frozenset(
    """
    re fw fwd aw wg inbox sent items drafts deleted archive junk email outbox clutter
    conversation history calendar contacts tasks documents shared general site assets pages
    style library forms onedrive sharepoint teams outlook microsoft office root personal sites
    me guid http https www com org net smtp sip api urn mailto aspx asp html htm doc docx dot
    dotx xls xlsx xlsm csv ppt pptx pdf txt md png jpg jpeg gif svg bmp tif mp mov wav zip
    json xml eml msg ics vcf one log bin owa itemid exvsurl viewmodel readmessageitem layouts
    sourcedoc file action default drive drives folder utc gmt am pm http true false null
    localhost graph 365 owner members visitors
    """.split()  # noqa: SIM905
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_UNSEEN = re.compile(r"<!--.*?-->|<(style|script|head)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_KEPT_MARK = re.compile(r"\b(id|href|src)\s*=\s*[\"']([^\"'<>]{0,2000})[\"']", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,32});")
_ENTITIES = frozenset({"&nbsp;", "&lt;", "&gt;", "&amp;", "&quot;", "&#39;"})
_IN_HTML = re.compile(f"{_UNSEEN.pattern}|{_TAG.pattern}|{_ENTITY.pattern}", re.DOTALL | re.I)
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"

#: A word, a number or a sign that is percent-encoded, as a part of a pattern.
WORD = r"(?P<rest>%[0-9A-Fa-f]{2}|[^\W\d_]+|\d{3,})"


class Wording:
    """Gives the words that stand for others."""

    def __init__(self, model: PublishedModel | None = None) -> None:
        """``model``: of which names and members of enumerations are known."""
        self._words: dict[str, str] = {}
        self._taken: set[str] = set(_SAID)
        self.names: Collection[str] = frozenset() if model is None else _names(model)
        self.members: Collection[str] = frozenset() if model is None else _members(model)

    def word(self, word: str, *, named: bool = False) -> str:
        """Another word, or a number of the same length. ``named``: what the model calls something
        and numbers are kept.
        """
        if word.isdigit():
            return word if named else _digits(word)
        low = word.casefold()
        if word[0] == "%":
            return word
        if low in _SAID or (len(word) == 1 and word.isascii()) or (named and word in self.names):
            return word
        new = self._words.get(low)
        if new is None:
            new = self._words[low] = self._new()
        if word.isupper():
            return new.upper()
        return new if word.islower() or not word[0].isupper() else new.capitalize()

    def _new(self) -> str:
        number = len(self._words)
        while True:
            new = _pronounceable(number)
            if new not in self._taken:
                self._taken.add(new)
                return new
            number += 7919

    @staticmethod
    def is_html(text: str) -> bool:
        """Whether a text has tags."""
        return _TAG.search(text) is not None

    @staticmethod
    def html(text: str, other: Callable[[str], str]) -> str:
        """HTML with other words: tags stay, and of what they say what is linked and numbered."""
        found, end = [], 0
        for each in _IN_HTML.finditer(text):
            found += [other(text[end : each.start()]), _kept(each[0], other)]
            end = each.end()
        return "".join([*found, other(text[end:])])


def _kept(part: str, other: Callable[[str], str]) -> str:
    tag = _TAG.fullmatch(part)
    if tag is not None:
        marks = (f' {each[1].lower()}="{other(each[2])}"' for each in _KEPT_MARK.finditer(tag[3]))
        return f"<{tag[1]}{tag[2].lower()}{''.join(marks)}>"
    return part if part.lower() in _ENTITIES else " "


def _digits(digits: str) -> str:
    number = int(sha256(f"number {digits}".encode()).hexdigest(), 16)
    return str(number)[: len(digits)].rjust(len(digits), "1")


def _pronounceable(number: int) -> str:
    """A word that means nothing: syllables that say a number."""
    syllables = len(_CONSONANTS) * len(_VOWELS)
    number, found = number + syllables, ""
    while number:
        number, rest = divmod(number, syllables)
        found += _CONSONANTS[rest % len(_CONSONANTS)] + _VOWELS[rest // len(_CONSONANTS)]
    return found


@lru_cache(maxsize=4)
def _names(model: PublishedModel) -> frozenset[str]:
    """What the model calls anything."""
    lines = ("\t".join(columns) for columns in model.lines.starting())
    return frozenset(word for line in lines for word in re.findall(r"[A-Za-z]+", line))


@lru_cache(maxsize=4)
def _members(model: PublishedModel) -> frozenset[str]:
    """What the members of its enumerations are called."""
    enums = (each for each in model.types() if isinstance(each, PublishedEnum))
    return frozenset(name for each in enums for name in each.members)
