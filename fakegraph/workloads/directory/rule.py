"""The language of ``membershipRule``: text → a test of a user's or a device's record.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from fakegraph.errors import GraphError
from fakegraph.store import Record

MAX_RULE = 3072  # characters
_DEEPEST = 40  # parentheses and negations in each other

_ERROR = "Dynamic membership rule validation error: "
_WORD = re.compile(r'\s*(?:"((?:`.|[^"`])*)"|\'((?:\'\'|[^\'])*)\'|([()\[\],])|([^\s()\[\],"\']+))')

Test = Callable[[Any], bool]


class Rule(NamedTuple):
    """Who is a member: things in ``container`` whose records pass ``test``."""

    container: str
    test: Callable[[Record], bool]


class _Property(NamedTuple):
    """What a rule names: its value of a record, and of what kind that is."""

    kind: str
    value: Callable[[Any], Any]


def _wrong(what: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", f"{_ERROR}{what}", "membershipRule")


def _unbuilt(what: str) -> GraphError:
    return GraphError(
        501,
        "NotImplemented",
        f"fakegraph does not work out {what} in a membershipRule. With membershipRuleProcessing"
        "State Paused a group can have the rule, and the members that it is seeded with.",
        "membershipRule",
    )


# Properties -----------------------------------------------------------------------------------


def _at(path: str) -> Callable[[Any], Any]:
    names = path.split("/")

    def value(record: Any) -> Any:
        for name in names:
            record = record.get(name) if isinstance(record, Mapping) else None
        return record

    return value


def _first(path: str) -> Callable[[Any], Any]:
    return lambda record: next(iter(record.get(path) or ()), None)


def _named(kind: str, names: str, **others: str) -> dict[str, _Property]:
    """Properties by their names in lower case: those called as in Graph, and others by path."""
    paths = {**{name: name for name in names.split()}, **others}
    return {name.casefold(): _Property(kind, _at(path)) for name, path in paths.items()}


_EXTENSIONS = tuple(f"extensionAttribute{number}" for number in range(1, 16))

_USER = {
    **_named(
        "text",
        "city country companyName department displayName employeeId givenName jobTitle mail "
        "mailNickname onPremisesDistinguishedName onPremisesSecurityIdentifier passwordPolicies "
        "postalCode preferredLanguage state streetAddress surname usageLocation "
        "userPrincipalName userType",
        objectId="id",
        facsimileTelephoneNumber="faxNumber",
        mobile="mobilePhone",
        physicalDeliveryOfficeName="officeLocation",
    ),
    "telephonenumber": _Property("text", _first("businessPhones")),
    **_named("text", "", **{each: f"onPremisesExtensionAttributes/{each}" for each in _EXTENSIONS}),
    **_named("boolean", "accountEnabled", dirSyncEnabled="onPremisesSyncEnabled"),
    **_named("texts", "otherMails proxyAddresses"),
    **_named("assignedplan", "assignedPlans"),
}

_DEVICE = {
    **_named(
        "text",
        "deviceCategory deviceId displayName deviceOwnership enrollmentProfileName managementType "
        "profileType",
        objectId="id",
        deviceManagementAppId="mdmAppId",
        deviceManufacturer="manufacturer",
        deviceModel="model",
        deviceOSType="operatingSystem",
        deviceOSVersion="operatingSystemVersion",
        deviceTrustType="trustType",
    ),
    **_named("boolean", "accountEnabled isRooted"),
    **_named("texts", "systemLabels", devicePhysicalIds="physicalIds"),
}

_PLAN = {
    f"assignedplan.{name}": each
    for name, each in _named("text", "servicePlanId capabilityStatus service").items()
}
_ITEM = {"_": _Property("text", lambda item: item)}

PROPERTIES: Mapping[str, Mapping[str, _Property]] = {"user": _USER, "device": _DEVICE}
"""What rules can ask about, by the first word of its name, in lower case."""
_UNBUILT = frozenset(
    {"memberof", "employeehiredate", "sipproxyaddress", *map(str.casefold, _EXTENSIONS)}
)


def _property(name: str) -> tuple[str, _Property]:
    """The container and the property that a name means: ``user.department``."""
    owner, _, own = name.partition(".")
    properties = PROPERTIES.get(owner.casefold())
    if properties is None or not own:
        raise _wrong(f"Wrong property applied. '{name}' is no property of a user or a device.")
    container = f"{owner.casefold()}s"
    folded = own.casefold()
    if folded in properties:
        return container, properties[folded]
    if own.startswith("extension_"):
        return container, _Property("text", _at(own))
    if folded in _UNBUILT:
        raise _unbuilt(f"'{name}'")
    resource = owner.capitalize()
    raise _wrong(f"Wrong property applied. Property '{own}' cannot be applied to '{resource}'.")


# Operators ------------------------------------------------------------------------------------


def _fold(value: Any) -> str:
    return str(value).casefold()


def _matching(pattern: str) -> Callable[[str], Any]:
    from fakegraph.odata.functions import PatternError, compiled

    try:
        return compiled(f"(?i){pattern}")
    except PatternError as error:
        raise _wrong(f"Invalid operands found for operator -match: {error}.") from error


def _of_text(test: Callable[[str, str], bool]) -> Callable[[Any], Test]:
    def bound(operand: Any) -> Test:
        wanted = _fold(operand)
        return lambda value: value is not None and test(_fold(value), wanted)

    return bound


def _equals(operand: Any) -> Test:
    if operand is None:
        return lambda value: value is None or value == ""
    if isinstance(operand, bool):
        return lambda value: value is operand
    return _of_text(str.__eq__)(operand)


def _matches(operand: Any) -> Test:
    search = _matching(str(operand))
    return lambda value: value is not None and search(str(value)) is not None


def _among(operand: Any) -> Test:
    wanted = {_fold(each) for each in operand}
    return lambda value: value is not None and _fold(value) in wanted


def _has(operand: Any) -> Test:
    wanted = _fold(operand)
    return lambda values: any(_fold(each) == wanted for each in values or ())


_TEXT: dict[str, Callable[[Any], Test]] = {
    "eq": _equals,
    "startswith": _of_text(str.startswith),
    "contains": _of_text(lambda value, wanted: wanted in value),
    "match": _matches,
    "in": _among,
}
_OPERATORS: dict[str, dict[str, Callable[[Any], Test]]] = {
    "text": _TEXT,
    "boolean": {"eq": _equals},
    "texts": {"contains": _has},
    "assignedplan": {},
}
_OPPOSITE = {
    "ne": "eq",
    "notstartswith": "startswith",
    "notcontains": "contains",
    "notmatch": "match",
    "notin": "in",
}
_QUANTIFIERS: dict[str, Callable[[Iterable[bool]], bool]] = {"any": any, "all": all}
_ITEMS = {"texts": _ITEM, "assignedplan": _PLAN}
_KNOWN = frozenset({*_TEXT, *_OPPOSITE, *_QUANTIFIERS})


def _fits(kind: str, operator: str, operand: Any) -> bool:
    """Whether an operator takes that operand on a property of a kind."""
    if operator not in _OPERATORS[kind]:
        return False
    if operator == "in":
        return isinstance(operand, list)
    if kind == "boolean":
        return operand is None or isinstance(operand, bool)
    if operand is None:
        return operator == "eq"
    return isinstance(operand, str)


def _condition(found: _Property, operator: str, operand: Any) -> Test:
    positive = _OPPOSITE.get(operator, operator)
    if not _fits(found.kind, positive, operand):
        raise _wrong(f"Invalid operands found for operator -{operator}")
    test, value = _OPERATORS[found.kind][positive](operand), found.value
    if positive == operator:
        return lambda record: test(value(record))
    return lambda record: not test(value(record))


# Syntax ---------------------------------------------------------------------------------------


class _Parser:
    """Reads a rule, word by word. ``items`` is what the names of a quantifier's body mean."""

    def __init__(self, text: str) -> None:
        self.words = list(_split(text))
        self.containers: dict[str, None] = {}
        self.items: Mapping[str, _Property] | None = None
        self.depth = 0

    def whole(self) -> Rule:
        test = self.either()
        if self.words:
            raise _bad_syntax(self.words[0][1])
        if len(self.containers) != 1:
            raise _wrong("Mixed use of properties from different types of object.")
        return Rule(next(iter(self.containers)), test)

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
            raise _wrong(f"Query compilation error: more than {_DEEPEST} levels.")
        try:
            if self.takes("not"):
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
        name = self.name()
        found = self.meant(name)
        operator = self.name().removeprefix("-").casefold()
        if operator not in _KNOWN:
            raise _wrong(f"Query compilation error: '{operator}' is no operator.")
        if operator in _QUANTIFIERS:
            return self.quantified(found, operator)
        return _condition(found, operator, self.operand())

    def meant(self, name: str) -> _Property:
        if self.items is not None:
            item = self.items.get(name.casefold())
            if item is None:
                raise _wrong(f"Wrong property applied. '{name}' is nothing of an item here.")
            return item
        if name.casefold() == "direct":
            raise _unbuilt("'Direct Reports for'")
        container, found = _property(name)
        self.containers[container] = None
        return found

    def quantified(self, found: _Property, operator: str) -> Test:
        if found.kind not in _ITEMS or self.items is not None:
            raise _wrong(f"Invalid operands found for operator -{operator}")
        self.items = _ITEMS[found.kind]
        test = self.group()
        self.items = None
        quantify, value = _QUANTIFIERS[operator], found.value
        return lambda record: quantify(test(each) for each in value(record) or ())

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
            raise _wrong("Query compilation error: the rule ends too early.")
        return self.words.pop(0)

    def name(self) -> str:
        kind, text = self.next()
        if kind != "word":
            raise _bad_syntax(text)
        return text

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


def _bad_syntax(text: str) -> GraphError:
    return _wrong(f"Query compilation error at '{text[:40]}'.")


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
def read_rule(text: str) -> Rule:
    """What a rule means. Raises GraphError: 400 for one that is none, 501 for what is not built."""
    if len(text) > MAX_RULE:
        raise _wrong(f"a rule has {MAX_RULE} characters at most.")
    return _Parser(text).whole()
