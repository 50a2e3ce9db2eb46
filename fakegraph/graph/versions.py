"""The published models of a server's versions, each read when somebody first asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from fakegraph.edm.model import Model
from fakegraph.errors import GraphError
from fakegraph.graph.beyond import BETA, BUILT_IN, Beyond, whole
from fakegraph.once import once

if TYPE_CHECKING:
    from fakegraph.edm.published import PublishedModel
    from fakegraph.edm.surface import Evidence
    from fakegraph.graph.walk import Walk

ALL = "all"  # what is in either version: nobody can ask for it


class Versions:
    """What Graph has in each version: its published model with what is declared beside it.

    ``given``: the models of versions that have another one than the built-in. ``least``: on how
    much evidence a method exists, by its name. Threads may share it.
    """

    def __init__(
        self,
        declared: Mapping[str, Model],
        given: Mapping[str, PublishedModel] | None = None,
        least: str = "known",
    ) -> None:
        self._least = least
        self._declared = declared
        self._given = given or {}
        self._read: set[str] = set()
        self._main = BUILT_IN if BUILT_IN in declared else next(iter(declared), BUILT_IN)
        self.model = once(self._model)
        self.walk = once(self._walk)
        self._reader = once(self._new_walk)
        self.metadata = once(self._metadata)

    def addressed(self, path: str) -> tuple[str, str]:
        """The version that a path or a pattern begins with, else the built-in one; the rest."""
        first, _, rest = path.strip("/").partition("/")
        return (first, rest) if first in self._declared else (BUILT_IN, path.strip("/"))

    @cached_property
    def least(self) -> Evidence:
        """On how much evidence a method exists."""
        from fakegraph.edm.surface import Evidence

        return Evidence[self._least.upper()]

    @property
    def main(self) -> str:
        """What paths without a version are read by: v1.0, and all that either version has once
        that was widened.
        """
        return self._main

    @property
    def keepers(self) -> tuple[str, ...]:
        """The versions that say how things are kept, each those that none before it has: beside a
        v1.0 of the user's own the others are asked too.
        """
        others = [each for each in self._declared if each != self._main]
        return (self._main, *(() if self.is_built_in(BUILT_IN) else others))

    def widen(self) -> bool:
        """Have ``main`` be all that is in either version; False where it was already.

        What is stored is stored once for all versions, and most tests need v1.0 alone.
        """
        if self._main != BUILT_IN or self.beyond is None:
            return False
        self._main = ALL
        return True

    @cached_property
    def beyond(self) -> Beyond | None:
        """What there is besides what a version has; None where v1.0 and beta are not both there."""
        if BUILT_IN in self._given or not {BUILT_IN, BETA} <= self._declared.keys():
            return None
        return Beyond(self._given.get(BETA), self._declared[BETA])

    def is_read(self, version: str) -> bool:
        """Whether its paths can be read at once."""
        return version in self._read

    def is_built_in(self, version: str) -> bool:
        """Whether the version has a built-in model."""
        return version not in self._given

    def _published(self, version: str) -> PublishedModel:
        from fakegraph.edm import published

        built_in = version if version in published.BUILT_IN else BUILT_IN
        return self._given.get(version) or published.built_in(built_in)

    def _model(self, version: str) -> PublishedModel:
        if version == ALL and self.beyond is not None:
            return self.beyond.model()
        return whole(self._published(version), self._declared[version])

    def _walk(self, version: str) -> Walk:
        if version == BETA:
            self.widen()  # before anything can be stored that v1.0 has no place for
        walk = self._reader(version)
        self._read.add(version)
        return walk

    def _new_walk(self, version: str) -> Walk:
        from fakegraph.graph.walk import Walk

        return Walk(self.model(version))

    def having(self, path: str) -> list[str]:
        """The versions whose models have a path; each is read for it once."""
        return [version for version in self._declared if self._has(version, path)]

    def _has(self, version: str, path: str) -> bool:
        try:
            self._reader(version)(path).segments()
        except GraphError:
            return False
        return True

    def openapi(self, pattern: str) -> bytes:
        """OpenAPI 3.1 of the paths of the whole model that meet a pattern; ``**`` of all.

        Raises GraphError (404) where none does.
        """
        from fakegraph.graph.published_openapi import openapi_of

        version, rest = self.addressed(pattern)
        if not rest:
            raise _nothing("path is a pattern such as /users/*/messages, or ** for all.")
        wanted = None if rest == "**" else rest
        try:
            return b"".join(openapi_of(self.model(version), wanted, version))
        except GraphError as error:
            raise _nothing(error.message) from error
        except ValueError as error:
            raise _nothing(f"Nothing is described: {error}.") from error

    def _metadata(self, version: str, strict: bool) -> bytes:
        """``$metadata``; ``strict``: what is declared says that only documented queries do."""
        from fakegraph.edm.metadata import metadata

        return b"".join(metadata(self._published(version), self._declared[version], strict))


def _nothing(message: str) -> GraphError:
    return GraphError(404, "ResourceNotFound", message, "path")
