"""``$search`` over messages: words and properties in KQL, all of it in double quotes.

https://learn.microsoft.com/graph/search-query-parameter
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Test
from fakegraph.workloads.outlook.values import text_of

_TOKEN = re.compile(r"\(|\)|(?:[\w]+(?::|>=|<=|>|<|=))?\'[^\']*\'|[^\s()]+")
_TERM = re.compile(r"(\w+)(:|>=|<=|>|<|=)(.+)")
_WORDS = re.compile(r"\w+")
_DATE = re.compile(r"(?:(\d{4})-(\d\d?)-(\d\d?)|(\d\d?)/(\d\d?)/(\d{4}))")


def read_search(text: str) -> Test:
    """The test that a search means. Raises GraphError (400) for what it cannot mean."""
    quoted = text.strip()
    if len(quoted) < 2 or quoted[0] != '"' or quoted[-1] != '"':
        raise bad_request(
            f"Syntax error: the search '{text}' is not in double quotes: "
            '$search="subject:pizza".',
            "$search",
        )
    parser = _Parser(list(_TOKEN.findall(quoted[1:-1].replace('\\"', "'"))))
    test = parser.either()
    if parser.rest():
        raise _unread(parser.rest())
    return test


class _Parser:
    """Reads words, properties, ``AND``, ``OR``, ``NOT`` and parentheses."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def rest(self) -> str:
        """The token that comes next, empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _took(self, token: str) -> bool:
        if self.rest() != token:
            return False
        self._at += 1
        return True

    def either(self) -> Test:
        """Terms with ``OR`` between."""
        tests = [self._all()]
        while self._took("OR"):
            tests.append(self._all())
        return lambda record: any(test(record) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._took("AND") or self.rest() not in ("", "OR", ")"):
            tests.append(self._one())
        return lambda record: all(test(record) for test in tests)

    def _one(self) -> Test:
        if self._took("NOT"):
            test = self._one()
            return lambda record: not test(record)
        if self._took("("):
            inner = self.either()
            if not self._took(")"):
                raise _unread("(")
            return inner
        token = self.rest()
        if token in ("", ")", "AND", "OR"):
            raise _unread(token)
        self._at += 1
        return _term(token)


def _term(token: str) -> Test:
    found = _TERM.fullmatch(token)
    if found is None:
        return _having(_anywhere, token.strip("'"))
    name, operator, value = found[1].lower(), found[2], found[3].strip("'")
    if name in _TEXTS and operator in ":=":
        return _having(_TEXTS[name], value)
    if name in _TIMES:
        return _at_time(_TIMES[name], operator, value)
    if name in _VALUES and operator in ":=":
        give = _VALUES[name]
        return lambda record: str(give(record)).lower() == value.lower()
    known = ", ".join(sorted({*_TEXTS, *_TIMES, *_VALUES}))
    raise bad_request(
        f"The search names '{found[1]}' with '{operator}', which fakegraph does not search by. "
        f"It knows {known}.",
        "$search",
    )


def _having(give: Callable[[Record], Iterator[str]], text: str) -> Test:
    """The test of a text that has words, one after the other, of which the last may go on."""
    wanted = [each.casefold() for each in _WORDS.findall(text)]

    def has(record: Record) -> bool:
        return any(_has_words(each, wanted) for each in give(record))

    return has


def _has_words(text: str, wanted: list[str]) -> bool:
    words = [each.casefold() for each in _WORDS.findall(text)]
    size = len(wanted)
    return any(
        words[at : at + size - 1] == wanted[:-1] and words[at + size - 1].startswith(wanted[-1])
        for at in range(len(words) - size + 1)
    )


def _at_time(name: str, operator: str, value: str) -> Test:
    found = _DATE.fullmatch(value)
    if found is None:
        raise bad_request(f"'{value}' is no date: 2026-11-25 or 11/25/2026.", "$search")
    year, month, day = found[1] or found[6], found[2] or found[4], found[3] or found[5]
    date = f"{int(year):04}-{int(month):02}-{int(day):02}"
    compare = _COMPARE[operator]
    return lambda record: compare(str(record.get(name) or "")[:10], date)


_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    ":": lambda left, right: left == right,
    "=": lambda left, right: left == right,
    ">": lambda left, right: left > right,
    "<": lambda left, right: left < right,
    ">=": lambda left, right: left >= right,
    "<=": lambda left, right: left <= right,
}


def _people(*names: str) -> Callable[[Record], Iterator[str]]:
    def people(record: Record) -> Iterator[str]:
        for name in names:
            found: Any = record.get(name) or []
            for each in found if isinstance(found, list) else [found]:
                address = each.get("emailAddress") or {}
                yield f"{address.get('name') or ''} {address.get('address') or ''}"

    return people


def _subject(record: Record) -> Iterator[str]:
    yield str(record.get("subject") or "")


def _body(record: Record) -> Iterator[str]:
    yield text_of(record.get("body") or {})


def _anywhere(record: Record) -> Iterator[str]:
    yield from _TEXTS["from"](record)
    yield from _subject(record)
    yield from _body(record)


_RECIPIENTS = ("toRecipients", "ccRecipients", "bccRecipients")
_TEXTS: Mapping[str, Callable[[Record], Iterator[str]]] = {
    "subject": _subject,
    "body": _body,
    "from": _people("from", "sender"),
    "to": _people("toRecipients"),
    "cc": _people("ccRecipients"),
    "bcc": _people("bccRecipients"),
    "recipients": _people(*_RECIPIENTS),
    "participants": _people("from", "sender", *_RECIPIENTS),
}
_TIMES = {"received": "receivedDateTime", "sent": "sentDateTime"}
_VALUES: Mapping[str, Callable[[Record], Any]] = {
    "importance": lambda record: record.get("importance"),
    "hasattachment": lambda record: bool(record.get("hasAttachments")),
    "hasattachments": lambda record: bool(record.get("hasAttachments")),
}


def _unread(token: str) -> GraphError:
    where = f"at '{token}'" if token else "at the end"
    return bad_request(f"Syntax error: the search cannot be read {where}.", "$search")
