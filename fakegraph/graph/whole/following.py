"""``children@odata.nextLink``: where what is expanded goes on, as a request of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from fakegraph.edm.published import PublishedType
from fakegraph.errors import GraphError
from fakegraph.graph.paging import write_token
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.expansions import Expansion
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.narrowing import finding
from fakegraph.graph.whole.pages import next_link, place_of, repeated
from fakegraph.graph.whole.plan import Plan
from fakegraph.odata.engine import Position
from fakegraph.odata.query import OrderKey
from fakegraph.odata.query_string import Options, split_options
from fakegraph.odata.reading import read_query
from fakegraph.store import Row


class Ended(NamedTuple):
    """Where a page ends, and the order that what it is of has."""

    position: Position
    order: tuple[OrderKey, ...]


def link_to(asked: Asked, row: Row, type_: PublishedType, each: Expansion, page: Ended) -> str:
    """The URL of what follows a page of what a row, of a type, leads to.

    Raises GraphError (501) where that has no URL of its own.
    """
    for path in _paths(asked, row, type_, each):
        plan = _plan(asked, path)
        if plan is not None:
            return _link(asked, path, plan, each, page)
    raise GraphError(
        501,
        "NotImplemented",
        f"There is more of '{each.name}' than fits on a page, and no URL where it goes on. Ask for "
        "more at once: $top inside $expand says how many.",
        "$expand",
    )


def _paths(asked: Asked, row: Row, type_: PublishedType, each: Expansion) -> Iterator[str]:
    """Paths that may lead to what an expansion shows, the best first."""
    behind = "".join(f"/{name}" for name in (each.name, each.cast and each.cast.name) if name)
    if row.key:
        own = address(asked.world, InStore(asked.tenant.store), row)
        yield f"{own}{behind}"
        yield f"{own}/{type_.name}{behind}"


def _plan(asked: Asked, path: str) -> Plan | None:
    """How requests to a path are answered; None where there are none."""
    try:
        found = asked.walk(f"/{path}")
    except GraphError:
        return None
    plan = Plan(asked.world, found, asked.plan.least)
    return plan if plan.kind == "collection" and "GET" in plan.allowed else None


def _link(asked: Asked, path: str, plan: Plan, each: Expansion, page: Ended) -> str:
    url = f"{asked.root}/{path}"
    options = _options(each)
    options = split_options(repeated(options).rstrip("&"), plan.parameters)
    rules = asked.world.rules(each.type)
    searched = bool(rules.searched) and plan.gate is None
    future, strict = asked.preferences.future_members, asked.tenant.strict_queries
    source = plan.source((), future, strict)
    most = plan.said.max_page or plan.workload.max_page
    query = read_query(finding(options, searched, most), source)
    place = place_of(asked.tenant.store.generation, urlsplit(url).path, options)
    token = write_token(page.position, replace(query, order=page.order), place)
    return next_link(url, options, token)


def _options(each: Expansion) -> Options:
    """The options that ask at the path itself for what an expansion shows."""
    values = dict(each.options.values)
    inner = [_written(one, each.type) for one in each.inner]
    if each.levels > 0:
        inner.append(_written(replace(each, levels=each.levels - 1), each.type))
    if inner:
        values["expand"] = ",".join(inner)
    return Options(values, _used(each.options.aliases, " ".join(values.values())))


def _written(each: Expansion, type_: PublishedType) -> str:
    """An expansion of things of a type, as it is written."""
    before = "" if type_.is_heir_of(each.owner) else f"{each.owner.name}/"
    path = f"{before}{each.name}{f'/{each.cast.name}' if each.cast else ''}"
    path += f"/{each.form}" if each.form else ""
    inside = [f"${name}={text}" for name, text in each.options.values.items()]
    if each.inner:
        inside.append(f"$expand={','.join(_written(one, each.type) for one in each.inner)}")
    if each.followed:
        inside.append(f"$levels={'max' if each.endless else each.levels + 1}")
    return f"{path}({';'.join(inside)})" if inside else path


def _used(aliases: Mapping[str, str], text: str) -> dict[str, str]:
    """The aliases that a text names, and those that their values name."""
    found: dict[str, str] = {}
    texts = [text]
    while texts:
        for name in re.findall(r"@\w+", texts.pop()):
            if name in aliases and name not in found:
                found[name] = aliases[name]
                texts.append(aliases[name])
    return found
