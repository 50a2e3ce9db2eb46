"""Bytes that are put into a thing, which is made for them where a path says its name."""

from __future__ import annotations

from fakegraph.graph.whole.checks import check_new
from fakegraph.graph.whole.making import Maker
from fakegraph.graph.whole.names import FAIL, RENAME, free_name
from fakegraph.graph.whole.places import One
from fakegraph.store import Record, Row
from fakegraph.store.bytes import Content
from fakegraph.workloads.words import Words


def check_free(maker: Maker, words: Words, one: One, what: str) -> None:
    """Raise GraphError (409) for a name that is taken, where that is to fail."""
    if one.there and what == FAIL:
        rules = maker.world.rules(one.type)
        raise words.taken(rules.name, rules.conflicts or "", one.key)


def put_bytes(
    maker: Maker, words: Words, one: One, stream: str, content: Content, media: str, what: str
) -> tuple[Row, bool]:
    """Give a thing bytes; whether it was made for that. Raises GraphError: 400, 404, 409."""
    check_free(maker, words, one, what)
    made = not one.there or (what == RENAME and one.plan is not None)  # an id is no name
    if made:
        one = planned(maker, words, one)
    return maker.fill_with(maker.made(one), stream, content, media), made


def planned(maker: Maker, words: Words, one: One) -> One:
    """The thing that is made for bytes. Raises GraphError (404) for one without a name."""
    rules = maker.world.rules(one.type)
    if one.plan is None and (one.keys or rules.required):  # which a path without names says not
        raise one.missing()
    record: Record = dict(one.keys)
    if one.there and rules.conflicts is not None:
        name = rules.conflicts
        record[name] = free_name(one.place, name, one.record[name])
    check_new(words, rules, record)
    return One(one.type, None, one.place, one.key, one.missing, one.keys, plan=record or {})
