"""The language of ``membershipRule``: text → a test of a user's or a device's record.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership
https://learn.microsoft.com/entra/identity/users/groups-dynamic-rule-member-of
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from fakegraph.edm.values import Instant, duration, instant
from fakegraph.errors import GraphError
from fakegraph.store import Record
from fakegraph.workloads.directory.rule_terms import (
    ITEMS,
    KNOWN,
    QUANTIFIERS,
    Term,
    Test,
    condition,
    term_named,
    wrong,
)
from fakegraph.workloads.handed import folded_id

MAX_RULE = 3072  # characters
MAX_GROUPS = 50
"""How many groups a rule may take the members of."""
_DEEPEST = 40  # parentheses and negations in each other

_WORD = re.compile(r'\s*(?:"((?:`.|[^"`])*)"|\'((?:\'\'|[^\'])*)\'|([()\[\],])|([^\s()\[\],"\']+))')
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NOW = "system.now"
_START = Instant(0)
_SIGNS = {"plus": 1, "minus": -1}


class Among(NamedTuple):
    """Members who are linked to others: by ``relation`` with one of ``ids`` of ``container``, from
    whom the links lead if ``forward``, else to them.
    """

    relation: str
    container: str
    ids: frozenset[str]
    forward: bool


class Rule(NamedTuple):
    """Who is a member: things in ``container`` whose records pass ``test``, or those ``among``
    others. ``shifts``: how far from now, in ticks, the moments are that it compares with.
    """

    container: str
    test: Callable[[Record], bool]
    among: Among | None = None
    shifts: tuple[int, ...] = ()


# Syntax ---------------------------------------------------------------------------------------


class _Parser:
    """Reads a rule, word by word. ``items`` is what the names of a quantifier's body mean."""

    def __init__(self, text: str, now: Instant) -> None:
        self.words = list(_split(text))
        self.now = now
        self.shifts: list[int] = []
        self.containers: dict[str, None] = {}
        self.among: Among | None = None
        self.parts = 0  # conditions, and what negates them
        self.items: Mapping[str, Term] | None = None
        self.depth = 0

    def whole(self) -> Rule:
        test = self.either()
        if self.words:
            raise _bad_syntax(self.words[0][1])
        if len(self.containers) != 1:
            raise wrong("Mixed use of properties from different types of object.")
        if self.among is not None and self.parts > 1:
            name = "Direct Reports" if self.among.forward else "memberOf"
            raise wrong(f"{name} cannot be combined with other rules.")
        return Rule(next(iter(self.containers)), test, self.among, tuple(self.shifts))

    def either(self) -> Test:
        tests = [self.both()]
        while self.takes("or"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda record: any(t(record) for t in tests)

    def both(self) -> Test:
        tests = [self.single()]
        while self.takes("and"):
            tests.append(self.single())
        return tests[0] if len(tests) == 1 else lambda record: all(t(record) for t in tests)

    def single(self) -> Test:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise wrong(f"Query compilation error: more than {_DEEPEST} levels.")
        try:
            if self.takes("not"):
                self.parts += 1
                test = self.single()
                return lambda record: not test(record)
            return self.group() if self.is_mark("(") else self.condition()
        finally:
            self.depth -= 1

    def group(self) -> Test:
        self.expect("(")
        test = self.either()
        self.expect(")")
        return test

    def condition(self) -> Test:
        self.parts += 1
        name = self.name()
        if self.items is None and name.casefold() in _RELATED:
            self.among = _RELATED[name.casefold()](self)
            return lambda _: False
        found = self.meant(name)
        operator = self.operator()
        if operator in QUANTIFIERS:
            return self.quantified(found, operator)
        operand = self.moment(operator) if found.kind == "date" else self.operand()
        return condition(found, operator, operand)

    def direct(self) -> Among:
        """What stands behind ``Direct``: whose reports are meant."""
        self.expect_word("reports")
        self.expect_word("for")
        kind, id_ = self.next()
        if kind == "mark":
            raise _bad_syntax(id_)
        self.containers["users"] = None
        return Among("user/manager", "users", frozenset({folded_id(id_)}), True)

    def member_of(self, container: str) -> Among:
        """What stands behind ``user.memberOf``: of which groups."""
        self.containers[container] = None
        self.expect_word("any")
        self.expect("(")
        self.expect_word("group.objectid")
        self.expect_word("in")
        ids = self.operand()
        self.expect(")")
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise wrong("Invalid operands found for operator -in")
        if len(ids) > MAX_GROUPS:
            raise wrong(f"memberOf takes {MAX_GROUPS} groups at most.")
        return Among("group/members", "groups", frozenset(map(folded_id, ids)), False)

    def meant(self, name: str) -> Term:
        if self.items is not None:
            item = self.items.get(name.casefold())
            if item is None:
                raise wrong(f"Wrong property applied. '{name}' is nothing of an item here.")
            return item
        container, found = term_named(name)
        self.containers[container] = None
        return found

    def quantified(self, found: Term, operator: str) -> Test:
        if found.kind not in ITEMS or self.items is not None:
            raise wrong(f"Invalid operands found for operator -{operator}")
        self.items = ITEMS[found.kind]
        test = self.group() if self.is_mark("(") else self.condition()
        self.items = None
        quantify, value = QUANTIFIERS[operator], found.value
        return lambda record: quantify(test(each) for each in value(record) or ())

    def moment(self, operator: str) -> int | None:
        """A date, with or without its time, or ``system.now`` with what is added."""
        kind, text = self.next()
        if kind == "word" and text.casefold() == _NOW:
            if operator in ("eq", "ne"):
                raise wrong(f"Invalid operands found for operator -{operator}")
            shift = self.shift()
            self.shifts.append(shift)
            return self.now + shift
        if _value(kind, text) is None:
            return None
        try:
            return instant(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)
        except ValueError as error:
            raise wrong(f"Invalid operands found for operator -{operator}: {error}.") from error

    def shift(self) -> int:
        """How far from now: ``-plus p1d``; not at all where nothing is said."""
        sign = next((sign for word, sign in _SIGNS.items() if self.takes(word)), 0)
        if not sign:
            return 0
        text = self.name()
        try:
            return sign * duration(text.upper())
        except ValueError as error:
            raise wrong(f"Query compilation error at '{text[:40]}': {error}.") from error

    def operand(self) -> Any:
        if not self.is_mark("["):
            return _value(*self.next())
        self.expect("[")
        values = [_value(*self.next())]
        while self.is_mark(","):
            self.expect(",")
            values.append(_value(*self.next()))
        self.expect("]")
        return values

    # Words

    def next(self) -> tuple[str, str]:
        if not self.words:
            raise wrong("Query compilation error: the rule ends too early.")
        return self.words.pop(0)

    def name(self) -> str:
        kind, text = self.next()
        if kind != "word":
            raise _bad_syntax(text)
        return text

    def operator(self) -> str:
        found = self.name().removeprefix("-").casefold()
        if found not in KNOWN:
            raise wrong(f"Query compilation error: '{found}' is no operator.")
        return found

    def expect_word(self, word: str) -> None:
        if not self.takes(word):
            raise _bad_syntax(self.next()[1])

    def is_mark(self, mark: str) -> bool:
        return bool(self.words) and self.words[0] == ("mark", mark)

    def expect(self, mark: str) -> None:
        found = self.next()
        if found != ("mark", mark):
            raise _bad_syntax(found[1])

    def takes(self, word: str) -> bool:
        """Whether a word comes next, with or without its dash; it is read then."""
        kind, text = self.words[0] if self.words else ("", "")
        found = kind == "word" and text.removeprefix("-").casefold() == word
        if found:
            self.words.pop(0)
        return found


_RELATED: Mapping[str, Callable[[_Parser], Among]] = {
    "direct": _Parser.direct,
    "user.memberof": lambda parser: parser.member_of("users"),
    "device.memberof": lambda parser: parser.member_of("devices"),
}


def _bad_syntax(text: str) -> GraphError:
    return wrong(f"Query compilation error at '{text[:40]}'.")


def _split(text: str) -> Iterable[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _WORD.match(text, at)
        if found is None:
            raise _bad_syntax(text[at:].strip())
        double, single, mark, word = found.groups()
        if double is not None:
            yield "text", re.sub(r"`(.)", r"\1", double)
        elif single is not None:
            yield "text", single.replace("''", "'")
        else:
            yield ("mark", mark) if mark else ("word", word)
        at = found.end()


_CONSTANTS = {"null": None, "$null": None, "true": True, "false": False}


def _value(kind: str, text: str) -> Any:
    """What an operand means; quotes may be left out around a word."""
    if kind == "mark":
        raise _bad_syntax(text)
    return text if kind == "text" else _CONSTANTS.get(text.casefold(), text)


@lru_cache(maxsize=512)
def _read(text: str) -> Rule:
    if len(text) > MAX_RULE:
        raise wrong(f"a rule has {MAX_RULE} characters at most.")
    return _Parser(text, _START).whole()


def read_rule(text: str, now: Instant = _START) -> Rule:
    """What a rule means at a time. Raises GraphError: 400 for one that is none, 501 for what is not
    built.
    """
    rule = _read(text)
    return _Parser(text, now).whole() if rule.shifts else rule
