"""The query string of a request, cut into options. What each means is ``query.py``'s business.

Names are taken in any case and with or without the ``$``, as Microsoft Graph does:
https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from functools import lru_cache
from urllib.parse import unquote_plus

from fakegraph.dataclass import dataclass
from fakegraph.errors import bad_request

SYSTEM_OPTIONS = frozenset(
    {"count", "expand", "filter", "format", "orderby", "search", "select", "skip", "skiptoken"}
    | {"top"}
)
_WITH_EXPRESSIONS = frozenset({"expand", "filter", "orderby"})
MAX_QUERY_LENGTH = 32_768


@dataclass(frozen=True, eq=False)
class Options:
    """Decoded values by option name, lower-cased without the ``$``; aliases with their ``@``.

    Requests with the same query string share one, so that what is worked out of it can be cached.
    ``used`` are aliases that something else than an expression uses; ``others`` are parameters
    that the place has of its own.
    """

    values: Mapping[str, str]
    aliases: Mapping[str, str]
    used: frozenset[str] = frozenset()
    others: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values or self.aliases or self.others)

    def get(self, name: str) -> str | None:
        """The decoded text of an option, or None where it was not given."""
        return self.values.get(name)

    def allow(self, names: Collection[str], why: str) -> None:
        """Raise GraphError (400) when there is an option that means nothing here."""
        if not self:
            return
        for name in self.values:
            if name not in names:
                raise bad_request(
                    f"The query parameter '${name}' is not supported. {why}", f"${name}"
                )
        if not _WITH_EXPRESSIONS.intersection(self.values):
            refuse_unused(self.aliases.keys() - self.used)


def refuse_unused(aliases: Collection[str]) -> None:
    """Raise GraphError (400) for an alias that nothing uses."""
    for name in sorted(aliases):
        raise bad_request(
            f"The query parameter '{name}' is not supported. No expression uses this alias.", name
        )


@lru_cache(maxsize=512)
def split_options(raw_query: str, parameters: tuple[str, ...] = ()) -> Options:
    """Cut an undecoded query string. Raises GraphError (400) for what is unknown or there twice.

    ``parameters`` are names that the place takes besides, in any case.
    """
    if len(raw_query) > MAX_QUERY_LENGTH:
        raise bad_request(f"The query string is longer than {MAX_QUERY_LENGTH} characters.")
    values: dict[str, str] = {}
    aliases: dict[str, str] = {}
    others: dict[str, str] = {}
    own = {each.casefold(): each for each in parameters}
    for part in filter(None, raw_query.split("&")):
        written, equals, raw_value = part.partition("=")
        name, value = _decode(written), _decode(raw_value)
        known = name.removeprefix("$").casefold()
        if name.startswith("@") and len(name) > 1 and name.casefold() not in own:
            target, key = aliases, name
        elif known in SYSTEM_OPTIONS:
            target, key = values, known
        elif name.casefold() in own:
            target, key = others, own[name.casefold()]
        else:
            raise _unknown(name)
        if not equals:
            raise bad_request(f"The query parameter '{name}' has no value.", name)
        if key in target:
            raise bad_request(
                f"Query option '{name}' was specified more than once, but it must be specified at "
                "most once.",
                name,
            )
        target[key] = value
    return Options(values, aliases, others=others)


def _unknown(name: str) -> Exception:
    served = ", ".join(f"${option}" for option in sorted(SYSTEM_OPTIONS))
    return bad_request(
        f"The query parameter '{name}' is not supported. fakegraph knows {served}.", name
    )


def _decode(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError as error:
        raise bad_request("The query string is not percent-encoded UTF-8.") from error
