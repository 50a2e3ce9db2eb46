"""What can be done with a place: one function per kind of path and method.

``HANDLERS`` is the list of them all. What is not in it is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fakegraph.graph.whole import reading, streams, writing
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

_STREAM: Mapping[str, Handler] = {
    "GET": streams.read_stream,
    "PUT": streams.write_stream,
    "DELETE": streams.delete_stream,
}

HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "collection": {"GET": reading.list_things, "POST": writing.create},
    "count": {"GET": reading.count_things},
    "item": _THING,
    "single": _THING,
    "stream": _STREAM,
    "value": _STREAM,
}
