"""What lists of Teams can be asked: little, and each its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from fakegraph.digits import natural
from fakegraph.errors import bad_request

_INVALID = "The query specified in the URI is not valid."
_SPELT = {"orderby": "OrderBy", "skiptoken": "SkipToken"}


Check = Callable[[Mapping[str, str]], None]


def allowing(*names: str) -> Check:
    """A check that refuses other query options than these."""
    allowed = frozenset({*names, "skiptoken", "format"})

    def check(options: Mapping[str, str]) -> None:
        for name in options:
            if name not in allowed:
                raise bad_request(
                    f"{_INVALID} Query option '{_SPELT.get(name, name.capitalize())}' is not "
                    "allowed. To allow it, set the 'AllowedQueryOptions' property on "
                    "EnableQueryAttribute or QueryValidationSettings.",
                    f"${name}",
                )

    return check


_INSIDE = re.compile(r"\([^()]*\)")


def expanding(name: str) -> Check:
    """A check that refuses to show more with a thing than what it leads to by that name."""

    def check(options: Mapping[str, str]) -> None:
        text = options.get("expand", "")
        while text != (text := _INSIDE.sub("", text)):
            pass  # what is asked of what is shown, from the innermost on
        for each in filter(None, map(str.strip, text.split(","))):
            if each.casefold() != name.casefold():
                message = f"The property '{each}' cannot be used in the $expand query option."
                raise bad_request(f"{_INVALID} {message} It takes '{name}'.", "$expand")

    return check


def ignoring(why: str) -> Callable[[Mapping[str, str]], Mapping[str, str]]:
    """What leaves all query options unheeded, for a reason."""
    return lambda options: dict.fromkeys(options, why)


def at_most(number: int) -> Check:
    """A check that refuses to have more on a page than there may be."""

    def check(options: Mapping[str, str]) -> None:
        top = options.get("top", "")
        if (natural(top) or 0) > number:
            raise bad_request(
                f"{_INVALID} The limit of '{number}' for Top query has been exceeded. The value "
                f"from the incoming request is '{top}'.",
                "$top",
            )

    return check
