"""All sites and drives of a tenant, wherever they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from fakegraph.workloads.operations import Call, Thing


def all_sites(call: Call, above: Thing | None = None) -> Iterator[Thing]:
    """The sites that are in one, or all of them, each with those in it behind it; those of groups
    come last.
    """
    for each in call.inside(above, "sites"):
        yield each
        yield from all_sites(call, each)
    for group in call.inside(None, "groups") if above is None else ():
        yield from all_sites(call, group)


def all_drives(call: Call, people: Iterable[Thing]) -> Iterator[Thing]:
    """The drives of some people, and those of all groups and sites."""
    for holder in chain(people, call.inside(None, "groups"), all_sites(call)):
        yield from call.inside(holder, "drives")
