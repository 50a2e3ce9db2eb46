"""Functions of texts.

https://support.microsoft.com/office/text-functions-reference
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.workloads.files.excel.functions.faults import VALUE, Fault
from fakegraph.workloads.files.excel.functions.numbers import rounded
from fakegraph.workloads.files.excel.functions.values import Built, flat, number, read_number, text

_LONGEST = 32_767  # letters that a cell has
_LAST_LETTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_NO_ROUNDING = 127


def _checked(found: str) -> str:
    if len(found) > _LONGEST:
        raise Fault(VALUE)
    return found


def _not_negative(*numbers: int) -> None:
    if min(numbers) < 0:
        raise Fault(VALUE)


def _length(said: str) -> int:
    """Excel counts the letters beyond its first 65,536 twice."""
    return len(said.encode("utf-16-le", "surrogatepass")) // 2


def _value(said: Any) -> float:
    if isinstance(said, bool):
        raise Fault(VALUE)
    return number(said)


def _left(said: str, count: int) -> str:
    _not_negative(count)
    return said[:count]


def _right(said: str, count: int) -> str:
    _not_negative(count)
    return said[len(said) - count :] if count < len(said) else said


def _mid(said: str, start: int, count: int) -> str:
    _not_negative(start - 1, count)
    return said[start - 1 : start - 1 + count]


def _replaced(old: str, start: int, count: int, new: str) -> str:
    _not_negative(start - 1, count)
    return _checked(old[: start - 1] + new + old[start - 1 + count :])


def _substituted(said: str, old: str, new: str, which: int | None) -> str:
    if which is not None and which < 1:
        raise Fault(VALUE)
    if not old:
        return said
    if which is None:
        return _checked(said.replace(old, new))
    parts = said.split(old)
    if which >= len(parts):
        return said
    return _checked(old.join(parts[:which]) + new + old.join(parts[which:]))


def _found(sought: str, within: str, start: int) -> int:
    if not 1 <= start <= len(within) + 1:
        raise Fault(VALUE)
    at = within.find(sought, start - 1)
    if at < 0:
        raise Fault(VALUE)
    return at + 1


def _proper(said: str) -> str:
    return re.sub(r"[^\W\d_]+", lambda found: found[0][0].upper() + found[0][1:].lower(), said)


def _trimmed(said: str) -> str:
    return re.sub(" +", " ", said).strip(" ")


def _cleaned(said: str) -> str:
    return "".join(each for each in said if each >= " ")


def _repeated(said: str, times: int) -> str:
    _not_negative(times)
    if len(said) * times > _LONGEST:
        raise Fault(VALUE)
    return said * times


def _letter(code: int) -> str:
    """A letter of the code page of Windows."""
    if not 1 <= code <= 255:
        raise Fault(VALUE)
    return bytes((code,)).decode("cp1252", "replace")


def _code(said: str) -> int:
    if not said:
        raise Fault(VALUE)
    return said[0].encode("cp1252", "replace")[0]


def _unicode_letter(code: int) -> str:
    if not 1 <= code <= _LAST_LETTER or code in _SURROGATES:
        raise Fault(VALUE)
    return chr(code)


def _unicode(said: str) -> int:
    if not said:
        raise Fault(VALUE)
    return ord(said[0])


def _joined(values: Sequence[Any]) -> str:
    return _checked("".join(map(text, flat(values))))


def _fixed(value: float, digits: int, plain: bool) -> str:
    if abs(digits) > _NO_ROUNDING:
        raise Fault(VALUE)
    return f"{rounded(value, digits):{'' if plain else ','}.{max(digits, 0)}f}"


def _dollar(value: float, digits: int) -> str:
    shown = f"${_fixed(abs(rounded(value, digits)), digits, plain=False)}"
    return f"({shown})" if value < 0 else shown


def _number_value(said: str, point: str, group: str) -> float:
    point, group = point[:1], group[:1]
    if not point:
        raise Fault(VALUE)
    body = "".join(said.split())
    percents = len(body) - len(body.rstrip("%"))
    whole, sign, rest = body.rstrip("%").partition(point)
    if point in rest or (group and group in rest):
        raise Fault(VALUE)
    plain = (whole.replace(group, "") if group else whole) + ("." if sign else "") + rest
    if not plain:
        return 0
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", plain):
        raise Fault(VALUE)
    return read_number(plain) / math.pow(100, percents)


_DIGITS = re.compile(r"(\$?)(#,##)?(0)(?:\.(0+))?(%?)")


def _formatted(value: Any, form: str) -> str:
    """A value as a format shows it, as far as that is one of digits."""
    if isinstance(value, str):
        try:
            value = read_number(value)
        except Fault:
            return str(value)
    if form.casefold() in ("general", "@"):
        return text(value)
    found = _DIGITS.fullmatch(form)
    if found is None:
        message = "fakegraph shows numbers in formats of digits, like 0.00, #,##0, $0.00 and 0%."
        raise GraphError(501, "NotImplemented", message, "formatText")
    digits, per = len(found[4] or ""), 100 if found[5] else 1
    shown = rounded(number(value) * per, digits)
    sign = "-" if shown < 0 else ""
    return f"{sign}{found[1]}{abs(shown):{',' if found[2] else ''}.{digits}f}{found[5]}"


_ROMAN = {
    1000: "M",
    900: "CM",
    500: "D",
    400: "CD",
    100: "C",
    90: "XC",
    50: "L",
    40: "XL",
    10: "X",
    9: "IX",
    5: "V",
    4: "IV",
    1: "I",
}
_MOST_ROMAN = 3999


def _roman(value: int, form: Any) -> str:
    if not 0 <= value <= _MOST_ROMAN:
        raise Fault(VALUE)
    if form not in (0, True):
        message = "fakegraph writes Roman numerals in the classic form alone, which is 0."
        raise GraphError(501, "NotImplemented", message, "form")
    found = ""
    for each, letters in _ROMAN.items():
        times, value = divmod(value, each)
        found += letters * times
    return found


# What counts bytes counts letters, in languages whose letters have one.
_BOTH: Mapping[str, tuple[Any, str]] = {
    "find{}": (_found, "findText:t withinText:t startNum:i=1"),
    "left{}": (_left, "text:t num{}:i=1"),
    "len{}": (_length, "text:t"),
    "mid{}": (_mid, "text:t startNum:i num{}:i"),
    "replace{}": (_replaced, "oldText:t startNum:i num{}:i newText:t"),
    "right{}": (_right, "text:t num{}:i=1"),
}
_BYTES = {"find": "B", "replace": "B"}


def _counting() -> dict[str, Built]:
    found = {}
    for name, (call, takes) in _BOTH.items():
        found[name.format("")] = Built(call, takes.format("Chars"))
        found[name.format(_BYTES.get(name[:-2], "b"))] = Built(call, takes.format("Bytes"))
    return found


FUNCTIONS: Mapping[str, Built] = {
    **_counting(),
    "char": Built(_letter, "number:i"),
    "clean": Built(_cleaned, "text:t"),
    "code": Built(_code, "text:t"),
    "concatenate": Built(_joined, "values*"),
    "dollar": Built(_dollar, "number decimals:i=2"),
    "exact": Built(lambda one, other: one == other, "text1:t text2:t"),
    "fixed": Built(_fixed, "number decimals:i=2 noCommas:b=false"),
    "lower": Built(str.lower, "text:t"),
    "numberValue": Built(_number_value, "text:t decimalSeparator:t=. groupSeparator:t=,"),
    "proper": Built(_proper, "text:t"),
    "rept": Built(_repeated, "text:t numberTimes:i"),
    "roman": Built(_roman, "number:i form:s=0"),
    "substitute": Built(_substituted, "text:t oldText:t newText:t instanceNum:i?"),
    "text": Built(_formatted, "value:s formatText:t"),
    "trim": Built(_trimmed, "text:t"),
    "unichar": Built(_unicode_letter, "number:i"),
    "unicode": Built(_unicode, "text:t"),
    "upper": Built(str.upper, "text:t"),
    "usdollar": Built(_dollar, "number decimals:i=2"),
    "value": Built(_value, "text:s"),
}
