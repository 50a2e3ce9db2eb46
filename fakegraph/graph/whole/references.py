"""References: URLs of things, as bodies have them in ``@odata.id`` and ``@odata.bind``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.resource_path import Segment
from fakegraph.graph.walk import Walk
from fakegraph.graph.whole.finding import Me, Provide, unprovided
from fakegraph.graph.whole.locate import locate
from fakegraph.graph.whole.lookup import Lookup
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.world import World
from fakegraph.quoting import parts_of
from fakegraph.store import Row

_VERSION = re.compile(r"(?:/tenants/[^/]+)?/(?:v1\.0|beta)(?=/|$)", re.IGNORECASE)


class References:
    """Finds the things that URLs mean, whichever host and version they name."""

    def __init__(
        self,
        world: World,
        walk: Walk,
        me: Me,
        is_late: Callable[[Row], bool] = lambda row: False,
    ) -> None:
        """``is_late``: what is stored and cannot be linked yet."""
        self._world = world
        self._walk = walk
        self._me = me
        self._is_late = is_late

    def find(self, lookup: Lookup, url: str, target: str, provide: Provide = unprovided) -> One:
        """The thing that a URL means. Raises GraphError: 400 for no URL of one thing, 404."""
        parts = parts_of(url)
        if parts is None:
            raise _no_reference(url, target)
        path = parts.path if parts.scheme or url.startswith("/") else f"/{url}"
        behind = _VERSION.sub("", path, count=1)
        try:
            found = self._walk(behind)
            if parts.query or found.kind not in ("item", "single"):
                raise _no_reference(url, target)
            segments = found.segments()
        except GraphError as error:
            raise _no_reference(url, target) from error
        one = locate(self._world, lookup, segments, self._me, provide).one
        if not one.there and one.place.said.foreign is not None:
            one.plan = {**one.keys, **one.place.said.foreign}
            return one
        one.check()
        if one.row is not None and self._is_late(one.row):
            raise self._world.declared.workload([one.type]).words.not_yet()
        return one

    def segments(self, path: str) -> Sequence[Segment]:
        """The segments of a path without version. Raises GraphError (400) for none."""
        return self._walk(f"/{path}").segments()


def _no_reference(url: str, target: str) -> GraphError:
    return bad_request(
        f"Invalid URL format specified in {target}: '{url[:200]}' is the URL of no one thing, as "
        "https://graph.microsoft.com/v1.0/users/ID is.",
        target,
    )
