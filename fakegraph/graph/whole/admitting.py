"""Who comes to what lies in what somebody else has: it is shared with them, or they have a link.

What decides is the ``admits`` of a workload. Whose something is matters with ``--auth strict``
alone; what a path begins with that was ``reached`` may be there no more in any case.
"""

from __future__ import annotations

from contextlib import suppress

from fakegraph.errors import GraphError
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.finding import Unprovided
from fakegraph.graph.whole.locate import Looks, Way
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.places import One, Place
from fakegraph.store import Record, Row
from fakegraph.workloads.handed import Visit

_REACHED = 2  # segments: the set, and the key


def admit(asked: Asked) -> None:
    """Raise GraphError for who may not have what a path leads to; do what comes of the visit."""
    admits = asked.workload.admits
    assert admits is not None
    way = Way(asked.world, InStore(asked.tenant.store), asked.me, asked.segments)
    reached = _reached(way) if asked.plan.reaches else {}
    if asked.plan.reaches and not reached:
        return
    built = asked.plan.built
    visit = Visit(
        Looks(way),
        _nearest(way, _REACHED if reached else asked.plan.holder),
        reached,
        _person(asked),
        asked.access.granted is not None and not asked.access.app_only,
        asked.plan.writes(asked.method),
        "" if built is None else built.name,
        asked.preferences.texts,
        asked.seconds,
    )
    changes = admits(visit)
    if changes:
        asked.alter(changes)


def _person(asked: Asked) -> str:
    """The id of who is signed in; empty for nobody."""
    if asked.access.granted is not None:
        return asked.person
    with suppress(GraphError):
        return asked.me().get("id", "")
    return ""


def _reached(way: Way) -> Record:
    """The record of what a path begins with; empty for what is stored itself.

    Raises GraphError (404) where it begins with nothing.
    """
    one = Way(way.world, way.lookup, way.me, way.segments[:_REACHED]).located().one
    one.check()
    return {} if one.row is not None else one.record


def _nearest(way: Way, start: int) -> Row | None:
    """The last on a path, behind its first segments, of which something is stored."""
    for end in range(len(way.segments), start, -1):
        with suppress(GraphError, Unprovided):
            place: Place | None = (
                Way(way.world, way.lookup, way.me, way.segments[:end]).located().place
            )
            while place is not None:
                if isinstance(place, One) and place.row is not None:
                    return place.row
                place = _around(place)
    return None


def _around(place: Place) -> One | None:
    """What a place is in."""
    many = place.place if isinstance(place, One) else place
    return many.beneath or many.owner
