"""Paths by pattern: those that the surface of a model has, and what each leads to."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping

from fakegraph.edm.surface import Use
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.walk import Walk

_WILD = frozenset("*?[")
_SCHEMES: Mapping[str, str] = {
    "DelegatedWork": "work",
    "DelegatedPersonal": "personal",
    "Application": "app",
}


def paths_of(walk: Walk, pattern: str | None = None) -> Iterator[ResourcePath]:
    """What paths that meet a pattern lead to: of those with evidence of their own, all without one.

    In a pattern ``*`` stands for anything, slashes too: ``/users/*/messages``; case does not
    matter. One without is a path as clients write it, which is read as theirs are: GraphError (400)
    where the model does not have it.
    """
    if pattern is not None and not _WILD.intersection(pattern):
        yield walk(pattern)
        return
    wanted = None if pattern is None else f"/{pattern.strip('/').casefold()}"
    for template, _ in walk.surface.permitted():
        if wanted is None or fnmatch.fnmatchcase(template.casefold(), wanted):
            yield walk(template)


def rows(walk: Walk, pattern: str | None = None) -> Iterator[tuple[str, str, str, str]]:
    """What the surface says of such paths: method, template, evidence, least permissions."""
    for place in paths_of(walk, pattern):
        for method, use in place.uses.items():
            yield method, place.template, use.evidence.name.lower(), _least(use)


def _least(use: Use) -> str:
    """``work Mail.ReadBasic, app Mail.ReadBasic.All``: of each kind of caller who may come."""
    schemes = use.permissions.schemes if use.permissions else {}
    return ", ".join(f"{_SCHEMES[name]} {names[0]}" for name, names in schemes.items()) or "-"
