"""POST on an action and GET on a function: what workloads have written for them is done."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import orjson

from fakegraph.edm.parameters import parameters_of
from fakegraph.edm.published import Operation, PublishedType
from fakegraph.edm.types import CollectionType, Type
from fakegraph.graph.shape import collection_json, entity_json
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.bodies import heeded, in_its_case, out_of_texts, read_by
from fakegraph.graph.whole.calling import Calling
from fakegraph.graph.whole.conflicts import behaviour
from fakegraph.graph.whole.conversion import conversion
from fakegraph.graph.whole.lasting import begun
from fakegraph.graph.whole.locate import Located, Way, row_of
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.names import FAIL
from fakegraph.graph.whole.places import Many, One
from fakegraph.graph.whole.reading import is_known, list_of
from fakegraph.graph.whole.shape import context_of, entity, shown
from fakegraph.graph.whole.shape import show as record_shown
from fakegraph.graph.whole.writing import check_version
from fakegraph.odata.reading import read_select
from fakegraph.store import Record, Row
from fakegraph.tenants.courses import AT_ONCE, Course
from fakegraph.web.exchange import Answer
from fakegraph.web.headers import split_media_type
from fakegraph.workloads.operations import Call, Elsewhere, File, Made, Partly, Shown, Table

_ON_ACTIONS = "Only $select goes with an action, where it gives things."
_ON_VALUES = "It goes with things, and this gives none."


def act(asked: Asked) -> Answer:
    """POST on an action."""
    called, built = asked.path.operation, asked.plan.built
    assert called is not None
    assert built is not None
    asked.options.allow({"select", "format"} if _gives_things(called) else {"format"}, _ON_ACTIONS)
    place = asked.located().place
    if isinstance(place, One):
        _check(asked, place)
    arguments = _read_body(asked, called)
    wanted = behaviour(asked, "" if built.makes else FAIL, built.makes)
    about = asked.about(wanted)

    def work(maker: Maker, found: Located, course: Course = AT_ONCE) -> Any:
        if isinstance(found.place, One):
            _check(asked, found.place)
        way = maker.way(())
        call: Call = Calling(asked.tenant, way, found.place, arguments, asked.words, maker, about)
        if built.tells is None:
            return built.function(call)
        return begun(asked, call, maker, built, course)

    def look(way: Way) -> Any:
        place = way.located().place
        return built.function(
            Calling(asked.tenant, way, place, arguments, asked.words, about=about)
        )

    if built.tells is None:
        answer = _answer(asked, called, asked.read(look) if built.reads else asked.write(work))
        if asked.workload.rooted and answer.body:
            return answer._replace(headers={**answer.headers, "Location": _service(asked)})
        return answer
    with asked.keep().courses.one() as course:
        result, headers = asked.write(lambda maker, found: work(maker, found, course))
    values = called.result is not None and result is not None and not _gives_things(called)
    body = _value(asked, called, result) if values else b""
    return asked.ok(202, body, headers)


def _service(asked: Asked) -> str:
    """Where the service is, without a version."""
    return asked.root.rpartition("/")[0]


def _check(asked: Asked, one: One) -> None:
    """Raise GraphError for what an action cannot be called on: 404, 412."""
    built = asked.plan.built
    if built is not None and built.revives:
        return
    if built is None or not built.makes:
        one.check()
    elif one.there:
        check_version(asked, one)
        if is_known(asked, one.record, asked.world.rules(one.type)):
            raise asked.words.stale(one.type.name, asked.exchange.header("HTTP_IF_NONE_MATCH"))
    elif asked.exchange.header("HTTP_IF_MATCH"):
        raise asked.words.stale(one.type.name, asked.exchange.header("HTTP_IF_MATCH"))


def call_function(asked: Asked) -> Answer:
    """GET on a function."""
    called = asked.path.operation
    assert called is not None
    if not _gives_things(called):
        asked.options.allow({"format"}, _ON_VALUES)
        return _answer(asked, called, asked.read(lambda way: way.called()))
    if asked.path.many:
        many = asked.read(lambda way: way.step(way.located().place, asked.segments[-1]))
        assert isinstance(many, Many)
        return list_of(asked, many)
    return _answer(asked, called, asked.read(lambda way: way.called()))


def _gives_things(called: Operation) -> bool:
    type_ = called.result.item if isinstance(called.result, CollectionType) else called.result
    return isinstance(type_, PublishedType) and type_.is_entity


def _read_body(asked: Asked, called: Operation) -> Mapping[str, Any]:
    """The parameters of an action. Raises GraphError with every problem."""
    built = asked.plan.built
    assert built is not None
    called = called.without_need_of(built.optional)
    if not asked.exchange.has_body and not called.required:
        return {}
    read = built.media.get(split_media_type(asked.exchange.header("CONTENT_TYPE"))[0])
    if read is not None:
        return read(asked.exchange.read_body())
    types = {each.name: each.type for each in called.parameters}
    spelt = {name.casefold(): type_ for name, type_ in types.items()}

    def form(body: Any) -> Any:
        if body is None and not types:
            return {}  # what clients make of no body where they say that it is JSON
        if asked.workload.any_case and isinstance(body, dict):
            body = {
                name: in_its_case(spelt.get(name.casefold()), each) for name, each in body.items()
            }
        if built.passes_over and isinstance(body, dict):
            body = _known(asked, spelt, body, built.makes)
        return out_of_texts(spelt, body) if asked.workload.texts else body

    found = read_by(asked, parameters_of(called), asked.world.related_in(called), form=form)
    return {
        name: value if name in built.refers else _sendable(asked, types[name], value)
        for name, value in found.items()
    }


def _known(asked: Asked, names: Container[str], body: Record, within: str) -> Record:
    """A body without what is no parameter, which the service passes over."""
    for name in body:
        if name.casefold() not in names and "@" not in name:
            why = f"It counts in '{within}' alone."
            asked.exchange.note_ignored(f"'{name}' outside '{within}'", why)
    return {k: v for k, v in body.items() if k.casefold() in names or "@" in k}


def _sendable(asked: Asked, type_: Type, value: Any) -> Any:
    """An argument without what is not heeded of what clients say of things of its type."""
    if isinstance(type_, CollectionType):
        return [_sendable(asked, type_.item, each) for each in value or ()]
    if not isinstance(type_, PublishedType) or not type_.is_entity or value is None:
        return value
    return heeded(asked.world.rules(type_), value)


def _answer(asked: Asked, called: Operation, result: Any) -> Answer:
    status, where = asked.plan.success(asked.exchange.method) or 200, ""
    if isinstance(result, Made):
        status, where, result = result.status, result.url, result.thing
    if isinstance(result, Partly):
        if not result.whole and _gives_things(called):
            body = {"@odata.context": context_of(asked, None), "value": result.values}
            return asked.ok(207, orjson.dumps(body))
        status, result = 200 if result.whole else 207, result.values
    if isinstance(result, Elsewhere):
        return Answer(302, content_type="text/plain", headers={"Location": result.url})
    if isinstance(result, File):
        return Answer(200, result.data, result.media)
    if isinstance(result, Table):
        context = f"{asked.root}/$metadata#Collection({result.name})"
        return asked.ok(200, orjson.dumps({"@odata.context": context, "value": result.rows}))
    if called.result is None or (status in (202, 204) and not where):
        return Answer(status)
    if result is None:
        return Answer(204)
    if not _gives_things(called):
        return asked.ok(status, _value(asked, called, result))
    select = read_select(asked.options, asked.source.type)
    if not asked.path.many:
        headers = {"Location": where} if where else {}
        return asked.ok(status, entity(asked, _row(asked, result), select), headers)
    rows = [_row(asked, each) for each in result]
    found = shown(asked, rows, select, asked.type)
    whole = collection_json(context_of(asked, select), found, None, None, asked.format)
    return asked.ok(status, whole)


def _row(asked: Asked, thing: Any) -> Row:
    return row_of(asked.tenant.store.row, thing)


def _with_shown(asked: Asked, value: Any) -> Any:
    """A value with what a client sees of the things in it."""
    if isinstance(value, Shown):
        row, type_ = _row(asked, value.thing), value.thing.type
        seen = record_shown(asked, row, value.names, type_)
        return {"@odata.type": f"#{type_.name}", **seen}
    if isinstance(value, list):
        return [_with_shown(asked, each) for each in value]
    if isinstance(value, dict):
        return {name: _with_shown(asked, each) for name, each in value.items()}
    return value


def _value(asked: Asked, called: Operation, result: Any) -> bytes:
    type_ = called.result.item if isinstance(called.result, CollectionType) else called.result
    if isinstance(type_, PublishedType):
        masks = not asked.preferences.future_members
        show = conversion(asked.world.model, masks, asked.format).shown
        found = result if asked.path.many else [result]
        shown_ = [show(_with_shown(asked, each), type_) for each in found]
        body: Any = {"value": shown_} if asked.path.many else shown_[0]
    else:
        body = {"value": list(result) if asked.path.many else result}
    return entity_json(context_of(asked, None), orjson.dumps(body), asked.format)
