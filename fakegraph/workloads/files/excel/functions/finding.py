"""Functions that decide, look up, count what meets conditions, and tell what a value is.

https://support.microsoft.com/office/lookup-and-reference-functions-reference
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fakegraph.workloads.files.excel.functions.faults import DIV, ERRORS, NA, NUM, REF, VALUE, Fault
from fakegraph.workloads.files.excel.functions.numbers import total
from fakegraph.workloads.files.excel.functions.statistics import mean, spread, variance
from fakegraph.workloads.files.excel.functions.values import (
    Area,
    Built,
    check_size,
    integer,
    is_error,
    is_number,
    numbers,
    read_number,
    scalar,
    sound,
    text,
    truth,
)

Meets = Callable[[Any], bool]

# What is compared --------------------------------------------------------------------------------


def _kind(value: Any) -> int:
    """Numbers come before texts, and these before truths."""
    return 2 if isinstance(value, bool) else 1 if isinstance(value, str) else 0


def _key(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _alike(one: Any, other: Any) -> bool:
    return _kind(one) == _kind(other) and _key(one) == _key(other)


_ANY, _ONE, _LONGEST = object(), object(), 255
_WILD = re.compile(r"~[*?~]|.", re.DOTALL)


def _pattern(said: str) -> Meets:
    """What is like a text in which ``*`` and ``?`` stand for letters, unless after a ``~``."""
    if len(said) > _LONGEST:
        raise Fault(VALUE)
    wild = {"*": _ANY, "?": _ONE}
    form = [wild.get(each, each[-1]) for each in _WILD.findall(said.casefold())]
    return lambda value: isinstance(value, str) and _is_like(value.casefold(), form)


def _is_like(value: str, form: Sequence[object]) -> bool:
    """Letter by letter: what does not fit goes back to the last ``*`` alone."""
    at = place = 0
    star, after = -1, 0
    while at < len(value):
        wanted = form[place] if place < len(form) else None
        if wanted is _ANY:
            star, after = place, at
            place += 1
        elif wanted is _ONE or wanted == value[at]:
            place, at = place + 1, at + 1
        elif star >= 0:
            after += 1
            place, at = star + 1, after
        else:
            return False
    return all(each is _ANY for each in form[place:])


_SIGNED = re.compile(r"(<=|>=|<>|=|<|>)(.*)", re.DOTALL)
_BY: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def meeting(criterion: Any) -> Meets:
    """What meets a criterion: a value, or a text that begins with a comparison."""
    value = sound(criterion)
    found = _SIGNED.fullmatch(value) if isinstance(value, str) else None
    sign, said = ("", value) if found is None else (found[1], _said(found[2]))
    if found is None and isinstance(value, str):
        said = _said(value)
    if sign in ("<", "<=", ">", ">="):
        by = _BY[sign]
        return lambda each: (
            each is not None and _kind(each) == _kind(said) and by(_key(each), _key(said))
        )
    equal = _equal(said, blank=sign != "")
    return (lambda each: not equal(each)) if sign == "<>" else equal


def _said(text_: str) -> Any:
    """What a criterion compares to: the number, or the truth, that a text says, or that text."""
    if text_.upper() in ("TRUE", "FALSE"):
        return text_.upper() == "TRUE"
    try:
        return read_number(text_)
    except Fault:
        return text_


def _equal(said: Any, *, blank: bool) -> Meets:
    if said is None or said == "":
        return (lambda each: each is None) if blank else (lambda each: each in (None, ""))
    if isinstance(said, str):
        return _pattern(said)

    def equal(each: Any) -> bool:
        if isinstance(each, str) and is_number(said):
            each = _said(each)
        return _alike(each, said)

    return equal


# What is chosen ----------------------------------------------------------------------------------


def _sized(one: Area, other: Area) -> bool:
    return len(one.rows) == len(other.rows) and len(one.rows[0]) == len(other.rows[0])


def _picked(wanted: Area, pairs: Sequence[tuple[Area, Any]]) -> list[Any]:
    """The cells whose places meet all conditions. Raises Fault for areas of other sizes."""
    if not all(_sized(wanted, where) for where, _ in pairs):
        raise Fault(VALUE)
    tests = [(list(where.cells()), meeting(said)) for where, said in pairs]
    return [
        cell
        for at, cell in enumerate(wanted.cells())
        if all(test(cells[at]) for cells, test in tests)
    ]


def _pairs(values: Sequence[Any]) -> list[tuple[Area, Any]]:
    """Areas and criteria by turns."""
    if not values or len(values) % 2:
        raise Fault(VALUE)
    found = []
    for where, said in zip(values[::2], values[1::2], strict=True):
        if not isinstance(where, Area):
            raise Fault(VALUE)
        found.append((where, scalar(said)))
    return found


def _of(call: Callable[[list[float]], float]) -> Callable[..., float]:
    """A function of cells that meet a condition, or of others at the places of these."""

    def one(range_: Area, said: Any, wanted: Any) -> float:
        area = _resized(wanted, range_) if isinstance(wanted, Area) else range_
        return call(numbers([Area([_picked(area, [(range_, said)])])]))

    return one


def _resized(wanted: Area, like: Area) -> Area:
    """As many cells as in another, from the first on. Raises Fault where there are less."""
    height, width = len(like.rows), len(like.rows[0])
    if len(wanted.rows) < height or len(wanted.rows[0]) < width:
        raise Fault(VALUE)
    return Area([row[:width] for row in wanted.rows[:height]])


def _all_of(call: Callable[[list[float]], float]) -> Callable[..., float]:
    def several(wanted: Area, values: Sequence[Any]) -> float:
        return call(numbers([Area([_picked(wanted, _pairs(values))])]))

    return several


def _count_if(range_: Area, said: Any) -> int:
    return sum(map(meeting(said), range_.cells()))


def _count_ifs(values: Sequence[Any]) -> int:
    pairs = _pairs(values)
    return len(_picked(pairs[0][0], pairs))


# What is looked up -------------------------------------------------------------------------------


def _place(sought: Any, keys: Sequence[Any], way: int) -> int:
    """Where a value is, from 0: exactly, or the last that is not greater (1) or less (-1) where
    the keys are in order. Raises Fault.
    """
    value = sound(sought)
    if value is None:
        value = 0
    if way == 0:
        by = _pattern(value) if isinstance(value, str) else lambda each: _alike(each, value)
        found = next((at for at, each in enumerate(keys) if each is not None and by(each)), None)
    elif way > 0:
        found = _last_not_greater(value, keys)
    else:
        found = None
        for at, each in enumerate(keys):
            if each is None or _kind(each) != _kind(value) or _key(each) < _key(value):
                break
            found = at
    if found is None:
        raise Fault(NA)
    return found


def _last_not_greater(value: Any, keys: Sequence[Any]) -> int | None:
    """By halves, as Excel does, among what is of the same kind."""
    there = [
        (at, _key(each))
        for at, each in enumerate(keys)
        if each is not None and not is_error(each) and _kind(each) == _kind(value)
    ]
    low, high = 0, len(there)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if there[middle][1] <= _key(value) else (low, middle)
    return there[low - 1][0] if low else None


def _looked_up(
    sought: Any, keys: Sequence[Any], lines: Sequence[Sequence[Any]], which: int, near: bool
) -> Any:
    if which < 1:
        raise Fault(VALUE)
    if which > len(lines):
        raise Fault(REF)
    return _value(lines[which - 1][_place(sought, keys, int(near))])


def _value(found: Any) -> Any:
    """What a cell gives: of an empty one 0."""
    return 0 if found is None else sound(found)


def _vlookup(sought: Any, table: Area, which: int, near: bool) -> Any:
    columns = table.columns()
    return _looked_up(sought, columns[0], columns, which, near)


def _hlookup(sought: Any, table: Area, which: int, near: bool) -> Any:
    return _looked_up(sought, table.rows[0], table.rows, which, near)


def _lookup(sought: Any, vector: Area, result: Any) -> Any:
    """In a vector, whose result is at the same place of another; or in a table by its long side."""
    if isinstance(result, Area):
        keys, found = list(vector.cells()), list(result.cells())
        if min(len(vector.rows), len(vector.rows[0])) > 1 or len(keys) != len(found):
            raise Fault(NA)
        return _value(found[_place(sought, keys, 1)])
    lines = vector.columns() if len(vector.rows) >= len(vector.rows[0]) else vector.rows
    return _value(lines[-1][_place(sought, lines[0], 1)])


def _match(sought: Any, where: Area, way: float) -> int:
    if min(len(where.rows), len(where.rows[0])) > 1:
        raise Fault(NA)
    return _place(sought, list(where.cells()), (way > 0) - (way < 0)) + 1


def _choose(which: int, values: Sequence[Any]) -> Any:
    if not 1 <= which <= len(values):
        raise Fault(VALUE)
    return _value(scalar(values[which - 1]))


# What is so --------------------------------------------------------------------------------------


def _truths(values: Sequence[Any]) -> Iterator[bool]:
    """The truths among values: of cells those that are some, or numbers. Raises Fault for none."""
    found = []
    for each in values:
        if isinstance(each, Area):
            cells = [sound(cell) for cell in each.cells()]
            found += [bool(cell) for cell in cells if isinstance(cell, int | float)]
        else:
            found.append(truth(each))
    if not found:
        raise Fault(VALUE)
    return iter(found)


def _if(said: bool, yes: Any, no: Any) -> Any:
    return _value(yes if said else no)


def _is(test: Callable[[Any], bool]) -> Built:
    return Built(lambda value: test(scalar(value)), "value:x")


def _parity(odd: int) -> Built:
    return Built(lambda value: math.trunc(value) % 2 == odd, "number")


def _number_of(value: Any) -> float:
    found = sound(value)
    if isinstance(found, bool):
        return int(found)
    return found if is_number(found) else 0


_ARRAY, _ERROR = 64, 16


def _type(value: Any) -> int:
    if isinstance(value, Area) and (len(value.rows) > 1 or len(value.rows[0]) > 1):
        return _ARRAY
    found = scalar(value)
    if is_error(found):
        return _ERROR
    return {0: 1, 1: 2, 2: 4}[_kind(found)]


def _error_number(value: Any) -> int:
    if not is_error(value):
        raise Fault(NA)
    return ERRORS.index(value) + 1


def _not_there() -> None:
    raise Fault(NA)


def _is_formula(value: Any) -> bool:
    if not isinstance(value, Area) or value.place is None:
        raise Fault(VALUE)
    return value.place.has_formula


def _sheet(value: Any) -> int:
    if not isinstance(value, Area) or value.place is None:
        raise Fault(NA)
    return value.place.sheet


def _reference(value: Any) -> int:
    if not isinstance(value, Area) or value.place is None:
        raise Fault(VALUE)
    return 1


# Databases ---------------------------------------------------------------------------------------


def _records(database: Area, field: Any, criteria: Area) -> list[Any]:
    """The values of a field in the records that meet what one of the rows of criteria says. None
    for the field is each record itself, as 1.
    """
    head, *rows = database.rows
    names = [text(each).casefold() for each in head]
    column = None if field is None else _column(field, names)
    heads, *wanted = criteria.rows
    at = [_column(each, names) if each is not None else None for each in heads]
    tests = [
        [
            (where, meeting(said))
            for where, said in zip(at, row, strict=True)
            if said is not None and where is not None
        ]
        for row in wanted
    ]
    check_size(len(rows) * len(wanted))
    met = (row for row in rows if any(all(t(row[w]) for w, t in each) for each in tests))
    return [1 if column is None else row[column] for row in met]


def _column(field: Any, names: Sequence[str]) -> int:
    found = sound(field)
    if isinstance(found, str):
        if found.casefold() not in names:
            raise Fault(VALUE)
        return names.index(found.casefold())
    at = integer(found)
    if not 1 <= at <= len(names):
        raise Fault(VALUE)
    return at - 1


def _got(database: Area, field: Any, criteria: Area) -> Any:
    found = _records(database, field, criteria)
    if not found:
        raise Fault(VALUE)
    if len(found) > 1:
        raise Fault(NUM)
    return _value(found[0])


_OF_RECORDS: Mapping[str, Callable[[list[float]], float]] = {
    "daverage": mean,
    "dcount": len,
    "dmax": lambda values: max(values, default=0),
    "dmin": lambda values: min(values, default=0),
    "dproduct": lambda values: math.prod(values) if values else 0,
    "dstDev": lambda values: spread(values, 1),
    "dstDevP": lambda values: spread(values, 0),
    "dsum": total,
    "dvar": lambda values: variance(values, 1),
    "dvarP": lambda values: variance(values, 0),
}
_DATABASE = "database:r field:s? criteria:r"


def _of_database(call: Callable[[list[float]], float]) -> Built:
    return Built(
        lambda database, field, criteria: call(
            numbers([Area([_records(database, field, criteria)])])
        ),
        _DATABASE,
    )


def _mean_or_fault(values: list[float]) -> float:
    if not values:
        raise Fault(DIV)
    return mean(values)


FUNCTIONS: Mapping[str, Built] = {
    **{name: _of_database(call) for name, call in _OF_RECORDS.items()},
    "and": Built(lambda values: all(list(_truths(values))), "values*"),
    "areas": Built(_reference, "reference:x"),
    "averageIf": Built(_of(_mean_or_fault), "range:r criteria:v averageRange:x?"),
    "averageIfs": Built(_all_of(_mean_or_fault), "averageRange:r values*"),
    "choose": Built(_choose, "indexNum:i values*"),
    "columns": Built(lambda array: len(array.rows[0]), "array:r"),
    "countIf": Built(_count_if, "range:r criteria:v"),
    "countIfs": Built(_count_ifs, "values*"),
    "dcountA": Built(lambda *said: sum(each is not None for each in _records(*said)), _DATABASE),
    "dget": Built(_got, _DATABASE),
    "error_Type": Built(_error_number, "errorVal:v"),
    "false": Built(lambda: False),
    "hlookup": Built(_hlookup, "lookupValue:v tableArray:r rowIndexNum:i rangeLookup:b=true"),
    "hyperlink": Built(
        lambda place, named: place if named is None else named, "linkLocation:t friendlyName:s?"
    ),
    "if": Built(_if, "logicalTest:b valueIfTrue:v=0 valueIfFalse:v=false"),
    "isErr": _is(lambda value: is_error(value) and value != NA),
    "isError": _is(is_error),
    "isEven": _parity(0),
    "isFormula": Built(_is_formula, "reference:x"),
    "isLogical": _is(lambda value: isinstance(value, bool)),
    "isNA": _is(lambda value: value == NA),
    "isNonText": _is(lambda value: not isinstance(value, str) or is_error(value)),
    "isNumber": _is(is_number),
    "isOdd": _parity(1),
    "isref": Built(lambda value: isinstance(value, Area) and value.place is not None, "value:x"),
    "isText": _is(lambda value: isinstance(value, str) and not is_error(value)),
    "lookup": Built(_lookup, "lookupValue:v lookupVector:r resultVector:x?"),
    "match": Built(_match, "lookupValue:v lookupArray:r matchType=1"),
    "n": Built(_number_of, "value:v"),
    "na": Built(_not_there),
    "not": Built(lambda said: not said, "logical:b"),
    "or": Built(lambda values: any(list(_truths(values))), "values*"),
    "rows": Built(lambda array: len(array.rows), "array:r"),
    "sheet": Built(_sheet, "value:x"),
    "sheets": Built(_reference, "reference:x"),
    "sumIf": Built(_of(total), "range:r criteria:v sumRange:x?"),
    "sumIfs": Built(_all_of(total), "sumRange:r values*"),
    "t": Built(lambda value: value if isinstance(value, str) else "", "value:s"),
    "true": Built(lambda: True),
    "type": Built(_type, "value:x"),
    "vlookup": Built(_vlookup, "lookupValue:v tableArray:r colIndexNum:i rangeLookup:b=true"),
    "xor": Built(lambda values: sum(_truths(values)) % 2 == 1, "values*"),
}
