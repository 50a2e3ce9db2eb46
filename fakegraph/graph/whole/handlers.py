"""What can be done with a place: one function per kind of path and method.

``HANDLERS`` is the list of them all. What is not in it is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fakegraph.graph.whole import reading, writing
from fakegraph.graph.whole.asked import Asked
from fakegraph.web.exchange import Answer
from fakegraph.web.later import Steps

Handler = Callable[[Asked], Answer | Steps[Answer]]

_THING: Mapping[str, Handler] = {
    "GET": reading.get_thing,
    "PATCH": writing.change,
    "PUT": writing.replace,
    "DELETE": writing.delete,
}

HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "collection": {"GET": reading.list_things, "POST": writing.create},
    "count": {"GET": reading.count_things},
    "item": _THING,
    "single": _THING,
}
