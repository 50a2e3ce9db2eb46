"""Why a path is refused: the service's own words, and behind them what would be right.

The words are those of the library that the service reads paths with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fakegraph.edm.fields import did_you_mean, shown
from fakegraph.errors import GraphError, Problem, bad_request

_LEAVES = (
    "$ref, $batch, $count, $value, $metadata, a named media resource, an action, a noncomposable "
    "function, an action import, a noncomposable function import, an operation with void return "
    "type, or an operation import with void return type"
)
_COUNTABLE = (
    "an entity set, a collection navigation property, a structural property of collection type, "
    "an operation returning collection type or an operation import returning collection type"
)


class CalledOtherwise(GraphError):
    """An operation is there, and is not called like that."""


def called_otherwise(
    segment: str, how: str, given: Iterable[str], takes: Sequence[Sequence[str]]
) -> CalledOtherwise:
    """What is called has other parameters: ``how`` says which, ``takes`` those of each form."""
    return CalledOtherwise(
        400,
        "BadRequest",
        f"Resource not found for the segment '{shown(segment)}'. {how}{_lacking(given, takes)}",
    )


def _lacking(given: Iterable[str], takes: Sequence[Sequence[str]]) -> str:
    """What of the one form of a call is missing."""
    there = {name.lower() for name in given}
    if len(takes) != 1:
        return ""
    missing = [name for name in takes[0] if name.lower() not in there]
    unknown = sorted(there - {name.lower() for name in takes[0]})
    found = f" It lacks {' and '.join(missing)}." if missing else ""
    return f"{found} It takes no {' and no '.join(map(shown, unknown))}." if unknown else found


def not_found(segment: str, why: str, known: Iterable[str] = ()) -> GraphError:
    """The model has nothing of that name there; ``known`` are the names that it has."""
    near = did_you_mean(segment, list(known))
    return bad_request(f"Resource not found for the segment '{shown(segment)}'. {why}{near}")


def bad_syntax(text: str, why: str) -> GraphError:
    """A text is no key, no arguments, no value; or none that can stand there."""
    return bad_request(f"Bad Request - Error in query syntax. This is about '{shown(text)}': {why}")


def no_name() -> GraphError:
    """A segment that begins with a parenthesis."""
    return bad_request(
        "Empty segment encountered in request URL. Please make sure that a valid request URL is "
        "specified. Before a parenthesis stands the name of a collection or a function."
    )


def goes_on(segment: str) -> GraphError:
    """There is a further segment behind something that a path ends with."""
    return bad_request(
        f"The request URI is not valid. The segment '{shown(segment)}' must be the last segment in "
        f"the URI because it is one of the following: {_LEAVES}."
    )


def into_collection(segment: str, why: str) -> GraphError:
    """What comes behind a collection is not for a collection."""
    return bad_request(
        f"The request URI is not valid. Since the segment '{shown(segment)}' refers to a "
        "collection, this must be the last segment in the request URI or it must be followed by an "
        "function or action that can be bound to it otherwise all intermediate segments must refer "
        f"to a single resource. {why}"
    )


def into_value(segment: str, following: str) -> GraphError:
    """What comes behind a primitive value is not ``$value``."""
    return bad_request(
        f"The segment '{shown(following)}' in the request URI is not valid. Since the segment "
        f"'{shown(segment)}' refers to a primitive type property, the only supported value from "
        "the next segment is '$value'."
    )


def not_countable(segment: str) -> GraphError:
    """``$count`` behind one thing."""
    return bad_request(
        f"The request URI is not valid. $count cannot be applied to the segment '{shown(segment)}' "
        f"since $count can only follow {_COUNTABLE}."
    )


def not_referable(segment: str) -> GraphError:
    """``$ref`` behind what is no entity."""
    return bad_request(
        f"The request URI is not valid. $ref cannot be applied to the segment '{shown(segment)}' "
        "since $ref can only follow an entity segment or entity collection segment."
    )


def unrelated(cast: str, type_: str, heirs: Iterable[str]) -> GraphError:
    """A cast to a type that what is there can never have."""
    named = ", ".join(heirs)
    return bad_request(
        f"The type '{cast}' specified in the URI is neither a base type nor a sub-type of the "
        f"previously-specified type '{type_}'."
        + (f" Types derived from it are {named}." if named else " No type is derived from it.")
    )


def too_long(why: str) -> GraphError:
    """More than anyone reads."""
    return bad_request(f"Too many segments in URI. {why}")


_DECLARED = (
    "The model declares this one, and nothing that is documented uses it: --surface declared "
    "serves such."
)


def method_not_allowed(allowed: str, *, declared: bool = False) -> GraphError:
    """The refusal of a method; ``allowed`` are those that there are. ``declared``: whether the
    model alone has this one.
    """
    hints = (f"It takes {allowed}.", *(_DECLARED,) * declared)
    return GraphError(
        405,
        "BadRequest",  # Request_BadRequest is the directory's
        "Specified HTTP method is not allowed for the request target.",
        details=[Problem(each, code="BadRequest") for each in hints],
        headers={"Allow": allowed},
    )
