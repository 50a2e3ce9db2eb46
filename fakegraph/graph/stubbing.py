"""What the model says of answers that a test scripts: whether they can be those of that place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakegraph.edm.results import problems_of
from fakegraph.errors import GraphError, Problem
from fakegraph.graph.resource_path import ResourcePath
from fakegraph.graph.versions import Versions
from fakegraph.tenants.stubs import Check, unchecked

_UNCHECKED = 'Say "check": false to have it answered all the same.'
_READ = frozenset({"collection", "item", "single", "property"})
_WRITTEN = frozenset({"POST", "PATCH", "PUT"})
_EMPTY = (202, 204, 205, 304)


def checking(versions: Versions, method: str | None, pattern: str) -> Check:
    """What checks the answers to a method at the places that a pattern means.

    Raises GraphError (400) where the model has no such place, or does not say what is there.
    """
    version, path = versions.addressed(pattern)
    path = "/".join(each.replace("*", "x") for each in path.split("/"))
    try:
        found = versions.walk(version)(f"/{path}")
    except GraphError as error:
        message = f"The model has nothing at '{pattern}': {error.reason} {_UNCHECKED}"
        raise GraphError(400, "BadRequest", message, "match/path") from error
    operation = found.operation
    if operation is not None:
        usual = "POST" if operation.is_action else "GET"
        _check_method(found, method or usual, (usual,))
        gives, many = found.type is not None, found.many
    else:
        _check_method(found, method or "GET", tuple(found.uses))
        gives = found.kind in _READ and found.type is not None and method != "DELETE"
        many = found.many and (method or "GET") not in _WRITTEN
        if found.kind not in _READ and method in (None, "GET"):
            message = f"What is at '{pattern}' has no JSON of its own. {_UNCHECKED}"
            raise GraphError(400, "BadRequest", message, "match/path")

    def check(status: int, json: Any) -> Sequence[Problem]:
        if status >= 400:
            return _of_error(json)
        if json is None:
            missing = Problem("The model says that an answer has a body here.", "json")
            return [missing] if gives and status not in _EMPTY else ()
        bodiless = unchecked(status, json)
        if bodiless:
            return bodiless
        if not gives:
            return [
                Problem("The model says that an answer has no body here: leave it out.", "json")
            ]
        assert found.type is not None
        problems = problems_of(found.type, many, json)
        return [Problem(each.message, _below(each.target), each.code) for each in problems]

    return check


def _below(target: str | None) -> str:
    return f"json/{target}" if target else "json"


def _check_method(found: ResourcePath, method: str, known: Sequence[str]) -> None:
    if method.upper() not in known:
        takes = ", ".join(sorted(known)) or "nothing"
        message = f"'{found.template}' takes {takes}, and no {method}. {_UNCHECKED}"
        raise GraphError(400, "BadRequest", message, "match/method")


def _of_error(json: Any) -> Sequence[Problem]:
    error = json.get("error") if isinstance(json, dict) else None
    fields = error if isinstance(error, dict) else {}
    if json is None or all(isinstance(fields.get(name), str) for name in ("code", "message")):
        return ()
    form = '{"error": {"code": …, "message": …}}'
    return [Problem(f"An answer of this status is {form}. {_UNCHECKED}", "json")]
