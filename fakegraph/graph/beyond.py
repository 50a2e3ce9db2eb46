"""What is published and what is declared as one model, of a version or of all of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fakegraph.edm.model import Model
from fakegraph.once import once

if TYPE_CHECKING:
    from fakegraph.edm.published import PublishedModel

BUILT_IN = "v1.0"  # whose model a version has that comes with none and was given none
BETA = "beta"


class Beyond(NamedTuple):
    """What there is besides what a version has: what is stored is stored once for all versions.

    ``given`` is another model of beta than the built-in, ``declared`` what is declared beside it.
    """

    given: PublishedModel | None
    declared: Model

    def model(self) -> PublishedModel:
        """What is in v1.0, in beta or in both; where both have something, it is as v1.0 says."""
        return _all(self)


@partial(once, most=8)
def _all(beyond: Beyond) -> PublishedModel:
    from fakegraph.edm.lines import Lines
    from fakegraph.edm.published import PublishedModel, built_in

    more = (beyond.given or built_in(BETA)).lines.data
    return whole(PublishedModel(Lines(more, built_in(BUILT_IN).lines, keeps=True)), beyond.declared)


@partial(once, most=8)
def whole(published: PublishedModel, declared: Model) -> PublishedModel:
    """A model of both; many apps of one process share it, with all that is worked out of it."""
    from fakegraph.edm.additions import with_declared

    return with_declared(published, declared)
