"""From one page of a collection to the next: whose a ``$skiptoken`` is, and the link with it."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, urlencode

from fakegraph.odata.query_string import Options


def place_of(generation: str, raw_path: str, options: Options, walked: int = 0) -> str:
    """What tells a request's results from those of the same query at another path.

    ``walked``: what the link's ``$skip`` says, where it has one: a client that writes another
    would otherwise not get what it asks for.
    """
    own = (options.get("search"), *options.others.items(), *([walked] if walked else []))
    return f"{generation} {raw_path.rstrip('/')} {own}\n"


def next_link(url: str, options: Options, token: str, walked: int = 0) -> str:
    """The same request from where a page ends: every option but ``$skip``, which is used up.

    ``walked``: how many there were so far, where links say so; clients show it.
    """
    skip = f"$skip={walked}&" if walked else ""
    return f"{url}?{repeated(options)}{skip}$skiptoken={token}"


@lru_cache(maxsize=512)
def repeated(options: Options) -> str:
    """What the link to the next page says before its token."""
    values = options.values.items()
    kept = [(f"${name}", value) for name, value in values if name not in {"skip", "skiptoken"}]
    kept += [*options.others.items(), *options.aliases.items()]
    text = urlencode(kept, safe="$@,()/:", quote_via=quote)
    return f"{text}&" if text else ""
