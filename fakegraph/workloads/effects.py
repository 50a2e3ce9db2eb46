"""Operations that are said by a line each: what they set, from which state to which, of what.

    sets("bookingBusiness/publish", {"isPublished": True})
    moves("printJob/cancel", "status/state", {"pending": "canceled"})
    assigns("mobileApp/assign", "mobileAppAssignments", "assignments")

A value is as it stands, or a function of the call: ``NOW``, ``BY``, ``argument("priority")``. What
says nothing of its state, as a seed need not, is in every state that it can be moved from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fakegraph.errors import GraphError, bad_request
from fakegraph.store import Record
from fakegraph.workloads.declarations import Operation
from fakegraph.workloads.operations import Call, Thing, operation

Value = Any
"""What a property is set to: a value, or a function that is handed the ``Call``."""

Values = Mapping[str, Value]
Also = Callable[[Call, Thing], object]
"""What comes besides of what an operation does to a thing."""


def now(call: Call) -> str:
    """The tenant's time."""
    return call.now


def by(call: Call) -> Mapping[str, Any]:
    """Who asks, as an ``identitySet``."""
    return call.by


def argument(name: str) -> Callable[[Call], Any]:
    """What the body has by that name, None where it has nothing."""
    return lambda call: call.arguments.get(name)


def _worked_out(call: Call, values: Values) -> Record:
    return {name: each(call) if callable(each) else each for name, each in values.items()}


def _nothing(call: Call, thing: Thing) -> None:
    """Nothing comes besides."""


def sets(
    name: str, values: Values, *, status: int | None = None, also: Also = _nothing
) -> Operation:
    """An action that sets properties of what it is called on, and gives that where it gives any."""

    def act(call: Call) -> Thing:
        changed = call.change(call.thing, _worked_out(call, values))
        also(call, changed)
        return changed

    return operation(name, status=status)(act)


def moves(
    name: str,
    path: str,
    states: Mapping[str, str],
    values: Values | None = None,
    *,
    status: int | None = None,
    also: Also = _nothing,
) -> Operation:
    """An action that moves what it is called on from one state to another, and sets properties.

    ``path`` leads to the state, by one name, or by two into an object. In a state that it does not
    name it is refused: a 400.
    """

    def act(call: Call) -> Thing:
        thing = call.thing
        changes = {**moved(thing, path, states), **_worked_out(call, values or {})}
        changed = call.change(thing, changes)
        also(call, changed)
        return changed

    return operation(name, status=status)(act)


def moved(thing: Thing, path: str, states: Mapping[str, str]) -> Record:
    """What changes of a thing that is moved. Raises GraphError (400) in other states."""
    outer, _, inner = path.partition("/")
    said = thing.record.get(outer)
    state = (said or {}).get(inner) if inner else said
    to = next(iter(states.values())) if state is None else states.get(str(state))
    if to is None:
        known = " or ".join(states)
        message = f"The request is invalid while '{path}' is '{state}': it is for {known}."
        raise bad_request(message, outer)
    return {outer: {**(said or {}), inner: to} if inner else to}


def assigns(
    name: str,
    parameter: str,
    navigation: str,
    values: Values | None = None,
    *,
    optional: frozenset[str] = frozenset(),
) -> Operation:
    """An action that puts things where a navigation property leads, in the stead of all others
    there, sets properties, and gives the things where it gives any. ``optional``: parameters that
    may be left out.
    """

    def act(call: Call) -> list[Thing]:
        made = put_in_stead(call, parameter, navigation)
        if values is not None:
            call.change(call.thing, {**_worked_out(call, values)})
        return made

    return operation(name, optional=optional)(act)


def put_in_stead(call: Call, parameter: str, navigation: str) -> list[Thing]:
    """Put what a parameter has where a navigation property leads, in the stead of all that is
    there. Raises GraphError (400) where the thing has no such property.
    """
    thing = call.thing
    if navigation not in thing.type.navigation:
        raise bad_request(f"A {thing.type.name} has no '{navigation}'.", parameter)
    for each in call.leads_to(thing, navigation):
        call.erase(each)
    return [call.add(thing, navigation, dict(each)) for each in call.arguments.get(parameter) or []]


def sets_each(
    name: str,
    parameter: str,
    values: Values | Callable[[Call, Thing], Record],
    *,
    gives: Any = None,
    also: Also = _nothing,
) -> Operation:
    """An action on a collection that sets properties of those whose ids a parameter has.

    Raises GraphError for an id that nothing there has, and changes nothing then.
    """

    def act(call: Call) -> Any:
        for each in chosen(call, parameter):
            changes = values(call, each) if callable(values) else _worked_out(call, values)
            also(call, call.change(each, changes))
        return gives

    return operation(name)(act)


def chosen(call: Call, parameter: str) -> list[Thing]:
    """The things of the collection whose ids a parameter has. Raises GraphError (400, 404)."""
    ids = list(dict.fromkeys(call.arguments.get(parameter) or ()))
    if not ids:
        raise bad_request(f"'{parameter}' has the ids of what is meant.", parameter)
    there = {each.id.casefold(): each for each in call.things()}
    missing = next((id_ for id_ in ids if str(id_).casefold() not in there), None)
    if missing is not None:
        raise call.words.not_found(parameter.removesuffix("Ids"), missing)
    return [there[str(id_).casefold()] for id_ in ids]


def adds(name: str, navigation: str, record: Callable[[Call], Record]) -> Operation:
    """An action that makes a thing where a navigation property of what it is called on leads, and
    gives that.
    """
    return operation(name)(lambda call: call.add(call.thing, navigation, record(call)))


def filters(name: str, test: Callable[[Call, Thing], bool]) -> Operation:
    """A function of a collection that gives those of it that pass a test."""

    def act(call: Call) -> list[Thing]:
        return [each for each in call.things() if test(call, each)]

    return operation(name, reads=True)(act)


def values_of(name: str, values: Callable[[Call, Iterable[Thing]], Iterable[str]]) -> Operation:
    """A function of a collection that gives texts that are worked out of it, each once."""
    return operation(name, reads=True)(
        lambda call: sorted(dict.fromkeys(values(call, call.things())))
    )


def notes(name: str, container: str, *, status: int | None = None) -> Operation:
    """An action of which nothing on Graph shows anything: it is kept, with its arguments, in a
    container for tests to ask the control API for.
    """

    of_many = name.partition("/")[0].endswith("*")

    def act(call: Call) -> None:
        about = call.holder if of_many else call.thing
        call.note(container, {**call.arguments, "about": about.id, "dateTime": call.now})

    return operation(name, status=status)(act)


def conflict(message: str, target: str) -> GraphError:
    """A 409 in the words that most of the service uses."""
    return GraphError(409, "Conflict", message, target)
