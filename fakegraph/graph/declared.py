"""What is declared at a path: decided when it is first asked for, and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from fakegraph.edm.model import Model
from fakegraph.graph.elsewhere import is_misplaced
from fakegraph.graph.entities import Handler, handlers_of
from fakegraph.graph.paths import ORGANIZATION, SHORT, Location, PathError, Target, resolve

_OF_ALL = frozenset({"", "$metadata", "$batch", ORGANIZATION})
_NONE: Mapping[str, str] = {}


class Place(NamedTuple):
    """What all requests for a path have in common.

    ``allowed`` are the methods, as the header of that name lists them; ``headers`` go with every
    answer.
    """

    target: Target
    model: Model
    route: str
    handlers: Mapping[str, Handler]
    allowed: str
    permissions: tuple[str, ...]
    headers: Mapping[str, str]


class Declared:
    """Finds what the models of some versions declare."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = models
        names = {version.casefold() for version in models}
        self._beginnings = {
            version: _beginnings(model) | _OF_ALL | names for version, model in models.items()
        }

        self._known = lru_cache(maxsize=4096)(self._found)

    def at(self, location: Location) -> Place | None:
        """What a path addresses; None where a published one may be meant. Raises GraphError (400).

        It is remembered, as clients ask for the same paths again.
        """
        find = self._known if len(location.raw) <= SHORT else self._found
        return find(location.version, location.segments)

    def _found(self, version: str, segments: tuple[str, ...]) -> Place | None:
        first = segments[0].casefold() if segments else ""
        if first not in self._beginnings[version]:
            return None
        model = self._models[version]
        try:
            return _place(model, resolve(model, segments))
        except PathError as error:
            if error.declared or is_misplaced(error, self._models):
                raise
        return None


def _beginnings(model: Model) -> frozenset[str]:
    """How declared paths begin."""
    return frozenset(each.path.partition("/")[0].casefold() for each in model.resources)


def _place(model: Model, target: Target) -> Place:
    handlers, resource = handlers_of(target), target.resource
    deprecation = None if resource is None else resource.deprecation
    headers = _NONE if deprecation is None else deprecation.headers
    allowed = _allowed(handlers)
    return Place(target, model, target.route, handlers, allowed, target.permissions, headers)


def _allowed(handlers: Mapping[str, object]) -> str:
    head = ("HEAD",) if "GET" in handlers else ()
    return ", ".join((*handlers, *head, "OPTIONS"))
