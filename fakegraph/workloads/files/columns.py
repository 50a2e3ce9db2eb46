"""Columns of lists: of what kinds they are, and what values each kind takes.

https://learn.microsoft.com/graph/api/resources/columndefinition

What the service itself says of a value that does not fit is one sentence for all: why is said in
the details.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from fakegraph.errors import GraphError, Problem
from fakegraph.store import Record

BAD = "invalidRequest"
_TEXT_LENGTH = 255
_TITLE: Record = {"name": "Title", "displayName": "Title", "text": {}}
#: What a file is called, as an item of its library: it is renamed by it.
FILE_NAME = "FileLeafRef"
#: What the service has of every item, and sets itself.
_OWN: tuple[Record, ...] = (
    {"name": "ID", "displayName": "ID", "number": {}, "indexed": True},
    {"name": "ContentType", "displayName": "Content Type", "text": {}},
    {"name": "Modified", "displayName": "Modified", "dateTime": {"format": "dateTime"}},
    {"name": "Created", "displayName": "Created", "dateTime": {"format": "dateTime"}},
    {"name": "Author", "displayName": "Created By", "personOrGroup": {}},
    {"name": "Editor", "displayName": "Modified By", "personOrGroup": {}},
    {"name": "_UIVersionString", "displayName": "Version", "text": {}},
    {"name": "Attachments", "displayName": "Attachments", "boolean": {}},
    {"name": "Edit", "displayName": "Edit", "text": {}},
    {"name": "LinkTitle", "displayName": "Title", "text": {}},
    {"name": "LinkTitleNoMenu", "displayName": "Title", "text": {}},
    {"name": "ItemChildCount", "displayName": "Item Child Count", "text": {}},
    {"name": "FolderChildCount", "displayName": "Folder Child Count", "text": {}},
)
_OF_FILES: tuple[Record, ...] = (
    {"name": FILE_NAME, "displayName": "Name", "text": {}},
    {"name": "DocIcon", "displayName": "Type", "text": {}},
    {"name": "FileSizeDisplay", "displayName": "File Size", "text": {}},
)
#: Names behind which the service has more of an item that nobody sets.
READ_ONLY = frozenset(
    {"id", "AuthorLookupId", "EditorLookupId", "AppAuthorLookupId", "AppEditorLookupId"}
    | {each["name"] for each in (*_OWN, *_OF_FILES)}
    - {"ContentType", "Author", "Editor", FILE_NAME}
)


def standard(*, library: bool) -> Iterable[Record]:
    """The columns that each list has, a library with those of files."""
    yield {**_TITLE, "required": not library}
    for each in (*_OWN, *(_OF_FILES if library else ())):
        yield {"readOnly": each["name"] not in ("ContentType", FILE_NAME), **each}


_Read = Callable[[Any, Record], Any]


def _text(value: Any, facet: Record) -> Any:
    longest = facet.get("maxLength") or (0 if facet.get("allowMultipleLines") else _TEXT_LENGTH)
    if not isinstance(value, str):
        raise ValueError("it takes text.")
    if longest and len(value) > longest:
        raise ValueError(f"it takes {longest} letters at most, and this has {len(value)}.")
    return value


def _number(value: Any, facet: Record) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("it takes a number.")
    least, most = facet.get("minimum"), facet.get("maximum")
    if (least is not None and value < least) or (most is not None and value > most):
        raise ValueError(f"it takes numbers from {least} to {most}.")
    return value


def _boolean(value: Any, facet: Record) -> Any:
    if not isinstance(value, bool):
        raise ValueError("it takes true and false.")
    return value


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")


def _moment(value: Any, facet: Record) -> Any:
    """A moment in UTC, in whole seconds, as lists keep it."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("it takes a date and time, as 2026-03-01T09:00:00Z.")
    text = re.sub(r"\.\d+", "", value).replace("Z", "+00:00")
    moment = datetime.fromisoformat(text)  # a ValueError for a 30 February
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        raise ValueError("it takes a date and time of our era.") from None


def _choice(value: Any, facet: Record) -> Any:
    many = facet.get("displayAs") == "checkBoxes"
    if many != isinstance(value, list):
        raise ValueError("it takes a list of choices." if many else "it takes one choice.")
    choices, values = facet.get("choices") or [], value if many else [value]
    wrong = [each for each in values if not isinstance(each, str)]
    if not facet.get("allowTextEntry"):
        wrong += [each for each in values if isinstance(each, str) and each not in choices]
    if wrong:
        raise ValueError(f"it takes {', '.join(map(str, choices))}, and not {wrong[0]!r}.")
    return value


def _lookup(value: Any, facet: Record) -> Any:
    many = facet.get("allowMultipleValues") or facet.get("allowMultipleSelection") or False
    values = value if isinstance(value, list) else [value]
    if bool(many) != isinstance(value, list) or not all(map(_is_number, values)):
        raise ValueError("it takes a list of ids." if many else "it takes the id of an item.")
    return [int(each) for each in values] if many else str(value)


def _is_number(value: Any) -> bool:
    is_text = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16
    return is_text or (type(value) is int and value >= 0)


def _link(value: Any, facet: Record) -> Any:
    is_link = isinstance(value, dict) and isinstance(value.get("Url"), str)
    if not is_link or not value.keys() <= {"Url", "Description"}:
        raise ValueError('it takes {"Url": …, "Description": …}.')
    return value


def _never(value: Any, facet: Record) -> Any:
    raise ValueError("its value is worked out of others.")


def _any(value: Any, facet: Record) -> Any:
    return value


_KINDS: Mapping[str, _Read] = {
    "text": _text,
    "number": _number,
    "currency": _number,
    "boolean": _boolean,
    "dateTime": _moment,
    "choice": _choice,
    "lookup": _lookup,
    "personOrGroup": _lookup,
    "hyperlinkOrPicture": _link,
    "calculated": _never,
    "contentApprovalStatus": _any,
    "geolocation": _any,
    "term": _any,
    "thumbnail": _any,
}
FACETS = tuple(_KINDS)
_BY_ID = ("lookup", "personOrGroup")
_NUMBERS = ("number", "currency")


class Columns:
    """The columns of one list. Without any it takes whatever it is given: it was put there so."""

    def __init__(self, records: Iterable[Record]) -> None:
        own = [*records]
        self.any = not own
        known = {each["name"]: each for each in (*_OWN, *_OF_FILES, _TITLE)}
        known |= {str(each.get("name")): each for each in own}
        self._own = {_field(each): each for each in own}
        self._known = {_field(each): each for each in known.values()}

    def find(self, name: str) -> Record | None:
        """The column that a field of that name is of."""
        return self._known.get(name)

    def named(self, name: str) -> Record | None:
        """The column of that name."""
        return next((each for each in self._known.values() if each.get("name") == name), None)

    def looks_up(self, column: Record) -> bool:
        """Whether the values of a column are ids of what it shows."""
        return _kind(column) in _BY_ID

    def kind(self, name: str) -> str:
        """What kind of column a field is of; empty where nothing says."""
        return _kind(self._known.get(name) or {})

    def check(self, values: Mapping[str, Any]) -> Record:
        """Values as they are kept. Raises GraphError (400) for what no column takes."""
        return {name: self._checked(name, value) for name, value in values.items()}

    def _checked(self, name: str, value: Any) -> Any:
        column = self._known.get(name)
        if name in READ_ONLY or (column is not None and column.get("readOnly")):
            raise _refused(name, "the service sets it, and nobody else.")
        if column is None and not (self.any and name):
            raise unrecognized(name)
        if column is None or value is None:
            return value
        kind = _kind(column)
        try:
            return _KINDS[kind](value, column.get(kind) or {}) if kind else value
        except ValueError as error:
            raise _refused(name, str(error)) from None

    def missing(self, record: Record) -> Record:
        """The values that columns have where an item says none; a default that is no value of its
        column is none.
        """
        found: Record = {}
        for name, column in self._own.items():
            text = (column.get("defaultValue") or {}).get("value")
            if text is not None and record.get(name) is None:
                with suppress(GraphError):
                    found[name] = self._checked(name, _default(_kind(column), text))
        return found

    def unique(self) -> Iterable[str]:
        """The fields whose values no two items have."""
        return (name for name, each in self._own.items() if each.get("enforceUniqueValues"))


def unrecognized(name: str) -> GraphError:
    """No column has that name."""
    return GraphError(400, BAD, f"Field '{name}' is not recognized", name)


def duplicate(name: str) -> GraphError:
    """Another item has that value of a column whose values are unique."""
    message = (
        "The list item could not be added or updated because duplicate values were found in the "
        f"following field(s) in the list: [{name}]."
    )
    return GraphError(400, BAD, message, name)


# What a column can be ----------------------------------------------------------------------------

_NAMED = ("name", "displayName")
_KNOWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "dateTime": {
        "format": ("dateOnly", "dateTime"),
        "displayAs": ("default", "friendly", "standard"),
    },
    "choice": {"displayAs": ("checkBoxes", "dropDownMenu", "radioButtons")},
    "number": {
        "decimalPlaces": ("automatic", "none", "one", "two", "three", "four", "five"),
        "displayAs": ("number", "percentage"),
    },
    "text": {"textType": ("plain", "richText")},
    "personOrGroup": {"chooseFromType": ("peopleAndGroups", "peopleOnly")},
}
#: Of what kinds no column is indexed; those of several values and of several lines are not either.
_UNINDEXED = ("calculated", "hyperlinkOrPicture", "geolocation", "thumbnail")


def check_column(record: Record, before: Record | None) -> None:
    """Raise GraphError (400) for a column that cannot be, or be changed so.

    https://support.microsoft.com/office/f3f00554-b7dc-44d1-a2ed-d477eac463b0
    """
    kind, old = _kind(record), before or {}
    for name in _NAMED:
        if len(str(record.get(name) or "")) > _TEXT_LENGTH:
            raise unfit(name, f"It has {_TEXT_LENGTH} letters at most.")
    kinds = [each for each in FACETS if record.get(each) is not None]
    if before is None and len(kinds) > 1:
        raise unfit(kinds[1], f"A column is of one kind, and this would be {' and '.join(kinds)}.")
    if _kind(old) and any(record.get(each) is not None and each not in old for each in FACETS):
        raise unfit("name", f"A column stays of its kind, and this is of {_kind(old)}.")
    _check_facet(kind, record.get(kind) or {})
    single = kind not in _UNINDEXED and not _is_long(kind, record.get(kind) or {})
    if record.get("indexed") and not single:
        raise unfit("indexed", f"A column of the kind {kind}, as it is here, has no index.")
    if record.get("enforceUniqueValues") and not (record.get("indexed") and kind != "boolean"):
        raise unfit("enforceUniqueValues", "Values are unique where a column has an index.")


def _is_long(kind: str, facet: Record) -> bool:
    """Whether values have several lines, or are several."""
    several = facet.get("allowMultipleValues") or facet.get("allowMultipleSelection")
    return (
        bool(facet.get("allowMultipleLines") or several) or facet.get("displayAs") == "checkBoxes"
    )


def _check_facet(kind: str, facet: Record) -> None:
    for name, values in _KNOWN.get(kind, {}).items():
        if facet.get(name) not in (None, *values):
            raise unfit(f"{kind}/{name}", f"It is one of {', '.join(values)}.")
    least, most = facet.get("minimum"), facet.get("maximum")
    if least is not None and most is not None and least > most:
        raise unfit(f"{kind}/minimum", "The minimum is above the maximum.")
    longest = 0 if facet.get("allowMultipleLines") else facet.get("maxLength") or 0
    if not 0 <= longest <= _TEXT_LENGTH:
        raise unfit("text/maxLength", f"A line has {_TEXT_LENGTH} letters at most.")
    if kind == "calculated" and not facet.get("formula"):
        raise unfit("calculated/formula", "What is calculated has a formula.")


def check_deleted(name: str, column: Record) -> None:
    """Raise GraphError (400) for a column that every list has."""
    if column.get("readOnly") or name in (_TITLE["name"], FILE_NAME, "ContentType"):
        raise unfit("name", f"The column '{name}' is the service's own, and stays.")


def internal_name(name: str) -> str:
    """What fields have a column by: all but letters, digits and _ is written as its number."""
    found = re.sub(r"[^A-Za-z0-9_]", lambda match: f"_x{ord(match[0]):04x}_", name)
    return re.sub(r"^\d", lambda match: f"_x{ord(match[0]):04x}_", found)


def shown_name(name: str) -> str:
    """The same the other way round."""
    return re.sub(r"_x([0-9A-Fa-f]{4,6})_", _letter, name)


def _letter(found: re.Match[str]) -> str:
    """The letter of a number; no number of one is left as it is."""
    number = int(found[1], 16)
    is_letter = number <= sys.maxunicode and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_letter else found[0]


def unfit(target: str, why: str) -> GraphError:
    """What a body says of a list cannot be; the service says no more than that."""
    return GraphError(400, BAD, "Invalid request", target, details=(Problem(why, target, BAD),))


def _refused(name: str, why: str) -> GraphError:
    return unfit(name, f"'{name}' cannot be set so: {why}")


def _kind(column: Record) -> str:
    return next((name for name in FACETS if column.get(name) is not None), "")


def _field(column: Record) -> str:
    """The name that values of a column are under."""
    name = str(column.get("name"))
    return f"{name}LookupId" if _kind(column) in _BY_ID else name


def _default(kind: str, text: str) -> Any:
    """A default value, which columns have as text."""
    if kind == "boolean":
        return text in ("1", "true", "True", "Yes")
    if kind in _NUMBERS:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return text
