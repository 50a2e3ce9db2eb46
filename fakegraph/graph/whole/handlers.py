"""What can be done with a place: one function per kind of path and method.

``HANDLERS`` is the list of them all. What is not in it is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fakegraph.graph.whole import (
    delta,
    operating,
    properties,
    reading,
    refs,
    streams,
    within,
    writing,
)
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
    "PATCH": streams.change_stream,
    "DELETE": streams.delete_stream,
}

LYING: Mapping[str, Mapping[str, Handler]] = within.HANDLERS
"""The writes of what lies in a value."""

HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "collection": {"GET": reading.list_things, "POST": writing.create},
    "count": {"GET": reading.count_things},
    "delta": {"GET": delta.tell_changes},
    "item": _THING,
    "single": {**_THING, "POST": writing.create_single},
    "stream": _STREAM,
    "value": _STREAM,
    "property": {
        "GET": properties.get_property,
        "POST": properties.add_to_property,
        "PATCH": properties.change_property,
        "PUT": properties.put_property,
        "DELETE": properties.delete_property,
    },
    "action": {"POST": operating.act},
    "function": {"GET": operating.call_function},
    "plain": {"GET": properties.get_plain},
    "items": {"GET": properties.count_items},
    "refs": {
        "GET": refs.list_references,
        "POST": refs.add_reference,
        "DELETE": refs.remove_named_reference,
    },
    "ref": {
        "GET": refs.get_reference,
        "PUT": refs.set_reference,
        "DELETE": refs.remove_reference,
    },
}
