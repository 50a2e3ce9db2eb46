"""``$search`` over messages: words and properties in KQL, all of it in double quotes; letters alone
need none, as OData has it.

https://learn.microsoft.com/graph/search-query-parameter and
https://learn.microsoft.com/sharepoint/dev/general-development/keyword-query-language-kql-syntax-reference
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

from fakegraph.digits import natural
from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.handed import Findings, Reading
from fakegraph.workloads.outlook.values import moment_now, size_of, text_of

FINDINGS = Findings("sentDateTime", 1000)
"""A search gives the last thousand that were sent."""

Test = Callable[[Reading], bool]
Texts = Callable[[Reading], Iterator[str]]
Property = Callable[[str, str], Test]
"""Gives the test that an operator and a value of a property mean."""
_OPERATOR = r"(?::|<>|>=|<=|>|<|=)"
_TOKEN = re.compile(rf"\(|\)|[+-]?(?:\w+{_OPERATOR})?'[^']*'|[^\s()]+")
_TERM = re.compile(rf"(\w+)({_OPERATOR})(.*)", re.DOTALL)
_WORDS = re.compile(r"\w+")
_DATE = re.compile(
    r"(?:(\d{4})-(\d\d?)-(\d\d?)|(\d\d?)/(\d\d?)/(\d{4}))(?:T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?Z?)?"
)
_ENDS = frozenset({"", "OR", ")"})
_UNBUILT = re.compile(r"(?:O?NEAR|XRANK|WORDS)(?:\(.*)?")


def read_search(text: str) -> Test:
    """The test that a search of messages means. Raises GraphError (400) for what it cannot mean."""
    return _read(text, _PROPERTIES, _anywhere)


def read_words(text: str, anywhere: Texts) -> Test:
    """The same, of things that are searched by these texts alone."""
    return _read(text, {}, anywhere)


def _read(text: str, properties: Mapping[str, Property], anywhere: Texts) -> Test:
    quoted = text.strip()
    if len(quoted) >= 2 and quoted[0] == quoted[-1] == '"':
        return read_kql(quoted[1:-1].replace('\\"', "'"), properties, anywhere)
    for at, each in enumerate(text):
        if not (each.isalpha() or each in " ()"):
            raise bad_request(
                f"Syntax error: character '{each}' is not valid at position {at} in '{text}'. "
                'More than letters stands in double quotes: $search="subject:pizza".',
                "$search",
            )
    return read_kql(text, properties, anywhere)


def read_kql(text: str, properties: Mapping[str, Property], anywhere: Texts) -> Test:
    """The test that a text in KQL means, of things that are searched by these properties, and
    ``anywhere`` by these texts. Raises GraphError (400) for what it cannot mean.
    """
    if len(text) > _LONGEST:
        raise bad_request(f"Syntax error: a search has {_LONGEST} characters at most.", "$search")
    parser = _Parser(list(_TOKEN.findall(text)), properties, anywhere)
    test = parser.either("")
    if parser.rest():
        raise _unread(parser.rest())
    return test


_DEEPEST = 40  # parentheses and negations in each other
_LONGEST = 4_096  # https://learn.microsoft.com/sharepoint/dev/general-development/keyword-query-language-kql-syntax-reference


class _Read(NamedTuple):
    """A term; ``name`` is the property that it restricts, empty for none."""

    name: str
    test: Test


class _Parser:
    """Reads words, properties, ``AND``, ``OR``, ``NOT``, ``+``, ``-`` and parentheses."""

    def __init__(
        self, tokens: list[str], properties: Mapping[str, Property], anywhere: Texts
    ) -> None:
        self._tokens = tokens
        self._at = self._depth = 0
        self._properties = properties
        self._anywhere = anywhere

    def rest(self) -> str:
        """The token that comes next, empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _took(self, token: str) -> bool:
        if self.rest() != token:
            return False
        self._at += 1
        return True

    def either(self, of: str) -> Test:
        """Terms with ``OR`` between; ``of`` is the property that all of them are of."""
        tests = [self._all(of)]
        while self._took("OR"):
            tests.append(self._all(of))
        return _any(tests)

    def _all(self, of: str) -> Test:
        """Terms with ``AND`` or nothing between: with nothing, one of those of one property."""
        groups = [[self._one(of)]]
        while (joined := self._took("AND")) or self.rest() not in _ENDS:
            read = self._one(of)
            if read.name and not joined and read.name == groups[-1][-1].name:
                groups[-1].append(read)
            else:
                groups.append([read])
        tests = [_any([each.test for each in group]) for group in groups]
        return lambda mail: all(test(mail) for test in tests)

    def _one(self, of: str) -> _Read:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise bad_request(f"Syntax error: more than {_DEEPEST} levels.", "$search")
        read = self._read(of)
        self._depth -= 1
        return read

    def _read(self, of: str) -> _Read:
        if self._took("NOT"):
            return _Read("", _not(self._one(of).test))
        if self._took("("):
            return _Read("", self._inner(of))
        token = self.rest()
        if token in ("", ")", "AND", "OR"):
            raise _unread(token)
        self._at += 1
        if len(token) > 1 and token[0] in "+-":
            test = self._term(token[1:], of).test
            return _Read("", test if token[0] == "+" else _not(test))
        found = _TERM.fullmatch(token)
        if found and not found[3] and found[2] in ":=" and self._took("("):
            return _Read("", self._inner(found[1].lower()))
        return self._term(token, of)

    def _inner(self, of: str) -> Test:
        inner = self.either(of)
        if not self._took(")"):
            raise _unread("(")
        return inner

    def _term(self, token: str, of: str) -> _Read:
        if _UNBUILT.fullmatch(token):
            raise _unread(token)
        found = None if of else _TERM.fullmatch(token)
        if found is None and not of:
            return _Read("", _having(self._anywhere, token))
        name, operator, value = (of, ":", token) if found is None else found.groups()
        name, value = name.lower(), value.strip("'")
        property_ = self._properties.get(name)
        if property_ is None:
            raise bad_request(
                f"The search names '{name}', which is not searched by here. "
                f"It is by {', '.join(sorted(self._properties)) or 'words alone'}.",
                "$search",
            )
        test = property_(operator, value)
        return _Read("" if operator == "<>" else name, test)


def _any(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda mail: any(test(mail) for test in tests)


def _not(test: Test) -> Test:
    return lambda mail: not test(mail)


def unfit(value: str, wanted: str) -> GraphError:
    """What is raised for a value that a property cannot have; ``wanted`` says what it is."""
    return bad_request(f"Syntax error: '{value}' is searched for, which is {wanted}.", "$search")


# Texts ----------------------------------------------------------------------------------------


def by_text(give: Texts) -> Property:
    """A property whose values are texts."""

    def read(operator: str, value: str) -> Test:
        if operator not in (":", "=", "<>"):
            raise unfit(value, f"text, and takes ':', '=' and '<>', and no '{operator}'")
        test = _having(give, value)
        return _not(test) if operator == "<>" else test

    return read


def _having(give: Texts, text: str) -> Test:
    """The test of a text that has words, one after the other, of which the last may go on."""
    wanted = [each.casefold() for each in _WORDS.findall(text)]
    if not wanted:
        raise _unread(text)
    return lambda mail: any(_has_words(each, wanted) for each in give(mail))


def _has_words(text: str, wanted: list[str]) -> bool:
    words = [each.casefold() for each in _WORDS.findall(text)]
    size = len(wanted)
    return any(
        words[at : at + size - 1] == wanted[:-1] and words[at + size - 1].startswith(wanted[-1])
        for at in range(len(words) - size + 1)
    )


def _people(*names: str) -> Texts:
    def people(mail: Reading) -> Iterator[str]:
        for name in names:
            found: Any = mail.record.get(name) or []
            for each in found if isinstance(found, list) else [found]:
                address = each.get("emailAddress") or {}
                yield f"{address.get('name') or ''} {address.get('address') or ''}"

    return people


def _subject(mail: Reading) -> Iterator[str]:
    yield str(mail.record.get("subject") or "")


def _body(mail: Reading) -> Iterator[str]:
    yield text_of(mail.record.get("body") or {})


_SENDERS = _people("from", "sender")


def _anywhere(mail: Reading) -> Iterator[str]:
    yield from _SENDERS(mail)
    yield from _subject(mail)
    yield from _body(mail)


def _attached(mail: Reading) -> Iterator[str]:
    return (str(each.get("name") or "") for each in _attachments(mail))


def _attachments(mail: Reading) -> Iterator[Record]:
    return iter(mail.inside("message/attachments"))


# Values ---------------------------------------------------------------------------------------


def _value(known: Mapping[str, Any], give: Callable[[Reading], Any]) -> Property:
    """One of several words, each of which means a value."""

    def read(operator: str, value: str) -> Test:
        if value.lower() not in known or operator not in (":", "=", "<>"):
            raise unfit(value, f"not one of {', '.join(known)}")
        wanted, same = known[value.lower()], operator != "<>"
        return lambda mail: (give(mail) == wanted) is same

    return read


def _has_attachments(mail: Reading) -> bool:
    stored = mail.record.get("hasAttachments")
    if stored is not None:
        return bool(stored)
    return any(not each.get("isInline") for each in _attachments(mail))


def _importance(mail: Reading) -> str:
    return str(mail.record.get("importance") or "normal")


def _kind(mail: Reading) -> str:
    return "meetings" if "eventMessage" in mail.type.name else "email"


_KINDS = (
    *("contacts", "docs", "email", "externaldata", "faxes", "im", "journals", "meetings"),
    *("microsoftteams", "notes", "posts", "rssfeeds", "tasks", "voicemail"),
)
_COMPARE: Mapping[str, Callable[[Any, Any, Any], bool]] = {
    ":": lambda value, low, high: low <= value <= high,
    "=": lambda value, low, high: low <= value <= high,
    "<>": lambda value, low, high: not low <= value <= high,
    ">": lambda value, low, high: value > high,
    "<": lambda value, low, high: value < low,
    ">=": lambda value, low, high: value >= low,
    "<=": lambda value, low, high: value <= high,
}


def _size(operator: str, value: str) -> Test:
    """What a message weighs, in bytes: ``size>1000``, ``size:1..500000``."""
    first, _, last = value.partition("..")
    last = last or first
    low, high, compare = natural(first), natural(last), _COMPARE[operator]
    if low is None or high is None:
        raise unfit(value, "no number of bytes")
    return lambda mail: compare(_weight(mail), low, high)


def _weight(mail: Reading) -> int:
    return size_of(mail.record, _attachments(mail))


# Moments --------------------------------------------------------------------------------------

Days = tuple[date, date]


def _week(day: date) -> Days:
    first = day - timedelta(days=(day.weekday() + 1) % 7)  # weeks begin on Sunday
    return first, first + timedelta(days=6)


def _month(day: date) -> Days:
    following = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return day.replace(day=1), following - timedelta(days=1)


def _year(day: date) -> Days:
    return day.replace(month=1, day=1), day.replace(month=12, day=31)


_SPANS: Mapping[str, Callable[[date], Days]] = {
    "today": lambda day: (day, day),
    "yesterday": lambda day: (day - timedelta(days=1),) * 2,
    "this week": _week,
    "last week": lambda day: _week(day - timedelta(days=7)),
    "this month": _month,
    "last month": lambda day: _month(day.replace(day=1) - timedelta(days=1)),
    "this year": _year,
    "last year": lambda day: _year(day.replace(month=1, day=1) - timedelta(days=1)),
}


def by_moment(property_: str, operator: str, value: str) -> Test:
    """A day, two with ``..`` between, a moment, or a word as ``yesterday``."""
    compare = _COMPARE[operator]
    span = _SPANS.get(value.lower())
    if span is not None:

        def within(mail: Reading) -> bool:
            low, high = map(date.isoformat, span(moment_now(mail).date()))
            return compare(str(mail.record.get(property_) or "")[:10], low, high)

        return within
    first, _, last = value.partition("..")
    low, high = _read_moment(first), _read_moment(last or first)
    size = max(len(low), len(high))
    low, high = low.ljust(size, "\0"), high.ljust(size, "~")
    return lambda mail: compare(str(mail.record.get(property_) or "")[:size], low, high)


def _read_moment(text: str) -> str:
    """The beginning of the moments that a text means. Raises GraphError (400)."""
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        year, month, day = found[1] or found[6], found[2] or found[4], found[3] or found[5]
        read = date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        wanted = "no date: 2026-11-25, 11/25/2026, 2026-11-01..2026-11-25 or yesterday"
        raise unfit(text, wanted) from error
    return read if found[7] is None else f"{read}T{found[7]}"


_RECIPIENTS = ("toRecipients", "ccRecipients", "bccRecipients")
_YES_OR_NO = {"true": True, "false": False, "yes": True, "no": False}
_PROPERTIES: Mapping[str, Property] = {
    "subject": by_text(_subject),
    "body": by_text(_body),
    "attachment": by_text(_attached),
    "from": by_text(_SENDERS),
    "to": by_text(_people("toRecipients")),
    "cc": by_text(_people("ccRecipients")),
    "bcc": by_text(_people("bccRecipients")),
    "recipients": by_text(_people(*_RECIPIENTS)),
    "participants": by_text(_people("from", "sender", *_RECIPIENTS)),
    "received": partial(by_moment, "receivedDateTime"),
    "sent": partial(by_moment, "sentDateTime"),
    "size": _size,
    "importance": _value(
        {"low": "low", "medium": "normal", "normal": "normal", "high": "high"}, _importance
    ),
    "kind": _value({each: each for each in _KINDS}, _kind),
    "hasattachment": _value(_YES_OR_NO, _has_attachments),
    "hasattachments": _value(_YES_OR_NO, _has_attachments),
}


def _unread(token: str) -> GraphError:
    where = f"at '{token}'" if token else "at the end"
    return bad_request(f"Syntax error: the search cannot be read {where}.", "$search")
