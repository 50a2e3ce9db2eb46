"""From stored records to the JSON that a client may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson

from fakegraph.edm.published import PublishedType
from fakegraph.edm.types import STREAM, CollectionType
from fakegraph.graph.shape import entity_json
from fakegraph.graph.whole.addresses import address
from fakegraph.graph.whole.asked import Asked
from fakegraph.graph.whole.conversion import conversion
from fakegraph.graph.whole.lookup import InStore
from fakegraph.graph.whole.world import TYPE, World
from fakegraph.store import Record, Row
from fakegraph.workloads.declarations import Type

Show = Callable[[Record], Record]

ETAG = "@odata.etag"
_SHOWN = frozenset({TYPE, ETAG, "@odata.mediaContentType", "@odata.mediaEtag"})


def shown(
    asked: Asked, rows: Sequence[Row], select: tuple[str, ...] | None, type_: PublishedType
) -> list[bytes]:
    """The rows' JSON objects; ``type_`` is the one that the path says they have."""
    found = [(row, show(asked, row, select, type_)) for row in rows]
    text = asked.options.get("expand") if asked.method == "GET" else None
    if text is None and not _may_expand(asked.world, type_):
        return [orjson.dumps(seen) for _, seen in found]
    from fakegraph.graph.whole.expanding import Expander, check_number, read_expand

    expansions = () if text is None else read_expand(text, type_)
    check_number(expansions, asked.world.declared.workload([type_]).expands)
    expander = Expander(asked, show)
    return [orjson.dumps(expander.expanded(row, seen, expansions, select)) for row, seen in found]


def show(asked: Asked, row: Row, select: tuple[str, ...] | None, type_: PublishedType) -> Record:
    """What of a record a client sees, with its type where the path does not tell it."""
    world = asked.world
    actual = type_
    if row.key:
        container = asked.tenant.store.container_of(row.key)
        actual = world.type_of(row.record, container)
    rules = world.rules(actual)
    record = row.record
    names = _computed(world, actual, select)
    if names:
        record = asked.seer.seen(row, names, actual).record
    found = _shower(world, actual, select)(record)
    if rules.told and asked.preferences.texts:
        told = {
            name: tell(found[name], asked.preferences.texts)
            for name, tell in rules.told.items()
            if found.get(name) is not None
        }
        found = {**found, **told}
    if rules.etag:
        found = {ETAG: tag_of(record, rules), **found}
    if actual is not type_ and TYPE not in found:
        found = {TYPE: f"#{actual.name}", **found}
    masks = not asked.preferences.future_members
    found = conversion(world.model, masks, asked.format).shown(found, actual)
    if asked.format.metadata == "full" and row.key:
        path = address(world, InStore(asked.tenant.store), row)
        links = dict.fromkeys(("@odata.id", "@odata.editLink"), path)
        found = {TYPE: found[TYPE], **links, **found}
    return found


def entity(asked: Asked, row: Row, select: tuple[str, ...] | None, *, one: bool = True) -> bytes:
    """One thing on its own, with its context."""
    (found,) = shown(asked, [row], select, asked.type)
    return entity_json(context_of(asked, select, one=one), found, asked.format)


def json_of(asked: Asked, row: Row, type_: PublishedType) -> bytes:
    """A thing that a path leads to the bytes of."""
    found = orjson.dumps(show(asked, row, None, type_))
    fragment = asked.plan.of_thing
    me = asked.me_id() if fragment.names_me else ""
    what = fragment.text(asked.segments, me, one=True)
    return entity_json(f"{asked.root}/$metadata#{what}", found, asked.format)


def context_of(asked: Asked, select: tuple[str, ...] | None, *, one: bool = False) -> str:
    """The ``@odata.context`` of an answer; ``one`` of what a collection has."""
    fragment = asked.plan.fragment
    me = asked.me_id() if fragment.names_me else ""
    what = fragment.text(asked.segments, me, select, one=one)
    return f"{asked.root}/$metadata#{what}"


def tag_header(asked: Asked, row: Row) -> dict[str, str]:
    """``ETag``, where the type of a thing has it."""
    type_ = asked.type
    if row.key:
        container = asked.tenant.store.container_of(row.key)
        type_ = asked.world.type_of(row.record, container)
    rules = asked.world.rules(type_)
    return {} if rules.etag is None else {"ETag": tag_of(row.record, rules)}


def tag_of(record: Record, rules: Type) -> str:
    """What tells this version of a thing from all others: a weak ETag where it is not one yet."""
    value = str(record.get(rules.etag or ""))
    return value if value.startswith(('W/"', '"')) else f'W/"{value}"'


@lru_cache(maxsize=4096)
def _may_expand(world: World, type_: PublishedType) -> bool:
    """Whether a thing of a type, or of one derived from it, is shown with what it leads to."""
    return any(map(world.unasked, (type_, *type_.descendants)))


@lru_cache(maxsize=4096)
def _computed(
    world: World, type_: PublishedType, select: tuple[str, ...] | None
) -> tuple[str, ...]:
    """What of a type has to be worked out for who selected that."""
    rules = world.rules(type_)
    names = select if select is not None else rules.default_select
    if names is None:
        return tuple(name for name in rules.computed if name not in rules.only_when_selected)
    return tuple(name for name in rules.computed if name in names)


@lru_cache(maxsize=4096)
def _shower(world: World, type_: PublishedType, select: tuple[str, ...] | None) -> Show:
    """What makes of a record of a type what a client sees who selected that."""
    rules = world.rules(type_)
    names = select if select is not None else rules.default_select
    absent = _absent(type_) if rules.nulls else {}
    if names is not None:
        names = tuple(dict.fromkeys((*sorted(rules.always_shown), *names)))
        wanted = [name for name in names if name not in rules.never_shown]
        nulls = {name: absent[name] for name in wanted if name in absent}

        def selected(record: Record) -> Record:
            found = {name: record[name] for name in _SHOWN if name in record}
            for name in wanted:
                if name in record:
                    found[name] = record[name]
                elif name in nulls:
                    found[name] = nulls[name]
            return found

        return selected
    hidden = rules.never_shown | rules.only_when_selected
    nulls = {name: value for name, value in absent.items() if name not in hidden}

    def whole(record: Record) -> Record:
        found = {
            name: value
            for name, value in record.items()
            if name not in hidden and (name[0] != "@" or name in _SHOWN or "." in name)
        }
        for name, value in nulls.items():
            found.setdefault(name, value)
        return found

    return whole


def _absent(type_: PublishedType) -> dict[str, Any]:
    """What is shown of properties that have no value."""
    return {
        name: [] if isinstance(prop.type, CollectionType) else None
        for name, prop in type_.properties.items()
        if prop.type != STREAM and (prop.nullable or isinstance(prop.type, CollectionType))
    }
