"""The published models of a server's versions, each read when somebody first asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from fakegraph.edm.model import Model
from fakegraph.errors import GraphError

if TYPE_CHECKING:
    from fakegraph.edm.published import PublishedModel
    from fakegraph.edm.surface import Evidence
    from fakegraph.graph.walk import Walk

BUILT_IN = "v1.0"  # what every version has unless it was given another model


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
        self.model = lru_cache(maxsize=None)(self._model)
        self.walk = lru_cache(maxsize=None)(self._walk)
        self.metadata = lru_cache(maxsize=None)(self._metadata)

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
        """The version that paths without one are read by: the one whose model is built in."""
        return BUILT_IN if BUILT_IN in self._declared else next(iter(self._declared), BUILT_IN)

    def is_read(self, version: str) -> bool:
        """Whether its paths can be read at once."""
        return version in self._read

    def is_built_in(self, version: str) -> bool:
        """Whether the version has the built-in model, which is that of v1.0."""
        return version not in self._given

    def _published(self, version: str) -> PublishedModel:
        from fakegraph.edm.published import built_in

        return self._given.get(version) or built_in(BUILT_IN)

    def _model(self, version: str) -> PublishedModel:
        return _whole(self._published(version), self._declared[version])

    def _walk(self, version: str) -> Walk:
        from fakegraph.graph.walk import Walk

        walk = Walk(self.model(version))
        self._read.add(version)
        return walk

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


@lru_cache(maxsize=8)
def _whole(published: PublishedModel, declared: Model) -> PublishedModel:
    """A model of both; many apps of one process share it, with all that is worked out of it."""
    from fakegraph.edm.additions import with_declared

    return with_declared(published, declared)


def _nothing(message: str) -> GraphError:
    return GraphError(404, "ResourceNotFound", message, "path")
