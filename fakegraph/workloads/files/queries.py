"""What drives can be asked: what they sort by and filter by, and what they neither search nor skip.

https://learn.microsoft.com/graph/api/driveitem-list-children
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fakegraph.errors import GraphError, Problem

if TYPE_CHECKING:
    from fakegraph.odata.bound import Bound

_NAMES = frozenset({"name", "webUrl"})
_SORTED_PERSONALLY = frozenset({"size", "lastModifiedDateTime"})
#: What a library calls what it does not sort by.
_UNSORTED = {
    "lastModifiedDateTime": "Last_x0020_Modified",
    "createdDateTime": "Created_x0020_Date",
    "size": "File_x0020_Size",
}
_UNASKED = ("skip", "search")
_PAGING = "Only URLs returned by the API can be used to page."
_CHILDREN, _EXPAND = re.compile(r"\bchildren\(([^)]*)"), re.compile(r"\bexpand\s*=")
_THUMBNAILS = re.compile(r"\bthumbnails\b")
_BY = "Libraries filter by eq and startswith of name and webUrl, and by folder ne null."


def check_asked(options: Mapping[str, str]) -> None:
    """Raise GraphError for what SharePoint neither searches nor skips."""
    for name in _UNASKED:
        if options.get(name, "false") != "false":
            more = f" {_PAGING}" if name == "skip" else ""
            message = f"${name} is not supported on this API.{more}"
            raise GraphError(400, "invalidRequest", message, f"${name}")


def check_query(options: Mapping[str, str]) -> None:
    """Raise GraphError for what libraries do not sort by, expand, search or skip."""
    check_asked(options)
    if re.search(r"(?<![\w/])permissions\b", options.get("expand", "")):
        message = "The property permissions cannot be expanded."
        raise GraphError(400, "invalidRequest", message, "$expand")
    if _shows_nested_thumbnails(options.get("expand", "")):
        raise GraphError(400, "notSupported", "Operation not supported", "$expand")
    sorts = _SORTED_PERSONALLY if options.get("@driveType") == "personal" else frozenset()
    for key in filter(None, map(str.split, options.get("orderby", "").split(","))):
        if key[0] not in _NAMES | sorts:
            column = _UNSORTED.get(key[0], key[0])
            message = f"The property {column} is not supported for OrderBy."
            raise GraphError(400, "invalidRequest", message, "$orderby")


def _shows_nested_thumbnails(expand: str) -> bool:
    """Whether thumbnails are asked for of what is in something that is shown itself."""
    inside = (_EXPAND.split(each, maxsplit=1)[1:] for each in _CHILDREN.findall(expand))
    return any(_THUMBNAILS.search(each) for found in inside for each in found)


def check_condition(condition: Bound) -> None:
    """Raise GraphError for what libraries do not filter by."""
    if not _is_filtered(condition):
        details = (Problem(_BY, "$filter", "notSupported"),)
        message = "Operation not supported"
        raise GraphError(400, "notSupported", message, "$filter", details=details)


def _is_filtered(condition: Bound) -> bool:
    """Whether a library finds what meets it."""
    from fakegraph.odata import bound  # with what reads conditions: no start needs it

    match condition:
        case bound.Logic(terms=terms):
            return all(map(_is_filtered, terms))
        case bound.Compare(left=bound.Constant() as value, right=other, operator="eq" | "ne" as by):
            return _is_compared(other, by, value.value)
        case bound.Compare(left=other, right=bound.Constant() as value, operator="eq" | "ne" as by):
            return _is_compared(other, by, value.value)
        case bound.Apply(function=function, arguments=(bound.PropertyPath(names=(name,)), begin)):
            is_text = isinstance(begin, bound.Constant) and isinstance(begin.value, str)
            return function.name == "startswith" and name in _NAMES and is_text
    return False


def _is_compared(other: Bound, by: str, value: object) -> bool:
    from fakegraph.odata import bound

    match other:
        case bound.PropertyPath(names=("folder",)):
            return value is None
        case bound.PropertyPath(names=(name,)):
            return by == "eq" and name in _NAMES and isinstance(value, str)
        case bound.Apply():
            return by == "eq" and value is True and _is_filtered(other)
    return False
