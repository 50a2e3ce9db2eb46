"""Functions: their arguments read from the path, their results in the form that queries go over.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html, 4.5
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fakegraph.dataclass import dataclass
from fakegraph.edm.fields import did_you_mean, shown
from fakegraph.edm.model import Function, Parameter
from fakegraph.edm.types import EnumType
from fakegraph.edm.values import Instant, instant
from fakegraph.errors import GraphError, bad_request
from fakegraph.odata.query_string import Options
from fakegraph.store import Record, Row, Store

_ARGUMENT = re.compile(
    r"\s*(?P<name>\w+)\s*=\s*(?:(?P<alias>@\w+)|(?P<value>[\w.]*'(?:[^']|'')*'))\s*(?:,|$)"
)
_LITERAL = re.compile(r"(?:(?P<type>[\w.]+))?'(?P<text>(?:[^']|'')*)'")


class Rows:
    """Records that are worked out, not stored, as a collection that queries can go over."""

    indexed: Mapping[str, bool] = {}

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._rows = [Row(position, record) for position, record in enumerate(records, start=1)]

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> Row | None:
        """The row with that id."""
        return next((row for row in self._rows if row.record.get("id") == key), None)

    def scan(self, after: int = -1) -> Iterator[Row]:
        """Rows in order, from the first whose position is above ``after``."""
        return iter(self._rows[max(after, 0) :])

    def equal(self, index: str, keys: Iterable[Any], after: int = -1) -> Iterator[Row]:
        """There is no index."""
        raise KeyError(index)

    def count_equal(self, index: str, keys: Iterable[Any]) -> int:
        """There is no index."""
        raise KeyError(index)

    def walk(self, index: str, **limits: Any) -> Iterator[Row]:
        """There is no index."""
        raise KeyError(index)


@dataclass(frozen=True)
class StoredData:
    """What functions are worked out from: the records of a store, at a time."""

    store: Store
    now: Instant

    def records(self, name: str) -> Iterator[Record]:
        """The records of a set, in order."""
        return (row.record for row in self.store.container(name).scan())

    def between(self, name: str, property_: str, low: Instant, high: Instant) -> Iterator[Record]:
        """Those whose DateTimeOffset property is after ``low`` and not after ``high``."""
        collection = self.store.container(name)
        if collection.indexed.get(property_):
            rows = collection.walk(property_, low=low, low_inclusive=False, high=high)
            return (row.record for row in rows)
        found = ((record, instant(record[property_])) for record in self.records(name))
        return (record for record, moment in found if low < moment <= high)


def read_arguments(
    function: Function, text: str | None, options: Options
) -> tuple[Mapping[str, str], Options]:
    """The arguments by parameter name, and the options with the aliases that they used marked.

    Raises GraphError (400) for what is no argument, unknown, there twice, missing, or a value that
    the parameter does not take.
    """
    written = _split(function, text or "")
    aliases = {value for value in written.values() if value.startswith("@")}
    values = {name: _resolved(value, options) for name, value in written.items()}
    parameters = _overload(function, values)
    arguments = {name: _value(parameters[name], text) for name, text in values.items()}
    return arguments, replace(options, used=frozenset(aliases))


def _split(function: Function, text: str) -> dict[str, str]:
    """The arguments' texts by name as they were written."""
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _ARGUMENT.match(text, position)
        if match is None or (match.end() == len(text) and text.rstrip().endswith(",")):
            raise bad_request(
                "Bad Request - Error in query syntax. The parameters of a function are written "
                f"(name='value',name=@alias); '{shown(text[position:])}' is not."
            )
        if match["name"] in found:
            raise bad_request(
                f"The parameter '{match['name']}' of {function.name} is there twice.", match["name"]
            )
        found[match["name"]] = match["alias"] or match["value"]
        position = match.end()
    return found


def _resolved(text: str, options: Options) -> str:
    if not text.startswith("@"):
        return text
    if text not in options.aliases:
        raise bad_request(
            f"The parameter alias '{text}' has no value: give it as {text}='value' in the query.",
            text,
        )
    return options.aliases[text]


def _overload(function: Function, given: Iterable[str]) -> Mapping[str, Parameter]:
    """The parameters of the form that has exactly the names that are given."""
    names = set(given)
    for overload in function.overloads:
        if names == {parameter.name for parameter in overload}:
            return {parameter.name: parameter for parameter in overload}
    forms = " or ".join(f"{function.name}({_shape(overload)})" for overload in function.overloads)
    known = tuple(p.name for overload in function.overloads for p in overload)
    wrong = next((name for name in names if name not in known), None)
    what = "" if wrong is None else f" There is no parameter '{wrong}'.{did_you_mean(wrong, known)}"
    raise bad_request(
        f"Resource not found for the segment '{function.name}'. It is called as {forms}.{what}"
    )


def _shape(overload: Sequence[Parameter]) -> str:
    return ",".join(
        f"{parameter.name}='{(parameter.values or ('…',))[0]}'" for parameter in overload
    )


def _value(parameter: Parameter, text: str) -> str:
    """The argument, an enumeration's as its member's name, spelt as declared."""
    match = _LITERAL.fullmatch(text.strip())
    type_name = match["type"] if match else None
    if match is None or (
        type_name is not None
        and not (isinstance(parameter.type, EnumType) and type_name == parameter.type.name)
    ):
        raise _bad_value(parameter, text)
    value = match["text"].replace("''", "'")
    if parameter.values is None:
        return value
    spelt = {known.casefold(): known for known in parameter.values}
    if value.casefold() not in spelt:
        raise _bad_value(parameter, text)
    value = spelt[value.casefold()]
    if value in parameter.unserved:
        reason = parameter.unserved[value]
        raise bad_request(
            f"The value '{value}' of {parameter.name} is not supported: {reason}", parameter.name
        )
    return value


def _bad_value(parameter: Parameter, text: str) -> GraphError:
    takes = "a string in single quotes"
    if parameter.values is not None:
        takes = f"one of {', '.join(repr(value) for value in parameter.values)}"
    return bad_request(
        f"Invalid value specified for parameter '{parameter.name}': {shown(text)}. "
        f"It takes {takes}.",
        parameter.name,
    )
