"""What would be right, guessed from what stands where a parse failed."""

from __future__ import annotations

import re

_OPERATORS = "eq, ne, gt, ge, lt, le, has, in, and, or, add, sub, mul, div, divby, mod"

# The first that matches at the place of the error, without case, is used.
_HINTS = (
    (r"\Z", "Something is missing at the end."),
    (r"===?", "Equality is written eq: name eq 'x'."),
    (r"=", "Equality is written eq: name eq 'x'."),
    (r"!=|<>|~=", "Inequality is written ne: name ne 'x'."),
    (r"!", "Negation is written not: not startswith(name,'x')."),
    (r"&", "Conjunction is written and: a eq 1 and b eq 2."),
    (r"\|", "Disjunction is written or: a eq 1 or b eq 2."),
    (r">=", "This is written ge: size ge 5."),
    (r"<=", "This is written le: size le 5."),
    (r">", "This is written gt: size gt 5."),
    (r"<", "This is written lt: size lt 5."),
    (r"\+", "Addition is written add: size add 1."),
    (r'"', "Strings stand in single quotes: 'Contoso'; a quote inside is written twice."),
    (r"[‘’“”`´]", "Strings stand in straight single quotes: 'Contoso'."),  # noqa: RUF001
    (r"[\w.:+-]{0,40}%[0-9a-f]{2}", "This is percent-encoded twice."),
    (
        r"-?[0-9]{4,12}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{3,21} [0-9]{2}:[0-9]{2}",
        "A + in a URL means a space: percent-encode the offset's as %2B.",
    ),
    (
        r"-?[0-9]{4,12}-[0-9]{2}-[0-9]{2}T[0-9:.]{3,21}(?![0-9:.z+-])",
        "A date with a time needs its offset: 2024-01-01T00:00:00Z.",
    ),
    (
        r"-?[0-9]{4,12}-[0-9]{2}-[0-9]{2}T",
        "This is no date with a time and an offset, like 2024-01-01T00:00:00Z.",
    ),
    (
        r"[0-9a-z]{8}-[0-9a-z]{4}-",
        "A GUID is five groups of 8, 4, 4, 4 and 12 hexadecimal digits.",
    ),
    (
        r"[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}",
        "A date is written with four, two and two digits: 2024-01-31.",
    ),
    (r"-?[0-9]+\.(?![0-9])", "A number's point is followed by digits: 42.0."),
    (r"[0-9]", "This is no number, date, time of day or GUID; text stands in single quotes."),
    (
        r"(is +not|neq|isnt|notequals?)\b",
        "Inequality is written ne: name ne 'x'; with null too: name ne null.",
    ),
    (r"(is|equals?|eql)\b", "Equality is written eq: name eq 'x'; with null too."),
    (r"gte\b", "This is written ge: size ge 5."),
    (r"lte\b", "This is written le: size le 5."),
    (r"like\b", "There is no like: use contains(name,'x') or startswith(name,'x')."),
    (r"between\b", "There is no between: size ge 1 and size le 5."),
    (
        r"(contains|startswith|endswith|matchespattern)\b",
        "This is a function, not an operator: contains(name,'x').",
    ),
    (r"not\b", "not stands before what it negates: not (name in ('a','b'))."),
    (r"(asc|desc)\b", "asc and desc stand in $orderby, one of them behind each term."),
    (r"/", "No path may follow here."),
    (r"\(", "No parenthesis may stand here; before a function's there is no space."),
    (r"\[|\{", "No list or object may stand here."),
    (r"[,;:]", "The expression is complete here, and nothing that this could separate."),
    (r"\.[0-9]", "A number begins with a digit: 0.5."),
    (r"\.", "A name was expected on both sides of the dot."),
    (r"@", "A parameter alias is a name after an @: @p."),
    (
        r"\$[a-z]",
        "Only $it, $this, $root and, after a path, $count and $filter stand here.",
    ),
    (r"\*", "No * may stand here."),
    (r"-", "No - may stand here; subtraction is written sub: size sub 1."),
    (r"[)\]}]", "There is nothing open that this could close."),
    (r"\w+", f"An operator was expected here, one of {_OPERATORS}; in $orderby asc or desc."),
)

# Between the terms of $select and $expand, where no expression stands.
_BETWEEN_TERMS = (
    (r";", "A ; separates the options of $expand, in its parentheses; names have commas between."),
    (r"\w+", "Names are separated by commas: id,displayName."),
)

_IN_STRING = "A single quote inside a string is written twice: 'O''Neil'."


def hint_at(
    text: str, position: int, otherwise: str | None = None, *, terms: bool = False
) -> str | None:
    """What would be right at the place where the text stops making sense, or ``otherwise``.

    ``terms``: it stands behind one of ``$select`` or ``$expand``.
    """
    before = text[position - 1] if position else ""
    if before == "'" and text[position : position + 1].isalnum():
        return _IN_STRING
    for pattern, hint in (*_BETWEEN_TERMS, *_HINTS) if terms else _HINTS:
        # Compiled only here, since most runs see few errors; re keeps what it has compiled.
        if re.compile(pattern, re.IGNORECASE).match(text, position):
            return hint
    return otherwise
