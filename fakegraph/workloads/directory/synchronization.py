"""Jobs that provision other services: they are started, paused, and provision nothing.

https://learn.microsoft.com/graph/api/resources/synchronization-synchronizationjob
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fakegraph.errors import GraphError
from fakegraph.workloads.declarations import Navigation
from fakegraph.workloads.directory.expressions import (
    Node,
    Unknown,
    Unreadable,
    names_of,
    read,
    worked_out,
)
from fakegraph.workloads.operations import Call, Thing, operation


def _to(code: str) -> Callable[[Call], None]:
    """What puts a job into a state."""

    def act(call: Call) -> None:
        status = call.thing.record.get("status") or {}
        call.change(call.thing, {"status": {**status, "code": code}})

    return act


def _validate(call: Call) -> None:
    """Take any credentials for good: there is nobody to show them to. Raises GraphError (400)
    where there are none.
    """
    given = call.arguments.get("credentials") or ()
    if not call.arguments.get("useSavedCredentials") and not any(each.get("key") for each in given):
        message = "credentials has what is to be validated, or useSavedCredentials is true."
        raise GraphError(400, "BadRequest", message, "credentials")


@operation("directoryDefinition/discover")
def discover(call: Call) -> Thing:
    """https://learn.microsoft.com/graph/api/synchronization-directorydefinition-discover"""
    return call.change(call.thing, {"discoveryDateTime": call.now, "version": call.new_id()})


# Expressions ------------------------------------------------------------------------------------


def _shown(node: Node) -> dict[str, Any]:
    """An expression as an ``attributeMappingSource``; arguments that are left out are not there."""
    names = names_of(node)
    parts = [
        {"key": names[min(at, len(names) - 1)] if names else f"{at + 1}", "value": _shown(each)}
        for at, each in enumerate(node.parts)
        if each is not None
    ]
    return {"expression": node.text, "name": node.name, "parameters": parts, "type": node.kind}


def _failed(code: str, error: Exception) -> dict[str, Any]:
    return {"code": code, "message": str(error)}


def _evaluated(node: Node, given: Mapping[str, Any]) -> dict[str, Any]:
    """What comes of an expression for an object that is given to try it."""
    pairs = (given.get("testInputObject") or {}).get("properties") or ()
    values = {str(e.get("key")).casefold(): str(e.get("value")) for e in pairs if "value" in e}
    try:
        found = worked_out(node, values)
    except Unknown as error:
        return {"evaluationSucceeded": False, "error": _failed("AttributeMappingFunction", error)}
    return {"evaluationSucceeded": True, "evaluationResult": [] if found is None else [found]}


@operation("synchronizationSchema/parseExpression", reads=True)
def parse_expression(call: Call) -> Mapping[str, Any]:
    """https://learn.microsoft.com/graph/api/synchronization-synchronizationschema-parseexpression"""
    none: dict[str, Any] = {"error": None, "evaluationResult": [], "parsedExpression": None}
    try:
        node = read(str(call.arguments.get("expression") or ""))
    except Unreadable as error:
        failed = {"parsingSucceeded": False, "evaluationSucceeded": False}
        return {**none, **failed, "error": _failed("AttributeMappingExpression", error)}
    return {
        **none,
        "parsingSucceeded": True,
        "parsedExpression": _shown(node),
        **_evaluated(node, call.arguments),
    }


NAVIGATION = (
    *(
        Navigation(f"{owner}/synchronization", provided=True)
        for owner in ("application", "servicePrincipal")
    ),
    Navigation("synchronizationJob/schema", provided=True),
)

OPERATIONS = (
    *(
        operation(f"synchronizationJob/{name}", status=204)(_to(code))
        for name, code in {"start": "Active", "pause": "Paused", "restart": "Active"}.items()
    ),
    *(
        # https://learn.microsoft.com/graph/api/synchronization-synchronizationjob-validatecredentials
        operation(f"synchronizationJob{many}/validateCredentials", reads=True, status=204)(
            _validate
        )
        for many in ("", "*")
    ),
    discover,
    parse_expression,
)
