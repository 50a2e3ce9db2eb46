"""From a body to a record: read by its type, and checked by what its workload says."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from itertools import compress
from typing import Any, TypeVar

from fakegraph.digits import natural
from fakegraph.edm.published import PublishedType
from fakegraph.edm.schema import TYPE_ANNOTATION, InvalidEntity
from fakegraph.edm.typed import NestingSchema, TypedSchema, schema_of, unrelated_message
from fakegraph.edm.types import BOOLEAN, DATE, DATE_TIME_OFFSET, DOUBLE, INTEGERS, SINGLE
from fakegraph.errors import GraphError, Problem
from fakegraph.graph.whole.asked import Asked
from fakegraph.store import Record
from fakegraph.web.body import read_json
from fakegraph.web.headers import has_long_numbers_as_text
from fakegraph.workloads.declarations import Type

S = TypeVar("S", bound=NestingSchema)


def read_record(
    asked: Asked, type_: PublishedType, *, partial: bool, known: Record | None = None
) -> Record:
    """The record that a body means. Raises GraphError with every problem.

    ``known``: what is to be changed; 412 for a body that says that it is another version of it.
    """
    rules = asked.world.rules(type_)
    try:
        sent = read_json(asked.exchange)
    except GraphError as error:
        raise asked.words.unread(error) from error
    reader = _reader(asked, schema_of(type_), asked.world.related(type_), partial=partial)
    record = _as_sent(asked, type_, sent, reader)
    if record is None:
        record = _as_meant(asked, type_, sent, reader, partial=partial)
    if known is not None and record.get("id") in asked.segments[-1].keys.values():
        record["id"] = known.get("id")  # what it is called in the path, it may be called here
    named = [name for name in record if name in rules.fixed] if partial else []
    if named:
        raise asked.words.read_only(rules.name, named)
    own = None if partial else asked.world.type_said(record)
    spoken = rules if own is None else asked.world.rules(own)
    if partial:
        ignored = rules.overruled_in_changes
    else:
        ignored = rules.overruled if own is None else rules.ignored - spoken.chosen
    if not ignored.isdisjoint(record):
        for name in sorted(ignored & record.keys()):
            asked.exchange.note_ignored(f"'{name}' in the body", "The service sets that itself.")
    tag = rules.etag or ""
    if known is not None and tag in ignored and record.get(tag) not in (None, known.get(tag)):
        raise asked.words.stale(rules.name, str(record[tag]))
    return heeded(spoken, record if partial else _without_unset(spoken, record), ignored)


def _without_unset(rules: Type, record: Record) -> Record:
    """A record without the null of what no body may set, and nothing new has: what is read of the
    service has it, and programs send that again.
    """
    if rules.read_only.isdisjoint(record):
        return record
    named = rules.read_only
    return {name: value for name, value in record.items() if value is not None or name not in named}


def _as_sent(asked: Asked, type_: PublishedType, body: Any, reader: TypedSchema) -> Record | None:
    """The record of a body that has properties alone, each named and written as its type has it:
    nearly all have. None for others: what these mean is worked out first.
    """
    world = asked.world
    if type(body) is not dict or not body.keys() <= type_.properties.keys():
        return None
    if world.spells(type_) or not world.bound_inside(type_).isdisjoint(body):
        return None
    return reader.read_as_sent(body)


def _as_meant(
    asked: Asked, type_: PublishedType, sent: Any, reader: TypedSchema, *, partial: bool
) -> Record:
    """The record of a body that may name things, and write values, in other ways."""
    _check_remarks(asked, sent)
    sent = sent if partial else _without_blank_keys(asked, type_, sent)
    body = asked.world.spelt(type_, sent)
    if asked.workload.any_case:
        body = in_its_case(type_, body)
    body, added = asked.added(type_).parted(body)
    added |= asked.world.noted(type_, sent)
    if asked.workload.texts:
        body = out_of_texts(_types_in(type_), body)
    if asked.workload.days:
        body = with_days(type_, body)
    if partial and isinstance(body, dict):
        _check_type(asked, type_, body.get(TYPE_ANNOTATION))
    return _read(asked, body, reader) | added


def _without_blank_keys(asked: Asked, type_: PublishedType, sent: Any) -> Any:
    """A body without the empty id that some clients write where the service gives one anyway."""
    if not isinstance(sent, dict):
        return sent
    overruled = asked.world.rules(type_).overruled
    blank = [name for name in type_.keys if name in overruled and sent.get(name) == ""]
    for name in blank:
        asked.exchange.note_ignored(f"'{name}' in the body", "The service sets that itself.")
    return {name: value for name, value in sent.items() if name not in blank} if blank else sent


def _check_remarks(asked: Asked, sent: object) -> None:
    """Raise GraphError (400) for annotations that would be without effect."""
    known = asked.workload.remarks
    if known is None or not isinstance(sent, dict):
        return
    for name in sent:
        if name[:1] == "@" and not name.startswith("@odata.") and name not in known:
            message = (
                f"The annotation '{name}' is not supported. Bodies may have {', '.join(known)}."
            )
            raise asked.words.invalid([Problem(message, name)])


def _check_type(asked: Asked, type_: PublishedType, said: object) -> None:
    """Raise GraphError (400) for a change that says a base of what the path is declared to lead
    to: that may be one of bases of what is there, but no base of all that there can be.
    """
    name = said.removeprefix("#") if isinstance(said, str) else ""
    found = asked.world.model.type_named(name) if name else None
    if not isinstance(found, PublishedType) or found is type_ or not type_.is_heir_of(found):
        return
    if not found.is_heir_of(asked.type):
        problem = Problem(unrelated_message(name, asked.type), TYPE_ANNOTATION)
        raise asked.words.invalid([problem])


def read_by(
    asked: Asked,
    schema: type[NestingSchema],
    related: frozenset[str],
    *,
    partial: bool = False,
    form: Callable[[Any], Any] | None = None,
) -> Record:
    """What a schema reads from the body. Raises GraphError with every problem.

    ``form``: what is made of the body before.
    """
    body = read_json(asked.exchange)
    reader = _reader(asked, schema, related, partial=partial)
    return _read(asked, body if form is None else form(body), reader)


def _reader(asked: Asked, schema: type[S], related: frozenset[str], *, partial: bool) -> S:
    return schema.reader(
        partial=partial,
        future_members=asked.preferences.future_members,
        ieee754=has_long_numbers_as_text(asked.exchange.header("CONTENT_TYPE")),
        related=related,
    )


def _read(asked: Asked, body: object, reader: NestingSchema) -> Record:
    try:
        return reader.read(body)
    except InvalidEntity as error:
        raise asked.words.invalid(error.problems) from error


def heeded(rules: Type, record: Record, ignored: Collection[str] | None = None) -> Record:
    """What is heeded of what clients say of a thing, in the form that it is taken in."""
    ignored = rules.overruled if ignored is None else ignored
    kept = dict(record)
    if not record.keys().isdisjoint(ignored):
        kept = {name: value for name, value in record.items() if name not in ignored}
    for name, form in rules.sent.items():
        if kept.get(name) is not None:
            kept[name] = form(kept[name])
    return kept


_NESTED = frozenset({dict, list})


def in_its_case(type_: Any, body: Any) -> Any:
    """A body whose names are spelt as its type has them.

    What is there as it is spelt stays: the other spelling of it is then refused, as no name.
    """
    type_ = getattr(type_, "item", type_)
    if isinstance(body, list):
        return [in_its_case(type_, each) for each in body]
    if not isinstance(body, dict) or not isinstance(type_, PublishedType):
        return body
    type_, body = _said_by(body, type_)
    whole: dict[str, Any] = {}
    properties = type_.properties
    if body.keys() <= properties.keys():  # nearly always
        if _NESTED.isdisjoint(map(type, body.values())):
            return body
        whole |= body
        for name in compress(body, map(_NESTED.__contains__, map(type, body.values()))):
            whole[name] = in_its_case(properties[name].type, body[name])
        return whole
    for name, value in body.items():
        if name in properties and type(value) not in _NESTED:
            whole[name] = value
            continue
        member = None if "@" in name else type_.member(name)
        if member is None:
            whole[name] = value
        else:
            free = member.name not in body and member.name not in whole
            spelt = in_its_case(member.type, value)
            whole[member.name if free else name] = without_empty_id(spelt)
    return whole


def without_empty_id(inner: Any) -> Any:
    """What a body has inside: the service shows an item that is attached with an empty id, and who
    sends it back says no id with that.
    """
    if isinstance(inner, dict) and inner.get("id") == "":
        return {name: value for name, value in inner.items() if name != "id"}
    return inner


def _said_by(body: dict[str, Any], type_: PublishedType) -> tuple[PublishedType, dict[str, Any]]:
    """The type that a body says it is of, where that is derived from the one that is there; and the
    body, with the name that the type has.
    """
    if TYPE_ANNOTATION not in body:
        return type_, body
    said = str(body[TYPE_ANNOTATION]).removeprefix("#").casefold()
    for each in (type_, *type_.descendants):
        if each.name.casefold() == said:
            return each, {**body, TYPE_ANNOTATION: f"#{each.name}"}
    return type_, body


def out_of_texts(types: Mapping[str, Any], body: Any) -> Any:
    """A body whose booleans and numbers are no texts, and whose moments are more than days, by the
    names of what it may have, in small letters.
    """
    if not isinstance(body, dict):
        return body
    whole = dict(body)
    for name, each in body.items():
        if type(each) is str:
            form = _FORMS.get(getattr(types.get(name.casefold()), "name", ""))
            if form is not None:
                whole[name] = form(each)
    return whole


def with_days(type_: Any, body: Any) -> Any:
    """A body whose moments are days, where its type has a day."""
    type_ = getattr(type_, "item", type_)
    if isinstance(body, list):
        return [with_days(type_, each) for each in body]
    if isinstance(body, dict) and isinstance(type_, PublishedType):
        own, body = _said_by(body, type_)
        types = _types_in(own)
        return {name: with_days(types.get(name.casefold()), each) for name, each in body.items()}
    if type_ is DATE and isinstance(body, str) and _MOMENT.fullmatch(body):
        return body.partition("T")[0]
    return body


@lru_cache(maxsize=1024)
def _types_in(type_: PublishedType) -> Mapping[str, Any]:
    """The types of a type's properties, by their names in small letters."""
    return {name.casefold(): each.type for name, each in type_.properties.items()}


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The time of a moment does not matter, but it has to be one.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")


def _truth(text: str) -> bool | str:
    return text.lower() == "true" if text.lower() in ("true", "false") else text


def _integer(text: str) -> int | str:
    number = natural(text, 19)
    return text if number is None else number


def _moment(text: str) -> str:
    """A day alone is the midnight that it begins with in UTC."""
    return f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text


def _fraction(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text) else text


_FORMS: Mapping[str, Callable[[str], Any]] = {
    BOOLEAN.name: _truth,
    **dict.fromkeys((each.name for each in INTEGERS), _integer),
    **dict.fromkeys((each.name for each in (DOUBLE, SINGLE)), _fraction),
    DATE_TIME_OFFSET.name: _moment,
}
