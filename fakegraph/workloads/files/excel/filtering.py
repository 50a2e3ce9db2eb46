"""What columns of a table are filtered by, and which rows that leaves.

https://learn.microsoft.com/graph/api/resources/workbookfiltercriteria
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from openpyxl.worksheet.filters import (
    CustomFilter,
    CustomFilters,
    FilterColumn,
    Filters,
    Top10,
)

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.errors import bad_argument
from fakegraph.workloads.files.excel.nodes import Arguments

_SIGNS = {
    "": "equal",
    "=": "equal",
    "<>": "notEqual",
    "<": "lessThan",
    "<=": "lessThanOrEqual",
    ">": "greaterThan",
    ">=": "greaterThanOrEqual",
}
_SIGNED = re.compile(r"(<=|>=|<>|=|<|>|)(.*)", re.DOTALL)
_LONGEST = 255


class Ranked(NamedTuple):
    """A filter by rank: its action, of the greatest or the least, and whether of percents."""

    action: str
    top: bool
    percent: bool


_RANKED: Mapping[str, Ranked] = {
    each.action.removeprefix("apply").removesuffix("Filter"): each
    for each in (
        Ranked("applyTopItemsFilter", top=True, percent=False),
        Ranked("applyTopPercentFilter", top=True, percent=True),
        Ranked("applyBottomItemsFilter", top=False, percent=False),
        Ranked("applyBottomPercentFilter", top=False, percent=True),
    )
}
_MOST_ITEMS, _MOST_PERCENT = 500, 100
_OPERATORS = {"and": True, "or": False}


def applied(name: str, body: Arguments, column: int) -> FilterColumn | None:
    """The filter that an action of a column means; None for another action. Raises GraphError."""
    if name == "apply":
        criteria = body.get("criteria")
        if not isinstance(criteria, dict):
            raise bad_argument("criteria")
        return _of_criteria(criteria, column)
    if name == "applyValuesFilter":
        return _by_values(body.get("values"), column)
    if name == "applyCustomFilter":
        said = body.get("criteria1"), body.get("criteria2"), body.get("oper")
        return _custom(*said, column)
    ranked = next((each for each in _RANKED.values() if each.action == name), None)
    if ranked is None:
        return None
    return _by_rank(ranked, body.get("percent" if ranked.percent else "count"), column)


def _of_criteria(criteria: Mapping[str, Any], column: int) -> FilterColumn:
    kind = str(criteria.get("filterOn") or "")
    if kind.casefold() == "values":
        return _by_values(criteria.get("values"), column)
    if kind.casefold() == "custom":
        said = criteria.get("criterion1"), criteria.get("criterion2"), criteria.get("operator")
        return _custom(*said, column)
    for name, ranked in _RANKED.items():
        if kind.casefold() == name.casefold():
            number = str(criteria.get("criterion1") or "")
            return _by_rank(ranked, int(number) if number.isdecimal() else None, column)
    known = ", ".join(("Values", "Custom", *_RANKED))
    message = f"fakegraph filters by {known}, not by '{kind}'."
    raise GraphError(501, "NotImplemented", message, "criteria/filterOn")


def _by_values(values: Any, column: int) -> FilterColumn:
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise bad_argument("criteria")
    return FilterColumn(colId=column, filters=Filters(filter=values))


def _custom(first: Any, second: Any, operator: Any, column: int) -> FilterColumn:
    both = _OPERATORS.get(str(operator or "and").casefold())
    said = [each for each in (first, second) if each is not None]
    fine = all(isinstance(each, str) and 0 < len(each) <= _LONGEST for each in said)
    if first is None or not fine or both is None:
        raise bad_argument("criteria")
    filters = []
    for each in said:
        found = _SIGNED.fullmatch(each)
        assert found is not None
        filters.append(CustomFilter(operator=_SIGNS[found[1]], val=found[2]))
    return FilterColumn(colId=column, customFilters=CustomFilters(_and=both, customFilter=filters))


def _by_rank(ranked: Ranked, number: Any, column: int) -> FilterColumn:
    most = _MOST_PERCENT if ranked.percent else _MOST_ITEMS
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
        raise bad_argument("percent" if ranked.percent else "count")
    found = Top10(top=ranked.top, percent=ranked.percent, val=number)
    return FilterColumn(colId=column, top10=found)


def shown(filter_: FilterColumn | None) -> Mapping[str, Any] | None:
    """A filter as Graph has it; None where there is none."""
    if filter_ is None:
        return None
    if filter_.top10 is not None:
        top = filter_.top10
        kind = next(
            name
            for name, each in _RANKED.items()
            if (each.top, each.percent) == (top.top is not False, bool(top.percent))
        )
        return {"filterOn": kind, "criterion1": f"{top.val:g}"}
    if filter_.customFilters is not None:
        texts = [_criterion(each) for each in filter_.customFilters.customFilter]
        both = "And" if filter_.customFilters._and else "Or"
        more = {"criterion2": texts[1], "operator": both} if len(texts) > 1 else {}
        return {"filterOn": "Custom", "criterion1": texts[0], **more}
    if filter_.filters is not None:
        return {"filterOn": "Values", "values": list(filter_.filters.filter)}
    return None


def _criterion(custom: CustomFilter) -> str:
    sign = next(text for text, name in _SIGNS.items() if text and name == custom.operator)
    return f"{sign}{custom.val}"


def leaves(
    filter_: FilterColumn, values: Sequence[Any], texts: Sequence[str]
) -> Callable[[int], bool]:
    """Which rows a filter leaves to be seen, by their number: by the values of its column, and how
    these look.
    """
    if filter_.top10 is not None:
        least = _rank(filter_.top10, values)
        top = filter_.top10.top is not False
        return lambda at: (
            _is_number(values[at]) and (values[at] >= least if top else values[at] <= least)
        )
    if filter_.customFilters is not None:
        from fakegraph.workloads.files.excel.functions.finding import meeting

        both = filter_.customFilters._and
        tests = [meeting(_criterion(each)) for each in filter_.customFilters.customFilter]
        some = all if both else any
        return lambda at: some(test(None if values[at] == "" else values[at]) for test in tests)
    wanted = frozenset(filter_.filters.filter if filter_.filters is not None else texts)
    return lambda at: texts[at] in wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rank(top: Top10, values: Sequence[Any]) -> float:
    """The least, or the greatest, number that is left."""
    ordered = sorted(filter(_is_number, values), reverse=top.top is not False)
    if not ordered:
        return math.inf
    count = int(top.val)
    if top.percent:
        count = max(1, math.floor(len(ordered) * count / 100))
    return float(ordered[min(count, len(ordered)) - 1])
