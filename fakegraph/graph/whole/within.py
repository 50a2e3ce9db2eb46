"""What lies in an object that is a property: its navigation properties, kept in the value itself.

``identity/authenticationEventsFlows/{id}/conditions/applications/includeApplications``: of what is
contained the value has all, of what lives elsewhere the key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from fakegraph.errors import Problem, bad_request
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.bodies import read_record
from fakegraph.graph.whole.checks import check_new
from fakegraph.graph.whole.finding import has_keys
from fakegraph.graph.whole.locate import Located
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.places import Lying, Many
from fakegraph.graph.whole.refs import read_reference, target_of
from fakegraph.graph.whole.shape import entity
from fakegraph.store import Record, Row
from fakegraph.web.exchange import Answer

Edit = Callable[[Any], Any]
"""What becomes of what a navigation property has: of a list, or of one object or None."""


def create(asked: Asked) -> Answer:
    """POST on a collection: one thing more in the value."""
    asked.options.allow({"format"}, "Only $format goes with it.")
    asked.located()
    record = read_record(asked, asked.type, partial=False)
    check_new(asked.words, asked.world.rules(asked.type), record)
    key = asked.type.key or "id"
    if key != "id" and record.get(key) is None:
        raise asked.words.invalid([Problem(f"'{key}' is required.", key)])

    def work(maker: Maker, found: Located) -> None:
        lying = _lying(found.many)
        if key == "id":
            record.setdefault(key, asked.tenant.new_id())
        _put(maker, lying, partial(_with, record=record, key=key, asked=asked))

    asked.write(work)
    return asked.ok(asked.status("POST", made=True), entity(asked, Row(0, record), None, one=True))


def change(asked: Asked) -> Answer:
    """PATCH on one thing in the value."""
    asked.options.allow({"format"}, "Only $format goes with it.")
    one = asked.located().one
    one.check()
    changes = read_record(asked, one.type, partial=True, known=one.record)

    def work(maker: Maker, found: Located) -> None:
        found.one.check()
        lying, keys = _lying(found.one.place), found.one.keys
        _put(maker, lying, lambda there: _changed(there, keys, changes))

    asked.write(work)
    status = asked.status("PATCH")
    if status == 204:
        return Answer(204)
    row = Row(0, {**one.record, **changes})
    return asked.ok(status, entity(asked, row, None, one=True))


def delete(asked: Asked) -> Answer:
    """DELETE on one thing in the value, or on the link to it."""
    asked.options.allow((), "No query option goes with a DELETE.")

    def work(maker: Maker, found: Located) -> None:
        found.one.check()
        keys = found.one.keys
        _put(maker, _lying(found.one.place), lambda there: _without(there, keys))

    asked.write(work)
    return Answer(204)


def add_reference(asked: Asked) -> Answer:
    """POST on the links of a collection in the value: one more."""
    return _refer(asked, lambda found: found.many)


def set_reference(asked: Asked) -> Answer:
    """PUT on the one link in the value."""
    return _refer(asked, lambda found: found.one.place)


def _refer(asked: Asked, place: Callable[[Located], Many]) -> Answer:
    url = read_reference(asked)
    key = asked.type.key or "id"

    def work(maker: Maker, found: Located) -> None:
        many = place(found)
        lying = _lying(many)
        if lying.member.contained and not many.said.linked:
            raise bad_request(
                f"What '{lying.member.name}' has is made there, and cannot be linked."
            )
        target = target_of(asked, maker, url, many)
        record = {key: target.record[key]}
        edit = partial(_with, record=record, key=key, asked=asked)
        _put(maker, lying, edit if lying.member.many else lambda _: record)

    asked.write(work)
    return Answer(asked.use.status or 204)


def _lying(many: Many) -> Lying:
    assert many.lying is not None
    return many.lying


def _put(maker: Maker, lying: Lying, edit: Edit) -> None:
    """Change what a value has of a navigation property, in the property of the thing that it is."""
    name = lying.names[0]
    whole = {name: deepcopy(lying.owner.record.get(name))}
    at: Any = whole
    for each in lying.names:
        at[each] = at.get(each) or {}
        at = at[each]
    at[lying.member.name] = edit(at.get(lying.member.name))
    maker.change(lying.owner, whole)


def _with(there: Any, record: Record, key: str, asked: Asked) -> list[Record]:
    items = there or []
    if any(has_keys(Row(0, each), {key: record[key]}) for each in items):
        raise asked.words.linked(asked.plan.about.word)
    return [*items, record]


def _changed(there: Any, keys: Mapping[str, Any], changes: Record) -> Any:
    if not isinstance(there, list):
        return {**there, **changes}
    return [{**each, **changes} if has_keys(Row(0, each), keys) else each for each in there]


def _without(there: Any, keys: Mapping[str, Any]) -> Any:
    if not isinstance(there, list):
        return None
    return [each for each in there if not has_keys(Row(0, each), keys)]


HANDLERS: Mapping[str, Mapping[str, Callable[[Asked], Answer]]] = {
    "collection": {"POST": create},
    "item": {"PATCH": change, "DELETE": delete},
    "single": {"PATCH": change, "DELETE": delete},
    "refs": {"POST": add_reference},
    "ref": {"PUT": set_reference, "DELETE": delete},
}
