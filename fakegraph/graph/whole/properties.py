"""Properties at URLs of their own: read, changed, emptied; and what they are as plain text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import InvalidEntity
from fakegraph.edm.typed import schema_of
from fakegraph.errors import GraphError, bad_request
from fakegraph.graph.shape import entity_json
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.checks import check_change
from fakegraph.graph.whole.contexts import projection
from fakegraph.graph.whole.expansions import Expansion, expansions
from fakegraph.graph.whole.locate import Located
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.places import One
from fakegraph.graph.whole.shape import show
from fakegraph.graph.whole.writing import check_version
from fakegraph.odata.reading import read_select
from fakegraph.store import Record, Row
from fakegraph.web.body import read_json
from fakegraph.web.exchange import Answer

Put = Callable[[Mapping[str, Any], Mapping[str, Any], int], Record]
"""What becomes of a record, given what is sent of a property so many names down."""

_ON_PROPERTIES = "It goes with things, and not with their properties."


def get_property(asked: Asked) -> Answer:
    """GET on a property; one that has no value is 204 (OData 4.01 Part 1, 11.2.4.1)."""
    names = {"format", "expand", "select"} if _is_object(asked) else {"format"}
    asked.options.allow(names, _ON_PROPERTIES)
    select = _select(asked)
    value = _value(asked, asked.located())
    if value is None:
        return Answer(204)
    if select is not None:
        value = {n: each for n, each in value.items() if n in select or n[0] == "@"}
    return _answer(asked, _expanded(asked, value))


def _select(asked: Asked) -> tuple[str, ...] | None:
    """What is selected of an object. Raises GraphError (400)."""
    type_ = asked.path.type
    return read_select(asked.options, type_) if isinstance(type_, PublishedType) else None


def _expanded(asked: Asked, value: Any) -> Any:
    """An object with what is expanded of what lies in it. Raises GraphError (400, 501)."""
    found = _expansions(asked)
    if not found:
        return value
    lies = {each.name for each in found}
    whole = {name: each for name, each in value.items() if name not in lies}
    for each in found:
        if each.inner or each.followed or each.form or each.options.values.keys() - {"select"}:
            raise _only_selects(each)
        context = f"{asked.root}/$metadata#{_path(asked)}/{each.owner.name}/{each.name}"
        select = read_select(each.options, each.type)
        behind = projection(select) + ("" if each.member.many else "/$entity")
        if asked.format.metadata != "none":
            whole[f"{each.name}@odata.context"] = f"{context}{behind}"
        whole[each.name] = _shown(asked, each, value.get(each.name), select)
    return whole


def _shown(asked: Asked, each: Expansion, value: Any, select: tuple[str, ...] | None) -> Any:
    if each.member.many:
        return [show(asked, Row(0, one), select, each.type) for one in value or ()]
    return None if value is None else show(asked, Row(0, value), select, each.type)


def _expansions(asked: Asked) -> tuple[Expansion, ...]:
    """What is expanded of what lies in an object."""
    type_ = asked.path.type
    return expansions(asked.options, type_) if isinstance(type_, PublishedType) else ()


def _only_selects(each: Expansion) -> GraphError:
    return GraphError(
        501,
        "NotImplemented",
        f"fakegraph takes $select alone inside of $expand={each.name}, which lies in a property.",
        "$expand",
    )


def get_plain(asked: Asked) -> Answer:
    """GET on ``/$value`` of a property: its text."""
    asked.options.allow((), _ON_PROPERTIES)
    value = _value(asked, asked.located())
    if value is None:
        return Answer(204)
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return Answer(200, text.encode(), "text/plain")


def count_items(asked: Asked) -> Answer:
    """GET on ``/$count`` of a property: how many items it has."""
    asked.options.allow((), _ON_PROPERTIES)
    return Answer(200, str(len(_value(asked, asked.located()) or ())).encode(), "text/plain")


def change_property(asked: Asked) -> Answer:
    """PATCH on a property: of an object, what is sent replaces what it has."""
    return _write(asked, merge=True)


def add_to_property(asked: Asked) -> Answer:
    """POST on a property that is a collection: one item more."""
    asked.options.allow({"format"}, _ON_PROPERTIES)
    found = asked.located()
    _put(asked, found, _nested(found.properties, [read_json(asked.exchange)]), _added)
    value = _value(asked, asked.located())
    return _answer(asked, value, asked.use.status or 200)


def put_property(asked: Asked) -> Answer:
    """PUT on a property: it has what is sent from then on."""
    return _write(asked, merge=False)


def delete_property(asked: Asked) -> Answer:
    """DELETE on a property: it has no value any more."""
    asked.options.allow((), _ON_PROPERTIES)
    found = asked.located()
    _put(asked, found, _nested(found.properties, None), _replaced)
    return Answer(204)


def _write(asked: Asked, *, merge: bool) -> Answer:
    asked.options.allow({"format"}, _ON_PROPERTIES)
    found = asked.located()
    body = read_json(asked.exchange)
    if not _is_object(asked) and isinstance(body, dict):
        body = _value_in(asked, body)
    _put(asked, found, _nested(found.properties, body), _merged if merge else _replaced)
    status = asked.use.status or (200 if _is_object(asked) else 204)
    if status == 204:
        return Answer(204)
    value = _value(asked, asked.located())
    if _is_object(asked) and asked.world.rules(asked.type).tells_changes and isinstance(body, dict):
        value = {name: value[name] for name in body if name in value}
    return Answer(204) if value is None else _answer(asked, value, status)


def _value_in(asked: Asked, body: Record) -> Any:
    """The value in a body of a property. Raises GraphError (400) where there is none, or more."""
    name = str(getattr(asked.path.type, "name", "")).removeprefix("Edm.")
    whole = f"Collection({name})" if asked.path.many else name
    for key, said in body.items():
        if key == "value" or (key.startswith("@") and key != "@odata.type"):
            continue
        is_type = key in ("@odata.type", "value@odata.type")
        if is_type and str(said).removeprefix("#").replace("Edm.", "") == whole:
            continue
        raise bad_request(f"'{key}' is nothing that a property has: its body has a 'value'.", key)
    if "value" not in body:
        raise bad_request("The value is missing: the body of a property has a 'value'.", "value")
    return body["value"]


def _put(asked: Asked, found: Located, body: Record, put: Put) -> None:
    """Check and store a record of the properties on the way to the one that is meant."""
    one = found.one
    one.check()
    check_version(asked, one)
    try:
        changes = schema_of(one.type).reader(partial=True).read(body)
    except InvalidEntity as error:
        raise asked.words.invalid(error.problems) from error
    changes.pop("@odata.type", None)
    check_change(asked.words, asked.world.rules(one.type), one.record, changes)

    def work(maker: Maker, there: Located) -> None:
        there.one.check()
        depth = len(found.properties)
        maker.change(there.one, put(there.one.record, changes, depth))

    asked.write(work)


def _merged(old: Mapping[str, Any], new: Mapping[str, Any], depth: int) -> Record:
    """Changes with what they leave alone in the objects that they change, so many levels deep."""
    return {
        name: {**(old.get(name) or {}), **_merged(old.get(name) or {}, value, depth - 1)}
        if depth > 0 and isinstance(value, dict)
        else value
        for name, value in new.items()
    }


def _replaced(old: Mapping[str, Any], new: Mapping[str, Any], depth: int) -> Record:
    """The same, with what is at that level in the stead of what was there."""
    return _merged(old, new, depth - 1)


def _added(old: Mapping[str, Any], new: Mapping[str, Any], depth: int) -> Record:
    """The same, with what is at that level behind what is there."""
    ((name, value),) = new.items()
    if depth == 1:
        return {name: [*(old.get(name) or ()), *value]}
    inside = old.get(name) or {}
    return {name: {**inside, **_added(inside, value, depth - 1)}}


def _nested(names: tuple[str, ...], value: Any) -> Record:
    for name in reversed(names[1:]):
        value = {name: value}
    return {names[0]: value}


def _is_object(asked: Asked) -> bool:
    return isinstance(asked.path.type, PublishedType) and not asked.path.many


def _value(asked: Asked, found: Located) -> Any:
    """The value of a property, as a client who selects it sees it."""
    one: One = found.one
    one.check()
    row = one.row or Row(0, one.record)
    value: Any = show(asked, row, found.properties[:1], one.type)
    for name in found.properties:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _answer(asked: Asked, value: Any, status: int = 200) -> Answer:
    expanded = _expansions(asked) if asked.method == "GET" else ()
    select = _select(asked) if asked.method == "GET" else None
    context = f"{asked.root}/$metadata#{_path(asked)}{projection(select, expanded)}"
    shown = value if isinstance(value, dict) else {"value": value}
    return asked.ok(status, entity_json(context, orjson.dumps(shown), asked.format))


def _path(asked: Asked) -> str:
    """The path of a property, as contexts have it."""
    fragment = asked.plan.of_thing
    me = asked.me_id() if fragment.names_me else ""
    names = "/".join(asked.located().properties)
    return f"{fragment.whole(asked.segments, me)}/{names}"
