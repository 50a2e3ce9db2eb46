"""What drives can be asked: what they sort by and filter by, and what they neither search nor skip.

https://learn.microsoft.com/graph/api/driveitem-list-children
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_BY = "Libraries filter by eq and startswith of name and webUrl, and by folder ne null."


def check_asked(options: Mapping[str, str]) -> None:
    """Raise GraphError for what SharePoint neither searches nor skips."""
    for name in _UNASKED:
        if options.get(name, "false") != "false":
            more = f" {_PAGING}" if name == "skip" else ""
            message = f"${name} is not supported on this API.{more}"
            raise GraphError(400, "invalidRequest", message, f"${name}")


def check_order(key: Bound, options: Mapping[str, str]) -> None:
    """Raise GraphError for what libraries do not sort by."""
    sorts = _SORTED_PERSONALLY if options.get("@driveType") == "personal" else frozenset()
    name = named(key)
    if name not in _NAMES | sorts:
        message = f"The property {_UNSORTED.get(name, name)} is not supported for OrderBy."
        raise GraphError(400, "invalidRequest", message, "$orderby")


def named(key: Bound) -> str:
    """The property that something is sorted by; of what is worked out the function or operator."""
    from fakegraph.odata import bound  # with what reads conditions: no start needs it

    if isinstance(key, bound.PropertyPath):
        return "/".join(name for name in key.names if isinstance(name, str))
    return key.function.name if isinstance(key, bound.Apply) else type(key).__name__


def refuse_expanded(way: Sequence[str]) -> None:
    """Raise GraphError (400): what is there is read at its own URL alone."""
    message = f"The property {way[-1]} cannot be expanded."
    raise GraphError(400, "invalidRequest", message, "$expand")


def check_pictures(way: Sequence[str]) -> None:
    """Raise GraphError (400) for pictures of what is shown itself by what it lies in."""
    if "children" in way[:-1]:
        raise GraphError(400, "notSupported", "Operation not supported", "$expand")


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
